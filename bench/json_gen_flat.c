// SPDX-License-Identifier: Apache-2.0
// An access log of a shop, as a web server would write it: 12 columns, about 300 bytes a row.
//
// Some visits are going on at any moment and take turns, so what belongs to a visit (user, session,
// country, device, user agent) repeats at short distances but not in runs. Users, pages and user
// agents follow Zipf's law, sizes and durations are log-normal. Nothing is there to please any
// encoder: sessions and durations hardly compress, countries and devices do, as in real logs.
//
// A row is drawn first and written then, so that the same data can be had with other spacing and in
// another order of keys.
#include "json_gen.h"

#include <stdio.h>

#define VISITS 256
#define USERS 1000003 // a prime: popular users get scattered numbers
#define AGENTS 2000
#define AGENT_MAX 160

enum column {
    ID,
    TS,
    USER_ID,
    SESSION,
    COUNTRY,
    DEVICE,
    URL,
    STATUS,
    BYTES,
    DURATION_MS,
    IS_MEMBER,
    USER_AGENT,
    COLUMNS
};

static const char *const column_names[COLUMNS] = {
    "id",  "ts",     "user_id", "session",     "country",   "device",
    "url", "status", "bytes",   "duration_ms", "is_member", "user_agent"};

// Of a hundred visits.
static const char countries[100][3] = {
    "US", "US", "US", "US", "US", "US", "US", "US", "US", "US", "US", "US", "US", "US", "US",
    "US", "US", "US", "US", "US", "US", "US", "US", "US", "US", "US", "US", "US", "DE", "DE",
    "DE", "DE", "DE", "DE", "DE", "DE", "DE", "DE", "GB", "GB", "GB", "GB", "GB", "GB", "GB",
    "GB", "FR", "FR", "FR", "FR", "FR", "FR", "IN", "IN", "IN", "IN", "IN", "IN", "JP", "JP",
    "JP", "JP", "JP", "BR", "BR", "BR", "BR", "CA", "CA", "CA", "CA", "PL", "PL", "PL", "NL",
    "NL", "NL", "ES", "ES", "ES", "IT", "IT", "IT", "AU", "AU", "SE", "SE", "MX", "MX", "CH",
    "AT", "KR", "ZA", "NO", "FI", "DK", "NG", "AR", "PT", "IE"};

