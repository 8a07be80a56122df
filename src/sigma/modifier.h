/* Private to src/sigma: the value modifiers of the specification (appendix "Sigma Modifiers",
 * 2.1.0), as one table, and what a chain of them asks for.
 */
#pragma once

#include "sigma/reading.h"

enum encoding {
	ENCODING_NONE,
	ENCODING_BASE64,
	ENCODING_BASE64_OFFSET,
	ENCODING_UTF16,
	ENCODING_UTF16LE, /* also wide */
	ENCODING_UTF16BE,
	ENCODING_WINDASH,
};
enum { ENCODINGS_MAX = 8 };

/* What a key such as "CommandLine|contains|all" asks for. */
struct modifiers {
	struct str field; /* empty: keywords */
	/* EQUALS stands for all kinds of text; REGEX, CIDR, EXISTS, COMPARE, FIELD, TIME. */
	enum atom_kind kind;
	enum atom_kind anchor; /* CONTAINS, STARTS, ENDS; EQUALS: none */
	unsigned flags;        /* of enum atom_flag */
	enum atom_op op;
	enum atom_part part;
	bool all, neq, expand;
	enum encoding encodings[ENCODINGS_MAX]; /* in the order they are written */
	uint32_t encodings_count;
};

/* Reads a key; what cannot be is a problem at its place. */
MUST_USE enum err modifiers_read(struct reading *r, const struct tree_node *key,
                                 struct modifiers *out_modifiers);

struct modifier_help {
	const char *name, *help;
};
/* Row i of the table, or NULL behind the last. */
const struct modifier_help *modifier_help(size_t i);
