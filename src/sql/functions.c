// SPDX-License-Identifier: Apache-2.0
// The functions that exist, and how each is printed. One row a function; what needs more than a
// template is in special.c.
//
// Template: $1..$9 are the arguments, $* all of them with commas, $| all of them with || between.
// A function that is not here is "not registered", as Trino says; one whose template is NULL is
// known and refused.
#include "sql/translate_internal.h"

#include <string.h>

enum function_flags {
    F_AGGREGATE = 1, // DISTINCT, ORDER BY, FILTER and OVER are allowed
    F_WINDOW = 2,    // OVER is required
    F_NULL = 4,      // NULL when any argument is
    F_LOCAL = 8,     // of a time with a zone only the local time matters
};
enum function_result {
    R_UNKNOWN,
    R_BOOLEAN,
    R_BIGINT,
    R_DOUBLE,
    R_TEXT,
    R_TEXTS,    // array of varchar
    R_SAME,     // as the first argument
    R_ARRAY_OF, // array of the first argument
    R_ITEM,     // of the first argument's elements, or a map's values
    R_KEYS,
    R_VALUES,
    R_SECOND, // as the second argument
};
struct function {
    const char *name;
    int least, most; // arguments; most -1: any number
    const char *template;
    unsigned flags;
    enum function_result result;
};

#define REFUSED(name)                                                                              \
    {                                                                                              \
        name, 0, -1, NULL, 0, R_UNKNOWN                                                            \
    }

