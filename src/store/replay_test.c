/* Batches in the log outlive everything but the disk. */
#include "store/store.h"

#include <stdlib.h>

#include "tap.h"

#include "base/endian.h"
#include "base/hash.h"
#include "seal/memo_signatures.h" /* IWYU pragma: keep */
#include "store/log.h"
#include "store/log_layout.h"
#include "store/store_bench.h"

TEST(a_batch_in_the_log_survives_the_loss_of_everything_else) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(6)};
	struct buf text CLEANUP(buf_deinit) = {0};
	sample_lines(&text, "six", 0, 250);
	struct store *store = open_writer(&bench);
	REQUIRE(store != NULL);
	struct taking taking = {.store = store, .rows_per_batch = 100, .log = true};
	REQUIRE(sample_take(&taking, STR("-"), buf_str(&text)) == ERR_OK);
	CHECK_EQ(bench.acks, 3);
	CHECK_EQ(bench.acked_index, 249);
	struct os_memory *after = os_memory_crash(bench.memory, OS_CRASH_FORGET, 1);
	store_close(store);
	os_memory_free(bench.memory);
	bench.memory = after;

	store = open_writer(&bench);
	REQUIRE(store != NULL);
	uint32_t batches = 0;
	taking = (struct taking){.store = store, .rows_per_batch = 100, .log = true};
	CHECK(sample_replay(&taking, &batches) == ERR_OK);
	CHECK_EQ(batches, 3);
	CHECK(store_commit(store, &bench.diag) == ERR_OK);
	store_close(store);
	CHECK(reads_back(&bench, STR("-"), buf_str(&text)));
	struct store_verify_result result = verify_bench(&bench);
	CHECK(result.intact);
	CHECK_EQ(result.records, 250);
}

struct one_file {
	char path[128];
};

static void find_log(void *ctx, const char *path) {
	struct one_file *found = ctx;
	if (strstr(path, ".wal") != NULL) {
		(void)snprintf(found->path, sizeof(found->path), "%s", path);
	}
}

/* A store with three logged batches of 100 records, left by a stop; the log's bytes. */
static void make_logged(struct bench *bench, struct one_file *log, struct buf *bytes) {
	struct buf text CLEANUP(buf_deinit) = {0};
	sample_lines(&text, "log", 0, 300);
	struct store *store = open_writer(bench);
	REQUIRE(store != NULL);
	struct taking taking = {.store = store, .rows_per_batch = 100, .log = true};
	CHECK(sample_take(&taking, STR("-"), buf_str(&text)) == ERR_OK);
	store_close(store);
	os_memory_each_file(bench->memory, find_log, log);
	CHECK(os_read_file(os_memory_os(bench->memory), log->path, SIZE_MAX, bytes) == ERR_OK);
}

static uint64_t records_after_replay(struct bench *bench) {
	struct store *store CLEANUP(store_closep) = open_writer(bench);
	struct store_info info = {0};
	if (store != NULL) {
		struct taking taking = {.store = store, .rows_per_batch = 100};
		CHECK(sample_replay(&taking, NULL) == ERR_OK);
		CHECK(store_commit(store, &bench->diag) == ERR_OK);
		store_get_info(store, &info);
		CHECK_EQ(info.log_bytes, 0);
	}
	return info.records;
}

TEST(a_torn_tail_is_set_aside_and_the_rest_taken_over) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(21)};
	struct buf bytes CLEANUP(buf_deinit) = {0};
	struct one_file log = {0};
	make_logged(&bench, &log, &bytes);
	bytes.len -= 1000;
	REQUIRE(os_memory_set(bench.memory, log.path, buf_str(&bytes)) == ERR_OK);
	CHECK(verify_bench(&bench).intact); /* a stop explains it */
	CHECK_EQ(records_after_replay(&bench), 200);
	CHECK(str_find(buf_str(&bench.notices), STR("unfinished write"), 0) != (size_t)-1);
	CHECK(verify_bench(&bench).intact);
}

