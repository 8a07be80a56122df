#include "server/intake.h"

#include "os/thread.h"
#include "tap.h"

struct waiting {
	struct intake_wait wait;
	int calls;
	enum err err;
};

static void done(struct intake_wait *wait, enum err err) {
	struct waiting *waiting = (struct waiting *)(void *)wait;
	waiting->calls++;
	waiting->err = err;
}

static void count_room(void *ctx) {
	++*(int *)ctx;
}

static void drop(struct intake_group *group) {
	for (size_t i = 0; i < group->count; i++) {
		batch_free(group->batches[i]);
	}
	free(group->batches);
	buf_deinit(&group->notes);
}

static struct intake *start(size_t bytes_max, int *rooms) {
	return intake_new(&(struct intake_options){
	    .os = os_real(), .bytes_max = bytes_max, .room = count_room, .ctx = rooms});
}

static void put(struct intake *intake, struct intake_source *source, const char *text,
                struct intake_wait *wait) {
	intake_begin(intake);
	intake_put(intake, source, str_from(text), 0, 0);
	intake_end(intake, wait);
}

TEST(what_gathers_is_one_group_and_who_waits_hears_of_it_when_it_is_done) {
	int rooms = 0;
	struct intake *intake = start(1 << 20, &rooms);
	struct intake_source a = {.name = STR_INIT("a"), .host = STR_INIT("h")};
	struct intake_source b = {.name = STR_INIT("b")};
	struct waiting first = {.wait = {.done = done}};
	struct waiting second = {.wait = {.done = done}};
	struct intake_group group;
	put(intake, &a, "one", NULL);
	put(intake, &b, "two", &first.wait);
	put(intake, &a, "three", NULL);
	intake_note_loss(intake, STR("{\"lost\":1}"));
	REQUIRE(intake_take(intake, INT64_MAX, &group));
	REQUIRE(CHECK_EQ(group.count, 1));
	struct batch *batch = group.batches[0];
	CHECK_EQ(batch->count, 3);
	CHECK_EQ(batch->sources_count, 2);
	CHECK_STR(batch_body(batch, 2), "three");
	CHECK_EQ(batch->records[2].source, batch->records[0].source);
	CHECK_EQ(batch->records[2].number, 2);
	CHECK(batch->records[2].received_ns > 0);
	CHECK_STR(batch->sources[0].host, "h");
	CHECK_STR(buf_str(&group.notes), "{\"lost\":1}\n");
	put(intake, &a, "four", &second.wait); /* while the first group is made durable */
	CHECK_EQ(first.calls, 0);
	intake_done(intake, &group, ERR_OK);
	CHECK_EQ(first.calls, 1);
	CHECK_EQ(second.calls, 0);
	drop(&group);
	REQUIRE(intake_take(intake, INT64_MAX, &group));
	CHECK_EQ(group.batches[0]->sources_count, 1); /* told anew in the next batch */
	intake_done(intake, &group, ERR_NO_SPACE);
	CHECK(second.calls == 1 && second.err == ERR_NO_SPACE);
	CHECK(intake_bytes(intake) > 0); /* it is still to be written */
	intake_done(intake, &group, ERR_OK);
	CHECK_EQ(intake_bytes(intake), 0);
	CHECK_EQ(second.calls, 1);
	drop(&group);
	CHECK(intake_take(intake, 0, &group)); /* the deadline has passed */
	CHECK_EQ(group.count, 0);
	drop(&group);
	intake_stop(intake);
	CHECK(!intake_take(intake, INT64_MAX, &group));
	drop(&group);
	intake_free(intake);
}

TEST(two_of_one_name_are_one_source) {
	int rooms = 0;
	struct intake *intake = start(1 << 20, &rooms);
	struct intake_source a = {.name = STR_INIT("peer")};
	struct intake_source b = {.name = STR_INIT("peer")};
	struct intake_group group;
	put(intake, &a, "one", NULL);
	put(intake, &b, "two", NULL);
	put(intake, &a, "three", NULL);
	REQUIRE(intake_take(intake, INT64_MAX, &group));
	CHECK_EQ(group.batches[0]->sources_count, 1);
	intake_done(intake, &group, ERR_OK);
	drop(&group);
	intake_free(intake);
}

