/* Lines of text formats become fields here; checking a format runs its own tests. */
#include "ingest/text_format.h"

/* url.path, url.query and url.domain out of a URL or the target of a request. */
static void put_url_parts(struct line *line, struct str url) {
	size_t scheme = str_find(url, STR("://"), 0);
	size_t question = str_find_char(url, '?', 0);
	size_t path_at = 0;
	if (scheme != (size_t)-1 && scheme < question) {
		size_t domain_at = scheme + 3;
		path_at = MIN_OF(str_find_char(url, '/', domain_at), question);
		struct str domain = str_slice(url, domain_at, path_at);
		domain = str_slice(domain, 0, str_find_char(domain, ':', 0));
		if (domain.len > 0) {
			line_put(line, FIELD_URL_DOMAIN, domain);
		}
	}
	if (question > path_at) {
		line_put(line, FIELD_URL_PATH, str_slice(url, path_at, question));
	}
	if (question < url.len) {
		line_put(line, FIELD_URL_QUERY, str_slice(url, question + 1, url.len));
	}
}

static uint32_t number_of(const struct line_format *format, struct line *line, uint16_t field) {
	const struct pattern_field *name = &format->text->fields[field];
	return name->known != UINT32_MAX ? name->known
	                                 : line_name(line, format->slots + field, name->name);
}

/* Numbers are numbers unless ECS wants the field as a word. JSON has no leading zeros: such digits
 * stay text. */
static enum value_kind kind_of(const struct text_format *text, const struct capture *capture) {
	struct str s = capture->value;
	uint32_t known = text->fields[capture->field].known;
	if ((capture->type != SLOT_INT && capture->type != SLOT_NUMBER) ||
	    (known != UINT32_MAX && field_known_type(known) != FIELD_TYPE_LONG)) {
		return VALUE_STRING;
	}
	size_t digit = s.len > 0 && s.ptr[0] == '-' ? 1 : 0;
	bool zeros = s.len > digit + 1 && s.ptr[digit] == '0' && char_is_digit(s.ptr[digit + 1]);
	return zeros ? VALUE_STRING : VALUE_NUMBER;
}

static void put_captures(const struct line_format *format, struct line *line,
                         const struct captures *captures) {
	const struct text_format *text = format->text;
	for (uint32_t i = 0; i < captures->count; i++) {
		const struct capture *capture = &captures->list[i];
		line_put_kind(line, number_of(format, line, capture->field), kind_of(text, capture),
		              capture->value);
		if (capture->type == SLOT_URL) {
			put_url_parts(line, capture->value);
		}
	}
	for (uint32_t i = 0; i < text->constants_count; i++) {
		const struct text_constant *constant = &text->constants[i];
		line_put_constant(line, format->slots + text->fields_count + i,
		                  number_of(format, line, constant->field), (enum value_kind)constant->kind,
		                  constant->value);
	}
	if (captures->has_time) {
		line_time(line, captures->time);
	}
}

bool text_format_take(const struct line_format *format, struct line *line) {
	const struct text_format *text = format->text;
	struct captures captures;
	const struct pattern_op *stopped = NULL;
	size_t stopped_at = 0;
	for (uint32_t i = 0; i < text->patterns_count; i++) {
		if (pattern_match(&text->patterns[i], line->time, line->text, &captures)) {
			if (line->batch != NULL) {
				put_captures(format, line, &captures);
			}
			return true;
		}
		if (stopped == NULL || captures.stopped_at > stopped_at) {
			stopped = captures.stopped;
			stopped_at = captures.stopped_at;
		}
	}
	line->wanted = stopped != NULL ? pattern_op_wants(stopped) : NULL;
	return line_refuse(line, stopped_at, "the pattern that fits best wants something else");
}

/* ---- tests that come with a format ---- */

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

