/* Layouts of a block, opened. The table is checked as far as it must be to find one's way in it;
 * a layout, and which rows have it, is decoded when somebody asks.
 */
#include "store/layouts.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "codec/compress.h"
#include "codec/packed.h"
#include "codec/texts.h"

enum { SUM_EVERY = 64 }; /* rows of a shape between two sums */

struct signature_item {
	uint32_t name;
	uint8_t kind, source;
};
struct signature {
	const struct signature_item *items;
	uint32_t count;
	uint32_t free, outside;
};
struct layout_entry {
	const struct layout *decoded; /* NULL until asked for */
	uint64_t constants;           /* sum of their field_hash; 0: not yet asked for */
	uint32_t signature;
	struct str body;
};
struct sums {
	uint32_t free, outside; /* values of the rows before */
};
struct shape_entry {
	uint32_t rows;
	uint32_t layouts_first, layouts;
	uint32_t free, outside; /* values of all its rows */
	uint32_t outside_first;
	struct str numbers_stored; /* several layouts: a blob */
	char *numbers;             /* decoded; NULL until asked for */
	unsigned width;            /* of these */
	struct sums *sums;         /* before row 0, SUM_EVERY, ...; NULL: none, or not decoded */
	uint8_t widths[2];
	const char *slices; /* offsets, then lengths */
	struct sums last;   /* where a reader that goes on, goes on: before row last_row */
	uint32_t last_row;
};

struct layouts {
	struct arena *arena;
	struct str table;
	struct str *names;
	uint64_t *name_hashes;
	uint32_t names_count;
	struct signature *signatures;
	uint32_t signatures_count;
	struct str *consts;
	uint32_t consts_count;
	struct shape_entry *shapes;
	uint32_t shapes_count;
	struct layout_entry *layouts;
	uint32_t layouts_count;
	struct str strings_stored;
	struct texts *strings; /* NULL until asked for */
	uint32_t strings_count;
	size_t numbers_bytes;
};

static void *new_array(struct layouts *layouts, uint64_t count, size_t size) {
	return count > SIZE_MAX / size ? NULL : arena_try_alloc(layouts->arena, (size_t)count * size);
}

/* ---- the table ---- */

static enum err decode_table(struct str part, struct layouts *layouts) {
	struct wire in = wire_from(part);
	struct blob blob = blob_get(&in, LIMIT_BLOCK_LAYOUTS);
	if (!wire_done(&in) || (blob.compressed && !compress_may_be(blob.stored.len, blob.len))) {
		return ERR_CORRUPT;
	}
	char *bytes = new_array(layouts, blob.len + 1, 1);
	if (bytes == NULL) {
		return ERR_LIMIT;
	}
	TRY(blob_decode(&blob, bytes));
	layouts->table = str_make(bytes, blob.len);
	return ERR_OK;
}

static enum err read_strings(struct wire *in, struct layouts *layouts, struct str **out_strings,
                             uint32_t *out_count) {
	uint32_t count = (uint32_t)wire_varint_max(in, MIN_OF(wire_left(in), (size_t)UINT32_MAX));
	struct str *strings = new_array(layouts, count, sizeof(*strings));
	if (strings == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t i = 0; i < count; i++) {
		strings[i] = wire_str(in, SIZE_MAX);
	}
	*out_strings = strings;
	*out_count = count;
	return in->bad ? ERR_CORRUPT : ERR_OK;
}

/* A name comes at most once: seen[name] is the signature that had it last, plus one. */
static enum err read_signature(struct layouts *layouts, uint32_t number, struct str bytes,
                               uint32_t *seen) {
	struct wire in = wire_from(bytes);
	struct signature *signature = &layouts->signatures[number];
	uint32_t cap = (uint32_t)MIN_OF(bytes.len / 2, (size_t)LIMIT_FIELDS_PER_RECORD);
	struct signature_item *items = new_array(layouts, cap, sizeof(*items));
	if (items == NULL) {
		return ERR_LIMIT;
	}
	signature->items = items;
	while (!wire_done(&in)) {
		uint64_t name = wire_varint(&in);
		uint8_t both = wire_u8(&in);
		uint8_t kind = both & 15;
		uint8_t source = both >> 4;
		if (in.bad || signature->count == cap || name >= layouts->names_count ||
		    seen[name] == number + 1 || kind == VALUE_NONE || kind >= VALUE_KIND_COUNT ||
		    source >= LAYOUT_SOURCES) {
			return ERR_CORRUPT;
		}
		seen[name] = number + 1;
		items[signature->count++] = (struct signature_item){(uint32_t)name, kind, source};
		signature->free += source == LAYOUT_FREE;
		signature->outside += source == LAYOUT_OUTSIDE;
	}
	return ERR_OK;
}

