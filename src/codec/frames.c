/* Frames of a run, written as the bytes come, read one by one. */
#include "codec/frames.h"

#include <stdlib.h>

/* Runs up to this are one frame: decoding that takes a quarter of a millisecond. */
enum { ALONE_MAX = 256 << 10 };
/* A longer run has a head of FRAMES_SIZE, or a longer one where that pays: it must be decoded
 * before any other frame. Each is tried on the frame behind the longest. Text of random words gains
 * 8 % by the longest head, and another 4 % by the level above ours, which finds more behind it for
 * half as much time again. */
static const size_t heads[] = {FRAMES_SIZE, 512 << 10, FRAMES_HEAD_MAX};
enum { LONGEST_FROM = 8 << 20 }; /* bytes of a run in which the longest head is little */

/* ---- writing ---- */

void frames_writer_init(struct frames_writer *writer, uint64_t len, int level) {
	*writer = (struct frames_writer){.level = level, .len = len};
	writer->head_len = len <= ALONE_MAX ? len : 0;
}

void frames_writer_deinit(struct frames_writer *writer) {
	buf_deinit(&writer->pending);
	buf_deinit(&writer->sizes);
	buf_deinit(&writer->frames);
	compress_prefix_free(writer->prefix);
	*writer = (struct frames_writer){0};
}

static void put_frame(struct frames_writer *writer, struct str bytes) {
	size_t start = writer->frames.len;
	bool head = writer->sizes.len == 0;
	if (head && writer->len > writer->head_len && writer->prefix == NULL) {
		writer->prefix = compress_prefix_new(bytes, writer->level);
	}
	bool smaller = head ? compress_append(&writer->frames, bytes, writer->level)
	                    : compress_append_behind(&writer->frames, bytes, writer->prefix);
	if (!smaller) {
		buf_append_str(&writer->frames, bytes);
	}
	wire_put_varint(&writer->sizes, writer->frames.len - start);
}

static size_t try_frame(struct str bytes, const struct compress_prefix *prefix) {
	struct buf frame = {0};
	bool smaller = compress_append_behind(&frame, bytes, prefix);
	size_t len = smaller ? frame.len : bytes.len;
	buf_deinit(&frame);
	return len;
}

/* Bytes that the head is chosen by: of the longest head that may be, and the frame behind it. */
static size_t tried_size(const struct frames_writer *writer) {
	size_t longest = heads[ARRAY_LEN(heads) - (writer->len < LONGEST_FROM ? 2 : 1)];
	return (size_t)MIN_OF(writer->len, (uint64_t)longest + FRAMES_SIZE);
}

/* Which head is best for what is pending: a longer one if it saves a twentieth. */
static void choose_head(struct frames_writer *writer) {
	struct str tried = buf_str(&writer->pending);
	struct str before = str_slice(tried, 0, tried.len - FRAMES_SIZE);
	struct str bytes = str_slice(tried, before.len, tried.len);
	size_t least = SIZE_MAX;
	for (size_t i = 0; i < ARRAY_LEN(heads) && (i == 0 || heads[i - 1] < before.len); i++) {
		struct str head = str_slice(before, 0, heads[i]);
		int level = writer->level + (heads[i] == FRAMES_HEAD_MAX);
		struct compress_prefix *prefix = compress_prefix_new(head, level);
		size_t size = try_frame(bytes, prefix);
		bool pays = i == 0 || size < least - least / 20;
		compress_prefix_free(pays ? writer->prefix : prefix);
		if (pays) {
			writer->prefix = prefix;
			writer->head_len = head.len;
			least = size;
		}
	}
}

/* Bytes of the next frame, or how many the head is chosen by. */
static size_t next_size(const struct frames_writer *writer) {
	if (writer->head_len == 0) {
		return tried_size(writer);
	}
	return writer->sizes.len == 0 ? (size_t)writer->head_len : FRAMES_SIZE;
}

