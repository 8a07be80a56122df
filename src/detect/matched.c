/* Walks the rule's program: what holds in it, but for what stands under a NOT. */
#include "detect/matched.h"

struct walk {
	struct arena *arena;
	const struct sigma_set *set;
	const struct detector_run *run;
	const struct sigma_event *event;
	const struct program_op *ops;
	bool *holds; /* by operation */
	struct matched_field *fields;
	uint32_t count;
};

static void judge(struct walk *walk, uint32_t count) {
	for (uint32_t i = count; i-- > 0;) {
		const struct program_op *op = &walk->ops[i];
		bool holds = op->kind == PROGRAM_AND;
		if (op->kind == PROGRAM_ATOM) {
			holds = detector_atom(walk->run, op->atom);
		} else if (op->kind == PROGRAM_NOT) {
			holds = !walk->holds[i + 1];
		}
		bool group = op->kind == PROGRAM_AND || op->kind == PROGRAM_OR;
		for (uint32_t k = i + 1; group && k < op->end; k = walk->ops[k].end) {
			holds = op->kind == PROGRAM_AND ? holds && walk->holds[k] : holds || walk->holds[k];
		}
		walk->holds[i] = holds;
	}
}

static bool tells_source(struct str name) {
	return str_eq(name, STR("Channel")) || str_eq(name, STR("Provider_Name")) ||
	       str_eq(name, STR("EventID")) || str_eq(name, STR("akashi.format"));
}

static void add(struct walk *walk, struct str name, struct str text) {
	for (uint32_t i = 0; i < walk->count; i++) {
		if (str_eq(walk->fields[i].name, name) && str_eq(walk->fields[i].text, text)) {
			return;
		}
	}
	walk->fields[walk->count++] = (struct matched_field){name, arena_str(walk->arena, text), true};
}

static void add_value(struct walk *walk, struct str name, struct value value) {
	struct buf text = {0};
	if (value.kind == VALUE_LIST) {
		value_append_text(&text, value);
	}
	add(walk, name, value.kind == VALUE_LIST ? buf_str(&text) : value.text);
	buf_deinit(&text);
}

static void add_atom(struct walk *walk, const struct atom *atom) {
	struct value value;
	if (atom->field.len == 0) {
		add(walk, STR("keywords"), atom->text);
		return;
	}
	if (tells_source(atom->field)) {
		return;
	}
	for (uint32_t i = 0; i < walk->event->fields_count; i++) {
		const struct sigma_field *field = &walk->event->fields[i];
		if (str_eq(field->name, atom->field)) {
			add_value(walk, atom->field, field->value);
			return;
		}
	}
	if (sigma_event_value(walk->event, atom->field, &value)) { /* a name with blanks */
		add(walk, atom->field, value.text);
	}
}

void matched_fields(struct arena *arena, const struct sigma_set *set, uint32_t rule,
                    const struct detector_run *run, const struct sigma_event *event,
                    struct matched_field **out_fields, uint32_t *out_count) {
	const struct program *program = &set->rules[rule].program;
	struct walk walk = {.arena = arena, .set = set, .run = run, .event = event};
	uint32_t atoms = 0;
	walk.ops = program->ops;
	walk.holds = ARENA_ARRAY(arena, program->count, bool);
	judge(&walk, program->count);
	for (uint32_t i = 0; i < program->count; i++) {
		atoms += program->ops[i].kind == PROGRAM_ATOM && walk.holds[i];
	}
	walk.fields = ARENA_ARRAY(arena, atoms, struct matched_field);
	for (uint32_t i = 0; i < program->count;) {
		const struct program_op *op = &program->ops[i];
		if (!walk.holds[i] || op->kind == PROGRAM_NOT) {
			i = op->end;
			continue;
		}
		if (op->kind == PROGRAM_ATOM) {
			add_atom(&walk, &set->atoms[op->atom]);
		}
		i++;
	}
	*out_fields = walk.fields;
	*out_count = walk.count;
}
