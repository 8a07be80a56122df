/* leaf_bench [BODY_BYTES [MILLIONS]]: leaves per second on one core: salts, commitments, leaf
 * hashes, tree. What sealing costs at ingest.
 */
#include <time.h>

#include "base/buf.h"
#include "seal/leaf.h"
#include "seal/tree.h"

enum { BUNDLE = SALT_BUNDLE };

static double now(void) {
	struct timespec time;
	ASSERT(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
	uint64_t size = 300;
	uint64_t millions = 1;
	struct tree tree;
	struct buf text CLEANUP(buf_deinit) = {0};
	static struct leaf leaves[BUNDLE];
	static struct leaf_body bodies[BUNDLE];
	static uint8_t salts[BUNDLE * SALT_SIZE];
	static uint8_t hashes[BUNDLE * SHA256_SIZE];
	uint8_t seed[SALT_SEED_SIZE] = {1};
	if ((argc > 1 && !str_to_u64(str_from(argv[1]), 1 << 20, &size)) ||
	    (argc > 2 && !str_to_u64(str_from(argv[2]), 1000, &millions))) {
		return 2;
	}
	memset(buf_reserve(&text, size + 1), 'x', size + 1);
	for (size_t i = 0; i < BUNDLE; i++) {
		bodies[i] = (struct leaf_body){.bytes = text.ptr, .len = size};
		leaves[i] = (struct leaf){.type = 1, .connection = LEAF_NO_CONNECTION};
	}
	uint64_t bundles = millions * 1000000 / BUNDLE;
	double start = now();
	tree_init(&tree);
	for (uint64_t b = 0; b < bundles; b++) {
		memcpy(seed, &b, sizeof(b));
		salt_bundle(seed, salts);
		leaf_hash_many(leaves, bodies, salts, BUNDLE, hashes);
		tree_append_many(&tree, hashes, BUNDLE);
	}
	double seconds = now() - start;
	double count = (double)(bundles * BUNDLE);
	printf("%.0f leaves of %llu bytes: %.0f leaves/s, %.0f ns each (%s)\n", count,
	       (unsigned long long)size, count / seconds, seconds / count * 1e9,
	       sha256_has_simd() ? "SHA-NI" : "OpenSSL");
	tree_deinit(&tree);
	return 0;
}
