// SPDX-License-Identifier: Apache-2.0
// The server with handlers of the test's own: steps of a request, bodies of all sizes, parking,
// jobs, connections that are handed in, stopping. Clients are plain sockets.
struct service;
static const struct service *const NO_SERVICES[] = {0};
#define FIXTURE_SERVICES NO_SERVICES
#include "../services/lake_fixture.h"

#include "http/server.h"

#include <arpa/inet.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct site {
    struct fixture *f;
    struct http_server *server;
    uint16_t port;
    _Atomic int begun, received, ran, ended;
    _Atomic uint64_t bytes;
    enum http_intake intake;
    uint64_t stop_after; // receive refuses when it has seen so many bytes; 0: never
};

// ================================================================ handlers

static enum http_intake site_begin(void *context, struct http_request *request,
                                   struct http_response *response)
{
    struct site *site = context;
    site->begun++;
    if (site->intake == HTTP_ANSWERED)
        http_respond(response, request->arena, 403, "text/plain", S("no"));
    return site->intake;
}

static bool site_receive(void *context, struct http_request *request, struct str bytes)
{
    struct site *site = context;
    (void)request;
    site->received++;
    site->bytes += bytes.len;
    return !site->stop_after || site->bytes < site->stop_after;
}

// Echoes method, target, length of body, tag.
static enum http_outcome site_run(void *context, struct http_request *request,
                                  struct http_response *response)
{
    struct site *site = context;
    site->ran++;
    site->bytes += request->body.len;
    http_respond(response, request->arena, 200, "text/plain",
                 str_format(request->arena, "%.*s %.*s %llu %.*s", STR_ARG(request->method),
                            STR_ARG(request->target), (unsigned long long)site->bytes,
                            STR_ARG(request->tag)));
    return HTTP_DONE;
}

static void site_end(void *context, struct http_request *request)
{
    struct site *site = context;
    (void)request;
    site->ended++;
}

static enum http_outcome wait_run(void *context, struct http_request *request,
                                  struct http_response *response)
{
    struct site *site = context;
    site->ran++;
    if (!request->deadline_passed && str_is(request->query, "") && site->ran < 3)
        return http_park(request, S("key"), INT64_MAX);
    if (!request->deadline_passed && str_is(request->query, "deadline"))
        return http_park(request, S("other"), FIXTURE_START_MS + 1000);
    http_respond(response, request->arena, 200, "text/plain",
                 request->deadline_passed ? S("deadline") : S("woken"));
    return HTTP_DONE;
}

static enum http_outcome job_run(void *context, struct http_request *request,
                                 struct http_response *response)
{
    struct site *site = context;
    if (++site->ran == 1)
        return HTTP_AS_JOB;
    http_respond(response, request->arena, 200, "text/plain", S("job"));
    return HTTP_DONE;
}

// ================================================================ fixture

static int site_setup(void **state)
{
    struct site *site = calloc(1, sizeof *site);
    struct error error = {0};
    int fd;
    void *fixture = NULL;
    fixture_setup(&fixture);
    site->f = fixture;
    if (http_listen("127.0.0.1", 0, &fd, &site->port, &error) != OK)
        fail_msg("%s", error.text);
    site->server = http_server_new(site->f->lake, NULL);
    const struct http_handler handlers[] = {
        {.prefix = "/",
         .begin = site_begin,
         .receive = site_receive,
         .run = site_run,
         .end = site_end,
         .context = site},
        {.prefix = "/wait", .run = wait_run, .context = site},
        {.prefix = "/job", .run = job_run, .context = site},
        {.prefix = "/tagged", .tagged_only = true, .run = site_run, .context = site},
        {.prefix = "/small", .body_bytes_max = 10, .run = site_run, .context = site},
    };
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++)
        http_server_handle(site->server, &handlers[i]);
    if (http_server_start(site->server, fd, &error) != OK)
        fail_msg("%s", error.text);
    *state = site;
    return 0;
}

static int site_teardown(void **state)
{
    struct site *site = *state;
    void *fixture = site->f;
    lake_cancel(site->f->lake);
    assert_true(http_server_stop(site->server, 10000));
    http_server_free(site->server);
    fixture_teardown(&fixture);
    free(site);
    return 0;
}

// ================================================================ clients

