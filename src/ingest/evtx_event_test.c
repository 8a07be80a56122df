#include "ingest/evtx_event.h"

#include "evtx_maker.h"
#include "tap.h"

/* One event in a chunk, rendered into the only row of a batch. */
struct bench {
	struct evtx_maker maker;
	struct evtx_chunk chunk;
	struct evtx_event event;
	struct batch *batch;
	uint32_t at;
};

static void bench_begin(struct bench *bench) {
	memset(bench, 0, sizeof(*bench));
	evtx_chunk_init(&bench->chunk, STR(""));
	evtx_event_init(&bench->event, &bench->chunk);
	maker_begin_chunk(&bench->maker);
	bench->at = (uint32_t)bench->maker.len;
	maker_fragment(&bench->maker);
}

static void bench_render(struct bench *bench) {
	batch_free(bench->batch);
	bench->batch = batch_new();
	(void)batch_add_record(bench->batch);
	(void)fields_begin_row(bench->batch);
	evtx_chunk_deinit(&bench->chunk);
	evtx_chunk_init(&bench->chunk, str_make((const char *)bench->maker.bytes, bench->maker.len));
	evtx_chunk_begin(&bench->chunk, 0, (uint32_t)bench->maker.len);
	evtx_event_render(&bench->event, bench->batch, bench->at, bench->chunk.size);
	evtx_fields_put(&bench->event.fields);
	fields_end_row(bench->batch);
}

static void bench_end(struct bench *bench) {
	batch_free(bench->batch);
	evtx_event_deinit(&bench->event);
	evtx_chunk_deinit(&bench->chunk);
	maker_deinit(&bench->maker);
}

static struct str text_of(const struct bench *bench) {
	return batch_text(bench->batch, 0);
}

/* The value of a field as JSON, or "absent". */
static struct str field(struct bench *bench, const char *name) {
	struct value value = fields_get(bench->batch, 0, fields_name(bench->batch, str_from(name)));
	struct buf *out = &bench->event.fields.scratch;
	buf_clear(out);
	if (value.kind == VALUE_NONE) {
		return STR("absent");
	}
	value_append_json(out, value);
	return buf_str(out);
}

static void element(struct evtx_maker *maker, const char *name, const char *text) {
	maker_open(maker, name, -1, false);
	maker_close_start(maker);
	maker_text(maker, text);
	maker_end(maker);
}

static void data(struct evtx_maker *maker, const char *name, const char *text) {
	maker_open(maker, "Data", -1, name != NULL);
	if (name != NULL) {
		maker_attribute(maker, "Name");
		maker_text(maker, name);
	}
	maker_close_start(maker);
	maker_text(maker, text);
	maker_end(maker);
}

static void open(struct evtx_maker *maker, const char *name) {
	maker_open(maker, name, -1, false);
	maker_close_start(maker);
}

static void attributes(struct evtx_maker *maker, const char *name, const char *first,
                       const char *first_value, const char *second, const char *second_value) {
	maker_open(maker, name, -1, true);
	maker_attribute(maker, first);
	maker_text(maker, first_value);
	if (second != NULL) {
		maker_attribute(maker, second);
		maker_text(maker, second_value);
	}
	maker_close_empty(maker);
}

