// SPDX-License-Identifier: Apache-2.0
// Channels: lines arrive whole whatever the pieces, and a side that is gone is an error.
#include "../fixture.h"

#include "os/channel.h"
#include "os/file.h"

#include <string.h>
#include <unistd.h>

static void lines_arrive_whole_and_in_order(void **state)
{
    struct channel channel;
    struct str line;
    int other = -1;
    assert_int_equal(channel_open(&channel, &other, 1 << 20, NULL), OK);
    assert_int_equal(write(other, "one\ntw", 6), 6);
    assert_int_equal(channel_read(&channel, 1000, &line, NULL), OK);
    assert_str(line, "one");
    assert_int_equal(channel_read(&channel, 0, &line, NULL), ERR_TIMEOUT);
    assert_int_equal(write(other, "o\n\n", 3), 3);
    assert_int_equal(channel_read(&channel, 1000, &line, NULL), OK);
    assert_str(line, "two");
    assert_int_equal(channel_read(&channel, 1000, &line, NULL), OK);
    assert_str(line, "");
    assert_int_equal(channel_write(&channel, S("back\n"), NULL), OK);
    char bytes[8];
    assert_int_equal(read(other, bytes, sizeof bytes), 5);
    assert_memory_equal(bytes, "back\n", 5);
    file_close(other);
    assert_int_equal(channel_read(&channel, -1, &line, NULL), ERR_NOT_FOUND);
    assert_int_equal(channel_write(&channel, S("nobody\n"), NULL), ERR_IO); // and no signal
    channel_close(&channel);
    channel_close(&channel);
}

static void a_line_has_a_maximum(void **state)
{
    struct channel channel;
    struct str line;
    struct error error = {0};
    int other = -1;
    static char bytes[130 << 10];
    memset(bytes, 'x', sizeof bytes);
    assert_int_equal(channel_open(&channel, &other, 128 << 10, &error), OK);
    assert_int_equal(write(other, bytes, sizeof bytes), sizeof bytes);
    assert_int_equal(channel_read(&channel, 1000, &line, &error), ERR_LIMIT);
    file_close(other);
    channel_close(&channel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(lines_arrive_whole_and_in_order),
        ARENA_TEST(a_line_has_a_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
