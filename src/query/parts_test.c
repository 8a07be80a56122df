/* Queries over parts of the records give what they give over all of them, to the kinds of values.
 */
#include "query/parts.h"

#include "query/fake.h"
#include "tap.h"

enum { ROWS = 3000, PAGE_ROWS = 70, PARTS = 3 };

struct data {
	struct fake whole; /* the first, so that a split knows the data */
	struct fake parts[PARTS];
	struct fake_record *records;
	struct arena *arena;
};

static void add(struct fake_record *record, const char *name, enum value_kind kind,
                struct str text) {
	record->fields[record->fields_count++] =
	    (struct row_field){str_from(name), (struct value){kind, text}};
}

static struct str random_number(struct arena *arena, uint64_t below) {
	return str_from(arena_printf(arena, "%llu", (unsigned long long)(tap_random() % below)).ptr);
}

static void fill(struct arena *arena, struct fake_record *record, size_t i) {
	record->time_ns = (int64_t)(tap_random() % (48 * 3600)) * INSTANT_SECOND;
	record->type = i % 17 == 16 ? RECORD_OBJECT : RECORD_DATA;
	record->text = arena_printf(arena, "user=%llu port %zu", tap_random() % 40ull, i % 13);
	/* The same text as a number and as a string: a group is shown as its first row has it. */
	add(record, "code", tap_random() % 2 == 0 ? VALUE_NUMBER : VALUE_STRING,
	    random_number(arena, 30));
	add(record, "n", VALUE_NUMBER, random_number(arena, 1000000));
	if (i % 5 != 0) {
		add(record, "user", VALUE_STRING, random_number(arena, 7));
	}
	if (i % 11 == 0) {
		struct buf list CLEANUP(buf_deinit) = {0};
		value_list_append(&list, value_string(random_number(arena, 3)));
		value_list_append(&list, value_string(random_number(arena, 3)));
		add(record, "groups", VALUE_LIST, arena_str(arena, buf_str(&list)));
	}
	if (i == 2500) {
		add(record, "real", VALUE_NUMBER, STR("0.1"));
	} else {
		add(record, "real", VALUE_NUMBER, random_number(arena, 9));
	}
}

static void data_init(struct data *data) {
	*data = (struct data){.arena = arena_new(SIZE_MAX)};
	data->records = ARENA_ARRAY(data->arena, ROWS, struct fake_record);
	for (size_t i = 0; i < ROWS; i++) {
		fill(data->arena, &data->records[i], i);
	}
	data->whole = (struct fake){.records = data->records,
	                            .count = ROWS,
	                            .page_rows = PAGE_ROWS,
	                            .damaged_page = UINT64_MAX};
}

static void data_deinit(struct data *data) {
	CHECK_EQ(data->whole.opened, data->whole.released);
	for (size_t i = 0; i < PARTS; i++) {
		CHECK_EQ(data->parts[i].opened, data->parts[i].released);
	}
	arena_free(data->arena);
}

static size_t split(void *ctx, size_t max, struct query_source *out_sources) {
	struct data *data = ctx;
	CHECK(max >= PARTS);
	for (size_t i = 0; i < PARTS; i++) {
		data->parts[i] = data->whole;
		data->parts[i].parts = PARTS;
		data->parts[i].part = i;
		data->parts[i].opened = data->parts[i].released = 0;
		out_sources[i] = fake_source(&data->parts[i]);
	}
	return PARTS;
}

static void unsplit(void *ctx) {
	(void)ctx;
}

static enum err begin(void *ctx, const struct str *columns, size_t count) {
	(void)ctx;
	(void)columns;
	(void)count;
	return ERR_OK;
}

static enum err values(void *ctx, const struct value *row, size_t count) {
	for (size_t i = 0; i < count; i++) {
		value_append_json(ctx, row[i]);
		buf_append_char(ctx, i + 1 < count ? ' ' : '\n');
	}
	return ERR_OK;
}

