// SPDX-License-Identifier: Apache-2.0
// Inputs of the Data Catalog's operations.
#include "services/glue/glue_shapes.h"

const struct shape GLUE_NAME = SHAPE_STRING(1, 255, NULL);
static const struct shape TAG_VALUE = SHAPE_STRING(0, 256, NULL);
const struct shape GLUE_TAG_MAP = SHAPE_MAP(&TAG_VALUE, 0, 50);

static const struct shape DESCRIPTION = SHAPE_STRING(0, 2048, NULL);
static const struct shape URI = SHAPE_STRING(1, 1024, NULL);
static const struct shape LOCATION = SHAPE_STRING(0, 2056, NULL);
static const struct shape FORMAT = SHAPE_STRING(0, 128, NULL);
static const struct shape PARAMETER = SHAPE_STRING(0, 512000, NULL);
static const struct shape PARAMETERS = SHAPE_MAP(&PARAMETER, 0, 0);
static const struct shape TYPE_TEXT = SHAPE_STRING(0, 131072, NULL);
static const struct shape COMMENT = SHAPE_STRING(0, 255, NULL);
static const struct shape VIEW_TEXT = SHAPE_STRING(0, 409600, NULL);
static const struct shape COUNT = SHAPE_INTEGER(0, INT32_MAX);
static const struct shape PAGE_100 = SHAPE_INTEGER(1, 100);
static const struct shape PAGE_1000 = SHAPE_INTEGER(1, 1000);
static const struct shape EXPRESSION = SHAPE_STRING(0, 2048, NULL);
static const struct shape ARN = SHAPE_STRING(1, 10240, NULL);

#define CATALOG                                                                                    \
    {                                                                                              \
        "CatalogId", &GLUE_NAME                                                                    \
    }
#define DATABASE_NAME                                                                              \
    {                                                                                              \
        "DatabaseName", &GLUE_NAME, FIELD_REQUIRED                                                 \
    }
#define TABLE_NAME                                                                                 \
    {                                                                                              \
        "TableName", &GLUE_NAME, FIELD_REQUIRED                                                    \
    }
#define PAGE(size)                                                                                 \
    {"MaxResults", size},                                                                          \
    {                                                                                              \
        "NextToken", &ANY_STRING                                                                   \
    }
// Asked by Lake Formation's callers and by governed tables; nothing here depends on them.
#define AUDIT                                                                                      \
    {"AuditContext", &ANY_JSON, FIELD_IGNORED}, {"TransactionId", &ANY_STRING, FIELD_REFUSED},     \
    {                                                                                              \
        "QueryAsOfTime", &ANY_TIMESTAMP, FIELD_REFUSED                                             \
    }

// --- databases
GLUE_STRUCT(TARGET_DATABASE, CATALOG, {"DatabaseName", &GLUE_NAME}, {"Region", &GLUE_NAME});
GLUE_STRUCT(DATABASE_INPUT, {"Name", &GLUE_NAME, FIELD_REQUIRED}, {"Description", &DESCRIPTION},
            {"LocationUri", &URI}, {"Parameters", &PARAMETERS},
            {"CreateTableDefaultPermissions", &ANY_JSON}, {"TargetDatabase", &TARGET_DATABASE},
            {"FederatedDatabase", &ANY_JSON, FIELD_REFUSED});
GLUE_INPUT(CREATE_DATABASE, CATALOG, {"DatabaseInput", &DATABASE_INPUT, FIELD_REQUIRED},
           {"Tags", &GLUE_TAG_MAP});
GLUE_INPUT(GET_BY_NAME, CATALOG, {"Name", &GLUE_NAME, FIELD_REQUIRED});
GLUE_INPUT(GET_DATABASES, CATALOG, PAGE(&PAGE_100),
           {"ResourceShareType", &ANY_STRING, FIELD_IGNORED},
           {"AttributesToGet", &ANY_JSON, FIELD_IGNORED});
GLUE_INPUT(UPDATE_DATABASE, CATALOG, {"Name", &GLUE_NAME, FIELD_REQUIRED},
           {"DatabaseInput", &DATABASE_INPUT, FIELD_REQUIRED});

// --- tables
GLUE_STRUCT(COLUMN, {"Name", &GLUE_NAME, FIELD_REQUIRED}, {"Type", &TYPE_TEXT},
            {"Comment", &COMMENT}, {"Parameters", &PARAMETERS});
static const struct shape COLUMNS = SHAPE_LIST(&COLUMN, 0, 0);
static const struct shape LOCATIONS = SHAPE_LIST(&LOCATION, 0, 0);
static const struct shape NAMES = SHAPE_LIST(&GLUE_NAME, 0, 0);
GLUE_STRUCT(SERDE, {"Name", &GLUE_NAME}, {"SerializationLibrary", &GLUE_NAME},
            {"Parameters", &PARAMETERS});
static const struct shape SORT_ORDER = SHAPE_INTEGER(0, 1);
GLUE_STRUCT(ORDER, {"Column", &GLUE_NAME, FIELD_REQUIRED},
            {"SortOrder", &SORT_ORDER, FIELD_REQUIRED});
