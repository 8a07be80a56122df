/* SHA-256: padding and buffering here, the compression function either in SHA-NI instructions (one
 * message, or two interleaved so that their latencies hide each other) or in OpenSSL's incremental
 * calls, for which its library is opened only then: loading it costs every start half a
 * millisecond. FIPS 180-4 section 6.2.
 */
#include "base/sha256.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/opensslv.h>
#include <openssl/sha.h>

#include "base/endian.h"
#include "base/macros.h"

static const uint32_t initial_state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                          0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/* ---- OpenSSL ---- */

#define TEXT_OF(macro) #macro
#define LIBCRYPTO(version) "libcrypto.so." TEXT_OF(version)

static struct {
	pthread_once_t once;
	__typeof__(SHA256_Init) *init;
	__typeof__(SHA256_Update) *update;
} openssl = {.once = PTHREAD_ONCE_INIT};

static void open_openssl(void) {
	static const char name[] = LIBCRYPTO(OPENSSL_SHLIB_VERSION);
	void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL); /* it stays open */
	if (library != NULL) {
		openssl.init = (__typeof__(openssl.init))(uintptr_t)dlsym(library, "SHA256_Init");
		openssl.update = (__typeof__(openssl.update))(uintptr_t)dlsym(library, "SHA256_Update");
	}
	if (openssl.init == NULL || openssl.update == NULL) {
		(void)fprintf(stderr,
		              "akashi: this processor has no SHA instructions, and %s is not there: "
		              "install it (Debian: libssl%d)\n",
		              name, OPENSSL_SHLIB_VERSION);
		abort();
	}
}

static void compress_openssl(uint32_t state[8], const uint8_t *blocks, size_t count) {
	SHA256_CTX ctx;
	ASSERT(pthread_once(&openssl.once, open_openssl) == 0);
	(void)openssl.init(&ctx); /* cannot fail: it only sets constants */
	memcpy(ctx.h, state, sizeof(ctx.h));
	(void)openssl.update(&ctx, blocks, count * SHA256_BLOCK); /* cannot fail either */
	memcpy(state, ctx.h, sizeof(ctx.h));
}

/* ---- SHA-NI ---- */

#if defined(__x86_64__)
#include <immintrin.h>

#define SHA_TARGET __attribute__((target("sha,sse4.1")))
#define SHA_INLINE __attribute__((target("sha,sse4.1"), always_inline)) static inline

bool sha256_has_simd(void) {
	return __builtin_cpu_supports("sha") && __builtin_cpu_supports("sse4.1");
}

/* FIPS 180-4 section 4.2.2. */
static const uint32_t round_constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/* One message in the registers: the state in the order that the instructions want (a b e f and
 * c d g h, highest word first), and the 16 words of the schedule in use. */
struct lane {
	__m128i abef, cdgh;
	__m128i w[4];
};

SHA_INLINE void lane_load_state(struct lane *lane, const uint32_t state[8]) {
	__m128i abcd = _mm_loadu_si128((const __m128i *)(const void *)&state[0]);
	__m128i efgh = _mm_loadu_si128((const __m128i *)(const void *)&state[4]);
	__m128i badc = _mm_shuffle_epi32(abcd, 0xB1);
	__m128i hgfe = _mm_shuffle_epi32(efgh, 0x1B);
	lane->abef = _mm_alignr_epi8(badc, hgfe, 8);
	lane->cdgh = _mm_blend_epi16(hgfe, badc, 0xF0);
}

SHA_INLINE void lane_store_state(const struct lane *lane, uint32_t state[8]) {
	__m128i feba = _mm_shuffle_epi32(lane->abef, 0x1B);
	__m128i dchg = _mm_shuffle_epi32(lane->cdgh, 0xB1);
	_mm_storeu_si128((__m128i *)(void *)&state[0], _mm_blend_epi16(feba, dchg, 0xF0));
	_mm_storeu_si128((__m128i *)(void *)&state[4], _mm_alignr_epi8(dchg, feba, 8));
}

SHA_INLINE void lane_load_block(struct lane *lane, const uint8_t block[SHA256_BLOCK]) {
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	for (int i = 0; i < 4; i++) {
		lane->w[i] = _mm_shuffle_epi8(
		    _mm_loadu_si128((const __m128i *)(const void *)(block + 16 * i)), swap);
	}
}

