/* Layouts of a whole block: kinds of lines have become shapes, so that layouts of many batches are
 * the same one; and what layouts do not say goes in the order of shapes and ranks, where a reader
 * finds it by counting.
 */
#include <stdlib.h>
#include <string.h>

#include "codec/compress.h"
#include "codec/packed.h"
#include "codec/texts.h"
#include "store/layouts_cut.h"

struct known { /* a layout, where it was met first */
	uint32_t cut, kind;
	struct str key; /* in layouts */
};

struct layouts_draft {
	struct buf cuts; /* struct layouts_cut *; their rows have numbers of known layouts */
	struct map *names, *consts;
	struct map *layouts; /* as those of a cut (layouts_cut.h), in words of the draft */
	struct buf known;    /* struct known of each */
	/* Layouts of a skeleton, the one used last first: what a batch brings is mostly there, and
	 * found without a hash of all of it. */
	struct buf first; /* uint32_t of each skeleton: a layout plus one; 0: none */
	struct buf next;  /* likewise of each layout */
	struct buf key;   /* scratch */
};

struct layouts_draft *layouts_draft_new(void) {
	struct layouts_draft *draft = calloc(1, sizeof(*draft));
	ASSERT(draft != NULL);
	draft->names = map_new();
	draft->consts = map_new();
	draft->layouts = map_new();
	return draft;
}

static struct layouts_cut *const *cuts_of(const struct layouts_draft *draft) {
	return (struct layouts_cut *const *)(void *)draft->cuts.ptr;
}

static uint32_t cuts_count(const struct layouts_draft *draft) {
	return (uint32_t)(draft->cuts.len / sizeof(struct layouts_cut *));
}

void layouts_draft_free(struct layouts_draft *draft) {
	if (draft != NULL) {
		for (uint32_t i = 0; i < cuts_count(draft); i++) {
			layouts_cut_free(cuts_of(draft)[i]);
		}
		map_free(draft->names);
		map_free(draft->consts);
		map_free(draft->layouts);
		buf_deinit(&draft->cuts);
		buf_deinit(&draft->known);
		buf_deinit(&draft->first);
		buf_deinit(&draft->next);
		buf_deinit(&draft->key);
		free(draft);
	}
}

/* ---- adding: layouts of many cuts are the same ---- */

static uint32_t number_of(struct map *map, struct str key) {
	return (uint32_t)*map_put(map, key, map_count(map), NULL);
}

/* Numbers in the draft of what a cut has numbered. */
struct numbers {
	const struct map *keys; /* of the cut; from their byte head on they are those of the draft */
	size_t head;
	uint32_t *of; /* UINT32_MAX: not needed yet */
};

static struct numbers numbers_new(const struct map *keys, size_t head) {
	size_t count = map_count(keys) + 1;
	struct numbers numbers = {keys, head, reallocarray(NULL, count, sizeof(*numbers.of))};
	ASSERT(numbers.of != NULL);
	memset(numbers.of, 0xff, count * sizeof(*numbers.of));
	return numbers;
}

static uint32_t number_in_draft(struct map *map, const struct numbers *numbers, uint64_t number) {
	if (numbers->of[number] == UINT32_MAX) {
		struct str key = map_key(numbers->keys, number);
		numbers->of[number] = number_of(map, str_slice(key, numbers->head, key.len));
	}
	return numbers->of[number];
}

/* Puts together the key of a cut's layout in words of the draft. Returns its skeleton, or
 * UINT32_MAX: kept whole. */
static uint32_t draft_key(struct layouts_draft *draft, const struct lines_draft *lines,
                          const struct layouts_cut *cut, uint32_t layout,
                          const struct numbers *names, const struct numbers *consts,
                          uint32_t *out_kind) {
	uint32_t count;
	uint32_t cut_number = cuts_count(draft);
	const struct layout_key *items = layouts_cut_items(cut, layout, &count, out_kind);
	struct layout_key head = {.name = lines_draft_skeleton(lines, cut_number, *out_kind)};
	if (head.name == UINT32_MAX && *out_kind != 0) {
		head.from = (uint64_t)cut_number << 32 | *out_kind; /* kept whole, but cut: like no other */
	}
	buf_clear(&draft->key);
	struct layout_key *key =
	    (struct layout_key *)(void *)buf_reserve(&draft->key, (count + 1) * sizeof(*key));
	draft->key.len = (count + 1) * sizeof(*key);
	key[0] = head;
	for (uint32_t i = 0; i < count; i++) {
		key[i + 1] = items[i];
		key[i + 1].name = number_in_draft(draft->names, names, items[i].name);
		if (items[i].source == LAYOUT_CONST) {
			key[i + 1].from = number_in_draft(draft->consts, consts, items[i].from);
		}
	}
	return head.name;
}