TEST(system_becomes_the_fields_of_ecs) {
	struct bench bench;
	bench_begin(&bench);
	struct evtx_maker *m = &bench.maker;
	open(m, "Event");
	open(m, "System");
	attributes(m, "Provider", "Name", "Maker", "Guid", "{A}");
	maker_open(m, "EventID", -1, true);
	maker_attribute(m, "Qualifiers");
	maker_text(m, "16384");
	maker_close_start(m);
	maker_text(m, "4625");
	maker_end(m);
	element(m, "Version", "2");
	element(m, "Level", "3");
	element(m, "Task", "12544");
	element(m, "Opcode", "0");
	element(m, "Keywords", "0x8010000000000000");
	attributes(m, "TimeCreated", "SystemTime", "2026-11-22T01:02:03.1234567Z", NULL, NULL);
	element(m, "EventRecordID", "77");
	attributes(m, "Correlation", "ActivityID", "{B}", "RelatedActivityID", "{C}");
	attributes(m, "Execution", "ProcessID", "4", "ThreadID", "8");
	element(m, "Channel", "Security");
	element(m, "Computer", "host.example");
	attributes(m, "Security", "UserID", "S-1-5-18", NULL, NULL);
	maker_end(m);
	maker_end(m);
	maker_eof(m);
	bench_render(&bench);
	CHECK(bench.event.fault == NULL);
	CHECK_STR(field(&bench, "winlog.provider_name"), "\"Maker\"");
	CHECK_STR(field(&bench, "event.provider"), "\"Maker\"");
	CHECK_STR(field(&bench, "winlog.provider_guid"), "\"{A}\"");
	CHECK_STR(field(&bench, "winlog.event_id"), "4625");
	CHECK_STR(field(&bench, "event.code"), "\"4625\"");
	CHECK_STR(field(&bench, "winlog.version"), "2");
	CHECK_STR(field(&bench, "winlog.level"), "3");
	CHECK_STR(field(&bench, "log.level"), "\"warning\"");
	CHECK_STR(field(&bench, "winlog.task"), "12544");
	CHECK_STR(field(&bench, "winlog.opcode"), "0");
	CHECK_STR(field(&bench, "winlog.keywords"), "\"0x8010000000000000\"");
	CHECK_STR(field(&bench, "event.outcome"), "\"failure\"");
	CHECK_STR(field(&bench, "event.kind"), "\"event\"");
	CHECK_STR(field(&bench, "winlog.record_id"), "77");
	CHECK_STR(field(&bench, "winlog.activity_id"), "\"{B}\"");
	CHECK_STR(field(&bench, "winlog.related_activity_id"), "\"{C}\"");
	CHECK_STR(field(&bench, "winlog.process.pid"), "4");
	CHECK_STR(field(&bench, "winlog.process.thread.id"), "8");
	CHECK_STR(field(&bench, "winlog.channel"), "\"Security\"");
	CHECK_STR(field(&bench, "winlog.computer_name"), "\"host.example\"");
	CHECK_STR(field(&bench, "host.name"), "\"host.example\"");
	CHECK_STR(field(&bench, "winlog.user.identifier"), "\"S-1-5-18\"");
	CHECK_EQ(bench.batch->fields.rows[0].time_ns, 1795309323123456700);
	bench_end(&bench);
}

TEST(event_data_is_named_by_its_attribute_or_its_element) {
	struct bench bench;
	bench_begin(&bench);
	struct evtx_maker *m = &bench.maker;
	open(m, "Event");
	open(m, "EventData");
	data(m, "User", "a&b");
	data(m, NULL, "one");
	data(m, NULL, "two\n");
	element(m, "Binary", "00FF");
	data(m, "Twice", "1");
	data(m, "Twice", "2");
	data(m, "Twice", "3");
	data(m, "Strange & name", "x");
	open(m, "Data");
	maker_end(m);
	maker_end(m);
	maker_end(m);
	bench_render(&bench);
	CHECK_STR(field(&bench, "winlog.event_data.User"), "\"a&b\"");
	CHECK_STR(field(&bench, "winlog.event_data.Data"), "[\"one\",\"two\\n\",\"\"]");
	CHECK_STR(field(&bench, "winlog.event_data.Binary"), "\"00FF\"");
	CHECK_STR(field(&bench, "winlog.event_data.Twice"), "[\"1\",\"2\",\"3\"]");
	CHECK_STR(field(&bench, "winlog.event_data.Strange & name"), "\"x\"");
	CHECK_STR(text_of(&bench),
	          "<Event><EventData><Data Name='User'>a&amp;b</Data><Data>one</Data>"
	          "<Data>two&#xA;</Data><Binary>00FF</Binary><Data Name='Twice'>1</Data>"
	          "<Data Name='Twice'>2</Data><Data Name='Twice'>3</Data>"
	          "<Data Name='Strange &amp; name'>x</Data><Data></Data></EventData>"
	          "</Event>");
	bench_end(&bench);
}

