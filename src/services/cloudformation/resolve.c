// SPDX-License-Identifier: Apache-2.0
// One function for each intrinsic, found by a table.
#include "services/cloudformation/resolve.h"

#include "base/encode.h"
#include "services/cloudformation/stack.h"

#define DEPTH_MAX 60

typedef enum err intrinsic(struct scope *scope, const struct json *argument, struct json **out);

struct str scalar_text(const struct json *value)
{
    if (json_is(value, JSON_STRING) || json_is(value, JSON_NUMBER))
        return value->text.ptr ? value->text : S("");
    if (json_is(value, JSON_BOOL))
        return value->boolean ? S("true") : S("false");
    return STR_NONE;
}

static enum err refuse(struct scope *scope, const char *words)
{
    return error_set(&scope->call->error, ERR_INVALID, "%s", words);
}

static struct json *unknown(struct scope *scope, struct str of)
{
    scope->unknown_met = true;
    return json_stringf(scope->call->arena, RESOLVE_UNKNOWN " %.*s", STR_ARG(of));
}

enum err resolve_text(struct scope *scope, const struct json *value, const char *what,
                      struct str *out)
{
    struct json *resolved = NULL;
    TRY(resolve(scope, value, &resolved));
    struct str text = scalar_text(resolved);
    if (!text.ptr)
        return error_set(&scope->call->error, ERR_INVALID, "Template error: %s must be a string",
                         what);
    *out = text;
    return OK;
}

// --- Ref and Fn::GetAtt

static struct json *pseudo_parameter(struct scope *scope, struct str name)
{
    struct arena *arena = scope->call->arena;
    if (str_is(name, "AWS::AccountId"))
        return json_string(arena, scope->call->account);
    if (str_is(name, "AWS::Region"))
        return json_string(arena, scope->call->region);
    if (str_is(name, "AWS::Partition"))
        return json_string(arena, S("aws"));
    if (str_is(name, "AWS::URLSuffix"))
        return json_string(arena, S("amazonaws.com"));
    if (str_is(name, "AWS::StackName"))
        return json_string(arena, scope->stack_name);
    if (str_is(name, "AWS::StackId"))
        return json_string(arena, scope->stack_arn);
    return scope->notification_arns ? json_copy(arena, scope->notification_arns)
                                    : json_array(arena);
}

// The row of a resource that is there; NULL with *out set when planning and it is not known.
static enum err row_of(struct scope *scope, struct str logical, const struct json **out_row,
                       struct json **out)
{
    const struct json *row = json_get_str(scope->resources, logical);
    if (row && json_str(row, "Physical").ptr) {
        *out_row = row;
        return OK;
    }
    *out_row = NULL;
    if (scope->planning && json_get_str(scope->template->resources, logical)) {
        *out = unknown(scope, logical);
        return OK;
    }
    return error_set(&scope->call->error, ERR_INVALID,
                     "Template format error: Unresolved resource dependencies [%.*s] in the "
                     "Resources block of the "
                     "template",
                     STR_ARG(logical));
}

static enum err ref_name(struct scope *scope, struct str name, struct json **out)
{
    if (str_is(name, "AWS::NoValue")) {
        *out = NULL;
        return OK;
    }
    if (is_pseudo_parameter(name)) {
        *out = pseudo_parameter(scope, name);
        return OK;
    }
    const struct json *parameter = json_get_str(scope->parameters, name), *row;
    if (parameter) {
        *out = json_copy(scope->call->arena, parameter);
        return OK;
    }
    TRY(row_of(scope, name, &row, out));
    if (row)
        *out = json_string(scope->call->arena, json_str(row, "Physical"));
    return OK;
}

static enum err fn_ref(struct scope *scope, const struct json *argument, struct json **out)
{
    if (!json_is(argument, JSON_STRING))
        return refuse(scope, "Template error: every Ref object must have a single String value.");
    return ref_name(scope, argument->text, out);
}

static enum err attribute_of(struct scope *scope, struct str logical, struct str attribute,
                             struct json **out)
{
    const struct json *row;
    TRY(row_of(scope, logical, &row, out));
    if (!row)
        return OK;
    struct json *value = json_get_str(json_get(row, "Attributes"), attribute);
    if (!value)
        return error_set(
            &scope->call->error, ERR_INVALID,
            "Template error: resource %.*s does not support attribute type %.*s in Fn::GetAtt",
            STR_ARG(logical), STR_ARG(attribute));
    *out = value;
    return OK;
}