/* The first of a skeleton's layouts, which may be set. */
static uint32_t *first_of(struct layouts_draft *draft, uint32_t skeleton) {
	size_t need = ((size_t)skeleton + 1) * sizeof(uint32_t);
	if (draft->first.len < need) {
		memset(buf_reserve(&draft->first, need - draft->first.len), 0, need - draft->first.len);
		draft->first.len = need;
	}
	return (uint32_t *)(void *)draft->first.ptr + skeleton;
}

/* Looks at a few layouts of the same skeleton; UINT32_MAX: it is none of them. What is found goes
 * to the front: the next batch has it again. */
static uint32_t find_near(const struct layouts_draft *draft, uint32_t *first) {
	enum { NEAR = 8 };
	uint32_t *next = (uint32_t *)(void *)draft->next.ptr;
	const struct known *known = (const struct known *)(void *)draft->known.ptr;
	uint32_t *link = first;
	for (uint32_t i = 0; i < NEAR && *link != 0; i++, link = &next[*link - 1]) {
		uint32_t number = *link - 1;
		if (!str_eq(known[number].key, buf_str(&draft->key))) {
			continue;
		}
		if (link != first) {
			*link = next[number];
			next[number] = *first;
			*first = number + 1;
		}
		return number;
	}
	return UINT32_MAX;
}

/* What find_near will compare some layouts later lies anywhere. */
static void fetch_near(const struct layouts_draft *draft, const struct lines_draft *lines,
                       const struct layouts_cut *cut, uint32_t layout) {
	enum { FAR = 12, NEAR = 6, LINE = 64, LINES = 4 };
	const uint32_t *first = (const uint32_t *)(void *)draft->first.ptr;
	const struct known *known = (const struct known *)(void *)draft->known.ptr;
	for (uint32_t ahead = NEAR; ahead <= FAR; ahead += FAR - NEAR) {
		uint32_t count;
		uint32_t kind;
		if (layout + ahead >= map_count(cut->layouts)) {
			return;
		}
		(void)layouts_cut_items(cut, layout + ahead, &count, &kind);
		uint32_t skeleton = lines_draft_skeleton(lines, cuts_count(draft), kind);
		if (skeleton >= draft->first.len / sizeof(*first) || first[skeleton] == 0) {
			continue;
		}
		const struct known *near = &known[first[skeleton] - 1];
		if (ahead == FAR) {
			__builtin_prefetch(near);
			continue;
		}
		struct str key = near->key;
		for (size_t at = 0; at < MIN_OF(key.len, (size_t)LINES * LINE); at += LINE) {
			__builtin_prefetch(key.ptr + at);
		}
	}
}

/* The number of a cut's layout in the draft. */
static uint32_t know(struct layouts_draft *draft, const struct lines_draft *lines,
                     const struct layouts_cut *cut, uint32_t layout, const struct numbers *names,
                     const struct numbers *consts) {
	bool added;
	struct known known = {.cut = cuts_count(draft)};
	uint32_t skeleton = draft_key(draft, lines, cut, layout, names, consts, &known.kind);
	uint32_t *first = skeleton == UINT32_MAX ? NULL : first_of(draft, skeleton);
	uint32_t near = first == NULL ? UINT32_MAX : find_near(draft, first);
	if (near != UINT32_MAX) {
		return near;
	}
	uint32_t number =
	    (uint32_t)*map_put(draft->layouts, buf_str(&draft->key), map_count(draft->layouts), &added);
	if (added) {
		uint32_t next = first == NULL ? 0 : *first;
		known.key = map_key(draft->layouts, number);
		buf_append(&draft->next, &next, sizeof(next));
		buf_append(&draft->known, &known, sizeof(known));
		if (first != NULL) {
			*first = number + 1;
		}
	}
	return number;
}

