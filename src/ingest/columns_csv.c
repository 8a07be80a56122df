/* See columns_csv.h. A quotation mark opens a value only where a value begins. */
#include "ingest/columns_csv.h"

#include "base/limits.h"
#include "ingest/columns.h"
#include "ingest/columns_split.h"

/* ---- records ---- */

/* Where the record that begins at at ends: its LF, or the end; SIZE_MAX: a mark is open. */
static size_t record_end(struct str bytes, const struct csv_cut *cut) {
	size_t width = units_width(cut->units);
	bool begins = true;
	bool quoted = false;
	size_t at = cut->at;
	for (; at + width <= bytes.len; at += width) {
		char c = unit_at(bytes, cut->units, at);
		if (quoted && at - cut->at > LIMIT_LINE_SIZE) {
			return SIZE_MAX;
		}
		if (quoted) {
			bool pair = c == '"' && unit_at(bytes, cut->units, at + width) == '"';
			quoted = pair || c != '"';
			at += pair ? width : 0;
		} else if (c == '\n') {
			return at;
		} else if (c == '"' && begins && !cut->plain) {
			quoted = true;
			begins = false;
		} else {
			begins = c == cut->separator || (begins && (c == ' ' || c == '\0'));
		}
	}
	return quoted ? SIZE_MAX : bytes.len;
}

bool csv_next(struct str bytes, struct csv_cut *cut, struct str *out_record, bool *out_open) {
	if (cut->at >= bytes.len) {
		return false;
	}
	size_t end = record_end(bytes, cut);
	*out_open = end == SIZE_MAX;
	if (*out_open) {
		cut->plain = true;
		end = record_end(bytes, cut);
	}
	*out_record = str_slice(bytes, cut->at, end);
	cut->at = end == bytes.len ? end : end + units_width(cut->units);
	return true;
}

/* ---- recognising ---- */

static const char separators[] = ",;\t|";

/* AWS's flow logs have their names between blanks; prose must not be taken for such names. */
static bool are_of_flows(struct str names) {
	return (str_find(names, STR("srcaddr"), 0) != SIZE_MAX &&
	        str_find(names, STR("dstaddr"), 0) != SIZE_MAX) ||
	       str_find(names, STR("interface-id"), 0) != SIZE_MAX;
}

char csv_separator(struct str names) {
	struct str *cut = calloc(COLUMNS_MAX, sizeof(*cut));
	uint32_t best = 0;
	char separator = ',';
	size_t open;
	ASSERT(cut != NULL);
	for (size_t i = 0; i + 1 < sizeof(separators); i++) {
		uint32_t count = split_csv(names, separators[i], cut, COLUMNS_MAX, &open);
		if (count > best && count <= COLUMNS_MAX) {
			best = count;
			separator = separators[i];
		}
	}
	free(cut);
	return best <= 1 && are_of_flows(names) ? ' ' : separator;
}

enum { CSV_LINES = 32, CSV_NAMES_MIN = 3, CSV_NAME_MAX = 64 };

static bool is_value(struct str text) {
	struct timestamp time;
	struct timestamp_reader reader = {0};
	struct zone *utc;
	if (split_is_number(text) || split_is_ip(text)) {
		return true;
	}
	if (text.len < 8 || !char_is_digit(text.ptr[0])) {
		return false;
	}
	utc = zone_fixed(0);
	timestamp_reader_set(&reader, utc, 2000, 0);
	size_t used = timestamp_any(&reader, text, &time);
	zone_free(utc);
	return used > 0;
}

static bool is_name(struct str text) {
	if (text.len == 0 || text.len > CSV_NAME_MAX ||
	    !(char_is_alpha(text.ptr[0]) || strchr("@_#", text.ptr[0]) != NULL ||
	      (text.ptr[0] & 0x80) != 0)) {
		return false;
	}
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (!(char_is_alpha(c) || char_is_digit(c) || (c & 0x80) != 0 ||
		      strchr("_-.@ /()#:%[]", c) != NULL)) {
			return false;
		}
	}
	return true;
}

static bool are_names(const struct str *values, uint32_t count) {
	for (uint32_t i = 0; i < count; i++) {
		bool doubled;
		struct str name = split_unquote(values[i], &doubled);
		if (!is_name(name)) {
			return false;
		}
		for (uint32_t j = 0; j < i; j++) {
			if (str_eq(split_unquote(values[j], &doubled), name)) {
				return false;
			}
		}
	}
	return true;
}

/* What was seen of rows. */
struct rows {
	bool words[64], seen[64]; /* of columns: a value that is a word; any value */
	uint32_t extra;           /* with one value more than names */
	uint32_t count;
};

static void look_at_row(struct rows *rows, const struct str *values, uint32_t count) {
	for (uint32_t i = 0; i < MIN_OF(count, (uint32_t)ARRAY_LEN(rows->seen)); i++) {
		bool doubled;
		struct str value = split_unquote(values[i], &doubled);
		rows->seen[i] = rows->seen[i] || value.len > 0;
		rows->words[i] = rows->words[i] || (value.len > 0 && !is_value(value));
	}
}

/* Records below the names: each has as many values, or each one more; in some column none is a
 * word. The last one may be cut. */
static bool are_rows(struct str head, struct csv_look *look, uint32_t count, struct str *values) {
	struct rows rows = {0};
	struct csv_cut cut = {.separator = look->separator};
	struct str record;
	bool open;
	while (rows.count < CSV_LINES && csv_next(head, &cut, &record, &open) && !open &&
	       cut.at > (size_t)(record.ptr - head.ptr) + record.len) {
		struct str text = header_trim(record);
		size_t mark;
		if (text.len == 0) {
			continue;
		}
		uint32_t got = split_csv(text, look->separator, values, count + 1, &mark);
		if ((got != count && got != count + 1) || mark != SIZE_MAX) {
			return false;
		}
		look->multiline = look->multiline || str_find_char(text, '\n', 0) < text.len;
		rows.extra += got == count + 1;
		rows.count++;
		look_at_row(&rows, values, got);
	}
	bool any = false;
	for (uint32_t i = 0; i < ARRAY_LEN(rows.seen); i++) {
		any = any || (rows.seen[i] && !rows.words[i]);
	}
	return any && rows.count > 0 && (rows.extra == 0 || rows.extra == rows.count);
}

bool csv_look_at(struct str head, struct csv_look *out_look) {
	struct str rest = head;
	struct str names = header_trim(str_cut(&rest, '\n'));
	if (str_starts(names, STR("#TYPE "))) {
		names = header_trim(str_cut(&rest, '\n'));
	}
	*out_look = (struct csv_look){.separator = ','};
	if (names.len == 0 || names.len > LIMIT_HEADER_SIZE / 2 || rest.len == 0) {
		return false;
	}
	struct str *values = calloc(COLUMNS_MAX + 1, sizeof(*values));
	size_t open;
	ASSERT(values != NULL);
	out_look->separator = csv_separator(names);
	uint32_t count = split_csv(names, out_look->separator, values, COLUMNS_MAX, &open);
	bool names_fit = count >= CSV_NAMES_MIN && count < COLUMNS_MAX && open == SIZE_MAX &&
	                 are_names(values, count);
	bool rows_fit = count <= COLUMNS_MAX && are_rows(rest, out_look, count, values);
	free(values);
	return names_fit && rows_fit;
}
