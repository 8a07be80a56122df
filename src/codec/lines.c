/* Rows as they are read: shapes and columns are checked when they are opened; rows are put together
 * run by run: the rows of one shape among those asked for, whose values lie beside each other in
 * each column.
 */
#include "codec/lines.h"

#include "codec/compress.h"
#include "codec/lines_open.h"

enum { SHAPES_BYTES_MAX = 256 << 20, SHAPE_SLOTS_MAX = 4096 };

/* ---- opening ---- */

/* A blob of the shapes part, decoded. */
static enum err take_blob(struct wire *in, char **out_bytes, size_t *out_len) {
	struct blob blob = blob_get(in, SHAPES_BYTES_MAX);
	if (in->bad) {
		return ERR_CORRUPT;
	}
	char *bytes = malloc(MAX_OF(blob.len, (size_t)1));
	if (bytes == NULL) {
		return ERR_LIMIT;
	}
	enum err err = blob_decode(&blob, bytes);
	if (err != ERR_OK) {
		free(bytes);
		return err;
	}
	*out_bytes = bytes;
	*out_len = blob.len;
	return ERR_OK;
}

static enum err take_slots(struct lines *lines, struct wire *table, struct lines_shape *shape,
                           struct str text) {
	struct skeleton_part part;
	size_t before = lines->literals.len;
	shape->literal = before;
	while (skeleton_next(&text, &part)) {
		buf_append_str(&lines->literals, part.literal);
		if (part.code == 0) {
			break;
		}
		struct lines_slot *slot = &lines->slots[lines->slots_count++];
		TRY(slots_take(&lines->shared, table, part.code, shape->rows, &slot->column));
		slot->literal_len = (uint32_t)part.literal.len;
		if (slot->column.form == SLOT_AS_STAMP && part.code == SLOT_TEXT) {
			return ERR_CORRUPT;
		}
	}
	shape->literal_len = (uint32_t)(lines->literals.len - before);
	return ERR_OK;
}

static enum err take_shapes(struct lines *lines, struct wire *head, struct wire *table) {
	uint64_t rows = lines->shapes[LINES_SHAPE_WHOLE].rows;
	for (uint32_t i = 1; i < lines->shapes_count; i++) {
		struct lines_shape *shape = &lines->shapes[i];
		uint32_t slots;
		shape->rows = (uint32_t)wire_varint_max(head, LINES_ROWS_MAX);
		struct str text = wire_str(head, SHAPES_BYTES_MAX);
		if (head->bad || shape->rows == 0 || !skeleton_valid(text, &slots) ||
		    slots > SHAPE_SLOTS_MAX) {
			return ERR_CORRUPT;
		}
		shape->slots_count = slots;
		shape->slots_first = lines->slots_count;
		if (lines->slots_count + slots > lines->slots_cap) {
			lines->slots_cap = MAX_OF(lines->slots_count + slots, lines->slots_cap * 2);
			lines->slots = reallocarray(lines->slots, lines->slots_cap, sizeof(*lines->slots));
			ASSERT(lines->slots != NULL);
		}
		TRY(take_slots(lines, table, shape, text));
		rows += shape->rows;
	}
	memset(buf_reserve(&lines->literals, LINES_SLACK), 0, LINES_SLACK);
	return rows == lines->rows && wire_done(head) && wire_done(table) ? ERR_OK : ERR_CORRUPT;
}

static enum err read_shapes(struct lines *lines, struct str part) {
	struct wire in = wire_from(part);
	size_t head_len;
	size_t table_len;
	char *head_bytes = NULL;
	char *table_bytes = NULL;
	enum err err = take_blob(&in, &head_bytes, &head_len);
	if (err == ERR_OK) {
		err = take_blob(&in, &table_bytes, &table_len);
	}
	if (err == ERR_OK && !wire_done(&in)) {
		err = ERR_CORRUPT;
	}
	if (err == ERR_OK) {
		struct wire head = wire_from(str_make(head_bytes, head_len));
		struct wire table = wire_from(str_make(table_bytes, table_len));
		lines->shapes_count = 1 + (uint32_t)wire_varint_max(&head, head_len / 2);
		lines->shapes = calloc(lines->shapes_count, sizeof(*lines->shapes));
		ASSERT(lines->shapes != NULL);
		lines->shapes[LINES_SHAPE_WHOLE].rows = (uint32_t)wire_varint_max(&head, LINES_ROWS_MAX);
		lines->shapes[LINES_SHAPE_WHOLE].slots_count = 1;
		err = take_shapes(lines, &head, &table);
	}
	free(head_bytes);
	free(table_bytes);
	return err;
}

