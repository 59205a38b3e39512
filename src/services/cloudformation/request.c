// SPDX-License-Identifier: Apache-2.0
// Reading requests. Templates by URL are objects of this server's own buckets, whatever host name
// of S3 the URL has.
#include "services/cloudformation/request.h"

#include "base/encode.h"
#include "services/cloudformation/cloudformation.h"
#include "services/cloudformation/graph.h"
#include "services/cloudformation/parameters.h"

// --- templates by URL

static struct str without_port(struct str host)
{
    size_t colon = str_rfind_char(host, ':');
    return colon == STR_NPOS ? host : str_slice(host, 0, colon);
}

// A bucket in front of S3's own name ("lake.s3.us-east-1.amazonaws.com"), or STR_NONE.
static struct str bucket_of_host(struct str host)
{
    size_t at = str_find(host, S(".s3."));
    at = at == STR_NPOS ? str_find(host, S(".s3-")) : at;
    return at == STR_NPOS || at == 0 ? STR_NONE : str_slice(host, 0, at);
}

static bool is_host_of_ours(struct call *call, struct str host)
{
    struct str base = call->base_url, name = without_port(host);
    size_t scheme = str_find(base, S("://"));
    base = scheme == STR_NPOS ? base : str_from(base, scheme + 3);
    return str_ends(name, S(".amazonaws.com")) || str_eq(name, S("localhost")) ||
           str_eq(name, S("127.0.0.1")) || str_ends(name, S(".localhost")) ||
           str_ends(name, without_port(base)) ||
           (call->host.len && str_ends(name, without_port(call->host)));
}

static enum err parse_url(struct call *call, struct str url, struct str *out_bucket,
                          struct str *out_key)
{
    struct str rest = url;
    size_t scheme = str_find(url, S("://")), query = str_find_char(url, '?');
    if (query != STR_NPOS)
        rest = str_slice(rest, 0, query);
    rest = scheme == STR_NPOS ? STR_NONE : str_from(rest, scheme + 3);
    size_t slash = str_find_char(rest, '/');
    struct str host = slash == STR_NPOS ? rest : str_slice(rest, 0, slash);
    struct str path = slash == STR_NPOS ? STR_NONE : str_from(rest, slash + 1);
    struct str bucket = bucket_of_host(host);
    if (!bucket.len) {
        slash = str_find_char(path, '/');
        bucket = slash == STR_NPOS ? STR_NONE : str_slice(path, 0, slash);
        path = slash == STR_NPOS ? STR_NONE : str_from(path, slash + 1);
    }
    if (!bucket.len || !path.len || !is_host_of_ours(call, host) ||
        uri_decode(call->arena, path, false, out_key) != OK)
        return error_set(&call->error, ERR_INVALID, "TemplateURL must be a supported URL.");
    *out_bucket = bucket;
    return OK;
}

static enum err fetch(struct call *call, struct str url, struct str *out_text)
{
    struct str bucket, key;
    TRY(parse_url(call, url, &bucket, &key));
    struct json *in = json_set_str(call->arena, json_object(call->arena), "Bucket", bucket),
                *object;
    json_set_str(call->arena, in, "Key", key);
    enum err err = call_operation(call, "s3", "OpenObject", in, &object);
    if (err == ERR_CODED) {
        struct str why = str_dup(call->arena, str_of(call->error.text));
        const char *code = call->code->code;
        return error_set(&call->error, ERR_INVALID, "S3 error: %.*s (%s)", STR_ARG(why), code);
    }
    TRY(err);
    struct blob blob;
    TRY(blob_from_json(json_get(object, "Blob"), &blob));
    if (blob.size_bytes > TEMPLATE_URL_BYTES_MAX)
        return error_set(&call->error, ERR_INVALID, "Template may not exceed %d bytes in size.",
                         TEMPLATE_URL_BYTES_MAX);
    return blob_read_all(call->tx, &blob, call->arena, TEMPLATE_URL_BYTES_MAX, out_text,
                         &call->error);
}

enum err request_template_text(struct call *call, const struct json *in, const struct json *stack,
                               struct str *out_text)
{
    struct str body = json_str(in, "TemplateBody"), url = json_str(in, "TemplateURL");
    bool previous = json_bool_or(in, "UsePreviousTemplate", false);
    if ((body.len > 0) + (url.len > 0) + previous != 1)
        return error_set(&call->error, ERR_INVALID,
                         "Either Template URL or Template Body must be specified.");
    if (url.len)
        return fetch(call, url, out_text);
    if (previous) {
        enum err err = stack_template_text(call, json_str(stack, "Id"), S("current"), out_text);
        if (err == ERR_NOT_FOUND)
            return error_set(&call->error, ERR_INVALID, "There is no previous template to use.");
        return err;
    }
    *out_text = body;
    return OK;
}

