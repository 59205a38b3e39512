// SPDX-License-Identifier: Apache-2.0
// Comparators are a table: name, what is compared, and which orders make it true. The names that
// end in Path take their second value from a path instead of the rule itself.
#include "services/stepfunctions/choice.h"

#include "base/timefmt.h"

#define RULE_DEPTH_MAX 64

enum comparand { OF_STRING, OF_NUMBER, OF_BOOLEAN, OF_TIMESTAMP, OF_PATTERN, OF_TYPE };
enum { LESS = 1, EQUAL = 2, GREATER = 4 };
enum type_test { IS_NULL, IS_PRESENT, IS_NUMERIC, IS_STRING, IS_BOOLEAN, IS_TIMESTAMP };

struct comparator {
    const char *name;
    enum comparand of;
    int orders; // OF_TYPE: the test
};
static const struct comparator COMPARATORS[] = {
    {"StringEquals", OF_STRING, EQUAL},
    {"StringLessThan", OF_STRING, LESS},
    {"StringGreaterThan", OF_STRING, GREATER},
    {"StringLessThanEquals", OF_STRING, LESS | EQUAL},
    {"StringGreaterThanEquals", OF_STRING, GREATER | EQUAL},
    {"StringMatches", OF_PATTERN, 0},
    {"NumericEquals", OF_NUMBER, EQUAL},
    {"NumericLessThan", OF_NUMBER, LESS},
    {"NumericGreaterThan", OF_NUMBER, GREATER},
    {"NumericLessThanEquals", OF_NUMBER, LESS | EQUAL},
    {"NumericGreaterThanEquals", OF_NUMBER, GREATER | EQUAL},
    {"BooleanEquals", OF_BOOLEAN, EQUAL},
    {"TimestampEquals", OF_TIMESTAMP, EQUAL},
    {"TimestampLessThan", OF_TIMESTAMP, LESS},
    {"TimestampGreaterThan", OF_TIMESTAMP, GREATER},
    {"TimestampLessThanEquals", OF_TIMESTAMP, LESS | EQUAL},
    {"TimestampGreaterThanEquals", OF_TIMESTAMP, GREATER | EQUAL},
    {"IsNull", OF_TYPE, IS_NULL},
    {"IsPresent", OF_TYPE, IS_PRESENT},
    {"IsNumeric", OF_TYPE, IS_NUMERIC},
    {"IsString", OF_TYPE, IS_STRING},
    {"IsBoolean", OF_TYPE, IS_BOOLEAN},
    {"IsTimestamp", OF_TYPE, IS_TIMESTAMP},
};

static const struct comparator *comparator_named(struct str name, bool *out_by_path)
{
    *out_by_path = str_ends(name, S("Path"));
    if (*out_by_path)
        name.len -= 4;
    for (size_t i = 0; i < sizeof COMPARATORS / sizeof *COMPARATORS; i++) {
        const struct comparator *row = &COMPARATORS[i];
        if (str_is(name, row->name) &&
            !(*out_by_path && (row->of == OF_TYPE || row->of == OF_PATTERN)))
            return row;
    }
    return NULL;
}

// --- checking

static bool value_suits(const struct comparator *row, const struct json *value)
{
    int64_t ms;
    switch (row->of) {
    case OF_STRING:
    case OF_PATTERN:
        return json_is(value, JSON_STRING);
    case OF_NUMBER:
        return json_is(value, JSON_NUMBER);
    case OF_BOOLEAN:
    case OF_TYPE:
        return json_is(value, JSON_BOOL);
    case OF_TIMESTAMP:
        return time_parse_iso(json_as_str(value), &ms);
    }
    return false;
}

static enum err check_comparison(struct arena *arena, const struct json *rule, struct error *error)
{
    size_t found = 0;
    if (scope_path_check(arena, json_str(rule, "Variable"), false, NULL) != OK)
        return error_set(error, ERR_SYNTAX, "The field 'Variable' must be a valid JSONPath");
    JSON_EACH_MEMBER (member, rule) {
        bool by_path;
        const struct comparator *row = comparator_named(member->name, &by_path);
        if (!row)
            continue;
        found++;
        bool suits = by_path
                         ? scope_path_check(arena, json_as_str(member->value), false, NULL) == OK
                         : value_suits(row, member->value);
        if (!suits)
            return error_set(error, ERR_SYNTAX, "The value of the field '%.*s' is not valid",
                             STR_ARG(member->name));
    }
    return found == 1 ? OK
                      : error_set(error, ERR_SYNTAX,
                                  "A choice rule needs exactly one comparison operator");
}

