// SPDX-License-Identifier: Apache-2.0
#include "../fixture.h"

#include "lake/event_pattern.h"

#include <string.h>

#define EVENT                                                                                      \
    "{\"source\":\"aws.s3\",\"detail-type\":\"Object "                                             \
    "Created\",\"resources\":[\"arn:a\",\"arn:b\"],"                                               \
    "\"detail\":{\"bucket\":{\"name\":\"lake-raw\"},\"object\":{\"key\":\"persons/"                \
    "a.json\",\"size\":1024},"                                                                     \
    "\"ip\":\"10.1.2.3\",\"ip6\":\"2001:db8::1\",\"empty\":\"\",\"none\":null,\"yes\":true,"       \
    "\"list\":[],"                                                                                 \
    "\"tags\":[{\"k\":\"a\",\"v\":1},{\"k\":\"b\",\"v\":2}]}}"

static const struct {
    const char *pattern;
    bool matches;
} CASES[] = {
    // exact values
    {"{'source':['aws.s3']}", true},
    {"{'source':['aws.ec2','aws.s3'],'detail-type':['Object Created']}", true},
    {"{'source':['aws.s3'],'detail-type':['Object Deleted']}", false},
    {"{'source':['AWS.S3']}", false},
    {"{'resources':['arn:b']}", true},
    {"{'resources':['arn:c']}", false},
    {"{'detail':{'object':{'size':[1024]}}}", true},
    {"{'detail':{'object':{'size':[1024.0]}}}", false}, // as written
    {"{'detail':{'object':{'size':['1024']}}}", false},
    {"{'detail':{'none':[null],'yes':[true],'empty':['']}}", true},
    {"{'detail':{'yes':[false]}}", false},
    {"{'detail':{'absent':[null]}}", false},
    {"{'detail':['x']}", false}, // an object is not a value
    // prefix, suffix, case
    {"{'detail':{'object':{'key':[{'prefix':'persons/'}]}}}", true},
    {"{'detail':{'object':{'key':[{'prefix':'Persons/'}]}}}", false},
    {"{'detail':{'object':{'key':[{'prefix':{'equals-ignore-case':'PERSONS/'}}]}}}", true},
    {"{'detail':{'object':{'key':[{'suffix':'.json'}]}}}", true},
    {"{'detail':{'object':{'key':[{'suffix':'.csv'}]}}}", false},
    {"{'detail':{'object':{'key':[{'suffix':{'equals-ignore-case':'.JSON'}}]}}}", true},
    {"{'detail-type':[{'equals-ignore-case':'object created'}]}", true},
    {"{'source':[{'prefix':'aws.s3.and.longer'}]}", false},
    // wildcard
    {"{'detail':{'object':{'key':[{'wildcard':'persons/*.json'}]}}}", true},
    {"{'detail':{'object':{'key':[{'wildcard':'*/b.json'}]}}}", false},
    // anything-but
    {"{'source':[{'anything-but':'aws.s3'}]}", false},
    {"{'source':[{'anything-but':['aws.ec2','aws.ecs']}]}", true},
    {"{'detail':{'object':{'size':[{'anything-but':[1,2]}]}}}", true},
    {"{'detail':{'object':{'key':[{'anything-but':{'prefix':'_quarantine/'}}]}}}", true},
    {"{'detail':{'object':{'key':[{'anything-but':{'prefix':['x','persons/']}}]}}}", false},
    {"{'detail':{'object':{'key':[{'anything-but':{'suffix':'.json'}}]}}}", false},
    {"{'detail':{'object':{'key':[{'anything-but':{'wildcard':'*.csv'}}]}}}", true},
    {"{'source':[{'anything-but':{'equals-ignore-case':'AWS.S3'}}]}", false},
    {"{'detail':{'absent':[{'anything-but':'x'}]}}", false},
    // numeric
    {"{'detail':{'object':{'size':[{'numeric':['>',0,'<=',1024]}]}}}", true},
    {"{'detail':{'object':{'size':[{'numeric':['>',1024]}]}}}", false},
    {"{'detail':{'object':{'size':[{'numeric':['=',1.024e3]}]}}}", true},
    {"{'detail':{'object':{'key':[{'numeric':['>',0]}]}}}", false},
    // cidr
    {"{'detail':{'ip':[{'cidr':'10.0.0.0/8'}]}}", true},
    {"{'detail':{'ip':[{'cidr':'10.1.2.0/31'}]}}", false},
    {"{'detail':{'ip6':[{'cidr':'2001:db8::/32'}]}}", true},
    {"{'detail':{'ip6':[{'cidr':'10.0.0.0/8'}]}}", false},
    // exists
    {"{'detail':{'ip':[{'exists':true}]}}", true},
    {"{'detail':{'none':[{'exists':true}]}}", true},
    {"{'detail':{'bucket':[{'exists':true}]}}", false}, // leaves only
    {"{'detail':{'absent':[{'exists':false}]}}", true},
    {"{'detail':{'absent':{'deeper':[{'exists':false}]}}}", true},
    {"{'detail':{'list':[{'exists':false}]}}", true},
    {"{'detail':{'ip':[{'exists':false}]}}", false},
    // or
    {"{'$or':[{'source':['x']},{'detail':{'yes':[true]}}]}", true},
    {"{'source':['aws.s3'],'$or':[{'source':['x']},{'source':['y']}]}", false},
    {"{'detail':{'$or':[{'ip':['x']},{'object':{'size':[{'numeric':['>',5]}]}}]}}", true},
    // all conditions below an array hold for one element
    {"{'detail':{'tags':{'k':['a'],'v':[1]}}}", true},
    {"{'detail':{'tags':{'k':['a'],'v':[2]}}}", false},
};

