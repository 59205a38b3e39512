// SPDX-License-Identifier: Apache-2.0
// Functions that a template cannot print: lambdas, units and formats that must be constants, JSON
// paths.
//
// A lambda's parameters get fresh names (p1, p2...), or are replaced by an expression where
// DuckDB's function gives one value for Trino's two (a map's entry for key and value).
#include "sql/translate_internal.h"

#include <string.h>

static const struct sql_node *argument(const struct sql_node *call, size_t index)
{
    return sql_child(call, CALL_ARGUMENTS + index);
}

static enum err need_text(struct translator *t, const struct sql_node *call, size_t index,
                          const char *what, struct str *out)
{
    const struct sql_node *node = argument(call, index);
    if (node->kind != SQL_STRING)
        return sql_refuse(t->error, node, "NOT_SUPPORTED", "%s of %.*s must be a constant", what,
                          STR_ARG(call->text));
    *out = node->text;
    return OK;
}

static enum err need_lambda(struct translator *t, const struct sql_node *call, size_t index,
                            size_t parameters, const struct sql_node **out)
{
    const struct sql_node *node = argument(call, index);
    if (node->kind != SQL_LAMBDA || node->children[0]->count != parameters)
        return sql_refuse(t->error, node, "FUNCTION_NOT_FOUND",
                          "%.*s needs a lambda of %zu parameters here", STR_ARG(call->text),
                          parameters);
    *out = node;
    return OK;
}

enum err translate_lambda(struct translator *t, const struct sql_node *lambda,
                          const struct str *texts, const struct hive_type *const *types,
                          size_t count, struct buf *out)
{
    const struct binding *saved = t->bindings;
    for (size_t i = 0; i < count; i++) {
        struct binding *binding = ARENA_NEW(t->arena, struct binding);
        *binding = (struct binding){lambda->children[0]->children[i]->text, texts[i],
                                    types ? types[i] : NULL, t->bindings};
        t->bindings = binding;
    }
    enum err err = translate_expression(t, lambda->children[1], out);
    t->bindings = saved;
    return err;
}

static struct str fresh(struct translator *t)
{
    return str_format(t->arena, "p%u", ++t->lambdas);
}

static const struct hive_type *item_type(struct translator *t, const struct sql_node *array)
{
    const struct hive_type *type = infer_expression(t, array);
    return type && type->kind == HIVE_ARRAY ? type->children[0] : NULL;
}

// NAME(array, lambda p1: body)
static enum err put_list_lambda(struct translator *t, const struct sql_node *call, const char *name,
                                struct buf *out)
{
    const struct sql_node *lambda = NULL;
    TRY(need_lambda(t, call, 1, 1, &lambda));
    struct str parameter = fresh(t);
    const struct hive_type *type = item_type(t, argument(call, 0));
    buf_printf(out, "%s(", name);
    TRY(translate_expression(t, argument(call, 0), out));
    buf_printf(out, ", lambda %.*s: ", STR_ARG(parameter));
    TRY(translate_lambda(t, lambda, &parameter, &type, 1, out));
    buf_put_char(out, ')');
    return OK;
}

static enum err special_filter(struct translator *t, const struct sql_node *call, struct buf *out)
{
    return put_list_lambda(t, call, "list_filter", out);
}

static enum err special_transform(struct translator *t, const struct sql_node *call,
                                  struct buf *out)
{
    return put_list_lambda(t, call, "list_transform", out);
}

// any_match, all_match, none_match, with SQL's three-valued logic over the results.
static enum err special_match(struct translator *t, const struct sql_node *call, struct buf *out)
{
    buf_printf(out, "tarn_%.*s(", STR_ARG(call->text));
    TRY(put_list_lambda(t, call, "list_transform", out));
    buf_put_char(out, ')');
    return OK;
}

