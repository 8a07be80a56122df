/* Frames of a run, written as the bytes come, read one by one. */
#include "codec/frames.h"

#include <stdlib.h>

/* Runs up to this are one frame: decoding that takes a quarter of a millisecond. */
enum { HEAD_ALONE_MAX = 256 << 10 };
/* From here on a head of FRAMES_HEAD_MAX pays: it must be decoded before any other frame. */
enum { HEAD_PAYS = 4 << 20 };

/* ---- writing ---- */

void frames_writer_init(struct frames_writer *writer, uint64_t len, int level) {
	*writer = (struct frames_writer){.level = level, .len = len};
	writer->behind_head = len >= HEAD_PAYS;
	writer->head_len = writer->behind_head     ? FRAMES_HEAD_MAX
	                   : len <= HEAD_ALONE_MAX ? len
	                                           : FRAMES_SIZE;
}

void frames_writer_deinit(struct frames_writer *writer) {
	buf_deinit(&writer->pending);
	buf_deinit(&writer->sizes);
	buf_deinit(&writer->frames);
	compress_prefix_free(writer->prefix);
	*writer = (struct frames_writer){0};
}

/* Writes what is pending as a frame. */
static void put_frame(struct frames_writer *writer) {
	struct str bytes = buf_str(&writer->pending);
	size_t start = writer->frames.len;
	bool first = writer->sizes.len == 0;
	bool smaller = writer->prefix != NULL
	                   ? compress_append_behind(&writer->frames, bytes, writer->prefix)
	                   : compress_append(&writer->frames, bytes, writer->level);
	if (!smaller) {
		buf_append_str(&writer->frames, bytes);
	}
	wire_put_varint(&writer->sizes, writer->frames.len - start);
	if (first && writer->behind_head) {
		writer->prefix = compress_prefix_new(bytes, writer->level);
	}
	writer->pending.len = 0;
}

void frames_writer_add(struct frames_writer *writer, struct str bytes) {
	while (bytes.len > 0) {
		size_t size = writer->sizes.len == 0 ? (size_t)writer->head_len : FRAMES_SIZE;
		size_t part = MIN_OF(bytes.len, size - writer->pending.len);
		buf_append(&writer->pending, bytes.ptr, part);
		bytes = str_slice(bytes, part, bytes.len);
		if (writer->pending.len == size) {
			put_frame(writer);
		}
	}
}

size_t frames_writer_size(struct frames_writer *writer) {
	if (writer->pending.len > 0) {
		put_frame(writer);
	}
	return writer->frames.len + writer->sizes.len;
}

void frames_writer_put(struct frames_writer *writer, struct buf *out) {
	(void)frames_writer_size(writer); /* for what is pending */
	if (writer->len == 0) {
		return;
	}
	wire_put_varint(out, writer->head_len << 1 | writer->behind_head);
	buf_append_str(out, buf_str(&writer->sizes));
	buf_append_str(out, buf_str(&writer->frames));
}

/* ---- reading ---- */

struct frame {
	const char *stored;
	uint32_t stored_len;
	uint32_t used; /* when it was last asked for */
	char *bytes;   /* decoded, owned; or NULL */
};

struct frames {
	uint64_t len;
	size_t head_len;
	bool behind_head;
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

enum err frames_open(struct wire *in, uint64_t len, struct frames **out_frames) {
	uint64_t head = len == 0 ? 0 : wire_varint_max(in, 2 * FRAMES_HEAD_MAX + 1);
	uint64_t head_len = head >> 1;
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
	frames->len = len;
	frames->head_len = (size_t)head_len;
	frames->behind_head = (head & 1) != 0;
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
			free(frames->frames[i].bytes);
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
			if (frame->bytes != NULL &&
			    (oldest == NULL || frames->clock - frame->used > frames->clock - oldest->used)) {
				oldest = frame;
			}
		}
		ASSERT(oldest != NULL);
		bytes = TAKE(oldest->bytes);
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
	if (i > 0 && frames->behind_head && stored.len < len) {
		TRY(decode(frames, 0));
		prefix = str_make(frames->frames[0].bytes, frames->head_len);
	}
	char *bytes = make_room(frames, i);
	if (stored.len == len) {
		memcpy(bytes, stored.ptr, len);
	} else if (compress_decode_behind(stored, prefix, bytes, len) != ERR_OK) {
		frames->kept -= i > 0;
		free(bytes);
		return ERR_CORRUPT;
	}
	frame->bytes = bytes;
	return ERR_OK;
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
