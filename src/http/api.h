// SPDX-License-Identifier: Apache-2.0
// The front door: AWS requests to operations. It is the HTTP handler of everything that has no other.
//
//     route (router.h) -> who signed (auth.h) -> body in (upload.h) -> input (protocol.h) -> lake_run -> reply (protocol.h)
//
// Bodies of OP_STREAM_IN operations go straight to a blob, after the signature of the headers was found good. Operations that
// are jobs move to the server's job pool; those that park hold no thread.
#ifndef HTTP_API_H
#define HTTP_API_H

#include "http/server.h"

struct api;
// `clock` is what signatures' times are compared with; borrowed, as the lake.
struct api *api_new(struct lake *lake, struct clock *clock);
void api_free(struct api *api); // takes NULL
struct http_handler api_handler(struct api *api);

#endif
