/* Writing the log. One group of frames is one write and one fdatasync; a new file's folder entry
 * is synced before its first group counts.
 */
#include "store/log.h"

#include "base/endian.h"
#include "base/hash.h"
#include "store/facts.h"
#include "store/log_layout.h"
#include "store/path.h"

void log_writer_init(struct log_writer *log, const struct os *os, const char *folder,
                     const uint8_t store_uuid[16], uint64_t next_frame) {
	*log = (struct log_writer){.os = os, .folder = folder, .fd = -1, .next_frame = next_frame};
	memcpy(log->store_uuid, store_uuid, sizeof(log->store_uuid));
}

static struct log_kept *kept_files(const struct log_writer *log, size_t *out_count) {
	*out_count = log->files.len / sizeof(struct log_kept);
	return (struct log_kept *)(void *)log->files.ptr;
}

uint64_t log_size(const struct log_writer *log) {
	size_t count;
	const struct log_kept *files = kept_files(log, &count);
	uint64_t size = 0;
	for (size_t i = 0; i < count; i++) {
		size += files[i].size;
	}
	return size;
}

void log_adopt(struct log_writer *log, const struct log_found *found) {
	for (size_t i = 0; i < found->files_count; i++) {
		const struct log_file *file = &found->files[i];
		if (strcmp(file->folder, log->folder) != 0) {
			continue; /* of a tree before: emptied whole, when its frames are kept */
		}
		struct log_kept kept = {.size = file->size, .last_frame = file->last_frame};
		memcpy(kept.name, file->name, sizeof(kept.name));
		buf_append(&log->files, &kept, sizeof(kept));
	}
}

static void give_up_file(struct log_writer *log) {
	if (log->fd >= 0) {
		(void)log->os->close(log->os->ctx, log->fd); /* synced already, or never trusted again */
	}
	log->fd = -1;
	log->size = 0;
}

void log_writer_deinit(struct log_writer *log) {
	give_up_file(log);
	buf_deinit(&log->files);
	buf_deinit(&log->pending);
}

void log_end_file(struct log_writer *log) {
	give_up_file(log);
}

static void put_header(struct log_writer *log) {
	uint8_t header[LOG_HEADER_SIZE] = {0};
	memcpy(header + LOG_AT_MAGIC, LOG_MAGIC, 8);
	memcpy(header + LOG_AT_FILE, log->file_uuid, 16);
	memcpy(header + LOG_AT_STORE, log->store_uuid, 16);
	le64_store(header + LOG_AT_FIRST, log->next_frame);
	le32_store(header + LOG_AT_CRC, crc32c(0, header, LOG_AT_CRC));
	buf_append(&log->pending, header, sizeof(header));
}

/* A group is one frame, so that a torn write leaves all of it or nothing: payloads of several
 * batches stand behind a table of their lengths. */
static void put_frame(struct log_writer *log, uint64_t number, const struct str *payloads,
                      size_t count) {
	struct buf *pending = &log->pending;
	size_t start = pending->len;
	size_t len;
	uint8_t header[LOG_FRAME_HEADER_SIZE] = {0};
	buf_append(pending, header, sizeof(header)); /* filled below */
	for (size_t i = 0; i < count && count > 1; i++) {
		uint8_t length[8];
		le64_store(length, payloads[i].len);
		buf_append(pending, length, sizeof(length));
	}
	for (size_t i = 0; i < count; i++) {
		buf_append_str(pending, payloads[i]);
	}
	const char *payload = pending->ptr + start + sizeof(header);
	len = pending->len - start - sizeof(header);
	memcpy(header + FRAME_AT_MAGIC, FRAME_MAGIC, 4);
	memcpy(header + FRAME_AT_FILE, log->file_uuid, 16);
	le64_store(header + FRAME_AT_NUMBER, number);
	le64_store(header + FRAME_AT_LENGTH, len);
	le32_store(header + FRAME_AT_PAYLOAD_CRC, crc32c(0, payload, len));
	le32_store(header + FRAME_AT_MORE, (uint32_t)(count - 1));
	le32_store(header + FRAME_AT_CRC,
	           crc32c(0, header + FRAME_AT_FILE, sizeof(header) - FRAME_AT_FILE));
	memcpy(pending->ptr + start, header, sizeof(header));
	buf_append(pending, "\0\0\0\0\0\0\0", (size_t)log_padding(len));
}

static enum err new_file(struct log_writer *log) {
	struct log_kept kept = {.last_frame = log->next_frame};
	struct store_path path;
	TRY(uuid_new(log->os, log->file_uuid));
	uuid_format(log->file_uuid, kept.name);
	(void)snprintf(kept.name + UUID_TEXT_SIZE, sizeof(kept.name) - UUID_TEXT_SIZE, ".wal");
	TRY(log->os->open(log->os->ctx, path_in(&path, log->folder, kept.name),
	                  OS_WRITE | OS_CREATE | OS_EXCLUSIVE, &log->fd));
	buf_append(&log->files, &kept, sizeof(kept));
	return ERR_OK;
}

