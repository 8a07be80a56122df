/* See content.h.
 */
#include "ingest/content.h"

#include "ingest/containers.h"
#include "ingest/lines.h"
#include "ingest/unpack.h"
#include "ingest/utmp.h"

struct sink_file content_about(const struct reading *reading, const struct content *content,
                               bool is_object) {
	struct str source = reading->options->source;
	struct sink_file file = {
	    .path = content->path,
	    .source = source.len > 0 ? source : content->path,
	    .modified_ns = content->modified_ns,
	    .is_object = is_object,
	    .hash_known = content->hash_known,
	    .size = content->size,
	};
	memcpy(file.hash, content->hash, sizeof(file.hash));
	return file;
}

/* Reads to the end, cutting lines. A failing read is reported; what came before it counts. */
static enum err push_all(struct lines *lines, const struct content *content, char *block) {
	struct reading *reading = lines->reading;
	for (;;) {
		size_t got;
		struct diag diag = {0};
		enum err err = pull_read(&content->pull, block, PULL_BLOCK, &got, &diag);
		if (err != ERR_OK) {
			reading_problem(reading, content->path, lines->file->position + lines->partial.len, err,
			                "%s", diag.message);
			return ERR_OK;
		}
		if (got == 0) {
			return ERR_OK;
		}
		TRY(lines_push(lines, str_make(block, got)));
		TRY(reading_progress(reading, got));
	}
}

/* Lines that were taken before, as far as they may be of a header. */
struct skipped {
	struct reading *reading;
	struct reading_file *file;
	struct buf partial; /* the beginning of a line that may be */
	bool inside;        /* in a line that cannot be, or is too long */
	uint64_t lines;
};

static void note_skipped(struct skipped *skipped, struct str bytes) {
	if (skipped->lines == 0 && !skipped->inside && skipped->partial.len == 0) {
		reading_begin_lines(skipped->reading, skipped->file, bytes);
	}
	size_t at = 0;
	while (at < bytes.len) {
		size_t end = str_find_char(bytes, '\n', at);
		char first = bytes.ptr[at];
		bool wanted = skipped->lines <= 1 || skipped->partial.len > 0 || first == '#';
		if (!skipped->inside && wanted &&
		    skipped->partial.len + end - at <= 2 * LIMIT_HEADER_SIZE) {
			buf_append_str(&skipped->partial, str_slice(bytes, at, end));
		} else {
			buf_clear(&skipped->partial);
		}
		skipped->inside = end == bytes.len && skipped->partial.len == 0;
		if (end < bytes.len) {
			skipped->lines++;
			reading_note(skipped->reading, skipped->file, buf_str(&skipped->partial),
			             skipped->lines);
			buf_clear(&skipped->partial);
		}
		at = end + 1;
	}
}

/* Reads what was taken before and compares; *out_same false: another file, or it has shrunk. */
static void skip_known(struct reading *reading, struct reading_file *file,
                       const struct content *content, const struct sink_resume *resume, char *block,
                       bool *out_same) {
	uint8_t hash[SHA256_SIZE];
	uint64_t left = resume->position;
	struct skipped skipped = {.reading = reading, .file = file};
	*out_same = false;
	while (left > 0) {
		size_t got;
		struct diag diag = {0};
		if (pull_read(&content->pull, block, (size_t)MIN_OF(left, PULL_BLOCK), &got, &diag) !=
		        ERR_OK ||
		    got == 0) {
			buf_deinit(&skipped.partial);
			return;
		}
		sha256_update(&file->sha, block, got);
		note_skipped(&skipped, str_make(block, got));
		left -= got;
	}
	buf_deinit(&skipped.partial);
	sha256_digest(&file->sha, hash);
	*out_same = memcmp(hash, resume->hash, SHA256_SIZE) == 0;
	file->position = resume->position;
	file->records = resume->records;
}

