// SPDX-License-Identifier: Apache-2.0
// The command line's client: signed calls of the public API over HTTP, nothing else.
//
// Where the lake is and who asks come from options and the environment:
//     endpoint     --endpoint, TARN_ENDPOINT, AWS_ENDPOINT_URL, http://127.0.0.1:4566
//     credentials  AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), else the file DIR/credentials of
//                  --data, TARN_DATA or ./tarn-data, which `tarn serve` made
//     region       TARN_REGION, AWS_REGION, us-east-1
//
// Errors: ERR_CODED when the service refused (code and message), ERR_IO when it was not reached. client_explain says
// either on standard error, with what to do.
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include "base/json.h"
#include "base/xml.h"
#include "cli/cli.h"

struct client_options {
    const char *endpoint, *data, *region;
};
// Rows for a command's option table: CLIENT_OPTION_ROWS(&options).
#define CLIENT_OPTION_ROWS(options)                                                                                   \
    {"--endpoint", "TARN_ENDPOINT", OPTION_TEXT, &(options)->endpoint},                                               \
        {"--data", "TARN_DATA", OPTION_TEXT, &(options)->data},                                                       \
        {"--region", "TARN_REGION", OPTION_TEXT, &(options)->region}
#define CLIENT_OPTION_HELP                                                                                            \
    "  --endpoint URL   the lake's address (TARN_ENDPOINT, AWS_ENDPOINT_URL; default http://127.0.0.1:4566)\n"        \
    "  --data DIR       its data directory, for the credentials there (TARN_DATA; default ./tarn-data)\n"             \
    "  --region NAME    region (TARN_REGION, AWS_REGION; default us-east-1)\n"

struct client {
    struct arena *arena;
    struct str endpoint, host; // "http://127.0.0.1:4566", "127.0.0.1:4566"
    struct str access_key, secret_key, token, region;
    void *curl;
    // of the last failed call
    struct str code;
    struct error error;
};
enum err client_open(struct arena *arena, const struct client_options *options, struct client *out) MUST_CHECK;
void client_close(struct client *client);
int client_explain(const struct client *client); // returns CLI_FAILED

// An operation of a JSON service: client_json(c, "athena", "AmazonAthena.StartQueryExecution", input, &reply).
enum err client_json(struct client *client, const char *service, const char *target, const struct json *input,
                     struct json **out_reply) MUST_CHECK;
// An operation of a Query service: `form` is an object of strings, without Action and Version.
enum err client_query(struct client *client, const char *service, const char *version, const char *action,
                      const struct json *form, struct xml **out_reply) MUST_CHECK;
// REST with a JSON body (Lambda): "GET", "/2015-03-31/functions/NAME".
enum err client_rest(struct client *client, const char *service, const char *method, struct str path_and_query,
                     struct str body, struct str *out_body) MUST_CHECK;
// S3. Uploads a file, telling progress(context, bytes so far, bytes in all) on the way.
typedef void client_progress(void *context, uint64_t done, uint64_t total);
enum err client_put_file(struct client *client, struct str bucket, struct str key, const char *path,
                         client_progress *progress, void *context) MUST_CHECK;
enum err client_s3(struct client *client, const char *method, struct str bucket, struct str key, struct str query,
                   struct str body, struct str *out_body) MUST_CHECK; // body and reply in memory

#endif
