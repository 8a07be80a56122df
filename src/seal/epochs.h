/* A class's chain of epoch keys and its manifests: DIR/keys/CLASS/epoch.key and, in order,
 * epochs-000001.note, epochs-000002.note ... (docs/formats/keys.md). Manifests are public and kept
 * for ever: each checks the checkpoints of its epochs.
 */
#pragma once

#include "os/os.h"
#include "seal/epoch_manifest.h"

enum { EPOCHS_NAME_SIZE = 24, EPOCHS_MAX = 100000 };

struct epochs_entry {
	struct buf note;
	struct epoch_manifest manifest; /* views note */
	enum epoch_authority authority;
};

struct epochs {
	struct epochs_entry *entries;
	size_t count;
	bool has_root;
	struct verifier root; /* views root_text */
	struct buf root_text; /* DIR/keys/root.vkey */
};

/* "epochs-000001.note" and back; false for any other name. */
void epochs_name(uint64_t number, char out_name[EPOCHS_NAME_SIZE]);
bool epochs_name_parse(struct str name, uint64_t *out_number);

/* Reads all manifests of a class: keys is DIR/keys, folder DIR/keys/CLASS, identity the log's key
 * under its origin. None at all is ERR_OK with count 0. ERR_CORRUPT: one is missing, is not of this
 * log, does not follow the one before it, or is not signed by whom it should be (the root, once
 * there is a manifest of the root's). *out_number is the one that is wrong, 0: none in particular.
 */
MUST_USE enum err epochs_read(struct epochs *epochs, const struct os *os, const char *keys,
                              const char *folder, const struct verifier *identity,
                              uint64_t *out_number, struct diag *diag);
void epochs_deinit(struct epochs *epochs);
/* The epoch of a seal; count > 0. */
uint64_t epochs_of_seal(const struct epochs *epochs, uint64_t seal);
/* The latest manifest that lists an epoch, or NULL. */
const struct epoch_manifest *epochs_find(const struct epochs *epochs, uint64_t epoch);
/* The manifest to check seal `seal` with. ERR_LIMIT: no manifest lists its epoch. */
MUST_USE enum err epochs_for_seal(const struct epochs *epochs, uint64_t seal,
                                  const struct epoch_manifest **out_manifest, struct diag *diag);

struct epochs_plan {
	uint64_t seals; /* of one epoch; 0: EPOCH_SEALS_DEFAULT */
	uint64_t count; /* of epochs; 0: EPOCH_COUNT_DEFAULT */
};
/* The chain of a log that has sealed nothing yet: makes the folder, the keys of epoch 0 unless a
 * stop left them, and the first manifest, signed by the identity key. */
MUST_USE enum err epochs_begin(const struct os *os, const char *keys, const char *folder,
                               const struct signer *signer, const struct epochs_plan *plan,
                               struct epoch_keys **out_keys, struct diag *diag);
/* Keeps one more manifest. Durable on return. */
MUST_USE enum err epochs_keep(const struct os *os, const char *folder, uint64_t number,
                              struct str note, struct diag *diag);
