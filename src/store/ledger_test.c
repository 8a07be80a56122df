/* The ledger: what is noticed becomes a record, once. */
#include "store/ledger.h"

#include "tap.h"

#include "os/os_wrap.h"
#include "store/store_bench.h"

/* Bodies of all records of a type, each with LF. */
static void read_ledger(struct bench *bench, enum record_type type, struct buf *out) {
	struct store *store CLEANUP(store_closep) = open_reader(bench);
	struct store_scan *scan = NULL;
	struct store_scan_options options = {
	    .from_ns = INSTANT_MIN, .to_ns = INSTANT_MAX, .index_to = UINT64_MAX, .all_types = true};
	struct store_view *view = NULL;
	struct diag diag = {0};
	buf_clear(out);
	REQUIRE(store != NULL);
	CHECK(store_scan_new(store, &options, &scan) == ERR_OK);
	while (store_scan_next(scan, &view, &diag) == ERR_OK && view != NULL) {
		const uint8_t *types;
		struct row row;
		CHECK(store_view_types(view, &types) == ERR_OK);
		for (uint32_t i = 0; i < store_view_rows(view); i++) {
			if (types[i] == type) {
				CHECK(store_view_row(view, i, &row) == ERR_OK);
				buf_append_str(out, row.body);
				buf_append_char(out, '\n');
			}
		}
		store_view_free(view);
	}
	store_scan_free(scan);
}

static enum err take(struct bench *bench, const char *settings, const char *path,
                     const char *text) {
	struct store_options options = bench_options(bench, true);
	enum sink_verdict verdict;
	options.settings = settings;
	return take_and_commit(bench, &options, str_from(path), str_from(text), false, &verdict);
}

TEST(settings_are_noted_when_they_change_and_only_then) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(51)};
	struct buf bodies CLEANUP(buf_deinit) = {0};
	REQUIRE(take(&bench, "{\"a\":1}", "a", "one\n") == ERR_OK);
	REQUIRE(take(&bench, "{\"a\":1}", "b", "two\n") == ERR_OK);
	REQUIRE(take(&bench, "{\"a\":2}", "c", "three\n") == ERR_OK);
	REQUIRE(take(&bench, "{\"a\":2}", "d", "four\n") == ERR_OK);
	REQUIRE(take(&bench, NULL, "e", "five\n") == ERR_OK); /* not said */
	REQUIRE(take(&bench, "{\"a\":2}", "f", "six\n") == ERR_OK);
	read_ledger(&bench, RECORD_CONFIG, &bodies);
	CHECK_STR(buf_str(&bodies), "{\"a\":1}\n{\"a\":2}\n{\"a\":2}\n");
	CHECK(verify_bench(&bench).intact);
}

/* A world whose clocks the test sets. */
struct clocks {
	struct os os;
	const struct os *inner;
	int64_t wall_ns, monotonic_ns;
};

static struct clocks *clocks_now;
static int64_t set_wall(void *ctx) {
	(void)ctx;
	return clocks_now->wall_ns;
}
static int64_t set_monotonic(void *ctx) {
	(void)ctx;
	return clocks_now->monotonic_ns;
}

static void clocks_init(struct clocks *clocks, struct bench *bench) {
	clocks->inner = os_memory_os(bench->memory);
	clocks->os = *clocks->inner;
	clocks->os.wall_ns = set_wall;
	clocks->os.monotonic_ns = set_monotonic;
	clocks->wall_ns = 1000 * INSTANT_SECOND;
	clocks->monotonic_ns = 5 * INSTANT_SECOND;
	clocks_now = clocks;
	bench->os = &clocks->os;
}

static enum err take_rows(struct store *store, const char *path, struct diag *diag) {
	struct taking taking = {.store = store, .rows_per_batch = 1};
	enum err err = sample_take(&taking, str_from(path), str_from(path)); /* its name is its text */
	*diag = taking.diag;
	return err;
}

