/* See utmp.h. Layouts after utmp(5) and lastlog(8): integers of this machine's size, little-endian;
 * texts end at their first NUL, or fill their place.
 */
#include "ingest/utmp.h"

#include <arpa/inet.h>

#include "base/endian.h"
#include "base/utf8.h"
#include "ingest/columns_split.h"

enum utmp_type {
	UTMP_EMPTY,
	UTMP_RUN_LEVEL,
	UTMP_BOOT,
	UTMP_NEW_TIME,
	UTMP_OLD_TIME,
	UTMP_INIT,
	UTMP_LOGIN,
	UTMP_USER,
	UTMP_DEAD,
	UTMP_ACCOUNTING,
	UTMP_TYPES
};

struct entry {
	uint16_t type;
	uint32_t pid;
	struct str line, id, user, host;
	uint16_t termination, exit;
	uint32_t session;
	int64_t time_ns;           /* 0: none */
	char ip[INET6_ADDRSTRLEN]; /* or empty */
};

static struct str text_at(struct str body, size_t at, size_t size) {
	struct str text = str_slice(body, at, at + size);
	return str_slice(text, 0, str_find_char(text, '\0', 0));
}

static bool all_zero(struct str bytes) {
	return bytes.len == 0 ||
	       (bytes.ptr[0] == 0 && memcmp(bytes.ptr, bytes.ptr + 1, bytes.len - 1) == 0);
}

/* No control characters. */
static bool is_printable(struct str text) {
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = (uint8_t)text.ptr[i];
		if (c < 0x20 || c == 0x7f) {
			return false;
		}
	}
	return true;
}

static void read_address(struct str body, char ip[INET6_ADDRSTRLEN]) {
	enum { ADDRESS = 348 };
	struct str address = str_slice(body, ADDRESS, ADDRESS + 16);
	bool v4 = all_zero(str_slice(address, 4, 16));
	ip[0] = '\0';
	if (!all_zero(address)) {
		(void)inet_ntop(v4 ? AF_INET : AF_INET6, address.ptr, ip, INET6_ADDRSTRLEN); /* fits */
	}
}

static void read_entry(struct str body, struct entry *entry) {
	uint32_t microseconds = le32_load(body.ptr + 344);
	*entry = (struct entry){
	    .type = le16_load(body.ptr),
	    .pid = le32_load(body.ptr + 4),
	    .line = text_at(body, 8, 32),
	    .id = text_at(body, 40, 4),
	    .user = text_at(body, 44, 32),
	    .host = text_at(body, 76, 256),
	    .termination = le16_load(body.ptr + 332),
	    .exit = le16_load(body.ptr + 334),
	    .session = le32_load(body.ptr + 336),
	    .time_ns = (int64_t)le32_load(body.ptr + 340) * INSTANT_SECOND +
	               (microseconds < 1000000 ? (int64_t)microseconds * 1000 : 0),
	};
	read_address(body, entry->ip);
}

/* ---- recognising ---- */

/* 1980, when there was no Linux yet. */
enum { TIME_MIN = 315532800 };

/* The user of a failed logon may be anything that somebody typed. */
static bool is_sound(struct str body) {
	struct entry entry;
	read_entry(body, &entry);
	return entry.type < UTMP_TYPES && le16_load(body.ptr + 2) == 0 &&
	       le32_load(body.ptr + 344) < 1000000 && all_zero(str_slice(body, 364, UTMP_SIZE)) &&
	       is_printable(entry.line) && is_printable(entry.id) && is_printable(entry.host) &&
	       entry.pid <= INT32_MAX;
}

bool utmp_recognise(struct str head) {
	bool any = false;
	for (size_t at = 0; at + UTMP_SIZE <= head.len; at += UTMP_SIZE) {
		struct str body = str_slice(head, at, at + UTMP_SIZE);
		if (!is_sound(body)) {
			return false;
		}
		uint32_t seconds = le32_load(body.ptr + 340);
		any = any || (le16_load(body.ptr) != UTMP_EMPTY && seconds >= TIME_MIN &&
		              (body.ptr[8] != '\0' || body.ptr[44] != '\0'));
	}
	return any;
}

