/* Reading damaged logs: the torn end is told from loss, and nothing behind damage is hidden. */
#include "store/log.h"

#include "os/os_memory.h"
#include "store/facts.h"
#include "tap.h"

static const uint8_t store_uuid[16] = {7};

struct one_log {
	struct buf bytes;
	uint8_t uuid[UUID_SIZE];
};

static void read_log(void *ctx, const char *path) {
	struct one_log *log = *(struct one_log **)ctx;
	const struct os *os = ((const struct os **)ctx)[1];
	struct str name = str_from(path + strlen("/log/"));
	CHECK(os_read_file(os, path, SIZE_MAX, &log->bytes) == ERR_OK);
	CHECK(uuid_parse(str_slice(name, 0, UUID_TEXT_SIZE), log->uuid));
}

/* Batches 1 to 3, each made durable by itself or all at once. */
static void make_log(struct one_log *out, bool group) {
	struct os_memory *memory CLEANUP(os_memory_freep) = os_memory_new(1);
	const struct os *os = os_memory_os(memory);
	const void *ctx[] = {out, os};
	struct log_writer log;
	struct str payloads[] = {STR_INIT("the first"), STR_INIT("the second"), STR_INIT("the third")};
	uint64_t first;
	CHECK(os->make_folder(os->ctx, "/log") == ERR_OK);
	log_writer_init(&log, os, "/log", store_uuid, 1);
	for (size_t i = 0; i < 3 && !group; i++) {
		CHECK(log_write(&log, &payloads[i], 1, &first, NULL) == ERR_OK);
	}
	CHECK(!group || log_write(&log, payloads, 3, &first, NULL) == ERR_OK);
	log_writer_deinit(&log);
	os_memory_each_file(memory, read_log, ctx);
}

static struct log_found find(const struct one_log *log, size_t len) {
	struct log_found found = {0};
	log_read_bytes(&found, 0, str_make(log->bytes.ptr, len), log->uuid, store_uuid);
	log_judge(&found, 0);
	return found;
}

TEST(a_log_cut_anywhere_has_a_torn_end_and_whole_frames_before_it) {
	struct one_log log = {0};
	make_log(&log, false);
	for (size_t len = 0; len <= log.bytes.len; len++) {
		struct log_found found = find(&log, len);
		CHECK(found.frames_count <= 3);
		CHECK_EQ(found.missing_frames, 0);
		CHECK(found.damages_count <= 1);
		CHECK(found.damages_count == 0 || found.damages[0].torn);
		log_found_deinit(&found);
	}
	buf_deinit(&log.bytes);
}

TEST(a_flipped_byte_before_the_last_frame_is_loss_and_the_rest_is_had) {
	struct one_log log = {0};
	make_log(&log, false);
	size_t last = log.bytes.len - LOG_FRAME_HEADER_SIZE - 16; /* where the third frame begins */
	for (size_t i = 0; i < log.bytes.len; i++) {
		log.bytes.ptr[i] = (char)(log.bytes.ptr[i] ^ 4);
		struct log_found found = find(&log, log.bytes.len);
		CHECK_EQ(found.damages_count, 1);
		CHECK_EQ(found.frames_count, i < LOG_HEADER_SIZE ? 3 : 2);
		CHECK_EQ(found.damages_count == 1 && found.damages[0].torn, i >= last);
		log_found_deinit(&found);
		log.bytes.ptr[i] = (char)(log.bytes.ptr[i] ^ 4);
	}
	buf_deinit(&log.bytes);
}

TEST(a_group_is_there_whole_or_not_at_all_and_is_never_called_lost) {
	struct one_log log = {0};
	make_log(&log, true);
	struct log_found whole = find(&log, log.bytes.len);
	REQUIRE(whole.frames_count == 3);
	CHECK_EQ(whole.frames[2].number, 3);
	CHECK_STR(whole.frames[0].payload, "the first");
	CHECK_STR(whole.frames[2].payload, "the third");
	log_found_deinit(&whole);
	for (size_t i = LOG_HEADER_SIZE; i < log.bytes.len; i++) {
		log.bytes.ptr[i] = (char)(log.bytes.ptr[i] ^ 4);
		struct log_found found = find(&log, log.bytes.len);
		CHECK_EQ(found.frames_count, 0);
		CHECK_EQ(found.missing_frames, 0);
		CHECK(found.damages_count == 1 && found.damages[0].torn);
		log_found_deinit(&found);
		log.bytes.ptr[i] = (char)(log.bytes.ptr[i] ^ 4);
	}
	buf_deinit(&log.bytes);
}
