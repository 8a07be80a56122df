/* Arrays of scalars, as programs write them: ["a","b",3]. */
#include "store/list_text.h"

/* ---- to a list ---- */

/* Reads a string at text[*at], which is its quotation mark. */
static bool read_string(struct str text, size_t *at, struct str *out_string) {
	size_t first = ++*at;
	while (*at < text.len && text.ptr[*at] != '"') {
		if (text.ptr[*at] == '\\' || (unsigned char)text.ptr[*at] < 0x20) {
			return false;
		}
		(*at)++;
	}
	*out_string = str_slice(text, first, *at);
	return (*at)++ < text.len;
}

/* Any word up to a comma or the end; what it is tells its first letter. */
static bool read_word(struct str text, size_t *at, struct value *out_value) {
	size_t first = *at;
	while (*at < text.len && text.ptr[*at] != ',' && text.ptr[*at] != ']') {
		char c = text.ptr[*at];
		if (!char_is_digit(c) && !char_is_alpha(c) && c != '-' && c != '+' && c != '.') {
			return false;
		}
		(*at)++;
	}
	struct str word = str_slice(text, first, *at);
	bool is_bool = str_eq(word, STR("true")) || str_eq(word, STR("false"));
	bool is_number = word.len > 0 && (char_is_digit(word.ptr[0]) || word.ptr[0] == '-');
	*out_value = (struct value){is_bool ? VALUE_BOOL : is_number ? VALUE_NUMBER : VALUE_JSON, word};
	return is_bool || is_number || str_eq(word, STR("null"));
}

bool list_text_read(struct str array, struct buf *list) {
	size_t at = 1;
	buf_clear(list);
	if (array.len < 2 || array.ptr[0] != '[') {
		return false;
	}
	if (array.ptr[1] == ']') {
		return array.len == 2;
	}
	while (at < array.len) {
		struct value element;
		if (array.ptr[at] == '"') {
			element.kind = VALUE_STRING;
			if (!read_string(array, &at, &element.text)) {
				return false;
			}
		} else if (!read_word(array, &at, &element)) {
			return false;
		}
		value_list_append(list, element);
		if (at >= array.len) {
			return false;
		}
		char c = array.ptr[at++];
		if (c != ',') {
			return c == ']' && at == array.len;
		}
	}
	return false;
}

/* ---- in a text ---- */

static void write_array(struct str list, struct buf *out) {
	struct value element;
	size_t at = 0;
	buf_append_char(out, '[');
	while (value_list_next(list, &at, &element)) {
		if (out->len > 1) {
			buf_append_char(out, ',');
		}
		bool quoted = element.kind == VALUE_STRING;
		buf_append_str(out, quoted ? STR("\"") : STR(""));
		buf_append_str(out, element.text);
		buf_append_str(out, quoted ? STR("\"") : STR(""));
	}
	buf_append_char(out, ']');
}

bool list_text_find(struct str text, struct str list, struct buf *scratch, size_t *out_offset,
                    size_t *out_len) {
	buf_clear(scratch);
	write_array(list, scratch);
	size_t len = scratch->len;
	size_t at = str_find(text, buf_str(scratch), 0);
	if (at == (size_t)-1 || !list_text_read(str_slice(text, at, at + len), scratch) ||
	    !str_eq(buf_str(scratch), list)) {
		return false;
	}
	*out_offset = at;
	*out_len = len;
	return true;
}