TEST(damage_with_frames_behind_it_hides_nothing_and_is_noted) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(22)};
	struct buf bytes CLEANUP(buf_deinit) = {0};
	struct one_file log = {0};
	make_logged(&bench, &log, &bytes);
	bytes.ptr[bytes.len / 2] = (char)(bytes.ptr[bytes.len / 2] ^ 1);
	REQUIRE(os_memory_set(bench.memory, log.path, buf_str(&bytes)) == ERR_OK);
	CHECK(!verify_quietly(os_memory_os(bench.memory)).intact);
	CHECK_EQ(records_after_replay(&bench), 200);
	CHECK(str_find(buf_str(&bench.notices), STR("lost"), 0) != (size_t)-1);
	/* The damaged log lies in quarantine; what is there now is whole, with records of its
	 * beginning, of the recovery and of what was set aside, and a seal. */
	struct store_verify_result result = verify_bench(&bench);
	CHECK(result.intact);
	CHECK_EQ(result.tree_size, 204);
}

TEST(a_failed_sync_acknowledges_nothing_and_the_batch_goes_to_a_new_file) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(23)};
	struct buf text CLEANUP(buf_deinit) = {0};
	sample_lines(&text, "sync", 0, 300);
	struct store *store = open_writer(&bench);
	REQUIRE(store != NULL);
	struct taking taking = {.store = store, .rows_per_batch = 100, .log = true};
	REQUIRE(sample_take(&taking, STR("first"), str_slice(buf_str(&text), 0, 5000)) == ERR_OK);
	uint32_t acks = bench.acks;
	os_memory_fail_next_sync(bench.memory);
	CHECK(sample_take(&taking, STR("-"), buf_str(&text)) == ERR_OK);
	CHECK_EQ(bench.acks, acks + 3);
	struct os_memory *after = os_memory_crash(bench.memory, OS_CRASH_FORGET, 1);
	store_close(store);
	os_memory_free(bench.memory);
	bench.memory = after;
	struct store_options options = bench_options(&bench, true);
	enum sink_verdict verdict;
	CHECK(take_and_commit(&bench, &options, STR("x"), STR("x\n"), false, &verdict) == ERR_OK);
	CHECK(reads_back(&bench, STR("-"), buf_str(&text)));
	CHECK(verify_bench(&bench).intact);
}

static void append_frame(const struct os *os, struct str log, struct str payload, uint64_t number) {
	struct log_writer writer;
	struct diag diag = {0};
	uint64_t first;
	log_writer_init(&writer, os, "/data/log/default", (const uint8_t *)log.ptr + LOG_AT_STORE,
	                number);
	CHECK(log_write(&writer, &payload, 1, &first, &diag) == ERR_OK);
	log_writer_deinit(&writer);
}

TEST(a_frame_that_cannot_be_understood_is_noted_and_the_others_are_taken_over) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(24)};
	struct buf bytes CLEANUP(buf_deinit) = {0};
	struct one_file log = {0};
	make_logged(&bench, &log, &bytes);
	/* Its checksums are right. */
	append_frame(os_memory_os(bench.memory), buf_str(&bytes), STR("from another version"), 4);
	CHECK(!verify_quietly(os_memory_os(bench.memory)).intact);
	CHECK_EQ(records_after_replay(&bench), 300);
	CHECK(str_find(buf_str(&bench.notices), STR("batch 4 of the log cannot be understood"), 0) !=
	      SIZE_MAX);
	/* What is left of it is a record of this recovery, beside the record of its beginning. */
	struct store_verify_result result = verify_bench(&bench);
	CHECK(result.intact);
	CHECK(result.tree_size > 300);
}

static uint64_t log_bytes(struct store *store) {
	struct store_info info;
	store_get_info(store, &info);
	return info.log_bytes;
}

