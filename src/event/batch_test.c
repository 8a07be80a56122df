/* Tests of event/batch: records, texts, fields and their limits. */
#include "event/batch.h"

#include "tap.h"

/* A row of the batch with body, parsed rows begun by the caller. */
static void add_line(struct batch *batch, const char *body) {
	struct batch_record *record = batch_add_record(batch);
	record->body_offset = batch->raw.len;
	record->body_len = (uint32_t)strlen(body);
	record->received_ns = 1000 + batch->count;
	buf_append(&batch->raw, body, strlen(body));
}

static void check_list(struct value value, const char *expected) {
	struct buf out = {0};
	CHECK_EQ(value.kind, VALUE_LIST);
	value_append_json(&out, value);
	CHECK_STR(buf_str(&out), expected);
	buf_deinit(&out);
}

TEST(sources_of_the_network_have_an_address_in_their_name) {
	CHECK_STR(batch_source_address(STR("syslog+udp://192.0.2.1")), "192.0.2.1");
	CHECK_STR(batch_source_address(STR("elastic+http://2001:db8::1/logs-app")), "2001:db8::1");
	const char *const none[] = {"",      "web01:/var/log/auth.log", "/x+y://z", "c://x", "+://x",
	                            "a+b:/x"};
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		CHECK_EQ(batch_source_address(str_from(none[i])).len, 0);
	}
}

TEST(an_empty_batch_is_made_and_freed) {
	struct batch *batch = batch_new();
	CHECK(!batch_full(batch) && batch->count == 0);
	fields_begin(batch);
	batch_freep(&batch);
	CHECK(batch == NULL);
	batch_free(NULL);
}

TEST(bodies_come_back_to_the_byte) {
	struct batch *batch = batch_new();
	add_line(batch, "first");
	add_line(batch, "");
	add_line(batch, "third\r");
	CHECK_STR(batch_body(batch, 0), "first");
	CHECK_STR(batch_body(batch, 1), "");
	CHECK_STR(batch_body(batch, 2), "third\r");
	CHECK_STR(batch_text(batch, 2), "third\r");
	CHECK_EQ(batch->records[0].type, RECORD_DATA);
	batch_free(batch);
}

TEST(sources_are_copied_and_numbered) {
	struct batch *batch = batch_new();
	char name[32] = "s";
	for (int i = 0; i < 300; i++) {
		(void)snprintf(name, sizeof(name), "source-%d", i);
		struct batch_source source = {.name = str_from(name), .path = STR("p"), .year = i};
		CHECK_EQ(batch_add_source(batch, &source), i);
	}
	CHECK_STR(batch->sources[0].name, "source-0");
	CHECK_STR(batch->sources[299].name, "source-299");
	CHECK_EQ(batch->sources[299].year, 299);
	CHECK_EQ(batch->sources[5].host.len, 0);
	batch_free(batch);
}

static void add_too_many(void) {
	struct batch *batch = batch_new();
	for (uint32_t i = 0; i <= LIMIT_BATCH_ROWS; i++) {
		(void)batch_add_record(batch);
	}
}

TEST(a_batch_is_full_by_rows_or_by_bytes) {
	struct batch *batch = batch_new();
	while (!batch_full(batch)) {
		(void)batch_add_record(batch);
	}
	/* A line may still follow its continued part. */
	CHECK_EQ(batch->count, LIMIT_BATCH_ROWS - 1);
	batch_free(batch);
	batch = batch_new();
	memset(buf_reserve(&batch->raw, LIMIT_BATCH_BYTES), 'a', LIMIT_BATCH_BYTES);
	batch->raw.len = LIMIT_BATCH_BYTES - 1;
	CHECK(!batch_full(batch));
	batch->raw.len++;
	CHECK(batch_full(batch));
	batch_free(batch);
	CHECK(tap_aborts(add_too_many));
}

