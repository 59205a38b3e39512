// SPDX-License-Identifier: Apache-2.0
// Input: the text of one or many sources, handed out in portions that threads shred side by side.
//
// A source is a file, standard input ("-"; copied to an unnamed file first unless it is one, so
// that it can be read again), or text in memory; plain, gzip or zstd, told by its first bytes. A
// portion is about `portion_bytes` of text, cut between records: a part of a large file, or many
// small files together. Portions have numbers in the order of the input, and each can be read as
// often as needed until it is freed; input_rewind starts over.
//
// Cutting. Plain files are cut without reading them: a '}' and a '{' with white space and a newline
// between them, and nothing else, stand between two values and nowhere inside one (a string holds
// no newline, an object no two values without a comma). Where there is no such place, and in
// arrays, the text is scanned for where values end (boundary.h). Compressed sources are unpacked in
// order, under the lock, into portions of at most COMPRESSED_PORTION_BYTES in memory; small ones
// share a portion.
//
// Up to SOURCES_OPEN_MAX files stay open; of more each is opened when it is read, so that their
// number has no limit.
//
// Threads: input_next and input_progress from any thread. Errors: ERR_IO and kin for files,
// ERR_CORRUPT for compressed data that is not, ERR_LIMIT.
#ifndef COLUMNAR_INPUT_H
#define COLUMNAR_INPUT_H

#include "columnar/shred.h"

#define COMPRESSED_PORTION_BYTES ((size_t)32 << 20)
#define WINDOW_BYTES ((size_t)256 << 10)
#define SOURCES_OPEN_MAX 200

enum compression { COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_ZSTD };

struct source {
    struct str name;  // for messages and metadata: what was given, else the path or "<stdin>"
    int fd;           // -1: not open, or memory
    const char *path; // to be opened when it is read; NULL: open, or memory
    struct str memory;
    uint64_t size_bytes; // as stored
    enum compression compression;
};

struct piece { // consecutive text of one source
    const struct source *source;
    size_t source_index;
    uint64_t start, end; // of the text: bytes of a plain file, unpacked bytes else
    enum shred_place place;
    bool ends_source;
    const char *text; // when it is in memory, padded; else NULL: read the file
    char *unpacked;   // the same, when it is the piece's own
};
struct portion {
    size_t number;
    struct piece *pieces;
    size_t piece_count, piece_capacity;
    uint64_t text_bytes, stored_bytes; // of all pieces; stored: for progress
    uint64_t unpacked_bytes;           // of them in memory
    struct arena arena;                // of the pieces
};

struct input_settings {
    const char *const *paths; // lent until input_close
    const struct str *names;  // of the sources, instead of the paths; or NULL
    size_t path_count;
    struct str memory; // instead of paths, if there are none
    const int *fd;     // or, instead of both, a file that is open for reading (it is duplicated)
    struct str name;   // of memory or fd, for messages; none: "<memory>"
    uint64_t portion_bytes;
    unsigned threads;         // portions are so many that threads share them evenly
    const char *spool_folder; // for standard input
};
struct input;
enum err input_open(const struct input_settings *settings, struct input **out_input,
                    struct error *error) MUST_CHECK;
enum err input_next(struct input *input, struct portion *out_portion,
                    struct error *error) MUST_CHECK; // ERR_NOT_FOUND: the end
void portion_free(struct portion *portion);
void input_rewind(struct input *input);
void input_close(struct input *input); // takes NULL
size_t input_source_count(const struct input *input);
const struct source *input_source(const struct input *input, size_t index);
uint64_t input_stored_bytes(const struct input *input); // of all sources

// The lines that text offsets are in, by reading the text once more. Ask for offsets in ascending
// order, source by source: whatever else begins at the start of the source again.
struct unpacker;
struct line_counter {
    const struct source *source;
    struct unpacker *unpacker; // of a compressed one
    char *bytes;
    uint64_t offset, newlines; // those in front of the offset
};
// *out_line: from 1. A zeroed counter is ready.
enum err line_counter_find(struct line_counter *counter, const struct source *source,
                           uint64_t offset, uint64_t *out_line, struct error *error) MUST_CHECK;
void line_counter_deinit(struct line_counter *counter);

#define SOURCE_SEAM_BYTES ((size_t)256 << 10)
// Of a plain source: where the last record in the SOURCE_SEAM_BYTES from `target` on begins,
// without reading what is before it. *out_seam 0: there is no such place.
enum err source_seam(const struct source *source, uint64_t target, uint64_t *out_seam,
                     struct error *error) MUST_CHECK;

// Windows over one piece for a shredder.
struct window {
    const struct piece *piece;
    char *buffer;
    size_t capacity;
    uint64_t next; // text offset behind the window
    bool gave_up;  // the shredder's `record` is longer than allowed and fills the window: it is
                   // rejected, the next window begins behind it
};
void window_open(struct window *window, const struct piece *piece,
                 struct shredder *s); // keeps the buffer of the piece before
// The first or the next window: moves what is left of the shredder's to the front and fills up
// behind it.
enum err window_next(struct window *window, struct shredder *s, struct error *error) MUST_CHECK;
void window_close(struct window *window);

#endif
