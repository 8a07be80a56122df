/* One record with everything needed to check it by hand: header, salt, body, inclusion path, and
 * the checkpoint that it leads to.
 */
#include <inttypes.h>

#include "store/leaves.h"
#include "store/store_private.h"

static enum err prove_page(struct store *store, struct store_view *view, uint64_t index,
                           struct arena *arena, struct store_proof *proof, struct diag *diag) {
	struct leaf_reader reader CLEANUP(leaf_reader_deinit);
	uint8_t hash[SHA256_SIZE];
	struct str body;
	uint32_t row = (uint32_t)(index - store_view_first_index(view));
	leaf_reader_init(&reader, store->os, store->objects);
	TRY(leaf_reader_hash(&reader, view, row, row + 1, hash, diag));
	leaf_encode((const struct leaf *)(void *)reader.leaves.ptr, proof->entry);
	memcpy(proof->salt, reader.salts.ptr, SALT_SIZE);
	TRY(leaf_reader_body(&reader, view, row, &body, diag));
	proof->body = arena_str(arena, body);
	return ERR_OK;
}

static enum err prove_path(struct store *store, struct store_view *view, struct arena *arena,
                           struct store_proof *proof) {
	struct buf path CLEANUP(buf_deinit) = {0};
	struct levels levels;
	struct leaves_near near = {.store = store, .view = view};
	levels_init(&levels, store->os, store->tree, proof->size, store_leaves_near, &near);
	enum err err = tree_inclusion(proof->index, proof->size, levels_node, &levels, &path);
	levels_deinit(&levels);
	TRY(err);
	proof->path = arena_str(arena, buf_str(&path));
	return ERR_OK;
}

static enum err read_vkey(struct store *store, struct arena *arena, struct store_proof *proof) {
	struct buf vkey CLEANUP(buf_deinit) = {0};
	struct store_path path;
	TRY(os_read_file(store->os, path_in(&path, store->keys, "identity.vkey"), FACTS_MAX, &vkey));
	struct verifier verifier;
	struct buf named CLEANUP(buf_deinit) = {0};
	TRY(verifier_parse(str_trim(buf_str(&vkey)), &verifier, NULL));
	verifier = verifier_named(&verifier, str_from(store->origin));
	verifier_format(&verifier, &named);
	proof->vkey = arena_str(arena, buf_str(&named));
	return ERR_OK;
}

/* A proof that does not hold must not leave the house. */
static bool holds(const struct store *store, const struct store_proof *proof) {
	uint8_t hash[SHA256_SIZE];
	leaf_hash(proof->entry, hash);
	return tree_check_inclusion(proof->index, proof->size, hash, proof->path,
	                            store->checkpoint_root);
}

enum err store_prove(struct store *store, uint64_t index, struct arena *arena,
                     struct store_proof *out_proof, struct diag *diag) {
	struct store_proof proof = {.index = index, .size = store->checkpoint_size};
	struct store_view *view;
	if (index >= proof.size) {
		return diag_set(diag, ERR_NOT_FOUND,
		                "record %" PRIu64 " is under no checkpoint (it covers %" PRIu64 " records)",
		                index, proof.size);
	}
	TRY(store_view_at(store, index, &view, diag));
	enum err err = prove_page(store, view, index, arena, &proof, diag);
	if (err != ERR_OK) {
		store_view_free(view);
		return err;
	}
	err = prove_path(store, view, arena, &proof);
	store_view_free(view);
	if (err == ERR_OK) {
		err = read_vkey(store, arena, &proof);
	}
	if (err != ERR_OK) {
		return diag_set(diag, err, "record %" PRIu64 " cannot be proved: %s", index, err_text(err));
	}
	proof.note = arena_str(arena, buf_str(&store->note));
	if (!holds(store, &proof)) {
		return diag_set(diag, ERR_CORRUPT, "record %" PRIu64 " is not what was sealed", index);
	}
	*out_proof = proof;
	return ERR_OK;
}
