/* Values of BinXML as text. Strings are most of what an event log holds, so UTF-16 has a fast path
 * for four ASCII characters at a time.
 */
#include "ingest/evtx_value.h"

#include <math.h>

#include "base/endian.h"
#include "base/instant.h"
#include "base/utf8.h"

enum { ESCAPE_MAX = 6 }; /* the longest of "&apos;", "&#x1F;" */

static const char upper_digits[] = "0123456789ABCDEF";

/* ASCII that cannot stand as it is, one bit a character: control characters, & < > (and, within an
 * attribute, the apostrophe that ends it). Tabs stay in text. */
static const uint64_t special_in_text[2] = {
    0xffffffffu - (1u << '\t') + (1ull << '&') + (1ull << '<') + (1ull << '>'), 0};
static const uint64_t special_in_attribute[2] = {
    0xffffffffu + (1ull << '&') + (1ull << '<') + (1ull << '>') + (1ull << '\''), 0};

/* 1 or 0 for a character of ASCII. */
static inline uint64_t is_special(const uint64_t special[2], uint32_t c) {
	return (special[c >> 6] >> (c & 63)) & 1;
}

/* Writes the reference for an ASCII character; returns its length. */
static size_t put_reference(char out[ESCAPE_MAX], uint32_t c) {
	const char *text;
	switch (c) {
	case '&':
		text = "&amp;";
		break;
	case '<':
		text = "&lt;";
		break;
	case '>':
		text = "&gt;";
		break;
	case '\'':
		text = "&apos;";
		break;
	default: {
		size_t len = 0;
		out[len++] = '&';
		out[len++] = '#';
		out[len++] = 'x';
		if (c >= 16) {
			out[len++] = upper_digits[c >> 4];
		}
		out[len++] = upper_digits[c & 15];
		out[len++] = ';';
		return len;
	}
	}
	size_t len = strlen(text);
	memcpy(out, text, len);
	return len;
}

/* Writes a code point of two to four bytes; returns its length. */
static size_t put_long(char *out, uint32_t code) {
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

/* The code point at unit *i, which is not ASCII; moves behind it. */
static uint32_t utf16_next(const char *bytes, size_t units, size_t *i) {
	uint32_t unit = le16_load(bytes + 2 * (*i)++);
	if (unit < 0xd800 || unit > 0xdfff) {
		return unit;
	}
	if (unit > 0xdbff || *i >= units) {
		return UTF8_REPLACEMENT;
	}
	uint32_t low = le16_load(bytes + 2 * *i);
	if (low < 0xdc00 || low > 0xdfff) {
		return UTF8_REPLACEMENT;
	}
	(*i)++;
	return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

/* Four units that are plain ASCII go through at once. */
static inline bool put_four(char *out, const char *in, const uint64_t special[2]) {
	uint64_t word = le64_load(in);
	if ((word & 0xff80ff80ff80ff80u) != 0) {
		return false;
	}
	uint32_t a = word & 0x7f;
	uint32_t b = word >> 16 & 0x7f;
	uint32_t c = word >> 32 & 0x7f;
	uint32_t d = word >> 48 & 0x7f;
	if ((is_special(special, a) | is_special(special, b) | is_special(special, c) |
	     is_special(special, d)) != 0) {
		return false;
	}
	le32_store(out, a | b << 8 | c << 16 | d << 24);
	return true;
}

void evtx_append_utf16(struct evtx_out *out, const char *bytes, size_t units) {
	const uint64_t *special =
	    out->place == EVTX_IN_ATTRIBUTE ? special_in_attribute : special_in_text;
	char *start = buf_reserve(out->xml, units * ESCAPE_MAX + 4);
	char *to = start;
	size_t i = 0;
	while (i < units) {
		if (units - i >= 4 && put_four(to, bytes + 2 * i, special)) {
			to += 4;
			i += 4;
			continue;
		}
		uint32_t unit = le16_load(bytes + 2 * i);
		if (unit >= 0x80) {
			to += put_long(to, utf16_next(bytes, units, &i));
			continue;
		}
		i++;
		if (is_special(special, unit) != 0) {
			to += put_reference(to, unit);
			out->escaped = true;
		} else {
			*to++ = (char)unit;
		}
	}
	out->xml->len += (size_t)(to - start);
}

/* The character of Windows-1252, the commonest code page; its five gaps are control characters. */
static uint32_t ansi_character(unsigned char c) {
	static const uint16_t upper[32] = {
	    0x20ac, 0x81,   0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
	    0x2039, 0x0152, 0x8d,   0x017d, 0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
	    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d,   0x017e, 0x0178};
	return c >= 0x80 && c < 0xa0 ? upper[c - 0x80] : c;
}

/* UTF-8 when it is that, else Windows-1252: which code page the machine had is not known here. */
static void append_ansi(struct evtx_out *out, struct str text) {
	const uint64_t *special =
	    out->place == EVTX_IN_ATTRIBUTE ? special_in_attribute : special_in_text;
	bool utf8 = utf8_valid(text);
	char *start = buf_reserve(out->xml, text.len * ESCAPE_MAX + 4);
	char *to = start;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		if (c >= 0x80 && !utf8) {
			to += put_long(to, ansi_character(c));
		} else if (c < 0x80 && is_special(special, c) != 0) {
			to += put_reference(to, c);
			out->escaped = true;
		} else {
			*to++ = (char)c;
		}
	}
	out->xml->len += (size_t)(to - start);
}

static void append_upper_hex(struct buf *xml, struct str bytes) {
	char *to = buf_reserve(xml, bytes.len * 2 + 1);
	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char byte = (unsigned char)bytes.ptr[i];
		to[2 * i] = upper_digits[byte >> 4];
		to[2 * i + 1] = upper_digits[byte & 15];
	}
	xml->len += bytes.len * 2;
}