/* Settles where reading goes on: from the start, behind what is known, or nowhere. */
static enum err begin_lines(struct reading *reading, const struct content *content,
                            struct reading_file *file, char *block, bool *out_take) {
	enum sink_verdict verdict;
	struct sink_resume resume;
	struct sink_file asked = content_about(reading, content, false);
	*out_take = true;
	TRY(reading_file_begin(reading, file, &asked, content->fresh, &verdict, &resume));
	if (verdict == SINK_SKIP) {
		reading->totals->files_known++;
		*out_take = false;
		return ERR_OK;
	}
	bool same = true;
	struct str format = file->format;
	if (verdict == SINK_RESUME) {
		skip_known(reading, file, content, &resume, block, &same);
	}
	if (same) {
		return ERR_OK;
	}
	if (!pull_rewind(&content->pull)) {
		reading_problem(reading, content->path, 0, ERR_UNSUPPORTED,
		                "is not what was taken under this name before, and cannot be read from "
		                "its start again");
		*out_take = false;
		return ERR_OK;
	}
	file->format = format;
	return reading_file_begin(reading, file, &asked, true, &verdict, &resume);
}

static enum err take_lines(struct reading *reading, const struct content *content, char *block) {
	struct reading_file file = {.path = content->path, .modified_ns = content->modified_ns};
	recognise_lines(reading->options, content->sample, &file);
	bool take;
	TRY(begin_lines(reading, content, &file, block, &take));
	if (!take) {
		return ERR_OK;
	}
	struct lines lines;
	uint8_t hash[SHA256_SIZE];
	lines_init(&lines, reading, &file);
	reading->open_file = &file;
	enum err err = push_all(&lines, content, block);
	if (err == ERR_OK) {
		err = lines_end(&lines);
	}
	if (err == ERR_OK && content->size_known && file.position < content->size &&
	    !reading->file_failed) {
		reading_problem(reading, content->path, file.position, ERR_IO,
		                "has become shorter while it was read");
	}
	if (err == ERR_OK) {
		sha256_digest(&file.sha, hash);
		err = reading_file_end(reading, &file, hash, file.position);
	}
	lines_deinit(&lines);
	return reading_leave(reading, err);
}

enum err content_take_lines(struct reading *reading, const struct content *content) {
	char *block = malloc(PULL_BLOCK);
	ASSERT(block != NULL);
	enum err err = take_lines(reading, content, block);
	free(block);
	return err;
}

/* Opens an object. bytes: all of it, or empty when it is too large and comes from pull. */
static enum err open_object(struct reading *reading, const struct content *content,
                            enum carrier carrier, struct str bytes, const struct pull *pull,
                            struct str head, struct nest *nest) {
	if (nest->depth > LIMIT_NESTING_DEPTH) {
		reading_problem(reading, content->path, UINT64_MAX, ERR_LIMIT,
		                "is nested deeper than %u levels: kept, but not opened",
		                LIMIT_NESTING_DEPTH);
		return ERR_OK;
	}
	switch (carrier) {
	case CARRIER_COMPRESSED:
		return unpack_compressed(reading, content, nest, pull, compression_detect(head));
	case CARRIER_TAR:
		return unpack_tar(reading, content, nest, pull);
	case CARRIER_ZIP:
		return unpack_zip(reading, content, nest, bytes, bytes.len > 0 ? NULL : pull);
	case CARRIER_LINES:
	case CARRIER_EVTX:
	case CARRIER_JSON_ARRAY:
	case CARRIER_UTF16:
	case CARRIER_JOURNAL:
	case CARRIER_UTMP:
	case CARRIER_LASTLOG:
	case CARRIER_EVENT_XML:
	case CARRIER_CSV:
	default:
		ASSERT(false);
	}
}

