// SPDX-License-Identifier: Apache-2.0
// Looking rows up by name. The tables are small; the wire's router (http/) compiles its own index
// at start.
#include "lake/service.h"

const struct op *service_op(const struct service *service, struct str name)
{
    for (const struct op *op = service->ops; op->name; op++)
        if (str_is(name, op->name))
            return op;
    return NULL;
}