static const struct shape ORDERS = SHAPE_LIST(&ORDER, 0, 0);
GLUE_STRUCT(SKEWED, {"SkewedColumnNames", &NAMES}, {"SkewedColumnValues", &STRING_LIST},
            {"SkewedColumnValueLocationMaps", &STRING_MAP});
GLUE_STRUCT(STORAGE, {"Columns", &COLUMNS}, {"Location", &LOCATION},
            {"AdditionalLocations", &LOCATIONS}, {"InputFormat", &FORMAT},
            {"OutputFormat", &FORMAT}, {"Compressed", &ANY_BOOLEAN},
            {"NumberOfBuckets", &ANY_INTEGER}, {"SerdeInfo", &SERDE}, {"BucketColumns", &NAMES},
            {"SortColumns", &ORDERS}, {"Parameters", &PARAMETERS}, {"SkewedInfo", &SKEWED},
            {"StoredAsSubDirectories", &ANY_BOOLEAN},
            {"SchemaReference", &ANY_JSON, FIELD_REFUSED});
GLUE_STRUCT(TARGET_TABLE, CATALOG, {"DatabaseName", &GLUE_NAME}, {"Name", &GLUE_NAME},
            {"Region", &GLUE_NAME});
GLUE_STRUCT(TABLE_INPUT, {"Name", &GLUE_NAME, FIELD_REQUIRED}, {"Description", &DESCRIPTION},
            {"Owner", &GLUE_NAME}, {"LastAccessTime", &ANY_TIMESTAMP},
            {"LastAnalyzedTime", &ANY_TIMESTAMP}, {"Retention", &COUNT},
            {"StorageDescriptor", &STORAGE}, {"PartitionKeys", &COLUMNS},
            {"ViewOriginalText", &VIEW_TEXT}, {"ViewExpandedText", &VIEW_TEXT},
            {"TableType", &COMMENT}, {"Parameters", &PARAMETERS}, {"TargetTable", &TARGET_TABLE},
            {"ViewDefinition", &ANY_JSON, FIELD_REFUSED});
GLUE_INPUT(CREATE_TABLE, CATALOG, DATABASE_NAME, {"Name", &GLUE_NAME, FIELD_IGNORED},
           {"TableInput", &TABLE_INPUT}, {"PartitionIndexes", &ANY_JSON, FIELD_REFUSED},
           {"TransactionId", &ANY_STRING, FIELD_REFUSED},
           {"OpenTableFormatInput", &ANY_JSON, FIELD_REFUSED});
GLUE_INPUT(GET_TABLE, CATALOG, DATABASE_NAME, {"Name", &GLUE_NAME, FIELD_REQUIRED}, AUDIT,
           {"IncludeStatusDetails", &ANY_BOOLEAN, FIELD_IGNORED});
GLUE_INPUT(GET_TABLES, CATALOG, DATABASE_NAME, {"Expression", &EXPRESSION}, PAGE(&PAGE_100), AUDIT,
           {"IncludeStatusDetails", &ANY_BOOLEAN, FIELD_IGNORED},
           {"AttributesToGet", &ANY_JSON, FIELD_IGNORED});
GLUE_INPUT(SEARCH_TABLES, CATALOG, {"SearchText", &URI}, PAGE(&PAGE_1000),
           {"Filters", &ANY_JSON, FIELD_REFUSED}, {"SortCriteria", &ANY_JSON, FIELD_REFUSED},
           {"ResourceShareType", &ANY_STRING, FIELD_IGNORED});
GLUE_INPUT(UPDATE_TABLE, CATALOG, DATABASE_NAME, {"Name", &GLUE_NAME}, {"TableInput", &TABLE_INPUT},
           {"SkipArchive", &ANY_BOOLEAN}, {"VersionId", &GLUE_NAME},
           {"TransactionId", &ANY_STRING, FIELD_REFUSED},
           {"ViewUpdateAction", &ANY_STRING, FIELD_REFUSED}, {"Force", &ANY_BOOLEAN, FIELD_IGNORED},
           {"UpdateOpenTableFormatInput", &ANY_JSON, FIELD_REFUSED});
static const struct shape TABLES_TO_DELETE = SHAPE_LIST(&GLUE_NAME, 0, 100);
GLUE_INPUT(BATCH_DELETE_TABLE, CATALOG, DATABASE_NAME,
           {"TablesToDelete", &TABLES_TO_DELETE, FIELD_REQUIRED},
           {"TransactionId", &ANY_STRING, FIELD_REFUSED});
GLUE_INPUT(TABLE_VERSION, CATALOG, DATABASE_NAME, TABLE_NAME, {"VersionId", &GLUE_NAME}, AUDIT);
GLUE_INPUT(TABLE_VERSIONS, CATALOG, DATABASE_NAME, TABLE_NAME, PAGE(&PAGE_100), AUDIT);

