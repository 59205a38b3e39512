// SPDX-License-Identifier: Apache-2.0
// Hive's DDL, on the catalog: each statement is a few Glue operations and some lines of text.
//
// A Glue error becomes Hive's words. What is printed has Hive's layout: names padded to twenty
// characters, columns by tabs.
#include "services/athena/athena.h"

#define TASK_FAILED                                                                                \
    "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "

const char *statement_type(enum sql_kind kind)
{
    if (kind == SQL_QUERY)
        return "DML";
    if (kind == SQL_EXPLAIN || kind == SQL_DESCRIBE ||
        (kind >= SQL_SHOW_DATABASES && kind <= SQL_SHOW_PROPERTIES))
        return "UTILITY";
    return kind == SQL_INSERT || kind == SQL_DELETE_UPDATE_MERGE || kind == SQL_UNLOAD ? "DML"
                                                                                       : "DDL";
}

const char *ddl_substatement(enum sql_kind kind)
{
    static const struct {
        enum sql_kind kind;
        const char *name;
    } NAMES[] = {
        {SQL_QUERY, "SELECT"},
        {SQL_EXPLAIN, "EXPLAIN"},
        {SQL_CREATE_TABLE, "CREATE_TABLE"},
        {SQL_CREATE_TABLE_AS, "CREATE_TABLE_AS_SELECT"},
        {SQL_CREATE_VIEW, "CREATE_VIEW"},
        {SQL_CREATE_DATABASE, "CREATE_DATABASE"},
        {SQL_DROP_DATABASE, "DROP_DATABASE"},
        {SQL_DROP_TABLE, "DROP_TABLE"},
        {SQL_DROP_VIEW, "DROP_VIEW"},
        {SQL_INSERT, "INSERT"},
        {SQL_UNLOAD, "UNLOAD"},
        {SQL_SHOW_DATABASES, "SHOW_DATABASES"},
        {SQL_SHOW_TABLES, "SHOW_TABLES"},
        {SQL_SHOW_VIEWS, "SHOW_VIEWS"},
        {SQL_SHOW_COLUMNS, "SHOW_COLUMNS"},
        {SQL_SHOW_PARTITIONS, "SHOW_PARTITIONS"},
        {SQL_SHOW_CREATE_TABLE, "SHOW_CREATE_TABLE"},
        {SQL_SHOW_PROPERTIES, "SHOW_TBLPROPERTIES"},
        {SQL_DESCRIBE, "DESCRIBE_TABLE"},
        {SQL_ADD_PARTITION, "ALTER_TABLE_ADD_PARTITION"},
        {SQL_DROP_PARTITION, "ALTER_TABLE_DROP_PARTITION"},
        {SQL_REPAIR_TABLE, "MSCK_REPAIR"},
    };
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (NAMES[i].kind == kind)
            return NAMES[i].name;
    return "OTHER";
}

struct ddl {
    struct call *call;
    struct str database;
    struct ddl_result *result;
    struct error *error;
};

static enum err glue(struct ddl *d, const char *op, struct json *input, struct json **out_reply)
{
    return call_operation(d->call, "glue", op, input, out_reply);
}

static bool is_code(const struct ddl *d, enum err err, const char *code)
{
    return err == ERR_CODED && str_is(str_of(d->call->code->code), code);
}

// Whatever else Glue refuses.
static enum err refused(struct ddl *d, enum err err)
{
    if (err != ERR_CODED)
        return err;
    return error_set(d->error, ERR_INVALID, TASK_FAILED "%s(message:%s)", d->call->code->code,
                     d->call->error.text);
}

static void add_column(struct ddl *d, const char *name)
{
    struct json *column = json_object(d->call->arena);
    json_set_str(d->call->arena, column, "name", str_of(name));
    json_set_str(d->call->arena, column, "type", S("string"));
    json_push(d->call->arena, d->result->columns, column);
}

