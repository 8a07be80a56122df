/* Reading what stands behind a pipe's name. */
#include "query/pipe.h"

#include "base/limits.h"

bool pipe_at_end(struct parser *p) {
	return parser_end(p) || parser_peek(p, 0) == '|' || (p->inner && parser_peek(p, 0) == ')');
}

static bool is_name_byte(char c) {
	return char_is_alpha(c) || char_is_digit(c) || (unsigned char)c >= 0x80 || c == '_' ||
	       c == '.' || c == '@';
}

/* Bytes of the name at the position; a dash counts between name bytes. */
size_t pipe_name_length(const struct parser *p) {
	size_t len = 0;
	while (is_name_byte(parser_peek(p, len)) ||
	       (len > 0 && parser_peek(p, len) == '-' && is_name_byte(parser_peek(p, len + 1)))) {
		if (parser_blank(p->text, p->at + len) > 0) { /* U+3000 */
			break;
		}
		len++;
	}
	return len;
}

enum err pipe_expected(struct parser *p, const char *what) {
	parser_skip(p);
	size_t len = 0;
	while (p->at + len < p->text.len && parser_blank(p->text, p->at + len) == 0 &&
	       parser_peek(p, len) != '|' && len < 40) {
		len++;
	}
	if (len == 0) {
		return diag_set_at(p->diag, ERR_INVALID, p->at, 0, "%s is expected here", what);
	}
	return diag_set_at(p->diag, ERR_INVALID, p->at, len, "%s is expected here, not '%.*s'", what,
	                   STR_ARG(str_make(p->text.ptr + p->at, len)));
}

enum err pipe_name(struct parser *p, struct str *out_name) {
	parser_skip(p);
	size_t first = p->at;
	if (parser_peek(p, 0) == '"') {
		TRY(parser_quoted(p, out_name));
	} else if (parser_peek(p, 0) == '`') {
		size_t end = str_find_char(p->text, '`', p->at + 1);
		if (end == p->text.len) {
			return diag_set_at(p->diag, ERR_INVALID, first, 1, "this ` is not closed");
		}
		*out_name = str_slice(p->text, first + 1, end);
		p->at = end + 1;
	} else {
		*out_name = str_slice(p->text, p->at, p->at + pipe_name_length(p));
		p->at += out_name->len;
	}
	if (out_name->len == 0) {
		p->at = first;
		return pipe_expected(p, "the name of a field");
	}
	if (out_name->len > LIMIT_FIELD_NAME) {
		return diag_set_at(p->diag, ERR_LIMIT, first, 0, "a field's name has at most %zu bytes",
		                   LIMIT_FIELD_NAME);
	}
	return ERR_OK;
}

static enum err no_column(struct parser *p, struct str name, size_t position) {
	CLEANUP(buf_deinit) struct buf all = {0};
	for (size_t i = 0; i < p->columns_count && all.len < 300; i++) {
		buf_printf(&all, "%s%.*s", i > 0 ? ", " : "", STR_ARG(p->fields[p->columns[i]].name));
	}
	enum err err = diag_set_at(p->diag, ERR_INVALID, position, p->at - position,
	                           "there is no '%.*s' here", STR_ARG(str_slice(name, 0, 80)));
	diag_hint(p->diag, "the columns are %.*s", STR_ARG(buf_str(&all)));
	return err;
}

enum err pipe_field_named(struct parser *p, struct str name, size_t position, uint32_t *out_field) {
	if (!p->table) {
		*out_field = parser_field(p, name);
		p->fields[*out_field].from_source = true;
		return ERR_OK;
	}
	for (size_t i = 0; i < p->columns_count; i++) {
		if (str_eq(p->fields[p->columns[i]].name, name)) {
			*out_field = parser_field(p, name);
			return ERR_OK;
		}
	}
	return no_column(p, name, position);
}

enum err pipe_field(struct parser *p, uint32_t *out_field) {
	struct str name;
	parser_skip(p);
	size_t first = p->at;
	TRY(pipe_name(p, &name));
	return pipe_field_named(p, name, first, out_field);
}

bool pipe_append_field(struct parser *p, const uint32_t **list, size_t *count, uint32_t field) {
	for (size_t i = 0; i < *count; i++) {
		if ((*list)[i] == field) {
			return false;
		}
	}
	uint32_t *more = ARENA_ARRAY(p->arena, *count + 1, uint32_t);
	if (*count > 0) {
		memcpy(more, *list, *count * sizeof(*more));
	}
	more[(*count)++] = field;
	*list = more;
	return true;
}