static int dial(const struct site *site)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(site->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_return_code(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

// One response: its headers, and its body as far as Content-Length says.
static const char *hear(struct site *site, int fd)
{
    char *text = arena_alloc(&site->f->arena, 65536);
    size_t len = 0;
    for (;;) {
        ssize_t got = recv(fd, text + len, 65535 - len, 0);
        if (got <= 0)
            return text;
        len += (size_t)got;
        const char *end = strstr(text, "\r\n\r\n"), *length = strstr(text, "Content-Length: ");
        if (strncmp(text, "HTTP/1.1 100", 12) == 0 && end)
            return text;
        if (end && (!length || strlen(end + 4) >= strtoul(length + 16, NULL, 10)))
            return text;
    }
}

static void assert_answer(const char *text, const char *status, const char *body)
{
    const char *end = strstr(text, "\r\n\r\n");
    if (strncmp(text + 9, status, strlen(status)) != 0 || !end || strcmp(end + 4, body) != 0)
        fail_msg("\"%s\" instead of %s \"%s\"", text, status, body);
}

static void ask(struct site *site, const char *request, const char *status, const char *body)
{
    int fd = dial(site);
    say(fd, request);
    assert_answer(hear(site, fd), status, body);
    close(fd);
}

static void say_bytes(int fd, size_t count)
{
    char piece[8192];
    memset(piece, 'x', sizeof piece);
    while (count) {
        ssize_t sent = send(fd, piece, count < sizeof piece ? count : sizeof piece, MSG_NOSIGNAL);
        assert_true(sent > 0);
        count -= (size_t)sent;
    }
}

// ================================================================ tests

static void small_requests(void **state)
{
    struct site *site = *state;
    ask(site, "GET /a%20b/../c?x=%zz HTTP/1.1\r\nHost: h\r\n\r\n", "200",
        "GET /a%20b/../c?x=%zz 0 ");
    ask(site, "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabcde", "200", "POST /p 5 ");
    ask(site, "GET /tagged HTTP/1.1\r\nHost: h\r\n\r\n", "200",
        "GET /tagged 5 "); // not that handler
    assert_int_equal(site->begun, 0);
    assert_int_equal(site->ran, 3);
    int fd = dial(site);
    say(fd, "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_answer(hear(site, fd), "200", "GET /1 5 ");
    say(fd, "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n"); // the connection was kept
    assert_answer(hear(site, fd), "200", "GET /2 5 ");
    close(fd);
}

static void streamed_body(void **state)
{
    struct site *site = *state;
    site->intake = HTTP_STREAM;
    int fd = dial(site);
    say(fd, "PUT /s HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n");
    say_bytes(fd, 3000000);
    assert_answer(hear(site, fd), "200", "PUT /s 3000000 ");
    assert_int_equal(site->begun, 1);
    assert_in_range(site->received, 2, 13);
    assert_int_equal(site->ran, 1);
    close(fd);
}

static void buffered_body(void **state)
{
    struct site *site = *state;
    site->intake = HTTP_BUFFER;
    int fd = dial(site);
    say(fd, "PUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n");
    say_bytes(fd, 3000000);
    assert_answer(hear(site, fd), "200", "PUT /b 3000000 ");
    assert_int_equal(site->received, 0);
    close(fd);
    ask(site, "POST /small HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n01234567890", "413",
        "The request's body is too large.\n");
    ask(site,
        "POST /small HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
        "chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n",
        "413", "The request's body is too large.\n");
}

static void unwanted_body(void **state)
{
    struct site *site = *state;
    site->intake = HTTP_ANSWERED;
    ask(site, "PUT /e HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n",
        "403", "no");
    int fd = dial(site);
    say(fd, "PUT /d HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
    say_bytes(fd, 1000000);
    assert_answer(hear(site, fd), "403", "no");
    say(fd, "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n"); // it was swallowed, and the connection kept
    assert_answer(hear(site, fd), "200", "GET /2 0 ");
    close(fd);
}

static void stream_that_is_stopped(void **state)
{
    struct site *site = *state;
    site->intake = HTTP_STREAM;
    site->stop_after = 300000;
    int fd = dial(site);
    say(fd, "PUT /s HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n");
    say_bytes(fd, 3000000);
    const char *answer = hear(site, fd);
    assert_int_equal(strncmp(answer, "HTTP/1.1 200", 12), 0);
    assert_int_equal(site->ran, 1);
    assert_true(site->bytes < 1000000);
    close(fd);
}

static void expectation(void **state)
{
    struct site *site = *state;
    site->intake = HTTP_STREAM;
    int fd = dial(site);
    say(fd, "PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    assert_int_equal(strncmp(hear(site, fd), "HTTP/1.1 100", 12), 0);
    say(fd, "abc");
    assert_answer(hear(site, fd), "200", "PUT /x 3 ");
    close(fd);
}

static void wait_for_runs(struct site *site, int count)
{
    while (site->ran < count)
        sched_yield();
}

static void parked_and_woken(void **state)
{
    struct site *site = *state;
    int fd = dial(site);
    say(fd, "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    wait_for_runs(site, 1);
    lake_wake(site->f->lake, S("key")); // runs again and parks again
    wait_for_runs(site, 2);
    lake_wake(site->f->lake, S("key"));
    assert_answer(hear(site, fd), "200", "woken");
    assert_int_equal(site->ran, 3);
    close(fd);
}

static void parked_until_the_deadline(void **state)
{
    struct site *site = *state;
    int fd = dial(site);
    say(fd, "GET /wait?deadline HTTP/1.1\r\nHost: h\r\n\r\n");
    wait_for_runs(site, 1);
    clock_advance(site->f->clock, 1000);
    assert_answer(hear(site, fd), "200", "deadline");
    close(fd);
}

// What was waited for stays for others when the client has gone.
static void client_gone_while_parked(void **state)
{
    struct site *site = *state;
    int fd = dial(site);
    say(fd, "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    wait_for_runs(site, 1);
    close(fd);
    lake_wake(site->f->lake, S("key"));
    assert_true(http_server_stop(site->server, 10000));
    assert_int_equal(site->ran, 1);
}

static void jobs(void **state)
{
    struct site *site = *state;
    ask(site, "GET /job HTTP/1.1\r\nHost: h\r\n\r\n", "200", "job");
    assert_int_equal(site->ran, 2);
}

static void handed_in_connections(void **state)
{
    struct site *site = *state;
    struct error error = {0};
    int ends[2];
    assert_return_code(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(http_server_add_connection(site->server, ends[1], S("sandbox-7"), &error), OK);
    say(ends[0], "GET /tagged/x HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_answer(hear(site, ends[0]), "200", "GET /tagged/x 0 sandbox-7");
    say(ends[0], "GET /other HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_answer(hear(site, ends[0]), "200", "GET /other 0 sandbox-7");
    ask(site, "GET /other HTTP/1.1\r\nHost: h\r\n\r\n", "200",
        "GET /other 0 "); // others have no tag
    close(ends[0]);
}

static void every_request_ends_once(void **state)
{
    struct site *site = *state;
    site->intake = HTTP_STREAM;
    ask(site, "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n", "200", "GET /1 0 ");
    int fd = dial(site);
    say(fd, "PUT /cut HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n");
    say_bytes(fd, 600000);
    while (!site->begun)
        sched_yield();
    close(fd); // in the middle of its body
    assert_true(http_server_stop(site->server, 10000));
    assert_int_equal(site->ended, 2);
    assert_int_equal(site->ran, 1);
}

static void stop_answers_who_is_parked(void **state)
{
    struct site *site = *state;
    int fd = dial(site);
    say(fd, "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    wait_for_runs(site, 1);
    lake_cancel(site->f->lake);
    assert_true(http_server_stop(site->server, 10000));
    assert_answer(hear(site, fd), "200", "deadline");
    close(fd);
}

#define SITE_TEST(function) cmocka_unit_test_setup_teardown(function, site_setup, site_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SITE_TEST(small_requests),
        SITE_TEST(buffered_body),
        SITE_TEST(streamed_body),
        SITE_TEST(unwanted_body),
        SITE_TEST(expectation),
        SITE_TEST(stream_that_is_stopped),
        SITE_TEST(parked_and_woken),
        SITE_TEST(parked_until_the_deadline),
        SITE_TEST(client_gone_while_parked),
        SITE_TEST(jobs),
        SITE_TEST(handed_in_connections),
        SITE_TEST(every_request_ends_once),
        SITE_TEST(stop_answers_who_is_parked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
