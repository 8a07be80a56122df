/* Collects atoms and rules, and sorts the atoms of each field into what finds them. */
#include "base/limits.h"
#include "base/utf8.h"
#include "expr/many_plan.h"

struct many_build *many_build_new(void) {
	struct many_build *build = calloc(1, sizeof(*build));
	ASSERT(build != NULL);
	build->many = calloc(1, sizeof(*build->many));
	ASSERT(build->many != NULL);
	build->many->arena = arena_new(SIZE_MAX);
	build->many->field_numbers = map_new();
	build->atom_numbers = map_new();
	return build;
}

static void free_tests(const struct many_build *build) {
	struct atom_test **tests = (struct atom_test **)(void *)build->tests.ptr;
	for (size_t i = 0; i < build->tests.len / sizeof(struct atom_test *); i++) {
		atom_test_deinit(tests[i]);
	}
}

void many_build_free(struct many_build *build) {
	if (build == NULL) {
		return;
	}
	if (build->many != NULL) {
		free_tests(build);
		map_free(build->many->field_numbers);
		arena_free(build->many->arena);
		free(build->many);
	}
	map_free(build->atom_numbers);
	buf_deinit(&build->atoms);
	buf_deinit(&build->tests);
	buf_deinit(&build->rules);
	free(build);
}

void many_build_plain(struct many_build *build) {
	build->many->plain = true;
}

/* ---- atoms ---- */

/* The kinds that atom_match may be asked of, and whose texts may be wrong. */
static bool is_tested(enum atom_kind kind) {
	return kind == ATOM_REGEX || kind == ATOM_CIDR || kind == ATOM_COMPARE || kind == ATOM_TIME ||
	       kind == ATOM_WILDCARD;
}

static enum err add_atom(struct many_build *build, const struct atom *atom, struct diag *diag) {
	struct many *many = build->many;
	struct atom_test *test = NULL;
	if (atom->text.len > LIMIT_ATOM_TEXT) {
		return diag_set(diag, ERR_LIMIT, "longer than %zu bytes", LIMIT_ATOM_TEXT);
	}
	if (many->atoms_count >= LIMIT_MANY_ATOMS) {
		return diag_set(diag, ERR_LIMIT, "more than %u different values in all rules",
		                LIMIT_MANY_ATOMS);
	}
	if (build->text_bytes + atom->text.len + atom->field.len > LIMIT_MANY_TEXT) {
		return diag_set(diag, ERR_LIMIT, "more than %zu bytes of values in all rules",
		                LIMIT_MANY_TEXT);
	}
	if (is_tested(atom->kind)) {
		TRY(atom_test_new(many->arena, atom, &test, diag));
	}
	struct atom copy = *atom;
	copy.field = arena_str(many->arena, atom->field);
	copy.text = arena_str(many->arena, atom->text);
	buf_append(&build->atoms, &copy, sizeof(copy));
	buf_append(&build->tests, &test, sizeof(struct atom_test *));
	build->text_bytes += atom->text.len + atom->field.len;
	many->atoms_count++;
	return ERR_OK;
}

enum err many_build_atom(struct many_build *build, const struct atom *atom, uint32_t *out_atom,
                         struct diag *diag) {
	CLEANUP(buf_deinit) struct buf key = {0};
	ASSERT(atom->kind < ATOM_KIND_COUNT && atom->op < ATOM_OP_COUNT);
	atom_append_key(&key, atom);
	const uint64_t *known = map_find(build->atom_numbers, buf_str(&key));
	if (known != NULL) {
		*out_atom = (uint32_t)*known;
		return ERR_OK;
	}
	uint32_t number = build->many->atoms_count;
	TRY(add_atom(build, atom, diag));
	(void)map_put(build->atom_numbers, buf_str(&key), number, NULL);
	*out_atom = number;
	return ERR_OK;
}

enum err many_build_rule(struct many_build *build, const struct program *program, uint32_t group,
                         struct diag *diag) {
	struct many *many = build->many;
	ASSERT(group < LIMIT_MANY_GROUPS);
	if (program->count > LIMIT_MANY_OPS - build->ops_count) {
		return diag_set(diag, ERR_LIMIT, "more than %u operations in all rules", LIMIT_MANY_OPS);
	}
	if (program->count == 0 || !program_valid(program, many->atoms_count)) {
		return diag_set(diag, ERR_INVALID, "the condition is not a tree over known atoms");
	}
	struct program_op *ops = ARENA_ARRAY(many->arena, program->count, struct program_op);
	memcpy(ops, program->ops, program->count * sizeof(*ops));
	struct many_rule rule = {.program = {ops, program->count}, .group = group};
	buf_append(&build->rules, &rule, sizeof(rule));
	build->ops_count += program->count;
	many->rules_count++;
	return ERR_OK;
}

