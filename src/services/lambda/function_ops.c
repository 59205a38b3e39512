// SPDX-License-Identifier: Apache-2.0
// Making, changing, showing and removing functions.
//
// A package is checked and its bytes made a blob of ours before anything is written; replacing one
// drops the old blob in the same transaction, unless a published version still has it (versions
// share the blob by a link of their own).
#include "services/lambda/lambda.h"

#include "base/digest.h"
#include "base/encode.h"
#include "lake/credentials.h"
#include "services/lambda/code.h"
#include "services/lambda/runtimes.h"

#include <stdio.h>
#include <string.h>

#define ENVIRONMENT_BYTES_MAX 4096
#define PAGE_DEFAULT 50
#define DOWNLOAD_MS ((int64_t)10 * 60 * 1000) // as AWS: the location is valid for ten minutes

// --- code

struct code {
    struct blob blob;
    struct str sha256_hex, sha256_base64;
    uint64_t size;
};

static enum err zip_from_s3(struct call *call, const struct json *in, struct str *out_zip)
{
    struct json *ask = json_object(call->arena), *object;
    struct blob blob;
    if (json_str(in, "S3ObjectVersion").len)
        FAIL(call, LAMBDA_INVALID, "S3ObjectVersion: buckets have no versions here");
    json_set(call->arena, ask, "Bucket", json_get(in, "S3Bucket"));
    json_set(call->arena, ask, "Key", json_get(in, "S3Key"));
    enum err err = call_operation(call, "s3", "OpenObject", ask, &object);
    if (err == ERR_CODED) {
        struct str why = str_of(str_cstr(call->arena, str_of(call->error.text)));
        const char *code = call->code->code;
        FAIL(call, LAMBDA_INVALID,
             "Error occurred while GetObject. S3 Error Code: %s. S3 Error Message: %.*s", code,
             STR_ARG(why));
    }
    TRY(err);
    TRY(blob_from_json(json_get(object, "Blob"), &blob));
    if (blob.size_bytes > CODE_ZIP_BYTES_MAX)
        FAIL(call, LAMBDA_INVALID, "Unzipped size must be smaller than %llu bytes",
             (unsigned long long)CODE_UNPACKED_BYTES_MAX);
    return blob_read_all(call->tx, &blob, call->arena, CODE_ZIP_BYTES_MAX, out_zip, &call->error);
}

static enum err zip_of(struct call *call, const struct json *in, struct str *out_zip)
{
    if (json_str(in, "ImageUri").len)
        FAIL(call, LAMBDA_INVALID,
             "ImageUri: container images are not supported; give a zip (ZipFile, or S3Bucket and "
             "S3Key).");
    if (json_has(in, "ZipFile"))
        return base64_decode(call->arena, json_str(in, "ZipFile"), out_zip);
    if (json_str(in, "S3Bucket").len && json_str(in, "S3Key").len)
        return zip_from_s3(call, in, out_zip);
    FAIL(call, LAMBDA_INVALID, "Please provide a source for function code.");
}

static enum err code_take(struct call *call, const struct json *in, struct code *out)
{
    struct str zip;
    uint8_t digest[DIGEST_BYTES_MAX];
    TRY(zip_of(call, in, &zip));
    enum err err = code_check(zip, &call->error);
    if (err == ERR_INVALID || err == ERR_LIMIT) {
        struct str why = str_of(str_cstr(call->arena, str_of(call->error.text)));
        FAIL(call, LAMBDA_INVALID, "%.*s", STR_ARG(why));
    }
    TRY(err);
    size_t len = digest_of(DIGEST_SHA256, zip, digest);
    out->sha256_hex = hex_encode(call->arena, str_n((const char *)digest, len));
    out->sha256_base64 = base64_encode(call->arena, str_n((const char *)digest, len));
    out->size = zip.len;
    return blob_of_bytes(tx_store(call->tx), call->arena, zip, &out->blob, &call->error);
}

struct prefetch {
    struct engine *engine;
    struct blob blob;
    char sha256_hex[72];
};

static void prefetch(void *context)
{
    struct prefetch *prefetch = context;
    engine_prefetch(prefetch->engine, str_of(prefetch->sha256_hex), &prefetch->blob);
}