static enum err special_reduce(struct translator *t, const struct sql_node *call, struct buf *out)
{
    const struct sql_node *step = NULL, *last = NULL;
    TRY(need_lambda(t, call, 2, 2, &step));
    TRY(need_lambda(t, call, 3, 1, &last));
    struct str names[2] = {fresh(t), fresh(t)};
    struct buf folded = buf_in(t->arena, BUF_MAX_DEFAULT);
    buf_puts(&folded, "list_reduce(");
    TRY(translate_expression(t, argument(call, 0), &folded));
    buf_printf(&folded, ", lambda %.*s, %.*s: ", STR_ARG(names[0]), STR_ARG(names[1]));
    TRY(translate_lambda(t, step, names, NULL, 2, &folded));
    buf_puts(&folded, ", ");
    TRY(translate_expression(t, argument(call, 1), &folded));
    buf_put_char(&folded, ')');
    struct str text = buf_str(&folded);
    return translate_lambda(t, last, &text, NULL, 1, out);
}

static enum err special_zip_with(struct translator *t, const struct sql_node *call, struct buf *out)
{
    const struct sql_node *lambda = NULL;
    TRY(need_lambda(t, call, 2, 2, &lambda));
    struct str pair = fresh(t);
    struct str texts[2] = {str_format(t->arena, "%.*s[1]", STR_ARG(pair)),
                           str_format(t->arena, "%.*s[2]", STR_ARG(pair))};
    const struct hive_type *types[2] = {item_type(t, argument(call, 0)),
                                        item_type(t, argument(call, 1))};
    buf_puts(out, "list_transform(list_zip(");
    TRY(translate_expression(t, argument(call, 0), out));
    buf_puts(out, ", ");
    TRY(translate_expression(t, argument(call, 1), out));
    buf_printf(out, "), lambda %.*s: ", STR_ARG(pair));
    TRY(translate_lambda(t, lambda, texts, types, 2, out));
    buf_put_char(out, ')');
    return OK;
}

static enum err special_map_lambda(struct translator *t, const struct sql_node *call,
                                   struct buf *out)
{
    const struct sql_node *lambda = NULL;
    TRY(need_lambda(t, call, 1, 2, &lambda));
    const struct hive_type *type = infer_expression(t, argument(call, 0));
    const struct hive_type *types[2] = {type && type->kind == HIVE_MAP ? type->children[0] : NULL,
                                        type && type->kind == HIVE_MAP ? type->children[1] : NULL};
    struct str entry = fresh(t);
    struct str texts[2] = {str_format(t->arena, "%.*s.key", STR_ARG(entry)),
                           str_format(t->arena, "%.*s.value", STR_ARG(entry))};
    bool filter = str_is(call->text, "map_filter"), keys = str_is(call->text, "transform_keys");
    buf_printf(out, "map_from_entries(%s(map_entries(", filter ? "list_filter" : "list_transform");
    TRY(translate_expression(t, argument(call, 0), out));
    buf_printf(out, "), lambda %.*s: ", STR_ARG(entry));
    if (!filter)
        buf_printf(out, keys ? "{'key': " : "{'key': %.*s.key, 'value': ", STR_ARG(entry));
    TRY(translate_lambda(t, lambda, texts, types, 2, out));
    if (keys)
        buf_printf(out, ", 'value': %.*s.value", STR_ARG(entry));
    buf_puts(out, filter ? "))" : "}))");
    return OK;
}

static enum err special_array_remove(struct translator *t, const struct sql_node *call,
                                     struct buf *out)
{
    struct str name = fresh(t);
    buf_puts(out, "list_filter(");
    TRY(translate_expression(t, argument(call, 0), out));
    buf_printf(out, ", lambda %.*s: %.*s IS NULL OR %.*s <> ", STR_ARG(name), STR_ARG(name),
               STR_ARG(name));
    TRY(translate_expression(t, argument(call, 1), out));
    buf_put_char(out, ')');
    return OK;
}

static enum err special_repeat(struct translator *t, const struct sql_node *call, struct buf *out)
{
    struct str name = fresh(t);
    buf_puts(out, "list_transform(range(");
    TRY(translate_expression(t, argument(call, 1), out));
    buf_printf(out, "), lambda %.*s: ", STR_ARG(name));
    TRY(translate_expression(t, argument(call, 0), out));
    buf_put_char(out, ')');
    return OK;
}

