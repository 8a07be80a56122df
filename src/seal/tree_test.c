/* Trees against the definitions of RFC 9162, written out as they stand there, for every size up to
 * SIZES; and every proof with any byte changed is refused.
 */
#include "seal/tree.h"

#include <stdlib.h>

#include "base/endian.h"
#include "tap.h"

enum { SIZES = 300 };

struct forest { /* leaf hashes of the largest tree */
	uint8_t leaves[SIZES][SHA256_SIZE];
};

static struct forest *forest_new(void) {
	struct forest *forest = calloc(1, sizeof(*forest));
	ASSERT(forest != NULL);
	for (uint64_t i = 0; i < SIZES; i++) {
		uint8_t bytes[9] = {0};
		be64_store(bytes + 1, i);
		sha256(bytes, sizeof(bytes), forest->leaves[i]);
	}
	return forest;
}

static void forest_freep(struct forest **forest) {
	free(*forest);
}

/* MTH of RFC 9162 section 2.1.1. */
static void mth(const uint8_t (*d)[SHA256_SIZE], uint64_t n, uint8_t out[SHA256_SIZE]) {
	uint64_t k = 1;
	uint8_t bytes[1 + 2 * SHA256_SIZE] = {1};
	if (n == 0) {
		sha256(NULL, 0, out);
		return;
	}
	if (n == 1) {
		memcpy(out, d[0], SHA256_SIZE);
		return;
	}
	while (k * 2 < n) {
		k *= 2;
	}
	mth(d, k, bytes + 1);
	mth(d + k, n - k, bytes + 1 + SHA256_SIZE);
	sha256(bytes, sizeof(bytes), out);
}

static void put_mth(const uint8_t (*d)[SHA256_SIZE], uint64_t n, struct buf *out) {
	uint8_t hash[SHA256_SIZE];
	mth(d, n, hash);
	buf_append(out, hash, SHA256_SIZE);
}

/* PATH of section 2.1.3.1. */
static void path(uint64_t m, const uint8_t (*d)[SHA256_SIZE], uint64_t n, struct buf *out) {
	uint64_t k = 1;
	if (n == 1) {
		return;
	}
	while (k * 2 < n) {
		k *= 2;
	}
	if (m < k) {
		path(m, d, k, out);
		put_mth(d + k, n - k, out);
	} else {
		path(m - k, d + k, n - k, out);
		put_mth(d, k, out);
	}
}

/* SUBPROOF of section 2.1.4.1. */
static void subproof(uint64_t m, const uint8_t (*d)[SHA256_SIZE], uint64_t n, bool whole,
                     struct buf *out) {
	uint64_t k = 1;
	if (m == n) {
		if (!whole) {
			put_mth(d, n, out);
		}
		return;
	}
	while (k * 2 < n) {
		k *= 2;
	}
	if (m <= k) {
		subproof(m, d, k, whole, out);
		put_mth(d + k, n - k, out);
	} else {
		subproof(m - k, d + k, n - k, false, out);
		put_mth(d, k, out);
	}
}

static enum err forest_node(void *ctx, uint64_t start, unsigned height,
                            uint8_t out_hash[SHA256_SIZE]) {
	struct forest *forest = ctx;
	uint64_t count = (uint64_t)1 << height;
	if (start % count != 0 || start + count > SIZES) {
		return ERR_CORRUPT;
	}
	mth((const uint8_t(*)[SHA256_SIZE])forest->leaves + start, count, out_hash);
	return ERR_OK;
}

static const uint8_t (*leaves_of(const struct forest *forest))[SHA256_SIZE] {
	return (const uint8_t(*)[SHA256_SIZE])forest->leaves;
}

