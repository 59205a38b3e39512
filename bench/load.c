// SPDX-License-Identifier: Apache-2.0
// Load for an AWS endpoint, as a client makes it: every request has a key and a body of its own and
// is signed with Signature V4 here, in this process, as an SDK would do; connections are kept
// alive.
//
//     load URL SCENARIO [NAME=VALUE...]        scenarios and their settings: `load`
//
// A scenario is a cycle of requests, each made from what stands in its row below; a connection runs
// cycle after cycle, one request at a time. One thread serves all connections by epoll, so that the
// load takes little from the machine that it shares with the server. Prints one JSON object. What
// counts is a cycle: cycles that ended after the warm-up, their rate and times. Any answer but the
// expected status is an error; errors fail the run (exit status 1).
//
// Credentials: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION.
// Limits: HTTP/1.1 with Content-Length; IPv4; answers below 1 MiB.
#include "base/digest.h"
#include "base/timefmt.h"
#include "http/sigv4.h"
#include "os/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024
#define ANSWER_BYTES_MAX ((size_t)1 << 20)
#define BODY_BYTES_MAX ((size_t)1 << 20)
#define HANDLE_BYTES_MAX 1024
#define ERRORS_SHOWN 3
#define IDLE_MS_MAX 30000 // without any answer the run is given up

// ================================================================ settings

struct settings {
    uint64_t connections, seconds, count, warm_ms, bytes, objects, body_seed;
    const char *bucket, *queue, *table, *machine, *function, *input, *prefix;
};
static const struct {
    const char *name;
    size_t offset;
    bool is_number;
    const char *standard, *what;
} SETTINGS[] = {
#define NUMBER(field, standard, what)                                                              \
    {                                                                                              \
#field, offsetof(struct settings, field), true, standard, what                             \
    }
#define TEXT(field, standard, what)                                                                \
    {                                                                                              \
#field, offsetof(struct settings, field), false, standard, what                            \
    }
    NUMBER(connections, "64", "that run at the same time"),
    NUMBER(seconds, "4", "to measure, when there is no count"),
    NUMBER(count, "0", "of cycles to measure, without a warm-up"),
    NUMBER(warm_ms, "1000", "of warm-up"),
    NUMBER(bytes, "4096", "of an object's body, or of an item's or message's text"),
    NUMBER(objects, "1000", "get: how many there are (made by put count=N)"),
    TEXT(prefix, "load", "put, get: first part of the keys"),
    TEXT(bucket, "bench", ""),
    TEXT(queue, "", "sqs: its URL"),
    TEXT(table, "bench", "dynamodb: with hash key `id`"),
    TEXT(machine, "", "start: the state machine's ARN"),
    TEXT(function, "bench", "invoke, cold; `cold` appends -0, -1, ... to it"),
    TEXT(input, "{}", "start, invoke: JSON"),
};
#define SETTING_COUNT (sizeof SETTINGS / sizeof *SETTINGS)

// ================================================================ requests

struct connection {
    int fd;
    size_t step; // of the scenario
    uint64_t sequence;
    int64_t cycle_us;   // when it began
    struct arena arena; // the request's
    struct str out;
    size_t sent;
    char *in; // the answer
    size_t in_len, in_capacity;
    char handle[HANDLE_BYTES_MAX]; // sqs: of the message received
};

// What a row's function fills; `target` is X-Amz-Target.
struct draft {
    const char *method, *service, *target;
    struct str path, body;
};
typedef void build_request(struct connection *c, const struct settings *settings,
                           struct draft *out);

// Bytes that no other sequence number has and that do not compress.
static struct str noise(struct arena *arena, uint64_t seed, size_t len)
{
    size_t words = (len + 7) / 8;
    uint64_t *bytes = (uint64_t *)(void *)arena_alloc(arena, words * 8 + 8);
    uint64_t x = (seed + 1) * 0x9E3779B97F4A7C15u;
    for (size_t i = 0; i < words; i++) {
        x ^= x >> 12, x ^= x << 25, x ^= x >> 27;
        bytes[i] = x * 0x2545F4914F6CDD1Du;
    }
    return str_n((char *)bytes, len);
}

// The same as letters, for JSON.
static struct str letters(struct arena *arena, uint64_t seed, size_t len)
{
    struct str bytes = noise(arena, seed, len);
    char *text = (char *)bytes.ptr;
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + (text[i] & 15));
    return bytes;
}

static void build_put(struct connection *c, const struct settings *s, struct draft *out)
{
    out->path = str_format(&c->arena, "/%s/%s/%08llu", s->bucket, s->prefix,
                           (unsigned long long)c->sequence);
    out->body = noise(&c->arena, s->body_seed + c->sequence, s->bytes);
}

