// SPDX-License-Identifier: Apache-2.0
// A recursion over the folders of a sorted list of keys: a folder is a slice of the list.
#include "services/glue/crawl_group.h"

#include "base/encode.h"
#include "base/pattern.h"
#include "services/glue/schema.h"

#include <string.h>

struct grouper {
    struct arena *arena;
    const struct crawl_grouping *grouping;
};

bool crawl_wants(struct str include, struct str key, uint64_t size_bytes,
                 const struct json *exclusions)
{
    if (!str_starts(key, include) || str_ends(key, S("/")) || size_bytes == 0)
        return false;
    struct str path = str_from(key, include.len), rest = path;
    for (struct str part; str_cut(&rest, '/', &part);)
        if (part.len && (part.ptr[0] == '_' || part.ptr[0] == '.'))
            return false;
    JSON_EACH (glob, exclusions)
        if (glob_match(json_as_str(glob), path))
            return false;
    return true;
}

// --- tables being made

static struct crawl_table *table_new(struct grouper *g, struct str bucket, struct str root)
{
    struct crawl_table *table = ARENA_NEW(g->arena, struct crawl_table);
    table->bucket = bucket;
    table->root = root;
    table->columns = json_array(g->arena);
    table->schemas = json_array(g->arena);
    table->partition_keys = json_array(g->arena);
    return table;
}

static void note_schema(struct grouper *g, struct crawl_table *table, struct str hash)
{
    if (json_count(table->schemas) > CRAWL_SCHEMAS_MAX)
        return;
    JSON_EACH (known, table->schemas)
        if (str_eq(json_as_str(known), hash))
            return;
    json_push(g->arena, table->schemas, json_string(g->arena, hash));
}

static void add_file(struct grouper *g, struct crawl_table *table, const struct crawl_file *file)
{
    const struct crawl_schema *schema = file->schema;
    if (table->count == 0) {
        table->format = schema->format;
        table->compression = schema->compression;
        table->csv = schema->csv;
    }
    bool same = table->count && table->files[table->count - 1]->schema == schema;
    *ARENA_PUSH(g->arena, table->files, table->count, table->capacity) = file;
    if (same)
        return; // nothing new in it
    table->columns = schema_merge(g->arena, table->columns, schema->columns);
    note_schema(g, table, schema->hash);
}

static void push(struct grouper *g, struct crawl_tables *tables, struct crawl_table *table)
{
    *ARENA_PUSH(g->arena, tables->items, tables->count, tables->capacity) = table;
}

static struct str most_frequent_format(const struct crawl_file *const *files, size_t count)
{
    static const char *const FORMATS[] = {"parquet", "json", "csv"};
    size_t best = 0;
    struct str name = STR_NONE;
    for (size_t f = 0; f < sizeof FORMATS / sizeof *FORMATS; f++) {
        size_t n = 0;
        for (size_t i = 0; i < count; i++)
            n += str_is(files[i]->schema->format, FORMATS[f]);
        if (n > best) {
            best = n;
            name = str_of(FORMATS[f]);
        }
    }
    return name;
}

// A table of one file alone.
static void group_one(struct grouper *g, const struct crawl_file *file, struct crawl_tables *out)
{
    struct crawl_table *table = table_new(g, file->bucket, file->key);
    table->is_file = true;
    add_file(g, table, file);
    push(g, out, table);
}

// All files into one table at `root`, but for those of another format than most.
static void group_files(struct grouper *g, struct str root, const struct crawl_file *const *files,
                        size_t count, struct crawl_tables *out)
{
    if (count == 0)
        return;
    struct str format = most_frequent_format(files, count);
    struct crawl_table *table = table_new(g, files[0]->bucket, root);
    for (size_t i = 0; i < count; i++) {
        if (str_eq(files[i]->schema->format, format))
            add_file(g, table, files[i]);
        else
            group_one(g, files[i], out);
    }
    push(g, out, table);
}

// --- folders

static bool are_alike(struct grouper *g, const struct crawl_table *a, const struct crawl_table *b)
{
    if (!str_eq(a->format, b->format) || !str_eq(a->compression, b->compression))
        return false;
    if (g->grouping->combine)
        return true;
    return a->depth == b->depth && !a->ragged && !b->ragged &&
           schema_similarity(a->columns, b->columns) > CRAWL_SIMILARITY_MIN;
}

