#include "ingest/file.h"

#include <unistd.h>

#include "ingest/memory_sink.h"
#include "ingest/test_folder.h"
#include "tap.h"

/* The real system with a disk that is broken from some byte on, or a file that another process
 * changes between two reads. */
struct faulty {
	struct os os;
	uint64_t broken_from;
	uint64_t reads, change_at; /* before this read (from 1), change is called */
	const char *path;
	void (*change)(const char *path);
};

static enum err faulty_pread(void *ctx, int fd, void *buffer, size_t len, uint64_t offset,
                             size_t *out_len) {
	struct faulty *faulty = ctx;
	if (++faulty->reads == faulty->change_at) {
		faulty->change(faulty->path);
	}
	return offset + len > faulty->broken_from && faulty->broken_from > 0
	           ? ERR_IO
	           : os_real()->pread(NULL, fd, buffer, len, offset, out_len);
}

static struct faulty faulty_new(void) {
	struct faulty faulty = {.os = *os_real()};
	faulty.os.pread = faulty_pread;
	return faulty;
}

/* A folder for one file "x", a system that may be told to fail, and a sink for what is read. */
struct scene {
	struct test_folder folder;
	struct faulty faulty;
	struct memory_sink sink;
	struct ingest_totals totals; /* of the last take */
	struct buf text;
	char path[256]; /* of x */
};

static void scene_begin(struct scene *s) {
	*s = (struct scene){.folder = test_folder_new(), .faulty = faulty_new()};
	s->faulty.path = test_folder_path(&s->folder, "x", s->path);
	memory_sink_init(&s->sink);
}

static void scene_end(struct scene *s) {
	CHECK(!s->sink.broken);
	buf_deinit(&s->text);
	memory_sink_deinit(&s->sink);
	test_folder_remove(&s->folder);
}

static void put_x(const struct scene *s, struct str bytes) {
	test_folder_write(&s->folder, "x", bytes);
}

static enum err take_path(struct scene *s, const char *path) {
	struct ingest_options options = {.os = &s->faulty.os, .keep_objects = true};
	s->faulty.os.ctx = &s->faulty;
	s->totals = (struct ingest_totals){0};
	return ingest_path(&options, path, &s->sink.sink, &s->totals);
}

static enum err take(struct scene *s) {
	return take_path(s, s->path);
}

static void numbered_lines(struct buf *text, int count) {
	for (int i = 0; i < count; i++) {
		buf_printf(text, "line number %d\n", i);
	}
}

TEST(a_bad_block_costs_only_what_is_in_it) {
	struct scene s;
	scene_begin(&s);
	numbered_lines(&s.text, 50000);
	put_x(&s, buf_str(&s.text));
	s.faulty.broken_from = 300 * 1024;
	CHECK(take(&s) == ERR_OK);
	CHECK_EQ(s.totals.files_failed, 1);
	CHECK_EQ(s.sink.problems_count, 1);
	REQUIRE(s.sink.count == 1);
	CHECK_EQ(s.sink.files[0]->bytes.len, 300 * 1024);
	CHECK(str_starts(buf_str(&s.text), buf_str(&s.sink.files[0]->bytes)));
	CHECK(s.sink.files[0]->ended);
	scene_end(&s);
}

static void shrink(const char *path) {
	CHECK(truncate(path, 1000) == 0);
}

static void grow(const char *path) {
	FILE *f = fopen(path, "ab");
	ASSERT(f != NULL);
	CHECK(fputs("appended\n", f) >= 0);
	CHECK(fclose(f) == 0);
}

TEST(a_file_that_shrinks_while_it_is_read_gives_what_was_still_there) {
	struct scene s;
	scene_begin(&s);
	numbered_lines(&s.text, 5000);
	put_x(&s, buf_str(&s.text));
	s.faulty.change = shrink;
	s.faulty.change_at = 3; /* a look, the first pass, then the second */
	CHECK(take(&s) == ERR_OK);
	REQUIRE(s.sink.count == 1);
	CHECK(str_eq(buf_str(&s.sink.files[0]->bytes), str_make(s.text.ptr, 1000)));
	CHECK(s.sink.files[0]->ended);
	CHECK_EQ(s.totals.files_failed, 1);
	scene_end(&s);
}

