// SPDX-License-Identifier: Apache-2.0
// The bytes are mapped, not read; a compressed file is inflated into the scratch folder first and
// mapped from there, so that memory stays small whatever the file's size.
#include "engines/records.h"

#include "os/file.h"
#include "os/map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define INFLATED_BYTES_MAX ((uint64_t)64 << 30)
#define STEP_BYTES ((size_t)256 << 10)

struct records {
    struct str mapped; // what to unmap
    struct str bytes;  // what to read: the front of it when sampling
    size_t at;
    bool in_array;
    bool cut; // the sample ends before the file does
    enum records_compression compression;
};

static const char *const COMPRESSION_NAMES[] = {
    [RECORDS_AUTO] = "auto",
    [RECORDS_PLAIN] = "none",
    [RECORDS_GZIP] = "gzip",
    [RECORDS_ZSTD] = "zstd",
};

enum records_compression records_compression_named(struct str name)
{
    for (int i = RECORDS_PLAIN; i <= RECORDS_ZSTD; i++)
        if (str_is(name, COMPRESSION_NAMES[i]))
            return (enum records_compression)i;
    return RECORDS_AUTO;
}

const char *records_compression_name(enum records_compression compression)
{
    return COMPRESSION_NAMES[compression];
}

static enum records_compression compression_of(struct str bytes)
{
    if (str_starts(bytes, S("\x1f\x8b")))
        return RECORDS_GZIP;
    if (str_starts(bytes, S("\x28\xb5\x2f\xfd")))
        return RECORDS_ZSTD;
    return RECORDS_PLAIN;
}

// Writes what was inflated; false when enough has been seen.
static enum err take(int fd, const char *bytes, size_t len, uint64_t limit, uint64_t *total,
                     struct error *error)
{
    if (*total + len > INFLATED_BYTES_MAX)
        return error_set(error, ERR_LIMIT, "a compressed file holds more than %llu bytes",
                         (unsigned long long)INFLATED_BYTES_MAX);
    TRY(file_append(fd, str_n(bytes, len), error));
    *total += len;
    return limit && *total >= limit ? ERR_CANCELLED : OK;
}

static enum err inflate_gzip(struct str in, int fd, uint64_t limit, struct error *error)
{
    z_stream stream = {0};
    char *out = malloc(STEP_BYTES);
    uint64_t total = 0;
    enum err err = OK;
    if (!out || inflateInit2(&stream, 15 + 16) != Z_OK)
        abort();
    size_t left = in.len;
    stream.next_in = (Bytef *)(uintptr_t)in.ptr;
    for (int state = Z_OK; err == OK && (left || stream.avail_in);) {
        if (!stream.avail_in) {
            stream.avail_in = (uInt)(left < STEP_BYTES ? left : STEP_BYTES);
            left -= stream.avail_in;
        }
        if (state == Z_STREAM_END) // a file may hold several members
            inflateReset(&stream);
        stream.next_out = (Bytef *)out;
        stream.avail_out = (uInt)STEP_BYTES;
        state = inflate(&stream, Z_NO_FLUSH);
        if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR)
            err = error_set_at(error, ERR_CORRUPT, stream.total_in, "not a valid gzip file: %s",
                               stream.msg ? stream.msg : "broken data");
        else
            err = take(fd, out, STEP_BYTES - stream.avail_out, limit, &total, error);
        if (err == OK && !left && !stream.avail_in && state != Z_STREAM_END && stream.avail_out)
            err = error_set(error, ERR_CORRUPT, "the gzip file ends too early");
    }
    inflateEnd(&stream);
    free(out);
    return err == ERR_CANCELLED ? OK : err;
}

static enum err inflate_zstd(struct str in, int fd, uint64_t limit, struct error *error)
{
    ZSTD_DStream *stream = ZSTD_createDStream();
    char *out = malloc(STEP_BYTES);
    uint64_t total = 0;
    enum err err = OK;
    if (!stream || !out)
        abort();
    ZSTD_inBuffer source = {in.ptr, in.len, 0};
    size_t state = 0;
    for (bool more = true; err == OK && more;) {
        ZSTD_outBuffer target = {out, STEP_BYTES, 0};
        state = ZSTD_decompressStream(stream, &target, &source);
        if (ZSTD_isError(state))
            err = error_set_at(error, ERR_CORRUPT, source.pos, "not a valid zstd file: %s",
                               ZSTD_getErrorName(state));
        else
            err = take(fd, out, target.pos, limit, &total, error);
        more = source.pos < source.size || target.pos == STEP_BYTES;
    }
    if (err == OK && state != 0)
        err = error_set(error, ERR_CORRUPT, "the zstd file ends too early");
    ZSTD_freeDStream(stream);
    free(out);
    return err == ERR_CANCELLED ? OK : err;
}

