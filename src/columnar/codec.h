// SPDX-License-Identifier: Apache-2.0
// The compression codecs that pages are written with, as one function.
//
// Ownership: a codec owns its library's context, which is made once and reused for every page.
// Errors: none; contexts are made by codec_new, which aborts without memory, and the output has
// codec_bound's room.
#ifndef COLUMNAR_CODEC_H
#define COLUMNAR_CODEC_H

#include "base/str.h"
#include "columnar/parquet.h"

struct codec;
// `level` 0 is the codec's own: zstd 1; gzip 1, by igzip, whose levels 1 to 3 are far faster than
// zlib's (4 to 9).
struct codec *codec_new(enum parquet_codec codec, int level);
void codec_free(struct codec *codec); // takes NULL
size_t codec_bound(const struct codec *codec, size_t len);
// The compressed length of what it wrote to `out`, which has codec_bound(input.len) bytes.
// `words_at`: input is eight-byte words from there on, which Snappy takes as such (snappy.h);
// CODEC_BYTES: it is anything.
#define CODEC_BYTES SIZE_MAX
size_t codec_compress(struct codec *codec, struct str input, size_t words_at, char *out);

#endif
