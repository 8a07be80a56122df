/* Windows events as XML, as Event Viewer, wevtutil and Get-WinEvent export them and agents send
 * them: one <Event> in a line, or documents of many. Read by a scanner of our own, since fields are
 * places in the text: no entity is ever expanded, nothing is allocated for what is inside, depth is
 * bounded by LIMIT_XML_DEPTH. Fields are those of evtx_fields.h. Private to src/ingest.
 */
#pragma once

#include "ingest/line.h"
#include "ingest/units.h"

/* Whether a file that begins so (as UTF-8) is a document of events that is not made of lines of one
 * event each. */
bool event_xml_recognise(struct str head);

/* From *at on: the next event as it stands. out_gap: what stands before it, out_whole: it has an
 * end. False: there is none; out_gap is the rest. */
bool event_xml_next(struct str bytes, enum units units, size_t *at, struct str *out_gap,
                    struct str *out_event, bool *out_whole);
/* Whether what stands between events (as UTF-8) tells nothing: blanks, declarations, comments, the
 * tags of the element around. */
bool event_xml_is_frame(struct str gap);

/* The row of the table of formats. */
bool event_xml_take(const struct line_format *format, struct line *line);
