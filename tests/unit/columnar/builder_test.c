// SPDX-License-Identifier: Apache-2.0
// One portion to row groups, without samples that know the schema beforehand: what changes when
// batches have been encoded already, and when row groups have been taken.
#include "../fixture.h"
#include "columnar/builder.h"

struct run {
    struct builder b;
    struct input *input;
    struct portion portion;
    struct chunk_settings chunk;
    struct builder_settings settings;
    struct error error;
    size_t taken;
    uint64_t rows_taken, rejected_taken;
};

static enum err take(void *context, struct builder *b, struct error *error)
{
    (void)error;
    struct run *run = context;
    run->taken++;
    run->rejected_taken += b->rejected_kept;
    for (size_t i = 0; i < b->partition_count; i++) {
        struct partition *partition = &b->partitions[i];
        run->rows_taken += partition->rows;
        for (size_t k = 0; partition->rows && k < partition->writer_count; k++) {
            struct chunk chunk;
            chunk_finish(partition->writers[k], &chunk);
            assert_int_equal(chunk.rows, partition->rows);
        }
    }
    return OK;
}

static enum err build(struct run *run, struct str text, enum build_mode mode)
{
    struct input_settings input = {.memory = text, .portion_bytes = SIZE_MAX / 4, .threads = 1};
    assert_int_equal(input_open(&input, &run->input, &run->error), OK);
    assert_int_equal(input_next(run->input, &run->portion, &run->error), OK);
    run->settings.chunk = &run->chunk;
    run->settings.rules.dates = true;
    if (!run->settings.row_group_rows)
        run->settings.row_group_rows = 1 << 20;
    builder_init(&run->b, &run->settings);
    run->b.full = take;
    run->b.context = run;
    struct type schema = {.kind = KIND_STRUCT};
    return builder_run(&run->b, &run->portion, &schema, false, mode, &run->error);
}

static void end(struct run *run)
{
    builder_deinit(&run->b);
    portion_free(&run->portion);
    input_close(run->input);
}

static void assert_schema(struct arena *arena, const struct run *run, const char *expected)
{
    struct buf text = buf_in(arena, SIZE_MAX / 2);
    type_put(&text, run->b.schema);
    assert_str(buf_str(&text), expected);
}

static struct chunk finished(const struct run *run, size_t partition, size_t leaf)
{
    struct chunk chunk;
    assert_true(leaf < run->b.partitions[partition].writer_count);
    chunk_finish(run->b.partitions[partition].writers[leaf], &chunk);
    return chunk;
}

// `count` lines, of which `before` have one text and the others another.
static struct str lines(struct arena *arena, size_t before, const char *first, size_t count,
                        const char *second)
{
    struct buf out = buf_in(arena, SIZE_MAX / 2);
    for (size_t i = 0; i < count; i++)
        buf_printf(&out, "%s\n", i < before ? first : second);
    return buf_str(&out);
}

static void types_change_behind_encoded_batches(void **state)
{
    static const struct {
        const char *first, *second, *schema;
        size_t leaves, nulls; // of the last leaf
    } rows[] = {
        {"{\"a\":null}", "{\"a\":1}", "struct<a:bigint>", 1, 9000},
        {"{\"a\":null}", "{\"a\":{\"x\":[1,2]}}", "struct<a:struct<x:array<bigint>>>", 1, 9000},
        {"{\"a\":1}", "{\"a\":\"x\"}", "struct<a:string>", 1, 0},
        {"{\"a\":1}", "{\"a\":1.5}", "struct<a:double>", 1, 0},
        {"{\"a\":9007199254740993}", "{\"a\":1.5}", "struct<a:string>", 1, 0},
        {"{\"a\":1}", "{\"b\":true}", "struct<a:bigint,b:boolean>", 2, 9000},
        {"{\"a\":1}", "{\"b\":{\"c\":1,\"d\":[{}]}}",
         "struct<a:bigint,b:struct<c:bigint,d:array<string>>>", 3, 9000},
        {"{\"a\":{\"x\":1}}", "{\"a\":{\"y\":1}}", "struct<a:struct<x:bigint,y:bigint>>", 2, 9000},
        {"{\"a\":{}}", "{\"a\":{\"y\":1}}", "struct<a:struct<y:bigint>>", 1, 9000},
        {"{\"a\":{}}", "{\"a\":{ }}", "struct<a:string>", 1, 0},
        {"{\"a\":{}}", "{\"a\":7}", "struct<a:string>", 1, 0},
        {"{\"a\":[]}", "{\"a\":[[1]]}", "struct<a:array<array<bigint>>>", 1, 9000},
        {"{}", "{\"a\":\"2024-01-01\"}", "struct<a:date>", 1, 9000},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct run run = {0};
        assert_int_equal(build(&run, lines(*state, 9000, rows[i].first, 10000, rows[i].second),
                               BUILD_ROW_GROUPS),
                         OK);
        assert_schema(*state, &run, rows[i].schema);
        assert_int_equal(run.b.partition_count, 1);
        assert_int_equal(run.b.partitions[0].rows, 10000);
        assert_int_equal(run.b.partitions[0].writer_count, rows[i].leaves);
        struct chunk chunk = finished(&run, 0, rows[i].leaves - 1);
        assert_int_equal(chunk.rows, 10000);
        assert_int_equal(chunk.nulls, rows[i].nulls);
        assert_int_equal(run.taken, 0);
        end(&run);
    }
}

