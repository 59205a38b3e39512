// SPDX-License-Identifier: Apache-2.0
// Most patterns of AWS's models are one bracket expression repeated ("[a-zA-Z0-9_-]+"); those are
// matched by a table of 256 bits. The rest goes to the C library's regex, after AWS's dialect has
// been rewritten to POSIX's.
#include "lake/shape_pattern.h"

#include "base/buf.h"

#include <assert.h>
#include <pthread.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#define PATTERN_BYTES_MAX 4096
#define PATTERN_COST_MAX 20000
#define MEMO_SLOTS 4096 // more than there are patterns in the tables; a power of two

struct byte_set {
    uint64_t bits[4];
};

struct compiled {
    const char *pattern; // NULL: free slot
    bool one_set;        // set{min,max}, else the regex
    bool sound;
    struct byte_set set;
    size_t min, max;
    regex_t regex;
};

static struct compiled *memo[MEMO_SLOTS];
static pthread_rwlock_t memo_lock = PTHREAD_RWLOCK_INITIALIZER;

// --- one bracket expression

static void set_add(struct byte_set *set, unsigned from, unsigned to)
{
    for (unsigned byte = from; byte <= to; byte++)
        set->bits[byte >> 6] |= UINT64_C(1) << (byte & 63);
}

static bool set_has(const struct byte_set *set, unsigned char byte)
{
    return set->bits[byte >> 6] >> (byte & 63) & 1;
}

// \d \w \s as members of a set. False for other letters.
static bool set_add_class(struct byte_set *set, char letter)
{
    switch (letter) {
    case 'd':
        set_add(set, '0', '9');
        return true;
    case 'w':
        set_add(set, '0', '9');
        set_add(set, 'a', 'z');
        set_add(set, 'A', 'Z');
        set_add(set, '_', '_');
        return true;
    case 's':
        set_add(set, '\t', '\r');
        set_add(set, ' ', ' ');
        return true;
    default:
        return false;
    }
}

static unsigned escaped_byte(char letter)
{
    switch (letter) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return (unsigned char)letter;
    }
}

// Reads "[...]" at *at. False (and *at anywhere) when it is something this reader does not know,
// such as [:alpha:].
static bool set_parse(const char **at, struct byte_set *out)
{
    const char *p = *at;
    struct byte_set set = {0};
    if (*p++ != '[')
        return false;
    bool negated = *p == '^';
    p += negated;
    for (bool first = true; first || *p != ']'; first = false) {
        if (!*p || (p[0] == '[' && (p[1] == ':' || p[1] == '.' || p[1] == '=')))
            return false;
        if (*p == '\\') {
            if (!p[1] || p[1] == 'u' || p[1] == 'p' || p[1] == 'x')
                return false;
            if (set_add_class(&set, p[1])) {
                p += 2;
                continue;
            }
        }
        unsigned from = *p == '\\' ? escaped_byte(p[1]) : (unsigned char)*p;
        p += *p == '\\' ? 2 : 1;
        unsigned to = from;
        if (p[0] == '-' && p[1] && p[1] != ']') {
            p++;
            to = *p == '\\' ? escaped_byte(p[1]) : (unsigned char)*p;
            p += *p == '\\' ? 2 : 1;
        }
        if (to < from)
            return false;
        set_add(&set, from, to);
    }
    if (negated)
        for (int i = 0; i < 4; i++)
            set.bits[i] = ~set.bits[i];
    *at = p + 1;
    *out = set;
    return true;
}

// The rest of the pattern after the bracket expression: "", "+", "*", "{n}", "{n,}" or "{n,m}", and
// no more.
static bool repeat_parse(const char *p, size_t *out_min, size_t *out_max)
{
    *out_min = *out_max = 1;
    if (!*p)
        return true;
    if ((*p == '+' || *p == '*') && !p[1]) {
        *out_min = *p == '+';
        *out_max = SIZE_MAX;
        return true;
    }
    if (*p != '{')
        return false;
    char *end;
    *out_min = *out_max = strtoul(p + 1, &end, 10);
    if (*end == ',')
        *out_max = end[1] == '}' ? SIZE_MAX : strtoul(end + 1, &end, 10);
    if (*out_max == SIZE_MAX)
        end++;
    return end[0] == '}' && !end[1];
}

// --- the C library's dialect

// Writes a set as a POSIX bracket expression: every member spelled out, with ] first, ^ and - last.
static void set_write(struct buf *out, const struct byte_set *set)
{
    const struct byte_set caret = {.bits[1] = UINT64_C(1) << ('^' - 64)};
    if (memcmp(set, &caret, sizeof caret) == 0) {
        buf_puts(out, "\\^");
        return;
    }
    buf_put_char(out, '[');
    if (set_has(set, ']'))
        buf_put_char(out, ']');
    for (unsigned byte = 1; byte < 256; byte++) {
        if (!set_has(set, (unsigned char)byte) || byte == ']' || byte == '^' || byte == '-' ||
            byte == '[')
            continue;
        buf_put_char(out, (char)byte);
    }
    if (set_has(set, '['))
        buf_put_char(out, '[');
    if (set_has(set, '^'))
        buf_put_char(out, '^');
    if (set_has(set, '-'))
        buf_put_char(out, '-');
    buf_put_char(out, ']');
}

static void escape_write(struct buf *out, char letter)
{
    struct byte_set set = {0};
    if (set_add_class(&set, letter)) {
        set_write(out, &set);
    } else if (letter == 'n' || letter == 'r' || letter == 't') {
        buf_put_char(out, (char)escaped_byte(letter));
    } else {
        if (strchr(".[]{}()*+?|^$\\", letter)) // POSIX leaves other escapes undefined
            buf_put_char(out, '\\');
        buf_put_char(out, letter);
    }
}

