// SPDX-License-Identifier: Apache-2.0
// A recursive descent over the notation, and one table of names.
#include "base/hive_type.h"

static const struct {
    const char *hive;
    enum hive_kind kind;
    const char *duckdb, *trino;
} NAMES[] = {
    // the first row of a kind is how it is written
    {"boolean", HIVE_BOOLEAN, "BOOLEAN", "boolean"},
    {"tinyint", HIVE_TINYINT, "TINYINT", "tinyint"},
    {"smallint", HIVE_SMALLINT, "SMALLINT", "smallint"},
    {"int", HIVE_INT, "INTEGER", "integer"},
    {"integer", HIVE_INT, NULL, NULL},
    {"bigint", HIVE_BIGINT, "BIGINT", "bigint"},
    {"long", HIVE_BIGINT, NULL, NULL},
    {"float", HIVE_FLOAT, "FLOAT", "real"},
    {"real", HIVE_FLOAT, NULL, NULL},
    {"double", HIVE_DOUBLE, "DOUBLE", "double"},
    {"decimal", HIVE_DECIMAL, "DECIMAL", "decimal"},
    {"numeric", HIVE_DECIMAL, NULL, NULL},
    {"string", HIVE_STRING, "VARCHAR", "varchar"},
    {"varchar", HIVE_VARCHAR, "VARCHAR", "varchar"},
    {"char", HIVE_CHAR, "VARCHAR", "char"},
    {"binary", HIVE_BINARY, "BLOB", "varbinary"},
    {"date", HIVE_DATE, "DATE", "date"},
    {"timestamp", HIVE_TIMESTAMP, "TIMESTAMP", "timestamp(3)"},
    {"void", HIVE_VOID, "VARCHAR", "varchar"},
    {"array", HIVE_ARRAY, NULL, "array"},
    {"map", HIVE_MAP, NULL, "map"},
    {"struct", HIVE_STRUCT, NULL, "row"},
};
#define NAME_COUNT (sizeof NAMES / sizeof *NAMES)

struct reader {
    struct arena *arena;
    struct str text;
    size_t at;
    unsigned depth;
    struct error *error;
};

static char peek(struct reader *r)
{
    while (r->at < r->text.len && r->text.ptr[r->at] == ' ')
        r->at++;
    return r->at < r->text.len ? r->text.ptr[r->at] : 0;
}

static enum err bad(struct reader *r, const char *expected)
{
    return error_set_at(r->error, ERR_INVALID, r->at,
                        "'%.*s' is not a type: expected %s at position %zu", STR_ARG(r->text),
                        expected, r->at);
}

