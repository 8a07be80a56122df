/* An opened block. What is damaged is so for every reader of it: the error is kept. */
#include "store/block.h"

#include <stdlib.h>

#include "codec/checked.h"
#include "codec/word_filter.h"
#include "store/block_values.h"

struct block {
	struct checked *checked;
	uint32_t rows, kept;
	struct lines *texts, *bodies; /* NULL until asked for */
	struct layouts *layouts;
	struct block_values *values;
	struct word_filter words[BLOCK_WORDS_PARTS];
	bool words_open;
	enum err texts_err, bodies_err, layouts_err, values_err, words_err;
};

enum err block_open(struct str bytes, uint32_t rows, uint32_t kept, struct block **out_block) {
	return block_open_front(bytes, bytes.len, rows, kept, out_block);
}

enum err block_open_front(struct str bytes, size_t have, uint32_t rows, uint32_t kept,
                          struct block **out_block) {
	struct checked *checked;
	TRY(checked_open_front(bytes, have, &checked));
	if (checked_count(checked) != (kept > 0 ? BLOCK_PARTS : BLOCK_BODIES)) {
		checked_free(checked);
		return ERR_CORRUPT;
	}
	struct block *block = calloc(1, sizeof(*block));
	ASSERT(block != NULL);
	block->checked = checked;
	block->rows = rows;
	block->kept = kept;
	*out_block = block;
	return ERR_OK;
}

void block_free(struct block *block) {
	if (block != NULL) {
		layouts_free(block->layouts);
		block_values_free(block->values);
		lines_free(block->texts);
		lines_free(block->bodies);
		checked_free(block->checked);
		free(block);
	}
}

static enum err get_parts(struct block *block, size_t first, size_t count, struct str *out_parts) {
	for (size_t i = 0; i < count; i++) {
		TRY(checked_get(block->checked, first + i, &out_parts[i]));
	}
	return ERR_OK;
}

static enum err open_lines(struct block *block, size_t first, uint32_t rows,
                           struct lines **out_lines) {
	struct str parts[LINES_PARTS];
	for (size_t i = 0; i < LINES_PARTS; i++) {
		parts[i] = checked_peek(block->checked, first + i);
	}
	return lines_open(parts, block->checked, rows, out_lines);
}

enum err block_texts(struct block *block, struct lines **out_lines) {
	if (block->texts == NULL && block->texts_err == ERR_OK) {
		block->texts_err = open_lines(block, BLOCK_TEXTS, block->rows, &block->texts);
	}
	*out_lines = block->texts;
	return block->texts_err;
}

enum err block_bodies(struct block *block, struct lines **out_lines) {
	if (block->bodies == NULL && block->bodies_err == ERR_OK) {
		block->bodies_err = block->kept == 0
		                        ? ERR_CORRUPT
		                        : open_lines(block, BLOCK_BODIES, block->kept, &block->bodies);
	}
	*out_lines = block->bodies;
	return block->bodies_err;
}

static enum err open_layouts(struct block *block, struct layouts **out_layouts) {
	struct str parts[LAYOUTS_PARTS];
	struct lines *lines;
	TRY(block_texts(block, &lines));
	TRY(get_parts(block, BLOCK_LAYOUTS, LAYOUTS_PARTS, parts));
	return layouts_open(parts, lines, out_layouts);
}

enum err block_layouts(struct block *block, struct layouts **out_layouts) {
	if (block->layouts == NULL && block->layouts_err == ERR_OK) {
		block->layouts_err = open_layouts(block, &block->layouts);
	}
	*out_layouts = block->layouts;
	return block->layouts_err;
}

static enum err open_values(struct block *block) {
	struct str part;
	TRY(get_parts(block, BLOCK_VALUES, 1, &part));
	return block_values_open(part, block->rows, &block->values);
}

enum err block_values_of(struct block *block, struct block_values **out_values) {
	if (block->values == NULL && block->values_err == ERR_OK) {
		block->values_err = open_values(block);
	}
	*out_values = block->values;
	return block->values_err;
}

enum err block_words_of(struct block *block, const struct word_filter **out_words) {
	if (!block->words_open) {
		for (size_t i = 0; i < BLOCK_WORDS_PARTS && block->words_err == ERR_OK; i++) {
			struct str part = checked_peek(block->checked, BLOCK_WORDS + i);
			block->words_err = word_filter_open(part, block->checked, &block->words[i]);
		}
		block->words_open = true;
	}
	*out_words = block->words;
	return block->words_err;
}

size_t block_bytes(const struct block *block) {
	return sizeof(*block) + (block->texts == NULL ? 0 : lines_bytes(block->texts)) +
	       (block->bodies == NULL ? 0 : lines_bytes(block->bodies)) +
	       (block->layouts == NULL ? 0 : layouts_bytes(block->layouts)) +
	       (block->values == NULL ? 0 : block_values_bytes(block->values));
}

bool block_holds(struct str bytes) {
	struct checked *checked;
	if (checked_open(bytes, &checked) != ERR_OK) {
		return false;
	}
	bool holds = checked_holds(checked);
	checked_free(checked);
	return holds;
}
