// SPDX-License-Identifier: Apache-2.0
// Events: written, read by stream, filtered by group, removed.
//
// On disk an event is one row by group, time and number, so that a group's events are read in order
// of time across its streams; an index row by stream, time and number leads to a stream's own. The
// value:
//     u8 version (1), u64le ingestion ms, u32le length of the stream's name, the name, the message
//
// Limits, as AWS documents for PutLogEvents: 1 MiB and 10,000 events a call (26 bytes counted for
// each), 256 KiB a message, none older than 14 days or more than 2 hours ahead, in order of time,
// spanning at most 24 hours.
#include "services/logs/logs.h"

#include "services/logs/pattern.h"

#include <string.h>

#define EVENT_VERSION 1
#define EVENT_OVERHEAD 26
#define BATCH_BYTES_MAX 1048576
#define MESSAGE_BYTES_MAX (256 * 1024)
#define OLD_MS_MAX ((int64_t)14 * 24 * 3600 * 1000)
#define AHEAD_MS_MAX ((int64_t)2 * 3600 * 1000)
#define SPAN_MS_MAX ((int64_t)24 * 3600 * 1000)
#define REPLY_EVENTS_MAX 10000
#define REPLY_BYTES_MAX ((size_t)1 << 20)
#define SCANNED_MAX 50000 // a filter that finds little answers with a token after so many
#define PURGE_MAX 5000    // in one transaction

struct event {
    int64_t time_ms, ingested_ms;
    uint64_t number;
    struct str stream, message;
};

static struct key *event_key(struct key *key, uint64_t group_id, int64_t time_ms, uint64_t number)
{
    return key_u64(key_i64(key_u64(key_start(key, KEYSPACE_LOGS_EVENT), group_id), time_ms),
                   number);
}

static struct key *index_key(struct key *key, uint64_t stream_id, int64_t time_ms, uint64_t number)
{
    return key_u64(key_i64(key_u64(key_start(key, KEYSPACE_LOGS_STREAM_EVENT), stream_id), time_ms),
                   number);
}

// Both kinds of key: an id, a time, a number.
static enum err read_key(struct str key_text, struct event *out)
{
    struct cursor cursor = key_cursor(key_text);
    (void)key_take_u64(&cursor);
    out->time_ms = key_take_i64(&cursor);
    out->number = key_take_u64(&cursor);
    return cursor.failed ? ERR_CORRUPT : OK;
}

static enum err read_value(struct str value, struct event *out)
{
    struct cursor cursor = cursor_of(value);
    uint8_t version = cursor_u8(&cursor);
    out->ingested_ms = (int64_t)cursor_u64le(&cursor);
    out->stream = cursor_take(&cursor, cursor_u32le(&cursor));
    out->message = cursor_take(&cursor, cursor_left(&cursor));
    return cursor.failed || version != EVENT_VERSION ? ERR_CORRUPT : OK;
}

// --- writing

static enum err event_put(struct call *call, const struct logs_group *group,
                          const struct logs_stream *stream, const struct json *event)
{
    struct key key;
    uint64_t number;
    struct str message = json_str(event, "message");
    int64_t time_ms = json_i64_or(event, "timestamp", 0);
    struct buf value = buf_in(call->arena, MESSAGE_BYTES_MAX + 4096);
    TRY(store_next(tx_store(call->tx), "logs/event", &number));
    buf_put_u8(&value, EVENT_VERSION);
    buf_put_u64le(&value, (uint64_t)call->now_ms);
    buf_put_u32le(&value, (uint32_t)stream->name.len);
    buf_put(&value, stream->name);
    buf_put(&value, message);
    TRY(tx_put(call->tx, event_key(&key, group->id, time_ms, number), buf_str(&value)));
    return tx_put(call->tx, index_key(&key, stream->id, time_ms, number), S(""));
}