TEST(a_long_logged_session_keeps_the_log_within_two_segments) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(25)};
	struct buf text CLEANUP(buf_deinit) = {0};
	struct store_options options = bench_options(&bench, true);
	struct store *store CLEANUP(store_closep) = NULL;
	uint64_t highest = 0;
	options.segment_bytes = 20000;
	REQUIRE(store_open(&options, &store, &bench.diag) == ERR_OK);
	for (uint32_t i = 0; i < 40; i++) {
		char name[16];
		(void)snprintf(name, sizeof(name), "pipe%u", i);
		buf_clear(&text);
		sample_lines(&text, name, 0, 100);
		struct taking taking = {.store = store, .rows_per_batch = 20, .log = true, .ahead = 4};
		REQUIRE(sample_take(&taking, str_from(name), buf_str(&text)) == ERR_OK);
		highest = MAX_OF(highest, log_bytes(store));
	}
	CHECK_EQ(bench.acks, 200);
	CHECK(highest > 0 && highest < 2 * options.segment_bytes);
	store_close(TAKE(store));
	store = open_or_fail(&bench, &options);
	REQUIRE(store != NULL);
	struct taking taking = {.store = store};
	CHECK(sample_replay(&taking, NULL) == ERR_OK);
	CHECK(store_commit(store, &bench.diag) == ERR_OK);
	CHECK_EQ(count_records(store, false), 4000);
	CHECK(str_find(buf_str(&bench.notices), STR("lost"), 0) == SIZE_MAX);
	CHECK(verify_bench(&bench).intact);
}

TEST(a_full_log_refuses_a_batch_which_then_goes_into_a_segment_without_it) {
	struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(26)};
	struct buf text CLEANUP(buf_deinit) = {0};
	struct store_options options = bench_options(&bench, true);
	struct store *store CLEANUP(store_closep) = NULL;
	options.log_bytes = 20000;
	sample_lines(&text, "full", 0, 1000);
	REQUIRE(store_open(&options, &store, &bench.diag) == ERR_OK);
	struct taking taking = {.store = store, .rows_per_batch = 100, .log = true, .ahead = 1};
	CHECK(sample_take(&taking, STR("-"), buf_str(&text)) == ERR_OK);
	CHECK(taking.full > 1);
	CHECK(log_bytes(store) <= 20000);
	CHECK_EQ(bench.acks, 10);
	struct os_memory *after = os_memory_crash(bench.memory, OS_CRASH_FORGET, 1);
	store_close(TAKE(store));
	os_memory_free(bench.memory);
	bench.memory = after;
	CHECK_EQ(records_after_replay(&bench), 1000);
	CHECK(reads_back(&bench, STR("-"), buf_str(&text)));
	CHECK(verify_bench(&bench).intact);
}

/* Nothing was appended when the writer stopped, and the log holds the ends of segments. */
static void leave_long_log(struct bench *bench, const struct store_options *options,
                           struct str text) {
	struct store *store CLEANUP(store_closep) = open_or_fail(bench, options);
	REQUIRE(store != NULL);
	struct taking taking = {
	    .store = store, .rows_per_batch = 150, .log = true, .ahead = 7, .hold = true};
	CHECK(sample_take(&taking, STR("long"), text) == ERR_OK);
	CHECK_EQ(taking.waiting_count, 7);
	CHECK(sample_append_waiting(&taking, 0, ERR_CANCELED) == ERR_CANCELED);
}