TEST(user_data_gives_its_leaves_and_errors_count_as_event_data) {
	struct bench bench;
	bench_begin(&bench);
	struct evtx_maker *m = &bench.maker;
	open(m, "Event");
	open(m, "UserData");
	open(m, "EventXML");
	element(m, "Session", "2");
	open(m, "Deep");
	element(m, "Address", "192.0.2.1");
	maker_end(m);
	maker_end(m);
	maker_end(m);
	open(m, "ProcessingErrorData");
	element(m, "ErrorCode", "15003");
	maker_end(m);
	open(m, "RenderingInfo");
	element(m, "Message", "What was said");
	maker_end(m);
	maker_end(m);
	bench_render(&bench);
	CHECK_STR(field(&bench, "winlog.user_data.Session"), "\"2\"");
	CHECK_STR(field(&bench, "winlog.user_data.Address"), "\"192.0.2.1\"");
	CHECK_STR(field(&bench, "winlog.user_data.Deep"), "absent");
	CHECK_STR(field(&bench, "winlog.user_data.EventXML"), "absent");
	CHECK_STR(field(&bench, "winlog.event_data.ErrorCode"), "\"15003\"");
	CHECK_STR(field(&bench, "message"), "\"What was said\"");
	bench_end(&bench);
}

/* <Event><EventData><Data Name='a' Opt={1}>{0}</Data><Data>{2}</Data>x{3}</EventData></Event> */
static void define_template(struct evtx_maker *m) {
	(void)maker_define(m, 0xabcd);
	maker_fragment(m);
	maker_open(m, "Event", 0xffff, false);
	maker_close_start(m);
	maker_open(m, "EventData", 0xffff, false);
	maker_close_start(m);
	maker_open(m, "Data", 0, true);
	maker_attribute(m, "Name");
	maker_text(m, "a");
	maker_attribute(m, "Opt");
	maker_substitution(m, 1, EVTX_STRING, true);
	maker_close_start(m);
	maker_substitution(m, 0, EVTX_STRING, true);
	maker_end(m);
	maker_open(m, "Data", 2, false);
	maker_close_start(m);
	maker_substitution(m, 2, EVTX_STRING, false);
	maker_end(m);
	maker_open(m, "Mixed", 3, false);
	maker_close_start(m);
	maker_text(m, "x");
	maker_substitution(m, 3, EVTX_STRING, false);
	maker_end(m);
	maker_end(m);
	maker_end(m);
	maker_eof(m);
	maker_end_definition(m);
}

TEST(values_go_into_their_template) {
	struct bench bench;
	bench_begin(&bench);
	define_template(&bench.maker);
	maker_values(&bench.maker,
	             (struct maker_value[]){MAKER_VALUE(EVTX_STRING, "h\0i\0"),
	                                    MAKER_VALUE(EVTX_UINT8, "\x05"),
	                                    MAKER_VALUE(EVTX_BOOL, "\1\0\0\0"), MAKER_NULL},
	             4);
	maker_eof(&bench.maker);
	bench_render(&bench);
	CHECK(bench.event.fault == NULL);
	CHECK_STR(text_of(&bench), "<Event><EventData><Data Name='a' Opt='5'>hi</Data><Data>true</Data>"
	                           "<Mixed>x</Mixed></EventData></Event>");
	CHECK_STR(field(&bench, "winlog.event_data.a"), "\"hi\"");
	CHECK_STR(field(&bench, "winlog.event_data.Data"), "\"true\"");
	CHECK_STR(field(&bench, "winlog.event_data.Mixed"), "\"x\"");
	bench_end(&bench);
}

TEST(an_optional_attribute_without_value_is_left_out_and_an_element_is_empty) {
	struct bench bench;
	bench_begin(&bench);
	define_template(&bench.maker);
	maker_values(&bench.maker,
	             (struct maker_value[]){MAKER_NULL, MAKER_NULL, MAKER_NULL, MAKER_NULL}, 4);
	bench_render(&bench);
	CHECK_STR(text_of(&bench), "<Event><EventData><Data Name='a'></Data><Data></Data>"
	                           "<Mixed>x</Mixed></EventData></Event>");
	CHECK_STR(field(&bench, "winlog.event_data.a"), "\"\"");
	bench_end(&bench);
}

