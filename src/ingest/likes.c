/* For each kind of lines a short chain of rows; places of pieces instead of their offsets. */
#include "ingest/likes.h"

#include "base/hash.h"
#include "codec/skeleton.h"

enum { LIKES_OF_KIND = 8, HEADS_FIRST = 256, HEADS_MAX = 1 << 14 };

/* Beginnings of skeletons end where ": " stands first: there most messages begin. */
struct like_head {
	uint64_t hash; /* of the beginning */
	uint32_t kind; /* one that has it */
	uint32_t len;  /* 0: the cell is empty */
	uint32_t first;
};

struct like {
	uint32_t row;
	uint32_t next; /* as struct likes.first */
	uint32_t format;
	uint16_t source;
	uint32_t seen_count;
	struct like_seen { /* both ends of a piece */
		struct lines_place from, to;
	} seen[LINE_PIECES_MAX];
	uint32_t about[LINE_PIECES_MAX];
};
_Static_assert(sizeof(struct like_seen) == 2 * sizeof(struct lines_place), "one array of places");

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
	free(likes->heads);
	free(likes->parsed);
	free(likes->rows);
	free(likes->places);
	free(likes->offsets);
	*likes = (struct likes){0};
}

void likes_begin(struct likes *likes) {
	likes->kinds = 0;
	likes->count = 0;
	likes->heads_count = 0;
	likes->parsed_kinds = 0;
	likes->rows_count = 0;
	likes->places_count = 0;
	if (likes->heads_size > 0) {
		memset(likes->heads, 0, likes->heads_size * sizeof(*likes->heads));
	}
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
		like->about[like->seen_count] = piece->about;
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

/* ---- beginnings ---- */

/* The beginning of a skeleton; empty: it has none. */
static struct str head_of(struct str skeleton) {
	for (size_t at = 0; at + 1 < skeleton.len; at++) {
		if (skeleton.ptr[at] == ':' && skeleton.ptr[at + 1] == ' ') {
			return str_slice(skeleton, 0, at + 2);
		}
	}
	return STR("");
}

/* The cell of a beginning, or the empty one where it belongs. */
static struct like_head *find_head(const struct likes *likes, const struct lines_cut *cut,
                                   struct str head, uint64_t hash) {
	uint32_t mask = likes->heads_size - 1;
	struct like_head *cell = &likes->heads[hash & mask];
	while (cell->len != 0) {
		struct str skeleton = lines_cut_kind_skeleton(cut, cell->kind);
		if (cell->hash == hash && str_eq(str_slice(skeleton, 0, cell->len), head)) {
			break;
		}
		cell = &likes->heads[(uint32_t)(cell + 1 - likes->heads) & mask];
	}
	return cell;
}

static void grow_heads(struct likes *likes) {
	struct like_head *old = likes->heads;
	uint32_t old_size = likes->heads_size;
	likes->heads_size = old_size == 0 ? HEADS_FIRST : old_size * 4;
	likes->heads = calloc(likes->heads_size, sizeof(*likes->heads));
	ASSERT(likes->heads != NULL);
	for (uint32_t i = 0; i < old_size; i++) {
		uint32_t at = (uint32_t)old[i].hash & (likes->heads_size - 1);
		while (old[i].len != 0 && likes->heads[at].len != 0) {
			at = (at + 1) & (likes->heads_size - 1);
		}
		if (old[i].len != 0) {
			likes->heads[at] = old[i];
		}
	}
	free(old);
}

static uint32_t chain_len(const struct likes *likes, uint32_t first) {
	uint32_t len = 0;
	for (uint32_t at = first; at != 0; at = likes->list[at - 1].next) {
		len++;
	}
	return len;
}

/* Puts the like before those of *first. */
static void add_like(struct likes *likes, struct like like, uint32_t *first) {
	if (chain_len(likes, *first) < LIKES_OF_KIND) {
		like.next = *first;
		likes->list = grow(likes->list, &likes->cap, likes->count + 1, sizeof(like));
		likes->list[likes->count++] = like;
		*first = likes->count;
	}
}

/* Whether the last value of the row is all that follows head, and the others lie before it. */
static bool is_rest(const struct batch *batch, uint32_t row, uint32_t head, size_t text_len) {
	const struct field_row *parsed = &batch->fields.rows[row];
	const struct field_entry *entries = &batch->fields.entries[parsed->first];
	for (uint32_t i = 0; i + 1 < parsed->count; i++) {
		if (entries[i].place == FIELD_IN_TEXT && entries[i].offset + entries[i].len > head) {
			return false;
		}
	}
	const struct field_entry *last = &entries[parsed->count - 1];
	return parsed->count > 0 && last->place == FIELD_IN_TEXT && last->offset == head &&
	       last->offset + last->len == text_len;
}

static void keep_head(struct likes *likes, const struct like *like, const struct like_terms *terms,
                      const struct line *line) {
	uint32_t kind = lines_cut_kind(terms->cut, terms->row);
	struct str head = head_of(lines_cut_kind_skeleton(terms->cut, kind));
	uint32_t end = (uint32_t)line->pieces->head;
	struct lines_place place = lines_cut_place(terms->cut, terms->row, end);
	if (end == 0 || head.len != place.at + 2 * (size_t)place.slot ||
	    likes->heads_count == HEADS_MAX || !is_rest(line->batch, terms->row, end, line->text.len)) {
		return;
	}
	if (likes->heads_count * 2 >= likes->heads_size) {
		grow_heads(likes);
	}
	uint64_t hash = hash64(head.ptr, head.len);
	struct like_head *cell = find_head(likes, terms->cut, head, hash);
	if (cell->len == 0) {
		*cell = (struct like_head){.hash = hash, .kind = kind, .len = (uint32_t)head.len};
		likes->heads_count++;
	}
	add_like(likes, *like, &cell->first);
}

bool likes_keep(struct likes *likes, const struct like_terms *terms, const struct line *line) {
	const struct line_pieces *pieces = line->pieces;
	const struct field_row *parsed = &line->batch->fields.rows[terms->row];
	uint32_t kind = lines_cut_kind(terms->cut, terms->row);
	if (kind == 0 || !pieces->sure || pieces->count > LINE_PIECES_MAX ||
	    (parsed->time_flags & FIELDS_LEFT_OUT) != 0 ||
	    lines_cut_has_empty(terms->cut, terms->row) || !are_placed(line->batch, terms)) {
		return false;
	}
	struct like like = {.row = terms->row, .format = terms->format, .source = terms->source};
	if (!place_pieces(&like, terms, line)) {
		return false;
	}
	add_like(likes, like, first_of(likes, kind));
	keep_head(likes, &like, terms, line);
	return true;
}

/* ---- finding ---- */

static bool is_like(const struct like *like, const struct like_terms *terms, struct line *line,
                    const struct line_format *format) {
	struct line_piece pieces[LINE_PIECES_MAX];
	uint32_t offsets[2 * LINE_PIECES_MAX];
	if (like->format != terms->format || like->source != terms->source) {
		return false;
	}
	lines_cut_offsets(terms->cut, terms->row, &like->seen->from, 2 * like->seen_count, offsets);
	for (uint32_t i = 0; i < like->seen_count; i++) {
		const uint32_t *ends = &offsets[(size_t)i * 2];
		pieces[i].text = str_make(line->text.ptr + ends[0], ends[1] - ends[0]);
		pieces[i].about = like->about[i];
	}
	return format->take_like(line, pieces, like->seen_count);
}

/* The first of a chain that the row is like, which then is the chain's first; NULL: none. */
static const struct like *find_in(struct likes *likes, uint32_t *first,
                                  const struct like_terms *terms, struct line *line,
                                  const struct line_format *format) {
	for (uint32_t *at = first; *at != 0; at = &likes->list[*at - 1].next) {
		uint32_t number = *at;
		struct like *like = &likes->list[number - 1];
		if (is_like(like, terms, line, format)) {
			*at = like->next;
			like->next = *first;
			*first = number;
			return like;
		}
	}
	return NULL;
}

/* A row that this one begins like; further rows of its kind are then like this one. */
static uint32_t find_by_head(struct likes *likes, const struct like_terms *terms, uint32_t kind,
                             struct line *line, const struct line_format *format) {
	struct str head =
	    likes->heads_count == 0 ? STR("") : head_of(lines_cut_kind_skeleton(terms->cut, kind));
	if (head.len == 0) {
		return FIELDS_OWN;
	}
	struct like_head *cell = find_head(likes, terms->cut, head, hash64(head.ptr, head.len));
	const struct like *found = find_in(likes, &cell->first, terms, line, format);
	if (found == NULL) {
		return FIELDS_OWN;
	}
	struct like like = *found;
	uint32_t row = like.row;
	like.row = terms->row;
	add_like(likes, like, first_of(likes, kind));
	return row;
}

uint32_t likes_find(struct likes *likes, const struct like_terms *terms, struct line *line,
                    const struct line_format *format, bool *out_head) {
	uint32_t kind = lines_cut_kind(terms->cut, terms->row);
	*out_head = false;
	if (kind == 0 || format->take_like == NULL) {
		return FIELDS_OWN;
	}
	const struct like *found =
	    kind < likes->kinds ? find_in(likes, &likes->first[kind], terms, line, format) : NULL;
	if (found != NULL) {
		return found->row;
	}
	*out_head = true;
	return find_by_head(likes, terms, kind, line, format);
}

/* ---- rows that were parsed ---- */

enum { ROWS_OF_KIND = 8, SAME_FIELDS_MAX = 256 };

struct like_row {
	uint32_t row;
	uint32_t next;   /* in likes->rows, + 1 */
	uint32_t places; /* both ends of each value, in likes->places */
};

static uint32_t *parsed_of(struct likes *likes, uint32_t kind) {
	likes->parsed = grow(likes->parsed, &likes->parsed_cap, kind + 1, sizeof(*likes->parsed));
	while (likes->parsed_kinds <= kind) {
		likes->parsed[likes->parsed_kinds++] = 0;
	}
	return &likes->parsed[kind];
}

/* Lists of which the array is known have places of their own: such rows are left alone. */
static bool has_arrays(const struct batch *batch, const struct field_row *parsed) {
	const struct buf *arrays = &batch->fields.arrays;
	const struct field_array *notes = (const struct field_array *)(const void *)arrays->ptr;
	size_t count = arrays->len / sizeof(*notes);
	return count > 0 && notes[count - 1].entry >= parsed->first;
}

static bool same_in_block(const struct batch *batch, const struct field_entry *a,
                          const struct field_entry *b) {
	const char *bytes = batch->fields.bytes.ptr;
	return a->len == b->len && (a->offset == b->offset || a->len == 0 ||
	                            memcmp(bytes + a->offset, bytes + b->offset, a->len) == 0);
}

/* Names, kinds and values that are not in the text. */
static bool are_same(const struct batch *batch, const struct field_row *a,
                     const struct field_row *b) {
	if (a->count != b->count || a->format != b->format) {
		return false;
	}
	for (uint32_t i = 0; i < a->count; i++) {
		const struct field_entry *one = &batch->fields.entries[a->first + i];
		const struct field_entry *other = &batch->fields.entries[b->first + i];
		if (one->name != other->name || one->kind != other->kind || one->place != other->place ||
		    (one->place != FIELD_IN_TEXT && !same_in_block(batch, one, other))) {
			return false;
		}
	}
	return true;
}

/* Values that are in the text, by the places that those of the other row have. */
static bool lie_alike(struct likes *likes, const struct like_terms *terms,
                      const struct batch *batch, const struct like_row *other) {
	const struct field_row *parsed = &batch->fields.rows[terms->row];
	likes->offsets =
	    grow(likes->offsets, &likes->offsets_cap, 2 * parsed->count + 1, sizeof(*likes->offsets));
	lines_cut_offsets(terms->cut, terms->row, likes->places + other->places, 2 * parsed->count,
	                  likes->offsets);
	for (uint32_t i = 0; i < parsed->count; i++) {
		const struct field_entry *entry = &batch->fields.entries[parsed->first + i];
		if (entry->place == FIELD_IN_TEXT &&
		    (likes->offsets[2 * i] != entry->offset ||
		     likes->offsets[2 * i + 1] != entry->offset + entry->len)) {
			return false;
		}
	}
	return true;
}

/* Places of all values; what is not in the text has that of the text's beginning. */
static bool keep_places(struct likes *likes, const struct like_terms *terms,
                        const struct batch *batch) {
	const struct field_row *parsed = &batch->fields.rows[terms->row];
	uint32_t first = likes->places_count;
	likes->places = grow(likes->places, &likes->places_cap, first + 2 * parsed->count + 1,
	                     sizeof(*likes->places));
	for (uint32_t i = 0; i < parsed->count; i++) {
		const struct field_entry *entry = &batch->fields.entries[parsed->first + i];
		bool in_text = entry->place == FIELD_IN_TEXT;
		struct like_seen seen;
		if (!place_part(terms, in_text ? entry->offset : 0, in_text ? entry->len : 0, &seen)) {
			return false;
		}
		likes->places[first + 2 * (size_t)i] = seen.from;
		likes->places[first + 2 * (size_t)i + 1] = seen.to;
	}
	likes->places_count = first + 2 * parsed->count;
	return true;
}

uint32_t likes_same(struct likes *likes, const struct like_terms *terms,
                    const struct batch *batch) {
	const struct field_row *parsed = &batch->fields.rows[terms->row];
	uint32_t kind = lines_cut_kind(terms->cut, terms->row);
	if (kind == 0 || parsed->count == 0 || parsed->count > SAME_FIELDS_MAX ||
	    (parsed->time_flags & FIELDS_LEFT_OUT) != 0 || has_arrays(batch, parsed) ||
	    lines_cut_has_empty(terms->cut, terms->row)) {
		return FIELDS_OWN;
	}
	uint32_t *first = parsed_of(likes, kind);
	uint32_t chain = 0;
	for (uint32_t at = *first; at != 0; at = likes->rows[at - 1].next, chain++) {
		const struct like_row *other = &likes->rows[at - 1];
		if (are_same(batch, parsed, &batch->fields.rows[other->row]) &&
		    lie_alike(likes, terms, batch, other)) {
			return other->row;
		}
	}
	uint32_t places = likes->places_count;
	if (chain < ROWS_OF_KIND && keep_places(likes, terms, batch)) {
		likes->rows =
		    grow(likes->rows, &likes->rows_cap, likes->rows_count + 1, sizeof(*likes->rows));
		likes->rows[likes->rows_count++] =
		    (struct like_row){.row = terms->row, .next = *first, .places = places};
		*first = likes->rows_count;
	}
	return FIELDS_OWN;
}
