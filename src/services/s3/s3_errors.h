// SPDX-License-Identifier: Apache-2.0
// S3's error codes, as the "Error responses" page of the Amazon S3 API Reference lists them.
#ifndef SERVICES_S3_ERRORS_H
#define SERVICES_S3_ERRORS_H

#include "lake/service.h"

// name, code, HTTP status
#define S3_ERRORS(X)                                                                               \
    X(S3_ACCESS_DENIED, "AccessDenied", 403)                                                       \
    X(S3_ACL_NOT_SUPPORTED, "AccessControlListNotSupported", 400)                                  \
    X(S3_BAD_DIGEST, "BadDigest", 400)                                                             \
    X(S3_BUCKET_ALREADY_EXISTS, "BucketAlreadyOwnedByYou", 409)                                    \
    X(S3_BUCKET_NOT_EMPTY, "BucketNotEmpty", 409)                                                  \
    X(S3_ENTITY_TOO_LARGE, "EntityTooLarge", 400)                                                  \
    X(S3_ENTITY_TOO_SMALL, "EntityTooSmall", 400)                                                  \
    X(S3_ILLEGAL_LOCATION, "IllegalLocationConstraintException", 400)                              \
    X(S3_INVALID_ARGUMENT, "InvalidArgument", 400)                                                 \
    X(S3_INVALID_BUCKET_NAME, "InvalidBucketName", 400)                                            \
    X(S3_INVALID_DIGEST, "InvalidDigest", 400)                                                     \
    X(S3_INVALID_LOCATION, "InvalidLocationConstraint", 400)                                       \
    X(S3_INVALID_PART, "InvalidPart", 400)                                                         \
    X(S3_INVALID_PART_NUMBER, "InvalidPartNumber", 416)                                            \
    X(S3_INVALID_PART_ORDER, "InvalidPartOrder", 400)                                              \
    X(S3_INVALID_RANGE, "InvalidRange", 416)                                                       \
    X(S3_INVALID_REQUEST, "InvalidRequest", 400)                                                   \
    X(S3_INVALID_STORAGE_CLASS, "InvalidStorageClass", 400)                                        \
    X(S3_INVALID_TAG, "InvalidTag", 400)                                                           \
    X(S3_KEY_TOO_LONG, "KeyTooLongError", 400)                                                     \
    X(S3_MALFORMED_POLICY, "MalformedPolicy", 400)                                                 \
    X(S3_MALFORMED_XML, "MalformedXML", 400)                                                       \
    X(S3_METADATA_TOO_LARGE, "MetadataTooLarge", 400)                                              \
    X(S3_NO_SUCH_BUCKET, "NoSuchBucket", 404)                                                      \
    X(S3_NO_SUCH_BUCKET_POLICY, "NoSuchBucketPolicy", 404)                                         \
    X(S3_NO_SUCH_CORS, "NoSuchCORSConfiguration", 404)                                             \
    X(S3_NO_SUCH_KEY, "NoSuchKey", 404)                                                            \
    X(S3_NO_SUCH_LIFECYCLE, "NoSuchLifecycleConfiguration", 404)                                   \
    X(S3_NO_SUCH_OBJECT_LOCK, "ObjectLockConfigurationNotFoundError", 404)                         \
    X(S3_NO_SUCH_OWNERSHIP, "OwnershipControlsNotFoundError", 404)                                 \
    X(S3_NO_SUCH_PUBLIC_ACCESS, "NoSuchPublicAccessBlockConfiguration", 404)                       \
    X(S3_NO_SUCH_REPLICATION, "ReplicationConfigurationNotFoundError", 404)                        \
    X(S3_NO_SUCH_ENCRYPTION, "ServerSideEncryptionConfigurationNotFoundError", 404)                \
    X(S3_NO_SUCH_TAG_SET, "NoSuchTagSet", 404)                                                     \
    X(S3_NO_SUCH_UPLOAD, "NoSuchUpload", 404)                                                      \
    X(S3_NO_SUCH_WEBSITE, "NoSuchWebsiteConfiguration", 404)                                       \
    X(S3_NOT_IMPLEMENTED, "NotImplemented", 501)                                                   \
    X(S3_NOT_MODIFIED, "NotModified", 304)                                                         \
    X(S3_PRECONDITION_FAILED, "PreconditionFailed", 412)

#define S3_ERROR_DECLARE(name, code, status) extern const struct error_code name;
S3_ERRORS(S3_ERROR_DECLARE)
#undef S3_ERROR_DECLARE

#endif
