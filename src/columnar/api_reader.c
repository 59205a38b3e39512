// SPDX-License-Identifier: Apache-2.0
// The reader: the shredder's batches, gathered to Arrow's.
//
// The schema is settled before the first record is read, so that the columns never change; where it
// has to be inferred, a conversion that only learns does it. Of the input there is one portion for
// each source, or several of a compressed one.
#include "columnar/api_internal.h"
#include "columnar/arrow.h"
#include "columnar/spool.h"
#include "columnar/variant.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_ROWS_DEFAULT ((size_t)8192) // stays in the cache while it is made
#define BATCH_ROWS_LEAST ((size_t)1024)
// Rows times columns of a default batch: bounds a wide table's memory.
#define BATCH_VALUES ((size_t)1 << 24)
#define BATCH_TEXT_BYTES ((uint64_t)32 << 20)
#define WHOLE_SOURCE ((uint64_t)1 << 50) // bytes of a portion

struct columnar_reader {
    struct api_options options;
    struct spool spool;
    struct input_settings input_settings;
    bool pushing, begun, ended;
    struct input *input;
    struct type *schema; // NULL until it is known; in options.arena
    const char *schema_text;
    struct columns *columns;
    size_t columns_rows_max, batch_rows;
    struct shredder shredder;
    struct portion portion;
    size_t piece; // of the portion: the one that is being read, if in_piece, or the next
    bool in_piece;
    struct window window;
    struct arrow_builder *batch;
    uint64_t batch_text; // JSON bytes in it
    uint64_t rejected;
    enum err failed; // what every later call answers
    struct error error;
};

// ================================================================ beginning

static enum err find_schema(struct columnar_reader *r, struct error *error)
{
    struct convert_settings settings = r->options.convert;
    settings.input = r->input_settings;
    settings.output = (struct output_settings){0};
    settings.partition_by_count = 0;
    settings.rejected = NULL; // they are told when they are read
    TRY(convert_schema(&settings, &r->options.arena, &r->schema, error));
    builder_settle(r->schema);
    struct buf text = buf_in(&r->options.arena, SIZE_MAX / 2);
    type_put(&text, r->schema);
    r->schema_text = str_cstr(&r->options.arena, buf_str(&text));
    return OK;
}

static size_t default_rows(size_t leaves)
{
    size_t rows = BATCH_VALUES / (leaves + 1);
    return rows > BATCH_ROWS_DEFAULT ? BATCH_ROWS_DEFAULT
           : rows < BATCH_ROWS_LEAST ? BATCH_ROWS_LEAST
                                     : rows;
}

static enum err begin(struct columnar_reader *r, struct error *error)
{
    r->begun = true;
    if (r->pushing)
        TRY(spool_input(&r->spool, &r->input_settings, error));
    r->pushing = false;
    TRY(find_schema(r, error));
    r->input_settings.portion_bytes = WHOLE_SOURCE;
    r->input_settings.threads = 1;
    TRY(input_open(&r->input_settings, &r->input, error));
    r->columns = columns_new(r->schema, true);
    r->columns_rows_max = r->columns->rows_max;
    r->batch_rows = r->options.batch_rows ? r->options.batch_rows
                                          : default_rows(columns_leaf_count(r->columns));
    r->batch = arrow_builder_new(r->columns);
    r->shredder = (struct shredder){.columns = r->columns, .arena = &r->options.arena};
    return OK;
}

static enum err ready(struct columnar_reader *r, struct error *error)
{
    if (r->failed == OK && !r->begun) {
        r->failed = begin(r, &r->error);
        r->error.kind = r->failed;
    }
    if (r->failed != OK)
        *error = r->error;
    return r->failed;
}

// ================================================================ reading

