// SPDX-License-Identifier: Apache-2.0
// One stored file: a local header, the bytes, a central directory of one entry, its end
// (APPNOTE.TXT 4.3). The time is fixed, so that the same text is the same archive.
#include "services/cloudformation/inline_code.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/encode.h"

static void put_u16(struct buf *buf, uint32_t value)
{
    buf_put_u8(buf, (uint8_t)value);
    buf_put_u8(buf, (uint8_t)(value >> 8));
}

// The members that the local header and the directory's entry share: version, flags, method
// (stored), time and date (1980-01-01), checksum, sizes, lengths of name and extra field.
static void put_common(struct buf *buf, uint32_t crc, uint32_t size, struct str name)
{
    put_u16(buf, 20);
    put_u16(buf, 0);
    put_u16(buf, 0);
    put_u16(buf, 0);
    put_u16(buf, 0x21);
    buf_put_u32le(buf, crc);
    buf_put_u32le(buf, size);
    buf_put_u32le(buf, size);
    put_u16(buf, (uint32_t)name.len);
    put_u16(buf, 0);
}

static uint32_t crc32_of(struct str bytes)
{
    uint8_t digest[DIGEST_BYTES_MAX];
    digest_of(DIGEST_CRC32, bytes, digest);
    return (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 |
           digest[3];
}

enum err inline_code_zip(struct arena *arena, struct str runtime, struct str source,
                         struct str *out_base64, struct error *error)
{
    bool node = str_starts(runtime, S("nodejs"));
    struct str name = node ? S("index.js") : S("index.py");
    if (!node && !str_starts(runtime, S("python")))
        return error_set(error, ERR_INVALID,
                         "ZipFile can only be used when Runtime is set to either of nodejs and "
                         "python, not %.*s.",
                         STR_ARG(runtime));
    if (source.len > INLINE_CODE_BYTES_MAX)
        return error_set(error, ERR_INVALID, "ZipFile may not exceed %d bytes.",
                         INLINE_CODE_BYTES_MAX);
    struct buf buf = buf_in(arena, INLINE_CODE_BYTES_MAX + 1024);
    uint32_t crc = crc32_of(source), size = (uint32_t)source.len;
    buf_put_u32le(&buf, 0x04034b50);
    put_common(&buf, crc, size, name);
    buf_put(&buf, name);
    buf_put(&buf, source);
    uint32_t directory = (uint32_t)buf.len;
    buf_put_u32le(&buf, 0x02014b50);
    put_u16(&buf, 3 << 8 | 20); // made on Unix
    put_common(&buf, crc, size, name);
    put_u16(&buf, 0); // comment, disk, internal attributes
    put_u16(&buf, 0);
    put_u16(&buf, 0);
    buf_put_u32le(&buf, UINT32_C(0100644) << 16); // a plain file that all may read
    buf_put_u32le(&buf, 0);
    buf_put(&buf, name);
    uint32_t end = (uint32_t)buf.len;
    buf_put_u32le(&buf, 0x06054b50);
    put_u16(&buf, 0);
    put_u16(&buf, 0);
    put_u16(&buf, 1);
    put_u16(&buf, 1);
    buf_put_u32le(&buf, end - directory);
    buf_put_u32le(&buf, directory);
    put_u16(&buf, 0);
    *out_base64 = base64_encode(arena, buf_str(&buf));
    return OK;
}
