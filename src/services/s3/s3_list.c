// SPDX-License-Identifier: Apache-2.0
// Listings of objects: versions 1 and 2, and ListObjectVersions (every object is its only version).
//
// All three are one walk over the bucket's rows from a position on. With a delimiter the keys below
// a common prefix are not walked but jumped over: a few steps first, as small groups are common,
// then a new scan behind the group. So a listing's cost is that of its answer, not of what it
// hides.
//
// Positions: the last key or common prefix that was given. What follows a key is that key and a
// NUL; what follows a common prefix is the first key that does not start with it.
#include "services/s3/s3.h"

#include "base/encode.h"

#include <string.h>

#define MAX_KEYS 1000
#define STEPS_BEFORE_JUMP 8

// Does one entry at a time: `object` is NULL for a common prefix.
typedef void take_entry(struct call *call, void *context, struct str name,
                        const struct s3_object *object);
struct walk {
    struct str bucket, prefix, delimiter;
    struct str after; // "" from the start
    size_t max;
    take_entry *take;
    void *context;
    // Outcome.
    size_t count;
    bool truncated;
    struct str last; // the last entry
};

// Where the common prefix of `key` ends; 0 when it has none.
static size_t common_len(const struct walk *walk, struct str key)
{
    if (!walk->delimiter.len || key.len <= walk->prefix.len)
        return 0;
    size_t at = str_find(str_from(key, walk->prefix.len), walk->delimiter);
    return at == STR_NPOS ? 0 : walk->prefix.len + at + walk->delimiter.len;
}

// The first string after all that start with `prefix`; false when there is none.
static bool after_prefix(struct arena *arena, struct str prefix, struct str *out)
{
    while (prefix.len && (uint8_t)prefix.ptr[prefix.len - 1] == 0xFF)
        prefix.len--;
    if (!prefix.len)
        return false;
    char *bytes = arena_bytes(arena, prefix.len);
    memcpy(bytes, prefix.ptr, prefix.len);
    bytes[prefix.len - 1] = (char)((uint8_t)bytes[prefix.len - 1] + 1);
    *out = str_n(bytes, prefix.len);
    return true;
}

static struct str with_nul(struct arena *arena, struct str s)
{
    char *bytes = arena_bytes(arena, s.len + 1);
    if (s.len)
        memcpy(bytes, s.ptr, s.len);
    bytes[s.len] = 0;
    return str_n(bytes, s.len + 1);
}

static struct scan *open_at(struct call *call, const struct walk *walk, struct str from)
{
    struct key prefix, start;
    s3_object_key(&prefix, walk->bucket, walk->prefix);
    s3_object_key(&start, walk->bucket, from);
    return scan_open(call->tx, &prefix, from.len ? &start : NULL, false);
}

// Leaves `scan` before the first key that does not start with `group`; *out_ended when there is
// none.
static enum err skip_group(struct call *call, const struct walk *walk, struct scan **scan,
                           struct str group, struct str *key, struct str *text, bool *out_ended)
{
    struct str beyond;
    *out_ended = false;
    for (int i = 0; i < STEPS_BEFORE_JUMP; i++) {
        TRY(scan_next(*scan, key, text));
        struct cursor cursor = key_cursor(*key);
        key_take_str(&cursor, call->arena);
        if (!str_starts(key_take_raw(&cursor), group))
            return OK;
    }
    if (!after_prefix(call->arena, group, &beyond)) {
        *out_ended = true;
        return OK;
    }
    scan_close(*scan);
    *scan = open_at(call, walk, beyond);
    return scan_next(*scan, key, text);
}

static enum err give_object(struct call *call, struct walk *walk, struct str key, struct str text)
{
    struct s3_object object;
    struct json *row;
    if (json_parse(call->arena, str_dup(call->arena, text), &row, &call->error) != OK ||
        s3_object_from_json(key, row, &object) != OK)
        return ERR_CORRUPT;
    walk->take(call, walk->context, key, &object);
    return OK;
}

