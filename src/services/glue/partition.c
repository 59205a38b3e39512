// SPDX-License-Identifier: Apache-2.0
// Partitions of the Data Catalog's tables. Specified by "Partition API" in the AWS Glue guide.
//
// A partition's key ends in its values, in the order of the table's partition keys, so that a
// table's partitions list in that order and a set of values is one row.
#include "services/glue/expression.h"
#include "services/glue/glue.h"

static const char *const INPUT_MEMBERS[] = {"Values",     "LastAccessTime",   "StorageDescriptor",
                                            "Parameters", "LastAnalyzedTime", NULL};

struct key *glue_partition_key(struct call *call, struct key *key, struct str database,
                               struct str table, const struct json *values)
{
    key_str(key_str(key_start(key, KEYSPACE_GLUE_PARTITION), call->region), database);
    key_str(key, table);
    JSON_EACH (value, values)
        key_str(key, json_as_str(value));
    return key;
}

struct json *glue_partition_row(struct call *call, struct str database, struct str table,
                                const struct json *input)
{
    struct arena *arena = call->arena;
    struct json *row = json_object(arena);
    glue_copy(call, row, input, INPUT_MEMBERS);
    json_set_str(arena, row, "DatabaseName", database);
    json_set_str(arena, row, "TableName", table);
    if (json_has(input, "StorageDescriptor"))
        json_set(arena, row, "StorageDescriptor",
                 glue_storage_defaults(call, json_get(input, "StorageDescriptor")));
    json_set(arena, row, "CreationTime", time_json(arena, call->now_ms));
    return json_set_str(arena, row, "CatalogId", call->account);
}

// The table of a call, and its name and database.
struct place {
    struct str database, table;
    struct json *row;
};
static enum err find_table(struct call *call, const struct json *in, enum glue_hold hold,
                           struct place *out)
{
    TRY(glue_check_catalog(call, in));
    out->database = glue_name(call, in, "DatabaseName");
    out->table = glue_name(call, in, "TableName");
    return glue_table_get(call, out->database, out->table, hold, &out->row);
}

static enum err check_values(struct call *call, const struct place *place,
                             const struct json *values)
{
    if (json_count(values) != json_count(json_get(place->row, "PartitionKeys")))
        FAIL(call, GLUE_INVALID,
             "The number of partition keys do not match the number of partition values");
    return OK;
}

// --- adding

static enum err create_one(struct call *call, const struct place *place, const struct json *input)
{
    struct key key;
    struct str text;
    const struct json *values = json_get(input, "Values");
    TRY(check_values(call, place, values));
    glue_partition_key(call, &key, place->database, place->table, values);
    enum err err = tx_lock(call->tx, &key, call->arena, &text);
    if (err == OK)
        FAIL(call, GLUE_EXISTS, "Partition already exists.");
    if (err != ERR_NOT_FOUND)
        return err;
    return tx_put_json(call->tx, &key,
                       glue_partition_row(call, place->database, place->table, input));
}

enum err glue_create_partition(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct place place;
    TRY(find_table(call, in, GLUE_SHARED, &place));
    return create_one(call, &place, json_get(in, "PartitionInput"));
}

// A member of a batch that is refused is told in the reply and does not spoil the others.
static enum err tell(struct call *call, enum err err, const char *member, struct json *values,
                     struct json *errors)
{
    if (err != ERR_CODED)
        return err;
    struct json *error = json_set(call->arena, json_object(call->arena), member, values);
    json_set(call->arena, error, "ErrorDetail", glue_error_detail(call));
    json_push(call->arena, errors, error);
    return OK;
}

enum err glue_batch_create_partition(struct call *call, const struct json *in, struct json **out)
{
    struct place place;
    struct json *errors = json_array(call->arena);
    TRY(find_table(call, in, GLUE_SHARED, &place));
    JSON_EACH (input, json_get(in, "PartitionInputList"))
        TRY(tell(call, create_one(call, &place, input), "PartitionValues",
                 json_get(input, "Values"), errors));
    *out = json_set(call->arena, json_object(call->arena), "Errors", errors);
    return OK;
}

// --- reading

static enum err get_one(struct call *call, const struct place *place, const struct json *values,
                        struct json **out_row)
{
    struct key key;
    TRY(check_values(call, place, values));
    glue_partition_key(call, &key, place->database, place->table, values);
    enum err err = tx_get_json(call->tx, &key, call->arena, out_row);
    if (err == ERR_NOT_FOUND)
        FAIL(call, GLUE_NOT_FOUND, "Cannot find partition.");
    return err;
}

enum err glue_get_partition(struct call *call, const struct json *in, struct json **out)
{
    struct place place;
    struct json *row;
    TRY(find_table(call, in, GLUE_READ, &place));
    TRY(get_one(call, &place, json_get(in, "PartitionValues"), &row));
    *out = json_set(call->arena, json_object(call->arena), "Partition", row);
    return OK;
}

enum err glue_batch_get_partition(struct call *call, const struct json *in, struct json **out)
{
    struct place place;
    struct json *row, *found = json_array(call->arena);
    TRY(find_table(call, in, GLUE_READ, &place));
    JSON_EACH (wanted, json_get(in, "PartitionsToGet")) {
        enum err err = get_one(call, &place, json_get(wanted, "Values"), &row);
        if (err == OK)
            json_push(call->arena, found, row);
        else if (err != ERR_CODED || call->code != &GLUE_NOT_FOUND)
            return err;
    }
    *out = json_set(call->arena, json_object(call->arena), "Partitions", found);
    json_set(call->arena, *out, "UnprocessedKeys", json_array(call->arena));
    return OK;
}

