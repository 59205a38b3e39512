// SPDX-License-Identifier: Apache-2.0
// A hash is 32 bits of a folded 64 x 64 bit product; its low bits are the place in the table, so
// the table is rebuilt from itself. A text with another hash or length is passed by without a look
// at its bytes.
#include "columnar/dictionary.h"
#include "columnar/statistics.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// Grown for the first batch; a conversion may have partitions by the thousand.
#define SLOTS_FIRST 64
// A table that was larger starts anew, so that clearing it stays cheap.
#define SLOTS_KEPT_CLEAR 16384
#define CAPACITY_FIRST 32
#define AHEAD 16    // look-ups between fetching a slot and using it
#define GROUP 64    // texts whose slots are looked up before the first is compared
#define SUFFERING 8 // extra probes a look-up, on average

#define K1 0x9E3779B97F4A7C15u
#define K2 0xE7037ED1A0B428DBu
#define K3 0x8EBC6AF09C88C6E3u

static void *sized(void *old, size_t count, size_t item_bytes)
{
    void *items = realloc(old, count * item_bytes);
    if (!items)
        abort();
    return items;
}

static void set_slots(struct dictionary *d, size_t count)
{
    if (count > d->slots_allocated) {
        d->slots = sized(d->slots, count, sizeof *d->slots);
        d->slots_allocated = count;
    }
    memset(d->slots, 0, count * sizeof *d->slots);
    d->mask = count - 1;
}

static void set_capacity(struct dictionary *d, size_t capacity)
{
    size_t old = d->capacity;
    d->words = sized(d->words, capacity, sizeof *d->words);
    d->seen = sized(d->seen, capacity, sizeof *d->seen);
    memset(d->seen + old, 0, capacity - old);
    if (d->has_texts)
        d->offsets = sized(d->offsets, capacity, sizeof *d->offsets);
    d->capacity = capacity;
}

void dictionary_init(struct dictionary *d, bool has_texts)
{
    *d = (struct dictionary){.has_texts = has_texts, .texts = buf_heap(UINT32_MAX)};
    d->hashes = sized(NULL, DICTIONARY_BATCH + AHEAD, sizeof *d->hashes);
    memset(d->hashes, 0, (DICTIONARY_BATCH + AHEAD) * sizeof *d->hashes);
    set_slots(d, SLOTS_FIRST);
    set_capacity(d, CAPACITY_FIRST);
}

void dictionary_deinit(struct dictionary *d)
{
    free(d->slots);
    free(d->words);
    free(d->seen);
    free(d->offsets);
    free(d->hashes);
    buf_deinit(&d->texts);
}

void dictionary_clear(struct dictionary *d)
{
    size_t slots = d->mask + 1;
    if (slots > SLOTS_KEPT_CLEAR && d->count * 4 < slots)
        slots = SLOTS_KEPT_CLEAR;
    set_slots(d, slots);
    d->count = d->bytes = 0;
    d->extra_probes = d->lookups = 0;
    buf_clear(&d->texts);
}

