/* The leaf's layout, byte by byte, and the fast path against the plain one. */
#include "seal/leaf.h"

#include "base/buf.h"
#include "base/macros.h"
#include "tap.h"

static void check_hex(const void *bytes, size_t len, const char *expected) {
	struct buf hex CLEANUP(buf_deinit) = {0};
	buf_append_hex(&hex, bytes, len);
	CHECK_STR(buf_str(&hex), expected);
}

static struct leaf example(void) {
	struct leaf leaf = {.type = 1,
	                    .flags = 3,
	                    .stream_seq = 0x0102030405060708,
	                    .received_ns = 0x1112131415161718,
	                    .monotonic_ns = -2,
	                    .incarnation = 0x3132333435363738,
	                    .connection = LEAF_NO_CONNECTION,
	                    .body_len = 0x5152535455565758};
	memset(leaf.stream_id, 0xab, sizeof(leaf.stream_id));
	memset(leaf.commit, 0xcd, sizeof(leaf.commit));
	return leaf;
}

TEST(the_entry_is_laid_out_as_docs_formats_leaf_says) {
	struct leaf leaf = example();
	uint8_t entry[LEAF_SIZE];
	leaf_encode(&leaf, entry);
	check_hex(entry, 8, "414b4c3101030001");
	check_hex(entry + 8, 16, "abababababababababababababababab");
	check_hex(entry + 24, 8, "0102030405060708");
	check_hex(entry + 32, 8, "1112131415161718");
	check_hex(entry + 40, 8, "fffffffffffffffe");
	check_hex(entry + 48, 8, "3132333435363738");
	check_hex(entry + 56, 8, "ffffffffffffffff");
	check_hex(entry + 64, 8, "5152535455565758");
	check_hex(entry + 72, 4, "00000000");
	check_hex(entry + 76, 32, "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd");
}

TEST(decoding_gives_back_what_was_encoded) {
	struct leaf leaf = example();
	struct leaf back;
	uint8_t entry[LEAF_SIZE];
	uint8_t again[LEAF_SIZE];
	leaf_encode(&leaf, entry);
	CHECK_EQ(leaf_decode(entry, &back), ERR_OK);
	CHECK_EQ(back.monotonic_ns, -2);
	CHECK_EQ(back.body_len, leaf.body_len);
	leaf_encode(&back, again);
	CHECK(memcmp(entry, again, LEAF_SIZE) == 0);
}

TEST(entries_with_another_magic_version_or_filled_zeros_are_refused) {
	struct leaf leaf = example();
	struct leaf back;
	uint8_t entry[LEAF_SIZE];
	static const size_t fixed[] = {0, 1, 2, 3, 72, 73, 74, 75};
	leaf_encode(&leaf, entry);
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++) {
		entry[fixed[i]] ^= 1;
		CHECK_EQ(leaf_decode(entry, &back), ERR_INVALID);
		entry[fixed[i]] ^= 1;
	}
	entry[6] = 1;
	CHECK_EQ(leaf_decode(entry, &back), ERR_UNSUPPORTED);
	entry[6] = 0;
	entry[7] = 2;
	CHECK_EQ(leaf_decode(entry, &back), ERR_UNSUPPORTED);
}

TEST(a_leaf_hash_is_of_a_zero_byte_and_the_entry) {
	struct leaf leaf = example();
	uint8_t bytes[1 + LEAF_SIZE] = {0};
	uint8_t hash[SHA256_SIZE];
	uint8_t expected[SHA256_SIZE];
	leaf_encode(&leaf, bytes + 1);
	leaf_hash(bytes + 1, hash);
	sha256(bytes, sizeof(bytes), expected);
	CHECK(memcmp(hash, expected, SHA256_SIZE) == 0);
}

TEST(a_stream_id_is_half_a_digest_of_the_name) {
	uint8_t id[STREAM_ID_SIZE];
	leaf_stream_id("abc", 3, id);
	check_hex(id, sizeof(id), "ba7816bf8f01cfea414140de5dae2223");
}

/* RFC 8439 appendix A.1, test vectors 1 and 2: key and nonce zero, block counter 0 and 1. */
TEST(salts_are_the_chacha20_keystream_of_the_seed) {
	static const uint8_t seed[SALT_SEED_SIZE];
	uint8_t salts[SALT_BUNDLE * SALT_SIZE];
	salt_bundle(seed, salts);
	check_hex(salts, 64,
	          "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
	          "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586");
	check_hex(salts + 64, 32, "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed");
}

TEST(hashing_many_equals_hashing_each) {
	enum { COUNT = 40, LONG = 3000, SHORT = 80 };
	static char text[COUNT][LONG];
	struct leaf leaves[COUNT];
	struct leaf_body bodies[COUNT] = {0};
	uint8_t salts[COUNT * SALT_SIZE] = {0};
	uint8_t hashes[COUNT * SHA256_SIZE];
	for (size_t count = 0; count <= COUNT; count++) {
		for (size_t i = 0; i < count; i++) {
			size_t most = i % 4 == 0 ? LONG : SHORT;
			memset(text[i], (int)('a' + i), sizeof(text[i]));
			bodies[i] = (struct leaf_body){.bytes = text[i], .len = tap_random() % (most + 1)};
			leaves[i] = example();
			leaves[i].stream_seq = i;
			memset(salts + i * SALT_SIZE, (int)tap_random(), SALT_SIZE);
		}
		leaf_hash_many(leaves, bodies, salts, count, hashes);
		for (size_t i = 0; i < count; i++) {
			struct leaf alone = example();
			uint8_t entry[LEAF_SIZE];
			uint8_t hash[SHA256_SIZE];
			alone.stream_seq = i;
			alone.body_len = bodies[i].len;
			leaf_commit(salts + i * SALT_SIZE, bodies[i].bytes, bodies[i].len, alone.commit);
			leaf_encode(&alone, entry);
			leaf_hash(entry, hash);
			CHECK(memcmp(hash, hashes + i * SHA256_SIZE, SHA256_SIZE) == 0);
			CHECK(memcmp(alone.commit, leaves[i].commit, SHA256_SIZE) == 0);
			CHECK_EQ(leaves[i].body_len, bodies[i].len);
		}
	}
}

TEST(a_body_of_no_bytes_still_has_a_commitment_to_its_salt) {
	uint8_t salt[SALT_SIZE] = {1};
	uint8_t commit[SHA256_SIZE];
	uint8_t expected[SHA256_SIZE];
	leaf_commit(salt, NULL, 0, commit);
	sha256(salt, SALT_SIZE, expected);
	CHECK(memcmp(commit, expected, SHA256_SIZE) == 0);
}
