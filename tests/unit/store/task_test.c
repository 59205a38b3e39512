// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

#include "os/thread.h"

#include <pthread.h>
#include <sched.h>

struct queue_fixture {
    struct fixture f;
    struct task_queue *queue;
};

static int setup(void **state)
{
    fixture_setup(state);
    struct queue_fixture *q = realloc(*state, sizeof *q);
    q->queue = task_queue_new(q->f.store);
    *state = q;
    return 0;
}

static int teardown(void **state)
{
    task_queue_free(((struct queue_fixture *)*state)->queue);
    return fixture_teardown(state);
}

static void restart(struct queue_fixture *q)
{
    task_queue_free(q->queue);
    fixture_reopen(&q->f);
    q->queue = task_queue_new(q->f.store);
}

static struct task a_task(const char *op, int64_t due_ms)
{
    return (struct task){.service = S("test"), .op = str_of(op), .due_ms = due_ms};
}

static uint64_t add(struct queue_fixture *q, struct task task)
{
    struct tx *tx = tx_begin(q->f.store, false);
    assert_ok(task_add(tx, &task));
    assert_ok(tx_commit(tx, &q->f.error));
    assert_true(task.id > 0);
    return task.id;
}

static void done(struct queue_fixture *q, uint64_t id)
{
    struct tx *tx = tx_begin(q->f.store, false);
    assert_ok(task_done(tx, id));
    assert_ok(tx_commit(tx, &q->f.error));
    task_release(q->queue, id);
}

static struct task lease(struct queue_fixture *q)
{
    struct task task;
    assert_ok(task_try_lease(q->queue, &q->f.arena, &task));
    return task;
}

static void assert_nothing_due(struct queue_fixture *q)
{
    struct task task;
    assert_int_equal(task_try_lease(q->queue, &q->f.arena, &task), ERR_NOT_FOUND);
}

static void a_task_comes_back_whole(void **state)
{
    struct queue_fixture *q = *state;
    struct arena *arena = &q->f.arena;
    struct json *input = json_object(arena);
    json_set_str(arena, input, "Queue", S("q"));
    struct json *caller = json_object(arena);
    json_set_str(arena, caller, "principal", S("root"));
    struct task task = {.due_ms = START_MS,
                        .name = S("n"),
                        .service = S("sqs"),
                        .op = S("SendMessage"),
                        .input = input,
                        .caller = caller,
                        .attempts_max = 3,
                        .backoff_ms = 100,
                        .backoff_ms_max = 1000,
                        .expires_ms = START_MS + 5000,
                        .on_failure = input};
    uint64_t id = add(q, task);
    for (int round = 0; round < 2; round++) {
        struct task back = lease(q);
        assert_int_equal(back.id, id);
        assert_int_equal(back.due_ms, START_MS);
        assert_str(back.name, S("n"));
        assert_str(back.service, S("sqs"));
        assert_str(back.op, S("SendMessage"));
        assert_true(json_equal(back.input, input));
        assert_true(json_equal(back.caller, caller));
        assert_true(json_equal(back.on_failure, input));
        assert_int_equal(back.attempt, 0);
        assert_int_equal(back.attempts_max, 3);
        assert_int_equal(back.backoff_ms, 100);
        assert_int_equal(back.backoff_ms_max, 1000);
        assert_int_equal(back.expires_ms, START_MS + 5000);
        restart(q); // a lease dies with the process
    }
}

static void due_order_and_nothing_before_its_time(void **state)
{
    struct queue_fixture *q = *state;
    add(q, a_task("later", START_MS + 100));
    add(q, a_task("first", START_MS - 5));
    add(q, a_task("second", START_MS));
    add(q, a_task("third", START_MS));
    assert_str(lease(q).op, S("first"));
    assert_str(lease(q).op, S("second"));
    assert_str(lease(q).op, S("third"));
    assert_nothing_due(q);
    clock_advance(q->f.clock, 99);
    assert_nothing_due(q);
    clock_advance(q->f.clock, 1);
    assert_str(lease(q).op, S("later"));
    assert_nothing_due(q);
}

static void an_aborted_add_never_comes(void **state)
{
    struct queue_fixture *q = *state;
    struct task task = a_task("never", START_MS);
    struct tx *tx = tx_begin(q->f.store, false);
    assert_ok(task_add(tx, &task));
    assert_nothing_due(q);
    tx_abort(tx);
    assert_nothing_due(q);
    assert_int_equal(task_count(q->queue), 0);
}

