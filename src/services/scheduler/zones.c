// SPDX-License-Identifier: Apache-2.0
// The machine's time zone database, read a file at a time and kept for as long as the server runs.
#include "services/scheduler/scheduler.h"

#include "os/file.h"

#include <pthread.h>
#include <stdlib.h>

#define FOLDER "/usr/share/zoneinfo/"

struct known {
    struct known *next;
    struct str name;
    const struct zone *zone;
};
struct zones {
    pthread_mutex_t mutex;
    struct arena arena;
    struct known *first;
};

struct zones *zones_new(void)
{
    struct zones *zones = calloc(1, sizeof *zones);
    if (!zones)
        abort();
    pthread_mutex_init(&zones->mutex, NULL);
    arena_init(&zones->arena);
    return zones;
}

void zones_free(struct zones *zones)
{
    if (!zones)
        return;
    arena_deinit(&zones->arena);
    pthread_mutex_destroy(&zones->mutex);
    free(zones);
}

static enum err read_zone(struct arena *arena, struct str name, const struct zone **out_zone)
{
    struct arena scratch;
    struct str bytes;
    arena_init(&scratch);
    char *path = str_cstr(&scratch, str_format(&scratch, FOLDER "%.*s", STR_ARG(name)));
    enum err err = file_read_all(&scratch, path, ZONE_BYTES_MAX, &bytes, NULL);
    if (err == OK)
        err = zone_parse(arena, bytes, out_zone, NULL);
    arena_deinit(&scratch);
    return err == OK ? OK : ERR_NOT_FOUND;
}

enum err zones_find(struct zones *zones, struct str name, const struct zone **out_zone)
{
    if (name.len == 0 || str_is(name, "UTC")) {
        *out_zone = NULL;
        return OK;
    }
    if (!zone_name_valid(name))
        return ERR_NOT_FOUND;
    enum err err = OK;
    pthread_mutex_lock(&zones->mutex);
    struct known *known = zones->first;
    while (known && !str_eq(known->name, name))
        known = known->next;
    if (!known) {
        const struct zone *zone;
        err = read_zone(&zones->arena, name, &zone);
        if (err == OK) {
            known = ARENA_NEW(&zones->arena, struct known);
            *known = (struct known){zones->first, str_dup(&zones->arena, name), zone};
            zones->first = known;
        }
    }
    if (err == OK)
        *out_zone = known->zone;
    pthread_mutex_unlock(&zones->mutex);
    return err;
}
