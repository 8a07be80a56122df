/* What the files of a view share: view.c (parts of a page), view_columns.c (fields of version 1),
 * view_block.c (texts and fields of version 2), view_built_in.c (columns that every page has),
 * view_leaf.c.
 */
#pragma once

#include "store/block.h"
#include "store/page.h"
#include "store/store.h"

struct view_slot {
	bool loaded;
	struct column column;
};

enum { VIEW_BUILT_IN_COUNT = 10 };

/* A shape that occurs in the page, and its values that are neither in texts nor in layouts. */
struct view_shape {
	uint32_t shape;
	uint32_t outside_first, outside_end; /* numbers in the block */
	uint32_t strings_at;                 /* in view_block.strings */
};

/* What a page of version 2 takes from its block. Arrays of rows but for the last ones. */
struct view_block {
	struct block *block; /* NULL: not taken yet, or there is none */
	bool borrowed;       /* not taken from the segment */
	uint32_t first;      /* number of the page's first row in the block */
	uint32_t first_kept; /* of its first body that is kept beside the text */
	bool has_texts, has_bodies, has_layouts, has_values;
	bool texts_lent; /* texts are part of somebody else's, and only say where what lies */
	enum err texts_err, bodies_err, layouts_err, values_err;
	struct lines_rows texts, bodies;
	struct layouts *layouts;
	uint32_t *shapes, *ranks;
	uint16_t *layout_of; /* number in used */
	uint16_t *shape_of;  /* number in used_shapes */
	uint32_t *free_at, *outside_at;
	const struct layout **used; /* layouts that occur, by first appearance */
	uint32_t used_count;
	struct view_shape *used_shapes;
	uint32_t used_shapes_count;
	struct str *names; /* that occur, by first appearance */
	uint32_t names_count;
	struct str *strings; /* values outside */
};

struct store_view {
	struct arena *arena;
	const struct segment *segment; /* NULL: a page on its way */
	uint32_t page;                 /* of the segment */
	struct view_names names;
	struct page_frame frame; /* rows: those of the view */
	struct page_frame whole; /* the page */
	uint64_t *sure;          /* bits of the view's rows; NULL: nothing is known */
	bool all_data;
	uint16_t *picks; /* rows of the page that the view has, ascending; NULL: all */
	bool has_meta, has_rows, has_receipt, has_own_lengths, has_lengths;
	struct page_meta meta;
	struct page_rows rows;       /* of the view's rows */
	struct page_rows whole_rows; /* of the page's */
	struct page_receipt receipt;
	struct page_lengths lengths; /* with has_lengths: bodies of all rows, in version 2 too */
	struct str *bodies;          /* NULL until decoded */
	struct str *texts;           /* NULL until decoded */
	struct view_slot *columns;   /* by number of the name in page or block; NULL: none yet */
	uint32_t *layouts_first;     /* version 1: names_count + 1, where a column's layouts begin */
	uint16_t *layouts_of;        /* version 1: layouts that have the column */
	struct view_block block;
	struct view_slot built_in[VIEW_BUILT_IN_COUNT];
	struct view_row_fields {
		const struct row_field *fields; /* NULL until asked for */
		size_t count;
	} *row_fields;
	uint64_t *sequence; /* of each row in its stream; NULL until asked for */
	uint64_t bundle;    /* whose salts are below */
	uint8_t *salts;     /* NULL: none yet */
};

static inline bool view_has_block(const struct store_view *view) {
	return view->frame.version != PAGE_VERSION_FIRST;
}
/* count * size zeroed bytes of the view's memory, or NULL. */
void *view_array(struct store_view *view, size_t count, size_t size);

/* A view of a page of segment, or (NULL) of none yet. bytes are borrowed, names copied or NULL. */
MUST_USE enum err view_new(struct str bytes, const struct segment *segment, uint32_t page,
                           const struct view_names *names, struct store_view **out_view,
                           struct diag *diag);
/* Leaves in the view only the rows of the page whose bit is set (base/bits.h); at least one is.
 * Called before anything is asked of it, and not for version 1. */
