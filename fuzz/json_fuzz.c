// SPDX-License-Identifier: Apache-2.0
// Any bytes at all: the parser must not read past them. What it accepts must come back equal from
// both writers and from a copy, and reading value by value must agree with reading at once.
#include "base/json.h"
#include "fuzz.h"

#include <assert.h>

static struct json *parse(struct arena *arena, struct str text)
{
    struct json *value = NULL;
    struct error error = {0};
    enum err err = json_parse(arena, text, &value, &error);
    assert(err == OK && value);
    return value;
}

static void check_value(struct arena *arena, const struct json *value)
{
    struct buf pretty = buf_in(arena, SIZE_MAX / 2);
    json_write_pretty(&pretty, value);
    struct json *copy = json_copy(arena, value);
    assert(json_equal(value, parse(arena, json_text(arena, value))));
    assert(json_equal(value, parse(arena, buf_str(&pretty))));
    assert(json_equal(copy, value) && str_eq(json_text(arena, copy), json_text(arena, value)));
}

static void check_numbers(const struct json *value)
{
    if (json_is(value, JSON_NUMBER)) {
        int64_t whole;
        double real;
        assert(json_number_is(value->text) && json_number_cmp(value->text, value->text) == 0);
        assert(json_as_double(value, &real));
        (void)json_as_i64(value, &whole);
    }
    JSON_EACH(item, value)
    check_numbers(item);
    JSON_EACH_MEMBER(member, value)
    check_numbers(member->value);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena arena;
    arena_init(&arena);
    struct str text = str_n((const char *)bytes, len);
    struct json *value = NULL, *next = NULL;
    struct error error = {0};
    size_t taken = 0;
    if (json_parse(&arena, text, &value, &error) == OK) {
        check_value(&arena, value);
        check_numbers(value);
        enum err err = json_parse_next(&arena, text, &next, &taken, NULL);
        assert(err == OK && json_equal(next, value));
    } else {
        assert(error.kind == ERR_SYNTAX && error.offset <= len);
        enum err err;
        do {
            err = json_parse_next(&arena, text, &next, &taken, NULL);
            text = err == OK ? str_from(text, taken) : text;
        } while (err == OK && next);
    }
    arena_deinit(&arena);
    return 0;
}
