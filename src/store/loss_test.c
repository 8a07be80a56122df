/* What was signed is lost: that tree stays as it is, and the class goes on at once in a new one,
 * with everything that was acknowledged and is still there.
 */
#include "store/store.h"

#include "base/map.h"
#include "tap.h"

#include "store/facts.h"
#include "store/journal.h"
#include "store/store_bench.h"

struct losing {
	struct bench bench;
	struct buf first, second; /* a.log, which was sealed; b.log, which is in the log only */
};

static void losing_deinit(struct losing *losing) {
	bench_deinit(&losing->bench);
	buf_deinit(&losing->first);
	buf_deinit(&losing->second);
}

static struct store *open_small(struct bench *bench, bool writable) {
	struct store_options options = bench_options(bench, writable);
	options.segment_bytes = 9000;
	options.rewrite_bytes = 2000;
	return open_or_fail(bench, &options);
}

/* Several sealed segments, and a log with a few batches. */
static void losing_init(struct losing *losing, uint64_t seed) {
	*losing = (struct losing){.bench = {.memory = os_memory_new(seed)}};
	sample_lines(&losing->first, "first", 0, 500);
	sample_lines(&losing->second, "second", 0, 120);
	struct store *store = open_small(&losing->bench, true);
	REQUIRE(store != NULL);
	struct taking taking = {.store = store, .rows_per_batch = 50};
	REQUIRE(sample_take(&taking, STR("a.log"), buf_str(&losing->first)) == ERR_OK);
	REQUIRE(store_commit(store, &losing->bench.diag) == ERR_OK);
	taking.log = true;
	REQUIRE(sample_take(&taking, STR("b.log"), buf_str(&losing->second)) == ERR_OK);
	store_close(store);
}

/* The path of segment number `nth` of a tree (-1: the last), in order. */
static bool find_segment(struct bench *bench, const char *tree, int nth, char out_path[200]) {
	struct file_list files = {0};
	char part[64];
	char names[64][200];
	int count = 0;
	(void)snprintf(part, sizeof(part), "/segments/%s/", tree);
	os_memory_each_file(bench->memory, add_name, &files);
	for (size_t at = 0; at < files.names.len; at += strlen(files.names.ptr + at) + 1) {
		const char *name = files.names.ptr + at;
		if (strstr(name, part) != NULL && strstr(name, ".seg") != NULL && count < 64) {
			int place = count++;
			while (place > 0 && strcmp(names[place - 1], name) > 0) {
				memcpy(names[place], names[place - 1], sizeof(names[0]));
				place--;
			}
			(void)snprintf(names[place], sizeof(names[0]), "%s", name);
		}
	}
	buf_deinit(&files.names);
	nth = nth < 0 ? count - 1 : nth;
	(void)snprintf(out_path, 200, "%s", nth >= 0 && nth < count ? names[nth] : "");
	return nth >= 0 && nth < count;
}

static void remove_file(struct bench *bench, const char *path) {
	const struct os *os = os_memory_os(bench->memory);
	REQUIRE(os->unlink(os->ctx, path) == ERR_OK);
}

static void remove_segment(struct bench *bench, const char *tree, int nth) {
	char path[200];
	REQUIRE(find_segment(bench, tree, nth, path));
	remove_file(bench, path);
}

static void flip(struct bench *bench, const char *path, size_t from_end) {
	struct buf bytes CLEANUP(buf_deinit) = {0};
	REQUIRE(os_read_file(os_memory_os(bench->memory), path, SIZE_MAX, &bytes) == ERR_OK);
	bytes.ptr[bytes.len - from_end] ^= 1;
	REQUIRE(os_memory_set(bench->memory, path, buf_str(&bytes)) == ERR_OK);
}

/* ---- ways to lose ---- */

static void lose_last(struct bench *bench) {
	remove_segment(bench, "default", -1);
}

static void lose_middle(struct bench *bench) {
	remove_segment(bench, "default", 1);
}

static void lose_all(struct bench *bench) {
	char path[200];
	while (find_segment(bench, "default", 0, path)) {
		remove_file(bench, path);
	}
}

static void rot_segment(struct bench *bench) {
	char path[200];
	REQUIRE(find_segment(bench, "default", 1, path));
	flip(bench, path, 9);
}

static void rot_journal(struct bench *bench) {
	struct buf bytes CLEANUP(buf_deinit) = {0};
	REQUIRE(os_read_file(os_memory_os(bench->memory), "/data/tree/default/checkpoints", SIZE_MAX,
	                     &bytes) == ERR_OK);
	flip(bench, "/data/tree/default/checkpoints", bytes.len - 60);
}

