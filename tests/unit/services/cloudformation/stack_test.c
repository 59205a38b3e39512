// SPDX-License-Identifier: Apache-2.0
// Stacks from their making to their deletion: order, failure and rollback, updates and their
// undoing, exports.
#include "cloudformation_fixture.h"

static const char SIMPLE[] = "Parameters:\n"
                             "  Name: {Type: String, Default: q}\n"
                             "  Delay: {Type: Number, Default: 5}\n"
                             "Resources:\n"
                             "  Parameter:\n"
                             "    Type: AWS::SSM::Parameter\n"
                             "    Properties: {Name: /a, Type: String, Value: !GetAtt Queue.Arn}\n"
                             "  Queue:\n"
                             "    Type: AWS::SQS::Queue\n"
                             "    Properties:\n"
                             "      QueueName: !Sub '${Name}-1'\n"
                             "      DelaySeconds: !Ref Delay\n"
                             "Outputs:\n"
                             "  Url: {Value: !Ref Queue, Description: where}\n"
                             "  Parameter: {Value: !GetAtt Parameter.Value}\n";
static const char RENAME[] = "{'Parameters': [{'ParameterKey': 'Name', 'ParameterValue': 'p'}]}";

static void a_stack_is_made_and_deleted(void **state)
{
    struct fixture *f = *state;
    stack_ok(f, "CreateStack", "s", SIMPLE, "{'Tags': [{'Key': 'k', 'Value': 'v'}]}",
             "CREATE_COMPLETE");
    assert_str(stack_output(f, "s", "Url"), "http://127.0.0.1:4566/000000000000/q-1");
    assert_str(stack_output(f, "s", "Parameter"), "arn:aws:sqs:us-east-1:000000000000:q-1");
    assert_str(queue_attribute(f, "q-1", "DelaySeconds"), "5");
    struct json *tags =
        fixture_ok(f, "sqs", "ListQueueTags", "{'QueueUrl': 'http://x/000000000000/q-1'}");
    assert_str(json_str(json_get(tags, "Tags"), "k"), "v");
    struct str arn = json_str(stack_describe(f, "s"), "StackId");
    stack_refused(f, "CreateStack", "s", SIMPLE, "{}", "AlreadyExistsException",
                  "Stack [s] already exists");

    stack_ok(f, "DeleteStack", "s", NULL, "{}", NULL);
    assert_stack(f, str_cstr(&f->arena, arn), "DELETE_COMPLETE");
    assert_queue(f, "q-1", false);
    assert_str(parameter_value(f, "/a"), "");
    stack_ok(f, "DeleteStack", "s", NULL, "{}", NULL); // what is not there is deleted already
    stack_ok(f, "CreateStack", "s", SIMPLE, "{}", "CREATE_COMPLETE");
}

static void events_tell_the_story_newest_first(void **state)
{
    static const char *const expected[] = {
        "s CREATE_COMPLETE",
        "Parameter CREATE_COMPLETE",
        "Parameter CREATE_IN_PROGRESS",
        "Parameter CREATE_IN_PROGRESS",
        "Queue CREATE_COMPLETE",
        "Queue CREATE_IN_PROGRESS",
        "Queue CREATE_IN_PROGRESS",
        "s CREATE_IN_PROGRESS",
    };
    struct fixture *f = *state;
    stack_ok(f, "CreateStack", "s", SIMPLE, "{'ClientRequestToken': 'token'}", "CREATE_COMPLETE");
    struct json *events = stack_events(f, "s");
    assert_int_equal(json_count(events), 8);
    for (size_t i = 0; i < 8; i++) {
        struct json *event = json_at(events, i);
        assert_str(str_format(&f->arena, "%.*s %.*s", STR_ARG(json_str(event, "LogicalResourceId")),
                              STR_ARG(json_str(event, "ResourceStatus"))),
                   expected[i]);
        assert_str(json_str(event, "ClientRequestToken"), "token");
    }
}

// --- failures

static const char BROKEN[] = "Resources:\n"
                             "  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}\n"
                             "  Kept:\n"
                             "    Type: AWS::SSM::Parameter\n"
                             "    DeletionPolicy: Retain\n"
                             "    Properties: {Name: /k, Type: String, Value: v}\n"
                             "  Broken:\n"
                             "    Type: AWS::SSM::Parameter\n"
                             "    DependsOn: [Queue, Kept]\n"
                             "    Properties: {Name: 'a b', Type: String, Value: v}\n";

