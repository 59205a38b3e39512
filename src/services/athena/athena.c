// SPDX-License-Identifier: Apache-2.0
// Athena's operations and their inputs. Source: Amazon Athena API Reference.
#include "services/athena/athena.h"

const struct error_code ATHENA_INVALID_REQUEST = {"InvalidRequestException", 400, NULL};
const struct error_code ATHENA_NOT_FOUND = {"ResourceNotFoundException", 400, NULL};
const struct error_code ATHENA_METADATA = {"MetadataException", 400, NULL};

static const struct shape GROUP_NAME = SHAPE_STRING(1, 128, "[a-zA-Z0-9._-]{1,128}");
static const struct shape NAME = SHAPE_STRING(1, 128, NULL);
static const struct shape ID = SHAPE_STRING(1, 128, NULL);
static const struct shape ID_LIST = SHAPE_LIST(&ID, 1, 50);
static const struct shape DATABASE = SHAPE_STRING(1, 255, NULL);
static const struct shape TABLE = SHAPE_STRING(1, 128, NULL);
static const struct shape CATALOG = SHAPE_STRING(1, 256, NULL);
static const struct shape EXPRESSION = SHAPE_STRING(0, 256, NULL);
static const struct shape QUERY = SHAPE_STRING(1, SQL_STATEMENT_BYTES_MAX, NULL);
static const struct shape CLIENT_TOKEN = SHAPE_STRING(32, 128, NULL);
static const struct shape TOKEN = SHAPE_STRING(1, 1024, NULL);
static const struct shape DESCRIPTION = SHAPE_STRING(0, 1024, NULL);
static const struct shape PAGE_50 = SHAPE_INTEGER(1, 50);
static const struct shape PAGE_1000 = SHAPE_INTEGER(1, 1000);
static const struct shape ARN = SHAPE_STRING(1, 1011, NULL);
static const struct shape CUTOFF = SHAPE_INTEGER(10000000, INT64_MAX);
static const char *const STATES[] = {"ENABLED", "DISABLED", NULL};
static const struct shape STATE = SHAPE_ENUM(STATES);
static const char *const RESULT_TYPES[] = {"DATA_MANIFEST", "DATA_ROWS", NULL};
static const struct shape RESULT_TYPE = SHAPE_ENUM(RESULT_TYPES);

