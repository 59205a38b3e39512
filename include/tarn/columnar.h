// SPDX-License-Identifier: Apache-2.0
// JSON to Parquet, and JSON to Arrow, as a C library: Tarn's columnar engine for other programs.
//
//     cc program.c $(pkg-config --cflags --libs tarn-columnar)
//
// Three things can be done with JSON - newline-delimited, arrays, values one after another, pretty-
// printed; plain, gzip or zstd, told by its first bytes:
//
//   convert   files to Parquet, on all processors          columnar_convert_files
//   write     bytes as they come to Parquet                columnar_writer_*
//   read      files or bytes as batches of Arrow           columnar_reader_*
//
// and one with Parquet: asking a file what it says of itself (columnar_file_*).
//
// Columns. A schema is given as Hive writes a struct: "struct<id:bigint,at:timestamp,tags:
// array<string>>". Without one it is inferred from every record, and nothing is lost: a column's
// type is the least one that holds all of its values. Names become lower case.
//
// Records that are no JSON, or do not fit a given schema, are rejected: `rejected` is called for
// each. Without that callback the first one ends the call with COLUMNAR_BAD_RECORD; so none is ever
// dropped without somebody having been told.
//
// Options are a struct that is zero for the defaults:
//
//     struct columnar_options options = COLUMNAR_OPTIONS;
//     options.codec = COLUMNAR_ZSTD;
//
// They are read during the call they are given to, and need not outlive it; the callbacks' context
// must live as long as what was opened with them. NULL stands for the defaults.
//
// Errors. Functions return 0 (COLUMNAR_OK), or a code and the words for it in a struct that the
// caller lends (NULL: the words are lost). There is no global state and nothing is printed. What a
// caller or a file can hold is checked; only when memory for the engine's own bounded needs cannot
// be had, or a pointer is not what it says, is the process at risk: the first aborts.
//
// Threads. Functions may be called from any thread, those of one writer or reader by one at a time.
// Callbacks are called from threads of the library, but one at a time for each call, writer or
// reader; they must not call back into what called them.
//
// Text is UTF-8; sizes are in bytes. Needs 64-bit processors with little-endian words.
#ifndef TARN_COLUMNAR_H
#define TARN_COLUMNAR_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define COLUMNAR_API __attribute__((visibility("default")))
#else
#define COLUMNAR_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

// Of the library that is linked: "0.1.0".
COLUMNAR_API const char *columnar_version(void);

// --- errors

enum columnar_code {
    COLUMNAR_OK = 0,
    COLUMNAR_BAD_ARGUMENT = 1, // an option, a schema, a path, a call out of turn
    COLUMNAR_BAD_RECORD = 2,   // a record was rejected, and there is no callback for it
    COLUMNAR_BAD_DATA = 3,     // compressed data or a Parquet file that is broken
    COLUMNAR_LIMIT = 4,        // one that the text names
    COLUMNAR_NOT_FOUND = 5,    // a file that is not there
    COLUMNAR_DENIED = 6,       // permission
    COLUMNAR_IO = 7,           // anything else that the operating system refuses
    COLUMNAR_STOPPED = 8,      // a callback said so
    COLUMNAR_UNSUPPORTED = 9,  // the text names it
};
#define COLUMNAR_ERROR_TEXT_MAX 1024

struct columnar_error {
    int code;                           // enum columnar_code
    char text[COLUMNAR_ERROR_TEXT_MAX]; // terminated
};

// --- options

enum columnar_infer {
    COLUMNAR_INFER_FULL = 0,  // from every record
    COLUMNAR_INFER_GLUE = 1,  // as AWS Glue's crawlers: from the front of each source
    COLUMNAR_INFER_SPARK = 2, // as Spark: from every record, by its rules; no dates
};
enum columnar_profile {
    COLUMNAR_COMPAT = 0, // what every reader of Parquet takes
    COLUMNAR_MODERN = 1, // smaller: delta encodings and byte stream split
};
enum columnar_codec {
    COLUMNAR_SNAPPY = 0,
    COLUMNAR_ZSTD = 1, // levels 1 to 22
    COLUMNAR_LZ4 = 2,  // LZ4_RAW
    COLUMNAR_GZIP = 3, // levels 1 to 9
    COLUMNAR_UNCOMPRESSED = 4,
};

struct columnar_pair {
    const char *key, *value; // terminated
};

// A record that is not among the rows. Everything is lent until the callback returns.
struct columnar_rejected {
    const char *source; // the path; "<pushed>" or "<memory>"
    uint64_t offset;    // of the record in the source's text (behind decompression)
    uint64_t line;      // from 1
    uint64_t bytes;     // of the record
    const char *reason; // terminated
    const char *text;   // the record's first 64 KiB, not terminated: it may be anything
    size_t text_bytes;
    int is_json; // well-formed, but it does not fit the schema
};

