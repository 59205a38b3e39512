// SPDX-License-Identifier: Apache-2.0
// Members' names differ from the API's in the case of their first letter only, so renaming walks a
// value along its shape and compares names without regard to that letter. Replies mostly have no
// shape here: for the services whose API writes small letters, every member of a reply that is not
// below a map of the shape gets a capital.
#include "lake/sdk_name.h"

#include <string.h>

static const struct sdk_name NAMES[] = {
    // sdk               service           prefix             camel
    {"athena", "athena", "Athena", false},
    {"cloudformation", "cloudformation", "CloudFormation", false},
    {"cloudwatchlogs", "logs", "CloudWatchLogs", true},
    {"dynamodb", "dynamodb", "DynamoDb", false},
    {"eventbridge", "events", "EventBridge", false},
    {"glue", "glue", "Glue", false},
    {"iam", "iam", "Iam", false},
    {"lambda", "lambda", "Lambda", false},
    {"s3", "s3", "S3", false},
    {"scheduler", "scheduler", "Scheduler", false},
    {"sfn", "states", "Sfn", true},
    {"sqs", "sqs", "Sqs", false},
    {"ssm", "ssm", "Ssm", false},
    {"sts", "sts", "Sts", false},
};

const struct sdk_name *sdk_name(struct str sdk)
{
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (str_is(sdk, NAMES[i].sdk))
            return &NAMES[i];
    return NULL;
}

static char capital(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static struct str with_capital(struct arena *arena, struct str name)
{
    if (name.len == 0 || capital(name.ptr[0]) == name.ptr[0])
        return name;
    char *copy = str_cstr(arena, name);
    copy[0] = capital(copy[0]);
    return str_n(copy, name.len);
}

enum err sdk_operation(struct lake *lake, struct arena *arena, struct str sdk, struct str action,
                       const struct service **out_service, const struct op **out_op,
                       struct error *error)
{
    const struct sdk_name *name = sdk_name(sdk);
    const struct service *service = name ? lake_service(lake, str_of(name->service)) : NULL;
    if (!service)
        return error_set(error, ERR_NOT_FOUND, "the service %.*s is not one of this server",
                         STR_ARG(sdk));
    bool small = action.len > 0 && capital(action.ptr[0]) != action.ptr[0];
    const struct op *op = small ? service_op(service, with_capital(arena, action)) : NULL;
    if (!op || (op->flags & OP_INTERNAL))
        return error_set(error, ERR_NOT_FOUND, "%.*s is not an operation of %.*s on this server",
                         STR_ARG(action), STR_ARG(sdk));
    *out_service = service;
    *out_op = op;
    return OK;
}

static bool same_but_first(struct str a, const char *b)
{
    struct str other = str_of(b);
    return a.len == other.len && a.len > 0 && capital(a.ptr[0]) == capital(other.ptr[0]) &&
           str_eq(str_from(a, 1), str_from(other, 1));
}

static const struct field *field_like(const struct shape *shape, struct str name)
{
    for (const struct field *field = shape->fields; field && field->name; field++)
        if (same_but_first(name, field->name))
            return field;
    return NULL;
}

static struct json *to_shape(struct arena *arena, const struct shape *shape, struct json *value)
{
    if (!shape || !value)
        return value;
    if (shape->type == SHAPE_LIST && json_is(value, JSON_ARRAY)) {
        struct json *list = json_array(arena);
        JSON_EACH(item, value)
        json_push(arena, list, to_shape(arena, shape->item, item));
        return list;
    }
    if ((shape->type != SHAPE_STRUCT && shape->type != SHAPE_MAP) || !json_is(value, JSON_OBJECT))
        return value;
    struct json *object = json_object(arena);
    JSON_EACH_MEMBER(member, value)
    {
        const struct field *field =
            shape->type == SHAPE_STRUCT ? field_like(shape, member->name) : NULL;
        const struct shape *inner = shape->type == SHAPE_MAP ? shape->item
                                    : field                  ? field->shape
                                                             : NULL;
        json_set_named(arena, object, field ? str_of(field->name) : member->name,
                       to_shape(arena, inner, member->value));
    }
    return object;
}

struct json *sdk_input(struct arena *arena, const struct op *op, const struct json *parameters)
{
    return to_shape(arena, op->input, (struct json *)parameters);
}

static struct json *with_capitals(struct arena *arena, const struct shape *shape,
                                  struct json *value)
{
    if (json_is(value, JSON_ARRAY)) {
        struct json *list = json_array(arena);
        JSON_EACH(item, value)
        json_push(arena, list, with_capitals(arena, shape ? shape->item : NULL, item));
        return list;
    }
    if (!json_is(value, JSON_OBJECT))
        return value;
    struct json *object = json_object(arena);
    bool is_map = shape && shape->type == SHAPE_MAP;
    JSON_EACH_MEMBER(member, value)
    {
        const struct field *field =
            shape && shape->type == SHAPE_STRUCT ? field_like(shape, member->name) : NULL;
        const struct shape *inner = is_map ? shape->item : field ? field->shape : NULL;
        json_set_named(arena, object, is_map ? member->name : with_capital(arena, member->name),
                       with_capitals(arena, inner, member->value));
    }
    return object;
}

struct json *sdk_output(struct arena *arena, const struct sdk_name *name, const struct op *op,
                        struct json *reply)
{
    return name->camel_members ? with_capitals(arena, op->output, reply) : reply;
}

// S3's API model names few of its errors; the SDK calls all others by the service.
static bool is_modelled(const struct sdk_name *name, struct str code)
{
    static const char *const of_s3[] = {"BucketAlreadyExists", "BucketAlreadyOwnedByYou",
                                        "InvalidObjectState",  "NoSuchBucket",
                                        "NoSuchKey",           "NoSuchUpload",
                                        "InvalidRequest",      "InvalidWriteOffset",
                                        "TooManyParts",        "EncryptionTypeMismatch"};
    if (strcmp(name->prefix, "S3") != 0)
        return true;
    for (size_t i = 0; i < sizeof of_s3 / sizeof *of_s3; i++)
        if (str_is(code, of_s3[i]))
            return true;
    return false;
}

struct str sdk_error(struct arena *arena, const struct sdk_name *name, struct str code)
{
    if (!is_modelled(name, code))
        return str_format(arena, "%s.%sException", name->prefix, name->prefix);
    struct str rest = code; // "AWS.SimpleQueueService.NonExistentQueue": the last part
    size_t dot = str_rfind_char(rest, '.');
    if (dot != STR_NPOS)
        rest = str_from(rest, dot + 1);
    static const char *const dropped[] = {"Exception", "Error", "Fault"};
    for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++) {
        struct str end = str_of(dropped[i]);
        if (str_ends(rest, end) && rest.len > end.len) {
            rest.len -= end.len;
            return str_format(arena, "%s.%.*sException", name->prefix, STR_ARG(rest));
        }
    }
    return str_format(arena, "%s.%.*sException", name->prefix, STR_ARG(rest));
}
