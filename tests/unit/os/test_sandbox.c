// SPDX-License-Identifier: Apache-2.0
// What a sandboxed program can see and do, asked by running shell commands in one.
#include "os/file.h"
#include "os/process.h"
#include "os/sandbox.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct arena arena;
    char *outer, *folder;
    int output[2];
    struct sandbox sandbox;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct error error = {0};
    arena_init(&fixture->arena);
    if (folder_make_temp(&fixture->arena, NULL, "sandbox", &fixture->folder, &error) != OK)
        return -1;
    // The code is for everybody to read, the folder above it is not.
    fixture->outer = fixture->folder;
    if (folder_make_temp(&fixture->arena, fixture->outer, "code", &fixture->folder, &error) != OK ||
        chmod(fixture->folder, 0755) != 0)
        return -1;
    char *file = str_cstr(&fixture->arena, str_format(&fixture->arena, "%s/code", fixture->folder));
    if (file_write_atomic(file, S("the code"), 0644, &error) != OK)
        return -1;
    *state = fixture;
    return pipe2(fixture->output, O_CLOEXEC);
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    struct error error = {0};
    close(fixture->output[0]);
    if (fixture->output[1] >= 0)
        close(fixture->output[1]);
    enum err err = folder_remove_all(fixture->outer, &error);
    arena_deinit(&fixture->arena);
    free(fixture);
    return err;
}

static void start_with(struct fixture *fixture, const char *const *environment, const char *script,
                       uint64_t processes_max)
{
    struct sandbox_mount mount = {fixture->folder, "/var/task"};
    struct sandbox_spec spec = {
        .argv = (const char *const[]){"/bin/sh", "-c", script, NULL},
        .environment = environment,
        .mounts = &mount,
        .mount_count = 1,
        .folder = "/var/task",
        .ports = {4566, 9001},
        .memory_bytes_max = (uint64_t)128 << 20,
        .processes_max = processes_max,
        .tmp_bytes_max = 1 << 20,
        .output_fd = fixture->output[1],
    };
    struct error error = {0};
    if (sandbox_start(&spec, &fixture->sandbox, &error) != OK)
        fail_msg("%s", error.text);
}

static void start(struct fixture *fixture, const char *script, uint64_t processes_max)
{
    start_with(fixture, (const char *const[]){"PATH=/usr/bin:/bin", "COLOR=blue", NULL}, script,
               processes_max);
}

static struct str finish(struct fixture *fixture, struct process_end *out_end)
{
    struct buf text = buf_in(&fixture->arena, 1 << 20);
    close(fixture->output[1]);
    fixture->output[1] = -1;
    for (ssize_t len; (len = read(fixture->output[0], buf_reserve(&text, 4096), 4096)) > 0;)
        text.len += (size_t)len;
    assert_int_equal(process_wait(fixture->sandbox.pid, 10000, out_end), OK);
    close(fixture->sandbox.listeners[0]);
    close(fixture->sandbox.listeners[1]);
    return str_trim(buf_str(&text));
}

static void assert_says(void **state, const char *script, const char *expected)
{
    struct process_end end;
    start(*state, script, 64);
    struct str said = finish(*state, &end);
    if (!str_is(said, expected))
        fail_msg("%s: '%.*s' instead of '%s'", script, STR_ARG(said), expected);
}

static void test_code_is_there_and_read_only(void **state)
{
    assert_says(state, "cat code; echo; (echo new > code2) 2>/dev/null || echo refused",
                "the code\nrefused");
}

static void test_environment_is_what_was_given(void **state)
{
    assert_says(state, "echo $COLOR $HOME", "blue");
}

static void test_environment_takes_any_value(void **state)
{
    struct process_end end;
    start_with(*state, (const char *const[]){"EQUATION=a=b", "EMPTY=", NULL},
               "echo \"$EQUATION|${EMPTY-unset}|${PATH}\"", 64);
    struct str said = finish(*state, &end);
    assert_true(str_starts(said, S("a=b||")));
}

