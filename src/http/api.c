// SPDX-License-Identifier: Apache-2.0
// One struct api_call goes along with a request through the server's steps (server.h): begin,
// receive, run - once or, when parked, several times - and end.
#include "http/api.h"

#include "http/auth.h"
#include "http/upload.h"
#include "lake/errors.h"

#include <stdlib.h>
#include <string.h>

#define XML_BODY_BYTES_MAX ((size_t)8 * 1024 * 1024) // of S3 operations that take a document

struct api {
    struct lake *lake;
    struct auth auth;
    struct router *router;
};

struct api_call {
    struct sigv4 sigv4;
    enum sigv4_fault fault; // of reading the signature
    struct error parse_error;
    struct route route;
    struct auth_result auth;
    struct str request_id;
    struct upload *upload;
    struct refusal refusal; // set: the answer
    bool prepared;          // input is there: the operation can run (again)
    bool moved;             // to the job pool
    struct str body;
    struct blob blob;
    struct json *digests;
    struct json *input;
    struct call *call;
};

static const struct error_code ENTITY_TOO_LARGE = {"RequestEntityTooLargeException", 413, NULL};
static const struct error_code XML_TOO_LARGE = {"MaxMessageLengthExceeded", 400, NULL};
static const struct error_code MALFORMED_XML = {"MalformedXML", 400, NULL};
static const struct error_code INVALID_URI = {"InvalidURI", 400, NULL};
static const struct error_code MALFORMED_QUERY = {"MalformedQueryString", 400, NULL};
static const struct error_code INVALID_JSON = {"InvalidRequestContentException", 400, NULL};

// ================================================================ refusing

static enum err refuse(struct api_call *at, const struct error_code *code, struct str text)
{
    at->refusal = (struct refusal){.code = code, .text = text};
    return ERR_CODED;
}

// What is not a refusal already is our failure: the words go to the log.
static enum err refusal_of(struct api *api, struct api_call *at, enum err err, const char *what)
{
    if (err == OK || err == ERR_PARKED || at->refusal.code)
        return err;
    log_event(lake_log(api->lake), LOG_ERROR, "http", "%s: %s request=%.*s", what, err_name(err),
              STR_ARG(at->request_id));
    return refuse(at, &INTERNAL_FAILURE, S("We encountered an internal error. Please try again."));
}

static const struct error_code *undecodable(const struct route *route)
{
    switch (route->protocol) {
    case PROTOCOL_REST_XML:
        return &MALFORMED_XML;
    case PROTOCOL_REST_JSON:
        return &INVALID_JSON;
    case PROTOCOL_QUERY:
        return &MALFORMED_QUERY;
    default:
        return &SERIALIZATION_EXCEPTION;
    }
}

// ================================================================ steps

static struct api_call *call_start(struct api *api, struct http_request *request)
{
    struct api_call *at = ARENA_NEW(request->arena, struct api_call);
    request->state = at;
    at->request_id = random_uuid(lake_random(api->lake), request->arena);
    at->fault = sigv4_parse(request, &at->sigv4, &at->parse_error);
    return at;
}

static enum err find_route(struct api *api, struct http_request *request, struct api_call *at)
{
    struct error error = {0};
    struct str signing_name = at->fault == SIGV4_ABSENT ? STR_NONE : at->sigv4.service;
    if (router_find(api->router, request, signing_name, request->body, &at->route, &error) != OK)
        return refuse(at, at->route.protocol == PROTOCOL_QUERY ? &MALFORMED_QUERY : &INVALID_URI,
                      str_dup(request->arena, str_of(error.text)));
    return OK;
}

static enum err check_auth(struct api *api, struct http_request *request, struct api_call *at)
{
    return auth_check(&api->auth, request, &at->route, at->fault, &at->sigv4, &at->parse_error,
                      request->body, &at->auth, &at->refusal);
}

static bool streams(const struct api_call *at)
{
    return at->route.op && (at->route.op->flags & OP_STREAM_IN);
}

