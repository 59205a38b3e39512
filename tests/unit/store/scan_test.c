// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

// A key ("s", letter) of the scanned prefix, or of a neighbour.
static struct key *item(struct key *key, const char *group, const char *name)
{
    return key_str(key_str(key_start(key, KEYSPACE_STORE_META), str_of(group)), str_of(name));
}

static void put_item(struct tx *tx, const char *group, const char *name)
{
    struct key key;
    assert_ok(tx_put(tx, item(&key, group, name), str_of(name)));
}

static void delete_item(struct tx *tx, const char *group, const char *name)
{
    struct key key;
    assert_ok(tx_delete(tx, item(&key, group, name)));
}

// The names that a scan shows, joined.
static struct str names(struct fixture *f, struct tx *tx, const char *group, const char *from,
                        bool reverse)
{
    struct key prefix, from_key;
    key_str(key_start(&prefix, KEYSPACE_STORE_META), str_of(group));
    struct scan *scan = scan_open(tx, &prefix, from ? item(&from_key, group, from) : NULL, reverse);
    struct buf joined = buf_in(&f->arena, 1000);
    struct str key, value;
    enum err result;
    while ((result = scan_next(scan, &key, &value)) == OK) {
        struct cursor cursor = key_cursor(key);
        key_take_str(&cursor, &f->arena);
        assert_str(key_take_str(&cursor, &f->arena), value);
        buf_put(&joined, value);
    }
    assert_int_equal(result, ERR_NOT_FOUND);
    assert_int_equal(scan_next(scan, &key, &value), ERR_NOT_FOUND); // stays at the end
    scan_close(scan);
    return buf_str(&joined);
}

static int fill(void **state)
{
    fixture_setup(state);
    struct fixture *f = *state;
    struct tx *tx = tx_begin(f->store, false);
    for (const char *name = "bdfh"; *name; name++)
        put_item(tx, "s", (char[]){*name, 0});
    put_item(tx, "r", "z");
    put_item(tx, "sa", "a");
    put_item(tx, "t", "a");
    assert_ok(tx_commit(tx, &f->error));
    return 0;
}

static void check_committed(struct fixture *f, bool read_only)
{
    struct tx *tx = tx_begin(f->store, read_only);
    assert_str(names(f, tx, "s", NULL, false), S("bdfh"));
    assert_str(names(f, tx, "s", "d", false), S("dfh"));
    assert_str(names(f, tx, "s", "e", false), S("fh"));
    assert_str(names(f, tx, "s", "z", false), S(""));
    assert_str(names(f, tx, "s", NULL, true), S("hfdb"));
    assert_str(names(f, tx, "s", "f", true), S("fdb"));
    assert_str(names(f, tx, "s", "e", true), S("db"));
    assert_str(names(f, tx, "s", "a", true), S(""));
    assert_str(names(f, tx, "none", NULL, false), S(""));
    assert_str(names(f, tx, "none", NULL, true), S(""));
    tx_abort(tx);
}

static void both_directions_and_starts(void **state)
{
    struct fixture *f = *state;
    check_committed(f, true);
    check_committed(f, false);
    fixture_reopen(f); // now from a table rather than from memory
    check_committed(f, true);
}

static void a_start_outside_of_the_prefix(void **state)
{
    struct fixture *f = *state;
    struct tx *tx = tx_begin(f->store, true);
    struct key prefix, below, above;
    struct str key, value;
    key_str(key_start(&prefix, KEYSPACE_STORE_META), S("s"));
    item(&below, "a", "x");
    item(&above, "z", "x");
    struct scan *scan = scan_open(tx, &prefix, &below, false);
    assert_ok(scan_next(scan, &key, &value));
    assert_str(value, S("b"));
    scan_close(scan);
    scan = scan_open(tx, &prefix, &above, true);
    assert_ok(scan_next(scan, &key, &value));
    assert_str(value, S("h"));
    scan_close(scan);
    scan = scan_open(tx, &prefix, &above, false);
    assert_int_equal(scan_next(scan, &key, &value), ERR_NOT_FOUND);
    scan_close(scan);
    scan = scan_open(tx, &prefix, &below, true);
    assert_int_equal(scan_next(scan, &key, &value), ERR_NOT_FOUND);
    scan_close(scan);
    tx_abort(tx);
}

