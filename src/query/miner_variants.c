/* Other ways to write a line whose values vary: LOCAL(0) where others have an address, 5 bytes
 * where others have 4 KB, [] where others have [1, 2], 1 packet where others have 2 packets. A
 * shape that becomes a varying one by such a step is joined into it.
 */
#include "query/miner_merge.h"

/* A copy of a shape's tokens with [from, to) replaced by one value. */
static uint32_t find_with_value(struct miner *miner, const struct shape *shape, size_t from,
                                size_t to, bool space) {
	struct miner_token tokens[MINER_TOKENS_MAX];
	size_t count = shape->count - (to - from) + 1;
	if (count > MINER_TOKENS_MAX) {
		return SHAPE_NONE;
	}
	memcpy(tokens, shape->tokens, from * sizeof(*tokens));
	tokens[from] = miner_value(miner->seed, space);
	memcpy(tokens + from + 1, shape->tokens + to, (shape->count - to) * sizeof(*tokens));
	count = miner_fold(tokens, count);
	return merge_varying(miner, miner_sum(miner->seed, tokens, count));
}

static bool is_end_mark(const struct miner_token *token) {
	return miner_is_mark(token, ',') || miner_is_mark(token, ';') || miner_is_mark(token, ':') ||
	       miner_is_mark(token, '.');
}

/* A piece between blanks with a value inside. */
static uint32_t find_piece(struct miner *miner, const struct shape *shape, size_t from,
                           size_t *out_end) {
	size_t values = shape->tokens[from].kind == MINER_VALUE;
	size_t end = from + 1;
	for (; end < shape->count && !shape->tokens[end].space; end++) {
		values += shape->tokens[end].kind == MINER_VALUE;
	}
	*out_end = end;
	while (end > from + 1 && is_end_mark(&shape->tokens[end - 1])) {
		end--;
	}
	return values > 0 && end - from >= 2
	           ? find_with_value(miner, shape, from, end, shape->tokens[from].space)
	           : SHAPE_NONE;
}

static bool is_pair(const struct miner_token *open, const struct miner_token *close) {
	static const char pairs[][2] = {{'(', ')'}, {'[', ']'}, {'{', '}'}, {'"', '"'}, {'\'', '\''}};
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		if (miner_is_mark(open, pairs[i][0]) && miner_is_mark(close, pairs[i][1]) &&
		    !close->space) {
			return true;
		}
	}
	return false;
}

/* Behind a value a word in the singular (1 packet) is its plural; that shape need not vary. */
static uint32_t find_plural(struct miner *miner, const struct shape *shape, size_t i) {
	char text[32];
	const struct miner_token *token = &shape->tokens[i];
	if (token->kind != MINER_WORD || shape->tokens[i - 1].kind != MINER_VALUE || token->len < 3 ||
	    token->len >= sizeof(text)) {
		return SHAPE_NONE;
	}
	memcpy(text, token->text, token->len);
	text[token->len] = 's';
	struct miner_token plural =
	    miner_word(miner->seed, str_make(text, token->len + 1u), token->space);
	uint64_t hash =
	    shape->hash - miner_part(miner->seed, token, i) + miner_part(miner->seed, &plural, i);
	uint32_t number = shape_index_get(&miner->by_hash, hash);
	return number == SHAPE_NONE ? SHAPE_NONE : shape_root(miner, number);
}

/* The token at i and the one before it: a value with its unit, or brackets with nothing inside. */
static uint32_t find_at(struct miner *miner, const struct shape *shape, size_t i) {
	const struct miner_token *before = &shape->tokens[i - 1];
	const struct miner_token *token = &shape->tokens[i];
	if (before->kind == MINER_VALUE && miner_is_long_unit(token)) {
		return find_with_value(miner, shape, i - 1, i + 1, before->space);
	}
	return is_pair(before, token) ? find_with_value(miner, shape, i, i, false) : SHAPE_NONE;
}

uint32_t merge_find_variant(struct miner *miner, const struct shape *shape) {
	uint32_t found = SHAPE_NONE;
	size_t end;
	for (size_t from = 0; from < shape->count && found == SHAPE_NONE; from = end) {
		found = find_piece(miner, shape, from, &end);
	}
	for (size_t i = 1; i < shape->count && found == SHAPE_NONE; i++) {
		found = find_at(miner, shape, i);
		found = found == SHAPE_NONE ? find_plural(miner, shape, i) : found;
	}
	bool words = found != SHAPE_NONE && merge_words(&miner->shapes[found]) > 0;
	return words ? found : SHAPE_NONE;
}
