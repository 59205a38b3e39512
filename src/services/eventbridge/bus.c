// SPDX-License-Identifier: Apache-2.0
#include "services/eventbridge/bus.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

const struct error_code EVENTS_NOT_FOUND = {"ResourceNotFoundException", 400, NULL};
const struct error_code EVENTS_EXISTS = {"ResourceAlreadyExistsException", 400, NULL};
const struct error_code EVENTS_INVALID_PATTERN = {"InvalidEventPatternException", 400, NULL};
const struct error_code EVENTS_VALIDATION = {"ValidationException", 400, NULL};
const struct error_code EVENTS_LIMIT_EXCEEDED = {"LimitExceededException", 400, NULL};
const struct error_code EVENTS_INVALID_STATE = {"InvalidStateException", 400, NULL};

// --- buses

struct key *bus_key(struct key *key, struct str region, struct str name)
{
    return key_str(key_str(key_start(key, KEYSPACE_EVENTS_BUS), region), name);
}

struct str bus_name_of(struct str name_or_arn)
{
    struct arn arn;
    if (name_or_arn.len == 0)
        return S("default");
    if (arn_parse(name_or_arn, &arn) && str_starts(arn.resource, S("event-bus/")))
        return str_from(arn.resource, S("event-bus/").len);
    return name_or_arn;
}

struct str bus_arn(struct call *call, struct str name)
{
    return call_arn(call, "events", "event-bus/%.*s", STR_ARG(name));
}

static enum err read_bus(struct call *call, struct str name_or_arn, bool lock, struct bus *out)
{
    struct bus bus = {.name = bus_name_of(name_or_arn)};
    struct key key;
    bus_key(&key, call->region, bus.name);
    enum err err = lock ? tx_lock_json(call->tx, &key, call->arena, &bus.row)
                        : tx_get_json(call->tx, &key, call->arena, &bus.row);
    if (err == ERR_NOT_FOUND && !str_is(bus.name, "default"))
        FAIL(call, EVENTS_NOT_FOUND, "Event bus %.*s does not exist.", STR_ARG(bus.name));
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    bus.version = (uint64_t)json_i64_or(bus.row, "version", 0);
    bus.arn = bus_arn(call, bus.name);
    *out = bus;
    return OK;
}

enum err bus_find(struct call *call, struct str name_or_arn, struct bus *out)
{
    return read_bus(call, name_or_arn, false, out);
}

enum err bus_lock(struct call *call, struct str name_or_arn, struct bus *out)
{
    return read_bus(call, name_or_arn, true, out);
}

enum err bus_changed(struct call *call, struct bus *bus)
{
    struct key key;
    TRY(store_next(tx_store(call->tx), "events/version", &bus->version));
    if (!bus->row)
        bus->row = json_object(call->arena);
    json_set_i64(call->arena, bus->row, "version", (int64_t)bus->version);
    return tx_put_json(call->tx, bus_key(&key, call->region, bus->name), bus->row);
}

// --- rules

struct key *rule_key(struct key *key, struct str region, struct str bus, struct str rule)
{
    return key_str(key_str(key_str(key_start(key, KEYSPACE_EVENTS_RULE), region), bus), rule);
}

struct str rule_arn(struct call *call, struct str bus, struct str rule)
{
    if (str_is(bus, "default"))
        return call_arn(call, "events", "rule/%.*s", STR_ARG(rule));
    return call_arn(call, "events", "rule/%.*s/%.*s", STR_ARG(bus), STR_ARG(rule));
}

enum err rule_find(struct call *call, const struct bus *bus, struct str name, struct json **out_row)
{
    struct key key;
    enum err err =
        tx_get_json(call->tx, rule_key(&key, call->region, bus->name, name), call->arena, out_row);
    if (err == ERR_NOT_FOUND)
        FAIL(call, EVENTS_NOT_FOUND, "Rule %.*s does not exist on EventBus %.*s.", STR_ARG(name),
             STR_ARG(bus->name));
    return err;
}

// --- compiled rules

#define SLOTS 64

struct cached { // a ruleset is the first member, so that its holder can be found again
    struct ruleset rules;
    atomic_int holders;
    struct arena arena;
    uint64_t version;
    struct str key; // "region/bus"
    struct cached *next;
};

struct ruleset_cache {
    pthread_mutex_t mutex;
    struct cached *slots[SLOTS];
};

struct ruleset_cache *ruleset_cache_new(void)
{
    struct ruleset_cache *cache = calloc(1, sizeof *cache);
    if (!cache)
        abort();
    pthread_mutex_init(&cache->mutex, NULL);
    return cache;
}