static void own_writes_are_merged_in(void **state)
{
    struct fixture *f = *state;
    struct tx *tx = tx_begin(f->store, false);
    put_item(tx, "s", "a");
    put_item(tx, "s", "e");
    put_item(tx, "s", "i");
    put_item(tx, "sb", "x");
    put_item(tx, "r", "y");
    delete_item(tx, "s", "d");
    assert_str(names(f, tx, "s", NULL, false), S("abefhi"));
    assert_str(names(f, tx, "s", NULL, true), S("ihfeba"));
    assert_str(names(f, tx, "s", "d", false), S("efhi"));
    assert_str(names(f, tx, "s", "d", true), S("ba"));
    tx_mark(tx);
    delete_item(tx, "s", "a");
    put_item(tx, "s", "g");
    assert_str(names(f, tx, "s", NULL, false), S("befghi"));
    tx_undo_to_mark(tx);
    assert_str(names(f, tx, "s", NULL, false), S("abefhi"));
    tx_abort(tx);
    struct tx *after = tx_begin(f->store, false);
    assert_str(names(f, after, "s", NULL, false), S("bdfh"));
    tx_abort(after);
}

static void writing_during_a_scan(void **state)
{
    struct fixture *f = *state;
    for (int reverse = 0; reverse < 2; reverse++) {
        struct tx *tx = tx_begin(f->store, false);
        struct key prefix, key_copy;
        struct str key, value;
        key_str(key_start(&prefix, KEYSPACE_STORE_META), S("s"));
        struct scan *scan = scan_open(tx, &prefix, NULL, reverse);
        struct buf seen = buf_in(&f->arena, 100);
        while (scan_next(scan, &key, &value) == OK) {
            buf_put(&seen, value);
            key_raw(key_start(&key_copy, KEYSPACE_STORE_META), str_from(key, 2));
            assert_ok(tx_delete(tx, &key_copy)); // the one we are at
            if (value.ptr[0] == 'd')
                put_item(tx, "s", reverse ? "c" : "e"); // ahead
            if (value.ptr[0] == 'f')
                put_item(tx, "s", reverse ? "g" : "a"); // behind
        }
        scan_close(scan);
        assert_str(buf_str(&seen), reverse ? S("hfdcb") : S("bdefh"));
        assert_str(names(f, tx, "s", NULL, false), reverse ? S("g") : S("a"));
        tx_abort(tx);
    }
}

static void views_stay_while_the_batch_grows(void **state)
{
    struct fixture *f = *state;
    struct tx *tx = tx_begin(f->store, false);
    put_item(tx, "s", "a");
    struct key prefix;
    struct str key, value;
    key_str(key_start(&prefix, KEYSPACE_STORE_META), S("s"));
    struct scan *scan = scan_open(tx, &prefix, NULL, false);
    assert_ok(scan_next(scan, &key, &value));
    char name[16];
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "n%d", i);
        put_item(tx, "u", name);
    }
    assert_str(value, S("a"));
    assert_ok(scan_next(scan, &key, &value));
    assert_str(value, S("b"));
    scan_close(scan);
    tx_abort(tx);
}

static void an_undo_during_a_scan(void **state)
{
    struct fixture *f = *state;
    struct tx *tx = tx_begin(f->store, false);
    struct key prefix;
    struct str key, value;
    key_str(key_start(&prefix, KEYSPACE_STORE_META), S("s"));
    put_item(tx, "s", "a");
    tx_mark(tx);
    put_item(tx, "s", "c");
    struct scan *scan = scan_open(tx, &prefix, NULL, false);
    for (const char *expected = "abc"; *expected; expected++) {
        assert_ok(scan_next(scan, &key, &value));
        assert_str(value, str_n(expected, 1));
    }
    tx_undo_to_mark(tx);
    assert_ok(scan_next(scan, &key, &value));
    assert_str(value, S("d"));
    scan_close(scan);
    tx_abort(tx);
}

#define SCAN_TEST(name) cmocka_unit_test_setup_teardown(name, fill, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCAN_TEST(both_directions_and_starts),       SCAN_TEST(a_start_outside_of_the_prefix),
        SCAN_TEST(own_writes_are_merged_in),         SCAN_TEST(writing_during_a_scan),
        SCAN_TEST(views_stay_while_the_batch_grows), SCAN_TEST(an_undo_during_a_scan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
