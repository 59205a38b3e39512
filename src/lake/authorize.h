// SPDX-License-Identifier: Apache-2.0
// The one place where it is decided whether a principal may run an operation.
//
// Every call passes here, from outside and inside alike, before its handler runs. Today: the root account, services
// acting for themselves, and every authenticated principal of the account may do everything; an anonymous one only what
// is marked OP_ANONYMOUS. Evaluation of IAM and resource policies goes into this function and nowhere else.
#ifndef LAKE_AUTHORIZE_H
#define LAKE_AUTHORIZE_H

#include "lake/call.h"

enum err authorize(struct call *call, const struct json *input) MUST_CHECK; // ERR_CODED AccessDenied...

#endif
