/* Members become fields while the object is scanned; an error further on makes the caller forget
 * them. Recursion is bounded by LIMIT_JSON_DEPTH.
 */
#include "ingest/json_line.h"

#include "ingest/json_scan.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* The most bytes of a number whose digits before the point, wherever that is, are cut as one value
 * without leading zero. */
enum { SURE_DIGITS = 18 };

struct walk {
	struct line *line;
	struct json_scan scan;
	char path[LIMIT_FIELD_NAME]; /* of the value being read */
	struct timestamp time;
	size_t time_rank; /* in time_names; smaller is better */
	bool sure;        /* lines cut alike have the same fields, as far as was looked */
	uint32_t put;     /* values */
};

/* Where logs keep their time, best first: Elastic, most loggers, CloudTrail, Zeek, journald, ... */
static const struct str time_names[] = {
    STR_INIT("@timestamp"),
    STR_INIT("timestamp"),
    STR_INIT("time"),
    STR_INIT("ts"),
    STR_INIT("eventTime"),
    STR_INIT("date"),
    STR_INIT("datetime"),
    STR_INIT("Timestamp"),
    STR_INIT("timeStamp"),
    STR_INIT("TimeCreated"),
    STR_INIT("TimeGenerated"),
    STR_INIT("EventTime"),
    STR_INIT("CreationTime"),
    STR_INIT("createdDateTime"),
    STR_INIT("requestReceivedTimestamp"),
    STR_INIT("published"),
    STR_INIT("_time"),
    STR_INIT("@t"),
    STR_INIT("t"),
    STR_INIT("asctime"),
    STR_INIT("created_at"),
    STR_INIT("StartTime"),
    STR_INIT("__REALTIME_TIMESTAMP"),
};

static size_t time_rank(const struct walk *walk, struct str name) {
	return json_time_rank(name, walk->time_rank);
}

size_t json_time_rank(struct str name, size_t rank) {
	for (size_t i = 0; i < ARRAY_LEN(time_names) && i < rank; i++) {
		if (time_names[i].len == name.len && str_eq(time_names[i], name)) {
			return i;
		}
	}
	return rank;
}

bool json_read_time(struct line *line, struct str value, struct timestamp *out_time) {
	value = str_trim(value);
	return value.len > 0 && timestamp_any(line->time, value, out_time) == value.len;
}

static void try_time(struct walk *walk, struct str name, struct str value) {
	size_t rank = time_rank(walk, name);
	struct timestamp time;
	if (rank >= walk->time_rank) {
		return;
	}
	bool is = json_read_time(walk->line, value, &time);
	line_piece(walk->line, value, is, LINE_SEEN);
	if (is) {
		walk->time = time;
		walk->time_rank = rank;
	}
}

/* The number of the name that stands in path; the time is not a field (event time is its place). */
static uint32_t name_number(struct walk *walk, size_t path_len) {
	if (walk->line->batch == NULL) {
		return UINT32_MAX;
	}
	if (path_len > sizeof(walk->path)) { /* a name that is too long: the text has it */
		fields_left_out(walk->line->batch);
		return UINT32_MAX;
	}
	uint32_t number = fields_name(walk->line->batch, str_make(walk->path, path_len));
	return number == FIELD_TIMESTAMP ? UINT32_MAX : number;
}

static void put(struct walk *walk, size_t path_len, enum value_kind kind, struct str slice) {
	uint32_t number = name_number(walk, path_len);
	if (number != UINT32_MAX) {
		walk->put++;
		line_put_kind(walk->line, number, kind, slice);
	}
}

static bool read_string(struct walk *walk, size_t path_len, bool top) {
	struct str raw;
	bool escapes;
	if (!json_read_string(&walk->scan, &raw, &escapes)) {
		return false;
	}
	if (top && path_len <= sizeof(walk->path)) {
		try_time(walk, str_make(walk->path, path_len), raw);
	}
	if (!escapes) {
		put(walk, path_len, VALUE_STRING, raw);
		return true;
	}
	uint32_t number = name_number(walk, path_len);
	if (number != UINT32_MAX) {
		buf_clear(walk->line->scratch);
		json_unescape(raw, walk->line->scratch);
		fields_put_str(walk->line->batch, number, buf_str(walk->line->scratch));
	}
	return true;
}

static bool read_number(struct walk *walk, size_t path_len, bool top) {
	struct str number;
	if (!json_read_number(&walk->scan, &number)) {
		return false;
	}
	if (top && path_len <= sizeof(walk->path)) {
		try_time(walk, str_make(walk->path, path_len), number);
	}
	walk->sure = walk->sure && str_find_char(number, '.', 0) <= SURE_DIGITS;
	put(walk, path_len, VALUE_NUMBER, number);
	return true;
}