/* Rounds 4 i to 4 i + 3, and the four words of the schedule that rounds 4 i + 16 on will want. */
SHA_INLINE void lane_rounds(struct lane *lane, int i) {
	__m128i *w = lane->w;
	__m128i wk = _mm_add_epi32(
	    w[i % 4], _mm_load_si128((const __m128i *)(const void *)&round_constants[4 * i]));
	lane->cdgh = _mm_sha256rnds2_epu32(lane->cdgh, lane->abef, wk);
	lane->abef = _mm_sha256rnds2_epu32(lane->abef, lane->cdgh, _mm_shuffle_epi32(wk, 0x0E));
	if (i < 12) {
		__m128i seven_back = _mm_alignr_epi8(w[(i + 3) % 4], w[(i + 2) % 4], 4);
		__m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w[i % 4], w[(i + 1) % 4]), seven_back);
		w[i % 4] = _mm_sha256msg2_epu32(sum, w[(i + 3) % 4]);
	}
}

SHA_INLINE void lane_add_state(struct lane *lane, __m128i abef, __m128i cdgh) {
	lane->abef = _mm_add_epi32(lane->abef, abef);
	lane->cdgh = _mm_add_epi32(lane->cdgh, cdgh);
}

#define SIXTEEN_TIMES(X) \
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)

SHA_TARGET static void compress_simd(uint32_t state[8], const uint8_t *blocks, size_t count) {
	struct lane a;
	lane_load_state(&a, state);
	for (; count > 0; count--, blocks += SHA256_BLOCK) {
		__m128i abef = a.abef;
		__m128i cdgh = a.cdgh;
		lane_load_block(&a, blocks);
#define ROUNDS(i) lane_rounds(&a, i);
		SIXTEEN_TIMES(ROUNDS)
#undef ROUNDS
		lane_add_state(&a, abef, cdgh);
	}
	lane_store_state(&a, state);
}

/* The same over two messages of count blocks each. */
SHA_TARGET static void compress_simd_pair(uint32_t state_a[8], const uint8_t *blocks_a,
                                          uint32_t state_b[8], const uint8_t *blocks_b,
                                          size_t count) {
	struct lane a;
	struct lane b;
	lane_load_state(&a, state_a);
	lane_load_state(&b, state_b);
	for (size_t i = 0; i < count; i++) {
		__m128i abef_a = a.abef;
		__m128i cdgh_a = a.cdgh;
		__m128i abef_b = b.abef;
		__m128i cdgh_b = b.cdgh;
		lane_load_block(&a, blocks_a + i * SHA256_BLOCK);
		lane_load_block(&b, blocks_b + i * SHA256_BLOCK);
#define ROUNDS(i)       \
	lane_rounds(&a, i); \
	lane_rounds(&b, i);
		SIXTEEN_TIMES(ROUNDS)
#undef ROUNDS
		lane_add_state(&a, abef_a, cdgh_a);
		lane_add_state(&b, abef_b, cdgh_b);
	}
	lane_store_state(&a, state_a);
	lane_store_state(&b, state_b);
}

#else

bool sha256_has_simd(void) {
	return false;
}

static void compress_simd(uint32_t state[8], const uint8_t *blocks, size_t count) {
	compress_openssl(state, blocks, count);
}

static void compress_simd_pair(uint32_t state_a[8], const uint8_t *blocks_a, uint32_t state_b[8],
                               const uint8_t *blocks_b, size_t count) {
	compress_openssl(state_a, blocks_a, count);
	compress_openssl(state_b, blocks_b, count);
}

#endif

static void compress(struct sha256 *sha, const uint8_t *blocks, size_t count) {
	if (count == 0) {
		return;
	}
	if (!sha->without_simd && sha256_has_simd()) {
		compress_simd(sha->state, blocks, count);
	} else {
		compress_openssl(sha->state, blocks, count);
	}
}

void sha256_init(struct sha256 *sha) {
	memcpy(sha->state, initial_state, sizeof(sha->state));
	sha->length = 0;
	sha->without_simd = false;
}

