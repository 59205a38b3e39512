// SPDX-License-Identifier: Apache-2.0
// What is configured on a bucket: notification, policy, tags, public access block, encryption,
// ownership.
//
// Each kind is one row (KEYSPACE_S3_BUCKET_CONFIG: bucket, kind -> JSON as it was given). Only what
// has an effect here, or would be true without one, is taken; the rest is refused by name.
//
// The policy is stored and given back; evaluating it belongs to lake/authorize.h. Encryption at
// rest with AES256 is recorded so that templates deploy, and says nothing about the disk: see
// README.md.
#include "services/s3/s3.h"

static struct key *config_key(struct key *key, struct str bucket, const char *kind)
{
    return key_str(key_str(key_start(key, KEYSPACE_S3_BUCKET_CONFIG), bucket), str_of(kind));
}

static enum err config_put(struct call *call, const struct json *in, const char *kind,
                           const struct json *value, struct json **out)
{
    struct s3_bucket bucket;
    struct key key;
    TRY(s3_bucket_get(call, in, S3_SHARED, &bucket));
    *out = json_object(call->arena);
    return tx_put_json(call->tx, config_key(&key, bucket.name, kind), value);
}

// ERR_NOT_FOUND when it was never set.
static enum err config_get(struct call *call, const struct json *in, const char *kind,
                           struct json **out_value)
{
    struct s3_bucket bucket;
    struct key key;
    TRY(s3_bucket_get(call, in, S3_READ, &bucket));
    return tx_get_json(call->tx, config_key(&key, bucket.name, kind), call->arena, out_value);
}

static enum err config_delete(struct call *call, const struct json *in, const char *kind,
                              struct json **out)
{
    struct s3_bucket bucket;
    struct key key;
    TRY(s3_bucket_get(call, in, S3_SHARED, &bucket));
    *out = json_object(call->arena);
    return tx_delete(call->tx, config_key(&key, bucket.name, kind));
}

// The reply {member: value}, or the code that says there is none.
static enum err config_reply(struct call *call, const struct json *in, const char *kind,
                             const char *member, const struct error_code *none, const char *text,
                             struct json **out)
{
    struct json *value;
    enum err found = config_get(call, in, kind, &value);
    if (found == ERR_NOT_FOUND)
        return call_fail(call, none, "%s", text);
    TRY(found);
    *out = json_set(call->arena, json_object(call->arena), member, value);
    return OK;
}

// --- notification
enum err s3_put_bucket_notification(struct call *call, const struct json *in, struct json **out)
{
    static const char *const refused[] = {"TopicConfigurations", "QueueConfigurations",
                                          "LambdaFunctionConfigurations", NULL};
    const struct json *config = json_get(in, "NotificationConfiguration");
    for (int i = 0; refused[i]; i++)
        if (json_count(json_get(config, refused[i])))
            FAIL(call, S3_NOT_IMPLEMENTED,
                 "%s is not implemented: use EventBridgeConfiguration and a rule", refused[i]);
    struct s3_bucket bucket;
    TRY(s3_bucket_get(call, in, S3_OWNED, &bucket));
    bucket.events = json_has(config, "EventBridgeConfiguration");
    *out = json_object(call->arena);
    return s3_bucket_put(call, &bucket);
}

enum err s3_get_bucket_notification(struct call *call, const struct json *in, struct json **out)
{
    struct s3_bucket bucket;
    TRY(s3_bucket_get(call, in, S3_READ, &bucket));
    *out = json_object(call->arena);
    if (bucket.events)
        json_set(call->arena, *out, "EventBridgeConfiguration", json_object(call->arena));
    return OK;
}

// --- policy
enum err s3_put_bucket_policy(struct call *call, const struct json *in, struct json **out)
{
    struct str text = json_str(in, "Policy");
    struct json *policy;
    struct error ignored = {0};
    if (text.len > 20 * 1024)
        FAIL(call, S3_MALFORMED_POLICY, "Policy exceeds the maximum size of 20 KB.");
    if (json_parse(call->arena, text, &policy, &ignored) != OK || policy->type != JSON_OBJECT)
        FAIL(call, S3_MALFORMED_POLICY,
             "Policies must be valid JSON and the first byte must be '{'");
    if (!json_has(policy, "Statement"))
        FAIL(call, S3_MALFORMED_POLICY, "Missing required field Statement");
    return config_put(call, in, "policy", json_string(call->arena, text), out);
}

