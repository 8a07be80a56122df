/* Epoch keys: every manifest, the secret where it can be read, and for every checkpoint by its
 * number that the key of its epoch has signed it too. */
#include <inttypes.h>

#include "seal/epoch_file.h"
#include "seal/epoch_note.h"
#include "store/path.h"
#include "store/verify.h"

void verify_epochs(struct verifying *v) {
	struct store_path keys;
	struct store_path folder;
	struct diag diag = {0};
	uint64_t number;
	char name[EPOCHS_NAME_SIZE];
	enum err err = epochs_read(&v->tree->epochs, v->os, path_in(&keys, v->path, "keys"),
	                           path_in(&folder, v->path, verify_where(v, "keys", NULL).ptr),
	                           &v->tree->verifier, &number, &diag);
	if (err == ERR_OK) {
		return;
	}
	if (number > 0) {
		epochs_name(number, name);
	}
	verify_damage(v, number == 0 ? STR("keys") : verify_where(v, "keys", name), "%s", diag.message);
}

void verify_epoch_note(struct verifying *v, struct str note, uint64_t seal, size_t at) {
	struct checkpoint checkpoint;
	struct diag diag = {0};
	const struct epoch_manifest *manifest;
	struct epoch_policy policy = {.has_seal = true, .seal = seal};
	uint64_t epoch;
	enum err err = epochs_for_seal(&v->tree->epochs, seal, &manifest, &diag);
	if (err == ERR_OK) {
		err = checkpoint_check_epoch(note, manifest, &policy, &checkpoint, &epoch, &diag);
	}
	if (err != ERR_OK) {
		verify_damage(v, verify_where(v, "tree", "checkpoints"), "the note at %zu: %s", at,
		              diag.message);
	}
}

/* A key that a manifest lists, and none of an epoch that is over. */
static void check_keys(struct verifying *v, const struct epoch_keys *keys, struct str where) {
	struct buf name CLEANUP(buf_deinit) = {0};
	struct verifier own = epoch_keys_verifier(keys);
	struct verifier listed;
	uint64_t epoch = epoch_keys_epoch(keys);
	uint64_t seals = v->tree->notes.len / sizeof(struct verify_note);
	const struct epoch_manifest *manifest =
	    v->tree->epochs.count == 0 ? NULL : epochs_find(&v->tree->epochs, epoch);
	if (manifest == NULL || epoch_manifest_key(manifest, epoch, &name, &listed) != ERR_OK ||
	    !str_eq(listed.name, own.name) ||
	    memcmp(listed.public_key, own.public_key, KEY_PUBLIC_SIZE) != 0) {
		verify_damage(v, where, "is no key that a manifest of this log lists");
	} else if (seals > 0 && epoch < epochs_of_seal(&v->tree->epochs, seals - 1)) {
		verify_damage(v, where, "is the key of epoch %" PRIu64 ", which is over", epoch);
	}
}

/* ERR_NOT_FOUND, ERR_DENIED, or ERR_CORRUPT; else *out_keys. */
static enum err read_keys(struct verifying *v, struct str where, struct epoch_keys **out_keys) {
	struct store_path path;
	enum err err = epoch_file_read(v->os, path_in(&path, v->path, arena_cstr(v->arena, where)),
	                               out_keys, NULL);
	return err == ERR_OK || err == ERR_NOT_FOUND || err == ERR_DENIED ? err : ERR_CORRUPT;
}

/* The notary's own word on what it has signed last: it is in the journal, or a stop came before
 * that. */
static void check_signed(struct verifying *v) {
	struct store_path folder;
	struct notary_state state;
	struct diag diag = {0};
	struct str where = verify_where(v, "keys", "signed");
	const struct verify_note *notes = (const struct verify_note *)(void *)v->tree->notes.ptr;
	uint64_t count = v->tree->notes.len / sizeof(*notes);
	if (notary_state_read(v->os, path_in(&folder, v->path, verify_where(v, "keys", NULL).ptr),
	                      v->tree->verifier.name, &state, &diag) != ERR_OK) {
		verify_damage(v, where, "%s", diag.message);
	} else if (!state.known && count > 0) {
		verify_damage(v, where, "is missing: the notary cannot know what it has signed");
	} else if (state.known && state.seal + 1 < count) {
		verify_damage(v, where, "knows %" PRIu64 " checkpoints, the journal has %" PRIu64,
		              state.seal + 1, count);
	} else if (state.known && state.seal >= count && !v->tree->unfinished) {
		verify_damage(v, where, "knows %" PRIu64 " checkpoints, the journal has %" PRIu64,
		              state.seal + 1, count);
	} else if (state.known && state.seal + 1 == count &&
	           (state.size != notes[count - 1].size ||
	            memcmp(state.root, notes[count - 1].root, SHA256_SIZE) != 0)) {
		verify_damage(v, where, "is not the last checkpoint of the journal");
	}
}

void verify_epoch_keys(struct verifying *v) {
	check_signed(v);
	struct epoch_keys *keys CLEANUP(epoch_keys_freep) = NULL;
	struct str where = verify_where(v, "keys", "epoch.key");
	struct str next = verify_where(v, "keys", "epoch.key.next");
	enum err err = read_keys(v, next, &keys);
	if (err == ERR_OK) {
		/* A stop while one took the place of the other: what is left of the old one is erased. */
		verify_leftover(v, next, "is the next epoch's key; %s",
		                verify_fate(v, "a writer that opens the store puts it in its place"));
		check_keys(v, keys, next);
		return;
	}
	if (err == ERR_CORRUPT) {
		verify_damage(v, next, "is damaged");
	}
	err = read_keys(v, where, &keys);
	bool begun = v->tree->epochs.count > 0 || v->tree->notes.len > 0;
	if (err == ERR_OK && begun) {
		check_keys(v, keys, where);
	} else if (err == ERR_OK) {
		verify_leftover(v, where, "is the key of a log that has sealed nothing yet");
	} else if (err == ERR_CORRUPT) {
		verify_damage(v, where, "is damaged");
	} else if (err == ERR_NOT_FOUND && begun) {
		verify_damage(v, where, "is missing: nothing can be sealed without it");
	}
}
