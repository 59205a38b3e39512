// SPDX-License-Identifier: Apache-2.0
// Every resource type: made, changed in place (or replaced), deleted; and what Ref and Fn::GetAtt
// give.
#include "cloudformation_fixture.h"

#include "services/cloudformation/resource.h"

// ${V} is "one" at first and "two" after the update.
static const char TEMPLATE[] =
    "Parameters: {V: {Type: String, Default: one}, Days: {Type: Number, Default: 1}}\n"
    "Resources:\n"
    "  Bucket:\n"
    "    Type: AWS::S3::Bucket\n"
    "    Properties:\n"
    "      BucketName: bucket\n"
    "      NotificationConfiguration: {EventBridgeConfiguration: {EventBridgeEnabled: true}}\n"
    "      PublicAccessBlockConfiguration: {BlockPublicAcls: 'true'}\n"
    "      BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: "
    "{SSEAlgorithm: AES256}}]}\n"
    "      OwnershipControls: {Rules: [{ObjectOwnership: BucketOwnerEnforced}]}\n"
    "      Tags: [{Key: v, Value: !Ref V}]\n"
    "  BucketPolicy:\n"
    "    Type: AWS::S3::BucketPolicy\n"
    "    Properties:\n"
    "      Bucket: !Ref Bucket\n"
    "      PolicyDocument: {Version: 2012-10-17, Id: !Ref V, Statement: []}\n"
    "  Table:\n"
    "    Type: AWS::DynamoDB::Table\n"
    "    Properties:\n"
    "      TableName: table\n"
    "      BillingMode: PAY_PER_REQUEST\n"
    "      AttributeDefinitions: [{AttributeName: a, AttributeType: S}]\n"
    "      KeySchema: [{AttributeName: a, KeyType: HASH}]\n"
    "      Tags: [{Key: v, Value: !Ref V}]\n"
    "  Parameter: {Type: AWS::SSM::Parameter, Properties: {Name: /p, Type: String, Value: !Ref "
    "V}}\n"
    "  LogGroup:\n"
    "    Type: AWS::Logs::LogGroup\n"
    "    Properties: {LogGroupName: group, RetentionInDays: !Ref Days, Tags: [{Key: v, Value: !Ref "
    "V}]}\n"
    "  Handle: {Type: AWS::CloudFormation::WaitConditionHandle}\n"
    "  Metadata: {Type: AWS::CDK::Metadata, Properties: {Analytics: !Ref V}}\n"
    "  DeadLetters: {Type: AWS::SQS::Queue, Properties: {QueueName: dead}}\n"
    "  Queue:\n"
    "    Type: AWS::SQS::Queue\n"
    "    Properties:\n"
    "      QueueName: queue\n"
    "      DelaySeconds: !Ref Days\n"
    "      RedrivePolicy: {deadLetterTargetArn: !GetAtt DeadLetters.Arn, maxReceiveCount: 5}\n"
    "      Tags: [{Key: v, Value: !Ref V}]\n"
    "  QueuePolicy:\n"
    "    Type: AWS::SQS::QueuePolicy\n"
    "    Properties:\n"
    "      Queues: [!Ref Queue]\n"
    "      PolicyDocument:\n"
    "        Version: 2012-10-17\n"
    "        Id: !Ref V\n"
    "        Statement: [{Effect: Allow, Principal: '*', Action: 'sqs:SendMessage', Resource: "
    "!GetAtt Queue.Arn}]\n"
    "  Bus: {Type: AWS::Events::EventBus, Properties: {Name: bus}}\n"
    "  Rule:\n"
    "    Type: AWS::Events::Rule\n"
    "    Properties:\n"
    "      Name: rule\n"
    "      EventBusName: !Ref Bus\n"
    "      EventPattern: {source: [!Ref V]}\n"
    "      Targets: [{Id: !Sub 'id-${V}', Arn: !GetAtt Queue.Arn}]\n"
    "  Group: {Type: AWS::Scheduler::ScheduleGroup, Properties: {Name: group}}\n"
    "  Schedule:\n"
    "    Type: AWS::Scheduler::Schedule\n"
    "    Properties:\n"
    "      Name: schedule\n"
    "      GroupName: !Ref Group\n"
    "      Description: !Ref V\n"
    "      ScheduleExpression: rate(1 hour)\n"
    "      FlexibleTimeWindow: {Mode: 'OFF'}\n"
    "      Target: {Arn: !GetAtt Queue.Arn, RoleArn: !GetAtt Role.Arn}\n"
    "  Role:\n"
    "    Type: AWS::IAM::Role\n"
    "    Properties:\n"
    "      RoleName: role\n"
    "      Description: !Ref V\n"
    "      AssumeRolePolicyDocument:\n"
    "        Version: 2012-10-17\n"
    "        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "
    "'sts:AssumeRole'}]\n"
    "      ManagedPolicyArns: ['arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole']\n"
    "      Policies: [{PolicyName: !Sub 'inline-${V}', PolicyDocument: {Version: 2012-10-17, "
    "Statement: []}}]\n"
    "      Tags: [{Key: v, Value: !Ref V}]\n"
    "  User: {Type: AWS::IAM::User, Properties: {UserName: user}}\n"
    "  Key: {Type: AWS::IAM::AccessKey, Properties: {UserName: !Ref User}}\n"
    "  Policy:\n"
    "    Type: AWS::IAM::Policy\n"
    "    Properties:\n"
    "      PolicyName: !Sub 'policy-${V}'\n"
    "      Roles: [!Ref Role]\n"
    "      Users: [!Ref User]\n"
    "      PolicyDocument: {Version: 2012-10-17, Statement: []}\n"
    "  Managed:\n"
    "    Type: AWS::IAM::ManagedPolicy\n"
    "    Properties: {Users: [!Ref User], PolicyDocument: {Version: 2012-10-17, Id: !Ref V, "
    "Statement: []}}\n"
    "  Function:\n"
    "    Type: AWS::Lambda::Function\n"
    "    Properties:\n"
    "      FunctionName: function\n"
    "      Runtime: python3.11\n"
    "      Handler: index.handler\n"
    "      Role: !GetAtt Role.Arn\n"
    "      Description: !Ref V\n"
    "      MemorySize: '256'\n"
    "      ReservedConcurrentExecutions: !Ref Days\n"
    "      Code: {ZipFile: !Sub \"def handler(event, context):\\n    return '${V}'\\n\"}\n"
    "      Environment: {Variables: {VALUE: !Ref V, NUMBER: 1}}\n"
    "      Tags: [{Key: v, Value: !Ref V}]\n"
    "  Permission:\n"
    "    Type: AWS::Lambda::Permission\n"
    "    Properties: {FunctionName: !Ref Function, Action: 'lambda:InvokeFunction', Principal: "
    "events.amazonaws.com}\n"
    "  Mapping:\n"
    "    Type: AWS::Lambda::EventSourceMapping\n"
    "    Properties: {EventSourceArn: !GetAtt Queue.Arn, FunctionName: !Ref Function, BatchSize: "
    "!Ref Days}\n"
    "  Version: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Function, "
    "Description: !Ref V}}\n"
    "  Alias:\n"
    "    Type: AWS::Lambda::Alias\n"
    "    Properties: {FunctionName: !Ref Function, Name: alias, FunctionVersion: !GetAtt "
    "Version.Version}\n"
    "  Machine:\n"
    "    Type: AWS::StepFunctions::StateMachine\n"
    "    Properties:\n"
    "      StateMachineName: machine\n"
    "      RoleArn: !GetAtt Role.Arn\n"
    "      DefinitionSubstitutions: {V: !Ref V, F: !GetAtt Function.Arn}\n"
    "      Definition: {StartAt: A, States: {A: {Type: Pass, Comment: '\"${V}\"', Result: '${F}', "
    "End: true}}}\n"
    "  TextMachine:\n"
    "    Type: AWS::StepFunctions::StateMachine\n"
    "    Properties:\n"
    "      RoleArn: !GetAtt Role.Arn\n"
    "      DefinitionSubstitutions: {V: !Ref V}\n"
    "      DefinitionString: '{\"StartAt\": \"${V}\", \"States\": {\"${V}\": {\"Type\": "
    "\"Succeed\"}}}'\n"
    "  Database:\n"
    "    Type: AWS::Glue::Database\n"
    "    Properties: {CatalogId: !Ref AWS::AccountId, DatabaseInput: {Name: database, Description: "
    "!Ref V}}\n"
    "  GlueTable:\n"
    "    Type: AWS::Glue::Table\n"
    "    Properties:\n"
    "      CatalogId: !Ref AWS::AccountId\n"
    "      DatabaseName: !Ref Database\n"
    "      TableInput:\n"
    "        Name: table\n"
    "        Description: !Ref V\n"
    "        PartitionKeys: [{Name: day, Type: string}]\n"
    "        StorageDescriptor: {Location: s3://bucket/table/, Columns: [{Name: a, Type: int}]}\n"
    "  Partition:\n"
    "    Type: AWS::Glue::Partition\n"
    "    Properties:\n"
    "      CatalogId: !Ref AWS::AccountId\n"
    "      DatabaseName: !Ref Database\n"
    "      TableName: !Ref GlueTable\n"
    "      PartitionInput: {Values: ['1'], Parameters: {v: !Ref V}}\n"
    "  Crawler:\n"
    "    Type: AWS::Glue::Crawler\n"
    "    Properties:\n"
    "      Name: crawler\n"
    "      Role: !Ref Role\n"
    "      DatabaseName: !Ref Database\n"
    "      Description: !Ref V\n"
    "      Schedule: {ScheduleExpression: cron(0 1 * * ? *)}\n"
    "      Targets: {S3Targets: [{Path: s3://bucket/}]}\n"
    "      Tags: {v: !Ref V}\n"
    "  Job:\n"
    "    Type: AWS::Glue::Job\n"
    "    Properties:\n"
    "      Name: job\n"
    "      Role: !Ref Role\n"
    "      Description: !Ref V\n"
    "      GlueVersion: 5.0\n"
    "      WorkerType: G.1X\n"
    "      NumberOfWorkers: 2\n"
    "      Command: {Name: glueetl, PythonVersion: 3, ScriptLocation: s3://bucket/script.py}\n"
    "      DefaultArguments: {--v: !Ref V}\n"
    "  WorkGroup:\n"
    "    Type: AWS::Athena::WorkGroup\n"
    "    Properties:\n"
    "      Name: group\n"
    "      Description: !Ref V\n"
    "      RecursiveDeleteOption: true\n"
    "      WorkGroupConfiguration: {ResultConfiguration: {OutputLocation: !Sub "
    "'s3://bucket/${V}/'}}\n"
    "  NamedQuery:\n"
    "    Type: AWS::Athena::NamedQuery\n"
    "    Properties: {Name: query, Database: database, QueryString: !Sub \"SELECT '${V}'\", "
    "WorkGroup: !Ref WorkGroup}\n"
    "Outputs:\n"
    "  Bucket: {Value: !Sub '${Bucket} ${Bucket.Arn} ${Bucket.RegionalDomainName}'}\n"
    "  Table: {Value: !Sub '${Table} ${Table.Arn}'}\n"
    "  LogGroup: {Value: !Sub '${LogGroup} ${LogGroup.Arn}'}\n"
    "  Bus: {Value: !Sub '${Bus} ${Bus.Arn}'}\n"
    "  Rule: {Value: !Sub '${Rule} ${Rule.Arn}'}\n"
    "  Schedule: {Value: !Sub '${Schedule} ${Schedule.Arn}'}\n"
    "  Group: {Value: !Sub '${Group} ${Group.Arn}'}\n"
    "  Role: {Value: !Sub '${Role} ${Role.Arn}'}\n"
    "  User: {Value: !Sub '${User} ${User.Arn}'}\n"
    "  Function: {Value: !Sub '${Function} ${Function.Arn}'}\n"
    "  Alias: {Value: !Ref Alias}\n"
    "  Machine: {Value: !Sub '${Machine} ${Machine.Name}'}\n"
    "  Catalog: {Value: !Sub '${Database} ${GlueTable} ${Crawler} ${Job}'}\n"
    "  Partition: {Value: !Ref Partition}\n"
    "  WorkGroup: {Value: !Ref WorkGroup}\n";

