// SPDX-License-Identifier: Apache-2.0
// A child is started by clone(CLONE_VM | CLONE_VFORK) on a stack of its own, as glibc's posix_spawn
// does it: no copy of the page tables of a large server, and safe in a multi-threaded program as
// long as the child makes system calls only. Everything that needs memory (PATH, sorting of
// descriptors) is therefore prepared before the clone.
//
// PR_SET_PDEATHSIG fires when the *thread* that made the child ends, not the process, and pool
// threads do end. So all children are made by one thread which lives as long as the process: the
// starter. It is started with the first child (a hidden thread, and the second global of this
// folder: the kernel's rule leaves no other place). Starts are thereby one at a time, each taking
// until the exec, well under a millisecond.
#include "os/process.h"

#include "os/thread.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)0)
#endif

#define CHILD_STACK_BYTES (64 * 1024)
#define KEEP_FDS_MAX 64

extern char **environ;

struct start {
    const struct process_spec *spec;
    char path[PATH_MAX];
    char uid_map[32], gid_map[32];
    int keep[KEEP_FDS_MAX + 1]; // sorted
    size_t keep_count;
    bool in_user_namespace;
    pid_t parent;
    int channel[2]; // listening sockets travel over it
    // what came of it
    pid_t pid;
    int error_number;
    const char *failed; // the step
    bool done;
};

static struct {
    pthread_once_t once;
    pthread_mutex_t lock;
    pthread_cond_t asked, answered;
    struct start *next; // under lock
    bool busy;
} starter = {PTHREAD_ONCE_INIT,
             PTHREAD_MUTEX_INITIALIZER,
             PTHREAD_COND_INITIALIZER,
             PTHREAD_COND_INITIALIZER,
             NULL,
             false};

// --- in the child: system calls only ---

#define STEP(start, name, expr)                                                                    \
    do {                                                                                           \
        if ((expr) < 0) {                                                                          \
            (start)->failed = (name);                                                              \
            return -1;                                                                             \
        }                                                                                          \
    } while (0)

static int child_limit(int resource, uint64_t max)
{
    struct rlimit limit = {max, max};
    return max ? setrlimit(resource, &limit) : 0;
}

static int child_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t wrote = write(fd, text, strlen(text));
    close(fd);
    return wrote < 0 ? -1 : 0;
}

static int child_listen(struct start *start, uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    STEP(start, "make a socket", fd);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    STEP(start, "bind a port", bind(fd, (struct sockaddr *)&address, sizeof address));
    STEP(start, "listen", listen(fd, 128));
    char byte = 0, control[CMSG_SPACE(sizeof fd)] = {0};
    struct iovec one = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &one, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(rights), &fd, sizeof fd);
    STEP(start, "send a socket", sendmsg(start->channel[1], &message, MSG_NOSIGNAL));
    close(fd);
    return 0;
}

static int child_network(struct start *start)
{
    if (start->in_user_namespace) {
        child_write("/proc/self/setgroups", "deny");
        STEP(start, "map the user", child_write("/proc/self/uid_map", start->uid_map));
        STEP(start, "map the group", child_write("/proc/self/gid_map", start->gid_map));
    }
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    STEP(start, "make a socket", fd);
    struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    STEP(start, "bring loopback up", ioctl(fd, SIOCSIFFLAGS, &loopback));
    close(fd);
    for (int i = 0; i < 2; i++)
        if (start->spec->listen_ports[i] && child_listen(start, start->spec->listen_ports[i]) != 0)
            return -1;
    return 0;
}

// In a mount namespace of its own: a small file system over /tmp, the folders bound into it. They
// are opened first, as they may lie below /tmp.
static int child_stage(struct start *start)
{
    const struct process_spec *spec = start->spec;
    int fds[PROCESS_STAGED_MAX];
    char from[64], to[64];
    for (size_t i = 0; i < spec->staged_count; i++)
        STEP(start, "open a folder for",
             fds[i] = open(spec->staged[i], O_PATH | O_DIRECTORY | O_CLOEXEC));
    STEP(start, "keep its mounts private", mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
    STEP(start, "mount",
         mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "size=64k,mode=755"));
    for (size_t i = 0; i < spec->staged_count; i++) {
        snprintf(from, sizeof from, "/proc/self/fd/%d", fds[i]);
        snprintf(to, sizeof to, "/tmp/%zu", i);
        STEP(start, "make a folder", mkdir(to, 0755));
        STEP(start, "bind a folder", mount(from, to, NULL, MS_BIND | MS_REC, NULL));
        close(fds[i]);
    }
    return 0;
}

