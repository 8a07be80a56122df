/* Which techniques of ATT&CK rules are about, by their tags (attack.t1059.001, attack.execution):
 * for coverage, and for the matrix of reports. private to src/cmd
 */
#pragma once

#include "base/buf.h"
#include "base/map.h"
#include "sigma/rule.h"

struct attack_row {
	struct str technique; /* T1059.001 */
	struct texts tactics; /* execution: of the rules that are about it, as tags have them */
	/* The user's. */
	uint32_t rules, able;      /* loaded; that can fire */
	uint64_t records;          /* on which one of them could */
	int64_t first_ns, last_ns; /* of these; first > last: there are none */
	int64_t fired_ns;          /* the last alert; INSTANT_MIN: none */
	uint64_t found;            /* findings */
	struct buf unable;         /* for people: which cannot, and why */
};

struct attack {
	struct arena *arena;
	struct map *numbers; /* technique -> row */
	struct attack_row *rows;
	uint32_t count, cap;
};

void attack_init(struct attack *attack);
void attack_deinit(struct attack *attack);
/* The row of the next technique that meta is about, made where it is new, or NULL. *at is 0 at
 * first. Rows move when others are made. */
struct attack_row *attack_next(struct attack *attack, const struct sigma_meta *meta, uint32_t *at);
/* By technique. Numbers mean nothing then: nothing can be added. */
void attack_sort(struct attack *attack);
/* All tactics of the rows, each once: those of the matrix for enterprises in its order, then
 * others; last an empty one, when a technique has none. In the attack. */
struct texts attack_tactics(const struct attack *attack);
/* Whether the row belongs to the tactic; empty: to none. */
bool attack_has(const struct attack_row *row, struct str tactic);