static enum err fn_get_att(struct scope *scope, const struct json *argument, struct json **out)
{
    struct str logical, name;
    struct json *attribute;
    if (!get_att_parts(argument, &logical, &attribute, scope->call->arena))
        return refuse(scope, "Template error: every Fn::GetAtt object requires two non-empty "
                             "parameters, the resource name "
                             "and the resource attribute");
    TRY(resolve_text(scope, attribute, "the attribute of a Fn::GetAtt", &name));
    return attribute_of(scope, logical, name, out);
}

// --- text

static enum err sub_variable(struct scope *scope, struct str name, const struct json *variables,
                             struct buf *buf)
{
    struct json *value = NULL;
    size_t dot = str_find_char(name, '.');
    if (name.len && name.ptr[0] == '!') {
        buf_printf(buf, "${%.*s}", STR_ARG(str_from(name, 1)));
        return OK;
    }
    if (json_get_str(variables, name))
        TRY(resolve(scope, json_get_str(variables, name), &value));
    else if (dot == STR_NPOS)
        TRY(ref_name(scope, name, &value));
    else
        TRY(attribute_of(scope, str_slice(name, 0, dot), str_from(name, dot + 1), &value));
    struct str text = scalar_text(value);
    if (!text.ptr)
        return error_set(
            &scope->call->error, ERR_INVALID,
            "Template error: variable %.*s in Fn::Sub expression does not resolve to a string",
            STR_ARG(name));
    buf_put(buf, text);
    return OK;
}

static enum err fn_sub(struct scope *scope, const struct json *argument, struct json **out)
{
    const struct json *text = json_is(argument, JSON_STRING) ? argument : json_at(argument, 0);
    const struct json *variables = json_at(argument, 1);
    if (!json_is(text, JSON_STRING) ||
        (json_is(argument, JSON_ARRAY) &&
         (json_count(argument) != 2 || !json_is(variables, JSON_OBJECT))))
        return refuse(scope, "Template error: One or more Fn::Sub intrinsic functions don't "
                             "specify expected arguments. "
                             "Specify a string as first argument, and an optional second argument "
                             "to specify a mapping of "
                             "values to replace in the string");
    struct buf buf = buf_in(scope->call->arena, TEMPLATE_URL_BYTES_MAX);
    struct str rest = text->text, piece;
    bool is_variable;
    while (sub_next(&rest, &piece, &is_variable)) {
        if (is_variable)
            TRY(sub_variable(scope, piece, variables, &buf));
        else
            buf_put(&buf, piece);
    }
    *out = json_string(scope->call->arena, buf_str(&buf).ptr ? buf_str(&buf) : S(""));
    return OK;
}

static enum err fn_join(struct scope *scope, const struct json *argument, struct json **out)
{
    struct json *delimiter = NULL, *list = NULL;
    if (json_is(argument, JSON_ARRAY) && json_count(argument) == 2) {
        TRY(resolve(scope, json_at(argument, 0), &delimiter));
        TRY(resolve(scope, json_at(argument, 1), &list));
    }
    if (scope->unknown_met && scope->planning && json_is(list, JSON_STRING)) {
        *out = list;
        return OK;
    }
    if (!json_is(delimiter, JSON_STRING) || !json_is(list, JSON_ARRAY))
        return refuse(
            scope,
            "Template error: every Fn::Join object requires two parameters, (1) a string delimiter "
            "and (2) "
            "a list of strings to be joined or a function that returns a list of strings (such as "
            "Fn::GetAZs) to be joined.");
    struct buf buf = buf_in(scope->call->arena, TEMPLATE_URL_BYTES_MAX);
    bool first = true;
    JSON_EACH (item, list) {
        struct str text = scalar_text(item);
        if (!text.ptr)
            return refuse(
                scope,
                "Template error: every Fn::Join object requires a list of strings to be joined.");
        if (!first)
            buf_put(&buf, delimiter->text);
        buf_put(&buf, text);
        first = false;
    }
    *out = json_string(scope->call->arena, buf_str(&buf).ptr ? buf_str(&buf) : S(""));
    return OK;
}

