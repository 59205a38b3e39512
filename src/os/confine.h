// SPDX-License-Identifier: Apache-2.0
// Confinement: a process gives up, for good, what its job does not need.
//
// This is for our own worker processes, which are trusted until they get a job and then run foreign
// SQL on foreign files. (Foreign programs - Lambda functions - are started inside a sandbox
// instead.) Each protection is applied by the process to itself and cannot be taken back:
//     network   a new user and network namespace without any interface; on kernels with Landlock 4
//     or later TCP is
//               refused as well, so that either suffices
//     files     Landlock (Linux 5.13, in Debian 12's kernel): read the listed paths, write one
//     folder, nothing else; from
//               ABI 6 on no signals to other processes and no abstract sockets of theirs
//     memory    RLIMIT_AS        files' size    RLIMIT_FSIZE     core dumps    off
//
// What could not be applied is reported, not hidden: the caller decides whether to go on.
//
// Threads: Landlock binds the calling thread and those it starts later, so these must be called
// while the process has one thread; otherwise ERR_INVALID.
#ifndef OS_CONFINE_H
#define OS_CONFINE_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

// ERR_UNSUPPORTED when the system does not allow new namespaces.
enum err confine_network(struct error *error) MUST_CHECK;
// `read_paths` is NULL-terminated: files, or folders with all below them. Those that do not exist
// are skipped. `write_folder` may be NULL. ERR_UNSUPPORTED when the kernel has no Landlock.
enum err confine_files(const char *const *read_paths, const char *write_folder,
                       struct error *error) MUST_CHECK;
bool confine_files_supported(void);
enum err confine_memory(uint64_t memory_bytes_max, struct error *error) MUST_CHECK;

#endif
