// SPDX-License-Identifier: Apache-2.0
// Sources and marks are both in order of their keys, so one walk over both finds what changed.
#include "services/glue/convert_plan.h"

#include "services/glue/crawler.h"
#include "services/glue/schema.h"

static bool holds(const struct json *list, struct str text)
{
    JSON_EACH (item, list)
        if (str_eq(json_as_str(item), text))
            return true;
    return false;
}

static void add_once(struct arena *arena, struct json *list, struct str text)
{
    if (text.len && !holds(list, text))
        json_push(arena, list, json_string(arena, text));
}

void convert_choose(struct arena *arena, struct convert_table *table,
                    const struct bookmark_source *marks, size_t mark_count)
{
    table->dead = json_array(arena);
    table->dirty_runs = json_array(arena);
    table->wanted_count = 0;
    for (size_t s = 0, m = 0; s < table->count || m < mark_count;) {
        struct convert_source *source = s < table->count ? &table->sources[s] : NULL;
        const struct bookmark_source *mark = m < mark_count ? &marks[m] : NULL;
        int order = !source ? 1 : !mark ? -1 : 0;
        if (source && mark) {
            struct str path =
                str_format(arena, "%.*s/%.*s", STR_ARG(table->bucket), STR_ARG(source->key));
            order = str_cmp(path, mark->path);
        }
        bool same = order == 0 && str_eq(source->etag, mark->etag);
        if (order >= 0 && !same)
            add_once(arena, table->dirty_runs, mark->run);
        if (order > 0)
            json_push(arena, table->dead, json_string(arena, mark->path));
        if (order <= 0) {
            source->wanted = !same;
            source->marked_run = same ? mark->run : STR_NONE;
        }
        s += order <= 0;
        m += order >= 0;
    }
    for (size_t s = 0; s < table->count; s++) {
        struct convert_source *source = &table->sources[s];
        source->wanted |= source->marked_run.len && holds(table->dirty_runs, source->marked_run);
        table->wanted_count += source->wanted;
    }
}

// --- from the catalog

static bool is_json_table(const struct json *row)
{
    const struct json *storage = json_get(row, "StorageDescriptor");
    struct str serde = json_str(json_get(storage, "SerdeInfo"), "SerializationLibrary");
    return str_is(json_str(json_get(row, "Parameters"), "classification"), "json") ||
           str_is(serde, "org.openx.data.jsonserde.JsonSerDe") ||
           str_is(serde, "org.apache.hive.hcatalog.data.JsonSerDe");
}

// Why a table cannot be converted.
static enum err check_table(struct call *call, const struct json *row, struct str name,
                            const struct run_arguments *arguments, struct convert_table *table)
{
    struct str location = json_str(json_get(row, "StorageDescriptor"), "Location");
    if (!is_json_table(row))
        FAIL(call, GLUE_NOT_IMPLEMENTED,
             "Table %.*s is not of JSON: the embedded engine converts JSON tables only",
             STR_ARG(name));
    if (json_count(json_get(row, "PartitionKeys")))
        FAIL(call, GLUE_NOT_IMPLEMENTED,
             "Table %.*s is partitioned: the embedded engine reads tables without partitions only",
             STR_ARG(name));
    if (!glue_s3_path(location, &table->bucket, &table->prefix))
        FAIL(call, GLUE_INVALID, "Table %.*s is not in S3: %.*s", STR_ARG(name), STR_ARG(location));
    struct str target =
        str_format(call->arena, "%.*s%.*s/", STR_ARG(arguments->target_prefix), STR_ARG(name));
    if (str_eq(table->bucket, arguments->target_bucket) && str_starts(target, table->prefix))
        FAIL(call, GLUE_INVALID, "The target path lies within table %.*s itself", STR_ARG(name));
    return OK;
}

static enum err list_sources(struct call *call, struct convert_table *table)
{
    struct json *entries;
    TRY(engine_list(call, table->bucket, table->prefix, &entries));
    JSON_EACH (entry, entries) {
        struct str key = json_str(entry, "Key");
        uint64_t size = (uint64_t)json_i64_or(entry, "Size", 0);
        bool is_file = str_eq(key, table->prefix); // a table of one object
        if (!is_file && !crawl_wants(table->prefix, key, size, NULL))
            continue;
        struct convert_source *source =
            ARENA_PUSH(call->arena, table->sources, table->count, table->capacity);
        *source = (struct convert_source){
            .key = key,
            .etag = engine_etag(json_str(entry, "ETag")),
            .size_bytes = size,
            .blob = json_get(entry, "Blob"),
        };
    }
    return OK;
}

static enum err recall_columns(struct call *call, struct convert_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        struct convert_source *source = &table->sources[i];
        if (!source->wanted)
            continue;
        enum err err =
            crawl_recall(call, table->bucket, source->key, source->etag, &source->columns);
        if (err != OK && err != ERR_NOT_FOUND)
            return err;
    }
    return OK;
}

static enum err find_old_objects(struct call *call, struct str job, struct convert_table *table)
{
    table->old_objects = json_array(call->arena);
    JSON_EACH (run, table->dirty_runs) {
        struct json *outputs;
        enum err err = bookmark_outputs(call, job, table->id, json_as_str(run), &outputs);
        if (err != OK && err != ERR_NOT_FOUND)
            return err;
        if (err == OK)
            json_push(call->arena, table->old_objects, outputs);
    }
    return OK;
}

