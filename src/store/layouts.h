/* The fields of a block's rows, private to src/store: what the parser gave for a row is a layout
 * (which names, of which kinds, from where their values come) and the values that the layout does
 * not say. Rows of one shape (codec/lines.h) share a few layouts, so that a field which lies at the
 * same place of every line of a kind costs nothing a row.
 *
 * In this order: layouts_cut (any thread, one batch), layouts_draft (all batches of a block, one
 * thread), then struct layouts over the bytes. docs/formats/segment.md has these.
 */
#pragma once

#include "base/limits.h"
#include "codec/lines.h"
#include "event/value.h"

enum layout_source {
	LAYOUT_CONST,   /* the layout has the bytes */
	LAYOUT_PLACED,  /* from one place of the row's text to another, the same in all its rows */
	LAYOUT_FREE,    /* a slice of the text, offset and length kept for each row */
	LAYOUT_OUTSIDE, /* not in the text: kept for each row */
	LAYOUT_SOURCES,
};

/* One field of a row. */
struct field_found {
	uint32_t name; /* of the cut, or of the block */
	uint8_t kind;  /* enum value_kind */
	bool in_text;
	uint32_t offset; /* in the text */
	uint32_t len;
	const char *bytes; /* unless in_text */
	uint32_t constant; /* for layouts_cut_add, unless in_text: layouts_cut_constant */
};

/* What the fields of a row come to is the sum of these: number counts the fields of the row, from
 * 0. Values in the text count by their place, for the text is compared by itself. */
uint64_t field_hash(uint32_t number, uint64_t name_hash, const struct field_found *field);
/* That of a name. */
uint64_t field_name_hash(struct str name);
/* Of what it is made: of what is the same in all rows of a layout, and of a place in the text. */
static inline uint64_t field_item_hash(uint32_t number, uint64_t name_hash, uint8_t kind) {
	return name_hash + (uint64_t)number * 0x9e3779b97f4a7c15u + kind;
}
static inline uint64_t field_place_hash(uint64_t item, uint32_t offset, uint32_t len) {
	uint64_t place = (uint64_t)offset << 32 | len;
	unsigned __int128 product = (unsigned __int128)(place ^ item) * (item ^ 0xd1342543de82ef95u);
	return (uint64_t)(product >> 64) ^ (uint64_t)product;
}

/* ---- of one batch ---- */

struct layouts_cut;
struct layouts_cut *layouts_cut_new(void);
void layouts_cut_free(struct layouts_cut *cut); /* NULL is fine */
/* The number of a name, which is copied; not twice for the same name of a batch, for speed. */
uint32_t layouts_cut_name(struct layouts_cut *cut, struct str name);
/* Looks at a value that is not in the text, for all rows before the first one is added: whether the
 * values of its name are worth being constants of layouts depends on how many there are. */
uint32_t layouts_cut_constant(struct layouts_cut *cut, const struct field_found *field);
/* The same value, for further rows. */
void layouts_cut_repeat(struct layouts_cut *cut, const struct field_found *field, uint32_t rows);
/* The sum of a row's field_hash, and that of its values that are not in the text. */
struct layouts_sum {
	uint64_t all, outside;
};
/* Adds the next row, of which lines has the text. No name comes twice. Bytes are copied. */
struct layouts_sum layouts_cut_add(struct layouts_cut *cut, const struct lines_cut *lines,
                                   const struct field_found *fields, uint32_t count);
/* Adds the next row: it is of the same kind of lines as row like, which was added with these
 * fields, all of them in places that are in no value, and has the same fields there; its values
 * that are not in the text are the same. outside: layouts_sum of row like. Returns the sum of all.
 */
uint64_t layouts_cut_add_like(struct layouts_cut *cut, const struct lines_cut *lines, uint32_t like,
                              const struct field_found *fields, uint64_t outside);
/* The same for a row that only begins like row like: the last field is all of the text from where
 * it begins on. */
uint64_t layouts_cut_add_head(struct layouts_cut *cut, const struct lines_cut *lines, uint32_t like,
                              const struct field_found *fields, uint64_t outside);
/* Memory held, in bytes. */
size_t layouts_cut_bytes(const struct layouts_cut *cut);

/* ---- of all batches of a block ---- */

enum layouts_part {
	LAYOUTS_TABLE,   /* names, layouts, and where the values of a shape lie in the others */
	LAYOUTS_NUMBERS, /* which layout a row has, of shapes that have more than one */
	LAYOUTS_SLICES,  /* offsets and lengths of free values */
	LAYOUTS_STRINGS, /* values that are outside */
	LAYOUTS_PARTS,
};

