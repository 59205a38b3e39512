// SPDX-License-Identifier: Apache-2.0
#include "services/stepfunctions/definitions.h"

#include "base/digest.h"

#include <pthread.h>
#include <stdlib.h>

#define CACHED_MAX 128

struct definition {
    struct definition *newer, *older; // in order of last use
    struct arena arena;
    struct str name;
    struct asl *asl;
    size_t users;
};
struct definitions {
    pthread_mutex_t mutex;
    struct definition *newest;
    size_t count;
};

struct definitions *definitions_new(void)
{
    struct definitions *definitions = calloc(1, sizeof *definitions);
    if (!definitions)
        abort();
    pthread_mutex_init(&definitions->mutex, NULL);
    return definitions;
}

static void definition_free(struct definition *definition)
{
    arena_deinit(&definition->arena);
    free(definition);
}

void definitions_free(struct definitions *definitions)
{
    if (!definitions)
        return;
    while (definitions->newest) {
        struct definition *next = definitions->newest->older;
        definition_free(definitions->newest);
        definitions->newest = next;
    }
    pthread_mutex_destroy(&definitions->mutex);
    free(definitions);
}

// --- the store

static struct key *definition_key(struct key *key, struct str name)
{
    return key_str(key_start(key, KEYSPACE_STATES_DEFINITION), name);
}

enum err definition_put(struct call *call, struct str text, struct str *out_name)
{
    struct key key;
    *out_name = digest_hex(call->arena, DIGEST_SHA256, text);
    return tx_put(call->tx, definition_key(&key, *out_name), text);
}

enum err definition_text(struct call *call, struct str name, struct str *out_text)
{
    struct key key;
    return tx_get(call->tx, definition_key(&key, name), call->arena, out_text);
}

// --- the cache; all of it with the mutex held

static void unlink_definition(struct definitions *all, struct definition *definition)
{
    if (definition->newer)
        definition->newer->older = definition->older;
    else
        all->newest = definition->older;
    if (definition->older)
        definition->older->newer = definition->newer;
    definition->newer = definition->older = NULL;
    all->count--;
}

static void link_newest(struct definitions *all, struct definition *definition)
{
    definition->older = all->newest;
    if (all->newest)
        all->newest->newer = definition;
    all->newest = definition;
    all->count++;
}

static struct definition *find_and_use(struct definitions *all, struct str name)
{
    for (struct definition *definition = all->newest; definition; definition = definition->older) {
        if (!str_eq(definition->name, name))
            continue;
        unlink_definition(all, definition);
        link_newest(all, definition);
        definition->users++;
        return definition;
    }
    return NULL;
}

static void drop_oldest(struct definitions *all)
{
    struct definition *oldest = NULL;
    for (struct definition *definition = all->newest; definition; definition = definition->older)
        if (definition->users == 0)
            oldest = definition;
    if (all->count <= CACHED_MAX || !oldest)
        return;
    unlink_definition(all, oldest);
    definition_free(oldest);
}

static enum err compile(struct call *call, struct str name, struct definition **out)
{
    struct str text;
    struct diagnostics diagnostics = {0};
    enum err err = definition_text(call, name, &text);
    if (err == ERR_NOT_FOUND)
        return error_set(&call->error, ERR_CORRUPT, "the definition %.*s is gone", STR_ARG(name));
    TRY(err);
    struct definition *definition = calloc(1, sizeof *definition);
    if (!definition)
        abort();
    arena_init(&definition->arena);
    definition->name = str_dup(&definition->arena, name);
    if (asl_compile(&definition->arena, str_dup(&definition->arena, text), &definition->asl,
                    &diagnostics) != OK) {
        definition_free(definition);
        return error_set(&call->error, ERR_CORRUPT, "the definition %.*s does not compile",
                         STR_ARG(name));
    }
    *out = definition;
    return OK;
}

enum err definition_acquire(struct call *call, struct str name, struct definition **out_definition)
{
    struct definitions *all = call_state(call);
    pthread_mutex_lock(&all->mutex);
    struct definition *definition = find_and_use(all, name);
    pthread_mutex_unlock(&all->mutex);
    if (!definition) {
        TRY(compile(call, name, &definition));
        definition->users = 1;
        pthread_mutex_lock(
            &all->mutex); // another thread may have added it, too: both serve, one grows old
        link_newest(all, definition);
        drop_oldest(all);
        pthread_mutex_unlock(&all->mutex);
    }
    *out_definition = definition;
    return OK;
}

void definition_release(struct call *call, struct definition *definition)
{
    if (!definition)
        return;
    struct definitions *all = call_state(call);
    pthread_mutex_lock(&all->mutex);
    definition->users--;
    pthread_mutex_unlock(&all->mutex);
}

const struct asl *definition_asl(const struct definition *definition)
{
    return definition->asl;
}
