// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

struct heard {
    int count;
    enum log_level level;
    char module[64], line[8192];
};

static void listen(void *context, enum log_level level, const char *module, const char *line)
{
    struct heard *heard = context;
    heard->count++;
    heard->level = level;
    snprintf(heard->module, sizeof heard->module, "%s", module);
    snprintf(heard->line, sizeof heard->line, "%s", line);
}

static void events_below_the_least_level_are_dropped(void **state)
{
    struct heard heard = {0};
    struct log *log = log_new(LOG_INFO, listen, &heard);
    log_event(log, LOG_DEBUG, "m", "no");
    assert_int_equal(heard.count, 0);
    log_event(log, LOG_WARN, "queue", "sent count=%d", 3);
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.level, LOG_WARN);
    assert_string_equal(heard.module, "queue");
    assert_string_equal(heard.line, "sent count=3");
    log_free(log);
    log_event(NULL, LOG_ERROR, "m", "silent");
    log_free(NULL);
    (void)state;
}

static void an_event_is_one_line(void **state)
{
    struct heard heard = {0};
    struct log *log = log_new(LOG_DEBUG, listen, &heard);
    log_event(log, LOG_INFO, "m", "%s", "a\nb\r\tc\x1b[0m\x7f \u00e9 \xff\xc3.");
    assert_string_equal(heard.line, "a\\nb\\r\\tc\\x1b[0m\\x7f \u00e9 ??.");
    log_free(log);
    (void)state;
}

static void long_events_are_cut(void **state)
{
    struct heard heard = {0};
    struct log *log = log_new(LOG_DEBUG, listen, &heard);
    char text[6000];
    memset(text, '\n', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    log_event(log, LOG_INFO, "m", "%s", text);
    assert_int_equal(strlen(heard.line), 4096);
    for (size_t i = 0; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\u00e9", 2);
    log_event(log, LOG_INFO, "m", "x%s", text);
    assert_true(strlen(heard.line) <= 4096 && strlen(heard.line) >= 4093);
    assert_true(str_is_utf8(str_of(heard.line)));
    log_free(log);
    (void)state;
}

static void level_names(void **state)
{
    enum log_level level;
    assert_true(log_level_parse("warn", &level) && level == LOG_WARN);
    assert_true(log_level_parse("debug", &level) && level == LOG_DEBUG);
    assert_false(log_level_parse("Warn", &level));
    assert_false(log_level_parse(NULL, &level));
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_below_the_least_level_are_dropped),
        cmocka_unit_test(an_event_is_one_line),
        cmocka_unit_test(long_events_are_cut),
        cmocka_unit_test(level_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
