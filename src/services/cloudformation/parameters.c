// SPDX-License-Identifier: Apache-2.0
// Choosing and checking the values of parameters.
#include "services/cloudformation/parameters.h"

#include "lake/shape_pattern.h"
#include "services/cloudformation/resolve.h"

struct parameter_type {
    const char *name;
    bool list, number, from_ssm;
};

static const struct parameter_type TYPES[] = {
    {"String"},
    {"Number", .number = true},
    {"CommaDelimitedList", .list = true},
    {"List<String>", .list = true},
    {"List<Number>", .list = true, .number = true},
    {"AWS::SSM::Parameter::Name"},
    {"AWS::SSM::Parameter::Value<String>", .from_ssm = true},
    {"AWS::SSM::Parameter::Value<CommaDelimitedList>", .list = true, .from_ssm = true},
    {"AWS::SSM::Parameter::Value<List<String>>", .list = true, .from_ssm = true},
};

static const struct parameter_type *type_of(const struct json *declared)
{
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        if (str_is(json_str(declared, "Type"), TYPES[i].name))
            return &TYPES[i];
    return NULL;
}

// --- constraints

static enum err violates(struct call *call, struct str name, const struct json *declared,
                         const char *words)
{
    struct str description = json_str(declared, "ConstraintDescription");
    if (description.len)
        return error_set(&call->error, ERR_INVALID,
                         "Parameter '%.*s' failed to satisfy constraint: %.*s", STR_ARG(name),
                         STR_ARG(description));
    return error_set(&call->error, ERR_INVALID, "Parameter '%.*s' %s", STR_ARG(name), words);
}

static bool is_allowed(const struct json *allowed, struct str value)
{
    JSON_EACH (one, allowed)
        if (str_eq(scalar_text(one), value))
            return true;
    return false;
}

// The bound of that name, or false when there is none.
static bool bound(const struct json *declared, const char *name, struct str *out)
{
    *out = scalar_text(json_get(declared, name));
    return out->ptr && json_number_is(*out);
}

static enum err check_number(struct call *call, struct str name, const struct json *declared,
                             struct str value)
{
    struct str limit;
    if (!json_number_is(value))
        return error_set(&call->error, ERR_INVALID, "Parameter '%.*s' must be a number.",
                         STR_ARG(name));
    if (bound(declared, "MinValue", &limit) && json_number_cmp(value, limit) < 0)
        return violates(
            call, name, declared,
            str_cstr(call->arena, str_format(call->arena, "must be a number not less than %.*s",
                                             STR_ARG(limit))));
    if (bound(declared, "MaxValue", &limit) && json_number_cmp(value, limit) > 0)
        return violates(
            call, name, declared,
            str_cstr(call->arena, str_format(call->arena, "must be a number not greater than %.*s",
                                             STR_ARG(limit))));
    return OK;
}

static enum err check_text(struct call *call, struct str name, const struct json *declared,
                           struct str value)
{
    struct str limit, pattern = json_str(declared, "AllowedPattern");
    int64_t length;
    bool matches = true;
    if (bound(declared, "MinLength", &limit) && str_to_i64(limit, &length) &&
        (int64_t)value.len < length)
        return violates(
            call, name, declared,
            str_cstr(call->arena, str_format(call->arena, "must contain at least %.*s characters",
                                             STR_ARG(limit))));
    if (bound(declared, "MaxLength", &limit) && str_to_i64(limit, &length) &&
        (int64_t)value.len > length)
        return violates(
            call, name, declared,
            str_cstr(call->arena, str_format(call->arena, "must contain at most %.*s characters",
                                             STR_ARG(limit))));
    if (pattern.len && !pattern_match_once(pattern, value, &matches))
        return error_set(&call->error, ERR_UNSUPPORTED,
                         "AllowedPattern of parameter %.*s is not understood here: %.*s",
                         STR_ARG(name), STR_ARG(pattern));
    if (!matches)
        return violates(call, name, declared,
                        str_cstr(call->arena, str_format(call->arena, "must match pattern %.*s",
                                                         STR_ARG(pattern))));
    return OK;
}

static enum err check_value(struct call *call, struct str name, const struct json *declared,
                            struct str value)
{
    const struct parameter_type *type = type_of(declared);
    const struct json *allowed = json_get(declared, "AllowedValues");
    for (struct str item, rest = value; type->list ? str_cut(&rest, ',', &item) : true;) {
        struct str one = type->list ? str_trim(item) : value;
        if (json_count(allowed) && !is_allowed(allowed, one))
            return violates(call, name, declared, "must be one of AllowedValues");
        if (type->number)
            TRY(check_number(call, name, declared, one));
        else
            TRY(check_text(call, name, declared, one));
        if (!type->list)
            break;
    }
    return OK;
}

// --- choosing