static enum err check_rule(struct arena *arena, const struct json *rule, bool top, int depth,
                           struct error *error)
{
    static const char *const lists[] = {"And", "Or"};
    if (!json_is(rule, JSON_OBJECT) || depth > RULE_DEPTH_MAX)
        return error_set(error, ERR_SYNTAX, "A choice rule must be an object");
    if (top != json_has(rule, "Next"))
        return error_set(error, ERR_SYNTAX,
                         top ? "These fields are required: [Next]"
                             : "Field 'Next' is not supported in a nested rule");
    JSON_EACH_MEMBER (member, rule) {
        bool by_path;
        if (!comparator_named(member->name, &by_path) && !str_is(member->name, "Variable") &&
            !str_is(member->name, "And") && !str_is(member->name, "Or") &&
            !str_is(member->name, "Not") && !str_is(member->name, "Next") &&
            !str_is(member->name, "Comment"))
            return error_set(error, ERR_SYNTAX, "Field '%.*s' is not supported",
                             STR_ARG(member->name));
    }
    for (size_t i = 0; i < 2; i++) {
        const struct json *list = json_get(rule, lists[i]);
        if (!list)
            continue;
        if (!json_is(list, JSON_ARRAY) || list->count == 0)
            return error_set(error, ERR_SYNTAX, "The field '%s' must be a non-empty array of rules",
                             lists[i]);
        JSON_EACH (inner, list)
            TRY(check_rule(arena, inner, false, depth + 1, error));
        return OK;
    }
    if (json_has(rule, "Not"))
        return check_rule(arena, json_get(rule, "Not"), false, depth + 1, error);
    return check_comparison(arena, rule, error);
}

enum err choice_check(struct arena *arena, const struct json *rule, bool top, struct error *error)
{
    return check_rule(arena, rule, top, 0, error);
}

// --- deciding

static bool order_suits(int compared, int orders)
{
    return orders & (compared < 0 ? LESS : compared > 0 ? GREATER : EQUAL);
}

// `*` matches any characters, `\*` an asterisk, `\\` a backslash.
static bool pattern_matches(struct str pattern, struct str text)
{
    size_t p = 0, t = 0, star = STR_NPOS, resume = 0;
    while (t < text.len || p < pattern.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            resume = t;
            continue;
        }
        size_t escaped = p < pattern.len && pattern.ptr[p] == '\\' && p + 1 < pattern.len ? 1 : 0;
        if (p < pattern.len && t < text.len && pattern.ptr[p + escaped] == text.ptr[t]) {
            p += 1 + escaped;
            t++;
            continue;
        }
        if (star == STR_NPOS || resume >= text.len)
            return false;
        p = star + 1;
        t = ++resume;
    }
    return true;
}

static bool type_holds(enum type_test test, const struct json *value)
{
    int64_t ms;
    switch (test) {
    case IS_NULL:
        return json_is(value, JSON_NULL);
    case IS_PRESENT:
        return value != NULL;
    case IS_NUMERIC:
        return json_is(value, JSON_NUMBER);
    case IS_STRING:
        return json_is(value, JSON_STRING);
    case IS_BOOLEAN:
        return json_is(value, JSON_BOOL);
    case IS_TIMESTAMP:
        return json_is(value, JSON_STRING) && time_parse_iso(value->text, &ms);
    }
    return false;
}

static bool values_suit(const struct comparator *row, const struct json *a, const struct json *b)
{
    int64_t a_ms, b_ms;
    if (!value_suits(row, a) || !value_suits(row, b))
        return false;
    switch (row->of) {
    case OF_STRING:
        return order_suits(str_cmp(a->text, b->text), row->orders);
    case OF_PATTERN:
        return pattern_matches(b->text, a->text);
    case OF_NUMBER:
        return order_suits(json_number_cmp(a->text, b->text), row->orders);
    case OF_BOOLEAN:
        return a->boolean == b->boolean;
    case OF_TIMESTAMP:
        if (!time_parse_iso(a->text, &a_ms) || !time_parse_iso(b->text, &b_ms))
            return false;
        return order_suits((a_ms > b_ms) - (a_ms < b_ms), row->orders);
    case OF_TYPE:
        break;
    }
    return false;
}

static enum err no_value(struct scope *scope, struct str path)
{
    return scope_fail(
        scope, STATES_RUNTIME,
        "Invalid path '%.*s': The choice state's condition path references an invalid value.",
        STR_ARG(path));
}

static enum err comparison_holds(struct scope *scope, const struct json *rule, bool *out)
{
    struct str variable = json_str(rule, "Variable");
    struct json *value = NULL, *other = NULL;
    bool present = scope_path(scope, variable, &value) == OK;
    JSON_EACH_MEMBER (member, rule) {
        bool by_path;
        const struct comparator *row = comparator_named(member->name, &by_path);
        if (!row)
            continue;
        if (row->of == OF_TYPE && row->orders == IS_PRESENT) {
            *out = present == member->value->boolean;
            return OK;
        }
        if (!present)
            return no_value(scope, variable);
        if (row->of == OF_TYPE) {
            *out = type_holds((enum type_test)row->orders, value) == member->value->boolean;
            return OK;
        }
        other = member->value;
        if (by_path && scope_path(scope, json_as_str(member->value), &other) != OK)
            return no_value(scope, json_as_str(member->value));
        *out = values_suit(row, value, other);
        return OK;
    }
    return no_value(scope, variable);
}

enum err choice_holds(struct scope *scope, const struct json *rule, bool *out_holds)
{
    bool holds = false;
    if (json_has(rule, "Not")) {
        TRY(choice_holds(scope, json_get(rule, "Not"), &holds));
        *out_holds = !holds;
        return OK;
    }
    bool all = json_has(rule, "And");
    const struct json *list = json_get(rule, all ? "And" : "Or");
    if (!list)
        return comparison_holds(scope, rule, out_holds);
    JSON_EACH (inner, list) {
        TRY(choice_holds(scope, inner, &holds));
        if (holds != all) {
            *out_holds = holds;
            return OK;
        }
    }
    *out_holds = all;
    return OK;
}
