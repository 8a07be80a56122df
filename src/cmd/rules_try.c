/* akashi rules test: rules and correlations over events from a file. */
#include "base/instant.h"
#include "base/limits.h"
#include "cmd/console.h"
#include "cmd/rules.h"
#include "detect/detector.h"
#include "render/record.h"
#include "sigma/correlate.h"

/* One event of the file. */
struct line {
	struct str json;
	int64_t time_ns;
	uint64_t number; /* in the file, from 1 */
};

struct trial {
	struct rules *rules;
	struct sigma_matcher *matcher; /* --plain; else the detector */
	struct detector_run *run;
	struct sigma_correlator *correlator;
	struct buf out;
	struct line *lines;
	size_t count, cap;
	uint32_t *hits;  /* room for all rules */
	uint64_t number; /* of the event that is tried */
};

/* ---- what is found ---- */

static void append_json_rule(struct buf *out, uint64_t number, const struct sigma_meta *meta,
                             bool alerts) {
	buf_printf(out, "{\"akashi.record\":%llu,\"rule.id\":", (unsigned long long)number);
	buf_append_json(out, meta->id);
	buf_append_str(out, STR(",\"rule.name\":"));
	buf_append_json(out, meta->title.len > 0 ? meta->title : meta->name);
	buf_printf(out, ",\"rule.level\":\"%s\",\"alerts\":%s", sigma_level_name(meta->level),
	           alerts ? "true" : "false");
}

static void append_rule(struct trial *trial, const struct sigma_rule *rule) {
	trial->rules->matches++;
	if (trial->rules->json) {
		append_json_rule(&trial->out, trial->number, &rule->meta, rule->alerts);
		buf_append_str(&trial->out, STR("}\n"));
		return;
	}
	buf_printf(&trial->out, "%llu: ", (unsigned long long)trial->number);
	rules_list_rule(&trial->out, rule, false);
}

static void append_groups(struct buf *out, const struct sigma_correlation *c,
                          const struct sigma_firing *firing, bool json) {
	for (uint32_t i = 0; i < firing->groups_count; i++) {
		if (json) {
			buf_append_str(out, i > 0 ? STR(",") : STR(""));
			buf_append_json(out, c->group_by.items[i]);
			buf_append_char(out, ':');
			buf_append_json(out, firing->groups[i]);
		} else {
			buf_append_str(out, STR("    "));
			render_safe(out, c->group_by.items[i]);
			buf_append_str(out, STR(" = "));
			render_safe(out, firing->groups[i]);
			buf_append_char(out, '\n');
		}
	}
}

static void append_firing(void *ctx, const struct sigma_firing *firing) {
	struct trial *trial = ctx;
	struct buf *out = &trial->out;
	const struct sigma_correlation *c = &trial->rules->set->correlations[firing->correlation];
	trial->rules->matches++;
	if (!trial->rules->json) {
		buf_printf(out, "%llu: ", (unsigned long long)trial->number);
		rules_list_correlation(out, c, false);
		append_groups(out, c, firing, false);
		return;
	}
	append_json_rule(out, trial->number, &c->meta, c->alerts);
	buf_append_str(out, STR(",\"@timestamp\":\""));
	instant_format(out, firing->last_ns, 0);
	buf_append_str(out, STR("\",\"correlation.first\":\""));
	instant_format(out, firing->first_ns, 0);
	buf_append_str(out, STR("\",\"correlation.group\":{"));
	append_groups(out, c, firing, true);
	buf_append_str(out, STR("}}\n"));
}

/* ---- events ---- */

/* Fills trial->hits. */
static enum err find_rules(struct trial *trial, const struct sigma_event *event,
                           uint32_t *out_count) {
	const struct sigma_set *set = trial->rules->set;
	uint32_t count = 0;
	if (trial->run != NULL) {
		const uint32_t *rules = detector_event(trial->run, event, out_count);
		memcpy(trial->hits, rules, *out_count * sizeof(*rules));
		return detector_error(trial->run);
	}
	sigma_matcher_event(trial->matcher, event);
	for (uint32_t i = 0; i < set->rules_count; i++) {
		if (sigma_matcher_rule(trial->matcher, i)) {
			trial->hits[count++] = i;
		}
	}
	*out_count = count;
	return sigma_matcher_error(trial->matcher);
}

