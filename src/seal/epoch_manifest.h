/* The manifest: the public keys of the epochs to come, listed beforehand and signed by the root key
 * (offline), or where a log has no root, by its identity key. A key that is not listed is nobody's.
 * docs/formats/keys.md has the text. Made in three steps: the log makes a request, the root signs
 * it elsewhere, the log takes the note.
 *
 * Seals of a log are counted from 0 and never anew; the epoch of a seal is its number divided by
 * `seals`. No clock is asked.
 */
#pragma once

#include "seal/epoch_keys.h"

enum { EPOCH_SEALS_DEFAULT = 86400, EPOCH_COUNT_DEFAULT = 400 };

struct epoch_manifest {
	struct str origin;        /* views the text, as the rest does */
	struct verifier identity; /* named by the origin */
	uint64_t seals;           /* of one epoch; at least 1 */
	uint64_t first;           /* epoch of the first key */
	uint64_t count;           /* of epochs; at least 1 */
	struct str keys;          /* one line each: base64 of 0x01 and the public key */
};

/* Reads the text that is signed, without a signature: a request. One manifest has one text.
 * ERR_INVALID; ERR_LIMIT. */
MUST_USE enum err epoch_manifest_parse(struct str text, struct epoch_manifest *out_manifest,
                                       struct diag *diag);
void epoch_manifest_format(const struct epoch_manifest *manifest, struct buf *out);
/* The key of an epoch; its name is put into `name`, and views it. ERR_NOT_FOUND. */
MUST_USE enum err epoch_manifest_key(const struct epoch_manifest *manifest, uint64_t epoch,
                                     struct buf *name, struct verifier *out_verifier);
/* ERR_NOT_FOUND: the seal is older than the manifest. ERR_LIMIT: the manifest is used up, and
 * nothing may be sealed until another is there: never go on without. */
MUST_USE enum err epoch_of_seal(const struct epoch_manifest *manifest, uint64_t seal,
                                uint64_t *out_epoch, struct diag *diag);

/* Whether `after` may be installed behind `before`: of the same log, identity key and number of
 * seals, and without a gap. ERR_INVALID. Both stay: each checks the checkpoints of its epochs. */
MUST_USE enum err epoch_manifest_follows(const struct epoch_manifest *before,
                                         const struct epoch_manifest *after, struct diag *diag);

struct epoch_plan {
	struct verifier identity; /* of the log whose keys they are */
	uint64_t seals;
	uint64_t first; /* not before the epoch that the keys are at */
	uint64_t count;
};

/* Appends the text of a manifest for keys that are yet to be made; the keys stay as they are.
 * ERR_INVALID: the plan is not for these keys, or not possible. */
MUST_USE enum err epoch_manifest_request(const struct epoch_keys *keys,
                                         const struct epoch_plan *plan, struct buf *out_text,
                                         struct diag *diag);
/* Appends the signed note of a request. Needs nothing but the signer. */
MUST_USE enum err epoch_manifest_sign(const struct signer *signer, struct str request,
                                      struct buf *out_note, struct diag *diag);

enum epoch_authority { EPOCH_BY_IDENTITY, EPOCH_BY_ROOT };

/* Reads a note and checks who signed it. With a root, only its signature counts; NULL: the log has
 * none, and that of the identity key which the manifest names counts. The caller compares that key
 * with the one that it trusts. ERR_INVALID, ERR_LIMIT: not a manifest; ERR_CORRUPT: not signed by
 * whom it should be, or a signature by root or identity is wrong. */
MUST_USE enum err epoch_manifest_verify(struct str note, const struct verifier *root,
                                        struct epoch_manifest *out_manifest,
                                        enum epoch_authority *out_authority, struct diag *diag);
