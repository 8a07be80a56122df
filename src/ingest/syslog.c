/* The head of a syslog line is read from left to right, each part once; the rest is the message,
 * untouched.
 */
#include "ingest/syslog.h"

#include "ingest/syslog_like.h"
#include "ingest/syslog_words.h"

enum { TAG_MAX = 128, PID_MAX = 64, PRIORITY_MAX = SYSLOG_PRIORITIES - 1 };

static struct str rest_of(struct str text, size_t from) {
	return str_make(text.ptr + from, text.len - from);
}

static bool starts(struct str text, size_t at, struct str prefix) {
	return text.len - at >= prefix.len && memcmp(text.ptr + at, prefix.ptr, prefix.len) == 0;
}

/* Blanks at at. */
static size_t skip_blanks(struct str text, size_t at) {
	while (at < text.len && text.ptr[at] == ' ') {
		at++;
	}
	return at;
}

/* "<189>": bytes used, 0 when there is none. */
static size_t read_priority(struct str text, size_t at, int *out_priority) {
	size_t i = at + 1;
	int value = 0;
	if (at >= text.len || text.ptr[at] != '<') {
		return 0;
	}
	while (i < text.len && i < at + 4 && char_is_digit(text.ptr[i])) {
		value = value * 10 + (text.ptr[i++] - '0');
	}
	if (i == at + 1 || i >= text.len || text.ptr[i] != '>' || value > PRIORITY_MAX) {
		return 0;
	}
	*out_priority = value;
	return i + 1 - at;
}

static void put_priority(struct line *line, int priority) {
	static const struct str numbers[] = {
	    STR_INIT("0"),  STR_INIT("1"),  STR_INIT("2"),  STR_INIT("3"),  STR_INIT("4"),
	    STR_INIT("5"),  STR_INIT("6"),  STR_INIT("7"),  STR_INIT("8"),  STR_INIT("9"),
	    STR_INIT("10"), STR_INIT("11"), STR_INIT("12"), STR_INIT("13"), STR_INIT("14"),
	    STR_INIT("15"), STR_INIT("16"), STR_INIT("17"), STR_INIT("18"), STR_INIT("19"),
	    STR_INIT("20"), STR_INIT("21"), STR_INIT("22"), STR_INIT("23")};
	_Static_assert(SYSLOG_FACILITIES * SYSLOG_SEVERITIES == SYSLOG_PRIORITIES,
	               "24 facilities of 8 severities");
	uint32_t slot = (uint32_t)priority * 5;
	int facility = priority / 8;
	int severity = priority % 8;
	char digits[3] = {(char)('0' + priority / 100), (char)('0' + priority / 10 % 10),
	                  (char)('0' + priority % 10)};
	size_t zeros = priority < 10 ? 2 : priority < 100 ? 1 : 0;
	line_put_constant(line, slot, FIELD_LOG_SYSLOG_PRIORITY, VALUE_NUMBER,
	                  str_make(digits + zeros, sizeof(digits) - zeros));
	line_put_constant(line, slot + 1, FIELD_LOG_SYSLOG_FACILITY_CODE, VALUE_NUMBER,
	                  numbers[facility]);
	line_put_constant(line, slot + 2, FIELD_LOG_SYSLOG_FACILITY_NAME, VALUE_STRING,
	                  syslog_facility(facility));
	line_put_constant(line, slot + 3, FIELD_LOG_SYSLOG_SEVERITY_CODE, VALUE_NUMBER,
	                  numbers[severity]);
	line_put_constant(line, slot + 4, FIELD_LOG_SYSLOG_SEVERITY_NAME, VALUE_STRING,
	                  syslog_severity(severity));
}

/* The place behind a byte order mark and behind the count of RFC 6587 ("71 <13>..."), which belongs
 * to the stream and not to the line. */
static size_t skip_frame(struct str text) {
	size_t at = starts(text, 0, STR("\xef\xbb\xbf")) ? 3 : 0;
	size_t i = at;
	while (i < text.len && i - at < 7 && char_is_digit(text.ptr[i])) {
		i++;
	}
	bool counted = i > at && text.len - i >= 5 && text.ptr[i] == ' ' && text.ptr[i + 1] == '<' &&
	               char_is_digit(text.ptr[i + 2]);
	return counted ? i + 1 : at;
}

/* ---- RFC 5424 ---- */

