// SPDX-License-Identifier: Apache-2.0
// Footers for other programs. Texts are copied, so that they end with a zero byte.
#include "columnar/api_internal.h"
#include "columnar/footer.h"

#include <stdlib.h>

struct columnar_file {
    struct arena arena;
    struct parquet_footer *footer;
    const char *schema, *created_by; // created_by may be NULL
    struct columnar_pair *metadata;
};

static void put_texts(struct columnar_file *file, const struct type *columns)
{
    const struct parquet_footer *footer = file->footer;
    struct buf schema = buf_in(&file->arena, SIZE_MAX / 2);
    type_put(&schema, columns);
    file->schema = str_cstr(&file->arena, buf_str(&schema));
    if (footer->created_by.ptr)
        file->created_by = str_cstr(&file->arena, footer->created_by);
    file->metadata = ARENA_ARRAY(&file->arena, struct columnar_pair, footer->metadata_count + 1);
    for (size_t i = 0; i < footer->metadata_count; i++) {
        const struct parquet_pair *pair = &footer->metadata[i];
        file->metadata[i].key = str_cstr(&file->arena, pair->key);
        if (pair->value.ptr)
            file->metadata[i].value = str_cstr(&file->arena, pair->value);
    }
}

static enum err open_file(struct columnar_file *file, const char *path, struct error *error)
{
    struct type *columns;
    if (!path)
        return api_bad_argument(error, "the path is NULL");
    TRY(footer_open(&file->arena, path, &file->footer, error));
    TRY(footer_type(&file->arena, file->footer, &columns, error));
    put_texts(file, columns);
    return OK;
}

int columnar_file_open(const char *path, struct columnar_file **out_file,
                       struct columnar_error *error)
{
    struct error reason = {0};
    struct columnar_file *file = calloc(1, sizeof *file);
    if (!file)
        abort();
    arena_init(&file->arena);
    enum err err = open_file(file, path, &reason);
    if (err == OK)
        *out_file = file;
    else
        columnar_file_free(file);
    return api_answer(err, &reason, error);
}

uint64_t columnar_file_rows(const struct columnar_file *file)
{
    return (uint64_t)file->footer->rows;
}

size_t columnar_file_row_groups(const struct columnar_file *file)
{
    return file->footer->row_group_count;
}

uint64_t columnar_file_row_group_rows(const struct columnar_file *file, size_t row_group)
{
    if (row_group >= file->footer->row_group_count)
        return 0;
    return (uint64_t)file->footer->row_groups[row_group].rows;
}

const char *columnar_file_schema(const struct columnar_file *file)
{
    return file->schema;
}

const char *columnar_file_created_by(const struct columnar_file *file)
{
    return file->created_by;
}

const char *columnar_file_metadata(const struct columnar_file *file, const char *key)
{
    for (size_t i = 0; key && i < file->footer->metadata_count; i++)
        if (str_is(str_of(file->metadata[i].key), key))
            return file->metadata[i].value;
    return NULL;
}

void columnar_file_free(struct columnar_file *file)
{
    if (!file)
        return;
    arena_deinit(&file->arena);
    free(file);
}
