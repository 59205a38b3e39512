// SPDX-License-Identifier: Apache-2.0
// Any bytes at all: every variant of the engine's reader takes or refuses them alike, at the same
// byte, and as the document parser of base/json.h does. That one knows two more reasons to refuse:
// names that come twice, and nesting from 513 levels on.
#include "base/json.h"
#include "columnar/simd.h"
#include "columnar/variant.h"
#include "fuzz.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// Whether brackets, wherever they stand, may nest so deep.
static bool may_be_deep(struct str text)
{
    size_t opened = 0;
    for (size_t i = 0; i < text.len; i++)
        opened += text.ptr[i] == '[' || text.ptr[i] == '{';
    return opened > JSON_DEPTH_MAX;
}

static void check_against_parser(struct str text, bool accepted)
{
    struct arena arena;
    arena_init(&arena);
    struct json *value = NULL;
    struct error error = {0};
    enum err err = json_parse(&arena, text, &value, &error);
    bool stricter = str_contains(str_of(error.text), S("duplicate")) || may_be_deep(text);
    assert(err == OK ? accepted : !accepted || stricter);
    arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char *padded = calloc(1, len + SIMD_PADDING);
    if (!padded)
        abort();
    if (len)
        memcpy(padded, bytes, len);
    struct str text = str_n(padded, len);
    bool utf8 = str_is_utf8(text), json = false;
    size_t failed = 0;
    for (const struct variant *const *v = variants(); *v; v++) {
        size_t at = 0;
        bool accepted = (*v)->json_check(text, &at);
        assert((*v)->utf8_valid(text) == utf8);
        assert(at <= len && (v == variants() || (accepted == json && at == failed)));
        json = accepted;
        failed = at;
    }
    if (len)
        check_against_parser(text, json && utf8);
    free(padded);
    return 0;
}
