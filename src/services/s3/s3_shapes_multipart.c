// SPDX-License-Identifier: Apache-2.0
// Shapes of uploads in parts.
#include "services/s3/s3_shapes.h"

#define UPLOAD_ID_FIELD                                                                            \
    {                                                                                              \
        "UploadId", &ANY_STRING, FIELD_REQUIRED, IN_QUERY, "uploadId"                              \
    }
#define PART_NUMBER_FIELD                                                                          \
    {                                                                                              \
        "PartNumber", &ANY_INTEGER, FIELD_REQUIRED, IN_QUERY, "partNumber"                         \
    }

static const char *const TYPES[] = {"COMPOSITE", "FULL_OBJECT", NULL};
static const struct shape TYPE = SHAPE_ENUM(TYPES);

// --- create
static const struct field CREATE_FIELDS[] = {
    S3_BUCKET_FIELD,
    S3_KEY_FIELD,
    S3_CONTENT_FIELDS,
    S3_WRITE_FIELDS,
    S3_CUSTOMER_KEY_FIELD,
    {"ChecksumAlgorithm", &ANY_STRING, 0, IN_HEADER, "x-amz-checksum-algorithm"},
    {"ChecksumType", &TYPE, 0, IN_HEADER, "x-amz-checksum-type"},
    S3_OWNER_FIELD,
    {0}};
const struct shape S3_CREATE_UPLOAD_INPUT = SHAPE_STRUCT(CREATE_FIELDS);
static const struct field CREATE_OUT[] = {
    {"Bucket", &ANY_STRING},
    {"Key", &ANY_STRING},
    {"UploadId", &ANY_STRING},
    {"ChecksumAlgorithm", &ANY_STRING, 0, IN_HEADER, "x-amz-checksum-algorithm"},
    {"ChecksumType", &ANY_STRING, 0, IN_HEADER, "x-amz-checksum-type"},
    {0}};
const struct shape S3_CREATE_UPLOAD_OUTPUT = SHAPE_STRUCT(CREATE_OUT);

// --- parts
static const struct field UPLOAD_PART_FIELDS[] = {
    S3_BUCKET_FIELD,
    S3_KEY_FIELD,
    UPLOAD_ID_FIELD,
    PART_NUMBER_FIELD,
    {"Body", &ANY_JSON}, // of inside calls; a client's is streamed (OP_STREAM_IN)
    S3_PAYLOAD_DIGEST_FIELDS,
    S3_CHECKSUM_FIELDS(IN_HEADER),
    {"ChecksumAlgorithm", &ANY_STRING, 0, IN_HEADER, "x-amz-sdk-checksum-algorithm"},
    S3_CUSTOMER_KEY_FIELD,
    S3_OWNER_FIELD,
    {0}};
const struct shape S3_UPLOAD_PART_INPUT = SHAPE_STRUCT(UPLOAD_PART_FIELDS);
static const struct field UPLOAD_PART_OUT[] = {
    {"ETag", &ANY_STRING, 0, IN_HEADER, "ETag"}, S3_CHECKSUM_FIELDS(IN_HEADER), {0}};
const struct shape S3_UPLOAD_PART_OUTPUT = SHAPE_STRUCT(UPLOAD_PART_OUT);

static const struct field UPLOAD_PART_COPY_FIELDS[] = {
    S3_BUCKET_FIELD,
    S3_KEY_FIELD,
    UPLOAD_ID_FIELD,
    PART_NUMBER_FIELD,
    {"CopySource", &ANY_STRING, FIELD_REQUIRED, IN_HEADER, "x-amz-copy-source"},
    {"CopySourceRange", &ANY_STRING, 0, IN_HEADER, "x-amz-copy-source-range"},
    {"CopySourceIfMatch", &ANY_STRING, 0, IN_HEADER, "x-amz-copy-source-if-match"},
    {"CopySourceIfNoneMatch", &ANY_STRING, 0, IN_HEADER, "x-amz-copy-source-if-none-match"},
    {"CopySourceIfModifiedSince", &ANY_STRING, 0, IN_HEADER, "x-amz-copy-source-if-modified-since"},
    {"CopySourceIfUnmodifiedSince", &ANY_STRING, 0, IN_HEADER,
     "x-amz-copy-source-if-unmodified-since"},
    S3_CUSTOMER_KEY_FIELD,
    {"CopySourceSSECustomerAlgorithm", &ANY_STRING, FIELD_REFUSED, IN_HEADER,
     "x-amz-copy-source-server-side-encryption-customer-algorithm"},
    {"ExpectedSourceBucketOwner", &ANY_STRING, 0, IN_HEADER, "x-amz-source-expected-bucket-owner"},
    S3_OWNER_FIELD,
    {0}};
