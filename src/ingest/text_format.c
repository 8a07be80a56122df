/* The first pattern that takes a text gives values; what becomes of them is in text_values.c. */
#include "ingest/text_format.h"

#include "ingest/text_values.h"

#include <stdlib.h>

int text_name_cmp(struct str a, struct str b) {
	if (a.len != b.len) {
		return a.len < b.len ? -1 : 1;
	}
	return a.len == 0 ? 0 : memcmp(a.ptr, b.ptr, a.len);
}

uint16_t text_format_name(const struct text_format *format, struct str name) {
	uint32_t from = 0;
	uint32_t to = format->fields_count;
	while (from < to) {
		uint32_t middle = from + (to - from) / 2;
		int order = text_name_cmp(format->fields[format->sorted[middle]].name, name);
		if (order == 0) {
			return format->sorted[middle];
		}
		from = order < 0 ? middle + 1 : from;
		to = order < 0 ? to : middle;
	}
	return PATTERN_NO_FIELD;
}

/* The number of values of the current row. */
static uint32_t row_count(const struct line *line) {
	const struct field_block *fields = &line->batch->fields;
	return fields->rows[fields->rows_done - 1].count;
}

static bool take_by(const struct line_format *format, struct line *line, struct str text,
                    uint32_t pattern, struct captures *captures) {
	const struct text_format *format_text = format->text;
	if (!pattern_match(&format_text->patterns[pattern], line->time, text, captures)) {
		return false;
	}
	if (line->batch == NULL) {
		return true;
	}
	/* What the row has already is the carrier's. */
	struct taking taking = {.format = format,
	                        .line = line,
	                        .keys = &format_text->pattern_keys[pattern],
	                        .before = row_count(line)};
	taking_captures(&taking, captures);
	if (captures->has_time) {
		line_time(line, captures->time);
	}
	taking_end(&taking, &format_text->pattern_constants[pattern], captures->has_time);
	return true;
}

bool text_format_take_by(const struct line_format *format, struct line *line, struct str text,
                         uint32_t pattern) {
	struct captures captures;
	return take_by(format, line, text, pattern, &captures);
}

bool text_format_take_message(const struct line_format *format, struct line *line,
                              struct str text) {
	struct captures captures;
	const struct pattern_op *stopped = NULL;
	size_t stopped_at = 0;
	for (uint32_t i = 0; i < format->text->patterns_count; i++) {
		if (take_by(format, line, text, i, &captures)) {
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

bool text_format_take(const struct line_format *format, struct line *line) {
	if ((format->text->takes & TEXT_TAKES_LINE) == 0) {
		line->wanted = NULL;
		return line_refuse(line, 0, "it takes messages or objects of other formats only");
	}
	return text_format_take_message(format, line, line->text);
}

/* ---- objects ---- */

/* One of "a|b|c". */
static bool is_one_of(struct str words, struct str value) {
	while (words.len > 0) {
		if (str_eq(str_cut(&words, '|'), value)) {
			return true;
		}
	}
	return false;
}

/* Needs are members of the row; those that lie in lists are not looked for. */
static bool has_needs(struct taking *taking, uint32_t row) {
	const struct text_format *text = taking->format->text;
	for (uint32_t i = 0; i < text->needs_count; i++) {
		const struct text_need *need = &text->needs[i];
		const struct pattern_field *field = &text->fields[need->name];
		uint32_t number = field->known != UINT32_MAX
		                      ? field->known
		                      : fields_find_name(taking->line->batch, field->name);
		struct value value = fields_get(taking->line->batch, row, number);
		bool is =
		    value.kind != VALUE_NONE && (!need->has_value || is_one_of(need->value, value.text));
		if (!is) {
			return false;
		}
	}
	return true;
}

/* Values of members that the format has a use for; those that lie in the block are copied, which
 * may move when more is put. */
struct members {
	struct taking *taking;
	struct member {
		struct str name;
		struct value value;
		uint32_t order;
	} *list;
	uint32_t count;
};

/* In the order of the format's keys, for of several that name one field the first holds; those
 * without a key, and lists, behind them. */
static uint32_t order_of(const struct text_format *text, struct str name, uint32_t at) {
	uint16_t number = text_format_name(text, name);
	uint32_t key = number == PATTERN_NO_FIELD ? 0 : text->uses[number].key;
	return ((key == 0 ? UINT16_MAX : key) << 16) | MIN_OF(at, UINT16_MAX);
}

static int cmp_members(const void *a, const void *b) {
	const struct member *one = a;
	const struct member *other = b;
	return one->order < other->order ? -1 : one->order > other->order;
}

static void collect_members(struct members *members, uint32_t row_number) {
	struct line *line = members->taking->line;
	struct batch *batch = line->batch;
	const struct text_format *text = members->taking->format->text;
	const struct field_row *row = &batch->fields.rows[row_number];
	members->list = ARENA_ARRAY(line->values, row->count, struct member);
	for (uint32_t i = 0; i < row->count; i++) {
		const struct field_entry *entry = &batch->fields.entries[row->first + i];
		struct str name = fields_name_text(batch, entry->name);
		if (entry->kind != VALUE_JSON && text_format_name(text, name) == PATTERN_NO_FIELD) {
			continue;
		}
		struct value value = fields_value(batch, row_number, entry);
		/* The row's text may lie in the block too; that of the line stays. */
		value.text = entry->place == FIELD_IN_BLOCK
		                 ? arena_str(line->values, value.text)
		                 : str_make(line->text.ptr + entry->offset, entry->len);
		members->list[members->count++] = (struct member){name, value, order_of(text, name, i)};
	}
	if (members->count > 0) {
		qsort(members->list, members->count, sizeof(*members->list), cmp_members);
	}
}

bool text_format_take_object(const struct line_format *format, struct line *line) {
	uint32_t row = line->batch->fields.rows_done - 1;
	struct taking taking = {
	    .format = format, .line = line, .before = row_count(line), .members_stay = true};
	struct members members = {.taking = &taking};
	if ((format->text->takes & TEXT_TAKES_OBJECT) == 0 || !has_needs(&taking, row)) {
		return false;
	}
	collect_members(&members, row);
	for (uint32_t i = 0; i < members.count; i++) {
		taking_named(&taking, members.list[i].name, members.list[i].value);
	}
	taking_end(&taking, NULL, false);
	return true;
}
