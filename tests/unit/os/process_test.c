// SPDX-License-Identifier: Apache-2.0
#include "os/process.h"

#include "os/file.h"
#include "os/thread.h"

#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define assert_ok(expr) assert_int_equal((expr), OK)

// Runs `sh -c script` to its end and returns what it wrote.
static struct str run(struct arena *arena, struct process_spec spec, const char *script,
                      struct process_end *out_end)
{
    int out[2];
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    struct error error = {0};
    const char *argv[] = {"sh", "-c", script, NULL};
    spec.argv = argv;
    spec.stdin_fd = -1;
    spec.stdout_fd = spec.stderr_fd = out[1];
    pid_t pid;
    if (process_start(&spec, &pid, &error) != OK)
        fail_msg("%s", error.text);
    close(out[1]);
    char *text = arena_bytes(arena, 65536);
    size_t len = 0;
    for (ssize_t got; (got = read(out[0], text + len, 65536 - len)) != 0;) {
        assert_true(got > 0);
        len += (size_t)got;
    }
    close(out[0]);
    assert_ok(process_wait(pid, -1, out_end));
    return str_n(text, len);
}

static void output_and_exit_code(void **state)
{
    struct process_end end;
    assert_str(run(*state, (struct process_spec){0}, "echo hello; exit 3", &end), "hello\n");
    assert_true(end.exited);
    assert_int_equal(end.exit_code, 3);
    assert_true(end.memory_peak_bytes > 0);
    assert_str(run(*state, (struct process_spec){0}, "kill -9 $$", &end), "");
    assert_false(end.exited);
    assert_int_equal(end.signal, SIGKILL);
}

static void environment_and_folder_are_exactly_what_is_given(void **state)
{
    struct process_end end;
    const char *environment[] = {"PATH=/usr/bin:/bin", "A=1", NULL};
    struct process_spec spec = {.environment = environment, .folder = "/proc"};
    assert_str(
        run(*state, spec, "env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD= | sort; pwd", &end),
        "A=1\nPATH=/usr/bin:/bin\n/proc\n");
    setenv("TARN_TEST_INHERITED", "yes", 1);
    assert_str(run(*state, (struct process_spec){0}, "echo $TARN_TEST_INHERITED", &end), "yes\n");
}

static void only_the_given_descriptors_are_open(void **state)
{
    struct process_end end;
    int leaky = open("/dev/null", O_RDONLY); // not close-on-exec
    int kept[2] = {fcntl(leaky, F_DUPFD, 40), fcntl(leaky, F_DUPFD_CLOEXEC, 20)};
    assert_int_equal(kept[0], 40);
    assert_int_equal(kept[1], 20);
    struct process_spec spec = {.keep_fds = kept, .keep_fd_count = 2};
    // The shell's glob opens the folder itself, hence ls, which has the folder as 3.
    assert_str(run(*state, spec, "exec ls -v /proc/self/fd", &end), "0\n1\n2\n3\n20\n40\n");
    assert_str(run(*state, (struct process_spec){0}, "exec ls -v /proc/self/fd", &end),
               "0\n1\n2\n3\n");
    assert_str(run(*state, (struct process_spec){0}, "readlink /proc/self/fd/0", &end),
               "/dev/null\n");
    close(leaky);
    close(kept[0]);
    close(kept[1]);
}