// One table at `root` of all of these, or NULL when they do not go together.
static struct crawl_table *merge_tables(struct grouper *g, struct str root,
                                        const struct crawl_tables *tables)
{
    struct crawl_table *merged = table_new(g, tables->items[0]->bucket, root);
    for (size_t i = 0; i < tables->count; i++) {
        const struct crawl_table *table = tables->items[i];
        if (table->is_file || (i && !are_alike(g, merged, table)))
            return NULL;
        if (i == 0)
            merged->depth = table->depth;
        merged->ragged |= table->ragged || table->depth != merged->depth;
        for (size_t f = 0; f < table->count; f++)
            add_file(g, merged, table->files[f]);
    }
    if (!g->grouping->combine && json_count(merged->schemas) > CRAWL_SCHEMAS_MAX)
        return NULL;
    merged->depth++;
    return merged;
}

// The end of the run of files in the folder named by the first file's next name after `prefix`;
// itself when that file is in `prefix` directly.
static size_t folder_end(struct str prefix, const struct crawl_file *const *files, size_t count,
                         size_t at, struct str *out_folder)
{
    struct str rest = str_from(files[at]->key, prefix.len);
    size_t slash = str_find_char(rest, '/');
    if (slash == STR_NPOS)
        return at;
    *out_folder = str_slice(files[at]->key, 0, prefix.len + slash + 1);
    size_t end = at;
    while (end < count && str_starts(files[end]->key, *out_folder))
        end++;
    return end;
}

static void group_folder(struct grouper *g, struct str prefix,
                         const struct crawl_file *const *files, size_t count,
                         struct crawl_tables *out)
{
    const struct crawl_file **own = ARENA_ARRAY(g->arena, const struct crawl_file *, count + 1);
    size_t own_count = 0;
    struct crawl_tables below = {0}, here = {0};
    bool each_is_one = true; // every folder is one table, of the folder itself
    for (size_t i = 0; i < count;) {
        struct str folder = prefix;
        size_t end = folder_end(prefix, files, count, i, &folder), before = below.count;
        if (end == i) {
            own[own_count++] = files[i++];
            continue;
        }
        group_folder(g, folder, files + i, end - i, &below);
        each_is_one &= below.count == before + 1 && str_eq(below.items[before]->root, folder);
        i = end;
    }
    group_files(g, prefix, own, own_count, &here);
    struct crawl_table *merged = NULL;
    if (below.count && each_is_one && own_count == 0)
        merged = merge_tables(g, prefix, &below);
    if (merged) {
        push(g, out, merged);
        return;
    }
    for (size_t i = 0; i < here.count; i++)
        push(g, out, here.items[i]);
    for (size_t i = 0; i < below.count; i++)
        push(g, out, below.items[i]);
}

// --- TableLevelConfiguration

static struct str root_at_level(struct str key, struct str include, int64_t level)
{
    size_t end = 0;
    for (int64_t i = 1; i < level; i++) {
        size_t slash = str_find_char(str_from(key, end), '/');
        if (slash == STR_NPOS)
            break; // the file lies higher: the folder that it is in
        end += slash + 1;
    }
    return str_slice(key, 0, end > include.len ? end : include.len);
}

static size_t depth_below(struct str root, struct str key)
{
    size_t depth = 0;
    for (size_t i = root.len; i < key.len; i++)
        depth += key.ptr[i] == '/';
    return depth;
}

static void group_by_level(struct grouper *g, struct str include,
                           const struct crawl_file *const *files, size_t count,
                           struct crawl_tables *out)
{
    const struct crawl_file **same = ARENA_ARRAY(g->arena, const struct crawl_file *, count + 1);
    bool *taken = ARENA_ARRAY(g->arena, bool, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (taken[i])
            continue;
        struct str root = root_at_level(files[i]->key, include, g->grouping->table_level);
        size_t n = 0, first = out->count;
        for (size_t k = i; k < count && str_starts(files[k]->key, root); k++) {
            if (!str_eq(root_at_level(files[k]->key, include, g->grouping->table_level), root))
                continue;
            taken[k] = true;
            same[n++] = files[k];
        }
        group_files(g, root, same, n, out);
        for (size_t t = first; t < out->count; t++) {
            struct crawl_table *table = out->items[t];
            if (table->is_file)
                continue;
            table->depth = depth_below(table->root, table->files[0]->key);
            for (size_t f = 1; f < table->count; f++)
                table->ragged |= depth_below(table->root, table->files[f]->key) != table->depth;
        }
    }
}

// --- partitions

