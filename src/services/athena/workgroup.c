// SPDX-License-Identifier: Apache-2.0
// Workgroups: where results go, and whether a client may say otherwise. "primary" always exists; it
// has a row once it was changed.
#include "services/athena/athena.h"

#include "base/timefmt.h"

#define ENGINE "Athena engine version 3"
#define PAGE_DEFAULT 50

static struct key *group_key(struct call *call, struct key *key, struct str name)
{
    return key_str(key_str(key_start(key, KEYSPACE_ATHENA_WORKGROUP), call->region), name);
}

static struct json *new_group(struct call *call, struct str name, const struct json *configuration)
{
    struct arena *arena = call->arena;
    struct json *group = json_object(arena), *version = json_object(arena);
    struct json *config =
        configuration ? json_copy_shallow(arena, configuration) : json_object(arena);
    json_set_str(arena, version, "SelectedEngineVersion", S("AUTO"));
    json_set_str(arena, version, "EffectiveEngineVersion", S(ENGINE));
    if (!json_has(config, "EnforceWorkGroupConfiguration"))
        json_set_bool(arena, config, "EnforceWorkGroupConfiguration", !str_is(name, "primary"));
    if (!json_has(config, "PublishCloudWatchMetricsEnabled"))
        json_set_bool(arena, config, "PublishCloudWatchMetricsEnabled", false);
    if (!json_has(config, "RequesterPaysEnabled"))
        json_set_bool(arena, config, "RequesterPaysEnabled", false);
    json_set(arena, config, "EngineVersion", version);
    json_set_str(arena, group, "Name", name);
    json_set_str(arena, group, "State", S("ENABLED"));
    json_set(arena, group, "Configuration", config);
    json_set_str(arena, group, "Description", S(""));
    json_set(arena, group, "CreationTime", time_json(arena, call->now_ms));
    return group;
}

enum err workgroup_get(struct call *call, struct str name, struct json **out_group)
{
    struct key key;
    enum err err = tx_get_json(call->tx, group_key(call, &key, name), call->arena, out_group);
    if (err == ERR_NOT_FOUND && str_is(name, "primary")) {
        *out_group = new_group(call, S("primary"), NULL);
        json_set(call->arena, *out_group, "CreationTime", json_i64(call->arena, 0));
        return OK;
    }
    if (err == ERR_NOT_FOUND)
        FAIL(call, ATHENA_INVALID_REQUEST, "WorkGroup %.*s is not found.", STR_ARG(name));
    return err;
}

enum err athena_create_work_group(struct call *call, const struct json *in, struct json **out)
{
    struct key key;
    struct json *old;
    struct str name = json_str(in, "Name");
    enum err err = tx_lock_json(call->tx, group_key(call, &key, name), call->arena, &old);
    if (err == OK || str_is(name, "primary"))
        FAIL(call, ATHENA_INVALID_REQUEST, "WorkGroup is already created");
    if (err != ERR_NOT_FOUND)
        return err;
    struct json *group = new_group(call, name, json_get(in, "Configuration"));
    if (json_has(in, "Description"))
        json_set(call->arena, group, "Description", json_get(in, "Description"));
    json_set(call->arena, group, "Tags", json_get(in, "Tags"));
    *out = json_object(call->arena);
    return tx_put_json(call->tx, &key, group);
}

enum err athena_get_work_group(struct call *call, const struct json *in, struct json **out)
{
    struct json *group;
    TRY(workgroup_get(call, json_str(in, "WorkGroup"), &group));
    group = json_copy_shallow(call->arena, group);
    json_remove(group, S("Tags"));
    *out = json_set(call->arena, json_object(call->arena), "WorkGroup", group);
    return OK;
}

static void push_summary(struct call *call, struct json *list, const struct json *group)
{
    static const char *const NAMES[] = {"Name", "State", "Description", "CreationTime"};
    struct json *summary = json_object(call->arena);
    for (size_t i = 0; i < 4; i++)
        json_set(call->arena, summary, NAMES[i], json_get(group, NAMES[i]));
    json_set(call->arena, summary, "EngineVersion",
             json_get(json_get(group, "Configuration"), "EngineVersion"));
    json_push(call->arena, list, summary);
}

