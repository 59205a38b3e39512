// SPDX-License-Identifier: Apache-2.0
// MySQL's and Joda's date patterns, as strftime's and strptime's. A letter that has no exact
// counterpart is refused.
#include "sql/translate_internal.h"

#include <string.h>

enum err date_pattern_mysql(struct translator *t, const struct sql_node *node, struct str pattern,
                            bool parsing, struct str *out)
{
    static const struct {
        char letter;
        const char *text;
    } LETTERS[] = {
        {'a', "%a"}, {'b', "%b"},          {'c', "%-m"}, {'d', "%d"}, {'e', "%-d"},
        {'f', "%f"}, {'H', "%H"},          {'h', "%I"},  {'I', "%I"}, {'i', "%M"},
        {'j', "%j"}, {'k', "%-H"},         {'l', "%-I"}, {'M', "%B"}, {'m', "%m"},
        {'p', "%p"}, {'r', "%I:%M:%S %p"}, {'S', "%S"},  {'s', "%S"}, {'T', "%H:%M:%S"},
        {'v', "%V"}, {'W', "%A"},          {'x', "%G"},  {'Y', "%Y"}, {'y', "%y"},
        {'%', "%%"},
    };
    struct buf text = buf_in(t->arena, BUF_MAX_DEFAULT);
    for (size_t i = 0; i < pattern.len; i++) {
        if (pattern.ptr[i] != '%') {
            buf_put_char(&text, pattern.ptr[i]);
            continue;
        }
        char letter = ++i < pattern.len ? pattern.ptr[i] : 0;
        const char *found = NULL;
        for (size_t k = 0; k < sizeof LETTERS / sizeof *LETTERS; k++)
            if (LETTERS[k].letter == letter)
                found = LETTERS[k].text;
        if (!found)
            return sql_refuse(t->error, node, "NOT_SUPPORTED",
                              "%%%c in a date format is not supported", letter ? letter : ' ');
        buf_puts(&text, found);
    }
    *out = buf_str(&text);
    (void)parsing;
    return OK;
}

enum err date_pattern_joda(struct translator *t, const struct sql_node *node, struct str pattern,
                           bool parsing, struct str *out)
{
    static const struct {
        const char *letters, *text;
    } RUNS[] = {
        {"yyyy", "%Y"},   {"yy", "%y"},   {"y", "%Y"},   {"YYYY", "%Y"}, {"MMMM", "%B"},
        {"MMM", "%b"},    {"MM", "%m"},   {"M", "%-m"},  {"dd", "%d"},   {"d", "%-d"},
        {"DDD", "%j"},    {"EEEE", "%A"}, {"EEE", "%a"}, {"EE", "%a"},   {"E", "%a"},
        {"e", "%u"},      {"HH", "%H"},   {"H", "%-H"},  {"hh", "%I"},   {"h", "%-I"},
        {"mm", "%M"},     {"m", "%-M"},   {"ss", "%S"},  {"s", "%-S"},   {"SSS", "%g"},
        {"SSSSSS", "%f"}, {"a", "%p"},    {"ww", "%V"},  {"xxxx", "%G"},
    };
    struct buf text = buf_in(t->arena, BUF_MAX_DEFAULT);
    for (size_t i = 0; i < pattern.len;) {
        char c = pattern.ptr[i];
        if (c == '\'') { // quoted text; '' is a quote
            size_t end = i + 1;
            while (end < pattern.len && pattern.ptr[end] != '\'')
                end++;
            if (end == i + 1)
                buf_put_char(&text, '\'');
            buf_put(&text, str_slice(pattern, i + 1, end));
            i = end + 1;
            continue;
        }
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) {
            buf_puts(&text, c == '%' ? "%%" : (char[]){c, 0});
            i++;
            continue;
        }
        size_t end = i;
        while (end < pattern.len && pattern.ptr[end] == c)
            end++;
        struct str run = str_slice(pattern, i, end);
        const char *found = NULL;
        for (size_t k = 0; k < sizeof RUNS / sizeof *RUNS; k++)
            if (str_is(run, RUNS[k].letters))
                found = RUNS[k].text;
        if (!found)
            return sql_refuse(t->error, node, "NOT_SUPPORTED",
                              "'%.*s' in a date format is not supported", STR_ARG(run));
        buf_puts(&text, found);
        i = end;
    }
    *out = buf_str(&text);
    (void)parsing;
    return OK;
}
