// SPDX-License-Identifier: Apache-2.0
// Who runs what: invocations, environments, and how they find each other.
//
// An invocation goes to an idle environment of its revision, the one used last (so that the others
// may grow old and end). Where there is none it joins the pending list, and environments are
// started so that as many are coming as invocations of that revision wait - within the function's
// reserved concurrency and what the machine holds. Whoever becomes free first takes the first
// pending invocation of its revision, so that a warm environment that returns soon is not passed
// over for one that is still starting.
//
// Nothing is called back while the mutex is held: what is over is gathered in a `finished` list.
#include "services/lambda/engine_internal.h"

#include "services/lambda/code.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct invocation *invocation_new(void)
{
    struct invocation *invocation = calloc(1, sizeof *invocation);
    if (!invocation)
        abort();
    arena_init(&invocation->arena);
    invocation->concurrency_max = -1;
    return invocation;
}

void invocation_free(struct invocation *invocation)
{
    if (!invocation)
        return;
    arena_deinit(&invocation->arena);
    free(invocation);
}

// --- endings

void finished_add(struct finished *finished, struct invocation *invocation,
                  enum invocation_outcome outcome, struct str answer)
{
    invocation->outcome = outcome;
    invocation->answer = answer;
    invocation->environment = NULL;
    invocation->next = finished->first;
    finished->first = invocation;
}

void finished_call(struct finished *finished)
{
    while (finished->first) {
        struct invocation *invocation = finished->first;
        finished->first = invocation->next;
        invocation->done(invocation->context, invocation);
    }
}

struct str failure_json(struct arena *arena, struct str request_id, const char *type,
                        const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str text = str_formatv(arena, format, args);
    va_end(args);
    struct json *error = json_object(arena);
    json_set_str(arena, error, "errorType", str_of(type));
    json_set(
        arena, error, "errorMessage",
        json_stringf(arena, "RequestId: %.*s Error: %.*s", STR_ARG(request_id), STR_ARG(text)));
    return json_text(arena, error);
}

// --- the tables

struct environment *engine_environment(struct engine *engine, uint64_t id)
{
    struct environment *environment = engine->environments;
    while (environment && environment->id != id)
        environment = environment->next;
    return environment;
}

struct environment *engine_environment_tagged(struct engine *engine, struct str tag)
{
    struct environment *environment = engine->environments;
    while (environment && !str_eq(environment->tag, tag))
        environment = environment->next;
    return environment;
}

static bool runs(const struct environment *environment, const struct invocation *invocation)
{
    return str_eq(environment->revision, invocation->revision) &&
           str_eq(environment->name, invocation->name) &&
           str_eq(environment->version, invocation->version) &&
           str_eq(environment->region, invocation->region);
}

static bool same_function(struct str region, struct str name, struct str other_region,
                          struct str other_name)
{
    return str_eq(name, other_name) && str_eq(region, other_region);
}

bool environment_is_free(const struct environment *environment)
{
    return environment->state == ENVIRONMENT_IDLE || environment->state == ENVIRONMENT_RETURNING;
}

static void pending_add(struct engine *engine, struct invocation *invocation)
{
    invocation->next = NULL;
    *engine->pending_end = invocation;
    engine->pending_end = &invocation->next;
}

static void pending_remove(struct engine *engine, struct invocation **at)
{
    struct invocation *invocation = *at;
    *at = invocation->next;
    if (engine->pending_end == &invocation->next)
        engine->pending_end = at;
    invocation->next = NULL;
}

struct invocation *engine_take_pending(struct engine *engine, const struct environment *environment)
{
    for (struct invocation **at = &engine->pending; *at; at = &(*at)->next)
        if (runs(environment, *at)) {
            struct invocation *invocation = *at;
            pending_remove(engine, at);
            return invocation;
        }
    return NULL;
}

static struct environment *warmest(struct engine *engine, const struct invocation *invocation)
{
    struct environment *best = NULL;
    for (struct environment *e = engine->environments; e; e = e->next)
        if (e->state == ENVIRONMENT_IDLE && !e->retiring && runs(e, invocation) &&
            (!best || e->since_us > best->since_us))
            best = e;
    return best;
}

// Invocations of a function that run or wait.
static int64_t active_count(struct engine *engine, struct str region, struct str name)
{
    int64_t count = 0;
    for (struct environment *e = engine->environments; e; e = e->next)
        if (e->invocation && same_function(e->region, e->name, region, name))
            count++;
    for (struct invocation *i = engine->pending; i; i = i->next)
        if (same_function(i->region, i->name, region, name))
            count++;
    return count;
}

// --- environments come and go

void environment_assign(struct environment *environment, struct invocation *invocation)
{
    struct engine *engine = environment->engine;
    int64_t now_us = engine_now_us(engine);
    invocation->environment = environment;
    invocation->begun_us = now_us;
    environment->invocation = invocation;
    environment->state = ENVIRONMENT_ASSIGNED;
    environment->since_us = now_us;
    environment->deadline_us = now_us + invocation->timeout_ms * 1000;
    environment->tail_len = 0;
    char line[256];
    int len = snprintf(line, sizeof line, "START RequestId: %.*s Version: %.*s\n",
                       STR_ARG(invocation->id), STR_ARG(environment->version));
    environment_log(environment, str_n(line, (size_t)len));
    if (engine->loop_idle) // it looks at deadlines often only while somebody is busy
        loop_wake(engine);
}