// --- capabilities

static enum err check_capabilities(struct call *call, const struct template *template,
                                   const struct json *given)
{
    const char *needed = template_capability(call->arena, template, json_array(call->arena));
    if (!needed)
        return OK;
    JSON_EACH (one, given)
        if (str_is(json_as_str(one), needed) || str_is(json_as_str(one), "CAPABILITY_NAMED_IAM"))
            return OK;
    FAIL(call, CLOUDFORMATION_INSUFFICIENT_CAPABILITIES, "Requires capabilities : [%s]", needed);
}

// --- all of it

static bool has_secrets(const struct template *template)
{
    JSON_EACH_MEMBER (m, template->parameters)
        if (str_is(scalar_text(json_get(m->value, "NoEcho")), "true"))
            return true;
    return false;
}

static void copy_or(struct arena *arena, struct json *operation, const char *member,
                    const struct json *in, const struct json *stack)
{
    json_set(arena, operation, member,
             json_has(in, member) ? json_get(in, member) : json_get(stack, member));
}

enum err request_read(struct call *call, const struct json *in, const struct json *stack,
                      struct request *out)
{
    struct arena *arena = call->arena;
    struct str text;
    struct json *values;
    TRY(request_template_text(call, in, stack, &text));
    TRY(template_read(arena, text, &out->template, &call->error));
    TRY(check_capabilities(call, &out->template, json_get(in, "Capabilities")));
    TRY(parameters_values(call, &out->template, json_get(in, "Parameters"),
                          json_get(stack, "Parameters"), &values));
    out->operation = json_set(arena, json_object(arena), "Parameters", values);
    copy_or(arena, out->operation, "Tags", in, stack);
    copy_or(arena, out->operation, "RoleARN", in, stack);
    copy_or(arena, out->operation, "NotificationARNs", in, stack);
    json_set(arena, out->operation, "Capabilities", json_get(in, "Capabilities"));
    json_set_bool(arena, out->operation, "HasSecrets", has_secrets(&out->template));
    if (json_str(in, "ClientRequestToken").len)
        json_set(arena, out->operation, "Token", json_get(in, "ClientRequestToken"));
    if (json_has(in, "DisableRollback"))
        json_set(arena, out->operation, "DisableRollback", json_get(in, "DisableRollback"));
    out->scope = (struct scope){
        .call = call,
        .template = &out->template,
        .stack_name = json_str(stack, "Name"),
        .stack_arn = json_str(stack, "Arn"),
        .notification_arns = json_get(out->operation, "NotificationARNs"),
        .parameters = parameters_resolved(arena, &out->template, values),
        .planning = true,
    };
    TRY(scope_conditions(&out->scope));
    return graph_order(&out->scope, &out->order);
}

static bool same(const struct json *a, const struct json *b)
{
    if (!json_count(a) && !json_count(b))
        return true;
    return a && b && json_equal(a, b);
}

enum err request_plan(struct call *call, struct request *request, const struct json *stack,
                      struct json **out_changes, bool *out_nothing)
{
    struct json *rows, *outputs;
    TRY(resources_load(call, json_str(stack, "Id"), &rows));
    TRY(plan_changes(&request->scope, request->order, rows, json_get(request->operation, "Tags"),
                     out_changes));
    TRY(plan_outputs(&request->scope, &outputs));
    *out_nothing =
        !json_count(*out_changes) && same(outputs, json_get(stack, "Outputs")) &&
        same(json_get(request->operation, "Tags"), json_get(stack, "Tags")) &&
        same(json_get(request->operation, "NotificationARNs"), json_get(stack, "NotificationARNs"));
    return OK;
}

enum err request_check_updatable(struct call *call, const struct json *stack)
{
    static const char *const good[] = {"CREATE_COMPLETE", "UPDATE_COMPLETE",
                                       "UPDATE_ROLLBACK_COMPLETE", "CREATE_FAILED",
                                       "UPDATE_FAILED"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (str_is(json_str(stack, "Status"), good[i]))
            return OK;
    return error_set(&call->error, ERR_INVALID,
                     "Stack:%.*s is in %.*s state and can not be updated.",
                     STR_ARG(json_str(stack, "Arn")), STR_ARG(json_str(stack, "Status")));
}
