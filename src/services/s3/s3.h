// SPDX-License-Identifier: Apache-2.0
// What the files of the S3 service share: buckets, object rows, conditions, checksums, events.
//
// An object is one row, (bucket, key) -> JSON, which names its blob; a listing is a scan over those
// rows. The key is the raw tail of the store's key, so keys sort by their UTF-8 bytes, as
// ListObjects demands, and a prefix of the object's key is a prefix of the row's.
//
// Locks: whoever writes objects or uploads of a bucket holds a shared lock on the bucket's row, and
// DeleteBucket an exclusive one, so "is it empty" is decided on something that holds. Parts hold a
// shared lock on their upload's row; completing and aborting, an exclusive one. An object's own row
// is locked by its writers.
//
// On disk: keyspaces 0x0100 to 0x0104; the rows' members are listed beside the codecs
// (s3_object_row.c, s3_multipart.c).
#ifndef SERVICES_S3_H
#define SERVICES_S3_H

#include "base/digest.h"
#include "lake/call.h"
#include "lake/lake.h"
#include "services/s3/s3_errors.h"

#define S3_KEY_BYTES_MAX 1024
#define S3_PUT_BYTES_MAX ((uint64_t)5 << 30)  // of one PUT or part
#define S3_PART_BYTES_MIN ((uint64_t)5 << 20) // of every part but the last
#define S3_PART_NUMBER_MAX 10000
#define S3_METADATA_BYTES_MAX 2048
#define S3_INSIDE_BODY_BYTES_MAX                                                                   \
    (256 * 1024) // GetObject from inside: what a workflow's state can hold

// --- buckets (s3_bucket.c)
struct s3_bucket {
    struct str name;
    struct str region;
    int64_t created_ms;
    bool events; // raises EventBridge events
};
enum s3_hold {
    S3_READ,   // no lock: a reading transaction
    S3_SHARED, // writes objects of it
    S3_OWNED,  // changes or deletes the bucket itself
};
// The bucket that the input's Bucket names. Refuses with NoSuchBucket, InvalidBucketName, and
// AccessDenied when ExpectedBucketOwner is another account.
enum err s3_bucket_get(struct call *call, const struct json *in, enum s3_hold hold,
                       struct s3_bucket *out) MUST_CHECK;
enum err s3_bucket_named(struct call *call, struct str name, enum s3_hold hold,
                         struct s3_bucket *out) MUST_CHECK;
enum err s3_bucket_put(struct call *call, const struct s3_bucket *bucket) MUST_CHECK;
bool s3_bucket_name_valid(struct str name);
// {"ID": canonical user id, "DisplayName": ...} of the account.
struct json *s3_owner(struct call *call);
// Was the call made by another operation (or a task) rather than by a client? Then bodies are JSON
// strings.
bool s3_from_inside(const struct call *call);

// --- objects (s3_object_row.c)
struct s3_object {
    struct str key;
    uint64_t size;
    struct str etag; // without quotes
    int64_t modified_ms;
    struct str sequencer;     // grows with every change of the key
    struct str storage_class; // "" is STANDARD
    struct blob blob;
    struct json *headers;  // {"ContentType": ..., "CacheControl": ...} or NULL
    struct json *metadata; // names in lower case, or NULL
    struct json *tags;     // {key: value}, or NULL
    struct json *sums;     // {"ChecksumCRC32": base64, "ChecksumType": ...} or NULL
    struct json *parts;    // sizes of its parts when it was uploaded in parts, or NULL
    struct str upload_id;  // of that upload, so that its completion may be asked for again
};
struct key *s3_object_key(struct key *key, struct str bucket, struct str object_key);
struct json *s3_object_to_json(struct arena *arena, const struct s3_object *object);
enum err s3_object_from_json(struct str object_key, struct json *row,
                             struct s3_object *out) MUST_CHECK;

// The key that the input names. Refuses with KeyTooLongError, and InvalidArgument for a version
// that cannot be.
enum err s3_key_of(struct call *call, const struct json *in, struct str *out_key) MUST_CHECK;
// ERR_NOT_FOUND when there is none; `lock`: the row is locked (there or not) until the end of the
// transaction.
enum err s3_object_find(struct call *call, struct str bucket, struct str key, bool lock,
                        struct s3_object *out) MUST_CHECK;
// Refuses with NoSuchKey.
enum err s3_object_get(struct call *call, struct str bucket, struct str key,
                       struct s3_object *out) MUST_CHECK;
enum err s3_no_such_key(struct call *call, struct str key);
// The object from the input's headers, metadata, tags and storage class (CopyObject: when they are
// replaced).
enum err s3_object_describe(struct call *call, const struct json *in,
                            struct s3_object *object) MUST_CHECK;