// --- partitions
static const struct shape VALUE = SHAPE_STRING(0, 1024, NULL);
static const struct shape VALUES = SHAPE_LIST(&VALUE, 0, 100);
GLUE_STRUCT(VALUES_OF, {"Values", &VALUES, FIELD_REQUIRED});
GLUE_STRUCT(PARTITION_INPUT, {"Values", &VALUES}, {"LastAccessTime", &ANY_TIMESTAMP},
            {"StorageDescriptor", &STORAGE}, {"Parameters", &PARAMETERS},
            {"LastAnalyzedTime", &ANY_TIMESTAMP});
static const struct shape INPUT_LIST = SHAPE_LIST(&PARTITION_INPUT, 0, 100);
static const struct shape DELETE_LIST = SHAPE_LIST(&VALUES_OF, 0, 25);
static const struct shape GET_LIST = SHAPE_LIST(&VALUES_OF, 0, 1000);
static const struct shape SEGMENTS = SHAPE_INTEGER(1, 10);
GLUE_STRUCT(SEGMENT, {"SegmentNumber", &COUNT, FIELD_REQUIRED},
            {"TotalSegments", &SEGMENTS, FIELD_REQUIRED});
GLUE_STRUCT(UPDATE_ENTRY, {"PartitionValueList", &VALUES, FIELD_REQUIRED},
            {"PartitionInput", &PARTITION_INPUT, FIELD_REQUIRED});
static const struct shape UPDATE_LIST = SHAPE_LIST(&UPDATE_ENTRY, 1, 100);

GLUE_INPUT(CREATE_PARTITION, CATALOG, DATABASE_NAME, TABLE_NAME,
           {"PartitionInput", &PARTITION_INPUT, FIELD_REQUIRED});
GLUE_INPUT(BATCH_CREATE_PARTITION, CATALOG, DATABASE_NAME, TABLE_NAME,
           {"PartitionInputList", &INPUT_LIST, FIELD_REQUIRED});
GLUE_INPUT(ONE_PARTITION, CATALOG, DATABASE_NAME, TABLE_NAME,
           {"PartitionValues", &VALUES, FIELD_REQUIRED},
           {"AuditContext", &ANY_JSON, FIELD_IGNORED});
GLUE_INPUT(BATCH_GET_PARTITION, CATALOG, DATABASE_NAME, TABLE_NAME,
           {"PartitionsToGet", &GET_LIST, FIELD_REQUIRED},
           {"AuditContext", &ANY_JSON, FIELD_IGNORED},
           {"QuerySessionContext", &ANY_JSON, FIELD_IGNORED});
GLUE_INPUT(GET_PARTITIONS, CATALOG, DATABASE_NAME, TABLE_NAME, {"Expression", &EXPRESSION},
           PAGE(&PAGE_1000), {"Segment", &SEGMENT}, {"ExcludeColumnSchema", &ANY_BOOLEAN}, AUDIT);
GLUE_INPUT(UPDATE_PARTITION, CATALOG, DATABASE_NAME, TABLE_NAME,
           {"PartitionValueList", &VALUES, FIELD_REQUIRED},
           {"PartitionInput", &PARTITION_INPUT, FIELD_REQUIRED});
GLUE_INPUT(BATCH_UPDATE_PARTITION, CATALOG, DATABASE_NAME, TABLE_NAME,
           {"Entries", &UPDATE_LIST, FIELD_REQUIRED});
GLUE_INPUT(BATCH_DELETE_PARTITION, CATALOG, DATABASE_NAME, TABLE_NAME,
           {"PartitionsToDelete", &DELETE_LIST, FIELD_REQUIRED});
GLUE_INPUT(PARTITION_INDEXES, CATALOG, DATABASE_NAME, TABLE_NAME, {"NextToken", &ANY_STRING});

static const struct shape COLUMN_NAMES = SHAPE_LIST(&GLUE_NAME, 0, 100);
GLUE_INPUT(COLUMN_STATISTICS, CATALOG, DATABASE_NAME, TABLE_NAME, {"PartitionValues", &VALUES},
           {"ColumnNames", &COLUMN_NAMES, FIELD_REQUIRED});

// --- functions and tags
GLUE_INPUT(GET_USER_DEFINED_FUNCTIONS, CATALOG, {"DatabaseName", &GLUE_NAME},
           {"Pattern", &GLUE_NAME, FIELD_REQUIRED}, {"FunctionType", &ANY_STRING}, PAGE(&PAGE_100));
static const struct shape TAG_NAMES = SHAPE_LIST(&GLUE_NAME, 0, 50);
GLUE_INPUT(TAG_RESOURCE, {"ResourceArn", &ARN, FIELD_REQUIRED},
           {"TagsToAdd", &GLUE_TAG_MAP, FIELD_REQUIRED});
GLUE_INPUT(UNTAG_RESOURCE, {"ResourceArn", &ARN, FIELD_REQUIRED},
           {"TagsToRemove", &TAG_NAMES, FIELD_REQUIRED});
GLUE_INPUT(GET_TAGS, {"ResourceArn", &ARN, FIELD_REQUIRED});