TEST(what_is_appended_while_a_file_is_read_is_taken_the_next_time) {
	struct scene s;
	scene_begin(&s);
	s.sink.knows = true;
	put_x(&s, STR("first\nhalf a"));
	s.faulty.change = grow;
	s.faulty.change_at = 4; /* as above; the look meets the end already */
	CHECK(take(&s) == ERR_OK);
	CHECK_STR(s.sink.files[0]->bytes, "first\nhalf a");
	CHECK(take(&s) == ERR_OK);
	CHECK_EQ(s.sink.count, 1);
	CHECK_STR(s.sink.files[0]->bytes, "first\nhalf aappended\n");
	CHECK_EQ(s.sink.files[0]->records, 3);
	CHECK(take(&s) == ERR_OK); /* and now it is known */
	CHECK_EQ(s.totals.files_known, 1);
	CHECK_EQ(s.sink.files[0]->records, 3);
	scene_end(&s);
}

TEST(a_file_is_hashed_before_it_is_read_only_where_its_size_is_known) {
	struct scene s;
	scene_begin(&s);
	s.sink.knows = true;
	put_x(&s, STR("one\ntwo\n"));
	CHECK(take(&s) == ERR_OK);
	REQUIRE(s.sink.count == 1);
	CHECK(!s.sink.files[0]->hash_begin_known);
	test_folder_write(&s.folder, "y", STR("one\ntwo\n")); /* the same bytes */
	test_folder_write(&s.folder, "z", STR("six\nten\n")); /* as many others */
	CHECK(take_path(&s, s.folder.path) == ERR_OK);
	CHECK_EQ(s.totals.files_known, 2);
	REQUIRE(s.sink.count == 2);
	CHECK(s.sink.files[1]->hash_begin_known);
	CHECK_STR(s.sink.files[1]->bytes, "six\nten\n");
	scene_end(&s);
}

TEST(two_files_of_the_same_bytes_in_one_batch_are_taken_once) {
	struct scene s;
	scene_begin(&s);
	s.sink.knows = true;
	put_x(&s, STR("one\ntwo\n"));
	test_folder_write(&s.folder, "y", STR("one\ntwo\n"));
	CHECK(take_path(&s, s.folder.path) == ERR_OK);
	CHECK_EQ(s.totals.files_known, 1);
	CHECK_EQ(s.sink.count, 1);
	scene_end(&s);
}

TEST(a_file_that_shrinks_in_the_first_pass_is_looked_at_again) {
	struct scene s;
	scene_begin(&s);
	s.sink.knows = true;
	numbered_lines(&s.text, 5000);
	test_folder_write(&s.folder, "y", str_make(s.text.ptr, 1000));
	put_x(&s, buf_str(&s.text));
	CHECK(take_path(&s, test_folder_path(&s.folder, "y", s.path)) == ERR_OK);
	s.faulty.path = test_folder_path(&s.folder, "x", s.path);
	s.faulty.reads = 0;
	s.faulty.change = shrink;
	s.faulty.change_at = 2; /* behind the look */
	CHECK(take(&s) == ERR_OK);
	CHECK_EQ(s.totals.files_known, 1);
	CHECK_EQ(s.totals.files_failed, 0);
	CHECK_EQ(s.sink.count, 1);
	scene_end(&s);
}

TEST(the_first_pass_ends_where_the_rest_tells_nothing_more) {
	struct scene s;
	scene_begin(&s);
	buf_append_str(&s.text, STR("caf\xc3\xa9\n"));
	numbered_lines(&s.text, 100000);
	put_x(&s, buf_str(&s.text));
	CHECK(take(&s) == ERR_OK);
	REQUIRE(s.sink.count == 1);
	CHECK(str_eq(buf_str(&s.sink.files[0]->bytes), buf_str(&s.text)));
	CHECK(s.faulty.reads < 2 * (s.text.len / (256 << 10)));
	CHECK_EQ(s.totals.files_failed, 0);
	s.faulty.change = shrink;
	s.faulty.change_at = s.faulty.reads + 4; /* in the second pass */
	put_x(&s, str_slice(buf_str(&s.text), 0, s.text.len - 1));
	CHECK(take(&s) == ERR_OK);
	CHECK_EQ(s.totals.files_failed, 1);
	scene_end(&s);
}

TEST(another_file_under_a_known_name_is_read_from_its_start) {
	struct scene s;
	scene_begin(&s);
	s.sink.knows = true;
	put_x(&s, STR("first\n"));
	CHECK(take(&s) == ERR_OK);
	put_x(&s, STR("rotated, and longer than before\n"));
	CHECK(take(&s) == ERR_OK);
	put_x(&s, STR("s\n"));
	CHECK(take(&s) == ERR_OK);
	REQUIRE(s.sink.count == 3);
	CHECK_STR(s.sink.files[1]->bytes, "rotated, and longer than before\n");
	CHECK_STR(s.sink.files[2]->bytes, "s\n");
	scene_end(&s);
}

