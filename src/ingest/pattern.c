/* Matching: a loop over ops with a small stack of choices. Reading a slot never looks behind what
 * it takes but for its stop bytes.
 */
#include "ingest/pattern.h"

#include <arpa/inet.h>

static bool is_blank(char c) {
	return c == ' ' || c == '\t';
}

static bool is_stop(struct str stop, char c) {
	return is_blank(c) || (stop.len > 0 && memchr(stop.ptr, c, stop.len) != NULL);
}

/* ---- slots: each returns the place behind what it took at at, or NOT_HERE ---- */

#define NOT_HERE SIZE_MAX

static size_t read_word(struct str text, size_t at, struct str stop) {
	size_t i = at;
	while (i < text.len && !is_stop(stop, text.ptr[i])) {
		i++;
	}
	return i > at ? i : NOT_HERE;
}

/* Whether an odd number of backslashes stands before at. */
static bool is_escaped(struct str text, size_t from, size_t at) {
	size_t i = at;
	while (i > from && text.ptr[i - 1] == '\\') {
		i--;
	}
	return (at - i) % 2 != 0;
}

/* The words behind a slot for text: a blank may begin them, then comes a literal, or nothing. Each
 * run of blanks is looked at once for each place where that literal stands, so that the work is
 * linear. */
static struct str first_word(struct str stop) {
	size_t from = stop.len > 0 && stop.ptr[0] == ' ' ? 1 : 0;
	return str_slice(stop, from, str_find_char(stop, ' ', from));
}

static size_t skip_blanks(struct str text, size_t at) {
	while (at < text.len && is_blank(text.ptr[at])) {
		at++;
	}
	return at;
}

/* Whether all the words stand at at, and the text ends behind them if it must. */
static bool words_stand(const struct pattern_op *op, struct str text, size_t at) {
	for (size_t i = 0; i < op->stop.len; i++) {
		size_t from = at;
		if (op->stop.ptr[i] == ' ') {
			at = skip_blanks(text, at);
		} else if (at < text.len && text.ptr[at] == op->stop.ptr[i]) {
			at++;
		}
		if (at == from) {
			return false;
		}
	}
	while (op->ends && at < text.len && char_is_space(text.ptr[at])) {
		at++;
	}
	return !op->ends || at == text.len;
}

/* Where the slot ends that began at at, when the first literal of its words stands at found. */
static size_t ends_before(const struct pattern_op *op, struct str text, size_t at, size_t found) {
	size_t end = found;
	if (op->stop.ptr[0] == ' ') {
		while (end > at && is_blank(text.ptr[end - 1])) {
			end--;
		}
		if (end == found) {
			return NOT_HERE;
		}
	} else if (op->stop.ptr[0] == '"' && op->type != SLOT_LAST && is_escaped(text, at, end)) {
		return NOT_HERE; /* a quotation mark behind a backslash is not the one that ends */
	}
	return words_stand(op, text, end) ? end : NOT_HERE;
}

/* Up to the words that stand behind the slot; to the end when none do. */
static size_t read_text(const struct pattern_op *op, struct str text, size_t at) {
	struct str word = first_word(op->stop);
	size_t found = at;
	if (op->stop.len == 0) {
		return text.len;
	}
	while ((found = str_find(text, word, found)) != NOT_HERE) {
		size_t end = ends_before(op, text, at, found);
		if (end != NOT_HERE) {
			return end;
		}
		found++;
	}
	return NOT_HERE;
}

static size_t read_last(const struct pattern_op *op, struct str text, size_t at) {
	struct str word = first_word(op->stop);
	size_t found = text.len;
	if (op->stop.len == 0) {
		return text.len;
	}
	while (found > at && char_is_space(text.ptr[found - 1])) {
		found--;
	}
	for (found++; found-- > at;) {
		if (text.len - found < word.len || memcmp(text.ptr + found, word.ptr, word.len) != 0) {
			continue;
		}
		size_t end = ends_before(op, text, at, found);
		if (end != NOT_HERE) {
			return end;
		}
	}
	return NOT_HERE;
}

