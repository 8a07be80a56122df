/* Private to src/query: cutting time into spans, as timechart and bin do. */
#pragma once

#include <stdint.h>

struct zone;

struct span {
	int64_t length_ns;       /* above 0 */
	const struct zone *zone; /* that spans are cut in; NULL: UTC */
};

/* The start of the span that holds ns; weeks begin on Monday. INSTANT_MIN for the very first. */
int64_t span_start(const struct span *span, int64_t ns);
/* The start of the span behind the one that begins at start_ns; later than it, or INSTANT_MAX. */
int64_t span_behind(const struct span *span, int64_t start_ns);
