// SPDX-License-Identifier: Apache-2.0
// Errors: the world's failures, as values that must be looked at.
//
// Three kinds of failure have three answers. A bug of ours is an `assert`, which stays on. Memory is never
// refused to us: small bounded allocations abort. Everything else - a client, a disk, a limit - is an
// `enum err` that a function returns and its caller must check.
//
// The kind says what class of thing went wrong; the words go into a `struct error` that the caller lends, so
// that no message lives in a global. A service's own error codes (`QueueDoesNotExist`, HTTP 400, ...) are rows
// of a table beside the service; lake/call.h carries them, and the kind is then ERR_CODED.
//
// Two macros steer control flow in the whole project: TRY here, and FAIL in lake/call.h.
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>
#include <stddef.h>

enum err {
    OK = 0,
    ERR_SYNTAX,      // the bytes are not what the format demands; `offset` says where
    ERR_LIMIT,       // a named limit was exceeded
    ERR_NOT_FOUND,   // what was asked for is not there
    ERR_EXISTS,      // what was to be made is there already
    ERR_CONFLICT,    // a lock or version conflict: the same thing may succeed when tried again
    ERR_DENIED,      // not allowed
    ERR_UNSUPPORTED, // documented by somebody, not done by us: the text names it
    ERR_INVALID,     // well-formed, but not acceptable
    ERR_CORRUPT,     // stored bytes fail their checksum or their structure
    ERR_IO,          // the operating system refused; the text carries errno's
    ERR_TIMEOUT,     // a deadline passed
    ERR_CANCELLED,   // somebody asked us to stop
    ERR_CODED,       // a service's own coded error: see struct call
    ERR_PARKED,      // not an error: the call waits (lake/call.h)
};

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_index, args_index) __attribute__((format(printf, format_index, args_index)))

// Returns from the calling function when `expr` did not return OK.
#define TRY(expr)                                                                                  \
    do {                                                                                           \
        enum err try_err_ = (expr);                                                                \
        if (try_err_ != OK)                                                                        \
            return try_err_;                                                                       \
    } while (0)

#define ERROR_TEXT_MAX 1024

// What went wrong, in words. Lent by the caller; zero-initialise it.
struct error {
    enum err kind;
    size_t offset;             // byte offset for ERR_SYNTAX and ERR_CORRUPT, else 0
    char text[ERROR_TEXT_MAX]; // terminated; cut at a character boundary when too long
};

// Records kind and text, and returns `kind`, so that a failure is one line:
//     return error_set(error, ERR_LIMIT, "a message holds at most %d bytes", MAX);
// `error` may be NULL: then only the kind survives.
enum err error_set(struct error *error, enum err kind, const char *format, ...) PRINTF_LIKE(3, 4);
enum err error_set_at(struct error *error, enum err kind, size_t offset, const char *format, ...)
    PRINTF_LIKE(4, 5);
enum err error_setv(struct error *error, enum err kind, size_t offset, const char *format, va_list args);

// "syntax", "limit", ...: for logs.
const char *err_name(enum err kind);

#endif