static enum err run(struct data *data, const char *text, const struct query_options *options,
                    bool parts, struct buf *out, struct query_stats *stats, struct diag *diag) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(query_freep) struct query *query = NULL;
	struct query_source source = fake_source(&data->whole);
	struct query_output output = {.ctx = out, .begin = begin, .values = values};
	source.split = parts ? split : NULL;
	source.unsplit = unsplit;
	data->whole.opened = data->whole.released = 0;
	TRY(query_parse(arena, str_from(text), options, &query, diag));
	return query_run_source(query, &source, options, &output, stats, diag);
}

/* alone: what parts gave was of no use, and all was done again. */
static void check_same(struct data *data, const char *text, bool count, bool alone) {
	CLEANUP(buf_deinit) struct buf expected = {0};
	CLEANUP(buf_deinit) struct buf out = {0};
	struct query_options options = fake_options();
	struct query_stats expected_stats = {0};
	struct query_stats stats = {0};
	options.count_only = count;
	CHECK_EQ(run(data, text, &options, false, &expected, &expected_stats, NULL), ERR_OK);
	CHECK_EQ(run(data, text, &options, true, &out, &stats, NULL), ERR_OK);
	if (!CHECK(str_eq(buf_str(&out), buf_str(&expected)))) {
		printf("# %s\n# expected %.*s# found %.*s", text, STR_ARG(buf_str(&expected)),
		       STR_ARG(buf_str(&out)));
	}
	CHECK_EQ(stats.found, expected_stats.found);
	CHECK_EQ(stats.results, expected_stats.results);
	CHECK_EQ(stats.pages_damaged, expected_stats.pages_damaged);
	CHECK_EQ(stats.found_more, expected_stats.found_more);
	if (!CHECK_EQ(data->whole.opened > 0, alone)) {
		printf("# %s\n", text);
	}
}

static const char *const in_parts[] = {
    "* | stats count() by code",
    "* | stats count(), sum(n), avg(n), min(n), max(n), dc(n), range(n) by user",
    "* | stats first(n), last(n), min(code), max(code), values(code), dc(user) by user, code",
    "* | stats count(), first(code), last(code), min(user), max(groups), p90(n), median(n)",
    "* | stats count() by groups",
    "* | stats dc(n), sum(user)",
    "user=1* | stats count(), sum(n)",
    "nothing | stats count(), sum(n), min(n), median(n)",
    "nothing | stats count() by user",
    "* | top 5 code",
    "* | rare 5 code by user",
    "* | top groups | where count > 10 | sort -count, groups | head 1",
    "* | timechart span=1h count()",
    "* | timechart sum(n), dc(code) by user",
    "* | extract /user=(?<who>[0-9]+)/ | top who",
    "* | extract /port (?<port>[0-9]+)/ | where port > 3 | eval m = n % 7 | stats count() by m",
    "* | expand groups | fillnull value=none user | rename user as w | stats sum(n) by w, groups",
    "* | fields user, n, code | stats values(code) by user | sort -user",
};

TEST(parts_give_what_all_give) {
	struct data data;
	data_init(&data);
	for (size_t i = 0; i < ARRAY_LEN(in_parts); i++) {
		check_same(&data, in_parts[i], false, false);
		check_same(&data, in_parts[i], true, false);
	}
	check_same(&data, "*", true, false);
	check_same(&data, "user=1*", true, false);
	data.whole.damaged_page = 4;
	check_same(&data, "*", true, false);
	check_same(&data, "* | stats count()", false, false);
	data_deinit(&data);
}

TEST(what_depends_on_the_order_is_done_in_it) {
	static const char *const alone[] = {
	    "* | stats sum(real), count()",
	    "* | stats avg(real) by user",
	    "* | stats stdev(n)",
	    "* | sort n | head 3 | fields n, code",
	    "* | dedup user | stats count()",
	    "* | head 100 | stats count() by user",
	    "* | timechart span=12h sum(real)",
	};
	struct data data;
	data_init(&data);
	for (size_t i = 0; i < ARRAY_LEN(alone); i++) {
		check_same(&data, alone[i], false, true);
	}
	data_deinit(&data);
}

