// SPDX-License-Identifier: Apache-2.0
// The loop: one thread that accepts what sandboxes connect to, gathers their output, sees them end,
// and enforces time and memory.
//
// It waits in epoll. While an environment is busy or starting it wakes every TICK_MS to look at
// deadlines and memory; else it sleeps until the next idle environment has grown old. An event's
// data is the environment's id and which of its descriptors spoke, so that an event for one that is
// gone finds nothing.
#include "services/lambda/engine_internal.h"

#include "http/server.h"
#include "os/process.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define TICK_MS 50
#define IDLE_WAIT_MS_MAX 60000
#define MEMORY_EVERY_US ((int64_t)200 * 1000)
#define EVENTS_MAX 64
#define CREDENTIAL_LEFT_MS_MIN ((int64_t)10 * 60 * 1000)

enum source { SOURCE_ENDPOINT, SOURCE_RUNTIME, SOURCE_OUTPUT, SOURCE_PROCESS, SOURCE_COUNT };

// --- output

static void tail_add(struct environment *e, struct str line)
{
    if (line.len >= sizeof e->tail)
        line = str_from(line, line.len - sizeof e->tail);
    if (e->tail_len + line.len > sizeof e->tail) {
        size_t drop = e->tail_len + line.len - sizeof e->tail;
        memmove(e->tail, e->tail + drop, e->tail_len - drop);
        e->tail_len -= drop;
    }
    memcpy(e->tail + e->tail_len, line.ptr, line.len);
    e->tail_len += line.len;
}

void environment_log(struct environment *e, struct str line)
{
    tail_add(e, line);
    function_log_add(e->engine->log, e->region, e->log_group, e->log_stream, line);
}

static void take_output(struct environment *e, struct str bytes)
{
    while (bytes.len > 0) {
        size_t end = str_find_char(bytes, '\n');
        struct str piece = end == STR_NPOS ? bytes : str_slice(bytes, 0, end + 1);
        if (e->line.len + piece.len > OUTPUT_LINE_BYTES_MAX) { // an endless line is cut
            environment_log(e, buf_str(&e->line));
            buf_clear(&e->line);
        }
        buf_put(&e->line, piece);
        if (end != STR_NPOS) {
            environment_log(e, buf_str(&e->line));
            buf_clear(&e->line);
        }
        bytes = str_from(bytes, piece.len);
    }
}

void environment_read_output(struct environment *e)
{
    char block[16384];
    for (int rounds = 0; e->output_fd >= 0 && rounds < 64; rounds++) {
        ssize_t len = read(e->output_fd, block, sizeof block);
        if (len <= 0)
            return;
        take_output(e, str_n(block, (size_t)len));
    }
}

static void see_memory(struct environment *e, int64_t now_us)
{
    e->memory_bytes = sandbox_memory_bytes(&e->sandbox);
    if (e->memory_bytes > e->memory_peak_bytes)
        e->memory_peak_bytes = e->memory_bytes;
    e->memory_seen_us = now_us;
}

static uint64_t megabytes(uint64_t bytes)
{
    return (bytes + (1 << 20) - 1) >> 20;
}

void environment_log_report(struct environment *e, const struct invocation *invocation,
                            const char *note)
{
    int64_t now_us = engine_now_us(e->engine);
    double duration_ms = (double)(now_us - invocation->begun_us) / 1000;
    if (e->init_us || now_us - e->memory_seen_us > 1000 * 1000)
        see_memory(e, now_us);
    if (e->line.len) { // what it wrote without a line break belongs to this invocation
        buf_put_char(&e->line, '\n');
        environment_log(e, buf_str(&e->line));
        buf_clear(&e->line);
    }
    char line[768], init[64] = "";
    int len = snprintf(line, sizeof line, "END RequestId: %.*s\n", STR_ARG(invocation->id));
    environment_log(e, str_n(line, (size_t)len));
    if (e->init_us)
        snprintf(init, sizeof init, "Init Duration: %.2f ms\t", (double)e->init_us / 1000);
    e->init_us = 0;
    len = snprintf(line, sizeof line,
                   "REPORT RequestId: %.*s\tDuration: %.2f ms\tBilled Duration: %lld ms\tMemory "
                   "Size: %lld MB\t"
                   "Max Memory Used: %llu MB\t%s%s\n",
                   STR_ARG(invocation->id), duration_ms, (long long)duration_ms + 1,
                   (long long)e->memory_mb, (unsigned long long)megabytes(e->memory_peak_bytes),
                   init, note ? note : "");
    environment_log(e, str_n(line, (size_t)len));
}

// --- ends

