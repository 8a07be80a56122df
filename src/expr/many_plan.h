/* The compiled form of many.h. Private to src/expr (many*.c).
 */
#pragma once

#include "base/buf.h"
#include "base/map.h"
#include "expr/compare.h"
#include "expr/many.h"
#include "expr/many_grams.h"

/* When a literal was found in a value, what that says of an atom. */
enum many_kind {
	MANY_HOLDS,   /* it holds */
	MANY_AT_HEAD, /* it holds when the literal was found at the beginning */
	MANY_AT_END,
	MANY_PERHAPS, /* atom_match is asked */
};
struct many_check {
	uint32_t atom;
	uint32_t len : 24; /* of the literal: at most LIMIT_ATOM_TEXT */
	uint32_t kind : 8; /* enum many_kind */
};

/* What stands behind literal number i, or behind an entry of `equal`: checks. */
struct many_span {
	uint32_t first, count; /* of the field's checks */
};

/* Literals of which one stands in every value that fits an atom. */
enum { MANY_PIECES_MAX = 10 };
struct many_piece {
	struct str bytes; /* not empty */
	bool cased;       /* else ASCII letters are found in both cases */
	enum many_kind kind;
};
/* Fills out_pieces; 0: nothing is known, the atom may hold for any text. They live in arena. */
size_t many_pieces(const struct atom *atom, struct arena *arena,
                   struct many_piece out_pieces[MANY_PIECES_MAX]);
/* True when the atom holds for every value that has a text. */
bool many_holds_always(const struct atom *atom);
/* Appends text as it is compared without case: equal keys, equal texts. */
void many_append_folded(struct buf *out, struct str text);

struct many_list {
	uint32_t *atoms;
	uint32_t count;
};

struct many_number {
	struct scalar scalar;
	uint32_t atom;
};
/* Ascending. */
struct many_numbers {
	struct many_number *rows;
	uint32_t count;
};

struct many_network {
	struct network network;
	uint32_t atom;
};

struct many_field {
	struct str name;
	struct many_list atoms;  /* all of the field */
	struct many_list any;    /* hold for any text */
	struct many_list exists; /* hold for any value */
	struct many_list null;   /* hold for absent values and JSON's null */
	struct many_list slow;   /* atom_match is asked for every text */
	struct many_check *checks;
	struct map *equal; /* folded text -> place of its span in spans; NULL: none */
	struct many_span *equal_spans;
	char *bytes; /* literals of one byte; letters come in both cases */
	struct many_span *byte_spans;
	uint32_t bytes_count;
	struct many_span *literal_spans;
	uint32_t literals_count;
	struct many_grams *grams; /* NULL: there are no literals */
	struct many_numbers numbers[ATOM_OP_COUNT];
	bool puts_off;                 /* it has atoms that are put off */
	struct many_network *networks; /* ascending by prefix, then address */
	uint32_t networks_count;
};

struct many_rule {
	struct program program;
	uint32_t group;
	bool puts_off; /* it hangs on atoms that are put off */
};

struct many {
	struct arena *arena;
	struct atom *atoms;
	struct atom_test **tests; /* NULL where atom_match is never asked */
	uint32_t atoms_count;
	struct many_field *fields;
	uint32_t fields_count;
	struct map *field_numbers;
	struct many_list null_fields; /* numbers of fields with atoms in `null` */
	struct many_rule *rules;
	uint32_t rules_count;
	uint32_t *rule_starts; /* rules that atom i calls: rule_lists from [i] to [i + 1] */
	uint32_t *rule_lists;
	uint32_t *always; /* rules that no atom calls */
	uint32_t always_count;
	uint32_t *put_off; /* by atom: its field + 1 when it is put off; NULL: none is */
	bool plain;        /* nothing is sorted: atom_match does all */
};

struct many_build {
	struct many *many;
	struct map *atom_numbers; /* key of an atom -> number */
	struct buf atoms, tests, rules;
	uint64_t text_bytes, ops_count;
};

/* What is sorted into a field's tables while it is planned. */
struct many_draft {
	struct many *many;
	struct many_field *field;
	struct arena *scratch;
	struct map *literals;    /* 'c' or 'i', then the bytes -> number */
	struct buf literal_refs; /* struct many_ref */
	struct map *equal;
	struct buf equal_refs;
	struct map *bytes;
	struct buf byte_refs;
};
struct many_ref {
	uint32_t number;
	struct many_check check;
};

/* Makes the test of an atom that atom_match is asked of. */
void many_need_test(struct many *many, uint32_t atom);

/* Fills the index of rules. */
void many_index(struct many *many);
