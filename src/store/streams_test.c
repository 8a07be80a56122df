/* Streams keep their numbers and their sequence over segments. */
#include "store/streams.h"

#include "tap.h"

TEST(footers_add_up) {
	struct arena *arena CLEANUP(arena_freep) = arena_new(SIZE_MAX);
	struct stream_table table;
	struct segment_stream row = {.stream = 3,
	                             .name = STR_INIT("/var/log/auth.log"),
	                             .records = 10,
	                             .bytes_raw = 100,
	                             .time_min_ns = 50,
	                             .time_max_ns = 60};
	stream_table_init(&table, arena);
	stream_table_load(&table, &row);
	row.first_seq = 10;
	row.time_min_ns = 5;
	stream_table_load(&table, &row);
	const struct stream_entry *entry = stream_table_find_name(&table, STR("/var/log/auth.log"));
	REQUIRE(entry != NULL && entry == stream_table_find(&table, 3));
	CHECK_EQ(entry->next_seq, 20);
	CHECK_EQ(entry->total.records, 20);
	CHECK_EQ(entry->total.time_min_ns, 5);
	CHECK_EQ(entry->total.time_max_ns, 60);
	CHECK_EQ(table.next_number, 4);
	CHECK(stream_table_find(&table, 4) == NULL);
	stream_table_deinit(&table);
}
