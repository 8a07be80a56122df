/* Names of fields are looked up once: each has a slot that says what is to be done with its values.
 * Slots of a batch's names are found by the numbers that the batch gives them.
 */
#include "detect/detector.h"

#include "base/map.h"
#include "detect/kinds.h"
#include "expr/many.h"
#include "sigma/kept.h"
#include "sigma/record.h"

enum { SLOTS_MAX = 1 << 16, NAMES_OF_ONE = 2 };
#define NO_REF UINT32_MAX

/* An atom that compares two fields. */
struct relation {
	uint32_t atom;
	uint32_t left, right; /* numbers of refs */
	struct atom_test *test;
};

struct detector {
	const struct sigma_set *set;
	struct many *many;
	struct arena *arena;
	struct kinds_plan plan;
	uint32_t keywords; /* the field of many, or MANY_NO_FIELD */
	struct many_exists {
		uint32_t *atoms; /* ATOM_EXISTS of a field */
		uint32_t count;
	} *exists;               /* by field of many */
	struct map *ref_numbers; /* names of fields in relations -> number */
	struct relation *relations;
	uint32_t relations_count;
};

/* What a name of a field stands for. Specification "Field Usage" 2: names with blanks are also
 * found without them. */
struct slot {
	uint32_t fields[NAMES_OF_ONE]; /* of many; MANY_NO_FIELD: nobody asks */
	uint32_t refs[NAMES_OF_ONE];   /* NO_REF: in no relation */
	bool key;                      /* one of the fields tells the log source: kinds_field */
	/* Records only: it is of the header of an event of Windows, or of its data; the number of the
	 * header that has its name under rules, or -1. */
	bool header, data;
	int header_number;
	bool wanted; /* fields, refs or keywords may ask for it */
};

struct item {
	uint32_t slot;
	struct value value;
};

struct detector_run {
	const struct detector *detector;
	struct many_run *many;
	struct kinds kinds;
	struct slot *slots;
	uint32_t slots_count, slots_cap;
	struct map *event_names, *record_names; /* -> slot */
	const struct batch *batch;
	uint32_t *batch_slots; /* by number of a name: slot + 1; 0: not looked up */
	uint32_t batch_slots_cap;
	struct item *items; /* of the event */
	uint32_t items_count, items_cap;
	struct buf key, name;
	struct buf *refs; /* by number: struct value of the event */
	/* Of the record whose fields are put. */
	uint64_t headers;
	bool shadows;
	const struct kind *kind; /* what detector_put_source found */
	bool gave_up;            /* fields of this event have too many pairs of values to compare */
	enum err err;
};

/* ---- compiling ---- */

static void add_relation(struct detector *d, uint32_t atom) {
	const struct atom *what = &d->set->atoms[atom];
	struct relation *relation = &d->relations[d->relations_count++];
	relation->atom = atom;
	relation->left =
	    (uint32_t)*map_put(d->ref_numbers, what->field, map_count(d->ref_numbers), NULL);
	relation->right =
	    (uint32_t)*map_put(d->ref_numbers, what->text, map_count(d->ref_numbers), NULL);
	enum err err = atom_test_new(d->arena, what, &relation->test, NULL);
	ASSERT(err == ERR_OK); /* tried when its rule was read */
}

static void plan_atoms(struct detector *d) {
	uint32_t atoms = d->set->atoms_count;
	uint32_t fields = many_fields_count(d->many);
	d->plan = (struct kinds_plan){.set = d->set, .many = d->many, .fields_count = fields};
	d->plan.atom_fields = ARENA_ARRAY(d->arena, (size_t)atoms + 1, uint32_t);
	for (uint32_t i = 0; i < KINDS_FIELDS; i++) {
		d->plan.fields[i] = MANY_NO_FIELD;
	}
	for (uint32_t i = 0; i < fields; i++) {
		int number = kinds_field(many_field_name(d->many, i));
		if (number >= 0) {
			d->plan.fields[number] = i;
		}
	}
	d->exists = ARENA_ARRAY(d->arena, (size_t)fields + 1, struct many_exists);
	d->relations = ARENA_ARRAY(d->arena, (size_t)atoms + 1, struct relation);
	for (uint32_t i = 0; i < atoms; i++) {
		const struct atom *atom = &d->set->atoms[i];
		uint32_t field = many_field(d->many, atom->field);
		d->plan.atom_fields[i] = field;
		if (atom->kind == ATOM_FIELD) {
			add_relation(d, i);
		} else if (atom->kind == ATOM_EXISTS) {
			d->exists[field].count++;
		}
	}
	for (uint32_t i = 0; i < fields; i++) {
		d->exists[i].atoms = ARENA_ARRAY(d->arena, d->exists[i].count, uint32_t);
		d->exists[i].count = 0;
	}
	for (uint32_t i = 0; i < atoms; i++) {
		if (d->set->atoms[i].kind == ATOM_EXISTS) {
			struct many_exists *exists = &d->exists[d->plan.atom_fields[i]];
			exists->atoms[exists->count++] = i;
		}
	}
	d->keywords = many_field(d->many, STR(""));
}

