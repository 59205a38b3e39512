// SPDX-License-Identifier: Apache-2.0
// Buses, and the tags of buses and rules.
#include "services/eventbridge/bus.h"
#include "services/eventbridge/ops.h"

#include "base/timefmt.h"

#define TAGS_MAX 50

static struct json *tags_or_none(struct call *call, const struct json *tags)
{
    return tags ? json_copy_shallow(call->arena, tags) : json_array(call->arena);
}

enum err events_create_bus(struct call *call, const struct json *in, struct json **out)
{
    struct str name = json_str(in, "Name"), description = json_str(in, "Description");
    struct key key;
    struct json *row;
    if (str_find_char(name, '/') != STR_NPOS)
        FAIL(call, EVENTS_VALIDATION, "Event bus name must not contain '/'.");
    enum err err = tx_lock_json(call->tx, bus_key(&key, call->region, name), call->arena, &row);
    if (err == OK || str_is(name, "default"))
        FAIL(call, EVENTS_EXISTS, "Event bus %.*s already exists.", STR_ARG(name));
    if (err != ERR_NOT_FOUND)
        return err;
    struct bus bus = {.name = name, .row = json_object(call->arena)};
    json_set_i64(call->arena, bus.row, "created", call->now_ms);
    if (description.len)
        json_set_str(call->arena, bus.row, "description", description);
    json_set(call->arena, bus.row, "tags", tags_or_none(call, json_get(in, "Tags")));
    TRY(bus_changed(call, &bus));
    *out = json_set_str(call->arena, json_object(call->arena), "EventBusArn", bus_arn(call, name));
    if (description.len)
        json_set_str(call->arena, *out, "Description", description);
    return OK;
}

static struct json *describe(struct call *call, struct str name, const struct json *row)
{
    struct json *bus = json_object(call->arena);
    json_set_str(call->arena, bus, "Name", name);
    json_set_str(call->arena, bus, "Arn", bus_arn(call, name));
    json_set(call->arena, bus, "Description", json_get(row, "description"));
    int64_t created_ms = json_i64_or(row, "created", 0);
    if (created_ms)
        json_set(call->arena, bus, "CreationTime", time_json(call->arena, created_ms));
    return bus;
}

enum err events_describe_bus(struct call *call, const struct json *in, struct json **out)
{
    struct bus bus;
    TRY(bus_find(call, json_str(in, "Name"), &bus));
    *out = describe(call, bus.name, bus.row);
    return OK;
}

// In order of name; the default bus is there even without a row.
enum err events_list_buses(struct call *call, const struct json *in, struct json **out)
{
    struct str token = json_str(in, "NextToken"), from_name = STR_NONE,
               prefix_name = json_str(in, "NamePrefix");
    if (token.len && page_position(call, token, &from_name) != OK)
        FAIL(call, EVENTS_VALIDATION, "The value of NextToken is not valid.");
    int64_t limit = json_i64_or(in, "Limit", 100);
    struct json *buses = json_array(call->arena);
    struct key prefix, from;
    key_str(key_start(&prefix, KEYSPACE_EVENTS_BUS), call->region);
    from = prefix;
    if (from_name.len)
        key_str(&from, from_name);
    struct scan *scan = scan_open(call->tx, &prefix, &from, false);
    struct str key, value, next = STR_NONE;
    bool default_due =
        str_starts(S("default"), prefix_name) && str_cmp(S("default"), from_name) >= 0;
    enum err err = OK;
    while (err == OK && !next.len) {
        struct str name = STR_NONE;
        struct json *row = NULL;
        err = scan_next(scan, &key, &value);
        if (err == OK) {
            struct cursor cursor = key_cursor(key);
            key_take_str(&cursor, call->arena);
            name = key_take_str(&cursor, call->arena);
            if (json_parse(call->arena, str_dup(call->arena, value), &row, NULL) != OK)
                err = ERR_CORRUPT;
        }
        if (err != OK && err != ERR_NOT_FOUND)
            break;
        if (default_due && (err == ERR_NOT_FOUND || str_cmp(name, S("default")) >= 0)) {
            default_due = false;
            if (!str_is(name, "default") && (int64_t)buses->count < limit)
                json_push(call->arena, buses, describe(call, S("default"), NULL));
            else if (!str_is(name, "default"))
                next = S("default");
        }
        if (err == OK && !next.len && str_starts(name, prefix_name)) {
            if ((int64_t)buses->count < limit)
                json_push(call->arena, buses, describe(call, name, row));
            else
                next = name;
        }
    }
    scan_close(scan);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    *out = json_set(call->arena, json_object(call->arena), "EventBuses", buses);
    if (next.len)
        json_set_str(call->arena, *out, "NextToken", page_token(call, next));
    return OK;
}

