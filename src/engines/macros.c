// SPDX-License-Identifier: Apache-2.0
#include "engines/macros.h"

const struct str TRINO_MACROS = S_INIT("SELECT 1");