TEST(new_batches_are_logged_while_those_of_a_long_log_are_still_to_be_encoded) {
	struct buf old CLEANUP(buf_deinit) = {0};
	struct buf new CLEANUP(buf_deinit) = {0};
	sample_lines(&old, "old", 0, 1000);
	sample_lines(&new, "new", 0, 500);
	for (uint32_t way = 0; way < 2; way++) {
		struct bench bench CLEANUP(bench_deinit) = {.memory = os_memory_new(27)};
		struct store_options options = bench_options(&bench, true);
		options.segment_bytes = 20000;
		leave_long_log(&bench, &options, buf_str(&old));
		uint64_t end = bench.acked_index + 1;
		bench.acks = 0;
		struct store *store CLEANUP(store_closep) = open_or_fail(&bench, &options);
		REQUIRE(store != NULL);
		CHECK_EQ(store_replay_left(store), 7);
		struct taking taking = {
		    .store = store, .rows_per_batch = 100, .log = true, .ahead = 7, .hold = true};
		CHECK(sample_take(&taking, STR("pipe"), buf_str(&new)) == ERR_OK);
		CHECK_EQ(bench.acks, 5);
		CHECK(bench.acked_index >= end + 499);
		if (way == 0) { /* they go on, and leave no log */
			CHECK(sample_replay(&taking, NULL) == ERR_OK);
			CHECK_EQ(store_replay_left(store), 0);
			CHECK(log_bytes(store) < 80000); /* of the first segments nothing is left */
			CHECK(sample_append_waiting(&taking, 0, ERR_OK) == ERR_OK);
			CHECK(store_commit(store, &bench.diag) == ERR_OK);
			CHECK_EQ(log_bytes(store), 0);
		} else { /* another stop: both are in the log */
			CHECK(sample_append_waiting(&taking, 0, ERR_CANCELED) == ERR_CANCELED);
		}
		struct os_memory *after = os_memory_crash(bench.memory, OS_CRASH_FORGET, 1);
		store_close(TAKE(store));
		os_memory_free(bench.memory);
		bench.memory = after;
		options.os = os_memory_os(after);
		store = open_or_fail(&bench, &options);
		REQUIRE(store != NULL);
		taking = (struct taking){.store = store};
		CHECK(sample_replay(&taking, NULL) == ERR_OK);
		CHECK(store_commit(store, &bench.diag) == ERR_OK);
		CHECK(str_find(buf_str(&bench.notices), STR("lost"), 0) == SIZE_MAX);
		CHECK(reads_back(&bench, STR("long"), buf_str(&old)));
		CHECK(reads_back(&bench, STR("pipe"), buf_str(&new)));
		CHECK(verify_bench(&bench).intact);
	}
}

/* ---- losses of the log, and a stop ---- */

enum { LOSS_BATCHES = 7, LOSS_ACKS = 16 };

/* A log of seven batches over three files, with two ends of segments in it, and what it loses. */
static const struct loss_shape {
	const char *name;
	uint32_t rows;       /* of a batch */
	uint32_t flipped[2]; /* numbers of frames; 0: none */
	uint32_t unreadable; /* its checksums are right */
	uint32_t torn;       /* the frame is left unfinished */
	bool first_file;     /* is gone, with the frames 1 to 3 */
	bool tree;           /* segments are gone: the log goes on in a new tree */
	uint32_t kept;       /* batches that are left */
	const char *losses;  /* all records of losses that there are to be, in order */
} loss_shapes[] = {
    {.name = "in the middle of a file",
     .rows = 2,
     .flipped = {2},
     .kept = 6,
     .losses = "{\"lost_log_frames\":1,\"last_log_frame\":2}\n"},
    {.name = "of one record",
     .rows = 1,
     .flipped = {2},
     .kept = 6,
     .losses = "{\"lost_log_frames\":1,\"last_log_frame\":2}\n"},
    {.name = "at the end of a file, and in the next",
     .rows = 2,
     .flipped = {3, 5},
     .kept = 5,
     .losses = "{\"lost_log_frames\":1,\"last_log_frame\":3}\n"
               "{\"lost_log_frames\":1,\"last_log_frame\":5}\n"},
    {.name = "of a file",
     .rows = 2,
     .first_file = true,
     .kept = 4,
     .losses = "{\"lost_log_frames\":3,\"last_log_frame\":3}\n"},
    {.name = "of what cannot be understood",
     .rows = 2,
     .flipped = {1},
     .unreadable = 2,
     .kept = 5,
     .losses = "{\"lost_log_frames\":1,\"last_log_frame\":1}\n{\"unreadable_log_frame\":2}\n"},
    {.name = "of the last batch, which cannot be understood",
     .rows = 2,
     .unreadable = 7,
     .kept = 6,
     .losses = "{\"unreadable_log_frame\":7}\n"},
    {.name = "in the log of a lost tree",
     .rows = 2,
     .flipped = {2},
     .tree = true,
     .kept = 6,
     .losses = "{\"lost_log_frames\":1,\"last_log_frame\":2}\n"},
    {.name = "none, but an end that is torn", .rows = 2, .torn = 7, .kept = 6, .losses = ""},
};

