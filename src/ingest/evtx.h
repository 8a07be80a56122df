/* Windows event logs (.evtx): walks the 64 KiB chunks of a file in memory and makes one parsed row
 * of a batch from each record. Made for damaged and dirty files: whatever is framed like a record
 * is given, and every damaged place is told once. What is read: docs/formats/evtx.md.
 */
#pragma once

#include "event/batch.h"

struct evtx_reader;

/* A place of the file (byte offset) that is damaged or could not be read; message is borrowed for
 * the call. Reading always goes on. */
typedef void (*evtx_problem_f)(void *ctx, uint64_t offset, struct str message);

/* What every row of a file is stamped with. */
struct evtx_stamp {
	uint16_t source; /* index into batch->sources */
	int64_t received_ns;
	int64_t monotonic_ns;
};

/* Whether a file that starts with these bytes is an event log: by the magic of the file header, or
 * of a chunk at 0 or at 4096 when the header is damaged or missing. Give at least 4104 bytes when
 * the file has them. */
bool evtx_recognise(struct str first_bytes);

/* bytes: the whole file, borrowed until evtx_reader_free. problem may be NULL. */
struct evtx_reader *evtx_reader_new(struct str bytes, evtx_problem_f problem, void *problem_ctx);
void evtx_reader_free(struct evtx_reader *reader); /* NULL is fine */
void evtx_reader_freep(struct evtx_reader **reader);

/* Appends the next record to batch as one row, body in batch->raw and fields filled; false at the
 * end of the file, or when a limit made an end. The caller watches batch_full(); rows of other
 * containers may stand before, but no unparsed ones. */
MUST_USE bool evtx_next(struct evtx_reader *reader, struct batch *batch,
                        const struct evtx_stamp *stamp);
/* Passes over the given number of records without making rows, for resuming. */
void evtx_skip(struct evtx_reader *reader, uint64_t records);
/* Records given or skipped so far: the number of the last one. */
uint64_t evtx_records(const struct evtx_reader *reader);
