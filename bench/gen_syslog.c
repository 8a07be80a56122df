/* Syslog lines of RFC 3164 with PRI and without year, from 50 hosts over seven days: templates of
 * gen_lines.c with fresh values. Each system on a host has a state (place in its sample, last
 * address, user, port), so that lines that belong together come together. Among them the needles
 * that the queries of the bench look for.
 */
#include "bench/gen_lines.h"
#include "bench/gen_values.h"

enum {
	HOST_COUNT = 50,
	ROLE_HOSTS_MAX = 48,
	PAIRS_MAX = 512,
	NEEDLES = 20,
	ADDRESSES = 500,
	STEER_LINES = 20000, /* after so many lines at most the rate is set anew */
};

#define NEEDLE "NEEDLE7f3a9c"
#define ADDRESS "203.0.113.77"

/* A system on a host. */
struct pair {
	const struct system *system;
	uint32_t host;
	uint32_t at; /* its place in the sample */
	float bits;  /* of being chosen */
	struct cell address, user, port;
};

struct syslog {
	struct generator *gen;
	struct values values;
	struct system systems[SYSTEM_COUNT];
	struct pair pairs[PAIRS_MAX];
	double until[PAIRS_MAX]; /* weights of the pairs, added up; the last is 1 */
	uint16_t guide[1 << 12]; /* for the part of [0, 1): the first pair that may be meant */
	size_t pair_count;
	char hosts[HOST_COUNT][16];
	uint32_t host_count;
	uint32_t role_hosts[ROLE_COUNT][ROLE_HOSTS_MAX];
	uint32_t role_counts[ROLE_COUNT];
	uint16_t *processes; /* by host and program; 0: none yet */
	uint32_t program_count;
	char stamp[16];     /* "Nov 14 00:00:00" */
	double rate, burst; /* lines a second in the mean; times more in a burst */
	uint32_t burst_left;
	uint32_t needles[NEEDLES], addresses[ADDRESSES]; /* seconds of them, sorted */
	uint32_t needles_done, addresses_done;
};

/* count hosts, numbered with so many digits; digits 0: one host without a number. */
static void add_hosts(struct syslog *s, enum role role, const char *prefix, int digits,
                      unsigned count) {
	for (unsigned i = 1; i <= count; i++) {
		char *host = s->hosts[s->host_count];
		int len = digits > 0 ? snprintf(host, sizeof s->hosts[0], "%s%0*u", prefix, digits, i)
		                     : snprintf(host, sizeof s->hosts[0], "%s", prefix);
		ASSERT(len > 0 && (size_t)len < sizeof s->hosts[0]);
		s->role_hosts[role][s->role_counts[role]++] = s->host_count++;
	}
}

static void make_hosts(struct syslog *s) {
	static const char *const windows[] = {"WIN-DC01", "WIN-DC02", "WIN-FS01",
	                                      "WIN-WS17", "WIN-WS23", "WIN-SQL1"};
	add_hosts(s, ROLE_WEB, "web", 2, 10);
	add_hosts(s, ROLE_LINUX, "srv-db", 2, 8);
	add_hosts(s, ROLE_LINUX, "srv-app", 2, 8);
	add_hosts(s, ROLE_HADOOP, "hadoop", 2, 10);
	for (size_t i = 0; i < ARRAY_LEN(windows); i++) {
		add_hosts(s, ROLE_WINDOWS, windows[i], 0, 1);
	}
	add_hosts(s, ROLE_MAC, "mbp-alice", 0, 1);
	add_hosts(s, ROLE_MAC, "mbp-bob", 0, 1);
	add_hosts(s, ROLE_HPC, "hpc-n", 2, 2);
	add_hosts(s, ROLE_HPC, "hpc-adm", 0, 1);
	add_hosts(s, ROLE_OPENSTACK, "ostack", 1, 3);
	ASSERT(s->host_count == HOST_COUNT);
	static const enum role unix_like[] = {ROLE_WEB, ROLE_HADOOP, ROLE_OPENSTACK, ROLE_HPC};
	for (size_t i = 0; i < ARRAY_LEN(unix_like); i++) {
		for (uint32_t k = 0; k < s->role_counts[unix_like[i]]; k++) {
			s->role_hosts[ROLE_LINUX][s->role_counts[ROLE_LINUX]++] =
			    s->role_hosts[unix_like[i]][k];
		}
	}
}

