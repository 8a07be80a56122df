/* The database of a field: Vectorscan looks for all its literals in one pass. Regexes are not given
 * to it (docs/decisions/many-rules.md). */
#include "base/limits.h"
#include "expr/many_plan.h"

/* Vectorscan 5.4.9 makes an automaton of few literals, and that one misses some of them in texts of
 * more than 64 bytes; of many it makes tables, which do not. So there are always many: the further
 * ones are of bytes that hardly stand side by side, and their numbers are not looked at. */
enum { LITERALS_MIN = 64, FILLER_LEN = 6 };

static const char *filler(struct arena *arena, uint32_t number) {
	char *text = arena_alloc(arena, FILLER_LEN);
	for (uint32_t i = 0; i < FILLER_LEN; i++) {
		text[i] = (char)(0xf8 + ((number >> (i % 3 * 3)) + i * 5) % 8);
	}
	text[FILLER_LEN - 1] = (char)(1 + number % 8);
	text[FILLER_LEN - 2] = (char)(0x10 + number / 8 % 8);
	return text;
}

/* NULL when it cannot be compiled. */
static hs_database_t *compile_literals(const struct many_draft *draft) {
	uint32_t count = draft->field->literals_count;
	uint32_t all = MAX_OF(count, (uint32_t)LITERALS_MIN);
	const char **texts = ARENA_ARRAY(draft->scratch, all, const char *);
	size_t *lens = ARENA_ARRAY(draft->scratch, all, size_t);
	unsigned *flags = ARENA_ARRAY(draft->scratch, all, unsigned);
	unsigned *ids = ARENA_ARRAY(draft->scratch, all, unsigned);
	for (uint32_t i = 0; i < all; i++) {
		struct str key = i < count ? map_key(draft->literals, i) : STR("");
		bool is_filler = i >= count;
		texts[i] = is_filler ? filler(draft->scratch, i) : key.ptr + 1;
		lens[i] = is_filler ? FILLER_LEN : key.len - 1;
		flags[i] = !is_filler && key.ptr[0] == 'i' ? HS_FLAG_CASELESS : 0;
		ids[i] = i;
	}
	hs_database_t *database = NULL;
	hs_compile_error_t *error = NULL;
	(void)draft->many->hs.hs_compile_lit_multi(texts, flags, ids, lens, all, HS_MODE_BLOCK, NULL,
	                                           &database, &error); /* no database says it */
	(void)draft->many->hs.hs_free_compile_error(error);            /* NULL is fine */
	return database;
}

static void list_add(struct many_list *list, uint32_t atom) {
	list->atoms[list->count++] = atom;
}

/* Without a database atom_match is asked of everything that it would have found. */
void many_without_literals(struct many *many, struct many_field *field) {
	const struct many_span *spans = field->literal_spans;
	bool *is_seen = calloc(many->atoms_count, sizeof(bool));
	ASSERT(is_seen != NULL);
	for (uint32_t i = 0; i < field->literals_count; i++) {
		for (uint32_t k = 0; k < spans[i].count; k++) {
			uint32_t atom = field->checks[spans[i].first + k].atom;
			if (!is_seen[atom]) {
				is_seen[atom] = true;
				many_need_test(many, atom);
				list_add(&field->slow, atom);
			}
		}
	}
	free(is_seen);
	field->literals_count = 0;
}

void many_compile(struct many *many, struct many_field *field, struct many_draft *draft) {
	if (field->literals_count > 0) {
		field->literals = compile_literals(draft);
		if (field->literals == NULL) {
			many_without_literals(many, field);
		}
	}
}
