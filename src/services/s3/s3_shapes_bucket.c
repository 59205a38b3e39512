// SPDX-License-Identifier: Apache-2.0
// Shapes of the operations on buckets.
#include "services/s3/s3_shapes.h"

static const struct field BUCKET_ONLY_FIELDS[] = {S3_BUCKET_FIELD, S3_OWNER_FIELD, {0}};
const struct shape S3_BUCKET_ONLY_INPUT = SHAPE_STRUCT(BUCKET_ONLY_FIELDS);
static const struct field KEY_ONLY_FIELDS[] = {
    S3_BUCKET_FIELD, S3_KEY_FIELD, S3_VERSION_FIELD, S3_OWNER_FIELD, {0}};
const struct shape S3_KEY_ONLY_INPUT = SHAPE_STRUCT(KEY_ONLY_FIELDS);
static const struct field NO_FIELDS[] = {{0}};
const struct shape S3_EMPTY_OUTPUT = SHAPE_STRUCT(NO_FIELDS);

static const struct field OWNER_FIELDS[] = {{"DisplayName", &ANY_STRING}, {"ID", &ANY_STRING}, {0}};
const struct shape S3_OWNER_SHAPE = SHAPE_STRUCT(OWNER_FIELDS);
const struct shape S3_HTTP_TIME = {.type = SHAPE_TIMESTAMP, .time_format = "http"};

// --- tags
static const struct field TAG_FIELDS[] = {
    {"Key", &ANY_STRING, FIELD_REQUIRED}, {"Value", &ANY_STRING, FIELD_REQUIRED}, {0}};
static const struct shape TAG = SHAPE_STRUCT(TAG_FIELDS);
const struct shape S3_TAG_SET = {.type = SHAPE_LIST, .item = &TAG, .item_name = "Tag"};
static const struct field TAGGING_FIELDS[] = {{"TagSet", &S3_TAG_SET, FIELD_REQUIRED}, {0}};
const struct shape S3_TAGGING = SHAPE_STRUCT(TAGGING_FIELDS);
static const struct field PUT_BUCKET_TAGGING_FIELDS[] = {
    S3_BUCKET_FIELD,
    {"Tagging", &S3_TAGGING, FIELD_REQUIRED, IN_PAYLOAD},
    S3_PAYLOAD_DIGEST_FIELDS,
    S3_OWNER_FIELD,
    {0}};
const struct shape S3_PUT_BUCKET_TAGGING_INPUT = SHAPE_STRUCT(PUT_BUCKET_TAGGING_FIELDS);
static const struct field PUT_OBJECT_TAGGING_FIELDS[] = {
    S3_BUCKET_FIELD,
    S3_KEY_FIELD,
    S3_VERSION_FIELD,
    {"Tagging", &S3_TAGGING, FIELD_REQUIRED, IN_PAYLOAD},
    S3_PAYLOAD_DIGEST_FIELDS,
    S3_OWNER_FIELD,
    {0}};
const struct shape S3_PUT_OBJECT_TAGGING_INPUT = SHAPE_STRUCT(PUT_OBJECT_TAGGING_FIELDS);

// --- create, head, list, location
static const struct field CONFIGURATION_FIELDS[] = {{"LocationConstraint", &ANY_STRING},
                                                    {"Location", &ANY_JSON, FIELD_REFUSED},
                                                    {"Bucket", &ANY_JSON, FIELD_REFUSED},
                                                    {"Tags", &S3_TAG_SET},
                                                    {0}};