struct layouts_draft;
struct layouts_draft *layouts_draft_new(void);
/* The cuts that were added go with it. */
void layouts_draft_free(struct layouts_draft *draft); /* NULL is fine */
/* Takes the cut, whose lines were added to the draft of lines just before. */
void layouts_draft_add(struct layouts_draft *draft, struct layouts_cut *cut,
                       const struct lines_draft *lines);
/* lines: mined. Appends the parts, each to its buf. */
void layouts_draft_put(struct layouts_draft *draft, const struct lines_draft *lines,
                       struct buf parts[LAYOUTS_PARTS]);

/* ---- reading; one thread at a time ---- */

struct layout_item {
	uint32_t name;               /* of the block */
	uint8_t kind;                /* enum value_kind */
	uint8_t source;              /* enum layout_source */
	struct lines_place from, to; /* LAYOUT_PLACED */
	struct str bytes;            /* LAYOUT_CONST */
};
struct layout {
	const struct layout_item *items;
	uint32_t count;
	uint32_t free, outside; /* items of these sources */
};

struct layouts;
/* parts and lines are borrowed; PACKED_SLACK bytes are readable behind each part. ERR_CORRUPT,
 * ERR_LIMIT. */
MUST_USE enum err layouts_open(const struct str parts[LAYOUTS_PARTS], const struct lines *lines,
                               struct layouts **out_layouts);
void layouts_free(struct layouts *layouts); /* NULL is fine */
/* Names of the block, borrowed, and what field_hash makes of them. */
uint32_t layouts_names(const struct layouts *layouts, const struct str **out_names);
uint64_t layouts_name_hash(const struct layouts *layouts, uint32_t name);
/* The number of a name, or UINT32_MAX. */
uint32_t layouts_find_name(const struct layouts *layouts, struct str name);
/* Layouts that rows of a shape may have: numbers *out_first to *out_first + *out_count - 1. */
void layouts_of_shape(const struct layouts *layouts, uint32_t shape, uint32_t *out_first,
                      uint32_t *out_count);
/* Layouts of rows, by their shapes and ranks as lines_order gives them. */
MUST_USE enum err layouts_of(struct layouts *layouts, const uint32_t *shapes, const uint32_t *ranks,
                             uint32_t count, uint32_t *out_layouts);
/* A layout will be asked for soon: one step after the other is taken, some layouts before it. */
enum layouts_step { LAYOUTS_ENTRY, LAYOUTS_HEAD, LAYOUTS_ITEMS };
void layouts_fetch(const struct layouts *layouts, uint32_t number, enum layouts_step step);
/* A layout by its number; lives as long as layouts. */
MUST_USE enum err layouts_get(struct layouts *layouts, uint32_t number,
                              const struct layout **out_layout);
/* The item of one name alone, without decoding the others; *out_index: its number among the items,
 * or UINT32_MAX when there is none. What it points to lives as long as layouts. ERR_CORRUPT. */
MUST_USE enum err layouts_item(const struct layouts *layouts, uint32_t number, uint32_t name,
                               struct layout_item *out_item, uint32_t *out_index);
/* The sum of field_hash of the fields of row i of rows, which has layout number: one that has no
 * free and no outside values, or *out_sum says nothing. ERR_CORRUPT. */
MUST_USE enum err layouts_row_sum(struct layouts *layouts, uint32_t number,
                                  const struct lines_rows *rows, uint32_t i, uint64_t *out_sum);
/* Where the values of rows begin: the number of each row's first free value among those of its
 * shape, and of its first outside value among those of the block. Those of a row follow each other
 * in the order of its items. */
MUST_USE enum err layouts_starts(struct layouts *layouts, const uint32_t *shapes,
                                 const uint32_t *ranks, uint32_t count, uint32_t *out_free,
                                 uint32_t *out_outside);
/* ERR_CORRUPT when the shape has no such value. */
MUST_USE enum err layouts_free_value(struct layouts *layouts, uint32_t shape, uint32_t number,
                                     uint32_t *out_offset, uint32_t *out_len);
/* Strings first to first + count - 1, one behind the other. ERR_CORRUPT. */
MUST_USE enum err layouts_outside(struct layouts *layouts, uint32_t first, uint32_t count,
                                  struct buf *out, uint32_t *lens);
/* Memory held, in bytes. */
size_t layouts_bytes(const struct layouts *layouts);
