// SPDX-License-Identifier: Apache-2.0
// Shapes: violations in AWS's words, canonical values, XML and form spellings there and back.
#include "lake/shape_pattern.h"
#include "lake/shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

static const char *const COLORS[] = {"RED", "GREEN", NULL};
static const struct shape NAME = SHAPE_STRING(1, 8, "[a-zA-Z0-9_.-]+");
static const struct shape COLOR = SHAPE_ENUM(COLORS);
static const struct shape COUNT = SHAPE_INTEGER(1, 10);
static const struct field TAG_FIELDS[] = {
    {"Key", &NAME, FIELD_REQUIRED},
    {"Value", &ANY_STRING},
    {0},
};
static const struct shape TAG = SHAPE_STRUCT(TAG_FIELDS);
static const struct shape TAGS = SHAPE_LIST(&TAG, 0, 2);
static const struct shape ATTRIBUTES = {.type = SHAPE_MAP,
                                        .item = &ANY_STRING,
                                        .flat = true,
                                        .key_name = "Name",
                                        .value_name = "Value"};
static const struct shape FLAT_TAGS = {.type = SHAPE_LIST, .item = &TAG, .flat = true};
static const struct shape SMALL_BLOB = {.type = SHAPE_BLOB, .min = 1, .max = 4};
static const struct field THING_FIELDS[] = {
    {"ThingName", &NAME, FIELD_REQUIRED},
    {"Color", &COLOR},
    {"Count", &COUNT},
    {"Ratio", &ANY_NUMBER},
    {"Open", &ANY_BOOLEAN},
    {"Since", &ANY_TIMESTAMP},
    {"Bytes", &SMALL_BLOB},
    {"Tags", &TAGS},
    {"Attributes", &ATTRIBUTES, .wire = "Attribute"},
    {"Labels", &FLAT_TAGS, .wire = "Label"},
    {"Extra", &ANY_JSON},
    {"Secret", &NAME, FIELD_SECRET},
    {"Policy", &ANY_STRING, FIELD_REFUSED},
    {"Kind", &ANY_STRING, FIELD_ATTRIBUTE, .wire = "xsi:type"},
    {0},
};
static const struct shape THING = SHAPE_STRUCT(THING_FIELDS);

static struct arena arena;
static struct error error;

static int setup(void **state)
{
    arena_init(&arena);
    error = (struct error){0};
    return 0;
}

static int teardown(void **state)
{
    arena_deinit(&arena);
    return 0;
}

static struct json *parse(const char *text)
{
    struct json *value;
    assert_int_equal(json_parse(&arena, str_of(text), &value, &error), OK);
    return value;
}

static void assert_json(const struct json *value, const char *expected)
{
    assert_string_equal(str_cstr(&arena, json_text(&arena, value)), expected);
}

static void assert_checked(const char *input, const char *expected)
{
    struct json *value = NULL;
    assert_int_equal(shape_check(&THING, parse(input), &arena, &value, &error), OK);
    assert_json(value, expected);
}

static void assert_refused(const char *input, enum err kind, const char *text)
{
    struct json *value = NULL;
    assert_int_equal(shape_check(&THING, parse(input), &arena, &value, &error), kind);
    assert_string_equal(error.text, text);
    assert_null(value);
}

static void patterns_of_clients(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool sound, matches;
    } cases[] = {
        {"[a-z][a-z0-9-]{1,40}", "lake-1", true, true},
        {"[a-z][a-z0-9-]{1,40}", "1ake", true, false},
        {"\\d+\\.\\d+|none", "10.5", true, true},
        {"\\d+\\.\\d+|none", "none at all", true, false},
        {"[a-z", "a", false, false},
        {"(?=a)a", "a", false, false},
        {"(a)\\1", "aa", false, false},
        {"((a{1,1000}){1,1000}){1,1000}", "a", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool matches = false;
        bool sound = pattern_match_once(str_of(cases[i].pattern), str_of(cases[i].text), &matches);
        if (sound != cases[i].sound || matches != cases[i].matches)
            fail_msg("%s on %s", cases[i].pattern, cases[i].text);
    }
}