static const struct shape CONFIGURATION = SHAPE_STRUCT(CONFIGURATION_FIELDS);
static const struct field CREATE_BUCKET_FIELDS[] = {
    S3_BUCKET_FIELD,
    {"CreateBucketConfiguration", &CONFIGURATION, 0, IN_PAYLOAD},
    {"ACL", &ANY_STRING, 0, IN_HEADER, "x-amz-acl"},
    {"ObjectOwnership", &ANY_STRING, 0, IN_HEADER, "x-amz-object-ownership"},
    {"ObjectLockEnabledForBucket", &ANY_BOOLEAN, 0, IN_HEADER, "x-amz-bucket-object-lock-enabled"},
    {"GrantFullControl", &ANY_STRING, FIELD_REFUSED, IN_HEADER, "x-amz-grant-full-control"},
    {"GrantRead", &ANY_STRING, FIELD_REFUSED, IN_HEADER, "x-amz-grant-read"},
    {"GrantReadACP", &ANY_STRING, FIELD_REFUSED, IN_HEADER, "x-amz-grant-read-acp"},
    {"GrantWrite", &ANY_STRING, FIELD_REFUSED, IN_HEADER, "x-amz-grant-write"},
    {"GrantWriteACP", &ANY_STRING, FIELD_REFUSED, IN_HEADER, "x-amz-grant-write-acp"},
    {0}};
const struct shape S3_CREATE_BUCKET_INPUT = SHAPE_STRUCT(CREATE_BUCKET_FIELDS);
static const struct field CREATE_BUCKET_OUT[] = {
    {"Location", &ANY_STRING, 0, IN_HEADER, "Location"}, {0}};
const struct shape S3_CREATE_BUCKET_OUTPUT = SHAPE_STRUCT(CREATE_BUCKET_OUT);

static const struct field HEAD_BUCKET_OUT[] = {
    {"BucketRegion", &ANY_STRING, 0, IN_HEADER, "x-amz-bucket-region"},
    {"AccessPointAlias", &ANY_BOOLEAN, 0, IN_HEADER, "x-amz-access-point-alias"},
    {0}};
const struct shape S3_HEAD_BUCKET_OUTPUT = SHAPE_STRUCT(HEAD_BUCKET_OUT);

static const struct shape MAX_BUCKETS = SHAPE_INTEGER(1, 10000);
static const struct field LIST_BUCKETS_FIELDS[] = {
    {"MaxBuckets", &MAX_BUCKETS, 0, IN_QUERY, "max-buckets"},
    {"ContinuationToken", &ANY_STRING, 0, IN_QUERY, "continuation-token"},
    {"Prefix", &ANY_STRING, 0, IN_QUERY, "prefix"},
    {"BucketRegion", &ANY_STRING, 0, IN_QUERY, "bucket-region"},
    {0}};
const struct shape S3_LIST_BUCKETS_INPUT = SHAPE_STRUCT(LIST_BUCKETS_FIELDS);
static const struct field BUCKET_ENTRY_FIELDS[] = {
    {"Name", &ANY_STRING}, {"CreationDate", &ANY_TIMESTAMP}, {"BucketRegion", &ANY_STRING}, {0}};
static const struct shape BUCKET_ENTRY = SHAPE_STRUCT(BUCKET_ENTRY_FIELDS);
static const struct shape BUCKET_LIST = {
    .type = SHAPE_LIST, .item = &BUCKET_ENTRY, .item_name = "Bucket"};
static const struct field LIST_BUCKETS_OUT[] = {{"Owner", &S3_OWNER_SHAPE},
                                                {"Buckets", &BUCKET_LIST},
                                                {"ContinuationToken", &ANY_STRING},
                                                {"Prefix", &ANY_STRING},
                                                {0}};
const struct shape S3_LIST_BUCKETS_OUTPUT = SHAPE_STRUCT(LIST_BUCKETS_OUT);

static const struct field LOCATION_OUT[] = {{"LocationConstraint", &ANY_STRING}, {0}};
const struct shape S3_LOCATION_OUTPUT = SHAPE_STRUCT(LOCATION_OUT);

// --- notification. Topic, queue and function configurations are decoded so that they can be
// refused by name.
static const struct field TARGET_FIELDS[] = {{"Id", &ANY_STRING}, {0}};
static const struct shape TARGET = SHAPE_STRUCT(TARGET_FIELDS);
static const struct shape TARGET_LIST = {.type = SHAPE_LIST, .item = &TARGET, .flat = true};
static const struct field NOTIFICATION_FIELDS[] = {
    {"TopicConfigurations", &TARGET_LIST, .wire = "TopicConfiguration"},
    {"QueueConfigurations", &TARGET_LIST, .wire = "QueueConfiguration"},
    {"LambdaFunctionConfigurations", &TARGET_LIST, .wire = "CloudFunctionConfiguration"},
    {"EventBridgeConfiguration", &S3_EMPTY_OUTPUT},
    {0}};
