/* A scrub: what it finds, how it goes on, how fast it is, and that a writer does not disturb it. */
#include "store/store.h"

#include "tap.h"

#include "store/store_bench.h"

enum { PARTS_MAX = 32 };

struct scrubbing {
	struct bench *bench;
	struct store_scrub_options options;
	struct store_scrub_part parts[PARTS_MAX]; /* without bodies; trees point to static names */
	char names[PARTS_MAX][40];
	struct buf bodies; /* one a line */
	size_t count;
	uint64_t calls, stop_after; /* of go_on; 0: never */
	uint64_t damages;
	struct buf where;     /* of the damages, one a line */
	struct store *writer; /* commits whenever go_on is asked */
	bool forget;          /* nothing is recorded */
};

static void on_damage(void *ctx, const struct store_damage *damage) {
	struct scrubbing *scrubbing = ctx;
	buf_append_str(&scrubbing->where, damage->where);
	buf_append_char(&scrubbing->where, '\n');
}

/* A batch of lines into a file of its own. */
static void write_more(struct store *store, uint64_t number) {
	struct taking taking = {.store = store, .rows_per_batch = 100};
	struct buf text CLEANUP(buf_deinit) = {0};
	struct buf name CLEANUP(buf_deinit) = {0};
	buf_printf(&name, "more-%llu.log", (unsigned long long)number);
	sample_lines(&text, name.ptr, 0, 150);
	CHECK_EQ(sample_take(&taking, buf_str(&name), buf_str(&text)), ERR_OK);
	CHECK_EQ(store_commit(store, &taking.diag), ERR_OK);
}

static bool go_on(void *ctx, struct str tree, uint64_t done, uint64_t size) {
	struct scrubbing *scrubbing = ctx;
	(void)tree;
	CHECK(done <= size);
	if (scrubbing->writer != NULL) {
		write_more(scrubbing->writer, scrubbing->calls);
	}
	return ++scrubbing->calls != scrubbing->stop_after;
}

static void on_part(void *ctx, const struct store_scrub_part *part) {
	struct scrubbing *scrubbing = ctx;
	struct store_audit_options audit = {.os = os_memory_os(scrubbing->bench->memory),
	                                    .path = "/data"};
	REQUIRE(scrubbing->count < PARTS_MAX);
	struct store_scrub_part *copy = &scrubbing->parts[scrubbing->count];
	char *name = scrubbing->names[scrubbing->count++];
	*copy = *part;
	memset(name, 0, sizeof(scrubbing->names[0]));
	memcpy(name, part->tree.ptr, part->tree.len);
	copy->tree = str_from(name);
	copy->body = STR("");
	buf_append_str(&scrubbing->bodies, part->body);
	buf_append_char(&scrubbing->bodies, '\n');
	struct store_audit_record record = {RECORD_AUDIT, part->body};
	if (!scrubbing->forget) {
		CHECK_EQ(store_audit(&audit, &record, 1, &scrubbing->bench->diag), ERR_OK);
	}
}

static void scrubbing_init(struct scrubbing *scrubbing, struct bench *bench) {
	*scrubbing = (struct scrubbing){.bench = bench};
	scrubbing->options = (struct store_scrub_options){.os = os_memory_os(bench->memory),
	                                                  .path = "/data",
	                                                  .damage = on_damage,
	                                                  .go_on = go_on,
	                                                  .part = on_part,
	                                                  .ctx = scrubbing};
}

static void scrubbing_deinit(struct scrubbing *scrubbing) {
	buf_deinit(&scrubbing->bodies);
	buf_deinit(&scrubbing->where);
}

static enum err scrub(struct scrubbing *scrubbing) {
	scrubbing->count = 0;
	scrubbing->calls = 0;
	buf_clear(&scrubbing->bodies);
	buf_clear(&scrubbing->where);
	return store_scrub(&scrubbing->options, &scrubbing->damages, &scrubbing->bench->diag);
}

