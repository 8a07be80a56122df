/* Records of who did what: in a class of their own, durable before anything else goes on. */
#include "store/store.h"

#include "tap.h"

#include "store/store_bench.h"

static const struct store_audit_record asked = {RECORD_AUDIT, STR_INIT("{\"query\":\"root\"}")};

static struct store_audit_options audit_options(struct bench *bench) {
	return (struct store_audit_options){
	    .os = bench->os != NULL ? bench->os : os_memory_os(bench->memory), .path = "/data"};
}

/* A store with one file in its class default. */
static void bench_begin(struct bench *bench) {
	struct buf text CLEANUP(buf_deinit) = {0};
	enum sink_verdict verdict;
	*bench = (struct bench){.memory = os_memory_new(51)};
	struct store_options options = bench_options(bench, true);
	sample_lines(&text, "audit", 0, 20);
	ASSERT(take_and_commit(bench, &options, STR("a.log"), buf_str(&text), false, &verdict) ==
	       ERR_OK);
}

/* How many records of type audit or export the class holds; bodies go to out. */
static size_t count_notes(const struct os *os, struct buf *out) {
	const struct store_scan_options scanning = {
	    .from_ns = INSTANT_MIN, .to_ns = INSTANT_MAX, .index_to = UINT64_MAX, .all_types = true};
	struct store_options options = {.os = os, .path = "/data", .tree = STORE_AUDIT};
	struct store *store CLEANUP(store_closep) = NULL;
	struct store_scan *scan = NULL;
	size_t count = 0;
	if (store_open(&options, &store, NULL) != ERR_OK) {
		return 0;
	}
	ASSERT(store_scan_new(store, &scanning, &scan) == ERR_OK);
	for (;;) {
		struct store_view *view = NULL;
		ASSERT(store_scan_next(scan, &view, NULL) == ERR_OK);
		if (view == NULL) {
			break;
		}
		for (uint32_t i = 0; i < store_view_rows(view); i++) {
			struct row row;
			ASSERT(store_view_row(view, i, &row) == ERR_OK);
			if (row.type == RECORD_AUDIT || row.type == RECORD_EXPORT) {
				buf_append_str(out, row.body);
				count++;
			}
		}
		store_view_free(view);
	}
	store_scan_free(scan);
	return count;
}

TEST(records_lie_in_a_class_of_their_own_that_is_made_when_it_is_missing) {
	struct bench bench CLEANUP(bench_deinit);
	struct buf bodies CLEANUP(buf_deinit) = {0};
	bench_begin(&bench);
	struct store_audit_options options = audit_options(&bench);
	const struct store_audit_record two[] = {asked, {RECORD_EXPORT, STR("{\"out\":1}")}};
	CHECK_EQ(store_audit(&options, &asked, 1, &bench.diag), ERR_OK);
	CHECK_EQ(store_audit(&options, two, 2, &bench.diag), ERR_OK);
	CHECK_EQ(count_notes(options.os, &bodies), 3);
	CHECK_STR(buf_str(&bodies), "{\"query\":\"root\"}{\"query\":\"root\"}{\"out\":1}");
	struct store_verify_result result = verify_bench(&bench);
	CHECK(result.intact);
	CHECK_EQ(result.records, 20);
	CHECK_EQ(result.leftovers, 0);
	CHECK_EQ(result.signed_size, result.tree_size);
	CHECK_EQ(os_memory_open_count(bench.memory), 0);
}

TEST(what_is_no_audit_record_is_refused) {
	struct bench bench CLEANUP(bench_deinit);
	struct buf bodies CLEANUP(buf_deinit) = {0};
	bench_begin(&bench);
	struct store_audit_options options = audit_options(&bench);
	const struct store_audit_record data = {RECORD_DATA, STR("{}")};
	CHECK_EQ(store_audit(&options, &data, 1, &bench.diag), ERR_INVALID);
	options.path = "/none";
	CHECK_EQ(store_audit(&options, &asked, 1, &bench.diag), ERR_NOT_FOUND);
	CHECK_EQ(count_notes(options.os, &bodies), 0);
}

/* ---- another writer ---- */

static bool count_down(void *ctx) {
	return --*(int *)ctx > 0;
}

