/* Which words become slots. */
#include "codec/shapes_mine.h"

#include "tap.h"

/* The bits of each skeleton of a list that ends with NULL, of so many rows each. */
static uint32_t mine(const char *const *skeletons, uint64_t rows, struct mined *out) {
	uint32_t count = 0;
	for (; skeletons[count] != NULL; count++) {
		out[count] = (struct mined){.skeleton = str_from(skeletons[count]), .rows = rows};
	}
	return mine_words(out, count);
}

TEST(the_word_with_the_most_variants_is_the_slot) {
	static const char *const skeletons[] = {"a x 1", "a x 2", "a x 3", "a x 4", "a x 5",
	                                        "b x 1", "c x 1", "d x 1", NULL};
	struct mined mined[8];
	CHECK_EQ(mine(skeletons, 1, mined), 1 + 1);
	for (size_t i = 0; i < 5; i++) {
		CHECK_EQ(mined[i].wild & 4, 4);
	}
	CHECK_EQ(mined[5].wild, 1);
	CHECK_EQ(mined[5].wild, mined[7].wild);
}

TEST(words_join_slots_that_are_there) {
	/* Neither word of the last is seen elsewhere. */
	static const char *const skeletons[] = {"p a x", "p b x", "p c x", "p d x", "p a y", "p b y",
	                                        "p c y", "p d y", "p a z", "p b z", "p c z", "p d z",
	                                        "p a w", "p b w", "p c w", "p d w", "p e v", NULL};
	struct mined mined[17];
	CHECK_EQ(mine(skeletons, 1, mined), 1);
	CHECK_EQ(mined[0].wild, 6);
	CHECK_EQ(mined[16].wild, 6);
}

TEST(a_word_whose_variants_went_elsewhere_stays) {
	static const char *const skeletons[] = {"s a", "s b", "t b", "u b", "v b", "w b",
	                                        "s c", "t c", "u c", "v c", "w c", "s d",
	                                        "t d", "u d", "v d", "w d", NULL};
	struct mined mined[16];
	CHECK_EQ(mine(skeletons, 1, mined), 4);
	CHECK_EQ(mined[0].wild, 0);
	CHECK_EQ(mined[1].wild, 1);
}

TEST(words_with_values_join_but_do_not_make_a_slot) {
	static const char *const marked[] = {"u a\xff\x02", "u b\xff\x02", "u c\xff\x02", "u d\xff\x02",
	                                     NULL};
	static const char *const mixed[] = {"u a", "u b", "u c", "u d", "u e\xff\x02", NULL};
	struct mined mined[5];
	(void)mine(marked, 1, mined);
	CHECK_EQ(mined[0].wild, 0);
	(void)mine(mixed, 1, mined);
	CHECK_EQ(mined[4].wild, 2);
	(void)mine(mixed, 5000, mined); /* so often, it keeps its own shape */
	CHECK_EQ(mined[3].wild, 2);
	CHECK_EQ(mined[4].wild, 0);
}

TEST(very_many_skeletons_have_fewer_words_each) {
	CHECK(mine_words_max(1) > mine_words_max(1 << 16));
	CHECK_EQ(mine_words(NULL, 0), 0);
}
