// SPDX-License-Identifier: Apache-2.0
// Cutting sources into portions.
#include "columnar/input_internal.h"

#include "columnar/simd.h"
#include "columnar/variant.h"

#include <stdlib.h>
#include <string.h>

#define SCAN_BYTES ((size_t)1 << 20)
// A larger compressed source begins a portion of its own.
#define SHARED_SOURCE_BYTES ((uint64_t)1 << 20)

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// The offset of the '{' of the last seam in the text: '}', white space with a newline in it, '{'.
// SIZE_MAX: none.
static size_t last_seam(struct str text)
{
    for (size_t end = text.len; end > 0;) {
        const char *newline = memrchr(text.ptr, '\n', end);
        if (!newline)
            return SIZE_MAX;
        const char *before = newline, *after = newline;
        while (before > text.ptr && is_space(before[-1]))
            before--;
        while (after < text.ptr + text.len && is_space(*after))
            after++;
        if (before > text.ptr && before[-1] == '}' && after < text.ptr + text.len && *after == '{')
            return (size_t)(after - text.ptr);
        end = (size_t)(before - text.ptr);
    }
    return SIZE_MAX;
}

// Whether text is an array at its top: white space and a byte order mark aside, '[' comes first.
static bool opens_array(struct str text)
{
    if (str_starts(text, S("\xef\xbb\xbf")))
        text = str_from(text, 3);
    while (text.len && is_space(text.ptr[0]))
        text = str_from(text, 1);
    return text.len && text.ptr[0] == '[';
}

static enum err begins_array(const struct source *source, bool *out, struct error *error)
{
    char first[4096];
    size_t len = source->size_bytes < sizeof first ? (size_t)source->size_bytes : sizeof first;
    TRY(source_read(source, 0, first, len, error));
    *out = opens_array(str_n(first, len));
    return OK;
}

// ================================================================ plain files

enum err source_seam(const struct source *source, uint64_t target, uint64_t *out_seam,
                     struct error *error)
{
    uint64_t rest = source->size_bytes - target;
    size_t len = rest < SOURCE_SEAM_BYTES ? (size_t)rest : SOURCE_SEAM_BYTES;
    char *text = malloc(SOURCE_SEAM_BYTES);
    if (!text)
        abort();
    enum err err = source_read(source, target, text, len, error);
    size_t seam = err == OK ? last_seam(str_n(text, len)) : SIZE_MAX;
    free(text);
    *out_seam = seam == SIZE_MAX ? 0 : target + seam;
    return err;
}

// Behind the last value that ends before `target`, or the first one after it, by reading all of the
// text.
static enum err scan_end(struct input *input, const struct source *source, uint64_t target,
                         uint64_t *out_end, struct error *error)
{
    struct boundary state = {.depth = input->place == PLACE_TOP ? 0 : 1};
    bool array = input->place != PLACE_TOP;
    if (input->offset == 0)
        TRY(begins_array(source, &array, error));
    char *text = calloc(1, SCAN_BYTES + SIMD_PADDING);
    if (!text)
        abort();
    enum err err = OK;
    *out_end = 0;
    for (uint64_t at = input->offset;
         err == OK && at < source->size_bytes && (at < target || !*out_end);) {
        uint64_t rest = source->size_bytes - at;
        size_t len = rest < SCAN_BYTES ? (size_t)rest : SCAN_BYTES;
        err = source_read(source, at, text, len, error);
        memset(text + len, 0, SIMD_PADDING);
        size_t last =
            err == OK ? variant_best()->boundary_last(&state, str_n(text, len), array) : SIZE_MAX;
        if (last != SIZE_MAX)
            *out_end = at + last;
        at += len;
    }
    free(text);
    if (err == OK && array)
        input->place = PLACE_ARRAY_VALUE;
    if (*out_end == 0)
        *out_end = source->size_bytes;
    return err;
}

static struct piece *add_piece(struct input *input, struct portion *portion, uint64_t end,
                               bool ends_source)
{
    struct piece *piece =
        ARENA_PUSH(&portion->arena, portion->pieces, portion->piece_count, portion->piece_capacity);
    *piece = (struct piece){.source = &input->sources[input->source],
                            .source_index = input->source,
                            .start = input->offset,
                            .end = end,
                            .place = input->place,
                            .ends_source = ends_source};
    portion->text_bytes += end - input->offset;
    input->offset = end;
    return piece;
}

static void next_source(struct input *input)
{
    input->source++;
    input->offset = 0;
    input->place = PLACE_TOP;
}

static enum err take_plain(struct input *input, struct portion *portion, struct error *error)
{
    const struct source *source = &input->sources[input->source];
    uint64_t wanted = input->portion_bytes - portion->stored_bytes,
             rest = source->size_bytes - input->offset;
    portion->stored_bytes -= input->offset;
    uint64_t end = source->size_bytes;
    enum shred_place place = input->place;
    if (rest > wanted + wanted / 8) { // a small rest is taken along
        uint64_t target = input->offset + wanted;
        bool array = input->place != PLACE_TOP;
        if (input->offset == 0)
            TRY(begins_array(source, &array, error));
        end = 0;
        if (!array)
            TRY(source_seam(source, target, &end, error));
        if (end == 0)
            TRY(scan_end(input, source, target, &end, error));
    }
    enum shred_place after = input->place;
    input->place = place;
    add_piece(input, portion, end, end == source->size_bytes);
    input->place = after;
    portion->stored_bytes += input->offset;
    if (end == source->size_bytes)
        next_source(input);
    return OK;
}

