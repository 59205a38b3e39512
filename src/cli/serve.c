// SPDX-License-Identifier: Apache-2.0
// `tarn serve`: puts the parts together - clock, lake, HTTP server - and waits for a signal.
//
// Order matters at both ends. The address is bound first, so that a taken port is found before
// anything is opened and the port is known to the lake; clients that connect early wait in the
// listen queue. At the end parked calls and foreign work are told first, then running requests get
// a grace; a request that does not end in it is given up with the process, which is as safe as
// being killed.
#include "cli/cli.h"

#include "base/log.h"
#include "base/timefmt.h"
#include "http/api.h"
#include "http/system.h"
#include "os/file.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define STOP_GRACE_MS 10000

struct serve {
    const char *data, *listen, *account, *region, *log_level;
    bool test_clock;
    char *host; // of listen
    uint16_t port;
    char *folder; // data, absolute
    struct arena arena;
    struct clock *clock;      // the lake's
    struct clock *real_clock; // signatures' times are compared with it
    struct random *random;
    struct log *log;
    struct lake *lake;
    struct http_server *server;
    struct api *api;
    struct system_options system;
};

// ================================================================ logging

static void log_to_stderr(void *context, enum log_level level, const char *module, const char *line)
{
    static const char *const LEVELS[] = {"debug", "info", "warn", "error"};
    struct serve *serve = context;
    struct arena arena;
    arena_init(&arena);
    struct str time = time_iso_ms(&arena, clock_now_ms(serve->real_clock));
    struct str text =
        str_format(&arena, "%.*s %s %s %s\n", STR_ARG(time), LEVELS[level], module, line);
    ssize_t written =
        write(STDERR_FILENO, text.ptr, text.len); // one call, so that lines stay whole
    (void)written;
    arena_deinit(&arena);
}

// ================================================================ options

static bool read_listen(struct serve *serve)
{
    struct str listen = str_of(serve->listen);
    size_t colon = str_rfind_char(listen, ':');
    uint64_t port;
    if (colon == STR_NPOS || !str_to_u64(str_from(listen, colon + 1), &port) || port > UINT16_MAX)
        return cli_fail("serve: --listen %s is not HOST:PORT", serve->listen), false;
    struct str host = str_slice(listen, 0, colon);
    if (str_starts(host, S("[")) && str_ends(host, S("]")))
        host = str_slice(host, 1, host.len - 1);
    serve->host = str_cstr(&serve->arena, host);
    serve->port = (uint16_t)port;
    return true;
}

static bool read_options(struct serve *serve, int argc, char **argv)
{
    const struct option_row rows[] = {
        {"--data", "TARN_DATA", OPTION_TEXT, &serve->data},
        {"--listen", "TARN_LISTEN", OPTION_TEXT, &serve->listen},
        {"--account", "TARN_ACCOUNT", OPTION_TEXT, &serve->account},
        {"--region", "TARN_REGION", OPTION_TEXT, &serve->region},
        {"--log-level", "TARN_LOG_LEVEL", OPTION_TEXT, &serve->log_level},
        {"--test-clock", NULL, OPTION_FLAG, &serve->test_clock},
        {0},
    };
    int rest;
    if (!cli_options("serve", rows, argc, argv, &rest))
        return false;
    if (rest < argc)
        return cli_fail("serve: %s is not expected; see tarn serve --help", argv[rest]), false;
    if (strlen(serve->account) != 12 || strspn(serve->account, "0123456789") != 12)
        return cli_fail("serve: --account %s is not twelve digits", serve->account), false;
    if (!*serve->region)
        return cli_fail("serve: --region is empty"), false;
    enum log_level level;
    if (!log_level_parse(serve->log_level, &level))
        return cli_fail("serve: --log-level %s is not debug, info, warn or error",
                        serve->log_level),
               false;
    serve->log = log_new(level, log_to_stderr, serve);
    return read_listen(serve);
}

// ================================================================ starting

static void allow_many_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

// Blocked in every thread, as this runs before any is started; the main thread waits for them.
static sigset_t block_signals(void)
{
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ending, NULL);
    signal(SIGPIPE, SIG_IGN);
    return ending;
}

static struct str url_of(struct serve *serve)
{
    bool any =
        strcmp(serve->host, "0.0.0.0") == 0 || strcmp(serve->host, "::") == 0 || !*serve->host;
    const char *host = any ? "localhost" : serve->host;
    return str_format(&serve->arena, strchr(host, ':') ? "http://[%s]:%u" : "http://%s:%u", host,
                      serve->port);
}