static void make_pair(struct syslog *s, const struct system *system, uint32_t host) {
	struct pair *pair = &s->pairs[s->pair_count++];
	*pair = (struct pair){.system = system, .host = host};
	pair->at = (uint32_t)random_raw_below(&s->gen->random, system->count);
	cell_end(&pair->address, put_any_public(pair->address.text, &s->values));
	cell_end(&pair->user, put_any_user(pair->user.text, &s->values));
	cell_end(&pair->port,
	         put_u64(pair->port.text, 1024 + random_raw_below(&s->gen->random, 64512)));
}

/* All pairs with their weights: a system's lines are not spread evenly over its hosts. */
static void make_pairs(struct syslog *s) {
	double total = 0;
	for (size_t i = 0; i < SYSTEM_COUNT; i++) {
		const struct system *system = &s->systems[i];
		uint32_t count = system->count > 0 ? s->role_counts[system->role] : 0;
		uint32_t order[ROLE_HOSTS_MAX];
		double sum = 0;
		for (uint32_t k = 0; k < count; k++) {
			uint32_t other = (uint32_t)random_raw_below(&s->gen->random, k + 1);
			order[k] = order[other];
			order[other] = s->role_hosts[system->role][k];
			sum += pow(k + 1, -0.6);
		}
		for (uint32_t k = 0; k < count; k++) {
			total += system->weight * pow(k + 1, -0.6) / sum;
			make_pair(s, system, order[k]);
			s->until[s->pair_count - 1] = total;
		}
	}
	double before = 0;
	for (size_t i = 0; i < s->pair_count; i++) {
		s->until[i] /= total;
		s->pairs[i].bits = (float)-log2(s->until[i] - before);
		before = s->until[i];
	}
	for (size_t i = 0, at = 0; i < ARRAY_LEN(s->guide); i++) {
		while (s->until[at] <= (double)i / ARRAY_LEN(s->guide) && at + 1 < s->pair_count) {
			at++;
		}
		s->guide[i] = (uint16_t)at;
	}
}

static struct pair *choose_pair(struct syslog *s) {
	double unit = random_unit(&s->gen->random);
	size_t at = s->guide[(size_t)(unit * ARRAY_LEN(s->guide))];
	while (s->until[at] <= unit && at + 1 < s->pair_count) {
		at++;
	}
	s->gen->random.bits[DRAWN_SOURCE] += (double)s->pairs[at].bits;
	return &s->pairs[at];
}

/* Mostly the line behind the last one of this pair. */
static struct line_template *choose_line(struct syslog *s, struct pair *pair) {
	struct random *random = &s->gen->random;
	uint32_t count = (uint32_t)pair->system->count;
	uint32_t next = pair->at + 1 < count ? pair->at + 1 : 0;
	uint32_t at = random_unit(random) < 0.8 ? next : (uint32_t)random_raw_below(random, count);
	random->bits[DRAWN_TEMPLATE] -= log2(0.2 / count + (at == next ? 0.8 : 0));
	pair->at = at;
	struct line_template *line = &pair->system->lines[at];
	if (!line->used) {
		line->used = true;
		for (size_t i = 0; i < line->count; i++) {
			buf_append_str(&s->gen->used, line->pieces[i].text);
		}
	}
	return line;
}

static char *put_value(char *at, struct syslog *s, struct pair *pair, const struct piece *piece) {
	struct random *random = &s->gen->random;
	switch (piece->place) {
	case PLACE_NUMBER:
		return put_any_number(at, &s->values, piece->digits);
	case PLACE_PUBLIC:
		if (random_chance(random, DRAWN_ADDRESS, 0.45)) {
			char *text = pair->address.text;
			bool public = random_chance(random, DRAWN_ADDRESS, 0.9);
			cell_end(&pair->address,
			         public ? put_any_public(text, &s->values) : put_any_private(text, &s->values));
		}
		return put_cell(at, &pair->address);
	case PLACE_PRIVATE:
		return put_any_private(at, &s->values);
	case PLACE_HEX:
		return put_any_hex(at, &s->values, piece->digits);
	case PLACE_USER:
		if (random_chance(random, DRAWN_NAME, 0.5)) {
			cell_end(&pair->user, put_any_user(pair->user.text, &s->values));
		}
		return put_cell(at, &pair->user);
	case PLACE_PORT:
		if (random_chance(random, DRAWN_NUMBER, 0.5)) {
			cell_end(&pair->port,
			         put_u64(pair->port.text, random_range(random, DRAWN_NUMBER, 1024, 65536)));
		}
		return put_cell(at, &pair->port);
	case PLACE_UUID: {
		char hex[32];
		(void)put_any_hex(hex, &s->values, 32);
		static const uint8_t cuts[] = {0, 8, 12, 16, 20, 32};
		for (size_t i = 0; i + 1 < ARRAY_LEN(cuts); i++) {
			at = put_str(at, str_make(hex + cuts[i], (size_t)(cuts[i + 1] - cuts[i])));
			*at++ = '-';
		}
		return at - 1;
	}
	case PLACE_NONE:
		break;
	}
	return at;
}

