// SPDX-License-Identifier: Apache-2.0
// What a template's values refer to.
#include "services/cloudformation/template.h"

bool is_pseudo_parameter(struct str name)
{
    static const char *const names[] = {"AWS::AccountId", "AWS::Region",          "AWS::Partition",
                                        "AWS::StackName", "AWS::StackId",         "AWS::NoValue",
                                        "AWS::URLSuffix", "AWS::NotificationARNs"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_is(name, names[i]))
            return true;
    return false;
}

struct str intrinsic_of(const struct json *value)
{
    if (!json_is(value, JSON_OBJECT) || json_count(value) != 1)
        return STR_NONE;
    struct str name = value->members[0].name;
    return str_is(name, "Ref") || str_starts(name, S("Fn::")) ? name : STR_NONE;
}

bool get_att_parts(const struct json *argument, struct str *out_resource,
                   struct json **out_attribute, struct arena *arena)
{
    if (json_is(argument, JSON_STRING)) {
        size_t dot = str_find_char(argument->text, '.');
        if (dot == STR_NPOS || dot == 0 || dot + 1 == argument->text.len)
            return false;
        *out_resource = str_slice(argument->text, 0, dot);
        *out_attribute = json_string(arena, str_from(argument->text, dot + 1));
        return true;
    }
    *out_resource = json_as_str(json_at(argument, 0));
    *out_attribute = json_at(argument, 1);
    return json_count(argument) == 2 && out_resource->len && *out_attribute;
}

// "${!Literal}" is the text "${Literal}"; "${" without an end stands for itself.
bool sub_next(struct str *rest, struct str *out_piece, bool *out_is_variable)
{
    if (!rest->len)
        return false;
    size_t open = str_find(*rest, S("${"));
    *out_is_variable = false;
    if (open != 0) {
        size_t end = open == STR_NPOS ? rest->len : open;
        *out_piece = str_slice(*rest, 0, end);
        *rest = str_from(*rest, end);
        return true;
    }
    size_t close = str_find_char(*rest, '}');
    if (close == STR_NPOS) {
        *out_piece = *rest;
        *rest = STR_NONE;
        return true;
    }
    *out_piece = str_trim(str_slice(*rest, 2, close));
    *out_is_variable = true;
    *rest = str_from(*rest, close + 1);
    return true;
}

static void add(struct arena *arena, struct json *names, struct str name)
{
    JSON_EACH (known, names)
        if (str_eq(json_as_str(known), name))
            return;
    json_push(arena, names, json_string(arena, name));
}

static void sub_references(struct arena *arena, const struct json *argument, struct json *names)
{
    const struct json *variables = json_at(argument, 1);
    struct str rest = json_as_str(json_is(argument, JSON_STRING) ? argument : json_at(argument, 0)),
               piece;
    bool is_variable;
    while (sub_next(&rest, &piece, &is_variable)) {
        if (!is_variable || !piece.len || piece.ptr[0] == '!' || json_get_str(variables, piece))
            continue;
        size_t dot = str_find_char(piece, '.');
        add(arena, names, dot == STR_NPOS ? piece : str_slice(piece, 0, dot));
    }
}

// The branch of a Fn::If that is taken, or NULL when that is not known.
static const struct json *branch_of(const struct json *argument, const struct json *conditions)
{
    const struct json *truth = json_get_str(conditions, json_as_str(json_at(argument, 0)));
    return json_is(truth, JSON_BOOL) ? json_at(argument, truth->boolean ? 1 : 2) : NULL;
}

void template_references(struct arena *arena, const struct json *value,
                         const struct json *conditions, struct json *names)
{
    struct str function = intrinsic_of(value), resource;
    const struct json *argument = function.len ? value->members[0].value : NULL;
    struct json *attribute;
    if (str_is(function, "Ref")) {
        add(arena, names, json_as_str(argument));
        return;
    }
    if (str_is(function, "Fn::GetAtt") && get_att_parts(argument, &resource, &attribute, arena))
        add(arena, names, resource);
    if (str_is(function, "Fn::Sub"))
        sub_references(arena, argument, names);
    if (str_is(function, "Fn::If") && branch_of(argument, conditions)) {
        template_references(arena, branch_of(argument, conditions), conditions, names);
        return;
    }
    JSON_EACH (item, value)
        template_references(arena, item, conditions, names);
    JSON_EACH_MEMBER (m, value)
        template_references(arena, m->value, conditions, names);
}