// By bare system calls: the C library's would change the identity of all our own threads.
static int child_become(struct start *start, uid_t id)
{
    STEP(start, "drop its groups", syscall(SYS_setgroups, 0, NULL));
    STEP(start, "change its group", syscall(SYS_setresgid, id, id, id));
    STEP(start, "change its user", syscall(SYS_setresuid, id, id, id));
    STEP(start, "ask for a death signal", prctl(PR_SET_PDEATHSIG, SIGKILL)); // forgotten by then
    return 0;
}

static void child_close_range(int from, int to)
{
    if (from > to || syscall(SYS_close_range, from, to, 0) == 0)
        return;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > 65536)
        limit.rlim_cur = 65536;
    for (int fd = from; fd <= to && fd < (int)limit.rlim_cur; fd++)
        close(fd);
}

static int child_descriptors(struct start *start)
{
    const struct process_spec *spec = start->spec;
    int above = start->keep_count ? start->keep[start->keep_count - 1] + 1 : 3;
    int wanted[3] = {spec->stdin_fd, spec->stdout_fd, spec->stderr_fd}, high[3];
    for (int i = 0; i < 3; i++) {
        int fd = wanted[i];
        if (fd < 0)
            STEP(start, "open /dev/null", fd = open("/dev/null", O_RDWR | O_CLOEXEC));
        STEP(start, "duplicate a descriptor", high[i] = fcntl(fd, F_DUPFD_CLOEXEC, above));
    }
    for (int i = 0; i < 3; i++)
        STEP(start, "duplicate a descriptor", dup2(high[i], i));
    int from = 3;
    for (size_t i = 0; i < start->keep_count; i++) {
        STEP(start, "keep a descriptor", fcntl(start->keep[i], F_SETFD, 0));
        child_close_range(from, start->keep[i] - 1);
        from = start->keep[i] + 1;
    }
    child_close_range(from, INT_MAX);
    return 0;
}

static void child_signals(void)
{
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int signal = 1; signal < NSIG; signal++)
        if (signal != SIGKILL && signal != SIGSTOP)
            sigaction(signal, &standard, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int child_prepare(struct start *start)
{
    const struct process_spec *spec = start->spec;
    child_signals();
    STEP(start, "ask for a death signal", prctl(PR_SET_PDEATHSIG, SIGKILL));
    if (getppid() != start->parent && getppid() != 0) // 0: the parent is outside our namespace
        raise(SIGKILL);
    if (spec->new_session)
        STEP(start, "make a session", setsid());
    if (spec->new_network && child_network(start) != 0)
        return -1;
    if (child_descriptors(start) != 0)
        return -1;
    if (spec->staged_count && child_stage(start) != 0)
        return -1;
    if (spec->folder)
        STEP(start, "enter its folder", chdir(spec->folder));
    STEP(start, "limit memory", child_limit(RLIMIT_AS, spec->memory_bytes_max));
    STEP(start, "limit data", child_limit(RLIMIT_DATA, spec->data_bytes_max));
    STEP(start, "limit processes", child_limit(RLIMIT_NPROC, spec->processes_max));
    STEP(start, "limit file sizes", child_limit(RLIMIT_FSIZE, spec->file_bytes_max));
    STEP(start, "limit core files", setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}));
    if (spec->run_as && child_become(start, spec->run_as) != 0)
        return -1;
    return 0;
}

static int child_main(void *argument)
{
    struct start *start = argument;
    const struct process_spec *spec = start->spec;
    if (child_prepare(start) == 0) {
        execve(start->path, (char *const *)spec->argv,
               spec->environment ? (char *const *)spec->environment : environ);
        start->failed = "execute";
    }
    start->error_number = errno;
    _exit(127);
}

// --- in the starter ---

