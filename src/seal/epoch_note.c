/* The second signature of a checkpoint: making and checking it. */
#include "seal/epoch_note.h"

#include "seal/epoch_file.h"
#include "seal/note.h"

/* ---- sealing ---- */

/* The keys, gone on to epoch, are those that the manifest lists. */
static enum err check_listed(const struct epoch_keys *keys, uint64_t epoch,
                             const struct epoch_manifest *manifest, struct diag *diag) {
	struct epoch_keys *walk CLEANUP(epoch_keys_freep) = NULL;
	struct buf name CLEANUP(buf_deinit) = {0};
	struct verifier listed;
	struct verifier own = epoch_keys_verifier(keys);
	TRY(epoch_manifest_key(manifest, epoch, &name, &listed));
	if (epoch_keys_epoch(keys) < epoch) {
		walk = epoch_keys_copy(keys);
		epoch_keys_go_on(walk, epoch);
		own = epoch_keys_verifier(walk);
	}
	if (!str_eq(own.name, listed.name) ||
	    memcmp(own.public_key, listed.public_key, KEY_PUBLIC_SIZE) != 0) {
		return diag_set(diag, ERR_CORRUPT, "the key of %.*s is not the one that the manifest lists",
		                STR_ARG(listed.name));
	}
	return ERR_OK;
}

enum err epoch_prepare_seal(const struct os *os, const char *folder, struct epoch_keys *keys,
                            const struct epoch_manifest *manifest, uint64_t seal,
                            struct diag *diag) {
	uint64_t epoch;
	TRY(epoch_of_seal(manifest, seal, &epoch, diag));
	TRY(epoch_keys_reach(keys, epoch, diag));
	TRY(check_listed(keys, epoch, manifest, diag));
	return epoch_file_advance(os, folder, keys, epoch, diag);
}

/* True for "ORIGIN/epoch/..." */
static bool is_epoch_name(struct str name, struct str origin) {
	return str_starts(name, origin) &&
	       str_starts(str_slice(name, origin.len, name.len), STR("/epoch/"));
}

enum err checkpoint_sign_epoch(const struct epoch_keys *keys, struct buf *note, struct diag *diag) {
	struct verifier verifier = epoch_keys_verifier(keys);
	struct str origin = epoch_keys_origin(keys);
	struct note_signature signature;
	struct note parts;
	uint8_t bytes[SIGNATURE_SIZE];
	bool by_identity = false;
	TRY(note_open(buf_str(note), &parts, diag));
	struct str rest = parts.signatures;
	while (note_next(&rest, &signature)) {
		by_identity |= str_eq(signature.name, origin);
		if (is_epoch_name(signature.name, origin)) {
			return diag_set(diag, ERR_EXISTS, "%.*s has signed the checkpoint already",
			                STR_ARG(signature.name));
		}
	}
	rest = parts.text;
	if (!by_identity || !str_eq(str_cut(&rest, '\n'), origin)) {
		return diag_set(diag, ERR_INVALID, "this is not a checkpoint that %.*s has signed",
		                STR_ARG(origin));
	}
	epoch_keys_sign(keys, parts.text, bytes);
	note_append_signature(&verifier, bytes, note);
	return ERR_OK;
}

/* ---- checking ---- */

/* The key of the manifest that a signature names; false: of nobody listed. */
static bool find_listed(const struct epoch_manifest *manifest, struct str name, struct buf *room,
                        uint64_t *out_epoch, struct verifier *out_verifier) {
	size_t number = manifest->origin.len + STR("/epoch/").len;
	return is_epoch_name(name, manifest->origin) &&
	       str_to_u64(str_slice(name, number, name.len), UINT64_MAX, out_epoch) &&
	       epoch_manifest_key(manifest, *out_epoch, room, out_verifier) == ERR_OK;
}

/* The one epoch whose key has signed. */
static enum err find_epoch(const struct note *note, const struct epoch_manifest *manifest,
                           uint64_t *out_epoch, struct diag *diag) {
	struct buf room CLEANUP(buf_deinit) = {0};
	struct note_signature signature;
	struct verifier verifier;
	struct str rest = note->signatures;
	uint64_t epoch;
	uint64_t found = 0;
	uint32_t good = 0;
	while (note_next(&rest, &signature)) {
		if (!find_listed(manifest, signature.name, &room, &epoch, &verifier)) {
			continue;
		}
		enum note_verdict verdict = note_check(note->text, &signature, &verifier);
		if (verdict == NOTE_WRONG) {
			return diag_set(diag, ERR_CORRUPT, "the checkpoint's signature by %.*s is wrong",
			                STR_ARG(verifier.name));
		}
		if (verdict == NOTE_GOOD) {
			good++;
			found = epoch;
		}
	}
	if (good == 0) {
		return diag_set(diag, ERR_NOT_FOUND,
		                "no epoch key of the manifest has signed the checkpoint");
	}
	if (good > 1) {
		return diag_set(diag, ERR_CORRUPT,
		                "epoch keys have signed the checkpoint %u times, not once", good);
	}
	*out_epoch = found;
	return ERR_OK;
}

enum err checkpoint_check_epoch(struct str note, const struct epoch_manifest *manifest,
                                const struct epoch_policy *policy,
                                struct checkpoint *out_checkpoint, uint64_t *out_epoch,
                                struct diag *diag) {
	struct checkpoint checkpoint;
	struct note parts;
	uint64_t epoch = 0;
	uint64_t expected = 0;
	TRY(checkpoint_open(note, &manifest->identity, &checkpoint, diag));
	TRY(note_open(note, &parts, diag));
	if (policy->has_seal) {
		TRY(epoch_of_seal(manifest, policy->seal, &expected, diag));
	}
	TRY(find_epoch(&parts, manifest, &epoch, diag));
	if (policy->has_seal && epoch != expected) {
		return diag_set(diag, ERR_CORRUPT, "seal %llu is signed by epoch %llu, not by epoch %llu",
		                (unsigned long long)policy->seal, (unsigned long long)epoch,
		                (unsigned long long)expected);
	}
	if (epoch < policy->epoch_min) {
		return diag_set(diag, ERR_CORRUPT,
		                "the checkpoint is signed by epoch %llu, one before it by epoch %llu",
		                (unsigned long long)epoch, (unsigned long long)policy->epoch_min);
	}
	*out_checkpoint = checkpoint;
	*out_epoch = epoch;
	return ERR_OK;
}
