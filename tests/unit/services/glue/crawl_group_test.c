// SPDX-License-Identifier: Apache-2.0
// Which files become which tables. A file is written "key:schema"; a schema is a row of SCHEMAS.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/glue/crawl_group.h"

#include <string.h>

static const struct {
    const char *name, *format, *compression, *columns; // columns: letters
} SCHEMAS[] = {
    {"j", "json", "none", "abcd"},  {"k", "json", "none", "abcde"}, {"o", "json", "none", "xyz"},
    {"g", "json", "gzip", "abcd"},  {"c", "csv", "none", "abcd"},   {"d", "json", "none", "abcdw"},
    {"p", "parquet", "none", "ab"}, {"y", "json", "none", "year"},
};

struct setup {
    struct arena arena;
    struct crawl_tables tables;
    struct crawl_grouping grouping;
};

static struct crawl_schema *schema_named(struct arena *arena, struct str name)
{
    size_t i = 0;
    while (!str_is(name, SCHEMAS[i].name))
        i++;
    struct crawl_schema *schema = ARENA_NEW(arena, struct crawl_schema);
    schema->hash = str_of(SCHEMAS[i].name);
    schema->format = str_of(SCHEMAS[i].format);
    schema->compression = str_of(SCHEMAS[i].compression);
    schema->columns = json_array(arena);
    struct str columns = str_of(SCHEMAS[i].columns);
    bool whole = str_is(columns, "year"); // one column of that name
    for (size_t k = 0; k < (whole ? 1 : columns.len); k++) {
        struct json *column = json_object(arena);
        json_set_str(arena, column, "name", whole ? columns : str_slice(columns, k, k + 1));
        json_push(arena, schema->columns, json_set_str(arena, column, "type", S("int")));
    }
    return schema;
}

// Groups "key:schema key:schema ..." (sorted by key) and describes the tables:
// "root[keys](files)" with their names, by name of root.
static const char *grouped(struct setup *s, const char *include, const char *list)
{
    const struct crawl_file *files[32];
    size_t count = 0;
    struct str rest = str_of(list), part;
    while (str_cut(&rest, ' ', &part)) {
        struct crawl_file *file = ARENA_NEW(&s->arena, struct crawl_file);
        size_t colon = str_rfind_char(part, ':');
        file->bucket = S("bucket");
        file->key = str_slice(part, 0, colon);
        file->size_bytes = 1;
        file->schema = schema_named(&s->arena, str_from(part, colon + 1));
        files[count++] = file;
    }
    s->tables = (struct crawl_tables){0};
    crawl_group(&s->arena, &s->grouping, str_of(include), files, count, &s->tables);
    struct buf out = buf_in(&s->arena, 65536);
    for (size_t i = 0; i < s->tables.count; i++) {
        const struct crawl_table *table = s->tables.items[i];
        struct str name = crawl_table_name(&s->arena, table);
        buf_printf(&out, "%s%.*s=%.*s", i ? " " : "", STR_ARG(name), STR_ARG(table->root));
        for (size_t k = 0; k < json_count(table->partition_keys); k++) {
            struct str key = json_as_str(json_at(table->partition_keys, k));
            buf_printf(&out, "%s%.*s", k ? "," : "?", STR_ARG(key));
        }
        buf_printf(&out, ":%zu", table->count);
    }
    return str_cstr(&s->arena, buf_str(&out));
}

static void setup_init(struct setup *s, bool combine, int64_t level)
{
    *s = (struct setup){.grouping = {.combine = combine, .table_level = level}};
    arena_init(&s->arena);
}

