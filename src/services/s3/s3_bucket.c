// SPDX-License-Identifier: Apache-2.0
// Buckets: create, head, list, delete, location.
//
// The bucket's row is small on purpose: every PUT reads it. What is configured on a bucket is in
// rows of its own (s3_bucket_config.c); only whether events are raised is repeated here.
//
// Row KEYSPACE_S3_BUCKET: {"region", "ms": created, "events": bool}
#include "services/s3/s3.h"

#include "base/encode.h"
#include "base/timefmt.h"

static struct key *bucket_key(struct key *key, struct str name)
{
    return key_str(key_start(key, KEYSPACE_S3_BUCKET), name);
}

bool s3_from_inside(const struct call *call)
{
    return call->method.len == 0;
}

// --- names: "General purpose bucket naming rules" of the S3 User Guide
static bool looks_like_address(struct str name)
{
    int parts = 0;
    uint64_t number;
    for (struct str part, rest = name; str_cut(&rest, '.', &part); parts++)
        if (part.len == 0 || part.len > 3 || !str_to_u64(part, &number))
            return false;
    return parts == 4;
}

bool s3_bucket_name_valid(struct str name)
{
    static const char *const prefixes[] = {"xn--", "sthree-", "amzn-s3-demo-", NULL};
    static const char *const suffixes[] = {"-s3alias", "--ol-s3",    ".mrap",
                                           "--x-s3",   "--table-s3", NULL};
    if (name.len < 3 || name.len > 63 || looks_like_address(name))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        bool edge = i == 0 || i + 1 == name.len;
        if (!alphanumeric && (edge || (c != '-' && c != '.')))
            return false;
        if (c == '.' && name.ptr[i + 1] == '.')
            return false;
    }
    for (int i = 0; prefixes[i]; i++)
        if (str_starts(name, str_of(prefixes[i])))
            return false;
    for (int i = 0; suffixes[i]; i++)
        if (str_ends(name, str_of(suffixes[i])))
            return false;
    return true;
}

// --- rows
static enum err fail_bucket(struct call *call, const struct error_code *code, struct str name,
                            const char *text)
{
    call->error_members = json_object(call->arena);
    json_set_str(call->arena, call->error_members, "BucketName", str_dup(call->arena, name));
    return call_fail(call, code, "%s", text);
}

static enum err bucket_find(struct call *call, struct str name, enum s3_hold hold,
                            struct s3_bucket *out)
{
    struct key key;
    struct str text;
    bucket_key(&key, name);
    switch (hold) {
    case S3_READ:
        TRY(tx_get(call->tx, &key, call->arena, &text));
        break;
    case S3_SHARED:
        TRY(tx_lock_shared(call->tx, &key, call->arena, &text));
        break;
    case S3_OWNED:
        TRY(tx_lock(call->tx, &key, call->arena, &text));
        break;
    }
    struct json *row;
    if (json_parse(call->arena, text, &row, &call->error) != OK)
        return ERR_CORRUPT;
    *out = (struct s3_bucket){
        .name = name,
        .region = json_str(row, "region"),
        .created_ms = json_i64_or(row, "ms", 0),
        .events = json_bool_or(row, "events", false),
    };
    return OK;
}

enum err s3_bucket_put(struct call *call, const struct s3_bucket *bucket)
{
    struct key key;
    struct json *row = json_object(call->arena);
    json_set_str(call->arena, row, "region", bucket->region);
    json_set_i64(call->arena, row, "ms", bucket->created_ms);
    if (bucket->events)
        json_set_bool(call->arena, row, "events", true);
    return tx_put_json(call->tx, bucket_key(&key, bucket->name), row);
}

enum err s3_bucket_named(struct call *call, struct str name, enum s3_hold hold,
                         struct s3_bucket *out)
{
    if (!s3_bucket_name_valid(name))
        return fail_bucket(call, &S3_INVALID_BUCKET_NAME, name,
                           "The specified bucket is not valid.");
    enum err found = bucket_find(call, name, hold, out);
    if (found == ERR_NOT_FOUND)
        return fail_bucket(call, &S3_NO_SUCH_BUCKET, name, "The specified bucket does not exist");
    return found;
}

