// SPDX-License-Identifier: Apache-2.0
// Values into columns, and names to their fields.
#include "columnar/shred_hot.h"

#include "columnar/datetime_inline.h"
#include "columnar/key_hash.h"
#include "columnar/number_inline.h"
#include "columnar/unescape.h"

// 2^53: below it every integer is a double, and what is rounded is not below it.
#define EXACT_DOUBLE_MAX 9007199254740992.0
// Whether it is worth guessing which name comes next: each struct brings trust, each wrong guess
// costs some, and below zero none is made.
#define KEY_TRUST_MAX 64
#define KEY_TRUST_GAIN 6
#define KEY_MISS_COST 2
#define STEADY_VALUES 16 // of one size, before that size is expected

static const char *take_again(struct shredder *s, struct column *column, size_t slot,
                              const char *p);
static const char *take_items(struct shredder *s, struct column *list, const char *p);
static const char *take_entries(struct shredder *s, struct column *map, const char *p);

// What is not what the column expects: null, or something to learn or to reject.
static __attribute__((noinline)) const char *take_other(struct shredder *s, struct column *column,
                                                        size_t slot, const char *p)
{
    if (memcmp(p, "null", 4) == 0)
        return column->required ? shred_misfit(s, column, str_n(p, 4)) : p + 4;
    const char *end = check_value(s, p);
    if (!end)
        return NULL;
    if (end >= s->end && !s->final) // a number may go on
        return shred_fail(s, s->end, "the end of a value");
    switch (shred_fit(s, column, slot, str_n(p, (size_t)(end - p)))) {
    case FIT_RETRY:
        return take_again(s, column, slot, p);
    case FIT_TAKEN:
        return end;
    case FIT_FAILED:
        break;
    }
    return NULL;
}

static inline void put_text(struct column *column, size_t slot, const char *ptr, size_t len)
{
    column->valid[slot] = 1;
    column->texts[column->count++] = (struct text_view){.ptr = ptr, .len = (uint32_t)len};
}

static __attribute__((noinline)) const char *
put_escaped(struct shredder *s, struct column *column, size_t slot, const char *p, const char *end)
{
    struct str inside = str_n(p, (size_t)(end - 1 - p));
    const char *bad = NULL;
    if (inside.len > RECORD_BYTES_MAX)
        return shred_fail(s, p, "a string of at most 256 MiB");
    char *room = columns_text_room(s->columns, inside.len);
    size_t len = unescape(inside, room, &bad);
    if (len == SIZE_MAX)
        return shred_fail(s, bad, "an escape of JSON's");
    put_text(column, slot, room, len);
    return end;
}

static inline const char *take_text(struct shredder *s, struct column *column, size_t slot,
                                    const char *p)
{
    bool escaped;
    const char *end = string_end(s, p + 1, &escaped);
    if (unlikely(!end))
        return NULL;
    if (unlikely(escaped))
        return put_escaped(s, column, slot, p + 1, end);
    put_text(column, slot, p + 1, (size_t)(end - p - 2));
    return end;
}

// A given timestamp takes any; a learnt one keeps those with a zone and those without apart.
static inline bool take_instant(const struct shredder *s, const struct column *column,
                                const char *p, size_t len, int64_t *out)
{
    bool zoned;
    if (column->kind == KIND_DATE) {
        int32_t days = 0;
        bool ok = datetime_date_take(p, len, &days);
        *out = days;
        return ok;
    }
    return datetime_timestamp_take(p, len, out, &zoned) &&
           (zoned == (column->kind == KIND_TIMESTAMP_UTC) || s->columns->given);
}

static __attribute__((noinline)) const char *
take_datetime(struct shredder *s, struct column *column, size_t slot, const char *p)
{
    bool escaped;
    int64_t value;
    if (unlikely(*p != '"'))
        return take_other(s, column, slot, p);
    const char *end = string_end(s, p + 1, &escaped);
    if (unlikely(!end))
        return NULL;
    if (unlikely(escaped || !take_instant(s, column, p + 1, (size_t)(end - p - 2), &value)))
        return take_other(s, column, slot, p);
    column->valid[slot] = 1;
    column->integers[column->count++] = value;
    return end;
}