static void a_failure_rolls_back(void **state)
{
    struct fixture *f = *state;
    stack_ok(f, "CreateStack", "s", BROKEN, "{}", "ROLLBACK_COMPLETE");
    assert_queue(f, "q", false);
    assert_str(parameter_value(f, "/k"), "v");
    assert_str(json_str(stack_resource(f, "s", "Kept"), "ResourceStatus"), "DELETE_SKIPPED");
    bool told = false;
    JSON_EACH (event, stack_events(f, "s"))
        told = told || (str_is(json_str(event, "ResourceStatus"), "CREATE_FAILED") &&
                        str_contains(json_str(event, "ResourceStatusReason"),
                                     S("ParameterPatternMismatchException")));
    assert_true(told);
    stack_refused(f, "UpdateStack", "s", BROKEN, "{}", "ValidationError",
                  "is in ROLLBACK_COMPLETE state and can not be updated");
    stack_ok(f, "DeleteStack", "s", NULL, "{}", NULL);
}

static void what_a_failure_leads_to_can_be_chosen(void **state)
{
    struct fixture *f = *state;
    stack_ok(f, "CreateStack", "s", BROKEN, "{'OnFailure': 'DO_NOTHING'}", "CREATE_FAILED");
    assert_queue(f, "q", true);
    stack_ok(f, "DeleteStack", "s", NULL, "{}", NULL);
    assert_queue(f, "q", false);
    fixture_ok(f, "ssm", "DeleteParameter", "{'Name': '/k'}");
    stack_ok(f, "CreateStack", "s", BROKEN, "{'OnFailure': 'DELETE'}", NULL);
    assert_queue(f, "q", false);
}

// A bucket is made by one operation and configured by others: when one is refused, nothing is left
// of any.
static void unsupported_properties_are_named(void **state)
{
    struct fixture *f = *state;
    stack_ok(f, "CreateStack", "s",
             "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {Colour: red}}}",
             "{'OnFailure': 'DO_NOTHING'}", "CREATE_FAILED");
    assert_str(json_str(stack_resource(f, "s", "Q"), "ResourceStatusReason"),
               "Encountered unsupported property Colour");
    stack_ok(f, "CreateStack", "t",
             "Resources: {B: {Type: AWS::S3::Bucket, Properties: {BucketName: bbb, "
             "PublicAccessBlockConfiguration: "
             "{Never: true}}}}",
             "{'OnFailure': 'DO_NOTHING'}", "CREATE_FAILED");
    assert_str(json_str(stack_resource(f, "t", "B"), "ResourceStatusReason"),
               "Encountered unsupported property Never");
    fixture_refused(f, "NoSuchBucket", "s3", "GetBucketLocation", "{'Bucket': 'bbb'}");
}

static void names_are_generated(void **state)
{
    struct fixture *f = *state;
    stack_ok(f, "CreateStack", "Lake",
             "Resources: {Raw: {Type: AWS::S3::Bucket}, Queue: {Type: AWS::SQS::Queue}}", "{}",
             "CREATE_COMPLETE");
    struct str bucket = stack_physical(f, "Lake", "Raw"),
               queue = stack_physical(f, "Lake", "Queue");
    assert_true(str_starts(bucket, S("lake-raw-")) && bucket.len == strlen("lake-raw-") + 12);
    assert_true(str_starts(queue, S("http://127.0.0.1:4566/000000000000/Lake-Queue-")));
}

// --- updates

static void an_update_changes_in_place(void **state)
{
    struct fixture *f = *state;
    stack_ok(f, "CreateStack", "s", SIMPLE, "{}", "CREATE_COMPLETE");
    stack_refused(f, "UpdateStack", "s", SIMPLE, "{}", "ValidationError",
                  "No updates are to be performed.");
    stack_ok(f, "UpdateStack", "s", NULL,
             "{'UsePreviousTemplate': true, 'Parameters': [{'ParameterKey': 'Delay', "
             "'ParameterValue': '9'}, "
             "{'ParameterKey': 'Name', 'UsePreviousValue': true}]}",
             "UPDATE_COMPLETE");
    assert_str(queue_attribute(f, "q-1", "DelaySeconds"), "9");
    assert_true(json_has(stack_describe(f, "s"), "LastUpdatedTime"));
}

