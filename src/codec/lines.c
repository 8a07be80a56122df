/* Rows as they are read: shapes and columns are checked when they are opened; rows are put together
 * run by run: the rows of one shape among those asked for, whose values lie beside each other in
 * each column.
 */
#include "codec/lines.h"

#include "codec/compress.h"
#include "codec/lines_open.h"

enum { SHAPES_BYTES_MAX = 256 << 20, SHAPE_SLOTS_MAX = 4096 };

/* ---- opening ---- */

static enum err decode_head(const struct blob *blob, struct buf *out) {
	char *bytes = buf_reserve(out, blob->len);
	TRY(blob_decode(blob, bytes));
	out->len = blob->len;
	return ERR_OK;
}

static enum err read_rows(struct wire *head, struct lines *lines) {
	uint64_t rows = lines->shapes[LINES_SHAPE_WHOLE].rows;
	uint64_t text = 0;
	for (uint32_t i = 1; i < lines->shapes_count; i++) {
		struct lines_shape *shape = &lines->shapes[i];
		shape->rows = (uint32_t)wire_varint_max(head, LINES_ROWS_MAX);
		shape->text = (uint32_t)text;
		shape->text_len = (uint32_t)wire_varint_max(head, SHAPES_BYTES_MAX);
		rows += shape->rows;
		text += shape->text_len;
		if (head->bad || shape->rows == 0 || text > SHAPES_BYTES_MAX) {
			return ERR_CORRUPT;
		}
	}
	lines->skeletons_len = (size_t)text;
	return rows == lines->rows ? ERR_OK : ERR_CORRUPT;
}

/* Where each group begins, from how far it is behind the one before. */
static enum err read_groups(struct wire *head, struct lines *lines) {
	struct slots_at at = {0};
	lines->groups_count = (lines->shapes_count - 1 + LINES_GROUP - 1) / LINES_GROUP;
	lines->groups = calloc(lines->groups_count + 1, sizeof(*lines->groups));
	ASSERT(lines->groups != NULL);
	for (uint32_t i = 1; i < lines->groups_count; i++) {
		at.table += (size_t)wire_varint_max(head, SHAPES_BYTES_MAX);
		at.codes += (size_t)wire_varint_max(head, UINT32_MAX);
		at.texts += (size_t)wire_varint_max(head, TEXTS_COUNT_MAX);
		for (size_t k = 0; k < SLOT_POOLS; k++) {
			if (lines->shared.pools_stored[k].count > 0) {
				at.pools[k] += (size_t)wire_varint_max(head, UINT32_MAX);
			}
		}
		lines->groups[i].at = at;
	}
	for (uint32_t i = 0; i < lines->groups_count; i++) {
		uint8_t alone = wire_u8(head);
		lines->groups[i].addresses_alone = alone != 0;
		head->bad |= alone > 1;
	}
	return wire_done(head) ? ERR_OK : ERR_CORRUPT;
}

static enum err read_head(struct lines *lines, struct str bytes) {
	struct wire head = wire_from(bytes);
	lines->shapes_count = 1 + (uint32_t)wire_varint_max(&head, bytes.len / 2);
	lines->shapes = calloc(lines->shapes_count, sizeof(*lines->shapes));
	ASSERT(lines->shapes != NULL);
	lines->shapes[LINES_SHAPE_WHOLE] =
	    (struct lines_shape){.rows = (uint32_t)wire_varint_max(&head, LINES_ROWS_MAX),
	                         .parsed = true,
	                         .slots_count = 1,
	                         .literal = ""};
	TRY(read_rows(&head, lines));
	return read_groups(&head, lines);
}

/* Where the skeletons of a chunk begin, or (of one behind the last) end. */
static size_t text_of_chunk(const struct lines *lines, uint32_t chunk) {
	size_t shape = 1 + (size_t)chunk * LINES_CHUNK * LINES_GROUP;
	return shape < lines->shapes_count ? lines->shapes[shape].text : lines->skeletons_len;
}

/* Chunks must be as long as the head says. */
static enum err read_chunks(struct wire *in, struct lines *lines) {
	size_t table = 0;
	lines->chunks_count = (lines->groups_count + LINES_CHUNK - 1) / LINES_CHUNK;
	lines->chunks = calloc(lines->chunks_count + 1, sizeof(*lines->chunks));
	ASSERT(lines->chunks != NULL);
	for (uint32_t i = 0; i < lines->chunks_count; i++) {
		struct lines_chunk *chunk = &lines->chunks[i];
		chunk->text = text_of_chunk(lines, i);
		chunk->skeletons = blob_get(in, SHAPES_BYTES_MAX);
		chunk->table = blob_get(in, SHAPES_BYTES_MAX);
		if (in->bad || lines->groups[i * LINES_CHUNK].at.table != table ||
		    chunk->skeletons.len != text_of_chunk(lines, i + 1) - chunk->text) {
			return ERR_CORRUPT;
		}
		table += chunk->table.len;
		if (table > SHAPES_BYTES_MAX) {
			return ERR_CORRUPT;
		}
	}
	lines->groups[lines->groups_count].at = slots_end(&lines->shared, table);
	return wire_done(in) ? ERR_OK : ERR_CORRUPT;
}