static inline bool key_matches(const struct key *key, const char *p)
{
    if (likely(key->text.len <= KEY_PATTERN_BYTES))
        return simd_matches(p, key->pattern, (unsigned)key->text.len);
    return simd_matches(p, key->text.ptr, (unsigned)key->text.len);
}

// The key in the struct's table whose bytes stand at `p`, `len` of them with quotes and colon;
// NULL: it has another spelling, or is new.
static inline struct key *known_key(const struct column *column, const char *p, size_t len)
{
    uint32_t hash = key_hash(p, len);
    for (size_t i = hash; column->key_capacity; i++) {
        const struct key_slot *slot = &column->keys[i & (column->key_capacity - 1)];
        if (!slot->key ||
            (slot->hash == hash && slot->key->text.len == len && key_matches(slot->key, p)))
            return slot->key;
    }
    return NULL;
}

// A name with white space in front of its colon, or one that was not here before.
static __attribute__((noinline)) const char *find_odd_key(struct shredder *s, struct column *column,
                                                          const char *p, const char *end,
                                                          struct key **out_key)
{
    const char *after = skip_space(end);
    if (*after != ':')
        return shred_fail(s, after, "':'");
    s->spare = NULL;
    struct str text = str_n(p, (size_t)(end - p) + 1);
    if (*end != ':') { // the name is copied next to one
        char *room = columns_text_room(
            s->columns, text.len + SIMD_PADDING); // nothing is written where a reader may look
        memcpy(room, p, text.len - 1);
        room[text.len - 1] = ':';
        text.ptr = room;
    }
    *out_key = column_key(column, text);
    if (!*out_key && !shred_unknown_key(s, column, text, p, out_key))
        return NULL;
    return after + 1;
}

static const char *find_key(struct shredder *s, struct column *column, const char *p,
                            struct key **out_key)
{
    if (unlikely(*p != '"'))
        return shred_fail(s, p, "a member's name");
    bool escaped;
    const char *end = string_end(s, p + 1, &escaped);
    if (unlikely(!end))
        return NULL;
    if (likely(*end == ':')) {
        *out_key = known_key(column, p, (size_t)(end - p) + 1);
        if (likely(*out_key != NULL))
            return end + 1;
    }
    return find_odd_key(s, column, p, end, out_key);
}

// A name that is not the one that was foreseen behind `before`: perhaps the other one that came
// there, or looked up, and foreseen next time.
static __attribute__((noinline)) const char *take_other_key(struct shredder *s,
                                                            struct column *column,
                                                            struct key *before, const char *p,
                                                            struct key **out_key)
{
    struct key *other = before->other_next;
    if (other && key_matches(other, p)) {
        *out_key = other;
        return p + other->text.len;
    }
    p = find_key(s, column, p, out_key);
    if (p && *out_key) {
        before->other_next = before->next;
        before->next = *out_key;
    }
    column->trust -= KEY_MISS_COST;
    return p;
}

// Where order means nothing, for now: no guesses, but a look at whether they would have been right.
static inline const char *take_any_key(struct shredder *s, struct column *column,
                                       struct key *before, const char *p, struct key **out_key)
{
    p = find_key(s, column, p, out_key);
    column->trust += before->next == *out_key ? 2 : -(column->trust > -KEY_TRUST_MAX);
    before->next = p ? *out_key : before->next;
    return p;
}

// Structs, lists and maps.
static __attribute__((noinline)) const char *take_nested(struct shredder *s, struct column *column,
                                                         size_t slot, const char *p)
{
    if (unlikely(*p != (column->kind == KIND_LIST ? '[' : '{')))
        return take_other(s, column, slot, p);
    column->valid[slot] = 1;
    if (column->kind == KIND_STRUCT) {
        column->count++;
        return take_members(s, column, slot, p + 1);
    }
    column->lengths[column->count++] = 0;
    return column->kind == KIND_LIST ? take_items(s, column, p + 1)
                                     : take_entries(s, column, p + 1);
}

