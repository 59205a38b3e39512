// SPDX-License-Identifier: Apache-2.0
// Exchanges over https, for functions that run on AWS: libcurl does them. It is loaded at the first
// one, because linking it would cost every start some ten milliseconds.
#include "internal.h"

#include <curl/curl.h>
#include <dlfcn.h>

// libcurl's functions by their own types.
struct curl_library {
    CURL *(*init)(void);
    CURLcode (*setopt)(CURL *, CURLoption, ...);
    CURLcode (*perform)(CURL *);
    CURLcode (*getinfo)(CURL *, CURLINFO, ...);
    void (*reset)(CURL *);
    struct curl_slist *(*append)(struct curl_slist *, const char *);
    void (*free_list)(struct curl_slist *);
    const char *(*strerror)(CURLcode);
};

static bool load(void *library, struct curl_library *out)
{
    *(void **)&out->init = dlsym(library, "curl_easy_init");
    *(void **)&out->setopt = dlsym(library, "curl_easy_setopt");
    *(void **)&out->perform = dlsym(library, "curl_easy_perform");
    *(void **)&out->getinfo = dlsym(library, "curl_easy_getinfo");
    *(void **)&out->reset = dlsym(library, "curl_easy_reset");
    *(void **)&out->append = dlsym(library, "curl_slist_append");
    *(void **)&out->free_list = dlsym(library, "curl_slist_free_all");
    *(void **)&out->strerror = dlsym(library, "curl_easy_strerror");
    return out->init && out->setopt && out->perform && out->getinfo && out->reset && out->append &&
           out->free_list && out->strerror;
}

struct transfer {
    struct tarn_runtime *runtime;
    struct exchange *exchange;
};

static size_t take_header(char *bytes, size_t size, size_t count, void *context)
{
    struct transfer *t = context;
    struct exchange *e = t->exchange;
    struct arena *arena = &t->runtime->arena;
    struct str line = str_trim(str_n(bytes, size * count)), name, value = line;
    int64_t status;
    if (str_starts(line, S("HTTP/"))) { // a new reply: what came with 100 is over
        size_t space = str_find_char(line, ' ');
        e->reply_header_count = 0;
        e->status = space != STR_NPOS && str_to_i64(str_slice(line, space + 1, space + 4), &status)
                        ? (int)status
                        : 0;
    } else if (str_cut(&value, ':', &name) && value.ptr) {
        struct http_header header = {str_lower(arena, name), str_dup(arena, str_trim(value))};
        *ARENA_PUSH(arena, e->reply_headers, e->reply_header_count, e->reply_header_capacity) =
            header;
    }
    return size * count;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct transfer *t = context;
    struct exchange *e = t->exchange;
    if (e->sink && e->status < 300)
        e->aborted |= e->sink(e->sink_context, bytes, size * count) != 0;
    else
        buf_put_bytes(&e->reply_body, bytes, size * count);
    e->body_taken += size * count;
    return e->aborted ? 0 : size * count;
}

static void set_up(const struct curl_library *curl, CURL *handle, struct transfer *t,
                   struct curl_slist *headers)
{
    struct exchange *e = t->exchange;
    struct arena *arena = &t->runtime->arena;
    struct str url =
        str_format(arena, "https://%.*s%.*s", STR_ARG(e->authority), STR_ARG(e->target));
    curl->setopt(handle, CURLOPT_URL, str_cstr(arena, url));
    curl->setopt(handle, CURLOPT_PATH_AS_IS, 1L);
    curl->setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl->setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl->setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
    curl->setopt(handle, CURLOPT_HEADERDATA, t);
    curl->setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
    curl->setopt(handle, CURLOPT_WRITEDATA, t);
    curl->setopt(handle, CURLOPT_CUSTOMREQUEST, str_cstr(arena, e->method));
    if (str_is(e->method, "HEAD"))
        curl->setopt(handle, CURLOPT_NOBODY, 1L);
    if (e->body.len || str_is(e->method, "PUT") || str_is(e->method, "POST")) {
        curl->setopt(handle, CURLOPT_POSTFIELDS, e->body.ptr ? e->body.ptr : "");
        curl->setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)e->body.len);
    }
}

enum err exchange_run_https(struct tarn_runtime *runtime, struct exchange *exchange,
                            struct error *error)
{
    struct curl_library curl;
    struct transfer transfer = {runtime, exchange};
    if (!runtime->curl)
        runtime->curl = dlopen("libcurl.so.4", RTLD_NOW);
    if (!runtime->curl || !load(runtime->curl, &curl))
        return error_set(error, ERR_UNSUPPORTED, "https needs libcurl.so.4, which is not there");
    if (!runtime->curl_handle)
        runtime->curl_handle = curl.init();
    if (!runtime->curl_handle)
        return error_set(error, ERR_IO, "libcurl could not be started");
    curl.reset(runtime->curl_handle);
    struct curl_slist *headers = curl.append(NULL, "Expect:");
    for (size_t i = 0; i < exchange->header_count; i++) {
        const struct http_header *h = &exchange->headers[i];
        headers = curl.append(
            headers, str_cstr(&runtime->arena, str_format(&runtime->arena, "%.*s: %.*s",
                                                          STR_ARG(h->name), STR_ARG(h->value))));
    }
    set_up(&curl, runtime->curl_handle, &transfer, headers);
    CURLcode result = curl.perform(runtime->curl_handle);
    curl.free_list(headers);
    exchange->content_length = HTTP_LENGTH_UNKNOWN;
    struct str length = exchange_reply_header(exchange, "content-length");
    if (length.len && !str_to_u64(length, &exchange->content_length))
        exchange->content_length = HTTP_LENGTH_UNKNOWN;
    if (result != CURLE_OK && !exchange->aborted)
        return error_set(error, ERR_IO, "%.*s: %s", STR_ARG(exchange->authority),
                         curl.strerror(result));
    return OK;
}
