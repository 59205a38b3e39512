// SPDX-License-Identifier: Apache-2.0
// Other processes: starting, watching, limiting and ending them.
//
// A child gets exactly the descriptors and environment it is given. It is killed when this process dies
// (PR_SET_PDEATHSIG). Limits are applied before exec.
#ifndef OS_PROCESS_H
#define OS_PROCESS_H

#include "base/str.h"

#include <sys/types.h>

#define PROCESS_STAGED_MAX 8

struct process_spec {
    const char *const *argv;        // NULL-terminated; argv[0] is a path or found in PATH
    const char *const *environment; // NULL-terminated NAME=value; NULL: inherit
    const char *folder;             // working directory or NULL
    int stdin_fd, stdout_fd, stderr_fd; // -1: /dev/null
    const int *keep_fds;            // extra descriptors kept open under their own numbers
    size_t keep_fd_count;
    uint64_t memory_bytes_max;      // RLIMIT_AS; 0: no limit
    uint64_t data_bytes_max;        // RLIMIT_DATA; 0: no limit
    uint64_t processes_max;         // RLIMIT_NPROC; 0: no limit
    uint64_t file_bytes_max;        // RLIMIT_FSIZE; 0: no limit
    bool new_session;               // own process group, so that process_kill_tree reaches descendants
    bool new_network;               // own network namespace with loopback up (see sandbox.h)
    uint16_t listen_ports[2];       // with new_network: TCP ports on its 127.0.0.1 that listen from the start; 0: none
    int *listeners;                 // ... and where their descriptors go: non-blocking, the caller's; -1: none
    uid_t run_as;                   // root only: user and group id to become, without other groups; 0: ours
    // Folders, which it sees as /tmp/0, /tmp/1, ... whoever may pass through those above them; nothing else is in /tmp then.
    const char *const *staged;
    size_t staged_count;            // at most PROCESS_STAGED_MAX
};
enum err process_start(const struct process_spec *spec, pid_t *out_pid, struct error *error) MUST_CHECK;

struct process_end {
    bool exited;      // else killed by `signal`
    int exit_code, signal;
    uint64_t memory_peak_bytes;
    uint64_t cpu_us;
};
// Waits up to timeout_ms of real time (-1: for ever); ERR_TIMEOUT when it still runs.
enum err process_wait(pid_t pid, int64_t timeout_ms, struct process_end *out_end) MUST_CHECK;
void process_kill_tree(pid_t pid, int signal); // the process group
uint64_t process_memory_bytes(pid_t pid);      // resident, 0 when gone; pid 0 is this process
struct str process_self_path(struct arena *arena); // this executable

#endif
