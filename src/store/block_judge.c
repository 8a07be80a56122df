/* Verdicts of tests, joined along the tree of a filter. */
#include "store/block_judge.h"

#include "store/block_words.h"
#include "store/view_private.h"

static enum err judge_test(struct block *block, const struct expr *test,
                           enum block_verdict *out_verdict) {
	struct block_values *values;
	*out_verdict = BLOCK_SOME;
	if (test->test_kind == EXPR_TIME || view_built_in_has(test->field)) {
		return ERR_OK;
	}
	if (test->field.len == 0) {
		bool may;
		TRY(block_words_may_match(block, test, &may));
		*out_verdict = may ? BLOCK_SOME : BLOCK_NONE;
		return ERR_OK;
	}
	TRY(block_values_of(block, &values));
	*out_verdict = block_values_judge(values, test);
	return ERR_OK;
}

static enum err judge_group(struct block *block, const struct expr *expr,
                            enum block_verdict *out_verdict) {
	bool and = expr->kind == EXPR_AND;
	enum block_verdict end = and ? BLOCK_NONE : BLOCK_ALL;
	enum block_verdict verdict = and ? BLOCK_ALL : BLOCK_NONE;
	for (size_t i = 0; i < expr->children_count && verdict != end; i++) {
		enum block_verdict one;
		TRY(block_judge(block, expr->children[i], &one));
		verdict = and ? MIN_OF(verdict, one) : MAX_OF(verdict, one);
	}
	*out_verdict = verdict;
	return ERR_OK;
}

enum err block_judge(struct block *block, const struct expr *filter,
                     enum block_verdict *out_verdict) {
	switch (filter->kind) {
	case EXPR_AND:
	case EXPR_OR:
		return judge_group(block, filter, out_verdict);
	case EXPR_NOT:
		TRY(block_judge(block, filter->children[0], out_verdict));
		*out_verdict = (enum block_verdict)(BLOCK_ALL - *out_verdict);
		return ERR_OK;
	case EXPR_TEST:
		return judge_test(block, filter, out_verdict);
	case EXPR_ALL:
	case EXPR_NONE:
	default:
		*out_verdict = filter->kind == EXPR_ALL ? BLOCK_ALL : BLOCK_NONE;
		return ERR_OK;
	}
}