static enum err read_signatures(struct wire *in, struct layouts *layouts) {
	struct str *bytes;
	TRY(read_strings(in, layouts, &bytes, &layouts->signatures_count));
	uint32_t *seen = new_array(layouts, layouts->names_count, sizeof(*seen));
	layouts->signatures =
	    new_array(layouts, layouts->signatures_count, sizeof(*layouts->signatures));
	if (seen == NULL || layouts->signatures == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t i = 0; i < layouts->signatures_count; i++) {
		TRY(read_signature(layouts, i, bytes[i], seen));
	}
	return ERR_OK;
}

/* A shape without rows has no layout, any other at least one and at most one a row. */
static enum err read_shapes(struct wire *in, const struct lines *lines, struct layouts *layouts) {
	uint64_t total = 0;
	layouts->shapes_count = lines_shapes(lines);
	layouts->shapes = new_array(layouts, layouts->shapes_count, sizeof(*layouts->shapes));
	if (layouts->shapes == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t i = 0; i < layouts->shapes_count; i++) {
		struct shape_entry *shape = &layouts->shapes[i];
		shape->rows = lines_shape_rows(lines, i);
		shape->layouts_first = (uint32_t)total;
		shape->layouts = (uint32_t)wire_varint_max(in, shape->rows);
		total += shape->layouts;
		if (in->bad || (shape->rows > 0 && shape->layouts == 0)) {
			return ERR_CORRUPT;
		}
	}
	if (total > wire_left(in) / 2) {
		return ERR_CORRUPT;
	}
	layouts->layouts_count = (uint32_t)total;
	return ERR_OK;
}

static enum err read_layouts(struct wire *in, struct layouts *layouts) {
	layouts->layouts = new_array(layouts, layouts->layouts_count, sizeof(*layouts->layouts));
	if (layouts->layouts == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t i = 0; i < layouts->layouts_count; i++) {
		layouts->layouts[i].signature = (uint32_t)wire_varint_max(in, UINT32_MAX);
		layouts->layouts[i].body.len = (size_t)wire_varint_max(in, wire_left(in));
		if (in->bad || layouts->layouts[i].signature >= layouts->signatures_count) {
			return ERR_CORRUPT;
		}
	}
	for (uint32_t i = 0; i < layouts->layouts_count; i++) {
		layouts->layouts[i].body = wire_bytes(in, layouts->layouts[i].body.len);
	}
	return in->bad ? ERR_CORRUPT : ERR_OK;
}

/* How many values that are not in layouts the rows of a shape have. */
static bool count_values(struct wire *in, const struct layouts *layouts,
                         struct shape_entry *shape) {
	if (shape->layouts > 1) {
		shape->free = (uint32_t)wire_varint_max(in, UINT32_MAX);
		shape->outside = (uint32_t)wire_varint_max(in, UINT32_MAX);
		return !in->bad;
	}
	if (shape->layouts == 0) {
		return true;
	}
	const struct signature *signature =
	    &layouts->signatures[layouts->layouts[shape->layouts_first].signature];
	return !__builtin_mul_overflow(shape->rows, signature->free, &shape->free) &&
	       !__builtin_mul_overflow(shape->rows, signature->outside, &shape->outside);
}