static enum err read_shapes(struct lines *lines, struct str part) {
	struct wire in = wire_from(part);
	struct blob head_stored = blob_get(&in, SHAPES_BYTES_MAX);
	CLEANUP(buf_deinit) struct buf head = {0};
	TRY(in.bad ? ERR_CORRUPT : decode_head(&head_stored, &head));
	TRY(read_head(lines, buf_str(&head)));
	return read_chunks(&in, lines);
}

static enum err open_parts(struct lines *lines, const struct str parts[LINES_PARTS]) {
	lines->order_stored = parts[LINES_ORDER];
	lines->whole_stored = parts[LINES_WHOLE];
	TRY(slots_open(&lines->shared, lines->checked, parts[LINES_CODES], parts[LINES_POOLS],
	               parts[LINES_WORDS]));
	TRY(checked_hold(lines->checked, parts[LINES_SHAPES]));
	return read_shapes(lines, parts[LINES_SHAPES]);
}

enum err lines_open(const struct str parts[LINES_PARTS], struct checked *checked, uint32_t rows,
                    struct lines **out_lines) {
	struct lines *lines = calloc(1, sizeof(*lines));
	ASSERT(lines != NULL);
	lines->checked = checked;
	lines->rows = rows;
	enum err err = rows > LINES_ROWS_MAX ? ERR_CORRUPT : open_parts(lines, parts);
	if (err != ERR_OK) {
		lines_free(lines);
		return err;
	}
	*out_lines = lines;
	return ERR_OK;
}

void lines_free(struct lines *lines) {
	if (lines != NULL) {
		for (uint32_t i = 0; i < lines->groups_count; i++) {
			for (uint32_t k = 0; k < lines->groups[i].slots_count; k++) {
				slot_deinit(&lines->groups[i].slots[k].column);
			}
			free(lines->groups[i].slots);
		}
		slots_deinit(&lines->shared);
		order_free(lines->order);
		texts_free(lines->whole);
		buf_deinit(&lines->skeletons);
		buf_deinit(&lines->table);
		buf_deinit(&lines->strings);
		free(lines->groups);
		free(lines->chunks);
		free(lines->shapes);
		free(lines->runs);
		free(lines->run_of);
		free(lines->row_run);
		free(lines->values);
		free(lines->lens);
		free(lines->times);
		free(lines->run_rows);
		free(lines);
	}
}

uint32_t lines_shapes(const struct lines *lines) {
	return lines->shapes_count;
}

uint32_t lines_shape_rows(const struct lines *lines, uint32_t shape) {
	ASSERT(shape < lines->shapes_count);
	return lines->shapes[shape].rows;
}

enum err lines_shape_read(struct lines *lines, uint32_t shape) {
	const struct lines_shape *parsed;
	return lines_parse_shape(lines, shape, &parsed);
}

static const struct lines_shape *parsed_shape(const struct lines *lines, uint32_t shape) {
	ASSERT(shape < lines->shapes_count);
	ASSERT(lines->shapes[shape].parsed);
	return &lines->shapes[shape];
}

uint32_t lines_shape_slots(const struct lines *lines, uint32_t shape) {
	return parsed_shape(lines, shape)->slots_count;
}

struct str lines_shape_literal(const struct lines *lines, uint32_t shape) {
	const struct lines_shape *entry = parsed_shape(lines, shape);
	return str_make(entry->literal, entry->literal_len);
}

uint32_t lines_shape_before(const struct lines *lines, uint32_t shape, uint32_t slot) {
	const struct lines_shape *entry = parsed_shape(lines, shape);
	ASSERT(slot <= entry->slots_count);
	if (shape == LINES_SHAPE_WHOLE || slot == entry->slots_count) {
		return entry->literal_len;
	}
	return entry->slots[slot].before;
}

/* ---- parts of it ---- */

enum err lines_use_order(struct lines *lines, struct order **out_order) {
	if (lines->order == NULL) {
		struct wire in = wire_from(lines->order_stored);
		struct order *order;
		TRY(checked_hold(lines->checked, lines->order_stored));
		TRY(order_open(&in, lines->rows, lines->shapes_count, &order));
		if (!wire_done(&in)) {
			order_free(order);
			return ERR_CORRUPT;
		}
		lines->order = order;
	}
	*out_order = lines->order;
	return ERR_OK;
}

