/* See logons.h. Groups are found by a key of all their names; users that failed and then came in
 * are told at the end, from the times of the groups, so that the order of the records does not
 * matter. */
#include "query/logons.h"

#include "base/instant.h"
#include "base/limits.h"
#include "base/map.h"

struct logons {
	bool services;
	struct arena *arena;
	struct map *map; /* key: index into groups */
	struct logons_group *groups;
	size_t count, cap;
	size_t
	    done_count; /* groups that began with a logon that succeeded: they have room of their own */
	struct logons_group **shown;
	size_t shown_count;
	struct logons_sum folded, left_out;
	struct buf key; /* scratch */
};

static const struct logons_sum nothing = {.first_ns = INSTANT_MAX, .last_ns = INSTANT_MIN};

struct logons *logons_new(bool services) {
	struct logons *logons = calloc(1, sizeof(*logons));
	ASSERT(logons != NULL);
	logons->services = services;
	logons->arena = arena_new(SIZE_MAX); /* bounded by LIMIT_LOGON_BYTES */
	logons->map = map_new();
	logons->folded = nothing;
	logons->left_out = nothing;
	return logons;
}

void logons_free(struct logons *logons) {
	if (logons == NULL) {
		return;
	}
	map_free(logons->map);
	arena_free(logons->arena);
	buf_deinit(&logons->key);
	free(logons->groups);
	free(logons->shown);
	free(logons);
}

/* ---- adding ---- */

/* Longer texts are cut between characters. */
static struct str bounded(struct str text) {
	size_t len = MIN_OF(text.len, LIMIT_LOGON_TEXT);
	while (len < text.len && len > 0 && ((unsigned char)text.ptr[len] & 0xC0) == 0x80) {
		len--;
	}
	return str_slice(text, 0, len);
}

/* Lengths stand in front, so that no text can look like two. */
static void append_key(struct buf *key, struct str text, bool no_case) {
	text = bounded(text);
	buf_append_u64(key, text.len);
	buf_append_char(key, ':');
	for (size_t i = 0; i < text.len; i++) {
		buf_append_char(key, no_case ? char_lower(text.ptr[i]) : text.ptr[i]);
	}
}

static void make_key(struct logons *logons, const struct logon *logon) {
	struct buf *key = &logons->key;
	buf_clear(key);
	append_key(key, logon->user, logon->no_case);
	append_key(key, logon->domain, logon->no_case);
	/* sudo is asked for one's own password: as whom is not always said. */
	bool sudo = str_eq(logon->type, STR("sudo"));
	append_key(key, sudo ? STR("") : logon->effective, logon->no_case);
	append_key(key, logon->source, logon->no_case);
	append_key(key, logon->host, logon->no_case);
	append_key(key, logon->type, false);
}

static void add_to_sum(struct logons_sum *sum, const struct logon *logon, int64_t time_ns) {
	sum->counts[logon->outcome] += logon->times;
	if (time_ns != INSTANT_MIN) {
		sum->first_ns = MIN_OF(sum->first_ns, time_ns);
		sum->last_ns = MAX_OF(sum->last_ns, time_ns);
	}
}

/* NULL: no room. A flood of wrong names must not hide who came in. */
static struct logons_group *new_group(struct logons *logons, const struct logon *logon) {
	bool done = logon->outcome == LOGON_DONE;
	size_t count = done ? logons->done_count : logons->count - logons->done_count;
	size_t bytes = arena_used(logons->arena) + map_bytes(logons->map) +
	               logons->count * sizeof(*logons->groups);
	if (count >= LIMIT_LOGON_GROUPS || bytes > LIMIT_LOGON_BYTES / (done ? 1 : 2)) {
		return NULL;
	}
	if (logons->count == logons->cap) {
		logons->cap = logons->cap * 2 + 64;
		logons->groups = reallocarray(logons->groups, logons->cap, sizeof(*logons->groups));
		ASSERT(logons->groups != NULL);
	}
	struct logons_group *group = &logons->groups[logons->count];
	*group = (struct logons_group){
	    .user = arena_str(logons->arena, bounded(logon->user)),
	    .domain = arena_str(logons->arena, bounded(logon->domain)),
	    .effective = arena_str(logons->arena, bounded(logon->effective)),
	    .source = arena_str(logons->arena, bounded(logon->source)),
	    .host = arena_str(logons->arena, bounded(logon->host)),
	    .type = arena_str(logons->arena, bounded(logon->type)),
	    .no_case = logon->no_case,
	};
	for (size_t i = 0; i < LOGON_OUTCOMES; i++) {
		group->first_ns[i] = INSTANT_MAX;
		group->last_ns[i] = INSTANT_MIN;
	}
	(void)map_put(logons->map, buf_str(&logons->key), logons->count, NULL);
	logons->count++;
	logons->done_count += done;
	return group;
}

