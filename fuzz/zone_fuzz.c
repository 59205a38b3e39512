// SPDX-License-Identifier: Apache-2.0
// Any bytes as a time zone file: offsets stay within a day or so, and a local time that exists
// leads back to itself.
#include "base/zone.h"
#include "fuzz.h"

#include <assert.h>

#define STEP_MS (INT64_C(97) * 24 * 3600 * 1000 + 3661000)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena arena;
    arena_init(&arena);
    const struct zone *zone = NULL;
    struct error error = {0};
    enum err err = zone_parse(&arena, str_n((const char *)bytes, len), &zone, &error);
    assert(err == OK || (err == ERR_CORRUPT && error.text[0]));
    for (int64_t i = -50; err == OK && i < 200; i++) {
        int32_t offset_s = zone_offset_s(zone, i * STEP_MS);
        assert(offset_s >= -26 * 3600 && offset_s <= 26 * 3600);
        int64_t utc_ms;
        if (zone_to_utc(zone, i * STEP_MS, &utc_ms))
            assert(utc_ms + (int64_t)zone_offset_s(zone, utc_ms) * 1000 == i * STEP_MS);
    }
    arena_deinit(&arena);
    return 0;
}
