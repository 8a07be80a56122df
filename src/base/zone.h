/* Time zones: compiled zone files (TZif, RFC 8536) from bytes, and fixed offsets. Pure: who loads
 * the files is ingest/zones.h. A zone is immutable after it is made and may be shared by threads.
 */
#pragma once

#include "base/err.h"
#include "base/instant.h"
#include "base/str.h"

struct zone;

/* A zone that is always offset_seconds east of UTC (0: UTC). */
struct zone *zone_fixed(int32_t offset_seconds);
/* Reads a TZif file, versions 1 to 4, with the rule for later times in its footer (RFC 8536
 * section 3.3, POSIX TZ). ERR_INVALID when it is not one. Leap seconds are ignored (POSIX time). */
MUST_USE enum err zone_from_tzif(struct str bytes, struct zone **out_zone);
/* Reads a POSIX TZ string ("EST5EDT,M3.2.0,M11.1.0"), as the footer holds it. */
MUST_USE enum err zone_from_posix(struct str text, struct zone **out_zone);
void zone_free(struct zone *zone); /* NULL is fine */
void zone_freep(struct zone **zone);

/* Seconds east of UTC at an instant, given in seconds since 1970 UTC. */
int32_t zone_offset_at(const struct zone *zone, int64_t utc_seconds);
/* Seconds east of UTC when clocks there show local_seconds (civil time counted as if it were UTC).
 * A time that comes twice is its first; one that is left out is read with the offset before. */
int32_t zone_offset_local(const struct zone *zone, int64_t local_seconds);
/* The offset that this zone calls by an abbreviation ("JST", "CST"). False when it has none. */
bool zone_abbreviation(const struct zone *zone, struct str name, int32_t *out_offset);

/* Names that need no file: "", "UTC", "GMT", "Z", "+09:00", "-0330", "+9", "UTC+9", "GMT-3". */
bool zone_parse_fixed(struct str name, int32_t *out_offset);
/* Well-known abbreviations of log lines ("EST", "JST", "CEST"). out_ambiguous: more than one
 * region uses it and the offset is the more common reading. */
bool zone_known_abbreviation(struct str name, int32_t *out_offset, bool *out_ambiguous);
