// SPDX-License-Identifier: Apache-2.0
// One loop: as long as the caller has room, refill the stored bytes and let the codec turn them
// into text.
#include "columnar/unpack.h"

#include "os/file.h"

#include <isa-l/igzip_lib.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#define STORED_STEP_BYTES ((size_t)256 << 10)
#define ZSTD_WINDOW_LOG_MAX 27 // 128 MiB of memory for one source at most

struct unpacker {
    const struct source *source;
    uint64_t at; // stored bytes read
    char *stored;
    size_t stored_len, stored_taken;
    bool member_ended; // at the end of a gzip member or zstd frame
    struct inflate_state *gzip;
    ZSTD_DCtx *zstd;
};

enum compression compression_of(struct str first_bytes)
{
    if (str_starts(first_bytes, S("\x1f\x8b")))
        return COMPRESSION_GZIP;
    if (str_starts(first_bytes, S("\x28\xb5\x2f\xfd")))
        return COMPRESSION_ZSTD;
    return COMPRESSION_NONE;
}

enum err source_read(const struct source *source, uint64_t offset, char *out, size_t len,
                     struct error *error)
{
    if (source->fd >= 0)
        return file_read_at(source->fd, offset, out, len, error);
    if (source->path) {
        int fd;
        TRY(file_open_read(source->path, &fd, error));
        enum err err = file_read_at(fd, offset, out, len, error);
        file_close(fd);
        return err;
    }
    memcpy(out, source->memory.ptr + offset, len);
    return OK;
}

static void begin_gzip(struct unpacker *unpacker)
{
    isal_inflate_init(unpacker->gzip);
    unpacker->gzip->crc_flag = ISAL_GZIP;
}

struct unpacker *unpacker_new(const struct source *source)
{
    struct unpacker *unpacker = calloc(1, sizeof *unpacker);
    if (!unpacker || !(unpacker->stored = malloc(STORED_STEP_BYTES)))
        abort();
    unpacker->source = source;
    if (source->compression == COMPRESSION_GZIP) {
        unpacker->gzip = calloc(1, sizeof *unpacker->gzip);
        if (!unpacker->gzip)
            abort();
        begin_gzip(unpacker);
    } else {
        unpacker->zstd = ZSTD_createDCtx();
        if (!unpacker->zstd)
            abort();
        ZSTD_DCtx_setParameter(unpacker->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
    }
    return unpacker;
}

void unpacker_free(struct unpacker *unpacker)
{
    if (!unpacker)
        return;
    ZSTD_freeDCtx(unpacker->zstd);
    free(unpacker->gzip);
    free(unpacker->stored);
    free(unpacker);
}

uint64_t unpacker_stored_bytes(const struct unpacker *unpacker)
{
    return unpacker->at - (unpacker->stored_len - unpacker->stored_taken);
}

static enum err refill(struct unpacker *unpacker, struct error *error)
{
    uint64_t left = unpacker->source->size_bytes - unpacker->at;
    size_t len = left < STORED_STEP_BYTES ? (size_t)left : STORED_STEP_BYTES;
    TRY(source_read(unpacker->source, unpacker->at, unpacker->stored, len, error));
    unpacker->at += len;
    unpacker->stored_len = len;
    unpacker->stored_taken = 0;
    return OK;
}

static enum err corrupt(struct unpacker *unpacker, const char *why, struct error *error)
{
    uint64_t offset = unpacker_stored_bytes(unpacker);
    return error_set_at(error, ERR_CORRUPT, (size_t)offset, "%.*s: %s at byte %llu",
                        STR_ARG(unpacker->source->name), why, (unsigned long long)offset);
}

static enum err step_gzip(struct unpacker *unpacker, char *out, size_t room, size_t *out_len,
                          struct error *error)
{
    struct inflate_state *gzip = unpacker->gzip;
    if (gzip->block_state == ISAL_BLOCK_FINISH) // another member follows
        begin_gzip(unpacker);
    gzip->next_in = (uint8_t *)unpacker->stored + unpacker->stored_taken;
    gzip->avail_in = (uint32_t)(unpacker->stored_len - unpacker->stored_taken);
    gzip->next_out = (uint8_t *)out;
    gzip->avail_out = room < UINT32_MAX ? (uint32_t)room : UINT32_MAX;
    uint32_t before = gzip->avail_out;
    int result = isal_inflate(gzip);
    unpacker->stored_taken = unpacker->stored_len - gzip->avail_in;
    *out_len = before - gzip->avail_out;
    if (result != ISAL_DECOMP_OK && result != ISAL_END_INPUT)
        return corrupt(unpacker, "broken gzip data", error);
    unpacker->member_ended = gzip->block_state == ISAL_BLOCK_FINISH;
    return OK;
}

static enum err step_zstd(struct unpacker *unpacker, char *out, size_t room, size_t *out_len,
                          struct error *error)
{
    ZSTD_inBuffer in = {unpacker->stored, unpacker->stored_len, unpacker->stored_taken};
    ZSTD_outBuffer to = {out, room, 0};
    size_t result = ZSTD_decompressStream(unpacker->zstd, &to, &in);
    unpacker->stored_taken = in.pos;
    *out_len = to.pos;
    if (ZSTD_isError(result))
        return corrupt(unpacker, ZSTD_getErrorName(result), error);
    unpacker->member_ended = result == 0;
    return OK;
}

enum err unpacker_read(struct unpacker *unpacker, char *out, size_t len, size_t *out_len,
                       struct error *error)
{
    size_t filled = 0, got;
    while (filled < len) {
        bool empty = unpacker->stored_taken == unpacker->stored_len;
        if (empty && unpacker->at < unpacker->source->size_bytes)
            TRY(refill(unpacker, error));
        else if (empty && unpacker->member_ended)
            break;
        size_t taken = unpacker->stored_taken;
        TRY((unpacker->gzip ? step_gzip : step_zstd)(unpacker, out + filled, len - filled, &got,
                                                     error));
        filled += got;
        if (got == 0 && unpacker->stored_taken == taken &&
            unpacker->at == unpacker->source->size_bytes && !unpacker->member_ended)
            return corrupt(unpacker, "the compressed data ends too early", error);
    }
    *out_len = filled;
    return OK;
}
