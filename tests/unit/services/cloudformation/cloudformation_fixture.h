// SPDX-License-Identifier: Apache-2.0
// Stacks in a test's lake. Templates are YAML as they stand; CAPABILITY_NAMED_IAM is given unless
// the input says otherwise.
#ifndef TESTS_CLOUDFORMATION_FIXTURE_H
#define TESTS_CLOUDFORMATION_FIXTURE_H

#include "../lake_fixture.h"

static inline struct json *stack_input(struct fixture *f, const char *name, const char *template,
                                       const char *more)
{
    struct json *in, *capabilities = json_array(&f->arena);
    struct error error = {0};
    if (json_parse(&f->arena, str_replace(&f->arena, str_of(more), S("'"), S("\"")), &in, &error) !=
        OK)
        fail_msg("%s in %s", error.text, more);
    json_set_str(&f->arena, in, "StackName", str_of(name));
    if (template)
        json_set_str(&f->arena, in, "TemplateBody", str_of(template));
    json_push(&f->arena, capabilities, json_string(&f->arena, S("CAPABILITY_NAMED_IAM")));
    if (!json_has(in, "Capabilities"))
        json_set(&f->arena, in, "Capabilities", capabilities);
    return in;
}

static inline enum err stack_run(struct fixture *f, const char *op, const char *name,
                                 const char *template, const char *more, struct json **out)
{
    return fixture_run(f, "cloudformation", op, stack_input(f, name, template, more), out);
}

static inline struct json *stack_describe(struct fixture *f, const char *name)
{
    struct json *reply =
        fixture_ok(f, "cloudformation", "DescribeStacks", "{'StackName': '%s'}", name);
    return json_at(json_get(reply, "Stacks"), 0);
}

static inline struct json *stack_events(struct fixture *f, const char *name)
{
    return json_get(
        fixture_ok(f, "cloudformation", "DescribeStackEvents", "{'StackName': '%s'}", name),
        "StackEvents");
}

static inline void assert_stack(struct fixture *f, const char *name, const char *status)
{
    struct str actual = json_str(stack_describe(f, name), "StackStatus");
    if (str_is(actual, status))
        return;
    JSON_EACH (event, stack_events(f, name))
        print_error("%.*s %.*s %.*s\n", STR_ARG(json_str(event, "LogicalResourceId")),
                    STR_ARG(json_str(event, "ResourceStatus")),
                    STR_ARG(json_str(event, "ResourceStatusReason")));
    fail_msg("the stack is %.*s instead of %s", STR_ARG(actual), status);
}

// Runs the operation and the job it begins; the stack must then have this status (NULL: be gone).
static inline void stack_ok(struct fixture *f, const char *op, const char *name,
                            const char *template, const char *more, const char *status)
{
    struct json *reply;
    if (stack_run(f, op, name, template, more, &reply) != OK)
        fail_msg("%s: %s: %s", op, f->call->code ? f->call->code->code : "?", f->call->error.text);
    lake_run_due(f->lake);
    if (status)
        assert_stack(f, name, status);
    else
        fixture_refused(f, "ValidationError", "cloudformation", "DescribeStacks",
                        "{'StackName': '%s'}", name);
}

static inline void stack_refused(struct fixture *f, const char *op, const char *name,
                                 const char *template, const char *more, const char *code,
                                 const char *words)
{
    struct json *reply;
    if (stack_run(f, op, name, template, more, &reply) == OK)
        fail_msg("%s succeeded instead of %s", op, code);
    if (!f->call->code || strcmp(f->call->code->code, code) != 0 ||
        !strstr(f->call->error.text, words))
        fail_msg("%s: %s: \"%s\" instead of %s: \"%s\"", op,
                 f->call->code ? f->call->code->code : "?", f->call->error.text, code, words);
}

static inline struct str stack_output(struct fixture *f, const char *name, const char *key)
{
    JSON_EACH (output, json_get(stack_describe(f, name), "Outputs"))
        if (str_is(json_str(output, "OutputKey"), key))
            return json_str(output, "OutputValue");
    return STR_NONE;
}

static inline struct json *stack_resource(struct fixture *f, const char *name, const char *logical)
{
    struct json *reply =
        fixture_ok(f, "cloudformation", "DescribeStackResource",
                   "{'StackName': '%s', 'LogicalResourceId': '%s'}", name, logical);
    return json_get(reply, "StackResourceDetail");
}

static inline struct str stack_physical(struct fixture *f, const char *name, const char *logical)
{
    return json_str(stack_resource(f, name, logical), "PhysicalResourceId");
}

static inline size_t stack_resource_count(struct fixture *f, const char *name)
{
    struct json *reply =
        fixture_ok(f, "cloudformation", "ListStackResources", "{'StackName': '%s'}", name);
    return json_count(json_get(reply, "StackResourceSummaries"));
}

// --- what the tests' stacks are made of

static inline void assert_queue(struct fixture *f, const char *name, bool there)
{
    struct json *input = json_set_str(&f->arena, json_object(&f->arena), "QueueName", str_of(name)),
                *reply;
    if ((fixture_run(f, "sqs", "GetQueueUrl", input, &reply) == OK) != there)
        fail_msg("the queue %s is %s", name, there ? "not there" : "there");
}

static inline struct str parameter_value(struct fixture *f, const char *name)
{
    struct json *input = json_set_str(&f->arena, json_object(&f->arena), "Name", str_of(name)),
                *reply;
    if (fixture_run(f, "ssm", "GetParameter", input, &reply) != OK)
        return STR_NONE;
    return json_str(json_get(reply, "Parameter"), "Value");
}

static inline struct str queue_attribute(struct fixture *f, const char *queue, const char *name)
{
    struct json *reply = fixture_ok(
        f, "sqs", "GetQueueAttributes",
        "{'QueueUrl': 'http://127.0.0.1:4566/000000000000/%s', 'AttributeNames': ['%s']}", queue,
        name);
    return json_str(json_get(reply, "Attributes"), name);
}

#define STACK_TEST(function)                                                                       \
    cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

#endif
