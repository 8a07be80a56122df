/* The pattern language of text formats (docs/howto/format.md), compiled to a short program that
 * reads a line once from left to right. Choices take the first alternative that fits and never
 * come back into it, so that the work is bounded by the pattern, not by the line.
 *
 *   %{ip:source.ip} %{word:user.name?} [%{time(clf)}] "%{text:url.original}" %( %{int:x}%)?
 */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "ingest/line.h"

enum {
	PATTERN_OPS_MAX = 512,
	PATTERN_CHOICES_MAX = 8, /* groups inside one another */
	PATTERN_FIELDS_MAX = 1024,
	PATTERN_CAPTURES_MAX = 64,
	PATTERN_STOPS_MAX = 16,
	PATTERN_MUST_MAX = 32,
	PATTERN_NO_FIELD = UINT16_MAX,
};

enum pattern_op_kind {
	PATTERN_LITERAL, /* text */
	PATTERN_BLANKS,  /* one or more blanks or tabs */
	PATTERN_SLOT,
	PATTERN_CHOICE, /* goes on behind; to: where, if that fails */
	PATTERN_COMMIT, /* the alternative fitted; to: behind the group */
	PATTERN_END,    /* the line ends, but for white space */
};

/* The table slot_types in pattern.c says what each reads. */
enum slot_type {
	SLOT_WORD,
	SLOT_TEXT,
	SLOT_REST,
	SLOT_INT,
	SLOT_NUMBER,
	SLOT_HEX,
	SLOT_IP,
	SLOT_HOST,
	SLOT_QUOTED,
	SLOT_URL,
	SLOT_ONE,
	SLOT_TIME,
	SLOT_LAST, /* text up to the last place where the words behind it stand */
	SLOT_MAC,
	SLOT_PART,    /* up to the sign behind it, which a backslash before it makes a part of it */
	SLOT_PAIRS,   /* the last three take the rest, and give values with names of their own */
	SLOT_COLUMNS, /* (text_pairs.h, json_members.h) */
	SLOT_JSON,
	SLOT_TYPE_COUNT,
};

/* What SLOT_TIME reads; names of layouts that are not made of parts. */
enum pattern_layout {
	PATTERN_LAYOUT_ANY,
	PATTERN_LAYOUT_CLF,
	PATTERN_LAYOUT_ISO,
	PATTERN_LAYOUT_SYSLOG,
	PATTERN_LAYOUT_EPOCH,
	PATTERN_LAYOUT_TAI64N,
	PATTERN_LAYOUT_OWN,
};
enum pattern_layout pattern_layout(struct str layout);

struct pattern_op {
	uint8_t kind;    /* enum pattern_op_kind */
	uint8_t type;    /* enum slot_type */
	bool may_absent; /* "-" and nothing are no value */
	uint16_t to;     /* choices; SLOT_TIME: enum pattern_layout */
	uint16_t field;  /* index into the format's fields, or PATTERN_NO_FIELD */
	/* Literal; slots: the argument ("clf", "GET|POST", "; :"). */
	struct str text;
	/* SLOT_WORD, SLOT_HOST: bytes that end it beside blanks; SLOT_TEXT, SLOT_LAST, SLOT_URL: the
	 * words behind it up to the next slot or group, where a blank stands for one or more. */
	struct str stop;
	bool ends; /* behind these words the text ends */
};

struct pattern {
	struct str name;
	const struct pattern_op *ops;
	uint16_t ops_count;
	uint64_t first[4];      /* bytes that a text can begin with */
	bool names;             /* it can also begin with the name of a month or a day of the week */
	bool open;              /* it can begin with anything */
	const struct str *must; /* it must have one of these words; 0 of them: not known */
	uint8_t must_count;
};

/* A field that slots and constants of a format name. */
struct pattern_field {
	struct str name;
	uint32_t known; /* number, or UINT32_MAX: named per batch */
};

struct capture {
	uint16_t field; /* PATTERN_NO_FIELD: a slot of many values */
	uint8_t type;   /* enum slot_type */
	const struct pattern_op *op;
	struct str value;
};

struct captures {
	uint32_t count;
	struct capture list[PATTERN_CAPTURES_MAX];
	struct timestamp time;
	bool has_time;
	const struct pattern_op *stopped; /* the op that refused farthest on */
	size_t stopped_at;
};

/* What a compilation shares between the patterns of a format. */
struct pattern_set {
	struct arena *arena;
	struct pattern_field *fields; /* PATTERN_FIELDS_MAX of them */
	uint32_t fields_count;
	/* Named pieces for %{@name}; NULL ends a search. */
	struct str (*piece)(void *ctx, struct str name);
	void *ctx;
};

/* Compiles text. On ERR_INVALID diag has the place in text (or 0 when it stands in a piece). */
MUST_USE enum err pattern_compile(struct pattern_set *set, struct str name, struct str text,
                                  struct pattern *out_pattern, struct diag *diag);
/* The index of a field, added when new. ERR_LIMIT above PATTERN_FIELDS_MAX, ERR_INVALID for what
 * cannot be a name. */
MUST_USE enum err pattern_field(struct pattern_set *set, struct str name, uint16_t *out_field);
/* The same for a name that stands in logs, of any bytes. */
MUST_USE enum err pattern_name(struct pattern_set *set, struct str name, uint16_t *out_name);

/* Whether text begins with the name of a month or a day of the week, at least its three letters. */
bool pattern_begins_with_name(struct str text);
/* Whether text begins as the pattern's texts can. */
bool pattern_can_begin(const struct pattern *pattern, struct str text);
/* Whether text fits; fills captures. */
bool pattern_match(const struct pattern *pattern, struct timestamp_reader *time, struct str text,
                   struct captures *captures);
/* Whether the whole of text is what a slot of this type takes. Not for types with an argument. */
bool pattern_slot_fits(enum slot_type type, struct str text);
/* Reads the whole of text as a time of a layout ("iso", "epoch", "YYYY-MM-DD hh:mm:ss", ...). */
bool pattern_read_time(struct timestamp_reader *time, struct str layout, struct str text,
                       struct timestamp *out_time);
/* What an op wants, for messages ("an address"). */
const char *pattern_op_wants(const struct pattern_op *op);
