/* A hunt that keeps what it finds. Everything is written behind what it hangs on: the rules first,
 * alerts while the hunt goes on, and that all was seen at the very end. So a stop at any moment
 * costs only work: what was written is known by its number when it is found again.
 */
#include "base/endian.h"
#include "base/instant.h"
#include "cmd/alerts.h"
#include "cmd/audit.h"

enum { PART_BYTES = 256 << 10, CHANGES_MAX = 50 };
#define WAITING_BYTES_MAX ((size_t)8 << 20)

struct alerts {
	const struct args *args;
	const struct store_set *stores;
	const struct sigma_set *set;
	struct arena *arena;
	const struct sigma_digest *digests; /* of all subjects */
	struct alerts_rules rules;
	struct alerts_memory memory;
	bool part;
	int64_t started_ns;
	struct map *added; /* numbers of alerts that this hunt has found first */
	struct buf hits;   /* struct alerts_hit of this hunt */
	struct alerts_waiting waiting;
	uint64_t known; /* findings that were alerts before */
	uint64_t dropped;
	enum err err; /* nothing can be kept; it was told */
};

/* ---- writing ---- */

static void give_up(struct alerts *alerts, enum err err, const struct diag *diag) {
	console_note("alerts are not kept: %s",
	             diag->message[0] != '\0' ? diag->message : err_text(err));
	console_note("hunt again when the store can be written; --dry-run keeps none on purpose");
	alerts->err = err;
}

static void write_waiting(struct alerts *alerts) {
	struct diag diag = {0};
	enum err err =
	    alerts->err == ERR_OK ? alerts_write(alerts->args, &alerts->waiting, &diag) : ERR_OK;
	if (err != ERR_OK) {
		give_up(alerts, err, &diag);
	}
}

static void wait_body(struct alerts *alerts, const struct buf *body) {
	if (alerts->err != ERR_OK) {
		return;
	}
	if (alerts_wait(&alerts->waiting, buf_str(body)) != ERR_OK) {
		alerts->dropped++;
	}
	if (alerts->waiting.bodies.len > WAITING_BYTES_MAX) {
		write_waiting(alerts);
	}
}

/* ---- the rules in force ---- */

static const struct sigma_meta *meta_of(const struct alerts *alerts, uint32_t subject) {
	const struct sigma_set *set = alerts->set;
	return subject < set->rules_count ? &set->rules[subject].meta
	                                  : &set->correlations[subject - set->rules_count].meta;
}

static void begin_part(struct buf *body, const struct alerts *alerts, uint32_t part) {
	buf_clear(body);
	buf_printf(body, "{\"rules\":{\"hash\":\"%s\",\"count\":%u,\"part\":%u,\"rules\":[",
	           alerts->rules.hash, alerts->rules.count, part);
}

/* The number of parts is only known at the end: so bodies are made first. */
static void wait_rules(struct alerts *alerts) {
	struct buf parts = {0}; /* struct buf */
	struct buf body = {0};
	begin_part(&body, alerts, 0);
	for (uint32_t i = 0; i < alerts->rules.count; i++) {
		struct str key = alert_rule_key(meta_of(alerts, i));
		if (body.len > PART_BYTES) {
			buf_append(&parts, &body, sizeof(body));
			body = (struct buf){0};
			begin_part(&body, alerts, (uint32_t)(parts.len / sizeof(body)));
		}
		buf_append_str(&body, body.ptr[body.len - 1] == '[' ? STR("[") : STR(",["));
		buf_append_json(&body, str_slice(key, 0, MIN_OF(key.len, (size_t)ALERT_TEXT_MAX)));
		buf_append_str(&body, STR(",\""));
		buf_append_hex(&body, alerts->digests[i].bytes, SHA256_SIZE);
		buf_append_str(&body, STR("\"]"));
	}
	buf_append(&parts, &body, sizeof(body));
	struct buf *bodies = (struct buf *)(void *)parts.ptr;
	size_t count = parts.len / sizeof(*bodies);
	for (size_t i = 0; i < count; i++) {
		buf_printf(&bodies[i], "],\"parts\":%zu}}", count);
		wait_body(alerts, &bodies[i]);
		buf_deinit(&bodies[i]);
	}
	buf_deinit(&parts);
}

struct changes {
	uint64_t added, removed, changed;
	struct buf text;
};

static void add_change(struct changes *changes, uint64_t *count, char sign, struct str name) {
	if (changes->added + changes->removed + changes->changed < CHANGES_MAX) {
		buf_printf(&changes->text, "%s%c %.*s", changes->text.len > 0 ? "; " : "", sign,
		           (int)MIN_OF(name.len, (size_t)200), name.ptr);
	}
	(*count)++;
}

