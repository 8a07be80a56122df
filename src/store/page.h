/* The inside of a page, private to page*.c, view.c and segment*.c: sections one behind the other,
 * each compressed and checksummed by itself, so that reading one column decodes no other.
 * docs/formats/segment.md has the bytes. Whatever comes from disk is checked here, once; what these
 * structs hold is safe to use without asking again.
 *
 * page: header | directory | filter | meta | rows | receipt | lengths | bodies | texts | column ...
 */
#pragma once

#include "base/arena.h"
#include "codec/compress.h"
#include "event/column.h"
#include "store/segment.h"

enum { PAGE_HEADER_SIZE = 28, PAGE_VERSION = 1 };
#define PAGE_MAGIC ((uint32_t)0x47504b41) /* "AKPG" */

enum page_section {
	SECTION_FILTER,  /* of all tokens (codec/token.h) of texts and field values */
	SECTION_META,    /* sources, formats, names, layouts */
	SECTION_ROWS,    /* what every search needs: types, times, ... */
	SECTION_RECEIPT, /* when and where a record came */
	SECTION_LENGTHS, /* of bodies and texts */
	SECTION_BODIES,
	SECTION_TEXTS, /* those that are not their body */
	SECTION_COLUMNS,
};

/* Form of a field's column. Values are those of the rows that have the field, in order. */
enum column_form { FORM_CONST, FORM_DICT, FORM_SPAN, FORM_FLAT, FORM_COUNT };

/* True when bytes have the checksum. Always true in fuzzing builds, so that fuzzing gets past. */
bool page_checksum_holds(struct str bytes, uint32_t crc);

/* ---- encoding the fields of a batch (page_fields.c) ---- */

struct token_set;
struct column_draft;
struct page_fields { /* of a batch, column by column; arrays live in the arena */
	uint32_t columns_count;
	uint32_t *names;     /* of each column: number of the name in the batch */
	uint32_t *layout_of; /* of each row */
	struct buf layouts;  /* encoded: for each its count and columns as varints */
	uint32_t layouts_count;
	uint32_t *first; /* columns_count + 1: where the items of a column begin */
	struct page_item *items;
	struct column_draft *draft; /* scratch of page_column_put */
};
struct page_item {
	uint32_t row;
	uint32_t entry; /* in batch->fields.entries */
};
void page_fields_init(struct page_fields *fields, const struct batch *batch, struct arena *arena);
void page_fields_deinit(struct page_fields *fields);
/* Appends a column and adds the tokens of its values that texts do not give. texts: of all rows. */
void page_column_put(struct buf *out, const struct batch *batch, const struct page_fields *fields,
                     uint32_t column, const struct str *texts, struct token_set *tokens);

/* ---- decoding (page_read.c); results live in arena and borrow from the page's bytes ---- */

struct page_frame {
	uint64_t first_index;
	uint32_t rows; /* 1 .. LIMIT_BATCH_ROWS */
	uint32_t sections_count;
	const struct page_part {
		struct str bytes;
		uint32_t crc;
	} *sections;
	size_t filter_offset;
};
/* bytes: the whole page and nothing else. */
MUST_USE enum err page_frame_read(struct str bytes, struct arena *arena,
                                  struct page_frame *out_frame);
/* The section, its checksum checked. */
MUST_USE enum err page_section(const struct page_frame *frame, uint32_t section,
                               struct wire *out_in);

struct page_meta {
	uint64_t incarnation;
	struct batch_source *sources;
	struct page_stream *streams; /* of the sources */
	uint32_t sources_count;
	struct str *formats;
	uint32_t formats_count;
	struct str *names; /* of the columns */
	uint32_t names_count;
	const struct page_layout { /* fields of a row, in the parser's order */
		const uint32_t *columns;
		uint32_t count;
	} *layouts;
	uint32_t layouts_count;
};
MUST_USE enum err page_meta_read(const struct page_frame *frame, struct arena *arena,
                                 struct page_meta *out_meta);

struct page_rows {
	uint8_t *types, *flags, *time_flags, *own_text;
	uint16_t *sources, *formats;
	uint16_t *layouts;
	int64_t *times;
};
MUST_USE enum err page_rows_read(const struct page_frame *frame, const struct page_meta *meta,
                                 struct arena *arena, struct page_rows *out_rows);

struct page_receipt {
	int64_t *received, *monotonic, *numbers, *log_offsets;
};
MUST_USE enum err page_receipt_read(const struct page_frame *frame, const uint32_t *body_lens,
                                    struct arena *arena, struct page_receipt *out_receipt);

struct page_lengths {
	uint32_t *bodies; /* of all rows, containers too */
	uint32_t *texts;  /* of rows with own_text, 0 for others */
};
MUST_USE enum err page_lengths_read(const struct page_frame *frame, const struct page_rows *rows,
                                    struct arena *arena, struct page_lengths *out_lengths);
/* Cuts the bytes of a section (bodies, texts) into rows: lens[row] bytes where kept[row], the empty
 * string elsewhere. */
MUST_USE enum err page_strings_read(const struct page_frame *frame, enum page_section section,
                                    const uint32_t *lens, const uint8_t *kept, struct arena *arena,
                                    struct str *out_strings);

/* Where the values of a column belong. */
struct page_place {
	uint32_t rows, present;
	const uint16_t *present_rows;
};
/* The form of a column (to know whether texts are needed). */
MUST_USE enum err page_column_form(const struct page_frame *frame, uint32_t column,
                                   enum column_form *out_form);
/* texts: of all rows; only used for FORM_SPAN. */
MUST_USE enum err page_column_read(const struct page_frame *frame, uint32_t column,
                                   const struct page_place *place, const struct str *texts,
                                   struct arena *arena, struct column *out_column);

/* ---- views (view.c) ---- */

/* A view of a page, of segment or (NULL) of none yet. bytes are borrowed, names copied or NULL. */
MUST_USE enum err view_new(struct str bytes, const struct segment *segment,
                           const struct view_names *names, struct store_view **out_view,
                           struct diag *diag);

/* Decodes page and compares everything with the batch it was made from (page_check.c). */
MUST_USE enum err page_check(const struct store_page *page, const struct batch *batch,
                             const struct page_plan *plan, struct diag *diag);

/* NULL: a page on its way. */
const struct segment *view_segment(const struct store_view *view);

/* Parts of a view, decoded at need, for page_check.c and for looking at whole pages. */
MUST_USE enum err view_meta(struct store_view *view, const struct page_meta **out_meta);
MUST_USE enum err view_rows(struct store_view *view, const struct page_rows **out_rows);
MUST_USE enum err view_receipt(struct store_view *view, const struct page_receipt **out_receipt);
MUST_USE enum err view_lengths(struct store_view *view, const struct page_lengths **out_lengths);
MUST_USE enum err view_bodies(struct store_view *view, const struct str **out_bodies);
/* A column by its number in the page's meta. */
MUST_USE enum err view_column(struct store_view *view, uint32_t number,
                              const struct column **out_column);