/* Segments and checkpoints of before; only the notary knows. */
static void lose_tree(struct bench *bench) {
	lose_all(bench);
	remove_file(bench, "/data/tree/default/checkpoint");
	remove_file(bench, "/data/tree/default/checkpoints");
}

static void promise_more(struct bench *bench) {
	struct intent intent = {.size = 100000};
	struct buf text CLEANUP(buf_deinit) = {0};
	intent_format(&intent, &text);
	REQUIRE(os_replace_file(os_memory_os(bench->memory), "/data/tree/default", "intent",
	                        buf_str(&text)) == ERR_OK);
}

static const struct way {
	const char *name;
	void (*lose)(struct bench *bench);
} ways[] = {{"the last segment", lose_last},     {"one in the middle", lose_middle},
            {"all segments", lose_all},          {"a rotted segment", rot_segment},
            {"a rotted journal", rot_journal},   {"segments and tree", lose_tree},
            {"an intent is ahead", promise_more}};

/* ---- what is there ---- */

static void count_texts(struct store *store, struct map *texts) {
	struct store_scan *scan = NULL;
	struct store_scan_options options = {
	    .from_ns = INSTANT_MIN, .to_ns = INSTANT_MAX, .index_to = UINT64_MAX};
	REQUIRE(store_scan_new(store, &options, &scan) == ERR_OK);
	for (int failures = 0; failures < 5;) {
		struct store_view *view = NULL;
		if (store_scan_next(scan, &view, NULL) != ERR_OK) {
			failures++;
			continue;
		}
		if (view == NULL) {
			break;
		}
		for (uint32_t i = 0; i < store_view_rows(view); i++) {
			struct row row;
			REQUIRE(store_view_row(view, i, &row) == ERR_OK);
			++*map_put(texts, row.text, 0, NULL);
		}
		store_view_free(view);
	}
	store_scan_free(scan);
}

/* How often the lines of a text are in all trees together: the least and the most. */
static void count_lines(struct bench *bench, struct str text, uint64_t *out_least,
                        uint64_t *out_most) {
	struct store_options options = bench_options(bench, false);
	struct store_set set = {0};
	struct map *texts CLEANUP(map_freep) = map_new();
	*out_least = UINT64_MAX;
	*out_most = 0;
	if (store_set_open(&options, &set, &bench->diag) != ERR_OK) {
		printf("# %s\n", bench->diag.message);
		return;
	}
	for (size_t i = 0; i < set.count; i++) {
		count_texts(set.stores[i], texts);
	}
	while (text.len > 0) {
		const uint64_t *count = map_find(texts, str_cut(&text, '\n'));
		*out_least = MIN_OF(*out_least, count == NULL ? 0 : *count);
		*out_most = MAX_OF(*out_most, count == NULL ? 0 : *count);
	}
	store_set_close(&set);
}

static bool once_each(struct bench *bench, struct str text) {
	uint64_t least;
	uint64_t most;
	count_lines(bench, text, &least, &most);
	if (least != 1 || most != 1) {
		printf("# lines are there %llu to %llu times\n", (unsigned long long)least,
		       (unsigned long long)most);
	}
	return least == 1 && most == 1;
}

struct blame {
	const char *sound; /* a tree whose files are not to be named */
	size_t named, wrong;
	bool first_record; /* of the sound tree is named */
};

static void blame(void *ctx, const struct store_damage *damage) {
	struct blame *blamed = ctx;
	char text[300];
	(void)snprintf(text, sizeof(text), "%.*s/", STR_ARG(damage->where));
	blamed->named++;
	char part[64];
	(void)snprintf(part, sizeof(part), "/%s/", blamed->sound);
	if (strstr(text, part) != NULL) {
		blamed->first_record |= damage->has_range && damage->index_from == 0;
	}
	if (strstr(text, part) != NULL || damage->where.len == 0) {
		blamed->wrong++;
		printf("# blamed: %.*s: %.*s\n", STR_ARG(damage->where), STR_ARG(damage->what));
	}
}

/* Not intact, and nothing of the sound tree is named. */
static bool blames_others_only(struct bench *bench, const char *sound) {
	struct blame blamed = {.sound = sound};
	struct store_verify_options options = {.damage = blame, .ctx = &blamed};
	struct store_verify_result result = {0};
	return store_verify(os_memory_os(bench->memory), "/data", &options, &result, &bench->diag) ==
	           ERR_OK &&
	       !result.intact && blamed.named > 0 && blamed.wrong == 0;
}

static size_t classes_of(struct bench *bench) {
	struct facts facts = {0};
	struct buf text CLEANUP(buf_deinit) = {0};
	bool read =
	    os_read_file(os_memory_os(bench->memory), "/data/store", FACTS_MAX, &text) == ERR_OK &&
	    facts_parse(buf_str(&text), &facts, NULL) == ERR_OK;
	CHECK(read);
	return facts.classes_count;
}

