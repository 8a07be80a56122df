/* Reading the log after a stop. A file is read frame by frame; where the bytes are no frame, the
 * next valid one is looked for, so that damage in the middle hides nothing behind it. Whether a bad
 * stretch is the torn end of an unfinished write or the loss of something acknowledged is decided
 * by the numbers of the frames: what is missing below the highest number was durable once.
 */
#include "base/endian.h"
#include "base/hash.h"
#include "store/facts.h"
#include "store/log_layout.h"
#include "store/path.h"

static void *grow(void *ptr, size_t count, size_t size) {
	if ((count & (count - 1)) != 0) {
		return ptr; /* grows at powers of two */
	}
	void *bigger = reallocarray(ptr, count == 0 ? 1 : count * 2, size);
	ASSERT(bigger != NULL);
	return bigger;
}

static void add_damage(struct log_found *found, const struct log_damage *damage) {
	found->damages = grow(found->damages, found->damages_count, sizeof(*found->damages));
	found->damages[found->damages_count++] = *damage;
}

static bool all_zero(const char *bytes, size_t len) {
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != 0) {
			return false;
		}
	}
	return true;
}

static bool header_valid(struct str bytes, const uint8_t file_uuid[16],
                         const uint8_t store_uuid[16]) {
	return bytes.len >= LOG_HEADER_SIZE && memcmp(bytes.ptr, LOG_MAGIC, 8) == 0 &&
	       memcmp(bytes.ptr + LOG_AT_FILE, file_uuid, 16) == 0 &&
	       memcmp(bytes.ptr + LOG_AT_STORE, store_uuid, 16) == 0 &&
	       all_zero(bytes.ptr + LOG_AT_ZERO, LOG_AT_CRC - LOG_AT_ZERO) &&
	       le32_load(bytes.ptr + LOG_AT_CRC) == crc32c(0, bytes.ptr, LOG_AT_CRC);
}

/* The lengths of a group's payloads fill what is behind them. */
static bool group_valid(struct str payload, uint64_t count) {
	if (count > payload.len / 8) {
		return false;
	}
	uint64_t left = payload.len - count * 8;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t len = le64_load(payload.ptr + i * 8);
		if (len > left) {
			return false;
		}
		left -= len;
	}
	return left == 0;
}

/* A whole valid frame at offset: its length with padding, or 0. out->payload is that of all its
 * batches. */
static uint64_t frame_at(struct str bytes, uint64_t offset, const uint8_t file_uuid[16],
                         struct log_frame *out, uint64_t *out_count) {
	uint64_t left = bytes.len - offset;
	const char *at = bytes.ptr + offset;
	if (left < LOG_FRAME_HEADER_SIZE || memcmp(at, FRAME_MAGIC, 4) != 0 ||
	    memcmp(at + FRAME_AT_FILE, file_uuid, 16) != 0 ||
	    le32_load(at + FRAME_AT_CRC) !=
	        crc32c(0, at + FRAME_AT_FILE, LOG_FRAME_HEADER_SIZE - FRAME_AT_FILE)) {
		return 0;
	}
	uint64_t len = le64_load(at + FRAME_AT_LENGTH);
	left -= LOG_FRAME_HEADER_SIZE;
	if (len > left || log_padding(len) > left - len) {
		return 0;
	}
	const char *payload = at + LOG_FRAME_HEADER_SIZE;
	if (le32_load(at + FRAME_AT_PAYLOAD_CRC) != crc32c(0, payload, len) ||
	    !all_zero(payload + len, log_padding(len))) {
		return 0;
	}
	uint64_t count = (uint64_t)le32_load(at + FRAME_AT_MORE) + 1;
	if (count > 1 && !group_valid(str_make(payload, len), count)) {
		return 0;
	}
	*out_count = count;
	*out = (struct log_frame){.number = le64_load(at + FRAME_AT_NUMBER),
	                          .offset = offset,
	                          .payload = str_make(payload, len)};
	return LOG_FRAME_HEADER_SIZE + len + log_padding(len);
}

static void add_frame(struct log_found *found, const struct log_frame *frame) {
	found->frames = grow(found->frames, found->frames_count, sizeof(*found->frames));
	found->frames[found->frames_count++] = *frame;
}

/* Up to which frame segments must be for a file to go. One that is damaged or torn stays until the
 * log is emptied, which is when what was set aside of it has its record. */
static void note_last_frames(struct log_found *found) {
	for (size_t i = 0; i < found->frames_count; i++) {
		struct log_file *file = &found->files[found->frames[i].file];
		file->last_frame = MAX_OF(file->last_frame, found->frames[i].number);
	}
}

static void keep_damaged(struct log_found *found) {
	for (size_t i = 0; i < found->damages_count; i++) {
		found->files[found->damages[i].file].last_frame = UINT64_MAX;
	}
}

/* One entry for each batch of the frame. */
static void add_batches(struct log_found *found, const struct log_frame *frame, uint64_t count) {
	struct log_frame one = *frame;
	size_t at = (size_t)count * 8;
	if (count == 1) {
		add_frame(found, frame);
		return;
	}
	for (uint64_t i = 0; i < count; i++) {
		size_t len = (size_t)le64_load(frame->payload.ptr + i * 8);
		one.payload = str_make(frame->payload.ptr + at, len);
		add_frame(found, &one);
		one.number++;
		at += len;
	}
}

