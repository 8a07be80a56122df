/* An open struct lines, for lines*.c. */
#pragma once

#include "codec/lines.h"
#include "codec/order.h"
#include "codec/slots.h"

enum { LINES_SLACK = 16 }; /* readable bytes behind literals and strings */

struct lines_shape {
	uint32_t rows;
	uint32_t slots_first, slots_count;
	uint32_t literal_len; /* of all literal pieces */
	size_t literal;       /* in lines->literals */
};

struct lines_slot {
	struct slot column;
	uint32_t literal_len; /* of the literal piece before it */
};

/* The rows of one shape among those that are put together: ranks beside each other. */
struct lines_run {
	uint32_t shape, first_rank, count;
	uint32_t done;  /* rows of it that are printed */
	uint32_t times; /* its first in lines->times */
	size_t values;  /* its first in lines->values: slot by slot, count of each */
};

struct lines {
	uint32_t rows;
	struct lines_shape *shapes;
	uint32_t shapes_count;
	struct lines_slot *slots; /* of all shapes but the first */
	uint32_t slots_count, slots_cap;
	struct buf literals;
	struct slots shared;
	struct order *order;
	struct texts *whole;
	/* scratch of lines_join */
	struct lines_run *runs;
	uint32_t runs_count, runs_cap;
	uint32_t *run_of;  /* of each shape: number of its last run + 1, or 0 */
	uint32_t *row_run; /* of each row that is put together */
	uint64_t *values;  /* numbers; of strings where they begin in strings */
	size_t values_cap;
	uint32_t *lens;
	size_t lens_cap;
	struct buf strings;
	int64_t *times;
	size_t times_cap;
};
