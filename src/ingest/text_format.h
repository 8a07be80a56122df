/* A text format: patterns over a text, what becomes of the values in it, fields that are the same
 * in every record, and the tests that came with it. Made from YAML (docs/howto/format.md), either
 * when the program is built or when a user's folder is read.
 */
#pragma once

#include "ingest/pattern.h"

enum {
	TEXT_PATTERNS_MAX = 256,
	TEXT_CONSTANTS_MAX = 32, /* of one pattern, one case, or the format */
	TEXT_TESTS_MAX = 512,
	TEXT_TARGETS_MAX = 16,
	TEXT_COLUMNS_MAX = 16,
	TEXT_COLUMN_NAMES_MAX = 256,
	TEXT_TIME_PARTS_MAX = 4,
	TEXT_NESTING_MAX = 4, /* messages within messages, values within values */
};

/* What a format is tried on. */
enum text_takes { TEXT_TAKES_LINE = 1, TEXT_TAKES_MESSAGE = 2, TEXT_TAKES_OBJECT = 4 };

struct text_constant {
	uint16_t field;
	uint8_t kind; /* enum value_kind: STRING or LIST */
	struct str value;
	uint32_t slot; /* its own among those of the format (struct line_slot) */
};
struct text_constants {
	const struct text_constant *list;
	uint32_t count;
};

/* What a value must be to go to a field: a slot type that takes the whole of it, or one of these.
 */
enum text_target_type {
	TEXT_TARGET_ANY = SLOT_TYPE_COUNT,
	TEXT_TARGET_NAME,     /* a host's name that is no address */
	TEXT_TARGET_LOWER,    /* anything; kept in small letters */
	TEXT_TARGET_IANA,     /* a protocol's number or name; kept as its name */
	TEXT_TARGET_ENDPOINT, /* address and port: FIELD.ip or FIELD.address, and FIELD.port */
	TEXT_TARGET_WEB,      /* a URL without its scheme: host and path */
	/* durations, kept as nanoseconds */
	TEXT_TARGET_SECONDS,
	TEXT_TARGET_MILLIS,
	TEXT_TARGET_MICROS,
	TEXT_TARGET_CLOCK,  /* 0:10:06, 2h:28m:09s */
	TEXT_TARGET_TIME,   /* a time of any layout */
	TEXT_TARGET_AUDIT,  /* as auditd writes it: hexadecimal where it is no plain word */
	TEXT_TARGET_SOCKET, /* auditd's saddr: an address, and the port beside it */
};
struct text_target {
	uint16_t field;
	uint8_t type; /* enum slot_type or enum text_target_type */
};

/* What becomes of a value that has this name in the log. */
struct text_key {
	uint16_t name; /* index into fields */
	const struct text_target *targets;
	uint32_t targets_count;
	const struct pattern *patterns;                 /* the first that takes the value whole */
	const struct text_constants *pattern_constants; /* of each pattern */
	uint32_t patterns_count;
};

struct text_keys {
	const struct text_key *list;
	uint32_t count;
};

/* Fields that follow from a value. */
struct text_case {
	struct str value; /* no letter case */
	bool any;         /* "*": all others */
	struct text_constants fields;
};
struct text_values {
	uint16_t name;
	const struct text_case *cases;
	uint32_t cases_count;
};

struct text_columns {
	struct str name;
	char separator;
	const uint16_t *names; /* PATTERN_NO_FIELD: passed over */
	uint32_t names_count;
};

struct text_time {
	uint16_t parts[TEXT_TIME_PARTS_MAX];
	uint32_t parts_count;
	struct str layout;
};

/* A member that an object must have; with value: one of the words between '|'. */
struct text_need {
	uint16_t name;
	bool has_value;
	struct str value;
};

/* What a name is used for; numbers are + 1, 0: none. */
struct text_use {
	uint16_t key, values;
	bool hidden;  /* begins with '_' */
	bool noted;   /* values or times ask for it */
	bool in_list; /* a path that goes into an array: a.0.b, a.*.b, a.x=y.b */
};

struct text_test {
	struct str line;
	struct str pattern;             /* expected, or empty: any */
	struct str time;                /* RFC 3339, or empty: not checked */
	bool refused;                   /* no pattern may take it */
	uint32_t line_number;           /* in the YAML file */
	struct text_constants expected; /* kind NONE: the field must be absent */
};

struct text_format {
	struct str name;
	struct str title;
	uint8_t takes;              /* of enum text_takes */
	bool weak;                  /* tried after all others */
	const struct str *programs; /* "postfix*": all that begin so */
	uint32_t programs_count;
	const struct pattern_field *fields; /* all names */
	const struct text_use *uses;        /* of each */
	const uint16_t *sorted;             /* their numbers, ordered by text_name_cmp */
	uint32_t fields_count;
	struct text_constants constants; /* in the place of what the carrier has put */
	struct text_constants defaults;  /* only where nothing was put */
	const struct pattern *patterns;
	const struct text_constants *pattern_constants; /* of each pattern */
	const struct text_keys *pattern_keys;           /* the same; they go before the others */
	uint32_t patterns_count;
	struct text_keys keys;
	struct str prefix; /* of other keys, or empty: these are not kept */
	const struct text_values *values;
	uint32_t values_count;
	const struct text_columns *columns;
	uint32_t columns_count;
	const struct text_time *times;
	uint32_t times_count;
	const struct text_need *needs;
	uint32_t needs_count;
	uint32_t slots; /* of struct line: one for each name and each constant */
	const struct text_test *tests;
	uint32_t tests_count; /* 0 for the formats built in */
};

/* The order of struct text_format.sorted: by length, then by bytes. */
int text_name_cmp(struct str a, struct str b);
/* The number of a name, or PATTERN_NO_FIELD. */
uint16_t text_format_name(const struct text_format *format, struct str name);

/* The take function of struct line_format. */
bool text_format_take(const struct line_format *format, struct line *line);
/* Whether the patterns take text (a message of the line's record, which may lie elsewhere than in
 * line->text, but not in the batch's own bytes); puts the fields then. Values that the row had
 * before under the same names are gone. */
bool text_format_take_message(const struct line_format *format, struct line *line, struct str text);
/* The same for one pattern of the format. */
bool text_format_take_by(const struct line_format *format, struct line *line, struct str text,
                         uint32_t pattern);
/* Whether the row, into which an object's members were put, has what the format needs; puts what
 * follows from them. Patterns are not asked. */
bool text_format_take_object(const struct line_format *format, struct line *line);

/* Compiles a YAML file. shown: its name in messages. Everything lives in arena. On failure diag
 * says file, line and column, and what to do. */
MUST_USE enum err text_format_read(struct arena *arena, struct str shown, struct str yaml,
                                   struct text_format *out_format, struct diag *diag);
/* Runs the format's tests: ERR_INVALID with the first one that fails in diag. */
MUST_USE enum err text_format_check(const struct text_format *format, struct str shown,
                                    struct diag *diag);

/* Appends a compiled format without its tests; text_format_unpack gives it back, with strings that
 * lie in packed: only for what text_format_pack has made. Moves *at. */
void text_format_pack(const struct text_format *format, struct buf *out);
void text_format_unpack(struct arena *arena, struct str packed, size_t *at,
                        struct text_format *out_format);
