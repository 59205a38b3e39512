// SPDX-License-Identifier: Apache-2.0
// Any bytes as an aws-chunked body, unsigned, cut into pieces of a size that the first byte says:
// what comes out must not depend on where it was cut.
#include "fuzz.h"
#include "http/chunked.h"

#include <assert.h>

struct outcome {
    enum err err;
    bool complete;
    uint64_t payload_bytes;
    uint64_t hash;
    size_t trailers;
};

static struct outcome decode(struct str body, size_t piece)
{
    struct arena arena;
    struct chunked chunked;
    struct outcome outcome = {OK, .hash = 1};
    arena_init(&arena);
    chunked_init(&chunked, &arena, NULL, true);
    for (size_t at = 0; at < body.len && outcome.err == OK; at += piece) {
        struct str input = str_slice(body, at, at + piece), payload;
        while (input.len && outcome.err == OK) {
            size_t before = input.len;
            outcome.err = chunked_next(&chunked, &input, &payload, NULL);
            assert(outcome.err != OK || input.len < before);
            assert(payload.len <= before);
            for (size_t i = 0; i < payload.len; i++)
                outcome.hash = outcome.hash * 31 + (uint8_t)payload.ptr[i];
        }
    }
    outcome.complete = chunked_is_complete(&chunked);
    outcome.payload_bytes = chunked.payload_bytes;
    outcome.trailers = chunked.trailer_count;
    chunked_deinit(&chunked);
    arena_deinit(&arena);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0)
        return 0;
    struct str body = str_n((const char *)bytes + 1, len - 1);
    struct outcome whole = decode(body, SIZE_MAX / 2), cut = decode(body, 1 + bytes[0] % 64);
    assert(whole.err == cut.err);
    if (whole.err == OK)
        assert(whole.complete == cut.complete && whole.payload_bytes == cut.payload_bytes &&
               whole.hash == cut.hash && whole.trailers == cut.trailers);
    return 0;
}