static enum err check_time(const struct text_test *test, const struct captures *captures,
                           struct str shown, struct diag *diag) {
	struct buf is = {0};
	char what[128];
	int64_t expected;
	bool has_zone;
	size_t used;
	if (test->time.len == 0) {
		return ERR_OK;
	}
	if (!instant_parse_iso(test->time, &expected, &has_zone, &used) || used != test->time.len) {
		return complain(test, shown, diag, "its time is not as RFC 3339 has it");
	}
	if (captures->has_time && captures->time.ns == expected) {
		return ERR_OK;
	}
	if (captures->has_time) {
		instant_format(&is, captures->time.ns, 0);
	}
	snprintf(what, sizeof(what), "its time is %.*s", captures->has_time ? (int)is.len : 6,
	         captures->has_time ? is.ptr : "absent");
	buf_deinit(&is);
	return complain(test, shown, diag, what);
}

/* A field of a line that was put in a batch of its own, as the parser would. */
static enum err check_fields(const struct text_format *format, const struct text_test *test,
                             const struct batch *batch, struct str shown, struct diag *diag) {
	for (uint32_t i = 0; i < test->expected_count; i++) {
		struct str name = format->fields[test->expected[i].field].name;
		struct value value = VALUE_ABSENT;
		struct buf is = {0};
		char what[400];
		for (uint32_t n = 0; n < batch->fields.rows[0].count; n++) {
			if (str_eq(fields_name_text(batch, batch->fields.entries[n].name), name)) {
				value = fields_value(batch, 0, &batch->fields.entries[n]);
			}
		}
		value_append_text(&is, value);
		bool absent = test->expected[i].kind == VALUE_NONE;
		bool same = absent
		                ? value.kind == VALUE_NONE
		                : value.kind != VALUE_NONE && str_eq(buf_str(&is), test->expected[i].value);
		if (!same) {
			snprintf(what, sizeof(what), "%.*s is '%.*s', not '%.*s'", STR_ARG(name),
			         (int)MIN_OF(is.len, 120u), is.ptr == NULL ? "" : is.ptr,
			         (int)MIN_OF(test->expected[i].value.len, 120u),
			         absent ? "" : test->expected[i].value.ptr);
		}
		buf_deinit(&is);
		if (!same) {
			return complain(test, shown, diag, what);
		}
	}
	return ERR_OK;
}

static enum err check_taken(const struct text_format *format, const struct text_test *test,
                            struct timestamp_reader *reader, struct str shown, struct diag *diag) {
	struct line_format row = {.name = format->name, .text = format};
	struct line_slot *slots = calloc(text_format_slots(format) + 1, sizeof(*slots));
	struct batch *batch = batch_new();
	struct batch_record *record = batch_add_record(batch);
	struct buf scratch = {0};
	ASSERT(slots != NULL);
	record->body_len = (uint32_t)test->line.len;
	buf_append_str(&batch->raw, test->line);
	fields_begin(batch);
	(void)fields_begin_row(batch);
	struct line line = {.text = batch_text(batch, 0),
	                    .batch = batch,
	                    .time = reader,
	                    .slots = slots,
	                    .scratch = &scratch};
	(void)text_format_take(&row, &line); /* it did take it: the caller has matched */
	fields_end_row(batch);
	enum err err = check_fields(format, test, batch, shown, diag);
	buf_deinit(&scratch);
	batch_free(batch);
	free(slots);
	return err;
}

static enum err check_test(const struct text_format *format, const struct text_test *test,
                           struct timestamp_reader *reader, struct str shown, struct diag *diag) {
	struct captures captures;
	uint32_t taken = match_any(format, reader, test->line, &captures);
	if (test->refused) {
		return taken == NO_PATTERN ? ERR_OK
		                           : complain(test, shown, diag, "a pattern takes the line");
	}
	if (taken == NO_PATTERN) {
		char what[160];
		snprintf(what, sizeof(what), "no pattern takes the line; at byte %zu %s is missing",
		         captures.stopped_at + 1, pattern_op_wants(captures.stopped));
		return complain(test, shown, diag, what);
	}
	if (test->pattern.len > 0 && !str_eq(test->pattern, format->patterns[taken].name)) {
		char what[160];
		snprintf(what, sizeof(what), "the pattern '%.*s' takes the line",
		         (int)MIN_OF(format->patterns[taken].name.len, 100u),
		         format->patterns[taken].name.ptr);
		return complain(test, shown, diag, what);
	}
	TRY(check_time(test, &captures, shown, diag));
	return check_taken(format, test, reader, shown, diag);
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
