/* What hunts remember of themselves, read from the class alerts:
 *   {"rules":{...}}  a set of rules, in parts that follow one another
 *   {"hits":{...}}   records of one tree for which a rule of a hunt held
 *   {"hunt":{...}}   the end of that hunt, behind its hits
 *   {"alert":{...}}
 * What is not whole counts for nothing: then more is hunted again than need be, and nothing less.
 */
#include "cmd/alerts.h"
#include "ingest/json_scan.h"

enum { RUN_ID_SIZE = 16 };

struct run_hits {
	uint8_t id[RUN_ID_SIZE];
	struct buf list; /* struct alerts_hit */
};

struct alerts_reader {
	const struct alerts_tree *trees;
	size_t trees_count;
	const struct alerts_rules *rules; /* of today */
	struct alerts_memory memory;
	struct map *sets;    /* hash of a set of rules that was read whole -> it has those of today */
	struct buf digests;  /* of the set that is being read: struct sigma_digest */
	struct map *names;   /* of that set */
	uint8_t part_of[32]; /* that set */
	uint64_t part_next, parts;
	struct run_hits pending; /* of the hunt whose end is still to come */
	struct buf runs;         /* struct hunt_run */
	struct buf hits;         /* struct buf of struct alerts_hit, for each run */
	size_t hits_count;       /* in all */
};

/* ---- rules ---- */

static int by_bytes(const void *a, const void *b) {
	return memcmp(a, b, sizeof(struct sigma_digest));
}

void alerts_rules_of(const struct sigma_digest *digests, uint32_t count, struct arena *arena,
                     struct alerts_rules *out_rules) {
	struct sigma_digest *sorted = ARENA_ARRAY(arena, (size_t)count + 1, struct sigma_digest);
	struct buf hex = {0};
	struct sigma_digest hash;
	struct alerts_rules rules = {.sorted = sorted, .count = count};
	for (uint32_t i = 0; i < count; i++) {
		sorted[i] = digests[i];
	}
	qsort(sorted, count, sizeof(*sorted), by_bytes);
	sha256(sorted, count * sizeof(*sorted), hash.bytes);
	buf_append_hex(&hex, hash.bytes, sizeof(hash.bytes));
	memcpy(rules.hash, hex.ptr, hex.len);
	buf_deinit(&hex);
	*out_rules = rules;
}

/* True when the set that was read has all rules of today. digests: sorted. */
static bool has_all(const struct sigma_digest *digests, size_t count,
                    const struct alerts_rules *rules) {
	size_t at = 0;
	for (uint32_t i = 0; i < rules->count; i++) {
		while (at < count && memcmp(&digests[at], &rules->sorted[i], sizeof(*digests)) < 0) {
			at++;
		}
		if (at == count || memcmp(&digests[at], &rules->sorted[i], sizeof(*digests)) != 0) {
			return false;
		}
	}
	return true;
}

/* ["what names the rule","digest"], and the comma behind it. */
static bool take_rule(struct json_scan *scan, struct alerts_reader *r) {
	struct buf key CLEANUP(buf_deinit) = {0};
	struct str name;
	struct str digest;
	struct sigma_digest bytes;
	bool escapes;
	if (!json_take(scan, '[') || json_peek(scan) != JSON_STRING ||
	    !json_read_string(scan, &name, &escapes) || !json_take(scan, ',') ||
	    json_peek(scan) != JSON_STRING || !json_skip_value(scan, 1, &digest) ||
	    !json_take(scan, ']') || !alerts_hex(digest, bytes.bytes, sizeof(bytes.bytes)) ||
	    r->digests.len / sizeof(bytes) >= ALERTS_RULES_MAX) {
		return false;
	}
	json_unescape(name, &key);
	uint64_t first;
	memcpy(&first, bytes.bytes, sizeof(first));
	*map_put(r->names, buf_str(&key), first, NULL) = first;
	buf_append(&r->digests, &bytes, sizeof(bytes));
	return true;
}

static bool take_rules(struct str list, struct alerts_reader *r) {
	struct json_scan scan = json_scan_of(list);
	if (!json_take(&scan, '[')) {
		return false;
	}
	if (json_take(&scan, ']')) {
		return true;
	}
	do {
		if (!take_rule(&scan, r)) {
			return false;
		}
	} while (json_take(&scan, ','));
	return json_take(&scan, ']');
}