enum err logs_events_add(struct call *call, const struct logs_group *group,
                         struct logs_stream *stream, const struct json *events)
{
    struct key key;
    struct json *row = stream->row;
    int64_t first_ms = json_i64_or(row, "firstEventTimestamp", INT64_MAX);
    int64_t last_ms = json_i64_or(row, "lastEventTimestamp", INT64_MIN),
            bytes = json_i64_or(row, "bytes", 0);
    JSON_EACH (event, events) {
        int64_t time_ms = json_i64_or(event, "timestamp", 0);
        first_ms = time_ms < first_ms ? time_ms : first_ms;
        last_ms = time_ms > last_ms ? time_ms : last_ms;
        bytes += (int64_t)json_str(event, "message").len + EVENT_OVERHEAD;
        TRY(event_put(call, group, stream, event));
    }
    if (json_count(events) == 0)
        return OK;
    json_set_i64(call->arena, row, "firstEventTimestamp", first_ms);
    json_set_i64(call->arena, row, "lastEventTimestamp", last_ms);
    json_set_i64(call->arena, row, "lastIngestionTime", call->now_ms);
    json_set_i64(call->arena, row, "bytes", bytes);
    return tx_put_json(call->tx, logs_stream_key(&key, group->id, stream->name), row);
}

static enum err check_batch(struct call *call, const struct json *events)
{
    size_t bytes = 0;
    int64_t before_ms = INT64_MIN, first_ms = json_i64_or(json_at(events, 0), "timestamp", 0);
    JSON_EACH (event, events) {
        struct str message = json_str(event, "message");
        int64_t time_ms = json_i64_or(event, "timestamp", 0);
        if (message.len > MESSAGE_BYTES_MAX)
            FAIL(call, LOGS_INVALID, "Log event too large: %zu bytes exceeds limit of %d",
                 message.len, MESSAGE_BYTES_MAX);
        if (time_ms < before_ms)
            FAIL(call, LOGS_INVALID,
                 "Log events in a single PutLogEvents request must be in chronological order.");
        if (time_ms - first_ms > SPAN_MS_MAX)
            FAIL(call, LOGS_INVALID,
                 "The batch of log events in a single PutLogEvents request cannot span more than "
                 "24 hours.");
        before_ms = time_ms;
        bytes += message.len + EVENT_OVERHEAD;
    }
    if (bytes > BATCH_BYTES_MAX)
        FAIL(call, LOGS_INVALID, "Upload too large: %zu bytes exceeds limit of %d", bytes,
             BATCH_BYTES_MAX);
    return OK;
}

// What is too old, expired or too new is left out and reported by index.
static struct json *accepted(struct call *call, const struct logs_group *group,
                             const struct json *events, struct json **out_rejected)
{
    struct json *kept = json_array(call->arena), *rejected = json_object(call->arena);
    int64_t index = 0;
    JSON_EACH (event, events) {
        int64_t time_ms = json_i64_or(event, "timestamp", 0);
        if (time_ms > call->now_ms + AHEAD_MS_MAX) {
            if (!json_has(rejected, "tooNewLogEventStartIndex"))
                json_set_i64(call->arena, rejected, "tooNewLogEventStartIndex", index);
        } else if (time_ms < call->now_ms - OLD_MS_MAX) {
            json_set_i64(call->arena, rejected, "tooOldLogEventEndIndex", index + 1);
        } else if (time_ms < group->oldest_ms) {
            json_set_i64(call->arena, rejected, "expiredLogEventEndIndex", index + 1);
        } else {
            json_push(call->arena, kept, event);
        }
        index++;
    }
    *out_rejected = rejected->count ? rejected : NULL;
    return kept;
}

enum err logs_put_events(struct call *call, const struct json *in, struct json **out)
{
    struct logs_group group;
    struct logs_stream stream;
    struct json *rejected, *events = json_get(in, "logEvents");
    TRY(check_batch(call, events));
    TRY(logs_group_get(call, in, &group));
    TRY(logs_stream_lock(call, &group, json_str(in, "logStreamName"), &stream));
    TRY(logs_events_add(call, &group, &stream, accepted(call, &group, events, &rejected)));
    *out = json_set_str(call->arena, json_object(call->arena), "nextSequenceToken", S("0"));
    json_set(call->arena, *out, "rejectedLogEventsInfo", rejected);
    return OK;
}

// For output of functions: {"Streams": [{"Region", "Group", "Stream", "Lines": [{"timestamp",
// "message"}]}]}, groups and streams made when absent.
enum err logs_append_lines(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    JSON_EACH (entry, json_get(in, "Streams")) {
        struct logs_group group;
        struct logs_stream stream;
        TRY(logs_group_ensure(call, json_str(entry, "Region"), json_str(entry, "Group"), &group));
        TRY(logs_stream_ensure(call, &group, json_str(entry, "Stream"), &stream));
        TRY(logs_events_add(call, &group, &stream, json_get(entry, "Lines")));
    }
    return OK;
}