static unsigned priority(struct random *random, const struct line_template *line) {
	int facility = line->facility >= 0                         ? line->facility
	               : random_chance(random, DRAWN_PROCESS, 0.8) ? 3
	                                                           : 16;
	int severity = line->severity >= 0                         ? line->severity
	               : random_chance(random, DRAWN_PROCESS, 0.8) ? 6
	                                                           : 5;
	return (unsigned)(facility * 8 + severity);
}

static unsigned process(struct syslog *s, const struct pair *pair,
                        const struct line_template *line) {
	struct random *random = &s->gen->random;
	uint16_t *number = &s->processes[pair->host * s->program_count + line->program_no];
	if (line->fresh_process && random_chance(random, DRAWN_PROCESS, 0.4)) {
		*number = (uint16_t)random_range(random, DRAWN_PROCESS, 1000, 65536);
	} else if (*number == 0) {
		*number = (uint16_t)random_range(random, DRAWN_PROCESS, 300, 65536);
	}
	return *number;
}

static char *put_head(char *at, const struct syslog *s, unsigned pri, uint32_t host) {
	*at++ = '<';
	at = put_u64(at, pri);
	*at++ = '>';
	at = put_str(at, str_make(s->stamp, 15));
	*at++ = ' ';
	at = put_str(at, str_from(s->hosts[host]));
	*at++ = ' ';
	return at;
}

static void put_line(struct syslog *s, struct pair *pair) {
	const struct line_template *line = choose_line(s, pair);
	char *at = put_head(output_room(&s->gen->out), s, priority(&s->gen->random, line), pair->host);
	at = put_str(at, line->program);
	*at++ = '[';
	at = put_u64(at, process(s, pair, line));
	at = put_str(at, STR("]: "));
	for (size_t i = 0; i < line->count; i++) {
		at = put_str(at, line->pieces[i].text);
		at = put_value(at, s, pair, &line->pieces[i]);
	}
	output_line(&s->gen->out, at);
}

/* A line that a query looks for: text, user and perhaps port around what is found. */
static void put_needle(struct syslog *s, uint32_t host, const char *before, const char *between,
                       bool port) {
	char *at = put_head(output_room(&s->gen->out), s, 86, host);
	struct random *random = &s->gen->random;
	at = put_str(at, STR("sshd["));
	at = put_u64(at, random_range(random, DRAWN_PROCESS, 1000, 65536));
	at = put_str(at, STR("]: "));
	at = put_str(at, str_from(before));
	at = put_any_user(at, &s->values);
	at = put_str(at, str_from(between));
	if (port) {
		at = put_u64(at, random_range(random, DRAWN_NUMBER, 1024, 65536));
		at = put_str(at, strstr(between, " from ") != NULL ? STR(" ssh2") : STR(""));
	}
	*at++ = '\n';
	output_line(&s->gen->out, at);
}

static void put_needles(struct syslog *s, uint32_t second) {
	struct random *random = &s->gen->random;
	while (s->needles_done < NEEDLES && s->needles[s->needles_done] == second) {
		uint32_t host = s->pairs[random_range(random, DRAWN_SOURCE, 0, s->pair_count)].host;
		bool first = random_chance(random, DRAWN_TEMPLATE, 0.5);
		put_needle(s, host,
		           first ? "session check token=" NEEDLE " accepted for user "
		                 : "trace id " NEEDLE " completed request by ",
		           "", false);
		s->needles_done++;
	}
	static const struct {
		const char *before, *between;
	} forms[] = {{"Failed password for invalid user ", " from " ADDRESS " port "},
	             {"Connection closed by " ADDRESS " [preauth] user ", " port "},
	             {"Accepted publickey for ", " from " ADDRESS " port "},
	             {"Received disconnect from " ADDRESS ": 11: Bye Bye [preauth] ", " "}};
	while (s->addresses_done < ADDRESSES && s->addresses[s->addresses_done] == second) {
		uint32_t host = s->role_hosts[ROLE_LINUX][random_range(random, DRAWN_SOURCE, 0, 16)];
		size_t form = random_range(random, DRAWN_TEMPLATE, 0, ARRAY_LEN(forms));
		put_needle(s, host, forms[form].before, forms[form].between, true);
		s->addresses_done++;
	}
}

