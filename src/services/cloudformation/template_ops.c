// SPDX-License-Identifier: Apache-2.0
// Operations on templates: what one says, without a stack being made of it.
#include "services/cloudformation/change_set.h"
#include "services/cloudformation/cloudformation.h"
#include "services/cloudformation/request.h"

enum err cloudformation_get_template(struct call *call, const struct json *in, struct json **out)
{
    struct arena *arena = call->arena;
    struct json *stack, *change_set;
    struct str text, slot = S("current"), name = json_str(in, "ChangeSetName");
    if (name.len) {
        TRY(change_set_find(call, name, json_str(in, "StackName"), &stack, &change_set));
        slot = json_str(change_set, "Id");
    } else {
        TRY(stack_get(call, json_str(in, "StackName"), &stack));
    }
    enum err err = stack_template_text(call, json_str(stack, "Id"), slot, &text);
    if (err == ERR_NOT_FOUND) // only reviewed so far
        text = S("");
    else
        TRY(err);
    *out = json_set_str(arena, json_object(arena), "TemplateBody", text);
    struct json *stages = json_push(arena, json_array(arena), json_string(arena, S("Original")));
    json_push(arena, stages, json_string(arena, S("Processed")));
    json_set(arena, *out, "StagesAvailable", stages);
    return OK;
}

// --- declared parameters

static struct json *allowed_values(struct arena *arena, const struct json *declared)
{
    struct json *values = json_array(arena);
    JSON_EACH (value, json_get(declared, "AllowedValues"))
        json_push(arena, values, json_string(arena, scalar_text(value)));
    return json_set(arena, json_object(arena), "AllowedValues", values);
}

static struct json *declarations(struct arena *arena, const struct template *template, bool whole)
{
    struct json *list = json_array(arena);
    JSON_EACH_MEMBER (m, template->parameters) {
        struct json *one = json_set_str(arena, json_object(arena), "ParameterKey", m->name);
        if (json_has(m->value, "Default"))
            json_set_str(arena, one, "DefaultValue", scalar_text(json_get(m->value, "Default")));
        json_set_bool(arena, one, "NoEcho",
                      str_is(scalar_text(json_get(m->value, "NoEcho")), "true"));
        json_set(arena, one, "Description", json_get(m->value, "Description"));
        if (whole) {
            json_set(arena, one, "ParameterType", json_get(m->value, "Type"));
            json_set(arena, one, "ParameterConstraints",
                     json_has(m->value, "AllowedValues") ? allowed_values(arena, m->value)
                                                         : json_object(arena));
        }
        json_push(arena, list, one);
    }
    return list;
}

static struct json *joined_reason(struct arena *arena, const struct json *types)
{
    struct buf buf = buf_in(arena, 4096);
    buf_puts(&buf, "The following resource(s) require capabilities: [");
    JSON_EACH (type, types) {
        buf_puts(&buf, type == json_at(types, 0) ? "" : ", ");
        buf_put(&buf, json_as_str(type));
    }
    buf_put_char(&buf, ']');
    return json_string(arena, buf_str(&buf));
}

static void describe(struct arena *arena, const struct template *template, bool whole,
                     struct json *out)
{
    struct json *types = json_array(arena);
    const char *capability = template_capability(arena, template, types);
    json_set(arena, out, "Parameters", declarations(arena, template, whole));
    json_set(arena, out, "Description", json_get(template->document, "Description"));
    if (capability) {
        json_set(arena, out, "Capabilities",
                 json_push(arena, json_array(arena), json_string(arena, str_of(capability))));
        json_set(arena, out, "CapabilitiesReason", joined_reason(arena, types));
    }
}

enum err cloudformation_validate_template(struct call *call, const struct json *in,
                                          struct json **out)
{
    struct template template;
    struct str text;
    TRY(request_template_text(call, in, NULL, &text));
    TRY(template_read(call->arena, text, &template, &call->error));
    *out = json_object(call->arena);
    describe(call->arena, &template, false, *out);
    return OK;
}

static struct json *resource_types(struct arena *arena, const struct template *template)
{
    struct json *types = json_array(arena);
    JSON_EACH_MEMBER (m, template->resources) {
        bool seen = false;
        JSON_EACH (type, types)
            seen = seen || str_eq(json_as_str(type), json_str(m->value, "Type"));
        if (!seen)
            json_push(arena, types, json_get(m->value, "Type"));
    }
    return types;
}

enum err cloudformation_get_template_summary(struct call *call, const struct json *in,
                                             struct json **out)
{
    struct arena *arena = call->arena;
    struct template template;
    struct json *stack;
    struct str text, name = json_str(in, "StackName");
    if (name.len) {
        TRY(stack_get(call, name, &stack));
        enum err err = stack_template_text(call, json_str(stack, "Id"), S("current"), &text);
        if (err == ERR_NOT_FOUND)
            return error_set(&call->error, ERR_INVALID, "Stack [%.*s] has no template yet",
                             STR_ARG(name));
        TRY(err);
    } else {
        TRY(request_template_text(call, in, NULL, &text));
    }
    TRY(template_read(arena, text, &template, &call->error));
    *out = json_object(arena);
    describe(arena, &template, true, *out);
    json_set(arena, *out, "ResourceTypes", resource_types(arena, &template));
    json_set(arena, *out, "Version", json_get(template.document, "AWSTemplateFormatVersion"));
    if (json_has(template.document, "Metadata"))
        json_set_str(arena, *out, "Metadata",
                     json_text(arena, json_get(template.document, "Metadata")));
    return OK;
}
