// SPDX-License-Identifier: Apache-2.0
// Access keys: who signs, and with which secret.
//
// Root's key is made at the first start and kept in DIR/credentials (mode 0600). Others are rows of
// KEYSPACE_CREDENTIAL: long-lived ones of IAM users, temporary ones of STS and of functions' sandboxes, which carry a
// session token and an expiry.
#ifndef LAKE_CREDENTIALS_H
#define LAKE_CREDENTIALS_H

#include "lake/lake.h"

struct credential {
    struct str access_key;
    struct str secret_key;
    struct str session_token; // "" for long-lived keys
    int64_t expires_ms;       // 0: never
    struct principal principal;
};
// ERR_NOT_FOUND when there is no such key. An expired one is found: the caller says so to the client.
enum err credential_find(struct lake *lake, struct arena *arena, struct str access_key, struct credential *out) MUST_CHECK;
// A setting of a credentials file in the form that AWS's tools read ("aws_access_key_id = ..."); STR_NONE when absent.
struct str credentials_value(struct str text, const char *name);
const struct credential *credential_root(struct lake *lake);
// Makes and stores a key in the call's transaction. duration_ms 0: long-lived ("AKIA..."), else temporary ("ASIA...").
enum err credential_create(struct call *call, const struct principal *principal, int64_t duration_ms, struct credential *out) MUST_CHECK;
enum err credential_delete(struct call *call, struct str access_key) MUST_CHECK;

#endif
