// SPDX-License-Identifier: Apache-2.0
// Listing, copying, refusing, telling: what every file of the service needs.
#include "services/glue/glue.h"

#include "base/encode.h"
#include "lake/lake.h"

#include <string.h>

const struct error_code GLUE_NOT_FOUND = {"EntityNotFoundException", 400, NULL};
const struct error_code GLUE_EXISTS = {"AlreadyExistsException", 400, NULL};
const struct error_code GLUE_INVALID = {"InvalidInputException", 400, NULL};
const struct error_code GLUE_MODIFIED = {"ConcurrentModificationException", 400, NULL};
const struct error_code GLUE_NOT_IMPLEMENTED = {"NotImplemented", 501, NULL};

// --- pages

enum err glue_list_begin(struct call *call, const struct json *in, const struct key *prefix,
                         int64_t max_default, struct glue_list *out_list)
{
    struct str token = json_str(in, "NextToken"), position = STR_NONE, tail;
    struct key from = *prefix;
    *out_list = (struct glue_list){.call = call, .prefix_len = prefix->len};
    if (token.len) {
        if (page_position(call, token, &position) != OK ||
            base64url_decode(call->arena, position, &tail) != OK)
            FAIL(call, GLUE_INVALID, "The pagination token is not valid.");
        key_raw(&from, tail);
    }
    out_list->items = json_array(call->arena);
    out_list->max = json_i64_or(in, "MaxResults", max_default);
    out_list->scan = scan_open(call->tx, prefix, token.len ? &from : NULL, false);
    return OK;
}

enum err glue_list_next(struct glue_list *list, struct json **out_row)
{
    struct str key, value;
    struct arena *arena = list->call->arena;
    TRY(scan_next(list->scan, &key, &value));
    list->position = str_dup(arena, str_from(key, list->prefix_len));
    struct error error = {0};
    if (json_parse(arena, str_dup(arena, value), out_row, &error) != OK)
        return error_set(&list->call->error, ERR_CORRUPT, "a row of glue: %s", error.text);
    return OK;
}

bool glue_list_push(struct glue_list *list, struct json *item)
{
    if ((int64_t)json_count(list->items) >= list->max) {
        list->token = page_token(list->call, base64url_encode(list->call->arena, list->position));
        return false;
    }
    json_push(list->call->arena, list->items, item);
    return true;
}

enum err glue_list_end(struct glue_list *list, enum err err, const char *name, struct json **out)
{
    scan_close(list->scan);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    *out = json_set(list->call->arena, json_object(list->call->arena), name, list->items);
    if (list->token.len)
        json_set_str(list->call->arena, *out, "NextToken", list->token);
    return OK;
}

// --- conveniences

struct str glue_name(struct call *call, const struct json *in, const char *member)
{
    return str_lower(call->arena, json_str(in, member));
}

enum err glue_check_catalog(struct call *call, const struct json *in)
{
    struct str id = json_str(in, "CatalogId");
    if (id.len && !str_eq(id, call->account))
        FAIL(call, GLUE_NOT_FOUND, "Catalog %.*s not found.", STR_ARG(id));
    return OK;
}

void glue_copy(struct call *call, struct json *to, const struct json *from,
               const char *const *members)
{
    for (; *members; members++)
        if (json_has(from, *members))
            json_set(call->arena, to, *members, json_get(from, *members));
}

struct json *glue_error_detail(struct call *call)
{
    struct json *detail = json_object(call->arena);
    json_set_str(call->arena, detail, "ErrorCode", str_of(call->code->code));
    json_set_str(call->arena, detail, "ErrorMessage",
                 str_dup(call->arena, str_of(call->error.text)));
    return detail;
}

enum err glue_emit(struct call *call, const char *detail_type, struct json *detail)
{
    struct arena *arena = call->arena;
    if (!lake_service(call->lake, S("events")))
        return OK; // a lake without a bus
    struct json *input = json_object(arena);
    json_set_str(arena, input, "Source", S("aws.glue"));
    json_set_str(arena, input, "DetailType", str_of(detail_type));
    json_set(arena, input, "Resources", json_array(arena));
    json_set(arena, input, "Detail", detail);
    return call_operation(call, "events", "EmitEvent", input, NULL);
}

bool glue_s3_path(struct str path, struct str *out_bucket, struct str *out_key)
{
    static const char *const SCHEMES[] = {"s3://", "s3a://", "s3n://"};
    for (size_t i = 0; i < sizeof SCHEMES / sizeof *SCHEMES; i++) {
        if (!str_starts(path, str_of(SCHEMES[i])))
            continue;
        struct str rest = str_from(path, strlen(SCHEMES[i]));
        size_t slash = str_find_char(rest, '/');
        *out_bucket = str_slice(rest, 0, slash);
        *out_key = slash == STR_NPOS ? S("") : str_from(rest, slash + 1);
        return out_bucket->len > 0;
    }
    return false;
}

enum err glue_delete_prefix(struct call *call, const struct key *prefix)
{
    struct str raw, value;
    enum err err;
    struct scan *scan = scan_open(call->tx, prefix, NULL, false);
    while ((err = scan_next(scan, &raw, &value)) == OK) {
        struct key key = {.len = raw.len};
        memcpy(key.bytes, raw.ptr, raw.len);
        err = tx_delete(call->tx, &key);
        if (err != OK)
            break;
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}
