/* The reader of the write-ahead log on any bytes: frames with right checksums are made of the
 * input, so that what stands behind the checksums is reached too. Whatever is read is written and
 * read again the same.
 */
#include "base/endian.h"
#include "base/hash.h"
#include "store/frame.h"
#include "store/log_layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t file_uuid[16] = {1};
static const uint8_t store_uuid[16] = {2};

/* With the UUIDs that the file itself gives, where it has a header. */
static void read_raw(struct str bytes) {
	struct log_found found = {0};
	bool headed = bytes.len >= LOG_HEADER_SIZE;
	const char *header = bytes.ptr;
	log_read_bytes(&found, 0, bytes, headed ? (const uint8_t *)header + LOG_AT_FILE : file_uuid,
	               headed ? (const uint8_t *)header + LOG_AT_STORE : store_uuid);
	log_judge(&found, 3);
	for (size_t i = 0; i < found.frames_count; i++) {
		struct batch *batch = NULL;
		struct frame_files files;
		if (frame_decode(found.frames[i].payload, &batch, &files) == ERR_OK) {
			batch_free(batch);
		}
	}
	log_found_deinit(&found);
}

/* The input as the payload of a valid frame. */
static void read_framed(struct str payload) {
	struct buf file CLEANUP(buf_deinit) = {0};
	uint8_t header[LOG_HEADER_SIZE] = {0};
	memcpy(header, LOG_MAGIC, 8);
	memcpy(header + LOG_AT_FILE, file_uuid, 16);
	memcpy(header + LOG_AT_STORE, store_uuid, 16);
	le32_store(header + LOG_AT_CRC, crc32c(0, header, LOG_AT_CRC));
	buf_append(&file, header, sizeof(header));
	uint8_t frame[LOG_FRAME_HEADER_SIZE] = {0};
	memcpy(frame, FRAME_MAGIC, 4);
	memcpy(frame + FRAME_AT_FILE, file_uuid, 16);
	le64_store(frame + FRAME_AT_NUMBER, 4);
	le64_store(frame + FRAME_AT_LENGTH, payload.len);
	le32_store(frame + FRAME_AT_PAYLOAD_CRC, crc32c(0, payload.ptr, payload.len));
	le32_store(frame + FRAME_AT_CRC,
	           crc32c(0, frame + FRAME_AT_FILE, sizeof(frame) - FRAME_AT_FILE));
	buf_append(&file, frame, sizeof(frame));
	buf_append_str(&file, payload);
	buf_append(&file, "\0\0\0\0\0\0\0", (size_t)log_padding(payload.len));
	struct log_found found = {0};
	log_read_bytes(&found, 0, buf_str(&file), file_uuid, store_uuid);
	log_judge(&found, 3);
	ASSERT(found.frames_count == 1 && found.damages_count == 0);
	log_found_deinit(&found);
	read_raw(buf_str(&file));
}

/* What decodes encodes, and decodes to the same again. */
static void round_trip(struct str payload) {
	struct batch *batch CLEANUP(batch_freep) = NULL;
	struct frame_files files = {0};
	if (frame_decode(payload, &batch, &files) != ERR_OK) {
		return;
	}
	struct arena *arena CLEANUP(arena_freep) = arena_new(SIZE_MAX);
	struct file_table table;
	file_table_init(&table, arena);
	for (uint32_t i = 0; i < files.count; i++) {
		if (file_table_find(&table, files.rows[i].file) == NULL) {
			(void)file_table_add(&table, &files.rows[i]);
		}
	}
	struct buf once CLEANUP(buf_deinit) = {0};
	struct buf twice CLEANUP(buf_deinit) = {0};
	struct batch *again CLEANUP(batch_freep) = NULL;
	ASSERT(frame_encode(batch, &table, &once) == ERR_OK);
	ASSERT(frame_decode(buf_str(&once), &again, &files) == ERR_OK);
	ASSERT(frame_encode(again, &table, &twice) == ERR_OK);
	ASSERT(str_eq(buf_str(&once), buf_str(&twice)));
	file_table_deinit(&table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct str bytes = size == 0 ? STR("") : str_make((const char *)data, size);
	read_raw(bytes);
	read_framed(bytes);
	round_trip(bytes);
	return 0;
}
