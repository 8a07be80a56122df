/* Values go in as they stand in the line where that is possible; what must be put together is put
 * together in scratch.
 */
#include "ingest/columns_put.h"

#include "ingest/columns_split.h"

/* A value as it is put: a part of the line's text, or made. */
struct cell {
	struct str text;
	enum value_kind kind;
	bool inside; /* text lies in the line's */
};

static bool absent(const struct columns *columns, struct str text) {
	return text.len == 0 || str_eq(text, columns->unset) ||
	       (columns->kind == HEADER_ZEEK && str_eq(text, columns->empty));
}

/* ---- time ---- */

static bool put_when(struct line *line, struct str text) {
	struct timestamp time;
	text = str_trim(text);
	if (text.len > 2 && (text.ptr[0] == '[' || text.ptr[0] == '"')) {
		text = str_slice(text, 1, text.len - 1);
	}
	if (text.len == 0 || timestamp_any(line->time, text, &time) != text.len) {
		return false;
	}
	line_time(line, time);
	return true;
}

/* Date and clock from two places. The format has UTC, if it is not said otherwise. */
static bool put_halves(struct line *line, struct str date, struct str clock, bool local) {
	char both[80];
	struct timestamp time;
	int len = snprintf(both, sizeof(both), "%.*s %.*s%s", STR_ARG(date), STR_ARG(clock),
	                   local ? "" : "Z");
	if (date.len == 0 || clock.len == 0 || len < 0 || (size_t)len >= sizeof(both) ||
	    timestamp_iso(line->time, str_make(both, (size_t)len), &time) != (size_t)len) {
		return false;
	}
	line_time(line, time);
	return true;
}

static bool put_zeek_time(struct line *line, uint32_t count) {
	const struct columns *columns = line->columns;
	if (columns->when_at >= count || absent(columns, columns->values[columns->when_at])) {
		return true;
	}
	struct str text = columns->values[columns->when_at];
	return put_when(line, text) || split_is_number(text);
}

static bool put_w3c_time(struct line *line, uint32_t count) {
	const struct columns *columns = line->columns;
	if (columns->clock_at < count) {
		struct str date =
		    columns->date_at < count ? columns->values[columns->date_at] : columns->date;
		return put_halves(line, date, columns->values[columns->clock_at], columns->local);
	}
	if (columns->when_at < count) {
		return put_when(line, columns->values[columns->when_at]);
	}
	return columns->clock_at == UINT32_MAX && columns->when_at == UINT32_MAX;
}

/* As any log has it, or as spreadsheets and Windows show it: with am or pm the month comes first.
 */
static bool read_csv_time(struct line *line, struct str text, struct timestamp *out_time) {
	static const struct str layouts[] = {
	    STR_INIT("MM/DD/YYYY h:mm:ss AM"), STR_INIT("MM/DD/YYYY h:mm AM"),
	    STR_INIT("DD/MM/YYYY h:mm:ss"), STR_INIT("DD.MM.YYYY h:mm:ss"),
	    STR_INIT("YYYY/MM/DD h:mm:ss")};
	if (text.len > 0 && timestamp_any(line->time, text, out_time) == text.len) {
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(layouts); i++) {
		if (text.len > 0 && timestamp_layout(line->time, layouts[i], text, out_time) == text.len) {
			return true;
		}
	}
	return false;
}

/* The best column that holds a time; else date and time of day in two. */
static bool put_csv_time(struct line *line, uint32_t count) {
	const struct columns *columns = line->columns;
	struct str date = STR("");
	struct str clock = STR("");
	uint32_t best = UINT32_MAX;
	struct timestamp time;
	bool doubled;
	for (uint32_t i = 0; i < count; i++) {
		const struct column *column = &columns->list[i];
		if (!column->is_time) {
			continue;
		}
		struct str value = split_unquote(columns->values[i], &doubled);
		date = str_eq_nocase(column->name, STR("date")) ? value : date;
		clock = str_eq_nocase(column->name, STR("time")) ? value : clock;
		if (column->time_rank < best && read_csv_time(line, value, &time)) {
			best = column->time_rank;
			line_time(line, time);
		}
	}
	return best != UINT32_MAX || put_halves(line, date, clock, true);
}

bool columns_put_time(struct line *line, uint32_t count) {
	switch (line->columns->kind) {
	case HEADER_ZEEK:
		return put_zeek_time(line, count);
	case HEADER_W3C:
		return put_w3c_time(line, count);
	case HEADER_CSV:
		return put_csv_time(line, count);
	case HEADER_NONE:
	default:
		return true;
	}
}

/* ---- values ---- */

static void put_cell(struct line *line, uint32_t field, const struct cell *cell) {
	if (cell->inside) {
		line_put_kind(line, field, cell->kind, cell->text);
	} else {
		fields_put(line->batch, field, (struct value){cell->kind, cell->text});
	}
}