static inline const char *take_integer(struct shredder *s, struct column *column, size_t slot,
                                       const char *p)
{
    const char *end = number_take_integer(p, &column->integers[column->count]);
    if (unlikely(!end))
        return take_other(s, column, slot, p);
    column->valid[slot] = 1;
    column->count++;
    return end;
}

static const char *take_small_integer(struct shredder *s, struct column *column, size_t slot,
                                      const char *p)
{
    int64_t most = column->kind == KIND_INT8    ? INT8_MAX
                   : column->kind == KIND_INT16 ? INT16_MAX
                                                : INT32_MAX,
            value;
    const char *end = number_take_integer(p, &value);
    if (unlikely(!end || value > most || value < -most - 1))
        return take_other(s, column, slot, p);
    column->valid[slot] = 1;
    column->integers[column->count++] = value;
    return end;
}

static inline const char *take_real(struct shredder *s, struct column *column, size_t slot,
                                    const char *p)
{
    bool whole;
    double value;
    const char *end = number_take_real(p, &value, &whole);
    if (unlikely(!end || (whole && (value >= EXACT_DOUBLE_MAX || value <= -EXACT_DOUBLE_MAX))))
        return take_other(s, column, slot, p);
    column->valid[slot] = 1;
    column->doubles[column->count++] = value;
    return end;
}

static inline const char *take_boolean(struct shredder *s, struct column *column, size_t slot,
                                       const char *p)
{
    // Without a branch on which of them it is: nothing foretells that.
    uint64_t is_true = swar_is(p[0], 't'), is_false = swar_is(p[0], 'f');
    const char *end = p + 4 + is_false;
    static const char WORDS[2][8] = {"true", "false"};
    uint64_t word, wanted, bytes = is_false ? UINT64_C(0xffffffffff) : UINT64_C(0xffffffff);
    memcpy(&word, p, sizeof word);
    memcpy(&wanted, WORDS[is_false], sizeof wanted);
    if (unlikely(!(is_true | is_false) || ((word ^ wanted) & bytes) != 0))
        return take_other(s, column, slot, p);
    column->valid[slot] = 1;
    column->booleans[column->count++] = (uint8_t)is_true;
    return end;
}

// `end`, but where a column's values have had one and the same size for a while not computed from
// their text: the processor then goes on to the next name at once, and confirms the size beside it.
// Each value waits for the end of the one before, which is what bounds shredding otherwise.
static inline const char *steady_end(struct column *column, const char *start, const char *end)
{
    uint32_t size = column->size;
    if (column->steady >= STEADY_VALUES) {
        if (likely(end == start + size)) {
            __asm__("" : "+r"(size)); // or the compiler takes the other of two equal things
            return start + size;
        }
        column->steady = 0;
    } else {
        uint32_t now = (uint32_t)(end - start);
        column->steady = now == size ? column->steady + 1 : 0;
        column->size = now;
    }
    return end;
}

// Inline in the loops below: a call for each value costs as much as many a value.
static inline __attribute__((always_inline)) const char *
take_value(struct shredder *s, struct column *column, size_t slot, const char *p)
{
    switch (column->kind) {
    case KIND_INT64:
        return steady_end(column, p, take_integer(s, column, slot, p));
    case KIND_DOUBLE:
        return take_real(s, column, slot, p);
    case KIND_STRING:
    case KIND_JSON:
        return unlikely(*p != '"') ? take_other(s, column, slot, p)
                                   : steady_end(column, p, take_text(s, column, slot, p));
    case KIND_BOOLEAN:
        return take_boolean(s, column, slot, p);
    case KIND_DATE:
    case KIND_TIMESTAMP:
    case KIND_TIMESTAMP_UTC:
        return steady_end(column, p, take_datetime(s, column, slot, p));
    case KIND_STRUCT:
    case KIND_LIST:
    case KIND_MAP:
        return take_nested(s, column, slot, p);
    case KIND_INT8:
    case KIND_INT16:
    case KIND_INT32:
        return take_small_integer(s, column, slot, p);
    case KIND_NULL:
    case KIND_FLOAT:
    case KIND_DECIMAL:
    case KIND_BINARY:
        break;
    }
    return take_other(s, column, slot, p);
}

