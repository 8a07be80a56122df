/* See file.h. Files of lines are read, never mapped: a file that shrinks while it is mapped kills
 * the reader. Containers are read into memory up to HOLD_MAX for the same reason, and mapped above.
 */
#include "ingest/file.h"

#include "ingest/content.h"
#include "ingest/journal.h"
#include "ingest/utmp.h"

#define HOLD_MAX ((uint64_t)64 << 20)

struct disk_file { /* content.path ends in NUL */
	struct reading *reading;
	struct content content;
	struct pull_file from;
	struct sampler sampler;
	struct buf head;
	int fd;
};

/* First pass: hash (or not), size and sample. A read error leaves hash and size unknown: the second
 * pass meets it again, and takes everything before it. */
static enum err survey(struct disk_file *file, bool hashed, char *block) {
	struct content *content = &file->content;
	struct sha256 sha;
	sha256_init(&sha);
	content->size = 0;
	while (hashed || !sampler_full(&file->sampler)) {
		size_t got;
		struct diag diag = {0};
		enum err err = pull_read(&content->pull, block, PULL_BLOCK, &got, &diag);
		if (err != ERR_OK || got == 0) {
			content->size_known = err == ERR_OK;
			content->hash_known = content->size_known && hashed;
			break;
		}
		struct str bytes = str_make(block, got);
		if (hashed) {
			sha256_update(&sha, bytes.ptr, bytes.len);
		}
		sampler_push(&file->sampler, bytes);
		content->size += got;
		TRY(reading_progress(file->reading, 0));
	}
	if (!hashed && sampler_full(&file->sampler)) { /* the rest tells nothing more */
		content->size_known = true;
		content->size = file->from.end;
	}
	sha256_digest(&sha, content->hash);
	return ERR_OK;
}

/* Reads the whole container into memory; what cannot be read is reported. */
static enum err take_in_memory(struct disk_file *file) {
	struct buf bytes = {0};
	struct diag diag = {0};
	size_t got;
	char *at = buf_reserve(&bytes, (size_t)file->content.size);
	enum err err = pull_fill(&file->content.pull, at, (size_t)file->content.size, &got, &diag);
	bytes.len = got;
	if (err != ERR_OK) {
		reading_problem(file->reading, file->content.path, got, err, "%s", diag.message);
	} else if (got < file->content.size) {
		reading_problem(file->reading, file->content.path, got, ERR_IO,
		                "has become shorter while it was read");
	}
	file->reading->bytes_held += bytes.len;
	err = content_take_object(file->reading, &file->content, buf_str(&bytes));
	file->reading->bytes_held -= bytes.len;
	buf_deinit(&bytes);
	return err;
}

static enum err take_mapped(struct disk_file *file) {
	struct reading *reading = file->reading;
	const struct os *os = reading->os;
	size_t size = (size_t)file->content.size;
	const char *bytes;
	enum err err = os->map(os->ctx, file->fd, size, &bytes);
	if (err != ERR_OK) {
		reading_problem(reading, file->content.path, UINT64_MAX, err, "cannot be mapped: %s",
		                err_text(err));
		return ERR_OK;
	}
	err = content_take_object(reading, &file->content, str_make(bytes, size));
	os->unmap(os->ctx, bytes, size);
	return err;
}

static enum err take_carrier(struct disk_file *file, enum carrier carrier) {
	struct content *content = &file->content;
	if (carrier == CARRIER_LINES) {
		content->sample = buf_str(&file->sampler.sample);
		TRY(content_take_lines(file->reading, content));
		return ERR_OK;
	}
	if (content->size > LIMIT_CONTAINER_SIZE) {
		return content_take_large(file->reading, content, carrier, buf_str(&file->head));
	}
	TRY(reading_progress(file->reading, content->size));
	return content->size > HOLD_MAX && content->hash_known ? take_mapped(file)
	                                                       : take_in_memory(file);
}

/* The files of one folder are one journal: it is read once, with all of them together. */
static enum err take_journal(struct disk_file *file, const char machine[JOURNAL_MACHINE]) {
	struct reading *reading = file->reading;
	struct str path = file->content.path;
	char folder[LIMIT_PATH] = ".";
	size_t len = path.len;
	while (len > 0 && path.ptr[len - 1] != '/') {
		len--;
	}
	if (len >= sizeof(folder)) {
		reading_problem(reading, path, UINT64_MAX, ERR_LIMIT, "has too long a path");
		return ERR_OK;
	}
	if (len > 0) {
		memcpy(folder, path.ptr, len);
		folder[len] = '\0';
	}
	bool first;
	if (reading->journals == NULL) {
		reading->journals = map_new();
	}
	(void)map_put(reading->journals, str_from(folder), 0, &first);
	if (!first) {
		return ERR_OK;
	}
	enum err err = journal_take(reading, folder, str_make(machine, JOURNAL_MACHINE));
	return err == ERR_UNSUPPORTED ? ERR_OK : err; /* it was opened a moment ago */
}

