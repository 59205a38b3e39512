// SPDX-License-Identifier: Apache-2.0
// Wildcards backtrack to the last star only, which suffices: an earlier star can take no more than
// the last one can. Globs have alternatives, so they run as a set of positions in the pattern that
// the text read so far may have reached.
#include "base/pattern.h"

#include <string.h>

// --- wildcards

// Bytes of the character at text[at]: a broken one counts as one byte.
static size_t character_len(struct str text, size_t at)
{
    size_t len = 1;
    if (((unsigned char)text.ptr[at] & 0xC0) == 0xC0)
        while (len < 4 && at + len < text.len && ((unsigned char)text.ptr[at + len] & 0xC0) == 0x80)
            len++;
    return len;
}

enum wildcard_style { WILDCARD_QUESTION, WILDCARD_ESCAPE };

// Whether the pattern's element at *p (not a star) takes text[*t]; then both move past.
static bool take_one(struct str pattern, struct str text, enum wildcard_style style, size_t *p,
                     size_t *t)
{
    if (*p == pattern.len)
        return false;
    if (style == WILDCARD_QUESTION && pattern.ptr[*p] == '?') {
        *p += 1;
        *t += character_len(text, *t);
        return true;
    }
    size_t at = *p;
    if (style == WILDCARD_ESCAPE && pattern.ptr[at] == '\\' && at + 1 < pattern.len)
        at++;
    if (pattern.ptr[at] != text.ptr[*t])
        return false;
    *p = at + 1;
    *t += 1;
    return true;
}

