/* Scans: ranges of index and time, both directions, tokens, and damage that stops nothing. */
#include "store/store.h"

#include "tap.h"

#include "base/bits.h"
#include "codec/token.h"
#include "expr/expr.h"
#include "store/store_bench.h"

struct tally {
	uint64_t pages, rows, first, last, damaged;
};

static struct tally walk(struct store *store, const struct store_scan_options *options) {
	struct tally tally = {.first = UINT64_MAX};
	struct store_scan *scan = NULL;
	CHECK(store_scan_new(store, options, &scan) == ERR_OK);
	for (;;) {
		struct store_view *view = NULL;
		struct diag diag = {0};
		enum err err = store_scan_next(scan, &view, &diag);
		if (err == ERR_CORRUPT) {
			tally.damaged++;
			continue;
		}
		if (!CHECK(err == ERR_OK) || view == NULL) {
			break;
		}
		tally.pages++;
		tally.rows += store_view_rows(view);
		tally.last = store_view_first_index(view);
		tally.first = tally.first == UINT64_MAX ? tally.last : tally.first;
		store_view_free(view);
	}
	struct store_scan_stats stats = store_scan_get_stats(scan);
	if (tally.damaged == 0) {
		CHECK_EQ(stats.pages - stats.pages_skipped, tally.pages);
	}
	store_scan_free(scan);
	return tally;
}

static const struct store_scan_options everything = {
    .from_ns = INSTANT_MIN, .to_ns = INSTANT_MAX, .index_to = UINT64_MAX};

static struct store *filled(struct bench *bench) {
	struct store_options options = bench_options(bench, true);
	struct buf text CLEANUP(buf_deinit) = {0};
	enum sink_verdict verdict;
	options.segment_bytes = 20000;
	sample_lines(&text, "scan", 0, 950);
	buf_append_str(&text, STR("the needle\n"));
	sample_lines(&text, "scan", 950, 1000);
	CHECK(take_and_commit(bench, &options, STR("a.log"), buf_str(&text), false, &verdict) ==
	      ERR_OK);
	return open_reader(bench);
}

TEST(a_scan_gives_every_page_in_either_direction) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(31)};
	struct store *store CLEANUP(store_closep) = filled(&bench);
	struct store_scan_options options = everything;
	REQUIRE(store != NULL);
	struct tally tally = walk(store, &options);
	CHECK_EQ(tally.rows, 1002);
	CHECK_EQ(tally.first, 0);
	options.backward = true;
	struct tally back = walk(store, &options);
	CHECK_EQ(back.rows, 1002);
	CHECK_EQ(back.first, tally.last);
	CHECK_EQ(back.last, 0);
}

TEST(pages_outside_the_ranges_are_skipped) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(32)};
	struct store *store CLEANUP(store_closep) = filled(&bench);
	struct store_scan_options options = everything;
	REQUIRE(store != NULL);
	options.index_from = 250;
	options.index_to = 300;
	CHECK_EQ(walk(store, &options).pages, 1);
	options = everything;
	options.from_ns = SAMPLE_TIME + 399 * 1000; /* the last of one page, a seal, */
	options.to_ns = SAMPLE_TIME + 402 * 1000;   /* the first of the next page */
	CHECK_EQ(walk(store, &options).pages, 2);
	options.from_ns = SAMPLE_TIME + 400 * 1000;
	CHECK_EQ(walk(store, &options).pages, 1);
	options.from_ns = SAMPLE_TIME + 5000 * 1000;
	options.to_ns = INSTANT_MAX;
	CHECK_EQ(walk(store, &options).pages, 0);
}