static const struct {
    const char *key, *value;
} OUTPUTS[] = {
    {"Bucket", "bucket arn:aws:s3:::bucket bucket.s3.us-east-1.amazonaws.com"},
    {"Table", "table arn:aws:dynamodb:us-east-1:000000000000:table/table"},
    {"LogGroup", "group arn:aws:logs:us-east-1:000000000000:log-group:group:*"},
    {"Bus", "bus arn:aws:events:us-east-1:000000000000:event-bus/bus"},
    {"Rule", "bus|rule arn:aws:events:us-east-1:000000000000:rule/bus/rule"},
    {"Schedule", "schedule arn:aws:scheduler:us-east-1:000000000000:schedule/group/schedule"},
    {"Group", "group arn:aws:scheduler:us-east-1:000000000000:schedule-group/group"},
    {"Role", "role arn:aws:iam::000000000000:role/role"},
    {"User", "user arn:aws:iam::000000000000:user/user"},
    {"Function", "function arn:aws:lambda:us-east-1:000000000000:function:function"},
    {"Alias", "arn:aws:lambda:us-east-1:000000000000:function:function:alias"},
    {"Machine", "arn:aws:states:us-east-1:000000000000:stateMachine:machine machine"},
    {"Catalog", "database table crawler job"},
    {"Partition", "database|table|[\"1\"]"},
    {"WorkGroup", "group"},
};

