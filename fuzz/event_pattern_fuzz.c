// SPDX-License-Identifier: Apache-2.0
// A pattern, a line break, an event. What compiles must match any JSON without reading past it, the
// same each time, and whatever the order of the event's members.
#include "fuzz.h"
#include "lake/event_pattern.h"

#include <assert.h>

static struct json *reversed(struct arena *arena, const struct json *object)
{
    struct json *copy = json_object(arena);
    for (size_t i = json_count(object); i-- > 0;)
        json_set_named(arena, copy, object->members[i].name, object->members[i].value);
    return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena arena;
    arena_init(&arena);
    struct str rest = str_n((const char *)bytes, len), text = STR_NONE;
    struct event_pattern *pattern = NULL;
    struct json *event = NULL;
    struct error error = {0};
    (void)str_cut(&rest, '\n', &text);
    enum err err = event_pattern_compile(&arena, text, &pattern, &error);
    assert(err == OK || (err == ERR_INVALID && error.text[0]));
    if (err == OK && json_parse(&arena, rest, &event, NULL) == OK) {
        bool matches = event_pattern_match(pattern, event);
        assert(matches == event_pattern_match(pattern, event));
        if (json_is(event, JSON_OBJECT))
            assert(matches == event_pattern_match(pattern, reversed(&arena, event)));
    }
    arena_deinit(&arena);
    return 0;
}
