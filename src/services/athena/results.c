// SPDX-License-Identifier: Apache-2.0
// GetQueryResults: pages out of the result object in S3. A page's token is the byte at which it
// goes on.
//
// The CSV is ours, so it is read by its own rules: every value is in quotes, a quote inside is
// doubled, NULL is nothing. A .txt has one line a row. The first page of a query starts with the
// names of the columns.
#include "services/athena/athena.h"

#include "lake/worker.h"

#define PAGE_DEFAULT 1000
#define CHUNK_BYTES ((size_t)4 << 20)
#define ROW_BYTES_MAX ((size_t)64 << 20)

static enum err open_result(struct call *call, const struct json *execution, struct blob *out_blob)
{
    struct json *input = json_object(call->arena), *object;
    struct str location = json_str(json_get(execution, "ResultConfiguration"), "OutputLocation"),
               bucket;
    struct str key = str_from(location, 5);
    if (!str_cut(&key, '/', &bucket))
        FAIL(call, ATHENA_INVALID_REQUEST, "Could not find results");
    json_set_str(call->arena, input, "Bucket", bucket);
    json_set_str(call->arena, input, "Key", key);
    enum err err = call_operation(call, "s3", "OpenObject", input, &object);
    if (err == ERR_CODED)
        FAIL(call, ATHENA_INVALID_REQUEST, "Could not find results");
    TRY(err);
    return blob_from_json(json_get(object, "Blob"), out_blob);
}

static void push_value(struct arena *arena, struct json *data, struct str value, bool is_null)
{
    struct json *cell = json_object(arena);
    if (!is_null)
        json_set_str(arena, cell, "VarCharValue", value);
    json_push(arena, data, cell);
}

// One row of the CSV at *at; false when it is not complete in `text`.
static bool take_csv_row(struct arena *arena, struct str text, size_t *at, struct json *data)
{
    size_t i = *at;
    for (;;) {
        if (i < text.len && text.ptr[i] == '"') {
            struct buf value = buf_in(arena, ROW_BYTES_MAX);
            for (i++;; i++) {
                if (i >= text.len)
                    return false;
                if (text.ptr[i] == '"' && i + 1 < text.len && text.ptr[i + 1] == '"')
                    i++;
                else if (text.ptr[i] == '"')
                    break;
                buf_put_char(&value, text.ptr[i]);
            }
            i++;
            push_value(arena, data, value.len ? buf_str(&value) : S(""), false);
        } else {
            push_value(arena, data, STR_NONE, true);
        }
        if (i >= text.len)
            return false;
        if (text.ptr[i++] == '\n') {
            *at = i;
            return true;
        }
    }
}

static bool take_text_row(struct arena *arena, struct str text, size_t *at, struct json *data)
{
    struct str rest = str_from(text, *at);
    size_t end = str_find_char(rest, '\n');
    if (end == STR_NPOS)
        return false;
    push_value(arena, data, str_dup(arena, str_slice(rest, 0, end)), false);
    *at += end + 1;
    return true;
}

struct page {
    struct blob_reader *reader;
    uint64_t size, start; // of the object; where `text` begins in it
    struct str text;
    bool csv;
};

// More of the object behind what is left of the text.
static enum err read_more(struct call *call, struct page *page, size_t *at)
{
    uint64_t from = page->start + *at, want = page->text.len - *at + CHUNK_BYTES;
    if (want > ROW_BYTES_MAX)
        FAIL(call, ATHENA_INVALID_REQUEST,
             "A row of the result is too large for GetQueryResults: read the result file");
    if (want > page->size - from)
        want = page->size - from;
    char *bytes = arena_bytes(call->arena, want + 1);
    TRY(blob_reader_read(page->reader, from, bytes, want, &call->error));
    page->start = from;
    page->text = str_n(bytes, want);
    *at = 0;
    return OK;
}

static enum err take_rows(struct call *call, struct page *page, int64_t count, struct json *rows,
                          uint64_t *out_position)
{
    size_t at = 0;
    while (count > 0 && page->start + at < page->size) {
        struct json *data = json_array(call->arena);
        if (!(page->csv ? take_csv_row : take_text_row)(call->arena, page->text, &at, data)) {
            if (page->start + page->text.len >= page->size)
                return ERR_CORRUPT;
            TRY(read_more(call, page, &at));
            continue;
        }
        json_push(call->arena, rows, json_set(call->arena, json_object(call->arena), "Data", data));
        count--;
    }
    *out_position = page->start + at;
    return OK;
}

static enum err read_page(struct call *call, const struct json *execution, uint64_t position,
                          int64_t count, struct json *rows, struct json *out)
{
    struct blob blob;
    struct page page = {.start = position, .text = S("")};
    uint64_t next = 0;
    TRY(open_result(call, execution, &blob));
    page.size = blob.size_bytes;
    page.csv = str_is(json_str(execution, "StatementType"), "DML");
    TRY(blob_reader_open(call->tx, &blob, &page.reader, &call->error));
    size_t at = 0;
    enum err err = position <= page.size ? OK : ERR_INVALID;
    if (err == OK && position < page.size)
        err = read_more(call, &page, &at);
    if (err == OK)
        err = take_rows(call, &page, count, rows, &next);
    blob_reader_close(page.reader);
    if (err == ERR_INVALID)
        FAIL(call, ATHENA_INVALID_REQUEST, "Malformed next token");
    TRY(err);
    if (next < page.size)
        json_set_str(call->arena, out, "NextToken",
                     page_token(call, str_format(call->arena, "%llu", (unsigned long long)next)));
    return OK;
}

enum err athena_get_query_results(struct call *call, const struct json *in, struct json **out)
{
    struct arena *arena = call->arena;
    struct json *row, *set = json_object(arena), *rows = json_array(arena);
    struct str token = STR_NONE;
    uint64_t position = 0;
    TRY(query_get(call, json_str(in, "QueryExecutionId"), false, &row));
    const struct json *execution = json_get(row, "QueryExecution");
    struct str state = json_str(json_get(execution, "Status"), "State");
    if (!str_is(state, "SUCCEEDED"))
        FAIL(call, ATHENA_INVALID_REQUEST,
             query_is_over(row) ? "Query did not finish successfully. Final query state: %.*s"
                                : "Query has not yet finished. Current state: %.*s",
             STR_ARG(state));
    if (json_has(in, "NextToken") &&
        (page_position(call, json_str(in, "NextToken"), &token) != OK ||
         !str_to_u64(token, &position)))
        FAIL(call, ATHENA_INVALID_REQUEST, "Malformed next token");
    *out = json_object(arena);
    TRY(read_page(call, execution, position, json_i64_or(in, "MaxResults", PAGE_DEFAULT), rows,
                  *out));
    struct json *columns = json_get(row, "Columns");
    json_set(arena, set, "Rows", rows);
    json_set(
        arena, set, "ResultSetMetadata",
        json_set(arena, json_object(arena), "ColumnInfo", columns ? columns : json_array(arena)));
    json_set(arena, *out, "ResultSet", set);
    json_set_i64(arena, *out, "UpdateCount", 0);
    return OK;
}
