// SPDX-License-Identifier: Apache-2.0
// One request is built as a struct http_request, signed by http/sigv4.h, and sent by libcurl.
#include "cli/client.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/timefmt.h"
#include "http/sigv4.h"
#include "lake/credentials.h"
#include "os/clock.h"
#include "os/file.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLY_BYTES_MAX ((size_t)256 << 20)
#define CREDENTIALS_BYTES_MAX 4096
#define FILE_PIECE_BYTES ((size_t)1 << 20)
#define ENDPOINT_DEFAULT "http://127.0.0.1:4566"

// ================================================================ opening

static const char *first_of(const char *a, const char *b, const char *c)
{
    return a && *a ? a : b && *b ? b : c;
}

static enum err find_credentials(struct client *client, const char *data)
{
    const char *key = getenv("AWS_ACCESS_KEY_ID"), *secret = getenv("AWS_SECRET_ACCESS_KEY");
    if (key && *key && secret && *secret) {
        client->access_key = str_of(key);
        client->secret_key = str_of(secret);
        client->token = str_of(getenv("AWS_SESSION_TOKEN"));
        return OK;
    }
    struct str text;
    const char *path = str_cstr(client->arena, str_format(client->arena, "%s/credentials", data));
    if (file_read_all(client->arena, path, CREDENTIALS_BYTES_MAX, &text, NULL) != OK)
        return error_set(&client->error, ERR_IO,
                         "no credentials: %s is not there, and AWS_ACCESS_KEY_ID is not "
                         "set.\nStart a lake with `tarn serve`, "
                         "or say where its data is with --data DIR",
                         path);
    client->access_key = credentials_value(text, "aws_access_key_id");
    client->secret_key = credentials_value(text, "aws_secret_access_key");
    return OK;
}

enum err client_open(struct arena *arena, const struct client_options *options, struct client *out)
{
    *out = (struct client){.arena = arena};
    out->endpoint =
        str_of(first_of(options->endpoint, getenv("AWS_ENDPOINT_URL"), ENDPOINT_DEFAULT));
    while (str_ends(out->endpoint, S("/")))
        out->endpoint.len--;
    size_t scheme = str_find(out->endpoint, S("://"));
    out->host = scheme == STR_NPOS ? out->endpoint : str_from(out->endpoint, scheme + 3);
    out->region = str_of(first_of(options->region, getenv("AWS_REGION"), "us-east-1"));
    TRY(find_credentials(out, first_of(options->data, NULL, "./tarn-data")));
    out->curl = curl_easy_init();
    return out->curl ? OK : error_set(&out->error, ERR_IO, "libcurl could not be started");
}

void client_close(struct client *client)
{
    if (client->curl)
        curl_easy_cleanup(client->curl);
}

int client_explain(const struct client *client)
{
    if (client->code.len)
        return cli_fail("%.*s: %s", STR_ARG(client->code), client->error.text);
    return cli_fail("%s", client->error.text);
}

// ================================================================ a request

struct sending {
    struct client *client;
    const char *service, *method;
    struct str path, query; // encoded
    struct str content_type, target;
    struct str body; // or
    int body_fd;     // a file of body_bytes
    uint64_t body_bytes;
    struct str body_sha256;
    client_progress *progress;
    void *context;
    // reply
    struct buf reply;
};

static void add_header(struct arena *arena, struct http_request *request, const char *name,
                       struct str value)
{
    struct http_header *grown = ARENA_ARRAY(arena, struct http_header, request->header_count + 1);
    for (size_t i = 0; i < request->header_count; i++)
        grown[i] = request->headers[i];
    grown[request->header_count] = (struct http_header){str_of(name), value};
    request->headers = grown;
    request->header_count++;
}

static struct curl_slist *signed_headers(struct sending *s)
{
    struct client *c = s->client;
    struct clock *clock = clock_new_real();
    int64_t now_ms = clock_now_ms(clock);
    clock_free(clock);
    struct http_request request = {.arena = c->arena,
                                   .method = str_of(s->method),
                                   .path = s->path,
                                   .query = s->query,
                                   .host = c->host};
    request.target = s->query.len
                         ? str_format(c->arena, "%.*s?%.*s", STR_ARG(s->path), STR_ARG(s->query))
                         : s->path;
    add_header(c->arena, &request, "host", c->host);
    add_header(c->arena, &request, "x-amz-date", time_basic(c->arena, now_ms));
    add_header(c->arena, &request, "x-amz-content-sha256", s->body_sha256);
    if (c->token.len)
        add_header(c->arena, &request, "x-amz-security-token", c->token);
    if (s->content_type.len)
        add_header(c->arena, &request, "content-type", s->content_type);
    if (s->target.len)
        add_header(c->arena, &request, "x-amz-target", s->target);
    struct sigv4_signer signer = {c->access_key, c->secret_key,      c->token,
                                  c->region,     str_of(s->service), now_ms};
    struct str authorization = sigv4_authorization(c->arena, &signer, &request, s->body_sha256);
    add_header(c->arena, &request, "authorization", authorization);

    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    for (size_t i = 0; i < request.header_count; i++) {
        const struct http_header *header = &request.headers[i];
        list = curl_slist_append(
            list, str_cstr(c->arena, str_format(c->arena, "%.*s: %.*s", STR_ARG(header->name),
                                                STR_ARG(header->value))));
    }
    return list;
}

