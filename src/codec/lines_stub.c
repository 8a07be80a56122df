/* Lines without shapes: every row is whole. A stand-in until the real one is merged. */
#include "codec/lines.h"

#include <stdlib.h>

#include "codec/texts.h"

struct lines_cut {
	struct buf texts; /* struct str */
};

static const struct str *texts_of(const struct lines_cut *cut) {
	return (const struct str *)(void *)cut->texts.ptr;
}

struct lines_cut *lines_cut_new(void) {
	struct lines_cut *cut = calloc(1, sizeof(*cut));
	ASSERT(cut != NULL);
	return cut;
}

void lines_cut_free(struct lines_cut *cut) {
	if (cut != NULL) {
		buf_deinit(&cut->texts);
		free(cut);
	}
}

void lines_cut_add(struct lines_cut *cut, struct str text) {
	buf_append(&cut->texts, &text, sizeof(text));
}

uint32_t lines_cut_rows(const struct lines_cut *cut) {
	return (uint32_t)(cut->texts.len / sizeof(struct str));
}

struct str lines_cut_text(const struct lines_cut *cut, uint32_t row) {
	return texts_of(cut)[row];
}

uint32_t lines_cut_kind(const struct lines_cut *cut, uint32_t row) {
	(void)cut;
	(void)row;
	return 0;
}

uint32_t lines_cut_kinds(const struct lines_cut *cut) {
	(void)cut;
	return 1;
}

struct lines_place lines_cut_place(const struct lines_cut *cut, uint32_t row, uint32_t offset) {
	if (offset == 0) {
		return (struct lines_place){.where = LINES_LITERAL};
	}
	return offset == texts_of(cut)[row].len
	           ? (struct lines_place){.where = LINES_LITERAL, .slot = 1}
	           : (struct lines_place){.where = LINES_INSIDE, .at = offset};
}

size_t lines_cut_bytes(const struct lines_cut *cut) {
	return cut->texts.cap;
}

struct lines_draft {
	struct buf cuts; /* struct lines_cut * */
	uint32_t rows;
	uint32_t *shapes;
};

struct lines_draft *lines_draft_new(void) {
	struct lines_draft *draft = calloc(1, sizeof(*draft));
	ASSERT(draft != NULL);
	return draft;
}

static struct lines_cut *const *cuts_of(const struct lines_draft *draft) {
	return (struct lines_cut *const *)(void *)draft->cuts.ptr;
}

static size_t cuts_count(const struct lines_draft *draft) {
	return draft->cuts.len / sizeof(struct lines_cut *);
}

void lines_draft_free(struct lines_draft *draft) {
	if (draft != NULL) {
		for (size_t i = 0; i < cuts_count(draft); i++) {
			lines_cut_free(cuts_of(draft)[i]);
		}
		buf_deinit(&draft->cuts);
		free(draft->shapes);
		free(draft);
	}
}

void lines_draft_add(struct lines_draft *draft, struct lines_cut *cut, const int64_t *times) {
	(void)times;
	draft->rows += lines_cut_rows(cut);
	buf_append(&draft->cuts, &cut, sizeof(cut));
}

uint32_t lines_draft_rows(const struct lines_draft *draft) {
	return draft->rows;
}

void lines_draft_mine(struct lines_draft *draft) {
	draft->shapes = calloc((size_t)draft->rows + 1, sizeof(*draft->shapes));
	ASSERT(draft->shapes != NULL);
}

uint32_t lines_draft_shapes(const struct lines_draft *draft) {
	(void)draft;
	return 1;
}

const uint32_t *lines_draft_shape_of(const struct lines_draft *draft) {
	return draft->shapes;
}

uint32_t lines_draft_kind_shape(const struct lines_draft *draft, uint32_t cut, uint32_t kind) {
	(void)draft;
	(void)cut;
	(void)kind;
	return 0;
}

struct lines_place lines_draft_place(const struct lines_draft *draft, uint32_t cut, uint32_t kind,
                                     struct lines_place place) {
	(void)draft;
	(void)cut;
	(void)kind;
	return place;
}

void lines_draft_put(struct lines_draft *draft, struct buf parts[LINES_PARTS], uint32_t threads) {
	(void)threads;
	struct texts_writer *writer = texts_writer_new();
	for (size_t i = 0; i < cuts_count(draft); i++) {
		const struct lines_cut *cut = cuts_of(draft)[i];
		for (uint32_t row = 0; row < lines_cut_rows(cut); row++) {
			texts_writer_add(writer, lines_cut_text(cut, row));
		}
	}
	texts_writer_put(writer, &parts[LINES_WHOLE]);
	texts_writer_free(writer);
}

struct lines {
	struct texts *texts;
};

