/* Fields are found by their names one after another: events of rules have some dozens. */
#include "sigma/event.h"

struct sigma_matcher {
	const struct sigma_set *set;
	struct arena *arena;
	struct atom_test **tests;
	struct atom_run *runs;
	uint64_t *known_at; /* number of the event for which the answer of an atom stands */
	bool *answers;
	const struct sigma_event *event;
	uint64_t number;
	size_t pairs; /* of values that were compared in this event */
	enum err err;
};

struct sigma_matcher *sigma_matcher_new(const struct sigma_set *set) {
	struct sigma_matcher *matcher = calloc(1, sizeof(*matcher));
	ASSERT(matcher != NULL);
	size_t count = (size_t)set->atoms_count + 1;
	matcher->set = set;
	matcher->arena = arena_new(SIZE_MAX);
	matcher->tests = ARENA_ARRAY(matcher->arena, count, struct atom_test *);
	matcher->runs = ARENA_ARRAY(matcher->arena, count, struct atom_run);
	matcher->known_at = ARENA_ARRAY(matcher->arena, count, uint64_t);
	matcher->answers = ARENA_ARRAY(matcher->arena, count, bool);
	for (uint32_t i = 0; i < set->atoms_count; i++) {
		enum err err = atom_test_new(matcher->arena, &set->atoms[i], &matcher->tests[i], NULL);
		ASSERT(err == ERR_OK); /* tried when its rule was read */
	}
	return matcher;
}

void sigma_matcher_free(struct sigma_matcher *matcher) {
	if (matcher == NULL) {
		return;
	}
	for (uint32_t i = 0; i < matcher->set->atoms_count; i++) {
		atom_test_deinit(matcher->tests[i]);
		atom_run_deinit(&matcher->runs[i]);
	}
	arena_free(matcher->arena);
	free(matcher);
}

void sigma_matcher_event(struct sigma_matcher *matcher, const struct sigma_event *event) {
	matcher->event = event;
	matcher->number++;
	matcher->pairs = 0;
	matcher->err = ERR_OK;
}

enum err sigma_matcher_error(const struct sigma_matcher *matcher) {
	return matcher->err;
}

/* ---- values of fields ---- */

/* Goes through the values of all fields of one name, or of all fields. */
struct values {
	const struct sigma_event *event;
	struct str name;
	bool all;
	uint32_t field;
	size_t at; /* in the list of the field */
};

/* Specification "Field Usage" 2: names of events with blanks are also found without them. */
static bool is_name(struct str name, struct str wanted) {
	if (str_eq(name, wanted)) {
		return true;
	}
	size_t k = 0;
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == ' ') {
			continue;
		}
		if (k == wanted.len || name.ptr[i] != wanted.ptr[k]) {
			return false;
		}
		k++;
	}
	return k == wanted.len && name.len > 0;
}

static bool next_value(struct values *values, struct value *out_value) {
	while (values->field < values->event->fields_count) {
		const struct sigma_field *field = &values->event->fields[values->field];
		bool wanted = values->all || is_name(field->name, values->name);
		if (wanted && field->value.kind == VALUE_LIST) {
			if (value_list_next(field->value.text, &values->at, out_value)) {
				return true;
			}
		}
		values->field++;
		values->at = 0;
		if (wanted && field->value.kind != VALUE_LIST) {
			*out_value = field->value;
			return true;
		}
	}
	return false;
}

bool sigma_event_value(const struct sigma_event *event, struct str name, struct value *out_value) {
	struct values values = {.event = event, .name = name};
	struct value value;
	while (next_value(&values, &value)) {
		bool null = value.kind == VALUE_NONE ||
		            (value.kind == VALUE_JSON && str_eq(value.text, STR("null")));
		if (!null) {
			*out_value = value;
			return true;
		}
	}
	return false;
}

static bool has_field(const struct sigma_event *event, struct str name) {
	for (uint32_t i = 0; i < event->fields_count; i++) {
		if (is_name(event->fields[i].name, name)) {
			return true;
		}
	}
	return false;
}

/* ---- atoms ---- */

static bool match_one(struct sigma_matcher *matcher, uint32_t atom, struct value value) {
	struct atom_run *run = &matcher->runs[atom];
	bool hit = atom_match(matcher->tests[atom], run, value);
	if (run->err != ERR_OK) {
		matcher->err = run->err;
		run->err = ERR_OK;
	}
	return hit;
}

static bool match_keyword(struct sigma_matcher *matcher, uint32_t atom) {
	const struct sigma_event *event = matcher->event;
	struct values values = {.event = event, .all = true};
	struct value value;
	for (uint32_t i = 0; i < event->keywords_count; i++) {
		if (match_one(matcher, atom, value_string(event->keywords[i]))) {
			return true;
		}
	}
	while (event->keywords == NULL && next_value(&values, &value)) {
		if (match_one(matcher, atom, value)) {
			return true;
		}
	}
	return false;
}

/* One value of each of the two fields. */
static bool match_fields(struct sigma_matcher *matcher, uint32_t atom) {
	const struct atom *what = &matcher->set->atoms[atom];
	struct values values = {.event = matcher->event, .name = what->field};
	struct value value;
	struct value other;
	while (next_value(&values, &value)) {
		struct values others = {.event = matcher->event, .name = what->text};
		while (next_value(&others, &other)) {
			if (matcher->pairs++ >= SIGMA_PAIRS_MAX) {
				matcher->err = ERR_LIMIT;
				return false;
			}
			if (atom_match_field(matcher->tests[atom], value, other)) {
				return true;
			}
		}
	}
	return false;
}

static bool match(struct sigma_matcher *matcher, uint32_t atom) {
	const struct atom *what = &matcher->set->atoms[atom];
	struct values values = {.event = matcher->event, .name = what->field};
	struct value value;
	if (what->field.len == 0) {
		return match_keyword(matcher, atom);
	}
	if (what->kind == ATOM_FIELD) {
		return match_fields(matcher, atom);
	}
	if (!has_field(matcher->event, what->field)) {
		return match_one(matcher, atom, VALUE_ABSENT);
	}
	if (what->kind == ATOM_EXISTS) {
		return true;
	}
	while (next_value(&values, &value)) {
		if (match_one(matcher, atom, value)) {
			return true;
		}
	}
	return false;
}

static bool holds(void *ctx, uint32_t atom) {
	struct sigma_matcher *matcher = ctx;
	if (matcher->known_at[atom] != matcher->number) {
		matcher->known_at[atom] = matcher->number;
		matcher->answers[atom] = match(matcher, atom);
	}
	return matcher->answers[atom];
}

bool sigma_matcher_rule(struct sigma_matcher *matcher, uint32_t rule) {
	ASSERT(rule < matcher->set->rules_count && matcher->number > 0);
	return program_eval_with(&matcher->set->rules[rule].program, holds, matcher);
}

bool sigma_matcher_atom(struct sigma_matcher *matcher, uint32_t atom) {
	ASSERT(atom < matcher->set->atoms_count && matcher->number > 0);
	return holds(matcher, atom);
}
