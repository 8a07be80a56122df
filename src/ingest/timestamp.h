/* Times as logs write them, read at the start of a text: RFC 3164 and its kin, ISO 8601, the common
 * log format, counts since 1970, and layouts of one's own. What the text leaves out (zone, year,
 * date) comes from the source and is flagged.
 */
#pragma once

#include "base/instant.h"
#include "base/str.h"
#include "base/zone.h"

struct timestamp {
	int64_t ns;
	uint8_t flags; /* enum time_flag of event/batch.h: zone, year, date assumed */
};

/* What a source says about its times, and a memory of the last hour seen: logs repeat it. Owned by
 * one thread; zero-initialise, then timestamp_reader_set. */
struct timestamp_reader {
	const struct zone *zone; /* for times without one; borrowed */
	int32_t year;            /* for times without one; 0: inferred from reference_ns */
	int64_t reference_ns;    /* when the text was written at the latest */
	struct timestamp_hour {
		char key[16];
		uint8_t key_len;
		uint8_t flags;
		int64_t seconds; /* bsd: UTC; clf, iso: civil counted as if UTC */
	} bsd, clf, iso;
};

/* Forgets what was remembered if something differs. */
void timestamp_reader_set(struct timestamp_reader *reader, const struct zone *zone, int32_t year,
                          int64_t reference_ns);

/* Each returns how many bytes at the start of text are such a time, 0 when none is there (out is
 * untouched then). */

/* "Nov 22 10:00:00", also with one-digit day, with year before the date or before or after the time
 * ("2026 Nov 22 10:00:00", "Nov 22 2026 10:00:00", "Nov 22 10:00:00 2026"), fraction, zone (" JST",
 * " +0900", "+09:00"). A year that is missing is
 * the latest that puts the time at most a day behind the reference. */
size_t timestamp_bsd(struct timestamp_reader *reader, struct str text, struct timestamp *out);
/* RFC 3339 and ISO 8601 as instant_parse_iso reads it, with '/' in the date too, and with a zone
 * behind a blank (" UTC", " +0900"). */
size_t timestamp_iso(struct timestamp_reader *reader, struct str text, struct timestamp *out);
/* "22/Nov/2026:10:00:00 +0900"; the zone may be absent, and a blank stand for the first colon. */
size_t timestamp_clf(struct timestamp_reader *reader, struct str text, struct timestamp *out);
/* Seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by size, with or
 * without fraction. At least nine digits before the point, 1973 or later. */
size_t timestamp_epoch(struct str text, struct timestamp *out);
/* TAI64 and TAI64N of daemontools: "@4000000037c219bf2ef02e94". Leap seconds are not counted, as
 * daemontools does not. */
size_t timestamp_tai64n(struct str text, struct timestamp *out);
/* Any of the above but TAI64, and ctime's "Sun Nov 22 10:00:00 2026". */
size_t timestamp_any(struct timestamp_reader *reader, struct str text, struct timestamp *out);

/* A layout of YYYY YY MM DD D Mon Day hh h mm ss .f AM ZZ (docs/howto/format.md); other characters
 * stand for themselves, a blank for one or more. */
size_t timestamp_layout(struct timestamp_reader *reader, struct str layout, struct str text,
                        struct timestamp *out);
/* Whether a layout can be used: only known letters, hours and minutes there. out_bad: where not. */
bool timestamp_layout_valid(struct str layout, size_t *out_bad);
