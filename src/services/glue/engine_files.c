// SPDX-License-Identifier: Apache-2.0
#include "services/glue/engine_files.h"

#include "lake/lake.h"
#include "os/file.h"

enum err engine_list(struct call *call, struct str bucket, struct str prefix,
                     struct json **out_entries)
{
    struct json *input = json_object(call->arena), *reply;
    json_set_str(call->arena, input, "Bucket", bucket);
    json_set_str(call->arena, input, "Prefix", prefix);
    TRY(call_operation(call, "s3", "ListForEngine", input, &reply));
    *out_entries = json_get(reply, "Contents");
    return OK;
}

static enum err write_file(struct call *call, const char *path, struct str bytes)
{
    int fd;
    TRY(file_remove(path, &call->error)); // of an earlier attempt
    TRY(file_create(path, 0600, &fd, &call->error));
    enum err err = file_append(fd, bytes, &call->error);
    file_close(fd);
    return err;
}

enum err engine_file(struct call *call, const struct json *json, const char *scratch, size_t number,
                     char **out_path)
{
    struct blob blob;
    struct str bytes;
    if (blob_from_json(json, &blob) != OK)
        return error_set(&call->error, ERR_CORRUPT, "an object names no blob");
    *out_path = blob_path(lake_store(call->lake), call->arena, &blob);
    if (*out_path)
        return OK;
    TRY(blob_read_all(call->tx, &blob, call->arena, BLOB_INLINE_MAX, &bytes, &call->error));
    *out_path = str_cstr(call->arena, str_format(call->arena, "%s/in-%zu", scratch, number));
    return write_file(call, *out_path, bytes);
}

bool engine_files_vanished(const char *const *paths)
{
    for (; *paths; paths++)
        if (!file_exists(*paths))
            return true;
    return false;
}

struct str engine_etag(struct str etag)
{
    bool quoted = etag.len >= 2 && etag.ptr[0] == '"' && etag.ptr[etag.len - 1] == '"';
    return quoted ? str_slice(etag, 1, etag.len - 1) : etag;
}
