// SPDX-License-Identifier: Apache-2.0
// What the two passes of the definition's compiler share. Nobody else includes this.
#ifndef STEPFUNCTIONS_ASL_INTERNAL_H
#define STEPFUNCTIONS_ASL_INTERNAL_H

#include "services/stepfunctions/asl.h"

#define ASL_NAME_MAX 80

struct compiler {
    struct arena *arena;
    struct asl *asl;
    struct diagnostics *diagnostics;
};

struct str compiler_at(struct compiler *c, struct str location, const char *field);
void compiler_refuse(struct compiler *c, struct str location, const char *format, ...)
    PRINTF_LIKE(3, 4);
void compiler_check(struct compiler *c);

#endif