TEST(there_is_room_for_datagrams_when_streams_have_to_wait) {
	int rooms = 0;
	struct intake *intake = start(4000, &rooms);
	struct intake_source source = {.name = STR_INIT("a")};
	struct intake_group group;
	char text[3001];
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	CHECK(intake_has_room(intake, true) && intake_has_room(intake, false));
	put(intake, &source, text, NULL);
	CHECK(!intake_has_room(intake, true) && intake_has_room(intake, false));
	put(intake, &source, text, NULL);
	CHECK(!intake_has_room(intake, false));
	REQUIRE(intake_take(intake, INT64_MAX, &group));
	CHECK(!intake_has_room(intake, false)); /* not yet durable */
	CHECK_EQ(rooms, 0);
	intake_done(intake, &group, ERR_OK);
	CHECK_EQ(rooms, 1);
	CHECK(intake_has_room(intake, true));
	drop(&group);
	intake_free(intake);
}

TEST(many_records_come_as_several_batches_and_groups) {
	int rooms = 0;
	struct intake *intake = start((size_t)1 << 30, &rooms);
	struct intake_source source = {.name = STR_INIT("a")};
	struct waiting last = {.wait = {.done = done}};
	uint64_t records = 0;
	enum { RECORDS = 100000 };
	intake_begin(intake);
	for (int i = 0; i < RECORDS; i++) {
		intake_put(intake, &source, STR("line"), 0, (uint64_t)i);
	}
	intake_end(intake, &last.wait);
	while (records < RECORDS) {
		struct intake_group group;
		CHECK_EQ(last.calls, 0);
		REQUIRE(intake_take(intake, INT64_MAX, &group) && group.count > 0);
		for (size_t i = 0; i < group.count; i++) {
			CHECK_EQ(group.batches[i]->records[0].number, records + 1);
			CHECK(group.batches[i]->count < LIMIT_BATCH_ROWS);
			records += group.batches[i]->count;
		}
		intake_done(intake, &group, ERR_OK);
		drop(&group);
	}
	CHECK_EQ(records, RECORDS);
	CHECK_EQ(last.calls, 1);
	intake_free(intake);
}

TEST(after_the_end_nobody_is_left_waiting) {
	int rooms = 0;
	struct intake *intake = start(1 << 20, &rooms);
	struct intake_source source = {.name = STR_INIT("a")};
	struct waiting before = {.wait = {.done = done}};
	struct waiting after = {.wait = {.done = done}};
	struct intake_group all = {.ticket = UINT64_MAX};
	put(intake, &source, "one", &before.wait);
	intake_fail(intake);
	intake_done(intake, &all, ERR_CLOSED);
	CHECK(before.calls == 1 && before.err == ERR_CLOSED);
	CHECK(!intake_has_room(intake, false) && intake_failed(intake));
	put(intake, &source, "two", &after.wait);
	CHECK(after.calls == 1 && after.err == ERR_CLOSED);
	intake_free(intake);
}

struct putter {
	struct intake *intake;
	struct waiting waits[200];
};

static void put_many(void *arg) {
	struct putter *putter = arg;
	struct intake_source source = {.name = STR_INIT("thread")};
	for (size_t i = 0; i < ARRAY_LEN(putter->waits); i++) {
		putter->waits[i].wait.done = done;
		put(putter->intake, &source, "x", &putter->waits[i].wait);
	}
}

TEST(several_threads_put_while_one_takes) {
	enum { THREADS = 3 };
	int rooms = 0;
	struct intake *intake = start(1 << 20, &rooms);
	static struct putter putters[THREADS];
	struct thread *threads[THREADS];
	uint64_t records = 0;
	for (int i = 0; i < THREADS; i++) {
		putters[i] = (struct putter){.intake = intake};
		threads[i] = thread_start("putter", put_many, &putters[i]);
	}
	while (records < THREADS * ARRAY_LEN(putters[0].waits)) {
		struct intake_group group;
		REQUIRE(intake_take(intake, INT64_MAX, &group));
		records += group.records;
		intake_done(intake, &group, ERR_OK);
		drop(&group);
	}
	for (int i = 0; i < THREADS; i++) {
		thread_join(threads[i]);
		for (size_t w = 0; w < ARRAY_LEN(putters[i].waits); w++) {
			CHECK_EQ(putters[i].waits[w].calls, 1);
		}
	}
	intake_free(intake);
}
