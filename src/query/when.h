/* Times as people write them in queries and options: RFC 3339 whole or cut short, and relative
 * ones.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

struct when {
	int64_t ns;      /* the instant, or the start of the span */
	int64_t span_ns; /* what the text left open: a day for "2026-11-22", a minute for "...T10:05";
	                    0 for an exact instant */
};

/* Reads the whole text: "2026-11-22", "2026-11-22T10:00[:00[.5]][Z|+09:00]", "now", "today",
 * "yesterday", "-15m", "-7d", "+1h" (s, m, h, d, w). Times without a zone and days are in
 * offset_seconds. ERR_INVALID with message and hint. */
MUST_USE enum err when_parse(struct str text, int64_t now_ns, int32_t offset_seconds,
                             struct when *out_when, struct diag *diag);
/* A duration as "90s", "15m", "1h", "7d", "2w", "500ms"; a bare number is seconds. */
MUST_USE enum err when_parse_duration(struct str text, int64_t *out_ns, struct diag *diag);
