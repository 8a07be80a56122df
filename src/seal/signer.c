/* The identity key: made once, kept in a text file that names its own public key and ends in a
 * checksum, held in memory that is locked, not dumped, and wiped when it is freed.
 * docs/formats/checkpoint.md has the two files.
 */
#include "seal/signer.h"

#include <sodium.h>

#include "base/limits.h"
#include "seal/secret.h"

static const char key_file[] = "identity.key";
static const char vkey_file[] = "identity.vkey";

struct signer {
	struct buf name;
	struct verifier verifier; /* its name views the buffer */
	uint8_t *secret;          /* crypto_sign_SECRETKEYBYTES, from secret_new */
};

static void secret_freep(uint8_t **secret) {
	secret_free(*secret);
}

/* Writes identity.key into a text of secret_text_new. */
static void format_key(struct str name, const uint8_t *secret, struct buf *out) {
	uint8_t digest[SHA256_SIZE];
	buf_append_str(out, STR("akashi-identity-key 1\nname "));
	buf_append_str(out, name);
	buf_append_str(out, STR("\nseed "));
	buf_append_base64(out, secret, KEY_SEED_SIZE); /* libsodium: seed, then public key */
	buf_append_str(out, STR("\npublic "));
	buf_append_base64(out, secret + KEY_SEED_SIZE, KEY_PUBLIC_SIZE);
	buf_append_char(out, '\n');
	sha256(out->ptr, out->len, digest);
	buf_append_str(out, STR("sha256 "));
	buf_append_hex(out, digest, sizeof(digest));
	buf_append_char(out, '\n');
}

/* The rest of the line after label, or false. */
static bool take_field(struct str *rest, struct str label, struct str *out_value) {
	struct str line = str_cut(rest, '\n');
	*out_value = str_slice(line, label.len, line.len);
	return str_starts(line, label);
}

/* Makes the key anew from name and seed: the file must be what format_key writes, to the byte. */
static enum err parse_key(struct str text, struct str *out_name, uint8_t *out_secret) {
	struct buf seed CLEANUP(secret_text_deinit) = secret_text_new();
	struct buf canonical CLEANUP(secret_text_deinit) = secret_text_new();
	uint8_t public_key[KEY_PUBLIC_SIZE];
	struct str rest = text;
	struct str name;
	struct str seed_text;
	(void)str_cut(&rest, '\n'); /* compared below, as everything is */
	if (!take_field(&rest, STR("name "), &name) || !take_field(&rest, STR("seed "), &seed_text) ||
	    !key_name_valid(name) || buf_append_base64_decoded(&seed, seed_text) != ERR_OK ||
	    seed.len != KEY_SEED_SIZE) {
		return ERR_CORRUPT;
	}
	ASSERT(crypto_sign_seed_keypair(public_key, out_secret, (const uint8_t *)seed.ptr) == 0);
	format_key(name, out_secret, &canonical);
	*out_name = name;
	return str_eq(buf_str(&canonical), text) ? ERR_OK : ERR_CORRUPT;
}

static enum err path_of(const char *folder, const char *name, char out_path[LIMIT_PATH]) {
	int len = snprintf(out_path, LIMIT_PATH, "%s/%s", folder, name);
	return len < 0 || (size_t)len >= LIMIT_PATH ? ERR_LIMIT : ERR_OK;
}

static enum err unreadable(const char *path, enum err err, struct diag *diag) {
	if (err != ERR_OK) {
		(void)diag_set(diag, err, "%s cannot be read: %s", path, err_text(err));
	}
	return err == ERR_LIMIT ? ERR_CORRUPT : err;
}

static enum err read_vkey_file(const struct os *os, const char *folder, struct buf *out,
                               struct diag *diag) {
	char path[LIMIT_PATH];
	TRY(path_of(folder, vkey_file, path));
	return unreadable(path, os_read_file(os, path, LIMIT_NOTE_SIZE, out), diag);
}

static enum err read_key_file(const struct os *os, const char *folder, struct buf *out_text,
                              struct diag *diag) {
	char path[LIMIT_PATH];
	TRY(path_of(folder, key_file, path));
	return unreadable(path, secret_read_file(os, path, out_text), diag);
}

/* ERR_OK when there is no key yet. */
static enum err check_absent(const struct os *os, const char *folder, struct diag *diag) {
	char path[LIMIT_PATH];
	struct os_stat st;
	TRY(path_of(folder, key_file, path));
	enum err err = os->stat(os->ctx, path, false, &st);
	if (err == ERR_NOT_FOUND) {
		return ERR_OK;
	}
	return err == ERR_OK ? diag_set(diag, ERR_EXISTS, "%s is there already", path)
	                     : diag_set(diag, err, "%s cannot be looked at: %s", path, err_text(err));
}

static enum err replace_file(const struct os *os, const char *folder, const char *name,
                             const struct buf *text, struct diag *diag) {
	enum err err = os_replace_file(os, folder, name, buf_str(text));
	return err == ERR_OK
	           ? ERR_OK
	           : diag_set(diag, err, "%s/%s cannot be written: %s", folder, name, err_text(err));
}

