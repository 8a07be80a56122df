/* Tests of fields over a block: a layout says where a field's value comes from. What the layout or
 * the literals of a shape have answers for all their rows; a value that is one slot is asked in its
 * column; for others the text is searched for what the value must have.
 */
#include "store/block_find_field.h"

#include "base/bits.h"
#include "codec/lines_ask.h"
#include "store/list_text.h"

enum verdict {
	VERDICT_NO,
	VERDICT_YES,
	VERDICT_RANKS, /* of those in ranks surely, of others not */
	VERDICT_TEXT,  /* if at all where the text has the pieces of the test */
	VERDICT_OPEN,  /* of any row */
	VERDICT_LATER, /* only the column would tell */
};

struct question {
	struct block_finder *finder;
	const struct expr *expr;
	struct expr_run *run;
	uint32_t name;
	bool *yes, *text, *open; /* of shapes: all rows */
	bool split;              /* rows of some shape differ, or are not known */
	bool defer;              /* columns are not asked yet: */
	struct buf later;        /* shapes of which they have to be (uint32_t) */
	uint64_t *in_text;       /* rows of single layouts that are VERDICT_TEXT; NULL: none */
	uint64_t *maybe, *sure;
	struct buf ranks, rows;
	/* the value that is being asked */
	uint8_t kind;
	bool array; /* a list that stands in the text (list_text.h) */
	struct buf list;
	struct str before, behind; /* literal text around the slot */
	struct buf value;
	struct lines_asker *askers[VALUE_KIND_COUNT]; /* for values that are a slot and nothing else */
	bool gave_up;                                 /* a regular expression: the row will say so */
};

/* ---- one layout of one shape ---- */

static bool match_value(struct question *q, struct str text) {
	bool match = false;
	if (q->array && !list_text_read(text, &q->list)) {
		q->gave_up = true;
		return true;
	}
	struct value value = {(enum value_kind)q->kind, q->array ? buf_str(&q->list) : text};
	if (expr_run_match(q->run, value, &match) != ERR_OK) {
		q->gave_up = true;
		return true;
	}
	return match;
}

static bool match_slot(void *ctx, struct str slot) {
	struct question *q = ctx;
	if (q->before.len == 0 && q->behind.len == 0) {
		return match_value(q, slot);
	}
	buf_clear(&q->value);
	buf_append_str(&q->value, q->before);
	buf_append_str(&q->value, slot);
	buf_append_str(&q->value, q->behind);
	return match_value(q, buf_str(&q->value));
}

/* A value that is one slot with literal text around it. What words answer is kept where there is no
 * such text. */
static enum err ask_slot(struct question *q, uint32_t shape, const struct layout_item *item,
                         enum verdict *out_verdict) {
	struct lines *lines = q->finder->lines;
	struct str literal = lines_shape_literal(lines, shape);
	uint32_t middle = lines_shape_before(lines, shape, item->from.slot);
	enum lines_answer answer;
	if (middle < item->from.at || item->to.at < middle || item->to.at > literal.len) {
		*out_verdict = VERDICT_OPEN;
		return ERR_OK;
	}
	if (q->defer) {
		bool same;
		TRY(lines_slot_same(lines, shape, item->from.slot, &same));
		if (!same) {
			*out_verdict = VERDICT_LATER;
			return ERR_OK;
		}
	}
	const struct block_few *rows = q->finder->few;
	struct lines_few few = {0};
	if (rows != NULL) {
		few.ranks = rows->ranks + rows->starts[shape];
		few.count = rows->starts[shape + 1] - rows->starts[shape];
	}
	q->before = str_slice(literal, item->from.at, middle);
	q->behind = str_slice(literal, middle, item->to.at);
	q->gave_up = false;
	buf_clear(&q->ranks);
	if (q->before.len == 0 && q->behind.len == 0 && !q->array) {
		if (q->askers[q->kind] == NULL) {
			q->askers[q->kind] = lines_asker_new(lines, match_slot, q);
		}
		TRY(lines_ask(q->askers[q->kind], shape, item->from.slot, rows == NULL ? NULL : &few,
		              &q->ranks, &answer));
	} else {
		struct lines_asker *asker = lines_asker_new(lines, match_slot, q);
		enum err err = lines_ask(asker, shape, item->from.slot, rows == NULL ? NULL : &few,
		                         &q->ranks, &answer);
		lines_asker_free(asker);
		TRY(err);
	}
	static const enum verdict verdicts[] = {[LINES_NONE] = VERDICT_NO,
	                                        [LINES_SOME] = VERDICT_RANKS,
	                                        [LINES_ALL] = VERDICT_YES,
	                                        [LINES_OPEN] = VERDICT_OPEN};
	*out_verdict = q->gave_up                                  ? VERDICT_OPEN
	               : answer == LINES_SOME && q->ranks.len == 0 ? VERDICT_NO
	                                                           : verdicts[answer];
	return ERR_OK;
}

