// SPDX-License-Identifier: Apache-2.0
// Text encodings of bytes, table-driven. Decoders compute the exact size first and refuse anything
// left over.
#include "base/encode.h"

static const char base64_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char hex_lower[] = "0123456789abcdef", hex_upper[] = "0123456789ABCDEF";

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

struct str hex_encode(struct arena *arena, struct str bytes)
{
    char *text = arena_bytes(arena, bytes.len * 2);
    for (size_t i = 0; i < bytes.len; i++) {
        text[2 * i] = hex_lower[(uint8_t)bytes.ptr[i] >> 4];
        text[2 * i + 1] = hex_lower[(uint8_t)bytes.ptr[i] & 15];
    }
    return str_n(text, bytes.len * 2);
}

enum err hex_decode(struct arena *arena, struct str text, struct str *out_bytes)
{
    if (text.len % 2)
        return ERR_SYNTAX;
    char *bytes = arena_bytes(arena, text.len / 2);
    for (size_t i = 0; i < text.len; i += 2) {
        int high = hex_value(text.ptr[i]), low = hex_value(text.ptr[i + 1]);
        if (high < 0 || low < 0)
            return ERR_SYNTAX;
        bytes[i / 2] = (char)(high << 4 | low);
    }
    *out_bytes = str_n(bytes, text.len / 2);
    return OK;
}

static struct str encode64(struct arena *arena, struct str bytes, const char *letters, bool pad)
{
    char *text = arena_bytes(arena, (bytes.len + 2) / 3 * 4), *end = text;
    const uint8_t *p = (const uint8_t *)bytes.ptr;
    size_t left = bytes.len;
    for (; left >= 3; left -= 3, p += 3) {
        *end++ = letters[p[0] >> 2];
        *end++ = letters[(p[0] & 3) << 4 | p[1] >> 4];
        *end++ = letters[(p[1] & 15) << 2 | p[2] >> 6];
        *end++ = letters[p[2] & 63];
    }
    if (left) {
        uint8_t second = left == 2 ? p[1] : 0;
        *end++ = letters[p[0] >> 2];
        *end++ = letters[(p[0] & 3) << 4 | second >> 4];
        if (left == 2)
            *end++ = letters[(second & 15) << 2];
        for (size_t i = left; pad && i < 3; i++)
            *end++ = '=';
    }
    return str_n(text, (size_t)(end - text));
}

static int value64(char c, bool url)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == (url ? '-' : '+'))
        return 62;
    if (c == (url ? '_' : '/'))
        return 63;
    return -1;
}

// `text` is without padding. Left-over bits are ignored, as the decoders of AWS's SDKs do.
static enum err decode64(struct arena *arena, struct str text, bool url, struct str *out_bytes)
{
    if (text.len % 4 == 1)
        return ERR_SYNTAX;
    size_t len = text.len / 4 * 3 + (text.len % 4 ? text.len % 4 - 1 : 0);
    char *bytes = arena_bytes(arena, len);
    uint32_t bits = 0;
    size_t bit_count = 0, done = 0;
    for (size_t i = 0; i < text.len; i++) {
        int value = value64(text.ptr[i], url);
        if (value < 0)
            return ERR_SYNTAX;
        bits = bits << 6 | (uint32_t)value;
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            bytes[done++] = (char)(bits >> bit_count);
        }
    }
    *out_bytes = str_n(bytes, len);
    return OK;
}

struct str base64_encode(struct arena *arena, struct str bytes)
{
    return encode64(arena, bytes, base64_letters, true);
}

struct str base64url_encode(struct arena *arena, struct str bytes)
{
    return encode64(arena, bytes, base64url_letters, false);
}

enum err base64_decode(struct arena *arena, struct str text, struct str *out_bytes)
{
    if (text.len % 4)
        return ERR_SYNTAX;
    for (int i = 0; i < 2 && text.len && text.ptr[text.len - 1] == '='; i++)
        text.len--;
    return decode64(arena, text, false, out_bytes);
}

enum err base64url_decode(struct arena *arena, struct str text, struct str *out_bytes)
{
    return decode64(arena, text, true, out_bytes);
}

static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void uri_encode(struct buf *buf, struct str s, bool keep_slash)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (is_unreserved(c) || (keep_slash && c == '/')) {
            buf_put_char(buf, c);
        } else {
            char escape[3] = {'%', hex_upper[(uint8_t)c >> 4], hex_upper[(uint8_t)c & 15]};
            buf_put_bytes(buf, escape, sizeof escape);
        }
    }
}

enum err uri_decode(struct arena *arena, struct str s, bool form, struct str *out)
{
    char *text = arena_bytes(arena, s.len), *end = text;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '%') {
            int high = i + 2 < s.len ? hex_value(s.ptr[i + 1]) : -1;
            int low = high >= 0 ? hex_value(s.ptr[i + 2]) : -1;
            if (low < 0)
                return ERR_SYNTAX;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && form) {
            c = ' ';
        }
        *end++ = c;
    }
    *out = str_n(text, (size_t)(end - text));
    return OK;
}

struct str uuid_text(struct arena *arena, const uint8_t random[16])
{
    char *text = arena_bytes(arena, UUID_TEXT_LEN), *end = text;
    for (int i = 0; i < 16; i++) {
        uint8_t byte = random[i];
        if (i == 6)
            byte = (uint8_t)((byte & 0x0F) | 0x40); // version 4
        if (i == 8)
            byte = (uint8_t)((byte & 0x3F) | 0x80); // variant 10
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *end++ = '-';
        *end++ = hex_lower[byte >> 4];
        *end++ = hex_lower[byte & 15];
    }
    return str_n(text, UUID_TEXT_LEN);
}

bool uuid_is(struct str s)
{
    if (s.len != UUID_TEXT_LEN)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? s.ptr[i] != '-' : hex_value(s.ptr[i]) < 0)
            return false;
    }
    return true;
}
