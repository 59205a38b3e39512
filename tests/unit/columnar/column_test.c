// SPDX-License-Identifier: Apache-2.0
// Columns by themselves: growing, taking back, emptying, changing types, keys. What the shredder
// puts into them is put here by hand.
#include "../fixture.h"
#include "columnar/column.h"

#include <stdio.h>
#include <string.h>

static struct columns *columns_of(struct arena *arena, const char *text, struct type **out_type)
{
    struct error error = {0};
    assert_int_equal(type_parse(arena, str_of(text), out_type, &error), OK);
    return columns_new(*out_type, true);
}

static void put_integer(struct column *column, size_t slot, int64_t value)
{
    column->valid[slot] = 1;
    column->integers[column->count++] = value;
}

// A list's next item, as the shredder makes it.
static size_t put_item(struct columns *columns, struct column *list)
{
    size_t item = list->slots++;
    list->lengths[list->count - 1]++;
    for (size_t i = 0; i < list->child_count; i++)
        column_grow(columns, list->children[i], item + 1);
    return item;
}

static void begin_list(struct column *list, size_t slot)
{
    list->valid[slot] = 1;
    list->lengths[list->count++] = 0;
}

static void taking_back_leaves_no_trace(void **state)
{
    struct type *type;
    struct columns *columns = columns_of(
        *state, "struct<a:bigint,l:array<struct<x:bigint,m:array<bigint>>>,s:struct<y:bigint>>",
        &type);
    struct column **root = columns->root->children, *list = root[1], *item = list->children[0],
                  *inner = item->children[1];
    put_integer(root[0], 0, 7);
    begin_list(list, 0);
    for (int i = 0; i < 3; i++) {
        size_t slot = put_item(columns, list);
        item->valid[slot] = 1;
        item->count++;
        put_integer(item->children[0], slot, i);
        begin_list(inner, slot);
        put_integer(inner->children[0], put_item(columns, inner), i);
    }
    root[2]->valid[0] = 1;
    root[2]->count++;
    put_integer(root[2]->children[0], 0, 9);
    columns_take_back_row(columns);
    assert_int_equal(
        root[0]->count + list->count + list->slots + item->count + item->children[0]->count, 0);
    assert_int_equal(inner->count + inner->slots + inner->children[0]->count + root[2]->count +
                         root[2]->children[0]->count,
                     0);
    for (size_t i = 0; i < 3; i++)
        assert_false(root[i % 3]->valid[0] || item->valid[i] || item->children[0]->valid[i] ||
                     inner->valid[i] || inner->children[0]->valid[i]);
    columns_free(columns);
}

static void emptying_clears_what_was_valid(void **state)
{
    struct type *type;
    struct columns *columns = columns_of(*state, "struct<a:bigint,l:array<bigint>>", &type);
    struct column *a = columns->root->children[0], *list = columns->root->children[1];
    for (size_t row = 0; row < 1000; row++) {
        put_integer(a, row, 1);
        begin_list(list, row);
        for (int i = 0; i < 5; i++)
            put_integer(list->children[0], put_item(columns, list), i);
        columns->rows++;
    }
    columns_clear(columns);
    assert_int_equal(
        columns->rows + a->count + list->count + list->slots + list->children[0]->count, 0);
    for (size_t row = 0; row < 1000; row++)
        assert_false(a->valid[row] || list->valid[row]);
    for (size_t slot = 0; slot < 5000; slot++)
        assert_false(list->children[0]->valid[slot]);
    columns_free(columns);
}

static void a_changed_type_makes_the_node_anew(void **state)
{
    struct type *type = type_new(*state, KIND_STRUCT);
    struct columns *columns = columns_new(type, false);
    struct type *field = type_new(*state, KIND_NULL);
    type_field_add(*state, type, S("a"), S("a"), field);
    struct column *a = column_add_field(columns, columns->root, S("a"), S("a"), field);
    assert_true(a->capacity >= columns->rows_max);
    assert_int_equal(columns->fields, 1);
    field->kind = KIND_STRUCT;
    type_field_add(*state, field, S("x"), S("x"), type_new(*state, KIND_INT64));
    type_field_add(*state, field, S("y"), S("y"), type_new(*state, KIND_DOUBLE));
    column_retype(columns, a);
    assert_int_equal(a->kind, KIND_STRUCT);
    assert_int_equal(columns->fields, 3);
    assert_int_equal(columns_leaf_count(columns), 2);
    assert_true(a->children[1]->capacity >= columns->rows_max);
    *field = (struct type){.kind = KIND_JSON};
    column_retype(columns, a);
    assert_int_equal(columns->fields, 1);
    assert_int_equal(columns_leaf_count(columns), 1);
    columns_free(columns);
}

