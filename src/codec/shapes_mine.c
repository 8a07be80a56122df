/* Mining by leaving words out. In each round every pattern (at first: skeleton) looks, for each of
 * its words, how many others are equal but for this word, and the word with the most variants
 * becomes a slot. Patterns that are equal now are one in the next round. Equality is equality of
 * sums of hashes: who builds shapes from the result compares texts, so that an accident costs a
 * shape and no bytes.
 */
#include "codec/shapes_mine.h"

#include "codec/shapes_words.h"

enum {
	VARIANTS_LEAST = 4, /* different words that make a slot */
	KEYS_LEAST = 64,    /* the same in JSON, where words are keys */
	ROUNDS_MAX = 8,
	WORDS_MANY = 16, /* words of a skeleton when there are very many */
	SKELETONS_MANY = 16384,
	ROWS_OWN = 1024, /* a word with values and so many rows keeps its typed columns */
};

struct pattern {
	uint64_t hash;
	uint64_t wild;
	uint64_t rows;
	uint32_t words_first; /* in miner.words */
	uint32_t words;
	uint32_t least;  /* variants that make a slot */
	uint32_t merged; /* the pattern that it has become part of, or itself */
	int32_t choice;  /* the word that becomes a slot in this round, or -1 */
};

/* How often a pattern with one word left out occurs. */
struct group {
	uint64_t key;
	uint32_t plain;  /* variants without marks */
	uint32_t chosen; /* variants for which this is the best group */
	uint32_t first;  /* of these: pattern + 1 */
};

struct miner {
	struct pattern *patterns;
	uint32_t count;
	struct word *words;
	struct group *groups;
	size_t groups_mask;
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
	miner->words = allocate(cap, sizeof(*miner->words));
	for (uint32_t i = 0; i < miner->count; i++) {
		struct pattern *pattern = &miner->patterns[i];
		struct str skeleton = skeletons[i].skeleton;
		pattern->words = words_find(skeleton, max, words, &pattern->hash);
		pattern->rows = skeletons[i].rows;
		pattern->words_first = used;
		pattern->merged = i;
		pattern->least = skeleton.len > 0 && skeleton.ptr[0] == '{' ? KEYS_LEAST : VARIANTS_LEAST;
		if (used + pattern->words > cap) {
			cap = cap * 2;
			miner->words = reallocarray(miner->words, cap, sizeof(*miner->words));
			ASSERT(miner->words != NULL);
		}
		memcpy(miner->words + used, words, pattern->words * sizeof(*words));
		used += pattern->words;
	}
}

static void miner_deinit(struct miner *miner) {
	free(miner->patterns);
	free(miner->words);
	free(miner->groups);
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

/* An empty table that stays half empty when every word of every pattern has a group. */
static void groups_begin(struct miner *miner) {
	size_t entries = 0;
	for (uint32_t i = 0; i < miner->count; i++) {
		entries += miner->patterns[i].merged == i ? miner->patterns[i].words + 1 : 0;
	}
	size_t size = 64;
	while (size < entries * 2) {
		size *= 2;
	}
	free(miner->groups);
	miner->groups = allocate(size, sizeof(*miner->groups));
	miner->groups_mask = size - 1;
}

static bool is_wild(const struct pattern *pattern, uint32_t word) {
	return (pattern->wild >> word & 1) != 0;
}

static uint64_t key_without(const struct miner *miner, const struct pattern *pattern, uint32_t i) {
	const struct word *word = &miner->words[pattern->words_first + i];
	return pattern->hash - word->hash + word->wild;
}

static void count_groups(struct miner *miner) {
	groups_begin(miner);
	for (uint32_t i = 0; i < miner->count; i++) {
		const struct pattern *pattern = &miner->patterns[i];
		if (pattern->merged != i) {
			continue;
		}
		if (pattern->wild != 0) { /* it is a slot already: whoever fits may join */
			group_of(miner, pattern->hash)->plain += pattern->least;
		}
		for (uint32_t word = 0; word < pattern->words; word++) {
			if (!is_wild(pattern, word)) {
				group_of(miner, key_without(miner, pattern, word))->plain +=
				    miner->words[pattern->words_first + word].plain;
			}
		}
	}
}

/* The word of a pattern with the most variants, if they are enough. */
static int32_t choose(struct miner *miner, const struct pattern *pattern) {
	int32_t best = -1;
	uint32_t most = pattern->least - 1;
	for (uint32_t word = 0; word < pattern->words; word++) {
		bool keeps = pattern->rows >= ROWS_OWN && !miner->words[pattern->words_first + word].plain;
		if (is_wild(pattern, word) || keeps) {
			continue;
		}
		uint32_t plain = group_of(miner, key_without(miner, pattern, word))->plain;
		if (plain > most) {
			most = plain;
			best = (int32_t)word;
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
		if (pattern->merged != i) {
			continue;
		}
		pattern->choice = choose(miner, pattern);
		if (pattern->choice >= 0) {
			group_of(miner, key_without(miner, pattern, (uint32_t)pattern->choice))->chosen++;
		}
		if (pattern->wild != 0) {
			struct group *group = group_of(miner, pattern->hash);
			group->chosen++;
			group->first = group->first == 0 ? i + 1 : group->first;
		}
	}
}

/* Makes the chosen word of pattern i a slot. False: it is alone with that, the others of its group
 * went elsewhere. */
static bool merge(struct miner *miner, uint32_t i) {
	struct pattern *pattern = &miner->patterns[i];
	uint32_t word = (uint32_t)pattern->choice;
	uint64_t key = key_without(miner, pattern, word);
	struct group *group = group_of(miner, key);
	if (group->chosen < 2) {
		return false;
	}
	uint32_t root = group->first == 0 ? i : root_of(miner, group->first - 1);
	pattern->wild |= (uint64_t)1 << word;
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
		if (miner->patterns[i].merged == i && miner->patterns[i].choice >= 0) {
			changed |= merge(miner, i);
		}
	}
	return changed;
}

uint32_t mine_words(struct mined *skeletons, uint32_t count) {
	struct miner miner = {.count = count};
	miner.patterns = allocate(count, sizeof(*miner.patterns));
	miner_fill(&miner, skeletons);
	for (unsigned round = 0; round < ROUNDS_MAX && mine_round(&miner); round++) {
	}
	uint32_t left = 0;
	for (uint32_t i = 0; i < count; i++) {
		left += miner.patterns[i].merged == i;
		skeletons[i].wild = miner.patterns[i].wild | miner.patterns[root_of(&miner, i)].wild;
	}
	miner_deinit(&miner);
	return left;
}