// What the other services say of the value ${V}: an operation, its input, and the members on the
// way to the value.
static const struct {
    const char *service, *op, *input, *path;
} SEEN[] = {
    {"s3", "GetBucketTagging", "{'Bucket': 'bucket'}", "TagSet.0.Value"},
    {"dynamodb", "ListTagsOfResource",
     "{'ResourceArn': 'arn:aws:dynamodb:us-east-1:000000000000:table/table'}", "Tags.0.Value"},
    {"ssm", "GetParameter", "{'Name': '/p'}", "Parameter.Value"},
    {"logs", "ListTagsLogGroup", "{'logGroupName': 'group'}", "tags.v"},
    {"sqs", "ListQueueTags", "{'QueueUrl': 'http://127.0.0.1:4566/000000000000/queue'}", "Tags.v"},
    {"scheduler", "GetSchedule", "{'Name': 'schedule', 'GroupName': 'group'}", "Description"},
    {"iam", "GetRole", "{'RoleName': 'role'}", "Role.Description"},
    {"iam", "ListRoleTags", "{'RoleName': 'role'}", "Tags.0.Value"},
    {"lambda", "GetFunctionConfiguration", "{'FunctionName': 'function'}", "Description"},
    {"lambda", "GetFunctionConfiguration", "{'FunctionName': 'function'}",
     "Environment.Variables.VALUE"},
    {"glue", "GetDatabase", "{'Name': 'database'}", "Database.Description"},
    {"glue", "GetTable", "{'DatabaseName': 'database', 'Name': 'table'}", "Table.Description"},
    {"glue", "GetPartition",
     "{'DatabaseName': 'database', 'TableName': 'table', 'PartitionValues': ['1']}",
     "Partition.Parameters.v"},
    {"glue", "GetCrawler", "{'Name': 'crawler'}", "Crawler.Description"},
    {"glue", "GetJob", "{'JobName': 'job'}", "Job.DefaultArguments.--v"},
    {"athena", "GetWorkGroup", "{'WorkGroup': 'group'}", "WorkGroup.Description"},
};

