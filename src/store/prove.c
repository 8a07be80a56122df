/* One record with everything needed to check it by hand: header, salt, body, inclusion path, and
 * the checkpoint that it leads to. Two checkpoints with the way from the older to the newer.
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

/* The key of this tree's checkpoints, and its text. */
static enum err read_verifier(struct store *store, struct arena *arena,
                              struct verifier *out_verifier, struct str *out_vkey) {
	struct buf vkey CLEANUP(buf_deinit) = {0};
	struct store_path path;
	TRY(os_read_file(store->os, path_in(&path, store->keys, "identity.vkey"), FACTS_MAX, &vkey));
	struct verifier verifier;
	struct buf named CLEANUP(buf_deinit) = {0};
	TRY(verifier_parse(str_trim(buf_str(&vkey)), &verifier, NULL));
	*out_verifier = verifier_named(&verifier, str_from(store->origin));
	verifier_format(out_verifier, &named);
	*out_vkey = arena_str(arena, buf_str(&named));
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
		struct verifier verifier;
		err = read_verifier(store, arena, &verifier, &proof.vkey);
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

static enum err open_old(struct store *store, struct str note, struct arena *arena,
                         struct store_consistency *consistency, struct checkpoint *out_old,
                         struct diag *diag) {
	struct verifier verifier;
	struct diag inner = {0};
	enum err err = read_verifier(store, arena, &verifier, &consistency->vkey);
	if (err != ERR_OK) {
		return diag_set(diag, err, "the store's key cannot be read: %s", err_text(err));
	}
	err = checkpoint_open(note, &verifier, out_old, &inner);
	if (err == ERR_INVALID || err == ERR_LIMIT) {
		return diag_set(diag, ERR_INVALID, "what was given as a checkpoint is none: %s",
		                inner.message);
	}
	if (err != ERR_OK) {
		return diag_set(diag, ERR_NOT_FOUND, "the checkpoint is not one of this store: %s",
		                inner.message);
	}
	if (out_old->size == 0) {
		return diag_set(diag, ERR_INVALID,
		                "a checkpoint of no records says nothing that could be gone on from");
	}
	if (out_old->size > consistency->size) {
		return diag_set(diag, ERR_CORRUPT,
		                "the store was rolled back: the checkpoint covers %" PRIu64
		                " records, the store's own %" PRIu64,
		                out_old->size, consistency->size);
	}
	return ERR_OK;
}

static enum err consistency_path(struct store *store, uint64_t old_size, uint64_t size,
                                 struct buf *out_path) {
	struct levels levels;
	struct leaves_near near = {.store = store};
	levels_init(&levels, store->os, store->tree, size, store_leaves_near, &near);
	enum err err = tree_consistency(old_size, size, levels_node, &levels, out_path);
	levels_deinit(&levels);
	return err;
}

enum err store_prove_consistency(struct store *store, struct str old_note, struct arena *arena,
                                 struct store_consistency *out_consistency, struct diag *diag) {
	struct store_consistency consistency = {.size = store->checkpoint_size};
	struct checkpoint old;
	struct buf path CLEANUP(buf_deinit) = {0};
	TRY(open_old(store, old_note, arena, &consistency, &old, diag));
	enum err err = consistency_path(store, old.size, consistency.size, &path);
	if (err != ERR_OK) {
		err = diag_set(diag, err,
		               "the way from %" PRIu64 " records to %" PRIu64 " cannot be read: %s",
		               old.size, consistency.size, err_text(err));
		diag_hint(diag, "akashi verify names what is missing or damaged");
		return err;
	}
	if (!tree_check_consistency(old.size, old.root, consistency.size, store->checkpoint_root,
	                            buf_str(&path))) {
		return diag_set(diag, ERR_CORRUPT,
		                "the store does not go on from this checkpoint: its first %" PRIu64
		                " records are not those that were sealed then",
		                old.size);
	}
	consistency.old_size = old.size;
	consistency.path = arena_str(arena, buf_str(&path));
	consistency.note = arena_str(arena, buf_str(&store->note));
	*out_consistency = consistency;
	return ERR_OK;
}
