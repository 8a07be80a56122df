/* Evaluating a tree over one page: every node gets the rows that still matter (mask) and answers
 * with a part of them.
 */
#include "base/bits.h"
#include "base/instant.h"
#include "expr/test.h"

struct eval {
	const struct expr_input *input;
	struct arena *scratch;
	size_t words;
};

static enum err eval(const struct eval *e, const struct expr *expr, const uint64_t *mask,
                     uint64_t *out);

static uint64_t *new_bits(const struct eval *e) {
	return ARENA_ARRAY(e->scratch, e->words + 1, uint64_t);
}

static bool none(const struct eval *e, const uint64_t *bits) {
	uint64_t any = 0;
	for (size_t i = 0; i < e->words; i++) {
		any |= bits[i];
	}
	return any == 0;
}

/* Calls body with row set for each bit of mask. */
/* NOLINTBEGIN(bugprone-macro-parentheses): row is declared here */
#define FOR_EACH_ROW(e, mask, row)                                                        \
	for (size_t word_ = 0; word_ < (e)->words; word_++)                                   \
		for (uint64_t left_ = (mask)[word_], row = 0;                                     \
		     left_ != 0 && ((row = word_ * 64 + (uint64_t)__builtin_ctzll(left_)), true); \
		     left_ &= left_ - 1)
/* NOLINTEND(bugprone-macro-parentheses) */

/* ---- texts ---- */

/* What every match of the test has in it and can be searched for in many texts at once, or NULL. */
static const struct needle *needle_of(const struct expr_test *test) {
	const struct needle *needle =
	    test->kind == EXPR_PATTERN && !test->by_needle ? &test->glob.piece : &test->needle;
	return needle->anchor.len > 0 && test->kind != EXPR_EQUALS ? needle : NULL;
}

/* Whether text, which has the needle's anchor at `at`, matches. *out_next: where in text to go on
 * when it does not. */
static bool matches_at(struct test_run *run, struct str text, size_t at, size_t *out_next) {
	if (!run->test->by_needle) {
		*out_next = text.len;
		return test_match(run, value_string(text));
	}
	*out_next = at + 1;
	return needle_verify(&run->test->needle, text, at, NULL);
}

/* Rows [first, end) have their texts side by side in hay. Only rows of mask get a bit. */
static void scan_stretch(struct test_run *run, const struct needle *needle, const struct str *texts,
                         size_t first, size_t end, const uint64_t *mask, uint64_t *out) {
	struct str hay = texts[first];
	hay.len = (size_t)(texts[end - 1].ptr + texts[end - 1].len - hay.ptr);
	size_t row = first;
	size_t at = 0;
	while ((at = needle_anchor(needle, hay, at)) != NEEDLE_NONE) {
		while (row < end && (size_t)(texts[row].ptr - hay.ptr) + texts[row].len <= at) {
			row++;
		}
		size_t start = (size_t)(texts[row].ptr - hay.ptr);
		size_t row_end = start + texts[row].len;
		size_t next = at + 1 - start;
		if (!bits_get(mask, row)) {
			at = row_end;
		} else if (at + needle->anchor.len <= row_end &&
		           matches_at(run, texts[row], at - start, &next)) {
			bits_set(out, row);
			at = row_end;
		} else {
			at = start + next;
		}
	}
}

/* Neighbouring texts (one's end is the next's beginning) are searched as one. */
static void scan_texts(const struct eval *e, struct test_run *run, const struct needle *needle,
                       const struct str *texts, const uint64_t *mask, uint64_t *out) {
	size_t rows = e->input->rows;
	for (size_t first = 0; first < rows;) {
		size_t end = first + 1;
		if (texts[first].len == 0) { /* may point anywhere */
			first = end;
			continue;
		}
		while (end < rows && texts[end].ptr == texts[end - 1].ptr + texts[end - 1].len) {
			end++;
		}
		scan_stretch(run, needle, texts, first, end, mask, out);
		first = end;
	}
}

static enum err eval_texts(const struct eval *e, struct test_run *run, const uint64_t *mask,
                           uint64_t *out) {
	const struct str *texts;
	const struct needle *needle = needle_of(run->test);
	TRY(e->input->texts(e->input->ctx, &texts));
	bool dense = bits_count(mask, e->input->rows) * 8 > e->input->rows;
	if (dense && needle != NULL) {
		scan_texts(e, run, needle, texts, mask, out);
		return run->err;
	}
	FOR_EACH_ROW(e, mask, row) {
		if (test_match(run, value_string(texts[row]))) {
			bits_set(out, row);
		}
	}
	return run->err;
}

/* ---- columns ---- */

