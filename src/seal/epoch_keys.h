/* Epoch keys: signing keys that are made one from another, each wiped before the next is used, so
 * that who steals one cannot sign as an earlier one (docs/formats/keys.md).
 *
 *   sign seed of epoch i = KDF(K_i, 1)      K_{i+1} = KDF(K_i, 2)
 *
 * Here is the chain in memory; epoch_file.h keeps it on disk. Owned by one thread.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "seal/checkpoint.h"

enum { EPOCH_SECRET_SIZE = 32 };

struct epoch_keys; /* K_i, and the signing key of epoch i; memory locked, not dumped, wiped */

/* True when "ORIGIN/epoch/NUMBER" can name a key. */
bool epoch_origin_valid(struct str origin);
/* Appends "ORIGIN/epoch/NUMBER". */
void epoch_name_format(struct str origin, uint64_t epoch, struct buf *out);

/* The keys of `epoch`, from its K; origin is copied. epoch <= LIMIT_EPOCH. The caller wipes its
 * secret. */
struct epoch_keys *epoch_keys_new(struct str origin, uint64_t epoch,
                                  const uint8_t secret[EPOCH_SECRET_SIZE]);
struct epoch_keys *epoch_keys_copy(const struct epoch_keys *keys);
void epoch_keys_free(struct epoch_keys *keys); /* NULL is fine */
void epoch_keys_freep(struct epoch_keys **keys);

uint64_t epoch_keys_epoch(const struct epoch_keys *keys);
struct str epoch_keys_origin(const struct epoch_keys *keys);
/* Its name lives until the next step. */
struct verifier epoch_keys_verifier(const struct epoch_keys *keys);
/* K of this epoch: for whoever keeps it. */
const uint8_t *epoch_keys_secret(const struct epoch_keys *keys);
/* Ed25519 over text (RFC 8032). */
void epoch_keys_sign(const struct epoch_keys *keys, struct str text,
                     uint8_t out_signature[SIGNATURE_SIZE]);
/* Whether keys can become those of `epoch`. ERR_CORRUPT: they are beyond it, and there is no way
 * back (the log lost seals that it had signed). ERR_LIMIT: it is more than one manifest ahead. */
MUST_USE enum err epoch_keys_reach(const struct epoch_keys *keys, uint64_t epoch,
                                   struct diag *diag);
/* Goes on to `epoch`, which must not be behind; what belonged to earlier ones is wiped. In memory
 * only: epoch_file_advance makes it durable first. */
void epoch_keys_go_on(struct epoch_keys *keys, uint64_t epoch);