void ruleset_release(const struct ruleset *rules)
{
    struct cached *cached = (struct cached *)rules;
    if (!cached || atomic_fetch_sub(&cached->holders, 1) != 1)
        return;
    arena_deinit(&cached->arena);
    free(cached);
}

void ruleset_cache_free(struct ruleset_cache *cache)
{
    for (size_t i = 0; cache && i < SLOTS; i++)
        for (struct cached *cached = cache->slots[i], *next; cached; cached = next) {
            next = cached->next;
            ruleset_release(&cached->rules);
        }
    if (cache)
        pthread_mutex_destroy(&cache->mutex);
    free(cache);
}

static enum err compile_rule(struct call *call, const struct bus *bus, struct arena *arena,
                             struct str name, struct str text, struct rule *out)
{
    struct json *row;
    if (json_parse(arena, str_dup(arena, text), &row, NULL) != OK)
        return ERR_CORRUPT;
    struct str pattern = json_str(row, "pattern");
    struct event_pattern *compiled = NULL;
    if (pattern.len && event_pattern_compile(arena, pattern, &compiled, NULL) != OK)
        return ERR_CORRUPT; // it was compiled before it was stored
    *out = (struct rule){
        .name = str_dup(arena, name),
        .arn = str_dup(arena, rule_arn(call, bus->name, name)),
        .enabled = str_is(json_str(row, "state"), "ENABLED"),
        .pattern = compiled,
        .targets = json_get(row, "targets"),
    };
    return OK;
}

static enum err load(struct call *call, const struct bus *bus, struct cached *cached)
{
    struct key prefix;
    key_str(key_str(key_start(&prefix, KEYSPACE_EVENTS_RULE), call->region), bus->name);
    struct scan *scan = scan_open(call->tx, &prefix, NULL, false);
    struct str key, value;
    size_t capacity = 0;
    enum err err;
    while ((err = scan_next(scan, &key, &value)) == OK) {
        struct cursor cursor = key_cursor(key);
        key_take_str(&cursor, call->arena);
        key_take_str(&cursor, call->arena);
        struct str name = key_take_str(&cursor, call->arena);
        struct rule *rule =
            ARENA_PUSH(&cached->arena, cached->rules.rules, cached->rules.count, capacity);
        err = compile_rule(call, bus, &cached->arena, name, value, rule);
        if (err != OK)
            break;
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

static struct cached *find(struct ruleset_cache *cache, struct str key, uint64_t version)
{
    struct cached *found = NULL;
    pthread_mutex_lock(&cache->mutex);
    for (struct cached *c = cache->slots[str_hash(key) % SLOTS]; c && !found; c = c->next)
        if (c->version == version && str_eq(c->key, key))
            found = c;
    if (found)
        atomic_fetch_add(&found->holders, 1);
    pthread_mutex_unlock(&cache->mutex);
    return found;
}

// Replaces what was kept for the bus.
static void keep(struct ruleset_cache *cache, struct cached *cached)
{
    struct cached *old = NULL;
    pthread_mutex_lock(&cache->mutex);
    struct cached **slot = &cache->slots[str_hash(cached->key) % SLOTS];
    for (struct cached **at = slot; *at && !old; at = old ? at : &(*at)->next)
        if (str_eq((*at)->key, cached->key)) {
            old = *at;
            *at = old->next;
        }
    atomic_fetch_add(&cached->holders, 1);
    cached->next = *slot;
    *slot = cached;
    pthread_mutex_unlock(&cache->mutex);
    ruleset_release(old ? &old->rules : NULL);
}

// A version is read before the rules: they may be newer than it, and then nobody asks for that
// version again.
enum err ruleset_hold(struct call *call, const struct bus *bus, const struct ruleset **out_rules)
{
    struct ruleset_cache *cache = lake_state(call->lake, "events");
    struct str key =
        str_format(call->arena, "%.*s/%.*s", STR_ARG(call->region), STR_ARG(bus->name));
    struct cached *cached = find(cache, key, bus->version);
    if (!cached) {
        cached = calloc(1, sizeof *cached);
        if (!cached)
            abort();
        arena_init(&cached->arena);
        atomic_init(&cached->holders, 1);
        cached->version = bus->version;
        cached->key = str_dup(&cached->arena, key);
        enum err err = load(call, bus, cached);
        if (err != OK) {
            ruleset_release(&cached->rules);
            return err;
        }
        keep(cache, cached);
    }
    *out_rules = &cached->rules;
    return OK;
}