/* ---- fields ---- */

static void list_add(struct many_list *list, uint32_t atom) {
	list->atoms[list->count++] = atom;
}

static uint32_t field_of(struct many *many, struct str name) {
	return (uint32_t)*map_put(many->field_numbers, name, map_count(many->field_numbers), NULL);
}

/* Every field's list of its atoms, in order of their numbers. */
static void group_atoms(struct many *many) {
	uint32_t *numbers = ARENA_ARRAY(many->arena, many->atoms_count + 1, uint32_t);
	for (uint32_t i = 0; i < many->atoms_count; i++) {
		numbers[i] = field_of(many, many->atoms[i].field);
	}
	many->fields_count = (uint32_t)map_count(many->field_numbers);
	many->fields = ARENA_ARRAY(many->arena, many->fields_count + 1, struct many_field);
	for (uint32_t i = 0; i < many->atoms_count; i++) {
		many->fields[numbers[i]].atoms.count++;
	}
	for (uint32_t i = 0; i < many->fields_count; i++) {
		struct many_field *field = &many->fields[i];
		uint32_t count = field->atoms.count;
		field->name = map_key(many->field_numbers, i);
		field->atoms = (struct many_list){ARENA_ARRAY(many->arena, count, uint32_t), 0};
	}
	for (uint32_t i = 0; i < many->atoms_count; i++) {
		list_add(&many->fields[numbers[i]].atoms, i);
	}
}

/* The test of an atom that atom_match is asked of. */
void many_need_test(struct many *many, uint32_t atom) {
	if (many->tests[atom] == NULL) {
		enum err err = atom_test_new(many->arena, &many->atoms[atom], &many->tests[atom], NULL);
		ASSERT(err == ERR_OK); /* kinds that can fail have their tests */
	}
}

/* ---- one field ---- */

static void add_ref(struct map *map, struct buf *refs, struct str key, struct many_check check) {
	struct many_ref ref = {(uint32_t)*map_put(map, key, map_count(map), NULL), check};
	buf_append(refs, &ref, sizeof(ref));
}

static bool has_letter(struct str text) {
	for (size_t i = 0; i < text.len; i++) {
		if (char_is_alpha(text.ptr[i])) {
			return true;
		}
	}
	return false;
}

static void plan_byte(struct many_draft *draft, const struct many_piece *piece,
                      struct many_check check) {
	char byte = piece->bytes.ptr[0];
	add_ref(draft->bytes, &draft->byte_refs, str_make(&byte, 1), check);
	if (!piece->cased && char_is_alpha(byte)) {
		byte = (char)(byte ^ 0x20);
		add_ref(draft->bytes, &draft->byte_refs, str_make(&byte, 1), check);
	}
}

static void plan_piece(struct many_draft *draft, uint32_t atom, const struct many_piece *piece) {
	CLEANUP(buf_deinit) struct buf key = {0};
	struct many_check check = {atom, (uint32_t)piece->bytes.len & 0xffffff,
	                           (uint32_t)piece->kind & 0xff};
	buf_append_char(&key, piece->cased || !has_letter(piece->bytes) ? 'c' : 'i');
	buf_append_str(&key, piece->bytes);
	if (piece->kind == MANY_PERHAPS) {
		many_need_test(draft->many, atom);
	}
	if (piece->bytes.len == 1) {
		plan_byte(draft, piece, check);
	} else {
		add_ref(draft->literals, &draft->literal_refs, buf_str(&key), check);
	}
}

static void plan_slow(struct many_draft *draft, uint32_t atom) {
	many_need_test(draft->many, atom);
	list_add(&draft->field->slow, atom);
}

static void plan_equal(struct many_draft *draft, uint32_t atom) {
	const struct atom *a = &draft->many->atoms[atom];
	CLEANUP(buf_deinit) struct buf key = {0};
	bool cased = (a->flags & ATOM_CASED) != 0;
	many_append_folded(&key, a->text);
	if (cased) {
		many_need_test(draft->many, atom);
	}
	add_ref(draft->equal, &draft->equal_refs, buf_str(&key),
	        (struct many_check){.atom = atom, .kind = cased ? MANY_PERHAPS : MANY_HOLDS});
}

static void plan_text(struct many_draft *draft, uint32_t atom) {
	const struct atom *a = &draft->many->atoms[atom];
	struct many_piece pieces[MANY_PIECES_MAX];
	if (many_holds_always(a)) {
		list_add(&draft->field->any, atom);
		return;
	}
	size_t count = many_pieces(a, draft->scratch, pieces);
	for (size_t i = 0; i < count; i++) {
		plan_piece(draft, atom, &pieces[i]);
	}
	if (count == 0) {
		plan_slow(draft, atom);
	}
}

