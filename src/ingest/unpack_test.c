#include "ingest/unpack.h"

#include <archive.h>
#include <archive_entry.h>

#include "ingest/memory_sink.h"
#include "tap.h"

/* ---- making archives ---- */

static la_ssize_t write_to_buf(struct archive *archive, void *ctx, const void *bytes, size_t len) {
	(void)archive;
	buf_append(ctx, bytes, len);
	return (la_ssize_t)len;
}

enum kind { TAR, TAR_GZ, TAR_ZST, ZIP, ZIP_ENCRYPTED };

struct maker {
	struct archive *archive;
	struct buf *out;
};

static struct maker maker_new(enum kind kind, struct buf *out) {
	struct maker maker = {archive_write_new(), out};
	if (kind == ZIP || kind == ZIP_ENCRYPTED) {
		ASSERT(archive_write_set_format_zip(maker.archive) == ARCHIVE_OK);
	} else {
		ASSERT(archive_write_set_format_pax_restricted(maker.archive) == ARCHIVE_OK);
	}
	if (kind == TAR_GZ) {
		ASSERT(archive_write_add_filter_gzip(maker.archive) == ARCHIVE_OK);
	}
	if (kind == TAR_ZST) {
		ASSERT(archive_write_add_filter_zstd(maker.archive) == ARCHIVE_OK);
	}
	if (kind == ZIP_ENCRYPTED) {
		ASSERT(archive_write_set_options(maker.archive, "zip:encryption=traditional") ==
		       ARCHIVE_OK);
		ASSERT(archive_write_set_passphrase(maker.archive, "secret") == ARCHIVE_OK);
	}
	ASSERT(archive_write_set_bytes_in_last_block(maker.archive, 1) == ARCHIVE_OK);
	ASSERT(archive_write_open(maker.archive, out, NULL, write_to_buf, NULL) == ARCHIVE_OK);
	return maker;
}

static void add(struct maker *maker, const char *name, struct str bytes, unsigned type) {
	struct archive_entry *entry = archive_entry_new();
	archive_entry_set_pathname(entry, name);
	archive_entry_set_size(entry, (la_int64_t)bytes.len);
	archive_entry_set_filetype(entry, type);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_mtime(entry, 1795341600, 0);
	if (type == AE_IFLNK) {
		archive_entry_set_symlink(entry, "/etc/passwd");
	}
	ASSERT(archive_write_header(maker->archive, entry) == ARCHIVE_OK);
	if (bytes.len > 0) {
		ASSERT(archive_write_data(maker->archive, bytes.ptr, bytes.len) == (la_ssize_t)bytes.len);
	}
	archive_entry_free(entry);
}

static void maker_end(struct maker *maker) {
	ASSERT(archive_write_close(maker->archive) == ARCHIVE_OK);
	(void)archive_write_free(maker->archive);
}

static void two_members(enum kind kind, struct buf *out) {
	struct maker maker = maker_new(kind, out);
	add(&maker, "dir/", STR(""), AE_IFDIR);
	add(&maker, "dir/a.log", STR("a 1\na 2\n"), AE_IFREG);
	add(&maker, "link", STR(""), AE_IFLNK);
	add(&maker, "/b.log", STR("b without end"), AE_IFREG);
	maker_end(&maker);
}

/* ---- taking them ---- */

static enum err take(struct memory_sink *sink, const char *path, struct str bytes) {
	struct ingest_options options = {.os = os_real(), .keep_objects = true};
	struct ingest_totals totals = {0};
	struct reading reading;
	struct pull_memory memory;
	struct content content = {.path = str_from(path), .pull = pull_memory(&memory, bytes)};
	reading_init(&reading, &options, &sink->sink, &totals);
	return reading_finish(&reading, content_take(&reading, &content));
}

static void check_two(struct memory_sink *sink, const char *outer) {
	char path[64];
	CHECK(!sink->broken);
	CHECK_STR(sink->problems, "");
	REQUIRE(sink->count == 3);
	CHECK_STR(sink->files[0]->path, outer);
	CHECK(sink->files[0]->is_object);
	(void)snprintf(path, sizeof(path), "%s!/dir/a.log", outer);
	CHECK_STR(sink->files[1]->path, path);
	CHECK_STR(sink->files[1]->bytes, "a 1\na 2\n");
	(void)snprintf(path, sizeof(path), "%s!/b.log", outer);
	CHECK_STR(sink->files[2]->path, path);
	CHECK_STR(sink->files[2]->bytes, "b without end");
	for (uint32_t i = 0; i < sink->count; i++) {
		CHECK(sink->files[i]->ended);
	}
}

