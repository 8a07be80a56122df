#include "ingest/reading.h"

#include "ingest/memory_sink.h"
#include "tap.h"

struct fixture {
	struct memory_sink sink;
	struct ingest_options options;
	struct ingest_totals totals;
	struct reading reading;
};

static void begin(struct fixture *fixture) {
	*fixture = (struct fixture){.options = {.os = os_real(),
	                                        .source = STR("the source"),
	                                        .host = STR("the host"),
	                                        .zone = STR("+09:00"),
	                                        .year = 2026}};
	memory_sink_init(&fixture->sink);
	reading_init(&fixture->reading, &fixture->options, &fixture->sink.sink, &fixture->totals);
}

/* A whole file of count empty lines. */
static void add_file(struct fixture *fixture, struct str path, uint32_t count) {
	struct reading_file file = {.path = path};
	struct sink_file about = {.path = path, .source = path};
	enum sink_verdict verdict;
	struct sink_resume resume;
	uint8_t hash[SHA256_SIZE];
	CHECK(reading_file_begin(&fixture->reading, &file, &about, false, &verdict, &resume) == ERR_OK);
	reading_stamp(&fixture->reading, &file);
	for (uint32_t i = 0; i < count; i++) {
		CHECK(reading_room(&fixture->reading, &file) == ERR_OK);
		reading_add(&fixture->reading, &file, STR(""), file.position, 0);
		sha256_update(&file.sha, "\n", 1);
		file.position++;
	}
	sha256_digest(&file.sha, hash);
	CHECK(reading_file_end(&fixture->reading, &file, hash, count) == ERR_OK);
}

TEST(many_small_files_share_a_batch_and_large_ones_span_several) {
	struct fixture fixture;
	begin(&fixture);
	for (int i = 0; i < 100; i++) {
		char name[16];
		(void)snprintf(name, sizeof(name), "small %d", i);
		add_file(&fixture, str_from(name), 3);
	}
	CHECK_EQ(fixture.sink.batches, 0);
	add_file(&fixture, STR("large"), 3 * LIMIT_BATCH_ROWS);
	add_file(&fixture, STR("empty"), 0);
	CHECK(reading_finish(&fixture.reading, ERR_OK) == ERR_OK);
	CHECK_EQ(fixture.sink.batches, 4);
	CHECK_EQ(fixture.sink.count, 102);
	for (uint32_t i = 0; i < fixture.sink.count; i++) {
		CHECK(fixture.sink.files[i]->ended);
	}
	CHECK(!fixture.sink.broken);
	memory_sink_deinit(&fixture.sink);
}

TEST(a_second_file_of_the_same_name_waits_until_the_first_was_handed_on) {
	struct fixture fixture;
	begin(&fixture);
	add_file(&fixture, STR("twice"), 3);
	add_file(&fixture, STR("other"), 3);
	CHECK_EQ(fixture.sink.batches, 0);
	add_file(&fixture, STR("twice"), 3);
	CHECK_EQ(fixture.sink.batches, 1);
	CHECK(reading_finish(&fixture.reading, ERR_OK) == ERR_OK);
	CHECK(!fixture.sink.broken);
	memory_sink_deinit(&fixture.sink);
}

static void check_source(void *ctx, const struct batch *batch) {
	const struct batch_source *source = &batch->sources[0];
	bool *seen = ctx;
	CHECK_STR(source->name, "the source");
	CHECK_STR(source->path, "p");
	CHECK_STR(source->host, "the host");
	CHECK_STR(source->zone, "+09:00");
	CHECK_EQ(source->year, 2026);
	CHECK(batch->records[0].monotonic_ns > 0);
	*seen = true;
}

TEST(records_carry_what_was_said_on_the_command_line) {
	struct fixture fixture;
	bool seen = false;
	begin(&fixture);
	fixture.sink.seen = check_source;
	fixture.sink.seen_ctx = &seen;
	add_file(&fixture, STR("p"), 1);
	CHECK(reading_finish(&fixture.reading, ERR_OK) == ERR_OK);
	CHECK(seen);
	memory_sink_deinit(&fixture.sink);
}

TEST(after_a_failure_nothing_more_is_handed_on) {
	struct fixture fixture;
	begin(&fixture);
	add_file(&fixture, STR("p"), 1);
	CHECK(reading_finish(&fixture.reading, ERR_NO_SPACE) == ERR_NO_SPACE);
	CHECK_EQ(fixture.sink.batches, 0);
	memory_sink_deinit(&fixture.sink);
}
