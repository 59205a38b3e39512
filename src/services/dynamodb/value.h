// SPDX-License-Identifier: Apache-2.0
// Attribute values: {"S": "text"}, {"N": "12"}, {"M": {...}}, ... - the typed JSON in which
// DynamoDB speaks.
//
// Values are checked and brought to one normal form when they come in (numbers without superfluous
// zeros), so that everything behind compares and stores them as they are. Source: AttributeValue,
// Amazon DynamoDB API Reference.
#ifndef SERVICES_DYNAMODB_VALUE_H
#define SERVICES_DYNAMODB_VALUE_H

#include "base/json.h"

#define ITEM_BYTES_MAX ((size_t)400 * 1024)
#define VALUE_DEPTH_MAX 32

// The type's letters: "S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"; STR_NONE when it
// is not a value.
struct str value_type(const struct json *value);
struct json *value_content(const struct json *value); // what is behind the type

// Checks a value and yields its normal form. ERR_INVALID with DynamoDB's words.
enum err value_normalize(struct arena *arena, const struct json *value, struct json **out,
                         struct error *error) MUST_CHECK;
enum err value_normalize_item(struct arena *arena, const struct json *item, struct json **out,
                              struct error *error) MUST_CHECK;

size_t value_size(const struct json *value); // bytes, by DynamoDB's rules
size_t item_size(const struct json *item);
bool value_equal(const struct json *a, const struct json *b); // sets regardless of order
// Orders two values of one type among S, N, B; false when they cannot be ordered.
bool value_cmp(const struct json *a, const struct json *b, int *out_order);
bool value_in_set(const struct json *set, const struct json *element_content);

struct json *value_number(struct arena *arena, struct str text); // {"N": text}
// Bytes that sort as values of this type do: for keys. Content must be S, N or B in normal form.
struct str value_sortable(struct arena *arena, const struct json *value);

#endif
