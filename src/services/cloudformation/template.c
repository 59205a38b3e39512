// SPDX-License-Identifier: Apache-2.0
// Reading templates. What refers to what is in references.c.
#include "services/cloudformation/template.h"

#include "base/yaml.h"
#include "services/cloudformation/resource.h"

#include <string.h>

// --- text to document

static struct json *short_form(struct arena *arena, struct str name, struct json *value)
{
    static const char *const functions[] = {
        "Base64", "Cidr",   "FindInMap", "GetAZs",       "If",     "ImportValue", "Join",
        "Select", "Split",  "Sub",       "And",          "Equals", "Not",         "Or",
        "Length", "GetAtt", "Transform", "ToJsonString", NULL};
    struct json *object = json_object(arena);
    if (str_is(name, "Ref") || str_is(name, "Condition"))
        return json_set_named(arena, object, name, value);
    if (str_is(name, "GetAtt") && value->type == JSON_STRING) {
        struct str resource;
        struct json *attribute, *pair = json_array(arena);
        if (!get_att_parts(value, &resource, &attribute, arena))
            return NULL;
        value = json_push(arena, json_push(arena, pair, json_string(arena, resource)), attribute);
    }
    for (const char *const *function = functions; *function; function++)
        if (str_is(name, *function))
            return json_set_named(arena, object, str_format(arena, "Fn::%s", *function), value);
    return NULL;
}

static enum err read_document(struct arena *arena, struct str text, struct json **out,
                              struct error *error)
{
    struct error why = {0};
    struct str trimmed = str_trim(text);
    bool json = trimmed.len && trimmed.ptr[0] == '{';
    enum err err =
        json ? json_parse(arena, text, out, &why) : yaml_parse(arena, text, short_form, out, &why);
    if (err != OK && json)
        return error_set(error, ERR_INVALID,
                         "Template format error: JSON not well-formed. (byte %zu: %s)", why.offset,
                         why.text);
    if (err != OK)
        return error_set(error, ERR_INVALID, "Template format error: YAML not well-formed. %s",
                         why.text);
    if ((*out)->type != JSON_OBJECT)
        return error_set(error, ERR_INVALID, "Template format error: unsupported structure.");
    return OK;
}

static enum err check_nulls(const struct json *value, struct str path, struct arena *arena,
                            struct error *error)
{
    if (value->type == JSON_NULL)
        return error_set(error, ERR_INVALID, "[%.*s] 'null' values are not allowed in templates",
                         STR_ARG(path));
    size_t index = 0;
    JSON_EACH (item, value)
        TRY(check_nulls(item, str_format(arena, "%.*s/%zu", STR_ARG(path), index++), arena, error));
    JSON_EACH_MEMBER (m, value)
        TRY(check_nulls(m->value, str_format(arena, "%.*s/%.*s", STR_ARG(path), STR_ARG(m->name)),
                        arena, error));
    return OK;
}

// --- sections

static bool is_in(struct str name, const char *const *names)
{
    for (; *names; names++)
        if (str_is(name, *names))
            return true;
    return false;
}

static bool is_alphanumeric(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
            return false;
    }
    return name.len > 0 && name.len <= 255;
}

// AWS::Serverless-2016-10-31 is SAM's; its transformation into plain resources is not done here.
static enum err check_transform(const struct json *document, struct arena *arena,
                                struct error *error)
{
    const struct json *transform = json_get(document, "Transform");
    if (!transform)
        return OK;
    struct str name =
        transform->type == JSON_STRING ? json_as_str(transform) : json_text(arena, transform);
    return error_set(error, ERR_UNSUPPORTED,
                     "Transform %.*s is not implemented: give a template without transforms",
                     STR_ARG(name));
}

