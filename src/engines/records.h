// SPDX-License-Identifier: Apache-2.0
// Records: the JSON values of a file, one by one, whatever holds them.
//
// A file is NDJSON, one array, or values one after the other on as many lines as they like; plain,
// gzip or zstd. A value that does not parse is one rejected record: reading goes on at the next
// line, so that one bad line costs one record.
//
// Offsets are into the uncompressed bytes.
//
// Ownership: values live in the arena given to records_next and point into the file's bytes: use
// them before records_close.
#ifndef ENGINES_RECORDS_H
#define ENGINES_RECORDS_H

#include "base/json.h"

enum records_compression { RECORDS_AUTO, RECORDS_PLAIN, RECORDS_GZIP, RECORDS_ZSTD };
struct records;
// `scratch` takes the uncompressed copy of a compressed file. `sample_bytes` > 0 reads that much
// from the front only; the last record is then left out when it is cut.
enum err records_open(const char *path, enum records_compression compression, const char *scratch,
                      uint64_t sample_bytes, struct records **out_records,
                      struct error *error) MUST_CHECK;
// OK with the next value; ERR_NOT_FOUND at the end; ERR_SYNTAX for a record that is broken (go on
// by calling again).
enum err records_next(struct records *records, struct arena *arena, struct json **out_value,
                      uint64_t *out_offset, struct error *error) MUST_CHECK;
struct str records_bytes(const struct records *records);                     // all, uncompressed
enum records_compression records_compression(const struct records *records); // never RECORDS_AUTO
uint64_t records_position(const struct records *records);                    // bytes taken so far
void records_close(struct records *records);                                 // takes NULL

enum records_compression
records_compression_named(struct str name); // "none", "gzip", "zstd"; else RECORDS_AUTO
const char *records_compression_name(enum records_compression compression);

#endif
