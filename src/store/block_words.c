/* Words of lines go into the filter when a block is made, and are looked up in it when it is
 * verified. */
#include "store/block_words.h"

#include "codec/lines_words.h"
#include "codec/word_filter.h"
#include "expr/pieces.h"

enum {
	ROWS_MIN = 4096, /* in smaller blocks there is little to spare */
	SHARE = 64,      /* of the bytes of lines */
	PARTS_BYTES_MAX = 32 << 10,
};

static enum err (*const words_of[BLOCK_WORDS_PARTS])(struct lines *, lines_words_f, void *) = {
    [BLOCK_WORDS_IN_SHAPES] = lines_words_in_shapes,
    [BLOCK_WORDS_IN_STRINGS] = lines_words_in_strings,
};

void block_words_put(struct lines *lines, uint32_t rows, size_t bytes,
                     struct buf parts[BLOCK_WORDS_PARTS]) {
	size_t most = MIN_OF(bytes / SHARE, (size_t)PARTS_BYTES_MAX);
	for (size_t i = 0; i < BLOCK_WORDS_PARTS && rows >= ROWS_MIN; i++) {
		struct word_filter_writer *writer = word_filter_writer_new();
		/* ERR_LIMIT: some words are not known; what else is wrong is seen when the block is
		 * compared. */
		if (words_of[i](lines, word_filter_add, writer) == ERR_OK) {
			word_filter_put(writer, most / BLOCK_WORDS_PARTS, &parts[i]);
		}
		word_filter_writer_free(writer);
	}
}

/* ---- asking ---- */

struct asking {
	const struct word_filter *words;
	bool may;
	enum err err;
};

static void ask_piece(void *ctx, const struct expr_piece *piece) {
	struct asking *asking = ctx;
	if (asking->may && asking->err == ERR_OK) {
		asking->err = word_filter_may_have(asking->words, BLOCK_WORDS_PARTS, piece->bytes,
		                                   piece->mask, piece->word, &asking->may);
	}
}

enum err block_words_may_match(struct block *block, const struct expr *test, bool *out_may) {
	struct asking asking = {.may = true};
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	ASSERT(test->field.len == 0);
	TRY(block_words_of(block, &asking.words));
	expr_test_pieces(test, arena, ask_piece, &asking);
	*out_may = asking.may;
	return asking.err;
}

enum err block_words_in_strings(struct block *block, struct str needle, const char *mask,
                                bool *out_only) {
	const struct word_filter *words;
	bool may = true;
	TRY(block_words_of(block, &words));
	if (word_filter_is_word(needle, mask)) {
		TRY(word_filter_may_have(&words[BLOCK_WORDS_IN_SHAPES], 1, needle, mask, true, &may));
	}
	*out_only = !may;
	return ERR_OK;
}

/* ---- verification ---- */

struct checking {
	const struct word_filter *words;
	bool has;
	enum err err;
};

static void check_text(void *ctx, struct str text, bool hex) {
	struct checking *checking = ctx;
	if (checking->has && checking->err == ERR_OK) {
		checking->err = word_filter_has_all(checking->words, text, hex, &checking->has);
	}
}

enum err block_words_check(struct block *block) {
	const struct word_filter *words;
	TRY(block_words_of(block, &words));
	for (size_t i = 0; i < BLOCK_WORDS_PARTS; i++) {
		struct checking checking = {.words = &words[i], .has = true};
		struct lines *lines;
		if (words[i].bits.len == 0) {
			continue; /* it says nothing */
		}
		TRY(block_texts(block, &lines));
		TRY(words_of[i](lines, check_text, &checking));
		TRY(checking.err);
		TRY(checking.has ? ERR_OK : ERR_CORRUPT);
	}
	return ERR_OK;
}
