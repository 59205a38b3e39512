// SPDX-License-Identifier: Apache-2.0
// Records out of a stream of JSON in any layout: a top-level array, newline-delimited, concatenated
// or pretty-printed objects.
//
// Bytes are pushed as they arrive; each complete record is handed to a sink with its byte offset in
// the stream. What is not a JSON object is handed over as a bad record with the reason, and reading
// goes on behind it:
//
//   * where brackets balance, the bad record is what they enclose;
//   * where they never do (a line that was cut off), it ends where the next line begins with '{',
//   which is where the next
//     record of such a file begins;
//   * other text between records ends at the next line, or comma in an array.
//
// Memory: one record, at most RECORD_BYTES_MAX; a longer one is bad.
#ifndef RECORDS_H
#define RECORDS_H

#include "base/json.h"

#define RECORD_BYTES_MAX ((size_t)16 << 20)

struct record_sink {
    // Both return false to end the reading.
    bool (*good)(void *context, struct arena *arena, struct json *record, struct str text,
                 uint64_t offset);
    bool (*bad)(void *context, struct str text, uint64_t offset, const char *reason);
    void *context;
};

struct record_reader {
    const struct record_sink *sink;
    struct buf pending; // bytes not yet worked off
    size_t start;       // of the unread part of `pending`
    size_t searched;    // of the unread part: no record's end before this
    uint64_t offset;    // of pending.ptr[start] in the stream
    struct arena arena; // of the record at hand
    bool in_array, begun, array_ended, separated;
};

void record_reader_init(struct record_reader *reader, const struct record_sink *sink);
bool record_reader_push(struct record_reader *reader, const void *bytes,
                        size_t len);                  // false: the sink said stop
bool record_reader_end(struct record_reader *reader); // no more bytes will come
void record_reader_deinit(struct record_reader *reader);

#endif
