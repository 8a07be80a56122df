/* A text format: patterns over the line, fields that are the same in every record, and the tests
 * that came with it. Made from YAML (docs/howto/format.md), either when the program is built or
 * when a user's folder is read.
 */
#pragma once

#include "ingest/pattern.h"

enum { TEXT_PATTERNS_MAX = 64, TEXT_CONSTANTS_MAX = 32, TEXT_TESTS_MAX = 256 };

struct text_constant {
	uint16_t field;
	uint8_t kind; /* enum value_kind: STRING or LIST */
	struct str value;
};

struct text_test {
	struct str line;
	struct str pattern;                   /* expected, or empty: any */
	struct str time;                      /* RFC 3339, or empty: not checked */
	bool refused;                         /* no pattern may take it */
	uint32_t line_number;                 /* in the YAML file */
	const struct text_constant *expected; /* kind NONE: the field must be absent */
	uint32_t expected_count;
};

struct text_format {
	struct str name;
	struct str title;
	const struct pattern_field *fields;
	uint32_t fields_count;
	const struct text_constant *constants;
	uint32_t constants_count;
	const struct pattern *patterns;
	uint32_t patterns_count;
	const struct text_test *tests; /* NULL for the formats built in */
	uint32_t tests_count;
};

/* Slots of struct line that a format needs: one for each field's name, one for each constant. */
static inline uint32_t text_format_slots(const struct text_format *format) {
	return format->fields_count + format->constants_count;
}

/* The take function of struct line_format. */
bool text_format_take(const struct line_format *format, struct line *line);

/* Compiles a YAML file. shown: its name in messages. Everything lives in arena. On failure diag
 * says file, line and column, and what to do. */
MUST_USE enum err text_format_read(struct arena *arena, struct str shown, struct str yaml,
                                   struct text_format *out_format, struct diag *diag);
/* Runs the format's tests: ERR_INVALID with the first one that fails in diag. */
MUST_USE enum err text_format_check(const struct text_format *format, struct str shown,
                                    struct diag *diag);
