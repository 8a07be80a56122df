/* Orders and columns. */
#include "query/miner_table.h"

#include "tap.h"

#include "query/miner_sample.h"

static void add(struct miner *miner, const char *text, int64_t seconds, const char *host) {
	struct miner_line line = {.text = {.text = str_from(text)},
	                          .example = str_from(text),
	                          .time_ns = seconds < 0 ? INSTANT_MIN : seconds * INSTANT_SECOND,
	                          .host = str_from(host)};
	struct miner_key key;
	miner_read(SAMPLE_SEED, &line.text, &key);
	miner_add(miner, &key, &line);
}

static struct miner *fill(void) {
	struct miner *miner = miner_new(SAMPLE_SEED);
	add(miner, "often 1", 10, "a");
	add(miner, "rare x", 20, "a");
	add(miner, "often 2", 90, "b");
	add(miner, "late x", 50, "");
	add(miner, "timeless", -1, "c");
	miner_end(miner);
	return miner;
}

static void check_order(const char *name, const char *expected) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(buf_deinit) struct buf out = {0};
	enum miner_order order;
	struct miner *miner = fill();
	REQUIRE(miner_order_parse(str_from(name), &order) == ERR_OK);
	const struct miner_pattern **sorted = miner_sorted(miner, order, arena);
	for (size_t i = 0; i < miner_count(miner); i++) {
		buf_printf(&out, "%s%.*s", i > 0 ? ", " : "", STR_ARG(sorted[i]->text));
	}
	CHECK_STR(buf_str(&out), expected);
	miner_free(miner);
}

TEST(patterns_are_sorted_in_four_ways) {
	check_order("rare", "timeless, late x, rare x, often <*>");
	check_order("count", "often <*>, rare x, late x, timeless");
	check_order("first", "often <*>, rare x, late x, timeless");
	check_order("last", "often <*>, late x, rare x, timeless");
	enum miner_order order;
	CHECK_EQ(miner_order_parse(STR("best"), &order), ERR_INVALID);
}

static void append_row(const struct miner_pattern *pattern, struct arena *arena, struct buf *out) {
	struct value values[MINER_COLUMNS];
	miner_values(pattern, NULL, arena, values);
	for (size_t i = 0; i < MINER_COLUMNS; i++) {
		buf_append_str(out, i > 0 ? STR("|") : STR(""));
		value_append_text(out, values[i]);
	}
	buf_append_char(out, '\n');
}

TEST(a_row_has_all_that_is_known) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(buf_deinit) struct buf out = {0};
	struct miner *miner = fill();
	for (size_t i = 0; i < MINER_COLUMNS; i++) {
		buf_printf(&out, "%s%.*s", i > 0 ? "|" : "",
		           STR_ARG(miner_column_name((enum miner_column)i)));
	}
	buf_append_char(&out, '\n');
	append_row(miner_get(miner, 0), arena, &out);
	append_row(miner_get(miner, 2), arena, &out);
	append_row(miner_get(miner, 3), arena, &out);
	CHECK_STR(
	    buf_str(&out),
	    "count|first|last|hosts|host.name|pattern.template|example|pattern.id\n"
	    "2|1970-01-01T00:00:10Z|1970-01-01T00:01:30Z|2|a, b|often <*>|often 1|7ce51370e982cb89\n"
	    "1|1970-01-01T00:00:50Z|1970-01-01T00:00:50Z|0||late x|late x|953dbb935013c250\n"
	    "1|||1|c|timeless|timeless|2eef75362c5d08a3\n");
	miner_free(miner);
}