static struct str folder_name(struct str root, struct str key, size_t level)
{
    struct str rest = str_from(key, root.len), part = STR_NONE;
    for (size_t i = 0; i <= level; i++)
        str_cut(&rest, '/', &part);
    return part;
}

static struct str key_of_level(struct grouper *g, const struct crawl_table *table, size_t level)
{
    struct str name = STR_NONE;
    for (size_t i = 0; i < table->count; i++) {
        struct str folder = folder_name(table->root, table->files[i]->key, level);
        size_t equals = str_find_char(folder, '=');
        struct str key = str_slice(folder, 0, equals);
        if (equals == STR_NPOS || equals == 0 || (i && !str_eq_nocase(key, name)))
            return str_format(g->arena, "partition_%zu", level);
        name = key;
    }
    return str_lower(g->arena, name);
}

static struct str value_of_level(struct grouper *g, const struct crawl_table *table, size_t level,
                                 struct str key)
{
    struct str folder = folder_name(table->root, key, level), decoded;
    struct str name = json_as_str(json_at(table->partition_keys, level));
    size_t equals = str_find_char(folder, '=');
    if (equals == STR_NPOS || !str_eq_nocase(str_slice(folder, 0, equals), name))
        return folder;
    folder = str_from(folder, equals + 1); // with %XX, as Hive writes special characters
    return uri_decode(g->arena, folder, false, &decoded) == OK ? decoded : folder;
}

static void make_partitions(struct grouper *g, struct crawl_table *table)
{
    for (size_t level = 0; level < table->depth; level++)
        json_push(g->arena, table->partition_keys,
                  json_string(g->arena, key_of_level(g, table, level)));
    struct crawl_partition *last = NULL;
    for (size_t i = 0; i < table->count; i++) {
        struct str key = table->files[i]->key;
        struct str prefix = str_slice(key, 0, str_rfind_char(key, '/') + 1);
        if (!last || !str_eq(last->prefix, prefix)) { // files are sorted by key
            last = NULL;
            for (size_t p = table->partition_count; p-- > 0 && !last;)
                if (str_eq(table->partitions[p].prefix, prefix))
                    last = &table->partitions[p];
        }
        if (!last) {
            last = ARENA_PUSH(g->arena, table->partitions, table->partition_count,
                              table->partition_capacity);
            *last = (struct crawl_partition){.prefix = prefix, .values = json_array(g->arena)};
            for (size_t level = 0; level < table->depth; level++)
                json_push(g->arena, last->values,
                          json_string(g->arena, value_of_level(g, table, level, key)));
        }
        *ARENA_PUSH(g->arena, last->files, last->count, last->capacity) = table->files[i];
    }
}

// A partition key that is a column too would be there twice: the folder's value counts.
static void drop_partition_columns(struct grouper *g, struct crawl_table *table)
{
    struct json *columns = json_array(g->arena);
    JSON_EACH (column, table->columns) {
        bool is_key = false;
        JSON_EACH (key, table->partition_keys)
            is_key |= str_eq_nocase(json_as_str(key), json_str(column, "name"));
        if (!is_key)
            json_push(g->arena, columns, column);
    }
    table->columns = columns;
}

void crawl_group(struct arena *arena, const struct crawl_grouping *grouping, struct str include,
                 const struct crawl_file *const *files, size_t count, struct crawl_tables *out)
{
    struct grouper g = {.arena = arena, .grouping = grouping};
    size_t first = out->count;
    if (count == 0)
        return;
    if (grouping->table_level)
        group_by_level(&g, include, files, count, out);
    else if (str_eq(files[0]->key, include))
        group_one(&g, files[0], out);
    else
        group_folder(&g, include, files, count, out);
    for (size_t i = first; i < out->count; i++) {
        struct crawl_table *table = out->items[i];
        if (table->is_file || table->ragged || table->depth == 0)
            continue;
        make_partitions(&g, table);
        drop_partition_columns(&g, table);
    }
}

struct str crawl_table_name(struct arena *arena, const struct crawl_table *table)
{
    struct str root = table->root;
    if (str_ends(root, S("/")))
        root.len--;
    size_t slash = str_rfind_char(root, '/');
    struct str last = root.len == 0       ? table->bucket
                      : slash == STR_NPOS ? root
                                          : str_from(root, slash + 1);
    char *name = arena_bytes(arena, last.len + 1);
    for (size_t i = 0; i < last.len; i++) {
        char c = last.ptr[i];
        c = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
        name[i] = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_';
    }
    return str_n(name, last.len);
}
