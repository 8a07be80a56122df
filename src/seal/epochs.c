/* Reading and keeping manifests. */
#include "seal/epochs.h"

#include <inttypes.h>

#include "base/limits.h"
#include "seal/epoch_file.h"

void epochs_name(uint64_t number, char out_name[EPOCHS_NAME_SIZE]) {
	int len = snprintf(out_name, EPOCHS_NAME_SIZE, "epochs-%06" PRIu64 ".note", number);
	ASSERT(len > 0 && len < EPOCHS_NAME_SIZE);
}

bool epochs_name_parse(struct str name, uint64_t *out_number) {
	char again[EPOCHS_NAME_SIZE];
	if (!str_starts(name, STR("epochs-")) || !str_ends(name, STR(".note")) ||
	    !str_to_u64(str_slice(name, 7, name.len - 5), EPOCHS_MAX, out_number) || *out_number == 0) {
		return false;
	}
	epochs_name(*out_number, again);
	return str_eq(str_from(again), name);
}

struct path {
	char text[LIMIT_PATH + EPOCHS_NAME_SIZE];
};

static const char *path_in(struct path *path, const char *folder, const char *name) {
	int len = snprintf(path->text, sizeof(path->text), "%s/%s", folder, name);
	ASSERT(len > 0 && (size_t)len < sizeof(path->text));
	return path->text;
}

/* ---- reading ---- */

static enum err read_root(struct epochs *epochs, const struct os *os, const char *keys,
                          struct diag *diag) {
	struct path path;
	enum err err =
	    os_read_file(os, path_in(&path, keys, "root.vkey"), LIMIT_NOTE_SIZE, &epochs->root_text);
	if (err == ERR_NOT_FOUND) {
		return ERR_OK;
	}
	if (err != ERR_OK) {
		return diag_set(diag, err, "%s cannot be read: %s", path.text, err_text(err));
	}
	struct str text = buf_str(&epochs->root_text);
	struct str line = str_cut(&text, '\n');
	if (text.len > 0 || !str_ends(buf_str(&epochs->root_text), STR("\n")) ||
	    verifier_parse(line, &epochs->root, NULL) != ERR_OK) {
		return diag_set(diag, ERR_CORRUPT, "root.vkey is no verifier key");
	}
	epochs->has_root = true;
	return ERR_OK;
}

struct counting {
	uint64_t highest;
};

static enum err count_manifest(void *ctx, struct str name, enum os_file_kind kind) {
	struct counting *counting = ctx;
	uint64_t number;
	if (kind == OS_FILE_REGULAR && epochs_name_parse(name, &number)) {
		counting->highest = MAX_OF(counting->highest, number);
	}
	return ERR_OK;
}

/* One signature, so that every byte of the note is under it or is its. */
static bool signed_once(struct str note) {
	size_t end = str_find(note, STR("\n\n"), 0);
	size_t lines = 0;
	for (size_t i = end == SIZE_MAX ? note.len : end + 2; i < note.len; i++) {
		lines += note.ptr[i] == '\n';
	}
	return lines == 1;
}

static enum err judge(struct epochs *epochs, struct epochs_entry *entry,
                      const struct verifier *identity, struct diag *diag) {
	struct str note = buf_str(&entry->note);
	const struct epochs_entry *before = epochs->count == 0 ? NULL : entry - 1;
	enum err err = ERR_CORRUPT;
	if (epochs->has_root) {
		err = epoch_manifest_verify(note, &epochs->root, &entry->manifest, &entry->authority, diag);
	}
	if (err != ERR_OK && (before == NULL || before->authority == EPOCH_BY_IDENTITY)) {
		err = epoch_manifest_verify(note, NULL, &entry->manifest, &entry->authority, diag);
	}
	if (err != ERR_OK) {
		return ERR_CORRUPT;
	}
	const struct verifier *key = &entry->manifest.identity;
	if (!str_eq(key->name, identity->name) ||
	    memcmp(key->public_key, identity->public_key, KEY_PUBLIC_SIZE) != 0) {
		return diag_set(diag, ERR_CORRUPT, "the manifest is of another log");
	}
	if (!signed_once(note)) {
		return diag_set(diag, ERR_CORRUPT, "the manifest has more than one signature");
	}
	if (before == NULL && entry->manifest.first != 0) {
		return diag_set(diag, ERR_CORRUPT, "the first manifest does not begin with epoch 0");
	}
	return before == NULL ||
	               epoch_manifest_follows(&before->manifest, &entry->manifest, diag) == ERR_OK
	           ? ERR_OK
	           : ERR_CORRUPT;
}

static enum err read_one(struct epochs *epochs, const struct os *os, const char *folder,
                         uint64_t number, const struct verifier *identity, struct diag *diag) {
	char name[EPOCHS_NAME_SIZE];
	struct path path;
	struct epochs_entry *entry = &epochs->entries[epochs->count];
	epochs_name(number, name);
	*entry = (struct epochs_entry){0};
	enum err err = os_read_file(os, path_in(&path, folder, name), LIMIT_NOTE_SIZE, &entry->note);
	if (err == ERR_OK) {
		err = judge(epochs, entry, identity, diag);
	} else {
		diag_set(diag, err, "it cannot be read: %s", err_text(err));
		err = err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
	}
	if (err != ERR_OK) {
		buf_deinit(&entry->note);
		return err;
	}
	epochs->count++;
	return ERR_OK;
}