/* A text and nothing but NUL behind it; one at least, or long lines of text would be entries. */
static bool is_padded(struct str place) {
	size_t end = str_find_char(place, '\0', 0);
	return end < place.len && is_printable(str_slice(place, 0, end)) &&
	       all_zero(str_slice(place, end, place.len));
}

static bool is_lastlog_entry(struct str entry) {
	return entry.len == LASTLOG_SIZE && le32_load(entry.ptr) >= TIME_MIN &&
	       is_padded(str_slice(entry, 4, 36)) && is_padded(str_slice(entry, 36, LASTLOG_SIZE)) &&
	       (entry.ptr[4] != '\0' || entry.ptr[36] != '\0');
}

bool lastlog_recognise(struct str head) {
	bool any = false;
	for (size_t at = 0; at + LASTLOG_SIZE <= head.len; at += LASTLOG_SIZE) {
		struct str entry = str_slice(head, at, at + LASTLOG_SIZE);
		if (!all_zero(entry) && !is_lastlog_entry(entry)) {
			return false;
		}
		any = any || !all_zero(entry);
	}
	return any;
}

bool lastlog_recognise_end(struct str head, struct str last, uint64_t size) {
	return size > 0 && size % LASTLOG_SIZE == 0 && all_zero(head) && is_lastlog_entry(last);
}

/* ---- rows ---- */

/* What entries of a type tell. An empty action: nothing. */
static const struct kind {
	struct str name, category, type, action;
} kinds[UTMP_TYPES] = {
    [UTMP_EMPTY] = {STR_INIT("EMPTY"), STR_INIT(""), STR_INIT(""), STR_INIT("")},
    [UTMP_RUN_LEVEL] = {STR_INIT("RUN_LVL"), STR_INIT("host"), STR_INIT("change"),
                        STR_INIT("run level")},
    [UTMP_BOOT] = {STR_INIT("BOOT_TIME"), STR_INIT("host"), STR_INIT("start"), STR_INIT("boot")},
    [UTMP_NEW_TIME] = {STR_INIT("NEW_TIME"), STR_INIT("host"), STR_INIT("change"),
                       STR_INIT("new time")},
    [UTMP_OLD_TIME] = {STR_INIT("OLD_TIME"), STR_INIT("host"), STR_INIT("change"),
                       STR_INIT("old time")},
    [UTMP_INIT] = {STR_INIT("INIT_PROCESS"), STR_INIT("process"), STR_INIT("start"),
                   STR_INIT("init process")},
    [UTMP_LOGIN] = {STR_INIT("LOGIN_PROCESS"), STR_INIT("process"), STR_INIT("start"),
                    STR_INIT("login prompt")},
    [UTMP_USER] = {STR_INIT("USER_PROCESS"), STR_INIT("authentication"), STR_INIT("start"),
                   STR_INIT("login")},
    [UTMP_DEAD] = {STR_INIT("DEAD_PROCESS"), STR_INIT("session"), STR_INIT("end"),
                   STR_INIT("logout")},
    [UTMP_ACCOUNTING] = {STR_INIT("ACCOUNTING"), STR_INIT("process"), STR_INIT("info"),
                         STR_INIT("accounting")},
};
static const struct kind shutdown_kind = {STR_INIT("RUN_LVL"), STR_INIT("host"), STR_INIT("end"),
                                          STR_INIT("shutdown")};

static uint32_t current_row(const struct line *line) {
	return line->batch->fields.rows_done - 1;
}

static struct str source_path(const struct line *line) {
	const struct batch *batch = line->batch;
	struct str path = batch->sources[batch->records[current_row(line)].source].path;
	size_t at = path.len;
	while (at > 0 && path.ptr[at - 1] != '/' && path.ptr[at - 1] != '!') {
		at--;
	}
	return str_slice(path, at, path.len);
}

