// SPDX-License-Identifier: Apache-2.0
// Landlock is used through its three system calls: glibc 2.36 has no wrappers, and Debian 12's
// kernel headers know ABI 2 only. The constants of later ABIs are therefore written out here, and
// masked by what the kernel says it has.
#include "os/confine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LANDLOCK_CREATE_RULESET 444
#define LANDLOCK_ADD_RULE 445
#define LANDLOCK_RESTRICT_SELF 446
#define LANDLOCK_VERSION_FLAG 1u
#define LANDLOCK_PATH_BENEATH 1

#define ACCESS_EXECUTE (1ull << 0)
#define ACCESS_WRITE_FILE (1ull << 1)
#define ACCESS_READ_FILE (1ull << 2)
#define ACCESS_READ_DIR (1ull << 3)
#define ACCESS_REMOVE_DIR (1ull << 4)
#define ACCESS_REMOVE_FILE (1ull << 5)
#define ACCESS_MAKE_DIR (1ull << 7)
#define ACCESS_MAKE_REG (1ull << 8)
#define ACCESS_MAKE_SOCK (1ull << 9)
#define ACCESS_TRUNCATE (1ull << 14)
#define ACCESS_ABI1 ((1ull << 13) - 1)
#define ACCESS_REFER (1ull << 13)     // ABI 2
#define ACCESS_IOCTL_DEV (1ull << 15) // ABI 5
#define NET_TCP (3ull)                // ABI 4: bind and connect
#define SCOPE_ALL (3ull)              // ABI 6: abstract unix sockets and signals

struct ruleset_attributes {
    uint64_t fs, net, scoped;
};
struct path_beneath {
    uint64_t allowed_access;
    int32_t parent_fd;
} __attribute__((packed));

static long landlock_abi(void)
{
    return syscall(LANDLOCK_CREATE_RULESET, NULL, 0, LANDLOCK_VERSION_FLAG);
}

bool confine_files_supported(void)
{
    return landlock_abi() >= 1;
}

static uint64_t access_handled(long abi)
{
    uint64_t access = ACCESS_ABI1;
    if (abi >= 2)
        access |= ACCESS_REFER;
    if (abi >= 3)
        access |= ACCESS_TRUNCATE;
    if (abi >= 5)
        access |= ACCESS_IOCTL_DEV;
    return access;
}

static enum err check_single_thread(struct error *error)
{
    DIR *tasks = opendir("/proc/self/task");
    if (!tasks)
        return OK; // no /proc: cannot tell
    int threads = 0;
    for (struct dirent *entry; (entry = readdir(tasks));)
        threads += entry->d_name[0] != '.';
    closedir(tasks);
    if (threads > 1)
        return error_set(error, ERR_INVALID, "a process with %d threads cannot confine itself",
                         threads);
    return OK;
}

static enum err allow(int ruleset, const char *path, uint64_t access, struct error *error)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT
                   ? OK
                   : error_set(error, ERR_IO, "cannot open %s: %s", path, strerror(errno));
    struct stat info;
    if (fstat(fd, &info) == 0 && !S_ISDIR(info.st_mode)) // folder rights on a file are refused
        access &= ACCESS_READ_FILE | ACCESS_WRITE_FILE | ACCESS_EXECUTE | ACCESS_TRUNCATE;
    struct path_beneath rule = {.allowed_access = access, .parent_fd = fd};
    long failed = syscall(LANDLOCK_ADD_RULE, ruleset, LANDLOCK_PATH_BENEATH, &rule, 0);
    int reason = errno;
    close(fd);
    if (failed)
        return error_set(error, ERR_IO, "landlock: cannot allow %s: %s", path, strerror(reason));
    return OK;
}

static enum err allow_all(int ruleset, long abi, const char *const *read_paths,
                          const char *write_folder, struct error *error)
{
    for (; read_paths && *read_paths; read_paths++)
        TRY(allow(ruleset, *read_paths, ACCESS_READ_FILE | ACCESS_READ_DIR, error));
    uint64_t write = ACCESS_READ_FILE | ACCESS_READ_DIR | ACCESS_WRITE_FILE | ACCESS_REMOVE_FILE |
                     ACCESS_REMOVE_DIR | ACCESS_MAKE_DIR | ACCESS_MAKE_REG |
                     (abi >= 2 ? ACCESS_REFER : 0) | (abi >= 3 ? ACCESS_TRUNCATE : 0);
    return write_folder ? allow(ruleset, write_folder, write, error) : OK;
}

enum err confine_files(const char *const *read_paths, const char *write_folder, struct error *error)
{
    long abi = landlock_abi();
    if (abi < 1)
        return error_set(error, ERR_UNSUPPORTED, "this kernel has no Landlock");
    TRY(check_single_thread(error));
    struct ruleset_attributes attributes = {.fs = access_handled(abi)};
    size_t size = sizeof attributes.fs;
    if (abi >= 4) {
        attributes.net = NET_TCP;
        size = offsetof(struct ruleset_attributes, scoped);
    }
    if (abi >= 6) {
        attributes.scoped = SCOPE_ALL;
        size = sizeof attributes;
    }
    int ruleset = (int)syscall(LANDLOCK_CREATE_RULESET, &attributes, size, 0);
    if (ruleset < 0)
        return error_set(error, ERR_IO, "landlock: %s", strerror(errno));
    enum err err = allow_all(ruleset, abi, read_paths, write_folder, error);
    if (err == OK &&
        (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0)))
        err = error_set(error, ERR_IO, "landlock: %s", strerror(errno));
    close(ruleset);
    return err;
}

enum err confine_network(struct error *error)
{
    TRY(check_single_thread(error));
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
        return error_set(error, ERR_UNSUPPORTED, "no namespace of its own: %s", strerror(errno));
    return OK;
}

enum err confine_memory(uint64_t memory_bytes_max, struct error *error)
{
#ifdef __SANITIZE_ADDRESS__
    memory_bytes_max = 0; // its shadow memory is larger than any limit
#endif
    struct rlimit none = {0, 0}, memory = {memory_bytes_max, memory_bytes_max};
    if (setrlimit(RLIMIT_CORE, &none) || (memory_bytes_max && setrlimit(RLIMIT_AS, &memory)))
        return error_set(error, ERR_IO, "setrlimit: %s", strerror(errno));
    return OK;
}
