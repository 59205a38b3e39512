// SPDX-License-Identifier: Apache-2.0
// A recursive reader over libyaml's events.
//
// Aliases make a small text a large document: each anchor remembers how many values it holds when
// written out, and every use of it counts that many, so that whoever walks or writes the document
// is safe from "billion laughs".
#include "base/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct anchor {
    struct str name;
    struct json *value;
    size_t nodes;
};

struct reader {
    yaml_parser_t parser;
    struct arena *arena;
    struct str text;
    yaml_tag *local_tag;
    struct error *error;
    struct anchor *anchors;
    size_t anchor_count, anchor_capacity;
    size_t nodes; // of the whole document so far, aliases written out
    size_t depth;
};

// Marks count characters; errors count bytes.
static size_t byte_of(struct str text, size_t characters)
{
    size_t at = 0;
    for (; at < text.len; at++)
        if (((unsigned char)text.ptr[at] & 0xC0) != 0x80 && characters-- == 0)
            break;
    return at;
}

static enum err refuse(struct reader *reader, enum err kind, yaml_mark_t mark, const char *what)
{
    return error_set_at(reader->error, kind, byte_of(reader->text, mark.index),
                        "%s (line %zu, column %zu)", what, mark.line + 1, mark.column + 1);
}

static enum err next(struct reader *reader, yaml_event_t *event)
{
    if (yaml_parser_parse(&reader->parser, event))
        return OK;
    yaml_mark_t mark = reader->parser.problem_mark;
    const char *problem = reader->parser.problem ? reader->parser.problem : "not well-formed";
    return refuse(reader, ERR_SYNTAX, mark, problem);
}

// --- scalars

static bool is_one_of(struct str s, const char *const *words)
{
    for (; *words; words++)
        if (str_is(s, *words))
            return true;
    return false;
}

static struct json *plain_value(struct arena *arena, struct str s)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
    static const char *const trues[] = {"true", "True", "TRUE", "yes", "Yes",
                                        "YES",  "on",   "On",   "ON",  NULL};
    static const char *const falses[] = {"false", "False", "FALSE", "no",  "No",
                                         "NO",    "off",   "Off",   "OFF", NULL};
    if (is_one_of(s, nulls))
        return json_null(arena);
    if (is_one_of(s, trues) || is_one_of(s, falses))
        return json_bool(arena, is_one_of(s, trues));
    return json_number_is(s) ? json_number(arena, s) : json_string(arena, s);
}

// A value under one of YAML's own tags; NULL when it is none of that kind.
static struct json *core_tagged(struct arena *arena, struct str tag, struct json *value,
                                struct str text)
{
    if (str_is(tag, "str"))
        return value->type == JSON_ARRAY || value->type == JSON_OBJECT ? NULL
                                                                       : json_string(arena, text);
    static const struct {
        const char *tag;
        enum json_type type;
    } kinds[] = {{"int", JSON_NUMBER}, {"float", JSON_NUMBER}, {"bool", JSON_BOOL},
                 {"null", JSON_NULL},  {"map", JSON_OBJECT},   {"seq", JSON_ARRAY}};
    if (value->type == JSON_STRING)
        value = plain_value(arena, text);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_is(tag, kinds[i].tag) && value->type == kinds[i].type)
            return value;
    return NULL;
}

// Applies the node's tag, if it has one.
static enum err tagged(struct reader *reader, const yaml_char_t *tag_text, yaml_mark_t mark,
                       struct str text, struct json **value)
{
    struct str tag = str_of((const char *)tag_text), core = S("tag:yaml.org,2002:");
    struct json *made = NULL;
    if (!tag.len || str_is(tag, "!"))
        return OK;
    if (str_starts(tag, core))
        made = core_tagged(reader->arena, str_from(tag, core.len), *value, text);
    else if (tag.ptr[0] == '!' && reader->local_tag)
        made = reader->local_tag(reader->arena, str_dup(reader->arena, str_from(tag, 1)), *value);
    if (!made) {
        char what[200];
        snprintf(what, sizeof what, "the tag %.*s is not supported here",
                 (int)(tag.len < 120 ? tag.len : 120), tag.ptr);
        return refuse(reader, ERR_SYNTAX, mark, what);
    }
    *value = made;
    return OK;
}