/* Many segments, so that there is something to go on with. */
static void make_larger_store(struct bench *bench) {
	struct store_options options = bench_options(bench, true);
	struct buf text CLEANUP(buf_deinit) = {0};
	enum sink_verdict verdict;
	options.segment_bytes = 12000;
	options.epoch_seals = 100;
	sample_lines(&text, "large", 0, 2000);
	REQUIRE(take_and_commit(bench, &options, STR("a.log"), buf_str(&text), false, &verdict) ==
	        ERR_OK);
}

static void flip(struct bench *bench, const char *path, size_t at) {
	struct buf bytes CLEANUP(buf_deinit) = {0};
	REQUIRE(os_read_file(os_memory_os(bench->memory), path, SIZE_MAX, &bytes) == ERR_OK);
	REQUIRE(at < bytes.len);
	bytes.ptr[at] ^= 1;
	REQUIRE(os_memory_set(bench->memory, path, buf_str(&bytes)) == ERR_OK);
}

/* The path of the n-th segment of default. */
struct finding {
	size_t wanted;
	struct buf path;
};

static void find_segment(void *ctx, const char *path) {
	struct finding *finding = ctx;
	if (strstr(path, "/segments/default/") != NULL && finding->wanted-- == 0) {
		buf_append(&finding->path, path, strlen(path) + 1);
	}
}

TEST(an_intact_store_is_gone_through_round_after_round) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(61)};
	struct scrubbing scrubbing CLEANUP(scrubbing_deinit);
	make_small_store(&bench);
	scrubbing_init(&scrubbing, &bench);
	CHECK_EQ(scrub(&scrubbing), ERR_OK);
	CHECK_EQ(scrubbing.damages, 0);
	REQUIRE(scrubbing.count == 2); /* default, objects: there is no audit yet */
	CHECK_STR(scrubbing.parts[0].tree, "default");
	CHECK_EQ(scrubbing.parts[0].from, 0);
	CHECK_EQ(scrubbing.parts[0].to, scrubbing.parts[0].size);
	CHECK_EQ(scrubbing.parts[0].records, 340);
	CHECK(scrubbing.parts[0].segments > 1 && scrubbing.parts[0].bytes > 1000);
	CHECK_STR(scrubbing.parts[1].tree, "");
	CHECK_EQ(scrubbing.parts[1].to, 256);
	CHECK_EQ(scrubbing.parts[1].objects, 1);
	CHECK_EQ(scrub(&scrubbing), ERR_OK);
	REQUIRE(scrubbing.count == 3);
	CHECK_STR(scrubbing.parts[0].tree, "default");
	CHECK_EQ(scrubbing.parts[0].from, 0);
	CHECK_STR(scrubbing.parts[1].tree, "audit");
	CHECK_EQ(scrubbing.damages, 0);
	CHECK(verify_bench(&bench).intact);
	CHECK_EQ(os_memory_open_count(bench.memory), 0);
}

TEST(what_verify_finds_in_records_levels_seals_and_objects_a_scrub_finds_too) {
	static const struct {
		const char *path; /* NULL: a segment */
		const char *where;
	} cases[] = {{NULL, "segments/default/"},
	             {"/data/tree/default/level1", "tree/default/level1"},
	             {"/data/tree/default/checkpoints", "tree/default/checkpoints"},
	             {"/data/tree/default/checkpoint", "tree/default/checkpoint"},
	             {"/data/keys/default/epochs-000001.note", "keys/default/epochs-000001.note"},
	             {"/data/keys/identity.vkey", "keys/identity.vkey"}};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(62)};
		struct scrubbing scrubbing CLEANUP(scrubbing_deinit);
		struct finding finding = {0};
		make_small_store(&bench);
		os_memory_each_file(bench.memory, find_segment, &finding);
		flip(&bench, cases[i].path == NULL ? finding.path.ptr : cases[i].path,
		     cases[i].path == NULL ? 200 : 20);
		scrubbing_init(&scrubbing, &bench);
		scrubbing.forget = true;
		CHECK_EQ(scrub(&scrubbing), ERR_OK);
		CHECK(scrubbing.damages > 0);
		CHECK_EQ(scrubbing.parts[0].damages, scrubbing.damages);
		CHECK(str_find(buf_str(&scrubbing.bodies), STR("\"damages\":[{\"where\":\""), 0) !=
		      SIZE_MAX);
		if (!CHECK(str_find(buf_str(&scrubbing.where), str_from(cases[i].where), 0) != SIZE_MAX)) {
			printf("# %s: %.*s\n", cases[i].where, STR_ARG(buf_str(&scrubbing.where)));
		}
		buf_deinit(&finding.path);
	}
}

