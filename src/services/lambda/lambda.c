// SPDX-License-Identifier: Apache-2.0
// AWS Lambda: the table of operations and their inputs. Source: AWS Lambda API Reference; routes
// are AWS's.
#include "services/lambda/lambda.h"

#include "services/lambda/code.h"
#include "services/lambda/poller.h"

#include <stdlib.h>

#define LAMBDA_ERROR_DEFINE(name, code, status) const struct error_code name = {code, status, NULL};
LAMBDA_ERRORS(LAMBDA_ERROR_DEFINE)

// --- shapes

static const char *const PACKAGE_TYPES[] = {"Zip", "Image", NULL};
static const char *const ARCHITECTURE_NAMES[] = {"x86_64", "arm64", NULL};
static const char *const INVOCATION_TYPES[] = {"Event", "RequestResponse", "DryRun", NULL};
static const char *const LOG_TYPES[] = {"None", "Tail", NULL};
static const char *const RESPONSE_TYPES[] = {"ReportBatchItemFailures", NULL};

// Names are parsed by function.c, which knows all their forms, and quickly, as Invoke has one.
static const struct shape NAME = SHAPE_STRING(1, 170, NULL);
static const struct shape NEW_NAME = SHAPE_STRING(1, 140, NULL);
static const struct shape QUALIFIER = SHAPE_STRING(1, 128, NULL);
static const struct shape ROLE =
    SHAPE_STRING(1, 512, "arn:(aws[a-zA-Z-]*)?:iam::[0-9]{12}:role/?[a-zA-Z_0-9+=,.@/-]+");
static const struct shape HANDLER = SHAPE_STRING(0, 128, "[^\\s]*");
static const struct shape DESCRIPTION = SHAPE_STRING(0, 256, NULL);
static const struct shape TIMEOUT = SHAPE_INTEGER(1, 900);
static const struct shape MEMORY = SHAPE_INTEGER(128, 10240);
static const struct shape PACKAGE_TYPE = SHAPE_ENUM(PACKAGE_TYPES);
static const struct shape ARCHITECTURE = SHAPE_ENUM(ARCHITECTURE_NAMES);
static const struct shape ARCHITECTURES = SHAPE_LIST(&ARCHITECTURE, 1, 1);
static const struct shape INVOCATION_TYPE = SHAPE_ENUM(INVOCATION_TYPES);
static const struct shape LOG_TYPE = SHAPE_ENUM(LOG_TYPES);
static const struct shape PAGE_SIZE = SHAPE_INTEGER(1, 10000);
static const struct shape ALIAS_NAME = SHAPE_STRING(1, 128, "[a-zA-Z0-9_-]+");
static const struct shape VERSION = SHAPE_STRING(1, 1024, "(\\$LATEST|[0-9]+)");
static const struct shape STATEMENT_ID = SHAPE_STRING(1, 100, "[a-zA-Z0-9_-]+");
static const struct shape ACTION = SHAPE_STRING(1, 128, "(lambda:[*]|lambda:[a-zA-Z]+|[*])");
static const struct shape PRINCIPAL = SHAPE_STRING(1, 512, "[^\\s]+");
static const struct shape ACCOUNT = SHAPE_STRING(12, 12, "[0-9]{12}");
static const struct shape RESERVED = SHAPE_INTEGER(0, INT32_MAX);
static const struct shape RETRIES = SHAPE_INTEGER(0, 2);
static const struct shape AGE = SHAPE_INTEGER(60, 21600);
static const struct shape BATCH_SIZE = SHAPE_INTEGER(1, 10000);
static const struct shape WINDOW = SHAPE_INTEGER(0, 300);
static const struct shape CONCURRENCY = SHAPE_INTEGER(2, 1000);
static const struct shape TMP_SIZE = SHAPE_INTEGER(512, 10240);
static const struct shape FILTER_PATTERN = SHAPE_STRING(0, 4096, NULL);
static const struct shape RESPONSE_TYPE = SHAPE_ENUM(RESPONSE_TYPES);
static const struct shape RESPONSE_TYPE_LIST = SHAPE_LIST(&RESPONSE_TYPE, 0, 1);