static void add_line(struct ddl *d, struct str line)
{
    buf_put(&d->result->text, line);
    buf_put_char(&d->result->text, '\n');
}

static enum err name_parts(struct ddl *d, const struct sql_node *name, struct str *out_database,
                           struct str *out_table)
{
    *out_table = str_lower(d->call->arena, name->children[name->count - 1]->text);
    *out_database = name->count > 1
                        ? str_lower(d->call->arena, name->children[name->count - 2]->text)
                        : d->database;
    if (out_database->len == 0)
        *out_database = S("default");
    return OK;
}

static struct json *table_input(struct ddl *d, const struct sql_node *name, const char *member)
{
    struct str database, table;
    struct json *input = json_object(d->call->arena);
    if (name_parts(d, name, &database, &table) != OK)
        return input;
    json_set_str(d->call->arena, input, "DatabaseName", database);
    json_set_str(d->call->arena, input, member, table);
    return input;
}

static enum err get_table(struct ddl *d, const struct sql_node *name, struct json **out_table)
{
    struct json *reply;
    struct str database, table;
    TRY(name_parts(d, name, &database, &table));
    enum err err = glue(d, "GetTable", table_input(d, name, "Name"), &reply);
    if (is_code(d, err, "EntityNotFoundException"))
        return error_set(d->error, ERR_INVALID,
                         "FAILED: SemanticException [Error 10001]: Table not found %.*s.%.*s",
                         STR_ARG(database), STR_ARG(table));
    if (err != OK)
        return refused(d, err);
    *out_table = json_get(reply, "Table");
    return OK;
}

// --- databases

static struct str property(const struct sql_node *list, const char *key)
{
    for (size_t i = 0; list && i < list->count; i++)
        if (str_is(list->children[i]->text, key))
            return list->children[i]->children[0]->text;
    return STR_NONE;
}

// Those whose key starts with a prefix, as a JSON map.
static struct json *properties(struct ddl *d, const struct sql_node *list, const char *prefix)
{
    struct json *map = json_object(d->call->arena);
    for (size_t i = 0; list && i < list->count; i++)
        if (str_starts(list->children[i]->text, str_of(prefix)))
            json_set_named(d->call->arena, map,
                           str_from(list->children[i]->text, str_of(prefix).len),
                           json_string(d->call->arena, list->children[i]->children[0]->text));
    return map;
}

static void set_if(struct ddl *d, struct json *object, const char *name, struct str value)
{
    if (value.len)
        json_set_str(d->call->arena, object, name, value);
}

static enum err create_database(struct ddl *d, const struct sql_node *node)
{
    struct arena *arena = d->call->arena;
    struct json *database = json_object(arena), *reply;
    const struct sql_node *list = node->children[0];
    json_set_str(arena, database, "Name", str_lower(arena, node->text));
    set_if(d, database, "Description", property(list, "comment"));
    set_if(d, database, "LocationUri", property(list, "location"));
    json_set(arena, database, "Parameters", properties(d, list, "database:"));
    enum err err = glue(d, "CreateDatabase",
                        json_set(arena, json_object(arena), "DatabaseInput", database), &reply);
    if (is_code(d, err, "AlreadyExistsException") && (node->flags & SQL_IF))
        return OK;
    if (is_code(d, err, "AlreadyExistsException"))
        return error_set(d->error, ERR_INVALID, TASK_FAILED "Database %.*s already exists",
                         STR_ARG(node->text));
    return refused(d, err);
}

