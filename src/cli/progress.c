// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include "os/clock.h"

#include <stdio.h>
#include <unistd.h>

#define BAR_CELLS 30
#define REDRAW_US 50000

static int64_t mono_us(void)
{
    struct clock *clock = clock_new_real();
    int64_t us = clock_mono_us(clock);
    clock_free(clock);
    return us;
}

bool terminal_out(void)
{
    return isatty(STDOUT_FILENO);
}

bool terminal_err(void)
{
    return isatty(STDERR_FILENO);
}

void progress_begin(struct progress *progress, const char *label)
{
    *progress =
        (struct progress){.label = label, .on_terminal = terminal_err(), .begun_us = mono_us()};
}

void progress_show(struct progress *progress, uint64_t done_bytes, uint64_t total_bytes)
{
    int64_t now_us = progress->on_terminal ? mono_us() : 0;
    if (!progress->on_terminal || now_us - progress->drawn_us < REDRAW_US)
        return;
    progress->drawn_us = now_us;
    double part = total_bytes ? (double)done_bytes / (double)total_bytes : 1;
    double seconds = (double)(now_us - progress->begun_us) / 1e6;
    fprintf(stderr, "\r\033[K%s ", progress->label);
    for (int i = 0; i < BAR_CELLS; i++)
        fputs(i < (int)(part * BAR_CELLS) ? "█" : "░", stderr);
    double rate = seconds > 0 ? (double)done_bytes / 1e6 / seconds : 0;
    fprintf(stderr, " %3.0f %%  %.1f MB  ", part * 100, (double)done_bytes / 1e6);
    if (rate < 1000)
        fprintf(stderr, "%.0f MB/s", rate);
    else
        fprintf(stderr, "%.2f GB/s", rate / 1000);
    fflush(stderr);
}

void progress_end(struct progress *progress)
{
    if (progress->on_terminal)
        fputs("\r\033[K", stderr);
}