static enum err check_sections(const struct json *document, struct arena *arena,
                               struct error *error)
{
    static const char *const sections[] = {"AWSTemplateFormatVersion",
                                           "Description",
                                           "Metadata",
                                           "Parameters",
                                           "Mappings",
                                           "Conditions",
                                           "Transform",
                                           "Resources",
                                           "Outputs",
                                           "Rules",
                                           "Hooks",
                                           NULL};
    JSON_EACH_MEMBER (m, document)
        if (!is_in(m->name, sections))
            return error_set(error, ERR_INVALID, "Invalid template property or properties [%.*s]",
                             STR_ARG(m->name));
    TRY(check_transform(document, arena, error));
    static const char *const refused[] = {"Rules", "Hooks"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (json_has(document, refused[i]))
            return error_set(error, ERR_UNSUPPORTED, "Section %s of templates is not implemented",
                             refused[i]);
    const struct json *version = json_get(document, "AWSTemplateFormatVersion");
    if (version && !str_is(version->text, "2010-09-09"))
        return error_set(
            error, ERR_INVALID,
            "Template format error: %.*s is not a supported value for AWSTemplateFormatVersion.",
            STR_ARG(version->text));
    const struct json *description = json_get(document, "Description");
    if (description && (description->type != JSON_STRING || description->text.len > 1024))
        return error_set(
            error, ERR_INVALID,
            "Template format error: Description must be a string of at most 1024 bytes.");
    return OK;
}

static enum err section(struct arena *arena, const struct json *document, const char *name,
                        const char *item, struct json **out, struct error *error)
{
    *out = json_get(document, name);
    if (!*out)
        *out = json_object(arena);
    if ((*out)->type != JSON_OBJECT)
        return error_set(error, ERR_INVALID, "Template format error: %s must be an object.", name);
    JSON_EACH_MEMBER (m, *out) {
        if (!is_alphanumeric(m->name))
            return error_set(error, ERR_INVALID,
                             "Template format error: %s name %.*s is non alphanumeric.", item,
                             STR_ARG(m->name));
        if (m->value->type != JSON_OBJECT)
            return error_set(error, ERR_INVALID,
                             "Template format error: Every %s member must be an object.", name);
    }
    return OK;
}

// --- resources

static enum err check_resource(struct str name, const struct json *resource,
                               struct json *unknown_types, struct arena *arena, struct error *error)
{
    static const char *const members[] = {
        "Type",           "Properties",          "DependsOn", "Condition",
        "DeletionPolicy", "UpdateReplacePolicy", "Metadata",  "UpdatePolicy",
        "CreationPolicy", "Description",         NULL};
    static const char *const policies[] = {"Delete", "Retain", "RetainExceptOnCreate", NULL};
    JSON_EACH_MEMBER (m, resource)
        if (!is_in(m->name, members))
            return error_set(error, ERR_INVALID, "Invalid template resource property '%.*s'",
                             STR_ARG(m->name));
    const struct json *type = json_get(resource, "Type"),
                      *properties = json_get(resource, "Properties");
    if (!json_is(type, JSON_STRING))
        return error_set(error, ERR_INVALID,
                         "Template format error: [/Resources/%.*s] Every Resources object must "
                         "contain a Type member.",
                         STR_ARG(name));
    if (properties && properties->type != JSON_OBJECT)
        return error_set(error, ERR_INVALID,
                         "Template format error: [/Resources/%.*s] Properties must be an object.",
                         STR_ARG(name));
    if (!resource_type_find(type->text))
        json_push(arena, unknown_types, json_string(arena, type->text));
    static const char *const kept[] = {"DeletionPolicy", "UpdateReplacePolicy"};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        const struct json *policy = json_get(resource, kept[i]);
        if (policy && (policy->type != JSON_STRING || !is_in(policy->text, policies)))
            return error_set(error, ERR_UNSUPPORTED,
                             "%s of %.*s: only Delete, Retain and RetainExceptOnCreate", kept[i],
                             STR_ARG(name));
    }
    static const char *const refused[] = {"CreationPolicy", "UpdatePolicy"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (json_has(resource, refused[i]))
            return error_set(error, ERR_UNSUPPORTED, "%s of %.*s is not implemented", refused[i],
                             STR_ARG(name));
    return OK;
}

static struct str joined(struct arena *arena, const struct json *names)
{
    struct buf buf = buf_in(arena, 4096);
    JSON_EACH (name, names) {
        buf_puts(&buf, buf.len ? ", " : "");
        buf_put(&buf, json_as_str(name));
    }
    return buf_str(&buf);
}

static enum err check_resources(struct arena *arena, const struct template *template,
                                struct error *error)
{
    if (!json_count(template->resources))
        return error_set(error, ERR_INVALID,
                         "Template format error: At least one Resources member must be defined.");
    if (json_count(template->resources) > TEMPLATE_RESOURCES_MAX)
        return error_set(
            error, ERR_INVALID,
            "Template format error: Number of resources, %zu, is greater than maximum allowed, %d",
            json_count(template->resources), TEMPLATE_RESOURCES_MAX);
    struct json *unknown = json_array(arena);
    JSON_EACH_MEMBER (m, template->resources)
        TRY(check_resource(m->name, m->value, unknown, arena, error));
    if (json_count(unknown))
        return error_set(error, ERR_INVALID,
                         "Template format error: Unrecognized resource types: [%.*s]",
                         STR_ARG(joined(arena, unknown)));
    return OK;
}

// --- references

static bool is_known_name(const struct template *template, struct str name, bool resources_too)
{
    return json_get_str(template->parameters, name) || is_pseudo_parameter(name) ||
           (resources_too && json_get_str(template->resources, name));
}

static enum err check_references_of(struct arena *arena, const struct template *template,
                                    const struct json *value, bool resources_too, const char *block,
                                    struct error *error)
{
    struct json *names = json_array(arena), *missing = json_array(arena);
    template_references(arena, value, NULL, names);
    JSON_EACH (name, names)
        if (!is_known_name(template, json_as_str(name), resources_too))
            json_push(arena, missing, name);
    if (json_count(missing))
        return error_set(error, ERR_INVALID,
                         "Template format error: Unresolved resource dependencies [%.*s] in the %s "
                         "block of the template",
                         STR_ARG(joined(arena, missing)), block);
    return OK;
}

static enum err check_depends_on(struct arena *arena, const struct template *template,
                                 const struct json *resource, struct error *error)
{
    struct json *one = json_array(arena), *on = json_get(resource, "DependsOn");
    if (json_is(on, JSON_STRING))
        on = json_push(arena, one, on);
    JSON_EACH (name, on)
        if (!json_get_str(template->resources, json_as_str(name)))
            return error_set(error, ERR_INVALID,
                             "Template format error: Unresolved resource dependencies [%.*s] in "
                             "the Resources block of the "
                             "template",
                             STR_ARG(json_as_str(name)));
    return OK;
}

static enum err check_condition_name(const struct template *template, const struct json *holder,
                                     const char *block, struct error *error)
{
    const struct json *name = json_get(holder, "Condition");
    if (name && !json_get_str(template->conditions, json_as_str(name)))
        return error_set(error, ERR_INVALID,
                         "Template format error: Unresolved condition dependency %.*s in the %s "
                         "block of the template",
                         STR_ARG(json_as_str(name)), block);
    return OK;
}

static enum err check_references(struct arena *arena, const struct template *template,
                                 struct error *error)
{
    TRY(check_references_of(arena, template, template->conditions, false, "Conditions", error));
    JSON_EACH_MEMBER (m, template->resources) {
        TRY(check_references_of(arena, template, json_get(m->value, "Properties"), true,
                                "Resources", error));
        TRY(check_depends_on(arena, template, m->value, error));
        TRY(check_condition_name(template, m->value, "Resources", error));
    }
    JSON_EACH_MEMBER (m, template->outputs) {
        if (!json_has(m->value, "Value"))
            return error_set(
                error, ERR_INVALID,
                "Template format error: Every Outputs member must contain a Value object");
        TRY(check_references_of(arena, template, json_get(m->value, "Value"), true, "Outputs",
                                error));
        TRY(check_references_of(arena, template, json_get(m->value, "Export"), true, "Outputs",
                                error));
        TRY(check_condition_name(template, m->value, "Outputs", error));
    }
    return OK;
}

static enum err check_parameters(const struct template *template, struct error *error)
{
    JSON_EACH_MEMBER (m, template->parameters)
        if (!json_str(m->value, "Type").len)
            return error_set(
                error, ERR_INVALID,
                "Template format error: Every Parameters object must contain a Type member.");
    return OK;
}

// A mapping's names may hold dashes and dots; its values are two levels deep.
static enum err check_mappings(const struct template *template, struct error *error)
{
    JSON_EACH_MEMBER (mapping, template->mappings)
        JSON_EACH_MEMBER (top, mapping->value)
            if (top->value->type != JSON_OBJECT)
                return error_set(
                    error, ERR_INVALID,
                    "Template format error: Every Mappings attribute must be a String or a List.");
    return OK;
}

enum err template_read(struct arena *arena, struct str text, struct template *out,
                       struct error *error)
{
    struct template template = {.text = text};
    if (!str_trim(text).len)
        return error_set(error, ERR_INVALID, "Template format error: unsupported structure.");
    TRY(read_document(arena, text, &template.document, error));
    TRY(check_sections(template.document, arena, error));
    TRY(check_nulls(template.document, S(""), arena, error));
    TRY(section(arena, template.document, "Parameters", "Parameter", &template.parameters, error));
    TRY(section(arena, template.document, "Mappings", "Mapping", &template.mappings, error));
    TRY(section(arena, template.document, "Conditions", "Condition", &template.conditions, error));
    TRY(section(arena, template.document, "Resources", "Resource", &template.resources, error));
    TRY(section(arena, template.document, "Outputs", "Output", &template.outputs, error));
    TRY(check_parameters(&template, error));
    TRY(check_mappings(&template, error));
    TRY(check_resources(arena, &template, error));
    TRY(check_references(arena, &template, error));
    *out = template;
    return OK;
}

const char *template_capability(struct arena *arena, const struct template *template,
                                struct json *out_types)
{
    const char *capability = NULL;
    JSON_EACH_MEMBER (m, template->resources) {
        const struct resource_type *type = resource_type_find(json_str(m->value, "Type"));
        if (!type->iam)
            continue;
        bool named =
            type->name_property && json_has(json_get(m->value, "Properties"), type->name_property);
        if (named || !capability)
            capability = named ? "CAPABILITY_NAMED_IAM" : "CAPABILITY_IAM";
        bool seen = false;
        JSON_EACH (known, out_types)
            seen = seen || str_is(json_as_str(known), type->name);
        if (!seen)
            json_push(arena, out_types, json_string(arena, str_of(type->name)));
    }
    return capability;
}
