/* Putting rows together. */
#include "codec/lines_open.h"
#include "codec/skeleton_slot.h"

static void *make_room(void *array, size_t *cap, size_t need, size_t size) {
	if (need <= *cap) {
		return array;
	}
	free(array);
	*cap = need + need / 4;
	array = reallocarray(NULL, *cap, size);
	ASSERT(array != NULL);
	return array;
}

static void rows_make_room(struct lines_rows *rows, uint32_t count) {
	if (count + 1 > rows->cap) {
		rows->cap = count + 1;
		free(rows->shapes);
		free(rows->ranks);
		free(rows->starts);
		free(rows->slot_first);
		rows->shapes = reallocarray(NULL, rows->cap, sizeof(*rows->shapes));
		rows->ranks = reallocarray(NULL, rows->cap, sizeof(*rows->ranks));
		rows->starts = reallocarray(NULL, rows->cap, sizeof(*rows->starts));
		rows->slot_first = reallocarray(NULL, rows->cap, sizeof(*rows->slot_first));
		ASSERT(rows->shapes != NULL && rows->ranks != NULL && rows->starts != NULL &&
		       rows->slot_first != NULL);
	}
	buf_clear(&rows->bytes);
	rows->count = count;
}

void lines_rows_deinit(struct lines_rows *rows) {
	free(rows->shapes);
	free(rows->ranks);
	free(rows->starts);
	free(rows->slot_first);
	free(rows->slots);
	buf_deinit(&rows->bytes);
	*rows = (struct lines_rows){0};
}

/* ---- runs ---- */

/* Finds the runs and numbers the slots. Rows of a shape come in order of rank; where one is left
 * out a new run begins. */
static enum err find_runs(struct lines *lines, struct lines_rows *rows) {
	uint64_t slots = 0;
	for (uint32_t i = 0; i < rows->count; i++) {
		uint32_t shape = rows->shapes[i];
		uint32_t number = lines->run_of[shape];
		const struct lines_shape *used;
		if (rows->ranks[i] >= lines->shapes[shape].rows) {
			return ERR_CORRUPT; /* the order and the shapes do not say the same */
		}
		if (number == 0) {
			TRY(lines_use_shape(lines, shape, &used));
		}
		rows->slot_first[i] = (uint32_t)slots;
		slots += lines->shapes[shape].slots_count;
		if (number == 0 ||
		    rows->ranks[i] != lines->runs[number - 1].first_rank + lines->runs[number - 1].count) {
			lines->runs[lines->runs_count++] =
			    (struct lines_run){.shape = shape, .first_rank = rows->ranks[i]};
			number = lines->run_of[shape] = lines->runs_count;
		}
		lines->runs[number - 1].count++;
		lines->row_run[i] = number - 1;
	}
	rows->slot_first[rows->count] = (uint32_t)slots;
	return slots > UINT32_MAX ? ERR_LIMIT : ERR_OK;
}

static void begin_runs(struct lines *lines, uint32_t rows) {
	lines->runs_count = 0;
	if (lines->run_of == NULL) {
		lines->run_of = calloc(lines->shapes_count, sizeof(*lines->run_of));
		ASSERT(lines->run_of != NULL);
	}
	if (rows > lines->runs_cap) {
		lines->runs_cap = rows;
		free(lines->runs);
		free(lines->row_run);
		lines->runs = reallocarray(NULL, lines->runs_cap, sizeof(*lines->runs));
		lines->row_run = reallocarray(NULL, lines->runs_cap, sizeof(*lines->row_run));
		ASSERT(lines->runs != NULL && lines->row_run != NULL);
	}
}

static void forget_runs(struct lines *lines) {
	for (uint32_t i = 0; i < lines->runs_count; i++) {
		lines->run_of[lines->runs[i].shape] = 0;
	}
}

/* Strings of the rows of a run: where each begins goes to values. */
static enum err run_strings(struct lines *lines, const struct lines_run *run,
                            const struct lines_slot *slot, size_t at, size_t bytes_max) {
	size_t start = lines->strings.len;
	if (run->shape == LINES_SHAPE_WHOLE) {
		TRY(slot_strings(lines->whole, run->first_rank, run->count, bytes_max, &lines->strings,
		                 lines->lens + at));
	} else {
		TRY(slot_texts(&lines->shared, &slot->column, run->first_rank, run->count, bytes_max,
		               &lines->strings, lines->lens + at));
	}
	for (uint32_t k = 0; k < run->count; k++) {
		lines->values[at + k] = start;
		start += lines->lens[at + k];
	}
	return ERR_OK;
}

