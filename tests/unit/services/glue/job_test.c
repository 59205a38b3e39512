// SPDX-License-Identifier: Apache-2.0
// Crawlers and jobs as far as they go without a worker process: states, errors, events, watching,
// and the choice of what to convert.
#include "../lake_fixture.h"

#include "services/glue/convert_plan.h"

#define EMBEDDED                                                                                   \
    "'Arguments': {'--tarn-engine': 'embedded', '--source_database': 'db', '--target_path': "      \
    "'s3://out/', '--job-bookmark-option': 'job-bookmark-enable'}"

static void make_lake(struct fixture *f)
{
    fixture_ok(f, "s3", "CreateBucket", "{'Bucket': 'in-bucket'}");
    fixture_ok(f, "glue", "CreateDatabase", "{'DatabaseInput': {'Name': 'db'}}");
    fixture_ok(f, "glue", "CreateJob",
               "{'Name': 'job', 'Role': 'r', 'Command': {'Name': 'glueetl', 'ScriptLocation': "
               "'s3://x/y.py'}}");
    fixture_ok(f, "glue", "CreateCrawler",
               "{'Name': 'crawler', 'Role': 'r', 'DatabaseName': 'db', 'Targets': {'S3Targets': "
               "[{'Path': 's3://in-bucket/'}]}}");
}

// A queue that receives Glue's events.
static void watch_events(struct fixture *f)
{
    fixture_ok(f, "sqs", "CreateQueue", "{'QueueName': 'events'}");
    fixture_ok(f, "events", "PutRule",
               "{'Name': 'glue', 'EventPattern': '{\\\"source\\\": [\\\"aws.glue\\\"]}'}");
    fixture_ok(f, "events", "PutTargets",
               "{'Rule': 'glue', 'Targets': [{'Id': '1', 'Arn': "
               "'arn:aws:sqs:us-east-1:000000000000:events'}]}");
}

static struct str next_message(struct fixture *f, const char *queue)
{
    struct json *reply = fixture_ok(
        f, "sqs", "ReceiveMessage",
        "{'QueueUrl': 'http://127.0.0.1:4566/000000000000/%s', 'MaxNumberOfMessages': 1}", queue);
    return json_str(json_at(json_get(reply, "Messages"), 0), "Body");
}

static struct json *job_run(struct fixture *f, struct str id)
{
    return json_get(
        fixture_ok(f, "glue", "GetJobRun", "{'JobName': 'job', 'RunId': '%.*s'}", STR_ARG(id)),
        "JobRun");
}

static struct str start_run(struct fixture *f)
{
    return json_str(fixture_ok(f, "glue", "StartJobRun", "{'JobName': 'job', " EMBEDDED "}"),
                    "JobRunId");
}

static void a_crawler_goes_through_its_states(void **state)
{
    struct fixture *f = *state;
    make_lake(f);
    watch_events(f);
    fixture_ok(f, "glue", "StartCrawler", "{'Name': 'crawler'}");
    fixture_refused(f, "CrawlerRunningException", "glue", "StartCrawler", "{'Name': 'crawler'}");
    fixture_refused(f, "CrawlerRunningException", "glue", "DeleteCrawler", "{'Name': 'crawler'}");
    lake_run_due(f->lake);
    struct json *crawler =
        json_get(fixture_ok(f, "glue", "GetCrawler", "{'Name': 'crawler'}"), "Crawler");
    assert_str(json_str(crawler, "State"), "READY");
    assert_str(json_str(json_get(crawler, "LastCrawl"), "Status"), "SUCCEEDED");
    assert_false(json_has(crawler, "_crawl"));
    size_t started = 0, succeeded = 0;
    for (struct str body; (body = next_message(f, "events")).len;) {
        started += str_contains(body, S("\"state\":\"Started\""));
        succeeded += str_contains(body, S("\"state\":\"Succeeded\""));
    }
    assert_int_equal(started, 1);
    assert_int_equal(succeeded, 1);
}

