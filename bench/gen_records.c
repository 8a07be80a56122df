/* Reads Zeek's JSON lines: finds keys and values of each record's first level, keeps what is fixed,
 * and marks the keys whose values vary (times, ids, addresses, ports, sizes, queries); see
 * gen_records.h. Which keys vary follows the reference generator of the data folder, so that both
 * give the same statistics.
 */
#include "bench/gen_records.h"

#include "base/map.h"

static const struct {
	const char *name;
	double weight;
	bool many_of_one;
} kinds[PATH_COUNT] = {
    {"dns", 22, false},     {"ssl", 10, false},
    {"http", 8, false},     {"weird", 5, false},
    {"rdp", 2, false},      {"analyzer", 2, false},
    {"ntp", 3, false},      {"ocsp", 1, true},
    {"syslog", 1.2, false}, {"smtp", 1, false},
    {"x509", .8, true},     {"notice", .8, false},
    {"ntlm", .5, false},    {"smb_mapping", .3, false},
    {"ssh", 1.2, false},    {"ftp", .3, false},
    {"snmp", .2, false},    {"dce_rpc", 1, false},
    {"software", .1, true}, {"known_services", .2, true},
    {"conn", 12, false},
};

static const struct {
	struct str key;
	enum field field;
} varying[] = {
    {STR_INIT("_write_ts"), FIELD_LATER},
    {STR_INIT("xmt_time"), FIELD_LATER},
    {STR_INIT("ts"), FIELD_TS},
    {STR_INIT("uid"), FIELD_UID},
    {STR_INIT("id.orig_h"), FIELD_ORIG_H},
    {STR_INIT("id.orig_p"), FIELD_ORIG_P},
    {STR_INIT("id.resp_h"), FIELD_RESP_H},
    {STR_INIT("query"), FIELD_QUERY},
    {STR_INIT("trans_id"), FIELD_TRANS_ID},
    {STR_INIT("rtt"), FIELD_RATIO},
    {STR_INIT("duration"), FIELD_RATIO},
    {STR_INIT("serialNumber"), FIELD_SERIAL},
    {STR_INIT("fingerprint"), FIELD_SERIAL},
    {STR_INIT("fuid"), FIELD_FUID},
    {STR_INIT("resp_fuids"), FIELD_FUIDS},
    {STR_INIT("orig_fuids"), FIELD_FUIDS},
    {STR_INIT("fuids"), FIELD_FUIDS},
    {STR_INIT("orig_pkts"), FIELD_PACKETS},
    {STR_INIT("resp_pkts"), FIELD_PACKETS},
    {STR_INIT("orig_bytes"), FIELD_HEAVY},
    {STR_INIT("resp_bytes"), FIELD_HEAVY},
    {STR_INIT("orig_ip_bytes"), FIELD_HEAVY},
    {STR_INIT("resp_ip_bytes"), FIELD_HEAVY},
    {STR_INIT("request_body_len"), FIELD_HEAVY},
    {STR_INIT("response_body_len"), FIELD_HEAVY},
};

/* Where the JSON value at `at` ends; strings and brackets are skipped. Samples are well formed. */
static size_t value_end(struct str line, size_t at) {
	unsigned depth = 0;
	for (size_t i = at; i < line.len; i++) {
		char c = line.ptr[i];
		if (c == '"') {
			for (i++; i < line.len && line.ptr[i] != '"'; i++) {
				i += line.ptr[i] == '\\';
			}
		} else if (c == '[' || c == '{') {
			depth++;
		} else if (depth > 0 && (c == ']' || c == '}')) {
			depth--;
		} else if (depth == 0 && (c == ',' || c == '}')) {
			return i;
		}
	}
	return line.len;
}

struct member {
	struct str key, value;
};

/* The next member of an object's line; *at stands before it. False at the end. */
static bool next_member(struct str line, size_t *at, struct member *out) {
	size_t begin = str_find_char(line, '"', *at);
	size_t end = str_find_char(line, '"', begin + 1);
	if (end >= line.len) {
		return false;
	}
	size_t value = str_find_char(line, ':', end) + 1;
	while (value < line.len && line.ptr[value] == ' ') {
		value++;
	}
	*at = value_end(line, value);
	out->key = str_slice(line, begin + 1, end);
	out->value = str_trim(str_slice(line, value, *at));
	(*at)++;
	return true;
}

static enum field field_of(struct str key, struct str value) {
	if (str_eq(value, STR("null")) || str_eq(value, STR("[]"))) {
		return FIELD_NONE;
	}
	for (size_t i = 0; i < ARRAY_LEN(varying); i++) {
		if (str_eq(key, varying[i].key)) {
			return varying[i].field;
		}
	}
	return FIELD_NONE;
}

/* Zeek's name of a key of the APT29 samples: id_orig_h is id.orig_h. */
static struct str zeek_key(struct arena *arena, struct str key) {
	if (str_starts(key, STR("id_orig_")) || str_starts(key, STR("id_resp_"))) {
		return arena_printf(arena, "id.%.*s", STR_ARG(str_slice(key, 3, key.len)));
	}
	return key;
}

enum { PIECES_MAX = 64 };

static void add_piece(struct generator *gen, struct record_piece *pieces, size_t *count,
                      struct buf *text, enum field field, struct str value) {
	ASSERT(*count < PIECES_MAX);
	struct record_piece *piece = &pieces[(*count)++];
	*piece = (struct record_piece){
	    .text = arena_str(gen->arena, buf_str(text)), .field = field, .raw = value};
	buf_clear(text);
	if (field == FIELD_FUIDS) {
		piece->count = 1;
		for (size_t i = 0; i < value.len; i++) {
			piece->count += value.ptr[i] == ',';
		}
	}
	if (field >= FIELD_PACKETS || field == FIELD_RATIO) {
		if (!str_to_double(value, &piece->number)) {
			piece->field = FIELD_NONE;
			buf_append_str(text, value);
		}
	}
}