static void build_get(struct connection *c, const struct settings *s, struct draft *out)
{
    uint64_t key = c->sequence * 7919 % s->objects; // not in the order of writing
    out->path =
        str_format(&c->arena, "/%s/%s/%08llu", s->bucket, s->prefix, (unsigned long long)key);
}

static void build_send(struct connection *c, const struct settings *s, struct draft *out)
{
    struct str text = letters(&c->arena, s->body_seed + c->sequence, s->bytes);
    out->body = str_format(&c->arena, "{\"QueueUrl\":\"%s\",\"MessageBody\":\"%.*s\"}", s->queue,
                           STR_ARG(text));
}

static void build_receive(struct connection *c, const struct settings *s, struct draft *out)
{
    out->body = str_format(&c->arena,
                           "{\"QueueUrl\":\"%s\",\"MaxNumberOfMessages\":1,\"WaitTimeSeconds\":5}",
                           s->queue);
}

static void build_delete(struct connection *c, const struct settings *s, struct draft *out)
{
    out->body = str_format(&c->arena, "{\"QueueUrl\":\"%s\",\"ReceiptHandle\":\"%s\"}", s->queue,
                           c->handle);
}

static void build_put_item(struct connection *c, const struct settings *s, struct draft *out)
{
    struct str text = letters(&c->arena, s->body_seed + c->sequence, s->bytes);
    out->body =
        str_format(&c->arena,
                   "{\"TableName\":\"%s\",\"Item\":{\"id\":{\"S\":\"item-%llx-%llu\"},\"number\":{"
                   "\"N\":\"%llu\"},"
                   "\"text\":{\"S\":\"%.*s\"}}}",
                   s->table, (unsigned long long)s->body_seed, (unsigned long long)c->sequence,
                   (unsigned long long)c->sequence, STR_ARG(text));
}

static void build_start(struct connection *c, const struct settings *s, struct draft *out)
{
    struct str input = str_replace(&c->arena, str_of(s->input), S("\""), S("\\\""));
    out->body = str_format(
        &c->arena, "{\"stateMachineArn\":\"%s\",\"name\":\"load-%llx-%llu\",\"input\":\"%.*s\"}",
        s->machine, (unsigned long long)s->body_seed, (unsigned long long)c->sequence,
        STR_ARG(input));
}

static void build_invoke(struct connection *c, const struct settings *s, struct draft *out)
{
    out->path = str_format(&c->arena, "/2015-03-31/functions/%s/invocations", s->function);
    out->body = str_of(s->input);
}

static void build_invoke_new(struct connection *c, const struct settings *s, struct draft *out)
{
    out->path = str_format(&c->arena, "/2015-03-31/functions/%s-%llu/invocations", s->function,
                           (unsigned long long)c->sequence);
    out->body = str_of(s->input);
}

static void build_health(struct connection *c, const struct settings *s, struct draft *out)
{
    (void)c, (void)s;
    out->path = S("/_tarn/health");
}

#define STEPS_MAX 3
static const struct scenario {
    const char *name, *what;
    struct step {
        const char *method, *service, *target;
        build_request *build;
        bool takes_handle; // the answer has a ReceiptHandle for the next step
    } steps[STEPS_MAX];
} SCENARIOS[] = {
    // clang-format off
    {"put", "S3 PutObject, every key new", {{"PUT", "s3", NULL, build_put}}},
    {"get", "S3 GetObject", {{"GET", "s3", NULL, build_get}}},
    {"sqs", "SendMessage, ReceiveMessage, DeleteMessage",
     {{"POST", "sqs", "AmazonSQS.SendMessage", build_send},
      {"POST", "sqs", "AmazonSQS.ReceiveMessage", build_receive, .takes_handle = true},
      {"POST", "sqs", "AmazonSQS.DeleteMessage", build_delete}}},
    {"send", "SendMessage alone", {{"POST", "sqs", "AmazonSQS.SendMessage", build_send}}},
    {"dynamodb", "PutItem, every item new", {{"POST", "dynamodb", "DynamoDB_20120810.PutItem", build_put_item}}},
    {"start", "Step Functions StartExecution", {{"POST", "states", "AWSStepFunctions.StartExecution", build_start}}},
    {"invoke", "Lambda Invoke, one function", {{"POST", "lambda", NULL, build_invoke}}},
    {"cold", "Lambda Invoke, each time a function that never ran", {{"POST", "lambda", NULL, build_invoke_new}}},
    {"health", "the server's own health page: what HTTP alone costs", {{"GET", "s3", NULL, build_health}}},
    // clang-format on
};
#define SCENARIO_COUNT (sizeof SCENARIOS / sizeof *SCENARIOS)

