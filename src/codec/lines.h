/* Lines of text, kept as shapes and slots: what lines of one kind have in common is written once,
 * what varies lies in columns of its type (docs/decisions/0004-shapes-and-slots.md). Rows are added
 * batch by batch, already cut, and put together when all are there; afterwards any row is had
 * without the others.
 *
 * In this order: lines_cut (any thread, one batch), lines_draft (all batches of a block; one
 * thread), lines_draft_put, then struct lines over the bytes.
 *
 * A row has a shape. A shape is literal text with slots; each row has a value in each slot of its
 * shape. A row that could not be cut, or has no like, has the shape 0: one slot with all of its
 * text. The rank of a row is its number among the rows of its shape.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "codec/checked.h"
#include "codec/wire.h"

enum {
	LINES_ROWS_MAX = 1 << 24, /* of a block */
	LINES_SHAPE_WHOLE = 0,
	LINES_GROUP = 32, /* shapes whose columns are found and parsed together */
	LINES_CHUNK = 8,  /* groups that are compressed together */
};

/* ---- places: where a byte of a row lies, in words that all rows of its shape share ---- */

enum lines_where {
	LINES_LITERAL, /* at: bytes of literal text before it; slot: slots before it */
	LINES_INSIDE, /* slot: the slot in whose value it lies; at: bytes from the value's start, > 0 */
	LINES_NOWHERE, /* not the same in all rows of the shape: ask lines_draft_offset for each */
};
struct lines_place {
	uint8_t where; /* enum lines_where */
	uint16_t slot;
	uint32_t at;
};

/* ---- making ---- */

struct lines_cut;

struct lines_cut *lines_cut_new(void);
void lines_cut_free(struct lines_cut *cut); /* NULL is fine */
/* So many rows will come, or about as many. */
void lines_cut_expect(struct lines_cut *cut, uint32_t rows);
/* Cuts the next row. text must stay where it is, unchanged, until the draft that takes the cut is
 * gone: values are kept as slices of it. */
void lines_cut_add(struct lines_cut *cut, struct str text);
uint32_t lines_cut_rows(const struct lines_cut *cut);
struct str lines_cut_text(const struct lines_cut *cut, uint32_t row);
/* Rows of one batch with the same number are cut alike (the same literals, the same kinds of
 * values), so that equal places mean the same in them. */
uint32_t lines_cut_kind(const struct lines_cut *cut, uint32_t row);
uint32_t lines_cut_kinds(const struct lines_cut *cut);
/* The skeleton (codec/skeleton.h) of a kind: its literal bytes, with two bytes for each value. */
struct str lines_cut_kind_skeleton(const struct lines_cut *cut, uint32_t kind);
/* The place of text[offset]; offset may be the length. A border between literal and value is
 * LINES_LITERAL. Of two places for an offset (around an empty value) the first is given. */
struct lines_place lines_cut_place(const struct lines_cut *cut, uint32_t row, uint32_t offset);
/* The place behind all of a row that is not of kind 0. */
struct lines_place lines_cut_end(const struct lines_cut *cut, uint32_t row);
/* The offsets of places (not LINES_NOWHERE) in another row of the same kind. */
void lines_cut_offsets(const struct lines_cut *cut, uint32_t row, const struct lines_place *places,
                       uint32_t places_count, uint32_t *out_offsets);
/* Bytes of the values before each slot of a row, and of all values; returns their number, slots and
 * one: with them the offset of many places is had without many walks. At most LINES_SLOTS_MAX. Not
 * for rows of kind 0. */
enum { LINES_SLOTS_MAX = 1001 };
uint32_t lines_cut_sums(const struct lines_cut *cut, uint32_t row, uint32_t *out_sums);
/* Whether a value of the row is empty: then a place may be before or behind it. */
bool lines_cut_has_empty(const struct lines_cut *cut, uint32_t row);
/* The code (codec/skeleton.h) of a slot of a row that is not of kind 0. */
uint8_t lines_cut_code(const struct lines_cut *cut, uint32_t row, uint32_t slot);
/* The same text lies elsewhere now. */
void lines_cut_move(struct lines_cut *cut, uint32_t row, const char *text);
/* Memory held, in bytes. */
size_t lines_cut_bytes(const struct lines_cut *cut);

struct lines_draft;

struct lines_draft *lines_draft_new(void);
/* The cuts that were added go with it. */
void lines_draft_free(struct lines_draft *draft); /* NULL is fine */
/* Takes the cut. times: event time (nanoseconds since 1970) of each row, copied: what a line says
 * of its time need not be kept twice. */
void lines_draft_add(struct lines_draft *draft, struct lines_cut *cut, const int64_t *times);
uint32_t lines_draft_rows(const struct lines_draft *draft);
/* What kinds of different cuts have in common: those with the same number are cut alike, so that
 * places mean the same in them. UINT32_MAX: kept whole. */
uint32_t lines_draft_skeleton(const struct lines_draft *draft, uint32_t cut, uint32_t kind);
/* Finds the shapes; after that nothing is added. Called once. */
void lines_draft_mine(struct lines_draft *draft);
uint32_t lines_draft_shapes(const struct lines_draft *draft);
/* As they were given to lines_draft_add. */
const int64_t *lines_draft_times(const struct lines_draft *draft);
/* Shape of each row, in order. */
const uint32_t *lines_draft_shape_of(const struct lines_draft *draft);
/* Shape of the rows of a kind of the cut number cut (in order of adding), and a place of them in
 * terms of that shape. */
uint32_t lines_draft_kind_shape(const struct lines_draft *draft, uint32_t cut, uint32_t kind);
struct lines_place lines_draft_place(const struct lines_draft *draft, uint32_t cut, uint32_t kind,
                                     struct lines_place place);
