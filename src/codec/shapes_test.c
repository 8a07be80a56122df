/* Shapes: the budget, what is mined, and that every line comes back from its shape. */
#include "codec/shapes.h"

#include "codec/shapes_check.h"
#include "tap.h"

/* Lines into shapes, mined; the numbers of their skeletons. */
struct set {
	struct shapes *shapes;
	struct cut_line cut;
	uint32_t numbers[4096];
	struct buf lines; /* each with a line feed */
	uint32_t count;
};

static struct set *set_new(void) {
	struct set *set = calloc(1, sizeof(*set));
	set->shapes = shapes_new();
	return set;
}

static void set_free(struct set *set) {
	shapes_free(set->shapes);
	cut_line_deinit(&set->cut);
	buf_deinit(&set->lines);
	free(set);
}

static void set_add(struct set *set, const char *line) {
	ASSERT(set->count < ARRAY_LEN(set->numbers));
	set->numbers[set->count++] = add_line(set->shapes, str_from(line), &set->cut);
	buf_append_str(&set->lines, str_from(line));
	buf_append_char(&set->lines, '\n');
}

static void set_mine(struct set *set) {
	struct str rest = buf_str(&set->lines);
	shapes_mine(set->shapes);
	for (uint32_t i = 0; i < set->count; i++) {
		struct str line = str_cut(&rest, '\n');
		CHECK(set->numbers[i] != SHAPES_NONE &&
		      line_fits(set->shapes, set->numbers[i], line, &set->cut));
	}
}

static struct str shape_text(const struct set *set, uint32_t line) {
	const struct shape_slot *slots;
	uint32_t count;
	return shapes_text(set->shapes, shapes_of(set->shapes, set->numbers[line], &slots, &count));
}

TEST(a_word_with_four_variants_is_a_slot) {
	struct set *set = set_new();
	set_add(set, "login of alice from 10.0.0.1");
	set_add(set, "login of bob from 10.0.0.2");
	set_add(set, "login of carol from 10.0.0.3");
	set_add(set, "login of alice from 10.0.0.4");
	set_add(set, "login of dave from 10.0.0.4");
	set_add(set, "logout of alice from 10.0.0.4");
	set_mine(set);
	CHECK_EQ(shapes_skeletons(set->shapes), 5);
	CHECK_EQ(shapes_count(set->shapes), 2);
	CHECK_STR(shape_text(set, 0), "login of \xff\x01 from \xff\x03");
	CHECK_STR(shape_text(set, 5), "logout of alice from \xff\x03");
	CHECK_EQ(shapes_rows(set->shapes, 0), 5);
	CHECK_EQ(shapes_rows(set->shapes, 1), 1);
	set_free(set);
}

TEST(three_variants_are_three_shapes) {
	struct set *set = set_new();
	set_add(set, "login of alice now");
	set_add(set, "login of bob now");
	set_add(set, "login of carol now");
	set_mine(set);
	CHECK_EQ(shapes_count(set->shapes), 3);
	CHECK_STR(shape_text(set, 1), "login of bob now");
	set_free(set);
}

TEST(a_word_may_have_values_in_it) {
	const struct shape_slot *slots;
	uint32_t count;
	struct set *set = set_new();
	set_add(set, "7: user=alice;");
	set_add(set, "7: user=bob;");
	set_add(set, "7: user=carol;");
	set_add(set, "7: user=dave;");
	set_add(set, "7: user=erin42-x7y;");
	set_mine(set);
	CHECK_EQ(shapes_count(set->shapes), 1);
	CHECK_STR(shape_text(set, 4), "\xff\x02: user=\xff\x01;");
	(void)shapes_of(set->shapes, set->numbers[4], &slots, &count);
	CHECK_EQ(count, 2);
	CHECK_EQ(slots[0].value, 0);
	CHECK_EQ(slots[1].value, 1);
	CHECK_EQ(slots[1].values, 2);
	CHECK_EQ(slots[1].before, 4);
	CHECK_EQ(slots[1].after, 0);
	(void)shapes_of(set->shapes, set->numbers[2], &slots, &count);
	CHECK_EQ(slots[1].value, -1);
	CHECK_STR(slots[1].word, "carol");
	set_free(set);
}

