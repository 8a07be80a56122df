/* Putting rows together, and comparing them with texts in place. */
#include "codec/lines_open.h"
#include "codec/skeleton_slot.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

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

/* Words of the rows of a run. Each is decoded once, however many rows have it. */
static enum err run_words(struct lines *lines, const struct lines_run *run, const struct slot *slot,
                          size_t at, size_t bytes_max) {
	uint32_t seen[SLOT_ENTRIES_MAX]; /* of each entry: the first row of the run that has it, + 1 */
	uint64_t codes[64] = {0};
	bool one = slot->form == SLOT_AS_WORD;
	memset(seen, 0, (one ? 1 : slot->entries) * sizeof(*seen));
	for (uint32_t i = 0; i < run->count; i++) {
		if (!one && i % ARRAY_LEN(codes) == 0) {
			size_t piece = MIN_OF((size_t)(run->count - i), ARRAY_LEN(codes));
			slot_codes(slot, (size_t)run->first_rank + i, piece, codes);
		}
		size_t entry = (size_t)codes[one ? 0 : i % ARRAY_LEN(codes)];
		if (seen[entry] != 0) {
			lines->values[at + i] = lines->values[at + seen[entry] - 1];
			lines->lens[at + i] = lines->lens[at + seen[entry] - 1];
			continue;
		}
		seen[entry] = i + 1;
		lines->values[at + i] = lines->strings.len;
		TRY(slot_word(&lines->shared, one ? slot->word : slot_entry_word(slot, entry), bytes_max,
		              &lines->strings, &lines->lens[at + i]));
	}
	return ERR_OK;
}

