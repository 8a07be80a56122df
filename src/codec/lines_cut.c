/* The rows of one batch, cut into skeletons and values. Batches are cut in any thread; what is
 * common to all of them is found in lines_draft.c.
 */
#include "codec/lines_private.h"

static void *grow(void *array, uint32_t *cap, uint32_t need, size_t size) {
	if (need <= *cap) {
		return array;
	}
	*cap = MAX_OF(need, *cap + *cap / 2 + 64);
	void *bigger = reallocarray(array, *cap, size);
	ASSERT(bigger != NULL);
	return bigger;
}

static void add_kind(struct lines_cut *cut, struct str skeleton, uint64_t hash, uint32_t values) {
	cut->kinds = grow(cut->kinds, &cut->kinds_cap, cut->kinds_count + 1, sizeof(*cut->kinds));
	cut->kinds[cut->kinds_count++] = (struct lines_cut_kind){
	    .hash = hash, .values = values, .skeleton = cut->bytes.len, .skeleton_len = skeleton.len};
	buf_append_str(&cut->bytes, skeleton);
}

struct lines_cut *lines_cut_new(void) {
	struct lines_cut *cut = calloc(1, sizeof(*cut));
	ASSERT(cut != NULL);
	add_kind(cut, STR(""), 0, 0); /* kept whole */
	cut->table_size = 256;
	cut->table = calloc(cut->table_size, sizeof(*cut->table));
	ASSERT(cut->table != NULL);
	return cut;
}

void lines_cut_free(struct lines_cut *cut) {
	if (cut != NULL) {
		cut_line_deinit(&cut->line);
		buf_deinit(&cut->bytes);
		free(cut->rows);
		free(cut->kinds);
		free(cut->table);
		free(cut->values);
		free(cut);
	}
}

/* A growing array has room for half as much again. */
static void *shrink(void *array, uint32_t *cap, uint32_t count, size_t size) {
	if (count == 0 || count == *cap) {
		return array;
	}
	void *smaller = reallocarray(array, count, size);
	ASSERT(smaller != NULL);
	*cap = count;
	return smaller;
}

void lines_cut_seal(struct lines_cut *cut) {
	cut_line_deinit(&cut->line);
	cut->line = (struct cut_line){0};
	free(cut->table);
	cut->table = NULL;
	cut->rows = shrink(cut->rows, &cut->rows_cap, cut->rows_count, sizeof(*cut->rows));
	cut->values = shrink(cut->values, &cut->values_cap, cut->values_count, sizeof(*cut->values));
}

void lines_cut_expect(struct lines_cut *cut, uint32_t rows) {
	cut->rows_expected = rows;
	cut->rows = grow(cut->rows, &cut->rows_cap, rows, sizeof(*cut->rows));
}

/* ---- kinds ---- */

static uint32_t *find_cell(const struct lines_cut *cut, struct str skeleton, uint64_t hash) {
	uint32_t at = (uint32_t)hash & (cut->table_size - 1);
	while (cut->table[at] != 0) {
		uint32_t kind = cut->table[at];
		if (cut->kinds[kind].hash == hash && str_eq(lines_cut_skeleton(cut, kind), skeleton)) {
			break;
		}
		at = (at + 1) & (cut->table_size - 1);
	}
	return &cut->table[at];
}

static void grow_table(struct lines_cut *cut) {
	cut->table_size *= 4;
	free(cut->table);
	cut->table = calloc(cut->table_size, sizeof(*cut->table));
	ASSERT(cut->table != NULL);
	for (uint32_t kind = 1; kind < cut->kinds_count; kind++) {
		*find_cell(cut, lines_cut_skeleton(cut, kind), cut->kinds[kind].hash) = kind;
	}
}

static uint32_t find_kind(struct lines_cut *cut) {
	struct str skeleton = buf_str(&cut->line.skeleton);
	uint32_t *cell = find_cell(cut, skeleton, cut->line.hash);
	if (*cell != 0) {
		return *cell;
	}
	uint32_t kind = cut->kinds_count;
	*cell = kind;
	add_kind(cut, skeleton, cut->line.hash, cut->line.count);
	if (cut->kinds_count * 2 > cut->table_size) {
		grow_table(cut);
	}
	return kind;
}

/* ---- rows ---- */

/* Room for need values, or for those of all rows that are expected, once enough rows say how many
 * each has: an array that grows step by step is copied, and leaves holes in the heap. */
static uint32_t room_for(const struct lines_cut *cut, uint32_t need) {
	enum { ROWS_SURE = 128 };
	if (cut->rows_count < ROWS_SURE || cut->rows_count >= cut->rows_expected) {
		return need;
	}
	uint64_t all = (uint64_t)need * cut->rows_expected / cut->rows_count;
	return (uint32_t)MAX_OF((uint64_t)need, MIN_OF(all + all / 32, (uint64_t)UINT32_MAX / 2));
}

static void add_values(struct lines_cut *cut) {
	uint32_t need = cut->values_count + cut->line.count;
	if (need > cut->values_cap) {
		cut->values =
		    grow(cut->values, &cut->values_cap, room_for(cut, need), sizeof(*cut->values));
	}
	memcpy(cut->values + cut->values_count, cut->line.values,
	       cut->line.count * sizeof(*cut->values));
	cut->values_count = need;
}

void lines_cut_add(struct lines_cut *cut, struct str text) {
	ASSERT(cut->table != NULL);
	struct lines_cut_row row = {.text = text, .values = cut->values_count};
	if (skeleton_cut(text, &cut->line)) {
		row.kind = find_kind(cut);
		if (cut->line.count > 0) {
			add_values(cut);
		}
	}
	cut->kinds[row.kind].rows++;
	cut->rows = grow(cut->rows, &cut->rows_cap, cut->rows_count + 1, sizeof(*cut->rows));
	cut->rows[cut->rows_count++] = row;
}

