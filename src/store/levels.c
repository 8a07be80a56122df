/* Nodes of the tree from level files and from recomputed leaves. */
#include "store/levels.h"

#include "store/path.h"

enum { BUNDLE = 256 };

void level_name(unsigned level, char out_name[LEVEL_NAME_SIZE]) {
	ASSERT(level > 0 && level < TREE_LEVELS);
	(void)snprintf(out_name, LEVEL_NAME_SIZE, "level%u", level % 10);
}

void levels_init(struct levels *levels, const struct os *os, const char *folder, uint64_t size,
                 levels_leaves_f leaves, void *leaves_ctx) {
	*levels = (struct levels){.os = os,
	                          .folder = folder,
	                          .leaves = leaves,
	                          .leaves_ctx = leaves_ctx,
	                          .size = size,
	                          .bundle = UINT64_MAX};
	for (unsigned i = 0; i < TREE_LEVELS; i++) {
		levels->fds[i] = -1;
	}
}

void levels_deinit(struct levels *levels) {
	for (unsigned i = 0; i < TREE_LEVELS; i++) {
		if (levels->fds[i] >= 0) {
			(void)levels->os->close(levels->os->ctx, levels->fds[i]); /* only read */
		}
	}
}

static enum err read_entry(struct levels *levels, unsigned level, uint64_t entry,
                           uint8_t out_hash[SHA256_SIZE]) {
	const struct os *os = levels->os;
	size_t got = 0;
	uint8_t hash[SHA256_SIZE];
	if (levels->fds[level] < 0) {
		char name[LEVEL_NAME_SIZE];
		struct store_path path;
		level_name(level, name);
		enum err err =
		    os->open(os->ctx, path_in(&path, levels->folder, name), OS_READ, &levels->fds[level]);
		if (err != ERR_OK) {
			levels->fds[level] = -1;
			return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
		}
	}
	TRY(os->pread(os->ctx, levels->fds[level], hash, sizeof(hash), entry * SHA256_SIZE, &got));
	if (got != sizeof(hash)) {
		return ERR_CORRUPT;
	}
	memcpy(out_hash, hash, sizeof(hash));
	return ERR_OK;
}

static enum err read_leaf(struct levels *levels, uint64_t index, uint8_t out_hash[SHA256_SIZE]) {
	uint64_t bundle = index / BUNDLE;
	if (levels->bundle != bundle) {
		uint64_t first = bundle * BUNDLE;
		levels->bundle = UINT64_MAX;
		TRY(levels->leaves(levels->leaves_ctx, first,
		                   (uint32_t)MIN_OF(levels->size - first, (uint64_t)BUNDLE),
		                   levels->hashes));
		levels->bundle = bundle;
	}
	memcpy(out_hash, levels->hashes + (index % BUNDLE) * SHA256_SIZE, SHA256_SIZE);
	return ERR_OK;
}

enum err levels_node(void *ctx, uint64_t start, unsigned height, uint8_t out_hash[SHA256_SIZE]) {
	struct levels *levels = ctx;
	uint8_t left[SHA256_SIZE];
	uint8_t right[SHA256_SIZE];
	ASSERT(height < 64 && start % ((uint64_t)1 << height) == 0 &&
	       start + ((uint64_t)1 << height) <= levels->size);
	if (height == 0) {
		return read_leaf(levels, start, out_hash);
	}
	if (height % 8 == 0 && height / 8 < TREE_LEVELS) {
		return read_entry(levels, height / 8, start >> height, out_hash);
	}
	TRY(levels_node(ctx, start, height - 1, left));
	TRY(levels_node(ctx, start + ((uint64_t)1 << (height - 1)), height - 1, right));
	tree_node(left, right, out_hash);
	return ERR_OK;
}
