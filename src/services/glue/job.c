// SPDX-License-Identifier: Apache-2.0
// Jobs as rows. Specified by "Job API" in the AWS Glue guide.
#include "services/glue/job.h"

static const char *const MEMBERS[] = {"JobMode",
                                      "JobRunQueuingEnabled",
                                      "Description",
                                      "LogUri",
                                      "Role",
                                      "ExecutionProperty",
                                      "Command",
                                      "DefaultArguments",
                                      "NonOverridableArguments",
                                      "Connections",
                                      "MaxRetries",
                                      "AllocatedCapacity",
                                      "Timeout",
                                      "MaxCapacity",
                                      "WorkerType",
                                      "NumberOfWorkers",
                                      "NotificationProperty",
                                      "GlueVersion",
                                      "ExecutionClass",
                                      "MaintenanceWindow",
                                      NULL};

struct key *job_key(struct call *call, struct key *key, struct str name)
{
    return key_str(key_str(key_start(key, KEYSPACE_GLUE_JOB), call->region), name);
}

static enum err refuse_missing(struct call *call, struct str name)
{
    FAIL(call, GLUE_NOT_FOUND, "Job %.*s not found.", STR_ARG(name));
}

enum err job_lock(struct call *call, struct str name, struct json **out_row)
{
    struct key key;
    enum err err = tx_lock_json(call->tx, job_key(call, &key, name), call->arena, out_row);
    return err == ERR_NOT_FOUND ? refuse_missing(call, name) : err;
}

static struct json *shown(struct call *call, const struct json *row)
{
    struct json *json = json_copy_shallow(call->arena, row);
    json_remove(json, S("_active"));
    return json;
}

static struct json *defaults(struct call *call, struct str name)
{
    struct arena *arena = call->arena;
    struct json *row = json_set_str(arena, json_object(arena), "Name", name);
    json_set(arena, row, "ExecutionProperty",
             json_set_i64(arena, json_object(arena), "MaxConcurrentRuns", 1));
    json_set_i64(arena, row, "MaxRetries", 0);
    json_set_i64(arena, row, "Timeout", 2880); // minutes
    json_set_str(arena, row, "GlueVersion", S("0.9"));
    json_set_str(arena, row, "JobMode", S("SCRIPT"));
    json_set_bool(arena, row, "JobRunQueuingEnabled", false);
    json_set_str(arena, row, "ExecutionClass", S("STANDARD"));
    return row;
}

enum err glue_create_job(struct call *call, const struct json *in, struct json **out)
{
    struct arena *arena = call->arena;
    struct str name = json_str(in, "Name"), text;
    struct key key;
    enum err err = tx_lock(call->tx, job_key(call, &key, name), arena, &text);
    if (err == OK)
        FAIL(call, GLUE_EXISTS, "Job with name %.*s already exists.", STR_ARG(name));
    if (err != ERR_NOT_FOUND)
        return err;
    struct json *row = defaults(call, name);
    glue_copy(call, row, in, MEMBERS);
    json_set(arena, row, "CreatedOn", time_json(arena, call->now_ms));
    json_set(arena, row, "LastModifiedOn", time_json(arena, call->now_ms));
    json_set(arena, row, "_active", json_array(arena));
    TRY(tx_put_json(call->tx, &key, row));
    TRY(glue_tags_set(call, str_format(arena, "job/%.*s", STR_ARG(name)), json_get(in, "Tags")));
    *out = json_set_str(arena, json_object(arena), "Name", name);
    return OK;
}

// The update is the whole definition: what it leaves out falls back to its default.
enum err glue_update_job(struct call *call, const struct json *in, struct json **out)
{
    struct str name = json_str(in, "JobName");
    struct json *old;
    struct key key;
    TRY(job_lock(call, name, &old));
    struct json *row = defaults(call, name);
    glue_copy(call, row, json_get(in, "JobUpdate"), MEMBERS);
    json_set(call->arena, row, "CreatedOn", json_get(old, "CreatedOn"));
    json_set(call->arena, row, "LastModifiedOn", time_json(call->arena, call->now_ms));
    json_set(call->arena, row, "_active", json_get(old, "_active"));
    *out = json_set_str(call->arena, json_object(call->arena), "JobName", name);
    return tx_put_json(call->tx, job_key(call, &key, name), row);
}

