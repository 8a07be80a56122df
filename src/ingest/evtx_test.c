#include "ingest/evtx.h"

#include "base/instant.h"
#include "evtx_maker.h"
#include "ingest/evtx_value.h"
#include "tap.h"

/* 2026-11-22T00:00:00Z as FILETIME. */
static const uint64_t first_time = 134397792000000000u;

/* ---- making files ---- */

static void leaf(struct evtx_maker *m, const char *name, uint16_t value, uint8_t type) {
	maker_open(m, name, 0, false);
	maker_close_start(m);
	maker_substitution(m, value, type, false);
	maker_end(m);
}

static void named(struct evtx_maker *m, const char *name, uint16_t value, uint8_t type) {
	maker_open(m, "Data", 0, true);
	maker_attribute(m, "Name");
	maker_text(m, name);
	maker_close_start(m);
	maker_substitution(m, value, type, true);
	maker_end(m);
}

/* The template of all samples: values 0 to 5 belong to System, the rest to EventData. */
static uint32_t define_sample(struct evtx_maker *m) {
	uint32_t definition = maker_define(m, 0x5a5a0001);
	maker_fragment(m);
	maker_open(m, "Event", 0xffff, true);
	maker_attribute(m, "xmlns");
	maker_text(m, "http://schemas.microsoft.com/win/2004/08/events/event");
	maker_close_start(m);
	maker_open(m, "System", 0xffff, false);
	maker_close_start(m);
	maker_open(m, "Provider", 0xffff, true);
	maker_attribute(m, "Name");
	maker_text(m, "Akashi-Sample");
	maker_attribute(m, "Guid");
	maker_substitution(m, 5, EVTX_GUID, true);
	maker_close_empty(m);
	leaf(m, "EventID", 0, EVTX_UINT16);
	leaf(m, "Level", 1, EVTX_UINT8);
	leaf(m, "Keywords", 2, EVTX_HEX_INT64);
	maker_open(m, "TimeCreated", 0xffff, true);
	maker_attribute(m, "SystemTime");
	maker_substitution(m, 3, EVTX_FILETIME, true);
	maker_close_empty(m);
	leaf(m, "EventRecordID", 4, EVTX_UINT64);
	maker_open(m, "Channel", 0xffff, false);
	maker_close_start(m);
	maker_text(m, "Sample/Operational");
	maker_end(m);
	maker_open(m, "Computer", 0xffff, false);
	maker_close_start(m);
	maker_text(m, "sample.example");
	maker_end(m);
	maker_end(m);
	maker_open(m, "EventData", 0xffff, false);
	maker_close_start(m);
	named(m, "Text", 6, EVTX_STRING);
	named(m, "Ansi", 7, EVTX_ANSI_STRING);
	named(m, "Small", 8, EVTX_INT8);
	named(m, "Int", 9, EVTX_INT32);
	named(m, "Real", 10, EVTX_REAL64);
	named(m, "Truth", 11, EVTX_BOOL);
	named(m, "Bytes", 12, EVTX_BINARY);
	named(m, "Pointer", 13, EVTX_SIZE_T);
	named(m, "When", 14, EVTX_SYSTEMTIME);
	named(m, "Sid", 15, EVTX_SID);
	named(m, "Words", 16, EVTX_ARRAY | EVTX_STRING);
	named(m, "Nothing", 17, EVTX_NULL);
	maker_end(m);
	maker_end(m);
	maker_eof(m);
	maker_end_definition(m);
	return definition;
}

