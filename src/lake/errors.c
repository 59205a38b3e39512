// SPDX-License-Identifier: Apache-2.0
#include "lake/errors.h"

const struct error_code ACCESS_DENIED = {"AccessDeniedException", 403, NULL};
const struct error_code ACCESS_DENIED_XML = {"AccessDenied", 403, NULL};
const struct error_code INTERNAL_FAILURE = {"InternalFailure", 500, NULL};
const struct error_code VALIDATION_EXCEPTION = {"ValidationException", 400, "ValidationError"};
const struct error_code SERIALIZATION_EXCEPTION = {"SerializationException", 400, "MalformedInput"};
const struct error_code NOT_IMPLEMENTED = {"NotImplemented", 501, NULL};
const struct error_code SERVICE_UNAVAILABLE = {"ServiceUnavailable", 503, NULL};
