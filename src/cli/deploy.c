// SPDX-License-Identifier: Apache-2.0
// tarn deploy: a CloudFormation template with the files it names, in one go.
//
// What `aws cloudformation package` and `deploy` do in two: files that the template names by a
// local path are uploaded to a bucket of the deployment's own, under the hash of their bytes; the
// template with their places is created or updated as a stack; and its end is waited for.
#include "cli/commands.h"

#include "base/digest.h"
#include "base/yaml.h"
#include "os/file.h"
#include "os/process.h"

#include <stdio.h>
#include <string.h>

const char DEPLOY_HELP[] = "tarn deploy [options] [TEMPLATE]\n"
                           "\n"
                           "Deploys a CloudFormation template (default: the reference data lake), "
                           "uploading the files that it names.\n"
                           "\n"
                           "  --stack NAME         the stack's name (default lake)\n"
                           "  --parameters K=V,..  the template's parameters\n" CLIENT_OPTION_HELP;

#define TEMPLATE_BYTES_MAX ((size_t)1 << 20)
#define ARTIFACT_BYTES_MAX ((size_t)250 << 20)
#define CLOUDFORMATION "2010-05-15"

// ================================================================ artifacts

// Properties that may hold a local path, and how the uploaded place is written there.
static const struct artifact_row {
    const char *type, *property, *inner; // inner: a member of the property, or NULL
    bool as_url;                         // "s3://bucket/key" instead of {S3Bucket, S3Key}
} ARTIFACTS[] = {
    {"AWS::Lambda::Function", "Code", NULL, false},
    {"AWS::Glue::Job", "Command", "ScriptLocation", true},
};

struct packing {
    struct client *client;
    struct str folder; // of the template
    struct str bucket;
};

static enum err upload(struct packing *packing, struct str path, bool as_url,
                       struct json **out_place)
{
    struct client *client = packing->client;
    struct arena *arena = client->arena;
    const char *file =
        str_cstr(arena, path.ptr[0] == '/' ? path
                                           : str_format(arena, "%.*s/%.*s",
                                                        STR_ARG(packing->folder), STR_ARG(path)));
    struct str bytes;
    TRY(file_read_all(arena, file, ARTIFACT_BYTES_MAX, &bytes, &client->error));
    struct str name =
        str_from(path, str_rfind_char(path, '/') == STR_NPOS ? 0 : str_rfind_char(path, '/') + 1);
    struct str key = str_format(arena, "%.*s/%.*s",
                                STR_ARG(digest_hex(arena, DIGEST_SHA256, bytes)), STR_ARG(name));
    TRY(client_s3(client, "PUT", packing->bucket, key, STR_NONE, bytes, NULL));
    if (as_url) {
        *out_place = json_string(
            arena, str_format(arena, "s3://%.*s/%.*s", STR_ARG(packing->bucket), STR_ARG(key)));
        return OK;
    }
    *out_place = json_set_str(arena, json_object(arena), "S3Bucket", packing->bucket);
    json_set_str(arena, *out_place, "S3Key", key);
    return OK;
}

static enum err pack_resource(struct packing *packing, const struct json *resource)
{
    for (size_t i = 0; i < sizeof ARTIFACTS / sizeof *ARTIFACTS; i++) {
        const struct artifact_row *row = &ARTIFACTS[i];
        if (!str_is(json_str(resource, "Type"), row->type))
            continue;
        struct json *holder = json_get(resource, "Properties");
        const char *name = row->property;
        if (row->inner) {
            holder = json_get(holder, row->property);
            name = row->inner;
        }
        struct str path = json_str(holder, name);
        if (!path.len || str_starts(path, S("s3://")))
            continue;
        struct json *place;
        TRY(upload(packing, path, row->as_url, &place));
        json_set(packing->client->arena, holder, name, place);
    }
    return OK;
}

static enum err make_bucket(struct client *client, struct str *out_bucket)
{
    struct xml *reply;
    TRY(client_query(client, "sts", "2011-06-15", "GetCallerIdentity", NULL, &reply));
    struct str account = xml_child_text(xml_child(reply, "GetCallerIdentityResult"), "Account");
    *out_bucket = str_format(client->arena, "tarn-deploy-%.*s-%.*s", STR_ARG(account),
                             STR_ARG(client->region));
    enum err err = client_s3(client, "PUT", *out_bucket, STR_NONE, STR_NONE, STR_NONE, NULL);
    if (err == ERR_CODED && str_is(client->code, "BucketAlreadyOwnedByYou"))
        return OK;
    return err;
}