static void put_made(struct line *line, uint32_t field, enum value_kind kind, struct str text) {
	fields_put(line->batch, field, (struct value){kind, text});
}

/* A part of a cell's text. */
static void put_part(struct line *line, uint32_t field, const struct cell *cell,
                     enum value_kind kind, struct str text) {
	const struct cell part = {text, kind, cell->inside};
	put_cell(line, field, &part);
}

/* One value of Zeek, or an element of a set. */
static struct cell zeek_cell(const struct column *column, struct str text, struct buf *scratch) {
	bool is_true = str_eq(text, STR("T"));
	if (column->type == COLUMN_BOOL && (is_true || str_eq(text, STR("F")))) {
		return (struct cell){is_true ? STR("true") : STR("false"), VALUE_BOOL, false};
	}
	if (column->type == COLUMN_NUMERIC && split_is_number(text)) {
		return (struct cell){text, VALUE_NUMBER, true};
	}
	if (str_find_char(text, '\\', 0) == text.len) {
		return (struct cell){text, VALUE_STRING, true};
	}
	size_t before = scratch->len;
	split_unescape(scratch, text);
	return (struct cell){str_slice(buf_str(scratch), before, scratch->len), VALUE_STRING, false};
}

static struct cell zeek_list(struct columns *columns, const struct column *column, struct str text,
                             struct buf *scratch) {
	buf_clear(&columns->scratch);
	while (text.len > 0) {
		struct str element = str_cut(&text, columns->set_separator);
		if (absent(columns, element)) {
			continue;
		}
		buf_clear(scratch);
		struct cell cell = zeek_cell(column, element, scratch);
		value_list_append(&columns->scratch, (struct value){cell.kind, cell.text});
	}
	return (struct cell){buf_str(&columns->scratch), VALUE_LIST, false};
}

static struct cell plain_cell(struct str text, struct buf *scratch) {
	bool doubled;
	struct str inner = split_unquote(text, &doubled);
	if (doubled) {
		split_halve(scratch, inner);
		return (struct cell){buf_str(scratch), VALUE_STRING, false};
	}
	bool number = inner.len == text.len && split_is_integer(inner);
	return (struct cell){inner, number ? VALUE_NUMBER : VALUE_STRING, true};
}

/* False: the column has no value. */
static bool read_cell(struct line *line, const struct column *column, struct str text,
                      struct cell *out_cell) {
	struct columns *columns = line->columns;
	if (columns->kind != HEADER_CSV && absent(columns, text)) {
		return false;
	}
	buf_clear(line->scratch);
	if (columns->kind != HEADER_ZEEK) {
		*out_cell = plain_cell(text, line->scratch);
	} else {
		*out_cell = column->is_list ? zeek_list(columns, column, text, line->scratch)
		                            : zeek_cell(column, text, line->scratch);
	}
	return out_cell->text.len > 0;
}

/* ---- ECS ---- */

static void put_lower(struct line *line, uint32_t field, const struct cell *cell) {
	char lower[64];
	struct str text = cell->text;
	bool changed = false;
	for (size_t i = 0; i < MIN_OF(text.len, sizeof(lower)); i++) {
		lower[i] = char_lower(text.ptr[i]);
		changed = changed || lower[i] != text.ptr[i];
	}
	if (changed && text.len <= sizeof(lower)) {
		put_made(line, field, VALUE_STRING, str_make(lower, text.len));
	} else {
		put_part(line, field, cell, VALUE_STRING, text);
	}
}

static void put_url(struct line *line, uint32_t field, const struct cell *cell) {
	struct str text = cell->text;
	size_t scheme = str_find(text, STR("://"), 0);
	size_t query = str_find_char(text, '?', 0);
	size_t path = 0;
	put_cell(line, field, cell);
	if (scheme != SIZE_MAX && scheme < query) {
		path = MIN_OF(str_find_char(text, '/', scheme + 3), query);
		struct str host = str_slice(text, scheme + 3, path);
		host = str_slice(host, 0, str_find_char(host, ':', 0));
		if (host.len > 0) {
			put_part(line, FIELD_URL_DOMAIN, cell, VALUE_STRING, host);
		}
	}
	if (path < query) {
		put_part(line, FIELD_URL_PATH, cell, VALUE_STRING, str_slice(text, path, query));
	}
	if (query + 1 < text.len) {
		put_part(line, FIELD_URL_QUERY, cell, VALUE_STRING, str_slice(text, query + 1, text.len));
	}
}

static void put_status(struct line *line, uint32_t field, const struct cell *cell) {
	uint64_t status;
	if (!str_to_u64(cell->text, 999, &status) || status < 100 || cell->text.len != 3) {
		return;
	}
	struct cell number = *cell;
	number.kind = VALUE_NUMBER;
	put_cell(line, field, &number);
	put_made(line, line->columns->outcome_field, VALUE_STRING,
	         status < 400 ? STR("success") : STR("failure"));
}

