/* A directory of lengths and checksums in front of the parts, a few zeros behind them. */
#include "codec/checked.h"

#include <stdlib.h>

#include "base/bits.h"
#include "base/hash.h"
#include "codec/wire.h"

void checked_writer_deinit(struct checked_writer *writer) {
	buf_deinit(&writer->bytes);
	buf_deinit(&writer->lens);
	*writer = (struct checked_writer){0};
}

void checked_part(struct checked_writer *writer, struct str bytes) {
	ASSERT(writer->count < CHECKED_PARTS_MAX);
	writer->count++;
	wire_put_varint(&writer->lens, bytes.len);
	buf_append_str(&writer->bytes, bytes);
}

static size_t pieces_of(size_t len) {
	return (len + CHECKED_PIECE - 1) / CHECKED_PIECE;
}

/* Piece number piece of the parts. */
static struct str piece_of(struct str parts, size_t piece) {
	size_t start = piece * CHECKED_PIECE;
	return str_slice(parts, start, MIN_OF(start + CHECKED_PIECE, parts.len));
}

void checked_put(const struct checked_writer *writer, struct buf *out) {
	static const char slack[CHECKED_SLACK];
	size_t start = out->len;
	struct str parts = buf_str(&writer->bytes);
	wire_put_u32(out, 0);
	wire_put_varint(out, writer->count);
	buf_append_str(out, buf_str(&writer->lens));
	for (size_t i = 0; i < pieces_of(parts.len); i++) {
		struct str piece = piece_of(parts, i);
		wire_put_u32(out, crc32c(0, piece.ptr, piece.len));
	}
	le32_store(out->ptr + start, (uint32_t)(out->len - start - 4));
	wire_put_u32(out, crc32c(0, out->ptr + start, out->len - start));
	buf_append_str(out, parts);
	buf_append(out, slack, sizeof(slack));
}

struct checked {
	struct str bytes; /* of all parts, */
	size_t have;      /* and how many of them can be read */
	const char *crcs; /* of their pieces */
	uint64_t *seen;   /* a bit for each piece: was compared, and was well */
	size_t count;
	struct str parts[];
};

static bool holds(struct str bytes, uint32_t crc) {
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	(void)bytes;
	(void)crc;
	return true;
#else
	return crc32c(0, bytes.ptr, bytes.len) == crc;
#endif
}

static bool is_slack(struct str bytes) {
	static const char slack[CHECKED_SLACK];
	return str_eq(bytes, str_make(slack, sizeof(slack)));
}

/* The parts, one behind the other, and what the directory has besides their lengths. */
static enum err read_parts(struct wire *in, struct wire *directory, struct checked *checked) {
	const char *start = in->at;
	for (size_t i = 0; i < checked->count; i++) {
		checked->parts[i] = wire_bytes(in, wire_varint(directory));
	}
	checked->bytes = str_make(start, (size_t)(in->at - start));
	size_t pieces = pieces_of(checked->bytes.len);
	checked->crcs = wire_bytes(directory, 4 * (uint64_t)pieces).ptr;
	(void)wire_bytes(in, CHECKED_SLACK); /* what is in it matters to no reader */
	if (!wire_done(in) || !wire_done(directory)) {
		return ERR_CORRUPT;
	}
	checked->seen = calloc(bits_words(pieces) + 1, sizeof(*checked->seen));
	ASSERT(checked->seen != NULL);
	return ERR_OK;
}

enum err checked_open(struct str bytes, struct checked **out_checked) {
	return checked_open_front(bytes, bytes.len, out_checked);
}

enum err checked_open_front(struct str bytes, size_t have, struct checked **out_checked) {
	ASSERT(have <= bytes.len);
	if (have < bytes.len && have < 2 * sizeof(uint32_t) + CHECKED_SLACK) {
		return ERR_LIMIT;
	}
	struct wire in = wire_from(bytes);
	struct str directory = wire_bytes(&in, wire_u32(&in));
	struct str covered = str_make(bytes.ptr, bytes.len - wire_left(&in));
	if (have < bytes.len && covered.len > have - sizeof(uint32_t) - CHECKED_SLACK) {
		return ERR_LIMIT;
	}
	uint32_t crc = wire_u32(&in);
	if (in.bad || !holds(covered, crc)) {
		return ERR_CORRUPT;
	}
	struct wire entries = wire_from(directory);
	size_t max = MIN_OF(wire_left(&entries), (size_t)CHECKED_PARTS_MAX);
	size_t count = (size_t)wire_varint_max(&entries, max);
	struct checked *checked = calloc(1, sizeof(*checked) + count * sizeof(struct str));
	ASSERT(checked != NULL);
	checked->count = count;
	enum err err = read_parts(&in, &entries, checked);
	if (err != ERR_OK) {
		checked_free(checked);
		return err;
	}
	size_t before = (size_t)(checked->bytes.ptr - bytes.ptr);
	checked->have = have < bytes.len ? have - before - CHECKED_SLACK : checked->bytes.len;
	checked->have = MIN_OF(checked->have, checked->bytes.len);
	*out_checked = checked;
	return ERR_OK;
}

void checked_free(struct checked *checked) {
	if (checked != NULL) {
		free(checked->seen);
		free(checked);
	}
}

size_t checked_count(const struct checked *checked) {
	return checked->count;
}

static enum err hold_piece(const struct checked *checked, size_t piece) {
	struct str bytes = piece_of(checked->bytes, piece);
	if (bytes.len > checked->have - MIN_OF(checked->have, piece * CHECKED_PIECE)) {
		return ERR_LIMIT;
	}
	return holds(bytes, le32_load(checked->crcs + 4 * piece)) ? ERR_OK : ERR_CORRUPT;
}

enum err checked_hold(struct checked *checked, struct str bytes) {
	if (checked == NULL || bytes.len == 0) {
		return ERR_OK;
	}
	ASSERT(bytes.ptr >= checked->bytes.ptr);
	size_t at = (size_t)(bytes.ptr - checked->bytes.ptr);
	ASSERT(at <= checked->bytes.len && bytes.len <= checked->bytes.len - at);
	for (size_t i = at / CHECKED_PIECE; i <= (at + bytes.len - 1) / CHECKED_PIECE; i++) {
		if (!bits_get(checked->seen, i)) {
			TRY(hold_piece(checked, i));
			bits_set(checked->seen, i);
		}
	}
	return ERR_OK;
}

struct str checked_peek(const struct checked *checked, size_t part) {
	ASSERT(part < checked->count);
	return checked->parts[part];
}

enum err checked_get(struct checked *checked, size_t part, struct str *out_bytes) {
	struct str bytes = checked_peek(checked, part);
	TRY(checked_hold(checked, bytes));
	*out_bytes = bytes;
	return ERR_OK;
}

bool checked_holds(const struct checked *checked) {
	const char *end = checked->bytes.ptr + checked->bytes.len;
	ASSERT(checked->have == checked->bytes.len);
	if (!is_slack(str_make(end, CHECKED_SLACK))) {
		return false;
	}
	for (size_t i = 0; i < pieces_of(checked->bytes.len); i++) {
		if (hold_piece(checked, i) != ERR_OK) {
			return false;
		}
	}
	return true;
}