static void end_set(struct alerts_reader *r, const uint8_t hash[32]) {
	struct sigma_digest *digests = (struct sigma_digest *)(void *)r->digests.ptr;
	size_t count = r->digests.len / sizeof(*digests);
	struct buf hex CLEANUP(buf_deinit) = {0};
	if (count > 0) {
		qsort(digests, count, sizeof(*digests), by_bytes);
	}
	buf_append_hex(&hex, hash, 32);
	(void)map_put(r->sets, buf_str(&hex), has_all(digests, count, r->rules), NULL);
	memcpy(r->memory.in_force, hex.ptr, hex.len);
	struct map *names = r->memory.rules;
	r->memory.rules = r->names;
	r->names = names;
}

static void read_rules(struct alerts_reader *r, struct str body) {
	enum { HASH, PART, PARTS, LIST, COUNT };
	struct alerts_member members[COUNT] = {[HASH] = {.name = "hash"},
	                                       [PART] = {.name = "part"},
	                                       [PARTS] = {.name = "parts"},
	                                       [LIST] = {.name = "rules"}};
	uint8_t hash[32];
	uint64_t part;
	uint64_t parts;
	if (!alerts_members(body, members, COUNT) || !alerts_hex(members[HASH].raw, hash, 32) ||
	    !alerts_number(members[PART].raw, &part) || !alerts_number(members[PARTS].raw, &parts)) {
		return;
	}
	if (part == 0) {
		buf_clear(&r->digests);
		map_clear(r->names);
		memcpy(r->part_of, hash, sizeof(hash));
		r->part_next = 0;
		r->parts = parts;
	}
	if (part != r->part_next || parts != r->parts || memcmp(hash, r->part_of, 32) != 0 ||
	    !take_rules(members[LIST].raw, r)) {
		r->part_next = UINT64_MAX; /* nothing fits behind it */
		return;
	}
	r->part_next++;
	if (r->part_next == parts) {
		end_set(r, hash);
	}
}

/* ---- hunts ---- */

static void drop_pending(struct alerts_reader *r) {
	r->hits_count -= r->pending.list.len / sizeof(struct alerts_hit);
	buf_clear(&r->pending.list);
}

/* gaps: each index less the one before it, less 1; the first as it is. */
static bool take_hits(struct alerts_reader *r, struct str gaps, uint32_t class_number) {
	struct json_scan scan = json_scan_of(gaps);
	uint64_t next = 0;
	bool more = json_take(&scan, '[') && !json_take(&scan, ']');
	while (more) {
		struct str text;
		uint64_t gap;
		if (json_peek(&scan) != JSON_NUMBER || !json_read_number(&scan, &text) ||
		    !alerts_number(text, &gap) || gap > UINT64_MAX - 1 - next ||
		    r->hits_count >= ALERTS_HITS_MAX) {
			return false;
		}
		struct alerts_hit hit = {class_number, next + gap};
		buf_append(&r->pending.list, &hit, sizeof(hit));
		r->hits_count++;
		next = hit.index + 1;
		more = json_take(&scan, ',');
	}
	return true;
}

static bool find_class(const struct alerts_reader *r, struct str tree, uint32_t *out_number) {
	for (size_t i = 0; i < r->trees_count; i++) {
		if (str_eq(r->trees[i].name, tree)) {
			*out_number = (uint32_t)i;
			return true;
		}
	}
	return false;
}

static void read_hits(struct alerts_reader *r, struct str body) {
	enum { ID, TREE, GAPS, COUNT };
	struct alerts_member members[COUNT] = {
	    [ID] = {.name = "id"}, [TREE] = {.name = "tree"}, [GAPS] = {.name = "gaps"}};
	struct buf tree CLEANUP(buf_deinit) = {0};
	uint8_t id[RUN_ID_SIZE];
	uint32_t class_number;
	if (!alerts_members(body, members, COUNT) || !alerts_hex(members[ID].raw, id, sizeof(id)) ||
	    !alerts_text(members[TREE].raw, &tree)) {
		return;
	}
	if (memcmp(id, r->pending.id, sizeof(id)) != 0) {
		drop_pending(r);
		memcpy(r->pending.id, id, sizeof(id));
	}
	if (!find_class(r, buf_str(&tree), &class_number) ||
	    !take_hits(r, members[GAPS].raw, class_number)) {
		drop_pending(r); /* then the counts of its end do not fit */
	}
}

