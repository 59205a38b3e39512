// SPDX-License-Identifier: Apache-2.0
// CloudWatch Logs: groups of streams of events. What the files of this service share.
//
// Groups and streams have numbers of their own, which events' keys begin with: a group that is
// deleted and made again under its name has nothing of the old one, whose events are removed by
// tasks in the background.
#ifndef LOGS_LOGS_H
#define LOGS_LOGS_H

#include "lake/lake.h"

#define LOGS_ERRORS(X)                                                                             \
    X(LOGS_NOT_FOUND, "ResourceNotFoundException", 400)                                            \
    X(LOGS_EXISTS, "ResourceAlreadyExistsException", 400)                                          \
    X(LOGS_INVALID, "InvalidParameterException", 400)
#define LOGS_ERROR_DECLARE(name, code, status) extern const struct error_code name;
LOGS_ERRORS(LOGS_ERROR_DECLARE)
#undef LOGS_ERROR_DECLARE

struct logs_group {
    struct str name;
    uint64_t id;
    int64_t oldest_ms; // what is older has expired
    struct json *row;
};
struct logs_stream {
    struct str name;
    uint64_t id;
    struct json *row;
};

// group.c. By "logGroupName", or "logGroupIdentifier" (a name or an ARN). LOGS_NOT_FOUND.
enum err logs_group_get(struct call *call, const struct json *in,
                        struct logs_group *out) MUST_CHECK;
// Of any region, made when absent: for output of functions.
enum err logs_group_ensure(struct call *call, struct str region, struct str name,
                           struct logs_group *out) MUST_CHECK;

// stream.c
struct key *logs_stream_key(struct key *key, uint64_t group_id, struct str name);
enum err logs_stream_lock(struct call *call, const struct logs_group *group, struct str name,
                          struct logs_stream *out) MUST_CHECK;
enum err logs_stream_ensure(struct call *call, const struct logs_group *group, struct str name,
                            struct logs_stream *out) MUST_CHECK;
struct json *logs_stream_shown(struct call *call, const struct logs_group *group,
                               const struct json *row);

// event.c. Events of one stream, in the call's transaction; the stream's row is brought up to date.
enum err logs_events_add(struct call *call, const struct logs_group *group,
                         struct logs_stream *stream, const struct json *events) MUST_CHECK;
// Later, and piece by piece: all events of what was deleted, a "group" or a "stream".
enum err logs_purge_later(struct call *call, const char *what, uint64_t id) MUST_CHECK;
// Some of the events before group->oldest_ms; *out_more when there are others.
enum err logs_events_expire(struct call *call, const struct logs_group *group,
                            bool *out_more) MUST_CHECK;

#define LOGS_HANDLERS(X)                                                                           \
    X(create_group)                                                                                \
    X(delete_group)                                                                                \
    X(describe_groups) X(put_retention) X(delete_retention) X(tag_group) X(untag_group)            \
        X(list_tags_group) X(tag_resource) X(untag_resource) X(list_tags_resource)                 \
            X(create_stream) X(delete_stream) X(describe_streams) X(put_events) X(get_events)      \
                X(filter_events) X(append_lines) X(purge) X(expire)
#define LOGS_HANDLER_DECLARE(name)                                                                 \
    enum err logs_##name(struct call *call, const struct json *in, struct json **out);
LOGS_HANDLERS(LOGS_HANDLER_DECLARE)
#undef LOGS_HANDLER_DECLARE

#endif