/* getty waits as LOGIN; what else is LOGIN_PROCESS with a user is in btmp, where logons are that
 * failed. */
static bool has_failed(const struct line *line, const struct entry *entry) {
	bool btmp = str_starts(source_path(line), STR("btmp"));
	return (entry->type == UTMP_LOGIN && entry->user.len > 0 &&
	        !str_eq(entry->user, STR("LOGIN"))) ||
	       (entry->type == UTMP_USER && btmp);
}

static void put_str(struct line *line, const char *name, struct str text) {
	if (text.len > 0) {
		buf_clear(line->scratch);
		utf8_append_mended(line->scratch, text);
		fields_put_str(line->batch, fields_name(line->batch, str_from(name)),
		               buf_str(line->scratch));
	}
}

static void put_number(struct line *line, const char *name, uint64_t number) {
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
	if (number > 0) {
		fields_put(line->batch, fields_name(line->batch, str_from(name)),
		           (struct value){VALUE_NUMBER, str_make(digits, (size_t)len)});
	}
}

static void put_word_list(struct line *line, uint32_t field, struct str a, struct str b) {
	struct buf list = {0};
	value_list_append(&list, value_string(a));
	if (b.len > 0) {
		value_list_append(&list, value_string(b));
	}
	fields_put(line->batch, field, (struct value){VALUE_LIST, buf_str(&list)});
	buf_deinit(&list);
}

static void put_kind(struct line *line, const struct kind *kind, bool failed) {
	bool logon = str_eq(kind->category, STR("authentication"));
	if (kind->action.len == 0) {
		return;
	}
	fields_put_str(line->batch, FIELD_EVENT_KIND, STR("event"));
	put_word_list(line, FIELD_EVENT_CATEGORY, kind->category,
	              logon && !failed ? STR("session") : STR(""));
	put_word_list(line, FIELD_EVENT_TYPE, kind->type, STR(""));
	fields_put_str(line->batch, FIELD_EVENT_ACTION, kind->action);
	if (logon) {
		fields_put_str(line->batch, FIELD_EVENT_OUTCOME, failed ? STR("failure") : STR("success"));
	}
}

/* Not ":0", "tmux(17).%0" and the like. */
static bool is_host(struct str text) {
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (!char_is_alpha(c) && !char_is_digit(c) && strchr("-._:%", c) == NULL) {
			return false;
		}
	}
	return text.len > 0 && text.ptr[0] != ':';
}

/* Where somebody came from; of what the kernel writes, its version. */
static void put_host(struct line *line, uint16_t type, struct str host, struct str ip) {
	put_str(line, "utmp.host", host);
	if (type == UTMP_BOOT || type == UTMP_RUN_LEVEL) {
		put_str(line, "host.os.kernel", host);
		return;
	}
	if (ip.len == 0 && split_is_ip(host)) {
		ip = host;
	}
	put_str(line, "source.ip", ip);
	if (is_host(host)) {
		put_str(line, "source.address", host);
		put_str(line, "source.domain", split_is_ip(host) ? STR("") : host);
	} else {
		put_str(line, "source.address", ip);
	}
}

/* As last(1) has it: user, terminal, host, time; and what it was. */
static void render(struct buf *out, struct str user, struct str terminal, struct str host,
                   int64_t time_ns) {
	size_t first = out->len;
	struct str columns[] = {user, terminal, host};
	static const size_t widths[] = {8, 12, 16};
	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		size_t from = out->len;
		utf8_append_mended(out, columns[i]);
		while (out->len - from < widths[i]) {
			buf_append_char(out, ' ');
		}
		buf_append_char(out, ' ');
	}
	for (size_t i = first; i < out->len; i++) {
		out->ptr[i] = (uint8_t)out->ptr[i] < 0x20 || out->ptr[i] == 0x7f ? ' ' : out->ptr[i];
	}
	if (time_ns > 0) {
		instant_format(out, time_ns, 0);
	}
}

