// SPDX-License-Identifier: Apache-2.0
// Hive's DDL as Athena documents it, and the statements that are recognised in order to be refused
// by name.
//
// A column's type is kept as text: the catalog stores Hive's notation as it was written.
#include "sql/parser_internal.h"

#include <string.h>

static enum err property(struct parser *p, struct sql_node *list, const char *key, struct str value)
{
    struct sql_node *node = parser_node(p, SQL_PROPERTY), *text = parser_node(p, SQL_STRING);
    node->text = str_of(key);
    text->text = value;
    parser_add(p, node, text);
    parser_add(p, list, node);
    return OK;
}

static enum err parse_text(struct parser *p, struct sql_node **out)
{
    *out = parser_node(p, SQL_STRING);
    return parse_string(p, &(*out)->text);
}

// ('a'='b', ...)
static enum err parse_properties(struct parser *p, struct sql_node *list, const char *prefix)
{
    TRY(parser_need_symbol(p, "("));
    do {
        struct sql_node *key = NULL, *value = NULL;
        TRY(parse_text(p, &key));
        TRY(parser_need_symbol(p, "="));
        TRY(parse_text(p, &value));
        struct str name = str_format(p->arena, "%s%.*s", prefix, STR_ARG(key->text));
        TRY(property(p, list, str_cstr(p->arena, name), value->text));
    } while (parser_take_symbol(p, ","));
    return parser_need_symbol(p, ")");
}

// The text of a type up to the comma, parenthesis or COMMENT that ends it.
static enum err parse_column_type(struct parser *p, struct sql_node **out)
{
    struct sql_node *type = parser_node(p, SQL_STRING);
    struct buf text = buf_in(p->arena, BUF_MAX_DEFAULT);
    int depth = 0;
    for (;; p->at++) {
        const struct sql_token *token = parser_peek(p, 0);
        bool opens = parser_is_symbol(p, 0, "<") || parser_is_symbol(p, 0, "(");
        bool closes = parser_is_symbol(p, 0, ">") || parser_is_symbol(p, 0, ")");
        if (token->kind == TOKEN_END ||
            (depth == 0 && (closes || parser_is_symbol(p, 0, ",") ||
                            (text.len && parser_is_word(p, 0, "COMMENT")))))
            break;
        depth += opens - closes;
        if (token->kind == TOKEN_QUOTED_NAME)
            buf_printf(&text, "`%.*s`", STR_ARG(token->text));
        else
            buf_put(&text, str_lower(p->arena, token->text));
    }
    if (text.len == 0)
        return parser_fail(p, "<type>");
    type->text = buf_str(&text);
    *out = type;
    return OK;
}

static enum err parse_columns(struct parser *p, struct sql_node **out)
{
    struct sql_node *list = parser_node(p, SQL_LIST);
    TRY(parser_need_symbol(p, "("));
    do {
        struct sql_node *column = parser_node(p, SQL_COLUMN), *type = NULL, *comment = NULL;
        const struct sql_token *token = parser_peek(p, 0);
        if (token->kind != TOKEN_NAME && token->kind != TOKEN_QUOTED_NAME)
            return parser_fail(p, "<identifier>");
        column->text = token->text;
        p->at++;
        parser_take_symbol(p, ":");
        TRY(parse_column_type(p, &type));
        if (parser_take_word(p, "COMMENT"))
            TRY(parse_text(p, &comment));
        parser_add(p, column, type);
        parser_add(p, column, comment);
        parser_add(p, list, column);
    } while (parser_take_symbol(p, ","));
    *out = list;
    return parser_need_symbol(p, ")");
}

// ROW FORMAT SERDE 'class' [WITH SERDEPROPERTIES (...)] | ROW FORMAT DELIMITED FIELDS TERMINATED BY
// ',' ...
static enum err parse_row_format(struct parser *p, struct sql_node *list)
{
    static const struct {
        const char *words, *key;
    } DELIMITERS[] = {
        {"FIELDS TERMINATED BY", "serde:field.delim"},
        {"ESCAPED BY", "serde:escape.delim"},
        {"COLLECTION ITEMS TERMINATED BY", "serde:collection.delim"},
        {"MAP KEYS TERMINATED BY", "serde:mapkey.delim"},
        {"LINES TERMINATED BY", "serde:line.delim"},
        {"NULL DEFINED AS", "serde:serialization.null.format"},
    };
    struct sql_node *text = NULL;
    if (parser_take_word(p, "SERDE")) {
        TRY(parse_text(p, &text));
        TRY(property(p, list, "serde", text->text));
        return parser_take_words(p, "WITH SERDEPROPERTIES") ? parse_properties(p, list, "serde:")
                                                            : OK;
    }
    TRY(parser_need_word(p, "DELIMITED"));
    TRY(property(p, list, "serde", S("org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe")));
    for (size_t i = 0; i < sizeof DELIMITERS / sizeof *DELIMITERS;) {
        if (!parser_take_words(p, DELIMITERS[i].words)) {
            i++;
            continue;
        }
        TRY(parse_text(p, &text));
        TRY(property(p, list, DELIMITERS[i].key, text->text));
        i = 0;
    }
    return OK;
}

