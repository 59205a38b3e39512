// SPDX-License-Identifier: Apache-2.0
#include "services/eventbridge/transform.h"

#include "base/timefmt.h"

// --- paths

// Takes one step off the front of *path: ".name", "[3]", "['name']". False when it is none.
static bool take_step(struct str *path, struct str *out_name, int64_t *out_index)
{
    struct str p = *path;
    *out_index = -1;
    if (p.len > 1 && p.ptr[0] == '.') {
        size_t end = 1;
        while (end < p.len && p.ptr[end] != '.' && p.ptr[end] != '[')
            end++;
        *out_name = str_slice(p, 1, end);
        *path = str_from(p, end);
        return out_name->len > 0;
    }
    size_t close = str_find_char(p, ']');
    if (p.len < 3 || p.ptr[0] != '[' || close == STR_NPOS)
        return false;
    struct str inside = str_slice(p, 1, close);
    *path = str_from(p, close + 1);
    if (inside.len > 2 && (inside.ptr[0] == '\'' || inside.ptr[0] == '"') &&
        inside.ptr[inside.len - 1] == inside.ptr[0]) {
        *out_name = str_slice(inside, 1, inside.len - 1);
        return true;
    }
    return str_to_i64(inside, out_index) && *out_index >= 0;
}

bool event_path_valid(struct str path)
{
    struct str name;
    int64_t index;
    if (path.len == 0 || path.ptr[0] != '$')
        return false;
    for (path = str_from(path, 1); path.len;)
        if (!take_step(&path, &name, &index))
            return false;
    return true;
}

const struct json *event_path(const struct json *event, struct str path)
{
    struct str name;
    int64_t index;
    if (!event_path_valid(path))
        return NULL;
    const struct json *at = event;
    for (path = str_from(path, 1); path.len && at;) {
        (void)take_step(&path, &name, &index);
        at = index >= 0 ? json_at(at, (size_t)index) : json_get_str(at, name);
    }
    return at;
}

// --- templates

struct template
{
    struct arena *arena;
    const struct json *event;
    const struct json *paths;
    const struct transform_context *context;
};

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

// The name in "<name>" at the front of `text`; STR_NONE when there is none.
static struct str variable_at(struct str text)
{
    size_t end = 1;
    if (text.len < 3 || text.ptr[0] != '<')
        return STR_NONE;
    while (end < text.len && name_char(text.ptr[end]))
        end++;
    return end > 1 && end < text.len && text.ptr[end] == '>' ? str_slice(text, 1, end) : STR_NONE;
}

static const struct json *without_detail(struct arena *arena, const struct json *event)
{
    struct json *copy = json_copy_shallow(arena, event);
    json_remove(copy, S("detail"));
    return copy;
}

static const struct json *value_of(const struct template *t, struct str name)
{
    if (str_is(name, "aws.events.rule-arn"))
        return json_string(t->arena, t->context->rule_arn);
    if (str_is(name, "aws.events.rule-name"))
        return json_string(t->arena, t->context->rule_name);
    if (str_is(name, "aws.events.event.ingestion-time"))
        return json_string(t->arena, time_iso_ms(t->arena, t->context->ingested_ms));
    if (str_is(name, "aws.events.event.json"))
        return t->event;
    if (str_is(name, "aws.events.event"))
        return without_detail(t->arena, t->event);
    return event_path(t->event, json_as_str(json_get_str(t->paths, name)));
}

static void put_escaped(struct arena *arena, struct buf *out, struct str text)
{
    struct buf quoted = buf_in(arena, TRANSFORM_BYTES_MAX);
    json_write_string(&quoted, text);
    if (quoted.len >= 2)
        buf_put(out, str_slice(buf_str(&quoted), 1, quoted.len - 1));
}

static void put_variable(const struct template *t, struct buf *out, struct str name, bool in_quotes)
{
    const struct json *value = value_of(t, name);
    if (!in_quotes && value)
        json_write(out, value);
    else if (!in_quotes)
        buf_puts(out, "null");
    else if (json_is(value, JSON_STRING))
        put_escaped(t->arena, out, value->text);
    else if (value)
        put_escaped(t->arena, out, json_text(t->arena, value));
}

static struct str fill(const struct template *t, struct str text)
{
    struct buf out = buf_in(t->arena, TRANSFORM_BYTES_MAX);
    bool in_quotes = false;
    for (size_t i = 0; i < text.len; i++) {
        struct str name = variable_at(str_from(text, i));
        if (name.len) {
            put_variable(t, &out, name, in_quotes);
            i += name.len + 1;
            continue;
        }
        if (text.ptr[i] == '"')
            in_quotes = !in_quotes;
        buf_put_char(&out, text.ptr[i]);
        if (text.ptr[i] == '\\' && i + 1 < text.len) // an escaped quote does not end a string
            buf_put_char(&out, text.ptr[++i]);
    }
    return buf_str(&out);
}

struct str transform_input(struct arena *arena, const struct json *target, const struct json *event,
                           const struct transform_context *context)
{
    const struct json *transformer = json_get(target, "InputTransformer");
    if (json_has(target, "Input"))
        return json_str(target, "Input");
    if (transformer) {
        struct template t = {arena, event, json_get(transformer, "InputPathsMap"), context};
        return fill(&t, json_str(transformer, "InputTemplate"));
    }
    if (json_has(target, "InputPath")) {
        const struct json *part = event_path(event, json_str(target, "InputPath"));
        return part ? json_text(arena, part) : S("null");
    }
    return json_text(arena, event);
}

// --- checking

static enum err check_template(const struct json *transformer, struct error *error)
{
    const struct json *paths = json_get(transformer, "InputPathsMap");
    struct str text = json_str(transformer, "InputTemplate");
    JSON_EACH_MEMBER(m, paths)
    {
        if (str_starts(m->name, S("aws")) || str_starts(m->name, S("AWS")))
            return error_set(error, ERR_INVALID,
                             "Key %.*s in InputPathsMap must not start with AWS.",
                             STR_ARG(m->name));
        if (!event_path_valid(json_as_str(m->value)))
            return error_set(error, ERR_INVALID, "InputPath for key %.*s is not a valid JSON path.",
                             STR_ARG(m->name));
    }
    for (size_t i = 0; i < text.len; i++) {
        struct str name = variable_at(str_from(text, i));
        if (name.len && !json_get_str(paths, name) && !str_starts(name, S("aws.events.")))
            return error_set(error, ERR_INVALID,
                             "InputTemplate uses <%.*s>, which InputPathsMap does not define.",
                             STR_ARG(name));
    }
    return OK;
}

enum err transform_check(const struct json *target, struct error *error)
{
    const struct json *transformer = json_get(target, "InputTransformer");
    int given = json_has(target, "Input") + json_has(target, "InputPath") + (transformer != NULL);
    struct str path = json_str(target, "InputPath");
    if (given > 1)
        return error_set(
            error, ERR_INVALID,
            "Only one of Input, InputPath, or InputTransformer must be provided for a target.");
    if (json_has(target, "InputPath") && !event_path_valid(path))
        return error_set(error, ERR_INVALID, "InputPath is not a valid JSON path: %.*s",
                         STR_ARG(path));
    struct json *parsed;
    struct arena arena;
    arena_init(&arena);
    bool bad = json_has(target, "Input") &&
               json_parse(&arena, json_str(target, "Input"), &parsed, NULL) != OK;
    arena_deinit(&arena);
    if (bad)
        return error_set(error, ERR_INVALID,
                         "Parameter Input is not valid. Reason: it must be valid JSON.");
    return transformer ? check_template(transformer, error) : OK;
}
