/* See unpack.h. Compressed streams go through codec/decompress.h; tar and zip through libarchive,
 * with exactly these two formats enabled, so that nothing else is ever taken for an archive.
 */
#include "ingest/unpack.h"

#include <errno.h>
#include <locale.h>

#include "base/utf8.h"
#include "ingest/archive.h"

/* ---- what an archive may give ---- */

/* Counts decoded bytes against all archives around; fails for good above a limit. */
struct counted {
	struct pull from;
	struct nest *nest;
	uint64_t given; /* since the start or the last way back */
};

static enum err charge(struct nest *nest, size_t bytes, struct diag *diag) {
	enum err err = ERR_OK;
	for (; nest != NULL; nest = nest->parent) {
		nest->decoded += bytes;
		if (nest->decoded > LIMIT_ARCHIVE_BYTES) {
			err = diag_set(diag, ERR_LIMIT, "the archive gives more than %llu bytes",
			               (unsigned long long)LIMIT_ARCHIVE_BYTES);
		}
		if (nest->decoded > LIMIT_ARCHIVE_GRACE &&
		    nest->decoded / LIMIT_ARCHIVE_RATIO >= MAX_OF(nest->stored, 1u)) {
			err = diag_set(diag, ERR_LIMIT, "the archive gives more than %llu times its size",
			               (unsigned long long)LIMIT_ARCHIVE_RATIO);
		}
	}
	return err;
}

static bool exhausted(struct nest *nest) {
	return charge(nest, 0, NULL) != ERR_OK;
}

static enum err read_counted(void *ctx, char *buffer, size_t len, size_t *out_len,
                             struct diag *diag) {
	struct counted *counted = ctx;
	TRY(charge(counted->nest, 0, diag));
	TRY(pull_read(&counted->from, buffer, len, out_len, diag));
	counted->given += *out_len;
	(void)charge(counted->nest, *out_len, NULL); /* told on the next call, after these bytes */
	return ERR_OK;
}

/* Bytes that come a second time count once. */
static bool rewind_counted(void *ctx) {
	struct counted *counted = ctx;
	for (struct nest *nest = counted->nest; nest != NULL; nest = nest->parent) {
		nest->decoded -= counted->given;
	}
	counted->given = 0;
	return pull_rewind(&counted->from);
}

static struct pull pull_counted(struct counted *counted, const struct pull *from,
                                struct nest *nest) {
	*counted = (struct counted){.from = *from, .nest = nest};
	return (struct pull){.ctx = counted,
	                     .read = read_counted,
	                     .rewind = from->rewind != NULL ? rewind_counted : NULL};
}

/* ---- compressed ---- */

/* "x.log.gz" -> "x.log.gz!/x.log" */
static void inner_name(struct buf *path, struct str outer, enum compression compression) {
	size_t base = outer.len;
	while (base > 0 && outer.ptr[base - 1] != '/') {
		base--;
	}
	struct str added;
	struct str name = compression_strip(compression, str_slice(outer, base, outer.len), &added);
	buf_append_str(path, outer);
	buf_append_str(path, STR("!/"));
	buf_append_str(path, name);
	buf_append_str(path, added);
}

/* Reads to the end, so that a damage behind the last member is found too. */
static enum err drain(struct reading *reading, const struct content *outer, struct nest *nest,
                      const struct pull *pull) {
	char block[16 << 10];
	size_t got = 1;
	struct diag diag = {0};
	while (got > 0) {
		enum err err = pull_read(pull, block, sizeof(block), &got, &diag);
		if (err != ERR_OK) {
			if (!reading->file_failed) {
				reading_problem(reading, outer->path, UINT64_MAX, err, "%s", diag.message);
			}
			return ERR_OK;
		}
		TRY(reading_progress(reading, 0));
	}
	(void)nest;
	return ERR_OK;
}

