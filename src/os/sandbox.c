// SPDX-License-Identifier: Apache-2.0
// The network namespace and the listening sockets are process.h's work; this file writes bwrap's
// command line.
//
// Folders are staged below /tmp of a mount namespace before bwrap starts, so that the unprivileged
// user a sandbox becomes needs no way through the folders above them. Started by root, each sandbox
// becomes a user id that nobody else has, taken in turn from a range that no system assigns; its
// limit of processes is thereby its own.
//
// The program's environment must not be bwrap's own, which still runs outside: LD_PRELOAD in it
// would be the end of the sandbox. It goes to bwrap as arguments, and as it may hold secrets, not
// on the command line, where everybody reads them, but in a file that has no name.
#include "os/sandbox.h"

#include "base/buf.h"
#include "os/process.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define ARGUMENTS_MAX 192
#define ENVIRONMENT_BYTES_MAX ((size_t)1 << 20)
#define STACKS_BYTES ((uint64_t)256 << 20) // what thread stacks may reserve beyond the memory limit
#define USER_FIRST 0x70000000u             // up to 0x7fffffff is unassigned (systemd.io/UIDS-GIDS)
#define USER_COUNT 0x00ffffffu

struct command {
    struct arena arena;
    const char *argv[ARGUMENTS_MAX];
    size_t count;
    const char *staged[PROCESS_STAGED_MAX];
    int arguments_fd; // more arguments, each ended by a zero byte
};

static void add(struct command *command, const char *argument)
{
    assert(command->count < ARGUMENTS_MAX - 1);
    command->argv[command->count++] = argument;
}

static void add3(struct command *command, const char *option, const char *from, const char *to)
{
    add(command, option);
    add(command, from);
    add(command, to);
}

static const char *number(struct command *command, uint64_t value)
{
    return str_cstr(&command->arena,
                    str_format(&command->arena, "%llu", (unsigned long long)value));
}

// /bin, /lib and so on: links into /usr on a merged system, else folders of their own.
static void add_system(struct command *command)
{
    static const char *const FOLDERS[] = {"/bin", "/sbin", "/lib", "/lib64"};
    // What programs look up below /etc and that tells nothing about the machine.
    static const char *const SETTINGS[] = {"/etc/ld.so.cache", "/etc/alternatives",
                                           "/etc/ssl/certs",   "/etc/ssl/openssl.cnf",
                                           "/etc/localtime",   "/etc/mime.types"};
    add3(command, "--ro-bind", "/usr", "/usr");
    for (size_t i = 0; i < sizeof FOLDERS / sizeof *FOLDERS; i++) {
        struct stat status;
        if (lstat(FOLDERS[i], &status) != 0)
            continue;
        char target[256];
        ssize_t len = S_ISLNK(status.st_mode) ? readlink(FOLDERS[i], target, sizeof target) : -1;
        if (len > 0 && (size_t)len < sizeof target)
            add3(command, "--symlink", str_cstr(&command->arena, str_n(target, (size_t)len)),
                 FOLDERS[i]);
        else
            add3(command, "--ro-bind", FOLDERS[i], FOLDERS[i]);
    }
    for (size_t i = 0; i < sizeof SETTINGS / sizeof *SETTINGS; i++)
        add3(command, "--ro-bind-try", SETTINGS[i], SETTINGS[i]);
}

static void add_isolation(struct command *command, const struct sandbox_spec *spec)
{
    static const char *const OPTIONS[] = {"--unshare-user",
                                          "--unshare-pid",
                                          "--unshare-ipc",
                                          "--unshare-uts",
                                          "--unshare-cgroup-try",
                                          "--disable-userns",
                                          "--die-with-parent",
                                          "--new-session",
                                          "--uid",
                                          "993",
                                          "--gid",
                                          "990",
                                          "--hostname",
                                          "sandbox"};
    for (size_t i = 0; i < sizeof OPTIONS / sizeof *OPTIONS; i++)
        add(command, OPTIONS[i]);
    add_system(command);
    add(command, "--proc");
    add(command, "/proc");
    add(command, "--dev");
    add(command, "/dev");
    if (spec->tmp_bytes_max) {
        add(command, "--size");
        add(command, number(command, spec->tmp_bytes_max));
    }
    add(command, "--tmpfs");
    add(command, "/tmp");
}

