#include "render/histogram.h"

#include "tap.h"

TEST(every_time_is_counted_whatever_the_order) {
	struct histogram h = {0};
	for (int i = 0; i < 5000; i++) {
		histogram_add(&h, (int64_t)(tap_random() % 1000000) * 1000000000 + 1700000000000000000);
	}
	uint64_t sum = 0;
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		sum += h.counts[i];
	}
	CHECK_EQ(sum, 5000);
	CHECK_EQ(h.total, 5000);
	CHECK(h.min_ns >= h.first_ns);
	CHECK(h.max_ns < h.first_ns + h.bucket_ns * HISTOGRAM_BUCKETS);
}

TEST(absurd_times_do_no_harm) {
	struct histogram h = {0};
	struct buf out = {0};
	histogram_add(&h, INT64_MAX);
	histogram_add(&h, INT64_MIN);
	histogram_add(&h, 0);
	histogram_add(&h, INT64_MAX / 3);
	histogram_add(&h, INT64_MIN / 5);
	histogram_render(&h, &(struct render_style){0}, &out);
	CHECK(out.len > 0);
	buf_deinit(&out);
}
