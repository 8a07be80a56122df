/* Values of one slot: rows of one shape are decoded together as far as their ranks follow each
 * other, then all are put in the order of the rows.
 */
#include "codec/lines_column.h"

#include "codec/lines_open.h"
#include "codec/skeleton_slot.h"

struct run {
	uint32_t shape, first_rank, count;
	uint32_t at; /* its first value */
	uint16_t slot;
};

struct column { /* scratch of one call */
	struct run *runs;
	uint32_t runs_count;
	uint32_t *run_of;  /* of each row */
	uint64_t *numbers; /* run by run; of strings where they begin in strings */
	uint32_t *lens;    /* of strings */
	int64_t *times;    /* run by run */
	uint32_t *done;    /* of each run */
	struct buf strings;
};

static void *new_array(size_t count, size_t size) {
	void *array = calloc(MAX_OF(count, (size_t)1), size);
	ASSERT(array != NULL);
	return array;
}

static void column_deinit(struct column *column) {
	free(column->runs);
	free(column->run_of);
	free(column->numbers);
	free(column->lens);
	free(column->times);
	free(column->done);
	buf_deinit(&column->strings);
}

static const struct slot *slot_of(const struct lines *lines, const struct run *run) {
	return &lines->shapes[run->shape].slots[run->slot].column;
}

/* lines->run_of remembers the last run of a shape, and is zeroed again. */
static enum err find_runs(struct lines *lines, struct column *column, const uint32_t *shapes,
                          const uint32_t *ranks, const uint16_t *slots, uint32_t count) {
	enum err err = ERR_OK;
	for (uint32_t i = 0; i < count && err == ERR_OK; i++) {
		if (slots[i] == LINES_NO_SLOT) {
			continue;
		}
		const struct lines_shape *shape = &lines->shapes[shapes[i]];
		const struct slot *used;
		uint32_t number = lines->run_of[shapes[i]];
		struct run *last = number == 0 ? NULL : &column->runs[number - 1];
		err = lines_parse_shape(lines, shapes[i], &shape);
		if (err == ERR_OK && (shapes[i] == LINES_SHAPE_WHOLE || slots[i] >= shape->slots_count ||
		                      ranks[i] >= shape->rows)) {
			err = ERR_CORRUPT;
		}
		if (err == ERR_OK && (last == NULL || last->slot != slots[i])) {
			err = lines_use_slot(lines, shapes[i], slots[i], &used);
		}
		if (err != ERR_OK) {
			break;
		}
		if (last == NULL || last->slot != slots[i] || last->first_rank + last->count != ranks[i]) {
			last = &column->runs[column->runs_count++];
			*last = (struct run){.shape = shapes[i], .first_rank = ranks[i], .slot = slots[i]};
			lines->run_of[shapes[i]] = column->runs_count;
		}
		last->count++;
		column->run_of[i] = (uint32_t)(last - column->runs);
	}
	for (uint32_t i = 0; i < column->runs_count; i++) {
		lines->run_of[column->runs[i].shape] = 0;
	}
	return err;
}

static void sort_times(struct column *column, const uint16_t *slots, const int64_t *times,
                       uint32_t count) {
	uint32_t at = 0;
	for (uint32_t i = 0; i < column->runs_count; i++) {
		column->runs[i].at = at;
		at += column->runs[i].count;
	}
	for (uint32_t i = 0; i < count; i++) {
		if (slots[i] != LINES_NO_SLOT) {
			uint32_t run = column->run_of[i];
			column->times[column->runs[run].at + column->done[run]++] = times[i];
		}
	}
	memset(column->done, 0, MAX_OF(column->runs_count, 1u) * sizeof(*column->done));
}

static enum err decode_run(struct lines *lines, struct column *column, const struct run *run,
                           size_t bytes_max) {
	const struct slot *slot = slot_of(lines, run);
	if (slot->code != SLOT_TEXT) {
		slot_numbers(&lines->shared, slot, run->first_rank, run->count, column->times + run->at,
		             column->numbers + run->at);
		return ERR_OK;
	}
	size_t start = column->strings.len;
	TRY(slot_texts(&lines->shared, slot, run->first_rank, run->count, bytes_max, &column->strings,
	               column->lens + run->at));
	for (uint32_t k = 0; k < run->count; k++) {
		column->numbers[run->at + k] = start;
		start += column->lens[run->at + k];
	}
	return ERR_OK;
}

static enum err put_values(struct lines *lines, struct column *column, const uint16_t *slots,
                           uint32_t count, size_t bytes_max, struct buf *out, uint32_t *lens) {
	size_t first = out->len;
	for (uint32_t i = 0; i < count; i++) {
		lens[i] = 0;
		if (slots[i] == LINES_NO_SLOT) {
			continue;
		}
		const struct run *run = &column->runs[column->run_of[i]];
		const struct slot *slot = slot_of(lines, run);
		uint32_t at = run->at + column->done[column->run_of[i]]++;
		if (slot->code == SLOT_TEXT) {
			buf_append(out, column->strings.ptr + column->numbers[at], column->lens[at]);
			lens[i] = column->lens[at];
		} else {
			char *to = buf_reserve(out, SLOT_PRINT_MAX);
			lens[i] = (uint32_t)slot_print_number(slot->code, column->numbers[at], to);
			out->len += lens[i];
		}
		if (out->len - first > bytes_max) {
			return ERR_LIMIT;
		}
	}
	return ERR_OK;
}

enum err lines_column(struct lines *lines, const uint32_t *shapes, const uint32_t *ranks,
                      const uint16_t *slots, const int64_t *times, uint32_t count, size_t bytes_max,
                      struct buf *out, uint32_t *lens) {
	struct column column CLEANUP(column_deinit) = {
	    .runs = new_array(count, sizeof(struct run)),
	    .run_of = new_array(count, sizeof(uint32_t)),
	    .numbers = new_array(count, sizeof(uint64_t)),
	    .lens = new_array(count, sizeof(uint32_t)),
	    .times = new_array(count, sizeof(int64_t)),
	    .done = new_array(count, sizeof(uint32_t)),
	};
	if (lines->run_of == NULL) {
		lines->run_of = new_array(lines->shapes_count, sizeof(*lines->run_of));
	}
	TRY(find_runs(lines, &column, shapes, ranks, slots, count));
	sort_times(&column, slots, times, count);
	for (uint32_t i = 0; i < column.runs_count; i++) {
		TRY(decode_run(lines, &column, &column.runs[i], bytes_max));
	}
	return put_values(lines, &column, slots, count, bytes_max, out, lens);
}