static enum err unpack_decoded(struct reading *reading, const struct content *outer,
                               struct nest *nest, const struct pull *decoded, struct str head,
                               enum compression compression) {
	struct pull_ahead ahead;
	struct pull whole = pull_ahead(&ahead, head, decoded);
	if (tar_recognise(head)) {
		TRY(unpack_tar(reading, outer, nest, &whole));
		return drain(reading, outer, nest, &whole);
	}
	struct buf path = {0};
	inner_name(&path, outer->path, compression);
	struct content inner = {.path = buf_str(&path),
	                        .modified_ns = outer->modified_ns,
	                        .nest = nest,
	                        .pull = whole,
	                        .fresh = outer->fresh};
	enum err err = content_take(reading, &inner);
	buf_deinit(&path);
	return err;
}

enum err unpack_compressed(struct reading *reading, const struct content *outer, struct nest *nest,
                           const struct pull *from, enum compression compression) {
	struct pull_decoded decoded;
	struct counted counted;
	struct pull plain = pull_decoded(&decoded, compression, from);
	struct pull limited = pull_counted(&counted, &plain, nest);
	char *head = malloc(RECOGNISE_SIZE);
	ASSERT(head != NULL);
	size_t got;
	struct diag diag = {0};
	/* A failure comes again behind the bytes before it, and is told there. */
	(void)pull_fill(&limited, head, RECOGNISE_SIZE, &got, &diag);
	enum err err = unpack_decoded(reading, outer, nest, &limited, str_make(head, got), compression);
	free(head);
	pull_decoded_deinit(&decoded);
	return err;
}

/* ---- tar and zip ---- */

struct opened {
	struct reading *reading;
	const struct content *outer;
	struct nest *nest;
	struct archive_calls calls;
	struct archive *archive;
	/* Where its bytes come from: memory with seeking, or pull. */
	struct str bytes;
	size_t at;
	const struct pull *from;
	char *block;
	struct diag from_diag;
	enum err from_failed;
	uint64_t members;
	bool is_tar;
};

enum { ARCHIVE_BLOCK = 16 << 10 };

static la_ssize_t give_from_pull(struct archive *archive, void *ctx, const void **out_block) {
	struct opened *opened = ctx;
	size_t got = 0;
	*out_block = opened->block;
	opened->from_failed =
	    pull_read(opened->from, opened->block, ARCHIVE_BLOCK, &got, &opened->from_diag);
	if (opened->from_failed != ERR_OK) {
		opened->calls.archive_set_error(archive, EIO, "%s", opened->from_diag.message);
		return ARCHIVE_FATAL;
	}
	return (la_ssize_t)got;
}

/* Small blocks: what libarchive has decoded of a block when it meets a damage is lost to us. */
static la_ssize_t give_from_memory(struct archive *archive, void *ctx, const void **out_block) {
	struct opened *opened = ctx;
	(void)archive;
	size_t take = MIN_OF((size_t)ARCHIVE_BLOCK, opened->bytes.len - opened->at);
	*out_block = opened->bytes.ptr + opened->at;
	opened->at += take;
	return (la_ssize_t)take;
}

static la_int64_t skip_in_memory(struct archive *archive, void *ctx, la_int64_t request) {
	struct opened *opened = ctx;
	(void)archive;
	size_t left = opened->bytes.len - opened->at;
	size_t skip = request < 0 ? 0 : (size_t)MIN_OF((uint64_t)request, (uint64_t)left);
	opened->at += skip;
	return (la_int64_t)skip;
}

static la_int64_t seek_in_memory(struct archive *archive, void *ctx, la_int64_t offset,
                                 int whence) {
	struct opened *opened = ctx;
	(void)archive;
	int64_t base = whence == SEEK_SET   ? 0
	               : whence == SEEK_CUR ? (int64_t)opened->at
	                                    : (int64_t)opened->bytes.len;
	int64_t to;
	if (__builtin_add_overflow(base, offset, &to) || to < 0 || to > (int64_t)opened->bytes.len) {
		return ARCHIVE_FATAL;
	}
	opened->at = (size_t)to;
	return to;
}