static enum err open_lake(struct serve *serve, struct error *error)
{
    TRY(folder_make(serve->data, 0700, error));
    serve->folder = realpath(serve->data, NULL);
    if (!serve->folder)
        return error_set(error, ERR_IO, "%s cannot be resolved", serve->data);
    const struct lake_options options = {
        .folder = serve->folder,
        .account = str_of(serve->account),
        .region = str_of(serve->region),
        .base_url = url_of(serve),
        .clock = serve->clock,
        .random = serve->random,
        .log = serve->log,
    };
    return lake_open(&options, &serve->lake, error);
}

static enum err start_http(struct serve *serve, int listen_fd, struct error *error)
{
    serve->server = http_server_new(serve->lake, serve->log);
    serve->api = api_new(serve->lake, serve->real_clock);
    serve->system =
        (struct system_options){.lake = serve->lake, .clock_may_advance = serve->test_clock};
    struct http_handler api = api_handler(serve->api), own = system_handler(&serve->system);
    http_server_handle(serve->server, &api);
    http_server_handle(serve->server, &own);
    lake_set_http_server(serve->lake, serve->server);
    TRY(http_server_start(serve->server, listen_fd, error));
    lake_begin(serve->lake);
    return OK;
}

static void print_usage(struct serve *serve)
{
    struct str url = url_of(serve);
    printf("Tarn " TARN_VERSION " serves %.*s  (account %s, region %s, data in %s)\n\n",
           STR_ARG(url), serve->account, serve->region, serve->folder);
    printf("  export AWS_ENDPOINT_URL=%.*s AWS_REGION=%s AWS_DEFAULT_REGION=%s\n", STR_ARG(url),
           serve->region, serve->region);
    printf("  export AWS_SHARED_CREDENTIALS_FILE=%s/credentials\n\n", serve->folder);
    printf("aws-cli before 2.13 does not know AWS_ENDPOINT_URL:  alias aws='aws --endpoint-url "
           "%.*s'\n",
           STR_ARG(url));
    fflush(stdout);
}

// ================================================================ ending

static void serve_free(struct serve *serve)
{
    lake_close(serve->lake);
    http_server_free(serve->server);
    api_free(serve->api);
    log_free(serve->log);
    if (serve->clock != serve->real_clock)
        clock_free(serve->clock);
    clock_free(serve->real_clock);
    random_free(serve->random);
    free(serve->folder);
    arena_deinit(&serve->arena);
}

static void stop(struct serve *serve)
{
    lake_cancel(serve->lake);
    if (http_server_stop(serve->server, STOP_GRACE_MS))
        return;
    log_event(serve->log, LOG_WARN, "serve", "requests still run after %d s; ending without them",
              STOP_GRACE_MS / 1000);
    _exit(CLI_DONE);
}

static enum err run(struct serve *serve, struct error *error)
{
    int listen_fd;
    sigset_t ending = block_signals();
    allow_many_descriptors();
    int64_t begun_us = clock_mono_us(serve->real_clock);
    TRY(http_listen(serve->host, serve->port, &listen_fd, &serve->port, error));
    enum err err = open_lake(serve, error);
    if (err != OK) {
        file_close(listen_fd);
        return err;
    }
    TRY(start_http(serve, listen_fd, error));
    log_event(serve->log, LOG_INFO, "serve", "ready url=%s data=%s startup_ms=%.1f",
              url_of(serve).ptr, serve->folder,
              (double)(clock_mono_us(serve->real_clock) - begun_us) / 1000);
    print_usage(serve);

    int signal_number;
    sigwait(&ending, &signal_number);
    log_event(serve->log, LOG_INFO, "serve", "stopping signal=%s", strsignal(signal_number));
    stop(serve);
    return OK;
}

int serve_main(int argc, char **argv)
{
    struct serve serve = {
        .data = "./tarn-data",
        .listen = "127.0.0.1:4566",
        .account = "000000000000",
        .region = "us-east-1",
        .log_level = "info",
    };
    struct error error = {0};
    arena_init(&serve.arena);
    serve.real_clock = clock_new_real();
    if (!read_options(&serve, argc, argv)) {
        serve_free(&serve);
        return CLI_USAGE;
    }
    serve.clock = serve.test_clock ? clock_new_offset() : serve.real_clock;
    serve.random = random_new_system();
    enum err err = run(&serve, &error);
    if (err == OK)
        log_event(serve.log, LOG_INFO, "serve", "stopped");
    serve_free(&serve);
    return err == OK ? CLI_DONE : cli_fail("serve: %s", error.text);
}