TEST(an_array_repeats_its_element) {
	struct bench bench;
	bench_begin(&bench);
	define_template(&bench.maker);
	maker_values(&bench.maker,
	             (struct maker_value[]){MAKER_VALUE(EVTX_ARRAY | EVTX_UINT16, "\1\0\2\0"),
	                                    MAKER_VALUE(EVTX_ARRAY | EVTX_UINT8, "\3\4"),
	                                    MAKER_VALUE(EVTX_ARRAY | EVTX_STRING, "p\0\0\0q\0\0\0"),
	                                    MAKER_VALUE(EVTX_ARRAY | EVTX_UINT8, "\5\6")},
	             4);
	bench_render(&bench);
	CHECK(bench.event.fault == NULL);
	CHECK_STR(text_of(&bench), "<Event><EventData><Data Name='a' Opt='3, 4'>1</Data>"
	                           "<Data Name='a' Opt='3, 4'>2</Data><Data>p</Data><Data>q</Data>"
	                           "<Mixed>x5, 6</Mixed></EventData></Event>");
	CHECK_STR(field(&bench, "winlog.event_data.a"), "[\"1\",\"2\"]");
	CHECK_STR(field(&bench, "winlog.event_data.Data"), "[\"p\",\"q\"]");
	bench_end(&bench);
}

TEST(a_value_that_the_record_lacks_is_told_and_the_rest_stands) {
	struct bench bench;
	bench_begin(&bench);
	define_template(&bench.maker);
	maker_values(&bench.maker, (struct maker_value[]){MAKER_VALUE(EVTX_STRING, "h\0i\0")}, 1);
	bench_render(&bench);
	CHECK(bench.event.fault != NULL);
	CHECK_STR(text_of(&bench), "<Event><EventData><Data Name='a'>hi</Data><Data></Data>"
	                           "<Mixed>x</Mixed></EventData></Event>");
	bench_end(&bench);
}

TEST(binxml_inside_a_value_is_part_of_the_event) {
	struct bench bench;
	bench_begin(&bench);
	struct evtx_maker *m = &bench.maker;
	(void)maker_define(m, 1);
	maker_fragment(m);
	maker_open(m, "Event", 0xffff, false);
	maker_close_start(m);
	maker_open(m, "UserData", 0xffff, false);
	maker_close_start(m);
	maker_substitution(m, 0, EVTX_BINXML, true);
	maker_end(m);
	maker_end(m);
	maker_eof(m);
	maker_end_definition(m);
	maker_u32(m, 1);
	size_t size_at = m->len;
	maker_u16(m, 0);
	maker_u16(m, EVTX_BINXML);
	size_t start = m->len;
	maker_fragment(m);
	(void)maker_define(m, 2);
	maker_fragment(m);
	maker_open(m, "Inner", 0xffff, false);
	maker_close_start(m);
	maker_open(m, "Value", 0, false);
	maker_close_start(m);
	maker_substitution(m, 0, EVTX_HEX_INT32, false);
	maker_end(m);
	maker_end(m);
	maker_eof(m);
	maker_end_definition(m);
	maker_values(m, (struct maker_value[]){MAKER_VALUE(EVTX_HEX_INT32, "\x10\0\0\0")}, 1);
	maker_eof(m);
	m->bytes[size_at] = (uint8_t)(m->len - start);
	m->bytes[size_at + 1] = (uint8_t)((m->len - start) >> 8);
	bench_render(&bench);
	CHECK(bench.event.fault == NULL);
	CHECK_STR(text_of(&bench),
	          "<Event><UserData><Inner><Value>0x10</Value></Inner></UserData></Event>");
	CHECK_STR(field(&bench, "winlog.user_data.Value"), "\"0x10\"");
	bench_end(&bench);
}

