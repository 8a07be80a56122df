/* A rule is judged for each kind twice: by its keys alone, when the kind is first seen (what is
 * open then says which fields are worth looking at), and with the fields, when all is known. The
 * log sources are rules of their own, which hold for every record of theirs.
 */
#include "detect/reach.h"

#include "base/instant.h"
#include "base/map.h"
#include "detect/truth.h"
#include "expr/compare.h"

enum { DETAILS_MAX = 3, DETAIL_BYTES = 120 };
enum have { HAVE_ANY = 1, HAVE_NUMBER = 2, HAVE_ADDRESS = 4, HAVE_TIME = 8 };
#define NO_FIELD UINT32_MAX

struct kind {
	bool known[REACH_KEYS]; /* its value is keys'; else it may be any */
	uint8_t *key_truths;    /* by atom on a key: enum truth */
	uint64_t *open;         /* bit: the subject may hold, by the keys */
	uint64_t *wanted;       /* bit: fields that open subjects ask for */
	uint8_t *have;          /* by field: enum have */
	uint64_t records;
	int64_t first_ns, last_ns;
};

/* A rule of the set, or a log source. */
struct subject {
	const struct program *program;
	uint32_t atom_base;
};

struct reach {
	const struct sigma_set *set;
	struct sigma_set *sources;
	struct arena *arena;
	const struct atom **atoms; /* of both sets */
	struct atom_test **tests;  /* of those on keys; else NULL */
	uint32_t *atom_fields;     /* NO_FIELD: keywords */
	uint32_t *other_fields;    /* of ATOM_FIELD */
	int *atom_keys;            /* -1: none */
	uint32_t *key_numbers;     /* among the atoms on keys */
	uint32_t atoms_count, key_atoms_count;
	struct subject *subjects; /* the rules, then the log sources */
	uint32_t subjects_count;
	uint32_t *source_of; /* by rule: its subject */
	struct map *fields;  /* name -> number */
	uint8_t *needs;      /* by field: enum have */
	struct kind *kinds;
	uint32_t kinds_count;
	struct map *by_key;
	uint8_t *truths; /* room for the operations of the largest program */
};

static const struct {
	const char *name, *text;
} reasons[REACH_REASON_COUNT] = {
    [REACH_CAN] = {"can_fire", "can fire"},
    [REACH_SILENT] = {"source_silent", "source is silent"},
    [REACH_SOURCE_UNKNOWN] = {"source_unknown", "source not mapped"},
    [REACH_SOURCE_ABSENT] = {"source_absent", "source never seen"},
    [REACH_VALUE_ABSENT] = {"value_absent", "value never seen"},
    [REACH_FIELD_ABSENT] = {"field_absent", "field never seen"},
    [REACH_SHAPE] = {"value_shape", "never such a value"},
    [REACH_RULES_CANNOT] = {"rules_cannot", "its rules cannot"},
};

const char *reach_reason_name(enum reach_reason reason) {
	return reasons[reason].name;
}

const char *reach_reason_text(enum reach_reason reason) {
	return reasons[reason].text;
}

/* Those of Windows and the format come first: what is left when there are too many kinds. */
enum { KEYS_FIRST = 4 };
static const struct str key_names[REACH_KEYS] = {
    STR_INIT("Channel"),       STR_INIT("Provider_Name"), STR_INIT("EventID"),
    STR_INIT("akashi.format"), STR_INIT("process.name"),  STR_INIT("_path"),
    STR_INIT("eventSource"),   STR_INIT("category"),
};

struct str reach_key_name(uint32_t key) {
	return key_names[key];
}

static int key_of(struct str field) {
	for (int i = 0; i < REACH_KEYS; i++) {
		if (str_eq(key_names[i], field)) {
			return i;
		}
	}
	return -1;
}

/* ---- log sources as rules ---- */

static void append_part(struct buf *out, const char *name, struct str text) {
	if (text.len > 0) {
		buf_printf(out, "%s: ", name);
		buf_append_json(out, text);
		buf_append_str(out, STR(", "));
	}
}