static enum err drop_database(struct ddl *d, const struct sql_node *node)
{
    struct arena *arena = d->call->arena;
    struct json *reply, *input = json_object(arena);
    struct str name = str_lower(arena, node->text);
    json_set_str(arena, input, "DatabaseName", name);
    enum err err = glue(d, "GetTables", input, &reply);
    if (err == OK && json_count(json_get(reply, "TableList")) && !(node->flags & SQL_CASCADE))
        return error_set(d->error, ERR_INVALID,
                         TASK_FAILED "InvalidOperationException(message:Database %.*s is not "
                                     "empty. One or more tables exist.)",
                         STR_ARG(name));
    if (err == OK)
        err = glue(d, "DeleteDatabase", json_set_str(arena, json_object(arena), "Name", name),
                   &reply);
    if (is_code(d, err, "EntityNotFoundException") && (node->flags & SQL_IF))
        return OK;
    if (is_code(d, err, "EntityNotFoundException"))
        return error_set(d->error, ERR_INVALID,
                         "FAILED: SemanticException [Error 10072]: Database does not exist: %.*s",
                         STR_ARG(name));
    return refused(d, err);
}

// --- tables

static struct json *column_list(struct ddl *d, const struct sql_node *columns)
{
    struct arena *arena = d->call->arena;
    struct json *list = json_array(arena);
    for (size_t i = 0; columns && i < columns->count; i++) {
        const struct sql_node *node = columns->children[i];
        struct json *column = json_object(arena);
        json_set_str(arena, column, "Name", str_lower(arena, node->text));
        json_set_str(arena, column, "Type", node->children[0]->text);
        if (sql_child(node, 1))
            json_set_str(arena, column, "Comment", node->children[1]->text);
        json_push(arena, list, column);
    }
    return list;
}

static enum err check_types(struct ddl *d, const struct json *columns)
{
    JSON_EACH (column, columns) {
        struct hive_type *type;
        struct error why = {0};
        if (hive_type_parse(d->call->arena, json_str(column, "Type"), &type, &why) != OK)
            return error_set(d->error, ERR_INVALID, "FAILED: ParseException: column %.*s: %s",
                             STR_ARG(json_str(column, "Name")), why.text);
    }
    return OK;
}

struct stored_format {
    const char *name, *serde, *input, *output;
};
static const struct stored_format FORMATS[] = {
    {"parquet", "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
     "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
     "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"},
    {"textfile", "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
     "org.apache.hadoop.mapred.TextInputFormat",
     "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"},
    {"json", "org.apache.hive.hcatalog.data.JsonSerDe", "org.apache.hadoop.mapred.TextInputFormat",
     "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"},
};

static enum err describe_storage(struct ddl *d, const struct sql_node *list,
                                 struct json *descriptor)
{
    struct arena *arena = d->call->arena;
    struct str name = property(list, "format"), serde = property(list, "serde"),
               location = property(list, "location");
    const struct stored_format *format = NULL;
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++)
        if (str_is(name.len ? name : S("textfile"), FORMATS[i].name))
            format = &FORMATS[i];
    if (!format)
        return error_set(d->error, ERR_UNSUPPORTED,
                         "NOT_SUPPORTED: STORED AS %.*s is not supported", STR_ARG(name));
    if (str_contains(serde, S("ParquetHiveSerDe")))
        format = &FORMATS[0];
    if (!str_starts(location, S("s3://")))
        return error_set(d->error, ERR_INVALID,
                         TASK_FAILED "MetaException(message:The location must be an S3 path: %.*s)",
                         STR_ARG(location));
    struct json *info = json_object(arena), *parameters = properties(d, list, "serde:");
    json_set_str(arena, info, "SerializationLibrary", serde.len ? serde : str_of(format->serde));
    if (!json_has(parameters, "serialization.format"))
        json_set_str(arena, parameters, "serialization.format",
                     json_str_or(parameters, "field.delim", S("1")));
    json_set(arena, info, "Parameters", parameters);
    struct str input = property(list, "input_format"), output = property(list, "output_format");
    json_set_str(arena, descriptor, "Location", location);
    json_set_str(arena, descriptor, "InputFormat", input.len ? input : str_of(format->input));
    json_set_str(arena, descriptor, "OutputFormat", output.len ? output : str_of(format->output));
    json_set_i64(arena, descriptor, "NumberOfBuckets", -1);
    json_set(arena, descriptor, "SerdeInfo", info);
    return OK;
}

