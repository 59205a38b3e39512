// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/glue/schema.h"

#include <math.h>
#include <string.h>

static struct json *parse(struct arena *arena, const char *text)
{
    struct json *value = NULL;
    struct error error = {0};
    char *copy = str_cstr(arena, str_of(text));
    for (char *c = copy; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    if (json_parse(arena, str_of(copy), &value, &error) != OK)
        fail_msg("%s in %s", error.text, text);
    return value;
}

static void types_widen(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    static const char *const CASES[][3] = {
        {"int", "int", "int"},
        {"int", "bigint", "bigint"},
        {"bigint", "smallint", "bigint"},
        {"int", "double", "double"},
        {"float", "int", "double"},
        {"bigint", "decimal(38,0)", "decimal(38,0)"},
        {"decimal(10,2)", "int", "decimal(12,2)"},
        {"decimal(38,0)", "decimal(10,5)", "double"},
        {"decimal(38,0)", "double", "double"},
        {"int", "string", "string"},
        {"boolean", "int", "string"},
        {"date", "timestamp", "string"},
        {"void", "array<int>", "array<int>"},
        {"struct<a:int>", "void", "struct<a:int>"},
        {"array<void>", "array<struct<a:int>>", "array<struct<a:int>>"},
        {"array<int>", "array<double>", "array<double>"},
        {"array<int>", "int", "string"},
        {"struct<a:int,b:string>", "struct<c:boolean,a:bigint>",
         "struct<a:bigint,b:string,c:boolean>"},
        {"map<string,int>", "map<string,bigint>", "map<string,bigint>"},
        {"varchar(3)", "varchar(5)", "string"},
        {"no type", "int", "string"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct str type = schema_merge_types(&arena, str_of(CASES[i][0]), str_of(CASES[i][1]));
        if (!str_is(type, CASES[i][2]))
            fail_msg("%s and %s: %.*s", CASES[i][0], CASES[i][1], STR_ARG(type));
    }
    arena_deinit(&arena);
}

static void columns_are_a_union_in_order(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct json *a = parse(&arena, "[{'name':'id','type':'int'},{'name':'Name','type':'string'}]"),
                *b = parse(&arena, "[{'name':'x','type':'void'},{'name':'name','type':'string'},"
                                   "{'name':'id','type':'double'}]");
    struct json *columns = schema_columns(&arena, schema_merge(&arena, a, b));
    struct str text = json_text(&arena, columns);
    assert_string_equal(str_cstr(&arena, text),
                        "[{\"Name\":\"id\",\"Type\":\"double\"},{\"Name\":\"name\",\"Type\":"
                        "\"string\"},{\"Name\":\"x\",\"Type\":\"string\"}]");
    assert_string_equal(str_cstr(&arena, json_str(json_at(a, 0), "type")), "int"); // untouched
    arena_deinit(&arena);
}

static void similarity_is_of_names(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct json *a = parse(&arena, "[{'name':'a'},{'name':'b'},{'name':'c'},{'name':'d'}]"),
                *b = parse(&arena, "[{'name':'A'},{'name':'b'},{'name':'c'}]"),
                *none = json_array(&arena);
    assert_true(fabs(schema_similarity(a, b) - 0.75) < 1e-9);
    assert_true(schema_similarity(a, none) < 1e-9);
    assert_true(schema_similarity(none, none) > 0.99);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_widen),
        cmocka_unit_test(columns_are_a_union_in_order),
        cmocka_unit_test(similarity_is_of_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