static void dialect_rewrite(struct buf *out, const char *p)
{
    buf_puts(out, "^(");
    while (*p) {
        struct byte_set set;
        const char *after = p;
        if (*p == '[' && set_parse(&after, &set)) {
            set_write(out, &set);
            p = after;
        } else if (p[0] == '\\' && p[1]) {
            escape_write(out, p[1]);
            p += 2;
        } else if (p[0] == '(' && p[1] == '?' && p[2] == ':') {
            buf_put_char(out, '(');
            p += 3;
        } else {
            buf_put_char(out, *p++);
        }
    }
    buf_puts(out, ")$");
}

// --- compiling

static struct compiled *compile(const char *pattern)
{
    struct compiled *made = calloc(1, sizeof *made);
    if (!made)
        abort();
    made->pattern = pattern;
    const char *after = pattern;
    if (set_parse(&after, &made->set) && repeat_parse(after, &made->min, &made->max)) {
        made->one_set = made->sound = true;
        return made;
    }
    struct buf rewritten = buf_heap(PATTERN_BYTES_MAX * 4);
    dialect_rewrite(&rewritten, pattern);
    buf_put_char(&rewritten, '\0');
    made->sound = !strstr(pattern, "(?=") && !strstr(pattern, "(?!") && !rewritten.overflowed &&
                  regcomp(&made->regex, rewritten.ptr, REG_EXTENDED) == 0;
    buf_deinit(&rewritten);
    return made;
}

// The slot of `pattern`, or the free one where it belongs.
static struct compiled **memo_slot(const char *pattern)
{
    size_t i = (size_t)((uintptr_t)pattern * UINT64_C(0x9e3779b97f4a7c15) >> 40) & (MEMO_SLOTS - 1);
    for (size_t probes = 0; probes < MEMO_SLOTS; probes++, i = (i + 1) & (MEMO_SLOTS - 1))
        if (!memo[i] || memo[i]->pattern == pattern)
            return &memo[i];
    assert(!"more patterns than MEMO_SLOTS");
    abort();
}

static const struct compiled *compiled_of(const char *pattern)
{
    pthread_rwlock_rdlock(&memo_lock);
    struct compiled *found = *memo_slot(pattern);
    pthread_rwlock_unlock(&memo_lock);
    if (found)
        return found;
    pthread_rwlock_wrlock(&memo_lock);
    struct compiled **slot = memo_slot(pattern);
    if (!*slot)
        *slot = compile(pattern);
    found = *slot;
    pthread_rwlock_unlock(&memo_lock);
    return found;
}

bool pattern_is_sound(const char *pattern)
{
    return compiled_of(pattern)->sound;
}

static bool matches(const struct compiled *compiled, struct str s)
{
    if (compiled->one_set) {
        if (s.len < compiled->min || s.len > compiled->max)
            return false;
        for (size_t i = 0; i < s.len; i++)
            if (!set_has(&compiled->set, (unsigned char)s.ptr[i]))
                return false;
        return true;
    }
    regmatch_t whole = {.rm_so = 0, .rm_eo = (regoff_t)s.len};
#ifdef __SANITIZE_ADDRESS__ // its regexec wants a terminated string whatever REG_STARTEND says
    char *copy = strndup(s.ptr ? s.ptr : "", s.len);
    bool matches = regexec(&compiled->regex, copy, 1, &whole, REG_STARTEND) == 0;
    free(copy);
    return matches;
#else
    return regexec(&compiled->regex, s.ptr ? s.ptr : "", 1, &whole, REG_STARTEND) == 0;
#endif
}

bool pattern_matches(const char *pattern, struct str s)
{
    const struct compiled *compiled = compiled_of(pattern);
    assert(compiled->sound);
    return matches(compiled, s);
}

// --- patterns of clients

// {n,m} is written out by the C library: what is repeated costs its product. Back references make
// matching exponential.
static bool is_cheap(struct str pattern)
{
    uint64_t product = 1;
    for (size_t i = 0; i < pattern.len; i++) {
        char c = pattern.ptr[i];
        if (c == '\0')
            return false;
        if (c == '\\' && i + 1 < pattern.len) {
            i++;
            if (pattern.ptr[i] >= '1' && pattern.ptr[i] <= '9')
                return false;
        } else if (c == '{') {
            uint64_t largest = 0, number = 0;
            for (i++; i < pattern.len && pattern.ptr[i] != '}'; i++) {
                bool digit = pattern.ptr[i] >= '0' && pattern.ptr[i] <= '9';
                number = digit && number < PATTERN_COST_MAX
                             ? number * 10 + (uint64_t)(pattern.ptr[i] - '0')
                             : 0;
                largest = number > largest ? number : largest;
            }
            product *= largest ? largest : 1;
            if (product > PATTERN_COST_MAX)
                return false;
        }
    }
    return pattern.len <= PATTERN_BYTES_MAX;
}

bool pattern_match_once(struct str pattern, struct str s, bool *out_matches)
{
    if (!is_cheap(pattern))
        return false;
    struct buf text = buf_heap(PATTERN_BYTES_MAX + 1);
    buf_put(&text, pattern);
    buf_put_char(&text, '\0');
    struct compiled *compiled = compile(text.ptr);
    bool sound = compiled->sound;
    if (sound)
        *out_matches = matches(compiled, s);
    if (sound && !compiled->one_set)
        regfree(&compiled->regex);
    free(compiled);
    buf_deinit(&text);
    return sound;
}
