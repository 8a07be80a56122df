/* Grouping of shapes: what differs in one place where many words were seen is one pattern with a
 * value there; then the same for several places at once. Rounds until nothing changes. The result
 * does not depend on the order of shapes but where two ways are equally good.
 */
#include "query/miner_merge.h"

#include <stdlib.h>

/* docs/patterns.md tells why; the scores do not change between 4 and 8. */
enum {
	WORDS_MIN = 5,        /* different words in one place that make it a value */
	WORDS_MIN_FIRST = 10, /* in the first place of a line, which mostly says what it is about */
	WORDS_MIN_STATE = 15, /* where most are participles and the like */
	WORDS_MIN_NAMED = 2,  /* behind "user" */
	WORDS_MIN_DOTTED = 2, /* com.example.thing */
	MIXED_LINES = 4,      /* lines for each text of a mixed token that is to count as a word */
	ROUNDS_MAX = 16,
};

/* ---- mixed tokens ---- */

static struct head_place *place_of(struct miner *miner, const struct shape *shape, size_t position,
                                   uint64_t *out_change) {
	if (shape->head == SHAPE_NONE) {
		return NULL;
	}
	struct head *head = &miner->heads[shape->head];
	*out_change = miner_part_as_word(&shape->tokens[position], position) -
	              miner_part(miner->seed, &shape->tokens[position], position);
	for (uint32_t i = 0; i < head->places_count; i++) {
		if (head->places[i].position == position) {
			return &head->places[i];
		}
	}
	return NULL;
}

static void count_mixed(struct miner *miner, const struct shape *shape) {
	for (size_t i = 0; i < shape->count; i++) {
		uint64_t change;
		struct head_place *place =
		    shape->tokens[i].kind == MINER_MIXED ? place_of(miner, shape, i, &change) : NULL;
		for (uint32_t j = 0; place != NULL && j < MIN_OF(place->texts, (uint32_t)HEAD_TEXTS); j++) {
			if (place->changes[j] == change) {
				place->lines[j] += shape->facts->count;
			}
		}
	}
}

/* Few texts that come again and again are words. */
static bool is_steady(const struct head_place *place) {
	uint64_t lines = 0;
	if (place == NULL || place->texts > HEAD_TEXTS) {
		return false;
	}
	for (uint32_t i = 0; i < place->texts; i++) {
		lines += place->lines[i];
	}
	return lines >= (uint64_t)MIXED_LINES * place->texts;
}

/* Texts that are words in some place: where such a one is the only one that was seen, it is a word
 * there, too, however few the lines are (ssh2 at the end of a rare line). */
static void note_steady(struct miner *miner, const struct shape *shape, struct shape_index *texts) {
	uint64_t change;
	for (size_t i = 0; i < shape->count; i++) {
		if (shape->tokens[i].kind == MINER_MIXED && is_steady(place_of(miner, shape, i, &change))) {
			shape_index_put(texts, shape->tokens[i].hash, 0);
		}
	}
}

static void settle_shape(struct miner *miner, struct shape *shape,
                         const struct shape_index *texts) {
	uint64_t change;
	for (size_t i = 0; i < shape->count; i++) {
		struct miner_token *token = &shape->tokens[i];
		if (token->kind != MINER_MIXED) {
			continue;
		}
		const struct head_place *place = place_of(miner, shape, i, &change);
		bool known =
		    place != NULL && place->texts == 1 && shape_index_get(texts, token->hash) != SHAPE_NONE;
		if (known || is_steady(place)) {
			token->kind = MINER_WORD; /* hashed as one already */
		} else {
			miner_vary(miner->seed, token);
		}
	}
	shape->head = SHAPE_NONE;
}

static void settle_mixed(struct miner *miner) {
	struct shape_index texts = {0};
	for (size_t i = 0; i < miner->heads_count; i++) {
		for (size_t j = 0; j < miner->heads[i].places_count; j++) {
			memset(miner->heads[i].places[j].lines, 0, sizeof(miner->heads[i].places[j].lines));
		}
	}
	for (size_t i = 0; i < miner->shapes_count; i++) {
		if (miner->shapes[i].facts != NULL) {
			count_mixed(miner, &miner->shapes[i]);
		}
	}
	for (size_t i = 0; i < miner->shapes_count; i++) {
		if (miner->shapes[i].facts != NULL) {
			note_steady(miner, &miner->shapes[i], &texts);
		}
	}
	for (uint32_t i = 0; i < miner->shapes_count; i++) {
		if (miner->shapes[i].facts != NULL && miner->shapes[i].head != SHAPE_NONE) {
			settle_shape(miner, &miner->shapes[i], &texts);
			merge_changed(miner, i);
		}
	}
	shape_index_deinit(&texts);
}

/* ---- one place ---- */

void merge_changed(struct miner *miner, uint32_t number) {
	struct shape *shape = &miner->shapes[number];
	shape->count = (uint16_t)miner_fold(shape->tokens, shape->count);
	shape->hash = miner_sum(miner->seed, shape->tokens, shape->count);
	uint32_t same = shape_index_get(&miner->by_hash, shape->hash);
	if (same == SHAPE_NONE) {
		shape_index_put(&miner->by_hash, shape->hash, number);
		return;
	}
	same = shape_root(miner, same);
	if (same != number) {
		miner->shapes[same].varies = miner->shapes[same].varies || shape->varies;
		shape_join(miner, number, same);
	}
}

/* A shape with one word taken out. */
struct blank {
	uint64_t hash; /* with a value in its place */
	uint32_t shape;
	uint32_t place;
};