static enum err find_values(struct wire *in, struct layouts *layouts,
                            const struct str parts[LAYOUTS_PARTS]) {
	struct wire numbers = wire_from(parts[LAYOUTS_NUMBERS]);
	struct wire slices = wire_from(parts[LAYOUTS_SLICES]);
	for (uint32_t i = 0; i < layouts->shapes_count; i++) {
		struct shape_entry *shape = &layouts->shapes[i];
		if (shape->layouts > 1) {
			shape->numbers_stored = wire_bytes(&numbers, wire_varint(in));
		}
		shape->outside_first = layouts->strings_count;
		if (!count_values(in, layouts, shape) ||
		    __builtin_add_overflow(layouts->strings_count, shape->outside,
		                           &layouts->strings_count)) {
			return ERR_CORRUPT;
		}
		if (shape->free > 0) {
			shape->widths[0] = wire_u8(in);
			shape->widths[1] = wire_u8(in);
			if (shape->widths[0] > 32 || shape->widths[1] > 32) {
				return ERR_CORRUPT;
			}
			shape->slices = wire_bytes(&slices, packed_bytes(shape->free, shape->widths[0]) +
			                                        packed_bytes(shape->free, shape->widths[1]))
			                    .ptr;
		}
	}
	return wire_done(in) && wire_done(&numbers) && wire_done(&slices) ? ERR_OK : ERR_CORRUPT;
}

static enum err read_table(struct layouts *layouts, const struct str parts[LAYOUTS_PARTS],
                           const struct lines *lines) {
	TRY(decode_table(parts[LAYOUTS_TABLE], layouts));
	struct wire in = wire_from(layouts->table);
	TRY(read_strings(&in, layouts, &layouts->names, &layouts->names_count));
	layouts->name_hashes = new_array(layouts, layouts->names_count, sizeof(*layouts->name_hashes));
	if (layouts->name_hashes == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t i = 0; i < layouts->names_count; i++) {
		layouts->name_hashes[i] = field_name_hash(layouts->names[i]);
	}
	TRY(read_signatures(&in, layouts));
	TRY(read_strings(&in, layouts, &layouts->consts, &layouts->consts_count));
	TRY(read_shapes(&in, lines, layouts));
	TRY(read_layouts(&in, layouts));
	return find_values(&in, layouts, parts);
}

enum err layouts_open(const struct str parts[LAYOUTS_PARTS], const struct lines *lines,
                      struct layouts **out_layouts) {
	struct layouts *layouts = calloc(1, sizeof(*layouts));
	ASSERT(layouts != NULL);
	layouts->arena = arena_new(2 * LIMIT_BLOCK_LAYOUTS);
	layouts->strings_stored = parts[LAYOUTS_STRINGS];
	enum err err = read_table(layouts, parts, lines);
	if (err != ERR_OK) {
		layouts_free(layouts);
		return err;
	}
	*out_layouts = layouts;
	return ERR_OK;
}

void layouts_free(struct layouts *layouts) {
	if (layouts != NULL) {
		for (uint32_t i = 0; layouts->shapes != NULL && i < layouts->shapes_count; i++) {
			free(layouts->shapes[i].numbers);
			free(layouts->shapes[i].sums);
		}
		texts_free(layouts->strings);
		arena_free(layouts->arena);
		free(layouts);
	}
}

size_t layouts_bytes(const struct layouts *layouts) {
	return sizeof(*layouts) + arena_used(layouts->arena) + layouts->numbers_bytes;
}

/* ---- names ---- */

uint32_t layouts_names(const struct layouts *layouts, const struct str **out_names) {
	*out_names = layouts->names;
	return layouts->names_count;
}

uint64_t layouts_name_hash(const struct layouts *layouts, uint32_t name) {
	ASSERT(name < layouts->names_count);
	return layouts->name_hashes[name];
}

uint32_t layouts_find_name(const struct layouts *layouts, struct str name) {
	for (uint32_t i = 0; i < layouts->names_count; i++) {
		if (str_eq(layouts->names[i], name)) {
			return i;
		}
	}
	return UINT32_MAX;
}

/* ---- layouts ---- */

static struct lines_place read_place(struct wire *in, struct lines_place *before) {
	uint64_t code = wire_varint_max(in, UINT32_MAX);
	uint64_t zigzag = code / 2;
	int64_t slots = (zigzag & 1) != 0 ? -(int64_t)(zigzag / 2) - 1 : (int64_t)(zigzag / 2);
	int64_t slot = before->slot + slots;
	struct lines_place place = {.where = code % 2 == 1 ? LINES_INSIDE : LINES_LITERAL};
	int64_t at = place.where == LINES_INSIDE ? (int64_t)wire_varint_max(in, UINT32_MAX) : 0;
	if (place.where == LINES_LITERAL &&
	    __builtin_add_overflow(wire_zigzag(in), (int64_t)before->at, &at)) {
		in->bad = true;
	}
	if (in->bad || slot < 0 || slot > UINT16_MAX || at < 0 || at > UINT32_MAX) {
		in->bad = true;
		return place;
	}
	place.slot = (uint16_t)slot;
	place.at = (uint32_t)at;
	before->slot = place.slot;
	before->at = place.where == LINES_LITERAL ? place.at : before->at;
	return place;
}