void sha256_update(struct sha256 *sha, const void *bytes, size_t len) {
	const uint8_t *in = bytes;
	size_t have = sha->length % SHA256_BLOCK;
	if (len == 0) {
		return;
	}
	sha->length += len;
	if (have > 0) {
		size_t take = MIN_OF(len, SHA256_BLOCK - have);
		memcpy(sha->block + have, in, take);
		in += take;
		len -= take;
		if (have + take < SHA256_BLOCK) {
			return;
		}
		compress(sha, sha->block, 1);
	}
	compress(sha, in, len / SHA256_BLOCK);
	memcpy(sha->block, in + (len - len % SHA256_BLOCK), len % SHA256_BLOCK);
}

static void store_state(const uint32_t state[8], uint8_t out_digest[SHA256_SIZE]) {
	for (size_t i = 0; i < 8; i++) {
		be32_store(out_digest + 4 * i, state[i]);
	}
}

/* Writes the padding of a message of length bytes whose last have bytes stand in tail already:
 * a one bit, zeros, the length in bits (FIPS 180-4 section 5.1.1). Returns the blocks used. */
static size_t pad(uint8_t tail[2 * SHA256_BLOCK], size_t have, uint64_t length) {
	size_t blocks = have + 9 > SHA256_BLOCK ? 2 : 1;
	memset(tail + have, 0, blocks * SHA256_BLOCK - have);
	tail[have] = 0x80;
	be64_store(tail + blocks * SHA256_BLOCK - 8, length << 3);
	return blocks;
}

void sha256_digest(const struct sha256 *sha, uint8_t out_digest[SHA256_SIZE]) {
	struct sha256 last = {.without_simd = sha->without_simd};
	uint8_t tail[2 * SHA256_BLOCK];
	size_t have = sha->length % SHA256_BLOCK;
	memcpy(last.state, sha->state, sizeof(last.state));
	memcpy(tail, sha->block, have);
	compress(&last, tail, pad(tail, have, sha->length));
	store_state(last.state, out_digest);
}

void sha256(const void *bytes, size_t len, uint8_t out_digest[SHA256_SIZE]) {
	struct sha256 sha;
	sha256_init(&sha);
	sha256_update(&sha, bytes, len);
	sha256_digest(&sha, out_digest);
}

/* Up to two blocks, in two moves that overlap: for lengths that are not known beforehand a loop or
 * a call costs as much as half a block. */
static inline void copy_part(uint8_t *to, const uint8_t *from, size_t len) {
	if (len >= 64) {
		memcpy(to, from, 64);
		memcpy(to + (len - 64), from + (len - 64), 64);
	} else if (len >= 32) {
		memcpy(to, from, 32);
		memcpy(to + (len - 32), from + (len - 32), 32);
	} else if (len >= 16) {
		memcpy(to, from, 16);
		memcpy(to + (len - 16), from + (len - 16), 16);
	} else if (len >= 8) {
		memcpy(to, from, 8);
		memcpy(to + (len - 8), from + (len - 8), 8);
	} else if (len >= 4) {
		memcpy(to, from, 4);
		memcpy(to + (len - 4), from + (len - 4), 4);
	} else {
		for (size_t i = 0; i < len; i++) {
			to[i] = from[i];
		}
	}
}

/* As pad, where tail is zero but for its first have bytes. */
static size_t pad_zeroed(uint8_t tail[2 * SHA256_BLOCK], size_t have, uint64_t length) {
	size_t blocks = have + 9 > SHA256_BLOCK ? 2 : 1;
	tail[have] = 0x80;
	be64_store(tail + blocks * SHA256_BLOCK - 8, length << 3);
	return blocks;
}

/* A message as the runs of whole blocks that it is made of: the first block (with the prefix), the
 * middle of the body in place, the padded end. */
struct runs {
	uint32_t state[8];
	uint8_t first[SHA256_BLOCK];
	uint8_t last[2 * SHA256_BLOCK];
	const uint8_t *at[3];
	size_t blocks[3];
	size_t run; /* the one that goes next */
};

