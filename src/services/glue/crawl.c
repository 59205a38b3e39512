// SPDX-License-Identifier: Apache-2.0
// One crawl: look (list the targets, recall what is known), read (infer the schemas of new objects
// in a worker), then in one transaction change the catalog, the memory and the crawler's state.
//
// The memory makes a crawl cheap: of each object the version (ETag) and the schema are kept, so
// only what is new is read, and the tables are grouped anew from all schemas each time. A crawl
// that is killed leaves nothing and is run again by its task.
#include "services/glue/crawler.h"
#include "services/glue/engine_files.h"

#include "base/digest.h"
#include "lake/worker.h"
#include "os/file.h"

#include <stdlib.h>
#include <string.h>

// Objects up to this size are read in full, larger ones from the front.
#define SAMPLE_BYTES ((int64_t)4 << 20)
#define ATTEMPTS_MAX 5 // to read what is overwritten while it is read

struct target_files {
    struct str bucket, include;
    const struct crawl_file **files;
    size_t count, capacity;
};
struct crawl {
    struct call *call;
    struct str name, id;
    char *scratch;
    struct json *row; // the crawler's, as it was when the crawl looked
    bool over;        // not this crawl's turn any more
    bool stopping;
    struct target_files *targets;
    size_t target_count;
    struct crawl_file **fresh; // to be read
    const char **paths;        // of those; NULL-terminated
    size_t fresh_count, fresh_capacity, path_capacity;
    struct crawl_schema **schemas;
    size_t schema_count, schema_capacity;
    struct json *forgotten; // keys of memory rows whose objects are gone: [bucket, key]
    struct crawl_tables tables;
    struct crawl_counts counts;
};

// --- memory

static struct key *crawled_key(struct call *call, struct key *key, struct str crawler,
                               struct str bucket, struct str object)
{
    key_str(key_str(key_start(key, KEYSPACE_GLUE_CRAWLED), call->region), crawler);
    return key_str(key_str(key, bucket), object);
}

static struct key *schema_key(struct call *call, struct key *key, struct str crawler,
                              struct str hash)
{
    key_str(key_str(key_start(key, KEYSPACE_GLUE_CRAWL_SCHEMA), call->region), crawler);
    return key_str(key, hash);
}

static struct crawl_schema *schema_of_json(struct arena *arena, struct str hash,
                                           const struct json *json)
{
    struct crawl_schema *schema = ARENA_NEW(arena, struct crawl_schema);
    schema->hash = hash;
    schema->format = json_str(json, "format");
    schema->compression = json_str_or(json, "compression", S("none"));
    schema->columns = json_get(json, "columns");
    schema->csv = json_get(json, "csv");
    schema->error = json_str(json, "error");
    return schema;
}

static enum err find_schema(struct crawl *c, struct str hash, const struct crawl_schema **out)
{
    struct json *json;
    struct key key;
    for (size_t i = 0; i < c->schema_count; i++)
        if (str_eq(c->schemas[i]->hash, hash)) {
            *out = c->schemas[i];
            return OK;
        }
    TRY(tx_get_json(c->call->tx, schema_key(c->call, &key, c->name, hash), c->call->arena, &json));
    *out = *ARENA_PUSH(c->call->arena, c->schemas, c->schema_count, c->schema_capacity) =
        schema_of_json(c->call->arena, hash, json);
    return OK;
}

static enum err recall(struct crawl *c, struct crawl_file *file)
{
    struct json *row;
    struct key key;
    TRY(tx_get_json(c->call->tx, crawled_key(c->call, &key, c->name, file->bucket, file->key),
                    c->call->arena, &row));
    if (!str_eq(json_str(row, "etag"), file->etag))
        return ERR_NOT_FOUND;
    TRY(find_schema(c, json_str(row, "schema"), &file->schema));
    file->rows = json_i64_or(row, "rows", 0);
    file->read_in_full = json_bool_or(row, "full", false);
    return OK;
}