/* An empty member with the flag that says that its name is UTF-8 (APPNOTE.TXT 4.4.4, bit 11). */
TEST(names_that_say_they_are_utf_8_are_kept_in_any_locale) {
	static const char local[] = "PK\3\4\x14\0\0\x08\0\0\0\0!Y\0\0\0\0\0\0\0\0\0\0\0\0\x09\0\0\0"
	                            "\xe6\x97\xa5.logXY";
	static const char central[] = "PK\1\2\x14\0\x14\0\0\x08\0\0\0\0!Y\0\0\0\0\0\0\0\0\0\0\0\0\x09\0"
	                              "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	                              "\xe6\x97\xa5.logXY";
	static const char end[] = "PK\5\6\0\0\0\0\1\0\1\0\x37\0\0\0\x27\0\0\0\0";
	struct memory_sink sink;
	struct buf zip = {0};
	buf_append(&zip, local, sizeof(local) - 1);
	buf_append(&zip, central, sizeof(central) - 1);
	buf_append(&zip, end, sizeof(end)); /* and the length of no comment */
	memory_sink_init(&sink);
	CHECK(take(&sink, "x.zip", buf_str(&zip)) == ERR_OK);
	CHECK_STR(sink.problems, "");
	REQUIRE(sink.count == 2);
	CHECK_STR(sink.files[1]->path, "x.zip!/\xe6\x97\xa5.logXY");
	memory_sink_deinit(&sink);
	buf_deinit(&zip);
}

TEST(members_of_every_archive_are_read_by_what_they_hold) {
	for (enum kind kind = TAR; kind <= ZIP; kind++) {
		struct memory_sink sink;
		struct buf bytes = {0};
		memory_sink_init(&sink);
		two_members(kind, &bytes);
		CHECK(take(&sink, "x", buf_str(&bytes)) == ERR_OK);
		check_two(&sink, "x");
		CHECK(str_eq(buf_str(&sink.files[0]->bytes), buf_str(&bytes)));
		memory_sink_deinit(&sink);
		buf_deinit(&bytes);
	}
}

TEST(an_archive_that_was_taken_is_not_taken_again_nor_are_its_members) {
	struct memory_sink sink;
	struct buf bytes = {0};
	memory_sink_init(&sink);
	sink.knows = true;
	two_members(TAR_GZ, &bytes);
	CHECK(take(&sink, "x.tgz", buf_str(&bytes)) == ERR_OK);
	CHECK(take(&sink, "x.tgz", buf_str(&bytes)) == ERR_OK);
	CHECK(take(&sink, "y.tgz", buf_str(&bytes)) == ERR_OK);
	/* The same members in another archive are known too. */
	buf_clear(&bytes);
	two_members(ZIP, &bytes);
	CHECK(take(&sink, "x.zip", buf_str(&bytes)) == ERR_OK);
	CHECK_EQ(sink.count, 4);
	CHECK_EQ(sink.records, 3);
	CHECK(!sink.broken);
	memory_sink_deinit(&sink);
	buf_deinit(&bytes);
}

TEST(another_archive_under_the_same_name_is_read_anew) {
	struct memory_sink sink;
	struct buf bytes = {0};
	memory_sink_init(&sink);
	sink.knows = true;
	two_members(TAR, &bytes);
	CHECK(take(&sink, "x.tar", buf_str(&bytes)) == ERR_OK);
	buf_clear(&bytes);
	struct maker maker = maker_new(TAR, &bytes);
	add(&maker, "dir/a.log", STR("a 1\na 2\na 3\n"), AE_IFREG); /* has grown */
	add(&maker, "b.log", STR("quite different\n"), AE_IFREG);
	maker_end(&maker);
	CHECK(take(&sink, "x.tar", buf_str(&bytes)) == ERR_OK);
	CHECK_STR(memory_sink_file(&sink, "x.tar!/dir/a.log")->bytes, "a 1\na 2\na 3\n");
	CHECK_STR(memory_sink_file(&sink, "x.tar!/b.log")->bytes, "quite different\n");
	CHECK_EQ(sink.records, 3 + 2);
	CHECK(!sink.broken);
	CHECK_STR(sink.problems, "");
	memory_sink_deinit(&sink);
	buf_deinit(&bytes);
}