// CloudFormation's short forms: !Ref x is {"Ref": x}, !GetAtt a.b is {"Fn::GetAtt": ["a", "b"]},
// !Sub x is {"Fn::Sub": x}.
static struct json *short_form(struct arena *arena, struct str name, struct json *value)
{
    struct str attribute = json_as_str(value), resource;
    bool plain = str_is(name, "Ref") || str_is(name, "Condition");
    if (str_is(name, "GetAtt") && attribute.ptr) {
        str_cut(&attribute, '.', &resource);
        value = json_push(arena, json_array(arena), json_string(arena, resource));
        json_push(arena, value, json_string(arena, attribute));
    }
    struct str member = plain ? name : str_format(arena, "Fn::%.*s", STR_ARG(name));
    return json_set_named(arena, json_object(arena), member, value);
}

static enum err pack_template(struct client *client, const char *path, struct json **out_template)
{
    struct packing packing = {.client = client};
    struct str text;
    TRY(file_read_all(client->arena, path, TEMPLATE_BYTES_MAX, &text, &client->error));
    TRY(yaml_parse(client->arena, text, short_form, out_template, &client->error));
    size_t slash = str_rfind_char(str_of(path), '/');
    packing.folder = slash == STR_NPOS ? S(".") : str_slice(str_of(path), 0, slash);
    TRY(make_bucket(client, &packing.bucket));
    JSON_EACH_MEMBER (m, json_get(*out_template, "Resources"))
        TRY(pack_resource(&packing, m->value));
    return OK;
}

// ================================================================ the stack

static struct xml *result_of(struct xml *reply, const char *name)
{
    return reply ? xml_child(reply, name) : NULL;
}

static enum err describe(struct client *client, struct str stack, struct str *out_status,
                         struct str *out_reason)
{
    struct json *form = json_set_str(client->arena, json_object(client->arena), "StackName", stack);
    struct xml *reply;
    TRY(client_query(client, "cloudformation", CLOUDFORMATION, "DescribeStacks", form, &reply));
    struct xml *member =
        xml_child(xml_child(result_of(reply, "DescribeStacksResult"), "Stacks"), "member");
    *out_status = xml_child_text(member, "StackStatus");
    *out_reason = xml_child_text(member, "StackStatusReason");
    return OK;
}

// Tells of everything that happened, oldest first (the service lists the newest first), and finds
// what failed first.
static enum err tell_events(struct client *client, const struct deployment *d,
                            struct str *out_failure)
{
    struct json *form =
        json_set_str(client->arena, json_object(client->arena), "StackName", str_of(d->stack_name));
    struct xml *reply;
    *out_failure = STR_NONE;
    TRY(client_query(client, "cloudformation", CLOUDFORMATION, "DescribeStackEvents", form,
                     &reply));
    struct xml *events = xml_child(result_of(reply, "DescribeStackEventsResult"), "StackEvents");
    for (size_t i = events ? events->count : 0; i-- > 0;) {
        struct xml *event = events->children[i];
        struct str status = xml_child_text(event, "ResourceStatus"),
                   id = xml_child_text(event, "LogicalResourceId"),
                   reason = xml_child_text(event, "ResourceStatusReason");
        if (!out_failure->ptr && str_ends(status, S("_FAILED")) && reason.len)
            *out_failure = str_format(client->arena, "%.*s: %.*s", STR_ARG(id), STR_ARG(reason));
        if (d->say && !str_ends(status, S("_IN_PROGRESS")))
            d->say(d->context, id, xml_child_text(event, "ResourceType"), status, reason);
    }
    return OK;
}

static enum err wait_for_stack(struct client *client, const struct deployment *d)
{
    struct str status, reason, failure;
    for (int64_t wait_ms = 5;; wait_ms = wait_ms < 250 ? wait_ms * 2 : 250) {
        TRY(describe(client, str_of(d->stack_name), &status, &reason));
        if (!str_ends(status, S("_IN_PROGRESS")))
            break;
        pause_ms(wait_ms);
    }
    TRY(tell_events(client, d, &failure));
    if (str_is(status, "CREATE_COMPLETE") || str_is(status, "UPDATE_COMPLETE"))
        return OK;
    client->code = status;
    return error_set(&client->error, ERR_CODED, "the stack %s was not deployed: %.*s",
                     d->stack_name, STR_ARG(failure.len ? failure : reason));
}

