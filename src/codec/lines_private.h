/* What lines_cut.c and lines_draft.c share. */
#pragma once

#include "codec/lines.h"
#include "codec/skeleton.h"

/* Rows of one batch, cut. Kind 0: kept whole; kind k > 0: skeleton k - 1 of this cut. */
struct lines_cut {
	struct lines_cut_row {
		struct str text;
		uint32_t kind;
		uint32_t values; /* its first one */
	} *rows;
	uint32_t rows_count, rows_cap;
	struct lines_cut_kind {
		uint64_t hash;
		uint32_t rows;
		uint32_t values; /* of each row */
		size_t skeleton,
		    skeleton_len; /* in bytes; behind it the codes of the values, a byte each */
	} *kinds;
	uint32_t kinds_count, kinds_cap;
	struct buf bytes; /* skeletons and codes */
	uint32_t *table;  /* of hash: kind, or 0 */
	uint32_t table_size;
	uint64_t *numbers; /* of the rows' values; of SLOT_TEXT the offset << 32 | the length */
	struct cut_span {
		uint32_t offset, len;
	} *spans; /* where each value lies in its row's text; NULL once places are asked no more */
	uint32_t values_count, values_cap;
	struct cut_line line; /* scratch */
};

static inline struct str lines_cut_skeleton(const struct lines_cut *cut, uint32_t kind) {
	const struct lines_cut_kind *entry = &cut->kinds[kind];
	return str_make(cut->bytes.ptr + entry->skeleton, entry->skeleton_len);
}
static inline const uint8_t *lines_cut_codes(const struct lines_cut *cut, uint32_t kind) {
	const struct lines_cut_kind *entry = &cut->kinds[kind];
	return (const uint8_t *)cut->bytes.ptr + entry->skeleton + entry->skeleton_len;
}
/* The bytes of a value of SLOT_TEXT. */
static inline struct str lines_cut_slice(const struct lines_cut_row *row, uint64_t number) {
	return str_make(row->text.ptr + (number >> 32), (uint32_t)number);
}
/* The place of offset among values that lie at spans. */
struct lines_place lines_place_of(const struct cut_span *spans, uint32_t count, uint32_t offset);
/* Frees what only places need. */
void lines_cut_seal(struct lines_cut *cut);
