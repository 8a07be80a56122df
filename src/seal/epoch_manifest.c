/* Manifests: one text for each, compared with what it was read as; and their signing. */
#include "seal/epoch_manifest.h"

#include "base/limits.h"
#include "seal/note.h"
#include "seal/signer.h"

enum {
	KEY_TYPE_ED25519 = 0x01,
	KEY_BLOB_SIZE = 1 + KEY_PUBLIC_SIZE,
	KEY_LINE_SIZE = KEY_BLOB_SIZE / 3 * 4 + 1
};

_Static_assert(KEY_BLOB_SIZE % 3 == 0, "a key's base64 has no padding");
_Static_assert(LIMIT_EPOCHS_LISTED *KEY_LINE_SIZE + 4 * LIMIT_KEY_NAME + 4096 < LIMIT_NOTE_SIZE,
               "the largest manifest is a note, with room for signatures");

/* ---- the text ---- */

static void format_head(const struct epoch_manifest *manifest, struct buf *out) {
	buf_append_str(out, STR("akashi-epochs/v1\norigin "));
	buf_append_str(out, manifest->origin);
	buf_append_str(out, STR("\nidentity "));
	verifier_format(&manifest->identity, out);
	buf_append_str(out, STR("\nseals "));
	buf_append_u64(out, manifest->seals);
	buf_append_str(out, STR("\nfirst "));
	buf_append_u64(out, manifest->first);
	buf_append_str(out, STR("\ncount "));
	buf_append_u64(out, manifest->count);
	buf_append_char(out, '\n');
}

void epoch_manifest_format(const struct epoch_manifest *manifest, struct buf *out) {
	format_head(manifest, out);
	buf_append_str(out, manifest->keys);
}

/* The next line without its label, which is compared when the text is made again. */
static struct str take_value(struct str *rest, struct str label) {
	struct str line = str_cut(rest, '\n');
	return str_slice(line, label.len, line.len);
}

static enum err check_numbers(const struct epoch_manifest *manifest, struct diag *diag) {
	if (manifest->count > LIMIT_EPOCHS_LISTED) {
		return diag_set(diag, ERR_LIMIT, "a manifest lists at most %llu epochs",
		                (unsigned long long)LIMIT_EPOCHS_LISTED);
	}
	if (manifest->count == 0 || manifest->seals == 0 || manifest->first > LIMIT_EPOCH ||
	    manifest->count > LIMIT_EPOCH - manifest->first) {
		return diag_set(diag, ERR_INVALID,
		                "a manifest needs one epoch and one seal an epoch at least");
	}
	return ERR_OK;
}

/* The line of a key without its LF; false when it is none. */
static bool decode_key(struct str line, uint8_t out_public[KEY_PUBLIC_SIZE]) {
	struct buf blob CLEANUP(buf_deinit) = {0};
	if (buf_append_base64_decoded(&blob, line) != ERR_OK || blob.len != KEY_BLOB_SIZE ||
	    blob.ptr[0] != KEY_TYPE_ED25519) {
		return false;
	}
	memcpy(out_public, blob.ptr + 1, KEY_PUBLIC_SIZE);
	return true;
}

static struct str key_line(const struct epoch_manifest *manifest, uint64_t number) {
	size_t start = (size_t)number * KEY_LINE_SIZE;
	return str_slice(manifest->keys, start, start + KEY_LINE_SIZE - 1);
}

static enum err check_keys(const struct epoch_manifest *manifest, struct diag *diag) {
	uint8_t public_key[KEY_PUBLIC_SIZE];
	if (manifest->keys.len != manifest->count * KEY_LINE_SIZE) {
		return diag_set(diag, ERR_INVALID, "the manifest does not list %llu keys",
		                (unsigned long long)manifest->count);
	}
	for (uint64_t i = 0; i < manifest->count; i++) {
		uint64_t epoch = manifest->first + i;
		size_t end = (size_t)(i + 1) * KEY_LINE_SIZE - 1;
		if (manifest->keys.ptr[end] != '\n' || !decode_key(key_line(manifest, i), public_key)) {
			return diag_set(diag, ERR_INVALID, "the manifest's key of epoch %llu is not one",
			                (unsigned long long)epoch);
		}
	}
	return ERR_OK;
}

