/* For tests that open stores and keys by the hundred thousand: the same keys and signatures come
 * again and again, and Ed25519 (RFC 8032) always gives the same answer for the same input. These
 * take the place of libsodium's functions in the program that includes this file, ask libsodium
 * once for each input (known by its SHA-256), and repeat its answer. Secrets lie in ordinary memory
 * there: guarded pages cost half the time of such a test, and tests/e2e/cores.py looks at those of
 * the real program. For one thread; include it in one file of a program.
 */
#pragma once

#include <dlfcn.h>
#include <sodium.h>

#include "base/sha256.h"
#include "base/str.h"

enum {
	MEMO_SLOTS = 1 << 14,
	MEMO_ANSWER_MAX = crypto_sign_PUBLICKEYBYTES + crypto_sign_SECRETKEYBYTES
};

struct memo_slot {
	bool used;
	uint8_t key[SHA256_SIZE];
	int result;
	uint8_t answer[MEMO_ANSWER_MAX];
};

/* The slot of an input: used when it holds its answer. Newer inputs take the place of older ones.
 */
static struct memo_slot *memo_slot_of(uint8_t what, struct str fixed, struct str rest) {
	static struct memo_slot slots[MEMO_SLOTS];
	struct sha256 sha;
	uint8_t key[SHA256_SIZE];
	sha256_init(&sha);
	sha256_update(&sha, &what, 1);
	sha256_update(&sha, fixed.ptr, fixed.len); /* of one length for each what */
	sha256_update(&sha, rest.ptr, rest.len);
	sha256_digest(&sha, key);
	struct memo_slot *slot = &slots[((size_t)key[0] << 8 | key[1]) % MEMO_SLOTS];
	slot->used = slot->used && memcmp(slot->key, key, sizeof(key)) == 0;
	memcpy(slot->key, key, sizeof(key));
	return slot;
}

static inline void *memo_real(const char *name) {
	void *function = dlsym(RTLD_NEXT, name);
	ASSERT(function != NULL);
	return function;
}

int crypto_sign_seed_keypair(unsigned char *pk, unsigned char *sk, const unsigned char *seed) {
	struct memo_slot *slot =
	    memo_slot_of('k', str_make((const char *)seed, crypto_sign_SEEDBYTES), (struct str){0});
	if (!slot->used) {
		int (*real)(unsigned char *, unsigned char *, const unsigned char *);
		*(void **)&real = memo_real("crypto_sign_seed_keypair");
		slot->result = real(slot->answer, slot->answer + crypto_sign_PUBLICKEYBYTES, seed);
		slot->used = true;
	}
	memcpy(pk, slot->answer, crypto_sign_PUBLICKEYBYTES);
	memcpy(sk, slot->answer + crypto_sign_PUBLICKEYBYTES, crypto_sign_SECRETKEYBYTES);
	return slot->result;
}

int crypto_sign_detached(unsigned char *sig, unsigned long long *siglen_p, const unsigned char *m,
                         unsigned long long mlen, const unsigned char *sk) {
	struct memo_slot *slot =
	    memo_slot_of('s', str_make((const char *)sk, crypto_sign_SECRETKEYBYTES),
	                 str_make((const char *)m, mlen));
	if (!slot->used) {
		int (*real)(unsigned char *, unsigned long long *, const unsigned char *,
		            unsigned long long, const unsigned char *);
		*(void **)&real = memo_real("crypto_sign_detached");
		slot->result = real(slot->answer, NULL, m, mlen, sk);
		slot->used = true;
	}
	memcpy(sig, slot->answer, crypto_sign_BYTES);
	if (siglen_p != NULL) {
		*siglen_p = crypto_sign_BYTES;
	}
	return slot->result;
}

int crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *m,
                                unsigned long long mlen, const unsigned char *pk) {
	uint8_t fixed[crypto_sign_BYTES + crypto_sign_PUBLICKEYBYTES];
	memcpy(fixed, sig, crypto_sign_BYTES);
	memcpy(fixed + crypto_sign_BYTES, pk, crypto_sign_PUBLICKEYBYTES);
	struct memo_slot *slot = memo_slot_of('v', str_make((const char *)fixed, sizeof(fixed)),
	                                      str_make((const char *)m, mlen));
	if (!slot->used) {
		int (*real)(const unsigned char *, const unsigned char *, unsigned long long,
		            const unsigned char *);
		*(void **)&real = memo_real("crypto_sign_verify_detached");
		slot->result = real(sig, m, mlen, pk);
		slot->used = true;
	}
	return slot->result;
}

void *sodium_malloc(const size_t size) {
	return malloc(size);
}

void sodium_free(void *ptr) {
	free(ptr);
}

int sodium_mprotect_readonly(void *ptr) {
	(void)ptr;
	return 0;
}

int sodium_mprotect_readwrite(void *ptr) {
	(void)ptr;
	return 0;
}