/* An archive or compressed file, held (bytes) or not. */
static enum err take_archive(struct reading *reading, const struct content *content,
                             enum carrier carrier, struct str bytes, const struct pull *pull,
                             struct str head) {
	enum sink_verdict verdict;
	struct sink_resume resume;
	struct reading_file file = {.path = content->path, .is_object = true};
	struct sink_file asked = content_about(reading, content, true);
	asked.bytes = reading->options->keep_objects && bytes.len > 0 ? bytes.ptr : NULL;
	TRY(reading_file_begin(reading, &file, &asked, content->fresh, &verdict, &resume));
	if (verdict == SINK_SKIP) {
		reading->totals->files_known++;
		return ERR_OK;
	}
	struct nest nest = {.parent = content->nest,
	                    .depth = content->nest == NULL ? 1 : content->nest->depth + 1,
	                    .stored = content->size};
	TRY(open_object(reading, content, carrier, bytes, pull, head, &nest));
	return reading_file_end(reading, &file, content->hash, content->size);
}

enum err content_take_object(struct reading *reading, const struct content *content,
                             struct str bytes) {
	struct content known = *content;
	known.hash_known = known.size_known = true;
	known.size = bytes.len;
	sha256(bytes.ptr, bytes.len, known.hash);
	struct str head = str_slice(bytes, 0, RECOGNISE_SIZE);
	enum carrier carrier = carrier_recognise(reading->options, head);
	struct str last =
	    str_slice(bytes, bytes.len - MIN_OF(bytes.len, (size_t)LASTLOG_SIZE), bytes.len);
	if (carrier == CARRIER_LINES && lastlog_recognise_end(head, last, bytes.len)) {
		carrier = CARRIER_LASTLOG;
	}
	if (carrier == CARRIER_LINES) { /* it has changed since it was looked at */
		struct pull_memory again;
		known.pull = pull_memory(&again, bytes);
		return content_take_lines(reading, &known);
	}
	if (carrier != CARRIER_COMPRESSED && carrier != CARRIER_TAR && carrier != CARRIER_ZIP) {
		return container_take(reading, &known, bytes, carrier);
	}
	struct pull_memory memory;
	struct pull pull = pull_memory(&memory, bytes);
	return take_archive(reading, &known, carrier, bytes, &pull, head);
}

enum err content_take_large(struct reading *reading, const struct content *content,
                            enum carrier carrier, struct str head) {
	bool opens = carrier == CARRIER_COMPRESSED || carrier == CARRIER_TAR || carrier == CARRIER_ZIP;
	if (carrier == CARRIER_LASTLOG) { /* a hole of hundreds of GB, as large user ids make it */
		reading_problem(reading, content->path, UINT64_MAX, ERR_LIMIT,
		                "is larger than %zu bytes: the lastlog is not read", LIMIT_CONTAINER_SIZE);
		return ERR_OK;
	}
	reading_problem(reading, content->path, UINT64_MAX, ERR_LIMIT,
	                opens ? "is larger than %zu bytes: what is inside is read, but the %.*s itself "
	                        "is kept by its hash alone"
	                      : "is larger than %zu bytes: it is taken as lines, not as %.*s",
	                LIMIT_CONTAINER_SIZE, STR_ARG(carrier_name(carrier)));
	return opens ? take_archive(reading, content, carrier, STR(""), &content->pull, head)
	             : content_take_lines(reading, content);
}

/* Reads everything into memory, as far as all open containers together may hold. ERR_LIMIT: bytes
 * has what fitted. */
static enum err hold(struct reading *reading, const struct content *content, struct buf *bytes) {
	for (;;) {
		size_t got;
		struct diag diag = {0};
		if (reading->bytes_held + bytes->len >= LIMIT_CONTAINER_SIZE) {
			return ERR_LIMIT;
		}
		enum err err =
		    pull_read(&content->pull, buf_reserve(bytes, PULL_BLOCK), PULL_BLOCK, &got, &diag);
		if (err != ERR_OK) {
			reading_problem(reading, content->path, bytes->len, err, "%s", diag.message);
			return ERR_OK;
		}
		if (got == 0) {
			return ERR_OK;
		}
		bytes->len += got;
		TRY(reading_progress(reading, got));
	}
}