void layouts_draft_add(struct layouts_draft *draft, struct layouts_cut *cut,
                       const struct lines_draft *lines) {
	struct numbers names = numbers_new(cut->names, 0);
	struct numbers consts = numbers_new(cut->consts, CONST_HEAD);
	size_t count = map_count(cut->layouts);
	uint32_t *numbers = reallocarray(NULL, count + 1, sizeof(*numbers));
	uint32_t *layout_of = (uint32_t *)(void *)cut->layout_of.ptr;
	ASSERT(numbers != NULL);
	for (uint32_t i = 0; i < count; i++) {
		fetch_near(draft, lines, cut, i);
		numbers[i] = know(draft, lines, cut, i, &names, &consts);
	}
	for (size_t row = 0; row < cut->layout_of.len / sizeof(uint32_t); row++) {
		layout_of[row] = numbers[layout_of[row]];
	}
	free(names.of);
	free(consts.of);
	free(numbers);
	layouts_cut_seal(cut);
	buf_append(&draft->cuts, &cut, sizeof(cut));
}

/* ---- known layouts become those of the block ---- */

struct block_layout {
	uint32_t shape;
	uint32_t signature;     /* names, kinds and sources: many layouts have the same */
	uint32_t number;        /* among those of its shape */
	uint32_t free, outside; /* values of a row */
};
struct block_shape {
	uint32_t rows, layouts;
	uint32_t free, outside;               /* values of all its rows */
	uint32_t row_at, free_at, outside_at; /* where the next one goes */
	uint32_t layouts_first;
};

#define NOWHERE ((uint32_t)1 << 31)

struct putting {
	const struct layouts_draft *draft;
	const struct lines_draft *lines;
	struct map *signatures;
	struct map *layouts; /* shape, signature (4 bytes each), then the body */
	struct buf table;    /* struct block_layout of each */
	uint32_t *layout_of; /* of each known layout; with NOWHERE: some places become slices */
	struct block_shape *shapes;
	uint32_t shapes_count;
	uint32_t *in_order;        /* layouts by shape and number */
	struct buf key, signature; /* scratch */
};

static struct block_layout *layout_at(const struct putting *putting, uint32_t number) {
	return (struct block_layout *)(void *)putting->table.ptr + number;
}

/* A place relative to the one before it, so that many layouts have the same bytes. */
static void put_place(struct buf *out, struct lines_place place, struct lines_place *before) {
	int64_t slots = (int64_t)place.slot - before->slot;
	uint64_t zigzag = (uint64_t)(slots < 0 ? -slots * 2 - 1 : slots * 2);
	bool inside = place.where == LINES_INSIDE;
	wire_put_varint(out, zigzag * 2 + (inside ? 1 : 0));
	if (inside) {
		wire_put_varint(out, place.at);
		before->slot = place.slot;
	} else {
		wire_put_zigzag(out, (int64_t)place.at - before->at);
		*before = place;
	}
}

/* Both ends of an item in terms of the shape; false: the row is kept whole after all, or they lie
 * in no place that its rows share. */
static bool translate(const struct putting *putting, struct known known,
                      const struct layout_key *item, struct lines_place out_places[2]) {
	const struct lines_draft *lines = putting->lines;
	out_places[0] = lines_draft_place(lines, known.cut, known.kind, place_unpack(item->from));
	out_places[1] = lines_draft_place(lines, known.cut, known.kind, place_unpack(item->to));
	return out_places[0].where != LINES_NOWHERE && out_places[1].where != LINES_NOWHERE;
}

static struct known known_at(const struct putting *putting, uint32_t number) {
	return ((const struct known *)(void *)putting->draft->known.ptr)[number];
}

static const struct layout_key *items_of(const struct putting *putting, uint32_t number,
                                         uint32_t *out_count) {
	struct str key = map_key(putting->draft->layouts, number);
	const struct layout_key *items = (const struct layout_key *)(const void *)key.ptr;
	*out_count = (uint32_t)(key.len / sizeof(*items)) - 1;
	return items + 1;
}

/* Puts together the key of a known layout in terms of its shape. True: some of its places have
 * become slices. */
