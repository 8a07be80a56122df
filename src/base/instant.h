/* Points in time: int64 nanoseconds since 1970-01-01T00:00:00Z, no leap seconds (a second 60 reads
 * as 59.999999999). Text after RFC 3339. Zones are base/zone.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

#define INSTANT_SECOND ((int64_t)1000000000)
#define INSTANT_MIN INT64_MIN
#define INSTANT_MAX INT64_MAX

/* Civil time, proleptic Gregorian. */
struct civil {
	int32_t year;
	int32_t month; /* 1..12 */
	int32_t day;   /* 1..31 */
	int32_t hour;
	int32_t minute;
	int32_t second; /* 0..60 */
	int32_t nanosecond;
};

/* False when a part is out of range or the instant does not fit (it must lie more than a second
 * inside 1677-09-21T00:12:43Z..2262-04-11T23:47:16Z). */
bool instant_from_civil(const struct civil *civil, int32_t offset_seconds, int64_t *out_ns);
void instant_to_civil(int64_t ns, int32_t offset_seconds, struct civil *out_civil);
/* Monday = 1 ... Sunday = 7. */
int32_t civil_weekday(const struct civil *civil);

/* Appends RFC 3339: as many digits of the second as are not zero, in groups of three (none, 3, 6,
 * 9); "Z" for offset 0. */
void instant_format(struct buf *out, int64_t ns, int32_t offset_seconds);

/* Reads an RFC 3339 / ISO 8601 time at the start of text: 'T', 't', ' ' or '_' between date and
 * time, '.' or ',' before the fraction, zone optional ("Z", "+09:00", "+0900", "+09").
 * out_used: bytes read. out_has_zone: false when no zone stood there (then read as UTC). */
bool instant_parse_iso(struct str text, int64_t *out_ns, bool *out_has_zone, size_t *out_used);
