/* The inside of a layouts_cut, private to layouts_cut.c and layouts_draft.c. */
#pragma once

#include "base/map.h"
#include "store/layouts.h"

/* A layout is known by its bytes: the first of these says of which kind of lines it is (name), the
 * others are its items. No bytes between the members. */
struct layout_key {
	uint32_t name; /* of the cut */
	uint8_t kind, source;
	uint16_t zero;
	uint64_t from, to; /* places, packed; LAYOUT_CONST: from is a number in consts */
};
_Static_assert(sizeof(struct layout_key) == 24, "keys are compared as bytes");

/* A const's key in the map: name and kind, then the bytes. */
enum { CONST_HEAD = 8 };

struct layouts_cut {
	struct map *names;
	struct buf name_hashes; /* uint64_t of each name */
	struct map *consts;
	struct map *layouts;  /* struct layout_key, several */
	struct buf layout_of; /* uint32_t of each row */
	struct buf slices;    /* struct layout_slice */
	struct buf lens;      /* uint32_t of each string that is outside */
	struct buf strings;
	struct buf kinds;       /* struct kind_state of each kind of lines */
	struct buf name_states; /* struct name_state of each name */
	struct layout_key *row; /* of the row that is added */
};
struct layout_slice {
	uint32_t offset, len;
};

static inline uint64_t place_pack(struct lines_place place) {
	return (uint64_t)place.where << 48 | (uint64_t)place.slot << 32 | place.at;
}
static inline struct lines_place place_unpack(uint64_t packed) {
	return (struct lines_place){
	    .where = (uint8_t)(packed >> 48), .slot = (uint16_t)(packed >> 32), .at = (uint32_t)packed};
}
/* No row is added any more, and layouts are known elsewhere: what rows do not need goes. */
void layouts_cut_seal(struct layouts_cut *cut);
/* The items of a layout, and how many; *out_lines_kind: of which kind of lines. */
const struct layout_key *layouts_cut_items(const struct layouts_cut *cut, uint32_t layout,
                                           uint32_t *out_count, uint32_t *out_lines_kind);
