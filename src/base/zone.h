// SPDX-License-Identifier: Apache-2.0
// Time zones: what the local time is at an instant, from the machine's time zone database.
//
// A zone is parsed from the bytes of a TZif file (RFC 9636, versions 1 to 4); whoever has the files
// reads them. Instants after the last transition follow the file's footer (a POSIX TZ string), so
// daylight saving goes on without end.
//
// Ownership: the zone lives in the arena it was given. NULL is UTC everywhere.
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include "base/str.h"

#define ZONE_BYTES_MAX ((size_t)1 << 20)

struct zone;
enum err zone_parse(struct arena *arena, struct str tzif, const struct zone **out_zone,
                    struct error *error) MUST_CHECK;
// Seconds to add to UTC at an instant.
int32_t zone_offset_s(const struct zone *zone, int64_t utc_ms);
// The instant of a local time, given as if it were UTC ("local milliseconds"). A local time that
// occurs twice gives the first; false for one that a change to daylight saving leaves out.
bool zone_to_utc(const struct zone *zone, int64_t local_ms, int64_t *out_utc_ms);
// Whether `name` can be a zone's name ("Europe/Berlin"): no absolute path, no "..", only the
// characters names have.
bool zone_name_valid(struct str name);

#endif
