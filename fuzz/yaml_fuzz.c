// SPDX-License-Identifier: Apache-2.0
// Any bytes at all: what is accepted must be a JSON document, and the same one when its JSON text
// is read as YAML (JSON is YAML, but for the depth of nesting, which is limited the same in both).
#include "base/yaml.h"
#include "fuzz.h"

#include <assert.h>

static struct json *tag(struct arena *arena, struct str name, struct json *value)
{
    return json_set_named(arena, json_object(arena), name, value);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena arena;
    arena_init(&arena);
    struct json *value = NULL, *again = NULL;
    struct error error = {0};
    struct str text = str_n((const char *)bytes, len);
    if (yaml_parse(&arena, text, tag, &value, &error) == OK) {
        enum err err = json_parse(&arena, json_text(&arena, value), &again, &error);
        assert(err == OK && json_equal(value, again));
    } else {
        assert((error.kind == ERR_SYNTAX || error.kind == ERR_LIMIT) && error.offset <= len);
    }
    arena_deinit(&arena);
    return 0;
}