enum err lines_open(const struct str parts[LINES_PARTS], uint32_t rows, struct lines **out_lines) {
	struct wire in = wire_from(parts[LINES_WHOLE]);
	struct texts *texts;
	TRY(texts_open(&in, &texts));
	if (!wire_done(&in) || texts_count(texts) != rows) {
		texts_free(texts);
		return ERR_CORRUPT;
	}
	struct lines *lines = calloc(1, sizeof(*lines));
	ASSERT(lines != NULL);
	lines->texts = texts;
	*out_lines = lines;
	return ERR_OK;
}

void lines_free(struct lines *lines) {
	if (lines != NULL) {
		texts_free(lines->texts);
		free(lines);
	}
}

uint32_t lines_shapes(const struct lines *lines) {
	(void)lines;
	return 1;
}

uint32_t lines_shape_rows(const struct lines *lines, uint32_t shape) {
	ASSERT(shape == 0);
	return (uint32_t)texts_count(lines->texts);
}

uint32_t lines_shape_slots(const struct lines *lines, uint32_t shape) {
	(void)lines;
	(void)shape;
	return 1;
}

struct str lines_shape_literal(const struct lines *lines, uint32_t shape) {
	(void)lines;
	(void)shape;
	return STR("");
}

enum err lines_order(struct lines *lines, uint32_t first, uint32_t count, uint32_t *out_shapes,
                     uint32_t *out_ranks) {
	ASSERT(first <= texts_count(lines->texts) && count <= texts_count(lines->texts) - first);
	for (uint32_t i = 0; i < count; i++) {
		out_shapes[i] = 0;
		out_ranks[i] = first + i;
	}
	return ERR_OK;
}

void lines_rows_deinit(struct lines_rows *rows) {
	free(rows->shapes);
	free(rows->ranks);
	free(rows->starts);
	free(rows->slot_first);
	free(rows->slots);
	buf_deinit(&rows->bytes);
	*rows = (struct lines_rows){0};
}

static void make_room(struct lines_rows *rows, uint32_t count) {
	rows->count = count;
	rows->shapes = reallocarray(rows->shapes, (size_t)count + 1, sizeof(*rows->shapes));
	rows->ranks = reallocarray(rows->ranks, (size_t)count + 1, sizeof(*rows->ranks));
	rows->starts = reallocarray(rows->starts, (size_t)count + 1, sizeof(*rows->starts));
	rows->slot_first = reallocarray(rows->slot_first, (size_t)count + 1, sizeof(*rows->slot_first));
	rows->slots = reallocarray(rows->slots, (size_t)count + 1, sizeof(*rows->slots));
	ASSERT(rows->shapes != NULL && rows->ranks != NULL && rows->starts != NULL &&
	       rows->slot_first != NULL && rows->slots != NULL);
}

enum err lines_join(struct lines *lines, uint32_t first, uint32_t count, const int64_t *times,
                    size_t bytes_max, struct lines_rows *rows) {
	(void)times;
	size_t total = 0;
	ASSERT(first <= texts_count(lines->texts) && count <= texts_count(lines->texts) - first);
	for (uint32_t i = 0; i < count; i++) {
		total += texts_len(lines->texts, first + i);
	}
	if (total > bytes_max) {
		return ERR_LIMIT;
	}
	make_room(rows, count);
	buf_clear(&rows->bytes);
	TRY(lines_order(lines, first, count, rows->shapes, rows->ranks));
	uint32_t *lens = malloc(((size_t)count + 1) * sizeof(*lens));
	ASSERT(lens != NULL);
	enum err err = texts_get_many(lines->texts, first, count, &rows->bytes, lens);
	rows->starts[0] = 0;
	for (uint32_t i = 0; err == ERR_OK && i < count; i++) {
		rows->starts[i + 1] = rows->starts[i] + lens[i];
		rows->slot_first[i] = i;
		rows->slots[i] = (struct lines_span){0, lens[i]};
	}
	rows->slot_first[count] = count;
	free(lens);
	return err;
}

enum err lines_rows_offset(const struct lines_rows *rows, uint32_t i, struct lines_place place,
                           uint32_t *out_offset) {
	uint32_t len = rows->starts[i + 1] - rows->starts[i];
	bool inside = place.where == LINES_INSIDE;
	if (place.where > LINES_INSIDE || place.slot > (inside ? 0 : 1) || place.at > len ||
	    (!inside && place.at > 0)) {
		return ERR_CORRUPT;
	}
	*out_offset = inside ? place.at : place.slot == 1 ? len : 0;
	return ERR_OK;
}

size_t lines_bytes(const struct lines *lines) {
	return sizeof(*lines) + texts_count(lines->texts) * 4;
}

uint32_t lines_draft_offset(const struct lines_draft *draft, uint32_t cut, uint32_t row,
                            struct lines_place place) {
	(void)draft;
	(void)cut;
	(void)row;
	return place.at;
}
