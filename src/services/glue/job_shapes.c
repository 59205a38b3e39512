// SPDX-License-Identifier: Apache-2.0
// Inputs of the jobs' operations.
#include "services/glue/glue_shapes.h"

static const struct shape DESCRIPTION = SHAPE_STRING(0, 2048, NULL);
static const struct shape SCRIPT = SHAPE_STRING(0, 400000, NULL);
static const struct shape MINUTES = SHAPE_INTEGER(1, INT32_MAX);
static const struct shape SMALL = SHAPE_INTEGER(0, INT32_MAX);
static const struct shape RUNS = SHAPE_INTEGER(1, 1000);
static const struct shape RETRIES = SHAPE_INTEGER(0, 10);
static const struct shape PAGE_SIZE = SHAPE_INTEGER(1, 1000);
static const struct shape PAGE_200 = SHAPE_INTEGER(1, 200);
static const struct shape NAMES = SHAPE_LIST(&GLUE_NAME, 0, 100);
static const struct shape RUN_IDS = SHAPE_LIST(&GLUE_NAME, 1, 25);
static const char *const WORKERS[] = {"Standard", "G.1X", "G.2X", "G.025X", "G.4X", "G.8X", "G.12X",
                                      "G.16X",    "R.1X", "R.2X", "R.4X",   "R.8X", "Z.2X", NULL};
static const struct shape WORKER = SHAPE_ENUM(WORKERS);

GLUE_STRUCT(COMMAND, {"Name", &ANY_STRING}, {"ScriptLocation", &SCRIPT},
            {"PythonVersion", &ANY_STRING}, {"Runtime", &ANY_STRING});
GLUE_STRUCT(EXECUTION, {"MaxConcurrentRuns", &RUNS});

// How large Spark's cluster is to be has no meaning here; it is kept and shown.
#define SIZE_FIELDS                                                                                \
    {"AllocatedCapacity", &SMALL}, {"MaxCapacity", &ANY_NUMBER}, {"WorkerType", &WORKER},          \
        {"NumberOfWorkers", &SMALL}, {"Timeout", &MINUTES}, {"ExecutionClass", &ANY_STRING},       \
        {"NotificationProperty", &ANY_JSON},                                                       \
    {                                                                                              \
        "SecurityConfiguration", &ANY_STRING, FIELD_REFUSED                                        \
    }
#define JOB_FIELDS                                                                                 \
    SIZE_FIELDS, {"JobMode", &ANY_STRING}, {"JobRunQueuingEnabled", &ANY_BOOLEAN},                 \
        {"Description", &DESCRIPTION}, {"LogUri", &ANY_STRING}, {"ExecutionProperty", &EXECUTION}, \
        {"DefaultArguments", &STRING_MAP}, {"NonOverridableArguments", &STRING_MAP},               \
        {"Connections", &ANY_JSON}, {"MaxRetries", &RETRIES}, {"GlueVersion", &GLUE_NAME},         \
        {"MaintenanceWindow", &ANY_STRING},                                                        \
        {"CodeGenConfigurationNodes", &ANY_JSON, FIELD_REFUSED},                                   \
    {                                                                                              \
        "SourceControlDetails", &ANY_JSON, FIELD_REFUSED                                           \
    }

GLUE_INPUT(CREATE_JOB, {"Name", &GLUE_NAME, FIELD_REQUIRED}, {"Role", &ANY_STRING, FIELD_REQUIRED},
           {"Command", &COMMAND, FIELD_REQUIRED}, {"Tags", &GLUE_TAG_MAP}, JOB_FIELDS);
GLUE_STRUCT(JOB_UPDATE, {"Role", &ANY_STRING}, {"Command", &COMMAND}, JOB_FIELDS);
GLUE_INPUT(UPDATE_JOB, {"JobName", &GLUE_NAME, FIELD_REQUIRED},
           {"JobUpdate", &JOB_UPDATE, FIELD_REQUIRED});
GLUE_INPUT(JOB_NAME, {"JobName", &GLUE_NAME, FIELD_REQUIRED});
GLUE_INPUT(LIST_JOBS, {"MaxResults", &PAGE_SIZE}, {"NextToken", &ANY_STRING},
           {"Tags", &GLUE_TAG_MAP});
GLUE_INPUT(BATCH_GET_JOBS, {"JobNames", &NAMES, FIELD_REQUIRED});
GLUE_INPUT(START_JOB_RUN, {"JobName", &GLUE_NAME, FIELD_REQUIRED}, {"JobRunId", &GLUE_NAME},
           {"Arguments", &STRING_MAP}, {"JobRunQueuingEnabled", &ANY_BOOLEAN, FIELD_IGNORED},
           SIZE_FIELDS);
GLUE_INPUT(GET_JOB_RUN, {"JobName", &GLUE_NAME, FIELD_REQUIRED},
           {"RunId", &GLUE_NAME, FIELD_REQUIRED},
           {"PredecessorsIncluded", &ANY_BOOLEAN, FIELD_IGNORED});
GLUE_INPUT(GET_JOB_RUNS, {"JobName", &GLUE_NAME, FIELD_REQUIRED}, {"MaxResults", &PAGE_200},
           {"NextToken", &ANY_STRING});
GLUE_INPUT(STOP_JOB_RUNS, {"JobName", &GLUE_NAME, FIELD_REQUIRED},
           {"JobRunIds", &RUN_IDS, FIELD_REQUIRED});
GLUE_INPUT(JOB_BOOKMARK, {"JobName", &GLUE_NAME, FIELD_REQUIRED}, {"RunId", &GLUE_NAME});
GLUE_INPUT(WATCH_JOB_RUN, {"JobName", &GLUE_NAME, FIELD_REQUIRED},
           {"RunId", &GLUE_NAME, FIELD_REQUIRED}, {"OnDone", &ANY_JSON, FIELD_REQUIRED});