static struct store_info info_of(struct bench *bench, const char *tree) {
	struct store_options options = bench_options(bench, false);
	struct store_info info = {0};
	options.tree = tree;
	struct store *store CLEANUP(store_closep) = open_or_fail(bench, &options);
	if (store != NULL) {
		store_get_info(store, &info);
	}
	return info;
}

/* Opens for writing, takes the log over, takes a file (unless its path is empty), commits. */
static enum err write_on(struct bench *bench, struct str path, struct str text,
                         enum sink_verdict *out_verdict) {
	struct store_options options = bench_options(bench, true);
	options.segment_bytes = 9000;
	options.rewrite_bytes = 2000;
	struct store *store CLEANUP(store_closep) = NULL;
	TRY(store_open(&options, &store, &bench->diag));
	struct taking taking = {.store = store, .rows_per_batch = 50};
	TRY(sample_replay(&taking, NULL));
	if (path.len > 0) {
		TRY(sample_take(&taking, path, text));
		*out_verdict = taking.verdict;
	}
	return store_commit(store, &bench->diag);
}

static void read_first_record(struct bench *bench, const char *tree, uint8_t *out_type,
                              struct buf *out_body) {
	struct store_options options = bench_options(bench, false);
	options.tree = tree;
	struct store *store CLEANUP(store_closep) = open_or_fail(bench, &options);
	struct store_view *view = NULL;
	struct row row;
	REQUIRE(store != NULL && store_view_at(store, 0, &view, &bench->diag) == ERR_OK);
	REQUIRE(store_view_row(view, 0, &row) == ERR_OK);
	*out_type = row.type;
	buf_append_str(out_body, row.body);
	store_view_free(view);
}

/* ---- going on ---- */

TEST(a_class_that_has_lost_what_was_signed_goes_on_at_once) {
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct losing losing CLEANUP(losing_deinit);
		struct bench *bench = &losing.bench;
		struct buf body CLEANUP(buf_deinit) = {0};
		enum sink_verdict verdict;
		uint8_t type = 0;
		losing_init(&losing, 100 + i);
		ways[i].lose(bench);
		bool good = CHECK(write_on(bench, STR("c.log"), STR("one line\n"), &verdict) == ERR_OK);
		good &= CHECK(str_find(buf_str(&bench->notices), STR("default.2"), 0) != SIZE_MAX &&
		              str_find(buf_str(&bench->notices), STR("akashi verify"), 0) != SIZE_MAX);
		good &= CHECK_EQ(classes_of(bench), 2);
		good &= CHECK(once_each(bench, buf_str(&losing.second)));
		good &= CHECK(once_each(bench, STR("one line\n")));
		struct store_info info = info_of(bench, "default.2");
		good &= CHECK(info.sealed && info.log_bytes == 0);
		good &= CHECK_EQ(info_of(bench, "default").log_bytes, 0);
		good &= CHECK(blames_others_only(bench, "default.2"));
		read_first_record(bench, "default.2", &type, &body);
		good &= CHECK_EQ(type, RECORD_RECOVERY);
		good &= CHECK(str_find(buf_str(&body), STR("\"log_batches\":3,\"log_records\":121"), 0) !=
		              SIZE_MAX);
		/* It does so once. */
		good &= CHECK(write_on(bench, STR("c.log"), STR("one line\n"), &verdict) == ERR_OK);
		good &= CHECK_EQ(verdict, SINK_SKIP);
		good &= CHECK_EQ(classes_of(bench), 2);
		if (!good) {
			printf("# after: %s: %s\n# %.*s\n# %.*s\n", ways[i].name, bench->diag.message,
			       STR_ARG(buf_str(&body)), STR_ARG(buf_str(&bench->notices)));
		}
	}
}

TEST(what_is_left_stays_readable_and_a_second_loss_begins_a_third_tree) {
	struct losing losing CLEANUP(losing_deinit);
	struct bench *bench = &losing.bench;
	struct buf third CLEANUP(buf_deinit) = {0};
	enum sink_verdict verdict;
	losing_init(&losing, 200);
	lose_last(bench);
	sample_lines(&third, "third", 0, 300);
	REQUIRE(write_on(bench, STR("c.log"), buf_str(&third), &verdict) == ERR_OK);
	uint64_t kept = info_of(bench, "default").records;
	CHECK(kept > 200 && kept < 500);
	remove_segment(bench, "default.2", 0);
	REQUIRE(write_on(bench, STR("d.log"), STR("and on\n"), &verdict) == ERR_OK);
	CHECK_EQ(classes_of(bench), 3);
	CHECK_EQ(info_of(bench, "default").records, kept);
	CHECK(info_of(bench, "default.3").sealed);
	CHECK(blames_others_only(bench, "default.3"));
	CHECK(once_each(bench, STR("and on\n")));
	/* A file whose records are lost is read again; what a tree before knows whole is not. */
	REQUIRE(write_on(bench, STR("b.log"), buf_str(&losing.second), &verdict) == ERR_OK);
	CHECK(verdict != SINK_SKIP);
	REQUIRE(write_on(bench, STR("a.log"), buf_str(&losing.first), &verdict) == ERR_OK);
	CHECK_EQ(verdict, SINK_RESUME);
	CHECK(once_each(bench, buf_str(&losing.first)));
}

