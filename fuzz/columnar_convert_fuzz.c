// SPDX-License-Identifier: Apache-2.0
// A whole conversion in memory, of any bytes: the first two choose settings, the rest is the text.
// It ends, with a file whose footer can be read and has the rows that were counted, or with a
// reason; and every variant makes the same file and rejects the same records.
#include "columnar/convert.h"
#include "columnar/footer.h"
#include "columnar/variant.h"
#include "fuzz.h"

#include <assert.h>
#include <string.h>

static const char *const SCHEMAS[] = {
    NULL,
    NULL,
    NULL,
    "struct<a:int,b:array<struct<c:double,d:string>>,e:map<string,date>>",
    "struct<a:decimal(12,3),b:struct<c:timestamp,d:tinyint>,e:binary>",
    "struct<a:string,b:map<string,array<bigint>>,e:float>",
    "struct<a:boolean,b:smallint,e:array<array<string>>>",
    "struct<a:struct<a:struct<a:bigint>>,b:date>",
};

struct outcome {
    struct buf file, rejected;
    enum err err;
    struct convert_result result;
};

static enum err take_bytes(void *context, struct str bytes, struct error *error)
{
    (void)error;
    buf_put(&((struct outcome *)context)->file, bytes);
    return OK;
}

static enum err take_rejected(void *context, const struct source *source,
                              const struct rejected *record, struct error *error)
{
    (void)error;
    struct outcome *outcome = context;
    assert(source->compression != COMPRESSION_NONE ||
           record->offset + record->bytes <= source->size_bytes);
    buf_printf(&outcome->rejected, "%llu+%llu %.*s\n", (unsigned long long)record->offset,
               (unsigned long long)record->bytes, STR_ARG(record->reason));
    return OK;
}

static enum err begin_anew(void *context, struct error *error)
{
    (void)error;
    buf_clear(&((struct outcome *)context)->rejected);
    return OK;
}

static struct outcome convert(struct arena *arena, struct convert_settings settings)
{
    struct outcome outcome = {.file = buf_in(arena, SIZE_MAX / 2),
                              .rejected = buf_in(arena, SIZE_MAX / 2)};
    settings.output.sink = (struct byte_sink){take_bytes, &outcome};
    settings.rejected = take_rejected;
    settings.restarted = begin_anew;
    settings.context = &outcome;
    struct conversion *conversion = NULL;
    struct error error = {0};
    outcome.err = convert_run(&settings, &conversion, &outcome.result, &error);
    assert(outcome.err == error.kind);
    if (outcome.err == OK)
        convert_free(conversion);
    return outcome;
}

static void check_file(struct arena *arena, const struct outcome *outcome)
{
    struct parquet_footer *footer = NULL;
    struct error error = {0};
    struct type *columns = NULL;
    enum err err = footer_parse(arena, buf_str(&outcome->file), outcome->file.len, &footer, &error);
    assert(err == OK && (uint64_t)footer->rows == outcome->result.rows);
    err = footer_type(arena, footer, &columns, &error);
    assert(err == OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const enum parquet_codec codecs[] = {PARQUET_SNAPPY, PARQUET_UNCOMPRESSED, PARQUET_ZSTD,
                                                PARQUET_LZ4_RAW};
    if (len < 2)
        return 0;
    struct arena arena;
    arena_init(&arena);
    struct str text = str_dup(&arena, str_n((const char *)bytes + 2, len - 2)),
               schema = str_of(SCHEMAS[bytes[0] % 8]);
    struct convert_settings settings = {
        .input.memory = text,
        .schema = schema,
        .threads = 1,
        .infer = (enum infer_mode)(bytes[0] / 8 % 4 % 3),
        .profile = (enum profile)(bytes[0] / 32 % 2),
        .codec = codecs[bytes[0] / 64],
        .row_group_rows = bytes[1] % 4 == 0 ? 1 + bytes[1] / 4 % 8 : 0,
        .row_group_bytes = bytes[1] % 4 == 1 ? 16 + bytes[1] : 0,
        .record_bytes_max = bytes[1] % 4 == 2 ? 8 + bytes[1] : 0,
    };
    struct outcome best = convert(&arena, settings);
    assert(best.err == OK || best.err == ERR_CORRUPT || best.err == ERR_LIMIT);
    if (best.err == OK)
        check_file(&arena, &best);
    for (const struct variant *const *v = variants() + 1; v[-1] && *v; v++) {
        settings.variant = *v;
        struct outcome other = convert(&arena, settings);
        assert(other.err == best.err && str_eq(buf_str(&other.rejected), buf_str(&best.rejected)));
        assert(other.err != OK || str_eq(buf_str(&other.file), buf_str(&best.file)));
    }
    arena_deinit(&arena);
    return 0;
}