static void find_changes(const struct alerts *alerts, struct changes *changes) {
	struct map *now = map_new();
	for (uint32_t i = 0; i < alerts->rules.count; i++) {
		struct str key = alert_rule_key(meta_of(alerts, i));
		key = str_slice(key, 0, MIN_OF(key.len, (size_t)ALERT_TEXT_MAX));
		const uint64_t *before = map_find(alerts->memory.rules, key);
		uint64_t first;
		bool is_first;
		memcpy(&first, alerts->digests[i].bytes, sizeof(first));
		(void)map_put(now, key, first, &is_first);
		if (is_first && before == NULL) {
			add_change(changes, &changes->added, '+', meta_of(alerts, i)->title);
		} else if (is_first && *before != first) {
			add_change(changes, &changes->changed, '~', meta_of(alerts, i)->title);
		}
	}
	for (size_t i = 0; i < map_count(alerts->memory.rules); i++) {
		struct str key = map_key(alerts->memory.rules, i);
		if (map_find(now, key) == NULL) {
			add_change(changes, &changes->removed, '-', key);
		}
	}
	map_free(now);
}

/* First who changed what, among the audit records; then the rules. A stop between the two says it
 * twice. */
static void write_rules(struct alerts *alerts) {
	struct changes changes = {0};
	struct buf body = {0};
	struct diag diag = {0};
	find_changes(alerts, &changes);
	audit_begin(alerts->args, "rules", alerts->stores, &body);
	audit_add_text(&body, "rules_hash", str_from(alerts->rules.hash));
	audit_add_option(&body, "rules_before",
	                 alerts->memory.in_force[0] != '\0' ? alerts->memory.in_force : NULL);
	audit_add_number(&body, "rules_count", alerts->rules.count);
	audit_add_number(&body, "rules_added", changes.added);
	audit_add_number(&body, "rules_changed", changes.changed);
	audit_add_number(&body, "rules_removed", changes.removed);
	audit_add_text(&body, "rules_changes", buf_str(&changes.text));
	audit_end(&body);
	enum err err = audit_write_body(alerts->args, RECORD_AUDIT, buf_str(&body), &diag);
	if (err == ERR_OK) {
		wait_rules(alerts);
		write_waiting(alerts);
	} else {
		give_up(alerts, err, &diag);
	}
	buf_deinit(&changes.text);
	buf_deinit(&body);
}

/* ---- begin and end ---- */

enum err alerts_begin(const struct alerts_options *options, struct alerts **out_alerts,
                      struct diag *diag) {
	const struct os *os = os_real();
	const struct sigma_set *set = options->set;
	struct alerts *alerts = calloc(1, sizeof(*alerts));
	ASSERT(alerts != NULL);
	*alerts = (struct alerts){.args = options->args,
	                          .stores = options->stores,
	                          .set = set,
	                          .part = options->part,
	                          .started_ns = os->wall_ns(os->ctx),
	                          .arena = arena_new(SIZE_MAX),
	                          .added = map_new()};
	alerts->digests = sigma_digests(set, alerts->arena);
	alerts_rules_of(alerts->digests, set->rules_count + set->correlations_count, alerts->arena,
	                &alerts->rules);
	bool all = options->part || options->args->all;
	enum err err = alerts_remember(options->stores, &alerts->rules, all, &alerts->memory, diag);
	if (err != ERR_OK) {
		alerts_free(alerts);
		return err;
	}
	if (alerts->memory.pages_damaged > 0) {
		console_note("some of the alerts that were kept are damaged: akashi verify says which");
	}
	if (!str_eq(str_from(alerts->memory.in_force), str_from(alerts->rules.hash))) {
		write_rules(alerts);
	}
	*out_alerts = alerts;
	return ERR_OK;
}

void alerts_free(struct alerts *alerts) {
	if (alerts == NULL) {
		return;
	}
	alerts_forget(&alerts->memory);
	alerts_waiting_deinit(&alerts->waiting);
	buf_deinit(&alerts->hits);
	map_free(alerts->added);
	arena_free(alerts->arena);
	free(alerts);
}

static void end_hits(struct alerts *alerts, struct buf *body) {
	if (body->len > 0) {
		buf_append_str(body, STR("]}}"));
		wait_body(alerts, body);
		buf_clear(body);
	}
}

