// SPDX-License-Identifier: Apache-2.0
// The index against a model of it that is too simple to be wrong: thousands of random changes, the
// same answers.
#include "../lake_fixture.h"

#include "services/sqs/index.h"

#define MESSAGES 200
#define STEPS 20000

struct message_model {
    bool there, leased, received;
    int64_t visible_ms;
};
struct model {
    struct message_model messages[MESSAGES];
    uint64_t first;
    int64_t now_ms;
};

static struct index_counts count(const struct model *model)
{
    struct index_counts counts = {0};
    for (size_t i = 0; i < MESSAGES; i++) {
        const struct message_model *m = &model->messages[i];
        if (!m->there)
            continue;
        if (m->leased)
            counts.in_flight++;
        else if (m->visible_ms <= model->now_ms)
            counts.visible++;
        else if (m->received)
            counts.in_flight++;
        else
            counts.delayed++;
    }
    return counts;
}

static size_t lease(struct model *model, size_t max, uint64_t *out)
{
    size_t leased = 0;
    for (size_t i = 0; i < MESSAGES && leased < max; i++) {
        struct message_model *m = &model->messages[i];
        if (m->there && !m->leased && m->visible_ms <= model->now_ms) {
            m->leased = true;
            out[leased++] = i;
        }
    }
    return leased;
}

static void step(struct fixture *f, struct queue_index *queue, struct model *model)
{
    uint64_t which = random_u64(f->random) % MESSAGES;
    struct message_model *m = &model->messages[which];
    int64_t visible_ms = model->now_ms + (int64_t)(random_u64(f->random) % 50) - 10;
    uint64_t leased[10], expected[10];
    size_t count, actual;
    switch (random_u64(f->random) % 8) {
    case 0:
    case 1:
        index_add(queue, which, visible_ms, false, model->now_ms);
        if (!m->there && which >= model->first)
            *m = (struct message_model){.there = true, .visible_ms = visible_ms};
        break;
    case 2:
        index_set(queue, which, visible_ms, model->now_ms);
        if (m->there)
            *m = (struct message_model){.there = true, .received = true, .visible_ms = visible_ms};
        break;
    case 3:
        index_remove(queue, which);
        m->there = false;
        break;
    case 4:
    case 5:
        count = 1 + random_u64(f->random) % 10;
        actual = index_lease(queue, model->now_ms, count, leased);
        assert_int_equal(actual, lease(model, count, expected));
        count = actual;
        assert_memory_equal(leased, expected, count * sizeof *leased);
        break;
    case 6:
        index_release(queue, which, model->now_ms);
        m->leased = false;
        break;
    default:
        model->now_ms += (int64_t)(random_u64(f->random) % 5);
    }
}

static void answers_as_the_model(void **state)
{
    struct fixture *f = *state;
    struct index *index = index_new(f->lake);
    struct queue_index *queue;
    struct model model = {.now_ms = FIXTURE_START_MS};
    assert_int_equal(index_open(index, 7, 0, &queue), OK);
    for (int i = 0; i < STEPS; i++) {
        step(f, queue, &model);
        struct index_counts actual = index_count(queue, model.now_ms), expected = count(&model);
        assert_int_equal(actual.visible, expected.visible);
        assert_int_equal(actual.delayed, expected.delayed);
        assert_int_equal(actual.in_flight, expected.in_flight);
        if (i % 4000 == 3999) { // a purge
            model.first = i < STEPS / 2 ? (uint64_t)i / 100 : 0;
            index_purge(queue, model.first);
            for (uint64_t which = 0; which < model.first; which++)
                model.messages[which].there = false;
        }
    }
    index_free(index);
}

static void says_whether_to_wait(void **state)
{
    struct fixture *f = *state;
    struct index *index = index_new(f->lake);
    struct queue_index *queue;
    int64_t now_ms = FIXTURE_START_MS;
    assert_int_equal(index_open(index, 7, 0, &queue), OK);
    assert_true(index_await(queue, now_ms, now_ms + 1000));
    uint64_t before = lake_wake_epoch(f->lake);
    index_add(queue, 1, now_ms, false, now_ms);
    assert_true(lake_wake_epoch(f->lake) > before);
    before = lake_wake_epoch(f->lake);
    index_add(queue, 2, now_ms, false, now_ms); // nobody has said since that it waits
    assert_int_equal(lake_wake_epoch(f->lake), before);
    assert_false(index_await(queue, now_ms, now_ms + 1000));
    index_free(index);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {TEST(answers_as_the_model), TEST(says_whether_to_wait)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
