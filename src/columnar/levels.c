// SPDX-License-Identifier: Apache-2.0
// Levels stand either in a run that is still growing or in a group that is not full, never in both.
// Words of eight equal levels feed the run. A mixed word ends it: a run of 8 or more is written as
// such, a shorter one becomes the start of a group, and from then on words are shifted into groups
// until the next word of equal levels.
#include "columnar/levels.h"

#include <string.h>

#define EACH_BYTE 0x0101010101010101u
#define RUN_MIN 8
#define GROUPS_MAX 63 // so that a bit-packed run's header is one byte

struct levels levels_new(unsigned level_max)
{
    unsigned width = level_max ? 32u - (unsigned)__builtin_clz(level_max) : 0;
    return (struct levels){.width = width, .out = buf_heap(SIZE_MAX)};
}

void levels_deinit(struct levels *levels)
{
    buf_deinit(&levels->out);
}

void levels_clear(struct levels *levels)
{
    buf_clear(&levels->out);
    levels->run_count = levels->pending = 0;
    levels->pending_count = levels->packed_groups = 0;
}

// Eight levels, a byte each, to eight of `width` bits each: neighbours are joined three times.
static uint64_t pack_eight(uint64_t bytes, unsigned width)
{
    if (width == 1)
        return bytes * 0x0102040810204080u >> 56;
    unsigned gap = 8 - width;
    uint64_t pairs = (bytes & 0x00FF00FF00FF00FFu) | (bytes & 0xFF00FF00FF00FF00u) >> gap;
    uint64_t fours = (pairs & 0x0000FFFF0000FFFFu) | (pairs & 0xFFFF0000FFFF0000u) >> 2 * gap;
    return (fours & 0x00000000FFFFFFFFu) | (fours & 0xFFFFFFFF00000000u) >> 4 * gap;
}

static void put_group(struct levels *levels, uint64_t bytes)
{
    struct buf *out = &levels->out;
    char *room = buf_reserve(out, 16);
    if (levels->packed_groups == 0 || levels->packed_groups == GROUPS_MAX) {
        levels->packed_at = out->len++;
        levels->packed_groups = 0;
        room++;
    }
    levels->packed_groups++;
    out->ptr[levels->packed_at] = (char)(levels->packed_groups << 1 | 1);
    uint64_t packed = pack_eight(bytes, levels->width);
    memcpy(room, &packed, sizeof packed);
    out->len += levels->width;
}

static void put_run(struct levels *levels)
{
    for (uint64_t header = levels->run_count << 1;; header >>= 7) {
        buf_put_u8(&levels->out, (uint8_t)((header & 0x7F) | (header > 0x7F) << 7));
        if (header <= 0x7F)
            break;
    }
    buf_put_u8(&levels->out, levels->run_value);
    levels->run_count = 0;
    levels->packed_groups = 0;
}

// Up to seven bytes of a value.
static uint64_t repeated(uint8_t value, unsigned count)
{
    return EACH_BYTE * value & (((uint64_t)1 << 8 * count) - 1);
}

// Leaves no run open.
static void end_run(struct levels *levels)
{
    if (levels->run_count >= RUN_MIN) {
        put_run(levels);
    } else if (levels->run_count) {
        unsigned count = (unsigned)levels->run_count;
        levels->pending = repeated(levels->run_value, count);
        levels->pending_count = count;
        levels->run_count = 0;
    }
}

void levels_run(struct levels *levels, uint8_t value, uint64_t count)
{
    if (levels->width == 0 || count == 0)
        return;
    if (levels->run_count && levels->run_value != value)
        end_run(levels);
    if (levels->pending_count) {
        unsigned room = 8 - levels->pending_count;
        unsigned taken = count < room ? (unsigned)count : room;
        levels->pending |= repeated(value, taken) << 8 * levels->pending_count;
        levels->pending_count += taken;
        count -= taken;
        if (levels->pending_count < 8)
            return;
        put_group(levels, levels->pending);
        levels->pending = levels->pending_count = 0;
    }
    levels->run_value = value;
    levels->run_count += count;
}

static void put_mixed(struct levels *levels, uint64_t word)
{
    end_run(levels);
    unsigned shift = 8 * levels->pending_count;
    put_group(levels, levels->pending | word << shift);
    levels->pending = shift ? word >> (64 - shift) : 0;
}

void levels_bytes(struct levels *levels, const uint8_t *values, size_t count)
{
    if (levels->width == 0)
        return;
    size_t i = 0;
    while (i + 8 <= count) {
        uint64_t word;
        memcpy(&word, values + i, 8);
        if (word != EACH_BYTE * values[i]) {
            put_mixed(levels, word);
            i += 8;
            continue;
        }
        size_t end = i + 8;
        for (uint64_t next; end + 8 <= count; end += 8) {
            memcpy(&next, values + end, 8);
            if (next != word)
                break;
        }
        levels_run(levels, values[i], end - i);
        i = end;
    }
    for (; i < count; i++)
        levels_run(levels, values[i], 1);
}

struct str levels_finish(struct levels *levels)
{
    if (levels->run_count)
        put_run(levels);
    else if (levels->pending_count)
        put_group(levels, levels->pending);
    levels->pending = levels->pending_count = 0;
    return buf_str(&levels->out);
}
