/* Adding skeletons under a budget, and shapes from what was mined: the text of a skeleton with
 * marks in place of the words that vary. Skeletons whose texts are equal then are one shape.
 */
#include "codec/shapes.h"

#include "base/arena.h"
#include "base/bits.h"
#include "base/hash.h"
#include "base/map.h"
#include "codec/shapes_mine.h"
#include "codec/shapes_words.h"

enum { ROWS_FIRST = 256, SHAPES_FEW = 4 /* skeletons for each shape */ };

struct row {
	struct str text;
	uint64_t hash;
	uint64_t rows;
	uint32_t shape;
	uint32_t slots_count;
	struct shape_slot *slots;
};

struct shapes {
	struct arena *arena; /* texts and slots */
	struct row *rows;    /* skeletons */
	uint32_t count;
	uint32_t cap;
	uint32_t *table; /* of skeletons by hash: number + 1, 0 is empty */
	uint32_t table_mask;
	uint64_t fresh[SHAPES_WINDOW / 64]; /* bit: a line of the window brought a new skeleton */
	uint32_t fresh_count;
	uint32_t window_at;
	uint32_t limit; /* new skeletons above it are refused while many are new */
	bool shapeless; /* it will not be raised */
	bool mined;
	struct map *texts; /* of shapes: to their numbers, in order of these */
	uint64_t *shape_rows;
};

struct shapes *shapes_new(void) {
	struct shapes *shapes = calloc(1, sizeof(*shapes));
	ASSERT(shapes != NULL);
	shapes->arena = arena_new(SIZE_MAX);
	shapes->texts = map_new();
	shapes->limit = SHAPES_SKELETONS_MAX;
	shapes->table_mask = 2 * ROWS_FIRST - 1;
	shapes->table = calloc(shapes->table_mask + 1, sizeof(*shapes->table));
	ASSERT(shapes->table != NULL);
	return shapes;
}

void shapes_free(struct shapes *shapes) {
	if (shapes != NULL) {
		arena_free(shapes->arena);
		map_free(shapes->texts);
		free(shapes->rows);
		free(shapes->table);
		free(shapes->shape_rows);
		free(shapes);
	}
}

void shapes_freep(struct shapes **shapes) {
	shapes_free(*shapes);
	*shapes = NULL;
}

/* The place in the table that has the skeleton, or the empty one where it belongs. */
static uint32_t find_place(const struct shapes *shapes, struct str skeleton, uint64_t hash) {
	uint32_t at = (uint32_t)hash & shapes->table_mask;
	while (shapes->table[at] != 0) {
		const struct row *row = &shapes->rows[shapes->table[at] - 1];
		if (row->hash == hash && str_eq(row->text, skeleton)) {
			break;
		}
		at = (at + 1) & shapes->table_mask;
	}
	return at;
}

void shapes_fetch(const struct shapes *shapes, uint64_t hash, enum shapes_step step) {
	const uint32_t *place = &shapes->table[(uint32_t)hash & shapes->table_mask];
	if (shapes->count == 0) {
		return;
	}
	if (step == SHAPES_PLACE) {
		__builtin_prefetch(place);
	} else if (*place != 0) {
		const struct row *row = &shapes->rows[*place - 1];
		__builtin_prefetch(step == SHAPES_ENTRY ? (const char *)row : row->text.ptr);
	}
}

/* Room for one more, in a table at most half full. */
static void make_room(struct shapes *shapes) {
	if (shapes->count < shapes->cap) {
		return;
	}
	shapes->cap = shapes->cap == 0 ? ROWS_FIRST : shapes->cap * 2;
	shapes->rows = reallocarray(shapes->rows, shapes->cap, sizeof(*shapes->rows));
	free(shapes->table);
	shapes->table_mask = 2 * shapes->cap - 1;
	shapes->table = calloc(shapes->table_mask + 1, sizeof(*shapes->table));
	ASSERT(shapes->rows != NULL);
	ASSERT(shapes->table != NULL);
	for (uint32_t i = 0; i < shapes->count; i++) {
		uint32_t at = (uint32_t)shapes->rows[i].hash & shapes->table_mask;
		while (shapes->table[at] != 0) {
			at = (at + 1) & shapes->table_mask;
		}
		shapes->table[at] = i + 1;
	}
}

