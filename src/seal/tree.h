/* RFC 6962 Merkle tree as a compact range plus the hashes of levels 8, 16, ... (tiles of height
 * 8, C2SP tlog-tiles): level L entry i is the root over leaves [i * 256^L, (i + 1) * 256^L). Level
 * 0 is made on demand from the records. Pure: who stores the levels is not decided here.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/sha256.h"

enum { TREE_LEVELS = 8 };

/* RFC 6962 node hash: SHA-256(0x01 || left || right). out may be one of the inputs. */
void tree_node(const uint8_t left[SHA256_SIZE], const uint8_t right[SHA256_SIZE],
               uint8_t out_hash[SHA256_SIZE]);

/* The root over a perfect subtree of 2^height leaves of 32 bytes each, in place of the first; the
 * others are spoilt. Two nodes at a time, as fast as SHA-NI allows. */
void tree_fold(uint8_t *hashes, unsigned height);

/* Grows leaf by leaf. Completed level entries are appended to levels[1..] (32 bytes each). */
struct tree {
	uint64_t size;
	uint8_t stack[64][SHA256_SIZE]; /* roots of the perfect subtrees of size's one bits, largest
	                                   first */
	struct buf
	    completed[TREE_LEVELS]; /* [L]: entries of level L completed since last taken; [0] unused */
};

void tree_init(struct tree *tree);
void tree_deinit(struct tree *tree);
void tree_append(struct tree *tree, const uint8_t leaf_hash[SHA256_SIZE]);
/* The same for count leaves of 32 bytes each, two nodes at a time. */
void tree_append_many(struct tree *tree, const uint8_t *leaf_hashes, size_t count);
/* Root of size 0 is SHA-256(""). */
void tree_root(const struct tree *tree, uint8_t out_root[SHA256_SIZE]);

/* Reads hashes of perfect subtrees: node covering leaves [start, start + 2^height). For proofs. */
typedef enum err (*tree_node_f)(void *ctx, uint64_t start, unsigned height,
                                uint8_t out_hash[SHA256_SIZE]);
/* Makes the compact range for size from nodes (for going on after a restart). */
MUST_USE enum err tree_restore(struct tree *tree, uint64_t size, tree_node_f node, void *ctx);
/* Inclusion path of index in a tree of size (RFC 9162 section 2.1.3), hashes appended to out_path.
 */
MUST_USE enum err tree_inclusion(uint64_t index, uint64_t size, tree_node_f node, void *ctx,
                                 struct buf *out_path);
/* Consistency proof between old_size and new_size (RFC 9162 section 2.1.4). */
MUST_USE enum err tree_consistency(uint64_t old_size, uint64_t new_size, tree_node_f node,
                                   void *ctx, struct buf *out_path);
/* Verification from the proofs alone. */
bool tree_check_inclusion(uint64_t index, uint64_t size, const uint8_t leaf_hash[SHA256_SIZE],
                          struct str path, const uint8_t root[SHA256_SIZE]);
bool tree_check_consistency(uint64_t old_size, const uint8_t old_root[SHA256_SIZE],
                            uint64_t new_size, const uint8_t new_root[SHA256_SIZE],
                            struct str path);