/* Also where a damaged segment is among them, whose records are told once. */
static void check_pieces(struct store *store, uint64_t rows_min, const struct tally *whole) {
	uint64_t *borders;
	struct tally sum = {0};
	size_t count = store_pieces(store, rows_min, &borders);
	CHECK_EQ(borders[0], 0);
	CHECK_EQ(borders[count], UINT64_MAX);
	for (size_t i = 0; i < count; i++) {
		struct store_scan_options options = everything;
		CHECK(i + 1 == count || borders[i + 1] - borders[i] >= rows_min);
		options.index_from = borders[i];
		options.index_to = borders[i + 1];
		options.once = true;
		struct tally tally = walk(store, &options);
		sum.pages += tally.pages;
		sum.rows += tally.rows;
		sum.damaged += tally.damaged;
	}
	CHECK_EQ(sum.pages, whole->pages);
	CHECK_EQ(sum.rows, whole->rows);
	CHECK_EQ(sum.damaged, whole->damaged);
	CHECK(rows_min > 300 || count > 1);
	free(borders);
}

TEST(pieces_have_each_page_once) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(34)};
	struct store *store CLEANUP(store_closep) = filled(&bench);
	REQUIRE(store != NULL);
	struct tally whole = walk(store, &everything);
	check_pieces(store, 1, &whole);
	check_pieces(store, 300, &whole);
	check_pieces(store, 5000, &whole);
}

static void collect_token(void *ctx, uint64_t hash) {
	*(uint64_t *)ctx = hash;
}

/* Pages of version 2 have no filter; those of version 1: segment_test.c. */
TEST(pages_with_a_token_are_never_skipped) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(33)};
	struct store *store CLEANUP(store_closep) = filled(&bench);
	struct store_scan_options options = everything;
	uint64_t token = 0;
	REQUIRE(store != NULL);
	token_each(STR("needle"), collect_token, &token);
	options.tokens = &token;
	options.tokens_count = 1;
	CHECK(walk(store, &options).pages >= 1);
}

struct first_segment {
	char path[128];
};

static void find_segment(void *ctx, const char *path) {
	struct first_segment *found = ctx;
	if (strstr(path, ".seg") != NULL && found->path[0] == '\0') {
		(void)snprintf(found->path, sizeof(found->path), "%s", path);
	}
}

TEST(a_damaged_segment_is_named_and_the_others_are_read) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(34)};
	struct first_segment segment = {0};
	struct store *store = filled(&bench);
	store_close(store);
	os_memory_each_file(bench.memory, find_segment, &segment);
	REQUIRE(os_memory_set(bench.memory, segment.path, STR("no segment")) == ERR_OK);
	store = open_reader(&bench);
	REQUIRE(store != NULL);
	struct tally tally = walk(store, &everything);
	CHECK_EQ(tally.damaged, 1);
	CHECK(tally.rows > 0 && tally.rows < 1002);
	check_pieces(store, 1, &tally);
	store_close(store);
	struct store_options options = bench_options(&bench, true);
	REQUIRE(store_open(&options, &store, &bench.diag) == ERR_OK);
	CHECK_STR(store_class(store), "default.2"); /* nothing is added to the damaged one */
	store_close(store);
}

TEST(a_record_is_found_by_its_index) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(35)};
	struct store *store CLEANUP(store_closep) = filled(&bench);
	struct store_view *view = NULL;
	REQUIRE(store != NULL);
	REQUIRE(store_view_at(store, 952, &view, &bench.diag) == ERR_OK);
	const struct str *texts;
	CHECK(store_view_texts(view, &texts) == ERR_OK);
	CHECK_STR(texts[952 - store_view_first_index(view)], "the needle");
	store_view_free(view);
	CHECK(store_view_at(store, 100000, &view, &bench.diag) == ERR_NOT_FOUND);
}

/* Rows of a type that a scan for types gives, and rows of it that there are. */
static uint64_t count_type(struct store *store, uint8_t type, uint32_t types, uint64_t *out_pages) {
	struct store_scan_options options = everything;
	struct store_scan *scan = NULL;
	struct store_view *view = NULL;
	uint64_t count = 0;
	options.types = types;
	options.all_types = types == 0;
	CHECK(store_scan_new(store, &options, &scan) == ERR_OK);
	*out_pages = 0;
	while (CHECK(store_scan_next(scan, &view, NULL) == ERR_OK) && view != NULL) {
		const uint8_t *row_types;
		CHECK(store_view_types(view, &row_types) == ERR_OK);
		for (uint32_t i = 0; i < store_view_rows(view); i++) {
			count += row_types[i] == type;
		}
		(*out_pages)++;
		store_view_free(view);
	}
	store_scan_free(scan);
	return count;
}