/* A rule that holds for every record of the log source: nothing is called akashi.nothing. */
static void append_source(struct buf *out, uint32_t number, const struct sigma_source *source) {
	buf_printf(out, "title: '%u'\nlogsource: {", number);
	append_part(out, "product", source->product);
	append_part(out, "category", source->category);
	append_part(out, "service", source->service);
	buf_append_str(
	    out, STR("}\ndetection: {s: {akashi.nothing|exists: true}, condition: not s}\n---\n"));
}

/* The log sources of the rules, each once; *out_numbers: of which rule which, by title. */
static struct sigma_set *make_sources(const struct sigma_set *set, struct map *numbers,
                                      uint32_t *out_numbers) {
	CLEANUP(buf_deinit) struct buf text = {0};
	struct sigma_set *sources = sigma_set_new();
	for (uint32_t i = 0; i < set->rules_count; i++) {
		CLEANUP(buf_deinit) struct buf key = {0};
		const struct sigma_source *source = &set->rules[i].source;
		bool added;
		append_part(&key, "p", source->product);
		append_part(&key, "c", source->category);
		append_part(&key, "s", source->service);
		uint64_t number = map_count(numbers);
		number = *map_put(numbers, buf_str(&key), number, &added);
		out_numbers[i] = (uint32_t)number;
		if (added) { /* one file each: what cannot be read stands in no other's way */
			buf_clear(&text);
			append_source(&text, (uint32_t)number, source);
			sigma_set_add(sources, STR("log source"), buf_str(&text));
		}
	}
	sigma_set_close(sources);
	return sources;
}

/* ---- making ---- */

static uint32_t add_field(struct reach *reach, struct str name) {
	if (name.len == 0) {
		return NO_FIELD;
	}
	return (uint32_t)*map_put(reach->fields, name, map_count(reach->fields), NULL);
}

static enum have need_of(const struct atom *atom) {
	switch (atom->kind) {
	case ATOM_COMPARE:
		return HAVE_NUMBER;
	case ATOM_CIDR:
		return HAVE_ADDRESS;
	case ATOM_TIME:
		return HAVE_TIME;
	case ATOM_EQUALS:
	case ATOM_CONTAINS:
	case ATOM_STARTS:
	case ATOM_ENDS:
	case ATOM_WILDCARD:
	case ATOM_REGEX:
	case ATOM_EXISTS:
	case ATOM_NULL:
	case ATOM_FIELD:
	case ATOM_KIND_COUNT:
	default:
		return HAVE_ANY;
	}
}

static void add_atoms(struct reach *reach, const struct sigma_set *set) {
	for (uint32_t i = 0; i < set->atoms_count; i++) {
		const struct atom *atom = &set->atoms[i];
		uint32_t at = reach->atoms_count++;
		reach->atoms[at] = atom;
		reach->atom_fields[at] = add_field(reach, atom->field);
		reach->other_fields[at] =
		    atom->kind == ATOM_FIELD ? add_field(reach, atom->text) : NO_FIELD;
		reach->atom_keys[at] = atom->kind == ATOM_FIELD ? -1 : key_of(atom->field);
		if (reach->atom_keys[at] >= 0) {
			reach->key_numbers[at] = reach->key_atoms_count++;
			enum err err = atom_test_new(reach->arena, atom, &reach->tests[at], NULL);
			ASSERT(err == ERR_OK); /* tried when its rule was read */
		}
	}
}

static void add_subjects(struct reach *reach, const struct sigma_set *set, uint32_t atom_base) {
	for (uint32_t i = 0; i < set->rules_count; i++) {
		reach->subjects[reach->subjects_count++] =
		    (struct subject){.program = &set->rules[i].program, .atom_base = atom_base};
	}
}

