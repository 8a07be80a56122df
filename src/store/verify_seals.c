/* Seal records against the checkpoints: each names the one before it, and what other trees had
 * signed by then. So a tree that was rolled back, or removed with its line in the file `store`, is
 * missed by the others.
 */
#include <inttypes.h>

#include "store/seal_record.h"
#include "store/verify.h"

/* Why the record is not the seal of this place, or NULL. */
static const char *seal_fault(const struct verify_tree *tree, const struct seal_record *record,
                              uint64_t index) {
	const struct verify_note *notes = (const struct verify_note *)(void *)tree->notes.ptr;
	uint64_t count = tree->notes.len / sizeof(*notes);
	if (record->has_previous != (record->checkpoint > 0)) {
		return "it does not name the checkpoint before it";
	}
	if (record->checkpoint > count) {
		return "it speaks of a checkpoint that is not there";
	}
	if (record->has_previous) {
		const struct verify_note *before = &notes[record->checkpoint - 1];
		if (memcmp(record->previous, before->hash, SHA256_SIZE) != 0 || before->size > index) {
			return "the checkpoint before it is not the one that it names";
		}
	}
	return record->checkpoint < count && notes[record->checkpoint].size <= index
	           ? "its checkpoint does not cover it"
	           : NULL;
}

void verify_seal(struct verifying *v, struct str body, uint64_t index, struct str where) {
	struct seal_record record;
	if (seal_record_parse(body, &record) != ERR_OK) {
		verify_damage_range(v, where, index, index + 1, "is no seal record that can be read");
		return;
	}
	const char *fault = v->has_verifier ? seal_fault(v->tree, &record, index) : NULL;
	if (fault != NULL) {
		verify_damage_range(v, where, index, index + 1, "a seal record: %s", fault);
	}
	for (size_t i = 0; i < record.heads_count; i++) {
		struct verify_head head = {.tree = arena_str(v->arena, record.heads[i].tree),
		                           .size = record.heads[i].size,
		                           .where = where,
		                           .index = index};
		memcpy(head.root, record.heads[i].root, SHA256_SIZE);
		buf_append(&v->heads, &head, sizeof(head));
	}
}

void verify_recovery(struct verifying *v, struct str body, struct str where) {
	struct seal_head lost;
	char before[TREE_NAME_MAX + 1];
	tree_name(tree_class(v->tree->name), tree_number(v->tree->name) - 1, before);
	if (recovery_head_parse(body, &lost) != ERR_OK || !str_eq(lost.tree, str_from(before))) {
		verify_damage_range(v, where, 0, 1, "the first record does not tell how tree %s was lost",
		                    before);
		return;
	}
	struct verify_head head = {
	    .tree = arena_str(v->arena, lost.tree), .size = lost.size, .where = where};
	memcpy(head.root, lost.root, SHA256_SIZE);
	buf_append(&v->heads, &head, sizeof(head));
}

static const struct verify_tree *find_tree(const struct verifying *v, struct str name) {
	for (size_t i = 0; i < v->trees_count; i++) {
		if (str_eq(v->trees[i].name, name)) {
			return &v->trees[i];
		}
	}
	return NULL;
}

/* Roots are in order of size. */
static bool was_signed(const struct verify_tree *tree, const struct verify_head *head) {
	const struct verify_root *roots = (const struct verify_root *)(void *)tree->roots.ptr;
	size_t low = 0;
	size_t high = tree->roots.len / sizeof(*roots);
	size_t count = high;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (roots[middle].size < head->size) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < count && roots[low].size == head->size &&
	       memcmp(roots[low].root, head->root, SHA256_SIZE) == 0;
}

void verify_heads(struct verifying *v) {
	const struct verify_head *heads = (const struct verify_head *)(void *)v->heads.ptr;
	size_t count = v->heads.len / sizeof(*heads);
	for (size_t i = 0; i < count && v->has_verifier; i++) {
		const struct verify_tree *tree = find_tree(v, heads[i].tree);
		if (tree == NULL) {
			verify_damage_range(v, heads[i].where, heads[i].index, heads[i].index + 1,
			                    "the record names %" PRIu64 " leaves of class %.*s, which is not "
			                    "there",
			                    heads[i].size, STR_ARG(heads[i].tree));
		} else if (heads[i].size > 0 && !was_signed(tree, &heads[i])) {
			verify_damage_range(v, heads[i].where, heads[i].index, heads[i].index + 1,
			                    "the record names a checkpoint of class %.*s over %" PRIu64
			                    " leaves, which is not there",
			                    STR_ARG(heads[i].tree), heads[i].size);
		}
	}
}