static pid_t clone_child(struct start *start, int extra_flags)
{
    // A fresh stack a child, as a failed one may have left anything there; unmapped before we
    // return.
    char *stack = mmap(NULL, CHILD_STACK_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED)
        return -1;
    pid_t pid = clone(child_main, stack + CHILD_STACK_BYTES,
                      CLONE_VM | CLONE_VFORK | SIGCHLD | extra_flags, start);
    int error_number = errno;
    // The child's frames never returned: their red zones must not stay behind for whoever maps this
    // next.
    ASAN_UNPOISON_MEMORY_REGION(stack, CHILD_STACK_BYTES);
    munmap(stack, CHILD_STACK_BYTES);
    errno = error_number;
    return pid;
}

// -1 when none was sent.
static int receive_listener(int channel)
{
    int fd = -1;
    char byte, control[CMSG_SPACE(sizeof fd)];
    struct iovec one = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &one, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    if (recvmsg(channel, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) != 1)
        return -1;
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    if (rights && rights->cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(rights), sizeof fd);
    return fd;
}

static void receive_listeners(struct start *start)
{
    const struct process_spec *spec = start->spec;
    for (int i = 0; i < 2; i++) {
        int fd = spec->listen_ports[i] ? receive_listener(start->channel[0]) : -1;
        if (start->failed) {
            if (fd >= 0)
                close(fd);
            fd = -1;
        }
        spec->listeners[i] = fd;
    }
    close(start->channel[0]);
    close(start->channel[1]);
}

static void starter_start(struct start *start)
{
    int flags = start->spec->new_network ? CLONE_NEWNET : 0;
    if (start->spec->staged_count)
        flags |= CLONE_NEWNS;
    start->pid = clone_child(start, flags);
    // What an unprivileged user may do. Not for root who lost the right to namespaces but shall
    // become somebody else: that cannot be done from within, and the child would go on as root.
    if (start->pid < 0 && errno == EPERM && flags && !start->spec->run_as) {
        start->in_user_namespace = true;
        start->pid = clone_child(start, flags | CLONE_NEWUSER);
    }
    if (start->pid < 0) {
        start->failed = "start";
        start->error_number = errno;
    } else if (start->failed) {
        int status;
        while (waitpid(start->pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    if (start->spec->listeners)
        receive_listeners(start);
}

static void starter_run(void *argument)
{
    // All signals are blocked here (thread_start), hence none can run a handler in a child on our
    // memory.
    pthread_mutex_lock(&starter.lock);
    for (;;) {
        while (!starter.next)
            pthread_cond_wait(&starter.asked, &starter.lock);
        struct start *start = starter.next;
        pthread_mutex_unlock(&starter.lock);
        starter_start(start);
        pthread_mutex_lock(&starter.lock);
        start->done = true;
        starter.next = NULL;
        pthread_cond_broadcast(&starter.answered);
    }
}

static void starter_forget(void)
{
    // In a forked copy of us (tests do that) there is no starter thread.
    starter.once = (pthread_once_t)PTHREAD_ONCE_INIT;
    starter.next = NULL;
    starter.busy = false;
    pthread_mutex_init(&starter.lock, NULL);
    pthread_cond_init(&starter.asked, NULL);
    pthread_cond_init(&starter.answered, NULL);
}

static void starter_launch(void)
{
    pthread_t thread = thread_start("starter", starter_run, NULL, 128 * 1024);
    pthread_detach(thread);
    static bool registered;
    if (!registered)
        pthread_atfork(NULL, NULL, starter_forget);
    registered = true;
}

// --- anywhere ---

// PATH is the child's, as its environment is what it is given.
static const char *search_path(const struct process_spec *spec)
{
    const char *const *environment =
        spec->environment ? spec->environment : (const char *const *)environ;
    for (; environment && *environment; environment++)
        if (strncmp(*environment, "PATH=", 5) == 0)
            return *environment + 5;
    return "/usr/local/bin:/usr/bin:/bin";
}

static enum err find_program(struct start *start, struct error *error)
{
    const char *name = start->spec->argv[0];
    if (strchr(name, '/')) {
        snprintf(start->path, sizeof start->path, "%s", name);
        return OK;
    }
    struct str folder, rest = str_of(search_path(start->spec));
    while (str_cut(&rest, ':', &folder)) {
        snprintf(start->path, sizeof start->path, "%.*s/%s", STR_ARG(folder), name);
        if (folder.len > 0 && access(start->path, X_OK) == 0)
            return OK;
    }
    return error_set(error, ERR_NOT_FOUND, "there is no program %s in PATH", name);
}

static int int_cmp(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static enum err prepare(struct start *start, struct error *error)
{
    const struct process_spec *spec = start->spec;
    TRY(find_program(start, error));
    if (spec->keep_fd_count > KEEP_FDS_MAX)
        return error_set(error, ERR_LIMIT, "a child keeps at most %d descriptors", KEEP_FDS_MAX);
    for (size_t i = 0; i < spec->keep_fd_count; i++) {
        assert(spec->keep_fds[i] > 2);
        start->keep[start->keep_count++] = spec->keep_fds[i];
    }
    qsort(start->keep, start->keep_count, sizeof *start->keep, int_cmp);
    snprintf(start->uid_map, sizeof start->uid_map, "%u %u 1\n", geteuid(), geteuid());
    snprintf(start->gid_map, sizeof start->gid_map, "%u %u 1\n", getegid(), getegid());
    start->parent = getpid();
    if (spec->listeners && socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, start->channel) != 0)
        return error_set(error, ERR_IO, "cannot make a socket pair: %s", strerror(errno));
    return OK;
}

enum err process_start(const struct process_spec *spec, pid_t *out_pid, struct error *error)
{
    struct start start = {.spec = spec};
    TRY(prepare(&start, error));
    pthread_once(&starter.once, starter_launch);
    pthread_mutex_lock(&starter.lock);
    while (starter.busy)
        pthread_cond_wait(&starter.answered, &starter.lock);
    starter.busy = true;
    starter.next = &start;
    pthread_cond_signal(&starter.asked);
    while (!start.done)
        pthread_cond_wait(&starter.answered, &starter.lock);
    starter.busy = false;
    pthread_cond_broadcast(&starter.answered);
    pthread_mutex_unlock(&starter.lock);
    if (start.failed) {
        int number = start.error_number;
        return error_set(error,
                         number == ENOENT   ? ERR_NOT_FOUND
                         : number == EACCES ? ERR_DENIED
                                            : ERR_IO,
                         "cannot %s %s: %s", start.failed, start.path, strerror(number));
    }
    *out_pid = start.pid;
    return OK;
}

// Readable when the process has ended. False on timeout.
static bool await_end(pid_t pid, int64_t timeout_ms)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0)
        return true; // gone already, or no pidfd here: wait4 will say
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    int ready;
    for (int64_t left_ms = timeout_ms;;) {
        ready = poll(&wait, 1, left_ms > INT_MAX ? INT_MAX : (int)left_ms);
        if (ready > 0 || timeout_ms == 0 || (ready < 0 && errno != EINTR))
            break;
        if (timeout_ms < 0)
            continue;
        clock_gettime(CLOCK_MONOTONIC, &now);
        left_ms = timeout_ms -
                  ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000);
        if (left_ms <= 0)
            break;
    }
    close(fd);
    return ready > 0;
}

