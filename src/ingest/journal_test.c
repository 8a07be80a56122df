#include "ingest/journal.h"

#include <sys/wait.h>
#include <unistd.h>

#include "ingest/journal_export.h"
#include "ingest/test_folder.h"
#include "tap.h"

/* A store that remembers the progress of one stream. */
struct progress {
	struct sink sink;
	struct buf bodies;
	uint64_t records;
	uint64_t position;
	uint8_t hash[32];
	struct buf path;
	struct buf problems;
};

static enum err put(void *ctx, struct batch *batch) {
	struct progress *progress = ctx;
	for (uint32_t row = 0; row < batch->count; row++) {
		buf_append_str(&progress->bodies, batch_body(batch, row));
		buf_append_char(&progress->bodies, '\n');
		CHECK_EQ(batch->records[row].number, ++progress->records);
		CHECK_STR(batch->sources[0].format, "journal");
	}
	CHECK(batch->ends_count == 0 || batch->count == 0);
	progress->position = batch->progress_position;
	memcpy(progress->hash, batch->progress_hash, sizeof(progress->hash));
	batch_free(batch);
	return ERR_OK;
}

static enum err file_begin(void *ctx, const struct sink_file *file, bool fresh, uint32_t *out_file,
                           enum sink_verdict *out_verdict, struct sink_resume *out_resume) {
	struct progress *progress = ctx;
	CHECK(!fresh);
	buf_clear(&progress->path);
	buf_append_str(&progress->path, file->path);
	*out_file = 7;
	if (progress->position > 0) {
		*out_verdict = SINK_RESUME;
		out_resume->position = progress->position;
		out_resume->records = progress->records;
		memcpy(out_resume->hash, progress->hash, sizeof(progress->hash));
	}
	return ERR_OK;
}

static void problem(void *ctx, struct str path, uint64_t offset, enum err err, struct str message) {
	struct progress *progress = ctx;
	(void)offset;
	(void)err;
	buf_printf(&progress->problems, "%.*s: %.*s\n", STR_ARG(path), STR_ARG(message));
}

static void progress_init(struct progress *progress) {
	*progress = (struct progress){0};
	progress->sink =
	    (struct sink){.ctx = progress, .put = put, .file_begin = file_begin, .problem = problem};
}

static void progress_deinit(struct progress *progress) {
	buf_deinit(&progress->bodies);
	buf_deinit(&progress->path);
	buf_deinit(&progress->problems);
}

static enum err take(struct progress *progress, const char *path) {
	struct ingest_options options = {.os = os_real(), .keep_objects = true};
	struct ingest_totals totals = {0};
	return ingest_path(&options, path, &progress->sink, &totals);
}

/* An export of entries [from, to): three in each microsecond, one with a binary field. */
static void export_entries(unsigned from, unsigned to, struct buf *out) {
	for (unsigned i = from; i < to; i++) {
		buf_printf(out,
		           "__REALTIME_TIMESTAMP=%llu\n__MONOTONIC_TIMESTAMP=%u\n"
		           "_BOOT_ID=0123456789abcdef0123456789abcdef\n",
		           1795341600000000ull + i / 3, 1000 + i);
		char message[64];
		int len = snprintf(message, sizeof(message), "MESSAGE=entry %u%s", i,
		                   i % 5 == 0 ? "\nsecond line" : "");
		CHECK(journal_export_append(out, str_make(message, (size_t)len)));
		buf_append_str(out, STR("_HOSTNAME=lab\n\n"));
	}
}

/* Makes or extends a journal file from an export, with the tool of systemd; false: it is not
 * here. */
