// SPDX-License-Identifier: Apache-2.0
// A poller is a small state machine; a step of it runs on a pool thread whenever there is something
// to do:
//
//     ACTIVE   a step is queued or running, or is parked and will be queued when it is resumed
//     FULL     as many batches are being processed as may be; the next that ends queues a step
//     OFF      its mapping is disabled or gone, or the server ends
//
// A round of a poller is one ReceiveMessage. Its call is kept while it is parked and run again when
// SQS wakes it, just as the HTTP server does for a client. Messages join the batch, which is sent
// off when it is full or its window is over.
//
// While the mutex is held nothing else is called that takes one, but for pool_add.
#include "services/lambda/poller.h"

#include "os/thread.h"
#include "services/lambda/sqs_event.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS_MAX 16
#define CONCURRENCY_DEFAULT 10
#define RECEIVE_MAX 10
#define WAIT_SECONDS_MAX 20
#define BATCH_BYTES_MAX ((size_t)3 << 20) // room for one more receive below an event's 6 MB
#define PAUSE_MS_MIN ((int64_t)1000)
#define PAUSE_MS_MAX ((int64_t)30 * 1000)

enum poller_state { POLLER_OFF, POLLER_ACTIVE, POLLER_FULL };

struct batch {
    struct poller *poller;
    struct arena arena;
    struct sqs_batch messages;
    int64_t due_ms; // the window's end
    struct invocation *invocation;
};

struct poller {
    struct poller *next;
    struct pollers *pollers;
    char region[64], uuid[64];
    // Under the mutex.
    enum poller_state state;
    bool changed; // its mapping did: the current round is not to be trusted
    bool parked;
    char parked_key[256];
    int64_t running;  // batches being processed
    int64_t pause_ms; // grows with failures in a row
    bool pause_due;   // before the next round
    char last_result[64];
    // The step's own, while ACTIVE.
    struct arena arena; // of the round
    const struct json *mapping;
    int64_t concurrency_max;
    struct call *call; // the round's, while it is parked
    struct json *input;
    bool deadline_passed;
    struct batch *batch; // being filled
};

struct pollers {
    struct lambda *lambda;
    struct lake *lake;
    pthread_mutex_t mutex;
    struct poller *first;
    struct pool *pool; // made with the first poller
    bool cancelled;
};

static void step(void *argument);

// Under the mutex.
static void queue_step(struct poller *poller)
{
    poller->state = POLLER_ACTIVE;
    pool_add(poller->pollers->pool, step, poller);
}

static void set_result(struct poller *poller, const char *result, bool pause)
{
    pthread_mutex_lock(&poller->pollers->mutex);
    snprintf(poller->last_result, sizeof poller->last_result, "%s", result);
    int64_t next_ms = poller->pause_ms ? poller->pause_ms * 2 : PAUSE_MS_MIN;
    poller->pause_ms = !pause ? 0 : next_ms > PAUSE_MS_MAX ? PAUSE_MS_MAX : next_ms;
    poller->pause_due = pause;
    pthread_mutex_unlock(&poller->pollers->mutex);
}

// --- reading rows

struct target {
    struct function_ref ref;
    struct json *row;
    int64_t reserved;
};

static enum err load_target(struct call *call, const struct json *mapping, struct target *out)
{
    struct json *main_row;
    call->tx = tx_begin(lake_store(call->lake), true);
    enum err err =
        function_ref_parse_text(call, json_str(mapping, "FunctionArn"), STR_NONE, &out->ref);
    if (err == OK)
        err = function_resolve(call, &out->ref, &out->row);
    if (err == OK)
        err = function_get(call, out->ref.name, &main_row);
    if (err == OK)
        out->reserved = json_i64_or(main_row, "reserved", -1);
    tx_abort(call->tx);
    call->tx = NULL;
    return err;
}