void log_read_bytes(struct log_found *found, uint32_t file, struct str bytes,
                    const uint8_t file_uuid[16], const uint8_t store_uuid[16]) {
	bool headed = header_valid(bytes, file_uuid, store_uuid);
	uint64_t bad_from = headed ? UINT64_MAX : 0;
	for (uint64_t offset = LOG_HEADER_SIZE; offset < bytes.len;) {
		struct log_frame frame;
		uint64_t count;
		uint64_t size = frame_at(bytes, offset, file_uuid, &frame, &count);
		if (size == 0) {
			bad_from = MIN_OF(bad_from, offset);
			offset += 8;
			continue;
		}
		if (bad_from != UINT64_MAX) {
			add_damage(found, &(struct log_damage){file, bad_from, offset - bad_from, false});
			bad_from = UINT64_MAX;
		}
		frame.file = file;
		add_batches(found, &frame, count);
		offset += size;
	}
	if (bad_from != UINT64_MAX) {
		add_damage(found, &(struct log_damage){file, bad_from, bytes.len - bad_from, true});
	}
}

static int by_number(const void *a, const void *b) {
	const struct log_frame *x = a;
	const struct log_frame *y = b;
	if (x->number != y->number) {
		return x->number < y->number ? -1 : 1;
	}
	return x->file < y->file ? -1 : x->file > y->file;
}

void log_judge(struct log_found *found, uint64_t taken_over) {
	if (found->frames_count > 0) {
		qsort(found->frames, found->frames_count, sizeof(*found->frames), by_number);
	}
	size_t kept = 0;
	found->last_frame = taken_over;
	found->missing_frames = 0;
	for (size_t i = 0; i < found->frames_count; i++) {
		uint64_t number = found->frames[i].number;
		if (number <= found->last_frame) {
			continue; /* taken over, or written again after a failed sync */
		}
		found->missing_frames += number - found->last_frame - 1;
		found->last_frame = number;
		found->frames[kept++] = found->frames[i];
	}
	found->frames_count = kept;
	for (size_t i = 0; i < found->damages_count; i++) {
		found->damages[i].torn = found->damages[i].torn && found->missing_frames == 0;
	}
}

struct listing {
	struct log_found *found;
	const char *folder;
};

static enum err add_file(void *ctx, struct str name, enum os_file_kind kind) {
	struct listing *listing = ctx;
	struct log_found *found = listing->found;
	if (kind != OS_FILE_REGULAR || !str_ends(name, STR(".wal")) || name.len >= LOG_NAME_MAX) {
		return ERR_OK;
	}
	found->files = grow(found->files, found->files_count, sizeof(*found->files));
	struct log_file *file = &found->files[found->files_count++];
	*file = (struct log_file){.folder = listing->folder};
	memcpy(file->name, name.ptr, name.len);
	return ERR_OK;
}

static enum err map_file(const struct os *os, struct log_file *file) {
	struct store_path path;
	struct os_stat stat;
	int fd;
	TRY(os->open(os->ctx, path_in(&path, file->folder, file->name), OS_READ, &fd));
	enum err err = os->fstat(os->ctx, fd, &stat);
	if (err == ERR_OK && stat.size > 0) {
		err = os->map(os->ctx, fd, stat.size, &file->bytes);
		file->size = err == ERR_OK ? stat.size : 0;
	}
	(void)os->close(os->ctx, fd); /* nothing was written */
	return err;
}

static enum err list_folders(struct log_found *found, struct log_folders folders) {
	for (size_t i = 0; i < folders.count; i++) {
		struct listing listing = {.found = found, .folder = folders.paths[i]};
		enum err err = found->os->list(found->os->ctx, listing.folder, add_file, &listing);
		if (err != ERR_OK && (i == 0 || err != ERR_NOT_FOUND)) {
			return err;
		}
	}
	return ERR_OK;
}

enum err log_find(const struct os *os, struct log_folders folders, const uint8_t store_uuid[16],
                  uint64_t taken_over, struct log_found *out_found, struct diag *diag) {
	struct log_found found = {.os = os};
	enum err err = list_folders(&found, folders);
	for (uint32_t i = 0; err == ERR_OK && i < found.files_count; i++) {
		err = map_file(os, &found.files[i]);
		uint8_t uuid[UUID_SIZE] = {0};
		(void)uuid_parse(str_make(found.files[i].name, UUID_TEXT_SIZE),
		                 uuid); /* else no frame fits */
		if (err == ERR_OK) {
			log_read_bytes(&found, i, str_make(found.files[i].bytes, found.files[i].size), uuid,
			               store_uuid);
		}
	}
	if (err != ERR_OK) {
		log_found_deinit(&found);
		return diag_set(diag, err, "the log in '%s' cannot be read: %s", folders.paths[0],
		                err_text(err));
	}
	note_last_frames(&found);
	log_judge(&found, taken_over);
	keep_damaged(&found);
	*out_found = found;
	return ERR_OK;
}

void log_found_deinit(struct log_found *found) {
	for (size_t i = 0; i < found->files_count; i++) {
		if (found->files[i].bytes != NULL) {
			found->os->unmap(found->os->ctx, found->files[i].bytes, found->files[i].size);
		}
	}
	free(found->files);
	free(found->frames);
	free(found->damages);
	*found = (struct log_found){0};
}
