/* Frames of the checkpoint journal, and the intent. */
#include "store/journal.h"

#include "base/endian.h"
#include "base/hash.h"
#include "store/facts.h"

#define JOURNAL_MAGIC "AKCP"

enum { AT_MAGIC = 0, AT_LENGTH = 4, AT_NOTE_CRC = 8, AT_CRC = 12 };
_Static_assert(AT_CRC + 4 == JOURNAL_FRAME_SIZE, "layout of a journal frame");

void journal_append(struct buf *out, struct str note) {
	char header[JOURNAL_FRAME_SIZE] = JOURNAL_MAGIC;
	le32_store(header + AT_LENGTH, (uint32_t)note.len);
	le32_store(header + AT_NOTE_CRC, crc32c(0, note.ptr, note.len));
	le32_store(header + AT_CRC, crc32c(0, header, AT_CRC));
	buf_append(out, header, sizeof(header));
	buf_append_str(out, note);
}

bool journal_next(struct str bytes, size_t *at, struct str *out_note) {
	const char *header = bytes.ptr + *at;
	size_t left = bytes.len - *at;
	if (left < JOURNAL_FRAME_SIZE || memcmp(header, JOURNAL_MAGIC, 4) != 0 ||
	    le32_load(header + AT_CRC) != crc32c(0, header, AT_CRC)) {
		return false;
	}
	size_t len = le32_load(header + AT_LENGTH);
	const char *note = header + JOURNAL_FRAME_SIZE;
	if (len > left - JOURNAL_FRAME_SIZE || len > NOTE_MAX ||
	    le32_load(header + AT_NOTE_CRC) != crc32c(0, note, len)) {
		return false;
	}
	*out_note = str_make(note, len);
	*at += JOURNAL_FRAME_SIZE + len;
	return true;
}

size_t journal_resync(struct str bytes, size_t from) {
	for (size_t at = from + 1; at < bytes.len; at++) {
		struct str note;
		size_t behind = at;
		if (journal_next(bytes, &behind, &note)) {
			return at;
		}
	}
	return bytes.len;
}

void intent_format(const struct intent *intent, struct buf *out) {
	size_t from = out->len;
	buf_append_str(out, STR("akashi intent 1\nsize "));
	buf_append_u64(out, intent->size);
	buf_append_str(out, STR("\nroot "));
	buf_append_base64(out, intent->root, sizeof(intent->root));
	buf_append_char(out, '\n');
	text_seal(out, from);
}

static bool read_root(struct str text, uint8_t out_root[SHA256_SIZE]) {
	struct buf root CLEANUP(buf_deinit) = {0};
	if (buf_append_base64_decoded(&root, text) != ERR_OK || root.len != SHA256_SIZE) {
		return false;
	}
	memcpy(out_root, root.ptr, SHA256_SIZE);
	return true;
}

enum err intent_parse(struct str text, struct intent *out_intent) {
	struct intent intent;
	struct str inner;
	struct buf again CLEANUP(buf_deinit) = {0};
	if (!text_sealed(text, &inner) || !str_eq(str_cut(&inner, '\n'), STR("akashi intent 1"))) {
		return ERR_CORRUPT;
	}
	struct str size = str_cut(&inner, '\n');
	struct str root = str_cut(&inner, '\n');
	if (!str_starts(size, STR("size ")) || !str_starts(root, STR("root ")) ||
	    !str_to_u64(str_slice(size, 5, size.len), INT64_MAX, &intent.size) ||
	    !read_root(str_slice(root, 5, root.len), intent.root)) {
		return ERR_CORRUPT;
	}
	intent_format(&intent, &again);
	if (!str_eq(buf_str(&again), text)) {
		return ERR_CORRUPT;
	}
	*out_intent = intent;
	return ERR_OK;
}