static enum err create_table(struct ddl *d, const struct sql_node *node)
{
    struct arena *arena = d->call->arena;
    const struct sql_node *list = sql_child(node, 3);
    struct json *table = json_object(arena), *descriptor = json_object(arena), *reply,
                *parameters = properties(d, list, "table:");
    struct str database, name;
    TRY(name_parts(d, node->children[0], &database, &name));
    json_set(arena, descriptor, "Columns", column_list(d, sql_child(node, 1)));
    TRY(check_types(d, json_get(descriptor, "Columns")));
    TRY(describe_storage(d, list, descriptor));
    json_set_str(arena, parameters, "EXTERNAL", S("TRUE"));
    json_set_str(arena, table, "Name", name);
    set_if(d, table, "Description", property(list, "comment"));
    json_set_str(arena, table, "TableType", S("EXTERNAL_TABLE"));
    json_set(arena, table, "StorageDescriptor", descriptor);
    json_set(arena, table, "PartitionKeys", column_list(d, sql_child(node, 2)));
    TRY(check_types(d, json_get(table, "PartitionKeys")));
    json_set(arena, table, "Parameters", parameters);
    struct json *input = json_set(arena, json_object(arena), "TableInput", table);
    json_set_str(arena, input, "DatabaseName", database);
    enum err err = glue(d, "CreateTable", input, &reply);
    if (is_code(d, err, "AlreadyExistsException") && (node->flags & SQL_IF))
        return OK;
    if (is_code(d, err, "AlreadyExistsException"))
        return error_set(d->error, ERR_INVALID,
                         TASK_FAILED "AlreadyExistsException(message:Table %.*s already exists)",
                         STR_ARG(name));
    if (is_code(d, err, "EntityNotFoundException"))
        return error_set(d->error, ERR_INVALID,
                         "FAILED: SemanticException [Error 10072]: Database does not exist: %.*s",
                         STR_ARG(database));
    return refused(d, err);
}

static enum err drop_table(struct ddl *d, const struct sql_node *node)
{
    struct json *reply, *table;
    enum err err = get_table(d, node->children[0], &table);
    if (err == ERR_INVALID && (node->flags & SQL_IF))
        return OK;
    TRY(err);
    return refused(d, glue(d, "DeleteTable", table_input(d, node->children[0], "Name"), &reply));
}

// --- SHOW

// Hive's patterns: * any text, | between alternatives. Without case.
static bool matches(struct str text, struct str pattern)
{
    if (pattern.len == 0)
        return text.len == 0;
    if (pattern.ptr[0] == '*') {
        for (size_t i = 0; i <= text.len; i++)
            if (matches(str_from(text, i), str_from(pattern, 1)))
                return true;
        return false;
    }
    return text.len && str_eq_nocase(str_slice(text, 0, 1), str_slice(pattern, 0, 1)) &&
           matches(str_from(text, 1), str_from(pattern, 1));
}

static bool matches_any(struct str text, struct str patterns)
{
    if (patterns.len == 0)
        return true;
    for (struct str pattern, rest = patterns; str_cut(&rest, '|', &pattern);)
        if (matches(text, pattern))
            return true;
    return false;
}

static enum err show_names(struct ddl *d, const char *op, struct json *input, const char *list,
                           struct str pattern)
{
    struct json *reply, *token = NULL;
    do {
        json_set(d->call->arena, input, "NextToken", token);
        enum err err = glue(d, op, input, &reply);
        if (is_code(d, err, "EntityNotFoundException"))
            return error_set(
                d->error, ERR_INVALID,
                "FAILED: SemanticException [Error 10072]: Database does not exist: %.*s",
                STR_ARG(json_str(input, "DatabaseName")));
        if (err != OK)
            return refused(d, err);
        JSON_EACH (item, json_get(reply, list))
            if (matches_any(json_str(item, "Name"), pattern))
                add_line(d, json_str(item, "Name"));
        token = json_get(reply, "NextToken");
    } while (token);
    return OK;
}

