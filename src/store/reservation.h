/* What store_reserve decides about a batch, kept in the batch (store_private) until it is encoded.
 */
#pragma once

#include "store/segment.h"

struct reservation {
	struct page_plan plan;
	uint64_t log_frame; /* number of its frame in the write-ahead log, or 0 */
	bool cut_after;     /* the segment ends with this batch */
};

static inline struct reservation *batch_reservation(const struct batch *batch) {
	ASSERT(batch->store_private != NULL);
	return batch->store_private;
}
