// SPDX-License-Identifier: Apache-2.0
// Any bytes at all. The text of every element that was accepted must come back the same when it is
// written and read.
#include "base/xml.h"
#include "fuzz.h"

#include <assert.h>

static void check_text(struct arena *arena, struct str text)
{
    struct buf buf = buf_in(arena, SIZE_MAX / 2);
    xml_write_element(&buf, S("T"), text);
    struct xml *root = NULL;
    enum err err = xml_parse(arena, buf_str(&buf), &root, NULL);
    assert(err == OK && str_eq(root->text, text));
}

static void check_element(struct arena *arena, const struct xml *element, size_t depth)
{
    assert(depth < XML_DEPTH_MAX && element->name.len > 0);
    check_text(arena, element->text);
    for (size_t i = 0; i < element->attribute_count; i++)
        check_text(arena, element->attributes[i].value);
    for (size_t i = 0; i < element->count; i++) {
        assert(element->children[i]->parent == element);
        check_element(arena, element->children[i], depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena arena;
    arena_init(&arena);
    struct xml *root = NULL;
    struct error error = {0};
    if (xml_parse(&arena, str_n((const char *)bytes, len), &root, &error) == OK)
        check_element(&arena, root, 0);
    else
        assert(error.kind != OK && !root);
    arena_deinit(&arena);
    return 0;
}
