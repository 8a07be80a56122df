/* One question put to columns. */
#include "codec/lines_ask.h"

#include "codec/lines_open.h"

struct lines_asker {
	struct lines *lines;
	lines_match_f match;
	void *ctx;
	uint8_t *words; /* what each word has answered: 0 not asked, 1 no, 2 yes; NULL: none was */
	struct buf scratch;
};

struct lines_asker *lines_asker_new(struct lines *lines, lines_match_f match, void *ctx) {
	struct lines_asker *asker = calloc(1, sizeof(*asker));
	ASSERT(asker != NULL);
	*asker = (struct lines_asker){.lines = lines, .match = match, .ctx = ctx};
	return asker;
}

void lines_asker_free(struct lines_asker *asker) {
	if (asker != NULL) {
		free(asker->words);
		buf_deinit(&asker->scratch);
		free(asker);
	}
}

static enum err ask_word(struct lines_asker *asker, size_t word, bool *out_match) {
	if (asker->words == NULL) {
		asker->words = calloc(asker->lines->shared.words_stored.count + 1, 1);
		ASSERT(asker->words != NULL);
	}
	if (asker->words[word] == 0) {
		buf_clear(&asker->scratch);
		TRY(texts_get(asker->lines->shared.words, word, &asker->scratch));
		asker->words[word] = asker->match(asker->ctx, buf_str(&asker->scratch)) ? 2 : 1;
	}
	*out_match = asker->words[word] == 2;
	return ERR_OK;
}

static bool ask_number(struct lines_asker *asker, uint8_t code, uint64_t number) {
	buf_clear(&asker->scratch);
	slot_print(&asker->scratch, code, number, STR(""));
	return asker->match(asker->ctx, buf_str(&asker->scratch));
}

static void add_rank(struct buf *ranks, size_t rank) {
	uint32_t number = (uint32_t)rank;
	buf_append(ranks, &number, sizeof(number));
}

/* ---- dictionaries ---- */

static enum lines_answer answer_entries(const struct slot *slot, size_t count,
                                        const struct lines_few *few, const bool *wanted,
                                        struct buf *ranks) {
	uint64_t codes[256];
	size_t found = 0;
	for (uint32_t i = 0; i < slot->entries; i++) {
		found += wanted[i];
	}
	if (found == 0 || found == slot->entries) {
		return found == 0 ? LINES_NONE : LINES_ALL;
	}
	for (size_t i = 0; few != NULL && i < few->count; i++) {
		slot_codes(slot, few->ranks[i], 1, codes);
		if (wanted[codes[0]]) {
			add_rank(ranks, few->ranks[i]);
		}
	}
	for (size_t i = 0; few == NULL && i < count; i += ARRAY_LEN(codes)) {
		size_t piece = MIN_OF(count - i, ARRAY_LEN(codes));
		slot_codes(slot, i, piece, codes);
		for (size_t k = 0; k < piece; k++) {
			if (wanted[codes[k]]) {
				add_rank(ranks, i + k);
			}
		}
	}
	return LINES_SOME;
}

static enum err ask_entries(struct lines_asker *asker, const struct slot *slot, size_t count,
                            const struct lines_few *few, struct buf *ranks,
                            enum lines_answer *out_answer) {
	bool wanted[SLOT_ENTRIES_MAX] = {0};
	for (uint32_t i = 0; i < slot->entries; i++) {
		if (slot->form == SLOT_AS_WORDS) {
			TRY(ask_word(asker, slot_entry_word(slot, i), &wanted[i]));
		} else {
			wanted[i] = ask_number(asker, slot->code, slot_entry(slot, i));
		}
	}
	*out_answer = answer_entries(slot, count, few, wanted, ranks);
	return ERR_OK;
}

/* ---- all ---- */

static void ask_numbers(struct lines_asker *asker, const struct slot *slot, size_t count,
                        struct buf *ranks) {
	uint64_t numbers[512];
	uint64_t before = 0;
	bool match = false;
	for (size_t i = 0; i < count; i += ARRAY_LEN(numbers)) {
		size_t piece = MIN_OF(count - i, ARRAY_LEN(numbers));
		slot_numbers(&asker->lines->shared, slot, i, piece, NULL, numbers);
		for (size_t k = 0; k < piece; k++) {
			if (i + k == 0 || numbers[k] != before) {
				match = ask_number(asker, slot->code, numbers[k]);
				before = numbers[k];
			}
			if (match) {
				add_rank(ranks, i + k);
			}
		}
	}
}