static uint64_t load_unsigned(struct str value) {
	uint64_t number = 0;
	for (size_t i = MIN_OF(value.len, (size_t)8); i > 0; i--) {
		number = number << 8 | (unsigned char)value.ptr[i - 1];
	}
	return number;
}

static int64_t load_signed(struct str value) {
	uint64_t number = load_unsigned(value);
	if (value.len > 0 && value.len < 8) {
		unsigned shift = 64 - 8 * (unsigned)value.len;
		return (int64_t)(number << shift) >> shift;
	}
	return (int64_t)number;
}

/* "0x3e7", without leading zeros. */
static void append_hex_number(struct buf *xml, uint64_t number) {
	char digits[18];
	size_t at = sizeof(digits);
	do {
		digits[--at] = "0123456789abcdef"[number & 15];
		number >>= 4;
	} while (number > 0);
	digits[--at] = 'x';
	digits[--at] = '0';
	buf_append(xml, digits + at, sizeof(digits) - at);
}

static void append_real(struct buf *xml, double number) {
	if (isnan(number)) {
		buf_append_str(xml, STR("NaN"));
	} else if (isinf(number)) {
		buf_append_str(xml, number < 0 ? STR("-INF") : STR("INF"));
	} else {
		buf_printf(xml, "%f", number);
	}
}

static void append_padded(struct buf *xml, uint32_t number, unsigned digits) {
	char text[10];
	for (unsigned i = digits; i > 0; i--) {
		text[i - 1] = (char)('0' + number % 10);
		number /= 10;
	}
	buf_append(xml, text, digits);
}

/* Days since 1601-01-01 to year, month, day in the proleptic Gregorian calendar. */
static void days_to_date(uint64_t days, uint32_t *out_year, uint32_t *out_month,
                         uint32_t *out_day) {
	uint64_t shifted = days + 306; /* since 1600-03-01: leap days come last in their year */
	uint64_t era = shifted / 146097;
	uint32_t in_era = (uint32_t)(shifted % 146097);
	uint32_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	uint32_t in_year = in_era - (365 * year + year / 4 - year / 100);
	uint32_t month = (5 * in_year + 2) / 153; /* 0 = March */
	*out_day = in_year - (153 * month + 2) / 5 + 1;
	*out_month = month < 10 ? month + 3 : month - 9;
	*out_year = 1600 + (uint32_t)era * 400 + year + (month >= 10);
}

struct clock_time {
	uint32_t year, month, day, hour, minute, second, fraction;
	unsigned fraction_digits;
};

static void append_time(struct buf *xml, const struct clock_time *t) {
	append_padded(xml, t->year, t->year > 9999 ? 5 : 4);
	buf_append_char(xml, '-');
	append_padded(xml, t->month, 2);
	buf_append_char(xml, '-');
	append_padded(xml, t->day, 2);
	buf_append_char(xml, 'T');
	append_padded(xml, t->hour, 2);
	buf_append_char(xml, ':');
	append_padded(xml, t->minute, 2);
	buf_append_char(xml, ':');
	append_padded(xml, t->second, 2);
	buf_append_char(xml, '.');
	append_padded(xml, t->fraction, t->fraction_digits);
	buf_append_char(xml, 'Z');
}