/* All records are there, in one segment: nothing but the notary's own word tells. */
TEST(checkpoints_that_only_the_notary_knows_are_missed) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(201)};
	enum sink_verdict verdict;
	REQUIRE(write_on(&bench, STR("a.log"), STR("one\n"), &verdict) == ERR_OK);
	REQUIRE(write_on(&bench, STR("b.log"), STR("two\n"), &verdict) == ERR_OK);
	remove_file(&bench, "/data/tree/default/checkpoint");
	remove_file(&bench, "/data/tree/default/checkpoints");
	REQUIRE(write_on(&bench, STR("c.log"), STR("three\n"), &verdict) == ERR_OK);
	CHECK_EQ(classes_of(&bench), 2);
	CHECK(blames_others_only(&bench, "default.2"));
}

struct set_aside {
	struct str what;
	uint32_t count;
};

static enum err count_aside(void *ctx, struct str name, enum os_file_kind kind) {
	struct set_aside *aside = ctx;
	(void)kind;
	aside->count += str_starts(name, aside->what);
	return ERR_OK;
}

/* Files in quarantine whose names begin like this. */
static uint32_t aside_count(struct bench *bench, struct str what) {
	struct set_aside aside = {.what = what};
	const struct os *os = os_memory_os(bench->memory);
	enum err err = os->list(os->ctx, "/data/quarantine", count_aside, &aside);
	CHECK(err == ERR_OK || err == ERR_NOT_FOUND);
	return aside.count;
}

/* The file `checkpoint` is a copy of the journal's last note: no loss. */
TEST(a_checkpoint_that_is_gone_or_rots_beside_its_journal_is_written_again) {
	static const char path[] = "/data/tree/default/checkpoint";
	for (size_t way = 0; way < 3; way++) {
		struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(202 + way)};
		struct buf older CLEANUP(buf_deinit) = {0};
		enum sink_verdict verdict;
		const struct os *os = os_memory_os(bench.memory);
		REQUIRE(write_on(&bench, STR("a.log"), STR("one\n"), &verdict) == ERR_OK);
		REQUIRE(os_read_file(os, path, SIZE_MAX, &older) == ERR_OK);
		REQUIRE(write_on(&bench, STR("b.log"), STR("two\n"), &verdict) == ERR_OK);
		if (way == 0) {
			remove_file(&bench, path);
		} else if (way == 1) {
			flip(&bench, path, 200);
		} else {
			REQUIRE(os_memory_set(bench.memory, path, buf_str(&older)) == ERR_OK);
		}
		CHECK(!verify_quietly(os).intact);
		REQUIRE(write_on(&bench, STR("c.log"), STR("three\n"), &verdict) == ERR_OK);
		CHECK_EQ(classes_of(&bench), 1);
		CHECK(verify_bench(&bench).intact);
		CHECK(str_find(buf_str(&bench.notices), STR("published again"), 0) != SIZE_MAX);
		CHECK_EQ(aside_count(&bench, STR("checkpoint-")), way > 0);
	}
}

/* The notary's own word is there as well. */
TEST(a_damaged_intent_is_set_aside_and_no_loss) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(207)};
	enum sink_verdict verdict;
	const struct os *os = os_memory_os(bench.memory);
	REQUIRE(write_on(&bench, STR("a.log"), STR("one\n"), &verdict) == ERR_OK);
	REQUIRE(os_replace_file(os, "/data/tree/default", "intent", STR("bad")) == ERR_OK);
	CHECK(!verify_quietly(os).intact);
	REQUIRE(write_on(&bench, STR("b.log"), STR("two\n"), &verdict) == ERR_OK);
	CHECK_EQ(classes_of(&bench), 1);
	CHECK(verify_bench(&bench).intact);
	CHECK_EQ(aside_count(&bench, STR("intent-")), 1);
}

/* ---- files ---- */