static void sample_values(struct evtx_maker *m, uint64_t id, uint64_t time) {
	const struct maker_value values[] = {
	    MAKER_VALUE(EVTX_UINT16, "\x10\x12"),
	    MAKER_VALUE(EVTX_UINT8, "\x04"),
	    MAKER_VALUE(EVTX_HEX_INT64, "\0\0\0\0\0\0\x20\x80"),
	    {.type = EVTX_FILETIME, .size = 8, .bytes = &time},
	    {.type = EVTX_UINT64, .size = 8, .bytes = &id},
	    MAKER_VALUE(EVTX_GUID, "\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"),
	    MAKER_VALUE(EVTX_STRING, "\xe5\x65\x2c\x67 \0<\0&\0>\0\r\0\n\0=\xd8\0\xde"),
	    MAKER_VALUE(EVTX_ANSI_STRING, "plain\0"),
	    MAKER_VALUE(EVTX_INT8, "\xf6"),
	    MAKER_VALUE(EVTX_INT32, "\x2e\xfb\xff\xff"),
	    MAKER_VALUE(EVTX_REAL64, "\x1f\x85\xebQ\xb8\x1e\x09@"),
	    MAKER_VALUE(EVTX_BOOL, "\1\0\0\0"),
	    MAKER_VALUE(EVTX_BINARY, "\xca\xfe"),
	    MAKER_VALUE(EVTX_SIZE_T, "\0\x10\0\0\0\0\0\0"),
	    MAKER_VALUE(EVTX_SYSTEMTIME, "\xea\7\x0b\0\0\0\x16\0\1\0\2\0\3\0\4\0"),
	    MAKER_VALUE(EVTX_SID, "\1\2\0\0\0\0\0\5\x20\0\0\0\x20\2\0\0"),
	    MAKER_VALUE(EVTX_ARRAY | EVTX_STRING, "o\0n\0e\0\0\0t\0w\0o\0\0\0"),
	    MAKER_NULL,
	};
	maker_values(m, values, sizeof(values) / sizeof(values[0]));
}

static size_t add_record(struct evtx_maker *m, uint64_t id, uint32_t *definition) {
	uint64_t time = first_time + id * 10000000 + 1234567;
	size_t at = maker_begin_record(m, id, time);
	maker_fragment(m);
	if (*definition == 0) {
		*definition = define_sample(m);
	} else {
		maker_instance(m, 0x5a5a0001, *definition);
	}
	sample_values(m, id, time);
	maker_eof(m);
	maker_end_record(m);
	return at;
}

/* An event without a template, as forwarding makes them. */
static size_t add_plain_record(struct evtx_maker *m, uint64_t id) {
	size_t at = maker_begin_record(m, id, first_time + id * 10000000);
	maker_fragment(m);
	maker_open(m, "Event", -1, false);
	maker_close_start(m);
	maker_open(m, "System", -1, false);
	maker_close_start(m);
	maker_open(m, "EventID", -1, true);
	maker_attribute(m, "Qualifiers");
	maker_text(m, "7");
	maker_close_start(m);
	maker_text(m, "800");
	maker_end(m);
	maker_open(m, "EventRecordID", -1, false);
	maker_close_start(m);
	maker_text(m, "4711");
	maker_end(m);
	maker_end(m);
	maker_open(m, "EventData", -1, false);
	maker_close_start(m);
	for (int i = 0; i < 2; i++) {
		maker_open(m, "Data", -1, false);
		maker_close_start(m);
		maker_text(m, i == 0 ? "one" : "two");
		maker_end(m);
	}
	maker_end(m);
	maker_end(m);
	maker_eof(m);
	maker_end_record(m);
	return at;
}

/* BinXML in a value, with the rarer tokens. */
static size_t add_nested_record(struct evtx_maker *m, uint64_t id) {
	size_t at = maker_begin_record(m, id, first_time + id * 10000000);
	maker_fragment(m);
	(void)maker_define(m, 0x5a5a0002);
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
	maker_open(m, "Inner", -1, true);
	maker_attribute(m, "about");
	maker_text(m, "it's");
	maker_char_ref(m, 0x3042);
	maker_close_start(m);
	maker_cdata(m, "<raw>");
	maker_entity_ref(m, "amp");
	maker_pi(m, "target", "data");
	maker_open(m, "Leaf", -1, false);
	maker_close_start(m);
	maker_cdata(m, "a]]>b");
	maker_entity_ref(m, "lt");
	maker_end(m);
	maker_end(m);
	maker_eof(m);
	m->bytes[size_at] = (uint8_t)(m->len - start);
	m->bytes[size_at + 1] = (uint8_t)((m->len - start) >> 8);
	maker_eof(m);
	maker_end_record(m);
	return at;
}

