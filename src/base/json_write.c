// SPDX-License-Identifier: Apache-2.0
// Writing JSON. What is written is always valid: bytes of a string that are not UTF-8 become
// U+FFFD.
#include "base/json.h"

static void put_escape(struct buf *buf, unsigned char c)
{
    static const char letters[0x20] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    if (c == '"' || c == '\\') {
        buf_put_char(buf, '\\');
        buf_put_char(buf, (char)c);
    } else if (letters[c]) {
        buf_put_char(buf, '\\');
        buf_put_char(buf, letters[c]);
    } else {
        buf_printf(buf, "\\u%04x", c);
    }
}

static void write_valid(struct buf *buf, struct str s)
{
    size_t start = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_put(buf, str_slice(s, start, i));
        put_escape(buf, c);
        start = i + 1;
    }
    buf_put(buf, str_from(s, start));
}

void json_write_string(struct buf *buf, struct str s)
{
    buf_put_char(buf, '"');
    while (s.len) {
        size_t valid = str_utf8_prefix(s);
        write_valid(buf, str_slice(s, 0, valid));
        if (valid < s.len)
            buf_puts(buf, "\xEF\xBF\xBD");
        s = str_from(s, valid + 1);
    }
    buf_put_char(buf, '"');
}

static void new_line(struct buf *buf, int indent)
{
    if (indent < 0)
        return;
    buf_put_char(buf, '\n');
    for (int i = 0; i < indent; i++)
        buf_puts(buf, "  ");
}

// indent is the nesting of what is inside this value; negative for the compact form.
static void write_value(struct buf *buf, const struct json *value, int indent)
{
    int inner = indent < 0 ? indent : indent + 1;
    switch (value ? value->type : JSON_NULL) {
    case JSON_NULL:
        buf_puts(buf, "null");
        return;
    case JSON_BOOL:
        buf_puts(buf, value->boolean ? "true" : "false");
        return;
    case JSON_NUMBER:
        buf_put(buf, value->text);
        return;
    case JSON_STRING:
        json_write_string(buf, value->text);
        return;
    case JSON_ARRAY:
        buf_put_char(buf, '[');
        for (size_t i = 0; i < value->count; i++) {
            if (i)
                buf_put_char(buf, ',');
            new_line(buf, inner);
            write_value(buf, value->items[i], inner);
        }
        if (value->count)
            new_line(buf, indent);
        buf_put_char(buf, ']');
        return;
    case JSON_OBJECT:
        buf_put_char(buf, '{');
        for (size_t i = 0; i < value->count; i++) {
            if (i)
                buf_put_char(buf, ',');
            new_line(buf, inner);
            json_write_string(buf, value->members[i].name);
            buf_puts(buf, indent < 0 ? ":" : ": ");
            write_value(buf, value->members[i].value, inner);
        }
        if (value->count)
            new_line(buf, indent);
        buf_put_char(buf, '}');
        return;
    }
}

void json_write(struct buf *buf, const struct json *value)
{
    write_value(buf, value, -1);
}

void json_write_pretty(struct buf *buf, const struct json *value)
{
    write_value(buf, value, 0);
}

struct str json_text(struct arena *arena, const struct json *value)
{
    struct buf buf = buf_in(arena, SIZE_MAX / 2);
    json_write(&buf, value);
    return buf_str(&buf);
}
