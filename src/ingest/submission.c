/* See submission.h. */
#include "ingest/submission.h"

#include "base/utf8.h"
#include "event/batch.h"
#include "ingest/json_scan.h"

/* ---- lines ---- */

bool submission_line(struct str *rest, bool *cut, struct submitted_line *out_line) {
	while (!*cut && rest->len > 0 && rest->ptr[0] == '\n') {
		*rest = str_slice(*rest, 1, rest->len);
	}
	size_t end = str_find_char(*rest, '\n', 0);
	if (rest->len == 0) {
		return false;
	}
	uint8_t oversize = *cut ? RECORD_OVERSIZE : 0;
	*cut = end > LIMIT_LINE_SIZE;
	if (*cut) {
		*out_line = (struct submitted_line){.body = str_slice(*rest, 0, LIMIT_LINE_SIZE),
		                                    .flags = RECORD_OVERSIZE | RECORD_CONTINUES};
		*rest = str_slice(*rest, LIMIT_LINE_SIZE, rest->len);
		return true;
	}
	*out_line = (struct submitted_line){.body = str_slice(*rest, 0, end), .flags = oversize};
	*rest = str_slice(*rest, end + 1, rest->len);
	return true;
}

/* ---- members of an object ---- */

/* The next name and value of an object whose brace was taken; false at its end or an error. */
static bool next_member(struct json_scan *scan, bool *first, struct str *out_name,
                        enum json_type *out_type, struct str *out_value) {
	bool escapes;
	if (json_take(scan, '}')) {
		return false;
	}
	if (!*first && !json_take(scan, ',')) {
		return json_fail(scan, "a comma is missing");
	}
	*first = false;
	if (json_peek(scan) != JSON_STRING || !json_read_string(scan, out_name, &escapes)) {
		return json_fail(scan, "a name is missing");
	}
	if (!json_take(scan, ':')) {
		return json_fail(scan, "a colon is missing");
	}
	*out_type = json_peek(scan);
	return json_skip_value(scan, 1, out_value);
}

/* Without its quotation marks. */
static struct str inside(struct str value) {
	return str_slice(value, 1, value.len - 1);
}

/* ---- _bulk ---- */

static const struct str action_names[] = {[BULK_INDEX] = STR_INIT("index"),
                                          [BULK_CREATE] = STR_INIT("create"),
                                          [BULK_UPDATE] = STR_INIT("update"),
                                          [BULK_DELETE] = STR_INIT("delete")};

struct str bulk_action_name(enum bulk_action action) {
	return action_names[action];
}

static bool read_meta(struct str text, struct bulk_item *item) {
	struct json_scan scan = json_scan_of(text);
	struct str name;
	struct str value;
	enum json_type type = JSON_NONE;
	bool first = true;
	if (!json_take(&scan, '{')) {
		return false;
	}
	while (next_member(&scan, &first, &name, &type, &value)) {
		if (type == JSON_STRING && str_eq(name, STR("_index"))) {
			item->index = inside(value);
		} else if (type == JSON_STRING && str_eq(name, STR("_id"))) {
			item->id = inside(value);
		}
	}
	return scan.why == NULL;
}

static bool read_action(struct str text, struct bulk_item *item) {
	struct json_scan scan = json_scan_of(text);
	struct str name;
	struct str value;
	enum json_type type = JSON_NONE;
	bool first = true;
	if (!utf8_valid(text) || json_peek(&scan) != JSON_OBJECT || !json_take(&scan, '{') ||
	    !next_member(&scan, &first, &name, &type, &value) || type != JSON_OBJECT ||
	    !json_take(&scan, '}') || !json_at_end(&scan)) {
		return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(action_names); i++) {
		if (str_eq(action_names[i], name)) {
			item->action = (enum bulk_action)i;
			return read_meta(value, item);
		}
	}
	return false;
}

/* Empty lines between items are passed over, as Elasticsearch does. */
static bool next_line(struct str *rest, uint64_t *line, struct str *out_text) {
	while (rest->len > 0) {
		struct str text = str_cut(rest, '\n');
		++*line;
		if (str_trim(text).len > 0) {
			*out_text = text;
			return true;
		}
	}
	return false;
}

enum err bulk_next(struct str *rest, uint64_t *line, struct bulk_item *out_item,
                   struct diag *diag) {
	struct bulk_item item = {0};
	struct str text;
	if (!next_line(rest, line, &text)) {
		return ERR_NOT_FOUND;
	}
	if (!read_action(text, &item)) {
		return diag_set(diag, ERR_INVALID,
		                "Malformed action/metadata line [%llu]: an action is wanted, such as "
		                "{\"create\":{}}",
		                (unsigned long long)*line);
	}
	if (item.action != BULK_DELETE && !next_line(rest, line, &item.document)) {
		return diag_set(diag, ERR_INVALID, "the document of the action in line %llu is missing",
		                (unsigned long long)*line);
	}
	if (item.document.len > LIMIT_LINE_SIZE) {
		return diag_set(diag, ERR_LIMIT, "the document in line %llu has more than %zu bytes",
		                (unsigned long long)*line, LIMIT_LINE_SIZE);
	}
	*out_item = item;
	return ERR_OK;
}

/* ---- HTTP Event Collector ---- */

const char *hec_text(enum hec_code code) {
	switch (code) {
	case HEC_SUCCESS:
		return "Success";
	case HEC_NO_TOKEN:
		return "Token is required";
	case HEC_NO_DATA:
		return "No data";
	case HEC_BUSY:
		return "Server is busy";
	case HEC_NO_EVENT:
		return "Event field is required";
	case HEC_BLANK_EVENT:
		return "Event field cannot be blank";
	case HEC_HEALTHY:
		return "HEC is healthy";
	case HEC_INVALID:
	default:
		return "Invalid data format";
	}
}

static enum hec_code check_event(struct str event) {
	struct json_scan scan = json_scan_of(event);
	struct str name;
	struct str value;
	enum json_type type = JSON_NONE;
	bool first = true;
	enum hec_code code = HEC_NO_EVENT;
	if (!json_take(&scan, '{')) {
		return HEC_INVALID;
	}
	while (next_member(&scan, &first, &name, &type, &value)) {
		if (str_eq(name, STR("event"))) {
			bool blank = type == JSON_NULL || (type == JSON_STRING && inside(value).len == 0);
			code = blank ? HEC_BLANK_EVENT : HEC_SUCCESS;
		}
	}
	return scan.why != NULL ? HEC_INVALID : code;
}

/* Also brackets and commas of an array: what is wrong with them changes no event. */
static void skip_between(struct str *rest) {
	while (rest->len > 0 && strchr(" \t\r\n[],", rest->ptr[0]) != NULL && rest->ptr[0] != '\0') {
		*rest = str_slice(*rest, 1, rest->len);
	}
}

enum err hec_next(struct str *rest, struct str *out_event, enum hec_code *out_code) {
	struct str event;
	skip_between(rest);
	if (rest->len == 0) {
		return ERR_NOT_FOUND;
	}
	struct json_scan scan = json_scan_of(*rest);
	*out_code = HEC_INVALID;
	if (json_peek(&scan) != JSON_OBJECT || !json_skip_value(&scan, 0, &event) ||
	    !utf8_valid(event) || event.len > LIMIT_JSON_ELEMENT) {
		return ERR_INVALID;
	}
	*out_code = check_event(event);
	if (*out_code != HEC_SUCCESS) {
		return ERR_INVALID;
	}
	*out_event = event;
	*rest = str_slice(*rest, scan.at, rest->len);
	return ERR_OK;
}