enum { SAMPLE_RECORDS = 7, SAMPLE_FIRST = 3 };

/* Two chunks of three and four records; offsets: where they start. */
static void make_sample(struct evtx_maker *m, size_t offsets[SAMPLE_RECORDS]) {
	uint32_t definition = 0;
	uint64_t id = 1;
	maker_init(m);
	maker_file(m);
	maker_begin_chunk(m);
	for (; id <= SAMPLE_FIRST; id++) {
		offsets[id - 1] = add_record(m, id, &definition);
	}
	maker_end_chunk(m, true);
	maker_begin_chunk(m);
	definition = 0;
	for (; id < SAMPLE_RECORDS; id++) {
		offsets[id - 1] = add_record(m, id, &definition);
	}
	offsets[id - 1] = add_plain_record(m, id);
	maker_end_chunk(m, true);
	maker_finish(m, false);
}

/* ---- reading them ---- */

struct result {
	struct batch *batch;
	struct buf problems; /* "offset: message" lines */
	unsigned problems_count;
};

static void on_problem(void *ctx, uint64_t offset, struct str message) {
	struct result *result = ctx;
	buf_printf(&result->problems, "%llu: %.*s\n", (unsigned long long)offset, STR_ARG(message));
	result->problems_count++;
}

static void read_bytes(struct str bytes, struct result *result) {
	struct evtx_stamp stamp = {.received_ns = 5, .monotonic_ns = 6};
	struct evtx_reader *reader = evtx_reader_new(bytes, on_problem, result);
	while (!batch_full(result->batch) && evtx_next(reader, result->batch, &stamp)) {
	}
	CHECK_EQ(evtx_records(reader), result->batch->count);
	evtx_reader_free(reader);
}

static struct result read_maker(const struct evtx_maker *m) {
	struct result result = {.batch = batch_new()};
	read_bytes(str_make((const char *)m->bytes, m->len), &result);
	return result;
}

static void result_free(struct result *result) {
	batch_free(result->batch);
	buf_deinit(&result->problems);
}

static bool has_offset(const struct result *result, size_t offset) {
	for (uint32_t i = 0; i < result->batch->count; i++) {
		if (result->batch->records[i].log_offset == offset) {
			return true;
		}
	}
	return false;
}

static void append_row(struct buf *out, struct batch *batch, uint32_t row) {
	const struct batch_record *record = &batch->records[row];
	const struct field_row *fields = &batch->fields.rows[row];
	buf_printf(out, "record %llu at %llu, %u bytes, flags %u\n  ",
	           (unsigned long long)record->number, (unsigned long long)record->log_offset,
	           record->body_len, record->flags);
	instant_format(out, fields->time_ns, 0);
	buf_append_str(out, STR("\n  "));
	buf_append_str(out, batch_text(batch, row));
	buf_append_char(out, '\n');
	for (uint32_t i = 0; i < fields->count; i++) {
		const struct field_entry *entry = &batch->fields.entries[fields->first + i];
		buf_append_str(out, STR("  "));
		buf_append_str(out, fields_name_text(batch, entry->name));
		buf_append_str(out, STR(" = "));
		value_append_json(out, fields_value(batch, row, entry));
		buf_append_char(out, '\n');
	}
}

static void check_golden(struct result *result, const char *name) {
	struct buf out = {0};
	for (uint32_t i = 0; i < result->batch->count; i++) {
		append_row(&out, result->batch, i);
	}
	buf_append_str(&out, buf_str(&result->problems));
	tap_check_golden(name, out.ptr, out.len);
	buf_deinit(&out);
}