static enum err add_mounts(struct command *command, const struct sandbox_spec *spec,
                           struct error *error)
{
    if (spec->mount_count > PROCESS_STAGED_MAX)
        return error_set(error, ERR_LIMIT, "a sandbox has at most %d mounts", PROCESS_STAGED_MAX);
    for (size_t i = 0; i < spec->mount_count; i++) {
        command->staged[i] = spec->mounts[i].from;
        struct str staged = str_format(&command->arena, "/tmp/%zu", i);
        add3(command, "--ro-bind", str_cstr(&command->arena, staged), spec->mounts[i].to);
    }
    for (size_t i = 0; i < spec->link_count; i++)
        add3(command, "--symlink", spec->links[i].target, spec->links[i].path);
    return OK;
}

static void put_argument(struct buf *arguments, struct str text)
{
    buf_put(arguments, text);
    buf_put_char(arguments, 0);
}

static enum err add_environment(struct command *command, const struct sandbox_spec *spec,
                                struct error *error)
{
    struct buf arguments = buf_in(&command->arena, ENVIRONMENT_BYTES_MAX);
    put_argument(&arguments, S("--clearenv"));
    for (const char *const *at = spec->environment; at && *at; at++) {
        struct str value = str_of(*at), name = STR_NONE;
        if (!str_cut(&value, '=', &name) || !name.len)
            return error_set(error, ERR_INVALID, "an environment variable has no name");
        put_argument(&arguments, S("--setenv"));
        put_argument(&arguments, name);
        put_argument(&arguments, value);
    }
    if (arguments.overflowed)
        return error_set(error, ERR_LIMIT, "the environment is too large");
    command->arguments_fd = memfd_create("environment", MFD_CLOEXEC);
    if (command->arguments_fd < 0 ||
        write(command->arguments_fd, arguments.ptr, arguments.len) != (ssize_t)arguments.len ||
        lseek(command->arguments_fd, 0, SEEK_SET) != 0)
        return error_set(error, ERR_IO, "cannot hand over the environment: %s", strerror(errno));
    add(command, "--args");
    add(command, number(command, (uint64_t)command->arguments_fd));
    return OK;
}

static enum err command_build(struct command *command, const struct sandbox_spec *spec,
                              struct error *error)
{
    arena_init(&command->arena);
    command->arguments_fd = -1;
    add(command, "bwrap");
    TRY(add_environment(command, spec, error));
    add_isolation(command, spec);
    TRY(add_mounts(command, spec, error));
    if (spec->folder) {
        add(command, "--chdir");
        add(command, spec->folder);
    }
    add(command, "--");
    for (const char *const *argument = spec->argv; *argument; argument++)
        add(command, *argument);
    return OK;
}

// The kernel counts all processes of a user. Unless a sandbox has a user of its own, those that run
// already must not use up its share: they are at most as many as the whole machine has.
static uint64_t process_limit(uint64_t processes_max)
{
    struct sysinfo machine;
    if (processes_max == 0 || geteuid() == 0 || sysinfo(&machine) != 0)
        return processes_max;
    return processes_max + machine.procs;
}

static uid_t next_user(void)
{
    static atomic_uint next; // user ids of sandboxes that run at the same time must differ
    return geteuid() == 0 ? USER_FIRST + atomic_fetch_add(&next, 1) % USER_COUNT : 0;
}

