/* Records under the names of rules. */
#include "sigma/record.h"

#include "tap.h"

static const struct sigma_field *find(const struct sigma_event *event, const char *name) {
	for (uint32_t i = 0; i < event->fields_count; i++) {
		if (str_eq(event->fields[i].name, str_from(name))) {
			return &event->fields[i];
		}
	}
	return NULL;
}

TEST(events_of_windows_have_the_names_that_windows_gives) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct buf list = {0};
	value_list_append(&list, value_string(STR("one")));
	value_list_append(&list, value_string(STR("two")));
	struct row_field fields[] = {
	    {STR("winlog.event_data.Image"), value_string(STR("a.exe"))},
	    {STR("winlog.event_data.Channel"), value_string(STR("other"))},
	    {STR("winlog.user_data.Data"), {VALUE_LIST, buf_str(&list)}},
	    {STR("winlog.channel"), value_string(STR("System"))},
	    {STR("winlog.event_id"), {VALUE_NUMBER, STR("104")}},
	    {STR("host.name"), value_string(STR("pc"))},
	};
	struct row row = {.format = STR("evtx"),
	                  .text = STR("<Event/>"),
	                  .fields = fields,
	                  .fields_count = ARRAY_LEN(fields)};
	struct sigma_event event;
	sigma_record_event(arena, &row, &event);
	CHECK_EQ(event.fields_count, 6);
	REQUIRE(find(&event, "Channel") != NULL && find(&event, "Image") != NULL);
	CHECK_STR(find(&event, "Channel")->value.text, "System"); /* not that of the data */
	CHECK_EQ(find(&event, "EventID")->value.kind, VALUE_NUMBER);
	CHECK(find(&event, "host.name") != NULL && find(&event, "Data") != NULL);
	CHECK_STR(find(&event, "akashi.format")->value.text, "evtx");
	CHECK_EQ(event.keywords_count, 5); /* System, 104, a.exe, one, two */
	CHECK_STR(event.keywords[0], "System");
	CHECK_STR(event.keywords[4], "two");
	buf_deinit(&list);
}

TEST(other_records_keep_their_names_and_their_text_is_searched) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct row_field fields[] = {{STR("process.name"), value_string(STR("sshd"))}};
	struct row row = {.format = STR("syslog-rfc3164"),
	                  .text = STR("the line"),
	                  .fields = fields,
	                  .fields_count = 1};
	struct sigma_event event;
	sigma_record_event(arena, &row, &event);
	CHECK_EQ(event.fields_count, 2);
	CHECK_STR(event.fields[0].name, "process.name");
	REQUIRE(event.keywords_count == 1);
	CHECK_STR(event.keywords[0], "the line");
	bool header;
	bool data;
	CHECK_STR(sigma_field_name(STR("winlog.user_data.a.b"), &header, &data), "a.b");
	CHECK(data && !header);
}
