/* RFC 6962 trees over hashes: growing, proving, checking. A range is given by its first leaf and
 * the one behind its last; every range here starts at a multiple of the largest power of two that
 * it holds, so it falls into perfect subtrees.
 */
#include "seal/tree.h"

enum { TILE_HEIGHT = 8, PATH_MAX_HASHES = 64 + 1 };

void tree_node(const uint8_t left[SHA256_SIZE], const uint8_t right[SHA256_SIZE],
               uint8_t out_hash[SHA256_SIZE]) {
	uint8_t bytes[1 + 2 * SHA256_SIZE];
	bytes[0] = 0x01;
	memcpy(bytes + 1, left, SHA256_SIZE);
	memcpy(bytes + 1 + SHA256_SIZE, right, SHA256_SIZE);
	sha256(bytes, sizeof(bytes), out_hash);
}

/* The nodes above 2 * count neighbours, in place of the first of them: two at a time. */
static void fold(uint8_t *hashes, size_t count) {
	static const uint8_t prefix = 0x01;
	uint8_t out[2 * SHA256_SIZE];
	struct sha256_job jobs[2];
	size_t i = 0;
	for (; i + 1 < count; i += 2) {
		for (size_t k = 0; k < 2; k++) {
			jobs[k] = (struct sha256_job){.prefix = &prefix,
			                              .prefix_len = 1,
			                              .body = hashes + (i + k) * 2 * SHA256_SIZE,
			                              .body_len = 2 * (size_t)SHA256_SIZE,
			                              .out_digest = out + k * SHA256_SIZE};
		}
		sha256_pair(&jobs[0], &jobs[1]);
		memcpy(hashes + i * SHA256_SIZE, out, sizeof(out));
	}
	if (i < count) {
		uint8_t *left = hashes + i * 2 * SHA256_SIZE;
		tree_node(left, left + SHA256_SIZE, hashes + i * SHA256_SIZE);
	}
}

void tree_fold(uint8_t *hashes, unsigned height) {
	while (height-- > 0) {
		fold(hashes, (size_t)1 << height);
	}
}

static unsigned count_ones(uint64_t value) {
	return (unsigned)__builtin_popcountll(value);
}

static unsigned highest_bit(uint64_t value) {
	return 63 - (unsigned)__builtin_clzll(value);
}

void tree_init(struct tree *tree) {
	*tree = (struct tree){0};
}

void tree_deinit(struct tree *tree) {
	for (size_t i = 0; i < TREE_LEVELS; i++) {
		buf_deinit(&tree->completed[i]);
	}
	tree_init(tree);
}

static void note_completed(struct tree *tree, unsigned height, const uint8_t hash[SHA256_SIZE]) {
	if (height > 0 && height % TILE_HEIGHT == 0) {
		buf_append(&tree->completed[height / TILE_HEIGHT], hash, SHA256_SIZE);
	}
}

/* Appends a perfect subtree; size is a multiple of its 2^height leaves. */
static void append_subtree(struct tree *tree, unsigned height, const uint8_t root[SHA256_SIZE]) {
	unsigned top = count_ones(tree->size);
	uint64_t leaves = (uint64_t)1 << height;
	uint8_t hash[SHA256_SIZE];
	ASSERT(tree->size <= UINT64_MAX - leaves);
	memcpy(hash, root, SHA256_SIZE);
	note_completed(tree, height, hash);
	while ((tree->size >> height) & 1) {
		tree_node(tree->stack[--top], hash, hash);
		note_completed(tree, ++height, hash);
	}
	memcpy(tree->stack[top], hash, SHA256_SIZE);
	tree->size += leaves;
}

void tree_append(struct tree *tree, const uint8_t leaf_hash[SHA256_SIZE]) {
	append_subtree(tree, 0, leaf_hash);
}