static void read_hunt(struct alerts_reader *r, struct str body) {
	enum { ID, RULES, FROM, TO, RECORDS, BYTES, FIRST, LAST, HITS, COUNT };
	struct alerts_member members[COUNT] = {
	    [ID] = {.name = "id"},       [RULES] = {.name = "rules"},     [FROM] = {.name = "from"},
	    [TO] = {.name = "to"},       [RECORDS] = {.name = "records"}, [BYTES] = {.name = "bytes"},
	    [FIRST] = {.name = "first"}, [LAST] = {.name = "last"},       [HITS] = {.name = "hits"}};
	struct hunt_run run = {.first_ns = INT64_MAX, .last_ns = INT64_MIN};
	struct buf hash CLEANUP(buf_deinit) = {0};
	struct buf hits = {0};
	uint8_t id[RUN_ID_SIZE];
	uint64_t count;
	bool right =
	    alerts_members(body, members, COUNT) && alerts_hex(members[ID].raw, id, sizeof(id)) &&
	    alerts_text(members[RULES].raw, &hash) &&
	    alerts_number(members[RECORDS].raw, &run.records) &&
	    alerts_number(members[BYTES].raw, &run.bytes) && alerts_number(members[HITS].raw, &count);
	const uint64_t *has = right ? map_find(r->sets, buf_str(&hash)) : NULL;
	bool mine = right && memcmp(id, r->pending.id, sizeof(id)) == 0;
	if (has == NULL || *has == 0 ||
	    count != (mine ? r->pending.list.len / sizeof(struct alerts_hit) : 0)) {
		drop_pending(r);
		return;
	}
	if (mine) {
		hits = r->pending.list;
		r->pending.list = (struct buf){0};
	}
	if (!alerts_time(members[FIRST].raw, &run.first_ns) ||
	    !alerts_time(members[LAST].raw, &run.last_ns)) {
		run.first_ns = INT64_MAX;
		run.last_ns = INT64_MIN;
	}
	run.usable = true;
	run.from = arena_str(r->memory.arena, members[FROM].raw);
	run.to = arena_str(r->memory.arena, members[TO].raw);
	buf_append(&r->runs, &run, sizeof(run));
	buf_append(&r->hits, &hits, sizeof(hits));
}

static void read_alert(struct alerts_reader *r, struct str body) {
	struct alerts_member members[] = {{.name = "alert.id"}, {.name = "alert.first_seen"}};
	struct alert_id id;
	int64_t ns;
	if (alerts_members(body, members, ARRAY_LEN(members)) &&
	    alerts_hex(members[0].raw, id.bytes, sizeof(id.bytes)) &&
	    alerts_time(members[1].raw, &ns) && map_count(r->memory.seen) < ALERTS_MAX) {
		(void)map_put(r->memory.seen, str_make((const char *)id.bytes, sizeof(id.bytes)),
		              (uint64_t)ns, NULL);
	}
}

void alerts_reader_take(struct alerts_reader *r, struct str body) {
	static const struct {
		const char *name;
		void (*read)(struct alerts_reader *r, struct str body);
	} kinds[] = {
	    {"alert", read_alert}, {"hits", read_hits}, {"hunt", read_hunt}, {"rules", read_rules}};
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct str inner = alerts_body_of(body, kinds[i].name);
		if (inner.len > 0) {
			kinds[i].read(r, inner);
			break;
		}
	}
}

/* ---- where this hunt goes on ---- */

void alerts_append_sizes(struct buf *out, const struct store_set *set) {
	bool first = true;
	buf_append_char(out, '{');
	for (size_t i = 0; i < set->count; i++) {
		struct str class_name = store_class_of(store_class(set->stores[i]));
		struct store_info info;
		store_get_info(set->stores[i], &info);
		if (info.tree_size > 0 && !str_eq(class_name, STR(STORE_AUDIT)) &&
		    !str_eq(class_name, STR(ALERTS_CLASS))) {
			buf_append_str(out, first ? STR("") : STR(","));
			buf_append_json(out, store_class(set->stores[i]));
			buf_append_char(out, ':');
			buf_append_u64(out, info.tree_size);
			first = false;
		}
	}
	buf_append_char(out, '}');
}

/* Every tree of the text has to be there, with at least so many leaves. */
static bool read_sizes(const struct alerts_reader *r, struct str text, uint64_t *from) {
	struct json_scan scan = json_scan_of(text);
	bool more = json_take(&scan, '{') && !json_take(&scan, '}');
	while (more) {
		struct str name;
		struct str value;
		uint32_t number;
		bool escapes;
		uint64_t size;
		if (json_peek(&scan) != JSON_STRING || !json_read_string(&scan, &name, &escapes) ||
		    !json_take(&scan, ':') || json_peek(&scan) != JSON_NUMBER ||
		    !json_read_number(&scan, &value) || !alerts_number(value, &size) ||
		    !find_class(r, name, &number) || size > r->trees[number].size) {
			return false;
		}
		from[number] = size;
		more = json_take(&scan, ',');
	}
	return true;
}

static int by_place(const void *a, const void *b) {
	const struct alerts_hit *x = a;
	const struct alerts_hit *y = b;
	if (x->class_number != y->class_number) {
		return x->class_number < y->class_number ? -1 : 1;
	}
	return x->index < y->index ? -1 : x->index > y->index;
}

