// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

#include "os/thread.h"

#include <pthread.h>

static void commits_are_kept_and_aborts_are_not(void **state)
{
    struct fixture *f = *state;
    struct key key;
    put_now(f, "a", "1");
    struct tx *tx = tx_begin(f->store, false);
    assert_ok(tx_put(tx, test_key(&key, "a"), S("2")));
    assert_ok(tx_put(tx, test_key(&key, "b"), S("2")));
    assert_str(get_in(f, tx, "a"), S("2")); // its own write
    assert_str(get_now(f, "a"), S("1"));
    tx_abort(tx);
    assert_str(get_now(f, "a"), S("1"));
    assert_str(get_now(f, "b"), S("absent"));
    fixture_reopen(f);
    assert_str(get_now(f, "a"), S("1"));
}

static void deleting_what_is_absent_is_fine(void **state)
{
    struct fixture *f = *state;
    struct key key;
    put_now(f, "a", "");
    assert_str(get_now(f, "a"), S(""));
    struct tx *tx = tx_begin(f->store, false);
    assert_ok(tx_delete(tx, test_key(&key, "a")));
    assert_ok(tx_delete(tx, test_key(&key, "never")));
    assert_str(get_in(f, tx, "a"), S("absent"));
    assert_ok(tx_commit(tx, &f->error));
    assert_str(get_now(f, "a"), S("absent"));
}

static void a_read_only_transaction_sees_one_snapshot(void **state)
{
    struct fixture *f = *state;
    put_now(f, "a", "1");
    struct tx *snapshot = tx_begin(f->store, true);
    assert_str(get_in(f, snapshot, "a"), S("1"));
    put_now(f, "a", "2");
    put_now(f, "b", "2");
    assert_str(get_in(f, snapshot, "a"), S("1"));
    assert_str(get_in(f, snapshot, "b"), S("absent"));
    assert_ok(tx_commit(snapshot, &f->error));
    // The same object is used again, and must not remember.
    assert_str(get_now(f, "a"), S("2"));
}

static void json_values_come_back_and_broken_ones_are_corrupt(void **state)
{
    struct fixture *f = *state;
    struct key key;
    struct json *value = json_object(&f->arena);
    json_set_str(&f->arena, value, "name", S("x"));
    json_set_i64(&f->arena, value, "n", 5);
    struct tx *tx = tx_begin(f->store, false);
    assert_ok(tx_put_json(tx, test_key(&key, "j"), value));
    struct json *back;
    assert_ok(tx_lock_json(tx, test_key(&key, "j"), &f->arena, &back));
    assert_true(json_equal(back, value));
    assert_ok(tx_commit(tx, &f->error));
    put_now(f, "broken", "{\"name\":");
    tx = tx_begin(f->store, true);
    assert_ok(tx_get_json(tx, test_key(&key, "j"), &f->arena, &back));
    assert_true(json_equal(back, value));
    assert_int_equal(tx_get_json(tx, test_key(&key, "broken"), &f->arena, &back), ERR_CORRUPT);
    assert_int_equal(tx_get_json(tx, test_key(&key, "none"), &f->arena, &back), ERR_NOT_FOUND);
    tx_abort(tx);
}

// --- marks

static int after_log[8];
static size_t after_count;

static void after(void *context)
{
    after_log[after_count++] = *(int *)context;
}

static void do_later(struct tx *tx, int number)
{
    tx_after_commit(tx, after, &number, sizeof number);
}

static void undo_goes_back_to_the_mark_only(void **state)
{
    struct fixture *f = *state;
    struct key key;
    after_count = 0;
    struct tx *tx = tx_begin(f->store, false);
    assert_ok(tx_put(tx, test_key(&key, "a"), S("before")));
    do_later(tx, 1);
    tx_mark(tx);
    assert_ok(tx_put(tx, test_key(&key, "a"), S("inside")));
    assert_ok(tx_put(tx, test_key(&key, "b"), S("inside")));
    do_later(tx, 2);
    tx_undo_to_mark(tx);
    assert_str(get_in(f, tx, "a"), S("before"));
    assert_str(get_in(f, tx, "b"), S("absent"));
    assert_ok(tx_put(tx, test_key(&key, "c"), S("after")));
    do_later(tx, 3);
    assert_int_equal(after_count, 0);
    assert_ok(tx_commit(tx, &f->error));
    assert_str(get_now(f, "a"), S("before"));
    assert_str(get_now(f, "b"), S("absent"));
    assert_str(get_now(f, "c"), S("after"));
    assert_int_equal(after_count, 2);
    assert_int_equal(after_log[0], 1);
    assert_int_equal(after_log[1], 3);
}