void environment_finish(struct environment *environment, struct finished *finished,
                        enum invocation_outcome outcome, struct str answer)
{
    struct invocation *invocation = environment->invocation;
    environment_read_output(environment);
    environment_log_report(environment, invocation, NULL);
    if (invocation->want_tail)
        invocation->tail =
            str_dup(&invocation->arena, str_n(environment->tail, environment->tail_len));
    environment->invocation = NULL;
    environment->state = ENVIRONMENT_RETURNING;
    environment->since_us = engine_now_us(environment->engine);
    environment->deadline_us = 0;
    finished_add(finished, invocation, outcome, answer);
}

static void environment_new(struct engine *engine, const struct invocation *invocation)
{
    struct environment *e = calloc(1, sizeof *e);
    if (!e)
        abort();
    arena_init(&e->arena);
    struct arena *arena = &e->arena;
    e->engine = engine;
    e->id = ++engine->last_id;
    e->tag = str_format(arena, "lambda/%llu", (unsigned long long)e->id);
    e->region = str_dup(arena, invocation->region);
    e->name = str_dup(arena, invocation->name);
    e->version = str_dup(arena, invocation->version);
    e->revision = str_dup(arena, invocation->revision);
    e->function = json_copy(arena, invocation->function);
    e->process_fd = e->output_fd = e->sandbox.listeners[0] = e->sandbox.listeners[1] = -1;
    e->line = buf_heap(OUTPUT_LINE_BYTES_MAX);
    e->created_us = e->since_us = engine_now_us(engine);
    e->next = engine->environments;
    engine->environments = e;
    engine->environment_count++;
    pool_add(engine->launchers, environment_launch, e);
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

void environment_remove(struct environment *environment)
{
    struct engine *engine = environment->engine;
    assert(!environment->invocation);
    for (struct environment **at = &engine->environments; *at; at = &(*at)->next)
        if (*at == environment) {
            *at = environment->next;
            break;
        }
    engine->environment_count--;
    close_fd(environment->process_fd); // closing takes them out of the epoll set
    close_fd(environment->output_fd);
    close_fd(environment->sandbox.listeners[0]);
    close_fd(environment->sandbox.listeners[1]);
    buf_deinit(&environment->line);
    arena_deinit(&environment->arena);
    free(environment);
}

// Ends the environment that was idle longest, to make room.
static bool make_room(struct engine *engine)
{
    struct environment *oldest = NULL;
    for (struct environment *e = engine->environments; e; e = e->next)
        if (environment_is_free(e) && !e->retiring && (!oldest || e->since_us < oldest->since_us))
            oldest = e;
    if (!oldest)
        return false;
    oldest->retiring = true;
    environment_kill(oldest);
    return true;
}

// One that has just answered asks for more in a moment: faster than a new one would be there. The
// loop looks again.
static bool comes_soon(const struct environment *e)
{
    if (e->retiring)
        return false;
    return e->state == ENVIRONMENT_STARTING || e->state == ENVIRONMENT_INITIALISING ||
           (e->state == ENVIRONMENT_RETURNING &&
            engine_now_us(e->engine) - e->since_us < RETURNING_US_MAX);
}

static void start_for(struct engine *engine, const struct invocation *invocation)
{
    size_t coming = 0, waiting = 0;
    int64_t alive = 0;
    for (struct environment *e = engine->environments; e; e = e->next) {
        if (runs(e, invocation) && comes_soon(e))
            coming++;
        if (same_function(e->region, e->name, invocation->region, invocation->name) && !e->retiring)
            alive++;
    }
    for (struct invocation *i = engine->pending; i; i = i->next)
        if (str_eq(i->revision, invocation->revision) &&
            same_function(i->region, i->name, invocation->region, invocation->name))
            waiting++;
    if (coming >= waiting ||
        (invocation->concurrency_max >= 0 && alive >= invocation->concurrency_max))
        return;
    if (engine->environment_count >= ENVIRONMENTS_MAX)
        make_room(engine); // started when the room is there
    else
        environment_new(engine, invocation);
}

void engine_start_missing(struct engine *engine)
{
    if (engine->cancelled)
        return;
    for (struct invocation *i = engine->pending; i; i = i->next)
        start_for(engine, i);
}

// --- from outside

void engine_invoke(struct engine *engine, struct invocation *invocation)
{
    struct finished finished = {0};
    struct str wake = STR_NONE;
    char wake_text[64];
    pthread_mutex_lock(&engine->mutex);
    loop_start(engine);
    struct environment *environment = warmest(engine, invocation);
    if (engine->cancelled) {
        finished_add(&finished, invocation, INVOCATION_CANCELLED, STR_NONE);
    } else if (invocation->concurrency_max >= 0 &&
               (invocation->concurrency_max == 0 || !invocation->wait_for_capacity) &&
               active_count(engine, invocation->region, invocation->name) >=
                   invocation->concurrency_max) {
        snprintf(invocation->message, sizeof invocation->message, "Rate Exceeded.");
        finished_add(&finished, invocation, INVOCATION_THROTTLED, STR_NONE);
    } else if (environment) {
        environment_assign(environment, invocation);
        wake = str_n(wake_text, environment->tag.len);
        memcpy(wake_text, environment->tag.ptr, environment->tag.len);
    } else {
        invocation->function = json_copy(&invocation->arena, invocation->function);
        pending_add(engine, invocation);
        start_for(engine, invocation);
    }
    pthread_mutex_unlock(&engine->mutex);
    if (wake.len)
        lake_wake(engine->lake, wake);
    finished_call(&finished);
}

struct blocker {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool is_done;
};

static void unblock(void *context, struct invocation *invocation)
{
    struct blocker *blocker = context;
    pthread_mutex_lock(&blocker->mutex);
    blocker->is_done = true;
    pthread_cond_signal(&blocker->cond);
    pthread_mutex_unlock(&blocker->mutex);
}

void engine_invoke_blocking(struct engine *engine, struct invocation *invocation)
{
    struct blocker blocker = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    invocation->done = unblock;
    invocation->context = &blocker;
    engine_invoke(engine, invocation);
    pthread_mutex_lock(&blocker.mutex);
    while (!blocker.is_done)
        pthread_cond_wait(&blocker.cond, &blocker.mutex);
    pthread_mutex_unlock(&blocker.mutex);
}

void engine_retire(struct engine *engine, struct str region, struct str name)
{
    pthread_mutex_lock(&engine->mutex);
    for (struct environment *e = engine->environments; e; e = e->next)
        if (same_function(e->region, e->name, region, name) && !e->retiring) {
            e->retiring = true;
            if (environment_is_free(e))
                environment_kill(e);
        }
    pthread_mutex_unlock(&engine->mutex);
}

struct prefetch {
    struct engine *engine;
    struct arena arena;
    struct str sha256_hex;
    struct blob code;
};

static void prefetch_run(void *argument);

void engine_prefetch(struct engine *engine, struct str sha256_hex, const struct blob *code)
{
    struct prefetch *prefetch = calloc(1, sizeof *prefetch);
    if (!prefetch)
        abort();
    arena_init(&prefetch->arena);
    prefetch->engine = engine;
    prefetch->sha256_hex = str_dup(&prefetch->arena, sha256_hex);
    prefetch->code = *code;
    prefetch->code.pending = STR_NONE;
    pthread_mutex_lock(&engine->mutex);
    bool cancelled = engine->cancelled;
    loop_start(engine);
    if (!cancelled)
        pool_add(engine->launchers, prefetch_run, prefetch);
    pthread_mutex_unlock(&engine->mutex);
    if (cancelled) {
        arena_deinit(&prefetch->arena);
        free(prefetch);
    }
}

static void prefetch_run(void *argument)
{
    struct prefetch *prefetch = argument;
    char *folder;
    struct error ignored; // the first invocation will say it
    (void)!code_folder(prefetch->engine->lake, &prefetch->arena, prefetch->sha256_hex,
                       &prefetch->code, &folder, &ignored);
    arena_deinit(&prefetch->arena);
    free(prefetch);
}

struct engine *engine_new(struct lake *lake)
{
    struct engine *engine = calloc(1, sizeof *engine);
    if (!engine)
        abort();
    engine->lake = lake;
    engine->log = function_log_new(lake);
    engine->pending_end = &engine->pending;
    engine->epoll_fd = engine->wake_fd = -1;
    arena_init(&engine->arena);
    pthread_mutex_init(&engine->mutex, NULL);
    return engine;
}

void engine_cancel(struct engine *engine)
{
    struct finished finished = {0};
    pthread_mutex_lock(&engine->mutex);
    engine->cancelled = true;
    while (engine->pending) {
        struct invocation *invocation = engine->pending;
        pending_remove(engine, &engine->pending);
        finished_add(&finished, invocation, INVOCATION_CANCELLED, STR_NONE);
    }
    for (struct environment *e = engine->environments; e; e = e->next) {
        e->retiring = true;
        if (e->invocation) {
            finished_add(&finished, e->invocation, INVOCATION_CANCELLED, STR_NONE);
            e->invocation = NULL;
            e->state = ENVIRONMENT_RETURNING;
        }
        environment_kill(e);
    }
    pthread_mutex_unlock(&engine->mutex);
    finished_call(&finished);
}

void engine_free(struct engine *engine)
{
    if (!engine)
        return;
    engine_cancel(engine);
    pool_free(engine->launchers); // runs what is queued: launches see that it is over
    loop_stop(engine);            // returns when the last environment is gone
    function_log_free(engine->log);
    pthread_mutex_destroy(&engine->mutex);
    arena_deinit(&engine->arena);
    free(engine);
}

size_t engine_environments(struct engine *engine)
{
    pthread_mutex_lock(&engine->mutex);
    size_t count = engine->environment_count;
    pthread_mutex_unlock(&engine->mutex);
    return count;
}
