// SPDX-License-Identifier: Apache-2.0
// Batches of Arrow against the JSON that they were made of: every type, then nulls and nesting at
// random in batches of all sizes, then who owns what.
#include "arrow_json.h"

#include "base/buf.h"
#include "columnar/arrow.h"
#include "columnar/arrow_memory.h"
#include "columnar/type.h"

#include <pthread.h>
#include <stdio.h>

static struct columnar_reader *reader_of(const char *json, const char *schema, size_t batch_rows)
{
    struct columnar_options options = COLUMNAR_OPTIONS;
    struct columnar_error error = {0};
    struct columnar_reader *reader = NULL;
    options.schema = schema;
    options.batch_rows = batch_rows;
    options.threads = 1;
    if (columnar_reader_open_bytes(json, strlen(json), &options, &reader, &error) != 0)
        fail_msg("%s", error.text);
    return reader;
}

static void check(const char *json, const char *schema, const char *wanted)
{
    struct columnar_reader *reader = reader_of(json, schema, 0);
    struct buf got = buf_heap(BUF_MAX_DEFAULT);
    arrow_put_rest(&got, reader);
    assert_str(buf_str(&got), wanted);
    buf_deinit(&got);
    columnar_reader_free(reader);
}

// ================================================================ each type

static void integers_have_their_width(void **state)
{
    (void)state;
    check("{\"a\":-128,\"b\":32767,\"c\":-2147483648,\"d\":9223372036854775807}\n{\"b\":-1}",
          "struct<a:tinyint,b:smallint,c:int,d:bigint>",
          "{\"a\":-128,\"b\":32767,\"c\":-2147483648,\"d\":9223372036854775807}\n"
          "{\"a\":null,\"b\":-1,\"c\":null,\"d\":null}\n");
}

static void reals_and_decimals(void **state)
{
    (void)state;
    check("{\"f\":0.25,\"d\":-1.5e300,\"m\":12345678901234567890123.45}\n"
          "{\"f\":null,\"d\":0.1,\"m\":-0.07}",
          "struct<f:float,d:double,m:decimal(38,2)>",
          "{\"f\":0.25,\"d\":-1.5000000000000001e+300,\"m\":12345678901234567890123.45}\n"
          "{\"f\":null,\"d\":0.10000000000000001,\"m\":-0.07}\n");
}

static void booleans_are_bits(void **state)
{
    (void)state;
    check("{\"b\":true}{\"b\":false}{\"b\":null}{\"b\":true}{}{\"b\":false}{\"b\":true}{\"b\":true}"
          "{\"b\":true}{\"b\":false}",
          "struct<b:boolean>",
          "{\"b\":true}\n{\"b\":false}\n{\"b\":null}\n{\"b\":true}\n{\"b\":null}\n{\"b\":false}\n"
          "{\"b\":true}\n{\"b\":true}\n{\"b\":true}\n{\"b\":false}\n");
}

static void texts_and_bytes(void **state)
{
    (void)state;
    check("{\"s\":\"\",\"z\":\"AAH/\"}\n"
          "{\"s\":\"\\u00e9\\n\",\"z\":\"\"}\n"
          "{\"s\":{\"raw\": 1}}\n"
          "{\"s\":\"a text that is longer than what is copied at once, by far\"}",
          "struct<s:string,z:binary>",
          "{\"s\":\"\",\"z\":\"AAH/\"}\n{\"s\":\"\xc3\xa9\\n\",\"z\":\"\"}\n"
          "{\"s\":\"{\\\"raw\\\": 1}\",\"z\":null}\n"
          "{\"s\":\"a text that is longer than what is copied at once, by far\",\"z\":null}\n");
}

static void days_and_instants(void **state)
{
    (void)state;
    check("{\"d\":\"1969-12-31\",\"t\":\"2024-02-29T12:34:56.789012\",\"u\":\"2024-01-01T01:00:00+"
          "01:00\"}\n"
          "{\"t\":\"1900-01-01T00:00:00.000001\",\"u\":\"1969-12-31T23:59:59.5Z\"}",
          NULL,
          "{\"d\":\"1969-12-31T00:00:00.000000\",\"t\":\"2024-02-29T12:34:56.789012\",\"u\":\"2024-"
          "01-01T00:00:00.000000Z\"}\n"
          "{\"d\":null,\"t\":\"1900-01-01T00:00:00.000001\",\"u\":\"1969-12-31T23:59:59.500000Z\"}"
          "\n");
}