enum err lines_use_whole(struct lines *lines, struct texts **out_whole) {
	if (lines->whole == NULL) {
		struct wire in = wire_from(lines->whole_stored);
		struct texts *whole;
		TRY(texts_open(&in, lines->checked, &whole));
		if (!wire_done(&in) || texts_count(whole) != lines->shapes[LINES_SHAPE_WHOLE].rows) {
			texts_free(whole);
			return ERR_CORRUPT;
		}
		lines->whole = whole;
	}
	*out_whole = lines->whole;
	return ERR_OK;
}

/* Decodes a piece of what takes len bytes as a whole. */
static enum err read_once(const struct blob *stored, size_t at, size_t len, struct buf *whole,
                          bool *read) {
	if (*read) {
		return ERR_OK;
	}
	if (whole->ptr == NULL) {
		char *bytes = buf_reserve(whole, len + LINES_SLACK);
		memset(bytes + len, 0, LINES_SLACK);
		whole->len = len;
	}
	TRY(blob_decode(stored, whole->ptr + at));
	*read = true;
	return ERR_OK;
}

static enum err read_chunk(struct lines *lines, struct lines_chunk *chunk) {
	return read_once(&chunk->skeletons, chunk->text, lines->skeletons_len, &lines->skeletons,
	                 &chunk->skeletons_read);
}

enum err lines_read_skeletons(struct lines *lines) {
	for (uint32_t i = 0; i < lines->chunks_count; i++) {
		TRY(read_chunk(lines, &lines->chunks[i]));
	}
	return ERR_OK;
}

enum err lines_read_group(struct lines *lines, uint32_t group, struct str *out_table) {
	struct lines_chunk *chunk = &lines->chunks[group / LINES_CHUNK];
	size_t at = lines->groups[group / LINES_CHUNK * LINES_CHUNK].at.table;
	TRY(read_chunk(lines, chunk));
	TRY(read_once(&chunk->table, at, lines->groups[lines->groups_count].at.table, &lines->table,
	              &chunk->table_read));
	*out_table = str_make(lines->table.ptr, at + chunk->table.len);
	return ERR_OK;
}

/* ---- shapes ---- */

/* The slots of one shape; literals go to literal. */
static enum err parse_slots(const struct lines *lines, struct str table, struct lines_shape *shape,
                            struct slots_at *at, char *literal) {
	const char *from = lines->skeletons.ptr + shape->text;
	const char *end = from + shape->text_len;
	char *to = literal;
	uint32_t slots = 0;
	for (;;) {
		const char *piece = to;
		while (from < end && (uint8_t)*from != SKELETON_SLOT) {
			*to++ = *from++; /* most are short */
		}
		if (from == end) {
			break;
		}
		if (end - from < 2 || !slot_code_valid((uint8_t)from[1])) {
			return ERR_CORRUPT;
		}
		struct lines_slot *slot = &shape->slots[slots++];
		slot->literal_len = (uint32_t)(to - piece);
		slot->before = (uint32_t)(to - literal);
		TRY(slots_take(&lines->shared, table, at, (uint8_t)from[1], shape->rows, &slot->column));
		from += 2;
	}
	shape->literal = literal;
	shape->literal_len = (uint32_t)(to - literal);
	return slots == shape->slots_count ? ERR_OK : ERR_CORRUPT;
}

/* By the byte that begins each mark, and is nowhere else in a valid skeleton. */
static uint32_t count_marks(struct str text) {
	uint32_t marks = 0;
	for (size_t i = 0; i < text.len; i++) {
		marks += (uint8_t)text.ptr[i] == SKELETON_SLOT;
	}
	return marks;
}

static enum err count_slots(const struct lines *lines, uint32_t first, uint32_t end,
                            uint32_t *out_slots, size_t *out_literals) {
	for (uint32_t i = first; i < end; i++) {
		struct lines_shape *shape = &lines->shapes[i];
		struct str text = str_make(lines->skeletons.ptr + shape->text, shape->text_len);
		shape->slots_count = count_marks(text);
		if (shape->slots_count > SHAPE_SLOTS_MAX) {
			return ERR_CORRUPT;
		}
		*out_slots += shape->slots_count;
		*out_literals += text.len;
	}
	return ERR_OK;
}

/* Addresses that are said to lie in their pool: who looks for one does not look elsewhere. */
static enum err check_address(const struct slot *slot) {
	bool pooled = slot->form == SLOT_AS_POOLED && slot->pool == slot_pool(SLOT_IPV4, 0);
	return slot->code != SLOT_IPV4 || pooled ? ERR_OK : ERR_CORRUPT;
}