/* Moves the window on by a line, which brought a new skeleton or not. */
static void window_put(struct shapes *shapes, bool is_new) {
	uint32_t at = shapes->window_at++ % SHAPES_WINDOW;
	shapes->fresh_count -= bits_get(shapes->fresh, at);
	shapes->fresh_count += is_new;
	if (is_new) {
		bits_set(shapes->fresh, at);
	} else {
		bits_clear(shapes->fresh, at);
	}
}

/* Mines into bits of words for each skeleton (the caller frees them): how many patterns are left.
 */
static uint32_t mine(const struct shapes *shapes, struct mined **out_mined) {
	struct mined *mined = calloc((size_t)shapes->count + 1, sizeof(*mined));
	ASSERT(mined != NULL);
	for (uint32_t i = 0; i < shapes->count; i++) {
		mined[i] = (struct mined){.skeleton = shapes->rows[i].text, .rows = shapes->rows[i].rows};
	}
	*out_mined = mined;
	return mine_words(mined, shapes->count);
}

/* Whether there is room for a new skeleton within the budget. */
static bool may_add(struct shapes *shapes) {
	if (shapes->count < shapes->limit) {
		return true;
	}
	if (shapes->count >= SHAPES_SKELETONS_HARD_MAX) {
		return false;
	}
	if (shapes->fresh_count <= SHAPES_WINDOW / 2) {
		return true;
	}
	if (!shapes->shapeless) {
		struct mined *mined;
		shapes->shapeless = mine(shapes, &mined) > shapes->count / SHAPES_FEW;
		free(mined);
		shapes->limit = shapes->count + (shapes->shapeless ? 0 : SHAPES_SKELETONS_MAX);
	}
	return !shapes->shapeless;
}

uint32_t shapes_add(struct shapes *shapes, struct str skeleton, uint64_t hash, uint32_t rows) {
	ASSERT(!shapes->mined);
	uint32_t at = find_place(shapes, skeleton, hash);
	bool is_new = shapes->table[at] == 0;
	window_put(shapes, is_new);
	if (!is_new) {
		uint32_t number = shapes->table[at] - 1;
		shapes->rows[number].rows += rows;
		return number;
	}
	if (!may_add(shapes)) {
		return SHAPES_NONE;
	}
	make_room(shapes);
	at = find_place(shapes, skeleton, hash);
	shapes->rows[shapes->count] =
	    (struct row){.text = arena_str(shapes->arena, skeleton), .hash = hash, .rows = rows};
	shapes->table[at] = ++shapes->count;
	return shapes->count - 1;
}

size_t shapes_skeletons(const struct shapes *shapes) {
	return shapes->count;
}

struct str shapes_skeleton(const struct shapes *shapes, uint32_t skeleton) {
	ASSERT(skeleton < shapes->count);
	return shapes->rows[skeleton].text;
}

/* A skeleton while it becomes a shape. */
struct build {
	struct str text; /* the skeleton */
	struct buf out;  /* the shape's text */
	struct shape_slot slots[SKELETON_VALUES_MAX + WORDS_MAX];
	uint32_t slots_count;
	int32_t values; /* of the skeleton so far */
};

/* Copies [at, end) of the skeleton; its marks are slots as they are. */
static void build_same(struct build *build, size_t at, size_t end) {
	buf_append(&build->out, build->text.ptr + at, end - at);
	for (; at < end; at++) {
		if ((uint8_t)build->text.ptr[at] == SKELETON_SLOT) {
			build->slots[build->slots_count++] =
			    (struct shape_slot){.value = build->values++, .values = 1};
			at++;
		}
	}
}

