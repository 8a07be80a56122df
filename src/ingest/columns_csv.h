/* CSV as it is recognised and cut into records: "..." may hold separators and line feeds. Private
 * to src/ingest.
 */
#pragma once

#include "ingest/units.h"

struct csv_look {
	char separator;
	bool multiline; /* a record goes over more than one line */
};

/* Whether the first bytes of a source (as UTF-8) are surely CSV with a line of names: the next
 * records have as many values, or all one more, and in some column numbers, times or addresses
 * stand below a word. out_look is filled also when they are not: as if they were. */
bool csv_look_at(struct str head, struct csv_look *out_look);
/* What separates names: the one of the usual signs that makes most of them. */
char csv_separator(struct str names);

struct csv_cut {
	enum units units;
	char separator;
	size_t at;
	bool plain; /* quotation marks mean nothing any more: one was not closed */
};
/* The next record, without its LF. out_open: a mark in it is not closed (within
 * LIMIT_LINE_SIZE); then it is cut at its first LF, and all behind it as lines. False at the end.
 */
bool csv_next(struct str bytes, struct csv_cut *cut, struct str *out_record, bool *out_open);
