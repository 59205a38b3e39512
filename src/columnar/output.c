// SPDX-License-Identifier: Apache-2.0
#include "columnar/output.h"

#include "os/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err write_file(void *context, struct str bytes, struct error *error)
{
    struct output_file *file = context;
    file->output->bytes += bytes.len;
    file->bytes += bytes.len;
    return file->fd >= 0 ? file_append(file->fd, bytes, error)
                         : file->output->settings.sink.write(file->output->settings.sink.context,
                                                             bytes, error);
}

static struct str folder_of(struct str path)
{
    while (path.len > 1 && str_ends(path, S("/")))
        path.len--;
    size_t slash = str_rfind_char(path, '/');
    return slash == STR_NPOS ? S(".") : slash == 0 ? S("/") : str_slice(path, 0, slash);
}

// The folder that the files without names are made in: the nearest one to their names that is there
// already, which is in the same file system. So a conversion that fails leaves no folders either.
static const char *find_home(struct output *output)
{
    struct str path = str_of(output->settings.path);
    if (!output->is_folder)
        path = folder_of(path);
    struct stat info;
    const char *name = str_cstr(&output->arena, path);
    while (stat(name, &info) != 0 && errno == ENOENT && !str_eq(path, S(".")) &&
           !str_eq(path, S("/"))) {
        path = folder_of(path);
        name = str_cstr(&output->arena, path);
    }
    return name;
}

enum err output_open(struct output *output, const struct output_settings *settings,
                     struct error *error)
{
    *output = (struct output){.settings = *settings};
    arena_init(&output->arena);
    output->is_folder = settings->path && !str_ends(str_of(settings->path), S(".parquet"));
    if (!settings->path)
        return OK;
    output->home = find_home(output);
    if (access(output->home, W_OK | X_OK) != 0) // known before anything is read
        return error_set(error, ERR_IO, "cannot write in %s: %s", output->home, strerror(errno));
    return OK;
}

static struct output_file **find_open(struct output *output, struct str folder)
{
    size_t i = str_hash(folder);
    while (output->open[i & (output->open_capacity - 1)] &&
           !str_eq(output->open[i & (output->open_capacity - 1)]->folder, folder))
        i++;
    return &output->open[i & (output->open_capacity - 1)];
}

static void grow_open(struct output *output)
{
    struct output_file **old = output->open;
    size_t old_capacity = output->open_capacity;
    output->open_capacity = old_capacity ? old_capacity * 4 : 16;
    output->open = ARENA_ARRAY(&output->arena, struct output_file *, output->open_capacity);
    for (size_t i = 0; i < old_capacity; i++)
        if (old[i])
            *find_open(output, old[i]->folder) = old[i];
}

static enum err begin_file(struct output *output, struct str folder, struct output_file **out_file,
                           struct error *error)
{
    struct output_file *file = ARENA_NEW(&output->arena, struct output_file);
    *file =
        (struct output_file){.folder = str_dup(&output->arena, folder), .fd = -1, .output = output};
    file->sink = (struct byte_sink){write_file, file};
    *ARENA_PUSH(&output->arena, output->files, output->file_count, output->file_capacity) = file;
    if (output->settings.path)
        TRY(file_create_unnamed(output->home, 0666, &file->fd, error));
    *out_file = file;
    return file_writer_open(file->sink, &file->writer, error);
}

static enum err finish_file(struct output *output, struct output_file *file,
                            const struct type *schema, struct error *error)
{
    if (file->finished)
        return OK;
    file->finished = true;
    TRY(file_writer_finish(file->writer, schema, output->settings.chunk, output->settings.metadata,
                           output->settings.metadata_count, error));
    file_writer_free(file->writer);
    file->writer = NULL;
    return file->fd >= 0 ? file_sync(file->fd, error) : OK;
}

enum err output_row_group(struct output *output, struct str folder, const struct type *schema,
                          uint64_t rows, const struct chunk *chunks, size_t count,
                          struct error *error)
{
    if (output->open_count * 2 >= output->open_capacity)
        grow_open(output);
    struct output_file **open = find_open(output, folder), *file = *open;
    bool splits = output->is_folder && output->settings.file_bytes;
    if (file && splits && file->bytes >= output->settings.file_bytes) {
        TRY(finish_file(output, file, schema, error));
        TRY(begin_file(output, folder, open, error));
    } else if (!file) {
        output->open_count++;
        TRY(begin_file(output, folder, open, error));
    }
    file = *open;
    file->rows += rows;
    return file_writer_row_group(file->writer, rows, chunks, count, error);
}

void output_restart(struct output *output)
{
    for (size_t i = 0; i < output->file_count; i++) {
        file_writer_free(output->files[i]->writer);
        file_discard(output->files[i]->fd);
    }
    output->files = NULL;
    output->open = NULL;
    output->file_count = output->file_capacity = output->open_capacity = output->open_count = 0;
    output->bytes = 0;
}

// A single file is its path; of a folder's, each partition counts its parts from 0.
static void name_files(struct output *output)
{
    for (size_t i = 0; i < output->file_count; i++) {
        struct output_file *file = output->files[i];
        unsigned part = 0;
        for (size_t k = 0; k < i; k++)
            part += str_eq(output->files[k]->folder, file->folder);
        const char *suffix =
            output->settings.name_suffix ? output->settings.name_suffix : ".parquet";
        file->path = output->is_folder
                         ? str_format(&output->arena, "%s/%.*spart-%05u%s", output->settings.path,
                                      STR_ARG(file->folder), part, suffix)
                         : str_of(output->settings.path);
    }
}

static enum err publish_file(struct output *output, struct output_file *file, struct error *error)
{
    struct str folder = str_slice(file->path, 0, str_rfind_char(file->path, '/'));
    if (str_find_char(file->path, '/') == STR_NPOS)
        folder = S(".");
    const char *path = str_cstr(&output->arena, folder.len ? folder : S("/"));
    TRY(folder_make(path, 0777, error));
    TRY(file_publish(file->fd, str_cstr(&output->arena, file->path), error));
    return folder_sync(path, error);
}

enum err output_publish(struct output *output, const struct type *schema, struct error *error)
{
    struct output_file *file;
    if (output->file_count == 0 && !output->is_folder)
        TRY(begin_file(output, S(""), &file, error));
    for (size_t i = 0; i < output->file_count; i++)
        TRY(finish_file(output, output->files[i], schema, error));
    if (!output->settings.path)
        return OK;
    if (output->is_folder)
        TRY(folder_make(output->settings.path, 0777, error));
    name_files(output);
    for (size_t i = 0; i < output->file_count; i++)
        TRY(publish_file(output, output->files[i], error));
    return OK;
}

void output_close(struct output *output)
{
    output_restart(output);
    arena_deinit(&output->arena);
}
