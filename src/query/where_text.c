/* Functions of texts and lists. Positions and lengths are in characters (code points). */
#include "base/limits.h"
#include "base/utf8.h"
#include "query/where.h"

static bool is_single(struct cell cell) {
	return cell.kind != CELL_NONE && cell.kind != CELL_LIST;
}

/* ---- case ---- */

/* The upper case of a code point: the one that folds to it, in the places where scripts have it. */
static uint32_t upper_of(uint32_t code) {
	static const int32_t distances[] = {32, 1, 80, 48, 63, 64, 37, 38, 26, 40, 16, 8, -8, -7264};
	for (size_t i = 0; i < ARRAY_LEN(distances); i++) {
		int64_t candidate = (int64_t)code - distances[i];
		if (candidate > 0 && candidate <= 0x10ffff && candidate != code &&
		    utf8_fold((uint32_t)candidate) == code) {
			return (uint32_t)candidate;
		}
	}
	return code;
}

static enum err change_case(const struct where_call *call, struct cell cell,
                            uint32_t (*change)(uint32_t), struct cell *out_cell) {
	CLEANUP(buf_deinit) struct buf out = {0};
	if (!is_single(cell)) {
		*out_cell = cell;
		return ERR_OK;
	}
	struct str text = cell_text(call->scratch, cell);
	for (size_t at = 0; at < text.len;) {
		size_t first = at;
		bool ok;
		uint32_t code = utf8_next(text, &at, &ok);
		if (ok) {
			utf8_append(&out, change(code));
		} else {
			buf_append(&out, text.ptr + first, at - first);
		}
	}
	return where_make_text(call, buf_str(&out), out_cell);
}

static enum err call_lower(const struct where_call *call, const struct cell *arguments,
                           size_t count, struct cell *out_cell) {
	(void)count;
	return change_case(call, arguments[0], utf8_fold, out_cell);
}

static enum err call_upper(const struct where_call *call, const struct cell *arguments,
                           size_t count, struct cell *out_cell) {
	(void)count;
	return change_case(call, arguments[0], upper_of, out_cell);
}

/* ---- parts ---- */

/* Characters of a text, elements of a list. */
static enum err call_len(const struct where_call *call, const struct cell *arguments, size_t count,
                         struct cell *out_cell) {
	int64_t length = 0;
	struct value element;
	(void)count;
	if (arguments[0].kind == CELL_NONE) {
		*out_cell = cell_none();
		return ERR_OK;
	}
	if (arguments[0].kind == CELL_LIST) {
		for (size_t at = 0; value_list_next(arguments[0].text, &at, &element);) {
			length++;
		}
	} else {
		struct str text = cell_text(call->scratch, arguments[0]);
		for (size_t at = 0; at < text.len; length++) {
			(void)utf8_next(text, &at, NULL);
		}
	}
	*out_cell = cell_integer(length);
	return ERR_OK;
}

/* The byte where character number `chars` begins, or the text's end. */
static size_t byte_of(struct str text, int64_t chars) {
	size_t at = 0;
	for (; at < text.len && chars > 0; chars--) {
		(void)utf8_next(text, &at, NULL);
	}
	return at;
}

static int64_t chars_of(struct str text) {
	int64_t chars = 0;
	for (size_t at = 0; at < text.len; chars++) {
		(void)utf8_next(text, &at, NULL);
	}
	return chars;
}

/* substr(TEXT, FROM[, LENGTH]): the first character is 1, the last -1. */
static enum err call_substr(const struct where_call *call, const struct cell *arguments,
                            size_t count, struct cell *out_cell) {
	struct cell from = arguments[1];
	struct cell length = count > 2 ? arguments[2] : cell_integer(INT64_MAX);
	*out_cell = cell_none();
	if (!is_single(arguments[0]) || from.kind != CELL_INTEGER || length.kind != CELL_INTEGER) {
		return ERR_OK;
	}
	struct str text = cell_text(call->scratch, arguments[0]);
	int64_t chars = chars_of(text);
	int64_t first = from.integer > 0 ? from.integer - 1 : MAX_OF(from.integer, -chars) + chars;
	first = from.integer == 0 ? 0 : MIN_OF(first, chars);
	int64_t end = first + MIN_OF(MAX_OF(length.integer, (int64_t)0), chars - first);
	*out_cell = cell_string(str_slice(text, byte_of(text, first), byte_of(text, end)));
	return ERR_OK;
}

static bool has_char(struct str set, struct str text, size_t first, size_t end) {
	return end > first && str_find(set, str_slice(text, first, end), 0) != (size_t)-1;
}

