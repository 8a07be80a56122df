/* Checkpoints with two signatures: that of the identity key, which witnesses know, and that of the
 * epoch's key, which nobody can make any more once the epoch is over.
 */
#pragma once

#include "os/os.h"
#include "seal/epoch_manifest.h"

/* Before each seal: makes the keys those of the seal's epoch, on disk first (epoch_file_advance),
 * and checks that the manifest lists them. ERR_LIMIT: the manifest is used up; sealing stops.
 * ERR_CORRUPT: the keys are not the listed ones, or are beyond the seal's epoch. The seal before
 * must be durable: what its epoch signed cannot be signed again. */
MUST_USE enum err epoch_prepare_seal(const struct os *os, const char *folder,
                                     struct epoch_keys *keys, const struct epoch_manifest *manifest,
                                     uint64_t seal, struct diag *diag);
/* Appends the epoch's signature to the note that checkpoint_sign wrote; it is all that the buffer
 * holds. ERR_INVALID: no note that this log's identity signed; ERR_EXISTS: an epoch has signed it
 * already. */
MUST_USE enum err checkpoint_sign_epoch(const struct epoch_keys *keys, struct buf *note,
                                        struct diag *diag);

/* What is known of the epoch beforehand; {0}: nothing. */
struct epoch_policy {
	bool has_seal;
	uint64_t seal;      /* the checkpoint's number among all: gives the epoch */
	uint64_t epoch_min; /* that of the checkpoint before: epochs do not go back */
};

/* Reads a note as checkpoint_open does, with the identity key of the manifest, and checks that one
 * key of the manifest has signed it too, once. Other keys are ignored. ERR_NOT_FOUND: no listed key
 * has signed it, or the seal is older than the manifest; ERR_LIMIT: the seal is beyond the
 * manifest; ERR_CORRUPT: a wrong signature by a listed key, more than one, or not of the epoch that
 * the policy asks for; and the errors of checkpoint_open. */
MUST_USE enum err checkpoint_check_epoch(struct str note, const struct epoch_manifest *manifest,
                                         const struct epoch_policy *policy,
                                         struct checkpoint *out_checkpoint, uint64_t *out_epoch,
                                         struct diag *diag);
