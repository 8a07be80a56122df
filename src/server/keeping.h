/* Keeping: the wiring from inputs to the store. A sink that reserves, optionally logs, parses and
 * encodes on all cores, and appends in order.
 */
#pragma once

#include "event/sink.h"
#include "ingest/formats.h"
#include "store/store.h"

struct keeping;

struct keeping_options {
	const struct os *os;
	struct store *store;
	const struct formats *formats;
	bool log; /* through the write-ahead log: durable before put returns (streams) */
	/* A log that a stop has left is encoded before anything else, unless it is larger than this and
	 * new batches are logged, too. 0: 256 MiB */
	uint64_t replay_first_bytes;
	uint32_t workers; /* 0: one for each CPU */
	void *ctx;
	void (*problem)(void *ctx, struct str path, uint64_t offset, enum err err, struct str message);
	bool (*progress)(void *ctx, uint64_t bytes);
};

struct keeping_totals {
	uint64_t records;
	uint64_t records_unparsed; /* taken by "text" only */
	uint64_t records_fields_left_out;
	uint64_t bytes_raw;
};

struct keeping *keeping_new(const struct keeping_options *options);
/* The sink to read into; lives as long as keeping. */
const struct sink *keeping_sink(struct keeping *keeping);
/* What a crash left in the log goes into segments: now, or when it is long and new batches are
 * logged, too, little by little with these (at the latest with a commit). out_records: those of
 * now. */
MUST_USE enum err keeping_replay(struct keeping *keeping, uint64_t *out_records);
/* ---- instead of the sink: several batches with one sync (with options.log; no containers) ---- */

/* Gives them their places, once. The batches stay the caller's. */
MUST_USE enum err keeping_reserve(struct keeping *keeping, struct batch *const *batches,
                                  size_t count);
/* Makes them durable; may be repeated after a failure. *out_durable false: the log is full, and
 * they are durable once they were encoded. */
MUST_USE enum err keeping_log(struct keeping *keeping, struct batch *const *batches, size_t count,
                              bool *out_durable);
/* Takes them over, and commits when the log was full. */
MUST_USE enum err keeping_encode(struct keeping *keeping, struct batch *const *batches,
                                 size_t count);

/* Everything taken is in segments, sealed, the log empty. */
MUST_USE enum err keeping_commit(struct keeping *keeping);
/* Of what was committed: nothing else is kept for sure. */
struct keeping_totals keeping_get_totals(const struct keeping *keeping);
/* Why the last call failed. */
const struct diag *keeping_diag(const struct keeping *keeping);
void keeping_free(struct keeping *keeping); /* NULL is fine; drops what is not committed */