// Into the row; unpacked ahead after the commit.
static enum err code_put(struct call *call, struct json *row, const struct code *code)
{
    struct lambda *lambda = call_state(call);
    struct json *config = json_get(row, "config");
    struct blob old;
    if (json_has(row, "code") && blob_from_json(json_get(row, "code"), &old) == OK)
        TRY(tx_blob_drop(call->tx, &old));
    TRY(tx_blob_keep(call->tx, &code->blob));
    json_set(call->arena, row, "code", blob_to_json(call->arena, &code->blob));
    json_set_str(call->arena, row, "sha256", code->sha256_hex);
    json_set_str(call->arena, config, "CodeSha256", code->sha256_base64);
    json_set_i64(call->arena, config, "CodeSize", (int64_t)code->size);
    struct prefetch after = {.engine = lambda->engine, .blob = code->blob};
    snprintf(after.sha256_hex, sizeof after.sha256_hex, "%.*s", STR_ARG(code->sha256_hex));
    tx_after_commit(call->tx, prefetch, &after, sizeof after);
    return OK;
}

// --- configuration

static bool variable_name_ok(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '_')))
            return false;
    }
    return name.len >= 2;
}

static bool variable_is_reserved(struct str name)
{
    static const char *const RESERVED[] = {"_HANDLER",
                                           "_X_AMZN_TRACE_ID",
                                           "AWS_DEFAULT_REGION",
                                           "AWS_REGION",
                                           "AWS_EXECUTION_ENV",
                                           "AWS_LAMBDA_FUNCTION_NAME",
                                           "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                                           "AWS_LAMBDA_FUNCTION_VERSION",
                                           "AWS_LAMBDA_INITIALIZATION_TYPE",
                                           "AWS_LAMBDA_LOG_GROUP_NAME",
                                           "AWS_LAMBDA_LOG_STREAM_NAME",
                                           "AWS_ACCESS_KEY",
                                           "AWS_ACCESS_KEY_ID",
                                           "AWS_SECRET_ACCESS_KEY",
                                           "AWS_SESSION_TOKEN",
                                           "AWS_LAMBDA_RUNTIME_API",
                                           "LAMBDA_TASK_ROOT",
                                           "LAMBDA_RUNTIME_DIR",
                                           NULL};
    for (const char *const *reserved = RESERVED; *reserved; reserved++)
        if (str_is(name, *reserved))
            return true;
    return false;
}

static enum err check_environment(struct call *call, const struct json *variables)
{
    size_t bytes = 0;
    JSON_EACH_MEMBER (m, variables) {
        if (variable_is_reserved(m->name))
            FAIL(call, LAMBDA_INVALID,
                 "Lambda was unable to configure your environment variables because the "
                 "environment variables you have "
                 "provided contains reserved keys that are currently not supported for "
                 "modification. Reserved keys used "
                 "in this request: %.*s",
                 STR_ARG(m->name));
        if (!variable_name_ok(m->name))
            FAIL(call, LAMBDA_INVALID,
                 "1 validation error detected: Value at 'environment.variables' failed to satisfy "
                 "constraint: Map keys must "
                 "satisfy constraint: [Member must satisfy regular expression pattern: "
                 "[a-zA-Z]([a-zA-Z0-9_])+]");
        bytes += m->name.len + json_as_str(m->value).len;
    }
    if (bytes > ENVIRONMENT_BYTES_MAX)
        FAIL(call, LAMBDA_INVALID,
             "Lambda was unable to configure your environment variables because the environment "
             "variables you have provided "
             "exceeded the 4KB limit. String measured: %s",
             str_cstr(call->arena, json_text(call->arena, variables)));
    return OK;
}

static enum err check_runtime(struct call *call, struct str runtime)
{
    struct error error = {0};
    if (!runtime_is_known(runtime))
        FAIL(call, LAMBDA_INVALID,
             "Value %.*s at 'runtime' failed to satisfy constraint: Member must satisfy enum value "
             "set: [provided, "
             "provided.al2, provided.al2023, python3.x, nodejsNN.x] or be a valid ARN",
             STR_ARG(runtime));
    if (engine_runtime_check(runtime, &error) != OK)
        FAIL(call, LAMBDA_INVALID, "%s", error.text);
    return OK;
}