/* A third of the memory is each part's; what that is too little for is done again with all of it.
 */
TEST(little_memory_is_enough_when_it_is_for_one_thread) {
	struct data data;
	struct query_options options = fake_options();
	struct query_stats stats = {0};
	bool was_enough = false;
	data_init(&data);
	for (options.memory_max = 1000; !was_enough; options.memory_max += 20000) {
		CLEANUP(buf_deinit) struct buf expected = {0};
		CLEANUP(buf_deinit) struct buf out = {0};
		struct diag diag = {0};
		const char *text = "* | stats count(), values(code) by n";
		enum err err = run(&data, text, &options, false, &expected, &stats, &diag);
		struct diag again = {0};
		CHECK_EQ(run(&data, text, &options, true, &out, &stats, &again), err);
		CHECK(str_eq(buf_str(&out), buf_str(&expected)));
		CHECK(strcmp(diag.message, again.message) == 0);
		CHECK(strcmp(diag.hint, again.hint) == 0);
		was_enough = err == ERR_OK && data.whole.opened == 0;
	}
	CHECK(options.memory_max > 100000);
	data_deinit(&data);
}

/* top looks for its best without putting all in order. */
TEST(the_best_are_those_of_a_sort) {
	static const char *const pairs[][2] = {
	    {"* | top 7 code | fields code, count",
	     "* | stats count() as count by code | sort -count | head 7"},
	    {"* | rare 7 code | fields code, count",
	     "* | stats count() as count by code | sort count | head 7"},
	    {"* | top 9 n | fields n, count", "* | stats count() as count by n | sort -count | head 9"},
	    {"* | rare 100 n | fields n, count",
	     "* | stats count() as count by n | sort count | head 100"},
	    {"* | top 1 real | fields real, count",
	     "* | stats count() as count by real | sort -count | head 1"},
	    {"* | top 0 code | fields code, count", "* | stats count() as count by code | head 0"},
	};
	struct data data;
	struct query_options options = fake_options();
	struct query_stats stats = {0};
	data_init(&data);
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		CLEANUP(buf_deinit) struct buf best = {0};
		CLEANUP(buf_deinit) struct buf sorted = {0};
		CHECK_EQ(run(&data, pairs[i][0], &options, true, &best, &stats, NULL), ERR_OK);
		CHECK_EQ(run(&data, pairs[i][1], &options, false, &sorted, &stats, NULL), ERR_OK);
		CHECK(best.len > 0 || i == ARRAY_LEN(pairs) - 1);
		if (!CHECK(str_eq(buf_str(&best), buf_str(&sorted)))) {
			printf("# %s\n# %.*s# %.*s", pairs[i][0], STR_ARG(buf_str(&best)),
			       STR_ARG(buf_str(&sorted)));
		}
	}
	data_deinit(&data);
}

static bool stop(void *ctx, uint64_t rows_done, uint64_t rows_all, uint64_t found) {
	size_t *asked = ctx;
	CHECK_EQ(rows_all, ROWS);
	CHECK(found <= rows_done);
	CHECK(rows_done <= ROWS);
	return ++*asked < 3;
}

TEST(the_caller_can_cancel_all_parts) {
	struct data data;
	CLEANUP(buf_deinit) struct buf out = {0};
	struct query_options options = fake_options();
	struct query_stats stats = {0};
	struct diag diag = {0};
	size_t asked = 0;
	data_init(&data);
	options.progress = stop;
	options.progress_ctx = &asked;
	CHECK_EQ(run(&data, "* | top user", &options, true, &out, &stats, &diag), ERR_CANCELED);
	CHECK_EQ(asked, 3);
	CHECK(strcmp(diag.message, "interrupted") == 0);
	CHECK_EQ(out.len, 0);
	CHECK_EQ(data.whole.opened, 0);
	data_deinit(&data);
}