static enum err special_if(struct translator *t, const struct sql_node *call, struct buf *out)
{
    buf_puts(out, "CASE WHEN ");
    TRY(translate_expression(t, argument(call, 0), out));
    buf_puts(out, " THEN ");
    TRY(translate_expression(t, argument(call, 1), out));
    if (argument(call, 2)) {
        buf_puts(out, " ELSE ");
        TRY(translate_expression(t, argument(call, 2), out));
    }
    buf_puts(out, " END");
    return OK;
}

enum err translate_try(struct translator *t, const struct sql_node *expression, struct buf *out)
{
    bool saved = t->in_try;
    t->in_try = true;
    buf_puts(out, "TRY(");
    enum err err = translate_expression(t, expression, out);
    buf_put_char(out, ')');
    t->in_try = saved;
    return err;
}

static enum err special_try(struct translator *t, const struct sql_node *call, struct buf *out)
{
    return translate_try(t, argument(call, 0), out);
}

static enum err special_cardinality(struct translator *t, const struct sql_node *call,
                                    struct buf *out)
{
    const struct hive_type *type = infer_expression(t, argument(call, 0));
    if (type && type->kind != HIVE_ARRAY && type->kind != HIVE_MAP)
        return sql_refuse(t->error, call, "FUNCTION_NOT_FOUND",
                          "Unexpected parameters for function cardinality: neither array nor map");
    buf_puts(out, !type                    ? "tarn_cardinality("
                  : type->kind == HIVE_MAP ? "CAST(cardinality("
                                           : "len(");
    TRY(translate_expression(t, argument(call, 0), out));
    buf_puts(out, type && type->kind == HIVE_MAP ? ") AS BIGINT)" : ")");
    return OK;
}

static enum err special_random(struct translator *t, const struct sql_node *call, struct buf *out)
{
    struct str low = S("0"), high;
    size_t count = call->count - CALL_ARGUMENTS;
    if (count == 0) {
        buf_puts(out, "random()");
        return OK;
    }
    TRY(translate_to_str(t, argument(call, count - 1), &high));
    if (count == 2)
        TRY(translate_to_str(t, argument(call, 0), &low));
    buf_printf(out, "(%.*s + CAST(floor(random() * (%.*s - %.*s)) AS BIGINT))", STR_ARG(low),
               STR_ARG(high), STR_ARG(low));
    return OK;
}

// Trino trims white space, DuckDB spaces; a second argument is the set of characters.
static enum err special_trim(struct translator *t, const struct sql_node *call, struct buf *out)
{
    buf_printf(out, "%.*s(", STR_ARG(call->text));
    TRY(translate_expression(t, argument(call, 0), out));
    buf_puts(out, ", ");
    if (argument(call, 1))
        TRY(translate_expression(t, argument(call, 1), out));
    else
        buf_puts(out, "' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13)");
    buf_put_char(out, ')');
    return OK;
}

// --- regular expressions

// Trino's replacement says $1 and \$, RE2's \1 and \\.
static enum err special_regexp_replace(struct translator *t, const struct sql_node *call,
                                       struct buf *out)
{
    struct str replacement;
    TRY(need_text(t, call, 2, "the replacement", &replacement));
    struct buf text = buf_in(t->arena, BUF_MAX_DEFAULT);
    for (size_t i = 0; i < replacement.len; i++) {
        char c = replacement.ptr[i], next = i + 1 < replacement.len ? replacement.ptr[i + 1] : 0;
        if (c == '$' && next >= '0' && next <= '9') {
            buf_printf(&text, "\\%c", next);
            i++;
        } else if (c == '$') {
            return sql_refuse(
                t->error, argument(call, 2), "NOT_SUPPORTED",
                "a named group in the replacement of regexp_replace is not supported");
        } else if (c == '\\') {
            i++;
            buf_puts(&text, next == '\\' ? "\\\\" : "");
            if (next && next != '\\')
                buf_put_char(&text, next);
        } else {
            buf_put_char(&text, c);
        }
    }
    buf_puts(out, "regexp_replace(");
    TRY(translate_expression(t, argument(call, 0), out));
    buf_puts(out, ", ");
    TRY(translate_expression(t, argument(call, 1), out));
    buf_puts(out, ", ");
    put_text(out, buf_str(&text));
    buf_puts(out, ", 'g')");
    return OK;
}