/* The subject that stands for each log source; none when its text could not be read. */
static void find_sources(struct reach *reach, const uint32_t *numbers, size_t count) {
	uint32_t *subjects = ARENA_ARRAY(reach->arena, count, uint32_t);
	for (size_t i = 0; i < count; i++) {
		subjects[i] = NO_FIELD;
	}
	for (uint32_t i = 0; i < reach->sources->rules_count; i++) {
		struct str title = reach->sources->rules[i].meta.title;
		uint32_t number = 0;
		for (size_t k = 0; k < title.len; k++) {
			number = number * 10 + (uint32_t)(title.ptr[k] - '0');
		}
		ASSERT(number < count);
		subjects[number] = reach->set->rules_count + i;
	}
	for (uint32_t i = 0; i < reach->set->rules_count; i++) {
		reach->source_of[i] = subjects[numbers[i]];
	}
}

static void make_room(struct reach *reach) {
	uint32_t atoms = reach->set->atoms_count + reach->sources->atoms_count;
	uint32_t rules = reach->set->rules_count + reach->sources->rules_count;
	struct arena *arena = reach->arena;
	reach->atoms = ARENA_ARRAY(arena, atoms, const struct atom *);
	reach->tests = ARENA_ARRAY(arena, atoms, struct atom_test *);
	reach->atom_fields = ARENA_ARRAY(arena, atoms, uint32_t);
	reach->other_fields = ARENA_ARRAY(arena, atoms, uint32_t);
	reach->atom_keys = ARENA_ARRAY(arena, atoms, int);
	reach->key_numbers = ARENA_ARRAY(arena, atoms, uint32_t);
	reach->subjects = ARENA_ARRAY(arena, rules, struct subject);
	reach->source_of = ARENA_ARRAY(arena, reach->set->rules_count, uint32_t);
	reach->kinds = ARENA_ARRAY(arena, 2 * REACH_KINDS_MAX + 1, struct kind);
}

struct reach *reach_new(const struct sigma_set *set, const struct sigma_sources *sources) {
	struct reach *reach = calloc(1, sizeof(*reach));
	ASSERT(reach != NULL);
	struct map *numbers = map_new();
	reach->set = set;
	reach->arena = arena_new(SIZE_MAX);
	reach->fields = map_new();
	reach->by_key = map_new();
	uint32_t *source_numbers = ARENA_ARRAY(reach->arena, set->rules_count, uint32_t);
	reach->sources = make_sources(set, numbers, source_numbers);
	sigma_set_map(reach->sources, sources);
	make_room(reach);
	add_atoms(reach, set);
	add_subjects(reach, set, 0);
	add_atoms(reach, reach->sources);
	add_subjects(reach, reach->sources, set->atoms_count);
	find_sources(reach, source_numbers, map_count(numbers));
	reach->needs = ARENA_ARRAY(reach->arena, map_count(reach->fields), uint8_t);
	for (uint32_t i = 0; i < reach->atoms_count; i++) {
		if (reach->atom_fields[i] != NO_FIELD) {
			reach->needs[reach->atom_fields[i]] |= (uint8_t)(HAVE_ANY | need_of(reach->atoms[i]));
		}
		if (reach->other_fields[i] != NO_FIELD) {
			reach->needs[reach->other_fields[i]] |= HAVE_ANY;
		}
	}
	uint32_t most = 1;
	for (uint32_t i = 0; i < reach->subjects_count; i++) {
		most = MAX_OF(most, reach->subjects[i].program->count);
	}
	reach->truths = ARENA_ARRAY(reach->arena, most, uint8_t);
	map_free(numbers);
	return reach;
}

void reach_free(struct reach *reach) {
	if (reach == NULL) {
		return;
	}
	for (uint32_t i = 0; i < reach->atoms_count; i++) {
		atom_test_deinit(reach->tests[i]);
	}
	sigma_set_free(reach->sources);
	map_free(reach->fields);
	map_free(reach->by_key);
	arena_free(reach->arena);
	free(reach);
}

/* ---- judging ---- */