static size_t take_reply(char *bytes, size_t size, size_t count, void *context)
{
    struct sending *s = context;
    buf_put_bytes(&s->reply, bytes, size * count);
    return s->reply.overflowed ? 0 : size * count;
}

static size_t give_file(char *bytes, size_t size, size_t count, void *context)
{
    struct sending *s = context;
    size_t room = size * count,
           left = (size_t)(s->body_bytes - s->body.len); // body.len counts what was given
    size_t len = left < room ? left : room;
    if (file_read_at(s->body_fd, s->body.len, bytes, len, &s->client->error) != OK)
        return CURL_READFUNC_ABORT;
    s->body.len += len;
    if (s->progress)
        s->progress(s->context, s->body.len, s->body_bytes);
    return len;
}

static void set_body(struct sending *s)
{
    CURL *curl = s->client->curl;
    if (s->body_fd >= 0) {
        curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_file);
        curl_easy_setopt(curl, CURLOPT_READDATA, s);
        curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)s->body_bytes);
    } else if (s->body.len || strcmp(s->method, "POST") == 0 || strcmp(s->method, "PUT") == 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, s->body.ptr ? s->body.ptr : "");
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)s->body.len);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, s->method);
}

static enum err not_reached(struct client *c, CURLcode result)
{
    if (result == CURLE_COULDNT_CONNECT || result == CURLE_COULDNT_RESOLVE_HOST)
        return error_set(&c->error, ERR_IO,
                         "nothing answers at %.*s.\nStart a lake with `tarn serve`, or say where "
                         "it is with --endpoint URL",
                         STR_ARG(c->endpoint));
    return error_set(&c->error, ERR_IO, "%.*s: %s", STR_ARG(c->endpoint),
                     curl_easy_strerror(result));
}

// The code and message of a refusal, whichever protocol it is written in.
static enum err refused(struct client *c, long status, struct str body)
{
    struct json *json = NULL;
    struct xml *xml = NULL;
    struct str message = body;
    if (json_parse(c->arena, body, &json, NULL) == OK && json_is(json, JSON_OBJECT)) {
        struct str type = json_str(json, "__type");
        size_t hash = str_rfind_char(type, '#');
        c->code = hash == STR_NPOS ? type : str_from(type, hash + 1);
        message = json_str_or(json, "message", json_str(json, "Message"));
    } else if (xml_parse(c->arena, body, &xml, NULL) == OK) {
        struct xml *error = str_is(xml->name, "Error") ? xml : xml_child(xml, "Error");
        c->code = xml_child_text(error, "Code");
        message = xml_child_text(error, "Message");
    }
    if (!c->code.len)
        c->code = str_format(c->arena, "HTTP %ld", status);
    return error_set(&c->error, ERR_CODED, "%.*s", STR_ARG(message));
}

static enum err send_request(struct sending *s, struct str *out_body)
{
    struct client *c = s->client;
    CURL *curl = c->curl;
    long status = 0;
    c->code = STR_NONE;
    s->reply = buf_in(c->arena, REPLY_BYTES_MAX);
    curl_easy_reset(curl);
    struct str url = str_format(c->arena, "%.*s%.*s%s%.*s", STR_ARG(c->endpoint), STR_ARG(s->path),
                                s->query.len ? "?" : "", STR_ARG(s->query));
    curl_easy_setopt(curl, CURLOPT_URL, str_cstr(c->arena, url));
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_reply);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, s);
    if (strcmp(s->method, "HEAD") == 0)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    set_body(s);
    struct curl_slist *headers = signed_headers(s);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    CURLcode result = curl_easy_perform(curl);
    curl_slist_free_all(headers);
    if (result != CURLE_OK)
        return not_reached(c, result);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    struct str body = buf_str(&s->reply);
    if (status >= 300)
        return refused(c, status, body);
    if (out_body)
        *out_body = body;
    return OK;
}

static struct str sha256_of(struct client *client, struct str body)
{
    return digest_hex(client->arena, DIGEST_SHA256, body);
}