static enum err special_regexp_extract(struct translator *t, const struct sql_node *call,
                                       struct buf *out)
{
    if (argument(call, 2)->kind != SQL_INTEGER)
        return sql_refuse(t->error, argument(call, 2), "NOT_SUPPORTED",
                          "the group of regexp_extract must be a constant");
    buf_puts(out, "tarn_regexp_extract(");
    TRY(translate_list(t, call, CALL_ARGUMENTS, out));
    buf_put_char(out, ')');
    return OK;
}

// --- dates

static enum err need_unit(struct translator *t, const struct sql_node *call, struct str *out)
{
    static const char *const UNITS[] = {"millisecond", "second", "minute",  "hour", "day",
                                        "week",        "month",  "quarter", "year"};
    struct str unit;
    TRY(need_text(t, call, 0, "the unit", &unit));
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++)
        if (str_eq_nocase(unit, str_of(UNITS[i]))) {
            *out = str_of(UNITS[i]);
            return OK;
        }
    return sql_refuse(t->error, argument(call, 0), "INVALID_FUNCTION_ARGUMENT",
                      "'%.*s' is not a valid TIMESTAMP field", STR_ARG(unit));
}

static enum err special_date_trunc(struct translator *t, const struct sql_node *call,
                                   struct buf *out)
{
    struct str unit;
    TRY(need_unit(t, call, &unit));
    buf_printf(out, "tarn_date_trunc('%.*s', ", STR_ARG(unit));
    TRY(translate_expression(t, argument(call, 1), out));
    buf_put_char(out, ')');
    return OK;
}

static enum err special_date_add(struct translator *t, const struct sql_node *call, struct buf *out)
{
    struct str unit, number;
    TRY(need_unit(t, call, &unit));
    TRY(translate_to_str(t, argument(call, 1), &number));
    buf_puts(out, "tarn_add_interval(");
    TRY(translate_expression(t, argument(call, 2), out));
    if (str_is(unit, "quarter"))
        buf_printf(out, ", to_months(CAST(3 * (%.*s) AS INTEGER)))", STR_ARG(number));
    else if (str_is(unit, "day") || str_is(unit, "week") || str_is(unit, "month") ||
             str_is(unit, "year"))
        buf_printf(out, ", to_%.*ss(CAST(%.*s AS INTEGER)))", STR_ARG(unit), STR_ARG(number));
    else
        buf_printf(out, ", to_%.*ss(%.*s))", STR_ARG(unit), STR_ARG(number));
    return OK;
}

// Whole units between two instants: DuckDB calls that date_sub.
static enum err special_date_diff(struct translator *t, const struct sql_node *call,
                                  struct buf *out)
{
    struct str unit;
    TRY(need_unit(t, call, &unit));
    buf_printf(out, "date_sub('%.*s', ", STR_ARG(unit));
    TRY(translate_list(t, call, CALL_ARGUMENTS + 1, out));
    buf_put_char(out, ')');
    return OK;
}

static enum err special_date_pattern(struct translator *t, const struct sql_node *call,
                                     struct buf *out)
{
    bool mysql = str_starts(call->text, S("date_")),
         parsing = str_is(call->text, "date_parse") || str_is(call->text, "parse_datetime");
    struct str pattern, format;
    TRY(need_text(t, call, 1, "the format", &pattern));
    TRY((mysql ? date_pattern_mysql : date_pattern_joda)(t, argument(call, 1), pattern, parsing,
                                                         &format));
    buf_puts(out, !parsing ? "strftime(" : mysql ? "strptime(" : "timezone('UTC', strptime(");
    t->local = !parsing;
    TRY(translate_expression(t, argument(call, 0), out));
    buf_puts(out, ", ");
    put_text(out, format);
    buf_puts(out, parsing && !mysql ? "))" : ")");
    return OK;
}

// --- JSON