static struct json *stack_form(struct client *client, const struct deployment *d,
                               const struct json *template)
{
    struct arena *arena = client->arena;
    struct json *form = json_object(arena);
    json_set_str(arena, form, "StackName", str_of(d->stack_name));
    json_set_str(arena, form, "TemplateBody", json_text(arena, template));
    json_set_str(arena, form, "Capabilities.member.1", S("CAPABILITY_NAMED_IAM"));
    int n = 1;
    JSON_EACH_MEMBER (m, d->parameters) {
        json_set_named(arena, form, str_format(arena, "Parameters.member.%d.ParameterKey", n),
                       json_string(arena, m->name));
        json_set_named(arena, form, str_format(arena, "Parameters.member.%d.ParameterValue", n),
                       m->value);
        n++;
    }
    return form;
}

enum err deploy_run(struct client *client, const struct deployment *d, bool *out_changed)
{
    struct json *template;
    struct str status, reason;
    struct xml *reply;
    *out_changed = true;
    TRY(pack_template(client, d->template_path, &template));
    bool exists = describe(client, str_of(d->stack_name), &status, &reason) == OK;
    if (!exists && client->error.kind != ERR_CODED)
        return client->error.kind;
    enum err err = client_query(client, "cloudformation", CLOUDFORMATION,
                                exists ? "UpdateStack" : "CreateStack",
                                stack_form(client, d, template), &reply);
    if (err == ERR_CODED && exists &&
        str_contains(str_of(client->error.text), S("No updates are to be performed"))) {
        *out_changed = false;
        return OK;
    }
    TRY(err);
    return wait_for_stack(client, d);
}

// ================================================================ the command

struct str guidance_template(struct arena *arena)
{
    static const char *const PLACES[] = {"pipelines/guidance/template.yaml",
                                         "../share/tarn/pipelines/guidance/template.yaml"};
    struct str self = process_self_path(arena);
    struct str folder = str_slice(self, 0, str_rfind_char(self, '/'));
    for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
        struct str path = str_format(arena, "%.*s/%s", STR_ARG(folder), PLACES[i]);
        if (file_exists(str_cstr(arena, path)))
            return path;
    }
    return STR_NONE;
}

static void print_event(void *context, struct str logical_id, struct str type, struct str status,
                        struct str reason)
{
    (void)context;
    printf("%-28.*s  %-36.*s  %.*s%s%.*s\n", STR_ARG(status), STR_ARG(type), STR_ARG(logical_id),
           reason.len ? "  " : "", STR_ARG(reason));
}

static bool parse_parameters(struct arena *arena, const char *text, struct json **out)
{
    *out = json_object(arena);
    for (struct str part, rest = str_of(text); text && str_cut(&rest, ',', &part);) {
        struct str name, value = part;
        if (!str_cut(&value, '=', &name) || !value.ptr || !name.len) {
            cli_fail("deploy: --parameters is NAME=VALUE,..., not %s", text);
            return false;
        }
        json_set_named(arena, *out, name, json_string(arena, value));
    }
    return true;
}

static int run(struct arena *arena, const struct client_options *options,
               const struct deployment *d)
{
    struct client client;
    bool changed;
    enum err err = client_open(arena, options, &client);
    if (err == OK)
        err = deploy_run(&client, d, &changed);
    int status = err == OK ? CLI_DONE : client_explain(&client);
    if (err == OK)
        printf(changed ? "%s is deployed.\n" : "%s is up to date: nothing to change.\n",
               d->stack_name);
    client_close(&client);
    return status;
}

int deploy_main(int argc, char **argv)
{
    struct client_options options = {0};
    struct deployment d = {.stack_name = "lake", .say = print_event};
    const char *parameters = NULL;
    struct json *parsed;
    int rest, status = CLI_USAGE;
    const struct option_row rows[] = {
        CLIENT_OPTION_ROWS(&options),
        {"--stack", NULL, OPTION_TEXT, &d.stack_name},
        {"--parameters", NULL, OPTION_TEXT, &parameters},
        {0},
    };
    if (!cli_options("deploy", rows, argc, argv, &rest))
        return CLI_USAGE;
    struct arena arena;
    arena_init(&arena);
    struct str own = guidance_template(&arena);
    if (argc - rest > 1)
        cli_fail("deploy: one template; see tarn deploy --help");
    else if (argc == rest && !own.len)
        status =
            cli_fail("deploy: the reference template is not beside this program; name a template");
    else if (parse_parameters(&arena, parameters, &parsed)) {
        d.parameters = parsed;
        d.template_path = argc > rest ? argv[rest] : str_cstr(&arena, own);
        status = run(&arena, &options, &d);
    }
    arena_deinit(&arena);
    return status;
}
