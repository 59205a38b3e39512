// SPDX-License-Identifier: Apache-2.0
// Messages: rows of the store, their digests, their receipt handles.
//
// A message is two rows: the message itself, written once, and its state, written at each receive
// and each change of visibility; a message that was never received has no state.
//
// On disk: KEYSPACE_SQS_MESSAGE (queue id, sequence) -> version u8, first visible u64le, length of
// meta u32le, meta (JSON), body. KEYSPACE_SQS_MESSAGE_STATE (queue id, sequence) -> version u8,
// visible u64le, first received u64le, receives u32le.
#ifndef SQS_MESSAGE_H
#define SQS_MESSAGE_H

#include "lake/call.h"

struct message {
    uint64_t sequence;
    int64_t first_visible_ms; // sent plus delay
    struct json *meta;        // {"id", "sent", "md5", "sender", "attributes"?, "attributes_md5"?,
                              // "trace"?, "source"? (DLQ)}
    struct str body;
};
struct message_state {
    int64_t visible_ms;
    int64_t first_received_ms;
    uint32_t receives;
};

struct key *message_queue_key(struct key *key, uint64_t queue_id); // prefix of a queue's messages
struct key *message_key(struct key *key, uint64_t queue_id, uint64_t sequence);

// ERR_NOT_FOUND when it is gone. ERR_CORRUPT.
enum err message_get(struct tx *tx, struct arena *arena, uint64_t queue_id, uint64_t sequence,
                     struct message *out) MUST_CHECK;
enum err message_put(struct tx *tx, struct arena *arena, uint64_t queue_id,
                     const struct message *message) MUST_CHECK;
enum err message_delete(struct tx *tx, uint64_t queue_id,
                        uint64_t sequence) MUST_CHECK; // state too
int64_t message_first_visible_ms(struct str row); // from the row's bytes, without reading the rest
int64_t message_sent_ms(const struct message *message);

// ERR_NOT_FOUND when it was never received. Locking takes the state's lock even then: it is the
// message's lock.
enum err message_state_get(struct tx *tx, struct arena *arena, uint64_t queue_id, uint64_t sequence,
                           struct message_state *out) MUST_CHECK;
enum err message_state_lock(struct tx *tx, struct arena *arena, uint64_t queue_id,
                            uint64_t sequence, struct message_state *out) MUST_CHECK;
enum err message_state_put(struct tx *tx, struct arena *arena, uint64_t queue_id, uint64_t sequence,
                           const struct message_state *state) MUST_CHECK;

// A receipt handle names one receive of one message.
struct receipt {
    uint64_t queue_id, sequence;
    uint32_t receives;
};
struct str receipt_text(struct arena *arena, const struct receipt *receipt);
bool receipt_parse(struct arena *arena, struct str text, struct receipt *out);

// MD5 over attributes as SQS documents it ("Calculating the MD5 message digest for message
// attributes"); STR_NONE when there are none.
struct str message_attributes_md5(struct arena *arena, const struct json *attributes);
// Bytes that attributes add to a message's size: names, types and values.
size_t message_attributes_bytes(struct arena *arena, const struct json *attributes);
// The XML 1.0 characters that SQS accepts in bodies and string values.
bool message_text_allowed(struct str text);

#endif