static inline uint64_t fold(uint64_t a, uint64_t b)
{
    uint128 product = (uint128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint32_t hash_word(uint64_t word)
{
    return (uint32_t)fold(word ^ K2, K1);
}

// Makes room for a whole batch of new entries, so that the loops below need not look.
static void prepare(struct dictionary *d, size_t more)
{
    if (d->count + more > d->capacity)
        set_capacity(d, (d->count + more) * 2);
    size_t slots = d->mask + 1;
    if ((d->count + more) * 3 <= slots * 2)
        return;
    while ((d->count + more) * 2 > slots)
        slots *= 2;
    struct dictionary_slot *old = d->slots;
    size_t old_slots = d->mask + 1;
    d->slots = NULL;
    d->slots_allocated = 0;
    set_slots(d, slots);
    for (size_t i = 0; i < old_slots; i++) {
        if (!old[i].entry)
            continue;
        size_t at = (d->has_texts ? old[i].hash : hash_word(old[i].word)) & d->mask;
        while (d->slots[at].entry)
            at = (at + 1) & d->mask;
        d->slots[at] = old[i];
    }
    free(old);
}

// --- words

void dictionary_words(struct dictionary *d, const uint64_t *values, size_t count,
                      uint32_t *out_indices)
{
    assert(count <= DICTIONARY_BATCH);
    prepare(d, count);
    uint32_t *hashes = d->hashes;
    for (size_t i = 0; i < count; i++)
        hashes[i] = hash_word(values[i]);
    struct dictionary_slot *slots = d->slots;
    size_t mask = d->mask, entries = d->count;
    uint64_t *words = d->words, extra = 0;
    for (size_t i = 0; i < count; i++) {
        __builtin_prefetch(&slots[hashes[i + AHEAD] & mask]);
        size_t at = hashes[i] & mask;
        while (slots[at].entry && slots[at].word != values[i]) {
            at = (at + 1) & mask;
            extra++;
        }
        if (!slots[at].entry) {
            words[entries] = values[i];
            slots[at] = (struct dictionary_slot){.word = values[i], .entry = (uint32_t)++entries};
        }
        out_indices[i] = slots[at].entry - 1;
    }
    d->count = entries;
    d->bytes = entries * sizeof *words;
    d->extra_probes += extra;
    d->lookups += count;
}

// --- texts

static inline uint64_t load64(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

// The bytes of up to 16 that belong to a text, as two words. By table, because lengths around
// eight, which are common, would make branches unpredictable.
#define ONES(bytes) ((bytes) >= 8u ? UINT64_MAX : ((uint64_t)1 << 8 * ((bytes) % 8u)) - 1)
#define MASK(len)                                                                                  \
    {                                                                                              \
        ONES(len), (len) < 8 ? 0 : ONES((unsigned)(len)-8)                                         \
    }
static const uint64_t MASKS[17][2] = {
    MASK(0), MASK(1),  MASK(2),  MASK(3),  MASK(4),  MASK(5),  MASK(6),  MASK(7),  MASK(8),
    MASK(9), MASK(10), MASK(11), MASK(12), MASK(13), MASK(14), MASK(15), MASK(16),
};

static inline uint32_t hash_text(const char *p, size_t len)
{
    uint64_t seed = len * K3;
    size_t left = len;
    uint64_t other = K1; // two chains of products that do not wait for each other
    for (; __builtin_expect(left > 32, 0); left -= 32, p += 32) {
        seed = fold(load64(p) ^ K1, load64(p + 8) ^ seed);
        other = fold(load64(p + 16) ^ K2, load64(p + 24) ^ other);
    }
    seed ^= other;
    for (; left > 16; left -= 16, p += 16)
        seed = fold(load64(p) ^ K1, load64(p + 8) ^ seed);
    uint64_t a = load64(p) & MASKS[left][0], b = load64(p + 8) & MASKS[left][1];
    return (uint32_t)fold(a ^ K1 ^ seed, b ^ K2);
}

// Both are readable past their ends.
static inline bool equal_text(const char *a, const char *b, size_t len)
{
    for (; __builtin_expect(len > 32, 0); len -= 32, a += 32, b += 32)
        if ((load64(a) ^ load64(b)) | (load64(a + 8) ^ load64(b + 8)) |
            (load64(a + 16) ^ load64(b + 16)) | (load64(a + 24) ^ load64(b + 24)))
            return false;
    for (; len > 16; len -= 16, a += 16, b += 16)
        if ((load64(a) ^ load64(b)) | (load64(a + 8) ^ load64(b + 8)))
            return false;
    uint64_t difference = (load64(a) ^ load64(b)) & MASKS[len][0];
    return (difference | ((load64(a + 8) ^ load64(b + 8)) & MASKS[len][1])) == 0;
}

static uint32_t add_text(struct dictionary *d, const char *ptr, uint32_t len)
{
    char *room = buf_reserve(&d->texts, sizeof len + len + 64);
    assert(room); // the caller gives up long before 4 GiB
    uint32_t offset = (uint32_t)d->texts.len;
    memcpy(room, &len, sizeof len);
    memcpy(room + sizeof len, ptr, len);
    d->offsets[d->count] = offset;
    d->words[d->count] = text_prefix(ptr, len);
    d->texts.len += sizeof len + len;
    d->count++;
    return offset;
}

static inline const char *slot_text(const struct dictionary *d, const struct dictionary_slot *slot)
{
    return d->texts.ptr + slot->offset + sizeof slot->len;
}

// The first slot from the hash's place on that is free or looks like the text.
static inline size_t likely_slot(const struct dictionary *d, uint32_t hash, uint32_t len,
                                 uint64_t *extra)
{
    size_t at = hash & d->mask;
    while (d->slots[at].entry && (d->slots[at].hash != hash || d->slots[at].len != len)) {
        at = (at + 1) & d->mask;
        ++*extra;
    }
    return at;
}

// The text's slot, where the likely one was free (it may have been taken since) or another's with
// the same hash and length.
static __attribute__((noinline)) size_t find_or_add(struct dictionary *d, size_t at, uint32_t hash,
                                                    struct text_view text, uint64_t *extra)
{
    while (d->slots[at].entry && !(d->slots[at].hash == hash && d->slots[at].len == text.len &&
                                   equal_text(slot_text(d, &d->slots[at]), text.ptr, text.len))) {
        at = (at + 1) & d->mask;
        ++*extra;
    }
    if (!d->slots[at].entry) {
        uint32_t offset = add_text(d, text.ptr, text.len);
        d->slots[at] = (struct dictionary_slot){
            .hash = hash, .len = text.len, .entry = (uint32_t)d->count, .offset = offset};
    }
    return at;
}

void dictionary_texts(struct dictionary *d, const struct text_view *values, size_t count,
                      uint32_t *out_indices)
{
    assert(count <= DICTIONARY_BATCH);
    prepare(d, count);
    uint32_t *hashes = d->hashes;
    for (size_t i = 0; i < count; i++)
        hashes[i] = hash_text(values[i].ptr, values[i].len);
    uint64_t extra = 0;
    size_t likely[GROUP];
    for (size_t from = 0; from < count; from += GROUP) {
        size_t group = count - from < GROUP ? count - from : GROUP;
        for (size_t k = 0, i = from; k < group; k++, i++) {
            __builtin_prefetch(&d->slots[hashes[i + AHEAD] & d->mask]);
            likely[k] = likely_slot(d, hashes[i], values[i].len, &extra);
            __builtin_prefetch(d->texts.ptr + d->slots[likely[k]].offset);
        }
        for (size_t k = 0, i = from; k < group; k++, i++) {
            const struct dictionary_slot *slot = &d->slots[likely[k]];
            // What was free when it was looked up may have been taken since, by any text.
            bool alike = slot->entry && slot->hash == hashes[i] && slot->len == values[i].len;
            if (__builtin_expect(
                    !alike || !equal_text(slot_text(d, slot), values[i].ptr, values[i].len), 0))
                slot = &d->slots[find_or_add(d, likely[k], hashes[i], values[i], &extra)];
            out_indices[i] = slot->entry - 1;
        }
    }
    d->bytes = d->texts.len;
    d->extra_probes += extra;
    d->lookups += count;
}

bool dictionary_suffers(const struct dictionary *d)
{
    return d->extra_probes > SUFFERING * (d->lookups + DICTIONARY_BATCH);
}

struct text_view dictionary_text(const struct dictionary *d, size_t index)
{
    struct text_view text = {.ptr = d->texts.ptr + d->offsets[index] + sizeof text.len};
    memcpy(&text.len, text.ptr - sizeof text.len, sizeof text.len);
    return text;
}

static int compare_views(struct text_view a, struct text_view b)
{
    return str_cmp(str_n(a.ptr, a.len), str_n(b.ptr, b.len));
}

void dictionary_text_bounds(struct dictionary *d, const uint32_t *indices, size_t count,
                            struct text_view out_bounds[2])
{
    for (size_t i = 0; i < count; i++)
        d->seen[indices[i]] = 1;
    uint64_t low = UINT64_MAX, high = 0;
    for (size_t i = 0; i < d->count; i++) {
        uint64_t unseen = (uint64_t)d->seen[i] - 1; // all ones or none
        uint64_t at_least = d->words[i] | unseen, at_most = d->words[i] & ~unseen;
        low = at_least < low ? at_least : low;
        high = at_most > high ? at_most : high;
    }
    out_bounds[0] = out_bounds[1] = dictionary_text(d, indices[0]);
    for (size_t i = 0; i < d->count; i++) {
        if ((d->words[i] != low && d->words[i] != high) || !d->seen[i])
            continue;
        struct text_view text = dictionary_text(d, i);
        if (compare_views(text, out_bounds[0]) < 0)
            out_bounds[0] = text;
        if (compare_views(text, out_bounds[1]) > 0)
            out_bounds[1] = text;
    }
    memset(d->seen, 0, d->count);
}

unsigned dictionary_width(const struct dictionary *d)
{
    return d->count > 1 ? 32u - (unsigned)__builtin_clz((uint32_t)d->count - 1) : 1;
}