/* Times of all rows, run by run, in order of rank. */
static void sort_times(struct lines *lines, const struct lines_rows *rows, const int64_t *times) {
	uint32_t first = 0;
	for (uint32_t i = 0; i < lines->runs_count; i++) {
		lines->runs[i].times = first;
		first += lines->runs[i].count;
	}
	for (uint32_t i = 0; i < rows->count; i++) {
		struct lines_run *run = &lines->runs[lines->row_run[i]];
		lines->times[run->times + run->done++] = times[i];
	}
	for (uint32_t i = 0; i < lines->runs_count; i++) {
		lines->runs[i].done = 0;
	}
}

static enum err run_values(struct lines *lines, size_t bytes_max, struct lines_run *run) {
	const struct lines_shape *shape = &lines->shapes[run->shape];
	if (run->shape == LINES_SHAPE_WHOLE) {
		return run_strings(lines, run, NULL, run->values, bytes_max);
	}
	for (uint32_t i = 0; i < shape->slots_count; i++) {
		const struct lines_slot *slot = &shape->slots[i];
		size_t at = run->values + (size_t)i * run->count;
		if (slot->column.code == SLOT_TEXT) {
			TRY(run_strings(lines, run, slot, at, bytes_max));
		} else {
			slot_numbers(&lines->shared, &slot->column, run->first_rank, run->count,
			             lines->times + run->times, lines->values + at);
		}
	}
	return ERR_OK;
}

static enum err decode_runs(struct lines *lines, struct lines_rows *rows, const int64_t *times,
                            size_t bytes_max) {
	size_t need = rows->slot_first[rows->count];
	lines->values = make_room(lines->values, &lines->values_cap, need, sizeof(*lines->values));
	lines->lens = make_room(lines->lens, &lines->lens_cap, need, sizeof(*lines->lens));
	lines->times = make_room(lines->times, &lines->times_cap, rows->count, sizeof(*lines->times));
	if (need > rows->slots_cap || rows->slots == NULL) {
		rows->slots_cap = MAX_OF((uint32_t)need, 1u); /* so that rows without slots have a place */
		free(rows->slots);
		rows->slots = reallocarray(NULL, rows->slots_cap, sizeof(*rows->slots));
		ASSERT(rows->slots != NULL);
	}
	buf_clear(&lines->strings);
	sort_times(lines, rows, times);
	size_t values = 0;
	for (uint32_t i = 0; i < lines->runs_count; i++) {
		struct lines_run *run = &lines->runs[i];
		run->values = values;
		values += (size_t)lines->shapes[run->shape].slots_count * run->count;
		TRY(run_values(lines, bytes_max, run));
	}
	memset(buf_reserve(&lines->strings, LINES_SLACK), 0, LINES_SLACK); /* for copy_piece */
	return ERR_OK;
}

/* ---- printing ---- */

/* Copies len bytes and perhaps LINES_SLACK - 1 more: both sides have room for them. */
static char *copy_piece(char *to, const char *from, size_t len) {
	for (size_t i = 0; i < len; i += LINES_SLACK) {
		memcpy(to + i, from + i, LINES_SLACK);
	}
	return to + len;
}

static size_t row_room(const struct lines *lines, const struct lines_run *run,
                       const struct lines_shape *shape) {
	const struct lines_slot *slots = shape->slots;
	size_t room = shape->literal_len + (size_t)shape->slots_count * SLOT_PRINT_MAX + LINES_SLACK;
	for (uint32_t i = 0; i < shape->slots_count; i++) {
		if (slots[i].column.code == SLOT_TEXT) {
			room += lines->lens[run->values + (size_t)i * run->count + run->done];
		}
	}
	return room;
}