static bool bit(const uint64_t *bits, uint32_t i) {
	return (bits[i / 64] >> i % 64 & 1) != 0;
}

static void set_bit(uint64_t *bits, uint32_t i) {
	bits[i / 64] |= (uint64_t)1 << i % 64;
}

/* How much of a kind's fields counts. */
enum depth { DEPTH_KEYS, DEPTH_FIELDS, DEPTH_SHAPES };

static bool lacks(const struct kind *kind, uint32_t field) {
	return field != NO_FIELD && kind->have[field] == 0;
}

/* An atom that no key decides. */
static enum truth judge_field(const struct reach *reach, const struct kind *kind, uint32_t at,
                              enum depth depth) {
	const struct atom *atom = reach->atoms[at];
	uint32_t field = reach->atom_fields[at];
	if (depth == DEPTH_KEYS || field == NO_FIELD) {
		return TRUTH_OPEN;
	}
	if (lacks(kind, field)) {
		return atom->kind == ATOM_NULL ? TRUTH_YES : TRUTH_NO;
	}
	if (atom->kind == ATOM_FIELD && lacks(kind, reach->other_fields[at])) {
		return TRUTH_NO;
	}
	enum have need = need_of(atom);
	return depth == DEPTH_SHAPES && (kind->have[field] & need) == 0 ? TRUTH_NO : TRUTH_OPEN;
}

static enum truth judge_atom(const struct reach *reach, const struct kind *kind, uint32_t at,
                             enum depth depth) {
	return reach->atom_keys[at] >= 0 ? (enum truth)kind->key_truths[reach->key_numbers[at]]
	                                 : judge_field(reach, kind, at, depth);
}

static enum truth judge(const struct reach *reach, const struct kind *kind, uint32_t number,
                        enum depth depth) {
	const struct subject *subject = &reach->subjects[number];
	const struct program *program = subject->program;
	for (uint32_t i = 0; i < program->count; i++) {
		if (program->ops[i].kind == PROGRAM_ATOM) {
			uint32_t at = subject->atom_base + program->ops[i].atom;
			reach->truths[i] = (uint8_t)judge_atom(reach, kind, at, depth);
		}
	}
	return truth_judge(program, reach->truths);
}

/* ---- kinds ---- */

static void judge_keys(struct reach *reach, struct kind *kind, const struct value *keys) {
	kind->key_truths = ARENA_ARRAY(reach->arena, reach->key_atoms_count + 1, uint8_t);
	for (uint32_t i = 0; i < reach->atoms_count; i++) {
		int key = reach->atom_keys[i];
		if (key < 0) {
			continue;
		}
		struct atom_run run = {0};
		uint8_t *truth = &kind->key_truths[reach->key_numbers[i]];
		*truth = TRUTH_OPEN;
		if (kind->known[key]) {
			*truth = atom_match(reach->tests[i], &run, keys[key]) ? TRUTH_YES : TRUTH_NO;
			*truth = run.err == ERR_OK ? *truth : (uint8_t)TRUTH_OPEN; /* it may be either */
			atom_run_deinit(&run);
		}
	}
}

/* The fields of what is open; what is decided asks for nothing. */
static void want_fields(const struct reach *reach, struct kind *kind, uint32_t number) {
	const struct subject *subject = &reach->subjects[number];
	const struct program *program = subject->program;
	for (uint32_t i = 0; i < program->count;) {
		const struct program_op *op = &program->ops[i];
		if (reach->truths[i] != TRUTH_OPEN) {
			i = op->end;
			continue;
		}
		uint32_t at = subject->atom_base + op->atom;
		if (op->kind == PROGRAM_ATOM && reach->atom_fields[at] != NO_FIELD) {
			set_bit(kind->wanted, reach->atom_fields[at]);
		}
		if (op->kind == PROGRAM_ATOM && reach->other_fields[at] != NO_FIELD) {
			set_bit(kind->wanted, reach->other_fields[at]);
		}
		i++;
	}
}