TEST(a_file_with_all_types_of_values_is_read_as_windows_shows_it) {
	struct evtx_maker m;
	size_t offsets[SAMPLE_RECORDS];
	make_sample(&m, offsets);
	struct result result = read_maker(&m);
	CHECK_EQ(result.batch->count, SAMPLE_RECORDS);
	CHECK_EQ(result.problems_count, 0);
	for (uint32_t i = 0; i < result.batch->count; i++) {
		const struct batch_record *record = &result.batch->records[i];
		CHECK_EQ(record->log_offset, offsets[i]);
		CHECK_EQ(record->number, i + 1);
		CHECK_EQ(record->received_ns, 5);
		CHECK(memcmp(batch_body(result.batch, i).ptr, m.bytes + offsets[i], record->body_len) == 0);
	}
	check_golden(&result, "evtx/all_types.txt");
	result_free(&result);
	maker_deinit(&m);
}

TEST(binxml_in_values_is_read_with_all_its_tokens) {
	struct evtx_maker m;
	maker_init(&m);
	maker_file(&m);
	maker_begin_chunk(&m);
	(void)add_nested_record(&m, 1);
	maker_end_chunk(&m, true);
	maker_finish(&m, false);
	struct result result = read_maker(&m);
	CHECK_EQ(result.problems_count, 0);
	CHECK_EQ(result.batch->count, 1);
	CHECK_STR(
	    batch_text(result.batch, 0),
	    "<Event><UserData><Inner about='it&apos;s\xe3\x81\x82'>&lt;raw&gt;&amp;<?target data?>"
	    "<Leaf>a]]&gt;b&lt;</Leaf></Inner></UserData></Event>");
	CHECK_STR(
	    fields_get(result.batch, 0, fields_name(result.batch, STR("winlog.user_data.Leaf"))).text,
	    "a]]>b<");
	result_free(&result);
	maker_deinit(&m);
}

TEST(rows_of_several_files_may_share_a_batch) {
	struct evtx_maker m;
	size_t offsets[SAMPLE_RECORDS];
	struct result result = {.batch = batch_new()};
	make_sample(&m, offsets);
	read_bytes(str_make((const char *)m.bytes, m.len), &result);
	struct evtx_reader *reader =
	    evtx_reader_new(str_make((const char *)m.bytes, m.len), NULL, NULL);
	CHECK(evtx_next(reader, result.batch, &(struct evtx_stamp){0}));
	CHECK_EQ(result.batch->count, SAMPLE_RECORDS + 1);
	CHECK(str_eq(batch_text(result.batch, 0), batch_text(result.batch, SAMPLE_RECORDS)));
	uint32_t name = fields_name(result.batch, STR("winlog.event_data.Words"));
	CHECK(str_eq(fields_get(result.batch, 0, name).text,
	             fields_get(result.batch, SAMPLE_RECORDS, name).text));
	evtx_reader_free(reader);
	result_free(&result);
	maker_deinit(&m);
}

TEST(skipping_counts_the_same_records_as_reading) {
	struct evtx_maker m;
	size_t offsets[SAMPLE_RECORDS];
	make_sample(&m, offsets);
	for (uint64_t skip = 0; skip <= SAMPLE_RECORDS + 1; skip++) {
		struct batch *batch = batch_new();
		struct evtx_reader *reader =
		    evtx_reader_new(str_make((const char *)m.bytes, m.len), NULL, NULL);
		evtx_skip(reader, skip);
		bool more = evtx_next(reader, batch, &(struct evtx_stamp){0});
		CHECK(more == (skip < SAMPLE_RECORDS));
		if (more) {
			CHECK_EQ(batch->records[0].number, skip + 1);
			CHECK_EQ(batch->records[0].log_offset, offsets[skip]);
		}
		evtx_reader_free(reader);
		batch_free(batch);
	}
	maker_deinit(&m);
}

