/* All rows of a block put together: skeletons of the batches become shapes, rows are sorted by
 * shape, and each slot of each shape becomes a column.
 *
 * Parts: LINES_SHAPES is blobs. The first: number of shapes but the first (varint), rows of
 * shape 0 (varint); for each other shape its rows (varint, > 0) and the length of its skeleton
 * (varint); for each group of LINES_GROUP shapes but the first how far its columns begin behind
 * those of the group before: bytes of the table and of the codes, texts, numbers of each pool that
 * is there (varints); for each group 1 byte: whether some slot of addresses in it does not lie in
 * the pool of addresses. Then for each chunk of LINES_CHUNK groups two blobs: the skeletons, one
 * behind the other; table entries (slots.h), shape by shape, slot by slot. LINES_WHOLE is the texts
 * (texts.h) of the rows of shape 0. The others: order.h, slots.h.
 */
#include "codec/compress.h"
#include "codec/lines_private.h"
#include "codec/order.h"
#include "codec/shapes.h"
#include "codec/slots.h"

struct draft_kind {    /* of a cut, in terms of the whole */
	uint32_t skeleton; /* SHAPES_NONE: kept whole */
	uint32_t shape;    /* once mined */
	const struct shape_slot *slots;
	uint32_t slots_count;
};

struct draft_cut {
	struct lines_cut *cut;
	uint32_t first; /* row */
	struct draft_kind *kinds;
};

struct lines_draft {
	struct draft_cut *cuts;
	uint32_t cuts_count, cuts_cap;
	int64_t *times;
	uint32_t rows, rows_cap;
	struct shapes *shapes;
	bool mined;
	uint32_t *shape_of;
};

static void *grow(void *array, uint32_t *cap, uint32_t need, size_t size) {
	if (need <= *cap) {
		return array;
	}
	*cap = MAX_OF(need, *cap + *cap / 2 + 64);
	void *bigger = reallocarray(array, *cap, size);
	ASSERT(bigger != NULL);
	return bigger;
}

static void *new_array(size_t count, size_t size) {
	void *array = reallocarray(NULL, MAX_OF(count, (size_t)1), size);
	ASSERT(array != NULL);
	return array;
}

struct lines_draft *lines_draft_new(void) {
	struct lines_draft *draft = calloc(1, sizeof(*draft));
	ASSERT(draft != NULL);
	draft->shapes = shapes_new();
	return draft;
}

void lines_draft_free(struct lines_draft *draft) {
	if (draft != NULL) {
		for (uint32_t i = 0; i < draft->cuts_count; i++) {
			lines_cut_free(draft->cuts[i].cut);
			free(draft->cuts[i].kinds);
		}
		shapes_free(draft->shapes);
		free(draft->cuts);
		free(draft->times);
		free(draft->shape_of);
		free(draft);
	}
}

/* Skeletons of batches lie anywhere among those at hand. */
static void fetch_skeletons(const struct shapes *shapes, const struct lines_cut *cut, uint32_t i) {
	enum { STEPS = SHAPES_TEXT + 1, AHEAD = 5 };
	for (uint32_t step = 0; step < STEPS; step++) {
		uint32_t kind = i + AHEAD * (STEPS - step);
		if (kind < cut->kinds_count) {
			shapes_fetch(shapes, cut->kinds[kind].hash, (enum shapes_step)step);
		}
	}
}

void lines_draft_add(struct lines_draft *draft, struct lines_cut *cut, const int64_t *times) {
	ASSERT(!draft->mined);
	ASSERT(draft->rows + cut->rows_count <= LINES_ROWS_MAX);
	struct draft_cut added = {.cut = cut, .first = draft->rows};
	lines_cut_seal(cut);
	added.kinds = new_array(cut->kinds_count, sizeof(*added.kinds));
	for (uint32_t i = 0; i < cut->kinds_count; i++) {
		const struct lines_cut_kind *kind = &cut->kinds[i];
		fetch_skeletons(draft->shapes, cut, i);
		added.kinds[i] = (struct draft_kind){.skeleton = SHAPES_NONE};
		if (i > 0) {
			added.kinds[i].skeleton =
			    shapes_add(draft->shapes, lines_cut_skeleton(cut, i), kind->hash, kind->rows);
		}
	}
	draft->cuts = grow(draft->cuts, &draft->cuts_cap, draft->cuts_count + 1, sizeof(added));
	draft->cuts[draft->cuts_count++] = added;
	draft->times =
	    grow(draft->times, &draft->rows_cap, draft->rows + cut->rows_count, sizeof(*times));
	if (cut->rows_count > 0) {
		memcpy(draft->times + draft->rows, times, cut->rows_count * sizeof(*times));
	}
	draft->rows += cut->rows_count;
}

