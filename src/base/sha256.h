/* SHA-256 (FIPS 180-4): SHA-NI where the CPU has it, OpenSSL's incremental calls otherwise.
 * One file holds both; NIST vectors test both.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA256_SIZE = 32, SHA256_BLOCK = 64 };

struct sha256 {
	uint32_t state[8];
	uint64_t length;   /* bytes taken so far */
	bool without_simd; /* OpenSSL even where SHA-NI is there: for tests */
	uint8_t block[SHA256_BLOCK];
};

/* True when this CPU runs the SHA-NI path. */
bool sha256_has_simd(void);

void sha256_init(struct sha256 *sha);
void sha256_update(struct sha256 *sha, const void *bytes, size_t len);
/* Writes the digest of what was taken; sha itself is unchanged and may take more. */
void sha256_digest(const struct sha256 *sha, uint8_t out_digest[SHA256_SIZE]);
/* One shot. */
void sha256(const void *bytes, size_t len, uint8_t out_digest[SHA256_SIZE]);
/* Two messages of a short prefix and a body each, side by side (as fast as SHA-NI allows):
 * out_a = SHA-256(prefix_a || body_a), out_b likewise. prefix_len <= 64. */
struct sha256_job {
	const void *prefix;
	size_t prefix_len;
	const void *body;
	size_t body_len;
	uint8_t *out_digest; /* 32 bytes */
};
void sha256_pair(const struct sha256_job *a, const struct sha256_job *b);
