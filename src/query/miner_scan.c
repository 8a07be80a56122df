/* Cutting and typing of one line: one pass over its bytes, then one over its tokens. */
#include "query/miner_scan.h"

#include "base/hash.h"

enum byte_class { BYTE_WORD, BYTE_DIGIT, BYTE_LETTER, BYTE_SPACE, BYTE_MARK, BYTE_HIGH };

/* Bytes that are punctuation of their own wherever they stand. */
static enum byte_class classify(unsigned char c) {
	static const uint8_t classes[256] = {
	    ['\t'] = BYTE_SPACE,         ['\n'] = BYTE_SPACE,         ['\v'] = BYTE_SPACE,
	    ['\f'] = BYTE_SPACE,         ['\r'] = BYTE_SPACE,         [' '] = BYTE_SPACE,
	    ['='] = BYTE_MARK,           [':'] = BYTE_MARK,           [','] = BYTE_MARK,
	    [';'] = BYTE_MARK,           ['('] = BYTE_MARK,           [')'] = BYTE_MARK,
	    ['['] = BYTE_MARK,           [']'] = BYTE_MARK,           ['{'] = BYTE_MARK,
	    ['}'] = BYTE_MARK,           ['<'] = BYTE_MARK,           ['>'] = BYTE_MARK,
	    ['"'] = BYTE_MARK,           ['\''] = BYTE_MARK,          ['|'] = BYTE_MARK,
	    ['0' ... '9'] = BYTE_DIGIT,  ['A' ... 'Z'] = BYTE_LETTER, ['a' ... 'z'] = BYTE_LETTER,
	    [0x80 ... 0xff] = BYTE_HIGH,
	};
	return (enum byte_class)classes[c];
}

struct scanner {
	const char *at, *end;
	uint64_t seed;
	struct miner_token *tokens;
	size_t count;
	bool space;
};

