// SPDX-License-Identifier: Apache-2.0
// Shapes of the listings of objects.
#include "services/s3/s3_shapes.h"

static const char *const ENCODINGS[] = {"url", NULL};
static const struct shape ENCODING = SHAPE_ENUM(ENCODINGS);

#define LIST_FIELDS                                                                                \
    S3_BUCKET_FIELD, S3_OWNER_FIELD, {"Prefix", &ANY_STRING, 0, IN_QUERY, "prefix"},               \
        {"Delimiter", &ANY_STRING, 0, IN_QUERY, "delimiter"},                                      \
        {"MaxKeys", &ANY_INTEGER, 0, IN_QUERY, "max-keys"},                                        \
    {                                                                                              \
        "EncodingType", &ENCODING, 0, IN_QUERY, "encoding-type"                                    \
    }

static const struct field PREFIX_FIELDS[] = {{"Prefix", &ANY_STRING}, {0}};
static const struct shape PREFIX = SHAPE_STRUCT(PREFIX_FIELDS);
const struct shape S3_PREFIX_LIST = {.type = SHAPE_LIST, .item = &PREFIX, .flat = true};

static const struct shape ALGORITHMS = {.type = SHAPE_LIST, .item = &ANY_STRING, .flat = true};
#define ENTRY_FIELDS                                                                               \
    {"Key", &ANY_STRING}, {"LastModified", &ANY_TIMESTAMP}, {"ETag", &ANY_STRING},                 \
        {"ChecksumAlgorithm", &ALGORITHMS}, {"ChecksumType", &ANY_STRING}, {"Size", &ANY_INTEGER}, \
        {"StorageClass", &ANY_STRING},                                                             \
    {                                                                                              \
        "Owner", &S3_OWNER_SHAPE                                                                   \
    }
static const struct field OBJECT_FIELDS[] = {ENTRY_FIELDS, {0}};
static const struct shape OBJECT = SHAPE_STRUCT(OBJECT_FIELDS);
static const struct shape OBJECT_LIST = {.type = SHAPE_LIST, .item = &OBJECT, .flat = true};

// --- version 1
static const struct field LIST_V1_FIELDS[] = {
    LIST_FIELDS, {"Marker", &ANY_STRING, 0, IN_QUERY, "marker"}, {0}};
const struct shape S3_LIST_INPUT = SHAPE_STRUCT(LIST_V1_FIELDS);
static const struct field LIST_V1_OUT[] = {{"Name", &ANY_STRING},
                                           {"Prefix", &ANY_STRING},
                                           {"Marker", &ANY_STRING},
                                           {"NextMarker", &ANY_STRING},
                                           {"MaxKeys", &ANY_INTEGER},
                                           {"Delimiter", &ANY_STRING},
                                           {"EncodingType", &ANY_STRING},
                                           {"IsTruncated", &ANY_BOOLEAN},
                                           {"Contents", &OBJECT_LIST},
                                           {"CommonPrefixes", &S3_PREFIX_LIST},
                                           {0}};
const struct shape S3_LIST_OUTPUT = SHAPE_STRUCT(LIST_V1_OUT);

// --- version 2
static const struct field LIST_V2_FIELDS[] = {
    LIST_FIELDS,
    {"ContinuationToken", &ANY_STRING, 0, IN_QUERY, "continuation-token"},
    {"StartAfter", &ANY_STRING, 0, IN_QUERY, "start-after"},
    {"FetchOwner", &ANY_BOOLEAN, 0, IN_QUERY, "fetch-owner"},
    {0}};
const struct shape S3_LIST_V2_INPUT = SHAPE_STRUCT(LIST_V2_FIELDS);
static const struct field LIST_V2_OUT[] = {{"Name", &ANY_STRING},
                                           {"Prefix", &ANY_STRING},
                                           {"ContinuationToken", &ANY_STRING},
                                           {"NextContinuationToken", &ANY_STRING},
                                           {"StartAfter", &ANY_STRING},
                                           {"KeyCount", &ANY_INTEGER},
                                           {"MaxKeys", &ANY_INTEGER},
                                           {"Delimiter", &ANY_STRING},
                                           {"EncodingType", &ANY_STRING},
                                           {"IsTruncated", &ANY_BOOLEAN},
                                           {"Contents", &OBJECT_LIST},
                                           {"CommonPrefixes", &S3_PREFIX_LIST},
                                           {0}};
const struct shape S3_LIST_V2_OUTPUT = SHAPE_STRUCT(LIST_V2_OUT);

// --- versions
static const struct field VERSIONS_FIELDS[] = {
    LIST_FIELDS,
    {"KeyMarker", &ANY_STRING, 0, IN_QUERY, "key-marker"},
    {"VersionIdMarker", &ANY_STRING, 0, IN_QUERY, "version-id-marker"},
    {0}};
const struct shape S3_LIST_VERSIONS_INPUT = SHAPE_STRUCT(VERSIONS_FIELDS);
static const struct field VERSION_FIELDS[] = {
    ENTRY_FIELDS, {"VersionId", &ANY_STRING}, {"IsLatest", &ANY_BOOLEAN}, {0}};
static const struct shape VERSION = SHAPE_STRUCT(VERSION_FIELDS);
static const struct shape VERSION_LIST = {.type = SHAPE_LIST, .item = &VERSION, .flat = true};
static const struct field VERSIONS_OUT[] = {{"Name", &ANY_STRING},
                                            {"Prefix", &ANY_STRING},
                                            {"KeyMarker", &ANY_STRING},
                                            {"VersionIdMarker", &ANY_STRING},
                                            {"NextKeyMarker", &ANY_STRING},
                                            {"NextVersionIdMarker", &ANY_STRING},
                                            {"MaxKeys", &ANY_INTEGER},
                                            {"Delimiter", &ANY_STRING},
                                            {"EncodingType", &ANY_STRING},
                                            {"IsTruncated", &ANY_BOOLEAN},
                                            {"Versions", &VERSION_LIST, .wire = "Version"},
                                            {"CommonPrefixes", &S3_PREFIX_LIST},
                                            {0}};
const struct shape S3_LIST_VERSIONS_OUTPUT = SHAPE_STRUCT(VERSIONS_OUT);