MUST_USE enum err view_pick(struct store_view *view, const uint64_t *bits);
/* Keeps which rows surely match; bits of the page's rows. After view_pick. */
MUST_USE enum err view_set_sure(struct store_view *view, const uint64_t *bits);
/* Number in its page of a row of the view. */
static inline uint32_t view_page_row(const struct store_view *view, uint32_t row) {
	return view->picks == NULL ? row : view->picks[row];
}
/* What is decoded of the page becomes that of the view (view_pick.c). */
MUST_USE enum err view_picked_rows(struct store_view *view);
MUST_USE enum err view_picked_lengths(struct store_view *view);
/* Offsets and the like of a view that has not all rows of its page (view_pick.c). */
MUST_USE enum err view_picked_receipt(struct store_view *view);
/* Number among the kept bodies of the block of a row of the view that has one. */
MUST_USE enum err view_picked_kept(struct store_view *view, uint32_t *out_kept);
/* NULL: a page on its way. */
const struct segment *view_segment(const struct store_view *view);

/* Parts of a view, decoded at need. */
MUST_USE enum err view_meta(struct store_view *view, const struct page_meta **out_meta);
MUST_USE enum err view_rows(struct store_view *view, const struct page_rows **out_rows);
MUST_USE enum err view_receipt(struct store_view *view, const struct page_receipt **out_receipt);
/* Lengths as the page has them (page.h). */
MUST_USE enum err view_own_lengths(struct store_view *view,
                                   const struct page_lengths **out_lengths);
/* Of version 2: completed from the texts. */
MUST_USE enum err view_lengths(struct store_view *view, const struct page_lengths **out_lengths);
MUST_USE enum err view_bodies(struct store_view *view, const struct str **out_bodies);
struct str view_path(const struct store_view *view, const struct batch_source *source);

/* ---- view_columns.c: fields of a page of version 1 ---- */

MUST_USE enum err view_columns_names(struct store_view *view, const struct str **out_names,
                                     uint32_t *out_count);
/* NULL: no row has a field of this name. */
MUST_USE enum err view_columns_get(struct store_view *view, struct str name,
                                   const struct column **out_column);
MUST_USE enum err view_columns_row(struct store_view *view, uint32_t row,
                                   const struct row_field **out_fields, size_t *out_count);

/* ---- view_block.c: the same of version 2, and texts ---- */

void view_block_deinit(struct store_view *view);
/* For a page whose block is in the making; borrowed. first, first_kept: as in struct view_block. */
void view_block_lend(struct store_view *view, struct block *block, uint32_t first,
                     uint32_t first_kept);
/* Compares the texts of views whose pages follow each other in one block (no picks) with those
 * given, in place: the few rows that a page has of a shape cost more than those of several pages at
 * once. *out_differs: a row that is another, counted from the first of all, or UINT32_MAX. Else the
 * views know where values lie in their texts, but not these, until view_block_give_back. rows is
 * zero-initialised or used before. */
MUST_USE enum err view_block_same(struct store_view *const *views, uint32_t count,
                                  const struct str *texts, struct lines_rows *rows,
                                  uint32_t *out_differs);
void view_block_give_back(struct store_view *view);
/* The bodies that are kept beside the text, one behind the other; they live as long as the view. */
MUST_USE enum err view_block_kept(struct store_view *view, const struct lines_rows **out_bodies);
/* Whether the body of a row is; after view_rows and view_meta. */
bool view_block_keeps(const struct store_view *view, uint32_t row);
/* The layouts of the whole block. */
MUST_USE enum err view_block_open_layouts(struct store_view *view, struct layouts **out_layouts);
/* Fill out_texts or out_bodies of all rows, with strings that live as long as the view. */
MUST_USE enum err view_block_texts(struct store_view *view, struct str *out_texts);
MUST_USE enum err view_block_bodies(struct store_view *view, struct str *out_bodies);
MUST_USE enum err view_block_names(struct store_view *view, const struct str **out_names,
                                   uint32_t *out_count);
MUST_USE enum err view_block_get(struct store_view *view, struct str name,
                                 const struct column **out_column);
MUST_USE enum err view_block_row(struct store_view *view, uint32_t row,
                                 const struct row_field **out_fields, size_t *out_count);
/* The fields of a row as its block has them; out_fields: room for LIMIT_FIELDS_PER_RECORD. Names
 * are numbers of the layouts that come with it. */
MUST_USE enum err view_block_fields(struct store_view *view, uint32_t row,
                                    struct field_found *out_fields, uint32_t *out_count);
/* The lines of the page's block; view->block.first is known then. */
MUST_USE enum err view_block_lines(struct store_view *view, struct lines **out_lines);
MUST_USE enum err view_block_layouts(struct store_view *view, struct layouts **out_layouts);

/* ---- view_built_in.c ---- */

bool view_built_in_has(struct str name);
/* *out_column is NULL when name is none of the built-in ones. */
MUST_USE enum err view_built_in_get(struct store_view *view, struct str name,
                                    const struct column **out_column);