static bool reads_back_from(struct bench *bench, const char *tree, struct str path,
                            struct str text) {
	struct store_options options = bench_options(bench, false);
	options.tree = tree;
	struct store *store CLEANUP(store_closep) = open_or_fail(bench, &options);
	struct buf got CLEANUP(buf_deinit) = {0};
	struct diag diag = {0};
	bool read = store != NULL && sample_read_back(store, path, &got, &diag) == ERR_OK &&
	            str_eq(buf_str(&got), text);
	if (!read) {
		printf("# %.*s: %zu of %zu bytes: %s\n", STR_ARG(path), got.len, text.len, diag.message);
	}
	return read;
}

TEST(a_file_goes_on_where_its_records_end_and_comes_back_to_the_byte) {
	for (int nth = -1; nth < 3; nth++) {
		struct losing losing CLEANUP(losing_deinit);
		struct bench *bench = &losing.bench;
		enum sink_verdict verdict;
		losing_init(&losing, 300);
		remove_segment(bench, "default", nth);
		REQUIRE(write_on(bench, STR("a.log"), buf_str(&losing.first), &verdict) == ERR_OK);
		CHECK_EQ(verdict, nth == 0 ? SINK_TAKE : SINK_RESUME);
		CHECK(reads_back_from(bench, "default.2", STR("a.log"), buf_str(&losing.first)));
		CHECK(reads_back_from(bench, "default.2", STR("b.log"), buf_str(&losing.second)));
		REQUIRE(write_on(bench, STR("a.log"), buf_str(&losing.first), &verdict) == ERR_OK);
		CHECK_EQ(verdict, SINK_SKIP);
	}
}

TEST(a_file_that_is_whole_in_the_lost_tree_is_not_taken_again) {
	struct losing losing CLEANUP(losing_deinit);
	struct bench *bench = &losing.bench;
	enum sink_verdict verdict;
	losing_init(&losing, 301);
	REQUIRE(write_on(bench, STR("c.log"), STR("late\n"), &verdict) == ERR_OK);
	lose_last(bench);
	REQUIRE(write_on(bench, STR("a.log"), buf_str(&losing.first), &verdict) == ERR_OK);
	CHECK_EQ(verdict, SINK_SKIP);
	REQUIRE(write_on(bench, STR("c.log"), STR("late\n"), &verdict) == ERR_OK);
	CHECK_EQ(verdict, SINK_TAKE);
	CHECK(once_each(bench, buf_str(&losing.first)) && once_each(bench, STR("late\n")));
}

/* The log goes on behind records that are lost: what it holds is kept, and the file read again from
 * where its records end, not from where the log ends. */
TEST(a_file_with_a_hole_is_read_again_from_there) {
	for (int with_log = 0; with_log < 2; with_log++) {
		struct losing losing CLEANUP(losing_deinit);
		struct bench *bench = &losing.bench;
		struct buf more CLEANUP(buf_deinit) = {0};
		enum sink_verdict verdict;
		losing_init(&losing, 302);
		buf_append_str(&more, buf_str(&losing.first));
		sample_lines(&more, "first", 500, 600);
		struct store *store = open_small(bench, true);
		REQUIRE(store != NULL);
		struct taking taking = {.store = store, .rows_per_batch = 50};
		REQUIRE(sample_replay(&taking, NULL) == ERR_OK);
		REQUIRE(store_commit(store, &bench->diag) == ERR_OK);
		taking.log = true;
		REQUIRE(sample_take(&taking, STR("a.log"), buf_str(&more)) == ERR_OK);
		store_close(store);
		for (int i = 0; i < 3; i++) {
			lose_last(bench);
		}
		if (with_log == 1) { /* a stop after the log was taken over */
			REQUIRE(write_on(bench, STR(""), STR(""), &verdict) == ERR_OK);
		}
		REQUIRE(write_on(bench, STR("a.log"), buf_str(&more), &verdict) == ERR_OK);
		CHECK_EQ(verdict, SINK_RESUME);
		uint64_t least;
		uint64_t most;
		count_lines(bench, buf_str(&more), &least, &most);
		CHECK(least == 1 && most == 2);
		CHECK(reads_back_from(bench, "default.2", STR("a.log"), buf_str(&more)));
	}
}

