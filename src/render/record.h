/* Records as people and programs see them: JSON lines, text lines for a terminal, CSV, raw bytes.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "event/row.h"

struct render_style {
	bool colour;            /* ANSI colours */
	bool utf8;              /* the terminal shows UTF-8 */
	bool terminal;          /* what is written goes to a terminal: nothing may steer it */
	int columns;            /* width of the terminal; 0: do not cut */
	int32_t offset_seconds; /* display zone: offset used for every time (0 = UTC) */
	/* Offset for an instant, for zones with summer time; NULL: offset_seconds. */
	int32_t (*offset_at)(void *ctx, int64_t ns);
	void *offset_ctx;
};

/* Offset of the display zone at ns. */
int32_t render_offset(const struct render_style *style, int64_t ns);

/* One JSON object and a line feed: flat dotted ECS keys (docs/cli.md). Times in UTC unless style
 * says otherwise. */
void render_json(const struct row *row, const struct render_style *style, struct buf *out);
/* The body and a line feed after it, none after RECORD_NO_FINAL_LF or RECORD_CONTINUES; containers:
 * the text and a line feed. */
void render_raw(const struct row *row, struct buf *out);
/* One line for a person: time, host, what happened. Control characters are shown, never sent to the
 * terminal. Not cut: terminals wrap. */
void render_text(const struct row *row, const struct render_style *style, struct buf *out);
/* A CSV line (RFC 4180) of @timestamp, host.name, process.name, message or text, file.path,
 * akashi.record. */
void render_csv_header(struct buf *out);
void render_csv(const struct row *row, const struct render_style *style, struct buf *out);
/* One field by name, built-in ones too (@timestamp, event.original, akashi.*, file.path,
 * log.offset); made text may live in scratch. */
struct value render_field(const struct row *row, struct str name, const struct render_style *style,
                          struct buf *scratch);

/* Appends text safe for a terminal: control characters (also C1 and bidirectional overrides) as
 * \xNN or U+NNNN escapes, malformed UTF-8 as U+FFFD. */
void render_safe(struct buf *out, struct str text);
/* Columns that text takes on a terminal. */
size_t render_width(struct str text);
/* Appends text cut to width columns (with "…" when cut) and padded with blanks up to it. */
void render_fit(struct buf *out, struct str text, size_t width, bool right);
/* Appends a CSV field with quotation marks where needed: around commas, quotation marks and control
 * characters. The characters themselves go out as they are (RFC 4180 has no escapes), on a terminal
 * as render_safe shows them. */
void render_csv_field(struct buf *out, const struct render_style *style, struct str text);
