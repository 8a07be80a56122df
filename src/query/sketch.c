/* Bucket i of a side holds the numbers in (g^(i-1), g^i], with g = (1 + e) / (1 - e): 2 g^i / (g +
 * 1) is within e of all of them.
 */
#include "query/sketch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/macros.h"

/* Counts of the buckets from first on; of one sign. */
struct side {
	uint64_t *counts;
	int32_t first;
	uint32_t len;
	uint64_t total;
};

struct sketch {
	double *exact;
	size_t exact_cap;
	uint64_t count;
	bool in_buckets, sorted;
	double min, max;
	struct side negative, positive;
	uint64_t zeros;
};

/* Smaller numbers count as 0: their logarithm would need as many buckets as all others. */
static const double tiny = 1e-100;

struct sketch *sketch_new(void) {
	struct sketch *sketch = calloc(1, sizeof(*sketch));
	ASSERT(sketch != NULL);
	return sketch;
}

void sketch_free(struct sketch *sketch) {
	if (sketch != NULL) {
		free(sketch->exact);
		free(sketch->negative.counts);
		free(sketch->positive.counts);
		free(sketch);
	}
}

size_t sketch_bytes(const struct sketch *sketch) {
	return sizeof(*sketch) + sketch->exact_cap * sizeof(double) +
	       ((size_t)sketch->negative.len + sketch->positive.len) * sizeof(uint64_t);
}

uint64_t sketch_count(const struct sketch *sketch) {
	return sketch->count;
}

bool sketch_is_exact(const struct sketch *sketch) {
	return !sketch->in_buckets;
}

static double log_growth(void) {
	return log((1 + SKETCH_ERROR) / (1 - SKETCH_ERROR));
}

static double bucket_value(int32_t bucket) {
	double growth = (1 + SKETCH_ERROR) / (1 - SKETCH_ERROR);
	return 2 * exp(bucket * log_growth()) / (growth + 1);
}

/* Room for the bucket, and some more where it was missing. */
static void side_reach(struct side *side, int32_t bucket) {
	int32_t more = MAX_OF((int32_t)side->len / 2, 64);
	if (side->len > 0 && bucket >= side->first && bucket - side->first < (int32_t)side->len) {
		return;
	}
	int32_t first = side->len == 0 || bucket < side->first ? bucket - more : side->first;
	int32_t end = side->first + (int32_t)side->len;
	end = side->len == 0 || bucket >= end ? bucket + more : end;
	uint64_t *counts = calloc((size_t)(end - first), sizeof(*counts));
	ASSERT(counts != NULL);
	if (side->len > 0) {
		memcpy(counts + (side->first - first), side->counts, side->len * sizeof(*counts));
	}
	free(side->counts);
	side->counts = counts;
	side->first = first;
	side->len = (uint32_t)(end - first);
}

static void side_add(struct side *side, double size) {
	int32_t bucket = (int32_t)ceil(log(size) / log_growth());
	side_reach(side, bucket);
	side->counts[bucket - side->first]++;
	side->total++;
}

static void add_to_bucket(struct sketch *sketch, double number) {
	if (fabs(number) < tiny) {
		sketch->zeros++;
	} else {
		side_add(number < 0 ? &sketch->negative : &sketch->positive, fabs(number));
	}
}

static void to_buckets(struct sketch *sketch) {
	sketch->in_buckets = true;
	for (size_t i = 0; i < sketch->count; i++) {
		add_to_bucket(sketch, sketch->exact[i]);
	}
	free(sketch->exact);
	sketch->exact = NULL;
	sketch->exact_cap = 0;
}

void sketch_add(struct sketch *sketch, double number) {
	ASSERT(isfinite(number));
	sketch->min = sketch->count == 0 ? number : MIN_OF(sketch->min, number);
	sketch->max = sketch->count == 0 ? number : MAX_OF(sketch->max, number);
	if (!sketch->in_buckets && sketch->count == SKETCH_EXACT_MAX) {
		to_buckets(sketch);
	}
	if (sketch->in_buckets) {
		add_to_bucket(sketch, number);
	} else {
		if (sketch->count == sketch->exact_cap) {
			sketch->exact_cap = sketch->exact_cap * 2 + 4;
			sketch->exact = reallocarray(sketch->exact, sketch->exact_cap, sizeof(double));
			ASSERT(sketch->exact != NULL);
		}
		sketch->exact[sketch->count] = number;
		sketch->sorted = false;
	}
	sketch->count++;
}

static void side_merge(struct side *side, const struct side *more) {
	for (uint32_t i = 0; i < more->len; i++) {
		if (more->counts[i] > 0) {
			int32_t bucket = more->first + (int32_t)i;
			side_reach(side, bucket);
			side->counts[bucket - side->first] += more->counts[i];
		}
	}
	side->total += more->total;
}

void sketch_merge(struct sketch *sketch, const struct sketch *more) {
	if (!more->in_buckets) {
		for (size_t i = 0; i < more->count; i++) {
			sketch_add(sketch, more->exact[i]);
		}
		return;
	}
	sketch->min = sketch->count == 0 ? more->min : MIN_OF(sketch->min, more->min);
	sketch->max = sketch->count == 0 ? more->max : MAX_OF(sketch->max, more->max);
	if (!sketch->in_buckets) {
		to_buckets(sketch);
	}
	side_merge(&sketch->negative, &more->negative);
	side_merge(&sketch->positive, &more->positive);
	sketch->zeros += more->zeros;
	sketch->count += more->count;
}

static int compare_doubles(const void *a, const void *b) {
	const double *x = a;
	const double *y = b;
	return (*x > *y) - (*x < *y);
}

/* The value of the bucket that holds number rank (from 1) of a side, from its smallest size up. */
static double side_rank(const struct side *side, uint64_t rank) {
	uint64_t seen = 0;
	for (uint32_t i = 0; i < side->len; i++) {
		seen += side->counts[i];
		if (seen >= rank) {
			return bucket_value(side->first + (int32_t)i);
		}
	}
	return INFINITY; /* not reached: rank is at most the total */
}

static double bucket_rank(const struct sketch *sketch, uint64_t rank) {
	if (rank <= sketch->negative.total) {
		return -side_rank(&sketch->negative, sketch->negative.total - rank + 1);
	}
	rank -= sketch->negative.total;
	return rank <= sketch->zeros ? 0 : side_rank(&sketch->positive, rank - sketch->zeros);
}

double sketch_rank(struct sketch *sketch, uint32_t thousandths) {
	ASSERT(sketch->count > 0 && thousandths <= 100000);
	uint64_t rank = (uint64_t)((thousandths * (unsigned __int128)sketch->count + 99999) / 100000);
	rank = MAX_OF(rank, (uint64_t)1);
	if (!sketch->in_buckets) {
		if (!sketch->sorted) {
			qsort(sketch->exact, sketch->count, sizeof(double), compare_doubles);
			sketch->sorted = true;
		}
		return sketch->exact[rank - 1];
	}
	double number = rank == 1               ? sketch->min
	                : rank == sketch->count ? sketch->max
	                                        : bucket_rank(sketch, rank);
	return MIN_OF(MAX_OF(number, sketch->min), sketch->max);
}