static void add_reason(struct logons *logons, struct logons_group *group, struct str reason) {
	reason = bounded(reason);
	for (size_t i = 0; i < group->reasons_count; i++) {
		if (str_eq(group->reasons[i], reason)) {
			return;
		}
	}
	if (reason.len > 0 && group->reasons_count < LOGONS_REASONS) {
		group->reasons[group->reasons_count++] = arena_str(logons->arena, reason);
	}
}

void logons_add(struct logons *logons, const struct logon *logon, int64_t time_ns) {
	ASSERT(logon->outcome < LOGON_OUTCOMES && logon->voice < LOGON_VOICES);
	if (logon->service && !logons->services) {
		add_to_sum(&logons->folded, logon, time_ns);
		return;
	}
	make_key(logons, logon);
	const uint64_t *found = map_find(logons->map, buf_str(&logons->key));
	struct logons_group *group = found != NULL ? &logons->groups[*found] : new_group(logons, logon);
	if (group == NULL) {
		add_to_sum(&logons->left_out, logon, time_ns);
		return;
	}
	group->told[logon->outcome][logon->voice] += logon->times;
	if (time_ns != INSTANT_MIN) {
		int64_t *first_ns = &group->first_ns[logon->outcome];
		int64_t *last_ns = &group->last_ns[logon->outcome];
		*first_ns = MIN_OF(*first_ns, time_ns);
		*last_ns = MAX_OF(*last_ns, time_ns);
	}
	add_reason(logons, group, logon->reason);
}

/* ---- the end: what is said twice ---- */

static void count_outcomes(struct logons_group *group) {
	for (size_t i = 0; i < LOGON_OUTCOMES; i++) {
		for (size_t voice = 0; voice < LOGON_VOICES; voice++) {
			group->counts[i] = MAX_OF(group->counts[i], group->told[i][voice]);
		}
	}
}

static struct str place_key(struct logons *logons, const struct logons_group *group, bool whole) {
	buf_clear(&logons->key);
	append_key(&logons->key, group->host, group->no_case);
	if (whole) {
		append_key(&logons->key, group->user, group->no_case);
		append_key(&logons->key, group->source, group->no_case);
	}
	return buf_str(&logons->key);
}

/* What PAM, and sshd in passing, say of a logon by ssh, lacks the method and sometimes user or
 * address. It counts only where sshd itself says nothing: of that user and address, or, without
 * them, of that host. */
static void mark_repeats(struct logons *logons) {
	struct map *told = map_new();
	for (size_t i = 0; i < logons->count; i++) {
		struct logons_group *group = &logons->groups[i];
		if (str_starts(group->type, STR("ssh "))) {
			(void)map_put(told, place_key(logons, group, false), 0, NULL);
			if (group->counts[LOGON_FAILED] > 0) {
				(void)map_put(told, place_key(logons, group, true), 0, NULL);
			}
		}
	}
	for (size_t i = 0; i < logons->count; i++) {
		struct logons_group *group = &logons->groups[i];
		if (str_eq(group->type, STR("ssh"))) {
			bool whole = group->user.len > 0 && group->source.len > 0;
			group->repeats = map_find(told, place_key(logons, group, whole)) != NULL;
		}
	}
	map_free(told);
}

/* ---- the end: who failed, and came in ---- */

struct pair {
	uint64_t failures;
	int64_t first_failure_ns, last_done_ns;
};