static void a_crawl_that_is_stopped_ends_cancelled(void **state)
{
    struct fixture *f = *state;
    make_lake(f);
    fixture_ok(f, "glue", "StartCrawler", "{'Name': 'crawler'}");
    fixture_ok(f, "glue", "StopCrawler", "{'Name': 'crawler'}");
    fixture_refused(f, "CrawlerStoppingException", "glue", "StopCrawler", "{'Name': 'crawler'}");
    lake_run_due(f->lake);
    struct json *crawler =
        json_get(fixture_ok(f, "glue", "GetCrawler", "{'Name': 'crawler'}"), "Crawler");
    assert_str(json_str(json_get(crawler, "LastCrawl"), "Status"), "CANCELLED");
}

static void a_schedule_fires_again_and_again(void **state)
{
    struct fixture *f = *state;
    make_lake(f);
    fixture_ok(f, "glue", "UpdateCrawlerSchedule",
               "{'CrawlerName': 'crawler', 'Schedule': 'cron(0 3 * * ? *)'}");
    for (size_t day = 1; day <= 3; day++) {
        clock_advance(f->clock, 24 * 3600 * 1000);
        lake_run_due(f->lake);
        struct json *crawls =
            json_get(fixture_ok(f, "glue", "ListCrawls", "{'CrawlerName': 'crawler'}"), "Crawls");
        assert_int_equal(json_count(crawls), day);
    }
    fixture_ok(f, "glue", "StopCrawlerSchedule", "{'CrawlerName': 'crawler'}");
    clock_advance(f->clock, 24 * 3600 * 1000);
    assert_int_equal(lake_run_due(f->lake), 0);
}

static void a_run_tells_who_watches(void **state)
{
    struct fixture *f = *state;
    make_lake(f);
    watch_events(f);
    fixture_ok(f, "sqs", "CreateQueue", "{'QueueName': 'done'}");
    struct str id = start_run(f);
    assert_str(json_str(job_run(f, id), "JobRunState"), "STARTING");
    const char *watch = "{'JobName': 'job', 'RunId': '%.*s', 'OnDone': {'service': 'sqs', 'op': "
                        "'SendMessage', 'input': {'QueueUrl': "
                        "'http://127.0.0.1:4566/000000000000/done', 'MessageBody': '%s'}}}";
    fixture_ok(f, "glue", "WatchJobRun", watch, STR_ARG(id), "first");
    lake_run_due(f->lake);
    assert_str(json_str(job_run(f, id), "JobRunState"), "SUCCEEDED");
    assert_str(next_message(f, "done"), "first");
    fixture_ok(f, "glue", "WatchJobRun", watch, STR_ARG(id), "second"); // over already: at once
    assert_str(next_message(f, "done"), "second");
    struct str body = next_message(f, "events");
    assert_true(str_contains(body, S("Glue Job State Change")));
    assert_true(str_contains(body, S("SUCCEEDED")));
    start_run(f); // the job is free again
}

static void runs_stop_and_time_out(void **state)
{
    struct fixture *f = *state;
    make_lake(f);
    struct str id = start_run(f);
    fixture_refused(f, "ConcurrentRunsExceededException", "glue", "StartJobRun",
                    "{'JobName': 'job', " EMBEDDED "}");
    fixture_ok(f, "glue", "BatchStopJobRun", "{'JobName': 'job', 'JobRunIds': ['%.*s']}",
               STR_ARG(id));
    assert_str(json_str(job_run(f, id), "JobRunState"), "STOPPING");
    lake_run_due(f->lake);
    assert_str(json_str(job_run(f, id), "JobRunState"), "STOPPED");

    fixture_ok(f, "s3", "PutObject", "{'Bucket': 'in-bucket', 'Key': 't/1.json', 'Body': ''}");
    fixture_ok(f, "glue", "CreateTable",
               "{'DatabaseName': 'db', 'TableInput': {'Name': 't', 'Parameters': "
               "{'classification': 'json'}, 'StorageDescriptor': {'Columns': [], 'Location': "
               "'s3://in-bucket/t/1.json'}}}");
    fixture_ok(f, "glue", "UpdateJob", "{'JobName': 'job', 'JobUpdate': {'Timeout': 1}}");
    id = start_run(f);
    clock_advance(f->clock, 61 * 1000);
    lake_run_due(f->lake);
    assert_str(json_str(job_run(f, id), "JobRunState"), "TIMEOUT");
}