/* Each rule is a group of its own, so that it can be left out for a kind of records. */
static enum err build(const struct sigma_set *set, struct many_build *many, struct diag *diag) {
	for (uint32_t i = 0; i < set->atoms_count; i++) {
		uint32_t number;
		TRY(many_build_atom(many, &set->atoms[i], &number, diag));
		ASSERT(number == i); /* equal atoms of a set are one */
	}
	for (uint32_t i = 0; i < set->rules_count; i++) {
		TRY(many_build_rule(many, &set->rules[i].program, i, diag));
	}
	return ERR_OK;
}

/* many is taken over: it is of the atoms and rules of the set. */
static struct detector *make(const struct sigma_set *set, struct many *many) {
	struct detector *d = calloc(1, sizeof(*d));
	ASSERT(d != NULL);
	d->set = set;
	d->arena = arena_new(SIZE_MAX);
	d->ref_numbers = map_new();
	d->many = many;
	many_put_off(d->many);
	plan_atoms(d);
	return d;
}

enum err detector_new(const struct sigma_set *set, struct detector **out_detector,
                      struct diag *diag) {
	struct many_build *many = many_build_new();
	enum err err =
	    set->rules_count >= LIMIT_MANY_GROUPS
	        ? diag_set(diag, ERR_LIMIT, "there are more than %u rules", LIMIT_MANY_GROUPS - 1)
	        : build(set, many, diag);
	if (err != ERR_OK) {
		many_build_free(many);
		return err;
	}
	*out_detector = make(set, many_build_finish(many));
	return ERR_OK;
}

void detector_free(struct detector *d) {
	if (d == NULL) {
		return;
	}
	for (uint32_t i = 0; i < d->relations_count; i++) {
		atom_test_deinit(d->relations[i].test);
	}
	many_free(d->many);
	map_free(d->ref_numbers);
	arena_free(d->arena);
	free(d);
}

/* ---- the kept form ---- */

void detector_save(const struct detector *detector, const void *key, struct buf *out) {
	CLEANUP(buf_deinit) struct buf set = {0};
	_Static_assert((int)DETECTOR_KEY_SIZE == (int)MANY_KEY_SIZE, "one key for all");
	sigma_set_save(detector->set, &set);
	many_save(detector->many, key, buf_str(&set), out);
}

static bool is_same_program(const struct program *a, const struct program *b) {
	return a->count == b->count && memcmp(a->ops, b->ops, a->count * sizeof(*a->ops)) == 0;
}

/* As build() makes many of a set: what is found in one stands for the other. */
static bool are_same(const struct many *many, const struct sigma_set *set) {
	if (many_atoms_count(many) != set->atoms_count || many_rules_count(many) != set->rules_count) {
		return false;
	}
	for (uint32_t i = 0; i < set->atoms_count; i++) {
		if (!atom_eq(many_atom(many, i), &set->atoms[i])) {
			return false;
		}
	}
	for (uint32_t i = 0; i < set->rules_count; i++) {
		uint32_t group;
		const struct program *program = many_program(many, i, &group);
		if (group != i || !is_same_program(program, &set->rules[i].program)) {
			return false;
		}
	}
	return true;
}

enum err detector_load(struct str bytes, const void *key, struct sigma_set **out_set,
                       struct detector **out_detector) {
	struct many *many = NULL;
	struct sigma_set *set = NULL;
	struct str kept;
	TRY(many_load(bytes, key, &many, &kept));
	enum err err = sigma_set_load(kept, &set);
	if (err != ERR_OK || !are_same(many, set)) {
		many_free(many);
		sigma_set_free(set);
		return ERR_CORRUPT;
	}
	*out_set = set;
	*out_detector = make(set, many);
	return ERR_OK;
}

/* ---- a run ---- */