// Where to begin: behind `after`, and behind all of its group when it is a common prefix itself.
static bool start_of(struct call *call, const struct walk *walk, struct str *out_from)
{
    *out_from = STR_NONE;
    if (!walk->after.len)
        return true;
    bool is_group =
        str_starts(walk->after, walk->prefix) && common_len(walk, walk->after) == walk->after.len;
    if (is_group)
        return after_prefix(call->arena, walk->after, out_from);
    *out_from = with_nul(call->arena, walk->after);
    return true;
}

static enum err walk_rows(struct call *call, struct walk *walk, struct scan **scan)
{
    struct str raw_key, text;
    enum err next = scan_next(*scan, &raw_key, &text);
    while (next == OK) {
        struct cursor cursor = key_cursor(raw_key);
        key_take_str(&cursor, call->arena);
        struct str key = str_dup(call->arena, key_take_raw(&cursor));
        if (walk->count == walk->max) {
            walk->truncated = true;
            return OK;
        }
        size_t group_len = common_len(walk, key);
        walk->count++;
        walk->last = group_len ? str_slice(key, 0, group_len) : key;
        if (!group_len) {
            TRY(give_object(call, walk, key, text));
            next = scan_next(*scan, &raw_key, &text);
            continue;
        }
        bool ended;
        walk->take(call, walk->context, walk->last, NULL);
        next = skip_group(call, walk, scan, walk->last, &raw_key, &text, &ended);
        if (ended)
            return OK;
    }
    return next == ERR_NOT_FOUND ? OK : next;
}

static enum err walk_bucket(struct call *call, struct walk *walk)
{
    struct str from;
    if (walk->max == 0 || !start_of(call, walk, &from))
        return OK;
    struct scan *scan = open_at(call, walk, from);
    enum err result = walk_rows(call, walk, &scan);
    scan_close(scan);
    return result;
}

// --- replies
struct page {
    bool encode, versions, with_owner;
    struct json *owner, *contents, *prefixes;
};

static struct json *name_json(struct call *call, bool encode, struct str name)
{
    if (!encode)
        return json_string(call->arena, name);
    struct buf buf = buf_in(call->arena, 3 * name.len + 1);
    uri_encode(&buf, name, true);
    return json_string(call->arena, buf_str(&buf));
}

static void add_checksums(struct arena *arena, const struct s3_object *object, struct json *entry)
{
    struct json *names = json_array(arena);
    for (const struct s3_algorithm *a = S3_ALGORITHMS; a->name; a++)
        if (json_has(object->sums, a->member))
            json_push(arena, names, json_string(arena, str_of(a->name)));
    if (!json_count(names))
        return;
    json_set(arena, entry, "ChecksumAlgorithm", names);
    json_set(arena, entry, "ChecksumType", json_get(object->sums, "ChecksumType"));
}

static void take(struct call *call, void *context, struct str name, const struct s3_object *object)
{
    struct page *page = context;
    struct arena *arena = call->arena;
    struct json *entry = json_object(arena);
    if (!object) {
        json_set(arena, entry, "Prefix", name_json(call, page->encode, name));
        json_push(arena, page->prefixes, entry);
        return;
    }
    json_set(arena, entry, "Key", name_json(call, page->encode, name));
    if (page->versions) {
        json_set_str(arena, entry, "VersionId", S("null"));
        json_set_bool(arena, entry, "IsLatest", true);
    }
    json_set(arena, entry, "LastModified", s3_seconds(arena, object->modified_ms));
    json_set_str(arena, entry, "ETag", s3_etag_quoted(arena, object->etag));
    if (object->sums)
        add_checksums(arena, object, entry);
    json_set_i64(arena, entry, "Size", (int64_t)object->size);
    json_set_str(arena, entry, "StorageClass",
                 object->storage_class.len ? object->storage_class : S("STANDARD"));
    json_set(arena, entry, "Owner", page->owner);
    json_push(arena, page->contents, entry);
}

