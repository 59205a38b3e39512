// SPDX-License-Identifier: Apache-2.0
// What the parts of the public interface (tarn/columnar.h) share: options as the engine takes them,
// and errors as callers see them.
#ifndef COLUMNAR_API_INTERNAL_H
#define COLUMNAR_API_INTERNAL_H

#include "columnar/convert.h"
#include "tarn/columnar.h"

#define API_NAMES_MAX 1000 // partition columns, bloom columns, metadata
#define API_TEXT_MAX ((size_t)1 << 20)
#define API_BATCH_ROWS_MAX ((size_t)1 << 20)
#define API_PATHS_MAX ((size_t)1 << 20)

// Copied and checked. `arena` has all of it.
struct api_options {
    struct arena arena;
    struct convert_settings convert; // but for input and output
    const char *temporary_folder;    // may be NULL
    size_t batch_rows;
    int (*rejected)(void *context, const struct columnar_rejected *record);
    int (*progress)(void *context, uint64_t stored_bytes_done, uint64_t stored_bytes);
    void *context;
    struct line_counter lines;
};
// Also after a failure: deinit.
enum err api_options_take(struct api_options *options, const struct columnar_options *given,
                          struct error *error) MUST_CHECK;
void api_options_deinit(struct api_options *options);
// Tells the callback; ERR_SYNTAX without one.
enum err api_reject(void *options, const struct source *source, const struct rejected *record,
                    struct error *error) MUST_CHECK;

enum err api_paths_take(struct api_options *options, const char *const *paths, size_t count,
                        struct input_settings *out_input, struct error *error) MUST_CHECK;
// Checks that the options can be met by what the path names.
enum err api_out_path_take(struct api_options *options, const char *path,
                           struct error *error) MUST_CHECK;
// Runs options->convert, whose input and output are set by now.
enum err api_convert(struct api_options *options, struct columnar_result *result,
                     struct error *error) MUST_CHECK;

// The code for `err`, and the words for the caller, who may want none.
int api_answer(enum err err, const struct error *error, struct columnar_error *out);
enum err api_bad_argument(struct error *error, const char *text) MUST_CHECK;

#endif
