/* Verdicts on files, from what the table knows. */
#include "store/files.h"

#include "tap.h"

static struct segment_file row(uint32_t number, const char *path, uint8_t hash, uint64_t position,
                               bool done) {
	return (struct segment_file){.file = number,
	                             .same_as = FILE_NONE,
	                             .path = str_from(path),
	                             .done = done,
	                             .hash = {hash},
	                             .position = position,
	                             .size = position};
}

static enum sink_verdict judge(const struct file_table *table, const char *path, int hash,
                               bool fresh, uint32_t *out_number) {
	struct sink_file file = {.path = str_from(path), .hash_known = hash >= 0};
	struct file_entry *entry = NULL;
	file.hash[0] = (uint8_t)hash;
	enum sink_verdict verdict = file_table_judge(table, &file, fresh, &entry);
	*out_number = entry == NULL ? FILE_NONE : entry->number;
	return verdict;
}

TEST(verdicts_follow_path_and_hash) {
	struct arena *arena CLEANUP(arena_freep) = arena_new(SIZE_MAX);
	struct file_table table;
	struct segment_file rows[] = {row(0, "/a", 1, 100, true), row(7, "/b", 2, 50, false)};
	uint32_t number;
	file_table_init(&table, arena);
	file_table_load(&table, &rows[0]);
	file_table_load(&table, &rows[1]);
	CHECK_EQ(table.next_number, 8);
	CHECK_EQ(judge(&table, "/a", 1, false, &number), SINK_SKIP);
	CHECK_EQ(number, 0);
	CHECK_EQ(judge(&table, "/elsewhere", 1, false, &number), SINK_SKIP);
	CHECK_EQ(judge(&table, "/a", 9, false, &number), SINK_RESUME);
	CHECK_EQ(judge(&table, "/a", -1, false, &number), SINK_RESUME);
	CHECK_EQ(judge(&table, "/a", -1, true, &number), SINK_TAKE);
	CHECK_EQ(number, FILE_NONE);
	CHECK_EQ(judge(&table, "/b", 2, false, &number), SINK_RESUME); /* not done: not known whole */
	CHECK_EQ(number, 7);
	CHECK_EQ(judge(&table, "/new", 3, false, &number), SINK_TAKE);
	file_table_deinit(&table);
}

TEST(sizes_of_done_files_are_known) {
	struct arena *arena CLEANUP(arena_freep) = arena_new(SIZE_MAX);
	struct file_table table;
	struct segment_file rows[] = {row(0, "/a", 1, 100, true), row(7, "/b", 2, 50, false)};
	file_table_init(&table, arena);
	CHECK(!file_table_has_size(&table, 0));
	file_table_load(&table, &rows[0]);
	file_table_load(&table, &rows[1]);
	CHECK(file_table_has_size(&table, 100));
	CHECK(!file_table_has_size(&table, 50));
	CHECK(!file_table_has_size(&table, 0));
	rows[1].done = true;
	rows[1].size = 60;
	file_table_load(&table, &rows[1]);
	CHECK(file_table_has_size(&table, 60));
	file_table_deinit(&table);
}

TEST(a_later_row_wins_and_an_old_hash_is_forgotten) {
	struct arena *arena CLEANUP(arena_freep) = arena_new(SIZE_MAX);
	struct file_table table;
	struct segment_file before = row(0, "/a", 1, 100, true);
	struct segment_file after = row(0, "/a", 2, 200, true);
	uint32_t number;
	file_table_init(&table, arena);
	file_table_load(&table, &before);
	file_table_load(&table, &after);
	CHECK_EQ(table.count, 1);
	CHECK_EQ(judge(&table, "/x", 2, false, &number), SINK_SKIP);
	CHECK_EQ(judge(&table, "/x", 1, false, &number), SINK_TAKE);
	CHECK_EQ(file_entry_row(file_table_find(&table, 0)).position, 200);
	file_table_deinit(&table);
}
