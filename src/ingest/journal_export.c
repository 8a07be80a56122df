/* See journal_export.h.
 */
#include "ingest/journal_export.h"

#include "base/endian.h"
#include "base/utf8.h"

static bool is_plain(struct str value) {
	for (size_t i = 0; i < value.len; i++) {
		uint8_t c = (uint8_t)value.ptr[i];
		if ((c < 0x20 && c != '\t') || c == 0x7f) {
			return false;
		}
	}
	return utf8_valid(value);
}

bool journal_export_append(struct buf *out, struct str data) {
	size_t equals = str_find_char(data, '=', 0);
	struct str name = str_slice(data, 0, equals);
	if (equals == data.len || name.len == 0 || str_find_char(name, '\n', 0) < name.len) {
		return false;
	}
	struct str value = str_slice(data, equals + 1, data.len);
	buf_append_str(out, name);
	if (is_plain(value)) {
		buf_append_char(out, '=');
	} else {
		uint8_t size[8];
		le64_store(size, value.len);
		buf_append_char(out, '\n');
		buf_append(out, size, sizeof(size));
	}
	buf_append_str(out, value);
	buf_append_char(out, '\n');
	return true;
}

bool journal_export_next(struct str body, size_t *at, struct str *out_name, struct str *out_value) {
	struct str rest = str_slice(body, *at, body.len);
	size_t lf = str_find_char(rest, '\n', 0);
	size_t equals = str_find_char(str_slice(rest, 0, lf), '=', 0);
	if (lf == rest.len || lf == 0 || equals == 0) {
		return false;
	}
	if (equals < lf) {
		*out_name = str_slice(rest, 0, equals);
		*out_value = str_slice(rest, equals + 1, lf);
		*at += lf + 1;
		return true;
	}
	size_t from = lf + 1 + 8;
	if (from > rest.len) {
		return false;
	}
	uint64_t size = le64_load(rest.ptr + lf + 1);
	if (size >= rest.len - from || rest.ptr[from + size] != '\n') {
		return false;
	}
	*out_name = str_slice(rest, 0, lf);
	*out_value = str_slice(rest, from, from + (size_t)size);
	*at += from + (size_t)size + 1;
	return true;
}

/* What is needed of an entry before its fields are put. */
struct entry {
	struct str host, ident, comm, pid, message, realtime;
};

static bool read_entry(struct str body, struct entry *entry) {
	struct {
		struct str name;
		struct str *place;
	} wanted[] = {
	    {STR("_HOSTNAME"), &entry->host},  {STR("SYSLOG_IDENTIFIER"), &entry->ident},
	    {STR("_COMM"), &entry->comm},      {STR("_PID"), &entry->pid},
	    {STR("MESSAGE"), &entry->message}, {STR("__REALTIME_TIMESTAMP"), &entry->realtime},
	};
	struct str name;
	struct str value;
	size_t at = 0;
	while (journal_export_next(body, &at, &name, &value)) {
		for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
			if (str_eq(name, wanted[i].name) && wanted[i].place->len == 0) {
				*wanted[i].place = value;
			}
		}
	}
	return at == body.len && entry->realtime.len > 0;
}

/* As people know it from a log file; line feeds of the message become blanks, the field keeps
 * them. */
static void render(const struct entry *entry, struct buf *out) {
	struct str ident = entry->ident.len > 0 ? entry->ident : entry->comm;
	if (entry->host.len > 0) {
		utf8_append_mended(out, entry->host);
		buf_append_char(out, ' ');
	}
	if (ident.len > 0) {
		utf8_append_mended(out, ident);
		if (entry->pid.len > 0) {
			buf_append_char(out, '[');
			utf8_append_mended(out, entry->pid);
			buf_append_char(out, ']');
		}
		buf_append_str(out, STR(": "));
	}
	size_t from = out->len;
	utf8_append_mended(out, entry->message);
	for (; from < out->len; from++) {
		if (out->ptr[from] == '\n' || out->ptr[from] == '\r') {
			out->ptr[from] = ' ';
		}
	}
}

static void put_text(struct line *line, uint32_t name, struct str value) {
	buf_clear(line->scratch);
	utf8_append_mended(line->scratch, value);
	fields_put_str(line->batch, name, buf_str(line->scratch));
}

static void put_number(struct line *line, uint32_t name, struct str value) {
	uint64_t number;
	if (str_to_u64(value, INT64_MAX, &number)) {
		fields_put(line->batch, name, (struct value){VALUE_NUMBER, value});
	}
}

/* Names without a row below: journald.NAME in lower case; what the program itself set is under
 * journald.custom, what the journal vouches for (leading '_') is not. */