/* As alerts_memory.c reads them: gaps, from 0 at the begin of each record. */
static void wait_hits(struct alerts *alerts, struct str id) {
	struct alerts_hit *hits = (struct alerts_hit *)(void *)alerts->hits.ptr;
	size_t count = alerts->hits.len / sizeof(*hits);
	struct buf body = {0};
	uint64_t next = 0;
	for (size_t i = 0; i < count; i++) {
		bool other = i == 0 || hits[i].class_number != hits[i - 1].class_number;
		if (other || body.len > PART_BYTES) {
			end_hits(alerts, &body);
			next = 0;
			buf_printf(&body, "{\"hits\":{\"id\":\"%.*s\",\"tree\":", STR_ARG(id));
			buf_append_json(&body, store_class(alerts->stores->stores[hits[i].class_number]));
			buf_append_str(&body, STR(",\"gaps\":["));
		} else {
			buf_append_char(&body, ',');
		}
		buf_append_u64(&body, hits[i].index - next);
		next = hits[i].index + 1;
	}
	end_hits(alerts, &body);
	buf_deinit(&body);
}

static void append_instant(struct buf *body, const char *name, bool known, int64_t ns) {
	buf_printf(body, ",\"%s\":%s", name, known ? "\"" : "null");
	if (known) {
		instant_format(body, ns, 0);
		buf_append_char(body, '"');
	}
}

static struct str run_id(const struct alerts *alerts, struct str to) {
	struct sha256 sha;
	uint8_t digest[SHA256_SIZE];
	uint8_t time[8];
	struct buf hex = {0};
	le64_store(time, (uint64_t)alerts->started_ns);
	sha256_init(&sha);
	sha256_update(&sha, time, sizeof(time));
	sha256_update(&sha, alerts->rules.hash, 64);
	sha256_update(&sha, to.ptr, to.len);
	sha256_digest(&sha, digest);
	buf_append_hex(&hex, digest, 16);
	struct str id = arena_str(alerts->arena, buf_str(&hex));
	buf_deinit(&hex);
	return id;
}

/* That all up to here was hunted with these rules. */
static void wait_hunt(struct alerts *alerts, const struct findings *findings) {
	struct buf to = {0};
	struct buf body = {0};
	struct str from =
	    alerts->memory.behind != NULL ? alerts->memory.behind->to : STR(HUNTS_NOTHING);
	alerts_append_sizes(&to, alerts->stores);
	if (!str_eq(from, buf_str(&to))) {
		struct str id = run_id(alerts, buf_str(&to));
		bool timed = findings->first_ns <= findings->last_ns;
		struct alerts_hit *hits = (struct alerts_hit *)(void *)alerts->hits.ptr;
		size_t hits_count = alerts_hits_sort(hits, alerts->hits.len / sizeof(*hits));
		alerts->hits.len = hits_count * sizeof(*hits);
		wait_hits(alerts, id);
		buf_printf(&body, "{\"hunt\":{\"id\":\"%.*s\",\"rules\":\"%s\",\"from\":%.*s,\"to\":%.*s",
		           STR_ARG(id), alerts->rules.hash, STR_ARG(from), STR_ARG(buf_str(&to)));
		buf_printf(&body, ",\"records\":%llu,\"bytes\":%llu,\"hits\":%zu",
		           (unsigned long long)findings->records, (unsigned long long)findings->bytes,
		           hits_count);
		append_instant(&body, "first", timed, findings->first_ns);
		append_instant(&body, "last", timed, findings->last_ns);
		append_instant(&body, "begun", true, alerts->started_ns);
		buf_append_str(&body, STR("}}"));
		wait_body(alerts, &body);
	}
	buf_deinit(&to);
	buf_deinit(&body);
}

bool alerts_end(struct alerts *alerts, const struct findings *findings, bool whole) {
	bool few = alerts->hits.len / sizeof(struct alerts_hit) <= ALERTS_HITS_MAX;
	if (whole && few && !alerts->part && alerts->dropped == 0 && alerts->err == ERR_OK) {
		write_waiting(alerts); /* before what says that all was seen */
		wait_hunt(alerts, findings);
	}
	write_waiting(alerts);
	if (alerts->dropped > 0) {
		console_note("%llu alerts could not be kept: they are too many, or too long",
		             (unsigned long long)alerts->dropped);
	}
	return alerts->err == ERR_OK && alerts->dropped == 0;
}

/* ---- what was hunted before ---- */

const uint64_t *alerts_from(const struct alerts *alerts) {
	return alerts->memory.from;
}

/* Gives the rows of the view that are among the hits from *at on, and goes behind all that it
 * covers. */
static enum err take_view(struct store_view *view, const struct alerts_hit *hits, size_t count,
                          size_t *at, enum err (*take)(void *ctx, const struct row *row),
                          void *ctx) {
	const uint8_t *types;
	size_t begin = *at;
	TRY(store_view_types(view, &types));
	for (uint32_t i = 0; i < store_view_rows(view) && *at < count; i++) {
		uint64_t index = store_view_index(view, i);
		struct row row;
		while (*at < count && hits[*at].index < index) {
			(*at)++;
		}
		if (*at < count && hits[*at].index == index) {
			(*at)++;
			if (types[i] == RECORD_DATA) {
				TRY(store_view_row(view, i, &row));
				TRY(take(ctx, &row));
			}
		}
	}
	*at = MAX_OF(*at, begin + 1);
	return ERR_OK;
}

