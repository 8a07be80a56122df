/* Journal Export Format (systemd.io/JOURNAL_EXPORT_FORMATS): one entry as text, which is the body
 * of a record from the journal, and its fields in ECS. The body ends with the LF of its last field,
 * so that bodies joined by line feeds are again a valid export.
 */
#pragma once

#include "ingest/line.h"

/* Appends one field; data is "NAME=value" as the journal gives it. A value that is not plain text
 * is written with its length. Data without '=' is left out: false. */
bool journal_export_append(struct buf *out, struct str data);
/* Reads the field at *at and moves behind it; false at the end, or where the entry is damaged (then
 * *at stays before body.len). */
bool journal_export_next(struct str body, size_t *at, struct str *out_name, struct str *out_value);
/* The journal's row in the table of formats: takes bodies made as above, and no lines of text. The
 * row's text becomes "host ident[pid]: message". */
bool journal_take_entry(const struct line_format *format, struct line *line);
