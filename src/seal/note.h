/* Signed notes of any content (C2SP signed-note): a text, an empty line, one line a signature.
 * Private to src/seal; checkpoints are read by seal/checkpoint.h.
 */
#pragma once

#include "seal/checkpoint.h"

struct note {
	struct str text;       /* what is signed, its last LF included */
	struct str signatures; /* the lines behind the empty line */
};

/* One line, form checked; the base64 holds a key id and more. */
struct note_signature {
	struct str name;
	struct str base64;
};

enum note_verdict {
	NOTE_OTHER_KEY, /* another name or key id: says nothing */
	NOTE_GOOD,
	NOTE_WRONG, /* name and key id are the verifier's, the signature is not */
};

/* Splits at the first empty line, so for texts without one. ERR_LIMIT: too large; ERR_INVALID: no
 * empty line, no signature, a line that is none; ERR_LIMIT: too many of them. */
MUST_USE enum err note_open(struct str bytes, struct note *out_note, struct diag *diag);
/* The next signature of a note that was opened; false at the end. */
bool note_next(struct str *signatures, struct note_signature *out_signature);
enum note_verdict note_check(struct str text, const struct note_signature *signature,
                             const struct verifier *verifier);
/* Appends a signature line. */
void note_append_signature(const struct verifier *verifier, const uint8_t signature[SIGNATURE_SIZE],
                           struct buf *out);