static const struct json *given_of(const struct json *given, struct str name)
{
    JSON_EACH (one, given)
        if (str_eq(json_str(one, "ParameterKey"), name))
            return one;
    return NULL;
}

static enum err check_given(struct call *call, const struct template *template,
                            const struct json *given)
{
    struct buf unknown = buf_in(call->arena, 4096);
    JSON_EACH (one, given)
        if (!json_get_str(template->parameters, json_str(one, "ParameterKey")))
            buf_printf(&unknown, "%s%.*s", unknown.len ? ", " : "",
                       STR_ARG(json_str(one, "ParameterKey")));
    if (unknown.len)
        return error_set(&call->error, ERR_INVALID,
                         "Parameters: [%.*s] do not exist in the template",
                         STR_ARG(buf_str(&unknown)));
    return OK;
}

// The text a parameter has in this operation; STR_NONE when nobody says.
static struct str choose(const struct json *declared, const struct json *given,
                         const struct json *previous)
{
    if (given && json_bool_or(given, "UsePreviousValue", false))
        return json_str(previous, "Value");
    if (given && json_has(given, "ParameterValue"))
        return json_str(given, "ParameterValue");
    return scalar_text(json_get(declared, "Default"));
}

static enum err read_ssm(struct call *call, struct str name, struct str *out)
{
    struct json *in = json_set_str(call->arena, json_object(call->arena), "Name", name), *reply;
    enum err err = call_operation(call, "ssm", "GetParameter", in, &reply);
    if (err == ERR_CODED)
        return error_set(&call->error, ERR_INVALID,
                         "Unable to fetch parameters [%.*s] from parameter store for this account.",
                         STR_ARG(name));
    TRY(err);
    *out = json_str(json_get(reply, "Parameter"), "Value");
    return OK;
}

static enum err value_of(struct call *call, struct str name, const struct json *declared,
                         struct str text, struct json **out)
{
    const struct parameter_type *type = type_of(declared);
    *out = json_set_str(call->arena, json_object(call->arena), "Value", text);
    TRY(check_value(call, name, declared, text));
    if (!type->from_ssm)
        return OK;
    struct str resolved;
    TRY(read_ssm(call, text, &resolved));
    json_set_str(call->arena, *out, "Resolved", resolved);
    return OK;
}

enum err parameters_values(struct call *call, const struct template *template,
                           const struct json *given, const struct json *previous,
                           struct json **out_values)
{
    struct buf missing = buf_in(call->arena, 4096);
    struct json *values = json_object(call->arena);
    TRY(check_given(call, template, given));
    JSON_EACH_MEMBER (m, template->parameters) {
        if (!type_of(m->value))
            return error_set(&call->error, ERR_UNSUPPORTED,
                             "Type %.*s of parameter %.*s is not implemented",
                             STR_ARG(json_str(m->value, "Type")), STR_ARG(m->name));
        struct str text =
            choose(m->value, given_of(given, m->name), json_get_str(previous, m->name));
        if (!text.ptr) {
            buf_printf(&missing, "%s%.*s", missing.len ? ", " : "", STR_ARG(m->name));
            continue;
        }
        struct json *value;
        TRY(value_of(call, m->name, m->value, text, &value));
        json_set_named(call->arena, values, m->name, value);
    }
    if (missing.len)
        return error_set(&call->error, ERR_INVALID, "Parameters: [%.*s] must have values",
                         STR_ARG(buf_str(&missing)));
    *out_values = values;
    return OK;
}

// --- showing

struct json *parameters_resolved(struct arena *arena, const struct template *template,
                                 const struct json *values)
{
    struct json *resolved = json_object(arena);
    JSON_EACH_MEMBER (m, values) {
        struct str text = json_str_or(m->value, "Resolved", json_str(m->value, "Value"));
        const struct parameter_type *type = type_of(json_get_str(template->parameters, m->name));
        struct json *value = json_string(arena, text);
        if (type && type->list) {
            value = json_array(arena);
            for (struct str item, rest = text; text.len && str_cut(&rest, ',', &item);)
                json_push(arena, value, json_string(arena, str_trim(item)));
        }
        json_set_named(arena, resolved, m->name, value);
    }
    return resolved;
}

struct json *parameters_shown(struct arena *arena, const struct template *template,
                              const struct json *values)
{
    struct json *list = json_array(arena);
    JSON_EACH_MEMBER (m, values) {
        const struct json *no_echo =
            json_get(json_get_str(template->parameters, m->name), "NoEcho");
        bool hidden = str_is(scalar_text(no_echo), "true");
        struct json *one = json_set_str(arena, json_object(arena), "ParameterKey", m->name);
        json_set_str(arena, one, "ParameterValue",
                     hidden ? S("****") : json_str(m->value, "Value"));
        if (json_has(m->value, "Resolved"))
            json_set_str(arena, one, "ResolvedValue", json_str(m->value, "Resolved"));
        json_push(arena, list, one);
    }
    return list;
}
