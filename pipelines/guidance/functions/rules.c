// SPDX-License-Identifier: Apache-2.0
#include "rules.h"

#include "base/digest.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// --- paths

static struct json *find_holder(struct json *record, struct str path, struct str *out_name)
{
    struct str part, rest = path;
    struct json *holder = record;
    for (str_cut(&rest, '.', &part); rest.ptr && holder; str_cut(&rest, '.', &part))
        holder = json_get_str(holder, part);
    *out_name = part;
    return json_is(holder, JSON_OBJECT) ? holder : NULL;
}

static struct json *make_holder(struct arena *arena, struct json *record, struct str path,
                                struct str *out_name)
{
    struct str part, rest = path;
    struct json *holder = record;
    for (str_cut(&rest, '.', &part); rest.ptr; str_cut(&rest, '.', &part)) {
        struct json *next = json_get_str(holder, part);
        if (!json_is(next, JSON_OBJECT)) {
            next = json_object(arena);
            json_set_named(arena, holder, part, next);
        }
        holder = next;
    }
    *out_name = part;
    return holder;
}

// --- the rules, in their order

static enum err keep(struct arena *arena, const struct json *rule, struct json **record,
                     struct error *error)
{
    (void)error;
    struct json *kept = json_object(arena);
    JSON_EACH(path, rule)
    {
        struct str name;
        struct json *holder = find_holder(*record, path->text, &name);
        struct json *value = json_get_str(holder, name);
        if (value)
            json_set_named(arena, make_holder(arena, kept, path->text, &name), name, value);
    }
    *record = kept;
    return OK;
}

static enum err drop(struct arena *arena, const struct json *rule, struct json **record,
                     struct error *error)
{
    (void)arena, (void)error;
    JSON_EACH(path, rule)
    {
        struct str name;
        struct json *holder = find_holder(*record, path->text, &name);
        if (holder)
            json_remove(holder, name);
    }
    return OK;
}

static enum err set_default(struct arena *arena, const struct json *rule, struct json **record,
                            struct error *error)
{
    (void)error;
    JSON_EACH_MEMBER(m, rule)
    {
        struct str name;
        struct json *holder = make_holder(arena, *record, m->name, &name);
        struct json *value = json_get_str(holder, name);
        if (!value || value->type == JSON_NULL)
            json_set_named(arena, holder, name, m->value);
    }
    return OK;
}

static struct json *to_whole(struct arena *arena, const struct json *value, struct str text)
{
    int64_t whole;
    struct json as_number = {.type = JSON_NUMBER, .text = text};
    if (value->type == JSON_BOOL)
        return json_i64(arena, value->boolean);
    bool is_whole = json_number_is(text) && json_as_i64(&as_number, &whole);
    return is_whole || str_to_i64(text, &whole) ? json_i64(arena, whole) : NULL;
}

static struct json *to_double(struct arena *arena, struct str text)
{
    double number;
    return str_to_double(text, &number) && isfinite(number) ? json_double(arena, number) : NULL;
}

static struct json *to_boolean(struct arena *arena, const struct json *value, struct str text)
{
    if (value->type == JSON_BOOL)
        return (struct json *)value;
    if (str_eq_nocase(text, S("true")) || str_is(text, "1"))
        return json_bool(arena, true);
    return str_eq_nocase(text, S("false")) || str_is(text, "0") ? json_bool(arena, false) : NULL;
}

static struct str text_of_value(struct arena *arena, const struct json *value)
{
    return value->type == JSON_STRING || value->type == JSON_NUMBER ? value->text
                                                                    : json_text(arena, value);
}

static enum err cast(struct arena *arena, const struct json *rule, struct json **record,
                     struct error *error)
{
    JSON_EACH_MEMBER(m, rule)
    {
        struct str name, type = m->value->text;
        struct json *holder = find_holder(*record, m->name, &name),
                    *value = json_get_str(holder, name), *made;
        if (!value || value->type == JSON_NULL)
            continue;
        struct str text = text_of_value(arena, value);
        if (str_is(type, "string"))
            made = json_string(arena, text);
        else if (str_is(type, "bigint"))
            made = to_whole(arena, value, text);
        else if (str_is(type, "double"))
            made = to_double(arena, text);
        else
            made = to_boolean(arena, value, text);
        if (!made)
            return error_set(error, ERR_INVALID, "%.*s: '%.*s' is no %.*s", STR_ARG(m->name),
                             STR_ARG(str_slice(text, 0, 100)), STR_ARG(type));
        json_set_named(arena, holder, name, made);
    }
    return OK;
}

