/* Both paths against NIST's vectors and against each other. */
#include "base/sha256.h"

#include <openssl/sha.h>

#include "base/buf.h"
#include "tap.h"

/* FIPS 180-2 appendix B and the NIST example files: message, times repeated, digest. */
static const struct vector {
	struct str message;
	size_t times;
	const char *digest;
} vectors[] = {
    {STR_INIT(""), 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {STR_INIT("abc"), 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {STR_INIT("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), 1,
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {STR_INIT("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
              "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"),
     1, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    {STR_INIT("a"), 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

static void check_digest(const uint8_t digest[SHA256_SIZE], const char *expected) {
	struct buf hex CLEANUP(buf_deinit) = {0};
	buf_append_hex(&hex, digest, SHA256_SIZE);
	CHECK_STR(buf_str(&hex), expected);
}

static void repeat(struct buf *out, const struct vector *vector) {
	buf_clear(out);
	for (size_t i = 0; i < vector->times; i++) {
		buf_append_str(out, vector->message);
	}
}

static void digest_in_pieces(bool without_simd, struct str text, size_t piece,
                             uint8_t out_digest[SHA256_SIZE]) {
	struct sha256 sha;
	sha256_init(&sha);
	sha.without_simd = without_simd;
	for (size_t at = 0; at < text.len; at += piece) {
		sha256_update(&sha, text.ptr + at, MIN_OF(piece, text.len - at));
	}
	sha256_digest(&sha, out_digest);
}

static void check_vectors(bool without_simd) {
	struct buf text CLEANUP(buf_deinit) = {0};
	static const size_t pieces[] = {1, 3, 63, 64, 65, 4096, 1000000};
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		repeat(&text, &vectors[i]);
		for (size_t k = 0; k < ARRAY_LEN(pieces); k++) {
			uint8_t digest[SHA256_SIZE];
			digest_in_pieces(without_simd, buf_str(&text), pieces[k], digest);
			check_digest(digest, vectors[i].digest);
		}
	}
}

TEST(nist_vectors_hold_on_the_path_of_this_cpu) {
	check_vectors(false);
}

TEST(nist_vectors_hold_on_the_openssl_path) {
	check_vectors(true);
}

TEST(nist_vectors_hold_side_by_side) {
	struct buf a CLEANUP(buf_deinit) = {0};
	struct buf b CLEANUP(buf_deinit) = {0};
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		for (size_t k = 0; k < ARRAY_LEN(vectors); k++) {
			uint8_t digest_a[SHA256_SIZE];
			uint8_t digest_b[SHA256_SIZE];
			repeat(&a, &vectors[i]);
			repeat(&b, &vectors[k]);
			size_t prefix = MIN_OF(a.len, (size_t)64);
			struct sha256_job job_a = {.prefix = a.ptr,
			                           .prefix_len = prefix,
			                           .body = prefix == a.len ? NULL : a.ptr + prefix,
			                           .body_len = a.len - prefix,
			                           .out_digest = digest_a};
			struct sha256_job job_b = {.body = b.ptr, .body_len = b.len, .out_digest = digest_b};
			sha256_pair(&job_a, &job_b);
			check_digest(digest_a, vectors[i].digest);
			check_digest(digest_b, vectors[k].digest);
		}
	}
}

static struct str random_text(struct buf *out, size_t len) {
	buf_clear(out);
	for (size_t i = 0; i < len; i++) {
		buf_append_char(out, (char)tap_random());
	}
	return str_make(out->ptr == NULL ? "" : out->ptr, out->len);
}

static bool equals_openssl(struct str text, const uint8_t digest[SHA256_SIZE]) {
	uint8_t expected[SHA256_SIZE];
	(void)SHA256((const unsigned char *)text.ptr, text.len, expected); /* returns expected */
	return memcmp(expected, digest, SHA256_SIZE) == 0;
}

TEST(both_paths_agree_on_every_length_and_split) {
	struct buf text CLEANUP(buf_deinit) = {0};
	for (size_t len = 0; len < 400; len++) {
		struct str message = random_text(&text, len);
		uint8_t digest[SHA256_SIZE];
		for (int round = 0; round < 4; round++) {
			digest_in_pieces(round % 2 == 1, message, 1 + tap_random() % 150, digest);
			CHECK(equals_openssl(message, digest));
		}
		sha256(message.ptr, message.len, digest);
		CHECK(equals_openssl(message, digest));
	}
}

static struct sha256_job job_of(struct str message, size_t prefix_max, uint8_t *digest) {
	size_t prefix = tap_random() % (prefix_max + 1);
	prefix = MIN_OF(prefix, message.len);
	return (struct sha256_job){.prefix = message.ptr,
	                           .prefix_len = prefix,
	                           .body = message.ptr + prefix,
	                           .body_len = message.len - prefix,
	                           .out_digest = digest};
}

TEST(two_side_by_side_equal_each_alone) {
	struct buf a CLEANUP(buf_deinit) = {0};
	struct buf b CLEANUP(buf_deinit) = {0};
	for (size_t round = 0; round < tap_rounds(4000); round++) {
		struct str text_a = random_text(&a, tap_random() % 300);
		struct str text_b = random_text(&b, tap_random() % (round % 7 == 0 ? 3000 : 200));
		uint8_t digest_a[SHA256_SIZE];
		uint8_t digest_b[SHA256_SIZE];
		struct sha256_job job_a = job_of(text_a, 64, digest_a);
		struct sha256_job job_b = job_of(text_b, 64, digest_b);
		sha256_pair(&job_a, &job_b);
		CHECK(equals_openssl(text_a, digest_a));
		CHECK(equals_openssl(text_b, digest_b));
	}
}

TEST(a_digest_in_the_middle_leaves_the_state_alone) {
	struct sha256 sha;
	uint8_t digest[SHA256_SIZE];
	sha256_init(&sha);
	sha256_update(&sha, "ab", 2);
	sha256_digest(&sha, digest);
	CHECK(equals_openssl(STR("ab"), digest));
	sha256_update(&sha, "c", 1);
	sha256_digest(&sha, digest);
	check_digest(digest, vectors[1].digest);
}