enum err s3_bucket_get(struct call *call, const struct json *in, enum s3_hold hold,
                       struct s3_bucket *out)
{
    struct str owner = json_str(in, "ExpectedBucketOwner");
    TRY(s3_bucket_named(call, json_str(in, "Bucket"), hold, out));
    if (owner.len && !str_eq(owner, call->account))
        FAIL(call, S3_ACCESS_DENIED, "Access Denied");
    return OK;
}

// AWS's canonical user id is opaque: 64 hexadecimal digits that always mean the same account.
struct json *s3_owner(struct call *call)
{
    struct json *owner = json_object(call->arena);
    json_set_str(call->arena, owner, "DisplayName", call->account);
    json_set_str(call->arena, owner, "ID", digest_hex(call->arena, DIGEST_SHA256, call->account));
    return owner;
}

struct json *s3_seconds(struct arena *arena, int64_t ms)
{
    return json_i64(arena, ms / 1000);
}

// --- create
// Which region the bucket is to be in: "LocationConstraint" of the CreateBucket reference.
static enum err choose_region(struct call *call, const struct json *in, struct str *out_region)
{
    struct str wanted = json_str(json_get(in, "CreateBucketConfiguration"), "LocationConstraint");
    if (str_is(wanted, "EU"))
        wanted = S("eu-west-1");
    bool global = str_is(call->region, "us-east-1");
    *out_region = wanted.len ? wanted : call->region;
    if (str_is(wanted, "us-east-1"))
        FAIL(call, S3_INVALID_LOCATION, "The specified location-constraint is not valid");
    if (wanted.len && !global && !str_eq(wanted, call->region))
        FAIL(call, S3_ILLEGAL_LOCATION,
             "The %.*s location constraint is incompatible for the region specific endpoint this "
             "request was sent to.",
             STR_ARG(wanted));
    if (!wanted.len && !global && !s3_from_inside(call))
        FAIL(call, S3_ILLEGAL_LOCATION,
             "The unspecified location constraint is incompatible for the region specific endpoint "
             "this request was sent to.");
    return OK;
}

static enum err check_access_choices(struct call *call, const struct json *in)
{
    struct str acl = json_str(in, "ACL"), ownership = json_str(in, "ObjectOwnership");
    if (acl.len && !str_is(acl, "private"))
        FAIL(call, S3_ACL_NOT_SUPPORTED, "The bucket does not allow ACLs");
    if (ownership.len && !str_is(ownership, "BucketOwnerEnforced"))
        FAIL(call, S3_NOT_IMPLEMENTED,
             "x-amz-object-ownership: only BucketOwnerEnforced is implemented");
    if (json_bool_or(in, "ObjectLockEnabledForBucket", false))
        FAIL(call, S3_NOT_IMPLEMENTED,
             "x-amz-bucket-object-lock-enabled: object lock is not implemented");
    return OK;
}

enum err s3_create_bucket(struct call *call, const struct json *in, struct json **out)
{
    struct s3_bucket old, bucket = {.name = json_str(in, "Bucket"), .created_ms = call->now_ms};
    if (!s3_bucket_name_valid(bucket.name))
        return fail_bucket(call, &S3_INVALID_BUCKET_NAME, bucket.name,
                           "The specified bucket is not valid.");
    TRY(check_access_choices(call, in));
    TRY(choose_region(call, in, &bucket.region));
    const struct json *tags = json_get(json_get(in, "CreateBucketConfiguration"), "Tags");