static const struct function FUNCTIONS[] = {
    // name                arguments  template                                     flags  result
    // --- conditions
    {"coalesce", 1, -1, "coalesce($*)", 0, R_SAME},
    {"nullif", 2, 2, "nullif($1, $2)", 0, R_SAME},
    {"if", 2, 3, "", 0, R_SECOND},
    {"try", 1, 1, "", 0, R_SAME},
    {"greatest", 1, -1, "greatest($*)", F_NULL, R_SAME},
    {"least", 1, -1, "least($*)", F_NULL, R_SAME},
    // --- numbers
    {"abs", 1, 1, "abs($1)", 0, R_SAME},
    {"ceil", 1, 1, "tarn_ceil($1)", 0, R_SAME},
    {"ceiling", 1, 1, "tarn_ceil($1)", 0, R_SAME},
    {"floor", 1, 1, "tarn_floor($1)", 0, R_SAME},
    {"round", 1, 2, "round($*)", 0, R_SAME},
    {"truncate", 1, 1, "trunc($1)", 0, R_SAME},
    {"sign", 1, 1, "tarn_sign($1)", 0, R_SAME},
    {"mod", 2, 2, "tarn_modulus($1, $2)", 0, R_SAME},
    {"power", 2, 2, "pow(CAST($1 AS DOUBLE), CAST($2 AS DOUBLE))", 0, R_DOUBLE},
    {"pow", 2, 2, "pow(CAST($1 AS DOUBLE), CAST($2 AS DOUBLE))", 0, R_DOUBLE},
    {"sqrt", 1, 1, "tarn_sqrt(CAST($1 AS DOUBLE))", 0, R_DOUBLE},
    REFUSED("cbrt"), // DuckDB's is not exact for cubes
    {"exp", 1, 1, "exp(CAST($1 AS DOUBLE))", 0, R_DOUBLE},
    {"ln", 1, 1, "tarn_ln(CAST($1 AS DOUBLE))", 0, R_DOUBLE},
    {"log2", 1, 1, "(tarn_ln(CAST($1 AS DOUBLE)) / ln(CAST(2 AS DOUBLE)))", 0, R_DOUBLE},
    {"log10", 1, 1, "tarn_log10(CAST($1 AS DOUBLE))", 0, R_DOUBLE},
    {"log", 2, 2, "(tarn_ln(CAST($2 AS DOUBLE)) / tarn_ln(CAST($1 AS DOUBLE)))", 0, R_DOUBLE},
    {"pi", 0, 0, "pi()", 0, R_DOUBLE},
    {"e", 0, 0, "exp(CAST(1 AS DOUBLE))", 0, R_DOUBLE},
    {"nan", 0, 0, "CAST('nan' AS DOUBLE)", 0, R_DOUBLE},
    {"infinity", 0, 0, "CAST('inf' AS DOUBLE)", 0, R_DOUBLE},
    {"is_nan", 1, 1, "isnan($1)", 0, R_BOOLEAN},
    {"is_finite", 1, 1, "isfinite($1)", 0, R_BOOLEAN},
    {"is_infinite", 1, 1, "isinf($1)", 0, R_BOOLEAN},
    {"degrees", 1, 1, "degrees($1)", 0, R_DOUBLE},
    {"radians", 1, 1, "radians($1)", 0, R_DOUBLE},
    {"sin", 1, 1, "sin($1)", 0, R_DOUBLE},
    {"cos", 1, 1, "cos($1)", 0, R_DOUBLE},
    {"tan", 1, 1, "tan($1)", 0, R_DOUBLE},
    {"asin", 1, 1, "asin($1)", 0, R_DOUBLE},
    {"acos", 1, 1, "acos($1)", 0, R_DOUBLE},
    {"atan", 1, 1, "atan($1)", 0, R_DOUBLE},
    {"atan2", 2, 2, "atan2($1, $2)", 0, R_DOUBLE},
    {"sinh", 1, 1, "sinh($1)", 0, R_DOUBLE},
    {"cosh", 1, 1, "cosh($1)", 0, R_DOUBLE},
    {"tanh", 1, 1, "tanh($1)", 0, R_DOUBLE},
    {"random", 0, 2, "", 0, R_UNKNOWN},
    {"rand", 0, 2, "", 0, R_UNKNOWN},
    {"bitwise_and", 2, 2, "(CAST($1 AS BIGINT) & CAST($2 AS BIGINT))", 0, R_BIGINT},
    {"bitwise_or", 2, 2, "(CAST($1 AS BIGINT) | CAST($2 AS BIGINT))", 0, R_BIGINT},
    {"bitwise_xor", 2, 2, "xor(CAST($1 AS BIGINT), CAST($2 AS BIGINT))", 0, R_BIGINT},
    {"bitwise_not", 1, 1, "(~CAST($1 AS BIGINT))", 0, R_BIGINT},
    REFUSED("width_bucket"),
    REFUSED("bit_count"),
    REFUSED("from_base"),
    REFUSED("to_base"),
    REFUSED("normal_cdf"),
    REFUSED("cosine_similarity"),
    // --- text
    {"length", 1, 1, "tarn_length($1)", 0, R_BIGINT},
    {"lower", 1, 1, "lower($1)", 0, R_TEXT},
    {"upper", 1, 1, "upper($1)", 0, R_TEXT},
    {"trim", 1, 2, "", 0, R_TEXT},
    {"ltrim", 1, 2, "", 0, R_TEXT},
    {"rtrim", 1, 2, "", 0, R_TEXT},
    {"concat", 2, -1, "($|)", 0, R_SAME},
    {"concat_ws", 2, -1, "concat_ws($*)", 0, R_TEXT},
    {"substr", 2, 3, "tarn_substr($*)", 0, R_TEXT},
    {"substring", 2, 3, "tarn_substr($*)", 0, R_TEXT},
    {"strpos", 2, 2, "strpos($1, $2)", 0, R_BIGINT},
    {"position", 2, 2, "strpos($2, $1)", 0, R_BIGINT},
    {"replace", 2, 2, "replace($1, $2, '')", 0, R_TEXT},
    {"replace", 3, 3, "replace($1, $2, $3)", 0, R_TEXT},
    {"reverse", 1, 1, "tarn_reverse($1)", 0, R_SAME},
    {"lpad", 3, 3, "lpad($1, CAST($2 AS INTEGER), $3)", 0, R_TEXT},
    {"rpad", 3, 3, "rpad($1, CAST($2 AS INTEGER), $3)", 0, R_TEXT},
    {"split", 2, 2, "string_split($1, $2)", 0, R_TEXTS},
    {"split_part", 3, 3, "tarn_split_part($1, $2, $3)", 0, R_TEXT},
    {"starts_with", 2, 2, "starts_with($1, $2)", 0, R_BOOLEAN},
    {"chr", 1, 1, "chr(CAST($1 AS INTEGER))", 0, R_TEXT},
    {"codepoint", 1, 1, "unicode($1)", 0, R_BIGINT},
    {"levenshtein_distance", 2, 2, "levenshtein($1, $2)", 0, R_BIGINT},
    {"hamming_distance", 2, 2, "hamming($1, $2)", 0, R_BIGINT},
    {"translate", 3, 3, "translate($1, $2, $3)", 0, R_TEXT},
    {"to_utf8", 1, 1, "encode($1)", 0, R_UNKNOWN},
    {"from_utf8", 1, 1, "decode($1)", 0, R_TEXT},
    {"md5", 1, 1, "unhex(md5($1))", 0, R_UNKNOWN},
    {"sha1", 1, 1, "unhex(sha1($1))", 0, R_UNKNOWN},
    {"sha256", 1, 1, "unhex(sha256($1))", 0, R_UNKNOWN},
    {"to_hex", 1, 1, "hex($1)", 0, R_TEXT},
    {"from_hex", 1, 1, "unhex($1)", 0, R_UNKNOWN},
    {"to_base64", 1, 1, "to_base64($1)", 0, R_TEXT},
    {"from_base64", 1, 1, "from_base64($1)", 0, R_UNKNOWN},
    {"uuid", 0, 0, "uuid()", 0, R_UNKNOWN},
    {"regexp_like", 2, 2, "regexp_matches($1, $2)", 0, R_BOOLEAN},
    {"regexp_extract", 2, 2, "tarn_regexp_extract($1, $2, 0)", 0, R_TEXT},
    {"regexp_extract", 3, 3, "", 0, R_TEXT},
    {"regexp_extract_all", 2, 2, "regexp_extract_all($1, $2)", 0, R_TEXTS},
    {"regexp_extract_all", 3, 3, "regexp_extract_all($1, $2, $3)", 0, R_TEXTS},
    {"regexp_replace", 2, 2, "regexp_replace($1, $2, '', 'g')", 0, R_TEXT},
    {"regexp_replace", 3, 3, "", 0, R_TEXT},
    {"regexp_split", 2, 2, "string_split_regex($1, $2)", 0, R_TEXTS},
    {"regexp_count", 2, 2, "len(regexp_extract_all($1, $2))", 0, R_BIGINT},
    REFUSED("normalize"),
    REFUSED("format"),
    REFUSED("word_stem"),
    REFUSED("soundex"),
    REFUSED("sha512"),
    REFUSED("crc32"),
    REFUSED("xxhash64"),
    REFUSED("split_to_map"),
    REFUSED("split_to_multimap"),
    REFUSED("luhn_check"),
    REFUSED("regexp_position"),
    REFUSED("url_extract_host"),
    REFUSED("url_extract_path"),
    REFUSED("url_extract_query"),
    REFUSED("url_extract_parameter"),
    REFUSED("url_encode"),
    REFUSED("url_decode"),
    // --- dates
    {"now", 0, 0, "now()", 0, R_UNKNOWN},
    {"date", 1, 1, "CAST($1 AS DATE)", F_LOCAL, R_UNKNOWN},
    {"date_trunc", 2, 2, "", 0, R_SECOND},
    {"date_add", 3, 3, "", 0, R_UNKNOWN},
    {"date_diff", 3, 3, "", 0, R_BIGINT},
    {"date_format", 2, 2, "", 0, R_TEXT},
    {"date_parse", 2, 2, "", 0, R_UNKNOWN},
    {"format_datetime", 2, 2, "", 0, R_TEXT},
    {"parse_datetime", 2, 2, "", 0, R_UNKNOWN},
    {"from_unixtime", 1, 1, "to_timestamp(CAST($1 AS DOUBLE))", 0, R_UNKNOWN},
    {"to_unixtime", 1, 1, "epoch($1)", 0, R_DOUBLE},
    {"from_iso8601_timestamp", 1, 1, "CAST($1 AS TIMESTAMPTZ)", 0, R_UNKNOWN},
    {"from_iso8601_date", 1, 1, "CAST($1 AS DATE)", 0, R_UNKNOWN},
    {"to_iso8601", 1, 1, "tarn_to_iso8601($1)", 0, R_TEXT},
    {"last_day_of_month", 1, 1, "last_day($1)", 0, R_UNKNOWN},
    {"year", 1, 1, "year($1)", F_LOCAL, R_BIGINT},
    {"quarter", 1, 1, "quarter($1)", F_LOCAL, R_BIGINT},
    {"month", 1, 1, "month($1)", F_LOCAL, R_BIGINT},
    {"week", 1, 1, "week($1)", F_LOCAL, R_BIGINT},
    {"week_of_year", 1, 1, "week($1)", F_LOCAL, R_BIGINT},
    {"day", 1, 1, "day($1)", F_LOCAL, R_BIGINT},
    {"day_of_month", 1, 1, "day($1)", F_LOCAL, R_BIGINT},
    {"day_of_week", 1, 1, "isodow($1)", F_LOCAL, R_BIGINT},
    {"dow", 1, 1, "isodow($1)", F_LOCAL, R_BIGINT},
    {"day_of_year", 1, 1, "dayofyear($1)", F_LOCAL, R_BIGINT},
    {"doy", 1, 1, "dayofyear($1)", F_LOCAL, R_BIGINT},
    {"year_of_week", 1, 1, "isoyear($1)", F_LOCAL, R_BIGINT},
    {"yow", 1, 1, "isoyear($1)", F_LOCAL, R_BIGINT},
    {"hour", 1, 1, "hour($1)", F_LOCAL, R_BIGINT},
    {"minute", 1, 1, "minute($1)", F_LOCAL, R_BIGINT},
    {"second", 1, 1, "second($1)", F_LOCAL, R_BIGINT},
    {"millisecond", 1, 1, "(millisecond($1) % 1000)", F_LOCAL, R_BIGINT},
    REFUSED("at_timezone"),
    REFUSED("with_timezone"),
    REFUSED("from_unixtime_nanos"),
    REFUSED("timezone_hour"),
    REFUSED("timezone_minute"),
    REFUSED("current_timezone"),
    REFUSED("parse_duration"),
    REFUSED("human_readable_seconds"),
    // --- arrays
    {"cardinality", 1, 1, "", 0, R_BIGINT},
    {"contains", 2, 2, "tarn_contains($1, $2)", 0, R_BOOLEAN},
    {"element_at", 2, 2, "$1[$2]", 0, R_ITEM},
    {"array_distinct", 1, 1, "tarn_array_distinct($1)", 0, R_SAME},
    {"array_sort", 1, 1, "list_sort($1, 'ASC', 'NULLS LAST')", 0, R_SAME},
    {"array_join", 2, 2, "tarn_array_join($1, $2)", 0, R_TEXT},
    {"array_join", 3, 3, "tarn_array_join($1, $2, $3)", 0, R_TEXT},
    {"array_max", 1, 1, "tarn_array_max($1)", 0, R_ITEM},
    {"array_min", 1, 1, "tarn_array_min($1)", 0, R_ITEM},
    {"array_position", 2, 2, "tarn_array_position($1, $2)", 0, R_BIGINT},
    {"array_remove", 2, 2, "", 0, R_SAME},
    {"array_union", 2, 2, "tarn_array_distinct($1 || $2)", 0, R_SAME},
    {"array_intersect", 2, 2, "tarn_array_intersect($1, $2)", 0, R_SAME},
    {"array_except", 2, 2, "tarn_array_except($1, $2)", 0, R_SAME},
    {"arrays_overlap", 2, 2, "list_has_any($1, $2)", 0, R_BOOLEAN},
    {"flatten", 1, 1, "flatten($1)", 0, R_ITEM},
    {"sequence", 2, 3, "tarn_sequence($*)", 0, R_UNKNOWN},
    {"slice", 3, 3, "tarn_slice($1, $2, $3)", 0, R_SAME},
    {"repeat", 2, 2, "", 0, R_ARRAY_OF},
    {"filter", 2, 2, "", 0, R_SAME},
    {"transform", 2, 2, "", 0, R_UNKNOWN},
    {"any_match", 2, 2, "", 0, R_BOOLEAN},
    {"all_match", 2, 2, "", 0, R_BOOLEAN},
    {"none_match", 2, 2, "", 0, R_BOOLEAN},
    {"reduce", 4, 4, "", 0, R_SECOND},
    {"zip_with", 3, 3, "", 0, R_UNKNOWN},
    REFUSED("zip"),
    REFUSED("shuffle"),
    REFUSED("combinations"),
    REFUSED("ngrams"),
    REFUSED("array_first"),
    REFUSED("array_last"),
    REFUSED("trim_array"),
    // --- maps
    {"map", 0, 0, "MAP {}", 0, R_UNKNOWN},
    {"map", 2, 2, "map($1, $2)", 0, R_UNKNOWN},
    {"map_keys", 1, 1, "map_keys($1)", 0, R_KEYS},
    {"map_values", 1, 1, "map_values($1)", 0, R_VALUES},
    {"map_entries", 1, 1, "map_entries($1)", 0, R_UNKNOWN},
    {"map_concat", 2, -1, "map_concat($*)", 0, R_SAME},
    {"map_from_entries", 1, 1, "map_from_entries($1)", 0, R_UNKNOWN},
    {"map_filter", 2, 2, "", 0, R_SAME},
    {"transform_keys", 2, 2, "", 0, R_UNKNOWN},
    {"transform_values", 2, 2, "", 0, R_UNKNOWN},
    REFUSED("map_zip_with"),
    REFUSED("multimap_from_entries"),
    // --- JSON
    {"json_parse", 1, 1, "json($1)", 0, R_UNKNOWN},
    {"json_format", 1, 1, "CAST($1 AS VARCHAR)", 0, R_TEXT},
    {"json_extract", 2, 2, "", 0, R_UNKNOWN},
    {"json_extract_scalar", 2, 2, "", 0, R_TEXT},
    {"json_array_length", 1, 1, "tarn_json_array_length($1)", 0, R_BIGINT},
    {"json_size", 2, 2, "", 0, R_BIGINT},
    REFUSED("json_array_contains"),
    REFUSED("json_array_get"),
    REFUSED("json_query"),
    REFUSED("json_value"),
    REFUSED("json_exists"),
    REFUSED("is_json_scalar"),
    // --- aggregates
    {"count", 0, 1, "count($*)", F_AGGREGATE, R_BIGINT},
    {"count_if", 1, 1, "count_if($1)", F_AGGREGATE, R_BIGINT},
    {"sum", 1, 1, "sum($1)", F_AGGREGATE, R_UNKNOWN},
    {"avg", 1, 1, "avg(tarn_no_decimal($1))", F_AGGREGATE, R_DOUBLE},
    {"min", 1, 1, "min($1)", F_AGGREGATE, R_SAME},
    {"max", 1, 1, "max($1)", F_AGGREGATE, R_SAME},
    {"min_by", 2, 2, "arg_min_null($1, $2)", F_AGGREGATE, R_SAME},
    {"max_by", 2, 2, "arg_max_null($1, $2)", F_AGGREGATE, R_SAME},
    {"arbitrary", 1, 1, "any_value($1)", F_AGGREGATE, R_SAME},
    {"any_value", 1, 1, "any_value($1)", F_AGGREGATE, R_SAME},
    {"array_agg", 1, 1, "array_agg($1)", F_AGGREGATE, R_ARRAY_OF},
    {"bool_and", 1, 1, "bool_and($1)", F_AGGREGATE, R_BOOLEAN},
    {"every", 1, 1, "bool_and($1)", F_AGGREGATE, R_BOOLEAN},
    {"bool_or", 1, 1, "bool_or($1)", F_AGGREGATE, R_BOOLEAN},
    {"approx_distinct", 1, 2, "approx_count_distinct($1)", F_AGGREGATE, R_BIGINT},
    {"approx_percentile", 2, 2, "approx_quantile($1, $2)", F_AGGREGATE, R_UNKNOWN},
    {"stddev", 1, 1, "stddev_samp($1)", F_AGGREGATE, R_DOUBLE},
    {"stddev_samp", 1, 1, "stddev_samp($1)", F_AGGREGATE, R_DOUBLE},
    {"stddev_pop", 1, 1, "stddev_pop($1)", F_AGGREGATE, R_DOUBLE},
    {"variance", 1, 1, "var_samp($1)", F_AGGREGATE, R_DOUBLE},
    {"var_samp", 1, 1, "var_samp($1)", F_AGGREGATE, R_DOUBLE},
    {"var_pop", 1, 1, "var_pop($1)", F_AGGREGATE, R_DOUBLE},
    {"corr", 2, 2, "corr($1, $2)", F_AGGREGATE, R_DOUBLE},
    {"covar_pop", 2, 2, "covar_pop($1, $2)", F_AGGREGATE, R_DOUBLE},
    {"covar_samp", 2, 2, "covar_samp($1, $2)", F_AGGREGATE, R_DOUBLE},
    {"regr_slope", 2, 2, "regr_slope($1, $2)", F_AGGREGATE, R_DOUBLE},
    {"regr_intercept", 2, 2, "regr_intercept($1, $2)", F_AGGREGATE, R_DOUBLE},
    {"geometric_mean", 1, 1, "geometric_mean($1)", F_AGGREGATE, R_DOUBLE},
    {"histogram", 1, 1, "histogram($1)", F_AGGREGATE, R_UNKNOWN},
    {"map_agg", 2, 2, "tarn_map_agg($1, $2)", 0, R_UNKNOWN},
    {"listagg", 1, 2, "", F_AGGREGATE, R_TEXT},
    {"bitwise_and_agg", 1, 1, "bit_and(CAST($1 AS BIGINT))", F_AGGREGATE, R_BIGINT},
    {"bitwise_or_agg", 1, 1, "bit_or(CAST($1 AS BIGINT))", F_AGGREGATE, R_BIGINT},
    {"grouping", 1, -1, "grouping($*)", 0, R_BIGINT},
    REFUSED("checksum"),
    REFUSED("skewness"),
    REFUSED("kurtosis"),
    REFUSED("entropy"),
    REFUSED("multimap_agg"),
    REFUSED("map_union"),
    REFUSED("numeric_histogram"),
    REFUSED("approx_most_frequent"),
    REFUSED("approx_set"),
    REFUSED("merge"),
    REFUSED("reduce_agg"),
    REFUSED("set_agg"),
    REFUSED("set_union"),
    // --- windows
    {"row_number", 0, 0, "row_number()", F_WINDOW, R_BIGINT},
    {"rank", 0, 0, "rank()", F_WINDOW, R_BIGINT},
    {"dense_rank", 0, 0, "dense_rank()", F_WINDOW, R_BIGINT},
    {"percent_rank", 0, 0, "percent_rank()", F_WINDOW, R_DOUBLE},
    {"cume_dist", 0, 0, "cume_dist()", F_WINDOW, R_DOUBLE},
    {"ntile", 1, 1, "ntile($1)", F_WINDOW, R_BIGINT},
    {"lag", 1, 3, "lag($*)", F_WINDOW, R_SAME},
    {"lead", 1, 3, "lead($*)", F_WINDOW, R_SAME},
    {"first_value", 1, 1, "first_value($1)", F_WINDOW, R_SAME},
    {"last_value", 1, 1, "last_value($1)", F_WINDOW, R_SAME},
    {"nth_value", 2, 2, "nth_value($1, $2)", F_WINDOW, R_SAME},
    REFUSED("typeof"),
    REFUSED("hash_counts"),
};

