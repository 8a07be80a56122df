/* The tests that come with a format: each line in a batch of its own, as the parser would have it.
 */
#include "ingest/json_line.h"
#include "ingest/text_format.h"

enum { NO_PATTERN = UINT32_MAX };

static enum err complain(const struct text_test *test, struct str shown, struct diag *diag,
                         const char *what) {
	enum err err = diag_set(diag, ERR_INVALID, "%.*s:%u: this test fails: %s", STR_ARG(shown),
	                        test->line_number, what);
	diag_hint(diag, "mend the pattern or the test; the line is: %.*s",
	          (int)MIN_OF(test->line.len, (size_t)200), test->line.ptr);
	return err;
}

static uint32_t match_any(const struct text_format *format, struct timestamp_reader *reader,
                          struct str line, struct captures *captures) {
	for (uint32_t i = 0; i < format->patterns_count; i++) {
		if (pattern_match(&format->patterns[i], reader, line, captures)) {
			return i;
		}
	}
	return NO_PATTERN;
}

static enum err check_time(const struct text_test *test, const struct batch *batch,
                           struct str shown, struct diag *diag) {
	struct buf is = {0};
	char what[128];
	int64_t expected;
	int64_t found = batch->fields.rows[0].time_ns;
	bool has_zone;
	size_t used;
	if (test->time.len == 0) {
		return ERR_OK;
	}
	if (!instant_parse_iso(test->time, &expected, &has_zone, &used) || used != test->time.len) {
		return complain(test, shown, diag, "its time is not as RFC 3339 has it");
	}
	if (found == expected) {
		return ERR_OK;
	}
	bool absent = found == INSTANT_MIN;
	if (!absent) {
		instant_format(&is, found, 0);
	}
	snprintf(what, sizeof(what), "its time is %.*s", absent ? 6 : (int)is.len,
	         absent ? "absent" : is.ptr);
	buf_deinit(&is);
	return complain(test, shown, diag, what);
}

/* A field of a line that was put in a batch of its own, as the parser would. */
static enum err check_fields(const struct text_format *format, const struct text_test *test,
                             const struct batch *batch, struct str shown, struct diag *diag) {
	for (uint32_t i = 0; i < test->expected.count; i++) {
		struct str name = format->fields[test->expected.list[i].field].name;
		struct value value = VALUE_ABSENT;
		struct buf is = {0};
		char what[400];
		for (uint32_t n = 0; n < batch->fields.rows[0].count; n++) {
			if (str_eq(fields_name_text(batch, batch->fields.entries[n].name), name)) {
				value = fields_value(batch, 0, &batch->fields.entries[n]);
			}
		}
		value_append_text(&is, value);
		bool absent = test->expected.list[i].kind == VALUE_NONE;
		bool same =
		    absent ? value.kind == VALUE_NONE
		           : value.kind != VALUE_NONE && str_eq(buf_str(&is), test->expected.list[i].value);
		if (!same) {
			snprintf(what, sizeof(what), "%.*s is '%.*s', not '%.*s'", STR_ARG(name),
			         (int)MIN_OF(is.len, 120u), is.ptr == NULL ? "" : is.ptr,
			         (int)MIN_OF(test->expected.list[i].value.len, 120u),
			         absent ? "" : test->expected.list[i].value.ptr);
		}
		buf_deinit(&is);
		if (!same) {
			return complain(test, shown, diag, what);
		}
	}
	return ERR_OK;
}

struct trial {
	const struct text_format *format;
	const struct text_test *test;
	struct str shown;
	struct diag *diag;
	struct line_format row;
	struct line line;
	struct batch *batch;
	struct buf scratch;
};