enum err s3_get_bucket_policy(struct call *call, const struct json *in, struct json **out)
{
    return config_reply(call, in, "policy", "Policy", &S3_NO_SUCH_BUCKET_POLICY,
                        "The bucket policy does not exist", out);
}

enum err s3_delete_bucket_policy(struct call *call, const struct json *in, struct json **out)
{
    return config_delete(call, in, "policy", out);
}

// --- tags
enum err s3_put_bucket_tagging(struct call *call, const struct json *in, struct json **out)
{
    struct json *tags;
    TRY(s3_tags_from_set(call, json_get(json_get(in, "Tagging"), "TagSet"), 50, &tags));
    return config_put(call, in, "tagging", tags, out);
}

enum err s3_get_bucket_tagging(struct call *call, const struct json *in, struct json **out)
{
    struct json *tags;
    enum err found = config_get(call, in, "tagging", &tags);
    if (found == ERR_NOT_FOUND)
        FAIL(call, S3_NO_SUCH_TAG_SET, "The TagSet does not exist");
    TRY(found);
    *out = json_set(call->arena, json_object(call->arena), "TagSet",
                    s3_tags_to_set(call->arena, tags));
    return OK;
}

enum err s3_delete_bucket_tagging(struct call *call, const struct json *in, struct json **out)
{
    return config_delete(call, in, "tagging", out);
}

// --- public access block. A new bucket blocks all public access, as on AWS since April 2023; a
// null row says that it was removed.
static const char *const BLOCKS[] = {"BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy",
                                     "RestrictPublicBuckets", NULL};

static struct json *all_blocks(struct call *call, const struct json *given, bool otherwise)
{
    struct json *blocks = json_object(call->arena);
    for (int i = 0; BLOCKS[i]; i++)
        json_set_bool(call->arena, blocks, BLOCKS[i], json_bool_or(given, BLOCKS[i], otherwise));
    return blocks;
}

enum err s3_put_public_access_block(struct call *call, const struct json *in, struct json **out)
{
    const struct json *given = json_get(in, "PublicAccessBlockConfiguration");
    return config_put(call, in, "public-access", all_blocks(call, given, false), out);
}

enum err s3_get_public_access_block(struct call *call, const struct json *in, struct json **out)
{
    struct json *value;
    enum err found = config_get(call, in, "public-access", &value);
    if (found == ERR_NOT_FOUND)
        value = all_blocks(call, NULL, true);
    else
        TRY(found);
    if (json_is(value, JSON_NULL))
        FAIL(call, S3_NO_SUCH_PUBLIC_ACCESS, "The public access block configuration was not found");
    *out = json_set(call->arena, json_object(call->arena), "PublicAccessBlockConfiguration", value);
    return OK;
}

enum err s3_delete_public_access_block(struct call *call, const struct json *in, struct json **out)
{
    return config_put(call, in, "public-access", json_null(call->arena), out);
}

// --- encryption
enum err s3_put_bucket_encryption(struct call *call, const struct json *in, struct json **out)
{
    const struct json *config = json_get(in, "ServerSideEncryptionConfiguration");
    const struct json *rules = json_get(config, "Rules");
    if (json_count(rules) != 1)
        FAIL(call, S3_MALFORMED_XML,
             "The XML you provided was not well-formed or did not validate against our published "
             "schema");
    struct str algorithm =
        json_str(json_get(json_at(rules, 0), "ApplyServerSideEncryptionByDefault"), "SSEAlgorithm");
    if (!str_is(algorithm, "AES256"))
        FAIL(call, S3_NOT_IMPLEMENTED, "SSEAlgorithm %.*s is not implemented", STR_ARG(algorithm));
    return config_put(call, in, "encryption", config, out);
}

enum err s3_get_bucket_encryption(struct call *call, const struct json *in, struct json **out)
{
    return config_reply(call, in, "encryption", "ServerSideEncryptionConfiguration",
                        &S3_NO_SUCH_ENCRYPTION,
                        "The server side encryption configuration was not found", out);
}

