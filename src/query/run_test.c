/* Running queries over pages in memory: order, limits, fetching, damage, cancelling. */
#include "query/run_source.h"

#include "query/fake.h"
#include "tap.h"

enum { ROWS = 10000 };

struct data {
	struct fake_record *records;
	struct fake fake;
	struct arena *arena;
};

static void data_init(struct data *data, size_t count, uint32_t page_rows) {
	static const char *const users[] = {"root", "Admin", "guest"};
	data->arena = arena_new(SIZE_MAX);
	data->records = ARENA_ARRAY(data->arena, count + 1, struct fake_record);
	for (size_t i = 0; i < count; i++) {
		struct fake_record *record = &data->records[i];
		/* Two interleaved sources, the second one behind the first. */
		record->time_ns = (int64_t)(i % (count / 2 + 1)) * INSTANT_SECOND;
		record->type = i % 17 == 16 ? RECORD_OBJECT : RECORD_DATA;
		record->text = arena_printf(data->arena, "line %zu of %s", i, users[i % 3]);
		record->fields[0] =
		    (struct row_field){STR("user.name"), value_string(str_from(users[i % 3]))};
		record->fields_count = 1;
	}
	data->fake = (struct fake){.records = data->records,
	                           .count = count,
	                           .page_rows = page_rows,
	                           .damaged_page = UINT64_MAX};
}

static void data_deinit(struct data *data) {
	CHECK_EQ(data->fake.opened, data->fake.released);
	arena_free(data->arena);
}

static enum err run(struct data *data, const char *text, const struct query_options *options,
                    struct buf *out, struct query_stats *stats, struct diag *diag) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(query_freep) struct query *query = NULL;
	struct query_source source = fake_source(&data->fake);
	struct fake_output lines = {.out = out};
	struct query_output output = fake_output(&lines);
	TRY(query_parse(arena, str_from(text), options, &query, diag));
	return query_run_source(query, &source, options, &output, stats, diag);
}

static bool next_line(struct str *out, uint64_t *out_index) {
	if (out->len == 0) {
		return false;
	}
	struct str line = str_cut(out, '\n');
	return str_to_u64(str_slice(line, 1, line.len), UINT64_MAX, out_index);
}

/* Checks that out has each data row once, in the order asked for; returns their number. */
static size_t check_order(const struct data *data, struct str out, enum query_order order) {
	size_t count = 0;
	uint64_t before = 0;
	uint64_t index;
	while (next_line(&out, &index)) {
		int64_t a = data->records[before].time_ns;
		int64_t b = data->records[index].time_ns;
		bool ok = order == QUERY_BY_INDEX ? before < index
		          : a == b                ? before < index
		                                  : (a < b) == (order == QUERY_BY_TIME);
		if (count > 0 && !CHECK(ok)) {
			break;
		}
		before = index;
		count++;
	}
	return count;
}

TEST(records_come_in_each_order_and_own_records_stay_out) {
	static const enum query_order orders[] = {QUERY_BY_TIME, QUERY_BY_TIME_NEWEST, QUERY_BY_INDEX};
	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		struct data data;
		CLEANUP(buf_deinit) struct buf out = {0};
		struct query_options options = fake_options();
		struct query_stats stats = {0};
		struct diag diag = {0};
		options.order = orders[i];
		data_init(&data, ROWS, 700);
		CHECK_EQ(run(&data, "*", &options, &out, &stats, &diag), ERR_OK);
		size_t data_rows = ROWS - ROWS / 17;
		CHECK_EQ(stats.found, data_rows);
		CHECK_EQ(stats.results, data_rows);
		CHECK_EQ(check_order(&data, buf_str(&out), orders[i]), data_rows);
		data_deinit(&data);
	}
}

TEST(a_limit_gives_the_first_in_order) {
	struct data data;
	CLEANUP(buf_deinit) struct buf out = {0};
	CLEANUP(buf_deinit) struct buf piped = {0};
	struct query_options options = fake_options();
	struct query_stats stats = {0};
	data_init(&data, ROWS, 700);
	options.limit = 3;
	options.order = QUERY_BY_TIME_NEWEST;
	CHECK_EQ(run(&data, "user.name:admin", &options, &out, &stats, NULL), ERR_OK);
	CHECK_STR(buf_str(&out), "#4999\n#4996\n#9997\n");
	CHECK_EQ(stats.results, 3);
	options.limit = UINT64_MAX;
	CHECK_EQ(run(&data, "user.name:admin | head 3", &options, &piped, &stats, NULL), ERR_OK);
	CHECK_STR(buf_str(&piped), "#4999\n#4996\n#9997\n");
	data_deinit(&data);
}

