// SPDX-License-Identifier: Apache-2.0
// The shapes of S3's operations, and the fields that many of them share.
//
// They follow the API model's names and places. Members of AWS's model that are not listed are
// ignored when a client sends them, as S3 ignores unknown headers; those that would change what the
// caller gets and are not done here are listed as refused.
#ifndef SERVICES_S3_SHAPES_H
#define SERVICES_S3_SHAPES_H

#include "lake/shape.h"

#define S3_BUCKET_FIELD                                                                            \
    {                                                                                              \
        "Bucket", &ANY_STRING, FIELD_REQUIRED, IN_PATH                                             \
    }
#define S3_KEY_FIELD                                                                               \
    {                                                                                              \
        "Key", &ANY_STRING, FIELD_REQUIRED, IN_PATH                                                \
    }
#define S3_VERSION_FIELD                                                                           \
    {                                                                                              \
        "VersionId", &ANY_STRING, 0, IN_QUERY, "versionId"                                         \
    }
#define S3_OWNER_FIELD                                                                             \
    {                                                                                              \
        "ExpectedBucketOwner", &ANY_STRING, 0, IN_HEADER, "x-amz-expected-bucket-owner"            \
    }
#define S3_PAYLOAD_DIGEST_FIELDS                                                                   \
    {                                                                                              \
        "ContentMD5", &ANY_STRING, 0, IN_HEADER, "Content-MD5"                                     \
    }

// What describes an object and is given back with it.
#define S3_CONTENT_FIELDS                                                                          \
    {"CacheControl", &ANY_STRING, 0, IN_HEADER, "Cache-Control"},                                  \
        {"ContentDisposition", &ANY_STRING, 0, IN_HEADER, "Content-Disposition"},                  \
        {"ContentEncoding", &ANY_STRING, 0, IN_HEADER, "Content-Encoding"},                        \
        {"ContentLanguage", &ANY_STRING, 0, IN_HEADER, "Content-Language"},                        \
        {"ContentType", &ANY_STRING, 0, IN_HEADER, "Content-Type"},                                \
        {"Expires", &ANY_STRING, 0, IN_HEADER, "Expires"},                                         \
        {"WebsiteRedirectLocation", &ANY_STRING, 0, IN_HEADER, "x-amz-website-redirect-location"}, \
        {"Metadata", &STRING_MAP, 0, IN_PREFIX_HEADERS, "x-amz-meta-"},                            \
    {                                                                                              \
        "StorageClass", &ANY_STRING, 0, IN_HEADER, "x-amz-storage-class"                           \
    }

#define S3_CHECKSUM_FIELDS(place)                                                                  \
    {"ChecksumCRC32", &ANY_STRING, 0, place, "x-amz-checksum-crc32"},                              \
        {"ChecksumCRC32C", &ANY_STRING, 0, place, "x-amz-checksum-crc32c"},                        \
        {"ChecksumCRC64NVME", &ANY_STRING, 0, place, "x-amz-checksum-crc64nvme"},                  \
        {"ChecksumSHA1", &ANY_STRING, 0, place, "x-amz-checksum-sha1"},                            \
    {                                                                                              \
        "ChecksumSHA256", &ANY_STRING, 0, place, "x-amz-checksum-sha256"                           \
    }
// The same as elements of XML.
#define S3_CHECKSUM_MEMBERS                                                                        \
    {"ChecksumCRC32", &ANY_STRING}, {"ChecksumCRC32C", &ANY_STRING},                               \
        {"ChecksumCRC64NVME", &ANY_STRING}, {"ChecksumSHA1", &ANY_STRING},                         \
    {                                                                                              \
        "ChecksumSHA256", &ANY_STRING                                                              \
    }

// What makes an object and is not done here. ServerSideEncryption is taken as the handler says
// (s3_object_describe).
#define S3_WRITE_FIELDS                                                                            \
    {"ACL", &ANY_STRING, 0, IN_HEADER, "x-amz-acl"},                                               \
        {"Tagging", &ANY_STRING, 0, IN_HEADER, "x-amz-tagging"},                                   \
        {"ServerSideEncryption", &ANY_STRING, 0, IN_HEADER, "x-amz-server-side-encryption"},       \
        {"GrantFullControl", &ANY_STRING, FIELD_REFUSED, IN_HEADER, "x-amz-grant-full-control"},   \
        {"GrantRead", &ANY_STRING, FIELD_REFUSED, IN_HEADER, "x-amz-grant-read"},                  \
        {"GrantReadACP", &ANY_STRING, FIELD_REFUSED, IN_HEADER, "x-amz-grant-read-acp"},           \
        {"GrantWriteACP", &ANY_STRING, FIELD_REFUSED, IN_HEADER, "x-amz-grant-write-acp"},         \
        {"ObjectLockMode", &ANY_STRING, FIELD_REFUSED, IN_HEADER, "x-amz-object-lock-mode"},       \
        {"ObjectLockRetainUntilDate", &ANY_STRING, FIELD_REFUSED, IN_HEADER,                       \
         "x-amz-object-lock-retain-until-date"},                                                   \
    {                                                                                              \
        "ObjectLockLegalHoldStatus", &ANY_STRING, FIELD_REFUSED, IN_HEADER,                        \
            "x-amz-object-lock-legal-hold"                                                         \
    }