/* As text, but a quotation mark never belongs to it. */
static size_t read_url(const struct pattern_op *op, struct str text, size_t at) {
	size_t end = read_text(op, text, at);
	size_t quote = at;
	while (end != NOT_HERE && (quote = str_find_char(text, '"', quote)) < end) {
		if (!is_escaped(text, at, quote)) {
			return NOT_HERE;
		}
		quote++;
	}
	return end;
}

static size_t read_digits(struct str text, size_t at) {
	size_t i = at;
	while (i < text.len && char_is_digit(text.ptr[i])) {
		i++;
	}
	return i > at ? i : NOT_HERE;
}

static size_t read_int(struct str text, size_t at) {
	return read_digits(text, at + (at < text.len && text.ptr[at] == '-'));
}

static size_t read_number(struct str text, size_t at) {
	size_t end = read_int(text, at);
	if (end != NOT_HERE && end < text.len && text.ptr[end] == '.') {
		size_t fraction = read_digits(text, end + 1);
		end = fraction == NOT_HERE ? end : fraction;
	}
	return end;
}

static bool is_hex(char c) {
	return char_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static size_t read_hex(struct str text, size_t at) {
	size_t i = at;
	if (text.len - at > 2 && text.ptr[at] == '0' && char_lower(text.ptr[at + 1]) == 'x') {
		i += 2;
	}
	size_t first = i;
	while (i < text.len && is_hex(text.ptr[i])) {
		i++;
	}
	return i > first ? i : NOT_HERE;
}

static size_t read_ipv4(struct str text, size_t at) {
	size_t i = at;
	for (int part = 0; part < 4; part++) {
		unsigned value = 0;
		size_t first = i;
		if (part > 0 && (i >= text.len || text.ptr[i++] != '.')) {
			return NOT_HERE;
		}
		first = i;
		while (i < text.len && i - first < 3 && char_is_digit(text.ptr[i])) {
			value = value * 10 + (unsigned)(text.ptr[i++] - '0');
		}
		if (i == first || value > 255) {
			return NOT_HERE;
		}
	}
	bool more = i < text.len && (char_is_digit(text.ptr[i]) || char_is_alpha(text.ptr[i]));
	bool dotted = i + 1 < text.len && text.ptr[i] == '.' && char_is_digit(text.ptr[i + 1]);
	return more || dotted ? NOT_HERE : i;
}

static size_t read_ipv6(struct str text, size_t at) {
	char copy[INET6_ADDRSTRLEN];
	struct in6_addr address;
	size_t i = at;
	while (i < text.len && (is_hex(text.ptr[i]) || text.ptr[i] == ':' || text.ptr[i] == '.')) {
		i++;
	}
	/* a colon or a point behind the address ("...:1: message", "from ...:1.") is not part of it,
	 * "::" is */
	while (i - at > 2 &&
	       (text.ptr[i - 1] == '.' || (text.ptr[i - 1] == ':' && text.ptr[i - 2] != ':'))) {
		i--;
	}
	if (i - at < 2 || i - at >= sizeof(copy)) {
		return NOT_HERE;
	}
	memcpy(copy, text.ptr + at, i - at);
	copy[i - at] = '\0';
	return inet_pton(AF_INET6, copy, &address) == 1 ? i : NOT_HERE;
}

/* Six pairs of digits with ':' or '-' between them. */
static size_t read_mac(struct str text, size_t at) {
	if (text.len < at + 17) {
		return NOT_HERE;
	}
	for (size_t i = 0; i < 17; i++) {
		char c = text.ptr[at + i];
		bool sign = i % 3 == 2;
		if (sign ? (c != ':' && c != '-') || c != text.ptr[at + 2] : !is_hex(c)) {
			return NOT_HERE;
		}
	}
	return text.len > at + 17 && is_hex(text.ptr[at + 17]) ? NOT_HERE : at + 17;
}

static size_t read_ip(struct str text, size_t at) {
	size_t end = read_ipv4(text, at);
	return end != NOT_HERE ? end : read_ipv6(text, at);
}

static size_t read_host(struct str text, size_t at, struct str stop) {
	size_t i = at;
	while (i < text.len && !is_stop(stop, text.ptr[i]) &&
	       (char_is_alpha(text.ptr[i]) || char_is_digit(text.ptr[i]) ||
	        (unsigned char)text.ptr[i] >= 0x80 || memchr(".-_:", text.ptr[i], 4) != NULL)) {
		i++;
	}
	return i > at && text.ptr[at] != '-' && text.ptr[at] != '.' ? i : NOT_HERE;
}

/* Behind the closing mark of "..." with backslash escapes. */
static size_t read_quoted(struct str text, size_t at) {
	if (at >= text.len || text.ptr[at] != '"') {
		return NOT_HERE;
	}
	for (size_t i = at + 1; i < text.len; i++) {
		if (text.ptr[i] == '"') {
			return i + 1;
		}
		i += text.ptr[i] == '\\';
	}
	return NOT_HERE;
}

/* Up to an end sign that no backslash stands before; to the end when none is known. */
static size_t read_part(struct str text, size_t at, struct str stop) {
	size_t i = at;
	while (i < text.len && (stop.len == 0 || memchr(stop.ptr, text.ptr[i], stop.len) == NULL)) {
		bool escape = text.ptr[i] == '\\' && i + 1 < text.len;
		i += escape ? 2 : 1;
	}
	return i;
}

/* One of "GET|POST". */
static size_t read_one(struct str text, size_t at, struct str words) {
	size_t i = 0;
	while (i < words.len) {
		size_t n = at;
		while (i < words.len && words.ptr[i] != '|' && n < text.len &&
		       text.ptr[n] == words.ptr[i]) {
			i++;
			n++;
		}
		if (n > at && (i == words.len || words.ptr[i] == '|')) {
			return n;
		}
		while (i < words.len && words.ptr[i] != '|') {
			i++;
		}
		i++;
	}
	return NOT_HERE;
}

enum pattern_layout pattern_layout(struct str layout) {
	static const struct str names[] = {
	    [PATTERN_LAYOUT_ANY] = STR_INIT(""),        [PATTERN_LAYOUT_CLF] = STR_INIT("clf"),
	    [PATTERN_LAYOUT_ISO] = STR_INIT("iso"),     [PATTERN_LAYOUT_SYSLOG] = STR_INIT("syslog"),
	    [PATTERN_LAYOUT_EPOCH] = STR_INIT("epoch"), [PATTERN_LAYOUT_TAI64N] = STR_INIT("tai64n")};
	unsigned i = 0;
	while (i < ARRAY_LEN(names) && !str_eq(names[i], layout)) {
		i++;
	}
	return (enum pattern_layout)i;
}

static size_t read_time(struct timestamp_reader *reader, struct str text, size_t at,
                        enum pattern_layout kind, struct str layout, struct timestamp *out) {
	struct str rest = str_make(text.ptr + at, text.len - at);
	size_t used = 0;
	switch (kind) {
	case PATTERN_LAYOUT_ANY:
		used = timestamp_any(reader, rest, out);
		break;
	case PATTERN_LAYOUT_CLF:
		used = timestamp_clf(reader, rest, out);
		break;
	case PATTERN_LAYOUT_ISO:
		used = timestamp_iso(reader, rest, out);
		break;
	case PATTERN_LAYOUT_SYSLOG:
		used = timestamp_bsd(reader, rest, out);
		break;
	case PATTERN_LAYOUT_EPOCH:
		used = timestamp_epoch(rest, out);
		break;
	case PATTERN_LAYOUT_TAI64N:
		used = timestamp_tai64n(rest, out);
		break;
	case PATTERN_LAYOUT_OWN:
	default:
		used = timestamp_layout(reader, layout, rest, out);
		break;
	}
	return used > 0 ? at + used : NOT_HERE;
}

/* ---- the loop ---- */

struct choice {
	uint16_t op;
	uint32_t captures;
	bool has_time;
	size_t at;
	struct timestamp time;
};

static bool is_end(struct str text, size_t at, const struct pattern_op *op) {
	return at >= text.len || is_stop(op->stop, text.ptr[at]) || text.ptr[at] == '"' ||
	       text.ptr[at] == ']' || text.ptr[at] == ',' || text.ptr[at] == ';';
}

static size_t read_slot(const struct pattern_op *op, struct timestamp_reader *time, struct str text,
                        size_t at, struct captures *captures) {
	size_t end = NOT_HERE;
	switch ((enum slot_type)op->type) {
	case SLOT_WORD:
		return read_word(text, at, op->stop);
	case SLOT_TEXT:
		return read_text(op, text, at);
	case SLOT_LAST:
		return read_last(op, text, at);
	case SLOT_URL:
		return read_url(op, text, at);
	case SLOT_REST:
	case SLOT_PAIRS:
	case SLOT_COLUMNS:
	case SLOT_JSON:
		return text.len;
	case SLOT_PART:
		return read_part(text, at, op->stop);
	case SLOT_INT:
		return read_int(text, at);
	case SLOT_NUMBER:
		return read_number(text, at);
	case SLOT_HEX:
		return read_hex(text, at);
	case SLOT_IP:
		return read_ip(text, at);
	case SLOT_MAC:
		return read_mac(text, at);
	case SLOT_HOST:
		return read_host(text, at, op->stop);
	case SLOT_QUOTED:
		return read_quoted(text, at);
	case SLOT_ONE:
		return read_one(text, at, op->text);
	case SLOT_TIME:
		end = read_time(time, text, at, (enum pattern_layout)op->to, op->text, &captures->time);
		captures->has_time |= end != NOT_HERE;
		return end;
	case SLOT_TYPE_COUNT:
	default:
		return NOT_HERE;
	}
}

/* Takes a slot at *at; what is absent is taken and not captured. */
static bool take_slot(const struct pattern_op *op, struct timestamp_reader *time, struct str text,
                      size_t *at, struct captures *captures) {
	bool many = op->type >= SLOT_PAIRS;
	bool open = op->type == SLOT_TEXT || op->type == SLOT_URL || op->type == SLOT_REST ||
	            op->type == SLOT_LAST || many;
	if (op->may_absent && !open && *at < text.len && text.ptr[*at] == '-' &&
	    is_end(text, *at + 1, op)) {
		++*at;
		return true;
	}
	size_t end = read_slot(op, time, text, *at, captures);
	if (end == NOT_HERE) {
		return op->may_absent && is_end(text, *at, op);
	}
	struct str value = str_make(text.ptr + *at, end - *at);
	*at = end;
	if (op->type == SLOT_QUOTED) {
		value = str_slice(value, 1, value.len - 1);
	}
	bool absent = op->may_absent && (value.len == 0 || str_eq(value, STR("-")));
	bool kept = op->field != PATTERN_NO_FIELD || many;
	if (kept && !absent && captures->count < PATTERN_CAPTURES_MAX) {
		captures->list[captures->count++] = (struct capture){op->field, op->type, op, value};
	}
	return true;
}

/* Takes one op that reads; false: it does not stand here. */
static bool take_op(const struct pattern_op *op, struct timestamp_reader *time, struct str text,
                    size_t *at, struct captures *captures) {
	size_t i = *at;
	switch ((enum pattern_op_kind)op->kind) {
	case PATTERN_LITERAL:
		if (text.len - i < op->text.len || memcmp(text.ptr + i, op->text.ptr, op->text.len) != 0) {
			return false;
		}
		*at += op->text.len;
		return true;
	case PATTERN_BLANKS:
		while (i < text.len && is_blank(text.ptr[i])) {
			i++;
		}
		if (i == *at) {
			return false;
		}
		*at = i;
		return true;
	case PATTERN_SLOT:
		return take_slot(op, time, text, at, captures);
	case PATTERN_END:
		while (i < text.len && char_is_space(text.ptr[i])) {
			i++;
		}
		return i == text.len;
	case PATTERN_CHOICE:
	case PATTERN_COMMIT:
	default:
		return false;
	}
}

static void note_stop(struct captures *captures, const struct pattern_op *op, size_t at) {
	if (captures->stopped == NULL || at > captures->stopped_at) {
		captures->stopped = op;
		captures->stopped_at = at;
	}
}

static struct choice choice_at(uint16_t to, size_t at, const struct captures *captures) {
	return (struct choice){to, captures->count, captures->has_time, at, captures->time};
}

static bool run(const struct pattern *pattern, struct timestamp_reader *time, struct str text,
                struct captures *captures) {
	struct choice choices[PATTERN_CHOICES_MAX];
	uint32_t open = 0;
	uint16_t pc = 0;
	size_t at = 0;
	for (;;) {
		const struct pattern_op *op = &pattern->ops[pc];
		if (op->kind == PATTERN_CHOICE) {
			ASSERT(open < PATTERN_CHOICES_MAX);
			choices[open++] = choice_at(op->to, at, captures);
			pc++;
		} else if (op->kind == PATTERN_COMMIT) {
			ASSERT(open > 0);
			open--;
			pc = op->to;
		} else if (take_op(op, time, text, &at, captures)) {
			if (op->kind == PATTERN_END) {
				return true;
			}
			pc++;
		} else {
			note_stop(captures, op, at);
			if (open == 0) {
				return false;
			}
			const struct choice *back = &choices[--open];
			pc = back->op;
			at = back->at;
			captures->count = back->captures;
			captures->has_time = back->has_time;
			captures->time = back->time;
		}
	}
}

bool pattern_read_time(struct timestamp_reader *time, struct str layout, struct str text,
                       struct timestamp *out_time) {
	return text.len > 0 &&
	       read_time(time, text, 0, pattern_layout(layout), layout, out_time) == text.len;
}

bool pattern_slot_fits(enum slot_type type, struct str text) {
	const struct pattern_op op = {.kind = PATTERN_SLOT, .type = (uint8_t)type};
	return text.len > 0 && read_slot(&op, NULL, text, 0, NULL) == text.len;
}

bool pattern_begins_with_name(struct str text) {
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdecmontuewedthufrisatsun";
	char lower[3];
	if (text.len < sizeof(lower) || !char_is_alpha(text.ptr[0])) {
		return false;
	}
	for (size_t i = 0; i < sizeof(lower); i++) {
		lower[i] = char_lower(text.ptr[i]);
	}
	for (size_t i = 0; i + 1 < sizeof(names); i += sizeof(lower)) {
		if (memcmp(names + i, lower, sizeof(lower)) == 0) {
			return true;
		}
	}
	return false;
}

bool pattern_can_begin(const struct pattern *pattern, struct str text) {
	unsigned char first = text.len > 0 ? (unsigned char)text.ptr[0] : 0;
	return text.len > 0 && ((pattern->first[first / 64] >> (first % 64) & 1) != 0 ||
	                        (pattern->names && pattern_begins_with_name(text)));
}

bool pattern_match(const struct pattern *pattern, struct timestamp_reader *time, struct str text,
                   struct captures *captures) {
	captures->count = 0;
	captures->has_time = false;
	captures->stopped = pattern->ops;
	captures->stopped_at = 0;
	if (!pattern_can_begin(pattern, text) ||
	    (pattern->must_count == 1 && str_find(text, pattern->must[0], 0) == NOT_HERE)) {
		return false;
	}
	captures->stopped = NULL;
	return run(pattern, time, text, captures);
}