struct head_5424 {
	int priority; /* -1: none */
	struct timestamp time;
	bool has_time;
	struct str version, host, app, procid, msgid;
	struct str data; /* structured data with its brackets, or empty */
	bool data_is_nil;
	struct str message;
};

/* A word and the blank behind it; *at moves to the next word. */
static bool next_word(struct str text, size_t *at, struct str *out) {
	size_t end = str_find_char(text, ' ', *at);
	if (end == *at || end >= text.len) {
		return false;
	}
	*out = str_make(text.ptr + *at, end - *at);
	*at = end + 1;
	return true;
}

static bool is_nil(struct str word) {
	return word.len == 1 && word.ptr[0] == '-';
}

static bool is_name_char(char c) {
	return (unsigned char)c > ' ' && c != '=' && c != ']' && c != '"' && c != 0x7f;
}

static size_t skip_name(struct str text, size_t at) {
	while (at < text.len && is_name_char(text.ptr[at])) {
		at++;
	}
	return at;
}

/* The value between quotation marks at at; returns the place behind the closing one, 0 when
 * malformed. */
static size_t skip_quoted(struct str text, size_t at, bool *out_escapes) {
	if (at >= text.len || text.ptr[at] != '"') {
		return 0;
	}
	*out_escapes = false;
	for (at++; at < text.len; at++) {
		if (text.ptr[at] == '"') {
			return at + 1;
		}
		if (text.ptr[at] == '\\') {
			*out_escapes = true;
			at++;
		}
	}
	return 0;
}

/* RFC 5424 section 6.3.3: only \" \\ \] are escapes; any other backslash stands for itself. */
static void unescape(struct str raw, struct buf *out) {
	buf_clear(out);
	for (size_t i = 0; i < raw.len; i++) {
		bool escape = raw.ptr[i] == '\\' && i + 1 < raw.len &&
		              (raw.ptr[i + 1] == '"' || raw.ptr[i + 1] == '\\' || raw.ptr[i + 1] == ']');
		i += escape;
		buf_append_char(out, raw.ptr[i]);
	}
}

static void put_param(struct line *line, struct str id, struct str name, struct str value,
                      bool escapes) {
	char text[LIMIT_FIELD_NAME];
	struct str prefix = STR("log.syslog.structured_data.");
	size_t len = prefix.len + id.len + 1 + name.len;
	if (line->batch == NULL) {
		return;
	}
	if (len > sizeof(text)) { /* too long for a name: the text has it */
		fields_left_out(line->batch);
		return;
	}
	memcpy(text, prefix.ptr, prefix.len);
	memcpy(text + prefix.len, id.ptr, id.len);
	text[prefix.len + id.len] = '.';
	memcpy(text + prefix.len + id.len + 1, name.ptr, name.len);
	uint32_t number = fields_name(line->batch, str_make(text, len));
	if (escapes) {
		unescape(value, line->scratch);
		fields_put_str(line->batch, number, buf_str(line->scratch));
	} else {
		line_put(line, number, value);
	}
}

/* One element at at ("[id a="b"]"): the place behind it, 0 when malformed. Values are put when line
 * is not NULL. */
static size_t read_element(struct line *line, struct str text, size_t at) {
	size_t end = skip_name(text, at + 1);
	struct str id = str_slice(text, at + 1, end);
	if (id.len == 0) {
		return 0;
	}
	for (;;) {
		size_t name_at = skip_blanks(text, end);
		if (name_at < text.len && text.ptr[name_at] == ']') {
			return name_at + 1;
		}
		size_t name_end = skip_name(text, name_at);
		bool escapes;
		if (name_at == end || name_end == name_at || name_end >= text.len ||
		    text.ptr[name_end] != '=') {
			return 0;
		}
		end = skip_quoted(text, name_end + 1, &escapes);
		if (end == 0) {
			return 0;
		}
		if (line != NULL) {
			put_param(line, id, str_slice(text, name_at, name_end),
			          str_slice(text, name_end + 2, end - 1), escapes);
		}
	}
}

/* All elements at at; returns the place behind them, at itself when there is none. */
static size_t read_data(struct line *line, struct str text, size_t at) {
	while (at < text.len && text.ptr[at] == '[') {
		size_t end = read_element(line, text, at);
		if (end == 0 || (end < text.len && text.ptr[end] != ' ' && text.ptr[end] != '[')) {
			break;
		}
		at = end;
	}
	return at;
}