static enum err show_tables(struct ddl *d, const struct sql_node *node)
{
    struct json *input = json_object(d->call->arena);
    const struct sql_node *database = sql_child(node, 0);
    struct str name = database ? str_lower(d->call->arena, database->text) : d->database;
    json_set_str(d->call->arena, input, "DatabaseName", name.len ? name : S("default"));
    add_column(d, "tab_name");
    if (node->kind == SQL_SHOW_VIEWS)
        return OK; // there are no views
    return show_names(d, "GetTables", input, "TableList", node->text);
}

static void padded(struct buf *out, struct str text)
{
    buf_printf(out, "%-20.*s", STR_ARG(text));
}

static enum err show_columns(struct ddl *d, const struct sql_node *node)
{
    struct json *table;
    TRY(get_table(d, node->children[0], &table));
    add_column(d, "field");
    const struct json *lists[] = {json_get(json_get(table, "StorageDescriptor"), "Columns"),
                                  json_get(table, "PartitionKeys")};
    for (size_t i = 0; i < 2; i++)
        JSON_EACH (column, lists[i]) {
            padded(&d->result->text, json_str(column, "Name"));
            buf_put_char(&d->result->text, '\n');
        }
    return OK;
}

static void describe_columns(struct ddl *d, const struct json *columns)
{
    struct buf *out = &d->result->text;
    JSON_EACH (column, columns) {
        padded(out, json_str(column, "Name"));
        buf_put_char(out, '\t');
        padded(out, json_str(column, "Type"));
        buf_put_char(out, '\t');
        padded(out, json_str(column, "Comment"));
        buf_put_char(out, '\n');
    }
}

static enum err describe(struct ddl *d, const struct sql_node *node)
{
    struct json *table;
    struct buf *out = &d->result->text;
    TRY(get_table(d, node->children[0], &table));
    add_column(d, "col_name");
    add_column(d, "data_type");
    add_column(d, "comment");
    const struct json *keys = json_get(table, "PartitionKeys"),
                      *descriptor = json_get(table, "StorageDescriptor");
    describe_columns(d, json_get(descriptor, "Columns"));
    describe_columns(d, keys);
    if (json_count(keys)) {
        buf_puts(out, "\t \t \n# Partition Information\t \t \n# col_name            \tdata_type    "
                      "       \tcomment             \n\t \t \n");
        describe_columns(d, keys);
    }
    if (node->flags & SQL_EXTENDED) {
        static const char *const NAMES[][2] = {
            {"Database:", "DatabaseName"}, {"Owner:", "Owner"}, {"Table Type:", "TableType"}};
        buf_puts(out, "\t \t \n# Detailed Table Information\t \t \n");
        for (size_t i = 0; i < 3; i++)
            buf_printf(out, "%-20s\t%-20.*s\t \n", NAMES[i][0],
                       STR_ARG(json_str(table, NAMES[i][1])));
        buf_printf(out, "%-20s\t%-20.*s\t \n",
                   "Location:", STR_ARG(json_str(descriptor, "Location")));
        buf_printf(out, "%-20s\t%-20.*s\t \n", "SerDe Library:",
                   STR_ARG(json_str(json_get(descriptor, "SerdeInfo"), "SerializationLibrary")));
        buf_printf(out, "%-20s\t%-20.*s\t \n",
                   "InputFormat:", STR_ARG(json_str(descriptor, "InputFormat")));
        buf_printf(out, "%-20s\t%-20.*s\t \n",
                   "OutputFormat:", STR_ARG(json_str(descriptor, "OutputFormat")));
        JSON_EACH_MEMBER (m, json_get(table, "Parameters"))
            buf_printf(out, "\t%-20.*s\t%-20.*s\n", STR_ARG(m->name),
                       STR_ARG(json_as_str(m->value)));
    }
    return OK;
}

