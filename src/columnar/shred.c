// SPDX-License-Identifier: Apache-2.0
// From record to record: what stands between them, where broken ones end, when a window or a batch
// does.
#include "columnar/shred_hot.h"

#define UTF8_PIECE_BYTES ((ptrdiff_t)64 << 10)
#define CUT_BYTES 128 // a failure this close to the window's end may be the end's doing
// How far the bracket that closes a broken record is looked for. Less after each search in vain, so
// that a text full of brackets that nothing closes is not searched to its end again and again.
#define SEARCH_BYTES_MAX ((size_t)16 << 20)
#define SEARCH_BYTES_MIN ((size_t)4 << 10)

// In front of the next record; `at` is NULL at the end of the window, or with a failure.
static const char *next_record(struct shredder *s, const char *p)
{
    for (;;) {
        p = skip_space(p);
        if (p >= s->end)
            return NULL;
        switch (s->place) {
        case PLACE_TOP:
            if (*p != '[')
                return p;
            s->place = PLACE_ARRAY_BEGUN;
            break;
        case PLACE_ARRAY_BEGUN:
            if (*p != ']')
                return p;
            s->place = PLACE_TOP;
            break;
        case PLACE_ARRAY_VALUE:
            if (*p != ',' && *p != ']') {
                s->record = s->at = p;
                return shred_fail(s, p, "',' or ']'");
            }
            s->place = *p == ',' ? PLACE_ARRAY_COMMA : PLACE_TOP;
            break;
        case PLACE_ARRAY_COMMA:
            return p;
        case PLACE_ARRAY_ANY: // behind a rejected record
            if (*p != ',' && *p != ']')
                return p;
            s->place = *p == ']' ? PLACE_TOP : PLACE_ARRAY_ANY;
            break;
        }
        p++;
        s->at = p;
    }
}

static size_t record_bytes_max(const struct shredder *s)
{
    return s->record_bytes_max ? s->record_bytes_max : RECORD_BYTES_MAX;
}

// The end of the next piece to be checked: not inside a character, as the window may end there. No
// piece is longer than a record may be: so one that is too long ends behind all pieces, and
// check_end sees it.
static const char *utf8_piece_end(const struct shredder *s)
{
    ptrdiff_t most = (ptrdiff_t)record_bytes_max(s),
              bytes = most < UTF8_PIECE_BYTES ? most : UTF8_PIECE_BYTES;
    bool last = s->end - s->utf8_end <= bytes;
    const char *end = last ? s->end : s->utf8_end + bytes, *to = end;
    for (int i = 0; i < 3 && to > s->utf8_end && (to[-1] & 0xc0) == 0x80; i++)
        to--;
    if (to > s->utf8_end && (to[-1] & 0xc0) == 0xc0)
        to--;
    return (last && s->final) || to == s->utf8_end ? end : to;
}

// Whether the record that ends at `record_end` is UTF-8.
static bool check_utf8(struct shredder *s, const char *record_end)
{
    if (s->utf8_end < s->record) // what was rejected in between may be anything
        s->utf8_end = s->record;
    while (s->utf8_end < record_end) {
        struct str piece = str_n(s->utf8_end, (size_t)(utf8_piece_end(s) - s->utf8_end));
        if (VARIANT(utf8_valid)(piece)) {
            s->utf8_end += piece.len;
            continue;
        }
        s->utf8_end += str_utf8_prefix(piece);
        if (s->utf8_end < record_end) {
            shred_fail(s, s->utf8_end, "UTF-8");
            s->utf8_end = record_end;
            return false;
        }
    }
    return true;
}

// Whether the record ends well: inside the window, not too long, and as UTF-8.
static __attribute__((noinline)) bool check_end(struct shredder *s, const char *record_end)
{
    if (record_end > s->end || (record_end == s->end && !s->final && record_end[-1] != '}'))
        return shred_fail(s, s->end, "the end of a value"), false;
    if ((size_t)(record_end - s->record) > record_bytes_max(s)) {
        s->failed_at = s->record;
        error_set(&s->error, ERR_INVALID, "the record has more than %zu bytes",
                  record_bytes_max(s));
        return false;
    }
    return check_utf8(s, record_end);
}

// Whether the record may change the schema: a broken one teaches nothing.
static bool may_learn(struct shredder *s)
{
    if (s->sound == s->record)
        return true;
    const char *end = check_value(s, s->record);
    if (!end || !check_end(s, end))
        return false;
    s->sound = s->record;
    return true;
}

