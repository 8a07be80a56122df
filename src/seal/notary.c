/* The keys of one log, what they have signed last, and the one function that signs. */
#include "seal/notary.h"

#include <inttypes.h>

#include "base/limits.h"
#include "seal/epoch_file.h"
#include "seal/epoch_note.h"
#include "seal/tree.h"

static const char signed_file[] = "signed";

struct notary {
	const struct os *os;
	char keys[LIMIT_PATH], key_folder[LIMIT_PATH];
	struct signer *signer;
	struct epochs epochs;
	struct epoch_keys *chain;
	struct notary_state state;
};

/* ---- what was signed ---- */

void notary_state_format(const struct notary_state *state, struct str origin, struct buf *out) {
	size_t from = out->len;
	uint8_t digest[SHA256_SIZE];
	buf_append_str(out, STR("akashi-signed 1\norigin "));
	buf_append_str(out, origin);
	buf_printf(out, "\nseal %" PRIu64 "\nsize %" PRIu64 "\nroot ", state->seal, state->size);
	buf_append_base64(out, state->root, SHA256_SIZE);
	buf_append_char(out, '\n');
	sha256(out->ptr + from, out->len - from, digest);
	buf_append_str(out, STR("sha256 "));
	buf_append_hex(out, digest, sizeof(digest));
	buf_append_char(out, '\n');
}

static bool take_line(struct str *rest, struct str label, struct str *out_value) {
	struct str line = str_cut(rest, '\n');
	*out_value = str_slice(line, label.len, line.len);
	return str_starts(line, label);
}

enum err notary_state_parse(struct str text, struct str origin, struct notary_state *out_state) {
	struct notary_state state = {.known = true};
	struct buf root CLEANUP(buf_deinit) = {0};
	struct buf again CLEANUP(buf_deinit) = {0};
	struct str rest = text;
	struct str value;
	(void)str_cut(&rest, '\n'); /* these two are compared below, as everything is */
	(void)str_cut(&rest, '\n');
	if (!take_line(&rest, STR("seal "), &value) || !str_to_u64(value, UINT64_MAX, &state.seal) ||
	    !take_line(&rest, STR("size "), &value) || !str_to_u64(value, UINT64_MAX, &state.size) ||
	    !take_line(&rest, STR("root "), &value) ||
	    buf_append_base64_decoded(&root, value) != ERR_OK || root.len != SHA256_SIZE) {
		return ERR_CORRUPT;
	}
	memcpy(state.root, root.ptr, SHA256_SIZE);
	notary_state_format(&state, origin, &again);
	if (!str_eq(buf_str(&again), text)) {
		return ERR_CORRUPT;
	}
	*out_state = state;
	return ERR_OK;
}

enum err notary_state_read(const struct os *os, const char *folder, struct str origin,
                           struct notary_state *out_state, struct diag *diag) {
	char path[LIMIT_PATH + 16];
	struct buf text CLEANUP(buf_deinit) = {0};
	(void)snprintf(path, sizeof(path), "%s/%s", folder, signed_file);
	*out_state = (struct notary_state){0};
	enum err err = os_read_file(os, path, LIMIT_NOTE_SIZE, &text);
	if (err == ERR_NOT_FOUND) {
		return ERR_OK;
	}
	if (err != ERR_OK) {
		return diag_set(diag, err, "%s cannot be read: %s", path, err_text(err));
	}
	return notary_state_parse(buf_str(&text), origin, out_state) == ERR_OK
	           ? ERR_OK
	           : diag_set(diag, ERR_CORRUPT, "%s is damaged, or of another log", path);
}

/* ---- opening ---- */

static enum err read_epochs(struct notary *notary, struct epochs *epochs, struct diag *diag) {
	struct verifier identity = signer_verifier(notary->signer);
	struct diag inner = {0};
	uint64_t number;
	enum err err = epochs_read(epochs, notary->os, notary->keys, notary->key_folder, &identity,
	                           &number, &inner);
	if (err != ERR_OK && number > 0) {
		return diag_set(diag, err, "manifest %" PRIu64 " in '%s': %s", number, notary->key_folder,
		                inner.message);
	}
	return err == ERR_OK ? ERR_OK : diag_set(diag, err, "%s", inner.message);
}

static enum err open_epochs(struct notary *notary, const struct notary_options *options,
                            struct diag *diag) {
	TRY(read_epochs(notary, &notary->epochs, diag));
	if (notary->epochs.count == 0) {
		if (!options->fresh || notary->state.known) {
			return diag_set(diag, ERR_CORRUPT, "the manifests of the epoch keys are missing");
		}
		epochs_deinit(&notary->epochs);
		TRY(epochs_begin(notary->os, notary->keys, notary->key_folder, notary->signer,
		                 &options->plan, &notary->chain, diag));
		return read_epochs(notary, &notary->epochs, diag);
	}
	TRY(epoch_file_open(notary->os, notary->key_folder, &notary->chain, diag));
	return str_eq(epoch_keys_origin(notary->chain), options->origin)
	           ? ERR_OK
	           : diag_set(diag, ERR_CORRUPT, "the epoch key in '%s' belongs to another log",
	                      notary->key_folder);
}

