/* The draws and their texts; see gen_random.h. Formulas: log-normal and normal laws as in any
 * textbook, the normal values by Box and Muller (1958). */
#include "gen_random.h"

#include "base/hash.h"

const char *drawn_name(enum drawn what) {
	static const char *const names[DRAWN_COUNT] = {"time",   "source",  "template", "process",
	                                               "number", "address", "hex",      "name",
	                                               "id",     "measure"};
	return names[what];
}

void random_init(struct random *random, const char *seed) {
	*random = (struct random){0};
	uint64_t x = 0xcbf29ce484222325u; /* FNV-1a of the seed, then splitmix64 for the four words */
	for (const char *c = seed; *c != '\0'; c++) {
		x = (x ^ (uint8_t)*c) * 0x100000001b3u;
	}
	for (int i = 0; i < 4; i++) {
		x += 0x9e3779b97f4a7c15u;
		uint64_t z = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
		z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
		random->state[i] = z ^ (z >> 31);
	}
}

double random_normal(struct random *random) {
	if (random->has_spare) {
		random->has_spare = false;
		return random->spare;
	}
	double radius = sqrt(-2 * log(1 - random_unit(random)));
	double angle = 2 * M_PI * random_unit(random);
	double sine;
	double cosine;
	sincos(angle, &sine, &cosine);
	random->spare = radius * sine;
	random->has_spare = true;
	return radius * cosine;
}

double random_exponential(struct random *random, double mean) {
	return -log(1 - random_unit(random)) * mean;
}

static double normal_below(double z) {
	return 0.5 * erfc(-z * M_SQRT1_2);
}

/* Bits of a log-normal value by its density: normal value z, one unit of what is written is
 * 1/units of the value. */
static double density_bits(double z, double sigma, double units) {
	return 0.5 * z * z * M_LOG2E + log2(sigma * 2.5066282746310002 * units);
}

uint64_t random_heavy(struct random *random, double value, double sigma, uint64_t least) {
	if (value <= 0) {
		return 0;
	}
	double z = random_normal(random);
	double drawn = value * exp(sigma * z);
	uint64_t n = drawn < 9e18 ? (uint64_t)drawn : (uint64_t)9e18;
	if (n >= 64) {
		random->bits[DRAWN_MEASURE] += density_bits(z, sigma, drawn);
		return n;
	}
	n = MAX_OF(n, least);
	double below = n <= least ? 0 : normal_below(log((double)n / value) / sigma);
	double here = normal_below(log(((double)n + 1) / value) / sigma) - below;
	random->bits[DRAWN_MEASURE] -= log2(fmax(here, 0x1p-60));
	return n;
}

double random_scaled(struct random *random, double value) {
	double z = random_normal(random);
	double drawn = value * exp(z);
	int exponent;
	double fraction = frexp(drawn, &exponent);
	random->bits[DRAWN_MEASURE] += density_bits(z, 1, fraction * 0x1p53);
	return drawn;
}

void zipf_init(struct zipf *zipf, uint32_t n, struct arena *arena) {
	ASSERT(n > 1);
	zipf->n = n;
	zipf->log2_n = log2(n);
	zipf->bits = ARENA_ARRAY(arena, n, float);
	for (uint32_t i = 0; i < n; i++) {
		zipf->bits[i] = (float)log2(log(n) / log1p(1.0 / (i + 1)));
	}
}

uint32_t zipf_draw(const struct zipf *zipf, struct random *random, enum drawn what) {
	uint32_t i = (uint32_t)exp2(random_unit(random) * zipf->log2_n) - 1;
	i = MIN_OF(i, zipf->n - 1);
	random->bits[what] += (double)zipf->bits[i];
	return i;
}

void pool_init(struct pool *pool, uint32_t n, size_t text_max, struct arena *arena) {
	ASSERT(text_max <= POOL_TEXT_MAX);
	zipf_init(&pool->zipf, n, arena);
	pool->stride = text_max;
	pool->text = arena_array(arena, n, text_max);
	pool->lengths = ARENA_ARRAY(arena, n, uint8_t);
	pool->owed = ARENA_ARRAY(arena, n, float);
}

void pool_set(struct pool *pool, uint32_t i, struct str text, double bits) {
	ASSERT(text.len <= pool->stride);
	memcpy(pool->text + i * pool->stride, text.ptr, text.len);
	pool->lengths[i] = (uint8_t)text.len;
	pool->owed[i] = (float)bits;
}

struct str pool_pick(struct pool *pool, struct random *random, enum drawn what) {
	uint32_t i = zipf_draw(&pool->zipf, random, what);
	random->bits[what] += (double)pool->owed[i];
	pool->owed[i] = 0;
	return str_make(pool->text + i * pool->stride, pool->lengths[i]);
}

char *put_str(char *at, struct str text) {
	memcpy(at, text.ptr, text.len);
	return at + text.len;
}

