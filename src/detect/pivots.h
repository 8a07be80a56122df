/* Which values recur around what was found: users, hosts, addresses, processes and hashes of the
 * records that rules held for, each with how often, when first and when last. One thread owns it.
 */
#pragma once

#include "event/row.h"
#include "sigma/rule.h"

enum pivot_kind {
	PIVOT_USER,
	PIVOT_HOST,
	PIVOT_SOURCE,      /* addresses that something came from */
	PIVOT_DESTINATION, /* that something went to */
	PIVOT_PROCESS,
	PIVOT_HASH,
	PIVOT_KIND_COUNT,
};
/* "user"; and for headings "Users". */
const char *pivot_kind_name(enum pivot_kind kind);
const char *pivot_kind_title(enum pivot_kind kind);

/* Calls take for each value of the record that is of a kind, each once; they are borrowed. What
 * says nothing (empty, "-", this host's own addresses) is left out. */
typedef void (*pivot_take_f)(void *ctx, enum pivot_kind kind, struct str value);
void pivot_each(const struct row *row, pivot_take_f take, void *ctx);

struct pivot {
	struct str value;
	uint64_t records;
	int64_t first_ns, last_ns;
	enum sigma_level level; /* the highest of the rules that held */
};

struct pivots;
/* At most PIVOTS_MAX different values are kept; records with others are counted as left out. */
enum { PIVOTS_MAX = 1 << 18, PIVOT_BYTES_MAX = 512 };
struct pivots *pivots_new(void);
void pivots_free(struct pivots *pivots); /* NULL is fine */
/* One record has the value. It is copied, at most PIVOT_BYTES_MAX of it. */
void pivots_add(struct pivots *pivots, enum pivot_kind kind, struct str value, int64_t time_ns,
                enum sigma_level level);
uint64_t pivots_left_out(const struct pivots *pivots);
/* Those of a kind, most records first; the caller frees. */
struct pivot *pivots_list(const struct pivots *pivots, enum pivot_kind kind, size_t *out_count);