// S3's bodies pass through an upload, streamed or not: they carry checksums. Others are taken as
// they are.
static enum err open_upload(struct api *api, struct http_request *request, struct api_call *at)
{
    if (at->route.protocol != PROTOCOL_REST_XML)
        return OK;
    enum err err = upload_open(request, at->auth.has_seed ? &at->auth.seed : NULL,
                               streams(at) ? lake_store(api->lake) : NULL, XML_BODY_BYTES_MAX,
                               &at->upload, &at->refusal);
    return refusal_of(api, at, err, "an upload could not start");
}

// Everything up to the body.
static enum err enter(struct api *api, struct http_request *request, struct api_call *at)
{
    TRY(find_route(api, request, at));
    TRY(check_auth(api, request, at));
    if (!at->route.op) {
        at->refusal = protocol_unknown_operation(&at->route, request);
        return ERR_CODED;
    }
    return open_upload(api, request, at);
}

static enum err feed(struct api *api, struct api_call *at, struct str bytes)
{
    return refusal_of(api, at, upload_feed(at->upload, bytes, &at->refusal),
                      "an upload could not be written");
}

static enum err take_body(struct api *api, struct http_request *request, struct api_call *at)
{
    at->body = request->body;
    if (!at->upload)
        return OK;
    if (request->body.len)
        TRY(feed(api, at, request->body));
    at->body = STR_NONE; // a streamed one is not part of the input
    enum err err = upload_finish(at->upload, &at->blob, &at->body, &at->digests, &at->refusal);
    return refusal_of(api, at, err, "an upload could not be finished");
}

static void fill_call(struct api *api, struct http_request *request, struct api_call *at)
{
    struct arena *arena = request->arena;
    struct call *call = lake_call(api->lake, arena, at->auth.principal, at->sigv4.region);
    call->request_id = at->request_id;
    call->method = request->method;
    call->path = request->path;
    call->host = request->host;
    call->source_ip = request->source_ip;
    call->user_agent = http_request_header(request, "user-agent");
    call->headers = json_object(arena);
    for (size_t i = 0; i < request->header_count; i++)
        json_set_named(arena, call->headers, request->headers[i].name,
                       json_string(arena, request->headers[i].value));
    if (request->host.len)
        call->base_url = str_format(arena, "http://%.*s", STR_ARG(request->host));
    if (streams(at)) {
        call->body = &at->blob;
        call->body_digests = at->digests;
    }
    at->call = call;
}

static enum err prepare(struct api *api, struct http_request *request, struct api_call *at)
{
    struct error error = {0};
    TRY(take_body(api, request, at));
    fill_call(api, request, at);
    if (protocol_decode(&at->route, request, at->body, at->call->base_url, &at->input, &error) !=
        OK)
        return refuse(at, undecodable(&at->route),
                      at->route.protocol == PROTOCOL_REST_XML
                          ? S("The XML you provided was not well-formed or did not validate "
                              "against our published schema")
                          : str_dup(request->arena, str_of(error.text)));
    at->prepared = true;
    return OK;
}

// ================================================================ answering

static const char *service_name(const struct api_call *at)
{
    return at->route.service ? at->route.service->name : "?";
}

static void answer_refusal(struct api *api, struct http_request *request, struct api_call *at,
                           struct http_response *response)
{
    protocol_refuse(&at->route, request, at->request_id, &at->refusal, response);
    JSON_EACH_MEMBER (member, at->call ? at->call->reply_headers : NULL)
        http_response_header(response, request->arena, str_cstr(request->arena, member->name),
                             json_as_str(member->value));
    log_event(lake_log(api->lake), LOG_DEBUG, "http", "%s:%.*s refused: %s: %.*s request=%.*s",
              service_name(at), STR_ARG(at->route.op_name), at->refusal.code->code,
              STR_ARG(at->refusal.text), STR_ARG(at->request_id));
}

static void answer_reply(struct api *api, struct http_request *request, struct api_call *at,
                         const struct json *reply, struct http_response *response)
{
    struct error error = {0};
    if (protocol_reply(&at->route, request, at->call, reply, response, &error) == OK)
        return;
    log_event(lake_log(api->lake), LOG_ERROR, "http", "a reply could not be read: %s request=%.*s",
              error.text, STR_ARG(at->request_id));
    response->header_count = 0;
    (void)refuse(at, &INTERNAL_FAILURE, S("We encountered an internal error. Please try again."));
    answer_refusal(api, request, at, response);
}

