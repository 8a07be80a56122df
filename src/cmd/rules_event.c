/* JSON objects as events of Sigma. */
#include "base/instant.h"
#include "base/utf8.h"
#include "cmd/rules.h"
#include "ingest/json_scan.h"
#include "sigma/record.h"

enum { EVENT_FIELDS_MAX = 1 << 16 };

struct builder {
	struct arena *arena;
	struct json_scan scan;
	struct buf name;
	struct sigma_field *fields; /* heap */
	uint32_t count, cap;
	bool record; /* arrays that hold objects or arrays stay JSON, as in records */
};

static bool add(struct builder *b, enum value_kind kind, struct str text) {
	if (b->count == EVENT_FIELDS_MAX) {
		return json_fail(&b->scan, "there are too many fields in this event");
	}
	if (b->count == b->cap) {
		b->cap = b->cap == 0 ? 32 : b->cap * 2;
		b->fields = reallocarray(b->fields, b->cap, sizeof(*b->fields));
		ASSERT(b->fields != NULL);
	}
	b->fields[b->count++] = (struct sigma_field){.name = arena_str(b->arena, buf_str(&b->name)),
	                                             .value = {kind, arena_str(b->arena, text)}};
	return true;
}

static bool read_value(struct builder *b, uint32_t depth);

/* Reads a string; its text is put behind out. */
static bool read_string(struct builder *b, struct buf *out) {
	struct str raw;
	bool escapes;
	if (!json_read_string(&b->scan, &raw, &escapes)) {
		return false;
	}
	json_unescape(raw, out);
	return true;
}

static bool read_member(struct builder *b, uint32_t depth) {
	size_t len = b->name.len;
	if (json_peek(&b->scan) != JSON_STRING) {
		return json_fail(&b->scan, "the name of a field is wanted");
	}
	if (len > 0) {
		buf_append_char(&b->name, '.');
	}
	bool ok = read_string(b, &b->name);
	if (ok && !json_take(&b->scan, ':')) {
		ok = json_fail(&b->scan, "a colon is wanted");
	}
	ok = ok && read_value(b, depth + 1);
	b->name.len = len;
	return ok;
}

static bool read_object(struct builder *b, uint32_t depth) {
	(void)json_take(&b->scan, '{'); /* json_peek has seen it */
	if (json_take(&b->scan, '}')) {
		return true;
	}
	do {
		if (!read_member(b, depth)) {
			return false;
		}
	} while (json_take(&b->scan, ','));
	return json_take(&b->scan, '}') || json_fail(&b->scan, "a comma or brace is wanted");
}

static bool read_array(struct builder *b, uint32_t depth) {
	size_t start = b->scan.at;
	uint32_t count = b->count;
	bool nested = false;
	(void)json_take(&b->scan, '['); /* json_peek has seen it */
	if (json_take(&b->scan, ']')) {
		return add(b, VALUE_LIST, STR("")); /* a field without values */
	}
	do {
		enum json_type type = json_peek(&b->scan);
		nested = nested || type == JSON_OBJECT || type == JSON_ARRAY;
		if (!read_value(b, depth + 1)) {
			return false;
		}
	} while (json_take(&b->scan, ','));
	if (!json_take(&b->scan, ']')) {
		return json_fail(&b->scan, "a comma or bracket is wanted");
	}
	if (!b->record || !nested) {
		return true;
	}
	b->count = count; /* all of it is one value */
	return add(b, VALUE_JSON, str_slice(b->scan.text, start, b->scan.at));
}

static bool read_text(struct builder *b) {
	struct buf text = {0};
	bool ok = read_string(b, &text) && add(b, VALUE_STRING, buf_str(&text));
	buf_deinit(&text);
	return ok;
}

static bool read_value(struct builder *b, uint32_t depth) {
	struct str text;
	if (depth > LIMIT_JSON_DEPTH) {
		return json_fail(&b->scan, "this is nested too deeply");
	}
	switch (json_peek(&b->scan)) {
	case JSON_OBJECT:
		return read_object(b, depth);
	case JSON_ARRAY:
		return read_array(b, depth);
	case JSON_STRING:
		return read_text(b);
	case JSON_NUMBER:
		return json_read_number(&b->scan, &text) && add(b, VALUE_NUMBER, text);
	case JSON_BOOL:
		return json_read_word(&b->scan, &text) && add(b, VALUE_BOOL, text);
	case JSON_NULL:
		return json_read_word(&b->scan, &text) && add(b, VALUE_JSON, text);
	case JSON_NONE:
	default:
		return json_fail(&b->scan, "a value is wanted");
	}
}

static enum err read_event(struct arena *arena, struct str json, bool record,
                           struct sigma_event *out_event, struct diag *diag) {
	struct builder b = {.arena = arena, .scan = json_scan_of(json), .record = record};
	bool ok = utf8_valid(json) || json_fail(&b.scan, "this is not UTF-8");
	if (ok && json_peek(&b.scan) != JSON_OBJECT) {
		ok = json_fail(&b.scan, "an event is a JSON object");
	}
	ok = ok && read_object(&b, 0);
	if (ok && !json_at_end(&b.scan)) {
		ok = json_fail(&b.scan, "something stands behind the event");
	}
	struct sigma_field *fields = ARENA_ARRAY(arena, b.count, struct sigma_field);
	if (b.count > 0) {
		memcpy(fields, b.fields, b.count * sizeof(*fields));
	}
	free(b.fields);
	buf_deinit(&b.name);
	if (!ok) {
		return diag_set(diag, ERR_INVALID, "byte %zu: %s", b.scan.at,
		                b.scan.why != NULL ? b.scan.why : "not JSON");
	}
	*out_event = (struct sigma_event){.fields = fields, .fields_count = b.count};
	return ERR_OK;
}

int64_t rules_event_time(struct str json) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct sigma_event event;
	struct value value;
	int64_t ns = 0;
	bool has_zone;
	size_t used;
	if (rules_event(arena, json, &event, NULL) == ERR_OK &&
	    sigma_event_value(&event, STR("@timestamp"), &value) &&
	    !instant_parse_iso(value.text, &ns, &has_zone, &used)) {
		ns = 0;
	}
	return ns;
}

enum err rules_event(struct arena *arena, struct str json, struct sigma_event *out_event,
                     struct diag *diag) {
	return read_event(arena, json, false, out_event, diag);
}

enum err rules_record(struct arena *arena, struct str json, struct sigma_event *out_event,
                      struct diag *diag) {
	static const struct str own[] = {STR_INIT("@timestamp"), STR_INIT("file.path"),
	                                 STR_INIT("log.offset")};
	struct sigma_event flat;
	struct row row = {0};
	TRY(read_event(arena, json, true, &flat, diag));
	struct row_field *fields = ARENA_ARRAY(arena, flat.fields_count, struct row_field);
	for (uint32_t i = 0; i < flat.fields_count; i++) {
		struct str name = flat.fields[i].name;
		bool built_in = str_starts(name, STR("akashi."));
		for (size_t k = 0; k < ARRAY_LEN(own); k++) {
			built_in = built_in || str_eq(name, own[k]);
		}
		if (str_eq(name, STR("event.original"))) {
			row.text = flat.fields[i].value.text;
		} else if (str_eq(name, STR("akashi.format"))) {
			row.format = flat.fields[i].value.text;
		} else if (!built_in) {
			fields[row.fields_count++] = (struct row_field){name, flat.fields[i].value};
		}
	}
	row.fields = fields;
	sigma_record_event(arena, &row, out_event);
	return ERR_OK;
}
