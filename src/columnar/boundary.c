// SPDX-License-Identifier: Apache-2.0
// Blocks of 64 bytes become masks; what stands in strings is masked out, and brackets are counted
// by the block.
//
// Where a bracket comes down to a depth matters only at the end that is asked for. For the last one
// the text is fed in segments that are merely counted, with their starting states kept; then the
// segments are looked at more closely from the back, which nearly always ends with the first of
// them.
#include "columnar/boundary.h"
#include "columnar/simd.h"
#include "columnar/variant.h"

#define BLOCK 64
#define SEGMENTS 64
#define SEGMENT_MIN ((size_t)4096)

struct brackets {
    uint64_t open, close; // outside of strings
};

// Feeds the block at p, of which `len` <= BLOCK bytes count. The depth is left to the caller.
HOT_INLINE struct brackets feed(struct boundary *state, const char *p, size_t len)
{
    struct simd_structure found = simd_structure(p);
    uint64_t valid = len < BLOCK ? (UINT64_C(1) << len) - 1 : UINT64_MAX;
    uint64_t quote = found.quote & valid, backslash = found.backslash & valid;
    if (__builtin_expect(backslash != 0 || state->escaped, 0)) {
        uint64_t escaped = swar_escaped(backslash, &state->escaped);
        quote &= ~escaped;
        if (len < BLOCK) // the byte that the last backslash escapes comes in the next piece
            state->escaped = escaped >> len & 1;
    }
    uint64_t in_string = simd_prefix_xor(quote) ^ (state->in_string ? UINT64_MAX : 0);
    state->in_string = in_string >> 63;
    uint64_t outside = ~in_string & valid;
    return (struct brackets){found.open & outside, found.close & outside};
}

HOT_INLINE int64_t count(uint64_t mask)
{
    return __builtin_popcountll(mask);
}

// The offset behind the first closing bracket that comes down to `depth` (`last`: the last one) in
// a block that starts at depth `start`; 0 when there is none.
static size_t find_in_block(struct brackets brackets, int64_t start, int64_t depth, bool last)
{
    size_t found = 0;
    for (uint64_t close = brackets.close; close && (last || !found); close &= close - 1) {
        uint64_t up_to = close ^ (close - 1); // the lowest bit and all below
        if (start + count(brackets.open & up_to) - count(brackets.close & up_to) == depth)
            found = (size_t)__builtin_ctzll(close) + 1;
    }
    return found;
}

// Counts only.
static void feed_all(struct boundary *state, const char *p, size_t len)
{
    struct boundary now = *state; // in registers
    for (; len >= BLOCK; p += BLOCK, len -= BLOCK) {
        struct brackets brackets = feed(&now, p, BLOCK);
        now.depth += count(brackets.open) - count(brackets.close);
    }
    if (len > 0) {
        struct brackets brackets = feed(&now, p, len);
        now.depth += count(brackets.open) - count(brackets.close);
    }
    *state = now;
}

static size_t last_of_segment(struct boundary state, const char *p, size_t len, int64_t depth)
{
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < len; i += BLOCK) {
        struct brackets brackets = feed(&state, p + i, len - i < BLOCK ? len - i : BLOCK);
        if (state.depth - count(brackets.close) <= depth) {
            size_t behind = find_in_block(brackets, state.depth, depth, true);
            if (behind)
                found = i + behind;
        }
        state.depth += count(brackets.open) - count(brackets.close);
    }
    return found;
}

size_t VARIANT(boundary_last)(struct boundary *state, struct str text, int64_t depth)
{
    struct boundary starts[SEGMENTS];
    size_t segment = (text.len / SEGMENTS + BLOCK) / BLOCK * BLOCK;
    if (segment < SEGMENT_MIN)
        segment = SEGMENT_MIN;
    size_t count_fed = 0;
    for (size_t at = 0; at < text.len; at += segment) {
        starts[count_fed++] = *state;
        feed_all(state, text.ptr + at, text.len - at < segment ? text.len - at : segment);
    }
    for (size_t end = text.len; count_fed > 0;) {
        size_t at = --count_fed * segment;
        size_t found = last_of_segment(starts[count_fed], text.ptr + at, end - at, depth);
        if (found != SIZE_MAX)
            return at + found;
        end = at;
    }
    return SIZE_MAX;
}

size_t VARIANT(boundary_first)(struct boundary *state, struct str text, int64_t depth)
{
    for (size_t i = 0; i < text.len; i += BLOCK) {
        struct brackets brackets =
            feed(state, text.ptr + i, text.len - i < BLOCK ? text.len - i : BLOCK);
        if (state->depth - count(brackets.close) <= depth) {
            size_t behind = find_in_block(brackets, state->depth, depth, false);
            if (behind) {
                *state = (struct boundary){.depth = depth};
                return i + behind;
            }
        }
        state->depth += count(brackets.open) - count(brackets.close);
    }
    return SIZE_MAX;
}

uint64_t VARIANT(boundary_newlines)(struct str text)
{
    uint64_t newlines = 0;
    size_t i = 0;
    for (; i + BLOCK <= text.len; i += BLOCK)
        newlines += (uint64_t)count(simd_equal(text.ptr + i, '\n'));
    if (i < text.len)
        newlines +=
            (uint64_t)count(simd_equal(text.ptr + i, '\n') & ((UINT64_C(1) << (text.len - i)) - 1));
    return newlines;
}