// ================================================================ the run

struct load {
    const struct scenario *scenario;
    struct settings settings;
    struct sockaddr_in address;
    struct str host; // for the Host header
    struct str access_key, secret_key, region;
    struct clock *clock;
    int epoll;
    struct connection *connections;
    uint64_t next_sequence, open;
    int64_t measure_us, stop_us; // INT64_MAX: by count
    uint64_t requests, errors;
    int64_t first_us, last_us; // of the cycles that count
    uint32_t *times_us;
    size_t time_count, time_capacity;
};

static void fail(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(2);
}

// Signs `draft` and lays it out as bytes.
static struct str wire_of(struct load *load, struct arena *arena, const struct draft *draft)
{
    struct sigv4_signer signer = {.access_key = load->access_key,
                                  .secret_key = load->secret_key,
                                  .region = load->region,
                                  .service = str_of(draft->service),
                                  .now_ms = clock_now_ms(load->clock)};
    struct str hash = digest_hex(arena, DIGEST_SHA256, draft->body);
    struct http_header headers[5];
    size_t count = 0;
    if (draft->target)
        headers[count++] = (struct http_header){S("content-type"), S("application/x-amz-json-1.0")};
    headers[count++] = (struct http_header){S("host"), load->host};
    headers[count++] = (struct http_header){S("x-amz-content-sha256"), hash};
    headers[count++] = (struct http_header){S("x-amz-date"), time_basic(arena, signer.now_ms)};
    if (draft->target)
        headers[count++] = (struct http_header){S("x-amz-target"), str_of(draft->target)};
    struct http_request request = {.arena = arena,
                                   .method = str_of(draft->method),
                                   .target = draft->path,
                                   .path = draft->path,
                                   .headers = headers,
                                   .header_count = count,
                                   .host = load->host,
                                   .body = draft->body,
                                   .length = draft->body.len};
    struct buf out = buf_in(arena, draft->body.len + 8192);
    buf_printf(&out, "%s %.*s HTTP/1.1\r\n", draft->method, STR_ARG(draft->path));
    for (size_t i = 0; i < count; i++)
        buf_printf(&out, "%.*s: %.*s\r\n", STR_ARG(headers[i].name), STR_ARG(headers[i].value));
    buf_printf(&out, "content-length: %zu\r\nauthorization: ", draft->body.len);
    buf_put(&out, sigv4_authorization(arena, &signer, &request, hash));
    buf_puts(&out, "\r\n\r\n");
    buf_put(&out, draft->body);
    if (out.overflowed)
        errno = EMSGSIZE, fail("request");
    return buf_str(&out);
}

static void finish(struct load *load, struct connection *c)
{
    if (c->fd >= 0)
        close(c->fd), load->open--;
    c->fd = -1;
}

static void flush(struct load *load, struct connection *c)
{
    while (c->sent < c->out.len) {
        ssize_t wrote = send(c->fd, c->out.ptr + c->sent, c->out.len - c->sent, MSG_NOSIGNAL);
        if (wrote < 0 && errno == EAGAIN)
            return; // the socket is watched for room as well, edge-triggered
        if (wrote < 0)
            fail("send");
        c->sent += (size_t)wrote;
    }
}

static void send_step(struct load *load, struct connection *c)
{
    const struct step *step = &load->scenario->steps[c->step];
    struct draft draft = {
        .method = step->method, .service = step->service, .target = step->target, .path = S("/")};
    arena_reset(&c->arena);
    step->build(c, &load->settings, &draft);
    c->out = wire_of(load, &c->arena, &draft);
    c->sent = c->in_len = 0;
    flush(load, c);
}

static void begin_cycle(struct load *load, struct connection *c)
{
    int64_t now_us = clock_mono_us(load->clock);
    bool over = load->settings.count ? load->next_sequence >= load->settings.count
                                     : now_us >= load->stop_us;
    if (over) {
        finish(load, c);
        return;
    }
    c->sequence = load->next_sequence++;
    c->cycle_us = now_us;
    c->step = 0;
    send_step(load, c);
}

