/* An open struct lines, for lines*.c. */
#pragma once

#include "codec/compress.h"
#include "codec/lines.h"
#include "codec/order.h"
#include "codec/slots.h"

enum { LINES_SLACK = 16 }; /* readable bytes behind literals, skeletons and strings */

/* Known from the start are rows and where the skeleton lies; the rest once it was asked for. */
struct lines_shape {
	uint32_t rows;
	uint32_t text, text_len; /* its skeleton, in lines->skeletons */
	bool parsed;             /* what follows is known */
	bool ready;              /* all its slots may be read */
	uint32_t slots_count;
	uint32_t literal_len; /* of all literal pieces */
	const char *literal;  /* these, one behind the other */
	struct lines_slot *slots;
};

struct lines_slot {
	struct slot column;
	uint32_t literal_len; /* of the literal piece before it */
	uint32_t before;      /* of all literal pieces before it */
};

/* The rows of one shape among those that are put together: ranks beside each other. */
struct lines_run {
	uint32_t shape, first_rank, count;
	uint32_t done;  /* rows of it that are printed */
	uint32_t times; /* its first in lines->times */
	size_t values;  /* its first in lines->values: slot by slot, count of each */
};

struct lines {
	struct checked *checked; /* may be NULL */
	uint32_t rows;
	struct lines_shape *shapes;
	uint32_t shapes_count;
	struct lines_group {
		struct slots_at at;       /* where its columns begin */
		struct lines_slot *slots; /* of its shapes, with their literals behind; NULL: not parsed */
		uint32_t slots_count;
		bool addresses_alone; /* some slot of addresses in it is not in their pool */
	} *groups;
	uint32_t groups_count;
	struct lines_chunk { /* LINES_CHUNK groups */
		struct blob skeletons, table;
		size_t text; /* where its skeletons begin */
		bool skeletons_read, table_read;
	} *chunks;
	uint32_t chunks_count;
	size_t skeletons_len;        /* of all */
	struct buf skeletons, table; /* what is read of it lies in its place, with slack behind */
	size_t parsed_bytes;         /* of groups */
	struct slots shared;
	struct str order_stored, whole_stored;
	struct order *order; /* NULL: not open */
	struct texts *whole; /* likewise */
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
	int64_t *times;     /* run by run, */
	uint32_t *run_rows; /* of these rows that are put together */
	size_t times_cap;
};

/* The skeletons of all shapes, one behind the other, are in lines->skeletons then. They are not yet
 * known to be valid. ERR_CORRUPT, ERR_LIMIT. */
MUST_USE enum err lines_read_skeletons(struct lines *lines);
/* The same for the shapes of a group alone (and some beside it), and with the entries of their
 * slots: these lie in *out_table where groups[group].at says, and nothing that is not read does. */
MUST_USE enum err lines_read_group(struct lines *lines, uint32_t group, struct str *out_table);
/* A shape with its slots, whose values may not yet be read; one slot, and all, to be read. What is
 * given lives as long as lines. ERR_CORRUPT, ERR_LIMIT. */
MUST_USE enum err lines_parse_shape(struct lines *lines, uint32_t shape,
                                    const struct lines_shape **out_shape);
MUST_USE enum err lines_use_slot(struct lines *lines, uint32_t shape, uint32_t slot,
                                 const struct slot **out_slot);
MUST_USE enum err lines_use_shape(struct lines *lines, uint32_t shape,
                                  const struct lines_shape **out_shape);
/* The row order, and the strings of shape 0. ERR_CORRUPT. */
MUST_USE enum err lines_use_order(struct lines *lines, struct order **out_order);
MUST_USE enum err lines_use_whole(struct lines *lines, struct texts **out_whole);