static bool read_time_5424(struct line *line, size_t *at, struct head_5424 *head) {
	struct str text = line->text;
	if (starts(text, *at, STR("- "))) {
		*at += 2;
		return true;
	}
	size_t used = timestamp_iso(line->time, rest_of(text, *at), &head->time);
	if (used == 0 || *at + used >= text.len || text.ptr[*at + used] != ' ') {
		return false;
	}
	head->has_time = true;
	*at += used + 1;
	return true;
}

/* Structured data and message; senders that leave the data out get their words as message. */
static void read_tail_5424(struct str text, size_t at, struct head_5424 *head) {
	size_t end = at;
	if (at < text.len && text.ptr[at] == '-' && (at + 1 == text.len || text.ptr[at + 1] == ' ')) {
		head->data_is_nil = true;
		end = at + 1;
	} else {
		end = read_data(NULL, text, at);
		head->data = str_slice(text, at, end);
	}
	if (end > at && end < text.len) {
		end++; /* the blank */
	}
	if (starts(text, end, STR("\xef\xbb\xbf"))) {
		end += 3; /* MSG-UTF8 of RFC 5424 section 6.4 begins with a byte order mark */
	}
	head->message = rest_of(text, end);
}

/* "1 "; not in the lines of relays that leave priority and version out. */
static bool read_version(struct str text, size_t *at, struct head_5424 *head) {
	struct str word;
	size_t behind = *at;
	if (text.len - behind < 5 || !char_is_digit(text.ptr[behind])) {
		return false; /* neither version nor year */
	}
	bool year = text.ptr[behind + 4] == '-';
	if (!next_word(text, &behind, &word) || word.len > 2 || word.ptr[0] < '1' ||
	    word.ptr[0] > '9' || !char_is_digit(word.ptr[word.len - 1])) {
		return year && head->priority < 0;
	}
	head->version = word;
	*at = behind;
	return true;
}

/* Without priority and version only data of a registered kind ("[x@123 k="v"]") tells it. */
static bool is_bare_5424(const struct line *line, const struct head_5424 *head) {
	size_t id_end = str_find_char(head->data, ' ', 0);
	return head->has_time && line->text.len > 10 && line->text.ptr[10] == 'T' &&
	       syslog_is_host(head->host) && id_end < head->data.len &&
	       str_find_char(head->data, '@', 0) < id_end;
}

static bool read_5424(struct line *line, struct head_5424 *head) {
	struct str text = line->text;
	size_t at = skip_frame(text);
	head->priority = -1;
	at += read_priority(text, at, &head->priority);
	if (!read_version(text, &at, head)) {
		return line_refuse(line, at, "does not begin with <PRIORITY>VERSION");
	}
	if (!read_time_5424(line, &at, head)) {
		return line_refuse(line, at, "no RFC 3339 time or '-' behind the version");
	}
	if (!next_word(text, &at, &head->host) || !next_word(text, &at, &head->app) ||
	    !next_word(text, &at, &head->procid) || !next_word(text, &at, &head->msgid)) {
		return line_refuse(line, at, "host, program, process or message id is missing");
	}
	read_tail_5424(text, at, head);
	bool bare = head->version.len == 0;
	if (head->priority < 0 &&
	    !(bare ? is_bare_5424(line, head)
	           : head->has_time && (head->data.len > 0 || head->data_is_nil))) {
		return line_refuse(line, at, "no priority, and no structured data to tell it by");
	}
	return true;
}

static void put_unless_nil(struct line *line, uint32_t name, struct str word) {
	if (!is_nil(word)) {
		line_put(line, name, word);
	}
}

bool syslog_take_5424(const struct line_format *format, struct line *line) {
	struct head_5424 head = {0};
	(void)format;
	if (!read_5424(line, &head)) {
		return false;
	}
	if (head.has_time) {
		line_time(line, head.time);
	}
	if (head.priority >= 0) {
		put_priority(line, head.priority);
	}
	if (!is_nil(head.host)) {
		line_put_host(line, head.host);
	}
	if (!is_nil(head.app)) {
		line_put(line, FIELD_PROCESS_NAME, head.app);
		line_put(line, FIELD_LOG_SYSLOG_APPNAME, head.app);
	}
	if (!is_nil(head.procid)) {
		(void)line_put_digits(line, FIELD_PROCESS_PID, head.procid); /* procid is put anyway */
		line_put(line, FIELD_LOG_SYSLOG_PROCID, head.procid);
	}
	put_unless_nil(line, FIELD_LOG_SYSLOG_MSGID, head.msgid);
	if (head.version.len > 0) {
		line_put(line, FIELD_LOG_SYSLOG_VERSION, head.version);
	}
	if (head.data.len > 0) {
		(void)read_data(line, head.data, 0); /* its form was checked by read_5424 */
	}
	line_put(line, FIELD_MESSAGE, head.message);
	return true;
}