static void plan_number(struct many_draft *draft, uint32_t atom) {
	const struct atom *a = &draft->many->atoms[atom];
	struct many_numbers *numbers = &draft->field->numbers[a->op];
	if (numbers->rows == NULL) {
		numbers->rows =
		    ARENA_ARRAY(draft->many->arena, draft->field->atoms.count, struct many_number);
	}
	numbers->rows[numbers->count++] = (struct many_number){scalar_read(a->text), atom};
}

static void plan_network(struct many_draft *draft, uint32_t atom) {
	struct many_field *field = draft->field;
	if (field->networks == NULL) {
		field->networks = ARENA_ARRAY(draft->many->arena, field->atoms.count, struct many_network);
	}
	struct many_network *row = &field->networks[field->networks_count++];
	row->atom = atom;
	bool ok = network_parse(draft->many->atoms[atom].text, &row->network);
	ASSERT(ok); /* it has a test */
}

static void plan_atom(struct many_draft *draft, uint32_t atom) {
	enum atom_kind kind = draft->many->atoms[atom].kind;
	switch (kind) {
	case ATOM_EXISTS:
		list_add(&draft->field->exists, atom);
		return;
	case ATOM_NULL:
		list_add(&draft->field->null, atom);
		return;
	case ATOM_FIELD:
		return; /* the caller's */
	case ATOM_EQUALS:
	case ATOM_CONTAINS:
	case ATOM_STARTS:
	case ATOM_ENDS:
	case ATOM_WILDCARD:
	case ATOM_REGEX:
	case ATOM_CIDR:
	case ATOM_COMPARE:
	case ATOM_TIME:
	case ATOM_KIND_COUNT:
	default:
		break;
	}
	if (draft->many->plain || kind == ATOM_TIME) {
		plan_slow(draft, atom);
	} else if (kind == ATOM_EQUALS) {
		plan_equal(draft, atom);
	} else if (kind == ATOM_CIDR) {
		plan_network(draft, atom);
	} else if (kind == ATOM_COMPARE) {
		plan_number(draft, atom);
	} else {
		plan_text(draft, atom);
	}
}

static int order_numbers(const void *a, const void *b) {
	const struct many_number *x = a;
	const struct many_number *y = b;
	return scalar_order(&x->scalar, &y->scalar);
}

static int order_networks(const void *a, const void *b) {
	const struct many_network *x = a;
	const struct many_network *y = b;
	if (x->network.prefix != y->network.prefix) {
		return x->network.prefix < y->network.prefix ? -1 : 1;
	}
	return memcmp(x->network.address.bytes, y->network.address.bytes, 16);
}

/* Puts the checks of each number side by side, behind the checks that the field has. */
static struct many_span *span_refs(struct many_draft *draft, const struct buf *refs,
                                   uint32_t numbers, uint32_t *checks_count) {
	const struct many_ref *rows = (const struct many_ref *)(const void *)refs->ptr;
	size_t count = refs->len / sizeof(*rows);
	struct many_span *spans = ARENA_ARRAY(draft->many->arena, numbers + 1, struct many_span);
	for (size_t i = 0; i < count; i++) {
		spans[rows[i].number].count++;
	}
	for (uint32_t i = 0; i < numbers; i++) {
		spans[i].first = *checks_count;
		*checks_count += spans[i].count;
		spans[i].count = 0;
	}
	for (size_t i = 0; i < count; i++) {
		struct many_span *span = &spans[rows[i].number];
		draft->field->checks[span->first + span->count++] = rows[i].check;
	}
	return spans;
}

static void finish_field(struct many_draft *draft) {
	struct many_field *field = draft->field;
	struct arena *arena = draft->many->arena;
	uint32_t checks_count = 0;
	size_t refs = draft->literal_refs.len + draft->equal_refs.len + draft->byte_refs.len;
	field->checks = ARENA_ARRAY(arena, refs / sizeof(struct many_ref) + 1, struct many_check);
	field->bytes_count = (uint32_t)map_count(draft->bytes);
	field->bytes = arena_alloc(arena, field->bytes_count + 1);
	for (uint32_t i = 0; i < field->bytes_count; i++) {
		field->bytes[i] = map_key(draft->bytes, i).ptr[0];
	}
	field->byte_spans = span_refs(draft, &draft->byte_refs, field->bytes_count, &checks_count);
	field->literals_count = (uint32_t)map_count(draft->literals);
	field->literal_spans =
	    span_refs(draft, &draft->literal_refs, field->literals_count, &checks_count);
	field->equal_spans =
	    span_refs(draft, &draft->equal_refs, (uint32_t)map_count(draft->equal), &checks_count);
	if (map_count(draft->equal) > 0) {
		field->equal = TAKE(draft->equal);
	}
	for (size_t op = 0; op < ATOM_OP_COUNT; op++) {
		if (field->numbers[op].count > 0) {
			qsort(field->numbers[op].rows, field->numbers[op].count, sizeof(struct many_number),
			      order_numbers);
		}
	}
	if (field->networks_count > 0) {
		qsort(field->networks, field->networks_count, sizeof(*field->networks), order_networks);
	}
}

