// SPDX-License-Identifier: Apache-2.0
// Log groups: made, described, tagged, expired, removed.
#include "services/logs/logs.h"

#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define PAGE_DEFAULT 50
#define TAGS_MAX 50

static struct key *group_key(struct key *key, struct str region, struct str name)
{
    return key_str(key_str(key_start(key, KEYSPACE_LOGS_GROUP), region), name);
}

static void group_of(struct call *call, struct json *row, struct logs_group *out)
{
    int64_t days = json_i64_or(row, "retentionInDays", 0);
    out->row = row;
    out->name = json_str(row, "logGroupName");
    out->id = (uint64_t)json_i64_or(row, "id", 0);
    out->oldest_ms = days ? call->now_ms - days * DAY_MS : INT64_MIN;
}

// arn:aws:logs:<region>:<account>:log-group:<name>, perhaps with ":*"
static struct str name_of_arn(struct str text)
{
    struct arn arn;
    struct str prefix = S("log-group:");
    if (!arn_parse(text, &arn) || !str_starts(arn.resource, prefix))
        return text;
    struct str name = str_from(arn.resource, prefix.len);
    return str_ends(name, S(":*")) ? str_slice(name, 0, name.len - 2) : name;
}

static enum err group_named(struct call *call, struct str name, struct logs_group *out)
{
    struct key key;
    struct json *row;
    group_key(&key, call->region, name);
    enum err err = call->op->kind == OP_READ ? tx_get_json(call->tx, &key, call->arena, &row)
                                             : tx_lock_json(call->tx, &key, call->arena, &row);
    if (err == ERR_NOT_FOUND)
        FAIL(call, LOGS_NOT_FOUND, "The specified log group does not exist.");
    TRY(err);
    group_of(call, row, out);
    return OK;
}

enum err logs_group_get(struct call *call, const struct json *in, struct logs_group *out)
{
    struct str name = json_str(in, "logGroupName");
    if (!name.len)
        name = name_of_arn(json_str(in, "logGroupIdentifier"));
    if (!name.len)
        FAIL(call, LOGS_INVALID, "Either logGroupName or logGroupIdentifier must be given.");
    return group_named(call, name, out);
}

static enum err group_new(struct call *call, struct str region, struct str name, struct json *tags,
                          struct logs_group *out)
{
    struct key key;
    uint64_t id;
    struct arena *arena = call->arena;
    struct json *row = json_object(arena);
    TRY(store_next(tx_store(call->tx), "logs/id", &id));
    json_set_str(arena, row, "logGroupName", name);
    json_set_i64(arena, row, "id", (int64_t)id);
    json_set_i64(arena, row, "creationTime", call->now_ms);
    json_set(arena, row, "tags", tags ? tags : json_object(arena));
    group_of(call, row, out);
    return tx_put_json(call->tx, group_key(&key, region, name), row);
}

enum err logs_group_ensure(struct call *call, struct str region, struct str name,
                           struct logs_group *out)
{
    struct key key;
    struct json *row;
    enum err err = tx_get_json(call->tx, group_key(&key, region, name), call->arena, &row);
    if (err == ERR_NOT_FOUND) { // locked, so that two who find it absent do not both make it
        err = tx_lock_json(call->tx, &key, call->arena, &row);
        if (err == ERR_NOT_FOUND)
            return group_new(call, region, name, NULL, out);
    }
    TRY(err);
    group_of(call, row, out);
    return OK;
}

enum err logs_create_group(struct call *call, const struct json *in, struct json **out)
{
    struct key key;
    struct str existing, name = json_str(in, "logGroupName");
    struct logs_group group;
    (void)out;
    enum err err = tx_lock(call->tx, group_key(&key, call->region, name), call->arena, &existing);
    if (err == OK)
        FAIL(call, LOGS_EXISTS, "The specified log group already exists");
    if (err != ERR_NOT_FOUND)
        return err;
    return group_new(call, call->region, name, json_get(in, "tags"), &group);
}

