// SPDX-License-Identifier: Apache-2.0
// AWS::StepFunctions::StateMachine. A definition comes as text, as an object, or from a bucket;
// "${name}" in it is replaced by DefinitionSubstitutions.
#include "services/cloudformation/resolve.h"
#include "services/cloudformation/types.h"

#define DEFINITION_BYTES_MAX (1024 * 1024)

static const struct property MACHINE_PROPERTIES[] = {
    {"StateMachineName", PROPERTY_FIXED, "name"},
    {"StateMachineType", PROPERTY_FIXED, "type"},
    {"RoleArn", PROPERTY_REQUIRED, "roleArn"},
    {"DefinitionString", PROPERTY_OWN},
    {"Definition", PROPERTY_OWN},
    {"DefinitionS3Location", PROPERTY_OWN},
    {"DefinitionSubstitutions", PROPERTY_OWN},
    {"LoggingConfiguration", 0, "loggingConfiguration"},
    {"TracingConfiguration", 0, "tracingConfiguration"},
    {"EncryptionConfiguration", 0, "encryptionConfiguration"},
    {"Tags", PROPERTY_OWN | PROPERTY_TAGS},
    {0},
};
static const char *const MACHINE_ATTRIBUTES[] = {"Arn", "Name", NULL};

// In text the value stands as it is; in an object it is the content of a JSON string, and is
// escaped as such.
static struct str substitute(struct arena *arena, struct str text, const struct json *values)
{
    JSON_EACH_MEMBER (m, values) {
        struct str name = str_format(arena, "${%.*s}", STR_ARG(m->name));
        struct str value = scalar_text(m->value);
        text = str_replace(arena, text, name, value.ptr ? value : S(""));
    }
    return text;
}

static struct json *substitute_in(struct arena *arena, const struct json *value,
                                  const struct json *values)
{
    struct json *copy = json_copy_shallow(arena, value);
    if (value->type == JSON_STRING)
        copy->text = substitute(arena, value->text, values);
    for (size_t i = 0; i < json_count_of(value, JSON_ARRAY); i++)
        copy->items[i] = substitute_in(arena, value->items[i], values);
    for (size_t i = 0; i < json_count_of(value, JSON_OBJECT); i++) {
        copy->members[i].name = substitute(arena, value->members[i].name, values);
        copy->members[i].value = substitute_in(arena, value->members[i].value, values);
    }
    return copy;
}

static enum err definition_from_s3(struct resource *resource, const struct json *location,
                                   struct str *out)
{
    struct call *call = resource->call;
    struct json *object, *input = json_set(call->arena, json_object(call->arena), "Bucket",
                                           json_get(location, "Bucket"));
    struct blob blob;
    json_set(call->arena, input, "Key", json_get(location, "Key"));
    TRY(resource_run_in(resource, "s3", "OpenObject", input, &object));
    TRY(blob_from_json(json_get(object, "Blob"), &blob));
    if (blob.size_bytes > DEFINITION_BYTES_MAX)
        return error_set(&call->error, ERR_INVALID, "The definition has more than %d bytes.",
                         DEFINITION_BYTES_MAX);
    return blob_read_all(call->tx, &blob, call->arena, DEFINITION_BYTES_MAX, out, &call->error);
}

static enum err definition(struct resource *resource, struct json **out)
{
    struct arena *arena = resource->call->arena;
    const struct json *object = resource_get(resource, "Definition"),
                      *text = resource_get(resource, "DefinitionString");
    const struct json *location = resource_get(resource, "DefinitionS3Location");
    const struct json *values = resource_get(resource, "DefinitionSubstitutions");
    if (!!object + !!text + !!location != 1)
        return error_set(
            &resource->call->error, ERR_INVALID,
            "Property validation failure: exactly one of Definition, DefinitionString and "
            "DefinitionS3Location must be given");
    struct str result;
    if (object)
        result = json_text(arena, substitute_in(arena, object, values));
    else if (text)
        result = substitute(arena, scalar_text(text), values);
    else {
        TRY(definition_from_s3(resource, location, &result));
        result = substitute(arena, result, values);
    }
    *out = json_string(arena, result);
    return OK;
}

static enum err machine_create(struct resource *resource)
{
    struct arena *arena = resource->call->arena;
    struct json *reply, *text, *input = resource_input(resource, false),
                               *tags = resource_get(resource, "Tags");
    struct str name = resource_name(resource);
    TRY(definition(resource, &text));
    json_set_str(arena, input, "name", name);
    json_set(arena, input, "definition", text);
    json_set(arena, input, "tags", tags);
    TRY(resource_run(resource, "CreateStateMachine", input, &reply));
    resource->physical = json_str(reply, "stateMachineArn");
    resource_attribute(resource, "Arn", resource->physical);
    resource_attribute(resource, "Name", name);
    return OK;
}

static enum err machine_update(struct resource *resource)
{
    static const struct tag_ops tags = {"TagResource", "UntagResource", "resourceArn",
                                        "tags",        "tagKeys",       false};
    struct arena *arena = resource->call->arena;
    struct json *text, *input = resource_input(resource, true);
    TRY(definition(resource, &text));
    json_set_str(arena, input, "stateMachineArn", resource->physical);
    json_set(arena, input, "definition", text);
    TRY(resource_run(resource, "UpdateStateMachine", input, NULL));
    return resource_retag(resource, &tags, resource->physical);
}

static enum err machine_delete(struct resource *resource)
{
    return resource_run(resource, "DeleteStateMachine",
                        resource_one(resource, "stateMachineArn", resource->physical), NULL);
}

const struct resource_type TYPE_STATES_STATE_MACHINE = {
    .name = "AWS::StepFunctions::StateMachine",
    .service = "states",
    .properties = MACHINE_PROPERTIES,
    .attributes = MACHINE_ATTRIBUTES,
    .name_property = "StateMachineName",
    .name_max = 80,
    .create = machine_create,
    .update = machine_update,
    .delete = machine_delete,
};