static void an_update_replaces_and_cleans_up(void **state)
{
    struct fixture *f = *state;
    stack_ok(f, "CreateStack", "s", SIMPLE, "{}", "CREATE_COMPLETE");
    stack_ok(f, "UpdateStack", "s", SIMPLE, RENAME, "UPDATE_COMPLETE");
    assert_queue(f, "p-1", true);
    assert_queue(f, "q-1", false);
    assert_str(parameter_value(f, "/a"), "arn:aws:sqs:us-east-1:000000000000:p-1");
    assert_str(stack_output(f, "s", "Url"), "http://127.0.0.1:4566/000000000000/p-1");
    stack_ok(f, "UpdateStack", "s",
             "Resources: {Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: p-1}}}", "{}",
             "UPDATE_COMPLETE");
    assert_str(parameter_value(f, "/a"), "");
    assert_str(queue_attribute(f, "p-1", "DelaySeconds"), "0");
    assert_int_equal(stack_resource_count(f, "s"), 1);
}

static void an_update_that_fails_is_undone(void **state)
{
    static const char broken[] =
        "Resources:\n"
        "  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: new, DelaySeconds: 1}}\n"
        "  Parameter:\n"
        "    Type: AWS::SSM::Parameter\n"
        "    Properties: {Name: /a, Type: String, Value: !Ref Queue}\n"
        "  Added: {Type: AWS::SQS::Queue, DependsOn: Parameter, Properties: {QueueName: added}}\n"
        "  Bad: {Type: AWS::SQS::Queue, DependsOn: Added, Properties: {DelaySeconds: 99999}}\n";
    struct fixture *f = *state;
    stack_ok(f, "CreateStack", "s", SIMPLE, "{}", "CREATE_COMPLETE");
    stack_ok(f, "UpdateStack", "s", broken, "{}", "UPDATE_ROLLBACK_COMPLETE");
    assert_str(parameter_value(f, "/a"), "arn:aws:sqs:us-east-1:000000000000:q-1");
    assert_queue(f, "q-1", true);
    assert_queue(f, "new", false);
    assert_queue(f, "added", false);
    assert_str(stack_physical(f, "s", "Queue"), "http://127.0.0.1:4566/000000000000/q-1");
    assert_int_equal(stack_resource_count(f, "s"), 2);
    stack_refused(f, "UpdateStack", "s", SIMPLE, "{}", "ValidationError",
                  "No updates are to be performed.");
    stack_ok(f, "UpdateStack", "s", SIMPLE, RENAME, "UPDATE_COMPLETE");
}

static void a_named_resource_cannot_be_replaced(void **state)
{
    static const char template[] =
        "Parameters: {Key: {Type: String, Default: a}}\n"
        "Resources:\n"
        "  T:\n"
        "    Type: AWS::DynamoDB::Table\n"
        "    Properties:\n"
        "      TableName: ttt\n"
        "      BillingMode: PAY_PER_REQUEST\n"
        "      AttributeDefinitions: [{AttributeName: !Ref Key, AttributeType: S}]\n"
        "      KeySchema: [{AttributeName: !Ref Key, KeyType: HASH}]\n";
    struct fixture *f = *state;
    stack_ok(f, "CreateStack", "s", template, "{}", "CREATE_COMPLETE");
    stack_ok(f, "UpdateStack", "s", template,
             "{'Parameters': [{'ParameterKey': 'Key', 'ParameterValue': 'b'}]}",
             "UPDATE_ROLLBACK_COMPLETE");
    assert_str(json_str(stack_resource(f, "s", "T"), "ResourceStatus"), "UPDATE_COMPLETE");
}