TEST(a_stop_keeps_what_was_read_and_reading_goes_on_there) {
	struct scene s;
	scene_begin(&s);
	s.sink.knows = true;
	numbered_lines(&s.text, 100000);
	put_x(&s, buf_str(&s.text));
	s.sink.stop_after = 10;
	CHECK(take(&s) == ERR_CANCELED);
	CHECK(s.sink.records > 0);
	CHECK(s.sink.records < 100000);
	CHECK(!s.sink.files[0]->ended);
	s.sink.stop_after = 0;
	CHECK(take(&s) == ERR_OK);
	CHECK_EQ(s.sink.count, 1);
	CHECK_EQ(s.sink.records, 100000);
	CHECK(str_eq(buf_str(&s.sink.files[0]->bytes), buf_str(&s.text)));
	CHECK(s.sink.files[0]->ended);
	scene_end(&s);
}

TEST(a_sink_that_fails_ends_the_reading) {
	struct scene s;
	scene_begin(&s);
	numbered_lines(&s.text, 100000);
	put_x(&s, buf_str(&s.text));
	test_folder_write(&s.folder, "y", STR("never read\n"));
	s.sink.fail_put_at = 2;
	CHECK(take_path(&s, s.folder.path) == ERR_NO_SPACE);
	CHECK_EQ(s.sink.batches, 2);
	CHECK(memory_sink_file(&s.sink, "y") == NULL);
	scene_end(&s);
}

static void numbered_array(struct buf *text, int count) {
	for (int i = 0; i < count; i++) {
		buf_printf(text, "%s{\"number\":%d}", i == 0 ? "[" : ",\n", i);
	}
	buf_append_char(text, ']');
}

/* Takes an array of 100,000 bytes and more; what is kept is a beginning of it, and that is said. */
static void take_part_of_array(struct scene *s, size_t kept) {
	numbered_array(&s->text, 10000);
	put_x(s, buf_str(&s->text));
	CHECK(take(s) == ERR_OK);
	CHECK_EQ(s->totals.files_failed, 1);
	CHECK(s->sink.problems_count >= 1);
	REQUIRE(s->sink.count == 1);
	CHECK(s->sink.files[0]->is_object);
	CHECK_EQ(s->sink.files[0]->bytes.len, kept);
	CHECK(str_starts(buf_str(&s->text), buf_str(&s->sink.files[0]->bytes)));
	CHECK(s->sink.files[0]->records > 1000);
}

TEST(a_bad_block_in_a_container_leaves_what_is_before_it) {
	struct scene s;
	scene_begin(&s);
	s.faulty.broken_from = 65536;
	take_part_of_array(&s, 65536);
	scene_end(&s);
}

static void halve(const char *path) {
	CHECK(truncate(path, 70000) == 0);
}

TEST(a_container_that_shrinks_while_it_is_read_is_told_and_its_beginning_kept) {
	struct scene s;
	scene_begin(&s);
	s.faulty.change = halve;
	s.faulty.change_at = 3; /* a look, then the whole */
	take_part_of_array(&s, 70000);
	scene_end(&s);
}

static enum err no_fstat(void *ctx, int fd, struct os_stat *out) {
	(void)ctx;
	(void)fd;
	(void)out;
	return ERR_IO;
}

TEST(a_file_that_cannot_be_looked_at_is_told_and_nothing_of_it_taken) {
	struct scene s;
	scene_begin(&s);
	put_x(&s, STR("line\n"));
	s.faulty.os.fstat = no_fstat;
	CHECK(take(&s) == ERR_OK);
	CHECK_EQ(s.totals.files_failed, 1);
	CHECK_EQ(s.sink.problems_count, 1);
	CHECK_EQ(s.sink.count, 0);
	scene_end(&s);
}

static enum err no_map(void *ctx, int fd, size_t len, const char **out_bytes) {
	(void)ctx;
	(void)fd;
	(void)len;
	(void)out_bytes;
	return ERR_LIMIT;
}

