// SPDX-License-Identifier: Apache-2.0
// All services. To add one: its folder, its line here (in alphabetical order), its folder's name in
// meson.build.
//
// Each service's main file defines `const struct service NAME_SERVICE`; no other symbol of it is
// used from outside.
#include "lake/service.h"

#define SERVICE_LIST(X)                                                                            \
    X(ATHENA)                                                                                      \
    X(CLOUDFORMATION)                                                                              \
    X(DYNAMODB)                                                                                    \
    X(EVENTS)                                                                                      \
    X(GLUE)                                                                                        \
    X(IAM)                                                                                         \
    X(LAMBDA)                                                                                      \
    X(LOGS)                                                                                        \
    X(S3)                                                                                          \
    X(SCHEDULER)                                                                                   \
    X(SQS)                                                                                         \
    X(SSM)                                                                                         \
    X(STATES)                                                                                      \
    X(STS)

#define SERVICE_DECLARE(name) extern const struct service name##_SERVICE;
#define SERVICE_ROW(name) &name##_SERVICE,
SERVICE_LIST(SERVICE_DECLARE)
const struct service *const SERVICES[] = {SERVICE_LIST(SERVICE_ROW) NULL};
