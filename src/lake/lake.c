// SPDX-License-Identifier: Apache-2.0
// Opening and closing a lake, and what it hands out. Running operations is dispatch.c; tasks are
// runner.c.
#include "lake/lake_internal.h"

#include "lake/worker.h"

#include <stdlib.h>
#include <string.h>

static size_t op_count(const struct service *service)
{
    size_t count = 0;
    while (service->ops[count].name)
        count++;
    return count;
}

static enum err start_services(struct lake *lake, struct error *error)
{
    size_t count = 0;
    while (lake->options.services[count])
        count++;
    lake->slots = ARENA_ARRAY(&lake->arena, struct service_slot, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct service *service = lake->options.services[i];
        lake->slots[i].counters =
            ARENA_ARRAY(&lake->arena, struct op_counters, op_count(service) + 1);
        lake->slots[i].service = service;
    }
    for (struct service_slot *slot = lake->slots; slot->service; slot++)
        if (slot->service->start)
            TRY(slot->service->start(lake, &slot->state, error));
    return OK;
}

static enum err open_parts(struct lake *lake, struct error *error)
{
    const struct lake_options *options = &lake->options;
    struct store_options store = {.folder = options->folder,
                                  .clock = options->clock,
                                  .random = options->random,
                                  .log = options->log,
                                  .unsafe_no_sync = options->unsafe_no_sync};
    TRY(store_open(&store, &lake->store, error));
    TRY(credentials_open(lake, error));
    lake->parking = parking_new(options->clock);
    lake->workers = worker_pool_new(lake);
    TRY(start_services(lake, error));
    lake->runner = runner_new(lake);
    return OK;
}

void lake_begin(struct lake *lake)
{
    runner_begin(lake->runner);
    lake->sweeper = sweeper_new(lake);
    for (struct service_slot *slot = lake->slots; slot->service; slot++)
        if (slot->service->ready)
            slot->service->ready(slot->state);
}

enum err lake_open(const struct lake_options *options, struct lake **out_lake, struct error *error)
{
    struct lake *lake = calloc(1, sizeof *lake);
    if (!lake)
        abort();
    arena_init(&lake->arena);
    lake->options = *options;
    lake->options.folder = str_cstr(&lake->arena, str_of(options->folder));
    lake->options.account = str_dup(&lake->arena, options->account);
    lake->options.region = str_dup(&lake->arena, options->region);
    lake->options.base_url = str_dup(&lake->arena, options->base_url);
    if (!lake->options.services)
        lake->options.services = SERVICES;
    enum err err = open_parts(lake, error);
    if (err != OK) {
        lake_close(lake);
        return err;
    }
    *out_lake = lake;
    return OK;
}

void lake_cancel(struct lake *lake)
{
    if (lake->runner)
        runner_stop(lake->runner);
    for (struct service_slot *slot = lake->slots; slot && slot->service; slot++)
        if (slot->service->cancel && slot->state)
            slot->service->cancel(slot->state);
    worker_pool_stop(lake->workers);
    parking_stop(lake->parking);
}

void lake_close(struct lake *lake)
{
    if (!lake)
        return;
    if (lake->runner)
        lake_cancel(lake);
    sweeper_free(lake->sweeper);
    runner_free(lake->runner);
    for (struct service_slot *slot = lake->slots; slot && slot->service; slot++)
        if (slot->service->stop && slot->state)
            slot->service->stop(slot->state);
    worker_pool_free(lake->workers);
    parking_free(lake->parking);
    store_close(lake->store);
    arena_deinit(&lake->arena);
    free(lake);
}

