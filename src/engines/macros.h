// SPDX-License-Identifier: Apache-2.0
// Trino's functions that DuckDB lacks or does differently, as DuckDB macros. The translator
// (src/sql/) prints their names.
#ifndef ENGINES_MACROS_H
#define ENGINES_MACROS_H

#include "base/str.h"

extern const struct str TRINO_MACROS;

#endif