static enum err open_inside(struct notary *notary, const struct notary_options *options,
                            struct diag *diag) {
	TRY(signer_open(options->os, options->keys, &notary->signer, diag));
	if (!str_eq(signer_verifier(notary->signer).name, options->key_name)) {
		return diag_set(diag, ERR_CORRUPT, "the key in '%s' belongs to another store",
		                options->keys);
	}
	signer_rename(notary->signer, options->origin);
	TRY(notary_state_read(options->os, options->key_folder, options->origin, &notary->state, diag));
	if (!notary->state.known && !options->fresh) {
		return diag_set(diag, ERR_CORRUPT, "'%s/%s' is missing: what was signed is not known",
		                options->key_folder, signed_file);
	}
	return open_epochs(notary, options, diag);
}

enum err notary_open(const struct notary_options *options, struct notary **out_notary,
                     struct diag *diag) {
	struct notary *notary CLEANUP(notary_freep) = calloc(1, sizeof(*notary));
	ASSERT(notary != NULL);
	notary->os = options->os;
	if (strlen(options->keys) >= LIMIT_PATH || strlen(options->key_folder) >= LIMIT_PATH) {
		return diag_set(diag, ERR_LIMIT, "the path of the keys is too long");
	}
	(void)snprintf(notary->keys, sizeof(notary->keys), "%s", options->keys);
	(void)snprintf(notary->key_folder, sizeof(notary->key_folder), "%s", options->key_folder);
	TRY(open_inside(notary, options, diag));
	*out_notary = TAKE(notary);
	return ERR_OK;
}

void notary_free(struct notary *notary) {
	if (notary != NULL) {
		signer_free(notary->signer);
		epoch_keys_free(notary->chain);
		epochs_deinit(&notary->epochs);
		free(notary);
	}
}

void notary_freep(struct notary **notary) {
	notary_free(*notary);
	*notary = NULL;
}

struct verifier notary_verifier(const struct notary *notary) {
	return signer_verifier(notary->signer);
}

const struct notary_state *notary_last(const struct notary *notary) {
	return &notary->state;
}

const struct epochs *notary_epochs(const struct notary *notary) {
	return &notary->epochs;
}

const struct epoch_keys *notary_keys(const struct notary *notary) {
	return notary->chain;
}

enum err notary_reload_epochs(struct notary *notary, struct diag *diag) {
	struct epochs again;
	TRY(read_epochs(notary, &again, diag));
	epochs_deinit(&notary->epochs);
	notary->epochs = again;
	return ERR_OK;
}

/* ---- signing ---- */

static enum err refuse(struct diag *diag, const char *what) {
	diag_set(diag, ERR_CORRUPT, "the notary refuses: %s", what);
	diag_hint(diag, "the store was put back to an older state, or changed; `akashi verify` names "
	                "the damage, reading still works");
	return ERR_CORRUPT;
}

static enum err check(const struct notary *notary, const struct notary_state *next,
                      struct str proof, struct diag *diag) {
	const struct notary_state *last = &notary->state;
	if (!last->known) {
		return next->seal == 0 ? ERR_OK : refuse(diag, "it has signed nothing of this log yet");
	}
	if (next->seal != last->seal && next->seal != last->seal + 1) {
		return refuse(diag, "checkpoints that it has signed are missing");
	}
	if (next->size < last->size) {
		return refuse(diag, "it has signed more records than there are");
	}
	if (next->size == last->size) {
		return memcmp(next->root, last->root, SHA256_SIZE) == 0
		           ? ERR_OK
		           : refuse(diag, "it has signed other records");
	}
	/* Every tree goes on from the empty one (RFC 6962 section 2.1.2 has no proof for it). */
	return last->size == 0 ||
	               tree_check_consistency(last->size, last->root, next->size, next->root, proof)
	           ? ERR_OK
	           : refuse(diag, "the records before are not those that it has signed");
}

/* The file is the truth: a second notary of the same log may have signed meanwhile. */
static enum err look_again(struct notary *notary, struct diag *diag) {
	struct notary_state state;
	TRY(notary_state_read(notary->os, notary->key_folder, signer_verifier(notary->signer).name,
	                      &state, diag));
	if (!state.known && notary->state.known) {
		return refuse(diag, "what it has signed is not known any more");
	}
	notary->state = state;
	return ERR_OK;
}

enum err notary_seal(struct notary *notary, uint64_t seal, uint64_t size,
                     const uint8_t root[SHA256_SIZE], struct str proof, struct buf *out_note,
                     struct diag *diag) {
	struct notary_state next = {.known = true, .seal = seal, .size = size};
	const struct epoch_manifest *manifest;
	struct buf text CLEANUP(buf_deinit) = {0};
	struct buf note CLEANUP(buf_deinit) = {0};
	memcpy(next.root, root, SHA256_SIZE);
	TRY(look_again(notary, diag));
	TRY(check(notary, &next, proof, diag));
	TRY(epochs_for_seal(&notary->epochs, seal, &manifest, diag));
	TRY(epoch_prepare_seal(notary->os, notary->key_folder, notary->chain, manifest, seal, diag));
	notary_state_format(&next, signer_verifier(notary->signer).name, &text);
	enum err err = os_replace_file(notary->os, notary->key_folder, signed_file, buf_str(&text));
	if (err != ERR_OK) {
		return diag_set(diag, err, "%s/%s cannot be written: %s", notary->key_folder, signed_file,
		                err_text(err));
	}
	notary->state = next;
	checkpoint_sign(notary->signer, size, root, &note);
	TRY(checkpoint_sign_epoch(notary->chain, &note, diag));
	buf_append_str(out_note, buf_str(&note));
	return ERR_OK;
}
