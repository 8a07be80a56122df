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
		uint32_t values;               /* of each row */
		size_t skeleton, skeleton_len; /* in bytes */
	} *kinds;
	uint32_t kinds_count, kinds_cap;
	struct buf bytes; /* of skeletons */
	uint32_t *table;  /* of hash: kind, or 0 */
	uint32_t table_size;
	struct cut_value *values; /* of the rows, one row behind the other */
	uint32_t values_count, values_cap;
	uint32_t rows_expected; /* 0: not known */
	struct cut_line line;   /* scratch */
};

static inline struct str lines_cut_skeleton(const struct lines_cut *cut, uint32_t kind) {
	const struct lines_cut_kind *entry = &cut->kinds[kind];
	return entry->skeleton_len == 0
	           ? STR("")
	           : str_make(cut->bytes.ptr + entry->skeleton, entry->skeleton_len);
}
/* Frees what only places need. */
void lines_cut_seal(struct lines_cut *cut);
