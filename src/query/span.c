/* Spans of time in a zone. Those up to an hour have one length, also in the hour that clocks show
 * twice; longer ones begin at round times of the clock, and the one in which clocks change is
 * shorter or longer.
 */
#include "query/span.h"

#include "base/instant.h"
#include "query/when.h"

/* The start of the span that holds local time ns. */
static int64_t local_start(int64_t length_ns, int64_t local_ns) {
	enum { WEEK_SECONDS = 604800, FIRST_MONDAY_SECONDS = 345600 }; /* 1970-01-05 */
	int64_t first = length_ns % (WEEK_SECONDS * INSTANT_SECOND) == 0 ? FIRST_MONDAY_SECONDS : 0;
	int64_t since;
	if (__builtin_sub_overflow(local_ns, first * INSTANT_SECOND, &since)) {
		return INSTANT_MIN;
	}
	int64_t rest = since % length_ns;
	int64_t start;
	rest = rest < 0 ? rest + length_ns : rest;
	return __builtin_sub_overflow(local_ns, rest, &start) ? INSTANT_MIN : start;
}

static bool is_steady(const struct span *span) {
	return span->zone == NULL || span->length_ns <= 3600 * INSTANT_SECOND;
}

int64_t span_start(const struct span *span, int64_t ns) {
	int64_t local = when_to_local(span->zone, ns);
	int64_t start = local_start(span->length_ns, local);
	if (!is_steady(span)) {
		return when_from_local(span->zone, start);
	}
	int64_t bucket;
	return __builtin_sub_overflow(ns, local - start, &bucket) ? INSTANT_MIN : bucket;
}

int64_t span_behind(const struct span *span, int64_t start_ns) {
	int64_t local = when_to_local(span->zone, start_ns);
	int64_t next = is_steady(span) ? start_ns : local_start(span->length_ns, local);
	if (__builtin_add_overflow(next, span->length_ns, &next)) {
		return INSTANT_MAX;
	}
	next = is_steady(span) ? next : when_from_local(span->zone, next);
	return next > start_ns ? next : start_ns + 1; /* whatever a zone file says, time goes on */
}