static enum err ask_texts(struct lines_asker *asker, const struct slot *slot, size_t count,
                          struct buf *ranks) {
	size_t start = ranks->len;
	TRY(texts_find(asker->lines->shared.texts, slot->base, count, asker->match, asker->ctx, ranks));
	for (size_t at = start; at < ranks->len; at += sizeof(uint32_t)) {
		le32_store(ranks->ptr + at, le32_load(ranks->ptr + at) - (uint32_t)slot->base);
	}
	return ERR_OK;
}

/* The values of a few ranks, of which each is asked. */
static enum err ask_few(struct lines_asker *asker, const struct slot *slot,
                        const struct lines_few *few, struct buf *ranks) {
	for (size_t i = 0; i < few->count; i++) {
		uint64_t number;
		bool match;
		if (slot->form == SLOT_AS_TEXTS) {
			buf_clear(&asker->scratch);
			TRY(texts_get(asker->lines->shared.texts, slot->base + few->ranks[i], &asker->scratch));
			match = asker->match(asker->ctx, buf_str(&asker->scratch));
		} else {
			slot_numbers(&asker->lines->shared, slot, few->ranks[i], 1, NULL, &number);
			match = ask_number(asker, slot->code, number);
		}
		if (match) {
			add_rank(ranks, few->ranks[i]);
		}
	}
	return ERR_OK;
}

/* Whether so few count that they are found one by one. */
static bool are_few(const struct lines_few *few, size_t count) {
	enum { PART = 16 };
	return few != NULL && few->count <= count / PART;
}

enum err lines_ask(struct lines_asker *asker, uint32_t shape, uint32_t slot,
                   const struct lines_few *few, struct buf *ranks, enum lines_answer *out_answer) {
	ASSERT(shape != LINES_SHAPE_WHOLE && shape < asker->lines->shapes_count);
	const struct lines_shape *entry;
	const struct slot *column;
	bool match;
	TRY(lines_parse_shape(asker->lines, shape, &entry));
	ASSERT(slot < entry->slots_count);
	TRY(lines_use_slot(asker->lines, shape, slot, &column));
	*out_answer = LINES_SOME;
	few = are_few(few, entry->rows) ? few : NULL;
	switch (column->form) {
	case SLOT_AS_STAMP:
		*out_answer = LINES_OPEN;
		return ERR_OK;
	case SLOT_AS_WORD:
		TRY(ask_word(asker, column->word, &match));
		*out_answer = match ? LINES_ALL : LINES_NONE;
		return ERR_OK;
	case SLOT_AS_WORDS:
	case SLOT_AS_DICTIONARY:
		return ask_entries(asker, column, entry->rows, few, ranks, out_answer);
	case SLOT_AS_TEXTS:
		return few != NULL ? ask_few(asker, column, few, ranks)
		                   : ask_texts(asker, column, entry->rows, ranks);
	default:
		if (column->form == SLOT_AS_FIXED && column->width == 0) {
			match = ask_number(asker, column->code, column->least);
			*out_answer = match ? LINES_ALL : LINES_NONE;
			return ERR_OK;
		}
		if (few != NULL) {
			return ask_few(asker, column, few, ranks);
		}
		ask_numbers(asker, column, entry->rows, ranks);
		return ERR_OK;
	}
}

enum err lines_slot_same(struct lines *lines, uint32_t shape, uint32_t slot, bool *out_same) {
	const struct lines_shape *entry;
	ASSERT(shape != LINES_SHAPE_WHOLE && shape < lines->shapes_count);
	TRY(lines_parse_shape(lines, shape, &entry));
	ASSERT(slot < entry->slots_count);
	const struct slot *column = &entry->slots[slot].column;
	*out_same =
	    column->form == SLOT_AS_WORD || (column->form == SLOT_AS_FIXED && column->width == 0);
	return ERR_OK;
}

enum err lines_rows_of(struct lines *lines, uint32_t shape, const uint32_t *ranks, size_t count,
                       struct buf *rows) {
	struct order *order;
	ASSERT(shape < lines->shapes_count);
	TRY(lines_use_order(lines, &order));
	return order_rows(order, shape, ranks, count, rows);
}

enum err lines_shape_bits(struct lines *lines, const bool *wanted, uint64_t *bits) {
	struct order *order;
	TRY(lines_use_order(lines, &order));
	return order_bits(order, wanted, bits);
}