uint32_t lines_draft_skeleton(const struct lines_draft *draft, uint32_t cut, uint32_t kind) {
	ASSERT(cut < draft->cuts_count);
	ASSERT(kind < draft->cuts[cut].cut->kinds_count);
	return draft->cuts[cut].kinds[kind].skeleton;
}

const int64_t *lines_draft_times(const struct lines_draft *draft) {
	return draft->times;
}

uint32_t lines_draft_rows(const struct lines_draft *draft) {
	return draft->rows;
}

void lines_draft_mine(struct lines_draft *draft) {
	ASSERT(!draft->mined);
	draft->mined = true;
	shapes_mine(draft->shapes);
	draft->shape_of = new_array(draft->rows, sizeof(*draft->shape_of));
	for (uint32_t c = 0; c < draft->cuts_count; c++) {
		struct draft_cut *entry = &draft->cuts[c];
		for (uint32_t i = 0; i < entry->cut->kinds_count; i++) {
			struct draft_kind *kind = &entry->kinds[i];
			if (kind->skeleton != SHAPES_NONE) {
				kind->shape =
				    1 + shapes_of(draft->shapes, kind->skeleton, &kind->slots, &kind->slots_count);
			}
		}
		for (uint32_t row = 0; row < entry->cut->rows_count; row++) {
			draft->shape_of[entry->first + row] = entry->kinds[entry->cut->rows[row].kind].shape;
		}
	}
}

uint32_t lines_draft_shapes(const struct lines_draft *draft) {
	ASSERT(draft->mined);
	return 1 + (uint32_t)shapes_count(draft->shapes);
}

const uint32_t *lines_draft_shape_of(const struct lines_draft *draft) {
	ASSERT(draft->mined);
	return draft->shape_of;
}

/* ---- places ---- */

static const struct draft_kind *kind_at(const struct lines_draft *draft, uint32_t cut,
                                        uint32_t kind) {
	ASSERT(draft->mined);
	ASSERT(cut < draft->cuts_count);
	ASSERT(kind < draft->cuts[cut].cut->kinds_count);
	return &draft->cuts[cut].kinds[kind];
}

uint32_t lines_draft_kind_shape(const struct lines_draft *draft, uint32_t cut, uint32_t kind) {
	return kind_at(draft, cut, kind)->shape;
}

/* Literal bytes of a skeleton from its value first to its value last. */
static uint32_t literal_between(struct str skeleton, uint32_t first, uint32_t last) {
	struct skeleton_part part;
	uint32_t bytes = 0;
	for (uint32_t i = 0; i <= last && skeleton_next(&skeleton, &part); i++) {
		if (i > first) {
			bytes += (uint32_t)part.literal.len;
		}
	}
	return bytes;
}

struct walk {        /* along a skeleton and its shape */
	uint32_t ours;   /* literal bytes of the skeleton so far */
	uint32_t theirs; /* of the shape */
	uint32_t values; /* of the skeleton so far */
};

static const struct lines_place nowhere = {.where = LINES_NOWHERE};

/* Whether place lies in slot number of the shape; then where. The walk goes behind it. */
static bool place_in_slot(struct str skeleton, const struct shape_slot *slot, uint32_t number,
                          struct lines_place place, struct walk *walk,
                          struct lines_place *out_place) {
	bool literal = place.where == LINES_LITERAL;
	uint32_t before = slot->value < 0 ? (uint32_t)slot->word.len : slot->before;
	uint32_t count = slot->value < 0 ? 0 : slot->values;
	uint32_t first = walk->values;
	uint32_t start = walk->ours;
	uint32_t between = count > 1 ? literal_between(skeleton, first, first + count - 1) : 0;
	walk->ours += before + between + (count > 0 ? slot->after : 0);
	walk->values += count;
	if (literal && place.slot == first && place.at > start &&
	    (place.at < walk->ours || (count > 0 && place.at <= start + before))) {
		*out_place = (struct lines_place){LINES_INSIDE, (uint16_t)number, place.at - start};
		return true;
	}
	if (!literal && count > 0 && place.slot == first) {
		*out_place = (struct lines_place){LINES_INSIDE, (uint16_t)number, place.at + before};
		return true;
	}
	/* Behind a value whose length differs from row to row, but still in the slot. */
	*out_place = nowhere;
	return place.slot > first && (place.slot < walk->values ||
	                              (place.slot == walk->values && literal && place.at < walk->ours));
}