struct columnar_options {
    size_t size_bytes;  // of this struct; COLUMNAR_OPTIONS sets it, so that later versions can add
                        // members
    const char *schema; // NULL: infer
    int infer;          // enum columnar_infer
    int profile;        // enum columnar_profile
    int codec;          // enum columnar_codec
    int level;          // of zstd and gzip; 0: 1, the fast one
    unsigned threads;   // 0: one for each processor; at most 256
    uint64_t row_group_rows;  // at most; 0: 1048576
    uint64_t row_group_bytes; // of JSON text, about; 0: 128 MiB
    uint64_t file_bytes;      // a folder's next part begins after so many; 0: never
    const char *const
        *partition_by; // columns; the output is a folder with OUT/a=1/b=2/part-00000...
    size_t partition_by_count;
    const char *const *bloom_columns; // that get bloom filters; "a.b" for a struct's field
    size_t bloom_column_count;
    const struct columnar_pair *metadata; // for the files' footers
    size_t metadata_count;
    // Both: 0 to go on, anything else to stop with COLUMNAR_STOPPED. Rejected records come in the
    // order of the input; of more than 100,000 in one row group's text the rest is only counted.
    int (*rejected)(void *context, const struct columnar_rejected *record);
    int (*progress)(void *context, uint64_t stored_bytes_done, uint64_t stored_bytes);
    void *context;
    size_t batch_rows; // of readers, at most; 0: 8192, less for very wide tables; up to 1048576
    const char *temporary_folder; // for pushed bytes; NULL: $TMPDIR or /tmp
};
#define COLUMNAR_OPTIONS                                                                           \
    {                                                                                              \
        sizeof(struct columnar_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  \
            0                                                                                      \
    }

// --- converting

struct columnar_result {
    uint64_t rows;
    uint64_t rejected;     // records
    uint64_t text_bytes;   // of JSON
    uint64_t stored_bytes; // of the sources, as they are stored
    uint64_t output_bytes;
    uint64_t row_groups;
    unsigned passes;          // over the input: 1, seldom more
    const char *schema;       // as Hive writes it, partition columns included
    const char *const *paths; // of the files, path_count of them; none for a sink
    size_t path_count;
    void *owned; // schema and paths
};
COLUMNAR_API void
columnar_result_free(struct columnar_result *result); // takes NULL, and zeroed ones

// Converts files (one or more; "-" is standard input) to `out_path`: one file if it ends in
// ".parquet", else a folder with part-00000.snappy.parquet and so on, made if need be. Nothing is
// there before all of it is: a call that fails, or a process that dies, leaves no file. Files of
// the same names are replaced. `result` may be NULL; after success it is freed by
// columnar_result_free.
COLUMNAR_API int columnar_convert_files(const char *const *paths, size_t path_count,
                                        const char *out_path,
                                        const struct columnar_options *options,
                                        struct columnar_result *result,
                                        struct columnar_error *error);

// --- writing

// Bytes pushed, cut anywhere, become Parquet at columnar_writer_finish. Until then they are
// collected: up to 16 MiB in memory, more in an unnamed temporary file, since text whose schema is
// inferred may have to be read twice, and so that all processors can share the work.
struct columnar_writer;

// To a file or folder, as columnar_convert_files.
COLUMNAR_API int columnar_writer_open(const char *out_path, const struct columnar_options *options,
                                      struct columnar_writer **out_writer,
                                      struct columnar_error *error);
// To a function, front to back, one file. It returns 0, or anything else to stop. What it got is a
// file only once columnar_writer_finish has returned 0. It is called by threads of the library,
// during columnar_writer_finish. Partitions and file_bytes need a folder: COLUMNAR_BAD_ARGUMENT.
COLUMNAR_API int
columnar_writer_open_sink(int (*write)(void *context, const void *bytes, size_t len), void *context,
                          const struct columnar_options *options,
                          struct columnar_writer **out_writer, struct columnar_error *error);
COLUMNAR_API int columnar_writer_push(struct columnar_writer *writer, const void *bytes, size_t len,
                                      struct columnar_error *error);
// Converts. Once only; after a failure, of this or of a push, nothing is left but to free.
COLUMNAR_API int columnar_writer_finish(struct columnar_writer *writer,
                                        struct columnar_result *result,
                                        struct columnar_error *error);
// Without columnar_writer_finish: gives up, and leaves nothing. Takes NULL.
COLUMNAR_API void columnar_writer_free(struct columnar_writer *writer);

// --- Arrow's C data and stream interfaces, word for word from their specification

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
    // Array type description
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;

    // Release callback
    void (*release)(struct ArrowSchema *);
    // Opaque producer-specific data
    void *private_data;
};

struct ArrowArray {
    // Array data description
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;

    // Release callback
    void (*release)(struct ArrowArray *);
    // Opaque producer-specific data
    void *private_data;
};