static bool load_mapping(struct poller *poller)
{
    struct key key;
    struct json *row = NULL;
    struct tx *tx = tx_begin(lake_store(poller->pollers->lake), true);
    key_str(key_str(key_start(&key, KEYSPACE_LAMBDA_MAPPING), str_of(poller->region)),
            str_of(poller->uuid));
    enum err err = tx_get_json(tx, &key, &poller->arena, &row);
    tx_abort(tx);
    if (err != OK || !str_is(json_str(row, "State"), "Enabled"))
        return false;
    poller->mapping = row;
    poller->concurrency_max =
        json_i64_or(json_get(row, "ScalingConfig"), "MaximumConcurrency", CONCURRENCY_DEFAULT);
    return true;
}

static struct call *service_call(struct poller *poller, struct arena *arena)
{
    struct principal *principal = ARENA_NEW(arena, struct principal);
    *principal = lake_service_principal(arena, "lambda.amazonaws.com");
    return lake_call(poller->pollers->lake, arena, principal, str_of(poller->region));
}

// --- a batch on its way

static void batch_free(struct batch *batch)
{
    invocation_free(batch->invocation);
    arena_deinit(&batch->arena);
    free(batch);
}

static bool delete_messages(struct batch *batch, const struct json *inputs)
{
    struct poller *poller = batch->poller;
    bool ok = true;
    JSON_EACH (input, inputs) {
        struct json *reply;
        struct call *call = service_call(poller, &batch->arena);
        if (lake_run_blocking(call, "sqs", "DeleteMessageBatch", input, &reply) != OK) {
            ok = false;
            log_event(lake_log(poller->pollers->lake), LOG_WARN, "lambda",
                      "messages of mapping %s could not be deleted: %s", poller->uuid,
                      call->error.text);
        }
    }
    return ok;
}

static void delete_processed(struct batch *batch, struct str answer)
{
    bool ok = delete_messages(batch, sqs_batch_deletions(&batch->messages, &batch->arena, answer));
    set_result(batch->poller, ok ? "OK" : "PROBLEM: Messages could not be deleted", !ok);
}

static void batch_ended(void *argument)
{
    struct batch *batch = argument;
    struct poller *poller = batch->poller;
    const struct invocation *invocation = batch->invocation;
    switch (invocation ? invocation->outcome : INVOCATION_REFUSED) {
    case INVOCATION_ANSWERED:
        delete_processed(batch, invocation->answer);
        break;
    case INVOCATION_FAILED:
        set_result(poller, "PROBLEM: Function call failed", false);
        break;
    case INVOCATION_THROTTLED:
        set_result(poller, "PROBLEM: Function call was throttled", true);
        break;
    default:
        set_result(poller, "PROBLEM: Function can not be run", true);
    }
    pthread_mutex_lock(&poller->pollers->mutex);
    poller->running--;
    if (poller->state == POLLER_FULL)
        queue_step(poller);
    pthread_mutex_unlock(&poller->pollers->mutex);
    batch_free(batch);
}

static void batch_answered(void *context, struct invocation *invocation)
{
    struct batch *batch = context;
    struct pollers *pollers = batch->poller->pollers;
    (void)invocation;
    pthread_mutex_lock(&pollers->mutex);
    pool_add(pollers->pool, batch_ended, batch); // it deletes durably: not on the engine's thread
    pthread_mutex_unlock(&pollers->mutex);
}

static void batch_send(struct poller *poller)
{
    struct batch *batch = poller->batch;
    struct target target;
    poller->batch = NULL;
    if (!delete_messages(batch, sqs_batch_unwanted(&batch->messages, &batch->arena)))
        set_result(poller, "PROBLEM: Messages could not be deleted", true);
    if (batch->messages.count == 0) { // no filter let one through
        batch_free(batch);
        return;
    }
    pthread_mutex_lock(&poller->pollers->mutex);
    poller->running++;
    pthread_mutex_unlock(&poller->pollers->mutex);
    struct call *call = service_call(poller, &batch->arena);
    if (load_target(call, poller->mapping, &target) != OK) {
        batch_ended(batch); // there is no function: the messages come back
        return;
    }
    struct invocation *invocation = invocation_of(call, &target.ref, target.row, target.reserved);
    invocation->id = str_dup(&invocation->arena, call_uuid(call));
    invocation->payload = sqs_batch_event(&batch->messages, &invocation->arena);
    invocation->wait_for_capacity = true;
    invocation->done = batch_answered;
    invocation->context = batch;
    batch->invocation = invocation;
    engine_invoke(poller->pollers->lambda->engine, invocation);
}

