/* A header becomes a list of columns once in a batch, when the first line needs it. What a line is
 * refused for is decided before anything of it is put.
 */
#include "ingest/columns.h"

#include "ingest/columns_csv.h"
#include "ingest/columns_put.h"
#include "ingest/columns_split.h"

enum { NOWHERE = UINT32_MAX };

void columns_deinit(struct columns *columns) {
	header_deinit(&columns->header);
	buf_deinit(&columns->text);
	buf_deinit(&columns->scratch);
	free(columns->list);
	free(columns->values);
	*columns = (struct columns){0};
}

struct str columns_format_name(struct str format) {
	return str_slice(format, 0, str_find_char(format, '\n', 0));
}

void columns_format_join(struct buf *out, struct str name, const struct header *header) {
	buf_append_str(out, name);
	if (header->lines.len > 0) {
		buf_append_char(out, '\n');
		buf_append_str(out, buf_str(&header->lines));
	}
}

void columns_begin(struct columns *columns, struct str format) {
	struct str name = columns_format_name(format);
	header_start(&columns->header, str_slice(format, name.len + 1, format.len));
	columns->is_csv = str_eq(name, STR("csv"));
	columns->first = false;
	columns->made = 0;
}

/* ---- from a header to columns ---- */

static void set_type(struct column *column, struct str type) {
	static const struct str numeric[] = {
	    STR_INIT("time"), STR_INIT("interval"), STR_INIT("port"),   STR_INIT("count"),
	    STR_INIT("int"),  STR_INIT("double"),   STR_INIT("counter")};
	size_t open = str_find_char(type, '[', 0);
	column->is_list = open < type.len;
	if (column->is_list) {
		type = str_slice(type, open + 1, MAX_OF(type.len, open + 2) - 1);
	}
	column->type = str_eq(type, STR("bool")) ? COLUMN_BOOL : COLUMN_STRING;
	for (size_t i = 0; i < ARRAY_LEN(numeric); i++) {
		if (str_eq(type, numeric[i])) {
			column->type = COLUMN_NUMERIC;
		}
	}
}

static void add_column(struct columns *columns, struct str name) {
	if (columns->count == columns->cap) {
		columns->cap = columns->cap * 2 + 32;
		columns->list = reallocarray(columns->list, columns->cap, sizeof(*columns->list));
		columns->values = reallocarray(columns->values, columns->cap, sizeof(*columns->values));
		ASSERT(columns->list != NULL && columns->values != NULL);
	}
	columns->list[columns->count++] =
	    (struct column){.name = name, .field = NOWHERE, .type = COLUMN_ANY};
}

static void add_names(struct columns *columns, struct str names, char separator) {
	columns->count = 0;
	while (names.len > 0 && columns->count < COLUMNS_MAX) {
		struct str name = str_cut(&names, separator);
		if (separator != ' ' || str_trim(name).len > 0) {
			add_column(columns, str_trim(name));
		}
	}
}

static uint32_t find_column(const struct columns *columns, struct str name) {
	uint32_t i = 0;
	while (i < columns->count && !str_eq(columns->list[i].name, name)) {
		i++;
	}
	return i == columns->count ? NOWHERE : i;
}

static void add_csv_names(struct columns *columns, struct str names) {
	struct str *cut = calloc(COLUMNS_MAX, sizeof(*cut));
	size_t open;
	ASSERT(cut != NULL);
	columns->separator = csv_separator(names);
	uint32_t count = split_csv(names, columns->separator, cut, COLUMNS_MAX, &open);
	columns->count = 0;
	for (uint32_t i = 0; i < MIN_OF(count, (uint32_t)COLUMNS_MAX); i++) {
		bool doubled;
		add_column(columns, split_unquote(cut[i], &doubled));
	}
	free(cut);
	/* Rows may have one value more than there are names. */
	add_column(columns, find_column(columns, STR("message")) == NOWHERE ? STR("message") : STR(""));
}

static void set_types(struct columns *columns, struct str types) {
	for (uint32_t i = 0; i < columns->count && types.len > 0; i++) {
		set_type(&columns->list[i], str_cut(&types, columns->separator));
	}
}

static bool has(struct str text, const char *part) {
	return str_find(text, str_from(part), 0) != SIZE_MAX;
}

