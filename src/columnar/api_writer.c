// SPDX-License-Identifier: Apache-2.0
// The writer: a spool in front of a conversion.
//
// A sink cannot take back what it got. So the schema that is inferred for one is learnt from all of
// the text before anything is written, while files are written along with learning and begun again
// in the rare case that the schema's growth makes that wrong.
#include "columnar/api_internal.h"
#include "columnar/spool.h"

#include <stdlib.h>

struct columnar_writer {
    struct api_options options;
    struct spool spool;
    int (*write)(void *context, const void *bytes, size_t len);
    void *context;
    bool spent; // finished, or failed
};

static enum err write_sink(void *context, struct str bytes, struct error *error)
{
    struct columnar_writer *writer = context;
    if (writer->write(writer->context, bytes.ptr, bytes.len) != 0)
        return error_set(error, ERR_CANCELLED, "the function that is written to said so");
    return OK;
}

static enum err set_sink(struct columnar_writer *writer,
                         int (*write)(void *context, const void *bytes, size_t len), void *context,
                         struct error *error)
{
    struct convert_settings *convert = &writer->options.convert;
    if (!write)
        return api_bad_argument(error, "there is no function to write to");
    if (convert->partition_by_count || convert->output.file_bytes)
        return api_bad_argument(error, "partitions and parts by size need a folder");
    writer->write = write;
    writer->context = context;
    convert->output.sink = (struct byte_sink){write_sink, writer};
    convert->learn_first = true;
    return OK;
}

static struct columnar_writer *new_writer(const struct columnar_options *options, enum err *out_err,
                                          struct error *error)
{
    struct columnar_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        abort();
    *out_err = api_options_take(&writer->options, options, error);
    spool_init(&writer->spool, writer->options.temporary_folder);
    return writer;
}

static int opened(struct columnar_writer *writer, enum err err, const struct error *reason,
                  struct columnar_writer **out_writer, struct columnar_error *error)
{
    if (err == OK)
        *out_writer = writer;
    else
        columnar_writer_free(writer);
    return api_answer(err, reason, error);
}

int columnar_writer_open(const char *out_path, const struct columnar_options *options,
                         struct columnar_writer **out_writer, struct columnar_error *error)
{
    struct error reason = {0};
    enum err err;
    struct columnar_writer *writer = new_writer(options, &err, &reason);
    if (err == OK)
        err = api_out_path_take(&writer->options, out_path, &reason);
    return opened(writer, err, &reason, out_writer, error);
}

int columnar_writer_open_sink(int (*write)(void *context, const void *bytes, size_t len),
                              void *context, const struct columnar_options *options,
                              struct columnar_writer **out_writer, struct columnar_error *error)
{
    struct error reason = {0};
    enum err err;
    struct columnar_writer *writer = new_writer(options, &err, &reason);
    if (err == OK)
        err = set_sink(writer, write, context, &reason);
    return opened(writer, err, &reason, out_writer, error);
}

static enum err check_unspent(const struct columnar_writer *writer, struct error *error)
{
    return writer->spent ? api_bad_argument(error, "the writer has finished or failed before") : OK;
}

int columnar_writer_push(struct columnar_writer *writer, const void *bytes, size_t len,
                         struct columnar_error *error)
{
    struct error reason = {0};
    enum err err = check_unspent(writer, &reason);
    if (err == OK && len) {
        err = bytes ? spool_push(&writer->spool, str_n(bytes, len), &reason)
                    : api_bad_argument(&reason, "the bytes are NULL");
        writer->spent = err != OK;
    }
    return api_answer(err, &reason, error);
}

int columnar_writer_finish(struct columnar_writer *writer, struct columnar_result *result,
                           struct columnar_error *error)
{
    struct api_options *options = &writer->options;
    struct error reason = {0};
    enum err err = check_unspent(writer, &reason);
    if (err == OK)
        err = spool_input(&writer->spool, &options->convert.input, &reason);
    if (err == OK)
        err = api_convert(options, result, &reason);
    writer->spent = true;
    return api_answer(err, &reason, error);
}

void columnar_writer_free(struct columnar_writer *writer)
{
    if (!writer)
        return;
    spool_deinit(&writer->spool);
    api_options_deinit(&writer->options);
    free(writer);
}