enum err sandbox_start(const struct sandbox_spec *spec, struct sandbox *out, struct error *error)
{
    struct command command = {0};
    struct sandbox sandbox = {.listeners = {-1, -1}};
    enum err err = command_build(&command, spec, error);
    if (err == OK) {
        struct process_spec process = {
            .argv = command.argv,
            .environment = (const char *const[]){"PATH=/usr/local/bin:/usr/bin:/bin", NULL},
            .keep_fds = &command.arguments_fd,
            .keep_fd_count = 1,
            .stdin_fd = -1,
            .stdout_fd = spec->output_fd,
            .stderr_fd = spec->output_fd,
            .data_bytes_max = spec->memory_bytes_max ? spec->memory_bytes_max + STACKS_BYTES : 0,
            .processes_max = process_limit(spec->processes_max),
            .new_session = true,
            .new_network = true,
            .listen_ports = {spec->ports[0], spec->ports[1]},
            .listeners = sandbox.listeners,
            .run_as = next_user(),
            .staged = command.staged,
            .staged_count = spec->mount_count,
        };
        err = process_start(&process, &sandbox.pid, error);
        if (err == ERR_IO && process.run_as && error && strstr(error->text, strerror(EPERM)))
            err =
                error_set(error, ERR_UNSUPPORTED,
                          "a server run by root needs CAP_SYS_ADMIN, CAP_NET_ADMIN, CAP_SETUID and "
                          "CAP_SETGID to run functions in sandboxes: give it these, or run it as "
                          "an ordinary user");
        if (err == ERR_NOT_FOUND)
            err = error_set(
                error, ERR_UNSUPPORTED,
                "functions run in a bubblewrap sandbox, and there is no bwrap on this machine: "
                "install the package bubblewrap");
    }
    if (command.arguments_fd >= 0)
        close(command.arguments_fd);
    arena_deinit(&command.arena);
    if (err == OK)
        *out = sandbox;
    return err;
}

// What bwrap says when it cannot build a sandbox is on the pipe.
static enum err probe_verdict(const struct process_end *end, int output_fd, struct error *error)
{
    if (end->exited && end->exit_code == 0)
        return OK;
    char text[512];
    ssize_t len = read(output_fd, text, sizeof text - 1);
    text[len > 0 ? len : 0] = 0;
    struct str reason = str_trim(str_of(text));
    return error_set(
        error, ERR_UNSUPPORTED,
        "functions run in a bubblewrap sandbox, which does not start on this machine (%.*s): "
        "it needs bubblewrap 0.8 or later, and unprivileged user namespaces "
        "(sysctl kernel.unprivileged_userns_clone=1 or user.max_user_namespaces > 0)",
        STR_ARG(reason));
}

enum err sandbox_probe(struct error *error)
{
    int output[2];
    if (pipe2(output, O_CLOEXEC | O_NONBLOCK) != 0)
        return error_set(error, ERR_IO, "cannot make a pipe: %s", strerror(errno));
    struct sandbox_mount mount = {"/usr", "/var/task"};
    struct sandbox_spec spec = {
        .argv = (const char *const[]){"/usr/bin/true", NULL},
        .environment = (const char *const[]){"PATH=/usr/bin:/bin", NULL},
        .mounts = &mount,
        .mount_count = 1,
        .ports = {9001},
        .output_fd = output[1],
    };
    struct sandbox sandbox;
    struct process_end end;
    enum err err = sandbox_start(&spec, &sandbox, error);
    if (err == OK) {
        close(sandbox.listeners[0]);
        err = process_wait(sandbox.pid, -1, &end);
    }
    if (err == OK)
        err = probe_verdict(&end, output[0], error);
    close(output[0]);
    close(output[1]);
    return err;
}

static uint64_t tree_memory_bytes(pid_t pid, int depth)
{
    char path[64], text[4096];
    uint64_t sum = process_memory_bytes(pid);
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || depth > 32) {
        if (fd >= 0)
            close(fd);
        return sum;
    }
    ssize_t len = read(fd, text, sizeof text - 1);
    close(fd);
    text[len > 0 ? len : 0] = 0;
    char *next = text;
    for (long child; (child = strtol(next, &next, 10)) > 0;)
        sum += tree_memory_bytes((pid_t)child, depth + 1);
    return sum;
}

uint64_t sandbox_memory_bytes(const struct sandbox *sandbox)
{
    return tree_memory_bytes(sandbox->pid, 0);
}

void sandbox_kill(const struct sandbox *sandbox)
{
    process_kill_tree(sandbox->pid, SIGKILL);
}
