// SPDX-License-Identifier: Apache-2.0
// A record's extent is found by counting brackets outside of strings; only then it is parsed,
// strictly. So a record that is broken inside costs no more than itself.
//
// The scan remembers how far it got (`searched`) only by starting over from the record's first byte
// when more bytes came: pieces are large (the network's reads) and records small, so that is rare.
#include "records.h"

#include <string.h>

// How much further than a suspected end of a cut-off line its brackets may still balance.
#define LOOK_AHEAD_BYTES ((size_t)64 << 10)
#define PENDING_BYTES_MAX (RECORD_BYTES_MAX + ((size_t)64 << 20))

void record_reader_init(struct record_reader *reader, const struct record_sink *sink)
{
    *reader = (struct record_reader){.sink = sink, .pending = buf_heap(PENDING_BYTES_MAX)};
    arena_init(&reader->arena);
}

void record_reader_deinit(struct record_reader *reader)
{
    buf_deinit(&reader->pending);
    arena_deinit(&reader->arena);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct str unread(const struct record_reader *reader)
{
    return str_from(buf_str(&reader->pending), reader->start);
}

static void take(struct record_reader *reader, size_t len)
{
    reader->start += len;
    reader->offset += len;
    reader->separated = false;
}

// --- where a record ends

struct extent {
    size_t
        balanced; // length up to the bracket that closes the first one; 0: not within these bytes
    size_t next_line; // length up to the first line that begins with '{' while brackets are open;
                      // 0: none
};

static struct extent find_extent(struct str text)
{
    struct extent extent = {0};
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\n' && !extent.next_line && i + 1 < text.len && text.ptr[i + 1] == '{' && i > 0)
            extent.next_line = i + 1;
        if (extent.next_line && i > extent.next_line + LOOK_AHEAD_BYTES)
            return extent;
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
            continue;
        }
        if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if ((c == '}' || c == ']') && --depth == 0) {
            extent.balanced = i + 1;
            return extent;
        }
    }
    return extent;
}

// --- handing over

static bool give_bad(struct record_reader *reader, size_t len, const char *reason)
{
    struct str text = str_slice(unread(reader), 0, len);
    uint64_t offset = reader->offset;
    take(reader, len);
    return reader->sink->bad(reader->sink->context, str_trim(text), offset, reason);
}

// A record whose brackets balance: good, or bad as a whole - or, when it runs over a line that
// could be a record of its own, bad up to there.
static bool give_balanced(struct record_reader *reader, const struct extent *extent)
{
    struct str text = str_slice(unread(reader), 0, extent->balanced);
    struct json *record;
    struct error error = {0};
    arena_reset(&reader->arena);
    if (json_parse(&reader->arena, text, &record, &error) == OK) {
        uint64_t offset = reader->offset;
        take(reader, text.len);
        if (record->type != JSON_OBJECT)
            return reader->sink->bad(reader->sink->context, text, offset,
                                     "the record is not an object");
        return reader->sink->good(reader->sink->context, &reader->arena, record, text, offset);
    }
    bool cut_line = extent->next_line && extent->next_line < extent->balanced && !reader->in_array;
    return give_bad(reader, cut_line ? extent->next_line : extent->balanced, error.text);
}

// --- between records

static size_t garbage_length(const struct record_reader *reader, struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '\n' || (reader->in_array && (text.ptr[i] == ',' || text.ptr[i] == ']')))
            return i;
    return 0;
}

// Passes white space, and in an array its brackets and commas.
static void skip_between(struct record_reader *reader)
{
    struct str text = unread(reader);
    while (text.len) {
        char c = text.ptr[0];
        bool separator = reader->in_array && (c == ',' || (c == ']' && !reader->array_ended));
        bool opening = !reader->begun && c == '[';
        if (!is_space(c) && !separator && !opening)
            break;
        reader->in_array |= opening;
        reader->array_ended |= separator && c == ']';
        reader->begun |= opening;
        take(reader, 1);
        text = unread(reader);
    }
    reader->begun |= text.len > 0;
}

// Works off one record; false in *out_more when more bytes are needed. `last`: none will come.
static bool step(struct record_reader *reader, bool last, bool *out_more)
{
    *out_more = false;
    skip_between(reader);
    struct str text = unread(reader);
    if (text.len == 0)
        return true;
    *out_more = true;
    if (text.ptr[0] != '{' && text.ptr[0] != '[') {
        size_t len = garbage_length(reader, text);
        if (len)
            return give_bad(reader, len, "text that begins no record");
        if (last || text.len > RECORD_BYTES_MAX)
            return give_bad(reader, text.len, "text that begins no record");
        *out_more = false;
        return true;
    }
    struct extent extent = find_extent(text);
    if (extent.balanced)
        return give_balanced(reader, &extent);
    bool certain = last || text.len > extent.next_line + LOOK_AHEAD_BYTES;
    if (extent.next_line && !reader->in_array && certain)
        return give_bad(reader, extent.next_line, "the record ends before its brackets are closed");
    if (last)
        return give_bad(reader, text.len, "the record ends before its brackets are closed");
    if (text.len > RECORD_BYTES_MAX)
        return give_bad(reader, text.len,
                        "the record is larger than 16 MiB, or its brackets are never closed");
    *out_more = false;
    return true;
}

static bool work_off(struct record_reader *reader, bool last)
{
    bool more = true;
    while (more)
        if (!step(reader, last, &more))
            return false;
    return true;
}

bool record_reader_push(struct record_reader *reader, const void *bytes, size_t len)
{
    if (reader->start) { // move what is left to the front
        struct str rest = unread(reader);
        memmove(reader->pending.ptr, rest.ptr, rest.len);
        reader->pending.len = rest.len;
        reader->start = 0;
    }
    buf_put_bytes(&reader->pending, bytes, len);
    // Wait for a piece worth a scan, so that a long record is not scanned again for every network
    // read.
    if (reader->pending.len < reader->searched + reader->searched / 2)
        return true;
    bool go_on = work_off(reader, false);
    reader->searched = unread(reader).len;
    return go_on;
}

bool record_reader_end(struct record_reader *reader)
{
    return work_off(reader, true);
}