static bool make_key(struct putting *putting, uint32_t number, struct block_layout *out_layout) {
	struct lines_place before = {.where = LINES_LITERAL};
	struct known known = known_at(putting, number);
	bool nowhere = false;
	uint32_t count = 0;
	const struct layout_key *items = items_of(putting, number, &count);
	*out_layout = (struct block_layout){
	    .shape = lines_draft_kind_shape(putting->lines, known.cut, known.kind)};
	buf_clear(&putting->key);
	buf_clear(&putting->signature);
	wire_put_u32(&putting->key, out_layout->shape);
	wire_put_u32(&putting->key, 0);
	for (uint32_t i = 0; i < count; i++) {
		uint8_t source = items[i].source;
		struct lines_place places[2];
		if (source == LAYOUT_PLACED && !translate(putting, known, &items[i], places)) {
			source = LAYOUT_FREE;
			nowhere = true;
		}
		wire_put_varint(&putting->signature, items[i].name);
		buf_append_char(&putting->signature, (char)(items[i].kind | source << 4));
		out_layout->free += source == LAYOUT_FREE;
		out_layout->outside += source == LAYOUT_OUTSIDE;
		if (source == LAYOUT_CONST) {
			wire_put_varint(&putting->key, items[i].from);
		} else if (source == LAYOUT_PLACED) {
			put_place(&putting->key, places[0], &before);
			put_place(&putting->key, places[1], &before);
		}
	}
	out_layout->signature = number_of(putting->signatures, buf_str(&putting->signature));
	le32_store(putting->key.ptr + 4, out_layout->signature);
	return nowhere;
}

static void translate_all(struct putting *putting) {
	uint32_t count = (uint32_t)map_count(putting->draft->layouts);
	putting->layout_of = reallocarray(NULL, (size_t)count + 1, sizeof(*putting->layout_of));
	ASSERT(putting->layout_of != NULL);
	for (uint32_t i = 0; i < count; i++) {
		struct block_layout layout;
		bool added;
		bool nowhere = make_key(putting, i, &layout);
		ASSERT(layout.shape < putting->shapes_count);
		uint32_t number = (uint32_t)*map_put(putting->layouts, buf_str(&putting->key),
		                                     map_count(putting->layouts), &added);
		if (added) {
			layout.number = putting->shapes[layout.shape].layouts++;
			buf_append(&putting->table, &layout, sizeof(layout));
		}
		ASSERT(number < NOWHERE);
		putting->layout_of[i] = number | (nowhere ? NOWHERE : 0);
	}
}

static void sort_layouts(struct putting *putting) {
	uint32_t first = 0;
	uint32_t count = (uint32_t)map_count(putting->layouts);
	for (uint32_t i = 0; i < putting->shapes_count; i++) {
		putting->shapes[i].layouts_first = first;
		first += putting->shapes[i].layouts;
	}
	putting->in_order = reallocarray(NULL, (size_t)count + 1, sizeof(*putting->in_order));
	ASSERT(putting->in_order != NULL);
	for (uint32_t i = 0; i < count; i++) {
		const struct block_layout *layout = layout_at(putting, i);
		putting->in_order[putting->shapes[layout->shape].layouts_first + layout->number] = i;
	}
}

/* ---- rows ---- */

/* What the rows say, in the order of shapes and ranks. */
struct values {
	uint32_t *numbers; /* of layouts */
	struct layout_slice *slices;
	struct str *strings;
	uint32_t slices_count, strings_count;
};

static const uint32_t *rows_of(const struct layouts_cut *cut, uint32_t *out_rows) {
	*out_rows = (uint32_t)(cut->layout_of.len / sizeof(uint32_t));
	return (const uint32_t *)(void *)cut->layout_of.ptr;
}

static uint32_t count_rows(struct putting *putting) {
	uint32_t total = 0;
	for (uint32_t c = 0; c < cuts_count(putting->draft); c++) {
		uint32_t rows;
		const uint32_t *layouts = rows_of(cuts_of(putting->draft)[c], &rows);
		for (uint32_t row = 0; row < rows; row++) {
			const struct block_layout *layout =
			    layout_at(putting, putting->layout_of[layouts[row]] & ~NOWHERE);
			struct block_shape *shape = &putting->shapes[layout->shape];
			shape->rows++;
			shape->free += layout->free;
			shape->outside += layout->outside;
		}
		total += rows;
	}
	return total;
}

static void place_shapes(struct putting *putting, struct values *values) {
	uint32_t rows = 0;
	for (uint32_t i = 0; i < putting->shapes_count; i++) {
		struct block_shape *shape = &putting->shapes[i];
		shape->row_at = rows;
		shape->free_at = values->slices_count;
		shape->outside_at = values->strings_count;
		rows += shape->rows;
		values->slices_count += shape->free;
		values->strings_count += shape->outside;
	}
	values->numbers = reallocarray(NULL, (size_t)rows + 1, sizeof(*values->numbers));
	values->slices = reallocarray(NULL, (size_t)values->slices_count + 1, sizeof(*values->slices));
	values->strings =
	    reallocarray(NULL, (size_t)values->strings_count + 1, sizeof(*values->strings));
	ASSERT(values->numbers != NULL && values->slices != NULL && values->strings != NULL);
}