static void append_filetime(struct buf *xml, uint64_t ticks) {
	struct clock_time t = {.fraction = (uint32_t)(ticks % 10000000), .fraction_digits = 7};
	uint64_t seconds = ticks / 10000000;
	uint32_t in_day = (uint32_t)(seconds % 86400);
	days_to_date(seconds / 86400, &t.year, &t.month, &t.day);
	t.hour = in_day / 3600;
	t.minute = in_day / 60 % 60;
	t.second = in_day % 60;
	append_time(xml, &t);
}

static void append_systemtime(struct buf *xml, const char *bytes) {
	struct clock_time t = {.year = le16_load(bytes),
	                       .month = le16_load(bytes + 2),
	                       .day = le16_load(bytes + 6),
	                       .hour = le16_load(bytes + 8),
	                       .minute = le16_load(bytes + 10),
	                       .second = le16_load(bytes + 12),
	                       .fraction = le16_load(bytes + 14),
	                       .fraction_digits = 3};
	append_time(xml, &t);
}

/* MS-DTYP 2.3.4: the first three parts are integers, little-endian; the rest bytes. */
static void append_guid(struct buf *xml, const char *bytes) {
	static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	char text[38];
	size_t at = 0;
	text[at++] = '{';
	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10) {
			text[at++] = '-';
		}
		unsigned char byte = (unsigned char)bytes[order[i]];
		text[at++] = upper_digits[byte >> 4];
		text[at++] = upper_digits[byte & 15];
	}
	text[at++] = '}';
	buf_append(xml, text, at);
}

static size_t sid_size(struct str value) {
	return value.len < 8 ? SIZE_MAX : 8 + 4 * (size_t)(unsigned char)value.ptr[1];
}

/* MS-DTYP 2.4.2: the authority is big-endian, and in hex from 2^32 up. */
static void append_sid(struct buf *xml, struct str value) {
	uint64_t authority = be64_load(value.ptr) & 0xffffffffffffu;
	buf_append_str(xml, STR("S-"));
	buf_append_u64(xml, (unsigned char)value.ptr[0]);
	buf_append_char(xml, '-');
	if (authority > UINT32_MAX) {
		append_hex_number(xml, authority);
	} else {
		buf_append_u64(xml, authority);
	}
	for (size_t i = 8; i < sid_size(value); i += 4) {
		buf_append_char(xml, '-');
		buf_append_u64(xml, le32_load(value.ptr + i));
	}
}

/* Bytes that a value of the type must have; 0: any number of them. */
static size_t type_size(uint8_t type, struct str value) {
	switch (type) {
	case EVTX_REAL32:
		return 4;
	case EVTX_REAL64:
	case EVTX_FILETIME:
		return 8;
	case EVTX_GUID:
	case EVTX_SYSTEMTIME:
		return 16;
	case EVTX_SID:
		return sid_size(value);
	default:
		return 0;
	}
}

static struct str without_nuls(struct str text, size_t unit) {
	while (text.len >= unit && text.ptr[text.len - 1] == '\0' &&
	       text.ptr[text.len - unit] == '\0') {
		text.len -= unit;
	}
	return text;
}

static void append_fixed(struct buf *xml, uint8_t type, struct str value) {
	switch (type) {
	case EVTX_REAL32: {
		float number;
		memcpy(&number, value.ptr, sizeof(number));
		append_real(xml, (double)number);
		break;
	}
	case EVTX_REAL64: {
		double number;
		memcpy(&number, value.ptr, sizeof(number));
		append_real(xml, number);
		break;
	}
	case EVTX_FILETIME:
		append_filetime(xml, le64_load(value.ptr));
		break;
	case EVTX_SYSTEMTIME:
		append_systemtime(xml, value.ptr);
		break;
	case EVTX_GUID:
		append_guid(xml, value.ptr);
		break;
	case EVTX_SID:
	default:
		append_sid(xml, value);
		break;
	}
}

void evtx_append_value(struct evtx_out *out, uint8_t type, struct str value) {
	size_t size = type_size(type, value);
	if (value.len == 0 || type == EVTX_NULL) {
		return;
	}
	if (size > 0) {
		if (value.len < size) {
			append_upper_hex(out->xml, value);
		} else {
			append_fixed(out->xml, type, value);
		}
		return;
	}
	switch (type) {
	case EVTX_STRING:
		value.len &= ~(size_t)1;
		value = without_nuls(value, 2);
		evtx_append_utf16(out, value.ptr, value.len / 2);
		break;
	case EVTX_ANSI_STRING:
		append_ansi(out, without_nuls(value, 1));
		break;
	case EVTX_INT8:
	case EVTX_INT16:
	case EVTX_INT32:
	case EVTX_INT64:
		buf_append_i64(out->xml, load_signed(value));
		break;
	case EVTX_UINT8:
	case EVTX_UINT16:
	case EVTX_UINT32:
	case EVTX_UINT64:
		buf_append_u64(out->xml, load_unsigned(value));
		break;
	case EVTX_BOOL:
		buf_append_str(out->xml, load_unsigned(value) != 0 ? STR("true") : STR("false"));
		break;
	case EVTX_SIZE_T:
	case EVTX_HEX_INT32:
	case EVTX_HEX_INT64:
		append_hex_number(out->xml, load_unsigned(value));
		break;
	default:
		append_upper_hex(out->xml, value);
		break;
	}
}