static void set_software(struct columns *columns, struct str software) {
	columns->log = has(software, "Internet Information Services") ? STR("iis")
	               : has(software, "Windows Firewall")            ? STR("firewall")
	               : has(software, "Microsoft Exchange")          ? STR("exchange")
	                                                              : STR("");
}

/* All of a header but its names. */
static void read_setting(struct columns *columns, const struct header_line *line) {
	switch (line->word) {
	case HEADER_SET_SEPARATOR:
		columns->set_separator = line->value.len > 0 ? line->value.ptr[0] : ',';
		break;
	case HEADER_EMPTY:
		columns->empty = line->value;
		break;
	case HEADER_UNSET:
		columns->unset = line->value;
		break;
	case HEADER_PATH:
		columns->log = line->value;
		break;
	case HEADER_W3C_DATE:
		columns->date = str_slice(line->value, 0, str_find_char(line->value, ' ', 0));
		break;
	case HEADER_W3C_SOFTWARE:
		set_software(columns, line->value);
		break;
	case HEADER_W3C_TIME_FORMAT:
		columns->local = str_eq_nocase(line->value, STR("Local"));
		break;
	case HEADER_SEPARATOR:
	case HEADER_FIELDS:
	case HEADER_TYPES:
	case HEADER_OPEN:
	case HEADER_CLOSE:
	case HEADER_W3C_FIELDS:
	case HEADER_W3C_OTHER:
	case HEADER_CSV_NAMES:
	default:
		break;
	}
}

/* Names of the newest header; settings of its kind stand before or behind them. */
static void read_header(struct columns *columns) {
	struct header kept = {.lines = columns->text};
	struct header_line line;
	struct header_line names = {0};
	struct str types = STR("");
	for (size_t at = 0; header_next(&kept, &at, &line);) {
		bool is_names = line.word == HEADER_FIELDS || line.word == HEADER_W3C_FIELDS ||
		                line.word == HEADER_CSV_NAMES;
		names = is_names ? line : names;
		types = line.word == HEADER_TYPES ? line.value : types;
	}
	columns->kind = names.value.len > 0 ? names.kind : HEADER_NONE;
	for (size_t at = 0; header_next(&kept, &at, &line);) {
		if (line.kind == columns->kind) {
			read_setting(columns, &line);
		}
	}
	if (columns->kind == HEADER_ZEEK) {
		columns->separator = header_separator(&kept);
		add_names(columns, names.value, columns->separator);
		set_types(columns, types);
	} else if (columns->kind == HEADER_W3C) {
		bool commas = str_find_char(names.value, ',', 0) < names.value.len;
		columns->separator = commas ? ',' : ' ';
		add_names(columns, names.value, columns->separator);
	} else if (columns->kind == HEADER_CSV) {
		add_csv_names(columns, names.value);
	}
}

/* ---- what columns mean ---- */

static uint32_t name_of(const struct line *line, struct str name) {
	uint32_t number = line->batch == NULL ? NOWHERE : fields_name(line->batch, name);
	return number == FIELD_TIMESTAMP ? NOWHERE : number;
}

static void add_target(struct columns *columns, uint32_t at, const struct column_rule *rule,
                       const struct line *line) {
	struct column *column = &columns->list[at];
	columns->has_late = columns->has_late || rule->how == COLUMN_IP_ELSE;
	uint32_t *place = rule->how == COLUMN_WHEN    ? &columns->when_at
	                  : rule->how == COLUMN_DATE  ? &columns->date_at
	                  : rule->how == COLUMN_CLOCK ? &columns->clock_at
	                                              : NULL;
	if (place != NULL) {
		*place = *place == NOWHERE ? at : *place;
	} else if (column->targets_count < COLUMN_TARGETS_MAX) {
		column->targets[column->targets_count++] = (struct column_target){
		    .field = rule->target.len == 0 ? NOWHERE : name_of(line, rule->target),
		    .how = (uint8_t)rule->how,
		};
	}
}