static struct str quoted(struct arena *arena, const char *text)
{
    return str_replace(arena, str_of(text), S("'"), S("\""));
}

static void matches(void **state)
{
    struct json *event;
    assert_int_equal(json_parse(*state, S(EVENT), &event, NULL), OK);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct event_pattern *pattern;
        struct error error = {0};
        if (event_pattern_compile(*state, quoted(*state, CASES[i].pattern), &pattern, &error) != OK)
            fail_msg("%s: %s", CASES[i].pattern, error.text);
        if (event_pattern_match(pattern, event) != CASES[i].matches)
            fail_msg("%s %s", CASES[i].pattern, CASES[i].matches ? "does not match" : "matches");
    }
}

static const struct {
    const char *pattern, *reason;
} BROKEN[] = {
    {"{", "offset"},
    {"[]", "not an object"},
    {"{}", "Empty objects"},
    {"{'a':{}}", "Empty objects"},
    {"{'a':[]}", "Empty arrays"},
    {"{'a':'x'}", "\"a\" must be an object or an array"},
    {"{'a':[['x']]}", "Match value must be"},
    {"{'a':[{'regex':'x'}]}", "Unrecognized match type regex"},
    {"{'a':[{'prefix':'x','suffix':'y'}]}", "Only one key"},
    {"{'a':[{'prefix':1}]}", "must be a string"},
    {"{'a':[{'exists':'yes'}]}", "either true or false"},
    {"{'a':[{'numeric':['>']}]}", "numeric match"},
    {"{'a':[{'numeric':['~',1]}]}", "Unrecognized numeric"},
    {"{'a':[{'numeric':['>','1']}]}", "must be numeric"},
    {"{'a':[{'numeric':['<',1,'>',2]}]}", "Bad numeric range"},
    {"{'a':[{'numeric':['>',2,'<',1]}]}", "Bottom must be less"},
    {"{'a':[{'numeric':['>',6000000000]}]}", "between -5.0E9"},
    {"{'a':[{'cidr':'10.0.0.0'}]}", "Malformed CIDR"},
    {"{'a':[{'cidr':'10.0.0.0/33'}]}", "Malformed CIDR"},
    {"{'a':[{'wildcard':'a**b'}]}", "Consecutive wildcard"},
    {"{'a':[{'anything-but':[]}]}", "anything-but"},
    {"{'a':[{'anything-but':{'numeric':['>',1]}}]}", "anything-but"},
    {"{'$or':[{'a':['x']}]}", "at least 2"},
};

static void refuses(void **state)
{
    for (size_t i = 0; i < COUNT_OF(BROKEN); i++) {
        struct event_pattern *pattern;
        struct error error = {0};
        assert_int_equal(
            event_pattern_compile(*state, quoted(*state, BROKEN[i].pattern), &pattern, &error),
            ERR_INVALID);
        if (!strstr(error.text, BROKEN[i].reason))
            fail_msg("%s: \"%s\" does not say \"%s\"", BROKEN[i].pattern, error.text,
                     BROKEN[i].reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {ARENA_TEST(matches), ARENA_TEST(refuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
