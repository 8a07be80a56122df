/* See header.h. What is kept is text, so that it can travel with a batch and be read again. */
#include "ingest/header.h"

#include "base/err.h"

static const struct word {
	struct str text;
	enum header_kind kind;
	enum header_word word;
	bool kept;
} words[] = {
    {STR_INIT("#separator"), HEADER_ZEEK, HEADER_SEPARATOR, true},
    {STR_INIT("#set_separator"), HEADER_ZEEK, HEADER_SET_SEPARATOR, true},
    {STR_INIT("#empty_field"), HEADER_ZEEK, HEADER_EMPTY, true},
    {STR_INIT("#unset_field"), HEADER_ZEEK, HEADER_UNSET, true},
    {STR_INIT("#path"), HEADER_ZEEK, HEADER_PATH, true},
    {STR_INIT("#fields"), HEADER_ZEEK, HEADER_FIELDS, true},
    {STR_INIT("#types"), HEADER_ZEEK, HEADER_TYPES, true},
    {STR_INIT("#open"), HEADER_ZEEK, HEADER_OPEN, false},
    {STR_INIT("#close"), HEADER_ZEEK, HEADER_CLOSE, false},
    {STR_INIT("#fields:"), HEADER_W3C, HEADER_W3C_FIELDS, true},
    {STR_INIT("#date:"), HEADER_W3C, HEADER_W3C_DATE, true},
    {STR_INIT("#software:"), HEADER_W3C, HEADER_W3C_SOFTWARE, true},
    {STR_INIT("#time format:"), HEADER_W3C, HEADER_W3C_TIME_FORMAT, true},
    {STR_INIT("#version:"), HEADER_W3C, HEADER_W3C_OTHER, false},
    {STR_INIT("#start-date:"), HEADER_W3C, HEADER_W3C_OTHER, false},
    {STR_INIT("#end-date:"), HEADER_W3C, HEADER_W3C_OTHER, false},
    {STR_INIT("#gmt-offset:"), HEADER_W3C, HEADER_W3C_OTHER, false},
    {STR_INIT("#log-type:"), HEADER_W3C, HEADER_W3C_OTHER, false},
    {STR_INIT("#system-id:"), HEADER_W3C, HEADER_W3C_OTHER, false},
    {STR_INIT("#remark:"), HEADER_W3C, HEADER_W3C_OTHER, false},
};

/* How the first line of CSV is kept: no line of a log is read as this word. */
static const struct str csv_word = STR_INIT("#csv ");

void header_deinit(struct header *header) {
	buf_deinit(&header->lines);
}

void header_clear(struct header *header) {
	header->changes += header->lines.len > 0;
	buf_clear(&header->lines);
}

void header_start(struct header *header, struct str lines) {
	buf_clear(&header->lines);
	buf_append_str(&header->lines, str_slice(lines, 0, LIMIT_HEADER_SIZE));
	header->changes++;
}

struct str header_trim(struct str text) {
	if (str_starts(text, STR("\xef\xbb\xbf"))) {
		text = str_slice(text, 3, text.len);
	}
	while (text.len > 0 && (text.ptr[text.len - 1] == '\r' || text.ptr[text.len - 1] == '\n')) {
		text.len--;
	}
	return text;
}

static bool starts_nocase(struct str text, struct str prefix) {
	return str_eq_nocase(str_slice(text, 0, prefix.len), prefix);
}

/* What stands behind a word of Zeek's, which ends with the separator; #separator itself with a
 * blank. */
static bool zeek_value(const struct word *word, struct str text, struct str separator,
                       struct str *out_value) {
	struct str rest = str_slice(text, word->text.len, text.len);
	struct str between = word->word == HEADER_SEPARATOR ? STR(" ") : separator;
	if (!str_starts(text, word->text) || !str_starts(rest, between)) {
		return false;
	}
	*out_value = str_slice(rest, between.len, rest.len);
	return word->word != HEADER_SEPARATOR || out_value->len > 0;
}

/* Prose and programs have lines that begin with '#' too. */
static bool w3c_value(const struct word *word, struct str text, bool known, struct str *out_value) {
	if (!starts_nocase(text, word->text)) {
		return false;
	}
	struct str value = str_trim(str_slice(text, word->text.len, text.len));
	*out_value = value;
	bool date = value.len > 0 && char_is_digit(value.ptr[0]);
	if (word->word == HEADER_W3C_FIELDS) {
		return str_find_char(value, ' ', 0) < value.len || str_find_char(value, ',', 0) < value.len;
	}
	if (word->word == HEADER_W3C_SOFTWARE) {
		return value.len > 0;
	}
	return word->word == HEADER_W3C_DATE ? date : known || date;
}

