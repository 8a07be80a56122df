/* See journal.h. The journal is a stream that never ends: its progress is the time of the last
 * entry taken (microseconds since 1970) with the hash of that entry's cursor, so that going on
 * finds the very entry again among several of one microsecond.
 */
#include "ingest/journal.h"

#include <dlfcn.h>
#include <errno.h>
#include <systemd/sd-journal.h>

#include "ingest/journal_export.h"

/* Longest value of one field; the rest of a longer one is not given by the library. */
enum { FIELD_MAX = 16 << 20 };

#define JOURNAL_CALLS(X)                   \
	X(sd_journal_open)                     \
	X(sd_journal_open_files)               \
	X(sd_journal_open_directory)           \
	X(sd_journal_close)                    \
	X(sd_journal_next)                     \
	X(sd_journal_seek_head)                \
	X(sd_journal_seek_realtime_usec)       \
	X(sd_journal_get_realtime_usec)        \
	X(sd_journal_get_monotonic_usec)       \
	X(sd_journal_get_cursor)               \
	X(sd_journal_restart_data)             \
	X(sd_journal_enumerate_available_data) \
	X(sd_journal_set_data_threshold)       \
	X(sd_journal_has_runtime_files)        \
	X(sd_journal_has_persistent_files)

struct journal_calls {
#define MEMBER(name) __typeof__(&(name)) name; /* NOLINT(bugprone-macro-parentheses) */
	JOURNAL_CALLS(MEMBER)
#undef MEMBER
};

struct journal {
	struct reading *reading;
	struct journal_calls calls;
	void *library;
	sd_journal *handle;
	struct reading_file file;
	uint8_t progress_hash[SHA256_SIZE]; /* of the last cursor */
	struct buf entry;
};