static void runs_init(struct runs *runs, const struct sha256_job *job) {
	const uint8_t *body = job->body_len > 0 ? job->body : runs->last; /* NULL has no offsets */
	size_t body_len = job->body_len;
	size_t have = job->prefix_len;
	ASSERT(have <= SHA256_BLOCK);
	memcpy(runs->state, initial_state, sizeof(runs->state));
	memset(runs->last, 0, sizeof(runs->last));
	uint8_t *start = have + body_len >= SHA256_BLOCK ? runs->first : runs->last;
	copy_part(start, job->prefix, have);
	size_t take = MIN_OF(body_len, SHA256_BLOCK - have);
	copy_part(start + have, body, take);
	body += take;
	body_len -= take;
	have += take;
	runs->at[0] = runs->first;
	runs->blocks[0] = have / SHA256_BLOCK;
	runs->at[1] = body;
	runs->blocks[1] = body_len / SHA256_BLOCK;
	if (runs->blocks[0] > 0) {
		have = body_len % SHA256_BLOCK;
		copy_part(runs->last, body + (body_len - have), have);
	}
	runs->at[2] = runs->last;
	runs->blocks[2] = pad_zeroed(runs->last, have, (uint64_t)job->prefix_len + job->body_len);
	runs->run = 0;
}

/* Moves past empty runs; false at the end. */
static bool runs_ready(struct runs *runs) {
	while (runs->run < 3 && runs->blocks[runs->run] == 0) {
		runs->run++;
	}
	return runs->run < 3;
}

static const uint8_t *runs_take(struct runs *runs, size_t blocks) {
	const uint8_t *at = runs->at[runs->run];
	runs->at[runs->run] = at + blocks * SHA256_BLOCK;
	runs->blocks[runs->run] -= blocks;
	return at;
}

static void runs_finish(struct runs *runs, uint8_t *out_digest) {
	while (runs_ready(runs)) {
		size_t blocks = runs->blocks[runs->run];
		compress_simd(runs->state, runs_take(runs, blocks), blocks);
	}
	store_state(runs->state, out_digest);
}

enum { SHORT_MAX = 2 * SHA256_BLOCK - 9 };

static size_t short_blocks(const struct sha256_job *job) {
	size_t len = job->prefix_len + job->body_len;
	return len > SHORT_MAX ? 0 : len + 9 > SHA256_BLOCK ? 2 : 1;
}

static void short_message(uint8_t blocks[2 * SHA256_BLOCK], const struct sha256_job *job) {
	size_t len = job->prefix_len + job->body_len;
	memset(blocks, 0, 2 * SHA256_BLOCK);
	copy_part(blocks, job->prefix, job->prefix_len);
	copy_part(blocks + job->prefix_len, job->body, job->body_len);
	(void)pad_zeroed(blocks, len, len);
}

/* Two messages of one or of two blocks: leaves and nodes of the tree. */
static void pair_short(const struct sha256_job *a, const struct sha256_job *b, size_t blocks) {
	uint8_t blocks_a[2 * SHA256_BLOCK];
	uint8_t blocks_b[2 * SHA256_BLOCK];
	uint32_t state_a[8];
	uint32_t state_b[8];
	short_message(blocks_a, a);
	short_message(blocks_b, b);
	memcpy(state_a, initial_state, sizeof(state_a));
	memcpy(state_b, initial_state, sizeof(state_b));
	compress_simd_pair(state_a, blocks_a, state_b, blocks_b, blocks);
	store_state(state_a, a->out_digest);
	store_state(state_b, b->out_digest);
}

static void pair_simd(const struct sha256_job *job_a, const struct sha256_job *job_b) {
	struct runs a;
	struct runs b;
	size_t blocks = short_blocks(job_a);
	if (blocks > 0 && blocks == short_blocks(job_b)) {
		pair_short(job_a, job_b, blocks);
		return;
	}
	runs_init(&a, job_a);
	runs_init(&b, job_b);
	while (runs_ready(&a) && runs_ready(&b)) {
		blocks = MIN_OF(a.blocks[a.run], b.blocks[b.run]);
		compress_simd_pair(a.state, runs_take(&a, blocks), b.state, runs_take(&b, blocks), blocks);
	}
	runs_finish(&a, job_a->out_digest);
	runs_finish(&b, job_b->out_digest);
}

static void job_run(const struct sha256_job *job) {
	struct sha256 sha;
	sha256_init(&sha);
	sha256_update(&sha, job->prefix, job->prefix_len);
	sha256_update(&sha, job->body, job->body_len);
	sha256_digest(&sha, job->out_digest);
}

void sha256_pair(const struct sha256_job *a, const struct sha256_job *b) {
	if (sha256_has_simd()) {
		pair_simd(a, b);
	} else {
		job_run(a);
		job_run(b);
	}
}
