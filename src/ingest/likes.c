/* For each kind of lines a short chain of rows; places of pieces instead of their offsets. */
#include "ingest/likes.h"

#include "codec/skeleton.h"

enum { LIKES_OF_KIND = 8 };

struct like {
	uint32_t row;
	uint32_t next; /* as struct likes.first */
	uint32_t format;
	uint16_t source;
	uint32_t seen_count;
	struct like_seen {
		struct lines_place from, to;
		uint32_t about;
	} seen[LINE_PIECES_MAX];
};

static void *grow(void *array, uint32_t *cap, uint32_t need, size_t size) {
	if (need <= *cap) {
		return array;
	}
	*cap = MAX_OF(need, *cap * 2 + 64);
	void *bigger = reallocarray(array, *cap, size);
	ASSERT(bigger != NULL);
	return bigger;
}

void likes_deinit(struct likes *likes) {
	free(likes->first);
	free(likes->list);
	*likes = (struct likes){0};
}

void likes_begin(struct likes *likes) {
	likes->kinds = 0;
	likes->count = 0;
}

static uint32_t *first_of(struct likes *likes, uint32_t kind) {
	likes->first = grow(likes->first, &likes->kinds_cap, kind + 1, sizeof(*likes->first));
	while (likes->kinds <= kind) {
		likes->first[likes->kinds++] = 0;
	}
	return &likes->first[kind];
}

/* ---- remembering ---- */

/* Both ends of a part of the row's text; false: one lies inside a value. */
static bool place_part(const struct like_terms *terms, uint32_t offset, uint32_t len,
                       struct like_seen *out_seen) {
	out_seen->from = lines_cut_place(terms->cut, terms->row, offset);
	out_seen->to = lines_cut_place(terms->cut, terms->row, offset + len);
	return out_seen->from.where == LINES_LITERAL && out_seen->to.where == LINES_LITERAL;
}

/* Whether a piece is as it must be. */
static bool piece_holds(const struct like_terms *terms, const struct line_piece *piece,
                        const struct like_seen *seen) {
	switch (piece->must) {
	case LINE_LITERAL:
		return seen->from.slot == seen->to.slot;
	case LINE_INT:
		return seen->from.slot + 1 == seen->to.slot && seen->from.at == seen->to.at &&
		       lines_cut_code(terms->cut, terms->row, seen->from.slot) == SLOT_INT;
	case LINE_SEEN:
	default:
		return true;
	}
}

static bool place_pieces(struct like *like, const struct like_terms *terms,
                         const struct line *line) {
	const struct line_pieces *pieces = line->pieces;
	for (uint32_t i = 0; i < pieces->count; i++) {
		const struct line_piece *piece = &pieces->list[i];
		struct like_seen *seen = &like->seen[like->seen_count];
		uint32_t offset = (uint32_t)(piece->text.ptr - line->text.ptr);
		if (!place_part(terms, offset, (uint32_t)piece->text.len, seen) ||
		    !piece_holds(terms, piece, seen)) {
			return false;
		}
		seen->about = piece->about;
		like->seen_count += piece->must == LINE_SEEN;
	}
	return true;
}

/* Whether every value lies where all lines of the kind have it, or is not in the text. */
static bool are_placed(const struct batch *batch, const struct like_terms *terms) {
	const struct field_row *parsed = &batch->fields.rows[terms->row];
	struct like_seen seen;
	for (uint32_t i = 0; i < parsed->count; i++) {
		const struct field_entry *entry = &batch->fields.entries[parsed->first + i];
		if (entry->place == FIELD_IN_TEXT && !place_part(terms, entry->offset, entry->len, &seen)) {
			return false;
		}
	}
	const struct buf *arrays = &batch->fields.arrays;
	const struct field_array *notes = (const struct field_array *)(const void *)arrays->ptr;
	for (size_t i = arrays->len / sizeof(*notes); i > 0 && notes[i - 1].entry >= parsed->first;
	     i--) {
		if (!place_part(terms, notes[i - 1].offset, notes[i - 1].len, &seen)) {
			return false;
		}
	}
	return true;
}

static uint32_t chain_len(const struct likes *likes, uint32_t first) {
	uint32_t len = 0;
	for (uint32_t at = first; at != 0; at = likes->list[at - 1].next) {
		len++;
	}
	return len;
}

void likes_keep(struct likes *likes, const struct like_terms *terms, const struct line *line) {
	const struct line_pieces *pieces = line->pieces;
	const struct field_row *parsed = &line->batch->fields.rows[terms->row];
	uint32_t kind = lines_cut_kind(terms->cut, terms->row);
	if (kind == 0 || !pieces->sure || pieces->count > LINE_PIECES_MAX ||
	    (parsed->time_flags & FIELDS_LEFT_OUT) != 0 ||
	    lines_cut_has_empty(terms->cut, terms->row) || !are_placed(line->batch, terms)) {
		return;
	}
	uint32_t *first = first_of(likes, kind);
	struct like like = {
	    .row = terms->row, .next = *first, .format = terms->format, .source = terms->source};
	if (chain_len(likes, *first) == LIKES_OF_KIND || !place_pieces(&like, terms, line)) {
		return;
	}
	likes->list = grow(likes->list, &likes->cap, likes->count + 1, sizeof(like));
	likes->list[likes->count++] = like;
	*first = likes->count;
}

/* ---- finding ---- */

static bool is_like(const struct like *like, const struct like_terms *terms, struct line *line,
                    const struct line_format *format) {
	struct line_piece pieces[LINE_PIECES_MAX];
	if (like->format != terms->format || like->source != terms->source) {
		return false;
	}
	for (uint32_t i = 0; i < like->seen_count; i++) {
		const struct like_seen *seen = &like->seen[i];
		uint32_t from = lines_cut_offset(terms->cut, terms->row, seen->from);
		uint32_t to = lines_cut_offset(terms->cut, terms->row, seen->to);
		pieces[i] = (struct line_piece){.text = str_make(line->text.ptr + from, to - from),
		                                .about = seen->about};
	}
	return format->take_like(line, pieces, like->seen_count);
}

uint32_t likes_find(const struct likes *likes, const struct like_terms *terms, struct line *line,
                    const struct line_format *format) {
	uint32_t kind = lines_cut_kind(terms->cut, terms->row);
	uint32_t at =
	    kind != 0 && kind < likes->kinds && format->take_like != NULL ? likes->first[kind] : 0;
	for (; at != 0; at = likes->list[at - 1].next) {
		if (is_like(&likes->list[at - 1], terms, line, format)) {
			return likes->list[at - 1].row;
		}
	}
	return FIELDS_OWN;
}
