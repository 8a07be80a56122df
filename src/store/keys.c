/* Keys of a store from outside: what there is, requests for the root, manifests that it has signed.
 */
#include <inttypes.h>

#include "store/store_private.h"

static void describe_keys(const struct store *store, const struct epochs *epochs, uint64_t seals,
                          struct store_keys *out_keys) {
	*out_keys = (struct store_keys){.origin = str_from(store->origin), .seals = seals};
	if (epochs->has_root) {
		out_keys->root = arena_str(store->arena, epochs->root.name);
	}
	if (epochs->count > 0) {
		const struct epochs_entry *last = &epochs->entries[epochs->count - 1];
		out_keys->epoch = epochs_of_seal(epochs, seals);
		out_keys->epoch_seals = last->manifest.seals;
		out_keys->manifests = epochs->count;
		out_keys->listed_end = last->manifest.first + last->manifest.count;
		out_keys->by_root = last->authority == EPOCH_BY_ROOT;
	}
}

enum err store_read_keys(const struct store *store, struct store_keys *out_keys,
                         struct diag *diag) {
	struct seal_files files CLEANUP(seal_files_deinit) = {0};
	struct epochs epochs = {0};
	struct buf text CLEANUP(buf_deinit) = {0};
	struct verifier verifier;
	struct diag inner = {0};
	uint64_t number;
	TRY(verifier_open(store->os, store->keys, &text, &verifier, diag));
	verifier = verifier_named(&verifier, str_from(store->origin));
	enum err err = seal_files_read(&files, store->os, store->tree, &verifier);
	if (err != ERR_OK) {
		return diag_set(diag, err, "the checkpoints in '%s' cannot be read: %s", store->tree,
		                err_text(err));
	}
	err =
	    epochs_read(&epochs, store->os, store->keys, store->key_folder, &verifier, &number, &inner);
	if (err != ERR_OK) {
		return diag_set(diag, err, "manifest %" PRIu64 " in '%s': %s", number, store->key_folder,
		                inner.message);
	}
	describe_keys(store, &epochs, files.notes, out_keys);
	epochs_deinit(&epochs);
	return ERR_OK;
}

enum err store_keys_request(const struct store *store, uint64_t count, struct buf *out_request,
                            struct diag *diag) {
	const struct sealing *sealing = &store->writer->sealing;
	struct epoch_plan plan = {.identity = notary_verifier(sealing->notary),
	                          .seals = notary_epochs(sealing->notary)->entries[0].manifest.seals,
	                          .first = epoch_keys_epoch(notary_keys(sealing->notary)),
	                          .count = count == 0 ? EPOCH_COUNT_DEFAULT : count};
	return epoch_manifest_request(notary_keys(sealing->notary), &plan, out_request, diag);
}

/* The first manifest of a root brings the root. */
static enum err adopt_root(struct store *store, struct str vkey, struct diag *diag) {
	const struct epochs *epochs = notary_epochs(store->writer->sealing.notary);
	struct verifier root;
	struct buf text CLEANUP(buf_deinit) = {0};
	if (verifier_parse(str_trim(vkey), &root, diag) != ERR_OK) {
		return ERR_INVALID;
	}
	verifier_format(&root, &text);
	buf_append_char(&text, '\n');
	if (epochs->has_root) {
		return str_eq(buf_str(&text), buf_str(&epochs->root_text))
		           ? ERR_OK
		           : diag_set(diag, ERR_EXISTS, "this store has another root, %.*s",
		                      STR_ARG(epochs->root.name));
	}
	enum err err = os_replace_file(store->os, store->keys, "root.vkey", buf_str(&text));
	return err == ERR_OK ? ERR_OK
	                     : diag_set(diag, err, "%s/root.vkey cannot be written: %s", store->keys,
	                                err_text(err));
}

/* What the manifests would be with one more; the store's own stay as they are. */
static enum err check_next(struct store *store, struct str note, const struct verifier *root,
                           struct epoch_manifest *out_manifest, struct diag *diag) {
	struct sealing *sealing = &store->writer->sealing;
	const struct epochs *epochs = notary_epochs(sealing->notary);
	struct verifier identity = notary_verifier(sealing->notary);
	enum epoch_authority authority;
	const struct epochs_entry *last = &epochs->entries[epochs->count - 1];
	struct diag inner = {0};
	if (root == NULL && last->authority == EPOCH_BY_ROOT) {
		return diag_set(diag, ERR_INVALID, "the root's verifier key is missing");
	}
	enum err err = epoch_manifest_verify(note, root, out_manifest, &authority, &inner);
	if (err != ERR_OK) {
		return diag_set(diag, ERR_INVALID, "%s", inner.message);
	}
	if (!str_eq(out_manifest->identity.name, identity.name) ||
	    memcmp(out_manifest->identity.public_key, identity.public_key, KEY_PUBLIC_SIZE) != 0) {
		return diag_set(diag, ERR_INVALID, "the manifest is of another log, %.*s",
		                STR_ARG(out_manifest->origin));
	}
	return epoch_manifest_follows(&last->manifest, out_manifest, diag);
}

static void note_manifest(struct store *store, const struct epoch_manifest *manifest,
                          uint64_t number, struct str by) {
	struct buf body CLEANUP(buf_deinit) = {0};
	buf_printf(&body,
	           "{\"manifest\":%" PRIu64 ",\"first\":%" PRIu64 ",\"count\":%" PRIu64 ",\"by\":",
	           number, manifest->first, manifest->count);
	buf_append_json(&body, by);
	buf_append_char(&body, '}');
	ledger_note(store, RECORD_KEY_EPOCH, buf_str(&body));
}

enum err store_keys_install(struct store *store, struct str note, struct str root_vkey,
                            struct diag *diag) {
	struct sealing *sealing = &store->writer->sealing;
	struct epoch_manifest manifest;
	const struct epochs *epochs = notary_epochs(sealing->notary);
	struct verifier root = epochs->root;
	bool has_root = epochs->has_root;
	if (root_vkey.len > 0) {
		TRY(verifier_parse(str_trim(root_vkey), &root, diag));
		has_root = true;
	}
	TRY(check_next(store, note, has_root ? &root : NULL, &manifest, diag));
	if (root_vkey.len > 0) {
		TRY(adopt_root(store, root_vkey, diag));
	}
	TRY(epochs_keep(store->os, store->key_folder, epochs->count + 1, note, diag));
	TRY(notary_reload_epochs(sealing->notary, diag));
	note_manifest(store, &epochs->entries[epochs->count - 1].manifest, epochs->count,
	              has_root ? epochs->root.name : notary_verifier(sealing->notary).name);
	return store_commit(store, diag);
}