static void add_targets(struct columns *columns, const struct line *line) {
	size_t count;
	const struct column_rule *rules = column_rules(columns->kind, &count);
	for (uint32_t i = 0; i < columns->count; i++) {
		struct column *column = &columns->list[i];
		column->field = column->name.len == 0 ? NOWHERE : name_of(line, column->name);
		column->lost = column->field == NOWHERE && column->name.len > 0 &&
		               !str_eq(column->name, STR("@timestamp"));
		for (size_t r = 0; r < count; r++) {
			const struct column_rule *rule = &rules[r];
			if (str_eq(rule->column, column->name) &&
			    (rule->log.len == 0 || str_eq(rule->log, columns->log))) {
				add_target(columns, i, rule, line);
			}
		}
	}
}

static void add_csv_times(struct columns *columns) {
	for (uint32_t i = 0; i < columns->count; i++) {
		struct column *column = &columns->list[i];
		for (uint8_t rank = 0; rank < column_times_count; rank++) {
			if (str_eq_nocase(column->name, column_times[rank])) {
				column->is_time = true;
				column->time_rank = rank;
			}
		}
	}
}

/* Logs of web servers without #Software, and the firewall's. */
static void guess_log(struct columns *columns) {
	if (columns->kind != HEADER_W3C || columns->log.len > 0) {
		return;
	}
	bool web = find_column(columns, STR("cs-method")) != NOWHERE ||
	           find_column(columns, STR("sc-status")) != NOWHERE;
	bool firewall = find_column(columns, STR("tcpflags")) != NOWHERE;
	columns->log = web ? STR("web") : firewall ? STR("firewall") : STR("");
}

static void add_constant(struct columns *columns, const struct line *line, uint32_t field,
                         enum value_kind kind, struct str text) {
	ASSERT(columns->constants_count < ARRAY_LEN(columns->constants));
	columns->constants[columns->constants_count++] =
	    (struct column_constant){.field = field,
	                             .offset = fields_share(line->batch, text),
	                             .len = (uint32_t)text.len,
	                             .kind = (uint8_t)kind};
}

static void add_word_list(struct columns *columns, const struct line *line, uint32_t field,
                          struct str word) {
	struct buf list = {0};
	value_list_append(&list, value_string(word));
	add_constant(columns, line, field, VALUE_LIST, buf_str(&list));
	buf_deinit(&list);
}

static void add_constants(struct columns *columns, const struct line *line) {
	const struct column_event *event =
	    columns->kind == HEADER_W3C ? column_event(columns->log) : NULL;
	if (columns->kind == HEADER_ZEEK && columns->log.len > 0) {
		add_constant(columns, line, columns->path_field, VALUE_STRING, columns->log);
	}
	if (event != NULL) {
		add_constant(columns, line, FIELD_EVENT_KIND, VALUE_STRING, STR("event"));
		add_word_list(columns, line, FIELD_EVENT_CATEGORY, event->category);
	}
	if (event != NULL && event->type.len > 0) {
		add_word_list(columns, line, FIELD_EVENT_TYPE, event->type);
	}
}

static void make(struct columns *columns, const struct line *line) {
	columns->made = columns->header.changes;
	buf_clear(&columns->text);
	buf_clear(&columns->scratch);
	buf_append_str(&columns->text, buf_str(&columns->header.lines));
	columns->separator = '\t';
	columns->set_separator = ',';
	columns->empty = STR("(empty)");
	columns->unset = STR("-");
	columns->log = columns->date = STR("");
	columns->local = columns->has_late = false;
	columns->count = columns->constants_count = 0;
	columns->date_at = columns->clock_at = columns->when_at = NOWHERE;
	read_header(columns);
	guess_log(columns);
	columns->path_field = name_of(line, STR("_path"));
	columns->outcome_field = name_of(line, STR("event.outcome"));
	add_targets(columns, line);
	if (columns->kind == HEADER_ZEEK) {
		columns->when_at = find_column(columns, STR("ts"));
	}
	if (columns->kind == HEADER_CSV) {
		add_csv_times(columns);
	}
	if (line->batch != NULL) {
		add_constants(columns, line);
	}
}

/* Makes sure that columns hold for the header as it is now. */
static bool know(struct line *line, enum header_kind kind) {
	struct columns *columns = line->columns;
	if (columns == NULL || columns->header.lines.len == 0) {
		return false;
	}
	if (columns->made != columns->header.changes) {
		make(columns, line);
	}
	return columns->kind == kind;
}

/* ---- lines ---- */

