// SPDX-License-Identifier: Apache-2.0
// Templates: what is refused and in which words, and what intrinsic functions give, case by case.
#include "cloudformation_fixture.h"

// --- refusals

static const struct {
    const char *template, *words;
} REFUSED[] = {
    {"[]", "Template format error: unsupported structure."},
    {"{\"Resources\": }", "Template format error: JSON not well-formed."},
    {"Resources: [", "Template format error: YAML not well-formed."},
    {"Resources: {A: {Type: !Nothing x}}", "the tag !Nothing is not supported"},
    {"Description: x", "At least one Resources member must be defined."},
    {"Other: {}\nResources: {A: {Type: AWS::SQS::Queue}}",
     "Invalid template property or properties [Other]"},
    {"AWSTemplateFormatVersion: '2011-01-01'\nResources: {A: {Type: AWS::SQS::Queue}}",
     "2011-01-01 is not a supported value"},
    {"Resources: {A: {Properties: {}}}",
     "[/Resources/A] Every Resources object must contain a Type member."},
    {"Resources: {A-B: {Type: AWS::SQS::Queue}}", "Resource name A-B is non alphanumeric."},
    {"Resources: {A: {Type: AWS::SQS::Queue, Colour: x}}",
     "Invalid template resource property 'Colour'"},
    {"Resources: {A: {Type: X}, B: {Type: AWS::SQS::Queue}, C: {Type: Custom::Y}}",
     "Unrecognized resource types: [X, Custom::Y]"},
    {"Resources: {A: {Type: AWS::SQS::Queue, Properties: {QueueName: }}}",
     "[/Resources/A/Properties/QueueName] 'null' values are not allowed in templates"},
    {"Resources: {A: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref B}}}",
     "Unresolved resource dependencies [B] in the Resources block of the template"},
    {"Resources: {A: {Type: AWS::SQS::Queue, DependsOn: B}}",
     "Unresolved resource dependencies [B] in the Resources block of the template"},
    {"Resources: {A: {Type: AWS::SQS::Queue}}\nOutputs: {O: {Value: !Sub '${B.Arn} ${AWS::Region} "
     "${!C}'}}",
     "Unresolved resource dependencies [B] in the Outputs block of the template"},
    {"Resources: {A: {Type: AWS::SQS::Queue, Condition: Nope}}",
     "Unresolved condition dependency Nope in the Resources block"},
    {"Resources: {A: {Type: AWS::SQS::Queue}}\nOutputs: {O: {Description: x}}",
     "Every Outputs member must contain a Value object"},
    {"Parameters: {P: {Default: x}}\nResources: {A: {Type: AWS::SQS::Queue}}",
     "Every Parameters object must contain a Type member."},
    {"Transform: AWS::LanguageExtensions\nResources: {A: {Type: AWS::SQS::Queue}}",
     "AWS::LanguageExtensions"},
    {"Resources: {A: {Type: AWS::SQS::Queue, DeletionPolicy: Snapshot}}", "DeletionPolicy of A"},
};

static void broken_templates_are_refused(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++) {
        struct json *reply, *in = json_set_str(&f->arena, json_object(&f->arena), "TemplateBody",
                                               str_of(REFUSED[i].template));
        if (fixture_run(f, "cloudformation", "ValidateTemplate", in, &reply) == OK)
            fail_msg("accepted: %s", REFUSED[i].template);
        if (!strstr(f->call->error.text, REFUSED[i].words))
            fail_msg("\"%s\" instead of \"%s\"", f->call->error.text, REFUSED[i].words);
    }
}

static void circles_are_refused(void **state)
{
    struct fixture *f = *state;
    stack_refused(f, "CreateStack", "s",
                  "Resources:\n"
                  "  A: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAtt B.QueueName}}\n"
                  "  B: {Type: AWS::SQS::Queue, DependsOn: C}\n"
                  "  C: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub '${A}'}}\n"
                  "  D: {Type: AWS::SQS::Queue, DependsOn: A}\n",
                  "{}", "ValidationError", "Circular dependency between resources: [A, B, C]");
}

