// SPDX-License-Identifier: Apache-2.0
// Opening sources, and windows over their text.
#include "columnar/input_internal.h"

#include "columnar/simd.h"
#include "columnar/variant.h"
#include "os/file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_BYTES 4
#define COPY_BYTES ((size_t)1 << 20)
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

// ================================================================ sources

// Standard input that cannot be read again goes to an unnamed file first.
static enum err spool(const struct input_settings *settings, int *out_fd, struct error *error)
{
    int fd = -1;
    TRY(file_create_unnamed(settings->spool_folder ? settings->spool_folder : "/tmp", 0600, &fd,
                            error));
    char *bytes = malloc(COPY_BYTES);
    if (!bytes)
        abort();
    enum err err = OK;
    for (size_t got = 1; err == OK && got > 0;) {
        err = file_read_some(STDIN_FILENO, bytes, COPY_BYTES, &got, error);
        if (err == OK)
            err = file_append(fd, str_n(bytes, got), error);
    }
    free(bytes);
    if (err == OK)
        *out_fd = fd;
    else
        file_close(fd);
    return err;
}

static enum err open_source(const struct input_settings *settings, const char *path,
                            struct source *source, struct error *error)
{
    struct stat info;
    bool standard = strcmp(path, "-") == 0;
    source->name = standard ? S("<stdin>") : str_of(path);
    source->fd = -1;
    if (!standard)
        TRY(file_open_read(path, &source->fd, error));
    else if (fstat(STDIN_FILENO, &info) == 0 && S_ISREG(info.st_mode))
        source->fd = dup(STDIN_FILENO);
    else
        TRY(spool(settings, &source->fd, error));
    if (source->fd < 0 || fstat(source->fd, &info) != 0)
        return error_set(error, ERR_IO, "cannot read %s", path);
    if (!S_ISREG(info.st_mode))
        return error_set(error, ERR_INVALID,
                         "%s is not a regular file; a pipe can be given as standard input (-)",
                         path);
    source->size_bytes = (uint64_t)info.st_size;
    return OK;
}

static enum err open_again(int fd, struct source *source, struct error *error)
{
    struct stat info;
    source->fd = dup(fd);
    if (source->fd < 0 || fstat(source->fd, &info) != 0)
        return error_set(error, ERR_IO, "cannot read %.*s", STR_ARG(source->name));
    source->size_bytes = (uint64_t)info.st_size;
    return OK;
}

static enum err recognise(struct source *source, struct error *error)
{
    char first[FIRST_BYTES] = {0};
    size_t len = source->size_bytes < FIRST_BYTES ? (size_t)source->size_bytes : FIRST_BYTES;
    TRY(source_read(source, 0, first, len, error));
    source->compression = compression_of(str_n(first, len));
    return OK;
}

static void close_until_read(struct source *source, const char *path)
{
    file_close(source->fd);
    source->fd = -1;
    source->path = path;
}

enum err input_open(const struct input_settings *settings, struct input **out_input,
                    struct error *error)
{
    struct input *input = calloc(1, sizeof *input);
    size_t count = settings->path_count ? settings->path_count : 1;
    if (!input || !(input->sources = calloc(count, sizeof *input->sources)))
        abort();
    pthread_mutex_init(&input->lock, NULL);
    enum err err = OK;
    for (size_t i = 0; err == OK && i < count; i++) {
        struct source *source = &input->sources[input->source_count++];
        *source = (struct source){.name = S("<memory>"),
                                  .fd = -1,
                                  .memory = settings->memory,
                                  .size_bytes = settings->memory.len};
        if (settings->name.ptr)
            source->name = settings->name;
        if (settings->path_count)
            err = open_source(settings, settings->paths[i], source, error);
        else if (settings->fd)
            err = open_again(*settings->fd, source, error);
        if (err == OK)
            err = recognise(source, error);
        if (err == OK && count > SOURCES_OPEN_MAX && settings->path_count &&
            strcmp(settings->paths[i], "-") != 0)
            close_until_read(source, settings->paths[i]);
        if (settings->names)
            source->name = settings->names[i];
        input->stored_bytes += source->size_bytes;
    }
    if (err != OK) {
        input_close(input);
        return err;
    }
    uint64_t portions = input->stored_bytes / (settings->portion_bytes + 1) + 1;
    unsigned threads = settings->threads ? settings->threads : 1;
    if (input->stored_bytes >= threads * PORTION_BYTES_MIN)
        portions = (portions + threads - 1) / threads * threads;
    input->portion_bytes = input->stored_bytes / portions + 1;
    *out_input = input;
    return OK;
}

void input_close(struct input *input)
{
    if (!input)
        return;
    input_rewind(input);
    for (size_t i = 0; i < input->source_count; i++)
        file_close(input->sources[i].fd);
    pthread_mutex_destroy(&input->lock);
    free(input->sources);
    free(input);
}