static void make_kind(struct reach *reach, struct kind *kind, const struct value *keys) {
	size_t fields = map_count(reach->fields);
	kind->open = ARENA_ARRAY(reach->arena, reach->subjects_count / 64 + 1, uint64_t);
	kind->wanted = ARENA_ARRAY(reach->arena, fields / 64 + 1, uint64_t);
	kind->have = ARENA_ARRAY(reach->arena, fields + 1, uint8_t);
	kind->first_ns = INSTANT_MAX;
	kind->last_ns = INSTANT_MIN;
	judge_keys(reach, kind, keys);
	for (uint32_t i = 0; i < reach->subjects_count; i++) {
		if (judge(reach, kind, i, DEPTH_KEYS) != TRUTH_NO) {
			set_bit(kind->open, i);
			want_fields(reach, kind, i);
		}
	}
}

static void append_key(struct buf *out, const struct value *keys, uint32_t count, bool *known) {
	for (uint32_t i = 0; i < REACH_KEYS; i++) {
		known[i] = i < count && keys[i].kind != VALUE_LIST;
		size_t len = known[i] ? keys[i].text.len : 0;
		buf_append_char(out, known[i] ? (char)keys[i].kind : (char)VALUE_LIST);
		buf_append_u64(out, len);
		buf_append_char(out, ':');
		buf_append(out, keys[i].text.ptr, len);
	}
}

uint32_t reach_kind(struct reach *reach, const struct value keys[REACH_KEYS]) {
	static const struct {
		uint32_t keys, most;
	} steps[] = {{REACH_KEYS, REACH_KINDS_MAX}, {KEYS_FIRST, 2 * REACH_KINDS_MAX}, {0, UINT32_MAX}};
	CLEANUP(buf_deinit) struct buf key = {0};
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct kind kind = {0};
		buf_clear(&key);
		append_key(&key, keys, steps[i].keys, kind.known);
		const uint64_t *known = map_find(reach->by_key, buf_str(&key));
		if (known != NULL) {
			return (uint32_t)*known;
		}
		if (reach->kinds_count < steps[i].most) {
			uint32_t number = reach->kinds_count++;
			make_kind(reach, &kind, keys);
			reach->kinds[number] = kind;
			(void)map_put(reach->by_key, buf_str(&key), number, NULL);
			return number;
		}
	}
	return reach->kinds_count - 1; /* never: the last step has room for its one kind */
}

uint32_t reach_kinds_count(const struct reach *reach) {
	return reach->kinds_count;
}

void reach_seen(struct reach *reach, uint32_t kind, uint64_t records, int64_t first_ns,
                int64_t last_ns) {
	struct kind *k = &reach->kinds[kind];
	k->records += records;
	k->first_ns = MIN_OF(k->first_ns, first_ns);
	k->last_ns = MAX_OF(k->last_ns, last_ns);
}

uint32_t reach_field(const struct reach *reach, struct str name) {
	const uint64_t *number = map_find(reach->fields, name);
	return number == NULL ? NO_FIELD : (uint32_t)*number;
}

bool reach_wanted(const struct reach *reach, uint32_t kind, uint32_t field) {
	const struct kind *k = &reach->kinds[kind];
	return bit(k->wanted, field) && (reach->needs[field] & ~k->have[field]) != 0;
}

void reach_value(struct reach *reach, uint32_t kind, uint32_t field, struct value value) {
	struct kind *k = &reach->kinds[kind];
	struct value element;
	size_t at = 0;
	if (!reach_wanted(reach, kind, field) || value.kind == VALUE_NONE) {
		return;
	}
	if (value.kind == VALUE_LIST) {
		while (value_list_next(value.text, &at, &element)) {
			reach_value(reach, kind, field, element);
		}
		return;
	}
	/* Rather too much than too little. */
	struct scalar scalar = scalar_read(value.text);
	struct address address;
	unsigned have = HAVE_ANY;
	have |= scalar.kind == SCALAR_INTEGER || scalar.kind == SCALAR_REAL ? HAVE_NUMBER : 0u;
	have |= address_parse(value.text, &address) ? HAVE_ADDRESS : 0u;
	have |= scalar.kind == SCALAR_TIME ? HAVE_TIME : 0u;
	k->have[field] |= (uint8_t)have;
}