static enum err ask_placed(struct question *q, uint32_t shape, const struct layout_item *item,
                           enum verdict *out_verdict) {
	TRY(lines_shape_read(q->finder->lines, shape));
	struct str literal = lines_shape_literal(q->finder->lines, shape);
	bool plain = item->from.where == LINES_LITERAL && item->to.where == LINES_LITERAL;
	*out_verdict = VERDICT_TEXT;
	if (!plain || shape == LINES_SHAPE_WHOLE || item->from.at > item->to.at ||
	    item->to.at > literal.len || item->to.slot > lines_shape_slots(q->finder->lines, shape)) {
		return ERR_OK;
	}
	if (item->from.slot == item->to.slot) {
		q->gave_up = false;
		bool match = match_value(q, str_slice(literal, item->from.at, item->to.at));
		*out_verdict = q->gave_up ? VERDICT_OPEN : match ? VERDICT_YES : VERDICT_NO;
		return ERR_OK;
	}
	return item->to.slot == item->from.slot + 1 ? ask_slot(q, shape, item, out_verdict) : ERR_OK;
}

static enum err ask_layout(struct question *q, uint32_t shape, uint32_t number,
                           enum verdict *out_verdict) {
	struct layout_item item;
	uint32_t index;
	TRY(layouts_item(q->finder->layouts, number, q->name, &item, &index));
	*out_verdict = VERDICT_NO;
	if (index == UINT32_MAX) {
		return ERR_OK;
	}
	q->kind = item.kind;
	q->array = item.kind == VALUE_LIST && item.source == LAYOUT_PLACED;
	switch (item.source) {
	case LAYOUT_CONST:
		q->gave_up = false;
		*out_verdict = match_value(q, item.bytes) ? VERDICT_YES : VERDICT_NO;
		*out_verdict = q->gave_up ? VERDICT_OPEN : *out_verdict;
		return ERR_OK;
	case LAYOUT_PLACED:
		return ask_placed(q, shape, &item, out_verdict);
	case LAYOUT_FREE:
		*out_verdict = VERDICT_TEXT;
		return ERR_OK;
	case LAYOUT_OUTSIDE:
	default:
		*out_verdict = VERDICT_OPEN;
		return ERR_OK;
	}
}

/* ---- all layouts of a shape ---- */

/* The rows of ranks of a shape, into q->rows. */
static enum err find_rows(struct question *q, uint32_t shape, const struct buf *ranks) {
	const struct block_few *few = q->finder->few;
	const uint32_t *wanted = (const uint32_t *)(const void *)ranks->ptr;
	size_t count = ranks->len / sizeof(*wanted);
	buf_clear(&q->rows);
	if (few == NULL) {
		return lines_rows_of(q->finder->lines, shape, wanted, count, &q->rows);
	}
	size_t at = 0;
	for (uint32_t i = few->starts[shape]; i < few->starts[shape + 1] && at < count; i++) {
		while (at < count && wanted[at] < few->ranks[i]) {
			at++;
		}
		if (at < count && wanted[at] == few->ranks[i]) {
			buf_append(&q->rows, &few->rows[i], sizeof(few->rows[i]));
		}
	}
	return ERR_OK;
}

static enum err set_rows(struct question *q, uint32_t shape, const struct buf *ranks, bool sure,
                         uint64_t *bits) {
	TRY(find_rows(q, shape, ranks));
	for (size_t at = 0; at < q->rows.len; at += sizeof(uint32_t)) {
		uint32_t row = le32_load(q->rows.ptr + at);
		bits_set(bits, row);
		if (sure) {
			bits_set(q->sure, row);
		}
	}
	return ERR_OK;
}

