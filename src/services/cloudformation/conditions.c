// SPDX-License-Identifier: Apache-2.0
// Conditions: evaluated on demand, as one may name another; a name that is met again while it is
// being evaluated is a circle.
#include "services/cloudformation/resolve.h"

static enum err evaluate(struct scope *scope, const struct json *expression, bool *out);

static enum err evaluate_named(struct scope *scope, struct str name, bool *out)
{
    struct arena *arena = scope->call->arena;
    const struct json *known = json_get_str(scope->conditions, name);
    if (known && known->type == JSON_NULL)
        return error_set(&scope->call->error, ERR_INVALID,
                         "Template format error: Circular dependency in conditions: %.*s",
                         STR_ARG(name));
    if (known) {
        *out = known->boolean;
        return OK;
    }
    const struct json *expression = json_get_str(scope->template->conditions, name);
    if (!expression)
        return error_set(&scope->call->error, ERR_INVALID,
                         "Template format error: Unresolved condition dependency %.*s in the "
                         "Conditions block of the "
                         "template",
                         STR_ARG(name));
    json_set_named(arena, scope->conditions, name, json_null(arena)); // being evaluated
    TRY(evaluate(scope, expression, out));
    json_set_named(arena, scope->conditions, name, json_bool(arena, *out));
    return OK;
}

// Fn::And and Fn::Or take two to ten conditions, Fn::Not one.
static enum err check_operands(struct scope *scope, struct str function,
                               const struct json *operands, size_t min, size_t max)
{
    if (json_is(operands, JSON_ARRAY) && json_count(operands) >= min && json_count(operands) <= max)
        return OK;
    return error_set(
        &scope->call->error, ERR_INVALID,
        "Template error: every %.*s object requires a list of at least %zu and at most %zu boolean "
        "parameters.",
        STR_ARG(function), min, max);
}

static enum err evaluate_equals(struct scope *scope, const struct json *operands, bool *out)
{
    struct str left, right;
    TRY(check_operands(scope, S("Fn::Equals"), operands, 2, 2));
    struct json *a, *b;
    TRY(resolve(scope, json_at(operands, 0), &a));
    TRY(resolve(scope, json_at(operands, 1), &b));
    left = scalar_text(a);
    right = scalar_text(b);
    *out = left.ptr && right.ptr ? str_eq(left, right) : a && b && json_equal(a, b);
    return OK;
}

static enum err evaluate(struct scope *scope, const struct json *expression, bool *out)
{
    const struct json *named =
        json_count(expression) == 1 ? json_get(expression, "Condition") : NULL;
    if (named)
        return evaluate_named(scope, json_as_str(named), out);
    struct str function = intrinsic_of(expression);
    const struct json *operands = function.len ? expression->members[0].value : NULL;
    if (str_is(function, "Fn::Equals"))
        return evaluate_equals(scope, operands, out);
    if (str_is(function, "Fn::Not")) {
        TRY(check_operands(scope, function, operands, 1, 1));
        TRY(evaluate(scope, json_at(operands, 0), out));
        *out = !*out;
        return OK;
    }
    bool all = str_is(function, "Fn::And");
    if (!all && !str_is(function, "Fn::Or"))
        return error_set(&scope->call->error, ERR_INVALID,
                         "Template format error: Conditions can only be boolean operations on "
                         "parameters and other "
                         "conditions");
    TRY(check_operands(scope, function, operands, 2, 10));
    bool result = all;
    JSON_EACH (operand, operands) {
        bool one;
        TRY(evaluate(scope, operand, &one));
        result = all ? result && one : result || one;
    }
    *out = result;
    return OK;
}

enum err scope_conditions(struct scope *scope)
{
    scope->conditions = json_object(scope->call->arena);
    JSON_EACH_MEMBER (m, scope->template->conditions) {
        bool truth;
        TRY(evaluate_named(scope, m->name, &truth));
    }
    return OK;
}

bool scope_condition(const struct scope *scope, struct str name)
{
    const struct json *truth = json_get_str(scope->conditions, name);
    return truth && truth->type == JSON_BOOL && truth->boolean;
}
