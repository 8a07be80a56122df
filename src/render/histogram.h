/* A small histogram of record times for the terminal: one line of eighth blocks with its span.
 */
#pragma once

#include "render/record.h"

enum { HISTOGRAM_BUCKETS = 60 };

/* Counts times as they come, widening its span by doubling, so that memory stays fixed. Zero-
 * initialise. */
struct histogram {
	uint64_t counts[HISTOGRAM_BUCKETS];
	int64_t first_ns;  /* start of bucket 0 */
	int64_t bucket_ns; /* width; 0: empty */
	uint64_t total;
	int64_t min_ns, max_ns;
};

void histogram_add(struct histogram *histogram, int64_t ns);
/* Two lines: blocks, then first and last time. Nothing below two records. */
void histogram_render(const struct histogram *histogram, const struct render_style *style,
                      struct buf *out);