// Makes `object` the current one: its blob is kept already; drops `old`'s (NULL: none), sets
// instant and sequencer, raises "Object Created" with `reason`.
enum err s3_object_replace(struct call *call, const struct s3_bucket *bucket,
                           const struct s3_object *old, struct s3_object *object,
                           const char *reason) MUST_CHECK;
// Deletes it, blob and all, and raises "Object Deleted".
enum err s3_object_remove(struct call *call, const struct s3_bucket *bucket,
                          const struct s3_object *object) MUST_CHECK;

struct str s3_etag_quoted(struct arena *arena, struct str etag);
struct json *s3_seconds(struct arena *arena, int64_t ms); // whole seconds, as S3 shows instants

// --- events (s3_event.c)
enum err s3_event_created(struct call *call, const struct s3_bucket *bucket,
                          const struct s3_object *object, const char *reason) MUST_CHECK;
enum err s3_event_deleted(struct call *call, const struct s3_bucket *bucket, struct str key,
                          struct str sequencer) MUST_CHECK;

// --- conditions (s3_condition.c)
// GET and HEAD: If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since. NotModified or
// PreconditionFailed.
enum err s3_condition_read(struct call *call, const struct json *in,
                           const struct s3_object *object) MUST_CHECK;
// x-amz-copy-source-if-*: PreconditionFailed.
enum err s3_condition_copy(struct call *call, const struct json *in,
                           const struct s3_object *source) MUST_CHECK;
// PUT, copy, complete: If-Match and If-None-Match: * against what is there (NULL: nothing).
enum err s3_condition_write(struct call *call, const struct json *in,
                            const struct s3_object *old) MUST_CHECK;
// Is `etag` in the list of an If-Match header ("*", quoted or bare tags)?
struct str s3_etag_bare(struct str tag); // without quotes and W/
bool s3_etag_listed(struct str list, struct str etag);

// --- ranges (s3_range.c)
struct s3_range {
    bool partial;
    uint64_t offset, length;
};
// RFC 9110 section 14.2; several ranges or another unit give the whole object, as S3 does.
// ERR_INVALID when the range cannot be satisfied.
enum err s3_range_parse(struct str header, uint64_t size, struct s3_range *out) MUST_CHECK;
// x-amz-copy-source-range: "bytes=first-last" and nothing else, within the object. ERR_INVALID.
enum err s3_range_parse_exact(struct str header, uint64_t size, struct s3_range *out) MUST_CHECK;

// --- checksums (s3_checksum.c)
// The digest of an upload, as raw bytes: from what was computed while it streamed in, else by
// reading the blob.
enum err s3_digest_of(struct call *call, const struct blob *blob, const struct json *digests,
                      enum digest_kind kind, struct str *out_bytes) MUST_CHECK;
// Compares Content-MD5 and x-amz-checksum-* with the body; *out_sums gets those to be stored, or
// NULL. `also` names one more algorithm that the upload asked for, or is empty. BadDigest,
// InvalidDigest.
enum err s3_checksums_verify(struct call *call, const struct json *in, const struct blob *blob,
                             struct str also, struct json **out_sums) MUST_CHECK;
// Adds the stored ChecksumX and ChecksumType members to a reply.
void s3_checksums_reply(struct call *call, const struct s3_object *object, struct json *out);
struct s3_algorithm {
    const char *name;   // "CRC32"
    const char *member; // "ChecksumCRC32"
    const char *digest; // in call->body_digests
    enum digest_kind kind;
    bool composite; // the default for uploads in parts
};
extern const struct s3_algorithm S3_ALGORITHMS[];               // ended by a row without a name
const struct s3_algorithm *s3_algorithm_named(struct str name); // NULL when unknown

// --- tags (s3_tagging.c)
enum err s3_tags_from_header(struct call *call, struct str header,
                             struct json **out_tags) MUST_CHECK;
// [{"Key", "Value"}...] to {key: value}: checked for number, lengths and doubles.
enum err s3_tags_from_set(struct call *call, const struct json *set, size_t count_max,
                          struct json **out_tags) MUST_CHECK;
struct json *s3_tags_to_set(struct arena *arena, const struct json *tags);

// --- putting (s3_put.c)
// "/bucket/key?versionId=null" or "bucket/key", percent-encoded. InvalidArgument.
enum err s3_copy_source(struct call *call, const struct json *in, struct str *out_bucket,
                        struct str *out_key) MUST_CHECK;
// The uploaded body: the streamed one, or an inside call's Body member.
enum err s3_body_of(struct call *call, const struct json *in, struct blob *out_blob) MUST_CHECK;

// --- uploads in parts (s3_multipart.c)
struct key *s3_upload_key(struct key *key, struct str bucket, struct str object_key,
                          struct str upload_id);
