// SPDX-License-Identifier: Apache-2.0
#include "services/stepfunctions/scope.h"

#include "services/stepfunctions/path.h"

enum err scope_fail(struct scope *scope, const char *error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    scope->error = str_of(error);
    scope->cause = str_formatv(scope->arena, format, args);
    va_end(args);
    return ERR_INVALID;
}

static bool is_context_path(struct str text)
{
    return str_starts(text, S("$$"));
}

enum err scope_path_check(struct arena *arena, struct str text, bool reference, struct error *error)
{
    struct path *path = NULL;
    TRY(path_parse(arena, str_from(text, is_context_path(text) ? 1 : 0), &path, error));
    if (reference && (is_context_path(text) || !path_is_reference(path)))
        return error_set(error, ERR_SYNTAX, "not a reference path");
    return OK;
}

enum err scope_path(struct scope *scope, struct str text, struct json **out_value)
{
    bool of_context = is_context_path(text);
    const struct json *root = of_context ? scope->context : scope->input;
    struct path *path = NULL;
    if (!root || path_parse(scope->arena, str_from(text, of_context ? 1 : 0), &path, NULL) != OK)
        return ERR_NOT_FOUND;
    return path_get(scope->arena, path, root, out_value);
}

enum err expression_value(struct scope *scope, struct str name, struct str text,
                          struct json **out_value)
{
    if (intrinsic_is(text))
        return intrinsic_value(scope, text, out_value);
    enum err err = scope_path(scope, text, out_value);
    if (err == OK)
        return OK;
    if (err == ERR_LIMIT) { // AWS gives null for an index past the end, in templates only
        *out_value = json_null(scope->arena);
        return OK;
    }
    struct str input =
        json_text(scope->arena, is_context_path(text) ? scope->context : scope->input);
    return scope_fail(
        scope, STATES_RUNTIME,
        "The JSONPath '%.*s' specified for the field '%.*s' could not be found in the input '%.*s'",
        STR_ARG(text), STR_ARG(name), STR_ARG(input));
}

static bool is_dynamic(struct str name)
{
    return str_ends(name, S(".$"));
}

enum err template_check(struct arena *arena, const struct json *value, struct error *error)
{
    JSON_EACH (item, value)
        TRY(template_check(arena, item, error));
    JSON_EACH_MEMBER (member, value) {
        if (!is_dynamic(member->name)) {
            TRY(template_check(arena, member->value, error));
            continue;
        }
        struct str text = json_as_str(member->value);
        bool valid =
            text.ptr && (intrinsic_is(text) ? intrinsic_check(arena, text, NULL) == OK
                                            : scope_path_check(arena, text, false, NULL) == OK);
        if (!valid)
            return error_set(error, ERR_SYNTAX,
                             "The value for the field '%.*s' must be a valid JSONPath or a valid "
                             "intrinsic function call",
                             STR_ARG(member->name));
    }
    return OK;
}

enum err template_fill(struct scope *scope, const struct json *value, struct json **out_value)
{
    struct json *filled = NULL;
    if (json_is(value, JSON_ARRAY)) {
        struct json *array = json_array(scope->arena);
        JSON_EACH (item, value) {
            TRY(template_fill(scope, item, &filled));
            json_push(scope->arena, array, filled);
        }
        *out_value = array;
        return OK;
    }
    if (!json_is(value, JSON_OBJECT)) {
        *out_value = (struct json *)value;
        return OK;
    }
    struct json *object = json_object(scope->arena);
    JSON_EACH_MEMBER (member, value) {
        struct str name = member->name;
        if (is_dynamic(name)) {
            TRY(expression_value(scope, name, json_as_str(member->value), &filled));
            name.len -= 2;
        } else {
            TRY(template_fill(scope, member->value, &filled));
        }
        json_set_named(scope->arena, object, name, filled);
    }
    *out_value = object;
    return OK;
}