static enum http_outcome run_operation(struct api *api, struct http_request *request,
                                       struct api_call *at, struct http_response *response)
{
    struct call *call = at->call;
    struct json *reply = NULL;
    if (at->route.op->kind == OP_JOB && !at->moved) {
        at->moved = true;
        return HTTP_AS_JOB;
    }
    call->deadline_passed = request->deadline_passed;
    call->now_ms = clock_now_ms(lake_clock(api->lake));
    enum err err = lake_run(call, at->route.service, at->route.op, at->input, &reply);
    if (err == ERR_PARKED)
        return http_park(request, call->park_key, call->park_deadline_ms);
    if (err == OK) {
        answer_reply(api, request, at, reply, response);
        return HTTP_DONE;
    }
    at->refusal = (struct refusal){.code = call->code ? call->code : &INTERNAL_FAILURE,
                                   .text = str_of(call->error.text),
                                   .members = call->error_members};
    answer_refusal(api, request, at, response);
    return HTTP_DONE;
}

// ================================================================ the server's steps

// Streams need everything that precedes the body. The signature of others covers the body; what
// can be refused without it is refused now.
static enum http_intake api_begin(void *context, struct http_request *request,
                                  struct http_response *response)
{
    struct api *api = context;
    struct api_call *at = call_start(api, request);
    enum err err = find_route(api, request, at);
    bool xml = at->route.protocol == PROTOCOL_REST_XML;
    if (err == OK && (streams(at) || (xml && !at->route.op)))
        err = enter(api, request, at);
    else if (err == OK && request->length != HTTP_LENGTH_UNKNOWN &&
             request->length > (xml ? XML_BODY_BYTES_MAX : HTTP_BODY_BYTES_MAX))
        err = refuse(at, xml ? &XML_TOO_LARGE : &ENTITY_TOO_LARGE, S("Your request was too big."));
    else if (err == OK)
        err = auth_check_claims(&api->auth, request, &at->route, at->fault, &at->sigv4,
                                &at->parse_error, &at->refusal);
    if (err != OK) {
        answer_refusal(api, request, at, response);
        return HTTP_ANSWERED;
    }
    if (streams(at))
        return HTTP_STREAM;
    request->state = NULL; // starts anew with the body
    return HTTP_BUFFER;
}

static bool api_receive(void *context, struct http_request *request, struct str bytes)
{
    struct api_call *at = request->state;
    return !at->refusal.code && feed(context, at, bytes) == OK;
}

static enum http_outcome api_run(void *context, struct http_request *request,
                                 struct http_response *response)
{
    struct api *api = context;
    struct api_call *at = request->state;
    enum err err = OK;
    if (!at) {
        at = call_start(api, request);
        err = enter(api, request, at);
    }
    if (err == OK && !at->refusal.code && !at->prepared)
        err = prepare(api, request, at);
    if (err == OK && !at->refusal.code)
        return run_operation(api, request, at, response);
    answer_refusal(api, request, at, response);
    return HTTP_DONE;
}

static void api_end(void *context, struct http_request *request)
{
    (void)context;
    struct api_call *at = request->state;
    if (!at)
        return;
    upload_free(at->upload);
    if (at->call && at->call->reply_body.reader)
        blob_reader_close(at->call->reply_body.reader);
}

// ================================================================ life

struct api *api_new(struct lake *lake, struct clock *clock)
{
    struct api *api = calloc(1, sizeof *api);
    if (!api)
        abort();
    api->lake = lake;
    api->auth = (struct auth){.lake = lake, .keys = sigv4_keys_new(), .clock = clock};
    api->router = router_new(lake_services(lake));
    return api;
}

void api_free(struct api *api)
{
    if (!api)
        return;
    sigv4_keys_free(api->auth.keys);
    router_free(api->router);
    free(api);
}

struct http_handler api_handler(struct api *api)
{
    return (struct http_handler){.prefix = "",
                                 .begin = api_begin,
                                 .receive = api_receive,
                                 .run = api_run,
                                 .end = api_end,
                                 .context = api};
}