static bool read_word(struct walk *walk, size_t path_len, enum value_kind kind) {
	struct str word;
	if (!json_read_word(&walk->scan, &word)) {
		return false;
	}
	put(walk, path_len, kind, word);
	return true;
}

/* ---- arrays ---- */

static bool append_element(struct json_scan *scan, struct buf *list) {
	struct str text;
	bool escapes;
	enum json_type type = json_peek(scan);
	if (type == JSON_STRING) {
		if (!json_read_string(scan, &text, &escapes)) {
			return false;
		}
		if (escapes) {
			struct buf plain = {0};
			json_unescape(text, &plain);
			value_list_append(list, value_string(buf_str(&plain)));
			buf_deinit(&plain);
			return true;
		}
		value_list_append(list, value_string(text));
		return true;
	}
	bool number = type == JSON_NUMBER;
	enum value_kind kind = number ? VALUE_NUMBER : type == JSON_BOOL ? VALUE_BOOL : VALUE_JSON;
	if (!(number ? json_read_number(scan, &text) : json_read_word(scan, &text))) {
		return false;
	}
	value_list_append(list, (struct value){kind, text});
	return true;
}

/* An array that json_skip_value has passed, scalars only: a list. Sure is one without blanks. */
static void put_list(struct walk *walk, uint32_t number, struct str array) {
	struct json_scan scan = json_scan_of(array);
	struct buf *list = walk->line->scratch;
	size_t bytes = 2; /* without blanks */
	buf_clear(list);
	scan.at = 1;
	while (!json_take(&scan, ']')) {
		size_t first = scan.at;
		bool number_ahead = json_peek(&scan) == JSON_NUMBER;
		bool ok = append_element(&scan, list);
		ASSERT(ok); /* checked before */
		size_t len = scan.at - first;
		walk->sure = walk->sure && (!number_ahead || len <= SURE_DIGITS);
		bytes += len + json_take(&scan, ',');
	}
	walk->sure = walk->sure && bytes == array.len;
	walk->put++;
	fields_put_array(walk->line->batch, number, buf_str(list),
	                 (uint32_t)(array.ptr - walk->line->text.ptr), (uint32_t)array.len);
}

/* Whether an array holds brackets of its own outside of strings. */
static bool is_nested(struct str array) {
	struct json_scan scan = json_scan_of(array);
	for (scan.at = 1; scan.at < array.len; scan.at++) {
		char c = array.ptr[scan.at];
		struct str raw;
		bool escapes;
		if (c == '{' || c == '[') {
			return true;
		}
		if (c == '"') {
			(void)json_read_string(&scan, &raw, &escapes); /* checked before */
			scan.at--;
		}
	}
	return false;
}

static bool read_array(struct walk *walk, size_t path_len, uint32_t depth) {
	struct str array;
	if (!json_skip_value(&walk->scan, depth, &array)) {
		return false;
	}
	uint32_t number = name_number(walk, path_len);
	if (number == UINT32_MAX) {
		return true;
	}
	if (is_nested(array)) {
		walk->sure = false; /* its numbers were not looked at */
		walk->put++;
		line_put_kind(walk->line, number, VALUE_JSON, array);
	} else {
		put_list(walk, number, array);
	}
	return true;
}

/* ---- objects ---- */

static bool read_object(struct walk *walk, size_t path_len, uint32_t depth);

static bool read_value(struct walk *walk, size_t path_len, uint32_t depth) {
	bool top = depth == 1;
	enum json_type type = json_peek(&walk->scan);
	switch (type) {
	case JSON_STRING:
		return read_string(walk, path_len, top);
	case JSON_NUMBER:
		return read_number(walk, path_len, top);
	case JSON_BOOL:
		return read_word(walk, path_len, VALUE_BOOL);
	case JSON_NULL:
		return read_word(walk, path_len, VALUE_JSON);
	case JSON_ARRAY:
		return read_array(walk, path_len, depth);
	case JSON_OBJECT:
		return read_object(walk, path_len, depth);
	case JSON_NONE:
	default:
		return json_fail(&walk->scan, "a value is missing");
	}
}

/* Writes ".name" behind path; the length may pass the path's size, then nothing more is written. */
static size_t extend_path(struct walk *walk, size_t path_len, struct str raw, bool escapes) {
	struct buf plain = {0};
	size_t at = path_len;
	if (escapes) {
		json_unescape(raw, &plain);
		raw = buf_str(&plain);
	}
	size_t total = path_len + (path_len > 0) + raw.len;
	if (total <= sizeof(walk->path)) {
		if (path_len > 0) {
			walk->path[at++] = '.';
		}
		if (raw.len > 0) {
			memcpy(walk->path + at, raw.ptr, raw.len);
		}
	}
	buf_deinit(&plain);
	return total <= sizeof(walk->path) ? total : sizeof(walk->path) + 1;
}