static void batch_take(struct poller *poller, const struct json *received)
{
    int64_t now_ms = clock_now_ms(lake_clock(poller->pollers->lake));
    int64_t window_ms = json_i64_or(poller->mapping, "MaximumBatchingWindowInSeconds", 0) * 1000;
    if (!poller->batch && json_count(json_get(received, "Messages"))) {
        poller->batch = calloc(1, sizeof *poller->batch);
        if (!poller->batch)
            abort();
        arena_init(&poller->batch->arena);
        poller->batch->poller = poller;
        poller->batch->due_ms = now_ms + window_ms;
        sqs_batch_init(&poller->batch->messages, &poller->batch->arena, poller->mapping,
                       str_of(poller->region), lake_base_url(poller->pollers->lake));
    }
    struct batch *batch = poller->batch;
    if (!batch)
        return;
    sqs_batch_add(&batch->messages, json_get(received, "Messages"));
    if ((int64_t)batch->messages.count >= json_i64_or(poller->mapping, "BatchSize", RECEIVE_MAX) ||
        batch->messages.bytes > BATCH_BYTES_MAX || now_ms >= batch->due_ms)
        batch_send(poller);
}

// --- rounds

static void resume(void *context, bool deadline_passed)
{
    struct poller *poller = context;
    pthread_mutex_lock(&poller->pollers->mutex);
    poller->parked = false;
    poller->deadline_passed = deadline_passed;
    queue_step(poller);
    pthread_mutex_unlock(&poller->pollers->mutex);
}

// The poller may be running again before this returns.
static void park(struct poller *poller, struct str key, int64_t deadline_ms, uint64_t epoch)
{
    struct lake *lake = poller->pollers->lake;
    char text[sizeof poller->parked_key];
    size_t len = key.len < sizeof text ? key.len : sizeof text - 1;
    memcpy(text, key.ptr, len);
    text[len] = 0;
    pthread_mutex_lock(&poller->pollers->mutex);
    poller->parked = true;
    memcpy(poller->parked_key, text, len + 1);
    pthread_mutex_unlock(&poller->pollers->mutex);
    lake_park(lake, str_n(text, len), deadline_ms, epoch, resume, poller);
}

static void round_begin(struct poller *poller)
{
    struct arena *arena = &poller->arena;
    const struct batch *batch = poller->batch;
    int64_t wanted = json_i64_or(poller->mapping, "BatchSize", RECEIVE_MAX),
            wait = WAIT_SECONDS_MAX;
    poller->call = service_call(poller, arena);
    if (batch) {
        wanted -= (int64_t)batch->messages.count;
        int64_t left_ms = batch->due_ms - poller->call->now_ms;
        wait = left_ms <= 0 ? 0 : (left_ms + 999) / 1000;
    }
    struct json *input = poller->input = json_object(arena);
    struct json *all = json_push(arena, json_array(arena), json_string(arena, S("All")));
    json_set_str(arena, input, "QueueUrl",
                 sqs_queue_url(arena, poller->mapping, lake_base_url(poller->pollers->lake)));
    json_set_i64(arena, input, "MaxNumberOfMessages", wanted < RECEIVE_MAX ? wanted : RECEIVE_MAX);
    json_set_i64(arena, input, "WaitTimeSeconds",
                 wait < WAIT_SECONDS_MAX ? wait : WAIT_SECONDS_MAX);
    json_set(arena, input, "AttributeNames", all);
    json_set(arena, input, "MessageAttributeNames", all);
}

