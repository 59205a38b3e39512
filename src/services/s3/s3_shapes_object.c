// SPDX-License-Identifier: Apache-2.0
// Shapes of the operations on objects, and of deletions.
#include "services/s3/s3_shapes.h"

// --- put
static const struct field PUT_OBJECT_FIELDS[] = {
    S3_BUCKET_FIELD,
    S3_KEY_FIELD,
    {"Body", &ANY_JSON}, // of inside calls; a client's is streamed (OP_STREAM_IN)
    S3_CONTENT_FIELDS,
    S3_WRITE_FIELDS,
    S3_CUSTOMER_KEY_FIELD,
    S3_PAYLOAD_DIGEST_FIELDS,
    S3_CHECKSUM_FIELDS(IN_HEADER),
    {"ChecksumAlgorithm", &ANY_STRING, 0, IN_HEADER, "x-amz-sdk-checksum-algorithm"},
    {"IfMatch", &ANY_STRING, 0, IN_HEADER, "If-Match"},
    {"IfNoneMatch", &ANY_STRING, 0, IN_HEADER, "If-None-Match"},
    {"WriteOffsetBytes", &ANY_STRING, FIELD_REFUSED, IN_HEADER, "x-amz-write-offset-bytes"},
    S3_OWNER_FIELD,
    {0}};
const struct shape S3_PUT_OBJECT_INPUT = SHAPE_STRUCT(PUT_OBJECT_FIELDS);
static const struct field PUT_OBJECT_OUT[] = {
    {"ETag", &ANY_STRING, 0, IN_HEADER, "ETag"},
    S3_CHECKSUM_FIELDS(IN_HEADER),
    {"ChecksumType", &ANY_STRING, 0, IN_HEADER, "x-amz-checksum-type"},
    {0}};
const struct shape S3_PUT_OBJECT_OUTPUT = SHAPE_STRUCT(PUT_OBJECT_OUT);

// --- copy
static const char *const DIRECTIVES[] = {"COPY", "REPLACE", NULL};
static const struct shape DIRECTIVE = SHAPE_ENUM(DIRECTIVES);
static const struct field COPY_OBJECT_FIELDS[] = {
    S3_BUCKET_FIELD,
    S3_KEY_FIELD,
    {"CopySource", &ANY_STRING, FIELD_REQUIRED, IN_HEADER, "x-amz-copy-source"},
    {"CopySourceIfMatch", &ANY_STRING, 0, IN_HEADER, "x-amz-copy-source-if-match"},
    {"CopySourceIfNoneMatch", &ANY_STRING, 0, IN_HEADER, "x-amz-copy-source-if-none-match"},
    {"CopySourceIfModifiedSince", &ANY_STRING, 0, IN_HEADER, "x-amz-copy-source-if-modified-since"},
    {"CopySourceIfUnmodifiedSince", &ANY_STRING, 0, IN_HEADER,
     "x-amz-copy-source-if-unmodified-since"},
    {"MetadataDirective", &DIRECTIVE, 0, IN_HEADER, "x-amz-metadata-directive"},
    {"TaggingDirective", &DIRECTIVE, 0, IN_HEADER, "x-amz-tagging-directive"},
    S3_CONTENT_FIELDS,
    S3_WRITE_FIELDS,
    S3_CUSTOMER_KEY_FIELD,
    {"CopySourceSSECustomerAlgorithm", &ANY_STRING, FIELD_REFUSED, IN_HEADER,
     "x-amz-copy-source-server-side-encryption-customer-algorithm"},
    {"ChecksumAlgorithm", &ANY_STRING, FIELD_IGNORED, IN_HEADER, "x-amz-checksum-algorithm"},
    {"IfMatch", &ANY_STRING, 0, IN_HEADER, "If-Match"},
    {"IfNoneMatch", &ANY_STRING, 0, IN_HEADER, "If-None-Match"},
    {"ExpectedSourceBucketOwner", &ANY_STRING, 0, IN_HEADER, "x-amz-source-expected-bucket-owner"},
    S3_OWNER_FIELD,
    {0}};
const struct shape S3_COPY_OBJECT_INPUT = SHAPE_STRUCT(COPY_OBJECT_FIELDS);
static const struct field COPY_RESULT_FIELDS[] = {{"ETag", &ANY_STRING},
                                                  {"LastModified", &ANY_TIMESTAMP},
                                                  {"ChecksumType", &ANY_STRING},
                                                  S3_CHECKSUM_MEMBERS,
                                                  {0}};
static const struct shape COPY_RESULT = SHAPE_STRUCT(COPY_RESULT_FIELDS);
static const struct field COPY_OBJECT_OUT[] = {{"CopyObjectResult", &COPY_RESULT, 0, IN_PAYLOAD},
                                               {0}};
const struct shape S3_COPY_OBJECT_OUTPUT = SHAPE_STRUCT(COPY_OBJECT_OUT);