bool call_is_macro(const struct sql_node *call)
{
    for (size_t i = 0; i < sizeof FUNCTIONS / sizeof *FUNCTIONS; i++)
        if (str_is(call->text, FUNCTIONS[i].name))
            return FUNCTIONS[i].template &&
                   (!FUNCTIONS[i].template[0] || strstr(FUNCTIONS[i].template, "tarn_"));
    return false;
}

static enum err find_function(struct translator *t, const struct sql_node *call,
                              const struct function **out)
{
    int count = (int)(call->count - CALL_ARGUMENTS);
    const struct function *named = NULL;
    for (size_t i = 0; i < sizeof FUNCTIONS / sizeof *FUNCTIONS; i++) {
        const struct function *f = &FUNCTIONS[i];
        if (!str_is(call->text, f->name))
            continue;
        named = f;
        if (count >= f->least && (f->most < 0 || count <= f->most))
            break;
    }
    if (!named)
        return sql_refuse(t->error, call, "FUNCTION_NOT_FOUND", "Function '%.*s' not registered",
                          STR_ARG(call->text));
    if (!named->template)
        return sql_refuse(t->error, call, "NOT_SUPPORTED", "the function %.*s is not supported",
                          STR_ARG(call->text));
    if (count < named->least || (named->most >= 0 && count > named->most))
        return sql_refuse(t->error, call, "FUNCTION_NOT_FOUND",
                          "Unexpected parameters (%d) for function %.*s", count,
                          STR_ARG(call->text));
    *out = named;
    return OK;
}

