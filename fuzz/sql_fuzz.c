// SPDX-License-Identifier: Apache-2.0
// Any text as a statement: it parses, or says where it does not; what parses as a query is
// translated or refused with a reason. The same text as a type: what parses is printed, and parses
// again.
#include "fuzz.h"
#include "sql/translate.h"

#include <assert.h>

static enum err find_table(void *context, struct str database, struct str table,
                           const struct sql_node *node, struct sql_table *out, struct error *error)
{
    static struct sql_column columns[] = {{S_INIT("id"), NULL}, {S_INIT("name"), NULL}};
    *out = (struct sql_table){S("\"d\".\"t\""), columns, 2};
    return OK;
}

static void take_statement(struct arena *arena, struct str text)
{
    struct sql_statement statement = {0};
    struct error error = {0};
    struct sql_catalog catalog = {.find_table = find_table, .database = S("d")};
    struct str sql;
    enum err err = sql_parse(arena, text, &statement, &error);
    if (err == OK && statement.root->kind == SQL_QUERY)
        err = sql_translate(arena, statement.root, &catalog, &sql, &error);
    assert(err == OK || error.text[0]);
}

static void take_type(struct arena *arena, struct str text)
{
    struct hive_type *type = NULL, *again = NULL;
    struct buf out = buf_in(arena, BUF_MAX_DEFAULT);
    if (hive_type_parse(arena, text, &type, NULL) != OK)
        return;
    hive_type_put_duckdb(&out, type);
    hive_type_put_trino(&out, type);
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '`')
            return; // quotes are not printed again
    buf_clear(&out);
    hive_type_put(&out, type);
    enum err err = hive_type_parse(arena, buf_str(&out), &again, NULL);
    assert(err == OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena arena;
    arena_init(&arena);
    take_statement(&arena, str_n((const char *)bytes, len));
    take_type(&arena, str_n((const char *)bytes, len));
    arena_deinit(&arena);
    return 0;
}
