/* HyperLogLog against counting. */
#include "query/hll.h"

#include <math.h>

#include "base/hash.h"
#include "base/macros.h"
#include "tap.h"

static double error_of(uint64_t count) {
	struct hll *hll = hll_new();
	uint64_t salt = tap_random();
	for (uint64_t i = 0; i < count; i++) {
		uint64_t value = salt + i;
		hll_add(hll, hash64(&value, sizeof(value)));
		if (i % 3 == 0) { /* again: nothing new */
			hll_add(hll, hash64(&value, sizeof(value)));
		}
	}
	double error = (double)hll_count(hll) / (double)count - 1;
	hll_free(hll);
	return error;
}

TEST(nothing_is_nothing_and_few_are_nearly_exact) {
	struct hll *hll = hll_new();
	CHECK_EQ(hll_count(hll), 0);
	hll_add(hll, 0);
	CHECK_EQ(hll_count(hll), 1);
	hll_free(hll);
	for (int i = 0; i < 50; i++) {
		CHECK(fabs(error_of(1 + tap_random() % 100)) < 0.03);
	}
}

TEST(the_error_is_what_is_stated) {
	static const uint64_t counts[] = {20000, 50000, 100001, 300000, 1000000};
	enum { ROUNDS = 12 };
	for (size_t k = 0; k < ARRAY_LEN(counts); k++) {
		double squares = 0;
		double sum = 0;
		for (int i = 0; i < ROUNDS; i++) {
			double error = error_of(counts[k]);
			CHECK(fabs(error) < 0.04); /* five times the standard error */
			squares += error * error;
			sum += error;
		}
		CHECK(sqrt(squares / (double)ROUNDS) < 0.016);    /* twice; 12 rounds */
		CHECK(fabs(sum / (double)ROUNDS) < 0.0081 * 1.2); /* no bias: 4 times 0.81 % / sqrt(12) */
	}
}

TEST(two_that_come_together_are_as_one) {
	struct hll *all = hll_new();
	struct hll *some = hll_new();
	struct hll *others = hll_new();
	for (int i = 0; i < 30000; i++) {
		uint64_t hash = tap_random();
		hll_add(all, hash);
		hll_add(i % 3 == 0 ? some : others, hash);
	}
	hll_merge(some, others);
	CHECK(memcmp(some, all, hll_bytes()) == 0);
	hll_free(all);
	hll_free(some);
	hll_free(others);
}
