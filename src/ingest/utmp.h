/* Who was logged in: entries of utmp, wtmp and btmp (384 bytes, utmp(5) of Linux on x86-64), and of
 * lastlog (292 bytes for each user id). An entry is the body of a record; its text is a line like
 * those of last(1). Private to src/ingest.
 */
#pragma once

#include "ingest/line.h"

enum { UTMP_SIZE = 384, LASTLOG_SIZE = 292 };

/* Whether a file that begins with these bytes has such entries: all that are whole in it must be
 * sound, and one not empty. */
bool utmp_recognise(struct str head);
bool lastlog_recognise(struct str head);
/* A lastlog whose beginning is empty is known by its last entry, which never is: whether that is
 * sound. size: of the file. */
bool lastlog_recognise_end(struct str head, struct str last, uint64_t size);

/* The rows of the table of formats. They take bodies of containers of their format alone. */
bool utmp_take(const struct line_format *format, struct line *line);
bool lastlog_take(const struct line_format *format, struct line *line);