#define S3_CUSTOMER_KEY_FIELD                                                                      \
    {                                                                                              \
        "SSECustomerAlgorithm", &ANY_STRING, FIELD_REFUSED, IN_HEADER,                             \
            "x-amz-server-side-encryption-customer-algorithm"                                      \
    }

#define S3_SHAPES(X)                                                                               \
    X(S3_BUCKET_ONLY_INPUT)                                                                        \
    X(S3_KEY_ONLY_INPUT)                                                                           \
    X(S3_EMPTY_OUTPUT)                                                                             \
    X(S3_CREATE_BUCKET_INPUT)                                                                      \
    X(S3_CREATE_BUCKET_OUTPUT)                                                                     \
    X(S3_HEAD_BUCKET_OUTPUT)                                                                       \
    X(S3_LIST_BUCKETS_INPUT)                                                                       \
    X(S3_LIST_BUCKETS_OUTPUT)                                                                      \
    X(S3_LOCATION_OUTPUT)                                                                          \
    X(S3_PUT_NOTIFICATION_INPUT)                                                                   \
    X(S3_NOTIFICATION)                                                                             \
    X(S3_PUT_POLICY_INPUT)                                                                         \
    X(S3_POLICY_OUTPUT)                                                                            \
    X(S3_PUT_BUCKET_TAGGING_INPUT)                                                                 \
    X(S3_PUT_OBJECT_TAGGING_INPUT)                                                                 \
    X(S3_TAGGING)                                                                                  \
    X(S3_PUT_PUBLIC_ACCESS_INPUT)                                                                  \
    X(S3_PUBLIC_ACCESS_OUTPUT)                                                                     \
    X(S3_PUT_ENCRYPTION_INPUT)                                                                     \
    X(S3_ENCRYPTION_OUTPUT)                                                                        \
    X(S3_PUT_OWNERSHIP_INPUT)                                                                      \
    X(S3_OWNERSHIP_OUTPUT)                                                                         \
    X(S3_ACL_OUTPUT)                                                                               \
    X(S3_REQUEST_PAYMENT_OUTPUT)                                                                   \
    X(S3_PUT_OBJECT_INPUT)                                                                         \
    X(S3_PUT_OBJECT_OUTPUT)                                                                        \
    X(S3_COPY_OBJECT_INPUT)                                                                        \
    X(S3_COPY_OBJECT_OUTPUT)                                                                       \
    X(S3_ADOPT_BLOB_INPUT)                                                                         \
    X(S3_GET_OBJECT_INPUT)                                                                         \
    X(S3_GET_OBJECT_OUTPUT)                                                                        \
    X(S3_ATTRIBUTES_INPUT)                                                                         \
    X(S3_ATTRIBUTES_OUTPUT)                                                                        \
    X(S3_LIST_FOR_ENGINE_INPUT)                                                                    \
    X(S3_DELETE_OBJECT_INPUT)                                                                      \
    X(S3_DELETE_OBJECTS_INPUT)                                                                     \
    X(S3_DELETE_OBJECTS_OUTPUT)                                                                    \
    X(S3_LIST_INPUT)                                                                               \
    X(S3_LIST_OUTPUT)                                                                              \
    X(S3_LIST_V2_INPUT)                                                                            \
    X(S3_LIST_V2_OUTPUT)                                                                           \
    X(S3_LIST_VERSIONS_INPUT)                                                                      \
    X(S3_LIST_VERSIONS_OUTPUT)                                                                     \
    X(S3_CREATE_UPLOAD_INPUT)                                                                      \
    X(S3_CREATE_UPLOAD_OUTPUT)                                                                     \
    X(S3_UPLOAD_PART_INPUT)                                                                        \
    X(S3_UPLOAD_PART_OUTPUT)                                                                       \
    X(S3_UPLOAD_PART_COPY_INPUT)                                                                   \
    X(S3_UPLOAD_PART_COPY_OUTPUT)                                                                  \
    X(S3_COMPLETE_INPUT)                                                                           \
    X(S3_COMPLETE_OUTPUT)                                                                          \
    X(S3_ABORT_INPUT)                                                                              \
    X(S3_LIST_PARTS_INPUT)                                                                         \
    X(S3_LIST_PARTS_OUTPUT)                                                                        \
    X(S3_LIST_UPLOADS_INPUT)                                                                       \
    X(S3_LIST_UPLOADS_OUTPUT)

#define S3_SHAPE_DECLARE(name) extern const struct shape name;
S3_SHAPES(S3_SHAPE_DECLARE)
#undef S3_SHAPE_DECLARE

// Leaves that several files use.
extern const struct shape S3_OWNER_SHAPE, S3_TAG_SET, S3_PREFIX_LIST, S3_HTTP_TIME;

#endif
