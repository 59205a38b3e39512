// SPDX-License-Identifier: Apache-2.0
// What the files of src/lake/ share: the lake's members and the steps of a run. Nobody else includes this.
#ifndef LAKE_LAKE_INTERNAL_H
#define LAKE_LAKE_INTERNAL_H

#include "lake/credentials.h"
#include "lake/lake.h"
#include "lake/parking.h"
#include "os/thread.h"

#include <stdatomic.h>

struct op_counters {
    _Atomic uint64_t calls, refusals, failures, time_us;
};
struct service_slot {
    const struct service *service;
    void *state;
    struct op_counters *counters; // one for each row of service->ops
};

struct runner;
struct sweeper;
struct worker_pool;

struct lake {
    struct lake_options options; // its strings are copies
    struct arena arena;
    struct store *store;
    struct parking *parking;
    struct runner *runner;
    struct sweeper *sweeper; // NULL in tests that step by hand
    struct worker_pool *workers;
    struct http_server *http_server;
    struct service_slot *slots; // ended by one without a service
    struct credential root;
};

struct service_slot *lake_slot(struct lake *lake, const struct service *service);

// runner.c
struct runner *runner_new(struct lake *lake);
void runner_begin(struct runner *runner); // leases and runs tasks from now on
void runner_stop(struct runner *runner);  // leases no more
void runner_free(struct runner *runner); // waits for what runs
size_t runner_run_due(struct runner *runner);
size_t runner_task_count(struct runner *runner);

// sweep.c: blobs that nobody named.
struct sweeper *sweeper_new(struct lake *lake);
void sweeper_free(struct sweeper *sweeper); // takes NULL

// credentials.c: reads the root credential, or makes it at the first start.
enum err credentials_open(struct lake *lake, struct error *error) MUST_CHECK;

// The caller as a task's row carries it, and back.
struct json *principal_to_json(struct arena *arena, const struct principal *principal, struct str region);
void principal_from_json(const struct json *json, struct principal *out_principal, struct str *out_region);

#endif
