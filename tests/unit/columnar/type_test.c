// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"
#include "columnar/type.h"

#include <stdio.h>
#include <string.h>

static struct type *parsed(struct arena *arena, const char *text)
{
    struct type *type = NULL;
    struct error error = {0};
    assert_int_equal(type_parse(arena, str_of(text), &type, &error), OK);
    return type;
}

static struct str put(struct arena *arena, const struct type *type)
{
    struct buf out = buf_in(arena, 1 << 16);
    type_put(&out, type);
    return buf_str(&out);
}

static void hive_notation_is_read_and_written(void **state)
{
    static const struct {
        const char *text, *back;
    } rows[] = {
        {"boolean", "boolean"},
        {"tinyint", "tinyint"},
        {"INT", "int"},
        {"bigint", "bigint"},
        {"decimal(10,2)", "decimal(10,2)"},
        {"decimal", "decimal(10,0)"},
        {"varchar(20)", "string"},
        {"void", "string"},
        {"binary", "binary"},
        {"timestamp", "timestamp"},
        {"struct<a:bigint,b:array<string>>", "struct<a:bigint,b:array<string>>"},
        {"map<string,array<struct<X:date>>>", "map<string,array<struct<x:date>>>"},
        {"struct<`a:b`:int>", "struct<`a:b`:int>"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_str(put(*state, parsed(*state, rows[i].text)), rows[i].back);
}

static void spelling_is_kept_beside_the_name(void **state)
{
    struct type *type = parsed(*state, "struct<UserId:int>");
    assert_str(type->fields[0].name, "userid");
    assert_str(type->fields[0].original, "UserId");
    assert_ptr_equal(type_field(type, S("userid")), &type->fields[0]);
    assert_null(type_field(type, S("UserId")));
}

static void what_is_no_type_is_refused(void **state)
{
    static const char *const texts[] = {
        "", "integers", "decimal(0)", "struct<a:int,A:int>", "array<int", "map<int>"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct type *type = NULL;
        struct error error = {0};
        assert_int_equal(type_parse(*state, str_of(texts[i]), &type, &error), ERR_INVALID);
    }
}

static void too_many_fields_are_a_limit(void **state)
{
    struct buf text = buf_in(*state, 1 << 20);
    buf_puts(&text, "struct<f:int");
    for (int i = 0; i < TYPE_FIELDS_MAX; i++)
        buf_printf(&text, ",f%d:int", i);
    buf_puts(&text, ">");
    struct type *type = NULL;
    struct error error = {0};
    assert_int_equal(type_parse(*state, buf_str(&text), &type, &error), ERR_LIMIT);
}

static void kinds_join_to_the_least_type_that_holds_both(void **state)
{
    static const struct {
        enum kind a, b, joined;
    } rows[] = {
        {KIND_NULL, KIND_INT64, KIND_INT64},
        {KIND_INT64, KIND_NULL, KIND_INT64},
        {KIND_INT8, KIND_INT32, KIND_INT32},
        {KIND_INT64, KIND_DOUBLE, KIND_DOUBLE},
        {KIND_INT64, KIND_FLOAT, KIND_DOUBLE},
        {KIND_INT16, KIND_FLOAT, KIND_FLOAT},
        {KIND_DATE, KIND_TIMESTAMP, KIND_TIMESTAMP},
        {KIND_DATE, KIND_TIMESTAMP_UTC, KIND_STRING},
        {KIND_TIMESTAMP, KIND_TIMESTAMP_UTC, KIND_STRING},
        {KIND_DATE, KIND_STRING, KIND_STRING},
        {KIND_BOOLEAN, KIND_INT64, KIND_JSON},
        {KIND_STRING, KIND_INT64, KIND_JSON},
        {KIND_STRING, KIND_JSON, KIND_JSON},
        {KIND_STRUCT, KIND_LIST, KIND_JSON},
        {KIND_STRUCT, KIND_STRING, KIND_JSON},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct type *a = type_new(*state, rows[i].a), *b = type_new(*state, rows[i].b);
        assert_int_equal(type_join(*state, a, b), rows[i].a != rows[i].joined);
        assert_int_equal(a->kind, rows[i].joined);
        a = type_new(*state, rows[i].a);
        assert_int_equal(type_join(*state, b, a), rows[i].b != rows[i].joined);
        assert_int_equal(b->kind, rows[i].joined);
    }
}

static void decimals_join_without_loss(void **state)
{
    static const struct {
        const char *a, *b, *joined;
    } rows[] = {
        {"decimal(5,2)", "decimal(6,4)", "decimal(7,4)"},
        {"bigint", "decimal(38,0)", "decimal(38,0)"},
        {"bigint", "decimal(4,2)", "decimal(21,2)"},
        {"decimal(38,0)", "decimal(2,1)", "string"},
        {"decimal(38,0)", "double", "string"},
        {"decimal(5,2)", "decimal(5,2)", "decimal(5,2)"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct type *a = parsed(*state, rows[i].a);
        type_join(*state, a, parsed(*state, rows[i].b));
        assert_str(put(*state, a), rows[i].joined);
    }
}

static void structs_join_to_the_union_of_their_fields(void **state)
{
    struct type *a = parsed(*state, "struct<x:int,y:array<int>>");
    struct type *b = parsed(*state, "struct<y:array<double>,z:struct<q:date>>");
    assert_true(type_join(*state, a, b));
    assert_str(put(*state, a), "struct<x:int,y:array<double>,z:struct<q:date>>");
    assert_false(type_join(*state, a, b));
    struct type *copy = type_copy(*state, a);
    assert_true(type_equal(copy, a));
    assert_true(type_join(*state, copy->fields[0].type, parsed(*state, "bigint")));
    assert_false(type_equal(copy, a));
}

static void assert_leaf(const struct leaf *leaf, const char *path, int definition, int repetition)
{
    char text[256] = "";
    for (size_t i = 0; i < leaf->path_count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%.*s", i ? "." : "",
                 STR_ARG(leaf->path[i]));
    assert_string_equal(text, path);
    assert_int_equal(leaf->max_definition, definition);
    assert_int_equal(leaf->max_repetition, repetition);
}

static void leaves_have_paths_and_levels(void **state)
{
    struct type *root =
        parsed(*state, "struct<a:int,b:array<struct<c:string,d:array<int>>>,m:map<string,double>>");
    size_t count = 0;
    struct leaf *leaves = type_leaves(*state, root, &count);
    assert_int_equal(count, 5);
    assert_leaf(&leaves[0], "a", 1, 0);
    assert_leaf(&leaves[1], "b.list.element.c", 4, 1);
    assert_leaf(&leaves[2], "b.list.element.d.list.element", 6, 2);
    assert_leaf(&leaves[3], "m.key_value.key", 2, 1);
    assert_leaf(&leaves[4], "m.key_value.value", 3, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(hive_notation_is_read_and_written),
        ARENA_TEST(spelling_is_kept_beside_the_name),
        ARENA_TEST(what_is_no_type_is_refused),
        ARENA_TEST(too_many_fields_are_a_limit),
        ARENA_TEST(kinds_join_to_the_least_type_that_holds_both),
        ARENA_TEST(decimals_join_without_loss),
        ARENA_TEST(structs_join_to_the_union_of_their_fields),
        ARENA_TEST(leaves_have_paths_and_levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