/* A stop between a commit and the emptying of the log leaves frames that segments hold. */
TEST(what_segments_hold_is_not_carried_over_again) {
	struct losing losing CLEANUP(losing_deinit);
	struct bench *bench = &losing.bench;
	struct file_list files = {0};
	struct buf log CLEANUP(buf_deinit) = {0};
	char path[200] = "";
	enum sink_verdict verdict;
	losing_init(&losing, 303);
	os_memory_each_file(bench->memory, add_name, &files);
	for (size_t at = 0; at < files.names.len; at += strlen(files.names.ptr + at) + 1) {
		if (strstr(files.names.ptr + at, ".wal") != NULL) {
			(void)snprintf(path, sizeof(path), "%s", files.names.ptr + at);
		}
	}
	buf_deinit(&files.names);
	const struct os *os = os_memory_os(bench->memory);
	REQUIRE(os_read_file(os, path, SIZE_MAX, &log) == ERR_OK);
	REQUIRE(write_on(bench, STR(""), STR(""), &verdict) == ERR_OK);
	REQUIRE(os_replace_file(os, "/data/log/default", strrchr(path, '/') + 1, buf_str(&log)) ==
	        ERR_OK);
	CHECK(verify_bench(bench).intact);
	lose_middle(bench);
	REQUIRE(write_on(bench, STR("c.log"), STR("x\n"), &verdict) == ERR_OK);
	CHECK_EQ(classes_of(bench), 2);
	CHECK(once_each(bench, buf_str(&losing.second)));
}

/* ---- another class ---- */

static enum err write_beside(struct bench *bench, struct str path, struct str text, bool log) {
	struct store_options options = bench_options(bench, true);
	struct store *first CLEANUP(store_closep) = NULL;
	struct store *store CLEANUP(store_closep) = NULL;
	options.segment_bytes = 9000;
	TRY(store_open(&options, &first, &bench->diag));
	options.tree = "1y";
	options.beside = first;
	TRY(store_open(&options, &store, &bench->diag));
	struct taking taking = {.store = store, .rows_per_batch = 50, .log = log};
	enum err err = sample_replay(&taking, NULL);
	err = err == ERR_OK ? sample_take(&taking, path, text) : err;
	err = err == ERR_OK && !log ? store_commit(store, &bench->diag) : err;
	store_close(TAKE(store)); /* before the one that holds the lock */
	return err;
}

TEST(each_class_goes_on_by_itself) {
	struct losing losing CLEANUP(losing_deinit);
	struct bench *bench = &losing.bench;
	struct buf text CLEANUP(buf_deinit) = {0};
	enum sink_verdict verdict;
	losing_init(&losing, 350);
	sample_lines(&text, "year", 0, 300);
	REQUIRE(write_on(bench, STR("c.log"), STR("x\n"), &verdict) == ERR_OK);
	REQUIRE(write_beside(bench, STR("y.log"), buf_str(&text), false) == ERR_OK);
	REQUIRE(write_beside(bench, STR("z.log"), STR("in the log\n"), true) == ERR_OK);
	remove_segment(bench, "1y", 0);
	REQUIRE(write_beside(bench, STR("w.log"), STR("on\n"), false) == ERR_OK);
	CHECK_EQ(classes_of(bench), 3);
	CHECK(blames_others_only(bench, "default"));
	CHECK(blames_others_only(bench, "1y.2"));
	CHECK(once_each(bench, STR("in the log\n")) && once_each(bench, STR("on\n")));
	struct store_options options = bench_options(bench, true);
	struct store *store = NULL;
	options.tree = "1y.2";
	CHECK(store_open(&options, &store, &bench->diag) == ERR_INVALID); /* a writer names a class */
}

/* Of the new tree's first record only what the frozen one bears out is taken for true. */
TEST(a_first_record_that_belies_the_frozen_tree_is_damage) {
	struct losing losing CLEANUP(losing_deinit);
	struct bench *bench = &losing.bench;
	struct buf body CLEANUP(buf_deinit) = {0};
	enum sink_verdict verdict;
	uint8_t type = 0;
	losing_init(&losing, 351);
	lose_last(bench);
	REQUIRE(write_on(bench, STR("c.log"), STR("x\n"), &verdict) == ERR_OK);
	read_first_record(bench, "default.2", &type, &body);
	struct store_info info = info_of(bench, "default");
	struct buf says CLEANUP(buf_deinit) = {0};
	buf_printf(&says, "{\"frozen\":\"default\",\"signed_size\":%llu,\"signed_root\":\"",
	           (unsigned long long)info.checkpoint_size);
	buf_append_hex(&says, info.checkpoint_root, sizeof(info.checkpoint_root));
	CHECK(str_starts(buf_str(&body), buf_str(&says)));
	/* The frozen tree's checkpoints are gone: nobody can bear it out. */
	remove_file(bench, "/data/tree/default/checkpoint");
	remove_file(bench, "/data/tree/default/checkpoints");
	struct blame blamed = {.sound = "default.2"};
	struct store_verify_options check = {.damage = blame, .ctx = &blamed};
	struct store_verify_result result = {0};
	CHECK(store_verify(os_memory_os(bench->memory), "/data", &check, &result, NULL) == ERR_OK);
	CHECK(blamed.first_record);
}

/* ---- not lost ---- */