/* Length of the string at the start of array with its NUL; the last one may lack it. */
static size_t string_size(struct str array, size_t unit) {
	for (size_t i = 0; i + unit <= array.len; i += unit) {
		if (array.ptr[i] == '\0' && array.ptr[i + unit - 1] == '\0') {
			return i + unit;
		}
	}
	return array.len;
}

static size_t element_size(uint8_t type, struct str array, struct str rest) {
	switch (type) {
	case EVTX_STRING:
		return string_size(rest, 2);
	case EVTX_ANSI_STRING:
		return string_size(rest, 1);
	case EVTX_INT8:
	case EVTX_UINT8:
		return 1;
	case EVTX_INT16:
	case EVTX_UINT16:
		return 2;
	case EVTX_INT32:
	case EVTX_UINT32:
	case EVTX_REAL32:
	case EVTX_BOOL:
	case EVTX_HEX_INT32:
		return 4;
	case EVTX_SIZE_T:
		return array.len % 8 == 0 ? 8 : 4;
	case EVTX_INT64:
	case EVTX_UINT64:
	case EVTX_HEX_INT64:
		return 8;
	default:
		return type_size(type, rest) > 0 ? type_size(type, rest) : rest.len;
	}
}

bool evtx_array_next(uint8_t type, struct str array, size_t *at, struct str *out_element) {
	if (*at >= array.len) {
		return false;
	}
	struct str rest = str_slice(array, *at, array.len);
	size_t size = MIN_OF(element_size(type, array, rest), rest.len);
	*out_element = str_make(rest.ptr, size);
	*at += size;
	return true;
}

/* "&#x41;" and "&#65;". */
static size_t number_read(struct str text, uint32_t *out_code) {
	bool hex = str_starts(text, STR("&#x"));
	size_t first = hex ? 3 : 2;
	size_t i = first;
	uint32_t code = 0;
	if (!str_starts(text, STR("&#"))) {
		return 0;
	}
	for (; i < text.len && i < first + 7; i++) {
		char upper =
		    text.ptr[i] >= 'a' && text.ptr[i] <= 'f' ? (char)(text.ptr[i] - 32) : text.ptr[i];
		const char *digit = memchr(upper_digits, upper, hex ? 16 : 10);
		if (digit == NULL) {
			break;
		}
		code = code * (hex ? 16 : 10) + (uint32_t)(digit - upper_digits);
	}
	*out_code = code;
	return i > first && i < text.len && text.ptr[i] == ';' ? i + 1 : 0;
}

/* The character of the reference at the start of text and its length, or 0. */
static size_t reference_read(struct str text, uint32_t *out_code) {
	static const struct {
		struct str text;
		uint32_t code;
	} names[] = {
	    {STR_INIT("&amp;"), '&'},   {STR_INIT("&lt;"), '<'},   {STR_INIT("&gt;"), '>'},
	    {STR_INIT("&apos;"), '\''}, {STR_INIT("&quot;"), '"'},
	};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_starts(text, names[i].text)) {
			*out_code = names[i].code;
			return names[i].text.len;
		}
	}
	return number_read(text, out_code);
}

void evtx_unescape(struct buf *out, struct str text) {
	while (text.len > 0) {
		size_t plain = str_find_char(text, '&', 0);
		buf_append(out, text.ptr, plain);
		text = str_slice(text, plain, text.len);
		uint32_t code;
		size_t len = text.len == 0 ? 0 : reference_read(text, &code);
		if (len > 0) {
			utf8_append(out, code);
		} else if (text.len > 0) {
			len = 1;
			buf_append_char(out, '&');
		}
		text = str_slice(text, len, text.len);
	}
}

int64_t evtx_filetime_ns(uint64_t filetime) {
	const uint64_t unix_epoch = 116444736000000000u;
	int64_t ticks = (int64_t)(filetime - unix_epoch);
	int64_t ns;
	if (filetime > INT64_MAX || __builtin_mul_overflow(ticks, (int64_t)100, &ns)) {
		return INSTANT_MIN;
	}
	return ns;
}
