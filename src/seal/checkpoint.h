/* Checkpoints: C2SP tlog-checkpoint in a C2SP signed note, Ed25519 (key type 0x01), no extension
 * lines. Reading is strict: base64 must be canonical, nothing may follow.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "base/sha256.h"
#include "os/os.h"

enum { KEY_SEED_SIZE = 32, KEY_PUBLIC_SIZE = 32, SIGNATURE_SIZE = 64 };

struct verifier {    /* a C2SP vkey: name+hash+base64(0x01 || public key) */
	struct str name; /* owned by the caller's arena or text */
	uint32_t key_id;
	uint8_t public_key[KEY_PUBLIC_SIZE];
};

struct signer; /* holds the secret; memory locked, not dumped, wiped on free */

struct checkpoint {
	struct str origin; /* views the text it was read from */
	uint64_t size;
	uint8_t root[SHA256_SIZE];
};

/* Makes a new identity key for name under folder (identity.key mode 0600, identity.vkey), durably.
 * ERR_EXISTS when one is there. */
MUST_USE enum err signer_create(const struct os *os, const char *folder, struct str name,
                                struct diag *diag);
/* Loads it, and checks that key, name and vkey belong together. */
MUST_USE enum err signer_open(const struct os *os, const char *folder, struct signer **out_signer,
                              struct diag *diag);
void signer_free(struct signer *signer);
struct verifier signer_verifier(const struct signer *signer);

/* Reads one vkey line; the name views text. */
MUST_USE enum err verifier_parse(struct str text, struct verifier *out_verifier, struct diag *diag);
void verifier_format(const struct verifier *verifier, struct buf *out);

/* Appends the signed note for (origin = the signer's name, size, root). */
void checkpoint_sign(const struct signer *signer, uint64_t size, const uint8_t root[SHA256_SIZE],
                     struct buf *out_note);
/* Reads a note and verifies the verifier's signature on it. ERR_INVALID: not a checkpoint;
 * ERR_CORRUPT: signed by somebody else, or the signature is wrong. Unknown signatures by other keys
 * are ignored, as the spec asks. */
MUST_USE enum err checkpoint_open(struct str note, const struct verifier *verifier,
                                  struct checkpoint *out_checkpoint, struct diag *diag);
