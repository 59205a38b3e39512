// SPDX-License-Identifier: Apache-2.0
// Schedule groups and their tags. Deleting a group deletes its schedules, a few hundred at a time,
// and then the group.
#include "services/scheduler/scheduler.h"

#include "base/timefmt.h"

#define EMPTY_BATCH 200
#define TAGS_MAX 50

struct key *group_key(struct key *key, struct str region, struct str group)
{
    return key_str(key_str(key_start(key, KEYSPACE_SCHEDULER_GROUP), region), group);
}

struct str group_arn(struct call *call, struct str group)
{
    return call_arn(call, "scheduler", "schedule-group/%.*s", STR_ARG(group));
}

static enum err group_read(struct call *call, struct str group, bool lock, struct json **out_row)
{
    struct key key;
    group_key(&key, call->region, group);
    enum err err = lock ? tx_lock_json(call->tx, &key, call->arena, out_row)
                        : tx_get_json(call->tx, &key, call->arena, out_row);
    if (err == ERR_NOT_FOUND && !str_is(group, "default"))
        FAIL(call, SCHEDULER_NOT_FOUND, "Schedule group %.*s does not exist.", STR_ARG(group));
    if (err == ERR_NOT_FOUND) {
        *out_row = json_set_str(call->arena, json_object(call->arena), "state", S("ACTIVE"));
        return OK;
    }
    return err;
}

enum err group_find(struct call *call, struct str group, struct json **out_row)
{
    return group_read(call, group, false, out_row);
}

enum err scheduler_create_group(struct call *call, const struct json *in, struct json **out)
{
    struct str name = json_str(in, "Name"), token = json_str(in, "ClientToken");
    struct key key;
    struct json *row;
    enum err err = tx_lock_json(call->tx, group_key(&key, call->region, name), call->arena, &row);
    bool again = err == OK && token.len && str_eq(token, json_str(row, "token"));
    if ((err == OK && !again) || str_is(name, "default"))
        FAIL(call, SCHEDULER_CONFLICT, "Schedule group %.*s already exists.", STR_ARG(name));
    if (err == ERR_NOT_FOUND) {
        const struct json *tags = json_get(in, "Tags");
        row = json_object(call->arena);
        json_set_i64(call->arena, row, "created", call->now_ms);
        json_set_i64(call->arena, row, "modified", call->now_ms);
        json_set_str(call->arena, row, "state", S("ACTIVE"));
        json_set(call->arena, row, "tags",
                 tags ? json_copy_shallow(call->arena, tags) : json_array(call->arena));
        if (token.len)
            json_set_str(call->arena, row, "token", token);
        err = tx_put_json(call->tx, &key, row);
    }
    TRY(err);
    *out = json_set_str(call->arena, json_object(call->arena), "ScheduleGroupArn",
                        group_arn(call, name));
    return OK;
}

static struct json *describe(struct call *call, struct str name, const struct json *row)
{
    struct json *group = json_object(call->arena);
    json_set_str(call->arena, group, "Arn", group_arn(call, name));
    if (json_has(row, "created")) {
        json_set(call->arena, group, "CreationDate",
                 time_json(call->arena, json_i64_or(row, "created", 0)));
        json_set(call->arena, group, "LastModificationDate",
                 time_json(call->arena, json_i64_or(row, "modified", 0)));
    }
    json_set_str(call->arena, group, "Name", name);
    json_set_str(call->arena, group, "State", json_str_or(row, "state", S("ACTIVE")));
    return group;
}

enum err scheduler_get_group(struct call *call, const struct json *in, struct json **out)
{
    struct json *row;
    TRY(group_find(call, json_str(in, "Name"), &row));
    *out = describe(call, json_str(in, "Name"), row);
    return OK;
}

// The default group comes first, then the others by name.
enum err scheduler_list_groups(struct call *call, const struct json *in, struct json **out)
{
    struct str token = json_str(in, "NextToken"), from_name = STR_NONE,
               prefix_name = json_str(in, "NamePrefix");
    int64_t max = json_i64_or(in, "MaxResults", 100);
    struct json *groups = json_array(call->arena), *row;
    struct key prefix, from;
    if (token.len && page_position(call, token, &from_name) != OK)
        FAIL(call, SCHEDULER_VALIDATION, "The value of NextToken is not valid.");
    if (!token.len && str_starts(S("default"), prefix_name)) {
        TRY(group_find(call, S("default"), &row));
        json_push(call->arena, groups, describe(call, S("default"), row));
    }
    key_str(key_start(&prefix, KEYSPACE_SCHEDULER_GROUP), call->region);
    from = prefix;
    if (from_name.len)
        key_str(&from, from_name);
    struct scan *scan = scan_open(call->tx, &prefix, &from, false);
    struct str key, value, next = STR_NONE;
    enum err err;
    while ((err = scan_next(scan, &key, &value)) == OK) {
        struct cursor cursor = key_cursor(key);
        key_take_str(&cursor, call->arena);
        struct str name = key_take_str(&cursor, call->arena);
        if (str_is(name, "default") || !str_starts(name, prefix_name))
            continue;
        if ((int64_t)groups->count == max) {
            next = name;
            break;
        }
        if (json_parse(call->arena, str_dup(call->arena, value), &row, NULL) != OK) {
            err = ERR_CORRUPT;
            break;
        }
        json_push(call->arena, groups, describe(call, name, row));
    }
    scan_close(scan);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    *out = json_set(call->arena, json_object(call->arena), "ScheduleGroups", groups);
    if (next.len)
        json_set_str(call->arena, *out, "NextToken", page_token(call, next));
    return OK;
}