enum err events_delete_bus(struct call *call, const struct json *in, struct json **out)
{
    struct str name = bus_name_of(json_str(in, "Name"));
    struct key key;
    struct json *row;
    *out = NULL;
    if (str_is(name, "default"))
        FAIL(call, EVENTS_VALIDATION, "Cannot delete event bus default.");
    enum err err = tx_lock_json(call->tx, bus_key(&key, call->region, name), call->arena, &row);
    if (err == ERR_NOT_FOUND)
        return OK;
    TRY(err);
    struct key prefix;
    key_str(key_str(key_start(&prefix, KEYSPACE_EVENTS_RULE), call->region), name);
    struct scan *scan = scan_open(call->tx, &prefix, NULL, false);
    struct str rule, value;
    err = scan_next(scan, &rule, &value);
    scan_close(scan);
    if (err == OK)
        FAIL(call, EVENTS_VALIDATION, "Event bus %.*s cannot be deleted since it has rules.",
             STR_ARG(name));
    return err == ERR_NOT_FOUND ? tx_delete(call->tx, &key) : err;
}

// --- tags: of a bus or of a rule, by ARN

struct tagged {
    struct key key;
    struct json *row;
};

static enum err find_tagged(struct call *call, const struct json *in, struct tagged *out)
{
    struct str text = json_str(in, "ResourceARN"), rest;
    struct arn arn;
    bool found = arn_parse(text, &arn) && str_is(arn.service, "events");
    if (found && str_starts(arn.resource, S("event-bus/"))) {
        bus_key(&out->key, arn.region, str_from(arn.resource, S("event-bus/").len));
    } else if (found && str_starts(arn.resource, S("rule/"))) {
        rest = str_from(arn.resource, S("rule/").len);
        size_t slash = str_find_char(rest, '/');
        struct str bus = slash == STR_NPOS ? S("default") : str_slice(rest, 0, slash);
        rule_key(&out->key, arn.region, bus, slash == STR_NPOS ? rest : str_from(rest, slash + 1));
    } else {
        FAIL(call, EVENTS_VALIDATION, "Parameter ResourceARN is not valid: %.*s", STR_ARG(text));
    }
    enum err err = call->op->kind == OP_READ
                       ? tx_get_json(call->tx, &out->key, call->arena, &out->row)
                       : tx_lock_json(call->tx, &out->key, call->arena, &out->row);
    if (err == ERR_NOT_FOUND && str_is(arn.resource, "event-bus/default")) {
        out->row = json_set_i64(call->arena, json_object(call->arena), "version", 0);
        return OK;
    }
    if (err == ERR_NOT_FOUND)
        FAIL(call, EVENTS_NOT_FOUND, "%.*s does not exist.", STR_ARG(arn.resource));
    return err;
}

static struct json *without_key(struct call *call, const struct json *tags, struct str key)
{
    struct json *others = json_array(call->arena);
    JSON_EACH(tag, tags)
    if (!str_eq(json_str(tag, "Key"), key))
        json_push(call->arena, others, tag);
    return others;
}

enum err events_tag(struct call *call, const struct json *in, struct json **out)
{
    struct tagged tagged;
    TRY(find_tagged(call, in, &tagged));
    struct json *tags = json_get(tagged.row, "tags");
    JSON_EACH(tag, json_get(in, "Tags"))
    tags = json_push(call->arena, without_key(call, tags, json_str(tag, "Key")), tag);
    if (json_count(tags) > TAGS_MAX)
        FAIL(call, EVENTS_LIMIT_EXCEEDED, "A resource holds at most %d tags.", TAGS_MAX);
    json_set(call->arena, tagged.row, "tags", tags);
    *out = NULL;
    return tx_put_json(call->tx, &tagged.key, tagged.row);
}

enum err events_untag(struct call *call, const struct json *in, struct json **out)
{
    struct tagged tagged;
    TRY(find_tagged(call, in, &tagged));
    struct json *tags = json_get(tagged.row, "tags");
    JSON_EACH(key, json_get(in, "TagKeys"))
    tags = without_key(call, tags, json_as_str(key));
    json_set(call->arena, tagged.row, "tags", tags);
    *out = NULL;
    return tx_put_json(call->tx, &tagged.key, tagged.row);
}

enum err events_list_tags(struct call *call, const struct json *in, struct json **out)
{
    struct tagged tagged;
    TRY(find_tagged(call, in, &tagged));
    struct json *tags = json_get(tagged.row, "tags");
    *out = json_set(call->arena, json_object(call->arena), "Tags",
                    tags ? tags : json_array(call->arena));
    return OK;
}
