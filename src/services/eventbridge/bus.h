// SPDX-License-Identifier: Apache-2.0
// Buses and rules: their rows, and the compiled rules that events are matched against.
//
// Each change to a bus's rules gives the bus a new version, a number that is never used twice. A
// compiled set of rules is kept in memory for the version that it was read at, so a PUT that raises
// an event reads one small row and then matches in memory.
//
// On disk: KEYSPACE_EVENTS_BUS (region, bus) -> JSON {"version", "created", "description"?,
// "tags"}; the default bus is there without a row. KEYSPACE_EVENTS_RULE (region, bus, rule) -> JSON
// {"state", "pattern"?, "schedule"?, "description"?, "role"?, "created", "tags", "targets": [as
// PutTargets had them]}.
#ifndef EVENTS_BUS_H
#define EVENTS_BUS_H

#include "lake/call.h"
#include "lake/event_pattern.h"
#include "lake/lake.h"

extern const struct error_code EVENTS_NOT_FOUND, EVENTS_EXISTS, EVENTS_INVALID_PATTERN,
    EVENTS_VALIDATION, EVENTS_LIMIT_EXCEEDED, EVENTS_INVALID_STATE;

struct bus {
    struct str name, arn;
    uint64_t version;
    struct json *row; // NULL: the default bus, never changed
};
// By name or ARN; empty means "default". Refuses with ResourceNotFoundException.
enum err bus_find(struct call *call, struct str name_or_arn, struct bus *out) MUST_CHECK;
enum err bus_lock(struct call *call, struct str name_or_arn, struct bus *out) MUST_CHECK;
enum err bus_changed(struct call *call, struct bus *bus) MUST_CHECK; // its rules did: a new version
struct str bus_name_of(struct str name_or_arn);
struct str bus_arn(struct call *call, struct str name);
struct key *bus_key(struct key *key, struct str region, struct str name);

struct str rule_arn(struct call *call, struct str bus, struct str rule);
struct key *rule_key(struct key *key, struct str region, struct str bus, struct str rule);
// ResourceNotFoundException when there is no such rule.
enum err rule_find(struct call *call, const struct bus *bus, struct str name,
                   struct json **out_row) MUST_CHECK;

// --- compiled
struct rule {
    struct str name, arn;
    bool enabled;
    const struct event_pattern *pattern; // NULL: a schedule
    struct json *targets;
};
struct ruleset {
    struct rule *rules;
    size_t count;
};
struct ruleset_cache;
struct ruleset_cache *ruleset_cache_new(void);
void ruleset_cache_free(struct ruleset_cache *cache);
// Held until released; shared by threads, read-only.
enum err ruleset_hold(struct call *call, const struct bus *bus,
                      const struct ruleset **out_rules) MUST_CHECK;
void ruleset_release(const struct ruleset *rules);

#endif