static void parameters_are_checked(void **state)
{
    static const char template[] =
        "Parameters:\n"
        "  N: {Type: Number, MinValue: 2, MaxValue: 4, Default: 3}\n"
        "  S: {Type: String, MinLength: 2, MaxLength: 4, AllowedPattern: '[a-z]+', Default: abc}\n"
        "  C: {Type: String, AllowedValues: [x, y], Default: x}\n"
        "  D: {Type: String, AllowedPattern: 'a', ConstraintDescription: only a, Default: a}\n"
        "  L: {Type: List<Number>, Default: '1, 2'}\n"
        "  R: {Type: String}\n"
        "Resources: {A: {Type: AWS::CloudFormation::WaitConditionHandle}}\n";
    static const struct {
        const char *name, *value, *words;
    } cases[] = {
        {"N", "1", "Parameter 'N' must be a number not less than 2"},
        {"N", "5", "Parameter 'N' must be a number not greater than 4"},
        {"N", "x", "Parameter 'N' must be a number."},
        {"S", "a", "Parameter 'S' must contain at least 2 characters"},
        {"S", "abcde", "Parameter 'S' must contain at most 4 characters"},
        {"S", "AB", "Parameter 'S' must match pattern [a-z]+"},
        {"C", "z", "Parameter 'C' must be one of AllowedValues"},
        {"D", "b", "Parameter 'D' failed to satisfy constraint: only a"},
        {"L", "1,b", "Parameter 'L' must be a number."},
        {"X", "1", "Parameters: [X] do not exist in the template"},
    };
    struct fixture *f = *state;
    stack_refused(f, "CreateStack", "s", template, "{}", "ValidationError",
                  "Parameters: [R] must have values");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str more = str_format(&f->arena,
                                     "{'Parameters': [{'ParameterKey': 'R', 'ParameterValue': ''}, "
                                     "{'ParameterKey': '%s', 'ParameterValue': '%s'}]}",
                                     cases[i].name, cases[i].value);
        stack_refused(f, "CreateStack", "s", template, str_cstr(&f->arena, more), "ValidationError",
                      cases[i].words);
    }
}

static void capabilities_are_asked_for(void **state)
{
    static const char named[] = "Resources: {U: {Type: AWS::IAM::User, Properties: {UserName: u}}}";
    struct fixture *f = *state;
    stack_refused(f, "CreateStack", "s", "Resources: {U: {Type: AWS::IAM::User}}",
                  "{'Capabilities': []}", "InsufficientCapabilitiesException",
                  "Requires capabilities : [CAPABILITY_IAM]");
    stack_refused(f, "CreateStack", "s", named, "{'Capabilities': ['CAPABILITY_IAM']}",
                  "InsufficientCapabilitiesException",
                  "Requires capabilities : [CAPABILITY_NAMED_IAM]");
    stack_ok(f, "CreateStack", "s", named, "{}", "CREATE_COMPLETE");
}

// --- values: each case is an output