/* The next item of a body, of which its signature says the rest. */
static struct layout_item read_item(struct wire *in, const struct layouts *layouts,
                                    const struct signature_item *item, struct lines_place *before) {
	struct layout_item out = {.name = item->name, .kind = item->kind, .source = item->source};
	if (item->source == LAYOUT_CONST) {
		uint64_t number = wire_varint(in);
		in->bad |= number >= layouts->consts_count;
		out.bytes = in->bad ? STR("") : layouts->consts[number];
	} else if (item->source == LAYOUT_PLACED) {
		out.from = read_place(in, before);
		out.to = read_place(in, before);
	}
	return out;
}

static enum err decode_layout(struct layouts *layouts, struct layout_entry *entry) {
	const struct signature *signature = &layouts->signatures[entry->signature];
	struct lines_place before = {.where = LINES_LITERAL};
	struct wire in = wire_from(entry->body);
	struct layout_item *items = new_array(layouts, signature->count, sizeof(*items));
	struct layout *layout = new_array(layouts, 1, sizeof(*layout));
	if (items == NULL || layout == NULL) {
		return ERR_LIMIT;
	}
	for (uint32_t i = 0; i < signature->count; i++) {
		items[i] = read_item(&in, layouts, &signature->items[i], &before);
	}
	if (!wire_done(&in)) {
		return ERR_CORRUPT;
	}
	*layout = (struct layout){items, signature->count, signature->free, signature->outside};
	entry->decoded = layout;
	return ERR_OK;
}

void layouts_fetch(const struct layouts *layouts, uint32_t number, enum layouts_step step) {
	enum { LINE = 64 };
	ASSERT(number < layouts->layouts_count);
	const struct layout_entry *entry = &layouts->layouts[number];
	if (step == LAYOUTS_ENTRY) {
		__builtin_prefetch(entry);
	} else if (entry->decoded != NULL && step == LAYOUTS_HEAD) {
		__builtin_prefetch(entry->decoded);
	} else if (entry->decoded != NULL) {
		uint32_t lines = (uint32_t)(entry->decoded->count * sizeof(struct layout_item) / LINE + 1);
		for (uint32_t i = 0; i < lines; i++) {
			__builtin_prefetch((const char *)entry->decoded->items + (size_t)i * LINE);
		}
	}
}

enum err layouts_get(struct layouts *layouts, uint32_t number, const struct layout **out_layout) {
	ASSERT(number < layouts->layouts_count);
	struct layout_entry *entry = &layouts->layouts[number];
	if (entry->decoded == NULL) {
		TRY(decode_layout(layouts, entry));
	}
	*out_layout = entry->decoded;
	return ERR_OK;
}

enum err layouts_item(const struct layouts *layouts, uint32_t number, uint32_t name,
                      struct layout_item *out_item, uint32_t *out_index) {
	ASSERT(number < layouts->layouts_count);
	const struct layout_entry *entry = &layouts->layouts[number];
	const struct signature *signature = &layouts->signatures[entry->signature];
	struct lines_place before = {.where = LINES_LITERAL};
	struct wire in = wire_from(entry->body);
	uint32_t index = 0;
	while (index < signature->count && signature->items[index].name != name) {
		index++;
	}
	*out_index = index < signature->count ? index : UINT32_MAX;
	for (uint32_t i = 0; i <= index && index < signature->count; i++) {
		*out_item = read_item(&in, layouts, &signature->items[i], &before);
	}
	return in.bad ? ERR_CORRUPT : ERR_OK;
}

void layouts_of_shape(const struct layouts *layouts, uint32_t shape, uint32_t *out_first,
                      uint32_t *out_count) {
	ASSERT(shape < layouts->shapes_count);
	*out_first = layouts->shapes[shape].layouts_first;
	*out_count = layouts->shapes[shape].layouts;
}

/* ---- rows ---- */