static struct lines_place translate(const struct lines_draft *draft, struct str skeleton,
                                    const struct draft_kind *kind, struct lines_place place) {
	struct str rest = shapes_text(draft->shapes, kind->shape - 1);
	struct skeleton_part part = {0};
	struct walk walk = {0};
	struct lines_place found;
	for (uint32_t i = 0; skeleton_next(&rest, &part); i++) {
		walk.ours += (uint32_t)part.literal.len;
		walk.theirs += (uint32_t)part.literal.len;
		if (place.where == LINES_LITERAL && walk.values == place.slot && place.at <= walk.ours) {
			return (struct lines_place){LINES_LITERAL, (uint16_t)i,
			                            walk.theirs - (walk.ours - place.at)};
		}
		if (part.code == 0) {
			break;
		}
		if (place_in_slot(skeleton, &kind->slots[i], i, place, &walk, &found)) {
			return found;
		}
	}
	/* Behind the last slot there may be no literal part. */
	return place.where == LINES_INSIDE
	           ? nowhere
	           : (struct lines_place){LINES_LITERAL, (uint16_t)kind->slots_count, walk.theirs};
}

struct lines_place lines_draft_place(const struct lines_draft *draft, uint32_t cut, uint32_t kind,
                                     struct lines_place place) {
	const struct draft_kind *entry = kind_at(draft, cut, kind);
	if (kind == 0) {
		return place;
	}
	if (entry->skeleton == SHAPES_NONE) {
		return nowhere;
	}
	return translate(draft, lines_cut_skeleton(draft->cuts[cut].cut, kind), entry, place);
}

uint32_t lines_draft_offset(const struct lines_draft *draft, uint32_t cut, uint32_t row,
                            struct lines_place place) {
	ASSERT(cut < draft->cuts_count);
	const struct lines_cut *lines = draft->cuts[cut].cut;
	ASSERT(row < lines->rows_count);
	const struct lines_cut_row *entry = &lines->rows[row];
	if (entry->kind == 0) {
		bool at_end = place.where == LINES_LITERAL && place.slot > 0;
		return at_end ? (uint32_t)entry->text.len : place.at;
	}
	const struct cut_value *values = lines->values + entry->values;
	uint32_t offset = place.at;
	ASSERT(place.slot <= lines->kinds[entry->kind].values);
	if (place.where == LINES_INSIDE) {
		return offset + values[place.slot].offset;
	}
	for (uint32_t i = 0; i < place.slot; i++) {
		offset += values[i].len;
	}
	return offset;
}

/* ---- columns ---- */

struct lines_columns {   /* of some shapes, one behind the other */
	uint32_t first, end; /* shapes */
	uint8_t *codes;      /* of all their slots */
	uint32_t codes_count, codes_cap;
	int64_t *times; /* of all their rows */
	size_t times_cap;
	char *values; /* slot by slot: uint64_t of each row, or struct str with SLOT_TEXT */
	size_t values_cap;
};

struct put_chunk { /* where it begins */
	size_t skeletons, table;
};

struct lines_put {
	struct lines_draft *draft;
	/* Who gathers: */
	uint32_t *rows;   /* sorted by shape; read by who writes, too */
	uint32_t *starts; /* of each shape in rows, and the end; likewise */
	uint32_t next;    /* shape */
	/* Who writes: */
	struct slots_writer writer;
	struct buf head, skeletons;
	struct buf groups; /* struct slots_at of each group of shapes but the first */
	struct buf chunks; /* struct put_chunk of each */
	struct buf alone;  /* of each group 1 byte, as it is written */
};

struct lines_columns *lines_columns_new(void) {
	struct lines_columns *columns = calloc(1, sizeof(*columns));
	ASSERT(columns != NULL);
	return columns;
}

void lines_columns_free(struct lines_columns *columns) {
	if (columns != NULL) {
		free(columns->codes);
		free(columns->times);
		free(columns->values);
		free(columns);
	}
}