enum err signer_create(const struct os *os, const char *folder, struct str name,
                       struct diag *diag) {
	uint8_t *secret CLEANUP(secret_freep) = NULL;
	uint8_t *seed CLEANUP(secret_freep) = NULL;
	uint8_t public_key[KEY_PUBLIC_SIZE];
	struct buf key CLEANUP(secret_text_deinit) = {0};
	struct buf vkey CLEANUP(buf_deinit) = {0};
	if (!key_name_valid(name)) {
		return diag_set(diag, ERR_INVALID, "\"%.*s\" cannot name a key", STR_ARG(name));
	}
	TRY(check_absent(os, folder, diag));
	os->hide(os->ctx);
	secret = secret_new(crypto_sign_SECRETKEYBYTES);
	seed = secret_new(KEY_SEED_SIZE);
	key = secret_text_new();
	enum err err = os->random(os->ctx, seed, KEY_SEED_SIZE);
	if (err != ERR_OK) {
		return diag_set(diag, err, "no random bytes for a key: %s", err_text(err));
	}
	ASSERT(crypto_sign_seed_keypair(public_key, secret, seed) == 0);
	struct verifier verifier = verifier_make(name, public_key);
	format_key(name, secret, &key);
	secret_wipe_stack();
	verifier_format(&verifier, &vkey);
	buf_append_char(&vkey, '\n');
	TRY(replace_file(os, folder, vkey_file, &vkey, diag));
	return replace_file(os, folder, key_file, &key, diag);
}

enum err verifier_open(const struct os *os, const char *folder, struct buf *text,
                       struct verifier *out_verifier, struct diag *diag) {
	size_t start = text->len;
	TRY(read_vkey_file(os, folder, text, diag));
	struct str line = str_slice(buf_str(text), start, text->len);
	if (line.len == 0 || line.ptr[line.len - 1] != '\n' ||
	    verifier_parse(str_slice(line, 0, line.len - 1), out_verifier, NULL) != ERR_OK) {
		return diag_set(diag, ERR_CORRUPT, "%s/%s is damaged", folder, vkey_file);
	}
	return ERR_OK;
}

/* Compares the two files. */
static enum err check_vkey(const struct os *os, const char *folder, const struct verifier *expected,
                           struct diag *diag) {
	struct buf text CLEANUP(buf_deinit) = {0};
	struct verifier found;
	TRY(verifier_open(os, folder, &text, &found, diag));
	if (!str_eq(found.name, expected->name) ||
	    memcmp(found.public_key, expected->public_key, KEY_PUBLIC_SIZE) != 0) {
		return diag_set(diag, ERR_CORRUPT, "%s and %s in %s are not of one key", key_file,
		                vkey_file, folder);
	}
	return ERR_OK;
}

enum err signer_open(const struct os *os, const char *folder, struct signer **out_signer,
                     struct diag *diag) {
	struct buf text CLEANUP(secret_text_deinit) = {0};
	uint8_t *secret CLEANUP(secret_freep) = NULL;
	struct str name;
	os->hide(os->ctx);
	TRY(read_key_file(os, folder, &text, diag));
	secret = secret_new(crypto_sign_SECRETKEYBYTES);
	enum err err = parse_key(buf_str(&text), &name, secret);
	secret_wipe_stack();
	if (err != ERR_OK) {
		return diag_set(diag, ERR_CORRUPT, "%s/%s is damaged", folder, key_file);
	}
	struct verifier verifier = verifier_make(name, secret + KEY_SEED_SIZE);
	TRY(check_vkey(os, folder, &verifier, diag));
	ASSERT(sodium_mprotect_readonly(secret) == 0);
	struct signer *signer = calloc(1, sizeof(*signer));
	ASSERT(signer != NULL);
	buf_append_str(&signer->name, name);
	signer->verifier = verifier;
	signer->verifier.name = buf_str(&signer->name);
	signer->secret = TAKE(secret);
	*out_signer = signer;
	return ERR_OK;
}

void signer_free(struct signer *signer) {
	if (signer != NULL) {
		secret_free(signer->secret);
		buf_deinit(&signer->name);
		free(signer);
	}
}

struct verifier verifier_named(const struct verifier *verifier, struct str name) {
	return verifier_make(name, verifier->public_key);
}

void signer_rename(struct signer *signer, struct str name) {
	ASSERT(key_name_valid(name));
	buf_clear(&signer->name);
	buf_append_str(&signer->name, name);
	signer->verifier = verifier_named(&signer->verifier, buf_str(&signer->name));
}

struct verifier signer_verifier(const struct signer *signer) {
	return signer->verifier;
}

void signer_sign(const struct signer *signer, struct str text,
                 uint8_t out_signature[SIGNATURE_SIZE]) {
	ASSERT(crypto_sign_detached(out_signature, NULL, (const uint8_t *)text.ptr, text.len,
	                            signer->secret) == 0);
	secret_wipe_stack();
}
