/* Syslog carriers: RFC 5424, and RFC 3164 with the forms that real programs and devices write.
 * docs/formats/lines.md says what becomes of each part.
 */
#pragma once

#include "ingest/line.h"

/* Slots of struct line that the two share: five values for each priority. */
enum { SYSLOG_PRIORITIES = 192, SYSLOG_SLOTS = SYSLOG_PRIORITIES * 5 };

/* <PRI>1 TIME HOST APP PROCID MSGID SD MSG (RFC 5424 section 6); PRI may be missing. */
bool syslog_take_5424(const struct line_format *format, struct line *line);
/* [<PRI>] TIME [HOST] [TAG[PID]:] MSG (RFC 3164 section 4), TIME also ISO 8601. */
bool syslog_take_3164(const struct line_format *format, struct line *line);
/* See struct line_format. */
bool syslog_take_3164_like(struct line *line, const struct line_piece *seen, uint32_t count);
