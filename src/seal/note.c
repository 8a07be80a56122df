/* Signed notes: splitting one, and its signature lines. A line has one spelling only: its parts are
 * found by the dash and the blanks, and base64 is strict.
 */
#include "seal/note.h"

#include <sodium.h>

#include "base/endian.h"
#include "base/limits.h"
#include "seal/signer.h"

enum { KEY_ID_SIZE = 4, BLOB_SIZE = KEY_ID_SIZE + SIGNATURE_SIZE };
static const struct str dash = STR_INIT("\xe2\x80\x94 ");

/* The line without its LF. */
static bool parse_line(struct str line, struct note_signature *out) {
	struct buf blob CLEANUP(buf_deinit) = {0};
	struct str rest = str_slice(line, dash.len, line.len);
	out->name = str_cut(&rest, ' ');
	out->base64 = rest;
	return str_starts(line, dash) && key_name_valid(out->name) &&
	       buf_append_base64_decoded(&blob, rest) == ERR_OK && blob.len > KEY_ID_SIZE;
}

bool note_next(struct str *signatures, struct note_signature *out_signature) {
	struct note_signature signature;
	if (signatures->len == 0 || !parse_line(str_cut(signatures, '\n'), &signature)) {
		return false;
	}
	*out_signature = signature;
	return true;
}

enum err note_open(struct str bytes, struct note *out_note, struct diag *diag) {
	struct note_signature signature;
	if (bytes.len > LIMIT_NOTE_SIZE) {
		return diag_set(diag, ERR_LIMIT, "a note of more than %zu bytes is not read",
		                LIMIT_NOTE_SIZE);
	}
	size_t end = str_find(bytes, STR("\n\n"), 0);
	if (end == (size_t)-1 || bytes.ptr[bytes.len - 1] != '\n' || end + 2 == bytes.len) {
		return diag_set(diag, ERR_INVALID, "this is not a signed note");
	}
	struct str lines = str_slice(bytes, end + 2, bytes.len);
	struct str rest = lines;
	for (uint32_t count = 0; rest.len > 0; count++) {
		if (count == LIMIT_NOTE_SIGNATURES) {
			return diag_set(diag, ERR_LIMIT, "the note has more than %u signatures",
			                LIMIT_NOTE_SIGNATURES);
		}
		if (!note_next(&rest, &signature)) {
			return diag_set(diag, ERR_INVALID, "the note's signature lines are malformed");
		}
	}
	*out_note = (struct note){.text = str_slice(bytes, 0, end + 1), .signatures = lines};
	return ERR_OK;
}

enum note_verdict note_check(struct str text, const struct note_signature *signature,
                             const struct verifier *verifier) {
	struct buf blob CLEANUP(buf_deinit) = {0};
	if (!str_eq(signature->name, verifier->name) ||
	    buf_append_base64_decoded(&blob, signature->base64) != ERR_OK || blob.len < KEY_ID_SIZE ||
	    be32_load(blob.ptr) != verifier->key_id) {
		return NOTE_OTHER_KEY;
	}
	ASSERT(sodium_init() >= 0);
	return blob.len == BLOB_SIZE &&
	               crypto_sign_verify_detached((const uint8_t *)blob.ptr + KEY_ID_SIZE,
	                                           (const uint8_t *)text.ptr, text.len,
	                                           verifier->public_key) == 0
	           ? NOTE_GOOD
	           : NOTE_WRONG;
}

void note_append_signature(const struct verifier *verifier, const uint8_t signature[SIGNATURE_SIZE],
                           struct buf *out) {
	uint8_t blob[BLOB_SIZE];
	be32_store(blob, verifier->key_id);
	memcpy(blob + KEY_ID_SIZE, signature, SIGNATURE_SIZE);
	buf_append_str(out, dash);
	buf_append_str(out, verifier->name);
	buf_append_char(out, ' ');
	buf_append_base64(out, blob, sizeof(blob));
	buf_append_char(out, '\n');
}
