// SPDX-License-Identifier: Apache-2.0
// Any text as a schedule: what parses must go forward from every firing, and know no firing between
// two of them.
#include "base/schedule.h"
#include "fuzz.h"

#include <assert.h>

#define START_MS INT64_C(1795305600000) // 2026-11-22T00:00:00Z

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct schedule schedule;
    struct error error = {0};
    enum err err = schedule_parse(str_n((const char *)bytes, len), 0, &schedule, &error);
    assert(err == OK || (err == ERR_INVALID && error.text[0]));
    int64_t at_ms = START_MS;
    for (int i = 0; err == OK && i < 5; i++) {
        int64_t next_ms, between_ms;
        if (!schedule_next(&schedule, NULL, START_MS, at_ms, &next_ms))
            break;
        assert(next_ms > at_ms);
        bool found =
            schedule_next(&schedule, NULL, START_MS, at_ms + (next_ms - at_ms) / 2, &between_ms);
        assert(found && between_ms == next_ms);
        at_ms = next_ms;
    }
    return 0;
}