/* Writes what is pending as frames, but for a rest that is none yet. */
static void put_frames(struct frames_writer *writer) {
	struct str left = buf_str(&writer->pending);
	while (left.len >= next_size(writer)) {
		size_t size = next_size(writer);
		put_frame(writer, str_slice(left, 0, size));
		left = str_slice(left, size, left.len);
	}
	memmove(writer->pending.ptr, left.ptr, left.len);
	writer->pending.len = left.len;
}

void frames_writer_add(struct frames_writer *writer, struct str bytes) {
	while (bytes.len > 0) {
		size_t size = next_size(writer);
		size_t part = MIN_OF(bytes.len, size - writer->pending.len);
		buf_append(&writer->pending, bytes.ptr, part);
		bytes = str_slice(bytes, part, bytes.len);
		if (writer->pending.len == size) {
			if (writer->head_len == 0) {
				choose_head(writer);
			}
			put_frames(writer);
		}
	}
}

size_t frames_writer_size(struct frames_writer *writer) {
	if (writer->pending.len > 0) {
		put_frame(writer, buf_str(&writer->pending));
		writer->pending.len = 0;
	}
	return writer->frames.len + writer->sizes.len;
}

void frames_writer_put(struct frames_writer *writer, struct buf *out) {
	(void)frames_writer_size(writer); /* for what is pending */
	if (writer->len == 0) {
		return;
	}
	wire_put_varint(out, writer->head_len);
	buf_append_str(out, buf_str(&writer->sizes));
	buf_append_str(out, buf_str(&writer->frames));
}

/* ---- reading ---- */

struct frame {
	const char *stored;
	uint32_t stored_len;
	uint32_t used;     /* when it was last asked for */
	const char *bytes; /* decoded, or NULL */
	char *own;         /* the same, unless it is stored as it is */
};

struct frames {
	struct checked *checked;
	uint64_t len;
	size_t head_len;
	size_t count;
	uint32_t clock;
	size_t kept; /* decoded frames but for the head */
	struct buf scratch;
	struct frame frames[];
};

static size_t frame_len(const struct frames *frames, size_t i) {
	uint64_t first = i == 0 ? 0 : frames->head_len + (uint64_t)(i - 1) * FRAMES_SIZE;
	size_t size = i == 0 ? frames->head_len : FRAMES_SIZE;
	return (size_t)MIN_OF(frames->len - first, (uint64_t)size);
}

static enum err read_frames(struct wire *in, struct frames *frames) {
	for (size_t i = 0; i < frames->count; i++) {
		size_t len = frame_len(frames, i);
		frames->frames[i].stored_len = (uint32_t)wire_varint_max(in, len);
		if (in->bad || !compress_may_be(frames->frames[i].stored_len, len)) {
			return ERR_CORRUPT;
		}
	}
	for (size_t i = 0; i < frames->count; i++) {
		frames->frames[i].stored = wire_bytes(in, frames->frames[i].stored_len).ptr;
	}
	return in->bad ? ERR_CORRUPT : ERR_OK;
}

const char *frames_start(const struct frames *frames, const struct wire *in) {
	return frames->count > 0 ? frames->frames[0].stored : in->at;
}

enum err frames_open(struct wire *in, uint64_t len, struct checked *checked,
                     struct frames **out_frames) {
	uint64_t head_len = len == 0 ? 0 : wire_varint_max(in, FRAMES_HEAD_MAX);
	if (in->bad || head_len > len || (len > 0 && head_len == 0)) {
		return ERR_CORRUPT;
	}
	uint64_t count = len == 0 ? 0 : 1 + (len - head_len) / FRAMES_SIZE;
	count += len > 0 && (len - head_len) % FRAMES_SIZE > 0;
	if (count > wire_left(in)) { /* each takes a byte at least */
		return ERR_CORRUPT;
	}
	struct frames *frames = calloc(1, sizeof(*frames) + count * sizeof(struct frame));
	ASSERT(frames != NULL);
	frames->checked = checked;
	frames->len = len;
	frames->head_len = (size_t)head_len;
	frames->count = (size_t)count;
	enum err err = read_frames(in, frames);
	if (err != ERR_OK) {
		frames_free(frames);
		return err;
	}
	*out_frames = frames;
	return ERR_OK;
}

