// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"
#include "base/xml.h"

static struct xml *parse(struct arena *arena, const char *text)
{
    struct xml *root = NULL;
    struct error error = {0};
    if (xml_parse(arena, str_of(text), &root, &error) != OK)
        fail_msg("%s", error.text);
    return root;
}

static void a_tree_without_namespaces_and_layout(void **state)
{
    struct xml *root = parse(*state, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                     "<a:Tagging xmlns:a=\"http://x/\" xmlns=\"http://y/\">\n"
                                     "  <TagSet>\n <Tag><Key>k&amp;1</Key><Value> </Value></Tag>\n"
                                     "<Tag a:type=\"T&lt;\" id='2'/></TagSet>\n</a:Tagging>");
    assert_true(str_is(root->name, "Tagging"));
    assert_int_equal(root->text.len, 0);
    assert_null(root->parent);
    struct xml *set = xml_child(root, "TagSet");
    assert_int_equal(set->count, 2);
    assert_ptr_equal(set->parent, root);
    assert_true(str_is(xml_child_text(set->children[0], "Key"), "k&1"));
    assert_true(str_is(xml_child_text(set->children[0], "Value"), " "));
    assert_null(xml_child_text(set->children[0], "Nope").ptr);
    assert_true(str_is(xml_attribute(set->children[1], "type"), "T<"));
    assert_true(str_is(xml_attribute(set->children[1], "id"), "2"));
    assert_null(xml_attribute(set->children[1], "Id").ptr);
    assert_null(xml_child(NULL, "x"));
}

static void text_is_concatenated(void **state)
{
    struct xml *root = parse(*state, "<a>1<b>x</b>2<![CDATA[<&]]>\n&#233;&quot;</a>");
    assert_true(str_is(root->text, "12<&\n\u00e9\""));
}

static void refusals(void **state)
{
    static const struct {
        const char *text;
        enum err err;
    } rows[] = {
        {"", ERR_SYNTAX},
        {"x", ERR_SYNTAX},
        {"<a>", ERR_SYNTAX},
        {"<a></b>", ERR_SYNTAX},
        {"<a/><b/>", ERR_SYNTAX},
        {"<a>&nbsp;</a>", ERR_SYNTAX},
        {"<a>\x01</a>", ERR_SYNTAX},
        {"<a>\xff</a>", ERR_SYNTAX},
        {"<a b='1' b='2'/>", ERR_SYNTAX},
        {"<p:a/>", ERR_SYNTAX},
        {"<!DOCTYPE a><a/>", ERR_SYNTAX},
        {"<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>", ERR_SYNTAX},
        {"<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", ERR_SYNTAX},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct xml *root = NULL;
        struct error error = {0};
        assert_int_equal(xml_parse(*state, str_of(rows[i].text), &root, &error), rows[i].err);
        assert_int_equal(error.kind, rows[i].err);
        assert_null(root);
    }
    struct error error = {0};
    struct xml *root;
    assert_int_equal(xml_parse(*state, S("<a><b></c></a>"), &root, &error), ERR_SYNTAX);
    assert_int_equal(error.offset, 8);
}

static void depth_is_limited(void **state)
{
    for (int depth = XML_DEPTH_MAX; depth <= XML_DEPTH_MAX + 1; depth++) {
        struct buf buf = buf_in(*state, 10000);
        for (int i = 0; i < depth; i++)
            xml_write_open(&buf, S("e"));
        for (int i = 0; i < depth; i++)
            xml_write_close(&buf, S("e"));
        struct xml *root;
        assert_int_equal(xml_parse(*state, buf_str(&buf), &root, NULL),
                         depth > XML_DEPTH_MAX ? ERR_LIMIT : OK);
    }
}

static void writing_escapes(void **state)
{
    struct buf buf = buf_in(*state, 1000);
    xml_write_element(&buf, S("K"), S("<&>\"'\r\n\t\x01\xff\xef\xbf\xbf\u00e9"));
    assert_string_equal(str_cstr(*state, buf_str(&buf)),
                        "<K>&lt;&amp;&gt;&quot;'&#13;\n\t\uFFFD\uFFFD\uFFFD\u00e9</K>");
    assert_true(str_is(parse(*state, str_cstr(*state, buf_str(&buf)))->text,
                       "<&>\"'\r\n\t\uFFFD\uFFFD\uFFFD\u00e9"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(a_tree_without_namespaces_and_layout),
        ARENA_TEST(text_is_concatenated),
        ARENA_TEST(refusals),
        ARENA_TEST(depth_is_limited),
        ARENA_TEST(writing_escapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