/* When lines_draft_place says LINES_NOWHERE: the offset in the text of a row (its number in the
 * cut) of a place that its cut gave. */
uint32_t lines_draft_offset(const struct lines_draft *draft, uint32_t cut, uint32_t row,
                            struct lines_place place);
/* The parts (LINES_PARTS of them), each behind its buf. */
enum lines_part {
	LINES_SHAPES, /* shapes, and of each slot where its values lie */
	LINES_ORDER,  /* which shape each row has */
	LINES_CODES,  /* columns of numbers */
	LINES_POOLS,  /* numbers by type */
	LINES_WORDS,  /* strings in slots */
	LINES_WHOLE,  /* rows of shape 0 */
	LINES_PARTS,
};
void lines_draft_put(struct lines_draft *draft, struct buf parts[LINES_PARTS]);

/* The same in pieces, so that two threads can share it: one gathers the columns of some shapes
 * while the other writes those gathered before. */
struct lines_put;
struct lines_columns;
struct lines_put *lines_put_new(struct lines_draft *draft); /* mined; borrowed until the end */
struct lines_columns *lines_columns_new(void);
void lines_columns_free(struct lines_columns *columns); /* NULL is fine */
/* Gathers the next shapes into columns, in place of what was there. False: none are left. */
bool lines_put_gather(struct lines_put *put, struct lines_columns *columns);
/* Writes what was gathered; in order of gathering. */
void lines_put_columns(struct lines_put *put, const struct lines_columns *columns);
/* All shapes are written: appends the parts, and frees put. */
void lines_put_end(struct lines_put *put, struct buf parts[LINES_PARTS]);

/* ---- reading; one thread at a time uses a struct lines ---- */

struct lines;

/* parts are borrowed; PACKED_SLACK bytes are readable behind each. Little is looked at: what lies
 * in the parts is opened and checked when it is first asked for, and before that compared with its
 * checksum in checked (borrowed), unless that is NULL. ERR_CORRUPT, ERR_LIMIT. */
MUST_USE enum err lines_open(const struct str parts[LINES_PARTS], struct checked *checked,
                             uint32_t rows, struct lines **out_lines);
void lines_free(struct lines *lines); /* NULL is fine */
uint32_t lines_shapes(const struct lines *lines);
/* Rows of a shape. */
uint32_t lines_shape_rows(const struct lines *lines, uint32_t shape);
/* Reads a shape, before anything below is asked of it. ERR_CORRUPT, ERR_LIMIT. */
MUST_USE enum err lines_shape_read(struct lines *lines, uint32_t shape);
/* Slots and literal text (slots left out) of a shape. */
uint32_t lines_shape_slots(const struct lines *lines, uint32_t shape);
struct str lines_shape_literal(const struct lines *lines, uint32_t shape);
/* Bytes of that before a slot (or, with the number of slots, all). */
uint32_t lines_shape_before(const struct lines *lines, uint32_t shape, uint32_t slot);
/* Shapes and ranks of rows [first, first + count). */
MUST_USE enum err lines_order(struct lines *lines, uint32_t first, uint32_t count,
                              uint32_t *out_shapes, uint32_t *out_ranks);

/* Some rows, put together. Zero-initialise; may be used again. */
struct lines_rows {
	uint32_t count;
	uint32_t *shapes, *ranks;
	struct buf bytes;
	uint32_t *starts;     /* count + 1: text i is bytes [starts[i], starts[i + 1]) */
	uint32_t *slot_first; /* count + 1: slots of row i are [slot_first[i], slot_first[i + 1]) */
	struct lines_span {
		uint32_t offset, len; /* of the slot's value in the row's text */
		uint32_t before;      /* bytes of the values before it */
	} *slots;
	uint32_t cap, slots_cap;
};
void lines_rows_deinit(struct lines_rows *rows);
/* Puts together the rows [first, first + count); times as they were given to the draft. At most
 * bytes_max bytes: ERR_LIMIT above. */
MUST_USE enum err lines_join(struct lines *lines, uint32_t first, uint32_t count,
                             const int64_t *times, size_t bytes_max, struct lines_rows *rows);
/* The same for some rows: count of them, ascending; times: of these. */
MUST_USE enum err lines_join_some(struct lines *lines, const uint32_t *which, uint32_t count,
                                  const int64_t *times, size_t bytes_max, struct lines_rows *rows);
/* Compares the rows [first, first + count) with texts, in place: as if they had been put together,
 * but for rows->bytes, which stay empty. *out_differs: a row that is another, counted from first,
 * or UINT32_MAX. rows->slots are right when none is. ERR_LIMIT: the values are too many for the
 * texts. */
MUST_USE enum err lines_same(struct lines *lines, uint32_t first, uint32_t count,
                             const int64_t *times, const struct str *texts, struct lines_rows *rows,
                             uint32_t *out_differs);
/* Shapes and ranks of some rows, ascending. */
MUST_USE enum err lines_order_some(struct lines *lines, const uint32_t *which, uint32_t count,
                                   uint32_t *out_shapes, uint32_t *out_ranks);
/* The offset of a place in row i of rows; ERR_CORRUPT when there is none. */
MUST_USE static inline enum err lines_rows_offset(const struct lines_rows *rows, uint32_t i,
                                                  struct lines_place place, uint32_t *out_offset) {
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
/* Looks at everything that searching trusts: maps of strings, places, counts of rows. What rows are
 * put together from is not looked at here. ERR_CORRUPT. */
MUST_USE enum err lines_check(struct lines *lines);
/* Memory held by an open lines, in bytes. */
size_t lines_bytes(const struct lines *lines);
