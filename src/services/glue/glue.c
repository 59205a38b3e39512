// SPDX-License-Identifier: Apache-2.0
// The service: its operations as a table, and what AWS documents that is not here.
#include "services/glue/glue.h"
#include "services/glue/glue_shapes.h"

#define R(name_, handler_, input_, summary_)                                                       \
    {                                                                                              \
        .name = name_, .handler = glue_##handler_, .kind = OP_READ,                                \
        .input = &GLUE_##input_##_INPUT, .summary = summary_                                       \
    }
#define W(name_, handler_, input_, summary_)                                                       \
    {                                                                                              \
        .name = name_, .handler = glue_##handler_, .kind = OP_WRITE,                               \
        .input = &GLUE_##input_##_INPUT, .summary = summary_                                       \
    }

// clang-format off
static const struct op OPS[] = {
    // The Data Catalog
    W("CreateDatabase", create_database, CREATE_DATABASE, "Add a database to the catalog"),
    R("GetDatabase", get_database, GET_BY_NAME, "Read a database"),
    R("GetDatabases", get_databases, GET_DATABASES, "List databases"),
    W("UpdateDatabase", update_database, UPDATE_DATABASE, "Change a database"),
    W("DeleteDatabase", delete_database, GET_BY_NAME, "Delete a database with its tables"),
    W("CreateTable", create_table, CREATE_TABLE, "Add a table to the catalog"),
    R("GetTable", get_table, GET_TABLE, "Read a table"),
    R("GetTables", get_tables, GET_TABLES, "List a database's tables"),
    R("SearchTables", search_tables, SEARCH_TABLES, "Find tables by words in their names"),
    W("UpdateTable", update_table, UPDATE_TABLE, "Change a table"),
    W("DeleteTable", delete_table, GET_TABLE, "Delete a table with its partitions"),
    W("BatchDeleteTable", batch_delete_table, BATCH_DELETE_TABLE, "Delete several tables"),
    R("GetTableVersion", get_table_version, TABLE_VERSION, "Read a version of a table"),
    R("GetTableVersions", get_table_versions, TABLE_VERSIONS, "List a table's versions"),
    W("DeleteTableVersion", delete_table_version, TABLE_VERSION, "Delete an old version of a table"),
    W("CreatePartition", create_partition, CREATE_PARTITION, "Add a partition"),
    W("BatchCreatePartition", batch_create_partition, BATCH_CREATE_PARTITION, "Add several partitions"),
    R("GetPartition", get_partition, ONE_PARTITION, "Read a partition"),
    R("BatchGetPartition", batch_get_partition, BATCH_GET_PARTITION, "Read several partitions"),
    R("GetPartitions", get_partitions, GET_PARTITIONS, "List a table's partitions that an expression accepts"),
    W("UpdatePartition", update_partition, UPDATE_PARTITION, "Change a partition"),
    W("BatchUpdatePartition", batch_update_partition, BATCH_UPDATE_PARTITION, "Change several partitions"),
    W("DeletePartition", delete_partition, ONE_PARTITION, "Delete a partition"),
    W("BatchDeletePartition", batch_delete_partition, BATCH_DELETE_PARTITION, "Delete several partitions"),
    R("GetPartitionIndexes", get_partition_indexes, PARTITION_INDEXES, "List a table's partition indexes, which are none"),
    R("GetUserDefinedFunctions", get_user_defined_functions, GET_USER_DEFINED_FUNCTIONS, "List functions, which are none"),
    W("TagResource", tag_resource, TAG_RESOURCE, "Add tags"),
    W("UntagResource", untag_resource, UNTAG_RESOURCE, "Remove tags"),
    R("GetTags", get_tags, GET_TAGS, "Read tags"),
    {0},
};

