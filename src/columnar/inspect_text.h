// SPDX-License-Identifier: Apache-2.0
// Pieces of text that inspect.c's tables and inspect_json.c share.
#ifndef COLUMNAR_INSPECT_TEXT_H
#define COLUMNAR_INSPECT_TEXT_H

#include "columnar/inspect.h"

struct str inspect_clean(struct arena *arena,
                         struct str text); // valid UTF-8 whatever the file holds
struct str inspect_path(struct arena *arena, const struct parquet_footer *footer, size_t leaf);
struct str inspect_logical(struct arena *arena,
                           const struct parquet_element *element); // absent for none
struct str inspect_hive(struct arena *arena, const struct type *type);
struct str inspect_codec(struct arena *arena, int32_t codec);

#endif
