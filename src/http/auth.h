// SPDX-License-Identifier: Apache-2.0
// Who is asking: finds the credential that signed a request, checks the signature, and refuses in the words of the service
// that the request is for.
#ifndef HTTP_AUTH_H
#define HTTP_AUTH_H

#include "http/protocol.h"
#include "http/sigv4.h"
#include "lake/credentials.h"

struct auth {
    struct lake *lake;
    struct sigv4_keys *keys;
    struct clock *clock; // what "now" means for signatures: clients' clocks are real, whatever the lake's is
};

struct auth_result {
    const struct principal *principal; // in the request's arena
    struct sigv4_seed seed;
    bool has_seed; // signed by header: chunks can go on from it
};
// `fault` is what sigv4_parse said, with its text in `parse_error`. `body` is what the signature covers for services other than
// S3. ERR_CODED with *out_refusal. An operation that is marked OP_ANONYMOUS runs unsigned too.
enum err auth_check(const struct auth *auth, const struct http_request *request, const struct route *route,
                    enum sigv4_fault fault, const struct sigv4 *sigv4, const struct error *parse_error,
                    struct str body, struct auth_result *out, struct refusal *out_refusal) MUST_CHECK;

// Everything but the signature itself, for large bodies that have not come yet: whoever is nobody, or late, need not send one.
enum err auth_check_claims(const struct auth *auth, const struct http_request *request, const struct route *route,
                           enum sigv4_fault fault, const struct sigv4 *sigv4, const struct error *parse_error,
                           struct refusal *out_refusal) MUST_CHECK;

#endif