/* Every "<name" has its "</name>" or "/>"; no line end anywhere. */
static bool is_well_formed(struct str xml) {
	struct str open_names[2 * LIMIT_XML_DEPTH];
	size_t depth = 0;
	for (size_t i = 0; i < xml.len; i++) {
		if (xml.ptr[i] == '\n' || xml.ptr[i] == '\r') {
			return false;
		}
		if (xml.ptr[i] != '<' || xml.ptr[i + 1] == '?') {
			continue;
		}
		size_t end = str_find_char(xml, '>', i);
		struct str tag = str_slice(xml, i + 1, end);
		if (end == xml.len) {
			return false;
		}
		if (tag.ptr[0] == '/') {
			if (depth == 0 || !str_eq(open_names[--depth], str_slice(tag, 1, tag.len))) {
				return false;
			}
		} else if (!str_ends(tag, STR("/"))) {
			open_names[depth++] = str_cut(&tag, ' ');
		}
	}
	return depth == 0;
}

/* A template of many references to a value that is an instance of itself, many levels deep. */
TEST(templates_within_templates_end_at_a_limit) {
	struct bench bench;
	bench_begin(&bench);
	struct evtx_maker *m = &bench.maker;
	uint32_t definition = maker_define(m, 9);
	maker_fragment(m);
	maker_open(m, "E", 0xffff, false);
	maker_close_start(m);
	for (int i = 0; i < 50; i++) {
		maker_substitution(m, 0, EVTX_BINXML, false);
	}
	maker_end(m);
	maker_eof(m);
	maker_end_definition(m);
	enum { INSTANCE = 10 + 4 + 4, LEVELS = 40 };
	for (int level = LEVELS; level > 0; level--) {
		if (level < LEVELS) {
			maker_instance(m, 9, definition);
		}
		maker_u32(m, 1);
		maker_u16(m, (uint16_t)(INSTANCE * (level - 1)));
		maker_u16(m, EVTX_BINXML);
	}
	bench_render(&bench);
	CHECK(bench.event.fault != NULL);
	CHECK_EQ(bench.chunk.budget, 0);
	CHECK(text_of(&bench).len <= LIMIT_EVTX_CHUNK_TEXT + 1000);
	CHECK(is_well_formed(text_of(&bench)));
	bench_end(&bench);
}

TEST(a_damaged_event_is_still_well_formed) {
	struct bench bench;
	bench_begin(&bench);
	define_template(&bench.maker);
	maker_values(&bench.maker,
	             (struct maker_value[]){MAKER_VALUE(EVTX_ARRAY | EVTX_UINT16, "\1\0\2\0"),
	                                    MAKER_VALUE(EVTX_STRING, "<\0>\0'\0\n\0"),
	                                    MAKER_VALUE(EVTX_ARRAY | EVTX_STRING, "p\0\0\0q\0\0\0"),
	                                    MAKER_VALUE(EVTX_FILETIME, "\1\2\3\4\5\6\7\1")},
	             4);
	for (int round = 0; round < 5000; round++) {
		size_t at = bench.at + tap_random() % (bench.maker.len - bench.at);
		uint8_t before = bench.maker.bytes[at];
		bench.maker.bytes[at] = (uint8_t)tap_random();
		bench_render(&bench);
		CHECK(is_well_formed(text_of(&bench)));
		bench.maker.bytes[at] = before;
	}
	bench_end(&bench);
}

TEST(a_list_of_thousands_stays_one_field) {
	struct bench bench;
	bench_begin(&bench);
	define_template(&bench.maker);
	static const char many[20000];
	maker_values(&bench.maker,
	             (struct maker_value[]){
	                 {.type = EVTX_ARRAY | EVTX_UINT8, .size = sizeof(many), .bytes = many},
	                 MAKER_NULL,
	                 MAKER_NULL,
	                 MAKER_NULL},
	             4);
	bench_render(&bench);
	CHECK(bench.event.fault == NULL);
	struct value list =
	    fields_get(bench.batch, 0, fields_name(bench.batch, STR("winlog.event_data.a")));
	CHECK_EQ(list.kind, VALUE_LIST);
	CHECK_EQ(list.text.len, 3 * sizeof(many));
	CHECK_EQ(bench.batch->fields.rows[0].count, 4);
	bench_end(&bench);
}