static void lists_maps_and_structs(void **state)
{
    (void)state;
    check(
        "{\"l\":[1,null,3],\"m\":{\"a\":[],\"b\":null},\"s\":{\"x\":null,\"y\":[{\"z\":true}]}}\n"
        "{\"l\":[],\"m\":{},\"s\":{}}\n{}\n{\"l\":null,\"m\":null,\"s\":null}\n{\"l\":[4]}",
        "struct<l:array<int>,m:map<string,array<int>>,s:struct<x:int,y:array<struct<z:boolean>>>>",
        "{\"l\":[1,null,3],\"m\":{\"a\":[],\"b\":null},\"s\":{\"x\":null,\"y\":[{\"z\":true}]}}\n"
        "{\"l\":[],\"m\":{},\"s\":{\"x\":null,\"y\":null}}\n"
        "{\"l\":null,\"m\":null,\"s\":null}\n{\"l\":null,\"m\":null,\"s\":null}\n"
        "{\"l\":[4],\"m\":null,\"s\":null}\n");
}

static void what_was_inferred(void **state)
{
    (void)state;
    check("{\"ID\":1,\"none\":null,\"odd\":1}\n{\"ID\":2.5,\"empty\":{},\"odd\":[\"x\"]}\n{\"odd\":"
          "\"text\"}",
          NULL,
          "{\"id\":1,\"none\":null,\"odd\":\"1\",\"empty\":null}\n"
          "{\"id\":2.5,\"none\":null,\"odd\":\"[\\\"x\\\"]\",\"empty\":\"{}\"}\n"
          "{\"id\":null,\"none\":null,\"odd\":\"text\",\"empty\":null}\n");
}

static void nothing_is_no_batch(void **state)
{
    (void)state;
    check("", NULL, "");
    check("[]", "struct<a:int>", "");
    check("{}{}", "struct<a:int>", "{\"a\":null}\n{\"a\":null}\n");
}

static void formats_are_arrows(void **state)
{
    (void)state;
    static const char *const FORMATS[] = {"b", "c", "s",   "i",    "l",  "f",  "g", "d:20,3",
                                          "u", "z", "tdD", "tsu:", "+l", "+m", "+s"};
    struct columnar_reader *reader =
        reader_of("",
                  "struct<a:boolean,b:tinyint,c:smallint,d:int,e:bigint,f:float,g:double,"
                  "h:decimal(20,3),i:string,j:binary,k:date,l:timestamp,m:array<int>,"
                  "n:map<string,int>,o:struct<p:int>>",
                  0);
    struct ArrowSchema schema;
    assert_int_equal(columnar_reader_schema(reader, &schema, NULL), 0);
    assert_string_equal(schema.format, "+s");
    assert_int_equal(schema.n_children, COUNT_OF(FORMATS));
    for (size_t i = 0; i < COUNT_OF(FORMATS); i++) {
        assert_string_equal(schema.children[i]->format, FORMATS[i]);
        assert_int_equal(schema.children[i]->flags, ARROW_FLAG_NULLABLE);
    }
    const struct ArrowSchema *map = schema.children[13];
    assert_string_equal(map->children[0]->format, "+s");
    assert_int_equal(map->children[0]->flags, 0);
    assert_int_equal(map->children[0]->children[0]->flags, 0);
    assert_string_equal(map->children[0]->children[0]->name, "key");
    assert_string_equal(map->children[0]->children[1]->name, "value");
    assert_string_equal(schema.children[12]->children[0]->name, "element");
    schema.release(&schema);
    columnar_reader_free(reader);
}

// ================================================================ at random

struct model {
    uint64_t state;
    struct buf json, wanted;
};

static uint64_t below(struct model *model, uint64_t end)
{
    model->state = model->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (model->state >> 33) % end;
}

static void put_both(struct model *model, const char *text)
{
    buf_puts(&model->json, text);
    buf_puts(&model->wanted, text);
}

static void model_put(struct model *model, const struct type *type);

static void model_put_text(struct model *model, bool binary)
{
    static const char *const PARTS[] = {
        "", "x", "\\n", "caf\xc3\xa9 ", "\\\"", "a longer piece of text, "};
    if (binary) {
        put_both(model, below(model, 2) ? "\"AAECAwQF\"" : "\"/w==\"");
        return;
    }
    put_both(model, "\"");
    for (uint64_t count = below(model, below(model, 8) ? 4 : 30); count > 0; count--)
        put_both(model, PARTS[below(model, COUNT_OF(PARTS))]);
    put_both(model, "\"");
}

