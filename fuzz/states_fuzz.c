// SPDX-License-Identifier: Apache-2.0
// Texts of the Amazon States Language: a line that says what it is - path, call, definition - and
// the text. What is accepted is evaluated on a value that has a little of everything.
#include "fuzz.h"
#include "services/stepfunctions/asl.h"
#include "services/stepfunctions/path.h"
#include "services/stepfunctions/scope.h"

#include <assert.h>

static const char VALUE[] =
    "{\"a\":{\"b\":[1,2,{\"c\":\"x\"}]},\"list\":[3,1,2],\"s\":\"text\",\"n\":null,\"t\":true}";

static void try_path(struct arena *arena, struct str text, struct json *value)
{
    struct path *path = NULL;
    struct json *found = NULL, *changed = NULL;
    if (path_parse(arena, text, &path, NULL) != OK)
        return;
    enum err err = path_get(arena, path, value, &found);
    assert(err == ERR_NOT_FOUND || err == ERR_LIMIT || (err == OK && found));
    if (!path_is_reference(path) ||
        path_set(arena, path, value, json_i64(arena, 7), &changed) != OK)
        return;
    err = path_get(arena, path, changed, &found);
    assert(err == OK && json_equal(found, json_i64(arena, 7)));
}

static void try_call(struct arena *arena, struct str text, struct json *value)
{
    struct scope scope = {
        .arena = arena, .random = random_new_seeded(1), .input = value, .context = value};
    struct json *result = NULL;
    if (intrinsic_is(text) && intrinsic_check(arena, text, NULL) == OK) {
        enum err err = intrinsic_value(&scope, text, &result);
        assert(err == OK ? result != NULL : scope.cause.len > 0);
    }
    random_free(scope.random);
}

static void try_definition(struct arena *arena, struct str text)
{
    struct asl *asl = NULL;
    struct diagnostics diagnostics = {0};
    enum err err = asl_compile(arena, text, &asl, &diagnostics);
    assert(err == OK ? asl && asl_start(asl->top) : diagnostics.count > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena arena;
    struct str rest = str_n((const char *)bytes, len), kind;
    struct json *value = NULL;
    if (!str_cut(&rest, '\n', &kind) || !rest.ptr)
        return 0;
    arena_init(&arena);
    enum err err = json_parse(&arena, str_of(VALUE), &value, NULL);
    assert(err == OK);
    if (str_is(kind, "path"))
        try_path(&arena, rest, value);
    else if (str_is(kind, "call"))
        try_call(&arena, rest, value);
    else if (str_is(kind, "definition"))
        try_definition(&arena, rest);
    arena_deinit(&arena);
    return 0;
}