/* Blanks, or the characters of the second argument. */
static enum err trim(const struct where_call *call, const struct cell *arguments, size_t count,
                     bool left, bool right, struct cell *out_cell) {
	struct str set = STR(" \t\r\n");
	*out_cell = cell_none();
	if (!is_single(arguments[0]) || (count > 1 && !is_single(arguments[1]))) {
		return ERR_OK;
	}
	struct str text = cell_text(call->scratch, arguments[0]);
	set = count > 1 ? cell_text(call->scratch, arguments[1]) : set;
	size_t first = 0;
	size_t end = text.len;
	for (size_t at = 0; left && at < text.len; first = at) {
		(void)utf8_next(text, &at, NULL);
		if (!has_char(set, text, first, at)) {
			break;
		}
	}
	size_t kept = first; /* behind the last character that is not in the set */
	for (size_t at = first; right && at < text.len;) {
		size_t begin = at;
		(void)utf8_next(text, &at, NULL);
		kept = has_char(set, text, begin, at) ? kept : at;
	}
	end = right ? kept : end;
	*out_cell = cell_string(str_slice(text, first, end));
	return ERR_OK;
}

static enum err call_trim(const struct where_call *call, const struct cell *arguments, size_t count,
                          struct cell *out_cell) {
	return trim(call, arguments, count, true, true, out_cell);
}
static enum err call_ltrim(const struct where_call *call, const struct cell *arguments,
                           size_t count, struct cell *out_cell) {
	return trim(call, arguments, count, true, false, out_cell);
}
static enum err call_rtrim(const struct where_call *call, const struct cell *arguments,
                           size_t count, struct cell *out_cell) {
	return trim(call, arguments, count, false, true, out_cell);
}

/* ---- together ---- */

static enum err call_concat(const struct where_call *call, const struct cell *arguments,
                            size_t count, struct cell *out_cell) {
	CLEANUP(buf_deinit) struct buf out = {0};
	*out_cell = cell_none();
	for (size_t i = 0; i < count; i++) {
		if (!is_single(arguments[i])) {
			return ERR_OK;
		}
		struct str text = cell_text(call->scratch, arguments[i]);
		if (text.len > LIMIT_EXPRESSION_TEXT - out.len) {
			return ERR_LIMIT;
		}
		buf_append_str(&out, text);
	}
	return where_make_text(call, buf_str(&out), out_cell);
}

static enum err as_list(enum err err, struct cell *out_cell) {
	out_cell->kind = CELL_LIST;
	return err;
}

static enum err call_split(const struct where_call *call, const struct cell *arguments,
                           size_t count, struct cell *out_cell) {
	CLEANUP(buf_deinit) struct buf list = {0};
	(void)count;
	*out_cell = cell_none();
	if (!is_single(arguments[0]) || !is_single(arguments[1])) {
		return ERR_OK;
	}
	struct str text = cell_text(call->scratch, arguments[0]);
	struct str by = cell_text(call->scratch, arguments[1]);
	size_t at = 0;
	while (by.len > 0) {
		size_t end = str_find(text, by, at);
		if (end == (size_t)-1) {
			break;
		}
		value_list_append(&list, value_string(str_slice(text, at, end)));
		at = end + by.len;
	}
	value_list_append(&list, value_string(str_slice(text, at, text.len)));
	return as_list(where_make_text(call, buf_str(&list), out_cell), out_cell);
}

/* mvindex(LIST, N): 0 is the first, -1 the last; what is no list has one element. */
static enum err call_mvindex(const struct where_call *call, const struct cell *arguments,
                             size_t count, struct cell *out_cell) {
	struct value element;
	int64_t number = arguments[1].kind == CELL_INTEGER ? arguments[1].integer : INT64_MAX;
	int64_t length = 0;
	(void)call;
	(void)count;
	*out_cell = cell_none();
	if (arguments[0].kind != CELL_LIST) {
		*out_cell = number == 0 || number == -1 ? arguments[0] : cell_none();
		return ERR_OK;
	}
	for (size_t at = 0; value_list_next(arguments[0].text, &at, &element);) {
		length++;
	}
	number = number < 0 && number >= -length ? number + length : number;
	for (size_t at = 0; number >= 0 && value_list_next(arguments[0].text, &at, &element);) {
		if (number-- == 0) {
			*out_cell = cell_of(element);
		}
	}
	return ERR_OK;
}