static enum err open_inflated(struct records *records, const char *scratch, uint64_t limit,
                              struct error *error)
{
    struct arena arena;
    arena_init(&arena);
    struct str compressed = records->mapped;
    char *path = NULL;
    int fd = -1;
    enum err err = folder_make_temp(&arena, scratch, "inflated-", &path, error);
    if (err == OK) {
        char *file = str_cstr(&arena, str_format(&arena, "%s/bytes", path));
        err = file_create(file, 0600, &fd, error);
        if (err == OK)
            err = (records->compression == RECORDS_GZIP ? inflate_gzip : inflate_zstd)(
                compressed, fd, limit, error);
        file_close(fd);
        if (err == OK)
            err = file_map(file, &records->mapped, error);
        struct error ignored = {0};
        enum err removed = folder_remove_all(path, &ignored); // the mapping keeps the bytes
        (void)removed;
    }
    if (err == OK)
        file_unmap(compressed);
    arena_deinit(&arena);
    return err;
}

enum err records_open(const char *path, enum records_compression compression, const char *scratch,
                      uint64_t sample_bytes, struct records **out_records, struct error *error)
{
    struct records *records = calloc(1, sizeof *records);
    if (!records)
        abort();
    enum err err = file_map(path, &records->mapped, error);
    if (err == OK) {
        records->compression =
            compression == RECORDS_AUTO ? compression_of(records->mapped) : compression;
        if (records->compression != RECORDS_PLAIN)
            err = open_inflated(records, scratch, sample_bytes ? sample_bytes + 1 : 0, error);
    }
    if (err != OK) {
        records_close(records);
        return err;
    }
    records->bytes = records->mapped;
    if (sample_bytes && records->bytes.len > sample_bytes) {
        records->bytes.len = sample_bytes;
        records->cut = true;
    }
    if (str_starts(records->bytes, S("\xef\xbb\xbf")))
        records->at = 3;
    *out_records = records;
    return OK;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct records *r)
{
    while (r->at < r->bytes.len && is_space(r->bytes.ptr[r->at]))
        r->at++;
}

static void skip_line(struct records *r)
{
    const char *end = memchr(r->bytes.ptr + r->at, '\n', r->bytes.len - r->at);
    r->at = end ? (size_t)(end - r->bytes.ptr) + 1 : r->bytes.len;
}

// In front of a value, past what separates values; false at the end.
static bool find_value(struct records *r)
{
    bool first = r->at == 0 || (r->at == 3 && r->bytes.ptr[0] == '\xef');
    skip_space(r);
    if (first && r->at < r->bytes.len && r->bytes.ptr[r->at] == '[') {
        r->in_array = true;
        r->at++;
        skip_space(r);
    } else if (r->in_array && r->at < r->bytes.len && r->bytes.ptr[r->at] == ',') {
        r->at++;
        skip_space(r);
    }
    if (r->in_array && r->at < r->bytes.len && r->bytes.ptr[r->at] == ']') {
        r->in_array = false;
        r->at++;
        skip_space(r);
    }
    return r->at < r->bytes.len;
}

enum err records_next(struct records *r, struct arena *arena, struct json **out_value,
                      uint64_t *out_offset, struct error *error)
{
    if (!find_value(r))
        return ERR_NOT_FOUND;
    size_t start = r->at, taken = 0;
    struct json *value = NULL;
    enum err err = json_parse_next(arena, str_from(r->bytes, start), &value, &taken, error);
    *out_offset = start;
    if (err == OK && value) {
        r->at = start + taken;
        *out_value = value;
        return OK;
    }
    skip_line(r);
    if (r->cut && r->at >= r->bytes.len)
        return ERR_NOT_FOUND;
    return err == OK ? ERR_NOT_FOUND : ERR_SYNTAX;
}

struct str records_bytes(const struct records *records)
{
    return records->bytes;
}

enum records_compression records_compression(const struct records *records)
{
    return records->compression;
}

uint64_t records_position(const struct records *records)
{
    return records->at;
}

void records_close(struct records *records)
{
    if (!records)
        return;
    file_unmap(records->mapped);
    free(records);
}