/* The rows of a cut on their way. */
struct scatter {
	uint32_t number;                   /* of the cut */
	const struct layout_slice *slices; /* the next one */
	const uint32_t *lens;
	const char *string;
};

static void scatter_row(struct scatter *scatter, struct block_shape *shape,
                        const struct block_layout *layout, struct values *values) {
	values->numbers[shape->row_at++] = layout->number;
	for (uint32_t i = 0; i < layout->free; i++) {
		values->slices[shape->free_at++] = *scatter->slices++;
	}
	for (uint32_t i = 0; i < layout->outside; i++) {
		values->strings[shape->outside_at++] = str_make(scatter->string, *scatter->lens);
		scatter->string += *scatter->lens++;
	}
}

/* The free values of a row of which some had places. Rare: such a layout is translated again for
 * each of its rows. */
static void scatter_nowhere(const struct putting *putting, struct scatter *scatter, uint32_t row,
                            uint32_t layout, struct layout_slice *out_slices) {
	uint32_t count;
	struct known known = known_at(putting, layout);
	const struct layout_key *items = items_of(putting, layout, &count);
	for (uint32_t i = 0; i < count; i++) {
		struct lines_place places[2];
		if (items[i].source == LAYOUT_FREE) {
			*out_slices++ = *scatter->slices++;
		} else if (items[i].source == LAYOUT_PLACED &&
		           !translate(putting, known, &items[i], places)) {
			uint32_t from = lines_draft_offset(putting->lines, scatter->number, row,
			                                   place_unpack(items[i].from));
			uint32_t to =
			    lines_draft_offset(putting->lines, scatter->number, row, place_unpack(items[i].to));
			*out_slices++ = (struct layout_slice){from, to - from};
		}
	}
}

static void scatter_cut(struct putting *putting, uint32_t number, uint32_t first_row,
                        struct values *values) {
	const struct layouts_cut *cut = cuts_of(putting->draft)[number];
	const uint32_t *shape_of = lines_draft_shape_of(putting->lines) + first_row;
	struct scatter scatter = {
	    .number = number,
	    .slices = (const struct layout_slice *)(void *)cut->slices.ptr,
	    .lens = (const uint32_t *)(void *)cut->lens.ptr,
	    .string = cut->strings.ptr == NULL ? "" : cut->strings.ptr,
	};
	uint32_t rows;
	const uint32_t *layouts = rows_of(cut, &rows);
	for (uint32_t row = 0; row < rows; row++) {
		uint32_t place = putting->layout_of[layouts[row]];
		struct block_layout layout = *layout_at(putting, place & ~NOWHERE);
		struct block_shape *shape = &putting->shapes[layout.shape];
		ASSERT(layout.shape == shape_of[row]);
		if ((place & NOWHERE) != 0) {
			scatter_nowhere(putting, &scatter, row, layouts[row], values->slices + shape->free_at);
			shape->free_at += layout.free;
			layout.free = 0;
		}
		scatter_row(&scatter, shape, &layout, values);
	}
}

static void gather_values(struct putting *putting, struct values *values) {
	uint32_t first = 0;
	uint32_t rows = count_rows(putting);
	ASSERT(rows == lines_draft_rows(putting->lines));
	place_shapes(putting, values);
	for (uint32_t c = 0; c < cuts_count(putting->draft); c++) {
		uint32_t count;
		(void)rows_of(cuts_of(putting->draft)[c], &count);
		scatter_cut(putting, c, first, values);
		first += count;
	}
}

/* ---- parts ---- */

/* Appends the layout numbers of a shape that has several. Returns their bytes. */
static size_t put_numbers(struct buf *out, const struct block_shape *shape,
                          const uint32_t *numbers) {
	struct buf packed = {0};
	size_t start = out->len;
	uint64_t *wide = reallocarray(NULL, (size_t)shape->rows + 1, sizeof(*wide));
	ASSERT(wide != NULL);
	for (uint32_t i = 0; i < shape->rows; i++) {
		wide[i] = numbers[i];
	}
	packed_put(&packed, wide, shape->rows, packed_width(shape->layouts - 1));
	blob_put(out, buf_str(&packed), COMPRESS_FAST);
	buf_deinit(&packed);
	free(wide);
	return out->len - start;
}

