/* Mining by leaving words out. In each round every pattern (at first: skeleton) looks, for each of
 * its words, how many others are equal but for this word, and the word with the most variants
 * becomes a slot. Patterns that are equal now are one in the next round. When nothing is left to do
 * so, rare patterns do the same once with each two of their words. Equality is equality of sums of
 * hashes: who builds shapes from the result compares texts, so that an accident costs a shape and
 * no bytes.
 */
#include "codec/shapes_mine.h"

#include "codec/shapes_words.h"

enum {
	VARIANTS_LEAST = 4, /* different words that make a slot */
	PAIRS_LEAST = 8,    /* different pairs of words that make two slots */
	KEYS_LEAST = 64,    /* of either in JSON, where words are keys */
	ROUNDS_MAX = 8,
	WORDS_MANY = 16, /* words of a skeleton when there are very many */
	SKELETONS_MANY = 16384,
	ROWS_OWN = 1024,         /* a word with values and so many rows keeps its typed columns */
	ROWS_RARE = 16,          /* patterns with more rows are no part of pairs */
	PAIR_WORDS = 12,         /* words of which pairs are made */
	PAIRS_ALL_MAX = 1 << 18, /* of all patterns together */
	CHOICES_MAX = WORDS_MAX + PAIR_WORDS * PAIR_WORDS,
};

struct pattern {
	uint64_t hash;
	uint64_t wild;  /* words that are slots; bit i is word i, as everywhere here */
	uint64_t plain; /* words without marks */
	uint64_t rows;
	uint64_t choice;        /* the words that become slots in this round; none: 0 */
	uint32_t changes_first; /* in miner.changes */
	uint32_t words;
	uint32_t least;  /* variants that make a slot */
	uint32_t merged; /* the pattern that it has become part of, or itself */
};

/* How often a pattern with some words left out occurs. */
struct group {
	uint64_t key;
	uint32_t plain;  /* variants without marks */
	uint32_t chosen; /* variants for which this is the best group */
	uint32_t first;  /* of these: pattern + 1 */
};

struct miner {
	struct pattern *patterns;
	uint32_t count;
	uint64_t *changes; /* of the hash when a word is left out */
	struct group *groups;
	size_t groups_mask, groups_cap;
	uint32_t pair_words; /* 0: words are left out one by one */
};

static void *allocate(size_t count, size_t size) {
	void *memory = calloc(count > 0 ? count : 1, size);
	ASSERT(memory != NULL);
	return memory;
}

uint32_t mine_words_max(uint32_t count) {
	return count > SKELETONS_MANY ? WORDS_MANY : WORDS_MAX;
}

/* All words of all skeletons. */
static void miner_fill(struct miner *miner, const struct mined *skeletons) {
	uint32_t max = mine_words_max(miner->count);
	struct word words[WORDS_MAX];
	size_t cap = (size_t)miner->count * 8 + WORDS_MAX;
	uint32_t used = 0;
	miner->changes = allocate(cap, sizeof(*miner->changes));
	for (uint32_t i = 0; i < miner->count; i++) {
		struct pattern *pattern = &miner->patterns[i];
		struct str skeleton = skeletons[i].skeleton;
		bool json = skeleton.len > 0 && skeleton.ptr[0] == '{';
		*pattern = (struct pattern){.rows = skeletons[i].rows, .merged = i, .changes_first = used};
		pattern->least = json ? KEYS_LEAST : VARIANTS_LEAST;
		pattern->words = words_find(skeleton, max, words, &pattern->hash);
		if (used + pattern->words > cap) {
			cap *= 2;
			miner->changes = reallocarray(miner->changes, cap, sizeof(*miner->changes));
			ASSERT(miner->changes != NULL);
		}
		for (uint32_t word = 0; word < pattern->words; word++) {
			miner->changes[used++] = words[word].wild - words[word].hash;
			pattern->plain |= (uint64_t)words[word].plain << word;
		}
	}
}