struct log_frame_place {
	const struct os_memory *memory;
	uint64_t number;
	char path[128]; /* empty: not found */
	size_t offset, len;
};

static void find_frame(void *ctx, const char *path) {
	struct log_frame_place *place = ctx;
	struct buf bytes CLEANUP(buf_deinit) = {0};
	const struct os *os = os_memory_os((struct os_memory *)(uintptr_t)place->memory);
	if (strstr(path, ".wal") == NULL || os_read_file(os, path, SIZE_MAX, &bytes) != ERR_OK) {
		return;
	}
	for (size_t at = LOG_HEADER_SIZE; at + LOG_FRAME_HEADER_SIZE <= bytes.len;) {
		size_t len = (size_t)le64_load(bytes.ptr + at + FRAME_AT_LENGTH);
		if (le64_load(bytes.ptr + at + FRAME_AT_NUMBER) == place->number) {
			(void)snprintf(place->path, sizeof(place->path), "%s", path);
			place->offset = at;
			place->len = len;
		}
		at += LOG_FRAME_HEADER_SIZE + len + log_padding(len);
	}
}

static void forge_version(char *frame, size_t len) {
	char *payload = frame + LOG_FRAME_HEADER_SIZE;
	payload[0] = 99;
	le32_store(frame + FRAME_AT_PAYLOAD_CRC, crc32c(0, payload, len));
	le32_store(frame + FRAME_AT_CRC,
	           crc32c(0, frame + FRAME_AT_FILE, LOG_FRAME_HEADER_SIZE - FRAME_AT_FILE));
}

enum frame_harm { FRAME_FLIP, FRAME_FORGE, FRAME_TEAR, FRAME_REMOVE_FILE };

static void harm_frame(struct os_memory *memory, uint64_t number, enum frame_harm harm) {
	struct log_frame_place place = {.memory = memory, .number = number};
	struct buf bytes CLEANUP(buf_deinit) = {0};
	const struct os *os = os_memory_os(memory);
	os_memory_each_file(memory, find_frame, &place);
	REQUIRE(place.path[0] != '\0');
	REQUIRE(os_read_file(os, place.path, SIZE_MAX, &bytes) == ERR_OK);
	char *frame = bytes.ptr + place.offset;
	if (harm == FRAME_REMOVE_FILE) {
		REQUIRE(os->unlink(os->ctx, place.path) == ERR_OK);
		REQUIRE(os->sync_folder(os->ctx, "/data/log/default") == ERR_OK);
		return;
	}
	if (harm == FRAME_FORGE) {
		forge_version(frame, place.len);
	} else if (harm == FRAME_FLIP) {
		frame[LOG_FRAME_HEADER_SIZE + place.len / 2] ^= 1;
	} else {
		bytes.len -= 40;
	}
	REQUIRE(os_memory_set(memory, place.path, buf_str(&bytes)) == ERR_OK);
}

static void harm_log(struct os_memory *memory, const struct loss_shape *shape) {
	const struct os *os = os_memory_os(memory);
	for (size_t i = 0; i < ARRAY_LEN(shape->flipped) && shape->flipped[i] != 0; i++) {
		harm_frame(memory, shape->flipped[i], FRAME_FLIP);
	}
	if (shape->unreadable != 0) {
		harm_frame(memory, shape->unreadable, FRAME_FORGE);
	}
	if (shape->torn != 0) {
		harm_frame(memory, shape->torn, FRAME_TEAR);
	}
	if (shape->first_file) {
		harm_frame(memory, 1, FRAME_REMOVE_FILE);
	}
	if (shape->tree) {
		REQUIRE(os->rename(os->ctx, "/data/segments/default", "/gone") == ERR_OK);
		REQUIRE(os->sync_folder(os->ctx, "/data/segments") == ERR_OK);
		REQUIRE(os->sync_folder(os->ctx, "/") == ERR_OK);
	}
}

