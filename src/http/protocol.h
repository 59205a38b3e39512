// SPDX-License-Identifier: Apache-2.0
// The wire protocols: from a routed request to an operation's input, and from its reply or refusal to a response.
//
//     REST-XML      path, query, headers and an XML body                  Amazon S3
//     REST-JSON     path, query, headers and a JSON body                  AWS Lambda, EventBridge Scheduler
//     JSON 1.0/1.1  X-Amz-Target and a JSON body                          most others
//     Query         a form with Action and Version; XML replies           IAM, STS, CloudFormation, older SQS clients
//
// All of it is driven by the operation's row and shapes (lake/service.h, lake/shape.h). Input is decoded as it came; lake_run checks it.
//
// Specified: smithy.io, "AWS restXml", "restJson1", "awsJson1_0", "awsJson1_1", "awsQuery" protocols, "awsQueryCompatible".
#ifndef HTTP_PROTOCOL_H
#define HTTP_PROTOCOL_H

#include "http/router.h"
#include "lake/call.h"

#define PROTOCOL_REPLY_BYTES_MAX ((size_t)256 * 1024 * 1024)

// ERR_SYNTAX: the body is not what the protocol demands.
enum err protocol_decode(const struct route *route, const struct http_request *request, struct str body,
                         struct str base_url, struct json **out_input, struct error *error) MUST_CHECK;

// `call` has run with OK. A reply body's reader is closed, also on failure (ERR_IO, ERR_CORRUPT).
enum err protocol_reply(const struct route *route, const struct http_request *request, struct call *call,
                        const struct json *reply, struct http_response *response, struct error *error) MUST_CHECK;

struct refusal {
    const struct error_code *code;
    struct str text;
    const struct json *members; // more members of the error, or NULL
};
// `service` may be NULL when it could not be told.
void protocol_refuse(const struct route *route, const struct http_request *request, struct str request_id,
                     const struct refusal *refusal, struct http_response *response);

// A refusal that names what was asked for and is not there.
struct refusal protocol_unknown_operation(const struct route *route, const struct http_request *request);

#endif
