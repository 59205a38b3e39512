// SPDX-License-Identifier: Apache-2.0
// Whole conversions in memory, or from files in a temporary folder.
#ifndef TESTS_CONVERTING_H
#define TESTS_CONVERTING_H

#include "../fixture.h"
#include "columnar/convert.h"
#include "columnar/footer.h"
#include "columnar/variant.h"
#include "os/file.h"

struct converted {
    struct arena *arena;
    struct buf file;     // the Parquet
    struct buf rejected; // "offset+bytes reason", a line each
    unsigned restarts;
    enum err err;
    struct error error;
    struct convert_result result; // numbers only; the rest is gone
    struct str schema;
};

static inline enum err take_bytes(void *context, struct str bytes, struct error *error)
{
    (void)error;
    buf_put(&((struct converted *)context)->file, bytes);
    return OK;
}

static inline enum err take_rejected(void *context, const struct source *source,
                                     const struct rejected *record, struct error *error)
{
    (void)error;
    struct converted *c = context;
    if (source->fd >= 0)
        buf_printf(&c->rejected, "%.*s ", STR_ARG(source->name));
    buf_printf(&c->rejected, "%llu+%llu %.*s\n", (unsigned long long)record->offset,
               (unsigned long long)record->bytes, STR_ARG(record->reason));
    return OK;
}

static inline enum err begin_anew(void *context, struct error *error)
{
    (void)error;
    struct converted *c = context;
    buf_clear(&c->rejected);
    c->restarts++;
    return OK;
}

// Settings' callbacks and sink are set here; *c may have been zeroed.
static inline void convert(struct arena *arena, struct convert_settings settings,
                           struct converted *c)
{
    *c = (struct converted){.arena = arena,
                            .file = buf_in(arena, SIZE_MAX / 2),
                            .rejected = buf_in(arena, SIZE_MAX / 2)};
    settings.rejected = take_rejected;
    settings.restarted = begin_anew;
    settings.context = c;
    if (!settings.output.path)
        settings.output.sink = (struct byte_sink){take_bytes, c};
    struct conversion *conversion = NULL;
    c->err = convert_run(&settings, &conversion, &c->result, &c->error);
    if (c->err != OK)
        return;
    struct buf schema = buf_in(arena, SIZE_MAX / 2);
    type_put(&schema, c->result.schema);
    c->schema = buf_str(&schema);
    convert_free(conversion);
}

static inline struct parquet_footer *footer_of(struct arena *arena, struct str file)
{
    struct parquet_footer *footer = NULL;
    struct error error = {0};
    enum err err = footer_parse(arena, file, file.len, &footer, &error);
    if (err != OK)
        fail_msg("%s", error.text);
    return footer;
}

static inline struct convert_settings of_text(struct str text)
{
    return (struct convert_settings){.input.memory = text, .threads = 1};
}

static inline void convert_text(struct arena *arena, const char *text, struct converted *c)
{
    convert(arena, of_text(str_of(text)), c);
    if (c->err != OK)
        fail_msg("%s: %s", text, c->error.text);
    assert_int_equal(footer_of(arena, buf_str(&c->file))->rows, c->result.rows);
}

#endif