static enum err ask_single(struct question *q, uint32_t shape, uint32_t number) {
	enum verdict verdict;
	TRY(ask_layout(q, shape, number, &verdict));
	if (verdict == VERDICT_LATER) {
		buf_append(&q->later, &shape, sizeof(shape));
		return ERR_OK;
	}
	q->yes[shape] = verdict == VERDICT_YES;
	q->text[shape] = verdict == VERDICT_TEXT;
	q->open[shape] = verdict == VERDICT_OPEN;
	q->split |= verdict != VERDICT_YES && verdict != VERDICT_NO;
	return verdict == VERDICT_RANKS ? set_rows(q, shape, &q->ranks, true, q->maybe) : ERR_OK;
}

struct several { /* layouts of one shape */
	enum verdict *verdicts;
	struct buf *ranks; /* of VERDICT_RANKS */
	struct buf yes, text, open;
};

static bool has_rank(const struct buf *ranks, uint32_t rank) {
	size_t low = 0;
	size_t high = ranks->len / sizeof(uint32_t);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (le32_load(ranks->ptr + middle * sizeof(uint32_t)) < rank) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low < ranks->len / sizeof(uint32_t) &&
	       le32_load(ranks->ptr + low * sizeof(uint32_t)) == rank;
}

/* A rank goes where the verdict of its layout says. */
static void sort_rank(struct several *several, uint32_t layout, uint32_t rank) {
	switch (several->verdicts[layout]) {
	case VERDICT_YES:
		buf_append(&several->yes, &rank, sizeof(rank));
		break;
	case VERDICT_RANKS:
		if (has_rank(&several->ranks[layout], rank)) {
			buf_append(&several->yes, &rank, sizeof(rank));
		}
		break;
	case VERDICT_TEXT:
		buf_append(&several->text, &rank, sizeof(rank));
		break;
	case VERDICT_OPEN:
		buf_append(&several->open, &rank, sizeof(rank));
		break;
	case VERDICT_LATER: /* it is not asked of these */
	case VERDICT_NO:
	default:
		break;
	}
}

/* All ranks of the shape, or those of the few rows that count. */
static enum err sort_ranks(struct question *q, uint32_t shape, uint32_t first,
                           struct several *several) {
	enum { SOME = 256 };
	const struct block_few *few = q->finder->few;
	uint32_t count = few == NULL ? lines_shape_rows(q->finder->lines, shape)
	                             : few->starts[shape + 1] - few->starts[shape];
	uint32_t shapes[SOME];
	uint32_t ranks[SOME];
	uint32_t numbers[SOME];
	for (uint32_t at = 0; at < count; at += SOME) {
		uint32_t some = MIN_OF(count - at, (uint32_t)SOME);
		for (uint32_t i = 0; i < some; i++) {
			shapes[i] = shape;
			ranks[i] = few == NULL ? at + i : few->ranks[few->starts[shape] + at + i];
		}
		TRY(layouts_of(q->finder->layouts, shapes, ranks, some, numbers));
		for (uint32_t i = 0; i < some; i++) {
			sort_rank(several, numbers[i] - first, ranks[i]);
		}
	}
	return ERR_OK;
}

static enum err ask_several(struct question *q, uint32_t shape, uint32_t first, uint32_t count,
                            struct several *several) {
	bool any = false;
	bool all = true;
	for (uint32_t i = 0; i < count; i++) {
		TRY(ask_layout(q, shape, first + i, &several->verdicts[i]));
		any |= several->verdicts[i] != VERDICT_NO;
		all &= several->verdicts[i] == VERDICT_YES;
		if (several->verdicts[i] == VERDICT_LATER) {
			buf_append(&q->later, &shape, sizeof(shape));
			return ERR_OK;
		}
		if (several->verdicts[i] == VERDICT_RANKS) {
			buf_append_str(&several->ranks[i], buf_str(&q->ranks));
		}
	}
	if (!any || all) {
		q->yes[shape] = all;
		return ERR_OK;
	}
	q->split = true;
	TRY(sort_ranks(q, shape, first, several));
	TRY(set_rows(q, shape, &several->yes, true, q->maybe));
	TRY(set_rows(q, shape, &several->open, false, q->maybe));
	if (several->text.len > 0 && q->in_text == NULL) {
		q->in_text = ARENA_ARRAY(q->finder->arena, q->finder->words + 1, uint64_t);
	}
	return several->text.len == 0 ? ERR_OK : set_rows(q, shape, &several->text, false, q->in_text);
}