static enum err show_partitions(struct ddl *d, const struct sql_node *node)
{
    struct json *table, *reply, *token = NULL,
                                *input = table_input(d, node->children[0], "TableName");
    TRY(get_table(d, node->children[0], &table));
    const struct json *keys = json_get(table, "PartitionKeys");
    if (!json_count(keys))
        return error_set(
            d->error, ERR_INVALID,
            "FAILED: SemanticException [Error 10241]: Table %.*s is not a partitioned table",
            STR_ARG(json_str(table, "Name")));
    add_column(d, "partition");
    do {
        json_set(d->call->arena, input, "NextToken", token);
        enum err err = glue(d, "GetPartitions", input, &reply);
        if (err != OK)
            return refused(d, err);
        JSON_EACH (partition, json_get(reply, "Partitions")) {
            for (size_t i = 0; i < json_count(keys); i++)
                buf_printf(&d->result->text, "%s%.*s=%.*s", i ? "/" : "",
                           STR_ARG(json_str(json_at(keys, i), "Name")),
                           STR_ARG(json_as_str(json_at(json_get(partition, "Values"), i))));
            buf_put_char(&d->result->text, '\n');
        }
        token = json_get(reply, "NextToken");
    } while (token);
    return OK;
}

static void show_column_lines(struct buf *out, const struct json *columns)
{
    size_t count = json_count(columns);
    for (size_t i = 0; i < count; i++) {
        const struct json *column = json_at(columns, i);
        struct str comment = json_str(column, "Comment");
        buf_printf(out, "  `%.*s` %.*s", STR_ARG(json_str(column, "Name")),
                   STR_ARG(json_str(column, "Type")));
        if (comment.len)
            buf_printf(out, " COMMENT '%.*s'", STR_ARG(comment));
        buf_puts(out, i + 1 < count ? ", \n" : ")\n");
    }
}

static void show_map(struct buf *out, const char *head, const struct json *map)
{
    size_t count = json_count(map), i = 0;
    if (!count)
        return;
    buf_printf(out, "%s ( \n", head);
    JSON_EACH_MEMBER (m, map)
        buf_printf(out, "  '%.*s'='%.*s'%s\n", STR_ARG(m->name), STR_ARG(json_as_str(m->value)),
                   ++i < count ? ", " : ") ");
}

static enum err show_create_table(struct ddl *d, const struct sql_node *node)
{
    struct json *table;
    struct buf *out = &d->result->text;
    TRY(get_table(d, node->children[0], &table));
    add_column(d, "createtab_stmt");
    const struct json *descriptor = json_get(table, "StorageDescriptor"),
                      *serde = json_get(descriptor, "SerdeInfo");
    buf_printf(out, "CREATE EXTERNAL TABLE `%.*s`(\n", STR_ARG(json_str(table, "Name")));
    show_column_lines(out, json_get(descriptor, "Columns"));
    if (json_count(json_get(table, "PartitionKeys"))) {
        buf_puts(out, "PARTITIONED BY ( \n");
        show_column_lines(out, json_get(table, "PartitionKeys"));
    }
    buf_printf(out, "ROW FORMAT SERDE \n  '%.*s' \n",
               STR_ARG(json_str(serde, "SerializationLibrary")));
    show_map(out, "WITH SERDEPROPERTIES", json_get(serde, "Parameters"));
    buf_printf(
        out, "STORED AS INPUTFORMAT \n  '%.*s' \nOUTPUTFORMAT \n  '%.*s'\nLOCATION\n  '%.*s'\n",
        STR_ARG(json_str(descriptor, "InputFormat")), STR_ARG(json_str(descriptor, "OutputFormat")),
        STR_ARG(json_str(descriptor, "Location")));
    show_map(out, "TBLPROPERTIES", json_get(table, "Parameters"));
    return OK;
}

static enum err show_properties(struct ddl *d, const struct sql_node *node)
{
    struct json *table;
    TRY(get_table(d, node->children[0], &table));
    add_column(d, "prpt_name");
    add_column(d, "prpt_value");
    JSON_EACH_MEMBER (m, json_get(table, "Parameters"))
        buf_printf(&d->result->text, "%.*s\t%.*s\n", STR_ARG(m->name),
                   STR_ARG(json_as_str(m->value)));
    return OK;
}

