// SPDX-License-Identifier: Apache-2.0
// crawl (step 8): runs the crawler that the event names, {"crawler": NAME}, and waits for its end.
//
// A crawl that was already running may have started before the files that matter were there: it is
// waited for, and the crawler is started again. The waits begin short, as a crawl of a few files
// ends within milliseconds.
#include "function.h"

#include <time.h>

#define WAIT_US_FIRST 4000
#define WAIT_US_MAX 1000000

static void wait_us(long us)
{
    struct timespec wait = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&wait, NULL);
}

// Asks until the crawler is ready; NULL after the invocation was failed.
static struct json *wait_until_ready(struct tarn_event *event, struct arena *arena,
                                     const struct json *input)
{
    struct tarn_reply reply;
    for (long us = WAIT_US_FIRST;; us = us * 3 / 2 > WAIT_US_MAX ? WAIT_US_MAX : us * 3 / 2) {
        if (call_json(event, arena, "glue", "AWSGlue.GetCrawler", input, &reply) != 0) {
            tarn_fail_reply(event, &reply);
            return NULL;
        }
        struct json *crawler = json_get(reply_json(&reply, arena), "Crawler");
        if (str_is(json_str(crawler, "State"), "READY"))
            return crawler;
        if (tarn_remaining_ms(event) < 2 * WAIT_US_MAX / 1000) {
            tarn_fail(event, "Crawl.Timeout", "the crawler is still running");
            return NULL;
        }
        wait_us(us);
    }
}

static int handle(struct tarn_event *event, struct arena *arena)
{
    struct json *payload = event_json(event, arena);
    if (!payload)
        return -1;
    struct json *input =
        json_set_str(arena, json_object(arena), "Name", json_str(payload, "crawler"));
    struct tarn_reply reply;
    while (call_json(event, arena, "glue", "AWSGlue.StartCrawler", input, &reply) != 0) {
        if (!str_contains(str_of(reply.error_code), S("CrawlerRunningException")))
            return tarn_fail_reply(event, &reply);
        if (!wait_until_ready(event, arena, input))
            return -1;
    }
    struct json *crawler = wait_until_ready(event, arena, input);
    if (!crawler)
        return -1;
    const struct json *last = json_get(crawler, "LastCrawl");
    if (!str_is(json_str(last, "Status"), "SUCCEEDED"))
        return tarn_fail(event, "Crawl.Failed", "crawler %.*s ended as %.*s: %.*s",
                         STR_ARG(json_str(payload, "crawler")), STR_ARG(json_str(last, "Status")),
                         STR_ARG(json_str(last, "ErrorMessage")));
    return respond_json(event, arena,
                        json_set_str(arena, json_object(arena), "status", S("SUCCEEDED")));
}

int main(void)
{
    return function_serve(handle);
}