static const struct {
    const char *expression, *expected;
} VALUES[] = {
    {"!Ref Text", "abc"},
    {"!Ref AWS::Region", "us-east-1"},
    {"!Ref AWS::AccountId", "000000000000"},
    {"!Ref AWS::StackName", "s"},
    {"!Sub 'arn:${AWS::Partition}:${AWS::URLSuffix}'", "arn:aws:amazonaws.com"},
    {"!Ref Queue", "http://127.0.0.1:4566/000000000000/q"},
    {"!GetAtt Queue.QueueName", "q"},
    {"{'Fn::GetAtt': [Queue, Arn]}", "arn:aws:sqs:us-east-1:000000000000:q"},
    {"!Sub '${Text}-${Queue.QueueName}-${!Text}-$Text'", "abc-q-${Text}-$Text"},
    {"!Sub ['${A}${Text}', {A: !Join ['', [x, 'y']]}]", "xyabc"},
    {"!Join ['-', [a, !Ref Text, 1, true]]", "a-abc-1-true"},
    {"!Join [',', !Ref List]", "x,y,z"},
    {"!Select [1, !Ref List]", "y"},
    {"!Select ['0', !Split ['|', 'a||b']]", "a"},
    {"!Join ['+', !Split ['|', 'a||b']]", "a++b"},
    {"!FindInMap [Map, !Ref 'AWS::Region', Key]", "found"},
    {"!FindInMap [Map, none, Key, {DefaultValue: fallback}]", "fallback"},
    {"!If [IsAbc, yes it is, no]", "yes it is"},
    {"!If [Both, a, !If [Either, b, c]]", "b"},
    {"!If [Not, a, b]", "b"},
    {"Fn::Base64: !Sub '${Text}'", "YWJj"},
    {"!Select [2, !GetAZs '']", "us-east-1c"},
    {"!Length [1, 2, !Ref Text]", "3"},
    {"!ToJsonString {a: [1, !Ref Text], b: !Ref AWS::NoValue}", "{\"a\":[1,\"abc\"]}"},
    {"!Join ['', [a, !Ref AWS::NoValue, b]]", "ab"},
};

static void intrinsic_functions(void **state)
{
    struct fixture *f = *state;
    struct buf template = buf_in(&f->arena, 100000);
    buf_puts(&template, "Parameters:\n"
                        "  Text: {Type: String, Default: abc}\n"
                        "  List: {Type: CommaDelimitedList, Default: 'x, y,z'}\n"
                        "Mappings: {Map: {us-east-1: {Key: found}}}\n"
                        "Conditions:\n"
                        "  Both: !And [!Condition IsAbc, !Equals [a, b]]\n"
                        "  IsAbc: !Equals [!Ref Text, abc]\n"
                        "  Either: !Or [!Condition Both, !Condition IsAbc]\n"
                        "  Not: !Not [!Condition Either]\n"
                        "Resources:\n"
                        "  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}\n"
                        "  Absent: {Type: AWS::SQS::Queue, Condition: Both}\n"
                        "Outputs:\n");
    size_t count = sizeof VALUES / sizeof *VALUES;
    for (size_t i = 0; i < count; i++)
        buf_printf(&template, "  O%zu: {Value: %s%s%s}\n", i,
                   str_starts(str_of(VALUES[i].expression), S("Fn")) ? "{" : "",
                   VALUES[i].expression,
                   str_starts(str_of(VALUES[i].expression), S("Fn")) ? "}" : "");
    buf_puts(&template, "  Left: {Value: x, Condition: Both}\n");
    stack_ok(f, "CreateStack", "s", str_cstr(&f->arena, buf_str(&template)), "{}",
             "CREATE_COMPLETE");
    struct json *outputs = json_get(stack_describe(f, "s"), "Outputs");
    assert_int_equal(json_count(outputs), count);
    for (size_t i = 0; i < count; i++)
        assert_str(json_str(json_at(outputs, i), "OutputValue"), VALUES[i].expected);
    assert_int_equal(stack_resource_count(f, "s"), 1);
}

static const struct {
    const char *expression, *words;
} BROKEN_VALUES[] = {
    {"!Select [3, [a, b]]",
     "Template error: Fn::Select cannot select nonexistent value at index 3"},
    {"!FindInMap [Map, a, None]", "Template error: Unable to get mapping for Map::a::None"},
    {"!FindInMap [Nope, a, b]", "Template error: Mapping named 'Nope' is not present"},
    {"!Join [a]", "Template error: every Fn::Join object requires two parameters"},
    {"!Split ['', a]", "Template error: every Fn::Split object requires two parameters"},
    {"!If [None, a, b]", "unresolved condition dependency None in Fn::If"},
    {"!GetAtt Queue.Colour", "resource Queue does not support attribute type Colour in Fn::GetAtt"},
    {"!Sub [a]",
     "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments."},
    {"!Cidr [a, 1, 2]", "Fn::Cidr is not implemented"},
    {"'{{resolve:ssm:/x}}'", "Dynamic references"},
    {"!ImportValue nothing", "No export named nothing found."},
};

