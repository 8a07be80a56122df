/* The readers of a store's small files (facts, intent, journal, names), of object files and of the
 * store's own records on any bytes. The first byte chooses.
 */
#include "base/endian.h"
#include "base/hash.h"
#include "store/catalogue.h"
#include "store/facts.h"
#include "store/journal.h"
#include "store/objects.h"
#include "store/scrub_record.h"
#include "store/seal_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_facts(struct str bytes) {
	struct facts facts;
	struct diag diag = {0};
	enum err err = facts_parse(bytes, &facts, &diag);
	struct buf sealed CLEANUP(buf_deinit) = {0};
	buf_append_str(&sealed, bytes);
	text_seal(&sealed, 0);
	err = facts_parse(buf_str(&sealed), &facts, &diag);
	(void)err;
}

static void read_intent(struct str bytes) {
	struct intent intent;
	struct buf sealed CLEANUP(buf_deinit) = {0};
	struct buf again CLEANUP(buf_deinit) = {0};
	buf_append_str(&sealed, bytes);
	text_seal(&sealed, 0);
	if (intent_parse(buf_str(&sealed), &intent) == ERR_OK) {
		intent_format(&intent, &again);
		ASSERT(str_eq(buf_str(&again), buf_str(&sealed)));
	}
}

static void read_journal(struct str bytes) {
	struct str note;
	for (size_t at = 0; at < bytes.len;) {
		if (!journal_next(bytes, &at, &note)) {
			at = journal_resync(bytes, at);
		}
	}
}

static enum err drop(void *ctx, const void *bytes, size_t len) {
	(void)ctx;
	(void)bytes;
	(void)len;
	return ERR_OK;
}

/* The input as an object file whose header and table have right checksums. */
static void read_object(struct str bytes) {
	enum { HEADER = 64, TABLE_CRC = 56, CRC = 60, BLOCKS = 48 };
	uint8_t hash[OBJECT_HASH_SIZE] = {0};
	struct buf file CLEANUP(buf_deinit) = {0};
	struct object *object = NULL;
	struct diag diag = {0};
	struct str slice;
	buf_append_str(&file, bytes);
	if (file.len >= HEADER) {
		memcpy(file.ptr, "AKOBJ001", 8);
		memcpy(hash, file.ptr + 8, sizeof(hash));
		size_t table = (size_t)le32_load(file.ptr + BLOCKS) * 8;
		table = MIN_OF(table, file.len - HEADER);
		le32_store(file.ptr + TABLE_CRC, crc32c(0, file.ptr + HEADER, table));
		le32_store(file.ptr + CRC, crc32c(0, file.ptr, CRC));
	}
	if (object_from_bytes(buf_str(&file), hash, &object, &diag) == ERR_OK) {
		enum err err = object_stream(object, drop, NULL, &diag);
		err = object_slice(object, MIN_OF(bytes.len, (size_t)3), 1, &slice, &diag);
		(void)err;
		object_free(object);
	}
}

static void read_names(struct str bytes) {
	uint64_t first;
	uint64_t end;
	uint8_t hash[OBJECT_HASH_SIZE];
	uint8_t uuid[UUID_SIZE];
	bool named[] = {segment_name_parse(bytes, &first, &end), object_name_parse(bytes, hash),
	                uuid_parse(bytes, uuid)};
	(void)named;
}

static void read_records(struct str bytes) {
	struct seal_record seal;
	struct seal_head head;
	struct store_scrub_part part;
	struct buf again CLEANUP(buf_deinit) = {0};
	if (seal_record_parse(bytes, &seal) == ERR_OK) {
		seal_record_format(&seal, &again);
		ASSERT(str_eq(buf_str(&again), bytes));
	}
	if (recovery_head_parse(bytes, &head) == ERR_OK) {
		ASSERT(class_name_valid(head.tree));
	}
	if (scrub_record_parse(bytes, &part) == ERR_OK) {
		struct store_scrub_state state = {0};
		scrub_state_add(&state, &part, 1);
		ASSERT(state.count <= 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	if (size < 2) {
		return 0;
	}
	struct str bytes = str_make((const char *)data + 1, size - 1);
	switch (data[0] % 6) {
	case 0:
		read_facts(bytes);
		break;
	case 1:
		read_intent(bytes);
		break;
	case 2:
		read_journal(bytes);
		break;
	case 3:
		read_object(bytes);
		break;
	case 4:
		read_names(bytes);
		break;
	default:
		read_records(bytes);
		break;
	}
	return 0;
}