static void types_change_behind_row_groups_that_were_taken(void **state)
{
    static const struct {
        const char *first, *second, *schema;
        enum err err;
    } rows[] = {
        {"{\"a\":1}", "{\"a\":\"x\"}", "struct<a:string>",
         OK}, // the taker sees it: nothing in this row group is wrong
        {"{\"a\":1}", "{\"b\":1}", "struct<a:bigint,b:bigint>", OK},
        {"{\"a\":null}", "{\"a\":{\"x\":1,\"y\":2}}", "struct<a:struct<x:bigint,y:bigint>>", OK},
        {"{\"a\":{\"x\":1}}", "{\"a\":true}", "struct<a:string>", OK},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (size_t before = 1000; before <= 1500; before += 500) {
            struct run run = {.settings.row_group_rows = 1000};
            enum err err = build(&run, lines(*state, before, rows[i].first, 2500, rows[i].second),
                                 BUILD_ROW_GROUPS);
            assert_schema(*state, &run, rows[i].schema);
            bool late =
                before == 1500 &&
                (i == 0 || i == 3); // values of this row group, which are not all null, are wrong
            assert_int_equal(err, late ? ERR_CONFLICT : rows[i].err);
            if (err == OK) {
                assert_int_equal(run.taken, 2);
                assert_int_equal(run.rows_taken, 2000);
                assert_int_equal(run.b.partitions[0].rows, 500);
                for (size_t k = 0; k < run.b.partitions[0].writer_count; k++)
                    assert_int_equal(finished(&run, 0, k).rows, 500);
            }
            end(&run);
        }
}

// What is wanted then is a schema that the whole portion fits.
static void after_a_conflict_the_schema_is_that_of_all(void **state)
{
    struct buf text = buf_in(*state, SIZE_MAX / 2);
    buf_put(&text, lines(*state, 1500, "{\"a\":1}", 2000, "{\"a\":1.5}"));
    buf_puts(&text, "{\"a\":\"x\",\"z\":{\"y\":1}}\n");
    struct run run = {.settings.row_group_rows = 1000};
    assert_int_equal(build(&run, buf_str(&text), BUILD_ROW_GROUPS), ERR_CONFLICT);
    assert_schema(*state, &run, "struct<a:string,z:struct<y:bigint>>");
    end(&run);
}

static void learning_encodes_nothing(void **state)
{
    struct run run = {0};
    assert_int_equal(
        build(&run, lines(*state, 10, "{\"a\":1}\n?", 9000, "{\"a\":{}}"), BUILD_LEARN), OK);
    assert_schema(*state, &run, "struct<a:string>");
    assert_int_equal(run.b.partition_count + run.taken + run.b.rejected_kept, 0);
    assert_int_equal(run.b.records, 9000);
    assert_int_equal(run.b.rejected_count, 10);
    end(&run);
}

static void rows_are_divided_among_partitions(void **state)
{
    static const struct str by[] = {S_INIT("k")};
    struct buf text = buf_in(*state, SIZE_MAX / 2);
    for (int i = 0; i < 10000; i++)
        buf_printf(&text, i % 10 == 9 ? "{\"v\":[%d,1]}\n" : "{\"v\":[%d],\"k\":%d}\n", i, i % 3);
    struct run run = {.settings = {.partition_by = by, .partition_by_count = 1}};
    assert_int_equal(build(&run, buf_str(&text), BUILD_ROW_GROUPS), OK);
    assert_int_equal(run.b.partition_count, 4);
    static const uint64_t rows[] = {3000, 3000, 3000, 1000};
    static const char *const folders[] = {"k=0/", "k=1/", "k=2/", "k=__HIVE_DEFAULT_PARTITION__/"};
    for (size_t i = 0; i < 4; i++) {
        const struct partition *partition = &run.b.partitions[i];
        assert_int_equal(partition->writer_count, 1);
        size_t k = 0;
        while (!str_is(partition->folder, folders[k]))
            assert_true(++k < 4);
        struct chunk chunk = finished(&run, i, 0);
        assert_int_equal(partition->rows, rows[k]);
        assert_int_equal(chunk.rows, rows[k]);
        assert_int_equal(chunk.values, k == 3 ? 2000 : 3000);
    }
    end(&run);
}

static void partitions_have_a_limit(void **state)
{
    static const struct str by[] = {S_INIT("k")};
    struct buf text = buf_in(*state, SIZE_MAX / 2);
    for (int i = 0; i <= PARTITIONS_MAX; i++)
        buf_printf(&text, "{\"v\":1,\"k\":%d}\n", i);
    struct run run = {.settings = {.partition_by = by, .partition_by_count = 1}};
    assert_int_equal(build(&run, buf_str(&text), BUILD_ROW_GROUPS), ERR_LIMIT);
    end(&run);
}

static void many_rejected_records_are_handed_over_early(void **state)
{
    struct run run = {0};
    assert_int_equal(build(&run, lines(*state, 100, "{\"a\":1}", REJECTED_KEPT_MAX + 1100, "?"),
                           BUILD_ROW_GROUPS),
                     OK);
    assert_int_equal(run.taken, 1);
    assert_int_equal(run.rows_taken, 100);
    assert_int_equal(run.rejected_taken, REJECTED_KEPT_MAX);
    assert_int_equal(run.b.rejected_kept, 1000);
    assert_int_equal(run.b.rejected_count, REJECTED_KEPT_MAX + 1000);
    assert_int_equal(run.b.rejected[0].offset, 100 * 8 + REJECTED_KEPT_MAX * 2);
    end(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(types_change_behind_encoded_batches),
        ARENA_TEST(types_change_behind_row_groups_that_were_taken),
        ARENA_TEST(after_a_conflict_the_schema_is_that_of_all),
        ARENA_TEST(learning_encodes_nothing),
        ARENA_TEST(rows_are_divided_among_partitions),
        ARENA_TEST(partitions_have_a_limit),
        ARENA_TEST(many_rejected_records_are_handed_over_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
