// SPDX-License-Identifier: Apache-2.0
// Many at once: PUTs of one bucket do not stand in each other's way, and a bucket is never deleted
// under an object.
#include "s3_fixture.h"

#include "os/thread.h"

#define WRITERS 4
#define PUTS 60

struct writer {
    struct fixture *f;
    int number, done, refused;
    bool same_key;
};

static enum err run(struct lake *lake, struct arena *arena, const char *op, const char *bucket,
                    struct str key, const char **out_code)
{
    struct call *call = lake_call(lake, arena, lake_root(lake), STR_NONE);
    struct json *input = json_object(arena), *reply;
    json_set_str(arena, input, "Bucket", str_of(bucket));
    if (key.len) {
        json_set_str(arena, input, "Key", key);
        json_set_str(arena, input, "Body", S("body"));
    }
    enum err result = lake_run_blocking(call, "s3", op, input, &reply);
    *out_code = result == OK ? "" : call->code->code;
    return result;
}

static void write_objects(void *argument)
{
    struct writer *writer = argument;
    struct arena arena;
    arena_init(&arena);
    for (int i = 0; i < PUTS; i++) {
        const char *code;
        struct str key = writer->same_key ? S("k") : str_format(&arena, "%d/%d", writer->number, i);
        if (run(writer->f->lake, &arena, "PutObject", "lake-raw", key, &code) == OK)
            writer->done++;
        else if (strcmp(code, "NoSuchBucket") == 0)
            writer->refused++;
        else
            print_error("%s\n", code);
    }
    arena_deinit(&arena);
}

static void start_writers(struct fixture *f, struct writer *writers, pthread_t *threads, bool same)
{
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.f = f, .number = i, .same_key = same};
        threads[i] = thread_start("writer", write_objects, &writers[i], 0);
    }
}

static void puts_go_side_by_side(void **state)
{
    struct fixture *f = *state;
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    start_writers(f, writers, threads, false);
    for (int i = 0; i < WRITERS; i++) {
        thread_join(threads[i]);
        assert_int_equal(writers[i].done, PUTS);
    }
    struct json *reply = fixture_ok(f, "s3", "ListObjectsV2", "{'Bucket': 'lake-raw'}");
    assert_int_equal(json_i64_or(reply, "KeyCount", 0), WRITERS * PUTS);
}

// The last of many overwrites wins, and no blob of the others is left.
static void overwrites_leave_one_blob(void **state)
{
    struct fixture *f = *state;
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    start_writers(f, writers, threads, true);
    for (int i = 0; i < WRITERS; i++) {
        thread_join(threads[i]);
        assert_int_equal(writers[i].done, PUTS);
    }
    size_t checked = 0, broken = 0;
    struct error error = {0};
    assert_int_equal(blob_scrub(lake_store(f->lake), &checked, &broken, &error), OK);
    assert_int_equal(checked, 1);
    assert_int_equal(broken, 0);
}

static void a_bucket_is_deleted_empty_or_not_at_all(void **state)
{
    struct fixture *f = *state;
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    const char *code;
    start_writers(f, writers, threads, false);
    enum err deleted = ERR_CODED;
    for (int i = 0; i < 20 && deleted != OK; i++) {
        deleted = run(f->lake, &f->arena, "DeleteBucket", "lake-raw", STR_NONE, &code);
        if (deleted != OK && strcmp(code, "BucketNotEmpty") != 0)
            fail_msg("%s", code);
    }
    int done = 0, refused = 0;
    for (int i = 0; i < WRITERS; i++) {
        thread_join(threads[i]);
        done += writers[i].done;
        refused += writers[i].refused;
    }
    assert_int_equal(done + refused, WRITERS * PUTS);
    assert_int_equal(refused > 0, deleted == OK);
    if (deleted == OK) {
        assert_int_equal(done, 0);
        fixture_ok(f, "s3", "CreateBucket", "{'Bucket': 'lake-raw'}");
    }
    struct json *reply = fixture_ok(f, "s3", "ListObjectsV2", "{'Bucket': 'lake-raw'}");
    assert_int_equal(json_i64_or(reply, "KeyCount", -1), done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        S3_TEST(puts_go_side_by_side),
        S3_TEST(overwrites_leave_one_blob),
        S3_TEST(a_bucket_is_deleted_empty_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
