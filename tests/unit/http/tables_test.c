// SPDX-License-Identifier: Apache-2.0
// The services' own tables, as the wire needs them: every pattern compiles, every route can be
// reached and is not shadowed by another, labels and members fit, protocols have what they need.
#include "request.h"

#include "http/router.h"
#include "lake/shape_pattern.h"

#include <stdio.h>
#include <string.h>

#define SHAPES_MAX 4096

struct walk {
    const struct shape *seen[SHAPES_MAX];
    size_t count;
    const char *op;
    int problems;
};

static void problem(struct walk *walk, const char *service, const char *what, const char *detail)
{
    print_error("%s %s: %s %s\n", service, walk->op, what, detail ? detail : "");
    walk->problems++;
}

static bool seen_before(struct walk *walk, const struct shape *shape)
{
    for (size_t i = 0; i < walk->count; i++)
        if (walk->seen[i] == shape)
            return true;
    assert_true(walk->count < SHAPES_MAX);
    walk->seen[walk->count++] = shape;
    return false;
}

static void walk_shape(struct walk *walk, const char *service, const struct shape *shape)
{
    if (!shape || seen_before(walk, shape))
        return;
    if (shape->pattern && !pattern_is_sound(shape->pattern))
        problem(walk, service, "pattern does not compile:", shape->pattern);
    if (shape->max && shape->min > shape->max)
        problem(walk, service, "a minimum is above its maximum", NULL);
    if ((shape->type == SHAPE_LIST || shape->type == SHAPE_MAP) && !shape->item)
        problem(walk, service, "a list or map has no item", NULL);
    walk_shape(walk, service, shape->item);
    for (const struct field *field = shape->fields; field && field->name; field++) {
        if (!field->shape && field->place != IN_STREAM)
            problem(walk, service, "a member has no shape:", field->name);
        if (field->place == IN_PREFIX_HEADERS && (!field->wire || field->shape->type != SHAPE_MAP))
            problem(walk, service, "a map of headers needs a prefix and a map:", field->name);
        walk_shape(walk, service, field->shape);
    }
}

static void shapes(void **state)
{
    static struct walk walk;
    (void)state;
    for (const struct service *const *at = SERVICES; *at; at++) {
        for (const struct op *op = (*at)->ops; op->name; op++) {
            walk.op = op->name;
            if (op->input && op->input->type != SHAPE_STRUCT && !(op->flags & OP_INTERNAL))
                problem(&walk, (*at)->name, "its input is not a structure", NULL);
            walk_shape(&walk, (*at)->name, op->input);
            walk_shape(&walk, (*at)->name, op->output);
        }
    }
    assert_int_equal(walk.problems, 0);
}

// "GET /{Bucket}/{Key+}?uploads#header" as a request that it should match.
static const char *request_for(struct arena *arena, const char *route)
{
    struct str rest = str_of(route), target = STR_NONE;
    str_cut(&rest, '#', &target);
    struct buf out = buf_in(arena, 4096);
    bool label = false;
    for (size_t i = 0; i < target.len; i++) {
        char c = target.ptr[i];
        if (c == '{')
            buf_puts(&out, "value");
        label = c == '{' || (label && c != '}');
        if (!label && c != '}')
            buf_put_char(&out, c);
    }
    if (rest.len)
        buf_printf(&out, "\n%.*s: value", STR_ARG(rest));
    buf_put_char(&out, '\0');
    return out.ptr;
}

static bool has_path_field(const struct shape *shape, struct str label)
{
    for (const struct field *field = shape ? shape->fields : NULL; field && field->name; field++)
        if (field->place == IN_PATH && str_is(label, field->wire ? field->wire : field->name))
            return true;
    return false;
}

static void check_labels(struct walk *walk, struct arena *arena, const struct service *service,
                         const struct op *op, const struct route *route)
{
    size_t fields = 0;
    for (const struct field *field = op->input ? op->input->fields : NULL; field && field->name;
         field++)
        fields += field->place == IN_PATH;
    for (size_t i = 0; i < route->label_count; i++)
        if (!has_path_field(op->input, route->labels[i].name))
            problem(walk, service->name, "no member takes the label",
                    str_cstr(arena, route->labels[i].name));
    if (fields != route->label_count)
        problem(walk, service->name, "members in the path and labels differ:", op->http);
}

static void routes(void **state)
{
    static struct walk walk;
    struct arena *arena = *state;
    struct router *router = router_new(SERVICES);
    for (const struct service *const *at = SERVICES; *at; at++) {
        const struct service *service = *at;
        if (!(service->protocols & (PROTOCOL_REST_XML | PROTOCOL_REST_JSON)))
            continue;
        for (const struct op *op = service->ops; op->name; op++) {
            struct route route;
            struct error error = {0};
            walk.op = op->name;
            if (op->flags & OP_INTERNAL)
                continue;
            if (!op->http) {
                problem(&walk, service->name, "has no route", NULL);
                continue;
            }
            const char *request = request_for(arena, op->http);
            assert_int_equal(router_find(router, request_of(arena, request),
                                         str_of(service->signing_name), S(""), &route, &error),
                             OK);
            if (route.op != op)
                problem(&walk, service->name,
                        "its route finds another:", str_cstr(arena, route.op_name));
            else
                check_labels(&walk, arena, service, op, &route);
        }
    }
    router_free(router);
    assert_int_equal(walk.problems, 0);
}

static void protocols(void **state)
{
    static struct walk walk = {.op = ""};
    (void)state;
    for (const struct service *const *at = SERVICES; *at; at++) {
        const struct service *service = *at;
        if (!service->protocols)
            problem(&walk, service->name, "speaks no protocol", NULL);
        if (!service->signing_name || !service->title)
            problem(&walk, service->name, "has no signing name or title", NULL);
        if ((service->protocols & (PROTOCOL_JSON_1_0 | PROTOCOL_JSON_1_1)) &&
            !service->target_prefix)
            problem(&walk, service->name, "has no X-Amz-Target prefix", NULL);
        if ((service->protocols & (PROTOCOL_REST_XML | PROTOCOL_QUERY)) && !service->xml_namespace)
            problem(&walk, service->name, "has no XML namespace", NULL);
        if ((service->protocols & PROTOCOL_QUERY) && !service->api_version)
            problem(&walk, service->name, "has no API version", NULL);
        for (const char *const *known = service->known; known && *known; known++) {
            struct str row = str_of(*known), name = STR_NONE;
            str_cut(&row, ' ', &name);
            if (service_op(service, name))
                problem(&walk, service->name, "lists as lacking what it has:", *known);
        }
    }
    assert_int_equal(walk.problems, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ARENA_TEST(shapes), ARENA_TEST(protocols),
                                       ARENA_TEST(routes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