static enum err parse_stored_as(struct parser *p, struct sql_node *list)
{
    struct sql_node *text = NULL;
    if (!parser_take_word(p, "INPUTFORMAT")) {
        const struct sql_token *format = parser_peek(p, 0);
        if (format->kind != TOKEN_NAME)
            return parser_fail(p, "<file format>");
        p->at++;
        return property(p, list, "format", str_lower(p->arena, format->text));
    }
    TRY(parse_text(p, &text));
    TRY(property(p, list, "input_format", text->text));
    TRY(parser_need_word(p, "OUTPUTFORMAT"));
    TRY(parse_text(p, &text));
    return property(p, list, "output_format", text->text);
}

static enum err parse_table_options(struct parser *p, struct sql_node *table)
{
    struct sql_node *partitioned = NULL, *list = parser_node(p, SQL_LIST), *text = NULL;
    for (;;) {
        if (parser_take_word(p, "COMMENT")) {
            TRY(parse_text(p, &text));
            TRY(property(p, list, "comment", text->text));
        } else if (parser_take_words(p, "PARTITIONED BY")) {
            TRY(parse_columns(p, &partitioned));
        } else if (parser_take_words(p, "ROW FORMAT")) {
            TRY(parse_row_format(p, list));
        } else if (parser_take_words(p, "WITH SERDEPROPERTIES")) {
            TRY(parse_properties(p, list, "serde:"));
        } else if (parser_take_words(p, "STORED AS")) {
            TRY(parse_stored_as(p, list));
        } else if (parser_take_word(p, "LOCATION")) {
            TRY(parse_text(p, &text));
            TRY(property(p, list, "location", text->text));
        } else if (parser_take_word(p, "TBLPROPERTIES")) {
            TRY(parse_properties(p, list, "table:"));
        } else if (parser_is_word(p, 0, "CLUSTERED")) {
            return error_set(p->error, ERR_UNSUPPORTED,
                             "NOT_SUPPORTED: line %u:%u: CLUSTERED BY is not supported",
                             parser_peek(p, 0)->line, parser_peek(p, 0)->column);
        } else {
            break;
        }
    }
    parser_add(p, table, partitioned);
    parser_add(p, table, list);
    return OK;
}

static void skip_rest(struct parser *p)
{
    while (parser_peek(p, 0)->kind != TOKEN_END)
        p->at++;
}

static enum err parse_create_table(struct parser *p, bool external, struct sql_node **out)
{
    struct sql_node *table = parser_node(p, SQL_CREATE_TABLE), *name = NULL, *columns = NULL;
    if (parser_take_words(p, "IF NOT EXISTS"))
        table->flags |= SQL_IF;
    TRY(parse_table_name(p, &name));
    parser_add(p, table, name);
    if (!external && (parser_is_word(p, 0, "AS") || parser_is_word(p, 0, "WITH"))) {
        table->kind = SQL_CREATE_TABLE_AS;
        skip_rest(p);
        *out = table;
        return OK;
    }
    TRY(parse_columns(p, &columns));
    parser_add(p, table, columns);
    *out = table;
    return parse_table_options(p, table);
}

static enum err parse_create_database(struct parser *p, struct sql_node **out)
{
    struct sql_node *node = parser_node(p, SQL_CREATE_DATABASE), *name = NULL,
                    *list = parser_node(p, SQL_LIST), *text = NULL;
    if (parser_take_words(p, "IF NOT EXISTS"))
        node->flags |= SQL_IF;
    TRY(parse_identifier(p, &name));
    node->text = name->text;
    for (;;) {
        if (parser_take_word(p, "COMMENT")) {
            TRY(parse_text(p, &text));
            TRY(property(p, list, "comment", text->text));
        } else if (parser_take_word(p, "LOCATION")) {
            TRY(parse_text(p, &text));
            TRY(property(p, list, "location", text->text));
        } else if (parser_take_words(p, "WITH DBPROPERTIES")) {
            TRY(parse_properties(p, list, "database:"));
        } else {
            break;
        }
    }
    parser_add(p, node, list);
    *out = node;
    return OK;
}

