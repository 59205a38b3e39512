// SPDX-License-Identifier: Apache-2.0
// Shapes: what an operation's input and output look like, as data.
//
// A shape drives everything about a value: decoding it from any wire protocol, validating it (type, presence, length,
// range, pattern, enumeration), writing it as XML, and what `tarn api` prints. It says what AWS's API model says; names
// are AWS's. Validation reports all violations at once, in AWS's words:
//     2 validation errors detected: Value '' at 'name' failed to satisfy constraint: Member must have length ...
//
// A shape is written as a static const table, leaves first:
//
//     static const struct shape QUEUE_NAME = SHAPE_STRING(1, 80, "[a-zA-Z0-9_-]+");
//     static const struct field CREATE_QUEUE_FIELDS[] = {
//         {"QueueName", &QUEUE_NAME, FIELD_REQUIRED},
//         {"Attributes", &ATTRIBUTE_MAP, .wire = "Attribute"},
//         {0},
//     };
//     static const struct shape CREATE_QUEUE_INPUT = SHAPE_STRUCT(CREATE_QUEUE_FIELDS);
//
// Decoded values are JSON in one canonical form whatever the protocol: strings; whole numbers; numbers; booleans;
// timestamps as numbers of epoch seconds; blobs as base64 strings; lists as arrays; maps as objects.
#ifndef LAKE_SHAPE_H
#define LAKE_SHAPE_H

#include "base/json.h"
#include "base/xml.h"

enum shape_type {
    SHAPE_STRING,
    SHAPE_INTEGER, // whole number of 64 bits
    SHAPE_NUMBER,  // double
    SHAPE_BOOLEAN,
    SHAPE_TIMESTAMP,
    SHAPE_BLOB, // base64 in JSON and Query; min/max count decoded bytes
    SHAPE_STRUCT,
    SHAPE_LIST,
    SHAPE_MAP,
    SHAPE_ANY, // any JSON, unchecked (documents, attribute values, and what the handler checks itself)
};

struct field;
struct shape {
    enum shape_type type;
    int64_t min, max;           // length of strings, blobs, lists, maps; value of numbers. max 0: no limits at all
    const char *pattern;        // POSIX extended regular expression for the whole string, or NULL
    const char *const *values;  // NULL-terminated enumeration, or NULL
    const struct field *fields; // SHAPE_STRUCT: ended by a row without a name
    const struct shape *item;   // SHAPE_LIST, SHAPE_MAP: of the values
    const char *item_name;      // XML and Query: name of a list's item (default "member"), of a map's entry ("entry")
    const char *key_name;       // XML and Query: a map's key element (default "key") ...
    const char *value_name;     // ... and value element (default "value")
    bool flat;                  // XML and Query: no wrapper element around the items
    const char *time_format;    // timestamps in XML: NULL is ISO 8601; "http" is an HTTP date
};

enum field_flags {
    FIELD_REQUIRED = 1,
    FIELD_SECRET = 2,      // never logged, never shown
    FIELD_IGNORED = 4,     // accepted and without effect here; the service's README says so
    FIELD_REFUSED = 8,     // documented by AWS, not done here: giving it is an error that names it
    FIELD_ATTRIBUTE = 16,  // XML: an attribute of its element rather than a child
};
enum field_place {
    IN_BODY,
    IN_PATH,           // {Name} or {Name+} in the route
    IN_QUERY,
    IN_HEADER,
    IN_PREFIX_HEADERS, // a map of all headers that start with `wire`
    IN_PAYLOAD,        // the whole body is this member: XML/JSON structure, or text/bytes for a string/blob member
    IN_STREAM,         // the body is streamed as a blob (call->body in, reply body out); not a JSON member
    IN_STATUS,         // output only: the HTTP status
};
struct field {
    const char *name;
    const struct shape *shape;
    unsigned flags;
    enum field_place place;
    const char *wire; // name in header, query string, XML or Query form when it differs from `name`
};

#define SHAPE_STRING(min_, max_, pattern_) {.type = SHAPE_STRING, .min = (min_), .max = (max_), .pattern = (pattern_)}
#define SHAPE_ENUM(values_) {.type = SHAPE_STRING, .values = (values_)}
#define SHAPE_INTEGER(min_, max_) {.type = SHAPE_INTEGER, .min = (min_), .max = (max_)}
#define SHAPE_STRUCT(fields_) {.type = SHAPE_STRUCT, .fields = (fields_)}
#define SHAPE_LIST(item_, min_, max_) {.type = SHAPE_LIST, .item = (item_), .min = (min_), .max = (max_)}
#define SHAPE_MAP(item_, min_, max_) {.type = SHAPE_MAP, .item = (item_), .min = (min_), .max = (max_)}

// Common leaves without limits.
extern const struct shape ANY_STRING, ANY_INTEGER, ANY_NUMBER, ANY_BOOLEAN, ANY_TIMESTAMP, ANY_BLOB, ANY_JSON;
extern const struct shape STRING_LIST, STRING_MAP;

// Checks `input` (an object; NULL counts as {}) and yields the canonical form: unknown members dropped, timestamps as
// numbers, integers that came as text (Query, headers) converted. On violation ERR_INVALID with AWS's sentence, or
// ERR_UNSUPPORTED naming a FIELD_REFUSED member; wrong JSON types are ERR_SYNTAX ("SerializationException").
enum err shape_check(const struct shape *shape, const struct json *input, struct arena *arena,
                     struct json **out_value, struct error *error) MUST_CHECK;

// --- XML and Query forms (used by the protocols in http/)
enum err shape_from_xml(const struct shape *shape, const struct xml *element, struct arena *arena,
                        struct json **out_value, struct error *error) MUST_CHECK;
void shape_to_xml(const struct shape *shape, const struct json *value, const char *name, struct buf *out);
// `form` is an object of strings as it came ("Attribute.1.Name": "VisibilityTimeout").
enum err shape_from_form(const struct shape *shape, const struct json *form, struct arena *arena,
                         struct json **out_value, struct error *error) MUST_CHECK;

#endif
