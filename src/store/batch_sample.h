/* Batches of random fields and texts, for tests, which include tap.h before. */
#pragma once

#include <stdio.h>

#include "store/page_sample.h"

static inline struct value random_value(char *bytes, size_t cap, uint32_t variety) {
	size_t len = (size_t)(tap_random() % cap);
	for (size_t i = 0; i < len; i++) {
		bytes[i] = (char)(variety < 256 ? 'a' + tap_random() % variety : tap_random());
	}
	enum value_kind kind = (enum value_kind)(tap_random() % 5 == 0 ? VALUE_NUMBER : VALUE_STRING);
	return (struct value){kind, str_make(bytes, len)};
}

static inline void random_field(struct batch *batch, uint32_t number, size_t text_len) {
	char bytes[100];
	char name[20];
	int len = snprintf(name, sizeof(name), "field_%u", (unsigned)number);
	uint32_t id = fields_name(batch, str_make(name, (size_t)len));
	if (number % 3 == 0) {
		uint32_t offset = (uint32_t)(tap_random() % (text_len + 1));
		uint32_t slice = (uint32_t)(tap_random() % (text_len - offset + 1));
		fields_put_span(batch, id, VALUE_STRING, offset, slice);
	} else if (number % 3 == 1) {
		fields_put(batch, id, random_value(bytes, 3, 2));
	} else {
		fields_put(batch, id, random_value(bytes, sizeof(bytes), 300));
	}
}

/* A line of a few kinds, or letters. */
static inline struct str random_line(char *line, size_t cap) {
	unsigned number = (unsigned)(tap_random() % 70000);
	int len = 0;
	switch (tap_random() % 4) {
	case 0:
		len = snprintf(line, cap, "sshd[%u]: Accepted password for user%u", number, number % 5);
		break;
	case 1:
		len = snprintf(line, cap, "{\"port\":%u,\"who\":\"user%u\",\"ok\":%s}", number, number % 7,
		               number % 2 == 0 ? "true" : "false");
		break;
	case 2:
		len = snprintf(line, cap, "10.0.%u.%u - GET /%x 200", number % 256, number % 11, number);
		break;
	default:
		return random_value(line, MIN_OF(cap, (size_t)60), 3).text;
	}
	return str_make(line, (size_t)len);
}

/* Fields of every form: random names, kinds, lengths, presence and places. */
static inline struct batch *random_batch(uint32_t rows_max) {
	struct batch *batch = batch_new();
	struct batch_source source = {.name = STR_INIT("s"), .path = STR_INIT("p")};
	uint32_t rows = 1 + (uint32_t)(tap_random() % rows_max);
	uint32_t names = (uint32_t)(tap_random() % 30);
	(void)batch_add_source(batch, &source);
	for (uint32_t row = 0; row < rows; row++) {
		char line[120];
		sample_record(batch, 0, random_line(line, sizeof(line)));
	}
	fields_begin(batch);
	for (uint32_t row = 0; row < rows; row++) {
		char bytes[100];
		(void)fields_begin_row(batch);
		if (tap_random() % 3 == 0) {
			fields_set_text(batch, random_value(bytes, 80, 26).text);
		}
		fields_set_format(batch, tap_random() % 2 == 0 ? STR("one") : STR("two"));
		fields_set_time(batch, SAMPLE_TIME + (int64_t)(tap_random() % 1000000), 0);
		size_t text_len = batch_text(batch, row).len;
		for (uint32_t i = 0; i < names; i++) {
			random_field(batch, (uint32_t)(tap_random() % names), text_len);
		}
		fields_end_row(batch);
	}
	batch->parsed = true;
	return batch;
}