enum err process_wait(pid_t pid, int64_t timeout_ms, struct process_end *out_end)
{
    if (!await_end(pid, timeout_ms < 0 ? -1 : timeout_ms))
        return ERR_TIMEOUT;
    int status;
    struct rusage usage;
    pid_t ended;
    do
        ended = wait4(pid, &status, 0, &usage);
    while (ended < 0 && errno == EINTR);
    if (ended != pid)
        return ERR_NOT_FOUND;
    *out_end = (struct process_end){
        .exited = WIFEXITED(status),
        .exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0,
        .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
        .memory_peak_bytes = (uint64_t)usage.ru_maxrss * 1024,
        .cpu_us = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
                  (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec),
    };
    return OK;
}

void process_kill_tree(pid_t pid, int signal)
{
    assert(pid > 1);
    if (kill(-pid, signal) != 0 && errno == ESRCH)
        kill(pid, signal); // not a group's leader
}

uint64_t process_memory_bytes(pid_t pid)
{
    char path[64], text[128];
    if (pid == 0)
        snprintf(path, sizeof path, "/proc/self/statm");
    else
        snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t len = read(fd, text, sizeof text - 1);
    close(fd);
    unsigned long long size, resident;
    text[len > 0 ? len : 0] = 0;
    if (sscanf(text, "%llu %llu", &size, &resident) != 2)
        return 0;
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

struct str process_self_path(struct arena *arena)
{
    char path[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path);
    assert(len > 0 && len < (ssize_t)sizeof path);
    return str_of(str_cstr(arena, str_n(path, (size_t)len)));
}
