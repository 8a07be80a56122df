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
 * ERR_EXISTS when one is there. identity.key comes last: a cut in between leaves nothing that
 * counts. ERR_INVALID: a name that notes cannot carry (C2SP signed-note: no blank, no plus). */
MUST_USE enum err signer_create(const struct os *os, const char *folder, struct str name,
                                struct diag *diag);
/* Loads it, and checks that key, name and vkey belong together. ERR_NOT_FOUND, or ERR_CORRUPT when
 * any bit of the two files is not as it was written. */
MUST_USE enum err signer_open(const struct os *os, const char *folder, struct signer **out_signer,
                              struct diag *diag);
void signer_free(struct signer *signer);
struct verifier signer_verifier(const struct signer *signer);

/* One key may sign several logs, each under the log's origin: the same key named so. Name is
 * borrowed. */
struct verifier verifier_named(const struct verifier *verifier, struct str name);
void signer_rename(struct signer *signer, struct str name);

/* Reads one vkey line without its LF; the name views text. One key has one text: anything but what
 * verifier_format writes is ERR_INVALID. */
MUST_USE enum err verifier_parse(struct str text, struct verifier *out_verifier, struct diag *diag);
void verifier_format(const struct verifier *verifier, struct buf *out);
/* Reads folder/identity.vkey into text; the verifier views it. ERR_CORRUPT when it is damaged. */
MUST_USE enum err verifier_open(const struct os *os, const char *folder, struct buf *text,
                                struct verifier *out_verifier, struct diag *diag);

/* Appends the signed note for (origin = the signer's name, size, root). */
void checkpoint_sign(const struct signer *signer, uint64_t size, const uint8_t root[SHA256_SIZE],
                     struct buf *out_note);
/* Reads a note and verifies the verifier's signature on it. ERR_INVALID: not a checkpoint;
 * ERR_CORRUPT: of another log, not signed by this key, or the signature is wrong. Signatures by
 * other keys are ignored, as the spec asks; extension lines are not taken (C2SP tlog-checkpoint
 * says that they are not recommended, and we never write them). */
MUST_USE enum err checkpoint_open(struct str note, const struct verifier *verifier,
                                  struct checkpoint *out_checkpoint, struct diag *diag);