static enum err fn_split(struct scope *scope, const struct json *argument, struct json **out)
{
    struct str delimiter = STR_NONE, text;
    if (json_is(argument, JSON_ARRAY) && json_count(argument) == 2)
        delimiter = json_as_str(json_at(argument, 0));
    if (!delimiter.len)
        return refuse(scope,
                      "Template error: every Fn::Split object requires two parameters, (1) a "
                      "string delimiter and "
                      "(2) a string to be split or a function that returns a string to be split.");
    TRY(resolve_text(scope, json_at(argument, 1), "the source of a Fn::Split", &text));
    *out = json_array(scope->call->arena);
    for (size_t at = 0;;) {
        size_t found = str_find(str_from(text, at), delimiter);
        size_t end = found == STR_NPOS ? text.len : at + found;
        json_push(scope->call->arena, *out,
                  json_string(scope->call->arena, str_slice(text, at, end)));
        if (found == STR_NPOS)
            return OK;
        at = end + delimiter.len;
    }
}

static enum err fn_base64(struct scope *scope, const struct json *argument, struct json **out)
{
    struct str text;
    TRY(resolve_text(scope, argument, "the value of a Fn::Base64", &text));
    *out = json_string(scope->call->arena, base64_encode(scope->call->arena, text));
    return OK;
}

static enum err fn_to_json_string(struct scope *scope, const struct json *argument,
                                  struct json **out)
{
    struct json *value = NULL;
    if (!json_is(argument, JSON_OBJECT) && !json_is(argument, JSON_ARRAY))
        return refuse(
            scope, "Template error: every Fn::ToJsonString object requires an object or a list.");
    TRY(resolve(scope, argument, &value));
    *out =
        json_string(scope->call->arena, value ? json_text(scope->call->arena, value) : S("null"));
    return OK;
}

// --- choosing

static enum err fn_select(struct scope *scope, const struct json *argument, struct json **out)
{
    struct str index_text;
    struct json *list = NULL;
    int64_t index;
    if (!json_is(argument, JSON_ARRAY) || json_count(argument) != 2)
        return refuse(scope, "Template error: Fn::Select requires a list argument with two "
                             "elements: an integer index and a "
                             "list");
    TRY(resolve_text(scope, json_at(argument, 0), "the index of a Fn::Select", &index_text));
    TRY(resolve(scope, json_at(argument, 1), &list));
    if (scope->planning && scope->unknown_met &&
        (!json_is(list, JSON_ARRAY) || !str_to_i64(index_text, &index) ||
         (size_t)index >= json_count(list))) {
        *out = unknown(scope, S("Fn::Select"));
        return OK;
    }
    if (!str_to_i64(index_text, &index) || !json_is(list, JSON_ARRAY))
        return refuse(scope, "Template error: Fn::Select requires a list argument with two "
                             "elements: an integer index and a "
                             "list");
    *out = json_at(list, (size_t)index);
    if (index < 0 || !*out)
        return error_set(&scope->call->error, ERR_INVALID,
                         "Template error: Fn::Select cannot select nonexistent value at index %lld",
                         (long long)index);
    return OK;
}

static enum err fn_find_in_map(struct scope *scope, const struct json *argument, struct json **out)
{
    struct str names[3];
    if (!json_is(argument, JSON_ARRAY) || (json_count(argument) != 3 && json_count(argument) != 4))
        return refuse(scope, "Template error: every Fn::FindInMap object requires three "
                             "parameters, the map name, map key "
                             "and the attribute for return value");
    for (size_t i = 0; i < 3; i++)
        TRY(resolve_text(scope, json_at(argument, i), "a name in Fn::FindInMap", &names[i]));
    struct json *map = json_get_str(scope->template->mappings, names[0]);
    *out = json_get_str(json_get_str(map, names[1]), names[2]);
    const struct json *fallback = json_get(json_at(argument, 3), "DefaultValue");
    if (!*out && fallback)
        return resolve(scope, fallback, out);
    if (!map)
        return error_set(&scope->call->error, ERR_INVALID,
                         "Template error: Mapping named '%.*s' is not present in the 'Mappings' "
                         "section of template.",
                         STR_ARG(names[0]));
    if (!*out)
        return error_set(&scope->call->error, ERR_INVALID,
                         "Template error: Unable to get mapping for %.*s::%.*s::%.*s",
                         STR_ARG(names[0]), STR_ARG(names[1]), STR_ARG(names[2]));
    return OK;
}

static enum err fn_if(struct scope *scope, const struct json *argument, struct json **out)
{
    struct str name = json_as_str(json_at(argument, 0));
    if (!json_is(argument, JSON_ARRAY) || json_count(argument) != 3 || !name.len)
        return refuse(scope, "Template error: Fn::If requires a list argument with the first "
                             "element being a condition");
    if (!json_get_str(scope->conditions, name))
        return error_set(&scope->call->error, ERR_INVALID,
                         "Template error: unresolved condition dependency %.*s in Fn::If",
                         STR_ARG(name));
    return resolve(scope, json_at(argument, scope_condition(scope, name) ? 1 : 2), out);
}

