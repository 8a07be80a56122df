/* Pools of values and fresh ones; see gen_values.h. A pool's texts are drawn at the start without
 * counting their bits: pool_pick counts them with the first use. */
#include "bench/gen_values.h"

enum {
	PUBLIC_COUNT = 60000,
	PRIVATE_COUNT = 4000,
	NUMBER_POOL = 2000,
	HEX_POOL = 5000,
	USER_VARIANTS = 1500, /* names with a number, and as many of random letters */
};

static const char *const names[] = {
    "root",   "admin",   "test",   "oracle",  "postgres", "user",   "guest",   "ftp",    "git",
    "ubuntu", "support", "nagios", "www",     "mysql",    "deploy", "jenkins", "hadoop", "backup",
    "info",   "web",     "uucp",   "fztu",    "matlab",   "inspur", "pi",      "zabbix", "tomcat",
    "nobody", "daemon",  "alice",  "bob",     "carol",    "dave",   "erin",    "frank",  "grace",
    "heidi",  "ivan",    "judy",   "mallory", "niaj",     "olivia", "peggy",   "rupert", "sybil",
    "trent",  "victor",  "walter", "wendy",   "zoe"};

static void fill_addresses(struct values *values) {
	char text[64];
	struct random *random = values->random;
	for (uint32_t i = 0; i < PUBLIC_COUNT; i++) {
		char *end = put_public(text, random);
		pool_set(&values->publics, i, str_make(text, (size_t)(end - text)),
		         log2(219.0 * 65536 * 254));
	}
	for (uint32_t i = 0; i < PRIVATE_COUNT; i++) {
		char *end = put_str(text, STR("10."));
		end = put_u64(end, random_raw_below(random, 64));
		*end++ = '.';
		end = put_u64(end, random_raw_below(random, 256));
		*end++ = '.';
		end = put_u64(end, 1 + random_raw_below(random, 254));
		pool_set(&values->privates, i, str_make(text, (size_t)(end - text)),
		         log2(64.0 * 256 * 254));
	}
}

static void fill_users(struct values *values) {
	struct random *random = values->random;
	uint32_t count = ARRAY_LEN(names);
	for (uint32_t i = 0; i < count; i++) {
		pool_set(&values->users, i, str_from(names[i]), 0); /* known text, not drawn */
	}
	for (uint32_t i = 0; i < USER_VARIANTS; i++) {
		char text[32];
		char *end = put_str(text, str_from(names[random_raw_below(random, ARRAY_LEN(names))]));
		end = put_u64(end, random_raw_below(random, 1000));
		pool_set(&values->users, count + i, str_make(text, (size_t)(end - text)),
		         log2(50.0 * 1000));
	}
	for (uint32_t i = 0; i < USER_VARIANTS; i++) {
		char text[32];
		size_t len = 4 + (size_t)random_raw_below(random, 5);
		for (size_t k = 0; k < len; k++) {
			text[k] = (char)('a' + random_raw_below(random, 26));
		}
		pool_set(&values->users, count + USER_VARIANTS + i, str_make(text, len),
		         log2(5) + (double)len * log2(26));
	}
}

static void fill_numbers(struct values *values) {
	for (unsigned digits = 4; digits <= VALUE_DIGITS_MAX; digits++) {
		pool_init(&values->numbers[digits], NUMBER_POOL, digits, values->arena);
		for (uint32_t i = 0; i < NUMBER_POOL; i++) {
			char text[VALUE_DIGITS_MAX];
			(void)put_digits(text, values->random, DRAWN_NUMBER, digits);
			pool_set(&values->numbers[digits], i, str_make(text, digits),
			         log2(9) + (digits - 1) * log2(10));
		}
	}
}

void values_init(struct values *values, struct generator *gen) {
	values->random = &gen->random;
	values->arena = gen->arena;
	pool_init(&values->publics, PUBLIC_COUNT, 16, gen->arena);
	pool_init(&values->privates, PRIVATE_COUNT, 16, gen->arena);
	pool_init(&values->users, ARRAY_LEN(names) + 2 * USER_VARIANTS, 16, gen->arena);
	struct random before = gen->random;
	fill_addresses(values);
	fill_users(values);
	fill_numbers(values);
	memcpy(gen->random.bits, before.bits, sizeof before.bits);
}

char *put_any_public(char *at, struct values *values) {
	if (random_chance(values->random, DRAWN_ADDRESS, 0.85)) {
		return put_str(at, pool_pick(&values->publics, values->random, DRAWN_ADDRESS));
	}
	return put_public(at, values->random);
}

char *put_any_private(char *at, struct values *values) {
	return put_str(at, pool_pick(&values->privates, values->random, DRAWN_ADDRESS));
}

char *put_any_user(char *at, struct values *values) {
	return put_str(at, pool_pick(&values->users, values->random, DRAWN_NAME));
}

char *put_any_number(char *at, struct values *values, unsigned digits) {
	if (random_chance(values->random, DRAWN_NUMBER, 0.5)) {
		return put_str(at, pool_pick(&values->numbers[digits], values->random, DRAWN_NUMBER));
	}
	return put_digits(at, values->random, DRAWN_NUMBER, digits);
}

static struct pool *hex_pool(struct values *values, unsigned digits) {
	struct pool *pool = &values->hexes[digits];
	if (pool->text == NULL) {
		struct random before = *values->random;
		pool_init(pool, HEX_POOL, digits, values->arena);
		for (uint32_t i = 0; i < HEX_POOL; i++) {
			char text[POOL_TEXT_MAX];
			(void)put_hex(text, values->random, DRAWN_HEX, digits);
			pool_set(pool, i, str_make(text, digits), 4.0 * digits);
		}
		memcpy(values->random->bits, before.bits, sizeof before.bits);
	}
	return pool;
}

char *put_any_hex(char *at, struct values *values, unsigned digits) {
	if (random_chance(values->random, DRAWN_HEX, 0.35)) {
		return put_str(at, pool_pick(hex_pool(values, digits), values->random, DRAWN_HEX));
	}
	return put_hex(at, values->random, DRAWN_HEX, digits);
}