static void an_outer_undo_takes_forgotten_marks_with_it(void **state)
{
    struct fixture *f = *state;
    struct key key;
    struct tx *tx = tx_begin(f->store, false);
    assert_ok(tx_put(tx, test_key(&key, "a"), S("0")));
    tx_mark(tx);
    assert_ok(tx_put(tx, test_key(&key, "a"), S("1")));
    for (int i = 0; i < 3; i++) {
        tx_mark(tx);
        assert_ok(tx_put(tx, test_key(&key, "b"), S("x")));
        tx_forget_mark(tx);
    }
    assert_str(get_in(f, tx, "b"), S("x"));
    tx_undo_to_mark(tx);
    assert_str(get_in(f, tx, "a"), S("0"));
    assert_str(get_in(f, tx, "b"), S("absent"));
    assert_ok(tx_commit(tx, &f->error));
    assert_str(get_now(f, "a"), S("0"));
}

// Several marks with nothing between share a savepoint; undoing the inner must leave the outer able
// to undo.
static void marks_that_share_a_savepoint_undo_one_by_one(void **state)
{
    struct fixture *f = *state;
    struct key key;
    struct tx *tx = tx_begin(f->store, false);
    assert_ok(tx_put(tx, test_key(&key, "a"), S("0")));
    tx_mark(tx);
    tx_mark(tx);
    tx_mark(tx);
    assert_ok(tx_put(tx, test_key(&key, "a"), S("3")));
    tx_undo_to_mark(tx);
    assert_str(get_in(f, tx, "a"), S("0"));
    assert_ok(tx_put(tx, test_key(&key, "a"), S("2")));
    tx_forget_mark(tx);
    assert_str(get_in(f, tx, "a"), S("2"));
    tx_mark(tx);
    tx_undo_to_mark(tx); // nothing happened since
    assert_str(get_in(f, tx, "a"), S("2"));
    tx_undo_to_mark(tx);
    assert_str(get_in(f, tx, "a"), S("0"));
    assert_ok(tx_commit(tx, &f->error));
}

// The same random steps on a transaction and on a model of it.
#define MODEL_KEYS 6
#define MODEL_DEPTH 5

static void random_marks_agree_with_a_model(void **state)
{
    struct fixture *f = *state;
    struct random *random = random_new_seeded(42);
    for (int round = 0; round < 50; round++) {
        int model[MODEL_DEPTH + 1][MODEL_KEYS] = {0};
        int depth = 0;
        char name[32], value[32];
        struct key key;
        struct tx *tx = tx_begin(f->store, false);
        for (int step = 1; step < 60; step++) {
            uint64_t dice = random_u64(random) % 10, k = random_u64(random) % MODEL_KEYS;
            if (dice < 2 && depth < MODEL_DEPTH) {
                tx_mark(tx);
                memcpy(model[depth + 1], model[depth], sizeof model[0]);
                depth++;
            } else if (dice == 2 && depth > 0) {
                tx_undo_to_mark(tx);
                depth--;
            } else if (dice == 3 && depth > 0) {
                tx_forget_mark(tx);
                memcpy(model[depth - 1], model[depth], sizeof model[0]);
                depth--;
            } else if (dice > 5) {
                snprintf(name, sizeof name, "%d-%d", round, (int)k);
                snprintf(value, sizeof value, "%d", step);
                assert_ok(tx_put(tx, test_key(&key, name), str_of(value)));
                model[depth][k] = step;
            }
        }
        assert_ok(tx_commit(tx, &f->error));
        for (int k = 0; k < MODEL_KEYS; k++) {
            snprintf(name, sizeof name, "%d-%d", round, k);
            snprintf(value, sizeof value, "%d", model[depth][k]);
            assert_str(get_now(f, name), model[depth][k] ? str_of(value) : S("absent"));
        }
    }
    random_free(random);
}

