/* Any text as a query: parsed, explained, and run over a few records. Nothing is asked of the
 * answer but that places of errors lie inside the text.
 */
#include "query/query.h"

#include "query/fake.h"

enum { RECORDS = 7 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fill(struct fake_record *records) {
	static const char *const values[] = {"root", "10.0.0.7", "42", "7.5", "日本", "\xff", ""};
	for (size_t i = 0; i < RECORDS; i++) {
		records[i] =
		    (struct fake_record){.time_ns = (int64_t)i * INSTANT_SECOND,
		                         .text = STR("Failed password for root from 10.0.0.7 日本"),
		                         .fields_count = 2};
		records[i].fields[0] = (struct row_field){STR("a"), value_string(str_from(values[i]))};
		records[i].fields[1] =
		    (struct row_field){STR("b"), value_string(str_from(values[RECORDS - 1 - i]))};
	}
}

static void run(const struct query *query, const struct query_options *options) {
	struct fake_record records[RECORDS];
	CLEANUP(buf_deinit) struct buf out = {0};
	struct fake fake = {
	    .records = records, .count = RECORDS, .page_rows = 3, .damaged_page = UINT64_MAX};
	struct query_source source = fake_source(&fake);
	struct fake_output lines = {.out = &out, .fields = true};
	struct query_output output = fake_output(&lines);
	struct query_stats stats = {0};
	struct diag diag = {0};
	fill(records);
	enum err err = query_run_source(query, &source, options, &output, &stats, &diag);
	ASSERT(err == ERR_OK || diag.message[0] != '\0');
	ASSERT(fake.opened == fake.released);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	CLEANUP(buf_deinit) struct buf plan = {0};
	struct query_options options = fake_options();
	struct query *query = NULL;
	struct diag diag = {0};
	struct str text = str_make((const char *)data, size);
	options.memory_max = 16 << 20;
	if (query_parse(arena, text, &options, &query, &diag) != ERR_OK) {
		ASSERT(!diag.has_position || diag.position <= size);
		ASSERT(!diag.has_position || diag.length <= size - diag.position);
		ASSERT(diag.message[0] != '\0');
		return 0;
	}
	query_explain(query, &plan);
	run(query, &options);
	options.order = QUERY_BY_INDEX;
	run(query, &options);
	query_free(query);
	return 0;
}
