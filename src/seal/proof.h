/* One record with all that proves it, as files that need nothing of ours to be checked: the
 * scripts share/verify-proof.sh and verify-proof.py are among them. docs/formats/proof.md has the
 * folder.
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
 * replaced. */
MUST_USE enum err proof_write_files(const struct os *os, const char *folder,
                                    const struct proof_parts *parts, struct diag *diag);
