// SPDX-License-Identifier: Apache-2.0
// Errors as values. The text is cut at a UTF-8 character boundary, because it ends up in replies
// that must be valid.
#include "base/err.h"

#include <stdio.h>
#include <string.h>

static void cut_broken_character(char *text, size_t len)
{
    size_t start = len;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t needed = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (len - (start - 1) < needed)
        text[start - 1] = '\0';
}

enum err error_setv(struct error *error, enum err kind, size_t offset, const char *format,
                    va_list args)
{
    if (!error)
        return kind;
    // Formatted aside, so that an argument may be the old text of the same error ("in x: %s").
    char text[ERROR_TEXT_MAX];
    int len = vsnprintf(text, sizeof text, format, args);
    if (len < 0)
        text[0] = '\0';
    else if ((size_t)len >= sizeof text)
        cut_broken_character(text, sizeof text - 1);
    error->kind = kind;
    error->offset = offset;
    memcpy(error->text, text, strlen(text) + 1);
    return kind;
}

enum err error_set_at(struct error *error, enum err kind, size_t offset, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    error_setv(error, kind, offset, format, args);
    va_end(args);
    return kind;
}

enum err error_set(struct error *error, enum err kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    error_setv(error, kind, 0, format, args);
    va_end(args);
    return kind;
}

const char *err_name(enum err kind)
{
    static const char *const names[] = {
        [OK] = "ok",
        [ERR_SYNTAX] = "syntax",
        [ERR_LIMIT] = "limit",
        [ERR_NOT_FOUND] = "not found",
        [ERR_EXISTS] = "exists",
        [ERR_CONFLICT] = "conflict",
        [ERR_DENIED] = "denied",
        [ERR_UNSUPPORTED] = "unsupported",
        [ERR_INVALID] = "invalid",
        [ERR_CORRUPT] = "corrupt",
        [ERR_IO] = "io",
        [ERR_TIMEOUT] = "timeout",
        [ERR_CANCELLED] = "cancelled",
        [ERR_CODED] = "coded",
        [ERR_PARKED] = "parked",
    };
    if ((size_t)kind >= sizeof names / sizeof *names || !names[kind])
        return "unknown";
    return names[kind];
}