void tree_append_many(struct tree *tree, const uint8_t *leaf_hashes, size_t count) {
	uint8_t hashes[(SHA256_SIZE << TILE_HEIGHT)];
	while (count > 0) {
		unsigned height = MIN_OF(highest_bit(count), (unsigned)TILE_HEIGHT);
		if (tree->size > 0) {
			height = MIN_OF(height, (unsigned)__builtin_ctzll(tree->size));
		}
		size_t leaves = (size_t)1 << height;
		memcpy(hashes, leaf_hashes, leaves * SHA256_SIZE);
		tree_fold(hashes, height);
		append_subtree(tree, height, hashes);
		leaf_hashes += leaves * SHA256_SIZE;
		count -= leaves;
	}
}

void tree_root(const struct tree *tree, uint8_t out_root[SHA256_SIZE]) {
	unsigned top = count_ones(tree->size);
	if (top == 0) {
		sha256("", 0, out_root);
		return;
	}
	memcpy(out_root, tree->stack[--top], SHA256_SIZE);
	while (top > 0) {
		tree_node(tree->stack[--top], out_root, out_root);
	}
}

/* Reads the perfect subtrees of [start, end), largest first. */
static enum err read_subtrees(uint64_t start, uint64_t end, tree_node_f node, void *ctx,
                              uint8_t (*out_stack)[SHA256_SIZE]) {
	for (unsigned i = 0; start < end; i++) {
		unsigned height = highest_bit(end - start);
		TRY(node(ctx, start, height, out_stack[i]));
		start += (uint64_t)1 << height;
	}
	return ERR_OK;
}

enum err tree_restore(struct tree *tree, uint64_t size, tree_node_f node, void *ctx) {
	struct tree restored = {.size = size};
	TRY(read_subtrees(0, size, node, ctx, restored.stack));
	tree_deinit(tree);
	*tree = restored;
	return ERR_OK;
}

/* MTH(D[start:end]) of RFC 9162 section 2.1.1. */
static enum err range_root(uint64_t start, uint64_t end, tree_node_f node, void *ctx,
                           uint8_t out_hash[SHA256_SIZE]) {
	uint8_t stack[64][SHA256_SIZE];
	unsigned top = count_ones(end - start);
	ASSERT(top > 0);
	TRY(read_subtrees(start, end, node, ctx, stack));
	memcpy(out_hash, stack[--top], SHA256_SIZE);
	while (top > 0) {
		tree_node(stack[--top], out_hash, out_hash);
	}
	return ERR_OK;
}

/* The ranges whose roots make a proof, from the root of the tree downwards. */
struct ranges {
	struct {
		uint64_t start, end;
	} list[PATH_MAX_HASHES];
	unsigned count;
};

static void ranges_add(struct ranges *ranges, uint64_t start, uint64_t end) {
	ASSERT(ranges->count < PATH_MAX_HASHES);
	ranges->list[ranges->count].start = start;
	ranges->list[ranges->count].end = end;
	ranges->count++;
}

/* Where RFC 9162 splits [start, end): at the largest power of two below its length. */
static uint64_t split_at(uint64_t start, uint64_t end) {
	ASSERT(end - start > 1);
	return start + ((uint64_t)1 << highest_bit(end - start - 1));
}

/* Proofs list their hashes from the leaf upwards. */
static enum err ranges_prove(const struct ranges *ranges, tree_node_f node, void *ctx,
                             struct buf *out_path) {
	size_t before = out_path->len;
	for (unsigned i = ranges->count; i-- > 0;) {
		uint8_t hash[SHA256_SIZE];
		enum err err = range_root(ranges->list[i].start, ranges->list[i].end, node, ctx, hash);
		if (err != ERR_OK) {
			out_path->len = before;
			return err;
		}
		buf_append(out_path, hash, SHA256_SIZE);
	}
	return ERR_OK;
}

enum err tree_inclusion(uint64_t index, uint64_t size, tree_node_f node, void *ctx,
                        struct buf *out_path) {
	struct ranges ranges = {0};
	uint64_t start = 0;
	uint64_t end = size;
	if (index >= size) {
		return ERR_INVALID;
	}
	while (end - start > 1) {
		uint64_t middle = split_at(start, end);
		if (index < middle) {
			ranges_add(&ranges, middle, end);
			end = middle;
		} else {
			ranges_add(&ranges, start, middle);
			start = middle;
		}
	}
	return ranges_prove(&ranges, node, ctx, out_path);
}

