// SPDX-License-Identifier: Apache-2.0
// Inputs of the crawlers' operations.
#include "services/glue/glue_shapes.h"

static const struct shape DESCRIPTION = SHAPE_STRING(0, 2048, NULL);
static const struct shape PREFIX = SHAPE_STRING(0, 128, NULL);
static const struct shape PAGE_SIZE = SHAPE_INTEGER(1, 1000);
static const struct shape NAMES_100 = SHAPE_LIST(&GLUE_NAME, 0, 100);

static const char *const UPDATE_BEHAVIORS[] = {"LOG", "UPDATE_IN_DATABASE", NULL};
static const char *const DELETE_BEHAVIORS[] = {"LOG", "DELETE_FROM_DATABASE",
                                               "DEPRECATE_IN_DATABASE", NULL};
static const char *const RECRAWL_BEHAVIORS[] = {"CRAWL_EVERYTHING", "CRAWL_NEW_FOLDERS_ONLY",
                                                "CRAWL_EVENT_MODE", NULL};
static const struct shape UPDATE_BEHAVIOR = SHAPE_ENUM(UPDATE_BEHAVIORS);
static const struct shape DELETE_BEHAVIOR = SHAPE_ENUM(DELETE_BEHAVIORS);
static const struct shape RECRAWL_BEHAVIOR = SHAPE_ENUM(RECRAWL_BEHAVIORS);
GLUE_STRUCT(CHANGE_POLICY, {"UpdateBehavior", &UPDATE_BEHAVIOR},
            {"DeleteBehavior", &DELETE_BEHAVIOR});
GLUE_STRUCT(RECRAWL_POLICY, {"RecrawlBehavior", &RECRAWL_BEHAVIOR});

#define CRAWLER_FIELDS                                                                             \
    {"DatabaseName", &ANY_STRING}, {"Description", &DESCRIPTION}, {"Schedule", &ANY_STRING},       \
        {"Classifiers", &STRING_LIST}, {"TablePrefix", &PREFIX},                                   \
        {"SchemaChangePolicy", &CHANGE_POLICY}, {"RecrawlPolicy", &RECRAWL_POLICY},                \
        {"LineageConfiguration", &ANY_JSON, FIELD_IGNORED},                                        \
        {"LakeFormationConfiguration", &ANY_JSON, FIELD_IGNORED}, {"Configuration", &ANY_STRING},  \
    {                                                                                              \
        "CrawlerSecurityConfiguration", &ANY_STRING, FIELD_REFUSED                                 \
    }

GLUE_INPUT(CREATE_CRAWLER, {"Name", &GLUE_NAME, FIELD_REQUIRED},
           {"Role", &ANY_STRING, FIELD_REQUIRED}, {"Targets", &ANY_JSON, FIELD_REQUIRED},
           {"Tags", &GLUE_TAG_MAP}, CRAWLER_FIELDS);
GLUE_INPUT(UPDATE_CRAWLER, {"Name", &GLUE_NAME, FIELD_REQUIRED}, {"Role", &ANY_STRING},
           {"Targets", &ANY_JSON}, CRAWLER_FIELDS);
GLUE_INPUT(CRAWLER_NAME, {"Name", &GLUE_NAME, FIELD_REQUIRED});
GLUE_INPUT(LIST_CRAWLERS, {"MaxResults", &PAGE_SIZE}, {"NextToken", &ANY_STRING},
           {"Tags", &GLUE_TAG_MAP});
GLUE_INPUT(BATCH_GET_CRAWLERS, {"CrawlerNames", &NAMES_100, FIELD_REQUIRED});
GLUE_INPUT(CRAWLER_METRICS, {"CrawlerNameList", &NAMES_100}, {"MaxResults", &PAGE_SIZE},
           {"NextToken", &ANY_STRING});
GLUE_INPUT(LIST_CRAWLS, {"CrawlerName", &GLUE_NAME, FIELD_REQUIRED}, {"MaxResults", &PAGE_SIZE},
           {"NextToken", &ANY_STRING}, {"Filters", &ANY_JSON, FIELD_REFUSED});
GLUE_INPUT(CRAWLER_SCHEDULE, {"CrawlerName", &GLUE_NAME, FIELD_REQUIRED},
           {"Schedule", &ANY_STRING});
GLUE_INPUT(RUN_CRAWL, {"Name", &GLUE_NAME, FIELD_REQUIRED}, {"CrawlId", &ANY_STRING});
