// SPDX-License-Identifier: Apache-2.0
// Resource types: how each one of CloudFormation's is made, changed and deleted by operations of
// the other services.
//
// A type is a row: its properties, which of them cannot change in place, what Fn::GetAtt gives, and
// three actions. An action runs inside the transaction that writes the resource's row, so that both
// happen or neither does; what it calls is checked and authorised like any call. Most properties
// have the API's own names and go through as they are: `member` says the name where it differs, and
// values take the type that the operation's shape wants ("128" is 128, true is "true").
//
// A property that the row does not name, or a member deeper down that the operation's input does
// not have, is refused: "Encountered unsupported property X".
//
// Adding a type: a row in the file of its service, three actions over the helpers below, one case
// in the tests. Source: AWS resource and property types reference, AWS CloudFormation User Guide.
#ifndef CLOUDFORMATION_RESOURCE_H
#define CLOUDFORMATION_RESOURCE_H

#include "lake/call.h"

struct resource {
    struct call *call;
    const struct principal *principal; // who acts
    const struct resource_type *type;
    struct str stack_name, stack_id, logical;
    const struct json *properties; // resolved
    const struct json *before;     // update: the properties it has
    const struct json *was;        // update: the attributes it has
    struct str
        physical; // given to update and delete; set by create (and by update, when it changes)
    struct json *attributes; // set by create and update
};
typedef enum err resource_action(struct resource *resource);

enum property_flags {
    PROPERTY_REQUIRED = 1,
    PROPERTY_FIXED = 2,    // changing it needs a new resource
    PROPERTY_OWN = 4,      // the action reads it itself: not passed on
    PROPERTY_TEXT = 8,     // a document: passed on as JSON text
    PROPERTY_TAGS = 16,    // the stack's tags are added
    PROPERTY_TAG_MAP = 32, // [{Key, Value}] is passed on as {Key: Value}
    PROPERTY_ANY_TAGS = PROPERTY_TAGS | PROPERTY_TAG_MAP,
};
struct property {
    const char *name;
    unsigned flags;
    const char *member; // NULL: the same name
};

struct resource_type {
    const char *name;
    const char *service;               // of resource_run
    const struct property *properties; // ended by a row without a name
    const char *const *attributes;     // for Fn::GetAtt, NULL-terminated
    const char
        *name_property; // the property that names it, or NULL; generated when it is not given
    size_t name_max;
    bool name_lower; // lower case only
    bool iam;        // needs CAPABILITY_IAM, and CAPABILITY_NAMED_IAM with a name
    resource_action *create, *update, *delete; // no update: every change needs a new resource
};

const struct resource_type *resource_type_find(struct str name); // NULL when there is none
const struct resource_type *resource_type_at(size_t index);      // NULL past the end

const struct property *resource_property(const struct resource_type *type, struct str name);
// Known and required properties. ERR_INVALID with CloudFormation's words.
enum err resource_check(struct resource *resource) MUST_CHECK;
// Whether going from `before` to `after` needs a new resource.
bool resource_is_replaced(const struct resource_type *type, const struct json *before,
                          const struct json *after);
// Whether an error of a deletion says that there is nothing to delete.
bool resource_is_absent_error(const struct call *call);

// --- for actions
// Runs an operation of the type's service (or of another), its input given the types that its shape
// wants.
enum err resource_run(struct resource *resource, const char *op, struct json *input,
                      struct json **out_reply) MUST_CHECK;
enum err resource_run_in(struct resource *resource, const char *service, const char *op,
                         struct json *input, struct json **out_reply) MUST_CHECK;
// An input of all properties that are not PROPERTY_OWN; `skip_fixed` leaves those out that cannot
// change.
struct json *resource_input(struct resource *resource, bool skip_fixed);
// The name: as given, or stack-logical-random, not longer than the type allows.
struct str resource_name(struct resource *resource);
struct str resource_generated_name(struct resource *resource, size_t max, bool lower);
bool resource_changed(const struct resource *resource, const char *property);
struct json *resource_get(const struct resource *resource, const char *property);
struct str resource_get_text(const struct resource *resource,
                             const char *property); // a scalar's text, or STR_NONE
struct json *resource_document(struct resource *resource,
                               const struct json *value); // JSON text of an object; text as it is
struct json *resource_tag_map(struct resource *resource, const struct json *tags);
void resource_attribute(struct resource *resource, const char *name, struct str value);
void resource_attribute_arn(struct resource *resource, const char *service, const char *format,
                            struct str name);
// Members of the old list of {key_member: ...} that the new one does not have.
struct json *resource_gone(struct resource *resource, const struct json *before,
                           const struct json *after, const char *key_member);
// An input with one member.
struct json *resource_one(struct resource *resource, const char *member, struct str value);

// Brings tags from `before` to `after` by a type's operations (any of the two may be absent).
struct tag_ops {
    const char *tag, *untag; // "TagQueue", "UntagQueue"
    const char *id;          // the member that says which: "QueueUrl"
    const char *tags, *keys; // "Tags", "TagKeys"
    bool map;                // tags are a map
};
enum err resource_retag(struct resource *resource, const struct tag_ops *ops,
                        struct str id) MUST_CHECK;

#endif
