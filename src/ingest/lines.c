/* See lines.h. A CR belongs to the body; an empty line is a record. The hash runs over stretches of
 * lines, not over each: hashing short pieces one by one would cost more than all the rest.
 */
#include "ingest/lines.h"

void lines_init(struct lines *lines, struct reading *reading, struct reading_file *file) {
	*lines = (struct lines){.reading = reading, .file = file};
}

void lines_deinit(struct lines *lines) {
	buf_deinit(&lines->partial);
}

/* One record; file->position and hash must be up to date before, except for bytes in *unhashed,
 * which are settled when the batch has to go. */
static enum err add_line(struct lines *lines, struct str body, uint64_t at, uint8_t flags) {
	TRY(reading_room(lines->reading, lines->file));
	reading_add(lines->reading, lines->file, body, at, flags);
	return ERR_OK;
}

static void settle(struct lines *lines, const char *bytes, size_t len) {
	sha256_update(&lines->file->sha, bytes, len);
	lines->file->position += len;
}

/* Emits the partial line (with or without its LF) and empties it. */
static enum err flush_partial(struct lines *lines, bool with_lf, uint8_t flags) {
	struct str body = buf_str(&lines->partial);
	TRY(add_line(lines, body, lines->file->position, flags));
	settle(lines, body.ptr, body.len);
	if (with_lf) {
		settle(lines, "\n", 1);
	}
	buf_clear(&lines->partial);
	return ERR_OK;
}

/* Goes on with a line begun earlier; moves *bytes behind what it took. */
static enum err finish_partial(struct lines *lines, struct str *bytes) {
	while (lines->partial.len > 0 && bytes->len > 0) {
		size_t room = LIMIT_LINE_SIZE - lines->partial.len;
		/* One byte more than fits may be the LF that ends a line of exactly the limit. */
		size_t window = MIN_OF(bytes->len, room + 1);
		const char *lf = memchr(bytes->ptr, '\n', window);
		size_t take = lf != NULL ? (size_t)(lf - bytes->ptr) : MIN_OF(bytes->len, room);
		buf_append(&lines->partial, bytes->ptr, take);
		if (lf != NULL) {
			TRY(flush_partial(lines, true, 0));
			take++;
		} else if (take < bytes->len) {
			TRY(flush_partial(lines, false, RECORD_CONTINUES));
		}
		*bytes = str_slice(*bytes, take, bytes->len);
	}
	return ERR_OK;
}

/* Takes whole lines (and full pieces of overlong ones) from bytes; returns how much. */
static enum err take_whole_lines(struct lines *lines, struct str bytes, size_t *out_taken) {
	size_t at = 0;
	size_t settled = 0;
	while (at < bytes.len) {
		size_t left = bytes.len - at;
		const char *lf = memchr(bytes.ptr + at, '\n', MIN_OF(left, LIMIT_LINE_SIZE + 1));
		if (lf == NULL && left <= LIMIT_LINE_SIZE) {
			break;
		}
		size_t len = lf != NULL ? (size_t)(lf - bytes.ptr) - at : LIMIT_LINE_SIZE;
		if (lines->reading->batch == NULL || batch_full(lines->reading->batch)) {
			settle(lines, bytes.ptr + settled, at - settled);
			settled = at;
		}
		TRY(add_line(lines, str_make(bytes.ptr + at, len), lines->file->position + at - settled,
		             lf != NULL ? 0 : RECORD_CONTINUES));
		at += len + (lf != NULL);
	}
	settle(lines, bytes.ptr + settled, at - settled);
	*out_taken = at;
	return ERR_OK;
}

enum err lines_push(struct lines *lines, struct str bytes) {
	size_t taken;
	reading_stamp(lines->reading, lines->file);
	if (lines->file->position == 0 && lines->file->records == 0 && lines->partial.len == 0) {
		reading_begin_lines(lines->reading, lines->file, bytes);
	}
	TRY(finish_partial(lines, &bytes));
	TRY(take_whole_lines(lines, bytes, &taken));
	buf_append(&lines->partial, bytes.ptr + taken, bytes.len - taken);
	return ERR_OK;
}

enum err lines_end(struct lines *lines) {
	return lines->partial.len == 0 ? ERR_OK : flush_partial(lines, false, RECORD_NO_FINAL_LF);
}