TEST(archives_in_archives_are_opened_up_to_a_depth) {
	struct memory_sink sink;
	struct buf inner = {0};
	struct buf outer = {0};
	memory_sink_init(&sink);
	struct maker maker = maker_new(TAR, &inner);
	add(&maker, "deep.log", STR("deep\n"), AE_IFREG);
	maker_end(&maker);
	for (uint32_t depth = 1; depth < LIMIT_NESTING_DEPTH; depth++) {
		buf_clear(&outer);
		maker = maker_new(ZIP, &outer);
		add(&maker, "z", buf_str(&inner), AE_IFREG);
		maker_end(&maker);
		buf_clear(&inner);
		buf_append_str(&inner, buf_str(&outer));
	}
	CHECK(take(&sink, "x", buf_str(&inner)) == ERR_OK);
	CHECK_STR(sink.problems, "");
	CHECK_EQ(sink.records, 1);
	CHECK_EQ(sink.count, LIMIT_NESTING_DEPTH + 1);
	buf_clear(&outer);
	maker = maker_new(TAR_GZ, &outer);
	add(&maker, "z", buf_str(&inner), AE_IFREG);
	maker_end(&maker);
	CHECK(take(&sink, "y", buf_str(&outer)) == ERR_OK);
	CHECK_EQ(sink.records, 1);
	CHECK_EQ(sink.problems_count, 1);
	CHECK(str_find(buf_str(&sink.problems), STR("nested deeper"), 0) != SIZE_MAX);
	memory_sink_deinit(&sink);
	buf_deinit(&inner);
	buf_deinit(&outer);
}

TEST(a_bomb_is_stopped_and_what_came_before_is_kept) {
	struct memory_sink sink;
	struct buf bytes = {0};
	struct buf zeros = {0};
	memory_sink_init(&sink);
	size_t len = (size_t)96 << 20;
	memset(buf_reserve(&zeros, len), '\n', 1);
	memset(zeros.ptr, 'z', len);
	zeros.len = len;
	struct maker maker = maker_new(TAR_ZST, &bytes);
	add(&maker, "first.log", STR("first\n"), AE_IFREG);
	add(&maker, "bomb", buf_str(&zeros), AE_IFREG);
	add(&maker, "after.log", STR("after\n"), AE_IFREG);
	maker_end(&maker);
	buf_deinit(&zeros);
	CHECK(take(&sink, "x", buf_str(&bytes)) == ERR_OK);
	CHECK_STR(memory_sink_file(&sink, "x!/first.log")->bytes, "first\n");
	CHECK(memory_sink_file(&sink, "x!/after.log") == NULL);
	CHECK(memory_sink_file(&sink, "x!/bomb")->bytes.len < len);
	CHECK(sink.problems_count >= 1);
	CHECK(!sink.broken);
	memory_sink_deinit(&sink);
	buf_deinit(&bytes);
}

TEST(an_archive_cut_at_any_place_gives_what_is_before) {
	for (enum kind kind = TAR; kind <= ZIP; kind++) {
		struct buf bytes = {0};
		two_members(kind, &bytes);
		for (size_t cut = 1; cut < bytes.len; cut += 1 + bytes.len / 60) {
			struct memory_sink sink;
			memory_sink_init(&sink);
			CHECK(take(&sink, "x", str_make(bytes.ptr, cut)) == ERR_OK);
			CHECK(!sink.broken);
			REQUIRE(sink.count >= 1);
			CHECK(str_eq(buf_str(&sink.files[0]->bytes), str_make(bytes.ptr, cut)));
			struct memory_file *first = memory_sink_file(&sink, "x!/dir/a.log");
			CHECK(first == NULL || str_starts(STR("a 1\na 2\n"), buf_str(&first->bytes)));
			memory_sink_deinit(&sink);
		}
		buf_deinit(&bytes);
	}
}

TEST(a_truncated_tar_gives_its_last_member_up_to_the_cut) {
	struct memory_sink sink;
	struct buf bytes = {0};
	struct buf text = {0};
	memory_sink_init(&sink);
	for (int i = 0; i < 5000; i++) {
		buf_printf(&text, "line %d\n", i);
	}
	struct maker maker = maker_new(TAR, &bytes);
	add(&maker, "a", buf_str(&text), AE_IFREG);
	maker_end(&maker);
	/* One header of 512 bytes, then the data. */
	CHECK(take(&sink, "x", str_make(bytes.ptr, 512 + 20000)) == ERR_OK);
	REQUIRE(sink.count == 2);
	CHECK_EQ(sink.files[1]->bytes.len, 20000);
	CHECK(str_eq(buf_str(&sink.files[1]->bytes), str_make(text.ptr, 20000)));
	CHECK(sink.problems_count >= 1);
	CHECK(!sink.broken);
	memory_sink_deinit(&sink);
	buf_deinit(&bytes);
	buf_deinit(&text);
}