// `p` is at the first name. Fields have the struct's slot.
static inline __attribute__((always_inline)) const char *
take_fields(struct shredder *s, struct column *column, size_t slot, const char *p, bool guess)
{
    struct key *before = &column->start, *key;
    for (;;) {
        key = before->next;
        if (!guess)
            p = take_any_key(s, column, before, p, &key);
        else if (likely(key && key_matches(key, p)))
            p += key->text.len;
        else
            p = take_other_key(s, column, before, p, &key);
        if (unlikely(!p))
            return NULL;
        p = skip_space(p);
        struct column *field = likely(key != NULL) ? key->column : s->spare;
        if (likely(field != NULL)) {
            if (unlikely(field->valid[slot]))
                column_take_back(field, slot);
            p = take_value(s, field, slot, p);
        } else {
            p = check_value(s, p);
        }
        if (unlikely(!p))
            return NULL;
        if (unlikely(*p != ',')) {
            p = skip_space(p);
            if (*p == '}')
                return p + 1;
            if (*p != ',')
                return shred_fail(s, p, "',' or '}'");
        }
        p = skip_space(p + 1);
        if (likely(key != NULL))
            before = key;
    }
}

static __attribute__((noinline)) const char *
take_unordered(struct shredder *s, struct column *column, size_t slot, const char *p)
{
    return take_fields(s, column, slot, p, false);
}

// `p` is behind the '{'.
const char *take_members(struct shredder *s, struct column *column, size_t slot, const char *p)
{
    p = skip_space(p);
    if (unlikely(*p == '}'))
        return p + 1;
    if (unlikely(column->trust < 0))
        return take_unordered(s, column, slot, p);
    column->trust = column->trust < KEY_TRUST_MAX ? column->trust + KEY_TRUST_GAIN : KEY_TRUST_MAX;
    return take_fields(s, column, slot, p, true);
}

// A list's next item, with room for it.
static inline size_t new_item(struct shredder *s, struct column *list)
{
    size_t item = list->slots++;
    list->lengths[list->count - 1]++;
    for (size_t i = 0; i < list->child_count; i++)
        if (unlikely(item >= list->children[i]->capacity))
            column_grow(s->columns, list->children[i], item + 1);
    return item;
}

static const char *take_items(struct shredder *s, struct column *list, const char *p)
{
    p = skip_space(p);
    if (*p == ']')
        return p + 1;
    for (;;) {
        size_t item = new_item(s, list);
        p = take_value(s, list->children[0], item, p);
        if (unlikely(!p))
            return NULL;
        p = skip_space(p);
        if (*p == ']')
            return p + 1;
        if (*p != ',')
            return shred_fail(s, p, "',' or ']'");
        p = skip_space(p + 1);
    }
}

static const char *take_entries(struct shredder *s, struct column *map, const char *p)
{
    p = skip_space(p);
    if (*p == '}')
        return p + 1;
    for (;;) {
        size_t item = new_item(s, map);
        if (*p != '"')
            return shred_fail(s, p, "a member's name");
        p = take_value(s, map->children[0], item, p);
        if (unlikely(!p))
            return NULL;
        p = skip_space(p);
        if (*p != ':')
            return shred_fail(s, p, "':'");
        p = take_value(s, map->children[1], item, skip_space(p + 1));
        if (unlikely(!p))
            return NULL;
        p = skip_space(p);
        if (*p == '}')
            return p + 1;
        if (*p != ',')
            return shred_fail(s, p, "',' or '}'");
        p = skip_space(p + 1);
    }
}

static const char *take_again(struct shredder *s, struct column *column, size_t slot, const char *p)
{
    return take_value(s, column, slot, p);
}