/* ---- answers ---- */

static void count_kind(struct reach_answer *answer, const struct kind *kind) {
	answer->records += kind->records;
	answer->first_ns = MIN_OF(answer->first_ns, kind->first_ns);
	answer->last_ns = MAX_OF(answer->last_ns, kind->last_ns);
}

static struct reach_answer answer_of(enum reach_reason reason) {
	return (struct reach_answer){
	    .reason = reason, .first_ns = INSTANT_MAX, .last_ns = INSTANT_MIN, .detail = STR("")};
}

/* Records of the kind are of the log source of the rule. */
static bool in_source(const struct reach *reach, const struct kind *kind, uint32_t rule) {
	uint32_t source = reach->source_of[rule];
	return source == NO_FIELD ||
	       (bit(kind->open, source) && judge(reach, kind, source, DEPTH_SHAPES) != TRUTH_NO);
}

/* Names or values, a few of them, each once. */
struct details {
	struct buf text;
	uint32_t count;
};

static void add_detail(struct details *details, struct str text) {
	struct str known = buf_str(&details->text);
	struct str short_text = str_slice(text, 0, DETAIL_BYTES);
	if (str_find(known, short_text, 0) != (size_t)-1) {
		return;
	}
	if (details->count < DETAILS_MAX) {
		buf_append_str(&details->text, details->count > 0 ? STR(", ") : STR(""));
		buf_append_str(&details->text, short_text);
	} else if (details->count == DETAILS_MAX) {
		buf_append_str(&details->text, STR(", ..."));
	}
	details->count++;
}

/* Why an atom of the rule holds in no record of the kinds that are left, as far as they tell. */
static bool is_missing(const struct reach *reach, const struct kind *kind, uint32_t at,
                       enum reach_reason reason) {
	bool on_key = reach->atom_keys[at] >= 0;
	enum depth depth = reason == REACH_SHAPE ? DEPTH_SHAPES : DEPTH_FIELDS;
	return on_key == (reason == REACH_VALUE_ABSENT) &&
	       judge_atom(reach, kind, at, depth) == TRUTH_NO;
}

static void append_atom(struct details *details, const struct atom *atom,
                        enum reach_reason reason) {
	CLEANUP(buf_deinit) struct buf text = {0};
	static const char *const wanted[] = {
	    [HAVE_NUMBER] = "a number", [HAVE_ADDRESS] = "an address", [HAVE_TIME] = "a time"};
	buf_append_str(&text, atom->field);
	if (reason == REACH_VALUE_ABSENT && atom->kind == ATOM_EQUALS) {
		buf_printf(&text, " %.*s", STR_ARG(str_slice(atom->text, 0, DETAIL_BYTES)));
	} else if (reason == REACH_VALUE_ABSENT) {
		buf_clear(&text);
		atom_append_text(&text, atom);
	} else if (reason == REACH_SHAPE && need_of(atom) != HAVE_ANY) {
		buf_printf(&text, " as %s", wanted[need_of(atom)]);
	}
	add_detail(details, buf_str(&text));
}

/* Atoms of the log source itself are no news: marked. */
static void mark_source(struct reach *reach, uint32_t rule, struct map *known) {
	uint32_t source = reach->source_of[rule];
	if (source == NO_FIELD) {
		return;
	}
	const struct subject *subject = &reach->subjects[source];
	for (uint32_t i = 0; i < subject->program->count; i++) {
		CLEANUP(buf_deinit) struct buf key = {0};
		if (subject->program->ops[i].kind == PROGRAM_ATOM) {
			atom_append_key(&key, reach->atoms[subject->atom_base + subject->program->ops[i].atom]);
			(void)map_put(known, buf_str(&key), 0, NULL);
		}
	}
}

