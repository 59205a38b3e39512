// SPDX-License-Identifier: Apache-2.0
// Two buffers: lines go into one while the thread writes the other, as one call of logs:AppendLines
// for all functions. A short gathering time bounds the number of commits a second.
#include "services/lambda/function_log.h"

#include "os/thread.h"

#include <stdlib.h>
#include <string.h>

#define GATHER_MS 150
#define BATCH_LINES_MAX 5000

struct batch {
    struct arena arena;
    struct json
        *streams; // [{"region", "group", "stream", "lines": [{"timestamp", "message"}...]}...]
    size_t bytes, lines;
};
struct function_log {
    struct lake *lake;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct batch *gathering;
    size_t dropped;
    bool started, stop;
    pthread_t thread;
};

static struct batch *batch_new(void)
{
    struct batch *batch = calloc(1, sizeof *batch);
    if (!batch)
        abort();
    arena_init(&batch->arena);
    batch->streams = json_array(&batch->arena);
    return batch;
}

static void batch_free(struct batch *batch)
{
    arena_deinit(&batch->arena);
    free(batch);
}

static void write_batch(struct function_log *log, struct batch *batch, size_t dropped)
{
    if (dropped)
        log_event(lake_log(log->lake), LOG_WARN, "lambda",
                  "functions wrote faster than their logs are kept: %zu lines dropped", dropped);
    struct principal principal = lake_service_principal(&batch->arena, "lambda.amazonaws.com");
    struct json *input = json_object(&batch->arena), *reply;
    json_set(&batch->arena, input, "Streams", batch->streams);
    struct call *call = lake_call(log->lake, &batch->arena, &principal, STR_NONE);
    const struct service *logs = lake_service(log->lake, S("logs"));
    const struct op *append = logs ? service_op(logs, S("AppendLines")) : NULL;
    if (append && lake_run(call, logs, append, input, &reply) != OK)
        log_event(lake_log(log->lake), LOG_ERROR, "lambda",
                  "output of functions could not be logged: %s", call->error.text);
}

static void run(void *argument)
{
    struct function_log *log = argument;
    pthread_mutex_lock(&log->mutex);
    for (;;) {
        while (log->gathering->lines == 0 && !log->stop)
            pthread_cond_wait(&log->changed, &log->mutex);
        if (log->gathering->lines == 0)
            break;
        int64_t due_ms = clock_now_ms(lake_clock(log->lake)) + GATHER_MS;
        while (!log->stop && log->gathering->lines < BATCH_LINES_MAX &&
               !clock_wait(lake_clock(log->lake), &log->changed, &log->mutex, due_ms))
            ;
        struct batch *batch = log->gathering;
        size_t dropped = log->dropped;
        log->gathering = batch_new();
        log->dropped = 0;
        pthread_mutex_unlock(&log->mutex);
        write_batch(log, batch, dropped);
        batch_free(batch);
        pthread_mutex_lock(&log->mutex);
    }
    pthread_mutex_unlock(&log->mutex);
}

struct function_log *function_log_new(struct lake *lake)
{
    struct function_log *log = calloc(1, sizeof *log);
    if (!log)
        abort();
    log->lake = lake;
    pthread_mutex_init(&log->mutex, NULL);
    pthread_cond_init(&log->changed, NULL);
    log->gathering = batch_new();
    return log;
}

static struct json *lines_of(struct batch *batch, struct str region, struct str group,
                             struct str stream)
{
    for (size_t i = json_count(batch->streams); i-- > 0;) { // the latest is the likeliest
        struct json *entry = json_at(batch->streams, i);
        if (str_eq(json_str(entry, "Stream"), stream) && str_eq(json_str(entry, "Group"), group) &&
            str_eq(json_str(entry, "Region"), region))
            return json_get(entry, "Lines");
    }
    struct arena *arena = &batch->arena;
    struct json *entry = json_object(arena), *lines = json_array(arena);
    json_set_str(arena, entry, "Region", str_dup(arena, region));
    json_set_str(arena, entry, "Group", str_dup(arena, group));
    json_set_str(arena, entry, "Stream", str_dup(arena, stream));
    json_set(arena, entry, "Lines", lines);
    json_push(arena, batch->streams, entry);
    return lines;
}

// Output may be any bytes; events are UTF-8.
static struct str as_utf8(struct arena *arena, struct str line)
{
    if (str_is_utf8(line))
        return str_dup(arena, line);
    char *text = arena_bytes(arena, line.len);
    for (size_t i = 0; i < line.len; i++)
        text[i] = (unsigned char)line.ptr[i] < 0x80 ? line.ptr[i] : '?';
    return str_n(text, line.len);
}

void function_log_add(struct function_log *log, struct str region, struct str group,
                      struct str stream, struct str line)
{
    pthread_mutex_lock(&log->mutex);
    struct batch *batch = log->gathering;
    if (batch->bytes + line.len > LOG_BACKLOG_BYTES_MAX) {
        log->dropped++;
        pthread_mutex_unlock(&log->mutex);
        return;
    }
    struct json *event = json_object(&batch->arena);
    json_set_i64(&batch->arena, event, "timestamp", clock_now_ms(lake_clock(log->lake)));
    json_set_str(&batch->arena, event, "message", as_utf8(&batch->arena, line));
    json_push(&batch->arena, lines_of(batch, region, group, stream), event);
    batch->bytes += line.len;
    bool first = batch->lines++ == 0;
    if (!log->started) {
        log->started = true;
        log->thread = thread_start("lambda-log", run, log, (size_t)512 * 1024);
    }
    if (first || batch->lines >= BATCH_LINES_MAX)
        pthread_cond_signal(&log->changed);
    pthread_mutex_unlock(&log->mutex);
}

void function_log_free(struct function_log *log)
{
    if (!log)
        return;
    pthread_mutex_lock(&log->mutex);
    log->stop = true;
    pthread_cond_broadcast(&log->changed);
    pthread_mutex_unlock(&log->mutex);
    if (log->started)
        thread_join(log->thread);
    batch_free(log->gathering);
    pthread_mutex_destroy(&log->mutex);
    pthread_cond_destroy(&log->changed);
    free(log);
}
