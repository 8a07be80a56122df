/* SHA-256 through OpenSSL's incremental calls; the SHA-NI path joins them here. */
#include "base/sha256.h"

#include <string.h>

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "base/endian.h"
#include "base/macros.h"

static void load(const struct sha256 *sha, SHA256_CTX *ctx) {
	(void)SHA256_Init(ctx);
	memcpy(ctx->h, sha->state, sizeof(sha->state));
	ctx->Nl = (SHA_LONG)(sha->length << 3);
	ctx->Nh = (SHA_LONG)(sha->length >> 29);
	ctx->num = (unsigned)(sha->length % 64);
	memcpy(ctx->data, sha->block, 64);
}

void sha256_init(struct sha256 *sha) {
	SHA256_CTX ctx;
	(void)SHA256_Init(&ctx);
	*sha = (struct sha256){0};
	memcpy(sha->state, ctx.h, sizeof(sha->state));
}

void sha256_update(struct sha256 *sha, const void *bytes, size_t len) {
	SHA256_CTX ctx;
	if (len == 0) {
		return;
	}
	load(sha, &ctx);
	(void)SHA256_Update(&ctx, bytes, len);
	memcpy(sha->state, ctx.h, sizeof(sha->state));
	memcpy(sha->block, ctx.data, 64);
	sha->length += len;
}

void sha256_digest(const struct sha256 *sha, uint8_t out_digest[SHA256_SIZE]) {
	SHA256_CTX ctx;
	load(sha, &ctx);
	(void)SHA256_Final(out_digest, &ctx);
}

void sha256(const void *bytes, size_t len, uint8_t out_digest[SHA256_SIZE]) {
	struct sha256 sha;
	sha256_init(&sha);
	sha256_update(&sha, bytes, len);
	sha256_digest(&sha, out_digest);
}

void sha256_pair(const struct sha256_job *a, const struct sha256_job *b) {
	const struct sha256_job *jobs[2] = {a, b};
	for (size_t i = 0; i < 2; i++) {
		struct sha256 sha;
		sha256_init(&sha);
		sha256_update(&sha, jobs[i]->prefix, jobs[i]->prefix_len);
		sha256_update(&sha, jobs[i]->body, jobs[i]->body_len);
		sha256_digest(&sha, jobs[i]->out_digest);
	}
}
