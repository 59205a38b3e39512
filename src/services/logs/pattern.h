// SPDX-License-Identifier: Apache-2.0
// Filter patterns of CloudWatch Logs ("Filter pattern syntax" in its User Guide):
//
//     ERROR timeout            all terms occur            "two words"    a phrase
//     ?ERROR ?WARN             one of them occurs         -DEBUG         does not occur
//     { $.level = "error" && ($.latency > 100 || $.user.name = "a*") }
//     { $.items[0].id IS NULL }   { $.x NOT EXISTS }   { $.ok IS TRUE }
//
// Case matters. Space-delimited patterns ([ip, user, ...]) and regular expressions (%...%) are
// refused.
#ifndef LOGS_PATTERN_H
#define LOGS_PATTERN_H

#include "base/json.h"

struct log_pattern;
// "" matches everything. ERR_SYNTAX, ERR_UNSUPPORTED.
enum err log_pattern_parse(struct arena *arena, struct str text, struct log_pattern **out,
                           struct error *error) MUST_CHECK;
// `scratch` is used while matching only.
bool log_pattern_matches(const struct log_pattern *pattern, struct arena *scratch,
                         struct str message);

#endif