static void signals_are_as_new(void **state)
{
    struct process_end end;
    sigset_t mask, before;
    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &mask, &before);
    signal(SIGPIPE, SIG_IGN);
    // The C library keeps signals 32 and 33 for itself; whether they are ignored comes from whoever
    // started the tests.
    struct str text = run(*state, (struct process_spec){0},
                          "grep -e SigBlk -e SigIgn /proc/self/status | cut -f2", &end);
    struct str blocked, ignored;
    assert_true(str_cut(&text, '\n', &blocked) && str_cut(&text, '\n', &ignored));
    assert_str(blocked, "0000000000000000");
    assert_int_equal(strtoull(str_cstr(*state, ignored), NULL, 16) & ~(uint64_t)0x180000000, 0);
    signal(SIGPIPE, SIG_DFL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void limits_hold(void **state)
{
    struct process_end end;
    struct process_spec spec = {.file_bytes_max = 1024 * 1024,
                                .memory_bytes_max = (uint64_t)256 << 20};
    struct str limits = run(*state, spec, "ulimit -f; ulimit -v; ulimit -c", &end);
    // dash counts files in blocks of 512 bytes, bash in 1024
    assert_true(str_is(limits, "2048\n262144\n0\n") || str_is(limits, "1024\n262144\n0\n"));
    spec = (struct process_spec){.processes_max = 77};
    assert_str(run(*state, spec,
                   "grep 'Max processes' /proc/self/limits | tr -s ' ' | cut -d' ' -f3", &end),
               "77\n");
}

static void what_cannot_be_started_says_why(void **state)
{
    struct error error = {0};
    pid_t pid = -5;
    const char *argv[] = {"there-is-no-such-program", NULL};
    struct process_spec spec = {.argv = argv, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1};
    assert_int_equal(process_start(&spec, &pid, &error), ERR_NOT_FOUND);
    argv[0] = "/no/such/program";
    assert_int_equal(process_start(&spec, &pid, &error), ERR_NOT_FOUND);
    assert_non_null(strstr(error.text, "cannot execute /no/such/program: No such file"));
    argv[0] = "/etc/passwd";
    assert_int_equal(process_start(&spec, &pid, &error), ERR_DENIED);
    argv[0] = "true";
    spec.folder = "/no/such/folder";
    assert_int_equal(process_start(&spec, &pid, &error), ERR_NOT_FOUND);
    assert_non_null(strstr(error.text, "cannot enter its folder"));
    assert_int_equal(pid, -5);
    int status;
    assert_int_equal(waitpid(-1, &status, WNOHANG), -1); // no zombie is left
    assert_int_equal(errno, ECHILD);
}

static void waiting_times_out_and_killing_reaches_descendants(void **state)
{
    struct error error = {0};
    struct process_end end;
    int out[2];
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    const char *argv[] = {"sh", "-c", "sleep 1000 & echo ready; wait", NULL};
    struct process_spec spec = {
        .argv = argv, .stdin_fd = -1, .stdout_fd = out[1], .stderr_fd = -1, .new_session = true};
    pid_t pid;
    assert_ok(process_start(&spec, &pid, &error));
    close(out[1]);
    char text[16];
    assert_int_equal(read(out[0], text, sizeof text), 6);
    assert_int_equal(process_wait(pid, 0, &end), ERR_TIMEOUT);
    assert_int_equal(process_wait(pid, 5, &end), ERR_TIMEOUT);
    assert_true(process_memory_bytes(pid) > 0);
    assert_int_equal(getpgid(pid), pid);
    process_kill_tree(pid, SIGTERM);
    assert_ok(process_wait(pid, -1, &end));
    assert_int_equal(end.signal, SIGTERM);
    assert_int_equal(read(out[0], text, sizeof text),
                     0); // the sleep held the other end, and is gone
    close(out[0]);
    assert_int_equal(process_memory_bytes(pid), 0);
    assert_int_equal(process_wait(pid, 0, &end), ERR_NOT_FOUND);
}

static void children_of_short_threads(void *argument)
{
    pid_t *pid = argument;
    const char *argv[] = {"sleep", "1000", NULL};
    struct process_spec spec = {.argv = argv, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1};
    if (process_start(&spec, pid, NULL) != OK)
        *pid = -1;
}

static void a_child_outlives_the_thread_that_asked_for_it(void **state)
{
    enum { COUNT = 8 };
    pid_t pids[COUNT];
    pthread_t threads[COUNT];
    struct process_end end;
    for (int i = 0; i < COUNT; i++)
        threads[i] = thread_start("asker", children_of_short_threads, &pids[i], 0);
    for (int i = 0; i < COUNT; i++)
        thread_join(threads[i]);
    for (int i = 0; i < COUNT; i++) {
        assert_true(pids[i] > 0);
        assert_int_equal(process_wait(pids[i], 2, &end), ERR_TIMEOUT);
        process_kill_tree(pids[i], SIGKILL);
        assert_ok(process_wait(pids[i], -1, &end));
    }
}

static void a_child_dies_with_the_process(void **state)
{
    int lifeline[2], told[2];
    assert_int_equal(pipe2(lifeline, O_CLOEXEC), 0);
    assert_int_equal(pipe2(told, O_CLOEXEC), 0);
    pid_t parent = fork();
    if (parent == 0) {
        const char *argv[] = {"sleep", "1000", NULL};
        struct process_spec spec = {
            .argv = argv, .stdin_fd = -1, .stdout_fd = lifeline[1], .stderr_fd = -1};
        pid_t pid;
        char started = process_start(&spec, &pid, NULL) == OK;
        if (write(told[1], &started, 1) == 1)
            pause();
        _exit(1);
    }
    close(lifeline[1]);
    char started = 0;
    assert_int_equal(read(told[0], &started, 1), 1);
    assert_true(started);
    kill(parent, SIGKILL);
    waitpid(parent, NULL, 0);
    struct pollfd end = {.fd = lifeline[0], .events = POLLIN};
    assert_int_equal(poll(&end, 1, 10000), 1);
    assert_int_equal(read(lifeline[0], &started, 1), 0); // the child's end is closed: it is dead
    close(lifeline[0]);
    close(told[0]);
    close(told[1]);
}

static void a_new_network_has_loopback_only(void **state)
{
    struct process_end end;
    struct process_spec spec = {.new_network = true};
    struct str devices = run(*state, spec,
                             "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '; "
                             "cat /proc/net/fib_trie | grep -c 127.0.0.1",
                             &end);
    assert_true(str_starts(devices, S("lo\n")));
    assert_false(str_contains(devices, S("eth")));
    assert_false(str_ends(devices, S("\n0\n"))); // it is up: it has routes
}

static void self(void **state)
{
    struct str path = process_self_path(*state);
    assert_true(str_ends(path, S("test_os_process")));
    assert_true(process_memory_bytes(0) > 100 * 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(output_and_exit_code),
        ARENA_TEST(environment_and_folder_are_exactly_what_is_given),
        ARENA_TEST(only_the_given_descriptors_are_open),
        ARENA_TEST(signals_are_as_new),
        ARENA_TEST(limits_hold),
        ARENA_TEST(what_cannot_be_started_says_why),
        ARENA_TEST(waiting_times_out_and_killing_reaches_descendants),
        ARENA_TEST(a_child_outlives_the_thread_that_asked_for_it),
        ARENA_TEST(a_child_dies_with_the_process),
        ARENA_TEST(a_new_network_has_loopback_only),
        ARENA_TEST(self),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
