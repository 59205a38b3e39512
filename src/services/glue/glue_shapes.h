// SPDX-License-Identifier: Apache-2.0
// The shapes of this service's inputs, in AWS's names and limits (botocore's model of Glue).
#ifndef GLUE_GLUE_SHAPES_H
#define GLUE_GLUE_SHAPES_H

#include "lake/shape.h"

extern const struct shape GLUE_NAME; // 1 to 255 characters
extern const struct shape GLUE_TAG_MAP;

#define GLUE_SHAPES(X)                                                                             \
    X(CREATE_CRAWLER)                                                                              \
    X(UPDATE_CRAWLER)                                                                              \
    X(CRAWLER_NAME)                                                                                \
    X(LIST_CRAWLERS)                                                                               \
    X(BATCH_GET_CRAWLERS)                                                                          \
    X(CRAWLER_METRICS)                                                                             \
    X(LIST_CRAWLS)                                                                                 \
    X(CRAWLER_SCHEDULE)                                                                            \
    X(RUN_CRAWL)                                                                                   \
    X(CREATE_JOB)                                                                                  \
    X(UPDATE_JOB)                                                                                  \
    X(JOB_NAME)                                                                                    \
    X(LIST_JOBS)                                                                                   \
    X(BATCH_GET_JOBS)                                                                              \
    X(START_JOB_RUN)                                                                               \
    X(GET_JOB_RUN)                                                                                 \
    X(GET_JOB_RUNS)                                                                                \
    X(STOP_JOB_RUNS)                                                                               \
    X(JOB_BOOKMARK)                                                                                \
    X(WATCH_JOB_RUN)                                                                               \
    X(COLUMN_STATISTICS)                                                                           \
    X(CREATE_DATABASE)                                                                             \
    X(GET_BY_NAME)                                                                                 \
    X(GET_DATABASES)                                                                               \
    X(UPDATE_DATABASE)                                                                             \
    X(CREATE_TABLE)                                                                                \
    X(GET_TABLE)                                                                                   \
    X(GET_TABLES)                                                                                  \
    X(SEARCH_TABLES)                                                                               \
    X(UPDATE_TABLE)                                                                                \
    X(BATCH_DELETE_TABLE)                                                                          \
    X(TABLE_VERSION)                                                                               \
    X(TABLE_VERSIONS)                                                                              \
    X(CREATE_PARTITION)                                                                            \
    X(BATCH_CREATE_PARTITION)                                                                      \
    X(ONE_PARTITION)                                                                               \
    X(BATCH_GET_PARTITION)                                                                         \
    X(GET_PARTITIONS)                                                                              \
    X(UPDATE_PARTITION)                                                                            \
    X(BATCH_UPDATE_PARTITION)                                                                      \
    X(BATCH_DELETE_PARTITION)                                                                      \
    X(GET_USER_DEFINED_FUNCTIONS)                                                                  \
    X(PARTITION_INDEXES)                                                                           \
    X(TAG_RESOURCE)                                                                                \
    X(UNTAG_RESOURCE)                                                                              \
    X(GET_TAGS)

#define GLUE_SHAPE_EXTERN(name) extern const struct shape GLUE_##name##_INPUT;
GLUE_SHAPES(GLUE_SHAPE_EXTERN)

// Defines GLUE_<name>_INPUT.
#define GLUE_INPUT(name, ...)                                                                      \
    static const struct field name##_FIELDS[] = {__VA_ARGS__, {0}};                                \
    const struct shape GLUE_##name##_INPUT = SHAPE_STRUCT(name##_FIELDS)
// Defines a structure of this file.
#define GLUE_STRUCT(name, ...)                                                                     \
    static const struct field name##_FIELDS[] = {__VA_ARGS__, {0}};                                \
    static const struct shape name = SHAPE_STRUCT(name##_FIELDS)

#endif
