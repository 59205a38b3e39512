// SPDX-License-Identifier: Apache-2.0
// Unpacking gzip (RFC 1952, several members too, by ISA-L) and zstd (RFC 8878) as a stream.
#ifndef COLUMNAR_UNPACK_H
#define COLUMNAR_UNPACK_H

#include "columnar/input.h"

struct unpacker;
struct unpacker *unpacker_new(const struct source *source);
void unpacker_free(struct unpacker *unpacker); // takes NULL
// Fills `out` as far as there is text: *out_len < len only at the end. ERR_CORRUPT with the offset
// in the stored bytes.
enum err unpacker_read(struct unpacker *unpacker, char *out, size_t len, size_t *out_len,
                       struct error *error) MUST_CHECK;
uint64_t unpacker_stored_bytes(const struct unpacker *unpacker); // taken so far
enum compression compression_of(struct str first_bytes);
// Bytes of a source as they are stored, at most `len` from `offset`.
enum err source_read(const struct source *source, uint64_t offset, char *out, size_t len,
                     struct error *error) MUST_CHECK;

#endif
