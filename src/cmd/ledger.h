/* The store's own records about what makes the evidence incomplete (store/store.h, store_note), for
 * `info --gaps` and between the results of a search.
 */
#pragma once

#include "base/arena.h"
#include "event/row.h"
#include "render/record.h"
#include "store/store.h"

struct ledger_entry {
	int64_t received_ns;
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