static void cut_record(struct generator *gen, struct path *path, struct str line) {
	struct record_piece pieces[PIECES_MAX];
	struct record_template *record = &path->records[path->count++];
	struct buf text CLEANUP(buf_deinit) = {0};
	struct member member;
	buf_printf(&text, "{\"_path\":\"%.*s\"", STR_ARG(path->name));
	for (size_t at = 0; next_member(line, &at, &member);) {
		if (str_eq(member.key, STR("_path")) || str_starts(member.key, STR("@")) ||
		    str_ends(member.key, STR("l2_addr"))) {
			continue;
		}
		struct str key = zeek_key(gen->arena, member.key);
		buf_append_str(&text, STR(",\""));
		buf_append_str(&text, key);
		buf_append_str(&text, STR("\":"));
		enum field field = field_of(key, member.value);
		if (field == FIELD_NONE) {
			buf_append_str(&text, member.value);
		} else {
			add_piece(gen, pieces, &record->count, &text, field, member.value);
		}
	}
	buf_append_str(&text, STR("}\n"));
	add_piece(gen, pieces, &record->count, &text, FIELD_NONE, STR(""));
	struct record_piece *kept = ARENA_ARRAY(gen->arena, record->count, struct record_piece);
	memcpy(kept, pieces, record->count * sizeof *kept);
	record->pieces = kept;
}

/* All records of a text; those of other kinds (in our own templates) are passed over. */
static void read_text(struct generator *gen, struct path *path, struct str text, bool all) {
	size_t lines = 1;
	for (size_t i = 0; i < text.len; i++) {
		lines += text.ptr[i] == '\n';
	}
	struct record_template *records =
	    ARENA_ARRAY(gen->arena, path->count + lines, struct record_template);
	if (path->count > 0) {
		memcpy(records, path->records, path->count * sizeof *records);
	}
	path->records = records;
	struct str wanted = arena_printf(gen->arena, "{\"_path\":\"%.*s\"", STR_ARG(path->name));
	while (text.len > 0) {
		struct str line = str_trim(str_cut(&text, '\n'));
		if (line.len > 0 && (all || str_starts(line, wanted))) {
			cut_record(gen, path, line);
		}
	}
}

static void read_path(struct generator *gen, struct path *path) {
	static const struct {
		const char *name, *file;
	} others[] = {{"conn", "day1_zeek_individual_zeek_logs_NASHUA_conn"},
	              {"conn", "day1_zeek_individual_zeek_logs_SCRANTON_conn"},
	              {"conn", "day2_zeek_individual_zeek_logs_NEWYORK_conn"},
	              {"conn", "day2_zeek_individual_zeek_logs_SCRANTON_conn"},
	              {"conn", "day2_zeek_individual_zeek_logs_UTICA-A_conn"},
	              {"http", "day1_zeek_individual_zeek_logs_SCRANTON_http"},
	              {"http", "day2_zeek_individual_zeek_logs_UTICA-A_http"}};
	if (gen->samples == NULL) {
		read_text(gen, path, gen_read(gen->arena, gen->templates, "zeek.ndjson"), false);
		return;
	}
	bool found = false;
	struct buf name CLEANUP(buf_deinit) = {0};
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		if (str_eq(path->name, str_from(others[i].name))) {
			found = true;
			buf_clear(&name);
			buf_printf(&name, "apt29/%s.log.gz%c", others[i].file, '\0');
			read_text(gen, path, gen_read(gen->arena, gen->samples, name.ptr), true);
		}
	}
	if (!found) {
		buf_printf(&name, "zeek/%.*s.json.gz%c", STR_ARG(path->name), '\0');
		read_text(gen, path, gen_read(gen->arena, gen->samples, name.ptr), true);
	}
}

static int compare_str(const void *a, const void *b) {
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* The names asked for in the samples' dns records, without their quotation marks. */
static void read_domains(struct generator *gen, struct records *records) {
	struct map *seen = map_new();
	const struct path *dns = &records->paths[0];
	for (size_t i = 0; i < dns->count; i++) {
		for (size_t k = 0; k < dns->records[i].count; k++) {
			const struct record_piece *piece = &dns->records[i].pieces[k];
			struct str name = str_slice(piece->raw, 1, piece->raw.len - (piece->raw.len > 0));
			if (piece->field == FIELD_QUERY && str_find_char(name, '.', 0) < name.len) {
				(void)map_put(seen, name, 0, NULL);
			}
		}
	}
	size_t count = map_count(seen);
	records->domains = ARENA_ARRAY(gen->arena, count, struct str);
	for (size_t i = 0; i < count; i++) {
		records->domains[i] = arena_str(gen->arena, map_key(seen, i));
	}
	map_free(seen);
	qsort(records->domains, count, sizeof records->domains[0], compare_str);
	records->domain_count = (uint32_t)MIN_OF(count, (size_t)DOMAINS_MAX);
}

void records_read(struct generator *gen, struct records *records) {
	for (size_t i = 0; i < PATH_COUNT; i++) {
		struct path *path = &records->paths[i];
		*path = (struct path){.name = str_from(kinds[i].name),
		                      .weight = kinds[i].weight,
		                      .many_of_one = kinds[i].many_of_one};
		read_path(gen, path);
		if (path->count == 0) {
			gen_fail("no records of %s", kinds[i].name);
		}
	}
	read_domains(gen, records);
}