static void spoil_object(void *ctx, const char *path) {
	if (strstr(path, "/objects/") != NULL) {
		buf_append(ctx, path, strlen(path) + 1);
	}
}

TEST(objects_that_are_damaged_or_missing_are_found) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(63)};
	const struct os *os = os_memory_os(bench.memory);
	struct scrubbing scrubbing CLEANUP(scrubbing_deinit);
	struct buf path CLEANUP(buf_deinit) = {0};
	make_small_store(&bench);
	os_memory_each_file(bench.memory, spoil_object, &path);
	REQUIRE(path.len > 0);
	scrubbing_init(&scrubbing, &bench);
	flip(&bench, path.ptr, 70);
	CHECK_EQ(scrub(&scrubbing), ERR_OK);
	CHECK(scrubbing.damages > 0);
	CHECK_EQ(scrubbing.parts[1].damages, scrubbing.damages);
	REQUIRE(os->unlink(os->ctx, path.ptr) == ERR_OK);
	CHECK_EQ(scrub(&scrubbing), ERR_OK);
	CHECK_EQ(scrubbing.damages, 1);
	CHECK(str_find(buf_str(&scrubbing.where), STR("objects/"), 0) == 0);
}

/* ---- going on ---- */

TEST(an_interrupted_scrub_goes_on_where_it_stopped_until_all_was_read_once) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(64)};
	struct scrubbing scrubbing CLEANUP(scrubbing_deinit);
	uint64_t reached = 0;
	uint64_t size = 0;
	unsigned runs = 0;
	make_larger_store(&bench);
	scrubbing_init(&scrubbing, &bench);
	scrubbing.stop_after = 25;
	enum err err = ERR_CANCELED;
	while (err == ERR_CANCELED && runs < 50 && (size == 0 || reached < size)) {
		err = scrub(&scrubbing);
		runs++;
		CHECK_EQ(scrubbing.damages, 0);
		REQUIRE(scrubbing.count > 0);
		CHECK_STR(scrubbing.parts[0].tree, "default");
		CHECK_EQ(scrubbing.parts[0].from, reached);
		CHECK(scrubbing.parts[0].to > reached);
		CHECK(scrubbing.parts[0].to % 256 == 0 || scrubbing.parts[0].to == scrubbing.parts[0].size);
		reached = scrubbing.parts[0].to;
		size = scrubbing.parts[0].size;
	}
	CHECK(runs > 3);
	CHECK_EQ(reached, size);
	scrubbing.stop_after = 0;
	CHECK_EQ(scrub(&scrubbing), ERR_OK); /* what is left: audit, objects */
	CHECK_STR(scrubbing.parts[scrubbing.count - 1].tree, "");
	CHECK(!str_eq(scrubbing.parts[0].tree, STR("default")));
	struct store_scrub_state state;
	REQUIRE(store_scrub_read(scrubbing.options.os, "/data", &state, NULL) == ERR_OK);
	const struct store_scrub_seen *seen = store_scrub_find(&state, STR("default"));
	REQUIRE(seen != NULL);
	CHECK(seen->whole && !seen->through);
	CHECK_EQ(seen->next, 0);
}