TEST(files_that_end_with_a_batch_take_a_row_each) {
	struct batch *batch = batch_new();
	for (uint32_t i = 0; !batch_full(batch); i++) {
		if (i % 2 == 0) {
			(void)batch_add_record(batch);
		} else {
			batch_add_file_end(batch, &(struct batch_file_end){.file = i, .size = 7});
		}
	}
	CHECK_EQ(batch->count + batch->ends_count, LIMIT_BATCH_ROWS - 1);
	CHECK_EQ(batch->ends[100].file, 201);
	CHECK_EQ(batch->ends[100].size, 7);
	CHECK_EQ(batch->progress_file, UINT32_MAX);
	batch_free(batch);
}

TEST(fields_are_put_by_copy_by_span_and_by_slice) {
	struct batch *batch = batch_new();
	add_line(batch, "user=root from 192.0.2.1");
	fields_begin(batch);
	(void)fields_begin_row(batch);
	char value[] = "ssh";
	fields_put_str(batch, FIELD_PROCESS_NAME, str_from(value));
	value[0] = 'X';
	fields_put_span(batch, FIELD_USER_NAME, VALUE_STRING, 5, 4);
	struct str text = batch_text(batch, 0);
	fields_put_slice(batch, FIELD_SOURCE_IP, VALUE_STRING, str_slice(text, 15, text.len));
	fields_put_span(batch, FIELD_MESSAGE, VALUE_STRING, 24, 0);
	fields_end_row(batch);
	CHECK_STR(fields_get(batch, 0, FIELD_PROCESS_NAME).text, "ssh");
	CHECK_STR(fields_get(batch, 0, FIELD_USER_NAME).text, "root");
	CHECK_STR(fields_get(batch, 0, FIELD_SOURCE_IP).text, "192.0.2.1");
	CHECK_EQ(fields_get(batch, 0, FIELD_MESSAGE).kind, VALUE_STRING);
	CHECK_EQ(fields_get(batch, 0, FIELD_HOST_NAME).kind, VALUE_NONE);
	batch_free(batch);
}

TEST(a_text_of_its_own_is_what_spans_count_in) {
	struct batch *batch = batch_new();
	add_line(batch, "\x8e\x91");
	fields_begin(batch);
	(void)fields_begin_row(batch);
	fields_set_text(batch, STR("decoded text"));
	fields_put_span(batch, FIELD_MESSAGE, VALUE_STRING, 8, 4);
	for (int i = 0; i < 1000; i++) { /* the block grows and moves */
		fields_put_str(batch, fields_name(batch, STR("x")), STR("0123456789"));
	}
	fields_end_row(batch);
	CHECK_STR(batch_text(batch, 0), "decoded text");
	CHECK_STR(fields_get(batch, 0, FIELD_MESSAGE).text, "text");
	CHECK_STR(batch_body(batch, 0), "\x8e\x91");
	batch_free(batch);
}

TEST(an_empty_text_of_its_own_is_not_the_body) {
	struct batch *batch = batch_new();
	add_line(batch, "\x1b$B");
	(void)fields_begin_row(batch);
	fields_set_text(batch, STR(""));
	fields_end_row(batch);
	CHECK_STR(batch_text(batch, 0), "");
	batch_free(batch);
}

TEST(a_row_without_a_time_has_its_receive_time) {
	struct batch *batch = batch_new();
	add_line(batch, "a");
	add_line(batch, "b");
	fields_begin(batch);
	(void)fields_begin_row(batch);
	fields_end_row(batch);
	(void)fields_begin_row(batch);
	fields_set_time(batch, 5, TIME_YEAR_INFERRED);
	fields_end_row(batch);
	CHECK_EQ(batch->fields.rows[0].time_ns, 1001);
	CHECK_EQ(batch->fields.rows[0].time_flags, TIME_NONE);
	CHECK_EQ(batch->fields.rows[1].time_ns, 5);
	CHECK_EQ(batch->fields.rows[1].time_flags, TIME_YEAR_INFERRED);
	batch_free(batch);
}