// ================================================================ the protocols

enum err client_json(struct client *client, const char *service, const char *target,
                     const struct json *input, struct json **out_reply)
{
    struct sending s = {.client = client,
                        .service = service,
                        .method = "POST",
                        .path = S("/"),
                        .target = str_of(target),
                        .content_type = S("application/x-amz-json-1.1"),
                        .body = json_text(client->arena, input),
                        .body_fd = -1};
    struct str body;
    if (strcmp(service, "dynamodb") == 0 || strcmp(service, "states") == 0 ||
        strcmp(service, "sqs") == 0)
        s.content_type = S("application/x-amz-json-1.0");
    s.body_sha256 = sha256_of(client, s.body);
    TRY(send_request(&s, &body));
    struct json *reply = json_object(client->arena);
    if (body.len)
        TRY(json_parse(client->arena, body, &reply, &client->error));
    if (out_reply)
        *out_reply = reply;
    return OK;
}

enum err client_query(struct client *client, const char *service, const char *version,
                      const char *action, const struct json *form, struct xml **out_reply)
{
    struct buf body = buf_in(client->arena, BUF_MAX_DEFAULT);
    buf_printf(&body, "Action=%s&Version=%s", action, version);
    JSON_EACH_MEMBER (m, form) {
        buf_printf(&body, "&%.*s=", STR_ARG(m->name));
        uri_encode(&body, json_as_str(m->value), false);
    }
    struct sending s = {.client = client,
                        .service = service,
                        .method = "POST",
                        .path = S("/"),
                        .content_type = S("application/x-www-form-urlencoded"),
                        .body = buf_str(&body),
                        .body_fd = -1};
    s.body_sha256 = sha256_of(client, s.body);
    struct str reply;
    TRY(send_request(&s, &reply));
    return xml_parse(client->arena, reply, out_reply, &client->error);
}

enum err client_rest(struct client *client, const char *service, const char *method,
                     struct str path_and_query, struct str body, struct str *out_body)
{
    struct str path, query = path_and_query;
    str_cut(&query, '?', &path);
    struct sending s = {.client = client,
                        .service = service,
                        .method = method,
                        .path = path,
                        .query = query,
                        .body = body,
                        .body_fd = -1,
                        .content_type = body.len ? S("application/json") : STR_NONE};
    s.body_sha256 = sha256_of(client, s.body);
    return send_request(&s, out_body);
}

static struct str object_path(struct client *client, struct str bucket, struct str key)
{
    struct buf path = buf_in(client->arena, 16384);
    buf_put_char(&path, '/');
    buf_put(&path, bucket);
    if (key.len) {
        buf_put_char(&path, '/');
        uri_encode(&path, key, true);
    }
    return buf_str(&path);
}

enum err client_s3(struct client *client, const char *method, struct str bucket, struct str key,
                   struct str query, struct str body, struct str *out_body)
{
    struct sending s = {.client = client,
                        .service = "s3",
                        .method = method,
                        .path = object_path(client, bucket, key),
                        .query = query,
                        .body = body,
                        .body_fd = -1};
    s.body_sha256 = sha256_of(client, body);
    return send_request(&s, out_body);
}

static enum err hash_file(struct client *client, int fd, uint64_t size, struct str *out_hex)
{
    struct digest digest;
    uint8_t bytes[DIGEST_BYTES_MAX];
    char *piece = malloc(FILE_PIECE_BYTES);
    if (!piece)
        abort();
    enum err err = OK;
    digest_init(&digest, DIGEST_SHA256);
    for (uint64_t at = 0; at < size && err == OK; at += FILE_PIECE_BYTES) {
        size_t len = size - at < FILE_PIECE_BYTES ? (size_t)(size - at) : FILE_PIECE_BYTES;
        err = file_read_at(fd, at, piece, len, &client->error);
        if (err == OK)
            digest_update(&digest, piece, len);
    }
    free(piece);
    size_t len = digest_final(&digest, bytes);
    *out_hex = hex_encode(client->arena, str_n((char *)bytes, len));
    return err;
}

enum err client_put_file(struct client *client, struct str bucket, struct str key, const char *path,
                         client_progress *progress, void *context)
{
    struct sending s = {.client = client,
                        .service = "s3",
                        .method = "PUT",
                        .path = object_path(client, bucket, key),
                        .progress = progress,
                        .context = context};
    TRY(file_size(path, &s.body_bytes, &client->error));
    TRY(file_open_read(path, &s.body_fd, &client->error));
    enum err err = hash_file(client, s.body_fd, s.body_bytes, &s.body_sha256);
    if (err == OK)
        err = send_request(&s, NULL);
    file_close(s.body_fd);
    return err;
}