const struct shape S3_NOTIFICATION = SHAPE_STRUCT(NOTIFICATION_FIELDS);
static const struct field PUT_NOTIFICATION_FIELDS[] = {
    S3_BUCKET_FIELD,
    {"NotificationConfiguration", &S3_NOTIFICATION, FIELD_REQUIRED, IN_PAYLOAD},
    {"SkipDestinationValidation", &ANY_BOOLEAN, FIELD_IGNORED, IN_HEADER,
     "x-amz-skip-destination-validation"},
    S3_OWNER_FIELD,
    {0}};
const struct shape S3_PUT_NOTIFICATION_INPUT = SHAPE_STRUCT(PUT_NOTIFICATION_FIELDS);

// --- policy
static const struct field PUT_POLICY_FIELDS[] = {
    S3_BUCKET_FIELD,
    {"Policy", &ANY_STRING, FIELD_REQUIRED, IN_PAYLOAD},
    S3_PAYLOAD_DIGEST_FIELDS,
    S3_OWNER_FIELD,
    {0}};
const struct shape S3_PUT_POLICY_INPUT = SHAPE_STRUCT(PUT_POLICY_FIELDS);
static const struct field POLICY_OUT[] = {{"Policy", &ANY_STRING, 0, IN_PAYLOAD}, {0}};
const struct shape S3_POLICY_OUTPUT = SHAPE_STRUCT(POLICY_OUT);

// --- public access block
static const struct field PUBLIC_ACCESS_FIELDS[] = {{"BlockPublicAcls", &ANY_BOOLEAN},
                                                    {"IgnorePublicAcls", &ANY_BOOLEAN},
                                                    {"BlockPublicPolicy", &ANY_BOOLEAN},
                                                    {"RestrictPublicBuckets", &ANY_BOOLEAN},
                                                    {0}};
static const struct shape PUBLIC_ACCESS = SHAPE_STRUCT(PUBLIC_ACCESS_FIELDS);
static const struct field PUT_PUBLIC_ACCESS_FIELDS[] = {
    S3_BUCKET_FIELD,
    {"PublicAccessBlockConfiguration", &PUBLIC_ACCESS, FIELD_REQUIRED, IN_PAYLOAD},
    S3_PAYLOAD_DIGEST_FIELDS,
    S3_OWNER_FIELD,
    {0}};
const struct shape S3_PUT_PUBLIC_ACCESS_INPUT = SHAPE_STRUCT(PUT_PUBLIC_ACCESS_FIELDS);
static const struct field PUBLIC_ACCESS_OUT[] = {
    {"PublicAccessBlockConfiguration", &PUBLIC_ACCESS, 0, IN_PAYLOAD}, {0}};
const struct shape S3_PUBLIC_ACCESS_OUTPUT = SHAPE_STRUCT(PUBLIC_ACCESS_OUT);

// --- encryption
static const struct field ENCRYPTION_DEFAULT_FIELDS[] = {
    {"SSEAlgorithm", &ANY_STRING, FIELD_REQUIRED}, {"KMSMasterKeyID", &ANY_STRING}, {0}};
static const struct shape ENCRYPTION_DEFAULT = SHAPE_STRUCT(ENCRYPTION_DEFAULT_FIELDS);
static const struct field ENCRYPTION_RULE_FIELDS[] = {
    {"ApplyServerSideEncryptionByDefault", &ENCRYPTION_DEFAULT},
    {"BucketKeyEnabled", &ANY_BOOLEAN},
    {0}};
static const struct shape ENCRYPTION_RULE = SHAPE_STRUCT(ENCRYPTION_RULE_FIELDS);
static const struct shape ENCRYPTION_RULES = {
    .type = SHAPE_LIST, .item = &ENCRYPTION_RULE, .flat = true};
