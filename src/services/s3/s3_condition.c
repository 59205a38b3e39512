// SPDX-License-Identifier: Apache-2.0
// Conditional requests (RFC 9110 section 13; "Conditional requests" of the S3 User Guide).
//
// Instants are compared in whole seconds, as HTTP dates have no more. A date that cannot be read is
// ignored, as the RFC demands.
#include "services/s3/s3.h"

#include "base/timefmt.h"

struct str s3_etag_bare(struct str tag)
{
    tag = str_trim(tag);
    if (str_starts(tag, S("W/")))
        tag = str_from(tag, 2);
    if (tag.len >= 2 && tag.ptr[0] == '"' && tag.ptr[tag.len - 1] == '"')
        tag = str_slice(tag, 1, tag.len - 1);
    return tag;
}

bool s3_etag_listed(struct str list, struct str etag)
{
    if (str_is(str_trim(list), "*"))
        return true;
    for (struct str part, rest = list; str_cut(&rest, ',', &part);)
        if (str_eq(s3_etag_bare(part), etag))
            return true;
    return false;
}

// The instant that the input's member gives; false when there is none, or none that can be read.
static bool has_date(const struct json *in, const char *member, int64_t *out_ms)
{
    return json_str(in, member).len && time_from_json(json_get(in, member), out_ms);
}

static enum err fail_condition(struct call *call, const char *condition)
{
    call->error_members = json_object(call->arena);
    json_set_str(call->arena, call->error_members, "Condition", str_of(condition));
    FAIL(call, S3_PRECONDITION_FAILED,
         "At least one of the pre-conditions you specified did not hold");
}

struct condition_members {
    const char *match, *none_match, *modified, *unmodified;
};
static const struct condition_members READ_MEMBERS = {"IfMatch", "IfNoneMatch", "IfModifiedSince",
                                                      "IfUnmodifiedSince"};
static const struct condition_members COPY_MEMBERS = {"CopySourceIfMatch", "CopySourceIfNoneMatch",
                                                      "CopySourceIfModifiedSince",
                                                      "CopySourceIfUnmodifiedSince"};

// If-Match outweighs If-Unmodified-Since, and If-None-Match outweighs If-Modified-Since.
// *out_unchanged: the client has it already.
static enum err evaluate(struct call *call, const struct json *in, const struct s3_object *object,
                         const struct condition_members *members, bool *out_unchanged)
{
    struct str match = json_str(in, members->match), none = json_str(in, members->none_match);
    int64_t since_ms, second = object->modified_ms / 1000;
    *out_unchanged = false;
    if (match.len) {
        if (!s3_etag_listed(match, object->etag))
            return fail_condition(call, "If-Match");
    } else if (has_date(in, members->unmodified, &since_ms) && second > since_ms / 1000) {
        return fail_condition(call, "If-Unmodified-Since");
    }
    if (none.len)
        *out_unchanged = s3_etag_listed(none, object->etag);
    else if (has_date(in, members->modified, &since_ms))
        *out_unchanged = second <= since_ms / 1000;
    return OK;
}

enum err s3_condition_read(struct call *call, const struct json *in, const struct s3_object *object)
{
    bool unchanged;
    TRY(evaluate(call, in, object, &READ_MEMBERS, &unchanged));
    if (!unchanged)
        return OK;
    call_reply_header(call, "ETag", s3_etag_quoted(call->arena, object->etag));
    call_reply_header(call, "Last-Modified", time_http(call->arena, object->modified_ms));
    FAIL(call, S3_NOT_MODIFIED, "Not Modified");
}

enum err s3_condition_copy(struct call *call, const struct json *in, const struct s3_object *source)
{
    bool unchanged;
    TRY(evaluate(call, in, source, &COPY_MEMBERS, &unchanged));
    if (unchanged)
        return fail_condition(call, json_str(in, COPY_MEMBERS.none_match).len
                                        ? "x-amz-copy-source-If-None-Match"
                                        : "x-amz-copy-source-If-Modified-Since");
    return OK;
}

enum err s3_condition_write(struct call *call, const struct json *in, const struct s3_object *old)
{
    struct str match = json_str(in, "IfMatch"), none = json_str(in, "IfNoneMatch");
    if (none.len && !str_is(str_trim(none), "*"))
        FAIL(call, S3_NOT_IMPLEMENTED,
             "A header you provided implies functionality that is not implemented: If-None-Match "
             "takes only *");
    if (none.len && old)
        return fail_condition(call, "If-None-Match");
    if (match.len && !old)
        return s3_no_such_key(call, json_str(in, "Key"));
    if (match.len && !s3_etag_listed(match, old->etag))
        return fail_condition(call, "If-Match");
    return OK;
}