static void miner_deinit(struct miner *miner) {
	free(miner->patterns);
	free(miner->changes);
	free(miner->groups);
}

/* A pattern that takes part in this round. */
static bool is_active(const struct miner *miner, uint32_t i) {
	const struct pattern *pattern = &miner->patterns[i];
	return pattern->merged == i && (miner->pair_words == 0 || pattern->rows <= ROWS_RARE);
}

/* What may be left out of a pattern in this round: words, or pairs. How many. */
static uint32_t choices_of(const struct miner *miner, const struct pattern *pattern,
                           uint64_t *out_choices) {
	uint32_t count = 0;
	uint64_t words[WORDS_MAX];
	uint32_t words_count = 0;
	uint32_t words_max = miner->pair_words == 0 ? WORDS_MAX : miner->pair_words;
	for (uint32_t word = 0; word < pattern->words && words_count < words_max; word++) {
		uint64_t bit = (uint64_t)1 << word;
		if ((pattern->wild & bit) == 0) {
			words[words_count++] = bit;
		}
	}
	for (uint32_t a = 0; a < words_count; a++) {
		if (miner->pair_words == 0) {
			out_choices[count++] = words[a];
		}
		for (uint32_t b = a + 1; b < words_count && miner->pair_words > 0; b++) {
			out_choices[count++] = words[a] | words[b];
		}
	}
	return count;
}

/* The group of a key, made when it is not there. */
static struct group *group_of(struct miner *miner, uint64_t key) {
	size_t at = (key ^ key >> 29) & miner->groups_mask;
	key |= key == 0; /* 0 means empty */
	while (miner->groups[at].key != 0 && miner->groups[at].key != key) {
		at = (at + 1) & miner->groups_mask;
	}
	miner->groups[at].key = key;
	return &miner->groups[at];
}

/* An empty table that stays half empty when every choice of every pattern has a group. */
static void groups_begin(struct miner *miner) {
	uint64_t choices[CHOICES_MAX];
	size_t entries = 0;
	for (uint32_t i = 0; i < miner->count; i++) {
		entries += miner->patterns[i].wild != 0;
		entries += is_active(miner, i) ? choices_of(miner, &miner->patterns[i], choices) : 0;
	}
	size_t size = 64;
	while (size < entries * 2) {
		size *= 2;
	}
	if (size > miner->groups_cap) {
		free(miner->groups);
		miner->groups = reallocarray(NULL, size, sizeof(*miner->groups));
		ASSERT(miner->groups != NULL);
		miner->groups_cap = size;
	}
	/* Written before it is read: memory that is read first costs a fault more. */
	memset(miner->groups, 0, size * sizeof(*miner->groups));
	miner->groups_mask = size - 1;
}

/* The hash of a pattern with a choice of words left out. */
static uint64_t key_without(const struct miner *miner, const struct pattern *pattern,
                            uint64_t choice) {
	uint64_t key = pattern->hash;
	for (; choice != 0; choice &= choice - 1) {
		key += miner->changes[pattern->changes_first + (uint32_t)__builtin_ctzll(choice)];
	}
	return key;
}

static void count_groups(struct miner *miner) {
	uint64_t choices[CHOICES_MAX];
	groups_begin(miner);
	for (uint32_t i = 0; i < miner->count; i++) {
		const struct pattern *pattern = &miner->patterns[i];
		if (pattern->merged == i && pattern->wild != 0) { /* a slot already: who fits may join */
			group_of(miner, pattern->hash)->plain += KEYS_LEAST;
		}
		uint32_t count = is_active(miner, i) ? choices_of(miner, pattern, choices) : 0;
		for (uint32_t k = 0; k < count; k++) {
			group_of(miner, key_without(miner, pattern, choices[k]))->plain +=
			    (choices[k] & ~pattern->plain) == 0;
		}
	}
}

