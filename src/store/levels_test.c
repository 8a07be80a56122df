/* Nodes from level files and leaves are those of a tree grown leaf by leaf. */
#include "store/levels.h"

#include "os/os_memory.h"
#include "tap.h"

static void leaf(uint64_t index, uint8_t out_hash[SHA256_SIZE]) {
	sha256(&index, sizeof(index), out_hash);
}

static enum err give_leaves(void *ctx, uint64_t first, uint32_t count, uint8_t *out_hashes) {
	(void)ctx;
	for (uint32_t i = 0; i < count; i++) {
		leaf(first + i, out_hashes + (size_t)i * SHA256_SIZE);
	}
	return ERR_OK;
}

TEST(a_tree_restored_from_levels_has_the_same_root) {
	enum { SIZE = 1000 };
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	const struct os *os = os_memory_os(memory);
	struct tree tree;
	struct tree again;
	struct levels levels;
	uint8_t hash[SHA256_SIZE];
	uint8_t root[SHA256_SIZE];
	uint8_t same[SHA256_SIZE];
	tree_init(&tree);
	for (uint64_t i = 0; i < SIZE; i++) {
		leaf(i, hash);
		tree_append(&tree, hash);
	}
	tree_root(&tree, root);
	CHECK_EQ(tree.completed[1].len, level_entries(SIZE, 1) * SHA256_SIZE);
	REQUIRE(os_replace_file(os, "/", "level1", buf_str(&tree.completed[1])) == ERR_OK);
	levels_init(&levels, os, "/", SIZE, give_leaves, NULL);
	tree_init(&again);
	REQUIRE(tree_restore(&again, SIZE, levels_node, &levels) == ERR_OK);
	tree_root(&again, same);
	CHECK(memcmp(root, same, sizeof(root)) == 0);
	levels_deinit(&levels);
	REQUIRE(os->unlink(os->ctx, "/level1") == ERR_OK);
	levels_init(&levels, os, "/", SIZE, give_leaves, NULL);
	CHECK(tree_restore(&again, SIZE, levels_node, &levels) == ERR_CORRUPT);
	levels_deinit(&levels);
	tree_deinit(&tree);
	tree_deinit(&again);
	CHECK_EQ(os_memory_open_count(memory), 0);
}