static enum err expect(struct reader *r, char c, const char *name)
{
    if (peek(r) != c)
        return bad(r, name);
    r->at++;
    return OK;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static struct str take_word(struct reader *r)
{
    peek(r);
    size_t start = r->at;
    while (r->at < r->text.len && is_word(r->text.ptr[r->at]))
        r->at++;
    return str_slice(r->text, start, r->at);
}

// A field's name is everything up to its colon; in backticks it may hold a colon.
static enum err take_field_name(struct reader *r, struct str *out)
{
    bool quoted = peek(r) == '`';
    size_t start = r->at += quoted;
    while (r->at < r->text.len && r->text.ptr[r->at] != (quoted ? '`' : ':'))
        r->at++;
    struct str name = str_slice(r->text, start, r->at);
    if (name.len == 0)
        return bad(r, "a field's name");
    r->at += quoted;
    *out = str_trim(name);
    return expect(r, ':', "':'");
}

static enum err take_number(struct reader *r, unsigned limit, unsigned *out)
{
    int64_t value;
    struct str word = take_word(r);
    if (!str_to_i64(word, &value) || value < 0 || value > limit)
        return bad(r, "a length or precision within its limits");
    *out = (unsigned)value;
    return OK;
}

static enum err take_type(struct reader *r, struct hive_type **out);

static enum err take_arguments(struct reader *r, struct hive_type *type)
{
    bool decimal = type->kind == HIVE_DECIMAL;
    if (decimal)
        type->precision = 10; // Hive's default: decimal(10,0)
    if (peek(r) != '(')
        return OK;
    r->at++;
    TRY(take_number(r, decimal ? 38 : 65535, &type->precision));
    if (decimal && peek(r) == ',') {
        r->at++;
        TRY(take_number(r, type->precision, &type->scale));
    }
    return expect(r, ')', "')'");
}

static enum err take_children(struct reader *r, struct hive_type *type)
{
    TRY(expect(r, '<', "'<'"));
    if (++r->depth > HIVE_DEPTH_MAX)
        return error_set(r->error, ERR_LIMIT, "a type is nested more than %d deep", HIVE_DEPTH_MAX);
    size_t fixed = type->kind == HIVE_ARRAY ? 1 : type->kind == HIVE_MAP ? 2 : 0;
    do {
        if (type->count)
            r->at++; // the comma
        if (type->kind == HIVE_STRUCT) {
            size_t count = type->count;
            TRY(take_field_name(r, ARENA_PUSH(r->arena, type->names, count, type->name_capacity)));
        }
        struct hive_type *child = NULL;
        TRY(take_type(r, &child));
        *ARENA_PUSH(r->arena, type->children, type->count, type->capacity) = child;
    } while (fixed ? type->count < fixed && peek(r) == ',' : peek(r) == ',');
    if (fixed && type->count != fixed)
        return bad(r, "','");
    r->depth--;
    return expect(r, '>', "'>'");
}

static enum err take_type(struct reader *r, struct hive_type **out)
{
    struct str word = take_word(r);
    for (size_t i = 0; i < NAME_COUNT; i++) {
        if (!str_eq_nocase(word, str_of(NAMES[i].hive)))
            continue;
        struct hive_type *type = ARENA_NEW(r->arena, struct hive_type);
        type->kind = NAMES[i].kind;
        if (type->kind == HIVE_DECIMAL || type->kind == HIVE_VARCHAR || type->kind == HIVE_CHAR)
            TRY(take_arguments(r, type));
        else if (type->kind >= HIVE_ARRAY)
            TRY(take_children(r, type));
        *out = type;
        return OK;
    }
    r->at -= word.len;
    return bad(r, "the name of a type");
}

enum err hive_type_parse(struct arena *arena, struct str text, struct hive_type **out_type,
                         struct error *error)
{
    struct reader r = {.arena = arena, .text = text, .error = error};
    struct hive_type *type = NULL;
    TRY(take_type(&r, &type));
    if (peek(&r))
        return bad(&r, "the end");
    *out_type = type;
    return OK;
}

static size_t name_row(enum hive_kind kind)
{
    size_t i = 0;
    while (NAMES[i].kind != kind)
        i++;
    return i;
}

static void put_arguments(struct buf *out, const struct hive_type *type)
{
    if (type->kind == HIVE_DECIMAL)
        buf_printf(out, "(%u,%u)", type->precision, type->scale);
    else if ((type->kind == HIVE_VARCHAR || type->kind == HIVE_CHAR) && type->precision)
        buf_printf(out, "(%u)", type->precision);
}

void hive_type_put(struct buf *out, const struct hive_type *type)
{
    buf_puts(out, NAMES[name_row(type->kind)].hive);
    put_arguments(out, type);
    if (type->kind < HIVE_ARRAY)
        return;
    buf_put_char(out, '<');
    for (size_t i = 0; i < type->count; i++) {
        if (i)
            buf_put_char(out, ',');
        if (type->kind == HIVE_STRUCT) {
            buf_put(out, type->names[i]);
            buf_put_char(out, ':');
        }
        hive_type_put(out, type->children[i]);
    }
    buf_put_char(out, '>');
}

static void put_duckdb_name(struct buf *out, struct str name)
{
    buf_put_char(out, '"');
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '"')
            buf_put_char(out, '"');
        buf_put_char(out, name.ptr[i]);
    }
    buf_put_char(out, '"');
}

void hive_type_put_duckdb(struct buf *out, const struct hive_type *type)
{
    switch (type->kind) {
    case HIVE_ARRAY:
        hive_type_put_duckdb(out, type->children[0]);
        buf_puts(out, "[]");
        return;
    case HIVE_MAP:
        buf_puts(out, "MAP(");
        hive_type_put_duckdb(out, type->children[0]);
        buf_puts(out, ", ");
        hive_type_put_duckdb(out, type->children[1]);
        buf_put_char(out, ')');
        return;
    case HIVE_STRUCT:
        buf_puts(out, "STRUCT(");
        for (size_t i = 0; i < type->count; i++) {
            if (i)
                buf_puts(out, ", ");
            put_duckdb_name(out, type->names[i]);
            buf_put_char(out, ' ');
            hive_type_put_duckdb(out, type->children[i]);
        }
        buf_put_char(out, ')');
        return;
    default:
        buf_puts(out, NAMES[name_row(type->kind)].duckdb);
        if (type->kind == HIVE_DECIMAL)
            put_arguments(out, type);
    }
}

void hive_type_put_trino(struct buf *out, const struct hive_type *type)
{
    buf_puts(out, NAMES[name_row(type->kind)].trino);
    put_arguments(out, type);
    if (type->kind < HIVE_ARRAY)
        return;
    buf_put_char(out, '(');
    for (size_t i = 0; i < type->count; i++) {
        if (i)
            buf_puts(out, ", ");
        if (type->kind == HIVE_STRUCT)
            buf_printf(out, "%.*s ", STR_ARG(type->names[i]));
        hive_type_put_trino(out, type->children[i]);
    }
    buf_put_char(out, ')');
}