TEST(another_writer_is_waited_for_as_long_as_asked) {
	struct bench bench CLEANUP(bench_deinit);
	struct buf bodies CLEANUP(buf_deinit) = {0};
	bench_begin(&bench);
	struct store_audit_options options = audit_options(&bench);
	const struct os *os = options.os;
	struct store *writer = open_writer(&bench);
	int looks = 3;
	options.wait_ns = (int64_t)5 * INSTANT_SECOND;
	int64_t before = os->monotonic_ns(os->ctx);
	CHECK_EQ(store_audit(&options, &asked, 1, &bench.diag), ERR_LOCKED);
	int64_t waited = os->monotonic_ns(os->ctx) - before;
	CHECK(waited >= options.wait_ns && waited < options.wait_ns + INSTANT_SECOND);
	options.go_on = count_down;
	options.ctx = &looks;
	CHECK_EQ(store_audit(&options, &asked, 1, &bench.diag), ERR_CANCELED);
	CHECK_EQ(looks, 0);
	CHECK_EQ(count_notes(os, &bodies), 0);
	store_close(writer);
	CHECK_EQ(store_audit(&options, &asked, 1, &bench.diag), ERR_OK);
	CHECK_EQ(count_notes(os, &bodies), 1);
}

/* ---- a damaged store ---- */

TEST(what_is_wrong_with_another_class_does_not_keep_a_record_from_being_written) {
	struct bench bench CLEANUP(bench_deinit);
	struct buf bodies CLEANUP(buf_deinit) = {0};
	bench_begin(&bench);
	struct store_audit_options options = audit_options(&bench);
	CHECK_EQ(store_audit(&options, &asked, 1, &bench.diag), ERR_OK);
	REQUIRE(os_memory_set(bench.memory, "/data/keys/default/epoch.key", STR("no")) == ERR_OK);
	struct store_options opening = bench_options(&bench, true);
	struct store *store = NULL;
	CHECK_EQ(store_open(&opening, &store, &bench.diag), ERR_CORRUPT);
	CHECK_EQ(store_audit(&options, &asked, 1, &bench.diag), ERR_OK);
	CHECK_EQ(count_notes(options.os, &bodies), 2);
}

/* ---- cuts ---- */

struct cutting {
	struct os_memory *memory;
	size_t before; /* records that were acknowledged */
	uint32_t cuts;
};

/* At every step: what was acknowledged is there, and the store is whole again once it is opened. */
static void cut(void *ctx, const struct os_call *call) {
	struct cutting *cutting = ctx;
	if ((OS_CALLS_CHANGING & OS_CALL_BIT(call->kind)) == 0) {
		return;
	}
	for (uint64_t seed = 0; seed < 3; seed++) {
		struct os_memory *after CLEANUP(os_memory_freep) = os_memory_crash(
		    cutting->memory, seed == 0 ? OS_CRASH_FORGET : OS_CRASH_SEEDED, call->number + seed);
		struct bench bench = {.memory = after};
		struct buf bodies CLEANUP(buf_deinit) = {0};
		struct store_audit_options options = audit_options(&bench);
		size_t found = count_notes(options.os, &bodies);
		CHECK(found == cutting->before || found == cutting->before + 1);
		CHECK_EQ(store_audit(&options, &asked, 1, &bench.diag), ERR_OK);
		CHECK(verify_quietly(options.os).intact);
		CHECK_EQ(count_notes(options.os, &bodies), found + 1);
	}
	cutting->cuts++;
}

TEST(a_record_is_durable_when_the_call_returns_and_whole_or_absent_before) {
	struct bench bench CLEANUP(bench_deinit);
	bench_begin(&bench);
	struct cutting cutting = {.memory = bench.memory};
	struct os_record *record CLEANUP(os_record_freep) =
	    os_record_new(os_memory_os(bench.memory), cut, &cutting);
	bench.os = os_record_os(record);
	struct store_audit_options options = audit_options(&bench);
	for (; cutting.before < 2; cutting.before++) { /* the first one makes the class */
		struct buf bodies CLEANUP(buf_deinit) = {0};
		REQUIRE(store_audit(&options, &asked, 1, &bench.diag) == ERR_OK);
		struct os_memory *after CLEANUP(os_memory_freep) =
		    os_memory_crash(bench.memory, OS_CRASH_FORGET, 1);
		CHECK_EQ(count_notes(os_memory_os(after), &bodies), cutting.before + 1);
	}
	printf("# %u cuts\n", cutting.cuts);
	CHECK(cutting.cuts > 30);
}