static bool wildcard(struct str pattern, struct str text, enum wildcard_style style)
{
    size_t p = 0, t = 0;
    size_t after_star = STR_NPOS, star_text = 0; // where to go on when the last star takes one more
    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            after_star = ++p;
            star_text = t;
        } else if (!take_one(pattern, text, style, &p, &t)) {
            if (after_star == STR_NPOS)
                return false;
            p = after_star;
            star_text += character_len(text, star_text);
            t = star_text;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

bool wildcard_match(struct str pattern, struct str text)
{
    return wildcard(pattern, text, WILDCARD_QUESTION);
}

bool wildcard_match_star(struct str pattern, struct str text)
{
    return wildcard(pattern, text, WILDCARD_ESCAPE);
}

// --- globs

enum glob_kind {
    GLOB_LITERAL,
    GLOB_NAME,
    GLOB_PATH,
    GLOB_ONE,
    GLOB_SET,
    GLOB_OPEN,
    GLOB_ALSO,
    GLOB_CLOSE
};

// Kept at the byte of the pattern where it starts; the others stay unused.
struct glob_element {
    uint16_t kind;
    uint16_t literal; // GLOB_LITERAL: where its character starts, behind a '\\'
    uint16_t next;    // where to go on: GLOB_ALSO and GLOB_CLOSE: behind the group
    uint16_t also;    // GLOB_OPEN and GLOB_ALSO: the group's next GLOB_ALSO, or 0
};

struct glob {
    struct str pattern;
    struct glob_element elements[GLOB_BYTES_MAX];
};

// Index of the ']' that closes the set at `at`, or STR_NPOS. A ']' that comes first does not close
// it.
static size_t set_end(struct str pattern, size_t at)
{
    size_t i = at + 1;
    if (i < pattern.len && pattern.ptr[i] == '!')
        i++;
    for (i++; i < pattern.len; i++)
        if (pattern.ptr[i] == ']')
            return i;
    return STR_NPOS;
}

// The element at `at`, without what its group adds; false when something is not closed.
static bool glob_element_parse(struct str pattern, size_t at, bool in_group,
                               struct glob_element *out)
{
    char c = pattern.ptr[at];
    size_t literal = at, next = at + 1;
    enum glob_kind kind = GLOB_LITERAL;
    if (c == '*') {
        kind = next < pattern.len && pattern.ptr[next] == '*' ? GLOB_PATH : GLOB_NAME;
        next += kind == GLOB_PATH;
    } else if (c == '?') {
        kind = GLOB_ONE;
    } else if (c == '[') {
        size_t end = set_end(pattern, at);
        if (end == STR_NPOS)
            return false;
        kind = GLOB_SET;
        next = end + 1;
    } else if (c == '{') {
        if (in_group)
            return false;
        kind = GLOB_OPEN;
    } else if (in_group && (c == ',' || c == '}')) {
        kind = c == ',' ? GLOB_ALSO : GLOB_CLOSE;
    } else {
        literal += c == '\\';
        if (literal == pattern.len)
            return false;
        next = literal + character_len(pattern, literal);
    }
    *out =
        (struct glob_element){.kind = kind, .literal = (uint16_t)literal, .next = (uint16_t)next};
    return true;
}

// A comma ends its alternative: what follows is behind the group.
static void close_group(struct glob_element *elements, size_t open, size_t behind)
{
    for (size_t also = elements[open].also; also; also = elements[also].also)
        elements[also].next = (uint16_t)behind;
}

static bool glob_parse(struct glob *glob, struct str pattern)
{
    if (pattern.len > GLOB_BYTES_MAX)
        return false;
    glob->pattern = pattern;
    bool in_group = false;
    size_t open = 0, last = 0; // of the group: where it opens, where its last alternative starts
    for (size_t at = 0, next; at < pattern.len; at = next) {
        struct glob_element *element = &glob->elements[at];
        if (!glob_element_parse(pattern, at, in_group, element))
            return false;
        next = element->next;
        if (element->kind == GLOB_OPEN) {
            in_group = true;
            open = last = at;
        } else if (element->kind == GLOB_ALSO) {
            glob->elements[last].also = (uint16_t)at;
            last = at;
        } else if (element->kind == GLOB_CLOSE) {
            in_group = false;
            close_group(glob->elements, open, next);
        }
    }
    return !in_group;
}

static bool set_has(struct str pattern, const struct glob_element *element, size_t at, char c)
{
    size_t i = at + 1, end = (size_t)element->next - 1;
    bool negated = pattern.ptr[i] == '!';
    i += negated;
    bool found = false;
    while (i < end) {
        unsigned char low = (unsigned char)pattern.ptr[i], high = low;
        if (i + 2 < end && pattern.ptr[i + 1] == '-') {
            high = (unsigned char)pattern.ptr[i + 2];
            i += 2;
        }
        i++;
        found |= (unsigned char)c >= low && (unsigned char)c <= high;
    }
    return found != negated;
}

// Adds `at` and whatever can be reached from it without reading.
static void reach(const struct glob *glob, bool *reached, size_t at)
{
    while (!reached[at]) {
        reached[at] = true;
        if (at == glob->pattern.len)
            return;
        const struct glob_element *element = &glob->elements[at];
        switch ((enum glob_kind)element->kind) {
        case GLOB_LITERAL:
        case GLOB_ONE:
        case GLOB_SET:
            return;
        case GLOB_NAME:
        case GLOB_PATH:
        case GLOB_ALSO:
        case GLOB_CLOSE:
            at = element->next;
            break;
        case GLOB_OPEN:
            // As deep as groups follow each other without anything between them: few, and no more
            // than the pattern.
            for (size_t also = element->also; also; also = glob->elements[also].also)
                reach(glob, reached, also + 1);
            at = element->next;
            break;
        }
    }
}

// The positions that reading a character leads to.
static void step(const struct glob *glob, const bool *from, bool *to, struct str character)
{
    char c = character.ptr[0];
    for (size_t at = 0; at < glob->pattern.len; at++) {
        if (!from[at])
            continue;
        const struct glob_element *element = &glob->elements[at];
        switch ((enum glob_kind)element->kind) {
        case GLOB_LITERAL:
            if (str_eq(str_slice(glob->pattern, element->literal, element->next), character))
                reach(glob, to, element->next);
            break;
        case GLOB_ONE:
            if (c != '/')
                reach(glob, to, element->next);
            break;
        case GLOB_SET:
            if (c != '/' && set_has(glob->pattern, element, at, c))
                reach(glob, to, element->next);
            break;
        case GLOB_NAME:
            if (c != '/')
                reach(glob, to, at);
            break;
        case GLOB_PATH:
            reach(glob, to, at);
            break;
        case GLOB_OPEN:
        case GLOB_ALSO:
        case GLOB_CLOSE:
            break;
        }
    }
}

bool glob_is_valid(struct str pattern)
{
    struct glob glob;
    return glob_parse(&glob, pattern);
}

bool glob_match(struct str pattern, struct str text)
{
    struct glob glob;
    if (!glob_parse(&glob, pattern))
        return false;
    bool reached[2][GLOB_BYTES_MAX + 1] = {0};
    size_t now = 0;
    reach(&glob, reached[now], 0);
    for (size_t t = 0, len; t < text.len; t += len) {
        len = character_len(text, t);
        bool *next = reached[1 - now];
        memset(next, 0, pattern.len + 1);
        step(&glob, reached[now], next, str_slice(text, t, t + len));
        now = 1 - now;
    }
    return reached[now][pattern.len];
}
