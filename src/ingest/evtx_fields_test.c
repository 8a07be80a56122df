#include "ingest/evtx_fields.h"

#include "base/instant.h"
#include "tap.h"

struct bench {
	struct evtx_fields fields;
	struct batch *batch;
};

static void bench_begin(struct bench *bench) {
	evtx_fields_init(&bench->fields);
	bench->batch = batch_new();
	(void)batch_add_record(bench->batch);
	(void)fields_begin_row(bench->batch);
	evtx_fields_begin(&bench->fields, bench->batch);
}

static void bench_end(struct bench *bench) {
	evtx_fields_deinit(&bench->fields);
	batch_free(bench->batch);
}

/* Text at the end of the XML. */
static struct evtx_piece piece(struct bench *bench, const char *text) {
	uint32_t offset = (uint32_t)bench->fields.xml.len;
	struct str str = str_from(text);
	buf_append_str(&bench->fields.xml, str);
	return (struct evtx_piece){offset, (uint32_t)str.len, memchr(text, '&', str.len) != NULL};
}

static struct value get(struct bench *bench, const char *name) {
	return fields_get(bench->batch, bench->batch->fields.rows_done - 1,
	                  fields_name(bench->batch, str_from(name)));
}

/* An element with literals "ElementAttribute": its name, and its attribute Name. */
static void datum(struct bench *bench, struct evtx_element *element, bool is_data,
                  const char *value) {
	evtx_fields_datum(&bench->fields, &(struct evtx_datum){.section = EVTX_SECTION_EVENT_DATA,
	                                                       .element = element,
	                                                       .literals = "ElementAttribute",
	                                                       .is_data = is_data,
	                                                       .value = piece(bench, value)});
}

static const struct evtx_element an_element = {
    .name = 0, .name_len = 7, .data_name = 7, .data_name_len = 9, .field = UINT32_MAX};

TEST(numbers_are_numbers_only_where_ecs_has_them_and_they_look_so) {
	struct bench bench;
	bench_begin(&bench);
	evtx_fields_system(&bench.fields, EVTX_NAME_EVENT_ID, EVTX_ELEMENT_TEXT, piece(&bench, "7"));
	evtx_fields_system(&bench.fields, EVTX_NAME_TASK, EVTX_ELEMENT_TEXT, piece(&bench, "x1"));
	evtx_fields_system(&bench.fields, EVTX_NAME_VERSION, EVTX_ELEMENT_TEXT, piece(&bench, "01"));
	evtx_fields_put(&bench.fields);
	CHECK_EQ(get(&bench, "winlog.event_id").kind, VALUE_NUMBER);
	CHECK_EQ(get(&bench, "event.code").kind, VALUE_STRING);
	CHECK_EQ(get(&bench, "winlog.task").kind, VALUE_STRING);
	CHECK_EQ(get(&bench, "winlog.version").kind, VALUE_STRING);
	bench_end(&bench);
}

TEST(empty_values_of_system_are_no_fields) {
	struct bench bench;
	bench_begin(&bench);
	evtx_fields_system(&bench.fields, EVTX_NAME_SECURITY, EVTX_NAME_USER_ID, piece(&bench, ""));
	evtx_fields_system(&bench.fields, EVTX_NAME_EVENT_ID, EVTX_NAME_GUID, piece(&bench, "5"));
	evtx_fields_put(&bench.fields);
	CHECK_EQ(get(&bench, "winlog.user.identifier").kind, VALUE_NONE);
	CHECK_EQ(bench.batch->fields.rows[0].count, 1); /* event.kind */
	bench_end(&bench);
}

TEST(levels_and_audit_keywords_become_words) {
	static const char *const words[] = {"information", "critical",    "error",
	                                    "warning",     "information", "verbose"};
	static const struct {
		const char *keywords, *outcome;
	} cases[] = {{"0x8020000000000000", "success"},
	             {"0x8010000000000000", "failure"},
	             {"0x8000000000000000", ""},
	             {"0x0", ""}};
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		struct bench bench;
		char level[2] = {(char)('0' + i), '\0'};
		bench_begin(&bench);
		evtx_fields_system(&bench.fields, EVTX_NAME_LEVEL, EVTX_ELEMENT_TEXT, piece(&bench, level));
		evtx_fields_put(&bench.fields);
		CHECK_STR(get(&bench, "log.level").text, words[i]);
		bench_end(&bench);
	}
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct bench bench;
		bench_begin(&bench);
		evtx_fields_system(&bench.fields, EVTX_NAME_KEYWORDS, EVTX_ELEMENT_TEXT,
		                   piece(&bench, cases[i].keywords));
		evtx_fields_put(&bench.fields);
		CHECK_STR(get(&bench, "event.outcome").text, cases[i].outcome);
		bench_end(&bench);
	}
}