/* A line of a header: it is kept, and has no fields but a time. */
static bool take_header(struct line *line, enum header_kind kind) {
	struct header_line read;
	if (line->columns == NULL || line->text.len == 0 ||
	    (line->text.ptr[0] != '#' && line->text.ptr[0] != '\xef') ||
	    !header_read(&line->columns->header, line->text, &read) || read.kind != kind) {
		return false;
	}
	struct timestamp time;
	if (read.word == HEADER_OPEN || read.word == HEADER_CLOSE) {
		if (timestamp_layout(line->time, STR("YYYY-MM-DD-hh-mm-ss"), read.value, &time) > 0) {
			line_time(line, time);
		}
	} else if (read.word == HEADER_W3C_DATE &&
	           timestamp_iso(line->time, read.value, &time) == read.value.len) {
		line_time(line, time);
	}
	return header_note(&line->columns->header, line->text);
}

bool columns_take_zeek(const struct line_format *format, struct line *line) {
	(void)format;
	if (take_header(line, HEADER_ZEEK)) {
		return true;
	}
	if (!know(line, HEADER_ZEEK)) {
		return line_refuse(line, 0, "stands behind no #fields of Zeek");
	}
	struct columns *columns = line->columns;
	struct str text = header_trim(line->text);
	uint32_t count = split_plain(text, columns->separator, columns->values, columns->count);
	if (count != columns->count) {
		return line_refuse(line, 0, "has not as many values as #fields has names");
	}
	if (!columns_put_time(line, count)) {
		return line_refuse(line, 0, "has no time where #fields has ts");
	}
	columns_put(line, count);
	return true;
}

/* Values that are fewer are those of a line that was cut. Some writers separate by tabs, though the
 * names stand between blanks. */
static uint32_t split_w3c(struct columns *columns, struct str text) {
	size_t open;
	if (columns->separator == ',') {
		return split_csv(text, ',', columns->values, columns->count, &open);
	}
	if (str_find_char(text, '\t', 0) < text.len) {
		return split_plain(text, '\t', columns->values, columns->count);
	}
	uint32_t count = split_blanks(text, columns->values, columns->count);
	if (count != columns->count) { /* an empty value between two blanks, or a quotation mark */
		uint32_t plain = split_plain(str_trim(text), ' ', columns->values, columns->count);
		count =
		    plain == columns->count ? plain : split_blanks(text, columns->values, columns->count);
	}
	return count;
}

bool columns_take_w3c(const struct line_format *format, struct line *line) {
	(void)format;
	if (take_header(line, HEADER_W3C)) {
		return true;
	}
	if (!know(line, HEADER_W3C)) {
		return line_refuse(line, 0, "stands behind no #Fields:");
	}
	struct columns *columns = line->columns;
	uint32_t count = split_w3c(columns, header_trim(line->text));
	if (count == 0 || count > columns->count) {
		return line_refuse(line, 0, "has more values than #Fields: has names");
	}
	bool timed = columns->when_at != NOWHERE || columns->clock_at != NOWHERE;
	if (count < columns->count && (!timed || count < 3)) {
		return line_refuse(line, 0, "has fewer values than #Fields: has names");
	}
	if (!columns_put_time(line, count)) {
		return line_refuse(line, 0, "has no time where #Fields: has it");
	}
	columns_put(line, count);
	return true;
}

bool columns_take_csv(const struct line_format *format, struct line *line) {
	struct columns *columns = line->columns;
	(void)format;
	if (columns == NULL || !columns->is_csv) {
		return line_refuse(line, 0, "is in no file of CSV");
	}
	if (columns->first) {
		header_note_csv(&columns->header, line->text); /* but for #TYPE, which it passes over */
		return true;
	}
	if (!know(line, HEADER_CSV)) {
		return line_refuse(line, 0, "stands behind no line of names");
	}
	size_t open;
	struct str text = header_trim(line->text);
	uint32_t count = split_csv(text, columns->separator, columns->values, columns->count, &open);
	bool fits = count + 1 == columns->count || (count == columns->count && count > 1);
	if (!fits || open != SIZE_MAX) {
		return line_refuse(line, open != SIZE_MAX ? open : 0,
		                   open != SIZE_MAX ? "has a quotation mark that is not closed"
		                                    : "has not as many values as the first line has names");
	}
	(void)columns_put_time(line, count); /* not every CSV has one */
	columns_put(line, count);
	return true;
}