static enum err parse_create(struct parser *p, struct sql_node **out)
{
    if (parser_take_words(p, "EXTERNAL TABLE"))
        return parse_create_table(p, true, out);
    if (parser_take_word(p, "TABLE"))
        return parse_create_table(p, false, out);
    if (parser_take_word(p, "DATABASE") || parser_take_word(p, "SCHEMA"))
        return parse_create_database(p, out);
    parser_take_words(p, "OR REPLACE");
    if (!parser_take_word(p, "VIEW"))
        return parser_fail(p, "'DATABASE', 'EXTERNAL', 'SCHEMA', 'TABLE', 'VIEW'");
    struct sql_node *view = parser_node(p, SQL_CREATE_VIEW), *name = NULL;
    TRY(parse_table_name(p, &name));
    parser_add(p, view, name);
    skip_rest(p);
    *out = view;
    return OK;
}

static enum err parse_drop(struct parser *p, struct sql_node **out)
{
    struct sql_node *node = parser_node(p, SQL_DROP_TABLE), *name = NULL;
    bool database = parser_take_word(p, "DATABASE") || parser_take_word(p, "SCHEMA");
    if (database)
        node->kind = SQL_DROP_DATABASE;
    else if (parser_take_word(p, "VIEW"))
        node->kind = SQL_DROP_VIEW;
    else if (!parser_take_word(p, "TABLE"))
        return parser_fail(p, "'DATABASE', 'SCHEMA', 'TABLE', 'VIEW'");
    if (parser_take_words(p, "IF EXISTS"))
        node->flags |= SQL_IF;
    if (database) {
        TRY(parse_identifier(p, &name));
        node->text = name->text;
        if (parser_take_word(p, "CASCADE"))
            node->flags |= SQL_CASCADE;
        else
            parser_take_word(p, "RESTRICT");
    } else {
        TRY(parse_table_name(p, &name));
        parser_add(p, node, name);
    }
    *out = node;
    return OK;
}

static enum err parse_show_list(struct parser *p, enum sql_kind kind, struct sql_node **out)
{
    struct sql_node *node = parser_node(p, kind), *database = NULL, *text = NULL;
    if (kind != SQL_SHOW_DATABASES && (parser_take_word(p, "IN") || parser_take_word(p, "FROM")))
        TRY(parse_identifier(p, &database));
    parser_add(p, node, database);
    if (parser_take_word(p, "LIKE") || parser_peek(p, 0)->kind == TOKEN_STRING) {
        TRY(parse_text(p, &text));
        node->text = text->text;
    }
    *out = node;
    return OK;
}

static enum err parse_show(struct parser *p, struct sql_node **out)
{
    if (parser_take_word(p, "DATABASES") || parser_take_word(p, "SCHEMAS"))
        return parse_show_list(p, SQL_SHOW_DATABASES, out);
    if (parser_take_word(p, "TABLES"))
        return parse_show_list(p, SQL_SHOW_TABLES, out);
    if (parser_take_word(p, "VIEWS"))
        return parse_show_list(p, SQL_SHOW_VIEWS, out);
    struct sql_node *node = parser_node(p, SQL_SHOW_COLUMNS), *name = NULL, *database = NULL;
    if (parser_take_word(p, "COLUMNS")) {
        if (!parser_take_word(p, "IN"))
            TRY(parser_need_word(p, "FROM"));
    } else if (parser_take_word(p, "PARTITIONS")) {
        node->kind = SQL_SHOW_PARTITIONS;
    } else if (parser_take_words(p, "CREATE TABLE")) {
        node->kind = SQL_SHOW_CREATE_TABLE;
    } else if (parser_take_word(p, "TBLPROPERTIES")) {
        node->kind = SQL_SHOW_PROPERTIES;
    } else {
        return parser_fail(p, "'COLUMNS', 'CREATE', 'DATABASES', 'PARTITIONS', 'SCHEMAS', "
                              "'TABLES', 'TBLPROPERTIES', 'VIEWS'");
    }
    TRY(parse_table_name(p, &name));
    if (node->kind == SQL_SHOW_COLUMNS && name->count == 1 &&
        (parser_take_word(p, "IN") || parser_take_word(p, "FROM"))) {
        TRY(parse_identifier(p, &database)); // SHOW COLUMNS FROM table IN database
        parser_add(p, name, name->children[0]);
        name->children[0] = database;
    }
    parser_add(p, node, name);
    *out = node;
    return OK;
}

static enum err parse_describe(struct parser *p, struct sql_node **out)
{
    struct sql_node *node = parser_node(p, SQL_DESCRIBE), *name = NULL;
    if (parser_take_word(p, "EXTENDED") || parser_take_word(p, "FORMATTED"))
        node->flags |= SQL_EXTENDED;
    TRY(parse_table_name(p, &name));
    parser_add(p, node, name);
    *out = node;
    return OK;
}