static int compare_u32(const void *a, const void *b) {
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static void place_needles(struct syslog *s) {
	struct random *random = &s->gen->random;
	for (uint32_t i = 0; i < NEEDLES; i++) {
		s->needles[i] =
		    (uint32_t)((i + 0.1 + 0.8 * random_unit(random)) * GEN_SECONDS / (double)NEEDLES);
	}
	for (uint32_t i = 0; i < ADDRESSES; i++) {
		s->addresses[i] = (uint32_t)random_range(random, DRAWN_TIME, 0, GEN_SECONDS);
	}
	qsort(s->addresses, ADDRESSES, sizeof s->addresses[0], compare_u32);
}

/* How many lines come in this second: the rhythm of the day, jitter, and bursts of 5 to 60 seconds.
 */
static uint32_t lines_of(struct syslog *s, uint32_t second) {
	struct random *random = &s->gen->random;
	double rate = s->rate * gen_rhythm(second % 86400) * s->burst;
	if (s->burst_left > 0) {
		s->burst_left--;
	} else {
		s->burst = 1;
		if (random_chance(random, DRAWN_TIME, 0.0004)) {
			s->burst_left = (uint32_t)random_range(random, DRAWN_TIME, 5, 60);
			s->burst = (double)random_range(random, DRAWN_TIME, 5, 30);
		}
	}
	double sure = floor(rate * 0.92);
	double part = rate * 0.92 - sure;
	bool more = random_unit(random) < part;
	random->bits[DRAWN_TIME] -= log2(more ? part : 1 - part);
	uint32_t lines = (uint32_t)sure + more;
	double mean = rate * 0.6 + 0.01;
	uint32_t extra = random_unit(random) < 0.1 ? (uint32_t)random_exponential(random, mean) : 0;
	double p = 0.1 * exp(-(double)extra / mean) * -expm1(-1 / mean);
	random->bits[DRAWN_TIME] -= log2(extra == 0 ? 0.9 + p : p);
	return lines + extra;
}

static void set_stamp(struct syslog *s, uint32_t second) {
	uint32_t tod = second % 86400;
	int len = snprintf(s->stamp, sizeof s->stamp, "Nov %2u %02u:%02u:%02u",
	                   (14 + second / 86400) % 32, tod / 3600, tod / 60 % 60, tod % 60);
	ASSERT(len == 15);
}

void gen_syslog(struct generator *gen) {
	struct syslog *s = ARENA_NEW(gen->arena, struct syslog);
	s->gen = gen;
	values_init(&s->values, gen);
	s->program_count = lines_read(gen, s->systems);
	make_hosts(s);
	make_pairs(s);
	s->processes = ARENA_ARRAY(gen->arena, (size_t)HOST_COUNT * s->program_count, uint16_t);
	place_needles(s);
	s->rate = (double)gen->target_bytes / 170 / GEN_SECONDS;
	s->burst = 1;
	uint64_t steered = 0;
	uint64_t steer = MIN_OF(50 + gen->target_bytes / 30000, (uint64_t)STEER_LINES);
	for (uint32_t second = 0; second < GEN_SECONDS; second++) {
		uint32_t count = lines_of(s, second);
		set_stamp(s, second);
		for (uint32_t i = 0; i < count; i++) {
			put_line(s, choose_pair(s));
		}
		put_needles(s, second);
		if (gen->out.lines - steered > steer) {
			steered = gen->out.lines;
			double wanted = (double)gen->target_bytes * (second + 1) / GEN_SECONDS;
			double factor = pow(wanted / (double)gen->out.bytes, 0.3);
			s->rate *= fmin(fmax(factor, 0.5), 1.5);
		}
	}
}