TEST(a_scan_for_types_finds_every_record_of_them_and_passes_over_the_rest) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(35)};
	struct store *store CLEANUP(store_closep) = filled(&bench);
	uint64_t all;
	uint64_t pages;
	REQUIRE(store != NULL);
	uint64_t seals = count_type(store, RECORD_SEAL, 0, &all);
	CHECK(seals > 1);
	CHECK_EQ(count_type(store, RECORD_SEAL, 1U << RECORD_SEAL, &pages), seals);
	CHECK(pages < all);
	uint32_t both = 1U << RECORD_SEAL | 1U << RECORD_CONTEXT;
	CHECK_EQ(count_type(store, RECORD_SEAL, both, &pages), seals);
	CHECK_EQ(count_type(store, RECORD_CONTEXT, both, &pages),
	         count_type(store, RECORD_CONTEXT, 0, &all));
	CHECK_EQ(count_type(store, RECORD_HOLD, 1U << RECORD_HOLD, &pages), 0);
	CHECK_EQ(pages, 0);
}

/* What is still to come is known before each page, exactly: the least and greatest time of the
 * rest are times of some row of it. */
static void check_rest(struct store *store, bool backward) {
	struct store_scan_options options = everything;
	struct store_scan *scan = NULL;
	int64_t lows[200];
	int64_t highs[200];
	int64_t low = INSTANT_MAX;
	int64_t high = INSTANT_MIN;
	int64_t times[200][2];
	size_t pages = 0;
	options.backward = backward;
	REQUIRE(store_scan_new(store, &options, &scan) == ERR_OK);
	for (;; pages++) {
		struct store_view *view = NULL;
		const int64_t *of_rows;
		const uint8_t *types;
		REQUIRE(pages < ARRAY_LEN(lows));
		store_scan_rest(scan, &lows[pages], &highs[pages]);
		REQUIRE(store_scan_next(scan, &view, NULL) == ERR_OK);
		if (view == NULL) {
			break;
		}
		REQUIRE(store_view_times(view, &of_rows) == ERR_OK);
		REQUIRE(store_view_types(view, &types) == ERR_OK);
		times[pages][0] = INSTANT_MAX;
		times[pages][1] = INSTANT_MIN;
		for (uint32_t i = 0; i < store_view_rows(view); i++) {
			if (types[i] == RECORD_DATA) {
				times[pages][0] = MIN_OF(times[pages][0], of_rows[i]);
				times[pages][1] = MAX_OF(times[pages][1], of_rows[i]);
			}
		}
		store_view_free(view);
	}
	CHECK(pages > 3);
	for (size_t i = pages; i-- > 0;) {
		low = MIN_OF(low, times[i][0]);
		high = MAX_OF(high, times[i][1]);
		CHECK_EQ(lows[i], low);
		CHECK_EQ(highs[i], high);
	}
	CHECK(lows[pages] == INSTANT_MAX && highs[pages] == INSTANT_MIN);
	store_scan_free(scan);
}

TEST(a_scan_knows_the_times_of_what_is_still_to_come) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(38)};
	struct store *store CLEANUP(store_closep) = filled(&bench);
	REQUIRE(store != NULL);
	check_rest(store, false);
	check_rest(store, true);
}