// PARTITION (a='1', b=2) [LOCATION 's3://...'] ...
static enum err parse_partitions(struct parser *p, struct sql_node *node)
{
    do {
        struct sql_node *partition = parser_node(p, SQL_PARTITION), *text = NULL;
        TRY(parser_need_word(p, "PARTITION"));
        TRY(parser_need_symbol(p, "("));
        do {
            struct sql_node *key = NULL;
            TRY(parse_identifier(p, &key));
            TRY(parser_need_symbol(p, "="));
            const struct sql_token *value = parser_peek(p, 0);
            if (value->kind != TOKEN_STRING && value->kind != TOKEN_INTEGER &&
                value->kind != TOKEN_QUOTED_NAME && value->kind != TOKEN_DECIMAL)
                return parser_fail(p, "<literal>");
            p->at++;
            TRY(property(p, partition, str_cstr(p->arena, key->text), value->text));
        } while (parser_take_symbol(p, ","));
        TRY(parser_need_symbol(p, ")"));
        if (parser_take_word(p, "LOCATION")) {
            TRY(parse_text(p, &text));
            partition->text = text->text;
        }
        parser_add(p, node, partition);
        parser_take_symbol(p, ",");
    } while (parser_is_word(p, 0, "PARTITION"));
    return OK;
}

static enum err parse_alter(struct parser *p, struct sql_node **out)
{
    struct sql_node *node = parser_node(p, SQL_ALTER_OTHER), *name = NULL;
    TRY(parser_need_word(p, "TABLE"));
    TRY(parse_table_name(p, &name));
    parser_add(p, node, name);
    *out = node;
    size_t start = parser_peek(p, 0)->start;
    if (parser_is_word(p, 0, "ADD") &&
        (parser_is_word(p, 1, "PARTITION") || parser_is_word(p, 1, "IF"))) {
        p->at++;
        node->kind = SQL_ADD_PARTITION;
        if (parser_take_words(p, "IF NOT EXISTS"))
            node->flags |= SQL_IF;
        return parse_partitions(p, node);
    }
    if (parser_is_word(p, 0, "DROP") &&
        (parser_is_word(p, 1, "PARTITION") || parser_is_word(p, 1, "IF"))) {
        p->at++;
        node->kind = SQL_DROP_PARTITION;
        if (parser_take_words(p, "IF EXISTS"))
            node->flags |= SQL_IF;
        return parse_partitions(p, node);
    }
    skip_rest(p);
    node->text = str_slice(p->text, start, start + 40);
    return OK;
}

static enum err parse_refused(struct parser *p, enum sql_kind kind, struct sql_node **out)
{
    *out = parser_node(p, kind);
    (*out)->text = str_upper(p->arena, parser_peek(p, 0)->text);
    skip_rest(p);
    return OK;
}

enum err parse_ddl(struct parser *p, struct sql_node **out)
{
    if (parser_take_word(p, "CREATE"))
        return parse_create(p, out);
    if (parser_take_word(p, "DROP"))
        return parse_drop(p, out);
    if (parser_take_word(p, "SHOW"))
        return parse_show(p, out);
    if (parser_take_word(p, "DESCRIBE") || parser_take_word(p, "DESC"))
        return parse_describe(p, out);
    if (parser_take_word(p, "ALTER"))
        return parse_alter(p, out);
    if (parser_take_words(p, "MSCK REPAIR TABLE")) {
        struct sql_node *node = parser_node(p, SQL_REPAIR_TABLE), *name = NULL;
        TRY(parse_table_name(p, &name));
        parser_add(p, node, name);
        *out = node;
        return OK;
    }
    if (parser_is_word(p, 0, "INSERT"))
        return parse_refused(p, SQL_INSERT, out);
    if (parser_is_word(p, 0, "UNLOAD"))
        return parse_refused(p, SQL_UNLOAD, out);
    if (parser_is_word(p, 0, "DELETE") || parser_is_word(p, 0, "UPDATE") ||
        parser_is_word(p, 0, "MERGE") || parser_is_word(p, 0, "VACUUM") ||
        parser_is_word(p, 0, "OPTIMIZE") || parser_is_word(p, 0, "TRUNCATE"))
        return parse_refused(p, SQL_DELETE_UPDATE_MERGE, out);
    if (parser_is_word(p, 0, "PREPARE") || parser_is_word(p, 0, "EXECUTE") ||
        parser_is_word(p, 0, "DEALLOCATE"))
        return parse_refused(p, SQL_PREPARED, out);
    return ERR_NOT_FOUND;
}
