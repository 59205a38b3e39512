// SPDX-License-Identifier: Apache-2.0
// A row per codec. Gzip has two engines behind it: igzip for its low levels, zlib for the others.
#include "columnar/codec.h"
#include "columnar/snappy.h"

#include <assert.h>
#include <isa-l/igzip_lib.h>
#include <lz4.h>
#include <snappy-c.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define ZSTD_LEVEL 1
#define IGZIP_LEVEL 1
#define IGZIP_LEVEL_MAX 3
#define GZIP_WRAP 60 // more than gzip's header and trailer
#define GZIP_WINDOW_BITS (15 + 16)

struct codec {
    enum parquet_codec kind;
    int level;
    struct snappy *snappy;
    ZSTD_CCtx *zstd;
    uint8_t *igzip_memory;
    uint32_t igzip_memory_bytes;
};

static void prepare_gzip(struct codec *codec)
{
    static const uint32_t MEMORY[IGZIP_LEVEL_MAX + 1] = {
        ISAL_DEF_LVL0_DEFAULT, ISAL_DEF_LVL1_DEFAULT, ISAL_DEF_LVL2_DEFAULT, ISAL_DEF_LVL3_DEFAULT};
    if (codec->level == 0)
        codec->level = IGZIP_LEVEL;
    if (codec->level > IGZIP_LEVEL_MAX)
        return;
    codec->igzip_memory_bytes = MEMORY[codec->level];
    codec->igzip_memory = malloc(codec->igzip_memory_bytes);
    if (!codec->igzip_memory)
        abort();
}

struct codec *codec_new(enum parquet_codec kind, int level)
{
    struct codec *codec = calloc(1, sizeof *codec);
    if (!codec)
        abort();
    *codec = (struct codec){.kind = kind, .level = level < 0 ? 0 : level};
    if (kind == PARQUET_GZIP)
        prepare_gzip(codec);
    if (kind == PARQUET_SNAPPY && !(codec->snappy = malloc(sizeof *codec->snappy)))
        abort();
    if (kind == PARQUET_ZSTD && !(codec->zstd = ZSTD_createCCtx()))
        abort();
    return codec;
}

void codec_free(struct codec *codec)
{
    if (!codec)
        return;
    ZSTD_freeCCtx(codec->zstd);
    free(codec->igzip_memory);
    free(codec->snappy);
    free(codec);
}

size_t codec_bound(const struct codec *codec, size_t len)
{
    switch (codec->kind) {
    case PARQUET_SNAPPY:
        return snappy_room(len); // more than snappy_max_compressed_length
    case PARQUET_GZIP:
        return compressBound(len) + len / 8 + GZIP_WRAP;
    case PARQUET_ZSTD:
        return ZSTD_compressBound(len);
    case PARQUET_LZ4_RAW:
        return (size_t)LZ4_compressBound((int)len);
    default:
        return len;
    }
}

static size_t compress_igzip(struct codec *codec, struct str input, char *out)
{
    struct isal_zstream stream;
    isal_deflate_stateless_init(&stream);
    stream.level = (uint32_t)codec->level;
    stream.level_buf = codec->igzip_memory;
    stream.level_buf_size = codec->igzip_memory_bytes;
    stream.gzip_flag = IGZIP_GZIP;
    stream.end_of_stream = 1;
    stream.next_in = (uint8_t *)(uintptr_t)input.ptr;
    stream.avail_in = (uint32_t)input.len;
    stream.next_out = (uint8_t *)out;
    stream.avail_out = (uint32_t)codec_bound(codec, input.len);
    int status = isal_deflate_stateless(&stream);
    assert(status == COMP_OK);
    return stream.total_out;
}

static size_t compress_zlib(struct codec *codec, struct str input, char *out)
{
    z_stream stream = {0};
    int level = codec->level > 9 ? 9 : codec->level;
    if (deflateInit2(&stream, level, Z_DEFLATED, GZIP_WINDOW_BITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort(); // only memory can be missing
    stream.next_in = (Bytef *)(uintptr_t)input.ptr;
    stream.avail_in = (uInt)input.len;
    stream.next_out = (Bytef *)out;
    stream.avail_out = (uInt)codec_bound(codec, input.len);
    int status = deflate(&stream, Z_FINISH);
    assert(status == Z_STREAM_END);
    size_t len = stream.total_out;
    deflateEnd(&stream);
    return len;
}

static size_t compress_zstd(struct codec *codec, struct str input, char *out)
{
    size_t len = ZSTD_compressCCtx(codec->zstd, out, ZSTD_compressBound(input.len), input.ptr,
                                   input.len, codec->level ? codec->level : ZSTD_LEVEL);
    assert(!ZSTD_isError(len));
    return len;
}

static size_t compress_snappy(struct str input, char *out, size_t len)
{
    snappy_status status = snappy_compress(input.ptr, input.len, out, &len);
    assert(status == SNAPPY_OK);
    return len;
}

size_t codec_compress(struct codec *codec, struct str input, size_t words_at, char *out)
{
    size_t len = codec_bound(codec, input.len);
    switch (codec->kind) {
    case PARQUET_SNAPPY:
        return words_at == CODEC_BYTES ? compress_snappy(input, out, len)
                                       : snappy_words(codec->snappy, input, words_at, out);
    case PARQUET_GZIP:
        return codec->igzip_memory ? compress_igzip(codec, input, out)
                                   : compress_zlib(codec, input, out);
    case PARQUET_ZSTD:
        return compress_zstd(codec, input, out);
    case PARQUET_LZ4_RAW:
        return (size_t)LZ4_compress_default(input.ptr, out, (int)input.len, (int)len);
    default:
        memcpy(out, input.ptr, input.len);
        return input.len;
    }
}
