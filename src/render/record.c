/* Rows to JSON lines, raw bytes, CSV. */
#include "render/record.h"

#include "base/instant.h"
#include "base/utf8.h"

int32_t render_offset(const struct render_style *style, int64_t ns) {
	if (style->offset_at != NULL) {
		return style->offset_at(style->offset_ctx, ns);
	}
	return style->offset_seconds;
}

static void append_key(struct buf *out, struct str name) {
	if (out->ptr[out->len - 1] != '{') {
		buf_append_char(out, ',');
	}
	buf_append_json(out, name);
	buf_append_char(out, ':');
}

static void append_number(struct buf *out, struct str name, uint64_t number) {
	append_key(out, name);
	buf_append_u64(out, number);
}

static void append_text(struct buf *out, struct str name, struct str text) {
	append_key(out, name);
	buf_append_json(out, text);
}

static void append_row_flags(struct buf *out, const struct row *row) {
	struct buf list = {0};
	row_append_time_flags(&list, row->time_flags);
	if (list.len > 0) {
		append_key(out, STR("akashi.time_flags"));
		value_append_json(out, (struct value){VALUE_LIST, buf_str(&list)});
	}
	buf_clear(&list);
	row_append_flags(&list, row->flags, row->time_flags);
	if (list.len > 0) {
		append_key(out, STR("akashi.flags"));
		value_append_json(out, (struct value){VALUE_LIST, buf_str(&list)});
	}
	buf_deinit(&list);
}

/* Names that every record has: a field of the source under such a name keeps its value under
 * akashi.field.NAME, so that no key comes twice. */
static bool is_built_in(struct str name) {
	static const struct str names[] = {
	    STR_INIT("@timestamp"),    STR_INIT("event.original"), STR_INIT("akashi.original_base64"),
	    STR_INIT("akashi.format"), STR_INIT("file.path"),      STR_INIT("akashi.record"),
	    STR_INIT("log.offset"),    STR_INIT("akashi.tree"),    STR_INIT("akashi.index"),
	};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eq(names[i], name)) {
			return true;
		}
	}
	return str_starts(name, STR("akashi."));
}

static void append_field(struct buf *out, const struct row_field *field) {
	if (!is_built_in(field->name)) {
		append_key(out, field->name);
	} else {
		struct buf name = {0};
		buf_append_str(&name, STR("akashi.field."));
		buf_append_str(&name, field->name);
		append_key(out, buf_str(&name));
		buf_deinit(&name);
	}
	value_append_json(out, field->value);
}

void render_json(const struct row *row, const struct render_style *style, struct buf *out) {
	size_t first = out->len;
	buf_append_char(out, '{');
	append_key(out, STR("@timestamp"));
	buf_append_char(out, '"');
	instant_format(out, row->time_ns, render_offset(style, row->time_ns));
	buf_append_char(out, '"');
	append_text(out, STR("event.original"), row->text);
	if (!row->container && !utf8_valid(row->body)) {
		append_key(out, STR("akashi.original_base64"));
		buf_append_char(out, '"');
		buf_append_base64(out, row->body.ptr, row->body.len);
		buf_append_char(out, '"');
	}
	append_text(out, STR("akashi.format"), row->format);
	if (row->path.len > 0) { /* what came over the network lay in no file */
		append_text(out, STR("file.path"), row->path);
	}
	append_number(out, STR("akashi.record"), row->number);
	append_number(out, STR("log.offset"), row->log_offset);
	if (row->stored) {
		append_text(out, STR("akashi.tree"), row->tree);
		append_number(out, STR("akashi.index"), row->index);
	}
	append_row_flags(out, row);
	for (size_t i = 0; i < row->fields_count; i++) {
		append_field(out, &row->fields[i]);
	}
	buf_append_str(out, STR("}\n"));
	ASSERT(out->len > first);
}

void render_raw(const struct row *row, struct buf *out) {
	if (row->container) {
		buf_append_str(out, row->text);
		buf_append_char(out, '\n');
		return;
	}
	buf_append_str(out, row->body);
	if ((row->flags & (RECORD_NO_FINAL_LF | RECORD_CONTINUES)) == 0) {
		buf_append_char(out, '\n');
	}
}