static void eval_dict(const struct eval *e, struct test_run *run, const struct column *column,
                      const uint64_t *mask, uint64_t *out) {
	enum { UNKNOWN, NO, YES };
	uint8_t *known = ARENA_ARRAY(e->scratch, column->values_count + 1, uint8_t);
	FOR_EACH_ROW(e, mask, row) {
		uint16_t code = column->codes[row];
		if (known[code] == UNKNOWN) {
			known[code] = test_match(run, column->values[code]) ? YES : NO;
		}
		if (known[code] == YES) {
			bits_set(out, row);
		}
	}
}

static enum err eval_column(const struct eval *e, const struct expr *expr, struct test_run *run,
                            const uint64_t *mask, uint64_t *out) {
	const struct column *column;
	TRY(e->input->column(e->input->ctx, expr->field, &column));
	switch (column->kind) {
	case COLUMN_CONST:
		if (test_match(run, column->values[0])) {
			memcpy(out, mask, e->words * sizeof(*out));
		}
		break;
	case COLUMN_DICT:
		eval_dict(e, run, column, mask, out);
		break;
	case COLUMN_FLAT:
	default:
		FOR_EACH_ROW(e, mask, row) {
			if (test_match(run, column->values[row])) {
				bits_set(out, row);
			}
		}
		break;
	}
	return run->err;
}

static enum err eval_time(const struct eval *e, const struct expr_test *test, const uint64_t *mask,
                          uint64_t *out) {
	const int64_t *times;
	TRY(e->input->times(e->input->ctx, &times));
	bool open = test->to_ns == INSTANT_MAX;
	FOR_EACH_ROW(e, mask, row) {
		if (times[row] >= test->from_ns && (open || times[row] < test->to_ns)) {
			bits_set(out, row);
		}
	}
	return ERR_OK;
}

static enum err eval_test(const struct eval *e, const struct expr *expr, const uint64_t *mask,
                          uint64_t *out) {
	memset(out, 0, e->words * sizeof(*out));
	if (expr->test_kind == EXPR_TIME) {
		return eval_time(e, expr->test, mask, out);
	}
	CLEANUP(test_run_deinit) struct test_run run = {.test = expr->test};
	return expr->field.len == 0 ? eval_texts(e, &run, mask, out)
	                            : eval_column(e, expr, &run, mask, out);
}

/* ---- groups ---- */

static enum err eval_and(const struct eval *e, const struct expr *expr, const uint64_t *mask,
                         uint64_t *out) {
	uint64_t *left = new_bits(e);
	memcpy(left, mask, e->words * sizeof(*left));
	memcpy(out, mask, e->words * sizeof(*out));
	for (size_t i = 0; i < expr->children_count && !none(e, left); i++) {
		TRY(eval(e, expr->children[i], left, out));
		memcpy(left, out, e->words * sizeof(*left));
	}
	return ERR_OK;
}

static enum err eval_or(const struct eval *e, const struct expr *expr, const uint64_t *mask,
                        uint64_t *out) {
	uint64_t *left = new_bits(e);
	uint64_t *found = new_bits(e);
	memcpy(left, mask, e->words * sizeof(*left));
	memset(out, 0, e->words * sizeof(*out));
	for (size_t i = 0; i < expr->children_count && !none(e, left); i++) {
		TRY(eval(e, expr->children[i], left, found));
		for (size_t k = 0; k < e->words; k++) {
			out[k] |= found[k];
			left[k] &= ~found[k];
		}
	}
	return ERR_OK;
}

static enum err eval(const struct eval *e, const struct expr *expr, const uint64_t *mask,
                     uint64_t *out) {
	switch (expr->kind) {
	case EXPR_ALL:
		memcpy(out, mask, e->words * sizeof(*out));
		return ERR_OK;
	case EXPR_AND:
		return eval_and(e, expr, mask, out);
	case EXPR_OR:
		return eval_or(e, expr, mask, out);
	case EXPR_NOT:
		TRY(eval(e, expr->children[0], mask, out));
		for (size_t i = 0; i < e->words; i++) {
			out[i] = mask[i] & ~out[i];
		}
		return ERR_OK;
	case EXPR_TEST:
		return eval_test(e, expr, mask, out);
	case EXPR_NONE:
	default:
		memset(out, 0, e->words * sizeof(*out));
		return ERR_OK;
	}
}

enum err expr_eval(const struct expr *expr, const struct expr_input *input, struct arena *scratch,
                   uint64_t *out_bits) {
	struct eval e = {.input = input, .scratch = scratch, .words = bits_words(input->rows)};
	uint64_t *all = new_bits(&e);
	bits_fill(all, input->rows, true);
	return eval(&e, expr, all, out_bits);
}