/* The eight leaves that the first implementations of RFC 6962 publish with their roots. */
TEST(the_known_roots_of_rfc_6962_come_out) {
	static const struct {
		const char *bytes;
		size_t len;
		const char *root;
	} known[] = {
	    {"", 0, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
	    {"\x00", 1, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
	    {"\x10", 1, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
	    {"\x20\x21", 2, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
	    {"\x30\x31", 2, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
	    {"\x40\x41\x42\x43", 4, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
	    {"\x50\x51\x52\x53\x54\x55\x56\x57", 8,
	     "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
	    {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16,
	     "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
	};
	struct tree tree CLEANUP(tree_deinit);
	tree_init(&tree);
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		uint8_t bytes[17] = {0};
		uint8_t hash[SHA256_SIZE];
		struct buf hex CLEANUP(buf_deinit) = {0};
		memcpy(bytes + 1, known[i].bytes, known[i].len);
		sha256(bytes, known[i].len + 1, hash);
		tree_append(&tree, hash);
		tree_root(&tree, hash);
		buf_append_hex(&hex, hash, SHA256_SIZE);
		CHECK_STR(buf_str(&hex), known[i].root);
	}
}

TEST(roots_of_all_sizes_equal_the_definition) {
	struct forest *forest CLEANUP(forest_freep) = forest_new();
	struct tree tree CLEANUP(tree_deinit);
	tree_init(&tree);
	for (uint64_t size = 0; size <= SIZES; size++) {
		uint8_t root[SHA256_SIZE];
		uint8_t expected[SHA256_SIZE];
		tree_root(&tree, root);
		mth(leaves_of(forest), size, expected);
		CHECK(memcmp(root, expected, SHA256_SIZE) == 0);
		if (size < SIZES) {
			tree_append(&tree, forest->leaves[size]);
		}
	}
}

TEST(a_restored_tree_goes_on_like_one_that_never_stopped) {
	struct forest *forest CLEANUP(forest_freep) = forest_new();
	struct tree tree CLEANUP(tree_deinit);
	tree_init(&tree);
	for (uint64_t size = 0; size < SIZES; size++) {
		struct tree restored CLEANUP(tree_deinit);
		tree_init(&restored);
		CHECK_EQ(tree_restore(&restored, size, forest_node, forest), ERR_OK);
		CHECK_EQ(restored.size, size);
		tree_append(&tree, forest->leaves[size]);
		tree_append(&restored, forest->leaves[size]);
		CHECK(memcmp(tree.stack, restored.stack,
		             sizeof(tree.stack[0]) * (size_t)__builtin_popcountll(size + 1)) == 0);
	}
}

TEST(inclusion_paths_of_all_sizes_equal_the_definition_and_verify) {
	struct forest *forest CLEANUP(forest_freep) = forest_new();
	struct buf made CLEANUP(buf_deinit) = {0};
	struct buf expected CLEANUP(buf_deinit) = {0};
	for (uint64_t size = 1; size <= SIZES; size += size < 70 ? 1 : 1 + tap_random() % 9) {
		uint8_t root[SHA256_SIZE];
		mth(leaves_of(forest), size, root);
		for (uint64_t index = 0; index < size; index++) {
			buf_clear(&made);
			buf_clear(&expected);
			path(index, leaves_of(forest), size, &expected);
			CHECK_EQ(tree_inclusion(index, size, forest_node, forest, &made), ERR_OK);
			CHECK(str_eq(buf_str(&made), buf_str(&expected)));
			CHECK(tree_check_inclusion(index, size, forest->leaves[index], buf_str(&made), root));
		}
	}
	CHECK_EQ(tree_inclusion(5, 5, forest_node, forest, &made), ERR_INVALID);
	CHECK_EQ(tree_inclusion(0, 0, forest_node, forest, &made), ERR_INVALID);
}

TEST(consistency_proofs_of_all_sizes_equal_the_definition_and_verify) {
	struct forest *forest CLEANUP(forest_freep) = forest_new();
	struct buf made CLEANUP(buf_deinit) = {0};
	struct buf expected CLEANUP(buf_deinit) = {0};
	for (uint64_t size = 0; size <= SIZES; size += size < 70 ? 1 : 1 + tap_random() % 9) {
		uint8_t root[SHA256_SIZE];
		mth(leaves_of(forest), size, root);
		for (uint64_t old = 0; old <= size; old++) {
			uint8_t old_root[SHA256_SIZE];
			mth(leaves_of(forest), old, old_root);
			buf_clear(&made);
			buf_clear(&expected);
			if (old > 0) {
				subproof(old, leaves_of(forest), size, true, &expected);
			}
			CHECK_EQ(tree_consistency(old, size, forest_node, forest, &made), ERR_OK);
			CHECK(str_eq(buf_str(&made), buf_str(&expected)));
			CHECK(tree_check_consistency(old, old_root, size, root, buf_str(&made)));
			if (old < size) {
				CHECK(!tree_check_consistency(old, root, size, root, buf_str(&made)));
			}
		}
	}
	CHECK_EQ(tree_consistency(6, 5, forest_node, forest, &made), ERR_INVALID);
}

TEST(an_inclusion_proof_with_any_byte_changed_is_refused) {
	struct forest *forest CLEANUP(forest_freep) = forest_new();
	struct buf proof CLEANUP(buf_deinit) = {0};
	for (uint64_t size = 1; size < 40; size++) {
		uint8_t root[SHA256_SIZE];
		mth(leaves_of(forest), size, root);
		for (uint64_t index = 0; index < size; index++) {
			const uint8_t *leaf = forest->leaves[index];
			buf_clear(&proof);
			CHECK_EQ(tree_inclusion(index, size, forest_node, forest, &proof), ERR_OK);
			for (size_t i = 0; i < proof.len; i++) {
				char flip = (char)(1 << (tap_random() % 8));
				proof.ptr[i] = (char)(proof.ptr[i] ^ flip);
				CHECK(!tree_check_inclusion(index, size, leaf, buf_str(&proof), root));
				proof.ptr[i] = (char)(proof.ptr[i] ^ flip);
			}
			for (size_t len = 0; len < proof.len; len++) {
				struct str cut = str_slice(buf_str(&proof), 0, len);
				CHECK(!tree_check_inclusion(index, size, leaf, cut, root));
			}
			buf_append(&proof, root, SHA256_SIZE);
			CHECK(!tree_check_inclusion(index, size, leaf, buf_str(&proof), root));
			proof.len -= SHA256_SIZE;
			for (uint64_t other = 0; other < size + 2; other++) {
				CHECK(tree_check_inclusion(other, size, leaf, buf_str(&proof), root) ==
				      (other == index));
			}
			CHECK(!tree_check_inclusion(index, size, root, buf_str(&proof), leaf) || size == 1);
		}
	}
}

TEST(a_consistency_proof_with_any_byte_changed_is_refused) {
	struct forest *forest CLEANUP(forest_freep) = forest_new();
	struct buf proof CLEANUP(buf_deinit) = {0};
	for (uint64_t size = 2; size < 40; size++) {
		uint8_t root[SHA256_SIZE];
		mth(leaves_of(forest), size, root);
		for (uint64_t old = 1; old < size; old++) {
			uint8_t old_root[SHA256_SIZE];
			mth(leaves_of(forest), old, old_root);
			buf_clear(&proof);
			CHECK_EQ(tree_consistency(old, size, forest_node, forest, &proof), ERR_OK);
			for (size_t i = 0; i < proof.len; i++) {
				char flip = (char)(1 << (tap_random() % 8));
				proof.ptr[i] = (char)(proof.ptr[i] ^ flip);
				CHECK(!tree_check_consistency(old, old_root, size, root, buf_str(&proof)));
				proof.ptr[i] = (char)(proof.ptr[i] ^ flip);
			}
			for (size_t len = 0; len < proof.len; len++) {
				struct str cut = str_slice(buf_str(&proof), 0, len);
				CHECK(!tree_check_consistency(old, old_root, size, root, cut));
			}
			buf_append(&proof, root, SHA256_SIZE);
			CHECK(!tree_check_consistency(old, old_root, size, root, buf_str(&proof)));
		}
	}
}

TEST(completed_levels_are_the_roots_of_256_entries_each) {
	enum { LEAVES = 65536 + 700 };
	struct tree tree CLEANUP(tree_deinit);
	uint8_t(*leaves)[SHA256_SIZE] = calloc(LEAVES, SHA256_SIZE);
	uint8_t hash[SHA256_SIZE];
	ASSERT(leaves != NULL);
	tree_init(&tree);
	for (uint64_t i = 0; i < LEAVES; i++) {
		be64_store(leaves[i], i);
		tree_append(&tree, leaves[i]);
	}
	CHECK_EQ(tree.completed[0].len, 0);
	CHECK_EQ(tree.completed[1].len, LEAVES / 256 * SHA256_SIZE);
	CHECK_EQ(tree.completed[2].len, SHA256_SIZE);
	CHECK_EQ(tree.completed[3].len, 0);
	for (size_t i = 0; i < LEAVES / 256; i++) {
		mth((const uint8_t(*)[SHA256_SIZE])leaves + i * 256, 256, hash);
		CHECK(memcmp(hash, tree.completed[1].ptr + i * SHA256_SIZE, SHA256_SIZE) == 0);
	}
	mth((const uint8_t(*)[SHA256_SIZE])(void *)tree.completed[1].ptr, 256, hash);
	CHECK(memcmp(hash, tree.completed[2].ptr, SHA256_SIZE) == 0);
	free(leaves);
}

static enum err failing_node(void *ctx, uint64_t start, unsigned height,
                             uint8_t out_hash[SHA256_SIZE]) {
	int *left = ctx;
	(void)start;
	(void)height;
	if ((*left)-- == 0) {
		return ERR_IO;
	}
	memset(out_hash, 7, SHA256_SIZE);
	return ERR_OK;
}

TEST(a_node_that_cannot_be_read_leaves_everything_untouched) {
	struct buf out CLEANUP(buf_deinit) = {0};
	struct tree tree CLEANUP(tree_deinit);
	tree_init(&tree);
	buf_append(&out, "kept", 4);
	for (int n = 0; n < 3; n++) {
		int left = n;
		CHECK_EQ(tree_restore(&tree, 7, failing_node, &left), ERR_IO);
		CHECK_EQ(tree.size, 0);
		left = n;
		CHECK_EQ(tree_inclusion(2, 7, failing_node, &left, &out), ERR_IO);
		left = n;
		CHECK_EQ(tree_consistency(3, 7, failing_node, &left, &out), ERR_IO);
		CHECK_STR(buf_str(&out), "kept");
	}
}

/* Nodes of a tree too large to hold: every node of one height is the same. */
static enum err uniform_node(void *ctx, uint64_t start, unsigned height,
                             uint8_t out_hash[SHA256_SIZE]) {
	(void)ctx;
	(void)start;
	memset(out_hash, 0, SHA256_SIZE);
	for (unsigned i = 0; i < height; i++) {
		tree_node(out_hash, out_hash, out_hash);
	}
	return ERR_OK;
}

TEST(sizes_up_to_the_largest_number_work) {
	static const uint64_t sizes[] = {(uint64_t)1 << 40, ((uint64_t)1 << 63) + 1, UINT64_MAX};
	static const uint8_t leaf[SHA256_SIZE];
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct tree tree CLEANUP(tree_deinit);
		struct buf proof CLEANUP(buf_deinit) = {0};
		uint8_t root[SHA256_SIZE];
		uint8_t half[SHA256_SIZE];
		tree_init(&tree);
		CHECK_EQ(tree_restore(&tree, sizes[i] / 2 - 1, uniform_node, NULL), ERR_OK);
		tree_root(&tree, half);
		CHECK_EQ(tree_restore(&tree, sizes[i], uniform_node, NULL), ERR_OK);
		tree_root(&tree, root);
		for (uint64_t index = sizes[i] - 3; index < sizes[i]; index++) {
			buf_clear(&proof);
			CHECK_EQ(tree_inclusion(index, sizes[i], uniform_node, NULL, &proof), ERR_OK);
			CHECK(tree_check_inclusion(index, sizes[i], leaf, buf_str(&proof), root));
		}
		buf_clear(&proof);
		CHECK_EQ(tree_consistency(sizes[i] / 2 - 1, sizes[i], uniform_node, NULL, &proof), ERR_OK);
		CHECK(tree_check_consistency(sizes[i] / 2 - 1, half, sizes[i], root, buf_str(&proof)));
	}
}

enum { MANY = 3000 };

/* The sizes of a round: single ones, some, or more than a tile. */
static uint64_t step_of(size_t round) {
	static const uint64_t most[] = {4, 60, 900};
	return tap_random() % most[round % ARRAY_LEN(most)];
}

TEST(many_leaves_at_once_make_the_tree_that_they_make_one_by_one) {
	uint8_t(*leaves)[SHA256_SIZE] = calloc(MANY, SHA256_SIZE);
	REQUIRE(leaves != NULL);
	for (uint64_t i = 0; i < MANY; i++) {
		sha256(&i, sizeof(i), leaves[i]);
	}
	for (size_t round = 0; round < tap_rounds(6); round++) {
		struct tree one CLEANUP(tree_deinit);
		struct tree many CLEANUP(tree_deinit);
		tree_init(&one);
		tree_init(&many);
		while (one.size < MANY) {
			uint64_t step = step_of(round);
			uint64_t count = MIN_OF(step, MANY - one.size);
			tree_append_many(&many, leaves[one.size], count);
			for (uint64_t i = 0; i < count; i++) {
				tree_append(&one, leaves[one.size]);
			}
			CHECK(many.size == one.size &&
			      memcmp(many.stack, one.stack,
			             SHA256_SIZE * (size_t)__builtin_popcountll(one.size)) == 0);
		}
		for (size_t level = 0; level < TREE_LEVELS; level++) {
			CHECK(str_eq(buf_str(&one.completed[level]), buf_str(&many.completed[level])));
		}
	}
	free(leaves);
}
