// SPDX-License-Identifier: Apache-2.0
// The operation core on a toy service: a counter that operations raise, refuse, fail, park on and
// raise later.
#include "../fixture.h"

#include "lake/lake.h"
#include "lake/parking.h"
#include "os/file.h"

#include <stdatomic.h>
#include <string.h>

static const struct error_code TOO_MUCH = {"TooMuch", 400, NULL};

// --- the toy

struct toy {
    _Atomic int runs, conflicts_left;
};

static struct key *counter_key(struct key *key, struct str name)
{
    return key_str(key_start(key, KEYSPACE_STORE_META), name);
}

static enum err read_counter(struct call *call, struct str name, bool lock, int64_t *out)
{
    struct key key;
    struct str value;
    counter_key(&key, name);
    enum err err = lock ? tx_lock(call->tx, &key, call->arena, &value)
                        : tx_get(call->tx, &key, call->arena, &value);
    *out = 0;
    if (err == ERR_NOT_FOUND)
        return OK;
    TRY(err);
    return str_to_i64(value, out) ? OK : ERR_CORRUPT;
}

static enum err toy_get(struct call *call, const struct json *in, struct json **out)
{
    int64_t value;
    TRY(read_counter(call, json_str(in, "Name"), false, &value));
    *out = json_set_i64(call->arena, json_object(call->arena), "Value", value);
    return OK;
}

static enum err toy_raise(struct call *call, const struct json *in, struct json **out)
{
    struct toy *toy = call_state(call);
    struct key key;
    int64_t value;
    atomic_fetch_add(&toy->runs, 1);
    TRY(read_counter(call, json_str(in, "Name"), true, &value));
    value += json_i64_or(in, "By", 1);
    TRY(tx_put(call->tx, counter_key(&key, json_str(in, "Name")),
               str_format(call->arena, "%lld", (long long)value)));
    call_wake(call, json_str(in, "Name"));
    if (atomic_load(&toy->conflicts_left) > 0) {
        atomic_fetch_sub(&toy->conflicts_left, 1);
        return ERR_CONFLICT;
    }
    if (value > 100)
        FAIL(call, TOO_MUCH, "%lld is more than 100", (long long)value);
    *out = json_set_i64(call->arena, json_object(call->arena), "Value", value);
    return OK;
}

// Raises "outer", then lets Raise work inside on "inner"; a refusal there is swallowed when
// "Forgive" is set.
static enum err toy_raise_both(struct call *call, const struct json *in, struct json **out)
{
    struct json *reply,
        *name = json_set_str(call->arena, json_object(call->arena), "Name", S("outer"));
    TRY(call_operation(call, "toy", "Raise", name, &reply));
    struct json *inner = json_set_str(call->arena, json_object(call->arena), "Name", S("inner"));
    json_set_i64(call->arena, inner, "By", json_i64_or(in, "By", 1));
    enum err err = call_operation(call, "toy", "Raise", inner, &reply);
    if (err == ERR_CODED && json_bool_or(in, "Forgive", false))
        err = OK;
    *out = json_object(call->arena);
    return err;
}

static enum err toy_raise_later(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct json *failed = json_object(call->arena);
    json_set_str(call->arena, failed, "service", S("toy"));
    json_set_str(call->arena, failed, "op", S("NoteFailure"));
    json_set(call->arena, failed, "input", json_object(call->arena));
    struct task task = {.service = S("toy"),
                        .op = S("Raise"),
                        .input = json_copy(call->arena, in),
                        .attempts_max = 2,
                        .backoff_ms = 1000,
                        .due_ms = call->now_ms + json_i64_or(in, "DelayMs", 0),
                        .on_failure = failed};
    return call_later(call, &task);
}

static enum err toy_note_failure(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct key key;
    return tx_put(call->tx, counter_key(&key, S("failure")),
                  json_str(json_get(in, "error"), "Code"));
}

// Answers once the counter is positive.
static enum err toy_wait(struct call *call, const struct json *in, struct json **out)
{
    int64_t value;
    TRY(read_counter(call, json_str(in, "Name"), false, &value));
    if (value == 0 && !call->deadline_passed)
        return call_park(call, json_str(in, "Name"), call->started_ms + 5000);
    *out = json_set_i64(call->arena, json_object(call->arena), "Value", value);
    return OK;
}

static enum err toy_fail(struct call *call, const struct json *in, struct json **out)
{
    (void)in, (void)out;
    return error_set(&call->error, ERR_IO, "the secret disk is full");
}