static void a_task_done_is_gone_and_one_given_back_is_not(void **state)
{
    struct queue_fixture *q = *state;
    uint64_t id = add(q, a_task("work", START_MS));
    assert_int_equal(lease(q).id, id);
    assert_nothing_due(q); // leased to one
    task_release(q->queue, id);
    assert_int_equal(lease(q).id, id); // leasable again
    done(q, id);
    assert_nothing_due(q);
    task_release(q->queue, id); // harmless
    struct tx *tx = tx_begin(q->f.store, false);
    assert_int_equal(task_done(tx, id), ERR_NOT_FOUND);
    tx_abort(tx);
    restart(q);
    assert_nothing_due(q);
    assert_int_equal(task_count(q->queue), 0);
}

static bool retry(struct queue_fixture *q, uint64_t id)
{
    bool gave_up;
    struct tx *tx = tx_begin(q->f.store, false);
    assert_ok(task_retry(tx, id, clock_now_ms(q->f.clock), S("why"), &gave_up));
    assert_ok(tx_commit(tx, &q->f.error));
    task_release(q->queue, id);
    return gave_up;
}

static void retries_back_off_and_end(void **state)
{
    struct queue_fixture *q = *state;
    struct task task = a_task("flaky", START_MS);
    task.attempts_max = 5;
    task.backoff_ms = 100;
    task.backoff_ms_max = 300;
    uint64_t id = add(q, task);
    static const int64_t waits_ms[] = {100, 200, 300, 300};
    for (uint32_t attempt = 0; attempt < 4; attempt++) {
        assert_int_equal(lease(q).attempt, attempt);
        assert_false(retry(q, id));
        clock_advance(q->f.clock, waits_ms[attempt] - 1);
        assert_nothing_due(q);
        if (attempt == 1)
            restart(q);
        clock_advance(q->f.clock, 1);
    }
    assert_int_equal(lease(q).attempt, 4);
    assert_true(retry(q, id));
    clock_advance(q->f.clock, 100000);
    assert_nothing_due(q);
    bool gave_up;
    struct tx *tx = tx_begin(q->f.store, false);
    assert_int_equal(task_retry(tx, id, 0, S(""), &gave_up), ERR_NOT_FOUND);
    tx_abort(tx);
}

static void no_retry_after_the_expiry(void **state)
{
    struct queue_fixture *q = *state;
    struct task task = a_task("flaky", START_MS);
    task.backoff_ms = 100;
    task.expires_ms = START_MS + 150;
    uint64_t id = add(q, task);
    lease(q);
    assert_false(retry(q, id));
    clock_advance(q->f.clock, 100);
    lease(q);
    assert_true(retry(q, id));
}

static void a_retry_that_is_due_at_once_is_not_lost(void **state)
{
    struct queue_fixture *q = *state;
    uint64_t id = add(q, a_task("flaky", START_MS));
    lease(q);
    bool gave_up;
    struct tx *tx = tx_begin(q->f.store, false);
    assert_ok(task_retry(tx, id, START_MS, S("why"), &gave_up));
    assert_ok(tx_commit(tx, &q->f.error));
    assert_nothing_due(q); // due, but the lease has not ended
    task_release(q->queue, id);
    assert_int_equal(lease(q).attempt, 1);
    done(q, id);
    assert_nothing_due(q);
}

static void a_named_task_is_unique(void **state)
{
    struct queue_fixture *q = *state;
    struct task task = a_task("one", START_MS), found;
    task.name = S("timer");
    uint64_t first = add(q, task);
    task.op = S("two");
    task.due_ms = START_MS + 10;
    uint64_t second = add(q, task);
    assert_true(second != first);
    assert_nothing_due(q);
    struct tx *tx = tx_begin(q->f.store, true);
    assert_ok(task_get_named(tx, &q->f.arena, S("timer"), &found));
    assert_int_equal(found.id, second);
    assert_str(found.op, S("two"));
    assert_int_equal(task_get_named(tx, &q->f.arena, S("none"), &found), ERR_NOT_FOUND);
    tx_abort(tx);
    clock_advance(q->f.clock, 10);
    assert_str(lease(q).op, S("two"));
    done(q, second);
    tx = tx_begin(q->f.store, true);
    assert_int_equal(task_get_named(tx, &q->f.arena, S("timer"), &found), ERR_NOT_FOUND);
    tx_abort(tx);
}