TEST(a_scan_that_is_narrowed_leaves_out_what_lies_outside) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(39)};
	struct store *store CLEANUP(store_closep) = filled(&bench);
	struct store_scan *scan = NULL;
	struct store_view *view = NULL;
	REQUIRE(store != NULL);
	REQUIRE(store_scan_new(store, &everything, &scan) == ERR_OK);
	REQUIRE(store_scan_next(scan, &view, NULL) == ERR_OK);
	REQUIRE(view != NULL);
	store_view_free(view);
	int64_t low;
	int64_t high;
	store_scan_rest(scan, &low, &high);
	store_scan_narrow(scan, INSTANT_MIN, high + 1);
	REQUIRE(store_scan_next(scan, &view, NULL) == ERR_OK);
	REQUIRE(view != NULL);
	store_view_free(view);
	store_scan_narrow(scan, INSTANT_MIN, low);
	store_scan_narrow(scan, INSTANT_MIN, INSTANT_MAX); /* never wider again */
	REQUIRE(store_scan_next(scan, &view, NULL) == ERR_OK);
	CHECK(view == NULL);
	store_scan_free(scan);
}

/* What a scan with a filter gives: indices of the rows, and how many were counted instead. */
struct found {
	uint64_t indices[4096];
	size_t count, counted, unsure;
};

static bool matches(const struct expr *filter, struct store_view *view, uint32_t row) {
	const struct str *texts;
	return store_view_texts(view, &texts) == ERR_OK &&
	       expr_test_value(filter->test, value_string(texts[row]));
}

static void search(struct store *store, const struct expr *filter, bool with_filter, bool counting,
                   bool backward, struct found *found) {
	struct store_scan_options options = everything;
	struct store_scan *scan = NULL;
	options.filter = with_filter ? filter : NULL;
	options.count_sure = counting;
	options.backward = backward;
	options.threads = backward ? 2 : 0;
	*found = (struct found){0};
	REQUIRE(store_scan_new(store, &options, &scan) == ERR_OK);
	for (;;) {
		struct store_view *view = NULL;
		REQUIRE(store_scan_next(scan, &view, NULL) == ERR_OK);
		if (view == NULL) {
			break;
		}
		for (uint32_t row = 0; row < store_view_rows(view); row++) {
			bool sure = store_view_sure(view) != NULL && bits_get(store_view_sure(view), row);
			bool match = matches(filter, view, row);
			CHECK(match || !sure);
			found->unsure += match && !sure;
			if (match && found->count < ARRAY_LEN(found->indices)) {
				found->indices[found->count++] = store_view_index(view, row);
			}
		}
		store_view_free(view);
	}
	found->counted = (size_t)store_scan_get_stats(scan).rows_sure;
	store_scan_free(scan);
}

static int by_number(const void *a, const void *b) {
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* Pages of a block begin anywhere in it: their rows are found wherever they lie. */
TEST(a_filter_leaves_out_no_row_that_matches) {
	static const char *const texts[] = {"user1",  "needle",    "user7 ", "10.0.1.",
	                                    "scan 1", "7: failed", "nowhere"};
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(40)};
	struct store *store CLEANUP(store_closep) = filled(&bench);
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	static struct found all;
	static struct found some;
	static struct found counted;
	REQUIRE(store != NULL);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct expr *filter = NULL;
		struct diag diag = {0};
		enum expr_test_kind kind = i == 0 ? EXPR_WORDS : EXPR_CONTAINS; /* words are not sure */
		REQUIRE(expr_test(arena, kind, STR(""), str_from(texts[i]), &filter, &diag) == ERR_OK);
		search(store, filter, false, false, false, &all);
		search(store, filter, true, false, i % 2 == 1, &some);
		search(store, filter, true, true, false, &counted);
		qsort(some.indices, some.count, sizeof(*some.indices), by_number);
		CHECK_EQ(some.count, all.count);
		CHECK(memcmp(some.indices, all.indices, all.count * sizeof(*all.indices)) == 0);
		CHECK_EQ(counted.count + counted.counted, all.count);
		CHECK(i > 0 || (counted.counted == 0 && some.unsure == some.count));
		CHECK_EQ((all.count == 0), (i == ARRAY_LEN(texts) - 1));
		expr_free(filter);
	}
}