/* A body of a container in this format, or empty. */
static struct str body_of(const struct line *line, struct str format, size_t size) {
	if (line->batch == NULL) {
		return STR("");
	}
	const struct batch *batch = line->batch;
	uint32_t row = current_row(line);
	struct str body = batch_body(batch, row);
	bool is = str_eq(batch->sources[batch->records[row].source].format, format);
	return is && body.len == size ? body : STR("");
}

bool utmp_take(const struct line_format *format, struct line *line) {
	struct str body = body_of(line, format->name, UTMP_SIZE);
	struct entry entry;
	if (body.len == 0) {
		return line_refuse(line, 0, "is no entry of a utmp file");
	}
	read_entry(body, &entry);
	if (entry.type >= UTMP_TYPES) {
		return line_refuse(line, 0, "is an entry of a type that utmp has not");
	}
	bool failed = has_failed(line, &entry);
	const struct kind *kind = &kinds[failed ? UTMP_USER : entry.type];
	if (entry.type == UTMP_RUN_LEVEL && str_eq(entry.user, STR("shutdown"))) {
		kind = &shutdown_kind;
	}
	buf_clear(line->scratch);
	render(line->scratch, entry.user, entry.type == UTMP_BOOT ? STR("system boot") : entry.line,
	       entry.host, entry.time_ns);
	buf_printf(line->scratch, "  %s%.*s", failed ? "failed " : "", STR_ARG(kind->action));
	fields_set_text(line->batch, buf_str(line->scratch));
	if (entry.time_ns > 0) {
		fields_set_time(line->batch, entry.time_ns, 0);
	}
	put_str(line, "utmp.type", kinds[entry.type].name);
	put_kind(line, kind, failed);
	bool prompt = entry.type == UTMP_LOGIN && !failed;
	put_str(line, "user.name", entry.type < UTMP_INIT || prompt ? STR("") : entry.user);
	put_number(line, "process.pid", entry.type == UTMP_RUN_LEVEL ? 0 : entry.pid);
	put_host(line, entry.type, entry.host, str_from(entry.ip));
	put_str(line, "utmp.line", entry.line);
	put_str(line, "utmp.id", entry.id);
	put_number(line, "utmp.session", entry.session);
	put_number(line, "utmp.termination", entry.termination);
	put_number(line, "process.exit_code", entry.exit);
	return true;
}

bool lastlog_take(const struct line_format *format, struct line *line) {
	struct str body = body_of(line, format->name, LASTLOG_SIZE);
	if (body.len == 0) {
		return line_refuse(line, 0, "is no entry of a lastlog");
	}
	int64_t time_ns = (int64_t)le32_load(body.ptr) * INSTANT_SECOND;
	struct str terminal = text_at(body, 4, 32);
	struct str host = text_at(body, 36, 256);
	char id[24];
	int len = snprintf(
	    id, sizeof(id), "%llu",
	    (unsigned long long)(line->batch->records[current_row(line)].log_offset / LASTLOG_SIZE));
	buf_clear(line->scratch);
	render(line->scratch, str_make(id, (size_t)len), terminal, host, time_ns);
	buf_append_str(line->scratch, STR("  last login"));
	fields_set_text(line->batch, buf_str(line->scratch));
	fields_set_time(line->batch, time_ns, 0);
	fields_put_str(line->batch, FIELD_EVENT_KIND, STR("event"));
	put_word_list(line, FIELD_EVENT_CATEGORY, STR("authentication"), STR(""));
	put_word_list(line, FIELD_EVENT_TYPE, STR("start"), STR(""));
	fields_put_str(line->batch, FIELD_EVENT_ACTION, STR("last login"));
	fields_put_str(line->batch, FIELD_EVENT_OUTCOME, STR("success"));
	put_str(line, "user.id", str_make(id, (size_t)len));
	put_host(line, UTMP_USER, host, STR(""));
	put_str(line, "utmp.line", terminal);
	return true;
}
