/* Adding skeletons. */
#include "codec/shapes.h"

#include "base/arena.h"

struct row {
	uint64_t hash;
	struct str text;
	uint64_t rows;
};

struct shapes {
	struct arena *arena;
	struct row *rows;
	uint32_t count;
	uint32_t rows_cap;
	uint32_t *slots;
	uint32_t slots_cap;
	uint64_t fresh[SHAPES_WINDOW / 64];
	uint32_t fresh_count;
	uint32_t window_at;
};

struct shapes *shapes_new(void) {
	struct shapes *shapes = calloc(1, sizeof(*shapes));
	ASSERT(shapes != NULL);
	shapes->arena = arena_new(SIZE_MAX);
	shapes->slots_cap = 1024;
	shapes->slots = calloc(shapes->slots_cap, 4);
	ASSERT(shapes->slots != NULL);
	return shapes;
}
void shapes_free(struct shapes *shapes) {
	if (shapes != NULL) {
		arena_free(shapes->arena);
		free(shapes->rows);
		free(shapes->slots);
		free(shapes);
	}
}
void shapes_freep(struct shapes **shapes) {
	shapes_free(*shapes);
	*shapes = NULL;
}
uint32_t shapes_add(struct shapes *s, struct str skeleton, uint64_t hash, uint32_t rows) {
	uint32_t at = (uint32_t)hash & (s->slots_cap - 1);
	while (s->slots[at] != 0) {
		struct row *row = &s->rows[s->slots[at] - 1];
		if (row->hash == hash && str_eq(row->text, skeleton)) {
			row->rows += rows;
			return s->slots[at] - 1;
		}
		at = (at + 1) & (s->slots_cap - 1);
	}
	if (s->count == s->rows_cap) {
		s->rows_cap = s->rows_cap == 0 ? 1024 : s->rows_cap * 2;
		s->rows = reallocarray(s->rows, s->rows_cap, sizeof(*s->rows));
		ASSERT(s->rows != NULL);
	}
	s->rows[s->count] = (struct row){hash, arena_str(s->arena, skeleton), rows};
	s->slots[at] = ++s->count;
	if (s->count * 2 > s->slots_cap) {
		free(s->slots);
		s->slots_cap *= 2;
		s->slots = calloc(s->slots_cap, 4);
		ASSERT(s->slots != NULL);
		for (uint32_t i = 0; i < s->count; i++) {
			at = (uint32_t)s->rows[i].hash & (s->slots_cap - 1);
			while (s->slots[at] != 0) {
				at = (at + 1) & (s->slots_cap - 1);
			}
			s->slots[at] = i + 1;
		}
	}
	return s->count - 1;
}
size_t shapes_skeletons(const struct shapes *s) {
	return s->count;
}
void shapes_mine(struct shapes *s) {
	(void)s;
}
size_t shapes_count(const struct shapes *s) {
	return s->count;
}
struct str shapes_text(const struct shapes *s, uint32_t i) {
	return s->rows[i].text;
}
uint64_t shapes_rows(const struct shapes *s, uint32_t i) {
	return s->rows[i].rows;
}