// The queue that the old redrive policy names went meanwhile, so that policy cannot come back.
static void an_undoing_that_fails_can_be_continued(void **state)
{
    static const char template[] =
        "Parameters: {Redrive: {Type: String, Default: 'yes'}, Delay: {Type: Number, Default: 0}}\n"
        "Conditions: {Redrive: !Equals [!Ref Redrive, 'yes']}\n"
        "Resources:\n"
        "  Queue:\n"
        "    Type: AWS::SQS::Queue\n"
        "    Properties:\n"
        "      QueueName: q\n"
        "      RedrivePolicy: !If\n"
        "        - Redrive\n"
        "        - {deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:dead', "
        "maxReceiveCount: 3}\n"
        "        - !Ref AWS::NoValue\n"
        "  Last: {Type: AWS::SQS::Queue, DependsOn: Queue, Properties: {QueueName: last, "
        "DelaySeconds: !Ref Delay}}\n";
    struct fixture *f = *state;
    fixture_ok(f, "sqs", "CreateQueue", "{'QueueName': 'dead'}");
    stack_ok(f, "CreateStack", "s", template, "{}", "CREATE_COMPLETE");
    fixture_ok(f, "sqs", "DeleteQueue", "{'QueueUrl': 'http://127.0.0.1:4566/000000000000/dead'}");
    stack_ok(f, "UpdateStack", "s", template,
             "{'Parameters': [{'ParameterKey': 'Redrive', 'ParameterValue': 'no'}, "
             "{'ParameterKey': 'Delay', 'ParameterValue': '99999'}]}",
             "UPDATE_ROLLBACK_FAILED");
    stack_refused(f, "UpdateStack", "s", template, "{}", "ValidationError",
                  "is in UPDATE_ROLLBACK_FAILED state");
    fixture_ok(f, "sqs", "CreateQueue", "{'QueueName': 'dead'}");
    fixture_ok(f, "cloudformation", "ContinueUpdateRollback", "{'StackName': 's'}");
    lake_run_due(f->lake);
    assert_stack(f, "s", "UPDATE_ROLLBACK_COMPLETE");
    assert_true(str_contains(queue_attribute(f, "q", "RedrivePolicy"), S(":dead")));
}

static void secrets_are_not_in_events(void **state)
{
    static const char template[] = "Parameters: {P: {Type: String, NoEcho: true}}\n"
                                   "Resources: {A: {Type: AWS::SSM::Parameter, Properties: {Name: "
                                   "/p, Type: String, Value: !Ref P}}}\n";
    struct fixture *f = *state;
    stack_ok(f, "CreateStack", "s", template,
             "{'Parameters': [{'ParameterKey': 'P', 'ParameterValue': 'secret'}]}",
             "CREATE_COMPLETE");
    assert_str(parameter_value(f, "/p"), "secret");
    assert_false(str_contains(json_text(&f->arena, stack_events(f, "s")), S("secret")));
    assert_false(str_contains(json_text(&f->arena, stack_describe(f, "s")), S("secret")));
}

// --- deletion

static void a_stack_can_be_deleted_while_it_is_made(void **state)
{
    struct fixture *f = *state;
    struct json *reply;
    assert_int_equal(stack_run(f, "CreateStack", "s", SIMPLE, "{}", &reply), OK);
    stack_ok(f, "DeleteStack", "s", NULL, "{}", NULL);
    assert_stack(f, str_cstr(&f->arena, json_str(reply, "StackId")), "DELETE_COMPLETE");
    assert_queue(f, "q-1", false);
}

static void a_deletion_that_fails_can_be_tried_again(void **state)
{
    static const char template[] = "Resources:\n"
                                   "  Policy:\n"
                                   "    Type: AWS::IAM::ManagedPolicy\n"
                                   "    Properties: {ManagedPolicyName: p, PolicyDocument: "
                                   "{Version: 2012-10-17, Statement: []}}\n"
                                   "  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}\n";
    struct fixture *f = *state;
    stack_ok(f, "CreateStack", "s", template, "{}", "CREATE_COMPLETE");
    fixture_ok(f, "iam", "CreateUser", "{'UserName': 'u'}");
    fixture_ok(f, "iam", "AttachUserPolicy",
               "{'UserName': 'u', 'PolicyArn': 'arn:aws:iam::000000000000:policy/p'}");
    stack_ok(f, "DeleteStack", "s", NULL, "{}", "DELETE_FAILED");
    assert_queue(f, "q", false);
    assert_str(json_str(stack_describe(f, "s"), "StackStatusReason"),
               "The following resource(s) failed to delete: [Policy]. ");
    stack_ok(f, "DeleteStack", "s", NULL, "{'RetainResources': ['Policy']}", NULL);
    fixture_ok(f, "iam", "GetPolicy", "{'PolicyArn': 'arn:aws:iam::000000000000:policy/p'}");
}

