// SPDX-License-Identifier: Apache-2.0
// Services and operations, as tables.
//
// A service is a row that names its protocols and a table of operations; an operation is a row that names its handler.
// Those rows drive routing, decoding, validation, authorisation, metrics and `tarn api`.
// To add an operation: a row, its input's shape, a handler, a test - all in the service's own folder.
//
// A handler takes the checked input and gives the reply, both JSON, inside the transaction call->tx:
//
//     enum err sqs_send_message(struct call *call, const struct json *in, struct json **out);
//
// Kinds:
//   OP_READ     a read-only transaction on one snapshot
//   OP_WRITE    a transaction that commits when the handler returns OK; may be run again on a conflict, so it must
//               depend on its input and the store only
//   OP_JOB      no transaction: the handler blocks on foreign work (a function, a worker process) on a thread of its own
//               and uses call_transact / call_operation for the steps that must be in one. As a task, it finishes by
//               call_finish_task within the transaction that adopts its result.
#ifndef LAKE_SERVICE_H
#define LAKE_SERVICE_H

#include "lake/shape.h"

struct call;
struct lake;
typedef enum err op_handler(struct call *call, const struct json *in, struct json **out);

enum op_kind { OP_READ, OP_WRITE, OP_JOB };
enum op_flags {
    OP_INTERNAL = 1,    // tasks and other services only, never from the wire
    OP_STREAM_IN = 2,   // the request body is streamed to a blob before the handler runs: call->body
    OP_ANONYMOUS = 4,   // allowed without a signature
};
struct op {
    const char *name;
    op_handler *handler;
    enum op_kind kind;
    const struct shape *input;  // NULL: no members
    const struct shape *output; // needed by the XML protocols only; NULL: the reply as it is
    const char *http;           // REST services: "PUT /{Bucket}/{Key+}?uploads&list-type=2" (query parts must be present;
                                // "?x=" any value, "?list-type=2" that value; "#x-amz-copy-source" at the end: that
                                // header must be present; the row with most parts wins)
    unsigned flags;
    int status;             // HTTP status of success; 0: 200
    const char *action;     // IAM action, NULL: "<service>:<name>"
    const char *wrapper;    // Query: result element, NULL: "<name>Result"; REST-XML: root element of the reply
    const char *summary;    // one line for people
};

// An error as a client sees it.
struct error_code {
    const char *code;   // "QueueDoesNotExist"
    int status;         // HTTP
    const char *query_code; // the Query protocol's name where it differs ("AWS.SimpleQueueService.NonExistentQueue"), or NULL
};

enum protocol {
    PROTOCOL_REST_XML = 1,
    PROTOCOL_REST_JSON = 2,
    PROTOCOL_JSON_1_0 = 4,
    PROTOCOL_JSON_1_1 = 8,
    PROTOCOL_QUERY = 16,
};
struct service {
    const char *name;          // as in IAM actions and inside calls: "sqs", "states", "events"
    const char *title;         // "Amazon SQS"
    const char *signing_name;  // credential scope's service
    const char *target_prefix; // X-Amz-Target's, "AmazonSQS", or NULL
    const char *api_version;   // Query's Version and namespace; Lambda's path prefix
    const char *xml_namespace; // of XML replies, or NULL
    unsigned protocols;        // enum protocol, or'ed
    const char *error_namespace;      // JSON errors "__type" prefix ("com.amazonaws.sqs"), or NULL
    const struct op *ops;             // ended by a row without a name
    const char *const *known;         // operations that AWS documents and Tarn does not have, NULL-terminated: for the error.
                                      // REST services add the route, so that it is found by it and never taken for a
                                      // plainer one: "GetBucketWebsite GET /{Bucket}?website"
    const struct error_code *validation_error; // code for shape violations; NULL: "ValidationException" 400
    // Module state: made at start, given back by call_state(). `cancel` interrupts foreign work when the server ends
    // (functions, polls), while calls still run; `stop` frees the state when none does. All may be NULL.
    enum err (*start)(struct lake *lake, void **out_state, struct error *error);
    void (*cancel)(void *state);
    void (*stop)(void *state);
    // When the lake is served and tasks run (lake_begin): begins work of its own (pollers). May be NULL.
    void (*ready)(void *state);
};

// All services: services/services.c lists them. NULL-terminated.
extern const struct service *const SERVICES[];

const struct op *service_op(const struct service *service, struct str name); // NULL when it has none

#endif