static const char *const KNOWN[] = {
    "BatchDeleteConnection", "BatchDeleteTableVersion", "BatchGetBlueprints",
    "BatchGetCustomEntityTypes", "BatchGetDataQualityResult", "BatchGetDevEndpoints",
    "BatchGetTableOptimizer", "BatchGetTriggers", "BatchGetWorkflows",
    "BatchPutDataQualityStatisticAnnotation", "CancelDataQualityRuleRecommendationRun",
    "CancelDataQualityRulesetEvaluationRun", "CancelMLTaskRun", "CancelStatement",
    "CheckSchemaVersionValidity", "CreateBlueprint", "CreateCatalog", "CreateClassifier",
    "CreateColumnStatisticsTaskSettings", "CreateConnection", "CreateCustomEntityType",
    "CreateDataQualityRuleset", "CreateDevEndpoint", "CreateGlueIdentityCenterConfiguration",
    "CreateIntegration", "CreateIntegrationResourceProperty", "CreateIntegrationTableProperties",
    "CreateMLTransform", "CreatePartitionIndex", "CreateRegistry", "CreateSchema", "CreateScript",
    "CreateSecurityConfiguration", "CreateSession", "CreateTableOptimizer", "CreateTrigger",
    "CreateUsageProfile", "CreateUserDefinedFunction", "CreateWorkflow", "DeleteBlueprint",
    "DeleteCatalog", "DeleteClassifier", "DeleteColumnStatisticsForPartition",
    "DeleteColumnStatisticsForTable", "DeleteColumnStatisticsTaskSettings", "DeleteConnection",
    "DeleteConnectionType", "DeleteCustomEntityType", "DeleteDataQualityRuleset",
    "DeleteDevEndpoint", "DeleteGlueIdentityCenterConfiguration", "DeleteIntegration",
    "DeleteIntegrationResourceProperty", "DeleteIntegrationTableProperties", "DeleteMLTransform",
    "DeletePartitionIndex", "DeleteRegistry", "DeleteResourcePolicy", "DeleteSchema",
    "DeleteSchemaVersions", "DeleteSecurityConfiguration", "DeleteSession", "DeleteTableOptimizer",
    "DeleteTrigger", "DeleteUsageProfile", "DeleteUserDefinedFunction", "DeleteWorkflow",
    "DescribeConnectionType", "DescribeEntity", "DescribeInboundIntegrations",
    "DescribeIntegrations", "GetBlueprint", "GetBlueprintRun", "GetBlueprintRuns", "GetCatalog",
    "GetCatalogImportStatus", "GetCatalogs", "GetClassifier", "GetClassifiers",
    "GetColumnStatisticsForPartition", "GetColumnStatisticsForTable", "GetColumnStatisticsTaskRun",
    "GetColumnStatisticsTaskRuns", "GetColumnStatisticsTaskSettings", "GetConnection",
    "GetConnections", "GetCustomEntityType", "GetDataCatalogEncryptionSettings",
    "GetDataQualityModel", "GetDataQualityModelResult", "GetDataQualityResult",
    "GetDataQualityRuleRecommendationRun", "GetDataQualityRuleset",
    "GetDataQualityRulesetEvaluationRun", "GetDataflowGraph", "GetDevEndpoint", "GetDevEndpoints",
    "GetEntityRecords", "GetGlueIdentityCenterConfiguration", "GetIntegrationResourceProperty",
    "GetIntegrationTableProperties", "GetMLTaskRun", "GetMLTaskRuns", "GetMLTransform",
    "GetMLTransforms", "GetMapping", "GetMaterializedViewRefreshTaskRun", "GetPlan", "GetRegistry",
    "GetResourcePolicies", "GetResourcePolicy", "GetSchema", "GetSchemaByDefinition",
    "GetSchemaVersion", "GetSchemaVersionsDiff", "GetSecurityConfiguration",
    "GetSecurityConfigurations", "GetSession", "GetStatement", "GetTableOptimizer", "GetTrigger",
    "GetTriggers", "GetUnfilteredPartitionMetadata", "GetUnfilteredPartitionsMetadata",
    "GetUnfilteredTableMetadata", "GetUsageProfile", "GetUserDefinedFunction", "GetWorkflow",
    "GetWorkflowRun", "GetWorkflowRunProperties", "GetWorkflowRuns", "ImportCatalogToGlue",
    "ListBlueprints", "ListColumnStatisticsTaskRuns", "ListConnectionTypes",
    "ListCustomEntityTypes", "ListDataQualityResults", "ListDataQualityRuleRecommendationRuns",
    "ListDataQualityRulesetEvaluationRuns", "ListDataQualityRulesets",
    "ListDataQualityStatisticAnnotations", "ListDataQualityStatistics", "ListDevEndpoints",
    "ListEntities", "ListIntegrationResourceProperties", "ListMLTransforms",
    "ListMaterializedViewRefreshTaskRuns", "ListRegistries", "ListSchemaVersions", "ListSchemas",
    "ListSessions", "ListStatements", "ListTableOptimizerRuns", "ListTriggers", "ListUsageProfiles",
    "ListWorkflows", "ModifyIntegration", "PutDataCatalogEncryptionSettings",
    "PutDataQualityProfileAnnotation", "PutResourcePolicy", "PutSchemaVersionMetadata",
    "PutWorkflowRunProperties", "QuerySchemaVersionMetadata", "RegisterConnectionType",
    "RegisterSchemaVersion", "RemoveSchemaVersionMetadata", "ResumeWorkflowRun", "RunStatement",
    "StartBlueprintRun", "StartColumnStatisticsTaskRun", "StartColumnStatisticsTaskRunSchedule",
    "StartDataQualityRuleRecommendationRun", "StartDataQualityRulesetEvaluationRun",
    "StartExportLabelsTaskRun", "StartImportLabelsTaskRun", "StartMLEvaluationTaskRun",
    "StartMLLabelingSetGenerationTaskRun", "StartMaterializedViewRefreshTaskRun", "StartTrigger",
    "StartWorkflowRun", "StopColumnStatisticsTaskRun", "StopColumnStatisticsTaskRunSchedule",
    "StopMaterializedViewRefreshTaskRun", "StopSession", "StopTrigger", "StopWorkflowRun",
    "TestConnection", "UpdateBlueprint", "UpdateCatalog", "UpdateClassifier",
    "UpdateColumnStatisticsForPartition", "UpdateColumnStatisticsForTable",
    "UpdateColumnStatisticsTaskSettings", "UpdateConnection", "UpdateDataQualityRuleset",
    "UpdateDevEndpoint", "UpdateGlueIdentityCenterConfiguration",
    "UpdateIntegrationResourceProperty", "UpdateIntegrationTableProperties",
    "UpdateJobFromSourceControl", "UpdateMLTransform", "UpdateRegistry", "UpdateSchema",
    "UpdateSourceControlFromJob", "UpdateTableOptimizer", "UpdateTrigger", "UpdateUsageProfile",
    "UpdateUserDefinedFunction", "UpdateWorkflow",
    NULL,
};
// clang-format on

const struct service GLUE_SERVICE = {
    .name = "glue",
    .title = "AWS Glue",
    .signing_name = "glue",
    .target_prefix = "AWSGlue",
    .api_version = "2017-03-31",
    .protocols = PROTOCOL_JSON_1_1,
    .ops = OPS,
    .known = KNOWN,
};