static void canonical_form(void **state)
{
    assert_checked(
        "{\"ThingName\":\"a\",\"Unknown\":1,\"Color\":null,\"Count\":\"7\",\"Open\":\"true\"}",
        "{\"ThingName\":\"a\",\"Count\":7,\"Open\":true}");
    assert_checked(
        "{\"ThingName\":\"a\",\"Since\":\"1970-01-01T00:01:00Z\",\"Extra\":{\"x\":[1,{}]}}",
        "{\"ThingName\":\"a\",\"Since\":60.000,\"Extra\":{\"x\":[1,{}]}}");
    assert_checked("{\"ThingName\":\"a\",\"Bytes\":\"AAEC\",\"Ratio\":\"0.5\"}",
                   "{\"ThingName\":\"a\",\"Ratio\":0.5,\"Bytes\":\"AAEC\"}");
}

static void violations(void **state)
{
    assert_refused(
        "{}", ERR_INVALID,
        "1 validation error detected: Value null at 'thingName' failed to satisfy constraint: "
        "Member must not be null");
    assert_refused(
        "{\"ThingName\":\"\",\"Count\":11}", ERR_INVALID,
        "3 validation errors detected: Value '' at 'thingName' failed to satisfy constraint: "
        "Member "
        "must have length greater than or equal to 1; Value '' at 'thingName' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value '11' "
        "at "
        "'count' failed to satisfy constraint: Member must have value less than or equal to 10");
    assert_refused(
        "{\"ThingName\":\"a\",\"Color\":\"BLUE\"}", ERR_INVALID,
        "1 validation error detected: Value 'BLUE' at 'color' failed to satisfy constraint: Member "
        "must satisfy enum value set: [RED, GREEN]");
    assert_refused(
        "{\"ThingName\":\"a\",\"Tags\":[{\"Key\":\"k\"},{}]}", ERR_INVALID,
        "1 validation error detected: Value null at 'tags.2.member.key' failed to satisfy "
        "constraint: Member must not be null");
    assert_refused(
        "{\"ThingName\":\"a\",\"Bytes\":\"AAECAwQ=\"}", ERR_INVALID,
        "1 validation error detected: Value at 'bytes' failed to satisfy constraint: Member must "
        "have length less than or equal to 4");
    assert_refused(
        "{\"ThingName\":\"a\",\"Secret\":\"far too long\"}", ERR_INVALID,
        "2 validation errors detected: Value at 'secret' failed to satisfy constraint: Member must "
        "have length less than or equal to 8; Value at 'secret' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
}

// Length counts characters, not bytes.
static void length_in_characters(void **state)
{
    static const struct shape four = SHAPE_STRING(1, 4, NULL);
    struct json *value;
    assert_int_equal(shape_check(&four, parse("\"\xC3\xA4\xC3\xB6\xE2\x82\xAC\xF0\x9F\x98\x80\""),
                                 &arena, &value, &error),
                     OK);
    assert_int_equal(shape_check(&four, parse("\"12345\""), &arena, &value, &error), ERR_INVALID);
}

static void wrong_types(void **state)
{
    assert_refused("{\"ThingName\":5}", ERR_SYNTAX,
                   "NUMBER_VALUE can not be converted to a String at 'thingName'");
    assert_refused("{\"ThingName\":\"a\",\"Count\":1.5}", ERR_SYNTAX,
                   "NUMBER_VALUE can not be converted to an Integer at 'count'");
    assert_refused("{\"ThingName\":\"a\",\"Tags\":{}}", ERR_SYNTAX,
                   "STRUCTURE_VALUE can not be converted to a List at 'tags'");
    assert_refused("{\"ThingName\":\"a\",\"Bytes\":\"?\"}", ERR_SYNTAX,
                   "Invalid base64 at 'bytes'");
    assert_refused("{\"ThingName\":\"a\",\"Policy\":\"{}\"}", ERR_UNSUPPORTED,
                   "The parameter Policy is not supported by Tarn.");
}

static void patterns(void **state)
{
    assert_true(pattern_matches("[a-z]{2,3}", S("abc")));
    assert_false(pattern_matches("[a-z]{2,3}", S("abcd")));
    assert_true(pattern_matches("[\\.\\-_A-Za-z0-9]+", S("a-b.c_D")));
    assert_false(pattern_matches("[\\.\\-_A-Za-z0-9]+", S("a\\b")));
    assert_true(
        pattern_matches("arn:(?:aws[a-zA-Z-]*)?:lambda:\\d{12}", S("arn:aws:lambda:123456789012")));
    assert_false(
        pattern_matches("arn:(aws[a-zA-Z-]*)?:lambda:\\d{12}", S("arn:aws:lambda:12345678901")));
    assert_true(pattern_matches("a|bc", S("bc")));
    assert_false(pattern_matches("a|bc", S("abc")));
    assert_true(pattern_matches("[^:]*", S("")));
    assert_false(pattern_matches("x[\\]^-]y", S("xay")));
    assert_true(pattern_matches("x[\\]^-]y", S("x-y")));
    assert_true(pattern_matches("x[\\^]y", S("x^y")));
    assert_false(pattern_matches("(a)[\\w]+", S("a-")));
    assert_true(pattern_is_sound("([0-9]+)(\\.[0-9]+)?"));
    assert_false(pattern_is_sound("(?!aws:).*"));
}

static void from_xml(void **state)
{
    static const char text[] =
        "<Thing xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
        "xsi:type=\"Box\"><ThingName> a </ThingName>"
        "<Count> 3 </Count><Tags><member><Key>k</Key><Value>1 &amp; 2</Value></member></Tags>"
        "<Label><Key>x</Key></Label><Label><Key>y</Key></Label>"
        "<Attribute><Name>n</Name><Value>v</Value></Attribute></Thing>";
    struct xml *root;
    struct json *value;
    assert_int_equal(xml_parse(&arena, str_of(text), &root, &error), OK);
    assert_int_equal(shape_from_xml(&THING, root, &arena, &value, &error), OK);
    assert_json(
        value,
        "{\"ThingName\":\" a \",\"Count\":\"3\",\"Tags\":[{\"Key\":\"k\",\"Value\":\"1 & 2\"}],"
        "\"Attributes\":{\"n\":\"v\"},\"Labels\":[{\"Key\":\"x\"},{\"Key\":\"y\"}]}");
}

static void to_xml(void **state)
{
    struct buf out = buf_in(&arena, 4096);
    shape_to_xml(
        &THING,
        parse("{\"ThingName\":\"a<b\",\"Count\":3,\"Open\":false,\"Since\":60,\"Kind\":\"Box\","
              "\"Tags\":[{\"Key\":\"k\"}],\"Labels\":[{\"Key\":\"x\"},{\"Key\":\"y\"}],"
              "\"Attributes\":{\"n\":\"v\"},\"Unknown\":1}"),
        "Thing", &out);
    assert_string_equal(
        str_cstr(&arena, buf_str(&out)),
        "<Thing xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"Box\">"
        "<ThingName>a&lt;b</ThingName><Count>3</Count><Open>false</Open>"
        "<Since>1970-01-01T00:01:00.000Z</Since><Tags><member><Key>k</Key></member></Tags>"
        "<Attribute><Name>n</Name><Value>v</Value></Attribute>"
        "<Label><Key>x</Key></Label><Label><Key>y</Key></Label></Thing>");
}

static void from_form(void **state)
{
    struct json *value;
    assert_int_equal(shape_from_form(&THING,
                                     parse("{\"Action\":\"CreateThing\",\"ThingName\":\"a\","
                                           "\"Count\":\"3\",\"Tags.member.1.Key\":\"k\","
                                           "\"Tags.member.2.Key\":\"l\",\"Attribute.1.Name\":\"n\","
                                           "\"Attribute.1.Value\":\"v\","
                                           "\"Label.1.Key\":\"x\",\"Label.1.Value\":\"\"}"),
                                     &arena, &value, &error),
                     OK);
    assert_json(value,
                "{\"ThingName\":\"a\",\"Count\":\"3\",\"Tags\":[{\"Key\":\"k\"},{\"Key\":\"l\"}],"
                "\"Attributes\":{\"n\":\"v\"},\"Labels\":[{\"Key\":\"x\",\"Value\":\"\"}]}");
    assert_int_equal(
        shape_from_form(&THING, parse("{\"Attribute.1.Value\":\"v\"}"), &arena, &value, &error),
        ERR_SYNTAX);
    assert_int_equal(shape_from_form(&THING, parse("{\"Tags\":\"\"}"), &arena, &value, &error), OK);
    assert_json(value, "{\"Tags\":[]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(patterns, setup, teardown),
        cmocka_unit_test(patterns_of_clients),
        cmocka_unit_test_setup_teardown(canonical_form, setup, teardown),
        cmocka_unit_test_setup_teardown(violations, setup, teardown),
        cmocka_unit_test_setup_teardown(length_in_characters, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_types, setup, teardown),
        cmocka_unit_test_setup_teardown(from_xml, setup, teardown),
        cmocka_unit_test_setup_teardown(to_xml, setup, teardown),
        cmocka_unit_test_setup_teardown(from_form, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
