// SPDX-License-Identifier: Apache-2.0
// A store in a temporary folder, on a virtual clock; opened again on demand. For cmocka's setup and
// teardown.
#ifndef TEST_STORE_FIXTURE_H
#define TEST_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "os/file.h"
#include "store/blob.h"
#include "store/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_MS 1000000

struct fixture {
    struct arena arena;
    char *folder;
    struct clock *clock;
    struct random *random;
    struct store *store;
    struct error error;
};

#define assert_ok(expr) assert_int_equal((expr), OK)
#define assert_str(actual, expected)                                                               \
    do {                                                                                           \
        struct str actual_ = (actual), expected_ = (expected);                                     \
        assert_int_equal(actual_.len, expected_.len);                                              \
        assert_memory_equal(actual_.ptr, expected_.ptr, expected_.len);                            \
    } while (0)

static inline void fixture_open(struct fixture *f)
{
    struct store_options options = {
        .folder = f->folder, .clock = f->clock, .random = f->random, .unsafe_no_sync = true};
    if (store_open(&options, &f->store, &f->error) != OK)
        fail_msg("%s", f->error.text);
}

static inline void fixture_reopen(struct fixture *f)
{
    store_close(f->store);
    f->store = NULL;
    fixture_open(f);
}

static inline int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    arena_init(&f->arena);
    assert_ok(folder_make_temp(&f->arena, NULL, "tarn-store", &f->folder, &f->error));
    f->clock = clock_new_virtual(START_MS);
    f->random = random_new_system();
    fixture_open(f);
    *state = f;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    file_set_fault(NULL, NULL);
    store_close(f->store);
    clock_free(f->clock);
    random_free(f->random);
    assert_ok(folder_remove_all(f->folder, &f->error));
    arena_deinit(&f->arena);
    free(f);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

// A key of the keyspace that tests may fill.
static inline struct key *test_key(struct key *key, const char *name)
{
    return key_str(key_start(key, KEYSPACE_STORE_META), str_of(name));
}

// One key in a transaction of its own.
static inline void put_now(struct fixture *f, const char *name, const char *value)
{
    struct key key;
    struct tx *tx = tx_begin(f->store, false);
    assert_ok(tx_put(tx, test_key(&key, name), str_of(value)));
    assert_ok(tx_commit(tx, &f->error));
}

static inline struct str get_in(struct fixture *f, struct tx *tx, const char *name)
{
    struct key key;
    struct str value = STR_NONE;
    enum err found = tx_get(tx, test_key(&key, name), &f->arena, &value);
    assert_true(found == OK || found == ERR_NOT_FOUND);
    return found == OK ? value : S("absent");
}

static inline struct str get_now(struct fixture *f, const char *name)
{
    struct tx *tx = tx_begin(f->store, true);
    struct str value = get_in(f, tx, name);
    tx_abort(tx);
    return value;
}

#endif
