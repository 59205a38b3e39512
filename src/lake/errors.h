// SPDX-License-Identifier: Apache-2.0
// Refusals that any operation may meet, whatever its service.
//
// Codes and statuses: "Common errors" of the AWS API references. A service's own codes live in its folder.
#ifndef LAKE_ERRORS_H
#define LAKE_ERRORS_H

#include "lake/service.h"

extern const struct error_code ACCESS_DENIED;        // AccessDeniedException, 403... S3 and Query say AccessDenied
extern const struct error_code ACCESS_DENIED_XML;    // AccessDenied, 403
extern const struct error_code INTERNAL_FAILURE;     // InternalFailure, 500
extern const struct error_code VALIDATION_EXCEPTION; // ValidationException, 400
extern const struct error_code SERIALIZATION_EXCEPTION; // SerializationException, 400
extern const struct error_code NOT_IMPLEMENTED;      // NotImplemented, 501: names the operation or member
extern const struct error_code SERVICE_UNAVAILABLE;  // ServiceUnavailable, 503: conflicts that did not end

#endif
