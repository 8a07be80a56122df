/* Shapes that differ in several places at once, where the words change together: all values of
 * key=value, all dotted names, any two words.
 */
#include "query/miner_merge.h"

#include <stdlib.h>

enum {
	SHAPES_MIN = 5,         /* that make the places values */
	SHAPES_MIN_FROM_TO = 3, /* from A to B */
	SHAPES_MIN_DOTTED = 2,
	WORDS_MIN = 3,       /* different ones in each place */
	WORDS_REST = 2,      /* that stay the same */
	PAIR_WORDS_MAX = 24, /* words of a line whose pairs are tried */
	PAIRS_MAX = 1 << 20, /* of all lines */
};

/* Places of a line as bits. */
struct places {
	uint64_t bits[(MINER_TOKENS_MAX + 63) / 64];
};

struct candidate {
	uint64_t hash; /* with values in these places */
	struct places places;
	uint32_t shape;
};

struct candidates {
	struct candidate *items;
	size_t count, cap;
};

static bool has(const struct places *places, size_t i) {
	return (places->bits[i / 64] >> (i % 64) & 1) != 0;
}

static void add(struct places *places, size_t i) {
	places->bits[i / 64] |= (uint64_t)1 << (i % 64);
}

static size_t count_places(const struct places *places) {
	size_t count = 0;
	for (size_t i = 0; i < ARRAY_LEN(places->bits); i++) {
		count += (size_t)__builtin_popcountll(places->bits[i]);
	}
	return count;
}

static void add_candidate(struct candidates *list, const struct miner *miner, uint32_t number,
                          const struct places *places) {
	const struct shape *shape = &miner->shapes[number];
	struct candidate candidate = {.hash = shape->hash, .places = *places, .shape = number};
	for (size_t i = 0; i < shape->count; i++) {
		candidate.hash += has(places, i) ? merge_hash_without(miner, shape, i) : 0;
	}
	if (list->count == list->cap) {
		list->cap = list->cap * 2 + 256;
		list->items = reallocarray(list->items, list->cap, sizeof(*list->items));
		ASSERT(list->items != NULL);
	}
	list->items[list->count++] = candidate;
}

/* key=VALUE and key="VALUE". */
static bool is_set(const struct shape *shape, size_t i) {
	return i > 0 && (miner_is_mark(&shape->tokens[i - 1], '=') ||
	                 (i > 1 && miner_is_mark(&shape->tokens[i - 1], '"') &&
	                  miner_is_mark(&shape->tokens[i - 2], '=')));
}

static void add_sets(struct candidates *list, const struct miner *miner, uint32_t number) {
	const struct shape *shape = &miner->shapes[number];
	struct places values = {0};
	struct places names = {0};
	for (size_t i = 0; i < shape->count; i++) {
		if (shape->tokens[i].kind == MINER_WORD && is_set(shape, i)) {
			add(&values, i);
		}
		if (miner_is_dotted(&shape->tokens[i])) {
			add(&names, i);
		}
	}
	if (count_places(&values) >= 2) {
		add_candidate(list, miner, number, &values);
	}
	if (count_places(&names) >= 2) {
		add_candidate(list, miner, number, &names);
	}
}

static void add_pairs(struct candidates *list, const struct miner *miner, uint32_t number,
                      size_t words_max) {
	const struct shape *shape = &miner->shapes[number];
	size_t words = merge_words(shape);
	bool all = words <= words_max && words >= WORDS_REST + 2;
	for (size_t a = 1; a < shape->count; a++) {
		for (size_t b = a + 1; shape->tokens[a].kind == MINER_WORD && b < shape->count; b++) {
			if (shape->tokens[b].kind == MINER_WORD &&
			    (all || miner_is_from_to(shape->tokens, a, b))) {
				struct places places = {0};
				add(&places, a);
				add(&places, b);
				add_candidate(list, miner, number, &places);
			}
		}
	}
}

/* The most words that a line may have so that there are at most PAIRS_MAX pairs. */
static size_t choose_words_max(const struct miner *miner) {
	size_t pairs[PAIR_WORDS_MAX + 1] = {0};
	size_t all = 0;
	size_t max = 0;
	for (size_t i = 0; i < miner->shapes_count; i++) {
		size_t words = miner->shapes[i].facts != NULL ? merge_words(&miner->shapes[i]) : 0;
		if (words <= PAIR_WORDS_MAX) {
			pairs[words] += words * words / 2;
		}
	}
	while (max < PAIR_WORDS_MAX && all + pairs[max + 1] <= PAIRS_MAX) {
		all += pairs[++max];
	}
	return max;
}

static int compare_places(const struct places *a, const struct places *b) {
	return memcmp(a->bits, b->bits, sizeof(a->bits));
}

static int by_hash(const void *a, const void *b) {
	const struct candidate *x = a;
	const struct candidate *y = b;
	if (x->hash != y->hash) {
		return x->hash < y->hash ? -1 : 1;
	}
	int order = compare_places(&x->places, &y->places);
	return order != 0 ? order : (x->shape > y->shape) - (x->shape < y->shape);
}