struct detector_run *detector_run_new(const struct detector *detector) {
	struct detector_run *run = calloc(1, sizeof(*run));
	ASSERT(run != NULL);
	run->detector = detector;
	run->many = many_run_new(detector->many);
	run->event_names = map_new();
	run->record_names = map_new();
	run->refs = calloc(map_count(detector->ref_numbers) + 1, sizeof(*run->refs));
	ASSERT(run->refs != NULL);
	return run;
}

void detector_run_free(struct detector_run *run) {
	if (run == NULL) {
		return;
	}
	for (size_t i = 0; i < map_count(run->detector->ref_numbers); i++) {
		buf_deinit(&run->refs[i]);
	}
	many_run_free(run->many);
	kinds_deinit(&run->kinds);
	map_free(run->event_names);
	map_free(run->record_names);
	buf_deinit(&run->key);
	buf_deinit(&run->name);
	free(run->refs);
	free(run->slots);
	free(run->batch_slots);
	free(run->items);
	free(run);
}

bool detector_atom(const struct detector_run *run, uint32_t atom) {
	ASSERT(atom < run->detector->set->atoms_count);
	return (many_bits(run->many)[atom / 64] >> atom % 64 & 1) != 0;
}

enum err detector_error(const struct detector_run *run) {
	return run->gave_up ? ERR_LIMIT : many_error(run->many);
}

/* ---- names ---- */

static void name_slot(struct detector_run *run, struct slot *slot, struct str name, size_t at) {
	const struct detector *d = run->detector;
	const uint64_t *ref = map_find(d->ref_numbers, name);
	uint32_t field = name.len > 0 ? many_field(d->many, name) : MANY_NO_FIELD;
	slot->fields[at] = field;
	slot->refs[at] = ref != NULL ? (uint32_t)*ref : NO_REF;
	for (size_t i = 0; i < KINDS_FIELDS && field != MANY_NO_FIELD; i++) {
		slot->key = slot->key || d->plan.fields[i] == field;
	}
	slot->wanted = slot->wanted || field != MANY_NO_FIELD || ref != NULL;
}

/* name: as rules write it. */
static uint32_t add_slot(struct detector_run *run, struct str name) {
	if (run->slots_count == run->slots_cap) {
		run->slots_cap = run->slots_cap * 2 + 64;
		run->slots = reallocarray(run->slots, run->slots_cap, sizeof(*run->slots));
		ASSERT(run->slots != NULL);
	}
	struct slot *slot = &run->slots[run->slots_count];
	*slot = (struct slot){.fields = {MANY_NO_FIELD, MANY_NO_FIELD}, .refs = {NO_REF, NO_REF}};
	slot->header_number = -1;
	name_slot(run, slot, name, 0);
	buf_clear(&run->name);
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] != ' ') {
			buf_append_char(&run->name, name.ptr[i]);
		}
	}
	if (run->name.len < name.len && run->name.len > 0) {
		name_slot(run, slot, buf_str(&run->name), 1);
	}
	return run->slots_count++;
}

static uint32_t event_slot(struct detector_run *run, struct str name) {
	const uint64_t *known = map_find(run->event_names, name);
	if (known != NULL) {
		return (uint32_t)*known;
	}
	uint32_t slot = add_slot(run, name);
	run->slots[slot].wanted = run->slots[slot].wanted || run->detector->keywords != MANY_NO_FIELD;
	*map_put(run->event_names, name, 0, NULL) = slot;
	return slot;
}

static uint32_t record_slot(struct detector_run *run, struct str field) {
	const uint64_t *known = map_find(run->record_names, field);
	if (known != NULL) {
		return (uint32_t)*known;
	}
	bool header;
	bool data;
	struct str name = sigma_field_name(field, &header, &data);
	uint32_t number = add_slot(run, name);
	struct slot *slot = &run->slots[number];
	slot->header = header;
	slot->data = data;
	slot->header_number = header || data ? sigma_header_number(name) : -1;
	/* A header stands before data of its name, also when nobody asks for it. */
	slot->wanted = slot->wanted || header || (data && run->detector->keywords != MANY_NO_FIELD);
	*map_put(run->record_names, field, 0, NULL) = number;
	return number;
}

/* Names come from outside: what is remembered of them is bounded. */
static void bound_names(struct detector_run *run) {
	if (run->slots_count < SLOTS_MAX) {
		return;
	}
	map_clear(run->event_names);
	map_clear(run->record_names);
	run->slots_count = 0;
	if (run->batch_slots != NULL) {
		memset(run->batch_slots, 0, run->batch_slots_cap * sizeof(*run->batch_slots));
	}
	kinds_deinit(&run->kinds); /* their keys are made of numbers of slots */
	run->kinds = (struct kinds){0};
}