/* One page of them; *at goes on in every case. */
static enum err take_page(const struct alerts *alerts, const struct alerts_hit *hits, size_t count,
                          size_t *at, enum err (*take)(void *ctx, const struct row *row), void *ctx,
                          struct diag *diag) {
	uint64_t indices[LIMIT_BATCH_ROWS];
	struct store_view *view = NULL;
	size_t same = 0;
	for (size_t i = *at;
	     i < count && same < ARRAY_LEN(indices) && hits[i].class_number == hits[*at].class_number;
	     i++) {
		indices[same++] = hits[i].index;
	}
	enum err err =
	    store_view_some(alerts->stores->stores[hits[*at].class_number], indices, same, &view, diag);
	size_t behind = *at;
	if (err == ERR_OK) {
		err = take_view(view, hits, *at + same, &behind, take, ctx);
		store_view_free(view);
	}
	*at = MAX_OF(behind, *at + 1);
	return err;
}

enum err alerts_each_before(const struct alerts *alerts,
                            enum err (*take)(void *ctx, const struct row *row), void *ctx,
                            uint64_t *pages_damaged, struct diag *diag) {
	const struct alerts_memory *memory = &alerts->memory;
	bool damaged = false;
	for (size_t at = 0; at < memory->hits_count;) {
		if (console_interrupted()) {
			return ERR_CANCELED;
		}
		enum err err = take_page(alerts, memory->hits, memory->hits_count, &at, take, ctx, diag);
		if (err == ERR_CORRUPT) {
			*pages_damaged += !damaged; /* of those that follow one another the first */
		} else if (err != ERR_OK && err != ERR_NOT_FOUND) {
			return err;
		}
		damaged = err == ERR_CORRUPT;
	}
	return ERR_OK;
}

void alerts_count_before(const struct alerts *alerts, struct findings *findings) {
	const struct hunt_run *behind = alerts->memory.behind;
	if (behind == NULL) {
		return;
	}
	findings->records = behind->records;
	findings->bytes = behind->bytes;
	if (behind->first_ns <= behind->last_ns) {
		findings_time(findings, behind->first_ns);
		findings_time(findings, behind->last_ns);
	}
}

void alerts_hit(struct alerts *alerts, struct str tree, uint64_t index) {
	struct alerts_hit hit = {.index = index};
	size_t number = store_set_find(alerts->stores, tree);
	if (number == alerts->stores->count || index < alerts->memory.from[number] ||
	    alerts->hits.len / sizeof(hit) > ALERTS_HITS_MAX) {
		return; /* above the limit nothing is said of what was seen */
	}
	hit.class_number = (uint32_t)number;
	buf_append(&alerts->hits, &hit, sizeof(hit));
}

/* ---- findings ---- */

void alerts_identify(const struct alerts *alerts, struct finding *finding) {
	bool correlation = finding->subject >= alerts->set->rules_count;
	struct alert_id id = alert_id_of(meta_of(alerts, finding->subject), finding, correlation);
	memcpy(finding->alert, id.bytes, sizeof(finding->alert));
	const uint64_t *seen =
	    map_find(alerts->memory.seen, str_make((const char *)id.bytes, sizeof(id.bytes)));
	finding->seen_ns = seen != NULL ? (int64_t)*seen : alerts->started_ns;
}

bool alerts_is_new(const struct alerts *alerts, const struct finding *finding) {
	return map_find(alerts->memory.seen,
	                str_make((const char *)finding->alert, sizeof(finding->alert))) == NULL;
}

void alerts_take(struct alerts *alerts, const struct finding *finding, struct str events) {
	struct str id = str_make((const char *)finding->alert, sizeof(finding->alert));
	struct buf body = {0};
	bool added;
	if (!alerts_is_new(alerts, finding)) {
		alerts->known++;
		return;
	}
	if (map_count(alerts->added) + map_count(alerts->memory.seen) >= ALERTS_MAX) {
		alerts->dropped++;
		return;
	}
	(void)map_put(alerts->added, id, 0, &added);
	if (!added) {
		return;
	}
	alert_append(&body, &(struct alert){.meta = meta_of(alerts, finding->subject),
	                                    .digest = &alerts->digests[finding->subject],
	                                    .finding = finding,
	                                    .correlation = finding->subject >= alerts->set->rules_count,
	                                    .events = events});
	wait_body(alerts, &body);
	buf_deinit(&body);
}

uint64_t alerts_new(const struct alerts *alerts) {
	return map_count(alerts->added);
}

uint64_t alerts_known(const struct alerts *alerts) {
	return alerts->known;
}
