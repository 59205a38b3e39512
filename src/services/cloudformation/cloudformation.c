// SPDX-License-Identifier: Apache-2.0
// CloudFormation's table of operations. Source: AWS CloudFormation API Reference, version
// 2010-05-15.
#include "services/cloudformation/cloudformation.h"

const struct error_code CLOUDFORMATION_VALIDATION_ERROR = {"ValidationError", 400, NULL};
const struct error_code CLOUDFORMATION_ALREADY_EXISTS = {"AlreadyExistsException", 400, NULL};
const struct error_code CLOUDFORMATION_INSUFFICIENT_CAPABILITIES = {
    "InsufficientCapabilitiesException", 400, NULL};
const struct error_code CLOUDFORMATION_CHANGE_SET_NOT_FOUND = {"ChangeSetNotFound", 404, NULL};
const struct error_code CLOUDFORMATION_INVALID_CHANGE_SET_STATUS = {"InvalidChangeSetStatus", 400,
                                                                    NULL};

// --- inputs

static const char *const CAPABILITY_NAMES[] = {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM",
                                               "CAPABILITY_AUTO_EXPAND", NULL};
static const char *const ON_FAILURES[] = {"DO_NOTHING", "ROLLBACK", "DELETE", NULL};
static const char *const CHANGE_SET_TYPES[] = {"CREATE", "UPDATE", "IMPORT", NULL};
static const char *const STAGES[] = {"Original", "Processed", NULL};

static const struct shape NEW_NAME = SHAPE_STRING(1, 128, "[a-zA-Z][-a-zA-Z0-9]*");
static const struct shape NAME =
    SHAPE_STRING(1, 2048, "([a-zA-Z][-a-zA-Z0-9]*)|(arn:[-a-zA-Z0-9:/._+]*)");
static const struct shape CHANGE_SET_NEW_NAME = SHAPE_STRING(1, 128, "[a-zA-Z][-a-zA-Z0-9]*");
static const struct shape CHANGE_SET_NAME =
    SHAPE_STRING(1, 1600, "[a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/]*");
static const struct shape TEMPLATE_BODY = SHAPE_STRING(1, 51200, NULL);
static const struct shape TEMPLATE_URL = SHAPE_STRING(1, 5120, NULL);
static const struct shape CAPABILITY = SHAPE_ENUM(CAPABILITY_NAMES);
static const struct shape CAPABILITIES = SHAPE_LIST(&CAPABILITY, 0, 0);
static const struct shape ON_FAILURE = SHAPE_ENUM(ON_FAILURES);
static const struct shape CHANGE_SET_TYPE = SHAPE_ENUM(CHANGE_SET_TYPES);
static const struct shape STAGE = SHAPE_ENUM(STAGES);
static const struct shape TIMEOUT = SHAPE_INTEGER(1, INT64_MAX);
static const struct shape ROLE_ARN = SHAPE_STRING(20, 2048, NULL);
static const struct shape TOKEN = SHAPE_STRING(1, 128, "[a-zA-Z0-9][-a-zA-Z0-9]*");
static const struct shape DESCRIPTION = SHAPE_STRING(1, 1024, NULL);
static const struct shape NOTIFICATION_ARNS = SHAPE_LIST(&ANY_STRING, 0, 5);
static const struct shape TAG_KEY = SHAPE_STRING(1, 128, NULL);
static const struct shape TAG_VALUE = SHAPE_STRING(0, 256, NULL);