/* The data of the current member as a pull; a failure stays. */
struct member_data {
	struct opened *opened;
	uint64_t number;  /* which member it is, from 1 */
	struct str block; /* decoded and not given yet; stands at offset in the member */
	int64_t offset, given;
	bool by_lzma, ended;
	enum err failed;
	struct diag diag;
};

/* libarchive gives the decoder whatever dictionary a member of a zip asks for, up to 4 GiB, and has
 * no option for less. Of a dictionary as much is used as was decoded. */
static bool packed_by_lzma(struct opened *opened) {
	const char *format = opened->calls.archive_format_name(opened->archive); /* "ZIP 6.3 (lzma)" */
	return format != NULL && (strstr(format, "(lzma") != NULL || strstr(format, "(xz") != NULL);
}

/* The next block: not archive_read_data, which throws away what it has when a damage follows. */
static void next_block(struct member_data *data) {
	struct opened *opened = data->opened;
	const void *block = NULL;
	size_t len = 0;
	la_int64_t offset = data->given;
	int result = opened->calls.archive_read_data_block(opened->archive, &block, &len, &offset);
	bool given = result == ARCHIVE_OK || result == ARCHIVE_WARN;
	data->block = given && len > 0 ? str_make(block, len) : STR("");
	/* After a failure the offset means nothing; it never goes back. */
	data->offset = given || result == ARCHIVE_EOF ? MAX_OF(offset, data->given) : data->given;
	if (result == ARCHIVE_EOF) {
		/* The offset is then the size: a hole may stand at the end. */
		data->ended = true;
	} else if (result < ARCHIVE_OK) {
		const char *why = opened->calls.archive_error_string(opened->archive);
		data->failed =
		    diag_set(&data->diag, opened->from_failed != ERR_OK ? opened->from_failed : ERR_INVALID,
		             "%s", why != NULL ? why : "the archive is damaged here");
	}
}

static enum err read_member(void *ctx, char *buffer, size_t len, size_t *out_len,
                            struct diag *diag) {
	struct member_data *data = ctx;
	*out_len = 0;
	if (data->by_lzma && (uint64_t)data->given >= LIMIT_LZMA_MEMBER) {
		return diag_set(diag, ERR_LIMIT,
		                "is packed by LZMA in a zip, and longer than %llu bytes: unpack it first",
		                (unsigned long long)LIMIT_LZMA_MEMBER);
	}
	while (data->block.len == 0 && data->given >= data->offset && !data->ended &&
	       data->failed == ERR_OK) {
		next_block(data);
	}
	if (data->given < data->offset) { /* a hole of a sparse file */
		size_t zeros = (size_t)MIN_OF((uint64_t)(data->offset - data->given), (uint64_t)len);
		memset(buffer, 0, zeros);
		*out_len = zeros;
	} else if (data->block.len > 0) {
		*out_len = MIN_OF(len, data->block.len);
		memcpy(buffer, data->block.ptr, *out_len);
		data->block = str_slice(data->block, *out_len, data->block.len);
		data->offset += (int64_t)*out_len;
	} else if (data->failed != ERR_OK) {
		return diag_set(diag, data->failed, "%s", data->diag.message);
	}
	data->given += (int64_t)*out_len;
	return ERR_OK;
}

static struct archive *new_archive(struct opened *opened) {
	struct archive *archive = opened->calls.archive_read_new();
	ASSERT(archive != NULL);
	return archive;
}