/* Stops in the middle of default, changes a file, and goes on. */
static uint64_t go_on_after(const char *path, size_t at, struct str where) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(65)};
	struct scrubbing scrubbing CLEANUP(scrubbing_deinit);
	struct finding finding = {.wanted = 0};
	make_larger_store(&bench);
	scrubbing_init(&scrubbing, &bench);
	scrubbing.stop_after = 25;
	CHECK_EQ(scrub(&scrubbing), ERR_CANCELED);
	CHECK(scrubbing.parts[0].to >= 512);
	os_memory_each_file(bench.memory, find_segment, &finding);
	flip(&bench, path == NULL ? finding.path.ptr : path, at);
	buf_deinit(&finding.path);
	scrubbing.stop_after = 0;
	CHECK_EQ(scrub(&scrubbing), ERR_OK);
	CHECK(where.len == 0 || str_find(buf_str(&scrubbing.where), where, 0) != SIZE_MAX);
	return scrubbing.damages;
}

TEST(level_1_stands_for_what_was_read_before_and_must_still_fit_what_was_signed) {
	CHECK_EQ(go_on_after(NULL, 200, STR("")), 0); /* records before it: the next round's */
	CHECK(go_on_after("/data/tree/default/level1", 40, STR("tree/default/checkpoint")) > 0);
}

/* ---- pace ---- */

TEST(no_more_is_read_in_a_second_than_was_asked) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(66)};
	struct scrubbing scrubbing CLEANUP(scrubbing_deinit);
	const struct os *os = os_memory_os(bench.memory);
	make_larger_store(&bench);
	scrubbing_init(&scrubbing, &bench);
	scrubbing.forget = true;
	int64_t before = os->monotonic_ns(os->ctx);
	CHECK_EQ(scrub(&scrubbing), ERR_OK);
	CHECK(os->monotonic_ns(os->ctx) - before < INSTANT_SECOND);
	scrubbing.options.rate = 1000;
	before = os->monotonic_ns(os->ctx);
	CHECK_EQ(scrub(&scrubbing), ERR_OK);
	double seconds = (double)(os->monotonic_ns(os->ctx) - before) / 1e9;
	double least = (double)scrubbing.parts[0].bytes / 1000.0;
	printf("# %llu bytes in %.1f s\n", (unsigned long long)scrubbing.parts[0].bytes, seconds);
	CHECK(least > 10);
	CHECK(seconds > least * 0.9 && seconds < least * 1.1 + 1);
	scrubbing.stop_after = 40; /* asked while it waits, too */
	CHECK_EQ(scrub(&scrubbing), ERR_CANCELED);
	CHECK_EQ(scrubbing.calls, 40);
}

TEST(a_class_that_takes_long_is_told_in_pieces) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(70)};
	struct scrubbing scrubbing CLEANUP(scrubbing_deinit);
	uint64_t records = 0;
	uint64_t segments = 0;
	size_t at = 0;
	make_larger_store(&bench);
	scrubbing_init(&scrubbing, &bench);
	scrubbing.options.rate = 1000;
	scrubbing.options.piece_ns = 3 * INSTANT_SECOND;
	CHECK_EQ(scrub(&scrubbing), ERR_OK);
	for (uint64_t from = 0; str_eq(scrubbing.parts[at].tree, STR("default")); at++) {
		CHECK_EQ(scrubbing.parts[at].from, from);
		from = scrubbing.parts[at].to;
		CHECK(from % 256 == 0 || from == scrubbing.parts[at].size);
		records += scrubbing.parts[at].records;
		segments += scrubbing.parts[at].segments;
	}
	CHECK(at >= 3);
	CHECK_EQ(records, 2000);
	struct store_info info;
	struct store *store CLEANUP(store_closep) = open_reader(&bench);
	REQUIRE(store != NULL);
	store_get_info(store, &info);
	CHECK_EQ(segments, info.segments);
	CHECK_EQ(scrubbing.parts[at - 1].to, info.tree_size);
	/* All pieces together are one pass. */
	struct store_scrub_state state;
	REQUIRE(store_scrub_read(scrubbing.options.os, "/data", &state, NULL) == ERR_OK);
	CHECK(store_scrub_find(&state, STR("default"))->whole);
}

