/* Everything in the parts of lines that readers take as given and never compare: it is made again,
 * or held against what it was made of.
 */
#include "codec/lines_open.h"

/* The rows of each shape are counted in two places. */
static enum err check_order(struct lines *lines) {
	struct order *order;
	TRY(lines_use_order(lines, &order));
	for (uint32_t shape = 0; shape < lines->shapes_count; shape++) {
		if (order_rows_of(order, shape) != lines->shapes[shape].rows) {
			return ERR_CORRUPT;
		}
	}
	return ERR_OK;
}

static enum err check_slots(struct slots *slots) {
	struct texts *texts;
	TRY(slots_words(slots, &texts));
	TRY(texts_check(texts));
	TRY(slots_texts(slots, &texts));
	TRY(texts_check(texts));
	for (unsigned number = 0; number < SLOT_POOLS; number++) {
		const struct pool *pool;
		TRY(slots_pool(slots, number, &pool));
		if (pool != NULL) {
			TRY(pool_check(pool));
		}
	}
	return ERR_OK;
}

enum err lines_check(struct lines *lines) {
	struct texts *whole;
	TRY(check_order(lines));
	TRY(lines_use_whole(lines, &whole));
	TRY(texts_check(whole));
	return check_slots(&lines->shared);
}
