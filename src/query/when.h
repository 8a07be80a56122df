/* Times as people write them in queries and options: RFC 3339 whole or cut short, and relative
 * ones.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

struct zone;

struct when {
	int64_t ns;      /* the instant, or the start of the span */
	int64_t span_ns; /* what the text left open: a day for "2026-11-22", a minute for "...T10:05";
	                    0 for an exact instant */
};

/* Reads the whole text: "2026-11-22", "2026-11-22T10:00[:00[.5]][Z|+09:00]", "now", "today",
 * "yesterday", "-15m", "-7d", "+1h" (s, m, h, d, w; a day is 24 hours). Times without a zone and
 * days are the zone's (NULL: UTC), with the offset that it has then. ERR_INVALID with message and
 * hint. */
MUST_USE enum err when_parse(struct str text, int64_t now_ns, const struct zone *zone,
                             struct when *out_when, struct diag *diag);
/* What clocks show in the zone (NULL: UTC) at utc_ns, counted as if it were UTC, and back
 * (zone_offset_local says what of times that come twice or not at all). */
int64_t when_to_local(const struct zone *zone, int64_t utc_ns);
int64_t when_from_local(const struct zone *zone, int64_t local_ns);
/* A duration as "90s", "15m", "1h", "7d", "2w", "500ms"; a bare number is seconds. */
MUST_USE enum err when_parse_duration(struct str text, int64_t *out_ns, struct diag *diag);