TEST(typed_values_keep_their_columns) {
	struct set *set = set_new();
	set_add(set, "host=10.0.0.1 up");
	set_add(set, "host=12 up");
	set_add(set, "host=007 up");
	set_add(set, "host=9f4ef63 up");
	set_add(set, "host=2f4ef6 up");
	set_add(set, "at 0x1");
	set_add(set, "at 0x12");
	set_add(set, "at 0x123");
	set_add(set, "at 0x1234");
	set_add(set, "at 0x12345");
	set_mine(set);
	CHECK_EQ(shapes_count(set->shapes), 10);
	set_free(set);
}

TEST(two_words_that_vary_are_two_slots) {
	static const char *const names[] = {"alice", "bob", "carol", "dave", "erin"};
	struct set *set = set_new();
	for (size_t i = 0; i < 25; i++) {
		char line[64];
		(void)snprintf(line, sizeof(line), "copy of %s for %s", names[i / 5], names[i % 5]);
		set_add(set, line);
	}
	set_mine(set);
	CHECK_EQ(shapes_count(set->shapes), 1);
	CHECK_STR(shape_text(set, 7), "copy of \xff\x01 for \xff\x01");
	set_free(set);
}

TEST(pairs_of_words_that_are_never_seen_twice_are_two_slots) {
	static const char *const names[] = {"alice", "bob",   "carol", "dave",
	                                    "erin",  "frank", "grace", "heidi"};
	struct set *set = set_new();
	for (size_t i = 0; i < 8; i++) {
		char line[64];
		(void)snprintf(line, sizeof(line), "copy %zu of %s for %s done", i, names[i], names[7 - i]);
		set_add(set, line);
	}
	set_add(set, "copy 9 of alice to bob done");
	set_mine(set);
	CHECK_EQ(shapes_count(set->shapes), 2);
	CHECK_STR(shape_text(set, 7), "copy \xff\x02 of \xff\x01 for \xff\x01 done");
	set_free(set);
}

TEST(keys_of_json_are_not_words_unless_there_are_very_many) {
	char line[64];
	struct set *set = set_new();
	for (char c = 'a'; c <= 'z'; c++) {
		(void)snprintf(line, sizeof(line), "{\"%c\":\"x\"}", c);
		set_add(set, line);
	}
	set_mine(set);
	CHECK_EQ(shapes_count(set->shapes), 26);
	set_free(set);
	set = set_new();
	for (unsigned i = 0; i < 100; i++) {
		(void)snprintf(line, sizeof(line), "{\"%c%c\":\"x\"}", 'a' + i / 26, 'a' + i % 26);
		set_add(set, line);
	}
	set_mine(set);
	CHECK_EQ(shapes_count(set->shapes), 1);
	set_free(set);
}

/* Adds a line of words that the number says in base 16, one word for every letters of it. */
static uint32_t add_words(struct shapes *shapes, uint64_t number, size_t letters,
                          struct cut_line *cut) {
	char line[64];
	size_t len = 0;
	for (size_t i = 0; i < 16; i++) {
		line[len++] = (char)('a' + (number >> (4 * i) & 15));
		if (i % letters == letters - 1) {
			line[len++] = ' ';
		}
	}
	return add_line(shapes, str_make(line, len), cut);
}

/* A line that has no two words in common with another but by accident. */
static uint32_t add_word(struct shapes *shapes, uint64_t number, struct cut_line *cut) {
	return add_words(shapes, number * 0x9e3779b97f4a7c15u, 4, cut);
}