static void runs_of_a_deleted_job_end_quietly(void **state)
{
    struct fixture *f = *state;
    make_lake(f);
    start_run(f);
    fixture_ok(f, "glue", "DeleteJob", "{'JobName': 'job'}");
    lake_run_due(f->lake);
    clock_advance(f->clock, 3600 * 1000);
    assert_int_equal(lake_run_due(f->lake), 0);
}

// --- what to convert: sources "key etag", marks "key etag run"

static struct convert_table *chosen(struct arena *arena, const char *const (*sources)[2],
                                    size_t source_count, const char *const (*marks)[3],
                                    size_t mark_count)
{
    struct convert_table *table = ARENA_NEW(arena, struct convert_table);
    struct bookmark_source *list = ARENA_ARRAY(arena, struct bookmark_source, mark_count + 1);
    table->bucket = S("b");
    table->sources = ARENA_ARRAY(arena, struct convert_source, source_count + 1);
    table->count = source_count;
    for (size_t i = 0; i < source_count; i++)
        table->sources[i] =
            (struct convert_source){.key = str_of(sources[i][0]), .etag = str_of(sources[i][1])};
    for (size_t i = 0; i < mark_count; i++)
        list[i] = (struct bookmark_source){.path = str_format(arena, "b/%s", marks[i][0]),
                                           .etag = str_of(marks[i][1]),
                                           .run = str_of(marks[i][2])};
    convert_choose(arena, table, list, mark_count);
    return table;
}

static void a_batch_is_made_anew_as_a_whole(void **state)
{
    struct fixture *f = *state;
    static const char *const SOURCES[][2] = {
        {"a", "1"}, {"b", "2x"}, {"c", "3"}, {"e", "5"}, {"f", "6"}};
    static const char *const MARKS[][3] = {
        {"a", "1", "r1"}, {"b", "2", "r1"}, {"c", "3", "r2"}, {"d", "4", "r3"}, {"e", "5", "r3"}};
    struct convert_table *table = chosen(&f->arena, SOURCES, 5, MARKS, 5);
    // b changed, so r1's a goes with it; d is gone, so r3's e is made anew; f is new; c stays.
    const bool wanted[] = {true, true, false, true, true};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(table->sources[i].wanted, wanted[i]);
    assert_int_equal(table->wanted_count, 4);
    assert_str(json_text(&f->arena, table->dirty_runs), "[\"r1\",\"r3\"]");
    assert_str(json_text(&f->arena, table->dead), "[\"b/d\"]");
}

static void what_is_marked_stays(void **state)
{
    struct fixture *f = *state;
    static const char *const SOURCES[][2] = {{"a", "1"}, {"b", "2"}};
    static const char *const MARKS[][3] = {{"a", "1", "r1"}, {"b", "2", "r1"}};
    struct convert_table *table = chosen(&f->arena, SOURCES, 2, MARKS, 2);
    assert_int_equal(table->wanted_count, 0);
    assert_int_equal(json_count(table->dirty_runs), 0);
    table = chosen(&f->arena, SOURCES, 2, MARKS, 0);
    assert_int_equal(table->wanted_count, 2);
    table = chosen(&f->arena, SOURCES, 0, MARKS, 2);
    assert_int_equal(json_count(table->dead), 2);
    assert_int_equal(json_count(table->dirty_runs), 1);
}

static void partition_columns_by_table(void **state)
{
    (void)state;
    assert_str(run_partition_columns(S("a,b"), S("t")), "a,b");
    assert_str(run_partition_columns(S("t:a,b;u:c"), S("t")), "a,b");
    assert_str(run_partition_columns(S("t:a,b; u:c"), S("u")), "c");
    assert_str(run_partition_columns(S("t:a"), S("x")), "");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_is_marked_stays),
        TEST(a_batch_is_made_anew_as_a_whole),
        TEST(partition_columns_by_table),
        TEST(a_crawler_goes_through_its_states),
        TEST(a_crawl_that_is_stopped_ends_cancelled),
        TEST(a_schedule_fires_again_and_again),
        TEST(a_run_tells_who_watches),
        TEST(runs_stop_and_time_out),
        TEST(runs_of_a_deleted_job_end_quietly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