/* What was said of the pipe's lines when they were acknowledged. */
struct loss_ack {
	uint64_t position, index;
};
struct losses {
	const struct loss_shape *shape;
	struct bench bench;
	struct buf pipe;
	struct loss_ack acks[LOSS_ACKS];
	uint32_t acks_count;
	bool deaf;    /* recoveries acknowledge nothing new */
	bool is_deep; /* the recovery of a recovery is cut */
	uint32_t every, phase, calls, cuts, wrong;
	uint64_t seed;
};

static void losses_deinit(struct losses *losses) {
	bench_deinit(&losses->bench);
	buf_deinit(&losses->pipe);
}

static void hear_ack(void *ctx, const struct store_piece *piece) {
	struct losses *losses = ctx;
	if (!losses->deaf && str_eq(piece->path, STR("pipe"))) {
		ASSERT(losses->acks_count < LOSS_ACKS);
		losses->acks[losses->acks_count++] =
		    (struct loss_ack){.position = piece->position, .index = piece->index};
	}
}

static struct store_options loss_options(struct losses *losses, const struct os *os) {
	struct store_options options = bench_options(&losses->bench, true);
	options.os = os;
	options.segment_bytes = (uint64_t)losses->shape->rows * 150;
	options.durable = hear_ack;
	options.notice = NULL;
	options.ctx = losses;
	return options;
}

/* An opening takes over the log; pipe: new lines are acknowledged behind it first. */
static enum err recover_losses(struct losses *losses, const struct os *os, bool pipe) {
	struct store_options options = loss_options(losses, os);
	struct store *store CLEANUP(store_closep) = NULL;
	TRY(store_open(&options, &store, &losses->bench.diag));
	struct taking taking = {
	    .store = store, .rows_per_batch = 3, .log = true, .ahead = 7, .hold = true};
	enum err err = pipe ? sample_take(&taking, STR("pipe"), buf_str(&losses->pipe)) : ERR_OK;
	err = err == ERR_OK ? sample_replay(&taking, NULL) : err;
	TRY(sample_append_waiting(&taking, 0, err));
	return store_commit(store, &losses->bench.diag);
}

struct loss_found {
	struct buf losses; /* bodies, each with LF */
	uint32_t records;  /* of the log */
	uint32_t aside;    /* records of what was set aside */
	uint32_t acks;     /* that lie where they were said to */
};

static void count_row(const struct losses *losses, const struct row *row,
                      struct loss_found *found) {
	if (row->type == RECORD_RECOVERY) {
		bool aside = str_starts(row->body, STR("{\"set_aside\""));
		found->aside += str_starts(row->body, STR("{\"set_aside\":\"log\""));
		if (!aside && !str_starts(row->body, STR("{\"frozen\""))) {
			buf_append_str(&found->losses, row->body);
			buf_append_char(&found->losses, '\n');
		}
	}
	found->records += row->type == RECORD_DATA && str_eq(row->path, STR("long"));
	for (uint32_t i = 0; i < losses->acks_count; i++) {
		found->acks += row->index == losses->acks[i].index && row->type == RECORD_DATA &&
		               str_eq(row->path, STR("pipe")) &&
		               row->log_offset + row->body.len + 1 == losses->acks[i].position;
	}
}