// --- partitions

static struct json *partition_values(struct ddl *d, const struct json *keys,
                                     const struct sql_node *partition)
{
    struct json *values = json_array(d->call->arena);
    JSON_EACH (key, keys)
        for (size_t i = 0; i < partition->count; i++)
            if (str_eq_nocase(partition->children[i]->text, json_str(key, "Name")))
                json_push(d->call->arena, values,
                          json_string(d->call->arena, partition->children[i]->children[0]->text));
    return json_count(values) == json_count(keys) && partition->count == json_count(keys) ? values
                                                                                          : NULL;
}

static struct json *partition_input(struct ddl *d, const struct json *table, struct json *values,
                                    struct str location)
{
    struct arena *arena = d->call->arena;
    struct json *partition = json_object(arena),
                *descriptor = json_copy_shallow(arena, json_get(table, "StorageDescriptor"));
    const struct json *keys = json_get(table, "PartitionKeys");
    if (!location.len) { // below the table's own, as Hive lays it out
        struct buf folder = buf_in(arena, BUF_MAX_DEFAULT);
        struct str base = json_str(descriptor, "Location");
        buf_printf(&folder, "%.*s%s", STR_ARG(base), str_ends(base, S("/")) ? "" : "/");
        for (size_t i = 0; i < json_count(keys); i++)
            buf_printf(&folder, "%.*s=%.*s/", STR_ARG(json_str(json_at(keys, i), "Name")),
                       STR_ARG(json_as_str(json_at(values, i))));
        location = buf_str(&folder);
    }
    json_set_str(arena, descriptor, "Location", location);
    json_set(arena, partition, "Values", values);
    json_set(arena, partition, "StorageDescriptor", descriptor);
    return partition;
}

static enum err add_partition(struct ddl *d, const struct sql_node *node, const struct json *table,
                              struct json *partition)
{
    struct json *reply, *input = table_input(d, node->children[0], "TableName");
    json_set(d->call->arena, input, "PartitionInput", partition);
    enum err err = glue(d, "CreatePartition", input, &reply);
    if (is_code(d, err, "AlreadyExistsException") &&
        ((node->flags & SQL_IF) || node->kind == SQL_REPAIR_TABLE))
        return OK;
    return refused(d, err);
}

static enum err alter_partitions(struct ddl *d, const struct sql_node *node)
{
    struct json *table, *reply;
    TRY(get_table(d, node->children[0], &table));
    for (size_t i = 1; i < node->count; i++) {
        const struct sql_node *partition = node->children[i];
        struct json *values = partition_values(d, json_get(table, "PartitionKeys"), partition);
        if (!values)
            return error_set(d->error, ERR_INVALID,
                             "FAILED: SemanticException Partition spec does not name exactly the "
                             "partition columns");
        if (node->kind == SQL_ADD_PARTITION) {
            TRY(add_partition(d, node, table, partition_input(d, table, values, partition->text)));
            continue;
        }
        struct json *input = table_input(d, node->children[0], "TableName");
        json_set(d->call->arena, input, "PartitionValues", values);
        enum err err = glue(d, "DeletePartition", input, &reply);
        if (!is_code(d, err, "EntityNotFoundException") || !(node->flags & SQL_IF))
            TRY(refused(d, err));
    }
    return OK;
}

// The values in a key's folders below the table's location: "day=1/hour=2/x.parquet"; NULL when
// they are not the table's keys.
static struct json *values_of_key(struct ddl *d, const struct json *keys, struct str below)
{
    struct json *values = json_array(d->call->arena);
    JSON_EACH (key, keys) {
        struct str folder;
        size_t equals;
        if (!str_cut(&below, '/', &folder) || !below.ptr ||
            (equals = str_find_char(folder, '=')) == STR_NPOS ||
            !str_eq_nocase(str_slice(folder, 0, equals), json_str(key, "Name")))
            return NULL;
        json_push(d->call->arena, values,
                  json_string(d->call->arena, str_from(folder, equals + 1)));
    }
    return values;
}

