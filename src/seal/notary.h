/* The notary: signs the checkpoints of one log for a writer that it does not trust. It knows by
 * itself what it has signed last (keys/CLASS/signed), and signs only what goes on from there: a
 * fork is unforgivable. Under `serve` it is a process of its own; so it takes nothing but sizes,
 * roots and proofs. docs/formats/keys.md has the file.
 *
 * What it is about to sign is durable before the signature leaves it. So whatever anybody may hold
 * is known to it, also after a stop.
 */
#pragma once

#include "os/os.h"
#include "seal/epochs.h"

struct notary;

struct notary_options {
	const struct os *os;
	const char *keys;        /* folder: identity.key, root.vkey */
	const char *key_folder;  /* in it, of the log: epoch.key, manifests, signed */
	struct str key_name;     /* of the identity key */
	struct str origin;       /* of the log */
	bool fresh;              /* nobody has seen a seal of this log: keys may be made */
	struct epochs_plan plan; /* then: of its epochs */
};

/* What it has signed last. */
struct notary_state {
	bool known;    /* false: nothing yet */
	uint64_t seal; /* number of the checkpoint, from 0 */
	uint64_t size;
	uint8_t root[SHA256_SIZE];
};

/* ERR_CORRUPT, ERR_NOT_FOUND: a key, a manifest or what was signed is missing or damaged, or
 * belongs to another log; nothing is made anew unless fresh. */
MUST_USE enum err notary_open(const struct notary_options *options, struct notary **out_notary,
                              struct diag *diag);
void notary_free(struct notary *notary); /* NULL is fine */
void notary_freep(struct notary **notary);

struct verifier notary_verifier(const struct notary *notary);
const struct notary_state *notary_last(const struct notary *notary);
const struct epochs *notary_epochs(const struct notary *notary);
const struct epoch_keys *notary_keys(const struct notary *notary);
/* After a manifest was installed. */
MUST_USE enum err notary_reload_epochs(struct notary *notary, struct diag *diag);

/* Signs the tree of `size` leaves with `root` as checkpoint number `seal`, by identity and epoch;
 * appends the note. proof: consistency from the last size to this one (RFC 9162 section 2.1.4); it
 * is not asked for the first seal, nor when the size is the same. The number is the next one, or
 * the last one again: a note that was signed and never published may be replaced by one that goes
 * on from it. ERR_CORRUPT: not a continuation of what was signed, and nothing is signed. ERR_LIMIT:
 * no manifest lists a key for it. */
MUST_USE enum err notary_seal(struct notary *notary, uint64_t seal, uint64_t size,
                              const uint8_t root[SHA256_SIZE], struct str proof,
                              struct buf *out_note, struct diag *diag);

/* The text of the file `signed`; ERR_CORRUPT unless it is what notary_state_format writes. */
void notary_state_format(const struct notary_state *state, struct str origin, struct buf *out);
MUST_USE enum err notary_state_parse(struct str text, struct str origin,
                                     struct notary_state *out_state);
/* Reads folder/signed; none: known is false. */
MUST_USE enum err notary_state_read(const struct os *os, const char *folder, struct str origin,
                                    struct notary_state *out_state, struct diag *diag);
