/* For tests of pipes: twelve records of two hosts in pages of five, and a query run over them.
 * Include tap.h before.
 */
#pragma once

#include "query/fake.h"

#define FIXTURE_FIRST_NS (1795341600 * INSTANT_SECOND) /* 2026-11-22T10:00:00Z */

struct fixture_line {
	int seconds;
	const char *user, *ip, *bytes, *text;
};

static const struct fixture_line fixture_lines[] = {
    {0, "root", "10.0.0.9", "100", "sshd: Failed password for root from 10.0.0.9 port 4022"},
    {30, "admin", "10.0.0.10", "20", "sshd: Failed password for admin from 10.0.0.10 port 4023"},
    {60, "root", "10.0.0.9", "3", "sshd: Failed password for root from 10.0.0.9 port 4024"},
    {61, "root", "10.0.0.9", NULL, "sshd: Accepted password for root from 10.0.0.9 port 4025"},
    {5, "guest", NULL, "7", "cron: session opened for guest"}, /* a late one */
    {200, "admin", "10.0.0.10", "1.5", "sshd: Accepted password for admin from 10.0.0.10 port 22"},
    {300, "Root", "2001:db8::1", "40", "sudo: Root : COMMAND=/bin/sh"},
    {301, NULL, NULL, NULL, "kernel: 日本語のメッセージ"},
    {302, "root", "10.0.0.9", "50", "sshd: Failed password for root from 10.0.0.9 port 4026"},
    {400, "admin", "192.0.2.1", "60", "nginx: GET /index.html 200"},
    {401, "admin", "192.0.2.1", "-", "nginx: GET /admin.php 404"},
    {402, "eve", "192.0.2.1", "9000000000000000000", "nginx: POST /admin.php 500"},
};

static inline void fixture_add(struct fake_record *record, const char *name, struct value value) {
	record->fields[record->fields_count++] = (struct row_field){str_from(name), value};
}

static inline void fixture_fill(struct arena *arena, struct fake_record *records) {
	for (size_t i = 0; i < ARRAY_LEN(fixture_lines); i++) {
		const struct fixture_line *line = &fixture_lines[i];
		struct fake_record *record = &records[i];
		record->time_ns = FIXTURE_FIRST_NS + line->seconds * INSTANT_SECOND;
		record->text = str_from(line->text);
		if (line->user != NULL) {
			fixture_add(record, "user", value_string(str_from(line->user)));
		}
		if (line->ip != NULL) {
			fixture_add(record, "ip", value_string(str_from(line->ip)));
		}
		if (line->bytes != NULL) {
			fixture_add(record, "bytes", (struct value){VALUE_NUMBER, str_from(line->bytes)});
		}
		if (i % 4 == 0) { /* a list of groups */
			struct buf list = {0};
			value_list_append(&list, value_string(STR("wheel")));
			value_list_append(&list, value_string(i == 0 ? STR("adm") : STR("staff")));
			fixture_add(record, "groups",
			            (struct value){VALUE_LIST, arena_str(arena, buf_str(&list))});
			buf_deinit(&list);
		}
	}
}

/* Runs text; appends the results, or "error at N: ..." and the hint. change: what else is to be of
 * the source; NULL: nothing. */
static inline void fixture_run_changed(const char *text, const struct query_options *options,
                                       bool fields, void (*change)(struct query_source *source),
                                       struct buf *out) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(query_freep) struct query *query = NULL;
	struct fake_record records[ARRAY_LEN(fixture_lines)] = {0};
	struct fake fake = {.records = records,
	                    .count = ARRAY_LEN(records),
	                    .page_rows = 5,
	                    .damaged_page = UINT64_MAX};
	struct query_source source = fake_source(&fake);
	struct fake_output lines = {.out = out, .fields = fields};
	struct query_output output = fake_output(&lines);
	struct query_stats stats = {0};
	struct diag diag = {0};
	fixture_fill(arena, records);
	if (change != NULL) {
		change(&source);
	}
	enum err err = query_parse(arena, str_from(text), options, &query, &diag);
	if (err == ERR_OK) {
		err = query_run_source(query, &source, options, &output, &stats, &diag);
	}
	if (err != ERR_OK && diag.has_position) {
		buf_printf(out, "error at %zu: %s\n", diag.position, diag.message);
	} else if (err != ERR_OK) {
		buf_printf(out, "error: %s\n", diag.message);
	}
	if (err != ERR_OK && diag.hint[0] != '\0') {
		buf_printf(out, "hint: %s\n", diag.hint);
	}
	CHECK_EQ(fake.opened, fake.released);
}

static inline void fixture_run_with(const char *text, const struct query_options *options,
                                    bool fields, struct buf *out) {
	fixture_run_changed(text, options, fields, NULL, out);
}

static inline void fixture_check(const char *text, const char *expected, const char *file,
                                 int line) {
	CLEANUP(buf_deinit) struct buf out = {0};
	struct query_options options = fake_options();
	fixture_run_with(text, &options, false, &out);
	tap_check_bytes(out.ptr, out.len, expected, file, line, text);
}

#define CHECK_QUERY(text, expected) fixture_check((text), (expected), __FILE__, __LINE__)