/* Opens from the first byte. archive_read_set_* cannot fail on a new archive. */
static int open_archive(struct opened *opened) {
	struct archive *archive = new_archive(opened);
	opened->archive = archive;
	opened->at = 0;
	if (opened->is_tar) {
		/* Fails only without memory. */
		(void)opened->calls.archive_read_support_format_tar(archive);
		(void)opened->calls.archive_read_set_option(archive, "tar", "read_concatenated_archives",
		                                            "1");
	} else {
		if (opened->from == NULL) {
			(void)opened->calls.archive_read_support_format_zip_seekable(archive);
		}
		(void)opened->calls.archive_read_support_format_zip_streamable(archive);
	}
	(void)opened->calls.archive_read_set_callback_data(archive, opened);
	if (opened->from == NULL) {
		(void)opened->calls.archive_read_set_read_callback(archive, give_from_memory);
		(void)opened->calls.archive_read_set_skip_callback(archive, skip_in_memory);
		(void)opened->calls.archive_read_set_seek_callback(archive, seek_in_memory);
	} else {
		(void)opened->calls.archive_read_set_read_callback(archive, give_from_pull);
	}
	return opened->calls.archive_read_open1(archive);
}

/* The archive anew, up to the member that was being read. */
static bool rewind_member(void *ctx) {
	struct member_data *data = ctx;
	struct opened *opened = data->opened;
	data->ended = false;
	data->failed = ERR_OK;
	data->block = STR("");
	data->offset = 0;
	data->given = 0;
	(void)opened->calls.archive_read_free(opened->archive); /* read only */
	if (opened->from != NULL && !pull_rewind(opened->from)) {
		opened->archive = new_archive(opened);
		return false;
	}
	int result = open_archive(opened);
	for (uint64_t i = 0; i < data->number && result >= ARCHIVE_WARN;) {
		struct archive_entry *entry;
		result = opened->calls.archive_read_next_header(opened->archive, &entry);
		if (result == ARCHIVE_EOF) {
			return false;
		}
		i += result >= ARCHIVE_WARN;
	}
	return result >= ARCHIVE_WARN;
}

/* Names of old archives are in whatever character set their maker had. */
static void member_name(struct buf *path, struct opened *opened, struct archive_entry *entry) {
	const char *name = opened->calls.archive_entry_pathname(entry);
	if (name == NULL) {
		name = opened->calls.archive_entry_pathname_utf8(entry);
	}
	buf_append_str(path, opened->outer->path);
	buf_append_str(path, STR("!/"));
	struct str raw = str_from(name);
	while (raw.len > 0 && raw.ptr[0] == '/') {
		raw = str_slice(raw, 1, raw.len);
	}
	raw = str_slice(raw, 0, LIMIT_PATH);
	if (raw.len == 0) {
		buf_printf(path, "member-%llu", (unsigned long long)opened->members);
	} else {
		utf8_append_mended(path, raw);
	}
}

static enum err take_member(struct opened *opened, struct archive_entry *entry) {
	struct reading *reading = opened->reading;
	struct buf path = {0};
	enum err err = ERR_OK;
	member_name(&path, opened, entry);
	if (opened->calls.archive_entry_is_encrypted(entry) > 0) {
		reading_problem(reading, buf_str(&path), UINT64_MAX, ERR_UNSUPPORTED,
		                "is encrypted: its content cannot be read");
	} else {
		struct member_data data = {
		    .opened = opened, .number = opened->members, .by_lzma = packed_by_lzma(opened)};
		bool rewinds = opened->from == NULL || opened->from->rewind != NULL;
		struct pull plain = {
		    .ctx = &data, .read = read_member, .rewind = rewinds ? rewind_member : NULL};
		struct counted counted;
		bool timed = opened->calls.archive_entry_mtime_is_set(entry) != 0;
		int64_t seconds = timed ? opened->calls.archive_entry_mtime(entry) : 0;
		bool fits = seconds > -9000000000 && seconds < 9000000000;
		struct content content = {
		    .path = buf_str(&path),
		    .modified_ns = fits ? seconds * 1000000000 : 0,
		    .nest = opened->nest,
		    .pull = pull_counted(&counted, &plain, opened->nest),
		    .fresh = opened->outer->fresh,
		};
		err = content_take(reading, &content);
	}
	buf_deinit(&path);
	return err;
}