// --- nodes

static enum err read_node(struct reader *reader, yaml_event_t *event, struct json **out);

static enum err count_nodes(struct reader *reader, yaml_mark_t mark, size_t nodes)
{
    reader->nodes += nodes;
    if (reader->nodes > YAML_NODES_MAX)
        return refuse(reader, ERR_LIMIT, mark, "the document is too large");
    return OK;
}

static void remember(struct reader *reader, struct str name, struct json *value, size_t nodes)
{
    if (!name.len)
        return;
    *ARENA_PUSH(reader->arena, reader->anchors, reader->anchor_count, reader->anchor_capacity) =
        (struct anchor){name, value, nodes};
}

static enum err read_alias(struct reader *reader, yaml_event_t *event, struct json **out)
{
    struct str name = str_of((const char *)event->data.alias.anchor);
    for (size_t i = reader->anchor_count; i > 0; i--) { // the last of a name counts
        struct anchor *anchor = &reader->anchors[i - 1];
        if (!str_eq(anchor->name, name))
            continue;
        *out = anchor->value;
        return count_nodes(reader, event->start_mark, anchor->nodes);
    }
    return refuse(reader, ERR_SYNTAX, event->start_mark, "found undefined alias");
}

static enum err read_scalar(struct reader *reader, yaml_event_t *event, struct json **out)
{
    struct str text = str_dup(
        reader->arena, str_n((const char *)event->data.scalar.value, event->data.scalar.length));
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    // A local tag on a plain scalar takes it as it is written: !Ref no, !Select [0, ...].
    bool bare = plain && !event->data.scalar.tag;
    *out = bare ? plain_value(reader->arena, text) : json_string(reader->arena, text);
    return tagged(reader, event->data.scalar.tag, event->start_mark, text, out);
}

static enum err read_items(struct reader *reader, struct json *array)
{
    for (;;) {
        yaml_event_t event;
        TRY(next(reader, &event));
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&event);
            return OK;
        }
        struct json *item = NULL;
        enum err err = read_node(reader, &event, &item);
        yaml_event_delete(&event);
        TRY(err);
        json_push(reader->arena, array, item);
    }
}

static enum err key_of(struct reader *reader, const yaml_event_t *event, struct str *out_key)
{
    if (event->type != YAML_SCALAR_EVENT)
        return refuse(reader, ERR_SYNTAX, event->start_mark, "a key must be a plain value");
    struct str key = str_n((const char *)event->data.scalar.value, event->data.scalar.length);
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && str_is(key, "<<"))
        return refuse(reader, ERR_SYNTAX, event->start_mark, "merge keys (<<) are not supported");
    *out_key = str_dup(reader->arena, key);
    remember(reader, str_dup(reader->arena, str_of((const char *)event->data.scalar.anchor)),
             json_string(reader->arena, *out_key), 1);
    return OK;
}

static int compare_names(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

// Looked for once at the end, sorted: looking back at each key would take quadratic time.
static enum err check_unique(struct reader *reader, const struct json *object, yaml_mark_t mark)
{
    struct str *names = ARENA_ARRAY(reader->arena, struct str, object->count + 1);
    for (size_t i = 0; i < object->count; i++)
        names[i] = object->members[i].name;
    qsort(names, object->count, sizeof *names, compare_names);
    for (size_t i = 1; i < object->count; i++)
        if (str_eq(names[i - 1], names[i])) {
            char what[200];
            snprintf(what, sizeof what, "the key \"%.*s\" comes twice in the mapping that begins",
                     (int)(names[i].len < 100 ? names[i].len : 100), names[i].ptr);
            return refuse(reader, ERR_SYNTAX, mark, what);
        }
    return OK;
}

static enum err read_members(struct reader *reader, struct json *object)
{
    for (;;) {
        yaml_event_t event;
        TRY(next(reader, &event));
        if (event.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&event);
            return OK;
        }
        struct str key = STR_NONE;
        enum err err = key_of(reader, &event, &key);
        yaml_event_delete(&event);
        TRY(err);
        TRY(next(reader, &event));
        struct json *value = NULL;
        err = read_node(reader, &event, &value);
        yaml_event_delete(&event);
        TRY(err);
        *ARENA_PUSH(reader->arena, object->members, object->count, object->capacity) =
            (struct json_member){key, value};
    }
}

