// SPDX-License-Identifier: Apache-2.0
// YAML 1.1 (by libyaml) read into JSON documents (base/json.h): what people write templates in.
//
// A mapping is an object, a sequence an array, a scalar by YAML 1.1's rules: plain null, ~ and
// nothing are null; plain true/false/yes/no/on/off (lower, Title and UPPER case) are booleans;
// plain text that is a JSON number is a number and keeps its text; all else is a string - dates,
// 0x1F, 017, 1_000 and 12:30:00 too, because in templates they are account ids, versions and times.
// Keys are strings. The tags !!str, !!int, !!float, !!bool, !!null, !!map, !!seq are understood;
// local ones (!Ref) are given to the caller's function, or refused when there is none.
//
// Refused, with line and column in the text and a byte offset: several documents, keys that are not
// scalars or come twice, merge keys (<<), aliases to something that is not complete, nesting beyond
// YAML_DEPTH_MAX, and documents that would be larger than YAML_NODES_MAX values once their aliases
// are written out. An alias shares its anchor's node.
//
// Ownership: everything lives in the arena; nothing points into the text.
// Errors: ERR_SYNTAX, ERR_LIMIT.
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include "base/json.h"

#define YAML_DEPTH_MAX 100
#define YAML_NODES_MAX 200000

// What `!name value` stands for: `name` without its '!'. NULL when there is no such tag, or not on
// such a value.
typedef struct json *yaml_tag(struct arena *arena, struct str name, struct json *value);

enum err yaml_parse(struct arena *arena, struct str text, yaml_tag *local_tag,
                    struct json **out_value, struct error *error) MUST_CHECK;

#endif