static enum err call_mvjoin(const struct where_call *call, const struct cell *arguments,
                            size_t count, struct cell *out_cell) {
	CLEANUP(buf_deinit) struct buf out = {0};
	struct value element;
	bool first = true;
	(void)count;
	*out_cell = arguments[0];
	if (arguments[0].kind != CELL_LIST || !is_single(arguments[1])) {
		return ERR_OK;
	}
	struct str by = cell_text(call->scratch, arguments[1]);
	for (size_t at = 0; value_list_next(arguments[0].text, &at, &element); first = false) {
		if (out.len > LIMIT_EXPRESSION_TEXT) {
			return ERR_LIMIT;
		}
		buf_append_str(&out, first ? STR("") : by);
		buf_append_str(&out, element.text);
	}
	return where_make_text(call, buf_str(&out), out_cell);
}

/* ---- other writings ---- */

static int hex_of(char c) {
	c = char_lower(c);
	return char_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum err call_urldecode(const struct where_call *call, const struct cell *arguments,
                               size_t count, struct cell *out_cell) {
	CLEANUP(buf_deinit) struct buf out = {0};
	(void)count;
	*out_cell = cell_none();
	if (!is_single(arguments[0])) {
		return ERR_OK;
	}
	struct str text = cell_text(call->scratch, arguments[0]);
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		int high = c == '%' && i + 2 < text.len ? hex_of(text.ptr[i + 1]) : -1;
		int low = high >= 0 ? hex_of(text.ptr[i + 2]) : -1;
		if (low >= 0) {
			c = (char)(high * 16 + low);
			i += 2;
		}
		buf_append_char(&out, c);
	}
	return where_make_text(call, buf_str(&out), out_cell);
}

/* UTF-16LE, as PowerShell encodes its commands, when every second byte is 0. */
static void append_utf16_ascii(struct buf *out, struct str bytes) {
	bool wide = bytes.len >= 2 && bytes.len % 2 == 0;
	for (size_t i = 1; i < bytes.len && wide; i += 2) {
		wide = bytes.ptr[i] == '\0';
	}
	for (size_t i = 0; i < bytes.len; i += wide ? 2 : 1) {
		buf_append_char(out, bytes.ptr[i]);
	}
}

static enum err call_base64decode(const struct where_call *call, const struct cell *arguments,
                                  size_t count, struct cell *out_cell) {
	CLEANUP(buf_deinit) struct buf bytes = {0};
	CLEANUP(buf_deinit) struct buf out = {0};
	(void)count;
	*out_cell = cell_none();
	if (!is_single(arguments[0]) ||
	    buf_append_base64_decoded(&bytes, str_trim(cell_text(call->scratch, arguments[0]))) !=
	        ERR_OK) {
		return ERR_OK;
	}
	append_utf16_ascii(&out, buf_str(&bytes));
	return where_make_text(call, buf_str(&out), out_cell);
}

static void append_clock(struct buf *out, struct cell seconds) {
	double whole = cell_as_real(seconds);
	bool negative = whole < 0;
	uint64_t all = (uint64_t)(negative ? -whole : whole);
	buf_append_str(out, negative ? STR("-") : STR(""));
	if (all >= 86400) {
		buf_printf(out, "%llud ", (unsigned long long)(all / 86400));
	}
	buf_printf(out, "%02u:%02u:%02u", (unsigned)(all / 3600 % 24), (unsigned)(all / 60 % 60),
	           (unsigned)(all % 60));
}

/* tostring(X[, "hex" or "duration"]) */
static enum err call_tostring(const struct where_call *call, const struct cell *arguments,
                              size_t count, struct cell *out_cell) {
	CLEANUP(buf_deinit) struct buf out = {0};
	struct cell cell = arguments[0];
	struct str form = count > 1 ? cell_text(call->scratch, arguments[1]) : STR("");
	*out_cell = cell_none();
	if (cell.kind == CELL_NONE) {
		return ERR_OK;
	}
	if (str_eq_nocase(form, STR("hex")) && cell.kind == CELL_INTEGER) {
		buf_printf(&out, "0x%llx", (unsigned long long)cell.integer);
	} else if (str_eq_nocase(form, STR("duration")) && cell_is_number(cell) &&
	           cell_as_real(cell) < 1e18 && cell_as_real(cell) > -1e18) {
		append_clock(&out, cell);
	} else if (cell.kind == CELL_LIST) {
		value_append_text(&out, (struct value){VALUE_LIST, cell.text});
	} else {
		buf_append_str(&out, cell_text(call->scratch, cell));
	}
	return where_make_text(call, buf_str(&out), out_cell);
}