/* Appends the offsets and the lengths of a shape's free values, each of one width. */
static void put_slices(struct buf *out, const struct layout_slice *slices, uint32_t count,
                       uint8_t out_widths[2]) {
	uint64_t *offsets = reallocarray(NULL, (size_t)count * 2 + 1, sizeof(*offsets));
	ASSERT(offsets != NULL);
	uint64_t *lens = offsets + count;
	uint64_t all[2] = {0};
	for (uint32_t i = 0; i < count; i++) {
		offsets[i] = slices[i].offset;
		lens[i] = slices[i].len;
		all[0] |= offsets[i];
		all[1] |= lens[i];
	}
	out_widths[0] = (uint8_t)packed_width(all[0]);
	out_widths[1] = (uint8_t)packed_width(all[1]);
	packed_put(out, offsets, count, out_widths[0]);
	packed_put(out, lens, count, out_widths[1]);
	free(offsets);
}

static void put_map(struct buf *out, const struct map *map) {
	wire_put_varint(out, map_count(map));
	for (size_t i = 0; i < map_count(map); i++) {
		wire_put_str(out, map_key(map, i));
	}
}

static void put_layouts(struct buf *out, const struct putting *putting) {
	struct buf bodies = {0};
	for (uint32_t i = 0; i < putting->shapes_count; i++) {
		wire_put_varint(out, putting->shapes[i].layouts);
	}
	for (size_t i = 0; i < map_count(putting->layouts); i++) {
		uint32_t number = putting->in_order[i];
		struct str key = map_key(putting->layouts, number);
		struct str body = str_slice(key, 8, key.len);
		wire_put_varint(out, layout_at(putting, number)->signature);
		wire_put_varint(out, body.len);
		buf_append_str(&bodies, body);
	}
	buf_append_str(out, buf_str(&bodies));
	buf_deinit(&bodies);
}

/* Where the values of each shape lie in the other parts, and these parts. */
static void put_shapes(struct buf *out, const struct putting *putting, const struct values *values,
                       struct buf parts[LAYOUTS_PARTS]) {
	for (uint32_t i = 0; i < putting->shapes_count; i++) {
		const struct block_shape *shape = &putting->shapes[i];
		if (shape->layouts > 1) {
			const uint32_t *numbers = values->numbers + (shape->row_at - shape->rows);
			wire_put_varint(out, put_numbers(&parts[LAYOUTS_NUMBERS], shape, numbers));
			wire_put_varint(out, shape->free);
			wire_put_varint(out, shape->outside);
		}
		if (shape->free > 0) {
			uint8_t widths[2];
			put_slices(&parts[LAYOUTS_SLICES], values->slices + (shape->free_at - shape->free),
			           shape->free, widths);
			buf_append(out, widths, sizeof(widths));
		}
	}
}

static void put_parts(const struct putting *putting, const struct values *values,
                      struct buf parts[LAYOUTS_PARTS]) {
	struct buf table = {0};
	struct texts_writer *strings = texts_writer_new();
	put_map(&table, putting->draft->names);
	put_map(&table, putting->signatures);
	put_map(&table, putting->draft->consts);
	put_layouts(&table, putting);
	put_shapes(&table, putting, values, parts);
	blob_put(&parts[LAYOUTS_TABLE], buf_str(&table), COMPRESS_BEST);
	for (uint32_t i = 0; i < values->strings_count; i++) {
		texts_writer_add(strings, values->strings[i]);
	}
	texts_writer_put(strings, &parts[LAYOUTS_STRINGS]);
	texts_writer_free(strings);
	buf_deinit(&table);
}

static void putting_deinit(struct putting *putting) {
	free(putting->layout_of);
	free(putting->shapes);
	free(putting->in_order);
	map_free(putting->signatures);
	map_free(putting->layouts);
	buf_deinit(&putting->table);
	buf_deinit(&putting->key);
	buf_deinit(&putting->signature);
}

void layouts_draft_put(struct layouts_draft *draft, const struct lines_draft *lines,
                       struct buf parts[LAYOUTS_PARTS]) {
	struct values values = {0};
	struct putting putting = {.draft = draft,
	                          .lines = lines,
	                          .signatures = map_new(),
	                          .layouts = map_new(),
	                          .shapes_count = lines_draft_shapes(lines)};
	putting.shapes = calloc((size_t)putting.shapes_count + 1, sizeof(*putting.shapes));
	ASSERT(putting.shapes != NULL);
	translate_all(&putting);
	sort_layouts(&putting);
	gather_values(&putting, &values);
	put_parts(&putting, &values, parts);
	putting_deinit(&putting);
	free(values.numbers);
	free(values.slices);
	free(values.strings);
}