// Prints the template; `modifiers` go where an aggregate's DISTINCT and ORDER BY belong.
static enum err put_template(struct translator *t, const struct sql_node *call,
                             const char *template, bool local, struct str before, struct str after,
                             struct buf *out)
{
    const char *last = strrchr(template, ')');
    bool opened = false;
    for (const char *c = template; *c; c++) {
        if (c == last)
            buf_put(out, after);
        if (*c != '$') {
            buf_put_char(out, *c);
            if (*c == '(' && !opened) {
                buf_put(out, before);
                opened = true;
            }
            continue;
        }
        c++;
        if (*c >= '1' && *c <= '9') {
            t->local = local;
            TRY(translate_expression(t, call->children[CALL_ARGUMENTS + (*c - '1')], out));
            continue;
        }
        for (size_t i = CALL_ARGUMENTS; i < call->count; i++) {
            if (i > CALL_ARGUMENTS)
                buf_puts(out, *c == '|' ? " || " : ", ");
            TRY(translate_expression(t, call->children[i], out));
        }
    }
    return OK;
}

static enum err check_modifiers(struct translator *t, const struct sql_node *call,
                                const struct function *f)
{
    bool aggregate = f->flags & F_AGGREGATE, window = f->flags & F_WINDOW;
    if ((call->children[0] || call->children[1] || (call->flags & SQL_DISTINCT)) && !aggregate)
        return sql_refuse(t->error, call, "FUNCTION_NOT_AGGREGATE",
                          "DISTINCT, FILTER and ORDER BY are for aggregation functions: '%s'",
                          f->name);
    if (call->children[2] && !aggregate && !window)
        return sql_refuse(t->error, call, "FUNCTION_NOT_WINDOW", "Not a window function: %s",
                          f->name);
    if (window && !call->children[2])
        return sql_refuse(t->error, call, "MISSING_OVER",
                          "Window function %s requires an OVER clause", f->name);
    if ((call->flags & SQL_IGNORE_NULLS) && !window)
        return sql_refuse(t->error, call, "NOT_SUPPORTED", "IGNORE NULLS is not supported for %s",
                          f->name);
    if ((call->flags & SQL_COUNT_STAR) && !str_is(call->text, "count"))
        return sql_refuse(t->error, call, "SYNTAX_ERROR", "%s(*) is not a function", f->name);
    return OK;
}