enum err epoch_manifest_parse(struct str text, struct epoch_manifest *out_manifest,
                              struct diag *diag) {
	struct buf canonical CLEANUP(buf_deinit) = {0};
	struct epoch_manifest manifest = {0};
	struct str rest = text;
	(void)str_cut(&rest, '\n');
	manifest.origin = take_value(&rest, STR("origin "));
	struct str identity = take_value(&rest, STR("identity "));
	if (text.len > LIMIT_NOTE_SIZE || !epoch_origin_valid(manifest.origin) ||
	    verifier_parse(identity, &manifest.identity, NULL) != ERR_OK ||
	    !str_eq(manifest.identity.name, manifest.origin) ||
	    !str_to_u64(take_value(&rest, STR("seals ")), UINT64_MAX, &manifest.seals) ||
	    !str_to_u64(take_value(&rest, STR("first ")), UINT64_MAX, &manifest.first) ||
	    !str_to_u64(take_value(&rest, STR("count ")), UINT64_MAX, &manifest.count)) {
		return diag_set(diag, ERR_INVALID, "this is not a manifest of epoch keys");
	}
	manifest.keys = rest;
	TRY(check_numbers(&manifest, diag));
	TRY(check_keys(&manifest, diag));
	epoch_manifest_format(&manifest, &canonical);
	if (!str_eq(buf_str(&canonical), text)) {
		return diag_set(diag, ERR_INVALID, "the manifest is not written as manifests are");
	}
	*out_manifest = manifest;
	return ERR_OK;
}

/* ---- what it says ---- */

enum err epoch_manifest_key(const struct epoch_manifest *manifest, uint64_t epoch, struct buf *name,
                            struct verifier *out_verifier) {
	uint8_t public_key[KEY_PUBLIC_SIZE];
	if (epoch < manifest->first || epoch - manifest->first >= manifest->count) {
		return ERR_NOT_FOUND;
	}
	ASSERT(decode_key(key_line(manifest, epoch - manifest->first), public_key));
	buf_clear(name);
	epoch_name_format(manifest->origin, epoch, name);
	*out_verifier = verifier_make(buf_str(name), public_key);
	return ERR_OK;
}

enum err epoch_of_seal(const struct epoch_manifest *manifest, uint64_t seal, uint64_t *out_epoch,
                       struct diag *diag) {
	uint64_t epoch = seal / manifest->seals;
	if (epoch < manifest->first) {
		return diag_set(diag, ERR_NOT_FOUND,
		                "seal %llu is of epoch %llu; the manifest begins with epoch %llu",
		                (unsigned long long)seal, (unsigned long long)epoch,
		                (unsigned long long)manifest->first);
	}
	if (epoch - manifest->first >= manifest->count) {
		(void)diag_set(diag, ERR_LIMIT,
		               "sealing has stopped: the manifest's epoch keys end with epoch %llu, and "
		               "seal %llu is of epoch %llu",
		               (unsigned long long)(manifest->first + manifest->count - 1),
		               (unsigned long long)seal, (unsigned long long)epoch);
		diag_hint(diag, "have a new manifest signed with the root key, and install it");
		return ERR_LIMIT;
	}
	*out_epoch = epoch;
	return ERR_OK;
}

enum err epoch_manifest_follows(const struct epoch_manifest *before,
                                const struct epoch_manifest *after, struct diag *diag) {
	if (!str_eq(before->origin, after->origin) ||
	    memcmp(before->identity.public_key, after->identity.public_key, KEY_PUBLIC_SIZE) != 0) {
		return diag_set(diag, ERR_INVALID, "the new manifest is of another log or identity key");
	}
	if (before->seals != after->seals) {
		return diag_set(diag, ERR_INVALID,
		                "the new manifest has %llu seals an epoch, the one before has %llu",
		                (unsigned long long)after->seals, (unsigned long long)before->seals);
	}
	if (after->first < before->first || after->first - before->first > before->count) {
		return diag_set(diag, ERR_INVALID,
		                "the new manifest begins with epoch %llu, the one before has %llu to %llu",
		                (unsigned long long)after->first, (unsigned long long)before->first,
		                (unsigned long long)(before->first + before->count - 1));
	}
	return ERR_OK;
}

/* ---- making one ---- */

