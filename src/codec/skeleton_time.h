/* The forms of dates with a time of day that lines have, each with exactly one text for each
 * number: seconds since 1970 of what the text says, read as UTC. A table of patterns; the numbers
 * of the forms are part of the file format (SLOT_TIME + form in codec/skeleton.h), so new ones go
 * to the end.
 */
#pragma once

#include "base/buf.h"
#include "base/str.h"

enum time_form {
	TIME_ISO,           /* 2026-11-14T01:02:03 */
	TIME_ISO_BLANK,     /* 2026-11-14 01:02:03 */
	TIME_ISO_LINE,      /* 2026-11-14_01:02:03 */
	TIME_DOTTED,        /* 2026-11-14-01.02.03 */
	TIME_SLASHED,       /* 2026/11/14 01:02:03 */
	TIME_BSD,           /* Nov 14 01:02:03, Nov  4 01:02:03 */
	TIME_BSD_SHORT,     /* Nov 4 01:02:03: days 1 to 9 only */
	TIME_CTIME,         /* Sat Nov 14 01:02:03 2026, Wed Nov  4 01:02:03 2026 */
	TIME_CTIME_ZERO,    /* Wed Nov 04 01:02:03 2026: days 1 to 9 only */
	TIME_WEB,           /* 14/Nov/2026:01:02:03 */
	TIME_MAIL,          /* Sat, 14 Nov 2026 01:02:03 */
	TIME_SHORT_YEAR,    /* 26/11/14 01:02:03: 2000 to 2099 */
	TIME_PACKED_YEAR,   /* 261114 010203: 2000 to 2099 */
	TIME_PACKED_MINUS,  /* 20261114-01:02:03 */
	TIME_PACKED_ISO,    /* 20261114T010203 */
	TIME_MONTH_DAY,     /* 11-14 01:02:03 */
	TIME_MONTH_DAY_DOT, /* 11.14 01:02:03 */
	TIME_FORMS,
};

enum { TIME_TEXT_MAX = 32 };

/* Whether the form says the year; else its numbers lie in the year 2000. */
bool time_form_has_year(enum time_form form);
/* Reads a time of this form at the start of text. False when none stands there, or one that does
 * not exist (Feb 30, 24:00:00, second 60, the wrong weekday, before 1970). */
bool time_form_read(enum time_form form, struct str text, uint64_t *out_seconds, size_t *out_len);
/* Writes the text of seconds to out (at least TIME_TEXT_MAX bytes) and returns its length. Any
 * number prints; only those that time_form_read gives come back. */
size_t time_form_print(enum time_form form, uint64_t seconds, char *out);

/* The length of the texts of the form. */
size_t time_form_len(enum time_form form);
/* The text that time_form_print_more wrote last; {0}: none. It must still be there. */
struct time_printed {
	const char *text;
	uint64_t day; /* since 1970 */
};
/* As time_form_print, many times one after another with the same form: of times of the same day
 * only the clock is printed anew. */
void time_form_print_more(struct time_printed *last, enum time_form form, uint64_t seconds,
                          char *out);

/* A time that has been found in a text. */
struct time_found {
	enum time_form form;
	size_t start;
	size_t len;
	uint64_t seconds;
};
/* Looks for a time of any form whose first number starts at at (letters of month and weekday may
 * stand before it, down to least). A digit may stand neither before nor behind it. */
bool time_find(struct str text, size_t least, size_t at, struct time_found *out_found);