static enum err put_null_check(struct translator *t, const struct sql_node *call, struct buf *out)
{
    buf_puts(out, "CASE WHEN ");
    for (size_t i = CALL_ARGUMENTS; i < call->count; i++) {
        if (i > CALL_ARGUMENTS)
            buf_puts(out, " OR ");
        TRY(translate_expression(t, call->children[i], out));
        buf_puts(out, " IS NULL");
    }
    buf_puts(out, " THEN NULL ELSE ");
    return OK;
}

static enum err put_call(struct translator *t, const struct sql_node *call,
                         const struct function *f, struct buf *out)
{
    struct buf after = buf_in(t->arena, BUF_MAX_DEFAULT);
    struct str before = call->flags & SQL_DISTINCT ? S("DISTINCT ") : S("");
    if (call->children[0]) {
        buf_puts(&after, " ORDER BY ");
        TRY(translate_sorts(t, call->children[0], &after));
    }
    if (call->flags & SQL_IGNORE_NULLS)
        buf_puts(&after, " IGNORE NULLS");
    if (call->flags & SQL_COUNT_STAR) {
        buf_puts(out, "count(*)");
    } else if (str_is(call->text, "listagg")) {
        bool separator = call->count > CALL_ARGUMENTS + 1;
        TRY(put_template(t, call, separator ? "string_agg($1, $2)" : "string_agg($1, '')", false,
                         before, buf_str(&after), out));
    } else {
        TRY(put_template(t, call, f->template, f->flags & F_LOCAL, before, buf_str(&after), out));
    }
    if (call->children[1]) {
        buf_puts(out, " FILTER (WHERE ");
        TRY(translate_expression(t, call->children[1], out));
        buf_put_char(out, ')');
    }
    if (call->children[2]) {
        buf_puts(out, " OVER ");
        TRY(translate_window_spec(t, call->children[2], out));
    }
    return OK;
}