static void replacing_or_cancelling_a_leased_task_invalidates_it(void **state)
{
    struct queue_fixture *q = *state;
    struct task task = a_task("one", START_MS);
    task.name = S("timer");
    uint64_t first = add(q, task);
    assert_int_equal(lease(q).id, first);
    uint64_t second = add(q, task);
    struct tx *tx = tx_begin(q->f.store, false);
    assert_int_equal(task_done(tx, first), ERR_NOT_FOUND);
    tx_abort(tx);
    task_release(q->queue, first);
    assert_int_equal(lease(q).id, second);
    tx = tx_begin(q->f.store, false);
    assert_ok(task_cancel(tx, S("timer")));
    assert_ok(task_cancel(tx, S("never")));
    assert_ok(tx_commit(tx, &q->f.error));
    tx = tx_begin(q->f.store, false);
    assert_int_equal(task_done(tx, second), ERR_NOT_FOUND);
    tx_abort(tx);
    task_release(q->queue, second);
    assert_nothing_due(q);
}

// A schedule that adds its next firing under its own name, in the transaction that does this one.
static void a_task_that_replaces_itself(void **state)
{
    struct queue_fixture *q = *state;
    struct task task = a_task("tick", START_MS);
    task.name = S("schedule");
    add(q, task);
    for (int tick = 0; tick < 3; tick++) {
        struct task now = lease(q);
        task.due_ms = now.due_ms + 60000;
        struct tx *tx = tx_begin(q->f.store, false);
        assert_ok(task_done(tx, now.id));
        assert_ok(task_add(tx, &task));
        assert_ok(tx_commit(tx, &q->f.error));
        task_release(q->queue, now.id);
        assert_nothing_due(q);
        clock_advance(q->f.clock, 60000);
    }
    assert_int_equal(lease(q).due_ms, START_MS + 180000);
    assert_nothing_due(q);
}

// More than memory holds, added out of order, with a restart in the middle.
static void a_long_queue_is_handed_out_in_order(void **state)
{
    struct queue_fixture *q = *state;
    enum { COUNT = 20000 };
    assert_nothing_due(q); // from here on, memory has it all, and must let go again
    for (int i = 0; i < COUNT / 100; i++) {
        struct tx *tx = tx_begin(q->f.store, false);
        for (int j = 0; j < 100; j++) {
            int64_t due_ms = START_MS + (int64_t)(i * 100 + j) * 7919 % COUNT;
            struct task task = a_task("n", due_ms);
            assert_ok(task_add(tx, &task));
        }
        assert_ok(tx_commit(tx, &q->f.error));
    }
    clock_advance(q->f.clock, COUNT);
    struct tx *tx = tx_begin(q->f.store, false);
    for (int i = 0; i < COUNT; i++) {
        struct arena arena;
        arena_init(&arena);
        struct task task;
        assert_ok(task_try_lease(q->queue, &arena, &task));
        arena_deinit(&arena);
        assert_int_equal(task.due_ms, START_MS + i);
        assert_ok(task_done(tx, task.id));
        if (i % 500 == 499) {
            assert_ok(tx_commit(tx, &q->f.error));
            if (i == 11999)
                restart(q);
            tx = tx_begin(q->f.store, false);
        }
        if (i == 12000)
            assert_in_range(task_count(q->queue), 1, 5000);
    }
    tx_abort(tx);
    assert_nothing_due(q);
}

static void many_cancelled_timers_do_not_stay_in_memory(void **state)
{
    struct queue_fixture *q = *state;
    assert_nothing_due(q);
    for (int i = 0; i < 40000;) {
        struct tx *tx = tx_begin(q->f.store, false);
        for (int j = 0; j < 100; j++, i++) {
            struct task task = a_task("timeout", START_MS + 1000000 + i);
            task.name = S("same");
            assert_ok(task_add(tx, &task));
        }
        assert_ok(tx_commit(tx, &q->f.error));
    }
    add(q, a_task("now", START_MS));
    assert_in_range(task_count(q->queue), 1, 17000);
    assert_str(lease(q).op, S("now"));
    clock_advance(q->f.clock, 2000000);
    assert_int_equal(lease(q).due_ms, START_MS + 1000000 + 39999);
    assert_nothing_due(q);
}

