/* One record with all that proves it, or two checkpoints with what proves that the newer goes on
 * from the older, as files that need nothing of ours to be checked: the scripts
 * share/verify-proof.sh and verify-proof.py are among them. docs/formats/proof.md has the folders.
 */
#pragma once

#include "os/os.h"
#include "seal/leaf.h"

struct proof_parts { /* all borrowed */
	uint8_t entry[LEAF_SIZE];
	uint8_t salt[SALT_SIZE];
	uint64_t index;
	struct str path; /* 32 bytes a hash, from the leaf upwards */
	struct str note; /* the checkpoint that the path leads to */
	struct str vkey; /* of the log, without LF */
	struct str body;
};

/* Appends the C2SP tlog-proof of the record; its extra line is the salt. */
void proof_format(const struct proof_parts *parts, struct buf *out);
/* Makes folder (also its parents) and writes record.body, record.header, record.salt, proof,
 * checkpoint, log.vkey, verify-proof.sh and verify-proof.py, durably. Files that are there are
 * replaced. ERR_EXISTS: the folder has a proof of the other kind, or a checkpoint
 * that is part of none. */
MUST_USE enum err proof_write_files(const struct os *os, const char *folder,
                                    const struct proof_parts *parts, struct diag *diag);

struct proof_consistency { /* all borrowed */
	uint64_t old_size;     /* of old_note */
	struct str path;       /* 32 bytes a hash (RFC 9162 section 2.1.4) */
	struct str old_note, note;
	struct str vkey; /* of the log, without LF */
};

/* Appends the body that a witness takes at add-checkpoint (C2SP tlog-witness). */
void proof_consistency_format(const struct proof_consistency *parts, struct buf *out);
/* As proof_write_files: consistency, checkpoint.old, checkpoint, log.vkey and the two scripts. */
MUST_USE enum err proof_consistency_write_files(const struct os *os, const char *folder,
                                                const struct proof_consistency *parts,
                                                struct diag *diag);