/* A word that becomes a slot, with the values that are in it. */
static void build_slot(struct build *build, const struct word *word) {
	struct str text = str_make(build->text.ptr + word->start, word->len);
	struct shape_slot slot = {.value = -1, .word = text};
	const char mark[2] = {(char)SKELETON_SLOT, SLOT_TEXT};
	uint32_t literal = 0; /* bytes since the last mark */
	for (size_t at = 0; at < text.len; at++) {
		if ((uint8_t)text.ptr[at] != SKELETON_SLOT) {
			literal++;
			continue;
		}
		if (slot.values == 0) {
			slot = (struct shape_slot){.value = build->values, .before = literal};
		}
		slot.values++;
		build->values++;
		literal = 0;
		at++;
	}
	slot.after = slot.values > 0 ? literal : 0;
	build->slots[build->slots_count++] = slot;
	buf_append(&build->out, mark, sizeof(mark));
}

/* The shape of a skeleton, by its text. */
static void build_shape(struct shapes *shapes, struct row *row, uint64_t wild,
                        struct build *build) {
	struct word words[WORDS_MAX];
	uint64_t hash;
	uint32_t count =
	    wild == 0 ? 0 : words_find(row->text, mine_words_max(shapes->count), words, &hash);
	size_t at = 0;
	build->text = row->text;
	build->slots_count = 0;
	build->values = 0;
	buf_clear(&build->out);
	for (uint32_t i = 0; i < count; i++) {
		if ((wild >> i & 1) != 0) {
			build_same(build, at, words[i].start);
			build_slot(build, &words[i]);
			at = words[i].start + words[i].len;
		}
	}
	build_same(build, at, row->text.len);
	row->shape =
	    (uint32_t)*map_put(shapes->texts, buf_str(&build->out), map_count(shapes->texts), NULL);
	row->slots_count = build->slots_count;
	row->slots = ARENA_ARRAY(shapes->arena, build->slots_count, struct shape_slot);
	if (build->slots_count > 0) {
		memcpy(row->slots, build->slots, build->slots_count * sizeof(*row->slots));
	}
}

void shapes_mine(struct shapes *shapes) {
	ASSERT(!shapes->mined);
	struct build *build = calloc(1, sizeof(*build));
	struct mined *mined;
	ASSERT(build != NULL);
	(void)mine(shapes, &mined); /* equal texts are counted below */
	for (uint32_t i = 0; i < shapes->count; i++) {
		build_shape(shapes, &shapes->rows[i], mined[i].wild, build);
	}
	buf_deinit(&build->out);
	free(build);
	free(mined);
	shapes->shape_rows = calloc(map_count(shapes->texts) + 1, sizeof(*shapes->shape_rows));
	ASSERT(shapes->shape_rows != NULL);
	for (uint32_t i = 0; i < shapes->count; i++) {
		shapes->shape_rows[shapes->rows[i].shape] += shapes->rows[i].rows;
	}
	shapes->mined = true;
}

size_t shapes_count(const struct shapes *shapes) {
	ASSERT(shapes->mined);
	return map_count(shapes->texts);
}

struct str shapes_text(const struct shapes *shapes, uint32_t shape) {
	ASSERT(shapes->mined);
	return map_key(shapes->texts, shape);
}

uint64_t shapes_rows(const struct shapes *shapes, uint32_t shape) {
	ASSERT(shape < shapes_count(shapes));
	return shapes->shape_rows[shape];
}

uint32_t shapes_of(const struct shapes *shapes, uint32_t skeleton,
                   const struct shape_slot **out_slots, uint32_t *out_count) {
	ASSERT(shapes->mined);
	ASSERT(skeleton < shapes->count);
	const struct row *row = &shapes->rows[skeleton];
	*out_slots = row->slots;
	*out_count = row->slots_count;
	return row->shape;
}
