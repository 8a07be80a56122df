/* Zeek's logs as JSON lines over seven days: templates of gen_records.c with fresh values. A record
 * of a connection (dns, http, ...) is followed a little later by a conn record with the same id and
 * addresses.
 */
#include "bench/gen_records.h"
#include "bench/gen_values.h"

enum {
	UID_DIGITS = 17,
	INSIDE_COUNT = 660,
	WAITING_MAX = 20,    /* connections whose conn record is still to come */
	STEER_EVENTS = 5000, /* after so many at most the rate is set anew */
	SERVERS_MIN = 600,
};

struct connection {
	struct cell uid, orig_h, orig_p, resp_h;
};

struct zeek {
	struct generator *gen;
	struct values values;
	struct records records;
	struct pool inside; /* addresses of our own network */
	struct zipf domains;
	double until[PATH_COUNT];
	struct connection waiting[WAITING_MAX + 1];
	uint32_t waiting_count;
};

static void fill_inside(struct zeek *z) {
	char text[32];
	struct random *random = &z->gen->random;
	pool_init(&z->inside, INSIDE_COUNT, 16, z->gen->arena);
	for (uint32_t i = 0; i < INSIDE_COUNT; i++) {
		bool client = i < SERVERS_MIN;
		char *at = put_str(text, client ? STR("10.47.") : STR("10.164.94."));
		if (client) {
			at = put_u64(at, 1 + random_raw_below(random, 24));
			*at++ = '.';
		}
		at = put_u64(at, 1 + random_raw_below(random, 254));
		pool_set(&z->inside, i, str_make(text, (size_t)(at - text)),
		         log2(client ? 24.0 * 254 : 254.0));
	}
}

static char *put_inside(char *at, struct zeek *z) {
	return put_str(at, pool_pick(&z->inside, &z->gen->random, DRAWN_ADDRESS));
}

static char *put_two(char *at, unsigned value) {
	*at++ = (char)('0' + value / 10);
	*at++ = (char)('0' + value % 10);
	return at;
}

/* "2026-11-14T00:00:00.000000Z"; seconds since the start. */
static char *put_time(char *at, double seconds) {
	uint32_t whole = (uint32_t)seconds;
	uint32_t micro = (uint32_t)((seconds - whole) * 1e6);
	uint32_t tod = whole % 86400;
	at = put_str(at, STR("\"2026-11-"));
	at = put_two(at, 14 + whole / 86400);
	*at++ = 'T';
	at = put_two(at, tod / 3600);
	*at++ = ':';
	at = put_two(at, tod / 60 % 60);
	*at++ = ':';
	at = put_two(at, tod % 60);
	*at++ = '.';
	at = put_two(at, micro / 10000);
	at = put_two(at, micro / 100 % 100);
	at = put_two(at, micro % 100);
	return put_str(at, STR("Z\""));
}

static char *put_quoted(char *at, const struct cell *cell) {
	*at++ = '"';
	at = put_cell(at, cell);
	*at++ = '"';
	return at;
}

static char *put_fuid(char *at, struct zeek *z) {
	at = put_str(at, STR("\"F"));
	at = put_base62(at, &z->gen->random, UID_DIGITS);
	*at++ = '"';
	return at;
}

/* The sample's own name, another of the samples, or a fresh one below the sample's. */
static char *put_query(char *at, struct zeek *z, struct str raw) {
	struct random *random = &z->gen->random;
	bool same = random_chance(random, DRAWN_NAME, 0.5);
	if (same || str_find_char(raw, '.', 0) == raw.len) {
		return put_str(at, raw);
	}
	*at++ = '"';
	if (random_chance(random, DRAWN_NAME, 0.7)) {
		at = put_str(at, z->records.domains[zipf_draw(&z->domains, random, DRAWN_NAME)]);
		*at++ = '"';
		return at;
	}
	at = put_any_hex(at, &z->values, (unsigned)random_range(random, DRAWN_NAME, 4, 12));
	*at++ = '.';
	return put_str(at, str_slice(raw, 1, raw.len));
}

static char *put_serial(char *at, struct zeek *z, struct str raw) {
	if (!random_chance(&z->gen->random, DRAWN_HEX, 0.3)) {
		return put_str(at, raw);
	}
	*at++ = '"';
	at = put_any_hex(at, &z->values, (unsigned)MIN_OF(raw.len - 2, (size_t)POOL_TEXT_MAX));
	*at++ = '"';
	return at;
}

static char *put_field(char *at, struct zeek *z, const struct record_piece *piece, double time,
                       const struct connection *connection) {
	struct random *random = &z->gen->random;
	switch (piece->field) {
	case FIELD_TS:
		return put_time(at, time);
	case FIELD_LATER:
		random->bits[DRAWN_TIME] += log2(20000);
		return put_time(at, time + 0.001 + random_unit(random) * 0.02);
	case FIELD_UID:
		return put_quoted(at, &connection->uid);
	case FIELD_ORIG_H:
		return put_quoted(at, &connection->orig_h);
	case FIELD_ORIG_P:
		return put_cell(at, &connection->orig_p);
	case FIELD_RESP_H:
		return put_quoted(at, &connection->resp_h);
	case FIELD_QUERY:
		return put_query(at, z, piece->raw);
	case FIELD_TRANS_ID:
		return put_u64(at, random_range(random, DRAWN_NUMBER, 0, 65536));
	case FIELD_RATIO:
		return piece->number > 0 ? put_double(at, random_scaled(random, piece->number))
		                         : put_str(at, piece->raw);
	case FIELD_SERIAL:
		return put_serial(at, z, piece->raw);
	case FIELD_FUID:
		return put_fuid(at, z);
	case FIELD_FUIDS:
		for (uint32_t i = 0; i < piece->count; i++) {
			*at++ = i == 0 ? '[' : ',';
			at = put_fuid(at, z);
		}
		*at++ = ']';
		return at;
	case FIELD_PACKETS:
		return put_u64(at, random_heavy(random, piece->number, 1.1, 1));
	case FIELD_HEAVY:
		return put_u64(at, random_heavy(random, piece->number, 1.1, 0));
	case FIELD_NONE:
		break;
	}
	return at;
}