/* ---- values ---- */

static void add_item(struct detector_run *run, uint32_t slot, struct value value) {
	if (run->items_count == run->items_cap) {
		run->items_cap = run->items_cap * 2 + 64;
		run->items = reallocarray(run->items, run->items_cap, sizeof(*run->items));
		ASSERT(run->items != NULL);
	}
	run->items[run->items_count++] = (struct item){slot, value};
}

/* A field that is there has a value, if only null. */
static struct value present(struct value value) {
	return value.kind == VALUE_NONE ? (struct value){VALUE_JSON, STR("null")} : value;
}

static void match_field(struct detector_run *run, uint32_t field, struct value value) {
	if (value.kind != VALUE_LIST) {
		many_match(run->many, field, present(value));
		return;
	}
	const struct many_exists *exists = &run->detector->exists[field];
	struct value element;
	size_t at = 0;
	many_hold_value(run->many, field, exists->atoms, exists->count); /* also when it is empty */
	while (value_list_next(value.text, &at, &element)) {
		many_match(run->many, field, present(element));
	}
}

/* Matches the values that tell the log source; NULL: these are not so simple that what follows from
 * them could be remembered. */
static const struct kind *match_source(struct detector_run *run) {
	const struct detector *d = run->detector;
	bool seen[KINDS_FIELDS] = {false};
	bool simple = true;
	buf_clear(&run->key);
	for (uint32_t i = 0; i < run->items_count; i++) {
		const struct item *item = &run->items[i];
		const struct slot *slot = &run->slots[item->slot];
		if (!slot->key) {
			continue;
		}
		for (size_t k = 0; k < NAMES_OF_ONE; k++) {
			for (size_t n = 0; n < KINDS_FIELDS && slot->fields[k] != MANY_NO_FIELD; n++) {
				seen[n] = seen[n] || slot->fields[k] == d->plan.fields[n];
			}
			if (slot->fields[k] != MANY_NO_FIELD) {
				match_field(run, slot->fields[k], item->value);
			}
		}
		simple = simple && item->value.kind != VALUE_LIST;
		uint32_t head[3] = {item->slot, item->value.kind, (uint32_t)item->value.text.len};
		buf_append(&run->key, head, sizeof(head));
		buf_append_str(&run->key, item->value.text);
	}
	bool known = simple && many_error(run->many) == ERR_OK;
	return known ? kinds_find(&run->kinds, &d->plan, buf_str(&run->key), run->many, seen) : NULL;
}

static bool is_asked(const struct kind *kind, uint32_t field) {
	return field != MANY_NO_FIELD &&
	       (kind == NULL || (kind->fields[field / 64] >> field % 64 & 1) != 0);
}

static void keep_refs(struct detector_run *run, const struct item *item) {
	const struct slot *slot = &run->slots[item->slot];
	for (size_t k = 0; k < NAMES_OF_ONE; k++) {
		struct value element;
		size_t at = 0;
		if (slot->refs[k] == NO_REF) {
			continue;
		}
		struct buf *out = &run->refs[slot->refs[k]];
		if (item->value.kind != VALUE_LIST) {
			buf_append(out, &item->value, sizeof(item->value));
			continue;
		}
		while (value_list_next(item->value.text, &at, &element)) {
			buf_append(out, &element, sizeof(element));
		}
	}
}

static void match_relations(struct detector_run *run) {
	const struct detector *d = run->detector;
	size_t pairs_left = SIGMA_PAIRS_MAX;
	for (uint32_t i = 0; i < d->relations_count; i++) {
		const struct relation *relation = &d->relations[i];
		const struct buf *left = &run->refs[relation->left];
		const struct buf *right = &run->refs[relation->right];
		size_t count = left->len / sizeof(struct value);
		size_t others = right->len / sizeof(struct value);
		size_t all = count * others;
		size_t some = MIN_OF(all, pairs_left);
		const struct value *values = (const struct value *)(const void *)left->ptr;
		const struct value *other = (const struct value *)(const void *)right->ptr;
		bool holds = false;
		for (size_t k = 0; k < some && !holds; k++) {
			holds = atom_match_field(relation->test, values[k / others], other[k % others]);
			pairs_left--;
		}
		run->gave_up = run->gave_up || (!holds && some < all);
		if (holds) {
			many_hold(run->many, relation->atom);
		}
	}
	for (size_t i = 0; i < map_count(d->ref_numbers); i++) {
		buf_clear(&run->refs[i]);
	}
}