static void actions_are_forgotten_when_the_transaction_is(void **state)
{
    struct fixture *f = *state;
    after_count = 0;
    struct tx *tx = tx_begin(f->store, false);
    do_later(tx, 1);
    tx_abort(tx);
    assert_int_equal(after_count, 0);
    tx = tx_begin(f->store, false);
    do_later(tx, 2);
    assert_ok(tx_commit(tx, &f->error));
    assert_int_equal(after_count, 1);
    assert_int_equal(after_log[0], 2);
}

// --- several threads

#define THREADS 8
#define INCREMENTS 50

static enum err increment(struct tx *tx, void *context)
{
    struct arena arena;
    arena_init(&arena);
    struct key key;
    struct str value = S("0");
    enum err found = tx_lock(tx, test_key(&key, context), &arena, &value);
    int64_t number = 0;
    if (found == OK)
        assert_true(str_to_i64(value, &number));
    enum err result = found;
    if (found == OK || found == ERR_NOT_FOUND)
        result = tx_put(tx, &key, str_format(&arena, "%lld", (long long)number + 1));
    arena_deinit(&arena);
    return result;
}

static void increment_often(void *argument)
{
    struct fixture *f = argument;
    for (int i = 0; i < INCREMENTS; i++)
        assert_ok(store_transact(f->store, increment, "counter", NULL));
}

static void no_increment_is_lost(void **state)
{
    struct fixture *f = *state;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        threads[i] = thread_start("inc", increment_often, f, 0);
    for (int i = 0; i < THREADS; i++)
        thread_join(threads[i]);
    assert_str(get_now(f, "counter"), S("400"));
}

struct transfer {
    struct store *store;
    uint64_t seed;
};

// Locks two of four accounts in any order: deadlocks happen, and must be resolved without losing
// money.
static enum err transfer(struct tx *tx, void *context)
{
    uint64_t pair = *(uint64_t *)context;
    static const char *const names[] = {"w", "x", "y", "z"};
    const char *from = names[pair & 3], *to = names[(pair >> 2) & 3];
    if (from == to)
        return OK;
    struct arena arena;
    arena_init(&arena);
    struct key from_key, to_key;
    struct str from_value, to_value;
    int64_t from_number = 0, to_number = 0;
    enum err result = tx_lock(tx, test_key(&from_key, from), &arena, &from_value);
    if (result == OK)
        result = tx_lock(tx, test_key(&to_key, to), &arena, &to_value);
    if (result == OK) {
        assert_true(str_to_i64(from_value, &from_number) && str_to_i64(to_value, &to_number));
        result = tx_put(tx, &from_key, str_format(&arena, "%lld", (long long)from_number - 1));
    }
    if (result == OK)
        result = tx_put(tx, &to_key, str_format(&arena, "%lld", (long long)to_number + 1));
    arena_deinit(&arena);
    return result;
}

static void transfer_often(void *argument)
{
    struct transfer *job = argument;
    struct random *random = random_new_seeded(job->seed);
    for (int i = 0; i < 40; i++) {
        uint64_t pair = random_u64(random);
        assert_ok(store_transact(job->store, transfer, &pair, NULL));
    }
    random_free(random);
}

static void deadlocks_are_resolved(void **state)
{
    struct fixture *f = *state;
    const char *names[] = {"w", "x", "y", "z"};
    for (int i = 0; i < 4; i++)
        put_now(f, names[i], "100");
    pthread_t threads[THREADS];
    struct transfer jobs[THREADS];
    for (int i = 0; i < THREADS; i++) {
        jobs[i] = (struct transfer){f->store, (uint64_t)i};
        threads[i] = thread_start("move", transfer_often, &jobs[i], 0);
    }
    for (int i = 0; i < THREADS; i++)
        thread_join(threads[i]);
    int64_t sum = 0, number;
    for (int i = 0; i < 4; i++) {
        assert_true(str_to_i64(get_now(f, names[i]), &number));
        sum += number;
    }
    assert_int_equal(sum, 400);
}

