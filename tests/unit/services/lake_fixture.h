// SPDX-License-Identifier: Apache-2.0
// A lake in a temporary folder on a virtual clock, for tests of services: calls go in and come out
// as JSON text.
//
//     static void sends(void **state)
//     {
//         struct fixture *f = *state;
//         struct json *reply = fixture_ok(f, "sqs", "CreateQueue", "{'QueueName': 'q'}");
//
// Single quotes stand for double ones. Tasks run when a test says so: lake_run_due(f->lake).
#ifndef TESTS_LAKE_FIXTURE_H
#define TESTS_LAKE_FIXTURE_H

#include "../fixture.h"

#include "lake/lake.h"
#include "os/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A test that wants other services than all of them defines this before it includes the fixture.
#ifndef FIXTURE_SERVICES
#define FIXTURE_SERVICES NULL
#endif

#define FIXTURE_START_MS 1795305600000 // 2026-11-22T00:00:00Z

struct fixture {
    struct arena arena;
    char *folder;
    struct clock *clock;
    struct random *random;
    struct lake *lake;
    struct call *call; // the last one
};

static inline void fixture_open(struct fixture *f)
{
    struct lake_options options = {
        .folder = f->folder,
        .account = S("000000000000"),
        .region = S("us-east-1"),
        .base_url = S("http://127.0.0.1:4566"),
        .clock = f->clock,
        .random = f->random,
        .unsafe_no_sync = true,
        .services = FIXTURE_SERVICES,
    };
    struct error error = {0};
    if (lake_open(&options, &f->lake, &error) != OK)
        fail_msg("lake_open: %s", error.text);
}

static inline int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct error error = {0};
    arena_init(&f->arena);
    if (folder_make_temp(&f->arena, NULL, "tarn-test-", &f->folder, &error) != OK)
        fail_msg("%s", error.text);
    f->clock = clock_new_virtual(FIXTURE_START_MS);
    f->random = random_new_seeded(1);
    fixture_open(f);
    *state = f;
    return 0;
}

static inline void fixture_reopen(struct fixture *f)
{
    lake_cancel(f->lake);
    lake_close(f->lake);
    fixture_open(f);
}

static inline int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    struct error error;
    lake_cancel(f->lake);
    lake_close(f->lake);
    (void)!folder_remove_all(f->folder, &error);
    random_free(f->random);
    clock_free(f->clock);
    arena_deinit(&f->arena);
    free(f);
    return 0;
}

static inline struct json *fixture_json(struct fixture *f, const char *format, va_list args)
{
    struct str text = str_formatv(&f->arena, format, args);
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '\'')
            ((char *)text.ptr)[i] = '"';
    struct json *value = NULL;
    struct error error = {0};
    if (json_parse(&f->arena, text, &value, &error) != OK)
        fail_msg("%s in %.*s", error.text, STR_ARG(text));
    return value;
}

static inline enum err fixture_run(struct fixture *f, const char *service, const char *op,
                                   struct json *input, struct json **out)
{
    f->call = lake_call(f->lake, &f->arena, lake_root(f->lake), STR_NONE);
    return lake_run_blocking(f->call, service, op, input, out);
}

// Runs it, which must succeed.
static inline struct json *fixture_ok(struct fixture *f, const char *service, const char *op,
                                      const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct json *input = fixture_json(f, format, args), *reply = NULL;
    va_end(args);
    if (fixture_run(f, service, op, input, &reply) != OK)
        fail_msg("%s: %s: %s", op, f->call->code ? f->call->code->code : "?", f->call->error.text);
    return reply;
}

// Runs it, which must be refused with this code.
static inline void fixture_refused(struct fixture *f, const char *code, const char *service,
                                   const char *op, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct json *input = fixture_json(f, format, args), *reply = NULL;
    va_end(args);
    if (fixture_run(f, service, op, input, &reply) == OK)
        fail_msg("%s succeeded instead of %s", op, code);
    if (!f->call->code || strcmp(f->call->code->code, code) != 0)
        fail_msg("%s: %s instead of %s: %s", op, f->call->code ? f->call->code->code : "?", code,
                 f->call->error.text);
}

#endif
