// SPDX-License-Identifier: Apache-2.0
// SSM Parameter Store: named values with versions.
//
// A parameter is one row by region and name: its current version. SecureString values are kept as
// they are (the store's files are readable by their owner only) and returned in clear only when
// WithDecryption is asked, as AWS does. Source: Systems Manager API Reference. Limits: 4 KiB values
// (standard tier), names of 2,048 characters, 15 levels.
#include "lake/call.h"

#include "base/encode.h"
#include "base/timefmt.h"

static const struct error_code NOT_FOUND = {"ParameterNotFound", 400, NULL};
static const struct error_code ALREADY_EXISTS = {"ParameterAlreadyExists", 400, NULL};
static const struct error_code PATTERN_MISMATCH = {"ParameterPatternMismatchException", 400, NULL};
static const struct error_code DEPTH_EXCEEDED = {"HierarchyLevelLimitExceededException", 400, NULL};
static const struct error_code TYPE_MISMATCH = {"HierarchyTypeMismatchException", 400, NULL};
static const struct error_code VERSION_NOT_FOUND = {"ParameterVersionNotFound", 400, NULL};

#define LEVELS_MAX 15
#define PAGE_DEFAULT 10

static const char *const TYPES[] = {"String", "StringList", "SecureString", NULL};
static const char *const TIERS[] = {"Standard", "Advanced", "Intelligent-Tiering", NULL};
static const struct shape NAME = SHAPE_STRING(1, 2048, NULL);
static const struct shape VALUE = SHAPE_STRING(1, 4096, NULL);
static const struct shape TYPE = SHAPE_ENUM(TYPES);
static const struct shape TIER = SHAPE_ENUM(TIERS);
static const struct shape NAMES = SHAPE_LIST(&NAME, 1, 10);
static const struct shape PAGE_SIZE = SHAPE_INTEGER(1, 50);

#define INPUT(name, ...)                                                                           \
    static const struct field name##_FIELDS[] = {__VA_ARGS__, {0}};                                \
    static const struct shape name = SHAPE_STRUCT(name##_FIELDS)
INPUT(PUT, {"Name", &NAME, FIELD_REQUIRED}, {"Value", &VALUE, FIELD_REQUIRED}, {"Type", &TYPE},
      {"Description", &ANY_STRING}, {"Overwrite", &ANY_BOOLEAN},
      {"AllowedPattern", &ANY_STRING, FIELD_REFUSED}, {"KeyId", &ANY_STRING, FIELD_IGNORED},
      {"Tags", &ANY_JSON, FIELD_IGNORED}, {"Tier", &TIER, FIELD_IGNORED}, {"DataType", &ANY_STRING},
      {"Policies", &ANY_STRING, FIELD_REFUSED});
INPUT(GET, {"Name", &NAME, FIELD_REQUIRED}, {"WithDecryption", &ANY_BOOLEAN});
INPUT(GET_MANY, {"Names", &NAMES, FIELD_REQUIRED}, {"WithDecryption", &ANY_BOOLEAN});
INPUT(BY_PATH, {"Path", &NAME, FIELD_REQUIRED}, {"Recursive", &ANY_BOOLEAN},
      {"WithDecryption", &ANY_BOOLEAN}, {"ParameterFilters", &ANY_JSON, FIELD_REFUSED},
      {"MaxResults", &PAGE_SIZE}, {"NextToken", &ANY_STRING});
INPUT(DESCRIBE, {"Filters", &ANY_JSON, FIELD_REFUSED},
      {"ParameterFilters", &ANY_JSON, FIELD_REFUSED}, {"MaxResults", &PAGE_SIZE},
      {"NextToken", &ANY_STRING});
INPUT(DELETE, {"Name", &NAME, FIELD_REQUIRED});
INPUT(DELETE_MANY, {"Names", &NAMES, FIELD_REQUIRED});

static struct key *parameter_key(struct call *call, struct key *key, struct str name)
{
    return key_str(key_str(key_start(key, KEYSPACE_SSM_PARAMETER), call->region), name);
}

// A name may be given as an ARN, and with a version behind it ("name:3").
static struct str plain_name(struct str name, struct str *out_version)
{
    struct arn arn;
    if (arn_parse(name, &arn))
        name = str_from(arn.resource,
                        sizeof "parameter" - 1); // "parameter/path/name": keeps the slash
    size_t colon = str_find_char(name, ':');
    *out_version = colon == STR_NPOS ? STR_NONE : str_from(name, colon + 1);
    return colon == STR_NPOS ? name : str_slice(name, 0, colon);
}

static enum err check_name(struct call *call, struct str name)
{
    size_t levels = 0;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-' || c == '_' || c == '/';
        if (!allowed)
            FAIL(call, PATTERN_MISMATCH,
                 "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). Only a mix of "
                 "letters, numbers and "
                 "the following 4 symbols .-_/ are allowed; byte %zu is '%c'.",
                 i, c);
        levels += c == '/';
    }
    if (levels && name.ptr[0] != '/')
        FAIL(call, TYPE_MISMATCH,
             "Parameter name must be a fully qualified name: it has levels and no leading '/'.");
    if (levels > LEVELS_MAX)
        FAIL(call, DEPTH_EXCEEDED, "A hierarchy can have a maximum of %d levels.", LEVELS_MAX);
    return OK;
}