static bool is_known(const struct map *known, const struct atom *atom) {
	CLEANUP(buf_deinit) struct buf key = {0};
	atom_append_key(&key, atom);
	return map_find(known, buf_str(&key)) != NULL;
}

/* Atoms that hold in none of the kinds (bits) are named; those under NOT are not asked for. */
static struct str explain(struct reach *reach, uint32_t rule, const uint32_t *kinds, size_t count,
                          enum reach_reason reason) {
	const struct subject *subject = &reach->subjects[rule];
	const struct program *program = subject->program;
	struct details details = {0};
	struct map *known = map_new();
	mark_source(reach, rule, known);
	for (uint32_t i = 0; i < program->count && details.count <= DETAILS_MAX;) {
		const struct program_op *op = &program->ops[i];
		if (op->kind == PROGRAM_NOT) {
			i = op->end;
			continue;
		}
		uint32_t at = subject->atom_base + op->atom;
		bool missing = op->kind == PROGRAM_ATOM && !is_known(known, reach->atoms[at]);
		for (size_t k = 0; k < count && missing; k++) {
			missing = is_missing(reach, &reach->kinds[kinds[k]], at, reason);
		}
		if (missing) {
			append_atom(&details, reach->atoms[at], reason);
		}
		i++;
	}
	struct str text = arena_str(reach->arena, buf_str(&details.text));
	buf_deinit(&details.text);
	map_free(known);
	return text;
}

