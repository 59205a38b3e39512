// SPDX-License-Identifier: Apache-2.0
// Access keys. Root's pair is a file in the form that AWS's tools read; the others are rows.
#include "lake/lake_internal.h"

#include "os/file.h"

#include <stdlib.h>

#define CREDENTIALS_FILE_BYTES_MAX 4096
static const char KEY_ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
static const char SECRET_ALPHABET[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char TOKEN_ALPHABET[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
#define KEY_ID_CHARACTERS 16
#define SECRET_CHARACTERS 40
#define TOKEN_CHARACTERS 120

const struct credential *credential_root(struct lake *lake)
{
    return &lake->root;
}

// --- root

struct str credentials_value(struct str text, const char *name)
{
    for (struct str line; str_cut(&text, '\n', &line);) {
        struct str key;
        if (str_cut(&line, '=', &key) && line.ptr && str_is(str_trim(key), name))
            return str_trim(line);
    }
    return STR_NONE;
}

static enum err root_read(struct lake *lake, const char *path, struct error *error)
{
    struct str text;
    TRY(file_read_all(&lake->arena, path, CREDENTIALS_FILE_BYTES_MAX, &text, error));
    lake->root.access_key = credentials_value(text, "aws_access_key_id");
    lake->root.secret_key = credentials_value(text, "aws_secret_access_key");
    if (!lake->root.access_key.len || !lake->root.secret_key.len)
        return error_set(error, ERR_CORRUPT,
                         "%s: expected aws_access_key_id and aws_secret_access_key", path);
    return OK;
}

static enum err root_make(struct lake *lake, const char *path, struct error *error)
{
    struct arena *arena = &lake->arena;
    struct random *random = lake_random(lake);
    lake->root.access_key = str_format(
        arena, "AKIA%.*s", STR_ARG(random_text(random, arena, KEY_ALPHABET, KEY_ID_CHARACTERS)));
    lake->root.secret_key = random_text(random, arena, SECRET_ALPHABET, SECRET_CHARACTERS);
    struct str text =
        str_format(arena, "[default]\naws_access_key_id = %.*s\naws_secret_access_key = %.*s\n",
                   STR_ARG(lake->root.access_key), STR_ARG(lake->root.secret_key));
    return file_write_atomic(path, text, 0600, error);
}

enum err credentials_open(struct lake *lake, struct error *error)
{
    struct arena *arena = &lake->arena;
    const char *path = str_cstr(arena, str_format(arena, "%s/credentials", lake_folder(lake)));
    TRY(file_exists(path) ? root_read(lake, path, error) : root_make(lake, path, error));
    struct str account = lake_account(lake);
    lake->root.principal = (struct principal){
        .kind = PRINCIPAL_ROOT,
        .arn = str_format(arena, "arn:aws:iam::%.*s:root", STR_ARG(account)),
        .access_key = lake->root.access_key,
        .user_id = account,
    };
    return OK;
}

// --- the others

static void credential_key(struct key *key, struct str access_key)
{
    key_str(key_start(key, KEYSPACE_CREDENTIAL), access_key);
}

enum err credential_find(struct lake *lake, struct arena *arena, struct str access_key,
                         struct credential *out)
{
    if (str_eq(access_key, lake->root.access_key)) {
        *out = lake->root;
        return OK;
    }
    struct key key;
    credential_key(&key, access_key);
    struct json *row = NULL;
    struct tx *tx = tx_begin(lake->store, true);
    enum err err = tx_get_json(tx, &key, arena, &row);
    tx_abort(tx);
    TRY(err);
    struct str region;
    *out = (struct credential){
        .access_key = str_dup(arena, access_key),
        .secret_key = json_str(row, "secret_key"),
        .session_token = json_str(row, "session_token"),
        .expires_ms = json_i64_or(row, "expires_ms", 0),
    };
    principal_from_json(json_get(row, "principal"), &out->principal, &region);
    return OK;
}

enum err credential_create(struct call *call, const struct principal *principal,
                           int64_t duration_ms, struct credential *out)
{
    struct arena *arena = call->arena;
    struct credential made = {.principal = *principal};
    made.access_key = str_format(arena, "%s%.*s", duration_ms ? "ASIA" : "AKIA",
                                 STR_ARG(call_random(call, KEY_ALPHABET, KEY_ID_CHARACTERS)));
    made.secret_key = call_random(call, SECRET_ALPHABET, SECRET_CHARACTERS);
    if (duration_ms) {
        made.session_token = call_random(call, TOKEN_ALPHABET, TOKEN_CHARACTERS);
        made.expires_ms = call->now_ms + duration_ms;
    }
    made.principal.access_key = made.access_key;

    struct json *row = json_object(arena);
    json_set_str(arena, row, "secret_key", made.secret_key);
    json_set_str(arena, row, "session_token", made.session_token);
    json_set_i64(arena, row, "expires_ms", made.expires_ms);
    json_set(arena, row, "principal", principal_to_json(arena, &made.principal, STR_NONE));
    struct key key;
    credential_key(&key, made.access_key);
    TRY(tx_put_json(call->tx, &key, row));
    *out = made;
    return OK;
}

enum err credential_delete(struct call *call, struct str access_key)
{
    struct key key;
    credential_key(&key, access_key);
    return tx_delete(call->tx, &key);
}