static void end_cycle(struct load *load, struct connection *c)
{
    int64_t now_us = clock_mono_us(load->clock);
    if (now_us >= load->measure_us && now_us <= load->stop_us) {
        if (load->time_count == load->time_capacity) {
            load->time_capacity = load->time_capacity ? 2 * load->time_capacity : 65536;
            load->times_us = realloc(load->times_us, load->time_capacity * sizeof *load->times_us);
            if (!load->times_us)
                fail("memory");
        }
        load->times_us[load->time_count++] = (uint32_t)(now_us - c->cycle_us);
        load->last_us = now_us;
    }
    begin_cycle(load, c);
}

// ================================================================ answers

// The whole answer's length, or 0 while it is not all there.
static size_t answer_length(const struct connection *c, size_t *out_head)
{
    static const char field[] = "\r\ncontent-length:";
    const char *end = memmem(c->in, c->in_len, "\r\n\r\n", 4);
    if (!end)
        return 0;
    *out_head = (size_t)(end - c->in) + 4;
    for (const char *p = c->in; p + sizeof field - 1 < end; p++) {
        if (*p == '\r' && strncasecmp(p, field, sizeof field - 1) == 0)
            return *out_head + strtoull(p + sizeof field - 1, NULL, 10);
    }
    if (memcmp(c->in + 9, "204", 3) == 0)
        return *out_head;
    errno = EPROTO, fail("an answer without Content-Length");
    return 0;
}

static void count_error(struct load *load, struct connection *c)
{
    if (load->errors++ < ERRORS_SHOWN)
        fprintf(stderr, "load: %s, step %zu, cycle %llu: %.*s\n", load->scenario->name, c->step,
                (unsigned long long)c->sequence, (int)(c->in_len < 1500 ? c->in_len : 1500), c->in);
    begin_cycle(load, c);
}

static bool take_handle(struct connection *c)
{
    static const char field[] = "\"ReceiptHandle\":";
    const char *p = memmem(c->in, c->in_len, field, sizeof field - 1);
    const char *start =
        p ? memchr(p + sizeof field - 1, '"', c->in_len - (size_t)(p + sizeof field - 1 - c->in))
          : NULL;
    const char *end =
        start ? memchr(start + 1, '"', c->in_len - (size_t)(start + 1 - c->in)) : NULL;
    if (!end || (size_t)(end - start) > sizeof c->handle)
        return false;
    memcpy(c->handle, start + 1, (size_t)(end - start) - 1);
    c->handle[end - start - 1] = '\0';
    return true;
}

static void answered(struct load *load, struct connection *c)
{
    const struct step *step = &load->scenario->steps[c->step];
    load->requests++;
    bool good = c->in_len > 12 && c->in[9] == '2';
    if (good && str_is(str_of(step->service), "lambda"))
        good = !memmem(c->in, c->in_len, "Function-Error", 14);
    if (!good || (step->takes_handle && !take_handle(c))) {
        count_error(load, c);
        return;
    }
    c->step++;
    if (c->step == STEPS_MAX || !load->scenario->steps[c->step].build)
        end_cycle(load, c);
    else
        send_step(load, c);
}

static void receive(struct load *load, struct connection *c)
{
    while (c->fd >= 0) {
        if (c->in_len == c->in_capacity) {
            c->in_capacity = c->in_capacity ? 2 * c->in_capacity : 16384;
            c->in = c->in_capacity <= ANSWER_BYTES_MAX ? realloc(c->in, c->in_capacity) : NULL;
            if (!c->in)
                fail("answer");
        }
        ssize_t got = recv(c->fd, c->in + c->in_len, c->in_capacity - c->in_len, 0);
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0)
            errno = got ? errno : ECONNRESET, fail("receive");
        c->in_len += (size_t)got;
        size_t head, length = answer_length(c, &head);
        if (length && c->in_len >= length)
            answered(load, c);
    }
}

// ================================================================ life

static void connect_one(struct load *load, struct connection *c)
{
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&load->address, sizeof load->address) != 0)
        fail("connect");
    int on = 1; // connected while it still blocks, so that a refused connection is known at once
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
    if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, c->fd, &event) != 0)
        fail("epoll");
    arena_init(&c->arena);
    load->open++;
}