/* Appends the lines of count keys, from first on. */
static void list_keys(const struct epoch_keys *keys, uint64_t first, uint64_t count,
                      struct buf *out) {
	struct epoch_keys *walk CLEANUP(epoch_keys_freep) = epoch_keys_copy(keys);
	for (uint64_t epoch = first; epoch < first + count; epoch++) {
		epoch_keys_go_on(walk, epoch);
		uint8_t blob[KEY_BLOB_SIZE] = {KEY_TYPE_ED25519};
		struct verifier verifier = epoch_keys_verifier(walk);
		memcpy(blob + 1, verifier.public_key, KEY_PUBLIC_SIZE);
		buf_append_base64(out, blob, sizeof(blob));
		buf_append_char(out, '\n');
	}
}

enum err epoch_manifest_request(const struct epoch_keys *keys, const struct epoch_plan *plan,
                                struct buf *out_text, struct diag *diag) {
	struct buf lines CLEANUP(buf_deinit) = {0};
	struct epoch_manifest manifest = {.origin = epoch_keys_origin(keys),
	                                  .identity = plan->identity,
	                                  .seals = plan->seals,
	                                  .first = plan->first,
	                                  .count = plan->count};
	TRY(check_numbers(&manifest, diag));
	if (!str_eq(plan->identity.name, manifest.origin)) {
		return diag_set(diag, ERR_INVALID, "the epoch keys are of %.*s, not of %.*s",
		                STR_ARG(manifest.origin), STR_ARG(plan->identity.name));
	}
	if (plan->first < epoch_keys_epoch(keys) ||
	    plan->first - epoch_keys_epoch(keys) > LIMIT_EPOCHS_LISTED) {
		return diag_set(
		    diag, ERR_INVALID, "keys from epoch %llu on cannot be made from that of epoch %llu",
		    (unsigned long long)plan->first, (unsigned long long)epoch_keys_epoch(keys));
	}
	list_keys(keys, plan->first, plan->count, &lines);
	manifest.keys = buf_str(&lines);
	epoch_manifest_format(&manifest, out_text);
	return ERR_OK;
}

enum err epoch_manifest_sign(const struct signer *signer, struct str request, struct buf *out_note,
                             struct diag *diag) {
	struct verifier verifier = signer_verifier(signer);
	struct epoch_manifest manifest;
	uint8_t signature[SIGNATURE_SIZE];
	TRY(epoch_manifest_parse(request, &manifest, diag));
	signer_sign(signer, request, signature);
	buf_append_str(out_note, request);
	buf_append_char(out_note, '\n');
	note_append_signature(&verifier, signature, out_note);
	return ERR_OK;
}

/* ---- who signed it ---- */

/* ERR_OK: the verifier has signed; ERR_NOT_FOUND: it has not; ERR_CORRUPT: a signature of its is
 * wrong. */
static enum err look_for(const struct note *note, const struct verifier *verifier,
                         struct diag *diag) {
	struct note_signature signature;
	struct str rest = note->signatures;
	enum err found = ERR_NOT_FOUND;
	while (note_next(&rest, &signature)) {
		switch (note_check(note->text, &signature, verifier)) {
		case NOTE_GOOD:
			found = ERR_OK;
			break;
		case NOTE_WRONG:
			return diag_set(diag, ERR_CORRUPT, "the manifest's signature by %.*s is wrong",
			                STR_ARG(verifier->name));
		case NOTE_OTHER_KEY:
			break;
		}
	}
	return found;
}

enum err epoch_manifest_verify(struct str note, const struct verifier *root,
                               struct epoch_manifest *out_manifest,
                               enum epoch_authority *out_authority, struct diag *diag) {
	struct epoch_manifest manifest;
	struct note parts;
	TRY(note_open(note, &parts, diag));
	TRY(epoch_manifest_parse(parts.text, &manifest, diag));
	enum err by_identity = look_for(&parts, &manifest.identity, diag);
	enum err by_root = root == NULL ? ERR_NOT_FOUND : look_for(&parts, root, diag);
	if (by_identity == ERR_CORRUPT || by_root == ERR_CORRUPT) {
		return ERR_CORRUPT; /* told above */
	}
	const struct verifier *wanted = root == NULL ? &manifest.identity : root;
	if ((root == NULL ? by_identity : by_root) != ERR_OK) {
		return diag_set(diag, ERR_CORRUPT, "the manifest is not signed by %.*s",
		                STR_ARG(wanted->name));
	}
	*out_manifest = manifest;
	*out_authority = root == NULL ? EPOCH_BY_IDENTITY : EPOCH_BY_ROOT;
	return ERR_OK;
}