/* A member that is an object itself: held, then opened. */
static enum err take_held(struct reading *reading, const struct content *content,
                          enum carrier carrier) {
	struct buf bytes = {0};
	enum err err = hold(reading, content, &bytes);
	if (err == ERR_OK) {
		reading->bytes_held += bytes.len;
		err = content_take_object(reading, content, buf_str(&bytes));
		reading->bytes_held -= bytes.len;
	} else if (err == ERR_LIMIT) {
		/* Its bytes are part of the archive that is kept; as lines nothing of it is lost. */
		struct pull_ahead ahead;
		struct content rest = *content;
		rest.pull = pull_ahead(&ahead, buf_str(&bytes), &content->pull);
		reading_problem(reading, content->path, UINT64_MAX, ERR_LIMIT,
		                "is too large to be opened as %.*s: taken as lines",
		                STR_ARG(carrier_name(carrier)));
		err = content_take_lines(reading, &rest);
	}
	buf_deinit(&bytes);
	return err;
}

/* What identifying a member of an archive needs. */
struct identity {
	struct buf held; /* its bytes, unless they are too many */
	struct sampler sampler;
	struct pull_held pull_held;
	struct pull_ahead pull_ahead;
};

/* Hashes a member before it is asked for, so that a log that was taken before it was packed, or
 * under another name, is known again. Small ones are held meanwhile, large ones decoded twice. */
static enum err identify(struct reading *reading, struct content *content, const struct pull *from,
                         struct identity *identity, char *block) {
	struct sha256 sha;
	bool held = true;
	sha256_init(&sha);
	for (;;) {
		size_t got = 0;
		struct diag diag = {0};
		/* A failure comes again when the content is taken, and is told there. */
		if (pull_read(from, block, PULL_BLOCK, &got, &diag) != ERR_OK || got == 0) {
			break;
		}
		sha256_update(&sha, block, got);
		sampler_push(&identity->sampler, str_make(block, got));
		content->size += got;
		if (held) {
			buf_append(&identity->held, block, got);
			held = identity->held.len < LIMIT_MEMBER_HELD;
		}
		if (!held && from->rewind == NULL) {
			content->pull = pull_ahead(&identity->pull_ahead, buf_str(&identity->held), from);
			return ERR_OK; /* too large, and cannot be read twice: not identified */
		}
		TRY(reading_progress(reading, 0));
	}
	sha256_digest(&sha, content->hash);
	content->hash_known = content->size_known = true;
	content->pull = *from;
	if (held) {
		content->pull = pull_held(&identity->pull_held, buf_str(&identity->held), from);
	} else if (!pull_rewind(from)) {
		reading_problem(reading, content->path, UINT64_MAX, ERR_IO, "cannot be read twice");
	}
	return ERR_OK;
}

static enum err take_member_lines(struct reading *reading, const struct content *content) {
	struct content known = *content;
	struct identity identity = {0};
	if (reading->sink->file_begin == NULL || content->hash_known || content->fresh) {
		return content_take_lines(reading, content);
	}
	char *block = malloc(PULL_BLOCK);
	ASSERT(block != NULL);
	known.size = 0;
	enum err err = identify(reading, &known, &content->pull, &identity, block);
	free(block);
	known.sample = buf_str(&identity.sampler.sample);
	if (err == ERR_OK) {
		err = content_take_lines(reading, &known);
	}
	sampler_deinit(&identity.sampler);
	buf_deinit(&identity.held);
	return err;
}

enum err content_take(struct reading *reading, const struct content *content) {
	char *head = malloc(RECOGNISE_SIZE);
	ASSERT(head != NULL);
	size_t got;
	struct diag diag = {0};
	/* A failure comes again behind these bytes. */
	(void)pull_fill(&content->pull, head, RECOGNISE_SIZE, &got, &diag);
	struct pull_ahead ahead;
	struct content whole = *content;
	struct str sample = str_make(head, got);
	whole.pull = pull_ahead(&ahead, sample, &content->pull);
	whole.sample = sample;
	enum carrier carrier = carrier_recognise(reading->options, sample);
	enum err err = carrier == CARRIER_LINES ? take_member_lines(reading, &whole)
	                                        : take_held(reading, &whole, carrier);
	free(head);
	return err;
}