void frames_free(struct frames *frames) {
	if (frames != NULL) {
		for (size_t i = 0; i < frames->count; i++) {
			free(frames->frames[i].own);
		}
		buf_deinit(&frames->scratch);
		free(frames);
	}
}

/* Memory for a frame: new, or that of the one that was not used for longest. */
static char *make_room(struct frames *frames, size_t i) {
	char *bytes = NULL;
	if (i > 0 && frames->kept == FRAMES_KEPT) {
		struct frame *oldest = NULL;
		for (size_t k = 1; k < frames->count; k++) {
			struct frame *frame = &frames->frames[k];
			if (frame->own != NULL &&
			    (oldest == NULL || frames->clock - frame->used > frames->clock - oldest->used)) {
				oldest = frame;
			}
		}
		ASSERT(oldest != NULL);
		bytes = TAKE(oldest->own);
		oldest->bytes = NULL;
		frames->kept--;
	}
	if (bytes == NULL) {
		bytes = malloc(i == 0 ? frames->head_len : FRAMES_SIZE);
		ASSERT(bytes != NULL);
	}
	frames->kept += i > 0;
	return bytes;
}

static enum err decode(struct frames *frames, size_t i) {
	struct frame *frame = &frames->frames[i];
	frame->used = ++frames->clock;
	if (frame->bytes != NULL) {
		return ERR_OK;
	}
	struct str prefix = STR("");
	size_t len = frame_len(frames, i);
	struct str stored = str_make(frame->stored, frame->stored_len);
	if (i > 0 && stored.len < len) {
		TRY(decode(frames, 0));
		prefix = str_make(frames->frames[0].bytes, frames->head_len);
	}
	TRY(checked_hold(frames->checked, stored));
	if (stored.len == len) {
		frame->bytes = stored.ptr;
		return ERR_OK;
	}
	char *bytes = make_room(frames, i);
	if (compress_decode_behind(stored, prefix, bytes, len) != ERR_OK) {
		frames->kept -= i > 0;
		free(bytes);
		return ERR_CORRUPT;
	}
	frame->bytes = frame->own = bytes;
	return ERR_OK;
}

size_t frames_rest(const struct frames *frames, uint64_t at) {
	ASSERT(at < frames->len);
	if (at < frames->head_len) {
		return (size_t)(frames->head_len - at);
	}
	size_t i = 1 + (size_t)((at - frames->head_len) / FRAMES_SIZE);
	return frame_len(frames, i) - (size_t)((at - frames->head_len) % FRAMES_SIZE);
}

enum err frames_view(struct frames *frames, uint64_t at, size_t len, struct str *out) {
	if (at > frames->len || len > frames->len - at) {
		return ERR_CORRUPT;
	}
	frames->scratch.len = 0;
	for (size_t left = len; left > 0;) {
		bool head = at < frames->head_len;
		size_t i = head ? 0 : 1 + (size_t)((at - frames->head_len) / FRAMES_SIZE);
		size_t from = head ? (size_t)at : (size_t)((at - frames->head_len) % FRAMES_SIZE);
		size_t part = MIN_OF(left, frame_len(frames, i) - from);
		TRY(decode(frames, i));
		if (part == len) {
			*out = str_make(frames->frames[i].bytes + from, len);
			return ERR_OK;
		}
		buf_append(&frames->scratch, frames->frames[i].bytes + from, part);
		at += part;
		left -= part;
	}
	*out = len == 0 ? STR("") : buf_str(&frames->scratch);
	return ERR_OK;
}