TEST(the_time_is_that_of_time_created) {
	struct bench bench;
	bench_begin(&bench);
	evtx_fields_system(&bench.fields, EVTX_NAME_TIME_CREATED, EVTX_NAME_SYSTEM_TIME,
	                   piece(&bench, "1970-01-01T00:00:01.0000001Z"));
	evtx_fields_put(&bench.fields);
	CHECK_EQ(bench.batch->fields.rows[0].time_ns, INSTANT_SECOND + 100);
	evtx_fields_begin(&bench.fields, bench.batch);
	evtx_fields_system(&bench.fields, EVTX_NAME_TIME_CREATED, EVTX_NAME_SYSTEM_TIME,
	                   piece(&bench, "never"));
	CHECK_EQ(bench.fields.time_ns, INSTANT_MIN);
	bench_end(&bench);
}

TEST(data_take_the_name_of_their_attribute_and_others_their_own) {
	struct bench bench;
	struct evtx_element data = an_element;
	struct evtx_element other = an_element;
	bench_begin(&bench);
	datum(&bench, &data, true, "a");
	datum(&bench, &other, false, "b &lt; c");
	evtx_fields_put(&bench.fields);
	CHECK_STR(get(&bench, "winlog.event_data.Attribute").text, "a");
	CHECK_STR(get(&bench, "winlog.event_data.Element").text, "b < c");
	bench_end(&bench);
}

TEST(values_of_one_name_are_a_list_in_their_order) {
	struct bench bench;
	struct evtx_element data = an_element;
	struct evtx_element other = an_element;
	bench_begin(&bench);
	datum(&bench, &data, true, "1");
	datum(&bench, &other, false, "x");
	datum(&bench, &data, true, "&amp;");
	datum(&bench, &data, true, "");
	evtx_fields_put(&bench.fields);
	struct value list = get(&bench, "winlog.event_data.Attribute");
	struct buf json = {0};
	value_append_json(&json, list);
	CHECK_STR(buf_str(&json), "[\"1\",\"&\",\"\"]");
	CHECK_EQ(get(&bench, "winlog.event_data.Element").kind, VALUE_STRING);
	buf_deinit(&json);
	bench_end(&bench);
}

TEST(the_number_of_a_name_is_looked_up_anew_in_another_batch) {
	struct bench bench;
	struct evtx_element data = an_element;
	bench_begin(&bench);
	datum(&bench, &data, true, "1");
	evtx_fields_put(&bench.fields);
	batch_free(bench.batch);
	bench.batch = batch_new();
	(void)batch_add_record(bench.batch);
	(void)fields_begin_row(bench.batch);
	(void)fields_name(bench.batch, STR("another"));
	(void)fields_name(bench.batch, STR("winlog.event_data.Attribution"));
	evtx_fields_begin(&bench.fields, bench.batch);
	datum(&bench, &data, true, "2");
	evtx_fields_put(&bench.fields);
	CHECK_STR(get(&bench, "winlog.event_data.Attribute").text, "2");
	CHECK_EQ(get(&bench, "another").kind, VALUE_NONE);
	bench_end(&bench);
}

TEST(elements_below_an_event_begin_sections) {
	CHECK(evtx_section_of(EVTX_NAME_SYSTEM) == EVTX_SECTION_SYSTEM);
	CHECK(evtx_section_of(EVTX_NAME_EVENT_DATA) == EVTX_SECTION_EVENT_DATA);
	CHECK(evtx_section_of(EVTX_NAME_PROCESSING_ERROR_DATA) == EVTX_SECTION_EVENT_DATA);
	CHECK(evtx_section_of(EVTX_NAME_USER_DATA) == EVTX_SECTION_USER_DATA);
	CHECK(evtx_section_of(EVTX_NAME_RENDERING_INFO) == EVTX_SECTION_RENDERING);
	CHECK(evtx_section_of(0) == EVTX_SECTION_NONE);
}
