// SPDX-License-Identifier: Apache-2.0
// Schemas as columns: every type, and every shape that lists and maps have had.
#include "fixture.h"

#include "columnar/footer.h"

#define REQ .repetition = PARQUET_REQUIRED
#define OPT .repetition = PARQUET_OPTIONAL
#define REP .repetition = PARQUET_REPEATED
#define GROUP(n, count, ...)                                                                       \
    {                                                                                              \
        .name = S_INIT(n), .children = (count), __VA_ARGS__                                        \
    }
#define LEAF(n, type, ...)                                                                         \
    {                                                                                              \
        .name = S_INIT(n), .is_leaf = true, .physical = PARQUET_##type, __VA_ARGS__                \
    }
#define IS(what) .logical = {.kind = LOGICAL_##what}
#define WITH(what, ...) .logical = {.kind = LOGICAL_##what, __VA_ARGS__}

struct columns_case {
    struct parquet_element elements[12]; // without the root
    const char *types;                   // of the struct of columns
};

static void expect_columns(struct arena *arena, const struct columns_case *c)
{
    struct parquet_footer footer = {0};
    struct error error = {0};
    struct parquet_element elements[13] = {{.name = S("root")}};
    size_t count = 1;
    while (count < 13 && c->elements[count - 1].name.ptr) {
        elements[count] = c->elements[count - 1];
        count++;
    }
    for (size_t i = 1, open = 0; i < count; i++) { // children of the root
        elements[0].children += open == 0;
        open = open ? open - 1 + elements[i].children : elements[i].children;
    }
    footer.elements = elements;
    footer.element_count = count;
    struct type *type = NULL;
    assert_int_equal(footer_link(arena, &footer, &error), OK);
    assert_int_equal(footer_type(arena, &footer, &type, &error), OK);
    struct buf text = buf_in(arena, BUF_MAX_DEFAULT);
    type_put(&text, type);
    assert_str(buf_str(&text), c->types);
}