static enum err hash(struct arena *arena, const struct json *rule, struct json **record,
                     struct error *error)
{
    (void)error;
    JSON_EACH(path, rule)
    {
        struct str name;
        struct json *holder = find_holder(*record, path->text, &name),
                    *value = json_get_str(holder, name);
        if (value && value->type != JSON_NULL)
            json_set_named(
                arena, holder, name,
                json_string(arena, digest_hex(arena, DIGEST_SHA256, text_of_value(arena, value))));
    }
    return OK;
}

static enum err flatten(struct arena *arena, const struct json *rule, struct json **record,
                        struct error *error)
{
    (void)error;
    struct json *flat = json_object(arena);
    JSON_EACH_MEMBER(m, *record)
    {
        bool named = false;
        JSON_EACH(path, rule)
        named |= str_eq(path->text, m->name);
        if (!named || m->value->type != JSON_OBJECT) {
            json_set_named(arena, flat, m->name, m->value);
            continue;
        }
        JSON_EACH_MEMBER(inner, m->value)
        json_set_named(arena, flat,
                       str_format(arena, "%.*s_%.*s", STR_ARG(m->name), STR_ARG(inner->name)),
                       inner->value);
    }
    *record = flat;
    return OK;
}

static enum err rename_members(struct arena *arena, const struct json *rule, struct json **record,
                               struct error *error)
{
    (void)error;
    struct json *renamed = json_object(arena);
    JSON_EACH_MEMBER(m, *record)
    {
        struct json *name = json_get_str(rule, m->name);
        json_set_named(arena, renamed, name ? name->text : m->name, m->value);
    }
    *record = renamed;
    return OK;
}

enum rule_form { LIST_OF_PATHS, MAP_TO_NAMES, MAP_TO_TYPES, MAP_TO_VALUES };
static const struct rule_row {
    const char *name;
    enum rule_form form;
    enum err (*apply)(struct arena *arena, const struct json *rule, struct json **record,
                      struct error *error);
} RULES[] = {
    // in the order in which they apply
    {"keep", LIST_OF_PATHS, keep},
    {"drop", LIST_OF_PATHS, drop},
    {"default", MAP_TO_VALUES, set_default},
    {"cast", MAP_TO_TYPES, cast},
    {"hash", LIST_OF_PATHS, hash},
    {"flatten", LIST_OF_PATHS, flatten},
    {"rename", MAP_TO_NAMES, rename_members},
};
#define RULE_COUNT (sizeof RULES / sizeof *RULES)

static enum err check_rule(const struct rule_row *row, const struct json *rule, struct error *error)
{
    static const char *const TYPES[] = {"string", "bigint", "double", "boolean"};
    if (!json_is(rule, row->form == LIST_OF_PATHS ? JSON_ARRAY : JSON_OBJECT))
        return error_set(error, ERR_INVALID, "rule \"%s\" must be %s", row->name,
                         row->form == LIST_OF_PATHS ? "a list of paths" : "an object");
    JSON_EACH(path, rule)
    if (path->type != JSON_STRING)
        return error_set(error, ERR_INVALID, "rule \"%s\" must be a list of paths", row->name);
    if (row->form == MAP_TO_VALUES)
        return OK;
    JSON_EACH_MEMBER(m, rule)
    {
        bool known = row->form == MAP_TO_NAMES;
        for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
            known |= str_is(m->value->text, TYPES[i]);
        if (m->value->type != JSON_STRING || !known)
            return error_set(error, ERR_INVALID, "rule \"%s\" for \"%.*s\" must be %s", row->name,
                             STR_ARG(m->name),
                             row->form == MAP_TO_NAMES ? "a name"
                                                       : "one of string, bigint, double, boolean");
    }
    return OK;
}

enum err rules_check(const struct json *rules, struct error *error)
{
    if (!json_is(rules, JSON_OBJECT))
        return error_set(error, ERR_INVALID, "the rules must be a JSON object");
    JSON_EACH_MEMBER(m, rules)
    {
        size_t i = 0;
        while (i < RULE_COUNT && !str_is(m->name, RULES[i].name))
            i++;
        if (i == RULE_COUNT)
            return error_set(error, ERR_INVALID, "there is no rule \"%.*s\"", STR_ARG(m->name));
        TRY(check_rule(&RULES[i], m->value, error));
    }
    return OK;
}

enum err rules_apply(const struct json *rules, struct arena *arena, struct json *record,
                     struct json **out_record, struct error *error)
{
    for (size_t i = 0; i < RULE_COUNT; i++)
        if (json_has(rules, RULES[i].name))
            TRY(RULES[i].apply(arena, json_get(rules, RULES[i].name), &record, error));
    *out_record = record;
    return OK;
}