enum err s3_delete_bucket_encryption(struct call *call, const struct json *in, struct json **out)
{
    return config_delete(call, in, "encryption", out);
}

// --- ownership
enum err s3_put_bucket_ownership(struct call *call, const struct json *in, struct json **out)
{
    const struct json *config = json_get(in, "OwnershipControls");
    struct str ownership = json_str(json_at(json_get(config, "Rules"), 0), "ObjectOwnership");
    if (!str_is(ownership, "BucketOwnerEnforced"))
        FAIL(call, S3_NOT_IMPLEMENTED, "ObjectOwnership %.*s is not implemented",
             STR_ARG(ownership));
    return config_put(call, in, "ownership", config, out);
}

enum err s3_get_bucket_ownership(struct call *call, const struct json *in, struct json **out)
{
    return config_reply(call, in, "ownership", "OwnershipControls", &S3_NO_SUCH_OWNERSHIP,
                        "The bucket ownership controls were not found", out);
}

enum err s3_delete_bucket_ownership(struct call *call, const struct json *in, struct json **out)
{
    return config_delete(call, in, "ownership", out);
}

// --- answers that are true of every bucket
// With BucketOwnerEnforced ownership the list is always the owner's full control.
enum err s3_get_acl(struct call *call, const struct json *in, struct json **out)
{
    struct s3_bucket bucket;
    TRY(s3_bucket_get(call, in, S3_READ, &bucket));
    if (json_has(in, "Key")) {
        struct s3_object object;
        struct str key;
        TRY(s3_key_of(call, in, &key));
        TRY(s3_object_get(call, bucket.name, key, &object));
    }
    struct json *grantee = s3_owner(call);
    json_set_str(call->arena, grantee, "Type", S("CanonicalUser"));
    struct json *grant = json_object(call->arena);
    json_set(call->arena, grant, "Grantee", grantee);
    json_set_str(call->arena, grant, "Permission", S("FULL_CONTROL"));
    *out = json_object(call->arena);
    json_set(call->arena, *out, "Owner", s3_owner(call));
    json_set(call->arena, *out, "Grants", json_push(call->arena, json_array(call->arena), grant));
    return OK;
}

enum err s3_get_request_payment(struct call *call, const struct json *in, struct json **out)
{
    struct s3_bucket bucket;
    TRY(s3_bucket_get(call, in, S3_READ, &bucket));
    *out = json_object(call->arena);
    json_set_str(call->arena, *out, "Payer", S("BucketOwner"));
    return OK;
}

// Versioning, logging, acceleration: an empty reply says that it was never enabled.
enum err s3_get_never_set(struct call *call, const struct json *in, struct json **out)
{
    struct s3_bucket bucket;
    TRY(s3_bucket_get(call, in, S3_READ, &bucket));
    *out = json_object(call->arena);
    return OK;
}

enum err s3_get_not_configured(struct call *call, const struct json *in, struct json **out)
{
    static const struct {
        const char *op;
        const struct error_code *code;
        const char *text;
    } answers[] = {
        {"GetBucketCors", &S3_NO_SUCH_CORS, "The CORS configuration does not exist"},
        {"GetBucketWebsite", &S3_NO_SUCH_WEBSITE,
         "The specified bucket does not have a website configuration"},
        {"GetBucketLifecycleConfiguration", &S3_NO_SUCH_LIFECYCLE,
         "The lifecycle configuration does not exist"},
        {"GetBucketReplication", &S3_NO_SUCH_REPLICATION,
         "The replication configuration was not found"},
        {"GetObjectLockConfiguration", &S3_NO_SUCH_OBJECT_LOCK,
         "Object Lock configuration does not exist for this bucket"},
    };
    struct s3_bucket bucket;
    (void)out;
    TRY(s3_bucket_get(call, in, S3_READ, &bucket));
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (str_is(str_of(call->op->name), answers[i].op))
            return call_fail(call, answers[i].code, "%s", answers[i].text);
    FAIL(call, S3_NOT_IMPLEMENTED, "%s is not implemented", call->op->name);
}
