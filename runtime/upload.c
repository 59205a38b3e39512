// SPDX-License-Identifier: Apache-2.0
// Writing an object piece by piece: one PUT when it stays small, else a multipart upload of 8 MiB
// parts.
#include "internal.h"

#include "base/encode.h"
#include "base/xml.h"

#include <stdlib.h>

#define PART_BYTES ((size_t)8 << 20)
#define COMPLETE_BYTES_MAX ((size_t)4 << 20)

struct tarn_upload {
    struct tarn_event *event;
    char *bucket, *key, *content_type;
    struct buf part;      // on the heap
    struct str upload_id; // STR_NONE until the first part is sent
    struct buf parts;     // XML of the parts sent
    int part_count;
};

struct tarn_upload *tarn_upload_open(struct tarn_event *event, const char *bucket, const char *key,
                                     const char *content_type)
{
    struct tarn_upload *upload = tarn_alloc(event, sizeof *upload);
    *upload = (struct tarn_upload){
        .event = event,
        .bucket = tarn_printf(event, "%s", bucket),
        .key = tarn_printf(event, "%s", key),
        .content_type = content_type ? tarn_printf(event, "%s", content_type) : NULL,
        .part = buf_heap(PART_BYTES),
        .parts = buf_in(&event->runtime->arena, COMPLETE_BYTES_MAX),
    };
    return upload;
}

static struct aws_call upload_call(struct tarn_upload *upload, const char *method)
{
    return (struct aws_call){
        .service = "s3",
        .method = method,
        .repeatable = true,
        .path = s3_path(&upload->event->runtime->arena, upload->bucket, upload->key)};
}

static struct str id_query(struct tarn_upload *upload, int part_number)
{
    struct buf query = buf_in(&upload->event->runtime->arena, 4096);
    if (part_number)
        buf_printf(&query, "partNumber=%d&", part_number);
    buf_puts(&query, "uploadId=");
    uri_encode(&query, upload->upload_id, false);
    return buf_str(&query);
}

static int begin(struct tarn_upload *upload, struct tarn_reply *out_reply)
{
    struct arena *arena = &upload->event->runtime->arena;
    struct aws_call call = upload_call(upload, "POST");
    struct xml *reply;
    call.query = S("uploads=");
    if (upload->content_type)
        aws_header(&call, "content-type", str_of(upload->content_type));
    if (aws_run(upload->event, &call, out_reply) != 0)
        return -1;
    if (xml_parse(arena, str_n(out_reply->body.ptr, out_reply->body.len), &reply, NULL) != OK)
        return reply_fail(out_reply, "MalformedReply", "the upload's answer is no XML");
    upload->upload_id = str_dup(arena, xml_child_text(reply, "UploadId"));
    return 0;
}

static int send_part(struct tarn_upload *upload, struct tarn_reply *out_reply)
{
    if (!upload->upload_id.len && begin(upload, out_reply) != 0)
        return -1;
    struct aws_call call = upload_call(upload, "PUT");
    call.query = id_query(upload, ++upload->part_count);
    call.body = buf_str(&upload->part);
    if (aws_run(upload->event, &call, out_reply) != 0)
        return -1;
    buf_printf(&upload->parts, "<Part><PartNumber>%d</PartNumber><ETag>%.*s</ETag></Part>",
               upload->part_count, (int)out_reply->etag.len, out_reply->etag.ptr);
    buf_clear(&upload->part);
    return 0;
}

int tarn_upload_append(struct tarn_upload *upload, const void *bytes, size_t len,
                       struct tarn_reply *out_reply)
{
    const char *at = bytes;
    while (len) {
        size_t room = PART_BYTES - upload->part.len, take = len < room ? len : room;
        buf_put_bytes(&upload->part, at, take);
        at += take;
        len -= take;
        if (upload->part.len == PART_BYTES && send_part(upload, out_reply) != 0)
            return -1;
    }
    return 0;
}

static int complete(struct tarn_upload *upload, struct tarn_reply *out_reply)
{
    struct arena *arena = &upload->event->runtime->arena;
    if (upload->part.len && send_part(upload, out_reply) != 0)
        return -1;
    struct aws_call call = upload_call(upload, "POST");
    call.query = id_query(upload, 0);
    call.body = str_format(arena, "<CompleteMultipartUpload>%.*s</CompleteMultipartUpload>",
                           STR_ARG(buf_str(&upload->parts)));
    return aws_run(upload->event, &call, out_reply);
}

int tarn_upload_finish(struct tarn_upload *upload, struct tarn_reply *out_reply)
{
    int result;
    if (upload->upload_id.len)
        result = complete(upload, out_reply);
    else
        result = tarn_s3_put(upload->event, upload->bucket, upload->key, upload->part.ptr,
                             upload->part.len, upload->content_type, out_reply);
    if (result == 0)
        upload->upload_id = STR_NONE; // nothing to abort
    struct tarn_reply reply = *out_reply;
    tarn_upload_abort(upload);
    *out_reply = reply;
    return result;
}

void tarn_upload_abort(struct tarn_upload *upload)
{
    struct tarn_reply reply;
    if (!upload)
        return;
    if (upload->upload_id.len) {
        struct aws_call call = upload_call(upload, "DELETE");
        call.query = id_query(upload, 0);
        aws_run(upload->event, &call, &reply);
    }
    buf_deinit(&upload->part);
}
