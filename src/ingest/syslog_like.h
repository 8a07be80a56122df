/* Lines of BSD syslog that are cut alike (codec/lines.h): which have the same fields at the same
 * places. Private to src/ingest.
 */
#pragma once

#include "ingest/syslog.h"

/* What was read of a line that has a time as RFC 3164 writes it, then host and tag, and no words of
 * other forms. Empty where there is none. */
struct syslog_plain {
	int priority; /* -1: none */
	struct str host, tag, pid, message;
	bool has_pid;
};
/* Notes the pieces that must be seen again in lines that are cut alike, if this one is of the
 * plainest form: "<13>Nov 22 10:00:00 host tag[42]: message", without priority or process id too.
 * line->pieces is not NULL. */
void syslog_note_plain(struct line *line, const struct syslog_plain *plain);
