/* Counting, finding again, ids, limits. */
#include "query/miner.h"

#include "base/limits.h"
#include "query/miner_scan.h"
#include "tap.h"

#include "query/miner_sample.h"

static void add(struct miner *miner, const char *text, int64_t time_ns, const char *host) {
	struct miner_line line = {.text = {.text = str_from(text)},
	                          .example = str_from(text),
	                          .time_ns = time_ns,
	                          .host = str_from(host)};
	struct miner_key key;
	miner_read(SAMPLE_SEED, &line.text, &key);
	miner_add(miner, &key, &line);
}

TEST(a_pattern_has_its_count_times_hosts_and_first_line) {
	struct miner *miner = miner_new(SAMPLE_SEED);
	add(miner, "door 5 opened", 50, "a");
	add(miner, "other", INSTANT_MIN, "");
	add(miner, "door 3 opened", 30, "b");
	add(miner, "door 7 opened", 70, "a");
	add(miner, "door 8 opened", INSTANT_MIN, "");
	miner_end(miner);
	REQUIRE(miner_count(miner) == 2);
	const struct miner_pattern *door = miner_get(miner, 0);
	CHECK_STR(door->text, "door <*> opened");
	CHECK_STR(door->example, "door 5 opened");
	CHECK_EQ(door->count, 4);
	CHECK_EQ(door->first_ns, 30);
	CHECK_EQ(door->last_ns, 70);
	CHECK_EQ(door->hosts, 2);
	REQUIRE(door->host_examples_count == 2);
	CHECK_STR(door->host_examples[0], "a");
	CHECK_STR(door->host_examples[1], "b");
	const struct miner_pattern *other = miner_get(miner, 1);
	CHECK_EQ(other->first_ns, INSTANT_MAX);
	CHECK_EQ(other->hosts, 0);
	CHECK(miner_hosts_exact(miner));
	miner_free(miner);
}

TEST(joined_shapes_share_their_facts) {
	static const char *const names[] = {"A", "B", "C", "D", "E"};
	struct miner *miner = miner_new(SAMPLE_SEED);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		char text[32];
		(void)snprintf(text, sizeof(text), "door %s opened", names[4 - i]);
		add(miner, text, 100 - (int64_t)i, names[i]);
	}
	miner_end(miner);
	REQUIRE(miner_count(miner) == 1);
	const struct miner_pattern *door = miner_get(miner, 0);
	CHECK_EQ(door->count, 5);
	CHECK_EQ(door->first_ns, 96);
	CHECK_EQ(door->last_ns, 100);
	CHECK_EQ(door->hosts, 5);
	CHECK_EQ(door->host_examples_count, MINER_HOSTS_SHOWN);
	CHECK_STR(door->example, "door E opened");
	miner_free(miner);
}

TEST(the_example_is_the_first_line_whichever_shape_it_was_of) {
	struct miner *miner = miner_new(SAMPLE_SEED);
	add(miner, "synced to LOCAL(0), good", 1, "");
	add(miner, "other", 1, "");
	add(miner, "synced to 192.0.2.1, good", 2, "");
	add(miner, "synced to 192.0.2.2, good", 3, "");
	add(miner, "synced to 192.0.2.3, good", 4, "");
	miner_end(miner);
	REQUIRE(miner_count(miner) == 2);
	CHECK_STR(miner_get(miner, 0)->text, "synced to <*>, good");
	CHECK_STR(miner_get(miner, 0)->example, "synced to LOCAL(0), good");
	miner_free(miner);
}

/* Known for good: scripts keep ids. SHA-256 of "door <*> opened", the first eight bytes. */
TEST(the_id_is_that_of_the_template) {
	struct miner *miner = miner_new(SAMPLE_SEED);
	struct miner *seeded = miner_new(12345);
	CLEANUP(buf_deinit) struct buf alone = {0};
	char id[17];
	sample_add(miner, STR("door 5 opened"));
	miner_end(miner);
	CHECK_STR(str_from(miner_get(miner, 0)->id), "01d82c517b203238");
	miner_alone(&(struct miner_text){.text = STR("door 6 opened")}, &alone, id);
	CHECK_STR(buf_str(&alone), "door <*> opened");
	CHECK_STR(str_from(id), "01d82c517b203238");
	miner_end(seeded);
	CHECK_EQ(miner_count(seeded), 0);
	miner_free(seeded);
	miner_free(miner);
}