enum err athena_list_work_groups(struct call *call, const struct json *in, struct json **out)
{
    struct arena *arena = call->arena;
    struct key prefix, from;
    struct str position = STR_NONE, raw, value;
    int64_t left = json_i64_or(in, "MaxResults", PAGE_DEFAULT);
    if (json_has(in, "NextToken") &&
        page_position(call, json_str(in, "NextToken"), &position) != OK)
        FAIL(call, ATHENA_INVALID_REQUEST, "Malformed next token");
    struct json *list = json_array(arena), *group;
    *out = json_set(arena, json_object(arena), "WorkGroups", list);
    key_str(key_start(&prefix, KEYSPACE_ATHENA_WORKGROUP), call->region);
    struct key primary;
    if (!position.len && tx_get_json(call->tx, group_key(call, &primary, S("primary")), arena,
                                     &group) == ERR_NOT_FOUND) {
        TRY(workgroup_get(call, S("primary"), &group));
        push_summary(call, list, group);
        left--;
    }
    struct scan *scan =
        scan_open(call->tx, &prefix, position.len ? group_key(call, &from, position) : NULL, false);
    enum err err;
    while ((err = scan_next(scan, &raw, &value)) == OK) {
        if ((err = json_parse(arena, str_dup(arena, value), &group, &call->error)) != OK)
            break;
        if (left-- <= 0) {
            json_set_str(arena, *out, "NextToken", page_token(call, json_str(group, "Name")));
            break;
        }
        push_summary(call, list, group);
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

// ConfigurationUpdates: named members replace, "Remove..." members take away.
static void update_results(struct arena *arena, struct json *config, const struct json *updates)
{
    struct json *results = json_copy_shallow(arena, json_get(config, "ResultConfiguration"));
    if (!results || results->type != JSON_OBJECT)
        results = json_object(arena);
    static const char *const NAMES[] = {"OutputLocation", "EncryptionConfiguration",
                                        "ExpectedBucketOwner", "AclConfiguration"};
    for (size_t i = 0; i < 4; i++) {
        struct str remove = str_format(arena, "Remove%s", NAMES[i]);
        struct json *flag = json_get_str(updates, remove);
        if (flag && flag->boolean)
            json_remove(results, str_of(NAMES[i]));
        json_set(arena, results, NAMES[i], json_get(updates, NAMES[i]));
    }
    json_set(arena, config, "ResultConfiguration", results);
}

enum err athena_update_work_group(struct call *call, const struct json *in, struct json **out)
{
    struct key key;
    struct json *group;
    struct arena *arena = call->arena;
    struct str name = json_str(in, "WorkGroup");
    TRY(workgroup_get(call, name, &group));
    enum err err = tx_lock_json(call->tx, group_key(call, &key, name), arena, &group);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    struct json *config = json_copy_shallow(arena, json_get(group, "Configuration"));
    const struct json *updates = json_get(in, "ConfigurationUpdates");
    static const char *const NAMES[] = {"EnforceWorkGroupConfiguration",
                                        "PublishCloudWatchMetricsEnabled",
                                        "BytesScannedCutoffPerQuery", "RequesterPaysEnabled"};
    for (size_t i = 0; i < 4; i++)
        json_set(arena, config, NAMES[i], json_get(updates, NAMES[i]));
    if (json_bool_or(updates, "RemoveBytesScannedCutoffPerQuery", false))
        json_remove(config, S("BytesScannedCutoffPerQuery"));
    if (json_has(updates, "ResultConfigurationUpdates"))
        update_results(arena, config, json_get(updates, "ResultConfigurationUpdates"));
    json_set(arena, group, "Configuration", config);
    json_set(arena, group, "Description", json_get(in, "Description"));
    json_set(arena, group, "State", json_get(in, "State"));
    *out = json_object(arena);
    return tx_put_json(call->tx, &key, group);
}

enum err athena_delete_work_group(struct call *call, const struct json *in, struct json **out)
{
    struct key key, prefix;
    struct json *group;
    struct str name = json_str(in, "WorkGroup"), raw, value;
    if (str_is(name, "primary"))
        FAIL(call, ATHENA_INVALID_REQUEST, "Primary workgroup cannot be deleted.");
    TRY(workgroup_get(call, name, &group));
    key_str(key_str(key_start(&prefix, KEYSPACE_ATHENA_HISTORY), call->region), name);
    struct scan *scan = scan_open(call->tx, &prefix, NULL, false);
    bool used = scan_next(scan, &raw, &value) == OK;
    scan_close(scan);
    if (used && !json_bool_or(in, "RecursiveDeleteOption", false))
        FAIL(call, ATHENA_INVALID_REQUEST, "WorkGroup %.*s is not empty", STR_ARG(name));
    *out = json_object(call->arena);
    return tx_delete(call->tx, group_key(call, &key, name));
}

enum err athena_list_engine_versions(struct call *call, const struct json *in, struct json **out)
{
    struct arena *arena = call->arena;
    struct json *list = json_array(arena);
    static const char *const SELECTED[] = {"AUTO", ENGINE};
    for (size_t i = 0; i < 2; i++) {
        struct json *version = json_object(arena);
        json_set_str(arena, version, "SelectedEngineVersion", str_of(SELECTED[i]));
        json_set_str(arena, version, "EffectiveEngineVersion", S(ENGINE));
        json_push(arena, list, version);
    }
    *out = json_set(arena, json_object(arena), "EngineVersions", list);
    return OK;
}

// --- tags, of workgroups only: data catalogs cannot be made here

static enum err tagged_group(struct call *call, struct str arn_text, struct str *out_name,
                             struct json **out_group)
{
    struct arn arn;
    if (!arn_parse(arn_text, &arn) || !str_starts(arn.resource, S("workgroup/")))
        FAIL(call, ATHENA_INVALID_REQUEST, "ResourceARN is not of a workgroup: %.*s",
             STR_ARG(arn_text));
    *out_name = str_from(arn.resource, 10);
    return workgroup_get(call, *out_name, out_group);
}

static bool is_key(const struct json *keys, struct str key)
{
    JSON_EACH (item, keys)
        if (str_eq(json_as_str(item->type == JSON_OBJECT ? json_get(item, "Key") : item), key))
            return true;
    return false;
}

static enum err change_tags(struct call *call, const struct json *in, const struct json *gone,
                            const struct json *added)
{
    struct key key;
    struct str name;
    struct json *group, *tags = json_array(call->arena);
    TRY(tagged_group(call, json_str(in, "ResourceARN"), &name, &group));
    JSON_EACH (tag, json_get(group, "Tags"))
        if (!is_key(gone, json_str(tag, "Key")))
            json_push(call->arena, tags, tag);
    JSON_EACH (tag, added)
        json_push(call->arena, tags, tag);
    json_set(call->arena, group, "Tags", tags);
    return tx_put_json(call->tx, group_key(call, &key, name), group);
}

enum err athena_tag_resource(struct call *call, const struct json *in, struct json **out)
{
    *out = json_object(call->arena);
    return change_tags(call, in, json_get(in, "Tags"), json_get(in, "Tags"));
}

enum err athena_untag_resource(struct call *call, const struct json *in, struct json **out)
{
    *out = json_object(call->arena);
    return change_tags(call, in, json_get(in, "TagKeys"), NULL);
}

enum err athena_list_tags(struct call *call, const struct json *in, struct json **out)
{
    struct str name;
    struct json *group;
    TRY(tagged_group(call, json_str(in, "ResourceARN"), &name, &group));
    struct json *tags = json_get(group, "Tags");
    *out = json_set(call->arena, json_object(call->arena), "Tags",
                    tags ? tags : json_array(call->arena));
    return OK;
}
