// SPDX-License-Identifier: Apache-2.0
// Files in memory: read-only mappings, for data that is parsed once from front to back.
#ifndef OS_MAP_H
#define OS_MAP_H

#include "base/str.h"

// An empty file maps to an empty string. The bytes are valid until file_unmap.
enum err file_map(const char *path, struct str *out_bytes, struct error *error) MUST_CHECK;
void file_unmap(struct str bytes); // takes an empty string

#endif
