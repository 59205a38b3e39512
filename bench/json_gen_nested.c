// SPDX-License-Identifier: Apache-2.0
// Events of a code hosting site: structs in structs, lists of structs, a payload whose fields
// depend on the event's type. About 1 KB a row, compact NDJSON.
#include "json_gen.h"

#define ACTORS 60000
#define REPOSITORIES 100000
#define START_S 1767225600 // 2026-01-01

struct nested {
    int64_t now_s;
    uint64_t next_id;
};

static void *open_nested(struct gen *gen)
{
    struct nested *nested = gen_new(gen, sizeof *nested);
    *nested = (struct nested){.now_s = START_S, .next_id = 34567000000 + gen_below(gen, 1000)};
    return nested;
}

// What belongs to an actor or a repository follows from its number.
static void put_login(struct gen *gen, uint64_t actor)
{
    uint64_t traits = mix64(actor);
    put(gen, gen_word(traits));
    put(gen, traits >> 20 & 1 ? "-" : "");
    put(gen, gen_word(traits >> 8));
    if (traits >> 21 & 1)
        put_uint(gen, traits >> 32 & 127);
}

static void put_repository_name(struct gen *gen, uint64_t repository)
{
    uint64_t traits = mix64(repository + ACTORS);
    put_login(gen, traits % ACTORS);
    put_char(gen, '/');
    put(gen, gen_word(traits >> 8));
    put_char(gen, '-');
    put(gen, gen_word(traits >> 16));
}

static void put_api_url(struct gen *gen, const char *kind)
{
    put(gen, ",\"url\":\"https://api.example.com/");
    put(gen, kind);
    put_char(gen, '/');
}

static void put_person(struct gen *gen, uint64_t actor)
{
    uint64_t id = mix64(actor) % 90000000 + 1000;
    put(gen, "{\"id\":");
    put_uint(gen, id);
    put(gen, ",\"login\":\"");
    put_login(gen, actor);
    put(gen, "\"");
    put_api_url(gen, "users");
    put_login(gen, actor);
    put(gen, "\",\"avatar_url\":\"https://avatars.example.com/u/");
    put_uint(gen, id);
    put(gen, "?\"}");
}

static void put_sha(struct gen *gen)
{
    put_char(gen, '"');
    put_hex(gen, gen_random(gen), 16);
    put_hex(gen, gen_random(gen), 16);
    put_hex(gen, gen_random(gen), 8);
    put_char(gen, '"');
}

// Text of some sentences; now and then a line break or a quotation, as people write.
static void put_prose(struct gen *gen, unsigned words)
{
    put_char(gen, '"');
    while (words > 0) {
        unsigned some = 1 + (unsigned)gen_below(gen, 12);
        some = some < words ? some : words;
        put_words(gen, some, ' ');
        words -= some;
        if (words > 0) {
            uint64_t r = gen_below(gen, 8);
            put(gen, r == 0 ? ".\\n\\n" : r == 1 ? ".\\r\\n" : r == 2 ? " \\\"as is\\\" " : ". ");
        }
    }
    put_char(gen, '"');
}

static void put_commit(struct gen *gen, uint64_t actor, uint64_t repository)
{
    put(gen, "{\"sha\":");
    put_sha(gen);
    put(gen, ",\"author\":{\"name\":\"");
    put_login(gen, actor);
    put(gen, "\",\"email\":\"");
    put_login(gen, actor);
    put(gen, "@mail.example.org\"},\"message\":");
    put_prose(gen, 4 + (unsigned)gen_skewed(gen, 40));
    put(gen, ",\"distinct\":");
    put_bool(gen, !gen_percent(gen, 8));
    put_api_url(gen, "repos");
    put_repository_name(gen, repository);
    put(gen, "\"}");
}

static void put_push(struct gen *gen, uint64_t actor, uint64_t repository)
{
    uint64_t size = gen_percent(gen, 55) ? 1 : gen_below(gen, 6);
    put(gen, "{\"push_id\":");
    put_uint(gen, 16000000000 + gen->row * 7);
    put(gen, ",\"size\":");
    put_uint(gen, size);
    put(gen, ",\"ref\":\"refs/heads/");
    put(gen, gen_percent(gen, 60) ? "main" : gen_word(gen_skewed(gen, WORDS)));
    put(gen, "\",\"head\":");
    put_sha(gen);
    put(gen, ",\"before\":");
    put_sha(gen);
    put(gen, ",\"commits\":[");
    for (uint64_t i = 0; i < size; i++) {
        put(gen, i > 0 ? "," : "");
        put_commit(gen, actor, repository);
    }
    put(gen, "]}");
}

static void put_labels(struct gen *gen)
{
    static const char *const colours[] = {"d73a4a", "0075ca", "cfd3d7", "a2eeef", "7057ff"};
    uint64_t count = gen_below(gen, 4);
    put(gen, ",\"labels\":[");
    for (uint64_t i = 0; i < count; i++) {
        uint64_t label = gen_skewed(gen, 40);
        put(gen, i > 0 ? ",{\"id\":" : "{\"id\":");
        put_uint(gen, 5000000 + label);
        put(gen, ",\"name\":");
        put_quoted(gen, gen_word(label));
        put(gen, ",\"color\":");
        put_quoted(gen, colours[label % 5]);
        put(gen, ",\"default\":");
        put_bool(gen, label < 5);
        put_char(gen, '}');
    }
    put_char(gen, ']');
}