TEST(an_encrypted_member_is_reported_and_the_archive_kept) {
	struct memory_sink sink;
	struct buf bytes = {0};
	memory_sink_init(&sink);
	struct maker maker = maker_new(ZIP_ENCRYPTED, &bytes);
	add(&maker, "secret.log", STR("secret\n"), AE_IFREG);
	maker_end(&maker);
	CHECK(take(&sink, "x.zip", buf_str(&bytes)) == ERR_OK);
	CHECK_EQ(sink.count, 1);
	CHECK_EQ(sink.records, 0);
	CHECK_STR(sink.problems, "x.zip!/secret.log: is encrypted: its content cannot be read\n");
	memory_sink_deinit(&sink);
	buf_deinit(&bytes);
}

TEST(members_that_are_containers_are_objects_again) {
	struct memory_sink sink;
	struct buf bytes = {0};
	memory_sink_init(&sink);
	struct maker maker = maker_new(ZIP, &bytes);
	add(&maker, "a.json", STR("[{\"a\":1}]"), AE_IFREG);
	add(&maker, "b.txt",
	    str_make("\xff\xfe"
	             "b\0\n\0",
	             6),
	    AE_IFREG);
	maker_end(&maker);
	CHECK(take(&sink, "x.zip", buf_str(&bytes)) == ERR_OK);
	REQUIRE(sink.count == 3);
	CHECK(sink.files[1]->is_object);
	CHECK_STR(sink.files[1]->texts, "{\"a\":1}\n");
	CHECK(sink.files[2]->is_object);
	CHECK_EQ(sink.files[2]->records, 1);
	CHECK(!sink.broken);
	CHECK_STR(sink.problems, "");
	memory_sink_deinit(&sink);
	buf_deinit(&bytes);
}

TEST(a_member_larger_than_what_is_held_is_read_twice_and_known_again) {
	struct memory_sink sink;
	struct buf bytes = {0};
	struct buf text = {0};
	memory_sink_init(&sink);
	sink.knows = true;
	while (text.len < LIMIT_MEMBER_HELD + 100000) {
		buf_printf(&text,
		           "%llx a line of some length that fills the file up quickly enough %0100d\n",
		           (unsigned long long)tap_random(), 7);
	}
	for (int round = 0; round < 2; round++) {
		buf_clear(&bytes);
		struct maker maker = maker_new(round == 0 ? TAR_ZST : ZIP, &bytes);
		add(&maker, "small", STR("small\n"), AE_IFREG);
		add(&maker, "large", buf_str(&text), AE_IFREG);
		add(&maker, "other", round == 0 ? STR("other\n") : STR("another\n"), AE_IFREG);
		maker_end(&maker);
		CHECK(take(&sink, "x", buf_str(&bytes)) == ERR_OK);
	}
	CHECK(str_eq(buf_str(&memory_sink_file(&sink, "x!/large")->bytes), buf_str(&text)));
	CHECK_STR(memory_sink_file(&sink, "x!/other")->bytes, "another\n");
	CHECK_EQ(sink.count, 6); /* two archives, small and large once, other twice */
	CHECK(!sink.broken);
	CHECK_STR(sink.problems, "");
	memory_sink_deinit(&sink);
	buf_deinit(&bytes);
	buf_deinit(&text);
}

TEST(formats_that_nobody_asked_for_are_text) {
	struct memory_sink sink;
	memory_sink_init(&sink);
	CHECK(take(&sink, "ar",
	           STR("!<arch>\nx/              0           0     0     644     2"
	               "         `\nab")) == ERR_OK);
	CHECK(take(&sink, "mtree", STR("#mtree\n./a type=file\n")) == ERR_OK);
	CHECK(take(&sink, "cpio", STR("070701 some text\n")) == ERR_OK);
	CHECK_EQ(sink.count, 3);
	for (uint32_t i = 0; i < sink.count; i++) {
		CHECK(!sink.files[i]->is_object);
	}
	CHECK_STR(sink.problems, "");
	memory_sink_deinit(&sink);
}