/* ---- RFC 3164 ---- */

struct head_3164 {
	int priority; /* -1: none */
	struct timestamp time;
	bool has_time, time_is_loose; /* of a form that other logs begin with too */
	bool time_has_t;
	bool origin_is_sure; /* words that only syslog has stand before the tag */
	struct str host, level, tag, pid;
	bool has_tag, tag_has_pid;
	struct str message;
};

static bool all_digits(struct str s) {
	for (size_t i = 0; i < s.len; i++) {
		if (!char_is_digit(s.ptr[i])) {
			return false;
		}
	}
	return s.len > 0;
}

/* Facility and severity as a word at at: the place behind it and its blank, else at. */
static size_t read_selector(struct str text, size_t at, struct head_3164 *head) {
	size_t end = str_find_char(text, ' ', at);
	int priority = syslog_word_priority(str_slice(text, at, end));
	if (priority < 0 || end >= text.len) {
		return at;
	}
	head->priority = head->priority < 0 ? priority : head->priority;
	head->origin_is_sure = true;
	return skip_blanks(text, end);
}

/* "[123]" at at: the place behind it, 0 when it is no process id. */
static size_t read_pid(struct str text, size_t at, struct str *out_pid) {
	size_t i = at + 1;
	while (i < text.len && i - at <= PID_MAX && text.ptr[i] != ']' && text.ptr[i] != ' ' &&
	       text.ptr[i] != '[') {
		i++;
	}
	if (i >= text.len || text.ptr[i] != ']' || i == at + 1) {
		return 0;
	}
	*out_pid = str_make(text.ptr + at + 1, i - at - 1);
	return i + 1;
}

/* The place behind the name of a tag at at, where "[", ":" or a blank stands. A colon inside the
 * name
 * ("a::b:") belongs to it. */
static size_t tag_name_end(struct str text, size_t at) {
	size_t i = at;
	while (i < text.len && i - at <= TAG_MAX && text.ptr[i] != ' ' && text.ptr[i] != '[') {
		if (text.ptr[i] == ':' &&
		    (i + 1 == text.len || text.ptr[i + 1] == ' ' || text.ptr[i + 1] == '[')) {
			break;
		}
		i++;
	}
	return i;
}

static void set_tag(struct str text, size_t at, size_t end, size_t behind, struct head_3164 *head) {
	head->has_tag = true;
	head->tag = str_make(text.ptr + at, end - at);
	behind = MIN_OF(behind, text.len);
	head->message =
	    rest_of(text, behind < text.len && text.ptr[behind] == ' ' ? behind + 1 : behind);
}

/* "prog:", "prog[123]:", "prog[123] ", "prog[]:", "prog [123]:", "[prog]:" at at; the message
 * follows. A number is no program: "123: " is a device's sequence number. */
static bool read_tag(struct str text, size_t at, struct head_3164 *head) {
	size_t i = tag_name_end(text, at);
	struct str pid = {0};
	if (i == at && i < text.len && text.ptr[i] == '[') {
		size_t end = read_pid(text, at, &pid);
		bool name = end != 0 && end < text.len && text.ptr[end] == ':' &&
		            !char_is_digit(pid.ptr[0]) && !syslog_is_level(pid);
		if (name && syslog_bracketed_address(str_slice(text, at, end)).len == 0) {
			set_tag(text, at + 1, end - 1, end + 1, head);
		}
		return head->has_tag;
	}
	bool apart = i > at && i + 1 < text.len && text.ptr[i] == ' ' && text.ptr[i + 1] == '[';
	size_t bracket = i + apart;
	if (i == at || i >= text.len || i - at > TAG_MAX || (text.ptr[i] == ' ' && !apart)) {
		return false;
	}
	if (text.ptr[bracket] == ':') {
		bool number = all_digits(str_slice(text, at, i));
		if (!number) {
			set_tag(text, at, i, i + 1, head);
		}
		return !number;
	}
	if (starts(text, bracket, STR("[]:")) && !apart) {
		set_tag(text, at, i, bracket + 3, head);
		return true;
	}
	size_t end = read_pid(text, bracket, &pid);
	if (end == 0) {
		return false;
	}
	bool colon = end < text.len && text.ptr[end] == ':';
	size_t behind = end + colon;
	behind = !colon && starts(text, end, STR(" : ")) ? end + 2 : behind;
	bool number = all_digits(pid);
	if (!colon && (apart || !number || (end < text.len && text.ptr[end] != ' '))) {
		return false;
	}
	if (apart && !number) {
		return false;
	}
	head->pid = pid;
	head->tag_has_pid = true;
	set_tag(text, at, i, behind, head);
	return true;
}