static void try_rules(struct trial *trial, const struct sigma_event *event, int64_t time_ns) {
	const struct sigma_set *set = trial->rules->set;
	uint32_t count = 0;
	enum err err = find_rules(trial, event, &count);
	for (uint32_t i = 0; i < count; i++) {
		append_rule(trial, &set->rules[trial->hits[i]]);
	}
	if (err != ERR_OK) {
		console_note("event %llu: a regular expression or fieldref gave up",
		             (unsigned long long)trial->number);
		trial->rules->events_failed++;
	}
	sigma_correlator_add(trial->correlator, time_ns, event, trial->hits, count);
}

static enum err try_line(struct trial *trial, const struct line *line) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct sigma_event event;
	struct diag diag = {0};
	enum err (*read)(struct arena *, struct str, struct sigma_event *, struct diag *) =
	    trial->rules->args->records ? rules_record : rules_event;
	trial->number = line->number;
	if (read(arena, line->json, &event, &diag) != ERR_OK) {
		console_note("event %llu: %s", (unsigned long long)line->number, diag.message);
		trial->rules->events_failed++;
		return ERR_OK;
	}
	try_rules(trial, &event, line->time_ns);
	enum err err = output_write(trial->rules->output, trial->out.ptr, trial->out.len);
	buf_clear(&trial->out);
	return err;
}

static void add_line(struct trial *trial, struct str json) {
	bool timed = trial->rules->set->correlations_count > 0;
	if (trial->count == trial->cap) {
		trial->cap = trial->cap * 2 + 64;
		trial->lines = reallocarray(trial->lines, trial->cap, sizeof(*trial->lines));
		ASSERT(trial->lines != NULL);
	}
	trial->lines[trial->count] = (struct line){
	    .json = json, .time_ns = timed ? rules_event_time(json) : 0, .number = trial->count + 1};
	trial->count++;
}

/* One event in the whole text, or one on each line. */
static void cut_lines(struct trial *trial, struct str text) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct sigma_event event;
	if (rules_event(arena, text, &event, NULL) == ERR_OK) {
		add_line(trial, text);
		return;
	}
	while (text.len > 0) {
		struct str line = str_trim(str_cut(&text, '\n'));
		if (line.len > 0) {
			add_line(trial, line);
		}
	}
}

static int by_time(const void *a, const void *b) {
	const struct line *x = a;
	const struct line *y = b;
	if (x->time_ns != y->time_ns) {
		return x->time_ns < y->time_ns ? -1 : 1;
	}
	return x->number < y->number ? -1 : x->number > y->number;
}

static enum err try_text(struct trial *trial, struct str text) {
	cut_lines(trial, text);
	if (trial->count > 0) {
		qsort(trial->lines, trial->count, sizeof(*trial->lines), by_time);
	}
	for (size_t i = 0; i < trial->count; i++) {
		trial->rules->events++;
		TRY(console_interrupted() ? ERR_CANCELED : ERR_OK);
		TRY(try_line(trial, &trial->lines[i]));
	}
	uint64_t dropped = sigma_correlator_dropped(trial->correlator);
	if (dropped > 0) {
		console_note("correlations left %llu events out: their windows are too large",
		             (unsigned long long)dropped);
		trial->rules->events_failed += dropped;
	}
	return ERR_OK;
}

static void make_matcher(struct trial *trial) {
	if (trial->rules->detector == NULL) {
		trial->matcher = sigma_matcher_new(trial->rules->set);
	} else {
		trial->run = detector_run_new(trial->rules->detector);
	}
}

enum err rules_try(struct rules *rules, struct diag *diag) {
	struct buf text = {0};
	if (rules->args->event == NULL) {
		enum err err = diag_set(diag, ERR_INVALID, "no event is given to try the rules on");
		diag_hint(diag, "akashi rules test --event FILE RULES: a JSON object, or one on each line");
		return err;
	}
	rules_tell_problems(rules);
	const char *path = rules->args->event;
	enum err err = rules_read_text(path, LIMIT_CONTAINER_SIZE, &text);
	if (err != ERR_OK) {
		err = diag_set(diag, err, "%.200s: %s", path, err_text(err));
	} else {
		struct trial trial = {.rules = rules};
		make_matcher(&trial);
		trial.correlator = sigma_correlator_new(rules->set, append_firing, &trial);
		trial.hits = calloc((size_t)rules->set->rules_count + 1, sizeof(*trial.hits));
		ASSERT(trial.hits != NULL);
		err = try_text(&trial, buf_str(&text));
		sigma_correlator_free(trial.correlator);
		sigma_matcher_free(trial.matcher);
		detector_run_free(trial.run);
		free(trial.hits);
		free(trial.lines);
		buf_deinit(&trial.out);
	}
	buf_deinit(&text);
	return err;
}
