// SPDX-License-Identifier: Apache-2.0
// Rules of Choice states.
//
// A rule is a comparison (`Variable` and one comparator) or And, Or, Not over rules. A comparison
// of values of other types than the comparator's is false; a Variable that leads nowhere is an
// error, except for IsPresent. Specified in: states-language.net, "Choice State".
#ifndef STEPFUNCTIONS_CHOICE_H
#define STEPFUNCTIONS_CHOICE_H

#include "services/stepfunctions/scope.h"

// Words for the first thing that is wrong in `error` (ERR_SYNTAX). `top`: a rule of Choices itself,
// which has a Next.
enum err choice_check(struct arena *arena, const struct json *rule, bool top,
                      struct error *error) MUST_CHECK;
enum err choice_holds(struct scope *scope, const struct json *rule, bool *out_holds) MUST_CHECK;

#endif