/* Words that stand where host or program would, but are the message. */
static bool is_repeat(struct str text, size_t at) {
	if (at >= text.len || (text.ptr[at] != 'l' && text.ptr[at] != 'm' && text.ptr[at] != '-')) {
		return false;
	}
	return starts(text, at, STR("last message repeated ")) ||
	       starts(text, at, STR("message repeated ")) ||
	       starts(text, at, STR("--- last message repeated "));
}

/* AIX relays: "Message forwarded from HOST: ". */
static size_t read_forwarded(struct str text, size_t at, struct str *out_host) {
	struct str prefix = STR("Message forwarded from ");
	if (!starts(text, at, prefix)) {
		return at;
	}
	size_t colon = str_find_char(text, ':', at + prefix.len);
	struct str host = str_slice(text, at + prefix.len, colon);
	if (colon >= text.len || !syslog_is_host(host)) {
		return at;
	}
	*out_host = host;
	return skip_blanks(text, colon + 1);
}

/* "web01: sshd[42]: ", "fw1: %ASA-6-302013: ": the word with its colon is the host. The kernel
 * names programs behind its own colon. */
static bool is_host_with_colon(struct str text, struct str word, size_t next) {
	struct head_3164 behind = {0};
	struct str name = str_slice(word, 0, word.len - 1);
	return syslog_is_host(name) && !str_eq(name, STR("kernel")) && read_tag(text, next, &behind) &&
	       ((behind.tag_has_pid && all_digits(behind.pid)) || behind.tag.ptr[0] == '%');
}

/* The host at at: the place behind it, at when none is there. */
static size_t read_host(struct str text, size_t at, struct head_3164 *head) {
	size_t end = str_find_char(text, ' ', at);
	size_t next = skip_blanks(text, end);
	struct str word = str_slice(text, at, end);
	struct str address = syslog_bracketed_address(word);
	if (address.len > 0) {
		head->host = address;
		return next;
	}
	if (is_nil(word)) {
		return next;
	}
	if (word.len > 1 && word.ptr[word.len - 1] == ':') {
		if (!is_host_with_colon(text, word, next)) {
			return at;
		}
		word.len--;
	} else if (!syslog_is_host(word)) {
		return at;
	}
	head->host = word;
	return next;
}

/* "notice prog[42]:" behind the host, as BIG-IP writes it. */
static bool read_level_and_tag(struct str text, size_t at, struct head_3164 *head) {
	size_t end = str_find_char(text, ' ', at);
	struct str word = str_slice(text, at, end);
	struct head_3164 trial = *head;
	if (end >= text.len || !syslog_is_level(word) ||
	    !read_tag(text, skip_blanks(text, end), &trial) || !trial.tag_has_pid) {
		return false;
	}
	*head = trial;
	head->level = word;
	return true;
}

/* Behind the time and its blank: host, tag, message. */
static void read_origin(struct str text, size_t at, struct head_3164 *head) {
	head->message = rest_of(text, at);
	at = read_selector(text, at, head);
	if (is_repeat(text, at)) {
		return;
	}
	size_t behind = read_forwarded(text, at, &head->host);
	if (behind == at) {
		behind = read_host(text, at, head);
		if (behind == at) {
			size_t end = str_find_char(text, ' ', at);
			struct str word = str_slice(text, at, end);
			if (syslog_is_level(word) && read_tag(text, skip_blanks(text, end), head)) {
				head->level = word;
			} else {
				(void)read_tag(text, at, head); /* no host was written */
			}
			return;
		}
	}
	size_t word_at = behind;
	behind = read_selector(text, behind, head);
	if (behind > word_at) {
		behind = read_forwarded(text, behind, &head->host);
	}
	head->message = rest_of(text, behind);
	if (starts(text, behind, STR(": "))) {
		head->message = rest_of(text, behind + 2); /* "host : %ASA-6-..." */
	} else if (!is_repeat(text, behind) && !read_level_and_tag(text, behind, head)) {
		(void)read_tag(text, behind, head); /* without a tag all is message */
	}
}

