/* From skeletons to shapes: a segment has thousands of skeletons that differ in words only (names
 * of users, of files). Words that vary among otherwise equal skeletons become slots of SLOT_TEXT;
 * what is left are shapes. Add every line's skeleton, mine once, then ask.
 */
#pragma once

#include "base/str.h"
#include "codec/skeleton.h"

struct shapes;

enum {
	/* Once there are this many, new skeletons are refused while more than half of the last
	 * SHAPES_WINDOW lines brought new ones, unless those that are there make at most a fourth as
	 * many shapes (names in every line); then as many more are taken. So text without shape
	 * (random words) costs little, and so does what it would make of the table of shapes. */
	SHAPES_SKELETONS_MAX = 16384,
	SHAPES_WINDOW = 4096,
	SHAPES_SKELETONS_HARD_MAX = 65536, /* never more than this */
};
#define SHAPES_NONE UINT32_MAX

struct shapes *shapes_new(void);
void shapes_free(struct shapes *shapes); /* NULL is fine */
void shapes_freep(struct shapes **shapes);

/* A skeleton of this hash will be added soon: what is compared with it is fetched, once after the
 * other of these steps, some skeletons before it. */
enum shapes_step { SHAPES_PLACE, SHAPES_ENTRY, SHAPES_TEXT };
void shapes_fetch(const struct shapes *shapes, uint64_t hash, enum shapes_step step);
/* Adds rows to a skeleton (copied when new; it must be valid) and returns its number, counted from
 * 0. hash: hash64 of it. SHAPES_NONE: refused; keep the line whole. Not after shapes_mine. */
uint32_t shapes_add(struct shapes *shapes, struct str skeleton, uint64_t hash, uint32_t rows);
size_t shapes_skeletons(const struct shapes *shapes);
struct str shapes_skeleton(const struct shapes *shapes, uint32_t skeleton);

/* Gives each skeleton a shape. Time: about n log n in the number of skeletons' words. */
void shapes_mine(struct shapes *shapes);

/* After shapes_mine. Shapes are numbered from 0 by their first skeleton. */
size_t shapes_count(const struct shapes *shapes);
struct str shapes_text(const struct shapes *shapes, uint32_t shape); /* as a skeleton; valid */
uint64_t shapes_rows(const struct shapes *shapes, uint32_t shape);

/* One slot of a shape, seen from a skeleton. Typed slots have one value of the same code. A slot of
 * SLOT_TEXT may hold a literal word, one value, or a word with values in it (carol42). */
struct shape_slot {
	int32_t value;   /* the first value of the skeleton in it (0 is the skeleton's first), or -1 */
	uint32_t values; /* how many there are; 0 when value is -1 */
	uint32_t before; /* literal bytes of the slot before its first value */
	uint32_t after;  /* literal bytes behind its last value */
	struct str word; /* when value is -1: what the skeleton has there as literal */
};
/* The text of such a slot in a line of the skeleton, from the line and its cut (borrowed). */
static inline struct str shape_slot_text(const struct shape_slot *slot, struct str line,
                                         const struct cut_value *values) {
	if (slot->value < 0) {
		return slot->word;
	}
	const struct cut_value *first = &values[slot->value];
	const struct cut_value *last = first + slot->values - 1;
	size_t start = first->offset - slot->before;
	return str_make(line.ptr + start, last->offset + last->len + slot->after - start);
}

/* The shape of a skeleton, and for each slot of the shape in order where its value comes from. What
 * is returned lives as long as shapes. */
uint32_t shapes_of(const struct shapes *shapes, uint32_t skeleton,
                   const struct shape_slot **out_slots, uint32_t *out_count);