/* Rows by shape, each shape's in order. */
static void sort_rows(struct lines_put *put) {
	const struct lines_draft *draft = put->draft;
	uint32_t shapes = lines_draft_shapes(draft);
	put->rows = new_array(draft->rows, sizeof(*put->rows));
	put->starts = calloc((size_t)shapes + 2, sizeof(*put->starts));
	ASSERT(put->starts != NULL);
	for (uint32_t row = 0; row < draft->rows; row++) {
		put->starts[draft->shape_of[row] + 2]++;
	}
	for (uint32_t shape = 0; shape < shapes; shape++) {
		put->starts[shape + 2] += put->starts[shape + 1];
	}
	for (uint32_t row = 0; row < draft->rows; row++) {
		put->rows[put->starts[draft->shape_of[row] + 1]++] = row;
	}
}

static size_t shape_rows(const struct lines_put *put, uint32_t shape) {
	return put->starts[shape + 1] - put->starts[shape];
}

static size_t value_size(uint8_t code) {
	return code == SLOT_TEXT ? sizeof(struct str) : sizeof(uint64_t);
}

/* Appends the codes of a shape's slots. Returns the bytes of their values in a row. */
static size_t add_codes(struct lines_columns *columns, struct str text) {
	struct skeleton_part part;
	size_t bytes = 0;
	while (skeleton_next(&text, &part)) {
		if (part.code != 0) {
			columns->codes = grow(columns->codes, &columns->codes_cap, columns->codes_count + 1, 1);
			columns->codes[columns->codes_count++] = part.code;
			bytes += value_size(part.code);
		}
	}
	return bytes;
}

/* What was there is not kept. */
static void make_room(struct lines_columns *columns, size_t rows, size_t bytes) {
	if (bytes > columns->values_cap) {
		free(columns->values);
		columns->values_cap = bytes + bytes / 2; /* pieces differ a little */
		columns->values = new_array(columns->values_cap, 1);
	}
	if (rows > columns->times_cap) {
		free(columns->times);
		columns->times_cap = rows + rows / 2;
		columns->times = new_array(columns->times_cap, sizeof(*columns->times));
	}
}

/* Rows of a shape lie far apart: what will be read soon is asked for. */
struct ahead {
	uint32_t cut;
};

static const struct lines_cut_row *row_ahead(const struct lines_draft *draft, struct ahead *ahead,
                                             uint32_t row) {
	while (row >= draft->cuts[ahead->cut].first + draft->cuts[ahead->cut].cut->rows_count) {
		ahead->cut++;
	}
	const struct draft_cut *cut = &draft->cuts[ahead->cut];
	return &cut->cut->rows[row - cut->first];
}

static void fetch_ahead(const struct lines_draft *draft, const uint32_t *rows, size_t count,
                        size_t i, struct ahead ahead[3]) {
	enum { FAR = 16, NEAR = 8, NEXT = 4, VALUES = 12 };
	if (i + FAR < count) {
		__builtin_prefetch(row_ahead(draft, &ahead[0], rows[i + FAR]));
		__builtin_prefetch(&draft->times[rows[i + FAR]]);
	}
	if (i + NEAR < count) {
		const struct lines_cut_row *entry = row_ahead(draft, &ahead[1], rows[i + NEAR]);
		const struct draft_cut *cut = &draft->cuts[ahead[1].cut];
		const struct cut_value *values = cut->cut->values;
		__builtin_prefetch(&cut->kinds[entry->kind]);
		values = values == NULL ? NULL : values + entry->values;
		for (size_t k = 0; k < VALUES * sizeof(*values); k += 64) {
			__builtin_prefetch((const void *)((uintptr_t)values + k));
		}
	}
	if (i + NEXT < count) {
		const struct lines_cut_row *entry = row_ahead(draft, &ahead[2], rows[i + NEXT]);
		__builtin_prefetch(draft->cuts[ahead[2].cut].kinds[entry->kind].slots);
	}
}

/* The values of a row, each into its column. */
static void gather_row(const struct draft_cut *cut, uint32_t row, const uint8_t *codes,
                       uint32_t slots, char *values, size_t rank, size_t count) {
	const struct lines_cut_row *entry = &cut->cut->rows[row];
	const struct draft_kind *kind = &cut->kinds[entry->kind];
	const struct cut_value *found = cut->cut->values + entry->values;
	for (uint32_t i = 0; i < slots; i++) {
		const struct shape_slot *slot = &kind->slots[i];
		if (codes[i] != SLOT_TEXT) {
			((uint64_t *)(void *)values)[rank] = found[slot->value].number;
		} else {
			((struct str *)(void *)values)[rank] = shape_slot_text(slot, entry->text, found);
		}
		values += count * value_size(codes[i]);
	}
}