// --- inside: a finished blob becomes an object
static const struct field ADOPT_BLOB_FIELDS[] = {{"Bucket", &ANY_STRING, FIELD_REQUIRED},
                                                 {"Key", &ANY_STRING, FIELD_REQUIRED},
                                                 {"Blob", &ANY_JSON, FIELD_REQUIRED},
                                                 {"MD5", &ANY_STRING},
                                                 {"CacheControl", &ANY_STRING},
                                                 {"ContentEncoding", &ANY_STRING},
                                                 {"ContentType", &ANY_STRING},
                                                 {"Metadata", &STRING_MAP},
                                                 {"IfMatch", &ANY_STRING},
                                                 {"IfNoneMatch", &ANY_STRING},
                                                 {0}};
const struct shape S3_ADOPT_BLOB_INPUT = SHAPE_STRUCT(ADOPT_BLOB_FIELDS);
static const struct field LIST_FOR_ENGINE_FIELDS[] = {
    {"Bucket", &ANY_STRING, FIELD_REQUIRED}, {"Prefix", &ANY_STRING}, {0}};
const struct shape S3_LIST_FOR_ENGINE_INPUT = SHAPE_STRUCT(LIST_FOR_ENGINE_FIELDS);

// --- get and head
static const struct field GET_OBJECT_FIELDS[] = {
    S3_BUCKET_FIELD,
    S3_KEY_FIELD,
    S3_VERSION_FIELD,
    {"Range", &ANY_STRING, 0, IN_HEADER, "Range"},
    {"PartNumber", &ANY_INTEGER, 0, IN_QUERY, "partNumber"},
    {"IfMatch", &ANY_STRING, 0, IN_HEADER, "If-Match"},
    {"IfNoneMatch", &ANY_STRING, 0, IN_HEADER, "If-None-Match"},
    {"IfModifiedSince", &ANY_STRING, 0, IN_HEADER, "If-Modified-Since"},
    {"IfUnmodifiedSince", &ANY_STRING, 0, IN_HEADER, "If-Unmodified-Since"},
    {"ResponseCacheControl", &ANY_STRING, 0, IN_QUERY, "response-cache-control"},
    {"ResponseContentDisposition", &ANY_STRING, 0, IN_QUERY, "response-content-disposition"},
    {"ResponseContentEncoding", &ANY_STRING, 0, IN_QUERY, "response-content-encoding"},
    {"ResponseContentLanguage", &ANY_STRING, 0, IN_QUERY, "response-content-language"},
    {"ResponseContentType", &ANY_STRING, 0, IN_QUERY, "response-content-type"},
    {"ResponseExpires", &ANY_STRING, 0, IN_QUERY, "response-expires"},
    {"ChecksumMode", &ANY_STRING, 0, IN_HEADER, "x-amz-checksum-mode"},
    S3_CUSTOMER_KEY_FIELD,
    S3_OWNER_FIELD,
    {0}};
const struct shape S3_GET_OBJECT_INPUT = SHAPE_STRUCT(GET_OBJECT_FIELDS);
static const struct field GET_OBJECT_OUT[] = {
    {"Body", &ANY_STRING, 0, IN_STREAM},
    {"AcceptRanges", &ANY_STRING, 0, IN_HEADER, "Accept-Ranges"},
    {"LastModified", &S3_HTTP_TIME, 0, IN_HEADER, "Last-Modified"},
    {"ContentLength", &ANY_INTEGER, 0, IN_HEADER, "Content-Length"},
    {"ContentRange", &ANY_STRING, 0, IN_HEADER, "Content-Range"},
    {"ETag", &ANY_STRING, 0, IN_HEADER, "ETag"},
    S3_CONTENT_FIELDS,
    S3_CHECKSUM_FIELDS(IN_HEADER),
    {"ChecksumType", &ANY_STRING, 0, IN_HEADER, "x-amz-checksum-type"},
    {"PartsCount", &ANY_INTEGER, 0, IN_HEADER, "x-amz-mp-parts-count"},
    {"TagCount", &ANY_INTEGER, 0, IN_HEADER, "x-amz-tagging-count"},
    {0}};
const struct shape S3_GET_OBJECT_OUTPUT = SHAPE_STRUCT(GET_OBJECT_OUT);

// --- attributes
static const struct field ATTRIBUTES_FIELDS[] = {
    S3_BUCKET_FIELD,
    S3_KEY_FIELD,
    S3_VERSION_FIELD,
    {"ObjectAttributes", &ANY_JSON, FIELD_REQUIRED, IN_HEADER, "x-amz-object-attributes"},
    {"MaxParts", &ANY_INTEGER, 0, IN_HEADER, "x-amz-max-parts"},
    {"PartNumberMarker", &ANY_STRING, 0, IN_HEADER, "x-amz-part-number-marker"},
    S3_CUSTOMER_KEY_FIELD,
    S3_OWNER_FIELD,
    {0}};
const struct shape S3_ATTRIBUTES_INPUT = SHAPE_STRUCT(ATTRIBUTES_FIELDS);
static const struct field CHECKSUM_FIELDS[] = {
    S3_CHECKSUM_MEMBERS, {"ChecksumType", &ANY_STRING}, {0}};