static enum err adopt(struct call *call, void *context)
{
    struct json *reply;
    TRY(call_operation(call, "toy", "Raise", context, &reply));
    return call_finish_task(call);
}

static enum err toy_job(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    assert_null(call->tx);
    return call_transact(call, adopt, (void *)in);
}

static enum err toy_job_later(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct task task = {.service = S("toy"), .op = S("Job"), .input = json_copy(call->arena, in)};
    return call_later(call, &task);
}

static enum err toy_start(struct lake *lake, void **out_state, struct error *error)
{
    (void)lake, (void)error;
    *out_state = calloc(1, sizeof(struct toy));
    return OK;
}

static const struct shape NAME = SHAPE_STRING(1, 10, NULL);
static const struct field FIELDS[] = {{"Name", &NAME},
                                      {"By", &ANY_INTEGER},
                                      {"Forgive", &ANY_BOOLEAN},
                                      {"DelayMs", &ANY_INTEGER},
                                      {0}};
static const struct shape INPUT = SHAPE_STRUCT(FIELDS);
static const struct op OPS[] = {
    {.name = "Get", .handler = toy_get, .kind = OP_READ, .input = &INPUT},
    {.name = "Raise", .handler = toy_raise, .kind = OP_WRITE, .input = &INPUT},
    {.name = "RaiseBoth", .handler = toy_raise_both, .kind = OP_WRITE, .input = &INPUT},
    {.name = "RaiseLater", .handler = toy_raise_later, .kind = OP_WRITE, .input = &INPUT},
    {.name = "NoteFailure", .handler = toy_note_failure, .kind = OP_WRITE, .input = &ANY_JSON},
    {.name = "Wait", .handler = toy_wait, .kind = OP_READ, .input = &INPUT},
    {.name = "Fail", .handler = toy_fail, .kind = OP_WRITE},
    {.name = "Job", .handler = toy_job, .kind = OP_JOB, .input = &INPUT},
    {.name = "JobLater", .handler = toy_job_later, .kind = OP_WRITE, .input = &INPUT},
    {0},
};
static const struct service TOY = {.name = "toy", .ops = OPS, .start = toy_start, .stop = free};
static const struct service *const TOYS[] = {&TOY, NULL};

// --- the fixture

struct fixture {
    struct arena arena;
    char *folder;
    struct clock *clock;
    struct random *random;
    struct lake *lake;
    struct call *call;
};

static void open_lake(struct fixture *f)
{
    struct lake_options options = {.folder = f->folder,
                                   .account = S("000000000000"),
                                   .region = S("us-east-1"),
                                   .clock = f->clock,
                                   .random = f->random,
                                   .unsafe_no_sync = true,
                                   .services = TOYS};
    struct error error = {0};
    if (lake_open(&options, &f->lake, &error) != OK)
        fail_msg("%s", error.text);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct error error = {0};
    arena_init(&f->arena);
    assert_int_equal(folder_make_temp(&f->arena, NULL, "tarn-lake-", &f->folder, &error), OK);
    f->clock = clock_new_virtual(1000000);
    f->random = random_new_seeded(7);
    open_lake(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    struct error error;
    lake_close(f->lake);
    assert_int_equal(folder_remove_all(f->folder, &error), OK);
    random_free(f->random);
    clock_free(f->clock);
    arena_deinit(&f->arena);
    free(f);
    return 0;
}

static enum err run(struct fixture *f, const char *op, const char *name, int64_t by, bool forgive,
                    struct json **out)
{
    struct json *in = json_object(&f->arena);
    if (name)
        json_set_str(&f->arena, in, "Name", str_of(name));
    json_set_i64(&f->arena, in, "By", by);
    json_set_bool(&f->arena, in, "Forgive", forgive);
    f->call = lake_call(f->lake, &f->arena, lake_root(f->lake), STR_NONE);
    return lake_run_blocking(f->call, "toy", op, in, out);
}

static int64_t value_of(struct fixture *f, const char *name)
{
    struct json *reply;
    assert_int_equal(run(f, "Get", name, 0, false, &reply), OK);
    return json_i64_or(reply, "Value", -1);
}

static struct toy *toy_of(struct fixture *f)
{
    return lake_state(f->lake, "toy");
}

// --- tests

static void an_operation_commits_whole_or_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct json *reply;
    assert_int_equal(run(f, "Raise", "a", 100, false, &reply), OK);
    assert_int_equal(run(f, "Raise", "a", 1, false, &reply), ERR_CODED);
    assert_string_equal(f->call->code->code, "TooMuch");
    assert_string_equal(f->call->error.text, "101 is more than 100");
    assert_int_equal(value_of(f, "a"), 100);
}

