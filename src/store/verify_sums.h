/* What a segment's footer and its pages say of many records together, summed again while verify
 * goes through these. Private to src/store.
 */
#pragma once

#include "base/map.h"
#include "store/segment.h"

struct verify_sum { /* of a stream, or of all */
	uint64_t first_seq;
	uint64_t rows, data;              /* of all types; of type data */
	uint64_t bytes;                   /* of bodies */
	int64_t time_min_ns, time_max_ns; /* of records of type data */
	bool other_id;                    /* some page gives the stream another */
};

struct verify_sums {
	const struct segment_footer *footer;
	struct map *numbers; /* of a stream: its place in the footer */
	struct verify_sum all;
	struct verify_sum *streams; /* as the footer has them */
	bool strangers;             /* some row is of a stream that the footer has not */
};

void verify_sums_begin(struct verify_sums *sums, const struct segment_footer *footer);
void verify_sums_deinit(struct verify_sums *sums);
/* Adds the rows of a page. ERR_CORRUPT: what the page says of the lengths of its bodies is not so,
 * or cannot be read. */
MUST_USE enum err verify_sums_page(struct verify_sums *sums, struct store_view *view);
/* All pages were added: what of the footer is not so, or NULL. */
const char *verify_sums_differ(const struct verify_sums *sums);