TEST(several_values_under_one_name_become_a_list) {
	struct batch *batch = batch_new();
	add_line(batch, "abc");
	fields_begin(batch);
	(void)fields_begin_row(batch);
	fields_put_span(batch, FIELD_USER_NAME, VALUE_STRING, 0, 1);
	fields_put(batch, FIELD_USER_NAME, (struct value){VALUE_NUMBER, STR("2")});
	fields_put_span(batch, FIELD_USER_NAME, VALUE_STRING, 1, 2);
	struct buf list = {0};
	value_list_append(&list, value_string(STR("x")));
	value_list_append(&list, value_string(STR("y")));
	fields_put(batch, FIELD_USER_NAME, (struct value){VALUE_LIST, buf_str(&list)});
	fields_put(batch, FIELD_HOST_NAME, (struct value){VALUE_LIST, buf_str(&list)});
	fields_put_str(batch, FIELD_HOST_NAME, STR("z"));
	fields_end_row(batch);
	check_list(fields_get(batch, 0, FIELD_USER_NAME), "[\"a\",2,\"bc\",\"x\",\"y\"]");
	check_list(fields_get(batch, 0, FIELD_HOST_NAME), "[\"x\",\"y\",\"z\"]");
	buf_deinit(&list);
	batch_free(batch);
}

TEST(names_that_repeat_in_turn_cost_no_more_than_their_values) {
	enum { TIMES = 50000 };
	struct batch *batch = batch_new();
	add_line(batch, "x");
	fields_begin(batch);
	(void)fields_begin_row(batch);
	uint32_t a = fields_name(batch, STR("a"));
	uint32_t b = fields_name(batch, STR("b"));
	for (int i = 0; i < TIMES; i++) {
		fields_put_str(batch, a, STR("1"));
		fields_put_str(batch, b, STR("22"));
	}
	fields_end_row(batch);
	CHECK_EQ(fields_get(batch, 0, a).text.len, TIMES * 3);
	CHECK_EQ(fields_get(batch, 0, b).text.len, TIMES * 4);
	CHECK(batch->fields.bytes.len < (size_t)TIMES * 7 * 8);
	batch_free(batch);
}

TEST(lists_that_grow_in_turn_never_touch_each_other) {
	for (size_t round = 0; round < tap_rounds(50); round++) {
		struct batch *batch = batch_new();
		struct buf model[4] = {0};
		add_line(batch, "0123456789");
		fields_begin(batch);
		(void)fields_begin_row(batch);
		for (int i = 0; i < 300; i++) {
			uint32_t name = (uint32_t)(tap_random() % 4);
			uint32_t len = (uint32_t)(tap_random() % 11);
			struct str text = str_make("0123456789", len);
			value_list_append(&model[name], value_string(text));
			if (tap_random() % 2 == 0) {
				fields_put_span(batch, FIELD_USER_NAME + name, VALUE_STRING, 0, len);
			} else {
				fields_put_str(batch, FIELD_USER_NAME + name, text);
			}
		}
		fields_end_row(batch);
		for (uint32_t name = 0; name < 4; name++) {
			struct value value = fields_get(batch, 0, FIELD_USER_NAME + name);
			REQUIRE(value.kind == VALUE_LIST && str_eq(value.text, buf_str(&model[name])));
			buf_deinit(&model[name]);
		}
		batch_free(batch);
	}
}

TEST(values_above_the_limit_of_a_record_are_left_out) {
	struct batch *batch = batch_new();
	add_line(batch, "x");
	fields_begin(batch);
	(void)fields_begin_row(batch);
	for (uint32_t i = 0; i < LIMIT_FIELDS_PER_RECORD + 50; i++) {
		char name[20];
		int len = snprintf(name, sizeof(name), "field%u", i);
		fields_put_str(batch, fields_name(batch, str_make(name, (size_t)len)), STR("v"));
	}
	fields_end_row(batch);
	CHECK_EQ(batch->fields.rows[0].count, LIMIT_FIELDS_PER_RECORD);
	CHECK_EQ(batch->fields.rows[0].time_flags, FIELDS_LEFT_OUT | TIME_NONE);
	/* What it may not have leaves the batch's names to the rows behind it. */
	CHECK_EQ(batch->fields.names_count, LIMIT_FIELDS_PER_RECORD);
	batch_free(batch);
}

