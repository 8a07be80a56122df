/* Counts by rule, level, day and host. */
#include "detect/findings.h"

#include "base/instant.h"

struct findings *findings_new(const struct sigma_set *set, uint32_t keep) {
	struct findings *f = calloc(1, sizeof(*f));
	ASSERT(f != NULL);
	*f = (struct findings){.set = set, .keep = keep, .arena = arena_new(SIZE_MAX)};
	f->first_ns = f->first_finding_ns = INT64_MAX;
	f->last_ns = f->last_finding_ns = INT64_MIN;
	f->pairs = map_new();
	f->rules = ARENA_ARRAY(f->arena, findings_subjects(f) + 1, struct finding_rule);
	for (size_t i = 0; i < FINDINGS_LEVELS; i++) {
		f->days[i] = map_new();
		f->hosts[i] = map_new();
	}
	return f;
}

void findings_free(struct findings *f) {
	if (f == NULL) {
		return;
	}
	for (size_t i = 0; i < FINDINGS_LEVELS; i++) {
		map_free(f->days[i]);
		map_free(f->hosts[i]);
	}
	map_free(f->pairs);
	arena_free(f->arena);
	free(f);
}

uint32_t findings_subjects(const struct findings *f) {
	return f->set->rules_count + f->set->correlations_count;
}

const struct sigma_meta *findings_meta(const struct findings *f, uint32_t subject) {
	ASSERT(subject < findings_subjects(f));
	return subject < f->set->rules_count
	           ? &f->set->rules[subject].meta
	           : &f->set->correlations[subject - f->set->rules_count].meta;
}

void findings_time(struct findings *f, int64_t time_ns) {
	f->first_ns = MIN_OF(f->first_ns, time_ns);
	f->last_ns = MAX_OF(f->last_ns, time_ns);
}

static void keep(struct findings *f, struct finding_rule *rule, const struct finding *finding) {
	struct matched_field *fields =
	    ARENA_ARRAY(f->arena, finding->fields_count, struct matched_field);
	if (rule->kept == NULL) {
		rule->kept = ARENA_ARRAY(f->arena, f->keep, struct finding);
	}
	for (uint32_t i = 0; i < finding->fields_count; i++) {
		fields[i] = finding->fields[i];
		fields[i].name = arena_str(f->arena, fields[i].name);
		fields[i].text = arena_str(f->arena, fields[i].text);
	}
	struct finding *copy = &rule->kept[rule->kept_count++];
	*copy = *finding;
	copy->fields = fields;
	copy->path = arena_str(f->arena, finding->path);
	copy->host = arena_str(f->arena, finding->host);
	copy->channel = arena_str(f->arena, finding->channel);
	copy->provider = arena_str(f->arena, finding->provider);
	copy->event_id = arena_str(f->arena, finding->event_id);
	copy->record_id = arena_str(f->arena, finding->record_id);
	copy->format = arena_str(f->arena, finding->format);
}

static void count_day(struct map *days, int64_t time_ns, int32_t offset_seconds) {
	struct civil civil;
	char day[32];
	instant_to_civil(time_ns, offset_seconds, &civil);
	(void)snprintf(day, sizeof(day), "%04d-%02d-%02d", civil.year, civil.month, civil.day);
	(*map_put(days, str_from(day), 0, NULL))++;
}

static void count_host(struct findings *f, const struct finding *finding, enum sigma_level level) {
	struct buf key = {0};
	bool fresh = false;
	if (finding->host.len == 0 || f->pairs_full) {
		return;
	}
	buf_append(&key, &finding->subject, sizeof(finding->subject));
	buf_append_str(&key, finding->host);
	(void)map_put(f->pairs, buf_str(&key), 1, &fresh);
	buf_deinit(&key);
	if (fresh) {
		f->rules[finding->subject].hosts++;
		(*map_put(f->hosts[level], finding->host, 0, NULL))++;
		f->pairs_full = map_count(f->pairs) >= FINDINGS_PAIRS_MAX;
	}
}

void findings_add(struct findings *f, const struct finding *finding, int32_t offset_seconds) {
	enum sigma_level level = findings_meta(f, finding->subject)->level;
	struct finding_rule *rule = &f->rules[finding->subject];
	bool fresh = rule->count++ == 0;
	f->total[level]++;
	f->rules_hit[level] += fresh;
	rule->first_ns = fresh ? finding->time_ns : MIN_OF(rule->first_ns, finding->time_ns);
	rule->last_ns = fresh ? finding->time_ns : MAX_OF(rule->last_ns, finding->time_ns);
	f->first_finding_ns = MIN_OF(f->first_finding_ns, finding->time_ns);
	f->last_finding_ns = MAX_OF(f->last_finding_ns, finding->time_ns);
	count_day(f->days[level], finding->time_ns, offset_seconds);
	count_host(f, finding, level);
	if (rule->kept_count < f->keep) {
		keep(f, rule, finding);
	}
}

struct ranked {
	uint32_t subject;
	enum sigma_level level;
	uint64_t count;
};

static int by_rank(const void *a, const void *b) {
	const struct ranked *x = a;
	const struct ranked *y = b;
	if (x->level != y->level) {
		return x->level < y->level ? 1 : -1;
	}
	if (x->count != y->count) {
		return x->count < y->count ? 1 : -1;
	}
	return x->subject < y->subject ? -1 : x->subject > y->subject;
}

uint32_t *findings_order(const struct findings *f, struct arena *arena, uint32_t *out_count) {
	uint32_t subjects = findings_subjects(f);
	struct ranked *ranks = ARENA_ARRAY(arena, (size_t)subjects + 1, struct ranked);
	uint32_t *out = ARENA_ARRAY(arena, (size_t)subjects + 1, uint32_t);
	uint32_t count = 0;
	for (uint32_t i = 0; i < subjects; i++) {
		if (f->rules[i].count > 0) {
			ranks[count++] = (struct ranked){i, findings_meta(f, i)->level, f->rules[i].count};
		}
	}
	if (count > 1) {
		qsort(ranks, count, sizeof(*ranks), by_rank);
	}
	for (uint32_t i = 0; i < count; i++) {
		out[i] = ranks[i].subject;
	}
	*out_count = count;
	return out;
}