#define STRUCTURE(name, ...)                                                                       \
    static const struct field name##_FIELDS[] = {__VA_ARGS__, {0}};                                \
    static const struct shape name = SHAPE_STRUCT(name##_FIELDS)

STRUCTURE(TAG, {"Key", &TAG_KEY, FIELD_REQUIRED}, {"Value", &TAG_VALUE, FIELD_REQUIRED});
static const struct shape TAGS = SHAPE_LIST(&TAG, 0, 50);
STRUCTURE(PARAMETER, {"ParameterKey", &ANY_STRING}, {"ParameterValue", &ANY_STRING},
          {"UsePreviousValue", &ANY_BOOLEAN}, {"ResolvedValue", &ANY_STRING});
static const struct shape PARAMETERS = SHAPE_LIST(&PARAMETER, 0, 0);

#define IN_TEMPLATE                                                                                \
    {"TemplateBody", &TEMPLATE_BODY},                                                              \
    {                                                                                              \
        "TemplateURL", &TEMPLATE_URL                                                               \
    }
#define IN_REQUEST                                                                                 \
    IN_TEMPLATE, {"Parameters", &PARAMETERS}, {"Capabilities", &CAPABILITIES}, {"Tags", &TAGS},    \
        {"RoleARN", &ROLE_ARN}, {"NotificationARNs", &NOTIFICATION_ARNS},                          \
        {"RollbackConfiguration", &ANY_JSON, FIELD_IGNORED},                                       \
    {                                                                                              \
        "ResourceTypes", &STRING_LIST, FIELD_REFUSED                                               \
    }
#define IN_STACK                                                                                   \
    {                                                                                              \
        "StackName", &NAME, FIELD_REQUIRED                                                         \
    }
#define IN_STACK_OR_ALL                                                                            \
    {                                                                                              \
        "StackName", &NAME                                                                         \
    }
#define IN_CLIENT_TOKEN                                                                            \
    {                                                                                              \
        "ClientRequestToken", &TOKEN                                                               \
    }
#define IN_PAGE                                                                                    \
    {                                                                                              \
        "NextToken", &ANY_STRING                                                                   \
    }

STRUCTURE(CREATE_STACK, {"StackName", &NEW_NAME, FIELD_REQUIRED}, IN_REQUEST,
          {"DisableRollback", &ANY_BOOLEAN}, {"OnFailure", &ON_FAILURE},
          {"TimeoutInMinutes", &TIMEOUT}, IN_CLIENT_TOKEN,
          {"EnableTerminationProtection", &ANY_BOOLEAN},
          {"StackPolicyBody", &ANY_STRING, FIELD_REFUSED},
          {"StackPolicyURL", &ANY_STRING, FIELD_REFUSED},
          {"RetainExceptOnCreate", &ANY_BOOLEAN, FIELD_REFUSED});
STRUCTURE(UPDATE_STACK, IN_STACK, IN_REQUEST, {"UsePreviousTemplate", &ANY_BOOLEAN},
          {"DisableRollback", &ANY_BOOLEAN}, IN_CLIENT_TOKEN,
          {"StackPolicyBody", &ANY_STRING, FIELD_REFUSED},
          {"StackPolicyURL", &ANY_STRING, FIELD_REFUSED},
          {"StackPolicyDuringUpdateBody", &ANY_STRING, FIELD_REFUSED},
          {"StackPolicyDuringUpdateURL", &ANY_STRING, FIELD_REFUSED},
          {"RetainExceptOnCreate", &ANY_BOOLEAN, FIELD_REFUSED});
STRUCTURE(DELETE_STACK, IN_STACK, {"RetainResources", &STRING_LIST}, {"RoleARN", &ROLE_ARN},
          IN_CLIENT_TOKEN, {"DeletionMode", &ANY_STRING, FIELD_REFUSED});
STRUCTURE(CONTINUE_ROLLBACK, IN_STACK, {"RoleARN", &ROLE_ARN, FIELD_REFUSED},
          {"ResourcesToSkip", &STRING_LIST, FIELD_REFUSED},
          {"ClientRequestToken", &TOKEN, FIELD_IGNORED});
STRUCTURE(PROTECTION, IN_STACK, {"EnableTerminationProtection", &ANY_BOOLEAN, FIELD_REQUIRED});
STRUCTURE(STACK_PAGE, IN_STACK_OR_ALL, IN_PAGE);
STRUCTURE(ONE_STACK_PAGE, IN_STACK, IN_PAGE);
STRUCTURE(LIST_STACKS, IN_PAGE, {"StackStatusFilter", &STRING_LIST});
STRUCTURE(ONE_RESOURCE, IN_STACK, {"LogicalResourceId", &ANY_STRING, FIELD_REQUIRED});
STRUCTURE(SOME_RESOURCES, IN_STACK_OR_ALL, {"LogicalResourceId", &ANY_STRING},
          {"PhysicalResourceId", &ANY_STRING});
STRUCTURE(GET_TEMPLATE, IN_STACK_OR_ALL, {"ChangeSetName", &CHANGE_SET_NAME},
          {"TemplateStage", &STAGE, FIELD_IGNORED});
STRUCTURE(SUMMARY, IN_STACK_OR_ALL, IN_TEMPLATE, {"StackSetName", &ANY_STRING, FIELD_REFUSED},
          {"CallAs", &ANY_STRING, FIELD_IGNORED},
          {"TemplateSummaryConfig", &ANY_JSON, FIELD_IGNORED});
STRUCTURE(TEMPLATE_ONLY, IN_TEMPLATE);
STRUCTURE(CREATE_CHANGE_SET, IN_STACK, IN_REQUEST, {"UsePreviousTemplate", &ANY_BOOLEAN},
          {"ChangeSetName", &CHANGE_SET_NEW_NAME, FIELD_REQUIRED},
          {"ChangeSetType", &CHANGE_SET_TYPE}, {"Description", &DESCRIPTION},
          {"ClientToken", &TOKEN, FIELD_IGNORED}, {"OnStackFailure", &ON_FAILURE},
          {"ResourcesToImport", &ANY_JSON, FIELD_REFUSED},
          {"IncludeNestedStacks", &ANY_BOOLEAN, FIELD_IGNORED},
          {"ImportExistingResources", &ANY_BOOLEAN, FIELD_IGNORED});
STRUCTURE(ONE_CHANGE_SET, IN_STACK_OR_ALL, {"ChangeSetName", &CHANGE_SET_NAME, FIELD_REQUIRED},
          IN_PAGE, {"IncludePropertyValues", &ANY_BOOLEAN, FIELD_IGNORED});
STRUCTURE(EXECUTE, IN_STACK_OR_ALL, {"ChangeSetName", &CHANGE_SET_NAME, FIELD_REQUIRED},
          IN_CLIENT_TOKEN, {"DisableRollback", &ANY_BOOLEAN},
          {"RetainExceptOnCreate", &ANY_BOOLEAN, FIELD_REFUSED});
STRUCTURE(PAGE, IN_PAGE);
STRUCTURE(LIST_IMPORTS, {"ExportName", &ANY_STRING, FIELD_REQUIRED}, IN_PAGE);
STRUCTURE(RUN_STACK, {"StackId", &ANY_STRING, FIELD_REQUIRED},
          {"OperationId", &ANY_STRING, FIELD_REQUIRED});

// --- outputs

STRUCTURE(OUTPUT_VALUE, {"OutputKey", &ANY_STRING}, {"OutputValue", &ANY_STRING},
          {"Description", &ANY_STRING}, {"ExportName", &ANY_STRING});
static const struct shape OUTPUT_VALUES = SHAPE_LIST(&OUTPUT_VALUE, 0, 0);
STRUCTURE(DRIFT, {"StackDriftStatus", &ANY_STRING}, {"StackResourceDriftStatus", &ANY_STRING});
STRUCTURE(NOTHING, {"MonitoringTimeInMinutes", &ANY_INTEGER});
STRUCTURE(STACK, {"StackId", &ANY_STRING}, {"StackName", &ANY_STRING}, {"ChangeSetId", &ANY_STRING},
          {"Description", &ANY_STRING}, {"TemplateDescription", &ANY_STRING},
          {"Parameters", &PARAMETERS}, {"CreationTime", &ANY_TIMESTAMP},
          {"DeletionTime", &ANY_TIMESTAMP}, {"LastUpdatedTime", &ANY_TIMESTAMP},
          {"RollbackConfiguration", &NOTHING}, {"StackStatus", &ANY_STRING},
          {"StackStatusReason", &ANY_STRING}, {"DisableRollback", &ANY_BOOLEAN},
          {"NotificationARNs", &STRING_LIST}, {"TimeoutInMinutes", &ANY_INTEGER},
          {"Capabilities", &STRING_LIST}, {"Outputs", &OUTPUT_VALUES}, {"RoleARN", &ANY_STRING},
          {"Tags", &TAGS}, {"EnableTerminationProtection", &ANY_BOOLEAN},
          {"DriftInformation", &DRIFT});
static const struct shape STACKS = SHAPE_LIST(&STACK, 0, 0);
STRUCTURE(EVENT, {"StackId", &ANY_STRING}, {"EventId", &ANY_STRING}, {"StackName", &ANY_STRING},
          {"LogicalResourceId", &ANY_STRING}, {"PhysicalResourceId", &ANY_STRING},
          {"ResourceType", &ANY_STRING}, {"Timestamp", &ANY_TIMESTAMP},
          {"ResourceStatus", &ANY_STRING}, {"ResourceStatusReason", &ANY_STRING},
          {"ResourceProperties", &ANY_STRING}, {"ClientRequestToken", &ANY_STRING});
static const struct shape EVENTS = SHAPE_LIST(&EVENT, 0, 0);
STRUCTURE(RESOURCE, {"StackName", &ANY_STRING}, {"StackId", &ANY_STRING},
          {"LogicalResourceId", &ANY_STRING}, {"PhysicalResourceId", &ANY_STRING},
          {"ResourceType", &ANY_STRING}, {"Timestamp", &ANY_TIMESTAMP},
          {"LastUpdatedTimestamp", &ANY_TIMESTAMP}, {"ResourceStatus", &ANY_STRING},
          {"ResourceStatusReason", &ANY_STRING}, {"Description", &ANY_STRING},
          {"Metadata", &ANY_STRING}, {"DriftInformation", &DRIFT});
static const struct shape RESOURCES = SHAPE_LIST(&RESOURCE, 0, 0);
STRUCTURE(CONSTRAINTS, {"AllowedValues", &STRING_LIST});
STRUCTURE(DECLARATION, {"ParameterKey", &ANY_STRING}, {"DefaultValue", &ANY_STRING},
          {"ParameterType", &ANY_STRING}, {"NoEcho", &ANY_BOOLEAN}, {"Description", &ANY_STRING},
          {"ParameterConstraints", &CONSTRAINTS});
static const struct shape DECLARATIONS = SHAPE_LIST(&DECLARATION, 0, 0);
STRUCTURE(TARGET, {"Attribute", &ANY_STRING}, {"Name", &ANY_STRING},
          {"RequiresRecreation", &ANY_STRING});
STRUCTURE(DETAIL, {"Target", &TARGET}, {"Evaluation", &ANY_STRING}, {"ChangeSource", &ANY_STRING},
          {"CausingEntity", &ANY_STRING});
static const struct shape DETAILS = SHAPE_LIST(&DETAIL, 0, 0);
STRUCTURE(RESOURCE_CHANGE, {"Action", &ANY_STRING}, {"LogicalResourceId", &ANY_STRING},
          {"PhysicalResourceId", &ANY_STRING}, {"ResourceType", &ANY_STRING},
          {"Replacement", &ANY_STRING}, {"Scope", &STRING_LIST}, {"Details", &DETAILS});
STRUCTURE(CHANGE, {"Type", &ANY_STRING}, {"ResourceChange", &RESOURCE_CHANGE});
static const struct shape CHANGES = SHAPE_LIST(&CHANGE, 0, 0);
#define CHANGE_SET_FIELDS                                                                          \
    {"ChangeSetName", &ANY_STRING}, {"ChangeSetId", &ANY_STRING}, {"StackId", &ANY_STRING},        \
        {"StackName", &ANY_STRING}, {"Description", &ANY_STRING},                                  \
        {"CreationTime", &ANY_TIMESTAMP}, {"ExecutionStatus", &ANY_STRING},                        \
        {"Status", &ANY_STRING}, {"StatusReason", &ANY_STRING},                                    \
    {                                                                                              \
        "IncludeNestedStacks", &ANY_BOOLEAN                                                        \
    }
STRUCTURE(CHANGE_SET_SUMMARY, CHANGE_SET_FIELDS);
static const struct shape CHANGE_SET_SUMMARIES = SHAPE_LIST(&CHANGE_SET_SUMMARY, 0, 0);
STRUCTURE(EXPORT, {"ExportingStackId", &ANY_STRING}, {"Name", &ANY_STRING}, {"Value", &ANY_STRING});
static const struct shape EXPORTS = SHAPE_LIST(&EXPORT, 0, 0);

STRUCTURE(STACK_ID_OUT, {"StackId", &ANY_STRING});
STRUCTURE(EMPTY_OUT, {0});
STRUCTURE(STACKS_OUT, {"Stacks", &STACKS}, {"StackSummaries", &STACKS}, IN_PAGE);
STRUCTURE(EVENTS_OUT, {"StackEvents", &EVENTS}, IN_PAGE);
STRUCTURE(RESOURCES_OUT, {"StackResourceDetail", &RESOURCE}, {"StackResources", &RESOURCES},
          {"StackResourceSummaries", &RESOURCES}, IN_PAGE);
STRUCTURE(TEMPLATE_OUT, {"TemplateBody", &ANY_STRING}, {"StagesAvailable", &STRING_LIST},
          {"Parameters", &DECLARATIONS}, {"Description", &ANY_STRING},
          {"Capabilities", &STRING_LIST}, {"CapabilitiesReason", &ANY_STRING},
          {"ResourceTypes", &STRING_LIST}, {"Version", &ANY_STRING}, {"Metadata", &ANY_STRING},
          {"DeclaredTransforms", &STRING_LIST});
STRUCTURE(CHANGE_SET_OUT, CHANGE_SET_FIELDS, {"Id", &ANY_STRING}, {"Parameters", &PARAMETERS},
          {"NotificationARNs", &STRING_LIST}, {"RollbackConfiguration", &NOTHING},
          {"Capabilities", &STRING_LIST}, {"Tags", &TAGS}, {"Changes", &CHANGES},
          {"Summaries", &CHANGE_SET_SUMMARIES}, IN_PAGE);
STRUCTURE(EXPORTS_OUT, {"Exports", &EXPORTS}, {"Imports", &STRING_LIST}, IN_PAGE);

// --- operations

#define ROW(name_, handler_, kind_, input_, output_, summary_)                                     \
    {                                                                                              \
        .name = name_, .handler = cloudformation_##handler_, .kind = kind_, .input = &input_,      \
        .output = &output_, .summary = summary_                                                    \
    }

static const struct op OPS[] = {
    ROW("CreateStack", create_stack, OP_WRITE, CREATE_STACK, STACK_ID_OUT,
        "Make the resources of a template"),
    ROW("UpdateStack", update_stack, OP_WRITE, UPDATE_STACK, STACK_ID_OUT,
        "Change a stack's resources to another template's"),
    ROW("DeleteStack", delete_stack, OP_WRITE, DELETE_STACK, EMPTY_OUT,
        "Delete a stack and its resources"),
    ROW("ContinueUpdateRollback", continue_update_rollback, OP_WRITE, CONTINUE_ROLLBACK, EMPTY_OUT,
        "Try again to undo an update"),
    ROW("UpdateTerminationProtection", update_termination_protection, OP_WRITE, PROTECTION,
        STACK_ID_OUT, "Allow or forbid a stack's deletion"),
    ROW("DescribeStacks", describe_stacks, OP_READ, STACK_PAGE, STACKS_OUT,
        "Describe stacks with their outputs"),
    ROW("ListStacks", list_stacks, OP_READ, LIST_STACKS, STACKS_OUT,
        "List stacks, deleted ones too"),
    ROW("DescribeStackEvents", describe_stack_events, OP_READ, ONE_STACK_PAGE, EVENTS_OUT,
        "What happened to a stack, the newest first"),
    ROW("DescribeStackResource", describe_stack_resource, OP_READ, ONE_RESOURCE, RESOURCES_OUT,
        "Describe one resource"),
    ROW("DescribeStackResources", describe_stack_resources, OP_READ, SOME_RESOURCES, RESOURCES_OUT,
        "Describe a stack's resources"),
    ROW("ListStackResources", list_stack_resources, OP_READ, ONE_STACK_PAGE, RESOURCES_OUT,
        "List a stack's resources"),
    ROW("GetTemplate", get_template, OP_READ, GET_TEMPLATE, TEMPLATE_OUT,
        "Give a stack's or change set's template"),
    ROW("GetTemplateSummary", get_template_summary, OP_READ, SUMMARY, TEMPLATE_OUT,
        "Say what a template asks for and makes"),
    ROW("ValidateTemplate", validate_template, OP_READ, TEMPLATE_ONLY, TEMPLATE_OUT,
        "Check a template"),
    ROW("CreateChangeSet", create_change_set, OP_WRITE, CREATE_CHANGE_SET, CHANGE_SET_OUT,
        "Plan the making or changing of a stack"),
    ROW("DescribeChangeSet", describe_change_set, OP_READ, ONE_CHANGE_SET, CHANGE_SET_OUT,
        "Show a plan"),
    ROW("ExecuteChangeSet", execute_change_set, OP_WRITE, EXECUTE, EMPTY_OUT, "Carry a plan out"),
    ROW("DeleteChangeSet", delete_change_set, OP_WRITE, ONE_CHANGE_SET, EMPTY_OUT, "Drop a plan"),
    ROW("ListChangeSets", list_change_sets, OP_READ, ONE_STACK_PAGE, CHANGE_SET_OUT,
        "List a stack's plans"),
    ROW("ListExports", list_exports, OP_READ, PAGE, EXPORTS_OUT,
        "List outputs that other stacks can import"),
    ROW("ListImports", list_imports, OP_READ, LIST_IMPORTS, EXPORTS_OUT,
        "List the stacks that import an output"),
    {.name = "RunStack",
     .handler = cloudformation_run_stack,
     .kind = OP_JOB,
     .input = &RUN_STACK,
     .flags = OP_INTERNAL,
     .summary = "Goes through a stack operation step by step"},
    {0},
};

static const char *const KNOWN[] = {"ActivateOrganizationsAccess",
                                    "ActivateType",
                                    "BatchDescribeTypeConfigurations",
                                    "CancelUpdateStack",
                                    "CreateGeneratedTemplate",
                                    "CreateStackInstances",
                                    "CreateStackRefactor",
                                    "CreateStackSet",
                                    "DeactivateOrganizationsAccess",
                                    "DeactivateType",
                                    "DeleteGeneratedTemplate",
                                    "DeleteStackInstances",
                                    "DeleteStackSet",
                                    "DeregisterType",
                                    "DescribeAccountLimits",
                                    "DescribeChangeSetHooks",
                                    "DescribeGeneratedTemplate",
                                    "DescribeOrganizationsAccess",
                                    "DescribePublisher",
                                    "DescribeResourceScan",
                                    "DescribeStackDriftDetectionStatus",
                                    "DescribeStackInstance",
                                    "DescribeStackRefactor",
                                    "DescribeStackResourceDrifts",
                                    "DescribeStackSet",
                                    "DescribeStackSetOperation",
                                    "DescribeType",
                                    "DescribeTypeRegistration",
                                    "DetectStackDrift",
                                    "DetectStackResourceDrift",
                                    "DetectStackSetDrift",
                                    "EstimateTemplateCost",
                                    "ExecuteStackRefactor",
                                    "GetGeneratedTemplate",
                                    "GetHookResult",
                                    "GetStackPolicy",
                                    "ImportStacksToStackSet",
                                    "ListGeneratedTemplates",
                                    "ListHookResults",
                                    "ListResourceScanRelatedResources",
                                    "ListResourceScanResources",
                                    "ListResourceScans",
                                    "ListStackInstanceResourceDrifts",
                                    "ListStackInstances",
                                    "ListStackRefactorActions",
                                    "ListStackRefactors",
                                    "ListStackSetAutoDeploymentTargets",
                                    "ListStackSetOperationResults",
                                    "ListStackSetOperations",
                                    "ListStackSets",
                                    "ListTypeRegistrations",
                                    "ListTypes",
                                    "ListTypeVersions",
                                    "PublishType",
                                    "RecordHandlerProgress",
                                    "RegisterPublisher",
                                    "RegisterType",
                                    "RollbackStack",
                                    "SetStackPolicy",
                                    "SetTypeConfiguration",
                                    "SetTypeDefaultVersion",
                                    "SignalResource",
                                    "StartResourceScan",
                                    "StopStackSetOperation",
                                    "TestType",
                                    "UpdateGeneratedTemplate",
                                    "UpdateStackInstances",
                                    "UpdateStackSet",
                                    NULL};

const struct service CLOUDFORMATION_SERVICE = {
    .name = "cloudformation",
    .title = "AWS CloudFormation",
    .signing_name = "cloudformation",
    .api_version = "2010-05-15",
    .xml_namespace = "http://cloudformation.amazonaws.com/doc/2010-05-15/",
    .protocols = PROTOCOL_QUERY,
    .ops = OPS,
    .known = KNOWN,
    .validation_error = &CLOUDFORMATION_VALIDATION_ERROR,
};