void environment_kill(struct environment *e)
{
    if (e->state != ENVIRONMENT_STARTING)
        sandbox_kill(&e->sandbox);
}

static struct str death_json(struct environment *e, struct arena *arena, struct str id,
                             const struct process_end *end)
{
    if (e->out_of_memory)
        return failure_json(arena, id, "Runtime.OutOfMemory",
                            "Runtime exited with error: signal: killed");
    if (!end->exited)
        return failure_json(arena, id, "Runtime.ExitError",
                            "Runtime exited with error: signal: killed");
    if (end->exit_code > 128 && end->exit_code < 128 + 65) // bwrap's way of passing a signal on
        return failure_json(arena, id, "Runtime.ExitError", "Runtime exited with error: signal: %s",
                            end->exit_code == 128 + 9 ? "killed" : strsignal(end->exit_code - 128));
    if (end->exit_code)
        return failure_json(arena, id, "Runtime.ExitError",
                            "Runtime exited with error: exit status %d", end->exit_code);
    return failure_json(arena, id, "Runtime.ExitError",
                        "Runtime exited without providing a reason");
}

// Its process has ended, wanted or not.
static void environment_ended(struct environment *e, struct finished *finished)
{
    struct engine *engine = e->engine;
    struct process_end end = {.exited = true};
    (void)!process_wait(e->sandbox.pid, 0, &end);
    environment_read_output(e);
    struct invocation *invocation = e->invocation;
    if (!invocation && e->state == ENVIRONMENT_INITIALISING && !e->retiring) {
        invocation = engine_take_pending(engine, e); // it would have been its first
        if (invocation) {
            invocation->begun_us = e->since_us;
            e->invocation = invocation;
        }
    }
    if (invocation) {
        struct str answer = e->init_error.len
                                ? str_dup(&invocation->arena, e->init_error)
                                : death_json(e, &invocation->arena, invocation->id, &end);
        struct json *parsed;
        if (!e->init_error.len && json_parse(&invocation->arena, answer, &parsed, NULL) == OK) {
            struct str line =
                str_format(&invocation->arena, "%.*s\n", STR_ARG(json_str(parsed, "errorMessage")));
            environment_log(e, line);
        }
        environment_finish(e, finished, INVOCATION_FAILED, answer);
    }
    environment_remove(e);
    engine_start_missing(engine);
}

static void time_out(struct environment *e, struct finished *finished)
{
    struct invocation *invocation = e->invocation;
    e->retiring = true;
    e->deadline_us = 0;
    if (invocation) {
        double seconds = (double)invocation->timeout_ms / 1000;
        struct str text = str_format(&invocation->arena, "%.*s Task timed out after %.2f seconds\n",
                                     STR_ARG(invocation->id), seconds);
        environment_read_output(e);
        environment_log(e, text);
        environment_finish(e, finished, INVOCATION_FAILED,
                           failure_json(&invocation->arena, invocation->id, "Sandbox.Timedout",
                                        "Task timed out after %.2f seconds", seconds));
    } else if (e->state == ENVIRONMENT_INITIALISING) {
        e->retiring = false; // so that its end is reported to who waits
        e->init_error = failure_json(&e->arena, S("init"), "Sandbox.Timedout",
                                     "The runtime did not start within %lld seconds",
                                     (long long)INIT_US_MAX / 1000000);
    }
    environment_kill(e);
}

// --- the tick

static bool is_old(struct environment *e, int64_t now_us)
{
    if (!environment_is_free(e))
        return false;
    int64_t now_ms = clock_now_ms(lake_clock(e->engine->lake));
    return e->retiring || now_us - e->since_us > IDLE_US_MAX ||
           e->credential_expires_ms - now_ms < CREDENTIAL_LEFT_MS_MIN;
}

static void check_environment(struct environment *e, int64_t now_us, struct finished *finished)
{
    if (e->state == ENVIRONMENT_STARTING)
        return;
    if (e->deadline_us && now_us >= e->deadline_us) {
        time_out(e, finished);
    } else if (is_old(e, now_us)) {
        e->retiring = true;
        environment_kill(e);
    } else if (!environment_is_free(e) && now_us - e->memory_seen_us > MEMORY_EVERY_US) {
        see_memory(e, now_us);
        if (e->memory_bytes > (uint64_t)e->memory_mb << 20) {
            e->out_of_memory = true;
            environment_kill(e);
        }
    }
}