static void assert_seen(struct fixture *f, const char *value)
{
    for (size_t i = 0; i < sizeof SEEN / sizeof *SEEN; i++) {
        struct str input = str_replace(&f->arena, str_of(SEEN[i].input), S("%"), S("%%"));
        const struct json *at =
            fixture_ok(f, SEEN[i].service, SEEN[i].op, "%s", str_cstr(&f->arena, input));
        for (struct str name, rest = str_of(SEEN[i].path); str_cut(&rest, '.', &name);)
            at = json_is(at, JSON_ARRAY) ? json_at(at, 0) : json_get_str(at, name);
        if (!str_is(json_as_str(at), value))
            fail_msg("%s %s: \"%.*s\" instead of \"%s\"", SEEN[i].op, SEEN[i].path,
                     STR_ARG(json_as_str(at)), value);
    }
    struct str text =
        json_str(fixture_ok(f, "s3", "GetBucketPolicy", "{'Bucket': 'bucket'}"), "Policy");
    assert_true(str_contains(text, str_of(value)));
    assert_true(str_contains(queue_attribute(f, "queue", "Policy"), str_of(value)));
    text =
        json_str(fixture_ok(f, "events", "DescribeRule", "{'Name': 'rule', 'EventBusName': 'bus'}"),
                 "EventPattern");
    assert_true(str_contains(text, str_of(value)));
    struct json *targets =
        fixture_ok(f, "events", "ListTargetsByRule", "{'Rule': 'rule', 'EventBusName': 'bus'}");
    assert_int_equal(json_count(json_get(targets, "Targets")), 1);
    assert_true(str_ends(json_str(json_at(json_get(targets, "Targets"), 0), "Id"), str_of(value)));
    text = json_str(
        fixture_ok(
            f, "states", "DescribeStateMachine",
            "{'stateMachineArn': 'arn:aws:states:us-east-1:000000000000:stateMachine:machine'}"),
        "definition");
    assert_true(str_contains(text, str_format(&f->arena, "\\\"%s\\\"", value)));
    struct json *policies = fixture_ok(f, "iam", "ListRolePolicies", "{'RoleName': 'role'}");
    assert_int_equal(json_count(json_get(policies, "PolicyNames")), 2);
    JSON_EACH (name, json_get(policies, "PolicyNames"))
        assert_true(str_ends(json_as_str(name), str_of(value)));
}

