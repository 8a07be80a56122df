/* See framing.h. */
#include "ingest/framing.h"

#include "event/batch.h"

enum { COUNT_DIGITS_MAX = 8 }; /* a message of 100 MB is a framing error */

void framing_deinit(struct framing *framing) {
	buf_deinit(&framing->held);
}

void framing_push(struct framing *framing, struct str bytes) {
	struct buf *held = &framing->held;
	if (framing->at > 0) {
		memmove(held->ptr, held->ptr + framing->at, held->len - framing->at);
		held->len -= framing->at;
		framing->at = 0;
	}
	buf_append_str(held, bytes);
}

void framing_shrink(struct framing *framing) {
	ASSERT(framing_held(framing) == 0);
	buf_deinit(&framing->held);
	framing->at = 0;
}

size_t framing_held(const struct framing *framing) {
	return framing->held.len - framing->at;
}

static struct str rest_of(const struct framing *framing) {
	return str_make(framing->held.ptr + framing->at, framing_held(framing));
}

static void skip(struct framing *framing, size_t len) {
	framing->at += len;
	framing->offset += len;
	framing->scanned = framing->scanned > len ? framing->scanned - len : 0;
}

static void give(struct framing *framing, size_t len, unsigned flags, struct frame *out_frame) {
	*out_frame = (struct frame){.bytes = str_slice(rest_of(framing), 0, len),
	                            .flags = (uint8_t)flags,
	                            .offset = framing->offset};
	skip(framing, len);
}

/* ---- lines, and what is broken up to a line feed ---- */

static bool next_line(struct framing *framing, size_t piece_max, struct frame *out_frame) {
	struct str rest = rest_of(framing);
	unsigned flags = framing->kind == FRAMING_BROKEN ? (unsigned)RECORD_FRAMING_ERROR : 0;
	size_t end = str_find_char(rest, '\n', framing->scanned);
	if (end > piece_max) {
		framing->cut = true;
		give(framing, piece_max, flags | RECORD_CONTINUES | RECORD_OVERSIZE, out_frame);
		return true;
	}
	framing->scanned = end;
	if (end == rest.len) {
		return false;
	}
	give(framing, end, flags | (framing->cut ? (unsigned)RECORD_OVERSIZE : 0), out_frame);
	skip(framing, 1);
	framing->scanned = 0;
	framing->cut = false;
	framing->kind = framing->kind == FRAMING_BROKEN ? FRAMING_UNKNOWN : framing->kind;
	return true;
}

/* ---- counted ---- */

enum count { COUNT_THERE, COUNT_WAITS, COUNT_NONE };

/* "11 " at the begin of text. */
static enum count read_count(struct str text, size_t *out_len, uint64_t *out_count) {
	size_t digits = 0;
	while (digits < text.len && char_is_digit(text.ptr[digits])) {
		digits++;
	}
	if (digits > COUNT_DIGITS_MAX || (text.len > 0 && (digits == 0 || text.ptr[0] == '0'))) {
		return COUNT_NONE;
	}
	if (digits == text.len) {
		return COUNT_WAITS;
	}
	if (text.ptr[digits] != ' ') {
		return COUNT_NONE;
	}
	*out_len = digits + 1;
	bool ok = str_to_u64(str_slice(text, 0, digits), UINT64_MAX, out_count);
	ASSERT(ok); /* COUNT_DIGITS_MAX digits fit */
	return COUNT_THERE;
}

/* A count at the begin of a connection is one only before a priority: lines may begin with a
 * number, such as a year. */
static bool recognise(struct framing *framing) {
	struct str rest = rest_of(framing);
	size_t len;
	uint64_t count;
	enum count is = read_count(rest, &len, &count);
	if (is == COUNT_WAITS || (is == COUNT_THERE && len == rest.len)) {
		return false;
	}
	framing->kind = is == COUNT_THERE && rest.ptr[len] == '<' ? FRAMING_COUNTED : FRAMING_LINES;
	return true;
}

/* Between two messages. False: more must come first. */
static bool begin_counted(struct framing *framing) {
	uint64_t count;
	size_t len;
	while (framing_held(framing) > 0 && rest_of(framing).ptr[0] == '\n') {
		skip(framing, 1); /* some put one behind each message without counting it */
	}
	enum count is = read_count(rest_of(framing), &len, &count);
	if (is == COUNT_WAITS) {
		return false;
	}
	if (is == COUNT_NONE) {
		framing->kind = FRAMING_BROKEN;
		framing->scanned = 0;
		return true;
	}
	skip(framing, len);
	framing->left = count;
	return true;
}

static bool next_counted(struct framing *framing, size_t piece_max, struct frame *out_frame) {
	size_t have = framing_held(framing);
	unsigned flags = framing->cut ? (unsigned)RECORD_OVERSIZE : 0;
	if (have >= framing->left && framing->left <= piece_max) {
		give(framing, (size_t)framing->left, flags, out_frame);
		framing->left = 0;
		framing->cut = false;
		return true;
	}
	if (have < piece_max) {
		return false;
	}
	give(framing, piece_max, RECORD_CONTINUES | RECORD_OVERSIZE, out_frame);
	framing->left -= piece_max;
	framing->cut = true;
	return true;
}

bool framing_next(struct framing *framing, size_t piece_max, struct frame *out_frame) {
	ASSERT(piece_max > 0 && piece_max <= LIMIT_LINE_SIZE);
	for (;;) {
		if (framing_held(framing) == 0) {
			return false;
		}
		if (framing->kind == FRAMING_UNKNOWN && !recognise(framing)) {
			return false;
		}
		bool counted = framing->kind == FRAMING_COUNTED;
		if (counted && framing->left == 0 && !begin_counted(framing)) {
			return false;
		}
		if (framing->kind == FRAMING_COUNTED && framing->left > 0) {
			return next_counted(framing, piece_max, out_frame);
		}
		if (framing->kind != FRAMING_COUNTED) {
			return next_line(framing, piece_max, out_frame);
		}
	}
}

bool framing_rest(struct framing *framing, struct frame *out_frame) {
	size_t have = MIN_OF(framing_held(framing), LIMIT_LINE_SIZE);
	unsigned flags = framing->cut ? (unsigned)RECORD_OVERSIZE : 0;
	if (have == 0) {
		return false;
	}
	if (framing->kind == FRAMING_COUNTED) {
		flags |= framing->left > 0 ? RECORD_TRUNCATED : RECORD_FRAMING_ERROR;
	} else {
		flags |= framing->kind == FRAMING_BROKEN ? RECORD_FRAMING_ERROR : 0;
		flags |= RECORD_NO_FINAL_LF;
	}
	give(framing, have, flags, out_frame);
	return true;
}