// ================================================================ compressed sources

// How much of the text can go: up to the last place between records.
static size_t cut_text(const struct input *input, struct str text)
{
    bool begins = input->offset == 0 && opens_array(text),
         array = begins || input->place != PLACE_TOP;
    size_t seam = array ? SIZE_MAX : last_seam(text);
    if (seam != SIZE_MAX)
        return seam;
    struct boundary state = {.depth = array && !begins};
    return variant_best()->boundary_last(&state, text, array);
}

static char *new_text(size_t len)
{
    char *text = malloc(len + SIMD_PADDING);
    if (!text)
        abort();
    return text;
}

// Unpacks a portion's worth of text behind what the last portion left. Memory grows only for a
// record that is longer.
static enum err unpack(struct input *input, char **out_text, size_t *out_len, size_t *out_cut,
                       bool *out_ended, struct error *error)
{
    size_t capacity = COMPRESSED_PORTION_BYTES, len = input->rest_len, got, cut = 0;
    while (capacity < len * 2)
        capacity *= 2;
    char *text = new_text(capacity);
    if (len)
        memcpy(text, input->rest, len);
    bool ended = false;
    enum err err = OK;
    for (;;) {
        err = unpacker_read(input->unpacker, text + len, capacity - len, &got, error);
        if (err != OK)
            break;
        ended = got < capacity - len;
        len += got;
        memset(text + len, 0, SIMD_PADDING);
        cut = ended ? len : cut_text(input, str_n(text, len));
        if (cut != SIZE_MAX && cut > 0)
            break;
        cut = len; // a record beyond the limit is torn, and rejected
        if (capacity >= RECORD_BYTES_MAX)
            break;
        text = realloc(text, (capacity *= 2) + SIMD_PADDING);
        if (!text)
            abort();
    }
    if (err != OK) {
        free(text);
        return err;
    }
    *out_text = text;
    *out_len = len;
    *out_cut = cut;
    *out_ended = ended;
    return OK;
}

static void keep_rest(struct input *input, const char *text, size_t cut, size_t len)
{
    free(input->rest);
    input->rest_len = len - cut;
    input->rest = new_text(input->rest_len);
    memcpy(input->rest, text + cut, input->rest_len);
}

// Whether a compressed source has room in a portion that is begun: it is likely to fit as a whole.
static bool shares_portion(const struct source *source, const struct portion *portion)
{
    return source->size_bytes <= SHARED_SOURCE_BYTES &&
           portion->unpacked_bytes < COMPRESSED_PORTION_BYTES;
}

static enum err take_compressed(struct input *input, struct portion *portion, bool *out_ended,
                                struct error *error)
{
    const struct source *source = &input->sources[input->source];
    if (!input->unpacker) {
        input->unpacker = unpacker_new(source);
        input->stored_before = 0;
    }
    char *text;
    size_t len, cut;
    TRY(unpack(input, &text, &len, &cut, out_ended, error));
    bool ended = *out_ended;
    keep_rest(input, text, cut, len);
    memset(text + cut, 0, SIMD_PADDING);
    char *fitting = realloc(text, cut + SIMD_PADDING); // small sources may be many
    text = fitting ? fitting : text;
    bool begins_array = input->offset == 0 && opens_array(str_n(text, cut));
    struct piece *piece = add_piece(input, portion, input->offset + cut, ended);
    piece->text = piece->unpacked = text;
    portion->unpacked_bytes += cut;
    if (begins_array)
        input->place = PLACE_ARRAY_VALUE;
    uint64_t stored = unpacker_stored_bytes(input->unpacker);
    portion->stored_bytes += stored - input->stored_before;
    input->stored_before = stored;
    if (ended) {
        unpacker_free(input->unpacker);
        input->unpacker = NULL;
        next_source(input);
    }
    return OK;
}

// ================================================================ portions

static enum err take_portion(struct input *input, struct portion *portion, struct error *error)
{
    while (input->source < input->source_count && portion->stored_bytes < input->portion_bytes) {
        const struct source *source = &input->sources[input->source];
        if (source->compression != COMPRESSION_NONE) {
            if (portion->piece_count > 0 && !shares_portion(source, portion))
                break;
            bool ended;
            TRY(take_compressed(input, portion, &ended, error));
            if (!ended)
                break;
            continue;
        }
        if (source->size_bytes == 0)
            next_source(input);
        else
            TRY(take_plain(input, portion, error));
    }
    return portion->piece_count > 0 ? OK : ERR_NOT_FOUND;
}

enum err input_next(struct input *input, struct portion *out_portion, struct error *error)
{
    struct portion portion = {0};
    arena_init(&portion.arena);
    pthread_mutex_lock(&input->lock);
    enum err err = take_portion(input, &portion, error);
    portion.number = input->next_number;
    input->next_number += err == OK;
    pthread_mutex_unlock(&input->lock);
    if (err == OK)
        *out_portion = portion;
    else
        portion_free(&portion);
    return err;
}

void portion_free(struct portion *portion)
{
    for (size_t i = 0; i < portion->piece_count; i++)
        free(portion->pieces[i].unpacked);
    arena_deinit(&portion->arena);
    *portion = (struct portion){0};
}

void input_rewind(struct input *input)
{
    unpacker_free(input->unpacker);
    free(input->rest);
    input->unpacker = NULL;
    input->rest = NULL;
    input->rest_len = 0;
    input->source = input->next_number = 0;
    input->offset = 0;
    input->place = PLACE_TOP;
}
