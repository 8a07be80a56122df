/* The ledger of what makes evidence incomplete, or could: clocks that jumped, settings that
 * changed, what a stop or damage cost. Each is a record of the tree that it concerns, waiting here
 * until a batch or a commit takes it along. docs/formats/store.md has the bodies. Private to
 * src/store.
 */
#pragma once

#include "event/batch.h"
#include "store/seal_record.h"

enum { CLOCK_STEP_NS = 1000000000 }; /* smaller moves are those of a clock that is kept right */

struct clock_seen {
	bool known;
	int64_t wall_ns, monotonic_ns;
};

/* A record that waits. The body is copied. */
void ledger_note(struct store *store, enum record_type type, struct str body);
bool ledger_waits(const struct store *store);
/* Appends the waiting ones to a batch as far as it has room. */
void ledger_take(struct store *store, struct batch *batch);
/* Compares the clocks with how they were before; notes a step. */
void ledger_check_clock(struct store *store);
/* At opening: the clock and the settings against those of the last seal. */
MUST_USE enum err ledger_open(struct store *store, struct diag *diag);
/* Bytes that were set aside: "log" or "checkpoints", and where they lay. */
void ledger_note_aside(struct store *store, struct str what, struct str bytes, uint64_t offset,
                       bool torn);
