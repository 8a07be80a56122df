/* What store_reserve decides about a batch, kept in the batch (store_private) until it is encoded.
 */
#pragma once

#include "store/segment.h"

struct reservation {
	struct page_plan plan;
	uint64_t log_frame;    /* number of its frame in the write-ahead log, or 0 */
	bool cut_after;        /* the segment ends behind this batch, with a seal record */
	struct seal_plan seal; /* then: its place */
};

/* Indices that a batch of so many rows takes, with the seal behind it. */
static inline uint64_t reservation_rows(const struct reservation *reservation, uint32_t rows) {
	return (uint64_t)rows + (reservation->cut_after ? 1 : 0);
}

static inline struct reservation *batch_reservation(const struct batch *batch) {
	ASSERT(batch->store_private != NULL);
	return batch->store_private;
}
