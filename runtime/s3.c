// SPDX-License-Identifier: Apache-2.0
// S3: objects whole and streamed, listings.
#include "internal.h"

#include "base/encode.h"
#include "base/xml.h"

#include <string.h>

#define READ_TRIES 5
#define KEY_BYTES_MAX 8192 // encoded

struct str s3_path(struct arena *arena, const char *bucket, const char *key)
{
    struct buf path = buf_in(arena, KEY_BYTES_MAX);
    buf_printf(&path, "/%s", bucket);
    if (key) {
        buf_put_char(&path, '/');
        uri_encode(&path, str_of(key), true);
    }
    return buf_str(&path);
}

static struct aws_call object_call(struct tarn_event *event, const char *method, const char *bucket,
                                   const char *key)
{
    return (struct aws_call){.service = "s3",
                             .method = method,
                             .path = s3_path(&event->runtime->arena, bucket, key),
                             .repeatable = true};
}

int tarn_s3_get(struct tarn_event *event, const char *bucket, const char *key, size_t bytes_max,
                struct tarn_reply *out_reply)
{
    struct aws_call call = object_call(event, "GET", bucket, key);
    call.reply_bytes_max = bytes_max;
    return aws_run(event, &call, out_reply);
}

int tarn_s3_head(struct tarn_event *event, const char *bucket, const char *key,
                 struct tarn_reply *out_reply)
{
    struct aws_call call = object_call(event, "HEAD", bucket, key);
    return aws_run(event, &call, out_reply);
}

int tarn_s3_put(struct tarn_event *event, const char *bucket, const char *key, const void *bytes,
                size_t len, const char *content_type, struct tarn_reply *out_reply)
{
    struct aws_call call = object_call(event, "PUT", bucket, key);
    call.body = str_n(bytes, len);
    if (content_type)
        aws_header(&call, "content-type", str_of(content_type));
    return aws_run(event, &call, out_reply);
}

int tarn_s3_delete(struct tarn_event *event, const char *bucket, const char *key,
                   struct tarn_reply *out_reply)
{
    struct aws_call call = object_call(event, "DELETE", bucket, key);
    return aws_run(event, &call, out_reply);
}

// A lost connection is taken up where it broke, by a range of the same version (If-Match).
int tarn_s3_read(struct tarn_event *event, const char *bucket, const char *key, tarn_sink *sink,
                 void *context, struct tarn_reply *out_reply)
{
    struct arena *arena = &event->runtime->arena;
    uint64_t taken = 0, whole = 0;
    struct tarn_text etag = {0}, type = {0};
    for (int try = 0; try < READ_TRIES; try++) {
        struct aws_call call = object_call(event, "GET", bucket, key);
        call.sink = sink;
        call.sink_context = context;
        if (taken) {
            aws_header(&call, "if-match", str_n(etag.ptr, etag.len));
            aws_header(&call, "range", str_format(arena, "bytes=%llu-", (unsigned long long)taken));
        }
        int result = aws_run(event, &call, out_reply);
        if (!taken) {
            whole = out_reply->content_length;
            etag = out_reply->etag;
            type = out_reply->content_type;
        }
        taken += call.exchange.body_taken;
        if (result == 0 || call.exchange.aborted ||
            strcmp(out_reply->error_code, "ConnectionFailed") != 0 || !taken) {
            out_reply->etag = etag;
            out_reply->content_type = type;
            out_reply->content_length = whole;
            return result;
        }
    }
    return -1;
}

static struct str list_query(struct arena *arena, const char *prefix, struct str token)
{
    struct buf query = buf_in(arena, KEY_BYTES_MAX);
    if (token.len) {
        buf_puts(&query, "continuation-token=");
        uri_encode(&query, token, false);
        buf_put_char(&query, '&');
    }
    buf_puts(&query, "encoding-type=url&list-type=2&prefix=");
    uri_encode(&query, str_of(prefix), false);
    return buf_str(&query);
}

static int visit_page(struct arena *arena, const struct xml *page, tarn_s3_visit *visit,
                      void *context)
{
    for (size_t i = 0; i < page->count; i++) {
        const struct xml *entry = page->children[i];
        struct str key;
        uint64_t size = 0;
        if (!str_is(entry->name, "Contents") ||
            uri_decode(arena, xml_child_text(entry, "Key"), true, &key) != OK ||
            !str_to_u64(xml_child_text(entry, "Size"), &size))
            continue;
        struct tarn_s3_object object = {str_cstr(arena, key), size,
                                        str_cstr(arena, xml_child_text(entry, "ETag")),
                                        str_cstr(arena, xml_child_text(entry, "LastModified"))};
        if (visit(context, &object) != 0)
            return -1;
    }
    return 0;
}

int tarn_s3_list(struct tarn_event *event, const char *bucket, const char *prefix,
                 tarn_s3_visit *visit, void *context, struct tarn_reply *out_reply)
{
    struct arena *arena = &event->runtime->arena;
    struct str token = STR_NONE;
    do {
        struct aws_call call = object_call(event, "GET", bucket, NULL);
        struct xml *page;
        call.query = list_query(arena, prefix, token);
        if (aws_run(event, &call, out_reply) != 0)
            return -1;
        if (xml_parse(arena, str_n(out_reply->body.ptr, out_reply->body.len), &page, NULL) != OK)
            return reply_fail(out_reply, "MalformedReply", "the listing is no XML");
        if (visit_page(arena, page, visit, context) != 0)
            return 0;
        token = str_is(xml_child_text(page, "IsTruncated"), "true")
                    ? xml_child_text(page, "NextContinuationToken")
                    : STR_NONE;
    } while (token.len);
    return 0;
}