static void input_is_checked_before_anything_runs(void **state)
{
    struct fixture *f = *state;
    struct json *reply;
    assert_int_equal(run(f, "Raise", "much too long a name", 1, false, &reply), ERR_CODED);
    assert_string_equal(f->call->code->code, "ValidationException");
    assert_non_null(strstr(f->call->error.text, "'name' failed to satisfy constraint"));
    assert_int_equal(toy_of(f)->runs, 0);
}

static void a_conflict_starts_the_operation_again(void **state)
{
    struct fixture *f = *state;
    struct json *reply;
    toy_of(f)->conflicts_left = 3;
    assert_int_equal(run(f, "Raise", "a", 1, false, &reply), OK);
    assert_int_equal(toy_of(f)->runs, 4);
    assert_int_equal(value_of(f, "a"), 1);
}

static void a_refused_inside_call_is_undone_alone_or_refuses_the_whole(void **state)
{
    struct fixture *f = *state;
    struct json *reply;
    assert_int_equal(run(f, "RaiseBoth", NULL, 200, true, &reply), OK);
    assert_int_equal(value_of(f, "outer"), 1);
    assert_int_equal(value_of(f, "inner"), 0);
    assert_int_equal(run(f, "RaiseBoth", NULL, 200, false, &reply), ERR_CODED);
    assert_string_equal(f->call->code->code, "TooMuch");
    assert_int_equal(value_of(f, "outer"), 1);
}

static void a_failure_of_ours_hides_its_reason_from_the_client(void **state)
{
    struct fixture *f = *state;
    struct json *reply;
    assert_int_equal(run(f, "Fail", NULL, 0, false, &reply), ERR_CODED);
    assert_string_equal(f->call->code->code, "InternalFailure");
    assert_int_equal(f->call->code->status, 500);
    assert_null(strstr(f->call->error.text, "secret"));
}

static void anonymous_callers_are_refused(void **state)
{
    struct fixture *f = *state;
    struct principal nobody = {.kind = PRINCIPAL_ANONYMOUS};
    struct call *call = lake_call(f->lake, &f->arena, &nobody, STR_NONE);
    struct json *reply;
    assert_int_equal(lake_run_blocking(call, "toy", "Raise", json_object(&f->arena), &reply),
                     ERR_CODED);
    assert_string_equal(call->code->code, "AccessDeniedException");
}

static void a_task_runs_once_when_it_is_due(void **state)
{
    struct fixture *f = *state;
    struct json *reply, *in = json_set_str(&f->arena, json_object(&f->arena), "Name", S("a"));
    json_set_i64(&f->arena, in, "DelayMs", 500);
    f->call = lake_call(f->lake, &f->arena, lake_root(f->lake), STR_NONE);
    assert_int_equal(lake_run_blocking(f->call, "toy", "RaiseLater", in, &reply), OK);
    assert_int_equal(lake_run_due(f->lake), 0);
    clock_advance(f->clock, 500);
    assert_int_equal(lake_run_due(f->lake), 1);
    assert_int_equal(lake_run_due(f->lake), 0);
    assert_int_equal(value_of(f, "a"), 1);
}

static void a_task_survives_the_end_of_the_process(void **state)
{
    struct fixture *f = *state;
    struct json *reply;
    assert_int_equal(run(f, "RaiseLater", "a", 1, false, &reply), OK);
    lake_close(f->lake);
    open_lake(f);
    assert_int_equal(lake_run_due(f->lake), 1);
    assert_int_equal(value_of(f, "a"), 1);
}

static void a_task_that_fails_is_tried_again_and_then_handed_over(void **state)
{
    struct fixture *f = *state;
    struct json *reply;
    struct key key;
    struct str code;
    assert_int_equal(run(f, "RaiseLater", "a", 200, false, &reply), OK);
    assert_int_equal(lake_run_due(f->lake), 1);
    assert_int_equal(lake_run_due(f->lake), 0); // not before its back-off
    clock_advance(f->clock, 1000);
    assert_int_equal(lake_run_due(f->lake), 1);
    assert_int_equal(toy_of(f)->runs, 2);
    struct tx *tx = tx_begin(lake_store(f->lake), true);
    assert_int_equal(tx_get(tx, counter_key(&key, S("failure")), &f->arena, &code), OK);
    tx_abort(tx);
    assert_str(code, "TooMuch");
    clock_advance(f->clock, 1000000);
    assert_int_equal(lake_run_due(f->lake), 0);
    assert_int_equal(value_of(f, "a"), 0);
}