// A job that is not there is deleted already. Runs that have not ended find that their rows are
// gone and adopt nothing.
enum err glue_delete_job(struct call *call, const struct json *in, struct json **out)
{
    static const enum keyspace BELOW[] = {KEYSPACE_GLUE_RUN, KEYSPACE_GLUE_RUN_ID,
                                          KEYSPACE_GLUE_RUN_WATCH};
    struct str name = json_str(in, "JobName"), text;
    struct key key;
    *out = json_set_str(call->arena, json_object(call->arena), "JobName", name);
    enum err err = tx_lock(call->tx, job_key(call, &key, name), call->arena, &text);
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    TRY(tx_delete(call->tx, &key));
    for (size_t i = 0; i < sizeof BELOW / sizeof *BELOW; i++)
        TRY(glue_delete_prefix(call,
                               key_str(key_str(key_start(&key, BELOW[i]), call->region), name)));
    TRY(bookmark_forget(call, name));
    return glue_tags_drop(call, str_format(call->arena, "job/%.*s", STR_ARG(name)));
}

// --- reading

static enum err read_job(struct call *call, struct str name, struct json **out_row)
{
    struct key key;
    enum err err = tx_get_json(call->tx, job_key(call, &key, name), call->arena, out_row);
    return err == ERR_NOT_FOUND ? refuse_missing(call, name) : err;
}

enum err glue_get_job(struct call *call, const struct json *in, struct json **out)
{
    struct json *row;
    TRY(read_job(call, json_str(in, "JobName"), &row));
    *out = json_set(call->arena, json_object(call->arena), "Job", shown(call, row));
    return OK;
}

static enum err begin_list(struct call *call, const struct json *in, struct glue_list *list)
{
    struct key prefix;
    key_str(key_start(&prefix, KEYSPACE_GLUE_JOB), call->region);
    return glue_list_begin(call, in, &prefix, 100, list);
}

enum err glue_get_jobs(struct call *call, const struct json *in, struct json **out)
{
    struct glue_list list;
    struct json *row;
    enum err err;
    TRY(begin_list(call, in, &list));
    while ((err = glue_list_next(&list, &row)) == OK)
        if (!glue_list_push(&list, shown(call, row)))
            break;
    return glue_list_end(&list, err, "Jobs", out);
}

enum err glue_list_jobs(struct call *call, const struct json *in, struct json **out)
{
    struct glue_list list;
    struct json *row;
    enum err err;
    TRY(begin_list(call, in, &list));
    while ((err = glue_list_next(&list, &row)) == OK) {
        struct str resource = str_format(call->arena, "job/%.*s", STR_ARG(json_str(row, "Name")));
        if (glue_tags_match(call, resource, json_get(in, "Tags")) &&
            !glue_list_push(&list, json_get(row, "Name")))
            break;
    }
    return glue_list_end(&list, err, "JobNames", out);
}

enum err glue_batch_get_jobs(struct call *call, const struct json *in, struct json **out)
{
    struct json *found = json_array(call->arena), *missing = json_array(call->arena), *row;
    JSON_EACH (name, json_get(in, "JobNames")) {
        enum err err = read_job(call, json_as_str(name), &row);
        if (err != OK && err != ERR_CODED)
            return err;
        json_push(call->arena, err == OK ? found : missing, err == OK ? shown(call, row) : name);
    }
    *out = json_set(call->arena, json_object(call->arena), "Jobs", found);
    json_set(call->arena, *out, "JobsNotFound", missing);
    return OK;
}