static const struct shape CHECKSUM = SHAPE_STRUCT(CHECKSUM_FIELDS);
static const struct field OBJECT_PART_FIELDS[] = {
    {"PartNumber", &ANY_INTEGER}, {"Size", &ANY_INTEGER}, {0}};
static const struct shape OBJECT_PART = SHAPE_STRUCT(OBJECT_PART_FIELDS);
static const struct shape OBJECT_PART_LIST = {
    .type = SHAPE_LIST, .item = &OBJECT_PART, .flat = true};
static const struct field OBJECT_PARTS_FIELDS[] = {
    {"TotalPartsCount", &ANY_INTEGER, .wire = "PartsCount"},
    {"PartNumberMarker", &ANY_INTEGER},
    {"NextPartNumberMarker", &ANY_INTEGER},
    {"MaxParts", &ANY_INTEGER},
    {"IsTruncated", &ANY_BOOLEAN},
    {"Parts", &OBJECT_PART_LIST, .wire = "Part"},
    {0}};
static const struct shape OBJECT_PARTS = SHAPE_STRUCT(OBJECT_PARTS_FIELDS);
static const struct field ATTRIBUTES_OUT[] = {
    {"LastModified", &S3_HTTP_TIME, 0, IN_HEADER, "Last-Modified"},
    {"ETag", &ANY_STRING},
    {"Checksum", &CHECKSUM},
    {"ObjectParts", &OBJECT_PARTS},
    {"StorageClass", &ANY_STRING},
    {"ObjectSize", &ANY_INTEGER},
    {0}};
const struct shape S3_ATTRIBUTES_OUTPUT = SHAPE_STRUCT(ATTRIBUTES_OUT);

// --- delete
static const struct field DELETE_OBJECT_FIELDS[] = {
    S3_BUCKET_FIELD,
    S3_KEY_FIELD,
    S3_VERSION_FIELD,
    {"IfMatch", &ANY_STRING, 0, IN_HEADER, "If-Match"},
    {"IfMatchLastModifiedTime", &ANY_STRING, FIELD_REFUSED, IN_HEADER,
     "x-amz-if-match-last-modified-time"},
    {"IfMatchSize", &ANY_STRING, FIELD_REFUSED, IN_HEADER, "x-amz-if-match-size"},
    S3_OWNER_FIELD,
    {0}};
const struct shape S3_DELETE_OBJECT_INPUT = SHAPE_STRUCT(DELETE_OBJECT_FIELDS);

static const struct field IDENTIFIER_FIELDS[] = {{"Key", &ANY_STRING, FIELD_REQUIRED},
                                                 {"VersionId", &ANY_STRING},
                                                 {"ETag", &ANY_STRING},
                                                 {"LastModifiedTime", &ANY_STRING, FIELD_REFUSED},
                                                 {"Size", &ANY_STRING, FIELD_REFUSED},
                                                 {0}};
static const struct shape IDENTIFIER = SHAPE_STRUCT(IDENTIFIER_FIELDS);
static const struct shape IDENTIFIERS = {.type = SHAPE_LIST, .item = &IDENTIFIER, .flat = true};
static const struct field DELETE_FIELDS[] = {
    {"Objects", &IDENTIFIERS, FIELD_REQUIRED, .wire = "Object"}, {"Quiet", &ANY_BOOLEAN}, {0}};
static const struct shape DELETE = SHAPE_STRUCT(DELETE_FIELDS);
static const struct field DELETE_OBJECTS_FIELDS[] = {
    S3_BUCKET_FIELD,
    {"Delete", &DELETE, FIELD_REQUIRED, IN_PAYLOAD},
    S3_PAYLOAD_DIGEST_FIELDS,
    S3_OWNER_FIELD,
    {0}};
const struct shape S3_DELETE_OBJECTS_INPUT = SHAPE_STRUCT(DELETE_OBJECTS_FIELDS);
static const struct field DELETED_FIELDS[] = {
    {"Key", &ANY_STRING}, {"VersionId", &ANY_STRING}, {0}};
static const struct shape DELETED = SHAPE_STRUCT(DELETED_FIELDS);
static const struct shape DELETED_LIST = {.type = SHAPE_LIST, .item = &DELETED, .flat = true};
static const struct field DELETE_ERROR_FIELDS[] = {{"Key", &ANY_STRING},
                                                   {"VersionId", &ANY_STRING},
                                                   {"Code", &ANY_STRING},
                                                   {"Message", &ANY_STRING},
                                                   {0}};
static const struct shape DELETE_ERROR = SHAPE_STRUCT(DELETE_ERROR_FIELDS);
static const struct shape DELETE_ERRORS = {.type = SHAPE_LIST, .item = &DELETE_ERROR, .flat = true};
static const struct field DELETE_OBJECTS_OUT[] = {
    {"Deleted", &DELETED_LIST}, {"Errors", &DELETE_ERRORS, .wire = "Error"}, {0}};
const struct shape S3_DELETE_OBJECTS_OUTPUT = SHAPE_STRUCT(DELETE_OBJECTS_OUT);