/* Whether there are at least `wanted` different words in this place, and few that are states. */
static bool varies_there(const struct miner *miner, const struct candidate *items, size_t count,
                         size_t place, bool *out_states) {
	uint64_t seen[WORDS_MIN];
	size_t different = 0;
	size_t states = 0;
	bool dotted = true;
	for (size_t i = 0; i < count; i++) {
		const struct miner_token *token = &miner->shapes[items[i].shape].tokens[place];
		bool known = false;
		for (size_t j = 0; j < different; j++) {
			known = known || seen[j] == token->hash;
		}
		if (!known && different < WORDS_MIN) {
			seen[different++] = token->hash;
		}
		states += miner_is_state(token);
		dotted = dotted && miner_is_dotted(token);
	}
	bool varies = different >= (dotted ? (size_t)SHAPES_MIN_DOTTED : (size_t)WORDS_MIN);
	*out_states = varies && states * 2 >= count;
	return varies;
}

/* The places of a group that become values; false: these are different patterns. */
static bool judge(const struct miner *miner, const struct candidate *items, size_t count,
                  struct places *out_places) {
	const struct shape *first = &miner->shapes[items->shape];
	size_t ends[2] = {0};
	size_t places = 0;
	bool dotted = true;
	*out_places = (struct places){0};
	for (size_t i = 0; i < first->count; i++) {
		if (has(&items->places, i)) {
			ends[MIN_OF(places, (size_t)1)] = i;
			places++;
			for (size_t j = 0; j < count; j++) {
				dotted = dotted && miner_is_dotted(&miner->shapes[items[j].shape].tokens[i]);
			}
		}
	}
	bool from_to = places == 2 && miner_is_from_to(first->tokens, ends[0], ends[1]);
	size_t needed = dotted    ? (size_t)SHAPES_MIN_DOTTED
	                : from_to ? (size_t)SHAPES_MIN_FROM_TO
	                          : (size_t)SHAPES_MIN;
	if (count < needed || merge_words(first) < places + 1) {
		return false;
	}
	for (size_t i = 0; i < first->count; i++) {
		bool states = false;
		if (has(&items->places, i) && varies_there(miner, items, count, i, &states)) {
			add(out_places, i);
		}
		if (states) {
			return false;
		}
	}
	return count_places(out_places) >= 2;
}

struct group {
	const struct candidate *items;
	size_t count;
	struct places places;
};

static int largest_first(const void *a, const void *b) {
	const struct group *x = a;
	const struct group *y = b;
	if (x->count != y->count) {
		return x->count > y->count ? -1 : 1;
	}
	uint32_t left = x->items->shape;
	uint32_t right = y->items->shape;
	return left != right ? (left < right ? -1 : 1)
	                     : compare_places(&x->items->places, &y->items->places);
}

static void make_values(struct miner *miner, const struct group *group) {
	for (size_t i = 0; i < group->count; i++) {
		struct shape *shape = &miner->shapes[group->items[i].shape];
		for (size_t j = 0; j < shape->count; j++) {
			if (has(&group->places, j)) {
				miner_vary(miner->seed, &shape->tokens[j]);
			}
		}
		shape->varies = true;
	}
	for (size_t i = 0; i < group->count; i++) {
		if (miner->shapes[group->items[i].shape].facts != NULL) {
			merge_changed(miner, group->items[i].shape);
		}
	}
}

/* Groups take their shapes, the largest first; a shape goes with one. */
static bool apply(struct miner *miner, struct group *groups, size_t count) {
	bool changed = false;
	bool *taken = calloc(miner->shapes_count + 1, sizeof(*taken));
	ASSERT(taken != NULL);
	qsort(groups, count, sizeof(*groups), largest_first);
	for (size_t i = 0; i < count; i++) {
		bool free_of = true;
		for (size_t j = 0; j < groups[i].count; j++) {
			free_of = free_of && !taken[groups[i].items[j].shape];
		}
		for (size_t j = 0; free_of && j < groups[i].count; j++) {
			taken[groups[i].items[j].shape] = true;
		}
		if (free_of) {
			make_values(miner, &groups[i]);
			changed = true;
		}
	}
	free(taken);
	return changed;
}

/* Sorts, and keeps one of equal ones: a set of two places is also a pair. */
static void sort_candidates(struct candidates *list) {
	size_t kept = 1;
	qsort(list->items, list->count, sizeof(*list->items), by_hash);
	for (size_t i = 1; i < list->count; i++) {
		if (by_hash(&list->items[i], &list->items[kept - 1]) != 0) {
			list->items[kept++] = list->items[i];
		}
	}
	list->count = kept;
}

bool merge_sets(struct miner *miner) {
	struct candidates list = {0};
	size_t words_max = choose_words_max(miner);
	for (uint32_t i = 0; i < miner->shapes_count; i++) {
		if (miner->shapes[i].facts != NULL) {
			add_sets(&list, miner, i);
			add_pairs(&list, miner, i, words_max);
		}
	}
	if (list.count == 0) {
		return false;
	}
	sort_candidates(&list);
	struct group *groups = calloc(list.count / 2 + 1, sizeof(*groups));
	ASSERT(groups != NULL);
	size_t count = 0;
	for (size_t i = 0, end; i < list.count; i = end) {
		for (end = i + 1; end < list.count && list.items[end].hash == list.items[i].hash &&
		                  compare_places(&list.items[end].places, &list.items[i].places) == 0;
		     end++) {
		}
		struct group group = {.items = &list.items[i], .count = end - i};
		if (group.count > 1 && judge(miner, group.items, group.count, &group.places)) {
			groups[count++] = group;
		}
	}
	bool changed = count > 0 && apply(miner, groups, count);
	free(groups);
	free(list.items);
	return changed;
}
