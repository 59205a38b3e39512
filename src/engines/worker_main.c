// SPDX-License-Identifier: Apache-2.0
// The order matters: namespaces and Landlock need a process of one thread, DuckDB opens with one
// and starts more only when it is locked. What a system does not offer (a container without user
// namespaces, a kernel without Landlock) is said in the ready line and logged by the server; the
// other protections stay.
#include "engines/worker_main.h"

#include "engines/macros.h"

#include "os/confine.h"
#include "os/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOB_BYTES_MAX ((size_t)64 << 20)

struct kind {
    const char *name;
    worker_kind *run;
    bool needs_engine; // DuckDB
};
static const struct kind KINDS[] = {
    {"query", worker_query, true},
    {"convert", worker_convert, false},
    {"convert_duckdb", worker_convert_duckdb, true},
    {"infer", worker_infer, true},
};

static void say(struct arena *arena, const char *name, struct json *value)
{
    struct buf line = buf_in(arena, JOB_BYTES_MAX);
    json_write(&line, json_set(arena, json_object(arena), name, value));
    buf_put_char(&line, '\n');
    fwrite(line.ptr, 1, line.len, stdout);
    fflush(stdout);
}

void worker_progress(double fraction)
{
    printf("{\"progress\":%.4f}\n", fraction);
    fflush(stdout);
}

enum err worker_need_engine(const struct worker_run *run, struct error *error)
{
    if (run->engine)
        return OK;
    return error_set(error, run->engine_error.kind, "%s", run->engine_error.text);
}

char *worker_path(const struct worker_run *run, struct str name)
{
    struct str path = str_format(run->arena, "%s/%.*s", run->scratch, STR_ARG(name));
    return str_cstr(run->arena, path);
}

static const char **read_paths_of(struct arena *arena, const struct json *job)
{
    const struct json *list = json_get(job, "read_paths");
    const char **paths = ARENA_ARRAY(arena, const char *, json_count(list) + 1);
    for (size_t i = 0; i < json_count(list); i++)
        paths[i] = str_cstr(arena, json_as_str(json_at(list, i)));
    return paths;
}

// Gives up all files but the job's, then lets the engine start its threads.
static enum err confine(struct worker_run *run, const struct json *job, bool needs_engine,
                        struct error *error)
{
    struct engine_limits limits = {
        .read_paths = read_paths_of(run->arena, job),
        .scratch = run->scratch,
        .memory_bytes_max = (uint64_t)json_i64_or(job, "memory_bytes_max", 0),
        .threads = (unsigned)json_i64_or(job, "threads", 1),
    };
    run->threads = limits.threads;
    run->memory_bytes_max = limits.memory_bytes_max;
    enum err err = confine_files(limits.read_paths, run->scratch, error);
    if (err != OK && err != ERR_UNSUPPORTED)
        return err;
    // Address space is more than memory: code, stacks, and what the allocator reserves.
    if (limits.memory_bytes_max)
        TRY(confine_memory(2 * limits.memory_bytes_max + ((uint64_t)1 << 30), error));
    return run->engine && needs_engine ? engine_lock(run->engine, &limits, error) : OK;
}

static enum err run_job(struct worker_run *run, const struct json *job, struct json **out_result,
                        struct error *error)
{
    struct str kind = json_str(job, "kind");
    run->input = json_get(job, "input");
    run->scratch = str_cstr(run->arena, json_str(job, "scratch"));
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        if (!str_is(kind, KINDS[i].name))
            continue;
        TRY(confine(run, job, KINDS[i].needs_engine, error));
        return KINDS[i].run(run, out_result, error);
    }
    return error_set(error, ERR_UNSUPPORTED, "no such kind of job: %.*s", STR_ARG(kind));
}

static void answer(struct worker_run *run, struct str line)
{
    struct arena *arena = run->arena;
    struct error error = {0};
    struct json *job = NULL, *result = NULL;
    enum err err = json_parse(arena, line, &job, &error);
    if (err == OK)
        err = run_job(run, job, &result, &error);
    if (err == OK) {
        say(arena, "result", result);
        return;
    }
    struct json *failure = json_object(arena);
    json_set_str(arena, failure, "kind", str_of(err_name(err)));
    json_set_str(arena, failure, "text", str_of(error.text));
    say(arena, "error", failure);
}

static void say_ready(struct arena *arena, const struct worker_run *run, enum err network)
{
    struct json *ready = json_object(arena);
    json_set_bool(arena, ready, "network_confined", network == OK);
    json_set_bool(arena, ready, "files_confined", confine_files_supported());
    if (run->engine)
        json_set_str(arena, ready, "engine", str_of(engine_version(run->engine)));
    else
        json_set_str(arena, ready, "engine_error", str_of(run->engine_error.text));
    say(arena, "ready", ready);
}

// Opened and warm: the macros of Trino's functions are made, and the parts of the library that a
// query needs have been touched.
static void open_engine(struct worker_run *run)
{
    struct engine *engine = NULL;
    if (engine_open(&engine, &run->engine_error) != OK)
        return;
    if (engine_exec(engine, TRINO_MACROS, &run->engine_error) == OK &&
        engine_exec(engine,
                    S("CREATE SCHEMA warm; CREATE VIEW warm.up AS SELECT 1 AS a, {'b': 'c'} AS s "
                      "WHERE FALSE UNION ALL BY NAME"
                      " SELECT 2 AS a; SELECT tarn_to_varchar(s.b), sum(a) FROM warm.up GROUP BY 1 "
                      "ORDER BY 2; DROP SCHEMA warm CASCADE"),
                    &run->engine_error) == OK)
        run->engine = engine;
    else
        engine_close(engine);
}

int engine_worker_main(void)
{
    struct arena arena;
    arena_init(&arena);
    struct worker_run run = {.arena = &arena};
    struct error error = {0};
    umask(077);
    enum err network = confine_network(&error);
    open_engine(&run);
    say_ready(&arena, &run, network);
    char *line = NULL;
    size_t capacity = 0;
    ssize_t len = getline(&line, &capacity, stdin);
    if (len > 0)
        answer(&run, str_n(line, (size_t)len));
    // Everything that matters is on disk and in the pipe: the process ends here, without taking
    // DuckDB down politely.
    _exit(0);
}