/* Strings of the rows of a run: where each begins goes to values. */
static enum err run_strings(struct lines *lines, const struct lines_run *run,
                            const struct lines_slot *slot, size_t at, size_t bytes_max) {
	size_t start = lines->strings.len;
	if (run->shape == LINES_SHAPE_WHOLE) {
		TRY(slot_strings(lines->whole, run->first_rank, run->count, bytes_max, &lines->strings,
		                 lines->lens + at));
	} else if (slot->column.form != SLOT_AS_TEXTS) {
		return run_words(lines, run, &slot->column, at, bytes_max);
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

/* Rows and their times, run by run, in order of rank. */
static void sort_times(struct lines *lines, const struct lines_rows *rows, const int64_t *times) {
	uint32_t first = 0;
	for (uint32_t i = 0; i < lines->runs_count; i++) {
		lines->runs[i].times = first;
		first += lines->runs[i].count;
	}
	for (uint32_t i = 0; i < rows->count; i++) {
		struct lines_run *run = &lines->runs[lines->row_run[i]];
		lines->run_rows[run->times + run->done] = i;
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
	if (rows->count > lines->times_cap) {
		lines->times_cap = rows->count;
		free(lines->times);
		free(lines->run_rows);
		lines->times = reallocarray(NULL, lines->times_cap, sizeof(*lines->times));
		lines->run_rows = reallocarray(NULL, lines->times_cap, sizeof(*lines->run_rows));
		ASSERT(lines->times != NULL && lines->run_rows != NULL);
	}
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

/* ---- comparing ---- */

/* memcmp of a few bytes: fewer than LINES_SLACK. */
static inline bool same_few(const char *a, const char *b, size_t len) {
	uint64_t x[2];
	uint64_t y[2];
	uint32_t u[2];
	uint32_t v[2];
	if (len >= sizeof(x[0])) {
		memcpy(&x[0], a, sizeof(x[0]));
		memcpy(&y[0], b, sizeof(y[0]));
		memcpy(&x[1], a + len - sizeof(x[1]), sizeof(x[1]));
		memcpy(&y[1], b + len - sizeof(y[1]), sizeof(y[1]));
		return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
	}
	if (len >= sizeof(u[0])) {
		memcpy(&u[0], a, sizeof(u[0]));
		memcpy(&v[0], b, sizeof(v[0]));
		memcpy(&u[1], a + len - sizeof(u[1]), sizeof(u[1]));
		memcpy(&v[1], b + len - sizeof(v[1]), sizeof(v[1]));
		return ((u[0] ^ v[0]) | (u[1] ^ v[1])) == 0;
	}
	return len == 0 || (a[0] == b[0] && a[len / 2] == b[len / 2] && a[len - 1] == b[len - 1]);
}

/* Whether text, of which left bytes are there, begins with the len bytes of piece, behind which
 * LINES_SLACK may be read. */
static inline bool same_piece(const char *text, size_t left, const char *piece, size_t len) {
	if (len > left) {
		return false;
	}
#if defined(__SSE2__)
	_Static_assert((int)LINES_SLACK == sizeof(__m128i), "what is read at once");
	if (left >= LINES_SLACK) {
		size_t at = 0;
		for (;; at += LINES_SLACK) {
			__m128i a = _mm_loadu_si128((const __m128i *)(const void *)(text + at));
			__m128i b = _mm_loadu_si128((const __m128i *)(const void *)(piece + at));
			unsigned differ = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b)) ^ 0xffffu;
			if (len - at <= LINES_SLACK) {
				return (differ & ((1u << (len - at)) - 1)) == 0;
			}
			if (differ != 0) {
				return false;
			}
			if (left - at < 2 * (size_t)LINES_SLACK) {
				at += LINES_SLACK;
				return same_few(text + at, piece + at, len - at);
			}
		}
	}
	return same_few(text, piece, len);
#else
	return memcmp(text, piece, len) == 0;
#endif
}

/* Some rows of a run, whose numbers are printed: all of them before the first is compared, for what
 * was written byte by byte a moment ago cannot be read as a whole at once. */
struct printed {
	const struct lines *lines;
	const struct lines_run *run;
	const struct slot_cell *cells; /* slot by slot, of each of these rows */
	const uint8_t *lens;           /* likewise */
	uint32_t first, count;         /* rows of the run */
};

/* Row i of those that are printed. */
static bool same_row(const struct printed *printed, uint32_t i, struct str text,
                     struct lines_span *spans) {
	const struct lines *lines = printed->lines;
	const struct lines_shape *shape = &lines->shapes[printed->run->shape];
	const char *literal = shape->literal;
	const char *from = text.ptr;
	const char *end = text.ptr + text.len;
	size_t at = printed->run->values + printed->first + i;
	size_t cell = i;
	for (uint32_t k = 0; k < shape->slots_count; k++) {
		const struct lines_slot *slot = &shape->slots[k];
		const char *piece = printed->cells[cell].text;
		size_t len = printed->lens[cell];
		if (!same_piece(from, (size_t)(end - from), literal, slot->literal_len)) {
			return false;
		}
		from += slot->literal_len;
		literal += slot->literal_len;
		if (slot->column.code == SLOT_TEXT) {
			piece = lines->strings.ptr + lines->values[at];
			len = lines->lens[at];
		}
		if (!same_piece(from, (size_t)(end - from), piece, len)) {
			return false;
		}
		uint32_t offset = (uint32_t)(from - text.ptr);
		spans[k] = (struct lines_span){offset, (uint32_t)len,
		                               offset - (uint32_t)(literal - shape->literal)};
		from += len;
		at += printed->run->count;
		cell += printed->count;
	}
	size_t rest = shape->literal_len - (size_t)(literal - shape->literal);
	return (size_t)(end - from) == rest && same_piece(from, rest, literal, rest);
}

/* Texts lie where their batches are: those that come soon are asked for. at: among all rows of all
 * runs. */
static void fetch_text(const struct lines *lines, const struct lines_rows *rows,
                       const struct str *texts, uint32_t at) {
	enum { AHEAD = 16, LINE = 64, MOST = 8 * LINE };
	if (at + AHEAD < rows->count) {
		struct str text = texts[lines->run_rows[at + AHEAD]];
		size_t bytes = MIN_OF(text.len, (size_t)MOST);
		for (size_t i = 0; i < bytes; i += LINE) {
			__builtin_prefetch(text.ptr + i);
		}
	}
}

/* Rows of shape 0. Returns the first of the rows that differs, or UINT32_MAX, as all here. */
static uint32_t same_whole(const struct lines *lines, const struct lines_run *run,
                           const struct str *texts, struct lines_rows *rows) {
	for (uint32_t k = 0; k < run->count; k++) {
		uint32_t number = lines->run_rows[run->times + k];
		size_t at = run->values + k;
		fetch_text(lines, rows, texts, run->times + k);
		rows->slots[rows->slot_first[number]] = (struct lines_span){.len = lines->lens[at]};
		if (!str_eq(texts[number],
		            str_make(lines->strings.ptr + lines->values[at], lines->lens[at]))) {
			return number;
		}
	}
	return UINT32_MAX;
}

static uint32_t same_printed(const struct printed *printed, const struct str *texts,
                             struct lines_rows *rows) {
	uint32_t at = printed->run->times + printed->first;
	for (uint32_t i = 0; i < printed->count; i++) {
		uint32_t number = printed->lines->run_rows[at + i];
		fetch_text(printed->lines, rows, texts, at + i);
		if (!same_row(printed, i, texts[number], rows->slots + rows->slot_first[number])) {
			return number;
		}
	}
	return UINT32_MAX;
}

/* Rows of any other shape. cells, lens: of CELLS, or of one row. */
enum { CELLS = 256 };

static uint32_t same_run(const struct lines *lines, const struct lines_run *run,
                         const struct str *texts, struct lines_rows *rows, struct slot_cell *cells,
                         uint8_t *lens) {
	const struct lines_shape *shape = &lines->shapes[run->shape];
	uint32_t most = MAX_OF(1u, CELLS / MAX_OF(1u, shape->slots_count));
	struct printed printed = {lines, run, cells, lens, 0, 0};
	for (uint32_t k = 0; k < run->count; k += most) {
		printed.first = k;
		printed.count = MIN_OF(most, run->count - k);
		for (uint32_t i = 0; i < shape->slots_count; i++) {
			uint8_t code = shape->slots[i].column.code;
			size_t cell = (size_t)i * printed.count;
			if (code != SLOT_TEXT) {
				slot_print_numbers(code, lines->values + run->values + (size_t)i * run->count + k,
				                   printed.count, cells + cell, lens + cell);
			}
		}
		uint32_t other = same_printed(&printed, texts, rows);
		if (other != UINT32_MAX) {
			return other;
		}
	}
	return UINT32_MAX;
}

/* Run by run: rows of one shape are compared the same way, and fast. */
static uint32_t same_runs(const struct lines *lines, const struct str *texts,
                          struct lines_rows *rows) {
	uint32_t cells_count = CELLS;
	uint32_t other = UINT32_MAX;
	for (uint32_t i = 0; i < lines->runs_count; i++) {
		cells_count = MAX_OF(cells_count, lines->shapes[lines->runs[i].shape].slots_count);
	}
	struct slot_cell *cells = calloc(cells_count, sizeof(*cells));
	uint8_t *lens = calloc(cells_count, sizeof(*lens));
	ASSERT(cells != NULL && lens != NULL);
	for (uint32_t i = 0; i < lines->runs_count && other == UINT32_MAX; i++) {
		const struct lines_run *run = &lines->runs[i];
		other = run->shape == LINES_SHAPE_WHOLE ? same_whole(lines, run, texts, rows)
		                                        : same_run(lines, run, texts, rows, cells, lens);
	}
	free(cells);
	free(lens);
	return other;
}

enum err lines_same(struct lines *lines, uint32_t first, uint32_t count, const int64_t *times,
                    const struct str *texts, struct lines_rows *rows, uint32_t *out_differs) {
	size_t bytes = 0;
	rows_make_room(rows, count);
	for (uint32_t i = 0; i < count; i++) {
		rows->starts[i] = (uint32_t)bytes;
		bytes += texts[i].len;
		if (bytes > (size_t)UINT32_MAX / 2) {
			return ERR_LIMIT;
		}
	}
	rows->starts[count] = (uint32_t)bytes;
	TRY(lines_order(lines, first, count, rows->shapes, rows->ranks));
	begin_runs(lines, count);
	enum err err = find_runs(lines, rows);
	if (err == ERR_OK) {
		err = decode_runs(lines, rows, times, bytes);
	}
	if (err == ERR_OK) {
		*out_differs = same_runs(lines, texts, rows);
	}
	forget_runs(lines);
	return err;
}