/* A problem of the archive itself. */
static void archive_problem(struct opened *opened, enum err err, const char *fallback) {
	const char *why = opened->calls.archive_error_string(opened->archive);
	reading_problem(opened->reading, opened->outer->path, UINT64_MAX, err, "%s",
	                why != NULL ? why : fallback);
}

static bool is_plain_file(struct opened *opened, struct archive_entry *entry) {
	return opened->calls.archive_entry_filetype(entry) == AE_IFREG &&
	       opened->calls.archive_entry_hardlink(entry) == NULL;
}

static enum err take_members(struct opened *opened) {
	bool damaged = false;
	for (;;) {
		struct archive_entry *entry;
		int result = opened->calls.archive_read_next_header(opened->archive, &entry);
		if (result == ARCHIVE_EOF) {
			return ERR_OK;
		}
		if (result == ARCHIVE_RETRY) { /* passes over a damaged header; counts, so that it ends */
			if (!damaged) {
				archive_problem(opened, ERR_INVALID, "the archive is damaged");
			}
			damaged = true;
		} else if (result < ARCHIVE_WARN) {
			archive_problem(opened,
			                opened->from_failed != ERR_OK ? opened->from_failed : ERR_INVALID,
			                "the archive is damaged");
			return ERR_OK;
		}
		opened->members += result != ARCHIVE_RETRY;
		if (++opened->nest->members > LIMIT_ARCHIVE_MEMBERS) {
			reading_problem(opened->reading, opened->outer->path, UINT64_MAX, ERR_LIMIT,
			                "has more than %llu members: the rest is not read",
			                (unsigned long long)LIMIT_ARCHIVE_MEMBERS);
			return ERR_OK;
		}
		if (result != ARCHIVE_RETRY && is_plain_file(opened, entry)) {
			TRY(take_member(opened, entry));
		}
		if (exhausted(opened->nest)) {
			reading_problem(opened->reading, opened->outer->path, UINT64_MAX, ERR_LIMIT,
			                "gives too much for its size: the rest is not read");
			return ERR_OK;
		}
	}
}

/* Opens, takes the members, frees. libarchive puts names that an archive says are UTF-8 into the
 * character set of the thread's locale, and gives no name where they do not fit: so that is UTF-8
 * meanwhile, whatever the user's is. Numbers and messages do not change. */
static enum err run_archive(struct opened *opened) {
	enum err err = ERR_OK;
	if (!archive_load(&opened->calls)) {
		reading_problem(opened->reading, opened->outer->path, UINT64_MAX, ERR_UNSUPPORTED,
		                "cannot be read without libarchive: apt-get install libarchive13");
		return ERR_OK;
	}
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	locale_t before = uselocale(utf8); /* without that locale nothing changes */
	if (open_archive(opened) < ARCHIVE_WARN) {
		archive_problem(opened, ERR_INVALID, "the archive cannot be opened");
	} else {
		err = take_members(opened);
	}
	(void)opened->calls.archive_read_free(opened->archive); /* read only */
	(void)uselocale(before);
	if (utf8 != (locale_t)0) {
		freelocale(utf8);
	}
	return err;
}

enum err unpack_tar(struct reading *reading, const struct content *outer, struct nest *nest,
                    const struct pull *from) {
	struct opened opened = {
	    .reading = reading, .outer = outer, .nest = nest, .from = from, .is_tar = true};
	opened.block = malloc(ARCHIVE_BLOCK);
	ASSERT(opened.block != NULL);
	enum err err = run_archive(&opened);
	free(opened.block);
	return err;
}

enum err unpack_zip(struct reading *reading, const struct content *outer, struct nest *nest,
                    struct str bytes, const struct pull *from) {
	struct opened opened = {
	    .reading = reading, .outer = outer, .nest = nest, .bytes = bytes, .from = from};
	if (from != NULL) {
		opened.block = malloc(ARCHIVE_BLOCK);
		ASSERT(opened.block != NULL);
	}
	enum err err = run_archive(&opened);
	free(opened.block);
	return err;
}