TEST(a_container_too_large_to_hold_is_mapped_and_told_when_that_fails) {
	struct scene s;
	scene_begin(&s);
	size_t blanks = (size_t)65 << 20;
	buf_append_str(&s.text, STR("[{\"a\":1}"));
	memset(buf_reserve(&s.text, blanks), ' ', blanks);
	s.text.len += blanks;
	buf_append_str(&s.text, STR(",{\"a\":2}]"));
	put_x(&s, buf_str(&s.text));
	s.faulty.os.map = no_map;
	CHECK(take(&s) == ERR_OK);
	CHECK_EQ(s.totals.files_failed, 1);
	CHECK_EQ(s.sink.problems_count, 1);
	CHECK_EQ(s.sink.count, 0);
	s.faulty.os.map = os_real()->map;
	CHECK(take(&s) == ERR_OK);
	REQUIRE(s.sink.count == 1);
	CHECK_STR(s.sink.files[0]->texts, "{\"a\":1}\n{\"a\":2}\n");
	CHECK(str_eq(buf_str(&s.sink.files[0]->bytes), buf_str(&s.text)));
	scene_end(&s);
}

/* ---- headers that name columns ---- */

/* The formats of all batches' first sources, as the parser is told them. */
static void note_format(void *ctx, const struct batch *batch) {
	struct buf *seen = ctx;
	for (uint16_t i = 0; i < batch->sources_count; i++) {
		buf_printf(seen, "[%.*s]", STR_ARG(batch->sources[i].format));
	}
}

static struct str seen_of(struct scene *s, const struct formats *formats, struct buf *seen) {
	struct ingest_options options = {.os = os_real(), .keep_objects = true, .formats = formats};
	buf_clear(seen);
	s->totals = (struct ingest_totals){0};
	s->sink.seen = note_format;
	s->sink.seen_ctx = seen;
	CHECK(ingest_path(&options, s->path, &s->sink.sink, &s->totals) == ERR_OK);
	return buf_str(seen);
}

static void zeek_lines(struct buf *text, int count) {
	for (int i = 0; i < count; i++) {
		buf_printf(text, "%d.000000\tC%d\n", 1795341600 + i, i);
	}
}

TEST(each_batch_of_a_file_is_told_the_header_that_came_before) {
	struct scene s;
	struct buf seen = {0};
	struct diag diag = {0};
	struct formats *formats = NULL;
	CHECK(formats_new(os_real(), NULL, &formats, &diag) == ERR_OK);
	scene_begin(&s);
	buf_append_str(&s.text, STR("#path\tx\n#fields\tts\tuid\n"));
	zeek_lines(&s.text, LIMIT_BATCH_ROWS + 10);
	put_x(&s, buf_str(&s.text));
	CHECK(str_eq(seen_of(&s, formats, &seen), STR("[zeek][zeek\n#path\tx\n#fields\tts\tuid\n]")));
	/* It grows: the header is read again from its beginning. */
	s.sink.knows = true;
	zeek_lines(&s.text, 1);
	put_x(&s, buf_str(&s.text));
	CHECK(str_eq(seen_of(&s, formats, &seen), STR("[zeek\n#path\tx\n#fields\tts\tuid\n]")));
	CHECK(str_eq(buf_str(&s.sink.files[0]->bytes), buf_str(&s.text)));
	CHECK_EQ(s.sink.count, 1);
	scene_end(&s);
	formats_free(formats);
	buf_deinit(&seen);
}

TEST(csv_is_known_by_its_first_line_also_when_the_file_grows) {
	struct scene s;
	struct buf seen = {0};
	struct diag diag = {0};
	struct formats *formats = NULL;
	CHECK(formats_new(os_real(), NULL, &formats, &diag) == ERR_OK);
	scene_begin(&s);
	buf_append_str(&s.text, STR("time,host,bytes\n2026-11-22T10:00:00Z,a,1\n"));
	put_x(&s, buf_str(&s.text));
	CHECK(str_eq(seen_of(&s, formats, &seen), STR("[csv]")));
	s.sink.knows = true;
	buf_append_str(&s.text, STR("2026-11-22T10:00:01Z,\xe3\x81\x82,2\n"));
	put_x(&s, buf_str(&s.text));
	CHECK(str_eq(seen_of(&s, formats, &seen), STR("[csv\n#csv time,host,bytes\n]")));
	/* Another file under its name is not. */
	put_x(&s, STR("just words\n"));
	CHECK(str_eq(seen_of(&s, formats, &seen), STR("[]")));
	scene_end(&s);
	formats_free(formats);
	buf_deinit(&seen);
}