#define INPUT(name, ...)                                                                           \
    static const struct field name##_FIELDS[] = {__VA_ARGS__, {0}};                                \
    static const struct shape name = SHAPE_STRUCT(name##_FIELDS)

INPUT(TAG, {"Key", &NAME}, {"Value", &ANY_STRING});
static const struct shape TAG_LIST = SHAPE_LIST(&TAG, 0, 50);
static const struct shape PARAMETERS = SHAPE_LIST(&ANY_STRING, 1, 1000);
INPUT(CONTEXT, {"Database", &DATABASE}, {"Catalog", &CATALOG});
INPUT(RESULT_CONFIGURATION, {"OutputLocation", &ANY_STRING}, {"EncryptionConfiguration", &ANY_JSON},
      {"ExpectedBucketOwner", &ANY_STRING}, {"AclConfiguration", &ANY_JSON});
INPUT(GROUP_CONFIGURATION, {"ResultConfiguration", &RESULT_CONFIGURATION},
      {"EnforceWorkGroupConfiguration", &ANY_BOOLEAN},
      {"PublishCloudWatchMetricsEnabled", &ANY_BOOLEAN}, {"BytesScannedCutoffPerQuery", &CUTOFF},
      {"RequesterPaysEnabled", &ANY_BOOLEAN}, {"EngineVersion", &ANY_JSON, FIELD_IGNORED},
      {"ExecutionRole", &ANY_STRING, FIELD_IGNORED},
      {"AdditionalConfiguration", &ANY_STRING, FIELD_REFUSED},
      {"CustomerContentEncryptionConfiguration", &ANY_JSON, FIELD_REFUSED},
      {"EnableMinimumEncryptionConfiguration", &ANY_BOOLEAN, FIELD_IGNORED});
INPUT(RESULT_UPDATES, {"OutputLocation", &ANY_STRING}, {"RemoveOutputLocation", &ANY_BOOLEAN},
      {"EncryptionConfiguration", &ANY_JSON}, {"RemoveEncryptionConfiguration", &ANY_BOOLEAN},
      {"ExpectedBucketOwner", &ANY_STRING}, {"RemoveExpectedBucketOwner", &ANY_BOOLEAN},
      {"AclConfiguration", &ANY_JSON}, {"RemoveAclConfiguration", &ANY_BOOLEAN});
INPUT(GROUP_UPDATES, {"EnforceWorkGroupConfiguration", &ANY_BOOLEAN},
      {"ResultConfigurationUpdates", &RESULT_UPDATES},
      {"PublishCloudWatchMetricsEnabled", &ANY_BOOLEAN}, {"BytesScannedCutoffPerQuery", &CUTOFF},
      {"RemoveBytesScannedCutoffPerQuery", &ANY_BOOLEAN}, {"RequesterPaysEnabled", &ANY_BOOLEAN},
      {"EngineVersion", &ANY_JSON, FIELD_IGNORED}, {"ExecutionRole", &ANY_STRING, FIELD_IGNORED});

INPUT(CREATE_GROUP, {"Name", &GROUP_NAME, FIELD_REQUIRED}, {"Configuration", &GROUP_CONFIGURATION},
      {"Description", &DESCRIPTION}, {"Tags", &TAG_LIST});
INPUT(GET_GROUP, {"WorkGroup", &GROUP_NAME, FIELD_REQUIRED});
INPUT(LIST_GROUPS, {"NextToken", &TOKEN}, {"MaxResults", &PAGE_50});
INPUT(UPDATE_GROUP, {"WorkGroup", &GROUP_NAME, FIELD_REQUIRED}, {"Description", &DESCRIPTION},
      {"ConfigurationUpdates", &GROUP_UPDATES}, {"State", &STATE});
INPUT(DELETE_GROUP, {"WorkGroup", &GROUP_NAME, FIELD_REQUIRED},
      {"RecursiveDeleteOption", &ANY_BOOLEAN});
INPUT(START, {"QueryString", &QUERY, FIELD_REQUIRED}, {"ClientRequestToken", &CLIENT_TOKEN},
      {"QueryExecutionContext", &CONTEXT}, {"ResultConfiguration", &RESULT_CONFIGURATION},
      {"WorkGroup", &GROUP_NAME}, {"ExecutionParameters", &PARAMETERS},
      {"ResultReuseConfiguration", &ANY_JSON, FIELD_IGNORED},
      {"EngineConfiguration", &ANY_JSON, FIELD_REFUSED});
INPUT(BY_ID, {"QueryExecutionId", &ID, FIELD_REQUIRED});
INPUT(FAILURE, {"QueryExecutionId", &ID, FIELD_REQUIRED}, {"task", &ANY_JSON},
      {"error", &ANY_JSON});
INPUT(WATCH, {"QueryExecutionId", &ID, FIELD_REQUIRED}, {"OnDone", &ANY_JSON, FIELD_REQUIRED});
INPUT(BATCH, {"QueryExecutionIds", &ID_LIST, FIELD_REQUIRED});
INPUT(LIST_EXECUTIONS, {"NextToken", &TOKEN}, {"MaxResults", &PAGE_50}, {"WorkGroup", &GROUP_NAME});
INPUT(RESULTS, {"QueryExecutionId", &ID, FIELD_REQUIRED}, {"NextToken", &TOKEN},
      {"MaxResults", &PAGE_1000}, {"QueryResultType", &RESULT_TYPE});
INPUT(LIST_PAGE, {"NextToken", &ANY_STRING}, {"MaxResults", &PAGE_50}, {"WorkGroup", &GROUP_NAME});
INPUT(GET_CATALOG, {"Name", &CATALOG, FIELD_REQUIRED}, {"WorkGroup", &GROUP_NAME});
INPUT(LIST_DATABASES, {"CatalogName", &CATALOG, FIELD_REQUIRED}, {"NextToken", &ANY_STRING},
      {"MaxResults", &PAGE_50}, {"WorkGroup", &GROUP_NAME});
INPUT(GET_DATABASE, {"CatalogName", &CATALOG, FIELD_REQUIRED},
      {"DatabaseName", &DATABASE, FIELD_REQUIRED}, {"WorkGroup", &GROUP_NAME});
INPUT(LIST_TABLES, {"CatalogName", &CATALOG, FIELD_REQUIRED},
      {"DatabaseName", &DATABASE, FIELD_REQUIRED}, {"Expression", &EXPRESSION},
      {"NextToken", &ANY_STRING}, {"MaxResults", &PAGE_50}, {"WorkGroup", &GROUP_NAME});
INPUT(GET_TABLE, {"CatalogName", &CATALOG, FIELD_REQUIRED},
      {"DatabaseName", &DATABASE, FIELD_REQUIRED}, {"TableName", &TABLE, FIELD_REQUIRED},
      {"WorkGroup", &GROUP_NAME});
INPUT(CREATE_NAMED, {"Name", &NAME, FIELD_REQUIRED}, {"Description", &DESCRIPTION},
      {"Database", &DATABASE, FIELD_REQUIRED}, {"QueryString", &QUERY, FIELD_REQUIRED},
      {"ClientRequestToken", &CLIENT_TOKEN, FIELD_IGNORED}, {"WorkGroup", &GROUP_NAME});
INPUT(NAMED_ID, {"NamedQueryId", &ID, FIELD_REQUIRED});
INPUT(NAMED_IDS, {"NamedQueryIds", &ID_LIST, FIELD_REQUIRED});
INPUT(UPDATE_NAMED, {"NamedQueryId", &ID, FIELD_REQUIRED}, {"Name", &NAME, FIELD_REQUIRED},
      {"Description", &DESCRIPTION}, {"QueryString", &QUERY, FIELD_REQUIRED});
INPUT(PUT_PREPARED, {"StatementName", &NAME, FIELD_REQUIRED},
      {"WorkGroup", &GROUP_NAME, FIELD_REQUIRED}, {"QueryStatement", &QUERY, FIELD_REQUIRED},
      {"Description", &DESCRIPTION});
INPUT(PREPARED_NAME, {"StatementName", &NAME, FIELD_REQUIRED},
      {"WorkGroup", &GROUP_NAME, FIELD_REQUIRED});
INPUT(LIST_PREPARED, {"WorkGroup", &GROUP_NAME, FIELD_REQUIRED}, {"NextToken", &TOKEN},
      {"MaxResults", &PAGE_50});
INPUT(TAG_RESOURCE, {"ResourceARN", &ARN, FIELD_REQUIRED}, {"Tags", &TAG_LIST, FIELD_REQUIRED});
INPUT(UNTAG_RESOURCE, {"ResourceARN", &ARN, FIELD_REQUIRED},
      {"TagKeys", &STRING_LIST, FIELD_REQUIRED});
INPUT(LIST_TAGS, {"ResourceARN", &ARN, FIELD_REQUIRED}, {"NextToken", &TOKEN},
      {"MaxResults", &ANY_INTEGER});

static const struct op OPS[] = {
    {"BatchGetNamedQuery", athena_batch_get_named_query, OP_READ, &NAMED_IDS,
     .summary = "Gives several named queries"},
    {"BatchGetQueryExecution", athena_batch_get_query_execution, OP_READ, &BATCH,
     .summary = "Gives several query executions"},
    {"CreateNamedQuery", athena_create_named_query, OP_WRITE, &CREATE_NAMED,
     .summary = "Saves a query under a name"},
    {"CreatePreparedStatement", athena_create_prepared_statement, OP_WRITE, &PUT_PREPARED,
     .summary = "Saves a prepared statement"},
    {"CreateWorkGroup", athena_create_work_group, OP_WRITE, &CREATE_GROUP,
     .summary = "Makes a workgroup"},
    {"DeleteNamedQuery", athena_delete_named_query, OP_WRITE, &NAMED_ID,
     .summary = "Deletes a named query"},
    {"DeletePreparedStatement", athena_delete_prepared_statement, OP_WRITE, &PREPARED_NAME,
     .summary = "Deletes a prepared statement"},
    {"DeleteWorkGroup", athena_delete_work_group, OP_WRITE, &DELETE_GROUP,
     .summary = "Deletes a workgroup"},
    {"GetDataCatalog", athena_get_data_catalog, OP_READ, &GET_CATALOG,
     .summary = "Describes the data catalog"},
    {"GetDatabase", athena_get_database, OP_READ, &GET_DATABASE, .summary = "Describes a database"},
    {"GetNamedQuery", athena_get_named_query, OP_READ, &NAMED_ID, .summary = "Gives a named query"},
    {"GetPreparedStatement", athena_get_prepared_statement, OP_READ, &PREPARED_NAME,
     .summary = "Gives a prepared statement"},
    {"GetQueryExecution", athena_get_query_execution, OP_READ, &BY_ID,
     .summary = "Says how a query is doing"},
    {"GetQueryResults", athena_get_query_results, OP_READ, &RESULTS,
     .summary = "Gives a page of a query's rows"},
    {"GetQueryRuntimeStatistics", athena_get_query_runtime_statistics, OP_READ, &BY_ID,
     .summary = "Says what a query took"},
    {"GetTableMetadata", athena_get_table_metadata, OP_READ, &GET_TABLE,
     .summary = "Describes a table"},
    {"GetWorkGroup", athena_get_work_group, OP_READ, &GET_GROUP,
     .summary = "Describes a workgroup"},
    {"ListDataCatalogs", athena_list_data_catalogs, OP_READ, &LIST_PAGE,
     .summary = "Lists data catalogs"},
    {"ListDatabases", athena_list_databases, OP_READ, &LIST_DATABASES,
     .summary = "Lists databases"},
    {"ListEngineVersions", athena_list_engine_versions, OP_READ, &LIST_PAGE,
     .summary = "Lists engine versions"},
    {"ListNamedQueries", athena_list_named_queries, OP_READ, &LIST_PAGE,
     .summary = "Lists named queries"},
    {"ListPreparedStatements", athena_list_prepared_statements, OP_READ, &LIST_PREPARED,
     .summary = "Lists prepared statements"},
    {"ListQueryExecutions", athena_list_query_executions, OP_READ, &LIST_EXECUTIONS,
     .summary = "Lists query executions, newest first"},
    {"ListTableMetadata", athena_list_table_metadata, OP_READ, &LIST_TABLES,
     .summary = "Lists tables"},
    {"ListTagsForResource", athena_list_tags, OP_READ, &LIST_TAGS,
     .summary = "Lists a workgroup's tags"},
    {"ListWorkGroups", athena_list_work_groups, OP_READ, &LIST_GROUPS,
     .summary = "Lists workgroups"},
    {"StartQueryExecution", athena_start_query_execution, OP_WRITE, &START,
     .summary = "Runs a query in the background"},
    {"StopQueryExecution", athena_stop_query_execution, OP_WRITE, &BY_ID,
     .summary = "Cancels a query"},
    {"TagResource", athena_tag_resource, OP_WRITE, &TAG_RESOURCE, .summary = "Tags a workgroup"},
    {"UntagResource", athena_untag_resource, OP_WRITE, &UNTAG_RESOURCE,
     .summary = "Takes tags off a workgroup"},
    {"UpdateNamedQuery", athena_update_named_query, OP_WRITE, &UPDATE_NAMED,
     .summary = "Changes a named query"},
    {"UpdatePreparedStatement", athena_update_prepared_statement, OP_WRITE, &PUT_PREPARED,
     .summary = "Changes a prepared statement"},
    {"UpdateWorkGroup", athena_update_work_group, OP_WRITE, &UPDATE_GROUP,
     .summary = "Changes a workgroup"},
    {"RunQuery", athena_run_query, OP_JOB, &BY_ID, .flags = OP_INTERNAL,
     .summary = "Runs a started query"},
    {"FailQuery", athena_fail_query, OP_WRITE, &FAILURE, .flags = OP_INTERNAL,
     .summary = "Ends a query that could not be run"},
    {"WatchQueryExecution", athena_watch_query_execution, OP_WRITE, &WATCH, .flags = OP_INTERNAL,
     .summary = "Runs an operation when a query ends"},
    {0},
};

static const char *const KNOWN[] = {"BatchGetPreparedStatement",
                                    "CancelCapacityReservation",
                                    "CreateCapacityReservation",
                                    "CreateDataCatalog",
                                    "CreateNotebook",
                                    "CreatePresignedNotebookUrl",
                                    "DeleteCapacityReservation",
                                    "DeleteDataCatalog",
                                    "DeleteNotebook",
                                    "ExportNotebook",
                                    "GetCalculationExecution",
                                    "GetCalculationExecutionCode",
                                    "GetCalculationExecutionStatus",
                                    "GetCapacityAssignmentConfiguration",
                                    "GetCapacityReservation",
                                    "GetNotebookMetadata",
                                    "GetResourceDashboard",
                                    "GetSession",
                                    "GetSessionEndpoint",
                                    "GetSessionStatus",
                                    "ImportNotebook",
                                    "ListApplicationDPUSizes",
                                    "ListCalculationExecutions",
                                    "ListCapacityReservations",
                                    "ListExecutors",
                                    "ListNotebookMetadata",
                                    "ListNotebookSessions",
                                    "ListSessions",
                                    "PutCapacityAssignmentConfiguration",
                                    "StartCalculationExecution",
                                    "StartSession",
                                    "StopCalculationExecution",
                                    "TerminateSession",
                                    "UpdateCapacityReservation",
                                    "UpdateDataCatalog",
                                    "UpdateNotebook",
                                    "UpdateNotebookMetadata",
                                    NULL};

const struct service ATHENA_SERVICE = {
    .name = "athena",
    .title = "Amazon Athena",
    .signing_name = "athena",
    .target_prefix = "AmazonAthena",
    .protocols = PROTOCOL_JSON_1_1,
    .ops = OPS,
    .known = KNOWN,
    .validation_error = &ATHENA_INVALID_REQUEST,
};