static void model_put_scalar(struct model *model, const struct type *type)
{
    char text[64];
    int64_t number = (int64_t)below(model, 100000) - 50000;
    if (type->kind == KIND_BOOLEAN)
        snprintf(text, sizeof text, "%s", number & 1 ? "true" : "false");
    else if (type->kind == KIND_INT8)
        snprintf(text, sizeof text, "%d", (int8_t)number);
    else if (type->kind == KIND_INT16)
        snprintf(text, sizeof text, "%d", (int16_t)number);
    else if (type->kind == KIND_INT32)
        snprintf(text, sizeof text, "%d", (int)number);
    else if (type->kind == KIND_INT64)
        snprintf(text, sizeof text, "%lld", (long long)number * 1000000007);
    else if (type->kind == KIND_DECIMAL)
        snprintf(text, sizeof text, "%s%d.%03d", number < 0 ? "-" : "", (int)labs((long)number) + 1,
                 (int)below(model, 1000));
    else if (type->kind == KIND_DATE)
        snprintf(text, sizeof text, "\"%04d-%02d-%02dT00:00:00.000000\"",
                 1900 + (int)below(model, 300), 1 + (int)below(model, 12),
                 1 + (int)below(model, 28));
    else if (type->kind == KIND_TIMESTAMP)
        snprintf(text, sizeof text, "\"%04d-%02d-%02dT%02d:59:01.%06d\"",
                 1900 + (int)below(model, 300), 1 + (int)below(model, 12),
                 1 + (int)below(model, 28), (int)below(model, 24), (int)below(model, 1000000));
    else
        snprintf(text, sizeof text, "%.9g", (double)number / 8 + 0.0625);
    if (type->kind != KIND_DATE) {
        put_both(model, text);
        return;
    }
    buf_puts(&model->wanted, text);
    buf_put_bytes(&model->json, text, 11);
    buf_put_char(&model->json, '"');
}

static void model_put_items(struct model *model, const struct type *type)
{
    bool map = type->kind == KIND_MAP;
    uint64_t count = below(model, below(model, 10) ? 4 : 40);
    put_both(model, map ? "{" : "[");
    for (uint64_t i = 0; i < count; i++) {
        char key[32];
        snprintf(key, sizeof key, "%s\"k%d\":", i ? "," : "", (int)i);
        put_both(model, map ? key : i ? "," : "");
        model_put(model, type->fields[map].type);
    }
    put_both(model, map ? "}" : "]");
}

static void model_put_struct(struct model *model, const struct type *type)
{
    bool first = true;
    put_both(model, "{");
    for (size_t i = 0; i < type->count; i++) {
        struct str name = type->fields[i].name;
        buf_printf(&model->wanted, "%s\"%.*s\":", i ? "," : "", STR_ARG(name));
        if (below(model, 5) == 0) { // absent
            buf_puts(&model->wanted, "null");
            continue;
        }
        buf_printf(&model->json, "%s\"%.*s\":", first ? "" : ", ", STR_ARG(name));
        first = false;
        model_put(model, type->fields[i].type);
    }
    put_both(model, "}");
}

static void model_put(struct model *model, const struct type *type)
{
    if (below(model, 8) == 0)
        put_both(model, "null");
    else if (type->kind == KIND_STRUCT)
        model_put_struct(model, type);
    else if (type->kind == KIND_LIST || type->kind == KIND_MAP)
        model_put_items(model, type);
    else if (type->kind == KIND_STRING || type->kind == KIND_BINARY)
        model_put_text(model, type->kind == KIND_BINARY);
    else
        model_put_scalar(model, type);
}

static void random_rows_come_back(void **state)
{
    struct arena *arena = *state;
    static const char SCHEMA[] =
        "struct<a:boolean,b:tinyint,c:smallint,d:int,e:bigint,f:float,g:double,h:decimal(20,3),"
        "i:string,j:binary,k:date,l:timestamp,m:array<bigint>,n:array<array<string>>,"
        "o:map<string,boolean>,p:struct<q:int,r:array<struct<s:string,t:boolean,u:map<string,"
        "double>>>>,"
        "v:array<map<string,array<decimal(38,3)>>>>";
    static const size_t BATCH_ROWS[] = {1, 7, 8, 100, 5000, 0};
    struct type *type;
    assert_int_equal(type_parse(arena, str_of(SCHEMA), &type, NULL), OK);
    struct model model = {
        .state = 42, .json = buf_heap(BUF_MAX_DEFAULT), .wanted = buf_heap(BUF_MAX_DEFAULT)};
    for (unsigned row = 0; row < 6000; row++) {
        model_put_struct(&model, type);
        put_both(&model, "\n");
    }
    buf_put_char(&model.json, 0);
    for (size_t i = 0; i < COUNT_OF(BATCH_ROWS); i++) {
        struct columnar_reader *reader = reader_of(model.json.ptr, SCHEMA, BATCH_ROWS[i]);
        struct buf got = buf_heap(BUF_MAX_DEFAULT);
        arrow_put_rest(&got, reader);
        assert_int_equal(got.len, model.wanted.len);
        assert_memory_equal(got.ptr, model.wanted.ptr, got.len);
        buf_deinit(&got);
        columnar_reader_free(reader);
    }
    buf_deinit(&model.json);
    buf_deinit(&model.wanted);
}