TEST(random_words_are_refused_above_the_budget_until_they_end) {
	struct shapes *shapes = shapes_new();
	struct cut_line cut = {0};
	for (uint64_t i = 0; i < SHAPES_SKELETONS_MAX; i++) {
		REQUIRE(add_word(shapes, i, &cut) == i);
	}
	CHECK(add_word(shapes, 1000000, &cut) == SHAPES_NONE);
	CHECK_EQ(add_word(shapes, 7, &cut), 7);
	CHECK_EQ(shapes_skeletons(shapes), SHAPES_SKELETONS_MAX);
	/* Half of the window brings nothing new: what is new is taken again. */
	for (uint64_t i = 0; i < SHAPES_WINDOW / 2; i++) {
		CHECK_EQ(add_word(shapes, 8, &cut), 8);
	}
	CHECK_EQ(add_word(shapes, 1000000, &cut), SHAPES_SKELETONS_MAX);
	shapes_free(shapes);
	cut_line_deinit(&cut);
}

TEST(names_in_every_line_are_not_refused) {
	struct shapes *shapes = shapes_new();
	struct cut_line cut = {0};
	for (uint64_t i = 0; i < SHAPES_SKELETONS_HARD_MAX; i++) {
		REQUIRE(add_words(shapes, i, 16, &cut) == i);
	}
	CHECK(add_words(shapes, SHAPES_SKELETONS_HARD_MAX, 16, &cut) == SHAPES_NONE);
	shapes_mine(shapes);
	CHECK_EQ(shapes_count(shapes), 1);
	shapes_free(shapes);
	cut_line_deinit(&cut);
}

TEST(there_are_never_more_than_the_hard_limit) {
	struct shapes *shapes = shapes_new();
	struct cut_line cut = {0};
	size_t refused = 0;
	for (uint64_t i = 0; i < 3 * SHAPES_SKELETONS_HARD_MAX; i++) {
		refused += add_word(shapes, i % 3 == 0 ? i : 1, &cut) == SHAPES_NONE;
	}
	CHECK_EQ(shapes_skeletons(shapes), SHAPES_SKELETONS_HARD_MAX);
	CHECK_EQ(refused, 1);
	shapes_mine(shapes);
	CHECK(shapes_count(shapes) <= shapes_skeletons(shapes));
	shapes_free(shapes);
	cut_line_deinit(&cut);
}

TEST(no_lines_make_no_shapes) {
	struct shapes *shapes = shapes_new();
	shapes_mine(shapes);
	CHECK_EQ(shapes_count(shapes), 0);
	shapes_freep(&shapes);
	CHECK(shapes == NULL);
	shapes_free(NULL);
}

/* Lines from a small grammar, so that words, values and joints stand in all orders. */
static void random_line(struct buf *line) {
	static const char *const pieces[] = {
	    "alice",    "bob",  "carol42", "x7y",    "10.0.0.1", "0x1f",     "-",       ".",
	    "=",        " ",    " ",       "/",      "7",        "007",      "{\"a\":", "\"v\"}",
	    "\xc3\xa9", "dave", "\r",      "etc/rc", "9f4ef63",  "\xe6\x97", "_"};
	buf_clear(line);
	buf_append_str(line, STR("user "));
	for (uint64_t times = tap_random() % 6; times > 0; times--) {
		buf_append_str(line, str_from(pieces[tap_random() % ARRAY_LEN(pieces)]));
	}
	buf_append_str(line, STR(" end"));
	buf_append_char(line, '\0');
}

TEST(random_lines_come_back_from_their_shapes) {
	struct buf line = {0};
	for (size_t round = 0; round < tap_rounds(20); round++) {
		struct set *set = set_new();
		for (size_t i = tap_random() % 1500; i > 0; i--) {
			random_line(&line);
			set_add(set, line.ptr);
		}
		set_mine(set);
		CHECK(shapes_count(set->shapes) <= shapes_skeletons(set->shapes));
		set_free(set);
	}
	buf_deinit(&line);
}
