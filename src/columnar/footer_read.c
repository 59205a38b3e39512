// SPDX-License-Identifier: Apache-2.0
// A file ends in its footer, the footer's length in four bytes, and "PAR1". Its last 64 KB are read
// first, as they hold nearly every footer whole.
#include "columnar/footer_parse.h"

#include "os/file.h"

#include <string.h>

#define MAGIC_BYTES 4

static bool is_magic(const char *p, const char *magic)
{
    return memcmp(p, magic, MAGIC_BYTES) == 0;
}

enum err footer_head_check(struct str head, struct error *error)
{
    static const struct {
        struct str start;
        const char *what;
    } OTHERS[] = {
        {S_INIT("\x1f\x8b"), "it is compressed by gzip: Parquet compresses inside the file"},
        {S_INIT("\x28\xb5\x2f\xfd"),
         "it is compressed by zstd: Parquet compresses inside the file"},
        {S_INIT("ORC"), "it is an ORC file"},
        {S_INIT("Obj\x01"), "it is an Avro file"},
        {S_INIT("ARRO"), "it is an Arrow file"},
        {S_INIT("PK\x03\x04"), "it is a zip archive"},
        {S_INIT("{"), "it looks like JSON"},
        {S_INIT("["), "it looks like JSON"},
    };
    if (str_starts(head, S("PAR1")) || str_starts(head, S("PARE")))
        return OK;
    for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++)
        if (str_starts(head, OTHERS[i].start))
            return error_set(error, ERR_INVALID, "not a Parquet file: %s", OTHERS[i].what);
    return error_set(error, ERR_INVALID, "not a Parquet file: it does not start with PAR1");
}

enum err footer_tail_bytes(struct str tail, uint64_t file_bytes, uint64_t *out_bytes,
                           struct error *error)
{
    if (file_bytes < MAGIC_BYTES + FOOTER_ENDING_BYTES || tail.len < FOOTER_ENDING_BYTES)
        return error_set(error, ERR_INVALID, "not a Parquet file: %llu bytes are too few for one",
                         (unsigned long long)file_bytes);
    const char *ending = tail.ptr + tail.len - FOOTER_ENDING_BYTES;
    if (is_magic(ending + MAGIC_BYTES, "PARE"))
        return error_set(error, ERR_UNSUPPORTED,
                         "the footer is encrypted (PARE) and cannot be read without its key: write "
                         "the file with a "
                         "plaintext footer, or decrypt it before");
    if (!is_magic(ending + MAGIC_BYTES, "PAR1"))
        return error_set_at(
            error, ERR_CORRUPT, (size_t)(file_bytes - MAGIC_BYTES),
            "the file does not end with PAR1: it was cut short, or is still being written");
    struct cursor cursor = cursor_of(str_n(ending, FOOTER_ENDING_BYTES));
    uint64_t bytes = cursor_u32le(&cursor);
    if (bytes > file_bytes - MAGIC_BYTES - FOOTER_ENDING_BYTES)
        return error_set_at(error, ERR_CORRUPT, (size_t)(file_bytes - FOOTER_ENDING_BYTES),
                            "the footer's length, %llu, is greater than the file",
                            (unsigned long long)bytes);
    if (bytes > FOOTER_BYTES_MAX)
        return error_set(error, ERR_LIMIT, "the footer has %llu bytes; at most %llu are read",
                         (unsigned long long)bytes, (unsigned long long)FOOTER_BYTES_MAX);
    *out_bytes = bytes + FOOTER_ENDING_BYTES;
    return OK;
}

enum err footer_parse(struct arena *arena, struct str tail, uint64_t file_bytes,
                      struct parquet_footer **out_footer, struct error *error)
{
    uint64_t needed = 0;
    TRY(footer_tail_bytes(tail, file_bytes, &needed, error));
    if (tail.len < needed)
        return error_set(error, ERR_INVALID, "the footer takes the last %llu bytes, not %zu",
                         (unsigned long long)needed, tail.len);
    struct parquet_footer *footer = ARENA_NEW(arena, struct parquet_footer);
    footer->file_bytes = file_bytes;
    footer->offset = file_bytes - needed;
    footer->bytes = needed - FOOTER_ENDING_BYTES;
    struct str bytes = str_n(tail.ptr + tail.len - needed, (size_t)footer->bytes);
    TRY(footer_parse_thrift(arena, bytes, footer, error));
    *out_footer = footer;
    return OK;
}

static enum err read_tail(struct arena *arena, int fd, uint64_t file_bytes, uint64_t bytes,
                          struct str *out_tail, struct error *error)
{
    char *tail = arena_bytes(arena, (size_t)bytes);
    TRY(file_read_at(fd, file_bytes - bytes, tail, (size_t)bytes, error));
    *out_tail = str_n(tail, (size_t)bytes);
    return OK;
}

static enum err read_file(struct arena *arena, int fd, uint64_t file_bytes,
                          struct parquet_footer **out_footer, struct error *error)
{
    char head[MAGIC_BYTES];
    struct str tail;
    uint64_t needed, first = file_bytes < FOOTER_TAIL_BYTES ? file_bytes : FOOTER_TAIL_BYTES;
    if (file_bytes < sizeof head)
        return footer_tail_bytes(STR_NONE, file_bytes, &needed, error);
    TRY(file_read_at(fd, 0, head, sizeof head, error));
    TRY(footer_head_check(str_n(head, sizeof head), error));
    TRY(read_tail(arena, fd, file_bytes, first, &tail, error));
    TRY(footer_tail_bytes(tail, file_bytes, &needed, error));
    if (needed > tail.len)
        TRY(read_tail(arena, fd, file_bytes, needed, &tail, error));
    return footer_parse(arena, tail, file_bytes, out_footer, error);
}

enum err footer_open(struct arena *arena, const char *path, struct parquet_footer **out_footer,
                     struct error *error)
{
    uint64_t file_bytes;
    int fd;
    TRY(file_size(path, &file_bytes, error));
    TRY(file_open_read(path, &fd, error));
    enum err err = read_file(arena, fd, file_bytes, out_footer, error);
    file_close(fd);
    return err;
}