static bool load(struct journal *journal) {
	journal->library = dlopen("libsystemd.so.0", RTLD_NOW | RTLD_LOCAL);
	if (journal->library == NULL) {
		return false;
	}
	bool all = true;
#define LOAD(name)                                                             \
	journal->calls.name = (__typeof__(&(name)))dlsym(journal->library, #name); \
	all &= journal->calls.name != NULL;
	JOURNAL_CALLS(LOAD)
#undef LOAD
	return all;
}

bool journal_recognise(struct str head, char out_machine[JOURNAL_MACHINE]) {
	enum { MACHINE_AT = 24, MACHINE_SIZE = 16 };
	static const char hex[] = "0123456789abcdef";
	if (!str_starts(head, STR("LPKSHHRH")) || head.len < MACHINE_AT + MACHINE_SIZE) {
		return false;
	}
	for (size_t i = 0; i < MACHINE_SIZE; i++) {
		uint8_t byte = (uint8_t)head.ptr[MACHINE_AT + i];
		out_machine[2 * i] = hex[byte >> 4];
		out_machine[2 * i + 1] = hex[byte & 15];
	}
	return true;
}

bool journal_opens(const char *path) {
	struct journal journal = {0};
	const char *paths[] = {path, NULL};
	if (!load(&journal) || journal.calls.sd_journal_open_files(&journal.handle, paths, 0) < 0) {
		return false;
	}
	journal.calls.sd_journal_close(journal.handle);
	return true;
}

/* The current entry as Journal Export Format, its cursor's hash, its time. False: it cannot be
 * read (a file that is damaged, or was just deleted). */
static bool read_entry(struct journal *journal, uint64_t *out_realtime,
                       uint8_t out_hash[SHA256_SIZE]) {
	const struct journal_calls *calls = &journal->calls;
	char *cursor;
	uint64_t monotonic;
	sd_id128_t boot;
	if (calls->sd_journal_get_realtime_usec(journal->handle, out_realtime) < 0 ||
	    calls->sd_journal_get_cursor(journal->handle, &cursor) < 0) {
		return false;
	}
	sha256(cursor, strlen(cursor), out_hash);
	buf_clear(&journal->entry);
	buf_printf(&journal->entry, "__CURSOR=%s\n__REALTIME_TIMESTAMP=%llu\n", cursor,
	           (unsigned long long)*out_realtime);
	free(cursor);
	if (calls->sd_journal_get_monotonic_usec(journal->handle, &monotonic, &boot) >= 0) {
		buf_printf(&journal->entry, "__MONOTONIC_TIMESTAMP=%llu\n", (unsigned long long)monotonic);
	}
	const void *data;
	size_t len;
	int got;
	calls->sd_journal_restart_data(journal->handle);
	while ((got = calls->sd_journal_enumerate_available_data(journal->handle, &data, &len)) > 0 &&
	       journal->entry.len < UINT32_MAX - FIELD_MAX - 1024) {
		/* Data without a name cannot be: the journal itself refuses it. */
		(void)journal_export_append(&journal->entry, str_make(data, len));
	}
	return got >= 0;
}

static enum err add_entry(struct journal *journal, uint64_t realtime,
                          const uint8_t hash[SHA256_SIZE]) {
	struct reading_file *file = &journal->file;
	struct str body = buf_str(&journal->entry);
	if (file->records % 64 == 0) {
		reading_stamp(journal->reading, file);
	}
	TRY(reading_room(journal->reading, file));
	reading_add(journal->reading, file, body, 0, 0);
	file->position = realtime;
	memcpy(journal->progress_hash, hash, SHA256_SIZE);
	return reading_progress(journal->reading, body.len);
}

static int step(struct journal *journal) {
	return journal->calls.sd_journal_next(journal->handle);
}

/* Goes to the first entry that was not taken: behind the one whose cursor is known, or, when that
 * is gone, to the first that is younger. Returns as sd_journal_next does. */
static int find_start(struct journal *journal, const struct sink_resume *resume) {
	const struct journal_calls *calls = &journal->calls;
	if (resume->position == 0) {
		return calls->sd_journal_seek_head(journal->handle) < 0 ? -EIO : step(journal);
	}
	for (int pass = 0; pass < 2; pass++) {
		uint64_t realtime = resume->position;
		if (calls->sd_journal_seek_realtime_usec(journal->handle,
		                                         resume->position + (uint64_t)pass) < 0) {
			return -EIO;
		}
		int got = step(journal);
		while (pass == 0 && got > 0 && realtime == resume->position) {
			uint8_t hash[SHA256_SIZE];
			if (!read_entry(journal, &realtime, hash)) {
				break;
			}
			got = realtime == resume->position ? step(journal) : got;
			if (memcmp(hash, resume->hash, SHA256_SIZE) == 0) {
				return got;
			}
		}
		if (pass == 1) {
			return got;
		}
	}
	return 0;
}

static enum err take_entries(struct journal *journal, const struct sink_resume *resume) {
	struct reading *reading = journal->reading;
	uint64_t unread = 0;
	int got = find_start(journal, resume);
	for (; got > 0; got = step(journal)) {
		uint64_t realtime;
		uint8_t hash[SHA256_SIZE];
		if (read_entry(journal, &realtime, hash)) {
			TRY(add_entry(journal, realtime, hash));
		} else {
			unread++;
		}
	}
	if (got < 0) {
		reading_problem(reading, journal->file.path, UINT64_MAX, err_from_errno(-got),
		                "cannot be read on: %s", err_text(err_from_errno(-got)));
	}
	if (unread > 0) {
		reading_problem(reading, journal->file.path, UINT64_MAX, ERR_INVALID,
		                "%llu entries are damaged or gone", (unsigned long long)unread);
	}
	return ERR_OK;
}

static enum err take_open(struct journal *journal) {
	struct reading *reading = journal->reading;
	struct reading_file *file = &journal->file;
	struct str source = reading->options->source;
	struct sink_file about = {.path = file->path, .source = source.len > 0 ? source : file->path};
	enum sink_verdict verdict;
	struct sink_resume resume;
	TRY(reading_file_begin(reading, file, &about, false, &verdict, &resume));
	if (verdict == SINK_SKIP) {
		return ERR_OK;
	}
	file->position = resume.position;
	file->records = resume.records;
	memcpy(journal->progress_hash, resume.hash, SHA256_SIZE);
	file->progress_hash = journal->progress_hash;
	enum err err = take_entries(journal, &resume);
	/* The stream goes on another day: what is in the batch is handed on with the place. */
	if (err == ERR_OK && reading->open_file == file) {
		err = reading_put(reading);
	}
	return reading_leave(reading, err);
}

static enum err open_journal(struct journal *journal, const char *folder) {
	const struct journal_calls *calls = &journal->calls;
	int opened = folder == NULL ? calls->sd_journal_open(&journal->handle, SD_JOURNAL_LOCAL_ONLY)
	                            : calls->sd_journal_open_directory(&journal->handle, folder, 0);
	if (opened < 0) {
		return err_from_errno(-opened);
	}
	(void)calls->sd_journal_set_data_threshold(journal->handle, FIELD_MAX); /* cannot fail */
	return calls->sd_journal_has_runtime_files(journal->handle) > 0 ||
	               calls->sd_journal_has_persistent_files(journal->handle) > 0 || folder != NULL
	           ? ERR_OK
	           : ERR_UNSUPPORTED;
}

enum err journal_take(struct reading *reading, const char *folder, struct str machine) {
	struct journal journal = {.reading = reading};
	struct buf path = {0};
	buf_append_str(&path, STR("journal:"));
	buf_append_str(&path, machine);
	journal.file.path = buf_str(&path);
	journal.file.format = STR("journal");
	enum err err = load(&journal) ? open_journal(&journal, folder) : ERR_UNSUPPORTED;
	if (err == ERR_OK) {
		err = take_open(&journal);
	} else if (err != ERR_UNSUPPORTED) {
		reading_problem(reading, journal.file.path, UINT64_MAX, err, "cannot be opened: %s",
		                err_text(err));
		err = ERR_OK;
	}
	if (journal.handle != NULL) {
		journal.calls.sd_journal_close(journal.handle);
	}
	/* The library stays loaded: it registers handlers that must not vanish. */
	buf_deinit(&journal.entry);
	buf_deinit(&path);
	return err;
}

static void read_machine(const struct os *os, struct buf *out) {
	if (os_read_file(os, "/etc/machine-id", 64, out) != ERR_OK) {
		buf_append_str(out, STR("local"));
	}
	out->len = str_trim(buf_str(out)).len;
}

enum err ingest_journal(const struct ingest_options *options, const char *path_or_null,
                        const struct sink *sink, struct ingest_totals *totals) {
	struct reading reading;
	struct buf machine = {0};
	reading_init(&reading, options, sink, totals);
	if (path_or_null != NULL) {
		buf_append_str(&machine, str_from(path_or_null));
	} else {
		read_machine(options->os, &machine);
	}
	enum err err = journal_take(&reading, path_or_null, buf_str(&machine));
	if (err == ERR_OK) {
		totals->files++;
		totals->files_failed += reading.file_failed;
	}
	buf_deinit(&machine);
	return reading_finish(&reading, err);
}