TEST(a_row_with_all_its_values_is_not_marked_and_one_that_is_given_up_is_forgotten) {
	struct batch *batch = batch_new();
	struct buf name = {0};
	for (uint32_t row = 0; row < 3; row++) {
		add_line(batch, "x");
	}
	fields_begin(batch);
	(void)fields_begin_row(batch);
	for (uint32_t i = 0; i < LIMIT_FIELDS_PER_RECORD; i++) {
		buf_clear(&name);
		buf_printf(&name, "field%u", i);
		fields_put_str(batch, fields_name(batch, buf_str(&name)), STR("v"));
	}
	fields_set_time(batch, 5, TIME_ZONE_ASSUMED);
	fields_end_row(batch);
	CHECK_EQ(batch->fields.rows[0].time_flags, TIME_ZONE_ASSUMED);
	(void)fields_begin_row(batch);
	CHECK_EQ(fields_name(batch, STR("")), UINT32_MAX);
	fields_set_time(batch, 5, TIME_ZONE_ASSUMED);
	fields_end_row(batch);
	CHECK_EQ(batch->fields.rows[1].time_flags, FIELDS_LEFT_OUT | TIME_ZONE_ASSUMED);
	(void)fields_begin_row(batch);
	fields_put_str(batch, UINT32_MAX, STR("v"));
	fields_reset_row(batch);
	fields_end_row(batch);
	CHECK_EQ(batch->fields.rows[2].time_flags, TIME_NONE);
	buf_deinit(&name);
	batch_free(batch);
}

TEST(names_are_numbered_once_within_their_limits) {
	struct batch *batch = batch_new();
	static const char long_name[LIMIT_FIELD_NAME + 1] = {'x'};
	CHECK_EQ(fields_name(batch, STR("source.ip")), FIELD_SOURCE_IP);
	CHECK_EQ(fields_name(batch, STR("own")), FIELD_KNOWN_COUNT);
	CHECK_EQ(fields_name(batch, STR("other")), FIELD_KNOWN_COUNT + 1);
	CHECK_EQ(fields_name(batch, STR("own")), FIELD_KNOWN_COUNT);
	CHECK_STR(fields_name_text(batch, FIELD_KNOWN_COUNT + 1), "other");
	CHECK_STR(fields_name_text(batch, FIELD_SOURCE_IP), "source.ip");
	CHECK_EQ(fields_name(batch, STR("")), UINT32_MAX);
	CHECK_EQ(fields_name(batch, str_make(long_name, sizeof(long_name))), UINT32_MAX);
	CHECK(fields_name(batch, str_make(long_name, sizeof(long_name) - 1)) != UINT32_MAX);
	for (uint32_t i = 3; i < LIMIT_NAMES_PER_BATCH; i++) {
		char name[20];
		int len = snprintf(name, sizeof(name), "n%u", i);
		REQUIRE(fields_name(batch, str_make(name, (size_t)len)) == FIELD_KNOWN_COUNT + i);
	}
	CHECK_EQ(fields_name(batch, STR("one too many")), UINT32_MAX);
	CHECK_EQ(fields_name(batch, STR("n3")), FIELD_KNOWN_COUNT + 3);
	batch_free(batch);
}

TEST(an_absent_value_and_a_name_above_the_limits_are_ignored) {
	struct batch *batch = batch_new();
	add_line(batch, "x");
	fields_begin(batch);
	(void)fields_begin_row(batch);
	fields_put(batch, FIELD_USER_NAME, VALUE_ABSENT);
	fields_put_str(batch, UINT32_MAX, STR("v"));
	fields_put_span(batch, UINT32_MAX, VALUE_STRING, 0, 1);
	fields_end_row(batch);
	CHECK_EQ(batch->fields.rows[0].count, 0);
	batch_free(batch);
}

TEST(a_batch_may_meet_any_number_of_formats) {
	struct batch *batch = batch_new();
	for (int i = 0; i < 200; i++) {
		add_line(batch, "x");
	}
	fields_begin(batch);
	for (int i = 0; i < 200; i++) {
		char name[20];
		int len = snprintf(name, sizeof(name), "format%d", i % 100);
		(void)fields_begin_row(batch);
		fields_set_format(batch, str_make(name, (size_t)len));
		fields_end_row(batch);
	}
	CHECK_EQ(batch->fields.formats_count, 101); /* and the empty one */
	CHECK_STR(batch->fields.formats[batch->fields.rows[199].format], "format99");
	CHECK_STR(batch->fields.formats[0], "");
	batch_free(batch);
}