static struct value time_value(int64_t ns, const struct render_style *style, struct buf *scratch) {
	size_t first = scratch->len;
	instant_format(scratch, ns, render_offset(style, ns));
	return value_string(str_make(scratch->ptr + first, scratch->len - first));
}

static struct value number_value(uint64_t number, struct buf *scratch) {
	size_t first = scratch->len;
	buf_append_u64(scratch, number);
	return (struct value){VALUE_NUMBER, str_make(scratch->ptr + first, scratch->len - first)};
}

static struct value list_value(const struct buf *list) {
	return list->len == 0 ? VALUE_ABSENT : (struct value){VALUE_LIST, buf_str(list)};
}

static struct value built_in(const struct row *row, struct str name,
                             const struct render_style *style, struct buf *scratch) {
	if (str_eq(name, STR("@timestamp"))) {
		return time_value(row->time_ns, style, scratch);
	}
	if (str_eq(name, STR("event.original"))) {
		return value_string(row->text);
	}
	if (str_eq(name, STR("file.path"))) {
		return value_string(row->path);
	}
	if (str_eq(name, STR("akashi.format"))) {
		return value_string(row->format);
	}
	if (str_eq(name, STR("akashi.record"))) {
		return number_value(row->number, scratch);
	}
	if (str_eq(name, STR("log.offset"))) {
		return number_value(row->log_offset, scratch);
	}
	if (str_eq(name, STR("akashi.index")) && row->stored) {
		return number_value(row->index, scratch);
	}
	if (str_eq(name, STR("akashi.tree")) && row->stored) {
		return value_string(row->tree);
	}
	if (str_eq(name, STR("akashi.flags"))) {
		row_append_flags(scratch, row->flags, row->time_flags);
		return list_value(scratch);
	}
	if (str_eq(name, STR("akashi.time_flags"))) {
		row_append_time_flags(scratch, row->time_flags);
		return list_value(scratch);
	}
	return VALUE_ABSENT;
}

struct value render_field(const struct row *row, struct str name, const struct render_style *style,
                          struct buf *scratch) {
	for (size_t i = 0; i < row->fields_count; i++) {
		if (str_eq(row->fields[i].name, name)) {
			return row->fields[i].value;
		}
	}
	(void)buf_reserve(scratch, 64); /* so that the value does not move while it is made */
	return built_in(row, name, style, scratch);
}

static bool is_plain(struct str text) {
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		if (c < 0x20 || c == 0x7f || c == ',' || c == '"') {
			return false;
		}
	}
	return true;
}

void render_csv_field(struct buf *out, const struct render_style *style, struct str text) {
	CLEANUP(buf_deinit) struct buf safe = {0};
	if (style->terminal) {
		render_safe(&safe, text);
		text = buf_str(&safe);
	}
	if (is_plain(text)) {
		utf8_append_mended(out, text);
		return;
	}
	buf_append_char(out, '"');
	while (text.len > 0) {
		size_t before = text.len;
		struct str piece = str_cut(&text, '"');
		utf8_append_mended(out, piece);
		if (before > piece.len) {
			buf_append_str(out, STR("\"\""));
		}
	}
	buf_append_char(out, '"');
}

static const struct str csv_columns[] = {
    STR_INIT("@timestamp"), STR_INIT("host.name"), STR_INIT("process.name"),
    STR_INIT("message"),    STR_INIT("file.path"), STR_INIT("akashi.record"),
};

void render_csv_header(struct buf *out) {
	for (size_t i = 0; i < ARRAY_LEN(csv_columns); i++) {
		buf_append_str(out, i > 0 ? STR(",") : STR(""));
		buf_append_str(out, csv_columns[i]);
	}
	buf_append_str(out, STR("\r\n"));
}

void render_csv(const struct row *row, const struct render_style *style, struct buf *out) {
	for (size_t i = 0; i < ARRAY_LEN(csv_columns); i++) {
		struct buf scratch = {0};
		struct buf text = {0};
		struct value value = render_field(row, csv_columns[i], style, &scratch);
		if (value.kind == VALUE_NONE && str_eq(csv_columns[i], STR("message"))) {
			value = value_string(row->text);
		}
		value_append_text(&text, value);
		buf_append_str(out, i > 0 ? STR(",") : STR(""));
		render_csv_field(out, style, buf_str(&text));
		buf_deinit(&text);
		buf_deinit(&scratch);
	}
	buf_append_str(out, STR("\r\n"));
}
