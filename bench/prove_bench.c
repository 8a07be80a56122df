/* prove_bench STORE [COUNT]: how long it takes to open a store, and to prove one record of it, any
 * one: the least, the median, the 99th part and the most of COUNT proofs, each checked against the
 * checkpoint's root.
 */
#include "base/buf.h"
#include "store/store.h"

static double now_ms(void) {
	const struct os *os = os_real();
	return (double)os->monotonic_ns(os->ctx) / 1e6;
}

static int by_size(const void *left, const void *right) {
	double a = *(const double *)left;
	double b = *(const double *)right;
	return a < b ? -1 : a > b;
}

static int fail(const struct diag *diag) {
	(void)fprintf(stderr, "%s\n", diag->message);
	return 3;
}

int main(int argc, char **argv) {
	uint64_t count = 1000;
	struct diag diag = {0};
	struct store *store CLEANUP(store_closep) = NULL;
	if (argc < 2 || (argc > 2 && !str_to_u64(str_from(argv[2]), 1000000, &count)) || count == 0) {
		return 2;
	}
	struct store_options options = {.os = os_real(), .path = argv[1]};
	double start = now_ms();
	if (store_open(&options, &store, &diag) != ERR_OK) {
		return fail(&diag);
	}
	double opened = now_ms() - start;
	struct store_info info;
	store_get_info(store, &info);
	double *times = calloc(count, sizeof(*times));
	ASSERT(times != NULL);
	for (uint64_t i = 0; i < count; i++) {
		struct arena *arena = arena_new(SIZE_MAX);
		struct store_proof proof;
		start = now_ms();
		/* Any record: multiples of the golden ratio's part of 2^64 are spread evenly. */
		uint64_t index = (uint64_t)((__uint128_t)(i * 0x9e3779b97f4a7c15U) * info.tree_size >> 64);
		enum err err = store_prove(store, index, arena, &proof, &diag);
		times[i] = now_ms() - start;
		arena_free(arena);
		if (err != ERR_OK) {
			free(times);
			return fail(&diag);
		}
	}
	qsort(times, count, sizeof(*times), by_size);
	printf("{\"leaves\":%llu,\"segments\":%llu,\"open_ms\":%.3f,\"proofs\":%llu,\"least_ms\":%.3f,"
	       "\"median_ms\":%.3f,\"p99_ms\":%.3f,\"most_ms\":%.3f}\n",
	       (unsigned long long)info.tree_size, (unsigned long long)info.segments, opened,
	       (unsigned long long)count, times[0], times[count / 2], times[count * 99 / 100],
	       times[count - 1]);
	free(times);
	return 0;
}