TEST(counting_gives_nothing_out) {
	struct data data;
	CLEANUP(buf_deinit) struct buf out = {0};
	struct query_options options = fake_options();
	struct query_stats stats = {0};
	data_init(&data, 1000, 64);
	options.count_only = true;
	CHECK_EQ(run(&data, "user.name:root", &options, &out, &stats, NULL), ERR_OK);
	CHECK_EQ(out.len, 0);
	CHECK_EQ(stats.results, stats.found);
	CHECK(stats.found > 300);
	CHECK_EQ(run(&data, "user.name:root | head 7", &options, &out, &stats, NULL), ERR_OK);
	CHECK_EQ(out.len, 0);
	CHECK_EQ(stats.results, 7);
	data_deinit(&data);
}

TEST(the_scan_ends_when_enough_was_given) {
	struct data data;
	CLEANUP(buf_deinit) struct buf out = {0};
	struct query_options options = fake_options();
	struct query_stats stats = {0};
	data_init(&data, ROWS, 100);
	options.order = QUERY_BY_INDEX;
	CHECK_EQ(run(&data, "* | head 5", &options, &out, &stats, NULL), ERR_OK);
	CHECK_STR(buf_str(&out), "#0\n#1\n#2\n#3\n#4\n");
	CHECK_EQ(data.fake.opened, 1);
	data_deinit(&data);
}

TEST(times_of_the_options_bound_the_query) {
	struct data data;
	CLEANUP(buf_deinit) struct buf out = {0};
	struct query_options options = fake_options();
	struct query_stats stats = {0};
	data_init(&data, 100, 7);
	options.from_ns = 3 * INSTANT_SECOND;
	options.to_ns = 5 * INSTANT_SECOND;
	CHECK_EQ(run(&data, "*", &options, &out, &stats, NULL), ERR_OK);
	CHECK_STR(buf_str(&out), "#3\n#54\n#4\n#55\n");
	data_deinit(&data);
}

TEST(a_damaged_page_is_counted_and_the_rest_read) {
	struct data data;
	CLEANUP(buf_deinit) struct buf out = {0};
	struct query_options options = fake_options();
	struct query_stats stats = {0};
	data_init(&data, 1000, 100);
	data.fake.damaged_page = 3;
	CHECK_EQ(run(&data, "*", &options, &out, &stats, NULL), ERR_OK);
	CHECK_EQ(stats.pages_damaged, 1);
	CHECK(stats.found < 900 && stats.found > 800);
	data_deinit(&data);
}

TEST(too_much_memory_is_an_error_with_a_way_out) {
	struct data data;
	CLEANUP(buf_deinit) struct buf out = {0};
	struct query_options options = fake_options();
	struct query_stats stats = {0};
	struct diag diag = {0};
	data_init(&data, ROWS, 700);
	options.memory_max = 50000;
	CHECK_EQ(run(&data, "*", &options, &out, &stats, &diag), ERR_LIMIT);
	CHECK(strstr(diag.hint, "--memory") != NULL);
	data_deinit(&data);
}

TEST(sorted_records_are_fetched_page_by_page) {
	struct data data;
	CLEANUP(buf_deinit) struct buf out = {0};
	struct query_options options = fake_options();
	struct query_stats stats = {0};
	data_init(&data, ROWS, 100);
	/* Texts in their order are in no order of pages; each page is still opened twice at the most:
	 * to be searched, and to give its records out. */
	CHECK_EQ(run(&data, "* | sort event.original | head 1000", &options, &out, &stats, NULL),
	         ERR_OK);
	CHECK_EQ(stats.results, 1000);
	CHECK(data.fake.opened <= 2 * ROWS / 100 + 10);
	data_deinit(&data);
}

static bool stop_after_500(void *ctx, uint64_t rows_done, uint64_t rows_all, uint64_t found) {
	(void)ctx;
	CHECK_EQ(rows_all, ROWS);
	CHECK(found <= rows_done);
	return rows_done < 500;
}

TEST(the_caller_can_cancel) {
	struct data data;
	CLEANUP(buf_deinit) struct buf out = {0};
	struct query_options options = fake_options();
	struct query_stats stats = {0};
	data_init(&data, ROWS, 100);
	options.progress = stop_after_500;
	CHECK_EQ(run(&data, "*", &options, &out, &stats, NULL), ERR_CANCELED);
	CHECK(data.fake.opened <= 6);
	data_deinit(&data);
}