size_t input_source_count(const struct input *input)
{
    return input->source_count;
}

const struct source *input_source(const struct input *input, size_t index)
{
    return &input->sources[index];
}

uint64_t input_stored_bytes(const struct input *input)
{
    return input->stored_bytes;
}

// ================================================================ lines

static void begin_counting(struct line_counter *counter, const struct source *source)
{
    unpacker_free(counter->unpacker);
    counter->unpacker = source->compression == COMPRESSION_NONE ? NULL : unpacker_new(source);
    counter->source = source;
    counter->offset = counter->newlines = 0;
    if (!counter->bytes && !(counter->bytes = calloc(1, COPY_BYTES + SIMD_PADDING)))
        abort();
}

enum err line_counter_find(struct line_counter *counter, const struct source *source,
                           uint64_t offset, uint64_t *out_line, struct error *error)
{
    if (counter->source != source || offset < counter->offset)
        begin_counting(counter, source);
    while (counter->offset < offset) {
        uint64_t left = offset - counter->offset;
        size_t len = left < COPY_BYTES ? (size_t)left : COPY_BYTES, got = len;
        if (counter->unpacker)
            TRY(unpacker_read(counter->unpacker, counter->bytes, len, &got, error));
        else
            TRY(source_read(source, counter->offset, counter->bytes, len, error));
        if (got == 0)
            break;
        counter->newlines += variant_best()->newlines(str_n(counter->bytes, got));
        counter->offset += got;
    }
    *out_line = counter->newlines + 1;
    return OK;
}

void line_counter_deinit(struct line_counter *counter)
{
    unpacker_free(counter->unpacker);
    free(counter->bytes);
    *counter = (struct line_counter){0};
}

// ================================================================ windows

void window_open(struct window *window, const struct piece *piece, struct shredder *s)
{
    window->piece = piece;
    window->next = piece->start;
    s->at = s->end = s->window = window->buffer;
    s->place = piece->place;
    s->spans_lines = false;
    s->in_rejected_line = false;
    s->source_index = piece->source_index;
}

static void grow(struct window *window, size_t capacity, struct shredder *s)
{
    size_t at = (size_t)(s->at - s->window), end = (size_t)(s->end - s->window);
    window->buffer = realloc(window->buffer, capacity + SIMD_PADDING);
    if (!window->buffer)
        abort();
    window->capacity = capacity;
    s->window = window->buffer;
    s->at = window->buffer + at;
    s->end = window->buffer + end;
}

// The record at the front is longer than what is allowed: what is read of it is rejected, the rest
// of its line skipped.
static void give_up_record(struct window *window, struct shredder *s)
{
    window->gave_up = true;
    s->record = s->at;
    s->at = s->rejected_end = s->end;
    s->in_rejected_line = true;
    error_set(&s->error, ERR_INVALID, "the record has more than %zu bytes", window->capacity);
}

static enum err fill(struct window *window, struct shredder *s, struct error *error)
{
    if (!window->buffer)
        grow(window, WINDOW_BYTES, s);
    size_t left = (size_t)(s->end - s->at);
    if (left > window->capacity / 2 && window->capacity < RECORD_BYTES_MAX)
        grow(window, window->capacity * 2, s);
    if (left == window->capacity) {
        give_up_record(window, s);
        return OK;
    }
    memmove(window->buffer, s->at, left);
    uint64_t rest = window->piece->end - window->next;
    size_t len = window->capacity - left < rest ? window->capacity - left : (size_t)rest;
    TRY(source_read(window->piece->source, window->next, window->buffer + left, len, error));
    memset(window->buffer + left + len, 0, SIMD_PADDING);
    s->offset = window->next - left;
    window->next += len;
    s->window = s->at = window->buffer;
    s->end = window->buffer + left + len;
    return OK;
}

enum err window_next(struct window *window, struct shredder *s, struct error *error)
{
    const struct piece *piece = window->piece;
    bool first = window->next == piece->start;
    window->gave_up = false;
    if (piece->text) {
        s->window = s->at = piece->text;
        s->end = piece->text + (piece->end - piece->start);
        s->offset = piece->start;
        window->next = piece->end;
    } else {
        TRY(fill(window, s, error));
        if (window->gave_up)
            return OK;
    }
    s->final = window->next == piece->end;
    s->cut_in_array = !piece->ends_source;
    s->utf8_end = s->at;
    if (first && piece->start == 0 &&
        str_starts(str_n(s->at, (size_t)(s->end - s->at)), S(BYTE_ORDER_MARK)))
        s->at += sizeof BYTE_ORDER_MARK - 1;
    return OK;
}

void window_close(struct window *window)
{
    free(window->buffer);
    *window = (struct window){0};
}