// A parameter as Get shows it: a secret stays closed unless decryption was asked for.
static struct json *shown(struct call *call, const struct json *row, bool decrypt)
{
    struct json *json = json_copy_shallow(call->arena, row);
    struct str name = json_str(row, "Name");
    json_remove(json, S("Description"));
    json_set_str(
        call->arena, json, "ARN",
        call_arn(call, "ssm", "parameter%s%.*s", name.ptr[0] == '/' ? "" : "/", STR_ARG(name)));
    if (str_is(json_str(row, "Type"), "SecureString") && !decrypt)
        json_set_str(call->arena, json, "Value",
                     base64_encode(call->arena, json_str(row, "Value")));
    return json;
}

static enum err read_parameter(struct call *call, struct str asked, bool decrypt, struct json **out)
{
    struct key key;
    struct json *row;
    struct str version, name = plain_name(asked, &version);
    enum err err = tx_get_json(call->tx, parameter_key(call, &key, name), call->arena, &row);
    if (err == ERR_NOT_FOUND)
        FAIL(call, NOT_FOUND, "Parameter %.*s not found.", STR_ARG(asked));
    TRY(err);
    int64_t wanted;
    if (version.len && (!str_to_i64(version, &wanted) || wanted != json_i64_or(row, "Version", 0)))
        FAIL(
            call, VERSION_NOT_FOUND,
            "Systems Manager could not find version %.*s of %.*s. Only the latest version is kept.",
            STR_ARG(version), STR_ARG(name));
    *out = shown(call, row, decrypt);
    return OK;
}

static enum err put_parameter(struct call *call, const struct json *in, struct json **out)
{
    struct arena *arena = call->arena;
    struct str name = json_str(in, "Name");
    TRY(check_name(call, name));
    struct key key;
    struct json *old = NULL, *row = json_object(arena);
    enum err err = tx_lock_json(call->tx, parameter_key(call, &key, name), arena, &old);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    if (old && !json_bool_or(in, "Overwrite", false))
        FAIL(call, ALREADY_EXISTS,
             "The parameter already exists. To overwrite this value, set the overwrite option in "
             "the request to true.");
    int64_t version = json_i64_or(old, "Version", 0) + 1;
    json_set_str(arena, row, "Name", name);
    json_set_str(arena, row, "Type",
                 json_str_or(in, "Type", json_str_or(old, "Type", S("String"))));
    json_set_str(arena, row, "Value", json_str(in, "Value"));
    json_set_i64(arena, row, "Version", version);
    json_set(arena, row, "LastModifiedDate", time_json(arena, call->now_ms));
    json_set_str(arena, row, "DataType", json_str_or(in, "DataType", S("text")));
    json_set(arena, row, "Description",
             json_has(in, "Description") ? json_get(in, "Description")
                                         : json_get(old, "Description"));
    TRY(tx_put_json(call->tx, &key, row));
    *out = json_set_i64(arena, json_object(arena), "Version", version);
    json_set_str(arena, *out, "Tier", S("Standard"));
    return OK;
}

static enum err get_parameter(struct call *call, const struct json *in, struct json **out)
{
    struct json *parameter;
    TRY(read_parameter(call, json_str(in, "Name"), json_bool_or(in, "WithDecryption", false),
                       &parameter));
    *out = json_set(call->arena, json_object(call->arena), "Parameter", parameter);
    return OK;
}

static enum err get_parameters(struct call *call, const struct json *in, struct json **out)
{
    struct json *found = json_array(call->arena), *invalid = json_array(call->arena), *parameter;
    JSON_EACH(name, json_get(in, "Names"))
    {
        enum err err = read_parameter(call, json_as_str(name),
                                      json_bool_or(in, "WithDecryption", false), &parameter);
        if (err != OK && err != ERR_CODED)
            return err;
        json_push(call->arena, err == OK ? found : invalid, err == OK ? parameter : name);
    }
    *out = json_set(call->arena, json_object(call->arena), "Parameters", found);
    json_set(call->arena, *out, "InvalidParameters", invalid);
    return OK;
}