// $.a["b"][0] as $."a"."b"[0]. Wildcards, filters and recursive descent are not in json_extract's
// path language here.
static enum err json_path(struct translator *t, const struct sql_node *node, struct str path,
                          struct str *out)
{
    struct buf text = buf_in(t->arena, BUF_MAX_DEFAULT);
    size_t i = path.len && path.ptr[0] == '$' ? 1 : 0;
    buf_put_char(&text, '$');
    while (i < path.len) {
        size_t start, end;
        bool number = false;
        if (path.ptr[i] == '.') {
            start = ++i;
            while (i < path.len && path.ptr[i] != '.' && path.ptr[i] != '[')
                i++;
            end = i;
        } else if (path.ptr[i] == '[' && i + 1 < path.len &&
                   (path.ptr[i + 1] == '"' || path.ptr[i + 1] == '\'')) {
            char quote = path.ptr[i + 1];
            start = i += 2;
            while (i < path.len && path.ptr[i] != quote)
                i++;
            end = i;
            i += 2;
            if (i > path.len || path.ptr[i - 1] != ']')
                break;
        } else if (path.ptr[i] == '[') {
            start = ++i;
            while (i < path.len && path.ptr[i] >= '0' && path.ptr[i] <= '9')
                i++;
            end = i++;
            number = true;
            if (end >= path.len || path.ptr[end] != ']')
                break;
        } else {
            break;
        }
        struct str part = str_slice(path, start, end);
        if (part.len == 0 ||
            (!number && (memchr(part.ptr, '"', part.len) || memchr(part.ptr, '*', part.len))))
            break;
        buf_printf(&text, number ? "[%.*s]" : ".\"%.*s\"", STR_ARG(part));
        if (i >= path.len) {
            *out = buf_str(&text);
            return OK;
        }
    }
    if (i >= path.len && text.len == 1) {
        *out = S("$");
        return OK;
    }
    return sql_refuse(t->error, node, "NOT_SUPPORTED", "the JSON path '%.*s' is not supported",
                      STR_ARG(path));
}

static enum err special_json(struct translator *t, const struct sql_node *call, struct buf *out)
{
    struct str path, translated;
    TRY(need_text(t, call, 1, "the path", &path));
    TRY(json_path(t, argument(call, 1), path, &translated));
    buf_printf(out, "tarn_%.*s(", STR_ARG(call->text));
    TRY(translate_expression(t, argument(call, 0), out));
    buf_puts(out, ", ");
    put_text(out, translated);
    buf_put_char(out, ')');
    return OK;
}

static const struct {
    const char *name;
    enum err (*put)(struct translator *t, const struct sql_node *call, struct buf *out);
} SPECIALS[] = {
    {"if", special_if},
    {"try", special_try},
    {"cardinality", special_cardinality},
    {"random", special_random},
    {"rand", special_random},
    {"trim", special_trim},
    {"ltrim", special_trim},
    {"rtrim", special_trim},
    {"regexp_replace", special_regexp_replace},
    {"regexp_extract", special_regexp_extract},
    {"date_trunc", special_date_trunc},
    {"date_add", special_date_add},
    {"date_diff", special_date_diff},
    {"date_format", special_date_pattern},
    {"date_parse", special_date_pattern},
    {"format_datetime", special_date_pattern},
    {"parse_datetime", special_date_pattern},
    {"array_remove", special_array_remove},
    {"repeat", special_repeat},
    {"filter", special_filter},
    {"transform", special_transform},
    {"any_match", special_match},
    {"all_match", special_match},
    {"none_match", special_match},
    {"reduce", special_reduce},
    {"zip_with", special_zip_with},
    {"map_filter", special_map_lambda},
    {"transform_keys", special_map_lambda},
    {"transform_values", special_map_lambda},
    {"json_extract", special_json},
    {"json_extract_scalar", special_json},
    {"json_size", special_json},
};

enum err translate_special(struct translator *t, const struct sql_node *call, struct buf *out)
{
    for (size_t i = 0; i < sizeof SPECIALS / sizeof *SPECIALS; i++)
        if (str_is(call->text, SPECIALS[i].name))
            return SPECIALS[i].put(t, call, out);
    return sql_refuse(t->error, call, "NOT_SUPPORTED", "the function %.*s is not supported",
                      STR_ARG(call->text));
}