/* Shapes [first, end), whose columns must end where those of the next group begin. */
static enum err parse_group(struct lines *lines, struct str table, struct lines_group *group,
                            uint32_t first, uint32_t end) {
	struct slots_at at = group->at;
	uint32_t slots = 0;
	size_t literals = 0;
	TRY(count_slots(lines, first, end, &slots, &literals));
	size_t bytes = slots * sizeof(struct lines_slot) + literals + LINES_SLACK;
	struct lines_slot *slot = malloc(bytes);
	ASSERT(slot != NULL);
	char *literal = (char *)(slot + slots);
	group->slots = slot;
	enum err err = ERR_OK;
	for (uint32_t i = first; i < end && err == ERR_OK; i++) {
		struct lines_shape *shape = &lines->shapes[i];
		shape->slots = slot;
		err = parse_slots(lines, table, shape, &at, literal);
		slot += shape->slots_count;
		literal += shape->literal_len;
	}
	if (err == ERR_OK && memcmp(&at, &group[1].at, sizeof(at)) != 0) {
		err = ERR_CORRUPT;
	}
	for (uint32_t i = 0; i < slots && !group->addresses_alone && err == ERR_OK; i++) {
		err = check_address(&group->slots[i].column);
	}
	if (err != ERR_OK) {
		free(TAKE(group->slots));
		return err;
	}
	group->slots_count = slots;
	lines->parsed_bytes += bytes;
	for (uint32_t i = first; i < end; i++) {
		lines->shapes[i].parsed = true;
	}
	return ERR_OK;
}

enum err lines_parse_shape(struct lines *lines, uint32_t number,
                           const struct lines_shape **out_shape) {
	ASSERT(number < lines->shapes_count);
	if (!lines->shapes[number].parsed) {
		uint32_t group = (number - 1) / LINES_GROUP;
		uint32_t first = 1 + group * LINES_GROUP;
		struct str table;
		TRY(lines_read_group(lines, group, &table));
		TRY(parse_group(lines, table, &lines->groups[group], first,
		                MIN_OF(first + LINES_GROUP, lines->shapes_count)));
	}
	*out_shape = &lines->shapes[number];
	return ERR_OK;
}

enum err lines_use_slot(struct lines *lines, uint32_t shape, uint32_t slot,
                        const struct slot **out_slot) {
	const struct lines_shape *parsed;
	TRY(lines_parse_shape(lines, shape, &parsed));
	ASSERT(shape != LINES_SHAPE_WHOLE && slot < parsed->slots_count);
	TRY(slots_use(&lines->shared, &parsed->slots[slot].column));
	*out_slot = &parsed->slots[slot].column;
	return ERR_OK;
}

enum err lines_use_shape(struct lines *lines, uint32_t number,
                         const struct lines_shape **out_shape) {
	TRY(lines_parse_shape(lines, number, out_shape));
	struct lines_shape *shape = &lines->shapes[number];
	struct texts *whole;
	if (shape->ready) {
		return ERR_OK;
	}
	if (number == LINES_SHAPE_WHOLE) {
		TRY(lines_use_whole(lines, &whole));
	}
	for (uint32_t i = 0; i < shape->slots_count && number != LINES_SHAPE_WHOLE; i++) {
		TRY(slots_use(&lines->shared, &shape->slots[i].column));
	}
	shape->ready = true;
	return ERR_OK;
}

/* ---- the order of rows ---- */

enum err lines_order(struct lines *lines, uint32_t first, uint32_t count, uint32_t *out_shapes,
                     uint32_t *out_ranks) {
	struct order *order;
	ASSERT(first <= lines->rows && count <= lines->rows - first);
	TRY(lines_use_order(lines, &order));
	return order_get(order, first, count, out_shapes, out_ranks);
}

enum err lines_order_some(struct lines *lines, const uint32_t *which, uint32_t count,
                          uint32_t *out_shapes, uint32_t *out_ranks) {
	struct order *order;
	TRY(lines_use_order(lines, &order));
	return order_get_some(order, which, count, out_shapes, out_ranks);
}

size_t lines_bytes(const struct lines *lines) {
	return sizeof(*lines) + lines->shapes_count * (sizeof(*lines->shapes) + 8) +
	       lines->groups_count * sizeof(*lines->groups) + lines->parsed_bytes +
	       lines->skeletons.cap + lines->table.cap + lines->strings.cap +
	       lines->values_cap * (sizeof(*lines->values) + sizeof(*lines->lens)) + lines->rows;
}