static bool read_member(struct walk *walk, size_t path_len, uint32_t depth) {
	struct str key;
	bool escapes;
	if (json_peek(&walk->scan) != JSON_STRING || !json_read_string(&walk->scan, &key, &escapes)) {
		return json_fail(&walk->scan, "a member without name");
	}
	if (!json_take(&walk->scan, ':')) {
		return json_fail(&walk->scan, "no colon behind a name");
	}
	return read_value(walk, extend_path(walk, path_len, key, escapes), depth + 1);
}

static bool read_object(struct walk *walk, size_t path_len, uint32_t depth) {
	struct json_scan *scan = &walk->scan;
	size_t first = scan->at;
	if (depth >= LIMIT_JSON_DEPTH) {
		return json_fail(scan, "more levels than this program reads");
	}
	scan->at++;
	if (json_take(scan, '}')) {
		if (depth > 0) {
			put(walk, path_len, VALUE_JSON, str_make(scan->text.ptr + first, scan->at - first));
		}
		return true;
	}
	do {
		if (!read_member(walk, path_len, depth)) {
			return false;
		}
	} while (json_take(scan, ','));
	return json_take(scan, '}') || json_fail(scan, "neither comma nor closing bracket");
}

/* Neither backslash nor control character: strings are what stands between quotation marks. */
static bool is_plain(struct str text) {
	size_t at = 0;
#if defined(__SSE2__)
	unsigned bits = 0;
	for (; bits == 0 && text.len - at >= 16; at += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(text.ptr + at));
		__m128i control = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);
		__m128i slash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
		bits = (unsigned)_mm_movemask_epi8(_mm_or_si128(control, slash));
	}
	if (bits != 0) {
		return false;
	}
#endif
	while (at < text.len && text.ptr[at] != '\\' && (unsigned char)text.ptr[at] >= 0x20) {
		at++;
	}
	return at == text.len;
}

/* Lines that are cut alike have the same keys and literals, and values of the same kinds between
 * the same quotation marks; numbers without leading zeros are again such numbers. So a plain line
 * has the fields of another plain one, and its time where the other has it. (A line that is not cut
 * as an object, for a string does not end, has an odd number of quotation marks outside values.) */
static void note_object(struct line *line, const struct walk *walk, uint32_t before) {
	if (line->pieces != NULL && line->batch != NULL) {
		const struct field_block *fields = &line->batch->fields;
		/* None was joined with another of its name. */
		bool apart = fields->entries_count == before + walk->put;
		line->pieces->sure =
		    walk->sure && apart && line->text.ptr[0] == '{' && is_plain(line->text);
	}
}

bool json_take_like(struct line *line, const struct line_piece *seen, uint32_t count) {
	if (!is_plain(line->text)) {
		return false;
	}
	/* The first that is no worse than those before it is taken, so each must be as it was. */
	struct timestamp time = {0};
	bool has_time = false;
	for (uint32_t i = 0; i < count; i++) {
		struct timestamp found;
		bool is = json_read_time(line, seen[i].text, &found);
		if (is != (seen[i].about != 0)) {
			return false;
		}
		time = is ? found : time; /* what begins like a time may have set found */
		has_time = has_time || is;
	}
	if (has_time) {
		line_time(line, time);
	}
	return true;
}

bool json_take_line(const struct line_format *format, struct line *line) {
	struct walk walk;
	(void)format;
	uint32_t before = line->batch == NULL ? 0 : line->batch->fields.entries_count;
	walk.line = line;
	walk.scan = json_scan_of(line->text);
	walk.time_rank = ARRAY_LEN(time_names);
	walk.sure = true;
	walk.put = 0;
	walk.scan.at = str_starts(line->text, STR("\xef\xbb\xbf")) ? 3 : 0;
	if (json_peek(&walk.scan) != JSON_OBJECT) {
		return line_refuse(line, walk.scan.at, "does not begin with '{'");
	}
	if (!read_object(&walk, 0, 0)) {
		return line_refuse(line, walk.scan.at, walk.scan.why);
	}
	if (!json_at_end(&walk.scan)) {
		return line_refuse(line, walk.scan.at, "something stands behind the object");
	}
	if (walk.time_rank < ARRAY_LEN(time_names)) {
		line_time(line, walk.time);
	}
	note_object(line, &walk, before);
	return true;
}
