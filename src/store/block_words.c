/* Words of lines go into the filter when a block is made, and are looked up in it when it is
 * verified. */
#include "store/block_words.h"

#include "codec/lines_words.h"
#include "codec/word_filter.h"
#include "expr/pieces.h"

enum {
	ROWS_MIN = 4096, /* in smaller blocks there is little to spare */
	SHARE = 64,      /* of the bytes of lines */
	PART_BYTES_MAX = 32 << 10,
};

void block_words_put(struct lines *lines, uint32_t rows, size_t bytes, struct buf *out) {
	if (rows < ROWS_MIN) {
		return;
	}
	struct word_filter_writer *writer = word_filter_writer_new();
	/* ERR_LIMIT: some words are not known; what else is wrong is seen when the block is compared.
	 */
	if (lines_words(lines, word_filter_add, writer) == ERR_OK) {
		word_filter_put(writer, MIN_OF(bytes / SHARE, (size_t)PART_BYTES_MAX), out);
	}
	word_filter_writer_free(writer);
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
		asking->err = word_filter_may_have(asking->words, piece->bytes, piece->mask, piece->word,
		                                   &asking->may);
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
	struct checking checking = {.has = true};
	struct lines *lines;
	TRY(block_words_of(block, &checking.words));
	if (checking.words->bits.len == 0) {
		return ERR_OK; /* it says nothing */
	}
	TRY(block_texts(block, &lines));
	TRY(lines_words(lines, check_text, &checking));
	TRY(checking.err);
	return checking.has ? ERR_OK : ERR_CORRUPT;
}