static enum err reject(struct columnar_reader *r, struct error *error)
{
    const struct shredder *s = &r->shredder;
    const struct piece *piece = &r->portion.pieces[r->piece];
    if (s->error.kind == ERR_LIMIT)
        return *error = s->error, ERR_LIMIT;
    r->rejected++;
    struct str text = str_n(s->record, (size_t)(s->rejected_end - s->record));
    while (text.len && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r'))
        text.len--;
    struct rejected record = {.source_index = piece->source_index,
                              .offset = s->offset + (uint64_t)(s->record - s->window),
                              .bytes = text.len,
                              .reason = str_of(s->error.text),
                              .text = str_slice(text, 0, REJECTED_TEXT_MAX),
                              .is_json = s->error.kind != ERR_SYNTAX};
    return api_reject(&r->options, piece->source, &record, error);
}

// A record that is longer than what is allowed is rejected on the way.
static enum err next_window(struct columnar_reader *r, struct error *error)
{
    TRY(window_next(&r->window, &r->shredder, error));
    if (!r->window.gave_up)
        return OK;
    TRY(reject(r, error));
    return window_next(&r->window, &r->shredder, error);
}

static enum err begin_piece(struct columnar_reader *r, struct error *error)
{
    while (r->piece == r->portion.piece_count) {
        portion_free(&r->portion);
        r->piece = 0;
        enum err err = input_next(r->input, &r->portion, error);
        if (err == ERR_NOT_FOUND) {
            r->ended = true;
            return OK;
        }
        TRY(err);
    }
    window_open(&r->window, &r->portion.pieces[r->piece], &r->shredder);
    r->in_piece = true;
    return next_window(r, error);
}

// One call of the shredder and what follows from it.
static enum err step(struct columnar_reader *r, struct error *error)
{
    struct shredder *s = &r->shredder;
    struct columns *columns = r->columns;
    size_t rest = r->batch_rows - arrow_builder_rows(r->batch);
    columns->rows_max = rest < r->columns_rows_max ? rest : r->columns_rows_max;
    s->batch_end = s->end - s->at > (ptrdiff_t)WINDOW_BYTES ? s->at + WINDOW_BYTES : s->end;
    const char *from = s->at;
    enum shred_stop stop = variant_best()->shred(s);
    r->batch_text += (uint64_t)(s->at - from);
    if (stop == SHRED_REJECTED)
        return reject(r, error);
    TRY(arrow_builder_add(r->batch, error));
    columns_clear(columns);
    if (stop == SHRED_MORE)
        return next_window(r, error);
    if (stop == SHRED_DONE) {
        r->in_piece = false;
        r->piece++;
    }
    return OK;
}

static enum err fill(struct columnar_reader *r, struct error *error)
{
    while (arrow_builder_rows(r->batch) < r->batch_rows &&
           (r->batch_text < BATCH_TEXT_BYTES || r->columns->rows > 0)) {
        if (!r->in_piece)
            TRY(begin_piece(r, error));
        if (r->ended)
            break;
        TRY(step(r, error));
    }
    return OK;
}

static enum err next(struct columnar_reader *r, struct ArrowArray *out, struct error *error)
{
    *out = (struct ArrowArray){0};
    TRY(ready(r, error));
    do {
        r->batch_text = 0;
        r->failed = fill(r, &r->error);
        if (r->failed != OK)
            return *error = r->error, r->failed;
    } while (!r->ended && arrow_builder_rows(r->batch) == 0);
    if (arrow_builder_rows(r->batch) > 0)
        arrow_builder_take(r->batch, out);
    return OK;
}

int columnar_reader_next(struct columnar_reader *reader, struct ArrowArray *out_batch,
                         struct columnar_error *error)
{
    struct error reason = {0};
    enum err err = next(reader, out_batch, &reason);
    return api_answer(err, &reason, error);
}

int columnar_reader_schema(struct columnar_reader *reader, struct ArrowSchema *out_schema,
                           struct columnar_error *error)
{
    struct error reason = {0};
    *out_schema = (struct ArrowSchema){0};
    enum err err = reader->schema ? OK : ready(reader, &reason);
    if (err == OK)
        arrow_schema(reader->schema, out_schema);
    return api_answer(err, &reason, error);
}

const char *columnar_reader_schema_text(const struct columnar_reader *reader)
{
    return reader->schema_text;
}

uint64_t columnar_reader_rejected(const struct columnar_reader *reader)
{
    return reader->rejected;
}

// ================================================================ opening and closing

static struct columnar_reader *new_reader(const struct columnar_options *options, enum err *out_err,
                                          struct error *error)
{
    struct columnar_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        abort();
    *out_err = api_options_take(&reader->options, options, error);
    spool_init(&reader->spool, reader->options.temporary_folder);
    return reader;
}

static int opened(struct columnar_reader *reader, enum err err, const struct error *reason,
                  struct columnar_reader **out_reader, struct columnar_error *error)
{
    int code = api_answer(err, reason, error);
    if (err == OK)
        *out_reader = reader;
    else
        columnar_reader_free(reader);
    return code;
}

int columnar_reader_open(const char *const *paths, size_t path_count,
                         const struct columnar_options *options,
                         struct columnar_reader **out_reader, struct columnar_error *error)
{
    struct error reason = {0};
    enum err err;
    struct columnar_reader *reader = new_reader(options, &err, &reason);
    if (err == OK)
        err = api_paths_take(&reader->options, paths, path_count, &reader->input_settings, &reason);
    for (size_t i = 0; err == OK && i < path_count; i++)
        if (strcmp(paths[i], "-") == 0) // could be read once only
            err = api_bad_argument(&reason, "a reader takes no standard input: push its bytes");
    if (err == OK)
        err = ready(reader, &reason);
    return opened(reader, err, &reason, out_reader, error);
}

int columnar_reader_open_bytes(const void *bytes, size_t len,
                               const struct columnar_options *options,
                               struct columnar_reader **out_reader, struct columnar_error *error)
{
    struct error reason = {0};
    enum err err;
    struct columnar_reader *reader = new_reader(options, &err, &reason);
    reader->input_settings.memory = str_n(bytes, len);
    if (err == OK && len && !bytes)
        err = api_bad_argument(&reason, "the bytes are NULL");
    if (err == OK)
        err = ready(reader, &reason);
    return opened(reader, err, &reason, out_reader, error);
}

int columnar_reader_open_push(const struct columnar_options *options,
                              struct columnar_reader **out_reader, struct columnar_error *error)
{
    struct error reason = {0};
    enum err err;
    struct columnar_reader *reader = new_reader(options, &err, &reason);
    reader->pushing = true;
    return opened(reader, err, &reason, out_reader, error);
}

int columnar_reader_push(struct columnar_reader *reader, const void *bytes, size_t len,
                         struct columnar_error *error)
{
    struct error reason = {0};
    enum err err = OK;
    if (!reader->pushing)
        err = api_bad_argument(&reason, "the reader takes no more bytes");
    else if (len && !bytes)
        err = api_bad_argument(&reason, "the bytes are NULL");
    else if (len && reader->failed == OK)
        reader->failed = spool_push(&reader->spool, str_n(bytes, len), &reader->error);
    if (err == OK && reader->failed != OK) {
        err = reader->failed;
        reason = reader->error;
    }
    return api_answer(err, &reason, error);
}

void columnar_reader_free(struct columnar_reader *reader)
{
    if (!reader)
        return;
    arrow_builder_free(reader->batch);
    columns_free(reader->columns);
    window_close(&reader->window);
    portion_free(&reader->portion);
    api_options_deinit(&reader->options);
    input_close(reader->input);
    spool_deinit(&reader->spool);
    free(reader);
}

// ================================================================ streams

struct stream {
    struct columnar_reader *reader;
    struct columnar_error error;
};

static const int ERRNOS[] = {
    [COLUMNAR_OK] = 0,
    [COLUMNAR_BAD_ARGUMENT] = EINVAL,
    [COLUMNAR_BAD_RECORD] = EINVAL,
    [COLUMNAR_BAD_DATA] = EINVAL,
    [COLUMNAR_LIMIT] = EOVERFLOW,
    [COLUMNAR_NOT_FOUND] = ENOENT,
    [COLUMNAR_DENIED] = EACCES,
    [COLUMNAR_IO] = EIO,
    [COLUMNAR_STOPPED] = ECANCELED,
    [COLUMNAR_UNSUPPORTED] = ENOTSUP,
};

static int stream_schema(struct ArrowArrayStream *self, struct ArrowSchema *out)
{
    struct stream *stream = self->private_data;
    return ERRNOS[columnar_reader_schema(stream->reader, out, &stream->error)];
}

static int stream_next(struct ArrowArrayStream *self, struct ArrowArray *out)
{
    struct stream *stream = self->private_data;
    return ERRNOS[columnar_reader_next(stream->reader, out, &stream->error)];
}

static const char *stream_error(struct ArrowArrayStream *self)
{
    const struct stream *stream = self->private_data;
    return stream->error.code ? stream->error.text : NULL;
}

static void stream_release(struct ArrowArrayStream *self)
{
    struct stream *stream = self->private_data;
    columnar_reader_free(stream->reader);
    free(stream);
    self->release = NULL;
}

void columnar_reader_stream(struct columnar_reader *reader, struct ArrowArrayStream *out_stream)
{
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        abort();
    stream->reader = reader;
    *out_stream = (struct ArrowArrayStream){.get_schema = stream_schema,
                                            .get_next = stream_next,
                                            .get_last_error = stream_error,
                                            .release = stream_release,
                                            .private_data = stream};
}