struct key *s3_part_key(struct key *key, struct str upload_id, uint64_t number);
// Removes every part of an upload and its row, with their blobs, but for the blob `spared` (NULL:
// none).
enum err s3_upload_remove(struct call *call, struct str bucket, struct str object_key,
                          struct str upload_id, const struct blob *spared) MUST_CHECK;
// An upload: the object to be, and what it asked for.
struct s3_upload {
    struct str id;
    struct s3_object object;   // modified_ms is the instant it was initiated
    struct str algorithm;      // "CRC32", or ""
    struct str algorithm_type; // "COMPOSITE", "FULL_OBJECT", or ""
};
enum err s3_upload_from_json(struct str object_key, struct str id, struct json *row,
                             struct s3_upload *out) MUST_CHECK;
// Refuses with NoSuchUpload.
enum err s3_upload_get(struct call *call, const struct json *in, struct str bucket,
                       enum s3_hold hold, struct s3_upload *out) MUST_CHECK;
enum err s3_no_such_upload(struct call *call, struct str upload_id);
struct s3_part {
    uint64_t number;
    uint64_t size;
    struct str etag; // MD5 in hex, without quotes
    int64_t modified_ms;
    struct blob blob;
    struct json *sums;
};
enum err s3_part_from_json(uint64_t number, struct json *row, struct s3_part *out) MUST_CHECK;
enum err s3_part_put(struct call *call, struct str upload_id, struct s3_part *part) MUST_CHECK;

// --- handlers, by file
#define S3_HANDLERS(X)                                                                             \
    /* s3_bucket.c */                                                                              \
    X(s3_create_bucket)                                                                            \
    X(s3_head_bucket)                                                                              \
    X(s3_list_buckets)                                                                             \
    X(s3_delete_bucket)                                                                            \
    X(s3_get_bucket_location)                                                                      \
    /* s3_bucket_config.c */                                                                       \
    X(s3_put_bucket_notification)                                                                  \
    X(s3_get_bucket_notification)                                                                  \
    X(s3_put_bucket_policy)                                                                        \
    X(s3_get_bucket_policy)                                                                        \
    X(s3_delete_bucket_policy)                                                                     \
    X(s3_put_bucket_tagging)                                                                       \
    X(s3_get_bucket_tagging)                                                                       \
    X(s3_delete_bucket_tagging)                                                                    \
    X(s3_put_public_access_block)                                                                  \
    X(s3_get_public_access_block)                                                                  \
    X(s3_delete_public_access_block)                                                               \
    X(s3_put_bucket_encryption)                                                                    \
    X(s3_get_bucket_encryption)                                                                    \
    X(s3_delete_bucket_encryption)                                                                 \
    X(s3_put_bucket_ownership)                                                                     \
    X(s3_get_bucket_ownership)                                                                     \
    X(s3_delete_bucket_ownership)                                                                  \
    X(s3_get_acl)                                                                                  \
    X(s3_get_request_payment)                                                                      \
    X(s3_get_never_set)                                                                            \
    X(s3_get_not_configured)                                                                       \
    /* s3_put.c */                                                                                 \
    X(s3_put_object)                                                                               \
    X(s3_copy_object)                                                                              \
    X(s3_adopt_blob)                                                                               \
    /* s3_get.c */                                                                                 \
    X(s3_get_object)                                                                               \
    X(s3_head_object)                                                                              \
    X(s3_get_object_attributes)                                                                    \
    /* s3_engine.c */                                                                              \
    X(s3_open_object)                                                                              \
    X(s3_list_for_engine)                                                                          \
    /* s3_delete.c */                                                                              \
    X(s3_delete_object)                                                                            \
    X(s3_delete_objects)                                                                           \
    /* s3_list.c */                                                                                \
    X(s3_list_objects)                                                                             \
    X(s3_list_objects_v2)                                                                          \
    X(s3_list_object_versions)                                                                     \
    /* s3_tagging.c */                                                                             \
    X(s3_put_object_tagging)                                                                       \
    X(s3_get_object_tagging)                                                                       \
    X(s3_delete_object_tagging)                                                                    \
    /* s3_multipart.c, s3_part_copy.c, s3_complete.c, s3_multipart_list.c */                       \
    X(s3_create_multipart_upload)                                                                  \
    X(s3_upload_part)                                                                              \
    X(s3_upload_part_copy)                                                                         \
    X(s3_complete_multipart_upload)                                                                \
    X(s3_abort_multipart_upload)                                                                   \
    X(s3_list_parts)                                                                               \
    X(s3_list_multipart_uploads)

#define S3_HANDLER_DECLARE(name)                                                                   \
    enum err name(struct call *call, const struct json *in, struct json **out) MUST_CHECK;
S3_HANDLERS(S3_HANDLER_DECLARE)
#undef S3_HANDLER_DECLARE

extern const struct service S3_SERVICE;

#endif
