/* Values: packed lists, and how values look as JSON and as text. */
#include "event/value.h"

void value_list_append(struct buf *list, struct value element) {
	ASSERT(element.kind != VALUE_LIST);
	buf_append_char(list, (char)element.kind);
	size_t len = element.text.len;
	while (len >= 0x80) {
		buf_append_char(list, (char)(0x80 | (len & 0x7f)));
		len >>= 7;
	}
	buf_append_char(list, (char)len);
	buf_append_str(list, element.text);
}

bool value_list_next(struct str list, size_t *at, struct value *out_element) {
	size_t i = *at;
	size_t len = 0;
	if (i >= list.len) {
		return false;
	}
	unsigned kind = (unsigned char)list.ptr[i++];
	for (unsigned shift = 0;; shift += 7) {
		if (i >= list.len || shift > 35) {
			return false;
		}
		unsigned char byte = (unsigned char)list.ptr[i++];
		len |= (size_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0) {
			break;
		}
	}
	if (len > list.len - i || kind >= VALUE_KIND_COUNT || kind == VALUE_LIST) {
		return false;
	}
	*out_element = (struct value){(enum value_kind)kind, str_make(list.ptr + i, len)};
	*at = i + len;
	return true;
}

static void append_list_json(struct buf *out, struct str list) {
	size_t at = 0;
	struct value element;
	bool first = true;
	buf_append_char(out, '[');
	while (value_list_next(list, &at, &element)) {
		if (!first) {
			buf_append_char(out, ',');
		}
		first = false;
		value_append_json(out, element);
	}
	buf_append_char(out, ']');
}

static size_t skip_digits(struct str s, size_t at) {
	while (at < s.len && char_is_digit(s.ptr[at])) {
		at++;
	}
	return at;
}

/* RFC 8259 section 6: what may stand in JSON without quotation marks. */
static bool is_json_number(struct str s) {
	size_t first = s.len > 0 && s.ptr[0] == '-' ? 1 : 0;
	size_t at = skip_digits(s, first);
	if (at == first || (at > first + 1 && s.ptr[first] == '0')) {
		return false;
	}
	if (at < s.len && s.ptr[at] == '.') {
		first = at + 1;
		at = skip_digits(s, first);
		if (at == first) {
			return false;
		}
	}
	if (at < s.len && (s.ptr[at] == 'e' || s.ptr[at] == 'E')) {
		first = at + 1;
		if (first < s.len && (s.ptr[first] == '+' || s.ptr[first] == '-')) {
			first++;
		}
		at = skip_digits(s, first);
		if (at == first) {
			return false;
		}
	}
	return at == s.len;
}

/* JSON has line ends between values only, where they mean nothing; output is one line a record. */
static void append_in_one_line(struct buf *out, struct str json) {
	size_t from = 0;
	for (size_t i = 0; i < json.len; i++) {
		if (json.ptr[i] == '\n' || json.ptr[i] == '\r') {
			buf_append_str(out, str_slice(json, from, i));
			from = i + 1;
		}
	}
	buf_append_str(out, str_slice(json, from, json.len));
}

void value_append_json(struct buf *out, struct value value) {
	switch (value.kind) {
	case VALUE_NUMBER:
		if (is_json_number(value.text)) {
			buf_append_str(out, value.text);
		} else {
			buf_append_json(out, value.text);
		}
		break;
	case VALUE_BOOL:
		buf_append_str(out, value.text);
		break;
	case VALUE_JSON:
		append_in_one_line(out, value.text);
		break;
	case VALUE_LIST:
		append_list_json(out, value.text);
		break;
	case VALUE_NONE:
		buf_append_str(out, STR("null"));
		break;
	case VALUE_STRING:
	case VALUE_KIND_COUNT:
	default:
		buf_append_json(out, value.text);
		break;
	}
}

void value_append_text(struct buf *out, struct value value) {
	size_t at = 0;
	struct value element;
	bool first = true;
	if (value.kind != VALUE_LIST) {
		buf_append_str(out, value.text);
		return;
	}
	while (value_list_next(value.text, &at, &element)) {
		if (!first) {
			buf_append_str(out, STR(", "));
		}
		first = false;
		buf_append_str(out, element.text);
	}
}

bool value_number(struct value value, double *out_number) {
	return (value.kind == VALUE_STRING || value.kind == VALUE_NUMBER) &&
	       str_to_double(value.text, out_number);
}