static enum err read_collection(struct reader *reader, yaml_event_t *event, struct json **out)
{
    bool mapping = event->type == YAML_MAPPING_START_EVENT;
    if (++reader->depth > YAML_DEPTH_MAX)
        return refuse(reader, ERR_LIMIT, event->start_mark, "nested too deeply");
    struct json *value = mapping ? json_object(reader->arena) : json_array(reader->arena);
    TRY(mapping ? read_members(reader, value) : read_items(reader, value));
    if (mapping)
        TRY(check_unique(reader, value, event->start_mark));
    reader->depth--;
    *out = value;
    const yaml_char_t *tag =
        mapping ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    return tagged(reader, tag, event->start_mark, STR_NONE, out);
}

static struct str anchor_of(struct arena *arena, const yaml_event_t *event)
{
    const yaml_char_t *anchor = event->type == YAML_SCALAR_EVENT ? event->data.scalar.anchor
                                : event->type == YAML_MAPPING_START_EVENT
                                    ? event->data.mapping_start.anchor
                                    : event->data.sequence_start.anchor;
    return str_dup(arena, str_of((const char *)anchor));
}

static enum err read_node(struct reader *reader, yaml_event_t *event, struct json **out)
{
    if (event->type == YAML_ALIAS_EVENT)
        return read_alias(reader, event, out);
    size_t before = reader->nodes;
    TRY(count_nodes(reader, event->start_mark, 1));
    TRY(event->type == YAML_SCALAR_EVENT ? read_scalar(reader, event, out)
                                         : read_collection(reader, event, out));
    remember(reader, anchor_of(reader->arena, event), *out, reader->nodes - before);
    return OK;
}

// --- the document

// Stream start, document start, one node, document end, stream end. Nothing at all is null.
static enum err read_stream(struct reader *reader, struct json **out)
{
    *out = json_null(reader->arena);
    for (bool seen = false;;) {
        yaml_event_t event;
        TRY(next(reader, &event));
        yaml_event_type_t type = event.type;
        enum err err = OK;
        if (type == YAML_DOCUMENT_START_EVENT && seen)
            err = refuse(reader, ERR_SYNTAX, event.start_mark, "there is more than one document");
        else if (type == YAML_SCALAR_EVENT || type == YAML_MAPPING_START_EVENT ||
                 type == YAML_SEQUENCE_START_EVENT || type == YAML_ALIAS_EVENT)
            err = read_node(reader, &event, out);
        seen = seen || type == YAML_DOCUMENT_START_EVENT;
        yaml_event_delete(&event);
        TRY(err);
        if (type == YAML_STREAM_END_EVENT)
            return OK;
    }
}

enum err yaml_parse(struct arena *arena, struct str text, yaml_tag *local_tag,
                    struct json **out_value, struct error *error)
{
    if (!str_is_utf8(text))
        return error_set_at(error, ERR_SYNTAX, str_utf8_prefix(text), "not valid UTF-8");
    struct reader reader = {.arena = arena, .text = text, .local_tag = local_tag, .error = error};
    if (!yaml_parser_initialize(&reader.parser))
        abort(); // out of memory
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)(text.ptr ? text.ptr : ""),
                                 text.len);
    struct json *value = NULL;
    enum err err = read_stream(&reader, &value);
    yaml_parser_delete(&reader.parser);
    if (err == OK)
        *out_value = value;
    return err;
}
