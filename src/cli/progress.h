// SPDX-License-Identifier: Apache-2.0
// A progress bar on standard error, when that is a terminal; nothing otherwise.
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *label;
    bool on_terminal;
    int64_t begun_us, drawn_us;
};
void progress_begin(struct progress *progress, const char *label);
void progress_show(struct progress *progress, uint64_t done_bytes, uint64_t total_bytes); // redraws at most 20 times a second
void progress_end(struct progress *progress); // takes the bar off the screen

bool terminal_out(void); // whether standard output is one
bool terminal_err(void);

#endif