// ================================================================ ownership

static void batches_outlive_their_reader(void **state)
{
    (void)state;
    struct columnar_reader *reader =
        reader_of("{\"a\":[1,2],\"s\":\"x\"}{\"a\":[3],\"s\":\"y\"}", NULL, 1);
    struct ArrowArray first, second, third;
    assert_int_equal(columnar_reader_next(reader, &first, NULL), 0);
    assert_int_equal(columnar_reader_next(reader, &second, NULL), 0);
    assert_int_equal(columnar_reader_next(reader, &third, NULL), 0);
    assert_null(third.release);
    columnar_reader_free(reader);
    assert_int_equal(first.length, 1);
    assert_int_equal(((const int64_t *)first.children[0]->children[0]->buffers[1])[1], 2);
    assert_memory_equal(second.children[1]->buffers[2], "y", 1);
    first.release(&first);
    second.release(&second);
}

static void children_can_be_moved_out(void **state)
{
    (void)state;
    struct columnar_reader *reader = reader_of("{\"a\":[1,2],\"s\":\"x\"}", NULL, 0);
    struct ArrowArray batch, list;
    struct ArrowSchema schema, type;
    assert_int_equal(columnar_reader_next(reader, &batch, NULL), 0);
    assert_int_equal(columnar_reader_schema(reader, &schema, NULL), 0);
    list = *batch.children[0];
    batch.children[0]->release = NULL;
    type = *schema.children[0];
    schema.children[0]->release = NULL;
    batch.release(&batch);
    schema.release(&schema);
    columnar_reader_free(reader);
    struct buf text = buf_heap(BUF_MAX_DEFAULT);
    arrow_put_value(&text, &type, &list, 0);
    assert_str(buf_str(&text), "[1,2]");
    buf_deinit(&text);
    list.release(&list);
    type.release(&type);
}

static void *release_elsewhere(void *batch)
{
    struct ArrowArray *array = batch;
    array->release(array);
    return NULL;
}

static void released_on_another_thread(void **state)
{
    (void)state;
    struct buf json = buf_heap(BUF_MAX_DEFAULT);
    for (unsigned i = 0; i < 100000; i++)
        buf_printf(&json, "{\"id\":%u}\n", i);
    buf_put_char(&json, 0);
    struct columnar_reader *reader = reader_of(json.ptr, NULL, 8192);
    struct ArrowArray batch;
    uint64_t rows = 0;
    for (;;) {
        pthread_t thread;
        assert_int_equal(columnar_reader_next(reader, &batch, NULL), 0);
        if (!batch.release)
            break;
        const int64_t *ids = batch.children[0]->buffers[1];
        for (int64_t i = 0; i < batch.length; i++)
            assert_int_equal(ids[i], rows++);
        assert_int_equal((uintptr_t)ids % ARROW_ALIGNMENT, 0);
        assert_int_equal(pthread_create(&thread, NULL, release_elsewhere, &batch), 0);
        pthread_join(thread, NULL);
    }
    assert_int_equal(rows, 100000);
    columnar_reader_free(reader);
    buf_deinit(&json);
}

static void memory_is_used_again(void **state)
{
    (void)state;
    struct arrow_store *store = arrow_store_new();
    size_t first_capacity, second_capacity, third_capacity;
    void *first = arrow_buffer_new(store, 100000, &first_capacity);
    assert_true(first_capacity >= 100000);
    memset(first, 1, first_capacity);
    arrow_buffer_free(first);
    void *second = arrow_buffer_new(store, 90000, &second_capacity);
    assert_ptr_equal(first, second);
    void *third = arrow_buffer_new(store, 1, &third_capacity);
    arrow_store_close(store);
    arrow_buffer_free(second);
    arrow_buffer_free(third);
    arrow_buffer_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_have_their_width),
        cmocka_unit_test(reals_and_decimals),
        cmocka_unit_test(booleans_are_bits),
        cmocka_unit_test(texts_and_bytes),
        cmocka_unit_test(days_and_instants),
        cmocka_unit_test(lists_maps_and_structs),
        cmocka_unit_test(what_was_inferred),
        cmocka_unit_test(nothing_is_no_batch),
        cmocka_unit_test(formats_are_arrows),
        ARENA_TEST(random_rows_come_back),
        cmocka_unit_test(batches_outlive_their_reader),
        cmocka_unit_test(children_can_be_moved_out),
        cmocka_unit_test(released_on_another_thread),
        cmocka_unit_test(memory_is_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