static void run(struct load *load)
{
    const struct settings *settings = &load->settings;
    for (uint64_t i = 0; i < settings->connections; i++)
        connect_one(load, &load->connections[i]);
    int64_t now_us = clock_mono_us(load->clock);
    load->measure_us = settings->count ? now_us : now_us + (int64_t)settings->warm_ms * 1000;
    load->stop_us =
        settings->count ? INT64_MAX : load->measure_us + (int64_t)settings->seconds * 1000000;
    load->first_us = load->last_us = load->measure_us;
    for (uint64_t i = 0; i < settings->connections; i++)
        begin_cycle(load, &load->connections[i]);
    struct epoll_event events[256];
    while (load->open) {
        int count = epoll_wait(load->epoll, events, 256, IDLE_MS_MAX);
        if (count == 0)
            errno = ETIMEDOUT, fail("no answer");
        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;
            if (c->fd >= 0 && events[i].events & EPOLLOUT)
                flush(load, c);
            if (c->fd >= 0 && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                receive(load, c);
        }
    }
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static double time_ms(const struct load *load, double share)
{
    size_t at = (size_t)(share * (double)load->time_count);
    return load->time_count
               ? load->times_us[at < load->time_count ? at : load->time_count - 1] / 1e3
               : 0;
}

static int report(struct load *load)
{
    double took_s = (double)(load->last_us - load->first_us) / 1e6;
    qsort(load->times_us, load->time_count, sizeof *load->times_us, by_size);
    printf("{\"scenario\": \"%s\", \"connections\": %llu, \"cycles\": %zu, \"seconds\": %.3f, "
           "\"per_second\": %.1f, "
           "\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f, \"requests\": %llu, \"errors\": "
           "%llu}\n",
           load->scenario->name, (unsigned long long)load->settings.connections, load->time_count,
           took_s, took_s > 0 ? (double)load->time_count / took_s : 0, time_ms(load, 0.5),
           time_ms(load, 0.99), time_ms(load, 1), (unsigned long long)load->requests,
           (unsigned long long)load->errors);
    return load->errors || !load->time_count ? 1 : 0;
}

static int usage(void)
{
    fprintf(stderr, "usage: load URL SCENARIO [NAME=VALUE...]\n\nscenarios\n");
    for (size_t i = 0; i < SCENARIO_COUNT; i++)
        fprintf(stderr, "  %-12s %s\n", SCENARIOS[i].name, SCENARIOS[i].what);
    fprintf(stderr, "\nsettings\n");
    for (size_t i = 0; i < SETTING_COUNT; i++)
        fprintf(stderr, "  %-12s %s%s%s\n", SETTINGS[i].name, SETTINGS[i].what,
                *SETTINGS[i].standard ? "; " : "", SETTINGS[i].standard);
    return 2;
}

static bool set(struct settings *settings, struct str name, const char *value)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        char *field = (char *)settings + SETTINGS[i].offset;
        if (!str_is(name, SETTINGS[i].name))
            continue;
        if (!SETTINGS[i].is_number)
            return memcpy(field, &value, sizeof value), true;
        return str_to_u64(str_of(value), (uint64_t *)(void *)field);
    }
    return false;
}

static bool read_settings(struct settings *out, int argc, char **argv)
{
    for (size_t i = 0; i < SETTING_COUNT; i++)
        set(out, str_of(SETTINGS[i].name), SETTINGS[i].standard);
    for (int i = 3; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');
        if (!equals || !set(out, str_n(argv[i], (size_t)(equals - argv[i])), equals + 1))
            return fprintf(stderr, "load: %s is no setting\n", argv[i]), false;
    }
    return out->connections && out->connections <= CONNECTIONS_MAX &&
           out->bytes <= BODY_BYTES_MAX && out->objects;
}

static bool read_url(struct load *load, const char *url)
{
    char host[64];
    unsigned port;
    if (sscanf(url, "http://%63[0-9.]:%u", host, &port) != 2 || port > UINT16_MAX)
        return false;
    load->address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    load->host = str_of(url + strlen("http://"));
    if (load->host.ptr[load->host.len - 1] == '/')
        load->host.len--;
    return inet_pton(AF_INET, host, &load->address.sin_addr) == 1;
}

int main(int argc, char **argv)
{
    static struct load load;
    for (size_t i = 0; argc > 2 && i < SCENARIO_COUNT; i++) {
        if (strcmp(argv[2], SCENARIOS[i].name) == 0)
            load.scenario = &SCENARIOS[i];
    }
    if (!load.scenario || !read_url(&load, argv[1]) || !read_settings(&load.settings, argc, argv))
        return usage();
    load.access_key = str_of(getenv("AWS_ACCESS_KEY_ID"));
    load.secret_key = str_of(getenv("AWS_SECRET_ACCESS_KEY"));
    load.region = str_of(getenv("AWS_REGION"));
    load.clock = clock_new_real();
    load.settings.body_seed = (uint64_t)clock_now_ms(load.clock)
                              << 24; // so that two runs do not write the same
    load.connections = calloc(CONNECTIONS_MAX, sizeof *load.connections);
    load.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!load.connections || load.epoll < 0)
        fail("start");
    run(&load);
    return report(&load);
}