static enum err check_dead_letter(struct call *call, const struct json *in)
{
    struct arn arn;
    struct str target = json_str(json_get(in, "DeadLetterConfig"), "TargetArn");
    if (target.len && (!arn_parse(target, &arn) || !str_is(arn.service, "sqs")))
        FAIL(call, LAMBDA_INVALID,
             "DeadLetterConfig: %.*s is not the ARN of an SQS queue (topics are not supported)",
             STR_ARG(target));
    return OK;
}

// What both creation and update set.
static enum err configure(struct call *call, const struct json *in, struct json *config)
{
    static const char *const PLAIN[] = {
        "Role",    "Handler",          "Description", "Timeout",          "MemorySize",
        "Runtime", "DeadLetterConfig", "KMSKeyArn",   "EphemeralStorage", "LoggingConfig"};
    if (json_count(json_get(in, "Layers")))
        FAIL(call, LAMBDA_INVALID,
             "Layers are not supported: put their contents into the package.");
    if (json_count(json_get(in, "FileSystemConfigs")))
        FAIL(call, LAMBDA_INVALID, "FileSystemConfigs are not supported.");
    if (json_has(in, "Runtime"))
        TRY(check_runtime(call, json_str(in, "Runtime")));
    TRY(check_dead_letter(call, in));
    for (size_t i = 0; i < sizeof PLAIN / sizeof *PLAIN; i++)
        json_set(call->arena, config, PLAIN[i], json_get(in, PLAIN[i]));
    const struct json *environment = json_get(in, "Environment");
    if (environment) {
        TRY(check_environment(call, json_get(environment, "Variables")));
        if (json_count(json_get(environment, "Variables")))
            json_set(call->arena, config, "Environment", (struct json *)environment);
        else
            json_remove(config, S("Environment"));
    }
    const struct json *tracing = json_get(in, "TracingConfig");
    if (tracing)
        json_set(call->arena, config, "TracingConfig", (struct json *)tracing);
    return OK;
}

static struct json *default_config(struct call *call, struct str name)
{
    struct arena *arena = call->arena;
    struct json *config = json_object(arena);
    json_set_str(arena, config, "FunctionName", str_dup(arena, name));
    json_set_str(arena, config, "FunctionArn", function_arn(call, name, STR_NONE));
    json_set_str(arena, config, "Description", S(""));
    json_set_i64(arena, config, "Timeout", 3);
    json_set_i64(arena, config, "MemorySize", 128);
    json_set_str(arena, config, "Version", S("$LATEST"));
    json_set_str(arena, config, "PackageType", S("Zip"));
    json_set(arena, config, "TracingConfig",
             json_set_str(arena, json_object(arena), "Mode", S("PassThrough")));
    json_set(arena, config, "EphemeralStorage",
             json_set_i64(arena, json_object(arena), "Size", 512));
    json_set(arena, config, "Architectures",
             json_push(arena, json_array(arena), json_string(arena, S("x86_64"))));
    struct json *snap = json_set_str(arena, json_object(arena), "ApplyOn", S("None"));
    json_set(arena, config, "SnapStart", json_set_str(arena, snap, "OptimizationStatus", S("Off")));
    struct json *logging = json_set_str(arena, json_object(arena), "LogFormat", S("Text"));
    json_set_str(arena, logging, "LogGroup", str_format(arena, "/aws/lambda/%.*s", STR_ARG(name)));
    json_set(arena, config, "LoggingConfig", logging);
    return config;
}