/* Milliseconds as nanoseconds. */
static void put_duration(struct line *line, uint32_t field, struct str text) {
	char digits[24];
	uint64_t value;
	if (str_to_u64(text, 1000000000, &value)) {
		int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value * 1000000);
		put_made(line, field, VALUE_NUMBER, str_make(digits, (size_t)len));
	}
}

/* DOMAIN\name */
static void put_user(struct line *line, uint32_t field, const struct cell *cell) {
	struct str text = cell->text;
	size_t at = str_find_char(text, '\\', 0);
	struct str domain = str_slice(text, 0, at);
	struct str name = str_slice(text, at + 1, text.len);
	if (at == text.len) {
		put_part(line, field, cell, VALUE_STRING, text);
		return;
	}
	if (name.len > 0) {
		put_part(line, field, cell, VALUE_STRING, name);
	}
	if (domain.len > 0) {
		put_part(line, FIELD_USER_DOMAIN, cell, VALUE_STRING, domain);
	}
}

static void put_tls_version(struct line *line, uint32_t field, struct str text) {
	char version[3] = {'1', '.', '0'};
	struct str digits = str_starts(text, STR("TLSv")) ? str_slice(text, 4, text.len) : STR("");
	if (digits.len >= 2 && digits.ptr[0] == '1') {
		version[2] = digits.ptr[digits.len - 1];
		put_made(line, field, VALUE_STRING, str_make(version, sizeof(version)));
	} else {
		put_made(line, field, VALUE_STRING, digits.len == 1 ? STR("1.0") : text);
	}
}

/* 192.0.2.1:25, [2001:db8::1]:25 */
static void put_endpoint(struct line *line, bool source, const struct cell *cell) {
	struct str text = cell->text;
	size_t colon = text.len;
	while (colon > 0 && text.ptr[colon - 1] != ':') {
		colon--;
	}
	uint64_t number;
	struct str ip = str_slice(text, 0, colon > 0 ? colon - 1 : 0);
	struct str port = str_slice(text, colon, text.len);
	if (ip.len > 2 && ip.ptr[0] == '[') {
		ip = str_slice(ip, 1, ip.len - 1);
	}
	if (!split_is_ip(ip) || !str_to_u64(port, 65535, &number)) {
		return;
	}
	put_part(line, source ? FIELD_SOURCE_IP : FIELD_DESTINATION_IP, cell, VALUE_STRING, ip);
	put_part(line, source ? FIELD_SOURCE_PORT : FIELD_DESTINATION_PORT, cell, VALUE_NUMBER, port);
}

static void put_pass(struct line *line, uint32_t field, struct str text) {
	struct buf types = {0};
	bool denied = str_eq_nocase(text, STR("DROP")) || str_eq_nocase(text, STR("DENY"));
	bool allowed = str_eq_nocase(text, STR("ALLOW")) || str_starts(text, STR("OPEN"));
	bool ended = str_eq_nocase(text, STR("CLOSE"));
	value_list_append(&types, value_string(STR("connection")));
	value_list_append(&types, value_string(denied    ? STR("denied")
	                                       : allowed ? STR("allowed")
	                                       : ended   ? STR("end")
	                                                 : STR("info")));
	put_made(line, field, VALUE_LIST, buf_str(&types));
	buf_deinit(&types);
}

static void put_direction(struct line *line, uint32_t field, struct str text) {
	struct str direction = str_eq_nocase(text, STR("RECEIVE")) ? STR("inbound")
	                       : str_eq_nocase(text, STR("SEND"))  ? STR("outbound")
	                                                           : STR("");
	if (direction.len > 0) {
		put_made(line, field, VALUE_STRING, direction);
	}
}

static void put_number(struct line *line, uint32_t field, const struct cell *cell) {
	struct cell number = *cell;
	number.kind = VALUE_NUMBER;
	if (split_is_integer(cell->text)) {
		put_cell(line, field, &number);
	}
}

static void put_text(struct line *line, uint32_t field, const struct cell *cell) {
	struct cell text = *cell;
	text.kind = cell->kind == VALUE_NUMBER ? VALUE_STRING : cell->kind;
	put_cell(line, field, &text);
}

/* Proxies write a query with its question mark, servers without. */
static struct str without_mark(struct str query) {
	return str_slice(query, query.len > 1 && query.ptr[0] == '?', query.len);
}