/* What the rule needs is taken step by step: the kinds that are left after each. */
static struct reach_answer ask(struct reach *reach, uint32_t rule, uint32_t *kinds) {
	static const struct {
		enum depth depth;
		enum reach_reason reason;
	} steps[] = {{DEPTH_KEYS, REACH_VALUE_ABSENT},
	             {DEPTH_FIELDS, REACH_FIELD_ABSENT},
	             {DEPTH_SHAPES, REACH_SHAPE}};
	struct reach_answer source = answer_of(REACH_SOURCE_ABSENT);
	size_t count = 0;
	for (uint32_t i = 0; i < reach->kinds_count; i++) {
		if (in_source(reach, &reach->kinds[i], rule)) {
			kinds[count++] = i;
			count_kind(&source, &reach->kinds[i]);
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(steps) && count > 0; i++) {
		size_t left = 0;
		for (size_t k = 0; k < count; k++) {
			const struct kind *kind = &reach->kinds[kinds[k]];
			if (bit(kind->open, rule) && judge(reach, kind, rule, steps[i].depth) != TRUTH_NO) {
				uint32_t number = kinds[k];
				kinds[k] = kinds[left];
				kinds[left++] = number;
			}
		}
		if (left == 0) {
			source.reason = steps[i].reason;
			source.detail = explain(reach, rule, kinds, count, source.reason);
			return source;
		}
		count = left;
	}
	struct reach_answer can = answer_of(REACH_CAN);
	for (size_t k = 0; k < count; k++) {
		count_kind(&can, &reach->kinds[kinds[k]]);
	}
	return count > 0 ? can : source;
}

struct reach_answer reach_rule(struct reach *reach, uint32_t rule, int64_t silent_ns) {
	if (!reach->set->rules[rule].mapped) {
		return answer_of(REACH_SOURCE_UNKNOWN);
	}
	uint32_t *kinds = calloc((size_t)reach->kinds_count + 1, sizeof(*kinds));
	ASSERT(kinds != NULL);
	struct reach_answer answer = ask(reach, rule, kinds);
	free(kinds);
	if (answer.reason == REACH_CAN && answer.last_ns < silent_ns) {
		answer.reason = REACH_SILENT;
	}
	return answer;
}

void reach_span(const struct reach *reach, int64_t *out_first_ns, int64_t *out_last_ns) {
	struct reach_answer all = answer_of(REACH_CAN);
	for (uint32_t i = 0; i < reach->kinds_count; i++) {
		count_kind(&all, &reach->kinds[i]);
	}
	*out_first_ns = all.first_ns;
	*out_last_ns = all.last_ns;
}

/* ---- correlations ---- */

enum { CHAIN_MAX = 64 };

/* How many of the refs must be able to: of those that are told from each other by number only. */
static uint32_t refs_needed(const struct sigma_correlation *c) {
	double needed = 1;
	bool temporal = c->type == SIGMA_TEMPORAL || c->type == SIGMA_TEMPORAL_ORDERED;
	if (temporal && c->bounds_count == 0) {
		return c->refs_count;
	}
	for (uint32_t i = 0; temporal && i < c->bounds_count; i++) {
		enum sigma_compare compare = c->bounds[i].compare;
		if (compare == SIGMA_GTE || compare == SIGMA_EQ || compare == SIGMA_GT) {
			needed = MAX_OF(needed, c->bounds[i].value + (compare == SIGMA_GT ? 1 : 0));
		}
	}
	return needed > c->refs_count ? c->refs_count : (uint32_t)needed;
}

static struct reach_answer ask_correlation(struct reach *reach, const struct sigma_correlation *c,
                                           const struct reach_answer *answers, uint32_t depth);

static struct reach_answer ask_ref(struct reach *reach, const struct sigma_ref *ref,
                                   const struct reach_answer *answers, uint32_t depth) {
	if (!ref->to_correlation) {
		return answers[ref->index];
	}
	return depth >= CHAIN_MAX
	           ? answer_of(REACH_CAN)
	           : ask_correlation(reach, &reach->set->correlations[ref->index], answers, depth + 1);
}

static bool is_able(enum reach_reason reason) {
	return reason == REACH_CAN || reason == REACH_SILENT;
}

static bool holds_with(const struct sigma_correlation *c, const bool *able, uint32_t count) {
	uint8_t *truths = calloc((size_t)c->program.count + 1, 1);
	ASSERT(truths != NULL);
	for (uint32_t i = 0; i < c->program.count; i++) {
		const struct program_op *op = &c->program.ops[i];
		if (op->kind == PROGRAM_ATOM) {
			truths[i] = op->atom < c->refs_count && able[op->atom] ? TRUTH_OPEN : TRUTH_NO;
		}
	}
	bool holds = c->program.count > 0 ? truth_judge(&c->program, truths) != TRUTH_NO
	                                  : count >= refs_needed(c);
	free(truths);
	return holds;
}

static struct reach_answer ask_correlation(struct reach *reach, const struct sigma_correlation *c,
                                           const struct reach_answer *answers, uint32_t depth) {
	struct reach_answer out = answer_of(REACH_RULES_CANNOT);
	struct details details = {0};
	bool *able = calloc((size_t)c->refs_count + 1, sizeof(*able));
	uint32_t count = 0;
	uint32_t awake = 0;
	ASSERT(able != NULL);
	for (uint32_t i = 0; c->sound && i < c->refs_count; i++) {
		struct reach_answer answer = ask_ref(reach, &c->refs[i], answers, depth);
		able[i] = is_able(answer.reason);
		count += able[i];
		awake += answer.reason == REACH_CAN;
		if (able[i]) {
			out.records += answer.records;
			out.first_ns = MIN_OF(out.first_ns, answer.first_ns);
			out.last_ns = MAX_OF(out.last_ns, answer.last_ns);
		} else {
			add_detail(&details, c->refs[i].name);
		}
	}
	if (c->sound && holds_with(c, able, count)) {
		out.reason = awake > 0 ? REACH_CAN : REACH_SILENT;
	} else {
		out.detail = arena_str(reach->arena, buf_str(&details.text));
	}
	free(able);
	buf_deinit(&details.text);
	return out;
}

struct reach_answer reach_correlation(struct reach *reach, uint32_t correlation,
                                      const struct reach_answer *answers) {
	return ask_correlation(reach, &reach->set->correlations[correlation], answers, 0);
}