/* The choice of a pattern with the most variants, if they are enough. */
static uint64_t choose(struct miner *miner, const struct pattern *pattern) {
	uint64_t choices[CHOICES_MAX];
	uint64_t best = 0;
	uint32_t least = miner->pair_words == 0 ? pattern->least : MAX_OF(pattern->least, PAIRS_LEAST);
	uint32_t most = least - 1;
	uint32_t count = choices_of(miner, pattern, choices);
	for (uint32_t k = 0; k < count; k++) {
		if (pattern->rows >= ROWS_OWN && (choices[k] & ~pattern->plain) != 0) {
			continue;
		}
		uint32_t plain = group_of(miner, key_without(miner, pattern, choices[k]))->plain;
		if (plain > most) {
			most = plain;
			best = choices[k];
		}
	}
	return best;
}

/* What pattern i has become part of. */
static uint32_t root_of(const struct miner *miner, uint32_t i) {
	while (miner->patterns[i].merged != i) {
		i = miner->patterns[i].merged;
	}
	return i;
}

/* Every pattern chooses; patterns with slots stand for their groups. */
static void choose_all(struct miner *miner) {
	for (uint32_t i = 0; i < miner->count; i++) {
		struct pattern *pattern = &miner->patterns[i];
		pattern->choice = is_active(miner, i) ? choose(miner, pattern) : 0;
		if (pattern->choice != 0) {
			group_of(miner, key_without(miner, pattern, pattern->choice))->chosen++;
		}
		if (pattern->merged == i && pattern->wild != 0) {
			struct group *group = group_of(miner, pattern->hash);
			group->chosen++;
			group->first = group->first == 0 ? i + 1 : group->first;
		}
	}
}

/* Makes the chosen words of pattern i slots. False: it is alone with that, the others of its group
 * went elsewhere. */
static bool merge(struct miner *miner, uint32_t i) {
	struct pattern *pattern = &miner->patterns[i];
	uint64_t key = key_without(miner, pattern, pattern->choice);
	struct group *group = group_of(miner, key);
	if (group->chosen < 2) {
		return false;
	}
	uint32_t root = group->first == 0 ? i : root_of(miner, group->first - 1);
	pattern->wild |= pattern->choice;
	if (root == i) {
		group->first = i + 1;
		pattern->hash = key;
	} else {
		miner->patterns[root].rows += pattern->rows;
		pattern->merged = root;
	}
	return true;
}

/* One round. False: nothing became a slot. */
static bool mine_round(struct miner *miner) {
	bool changed = false;
	count_groups(miner);
	choose_all(miner);
	for (uint32_t i = 0; i < miner->count; i++) {
		if (miner->patterns[i].merged == i && miner->patterns[i].choice != 0) {
			changed |= merge(miner, i);
		}
	}
	return changed;
}

/* As many words of each rare pattern as their pairs may be in all. */
static uint32_t pair_words(const struct miner *miner) {
	uint32_t words = PAIR_WORDS;
	size_t rare = 0;
	for (uint32_t i = 0; i < miner->count; i++) {
		const struct pattern *pattern = &miner->patterns[i];
		rare += pattern->merged == i && pattern->rows <= ROWS_RARE;
	}
	while (words > 2 && rare * words * (words - 1) / 2 > PAIRS_ALL_MAX) {
		words--;
	}
	return words;
}

uint32_t mine_words(struct mined *skeletons, uint32_t count) {
	struct miner miner = {.count = count};
	bool paired = false;
	miner.patterns = allocate(count, sizeof(*miner.patterns));
	miner_fill(&miner, skeletons);
	for (unsigned round = 0; round < ROUNDS_MAX; round++) {
		if (!mine_round(&miner)) {
			if (paired) {
				break;
			}
			paired = true;
			miner.pair_words = pair_words(&miner);
			(void)mine_round(&miner);
			miner.pair_words = 0;
		}
	}
	uint32_t left = 0;
	for (uint32_t i = 0; i < count; i++) {
		left += miner.patterns[i].merged == i;
		skeletons[i].wild = miner.patterns[i].wild | miner.patterns[root_of(&miner, i)].wild;
	}
	miner_deinit(&miner);
	return left;
}