static enum err open_order(struct lines *lines, struct str part) {
	struct wire in = wire_from(part);
	TRY(order_open(&in, lines->rows, lines->shapes_count, &lines->order));
	return wire_done(&in) ? ERR_OK : ERR_CORRUPT;
}

static enum err open_whole(struct lines *lines, struct str part) {
	struct wire in = wire_from(part);
	TRY(texts_open(&in, &lines->whole));
	return wire_done(&in) && texts_count(lines->whole) == lines->shapes[LINES_SHAPE_WHOLE].rows
	           ? ERR_OK
	           : ERR_CORRUPT;
}

static enum err open_parts(struct lines *lines, const struct str parts[LINES_PARTS]) {
	TRY(slots_open(&lines->shared, parts[LINES_CODES], parts[LINES_POOLS], parts[LINES_WORDS]));
	TRY(read_shapes(lines, parts[LINES_SHAPES]));
	if (!slots_done(&lines->shared)) {
		return ERR_CORRUPT;
	}
	TRY(open_order(lines, parts[LINES_ORDER]));
	return open_whole(lines, parts[LINES_WHOLE]);
}

enum err lines_open(const struct str parts[LINES_PARTS], uint32_t rows, struct lines **out_lines) {
	struct lines *lines = calloc(1, sizeof(*lines));
	ASSERT(lines != NULL);
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
		for (uint32_t i = 0; i < lines->slots_count; i++) {
			slot_deinit(&lines->slots[i].column);
		}
		slots_deinit(&lines->shared);
		order_free(lines->order);
		texts_free(lines->whole);
		buf_deinit(&lines->literals);
		buf_deinit(&lines->strings);
		free(lines->shapes);
		free(lines->slots);
		free(lines->runs);
		free(lines->run_of);
		free(lines->row_run);
		free(lines->values);
		free(lines->lens);
		free(lines->times);
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

uint32_t lines_shape_slots(const struct lines *lines, uint32_t shape) {
	ASSERT(shape < lines->shapes_count);
	return lines->shapes[shape].slots_count;
}

struct str lines_shape_literal(const struct lines *lines, uint32_t shape) {
	ASSERT(shape < lines->shapes_count);
	const struct lines_shape *entry = &lines->shapes[shape];
	return str_slice(buf_str(&lines->literals), entry->literal,
	                 entry->literal + entry->literal_len);
}

uint32_t lines_shape_before(const struct lines *lines, uint32_t shape, uint32_t slot) {
	ASSERT(shape < lines->shapes_count);
	const struct lines_shape *entry = &lines->shapes[shape];
	uint32_t before = 0;
	ASSERT(slot <= entry->slots_count);
	if (shape == LINES_SHAPE_WHOLE || slot == entry->slots_count) {
		return entry->literal_len;
	}
	for (uint32_t i = 0; i <= slot; i++) {
		before += lines->slots[entry->slots_first + i].literal_len;
	}
	return before;
}

enum err lines_order(struct lines *lines, uint32_t first, uint32_t count, uint32_t *out_shapes,
                     uint32_t *out_ranks) {
	ASSERT(first <= lines->rows && count <= lines->rows - first);
	return order_get(lines->order, first, count, out_shapes, out_ranks);
}

/* A few far apart are had one by one, many out of a stretch that is read as a whole. */
enum err lines_order_some(struct lines *lines, const uint32_t *which, uint32_t count,
                          uint32_t *out_shapes, uint32_t *out_ranks) {
	enum { STRETCH = 512 };
	uint32_t shapes[STRETCH];
	uint32_t ranks[STRETCH];
	for (uint32_t i = 0; i < count;) {
		uint32_t end = i + 1;
		while (end < count && which[end] - which[i] < STRETCH) {
			end++;
		}
		uint32_t len = which[end - 1] - which[i] + 1;
		if (end - i == 1) {
			TRY(lines_order(lines, which[i], 1, &out_shapes[i], &out_ranks[i]));
		} else {
			TRY(lines_order(lines, which[i], len, shapes, ranks));
			for (uint32_t k = i; k < end; k++) {
				out_shapes[k] = shapes[which[k] - which[i]];
				out_ranks[k] = ranks[which[k] - which[i]];
			}
		}
		i = end;
	}
	return ERR_OK;
}

size_t lines_bytes(const struct lines *lines) {
	return sizeof(*lines) + lines->shapes_count * (sizeof(*lines->shapes) + 8) +
	       lines->slots_cap * sizeof(*lines->slots) + lines->literals.cap + lines->strings.cap +
	       lines->values_cap * (sizeof(*lines->values) + sizeof(*lines->lens)) + lines->rows;
}