/* ---- beside a writer ---- */

TEST(a_writer_that_goes_on_is_no_damage) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(67)};
	struct scrubbing scrubbing CLEANUP(scrubbing_deinit);
	struct store_options options = bench_options(&bench, true);
	make_larger_store(&bench);
	options.segment_bytes = 12000;
	options.epoch_seals = 100;
	scrubbing_init(&scrubbing, &bench);
	scrubbing.forget = true; /* the writer has the lock */
	REQUIRE(store_open(&options, &scrubbing.writer, &bench.diag) == ERR_OK);
	CHECK_EQ(scrub(&scrubbing), ERR_OK);
	CHECK_EQ(scrubbing.damages, 0);
	CHECK(scrubbing.calls > 20);
	store_close(scrubbing.writer);
	scrubbing.writer = NULL;
	CHECK(verify_bench(&bench).intact);
}

TEST(a_class_that_has_grown_when_its_turn_comes_is_no_damage) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(69)};
	struct scrubbing scrubbing CLEANUP(scrubbing_deinit);
	struct store_options options = bench_options(&bench, true);
	struct store *first = NULL;
	make_small_store(&bench);
	options.epoch_seals = 1000;
	scrubbing_init(&scrubbing, &bench);
	scrubbing.forget = true;
	REQUIRE(store_open(&options, &first, &bench.diag) == ERR_OK);
	options.tree = "1y";
	options.beside = first;
	REQUIRE(store_open(&options, &scrubbing.writer, &bench.diag) == ERR_OK);
	write_more(scrubbing.writer, 1000);
	CHECK_EQ(scrub(&scrubbing), ERR_OK);
	CHECK_EQ(scrubbing.damages, 0);
	CHECK_STR(scrubbing.parts[1].tree, "1y");
	CHECK_EQ(scrubbing.parts[1].to, 152); /* as it was at first; with two records of the store */
	store_close(scrubbing.writer);
	store_close(first);
	CHECK(verify_bench(&bench).intact);
}

struct meddling {
	struct store *writer;
	uint64_t commits, commits_max;
	bool busy;
};

/* Seals between two steps of a look. */
static void meddle(void *ctx, const struct os_call *call) {
	struct meddling *meddling = ctx;
	if (meddling->busy || call->kind != OS_CALL_OPEN || call->path == NULL ||
	    strstr(call->path, "/default/intent") == NULL ||
	    meddling->commits == meddling->commits_max) {
		return;
	}
	meddling->busy = true;
	write_more(meddling->writer, ++meddling->commits);
	meddling->busy = false;
}

TEST(a_writer_that_seals_during_a_look_is_waited_for) {
	for (uint64_t commits_max = 3; commits_max <= 1000; commits_max += 997) {
		struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(68)};
		struct scrubbing scrubbing CLEANUP(scrubbing_deinit);
		struct store_options options = bench_options(&bench, true);
		struct meddling meddling = {.commits_max = commits_max};
		make_small_store(&bench);
		options.epoch_seals = 1000;
		scrubbing_init(&scrubbing, &bench);
		scrubbing.forget = true;
		REQUIRE(store_open(&options, &meddling.writer, &bench.diag) == ERR_OK);
		struct os_record *record CLEANUP(os_record_freep) =
		    os_record_new(os_memory_os(bench.memory), meddle, &meddling);
		scrubbing.options.os = os_record_os(record);
		CHECK_EQ(scrub(&scrubbing), commits_max == 3 ? ERR_OK : ERR_LOCKED);
		CHECK_EQ(scrubbing.damages, 0);
		CHECK_EQ(meddling.commits, commits_max == 3 ? 3 : 50);
		store_close(meddling.writer);
	}
}