    *out = json_object(call->arena);
    json_set(call->arena, *out, "Location",
             json_stringf(call->arena, "/%.*s", STR_ARG(bucket.name)));
    enum err found = bucket_find(call, bucket.name, S3_OWNED, &old);
    if (found == OK) {
        // "In the US East (N. Virginia) Region ... you get a 200 OK" when the owner makes it again.
        if (str_is(old.region, "us-east-1") && str_eq(old.region, bucket.region) &&
            !s3_from_inside(call))
            return OK;
        return fail_bucket(
            call, &S3_BUCKET_ALREADY_EXISTS, bucket.name,
            "Your previous request to create the named bucket succeeded and you already own it.");
    }
    if (found != ERR_NOT_FOUND)
        return found;
    TRY(s3_bucket_put(call, &bucket));
    if (!json_count(tags))
        return OK;
    struct json *tagging = json_set(call->arena, json_object(call->arena), "TagSet",
                                    json_copy_shallow(call->arena, tags));
    struct json *ignored, *input = json_object(call->arena);
    json_set_str(call->arena, input, "Bucket", bucket.name);
    json_set(call->arena, input, "Tagging", tagging);
    return call_operation(call, "s3", "PutBucketTagging", input, &ignored);
}

// --- head, location, list
enum err s3_head_bucket(struct call *call, const struct json *in, struct json **out)
{
    struct s3_bucket bucket;
    TRY(s3_bucket_get(call, in, S3_READ, &bucket));
    *out = json_object(call->arena);
    json_set_str(call->arena, *out, "BucketRegion", bucket.region);
    json_set_bool(call->arena, *out, "AccessPointAlias", false);
    return OK;
}

// The reply's root element is the value itself, which no shape can say; so the bytes are written
// here.
enum err s3_get_bucket_location(struct call *call, const struct json *in, struct json **out)
{
    struct s3_bucket bucket;
    TRY(s3_bucket_get(call, in, S3_READ, &bucket));
    struct str constraint = str_is(bucket.region, "us-east-1") ? STR_NONE : bucket.region;
    *out = json_object(call->arena);
    json_set_str(call->arena, *out, "LocationConstraint", constraint);
    if (s3_from_inside(call))
        return OK;
    call->reply_body.present = true;
    call->reply_body.bytes = str_format(
        call->arena,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint xmlns=\"%s\">%.*s"
        "</LocationConstraint>",
        S3_SERVICE.xml_namespace, STR_ARG(constraint));
    call_reply_header(call, "Content-Type", S("application/xml"));
    return OK;
}

static struct json *bucket_entry(struct call *call, struct str name, const struct json *row)
{
    struct json *entry = json_object(call->arena);
    json_set_str(call->arena, entry, "Name", name);
    json_set(call->arena, entry, "CreationDate",
             s3_seconds(call->arena, json_i64_or(row, "ms", 0)));
    json_set_str(call->arena, entry, "BucketRegion", str_dup(call->arena, json_str(row, "region")));
    return entry;
}

static enum err list_buckets(struct call *call, struct scan *scan, const struct json *in,
                             struct json *buckets, struct json *out)
{
    struct str prefix = json_str(in, "Prefix"), region = json_str(in, "BucketRegion"), last = {0};
    size_t max = (size_t)json_i64_or(in, "MaxBuckets", 10000);
    struct str raw_key, text;
    enum err next;
    while ((next = scan_next(scan, &raw_key, &text)) == OK) {
        struct cursor cursor = key_cursor(raw_key);
        struct str name = key_take_str(&cursor, call->arena);
        struct json *row;
        if (json_parse(call->arena, str_dup(call->arena, text), &row, &call->error) != OK)
            return ERR_CORRUPT;
        if (!str_starts(name, prefix) || (region.len && !str_eq(region, json_str(row, "region"))))
            continue;
        if (json_count(buckets) == max) {
            json_set_str(call->arena, out, "ContinuationToken", page_token(call, last));
            return OK;
        }
        last = name;
        json_push(call->arena, buckets, bucket_entry(call, name, row));
    }
    return next == ERR_NOT_FOUND ? OK : next;
}