TEST(a_title_makes_a_pattern_of_its_own) {
	CLEANUP(buf_deinit) struct buf scratch = {0};
	struct miner_text text =
	    miner_choose(STR("hello"), STR("Provider"), STR("7"), STR("whole"), &scratch);
	CHECK_STR(text.text, "hello");
	CHECK_EQ(text.title.len, 0);
	text = miner_choose(STR(""), STR("Provider"), STR("7"), STR("whole"), &scratch);
	CHECK_EQ(text.text.len, 0);
	CHECK_STR(text.title, "Provider 7");
	struct miner *miner = miner_new(SAMPLE_SEED);
	struct miner_key key;
	struct miner_line line = {.text = text, .example = STR("x"), .time_ns = INSTANT_MIN};
	miner_read(SAMPLE_SEED, &line.text, &key);
	miner_add(miner, &key, &line);
	text = miner_choose(STR(""), STR("Provider"), STR(""), STR("whole"), &scratch);
	CHECK_STR(text.text, "whole");
	/* A text with the same template is of the same pattern. */
	line.text = (struct miner_text){.title = STR("Provider x")};
	miner_read(SAMPLE_SEED, &line.text, &key);
	miner_add(miner, &key, &line);
	sample_add(miner, STR("Provider x"));
	miner_end(miner);
	REQUIRE(miner_count(miner) == 2);
	CHECK_STR(miner_get(miner, 0)->text, "Provider 7");
	CHECK_EQ(miner_get(miner, 1)->count, 2);
	miner_free(miner);
}

TEST(every_line_is_found_again_and_unknown_ones_where_they_fit) {
	struct miner *miner = miner_new(SAMPLE_SEED);
	static const char *const lines[] = {"user ann in from 10.0.0.1",
	                                    "user bob in from 10.0.0.2",
	                                    "link eth0 up",
	                                    "link eth0 up",
	                                    "link eth0 up",
	                                    "link eth0 up",
	                                    "link eth1 up",
	                                    "nothing"};
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		sample_add(miner, str_from(lines[i]));
	}
	miner_end(miner);
	CHECK_STR(sample_find(miner, STR("user ann in from 10.0.0.1"))->text, "user <*> in from <*>");
	CHECK_STR(sample_find(miner, STR("user zoe in from 10.9.9.9"))->text, "user <*> in from <*>");
	CHECK_STR(sample_find(miner, STR("link eth0 up"))->text, "link <*> up");
	CHECK_STR(sample_find(miner, STR("nothing"))->text, "nothing");
	CHECK(sample_find(miner, STR("something else")) == NULL);
	miner_free(miner);
}

/* Found by fuzzing: a place turned out to vary after the first line, which has a text of its own
 * elsewhere. */
TEST(lines_are_found_though_a_place_has_turned_out_to_vary) {
	struct miner *miner = miner_new(SAMPLE_SEED);
	sample_add(miner, STR("on ab1 by cd2"));
	sample_add(miner, STR("on ab2 by ef3"));
	sample_add(miner, STR("on ab3 by gh4"));
	miner_end(miner);
	CHECK(sample_find(miner, STR("on ab1 by cd2")) != NULL);
	CHECK(sample_find(miner, STR("on ab2 by ef3")) != NULL);
	CHECK(sample_find(miner, STR("on ab3 by gh4")) != NULL);
	miner_free(miner);
}

/* A word made of letters only, different for each number. */
static void append_word(struct buf *out, uint64_t number) {
	do {
		buf_append_char(out, (char)('g' + number % 16));
		number /= 16;
	} while (number > 0);
}

/* More names than shapes are held: one pattern, and no memory to speak of. */
TEST(endless_names_are_one_pattern) {
	CLEANUP(buf_deinit) struct buf line = {0};
	struct miner *miner = miner_new(SAMPLE_SEED);
	enum { NAMES = 100000 };
	for (uint64_t i = 0; i < NAMES; i++) {
		buf_clear(&line);
		buf_append_str(&line, STR("Invalid user "));
		append_word(&line, i);
		buf_append_str(&line, STR(" from here"));
		sample_add(miner, buf_str(&line));
	}
	CHECK(miner_bytes(miner) < (size_t)8 << 20);
	miner_end(miner);
	CHECK_EQ(miner_left_out(miner), 0);
	REQUIRE(miner_count(miner) == 1);
	CHECK_EQ(miner_get(miner, 0)->count, NAMES);
	CHECK(sample_find(miner, buf_str(&line)) == miner_get(miner, 0));
	miner_free(miner);
}