/* Sums the values of a shape's rows, and checks the numbers of their layouts. */
static enum err sum_values(const struct layouts *layouts, const struct shape_entry *shape,
                           struct sums *sums) {
	uint64_t free_sum = 0;
	uint64_t outside_sum = 0;
	for (uint32_t row = 0; row < shape->rows; row++) {
		uint64_t number = packed_get(shape->numbers, shape->width, row);
		if (number >= shape->layouts) {
			return ERR_CORRUPT;
		}
		if (row % SUM_EVERY == 0) {
			sums[row / SUM_EVERY] = (struct sums){(uint32_t)free_sum, (uint32_t)outside_sum};
		}
		const struct signature *signature =
		    &layouts->signatures[layouts->layouts[shape->layouts_first + number].signature];
		free_sum += signature->free;
		outside_sum += signature->outside;
	}
	return free_sum == shape->free && outside_sum == shape->outside ? ERR_OK : ERR_CORRUPT;
}

static enum err decode_numbers(struct layouts *layouts, struct shape_entry *shape) {
	struct wire in = wire_from(shape->numbers_stored);
	unsigned width = packed_width(shape->layouts - 1);
	size_t size = (size_t)packed_bytes(shape->rows, width);
	struct blob blob = blob_get(&in, size);
	if (!wire_done(&in) || blob.len != size) {
		return ERR_CORRUPT;
	}
	char *numbers = calloc(1, size + PACKED_SLACK);
	ASSERT(numbers != NULL);
	if (blob_decode(&blob, numbers) != ERR_OK) {
		free(numbers);
		return ERR_CORRUPT;
	}
	shape->width = width;
	shape->numbers = numbers;
	layouts->numbers_bytes += size;
	return ERR_OK;
}

/* The shape, ready to say the layout of its row rank, if that is right. */
static enum err use_shape(struct layouts *layouts, uint32_t number, uint32_t rank,
                          struct shape_entry **out_shape) {
	if (number >= layouts->shapes_count || rank >= layouts->shapes[number].rows) {
		return ERR_CORRUPT;
	}
	struct shape_entry *shape = &layouts->shapes[number];
	if (shape->layouts > 1 && shape->numbers == NULL) {
		TRY(decode_numbers(layouts, shape));
	}
	*out_shape = shape;
	return ERR_OK;
}

/* The same, ready to say where the values of its rows begin: then all numbers are right. */
static enum err use_sums(struct layouts *layouts, uint32_t number, uint32_t rank,
                         struct shape_entry **out_shape) {
	TRY(use_shape(layouts, number, rank, out_shape));
	struct shape_entry *shape = *out_shape;
	if (shape->layouts > 1 && shape->sums == NULL) {
		size_t count = shape->rows / SUM_EVERY + 1;
		struct sums *sums = calloc(count, sizeof(*sums));
		ASSERT(sums != NULL);
		enum err err = sum_values(layouts, shape, sums);
		if (err != ERR_OK) {
			free(sums);
			return err;
		}
		shape->sums = sums;
		layouts->numbers_bytes += count * sizeof(*sums);
	}
	return ERR_OK;
}

/* Within the shape. */
static uint64_t number_at(const struct shape_entry *shape, uint32_t rank) {
	return shape->layouts == 1 ? 0 : packed_get(shape->numbers, shape->width, rank);
}

enum err layouts_of(struct layouts *layouts, const uint32_t *shapes, const uint32_t *ranks,
                    uint32_t count, uint32_t *out_layouts) {
	for (uint32_t i = 0; i < count; i++) {
		struct shape_entry *shape;
		TRY(use_shape(layouts, shapes[i], ranks[i], &shape));
		uint64_t number = number_at(shape, ranks[i]);
		if (number >= shape->layouts) {
			return ERR_CORRUPT;
		}
		out_layouts[i] = shape->layouts_first + (uint32_t)number;
	}
	return ERR_OK;
}

/* Once for all rows of a layout. */
static uint64_t constants_sum(const struct layouts *layouts, struct layout_entry *entry) {
	const struct layout *layout = entry->decoded;
	if (entry->constants == 0) {
		for (uint32_t i = 0; i < layout->count; i++) {
			const struct layout_item *item = &layout->items[i];
			if (item->source == LAYOUT_CONST) {
				struct field_found field = {
				    .kind = item->kind, .bytes = item->bytes.ptr, .len = (uint32_t)item->bytes.len};
				entry->constants += field_hash(i, layouts->name_hashes[item->name], &field);
			}
		}
	}
	return entry->constants;
}