const struct shape S3_UPLOAD_PART_COPY_INPUT = SHAPE_STRUCT(UPLOAD_PART_COPY_FIELDS);
static const struct field COPY_PART_RESULT_FIELDS[] = {
    {"ETag", &ANY_STRING}, {"LastModified", &ANY_TIMESTAMP}, S3_CHECKSUM_MEMBERS, {0}};
static const struct shape COPY_PART_RESULT = SHAPE_STRUCT(COPY_PART_RESULT_FIELDS);
static const struct field UPLOAD_PART_COPY_OUT[] = {
    {"CopyPartResult", &COPY_PART_RESULT, 0, IN_PAYLOAD}, {0}};
const struct shape S3_UPLOAD_PART_COPY_OUTPUT = SHAPE_STRUCT(UPLOAD_PART_COPY_OUT);

// --- complete and abort
static const struct field COMPLETED_PART_FIELDS[] = {
    {"ETag", &ANY_STRING}, {"PartNumber", &ANY_INTEGER}, S3_CHECKSUM_MEMBERS, {0}};
static const struct shape COMPLETED_PART = SHAPE_STRUCT(COMPLETED_PART_FIELDS);
static const struct shape COMPLETED_PARTS = {
    .type = SHAPE_LIST, .item = &COMPLETED_PART, .flat = true};
static const struct field COMPLETED_FIELDS[] = {{"Parts", &COMPLETED_PARTS, .wire = "Part"}, {0}};
static const struct shape COMPLETED = SHAPE_STRUCT(COMPLETED_FIELDS);
static const struct field COMPLETE_FIELDS[] = {
    S3_BUCKET_FIELD,
    S3_KEY_FIELD,
    UPLOAD_ID_FIELD,
    {"MultipartUpload", &COMPLETED, 0, IN_PAYLOAD},
    S3_CHECKSUM_FIELDS(IN_HEADER),
    {"ChecksumType", &TYPE, 0, IN_HEADER, "x-amz-checksum-type"},
    {"MpuObjectSize", &ANY_INTEGER, 0, IN_HEADER, "x-amz-mp-object-size"},
    {"IfMatch", &ANY_STRING, 0, IN_HEADER, "If-Match"},
    {"IfNoneMatch", &ANY_STRING, 0, IN_HEADER, "If-None-Match"},
    S3_CUSTOMER_KEY_FIELD,
    S3_OWNER_FIELD,
    {0}};
const struct shape S3_COMPLETE_INPUT = SHAPE_STRUCT(COMPLETE_FIELDS);
static const struct field COMPLETE_OUT[] = {{"Location", &ANY_STRING},
                                            {"Bucket", &ANY_STRING},
                                            {"Key", &ANY_STRING},
                                            {"ETag", &ANY_STRING},
                                            S3_CHECKSUM_MEMBERS,
                                            {"ChecksumType", &ANY_STRING},
                                            {0}};
const struct shape S3_COMPLETE_OUTPUT = SHAPE_STRUCT(COMPLETE_OUT);
static const struct field ABORT_FIELDS[] = {
    S3_BUCKET_FIELD, S3_KEY_FIELD, UPLOAD_ID_FIELD, S3_OWNER_FIELD, {0}};
const struct shape S3_ABORT_INPUT = SHAPE_STRUCT(ABORT_FIELDS);

// --- listings
static const struct field LIST_PARTS_FIELDS[] = {
    S3_BUCKET_FIELD,
    S3_KEY_FIELD,
    UPLOAD_ID_FIELD,
    {"MaxParts", &ANY_INTEGER, 0, IN_QUERY, "max-parts"},
    {"PartNumberMarker", &ANY_STRING, 0, IN_QUERY, "part-number-marker"},
    S3_OWNER_FIELD,
    {0}};