// --- one stream's events

// A place in a stream: "f/<ms>/<number>" goes on behind it, "b/<ms>/<number>" before it.
struct place {
    bool given, forward;
    int64_t time_ms;
    uint64_t number;
};

static enum err place_parse(struct call *call, struct str token, struct place *out)
{
    struct str direction, time, rest = token;
    *out = (struct place){0};
    if (!token.len)
        return OK;
    out->given = true;
    bool ok = str_cut(&rest, '/', &direction) &&
              (str_is(direction, "f") || str_is(direction, "b")) && str_cut(&rest, '/', &time) &&
              str_to_i64(time, &out->time_ms) && str_to_u64(rest, &out->number);
    if (!ok)
        FAIL(call, LOGS_INVALID, "The specified nextToken is invalid.");
    out->forward = str_is(direction, "f");
    return OK;
}

static struct str place_text(struct call *call, char direction, int64_t time_ms, uint64_t number)
{
    return str_format(call->arena, "%c/%lld/%llu", direction, (long long)time_ms,
                      (unsigned long long)number);
}

static struct json *event_shown(struct call *call, const struct event *event, bool filtered)
{
    struct json *shown = json_object(call->arena);
    if (filtered)
        json_set_str(call->arena, shown, "logStreamName", str_dup(call->arena, event->stream));
    json_set_i64(call->arena, shown, "timestamp", event->time_ms);
    json_set_str(call->arena, shown, "message", str_dup(call->arena, event->message));
    json_set_i64(call->arena, shown, "ingestionTime", event->ingested_ms);
    if (filtered)
        json_set_str(call->arena, shown, "eventId",
                     str_format(call->arena, "%020lld%036llu", (long long)event->time_ms,
                                (unsigned long long)event->number));
    return shown;
}

struct window {
    int64_t start_ms, end_ms; // end not included
    bool backward;
    struct place place;
    int64_t limit;
};

