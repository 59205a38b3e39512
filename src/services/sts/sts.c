// SPDX-License-Identifier: Apache-2.0
// STS: who am I, and credentials for a while.
//
// A role is taken by making a temporary credential whose principal is the role's session
// (arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION). Source: STS API Reference.
#include "lake/credentials.h"

#include "base/timefmt.h"
#include "lake/errors.h"

static const struct error_code VALIDATION_ERROR = {"ValidationError", 400, NULL};

#define SESSION_SECONDS_DEFAULT 3600
#define SESSION_TOKEN_SECONDS_DEFAULT 43200

static const struct shape ROLE_ARN = SHAPE_STRING(20, 2048, NULL);
static const struct shape SESSION_NAME = SHAPE_STRING(2, 64, "[a-zA-Z0-9_+=,.@-]*");
static const struct shape DURATION = SHAPE_INTEGER(900, 43200);
static const struct shape TOKEN_DURATION = SHAPE_INTEGER(900, 129600);
static const struct field ASSUME_FIELDS[] = {
    {"RoleArn", &ROLE_ARN, FIELD_REQUIRED},   {"RoleSessionName", &SESSION_NAME, FIELD_REQUIRED},
    {"DurationSeconds", &DURATION},           {"ExternalId", &ANY_STRING, FIELD_IGNORED},
    {"Tags", &ANY_JSON, FIELD_IGNORED},       {"Policy", &ANY_STRING, FIELD_REFUSED},
    {"PolicyArns", &ANY_JSON, FIELD_REFUSED}, {0},
};
static const struct shape ASSUME_INPUT = SHAPE_STRUCT(ASSUME_FIELDS);
static const struct field TOKEN_FIELDS[] = {{"DurationSeconds", &TOKEN_DURATION}, {0}};
static const struct shape TOKEN_INPUT = SHAPE_STRUCT(TOKEN_FIELDS);

static const struct field CREDENTIAL_FIELDS[] = {
    {"AccessKeyId", &ANY_STRING},
    {"SecretAccessKey", &ANY_STRING, FIELD_SECRET},
    {"SessionToken", &ANY_STRING, FIELD_SECRET},
    {"Expiration", &ANY_TIMESTAMP},
    {0},
};
static const struct shape CREDENTIALS = SHAPE_STRUCT(CREDENTIAL_FIELDS);
static const struct field ASSUMED_USER_FIELDS[] = {
    {"AssumedRoleId", &ANY_STRING}, {"Arn", &ANY_STRING}, {0}};
static const struct shape ASSUMED_USER = SHAPE_STRUCT(ASSUMED_USER_FIELDS);
static const struct field OUTPUT_FIELDS[] = {
    {"Credentials", &CREDENTIALS}, {"AssumedRoleUser", &ASSUMED_USER},
    {"UserId", &ANY_STRING},       {"Account", &ANY_STRING},
    {"Arn", &ANY_STRING},          {0},
};
static const struct shape OUTPUT = SHAPE_STRUCT(OUTPUT_FIELDS);

static struct json *credentials_json(struct call *call, const struct credential *made)
{
    struct json *json = json_object(call->arena);
    json_set_str(call->arena, json, "AccessKeyId", made->access_key);
    json_set_str(call->arena, json, "SecretAccessKey", made->secret_key);
    json_set_str(call->arena, json, "SessionToken", made->session_token);
    return json_set(call->arena, json, "Expiration", time_json(call->arena, made->expires_ms));
}

static enum err get_caller_identity(struct call *call, const struct json *in, struct json **out)
{
    (void)in;
    *out = json_object(call->arena);
    json_set_str(call->arena, *out, "UserId", call->principal->user_id);
    json_set_str(call->arena, *out, "Account", call->account);
    json_set_str(call->arena, *out, "Arn", call->principal->arn);
    return OK;
}