static void print_row(struct lines *lines, struct lines_run *run, struct lines_span *spans,
                      struct buf *out) {
	const struct lines_shape *shape = &lines->shapes[run->shape];
	const struct lines_slot *slots = shape->slots;
	const char *first = shape->literal;
	const char *literal = first;
	const char *end = literal + shape->literal_len;
	char *start = buf_reserve(out, row_room(lines, run, shape));
	char *to = start;
	for (uint32_t i = 0; i < shape->slots_count; i++) {
		size_t at = run->values + (size_t)i * run->count + run->done;
		to = copy_piece(to, literal, slots[i].literal_len);
		literal += slots[i].literal_len;
		spans[i].offset = (uint32_t)(to - start);
		spans[i].before = spans[i].offset - (uint32_t)(literal - first);
		if (slots[i].column.code == SLOT_TEXT) {
			to = copy_piece(to, lines->strings.ptr + lines->values[at], lines->lens[at]);
		} else {
			to += slot_print_number(slots[i].column.code, lines->values[at], to);
		}
		spans[i].len = (uint32_t)(to - start) - spans[i].offset;
	}
	to = copy_piece(to, literal, (size_t)(end - literal));
	out->len += (size_t)(to - start);
	run->done++;
}

static void print_whole(struct lines *lines, struct lines_run *run, struct lines_span *span,
                        struct buf *out) {
	size_t at = run->values + run->done++;
	*span = (struct lines_span){.len = lines->lens[at]};
	buf_append(out, lines->strings.ptr + lines->values[at], lines->lens[at]);
}

static enum err print_rows(struct lines *lines, size_t bytes_max, struct lines_rows *rows) {
	for (uint32_t i = 0; i < rows->count; i++) {
		struct lines_run *run = &lines->runs[lines->row_run[i]];
		struct lines_span *spans = rows->slots + rows->slot_first[i];
		rows->starts[i] = (uint32_t)rows->bytes.len;
		if (run->shape == LINES_SHAPE_WHOLE) {
			print_whole(lines, run, spans, &rows->bytes);
		} else {
			print_row(lines, run, spans, &rows->bytes);
		}
		if (rows->bytes.len > bytes_max) {
			return ERR_LIMIT;
		}
	}
	rows->starts[rows->count] = (uint32_t)rows->bytes.len;
	return ERR_OK;
}

/* Shapes and ranks of the rows are known. */
static enum err join(struct lines *lines, const int64_t *times, size_t bytes_max,
                     struct lines_rows *rows) {
	bytes_max = MIN_OF(bytes_max, (size_t)UINT32_MAX / 2);
	begin_runs(lines, rows->count);
	enum err err = find_runs(lines, rows);
	if (err == ERR_OK) {
		err = decode_runs(lines, rows, times, bytes_max);
	}
	if (err == ERR_OK) {
		err = print_rows(lines, bytes_max, rows);
	}
	forget_runs(lines);
	return err;
}

enum err lines_join(struct lines *lines, uint32_t first, uint32_t count, const int64_t *times,
                    size_t bytes_max, struct lines_rows *rows) {
	rows_make_room(rows, count);
	TRY(lines_order(lines, first, count, rows->shapes, rows->ranks));
	return join(lines, times, bytes_max, rows);
}

enum err lines_join_some(struct lines *lines, const uint32_t *which, uint32_t count,
                         const int64_t *times, size_t bytes_max, struct lines_rows *rows) {
	rows_make_room(rows, count);
	TRY(lines_order_some(lines, which, count, rows->shapes, rows->ranks));
	return join(lines, times, bytes_max, rows);
}

enum err lines_rows_offset(const struct lines_rows *rows, uint32_t i, struct lines_place place,
                           uint32_t *out_offset) {
	ASSERT(i < rows->count);
	const struct lines_span *slots = rows->slots + rows->slot_first[i];
	uint32_t count = rows->slot_first[i + 1] - rows->slot_first[i];
	uint32_t len = rows->starts[i + 1] - rows->starts[i];
	uint64_t offset = place.at;
	if (place.where == LINES_INSIDE) {
		if (place.slot >= count || place.at > slots[place.slot].len) {
			return ERR_CORRUPT;
		}
		offset += slots[place.slot].offset;
	} else if (place.slot > count) {
		return ERR_CORRUPT;
	} else if (place.slot > 0) {
		offset += slots[place.slot - 1].before + slots[place.slot - 1].len;
	}
	if (offset > len) {
		return ERR_CORRUPT;
	}
	*out_offset = (uint32_t)offset;
	return ERR_OK;
}