// --- runners

#define RUNNERS 6

struct runner {
    struct queue_fixture *q;
    pthread_t thread;
};

static uint64_t run_count; // atomic

static void run(void *argument)
{
    struct runner *runner = argument;
    struct queue_fixture *q = runner->q;
    struct arena arena;
    arena_init(&arena);
    struct task task;
    enum err result;
    while ((result = task_lease(q->queue, &arena, &task)) == OK) {
        struct tx *tx = tx_begin(q->f.store, false);
        enum err finished = task_done(tx, task.id);
        assert_int_equal(finished, OK);
        assert_ok(tx_commit(tx, NULL));
        task_release(q->queue, task.id);
        __atomic_add_fetch(&run_count, 1, __ATOMIC_ACQ_REL);
        arena_reset(&arena);
    }
    assert_int_equal(result, ERR_CANCELLED);
    arena_deinit(&arena);
}

static void start_runners(struct queue_fixture *q, struct runner *runners)
{
    run_count = 0;
    for (int i = 0; i < RUNNERS; i++) {
        runners[i].q = q;
        runners[i].thread = thread_start("runner", run, &runners[i], 0);
    }
}

static void await_runs(uint64_t count)
{
    while (__atomic_load_n(&run_count, __ATOMIC_ACQUIRE) < count)
        sched_yield();
}

static void stop_runners(struct queue_fixture *q, struct runner *runners)
{
    task_queue_stop(q->queue);
    for (int i = 0; i < RUNNERS; i++)
        thread_join(runners[i].thread);
}

static void waiting_runners_are_woken(void **state)
{
    struct queue_fixture *q = *state;
    struct runner runners[RUNNERS];
    start_runners(q, runners);
    uint64_t expected = 0;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 10; i++)
            add(q, a_task("now", clock_now_ms(q->f.clock) - i));
        add(q, a_task("soon", clock_now_ms(q->f.clock) + 500));
        add(q, a_task("sooner", clock_now_ms(q->f.clock) + 300));
        await_runs(expected += 10);
        clock_advance(q->f.clock, 300);
        await_runs(expected += 1);
        clock_advance(q->f.clock, 300);
        await_runs(expected += 1);
    }
    stop_runners(q, runners);
    assert_int_equal(run_count, expected);
}

static void add_many(void *argument)
{
    struct queue_fixture *q = argument;
    for (int i = 0; i < 200; i++)
        add(q, a_task("now", START_MS - i % 7));
}

static void each_task_runs_once_with_many_adders_and_runners(void **state)
{
    struct queue_fixture *q = *state;
    struct runner runners[RUNNERS];
    pthread_t adders[4];
    start_runners(q, runners);
    for (int i = 0; i < 4; i++)
        adders[i] = thread_start("adder", add_many, q, 0);
    for (int i = 0; i < 4; i++)
        thread_join(adders[i]);
    await_runs(800);
    stop_runners(q, runners);
    assert_int_equal(run_count, 800); // twice would fail in task_done
    assert_int_equal(task_count(q->queue), 0);
    struct task task;
    assert_int_equal(task_try_lease(q->queue, &q->f.arena, &task), ERR_CANCELLED);
}

#define QUEUE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        QUEUE_TEST(a_task_comes_back_whole),
        QUEUE_TEST(due_order_and_nothing_before_its_time),
        QUEUE_TEST(an_aborted_add_never_comes),
        QUEUE_TEST(a_task_done_is_gone_and_one_given_back_is_not),
        QUEUE_TEST(retries_back_off_and_end),
        QUEUE_TEST(no_retry_after_the_expiry),
        QUEUE_TEST(a_retry_that_is_due_at_once_is_not_lost),
        QUEUE_TEST(a_named_task_is_unique),
        QUEUE_TEST(replacing_or_cancelling_a_leased_task_invalidates_it),
        QUEUE_TEST(a_task_that_replaces_itself),
        QUEUE_TEST(a_long_queue_is_handed_out_in_order),
        QUEUE_TEST(many_cancelled_timers_do_not_stay_in_memory),
        QUEUE_TEST(waiting_runners_are_woken),
        QUEUE_TEST(each_task_runs_once_with_many_adders_and_runners),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