struct agent_model {
    const char *device;
    unsigned share;   // of a hundred agents
    const char *text; // two numbers: version, build
};
static const struct agent_model agent_models[] = {
    {"desktop", 26,
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/%u.0.%u Safari/537.36"},
    {"desktop", 12,
     "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/%u.0.%u Safari/537.36"},
    {"desktop", 10,
     "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:%u.0) Gecko/20100101 Firefox/%u.0"},
    {"desktop", 5,
     "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%u.0.%u "
     "Safari/537.36"},
    {"mobile", 22,
     "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%u.0.%u "
     "Mobile Safari/537.36"},
    {"mobile", 15,
     "Mozilla/5.0 (iPhone; CPU iPhone OS 17_%u like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) Mobile/15E%u"},
    {"tablet", 6,
     "Mozilla/5.0 (iPad; CPU OS 16_%u like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
     "Mobile/15E%u"},
    {"tv", 2,
     "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%u.0.%u "
     "Safari/537.36 WebAppManager"},
    {"bot", 2,
     "Mozilla/5.0 (compatible; Crawler/%u.%u; "
     "+https://crawler.example.com/about/our-robots-and-how-to-stop-them.html)"},
};

struct visit {
    uint64_t user, session;
    const char *country; // NULL: not known
    unsigned agent;
    bool is_member;
};

struct flat_row {
    uint64_t id, bytes, duration_us;
    int64_t ts_ms;
    unsigned status;
    const struct visit *visit;
    bool timed;
};

// How a row is spelt.
struct spelling {
    const char *open, *close, *between, *before_key, *after_key;
    bool shuffled;
};

struct flat {
    const struct spelling *spelling;
    int64_t ts_ms;
    struct visit visits[VISITS];
    const char *agent_device[AGENTS];
    char agents[AGENTS][AGENT_MAX];
};

static void make_agent(struct gen *gen, struct flat *flat, unsigned i)
{
    unsigned share = (unsigned)gen_below(gen, 100), model = 0;
    while (share >= agent_models[model].share)
        share -= agent_models[model++].share;
    unsigned version = 70 + (unsigned)gen_below(gen, 70),
             build = 1000 + (unsigned)gen_below(gen, 6000);
    if (strstr(agent_models[model].text, "Firefox"))
        build = version;
    flat->agent_device[i] = agent_models[model].device;
    snprintf(flat->agents[i], AGENT_MAX, agent_models[model].text, version, build);
}

static void start_visit(struct gen *gen, struct visit *visit)
{
    uint64_t rank = gen_skewed(gen, USERS - 1), user = (rank + 1) * 611953 % USERS,
             traits = mix64(user);
    *visit = (struct visit){
        .user = user,
        .session = gen_random(gen),
        .country = gen_percent(gen, 2) ? NULL : countries[traits % 100],
        .agent = (unsigned)gen_skewed(gen, AGENTS),
        .is_member = traits / 100 % 10 < 3,
    };
}

static void *open_spelt(struct gen *gen, const struct spelling *spelling)
{
    struct flat *flat = gen_new(gen, sizeof *flat);
    flat->spelling = spelling;
    flat->ts_ms = 1767225600000; // 2026-01-01
    for (unsigned i = 0; i < AGENTS; i++)
        make_agent(gen, flat, i);
    for (unsigned i = 0; i < VISITS; i++)
        start_visit(gen, &flat->visits[i]);
    return flat;
}

static unsigned draw_status(struct gen *gen)
{
    static const unsigned rare[] = {301, 302, 302, 400, 401, 403, 404, 404,
                                    404, 404, 429, 500, 502, 503, 206, 201};
    uint64_t r = gen_below(gen, 256);
    return r < 210 ? 200 : r < 232 ? 304 : rare[r % 16];
}

static struct flat_row draw_row(struct gen *gen, struct flat *flat)
{
    struct visit *visit = &flat->visits[gen_below(gen, VISITS)];
    if (gen_percent(gen, 12))
        start_visit(gen, visit);
    flat->ts_ms += (int64_t)gen_below(gen, 12);
    return (struct flat_row){
        .id = 10000000 + gen->row,
        .ts_ms = flat->ts_ms,
        .visit = visit,
        .status = draw_status(gen),
        .bytes = (uint64_t)exp(8.5 + 1.6 * gen_normal(gen)),
        .duration_us = (uint64_t)exp(10.0 + 1.1 * gen_normal(gen)),
        .timed = !gen_percent(gen, 2),
    };
}

static void put_url(struct gen *gen, const struct visit *visit)
{
    switch (gen_below(gen, 10)) {
    case 0:
        put(gen, "/");
        break;
    case 1:
        put(gen, "/search?q=");
        put_words(gen, 1 + (unsigned)gen_below(gen, 3), '+');
        break;
    case 2:
        put(gen, "/category/");
        put(gen, gen_word(gen_skewed(gen, 60)));
        put(gen, "?page=");
        put_uint(gen, 1 + gen_skewed(gen, 40));
        break;
    case 3:
        put(gen, "/api/v2/users/");
        put_uint(gen, visit->user);
        put(gen, "/cart/items");
        break;
    case 4:
        put(gen, "/static/js/app.");
        put_hex(gen, mix64(gen_skewed(gen, 50)), 8);
        put(gen, ".js");
        break;
    case 5:
        put(gen, "/images/products/");
        put_uint(gen, 1000 + gen_skewed(gen, 80000));
        put(gen, "/large.webp");
        break;
    case 6:
        put(gen, "/orders/");
        put_uint(gen, 50000000 + gen_below(gen, 4000000));
        break;
    default:
        put(gen, "/products/");
        put_uint(gen, 1000 + gen_skewed(gen, 80000));
        if (gen_percent(gen, 30))
            put(gen, "/reviews");
    }
}

static void put_column(struct gen *gen, const struct flat *flat, const struct flat_row *row,
                       enum column column)
{
    const struct visit *visit = row->visit;
    switch (column) {
    case ID:
        put_uint(gen, row->id);
        break;
    case TS:
        put_char(gen, '"');
        put_timestamp(gen, row->ts_ms);
        put_char(gen, '"');
        break;
    case USER_ID:
        put_uint(gen, visit->user);
        break;
    case SESSION:
        put_char(gen, '"');
        put_hex(gen, visit->session, 16);
        put_char(gen, '"');
        break;
    case COUNTRY:
        if (visit->country)
            put_quoted(gen, visit->country);
        else
            put(gen, "null");
        break;
    case DEVICE:
        put_quoted(gen, flat->agent_device[visit->agent]);
        break;
    case URL:
        put_char(gen, '"');
        put_url(gen, visit);
        put_char(gen, '"');
        break;
    case STATUS:
        put_uint(gen, row->status);
        break;
    case BYTES:
        put_uint(gen, row->bytes);
        break;
    case DURATION_MS:
        if (row->timed)
            put_thousandths(gen, row->duration_us);
        else
            put(gen, "null");
        break;
    case IS_MEMBER:
        put_bool(gen, visit->is_member);
        break;
    case USER_AGENT:
        put_quoted(gen, flat->agents[visit->agent]);
        break;
    case COLUMNS:
        break;
    }
}

static void put_row(struct gen *gen, void *tables)
{
    struct flat *flat = tables;
    const struct spelling *spelling = flat->spelling;
    struct flat_row row = draw_row(gen, flat);
    enum column order[COLUMNS];
    for (unsigned i = 0; i < COLUMNS; i++) {
        unsigned swap = spelling->shuffled ? (unsigned)gen_below(gen, i + 1) : i;
        order[i] = order[swap];
        order[swap] = (enum column)i;
    }
    put(gen, spelling->open);
    for (unsigned i = 0; i < COLUMNS; i++) {
        put(gen, i > 0 ? spelling->between : spelling->before_key);
        put(gen, column_names[order[i]]);
        put(gen, spelling->after_key);
        put_column(gen, flat, &row, order[i]);
    }
    put(gen, spelling->close);
}

static const struct spelling compact = {"{", "}", ",\"", "\"", "\":", false};
static const struct spelling shuffled = {"{", "}", ",\"", "\"", "\":", true};
static const struct spelling spaced = {"{", "}", ", \"", "\"", "\": ", false};
static const struct spelling pretty = {"  {\n", "\n  }", ",\n    \"", "    \"", "\": ", false};

static void *open_compact(struct gen *gen)
{
    return open_spelt(gen, &compact);
}
static void *open_shuffled(struct gen *gen)
{
    return open_spelt(gen, &shuffled);
}
static void *open_spaced(struct gen *gen)
{
    return open_spelt(gen, &spaced);
}
static void *open_pretty(struct gen *gen)
{
    return open_spelt(gen, &pretty);
}

const struct shape flat_shapes[] = {
    {"flat", "access log, 12 columns, compact NDJSON", open_compact, put_row, "", "\n", "\n"},
    {"shuffled", "flat with the keys in random order in each row", open_shuffled, put_row, "", "\n",
     "\n"},
    {"spaced", "flat with blanks after , and : as Python writes them", open_spaced, put_row, "",
     "\n", "\n"},
    {"pretty", "flat as one array, indented", open_pretty, put_row, "[\n", ",\n", "\n]\n"},
    {0},
};