static void termination_protection_holds(void **state)
{
    struct fixture *f = *state;
    stack_ok(f, "CreateStack", "s", SIMPLE, "{'EnableTerminationProtection': true}",
             "CREATE_COMPLETE");
    stack_refused(f, "DeleteStack", "s", NULL, "{}", "ValidationError", "TerminationProtection");
    fixture_ok(f, "cloudformation", "UpdateTerminationProtection",
               "{'StackName': 's', 'EnableTerminationProtection': false}");
    stack_ok(f, "DeleteStack", "s", NULL, "{}", NULL);
}

static void resources_that_went_by_themselves_are_no_failure(void **state)
{
    struct fixture *f = *state;
    stack_ok(f, "CreateStack", "s", SIMPLE, "{}", "CREATE_COMPLETE");
    fixture_ok(f, "sqs", "DeleteQueue", "{'QueueUrl': 'http://127.0.0.1:4566/000000000000/q-1'}");
    stack_ok(f, "DeleteStack", "s", NULL, "{}", NULL);
}

// --- exports

static void exports_are_imported_and_held(void **state)
{
    static const char exporter[] =
        "Resources: {Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}}\n"
        "Outputs: {Out: {Value: !GetAtt Queue.Arn, Export: {Name: !Sub "
        "'${AWS::StackName}-arn'}}}\n";
    static const char importer[] = "Resources: {P: {Type: AWS::SSM::Parameter, Properties: {Name: "
                                   "/p, Type: String, Value: !ImportValue a-arn}}}\n";
    struct fixture *f = *state;
    stack_ok(f, "CreateStack", "b", importer, "{'OnFailure': 'DELETE'}",
             NULL); // no such export yet
    stack_ok(f, "CreateStack", "a", exporter, "{}", "CREATE_COMPLETE");
    stack_ok(f, "CreateStack", "b", importer, "{}", "CREATE_COMPLETE");
    assert_str(parameter_value(f, "/p"), "arn:aws:sqs:us-east-1:000000000000:q");
    struct json *imports =
        fixture_ok(f, "cloudformation", "ListImports", "{'ExportName': 'a-arn'}");
    assert_str(json_as_str(json_at(json_get(imports, "Imports"), 0)), "b");
    assert_int_equal(
        json_count(json_get(fixture_ok(f, "cloudformation", "ListExports", "{}"), "Exports")), 1);
    stack_refused(f, "DeleteStack", "a", NULL, "{}", "ValidationError",
                  "Export a-arn cannot be deleted as it is in use by b");
    stack_ok(f, "UpdateStack", "a",
             "Resources: {Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}}", "{}",
             "UPDATE_ROLLBACK_COMPLETE");
    stack_ok(f, "DeleteStack", "b", NULL, "{}", NULL);
    stack_ok(f, "DeleteStack", "a", NULL, "{}", NULL);
    assert_int_equal(
        json_count(json_get(fixture_ok(f, "cloudformation", "ListExports", "{}"), "Exports")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STACK_TEST(a_stack_is_made_and_deleted),
        STACK_TEST(events_tell_the_story_newest_first),
        STACK_TEST(a_failure_rolls_back),
        STACK_TEST(what_a_failure_leads_to_can_be_chosen),
        STACK_TEST(unsupported_properties_are_named),
        STACK_TEST(names_are_generated),
        STACK_TEST(an_update_changes_in_place),
        STACK_TEST(an_update_replaces_and_cleans_up),
        STACK_TEST(an_update_that_fails_is_undone),
        STACK_TEST(a_named_resource_cannot_be_replaced),
        STACK_TEST(an_undoing_that_fails_can_be_continued),
        STACK_TEST(secrets_are_not_in_events),
        STACK_TEST(a_stack_can_be_deleted_while_it_is_made),
        STACK_TEST(a_deletion_that_fails_can_be_tried_again),
        STACK_TEST(termination_protection_holds),
        STACK_TEST(resources_that_went_by_themselves_are_no_failure),
        STACK_TEST(exports_are_imported_and_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
