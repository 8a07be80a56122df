/* The inside of a page, private to page*.c, view*.c and segment*.c: sections one behind the other,
 * each compressed and checksummed by itself, so that reading one decodes no other. Whatever comes
 * from disk is checked here, once; what these structs hold is safe to use without asking again.
 *
 * page: header | directory | meta | rows | receipt | lengths
 *
 * Texts, bodies and fields of its rows are in a block (store/block.h). Pages of version 1, which
 * are read but no longer written, have them inside: a filter before meta, and behind lengths
 * bodies, texts and a section for each column. docs/formats/segment.md and segment-1.md have the
 * bytes.
 */
#pragma once

#include "base/arena.h"
#include "codec/compress.h"
#include "event/column.h"
#include "store/segment.h"

enum { PAGE_HEADER_SIZE = 28, PAGE_VERSION_FIRST = 1, PAGE_VERSION = 2 };
#define PAGE_MAGIC ((uint32_t)0x47504b41) /* "AKPG" */

enum page_section {
	SECTION_FILTER,  /* version 1: of all tokens (codec/token.h) of texts and field values */
	SECTION_META,    /* sources, formats; version 1: names and layouts of columns */
	SECTION_ROWS,    /* what every search needs: types, times, ... */
	SECTION_RECEIPT, /* when and where a record came */
	SECTION_LENGTHS, /* of bodies that are not their text; version 1: of all bodies, and of texts */
	/* From here on version 1 alone. */
	SECTION_BODIES,
	SECTION_TEXTS, /* those that are not their body */
	SECTION_COLUMNS,
};

/* Form of a field's column. Values are those of the rows that have the field, in order. */
enum column_form { FORM_CONST, FORM_DICT, FORM_SPAN, FORM_FLAT, FORM_COUNT };

/* True when bytes have the checksum. Always true in fuzzing builds, so that fuzzing gets past. */
bool page_checksum_holds(struct str bytes, uint32_t crc);

/* ---- decoding (page_read.c); results live in arena and borrow from the page's bytes ---- */

struct page_frame {
	uint32_t version;
	uint64_t first_index;
	uint32_t rows; /* 1 .. LIMIT_BATCH_ROWS */
	uint32_t sections_count;
	const struct page_part {
		struct str bytes;
		uint32_t crc;
	} *sections;
	size_t sections_offset; /* where the first one begins */
};
/* bytes: the whole page and nothing else. */
MUST_USE enum err page_frame_read(struct str bytes, struct arena *arena,
                                  struct page_frame *out_frame);
/* The section, its checksum checked; one that pages of the frame's version have. */
MUST_USE enum err page_section(const struct page_frame *frame, uint32_t section,
                               struct wire *out_in);
/* Compares all sections with their checksums. */
MUST_USE enum err page_sections_check(const struct page_frame *frame);

struct page_meta {
	uint64_t incarnation;
	struct batch_source *sources;
	struct page_stream *streams; /* of the sources */
	uint32_t sources_count;
	struct str *formats;
	uint32_t formats_count;
	struct str *names; /* of the columns; version 1, as is all that follows */
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
	uint8_t *types, *flags, *time_flags;
	uint8_t *own_text; /* the text is not the body, or the body is in an object */
	uint16_t *sources, *formats;
	uint16_t *layouts; /* NULL but in version 1 */
	int64_t *times;
};
MUST_USE enum err page_rows_read(const struct page_frame *frame, const struct page_meta *meta,
                                 struct arena *arena, struct page_rows *out_rows);

struct page_receipt {
	int64_t *received, *monotonic, *numbers, *log_offsets;
};
/* body_lens: of all rows; NULL: log_offsets are left as what differs from the expected offset. */
MUST_USE enum err page_receipt_read(const struct page_frame *frame, const uint32_t *body_lens,
                                    struct arena *arena, struct page_receipt *out_receipt);

enum { PAGE_GROUP = 64 };
struct page_lengths {
	uint32_t *bodies; /* version 1: of all rows, containers too; else of those with own_text */
	uint32_t *texts;  /* version 1: of rows with own_text, 0 for others; else NULL */
	int64_t *groups;  /* version 2: of all bodies of rows [0, PAGE_GROUP), ... together */
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

/* ---- checking (page_check.c) ---- */

/* Decodes a page and compares everything in it with the batch it was made from. */
MUST_USE enum err page_check(const struct store_page *page, const struct batch *batch,
                             const struct page_plan *plan, struct diag *diag);
