/* From a record's header, salt and body to its leaf hash. docs/formats/leaf.md has the bytes. */
#include "seal/leaf.h"

#include <sodium.h>

#include "base/endian.h"
#include "base/macros.h"

/* Offsets of the entry, big-endian fields; docs/formats/leaf.md. */
enum {
	AT_MAGIC = 0,
	AT_TYPE = 4,
	AT_FLAGS = 5,
	AT_VERSION = 6,
	AT_STREAM_ID = 8,
	AT_STREAM_SEQ = 24,
	AT_RECEIVED = 32,
	AT_MONOTONIC = 40,
	AT_INCARNATION = 48,
	AT_CONNECTION = 56,
	AT_BODY_LEN = 64,
	AT_ZERO = 72,
	AT_COMMIT = 76,
};
_Static_assert(AT_COMMIT + SHA256_SIZE == LEAF_SIZE, "the commitment ends the entry");
_Static_assert(AT_STREAM_ID + STREAM_ID_SIZE == AT_STREAM_SEQ, "the stream id fills its place");
_Static_assert(SALT_BUNDLE *SALT_SIZE % 64 == 0, "a bundle is whole ChaCha20 blocks");

static const uint8_t leaf_prefix = 0x00; /* RFC 6962 section 2.1: leaves against nodes */

void leaf_encode(const struct leaf *leaf, uint8_t out_entry[LEAF_SIZE]) {
	memcpy(out_entry + AT_MAGIC, "AKL1", 4);
	out_entry[AT_TYPE] = leaf->type;
	out_entry[AT_FLAGS] = leaf->flags;
	be16_store(out_entry + AT_VERSION, LEAF_VERSION);
	memcpy(out_entry + AT_STREAM_ID, leaf->stream_id, STREAM_ID_SIZE);
	be64_store(out_entry + AT_STREAM_SEQ, leaf->stream_seq);
	be64_store(out_entry + AT_RECEIVED, (uint64_t)leaf->received_ns);
	be64_store(out_entry + AT_MONOTONIC, (uint64_t)leaf->monotonic_ns);
	be64_store(out_entry + AT_INCARNATION, leaf->incarnation);
	be64_store(out_entry + AT_CONNECTION, leaf->connection);
	be64_store(out_entry + AT_BODY_LEN, leaf->body_len);
	be32_store(out_entry + AT_ZERO, 0);
	memcpy(out_entry + AT_COMMIT, leaf->commit, SHA256_SIZE);
}

enum err leaf_decode(const uint8_t entry[LEAF_SIZE], struct leaf *out_leaf) {
	if (memcmp(entry + AT_MAGIC, "AKL1", 4) != 0 || be32_load(entry + AT_ZERO) != 0) {
		return ERR_INVALID;
	}
	if (entry[AT_VERSION] != 0 || entry[AT_VERSION + 1] != LEAF_VERSION) {
		return ERR_UNSUPPORTED;
	}
	struct leaf leaf = {
	    .type = entry[AT_TYPE],
	    .flags = entry[AT_FLAGS],
	    .stream_seq = be64_load(entry + AT_STREAM_SEQ),
	    .received_ns = (int64_t)be64_load(entry + AT_RECEIVED),
	    .monotonic_ns = (int64_t)be64_load(entry + AT_MONOTONIC),
	    .incarnation = be64_load(entry + AT_INCARNATION),
	    .connection = be64_load(entry + AT_CONNECTION),
	    .body_len = be64_load(entry + AT_BODY_LEN),
	};
	memcpy(leaf.stream_id, entry + AT_STREAM_ID, STREAM_ID_SIZE);
	memcpy(leaf.commit, entry + AT_COMMIT, SHA256_SIZE);
	*out_leaf = leaf;
	return ERR_OK;
}

void leaf_hash(const uint8_t entry[LEAF_SIZE], uint8_t out_hash[SHA256_SIZE]) {
	uint8_t bytes[1 + LEAF_SIZE];
	bytes[0] = leaf_prefix;
	memcpy(bytes + 1, entry, LEAF_SIZE);
	sha256(bytes, sizeof(bytes), out_hash);
}

void leaf_commit(const uint8_t salt[SALT_SIZE], const void *body, size_t len,
                 uint8_t out_commit[SHA256_SIZE]) {
	struct sha256 sha;
	sha256_init(&sha);
	sha256_update(&sha, salt, SALT_SIZE);
	sha256_update(&sha, body, len);
	sha256_digest(&sha, out_commit);
}