/* Before the write, which may fail and leave all of it. */
static void count_group(struct log_writer *log, size_t frames) {
	size_t count;
	struct log_kept *file = &kept_files(log, &count)[count - 1];
	file->size = log->size + log->pending.len;
	file->last_frame = log->next_frame + frames - 1;
}

/* Bytes of a group, with the header of a new file. */
static uint64_t group_size(const struct str *payloads, size_t count) {
	uint64_t size = count > 1 ? count * 8 : 0;
	for (size_t i = 0; i < count; i++) {
		size += payloads[i].len;
	}
	return LOG_HEADER_SIZE + LOG_FRAME_HEADER_SIZE + size + log_padding(size);
}

static bool has_room(const struct log_writer *log, const struct str *payloads, size_t count) {
	return log->bytes_max == 0 || log_size(log) + group_size(payloads, count) <= log->bytes_max;
}

static enum err write_group(struct log_writer *log, const struct str *payloads, size_t count) {
	const struct os *os = log->os;
	bool fresh = log->fd < 0;
	if (fresh) {
		TRY(new_file(log));
	}
	buf_clear(&log->pending);
	if (fresh) {
		put_header(log);
	}
	put_frame(log, log->next_frame, payloads, count);
	count_group(log, count);
	TRY(os->pwrite(os->ctx, log->fd, log->pending.ptr, log->pending.len, log->size));
	TRY(os->sync_data(os->ctx, log->fd));
	if (fresh) {
		TRY(os->sync_folder(os->ctx, log->folder));
	}
	log->size += log->pending.len;
	return ERR_OK;
}

enum err log_write(struct log_writer *log, const struct str *payloads, size_t count,
                   uint64_t *out_first, struct diag *diag) {
	bool was_open = log->fd >= 0;
	if (!has_room(log, payloads, count)) {
		return diag_set(diag, ERR_LIMIT, "the write-ahead log in '%s' would grow beyond %llu bytes",
		                log->folder, (unsigned long long)log->bytes_max);
	}
	enum err err = write_group(log, payloads, count);
	if (err != ERR_OK) {
		give_up_file(log);
		if (was_open &&
		    has_room(log, payloads,
		             count)) { /* the file failed, perhaps not the disk: once more in a new one */
			err = write_group(log, payloads, count);
		}
	}
	if (err != ERR_OK) {
		give_up_file(log);
		return diag_set(diag, err, "the write-ahead log in '%s' cannot be written: %s", log->folder,
		                err_text(err));
	}
	*out_first = log->next_frame;
	log->next_frame += count;
	return ERR_OK;
}

/* Names end in NUL. */
static enum err collect_name(void *ctx, struct str name, enum os_file_kind kind) {
	struct buf *names = ctx;
	if (kind == OS_FILE_REGULAR && str_ends(name, STR(".wal"))) {
		buf_append_str(names, name);
		buf_append_char(names, '\0');
	}
	return ERR_OK;
}

static enum err remove_files(struct log_writer *log, struct buf *names) {
	const struct os *os = log->os;
	TRY(os->list(os->ctx, log->folder, collect_name, names));
	for (size_t at = 0; at < names->len; at += strlen(names->ptr + at) + 1) {
		struct store_path path;
		TRY(os->unlink(os->ctx, path_in(&path, log->folder, names->ptr + at)));
	}
	buf_clear(&log->files);
	if (names->len == 0 && !log->unsynced) {
		return ERR_OK;
	}
	/* So that "the log is empty" still holds after a power cut. */
	TRY(os->sync_folder(os->ctx, log->folder));
	log->unsynced = false;
	return ERR_OK;
}

enum err log_remove_until(struct log_writer *log, uint64_t frame, struct diag *diag) {
	const struct os *os = log->os;
	size_t count;
	size_t left = 0;
	struct log_kept *files = kept_files(log, &count);
	enum err err = ERR_OK;
	if (count > 0 && log->fd >= 0 && files[count - 1].last_frame <= frame) {
		give_up_file(log);
	}
	for (size_t i = 0; i < count; i++) {
		struct store_path path;
		if (files[i].last_frame <= frame && err == ERR_OK) {
			err = os->unlink(os->ctx, path_in(&path, log->folder, files[i].name));
			log->unsynced = true;
		}
		if (files[i].last_frame > frame || err != ERR_OK) {
			files[left++] = files[i];
		}
	}
	log->files.len = left * sizeof(*files);
	return err == ERR_OK ? ERR_OK
	                     : diag_set(diag, err, "the log in '%s' cannot be shortened: %s",
	                                log->folder, err_text(err));
}

enum err log_clear(struct log_writer *log, struct diag *diag) {
	struct buf names CLEANUP(buf_deinit) = {0};
	give_up_file(log);
	enum err err = remove_files(log, &names);
	return err == ERR_OK ? ERR_OK
	                     : diag_set(diag, err, "the log in '%s' cannot be emptied: %s", log->folder,
	                                err_text(err));
}