static enum err check_new(struct call *call, const struct json *in, const struct function_ref *ref)
{
    struct key key;
    struct str existing;
    if (str_is(json_str(in, "PackageType"), "Image"))
        FAIL(call, LAMBDA_INVALID,
             "PackageType Image is not supported: container images do not run here; give a zip.");
    if (!json_has(in, "Runtime"))
        FAIL(call, LAMBDA_INVALID, "Runtime is mandatory parameter for ZIP package type.");
    if (!json_has(in, "Handler"))
        FAIL(call, LAMBDA_INVALID, "Handler is mandatory parameter for ZIP package type.");
    enum err err = tx_lock(call->tx, function_key(call, &key, ref->name), call->arena, &existing);
    if (err == OK)
        FAIL(call, LAMBDA_CONFLICT, "Function already exist: %.*s", STR_ARG(ref->name));
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err lambda_create_function(struct call *call, const struct json *in, struct json **out)
{
    struct function_ref ref;
    struct code code;
    struct json *row = json_object(call->arena), *version;
    TRY(function_ref_parse(call, in, &ref));
    if (ref.qualifier.len || !str_eq(ref.region, call->region))
        FAIL(call, LAMBDA_INVALID,
             "FunctionName names a new function: neither a version nor another region's");
    TRY(check_new(call, in, &ref));
    struct json *config = default_config(call, ref.name);
    json_set(call->arena, row, "config", config);
    TRY(configure(call, in, config));
    json_set(call->arena, config, "Architectures", json_get(in, "Architectures"));
    TRY(code_take(call, json_get(in, "Code"), &code));
    TRY(code_put(call, row, &code));
    json_set(call->arena, row, "tags",
             json_has(in, "Tags") ? json_get(in, "Tags") : json_object(call->arena));
    json_set_i64(call->arena, row, "next_version", 1);
    function_touch(call, config);
    *out = function_configuration(call, row);
    if (json_bool_or(in, "Publish", false)) {
        TRY(version_publish(call, ref.name, row, STR_NONE, &version));
        *out = function_configuration(call, version);
    }
    call->reply_status = 201;
    return function_put(call, ref.name, row);
}

enum err lambda_update_function_code(struct call *call, const struct json *in, struct json **out)
{
    struct function_ref ref;
    struct code code;
    struct json *row, *version;
    TRY(function_ref_parse(call, in, &ref));
    TRY(function_lock(call, ref.name, &row));
    TRY(function_check_revision(call, in, row));
    TRY(code_take(call, in, &code));
    struct json *config = json_get(row, "config");
    if (json_bool_or(in, "DryRun", false)) {
        *out = function_configuration(call, row);
        json_set_str(call->arena, *out, "CodeSha256", code.sha256_base64);
        json_set_i64(call->arena, *out, "CodeSize", (int64_t)code.size);
        return OK;
    }
    TRY(code_put(call, row, &code));
    json_set(call->arena, config, "Architectures", json_get(in, "Architectures"));
    function_touch(call, config);
    *out = function_configuration(call, row);
    if (json_bool_or(in, "Publish", false)) {
        TRY(version_publish(call, ref.name, row, STR_NONE, &version));
        *out = function_configuration(call, version);
    }
    function_changed(call, ref.name);
    return function_put(call, ref.name, row);
}

enum err lambda_update_function_configuration(struct call *call, const struct json *in,
                                              struct json **out)
{
    struct function_ref ref;
    struct json *row;
    TRY(function_ref_parse(call, in, &ref));
    TRY(function_lock(call, ref.name, &row));
    TRY(function_check_revision(call, in, row));
    struct json *config = json_get(row, "config");
    TRY(configure(call, in, config));
    function_touch(call, config);
    *out = function_configuration(call, row);
    function_changed(call, ref.name);
    return function_put(call, ref.name, row);
}

// --- showing

// Who has this token may download that package until then.
static struct str download_token(struct call *call, struct str sha256_hex, int64_t expires_ms)
{
    uint8_t mac[32];
    struct str text = str_format(call->arena, "lambda-code:%.*s:%lld", STR_ARG(sha256_hex),
                                 (long long)expires_ms);
    hmac_sha256(credential_root(call->lake)->secret_key, text, mac);
    return hex_encode(call->arena, str_n((const char *)mac, sizeof mac));
}

static struct str download_url(struct call *call, const struct json *row)
{
    int64_t expires_ms = call->now_ms + DOWNLOAD_MS;
    struct str version = json_str(json_get(row, "config"), "Version");
    return str_format(
        call->arena,
        "%.*s/2015-03-31/functions/%.*s/code-archive?Qualifier=%.*s&Expires=%lld&Token=%.*s",
        STR_ARG(call->base_url), STR_ARG(json_str(json_get(row, "config"), "FunctionName")),
        STR_ARG(version), (long long)expires_ms,
        STR_ARG(download_token(call, json_str(row, "sha256"), expires_ms)));
}

enum err lambda_get_function(struct call *call, const struct json *in, struct json **out)
{
    struct function_ref ref;
    struct json *row, *main_row;
    TRY(function_ref_parse(call, in, &ref));
    TRY(function_resolve(call, &ref, &row));
    TRY(function_get(call, ref.name, &main_row));
    struct arena *arena = call->arena;
    struct json *code = json_object(arena), *reply = json_object(arena);
    json_set(arena, reply, "Configuration", function_configuration(call, row));
    json_set_str(arena, code, "RepositoryType", S("S3"));
    json_set_str(arena, code, "Location", download_url(call, row));
    json_set(arena, reply, "Code", code);
    if (json_count(json_get(main_row, "tags")))
        json_set(arena, reply, "Tags", json_get(main_row, "tags"));
    if (json_has(main_row, "reserved"))
        json_set(arena, reply, "Concurrency",
                 json_set(arena, json_object(arena), "ReservedConcurrentExecutions",
                          json_get(main_row, "reserved")));
    *out = reply;
    return OK;
}

enum err lambda_download_code(struct call *call, const struct json *in, struct json **out)
{
    struct function_ref ref;
    struct json *row;
    struct blob code;
    int64_t expires_ms = json_i64_or(in, "Expires", 0);
    (void)out;
    TRY(function_ref_parse(call, in, &ref));
    TRY(function_resolve(call, &ref, &row));
    struct str expected = download_token(call, json_str(row, "sha256"), expires_ms),
               given = json_str(in, "Token");
    if (expires_ms < call->now_ms || given.len != expected.len ||
        !bytes_equal_const_time(given.ptr, expected.ptr, given.len))
        FAIL(call, LAMBDA_NOT_FOUND,
             "This location of the code has expired: ask GetFunction for a new one.");
    TRY(blob_from_json(json_get(row, "code"), &code));
    TRY(blob_reader_open(call->tx, &code, &call->reply_body.reader, &call->error));
    call->reply_body.present = true;
    call->reply_body.length = code.size_bytes;
    call_reply_header(call, "Content-Type", S("application/zip"));
    return OK;
}

enum err lambda_get_function_configuration(struct call *call, const struct json *in,
                                           struct json **out)
{
    struct function_ref ref;
    struct json *row;
    TRY(function_ref_parse(call, in, &ref));
    TRY(function_resolve(call, &ref, &row));
    *out = function_configuration(call, row);
    return OK;
}

enum err lambda_list_functions(struct call *call, const struct json *in, struct json **out)
{
    struct key prefix, from;
    struct str position, key_text, value;
    TRY(marker_position(call, in, &position));
    int64_t left = json_i64_or(in, "MaxItems", PAGE_DEFAULT);
    struct json *functions = json_array(call->arena), *row;
    key_str(key_start(&prefix, KEYSPACE_LAMBDA_FUNCTION), call->region);
    struct scan *scan = scan_open(call->tx, &prefix,
                                  position.len ? function_key(call, &from, position) : NULL, false);
    enum err err;
    *out = json_set(call->arena, json_object(call->arena), "Functions", functions);
    while ((err = scan_next(scan, &key_text, &value)) == OK) {
        err = json_parse(call->arena, str_dup(call->arena, value), &row, &call->error);
        if (err != OK)
            break;
        if (left-- == 0) {
            json_set_str(call->arena, *out, "NextMarker",
                         page_token(call, json_str(json_get(row, "config"), "FunctionName")));
            break;
        }
        json_push(call->arena, functions, function_configuration(call, row));
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

// --- removing

enum err lambda_delete_function(struct call *call, const struct json *in, struct json **out)
{
    struct function_ref ref;
    struct json *row;
    struct blob code;
    struct key key;
    uint64_t version;
    (void)out;
    TRY(function_ref_parse(call, in, &ref));
    TRY(function_lock(call, ref.name, &row));
    if (str_is(ref.qualifier, "$LATEST"))
        FAIL(call, LAMBDA_INVALID,
             "$LATEST version cannot be deleted without deleting the function.");
    call->reply_status = 204;
    if (ref.qualifier.len) {
        TRY(function_resolve(call, &ref, &row));
        if (!str_to_u64(ref.qualifier, &version))
            FAIL(call, LAMBDA_INVALID, "Deletion of aliases is not currently supported.");
        version_key(call, &key, ref.name, version);
    } else {
        TRY(versions_delete_all(call, ref.name));
        TRY(policies_delete_all(call, ref.name));
        TRY(invoke_configs_delete_all(call, ref.name));
        function_key(call, &key, ref.name);
        function_changed(call, ref.name);
    }
    TRY(blob_from_json(json_get(row, "code"), &code));
    TRY(tx_blob_drop(call->tx, &code));
    return tx_delete(call->tx, &key);
}
