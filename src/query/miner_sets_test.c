/* Lines that differ in several places at once. */
#include "query/miner.h"

#include "tap.h"

#include "query/miner_sample.h"

TEST(values_of_keys_change_together) {
	CHECK_PATTERNS("take lock tag=red owner=ann mode=fast\ntake lock tag=blue owner=bob mode=fast\n"
	               "take lock tag=green owner=joe mode=fast\n"
	               "take lock tag=black owner=kim mode=fast\n"
	               "take lock tag=white owner=lee mode=fast\n",
	               "5 take lock tag=<*> owner=<*> mode=fast\n");
	CHECK_PATTERNS("take lock tag=red owner=ann\ntake lock tag=blue owner=bob\n"
	               "take lock tag=green owner=joe\ntake lock tag=black owner=kim\n",
	               "1 take lock tag=red owner=ann\n1 take lock tag=blue owner=bob\n"
	               "1 take lock tag=green owner=joe\n1 take lock tag=black owner=kim\n");
}

TEST(two_words_change_together) {
	CHECK_PATTERNS("move red box into hall a today\nmove blue box into yard a today\n"
	               "move green box into room a today\nmove black box into cave a today\n"
	               "move white box into shed a today\n",
	               "5 move <*> box into <*> a today\n");
	/* Too little would stay. */
	CHECK_PATTERNS("w red hall\nw blue yard\nw green room\nw black cave\nw white shed\n",
	               "1 w red hall\n1 w blue yard\n1 w green room\n1 w black cave\n1 w white shed\n");
}

TEST(from_one_state_to_another) {
	CHECK_PATTERNS("job went from NEW to READY now\njob went from READY to BUSY now\n"
	               "job went from BUSY to DONE now\n",
	               "3 job went from <*> to <*> now\n");
	CHECK_PATTERNS("job went from NEW to READY now\njob went from READY to BUSY now\n",
	               "1 job went from NEW to READY now\n1 job went from READY to BUSY now\n");
}

TEST(dotted_names_change_together) {
	CHECK_PATTERNS("register a.b.C for d.e.F\nregister a.b.G for d.e.H\n",
	               "2 register <*> for <*>\n");
	/* Some word must stay. */
	CHECK_PATTERNS("a.b.C, d.e.F\na.b.G, d.e.H\n", "1 a.b.C, d.e.F\n1 a.b.G, d.e.H\n");
}

TEST(pairs_of_what_happened_are_apart) {
	CHECK_PATTERNS("unit red was started by hand now\nunit blue was stopped by hand now\n"
	               "unit green was paused by hand now\nunit black was resumed by hand now\n"
	               "unit white was reloaded by hand now\n",
	               "1 unit red was started by hand now\n1 unit blue was stopped by hand now\n"
	               "1 unit green was paused by hand now\n1 unit black was resumed by hand now\n"
	               "1 unit white was reloaded by hand now\n");
}

/* So many words that pairs of all would be too many: it ends, and soon. */
TEST(many_long_lines_are_no_trouble) {
	CLEANUP(buf_deinit) struct buf line = {0};
	struct miner *miner = miner_new(SAMPLE_SEED);
	for (size_t i = 0; i < 4000; i++) {
		buf_clear(&line);
		for (size_t j = 0; j < 20; j++) {
			uint64_t word = tap_random();
			buf_printf(&line, "%c%c%c ", (char)('g' + word % 16), (char)('g' + (word >> 8) % 16),
			           (char)('g' + (word >> 16) % 16));
		}
		sample_add(miner, buf_str(&line));
	}
	miner_end(miner);
	uint64_t sum = 0;
	for (size_t i = 0; i < miner_count(miner); i++) {
		sum += miner_get(miner, i)->count;
	}
	CHECK_EQ(sum, 4000);
	miner_free(miner);
}