static void every_type_is_made_changed_and_deleted(void **state)
{
    struct fixture *f = *state;
    stack_ok(f, "CreateStack", "s", TEMPLATE, "{}", "CREATE_COMPLETE");
    for (size_t i = 0; i < sizeof OUTPUTS / sizeof *OUTPUTS; i++)
        assert_str(stack_output(f, "s", OUTPUTS[i].key), OUTPUTS[i].value);
    assert_seen(f, "one");
    struct str managed = stack_physical(f, "s", "Managed");

    stack_ok(f, "UpdateStack", "s", TEMPLATE,
             "{'Parameters': [{'ParameterKey': 'V', 'ParameterValue': 'two'}, {'ParameterKey': "
             "'Days', 'ParameterValue': '3'}]}",
             "UPDATE_COMPLETE");
    assert_seen(f, "two");
    assert_str(queue_attribute(f, "queue", "DelaySeconds"), "3");
    assert_false(str_eq(managed, stack_physical(f, "s", "Managed")));
    JSON_EACH (event, stack_events(f, "s"))
        if (str_ends(json_str(event, "ResourceStatus"), S("FAILED")))
            fail_msg("%.*s: %.*s", STR_ARG(json_str(event, "LogicalResourceId")),
                     STR_ARG(json_str(event, "ResourceStatusReason")));

    stack_ok(f, "UpdateStack", "s",
             "Resources: {Handle: {Type: AWS::CloudFormation::WaitConditionHandle}}", "{}",
             "UPDATE_COMPLETE");
    JSON_EACH (event, stack_events(f, "s"))
        if (str_ends(json_str(event, "ResourceStatus"), S("FAILED")))
            fail_msg("%.*s: %.*s", STR_ARG(json_str(event, "LogicalResourceId")),
                     STR_ARG(json_str(event, "ResourceStatusReason")));
    assert_int_equal(stack_resource_count(f, "s"), 1);
    fixture_refused(f, "NoSuchBucket", "s3", "GetBucketLocation", "{'Bucket': 'bucket'}");
    fixture_refused(f, "NoSuchEntity", "iam", "GetRole", "{'RoleName': 'role'}");
    fixture_refused(f, "ResourceNotFoundException", "lambda", "GetFunction",
                    "{'FunctionName': 'function'}");
    stack_ok(f, "DeleteStack", "s", NULL, "{}", NULL);
}

