// SPDX-License-Identifier: Apache-2.0
// Tags, and permissions: statements of the queue's policy, one for each label.
#include "services/sqs/ops.h"
#include "services/sqs/queue.h"

#define TAGS_MAX 50

static enum err lock_row(struct call *call, const struct json *in, struct queue *out)
{
    TRY(queue_by_url(call, json_str(in, "QueueUrl"), out));
    struct key key;
    enum err err =
        tx_lock_json(call->tx, queue_key(&key, call->region, out->name), call->arena, &out->row);
    if (err == ERR_NOT_FOUND)
        FAIL(call, SQS_QUEUE_DOES_NOT_EXIST, "The specified queue does not exist.");
    return err;
}

enum err sqs_tag_queue(struct call *call, const struct json *in, struct json **out)
{
    struct queue queue;
    TRY(lock_row(call, in, &queue));
    struct json *tags = json_copy_shallow(call->arena, json_get(queue.row, "tags"));
    JSON_EACH_MEMBER(m, json_get(in, "Tags"))
    {
        if (m->name.len < 1 || m->name.len > 128 || json_as_str(m->value).len > 256)
            FAIL(call, SQS_INVALID_PARAMETER_VALUE,
                 "A tag's key has 1 to 128 characters, its value at most 256: %.*s",
                 STR_ARG(m->name));
        json_set_named(call->arena, tags, m->name, m->value);
    }
    if (tags->count > TAGS_MAX)
        FAIL(call, SQS_INVALID_PARAMETER_VALUE, "Too many tags added for queue %.*s.",
             STR_ARG(queue.name));
    json_set(call->arena, queue.row, "tags", tags);
    *out = NULL;
    return queue_put(call, &queue);
}

enum err sqs_untag_queue(struct call *call, const struct json *in, struct json **out)
{
    struct queue queue;
    TRY(lock_row(call, in, &queue));
    struct json *tags = json_copy_shallow(call->arena, json_get(queue.row, "tags"));
    JSON_EACH(key, json_get(in, "TagKeys"))
    json_remove(tags, json_as_str(key));
    json_set(call->arena, queue.row, "tags", tags);
    *out = NULL;
    return queue_put(call, &queue);
}

enum err sqs_list_queue_tags(struct call *call, const struct json *in, struct json **out)
{
    struct queue queue;
    TRY(queue_by_url(call, json_str(in, "QueueUrl"), &queue));
    *out = json_object(call->arena);
    struct json *tags = json_get(queue.row, "tags");
    if (json_count(tags))
        json_set(call->arena, *out, "Tags", tags);
    return OK;
}

// --- permissions

static enum err read_policy(struct call *call, const struct queue *queue, struct json **out_policy)
{
    struct str text = json_str(json_get(queue->row, "attributes"), "Policy");
    if (text.len)
        return json_parse(call->arena, text, out_policy, NULL) == OK ? OK : ERR_CORRUPT;
    struct json *policy = json_object(call->arena);
    json_set_str(call->arena, policy, "Version", S("2012-10-17"));
    json_set(call->arena, policy, "Id",
             json_stringf(call->arena, "%.*s/SQSDefaultPolicy", STR_ARG(queue->arn)));
    json_set(call->arena, policy, "Statement", json_array(call->arena));
    *out_policy = policy;
    return OK;
}

static enum err write_policy(struct call *call, struct queue *queue, const struct json *policy)
{
    struct json *attributes = json_copy_shallow(call->arena, json_get(queue->row, "attributes"));
    if (json_count(json_get(policy, "Statement")))
        json_set_str(call->arena, attributes, "Policy", json_text(call->arena, policy));
    else
        json_remove(attributes, S("Policy"));
    json_set(call->arena, queue->row, "attributes", attributes);
    return queue_put(call, queue);
}

// All statements but the one of this label.
static struct json *other_statements(struct call *call, const struct json *policy, struct str label)
{
    struct json *others = json_array(call->arena);
    JSON_EACH(statement, json_get(policy, "Statement"))
    if (!str_eq(json_str(statement, "Sid"), label))
        json_push(call->arena, others, statement);
    return others;
}

enum err sqs_add_permission(struct call *call, const struct json *in, struct json **out)
{
    struct queue queue;
    struct json *policy;
    TRY(lock_row(call, in, &queue));
    TRY(read_policy(call, &queue, &policy));
    struct str label = json_str(in, "Label");
    struct json *statements = other_statements(call, policy, label);
    if (statements->count < json_count(json_get(policy, "Statement")))
        FAIL(call, SQS_INVALID_PARAMETER_VALUE,
             "Value %.*s for parameter Label is invalid. Reason: Already exists.", STR_ARG(label));
    struct json *principals = json_array(call->arena), *actions = json_array(call->arena);
    JSON_EACH(account, json_get(in, "AWSAccountIds"))
    json_push(call->arena, principals,
              json_stringf(call->arena, "arn:aws:iam::%.*s:root", STR_ARG(json_as_str(account))));
    JSON_EACH(action, json_get(in, "Actions"))
    json_push(call->arena, actions,
              json_stringf(call->arena, "SQS:%.*s", STR_ARG(json_as_str(action))));
    if (!principals->count || !actions->count)
        FAIL(call, SQS_INVALID_PARAMETER_VALUE,
             "AWSAccountIds and Actions must each name at least one.");
    struct json *statement = json_object(call->arena), *principal = json_object(call->arena);
    json_set(call->arena, principal, "AWS", principals);
    json_set_str(call->arena, statement, "Sid", label);
    json_set_str(call->arena, statement, "Effect", S("Allow"));
    json_set(call->arena, statement, "Principal", principal);
    json_set(call->arena, statement, "Action", actions);
    json_set_str(call->arena, statement, "Resource", queue.arn);
    json_set(call->arena, policy, "Statement", json_push(call->arena, statements, statement));
    *out = NULL;
    return write_policy(call, &queue, policy);
}

enum err sqs_remove_permission(struct call *call, const struct json *in, struct json **out)
{
    struct queue queue;
    struct json *policy;
    TRY(lock_row(call, in, &queue));
    TRY(read_policy(call, &queue, &policy));
    struct str label = json_str(in, "Label");
    struct json *statements = other_statements(call, policy, label);
    if (statements->count == json_count(json_get(policy, "Statement")))
        FAIL(call, SQS_INVALID_PARAMETER_VALUE,
             "Value %.*s for parameter Label is invalid. Reason: can't find label on existing "
             "policy.",
             STR_ARG(label));
    json_set(call->arena, policy, "Statement", statements);
    *out = NULL;
    return write_policy(call, &queue, policy);
}