static enum err assume_role(struct call *call, const struct json *in, struct json **out)
{
    struct arena *arena = call->arena;
    struct str role_arn = json_str(in, "RoleArn"), session = json_str(in, "RoleSessionName");
    struct arn parts;
    if (!arn_parse(role_arn, &parts) || !str_is(parts.service, "iam") ||
        !str_starts(parts.resource, S("role/")))
        FAIL(call, VALIDATION_ERROR, "%.*s is invalid", STR_ARG(role_arn));
    struct str name = str_from(parts.resource, str_rfind_char(parts.resource, '/') + 1);
    struct json *reply, *ask = json_set_str(arena, json_object(arena), "RoleName", name);
    if (call_operation(call, "iam", "GetRole", ask, &reply) != OK)
        FAIL(call, ACCESS_DENIED_XML,
             "User: %.*s is not authorized to perform: sts:AssumeRole on resource: %.*s",
             STR_ARG(call->principal->arn), STR_ARG(role_arn));
    const struct json *role = json_get(reply, "Role");
    int64_t seconds = json_i64_or(in, "DurationSeconds", SESSION_SECONDS_DEFAULT);
    if (seconds > json_i64_or(role, "MaxSessionDuration", SESSION_SECONDS_DEFAULT))
        FAIL(call, VALIDATION_ERROR,
             "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");

    struct principal principal = {
        .kind = PRINCIPAL_ROLE,
        .arn = str_format(arena, "arn:aws:sts::%.*s:assumed-role/%.*s/%.*s", STR_ARG(call->account),
                          STR_ARG(name), STR_ARG(session)),
        .role_arn = json_str(role, "Arn"),
        .user_id =
            str_format(arena, "%.*s:%.*s", STR_ARG(json_str(role, "RoleId")), STR_ARG(session)),
    };
    struct credential made;
    TRY(credential_create(call, &principal, seconds * 1000, &made));
    struct json *user = json_object(arena);
    json_set_str(arena, user, "AssumedRoleId", principal.user_id);
    json_set_str(arena, user, "Arn", principal.arn);
    *out = json_object(arena);
    json_set(arena, *out, "Credentials", credentials_json(call, &made));
    json_set(arena, *out, "AssumedRoleUser", user);
    return OK;
}

static enum err get_session_token(struct call *call, const struct json *in, struct json **out)
{
    int64_t seconds = json_i64_or(in, "DurationSeconds", SESSION_TOKEN_SECONDS_DEFAULT);
    struct credential made;
    TRY(credential_create(call, call->principal, seconds * 1000, &made));
    *out = json_set(call->arena, json_object(call->arena), "Credentials",
                    credentials_json(call, &made));
    return OK;
}

static const struct op OPS[] = {
    {.name = "GetCallerIdentity",
     .handler = get_caller_identity,
     .kind = OP_READ,
     .output = &OUTPUT,
     .summary = "Say who signed the request"},
    {.name = "AssumeRole",
     .handler = assume_role,
     .kind = OP_WRITE,
     .input = &ASSUME_INPUT,
     .output = &OUTPUT,
     .summary = "Give temporary credentials of a role"},
    {.name = "GetSessionToken",
     .handler = get_session_token,
     .kind = OP_WRITE,
     .input = &TOKEN_INPUT,
     .output = &OUTPUT,
     .summary = "Give temporary credentials of the caller"},
    {0},
};
static const char *const KNOWN[] = {
    "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot", "DecodeAuthorizationMessage",
    "GetAccessKeyInfo",   "GetFederationToken",        NULL};

const struct service STS_SERVICE = {
    .name = "sts",
    .title = "AWS Security Token Service",
    .signing_name = "sts",
    .api_version = "2011-06-15",
    .xml_namespace = "https://sts.amazonaws.com/doc/2011-06-15/",
    .protocols = PROTOCOL_QUERY,
    .ops = OPS,
    .known = KNOWN,
    .validation_error = &VALIDATION_ERROR,
};