static void gather_shape(const struct lines_draft *draft, const uint32_t *rows, size_t count,
                         const uint8_t *codes, uint32_t slots, int64_t *times, char *values) {
	uint32_t cut = 0;
	struct ahead ahead[3] = {0};
	for (size_t i = 0; i < count; i++) {
		fetch_ahead(draft, rows, count, i, ahead);
		while (rows[i] >= draft->cuts[cut].first + draft->cuts[cut].cut->rows_count) {
			cut++;
		}
		times[i] = draft->times[rows[i]];
		gather_row(&draft->cuts[cut], rows[i] - draft->cuts[cut].first, codes, slots, values, i,
		           count);
	}
}

/* Chooses the next shapes: as many as have some values, one at least. Returns the bytes of these.
 */
static size_t choose_shapes(struct lines_put *put, struct lines_columns *columns,
                            size_t *out_rows) {
	enum { PIECE_BYTES = 1 << 20 };
	uint32_t shapes = lines_draft_shapes(put->draft);
	size_t bytes = 0;
	*out_rows = 0;
	columns->codes_count = 0;
	columns->first = put->next;
	while (put->next < shapes && bytes < PIECE_BYTES) {
		struct str text = shapes_text(put->draft->shapes, put->next - 1);
		size_t rows = shape_rows(put, put->next++);
		bytes += rows * add_codes(columns, text);
		*out_rows += rows;
	}
	columns->end = put->next;
	return bytes;
}

/* The slots and bytes of a shape, when its codes begin at codes. */
static uint32_t count_slots(struct str text, const uint8_t *codes, size_t *out_bytes) {
	struct skeleton_part part;
	uint32_t slots = 0;
	*out_bytes = 0;
	while (skeleton_next(&text, &part)) {
		if (part.code != 0) {
			*out_bytes += value_size(codes[slots++]);
		}
	}
	return slots;
}

bool lines_put_gather(struct lines_put *put, struct lines_columns *columns) {
	size_t rows;
	if (put->next >= lines_draft_shapes(put->draft)) {
		return false;
	}
	size_t bytes = choose_shapes(put, columns, &rows);
	make_room(columns, rows, bytes);
	const uint8_t *codes = columns->codes;
	int64_t *times = columns->times;
	char *values = columns->values;
	for (uint32_t shape = columns->first; shape < columns->end; shape++) {
		size_t count = shape_rows(put, shape);
		uint32_t slots = count_slots(shapes_text(put->draft->shapes, shape - 1), codes, &bytes);
		gather_shape(put->draft, put->rows + put->starts[shape], count, codes, slots, times,
		             values);
		codes += slots;
		times += count;
		values += count * bytes;
	}
	return true;
}

static void put_shape(struct lines_put *put, uint32_t shape, struct str text) {
	if (shape > 1 && (shape - 1) % LINES_GROUP == 0) {
		struct slots_at at = slots_writer_at(&put->writer);
		buf_append(&put->groups, &at, sizeof(at));
	}
	if ((shape - 1) % (LINES_GROUP * LINES_CHUNK) == 0) {
		struct put_chunk chunk = {put->skeletons.len, put->writer.table.len};
		buf_append(&put->chunks, &chunk, sizeof(chunk));
	}
	if ((shape - 1) % LINES_GROUP == 0) {
		buf_append_char(&put->alone, 0);
		put->writer.addresses_alone = false;
	}
	wire_put_varint(&put->head, shape_rows(put, shape));
	wire_put_varint(&put->head, text.len);
	buf_append_str(&put->skeletons, text);
}

void lines_put_columns(struct lines_put *put, const struct lines_columns *columns) {
	const uint8_t *codes = columns->codes;
	const int64_t *times = columns->times;
	const char *values = columns->values;
	for (uint32_t shape = columns->first; shape < columns->end; shape++) {
		struct str text = shapes_text(put->draft->shapes, shape - 1);
		size_t count = shape_rows(put, shape);
		size_t bytes;
		uint32_t slots = count_slots(text, codes, &bytes);
		put_shape(put, shape, text);
		for (uint32_t i = 0; i < slots; i++) {
			if (codes[i] == SLOT_TEXT) {
				slots_put_texts(&put->writer, (const struct str *)(const void *)values, count);
			} else {
				slots_put_numbers(&put->writer, codes[i], (const uint64_t *)(const void *)values,
				                  times, count);
			}
			values += count * value_size(codes[i]);
		}
		put->alone.ptr[put->alone.len - 1] = (char)put->writer.addresses_alone;
		codes += slots;
		times += count;
	}
}

