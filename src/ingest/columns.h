/* Columns that a header names (header.h): Zeek's logs, logs in the extended format of the W3C (IIS,
 * proxies, the firewall of Windows, Exchange, CloudFront), and CSV. A line is cut at its
 * separators; each value is put under the name of its column, and under the ECS fields that
 * columns_rules.h knows for it. Private to src/ingest.
 */
#pragma once

#include "ingest/columns_rules.h"
#include "ingest/line.h"

enum { COLUMNS_MAX = LIMIT_FIELDS_PER_RECORD, COLUMN_TARGETS_MAX = 4, COLUMN_CONSTANTS_MAX = 4 };

/* What the values of a column are, by #types. */
enum column_type { COLUMN_STRING, COLUMN_NUMERIC, COLUMN_BOOL, COLUMN_ANY };

struct column {
	struct str name;
	uint32_t field;    /* of its own name; UINT32_MAX: it has none */
	uint8_t type;      /* enum column_type, of elements too */
	bool is_list;      /* a set or vector */
	bool lost;         /* it should have one: there are too many names */
	bool is_time;      /* of CSV: see column_times */
	uint8_t time_rank; /* the smaller the better */
	uint8_t targets_count;
	struct column_target {
		uint32_t field; /* UINT32_MAX: how knows */
		uint8_t how;    /* enum column_how */
	} targets[COLUMN_TARGETS_MAX];
};

/* What the lines of one source say of those that follow. Zero-initialise; one thread owns it. */
struct columns {
	struct header header;
	bool is_csv; /* the source is CSV: its first line is a header */
	bool first;  /* the line that comes now is to be the names of CSV */

	uint32_t made; /* header.changes for which what follows holds, or 0 */
	enum header_kind kind;
	struct buf text; /* the header's lines: names and separators point into it */
	struct column *list;
	uint32_t count, cap;
	struct str *values; /* of the line that is read, count of them */
	struct buf scratch;
	char separator, set_separator;
	struct str empty, unset;             /* values that are none */
	struct str log;                      /* struct column_rule.log */
	struct str date;                     /* of #Date */
	bool has_late;                       /* a column has COLUMN_IP_ELSE */
	bool local;                          /* times are of the source's zone, not UTC */
	uint32_t date_at, clock_at, when_at; /* columns, or UINT32_MAX */
	uint32_t path_field, outcome_field;  /* numbers of names */
	struct column_constant {
		uint32_t field, offset, len; /* of the bytes that the batch shares */
		uint8_t kind;
	} constants[COLUMN_CONSTANTS_MAX];
	uint32_t constants_count;
};

void columns_deinit(struct columns *columns);
/* For a source of a batch: format is that of struct batch_source, behind whose name the lines of
 * the header stand that came before. What was made for another batch is forgotten. */
void columns_begin(struct columns *columns, struct str format);
/* Before each line: its number in the source, from 1. */
static inline void columns_at(struct columns *columns, uint64_t number) {
	columns->first = columns->is_csv && number <= 2 && columns->header.lines.len == 0;
}
/* The name in it. */
struct str columns_format_name(struct str format);
/* Makes it: the name alone, or with a line feed and the lines behind it. */
void columns_format_join(struct buf *out, struct str name, const struct header *header);

/* The rows of the table of formats. They take lines of headers too. */
bool columns_take_zeek(const struct line_format *format, struct line *line);
bool columns_take_w3c(const struct line_format *format, struct line *line);
bool columns_take_csv(const struct line_format *format, struct line *line);