char *put_u64(char *at, uint64_t value) {
	char digits[20];
	size_t n = 0;
	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	while (n > 0) {
		*at++ = digits[--n];
	}
	return at;
}

/* Exactly n digits of value, n at most 19. */
static char *put_padded(char *at, uint64_t value, unsigned n) {
	for (unsigned i = n; i-- > 0;) {
		at[i] = (char)('0' + value % 10);
		value /= 10;
	}
	return at + n;
}

char *put_digits(char *at, struct random *random, enum drawn what, unsigned digits) {
	static const uint64_t powers[] = {1,      10,      100,      1000,      10000,
	                                  100000, 1000000, 10000000, 100000000, 1000000000};
	ASSERT(digits >= 1 && digits <= 24);
	*at++ = (char)('1' + random_raw_below(random, 9));
	for (unsigned left = digits - 1; left > 0;) {
		unsigned n = MIN_OF(left, 9u);
		at = put_padded(at, random_raw_below(random, powers[n]), n);
		left -= n;
	}
	random->bits[what] += 3.1699250014423122 + (digits - 1) * 3.3219280948873622;
	return at;
}

char *put_hex(char *at, struct random *random, enum drawn what, unsigned digits) {
	static const char alphabet[] = "0123456789abcdef";
	random->bits[what] += 4.0 * digits;
	uint64_t x = 0;
	for (unsigned i = 0; i < digits; i++, x >>= 4) {
		if (i % 16 == 0) {
			x = random_u64(random);
		}
		*at++ = alphabet[x & 15];
	}
	return at;
}

char *put_base62(char *at, struct random *random, unsigned digits) {
	static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	random->bits[DRAWN_ID] += digits * 5.954196310386875;
	uint64_t x = 0;
	for (unsigned i = 0; i < digits; i++) {
		if (i % 9 == 0) { /* nine digits of a 64-bit fraction are uniform enough */
			x = random_u64(random);
		}
		unsigned __int128 product = (unsigned __int128)x * 62;
		*at++ = alphabet[(uint64_t)(product >> 64)];
		x = (uint64_t)product;
	}
	return at;
}

char *put_public(char *at, struct random *random) {
	uint64_t first;
	do {
		first = 1 + random_raw_below(random, 223);
	} while (first == 10 || first == 127 || first == 192 || first == 203);
	at = put_u64(at, first);
	*at++ = '.';
	at = put_u64(at, random_raw_below(random, 256));
	*at++ = '.';
	at = put_u64(at, random_raw_below(random, 256));
	*at++ = '.';
	random->bits[DRAWN_ADDRESS] += log2(219.0) + 16 + log2(254.0);
	return put_u64(at, 1 + random_raw_below(random, 254));
}

/* 10^by; the powers that occur are few, so that repeated multiplying is quick and exact enough. */
static long double power_of_ten(int by) {
	long double power = 1;
	for (int i = abs(by); i > 0; i--) {
		power *= 10;
	}
	return by < 0 ? 1 / power : power;
}

/* x as 16 or 17 digits, the first not 0: x is about digits * 10^(exponent - count + 1). */
static unsigned shortest(double x, char digits[24], int *out_exponent) {
	int exponent = (int)floor(log10(x));
	uint64_t whole = (uint64_t)llroundl((long double)x * power_of_ten(16 - exponent));
	if (whole >= 100000000000000000u) {
		whole = (whole + 5) / 10;
		exponent++;
	} else if (whole < 10000000000000000u) {
		exponent--;
		whole = (uint64_t)llroundl((long double)x * power_of_ten(16 - exponent));
	}
	unsigned count = 17;
	uint64_t shorter = (whole + 5) / 10;
	if ((double)((long double)shorter / power_of_ten(15 - exponent)) == x) {
		whole = shorter;
		count = 16;
	}
	(void)put_padded(digits, whole, count);
	while (count > 1 && digits[count - 1] == '0') {
		count--;
	}
	*out_exponent = exponent;
	return count;
}

char *put_double(char *at, double x) {
	char digits[24];
	int exponent;
	unsigned count = shortest(x, digits, &exponent);
	struct str all = str_make(digits, count);
	if (exponent < -4 || exponent >= 16) {
		*at++ = digits[0];
		if (count > 1) {
			*at++ = '.';
			at = put_str(at, str_slice(all, 1, count));
		}
		*at++ = 'e';
		*at++ = exponent < 0 ? '-' : '+';
		unsigned size = (unsigned)abs(exponent);
		return put_padded(at, size, size < 100 ? 2 : 3);
	}
	if (exponent < 0) {
		at = put_str(at, STR("0."));
		for (int i = exponent; i < -1; i++) {
			*at++ = '0';
		}
		return put_str(at, all);
	}
	unsigned point = (unsigned)exponent + 1;
	for (unsigned i = 0; i < MAX_OF(point + 1, count); i++) {
		if (i == point) {
			*at++ = '.';
		}
		*at++ = i < count ? digits[i] : '0';
	}
	return at;
}
