// SPDX-License-Identifier: Apache-2.0
// Tarn's own endpoints, under /_tarn/. They need no signature and tell no secrets.
//
//     GET  /_tarn/health   {"status": "ok", "version", "account", "region", "services": [...]}
//     GET  /_tarn/metrics  Prometheus text
//     POST /_tarn/clock    {"advance_ms": n}, with --test-clock only: moves the lake's clock forward
#ifndef HTTP_SYSTEM_H
#define HTTP_SYSTEM_H

#include "http/server.h"

struct system_options {
    struct lake *lake;     // borrowed
    bool clock_may_advance; // the lake's clock is an offset or virtual one
};
// The options are used by reference.
struct http_handler system_handler(const struct system_options *options);

#endif