static enum err read_stream(struct call *call, const struct logs_group *group, uint64_t stream_id,
                            const struct window *window, struct json *events,
                            struct event *out_first, struct event *out_last)
{
    struct key prefix, from, key;
    struct str key_text, ignored, value;
    struct event event;
    size_t bytes = 0;
    key_u64(key_start(&prefix, KEYSPACE_LOGS_STREAM_EVENT), stream_id);
    bool backward = window->backward;
    if (window->place.given)
        index_key(&from, stream_id, window->place.time_ms, window->place.number);
    else
        index_key(&from, stream_id, backward ? window->end_ms : window->start_ms,
                  backward ? UINT64_MAX : 0);
    struct scan *scan = scan_open(call->tx, &prefix, &from, backward);
    enum err err;
    while ((err = scan_next(scan, &key_text, &ignored)) == OK &&
           (int64_t)events->count < window->limit && bytes < REPLY_BYTES_MAX) {
        err = read_key(key_text, &event);
        bool same = window->place.given && event.time_ms == window->place.time_ms &&
                    event.number == window->place.number;
        if (err != OK ||
            (backward ? event.time_ms < window->start_ms : event.time_ms >= window->end_ms))
            break;
        if (same || event.time_ms < window->start_ms || event.time_ms >= window->end_ms)
            continue;
        err = tx_get(call->tx, event_key(&key, group->id, event.time_ms, event.number), call->arena,
                     &value);
        if (err == ERR_NOT_FOUND)
            continue; // being removed
        if (err == OK)
            err = read_value(value, &event);
        if (err != OK)
            break;
        if (events->count == 0)
            *out_first = event;
        *out_last = event;
        bytes += event.message.len;
        json_push(call->arena, events, event_shown(call, &event, false));
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err logs_get_events(struct call *call, const struct json *in, struct json **out)
{
    struct logs_group group;
    struct logs_stream stream;
    struct event first = {0}, last = {0};
    struct str token = json_str(in, "nextToken");
    struct json *events = json_array(call->arena);
    TRY(logs_group_get(call, in, &group));
    TRY(logs_stream_lock(call, &group, json_str(in, "logStreamName"), &stream));
    struct window window = {
        .start_ms = json_i64_or(in, "startTime", 0),
        .end_ms = json_i64_or(in, "endTime", INT64_MAX),
        .limit = json_i64_or(in, "limit", REPLY_EVENTS_MAX),
    };
    if (window.start_ms < group.oldest_ms)
        window.start_ms = group.oldest_ms;
    TRY(place_parse(call, token, &window.place));
    window.backward =
        window.place.given ? !window.place.forward : !json_bool_or(in, "startFromHead", false);
    TRY(read_stream(call, &group, stream.id, &window, events, &first, &last));
    if (window.backward) {
        struct event other = first;
        first = last;
        last = other;
        for (size_t i = 0; i < events->count / 2; i++) {
            struct json *item = events->items[events->count - 1 - i];
            events->items[events->count - 1 - i] = events->items[i];
            events->items[i] = item;
        }
    }
    if (events->count == 0) { // at the end: the same place again, as AWS answers
        first.time_ms = last.time_ms = window.place.given ? window.place.time_ms
                                       : window.backward  ? window.start_ms
                                                          : 0;
        first.number = last.number = window.place.number;
    }
    *out = json_set(call->arena, json_object(call->arena), "events", events);
    json_set_str(call->arena, *out, "nextForwardToken",
                 place_text(call, 'f', last.time_ms, last.number));
    json_set_str(call->arena, *out, "nextBackwardToken",
                 place_text(call, 'b', first.time_ms, first.number));
    return OK;
}

// --- a group's events

struct filter {
    struct log_pattern *pattern;
    const struct json *streams;
    struct str stream_prefix;
    int64_t start_ms, end_ms;
};

static bool stream_wanted(const struct filter *filter, struct str stream)
{
    if (!str_starts(stream, filter->stream_prefix))
        return false;
    if (json_count(filter->streams) == 0)
        return true;
    JSON_EACH (name, filter->streams)
        if (str_eq(json_as_str(name), stream))
            return true;
    return false;
}

static enum err filter_scan(struct call *call, const struct logs_group *group,
                            const struct filter *filter, struct place from_place, int64_t limit,
                            struct json *events, struct str *out_next)
{
    struct key prefix, from;
    struct str key_text, value;
    struct event event;
    size_t bytes = 0, scanned = 0;
    key_u64(key_start(&prefix, KEYSPACE_LOGS_EVENT), group->id);
    event_key(&from, group->id, from_place.given ? from_place.time_ms : filter->start_ms,
              from_place.number);
    struct scan *scan = scan_open(call->tx, &prefix, &from, false);
    struct arena scratch; // patterns parse messages
    arena_init(&scratch);
    enum err err;
    while ((err = scan_next(scan, &key_text, &value)) == OK) {
        err = read_key(key_text, &event);
        if (err == OK)
            err = read_value(value, &event);
        if (err != OK || event.time_ms >= filter->end_ms)
            break;
        if ((int64_t)events->count == limit || bytes >= REPLY_BYTES_MAX ||
            scanned++ == SCANNED_MAX) {
            *out_next = place_text(call, 'f', event.time_ms, event.number);
            break;
        }
        if (!stream_wanted(filter, event.stream) ||
            !log_pattern_matches(filter->pattern, &scratch, event.message))
            continue;
        arena_reset(&scratch);
        bytes += event.message.len;
        json_push(call->arena, events, event_shown(call, &event, true));
    }
    arena_deinit(&scratch);
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err logs_filter_events(struct call *call, const struct json *in, struct json **out)
{
    struct logs_group group;
    struct place place = {0};
    struct str next = STR_NONE, position = STR_NONE, token = json_str(in, "nextToken");
    struct json *events = json_array(call->arena);
    struct filter filter = {
        .streams = json_get(in, "logStreamNames"),
        .stream_prefix = json_str(in, "logStreamNamePrefix"),
        .start_ms = json_i64_or(in, "startTime", 0),
        .end_ms = json_i64_or(in, "endTime", INT64_MAX),
    };
    TRY(logs_group_get(call, in, &group));
    if (json_count(filter.streams) && filter.stream_prefix.len)
        FAIL(call, LOGS_INVALID, "logStreamNames and logStreamNamePrefix cannot both be given.");
    if (filter.start_ms < group.oldest_ms)
        filter.start_ms = group.oldest_ms;
    if (filter.end_ms < INT64_MAX)
        filter.end_ms++; // AWS includes it here
    enum err err = log_pattern_parse(call->arena, json_str(in, "filterPattern"), &filter.pattern,
                                     &call->error);
    if (err != OK) {
        struct str why = str_of(str_cstr(call->arena, str_of(call->error.text)));
        FAIL(call, LOGS_INVALID, "Invalid filter pattern: %.*s", STR_ARG(why));
    }
    if (token.len)
        TRY(page_position(call, token, &position));
    TRY(place_parse(call, position, &place));
    TRY(filter_scan(call, &group, &filter, place, json_i64_or(in, "limit", REPLY_EVENTS_MAX),
                    events, &next));
    *out = json_set(call->arena, json_object(call->arena), "events", events);
    json_set(call->arena, *out, "searchedLogStreams", json_array(call->arena));
    if (next.len)
        json_set_str(call->arena, *out, "nextToken", page_token(call, next));
    return OK;
}

// --- removing

static enum err delete_range(struct call *call, const struct key *prefix, int64_t before_ms,
                             uint64_t event_group, bool *out_more)
{
    struct str key_text, value;
    struct event event;
    size_t count = 0;
    enum err err;
    *out_more = false;
    struct scan *scan = scan_open(call->tx, prefix, NULL, false);
    while ((err = scan_next(scan, &key_text, &value)) == OK) {
        struct key key = {.len = key_text.len}, other;
        memcpy(key.bytes, key_text.ptr, key_text.len);
        err = read_key(key_text, &event);
        if (err != OK || event.time_ms >= before_ms)
            break;
        if (count++ == PURGE_MAX) {
            *out_more = true;
            break;
        }
        err = tx_delete(call->tx, &key);
        if (err == OK && event_group)
            err = tx_delete(call->tx, event_key(&other, event_group, event.time_ms, event.number));
        if (err != OK)
            break;
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

// A stream's index and, unless the whole group goes, its events.
static enum err purge_stream(struct call *call, uint64_t stream_id, uint64_t group_id,
                             bool *out_more)
{
    struct key prefix;
    key_u64(key_start(&prefix, KEYSPACE_LOGS_STREAM_EVENT), stream_id);
    return delete_range(call, &prefix, INT64_MAX, group_id, out_more);
}

static enum err first_stream(struct call *call, uint64_t group_id, struct json **out_row)
{
    struct key prefix;
    struct str key_text, value;
    struct scan *scan = scan_open(
        call->tx, key_u64(key_start(&prefix, KEYSPACE_LOGS_STREAM), group_id), NULL, false);
    enum err err = scan_next(scan, &key_text, &value);
    if (err == OK)
        err = json_parse(call->arena, str_dup(call->arena, value), out_row, &call->error);
    scan_close(scan);
    return err;
}

static enum err purge_group(struct call *call, uint64_t group_id, bool *out_more)
{
    struct key key;
    struct json *row;
    enum err err = first_stream(call, group_id, &row);
    if (err == ERR_NOT_FOUND) {
        *out_more = false;
        return OK;
    }
    TRY(err);
    TRY(purge_stream(call, (uint64_t)json_i64_or(row, "id", 0), group_id, out_more));
    if (!*out_more)
        TRY(tx_delete(call->tx, logs_stream_key(&key, group_id, json_str(row, "logStreamName"))));
    *out_more = true; // perhaps another stream
    return OK;
}

enum err logs_purge_later(struct call *call, const char *what, uint64_t id)
{
    struct json *input = json_object(call->arena);
    json_set_str(call->arena, input, "What", str_of(what));
    json_set_i64(call->arena, input, "Id", (int64_t)id);
    struct task task = {.service = S("logs"), .op = S("PurgeEvents"), .input = input};
    return call_later(call, &task);
}

enum err logs_purge(struct call *call, const struct json *in, struct json **out)
{
    bool more;
    uint64_t id = (uint64_t)json_i64_or(in, "Id", 0),
             group_id = (uint64_t)json_i64_or(in, "Group", 0);
    (void)out;
    if (str_is(json_str(in, "What"), "stream"))
        TRY(purge_stream(call, id, group_id, &more));
    else
        TRY(purge_group(call, id, &more));
    if (!more)
        return OK;
    struct task task = {.service = S("logs"), .op = S("PurgeEvents"), .input = (struct json *)in};
    return call_later(call, &task);
}

// Events by their group's order; what the streams' indexes still say of them is skipped when
// reading.
enum err logs_events_expire(struct call *call, const struct logs_group *group, bool *out_more)
{
    struct key prefix;
    key_u64(key_start(&prefix, KEYSPACE_LOGS_EVENT), group->id);
    return delete_range(call, &prefix, group->oldest_ms, 0, out_more);
}