static void broken_values_fail_the_stack(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof BROKEN_VALUES / sizeof *BROKEN_VALUES; i++) {
        struct str template =
            str_format(&f->arena,
                       "Mappings: {Map: {a: {b: c}}}\n"
                       "Resources:\n"
                       "  Queue: {Type: AWS::SQS::Queue}\n"
                       "  P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: %s}}\n",
                       BROKEN_VALUES[i].expression);
        struct str name = str_format(&f->arena, "s%zu", i);
        stack_ok(f, "CreateStack", str_cstr(&f->arena, name), str_cstr(&f->arena, template),
                 "{'DisableRollback': true}", "CREATE_FAILED");
        struct str reason =
            json_str(stack_resource(f, str_cstr(&f->arena, name), "P"), "ResourceStatusReason");
        if (!str_contains(reason, str_of(BROKEN_VALUES[i].words)))
            fail_msg("\"%.*s\" instead of \"%s\"", STR_ARG(reason), BROKEN_VALUES[i].words);
    }
}

static void parameters_come_from_ssm(void **state)
{
    static const char template[] =
        "Parameters: {P: {Type: 'AWS::SSM::Parameter::Value<String>'}}\n"
        "Resources: {A: {Type: AWS::CloudFormation::WaitConditionHandle}}\n"
        "Outputs: {O: {Value: !Ref P}}\n";
    static const char given[] =
        "{'Parameters': [{'ParameterKey': 'P', 'ParameterValue': '/value'}]}";
    struct fixture *f = *state;
    stack_refused(f, "CreateStack", "s", template, given, "ValidationError",
                  "Unable to fetch parameters [/value]");
    fixture_ok(f, "ssm", "PutParameter", "{'Name': '/value', 'Value': 'one', 'Type': 'String'}");
    stack_ok(f, "CreateStack", "s", template, given, "CREATE_COMPLETE");
    assert_str(stack_output(f, "s", "O"), "one");
    struct json *parameter = json_at(json_get(stack_describe(f, "s"), "Parameters"), 0);
    assert_str(json_str(parameter, "ResolvedValue"), "one");
}

static void templates_come_from_buckets(void **state)
{
    static const struct {
        const char *url;
        bool found;
    } cases[] = {
        {"https://s3.amazonaws.com/bucket/a%20b.yaml", true},
        {"https://bucket.s3.us-east-1.amazonaws.com/a%20b.yaml", true},
        {"http://127.0.0.1:4566/bucket/a%20b.yaml?X-Amz-Signature=x", true},
        {"http://127.0.0.1:4566/bucket/other.yaml", false},
        {"https://example.com/bucket/a%20b.yaml", false},
        {"bucket/a%20b.yaml", false},
    };
    struct fixture *f = *state;
    fixture_ok(f, "s3", "CreateBucket", "{'Bucket': 'bucket'}");
    fixture_ok(f, "s3", "PutObject",
               "{'Bucket': 'bucket', 'Key': 'a b.yaml', 'Body': 'Resources: {A: {Type: "
               "AWS::SQS::Queue}}'}");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json *reply, *in = json_set_str(&f->arena, json_object(&f->arena), "TemplateURL",
                                               str_of(cases[i].url));
        bool found = fixture_run(f, "cloudformation", "GetTemplateSummary", in, &reply) == OK;
        if (found != cases[i].found)
            fail_msg("%s: %s", cases[i].url, f->call->error.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STACK_TEST(broken_templates_are_refused), STACK_TEST(circles_are_refused),
        STACK_TEST(parameters_are_checked),       STACK_TEST(capabilities_are_asked_for),
        STACK_TEST(intrinsic_functions),          STACK_TEST(broken_values_fail_the_stack),
        STACK_TEST(parameters_come_from_ssm),     STACK_TEST(templates_come_from_buckets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