static void round_end(struct poller *poller)
{
    poller->call = NULL;
    poller->input = NULL;
    poller->deadline_passed = false;
}

// False when the step is over: parked, with the poller perhaps already running again elsewhere.
static bool round_run(struct poller *poller)
{
    struct lake *lake = poller->pollers->lake;
    const struct service *sqs = lake_service(lake, S("sqs"));
    const struct op *receive = sqs ? service_op(sqs, S("ReceiveMessage")) : NULL;
    struct json *reply;
    struct call *call = poller->call;
    if (!receive)
        return false;
    uint64_t epoch = lake_wake_epoch(lake);
    call->deadline_passed = poller->deadline_passed;
    call->now_ms = clock_now_ms(lake_clock(lake));
    enum err err = lake_run(call, sqs, receive, poller->input, &reply);
    if (err == ERR_PARKED) {
        park(poller, call->park_key, call->park_deadline_ms, epoch);
        return false;
    }
    if (err == OK) {
        batch_take(poller, reply);
    } else {
        char text[64];
        snprintf(text, sizeof text, "PROBLEM: %.50s",
                 call->code ? call->code->code : "ReceiveMessage failed");
        set_result(poller, text, true);
    }
    round_end(poller);
    return true;
}

// What a step is to do, decided under the mutex.
enum next { NEXT_ROUND, NEXT_RESUME, NEXT_PAUSE, NEXT_STOP };

static enum next decide(struct poller *poller, int64_t *out_pause_ms)
{
    struct pollers *pollers = poller->pollers;
    enum next next = NEXT_ROUND;
    pthread_mutex_lock(&pollers->mutex);
    bool changed = poller->changed;
    poller->changed = false;
    if (pollers->cancelled)
        next = NEXT_STOP;
    else if (poller->call && !changed)
        next = NEXT_RESUME;
    else if (poller->pause_due)
        next = NEXT_PAUSE;
    if (next == NEXT_PAUSE)
        poller->pause_due = false;
    *out_pause_ms = poller->pause_ms;
    if (next == NEXT_STOP)
        poller->state = POLLER_OFF;
    pthread_mutex_unlock(&pollers->mutex);
    return next;
}

// Off unless the mapping changed again meanwhile; full unless a batch ended meanwhile. True: go on.
static bool rest(struct poller *poller, bool off)
{
    pthread_mutex_lock(&poller->pollers->mutex);
    bool go_on = off ? poller->changed : poller->running < poller->concurrency_max;
    if (!go_on)
        poller->state = off ? POLLER_OFF : POLLER_FULL;
    pthread_mutex_unlock(&poller->pollers->mutex);
    return go_on;
}

static bool is_full(struct poller *poller)
{
    pthread_mutex_lock(&poller->pollers->mutex);
    bool full = poller->running >= poller->concurrency_max;
    pthread_mutex_unlock(&poller->pollers->mutex);
    return full;
}

static void step(void *argument)
{
    struct poller *poller = argument;
    struct lake *lake = poller->pollers->lake;
    for (;;) {
        int64_t pause_ms;
        enum next next = decide(poller, &pause_ms);
        if (next == NEXT_STOP)
            return;
        if (next == NEXT_PAUSE) {
            char key[128];
            snprintf(key, sizeof key, "lambda/mapping/%s", poller->uuid);
            poller->call = NULL;
            park(poller, str_of(key), clock_now_ms(lake_clock(lake)) + pause_ms,
                 lake_wake_epoch(lake));
            return;
        }
        if (next == NEXT_ROUND) {
            round_end(poller);
            if (!poller->batch)
                arena_reset(&poller->arena);
            bool enabled = load_mapping(poller);
            if (!enabled && poller->batch)
                batch_send(poller); // they were taken while it was enabled
            if (!enabled || is_full(poller)) {
                if (rest(poller, !enabled))
                    continue;
                return;
            }
            round_begin(poller);
        }
        if (!round_run(poller))
            return;
    }
}

