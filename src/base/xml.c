// SPDX-License-Identifier: Apache-2.0
// Reading: expat calls back, and a stack of open elements grows the tree. Text arrives in pieces,
// so every open element has a buffer. A document type declaration stops the parser, and with it go
// entities and their bombs.
#include "base/xml.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

// Between a namespace and a local name; expat refuses it in names, and we look for the last one.
#define NAMESPACE_SEPARATOR '\n'

struct reader {
    struct arena *arena;
    XML_Parser parser;
    struct xml *root;
    struct xml *open; // innermost
    size_t depth;
    struct buf texts[XML_DEPTH_MAX];
    struct error *error;
    enum err err;
};

// --- reading

static void stop(struct reader *reader, enum err kind, const char *what)
{
    if (reader->err != OK)
        return;
    XML_Index at = XML_GetCurrentByteIndex(reader->parser);
    size_t offset = at > 0 ? (size_t)at : 0;
    reader->err =
        error_set_at(reader->error, kind, offset, "invalid XML at byte %zu: %s", offset, what);
    XML_StopParser(reader->parser, XML_FALSE);
}

static struct str local_name(struct arena *arena, const char *name)
{
    struct str whole = str_of(name);
    size_t separator = str_rfind_char(whole, NAMESPACE_SEPARATOR);
    return str_dup(arena, separator == STR_NPOS ? whole : str_from(whole, separator + 1));
}

static void on_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
    struct reader *reader = context;
    if (reader->err != OK)
        return;
    if (reader->depth == XML_DEPTH_MAX) {
        stop(reader, ERR_LIMIT, "nested too deeply");
        return;
    }
    struct xml *element = ARENA_NEW(reader->arena, struct xml);
    element->name = local_name(reader->arena, name);
    element->parent = reader->open;
    for (; attributes[0]; attributes += 2)
        *ARENA_PUSH(reader->arena, element->attributes, element->attribute_count,
                    element->attribute_capacity) =
            (struct xml_attribute){local_name(reader->arena, attributes[0]),
                                   str_dup(reader->arena, str_of(attributes[1]))};
    if (reader->open)
        *ARENA_PUSH(reader->arena, reader->open->children, reader->open->count,
                    reader->open->capacity) = element;
    else
        reader->root = element;
    reader->open = element;
    reader->texts[reader->depth++] = buf_in(reader->arena, XML_BYTES_MAX);
}

static void on_end(void *context, const XML_Char *name)
{
    struct reader *reader = context;
    if (reader->err != OK)
        return;
    struct xml *element = reader->open;
    struct str text = buf_str(&reader->texts[--reader->depth]);
    bool layout = element->count && str_trim(text).len == 0;
    element->text = layout ? S("") : text;
    reader->open = element->parent;
}

static void on_text(void *context, const XML_Char *text, int len)
{
    struct reader *reader = context;
    if (reader->err == OK && reader->depth)
        buf_put_bytes(&reader->texts[reader->depth - 1], text, (size_t)len);
}

static void on_doctype(void *context, const XML_Char *name, const XML_Char *system_id,
                       const XML_Char *public_id, int has_internal_subset)
{
    stop(context, ERR_SYNTAX, "document type declarations are not accepted");
}

static enum err read_all(struct reader *reader, struct str text)
{
    XML_SetUserData(reader->parser, reader);
    XML_SetElementHandler(reader->parser, on_start, on_end);
    XML_SetCharacterDataHandler(reader->parser, on_text);
    XML_SetStartDoctypeDeclHandler(reader->parser, on_doctype);
    enum XML_Status status =
        XML_Parse(reader->parser, text.ptr ? text.ptr : "", (int)text.len, XML_TRUE);
    if (status != XML_STATUS_OK)
        stop(reader, ERR_SYNTAX, XML_ErrorString(XML_GetErrorCode(reader->parser)));
    return reader->err;
}

enum err xml_parse(struct arena *arena, struct str text, struct xml **out_root, struct error *error)
{
    if (text.len > XML_BYTES_MAX)
        return error_set(error, ERR_LIMIT, "an XML document holds at most %zu bytes",
                         XML_BYTES_MAX);
    struct reader reader = {.arena = arena, .error = error};
    reader.parser = XML_ParserCreateNS(NULL, NAMESPACE_SEPARATOR);
    if (!reader.parser)
        abort();
    enum err err = read_all(&reader, text);
    XML_ParserFree(reader.parser);
    if (err == OK)
        *out_root = reader.root;
    return err;
}

struct xml *xml_child(const struct xml *element, const char *name)
{
    for (size_t i = 0; element && i < element->count; i++)
        if (str_is(element->children[i]->name, name))
            return element->children[i];
    return NULL;
}

struct str xml_child_text(const struct xml *element, const char *name)
{
    const struct xml *child = xml_child(element, name);
    return child ? child->text : STR_NONE;
}

struct str xml_attribute(const struct xml *element, const char *name)
{
    for (size_t i = 0; element && i < element->attribute_count; i++)
        if (str_is(element->attributes[i].name, name))
            return element->attributes[i].value;
    return STR_NONE;
}

// --- writing

void xml_write_open(struct buf *buf, struct str name)
{
    buf_put_char(buf, '<');
    buf_put(buf, name);
    buf_put_char(buf, '>');
}

void xml_write_close(struct buf *buf, struct str name)
{
    buf_puts(buf, "</");
    buf_put(buf, name);
    buf_put_char(buf, '>');
}

#define REPLACEMENT "\xEF\xBF\xBD"

// What stands for the character at s, or NULL when it stands for itself; *out_len is its length in
// s.
static const char *text_escape(struct str s, size_t *out_len)
{
    unsigned char c = (unsigned char)s.ptr[0];
    *out_len = 1;
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\r':
        return "&#13;"; // a bare one would be read back as a line feed
    case '\t':
    case '\n':
        return NULL;
    default:
        break;
    }
    if (str_starts(s, S("\xEF\xBF\xBE")) || str_starts(s, S("\xEF\xBF\xBF"))) { // U+FFFE, U+FFFF
        *out_len = 3;
        return REPLACEMENT;
    }
    return c < 0x20 ? REPLACEMENT : NULL;
}

static void write_valid(struct buf *buf, struct str s)
{
    size_t start = 0;
    for (size_t i = 0, len; i < s.len; i += len) {
        const char *escape = text_escape(str_from(s, i), &len);
        if (!escape)
            continue;
        buf_put(buf, str_slice(s, start, i));
        buf_puts(buf, escape);
        start = i + len;
    }
    buf_put(buf, str_from(s, start));
}

void xml_write_text(struct buf *buf, struct str text)
{
    while (text.len) {
        size_t valid = str_utf8_prefix(text);
        write_valid(buf, str_slice(text, 0, valid));
        if (valid < text.len)
            buf_puts(buf, REPLACEMENT);
        text = str_from(text, valid + 1);
    }
}

void xml_write_element(struct buf *buf, struct str name, struct str text)
{
    xml_write_open(buf, name);
    xml_write_text(buf, text);
    xml_write_close(buf, name);
}