// Readers that share a table's partitions among them ask for segments.
static bool in_segment(const struct json *segment, struct str position)
{
    uint64_t total = (uint64_t)json_i64_or(segment, "TotalSegments", 1);
    return str_hash(position) % total == (uint64_t)json_i64_or(segment, "SegmentNumber", 0);
}

static struct json *without_columns(struct call *call, struct json *row)
{
    struct json *storage = json_copy_shallow(call->arena, json_get(row, "StorageDescriptor"));
    json_set(call->arena, storage, "Columns", json_array(call->arena));
    return json_set(call->arena, row, "StorageDescriptor", storage);
}

enum err glue_get_partitions(struct call *call, const struct json *in, struct json **out)
{
    struct place place;
    struct key prefix;
    struct glue_list list;
    struct json *row;
    struct expression *wanted;
    enum err err;
    const struct json *segment = json_get(in, "Segment");
    bool bare = json_bool_or(in, "ExcludeColumnSchema", false);
    TRY(find_table(call, in, GLUE_READ, &place));
    struct error reason = {0};
    if (expression_parse(call->arena, json_str(in, "Expression"),
                         json_get(place.row, "PartitionKeys"), &wanted, &reason) != OK)
        FAIL(call, GLUE_INVALID, "%s", reason.text);
    if (segment &&
        json_i64_or(segment, "SegmentNumber", 0) >= json_i64_or(segment, "TotalSegments", 1))
        FAIL(call, GLUE_INVALID, "SegmentNumber must be less than TotalSegments.");
    glue_partition_key(call, &prefix, place.database, place.table, NULL);
    TRY(glue_list_begin(call, in, &prefix, 1000, &list));
    while ((err = glue_list_next(&list, &row)) == OK) {
        if ((segment && !in_segment(segment, list.position)) ||
            !expression_accepts(wanted, json_get(row, "Values")))
            continue;
        if (!glue_list_push(&list, bare ? without_columns(call, row) : row))
            break;
    }
    return glue_list_end(&list, err, "Partitions", out);
}

// --- changing

// Values may change: the row then moves.
static enum err update_one(struct call *call, const struct place *place, const struct json *old,
                           const struct json *input)
{
    struct key key;
    struct json *row, *changed = json_copy_shallow(call->arena, input);
    struct str text;
    if (!json_has(changed, "Values"))
        json_set(call->arena, changed, "Values", json_copy(call->arena, old));
    const struct json *values = json_get(changed, "Values");
    TRY(check_values(call, place, old));
    TRY(check_values(call, place, values));
    glue_partition_key(call, &key, place->database, place->table, old);
    enum err err = tx_lock_json(call->tx, &key, call->arena, &row);
    if (err == ERR_NOT_FOUND)
        FAIL(call, GLUE_NOT_FOUND, "Cannot find partition.");
    TRY(err);
    struct json *created = json_get(row, "CreationTime");
    if (!json_equal(old, values)) {
        TRY(tx_delete(call->tx, &key));
        glue_partition_key(call, &key, place->database, place->table, values);
        err = tx_lock(call->tx, &key, call->arena, &text);
        if (err == OK)
            FAIL(call, GLUE_EXISTS, "Partition already exists.");
        if (err != ERR_NOT_FOUND)
            return err;
    }
    row = glue_partition_row(call, place->database, place->table, changed);
    return tx_put_json(call->tx, &key, json_set(call->arena, row, "CreationTime", created));
}

enum err glue_update_partition(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct place place;
    TRY(find_table(call, in, GLUE_SHARED, &place));
    return update_one(call, &place, json_get(in, "PartitionValueList"),
                      json_get(in, "PartitionInput"));
}

enum err glue_batch_update_partition(struct call *call, const struct json *in, struct json **out)
{
    struct place place;
    struct json *errors = json_array(call->arena);
    TRY(find_table(call, in, GLUE_SHARED, &place));
    JSON_EACH (entry, json_get(in, "Entries")) {
        // A change that fails half way must not stay half done.
        tx_mark(call->tx);
        struct json *old = json_get(entry, "PartitionValueList");
        enum err err = update_one(call, &place, old, json_get(entry, "PartitionInput"));
        if (err == OK)
            tx_forget_mark(call->tx);
        else
            tx_undo_to_mark(call->tx);
        TRY(tell(call, err, "PartitionValueList", old, errors));
    }
    *out = json_set(call->arena, json_object(call->arena), "Errors", errors);
    return OK;
}

static enum err delete_one(struct call *call, const struct place *place, const struct json *values)
{
    struct key key;
    struct str text;
    TRY(check_values(call, place, values));
    glue_partition_key(call, &key, place->database, place->table, values);
    enum err err = tx_lock(call->tx, &key, call->arena, &text);
    if (err == ERR_NOT_FOUND)
        FAIL(call, GLUE_NOT_FOUND, "Partition not found.");
    return err == OK ? tx_delete(call->tx, &key) : err;
}

enum err glue_delete_partition(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct place place;
    TRY(find_table(call, in, GLUE_SHARED, &place));
    return delete_one(call, &place, json_get(in, "PartitionValues"));
}

enum err glue_batch_delete_partition(struct call *call, const struct json *in, struct json **out)
{
    struct place place;
    struct json *errors = json_array(call->arena);
    TRY(find_table(call, in, GLUE_SHARED, &place));
    JSON_EACH (wanted, json_get(in, "PartitionsToDelete")) {
        struct json *values = json_get(wanted, "Values");
        TRY(tell(call, delete_one(call, &place, values), "PartitionValues", values, errors));
    }
    *out = json_set(call->arena, json_object(call->arena), "Errors", errors);
    return OK;
}
