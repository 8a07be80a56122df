/* All rows of a block put together: skeletons of the batches become shapes, rows are sorted by
 * shape, and each slot of each shape becomes a column.
 *
 * Parts: LINES_SHAPES is three blobs. The first: number of shapes but the first (varint), rows of
 * shape 0 (varint); for each other shape its rows (varint, > 0) and the length of its skeleton
 * (varint); for each group of LINES_GROUP shapes but the first how far its columns begin behind
 * those of the group before: bytes of the table and of the codes, texts, numbers of each pool that
 * is there (varints). The second: the skeletons, one behind the other. The third: table entries
 * (slots.h), shape by shape, slot by slot. LINES_WHOLE is the texts (texts.h) of the rows of shape
 * 0. The others: order.h, slots.h.
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

void lines_draft_add(struct lines_draft *draft, struct lines_cut *cut, const int64_t *times) {
	ASSERT(!draft->mined);
	ASSERT(draft->rows + cut->rows_count <= LINES_ROWS_MAX);
	struct draft_cut added = {.cut = cut, .first = draft->rows};
	lines_cut_seal(cut);
	added.kinds = new_array(cut->kinds_count, sizeof(*added.kinds));
	for (uint32_t i = 0; i < cut->kinds_count; i++) {
		const struct lines_cut_kind *kind = &cut->kinds[i];
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

struct column_draft { /* rows of one shape at a time */
	uint8_t *codes;   /* of the slots */
	uint32_t slots_count, codes_cap;
	uint32_t *rows;    /* sorted by shape */
	uint32_t *starts;  /* of each shape in rows, and the end */
	uint64_t *numbers; /* slot by slot, count of each */
	struct str *texts; /* of SLOT_TEXT, likewise */
	int64_t *times;
	size_t cap, times_cap;
};

static void column_draft_deinit(struct column_draft *columns) {
	free(columns->codes);
	free(columns->rows);
	free(columns->starts);
	free(columns->numbers);
	free(columns->texts);
	free(columns->times);
}

/* Rows by shape, each shape's in order. */
static void sort_rows(const struct lines_draft *draft, struct column_draft *columns) {
	uint32_t shapes = lines_draft_shapes(draft);
	columns->rows = new_array(draft->rows, sizeof(*columns->rows));
	columns->starts = calloc((size_t)shapes + 2, sizeof(*columns->starts));
	ASSERT(columns->starts != NULL);
	for (uint32_t row = 0; row < draft->rows; row++) {
		columns->starts[draft->shape_of[row] + 2]++;
	}
	for (uint32_t shape = 0; shape < shapes; shape++) {
		columns->starts[shape + 2] += columns->starts[shape + 1];
	}
	for (uint32_t row = 0; row < draft->rows; row++) {
		columns->rows[columns->starts[draft->shape_of[row] + 1]++] = row;
	}
}

static void find_codes(struct column_draft *columns, struct str text) {
	struct skeleton_part part;
	columns->slots_count = 0;
	while (skeleton_next(&text, &part)) {
		if (part.code != 0) {
			columns->codes = grow(columns->codes, &columns->codes_cap, columns->slots_count + 1, 1);
			columns->codes[columns->slots_count++] = part.code;
		}
	}
}

