// SPDX-License-Identifier: Apache-2.0
// Shared locks: held by many at once, waited for by who wants the key alone.
#include "store/store.h"

#include "os/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

struct fixture {
    struct arena arena;
    char *folder;
    struct clock *clock;
    struct random *random;
    struct store *store;
    struct key key;
};

static int set_up(void **state)
{
    static struct fixture f;
    f = (struct fixture){0};
    arena_init(&f.arena);
    f.clock = clock_new_virtual(1000);
    f.random = random_new_seeded(1);
    assert_int_equal(folder_make_temp(&f.arena, NULL, "tarn-test-", &f.folder, NULL), OK);
    struct store_options options = {
        .folder = f.folder, .clock = f.clock, .random = f.random, .unsafe_no_sync = true};
    struct error error = {0};
    assert_int_equal(store_open(&options, &f.store, &error), OK);
    key_str(key_start(&f.key, KEYSPACE_S3_BUCKET), S("bucket"));
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    store_close(f->store);
    random_free(f->random);
    clock_free(f->clock);
    struct error error = {0};
    assert_int_equal(folder_remove_all(f->folder, &error), OK);
    arena_deinit(&f->arena);
    return 0;
}

static void many_hold_it_at_once(void **state)
{
    struct fixture *f = *state;
    struct str value;
    struct tx *first = tx_begin(f->store, false), *second = tx_begin(f->store, false);
    assert_int_equal(tx_lock_shared(first, &f->key, &f->arena, &value), ERR_NOT_FOUND);
    assert_int_equal(tx_lock_shared(second, &f->key, &f->arena, &value), ERR_NOT_FOUND);
    tx_abort(first);
    tx_abort(second);
}

static void who_wants_it_alone_waits(void **state)
{
    struct fixture *f = *state;
    struct str value;
    struct tx *reader = tx_begin(f->store, false), *writer = tx_begin(f->store, false);
    assert_int_equal(tx_lock_shared(reader, &f->key, &f->arena, &value), ERR_NOT_FOUND);
    assert_int_equal(tx_lock(writer, &f->key, &f->arena, &value), ERR_CONFLICT);
    tx_abort(reader);
    assert_int_equal(tx_lock(writer, &f->key, &f->arena, &value), ERR_NOT_FOUND);
    tx_abort(writer);
}

static void a_holder_may_take_it_alone(void **state)
{
    struct fixture *f = *state;
    struct str value;
    struct tx *tx = tx_begin(f->store, false);
    assert_int_equal(tx_lock_shared(tx, &f->key, &f->arena, &value), ERR_NOT_FOUND);
    assert_int_equal(tx_put(tx, &f->key, S("v")), OK);
    assert_int_equal(tx_lock_shared(tx, &f->key, &f->arena, &value), OK);
    struct tx *other = tx_begin(f->store, false);
    assert_int_equal(tx_lock_shared(other, &f->key, &f->arena, &value), ERR_CONFLICT);
    tx_abort(other);
    struct error error = {0};
    assert_int_equal(tx_commit(tx, &error), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(many_hold_it_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_wants_it_alone_waits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_holder_may_take_it_alone, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