static void wide_tables_have_small_batches(void **state)
{
    struct type *type = type_new(*state, KIND_STRUCT);
    for (unsigned i = 0; i < TYPE_FIELDS_MAX; i++) {
        struct str name = str_format(*state, "c%u", i);
        type_field_add(*state, type, name, name, type_new(*state, KIND_INT64));
    }
    struct columns *columns = columns_new(type, false);
    assert_in_range(columns->rows_max, 64, 128);
    columns_free(columns);
    columns = columns_new(type_new(*state, KIND_STRUCT), false);
    assert_int_equal(columns->rows_max, BATCH_ROWS_MAX);
    columns_free(columns);
}

static void keys_are_found_by_their_bytes(void **state)
{
    struct type *type;
    struct columns *columns = columns_of(*state, "struct<a:bigint,b:bigint>", &type);
    struct column *root = columns->root;
    char name[300] = "\"a\":"; // longer than the text: names are read in words
    assert_ptr_equal(column_key(root, str_n(name, 4))->column, root->children[0]);
    name[1] = 'A';
    assert_null(column_key(root, str_n(name, 4)));
    for (unsigned i = 0; i < 3000; i++) {
        int len = snprintf(name, sizeof name, "\"%0*u\":", 1 + (int)(i % 150), i);
        struct key *key =
            column_add_key(columns, root, str_n(name, (size_t)len), root->children[i % 2]);
        assert_memory_equal(key->pattern, name,
                            len < KEY_PATTERN_BYTES ? (size_t)len : KEY_PATTERN_BYTES);
    }
    for (unsigned i = 0; i < 3000; i++) {
        int len = snprintf(name, sizeof name, "\"%0*u\":", 1 + (int)(i % 150), i);
        struct key *key = column_key(root, str_n(name, (size_t)len));
        assert_non_null(key);
        assert_ptr_equal(key->column, root->children[i % 2]);
        assert_true(str_eq(key->text, str_n(name, (size_t)len)));
    }
    columns_free(columns);
}

static void paths_tell_where_a_column_is(void **state)
{
    struct type *type;
    struct columns *columns =
        columns_of(*state, "struct<a:array<struct<b:map<string,bigint>>>>", &type);
    struct column *map = columns->root->children[0]->children[0]->children[0];
    assert_str(column_path(*state, columns->root), "the record");
    assert_str(column_path(*state, map), "a[].b");
    assert_str(column_path(*state, map->children[1]), "a[].b.value");
    columns_free(columns);
}

static void rooms_for_texts_do_not_overlap(void **state)
{
    (void)state;
    struct type *type;
    struct columns *columns = columns_of(*state, "struct<a:bigint>", &type);
    char *rooms[200];
    for (size_t i = 0; i < COUNT_OF(rooms); i++)
        memset(rooms[i] = columns_text_room(columns, i * 37), (int)i, i * 37);
    for (size_t i = 0; i < COUNT_OF(rooms); i++)
        for (size_t k = 0; k < i * 37; k++)
            assert_int_equal((unsigned char)rooms[i][k], i);
    columns_clear_texts(columns);
    columns_free(columns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(taking_back_leaves_no_trace),        ARENA_TEST(emptying_clears_what_was_valid),
        ARENA_TEST(a_changed_type_makes_the_node_anew), ARENA_TEST(wide_tables_have_small_batches),
        ARENA_TEST(keys_are_found_by_their_bytes),      ARENA_TEST(paths_tell_where_a_column_is),
        ARENA_TEST(rooms_for_texts_do_not_overlap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
