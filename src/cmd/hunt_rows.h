/* Which records of the store have to be read: those for which a rule may hold. Private to src/cmd.
 *
 * Flow: hunt_read.c lists the records of a piece of the store, page by page; hunt_judge_block asks
 * the fields of a block, shape by shape (store/table.h), and says of each record whether it has to
 * be read; the rest cannot have a finding.
 */
#pragma once

#include "base/buf.h"
#include "detect/detector.h"
#include "store/store.h"

struct hunt_page {
	uint64_t first_index;
	uint32_t rows;
	uint32_t at; /* its first record among all that are listed */
};

enum hunt_verdict {
	HUNT_LEFT_OUT, /* not asked for, or no rule holds */
	HUNT_READ,     /* as a whole: more is not known */
	HUNT_KEPT,     /* a rule may hold, and the fields are kept: hunt_judge_fields */
	HUNT_TEXT,     /* the same, but rules ask for the text, too */
	HUNT_WORDS,    /* the text decides; the fields that rules ask for beside it are kept */
};

/* Zero-initialise; clear and use again. */
struct hunt_rows {
	struct buf pages;    /* struct hunt_page, in order of index */
	struct buf formats;  /* uint8_t of each record: number in names */
	struct buf verdicts; /* uint8_t of each record: enum hunt_verdict */
	struct buf kept;     /* uint32_t of each record: number for hunt_judge_fields */
	struct map *names;   /* of formats; at most HUNT_FORMATS_MAX */
};
enum { HUNT_FORMATS_MAX = 255 }; /* as a number: of an unknown format */
void hunt_rows_deinit(struct hunt_rows *rows);
void hunt_rows_clear(struct hunt_rows *rows);
/* Adds a page; its records are to be read when they are of type data with a time in [from_ns,
 * to_ns). Errors of the view; then nothing was added. */
MUST_USE enum err hunt_rows_add(struct hunt_rows *rows, struct store_view *view, int64_t from_ns,
                                int64_t to_ns);

struct hunt_judge;
struct hunt_judge *hunt_judge_new(struct detector_run *run); /* borrowed */
void hunt_judge_free(struct hunt_judge *judge);              /* NULL is fine */
struct hunt_block {
	size_t next;    /* the first page behind those of the block */
	uint64_t bytes; /* of texts, about, of the records that were to be read before */
};
/* Judges the records of the block that has page number `page`. An error: nothing was changed, all
 * of them have to be read. What was kept before is gone. */
MUST_USE enum err hunt_judge_block(struct hunt_judge *judge, struct store *store,
                                   struct hunt_rows *rows, size_t page,
                                   struct hunt_block *out_block);
/* The fields of a record that are kept: all as store_view_row gives them, but for HUNT_WORDS. Until
 * the next block, or hunt_judge_end. */
const struct row_field *hunt_judge_fields(const struct hunt_judge *judge, uint32_t number,
                                          size_t *out_count);
void hunt_judge_end(struct hunt_judge *judge);