enum err crawl_recall(struct call *call, struct str bucket, struct str object, struct str etag,
                      struct json **out_columns)
{
    struct key prefix, key;
    struct glue_list list;
    struct json *crawler, *row, *schema;
    enum err err;
    key_str(key_start(&prefix, KEYSPACE_GLUE_CRAWLER), call->region);
    TRY(glue_list_begin(call, NULL, &prefix, INT64_MAX, &list));
    while ((err = glue_list_next(&list, &crawler)) == OK) {
        struct str name = json_str(crawler, "Name");
        if (tx_get_json(call->tx, crawled_key(call, &key, name, bucket, object), call->arena,
                        &row) != OK ||
            !str_eq(json_str(row, "etag"), etag) || !json_bool_or(row, "full", false))
            continue;
        if (tx_get_json(call->tx, schema_key(call, &key, name, json_str(row, "schema")),
                        call->arena, &schema) == OK &&
            !json_has(schema, "error")) {
            *out_columns = json_get(schema, "columns");
            break;
        }
    }
    scan_close(list.scan);
    return err;
}

// --- look

static bool folder_is_known(const struct target_files *target, struct str key)
{
    struct str folder = str_slice(key, 0, str_rfind_char(key, '/') + 1);
    for (size_t i = 0; i < target->count; i++) {
        const struct crawl_file *file = target->files[i];
        if (file->schema && str_starts(file->key, folder) &&
            str_rfind_char(file->key, '/') + 1 == folder.len)
            return true;
    }
    return false;
}

// CRAWL_NEW_FOLDERS_ONLY: what is new in a folder that was crawled before is left alone.
static void keep_new_folders_only(struct target_files *target)
{
    size_t kept = 0;
    bool *drop = calloc(target->count + 1, sizeof *drop);
    if (!drop)
        abort();
    for (size_t i = 0; i < target->count; i++)
        drop[i] = !target->files[i]->schema && folder_is_known(target, target->files[i]->key);
    for (size_t i = 0; i < target->count; i++)
        if (!drop[i])
            target->files[kept++] = target->files[i];
    target->count = kept;
    free(drop);
}

static enum err look_at_target(struct crawl *c, const struct json *spec,
                               struct target_files *target)
{
    struct call *call = c->call;
    struct json *entries;
    glue_s3_path(json_str(spec, "Path"), &target->bucket, &target->include);
    TRY(engine_list(call, target->bucket, target->include, &entries));
    struct str include = target->include;
    bool is_object = false;
    JSON_EACH (entry, entries)
        is_object |= str_eq(json_str(entry, "Key"), include) && json_i64_or(entry, "Size", 0) > 0;
    if (include.len && !str_ends(include, S("/")) && !is_object)
        include = str_format(call->arena, "%.*s/", STR_ARG(include));
    target->include = include;
    JSON_EACH (entry, entries) {
        struct str key = json_str(entry, "Key");
        uint64_t size = (uint64_t)json_i64_or(entry, "Size", 0);
        if (is_object ? !str_eq(key, include)
                      : !crawl_wants(include, key, size, json_get(spec, "Exclusions")))
            continue;
        struct crawl_file *file = ARENA_NEW(call->arena, struct crawl_file);
        file->bucket = target->bucket;
        file->key = key;
        file->etag = engine_etag(json_str(entry, "ETag"));
        file->size_bytes = size;
        file->blob = json_get(entry, "Blob");
        enum err err = recall(c, file);
        if (err != OK && err != ERR_NOT_FOUND)
            return err;
        *ARENA_PUSH(call->arena, target->files, target->count, target->capacity) = file;
    }
    return OK;
}

static enum err collect_fresh(struct crawl *c, struct target_files *target)
{
    for (size_t i = 0; i < target->count; i++) {
        struct crawl_file *file = (struct crawl_file *)(uintptr_t)target->files[i];
        if (file->schema)
            continue;
        char *path;
        TRY(engine_file(c->call, file->blob, c->scratch, c->fresh_count, &path));
        file->is_new = true;
        size_t count = c->fresh_count;
        *ARENA_PUSH(c->call->arena, c->paths, count, c->path_capacity) = path;
        *ARENA_PUSH(c->call->arena, c->fresh, c->fresh_count, c->fresh_capacity) = file;
    }
    return OK;
}

