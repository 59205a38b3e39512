// SPDX-License-Identifier: Apache-2.0
// What the engine's files share: engine.c (who runs what), environment.c (starting one),
// runtime_api.c (talking to it), loop.c (its output, its end, its limits). Everything here is under
// engine->mutex unless it says otherwise.
#ifndef LAMBDA_ENGINE_INTERNAL_H
#define LAMBDA_ENGINE_INTERNAL_H

#include "os/sandbox.h"
#include "os/thread.h"
#include "services/lambda/engine.h"
#include "services/lambda/function_log.h"

#define ENVIRONMENTS_MAX 128
#define IDLE_US_MAX ((int64_t)10 * 60 * 1000 * 1000)
#define RETURNING_US_MAX ((int64_t)20 * 1000)
#define INIT_US_MAX ((int64_t)30 * 1000 * 1000)
#define RUNTIME_API_PORT 9001
#define OUTPUT_LINE_BYTES_MAX ((size_t)256 * 1024)

// STARTING -> INITIALISING -> IDLE <-> ASSIGNED -> BUSY -> RETURNING -> IDLE ...; any -> gone.
enum environment_state {
    ENVIRONMENT_STARTING, // a launcher is at work; only it may take the environment further or away
    ENVIRONMENT_INITIALISING, // the process runs and has not asked for an invocation yet
    ENVIRONMENT_IDLE,         // its request for the next invocation is parked
    ENVIRONMENT_ASSIGNED,     // it has an invocation, its parked request is being woken
    ENVIRONMENT_BUSY,
    ENVIRONMENT_RETURNING, // it has answered, and has not asked for the next invocation yet
};

struct environment {
    struct engine *engine;
    struct environment *next;
    struct arena arena;
    uint64_t id;
    struct str tag; // of its connections, and the key its request for work is parked on
    enum environment_state state;
    bool retiring; // ends as soon as it is not busy
    // What it runs.
    struct str region, name, version, revision;
    const struct json *function; // a copy of its row
    struct str log_group, log_stream;
    int64_t memory_mb;
    // Its process; from INITIALISING on.
    struct sandbox sandbox;
    int process_fd, output_fd;
    int64_t credential_expires_ms;
    // Its course.
    struct invocation *invocation; // ASSIGNED, BUSY
    int64_t created_us, since_us;  // made; in this state
    int64_t deadline_us;           // killed then; 0: none
    int64_t init_us;               // how long it took to start; 0 when reported
    uint64_t memory_bytes, memory_peak_bytes;
    int64_t memory_seen_us;
    bool out_of_memory;
    struct str init_error; // what it said by /init/error, or why it was killed while starting
    struct buf line;       // output without its line break yet
    char tail[LAMBDA_TAIL_BYTES_MAX];
    size_t tail_len;
};

struct role_credential;
struct engine {
    struct lake *lake;
    struct function_log *log;
    pthread_mutex_t mutex;
    struct environment *environments;
    size_t environment_count;
    struct invocation *pending, **pending_end; // first come, first served
    uint64_t last_id;
    bool cancelled;
    bool serving;                // the Runtime API is with the server
    bool probed, sandboxes_work; // sandbox_probe's verdict
    struct error probe_error;
    struct role_credential *credentials;
    struct arena arena; // of credentials; the engine's lifetime
    // loop.c
    bool loop_started, loop_stop, loop_idle;
    pthread_t loop;
    int epoll_fd, wake_fd;
    struct pool *launchers;
};

static inline int64_t engine_now_us(struct engine *engine)
{
    return clock_mono_us(lake_clock(engine->lake));
}

// A list of invocations that are over: their `done` is called after the mutex is released.
struct finished {
    struct invocation *first;
};
void finished_add(struct finished *finished, struct invocation *invocation,
                  enum invocation_outcome outcome, struct str answer);
void finished_call(struct finished *finished);
// AWS's error object for an invocation that its environment did not answer.
struct str failure_json(struct arena *arena, struct str request_id, const char *type,
                        const char *format, ...) PRINTF_LIKE(4, 5);

// engine.c
struct environment *engine_environment(struct engine *engine, uint64_t id);
struct environment *engine_environment_tagged(struct engine *engine, struct str tag);
struct invocation *engine_take_pending(struct engine *engine,
                                       const struct environment *environment);
void environment_assign(struct environment *environment, struct invocation *invocation);
// It answered: logs its end, and moves on to RETURNING.
void environment_finish(struct environment *environment, struct finished *finished,
                        enum invocation_outcome outcome, struct str answer);
void environment_remove(
    struct environment *environment); // unlinks and frees; the process is gone, or never was
void engine_start_missing(
    struct engine *engine); // environments for pending invocations that have none coming
bool environment_is_free(const struct environment *environment); // may be ended now

// environment.c: on a launcher thread, without the mutex
void environment_launch(void *environment);

// loop.c
void loop_start(struct engine *engine);
void loop_stop(struct engine *engine);
void loop_wake(struct engine *engine);
void loop_watch(struct environment *environment); // its descriptors
void environment_kill(struct environment *environment);
void environment_read_output(struct environment *environment);
void environment_log(struct environment *environment, struct str line);
void environment_log_report(struct environment *environment, const struct invocation *invocation,
                            const char *note);

// runtime_api.c
void runtime_api_serve(struct engine *engine, struct http_server *server);

#endif
