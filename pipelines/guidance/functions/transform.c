// SPDX-License-Identifier: Apache-2.0
// transform (step 3): one raw object, JSON of any layout, plain or gzip, becomes newline-delimited
// JSON in the stage bucket.
//
// Each record passes the dataset's rules (rules.h). Records that are not valid go, with source,
// byte offset and reason, to _quarantine/<dataset>/ in the stage bucket; the good ones go on. The
// stage object's key follows from the raw object's, so doing the work twice leaves one result. When
// the raw object was replaced while it was read, it is read again: the stage object must not end up
// with the older content, whichever of two executions comes last.
//
// Offsets count bytes of the uncompressed text. Memory: one record and two upload parts.
#include "function.h"

#include "base/encode.h"
#include "records.h"
#include "rules.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#define RULES_BYTES_MAX ((size_t)1 << 20)
#define QUARANTINED_TEXT_MAX                                                                       \
    ((size_t)64 << 10) // of a bad record's text; the offset leads to the rest
#define INFLATED_PIECE ((size_t)256 << 10)
#define READS_MAX 5

struct transform {
    struct tarn_event *event;
    struct arena *arena;
    struct str bucket, key, dataset;
    const char *stage_bucket;
    struct json *rules;
    // one reading
    struct record_reader reader;
    bool started, gzip;
    z_stream inflater;
    struct tarn_upload *good, *bad;
    struct buf line;
    struct tarn_reply reply; // of the call that failed
    uint64_t records, quarantined;
};

// --- keys

// <dataset>/<rest of the raw key, its slashes escaped>.ndjson: one flat folder a dataset, and no
// two raw keys give one key.
static const char *stage_key(struct transform *t, const char *prefix)
{
    struct str name = str_from(t->key, t->dataset.len + 1);
    name = str_replace(t->arena, str_replace(t->arena, name, S("%"), S("%25")), S("/"), S("%2F"));
    return str_cstr(t->arena, str_format(t->arena, "%s%.*s/%.*s.ndjson", prefix,
                                         STR_ARG(t->dataset), STR_ARG(name)));
}

// --- records

static bool append(struct transform *t, struct tarn_upload **upload, const char *prefix)
{
    buf_put_char(&t->line, '\n');
    if (!*upload)
        *upload = tarn_upload_open(t->event, t->stage_bucket, stage_key(t, prefix),
                                   "application/x-ndjson");
    return tarn_upload_append(*upload, t->line.ptr, t->line.len, &t->reply) == 0;
}

static bool take_bad(void *context, struct str text, uint64_t offset, const char *reason)
{
    struct transform *t = context;
    struct arena arena;
    arena_init(&arena);
    struct str shown = str_slice(text, 0, QUARANTINED_TEXT_MAX);
    struct json *entry = json_object(&arena);
    json_set_str(&arena, entry, "source",
                 str_format(&arena, "s3://%.*s/%.*s", STR_ARG(t->bucket), STR_ARG(t->key)));
    json_set_i64(&arena, entry, "offset", (int64_t)offset);
    json_set_i64(&arena, entry, "bytes", (int64_t)text.len);
    json_set_str(&arena, entry, "reason", str_of(reason));
    // the text as it is where it is text at all, else in base64
    if (str_is_utf8(shown))
        json_set_str(&arena, entry, "record", shown);
    else
        json_set_str(&arena, entry, "record_base64", base64_encode(&arena, shown));
    buf_clear(&t->line);
    json_write(&t->line, entry);
    arena_deinit(&arena);
    t->quarantined++;
    return append(t, &t->bad, "_quarantine/");
}

static bool take_good(void *context, struct arena *arena, struct json *record, struct str text,
                      uint64_t offset)
{
    struct transform *t = context;
    struct error error = {0};
    if (t->rules && rules_apply(t->rules, arena, record, &record, &error) != OK)
        return take_bad(context, text, offset, error.text);
    buf_clear(&t->line);
    json_write(&t->line, record);
    if (t->line.overflowed)
        return take_bad(context, text, offset, "the record is larger than 16 MiB after its rules");
    t->records++;
    return append(t, &t->good, "");
}

// --- bytes

static bool push_gzip(struct transform *t, const void *bytes, size_t len)
{
    static unsigned char piece[INFLATED_PIECE]; // one thread, one invocation at a time
    t->inflater.next_in = (unsigned char *)bytes;
    t->inflater.avail_in = (unsigned)len;
    while (t->inflater.avail_in) {
        t->inflater.next_out = piece;
        t->inflater.avail_out = sizeof piece;
        int result = inflate(&t->inflater, Z_NO_FLUSH);
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
            snprintf(t->reply.error_code, sizeof t->reply.error_code, "Transform.BadGzip");
            snprintf(t->reply.error_message, sizeof t->reply.error_message,
                     "the object is no valid gzip: %s",
                     t->inflater.msg ? t->inflater.msg : "damaged");
            return false;
        }
        if (!record_reader_push(&t->reader, piece, sizeof piece - t->inflater.avail_out))
            return false;
        if (result == Z_STREAM_END)
            inflateReset(&t->inflater); // gzip members may follow each other
    }
    return true;
}