/* The time at at; 0 when none is there. */
static size_t read_time_3164(struct line *line, size_t at, struct head_3164 *head) {
	struct str rest = rest_of(line->text, at);
	size_t used = 0;
	if (rest.len < 11) {
		return 0;
	}
	head->time_is_loose = false;
	if (char_is_digit(rest.ptr[0])) {
		used = timestamp_iso(line->time, rest, &head->time);
		head->time_is_loose = true;
		head->time_has_t = used > 0 && rest.ptr[10] == 'T';
		if (used == 0) {
			used = timestamp_bsd(line->time, rest, &head->time);
			head->time_is_loose = used == 0;
		}
		used = used == 0 ? timestamp_epoch(rest, &head->time) : used;
	} else {
		used = timestamp_bsd(line->time, rest, &head->time);
		if (used == 0) {
			used = timestamp_any(line->time, rest, &head->time); /* with the day of the week */
			head->time_is_loose = true;
		}
	}
	if (used < rest.len && used > 0 && rest.ptr[used] != ' ' && rest.ptr[used] != ':') {
		return 0;
	}
	head->has_time = used > 0;
	return used;
}

/* Behind a time: a colon, also with a blank before it. */
static bool has_colon(struct str text, size_t at) {
	return starts(text, at, STR(":")) || starts(text, at, STR(" : "));
}

/* What devices write before the time: "000123: ", "*" or "." of Cisco, and, where a priority says
 * that it is syslog, ": ", the device's name, or that of the card, and the version of RFC 5424. A
 * device that names itself there writes a colon behind the time: else the word is a program, and
 * the time begins its message. */
static size_t read_time_and_prefix(struct line *line, size_t *at, struct head_3164 *head) {
	struct str text = line->text;
	bool sure = head->priority >= 0;
	struct timestamp epoch;
	if (sure && starts(text, *at, STR("1 ")) &&
	    timestamp_epoch(rest_of(text, *at + 2), &epoch) > 0) {
		*at += 2; /* else it is RFC 5424 */
	} else if (sure && *at < text.len && text.ptr[*at] == ':') {
		*at = skip_blanks(text, *at + 1);
	}
	bool named = false;
	for (size_t words = 0; words < 4; words++) {
		size_t time_at = *at;
		time_at += time_at < text.len && (text.ptr[time_at] == '*' || text.ptr[time_at] == '.');
		size_t used = read_time_3164(line, time_at, head);
		if (used > 0) {
			bool fits = !named || (!head->time_is_loose && has_colon(text, time_at + used));
			*at = fits ? time_at : *at;
			return fits ? used : 0;
		}
		size_t colon = str_find_char(text, ':', *at);
		struct str word = str_slice(text, *at, colon);
		bool number = all_digits(word) && word.len <= 10;
		if (colon >= text.len ||
		    (!number && (!sure || head->host.len > 0 || !syslog_is_host(word)))) {
			return 0;
		}
		named = named || !number;
		if (!number && str_find_char(word, '/', 0) == word.len) {
			head->host = word; /* "RP/0/RSP0/CPU0" is a card */
		}
		*at = skip_blanks(text, colon + 1);
	}
	return 0;
}

/* What relays send without a tag: JSON, CEF, values between commas, topics ("firewall,info"); and
 * what syslogd says itself. */
static bool is_payload(struct str message) {
	size_t blank = str_find_char(message, ' ', 0);
	size_t comma = str_find_char(message, ',', 0);
	return message.ptr[0] == '{' || (comma > 0 && comma + 1 < blank) || is_repeat(message, 0) ||
	       str_starts(message, STR("CEF:")) || str_starts(message, STR("LEEF:")) ||
	       str_starts(message, STR("-- MARK --"));
}