TEST(event_logs_are_told_by_header_or_first_chunk) {
	static char bytes[MAKER_HEADER + 8];
	CHECK(!evtx_recognise(STR("")));
	CHECK(evtx_recognise(STR("ElfFile\0")));
	CHECK(evtx_recognise(STR("ElfChnk\0")));
	CHECK(!evtx_recognise(STR("ElfFile")));
	CHECK(!evtx_recognise(STR("<Event xmlns=...")));
	CHECK(!evtx_recognise(str_make(bytes, sizeof(bytes))));
	memcpy(bytes + MAKER_HEADER, "ElfChnk", 8);
	CHECK(evtx_recognise(str_make(bytes, sizeof(bytes))));
	CHECK(!evtx_recognise(str_make(bytes, sizeof(bytes) - 1)));
}

/* ---- damage ---- */

struct damage_case {
	const char *what;
	void (*damage)(struct evtx_maker *m, const size_t *offsets);
	unsigned lost; /* bits: records that cannot be had */
};

static void no_file_header(struct evtx_maker *m, const size_t *offsets) {
	(void)offsets;
	memset(m->bytes, 0, MAKER_HEADER);
}
static void file_header_sum(struct evtx_maker *m, const size_t *offsets) {
	(void)offsets;
	m->bytes[124] ^= 1;
}
static void chunk_magic(struct evtx_maker *m, const size_t *offsets) {
	(void)offsets;
	memset(m->bytes + MAKER_HEADER, 0, 8);
}
static void chunk_header(struct evtx_maker *m, const size_t *offsets) {
	(void)offsets;
	memset(m->bytes + MAKER_HEADER + 8, 0xff, 504);
}
static void chunk_sums(struct evtx_maker *m, const size_t *offsets) {
	(void)offsets;
	m->bytes[MAKER_HEADER + 52] ^= 1;
	m->bytes[MAKER_HEADER + 124] ^= 1;
}
static void record_magic(struct evtx_maker *m, const size_t *offsets) {
	m->bytes[offsets[1]] = 'x';
}
static void record_size(struct evtx_maker *m, const size_t *offsets) {
	m->bytes[offsets[1] + 6] = 0x7f;
}
static void record_last_size(struct evtx_maker *m, const size_t *offsets) {
	m->bytes[offsets[2] - 3] ^= 0x40;
}
static void record_frame(struct evtx_maker *m, const size_t *offsets) {
	m->bytes[offsets[1]] = 'x';
	m->bytes[offsets[1] + 6] = 0x7f;
}
static void record_body(struct evtx_maker *m, const size_t *offsets) {
	for (size_t i = offsets[1] + 24; i < offsets[2] - 4; i++) {
		m->bytes[i] = (uint8_t)tap_random();
	}
}
static void truncated(struct evtx_maker *m, const size_t *offsets) {
	m->len = offsets[5] + 100;
}
static void bytes_lost(struct evtx_maker *m, const size_t *offsets) {
	size_t from = offsets[2] + 40;
	memmove(m->bytes + from, m->bytes + from + 1000, m->len - from - 1000);
	m->len -= 1000;
}
static void garbage_behind(struct evtx_maker *m, const size_t *offsets) {
	(void)offsets;
	for (int i = 0; i < 70000; i++) {
		maker_u8(m, (uint8_t)tap_random());
	}
}
static void zeros_behind(struct evtx_maker *m, const size_t *offsets) {
	(void)offsets;
	maker_put(m, NULL, 200000);
}

static const struct damage_case damage_cases[] = {
    {"file header gone", no_file_header, 0},
    {"checksum of the file header", file_header_sum, 0},
    {"magic of a chunk", chunk_magic, 0},
    {"header of a chunk", chunk_header, 0},
    {"checksums of a chunk", chunk_sums, 0},
    {"magic of a record", record_magic, 0},
    {"size of a record", record_size, 0},
    {"last size of a record", record_last_size, 0},
    {"magic and size of a record", record_frame, 1 << 1},
    {"body of a record", record_body, 0},
    {"truncated", truncated, 1 << 5 | 1 << 6},
    {"bytes lost", bytes_lost, 0},
    {"garbage behind", garbage_behind, 0},
};

