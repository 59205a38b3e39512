// SPDX-License-Identifier: Apache-2.0
// Learning is shredding without writing (builder.h); here are only the rules, and what the types
// are called.
#include "engines/infer_json.h"

#include "columnar/builder.h"

#include <string.h>

#define SAMPLE_STEPS_MAX 10
#define PORTION_BYTES ((uint64_t)64 << 20)

struct learning {
    struct builder builder;
    struct input *input;
    uint64_t rows, text_bytes;
    struct error first_bad;
    bool any_bad;
};

// ================================================================ names of types

static bool has_plain_names(const struct type *type)
{
    for (size_t i = 0; i < type->count; i++) {
        struct str name = type->fields[i].name;
        if (name.len == 0)
            return false;
        for (size_t k = 0; k < name.len; k++)
            if ((unsigned char)name.ptr[k] < 0x20 || strchr(":,<>`() ", name.ptr[k]))
                return false;
    }
    return type->count > 0;
}

static void put_type(struct buf *out, const struct type *type)
{
    if (type->kind == KIND_NULL) {
        buf_puts(out, "void");
    } else if (type->kind == KIND_LIST) {
        buf_puts(out, "array<");
        put_type(out, type->fields[0].type);
        buf_put_char(out, '>');
    } else if (type->kind == KIND_STRUCT && has_plain_names(type)) {
        buf_puts(out, "struct<");
        for (size_t i = 0; i < type->count; i++) {
            buf_puts(out, i ? "," : "");
            buf_put(out, type->fields[i].name);
            buf_put_char(out, ':');
            put_type(out, type->fields[i].type);
        }
        buf_put_char(out, '>');
    } else if (type->kind == KIND_STRUCT) {
        buf_puts(out, "string");
    } else {
        type_put(out, type);
    }
}

static struct json *columns_of(struct arena *arena, const struct type *schema)
{
    struct json *columns = json_array(arena);
    for (size_t i = 0; i < schema->count; i++) {
        struct json *column = json_object(arena);
        struct buf type = buf_in(arena, BUF_MAX_DEFAULT);
        put_type(&type, schema->fields[i].type);
        json_set_str(arena, column, "name", str_dup(arena, schema->fields[i].name));
        json_set_str(arena, column, "type", buf_str(&type));
        json_push(arena, columns, column);
    }
    return columns;
}

// ================================================================ learning

static void note_run(struct learning *learning)
{
    const struct builder *b = &learning->builder;
    learning->rows += b->records;
    if (learning->any_bad || b->rejected_kept == 0)
        return;
    learning->any_bad = true;
    error_set(&learning->first_bad, ERR_INVALID, "%.*s", STR_ARG(b->rejected[0].reason));
}

static enum err learn_front(struct learning *learning, uint64_t step_bytes,
                            const struct type *nothing, struct error *error)
{
    TRY(builder_front(&learning->builder, input_source(learning->input, 0), nothing, step_bytes,
                      SAMPLE_STEPS_MAX, &learning->text_bytes, error));
    note_run(learning);
    return OK;
}

static enum err learn_all(struct learning *learning, const struct type *nothing,
                          struct error *error)
{
    const struct type *schema = nothing;
    for (;;) {
        struct portion portion;
        enum err err = input_next(learning->input, &portion, error);
        if (err != OK)
            return err == ERR_NOT_FOUND ? OK : err;
        err = builder_run(&learning->builder, &portion, schema, false, BUILD_LEARN, error);
        learning->text_bytes += portion.text_bytes;
        portion_free(&portion);
        TRY(err);
        note_run(learning);
        schema = learning->builder.schema;
    }
}

static enum err learn(struct arena *arena, struct learning *learning, uint64_t sample_bytes,
                      struct json *out, struct error *error)
{
    static const char *const COMPRESSIONS[] = {
        [COMPRESSION_NONE] = "none", [COMPRESSION_GZIP] = "gzip", [COMPRESSION_ZSTD] = "zstd"};
    const struct type *nothing = type_new(arena, KIND_STRUCT);
    json_set_str(arena, out, "format", S("json"));
    json_set_str(arena, out, "compression",
                 str_of(COMPRESSIONS[input_source(learning->input, 0)->compression]));
    if (sample_bytes)
        TRY(learn_front(learning, sample_bytes, nothing, error));
    else
        TRY(learn_all(learning, nothing, error));
    const struct type *schema = learning->builder.schema;
    json_set_i64(arena, out, "rows", (int64_t)learning->rows);
    json_set_i64(arena, out, "sampled_bytes", (int64_t)learning->text_bytes);
    json_set(arena, out, "columns", columns_of(arena, schema ? schema : nothing));
    if (learning->rows == 0)
        return error_set(error, ERR_INVALID, "no valid JSON object: %s",
                         learning->any_bad ? learning->first_bad.text : "the file is empty");
    return OK;
}

enum err infer_json(struct arena *arena, const char *path, uint64_t sample_bytes, struct json *out,
                    struct error *error)
{
    const struct builder_settings settings = {
        .rules = {.lossy_real = true, .small_integers = true, .fold_case = true}};
    const struct input_settings input = {
        .paths = &path, .path_count = 1, .portion_bytes = PORTION_BYTES, .threads = 1};
    struct learning learning = {0};
    TRY(input_open(&input, &learning.input, error));
    builder_init(&learning.builder, &settings);
    enum err err = learn(arena, &learning, sample_bytes, out, error);
    builder_deinit(&learning.builder);
    input_close(learning.input);
    return err;
}