static void put_target(struct line *line, const struct column_target *target,
                       const struct cell *cell) {
	uint32_t field = target->field;
	struct str text = cell->text;
	switch ((enum column_how)target->how) {
	case COLUMN_TEXT:
	case COLUMN_STEM:
		put_text(line, field, cell);
		break;
	case COLUMN_QUERY:
		put_part(line, field, cell, VALUE_STRING, without_mark(text));
		break;
	case COLUMN_NUMBER:
		put_number(line, field, cell);
		break;
	case COLUMN_IP:
	case COLUMN_IP_ELSE:
		if (split_is_ip(text)) {
			put_cell(line, field, cell);
		}
		break;
	case COLUMN_LOWER:
		put_lower(line, field, cell);
		break;
	case COLUMN_URL:
		put_url(line, field, cell);
		break;
	case COLUMN_STATUS:
		put_status(line, field, cell);
		break;
	case COLUMN_MILLISECONDS:
		put_duration(line, field, text);
		break;
	case COLUMN_USER:
		put_user(line, field, cell);
		break;
	case COLUMN_HTTP_VERSION:
		put_part(line, field, cell, VALUE_STRING,
		         str_starts(text, STR("HTTP/")) ? str_slice(text, 5, text.len) : text);
		break;
	case COLUMN_TLS_VERSION:
		put_tls_version(line, field, text);
		break;
	case COLUMN_SOURCE:
	case COLUMN_DESTINATION:
		put_endpoint(line, target->how == COLUMN_SOURCE, cell);
		break;
	case COLUMN_PASS:
		put_pass(line, field, text);
		break;
	case COLUMN_DIRECTION:
		put_direction(line, field, text);
		break;
	case COLUMN_WHEN:
	case COLUMN_DATE:
	case COLUMN_CLOCK:
	default:
		break;
	}
}

/* ---- all of a line ---- */

/* The raw text of the column that has a target of this sort; empty: none has, or no value. */
static struct str find_text(const struct columns *columns, uint32_t count, enum column_how how) {
	for (uint32_t i = 0; i < count; i++) {
		const struct column *column = &columns->list[i];
		for (uint8_t t = 0; t < column->targets_count; t++) {
			if (column->targets[t].how == how && !absent(columns, columns->values[i])) {
				return columns->values[i];
			}
		}
	}
	return STR("");
}

/* A server that writes path and query apart: the whole, as the client asked for it. */
static void put_whole_url(struct line *line, uint32_t count) {
	const struct columns *columns = line->columns;
	struct str stem = find_text(columns, count, COLUMN_STEM);
	struct str query = without_mark(find_text(columns, count, COLUMN_QUERY));
	if (stem.len == 0 || find_text(columns, count, COLUMN_URL).len > 0) {
		return;
	}
	if (query.len == 0) {
		line_put(line, FIELD_URL_ORIGINAL, stem);
		return;
	}
	buf_clear(line->scratch);
	buf_append_str(line->scratch, stem);
	buf_append_char(line->scratch, '?');
	buf_append_str(line->scratch, query);
	put_made(line, FIELD_URL_ORIGINAL, VALUE_STRING, buf_str(line->scratch));
}

/* A name that ECS has a type for that is no number. */
static bool is_word_field(uint32_t field) {
	return field < FIELD_KNOWN_COUNT && field_known_type(field) != FIELD_TYPE_LONG;
}

static void put_column(struct line *line, const struct column *column, struct str text, bool late) {
	struct cell cell;
	if (!read_cell(line, column, text, &cell)) {
		return;
	}
	for (uint8_t i = 0; i < column->targets_count; i++) {
		const struct column_target *target = &column->targets[i];
		bool is_late = target->how == COLUMN_IP_ELSE;
		uint32_t row = line->batch->fields.rows_done - 1;
		if (is_late == late &&
		    (!late || fields_get(line->batch, row, target->field).kind == VALUE_NONE)) {
			put_target(line, target, &cell);
		}
	}
	if (late) {
		return;
	}
	if (cell.kind == VALUE_NUMBER && is_word_field(column->field)) {
		cell.kind = VALUE_STRING;
	}
	if (column->field != UINT32_MAX) {
		put_cell(line, column->field, &cell);
	} else if (column->lost) {
		fields_left_out(line->batch);
	}
}

void columns_put(struct line *line, uint32_t count) {
	const struct columns *columns = line->columns;
	if (line->batch == NULL) {
		return;
	}
	for (uint32_t i = 0; i < columns->constants_count; i++) {
		const struct column_constant *constant = &columns->constants[i];
		fields_put_shared(line->batch, constant->field, (enum value_kind)constant->kind,
		                  constant->offset, constant->len);
	}
	for (uint32_t i = 0; i < count; i++) {
		put_column(line, &columns->list[i], columns->values[i], false);
	}
	for (uint32_t i = 0; columns->has_late && i < count; i++) {
		put_column(line, &columns->list[i], columns->values[i], true);
	}
	if (columns->kind == HEADER_W3C) {
		put_whole_url(line, count);
	}
}