static struct str pair_key(struct logons *logons, const struct logons_group *group) {
	bool local = group->source.len == 0;
	buf_clear(&logons->key);
	append_key(&logons->key, group->user, group->no_case);
	append_key(&logons->key, local ? group->host : group->source, group->no_case);
	buf_append_char(&logons->key, local ? 'l' : 'r');
	return buf_str(&logons->key);
}

static void mark_pairs(struct logons *logons) {
	struct map *map = map_new();
	struct pair *pairs = calloc(logons->count + 1, sizeof(*pairs));
	ASSERT(pairs != NULL);
	for (size_t i = 0; i < logons->count; i++) {
		const struct logons_group *group = &logons->groups[i];
		bool added;
		if (group->repeats || group->user.len == 0) {
			continue;
		}
		size_t at = *map_put(map, pair_key(logons, group), map_count(map), &added);
		struct pair *pair = &pairs[at];
		if (added) {
			*pair = (struct pair){.first_failure_ns = INSTANT_MAX, .last_done_ns = INSTANT_MIN};
		}
		pair->failures += group->counts[LOGON_FAILED];
		pair->first_failure_ns = MIN_OF(pair->first_failure_ns, group->first_ns[LOGON_FAILED]);
		pair->last_done_ns = MAX_OF(pair->last_done_ns, group->last_ns[LOGON_DONE]);
	}
	for (size_t i = 0; i < logons->count; i++) {
		struct logons_group *group = &logons->groups[i];
		const uint64_t *at = map_find(map, pair_key(logons, group));
		if (at != NULL && !group->repeats && group->user.len > 0) {
			group->pair_failures = pairs[*at].failures;
			group->failed_then_done = pairs[*at].first_failure_ns < pairs[*at].last_done_ns;
		}
	}
	free(pairs);
	map_free(map);
}

/* ---- the end: order ---- */

static int by_count(uint64_t a, uint64_t b) {
	return a > b ? -1 : a < b ? 1 : 0;
}

static int by_name(const struct logons_group *a, const struct logons_group *b) {
	int order = str_cmp(a->user, b->user);
	order = order != 0 ? order : str_cmp(a->source, b->source);
	order = order != 0 ? order : str_cmp(a->host, b->host);
	order = order != 0 ? order : str_cmp(a->type, b->type);
	order = order != 0 ? order : str_cmp(a->domain, b->domain);
	return order != 0 ? order : str_cmp(a->effective, b->effective);
}

/* Who failed and came in, all of his groups together, the failures first; then by failures. */
static int by_weight(const void *left, const void *right) {
	const struct logons_group *a = *(const struct logons_group *const *)left;
	const struct logons_group *b = *(const struct logons_group *const *)right;
	if (a->failed_then_done != b->failed_then_done) {
		return a->failed_then_done ? -1 : 1;
	}
	int order = 0;
	if (a->failed_then_done) {
		order = by_count(a->pair_failures, b->pair_failures);
		order = order != 0 ? order : str_cmp(a->user, b->user);
		order = order != 0 ? order : str_cmp(a->source, b->source);
	}
	for (size_t i = 0; i < LOGON_OUTCOMES && order == 0; i++) {
		order = by_count(a->counts[i], b->counts[i]);
	}
	return order != 0 ? order : by_name(a, b);
}

void logons_end(struct logons *logons) {
	for (size_t i = 0; i < logons->count; i++) {
		count_outcomes(&logons->groups[i]);
	}
	mark_repeats(logons);
	mark_pairs(logons);
	logons->shown = calloc(logons->count + 1, sizeof(struct logons_group *));
	ASSERT(logons->shown != NULL);
	for (size_t i = 0; i < logons->count; i++) {
		if (!logons->groups[i].repeats) {
			logons->shown[logons->shown_count++] = &logons->groups[i];
		}
	}
	qsort(logons->shown, logons->shown_count, sizeof(struct logons_group *), by_weight);
}

size_t logons_count(const struct logons *logons) {
	return logons->shown_count;
}

const struct logons_group *logons_get(const struct logons *logons, size_t i) {
	ASSERT(i < logons->shown_count);
	return logons->shown[i];
}

const struct logons_sum *logons_services(const struct logons *logons) {
	return &logons->folded;
}

const struct logons_sum *logons_left_out(const struct logons *logons) {
	return &logons->left_out;
}