// Behind the bracket that closes the record; *out_end is NULL when there is none. False when more
// text is needed to tell.
static bool find_closing(struct shredder *s, const char **out_end)
{
    size_t most = s->search_bytes ? s->search_bytes : SEARCH_BYTES_MAX,
           left = (size_t)(s->end - s->record);
    struct boundary state = {0};
    size_t len = VARIANT(boundary_first)(&state, str_n(s->record, left < most ? left : most), 0);
    *out_end = len == SIZE_MAX ? NULL : s->record + len;
    if (!*out_end && left < most && !s->final)
        return false;
    s->search_bytes = *out_end                      ? SEARCH_BYTES_MAX
                      : most / 4 > SEARCH_BYTES_MIN ? most / 4
                                                    : SEARCH_BYTES_MIN;
    return true;
}

// Behind what is no value, in an array: its items have no lines of their own.
static const char *behind_item(const struct shredder *s)
{
    const char *p = s->record;
    while (p < s->end && *p != ',' && *p != ']' && *p != '\n')
        p++;
    return p;
}

// Behind a record that failed; NULL when more text is needed to find that.
static const char *behind_rejected(struct shredder *s)
{
    const char *from = s->record, *end = NULL;
    bool bracket = *from == '{' || *from == '[';
    if (bracket && (s->place != PLACE_TOP || s->spans_lines)) {
        if (!find_closing(s, &end))
            return NULL;
        if (end)
            return end;
    }
    if (!bracket && s->place != PLACE_TOP)
        return behind_item(s);
    const char *line = memchr(from, '\n', (size_t)(s->end - from));
    s->in_rejected_line = !line;
    return line ? line + 1 : s->end;
}

// A record that does not fit must still be JSON to its end; else what is wrong with it is that.
// NULL: it is not.
static const char *end_of_misfit(struct shredder *s)
{
    const char *end = check_value(s, s->record);
    if (!end)
        return NULL;
    if (end > s->end || (end == s->end && !s->final && end[-1] != '}'))
        return shred_fail(s, s->end, "the end of a value");
    return check_utf8(s, end) ? end : NULL;
}

static enum shred_stop reject(struct shredder *s)
{
    columns_take_back_row(s->columns);
    s->at = s->record;
    const char *end = s->error.kind == ERR_INVALID ? end_of_misfit(s) : NULL;
    bool well_formed = end != NULL;
    if (!end && !s->final && s->failed_at + CUT_BYTES >= s->end)
        return SHRED_MORE;
    if (!end && !(end = behind_rejected(s)))
        return SHRED_MORE;
    s->at = s->rejected_end = end;
    if (s->place != PLACE_TOP)
        s->place = well_formed ? PLACE_ARRAY_VALUE : PLACE_ARRAY_ANY;
    return SHRED_REJECTED;
}

static inline const char *take_record(struct shredder *s, const char *p)
{
    if (likely(*p == '{'))
        return take_members(s, s->columns->root, s->columns->rows, p + 1);
    const char *end = check_value(s, p);
    if (end) {
        s->failed_at = p;
        error_set(&s->error, ERR_INVALID, "the record is not an object");
    }
    return NULL;
}

// No more records in this window.
static enum shred_stop window_ends(struct shredder *s)
{
    if (s->failed_at)
        return reject(s);
    if (!s->final)
        return SHRED_MORE;
    s->at = s->end;
    if (s->place == PLACE_TOP || s->place == PLACE_ARRAY_ANY || s->cut_in_array)
        return SHRED_DONE;
    s->record = s->end;
    shred_fail(s, s->end, "the end of the array");
    s->place = PLACE_TOP;
    s->rejected_end = s->end;
    return SHRED_REJECTED;
}

static void leave_rejected_line(struct shredder *s)
{
    const char *line = memchr(s->at, '\n', (size_t)(s->end - s->at));
    s->in_rejected_line = !line;
    s->at = line ? line + 1 : s->end;
}

enum shred_stop VARIANT(shred)(struct shredder *s)
{
    struct columns *columns = s->columns;
    s->sound = NULL;
    s->may_learn = may_learn;
    if (unlikely(s->in_rejected_line))
        leave_rejected_line(s);
    while (columns->rows < columns->rows_max && s->at < s->batch_end) {
        s->failed_at = NULL;
        const char *p = next_record(s, s->at);
        if (unlikely(!p))
            return window_ends(s);
        s->record = p;
        p = take_record(s, p);
        if (unlikely(!p || (p > s->utf8_end && !check_end(s, p)))) {
            if (!s->again)
                return reject(s);
            s->again = false;
            columns_take_back_row(columns);
            s->at = s->record;
            continue;
        }
        if (s->place != PLACE_TOP)
            s->place = PLACE_ARRAY_VALUE;
        if (unlikely(columns->rows == 0 && !s->spans_lines))
            s->spans_lines = memchr(s->record, '\n', (size_t)(p - s->record)) != NULL;
        s->at = p;
        columns->rows++;
    }
    s->failed_at = NULL;
    return s->at < s->end ? SHRED_FULL : window_ends(s);
}