/* A line with such a time and no priority: whether the words behind it are those of syslog. */
static bool is_syslog_origin(const struct head_3164 *head) {
	struct str message = head->message;
	if (head->origin_is_sure || head->level.len > 0) {
		return head->has_tag && (head->tag_has_pid || head->level.len == 0);
	}
	if (head->host.len == 0) {
		return false;
	}
	if (!head->has_tag && head->time_has_t && message.len > 0) {
		return is_payload(message);
	}
	return head->has_tag && (head->time_has_t || head->tag_has_pid);
}

/* "%ASA-6-302013:" and "CEF:" are no programs: they begin the message. */
static void give_back_tag(struct str text, struct head_3164 *head) {
	if (head->has_tag && !head->tag_has_pid &&
	    (head->tag.ptr[0] == '%' || str_eq(head->tag, STR("CEF")))) {
		head->has_tag = false;
		head->message = rest_of(text, (size_t)(head->tag.ptr - text.ptr));
	}
}

static bool read_3164(struct line *line, struct head_3164 *head) {
	struct str text = line->text;
	size_t begin = skip_frame(text);
	head->priority = -1;
	begin += read_priority(text, begin, &head->priority);
	bool has_priority = head->priority >= 0;
	size_t at = skip_blanks(text, begin);
	size_t used = read_time_and_prefix(line, &at, head);
	if (used == 0) {
		if (!has_priority) {
			return line_refuse(line, at, "begins with neither a priority nor a syslog time");
		}
		struct head_5424 newer = {0};
		if (read_5424(line, &newer)) {
			return line_refuse(line, begin, "has the version and the parts of RFC 5424");
		}
		head->host = STR("");
		head->has_time = false;
		head->message = rest_of(text, begin);
		(void)read_tag(text, begin, head); /* RFC 3164 section 4.3.3: all is message */
		give_back_tag(text, head);
		return true;
	}
	at += used;
	if (has_colon(text, at)) {
		at = skip_blanks(text, str_find_char(text, ':', at) + 1);
		head->message = rest_of(text, at);
		struct head_3164 tag = {0};
		if (read_tag(text, at, &tag) && tag.tag_has_pid) {
			(void)read_tag(text, at, head); /* it was there just now */
		}
	} else {
		read_origin(text, skip_blanks(text, at), head);
	}
	if (head->time_is_loose && !has_priority && !is_syslog_origin(head)) {
		return line_refuse(line, at, "such a time, but no host and program behind it");
	}
	give_back_tag(text, head);
	return true;
}

/* "login(pam_unix)", "imap(bob)<42><x>": the program is what stands before the bracket. */
static void put_tag(struct line *line, struct str tag) {
	size_t bracket = str_find_char(tag, '(', 0);
	char last = tag.ptr[tag.len - 1];
	if (bracket > 0 && bracket < tag.len && (last == ')' || last == '>')) {
		line_put(line, FIELD_LOG_SYSLOG_APPNAME, tag);
		tag.len = bracket;
	}
	line_put(line, FIELD_PROCESS_NAME, tag);
}

/* What lines that are cut alike must show again. */
static void note_3164(struct line *line, const struct head_3164 *head) {
	bool plain = head->has_time && !head->time_is_loose && !head->origin_is_sure &&
	             head->level.len == 0 && head->has_tag;
	if (line->pieces != NULL && plain) {
		syslog_note_plain(line, &(struct syslog_plain){.priority = head->priority,
		                                               .host = head->host,
		                                               .tag = head->tag,
		                                               .pid = head->pid,
		                                               .has_pid = head->tag_has_pid,
		                                               .message = head->message});
	}
}

bool syslog_take_3164(const struct line_format *format, struct line *line) {
	struct head_3164 head = {0};
	(void)format;
	if (!read_3164(line, &head)) {
		return false;
	}
	if (head.has_time) {
		line_time(line, head.time);
	}
	if (head.priority >= 0) {
		put_priority(line, head.priority);
	}
	if (head.host.len > 0) {
		line_put_host(line, head.host);
	}
	if (head.level.len > 0) {
		line_put(line, FIELD_LOG_LEVEL, head.level);
	}
	if (head.has_tag) {
		put_tag(line, head.tag);
	}
	if (head.tag_has_pid && !line_put_digits(line, FIELD_PROCESS_PID, head.pid)) {
		line_put(line, FIELD_LOG_SYSLOG_PROCID, head.pid);
	}
	line_put(line, FIELD_MESSAGE, head.message);
	note_3164(line, &head);
	return true;
}