static void begin_event(struct detector_run *run) {
	run->items_count = 0;
	run->gave_up = false;
	many_event(run->many);
	many_error_clear(run->many);
}

/* The items are there. Keywords are told by the caller: it is asked for them. */
static const struct kind *match_items(struct detector_run *run) {
	const struct kind *kind = match_source(run);
	for (uint32_t i = 0; i < run->items_count; i++) {
		const struct item *item = &run->items[i];
		const struct slot *slot = &run->slots[item->slot];
		for (size_t k = 0; k < NAMES_OF_ONE && !slot->key; k++) {
			if (is_asked(kind, slot->fields[k])) {
				match_field(run, slot->fields[k], item->value);
			}
		}
		keep_refs(run, item);
	}
	match_relations(run);
	return kind;
}

/* An event without keywords has none, which is not the same as null. */
static bool asks_keywords(struct detector_run *run, const struct kind *kind) {
	if (!is_asked(kind, run->detector->keywords)) {
		return false;
	}
	many_hold_value(run->many, run->detector->keywords, NULL, 0);
	return true;
}

static void match_keyword(struct detector_run *run, struct value value) {
	struct value element;
	size_t at = 0;
	if (value.kind != VALUE_LIST) {
		many_match(run->many, run->detector->keywords, present(value));
		return;
	}
	while (value_list_next(value.text, &at, &element)) {
		many_match(run->many, run->detector->keywords, present(element));
	}
}

static const uint32_t *find_rules(struct detector_run *run, const struct kind *kind,
                                  uint32_t *out_count) {
	return many_rules(run->many, kind != NULL ? kind->rules : NULL, out_count);
}

/* ---- events ---- */

const uint32_t *detector_event(struct detector_run *run, const struct sigma_event *event,
                               uint32_t *out_count) {
	bound_names(run);
	begin_event(run);
	for (uint32_t i = 0; i < event->fields_count; i++) {
		uint32_t slot = event_slot(run, event->fields[i].name);
		if (run->slots[slot].wanted) {
			add_item(run, slot, event->fields[i].value);
		}
	}
	const struct kind *kind = match_items(run);
	if (asks_keywords(run, kind)) {
		for (uint32_t i = 0; i < event->keywords_count; i++) {
			match_keyword(run, value_string(event->keywords[i]));
		}
		for (uint32_t i = 0; i < event->fields_count && event->keywords == NULL; i++) {
			match_keyword(run, event->fields[i].value);
		}
	}
	return find_rules(run, kind, out_count);
}

/* ---- rows of a batch ---- */

void detector_batch(struct detector_run *run, const struct batch *batch) {
	uint32_t names = FIELD_KNOWN_COUNT + batch->fields.names_count;
	bound_names(run);
	run->batch = batch;
	if (names > run->batch_slots_cap) {
		run->batch_slots = reallocarray(run->batch_slots, names, sizeof(*run->batch_slots));
		ASSERT(run->batch_slots != NULL);
		memset(run->batch_slots + run->batch_slots_cap, 0,
		       (names - run->batch_slots_cap) * sizeof(*run->batch_slots));
		run->batch_slots_cap = names;
	}
	/* The numbers behind the known ones are of this batch. */
	memset(run->batch_slots + FIELD_KNOWN_COUNT, 0,
	       (run->batch_slots_cap - FIELD_KNOWN_COUNT) * sizeof(*run->batch_slots));
}

static inline uint32_t entry_slot(struct detector_run *run, const struct field_entry *entry) {
	uint32_t slot = run->batch_slots[entry->name];
	if (slot == 0) {
		slot = record_slot(run, fields_name_text(run->batch, entry->name)) + 1;
		run->batch_slots[entry->name] = slot;
	}
	return slot - 1;
}

/* Takes out data whose name a header of the record has. */
static void drop_shadowed(struct detector_run *run, uint64_t headers) {
	uint32_t kept = 0;
	for (uint32_t i = 0; i < run->items_count; i++) {
		const struct slot *slot = &run->slots[run->items[i].slot];
		bool shadowed =
		    slot->data && slot->header_number >= 0 && (headers >> slot->header_number & 1) != 0;
		if (!shadowed) {
			run->items[kept++] = run->items[i];
		}
	}
	run->items_count = kept;
}

