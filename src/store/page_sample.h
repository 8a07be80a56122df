/* Batches for the tests of pages, views and segments: small ones with everything in them, and
 * random ones. Included by tests, fuzzers and benches only.
 */
#pragma once

#include "base/instant.h"
#include "store/segment.h"

#define SAMPLE_TIME ((int64_t)1732233600000000000) /* 2024-11-22T00:00:00Z */

static inline uint64_t sample_random(uint64_t *state) {
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* A plan with fixed seeds; lives in the batch's arena. */
static inline struct page_plan *sample_plan(struct batch *batch, uint64_t first_index) {
	struct page_plan *plan = ARENA_NEW(batch->arena, struct page_plan);
	uint64_t bundle = first_index / SALT_BUNDLE;
	uint64_t last = (first_index + batch->count - 1) / SALT_BUNDLE;
	plan->first_index = first_index;
	plan->incarnation = 0x1122334455667788;
	plan->streams = ARENA_ARRAY(batch->arena, batch->sources_count, struct page_stream);
	for (uint16_t i = 0; i < batch->sources_count; i++) {
		struct str name = batch->sources[i].name;
		plan->streams[i].stream = i;
		plan->streams[i].first_seq = 1000 * (uint64_t)i + first_index;
		leaf_stream_id(name.ptr, name.len, plan->streams[i].id);
	}
	plan->seeds_count = (uint32_t)(last - bundle + 1);
	plan->seeds = arena_array(batch->arena, plan->seeds_count, SALT_SEED_SIZE);
	for (uint32_t i = 0; i < plan->seeds_count; i++) {
		memset(plan->seeds[i], (int)((bundle + i) & 0xff), SALT_SEED_SIZE);
	}
	batch->first_index = first_index;
	return plan;
}

static inline void sample_record(struct batch *batch, uint16_t source, struct str body) {
	struct batch_record *record = batch_add_record(batch);
	const struct batch_record *before = batch->count > 1 ? record - 1 : NULL;
	record->source = source;
	record->body_offset = batch->raw.len;
	record->body_len = (uint32_t)body.len;
	record->log_offset = before == NULL ? 0 : before->log_offset + before->body_len + 1;
	record->number = batch->count;
	record->received_ns = SAMPLE_TIME + 5000000000;
	record->monotonic_ns = 77000000000;
	buf_append_str(&batch->raw, body);
}

/* "HOST PROGRAM[PID]: message" with fields of every kind, and rows of other shapes between. */
static inline void sample_syslog_row(struct batch *batch, uint32_t row, uint64_t *random) {
	struct str text = batch_text(batch, row);
	size_t blank = str_find_char(text, ' ', 0);
	size_t open = str_find_char(text, '[', 0);
	size_t close = str_find_char(text, ']', 0);
	(void)fields_begin_row(batch);
	fields_set_format(batch, STR("sample"));
	fields_set_time(batch, SAMPLE_TIME + (int64_t)row * 1000000000, TIME_ZONE_ASSUMED);
	fields_put_str(batch, fields_name(batch, STR("event.kind")), STR("event"));
	fields_put_slice(batch, fields_name(batch, STR("host.name")), VALUE_STRING,
	                 str_slice(text, 0, blank));
	fields_put_slice(batch, fields_name(batch, STR("process.name")), VALUE_STRING,
	                 str_slice(text, blank + 1, open));
	fields_put_slice(batch, fields_name(batch, STR("process.pid")), VALUE_NUMBER,
	                 str_slice(text, open + 1, close));
	fields_put_slice(batch, fields_name(batch, STR("message")), VALUE_STRING,
	                 str_slice(text, close + 3, text.len));
	if (row % 7 == 3) {
		fields_put_str(batch, fields_name(batch, STR("sample.extra")), STR("Zürich"));
		fields_put_str(batch, fields_name(batch, STR("sample.extra")), STR("鎌倉"));
	}
	if (sample_random(random) % 5 == 0) {
		fields_put(batch, fields_name(batch, STR("sample.flag")),
		           (struct value){VALUE_BOOL, STR("true")});
	}
	fields_end_row(batch);
}

/* rows lines of two files and, when containers is set, events of an object between them. */
static inline struct batch *sample_batch(uint32_t rows, uint64_t seed, bool containers) {
	static const char *const users[] = {"root", "admin", "alice", "bob"};
	struct batch *batch = batch_new();
	struct batch_source source = {.name = STR_INIT("web-1:/var/log/auth.log"),
	                              .path = STR_INIT("/var/log/auth.log"),
	                              .host = STR_INIT("web-1"),
	                              .file = 3};
	(void)batch_add_source(batch, &source);
	source.name = STR("web-1:/var/log/syslog");
	source.path = STR("/var/log/syslog");
	source.file = UINT32_MAX;
	(void)batch_add_source(batch, &source);
	source.name = STR("web-1:/var/log/events.evtx");
	source.path = STR("/var/log/events.evtx");
	source.file = 5;
	source.container = true;
	memset(source.object, 0xab, sizeof(source.object));
	if (containers) {
		(void)batch_add_source(batch, &source);
	}
	for (uint32_t row = 0; row < rows; row++) {
		char line[200];
		/* One draw a statement: the order of arguments is the compiler's choice. */
		unsigned port = (unsigned)(sample_random(&seed) % 65536);
		const char *user = users[sample_random(&seed) % 4];
		unsigned pid = (unsigned)(sample_random(&seed) % 40000);
		int len = snprintf(line, sizeof(line), "web-%u sshd[%u]: Failed password for %s port %u",
		                   (unsigned)(row % 3), pid, user, port);
		uint16_t number = containers && row % 5 == 4 ? 2 : (uint16_t)(row % 11 == 10);
		sample_record(batch, number, str_make(line, (size_t)len));
	}
	fields_begin(batch);
	for (uint32_t row = 0; row < rows; row++) {
		if (batch->records[row].source == 2) {
			(void)fields_begin_row(batch);
			fields_set_text(batch, STR("<Event>4625 失敗</Event>"));
			fields_set_format(batch, STR("evtx"));
			fields_put_str(batch, fields_name(batch, STR("winlog.event_id")), STR("4625"));
			fields_end_row(batch);
		} else {
			sample_syslog_row(batch, row, &seed);
		}
	}
	batch->parsed = true;
	batch->progress_file = 3;
	return batch;
}
