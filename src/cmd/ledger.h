/* The store's own records about what makes the evidence incomplete (store/store.h, store_note), for
 * `info --gaps` and between the results of a search.
 */
#pragma once

#include "base/arena.h"
#include "event/row.h"
#include "query/query.h"
#include "render/record.h"
#include "store/store.h"

struct ledger_entry {
	int64_t received_ns;
	size_t class_number; /* in the set */
	struct str tree;
	uint64_t index;
	uint8_t type; /* enum record_type */
	struct str body;
};

struct ledger {
	const struct ledger_entry *entries; /* class by class, in order of index; in the arena */
	size_t count;
};

/* Reads all classes. What is damaged is left out: verify names it. */
MUST_USE enum err ledger_read(const struct store_set *set, struct arena *arena,
                              struct ledger *out_ledger);
/* One line with its LF, safe for a terminal. */
void ledger_append_line(const struct ledger_entry *entry, const struct render_style *style,
                        struct buf *out);
/* ,"NAME":[...] */
void ledger_append_json(const struct ledger *ledger, const char *name, struct buf *out);

/* Likewise the records of who did what (class STORE_AUDIT). */
MUST_USE enum err ledger_read_audit(const struct store_set *set, struct arena *arena,
                                    struct ledger *out_audit);
void ledger_append_audit_line(const struct ledger_entry *entry, const struct render_style *style,
                              struct buf *out);

/* The ledger between the results of a search, in their order: those entries that lie between two
 * results, and where the search names a time, all up to it. */
struct ledger_between {
	struct ledger ledger; /* in the order of the results */
	enum query_order order;
	int64_t from_ns, to_ns; /* as asked for: INSTANT_MIN / INSTANT_MAX */
	size_t next;
	bool begun; /* a result was given out */
};
/* Reads the ledger and puts it in order; lives as long as the arena. */
MUST_USE enum err ledger_between_read(const struct store_set *set,
                                      const struct query_options *options, struct arena *arena,
                                      struct ledger_between *out_between);
/* Appends the lines that stand before a result: class_number is that of its class in the set. */
void ledger_before(struct ledger_between *between, const struct row *row, size_t class_number,
                   const struct render_style *style, struct buf *out);
/* Appends the lines behind the last result. */
void ledger_behind(struct ledger_between *between, const struct render_style *style,
                   struct buf *out);