/* Lines that are all different have an end: what found no room is counted. */
TEST(what_finds_no_room_is_counted) {
	CLEANUP(buf_deinit) struct buf line = {0};
	struct miner *miner = miner_new(SAMPLE_SEED);
	enum { LINES = LIMIT_MINER_SHAPES + 1000 };
	for (uint64_t i = 0; i < LINES; i++) {
		buf_clear(&line);
		append_word(&line, i); /* single words are never joined */
		sample_add(miner, buf_str(&line));
	}
	sample_add(miner, buf_str(&line));
	CHECK(miner_bytes(miner) < (size_t)128 << 20);
	miner_end(miner);
	CHECK_EQ(miner_count(miner), LIMIT_MINER_SHAPES);
	CHECK_EQ(miner_left_out(miner), 1001);
	CHECK(sample_find(miner, buf_str(&line)) == NULL);
	miner_free(miner);
}

TEST(long_lines_that_are_all_different_have_an_end_in_memory) {
	CLEANUP(buf_deinit) struct buf line = {0};
	struct miner *miner = miner_new(SAMPLE_SEED);
	enum { LINES = 16000 };
	for (uint64_t i = 0; i < LINES; i++) {
		buf_clear(&line);
		for (uint64_t j = 0; j < 3; j++) {
			append_word(&line, i * 7919 + j * 104729);
			buf_append_char(&line, ' ');
		}
		while (line.len < MINER_LINE_MAX) {
			buf_append_str(&line, STR("some-filling-word-that-is-long-but-the-same-everywhere "));
		}
		sample_add(miner, buf_str(&line));
	}
	CHECK(miner_bytes(miner) < LIMIT_MINER_BYTES + ((size_t)16 << 20));
	miner_end(miner);
	CHECK(miner_left_out(miner) > 0);
	uint64_t sum = miner_left_out(miner);
	for (size_t i = 0; i < miner_count(miner); i++) {
		sum += miner_get(miner, i)->count;
	}
	CHECK_EQ(sum, LINES);
	miner_free(miner);
}

TEST(hosts_beyond_the_limit_are_said) {
	struct miner *miner = miner_new(SAMPLE_SEED);
	for (uint64_t i = 0; i < LIMIT_MINER_HOSTS + 1; i++) {
		char host[24];
		(void)snprintf(host, sizeof(host), "host%llu", (unsigned long long)i);
		CHECK(miner_hosts_exact(miner));
		add(miner, "x", 0, host);
	}
	CHECK(!miner_hosts_exact(miner));
	miner_end(miner);
	CHECK_EQ(miner_get(miner, 0)->hosts, LIMIT_MINER_HOSTS);
	miner_free(miner);
}

/* Random lines of few words, early merges among them: nothing is lost, and all is found. */
TEST(counts_add_up_and_all_lines_are_found) {
	for (size_t round = 0; round < tap_rounds(3); round++) {
		CLEANUP(buf_deinit) struct buf all = {0};
		struct miner *miner = miner_new(SAMPLE_SEED);
		for (size_t i = 0; i < 20000; i++) {
			size_t words = 1 + tap_random() % 6;
			for (size_t j = 0; j < words; j++) {
				append_word(&all, tap_random() % (j % 2 == 0 ? 6 : 4000));
				buf_append_str(&all, tap_random() % 8 == 0 ? STR("1 ") : STR(" "));
			}
			buf_append_char(&all, '\n');
		}
		sample_add_lines(miner, buf_str(&all));
		miner_end(miner);
		uint64_t sum = miner_left_out(miner);
		for (size_t i = 0; i < miner_count(miner); i++) {
			sum += miner_get(miner, i)->count;
		}
		CHECK_EQ(sum, 20000);
		CHECK_EQ(miner_left_out(miner), 0);
		struct str rest = buf_str(&all);
		while (rest.len > 0) {
			REQUIRE(sample_find(miner, str_cut(&rest, '\n')) != NULL);
		}
		miner_free(miner);
	}
}