static void test_types_of_leaves(void **state)
{
    static const struct columns_case CASES[] = {
        {{LEAF("a", BOOLEAN, OPT)}, "struct<a:boolean>"},
        {{LEAF("a", INT32, OPT)}, "struct<a:int>"},
        {{LEAF("a", INT64, REQ)}, "struct<a:bigint>"},
        {{LEAF("a", INT96, OPT)}, "struct<a:timestamp>"},
        {{LEAF("a", FLOAT, OPT)}, "struct<a:float>"},
        {{LEAF("a", DOUBLE, OPT)}, "struct<a:double>"},
        {{LEAF("a", BYTE_ARRAY, OPT)}, "struct<a:binary>"},
        {{LEAF("a", FIXED_LEN_BYTE_ARRAY, .type_length = 3)}, "struct<a:binary>"},
        {{LEAF("a", INT32, WITH(INTEGER, .bits = 8, .is_signed = true))}, "struct<a:tinyint>"},
        {{LEAF("a", INT32, WITH(INTEGER, .bits = 16, .is_signed = true))}, "struct<a:smallint>"},
        {{LEAF("a", INT32, WITH(INTEGER, .bits = 32, .is_signed = true))}, "struct<a:int>"},
        {{LEAF("a", INT64, WITH(INTEGER, .bits = 64, .is_signed = true))}, "struct<a:bigint>"},
        {{LEAF("a", INT32, WITH(INTEGER, .bits = 8))}, "struct<a:smallint>"},
        {{LEAF("a", INT32, WITH(INTEGER, .bits = 16))}, "struct<a:int>"},
        {{LEAF("a", INT32, WITH(INTEGER, .bits = 32))}, "struct<a:bigint>"},
        {{LEAF("a", INT64, WITH(INTEGER, .bits = 64))}, "struct<a:decimal(20,0)>"},
        {{LEAF("a", INT32, IS(DATE))}, "struct<a:date>"},
        {{LEAF("a", INT64, WITH(TIMESTAMP, .unit = PARQUET_NANOS))}, "struct<a:timestamp>"},
        {{LEAF("a", INT64, WITH(TIMESTAMP, .is_utc = true))}, "struct<a:timestamp>"},
        {{LEAF("a", INT32, IS(TIME))}, "struct<a:string>"},
        {{LEAF("a", INT32, WITH(DECIMAL, .precision = 9, .scale = 2))}, "struct<a:decimal(9,2)>"},
        {{LEAF("a", BYTE_ARRAY, WITH(DECIMAL, .precision = 38))}, "struct<a:decimal(38,0)>"},
        {{LEAF("a", BYTE_ARRAY, WITH(DECIMAL, .precision = 39))}, "struct<a:double>"},
        {{LEAF("a", BYTE_ARRAY, WITH(DECIMAL, .precision = 0))}, "struct<a:binary>"},
        {{LEAF("a", DOUBLE, WITH(DECIMAL, .precision = 9))}, "struct<a:double>"},
        {{LEAF("a", BYTE_ARRAY, IS(STRING))}, "struct<a:string>"},
        {{LEAF("a", BYTE_ARRAY, IS(ENUM))}, "struct<a:string>"},
        {{LEAF("a", BYTE_ARRAY, IS(JSON))}, "struct<a:string>"},
        {{LEAF("a", BYTE_ARRAY, IS(BSON))}, "struct<a:binary>"},
        {{LEAF("a", BYTE_ARRAY, IS(GEOMETRY))}, "struct<a:binary>"},
        {{LEAF("a", FIXED_LEN_BYTE_ARRAY, IS(UUID), .type_length = 16)}, "struct<a:string>"},
        {{LEAF("a", FIXED_LEN_BYTE_ARRAY, IS(INTERVAL), .type_length = 12)}, "struct<a:string>"},
        {{LEAF("a", FIXED_LEN_BYTE_ARRAY, IS(FLOAT16), .type_length = 2)}, "struct<a:float>"},
        {{LEAF("a", INT32, IS(STRING))}, "struct<a:int>"}, // does not go together
        {{LEAF("a", INT32, IS(UNKNOWN))}, "struct<a:string>"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        expect_columns(*state, &CASES[i]);
}

// LogicalTypes.md, "Lists": the three levels, and the rules for what was written before them.
static void test_lists_of_every_generation(void **state)
{
    static const struct columns_case CASES[] = {
        {{GROUP("l", 1, OPT, IS(LIST)), GROUP("list", 1, REP), LEAF("element", INT32, OPT)},
         "struct<l:array<int>>"},
        {{GROUP("l", 1, OPT, IS(LIST)), GROUP("bag", 1, REP), LEAF("array_element", INT32, OPT)},
         "struct<l:array<int>>"},
        {{GROUP("l", 1, OPT, IS(LIST)), GROUP("element", 1, REP), LEAF("str", INT32, OPT)},
         "struct<l:array<int>>"},
        {{LEAF("l", INT32, REP)}, "struct<l:array<int>>"}, // unannotated
        {{GROUP("l", 2, REP), LEAF("x", INT32, OPT), LEAF("y", INT64, OPT)},
         "struct<l:array<struct<x:int,y:bigint>>>"},
        {{GROUP("l", 1, OPT, IS(LIST)), LEAF("array", INT32, REP)}, "struct<l:array<int>>"},
        {{GROUP("l", 1, OPT, IS(LIST)), GROUP("e", 2, REP), LEAF("x", INT32, REQ),
          LEAF("y", INT32, REQ)},
         "struct<l:array<struct<x:int,y:int>>>"},
        {{GROUP("l", 1, OPT, IS(LIST)), GROUP("array", 1, REP, IS(LIST)),
          LEAF("array", INT32, REP)},
         "struct<l:array<array<int>>>"},
        {{GROUP("l", 1, OPT, IS(LIST)), GROUP("array", 1, REP), LEAF("x", INT32, REQ)},
         "struct<l:array<struct<x:int>>>"},
        {{GROUP("l", 1, OPT, IS(LIST)), GROUP("l_tuple", 1, REP), LEAF("x", INT32, REQ)},
         "struct<l:array<struct<x:int>>>"},
        {{GROUP("l", 1, OPT, IS(LIST)), GROUP("m_tuple", 1, REP), LEAF("x", INT32, REQ)},
         "struct<l:array<int>>"},
        {{GROUP("l", 1, OPT, IS(LIST)), GROUP("list", 1, REP), GROUP("element", 1, OPT, IS(LIST)),
          GROUP("list", 1, REP), LEAF("element", INT32, OPT)},
         "struct<l:array<array<int>>>"},
        {{GROUP("l", 1, OPT, IS(LIST)), LEAF("not_repeated", INT32, OPT)},
         "struct<l:struct<not_repeated:int>>"},
        {{GROUP("l", 2, OPT, IS(LIST)), LEAF("x", INT32, REP), LEAF("y", INT32, REP)},
         "struct<l:struct<x:array<int>,y:array<int>>>"},
        {{GROUP("l", 1, OPT, IS(LIST)), GROUP("list", 0, REP), LEAF("z", INT32, OPT)},
         "struct<z:int>"}, // a list of nothing
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        expect_columns(*state, &CASES[i]);
}

static void test_maps_of_every_generation(void **state)
{
    static const struct columns_case CASES[] = {
        {{GROUP("m", 1, OPT, IS(MAP)), GROUP("key_value", 2, REP), LEAF("key", INT32, REQ),
          LEAF("value", INT64, OPT)},
         "struct<m:map<int,bigint>>"},
        {{GROUP("m", 1, OPT, IS(MAP)), GROUP("map", 2, REP, IS(MAP_KEY_VALUE)),
          LEAF("str", BYTE_ARRAY, REQ, IS(STRING)), LEAF("num", INT64, OPT)},
         "struct<m:map<string,bigint>>"},
        {{GROUP("m", 1, OPT, IS(MAP_KEY_VALUE)), GROUP("map", 2, REP), LEAF("key", INT32, REQ),
          LEAF("value", INT64, OPT)},
         "struct<m:map<int,bigint>>"},
        {{GROUP("m", 1, OPT, IS(MAP)), GROUP("key_value", 1, REP), LEAF("key", INT32, REQ)},
         "struct<m:array<int>>"},
        {{GROUP("m", 1, OPT, IS(MAP)), GROUP("key_value", 2, REP), LEAF("key", INT32, REQ),
          GROUP("value", 1, OPT, IS(LIST)), GROUP("list", 1, REP), LEAF("element", INT32, OPT)},
         "struct<m:map<int,array<int>>>"},
        {{GROUP("m", 1, OPT, IS(MAP)), GROUP("kv", 3, REP), LEAF("a", INT32, REQ),
          LEAF("b", INT32, OPT), LEAF("c", INT32, OPT)},
         "struct<m:struct<kv:array<struct<a:int,b:int,c:int>>>>"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        expect_columns(*state, &CASES[i]);
}

static void test_groups_and_names(void **state)
{
    static const struct columns_case CASES[] = {
        {{GROUP("S", 2, OPT), LEAF("A", INT32, OPT), GROUP("b", 1, OPT), LEAF("C", INT32, OPT)},
         "struct<s:struct<a:int,b:struct<c:int>>>"},
        {{LEAF("id", INT32, OPT), LEAF("ID", INT64, OPT), LEAF("Id", INT64, OPT)},
         "struct<id:int,id_1:bigint,id_2:bigint>"},
        {{LEAF("a_1", INT32, OPT), LEAF("a", INT32, OPT), LEAF("A", INT64, OPT)},
         "struct<a_1:int,a:int,a_2:bigint>"},
        {{GROUP("nothing", 0, OPT), LEAF("x", INT32, OPT)}, "struct<x:int>"},
        {{GROUP("v", 2, OPT, IS(VARIANT)), LEAF("metadata", BYTE_ARRAY, REQ),
          LEAF("value", BYTE_ARRAY, REQ)},
         "struct<v:string>"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        expect_columns(*state, &CASES[i]);
}

// Names made so that every number is taken: each still gets one, and soon.
static void test_many_equal_names(void **state)
{
    size_t count = 5000;
    struct parquet_footer footer = {.element_count = 2 * count + 1};
    footer.elements = ARENA_ARRAY(*state, struct parquet_element, footer.element_count);
    footer.elements[0].children = 2 * count;
    for (size_t i = 1; i <= 2 * count; i++) {
        struct str name = i <= count ? str_format(*state, "a_%zu", i) : S("a");
        footer.elements[i] = (struct parquet_element){.name = name, .is_leaf = true};
    }
    struct error error = {0};
    struct type *type = NULL;
    assert_int_equal(footer_link(*state, &footer, &error), OK);
    assert_int_equal(footer_type(*state, &footer, &type, &error), OK);
    assert_int_equal(type->count, 2 * count);
    assert_str(type->fields[2 * count - 1].name, "a_10000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_types_of_leaves),          ARENA_TEST(test_lists_of_every_generation),
        ARENA_TEST(test_maps_of_every_generation), ARENA_TEST(test_groups_and_names),
        ARENA_TEST(test_many_equal_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