static bool read_losses(const struct losses *losses, const struct os *os,
                        struct loss_found *found) {
	struct store_options options = {
	    .os = os, .path = "/data", .tree = losses->shape->tree ? "default.2" : NULL};
	struct store *store CLEANUP(store_closep) = NULL;
	struct store_scan *scan = NULL;
	struct store_view *view = NULL;
	struct store_scan_options all = {
	    .from_ns = INSTANT_MIN, .to_ns = INSTANT_MAX, .index_to = UINT64_MAX, .all_types = true};
	bool good = store_open(&options, &store, NULL) == ERR_OK &&
	            store_scan_new(store, &all, &scan) == ERR_OK;
	while (good) {
		good = store_scan_next(scan, &view, NULL) == ERR_OK;
		if (!good || view == NULL) {
			break;
		}
		for (uint32_t i = 0; i < store_view_rows(view) && good; i++) {
			struct row row;
			struct leaf leaf;
			uint8_t salt[SALT_SIZE];
			good = store_view_row(view, i, &row) == ERR_OK &&
			       store_view_leaf(view, i, &leaf, salt) == ERR_OK && leaf.incarnation > 0;
			if (good) {
				count_row(losses, &row, found);
			}
		}
		store_view_free(view);
	}
	store_scan_free(scan);
	return good;
}

/* What is wrong after a good opening; NULL: nothing. */
static const char *judge_losses(const struct losses *losses, const struct os *os) {
	const struct loss_shape *shape = losses->shape;
	static char why[300];
	struct loss_found found = {0};
	const char *wrong = NULL;
	bool aside = shape->flipped[0] != 0 || shape->torn != 0;
	if (!read_losses(losses, os, &found)) {
		wrong = "cannot be read, or has a record of no incarnation";
	} else if (!str_eq(buf_str(&found.losses), str_from(shape->losses))) {
		(void)snprintf(why, sizeof(why), "losses said: %.*s", STR_ARG(buf_str(&found.losses)));
		wrong = why;
	} else if (aside && found.aside == 0) {
		wrong = "what was set aside has no record";
	} else if (found.records != shape->kept * shape->rows) {
		wrong = "a record is there twice or missing";
	} else if (found.acks != losses->acks_count) {
		wrong = "an acknowledged record has another index";
	} else if (!shape->tree && !verify_quietly(os).intact) {
		wrong = "not intact";
	}
	buf_deinit(&found.losses);
	return wrong;
}

static void lose_power_before(void *ctx, const struct os_call *call);

/* Now and then the second opening is cut, too. */
static void lose_power(struct losses *losses, enum os_crash mode) {
	enum { DEEP_EVERY = 19 };
	struct os_memory *after CLEANUP(os_memory_freep) =
	    os_memory_crash(losses->bench.memory, mode, losses->seed++);
	bool deep = !losses->is_deep && losses->cuts % DEEP_EVERY == DEEP_EVERY - 1;
	struct losses second = *losses;
	second.bench.memory = after;
	second.deaf = second.is_deep = true;
	second.every = losses->every * 5;
	second.phase = (uint32_t)(losses->seed % second.every);
	second.calls = second.cuts = second.wrong = 0;
	struct os_record *record CLEANUP(os_record_freep) =
	    os_record_new(os_memory_os(after), deep ? lose_power_before : NULL, &second);
	enum err err = recover_losses(&second, os_record_os(record), false);
	const char *wrong =
	    err == ERR_OK ? judge_losses(losses, os_memory_os(after)) : second.bench.diag.message;
	losses->cuts += 1 + second.cuts;
	losses->wrong += second.wrong;
	if (wrong != NULL && losses->wrong++ < 3) {
		printf("# loss %s, call %u, mode %d: %s\n", losses->shape->name, losses->calls, (int)mode,
		       wrong);
	}
}

static void lose_power_before(void *ctx, const struct os_call *call) {
	struct losses *losses = ctx;
	bool changes = (OS_CALL_BIT(call->kind) & OS_CALLS_CHANGING) != 0 &&
	               (call->kind != OS_CALL_OPEN || (call->flags & (OS_CREATE | OS_TRUNCATE)) != 0);
	if (changes && losses->calls++ % losses->every == losses->phase) {
		lose_power(losses, OS_CRASH_FORGET);
		lose_power(losses, OS_CRASH_KEEP);
		lose_power(losses, OS_CRASH_SEEDED);
	}
}

