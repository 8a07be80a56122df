/* The chain of epoch keys in memory. Everything secret, what is only passed through included, lies
 * in one block of guarded memory that is writable during a step only.
 */
#include "seal/epoch_keys.h"

#include <sodium.h>

#include "base/limits.h"
#include "seal/secret.h"
#include "seal/signer.h"

enum { SUBKEY_SIGN = 1, SUBKEY_NEXT = 2, NAME_ROOM = 32 };
static const char context[crypto_kdf_CONTEXTBYTES + 1] = "akepoch1";

_Static_assert(crypto_kdf_KEYBYTES == EPOCH_SECRET_SIZE, "K is a key of crypto_kdf");
_Static_assert(crypto_sign_SEEDBYTES == EPOCH_SECRET_SIZE, "and so large is a seed");

struct secrets {
	uint8_t chain[EPOCH_SECRET_SIZE];   /* K_i */
	uint8_t derived[EPOCH_SECRET_SIZE]; /* zero but for a moment */
	uint8_t signing[crypto_sign_SECRETKEYBYTES];
};

struct epoch_keys {
	struct buf origin;
	struct buf name;
	uint64_t epoch;
	struct verifier verifier; /* its name views `name` */
	struct secrets *secrets;  /* from secret_new */
};

bool epoch_origin_valid(struct str origin) {
	return key_name_valid(origin) && origin.len <= LIMIT_KEY_NAME - NAME_ROOM;
}

void epoch_name_format(struct str origin, uint64_t epoch, struct buf *out) {
	buf_append_str(out, origin);
	buf_append_str(out, STR("/epoch/"));
	buf_append_u64(out, epoch);
}

static void derive(struct secrets *secrets, uint64_t subkey) {
	ASSERT(crypto_kdf_derive_from_key(secrets->derived, sizeof(secrets->derived), subkey, context,
	                                  secrets->chain) == 0);
}

/* Makes signing key, name and verifier from K and the epoch's number. */
static void refresh(struct epoch_keys *keys) {
	uint8_t public_key[KEY_PUBLIC_SIZE];
	struct secrets *secrets = keys->secrets;
	derive(secrets, SUBKEY_SIGN);
	ASSERT(crypto_sign_seed_keypair(public_key, secrets->signing, secrets->derived) == 0);
	sodium_memzero(secrets->derived, sizeof(secrets->derived));
	secret_wipe_stack();
	buf_clear(&keys->name);
	epoch_name_format(buf_str(&keys->origin), keys->epoch, &keys->name);
	keys->verifier = verifier_make(buf_str(&keys->name), public_key);
}

struct epoch_keys *epoch_keys_new(struct str origin, uint64_t epoch,
                                  const uint8_t secret[EPOCH_SECRET_SIZE]) {
	ASSERT(epoch_origin_valid(origin));
	ASSERT(epoch <= LIMIT_EPOCH);
	struct epoch_keys *keys = calloc(1, sizeof(*keys));
	ASSERT(keys != NULL);
	buf_append_str(&keys->origin, origin);
	keys->epoch = epoch;
	keys->secrets = secret_new(sizeof(*keys->secrets));
	memcpy(keys->secrets->chain, secret, EPOCH_SECRET_SIZE);
	refresh(keys);
	ASSERT(sodium_mprotect_readonly(keys->secrets) == 0);
	return keys;
}

struct epoch_keys *epoch_keys_copy(const struct epoch_keys *keys) {
	return epoch_keys_new(epoch_keys_origin(keys), keys->epoch, keys->secrets->chain);
}

void epoch_keys_free(struct epoch_keys *keys) {
	if (keys != NULL) {
		secret_free(keys->secrets);
		buf_deinit(&keys->origin);
		buf_deinit(&keys->name);
		free(keys);
	}
}

void epoch_keys_freep(struct epoch_keys **keys) {
	epoch_keys_free(*keys);
}

uint64_t epoch_keys_epoch(const struct epoch_keys *keys) {
	return keys->epoch;
}

struct str epoch_keys_origin(const struct epoch_keys *keys) {
	return buf_str(&keys->origin);
}

struct verifier epoch_keys_verifier(const struct epoch_keys *keys) {
	return keys->verifier;
}

const uint8_t *epoch_keys_secret(const struct epoch_keys *keys) {
	return keys->secrets->chain;
}

void epoch_keys_sign(const struct epoch_keys *keys, struct str text,
                     uint8_t out_signature[SIGNATURE_SIZE]) {
	ASSERT(crypto_sign_detached(out_signature, NULL, (const uint8_t *)text.ptr, text.len,
	                            keys->secrets->signing) == 0);
	secret_wipe_stack();
}

enum err epoch_keys_reach(const struct epoch_keys *keys, uint64_t epoch, struct diag *diag) {
	if (epoch < keys->epoch) {
		(void)diag_set(diag, ERR_CORRUPT,
		               "the log is at epoch %llu, its key has gone on to %llu and cannot go back",
		               (unsigned long long)epoch, (unsigned long long)keys->epoch);
		diag_hint(diag, "was the log put back to an older state?");
		return ERR_CORRUPT;
	}
	if (epoch - keys->epoch > LIMIT_EPOCHS_LISTED || epoch > LIMIT_EPOCH) {
		return diag_set(diag, ERR_LIMIT, "the key of epoch %llu is too far behind epoch %llu",
		                (unsigned long long)keys->epoch, (unsigned long long)epoch);
	}
	return ERR_OK;
}

void epoch_keys_go_on(struct epoch_keys *keys, uint64_t epoch) {
	struct secrets *secrets = keys->secrets;
	ASSERT(epoch >= keys->epoch && epoch <= LIMIT_EPOCH);
	if (epoch == keys->epoch) {
		return;
	}
	ASSERT(sodium_mprotect_readwrite(secrets) == 0);
	for (; keys->epoch < epoch; keys->epoch++) {
		derive(secrets, SUBKEY_NEXT);
		memcpy(secrets->chain, secrets->derived, sizeof(secrets->chain));
	}
	refresh(keys);
	ASSERT(sodium_mprotect_readonly(secrets) == 0);
}