TEST(without_a_key_nothing_is_begun_anew) {
	static const char *const keys[] = {"/data/keys/identity.key", "/data/keys/default/epoch.key",
	                                   "/data/keys/default/signed"};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct losing losing CLEANUP(losing_deinit);
		struct bench *bench = &losing.bench;
		enum sink_verdict verdict;
		losing_init(&losing, 400);
		remove_file(bench, keys[i]);
		lose_middle(bench);
		CHECK(write_on(bench, STR("c.log"), STR("x\n"), &verdict) != ERR_OK);
		CHECK_EQ(classes_of(bench), 1);
	}
}

/* By a notice before the error; where there was none, by the error itself. */
TEST(on_a_full_disk_the_loss_is_named_first) {
	enum err err = ERR_NO_SPACE;
	uint64_t nth = 1;
	for (; err == ERR_NO_SPACE; nth++) {
		struct losing losing CLEANUP(losing_deinit);
		struct bench *bench = &losing.bench;
		enum sink_verdict verdict;
		losing_init(&losing, 410);
		lose_last(bench);
		struct os_fault *fault CLEANUP(os_fault_freep) = os_fault_new(os_memory_os(bench->memory));
		(void)os_fault_add(fault, (struct os_fault_rule){.kinds = OS_CALL_BIT(OS_CALL_MAKE_FOLDER) |
		                                                          OS_CALL_BIT(OS_CALL_PWRITE),
		                                                 .nth = nth,
		                                                 .lasting = true,
		                                                 .action = OS_FAULT_FAIL,
		                                                 .err = ERR_NO_SPACE});
		bench->os = os_fault_os(fault);
		err = write_on(bench, STR("c.log"), STR("x\n"), &verdict);
		buf_append_str(&bench->notices, str_from(bench->diag.message));
		CHECK(str_find(buf_str(&bench->notices), STR("records were signed"), 0) != SIZE_MAX);
		CHECK(classes_of(bench) == 2 || str_starts(str_from(bench->diag.hint), STR("make room")));
		bench->os = NULL;
		CHECK(write_on(bench, STR("c.log"), STR("x\n"), &verdict) == ERR_OK);
		CHECK(once_each(bench, buf_str(&losing.second)) && classes_of(bench) == 2);
	}
	CHECK(err == ERR_OK && nth > 10);
}

TEST(a_store_that_can_have_no_more_trees_says_what_to_do) {
	struct losing losing CLEANUP(losing_deinit);
	struct bench *bench = &losing.bench;
	struct buf text CLEANUP(buf_deinit) = {0};
	struct facts facts;
	enum sink_verdict verdict;
	losing_init(&losing, 411);
	const struct os *os = os_memory_os(bench->memory);
	REQUIRE(os_read_file(os, "/data/store", FACTS_MAX, &text) == ERR_OK);
	REQUIRE(facts_parse(buf_str(&text), &facts, NULL) == ERR_OK);
	for (int i = 1; i < CLASSES_MAX; i++) {
		char name[8];
		(void)snprintf(name, sizeof(name), "c%d", i);
		REQUIRE(facts_add_class(&facts, str_from(name)) == ERR_OK);
	}
	buf_clear(&text);
	facts_format(&facts, &text);
	REQUIRE(os_replace_file(os, "/data", "store", buf_str(&text)) == ERR_OK);
	lose_last(bench);
	CHECK(write_on(bench, STR("c.log"), STR("x\n"), &verdict) == ERR_LIMIT);
	CHECK(strstr(bench->diag.message, "records were signed") != NULL);
	CHECK(strstr(bench->diag.hint, "evidence") != NULL && strstr(bench->diag.hint, "--store"));
}

/* What cannot be read now may be there all the same. */
TEST(an_error_of_reading_is_no_loss) {
	static const enum err errors[] = {ERR_IO, ERR_DENIED};
	static const char *const paths[] = {".seg", "/segments/default", "tree/default/checkpoints",
	                                    "tree/default/level1", "tree/default/intent"};
	for (size_t i = 0; i < ARRAY_LEN(errors) * ARRAY_LEN(paths); i++) {
		struct losing losing CLEANUP(losing_deinit);
		struct bench *bench = &losing.bench;
		enum sink_verdict verdict;
		losing_init(&losing, 402);
		struct os_fault *fault CLEANUP(os_fault_freep) = os_fault_new(os_memory_os(bench->memory));
		(void)os_fault_add(fault, (struct os_fault_rule){.kinds = OS_CALL_BIT(OS_CALL_OPEN) |
		                                                          OS_CALL_BIT(OS_CALL_LIST) |
		                                                          OS_CALL_BIT(OS_CALL_PREAD),
		                                                 .path_part = paths[i / 2],
		                                                 .nth = 1,
		                                                 .lasting = true,
		                                                 .action = OS_FAULT_FAIL,
		                                                 .err = errors[i % 2]});
		bench->os = os_fault_os(fault);
		CHECK(write_on(bench, STR("c.log"), STR("x\n"), &verdict) == errors[i % 2]);
		CHECK(os_fault_strikes(fault, 0) > 0);
		bench->os = NULL;
		CHECK_EQ(classes_of(bench), 1);
		CHECK(write_on(bench, STR("c.log"), STR("x\n"), &verdict) == ERR_OK);
		CHECK(verify_bench(bench).intact);
	}
}