static const char *tostring_objection(size_t i, struct cell literal) {
	bool fine = i != 1 || str_eq_nocase(literal.text, STR("hex")) ||
	            str_eq_nocase(literal.text, STR("duration"));
	return fine ? NULL : "\"hex\" or \"duration\"";
}

static const char *text_objection(size_t i, struct cell literal) {
	return i == 0 || (literal.kind == CELL_TEXT && literal.text.len > 0) ? NULL
	                                                                     : "a text in quotes";
}

static const char *number_objection(size_t i, struct cell literal) {
	return i == 0 || literal.kind == CELL_INTEGER ? NULL : "a whole number";
}

static enum err call_typeof(const struct where_call *call, const struct cell *arguments,
                            size_t count, struct cell *out_cell) {
	static const struct str names[] = {[SCALAR_INTEGER] = STR_INIT("number"),
	                                   [SCALAR_REAL] = STR_INIT("number"),
	                                   [SCALAR_ADDRESS] = STR_INIT("address"),
	                                   [SCALAR_TIME] = STR_INIT("time"),
	                                   [SCALAR_TEXT] = STR_INIT("text")};
	(void)call;
	(void)count;
	struct cell cell = arguments[0];
	*out_cell = cell_string(cell.kind == CELL_NONE   ? STR("absent")
	                        : cell.kind == CELL_LIST ? STR("list")
	                        : cell.kind == CELL_BOOL ? STR("boolean")
	                                                 : names[cell_scalar(cell).kind]);
	return ERR_OK;
}

static const struct where_function table[] = {
    {STR_INIT("lower"), STR_INIT("lower(TEXT)"), STR_INIT("in small letters"), 1, 1, call_lower,
     NULL},
    {STR_INIT("upper"), STR_INIT("upper(TEXT)"), STR_INIT("in capital letters"), 1, 1, call_upper,
     NULL},
    {STR_INIT("len"), STR_INIT("len(TEXT or LIST)"), STR_INIT("its characters or elements"), 1, 1,
     call_len, NULL},
    {STR_INIT("concat"), STR_INIT("concat(A, B, ...)"), STR_INIT("one text of all"), 1,
     WHERE_ARGUMENTS_MAX, call_concat, NULL},
    {STR_INIT("substr"), STR_INIT("substr(TEXT, FROM[, LENGTH])"),
     STR_INIT("a part; the first character is 1, the last -1"), 2, 3, call_substr,
     number_objection},
    {STR_INIT("trim"), STR_INIT("trim(TEXT[, CHARACTERS])"),
     STR_INIT("without blanks at both ends"), 1, 2, call_trim, text_objection},
    {STR_INIT("ltrim"), STR_INIT("ltrim(TEXT[, CHARACTERS])"),
     STR_INIT("without blanks at the beginning"), 1, 2, call_ltrim, text_objection},
    {STR_INIT("rtrim"), STR_INIT("rtrim(TEXT[, CHARACTERS])"),
     STR_INIT("without blanks at the end"), 1, 2, call_rtrim, text_objection},
    {STR_INIT("split"), STR_INIT("split(TEXT, BY)"), STR_INIT("a list of the parts"), 2, 2,
     call_split, text_objection},
    {STR_INIT("mvindex"), STR_INIT("mvindex(LIST, N)"),
     STR_INIT("an element; the first is 0, the last -1"), 2, 2, call_mvindex, number_objection},
    {STR_INIT("mvjoin"), STR_INIT("mvjoin(LIST, BY)"), STR_INIT("one text of the elements"), 2, 2,
     call_mvjoin, NULL},
    {STR_INIT("tostring"), STR_INIT("tostring(X[, \"hex\" or \"duration\"])"), STR_INIT("as text"),
     1, 2, call_tostring, tostring_objection},
    {STR_INIT("urldecode"), STR_INIT("urldecode(TEXT)"), STR_INIT("%41 as A"), 1, 1, call_urldecode,
     NULL},
    {STR_INIT("base64decode"), STR_INIT("base64decode(TEXT)"),
     STR_INIT("what it encodes; absent when it is not well-formed"), 1, 1, call_base64decode, NULL},
    {STR_INIT("typeof"), STR_INIT("typeof(X)"),
     STR_INIT("number, text, time, address, list, boolean or absent"), 1, 1, call_typeof, NULL},
};

size_t where_text_functions(const struct where_function **out_functions) {
	*out_functions = table;
	return ARRAY_LEN(table);
}
