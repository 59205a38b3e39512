// SPDX-License-Identifier: Apache-2.0
// Sandboxes: foreign code in namespaces of its own, by bubblewrap.
//
// A sandboxed program sees the machine's /usr read-only, its own code at /var/task (read-only), a private /tmp, and
// nothing else of the file system; it is alone in its PID, IPC, UTS, cgroup, user and network namespaces, has no
// capabilities, can make no user namespaces, and dies with this process. Its network is a loopback interface
// with two listening ports on 127.0.0.1, both held by us: what connects there arrives at our descriptors, and nothing else
// is reachable.
//
// How: a child is cloned into a fresh network namespace (with a fresh user namespace when we are not root), raises its
// loopback, makes the listening sockets there, sends them to us, and becomes bwrap, which builds the rest. Started
// by root, it becomes an unprivileged user id of its own first, so that nothing in a sandbox is ever root outside.
//
// Limits: memory_bytes_max bounds the data segment of each process (RLIMIT_DATA with an allowance for thread stacks;
// an address space limit would stop node, which reserves far more than it uses). The sum over all processes is for the
// owner to watch: sandbox_memory_bytes. Processes: RLIMIT_NPROC, exact for root only, whose sandboxes have users of their own.
//
// Threads: any.
// Errors: ERR_UNSUPPORTED when the machine has no bwrap or does not allow namespaces (the text says which), ERR_IO.
#ifndef OS_SANDBOX_H
#define OS_SANDBOX_H

#include "base/str.h"

#include <sys/types.h>

struct sandbox_mount {
    const char *from; // on the machine
    const char *to;   // inside
};
struct sandbox_link { // symbolic, made inside
    const char *path, *target;
};
struct sandbox_spec {
    const char *const *argv;         // inside; argv[0] is a path
    const char *const *environment;  // NULL-terminated NAME=value; all there is
    const struct sandbox_mount *mounts; // read-only folders; missing ones are errors
    size_t mount_count;
    const struct sandbox_link *links;
    size_t link_count;
    const char *folder;              // working directory inside
    uint16_t ports[2];               // listening inside on 127.0.0.1; 0: none
    uint64_t memory_bytes_max;       // 0: no limit
    uint64_t processes_max;          // 0: no limit
    uint64_t tmp_bytes_max;          // of /tmp; 0: no limit
    int output_fd;                   // standard output and error
};
struct sandbox {
    pid_t pid;
    int listeners[2]; // -1: none; non-blocking; the caller's
};
enum err sandbox_start(const struct sandbox_spec *spec, struct sandbox *out, struct error *error) MUST_CHECK;
// Whether sandboxes work here, by starting one; cached by nobody.
enum err sandbox_probe(struct error *error) MUST_CHECK;
// Resident bytes of the sandbox's processes together.
uint64_t sandbox_memory_bytes(const struct sandbox *sandbox);
// Ends every process in it. The caller reaps the pid.
void sandbox_kill(const struct sandbox *sandbox);

#endif
