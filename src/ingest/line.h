/* One line on its way into fields, and what a format of lines is. Formats ask and put through this;
 * with no batch behind it they only say whether they would take the line.
 */
#pragma once

#include "base/arena.h"
#include "event/batch.h"
#include "ingest/timestamp.h"

struct columns;
struct evtx_fields;
struct line_format;

/* What formats remember within one batch: numbers of names, places of shared bytes. */
struct line_slot {
	uint32_t value; /* 0: not known yet, else what was kept + 1 */
	uint32_t len;
};

/* What a format that took a line says of other lines that are cut alike (codec/lines.h): whether
 * they have the same fields at the same places of the text, and which pieces of it it must see of
 * them to be sure. */
enum line_must {
	LINE_SEEN,    /* the format looks at it again */
	LINE_LITERAL, /* the same in all of them, or else they are not alike */
	LINE_INT,     /* one SLOT_INT, or else they are not alike */
};
enum { LINE_PIECES_MAX = 8 };
struct line_pieces {
	bool sure;
	/* Not 0: the pieces lie before it, and what follows it in the text is one last field, whatever
	 * it is. */
	size_t head;
	uint32_t count;
	struct line_piece {
		struct str text; /* inside the line's */
		uint32_t about;  /* for the format */
		enum line_must must;
	} list[LINE_PIECES_MAX];
};

struct line {
	struct str text;     /* valid UTF-8; stays where it is while the row is filled */
	struct batch *batch; /* the current row's; NULL: recognise only */
	struct timestamp_reader *time;
	struct line_slot *slots;    /* of this parser and batch, numbered by formats_new */
	struct buf *scratch;        /* for values that must be put together */
	struct arena *values;       /* the same, kept until the record is done; NULL without batch */
	struct line_pieces *pieces; /* NULL: not asked for */
	struct evtx_fields **evtx;  /* the parser's, made when the first event comes as XML */
	struct columns *columns;    /* what lines before said of this one's; NULL: nothing */
	/* Bytes with which messages begin that formats of all programs may take; NULL: there are none.
	 */
	const uint64_t *message_first;
	/* Why the format did not take it: static text and the byte where it stopped. */
	const char *why;
	const char *wanted; /* what a pattern would have wanted there, or NULL */
	size_t why_at;
};

/* A row of the table of formats. */
struct line_format {
	struct str name;
	struct str help;
	/* Puts fields and time and returns true, or sets why and returns false (what it has put so far
	 * is then forgotten by the caller). */
	bool (*take)(const struct line_format *format, struct line *line);
	/* Whether a line has the fields of one that the format was sure of, which is cut alike: sets
	 * its time then. seen: its pieces of LINE_SEEN. NULL in formats that are never sure. */
	bool (*take_like)(struct line *line, const struct line_piece *seen, uint32_t count);
	const struct text_format *text; /* of formats from YAML */
	uint32_t slots;                 /* the first of its slots of struct line */
};

/* Refuses: `return line_refuse(line, at, "why")`. */
bool line_refuse(struct line *line, size_t at, const char *why);

/* One more piece; above LINE_PIECES_MAX nothing is sure. */
static inline void line_piece(struct line *line, struct str text, uint32_t about,
                              enum line_must must) {
	struct line_pieces *pieces = line->pieces;
	if (pieces != NULL && pieces->count < LINE_PIECES_MAX) {
		pieces->list[pieces->count] = (struct line_piece){text, about, must};
	}
	if (pieces != NULL) {
		pieces->count++;
	}
}

static inline void line_time(struct line *line, struct timestamp time) {
	if (line->batch != NULL) {
		fields_set_time(line->batch, time.ns, time.flags);
	}
}
/* slice lies inside the line's text, which is the row's text or a copy of it. */
static inline void line_put_kind(struct line *line, uint32_t name, enum value_kind kind,
                                 struct str slice) {
	if (line->batch != NULL) {
		ASSERT(slice.len == 0 || (slice.ptr >= line->text.ptr &&
		                          slice.ptr + slice.len <= line->text.ptr + line->text.len));
		uint32_t offset = slice.len == 0 ? 0 : (uint32_t)(slice.ptr - line->text.ptr);
		fields_put_span(line->batch, name, kind, offset, (uint32_t)slice.len);
	}
}
static inline void line_put(struct line *line, uint32_t name, struct str slice) {
	line_put_kind(line, name, VALUE_STRING, slice);
}
/* host.hostname and host.name. */
void line_put_host(struct line *line, struct str slice);
/* A number when it is all digits as JSON writes them, else nothing. */
bool line_put_digits(struct line *line, uint32_t name, struct str slice);
/* A value that is the same in many lines; its bytes are kept once per batch under slot. */
void line_put_constant(struct line *line, uint32_t slot, uint32_t name, enum value_kind kind,
                       struct str text);
/* The number of a name that the table of fields may not know, remembered under slot. */
uint32_t line_name(struct line *line, uint32_t slot, struct str name);