// Parameters whose names start with `path`, from the token on; `describe` leaves the values out.
static enum err list(struct call *call, const struct json *in, struct str path, bool recursive,
                     bool describe, struct json **out)
{
    struct key prefix, from;
    struct str position = STR_NONE, key, value;
    key_str(key_start(&prefix, KEYSPACE_SSM_PARAMETER), call->region);
    if (json_has(in, "NextToken"))
        TRY(page_position(call, json_str(in, "NextToken"), &position));
    parameter_key(call, &from, position.len ? position : path);
    int64_t max = json_i64_or(in, "MaxResults", PAGE_DEFAULT);
    struct json *parameters = json_array(call->arena);
    *out = json_set(call->arena, json_object(call->arena), "Parameters", parameters);

    struct scan *scan = scan_open(call->tx, &prefix, &from, false);
    enum err err;
    while ((err = scan_next(scan, &key, &value)) == OK) {
        struct json *row;
        err = json_parse(call->arena, str_dup(call->arena, value), &row, &call->error);
        if (err != OK)
            break;
        struct str name = json_str(row, "Name");
        if (!str_starts(name, path)) {
            if (str_cmp(name, path) > 0)
                break;
            continue;
        }
        if (!recursive && str_find_char(str_from(name, path.len), '/') != STR_NPOS)
            continue;
        if ((int64_t)json_count(parameters) == max) {
            json_set_str(call->arena, *out, "NextToken", page_token(call, name));
            break;
        }
        struct json *one = shown(call, row, json_bool_or(in, "WithDecryption", false));
        if (describe) {
            json_remove(one, S("Value"));
            json_set(call->arena, one, "Description", json_get(row, "Description"));
        }
        json_push(call->arena, parameters, one);
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err get_by_path(struct call *call, const struct json *in, struct json **out)
{
    struct str path = json_str(in, "Path");
    if (path.ptr[0] != '/')
        return error_set(&call->error, ERR_INVALID,
                         "The parameter doesn't meet the parameter name requirements. The "
                         "parameter name must begin with "
                         "a forward slash \"/\".");
    if (!str_ends(path, S("/")))
        path = str_format(call->arena, "%.*s/", STR_ARG(path));
    return list(call, in, path, json_bool_or(in, "Recursive", false), false, out);
}

static enum err describe_parameters(struct call *call, const struct json *in, struct json **out)
{
    return list(call, in, S(""), true, true, out);
}

static enum err delete_one(struct call *call, struct str name, bool *out_was_there)
{
    struct key key;
    struct str old;
    enum err err = tx_lock(call->tx, parameter_key(call, &key, name), call->arena, &old);
    *out_was_there = err == OK;
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    return tx_delete(call->tx, &key);
}

static enum err delete_parameter(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    bool was_there;
    TRY(delete_one(call, json_str(in, "Name"), &was_there));
    if (!was_there)
        FAIL(call, NOT_FOUND, "Parameter %.*s not found.", STR_ARG(json_str(in, "Name")));
    return OK;
}

static enum err delete_parameters(struct call *call, const struct json *in, struct json **out)
{
    struct json *deleted = json_array(call->arena), *invalid = json_array(call->arena);
    JSON_EACH(name, json_get(in, "Names"))
    {
        bool was_there;
        TRY(delete_one(call, json_as_str(name), &was_there));
        json_push(call->arena, was_there ? deleted : invalid, name);
    }
    *out = json_set(call->arena, json_object(call->arena), "DeletedParameters", deleted);
    json_set(call->arena, *out, "InvalidParameters", invalid);
    return OK;
}

static const struct op OPS[] = {
    {.name = "PutParameter",
     .handler = put_parameter,
     .kind = OP_WRITE,
     .input = &PUT,
     .summary = "Set a parameter"},
    {.name = "GetParameter",
     .handler = get_parameter,
     .kind = OP_READ,
     .input = &GET,
     .summary = "Read a parameter"},
    {.name = "GetParameters",
     .handler = get_parameters,
     .kind = OP_READ,
     .input = &GET_MANY,
     .summary = "Read several parameters"},
    {.name = "GetParametersByPath",
     .handler = get_by_path,
     .kind = OP_READ,
     .input = &BY_PATH,
     .summary = "Read the parameters below a path"},
    {.name = "DescribeParameters",
     .handler = describe_parameters,
     .kind = OP_READ,
     .input = &DESCRIBE,
     .summary = "List parameters without their values"},
    {.name = "DeleteParameter",
     .handler = delete_parameter,
     .kind = OP_WRITE,
     .input = &DELETE,
     .summary = "Delete a parameter"},
    {.name = "DeleteParameters",
     .handler = delete_parameters,
     .kind = OP_WRITE,
     .input = &DELETE_MANY,
     .summary = "Delete several parameters"},
    {0},
};
static const char *const KNOWN[] = {"AddTagsToResource",       "GetParameterHistory",
                                    "LabelParameterVersion",   "ListTagsForResource",
                                    "RemoveTagsFromResource",  "SendCommand",
                                    "UnlabelParameterVersion", NULL};

const struct service SSM_SERVICE = {
    .name = "ssm",
    .title = "AWS Systems Manager Parameter Store",
    .signing_name = "ssm",
    .target_prefix = "AmazonSSM",
    .api_version = "2014-11-06",
    .protocols = PROTOCOL_JSON_1_1,
    .ops = OPS,
    .known = KNOWN,
};