static void put_whole(const struct lines_draft *draft, struct buf *out) {
	struct texts_writer *texts = texts_writer_new();
	for (uint32_t c = 0; c < draft->cuts_count; c++) {
		const struct draft_cut *cut = &draft->cuts[c];
		for (uint32_t i = 0; i < cut->cut->rows_count; i++) {
			if (draft->shape_of[cut->first + i] == LINES_SHAPE_WHOLE) {
				texts_writer_add(texts, cut->cut->rows[i].text);
			}
		}
	}
	texts_writer_put(texts, out);
	texts_writer_free(texts);
}

/* How far each group of shapes begins behind the one before. */
static void put_groups(const struct slots_writer *writer, const struct buf *groups,
                       struct buf *head) {
	struct slots_at before = {0};
	for (size_t at = 0; at < groups->len; at += sizeof(before)) {
		struct slots_at group;
		memcpy(&group, groups->ptr + at, sizeof(group));
		wire_put_varint(head, group.table - before.table);
		wire_put_varint(head, group.codes - before.codes);
		wire_put_varint(head, group.texts - before.texts);
		for (size_t i = 0; i < SLOT_POOLS; i++) {
			if (writer->pools[i] != NULL) {
				wire_put_varint(head, group.pools[i] - before.pools[i]);
			}
		}
		before = group;
	}
}

static void put_chunks(const struct lines_put *put, struct buf *out) {
	struct str skeletons = buf_str(&put->skeletons);
	struct str table = buf_str(&put->writer.table);
	const struct put_chunk *chunks = (const struct put_chunk *)(const void *)put->chunks.ptr;
	size_t count = put->chunks.len / sizeof(*chunks);
	for (size_t i = 0; i < count; i++) {
		bool last = i + 1 == count;
		blob_put(out,
		         str_slice(skeletons, chunks[i].skeletons,
		                   last ? skeletons.len : chunks[i + 1].skeletons),
		         COMPRESS_BEST);
		blob_put(out, str_slice(table, chunks[i].table, last ? table.len : chunks[i + 1].table),
		         COMPRESS_BEST);
	}
}

struct lines_put *lines_put_new(struct lines_draft *draft) {
	struct lines_put *put = calloc(1, sizeof(*put));
	ASSERT(put != NULL && draft->mined);
	put->draft = draft;
	put->next = 1;
	sort_rows(put);
	slots_writer_init(&put->writer);
	wire_put_varint(&put->head, lines_draft_shapes(draft) - 1);
	wire_put_varint(&put->head, put->starts[1]);
	return put;
}

/* Much memory, no longer needed when all columns are there. */
static void drop_values(struct lines_draft *draft) {
	for (uint32_t i = 0; i < draft->cuts_count; i++) {
		free(TAKE(draft->cuts[i].cut->values));
	}
}

void lines_put_end(struct lines_put *put, struct buf parts[LINES_PARTS]) {
	struct lines_draft *draft = put->draft;
	ASSERT(put->next >= lines_draft_shapes(draft));
	free(put->rows);
	free(put->starts);
	drop_values(draft);
	put_groups(&put->writer, &put->groups, &put->head);
	buf_append_str(&put->head, buf_str(&put->alone));
	blob_put(&parts[LINES_SHAPES], buf_str(&put->head), COMPRESS_BEST);
	put_chunks(put, &parts[LINES_SHAPES]);
	order_put(&parts[LINES_ORDER], draft->shape_of, draft->rows, lines_draft_shapes(draft));
	buf_append_str(&parts[LINES_CODES], buf_str(&put->writer.codes));
	slots_put_end(&put->writer, &parts[LINES_POOLS], &parts[LINES_WORDS]);
	put_whole(draft, &parts[LINES_WHOLE]);
	slots_writer_deinit(&put->writer);
	buf_deinit(&put->head);
	buf_deinit(&put->skeletons);
	buf_deinit(&put->groups);
	buf_deinit(&put->chunks);
	buf_deinit(&put->alone);
	free(put);
}

void lines_draft_put(struct lines_draft *draft, struct buf parts[LINES_PARTS]) {
	struct lines_put *put = lines_put_new(draft);
	struct lines_columns *columns = lines_columns_new();
	while (lines_put_gather(put, columns)) {
		lines_put_columns(put, columns);
	}
	lines_columns_free(columns);
	lines_put_end(put, parts);
}