static void read_head(struct disk_file *file) {
	struct diag diag = {0};
	/* A failure is met again by the first pass. */
	(void)pull_fill(&file->content.pull, buf_reserve(&file->head, RECOGNISE_SIZE), RECOGNISE_SIZE,
	                &file->head.len, &diag);
	(void)pull_rewind(&file->content.pull); /* a file always can */
}

/* The first pass. Most files of lines are new, and their size says so: then they are not hashed
 * twice. size: of the file as it was opened. */
static enum err look_through(struct disk_file *file, enum carrier carrier, uint64_t size) {
	bool hashed = carrier != CARRIER_LINES || size == 0 || reading_size_known(file->reading, size);
	char *block = malloc(PULL_BLOCK);
	ASSERT(block != NULL);
	file->from.end = hashed ? UINT64_MAX : size;
	enum err err = survey(file, hashed, block);
	if (err == ERR_OK && !hashed && file->content.size_known && file->content.size < size) {
		sampler_deinit(&file->sampler); /* it has become shorter: another file, perhaps known */
		(void)pull_rewind(&file->content.pull); /* a file always can */
		err = survey(file, true, block);
	}
	free(block);
	return err;
}

/* The beginning of a lastlog may be empty; its end never is. */
static bool is_sparse_lastlog(struct disk_file *file, uint64_t size) {
	const struct os *os = file->reading->os;
	char last[LASTLOG_SIZE];
	size_t got = 0;
	struct str head = buf_str(&file->head);
	return head.len > 0 && head.ptr[0] == 0 && size >= sizeof(last) &&
	       os->pread(os->ctx, file->fd, last, sizeof(last), size - sizeof(last), &got) == ERR_OK &&
	       lastlog_recognise_end(head, str_make(last, got), size);
}

static enum err take_open(struct disk_file *file, uint64_t size) {
	char machine[JOURNAL_MACHINE];
	read_head(file);
	if (journal_recognise(buf_str(&file->head), machine) && journal_opens(file->content.path.ptr)) {
		return take_journal(file, machine);
	}
	enum carrier carrier = carrier_recognise(file->reading->options, buf_str(&file->head));
	if (carrier == CARRIER_LINES && is_sparse_lastlog(file, size)) {
		carrier = CARRIER_LASTLOG;
	}
	if (carrier == CARRIER_LASTLOG && size > LIMIT_CONTAINER_SIZE) {
		return content_take_large(file->reading, &file->content, carrier, buf_str(&file->head));
	}
	enum err err = look_through(file, carrier, size);
	if (err == ERR_OK) {
		/* The second pass reads what the first one saw, no more. */
		file->from.end = file->content.size_known ? file->content.size : UINT64_MAX;
		(void)pull_rewind(&file->content.pull); /* a file always can */
		err = take_carrier(file, carrier);
	}
	return err;
}

enum err file_take(struct reading *reading, const char *path) {
	const struct os *os = reading->os;
	struct disk_file file = {.reading = reading};
	struct str shown = str_from(path);
	struct os_stat st;
	reading->file_failed = false;
	/* Non-blocking: between the look at its kind and now it may have become a FIFO. */
	enum err err = os->open(os->ctx, path, OS_READ | OS_NON_BLOCKING, &file.fd);
	if (err != ERR_OK) {
		reading_problem(reading, shown, UINT64_MAX, err, "cannot be opened: %s", err_text(err));
		reading->totals->files_failed++;
		return ERR_OK;
	}
	err = os->fstat(os->ctx, file.fd, &st);
	if (err != ERR_OK || st.kind != OS_FILE_REGULAR) {
		reading_problem(reading, shown, UINT64_MAX, err != ERR_OK ? err : ERR_UNSUPPORTED,
		                "is not a regular file");
		err = ERR_OK;
	} else {
		file.content = (struct content){.path = shown,
		                                .modified_ns = st.modified_ns,
		                                .pull = pull_file(&file.from, os, file.fd, UINT64_MAX)};
		err = take_open(&file, st.size);
	}
	reading->totals->files++;
	reading->totals->files_failed += reading->file_failed;
	(void)os->close(os->ctx, file.fd); /* read only */
	sampler_deinit(&file.sampler);
	buf_deinit(&file.head);
	return err;
}