TEST(damaged_files_give_every_record_that_can_be_had_and_say_what_could_not) {
	for (size_t i = 0; i < ARRAY_LEN(damage_cases); i++) {
		struct evtx_maker m;
		size_t offsets[SAMPLE_RECORDS];
		make_sample(&m, offsets);
		damage_cases[i].damage(&m, offsets);
		struct result result = read_maker(&m);
		unsigned want = SAMPLE_RECORDS - (unsigned)__builtin_popcount(damage_cases[i].lost);
		bool ok = result.problems_count > 0 && result.batch->count == want;
		for (unsigned r = 0; r < SAMPLE_RECORDS; r++) {
			size_t at = offsets[r] - (damage_cases[i].damage == bytes_lost && r > 2 ? 1000 : 0);
			ok &= has_offset(&result, at) == ((damage_cases[i].lost >> r & 1) == 0);
		}
		if (!tap_check(ok, __FILE__, __LINE__, damage_cases[i].what)) {
			printf("# %u records\n%.*s", result.batch->count, STR_ARG(buf_str(&result.problems)));
		}
		result_free(&result);
		maker_deinit(&m);
	}
}

TEST(the_report_names_places_and_rows_name_faults) {
	struct evtx_maker m;
	size_t offsets[SAMPLE_RECORDS];
	make_sample(&m, offsets);
	record_size(&m, offsets);
	m.bytes[offsets[2] + 24 + 14] = 0xff; /* more values than the record has room for */
	m.bytes[offsets[2] + 24 + 15] = 0xff;
	struct result result = read_maker(&m);
	check_golden(&result, "evtx/damaged.txt");
	CHECK_EQ(result.batch->records[1].flags, RECORD_FRAMING_ERROR);
	CHECK_EQ(result.batch->records[2].flags, 0);
	uint32_t error = fields_name(result.batch, STR("error.message"));
	CHECK(fields_get(result.batch, 2, error).kind == VALUE_STRING);
	CHECK_STR(fields_get(result.batch, 2, FIELD_WINLOG_RECORD_ID).text, "3");
	CHECK(result.batch->fields.rows[2].time_ns ==
	      result.batch->fields.rows[0].time_ns + 2000000000);
	result_free(&result);
	maker_deinit(&m);
}

TEST(unused_space_behind_the_chunks_is_no_damage) {
	struct evtx_maker m;
	size_t offsets[SAMPLE_RECORDS];
	make_sample(&m, offsets);
	zeros_behind(&m, offsets);
	struct result result = read_maker(&m);
	CHECK_EQ(result.batch->count, SAMPLE_RECORDS);
	CHECK_EQ(result.problems_count, 0);
	result_free(&result);
	maker_deinit(&m);
}

TEST(a_template_that_is_damaged_is_taken_from_another_chunk) {
	struct evtx_maker m;
	size_t offsets[SAMPLE_RECORDS];
	make_sample(&m, offsets);
	size_t definition = offsets[SAMPLE_FIRST] + 24 + 4 + 10;
	memset(m.bytes + definition + 40, 0xee, 20);
	struct result result = read_maker(&m);
	CHECK_EQ(result.batch->count, SAMPLE_RECORDS);
	uint32_t text = fields_name(result.batch, STR("winlog.event_data.Text"));
	for (uint32_t row = SAMPLE_FIRST; row + 1 < SAMPLE_RECORDS; row++) {
		CHECK(str_eq(fields_get(result.batch, row, text).text,
		             fields_get(result.batch, 0, text).text));
		CHECK(fields_get(result.batch, row, FIELD_ERROR_MESSAGE).kind == VALUE_STRING);
	}
	CHECK_EQ(result.problems_count, 5); /* the checksum, three records, names of the last one */
	result_free(&result);
	maker_deinit(&m);
}