// --- from outside

static struct poller *find(struct pollers *pollers, struct str uuid)
{
    struct poller *poller = pollers->first;
    while (poller && !str_is(uuid, poller->uuid))
        poller = poller->next;
    return poller;
}

static struct poller *add(struct pollers *pollers, struct str region, struct str uuid)
{
    struct poller *poller = calloc(1, sizeof *poller);
    if (!poller)
        abort();
    poller->pollers = pollers;
    arena_init(&poller->arena);
    snprintf(poller->region, sizeof poller->region, "%.*s", STR_ARG(region));
    snprintf(poller->uuid, sizeof poller->uuid, "%.*s", STR_ARG(uuid));
    poller->next = pollers->first;
    pollers->first = poller;
    if (!pollers->pool)
        pollers->pool = pool_new("lambda-poll", 0, THREADS_MAX, (size_t)512 * 1024);
    return poller;
}

void pollers_refresh(struct pollers *pollers, struct str region, struct str uuid)
{
    char wake[256] = "";
    pthread_mutex_lock(&pollers->mutex);
    if (!pollers->cancelled) {
        struct poller *poller = find(pollers, uuid);
        if (!poller)
            poller = add(pollers, region, uuid);
        poller->changed = true;
        poller->pause_ms = 0;
        poller->pause_due = false;
        if (poller->state == POLLER_OFF || poller->state == POLLER_FULL)
            queue_step(poller);
        else if (poller->parked)
            snprintf(wake, sizeof wake, "%s", poller->parked_key);
    }
    pthread_mutex_unlock(&pollers->mutex);
    if (*wake)
        lake_wake(pollers->lake, str_of(wake));
}

void pollers_start(struct pollers *pollers)
{
    struct arena arena;
    struct key prefix;
    struct str key_text, value;
    arena_init(&arena);
    struct tx *tx = tx_begin(lake_store(pollers->lake), true);
    struct scan *scan = scan_open(tx, key_start(&prefix, KEYSPACE_LAMBDA_MAPPING), NULL, false);
    while (scan_next(scan, &key_text, &value) == OK) {
        struct cursor cursor = key_cursor(key_text);
        struct str region = key_take_str(&cursor, &arena), uuid = key_take_str(&cursor, &arena);
        if (!cursor.failed)
            pollers_refresh(pollers, region, uuid);
    }
    scan_close(scan);
    tx_abort(tx);
    arena_deinit(&arena);
}

struct str pollers_last_result(struct pollers *pollers, struct arena *arena, struct str uuid)
{
    pthread_mutex_lock(&pollers->mutex);
    struct poller *poller = find(pollers, uuid);
    struct str result = poller ? str_dup(arena, str_of(poller->last_result)) : STR_NONE;
    pthread_mutex_unlock(&pollers->mutex);
    return result;
}

struct pollers *pollers_new(struct lambda *lambda)
{
    struct pollers *pollers = calloc(1, sizeof *pollers);
    if (!pollers)
        abort();
    pollers->lambda = lambda;
    pollers->lake = lambda->lake;
    pthread_mutex_init(&pollers->mutex, NULL);
    return pollers;
}

void pollers_cancel(struct pollers *pollers)
{
    pthread_mutex_lock(&pollers->mutex);
    pollers->cancelled = true;
    pthread_mutex_unlock(&pollers->mutex);
    // Whoever is parked is resumed by the lake, which ends all parking next.
}

void pollers_free(struct pollers *pollers)
{
    if (!pollers)
        return;
    pool_free(pollers->pool); // runs what is queued
    while (pollers->first) {
        struct poller *poller = pollers->first;
        pollers->first = poller->next;
        if (poller->batch)
            batch_free(poller->batch);
        arena_deinit(&poller->arena);
        free(poller);
    }
    pthread_mutex_destroy(&pollers->mutex);
    free(pollers);
}