static void make_room(struct column_draft *columns, size_t count) {
	size_t need = count * columns->slots_count;
	if (need > columns->cap) {
		free(columns->numbers);
		free(columns->texts);
		columns->cap = need;
		columns->numbers = new_array(need, sizeof(*columns->numbers));
		columns->texts = new_array(need, sizeof(*columns->texts));
	}
	if (count > columns->times_cap) {
		free(columns->times);
		columns->times_cap = count;
		columns->times = new_array(count, sizeof(*columns->times));
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
                        size_t i, struct ahead *far, struct ahead *near) {
	enum { FAR = 16, NEAR = 8, VALUES = 12 };
	if (i + FAR < count) {
		__builtin_prefetch(row_ahead(draft, far, rows[i + FAR]));
	}
	if (i + NEAR < count) {
		const struct lines_cut_row *entry = row_ahead(draft, near, rows[i + NEAR]);
		const struct cut_value *values = draft->cuts[near->cut].cut->values;
		values = values == NULL ? NULL : values + entry->values;
		for (size_t k = 0; k < VALUES * sizeof(*values); k += 64) {
			__builtin_prefetch((const void *)((uintptr_t)values + k));
		}
	}
}

/* The values of a row, each into its column. */
static void gather_row(struct column_draft *columns, const struct draft_cut *cut, uint32_t row,
                       size_t rank, size_t count) {
	const struct lines_cut_row *entry = &cut->cut->rows[row];
	const struct draft_kind *kind = &cut->kinds[entry->kind];
	const struct cut_value *values = cut->cut->values + entry->values;
	for (uint32_t i = 0; i < columns->slots_count; i++) {
		const struct shape_slot *slot = &kind->slots[i];
		size_t at = i * count + rank;
		if (columns->codes[i] != SLOT_TEXT) {
			columns->numbers[at] = values[slot->value].number;
		} else {
			columns->texts[at] = shape_slot_text(slot, entry->text, values);
		}
	}
}

static void put_shape(const struct lines_draft *draft, struct column_draft *columns, uint32_t shape,
                      struct slots_writer *writer) {
	const uint32_t *rows = columns->rows + columns->starts[shape];
	size_t count = columns->starts[shape + 1] - columns->starts[shape];
	uint32_t cut = 0;
	find_codes(columns, shapes_text(draft->shapes, shape - 1));
	make_room(columns, count);
	struct ahead far = {0};
	struct ahead near = {0};
	for (size_t i = 0; i < count; i++) {
		fetch_ahead(draft, rows, count, i, &far, &near);
		while (rows[i] >= draft->cuts[cut].first + draft->cuts[cut].cut->rows_count) {
			cut++;
		}
		columns->times[i] = draft->times[rows[i]];
		gather_row(columns, &draft->cuts[cut], rows[i] - draft->cuts[cut].first, i, count);
	}
	for (uint32_t i = 0; i < columns->slots_count; i++) {
		if (columns->codes[i] == SLOT_TEXT) {
			slots_put_texts(writer, columns->texts + i * count, count);
		} else {
			slots_put_numbers(writer, columns->codes[i], columns->numbers + i * count,
			                  columns->times, count);
		}
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

/* Shapes, and the columns of their rows; what was needed to sort the rows is gone afterwards. */
static void put_shapes(struct lines_draft *draft, struct slots_writer *writer, struct buf *head,
                       struct buf *skeletons) {
	struct column_draft columns CLEANUP(column_draft_deinit) = {0};
	CLEANUP(buf_deinit) struct buf groups = {0};
	uint32_t shapes = lines_draft_shapes(draft);
	sort_rows(draft, &columns);
	wire_put_varint(head, shapes - 1);
	wire_put_varint(head, columns.starts[1]);
	for (uint32_t shape = 1; shape < shapes; shape++) {
		struct str text = shapes_text(draft->shapes, shape - 1);
		if (shape > 1 && (shape - 1) % LINES_GROUP == 0) {
			struct slots_at at = slots_writer_at(writer);
			buf_append(&groups, &at, sizeof(at));
		}
		wire_put_varint(head, columns.starts[shape + 1] - columns.starts[shape]);
		wire_put_varint(head, text.len);
		buf_append_str(skeletons, text);
		put_shape(draft, &columns, shape, writer);
	}
	put_groups(writer, &groups, head);
}

/* Much memory, no longer needed when all columns are there. */
static void drop_values(struct lines_draft *draft) {
	for (uint32_t i = 0; i < draft->cuts_count; i++) {
		free(TAKE(draft->cuts[i].cut->values));
	}
}

void lines_draft_put(struct lines_draft *draft, struct buf parts[LINES_PARTS], uint32_t threads) {
	struct slots_writer writer CLEANUP(slots_writer_deinit);
	CLEANUP(buf_deinit) struct buf head = {0};
	CLEANUP(buf_deinit) struct buf skeletons = {0};
	(void)threads;
	slots_writer_init(&writer);
	put_shapes(draft, &writer, &head, &skeletons);
	drop_values(draft);
	blob_put(&parts[LINES_SHAPES], buf_str(&head), COMPRESS_BEST);
	blob_put(&parts[LINES_SHAPES], buf_str(&skeletons), COMPRESS_BEST);
	blob_put(&parts[LINES_SHAPES], buf_str(&writer.table), COMPRESS_BEST);
	order_put(&parts[LINES_ORDER], draft->shape_of, draft->rows, lines_draft_shapes(draft));
	buf_append_str(&parts[LINES_CODES], buf_str(&writer.codes));
	slots_put_end(&writer, &parts[LINES_POOLS], &parts[LINES_WORDS]);
	put_whole(draft, &parts[LINES_WHOLE]);
}