TEST(chunks_that_are_missing_at_the_end_are_told) {
	struct evtx_maker m;
	size_t offsets[SAMPLE_RECORDS];
	make_sample(&m, offsets);
	m.len -= MAKER_CHUNK;
	struct result result = read_maker(&m);
	CHECK_EQ(result.batch->count, SAMPLE_FIRST);
	CHECK_STR(buf_str(&result.problems), "69632: file has 1 chunks and should have 2\n");
	result_free(&result);
	maker_deinit(&m);
}

/* One chunk of records 10 and 11; then slack: an old record, or one written since. */
static void make_slack(struct evtx_maker *m, uint64_t slack_id, bool dirty) {
	uint32_t definition = 0;
	maker_init(m);
	maker_file(m);
	maker_begin_chunk(m);
	(void)add_record(m, 10, &definition);
	(void)add_record(m, 11, &definition);
	maker_end_chunk(m, false);
	(void)add_record(m, slack_id, &definition);
	maker_put(m, NULL, MAKER_HEADER + MAKER_CHUNK - m->len);
	maker_finish(m, dirty);
}

TEST(old_records_in_slack_are_no_part_of_the_log) {
	for (uint64_t id = 9; id < 13; id += 3) {
		struct evtx_maker m;
		make_slack(&m, id, false);
		struct result result = read_maker(&m);
		CHECK_EQ(result.batch->count, 2);
		CHECK_EQ(result.problems_count, 0);
		result_free(&result);
		maker_deinit(&m);
	}
}

TEST(a_dirty_file_may_go_on_behind_the_end_that_a_chunk_gives) {
	for (uint64_t id = 9; id < 13; id += 3) {
		struct evtx_maker m;
		make_slack(&m, id, true);
		struct result result = read_maker(&m);
		CHECK_EQ(result.batch->count, id == 12 ? 3 : 2);
		result_free(&result);
		maker_deinit(&m);
	}
}

TEST(a_dirty_file_may_go_on_in_a_chunk_that_says_it_is_empty) {
	for (uint64_t id = 12; id < 14; id++) {
		struct evtx_maker m;
		uint32_t definition = 0;
		maker_init(&m);
		maker_file(&m);
		maker_begin_chunk(&m);
		(void)add_record(&m, 10, &definition);
		(void)add_record(&m, 11, &definition);
		maker_end_chunk(&m, true);
		maker_begin_chunk(&m);
		maker_end_chunk(&m, false);
		(void)add_plain_record(&m, id);
		maker_put(&m, NULL, MAKER_HEADER + 2 * MAKER_CHUNK - m.len);
		maker_finish(&m, true);
		struct result result = read_maker(&m);
		CHECK_EQ(result.batch->count, id == 12 ? 3 : 2);
		result_free(&result);
		maker_deinit(&m);
	}
}

TEST(slack_stays_slack_when_the_header_of_its_chunk_is_damaged) {
	struct evtx_maker m;
	make_slack(&m, 9, false);
	memset(m.bytes + MAKER_HEADER + 8, 0xff, 504);
	struct result result = read_maker(&m);
	CHECK_EQ(result.batch->count, 2);
	result_free(&result);
	maker_deinit(&m);
}

TEST(one_damaged_number_does_not_make_the_records_behind_it_old) {
	static const uint8_t numbers[] = {0, 1, 0x40, 0xff};
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		struct evtx_maker m;
		size_t offsets[SAMPLE_RECORDS];
		make_sample(&m, offsets);
		chunk_header(&m, offsets);
		m.bytes[offsets[1] + 8 + i] = numbers[i];
		struct result result = read_maker(&m);
		CHECK_EQ(result.batch->count, SAMPLE_RECORDS);
		result_free(&result);
		maker_deinit(&m);
	}
}