void leaf_stream_id(const char *name, size_t len, uint8_t out_id[STREAM_ID_SIZE]) {
	uint8_t digest[SHA256_SIZE];
	sha256(name, len, digest);
	memcpy(out_id, digest, STREAM_ID_SIZE);
}

void salt_bundle(const uint8_t seed[SALT_SEED_SIZE], uint8_t out_salts[SALT_BUNDLE * SALT_SIZE]) {
	static const uint8_t nonce[crypto_stream_chacha20_ietf_NONCEBYTES];
	_Static_assert(crypto_stream_chacha20_ietf_KEYBYTES == SALT_SEED_SIZE, "the seed is the key");
	ASSERT(sodium_init() >= 0); /* picks the fast implementation; may be called again */
	ASSERT(crypto_stream_chacha20_ietf(out_salts, SALT_BUNDLE * SALT_SIZE, nonce, seed) == 0);
}

static struct sha256_job commit_job(struct leaf *leaf, const struct leaf_body *body,
                                    const uint8_t *salt) {
	leaf->body_len = body->len;
	return (struct sha256_job){.prefix = salt,
	                           .prefix_len = SALT_SIZE,
	                           .body = body->bytes,
	                           .body_len = body->len,
	                           .out_digest = leaf->commit};
}

static struct sha256_job entry_job(const uint8_t entry[LEAF_SIZE], uint8_t *out_hash) {
	return (struct sha256_job){.prefix = &leaf_prefix,
	                           .prefix_len = 1,
	                           .body = entry,
	                           .body_len = LEAF_SIZE,
	                           .out_digest = out_hash};
}

static void hash_one(struct leaf *leaf, const struct leaf_body *body, const uint8_t *salt,
                     uint8_t *out_hash) {
	uint8_t entry[LEAF_SIZE];
	leaf->body_len = body->len;
	leaf_commit(salt, body->bytes, body->len, leaf->commit);
	leaf_encode(leaf, entry);
	leaf_hash(entry, out_hash);
}

/* What leaf_hash_many is given. */
struct many {
	struct leaf *leaves;
	const struct leaf_body *bodies;
	const uint8_t *salts;
	uint8_t *out_hashes;
};

static void hash_two(const struct many *many, size_t a, size_t b) {
	uint8_t entries[2][LEAF_SIZE];
	struct sha256_job commits[2] = {
	    commit_job(&many->leaves[a], &many->bodies[a], many->salts + a * SALT_SIZE),
	    commit_job(&many->leaves[b], &many->bodies[b], many->salts + b * SALT_SIZE)};
	sha256_pair(&commits[0], &commits[1]);
	leaf_encode(&many->leaves[a], entries[0]);
	leaf_encode(&many->leaves[b], entries[1]);
	struct sha256_job hashes[2] = {entry_job(entries[0], many->out_hashes + a * SHA256_SIZE),
	                               entry_job(entries[1], many->out_hashes + b * SHA256_SIZE)};
	sha256_pair(&hashes[0], &hashes[1]);
}

/* Hashes leaf i beside the one that waits (number plus one; 0: none), or lets it wait. */
static void hash_beside(const struct many *many, size_t *waits, size_t i) {
	if (*waits == 0) {
		*waits = i + 1;
		return;
	}
	hash_two(many, *waits - 1, i);
	*waits = 0;
}

void leaf_hash_many(struct leaf *leaves, const struct leaf_body *bodies, const uint8_t *salts,
                    size_t count, uint8_t *out_hashes) {
	enum { BLOCKS_MAX = 32 };
	const struct many many = {leaves, bodies, salts, out_hashes};
	size_t waits[BLOCKS_MAX + 1] = {0}; /* by blocks: two of one length end together */
	size_t last = 0;
	for (size_t i = 0; i < count; i++) {
		size_t blocks = (bodies[i].len + SALT_SIZE + 8) / SHA256_BLOCK;
		hash_beside(&many, &waits[MIN_OF(blocks, (size_t)BLOCKS_MAX)], i);
	}
	for (size_t blocks = 0; blocks <= BLOCKS_MAX; blocks++) {
		if (waits[blocks] != 0) {
			hash_beside(&many, &last, waits[blocks] - 1);
		}
	}
	if (last != 0) {
		size_t i = last - 1;
		hash_one(leaves + i, bodies + i, salts + i * SALT_SIZE, out_hashes + i * SHA256_SIZE);
	}
}
