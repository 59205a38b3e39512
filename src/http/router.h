// SPDX-License-Identifier: Apache-2.0
// From a request to a service and an operation, by the services' own tables, compiled at start.
//
// The service is found from, in this order: X-Amz-Target's prefix; a Query form's Action and Version; the credential scope's
// signing name; the host's first label (sqs.us-east-1.localhost); a path that begins with a REST service's date; and, when
// nothing else speaks, it is S3. Several services may share a signing name: their routes decide.
//
// REST routes are matched by path, by query parameters that must be there and by a header that must; the most specific
// wins. Labels are decoded one by one, so an escaped slash stays within its label. Buckets may be part of the host
// (bucket.s3.*, bucket.localhost).
//
// Operations that AWS documents and Tarn does not have are routed too, so that the error names them; and a subresource
// (?website) that no row knows is never mistaken for its plain resource.
#ifndef HTTP_ROUTER_H
#define HTTP_ROUTER_H

#include "http/message.h"
#include "lake/service.h"

struct router;
struct router *router_new(const struct service *const *services); // NULL-terminated, borrowed
void router_free(struct router *router);                          // takes NULL

struct route {
    const struct service *service; // NULL: none could be found
    enum protocol protocol;        // of the reply, also when there is no service
    const struct op *op;           // NULL: not implemented, or not asked for; op_name says what
    struct str op_name;            // "" when it cannot be told
    struct http_pair *labels;      // REST: the path's labels, decoded
    size_t label_count;
    struct http_pair *pairs; // of the query string or, for the Query protocol, of the form
    size_t pair_count;
};
// `signing_name` is "" for unsigned requests. `body` is needed for the Query protocol only. ERR_SYNTAX for what cannot be decoded,
// with as much of *out as is known.
enum err router_find(const struct router *router, const struct http_request *request, struct str signing_name,
                     struct str body, struct route *out, struct error *error) MUST_CHECK;

// The bucket that a host names, or STR_NONE.
struct str router_bucket_of_host(const struct router *router, struct str host);

#endif