/* What every record has stands beside its fields, and says what it is. */
bool pipe_is_of_record(struct str name) {
	static const struct str names[] = {STR_INIT("@timestamp"), STR_INIT("event.original"),
	                                   STR_INIT("file.path"), STR_INIT("log.offset")};
	bool found = str_starts(name, STR("akashi."));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		found = found || str_eq(names[i], name);
	}
	return found;
}

void pipe_drop_field(struct parser *p, uint32_t field) {
	pipe_append_field(p, &p->dropped, &p->dropped_count, field);
}

bool pipe_undrop_field(struct parser *p, uint32_t field) {
	uint32_t *left = ARENA_ARRAY(p->arena, p->dropped_count + 1, uint32_t);
	size_t count = 0;
	for (size_t i = 0; i < p->dropped_count; i++) {
		if (p->dropped[i] != field) {
			left[count++] = p->dropped[i];
		}
	}
	bool was_dropped = count < p->dropped_count;
	p->dropped = left;
	p->dropped_count = count;
	p->fields[field].replaced = p->fields[field].replaced || was_dropped;
	return was_dropped;
}

enum err pipe_new_field(struct parser *p, struct str name, size_t position, size_t length,
                        uint32_t *out_field) {
	if (!p->table && pipe_is_of_record(name)) {
		enum err err = diag_set_at(p->diag, ERR_INVALID, position, length,
		                           "'%.*s' belongs to the record and stays as it is",
		                           STR_ARG(str_slice(name, 0, 80)));
		diag_hint(p->diag, "choose another name, or make a table with fields before");
		return err;
	}
	uint32_t field = parser_field(p, name);
	if (p->table) {
		pipe_append_field(p, &p->columns, &p->columns_count, field);
	} else {
		p->fields[field].replaced = true;
		pipe_append_field(p, &p->added, &p->added_count, field);
		(void)pipe_undrop_field(p, field);
	}
	*out_field = field;
	return ERR_OK;
}

enum err field_list_add(struct parser *p, struct field_list *list, uint32_t field) {
	if (list->count == PIPE_FIELDS_MAX) {
		return diag_set_at(p->diag, ERR_LIMIT, p->at, 0, "a pipe takes at most %d fields",
		                   PIPE_FIELDS_MAX);
	}
	if (list->items == NULL) {
		list->items = ARENA_ARRAY(p->arena, PIPE_FIELDS_MAX, uint32_t);
	}
	list->items[list->count++] = field;
	return ERR_OK;
}

enum err pipe_fields_list(struct parser *p, struct field_list *out_list) {
	for (;;) {
		uint32_t field;
		TRY(pipe_field(p, &field));
		TRY(field_list_add(p, out_list, field));
		bool comma = pipe_take(p, ',');
		parser_skip(p);
		bool name = pipe_name_length(p) > 0 || parser_peek(p, 0) == '"' || parser_peek(p, 0) == '`';
		if (!comma && !name) {
			return ERR_OK;
		}
	}
}

void pipe_append_key(struct buf *key, struct value value) {
	uint64_t len = value.text.len;
	/* Lists apart from text of the same bytes; numbers and text alike. */
	buf_append_char(key, value.kind == VALUE_NONE ? 0 : value.kind == VALUE_LIST ? 2 : 1);
	if (value.kind != VALUE_NONE) {
		buf_append(key, &len, sizeof(len));
		buf_append_str(key, value.text);
	}
}

bool pipe_take(struct parser *p, char c) {
	parser_skip(p);
	if (p->at < p->text.len && p->text.ptr[p->at] == c) {
		p->at++;
		return true;
	}
	return false;
}

bool pipe_take_word(struct parser *p, struct str word) {
	parser_skip(p);
	size_t len = pipe_name_length(p);
	if (!str_eq_nocase(str_slice(p->text, p->at, p->at + len), word)) {
		return false;
	}
	p->at += len;
	return true;
}

enum err pipe_number(struct parser *p, uint64_t max, uint64_t *out_value) {
	parser_skip(p);
	size_t len = 0;
	while (char_is_digit(parser_peek(p, len))) {
		len++;
	}
	if (len == 0 || is_name_byte(parser_peek(p, len)) ||
	    !str_to_u64(str_slice(p->text, p->at, p->at + len), max, out_value)) {
		return pipe_expected(p, "a whole number");
	}
	p->at += len;
	return ERR_OK;
}