static int compare_files(const void *left, const void *right)
{
    const struct crawl_file *a = *(const struct crawl_file *const *)left,
                            *b = *(const struct crawl_file *const *)right;
    int order = str_cmp(a->bucket, b->bucket);
    return order ? order : str_cmp(a->key, b->key);
}

// Memory of objects that are there no more.
static enum err find_forgotten(struct crawl *c)
{
    struct call *call = c->call;
    size_t count = 0, at = 0;
    for (size_t i = 0; i < c->target_count; i++)
        count += c->targets[i].count;
    const struct crawl_file **all = ARENA_ARRAY(call->arena, const struct crawl_file *, count + 1);
    for (size_t i = 0; i < c->target_count; i++)
        for (size_t k = 0; k < c->targets[i].count; k++)
            all[at++] = c->targets[i].files[k];
    qsort(all, count, sizeof *all, compare_files);
    struct key prefix;
    struct str raw, value;
    enum err err;
    key_str(key_str(key_start(&prefix, KEYSPACE_GLUE_CRAWLED), call->region), c->name);
    struct scan *scan = scan_open(call->tx, &prefix, NULL, false);
    while ((err = scan_next(scan, &raw, &value)) == OK) {
        struct cursor cursor = key_cursor(raw);
        key_take_str(&cursor, call->arena);
        key_take_str(&cursor, call->arena);
        struct crawl_file wanted = {.bucket = key_take_str(&cursor, call->arena)};
        wanted.key = key_take_str(&cursor, call->arena);
        const struct crawl_file *key = &wanted;
        if (bsearch(&key, all, count, sizeof *all, compare_files))
            continue;
        struct json *pair = json_push(call->arena, json_array(call->arena),
                                      json_string(call->arena, wanted.bucket));
        json_push(call->arena, c->forgotten,
                  json_push(call->arena, pair, json_string(call->arena, wanted.key)));
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err look(struct call *call, void *context)
{
    struct crawl *c = context;
    struct key key;
    c->fresh_count = c->target_count = c->schema_count = 0;
    c->forgotten = json_array(call->arena);
    c->counts = (struct crawl_counts){0};
    enum err err = tx_get_json(call->tx, crawler_key(call, &key, c->name), call->arena, &c->row);
    c->over = err == ERR_NOT_FOUND ||
              (err == OK && (!str_eq(json_str(json_get(c->row, "_crawl"), "id"), c->id) ||
                             str_is(json_str(c->row, "State"), "READY")));
    if (c->over)
        return OK;
    TRY(err);
    c->stopping = str_is(json_str(c->row, "State"), "STOPPING");
    if (c->stopping)
        return OK;
    const struct json *targets = json_get(json_get(c->row, "Targets"), "S3Targets");
    bool new_folders = str_is(json_str(json_get(c->row, "RecrawlPolicy"), "RecrawlBehavior"),
                              "CRAWL_NEW_FOLDERS_ONLY");
    c->targets = ARENA_ARRAY(call->arena, struct target_files, json_count(targets) + 1);
    JSON_EACH (spec, targets) {
        struct target_files *target = &c->targets[c->target_count++];
        TRY(look_at_target(c, spec, target));
        if (new_folders)
            keep_new_folders_only(target);
        TRY(collect_fresh(c, target));
    }
    size_t count = c->fresh_count;
    *ARENA_PUSH(call->arena, c->paths, count, c->path_capacity) = NULL;
    return find_forgotten(c);
}

// --- read

static void learn(struct crawl *c, struct crawl_file *file, const struct json *inferred)
{
    struct arena *arena = c->call->arena;
    static const char *const MEMBERS[] = {"format", "compression", "columns", "csv", "error", NULL};
    struct json *json = json_object(arena);
    glue_copy(c->call, json, inferred, MEMBERS);
    bool readable = json_count(json_get(json, "columns")) > 0 && !json_has(json, "error");
    if (!readable && !json_has(json, "error"))
        json_set_str(arena, json, "error", S("no columns were found"));
    struct str hash = digest_hex(arena, DIGEST_MD5, json_text(arena, json));
    file->schema = NULL;
    for (size_t i = 0; i < c->schema_count; i++)
        if (str_eq(c->schemas[i]->hash, hash))
            file->schema = c->schemas[i];
    if (!file->schema)
        file->schema = *ARENA_PUSH(arena, c->schemas, c->schema_count, c->schema_capacity) =
            schema_of_json(arena, hash, json);
    int64_t sampled = json_i64_or(inferred, "sampled_bytes", 0);
    file->rows = json_i64_or(inferred, "rows", 0);
    file->read_in_full = (int64_t)file->size_bytes <= SAMPLE_BYTES &&
                         str_is(file->schema->compression, "none") && readable;
    if (!file->read_in_full && sampled > 0 && (int64_t)file->size_bytes > sampled)
        file->rows = (int64_t)((double)file->rows * (double)file->size_bytes / (double)sampled);
    c->counts.files_read++;
    c->counts.files_refused += !readable;
    if (!readable)
        log_event(lake_log(c->call->lake), LOG_WARN, "glue",
                  "crawler=%.*s cannot read s3://%.*s/%.*s: %.*s", STR_ARG(c->name),
                  STR_ARG(file->bucket), STR_ARG(file->key), STR_ARG(json_str(json, "error")));
}

static struct json *infer_input(struct crawl *c)
{
    struct arena *arena = c->call->arena;
    struct json *files = json_array(arena), *input = json_object(arena);
    for (size_t i = 0; i < c->fresh_count; i++) {
        struct json *file = json_set_str(arena, json_object(arena), "path", str_of(c->paths[i]));
        json_set_str(arena, file, "format", S("auto"));
        json_push(arena, files, json_set_str(arena, file, "compression", S("auto")));
    }
    json_set(arena, input, "files", files);
    return json_set_i64(arena, input, "sample_bytes", SAMPLE_BYTES);
}

static enum err read_fresh(struct crawl *c, struct error *error)
{
    if (c->fresh_count == 0)
        return OK;
    struct json *result;
    struct worker_job job = {
        .kind = "infer",
        .input = infer_input(c),
        .read_paths = c->paths,
        .scratch = c->scratch,
        .cancel_key = crawl_cancel_key(c->call, c->name),
    };
    TRY(worker_run(c->call->lake, &job, c->call->arena, &result, error));
    for (size_t i = 0; i < c->fresh_count; i++)
        learn(c, c->fresh[i], json_at(json_get(result, "files"), i));
    return OK;
}

// Until nothing changes under our eyes.
static enum err look_and_read(struct crawl *c, struct error *error)
{
    for (unsigned attempt = 1;; attempt++) {
        TRY(call_transact(c->call, look, c));
        if (c->over || c->stopping)
            return OK;
        enum err err = read_fresh(c, error);
        if ((err == OK && c->counts.files_refused == 0) || err == ERR_CANCELLED ||
            attempt == ATTEMPTS_MAX || !c->fresh_count || !engine_files_vanished(c->paths))
            return err;
    }
}

static struct str group(struct crawl *c)
{
    struct arena *arena = c->call->arena;
    struct crawl_grouping grouping;
    bool merge_columns;
    struct str bad = crawler_configuration_error(arena, json_str(c->row, "Configuration"),
                                                 &grouping, &merge_columns);
    for (size_t i = 0; !bad.len && i < c->target_count; i++) {
        const struct target_files *target = &c->targets[i];
        const struct crawl_file **readable =
            ARENA_ARRAY(arena, const struct crawl_file *, target->count + 1);
        size_t count = 0;
        for (size_t k = 0; k < target->count; k++)
            if (!target->files[k]->schema->error.len)
                readable[count++] = target->files[k];
        crawl_group(arena, &grouping, target->include, readable, count, &c->tables);
    }
    return bad;
}

// --- finish

static enum err remember(struct crawl *c)
{
    struct call *call = c->call;
    struct arena *arena = call->arena;
    struct key key;
    struct str text;
    for (size_t i = 0; i < c->fresh_count; i++) {
        const struct crawl_file *file = c->fresh[i];
        const struct crawl_schema *schema = file->schema;
        struct json *row = json_set_str(arena, json_object(arena), "etag", file->etag);
        json_set_str(arena, row, "schema", schema->hash);
        json_set_i64(arena, row, "rows", file->rows);
        json_set_bool(arena, row, "full", file->read_in_full);
        TRY(tx_put_json(call->tx, crawled_key(call, &key, c->name, file->bucket, file->key), row));
        enum err err =
            tx_get(call->tx, schema_key(call, &key, c->name, schema->hash), arena, &text);
        if (err != ERR_NOT_FOUND && err != OK)
            return err;
        if (err == OK)
            continue;
        struct json *json = json_set_str(arena, json_object(arena), "format", schema->format);
        json_set_str(arena, json, "compression", schema->compression);
        json_set(arena, json, "columns", schema->columns);
        json_set(arena, json, "csv", schema->csv);
        if (schema->error.len)
            json_set_str(arena, json, "error", schema->error);
        TRY(tx_put_json(call->tx, &key, json));
    }
    JSON_EACH (pair, c->forgotten)
        TRY(tx_delete(call->tx, crawled_key(call, &key, c->name, json_as_str(json_at(pair, 0)),
                                            json_as_str(json_at(pair, 1)))));
    return OK;
}

struct ending {
    struct crawl *crawl;
    struct str error; // "" so far
};
static enum err finish(struct call *call, void *context)
{
    struct ending *ending = context;
    struct crawl *c = ending->crawl;
    struct json *row;
    struct crawl_counts counts = c->counts;
    struct str error = ending->error;
    enum err err = call_finish_task(call);
    if (err == OK)
        err = crawler_lock(call, c->name, &row);
    if (err == ERR_CODED ||
        (err == OK && (!str_eq(json_str(json_get(row, "_crawl"), "id"), c->id) ||
                       str_is(json_str(row, "State"), "READY"))))
        return OK; // deleted, or another crawl's turn
    TRY(err);
    if (str_is(json_str(row, "State"), "STOPPING"))
        return crawl_finish(call, row, CRAWL_CANCELLED, S(""), &counts);
    if (!error.len) {
        tx_mark(call->tx);
        err = crawl_update_catalog(call, row, &c->tables, &counts);
        if (err == OK)
            err = remember(c);
        if (err == OK) {
            tx_forget_mark(call->tx);
            return crawl_finish(call, row, CRAWL_SUCCEEDED, S(""), &counts);
        }
        tx_undo_to_mark(call->tx);
        if (err != ERR_CODED)
            return err;
        error = str_dup(call->arena, str_of(call->error.text));
        counts = (struct crawl_counts){0};
    }
    return crawl_finish(call, row, CRAWL_FAILED, error, &counts);
}

enum err glue_run_crawl(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct crawl c = {.call = call, .name = json_str(in, "Name"), .id = json_str(in, "CrawlId")};
    struct ending ending = {.crawl = &c, .error = S("")};
    struct error error = {0};
    TRY(worker_scratch(call->lake, call->arena, &c.scratch, &call->error));
    enum err err = look_and_read(&c, &error);
    if (err == OK && !c.over && !c.stopping)
        ending.error = group(&c);
    else if (err == ERR_CANCELLED) // by StopCrawler, or because the server ends: then it runs again
        err = call_transact(call, look, &c) == OK && (c.over || c.stopping) ? OK : ERR_CANCELLED;
    else if (err != OK)
        ending.error =
            str_dup(call->arena,
                    str_of(err == ERR_CODED || !error.text[0] ? call->error.text : error.text));
    worker_scratch_remove(call->lake, c.scratch);
    return err == ERR_CANCELLED ? err : call_transact(call, finish, &ending);
}
