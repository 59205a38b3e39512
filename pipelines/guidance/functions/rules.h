// SPDX-License-Identifier: Apache-2.0
// A dataset's rules: what the administrator wants done to each record on its way to the stage
// bucket.
//
// They are one JSON object, s3://<lake>-artifacts/transforms/<dataset>.json; paths are dotted
// ("address.city"):
//
//     {"keep": ["id", "name", "mail"],            only these (a whole struct, or a part of one)
//      "drop": ["internal"],                      not these
//      "default": {"country": "CH"},              where missing or null
//      "cast": {"id": "bigint", "score": "double", "active": "boolean", "code": "string"},
//      "hash": ["mail"],                          SHA-256 of the value's text, in hexadecimal
//      "flatten": ["name"],                       {"name": {"last": ...}} becomes {"name_last":
//      ...} "rename": {"name_last": "surname"}}        of top-level members
//
// They apply in this order. A value that cannot be cast makes its record bad.
#ifndef RULES_H
#define RULES_H

#include "base/json.h"

// ERR_INVALID names what is wrong with the rules.
enum err rules_check(const struct json *rules, struct error *error) MUST_CHECK;
// Applies checked rules (NULL: none). ERR_INVALID with the reason when the record does not fit.
enum err rules_apply(const struct json *rules, struct arena *arena, struct json *record,
                     struct json **out_record, struct error *error) MUST_CHECK;

#endif