enum err translate_call(struct translator *t, const struct sql_node *call, struct buf *out)
{
    const struct function *f = NULL;
    TRY(find_function(t, call, &f));
    TRY(check_modifiers(t, call, f));
    if (!f->template[0] && !(f->flags & F_AGGREGATE))
        return translate_special(t, call, out);
    if (f->flags & F_NULL) {
        TRY(put_null_check(t, call, out));
        TRY(put_call(t, call, f, out));
        buf_puts(out, " END");
        return OK;
    }
    return put_call(t, call, f, out);
}

const struct hive_type *infer_call(struct translator *t, const struct sql_node *call)
{
    static const struct hive_type BOOLEAN = {.kind = HIVE_BOOLEAN}, BIGINT = {.kind = HIVE_BIGINT},
                                  DOUBLE = {.kind = HIVE_DOUBLE}, TEXT = {.kind = HIVE_STRING};
    struct error ignored = {0}, *error = t->error;
    const struct function *f = NULL;
    t->error = &ignored;
    bool found = find_function(t, call, &f) == OK;
    t->error = error;
    if (!found)
        return NULL;
    size_t index = f->result == R_SECOND ? 1 : 0;
    const struct sql_node *argument = sql_child(call, CALL_ARGUMENTS + index);
    const struct hive_type *first = f->result >= R_SAME && argument ? infer_expression(t, argument)
                                                                    : NULL,
                           *item = NULL;
    switch (f->result) {
    case R_BOOLEAN:
        return &BOOLEAN;
    case R_BIGINT:
        return &BIGINT;
    case R_DOUBLE:
        return &DOUBLE;
    case R_TEXT:
        return &TEXT;
    case R_SAME:
    case R_SECOND:
        return first;
    case R_ITEM:
        if (!first || first->kind < HIVE_ARRAY || first->kind == HIVE_STRUCT)
            return NULL;
        return first->children[first->kind == HIVE_MAP];
    case R_TEXTS:
        item = &TEXT;
        break;
    case R_ARRAY_OF:
        item = first;
        break;
    case R_KEYS:
    case R_VALUES:
        item = first && first->kind == HIVE_MAP ? first->children[f->result == R_VALUES] : NULL;
        break;
    default:
        return NULL;
    }
    if (!item)
        return NULL;
    struct hive_type *array = ARENA_NEW(t->arena, struct hive_type);
    array->kind = HIVE_ARRAY;
    *ARENA_PUSH(t->arena, array->children, array->count, array->capacity) =
        (struct hive_type *)(uintptr_t)item;
    return array;
}