TEST(rows_may_be_parsed_while_the_batch_still_grows) {
	struct batch *batch = batch_new();
	for (uint32_t i = 0; i < LIMIT_BATCH_ROWS; i++) {
		add_line(batch, "x");
		(void)fields_begin_row(batch);
		fields_put_span(batch, FIELD_MESSAGE, VALUE_STRING, 0, 1);
		fields_end_row(batch);
	}
	CHECK_EQ(batch->fields.rows_done, LIMIT_BATCH_ROWS);
	CHECK_STR(fields_get(batch, LIMIT_BATCH_ROWS - 1, FIELD_MESSAGE).text, "x");
	batch_free(batch);
}

static void begin_a_row_without_record(void) {
	struct batch *batch = batch_new();
	add_line(batch, "x");
	(void)fields_begin_row(batch);
	(void)fields_begin_row(batch);
}
static void span_beyond_the_text(void) {
	struct batch *batch = batch_new();
	add_line(batch, "abc");
	(void)fields_begin_row(batch);
	fields_put_span(batch, FIELD_MESSAGE, VALUE_STRING, 1, UINT32_MAX);
}

TEST(rows_without_a_record_and_spans_beyond_the_text_are_bugs) {
	CHECK(tap_aborts(begin_a_row_without_record));
	CHECK(tap_aborts(span_beyond_the_text));
}

TEST(a_value_is_taken_away_again) {
	struct batch *batch = batch_new();
	struct batch_record *record = batch_add_record(batch);
	struct buf list = {0};
	record->body_len = 9;
	buf_append_str(&batch->raw, STR("a [1,2] b"));
	fields_begin(batch);
	(void)fields_begin_row(batch);
	value_list_append(&list, (struct value){VALUE_NUMBER, STR("1")});
	fields_put_span(batch, FIELD_USER_NAME, VALUE_STRING, 0, 1);
	fields_put_array(batch, FIELD_EVENT_TYPE, buf_str(&list), 2, 5);
	fields_put_span(batch, FIELD_HOST_NAME, VALUE_STRING, 8, 1);
	CHECK(!fields_drop(batch, FIELD_HOST_NAME, 2));
	CHECK(fields_drop(batch, FIELD_USER_NAME, 1));
	CHECK(!fields_drop(batch, FIELD_USER_NAME, UINT32_MAX));
	const struct field_array *note = (const void *)batch->fields.arrays.ptr;
	CHECK(batch->fields.arrays.len == sizeof(*note) && note->entry == 0);
	CHECK_STR(fields_get(batch, 0, FIELD_HOST_NAME).text, "b");
	CHECK(fields_get(batch, 0, FIELD_EVENT_TYPE).kind == VALUE_LIST);
	CHECK(fields_drop(batch, FIELD_EVENT_TYPE, UINT32_MAX));
	CHECK(batch->fields.arrays.len == 0);
	CHECK(batch->fields.rows[0].count == 1 && batch->fields.entries_count == 1);
	fields_end_row(batch);
	buf_deinit(&list);
	batch_free(batch);
}

TEST(a_name_is_looked_up_without_being_added) {
	struct batch *batch = batch_new();
	(void)batch_add_record(batch);
	fields_begin(batch);
	(void)fields_begin_row(batch);
	CHECK(fields_find_name(batch, STR("my.own")) == UINT32_MAX);
	CHECK(fields_find_name(batch, STR("user.name")) == FIELD_USER_NAME);
	CHECK(batch->fields.names_count == 0);
	uint32_t number = fields_name(batch, STR("my.own"));
	CHECK(fields_find_name(batch, STR("my.own")) == number);
	CHECK((batch->fields.rows[0].time_flags & FIELDS_LEFT_OUT) == 0);
	fields_end_row(batch);
	batch_free(batch);
}
