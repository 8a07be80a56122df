/* Rows of a batch that have the same fields at the same places: a row whose text is cut like that
 * of a row before it (codec/lines.h), of which a format was sure (struct line_pieces), is not
 * parsed again. What is remembered is good for one batch. Private to src/ingest.
 */
#pragma once

#include "codec/lines.h"
#include "ingest/line.h"

/* Of kinds that were not met before it is enough that lines begin alike, where the format says that
 * the rest is one field. Zero-initialise, then likes_begin for each batch. One thread owns it. */
struct likes {
	uint32_t *first; /* of each kind of lines: a number in list + 1, or 0 */
	uint32_t kinds, kinds_cap;
	struct like *list;
	uint32_t count, cap;
	uint32_t *parsed; /* as first: numbers in rows */
	uint32_t parsed_kinds, parsed_cap;
	struct like_row *rows;
	uint32_t rows_count, rows_cap;
	struct lines_place *places; /* of rows */
	uint32_t places_count, places_cap;
	uint32_t *offsets; /* scratch */
	uint32_t offsets_cap;
	struct like_head *heads; /* hash table of beginnings of skeletons */
	uint32_t heads_count, heads_size;
};

void likes_deinit(struct likes *likes);
void likes_begin(struct likes *likes);

/* What must be the same beside the text. */
struct like_terms {
	const struct lines_cut *cut; /* has the row */
	uint32_t row;
	uint16_t source;
	uint32_t format; /* that takes the row, or would be the first to be tried */
};
/* Remembers a row that was parsed whole, if it is fit for that. False: it is not. */
bool likes_keep(struct likes *likes, const struct like_terms *terms, const struct line *line);
/* A row before, cut alike, that has the same fields as this one, which was parsed whole: those of
 * the text at the same places, and the same others. FIELDS_OWN: there is none; then this one is
 * remembered. Whatever the format: nothing is guessed. */
uint32_t likes_same(struct likes *likes, const struct like_terms *terms, const struct batch *batch);
/* The row that this one, of which line has the text, is like; sets its time. FIELDS_OWN: none.
 * *out_head: it only begins like that row (field_row.like_head). */
uint32_t likes_find(struct likes *likes, const struct like_terms *terms, struct line *line,
                    const struct line_format *format, bool *out_head);