struct store *lake_store(struct lake *lake)
{
    return lake->store;
}
struct clock *lake_clock(struct lake *lake)
{
    return lake->options.clock;
}
struct random *lake_random(struct lake *lake)
{
    return lake->options.random;
}
struct log *lake_log(struct lake *lake)
{
    return lake->options.log;
}
struct str lake_account(struct lake *lake)
{
    return lake->options.account;
}
struct str lake_region(struct lake *lake)
{
    return lake->options.region;
}
struct str lake_base_url(struct lake *lake)
{
    return lake->options.base_url;
}
const char *lake_folder(struct lake *lake)
{
    return lake->options.folder;
}
struct worker_pool *lake_workers(struct lake *lake)
{
    return lake->workers;
}
void lake_set_http_server(struct lake *lake, struct http_server *server)
{
    lake->http_server = server;
}
struct http_server *lake_http_server(struct lake *lake)
{
    return lake->http_server;
}
const struct principal *lake_root(struct lake *lake)
{
    return &lake->root.principal;
}
size_t lake_run_due(struct lake *lake)
{
    return runner_run_due(lake->runner);
}

struct service_slot *lake_slot(struct lake *lake, const struct service *service)
{
    struct service_slot *slot = lake->slots;
    while (slot->service && slot->service != service)
        slot++;
    return slot->service ? slot : NULL;
}

const struct service *const *lake_services(struct lake *lake)
{
    return lake->options.services;
}

const struct service *lake_service(struct lake *lake, struct str name)
{
    for (struct service_slot *slot = lake->slots; slot->service; slot++)
        if (str_is(name, slot->service->name))
            return slot->service;
    return NULL;
}

void *lake_state(struct lake *lake, const char *service)
{
    for (struct service_slot *slot = lake->slots; slot->service; slot++)
        if (strcmp(slot->service->name, service) == 0)
            return slot->state;
    return NULL;
}

void *call_state(struct call *call)
{
    struct service_slot *slot = lake_slot(call->lake, call->service);
    return slot ? slot->state : NULL;
}

struct principal lake_service_principal(struct arena *arena, const char *name)
{
    (void)arena;
    return (struct principal){
        .kind = PRINCIPAL_SERVICE, .arn = str_of(name), .user_id = str_of(name)};
}

// --- parking: thin names over parking.h

void lake_park(struct lake *lake, struct str key, int64_t deadline_ms, uint64_t seen_epoch,
               lake_resume *resume, void *context)
{
    parking_park(lake->parking, key, deadline_ms, seen_epoch, resume, context);
}

uint64_t lake_wake_epoch(struct lake *lake)
{
    return parking_epoch(lake->parking);
}

void lake_wake(struct lake *lake, struct str key)
{
    parking_wake(lake->parking, key);
}

// --- metrics, in Prometheus' text format

static void put_counters(struct buf *out, const char *metric, const char *help, struct lake *lake,
                         size_t member_offset, double scale)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s counter\n", metric, help, metric);
    for (struct service_slot *slot = lake->slots; slot->service; slot++)
        for (size_t i = 0; slot->service->ops[i].name; i++) {
            const char *counters = (const char *)&slot->counters[i];
            uint64_t value = atomic_load((_Atomic uint64_t *)(counters + member_offset));
            if (atomic_load(&slot->counters[i].calls))
                buf_printf(out, "%s{service=\"%s\",operation=\"%s\"} %.6g\n", metric,
                           slot->service->name, slot->service->ops[i].name, (double)value * scale);
        }
}

void lake_metrics(struct lake *lake, struct buf *out)
{
    put_counters(out, "tarn_operations_total", "Operations run.", lake,
                 offsetof(struct op_counters, calls), 1);
    put_counters(out, "tarn_operation_refusals_total", "Operations refused with a coded error.",
                 lake, offsetof(struct op_counters, refusals), 1);
    put_counters(out, "tarn_operation_failures_total", "Operations that failed on our side.", lake,
                 offsetof(struct op_counters, failures), 1);
    put_counters(out, "tarn_operation_seconds_total", "Time spent in operations.", lake,
                 offsetof(struct op_counters, time_us), 1e-6);
    buf_printf(out,
               "# HELP tarn_tasks Tasks in the queue.\n# TYPE tarn_tasks gauge\ntarn_tasks %zu\n",
               runner_task_count(lake->runner));
}
