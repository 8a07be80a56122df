/* Batches into frames and back. */
#include "store/frame.h"

#include "store/page_sample.h"
#include "tap.h"

static struct batch *reserved_sample(uint32_t rows, bool containers, struct file_table *files) {
	struct batch *batch = sample_batch(rows, 1, containers);
	struct reservation *reservation = ARENA_NEW(batch->arena, struct reservation);
	struct segment_file three = {.file = 3, .same_as = FILE_NONE, .path = STR_INIT("/a\xff")};
	struct segment_file five = {.file = 5, .same_as = 3, .path = STR_INIT("/b"), .is_object = true};
	reservation->plan = *sample_plan(batch, 1000);
	batch->store_private = reservation;
	(void)file_table_add(files, &three);
	(void)file_table_add(files, &five);
	batch_add_file_end(batch, &(struct batch_file_end){.file = 5, .size = 9, .records = 2});
	return batch;
}

TEST(a_frame_gives_the_batch_back_with_its_places) {
	struct arena *arena CLEANUP(arena_freep) = arena_new(SIZE_MAX);
	struct file_table files;
	struct frame_files found;
	struct buf payload CLEANUP(buf_deinit) = {0};
	struct batch *again CLEANUP(batch_freep) = NULL;
	file_table_init(&files, arena);
	struct batch *batch CLEANUP(batch_freep) = reserved_sample(300, false, &files);
	REQUIRE(frame_encode(batch, &files, &payload) == ERR_OK);
	REQUIRE(frame_decode(buf_str(&payload), &again, &found) == ERR_OK);
	CHECK_EQ(again->first_index, 1000);
	CHECK_EQ(again->count, 300);
	CHECK_EQ(again->ends_count, 1);
	CHECK_EQ(again->progress_file, 3);
	CHECK(!again->parsed);
	for (uint32_t row = 0; row < 300; row++) {
		CHECK(str_eq(batch_body(batch, row), batch_body(again, row)));
		CHECK_EQ(again->records[row].received_ns, batch->records[row].received_ns);
		CHECK_EQ(again->records[row].source, batch->records[row].source);
	}
	CHECK(str_eq(again->sources[1].name, batch->sources[1].name));
	CHECK(memcmp(batch_reservation(again)->plan.seeds, batch_reservation(batch)->plan.seeds,
	             (size_t)batch_reservation(batch)->plan.seeds_count * SALT_SEED_SIZE) == 0);
	for (size_t len = 0; len < payload.len; len += 1 + len / 50) {
		struct batch *none = NULL;
		CHECK(frame_decode(str_make(payload.ptr, len), &none, &found) == ERR_CORRUPT);
	}
	file_table_deinit(&files);
}

TEST(container_bodies_do_not_go_through_the_log) {
	struct arena *arena CLEANUP(arena_freep) = arena_new(SIZE_MAX);
	struct file_table files;
	struct buf payload CLEANUP(buf_deinit) = {0};
	file_table_init(&files, arena);
	struct batch *batch CLEANUP(batch_freep) = reserved_sample(20, true, &files);
	CHECK(frame_encode(batch, &files, &payload) == ERR_UNSUPPORTED);
	file_table_deinit(&files);
}