static void a_lock_that_cannot_be_had_is_a_conflict(void **state)
{
    struct fixture *f = *state;
    put_now(f, "a", "1");
    struct key key;
    struct str value;
    struct tx *holder = tx_begin(f->store, false), *other = tx_begin(f->store, false);
    assert_ok(tx_lock(holder, test_key(&key, "a"), &f->arena, &value));
    assert_int_equal(tx_put(other, &key, S("2")), ERR_CONFLICT);
    assert_int_equal(tx_lock(other, &key, &f->arena, &value), ERR_CONFLICT);
    assert_str(get_in(f, other, "a"), S("1")); // plain reads do not wait
    tx_abort(other);
    assert_ok(tx_commit(holder, &f->error)); // and lets the lock go though nothing was written
    put_now(f, "a", "3");
}

static enum err always_conflict(struct tx *tx, void *context)
{
    ++*(int *)context;
    return ERR_CONFLICT;
}

static void retries_are_bounded(void **state)
{
    struct fixture *f = *state;
    int calls = 0;
    assert_int_equal(store_transact(f->store, always_conflict, &calls, &f->error), ERR_CONFLICT);
    assert_in_range(calls, 2, 100);
    assert_non_null(strstr(f->error.text, "conflict"));
}

// --- the store itself

static void a_second_open_is_refused(void **state)
{
    struct fixture *f = *state;
    struct store *second = NULL;
    struct store_options options = {.folder = f->folder, .clock = f->clock, .random = f->random};
    assert_int_equal(store_open(&options, &second, &f->error), ERR_EXISTS);
    assert_null(second);
}

static void an_unknown_format_is_refused(void **state)
{
    struct fixture *f = *state;
    put_now(f, "format", "999");
    store_close(f->store);
    f->store = NULL;
    struct store_options options = {.folder = f->folder, .clock = f->clock, .random = f->random};
    assert_int_equal(store_open(&options, &f->store, &f->error), ERR_UNSUPPORTED);
    assert_null(f->store);
    assert_non_null(strstr(f->error.text, "999"));
}

struct numbers {
    struct store *store;
    uint64_t seen[500];
};

static void take_numbers(void *argument)
{
    struct numbers *numbers = argument;
    for (size_t i = 0; i < 500; i++) {
        assert_ok(store_next(numbers->store, "shared", &numbers->seen[i]));
        if (i > 0)
            assert_true(numbers->seen[i] > numbers->seen[i - 1]);
    }
}

static int u64_cmp(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void sequences_are_unique_and_survive(void **state)
{
    struct fixture *f = *state;
    static struct numbers numbers[4];
    pthread_t threads[4];
    uint64_t all[2000], other, later;
    for (int i = 0; i < 4; i++) {
        numbers[i].store = f->store;
        threads[i] = thread_start("numbers", take_numbers, &numbers[i], 0);
    }
    for (int i = 0; i < 4; i++) {
        thread_join(threads[i]);
        memcpy(all + 500 * i, numbers[i].seen, sizeof numbers[i].seen);
    }
    qsort(all, 2000, sizeof *all, u64_cmp);
    for (int i = 1; i < 2000; i++)
        assert_true(all[i] > all[i - 1]);
    assert_true(all[0] > 0);
    assert_ok(store_next(f->store, "other", &other));
    assert_int_equal(other, 1);
    fixture_reopen(f);
    assert_ok(store_next(f->store, "shared", &later));
    assert_true(later > all[1999]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(commits_are_kept_and_aborts_are_not),
        TEST(deleting_what_is_absent_is_fine),
        TEST(a_read_only_transaction_sees_one_snapshot),
        TEST(json_values_come_back_and_broken_ones_are_corrupt),
        TEST(undo_goes_back_to_the_mark_only),
        TEST(an_outer_undo_takes_forgotten_marks_with_it),
        TEST(marks_that_share_a_savepoint_undo_one_by_one),
        TEST(random_marks_agree_with_a_model),
        TEST(actions_are_forgotten_when_the_transaction_is),
        TEST(no_increment_is_lost),
        TEST(deadlocks_are_resolved),
        TEST(a_lock_that_cannot_be_had_is_a_conflict),
        TEST(retries_are_bounded),
        TEST(a_second_open_is_refused),
        TEST(an_unknown_format_is_refused),
        TEST(sequences_are_unique_and_survive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