static enum err repair_table(struct ddl *d, const struct sql_node *node)
{
    struct arena *arena = d->call->arena;
    struct json *table, *reply, *input = json_object(arena), *seen = json_object(arena);
    struct str bucket, prefix;
    TRY(get_table(d, node->children[0], &table));
    const struct json *keys = json_get(table, "PartitionKeys");
    struct str location = json_str(json_get(table, "StorageDescriptor"), "Location");
    if (!json_count(keys))
        return OK;
    if (s3_location(arena, location, &bucket, &prefix) != OK)
        return error_set(d->error, ERR_INVALID,
                         TASK_FAILED "the table's location is not an S3 path");
    json_set_str(arena, input, "Bucket", bucket);
    json_set_str(arena, input, "Prefix", prefix);
    enum err err = call_operation(d->call, "s3", "ListForEngine", input, &reply);
    if (err != OK)
        return refused(d, err);
    JSON_EACH (object, json_get(reply, "Contents")) {
        struct json *values = values_of_key(d, keys, str_from(json_str(object, "Key"), prefix.len));
        struct str name = values ? json_text(arena, values) : STR_NONE;
        if (!values || json_get_str(seen, name))
            continue;
        json_set_named(arena, seen, name, json_bool(arena, true));
        TRY(add_partition(d, node, table, partition_input(d, table, values, STR_NONE)));
    }
    return OK;
}

enum err ddl_run(struct call *call, const struct sql_statement *statement, struct str database,
                 struct ddl_result *result, struct error *error)
{
    struct ddl d = {call, database, result, error};
    const struct sql_node *node = statement->root;
    switch (node->kind) {
    case SQL_CREATE_DATABASE:
        return create_database(&d, node);
    case SQL_DROP_DATABASE:
        return drop_database(&d, node);
    case SQL_CREATE_TABLE:
        return create_table(&d, node);
    case SQL_DROP_TABLE:
        return drop_table(&d, node);
    case SQL_SHOW_DATABASES:
        add_column(&d, "database_name");
        return show_names(&d, "GetDatabases", json_object(call->arena), "DatabaseList", node->text);
    case SQL_SHOW_TABLES:
    case SQL_SHOW_VIEWS:
        return show_tables(&d, node);
    case SQL_SHOW_COLUMNS:
        return show_columns(&d, node);
    case SQL_SHOW_PARTITIONS:
        return show_partitions(&d, node);
    case SQL_SHOW_CREATE_TABLE:
        return show_create_table(&d, node);
    case SQL_SHOW_PROPERTIES:
        return show_properties(&d, node);
    case SQL_DESCRIBE:
        return describe(&d, node);
    case SQL_ADD_PARTITION:
    case SQL_DROP_PARTITION:
        return alter_partitions(&d, node);
    case SQL_REPAIR_TABLE:
        return repair_table(&d, node);
    case SQL_EXPLAIN:
        return sql_refuse(error, node, "NOT_SUPPORTED", "EXPLAIN is not supported");
    case SQL_CREATE_TABLE_AS:
        return sql_refuse(error, node, "NOT_SUPPORTED", "CREATE TABLE AS is not supported");
    case SQL_CREATE_VIEW:
    case SQL_DROP_VIEW:
        return sql_refuse(error, node, "NOT_SUPPORTED", "views are not supported");
    case SQL_ALTER_OTHER:
        return sql_refuse(error, node, "NOT_SUPPORTED", "ALTER TABLE ... %.*s is not supported",
                          STR_ARG(node->text));
    default:
        return sql_refuse(error, node, "NOT_SUPPORTED", "%.*s is not supported",
                          STR_ARG(node->text.len ? node->text : S("this statement")));
    }
}
