#include "ingest/content.h"

#include "ingest/memory_sink.h"
#include "tap.h"

static const char gz[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\xe7\x2a"
                         "\xcf\x2f\xca\x49\xe1\x02\x00\xff\x5d\xc5\xc4\x0c\x00\x00\x00";

struct fixture {
	struct memory_sink sink;
	struct ingest_options options;
	struct ingest_totals totals;
	struct reading reading;
	struct pull_memory memory;
	struct content content;
};

static void begin(struct fixture *fixture, struct str bytes) {
	*fixture = (struct fixture){.options = {.os = os_real(), .keep_objects = true},
	                            .content = {.path = STR("x.gz")}};
	memory_sink_init(&fixture->sink);
	reading_init(&fixture->reading, &fixture->options, &fixture->sink.sink, &fixture->totals);
	fixture->content.pull = pull_memory(&fixture->memory, bytes);
}

static void end(struct fixture *fixture) {
	CHECK(!fixture->sink.broken);
	memory_sink_deinit(&fixture->sink);
}

TEST(an_object_too_large_to_hold_is_kept_by_its_hash_and_opened) {
	struct fixture fixture;
	struct str bytes = str_make(gz, sizeof(gz) - 1);
	begin(&fixture, bytes);
	sha256(bytes.ptr, bytes.len, fixture.content.hash);
	fixture.content.hash_known = true;
	fixture.content.size = bytes.len;
	CHECK(content_take_large(&fixture.reading, &fixture.content, CARRIER_COMPRESSED, bytes) ==
	      ERR_OK);
	CHECK(reading_finish(&fixture.reading, ERR_OK) == ERR_OK);
	REQUIRE(fixture.sink.count == 2);
	CHECK(fixture.sink.files[0]->is_object);
	CHECK_EQ(fixture.sink.files[0]->bytes.len, 0);
	CHECK_EQ(fixture.sink.files[0]->size_told, bytes.len);
	CHECK_STR(fixture.sink.files[1]->bytes, "hello\nworld\n");
	CHECK_EQ(fixture.sink.problems_count, 1);
	end(&fixture);
}

TEST(a_container_too_large_to_hold_is_taken_as_lines) {
	struct fixture fixture;
	begin(&fixture, STR("[{\"a\":1},\n{\"a\":2}]\n"));
	CHECK(content_take_large(&fixture.reading, &fixture.content, CARRIER_JSON_ARRAY, STR("")) ==
	      ERR_OK);
	CHECK(reading_finish(&fixture.reading, ERR_OK) == ERR_OK);
	REQUIRE(fixture.sink.count == 1);
	CHECK(!fixture.sink.files[0]->is_object);
	CHECK_STR(fixture.sink.files[0]->bytes, "[{\"a\":1},\n{\"a\":2}]\n");
	end(&fixture);
}

TEST(a_member_is_taken_as_lines_when_no_more_can_be_held) {
	struct fixture fixture;
	begin(&fixture, str_make(gz, sizeof(gz) - 1));
	fixture.reading.bytes_held = LIMIT_CONTAINER_SIZE;
	CHECK(content_take(&fixture.reading, &fixture.content) == ERR_OK);
	CHECK(reading_finish(&fixture.reading, ERR_OK) == ERR_OK);
	REQUIRE(fixture.sink.count == 1);
	CHECK(!fixture.sink.files[0]->is_object);
	CHECK(str_eq(buf_str(&fixture.sink.files[0]->bytes), str_make(gz, sizeof(gz) - 1)));
	CHECK_EQ(fixture.sink.problems_count, 1);
	end(&fixture);
}

TEST(objects_are_known_by_hash_alone_when_bytes_are_not_to_be_kept) {
	struct fixture fixture;
	begin(&fixture, str_make(gz, sizeof(gz) - 1));
	fixture.options.keep_objects = false;
	CHECK(content_take(&fixture.reading, &fixture.content) == ERR_OK);
	CHECK(reading_finish(&fixture.reading, ERR_OK) == ERR_OK);
	REQUIRE(fixture.sink.count == 2);
	CHECK_EQ(fixture.sink.files[0]->bytes.len, 0);
	CHECK(fixture.sink.files[0]->hash_begin_known);
	CHECK_STR(fixture.sink.files[1]->path, "x.gz!/x");
	end(&fixture);
}

TEST(without_a_store_nothing_is_asked_and_all_is_given) {
	struct fixture fixture;
	begin(&fixture, STR("one\ntwo"));
	fixture.sink.sink.file_begin = NULL;
	CHECK(content_take(&fixture.reading, &fixture.content) == ERR_OK);
	REQUIRE(fixture.reading.batch != NULL);
	CHECK_EQ(fixture.reading.batch->count, 2);
	CHECK_EQ(fixture.reading.batch->sources[0].file, UINT32_MAX);
	CHECK(reading_finish(&fixture.reading, ERR_CLOSED) == ERR_CLOSED);
	end(&fixture);
}
