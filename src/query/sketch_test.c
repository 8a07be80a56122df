/* Percentiles against sorting. */
#include "query/sketch.h"

#include <math.h>

#include "base/macros.h"
#include "tap.h"

static const uint32_t percents[] = {0,     1,     500,   1000,  25000, 50000, 75000,
                                    90000, 95000, 99000, 99900, 99999, 100000};

static int compare(const void *a, const void *b) {
	const double *x = a;
	const double *y = b;
	return (*x > *y) - (*x < *y);
}

static double uniform(void) {
	return (double)(tap_random() >> 11) * 0x1p-53;
}

/* Numbers as logs have them, and worse. */
static double random_number(int kind) {
	switch (kind) {
	case 0:
		return (double)(tap_random() % 1000); /* many equal ones, and 0 */
	case 1:
		return exp(uniform() * 20); /* durations and sizes over many magnitudes */
	case 2:
		return (uniform() - 0.3) * 1e6; /* both signs */
	case 3:
		return pow(uniform() + 1e-12, -1.2); /* a heavy tail */
	case 4:
		return (tap_random() % 2 ? -1 : 1) * exp((uniform() - 0.5) * 1400); /* all doubles */
	default:
		return 42;
	}
}

static double exact_rank(const double *sorted, size_t count, uint32_t percent) {
	size_t rank = (size_t)ceil((double)percent / 1000 * (double)count / 100 - 1e-9);
	return sorted[rank == 0 ? 0 : rank - 1];
}

static bool try_one(int kind, size_t count) {
	struct sketch *sketch = sketch_new();
	double *numbers = reallocarray(NULL, count, sizeof(double));
	bool fine = true;
	for (size_t i = 0; i < count; i++) {
		numbers[i] = random_number(kind);
		sketch_add(sketch, numbers[i]);
	}
	qsort(numbers, count, sizeof(double), compare);
	bool exact = count <= SKETCH_EXACT_MAX;
	fine = CHECK(sketch_is_exact(sketch) == exact && sketch_count(sketch) == count);
	for (size_t i = 0; i < ARRAY_LEN(percents) && fine; i++) {
		double should = exact_rank(numbers, count, percents[i]);
		double is = sketch_rank(sketch, percents[i]);
		double error = fabs(is - should);
		fine = CHECK(exact ? error == 0 : error <= fabs(should) * SKETCH_ERROR * 1.000001 + 1e-100);
	}
	fine = fine && CHECK(sketch_bytes(sketch) < (4 << 20));
	free(numbers);
	sketch_free(sketch);
	return fine;
}

TEST(up_to_the_limit_results_are_exact) {
	for (int i = 0; i < 60; i++) {
		REQUIRE(try_one(i % 6, 1 + tap_random() % 3000));
	}
	REQUIRE(try_one(3, SKETCH_EXACT_MAX));
}

TEST(above_it_they_are_within_the_stated_error) {
	for (int i = 0; i < 18; i++) {
		REQUIRE(try_one(i % 6, SKETCH_EXACT_MAX + 1 + tap_random() % 100000));
	}
}

TEST(usual_data_takes_little_memory) {
	struct sketch *sketch = sketch_new();
	for (int i = 0; i < 200000; i++) {
		sketch_add(sketch, exp(uniform() * 20));
	}
	CHECK(sketch_bytes(sketch) < 32 << 10);
	sketch_free(sketch);
}

static void check_merge(int kind, size_t count, size_t more_count) {
	struct sketch *all = sketch_new();
	struct sketch *some = sketch_new();
	struct sketch *more = sketch_new();
	for (size_t i = 0; i < count + more_count; i++) {
		double number = random_number(kind);
		sketch_add(all, number);
		sketch_add(i < count ? some : more, number);
	}
	sketch_merge(some, more);
	CHECK_EQ(sketch_count(some), sketch_count(all));
	CHECK_EQ(sketch_is_exact(some), sketch_is_exact(all));
	for (size_t i = 0; i < ARRAY_LEN(percents) && count + more_count > 0; i++) {
		double a = sketch_rank(some, percents[i]);
		double b = sketch_rank(all, percents[i]);
		CHECK(memcmp(&a, &b, sizeof(a)) == 0);
	}
	sketch_free(all);
	sketch_free(some);
	sketch_free(more);
}

TEST(two_that_come_together_are_as_one) {
	static const size_t counts[] = {
	    0, 1, 1000, SKETCH_EXACT_MAX - 1000, SKETCH_EXACT_MAX, SKETCH_EXACT_MAX + 1};
	for (int kind = 0; kind < 5; kind++) {
		for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
			for (size_t k = 0; k < ARRAY_LEN(counts); k++) {
				check_merge(kind, counts[i], counts[k]);
			}
		}
	}
}