// What loads libraries into a process, or finds programs, must not reach bwrap, which runs outside.
static void test_environment_begins_inside(void **state)
{
    struct process_end end;
    start_with(*state, (const char *const[]){"LD_PRELOAD=/var/task/none.so", "PATH=/none", NULL},
               "echo $PATH", 64);
    struct str said = finish(*state, &end);
    struct str complaint = S("cannot be preloaded");
    size_t at = str_find(said, complaint); // the shell's own loader's
    assert_int_not_equal(at, STR_NPOS);
    assert_false(str_contains(str_from(said, at + complaint.len), complaint));
    assert_true(str_ends(said, S("/none")));
}

static void test_file_system_is_private(void **state)
{
    assert_says(
        state, "ls /home /root /var/lib /work /etc/shadow 2>/dev/null; ls /tmp; ls /var; echo done",
        "task\ndone");
}

static void test_tmp_is_limited(void **state)
{
    assert_says(state, "head -c 3000000 /dev/zero > /tmp/a 2>/dev/null || echo full", "full");
}

static void test_processes_are_its_own(void **state)
{
    assert_says(state, "ls -d /proc/[0-9]* | wc -l | awk '{print ($1 < 8) ? \"few\" : \"many\"}'",
                "few");
}

static void test_no_privileges(void **state)
{
    assert_says(
        state,
        "id -u; grep CapEff /proc/self/status; unshare -U true 2>/dev/null || echo no namespaces; "
        "[ -w /proc/sys/kernel/core_pattern ] || echo no settings",
        "993\nCapEff:\t0000000000000000\nno namespaces\nno settings");
}

static void test_process_limit(void **state)
{
    struct process_end end;
    if (geteuid() != 0)
        skip(); // the limit counts what else the user runs
    start(
        *state,
        "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 5 & done; echo all",
        10);
    struct str said = finish(*state, &end);
    assert_true(str_contains(said, S("fork")));
    assert_false(str_contains(said, S("all")));
}

static void test_connections_arrive_at_the_listeners(void **state)
{
    struct fixture *fixture = *state;
    start(fixture,
          "python3 -c 'import socket; s=socket.create_connection((\"127.0.0.1\",9001)); "
          "print(s.recv(9).decode())'; "
          "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\",80))' 2>/dev/null || "
          "echo only those",
          64);
    struct pollfd wait = {fixture->sandbox.listeners[1], POLLIN, 0};
    assert_int_equal(poll(&wait, 1, 10000), 1);
    int peer = accept4(fixture->sandbox.listeners[1], NULL, NULL, SOCK_CLOEXEC);
    assert_true(peer >= 0);
    assert_int_equal(write(peer, "a message", 9), 9);
    close(peer);
    struct process_end end;
    struct str said = finish(fixture, &end);
    assert_string_equal(str_cstr(&fixture->arena, said), "a message\nonly those");
}

static void test_kill_ends_all(void **state)
{
    struct fixture *fixture = *state;
    start(fixture, "sleep 1000 & echo ready; sleep 1000", 64);
    char text[6];
    assert_int_equal(read(fixture->output[0], text, sizeof text), 6);
    assert_true(sandbox_memory_bytes(&fixture->sandbox) > 0);
    sandbox_kill(&fixture->sandbox);
    struct process_end end;
    struct str said = finish(fixture, &end); // ends only when both sleeps have let go of the pipe
    assert_int_equal(said.len, 0);
    assert_false(end.exited);
}

int main(void)
{
    struct error error = {0};
    if (sandbox_probe(&error) != OK) {
        print_message("%s\n", error.text);
        return 77; // no sandboxes on this machine: skipped
    }
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_code_is_there_and_read_only),
        TEST(test_environment_is_what_was_given),
        TEST(test_environment_takes_any_value),
        TEST(test_environment_begins_inside),
        TEST(test_file_system_is_private),
        TEST(test_tmp_is_limited),
        TEST(test_processes_are_its_own),
        TEST(test_no_privileges),
        TEST(test_process_limit),
        TEST(test_connections_arrive_at_the_listeners),
        TEST(test_kill_ends_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
