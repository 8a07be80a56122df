/* The stored levels of a tree: files level1, level2, ... of 32-byte entries, level 0 being made
 * again from the records. Together they answer for any perfect subtree.
 */
#pragma once

#include "os/os.h"
#include "seal/tree.h"

/* Leaf hashes of [first, first + count), inside one bundle of 256: 32 bytes each. */
typedef enum err (*levels_leaves_f)(void *ctx, uint64_t first, uint32_t count, uint8_t *out_hashes);

struct levels {
	const struct os *os;
	const char *folder; /* borrowed: tree/default */
	levels_leaves_f leaves;
	void *leaves_ctx;
	uint64_t size;   /* leaves that there are */
	uint64_t bundle; /* number of the one in hashes; UINT64_MAX: none */
	uint8_t hashes[256 * SHA256_SIZE];
	int fds[TREE_LEVELS]; /* -1: not open */
};

void levels_init(struct levels *levels, const struct os *os, const char *folder, uint64_t size,
                 levels_leaves_f leaves, void *leaves_ctx);
void levels_deinit(struct levels *levels);
/* A tree_node_f; ctx is the struct levels. */
MUST_USE enum err levels_node(void *ctx, uint64_t start, unsigned height,
                              uint8_t out_hash[SHA256_SIZE]);
/* The name of a level's file: "level1" ... */
enum { LEVEL_NAME_SIZE = 8 };
void level_name(unsigned level, char out_name[LEVEL_NAME_SIZE]);
/* Entries that a tree of size has in a level. */
static inline uint64_t level_entries(uint64_t size, unsigned level) {
	return size >> (8 * level);
}