// Fills in the walk from what all listings take, runs it, and writes what all of them answer.
static enum err list(struct call *call, const struct json *in, struct walk *walk, struct page *page,
                     struct json **out)
{
    struct arena *arena = call->arena;
    struct s3_bucket bucket;
    int64_t max = json_i64_or(in, "MaxKeys", MAX_KEYS);
    TRY(s3_bucket_get(call, in, S3_READ, &bucket));
    if (max < 0 || max > INT32_MAX)
        FAIL(call, S3_INVALID_ARGUMENT,
             "Argument maxKeys must be an integer between 0 and 2147483647");
    walk->bucket = bucket.name;
    walk->prefix = json_str(in, "Prefix");
    walk->delimiter = json_str(in, "Delimiter");
    walk->max = max < MAX_KEYS ? (size_t)max : MAX_KEYS;
    walk->take = take;
    walk->context = page;
    page->encode = str_is(json_str(in, "EncodingType"), "url");
    page->owner = page->with_owner ? s3_owner(call) : NULL;
    page->contents = json_array(arena);
    page->prefixes = json_array(arena);
    if (walk->prefix.len <= S3_KEY_BYTES_MAX)
        TRY(walk_bucket(call, walk));

    *out = json_object(arena);
    json_set_str(arena, *out, "Name", bucket.name);
    json_set(arena, *out, "Prefix", name_json(call, page->encode, walk->prefix));
    json_set_i64(arena, *out, "MaxKeys", (int64_t)walk->max);
    if (walk->delimiter.len)
        json_set(arena, *out, "Delimiter", name_json(call, page->encode, walk->delimiter));
    if (page->encode)
        json_set_str(arena, *out, "EncodingType", S("url"));
    json_set_bool(arena, *out, "IsTruncated", walk->truncated);
    json_set(arena, *out, page->versions ? "Versions" : "Contents", page->contents);
    json_set(arena, *out, "CommonPrefixes", page->prefixes);
    return OK;
}

enum err s3_list_objects(struct call *call, const struct json *in, struct json **out)
{
    struct walk walk = {.after = json_str(in, "Marker")};
    struct page page = {.with_owner = true};
    TRY(list(call, in, &walk, &page, out));
    json_set(call->arena, *out, "Marker", name_json(call, page.encode, walk.after));
    // "NextMarker is returned only if you have the delimiter request parameter specified."
    if (walk.truncated && walk.delimiter.len)
        json_set(call->arena, *out, "NextMarker", name_json(call, page.encode, walk.last));
    return OK;
}

// A token's position is percent-encoded, as a key may hold any byte.
static enum err position_of(struct call *call, struct str token, struct str *out)
{
    struct str encoded;
    if (page_position(call, token, &encoded) != OK ||
        uri_decode(call->arena, encoded, false, out) != OK)
        FAIL(call, S3_INVALID_ARGUMENT, "The continuation token provided is incorrect");
    return OK;
}

static struct str token_at(struct call *call, struct str position)
{
    return page_token(call, json_as_str(name_json(call, true, position)));
}

enum err s3_list_objects_v2(struct call *call, const struct json *in, struct json **out)
{
    struct str token = json_str(in, "ContinuationToken"), start = json_str(in, "StartAfter");
    struct walk walk = {.after = start};
    struct page page = {.with_owner = json_bool_or(in, "FetchOwner", false)};
    if (json_has(in, "ContinuationToken"))
        TRY(position_of(call, token, &walk.after));
    TRY(list(call, in, &walk, &page, out));
    json_set_i64(call->arena, *out, "KeyCount", (int64_t)walk.count);
    if (start.len)
        json_set(call->arena, *out, "StartAfter", name_json(call, page.encode, start));
    if (token.len)
        json_set_str(call->arena, *out, "ContinuationToken", token);
    if (walk.truncated)
        json_set_str(call->arena, *out, "NextContinuationToken", token_at(call, walk.last));
    return OK;
}

enum err s3_list_object_versions(struct call *call, const struct json *in, struct json **out)
{
    struct walk walk = {.after = json_str(in, "KeyMarker")};
    struct page page = {.with_owner = true, .versions = true};
    TRY(list(call, in, &walk, &page, out));
    json_set(call->arena, *out, "KeyMarker", name_json(call, page.encode, walk.after));
    json_set_str(call->arena, *out, "VersionIdMarker", json_str(in, "VersionIdMarker"));
    if (walk.truncated) {
        json_set(call->arena, *out, "NextKeyMarker", name_json(call, page.encode, walk.last));
        json_set_str(call->arena, *out, "NextVersionIdMarker", S("null"));
    }
    return OK;
}