static bool read_line(struct str text, struct str separator, bool known,
                      struct header_line *out_line) {
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const struct word *word = &words[i];
		bool is = word->kind == HEADER_ZEEK ? zeek_value(word, text, separator, &out_line->value)
		                                    : w3c_value(word, text, known, &out_line->value);
		if (is) {
			out_line->kind = word->kind;
			out_line->word = word->word;
			return true;
		}
	}
	return false;
}

static int hex_digit(char c) {
	c = char_lower(c);
	return char_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "\x09", or the character itself. */
static char separator_of(struct str value) {
	if (value.len == 4 && str_starts(value, STR("\\x")) && hex_digit(value.ptr[2]) >= 0 &&
	    hex_digit(value.ptr[3]) >= 0) {
		return (char)(hex_digit(value.ptr[2]) << 4 | hex_digit(value.ptr[3]));
	}
	return value.ptr[0];
}

char header_separator(const struct header *header) {
	struct str lines = buf_str(&header->lines);
	while (lines.len > 0) {
		struct str line = header_trim(str_cut(&lines, '\n'));
		struct header_line read;
		if (str_starts(line, words[0].text) && read_line(line, STR(" "), true, &read)) {
			return separator_of(read.value);
		}
	}
	return '\t';
}

bool header_read(const struct header *header, struct str text, struct header_line *out_line) {
	text = header_trim(text);
	if (text.len == 0 || text.ptr[0] != '#') {
		return false;
	}
	char separator = header_separator(header);
	return read_line(text, str_make(&separator, 1), header->lines.len > 0, out_line);
}

/* Forgets the line of a word that is kept. */
static void forget(struct header *header, const struct word *word) {
	struct str lines = buf_str(&header->lines);
	size_t at = 0;
	while (at < lines.len) {
		size_t end = MIN_OF(str_find_char(lines, '\n', at) + 1, lines.len);
		struct str line = header_trim(str_slice(lines, at, end));
		char after = line.len > word->text.len ? line.ptr[word->text.len] : '\0';
		if (starts_nocase(line, word->text) && (word->kind == HEADER_W3C || after != ':')) {
			memmove(header->lines.ptr + at, lines.ptr + end, lines.len - end);
			header->lines.len -= end - at;
			return;
		}
		at = end;
	}
}

static void keep(struct header *header, struct str text) {
	if (text.len + 1 <= LIMIT_HEADER_SIZE - MIN_OF(LIMIT_HEADER_SIZE, header->lines.len)) {
		buf_append_str(&header->lines, text);
		buf_append_char(&header->lines, '\n');
	}
	header->changes++;
}

bool header_note(struct header *header, struct str text) {
	struct header_line line;
	if (!header_read(header, text, &line)) {
		return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (words[i].kind == line.kind && words[i].word == line.word && words[i].kept) {
			forget(header, &words[i]);
			keep(header, header_trim(text));
			break;
		}
	}
	return true;
}

void header_note_csv(struct header *header, struct str text) {
	struct buf line = {0};
	text = header_trim(text);
	if (str_starts(text, STR("#TYPE "))) {
		return;
	}
	buf_clear(&header->lines);
	buf_append_str(&line, csv_word);
	buf_append_str(&line, str_slice(text, 0, LIMIT_HEADER_SIZE));
	keep(header, buf_str(&line));
	buf_deinit(&line);
}

bool header_next(const struct header *header, size_t *at, struct header_line *out_line) {
	struct str lines = buf_str(&header->lines);
	char separator = header_separator(header);
	while (*at < lines.len) {
		size_t end = str_find_char(lines, '\n', *at);
		struct str line = str_slice(lines, *at, end);
		*at = end + 1;
		if (str_starts(line, csv_word)) {
			*out_line = (struct header_line){HEADER_CSV, HEADER_CSV_NAMES,
			                                 str_slice(line, csv_word.len, line.len)};
			return true;
		}
		if (read_line(line, str_make(&separator, 1), true, out_line)) {
			return true;
		}
	}
	return false;
}
