/* Checkpoints: what a signed note is made of, and the strict reading of one. Every number and every
 * base64 has one spelling only, so that a changed byte never goes unseen.
 * C2SP signed-note and tlog-checkpoint.
 */
#include "seal/checkpoint.h"

#include <sodium.h>

#include "base/endian.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "seal/signer.h"

enum { KEY_TYPE_ED25519 = 0x01, KEY_ID_SIZE = 4 };
/* Every signature line begins with an em dash and a blank. */
static const struct str dash = STR_INIT("\xe2\x80\x94 ");

/* Unicode white space (property White_Space) above ASCII. */
static bool is_wide_space(uint32_t c) {
	return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
	       c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool key_name_valid(struct str name) {
	if (name.len == 0 || name.len > LIMIT_KEY_NAME || !utf8_valid(name)) {
		return false;
	}
	for (size_t at = 0; at < name.len;) {
		uint32_t c = utf8_next(name, &at, NULL);
		if (c <= ' ' || c == '+' || c == 0x7F || is_wide_space(c)) {
			return false;
		}
	}
	return true;
}

struct verifier verifier_make(struct str name, const uint8_t public_key[KEY_PUBLIC_SIZE]) {
	static const uint8_t separator[2] = {'\n', KEY_TYPE_ED25519};
	struct verifier verifier = {.name = name};
	struct sha256 sha;
	uint8_t digest[SHA256_SIZE];
	sha256_init(&sha);
	sha256_update(&sha, name.ptr, name.len);
	sha256_update(&sha, separator, sizeof(separator));
	sha256_update(&sha, public_key, KEY_PUBLIC_SIZE);
	sha256_digest(&sha, digest);
	verifier.key_id = be32_load(digest);
	memcpy(verifier.public_key, public_key, KEY_PUBLIC_SIZE);
	return verifier;
}

void verifier_format(const struct verifier *verifier, struct buf *out) {
	uint8_t key[1 + KEY_PUBLIC_SIZE] = {KEY_TYPE_ED25519};
	memcpy(key + 1, verifier->public_key, KEY_PUBLIC_SIZE);
	buf_append_str(out, verifier->name);
	buf_printf(out, "+%08x+", verifier->key_id);
	buf_append_base64(out, key, sizeof(key));
}

/* Decodes base64 that must give exactly len bytes. */
static bool decode_exact(struct str text, uint8_t *out_bytes, size_t len) {
	struct buf bytes CLEANUP(buf_deinit) = {0};
	if (text.len != (len + 2) / 3 * 4 || buf_append_base64_decoded(&bytes, text) != ERR_OK ||
	    bytes.len != len) {
		return false;
	}
	memcpy(out_bytes, bytes.ptr, len);
	return true;
}

enum err verifier_parse(struct str text, struct verifier *out_verifier, struct diag *diag) {
	struct buf canonical CLEANUP(buf_deinit) = {0};
	uint8_t key[1 + KEY_PUBLIC_SIZE];
	struct str rest = text;
	struct str name = str_cut(&rest, '+');
	(void)str_cut(&rest, '+'); /* the key id is computed below, and compared */
	if (!key_name_valid(name)) {
		return diag_set(diag, ERR_INVALID, "a verifier key begins with a name and a plus sign");
	}
	if (!decode_exact(rest, key, sizeof(key)) || key[0] != KEY_TYPE_ED25519) {
		return diag_set(diag, ERR_INVALID, "the verifier key of %.*s is not an Ed25519 key",
		                STR_ARG(name));
	}
	struct verifier verifier = verifier_make(name, key + 1);
	verifier_format(&verifier, &canonical);
	if (!str_eq(buf_str(&canonical), text)) {
		return diag_set(diag, ERR_INVALID, "the key id in the verifier key of %.*s is not its own",
		                STR_ARG(name));
	}
	*out_verifier = verifier;
	return ERR_OK;
}

/* ---- writing ---- */

void checkpoint_format(struct str origin, uint64_t size, const uint8_t root[SHA256_SIZE],
                       struct buf *out) {
	buf_append_str(out, origin);
	buf_append_char(out, '\n');
	buf_append_u64(out, size);
	buf_append_char(out, '\n');
	buf_append_base64(out, root, SHA256_SIZE);
	buf_append_char(out, '\n');
}

void checkpoint_sign(const struct signer *signer, uint64_t size, const uint8_t root[SHA256_SIZE],
                     struct buf *out_note) {
	struct verifier verifier = signer_verifier(signer);
	uint8_t bytes[KEY_ID_SIZE + SIGNATURE_SIZE];
	size_t start = out_note->len;
	checkpoint_format(verifier.name, size, root, out_note);
	be32_store(bytes, verifier.key_id);
	signer_sign(signer, str_slice(buf_str(out_note), start, out_note->len), bytes + KEY_ID_SIZE);
	buf_append_char(out_note, '\n');
	buf_append_str(out_note, dash);
	buf_append_str(out_note, verifier.name);
	buf_append_char(out_note, ' ');
	buf_append_base64(out_note, bytes, sizeof(bytes));
	buf_append_char(out_note, '\n');
}

/* ---- reading ---- */

/* Cuts the next line, which must end in LF. */
static bool take_line(struct str *rest, struct str *out_line) {
	size_t at = str_find_char(*rest, '\n', 0);
	if (at == rest->len) {
		return false;
	}
	*out_line = str_slice(*rest, 0, at);
	*rest = str_slice(*rest, at + 1, rest->len);
	return true;
}

/* The three lines of a checkpoint; text ends with the LF of the last. */
static bool parse_body(struct str text, struct checkpoint *out) {
	struct buf canonical CLEANUP(buf_deinit) = {0};
	struct str rest = text;
	struct str size;
	struct str root;
	if (!take_line(&rest, &out->origin) || !take_line(&rest, &size) || !take_line(&rest, &root) ||
	    rest.len != 0 || out->origin.len == 0) {
		return false;
	}
	if (!str_to_u64(size, UINT64_MAX, &out->size) || !decode_exact(root, out->root, SHA256_SIZE)) {
		return false;
	}
	checkpoint_format(out->origin, out->size, out->root, &canonical);
	return str_eq(buf_str(&canonical), text);
}

/* One signature line without its LF. The base64 is decoded only for a key that is asked for. */
static bool parse_signature(struct str line, struct str *out_name, struct str *out_base64) {
	if (!str_starts(line, dash)) {
		return false;
	}
	line = str_slice(line, dash.len, line.len);
	*out_name = str_cut(&line, ' ');
	*out_base64 = line;
	struct buf bytes CLEANUP(buf_deinit) = {0};
	return key_name_valid(*out_name) && line.len > 0 &&
	       buf_append_base64_decoded(&bytes, line) == ERR_OK && bytes.len > KEY_ID_SIZE;
}

enum verdict { NOT_OURS, GOOD, BAD };

static enum verdict check_signature(struct str text, struct str name, struct str base64,
                                    const struct verifier *verifier) {
	uint8_t bytes[KEY_ID_SIZE + SIGNATURE_SIZE];
	uint8_t id[KEY_ID_SIZE];
	struct buf start CLEANUP(buf_deinit) = {0};
	if (!str_eq(name, verifier->name)) {
		return NOT_OURS;
	}
	if (!decode_exact(base64, bytes, sizeof(bytes))) {
		if (buf_append_base64_decoded(&start, base64) != ERR_OK || start.len < KEY_ID_SIZE) {
			return BAD;
		}
		be32_store(id, verifier->key_id);
		return memcmp(start.ptr, id, KEY_ID_SIZE) == 0 ? BAD : NOT_OURS;
	}
	if (be32_load(bytes) != verifier->key_id) {
		return NOT_OURS;
	}
	ASSERT(sodium_init() >= 0);
	return crypto_sign_verify_detached(bytes + KEY_ID_SIZE, (const uint8_t *)text.ptr, text.len,
	                                   verifier->public_key) == 0
	           ? GOOD
	           : BAD;
}

/* Every line must be a signature; one at least must be good, and none of this key's may be bad. */
static enum err check_signatures(struct str text, struct str lines, const struct verifier *verifier,
                                 struct diag *diag) {
	uint32_t count = 0;
	bool good = false;
	while (lines.len > 0) {
		struct str line;
		struct str name;
		struct str base64;
		if (count++ == LIMIT_NOTE_SIGNATURES) {
			return diag_set(diag, ERR_LIMIT, "the checkpoint has more than %u signatures",
			                LIMIT_NOTE_SIGNATURES);
		}
		if (!take_line(&lines, &line) || !parse_signature(line, &name, &base64)) {
			return diag_set(diag, ERR_INVALID, "the checkpoint's signature lines are malformed");
		}
		switch (check_signature(text, name, base64, verifier)) {
		case GOOD:
			good = true;
			break;
		case BAD:
			return diag_set(diag, ERR_CORRUPT, "the checkpoint's signature by %.*s is wrong",
			                STR_ARG(verifier->name));
		case NOT_OURS:
			break;
		}
	}
	return good ? ERR_OK
	            : diag_set(diag, ERR_CORRUPT, "the checkpoint is not signed by %.*s",
	                       STR_ARG(verifier->name));
}

/* Where the text ends and the signatures begin: behind the last empty line. */
static bool split_note(struct str note, struct str *out_text, struct str *out_lines) {
	for (size_t at = note.len; at-- > 1;) {
		if (note.ptr[at] == '\n' && note.ptr[at - 1] == '\n') {
			*out_text = str_slice(note, 0, at);
			*out_lines = str_slice(note, at + 1, note.len);
			return true;
		}
	}
	return false;
}

/* Notes are UTF-8 without control characters but LF. */
static bool is_plain_text(struct str note) {
	for (size_t i = 0; i < note.len; i++) {
		if ((unsigned char)note.ptr[i] < ' ' && note.ptr[i] != '\n') {
			return false;
		}
	}
	return utf8_valid(note);
}

enum err checkpoint_open(struct str note, const struct verifier *verifier,
                         struct checkpoint *out_checkpoint, struct diag *diag) {
	struct checkpoint checkpoint = {0};
	struct str text;
	struct str lines;
	if (note.len > LIMIT_NOTE_SIZE) {
		return diag_set(diag, ERR_LIMIT, "a checkpoint of more than %zu bytes is not read",
		                LIMIT_NOTE_SIZE);
	}
	if (!is_plain_text(note) || !split_note(note, &text, &lines)) {
		return diag_set(diag, ERR_INVALID, "this is not a signed note");
	}
	if (!parse_body(text, &checkpoint)) {
		return diag_set(diag, ERR_INVALID,
		                "a checkpoint has three lines: origin, size and root hash");
	}
	TRY(check_signatures(text, lines, verifier, diag));
	if (!str_eq(checkpoint.origin, verifier->name)) {
		return diag_set(diag, ERR_CORRUPT, "the checkpoint is of the log %.*s, not of %.*s",
		                STR_ARG(checkpoint.origin), STR_ARG(verifier->name));
	}
	*out_checkpoint = checkpoint;
	return ERR_OK;
}
