/* A block's groups by one field, of which counts and sums are wanted: rows go shape by shape into a
 * tally, numbers as numbers.
 */
#include "query/columns.h"

#include <stdlib.h>

enum {
	PIECE_ROWS = 1024,
	GROUPS_MAX = 1 << 18, /* of a block */
};

struct code_keys { /* what codes of the by field stand for */
	uint64_t *keys;
	uint8_t *kinds;
	uint32_t count, cap;
};

struct code_sums { /* what a row with a code adds */
	struct tally_sum *items;
	uint32_t count, cap;
};

struct tallying {
	const struct columns_asked *asked;
	struct tally *tally;
	struct code_keys by;
	struct code_sums sums[GROUP_FUNCTIONS_MAX]; /* of functions */
	uint64_t keys[PIECE_ROWS];
	uint8_t kinds[PIECE_ROWS];
	uint32_t places[PIECE_ROWS];
};

bool columns_tallies(const struct grouping *grouping) {
	const struct group_spec *spec = grouping->spec;
	bool can = grouping->span == NULL && spec->by.count == 1;
	for (size_t i = 0; i < spec->functions_count; i++) {
		enum agg_way way = spec->functions[i].kind->way;
		can = can && (way == AGG_COUNT || way == AGG_SUM);
	}
	return can;
}

static const struct store_strip *strip_of(const struct tallying *t,
                                          const struct store_strip *strips, uint32_t field) {
	size_t i = 0;
	while (t->asked->fields[i] != field) {
		i++;
		ASSERT(i < t->asked->count);
	}
	return &strips[i];
}

/* ---- what codes stand for ---- */

static void learn_keys(struct tallying *t, const struct store_strip *strip) {
	struct code_keys *by = &t->by;
	uint32_t count = store_strip_values(strip);
	if (count > by->cap) {
		by->cap = count * 2;
		by->keys = reallocarray(by->keys, by->cap, sizeof(*by->keys));
		by->kinds = reallocarray(by->kinds, by->cap, sizeof(*by->kinds));
		ASSERT(by->keys != NULL && by->kinds != NULL);
	}
	for (; by->count < count; by->count++) {
		struct value value = store_strip_value(strip, by->count);
		bool none = value.kind == VALUE_NONE;
		by->keys[by->count] = !none                             ? tally_key(t->tally, value.text)
		                      : t->asked->grouping->last_needed ? TALLY_FREE
		                                                        : TALLY_ABSENT;
		by->kinds[by->count] = (uint8_t)value.kind;
	}
}

/* ERR_UNSUPPORTED: a value is a number, but no whole one. */
static enum err learn_sums(const struct store_strip *strip, enum agg_way way,
                           struct code_sums *sums) {
	uint32_t count = store_strip_values(strip);
	if (count > sums->cap) {
		sums->cap = count * 2;
		sums->items = reallocarray(sums->items, sums->cap, sizeof(*sums->items));
		ASSERT(sums->items != NULL);
	}
	for (; sums->count < count; sums->count++) {
		struct value value = store_strip_value(strip, sums->count);
		struct agg_sum sum = {0};
		if (value.kind != VALUE_NONE) {
			sum = agg_sum_of(way, value);
		}
		if (sum.reals.any) {
			return ERR_UNSUPPORTED;
		}
		sums->items[sums->count] = (struct tally_sum){sum.count, (int64_t)sum.sum};
	}
	return ERR_OK;
}

static enum err learn(struct tallying *t, const struct store_strip *strips) {
	const struct group_spec *spec = t->asked->grouping->spec;
	const struct store_strip *by = strip_of(t, strips, spec->by.items[0]);
	if (by->form == STORE_STRIP_CODES) {
		learn_keys(t, by);
	}
	for (size_t i = 0; i < spec->functions_count; i++) {
		const struct group_function *function = &spec->functions[i];
		if (function->state == i && function->field != UINT32_MAX) {
			const struct store_strip *strip = strip_of(t, strips, function->field);
			TRY(strip->form == STORE_STRIP_CODES
			        ? learn_sums(strip, function->kind->way, &t->sums[i])
			        : ERR_OK);
		}
	}
	return ERR_OK;
}

/* ---- rows ---- */

static enum err find_groups(struct tallying *t, const struct store_strip *by, uint32_t at,
                            uint32_t count) {
	struct tally_keys keys = {.keys = t->keys, .kind = (uint8_t)by->kind, .count = count};
	switch (by->form) {
	case STORE_STRIP_DECIMALS:
		keys.keys = by->numbers + at;
		break;
	case STORE_STRIP_ADDRESSES:
		for (uint32_t i = 0; i < count; i++) {
			t->keys[i] = TALLY_ADDRESS | by->numbers[at + i];
		}
		break;
	case STORE_STRIP_CODES:
	default:
		for (uint32_t i = 0; i < count; i++) {
			t->keys[i] = t->by.keys[by->codes[at + i]];
			t->kinds[i] = t->by.kinds[by->codes[at + i]];
		}
		keys.kinds = t->kinds;
		break;
	}
	TRY(tally_find(t->tally, &keys, t->places));
	return tally_count(t->tally) > GROUPS_MAX ? ERR_LIMIT : ERR_OK;
}

static enum err add_function(struct tallying *t, const struct store_strip *strips, size_t number,
                             size_t sum, uint32_t at, uint32_t count) {
	const struct group_function *function = &t->asked->grouping->spec->functions[number];
	if (function->field == UINT32_MAX) {
		tally_count_rows(t->tally, sum, t->places, count);
		return ERR_OK;
	}
	const struct store_strip *strip = strip_of(t, strips, function->field);
	if (strip->form == STORE_STRIP_CODES) {
		return tally_add_each(t->tally, sum, t->places, t->sums[number].items, strip->codes + at,
		                      count);
	}
	if (function->kind->way == AGG_COUNT) {
		tally_count_rows(t->tally, sum, t->places, count);
	} else if (strip->form == STORE_STRIP_DECIMALS) { /* an address is no number */
		return tally_add_numbers(t->tally, sum, t->places, strip->numbers + at, count);
	}
	return ERR_OK;
}

static enum err take(void *ctx, const struct store_strip *strips, uint32_t rows) {
	struct tallying *t = ctx;
	const struct group_spec *spec = t->asked->grouping->spec;
	TRY(learn(t, strips));
	for (uint32_t at = 0; at < rows; at += PIECE_ROWS) {
		uint32_t count = MIN_OF(rows - at, (uint32_t)PIECE_ROWS);
		size_t sum = 0;
		TRY(find_groups(t, strip_of(t, strips, spec->by.items[0]), at, count));
		for (size_t i = 0; i < spec->functions_count; i++) {
			if (spec->functions[i].state == i) {
				TRY(add_function(t, strips, i, sum++, at, count));
			}
		}
	}
	return ERR_OK;
}

enum err columns_tally(const struct columns_asked *asked, struct store_block *block,
                       struct tally **out_tally) {
	struct tallying *t = calloc(1, sizeof(*t));
	ASSERT(t != NULL);
	t->asked = asked;
	t->tally = tally_new(group_sums(asked->grouping->spec));
	enum err err = store_block_strips(block, asked->names, asked->count, take, t);
	if (err == ERR_OK) {
		*out_tally = TAKE(t->tally);
	}
	tally_free(t->tally);
	free(t->by.keys);
	free(t->by.kinds);
	for (size_t i = 0; i < GROUP_FUNCTIONS_MAX; i++) {
		free(t->sums[i].items);
	}
	free(t);
	return err;
}