static const struct field ENCRYPTION_FIELDS[] = {
    {"Rules", &ENCRYPTION_RULES, FIELD_REQUIRED, .wire = "Rule"}, {0}};
static const struct shape ENCRYPTION = SHAPE_STRUCT(ENCRYPTION_FIELDS);
static const struct field PUT_ENCRYPTION_FIELDS[] = {
    S3_BUCKET_FIELD,
    {"ServerSideEncryptionConfiguration", &ENCRYPTION, FIELD_REQUIRED, IN_PAYLOAD},
    S3_PAYLOAD_DIGEST_FIELDS,
    S3_OWNER_FIELD,
    {0}};
const struct shape S3_PUT_ENCRYPTION_INPUT = SHAPE_STRUCT(PUT_ENCRYPTION_FIELDS);
static const struct field ENCRYPTION_OUT[] = {
    {"ServerSideEncryptionConfiguration", &ENCRYPTION, 0, IN_PAYLOAD}, {0}};
const struct shape S3_ENCRYPTION_OUTPUT = SHAPE_STRUCT(ENCRYPTION_OUT);

// --- ownership
static const struct field OWNERSHIP_RULE_FIELDS[] = {
    {"ObjectOwnership", &ANY_STRING, FIELD_REQUIRED}, {0}};
static const struct shape OWNERSHIP_RULE = SHAPE_STRUCT(OWNERSHIP_RULE_FIELDS);
static const struct shape OWNERSHIP_RULES = {
    .type = SHAPE_LIST, .item = &OWNERSHIP_RULE, .flat = true};
static const struct field OWNERSHIP_FIELDS[] = {
    {"Rules", &OWNERSHIP_RULES, FIELD_REQUIRED, .wire = "Rule"}, {0}};
static const struct shape OWNERSHIP = SHAPE_STRUCT(OWNERSHIP_FIELDS);
static const struct field PUT_OWNERSHIP_FIELDS[] = {
    S3_BUCKET_FIELD,
    {"OwnershipControls", &OWNERSHIP, FIELD_REQUIRED, IN_PAYLOAD},
    S3_PAYLOAD_DIGEST_FIELDS,
    S3_OWNER_FIELD,
    {0}};
const struct shape S3_PUT_OWNERSHIP_INPUT = SHAPE_STRUCT(PUT_OWNERSHIP_FIELDS);
static const struct field OWNERSHIP_OUT[] = {{"OwnershipControls", &OWNERSHIP, 0, IN_PAYLOAD}, {0}};
const struct shape S3_OWNERSHIP_OUTPUT = SHAPE_STRUCT(OWNERSHIP_OUT);

// --- access control list
static const struct field GRANTEE_FIELDS[] = {
    {"Type", &ANY_STRING, FIELD_ATTRIBUTE, .wire = "xsi:type"},
    {"DisplayName", &ANY_STRING},
    {"ID", &ANY_STRING},
    {0}};
static const struct shape GRANTEE = SHAPE_STRUCT(GRANTEE_FIELDS);
static const struct field GRANT_FIELDS[] = {
    {"Grantee", &GRANTEE}, {"Permission", &ANY_STRING}, {0}};
static const struct shape GRANT = SHAPE_STRUCT(GRANT_FIELDS);
static const struct shape GRANTS = {.type = SHAPE_LIST, .item = &GRANT, .item_name = "Grant"};
static const struct field ACL_OUT[] = {
    {"Owner", &S3_OWNER_SHAPE}, {"Grants", &GRANTS, .wire = "AccessControlList"}, {0}};
const struct shape S3_ACL_OUTPUT = SHAPE_STRUCT(ACL_OUT);

static const struct field REQUEST_PAYMENT_OUT[] = {{"Payer", &ANY_STRING}, {0}};
const struct shape S3_REQUEST_PAYMENT_OUTPUT = SHAPE_STRUCT(REQUEST_PAYMENT_OUT);