/* pipe: in the recovery that is cut, new batches are logged behind what is replayed. */
static void cut_losses(const struct loss_shape *shape, bool pipe) {
	const char *lab = getenv("AKASHI_LAB");
	struct losses losses CLEANUP(losses_deinit) = {
	    .shape = shape,
	    .bench = {.memory = os_memory_new(28)},
	    .every = lab != NULL && strcmp(lab, "all") == 0 ? 1 : 16,
	    .seed = tap_random()};
	struct buf text CLEANUP(buf_deinit) = {0};
	struct store *store = NULL;
	struct store_options options = loss_options(&losses, os_memory_os(losses.bench.memory));
	losses.phase = (uint32_t)(tap_random() % losses.every);
	sample_lines(&text, "long", 0, LOSS_BATCHES * shape->rows);
	sample_lines(&losses.pipe, "pipe", 0, 10);
	REQUIRE(store_open(&options, &store, &losses.bench.diag) == ERR_OK);
	struct taking taking = {
	    .store = store, .rows_per_batch = shape->rows, .log = true, .ahead = 7, .hold = true};
	CHECK(sample_take(&taking, STR("long"), buf_str(&text)) == ERR_OK);
	CHECK_EQ(taking.waiting_count, LOSS_BATCHES);
	CHECK(sample_append_waiting(&taking, 0, ERR_CANCELED) == ERR_CANCELED);
	store_close(store);
	harm_log(losses.bench.memory, shape);
	struct os_record *record CLEANUP(os_record_freep) =
	    os_record_new(os_memory_os(losses.bench.memory), lose_power_before, &losses);
	CHECK(recover_losses(&losses, os_record_os(record), pipe) == ERR_OK);
	CHECK_EQ(losses.acks_count, pipe ? 4 : 0);
	const char *wrong = judge_losses(&losses, os_memory_os(losses.bench.memory));
	if (!CHECK(wrong == NULL)) {
		printf("# loss %s: %s\n", shape->name, wrong);
	}
	printf("# loss %s%s: %u calls, %u cuts, %u wrong\n", shape->name, pipe ? ", new lines" : "",
	       losses.calls, losses.cuts, losses.wrong);
	CHECK(losses.cuts > 8);
	CHECK_EQ(losses.wrong, 0);
}

TEST(a_loss_is_a_record_once_wherever_a_stop_comes_while_the_log_is_taken_over) {
	for (size_t i = 0; i < ARRAY_LEN(loss_shapes); i++) {
		cut_losses(&loss_shapes[i], false);
		cut_losses(&loss_shapes[i], true);
	}
}

/* What is behind it still has the places that it was promised: the record of the loss takes none.
 */
TEST(the_loss_of_a_batch_without_records_is_noted_and_moves_nothing) {
	static const struct loss_shape shape = {
	    .rows = 20, .flipped = {1}, .losses = "{\"lost_log_frames\":1,\"last_log_frame\":1}\n"};
	struct losses losses CLEANUP(losses_deinit) = {.shape = &shape,
	                                               .bench = {.memory = os_memory_new(29)}};
	const struct os *os = os_memory_os(losses.bench.memory);
	struct store_options options = loss_options(&losses, os);
	struct store *store = NULL;
	sample_lines(&losses.pipe, "pipe", 0, 10);
	REQUIRE(store_open(&options, &store, &losses.bench.diag) == ERR_OK);
	struct taking taking = {
	    .store = store, .rows_per_batch = 3, .log = true, .ahead = 7, .hold = true};
	CHECK(sample_hand_over(&taking, batch_new()) == ERR_OK);
	CHECK(sample_take(&taking, STR("pipe"), buf_str(&losses.pipe)) == ERR_OK);
	CHECK(sample_append_waiting(&taking, 0, ERR_CANCELED) == ERR_CANCELED);
	store_close(store);
	CHECK_EQ(losses.acks_count, 4);
	harm_log(losses.bench.memory, &shape);
	losses.deaf = true;
	CHECK(recover_losses(&losses, os, false) == ERR_OK);
	const char *wrong = judge_losses(&losses, os);
	if (!CHECK(wrong == NULL)) {
		printf("# %s\n", wrong);
	}
}