uint32_t lines_cut_rows(const struct lines_cut *cut) {
	return cut->rows_count;
}

struct str lines_cut_text(const struct lines_cut *cut, uint32_t row) {
	ASSERT(row < cut->rows_count);
	return cut->rows[row].text;
}

uint32_t lines_cut_kind(const struct lines_cut *cut, uint32_t row) {
	ASSERT(row < cut->rows_count);
	return cut->rows[row].kind;
}

struct str lines_cut_kind_skeleton(const struct lines_cut *cut, uint32_t kind) {
	ASSERT(kind < cut->kinds_count);
	return lines_cut_skeleton(cut, kind);
}

uint32_t lines_cut_kinds(const struct lines_cut *cut) {
	return cut->kinds_count;
}

static const struct cut_value *values_of(const struct lines_cut *cut, uint32_t row,
                                         uint32_t *out_count) {
	ASSERT(row < cut->rows_count);
	const struct lines_cut_row *entry = &cut->rows[row];
	ASSERT(entry->kind != 0);
	*out_count = cut->kinds[entry->kind].values;
	return cut->values == NULL ? NULL : cut->values + entry->values;
}

static struct lines_place place_of(const struct cut_value *values, uint32_t count,
                                   uint32_t offset) {
	uint32_t before = 0; /* bytes of the values before */
	for (uint32_t i = 0; i < count; i++) {
		if (offset <= values[i].offset) {
			return (struct lines_place){LINES_LITERAL, (uint16_t)i, offset - before};
		}
		if (offset < values[i].offset + values[i].len) {
			return (struct lines_place){LINES_INSIDE, (uint16_t)i, offset - values[i].offset};
		}
		before += values[i].len;
	}
	return (struct lines_place){LINES_LITERAL, (uint16_t)count, offset - before};
}

struct lines_place lines_cut_place(const struct lines_cut *cut, uint32_t row, uint32_t offset) {
	ASSERT(row < cut->rows_count);
	const struct lines_cut_row *entry = &cut->rows[row];
	ASSERT(offset <= entry->text.len);
	if (entry->kind == 0) { /* one slot that is all of the text */
		struct cut_value whole = {.len = (uint32_t)entry->text.len};
		return place_of(&whole, 1, offset);
	}
	uint32_t count;
	const struct cut_value *values = values_of(cut, row, &count);
	return place_of(values, count, offset);
}

_Static_assert((int)LINES_SLOTS_MAX > (int)SKELETON_VALUES_MAX, "sums of all rows fit");

struct lines_place lines_cut_end(const struct lines_cut *cut, uint32_t row) {
	uint32_t count;
	(void)values_of(cut, row, &count);
	size_t literal = cut->kinds[cut->rows[row].kind].skeleton_len - 2 * (size_t)count;
	return (struct lines_place){LINES_LITERAL, (uint16_t)count, (uint32_t)literal};
}

static uint32_t offset_of(const struct cut_value *values, uint32_t count,
                          struct lines_place place) {
	ASSERT(place.where != LINES_NOWHERE);
	if (place.where == LINES_INSIDE) {
		ASSERT(place.slot < count);
		return values[place.slot].offset + place.at;
	}
	uint32_t offset = place.at;
	ASSERT(place.slot <= count);
	for (uint32_t i = 0; i < place.slot; i++) {
		offset += values[i].len;
	}
	return offset;
}

void lines_cut_offsets(const struct lines_cut *cut, uint32_t row, const struct lines_place *places,
                       uint32_t places_count, uint32_t *out_offsets) {
	uint32_t count;
	const struct cut_value *values = values_of(cut, row, &count);
	for (uint32_t i = 0; i < places_count; i++) {
		out_offsets[i] = offset_of(values, count, places[i]);
	}
}

uint32_t lines_cut_sums(const struct lines_cut *cut, uint32_t row, uint32_t *out_sums) {
	uint32_t count;
	const struct cut_value *values = values_of(cut, row, &count);
	uint32_t sum = 0;
	for (uint32_t i = 0; i < count; i++) {
		out_sums[i] = sum;
		sum += values[i].len;
	}
	out_sums[count] = sum;
	return count + 1;
}

bool lines_cut_has_empty(const struct lines_cut *cut, uint32_t row) {
	uint32_t count;
	const struct cut_value *values = values_of(cut, row, &count);
	bool empty = false;
	for (uint32_t i = 0; i < count; i++) {
		empty = empty || values[i].len == 0;
	}
	return empty;
}

uint8_t lines_cut_code(const struct lines_cut *cut, uint32_t row, uint32_t slot) {
	uint32_t count;
	struct skeleton_part part = {.code = 0};
	(void)values_of(cut, row, &count);
	ASSERT(slot < count);
	struct str rest = lines_cut_skeleton(cut, cut->rows[row].kind);
	for (uint32_t i = 0; i <= slot; i++) {
		bool more = skeleton_next(&rest, &part);
		ASSERT(more);
	}
	return part.code;
}

void lines_cut_move(struct lines_cut *cut, uint32_t row, const char *text) {
	ASSERT(row < cut->rows_count);
	cut->rows[row].text.ptr = text;
}

size_t lines_cut_bytes(const struct lines_cut *cut) {
	return sizeof(*cut) + cut->rows_cap * sizeof(*cut->rows) +
	       cut->kinds_cap * sizeof(*cut->kinds) + cut->bytes.cap +
	       cut->values_cap * sizeof(*cut->values) +
	       (cut->table != NULL ? cut->table_size * sizeof(*cut->table) : 0);
}