static bool is_hex(char c) {
	return char_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static char peek(const struct scanner *scanner, const char *at) {
	return at < scanner->end ? *at : '\0';
}

static uint64_t mix(uint64_t x) {
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93u;
	x ^= x >> 29;
	x *= 0xff51afd7ed558ccdu;
	return x ^ (x >> 32);
}

static uint64_t text_hash(uint64_t seed, const struct miner_token *token) {
	if (token->len == 1) {
		return mix(seed + (uint64_t)(unsigned char)token->text[0] * 64 + token->kind * 2u +
		           (token->space ? 1 : 0));
	}
	return hash64_seeded(token->text, token->len, seed + token->kind + (token->space ? 16 : 0));
}

struct miner_token miner_value(uint64_t seed, bool space) {
	return (struct miner_token){
	    .text = "", .hash = mix(seed + 0x51), .kind = MINER_VALUE, .space = space};
}

struct miner_token miner_word(uint64_t seed, struct str text, bool space) {
	struct miner_token token = {
	    .text = text.ptr, .len = (uint16_t)text.len, .kind = MINER_WORD, .space = space};
	token.hash = text_hash(seed, &token);
	return token;
}

bool miner_is_mark(const struct miner_token *token, char c) {
	return token->kind == MINER_MARK && token->len == 1 && token->text[0] == c;
}

void miner_vary(uint64_t seed, struct miner_token *token) {
	*token = miner_value(seed, token->space);
}

static uint64_t part(uint64_t hash, size_t position) {
	return mix(hash + (position + 1) * 0x9e3779b97f4a7c15u);
}

uint64_t miner_part(uint64_t seed, const struct miner_token *token, size_t position) {
	return part(token->kind == MINER_MIXED ? mix(seed + 0x51) : token->hash, position);
}

uint64_t miner_part_as_word(const struct miner_token *token, size_t position) {
	return part(token->hash, position);
}

uint32_t miner_letters(const struct miner_token *token) {
	uint64_t hash = 0;
	for (size_t i = 0; i < token->len; i++) {
		if (!char_is_digit(token->text[i])) {
			hash = mix(hash + (unsigned char)token->text[i] + 1);
		}
	}
	return (uint32_t)hash;
}

uint64_t miner_sum(uint64_t seed, const struct miner_token *tokens, size_t count) {
	uint64_t sum = seed;
	for (size_t i = 0; i < count; i++) {
		sum += miner_part(seed, &tokens[i], i);
	}
	return sum;
}

static void emit(struct scanner *scanner, enum miner_kind kind, const char *text, size_t len) {
	struct miner_token *token = &scanner->tokens[scanner->count++];
	if (kind == MINER_VALUE) {
		*token = miner_value(scanner->seed, scanner->space);
	} else {
		*token = (struct miner_token){.text = text,
		                              .len = (uint16_t)len,
		                              .kind = (uint8_t)(kind == MINER_MIXED ? MINER_WORD : kind),
		                              .space = scanner->space};
		token->hash = text_hash(scanner->seed, token);
		token->kind = (uint8_t)kind;
	}
	scanner->space = false;
}

/* ---- single tokens; each moves scanner->at behind what it took ---- */

/* The end of a path or URL: a blank or quotation mark, or a bracket that was not opened inside. */
static const char *path_end(const struct scanner *scanner, const char *from) {
	char open[16];
	size_t depth = 0;
	const char *at = from;
	for (; at < scanner->end && classify((unsigned char)*at) != BYTE_SPACE; at++) {
		char c = *at;
		char closes = '\0';
		if (c == '"' || c == '\'') {
			break;
		}
		if (c == '(' || c == '[' || c == '{' || c == '<') {
			if (depth == sizeof(open)) {
				break;
			}
			open[depth++] = c;
		}
		closes = c == ')' ? '(' : c == ']' ? '[' : c == '}' ? '{' : c == '>' ? '<' : '\0';
		if (closes != '\0' && (depth == 0 || open[--depth] != closes)) {
			break;
		}
	}
	while (at > from + 1 && (at[-1] == ',' || at[-1] == ';' || at[-1] == ':' || at[-1] == '.')) {
		at--;
	}
	return at;
}

/* /var/log/x, C:\Windows, \\server\share. */
static bool take_path(struct scanner *scanner) {
	const char *at = scanner->at;
	const char *end = at;
	bool drive =
	    char_is_alpha(*at) && peek(scanner, at + 1) == ':' && peek(scanner, at + 2) == '\\';
	if (drive || (*at == '\\' && peek(scanner, at + 1) == '\\')) {
		for (end = at + 2; end < scanner->end; end++) {
			enum byte_class class = classify((unsigned char)*end);
			bool inside = *end == '(' || *end == ')' || *end == '[' || *end == ']' || *end == '=' ||
			              *end == '{' || *end == '}' || *end == ':';
			if (class == BYTE_SPACE || (class == BYTE_MARK && !inside)) {
				break;
			}
		}
		while (end > at + 2 &&
		       (end[-1] == ')' || end[-1] == ']' || end[-1] == '.' || end[-1] == ':')) {
			end--;
		}
	} else if (*at == '/') {
		end = path_end(scanner, at);
	}
	if (end < at + 2) {
		return false;
	}
	emit(scanner, MINER_VALUE, at, 0);
	scanner->at = end;
	return true;
}

/* "several words" without digits, / and = are one word: they are one thing to a person. */
static bool take_phrase(struct scanner *scanner) {
	enum { PHRASE_MAX = 40 };
	const char *from = scanner->at + 1;
	const char *at = from;
	bool blank = false;
	for (; at < scanner->end && at < from + PHRASE_MAX && *at != '"'; at++) {
		if (char_is_digit(*at) || *at == '/' || *at == '=') {
			return false;
		}
		blank = blank || *at == ' ';
	}
	if (peek(scanner, at) != '"' || !blank || *from == ' ' ||
	    scanner->count + 3 > MINER_TOKENS_MAX) {
		return false;
	}
	emit(scanner, MINER_MARK, from - 1, 1);
	emit(scanner, MINER_WORD, from, (size_t)(at - from));
	emit(scanner, MINER_MARK, at, 1);
	scanner->at = at + 1;
	return true;
}

static bool take_dots(struct scanner *scanner) {
	const char *from = scanner->at;
	if (*from != '.' || peek(scanner, from + 1) != '.') {
		return false;
	}
	while (scanner->at < scanner->end && *scanner->at == '.') {
		scanner->at++;
	}
	emit(scanner, MINER_MARK, from, 2);
	return true;
}

/* What a word is made of, gathered while its end is looked for. */
enum word_property {
	HAS_DIGIT = 1 << 0,
	HAS_OTHER = 1 << 1,    /* what is no hex digit and no colon */
	HAS_UNLIKELY = 1 << 2, /* what no host name has: all but small letters, digits, '-', '.' */
	HAS_SLASH = 1 << 3,
	STOPS = 1 << 7, /* the word may end here */
};

static uint8_t properties(unsigned char c) {
	enum { SIGN = HAS_OTHER | HAS_UNLIKELY };
	static const uint8_t table[256] = {
	    [0 ... 0x08] = SIGN,
	    ['\t' ... '\r'] = STOPS,
	    [0x0e ... 0x1f] = SIGN,
	    [' '] = STOPS,
	    ['!'] = SIGN,
	    ['"'] = STOPS,
	    ['#' ... '&'] = SIGN,
	    ['\'' ... ')'] = STOPS,
	    ['*' ... '+'] = SIGN,
	    [','] = STOPS,
	    ['-'] = HAS_OTHER,
	    ['.'] = STOPS,
	    ['/'] = SIGN | HAS_SLASH,
	    ['0' ... '9'] = HAS_DIGIT,
	    [':' ... '>'] = STOPS,
	    ['?' ... '@'] = SIGN,
	    ['A' ... 'F'] = HAS_UNLIKELY,
	    ['G' ... 'Z'] = SIGN,
	    ['['] = STOPS,
	    ['\\'] = SIGN,
	    [']'] = STOPS,
	    ['^' ... '`'] = SIGN,
	    ['a' ... 'f'] = 0,
	    ['g' ... 'z'] = HAS_OTHER,
	    ['{' ... '}'] = STOPS,
	    ['~' ... 0x7f] = SIGN,
	    [0x80 ... 0xff] = STOPS,
	};
	return table[c];
}

struct word {
	const char *from, *to;
	unsigned properties; /* enum word_property */
	size_t dots;
	bool url;
};

/* Whether the colon at `at` belongs to the word: 10:11:12, host.name:80, fe80::1, 5c:50:15. */
static bool colon_inside(const struct scanner *scanner, const struct word *word, const char *at) {
	char next = peek(scanner, at + 1);
	bool digits = (word->properties & HAS_DIGIT) != 0;
	if (char_is_digit(next) && (((word->properties & HAS_UNLIKELY) == 0 && word->dots > 0) ||
	                            (char_is_digit(word->from[0]) && char_is_digit(at[-1])))) {
		return true;
	}
	if ((word->properties & HAS_OTHER) != 0 || word->dots > 0 || (!is_hex(next) && next != ':')) {
		return false;
	}
	bool pair = (at - word->from) % 3 == 2 && is_hex(next) && is_hex(peek(scanner, at + 2)) &&
	            (peek(scanner, at + 3) == ':' || at - word->from >= 5);
	return digits || pair;
}

/* Whether the byte at `at`, which may end a word, belongs to it. */
static bool goes_on(const struct scanner *scanner, struct word *word, const char *at) {
	switch (*at) {
	case '.':
		if (peek(scanner, at + 1) == '.' && peek(scanner, at + 2) == '.') {
			return false;
		}
		word->dots++;
		return true;
	case ',':
		return at > word->from && char_is_digit(at[-1]) && char_is_digit(peek(scanner, at + 1));
	case ':':
		word->url = at > word->from && peek(scanner, at + 1) == '/' && peek(scanner, at + 2) == '/';
		return !word->url && at > word->from && colon_inside(scanner, word, at);
	default:
		return false;
	}
}

/* A word ends at a blank, at punctuation that does not belong to it, and where the script changes
 * between ASCII and others (there are no blanks between words in Japanese). */
static void find_word(const struct scanner *scanner, struct word *word) {
	const char *at = word->from;
	if (classify((unsigned char)*at) == BYTE_HIGH) {
		while (at < scanner->end && classify((unsigned char)*at) == BYTE_HIGH) {
			at++;
		}
		word->properties = HAS_OTHER;
		word->to = at;
		return;
	}
	for (; at < scanner->end; at++) {
		uint8_t found = properties((unsigned char)*at);
		if ((found & STOPS) == 0) {
			word->properties |= found;
		} else if (!goes_on(scanner, word, at)) {
			break;
		}
	}
	word->to = word->url ? path_end(scanner, at) : at;
}

/* Names that are words, although they have a digit and others differ from them in it alone. */
static bool is_plain_name(const struct word *word) {
	struct str text = str_make(word->from, (size_t)(word->to - word->from));
	return text.len == 4 && (str_eq_nocase(text, STR("IPv4")) || str_eq_nocase(text, STR("IPv6")));
}

/* Letters with a digit or two: eth0, SOCKS5. */
static bool is_mixed(const struct word *word) {
	enum { DIGITS_MAX = 2, LETTERS_MIN = 2 };
	size_t digits = 0;
	size_t letters = 0;
	for (const char *at = word->from; at < word->to && digits <= DIGITS_MAX; at++) {
		digits += char_is_digit(*at);
		letters += char_is_alpha(*at);
	}
	return digits <= DIGITS_MAX && letters >= LETTERS_MIN && char_is_alpha(word->from[0]);
}

static enum miner_kind word_kind(const struct word *word) {
	enum { HEX_MIN = 8 };
	unsigned found = word->properties;
	if ((found & HAS_DIGIT) != 0) {
		if (is_plain_name(word)) {
			return MINER_WORD;
		}
		return word->dots == 0 && !word->url && is_mixed(word) ? MINER_MIXED : MINER_VALUE;
	}
	if ((found & HAS_SLASH) != 0) {
		size_t slashes = 0;
		for (const char *at = word->from; at < word->to; at++) {
			slashes += *at == '/';
		}
		return slashes >= 2 || word->dots > 0 ? MINER_VALUE : MINER_WORD;
	}
	bool hex = (found & HAS_OTHER) == 0 && word->dots == 0 && word->to - word->from >= HEX_MIN;
	return hex || word->url ? MINER_VALUE : MINER_WORD;
}

static void take_word(struct scanner *scanner) {
	struct word word = {.from = scanner->at};
	find_word(scanner, &word);
	if (word.to == word.from) {
		word.to++;
	}
	scanner->at = word.to;
	const char *tail = word.to;
	while (tail > word.from + 1 && (tail[-1] == '.' || tail[-1] == '!' || tail[-1] == '?')) {
		tail--;
		word.dots -= word.dots > 0 && *tail == '.';
	}
	word.to = tail;
	emit(scanner, word_kind(&word), word.from, (size_t)(word.to - word.from));
	if (tail < scanner->at && scanner->count < MINER_TOKENS_MAX) {
		emit(scanner, MINER_MARK, tail, (size_t)(scanner->at - tail));
	}
}

/* ---- what tokens mean beside each other ---- */

struct name {
	char text[8];
	uint8_t len;
};
#define NAME(text_) {text_, sizeof(text_) - 1}

static bool is_among(const struct miner_token *token, const struct name *names, size_t count) {
	for (size_t i = 0; i < count; i++) {
		if (token->len == names[i].len && token->text[0] == names[i].text[0] &&
		    memcmp(token->text, names[i].text, token->len) == 0) {
			return true;
		}
	}
	return false;
}

/* Names of months and days before a number belong to a date. */
static bool is_date_name(const struct miner_token *token) {
	if (token->kind != MINER_WORD || token->len != 3 || token->text[0] < 'A' ||
	    token->text[0] > 'W') {
		return false;
	}
	static const struct name names[] = {
	    NAME("Jan"), NAME("Feb"), NAME("Mar"), NAME("Apr"), NAME("May"), NAME("Jun"), NAME("Jul"),
	    NAME("Aug"), NAME("Sep"), NAME("Oct"), NAME("Nov"), NAME("Dec"), NAME("Mon"), NAME("Tue"),
	    NAME("Wed"), NAME("Thu"), NAME("Fri"), NAME("Sat"), NAME("Sun")};
	return is_among(token, names, ARRAY_LEN(names));
}

/* Units that change with the size of a number (4 KB, 2 MB). */
static bool is_unit(const struct miner_token *token) {
	static const struct name units[] = {
	    NAME("KB"),  NAME("MB"),  NAME("GB"),   NAME("TB"),  NAME("kB"),   NAME("KiB"), NAME("MiB"),
	    NAME("GiB"), NAME("TiB"), NAME("ms"),   NAME("us"),  NAME("ns"),   NAME("s"),   NAME("sec"),
	    NAME("min"), NAME("Hz"),  NAME("kHz"),  NAME("MHz"), NAME("GHz"),  NAME("%"),   NAME("B"),
	    NAME("mb"),  NAME("kb"),  NAME("secs"), NAME("gb"),  NAME("mins"), NAME("hrs")};
	return token->kind == MINER_WORD && token->len <= 4 && is_among(token, units, ARRAY_LEN(units));
}

bool miner_is_long_unit(const struct miner_token *token) {
	static const struct name units[] = {NAME("bytes"),   NAME("byte"),    NAME("Bytes"),
	                                    NAME("seconds"), NAME("minutes"), NAME("sectors"),
	                                    NAME("blocks"),  NAME("pages")};
	return token->kind == MINER_WORD && is_among(token, units, ARRAY_LEN(units));
}

static bool joins_values(const struct miner_token *token) {
	return miner_is_mark(token, ',') || miner_is_mark(token, ';') || miner_is_mark(token, '|') ||
	       (token->kind == MINER_WORD && token->len == 1 && token->text[0] == '-');
}

static size_t push_value(struct miner_token *out, size_t count, const struct miner_token *token,
                         bool closed) {
	struct miner_token value = *token;
	if (count > 0 && miner_is_mark(&out[count - 1], '<') && !closed) {
		value.space = out[--count].space; /* <1 sec */
	}
	if (count > 1 && joins_values(&out[count - 1]) && out[count - 2].kind == MINER_VALUE) {
		count--;
	}
	if (count > 0 && out[count - 1].kind == MINER_VALUE) {
		return count;
	}
	out[count] = value;
	return count + 1;
}

/* VALUE () and VALUE (VALUE) are VALUE; VALUE bytes (VALUE) is VALUE bytes. */
static size_t push_close(struct miner_token *out, size_t count, const struct miner_token *token) {
	size_t inner = count > 0 && out[count - 1].kind == MINER_VALUE ? 2 : 1;
	if (count > inner && miner_is_mark(&out[count - inner], '(')) {
		size_t before = count - inner;
		bool value = out[before - 1].kind == MINER_VALUE;
		bool unit = inner == 2 && before > 1 && miner_is_long_unit(&out[before - 1]) &&
		            out[before - 2].kind == MINER_VALUE;
		if (value || unit) {
			return before;
		}
	}
	out[count] = *token;
	return count + 1;
}

size_t miner_fold(struct miner_token *tokens, size_t count) {
	size_t out = 0;
	for (size_t i = 0; i < count; i++) {
		const struct miner_token token = tokens[i];
		if (token.kind == MINER_VALUE) {
			bool closed = i + 1 < count && miner_is_mark(&tokens[i + 1], '>');
			out = push_value(tokens, out, &token, closed);
		} else if (miner_is_mark(&token, ')')) {
			out = push_close(tokens, out, &token);
		} else if (out == 0 || tokens[out - 1].kind != MINER_VALUE || !is_unit(&token)) {
			tokens[out++] = token;
		}
	}
	return out;
}

/* Whether `key=` has no value: the line ends there, or another key= follows. */
static bool is_empty_set(const struct miner_token *tokens, size_t count, size_t i) {
	return miner_is_mark(&tokens[i], '=') &&
	       (i + 1 == count ||
	        (i + 2 < count && tokens[i + 1].space && miner_is_mark(&tokens[i + 2], '=')));
}

/* Date names become values, mixed tokens side by side (sda1 sda2) too, and a `key=` without a value
 * gets one. */
static size_t complete(uint64_t seed, struct miner_token *tokens, size_t count) {
	bool in_list = false;
	for (size_t i = 0; i < count; i++) {
		const struct miner_token *next = i + 1 < count ? &tokens[i + 1] : NULL;
		bool goes_on = tokens[i].kind == MINER_MIXED && next != NULL && next->kind == MINER_MIXED;
		bool date = next != NULL && is_date_name(&tokens[i]) &&
		            (next->kind == MINER_VALUE || is_date_name(next));
		if (in_list || goes_on || date) {
			miner_vary(seed, &tokens[i]);
		}
		in_list = goes_on;
		if (is_empty_set(tokens, count, i) && count < MINER_TOKENS_MAX) {
			memmove(&tokens[i + 2], &tokens[i + 1], (count - i - 1) * sizeof(*tokens));
			tokens[++i] = miner_value(seed, false);
			count++;
		}
	}
	return count;
}

size_t miner_scan(uint64_t seed, struct str title, struct str line, struct miner_token *tokens) {
	enum { TITLE_MAX = 256 };
	bool cut = line.len > MINER_LINE_MAX;
	line = line.len > 0 ? line : STR(""); /* a pointer that can be counted from */
	struct scanner scanner = {.at = line.ptr,
	                          .end = line.ptr + (cut ? MINER_LINE_MAX : line.len),
	                          .seed = seed,
	                          .tokens = tokens};
	if (title.len > 0) {
		emit(&scanner, MINER_WORD, title.ptr, MIN_OF(title.len, (size_t)TITLE_MAX));
		scanner.space = true;
	}
	while (scanner.at < scanner.end && scanner.count < MINER_TOKENS_MAX) {
		enum byte_class class = classify((unsigned char)*scanner.at);
		if (class == BYTE_SPACE) {
			scanner.space = true;
			scanner.at++;
		} else if (class == BYTE_MARK) {
			if (*scanner.at != '"' || !take_phrase(&scanner)) {
				emit(&scanner, MINER_MARK, scanner.at, 1);
				scanner.at++;
			}
		} else if (!take_path(&scanner) && !take_dots(&scanner)) {
			take_word(&scanner);
		}
	}
	if (cut || scanner.at < scanner.end) {
		scanner.count = MIN_OF(scanner.count, (size_t)MINER_TOKENS_MAX - 1);
		emit(&scanner, MINER_VALUE, scanner.at, 0);
	}
	size_t count = complete(seed, tokens, scanner.count);
	return miner_fold(tokens, count);
}
