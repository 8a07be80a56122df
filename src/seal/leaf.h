/* The Merkle leaf: 108 bytes, big-endian, fixed for good by docs/formats/leaf.md. It commits to
 * who said it, in what order, when it came, and to a salted hash of the body.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/sha256.h"

enum {
	LEAF_SIZE = 108,
	LEAF_VERSION = 1,
	SALT_SIZE = 16,
	SALT_SEED_SIZE = 32,
	SALT_BUNDLE = 256, /* records that share one seed: indices [256 k, 256 k + 256) */
	STREAM_ID_SIZE = 16,
};
#define LEAF_NO_CONNECTION UINT64_MAX

struct leaf {
	uint8_t type;  /* enum record_type of event/batch.h */
	uint8_t flags; /* enum record_flag */
	uint8_t stream_id[STREAM_ID_SIZE];
	uint64_t stream_seq;
	int64_t received_ns;
	int64_t monotonic_ns;
	uint64_t incarnation;
	uint64_t connection; /* LEAF_NO_CONNECTION */
	uint64_t body_len;
	uint8_t commit[SHA256_SIZE]; /* SHA-256(salt || body) */
};

void leaf_encode(const struct leaf *leaf, uint8_t out_entry[LEAF_SIZE]);
/* ERR_INVALID: no entry; ERR_UNSUPPORTED: of another version. Type and flags are not judged. */
MUST_USE enum err leaf_decode(const uint8_t entry[LEAF_SIZE], struct leaf *out_leaf);
/* SHA-256(salt || body). */
void leaf_commit(const uint8_t salt[SALT_SIZE], const void *body, size_t len,
                 uint8_t out_commit[SHA256_SIZE]);
/* SHA-256(0x00 || entry), RFC 6962 section 2.1. */
void leaf_hash(const uint8_t entry[LEAF_SIZE], uint8_t out_hash[SHA256_SIZE]);
/* First 16 bytes of SHA-256(name). */
void leaf_stream_id(const char *name, size_t len, uint8_t out_id[STREAM_ID_SIZE]);

/* The 256 salts of a bundle: salt i = bytes [16 i, 16 i + 16) of the ChaCha20 keystream of seed
 * (RFC 8439, nonce and counter zero). */
void salt_bundle(const uint8_t seed[SALT_SEED_SIZE], uint8_t out_salts[SALT_BUNDLE * SALT_SIZE]);

/* Fills commit and body_len of leaves[0..count) and writes their leaf hashes; two side by side, the
 * fast path of sealing. salts: 16 bytes each, bodies: pointer and length each. */
struct leaf_body {
	const void *bytes;
	size_t len;
};
void leaf_hash_many(struct leaf *leaves, const struct leaf_body *bodies, const uint8_t *salts,
                    size_t count, uint8_t *out_hashes);
