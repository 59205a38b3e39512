// SPDX-License-Identifier: Apache-2.0
// The record reader: every layout, every way to be broken, and the same answer however the bytes
// are cut into pieces.
#include "fixture.h"

#include "base/json.h"

#include "../pipelines/guidance/functions/records.h"

#include <string.h>

struct seen {
    struct buf log; // "+offset:text" for a good record, "-offset:text" for a bad one, one a line
};

static void note(struct seen *seen, char kind, struct str text, uint64_t offset)
{
    buf_printf(&seen->log, "%c%llu:%.*s\n", kind, (unsigned long long)offset, STR_ARG(text));
}

static bool good(void *context, struct arena *arena, struct json *record, struct str text,
                 uint64_t offset)
{
    (void)text;
    note(context, '+', json_text(arena, record), offset);
    return true;
}

static bool bad(void *context, struct str text, uint64_t offset, const char *reason)
{
    assert_true(reason[0] != '\0');
    note(context, '-', text, offset);
    return true;
}

static struct str read_in_pieces(struct arena *arena, struct str text, size_t piece)
{
    struct seen seen = {buf_in(arena, 1 << 20)};
    struct record_sink sink = {good, bad, &seen};
    struct record_reader reader;
    record_reader_init(&reader, &sink);
    for (size_t i = 0; i < text.len; i += piece)
        assert_true(
            record_reader_push(&reader, text.ptr + i, text.len - i < piece ? text.len - i : piece));
    assert_true(record_reader_end(&reader));
    record_reader_deinit(&reader);
    return buf_str(&seen.log);
}

static void check(struct arena *arena, const char *text, const char *expected)
{
    size_t len = strlen(text);
    for (size_t piece = 1; piece <= len + 1; piece++)
        assert_str(read_in_pieces(arena, str_of(text), piece), expected);
}

static void every_layout_gives_the_same_records(void **state)
{
    check(*state, "{\"a\":1}\n{\"a\":2}\n", "+0:{\"a\":1}\n+8:{\"a\":2}\n");
    check(*state, "{\"a\":1}{\"a\":2}", "+0:{\"a\":1}\n+7:{\"a\":2}\n");
    check(*state, "[{\"a\":1},{\"a\":2}]", "+1:{\"a\":1}\n+9:{\"a\":2}\n");
    check(*state, " [\n  {\n    \"a\": 1\n  },\n  {\"a\": 2}\n]\n",
          "+5:{\"a\":1}\n+25:{\"a\":2}\n");
    check(*state, "{\n\"a\": {\n\"b\": [1, 2]}\n}\n{\"a\":2}",
          "+0:{\"a\":{\"b\":[1,2]}}\n+24:{\"a\":2}\n");
}

static void text_may_hold_brackets_and_quotes(void **state)
{
    check(*state, "{\"a\":\"}\\\"{[\"}\n{\"b\":2}", "+0:{\"a\":\"}\\\"{[\"}\n+14:{\"b\":2}\n");
}

static void a_record_that_is_broken_inside_costs_only_itself(void **state)
{
    check(*state, "{\"a\":1}\n{\"a\":,}\n{\"a\":3}\n",
          "+0:{\"a\":1}\n-8:{\"a\":,}\n+16:{\"a\":3}\n");
    check(*state, "[{\"a\":01},{\"a\":2}]", "-1:{\"a\":01}\n+10:{\"a\":2}\n");
}

static void a_line_that_was_cut_off_ends_where_the_next_record_begins(void **state)
{
    check(*state, "{\"a\":1}\n{\"a\":{\"b\n{\"a\":3}\n",
          "+0:{\"a\":1}\n-8:{\"a\":{\"b\n+17:{\"a\":3}\n");
    check(*state, "{\"a\":1}\n{\"a\":2\n{\"a\":3}\n{\"a\":4}",
          "+0:{\"a\":1}\n-8:{\"a\":2\n+15:{\"a\":3}\n+23:{\"a\":4}\n");
    check(*state, "{\"a\":1}\n{\"a\":", "+0:{\"a\":1}\n-8:{\"a\":\n");
}

static void what_is_no_record_is_said_to_be_none(void **state)
{
    check(*state, "hello\n{\"a\":1}\n", "-0:hello\n+6:{\"a\":1}\n");
    check(*state, "{\"a\":1}\n[1]\n", "+0:{\"a\":1}\n-8:[1]\n");
    check(*state, "[1, {\"a\":1}]", "-1:1\n+4:{\"a\":1}\n");
    check(*state, "", "");
    check(*state, "  \n ", "");
    check(*state, "[]", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(every_layout_gives_the_same_records),
        ARENA_TEST(text_may_hold_brackets_and_quotes),
        ARENA_TEST(a_record_that_is_broken_inside_costs_only_itself),
        ARENA_TEST(a_line_that_was_cut_off_ends_where_the_next_record_begins),
        ARENA_TEST(what_is_no_record_is_said_to_be_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
