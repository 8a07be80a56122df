/* Logged streams: what the sender is told while the log is long, or full. */
#include "server/keeping.h"

#include "tap.h"

#include "store/store_bench.h"

struct kept {
	struct bench bench;
	struct formats *formats;
	struct store *store;
	struct keeping *keeping;
};

static bool begin(struct kept *kept, struct store_options options, uint64_t replay_first_bytes) {
	CHECK(formats_new(os_real(), NULL, &kept->formats, &kept->bench.diag) == ERR_OK);
	kept->store = open_or_fail(&kept->bench, &options);
	if (kept->store == NULL) {
		return false;
	}
	kept->keeping = keeping_new(&(struct keeping_options){.os = os_memory_os(kept->bench.memory),
	                                                      .store = kept->store,
	                                                      .formats = kept->formats,
	                                                      .log = true,
	                                                      .replay_first_bytes = replay_first_bytes,
	                                                      .workers = 2});
	return true;
}

static void end(struct kept *kept) {
	keeping_free(TAKE(kept->keeping));
	store_close(TAKE(kept->store));
	formats_free(TAKE(kept->formats));
}

/* Puts the lines of a stream, ten to a batch. */
static enum err put_lines(struct kept *kept, struct str name, struct str text) {
	const struct sink *sink = keeping_sink(kept->keeping);
	struct sink_file file = {.path = name, .source = name};
	struct sink_resume resume;
	enum sink_verdict verdict;
	uint32_t number;
	uint64_t records = 0;
	size_t at = 0;
	TRY(sink->file_begin(sink->ctx, &file, true, &number, &verdict, &resume));
	while (at < text.len) {
		struct batch *batch = batch_new();
		struct batch_source source = {.name = name, .path = name, .file = number};
		(void)batch_add_source(batch, &source);
		while (at < text.len && batch->count < 10) {
			sample_add_line(batch, text, &at, ++records);
		}
		if (at < text.len) {
			batch->progress_file = number;
			batch->progress_position = at;
			sha256(text.ptr, at, batch->progress_hash);
		} else {
			struct batch_file_end last = {.file = number, .size = text.len, .records = records};
			sha256(text.ptr, text.len, last.hash);
			batch_add_file_end(batch, &last);
		}
		TRY(sink->put(sink->ctx, batch));
	}
	return ERR_OK;
}

TEST(a_full_log_makes_the_sender_wait_and_is_no_error) {
	struct kept kept = {.bench = {.memory = os_memory_new(70)}};
	struct store_options options = bench_options(&kept.bench, true);
	struct buf text CLEANUP(buf_deinit) = {0};
	struct store_info info;
	options.log_bytes = 8000;
	sample_lines(&text, "full", 0, 500);
	REQUIRE(begin(&kept, options, 0));
	CHECK(put_lines(&kept, STR("pipe"), buf_str(&text)) == ERR_OK);
	CHECK_EQ(kept.bench.acks, 50);
	store_get_info(kept.store, &info);
	CHECK(info.log_bytes <= 8000 && info.records > 0);
	CHECK(keeping_commit(kept.keeping) == ERR_OK);
	end(&kept);
	CHECK(reads_back(&kept.bench, STR("pipe"), buf_str(&text)));
	CHECK(verify_bench(&kept.bench).intact);
	bench_deinit(&kept.bench);
}

TEST(behind_a_long_log_new_lines_are_acknowledged_at_once_and_come_after_it) {
	struct buf old CLEANUP(buf_deinit) = {0};
	struct buf new CLEANUP(buf_deinit) = {0};
	sample_lines(&old, "old", 0, 350);
	sample_lines(&new, "new", 0, 100);
	for (uint32_t way = 0; way < 3; way++) {
		struct kept kept = {.bench = {.memory = os_memory_new(71)}};
		struct store_options options = bench_options(&kept.bench, true);
		uint64_t replayed = 0;
		options.segment_bytes = 9000;
		REQUIRE(begin(&kept, options, 0));
		struct taking taking = {
		    .store = kept.store, .rows_per_batch = 50, .log = true, .ahead = 7, .hold = true};
		CHECK(sample_take(&taking, STR("long"), buf_str(&old)) == ERR_OK);
		CHECK(sample_append_waiting(&taking, 0, ERR_CANCELED) == ERR_CANCELED);
		end(&kept);

		REQUIRE(begin(&kept, options, way == 0 ? 1 << 20 : 1));
		uint64_t left = store_replay_left(kept.store);
		CHECK_EQ(left, 7);
		CHECK(keeping_replay(kept.keeping, &replayed) == ERR_OK);
		CHECK_EQ(replayed, way == 0 ? 350 : 0); /* a short log comes first */
		kept.bench.acks = 0;
		CHECK(put_lines(&kept, STR("pipe"), buf_str(&new)) == ERR_OK);
		CHECK_EQ(kept.bench.acks, 10);
		CHECK_EQ(store_replay_left(kept.store), way == 0 ? 0 : 6); /* in step with the new ones */
		CHECK(way == 2 || keeping_commit(kept.keeping) == ERR_OK);
		end(&kept); /* way 2: a stop, with both in the log */

		REQUIRE(begin(&kept, options, 0));
		CHECK(keeping_replay(kept.keeping, &replayed) == ERR_OK);
		CHECK_EQ(replayed, way == 2 ? 450 : 0);
		end(&kept);
		CHECK(reads_back(&kept.bench, STR("pipe"), buf_str(&new)));
		CHECK(verify_bench(&kept.bench).intact);
		CHECK(str_find(buf_str(&kept.bench.notices), STR("lost"), 0) == SIZE_MAX);
		bench_deinit(&kept.bench);
	}
}
