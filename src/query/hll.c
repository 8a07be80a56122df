/* Each register keeps the longest run of zero bits among the hashes that fell to it. */
#include "query/hll.h"

#include <math.h>
#include <stdlib.h>

#include "base/macros.h"

enum { BITS = 14, REGISTERS = 1 << BITS, RANKS = 64 - BITS };

struct hll {
	uint8_t registers[REGISTERS];
};

struct hll *hll_new(void) {
	struct hll *hll = calloc(1, sizeof(*hll));
	ASSERT(hll != NULL);
	return hll;
}

void hll_free(struct hll *hll) {
	free(hll);
}

size_t hll_bytes(void) {
	return sizeof(struct hll);
}

void hll_add(struct hll *hll, uint64_t hash) {
	size_t number = (size_t)(hash >> (64 - BITS));
	uint64_t rest = hash << BITS;
	uint8_t rank = (uint8_t)(rest == 0 ? RANKS + 1 : __builtin_clzll(rest) + 1);
	hll->registers[number] = MAX_OF(hll->registers[number], rank);
}

void hll_merge(struct hll *hll, const struct hll *more) {
	for (size_t i = 0; i < REGISTERS; i++) {
		hll->registers[i] = MAX_OF(hll->registers[i], more->registers[i]);
	}
}

/* What registers that are still empty say: x + sum of x^(2^k) * 2^(k-1). */
static double sigma(double x) {
	double y = 1;
	double z = x;
	double before;
	if (x == 1) {
		return INFINITY;
	}
	do {
		x *= x;
		before = z;
		z += x * y;
		y += y;
	} while (z != before);
	return z;
}

/* What full registers say: (1 - x - sum of (1 - x^(2^-k))^2 * 2^-k) / 3. */
static double tau(double x) {
	double y = 1;
	double z = 1 - x;
	double before;
	if (x == 0 || x == 1) {
		return 0;
	}
	do {
		x = sqrt(x);
		before = z;
		y *= 0.5;
		z -= (1 - x) * (1 - x) * y;
	} while (z != before);
	return z / 3;
}

uint64_t hll_count(const struct hll *hll) {
	static const double m = REGISTERS;
	static const double alpha = 0.721347520444481703680; /* 1 / (2 ln 2) */
	uint32_t with_rank[RANKS + 2] = {0};
	for (size_t i = 0; i < REGISTERS; i++) {
		with_rank[hll->registers[i]]++;
	}
	double z = m * tau(1 - with_rank[RANKS + 1] / m);
	for (int rank = RANKS; rank >= 1; rank--) {
		z = (z + with_rank[rank]) * 0.5;
	}
	z += m * sigma(with_rank[0] / m);
	return (uint64_t)llround(alpha * m * m / z);
}