static struct record_template *choose_record(struct zeek *z, struct path *path) {
	struct random *random = &z->gen->random;
	uint32_t count = (uint32_t)path->count;
	uint32_t next = path->at + 1 < count ? path->at + 1 : 0;
	uint32_t at = random_unit(random) < 0.7 ? next : (uint32_t)random_raw_below(random, count);
	random->bits[DRAWN_TEMPLATE] -= log2(0.3 / count + (at == next ? 0.7 : 0));
	path->at = at;
	struct record_template *record = &path->records[at];
	if (!record->used) {
		record->used = true;
		for (size_t i = 0; i < record->count; i++) {
			buf_append_str(&z->gen->used, record->pieces[i].text);
		}
	}
	return record;
}

static void put_record(struct zeek *z, struct path *path, double time,
                       const struct connection *connection) {
	const struct record_template *record = choose_record(z, path);
	char *at = output_room(&z->gen->out);
	for (size_t i = 0; i < record->count; i++) {
		at = put_str(at, record->pieces[i].text);
		at = put_field(at, z, &record->pieces[i], time, connection);
	}
	output_line(&z->gen->out, at);
}

static void new_connection(struct zeek *z, struct connection *out) {
	struct random *random = &z->gen->random;
	out->uid.text[0] = 'C';
	cell_end(&out->uid, put_base62(out->uid.text + 1, random, UID_DIGITS));
	cell_end(&out->orig_h, put_inside(out->orig_h.text, z));
	cell_end(&out->orig_p,
	         put_u64(out->orig_p.text, random_range(random, DRAWN_NUMBER, 1024, 65536)));
	bool outside = random_chance(random, DRAWN_ADDRESS, 0.6);
	cell_end(&out->resp_h, outside ? put_any_public(out->resp_h.text, &z->values)
	                               : put_inside(out->resp_h.text, z));
}

/* One event: a record, perhaps one more connection that waits, perhaps the conn record of an older
 * one. */
static void put_event(struct zeek *z, double time) {
	struct random *random = &z->gen->random;
	double unit = random_unit(random);
	size_t kind = 0;
	while (kind + 1 < PATH_COUNT && z->until[kind] <= unit) {
		kind++;
	}
	random->bits[DRAWN_SOURCE] -= log2(z->until[kind] - (kind > 0 ? z->until[kind - 1] : 0));
	struct path *path = &z->records.paths[kind];
	struct connection connection;
	new_connection(z, &connection);
	put_record(z, path, time, &connection);
	if (kind != PATH_CONN && !path->many_of_one && random_chance(random, DRAWN_SOURCE, 0.7)) {
		z->waiting[z->waiting_count++] = connection;
	}
	if (z->waiting_count > WAITING_MAX) {
		size_t which = random_range(random, DRAWN_SOURCE, 0, 10);
		put_record(z, &z->records.paths[PATH_CONN], time, &z->waiting[which]);
		z->waiting_count--;
		memmove(&z->waiting[which], &z->waiting[which + 1],
		        (z->waiting_count - which) * sizeof connection);
	}
}

static void prepare(struct zeek *z) {
	records_read(z->gen, &z->records);
	values_init(&z->values, z->gen);
	fill_inside(z);
	zipf_init(&z->domains, z->records.domain_count, z->gen->arena);
	double total = 0;
	for (size_t i = 0; i < PATH_COUNT; i++) {
		total += z->records.paths[i].weight;
		z->until[i] = total;
		z->records.paths[i].at =
		    (uint32_t)random_raw_below(&z->gen->random, z->records.paths[i].count);
	}
	for (size_t i = 0; i < PATH_COUNT; i++) {
		z->until[i] /= total;
	}
}

void gen_zeek(struct generator *gen) {
	struct zeek *z = ARENA_NEW(gen->arena, struct zeek);
	z->gen = gen;
	prepare(z);
	double end = GEN_SECONDS - 5;
	double step = GEN_SECONDS / ((double)gen->target_bytes / 440); /* seconds between events */
	double time = 0;
	uint64_t steer = MIN_OF(50 + gen->target_bytes / 80000, (uint64_t)STEER_EVENTS);
	while (time < end) {
		for (uint64_t i = 0; i < steer; i++) {
			double mean = step / gen_rhythm(fmod(time, 86400));
			double wait = random_exponential(&gen->random, mean);
			time += wait;
			if (time >= end) {
				break;
			}
			gen->random.bits[DRAWN_TIME] += log2(mean * 1e6) + wait / mean * M_LOG2E;
			put_event(z, time);
		}
		double wanted = (double)gen->target_bytes * fmin(time, end) / GEN_SECONDS;
		double factor = pow((double)gen->out.bytes / wanted, 0.3);
		step *= fmin(fmax(factor, 0.8), 1.25);
	}
}