TEST(files_that_hold_nothing_say_so) {
	static const size_t sizes[] = {0, 1, 8, 60, 4095, 4096, 4100, 4096 + 300};
	struct evtx_maker m;
	size_t offsets[SAMPLE_RECORDS];
	make_sample(&m, offsets);
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct result result = {.batch = batch_new()};
		read_bytes(str_make((const char *)m.bytes, sizes[i]), &result);
		CHECK_EQ(result.batch->count, 0);
		CHECK(result.problems_count > 0);
		result_free(&result);
	}
	maker_deinit(&m);
}

TEST(a_file_cut_anywhere_gives_all_records_before_the_cut) {
	struct evtx_maker m;
	size_t offsets[SAMPLE_RECORDS];
	make_sample(&m, offsets);
	size_t end = offsets[6] + 300;
	for (size_t cut = offsets[5]; cut < end; cut += 1 + tap_random() % 7) {
		/* a copy of the exact size, so that reading behind its end is caught */
		char *copy = malloc(cut);
		REQUIRE(copy != NULL);
		memcpy(copy, m.bytes, cut);
		struct result result = {.batch = batch_new()};
		read_bytes(str_make(copy, cut), &result);
		for (unsigned r = 0; r + 1 < SAMPLE_RECORDS; r++) {
			CHECK(has_offset(&result, offsets[r]) == (offsets[r + 1] <= cut));
		}
		result_free(&result);
		free(copy);
	}
	maker_deinit(&m);
}

TEST(damaging_any_bytes_never_loses_the_other_chunk) {
	struct evtx_maker m;
	size_t offsets[SAMPLE_RECORDS];
	make_sample(&m, offsets);
	size_t end = offsets[SAMPLE_FIRST]; /* the second chunk's first record */
	struct evtx_maker whole = m;
	whole.bytes = malloc(m.len);
	REQUIRE(whole.bytes != NULL);
	memcpy(whole.bytes, m.bytes, m.len);
	for (int round = 0; round < 400; round++) {
		unsigned flips = 1 + (unsigned)(tap_random() % 8);
		for (unsigned i = 0; i < flips; i++) {
			bool header = tap_random() % 8 == 0;
			size_t first = header ? 0 : MAKER_HEADER;
			size_t span = header ? 128 : offsets[2] + 1500 - MAKER_HEADER;
			m.bytes[first + tap_random() % span] = (uint8_t)tap_random();
		}
		struct result result = read_maker(&m);
		for (unsigned r = SAMPLE_FIRST; r < SAMPLE_RECORDS; r++) {
			CHECK(has_offset(&result, offsets[r]));
		}
		result_free(&result);
		memcpy(m.bytes, whole.bytes, end);
	}
	free(whole.bytes);
	maker_deinit(&m);
}

/* ---- the fuzzer's first inputs ---- */

static void write_corpus(const char *name, const struct evtx_maker *m, size_t from) {
	char path[128];
	(void)snprintf(path, sizeof(path), "../corpora/evtx/%s", name);
	tap_check_golden(path, (const char *)m->bytes + from, m->len - from);
}

TEST(the_corpus_is_made_by_these_tests) {
	struct evtx_maker m;
	uint32_t definition = 0;
	maker_init(&m);
	maker_file(&m);
	maker_begin_chunk(&m);
	(void)add_record(&m, 1, &definition);
	(void)add_record(&m, 2, &definition);
	maker_end_chunk(&m, false);
	maker_finish(&m, false);
	write_corpus("templates.evtx", &m, MAKER_HEADER);
	maker_deinit(&m);
	maker_init(&m);
	maker_begin_chunk(&m);
	(void)add_plain_record(&m, 1);
	maker_end_chunk(&m, false);
	write_corpus("plain.evtx", &m, 0);
	maker_deinit(&m);
	maker_init(&m);
	maker_begin_chunk(&m);
	(void)add_nested_record(&m, 1);
	maker_end_chunk(&m, false);
	write_corpus("nested.evtx", &m, 0);
	maker_deinit(&m);
}