static enum err plan_table(struct call *call, struct str job, const struct json *row,
                           const struct run_arguments *arguments, struct convert_table *table)
{
    struct bookmark_source *marks = NULL;
    size_t mark_count = 0;
    table->id = str_format(call->arena, "%.*s.%.*s", STR_ARG(arguments->source_database),
                           STR_ARG(table->name));
    TRY(list_sources(call, table));
    if (arguments->bookmark)
        TRY(bookmark_sources(call, job, table->id, &marks, &mark_count));
    convert_choose(call->arena, table, marks, mark_count);
    table->columns =
        schema_of_table(call->arena, json_get(json_get(row, "StorageDescriptor"), "Columns"));
    TRY(recall_columns(call, table));
    return find_old_objects(call, job, table);
}

// A table that the catalog has no more, as its objects are gone: what was made of them goes, too. A
// table that was dropped while its objects are still there is none of our business.
static enum err plan_lost_table(struct call *call, struct str job, struct str id,
                                struct convert_plan *plan)
{
    struct bookmark_source *marks;
    size_t count;
    struct json *entries;
    TRY(bookmark_sources(call, job, id, &marks, &count));
    if (count == 0)
        return OK;
    struct convert_table *table = ARENA_NEW(call->arena, struct convert_table);
    size_t slash = str_find_char(marks[0].path, '/');
    table->id = id;
    table->name = str_from(id, str_find_char(id, '.') + 1);
    table->bucket = str_slice(marks[0].path, 0, slash);
    for (size_t i = 0; i < count; i++) {
        struct str key = str_from(marks[i].path, slash + 1);
        TRY(engine_list(call, table->bucket, key, &entries));
        if (str_eq(json_str(json_at(entries, 0), "Key"), key))
            return OK;
    }
    convert_choose(call->arena, table, marks, count);
    *ARENA_PUSH(call->arena, plan->tables, plan->count, plan->capacity) = table;
    return find_old_objects(call, job, table);
}

static enum err plan_lost_tables(struct call *call, struct str job,
                                 const struct run_arguments *arguments, struct json *seen,
                                 struct convert_plan *plan)
{
    struct key prefix;
    struct str raw, value;
    enum err err;
    struct str ours = str_format(call->arena, "%.*s.", STR_ARG(arguments->source_database));
    struct json *lost = json_array(call->arena);
    key_str(key_str(key_start(&prefix, KEYSPACE_GLUE_BOOKMARK_OUTPUT), call->region), job);
    struct scan *scan = scan_open(call->tx, &prefix, NULL, false);
    while ((err = scan_next(scan, &raw, &value)) == OK) {
        struct cursor cursor = key_cursor(raw);
        key_take_str(&cursor, call->arena);
        key_take_str(&cursor, call->arena);
        struct str id = key_take_str(&cursor, call->arena);
        if (str_starts(id, ours) && !holds(seen, id))
            add_once(call->arena, lost, id);
    }
    scan_close(scan);
    if (err != ERR_NOT_FOUND)
        return err;
    JSON_EACH (id, lost)
        TRY(plan_lost_table(call, job, json_as_str(id), plan));
    return OK;
}

static bool is_asked_for(struct str names, struct str name)
{
    if (!names.len)
        return true;
    for (struct str part, rest = names; str_cut(&rest, ',', &part);)
        if (str_eq(str_trim(part), name))
            return true;
    return false;
}

static enum err check_asked_tables(struct call *call, const struct run_arguments *arguments)
{
    struct json *row;
    if (!arguments->source_tables.len)
        return glue_database_get(call, arguments->source_database, GLUE_READ, &row);
    for (struct str part, rest = arguments->source_tables; str_cut(&rest, ',', &part);)
        TRY(glue_table_get(call, arguments->source_database, str_trim(part), GLUE_READ, &row));
    return OK;
}

enum err convert_make_plan(struct call *call, struct str job, const struct run_arguments *arguments,
                           struct convert_plan *out)
{
    struct key prefix;
    struct glue_list list;
    struct json *row;
    enum err err;
    struct json *seen = json_array(call->arena);
    *out = (struct convert_plan){.skipped = json_array(call->arena)};
    TRY(bookmark_version(call, job, false, &out->bookmark_version));
    TRY(check_asked_tables(call, arguments));
    key_str(key_str(key_start(&prefix, KEYSPACE_GLUE_TABLE), call->region),
            arguments->source_database);
    TRY(glue_list_begin(call, NULL, &prefix, INT64_MAX, &list));
    while ((err = glue_list_next(&list, &row)) == OK) {
        if (!is_asked_for(arguments->source_tables, json_str(row, "Name")))
            continue;
        struct convert_table *table = ARENA_NEW(call->arena, struct convert_table);
        table->name = json_str(row, "Name");
        err = check_table(call, row, table->name, arguments, table);
        if (err == ERR_CODED && !arguments->source_tables.len) {
            struct str reason = str_dup(call->arena, str_of(call->error.text));
            json_push(call->arena, out->skipped, json_string(call->arena, reason));
            continue;
        }
        if (err == OK)
            err = plan_table(call, job, row, arguments, table);
        if (err != OK)
            break;
        json_push(call->arena, seen, json_string(call->arena, table->id));
        if (table->wanted_count || json_count(table->dead) || json_count(table->dirty_runs))
            *ARENA_PUSH(call->arena, out->tables, out->count, out->capacity) = table;
    }
    scan_close(list.scan);
    if (err != ERR_NOT_FOUND)
        return err;
    if (arguments->bookmark && !arguments->source_tables.len)
        return plan_lost_tables(call, job, arguments, seen, out);
    return OK;
}