static void folders_become_tables_or_partitions(void **state)
{
    (void)state;
    static const char *const CASES[][3] = {
        // include, files, tables
        {"", "a.json:j b.json:o", "bucket=:2"},
        {"t/", "t/1:j t/2:o", "t=t/:2"},
        {"", "x/1:j y/1:o", "x=x/:1 y=y/:1"},
        {"", "x/1:j y/1:k", "bucket=?partition_0:2"},
        {"t/", "t/day=1/f:j t/day=2/f:k", "t=t/?day:2"},
        {"t/", "t/day=1/f:j t/day=2/f:g", "day_1=t/day=1/:1 day_2=t/day=2/:1"},
        {"t/", "t/y=1/m=1/f:j t/y=1/m=2/f:j t/y=2/m=1/f:j", "t=t/?y,m:3"},
        {"t/", "t/y=1/a/f:j t/y=2/b/f:j", "t=t/?y,partition_1:2"},
        {"t/", "t/a=1/f:j t/b=2/f:j", "t=t/?partition_0:2"},
        {"t/", "t/f:j t/x/f:j", "t=t/:1 x=t/x/:1"},
        {"t/", "t/1:j t/2:j t/note.csv:c", "note_csv=t/note.csv:1 t=t/:2"},
        {"t/f", "t/f:j", "f=t/f:1"},
        {"My-Data.v2/", "My-Data.v2/1:p", "my_data_v2=My-Data.v2/:1"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct setup s;
        setup_init(&s, false, 0);
        const char *tables = grouped(&s, CASES[i][0], CASES[i][1]);
        if (strcmp(tables, CASES[i][2]) != 0)
            fail_msg("%s: %s instead of %s", CASES[i][1], tables, CASES[i][2]);
        arena_deinit(&s.arena);
    }
}

static void compatible_schemas_combine(void **state)
{
    (void)state;
    struct setup s;
    setup_init(&s, true, 0);
    assert_string_equal(grouped(&s, "", "x/1:j y/1:o"), "bucket=?partition_0:2");
    assert_int_equal(json_count(s.tables.items[0]->columns), 7);
    assert_string_equal(grouped(&s, "", "x/1:j y/1:g"), "x=x/:1 y=y/:1");
    arena_deinit(&s.arena);
}

static void the_level_says_where_tables_are(void **state)
{
    (void)state;
    struct setup s;
    setup_init(&s, true, 2);
    assert_string_equal(grouped(&s, "", "x/1:j x/2:o y/1:o"), "x=x/:2 y=y/:1");
    assert_string_equal(grouped(&s, "", "x/d=1/1:j x/d=2/1:o"), "x=x/?d:2");
    assert_string_equal(grouped(&s, "", "x/1:j x/d=2/1:o"), "x=x/:2"); // ragged
    assert_string_equal(grouped(&s, "", "top.json:j x/1:j"), "bucket=:1 x=x/:1");
    assert_string_equal(grouped(&s, "x/y/", "x/y/1:j x/y/z/1:j"), "y=x/y/:2");
    arena_deinit(&s.arena);
}

static void partitions_have_values_and_files(void **state)
{
    (void)state;
    struct setup s;
    setup_init(&s, false, 0);
    grouped(&s, "t/", "t/Year=2025/1:y t/Year=2025/2:y t/Year=a%2Fb/1:y");
    const struct crawl_table *table = s.tables.items[0];
    assert_string_equal(str_cstr(&s.arena, json_text(&s.arena, table->partition_keys)),
                        "[\"year\"]");
    assert_int_equal(json_count(table->columns), 0); // the folder's value counts, not the column
    assert_int_equal(table->partition_count, 2);
    assert_int_equal(table->partitions[0].count, 2);
    assert_true(str_is(table->partitions[0].prefix, "t/Year=2025/"));
    assert_true(str_is(json_as_str(json_at(table->partitions[1].values, 0)), "a/b"));
    arena_deinit(&s.arena);
}

static void some_objects_do_not_count(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct json *none = json_array(&arena), *globs = json_array(&arena);
    json_push(&arena, globs, json_string(&arena, S("**.tmp")));
    json_push(&arena, globs, json_string(&arena, S("old/**")));
    assert_true(crawl_wants(S("t/"), S("t/a/b.json"), 1, none));
    assert_false(crawl_wants(S("t/"), S("t/a/"), 1, none));
    assert_false(crawl_wants(S("t/"), S("t/a"), 0, none));
    assert_false(crawl_wants(S("t/"), S("t/_temporary/a"), 1, none));
    assert_false(crawl_wants(S("t/"), S("t/a/.b"), 1, none));
    assert_true(crawl_wants(S("_t/"), S("_t/a"), 1, none));
    assert_false(crawl_wants(S("t/"), S("u/a"), 1, none));
    assert_false(crawl_wants(S("t/"), S("t/x/y.tmp"), 1, globs));
    assert_false(crawl_wants(S("t/"), S("t/old/x/y"), 1, globs));
    assert_true(crawl_wants(S("t/"), S("t/older/y"), 1, globs));
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(some_objects_do_not_count),
        cmocka_unit_test(folders_become_tables_or_partitions),
        cmocka_unit_test(compatible_schemas_combine),
        cmocka_unit_test(the_level_says_where_tables_are),
        cmocka_unit_test(partitions_have_values_and_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
