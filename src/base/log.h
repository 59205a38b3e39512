// SPDX-License-Identifier: Apache-2.0
// Log lines: one event a line on standard error, `time level module message key=value ...`.
//
// Only the edges of the program log (a server loop, a background runner, main); everything between returns errors.
// Secrets are never given to this module. A sink is a function so that tests can listen; base itself does no I/O.
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"

#include <stdbool.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log; // owned by main, handed down; NULL is allowed everywhere and silent
typedef void log_sink(void *context, enum log_level level, const char *module, const char *line);

struct log *log_new(enum log_level least, log_sink *sink, void *context);
void log_free(struct log *log);
// One event. Line breaks in the message are escaped. Cut at 4096 bytes.
void log_event(struct log *log, enum log_level level, const char *module, const char *format, ...) PRINTF_LIKE(4, 5);
bool log_level_parse(const char *name, enum log_level *out_level); // debug info warn error

#endif