static enum err fn_length(struct scope *scope, const struct json *argument, struct json **out)
{
    struct json *list = NULL;
    TRY(resolve(scope, argument, &list));
    if (!json_is(list, JSON_ARRAY))
        return refuse(scope, "Template error: every Fn::Length object requires a list.");
    *out = json_i64(scope->call->arena, (int64_t)json_count(list));
    return OK;
}

static enum err fn_get_azs(struct scope *scope, const struct json *argument, struct json **out)
{
    struct str region;
    TRY(resolve_text(scope, argument, "the region of a Fn::GetAZs", &region));
    region = region.len ? region : scope->call->region;
    *out = json_array(scope->call->arena);
    for (const char *zone = "abc"; *zone; zone++)
        json_push(scope->call->arena, *out,
                  json_stringf(scope->call->arena, "%.*s%c", STR_ARG(region), *zone));
    return OK;
}

static enum err fn_import_value(struct scope *scope, const struct json *argument, struct json **out)
{
    struct str name;
    TRY(resolve_text(scope, argument, "the name of a Fn::ImportValue", &name));
    enum err err = export_value(scope->call, name, out);
    if (err == ERR_NOT_FOUND && scope->planning && scope->unknown_met) {
        *out = unknown(scope, name);
        return OK;
    }
    if (err == ERR_NOT_FOUND)
        return error_set(&scope->call->error, ERR_INVALID, "No export named %.*s found.",
                         STR_ARG(name));
    TRY(err);
    if (scope->imports)
        json_push(scope->call->arena, scope->imports, json_string(scope->call->arena, name));
    return OK;
}

static const struct {
    const char *name;
    intrinsic *function;
} INTRINSICS[] = {
    {"Ref", fn_ref},
    {"Fn::GetAtt", fn_get_att},
    {"Fn::Sub", fn_sub},
    {"Fn::Join", fn_join},
    {"Fn::Split", fn_split},
    {"Fn::Select", fn_select},
    {"Fn::If", fn_if},
    {"Fn::FindInMap", fn_find_in_map},
    {"Fn::Base64", fn_base64},
    {"Fn::ImportValue", fn_import_value},
    {"Fn::GetAZs", fn_get_azs},
    {"Fn::Length", fn_length},
    {"Fn::ToJsonString", fn_to_json_string},
};

// --- values

static enum err resolve_intrinsic(struct scope *scope, struct str name, const struct json *argument,
                                  struct json **out)
{
    for (size_t i = 0; i < sizeof INTRINSICS / sizeof *INTRINSICS; i++)
        if (str_is(name, INTRINSICS[i].name))
            return INTRINSICS[i].function(scope, argument, out);
    return error_set(&scope->call->error, ERR_UNSUPPORTED, "%.*s is not implemented",
                     STR_ARG(name));
}

static enum err resolve_items(struct scope *scope, const struct json *array, struct json **out)
{
    *out = json_array(scope->call->arena);
    JSON_EACH (item, array) {
        struct json *resolved = NULL;
        TRY(resolve(scope, item, &resolved));
        if (resolved)
            json_push(scope->call->arena, *out, resolved);
    }
    return OK;
}

static enum err resolve_members(struct scope *scope, const struct json *object, struct json **out)
{
    *out = json_object(scope->call->arena);
    JSON_EACH_MEMBER (m, object) {
        struct json *resolved = NULL;
        TRY(resolve(scope, m->value, &resolved));
        json_set_named(scope->call->arena, *out, m->name, resolved);
    }
    return OK;
}

enum err resolve(struct scope *scope, const struct json *value, struct json **out)
{
    enum err err;
    if (++scope->depth > DEPTH_MAX * 2)
        return refuse(scope, "Template error: values are nested too deeply");
    struct str function = intrinsic_of(value);
    if (function.len)
        err = resolve_intrinsic(scope, function, value->members[0].value, out);
    else if (json_is(value, JSON_ARRAY))
        err = resolve_items(scope, value, out);
    else if (json_is(value, JSON_OBJECT))
        err = resolve_members(scope, value, out);
    else if (str_contains(json_as_str(value), S("{{resolve:")))
        err = error_set(&scope->call->error, ERR_UNSUPPORTED,
                        "Dynamic references ({{resolve:...}}) are not implemented");
    else {
        *out = value ? json_copy_shallow(scope->call->arena, value) : NULL;
        err = OK;
    }
    scope->depth--;
    return err;
}