enum err epochs_read(struct epochs *epochs, const struct os *os, const char *keys,
                     const char *folder, const struct verifier *identity, uint64_t *out_number,
                     struct diag *diag) {
	struct counting counting = {0};
	*epochs = (struct epochs){0};
	*out_number = 0;
	enum err err = read_root(epochs, os, keys, diag);
	if (err == ERR_OK) {
		err = os->list(os->ctx, folder, count_manifest, &counting);
		err = err == ERR_NOT_FOUND ? ERR_OK : err;
		if (err != ERR_OK) {
			diag_set(diag, err, "%s cannot be listed: %s", folder, err_text(err));
		}
	}
	epochs->entries = reallocarray(NULL, counting.highest + 1, sizeof(*epochs->entries));
	ASSERT(epochs->entries != NULL);
	for (uint64_t number = 1; err == ERR_OK && number <= counting.highest; number++) {
		*out_number = number;
		err = read_one(epochs, os, folder, number, identity, diag);
	}
	if (err != ERR_OK) {
		epochs_deinit(epochs);
	}
	return err;
}

void epochs_deinit(struct epochs *epochs) {
	for (size_t i = 0; i < epochs->count; i++) {
		buf_deinit(&epochs->entries[i].note);
	}
	free(epochs->entries);
	buf_deinit(&epochs->root_text);
	*epochs = (struct epochs){0};
}

uint64_t epochs_of_seal(const struct epochs *epochs, uint64_t seal) {
	return seal / epochs->entries[0].manifest.seals; /* the same in all */
}

const struct epoch_manifest *epochs_find(const struct epochs *epochs, uint64_t epoch) {
	for (size_t i = epochs->count; i > 0; i--) {
		const struct epoch_manifest *manifest = &epochs->entries[i - 1].manifest;
		if (epoch >= manifest->first && epoch - manifest->first < manifest->count) {
			return manifest;
		}
	}
	return NULL;
}

enum err epochs_for_seal(const struct epochs *epochs, uint64_t seal,
                         const struct epoch_manifest **out_manifest, struct diag *diag) {
	*out_manifest = epochs->count == 0 ? NULL : epochs_find(epochs, epochs_of_seal(epochs, seal));
	if (*out_manifest != NULL) {
		return ERR_OK;
	}
	diag_set(diag, ERR_LIMIT, "no manifest lists an epoch key for seal %" PRIu64, seal);
	diag_hint(diag,
	          "make the next one: akashi keys request, have the root sign it, akashi keys install");
	return ERR_LIMIT;
}

/* ---- writing ---- */

enum err epochs_keep(const struct os *os, const char *folder, uint64_t number, struct str note,
                     struct diag *diag) {
	char name[EPOCHS_NAME_SIZE];
	epochs_name(number, name);
	enum err err = os_replace_file(os, folder, name, note);
	return err == ERR_OK
	           ? ERR_OK
	           : diag_set(diag, err, "%s/%s cannot be written: %s", folder, name, err_text(err));
}

/* Keys that a stop left before there was a manifest have signed nothing, and serve. */
static enum err first_keys(const struct os *os, const char *folder, struct str origin,
                           struct epoch_keys **out_keys, struct diag *diag) {
	struct diag inner = {0};
	enum err err = epoch_file_open(os, folder, out_keys, &inner);
	if (err == ERR_NOT_FOUND) {
		return epoch_file_create(os, folder, origin, 0, out_keys, diag);
	}
	if (err != ERR_OK) {
		return diag_set(diag, err, "%s", inner.message);
	}
	if (epoch_keys_epoch(*out_keys) != 0 || !str_eq(epoch_keys_origin(*out_keys), origin)) {
		epoch_keys_free(*out_keys);
		*out_keys = NULL;
		return diag_set(diag, ERR_CORRUPT, "the epoch key in '%s' is of another log", folder);
	}
	return ERR_OK;
}

enum err epochs_begin(const struct os *os, const char *keys, const char *folder,
                      const struct signer *signer, const struct epochs_plan *plan,
                      struct epoch_keys **out_keys, struct diag *diag) {
	struct epoch_keys *chain CLEANUP(epoch_keys_freep) = NULL;
	struct buf request CLEANUP(buf_deinit) = {0};
	struct buf note CLEANUP(buf_deinit) = {0};
	struct verifier identity = signer_verifier(signer);
	struct epoch_plan epochs = {
	    .identity = identity,
	    .seals = plan->seals == 0 ? EPOCH_SEALS_DEFAULT : plan->seals,
	    .first = 0,
	    .count = plan->count == 0 ? EPOCH_COUNT_DEFAULT : plan->count,
	};
	enum err err = os->make_folder(os->ctx, folder);
	if (err == ERR_OK || err == ERR_EXISTS) {
		err = os->sync_folder(os->ctx, keys);
	}
	if (err != ERR_OK) {
		return diag_set(diag, err, "the folder '%s' cannot be made: %s", folder, err_text(err));
	}
	TRY(first_keys(os, folder, identity.name, &chain, diag));
	TRY(epoch_manifest_request(chain, &epochs, &request, diag));
	TRY(epoch_manifest_sign(signer, buf_str(&request), &note, diag));
	TRY(epochs_keep(os, folder, 1, buf_str(&note), diag));
	*out_keys = TAKE(chain);
	return ERR_OK;
}
