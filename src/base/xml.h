// SPDX-License-Identifier: Apache-2.0
// XML: what S3's and the Query protocol's bodies need, parsed by expat.
//
// Namespaces are dropped (names are local names); external entities and DTDs are refused; depth and size are limited.
// White space between elements is not kept; an element's text is the concatenation of its character data.
#ifndef BASE_XML_H
#define BASE_XML_H

#include "base/buf.h"

#define XML_DEPTH_MAX 64
#define XML_BYTES_MAX ((size_t)64 << 20)

struct xml_attribute {
    struct str name;
    struct str value;
};
struct xml {
    struct str name;
    struct str text;
    struct xml **children;
    size_t count, capacity;
    struct xml_attribute *attributes;
    size_t attribute_count, attribute_capacity;
    struct xml *parent;
};

enum err xml_parse(struct arena *arena, struct str text, struct xml **out_root, struct error *error) MUST_CHECK;
struct xml *xml_child(const struct xml *element, const char *name); // first of that name, or NULL
struct str xml_child_text(const struct xml *element, const char *name);
struct str xml_attribute(const struct xml *element, const char *name);

// Writing. Names are trusted (they come from our tables); text is escaped, what XML 1.0 cannot carry (control
// characters, broken UTF-8) becomes U+FFFD.
void xml_write_open(struct buf *buf, struct str name);
void xml_write_close(struct buf *buf, struct str name);
void xml_write_text(struct buf *buf, struct str text);
void xml_write_element(struct buf *buf, struct str name, struct str text);

#endif