const struct shape S3_LIST_PARTS_INPUT = SHAPE_STRUCT(LIST_PARTS_FIELDS);
static const struct field PART_FIELDS[] = {
    {"PartNumber", &ANY_INTEGER}, {"LastModified", &ANY_TIMESTAMP},
    {"ETag", &ANY_STRING},        {"Size", &ANY_INTEGER},
    S3_CHECKSUM_MEMBERS,          {0}};
static const struct shape PART = SHAPE_STRUCT(PART_FIELDS);
static const struct shape PART_LIST = {.type = SHAPE_LIST, .item = &PART, .flat = true};
static const struct field LIST_PARTS_OUT[] = {{"Bucket", &ANY_STRING},
                                              {"Key", &ANY_STRING},
                                              {"UploadId", &ANY_STRING},
                                              {"PartNumberMarker", &ANY_INTEGER},
                                              {"NextPartNumberMarker", &ANY_INTEGER},
                                              {"MaxParts", &ANY_INTEGER},
                                              {"IsTruncated", &ANY_BOOLEAN},
                                              {"Parts", &PART_LIST, .wire = "Part"},
                                              {"Initiator", &S3_OWNER_SHAPE},
                                              {"Owner", &S3_OWNER_SHAPE},
                                              {"StorageClass", &ANY_STRING},
                                              {"ChecksumAlgorithm", &ANY_STRING},
                                              {"ChecksumType", &ANY_STRING},
                                              {0}};
const struct shape S3_LIST_PARTS_OUTPUT = SHAPE_STRUCT(LIST_PARTS_OUT);

static const char *const ENCODINGS[] = {"url", NULL};
static const struct shape ENCODING = SHAPE_ENUM(ENCODINGS);
static const struct field LIST_UPLOADS_FIELDS[] = {
    S3_BUCKET_FIELD,
    {"Prefix", &ANY_STRING, 0, IN_QUERY, "prefix"},
    {"Delimiter", &ANY_STRING, 0, IN_QUERY, "delimiter"},
    {"EncodingType", &ENCODING, 0, IN_QUERY, "encoding-type"},
    {"KeyMarker", &ANY_STRING, 0, IN_QUERY, "key-marker"},
    {"UploadIdMarker", &ANY_STRING, 0, IN_QUERY, "upload-id-marker"},
    {"MaxUploads", &ANY_INTEGER, 0, IN_QUERY, "max-uploads"},
    S3_OWNER_FIELD,
    {0}};
const struct shape S3_LIST_UPLOADS_INPUT = SHAPE_STRUCT(LIST_UPLOADS_FIELDS);
static const struct field UPLOAD_FIELDS[] = {{"UploadId", &ANY_STRING},
                                             {"Key", &ANY_STRING},
                                             {"Initiated", &ANY_TIMESTAMP},
                                             {"StorageClass", &ANY_STRING},
                                             {"Owner", &S3_OWNER_SHAPE},
                                             {"Initiator", &S3_OWNER_SHAPE},
                                             {"ChecksumAlgorithm", &ANY_STRING},
                                             {"ChecksumType", &ANY_STRING},
                                             {0}};
static const struct shape UPLOAD = SHAPE_STRUCT(UPLOAD_FIELDS);
static const struct shape UPLOAD_LIST = {.type = SHAPE_LIST, .item = &UPLOAD, .flat = true};
static const struct field LIST_UPLOADS_OUT[] = {{"Bucket", &ANY_STRING},
                                                {"KeyMarker", &ANY_STRING},
                                                {"UploadIdMarker", &ANY_STRING},
                                                {"NextKeyMarker", &ANY_STRING},
                                                {"NextUploadIdMarker", &ANY_STRING},
                                                {"Prefix", &ANY_STRING},
                                                {"Delimiter", &ANY_STRING},
                                                {"MaxUploads", &ANY_INTEGER},
                                                {"IsTruncated", &ANY_BOOLEAN},
                                                {"EncodingType", &ANY_STRING},
                                                {"Uploads", &UPLOAD_LIST, .wire = "Upload"},
                                                {"CommonPrefixes", &S3_PREFIX_LIST},
                                                {0}};
const struct shape S3_LIST_UPLOADS_OUTPUT = SHAPE_STRUCT(LIST_UPLOADS_OUT);