static int by_hash(const void *a, const void *b) {
	const struct blank *x = a;
	const struct blank *y = b;
	if (x->hash != y->hash) {
		return x->hash < y->hash ? -1 : 1;
	}
	return x->place != y->place ? (x->place < y->place ? -1 : 1)
	                            : (x->shape > y->shape) - (x->shape < y->shape);
}

uint64_t merge_hash_without(const struct miner *miner, const struct shape *shape, size_t place) {
	struct miner_token value = miner_value(miner->seed, false);
	return miner_part(miner->seed, &value, place) -
	       miner_part(miner->seed, &shape->tokens[place], place);
}

size_t merge_words(const struct shape *shape) {
	size_t words = 0;
	for (size_t i = 0; i < shape->count; i++) {
		words += shape->tokens[i].kind == MINER_WORD;
	}
	return words;
}

static struct blank *make_blanks(const struct miner *miner, size_t *out_count) {
	size_t count = 0;
	for (size_t i = 0; i < miner->shapes_count; i++) {
		count += miner->shapes[i].facts != NULL ? merge_words(&miner->shapes[i]) : 0;
	}
	struct blank *blanks = malloc((count + 1) * sizeof(*blanks));
	ASSERT(blanks != NULL);
	*out_count = 0;
	for (uint32_t i = 0; i < miner->shapes_count; i++) {
		const struct shape *shape = &miner->shapes[i];
		for (uint32_t j = 0; shape->facts != NULL && j < shape->count; j++) {
			if (shape->tokens[j].kind == MINER_WORD) {
				blanks[(*out_count)++] =
				    (struct blank){.hash = shape->hash + merge_hash_without(miner, shape, j),
				                   .shape = i,
				                   .place = j};
			}
		}
	}
	qsort(blanks, *out_count, sizeof(*blanks), by_hash);
	return blanks;
}

uint32_t merge_varying(struct miner *miner, uint64_t hash) {
	uint32_t number = shape_index_get(&miner->by_hash, hash);
	if (number == SHAPE_NONE) {
		return SHAPE_NONE;
	}
	number = shape_root(miner, number);
	return miner->shapes[number].facts->raws_count == SHAPE_RAWS ? number : SHAPE_NONE;
}

/* How good it is to put a value where these shapes differ; 0: they are different patterns. */
static size_t judge(struct miner *miner, const struct blank *blanks, size_t count) {
	enum { BONUS = 1 << 20 }; /* the value is there already */
	const struct shape *first = &miner->shapes[blanks->shape];
	size_t place = blanks->place;
	size_t rest = merge_words(first) - 1;
	size_t states = 0;
	size_t dotted = 0;
	if (rest == 0) {
		return 0;
	}
	if (merge_varying(miner, blanks->hash) != SHAPE_NONE) {
		return count + BONUS;
	}
	for (size_t i = 0; i < count; i++) {
		const struct miner_token *token = &miner->shapes[blanks[i].shape].tokens[place];
		states += miner_is_state(token);
		dotted += miner_is_dotted(token);
	}
	size_t needed = WORDS_MIN;
	if (dotted == count) {
		needed = WORDS_MIN_DOTTED;
	} else if (states * 2 >= count) {
		needed = WORDS_MIN_STATE;
	} else if (place == 0) {
		needed = rest >= 2 ? WORDS_MIN_FIRST : SIZE_MAX;
	} else if (miner_is_named(first->tokens, first->count, place)) {
		needed = WORDS_MIN_NAMED;
	}
	return count >= needed ? count : 0;
}

/* Of each shape the best place for a value. */
struct choice {
	size_t score;
	uint32_t place;
};

static void choose(struct miner *miner, struct choice *choices) {
	size_t count;
	struct blank *blanks = make_blanks(miner, &count);
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && blanks[end].hash == blanks[i].hash &&
		                  blanks[end].place == blanks[i].place;
		     end++) {
		}
		size_t score = judge(miner, &blanks[i], end - i);
		for (size_t j = i; j < end; j++) {
			struct choice *choice = &choices[blanks[j].shape];
			if (score > choice->score ||
			    (score == choice->score && score > 0 && blanks[j].place < choice->place)) {
				*choice = (struct choice){.score = score, .place = blanks[j].place};
			}
		}
	}
	free(blanks);
}

static bool merge_places(struct miner *miner) {
	bool changed = false;
	size_t count = miner->shapes_count;
	struct choice *choices = calloc(count + 1, sizeof(*choices));
	ASSERT(choices != NULL);
	choose(miner, choices);
	for (uint32_t i = 0; i < count; i++) {
		struct shape *shape = &miner->shapes[i];
		if (shape->facts != NULL && choices[i].score > 0) {
			struct miner_token *token = &shape->tokens[choices[i].place];
			miner_vary(miner->seed, token);
			shape->varies = true;
			merge_changed(miner, i);
			changed = true;
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		uint32_t other = miner->shapes[i].facts != NULL && choices[i].score == 0
		                     ? merge_find_variant(miner, &miner->shapes[i])
		                     : SHAPE_NONE;
		if (other != SHAPE_NONE && other != i) {
			shape_join(miner, i, other);
			changed = true;
		}
	}
	free(choices);
	return changed;
}

void miner_merge(struct miner *miner) {
	settle_mixed(miner);
	for (size_t i = 0; i < ROUNDS_MAX; i++) {
		if (!merge_places(miner) && !merge_sets(miner)) {
			break;
		}
	}
	miner->merged = true;
}