static void a_job_adopts_its_result_and_ends_its_task_at_once(void **state)
{
    struct fixture *f = *state;
    struct json *reply;
    assert_int_equal(run(f, "JobLater", "a", 5, false, &reply), OK);
    assert_int_equal(lake_run_due(f->lake), 1);
    assert_int_equal(lake_run_due(f->lake), 0);
    assert_int_equal(value_of(f, "a"), 5);
}

static void *raise_soon(void *argument)
{
    struct fixture *f = argument;
    struct arena arena;
    arena_init(&arena);
    struct call *call = lake_call(f->lake, &arena, lake_root(f->lake), STR_NONE);
    struct json *reply, *in = json_set_str(&arena, json_object(&arena), "Name", S("w"));
    enum err err = lake_run_blocking(call, "toy", "Raise", in, &reply);
    arena_deinit(&arena);
    return err == OK ? f : NULL;
}

static void a_parked_call_goes_on_when_its_key_is_woken(void **state)
{
    struct fixture *f = *state;
    pthread_t thread;
    void *result;
    struct json *reply;
    assert_int_equal(pthread_create(&thread, NULL, raise_soon, f), 0);
    assert_int_equal(run(f, "Wait", "w", 0, false, &reply), OK); // whichever of the two comes first
    assert_int_equal(json_i64_or(reply, "Value", -1), 1);
    pthread_join(thread, &result);
    assert_non_null(result);
}

struct resumed {
    _Atomic int count, late;
};

static void note_resume(void *context, bool deadline_passed)
{
    struct resumed *resumed = context;
    atomic_fetch_add(&resumed->late, deadline_passed);
    atomic_fetch_add(&resumed->count, 1);
}

static void parking_misses_no_wake_and_keeps_deadlines(void **state)
{
    struct fixture *f = *state;
    struct parking *parking = parking_new(f->clock);
    struct resumed early = {0}, woken = {0}, left = {0};
    uint64_t epoch = parking_epoch(parking);
    parking_wake(parking, S("k")); // between the look and the parking
    parking_park(parking, S("k"), INT64_MAX, epoch, note_resume, &early);
    assert_int_equal(early.count, 1);
    assert_int_equal(early.late, 0);
    parking_park(parking, S("k"), INT64_MAX, parking_epoch(parking), note_resume, &woken);
    assert_int_equal(woken.count, 0);
    parking_wake(parking, S("other"));
    assert_int_equal(woken.count, 0);
    parking_wake(parking, S("k"));
    assert_int_equal(woken.count, 1);
    parking_park(parking, S("k"), INT64_MAX, parking_epoch(parking), note_resume, &left);
    parking_free(parking);
    assert_int_equal(left.late, 1);
}

static void page_tokens_belong_to_their_operation(void **state)
{
    struct fixture *f = *state;
    struct str position;
    struct json *reply;
    assert_int_equal(run(f, "Get", "a", 0, false, &reply), OK);
    struct str token = page_token(f->call, S("here:there"));
    assert_int_equal(page_position(f->call, token, &position), OK);
    assert_str(position, "here:there");
    assert_int_equal(page_position(f->call, S("!"), &position), ERR_INVALID);
    assert_int_equal(run(f, "Raise", "a", 1, false, &reply), OK);
    assert_int_equal(page_position(f->call, token, &position), ERR_INVALID);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_operation_commits_whole_or_leaves_nothing),
        TEST(input_is_checked_before_anything_runs),
        TEST(a_conflict_starts_the_operation_again),
        TEST(a_refused_inside_call_is_undone_alone_or_refuses_the_whole),
        TEST(a_failure_of_ours_hides_its_reason_from_the_client),
        TEST(anonymous_callers_are_refused),
        TEST(a_task_runs_once_when_it_is_due),
        TEST(a_task_survives_the_end_of_the_process),
        TEST(a_task_that_fails_is_tried_again_and_then_handed_over),
        TEST(a_job_adopts_its_result_and_ends_its_task_at_once),
        TEST(a_parked_call_goes_on_when_its_key_is_woken),
        TEST(parking_misses_no_wake_and_keeps_deadlines),
        TEST(page_tokens_belong_to_their_operation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