static bool make_journal(const char *export, const char *journal) {
	static const char *const tools[] = {"/lib/systemd/systemd-journal-remote",
	                                    "/usr/lib/systemd/systemd-journal-remote"};
	const char *tool = getenv("AKASHI_JOURNAL_REMOTE");
	for (size_t i = 0; tool == NULL && i < ARRAY_LEN(tools); i++) {
		tool = access(tools[i], X_OK) == 0 ? tools[i] : NULL;
	}
	if (tool == NULL) {
		tap_skip("systemd-journal-remote is not installed");
		return false;
	}
	char output[300];
	(void)snprintf(output, sizeof(output), "--output=%s", journal);
	pid_t child = fork();
	if (child == 0) {
		(void)execl(tool, tool, output, "--split-mode=none", export, (char *)NULL);
		_exit(127);
	}
	int status;
	CHECK(waitpid(child, &status, 0) == child);
	return CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void check_bodies(struct str bodies, unsigned from, unsigned to) {
	size_t at = 0;
	for (unsigned i = from; i < to; i++) {
		char message[64];
		int len = snprintf(message, sizeof(message), "entry %u\n", i);
		size_t found = str_find(bodies, str_make(message, (size_t)len), at);
		CHECK(found != SIZE_MAX);
		at = found == SIZE_MAX ? at : found;
	}
}

TEST(a_journal_is_taken_once_and_goes_on_where_it_was_left) {
	struct test_folder folder = test_folder_new();
	struct progress progress;
	struct buf text = {0};
	char export[256];
	char journal[256];
	progress_init(&progress);
	(void)test_folder_path(&folder, "in.export", export);
	(void)test_folder_path(&folder, "logs/all.journal", journal);
	test_folder_write(&folder, "logs/plain.txt", STR(""));
	CHECK(unlink(test_folder_path(&folder, "logs/plain.txt", journal)) == 0);
	(void)test_folder_path(&folder, "logs/all.journal", journal);
	export_entries(0, 100, &text);
	test_folder_write(&folder, "in.export", buf_str(&text));
	if (make_journal(export, journal)) {
		char logs[256];
		CHECK(take(&progress, test_folder_path(&folder, "logs", logs)) == ERR_OK);
		CHECK_EQ(progress.records, 100);
		check_bodies(buf_str(&progress.bodies), 0, 100);
		CHECK(str_starts(buf_str(&progress.path), STR("journal:")));
		CHECK(take(&progress, logs) == ERR_OK);
		CHECK_EQ(progress.records, 100);
		buf_clear(&text);
		export_entries(100, 130, &text);
		test_folder_write(&folder, "in.export", buf_str(&text));
		CHECK(make_journal(export, journal));
		buf_clear(&progress.bodies);
		CHECK(take(&progress, logs) == ERR_OK);
		CHECK_EQ(progress.records, 130);
		check_bodies(buf_str(&progress.bodies), 100, 130);
		CHECK_STR(progress.problems, "");
	}
	progress_deinit(&progress);
	buf_deinit(&text);
	test_folder_remove(&folder);
}

TEST(a_file_that_only_begins_like_a_journal_is_reported) {
	struct test_folder folder = test_folder_new();
	struct progress progress;
	char path[256];
	progress_init(&progress);
	test_folder_write(&folder, "x.journal",
	                  str_make("LPKSHHRH\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	                           "\0\0\0\0\0\0\0\0\0\0\0\0",
	                           48));
	CHECK(take(&progress, test_folder_path(&folder, "x.journal", path)) == ERR_OK);
	CHECK_EQ(progress.records, 0);
	CHECK(str_find(buf_str(&progress.problems), STR("x.journal: is a journal file that"), 0) !=
	      SIZE_MAX);
	progress_deinit(&progress);
	test_folder_remove(&folder);
}

TEST(the_machine_of_a_journal_file_is_read_from_its_header) {
	char machine[JOURNAL_MACHINE];
	char head[64] = "LPKSHHRH";
	head[24] = (char)0xab;
	head[39] = 0x01;
	CHECK(journal_recognise(str_make(head, sizeof(head)), machine));
	CHECK(memcmp(machine, "ab000000000000000000000000000001", 32) == 0);
	CHECK(!journal_recognise(str_make(head, 30), machine));
	CHECK(!journal_recognise(STR("some text that is long enough to be read as a header"), machine));
}