enum err logs_delete_group(struct call *call, const struct json *in, struct json **out)
{
    struct key key;
    struct logs_group group;
    (void)out;
    TRY(logs_group_get(call, in, &group));
    TRY(tx_delete(call->tx, group_key(&key, call->region, group.name)));
    return logs_purge_later(call, "group", group.id);
}

static enum err stored_bytes(struct call *call, uint64_t group_id, int64_t *out_bytes)
{
    struct key prefix;
    struct str key_text, value;
    struct json *row;
    enum err err;
    *out_bytes = 0;
    struct scan *scan = scan_open(
        call->tx, key_u64(key_start(&prefix, KEYSPACE_LOGS_STREAM), group_id), NULL, false);
    while ((err = scan_next(scan, &key_text, &value)) == OK) {
        err = json_parse(call->arena, str_dup(call->arena, value), &row, &call->error);
        if (err != OK)
            break;
        *out_bytes += json_i64_or(row, "bytes", 0);
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err group_shown(struct call *call, struct json *row, struct json **out)
{
    int64_t bytes;
    struct json *shown = json_copy_shallow(call->arena, row);
    struct str name = json_str(row, "logGroupName");
    TRY(stored_bytes(call, (uint64_t)json_i64_or(row, "id", 0), &bytes));
    json_remove(shown, S("id"));
    json_remove(shown, S("chain"));
    json_remove(shown, S("tags"));
    json_set_i64(call->arena, shown, "metricFilterCount", 0);
    json_set_str(call->arena, shown, "arn",
                 call_arn(call, "logs", "log-group:%.*s:*", STR_ARG(name)));
    json_set_str(call->arena, shown, "logGroupArn",
                 call_arn(call, "logs", "log-group:%.*s", STR_ARG(name)));
    json_set_str(call->arena, shown, "logGroupClass", S("STANDARD"));
    json_set_i64(call->arena, shown, "storedBytes", bytes);
    *out = shown;
    return OK;
}

static bool group_matches(const struct json *in, struct str name)
{
    struct str prefix = json_str(in, "logGroupNamePrefix"),
               part = json_str(in, "logGroupNamePattern");
    return str_starts(name, prefix) && (!part.len || str_contains(name, part));
}

enum err logs_describe_groups(struct call *call, const struct json *in, struct json **out)
{
    struct key prefix, from;
    struct str position = STR_NONE, key_text, value, token = json_str(in, "nextToken");
    struct json *groups = json_array(call->arena), *row, *shown;
    if (token.len)
        TRY(page_position(call, token, &position));
    int64_t left = json_i64_or(in, "limit", PAGE_DEFAULT);
    key_str(key_start(&prefix, KEYSPACE_LOGS_GROUP), call->region);
    *out = json_set(call->arena, json_object(call->arena), "logGroups", groups);
    struct scan *scan = scan_open(
        call->tx, &prefix, position.len ? group_key(&from, call->region, position) : NULL, false);
    enum err err;
    while ((err = scan_next(scan, &key_text, &value)) == OK) {
        err = json_parse(call->arena, str_dup(call->arena, value), &row, &call->error);
        if (err != OK)
            break;
        if (!group_matches(in, json_str(row, "logGroupName")))
            continue;
        if (left-- == 0) {
            json_set_str(call->arena, *out, "nextToken",
                         page_token(call, json_str(row, "logGroupName")));
            break;
        }
        err = group_shown(call, row, &shown);
        if (err != OK)
            break;
        json_push(call->arena, groups, shown);
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

// --- retention

// A chain of tasks for each setting of the retention; one whose number is not the group's any more
// ends.
static enum err expire_later(struct call *call, const struct logs_group *group, int64_t delay_ms)
{
    struct json *input =
        json_set_str(call->arena, json_object(call->arena), "logGroupName", group->name);
    json_set(call->arena, input, "chain", json_get(group->row, "chain"));
    struct task task = {
        .service = S("logs"),
        .op = S("ExpireEvents"),
        .input = input,
        .due_ms = call->now_ms + delay_ms,
    };
    return call_later(call, &task);
}

enum err logs_put_retention(struct call *call, const struct json *in, struct json **out)
{
    static const int64_t ALLOWED[] = {1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                                      365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};
    struct key key;
    struct logs_group group;
    bool allowed = false;
    int64_t days = json_i64_or(in, "retentionInDays", 0);
    (void)out;
    for (size_t i = 0; i < sizeof ALLOWED / sizeof *ALLOWED; i++)
        allowed |= ALLOWED[i] == days;
    if (!allowed)
        FAIL(call, LOGS_INVALID,
             "1 validation error detected: Value '%lld' at 'retentionInDays' failed to satisfy "
             "constraint: "
             "Member must be one of the documented numbers of days",
             (long long)days);
    TRY(logs_group_get(call, in, &group));
    json_set_i64(call->arena, group.row, "retentionInDays", days);
    json_set_i64(call->arena, group.row, "chain", json_i64_or(group.row, "chain", 0) + 1);
    TRY(tx_put_json(call->tx, group_key(&key, call->region, group.name), group.row));
    return expire_later(call, &group, 0);
}

enum err logs_delete_retention(struct call *call, const struct json *in, struct json **out)
{
    struct key key;
    struct logs_group group;
    (void)out;
    TRY(logs_group_get(call, in, &group));
    json_remove(group.row, S("retentionInDays"));
    json_set_i64(call->arena, group.row, "chain", json_i64_or(group.row, "chain", 0) + 1);
    return tx_put_json(call->tx, group_key(&key, call->region, group.name), group.row);
}

// The task: removes some, and comes again - at once while there are more, else in a few hours.
enum err logs_expire(struct call *call, const struct json *in, struct json **out)
{
    struct logs_group group;
    bool more;
    (void)out;
    enum err err = logs_group_get(call, in, &group);
    if (err == ERR_CODED)
        return OK; // deleted meanwhile: this was the last time
    TRY(err);
    if (json_i64_or(group.row, "chain", 0) != json_i64_or(in, "chain", 0))
        return OK;
    TRY(logs_events_expire(call, &group, &more));
    return expire_later(call, &group, more ? 0 : DAY_MS / 4);
}

// --- tags

static enum err put_tags(struct call *call, struct str name, const struct json *add,
                         const struct json *remove)
{
    struct key key;
    struct logs_group group;
    TRY(group_named(call, name, &group));
    struct json *tags = json_get(group.row, "tags");
    JSON_EACH_MEMBER (m, add)
        json_set_named(call->arena, tags, m->name, m->value);
    JSON_EACH (tag, remove)
        json_remove(tags, json_as_str(tag));
    if (json_count(tags) > TAGS_MAX)
        FAIL(call, LOGS_INVALID, "A log group has at most %d tags.", TAGS_MAX);
    return tx_put_json(call->tx, group_key(&key, call->region, name), group.row);
}

static enum err show_tags(struct call *call, struct str name, struct json **out)
{
    struct logs_group group;
    TRY(group_named(call, name, &group));
    *out = json_set(call->arena, json_object(call->arena), "tags", json_get(group.row, "tags"));
    return OK;
}

enum err logs_tag_group(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    return put_tags(call, json_str(in, "logGroupName"), json_get(in, "tags"), NULL);
}

enum err logs_untag_group(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    return put_tags(call, json_str(in, "logGroupName"), NULL, json_get(in, "tags"));
}

enum err logs_list_tags_group(struct call *call, const struct json *in, struct json **out)
{
    return show_tags(call, json_str(in, "logGroupName"), out);
}

enum err logs_tag_resource(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    return put_tags(call, name_of_arn(json_str(in, "resourceArn")), json_get(in, "tags"), NULL);
}

enum err logs_untag_resource(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    return put_tags(call, name_of_arn(json_str(in, "resourceArn")), NULL, json_get(in, "tagKeys"));
}

enum err logs_list_tags_resource(struct call *call, const struct json *in, struct json **out)
{
    return show_tags(call, name_of_arn(json_str(in, "resourceArn")), out);
}