// What an update did to every type is undone by its own actions.
static void every_type_goes_back(void **state)
{
    struct fixture *f = *state;
    struct buf broken = buf_in(&f->arena, 1 << 20);
    const char *outputs = strstr(TEMPLATE, "Outputs:\n");
    buf_put(&broken, str_n(TEMPLATE, (size_t)(outputs - TEMPLATE)));
    buf_puts(&broken, "  Broken:\n    Type: AWS::SQS::Queue\n    DependsOn: [");
    static const char *const last[] = {
        "Alias",      "Machine",      "TextMachine", "Partition", "Crawler",  "Job",
        "NamedQuery", "Policy",       "Managed",     "Rule",      "Schedule", "QueuePolicy",
        "Mapping",    "BucketPolicy", "Table",       "Parameter", "LogGroup"};
    for (size_t i = 0; i < sizeof last / sizeof *last; i++)
        buf_printf(&broken, "%s%s", i ? ", " : "", last[i]);
    buf_puts(&broken, "]\n    Properties: {DelaySeconds: 99999}\n");
    stack_ok(f, "CreateStack", "s", TEMPLATE, "{}", "CREATE_COMPLETE");
    stack_ok(f, "UpdateStack", "s", str_cstr(&f->arena, buf_str(&broken)),
             "{'Parameters': [{'ParameterKey': 'V', 'ParameterValue': 'two'}, {'ParameterKey': "
             "'Days', 'ParameterValue': '3'}]}",
             "UPDATE_ROLLBACK_COMPLETE");
    assert_seen(f, "one");
    assert_str(queue_attribute(f, "queue", "DelaySeconds"), "1");
    stack_refused(f, "UpdateStack", "s", TEMPLATE, "{}", "ValidationError",
                  "No updates are to be performed.");
    stack_ok(f, "DeleteStack", "s", NULL, "{}", NULL);
}

// The table itself: each type is in this file's template, has its actions, and names properties
// once.
static void the_table_is_sound(void **state)
{
    const struct resource_type *type;
    for (size_t i = 0; (type = resource_type_at(i)); i++) {
        assert_ptr_equal(resource_type_find(str_of(type->name)), type);
        assert_true(str_contains(str_of(TEMPLATE), str_of(type->name)));
        assert_non_null(type->create);
        for (const struct property *property = type->properties; property->name; property++)
            assert_ptr_equal(resource_property(type, str_of(property->name)), property);
        assert_true(!type->name_property || resource_property(type, str_of(type->name_property)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_sound),
        STACK_TEST(every_type_is_made_changed_and_deleted),
        STACK_TEST(every_type_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