#endif // ARROW_C_DATA_INTERFACE

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
    // Callbacks providing stream functionality
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
    const char *(*get_last_error)(struct ArrowArrayStream *);

    // Release callback
    void (*release)(struct ArrowArrayStream *);

    // Opaque producer-specific data
    void *private_data;
};

#endif // ARROW_C_STREAM_INTERFACE

// --- reading

// JSON as batches of Arrow: one struct array a batch, with a child for each column, all of them
// nullable. A batch owns its memory: it may outlive the reader, be released on any thread, and its
// children may be moved out of it. Batches come in the order of the input and have batch_rows rows,
// fewer at the end or when their text is long (32 MiB).
//
//     boolean                  "b"            date                     "tdD", days
//     tinyint .. bigint        "c s i l"      timestamp                "tsu:", microseconds
//     float, double            "f g"          timestamp with a zone    "tsu:UTC"
//     decimal(p,s)             "d:p,s"        array                    "+l", child "element"
//     string                   "u"            map                      "+m", "key" and "value"
//     binary (base64 in JSON)  "z"            struct                   "+s"
//
// Inferred: "string" too is what has no one type - strings keep their characters, other values the
// text they were written with -, what was only ever null, and structs without fields. A stream has
// one schema; to infer it, the text is read once more beforehand, by all threads (COLUMNAR_INFER_
// GLUE: only its front). Reading itself is done by the calling thread.
//
// Of the options, those of Parquet files mean nothing here. `progress` is called while the schema
// is inferred, and can stop that.
struct columnar_reader;

// Files are opened, and the schema is found, here.
COLUMNAR_API int columnar_reader_open(const char *const *paths, size_t path_count,
                                      const struct columnar_options *options,
                                      struct columnar_reader **out_reader,
                                      struct columnar_error *error);
// Bytes in memory, lent until the reader is freed.
COLUMNAR_API int columnar_reader_open_bytes(const void *bytes, size_t len,
                                            const struct columnar_options *options,
                                            struct columnar_reader **out_reader,
                                            struct columnar_error *error);
// Bytes that are pushed, collected as a writer's. The first call for a schema or a batch ends the
// pushing.
COLUMNAR_API int columnar_reader_open_push(const struct columnar_options *options,
                                           struct columnar_reader **out_reader,
                                           struct columnar_error *error);
COLUMNAR_API int columnar_reader_push(struct columnar_reader *reader, const void *bytes, size_t len,
                                      struct columnar_error *error);

// Of the batches, a struct. The caller releases it.
COLUMNAR_API int columnar_reader_schema(struct columnar_reader *reader,
                                        struct ArrowSchema *out_schema,
                                        struct columnar_error *error);
// The same as Hive writes it, who has one timestamp for both kinds: lent until the reader is freed;
// NULL while it is not known.
COLUMNAR_API const char *columnar_reader_schema_text(const struct columnar_reader *reader);
// The next batch, which the caller releases; at the end one whose `release` is NULL. A failure is
// final: it is given again by every later call.
COLUMNAR_API int columnar_reader_next(struct columnar_reader *reader, struct ArrowArray *out_batch,
                                      struct columnar_error *error);
COLUMNAR_API uint64_t columnar_reader_rejected(const struct columnar_reader *reader); // so far
COLUMNAR_API void columnar_reader_free(struct columnar_reader *reader);               // takes NULL

// Turns a reader into a stream, which owns it from now on: release frees it. get_schema and
// get_next return errno's numbers: EINVAL for arguments, records and data, ENOENT, EACCES, EIO,
// ECANCELED, ENOTSUP, EOVERFLOW for limits.
COLUMNAR_API void columnar_reader_stream(struct columnar_reader *reader,
                                         struct ArrowArrayStream *out_stream);

// --- what a Parquet file says of itself, from its footer alone

struct columnar_file;
COLUMNAR_API int columnar_file_open(const char *path, struct columnar_file **out_file,
                                    struct columnar_error *error);
COLUMNAR_API uint64_t columnar_file_rows(const struct columnar_file *file);
COLUMNAR_API size_t columnar_file_row_groups(const struct columnar_file *file);
COLUMNAR_API uint64_t columnar_file_row_group_rows(const struct columnar_file *file,
                                                   size_t row_group); // 0 beyond the last
// As Hive writes it; lent until the file is freed, like the other texts.
COLUMNAR_API const char *columnar_file_schema(const struct columnar_file *file);
COLUMNAR_API const char *
columnar_file_created_by(const struct columnar_file *file); // NULL: not told
// The metadata's value for a key, or NULL.
COLUMNAR_API const char *columnar_file_metadata(const struct columnar_file *file, const char *key);
COLUMNAR_API void columnar_file_free(struct columnar_file *file); // takes NULL

#ifdef __cplusplus
}
#endif

#endif