size_t alerts_hits_sort(struct alerts_hit *hits, size_t count) {
	size_t kept = 0;
	if (count > 0) {
		qsort(hits, count, sizeof(*hits), by_place);
	}
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || by_place(&hits[kept - 1], &hits[i]) != 0) {
			hits[kept++] = hits[i];
		}
	}
	return kept;
}

/* The hits of the chain, in order, each once, and none behind where it ends. */
static void join_hits(struct alerts_reader *r, const uint32_t *chain, uint32_t length) {
	struct alerts_memory *memory = &r->memory;
	const struct buf *lists = (const struct buf *)(const void *)r->hits.ptr;
	size_t count = 0;
	memory->hits = ARENA_ARRAY(memory->arena, r->hits_count + 1, struct alerts_hit);
	for (uint32_t i = 0; i < length; i++) {
		const struct alerts_hit *list =
		    (const struct alerts_hit *)(const void *)lists[chain[i]].ptr;
		for (size_t k = 0; k < lists[chain[i]].len / sizeof(*list); k++) {
			if (list[k].index < memory->from[list[k].class_number]) {
				memory->hits[count++] = list[k];
			}
		}
	}
	memory->hits_count = alerts_hits_sort(memory->hits, count);
}

static void go_on(struct alerts_reader *r) {
	struct alerts_memory *memory = &r->memory;
	struct hunt_run *runs = (struct hunt_run *)(void *)r->runs.ptr;
	uint32_t count = (uint32_t)(r->runs.len / sizeof(*runs));
	const uint32_t *chain;
	uint32_t length = hunts_chain(runs, count, memory->arena, &chain);
	if (length == 0) {
		return;
	}
	struct hunt_run *last = ARENA_NEW(memory->arena, struct hunt_run);
	*last = runs[chain[length - 1]];
	if (!read_sizes(r, last->to, memory->from)) {
		memset(memory->from, 0, r->trees_count * sizeof(*memory->from));
		return;
	}
	memory->behind = last;
	join_hits(r, chain, length);
}

struct alerts_reader *alerts_reader_new(const struct alerts_tree *trees, size_t count,
                                        const struct alerts_rules *rules) {
	struct alerts_reader *r = calloc(1, sizeof(*r));
	ASSERT(r != NULL);
	*r = (struct alerts_reader){.trees = trees, .trees_count = count, .rules = rules};
	r->memory =
	    (struct alerts_memory){.arena = arena_new(SIZE_MAX), .seen = map_new(), .rules = map_new()};
	r->memory.from = ARENA_ARRAY(r->memory.arena, count + 1, uint64_t);
	r->sets = map_new();
	r->names = map_new();
	r->part_next = UINT64_MAX;
	return r;
}

void alerts_reader_end(struct alerts_reader *r, bool all, struct alerts_memory *out_memory) {
	if (!all) {
		go_on(r);
	}
	struct buf *lists = (struct buf *)(void *)r->hits.ptr;
	for (size_t i = 0; i < r->hits.len / sizeof(*lists); i++) {
		buf_deinit(&lists[i]);
	}
	buf_deinit(&r->hits);
	buf_deinit(&r->runs);
	buf_deinit(&r->pending.list);
	buf_deinit(&r->digests);
	map_free(r->names);
	map_free(r->sets);
	*out_memory = r->memory;
	free(r);
}

static enum err take_row(void *ctx, const struct row *row, size_t class_number) {
	(void)class_number;
	alerts_reader_take(ctx, row->body);
	return ERR_OK;
}

enum err alerts_remember(const struct store_set *set, const struct alerts_rules *rules, bool all,
                         struct alerts_memory *out_memory, struct diag *diag) {
	struct alerts_tree trees[STORE_CLASSES_MAX];
	struct alerts_memory memory;
	uint64_t pages_damaged = 0;
	for (size_t i = 0; i < set->count; i++) {
		struct store_info info;
		store_get_info(set->stores[i], &info);
		trees[i] = (struct alerts_tree){store_class(set->stores[i]), info.tree_size};
	}
	struct alerts_reader *reader = alerts_reader_new(trees, set->count, rules);
	enum err err = alerts_walk(set, take_row, reader, &pages_damaged, diag);
	alerts_reader_end(reader, all || err != ERR_OK, &memory);
	if (err != ERR_OK) {
		alerts_forget(&memory);
		return err;
	}
	memory.pages_damaged = pages_damaged;
	*out_memory = memory;
	return ERR_OK;
}

void alerts_forget(struct alerts_memory *memory) {
	map_free(memory->seen);
	map_free(memory->rules);
	if (memory->arena != NULL) {
		arena_free(memory->arena);
	}
	*memory = (struct alerts_memory){0};
}