static void plan_grams(struct many_draft *draft) {
	struct many_field *field = draft->field;
	struct arena *arena = draft->many->arena;
	struct many_literal *literals = ARENA_ARRAY(arena, field->literals_count, struct many_literal);
	for (uint32_t i = 0; i < field->literals_count; i++) {
		struct str key = map_key(draft->literals, i);
		char *bytes = arena_alloc(arena, key.len);
		bool cased = key.ptr[0] == 'c';
		for (size_t k = 1; k < key.len; k++) {
			bytes[k - 1] = cased ? key.ptr[k] : char_lower(key.ptr[k]);
		}
		literals[i] = (struct many_literal){str_make(bytes, key.len - 1), cased};
	}
	if (field->literals_count > 0) {
		field->grams = many_grams_new(arena, literals, field->literals_count);
	}
}

static void plan_field(struct many *many, struct many_field *field, struct arena *scratch) {
	struct many_draft draft = {.many = many,
	                           .field = field,
	                           .scratch = scratch,
	                           .literals = map_new(),
	                           .equal = map_new(),
	                           .bytes = map_new()};
	struct many_list *const lists[] = {&field->any, &field->exists, &field->null, &field->slow};
	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		lists[i]->atoms = ARENA_ARRAY(many->arena, field->atoms.count, uint32_t);
	}
	for (uint32_t i = 0; i < field->atoms.count; i++) {
		plan_atom(&draft, field->atoms.atoms[i]);
	}
	finish_field(&draft);
	if (field->null.count > 0) {
		list_add(&many->null_fields, (uint32_t)(field - many->fields));
	}
	plan_grams(&draft);
	map_free(draft.literals);
	map_free(draft.equal);
	map_free(draft.bytes);
	buf_deinit(&draft.byte_refs);
	buf_deinit(&draft.literal_refs);
	buf_deinit(&draft.equal_refs);
}

/* ---- all ---- */

struct many *many_build_finish(struct many_build *build) {
	struct many *many = build->many;
	CLEANUP(arena_freep) struct arena *scratch = arena_new(SIZE_MAX);
	many->atoms = ARENA_ARRAY(many->arena, many->atoms_count + 1, struct atom);
	many->tests = ARENA_ARRAY(many->arena, many->atoms_count + 1, struct atom_test *);
	many->rules = ARENA_ARRAY(many->arena, many->rules_count + 1, struct many_rule);
	struct buf moved[] = {build->atoms, build->tests, build->rules};
	void *const to[] = {many->atoms, many->tests, many->rules};
	for (size_t i = 0; i < ARRAY_LEN(moved); i++) {
		if (moved[i].len > 0) {
			memcpy(to[i], moved[i].ptr, moved[i].len);
		}
	}
	group_atoms(many);
	many->null_fields.atoms = ARENA_ARRAY(many->arena, many->fields_count + 1, uint32_t);
	for (uint32_t i = 0; i < many->fields_count; i++) {
		plan_field(many, &many->fields[i], scratch);
		arena_reset(scratch);
	}
	many_index(many);
	build->many = NULL;
	many_build_free(build);
	return many;
}

void many_free(struct many *many) {
	if (many == NULL) {
		return;
	}
	for (uint32_t i = 0; i < many->atoms_count; i++) {
		atom_test_deinit(many->tests[i]);
	}
	for (uint32_t i = 0; i < many->fields_count; i++) {
		map_free(many->fields[i].equal);
	}
	map_free(many->field_numbers);
	arena_free(many->arena);
	free(many);
}

uint32_t many_field(const struct many *many, struct str name) {
	const uint64_t *number = map_find(many->field_numbers, name);
	return number == NULL ? MANY_NO_FIELD : (uint32_t)*number;
}

uint32_t many_fields_count(const struct many *many) {
	return many->fields_count;
}

struct str many_field_name(const struct many *many, uint32_t field) {
	ASSERT(field < many->fields_count);
	return many->fields[field].name;
}

uint32_t many_atoms_count(const struct many *many) {
	return many->atoms_count;
}

uint32_t many_rules_count(const struct many *many) {
	return many->rules_count;
}

const struct atom *many_atom(const struct many *many, uint32_t atom) {
	ASSERT(atom < many->atoms_count);
	return &many->atoms[atom];
}

const struct program *many_program(const struct many *many, uint32_t rule, uint32_t *out_group) {
	ASSERT(rule < many->rules_count);
	*out_group = many->rules[rule].group;
	return &many->rules[rule].program;
}