#define STRUCTURE(name, ...)                                                                       \
    static const struct field name##_FIELDS[] = {__VA_ARGS__, {0}};                                \
    static const struct shape name = SHAPE_STRUCT(name##_FIELDS)

STRUCTURE(CODE, {"ZipFile", &ANY_BLOB, FIELD_SECRET}, {"S3Bucket", &ANY_STRING},
          {"S3Key", &ANY_STRING}, {"S3ObjectVersion", &ANY_STRING}, {"ImageUri", &ANY_STRING});
STRUCTURE(ENVIRONMENT, {"Variables", &STRING_MAP, FIELD_SECRET});
STRUCTURE(EPHEMERAL, {"Size", &TMP_SIZE, FIELD_REQUIRED});
STRUCTURE(TRACING, {"Mode", &ANY_STRING});
STRUCTURE(DEAD_LETTERS, {"TargetArn", &ANY_STRING});
STRUCTURE(LOGGING, {"LogFormat", &ANY_STRING}, {"LogGroup", &ANY_STRING},
          {"ApplicationLogLevel", &ANY_STRING}, {"SystemLogLevel", &ANY_STRING});
STRUCTURE(SCALING, {"MaximumConcurrency", &CONCURRENCY});
STRUCTURE(DESTINATION, {"Destination", &ANY_STRING});
STRUCTURE(DESTINATIONS, {"OnSuccess", &DESTINATION}, {"OnFailure", &DESTINATION});

#define FUNCTION                                                                                   \
    {                                                                                              \
        "FunctionName", &NAME, FIELD_REQUIRED, IN_PATH                                             \
    }
#define IN_QUALIFIER                                                                               \
    {                                                                                              \
        "Qualifier", &QUALIFIER, 0, IN_QUERY                                                       \
    }
#define PAGES                                                                                      \
    {"Marker", &ANY_STRING, 0, IN_QUERY},                                                          \
    {                                                                                              \
        "MaxItems", &PAGE_SIZE, 0, IN_QUERY                                                        \
    }
#define CONFIGURATION                                                                              \
    {"Runtime", &ANY_STRING}, {"Handler", &HANDLER}, {"Description", &DESCRIPTION},                \
        {"Timeout", &TIMEOUT}, {"MemorySize", &MEMORY}, {"Environment", &ENVIRONMENT},             \
        {"DeadLetterConfig", &DEAD_LETTERS}, {"TracingConfig", &TRACING},                          \
        {"KMSKeyArn", &ANY_STRING, FIELD_IGNORED}, {"VpcConfig", &ANY_JSON, FIELD_IGNORED},        \
        {"SnapStart", &ANY_JSON, FIELD_IGNORED}, {"Layers", &STRING_LIST},                         \
        {"FileSystemConfigs", &ANY_JSON}, {"ImageConfig", &ANY_JSON, FIELD_REFUSED},               \
        {"EphemeralStorage", &EPHEMERAL},                                                          \
    {                                                                                              \
        "LoggingConfig", &LOGGING                                                                  \
    }

STRUCTURE(CREATE, {"FunctionName", &NEW_NAME, FIELD_REQUIRED}, {"Role", &ROLE, FIELD_REQUIRED},
          {"Code", &CODE, FIELD_REQUIRED}, {"Publish", &ANY_BOOLEAN},
          {"PackageType", &PACKAGE_TYPE}, {"Tags", &STRING_MAP}, {"Architectures", &ARCHITECTURES},
          {"CodeSigningConfigArn", &ANY_STRING, FIELD_REFUSED}, CONFIGURATION);
STRUCTURE(UPDATE_CODE, FUNCTION, {"ZipFile", &ANY_BLOB, FIELD_SECRET}, {"S3Bucket", &ANY_STRING},
          {"S3Key", &ANY_STRING}, {"S3ObjectVersion", &ANY_STRING}, {"ImageUri", &ANY_STRING},
          {"Publish", &ANY_BOOLEAN}, {"DryRun", &ANY_BOOLEAN}, {"RevisionId", &ANY_STRING},
          {"Architectures", &ARCHITECTURES});
STRUCTURE(UPDATE_CONFIGURATION, FUNCTION, {"Role", &ROLE}, {"RevisionId", &ANY_STRING},
          CONFIGURATION);
STRUCTURE(ONE, FUNCTION, IN_QUALIFIER);
STRUCTURE(LIST_FUNCTIONS, {"MasterRegion", &ANY_STRING, FIELD_IGNORED, IN_QUERY},
          {"FunctionVersion", &ANY_STRING, FIELD_IGNORED, IN_QUERY}, PAGES);
STRUCTURE(DOWNLOAD, FUNCTION, IN_QUALIFIER, {"Expires", &ANY_INTEGER, FIELD_REQUIRED, IN_QUERY},
          {"Token", &ANY_STRING, FIELD_REQUIRED, IN_QUERY});
STRUCTURE(PUBLISH, FUNCTION, {"CodeSha256", &ANY_STRING}, {"Description", &DESCRIPTION},
          {"RevisionId", &ANY_STRING});
STRUCTURE(LIST_OF_FUNCTION, FUNCTION, PAGES,
          {"FunctionVersion", &ANY_STRING, FIELD_IGNORED, IN_QUERY});
STRUCTURE(CREATE_ALIAS, FUNCTION, {"Name", &ALIAS_NAME, FIELD_REQUIRED},
          {"FunctionVersion", &VERSION, FIELD_REQUIRED}, {"Description", &DESCRIPTION},
          {"RoutingConfig", &ANY_JSON});
STRUCTURE(UPDATE_ALIAS, FUNCTION, {"Name", &ALIAS_NAME, FIELD_REQUIRED, IN_PATH},
          {"FunctionVersion", &VERSION}, {"Description", &DESCRIPTION},
          {"RoutingConfig", &ANY_JSON}, {"RevisionId", &ANY_STRING});
STRUCTURE(ONE_ALIAS, FUNCTION, {"Name", &ALIAS_NAME, FIELD_REQUIRED, IN_PATH});
STRUCTURE(ADD_PERMISSION, FUNCTION, IN_QUALIFIER, {"StatementId", &STATEMENT_ID, FIELD_REQUIRED},
          {"Action", &ACTION, FIELD_REQUIRED}, {"Principal", &PRINCIPAL, FIELD_REQUIRED},
          {"SourceArn", &ANY_STRING}, {"SourceAccount", &ACCOUNT},
          {"EventSourceToken", &ANY_STRING, FIELD_REFUSED},
          {"RevisionId", &ANY_STRING, FIELD_IGNORED},
          {"PrincipalOrgID", &ANY_STRING, FIELD_REFUSED},
          {"FunctionUrlAuthType", &ANY_STRING, FIELD_REFUSED});
STRUCTURE(REMOVE_PERMISSION, FUNCTION, IN_QUALIFIER,
          {"StatementId", &STATEMENT_ID, FIELD_REQUIRED, IN_PATH},
          {"RevisionId", &ANY_STRING, FIELD_IGNORED, IN_QUERY});
STRUCTURE(PUT_CONCURRENCY, FUNCTION, {"ReservedConcurrentExecutions", &RESERVED, FIELD_REQUIRED});
STRUCTURE(INVOKE_CONFIG, FUNCTION, IN_QUALIFIER, {"MaximumRetryAttempts", &RETRIES},
          {"MaximumEventAgeInSeconds", &AGE}, {"DestinationConfig", &DESTINATIONS});
STRUCTURE(LIST_TAGS, {"Resource", &ANY_STRING, FIELD_REQUIRED, IN_PATH});
STRUCTURE(TAG, {"Resource", &ANY_STRING, FIELD_REQUIRED, IN_PATH},
          {"Tags", &STRING_MAP, FIELD_REQUIRED});
STRUCTURE(UNTAG, {"Resource", &ANY_STRING, FIELD_REQUIRED, IN_PATH},
          {"TagKeys", &STRING_LIST, FIELD_REQUIRED, IN_QUERY, "tagKeys"});
STRUCTURE(INVOKE, FUNCTION, IN_QUALIFIER,
          {"InvocationType", &INVOCATION_TYPE, 0, IN_HEADER, "X-Amz-Invocation-Type"},
          {"LogType", &LOG_TYPE, 0, IN_HEADER, "X-Amz-Log-Type"},
          {"ClientContext", &ANY_STRING, 0, IN_HEADER, "X-Amz-Client-Context"},
          {"Payload", &ANY_BLOB, 0, IN_PAYLOAD});
STRUCTURE(FILTER, {"Pattern", &FILTER_PATTERN});
static const struct shape FILTERS = SHAPE_LIST(&FILTER, 0, 0);
STRUCTURE(FILTER_CRITERIA, {"Filters", &FILTERS});
#define MAPPING_FIELDS                                                                             \
    {"Enabled", &ANY_BOOLEAN}, {"BatchSize", &BATCH_SIZE},                                         \
        {"MaximumBatchingWindowInSeconds", &WINDOW}, {"FilterCriteria", &FILTER_CRITERIA},         \
        {"FunctionResponseTypes", &RESPONSE_TYPE_LIST}, {"ScalingConfig", &SCALING},               \
        {"DestinationConfig", &ANY_JSON, FIELD_REFUSED},                                           \
        {"ParallelizationFactor", &ANY_INTEGER, FIELD_REFUSED},                                    \
        {"BisectBatchOnFunctionError", &ANY_BOOLEAN, FIELD_REFUSED},                               \
        {"MaximumRecordAgeInSeconds", &ANY_INTEGER, FIELD_REFUSED},                                \
        {"MaximumRetryAttempts", &ANY_INTEGER, FIELD_REFUSED},                                     \
    {                                                                                              \
        "TumblingWindowInSeconds", &ANY_INTEGER, FIELD_REFUSED                                     \
    }
STRUCTURE(CREATE_MAPPING, {"FunctionName", &NEW_NAME, FIELD_REQUIRED},
          {"EventSourceArn", &ANY_STRING}, {"StartingPosition", &ANY_STRING, FIELD_REFUSED},
          {"Topics", &ANY_JSON, FIELD_REFUSED}, {"Queues", &ANY_JSON, FIELD_REFUSED},
          {"SelfManagedEventSource", &ANY_JSON, FIELD_REFUSED}, MAPPING_FIELDS);
STRUCTURE(UPDATE_MAPPING, {"UUID", &ANY_STRING, FIELD_REQUIRED, IN_PATH},
          {"FunctionName", &NEW_NAME}, MAPPING_FIELDS);
STRUCTURE(ONE_MAPPING, {"UUID", &ANY_STRING, FIELD_REQUIRED, IN_PATH});
STRUCTURE(LIST_MAPPINGS, {"EventSourceArn", &ANY_STRING, 0, IN_QUERY},
          {"FunctionName", &NAME, 0, IN_QUERY}, PAGES);
static const struct shape ANYTHING = {.type = SHAPE_ANY}; // what other parts of Tarn hand in

// --- operations

#define FUNCTIONS "/2015-03-31/functions"
#define ONE_FUNCTION FUNCTIONS "/{FunctionName}"
#define MAPPINGS "/2015-03-31/event-source-mappings"
#define EVENT_CONFIG "/2019-09-25/functions/{FunctionName}/event-invoke-config"

static const struct op OPS[] = {
    {"CreateFunction", lambda_create_function, OP_WRITE, &CREATE, .http = "POST " FUNCTIONS,
     .status = 201, .summary = "Makes a function of a zip package"},
    {"UpdateFunctionCode", lambda_update_function_code, OP_WRITE, &UPDATE_CODE,
     .http = "PUT " ONE_FUNCTION "/code", .summary = "Gives a function other code"},
    {"UpdateFunctionConfiguration", lambda_update_function_configuration, OP_WRITE,
     &UPDATE_CONFIGURATION, .http = "PUT " ONE_FUNCTION "/configuration",
     .summary = "Changes a function's settings"},
    {"GetFunction", lambda_get_function, OP_READ, &ONE, .http = "GET " ONE_FUNCTION,
     .summary = "A function's settings, tags and where to download its code"},
    {"GetFunctionConfiguration", lambda_get_function_configuration, OP_READ, &ONE,
     .http = "GET " ONE_FUNCTION "/configuration", .summary = "A function's settings"},
    {"DownloadFunctionCode", lambda_download_code, OP_READ, &DOWNLOAD,
     .http = "GET " ONE_FUNCTION "/code-archive", .flags = OP_ANONYMOUS,
     .action = "lambda:GetFunction",
     .summary = "What GetFunction's Code.Location names: the package"},
    {"ListFunctions", lambda_list_functions, OP_READ, &LIST_FUNCTIONS, .http = "GET " FUNCTIONS,
     .summary = "Lists functions"},
    {"DeleteFunction", lambda_delete_function, OP_WRITE, &ONE, .http = "DELETE " ONE_FUNCTION,
     .status = 204, .summary = "Removes a function, or one version of it"},

    {"PublishVersion", lambda_publish_version, OP_WRITE, &PUBLISH,
     .http = "POST " ONE_FUNCTION "/versions", .status = 201,
     .summary = "Freezes code and settings under a number"},
    {"ListVersionsByFunction", lambda_list_versions, OP_READ, &LIST_OF_FUNCTION,
     .http = "GET " ONE_FUNCTION "/versions", .summary = "Lists a function's versions"},
    {"CreateAlias", lambda_create_alias, OP_WRITE, &CREATE_ALIAS,
     .http = "POST " ONE_FUNCTION "/aliases", .status = 201, .summary = "Names a version"},
    {"GetAlias", lambda_get_alias, OP_READ, &ONE_ALIAS,
     .http = "GET " ONE_FUNCTION "/aliases/{Name}", .summary = "Shows an alias"},
    {"UpdateAlias", lambda_update_alias, OP_WRITE, &UPDATE_ALIAS,
     .http = "PUT " ONE_FUNCTION "/aliases/{Name}",
     .summary = "Points an alias to another version"},
    {"DeleteAlias", lambda_delete_alias, OP_WRITE, &ONE_ALIAS,
     .http = "DELETE " ONE_FUNCTION "/aliases/{Name}", .status = 204,
     .summary = "Removes an alias"},
    {"ListAliases", lambda_list_aliases, OP_READ, &LIST_OF_FUNCTION,
     .http = "GET " ONE_FUNCTION "/aliases", .summary = "Lists a function's aliases"},

    {"AddPermission", lambda_add_permission, OP_WRITE, &ADD_PERMISSION,
     .http = "POST " ONE_FUNCTION "/policy", .status = 201,
     .summary = "Lets a service or account invoke the function"},
    {"RemovePermission", lambda_remove_permission, OP_WRITE, &REMOVE_PERMISSION,
     .http = "DELETE " ONE_FUNCTION "/policy/{StatementId}", .status = 204,
     .summary = "Takes a permission back"},
    {"GetPolicy", lambda_get_policy, OP_READ, &ONE, .http = "GET " ONE_FUNCTION "/policy",
     .summary = "A function's policy"},
    {"PutFunctionConcurrency", lambda_put_concurrency, OP_WRITE, &PUT_CONCURRENCY,
     .http = "PUT /2017-10-31/functions/{FunctionName}/concurrency",
     .summary = "Reserves concurrency, and limits to it"},
    {"GetFunctionConcurrency", lambda_get_concurrency, OP_READ, &ONE,
     .http = "GET /2019-09-30/functions/{FunctionName}/concurrency",
     .summary = "A function's reserved concurrency"},
    {"DeleteFunctionConcurrency", lambda_delete_concurrency, OP_WRITE, &ONE,
     .http = "DELETE /2017-10-31/functions/{FunctionName}/concurrency", .status = 204,
     .summary = "Lifts the limit"},
    {"ListTags", lambda_list_tags, OP_READ, &LIST_TAGS, .http = "GET /2017-03-31/tags/{Resource+}",
     .summary = "A function's tags"},
    {"TagResource", lambda_tag_resource, OP_WRITE, &TAG,
     .http = "POST /2017-03-31/tags/{Resource+}", .status = 204, .summary = "Adds tags"},
    {"UntagResource", lambda_untag_resource, OP_WRITE, &UNTAG,
     .http = "DELETE /2017-03-31/tags/{Resource+}", .status = 204, .summary = "Removes tags"},
    {"GetAccountSettings", lambda_get_account_settings, OP_READ, NULL,
     .http = "GET /2016-08-19/account-settings", .summary = "Limits and usage"},

    {"PutFunctionEventInvokeConfig", lambda_put_invoke_config, OP_WRITE, &INVOKE_CONFIG,
     .http = "PUT " EVENT_CONFIG,
     .summary = "Sets retries, age and destinations of asynchronous invocations"},
    {"UpdateFunctionEventInvokeConfig", lambda_update_invoke_config, OP_WRITE, &INVOKE_CONFIG,
     .http = "POST " EVENT_CONFIG, .summary = "Changes them"},
    {"GetFunctionEventInvokeConfig", lambda_get_invoke_config, OP_READ, &ONE,
     .http = "GET " EVENT_CONFIG, .summary = "Shows them"},
    {"DeleteFunctionEventInvokeConfig", lambda_delete_invoke_config, OP_WRITE, &ONE,
     .http = "DELETE " EVENT_CONFIG, .status = 204, .summary = "Back to the defaults"},
    {"ListFunctionEventInvokeConfigs", lambda_list_invoke_configs, OP_READ, &LIST_OF_FUNCTION,
     .http = "GET " EVENT_CONFIG "/list", .summary = "Lists them"},

    {"Invoke", lambda_invoke, OP_WRITE, &INVOKE, .http = "POST " ONE_FUNCTION "/invocations",
     .action = "lambda:InvokeFunction", .summary = "Runs a function"},
    {"InvokeAsynchronously", lambda_invoke_async, OP_JOB, &ANYTHING, .flags = OP_INTERNAL,
     .action = "lambda:InvokeFunction", .summary = "One attempt of an asynchronous invocation"},
    {"InvokeTask", lambda_invoke_task, OP_JOB, &ANYTHING, .flags = OP_INTERNAL,
     .action = "lambda:InvokeFunction",
     .summary = "Runs a function for another service, and hands it the result in one transaction"},
    {"CreateFunctionCredential", lambda_create_credential, OP_WRITE, &ANYTHING,
     .flags = OP_INTERNAL, .summary = "A temporary credential of a function's role"},

    {"CreateEventSourceMapping", lambda_create_mapping, OP_WRITE, &CREATE_MAPPING,
     .http = "POST " MAPPINGS, .status = 202, .summary = "Lets a queue invoke a function"},
    {"GetEventSourceMapping", lambda_get_mapping, OP_READ, &ONE_MAPPING,
     .http = "GET " MAPPINGS "/{UUID}", .summary = "Shows a mapping"},
    {"ListEventSourceMappings", lambda_list_mappings, OP_READ, &LIST_MAPPINGS,
     .http = "GET " MAPPINGS, .summary = "Lists mappings"},
    {"UpdateEventSourceMapping", lambda_update_mapping, OP_WRITE, &UPDATE_MAPPING,
     .http = "PUT " MAPPINGS "/{UUID}", .status = 202,
     .summary = "Changes, stops or starts a mapping"},
    {"DeleteEventSourceMapping", lambda_delete_mapping, OP_WRITE, &ONE_MAPPING,
     .http = "DELETE " MAPPINGS "/{UUID}", .status = 202, .summary = "Removes a mapping"},
    {0},
};

// What AWS documents besides, with its route.
static const char *const KNOWN[] = {
    "AddLayerVersionPermission POST /2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy",
    "CreateCodeSigningConfig POST /2020-04-22/code-signing-configs",
    "CreateFunctionUrlConfig POST /2021-10-31/functions/{FunctionName}/url",
    "DeleteCodeSigningConfig DELETE /2020-04-22/code-signing-configs/{CodeSigningConfigArn}",
    "DeleteFunctionCodeSigningConfig DELETE "
    "/2020-06-30/functions/{FunctionName}/code-signing-config",
    "DeleteFunctionUrlConfig DELETE /2021-10-31/functions/{FunctionName}/url",
    "DeleteLayerVersion DELETE /2018-10-31/layers/{LayerName}/versions/{VersionNumber}",
    "DeleteProvisionedConcurrencyConfig DELETE "
    "/2019-09-30/functions/{FunctionName}/provisioned-concurrency",
    "GetCodeSigningConfig GET /2020-04-22/code-signing-configs/{CodeSigningConfigArn}",
    "GetFunctionCodeSigningConfig GET /2020-06-30/functions/{FunctionName}/code-signing-config",
    "GetFunctionRecursionConfig GET /2024-08-31/functions/{FunctionName}/recursion-config",
    "GetFunctionUrlConfig GET /2021-10-31/functions/{FunctionName}/url",
    "GetLayerVersion GET /2018-10-31/layers/{LayerName}/versions/{VersionNumber}",
    "GetLayerVersionByArn GET /2018-10-31/layers?find=LayerVersion",
    "GetLayerVersionPolicy GET /2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy",
    "GetProvisionedConcurrencyConfig GET "
    "/2019-09-30/functions/{FunctionName}/provisioned-concurrency",
    "GetRuntimeManagementConfig GET /2021-07-20/functions/{FunctionName}/runtime-management-config",
    "InvokeAsync POST /2014-11-13/functions/{FunctionName}/invoke-async",
    "InvokeWithResponseStream POST "
    "/2021-11-15/functions/{FunctionName}/response-streaming-invocations",
    "ListCodeSigningConfigs GET /2020-04-22/code-signing-configs",
    "ListFunctionUrlConfigs GET /2021-10-31/functions/{FunctionName}/urls",
    "ListFunctionsByCodeSigningConfig GET "
    "/2020-04-22/code-signing-configs/{CodeSigningConfigArn}/functions",
    "ListLayerVersions GET /2018-10-31/layers/{LayerName}/versions",
    "ListLayers GET /2018-10-31/layers",
    "ListProvisionedConcurrencyConfigs GET "
    "/2019-09-30/functions/{FunctionName}/provisioned-concurrency?List=ALL",
    "PublishLayerVersion POST /2018-10-31/layers/{LayerName}/versions",
    "PutFunctionCodeSigningConfig PUT /2020-06-30/functions/{FunctionName}/code-signing-config",
    "PutFunctionRecursionConfig PUT /2024-08-31/functions/{FunctionName}/recursion-config",
    "PutProvisionedConcurrencyConfig PUT "
    "/2019-09-30/functions/{FunctionName}/provisioned-concurrency",
    "PutRuntimeManagementConfig PUT /2021-07-20/functions/{FunctionName}/runtime-management-config",
    "RemoveLayerVersionPermission DELETE "
    "/2018-10-31/layers/{LayerName}/versions/{VersionNumber}/policy/{StatementId}",
    "UpdateCodeSigningConfig PUT /2020-04-22/code-signing-configs/{CodeSigningConfigArn}",
    "UpdateFunctionUrlConfig PUT /2021-10-31/functions/{FunctionName}/url",
    NULL,
};

// --- the module's state

static enum err start(struct lake *lake, void **out_state, struct error *error)
{
    TRY(code_open(lake, error));
    struct lambda *lambda = calloc(1, sizeof *lambda);
    if (!lambda)
        abort();
    lambda->lake = lake;
    lambda->engine = engine_new(lake);
    lambda->pollers = pollers_new(lambda);
    lambda->waiting = waiting_new();
    *out_state = lambda;
    return OK;
}

static void ready(void *state)
{
    struct lambda *lambda = state;
    pollers_start(lambda->pollers);
}

static void cancel(void *state)
{
    struct lambda *lambda = state;
    pollers_cancel(lambda->pollers);
    engine_cancel(lambda->engine);
}

static void stop(void *state)
{
    struct lambda *lambda = state;
    engine_free(lambda->engine); // everything it had is over before the pollers go
    pollers_free(lambda->pollers);
    waiting_free(lambda->waiting);
    free(lambda);
}

const struct service LAMBDA_SERVICE = {
    .name = "lambda",
    .title = "AWS Lambda",
    .signing_name = "lambda",
    .api_version = "2015-03-31",
    .protocols = PROTOCOL_REST_JSON,
    .ops = OPS,
    .known = KNOWN,
    .start = start,
    .ready = ready,
    .cancel = cancel,
    .stop = stop,
};
