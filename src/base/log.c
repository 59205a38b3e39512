// SPDX-License-Identifier: Apache-2.0
// One event becomes one line: whatever a client managed to get into a message, it cannot forge a
// second one.
#include "base/log.h"
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES_MAX 4096

struct log {
    enum log_level least;
    log_sink *sink;
    void *context;
};

struct log *log_new(enum log_level least, log_sink *sink, void *context)
{
    struct log *log = malloc(sizeof *log);
    if (!log)
        abort();
    *log = (struct log){.least = least, .sink = sink, .context = context};
    return log;
}

void log_free(struct log *log)
{
    free(log);
}

// Control characters become \n, \r, \t or \xNN; bytes that are not UTF-8 (a cut character, too)
// become '?'.
static void escape_line(struct str message, char line[LINE_BYTES_MAX + 1])
{
    size_t len = 0, valid = str_utf8_prefix(message);
    for (size_t i = 0; i < message.len; i++) {
        unsigned char c = (unsigned char)message.ptr[i];
        if (i == valid) { // a broken byte: resume behind it
            c = '?';
            valid = i + 1 + str_utf8_prefix(str_from(message, i + 1));
        }
        char text[8] = {(char)c};
        if (c == '\n' || c == '\r' || c == '\t')
            snprintf(text, sizeof text, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
        else if (c < 0x20 || c == 0x7F)
            snprintf(text, sizeof text, "\\x%02x", c);
        size_t text_len = strlen(text);
        if (len + text_len > LINE_BYTES_MAX)
            break;
        memcpy(line + len, text, text_len);
        len += text_len;
    }
    // The limit may have cut a character.
    line[str_utf8_prefix(str_n(line, len))] = '\0';
}

void log_event(struct log *log, enum log_level level, const char *module, const char *format, ...)
{
    if (!log || level < log->least)
        return;
    char message[LINE_BYTES_MAX + 1], line[LINE_BYTES_MAX + 1];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (len < 0)
        message[0] = '\0';
    escape_line(str_of(message), line);
    log->sink(log->context, level, module, line);
}

bool log_level_parse(const char *name, enum log_level *out_level)
{
    static const char *const names[] = {
        [LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARN] = "warn", [LOG_ERROR] = "error"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (name && strcmp(name, names[i]) == 0) {
            *out_level = (enum log_level)i;
            return true;
        }
    }
    return false;
}