/* The test's line as the only record of a batch. */
static void trial_begin(struct trial *trial, struct timestamp_reader *reader) {
	struct line_slot *slots = calloc((size_t)trial->format->slots + 1, sizeof(*slots));
	struct batch *batch = batch_new();
	struct batch_record *record = batch_add_record(batch);
	ASSERT(slots != NULL);
	record->body_len = (uint32_t)trial->test->line.len;
	buf_append_str(&batch->raw, trial->test->line);
	fields_begin(batch);
	(void)fields_begin_row(batch);
	trial->row = (struct line_format){.name = trial->format->name, .text = trial->format};
	trial->batch = batch;
	trial->line = (struct line){.text = batch_text(batch, 0),
	                            .batch = batch,
	                            .time = reader,
	                            .slots = slots,
	                            .values = arena_new(SIZE_MAX),
	                            .scratch = &trial->scratch};
}

static void trial_end(struct trial *trial) {
	fields_end_row(trial->batch);
	arena_free(trial->line.values);
	free(trial->line.slots);
	batch_free(trial->batch);
	buf_deinit(&trial->scratch);
}

static enum err check_taken(struct trial *trial) {
	TRY(check_time(trial->test, trial->batch, trial->shown, trial->diag));
	return check_fields(trial->format, trial->test, trial->batch, trial->shown, trial->diag);
}

static enum err check_object(struct trial *trial) {
	bool is =
	    json_take_line(NULL, &trial->line) && text_format_take_object(&trial->row, &trial->line);
	if (trial->test->refused) {
		return !is ? ERR_OK
		           : complain(trial->test, trial->shown, trial->diag,
		                      "the format takes the object");
	}
	return is ? check_taken(trial)
	          : complain(trial->test, trial->shown, trial->diag,
	                     "it is no JSON object, or one of the 'needs' is missing");
}

static enum err check_text(struct trial *trial) {
	const struct text_test *test = trial->test;
	struct captures captures;
	char what[160];
	uint32_t taken = match_any(trial->format, trial->line.time, test->line, &captures);
	if (test->refused) {
		return taken == NO_PATTERN
		           ? ERR_OK
		           : complain(test, trial->shown, trial->diag, "a pattern takes the line");
	}
	if (taken == NO_PATTERN) {
		snprintf(what, sizeof(what), "no pattern takes the line; at byte %zu %s is missing",
		         captures.stopped_at + 1, pattern_op_wants(captures.stopped));
		return complain(test, trial->shown, trial->diag, what);
	}
	if (test->pattern.len > 0 && !str_eq(test->pattern, trial->format->patterns[taken].name)) {
		snprintf(what, sizeof(what), "the pattern '%.*s' takes the line",
		         (int)MIN_OF(trial->format->patterns[taken].name.len, 100u),
		         trial->format->patterns[taken].name.ptr);
		return complain(test, trial->shown, trial->diag, what);
	}
	(void)text_format_take_message(&trial->row, &trial->line, trial->line.text); /* it matched */
	return check_taken(trial);
}

static enum err check_test(const struct text_format *format, const struct text_test *test,
                           struct timestamp_reader *reader, struct str shown, struct diag *diag) {
	struct trial trial = {.format = format, .test = test, .shown = shown, .diag = diag};
	/* Objects may be told by their beginning; what has patterns too is tried by these first. */
	bool object = (format->takes & TEXT_TAKES_OBJECT) != 0 &&
	              (format->patterns_count == 0 || str_starts(test->line, STR("{")));
	trial_begin(&trial, reader);
	enum err err = object ? check_object(&trial) : check_text(&trial);
	trial_end(&trial);
	return err;
}

enum err text_format_check(const struct text_format *format, struct str shown, struct diag *diag) {
	struct zone *utc = zone_fixed(0);
	struct timestamp_reader reader = {0};
	enum err err = ERR_OK;
	/* Tests of times without year are written for 2026. */
	timestamp_reader_set(&reader, utc, 2026, (int64_t)1798761599 * INSTANT_SECOND);
	for (uint32_t i = 0; i < format->tests_count && err == ERR_OK; i++) {
		err = check_test(format, &format->tests[i], &reader, shown, diag);
	}
	zone_free(utc);
	return err;
}