static int take_piece(void *context, const void *bytes, size_t len)
{
    struct transform *t = context;
    const unsigned char *head = bytes;
    if (!t->started) {
        t->started = true;
        t->gzip = len >= 2 && head[0] == 0x1f && head[1] == 0x8b;
        if (t->gzip && inflateInit2(&t->inflater, 15 + 16) != Z_OK)
            return -1;
    }
    bool go_on = t->gzip ? push_gzip(t, bytes, len) : record_reader_push(&t->reader, bytes, len);
    return go_on ? 0 : -1;
}

// --- one reading of the object

static void begin(struct transform *t)
{
    static const struct record_sink SINK = {take_good, take_bad, NULL};
    struct record_sink *sink = ARENA_NEW(t->arena, struct record_sink);
    *sink = SINK;
    sink->context = t;
    record_reader_init(&t->reader, sink);
    t->started = t->gzip = false;
    t->inflater = (z_stream){0};
    t->good = t->bad = NULL;
    t->line = buf_heap(2 * RECORD_BYTES_MAX);
    t->reply = (struct tarn_reply){0};
    t->records = t->quarantined = 0;
}

static void end(struct transform *t)
{
    record_reader_deinit(&t->reader);
    if (t->gzip)
        inflateEnd(&t->inflater);
    tarn_upload_abort(t->good);
    tarn_upload_abort(t->bad);
    buf_deinit(&t->line);
}

// Finishes an upload, or takes away what an earlier version of the raw object may have left there.
static int settle(struct transform *t, struct tarn_upload **upload, const char *prefix)
{
    struct tarn_upload *finished = *upload;
    *upload = NULL;
    if (finished)
        return tarn_upload_finish(finished, &t->reply);
    return tarn_s3_delete(t->event, t->stage_bucket, stage_key(t, prefix), &t->reply);
}

static int read_once(struct transform *t, const char *bucket, const char *key, struct str *out_etag)
{
    struct tarn_reply read;
    if (tarn_s3_read(t->event, bucket, key, take_piece, t, &read) != 0) {
        if (strcmp(read.error_code, "Aborted") != 0)
            t->reply = read;
        return -1;
    }
    *out_etag = str_dup(t->arena, text_of(read.etag));
    if (!record_reader_end(&t->reader))
        return -1;
    // bad records first: when the good ones are there, everything is
    return settle(t, &t->bad, "_quarantine/") == 0 && settle(t, &t->good, "") == 0 ? 0 : -1;
}

static int read_until_current(struct transform *t)
{
    const char *bucket = str_cstr(t->arena, t->bucket), *key = str_cstr(t->arena, t->key);
    for (int i = 0; i < READS_MAX; i++) {
        struct str etag;
        begin(t);
        int result = read_once(t, bucket, key, &etag);
        end(t);
        if (result != 0)
            return tarn_fail_reply(t->event, &t->reply);
        struct tarn_reply head;
        if (tarn_s3_head(t->event, bucket, key, &head) != 0 || str_eq(text_of(head.etag), etag))
            return 0; // a deleted object keeps what it brought
    }
    return tarn_fail(t->event, "Transform.Unstable",
                     "%s was replaced again and again while it was read", key);
}

// --- the invocation

static int load_rules(struct transform *t)
{
    const char *artifacts = setting(t->event, "ARTIFACTS_BUCKET");
    if (!artifacts)
        return -1;
    struct tarn_reply reply;
    struct error error = {0};
    const char *key =
        str_cstr(t->arena, str_format(t->arena, "transforms/%.*s.json", STR_ARG(t->dataset)));
    if (tarn_s3_get(t->event, artifacts, key, RULES_BYTES_MAX, &reply) != 0)
        return strcmp(reply.error_code, "NoSuchKey") == 0 ? 0 : tarn_fail_reply(t->event, &reply);
    if (json_parse(t->arena, text_of(reply.body), &t->rules, &error) != OK ||
        rules_check(t->rules, &error) != OK)
        return tarn_fail(t->event, "Transform.BadRules", "s3://%s/%s: %s (byte %zu)", artifacts,
                         key, error.text, error.offset);
    return 0;
}

static int handle(struct tarn_event *event, struct arena *arena)
{
    struct transform t = {
        .event = event, .arena = arena, .stage_bucket = setting(event, "STAGE_BUCKET")};
    struct json *payload = event_json(event, arena);
    if (!t.stage_bucket || !payload)
        return -1;
    t.bucket = json_str(payload, "bucket");
    t.key = json_str(payload, "key");
    size_t slash = str_find_char(t.key, '/');
    if (slash == STR_NPOS || slash == 0 || slash + 1 == t.key.len)
        return tarn_fail(
            event, "Transform.NoDataset",
            "'%.*s' is not <dataset>/<name>: the folder says which table the records belong to",
            STR_ARG(t.key));
    t.dataset = str_slice(t.key, 0, slash);
    if (load_rules(&t) != 0 || read_until_current(&t) != 0)
        return -1;
    return tarn_respondf(event, "{\"records\": %llu, \"quarantined\": %llu}",
                         (unsigned long long)t.records, (unsigned long long)t.quarantined);
}

int main(void)
{
    return function_serve(handle);
}