static void put_issue(struct gen *gen, const struct nested *nested, uint64_t number,
                      bool is_request)
{
    put(gen, "{\"id\":");
    put_uint(gen, 2100000000 + gen_below(gen, 100000000));
    put(gen, ",\"number\":");
    put_uint(gen, number);
    put(gen, ",\"state\":");
    put_quoted(gen, gen_percent(gen, 70) ? "open" : "closed");
    put(gen, ",\"title\":");
    put_prose(gen, 3 + (unsigned)gen_below(gen, 6));
    put(gen, ",\"user\":");
    put_person(gen, gen_skewed(gen, ACTORS));
    put_labels(gen);
    put(gen, ",\"body\":");
    if (gen_percent(gen, 10))
        put(gen, "null");
    else
        put_prose(gen, 5 + (unsigned)gen_skewed(gen, 90));
    put(gen, ",\"created_at\":\"");
    put_timestamp_seconds(gen, nested->now_s - (int64_t)gen_skewed(gen, 20000000));
    put(gen, "\",\"comments\":");
    put_uint(gen, gen_skewed(gen, 100));
    if (is_request) {
        put(gen, ",\"merged\":");
        put_bool(gen, gen_percent(gen, 40));
        put(gen, ",\"additions\":");
        put_uint(gen, gen_skewed(gen, 5000));
        put(gen, ",\"deletions\":");
        put_uint(gen, gen_skewed(gen, 3000));
    }
    put_char(gen, '}');
}

static void put_action(struct gen *gen)
{
    put(gen, "{\"action\":");
    put_quoted(gen, gen_percent(gen, 60) ? "opened" : "closed");
}

static void put_payload(struct gen *gen, const struct nested *nested, unsigned type, uint64_t actor,
                        uint64_t repository)
{
    uint64_t number = 1 + gen_skewed(gen, 9000);
    switch (type) {
    case 0:
        put_push(gen, actor, repository);
        break;
    case 1: // create
        put(gen, "{\"ref\":");
        if (gen_percent(gen, 30))
            put(gen, "null");
        else
            put_quoted(gen, gen_word(gen_skewed(gen, WORDS)));
        put(gen, ",\"ref_type\":\"branch\",\"master_branch\":\"main\",\"description\":");
        put_prose(gen, 2 + (unsigned)gen_below(gen, 14));
        put_char(gen, '}');
        break;
    case 2: // pull request
        put_action(gen);
        put(gen, ",\"number\":");
        put_uint(gen, number);
        put(gen, ",\"pull_request\":");
        put_issue(gen, nested, number, true);
        put_char(gen, '}');
        break;
    case 3: // issues
        put_action(gen);
        put(gen, ",\"issue\":");
        put_issue(gen, nested, number, false);
        put_char(gen, '}');
        break;
    case 4: // issue comment
        put_action(gen);
        put(gen, ",\"issue\":");
        put_issue(gen, nested, number, false);
        put(gen, ",\"comment\":{\"id\":");
        put_uint(gen, 1900000000 + gen_below(gen, 100000000));
        put(gen, ",\"user\":");
        put_person(gen, actor);
        put(gen, ",\"body\":");
        put_prose(gen, 5 + (unsigned)gen_skewed(gen, 90));
        put(gen, "}}");
        break;
    default: // watch
        put(gen, "{\"action\":\"started\"}");
    }
}

static void put_event(struct gen *gen, void *tables)
{
    static const char *const names[] = {"PushEvent",   "CreateEvent",       "PullRequestEvent",
                                        "IssuesEvent", "IssueCommentEvent", "WatchEvent"};
    static const unsigned char of_twenty[20] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                                0, 1, 1, 2, 2, 2, 3, 4, 4, 5};
    struct nested *nested = tables;
    unsigned type = of_twenty[gen_below(gen, 20)];
    uint64_t actor = gen_skewed(gen, ACTORS), repository = gen_skewed(gen, REPOSITORIES);
    nested->next_id += 1 + gen_below(gen, 40);
    nested->now_s += gen_percent(gen, 5);
    put(gen, "{\"id\":\"");
    put_uint(gen, nested->next_id);
    put(gen, "\",\"type\":");
    put_quoted(gen, names[type]);
    put(gen, ",\"actor\":");
    put_person(gen, actor);
    put(gen, ",\"repo\":{\"id\":");
    put_uint(gen, mix64(repository) % 700000000);
    put(gen, ",\"name\":\"");
    put_repository_name(gen, repository);
    put(gen, "\"");
    put_api_url(gen, "repos");
    put_repository_name(gen, repository);
    put(gen, "\"},\"payload\":");
    put_payload(gen, nested, type, actor, repository);
    put(gen, ",\"public\":true,\"created_at\":\"");
    put_timestamp_seconds(gen, nested->now_s);
    put_char(gen, '"');
    if (gen_percent(gen, 30)) {
        put(gen, ",\"org\":");
        put_person(gen, mix64(repository) % ACTORS);
    }
    put_char(gen, '}');
}

const struct shape nested_shapes[] = {
    {"nested", "events with structs and lists of structs, compact NDJSON", open_nested, put_event,
     "", "\n", "\n"},
    {0},
};