static void put_other(struct line *line, struct str name, struct str value) {
	char full[LIMIT_FIELD_NAME];
	bool trusted = name.ptr[0] == '_';
	while (name.len > 0 && name.ptr[0] == '_') {
		name = str_slice(name, 1, name.len);
	}
	struct str prefix = trusted ? STR("journald.") : STR("journald.custom.");
	if (name.len == 0 || prefix.len + name.len > sizeof(full)) {
		return;
	}
	memcpy(full, prefix.ptr, prefix.len);
	for (size_t i = 0; i < name.len; i++) {
		full[prefix.len + i] = char_lower(name.ptr[i]);
	}
	struct str text = str_make(full, prefix.len + name.len);
	if (utf8_valid(text)) {
		put_text(line, fields_name(line->batch, text), value);
	}
}

enum { PUT_TEXT, PUT_NUMBER, PUT_SEVERITY, PUT_FACILITY, PUT_NOTHING };

static void put_severity(struct line *line, struct str value) {
	static const struct str names[] = {
	    STR_INIT("Emergency"), STR_INIT("Alert"),  STR_INIT("Critical"),      STR_INIT("Error"),
	    STR_INIT("Warning"),   STR_INIT("Notice"), STR_INIT("Informational"), STR_INIT("Debug")};
	uint64_t number;
	if (str_to_u64(value, 7, &number)) {
		put_number(line, FIELD_LOG_SYSLOG_SEVERITY_CODE, value);
		fields_put_str(line->batch, FIELD_LOG_SYSLOG_SEVERITY_NAME, names[number]);
	}
}

static void put_field(struct line *line, struct str name, struct str value) {
	static const struct {
		struct str name;
		uint32_t field;
		int how;
	} known[] = {
	    {STR_INIT("MESSAGE"), FIELD_MESSAGE, PUT_TEXT},
	    {STR_INIT("_HOSTNAME"), FIELD_HOST_HOSTNAME, PUT_TEXT},
	    {STR_INIT("_HOSTNAME"), FIELD_HOST_NAME, PUT_TEXT},
	    {STR_INIT("_PID"), FIELD_PROCESS_PID, PUT_NUMBER},
	    {STR_INIT("_COMM"), FIELD_PROCESS_NAME, PUT_TEXT},
	    {STR_INIT("_EXE"), FIELD_PROCESS_EXECUTABLE, PUT_TEXT},
	    {STR_INIT("_CMDLINE"), FIELD_PROCESS_COMMAND_LINE, PUT_TEXT},
	    {STR_INIT("_UID"), FIELD_USER_ID, PUT_TEXT},
	    {STR_INIT("SYSLOG_IDENTIFIER"), FIELD_LOG_SYSLOG_APPNAME, PUT_TEXT},
	    {STR_INIT("SYSLOG_PID"), FIELD_LOG_SYSLOG_PROCID, PUT_TEXT},
	    {STR_INIT("SYSLOG_FACILITY"), FIELD_LOG_SYSLOG_FACILITY_CODE, PUT_NUMBER},
	    {STR_INIT("PRIORITY"), 0, PUT_SEVERITY},
	    {STR_INIT("__CURSOR"), 0, PUT_NOTHING},
	    {STR_INIT("__REALTIME_TIMESTAMP"), 0, PUT_NOTHING},
	    {STR_INIT("__MONOTONIC_TIMESTAMP"), 0, PUT_NOTHING},
	};
	bool found = false;
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (!str_eq(known[i].name, name)) {
			continue;
		}
		found = true;
		if (known[i].how == PUT_TEXT) {
			put_text(line, known[i].field, value);
		} else if (known[i].how == PUT_NUMBER) {
			put_number(line, known[i].field, value);
		} else if (known[i].how == PUT_SEVERITY) {
			put_severity(line, value);
		}
	}
	if (!found) {
		put_other(line, name, value);
	}
}

static void put_entry(struct line *line, struct str body, const struct entry *entry) {
	struct str name;
	struct str value;
	size_t at = 0;
	buf_clear(line->scratch);
	render(entry, line->scratch);
	fields_set_text(line->batch, buf_str(line->scratch));
	while (journal_export_next(body, &at, &name, &value)) {
		put_field(line, name, value);
	}
	if (entry->comm.len == 0 && entry->ident.len > 0) {
		put_text(line, FIELD_PROCESS_NAME, entry->ident);
	}
	uint64_t microseconds;
	if (str_to_u64(entry->realtime, INT64_MAX / 1000, &microseconds)) {
		fields_set_time(line->batch, (int64_t)microseconds * 1000, 0);
	}
}

bool journal_take_entry(const struct line_format *format, struct line *line) {
	struct entry entry = {0};
	(void)format;
	if (!str_starts(line->text, STR("__CURSOR="))) {
		return line_refuse(line, 0, "is no entry of a journal");
	}
	/* The body itself: lengths count its bytes, not those of a mended text. */
	struct str body = line->batch == NULL
	                      ? line->text
	                      : batch_body(line->batch, line->batch->fields.rows_done - 1);
	if (!read_entry(body, &entry)) {
		return line_refuse(line, 0, "is a damaged entry of a journal, or has no time");
	}
	if (line->batch != NULL) {
		put_entry(line, body, &entry);
	}
	return true;
}