enum err s3_list_buckets(struct call *call, const struct json *in, struct json **out)
{
    struct str token = json_str(in, "ContinuationToken"), after = {0};
    if (token.len && page_position(call, token, &after) != OK)
        FAIL(call, S3_INVALID_ARGUMENT, "The continuation token provided is incorrect");
    struct key prefix, from;
    key_start(&prefix, KEYSPACE_S3_BUCKET);
    // A NUL sorts before everything a name may contain: the first name after `after`.
    bucket_key(&from, str_format(call->arena, "%.*s%c", STR_ARG(after), '\0'));

    *out = json_object(call->arena);
    struct json *buckets = json_array(call->arena);
    json_set(call->arena, *out, "Owner", s3_owner(call));
    json_set(call->arena, *out, "Buckets", buckets);
    if (json_has(in, "Prefix"))
        json_set_str(call->arena, *out, "Prefix", json_str(in, "Prefix"));
    struct scan *scan = scan_open(call->tx, &prefix, after.len ? &from : NULL, false);
    enum err result = list_buckets(call, scan, in, buckets, *out);
    scan_close(scan);
    return result;
}

// --- delete
static enum err is_empty(struct call *call, struct str bucket, bool *out_empty)
{
    struct key prefix;
    struct str key, value;
    key_str(key_start(&prefix, KEYSPACE_S3_OBJECT), bucket);
    struct scan *scan = scan_open(call->tx, &prefix, NULL, false);
    enum err first = scan_next(scan, &key, &value);
    scan_close(scan);
    if (first != OK && first != ERR_NOT_FOUND)
        return first;
    *out_empty = first == ERR_NOT_FOUND;
    return OK;
}

struct row_name {
    struct str key, id;
};

// Uploads that were never completed go with the bucket.
static enum err remove_uploads(struct call *call, struct str bucket)
{
    struct key prefix;
    struct str raw_key, value;
    struct row_name *names = NULL;
    size_t count = 0, capacity = 0;
    enum err next;
    key_str(key_start(&prefix, KEYSPACE_S3_UPLOAD), bucket);
    struct scan *scan = scan_open(call->tx, &prefix, NULL, false);
    while ((next = scan_next(scan, &raw_key, &value)) == OK) {
        struct cursor cursor = key_cursor(raw_key);
        key_take_str(&cursor, call->arena);
        struct row_name *name = ARENA_PUSH(call->arena, names, count, capacity);
        name->key = key_take_str(&cursor, call->arena);
        name->id = key_take_str(&cursor, call->arena);
    }
    scan_close(scan);
    if (next != ERR_NOT_FOUND)
        return next;
    for (size_t i = 0; i < count; i++)
        TRY(s3_upload_remove(call, bucket, names[i].key, names[i].id, NULL));
    return OK;
}

static enum err remove_configuration(struct call *call, struct str bucket)
{
    static const char *const kinds[] = {"notification",  "policy",     "tagging",
                                        "public-access", "encryption", "ownership"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct key key;
        key_str(key_str(key_start(&key, KEYSPACE_S3_BUCKET_CONFIG), bucket), str_of(kinds[i]));
        TRY(tx_delete(call->tx, &key));
    }
    return OK;
}

enum err s3_delete_bucket(struct call *call, const struct json *in, struct json **out)
{
    struct s3_bucket bucket;
    struct key key;
    bool empty;
    TRY(s3_bucket_get(call, in, S3_OWNED, &bucket));
    TRY(is_empty(call, bucket.name, &empty));
    if (!empty)
        return fail_bucket(call, &S3_BUCKET_NOT_EMPTY, bucket.name,
                           "The bucket you tried to delete is not empty");
    TRY(remove_uploads(call, bucket.name));
    TRY(remove_configuration(call, bucket.name));
    TRY(tx_delete(call->tx, bucket_key(&key, bucket.name)));
    *out = json_object(call->arena);
    return OK;
}