// --- deleting

static enum err empty_later(struct call *call, struct str group)
{
    struct json *input = json_set_str(call->arena, json_object(call->arena), "Name", group);
    struct task task = {
        .due_ms = call->now_ms, .service = S("scheduler"), .op = S("EmptyGroup"), .input = input};
    return call_later(call, &task);
}

enum err scheduler_delete_group(struct call *call, const struct json *in, struct json **out)
{
    struct str name = json_str(in, "Name");
    struct key key;
    struct json *row;
    *out = NULL;
    if (str_is(name, "default"))
        FAIL(call, SCHEDULER_VALIDATION, "The default schedule group cannot be deleted.");
    TRY(group_read(call, name, true, &row));
    json_set_str(call->arena, row, "state", S("DELETING"));
    TRY(tx_put_json(call->tx, group_key(&key, call->region, name), row));
    return empty_later(call, name);
}

enum err scheduler_empty_group(struct call *call, const struct json *in, struct json **out)
{
    struct str group = json_str(in, "Name"), names[EMPTY_BATCH], key, value;
    struct key prefix, found;
    size_t count = 0;
    *out = NULL;
    key_str(key_str(key_start(&prefix, KEYSPACE_SCHEDULER_SCHEDULE), call->region), group);
    struct scan *scan = scan_open(call->tx, &prefix, NULL, false);
    enum err err = OK;
    while (count < EMPTY_BATCH && (err = scan_next(scan, &key, &value)) == OK) {
        struct cursor cursor = key_cursor(key);
        key_take_str(&cursor, call->arena);
        key_take_str(&cursor, call->arena);
        names[count++] = key_take_str(&cursor, call->arena);
    }
    scan_close(scan);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    for (size_t i = 0; i < count; i++) {
        TRY(tx_delete(call->tx, schedule_key(&found, call->region, group, names[i])));
        TRY(schedule_disarm(call, group, names[i]));
    }
    if (count == EMPTY_BATCH)
        return empty_later(call, group);
    return tx_delete(call->tx, group_key(&found, call->region, group));
}

// --- tags

static enum err find_tagged(struct call *call, const struct json *in, struct str *out_name,
                            struct json **out_row)
{
    struct arn arn;
    struct str text = json_str(in, "ResourceArn");
    if (!arn_parse(text, &arn) || !str_is(arn.service, "scheduler") ||
        !str_starts(arn.resource, S("schedule-group/")))
        FAIL(call, SCHEDULER_VALIDATION, "ResourceArn must be the ARN of a schedule group.");
    *out_name = str_from(arn.resource, S("schedule-group/").len);
    return group_read(call, *out_name, call->op->kind != OP_READ, out_row);
}

static struct json *without_key(struct call *call, const struct json *tags, struct str key)
{
    struct json *others = json_array(call->arena);
    JSON_EACH(tag, tags)
    if (!str_eq(json_str(tag, "Key"), key))
        json_push(call->arena, others, tag);
    return others;
}

static enum err put_tags(struct call *call, struct str name, struct json *row, struct json *tags)
{
    struct key key;
    json_set(call->arena, row, "tags", tags);
    json_set_i64(call->arena, row, "modified", call->now_ms);
    if (!json_has(row, "created"))
        json_set_i64(call->arena, row, "created", call->now_ms);
    return tx_put_json(call->tx, group_key(&key, call->region, name), row);
}

enum err scheduler_tag(struct call *call, const struct json *in, struct json **out)
{
    struct str name;
    struct json *row;
    *out = NULL;
    TRY(find_tagged(call, in, &name, &row));
    struct json *tags = json_get(row, "tags");
    JSON_EACH(tag, json_get(in, "Tags"))
    tags = json_push(call->arena, without_key(call, tags, json_str(tag, "Key")), tag);
    if (json_count(tags) > TAGS_MAX)
        FAIL(call, SCHEDULER_VALIDATION, "A schedule group holds at most %d tags.", TAGS_MAX);
    return put_tags(call, name, row, tags);
}

enum err scheduler_untag(struct call *call, const struct json *in, struct json **out)
{
    struct str name;
    struct json *row;
    *out = NULL;
    TRY(find_tagged(call, in, &name, &row));
    struct json *tags = json_get(row, "tags");
    JSON_EACH(key, json_get(in, "TagKeys"))
    tags = without_key(call, tags, json_as_str(key));
    return put_tags(call, name, row, tags ? tags : json_array(call->arena));
}

enum err scheduler_list_tags(struct call *call, const struct json *in, struct json **out)
{
    struct str name;
    struct json *row;
    TRY(find_tagged(call, in, &name, &row));
    struct json *tags = json_get(row, "tags");
    *out = json_set(call->arena, json_object(call->arena), "Tags",
                    tags ? tags : json_array(call->arena));
    return OK;
}