TEST(levels_that_do_not_fit_are_made_again_from_the_records) {
	for (int removed = 0; removed < 2; removed++) {
		struct losing losing CLEANUP(losing_deinit);
		struct bench *bench = &losing.bench;
		enum sink_verdict verdict;
		losing_init(&losing, 401);
		if (removed == 1) {
			remove_file(bench, "/data/tree/default/level1");
		} else {
			flip(bench, "/data/tree/default/level1", 5);
		}
		CHECK(!verify_quietly(os_memory_os(bench->memory)).intact);
		CHECK(write_on(bench, STR("c.log"), STR("x\n"), &verdict) == ERR_OK);
		CHECK_EQ(classes_of(bench), 1);
		CHECK(verify_bench(bench).intact);
	}
}

/* ---- stops ---- */

static bool try_all(void) {
	const char *lab = getenv("AKASHI_LAB");
	return lab != NULL && strcmp(lab, "all") == 0;
}

/* What was lost is lost for good: no power cut brings it back. */
static void settle(struct bench *bench) {
	const struct os *os = os_memory_os(bench->memory);
	REQUIRE(os->sync_folder(os->ctx, "/data/segments/default") == ERR_OK);
	REQUIRE(os->sync_folder(os->ctx, "/data/tree/default") == ERR_OK);
}

struct cutting {
	struct losing *losing;
	uint32_t every, phase;
	uint32_t calls, tried, failed;
};

static const char *judge_cut(struct bench *bench, const struct losing *losing) {
	enum sink_verdict verdict;
	if (write_on(bench, STR(""), STR(""), &verdict) != ERR_OK) {
		return bench->diag.message;
	}
	if (classes_of(bench) != 2) {
		return "not one new tree";
	}
	if (!once_each(bench, buf_str(&losing->second))) {
		return "what was acknowledged is not there once";
	}
	struct buf body CLEANUP(buf_deinit) = {0};
	uint8_t type = 0;
	read_first_record(bench, "default.2", &type, &body);
	size_t why = str_find(buf_str(&body), STR("\"why\":\""), 0);
	if (type != RECORD_RECOVERY || why == SIZE_MAX || body.ptr[why + 7] == '"') {
		return "the first record does not say why";
	}
	return blames_others_only(bench, "default.2") ? NULL : "not the frozen tree alone is named";
}

static void try_cut(void *ctx, const struct os_call *call) {
	static const enum os_crash modes[] = {OS_CRASH_FORGET, OS_CRASH_KEEP, OS_CRASH_SEEDED};
	struct cutting *cutting = ctx;
	if ((OS_CALL_BIT(call->kind) & OS_CALLS_CHANGING) == 0 ||
	    cutting->calls++ % cutting->every != cutting->phase) {
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		struct bench bench CLEANUP(bench_deinit) = {
		    .memory = os_memory_crash(cutting->losing->bench.memory, modes[i], cutting->calls)};
		const char *why = judge_cut(&bench, cutting->losing);
		cutting->tried++;
		if (why != NULL) {
			cutting->failed++;
			printf("# cut before call %u (%s %s), mode %zu: %s\n", cutting->calls,
			       os_call_name(call->kind), call->path == NULL ? "" : call->path, i, why);
		}
	}
}

TEST(a_cut_at_any_step_of_going_on_neither_loses_nor_doubles_what_was_acknowledged) {
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct losing losing CLEANUP(losing_deinit);
		enum sink_verdict verdict;
		losing_init(&losing, 500 + i);
		ways[i].lose(&losing.bench);
		settle(&losing.bench);
		uint32_t every = try_all() ? 1 : 7;
		struct cutting cutting = {
		    .losing = &losing, .every = every, .phase = (uint32_t)(tap_random() % every)};
		struct os_record *record CLEANUP(os_record_freep) =
		    os_record_new(os_memory_os(losing.bench.memory), try_cut, &cutting);
		losing.bench.os = os_record_os(record);
		CHECK(write_on(&losing.bench, STR("c.log"), STR("one line\n"), &verdict) == ERR_OK);
		printf("# %s: %u cuts tried\n", ways[i].name, cutting.tried);
		CHECK_EQ(cutting.failed, 0);
		CHECK(cutting.tried > 40);
		losing.bench.os = NULL;
	}
}
