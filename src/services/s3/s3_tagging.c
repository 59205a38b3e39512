// SPDX-License-Identifier: Apache-2.0
// Tags of objects, and the checks that tags of buckets share ("Tagging" limits of the S3 User
// Guide).
#include "services/s3/s3.h"

#include "base/encode.h"

#define OBJECT_TAGS_MAX 10
#define TAG_KEY_CHARACTERS_MAX 128
#define TAG_VALUE_CHARACTERS_MAX 256

// UTF-8 characters: bytes that do not continue one.
static size_t characters(struct str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
    return count;
}

static enum err add_tag(struct call *call, struct json *tags, struct str key, struct str value)
{
    if (key.len == 0 || characters(key) > TAG_KEY_CHARACTERS_MAX)
        FAIL(call, S3_INVALID_TAG, "The TagKey you have provided is invalid");
    if (characters(value) > TAG_VALUE_CHARACTERS_MAX)
        FAIL(call, S3_INVALID_TAG, "The TagValue you have provided is invalid");
    if (str_starts(key, S("aws:")))
        FAIL(call, S3_INVALID_TAG, "System tags cannot be added/updated by requester");
    if (json_get_str(tags, key))
        FAIL(call, S3_INVALID_TAG, "Cannot provide multiple Tags with the same key");
    json_set_named(call->arena, tags, key, json_string(call->arena, value));
    return OK;
}

// "a=b&c=d", form-encoded.
enum err s3_tags_from_header(struct call *call, struct str header, struct json **out_tags)
{
    *out_tags = NULL;
    if (!header.len)
        return OK;
    struct json *tags = json_object(call->arena);
    for (struct str pair, rest = header; str_cut(&rest, '&', &pair);) {
        size_t equals = str_find_char(pair, '=');
        struct str key = str_slice(pair, 0, equals), value = STR_NONE;
        if (equals != STR_NPOS)
            value = str_from(pair, equals + 1);
        if (uri_decode(call->arena, key, true, &key) != OK ||
            uri_decode(call->arena, value, true, &value) != OK)
            FAIL(call, S3_INVALID_ARGUMENT,
                 "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query "
                 "parameters without tag name duplicates.");
        TRY(add_tag(call, tags, key, value));
    }
    if (json_count(tags) > OBJECT_TAGS_MAX)
        FAIL(call, S3_INVALID_TAG, "Object tags cannot be greater than %d", OBJECT_TAGS_MAX);
    *out_tags = tags;
    return OK;
}

enum err s3_tags_from_set(struct call *call, const struct json *set, size_t count_max,
                          struct json **out_tags)
{
    struct json *tags = json_object(call->arena);
    if (json_count(set) > count_max)
        FAIL(call, S3_INVALID_TAG, "%s tags cannot be greater than %zu",
             count_max == OBJECT_TAGS_MAX ? "Object" : "Bucket", count_max);
    JSON_EACH(tag, set)
    {
        TRY(add_tag(call, tags, json_str(tag, "Key"), json_str(tag, "Value")));
    }
    *out_tags = tags;
    return OK;
}

struct json *s3_tags_to_set(struct arena *arena, const struct json *tags)
{
    struct json *set = json_array(arena);
    JSON_EACH_MEMBER(m, tags)
    {
        struct json *tag = json_object(arena);
        json_set_str(arena, tag, "Key", m->name);
        json_set(arena, tag, "Value", m->value);
        json_push(arena, set, tag);
    }
    return set;
}

// Tags are part of the object's row; changing them changes neither its instant nor its sequencer.
static enum err set_tags(struct call *call, const struct json *in, struct json *tags,
                         struct json **out)
{
    struct s3_bucket bucket;
    struct s3_object object;
    struct str name;
    struct key key;
    TRY(s3_bucket_get(call, in, S3_SHARED, &bucket));
    TRY(s3_key_of(call, in, &name));
    enum err found = s3_object_find(call, bucket.name, name, true, &object);
    if (found == ERR_NOT_FOUND)
        return s3_no_such_key(call, name);
    TRY(found);
    object.tags = tags;
    *out = json_object(call->arena);
    return tx_put_json(call->tx, s3_object_key(&key, bucket.name, name),
                       s3_object_to_json(call->arena, &object));
}

enum err s3_put_object_tagging(struct call *call, const struct json *in, struct json **out)
{
    struct json *tags;
    TRY(s3_tags_from_set(call, json_get(json_get(in, "Tagging"), "TagSet"), OBJECT_TAGS_MAX,
                         &tags));
    return set_tags(call, in, tags, out);
}

enum err s3_delete_object_tagging(struct call *call, const struct json *in, struct json **out)
{
    return set_tags(call, in, NULL, out);
}

enum err s3_get_object_tagging(struct call *call, const struct json *in, struct json **out)
{
    struct s3_bucket bucket;
    struct s3_object object;
    struct str name;
    TRY(s3_bucket_get(call, in, S3_READ, &bucket));
    TRY(s3_key_of(call, in, &name));
    TRY(s3_object_get(call, bucket.name, name, &object));
    *out = json_object(call->arena);
    json_set(call->arena, *out, "TagSet", s3_tags_to_set(call->arena, object.tags));
    return OK;
}