static enum err ask_shape(struct question *q, uint32_t shape) {
	uint32_t first;
	uint32_t count;
	layouts_of_shape(q->finder->layouts, shape, &first, &count);
	if (count <= 1) {
		return count == 0 ? ERR_OK : ask_single(q, shape, first);
	}
	struct several several = {
	    .verdicts = ARENA_ARRAY(q->finder->arena, count, enum verdict),
	    .ranks = ARENA_ARRAY(q->finder->arena, count, struct buf),
	};
	enum err err = ask_several(q, shape, first, count, &several);
	for (uint32_t i = 0; i < count; i++) {
		buf_deinit(&several.ranks[i]);
	}
	buf_deinit(&several.yes);
	buf_deinit(&several.text);
	buf_deinit(&several.open);
	return err;
}

/* ---- all shapes ---- */

/* Rows whose value lies somewhere in the text: those whose text has what the value must have. */
static enum err find_in_text(struct question *q) {
	const struct block_finder *finder = q->finder;
	uint64_t *rows = ARENA_ARRAY(finder->arena, finder->words + 1, uint64_t);
	uint64_t *pieces;
	uint64_t *ignored;
	bool any = q->in_text != NULL;
	for (uint32_t i = 0; i < lines_shapes(finder->lines) && !any; i++) {
		any = q->text[i];
	}
	if (!any) {
		return ERR_OK;
	}
	TRY(lines_shape_bits(finder->lines, q->text, rows));
	TRY(block_find_pieces(finder, q->expr, &pieces, &ignored));
	for (size_t k = 0; k < finder->words; k++) {
		uint64_t some = rows[k] | (q->in_text != NULL ? q->in_text[k] : 0);
		q->maybe[k] |= pieces != NULL ? some & pieces[k] : some;
	}
	return ERR_OK;
}

/* Shapes that were put off, unless it is known that no other rows pass than were found. */
static enum err ask_later(struct question *q) {
	uint64_t passed = 0;
	for (uint32_t i = 0; i < lines_shapes(q->finder->lines); i++) {
		passed += q->yes[i] ? lines_shape_rows(q->finder->lines, i) : 0;
	}
	q->defer = false;
	for (size_t at = 0; passed != q->finder->pass && at < q->later.len; at += sizeof(uint32_t)) {
		TRY(ask_shape(q, le32_load(q->later.ptr + at)));
	}
	return ERR_OK;
}

static enum err ask_shapes(struct question *q) {
	struct lines *lines = q->finder->lines;
	uint32_t shapes = lines_shapes(lines);
	q->yes = ARENA_ARRAY(q->finder->arena, shapes, bool);
	q->text = ARENA_ARRAY(q->finder->arena, shapes, bool);
	q->open = ARENA_ARRAY(q->finder->arena, shapes, bool);
	q->defer = q->finder->pass_known;
	for (uint32_t i = 0; i < shapes; i++) {
		if (q->finder->wanted == NULL || q->finder->wanted[i]) {
			TRY(ask_shape(q, i));
		}
	}
	TRY(ask_later(q));
	if (q->finder->shapes != NULL && !q->split) {
		memcpy(q->finder->shapes, q->yes, shapes * sizeof(*q->yes));
		q->finder->by_shapes = true;
		return ERR_OK;
	}
	TRY(lines_shape_bits(lines, q->yes, q->maybe));
	TRY(lines_shape_bits(lines, q->yes, q->sure));
	TRY(lines_shape_bits(lines, q->open, q->maybe));
	return find_in_text(q);
}

enum err block_find_field(struct block_finder *finder, const struct expr *expr, uint64_t *maybe,
                          uint64_t *sure) {
	struct question q = {.finder = finder, .expr = expr, .maybe = maybe, .sure = sure};
	TRY(block_layouts(finder->block, &finder->layouts));
	q.name = layouts_find_name(finder->layouts, expr->field);
	if (q.name == UINT32_MAX) {
		return ERR_OK; /* no row has it */
	}
	q.run = expr_run_new(expr->test);
	enum err err = ask_shapes(&q);
	expr_run_free(q.run);
	for (size_t i = 0; i < VALUE_KIND_COUNT; i++) {
		lines_asker_free(q.askers[i]);
	}
	buf_deinit(&q.later);
	buf_deinit(&q.ranks);
	buf_deinit(&q.rows);
	buf_deinit(&q.value);
	buf_deinit(&q.list);
	return err;
}