TEST(a_clock_that_jumps_is_noted_and_one_that_is_kept_right_is_not) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(52)};
	struct clocks clocks;
	struct buf bodies CLEANUP(buf_deinit) = {0};
	clocks_init(&clocks, &bench);
	struct store *store CLEANUP(store_closep) = open_writer(&bench);
	REQUIRE(store != NULL);
	CHECK(take_rows(store, "a", &bench.diag) == ERR_OK);
	clocks.wall_ns += 3600 * INSTANT_SECOND; /* an hour goes by */
	clocks.monotonic_ns += 3600 * INSTANT_SECOND;
	CHECK(take_rows(store, "b", &bench.diag) == ERR_OK);
	clocks.wall_ns += INSTANT_SECOND / 2; /* slewed */
	CHECK(take_rows(store, "c", &bench.diag) == ERR_OK);
	clocks.wall_ns -= 3600 * INSTANT_SECOND; /* an hour back */
	CHECK(take_rows(store, "d", &bench.diag) == ERR_OK);
	clocks.monotonic_ns += 10 * INSTANT_SECOND; /* frozen: ten seconds in which it stood still */
	CHECK(take_rows(store, "e", &bench.diag) == ERR_OK);
	clocks.wall_ns += 315360000 * INSTANT_SECOND; /* ten years on */
	CHECK(take_rows(store, "f", &bench.diag) == ERR_OK);
	CHECK(store_commit(store, &bench.diag) == ERR_OK);
	store_close(TAKE(store));
	read_ledger(&bench, RECORD_CLOCK_STEP, &bodies);
	CHECK_STR(buf_str(&bodies),
	          "{\"from_ns\":4600500000000,\"to_ns\":1000500000000,\"seen\":\"running\"}\n"
	          "{\"from_ns\":1010500000000,\"to_ns\":1000500000000,\"seen\":\"running\"}\n"
	          "{\"from_ns\":1000500000000,\"to_ns\":315361000500000000,\"seen\":\"running\"}\n");
	/* Opened again with the clock put right: it lies before what was received. */
	clocks.wall_ns = 2000 * INSTANT_SECOND;
	clocks.monotonic_ns = 1;
	store = open_writer(&bench);
	REQUIRE(store != NULL);
	CHECK(take_rows(store, "g", &bench.diag) == ERR_OK);
	CHECK(store_commit(store, &bench.diag) == ERR_OK);
	store_close(TAKE(store));
	read_ledger(&bench, RECORD_CLOCK_STEP, &bodies);
	CHECK(str_ends(buf_str(&bodies), STR("{\"from_ns\":315361000500000000,\"to_ns\":2000000000000,"
	                                     "\"seen\":\"opening\"}\n")));
	CHECK(verify_bench(&bench).intact);
}

TEST(what_others_note_is_kept_and_what_is_ours_alone_is_refused) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(53)};
	struct buf bodies CLEANUP(buf_deinit) = {0};
	struct store *store CLEANUP(store_closep) = open_writer(&bench);
	REQUIRE(store != NULL);
	CHECK(store_note(store, RECORD_LOSS, STR("{\"datagrams\":7}"), &bench.diag) == ERR_OK);
	CHECK(store_note(store, RECORD_LOSS, STR("{\"datagrams\":8}"), &bench.diag) == ERR_OK);
	CHECK(store_note(store, RECORD_SEAL, STR("{}"), &bench.diag) == ERR_INVALID);
	CHECK(store_note(store, RECORD_DATA, STR("{}"), &bench.diag) == ERR_INVALID);
	CHECK(store_note(store, 0, STR("{}"), &bench.diag) == ERR_INVALID);
	CHECK(store_note(store, 200, STR("{}"), &bench.diag) == ERR_INVALID);
	CHECK(store_commit(store, &bench.diag) == ERR_OK);
	store_close(TAKE(store));
	read_ledger(&bench, RECORD_LOSS, &bodies);
	CHECK_STR(buf_str(&bodies), "{\"datagrams\":7}\n{\"datagrams\":8}\n");
	struct store_verify_result result = verify_bench(&bench);
	CHECK(result.intact);
	CHECK_EQ(result.records, 0);
}