// How long to sleep.
static int tick(struct engine *engine, struct finished *finished)
{
    int64_t now_us = engine_now_us(engine), wait_us = (int64_t)IDLE_WAIT_MS_MAX * 1000;
    bool busy = engine->pending != NULL || engine->cancelled;
    for (struct environment *e = engine->environments; e; e = e->next) {
        check_environment(e, now_us, finished);
        if (!environment_is_free(e))
            busy = true;
        else if (e->since_us + IDLE_US_MAX - now_us < wait_us)
            wait_us = e->since_us + IDLE_US_MAX - now_us;
    }
    if (engine->pending)
        engine_start_missing(engine);
    engine->loop_idle = !busy;
    if (busy)
        return TICK_MS;
    return wait_us < 1000 ? 1 : (int)(wait_us / 1000);
}

// --- events

static void accept_all(struct environment *e, int listener)
{
    struct http_server *server = lake_http_server(e->engine->lake);
    for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0;) {
        struct error error = {0};
        if (http_server_add_connection(server, fd, e->tag, &error) != OK)
            log_event(lake_log(e->engine->lake), LOG_WARN, "lambda",
                      "a function's connection was refused: %s", error.text);
    }
}

static void handle(struct engine *engine, const struct epoll_event *event,
                   struct finished *finished)
{
    struct environment *e = engine_environment(engine, event->data.u64 / SOURCE_COUNT);
    if (!e)
        return;
    switch ((enum source)(event->data.u64 % SOURCE_COUNT)) {
    case SOURCE_ENDPOINT:
        accept_all(e, e->sandbox.listeners[0]);
        break;
    case SOURCE_RUNTIME:
        accept_all(e, e->sandbox.listeners[1]);
        break;
    case SOURCE_OUTPUT:
        environment_read_output(e);
        if (event->events & (EPOLLHUP | EPOLLERR))
            epoll_ctl(engine->epoll_fd, EPOLL_CTL_DEL, e->output_fd,
                      NULL); // the end is the process' to report
        break;
    case SOURCE_PROCESS:
        environment_ended(e, finished);
        break;
    case SOURCE_COUNT:
        break;
    }
}

static void run(void *argument)
{
    struct engine *engine = argument;
    int wait_ms = TICK_MS;
    for (;;) {
        struct epoll_event events[EVENTS_MAX];
        int count = epoll_wait(engine->epoll_fd, events, EVENTS_MAX, wait_ms);
        struct finished finished = {0};
        pthread_mutex_lock(&engine->mutex);
        engine->loop_idle = false;
        for (int i = 0; i < count; i++) {
            uint64_t ignored;
            if (events[i].data.u64 == 0)
                (void)!read(engine->wake_fd, &ignored, sizeof ignored);
            else
                handle(engine, &events[i], &finished);
        }
        wait_ms = tick(engine, &finished);
        bool over = engine->loop_stop && !engine->environments;
        pthread_mutex_unlock(&engine->mutex);
        finished_call(&finished);
        if (over)
            return;
    }
}

static void watch(struct engine *engine, int fd, uint64_t data)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = data};
    if (fd >= 0 && epoll_ctl(engine->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
        log_event(lake_log(engine->lake), LOG_ERROR, "lambda", "cannot watch a sandbox: %s",
                  strerror(errno));
}

void loop_watch(struct environment *e)
{
    uint64_t base = e->id * SOURCE_COUNT;
    watch(e->engine, e->sandbox.listeners[0], base + SOURCE_ENDPOINT);
    watch(e->engine, e->sandbox.listeners[1], base + SOURCE_RUNTIME);
    watch(e->engine, e->output_fd, base + SOURCE_OUTPUT);
    watch(e->engine, e->process_fd, base + SOURCE_PROCESS);
}

void loop_wake(struct engine *engine)
{
    uint64_t one = 1;
    (void)!write(engine->wake_fd, &one, sizeof one);
}

void loop_start(struct engine *engine)
{
    if (engine->loop_started || engine->cancelled)
        return;
    engine->loop_started = true;
    engine->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    engine->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (engine->epoll_fd < 0 || engine->wake_fd < 0)
        abort(); // no descriptors left for two: nothing else would work either
    watch(engine, engine->wake_fd, 0);
    engine->launchers = pool_new("lambda-launch", 0, 2, (size_t)512 * 1024);
    engine->loop = thread_start("lambda-loop", run, engine, (size_t)256 * 1024);
}

void loop_stop(struct engine *engine)
{
    if (!engine->loop_started)
        return;
    pthread_mutex_lock(&engine->mutex);
    engine->loop_stop = true;
    loop_wake(engine);
    pthread_mutex_unlock(&engine->mutex);
    thread_join(engine->loop);
    close(engine->epoll_fd);
    close(engine->wake_fd);
}
