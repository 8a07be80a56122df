/* See syslog_words.h. Words are told by closed lists, never guessed.
 */
#include "ingest/syslog_words.h"

#include "base/macros.h"

static const struct str facilities[SYSLOG_FACILITIES] = {
    STR_INIT("kern"),   STR_INIT("user"),   STR_INIT("mail"),     STR_INIT("daemon"),
    STR_INIT("auth"),   STR_INIT("syslog"), STR_INIT("lpr"),      STR_INIT("news"),
    STR_INIT("uucp"),   STR_INIT("cron"),   STR_INIT("authpriv"), STR_INIT("ftp"),
    STR_INIT("ntp"),    STR_INIT("audit"),  STR_INIT("alert"),    STR_INIT("clock"),
    STR_INIT("local0"), STR_INIT("local1"), STR_INIT("local2"),   STR_INIT("local3"),
    STR_INIT("local4"), STR_INIT("local5"), STR_INIT("local6"),   STR_INIT("local7")};
static const struct str severities[SYSLOG_SEVERITIES] = {
    STR_INIT("emerg"),   STR_INIT("alert"),  STR_INIT("crit"), STR_INIT("err"),
    STR_INIT("warning"), STR_INIT("notice"), STR_INIT("info"), STR_INIT("debug")};

struct str syslog_facility(int facility) {
	ASSERT(facility >= 0);
	ASSERT(facility < SYSLOG_FACILITIES);
	return facilities[facility];
}

struct str syslog_severity(int severity) {
	ASSERT(severity >= 0);
	ASSERT(severity < SYSLOG_SEVERITIES);
	return severities[severity];
}

bool syslog_is_level(struct str word) {
	static const struct str levels[] = {
	    STR_INIT("info"),     STR_INIT("warn"),    STR_INIT("warning"), STR_INIT("error"),
	    STR_INIT("err"),      STR_INIT("debug"),   STR_INIT("trace"),   STR_INIT("crit"),
	    STR_INIT("critical"), STR_INIT("verbose"), STR_INIT("fatal"),   STR_INIT("notice"),
	};
	/* Every line asks: most words are told by length, last and first letter. */
	if (word.len < 3 || word.len > 8 || !char_is_alpha(word.ptr[word.len - 1]) ||
	    memchr("iwedtcvfn", char_lower(word.ptr[0]), 9) == NULL) {
		return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		if (str_eq_nocase(word, levels[i])) {
			return true;
		}
	}
	return false;
}

bool syslog_is_host(struct str word) {
	for (size_t i = 0; i < word.len; i++) {
		unsigned char c = (unsigned char)word.ptr[i];
		if (!char_is_alpha((char)c) && !char_is_digit((char)c) && c < 0x80 &&
		    memchr(".-_:%/@+#~", c, 10) == NULL) {
			return false;
		}
	}
	return word.len > 0 && word.len <= 255 && word.ptr[0] != '-' && !syslog_is_level(word);
}

struct str syslog_bracketed_address(struct str word) {
	size_t dots = 0;
	size_t colons = 0;
	bool gap = false; /* "::" */
	if (word.len < 4 || word.ptr[0] != '[' || word.ptr[word.len - 1] != ']') {
		return STR("");
	}
	struct str inside = str_slice(word, 1, word.len - 1);
	for (size_t i = 0; i < inside.len; i++) {
		char c = char_lower(inside.ptr[i]);
		dots += c == '.';
		colons += c == ':';
		gap = gap || (c == ':' && i > 0 && inside.ptr[i - 1] == ':');
		if (c != '.' && c != ':' && !char_is_digit(c) && (c < 'a' || c > 'f')) {
			return STR("");
		}
	}
	return (dots >= 3 && colons == 0) || colons == 7 || gap ? inside : STR("");
}

static int find(const struct str *names, int count, struct str word) {
	for (int i = 0; i < count; i++) {
		if (str_eq(names[i], word)) {
			return i;
		}
	}
	return -1;
}

static int find_severity(struct str word) {
	word = str_eq(word, STR("warn")) ? STR("warning") : word;
	word = str_eq(word, STR("error")) ? STR("err") : word;
	return find(severities, SYSLOG_SEVERITIES, word);
}

/* "166" within "In(166)". */
static int esxi_priority(struct str word) {
	uint64_t value;
	bool fits = word.len >= 5 && word.ptr[0] >= 'A' && word.ptr[0] <= 'Z' &&
	            char_is_alpha(word.ptr[1]) && word.ptr[2] == '(' && word.ptr[word.len - 1] == ')' &&
	            str_to_u64(str_slice(word, 3, word.len - 1),
	                       SYSLOG_FACILITIES * SYSLOG_SEVERITIES - 1, &value);
	return fits ? (int)value : -1;
}

int syslog_word_priority(struct str word) {
	char last = word.len > 4 ? word.ptr[word.len - 1] : ':';
	if (last != '>' && last != ')' && (last < 'a' || last > 'z')) {
		return -1; /* every line asks: "web01", "sshd[42]:" end here */
	}
	bool quoted = word.len > 2 && word.ptr[0] == '<' && word.ptr[word.len - 1] == '>';
	struct str inside = quoted ? str_slice(word, 1, word.len - 1) : word;
	size_t dot = str_find_char(inside, '.', 0);
	size_t middle = dot < inside.len || quoted ? dot : str_find_char(inside, ':', 0);
	if (middle >= inside.len) {
		return esxi_priority(word);
	}
	struct str left = str_slice(inside, 0, middle);
	struct str right = str_slice(inside, middle + 1, inside.len);
	left = str_slice(left, 0, str_find_char(left, '|', 0));
	int facility = find(facilities, SYSLOG_FACILITIES, left);
	int severity = find_severity(right);
	uint64_t numbers[2];
	if (quoted && str_to_u64(left, SYSLOG_FACILITIES - 1, &numbers[0]) &&
	    str_to_u64(right, SYSLOG_SEVERITIES - 1, &numbers[1])) {
		facility = (int)numbers[0];
		severity = (int)numbers[1];
	}
	return facility < 0 || severity < 0 ? -1 : facility * SYSLOG_SEVERITIES + severity;
}
