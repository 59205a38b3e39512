// SPDX-License-Identifier: Apache-2.0
// See authorize.h: the one place, with today's short rule.
#include "lake/authorize.h"

#include "lake/errors.h"

enum err authorize(struct call *call, const struct json *input)
{
    (void)input; // resource policies will look at it
    if (call->principal->kind != PRINCIPAL_ANONYMOUS || (call->op->flags & OP_ANONYMOUS))
        return OK;
    bool xml = call->service->protocols & (PROTOCOL_REST_XML | PROTOCOL_QUERY);
    return call_fail(call, xml ? &ACCESS_DENIED_XML : &ACCESS_DENIED,
                     "Access Denied: %s:%s needs a signed request", call->service->name,
                     call->op->name);
}
