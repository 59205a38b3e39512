// SPDX-License-Identifier: Apache-2.0
// Output of functions on its way to CloudWatch Logs: lines are gathered in memory and written in
// batches by a thread of its own, so that no invocation waits for its log. What is not written when
// the server is killed is lost, as a process' unflushed output is; a clean end writes everything.
//
// Threads: any. Limits: beyond LOG_BACKLOG_BYTES_MAX unwritten bytes lines are dropped, and a line
// says how many.
#ifndef LAMBDA_FUNCTION_LOG_H
#define LAMBDA_FUNCTION_LOG_H

#include "lake/lake.h"

#define LOG_BACKLOG_BYTES_MAX ((size_t)32 << 20)

struct function_log;
struct function_log *function_log_new(struct lake *lake);
void function_log_add(struct function_log *log, struct str region, struct str group,
                      struct str stream, struct str line);
void function_log_free(struct function_log *log); // writes what is there first; takes NULL

#endif