/* As texts: what Windows gave, else the record's text. */
static void match_record_keywords(struct detector_run *run, uint32_t row, bool windows) {
	if (!windows) {
		match_keyword(run, value_string(batch_text(run->batch, row)));
		return;
	}
	for (uint32_t i = 0; i < run->items_count; i++) {
		const struct item *item = &run->items[i];
		const struct slot *slot = &run->slots[item->slot];
		struct value element;
		size_t at = 0;
		if (!slot->header && !slot->data) {
			continue;
		}
		if (item->value.kind != VALUE_LIST) {
			match_keyword(run, value_string(item->value.text));
			continue;
		}
		while (value_list_next(item->value.text, &at, &element)) {
			match_keyword(run, value_string(element.text));
		}
	}
}

const uint32_t *detector_row(struct detector_run *run, uint32_t row, uint32_t *out_count) {
	const struct batch *batch = run->batch;
	const struct field_row *parsed = &batch->fields.rows[row];
	uint64_t headers = 0;
	bool shadows = false;
	ASSERT(row < batch->fields.rows_done && parsed->like == FIELDS_OWN);
	begin_event(run);
	for (uint32_t i = 0; i < parsed->count; i++) {
		const struct field_entry *entry = &batch->fields.entries[parsed->first + i];
		uint32_t number = entry_slot(run, entry);
		const struct slot *slot = &run->slots[number];
		if (slot->wanted) {
			headers |= slot->header ? (uint64_t)1 << slot->header_number : 0;
			shadows = shadows || (slot->data && slot->header_number >= 0);
			add_item(run, number, fields_value(batch, row, entry));
		}
	}
	if (shadows) {
		drop_shadowed(run, headers);
	}
	add_item(run, record_slot(run, STR("akashi.format")),
	         value_string(batch->fields.formats[parsed->format]));
	const struct kind *kind = match_items(run);
	if (asks_keywords(run, kind)) {
		match_record_keywords(run, row, headers != 0);
	}
	return find_rules(run, kind, out_count);
}

/* ---- records whose fields come one by one ---- */

void detector_names(struct detector_run *run) {
	bound_names(run);
}

uint32_t detector_name(struct detector_run *run, struct str field) {
	return record_slot(run, field);
}

bool detector_tells_source(const struct detector_run *run, uint32_t name) {
	ASSERT(name < run->slots_count);
	return run->slots[name].key;
}

void detector_put_begin(struct detector_run *run) {
	begin_event(run);
	run->headers = 0;
	run->shadows = false;
}

void detector_put(struct detector_run *run, uint32_t name, struct value value) {
	ASSERT(name < run->slots_count);
	const struct slot *slot = &run->slots[name];
	if (slot->wanted) {
		run->headers |= slot->header ? (uint64_t)1 << slot->header_number : 0;
		run->shadows = run->shadows || (slot->data && slot->header_number >= 0);
		add_item(run, name, value);
	}
}

/* All that can be known of the record is in its items. */
static void end_items(struct detector_run *run, struct str format) {
	if (run->shadows) {
		drop_shadowed(run, run->headers);
	}
	add_item(run, record_slot(run, STR("akashi.format")), value_string(format));
}

static bool has_rules(const struct detector_run *run, const struct kind *kind) {
	uint64_t any = 0;
	for (uint32_t i = 0; i < run->detector->set->rules_count / 64 + 1; i++) {
		any |= kind->rules[i];
	}
	return any != 0;
}

enum detector_wish detector_put_source(struct detector_run *run, struct str format) {
	end_items(run, format);
	run->kind = match_source(run);
	if (run->kind == NULL) {
		return DETECTOR_WHOLE;
	}
	if (!has_rules(run, run->kind)) {
		return DETECTOR_NONE;
	}
	return is_asked(run->kind, run->detector->keywords) ? DETECTOR_KEYWORDS : DETECTOR_FIELDS;
}

bool detector_wants(const struct detector_run *run, uint32_t name) {
	ASSERT(name < run->slots_count && run->kind != NULL);
	const struct slot *slot = &run->slots[name];
	bool wants = slot->key;
	for (size_t k = 0; k < NAMES_OF_ONE; k++) {
		wants = wants || is_asked(run->kind, slot->fields[k]) || slot->refs[k] != NO_REF;
	}
	return wants;
}

const uint32_t *detector_put_rules(struct detector_run *run, struct str format,
                                   uint32_t *out_count) {
	end_items(run, format);
	return find_rules(run, match_items(run), out_count);
}
