/* What the generator of bench data draws from: one stream of random numbers, heavy-tailed pools of
 * values, and a count of the bits drawn. The sum of log2(1/p) over everything drawn is what no
 * compressor can go below (but for draws that the text does not show, see docs/performance.md).
 * Not thread-safe: one struct random for one file.
 */
#pragma once

#include <math.h>

#include "base/arena.h"
#include "base/buf.h"

/* What was drawn; names for people in gen_random.c. */
enum drawn {
	DRAWN_TIME,     /* when a line comes, times in it */
	DRAWN_SOURCE,   /* which host and system, which kind of record */
	DRAWN_TEMPLATE, /* which line of the samples */
	DRAWN_PROCESS,  /* process numbers, priorities */
	DRAWN_NUMBER,   /* counters, ports, sizes by digits */
	DRAWN_ADDRESS,
	DRAWN_HEX,
	DRAWN_NAME,    /* users, domains, words */
	DRAWN_ID,      /* base62 ids of Zeek */
	DRAWN_MEASURE, /* log-normal sizes and durations */
	DRAWN_COUNT,
};

const char *drawn_name(enum drawn what);

struct random {
	uint64_t state[4];
	double bits[DRAWN_COUNT];
	double spare; /* the second normal value of a pair, when has_spare */
	bool has_spare;
};

/* The stream for a text such as "syslog-42". */
void random_init(struct random *random, const char *seed);

static inline uint64_t random_rotate(uint64_t x, int by) {
	return (x << by) | (x >> (64 - by));
}

/* xoshiro256++ (Blackman and Vigna, 2019). */
static inline uint64_t random_u64(struct random *random) {
	uint64_t *s = random->state;
	uint64_t result = random_rotate(s[0] + s[3], 23) + s[0];
	uint64_t t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = random_rotate(s[3], 45);
	return result;
}

/* Uniform in [0, 1); counts nothing. */
static inline double random_unit(struct random *random) {
	return (double)(random_u64(random) >> 11) * 0x1p-53;
}

/* True with probability p; a constant p costs nothing to count. */
static inline bool random_chance(struct random *random, enum drawn what, double p) {
	bool yes = random_unit(random) < p;
	random->bits[what] -= yes ? log2(p) : log2(1 - p);
	return yes;
}

/* Uniform in [0, n), n > 0; counts nothing. */
static inline uint64_t random_raw_below(struct random *random, uint64_t n) {
	return (uint64_t)(((unsigned __int128)random_u64(random) * n) >> 64);
}

/* Uniform in [from, to). */
static inline uint64_t random_range(struct random *random, enum drawn what, uint64_t from,
                                    uint64_t to) {
	random->bits[what] += log2((double)(to - from));
	return from + random_raw_below(random, to - from);
}

/* Standard normal; counts nothing. */
double random_normal(struct random *random);
/* Exponential with this mean; counts nothing. */
double random_exponential(struct random *random, double mean);

/* value * e^(sigma * normal), cut to an integer, and at least least. */
uint64_t random_heavy(struct random *random, double value, double sigma, uint64_t least);
/* value * e^(normal), value > 0, to the last bit of a double. */
double random_scaled(struct random *random, double value);

/* Numbers 0 .. n-1 with a log-uniform law: P(i) is about 1 / (i + 1). */
struct zipf {
	uint32_t n;
	double log2_n;
	float *bits; /* of each number */
};

void zipf_init(struct zipf *zipf, uint32_t n, struct arena *arena);
uint32_t zipf_draw(const struct zipf *zipf, struct random *random, enum drawn what);

/* Texts drawn once, picked by zipf. A text's own bits are counted when it is first picked: what is
 * never picked costs nothing. */
struct pool {
	struct zipf zipf;
	size_t stride;
	char *text;       /* n times stride */
	uint8_t *lengths; /* bytes of each */
	float *owed;      /* bits of each that are not counted yet */
};

enum { POOL_TEXT_MAX = 128 };

void pool_init(struct pool *pool, uint32_t n, size_t text_max, struct arena *arena);
/* Sets text i; bits: what drawing it takes. */
void pool_set(struct pool *pool, uint32_t i, struct str text, double bits);
struct str pool_pick(struct pool *pool, struct random *random, enum drawn what);

/* Text of fresh values, written at `at`; return behind it. */
char *put_str(char *at, struct str text);
char *put_u64(char *at, uint64_t value);
/* Exactly `digits` digits, the first not 0; digits 1 .. 24. */
char *put_digits(char *at, struct random *random, enum drawn what, unsigned digits);
/* Exactly `digits` lower-case hex digits, at most POOL_TEXT_MAX. */
char *put_hex(char *at, struct random *random, enum drawn what, unsigned digits);
char *put_base62(char *at, struct random *random, unsigned digits);
/* A public IPv4 address, any but 10/8, 127/8, 192/8, 203/8. */
char *put_public(char *at, struct random *random);
/* The shortest decimal that reads back as x (one unit of the last of 17 digits may differ), written
 * as Python does; x > 0. */
char *put_double(char *at, double x);
