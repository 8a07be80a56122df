/* Any bytes as YAML: a tree that can be walked, or a complaint with a place. */
#include "sigma/tree.h"

#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t walk(const struct tree_node *node, uint32_t depth) {
	uint64_t size = 1;
	ASSERT(depth <= LIMIT_TREE_DEPTH);
	ASSERT(node->place.line > 0 && node->place.column > 0);
	ASSERT(node->kind != TREE_MAP || node->count % 2 == 0);
	for (uint32_t i = 0; i < node->count; i++) {
		size += walk(node->items[i], depth + 1);
	}
	ASSERT(size == node->size);
	return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct arena *arena = arena_new(SIZE_MAX);
	struct tree tree = {0};
	struct place place;
	struct diag diag = {0};
	if (tree_read(arena, str_make((const char *)data, size), &tree, &place, &diag) != ERR_OK) {
		ASSERT(diag.message[0] != '\0' && place.line > 0);
	}
	uint64_t nodes = 0;
	for (uint32_t i = 0; i < tree.count; i++) {
		nodes += walk(tree.documents[i], 0);
	}
	ASSERT(nodes <= LIMIT_TREE_NODES);
	arena_free(arena);
	return 0;
}