enum err tree_consistency(uint64_t old_size, uint64_t new_size, tree_node_f node, void *ctx,
                          struct buf *out_path) {
	struct ranges ranges = {0};
	uint64_t start = 0;
	uint64_t end = new_size;
	if (old_size > new_size) {
		return ERR_INVALID;
	}
	if (old_size == 0) {
		return ERR_OK; /* the empty tree is a prefix of any */
	}
	while (old_size < end) {
		uint64_t middle = split_at(start, end);
		if (old_size <= middle) {
			ranges_add(&ranges, middle, end);
			end = middle;
		} else {
			ranges_add(&ranges, start, middle);
			start = middle;
		}
	}
	if (start > 0) { /* not the whole old tree: its verifier does not know this part's root */
		ranges_add(&ranges, start, end);
	}
	return ranges_prove(&ranges, node, ctx, out_path);
}

/* ---- checking ---- */

/* Takes the next hash of a proof; false at its end. */
static bool take_hash(struct str *path, const uint8_t **out_hash) {
	if (path->len < SHA256_SIZE) {
		return false;
	}
	*out_hash = (const uint8_t *)path->ptr;
	*path = str_slice(*path, SHA256_SIZE, path->len);
	return true;
}

static bool hash_eq(const uint8_t a[SHA256_SIZE], const uint8_t b[SHA256_SIZE]) {
	return memcmp(a, b, SHA256_SIZE) == 0;
}

/* RFC 9162 section 2.1.3.2. */
bool tree_check_inclusion(uint64_t index, uint64_t size, const uint8_t leaf_hash[SHA256_SIZE],
                          struct str path, const uint8_t root[SHA256_SIZE]) {
	if (index >= size || path.len % SHA256_SIZE != 0) {
		return false;
	}
	uint64_t fn = index;
	uint64_t sn = size - 1;
	uint8_t hash[SHA256_SIZE];
	const uint8_t *sibling;
	memcpy(hash, leaf_hash, SHA256_SIZE);
	while (take_hash(&path, &sibling)) {
		if (sn == 0) {
			return false;
		}
		if ((fn & 1) == 1 || fn == sn) {
			tree_node(sibling, hash, hash);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			tree_node(hash, sibling, hash);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && hash_eq(hash, root);
}

/* RFC 9162 section 2.1.4.2, 0 < old_size < new_size. */
static bool check_growth(uint64_t old_size, const uint8_t old_root[SHA256_SIZE], uint64_t new_size,
                         const uint8_t new_root[SHA256_SIZE], struct str path) {
	uint64_t fn = old_size - 1;
	uint64_t sn = new_size - 1;
	const uint8_t *part = old_root; /* a perfect old tree is its own first hash */
	if ((old_size & (old_size - 1)) != 0 && !take_hash(&path, &part)) {
		return false;
	}
	while (fn & 1) {
		fn >>= 1;
		sn >>= 1;
	}
	uint8_t old_hash[SHA256_SIZE];
	uint8_t new_hash[SHA256_SIZE];
	memcpy(old_hash, part, SHA256_SIZE);
	memcpy(new_hash, part, SHA256_SIZE);
	while (take_hash(&path, &part)) {
		if (sn == 0) {
			return false;
		}
		if ((fn & 1) == 1 || fn == sn) {
			tree_node(part, old_hash, old_hash);
			tree_node(part, new_hash, new_hash);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			tree_node(new_hash, part, new_hash);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && hash_eq(old_hash, old_root) && hash_eq(new_hash, new_root);
}

bool tree_check_consistency(uint64_t old_size, const uint8_t old_root[SHA256_SIZE],
                            uint64_t new_size, const uint8_t new_root[SHA256_SIZE],
                            struct str path) {
	if (old_size > new_size || path.len % SHA256_SIZE != 0) {
		return false;
	}
	if (old_size == new_size) {
		return path.len == 0 && hash_eq(old_root, new_root);
	}
	if (old_size == 0) {
		uint8_t empty[SHA256_SIZE];
		sha256("", 0, empty);
		return path.len == 0 && hash_eq(old_root, empty);
	}
	return check_growth(old_size, old_root, new_size, new_root, path);
}