enum err layouts_row_sum(struct layouts *layouts, uint32_t number, const struct lines_rows *rows,
                         uint32_t i, uint64_t *out_sum) {
	const struct layout *layout;
	TRY(layouts_get(layouts, number, &layout));
	uint64_t sum = constants_sum(layouts, &layouts->layouts[number]);
	uint32_t len = rows->starts[i + 1] - rows->starts[i];
	for (uint32_t k = 0; k < layout->count; k++) {
		const struct layout_item *item = &layout->items[k];
		uint32_t from;
		uint32_t to;
		if (item->source == LAYOUT_PLACED) {
			TRY(lines_rows_offset(rows, i, item->from, &from));
			TRY(lines_rows_offset(rows, i, item->to, &to));
			if (from > to || to > len) {
				return ERR_CORRUPT;
			}
			uint64_t hash = field_item_hash(k, layouts->name_hashes[item->name], item->kind);
			sum += field_place_hash(hash, from, to - from);
		}
	}
	*out_sum = sum;
	return ERR_OK;
}

/* Values of the rows of a shape before rank. */
static struct sums sums_before(const struct layouts *layouts, struct shape_entry *shape,
                               uint32_t rank) {
	if (shape->layouts == 1) {
		const struct signature *signature =
		    &layouts->signatures[layouts->layouts[shape->layouts_first].signature];
		return (struct sums){rank * signature->free, rank * signature->outside};
	}
	if (rank < shape->last_row || rank - shape->last_row >= SUM_EVERY) {
		shape->last_row = rank / SUM_EVERY * SUM_EVERY;
		shape->last = shape->sums[rank / SUM_EVERY];
	}
	while (shape->last_row < rank) {
		uint64_t number = shape->layouts_first + number_at(shape, shape->last_row);
		const struct signature *signature =
		    &layouts->signatures[layouts->layouts[number].signature];
		shape->last.free += signature->free;
		shape->last.outside += signature->outside;
		shape->last_row++;
	}
	return shape->last;
}

enum err layouts_starts(struct layouts *layouts, const uint32_t *shapes, const uint32_t *ranks,
                        uint32_t count, uint32_t *out_free, uint32_t *out_outside) {
	for (uint32_t i = 0; i < count; i++) {
		struct shape_entry *shape;
		TRY(use_sums(layouts, shapes[i], ranks[i], &shape));
		struct sums sums = sums_before(layouts, shape, ranks[i]);
		out_free[i] = sums.free;
		out_outside[i] = shape->outside_first + sums.outside;
	}
	return ERR_OK;
}

enum err layouts_free_value(struct layouts *layouts, uint32_t shape_number, uint32_t number,
                            uint32_t *out_offset, uint32_t *out_len) {
	ASSERT(shape_number < layouts->shapes_count);
	const struct shape_entry *shape = &layouts->shapes[shape_number];
	if (number >= shape->free) {
		return ERR_CORRUPT;
	}
	const char *lens = shape->slices + packed_bytes(shape->free, shape->widths[0]);
	*out_offset = (uint32_t)packed_get(shape->slices, shape->widths[0], number);
	*out_len = (uint32_t)packed_get(lens, shape->widths[1], number);
	return ERR_OK;
}

static enum err open_strings(struct layouts *layouts) {
	struct wire in = wire_from(layouts->strings_stored);
	struct texts *strings;
	TRY(texts_open(&in, NULL, &strings));
	if (!wire_done(&in) || texts_count(strings) != layouts->strings_count) {
		texts_free(strings);
		return ERR_CORRUPT;
	}
	layouts->strings = strings;
	return ERR_OK;
}

enum err layouts_outside(struct layouts *layouts, uint32_t first, uint32_t count, struct buf *out,
                         uint32_t *lens) {
	if (first > layouts->strings_count || count > layouts->strings_count - first) {
		return ERR_CORRUPT;
	}
	if (layouts->strings == NULL) {
		TRY(open_strings(layouts));
	}
	if (texts_total(layouts->strings, first, count) > LIMIT_VIEW_BYTES / 2) {
		return ERR_LIMIT;
	}
	return texts_get_many(layouts->strings, first, count, out, lens);
}
