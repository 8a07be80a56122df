/* Findings as JSON lines, and as lines of a timeline with the columns of Hayabusa's standard
 * profile: Timestamp, RuleTitle, Level, Computer, Channel, EventID, RecordID, Details,
 * ExtraFieldInfo, RuleID. As there, levels and channels are cut short, fields stand as "name:
 * value" with " ¦ " between, and what is not there is "-".
 */
#include "base/endian.h"
#include "base/instant.h"
#include "cmd/scan.h"

static struct str title_of(const struct sigma_meta *meta) {
	return meta->title.len > 0 ? meta->title : meta->name;
}

/* ---- JSON ---- */

/* Marks bytes of the eight that do not stand in JSON as they are: the high bit of each. */
static inline uint64_t marks_of(uint64_t eight) {
	const uint64_t ones = 0x0101010101010101;
	const uint64_t highs = ones * 0x80;
	uint64_t low = eight & ~highs;
	uint64_t marks = eight | ~((low | highs) - ones * 32); /* from 128 on, or below 32 */
	marks |= ~(((low ^ ones * '"') | highs) - ones);
	marks |= ~(((low ^ ones * '\\') | highs) - ones);
	marks |= ~(((low ^ ones * 0x7f) | highs) - ones);
	return marks & highs;
}

/* What buf_append_json appends: most of what is told are paths and command lines, of which eight
 * bytes are looked at together. */
static void append_json(struct buf *out, struct str text) {
	size_t before = out->len;
	char *start = buf_reserve(out, 2 * text.len + 2 + 8);
	char *to = start;
	*to++ = '"';
	for (size_t i = 0; i < text.len;) {
		char eight[8] = {0};
		size_t there = MIN_OF(text.len - i, sizeof(eight));
		memcpy(eight, text.ptr + i, there);
		memcpy(to, eight, sizeof(eight));
		uint64_t marks = marks_of(le64_load(eight));
		size_t plain = marks == 0 ? sizeof(eight) : (size_t)__builtin_ctzll(marks) / 8;
		plain = MIN_OF(plain, there); /* zeros behind the end are marked */
		to += plain;
		i += plain;
		if (plain == there) {
			continue;
		}
		if (text.ptr[i] != '"' && text.ptr[i] != '\\') {
			out->len = before;
			buf_append_json(out, text);
			return;
		}
		*to++ = '\\';
		*to++ = text.ptr[i++];
	}
	*to++ = '"';
	out->len += (size_t)(to - start);
}

static void append_key(struct buf *out, const char *name) {
	buf_append_str(out, STR(",\""));
	buf_append_str(out, str_from(name));
	buf_append_str(out, STR("\":"));
}

static void append_text(struct buf *out, const char *name, struct str text) {
	append_key(out, name);
	append_json(out, text);
}

void scan_append_record(struct buf *out, const struct row *row) {
	if (row->stored) {
		append_text(out, "akashi.tree", row->tree);
		append_key(out, "akashi.index");
		buf_append_u64(out, row->index);
	}
	for (size_t i = 0; i < row->fields_count; i++) {
		if (str_starts(row->fields[i].name, STR("winlog."))) {
			buf_append_char(out, ',');
			append_json(out, row->fields[i].name);
			buf_append_char(out, ':');
			if (row->fields[i].value.kind == VALUE_STRING) {
				append_json(out, row->fields[i].value.text);
			} else {
				value_append_json(out, row->fields[i].value);
			}
		}
	}
}

/* Values of one name become a list. */
static void append_fields(struct buf *out, const struct finding *finding) {
	bool first = true;
	for (uint32_t i = 0; i < finding->fields_count; i++) {
		const struct matched_field *field = &finding->fields[i];
		bool known = false;
		uint32_t values = 0;
		for (uint32_t k = 0; k < finding->fields_count; k++) {
			bool same = str_eq(finding->fields[k].name, field->name);
			known = known || (same && k < i);
			values += same;
		}
		if (known) {
			continue;
		}
		buf_append_str(out, first ? STR("") : STR(","));
		first = false;
		append_json(out, field->name);
		buf_append_str(out, values > 1 ? STR(":[") : STR(":"));
		for (uint32_t k = i; k < finding->fields_count; k++) {
			if (str_eq(finding->fields[k].name, field->name)) {
				buf_append_str(out, k > i ? STR(",") : STR(""));
				append_json(out, finding->fields[k].text);
			}
		}
		buf_append_str(out, values > 1 ? STR("]") : STR(""));
	}
}

void scan_append_json(struct buf *out, const struct findings *findings,
                      const struct finding *finding, const struct str *record) {
	const struct sigma_meta *meta = findings_meta(findings, finding->subject);
	buf_append_str(out, STR("{\"@timestamp\":\""));
	instant_format(out, finding->time_ns, 0);
	buf_append_char(out, '"');
	append_text(out, "rule.id", meta->id);
	append_text(out, "rule.name", title_of(meta));
	append_text(out, "rule.level", str_from(sigma_level_name(meta->level)));
	append_key(out, "rule.tags");
	buf_append_char(out, '[');
	for (uint32_t i = 0; i < meta->tags.count; i++) {
		buf_append_str(out, i > 0 ? STR(",") : STR(""));
		append_json(out, meta->tags.items[i]);
	}
	buf_append_char(out, ']');
	if (meta->sign != SIGMA_SIGN_NONE) {
		append_text(out, "akashi.kind", str_from(sigma_sign_name(meta->sign)));
	}
	if (finding->seen_ns != 0) {
		append_key(out, "alert.id");
		buf_append_char(out, '"');
		buf_append_hex(out, finding->alert, sizeof(finding->alert));
		buf_append_str(out, STR("\",\"alert.first_seen\":\""));
		instant_format(out, finding->seen_ns, 0);
		buf_append_char(out, '"');
	}
	append_text(out, "file.path", finding->path);
	append_key(out, "akashi.record");
	buf_append_u64(out, finding->record);
	if (record != NULL) {
		buf_append_str(out, *record);
	} else if (finding->tree.len > 0) {
		append_text(out, "akashi.tree", finding->tree);
		append_key(out, "akashi.index");
		buf_append_u64(out, finding->index);
	}
	if (finding->channel.len == 0 && finding->host.len > 0) {
		append_text(out, "host.name", finding->host);
	}
	if (record == NULL) { /* a correlation */
		append_key(out, "correlation.first");
		buf_append_char(out, '"');
		instant_format(out, finding->first_ns, 0);
		buf_append_str(out, STR("\",\"correlation.group\":{"));
	} else {
		buf_append_str(out, STR(",\"fields\":{"));
	}
	append_fields(out, finding);
	buf_append_str(out, STR("}"));
	if (record != NULL) {
		buf_append_str(out, STR("}\n"));
	}
}

/* ---- CSV ---- */

/* Hayabusa's short names of channels (config/channel_abbreviations.txt of its rules). */
static struct str short_channel(struct str channel) {
	static const struct {
		struct str channel, name;
	} names[] = {
	    {STR_INIT("Application"), STR_INIT("App")},
	    {STR_INIT("DNS Server"), STR_INIT("DNS-Svr")},
	    {STR_INIT("Key Management Service"), STR_INIT("KeyMgtSvc")},
	    {STR_INIT("MSExchange Management"), STR_INIT("Exchange")},
	    {STR_INIT("Microsoft-ServiceBus-Client"), STR_INIT("SvcBusCli")},
	    {STR_INIT("Microsoft-Windows-Bits-Client/Operational"), STR_INIT("BitsCli")},
	    {STR_INIT("Microsoft-Windows-CodeIntegrity/Operational"), STR_INIT("CodeInteg")},
	    {STR_INIT("Microsoft-Windows-DHCP-Server/Operational"), STR_INIT("DHCP-Svr")},
	    {STR_INIT("Microsoft-Windows-DriverFrameworks-UserMode/Operational"), STR_INIT("DvrFmwk")},
	    {STR_INIT("Microsoft-Windows-LDAP-Client/Debug"), STR_INIT("LDAP-Cli")},
	    {STR_INIT("Microsoft-Windows-NTLM/Operational"), STR_INIT("NTLM")},
	    {STR_INIT("Microsoft-Windows-PowerShell/Operational"), STR_INIT("PwSh")},
	    {STR_INIT("Microsoft-Windows-PrintService/Admin"), STR_INIT("PrintAdm")},
	    {STR_INIT("Microsoft-Windows-SmbClient/Security"), STR_INIT("SmbCliSec")},
	    {STR_INIT("Microsoft-Windows-Sysmon/Operational"), STR_INIT("Sysmon")},
	    {STR_INIT("Microsoft-Windows-TaskScheduler/Operational"), STR_INIT("TaskSch")},
	    {STR_INIT("Microsoft-Windows-TerminalServices-RDPClient/Operational"),
	     STR_INIT("RDP-Client")},
	    {STR_INIT("Microsoft-Windows-WMI-Activity/Operational"), STR_INIT("WMI")},
	    {STR_INIT("Microsoft-Windows-Windows Defender/Operational"), STR_INIT("Defender")},
	    {STR_INIT("Microsoft-Windows-Windows Firewall With Advanced Security/Firewall"),
	     STR_INIT("Firewall")},
	    {STR_INIT("Microsoft-Windows-WinRM/Operational"), STR_INIT("WinRM")},
	    {STR_INIT("OpenSSH/Operational"), STR_INIT("OpenSSH")},
	    {STR_INIT("Security"), STR_INIT("Sec")},
	    {STR_INIT("System"), STR_INIT("Sys")},
	    {STR_INIT("Windows PowerShell"), STR_INIT("PwShClassic")},
	};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (str_eq_nocase(names[i].channel, channel)) {
			return names[i].name;
		}
	}
	return channel;
}

static struct str short_level(enum sigma_level level) {
	static const struct str names[SIGMA_LEVEL_COUNT] = {
	    [SIGMA_LEVEL_NONE] = STR_INIT("undef"), [SIGMA_INFORMATIONAL] = STR_INIT("info"),
	    [SIGMA_LOW] = STR_INIT("low"),          [SIGMA_MEDIUM] = STR_INIT("med"),
	    [SIGMA_HIGH] = STR_INIT("high"),        [SIGMA_CRITICAL] = STR_INIT("crit"),
	};
	return names[level];
}

void scan_append_time(struct buf *out, const struct scan *scan, int64_t ns) {
	int32_t offset = render_offset(&scan->style, ns);
	int32_t minutes = (offset < 0 ? -offset : offset) / 60;
	struct civil civil;
	instant_to_civil(ns, offset, &civil);
	buf_printf(out, "%04d-%02d-%02d %02d:%02d:%02d.%03d %c%02d:%02d", civil.year, civil.month,
	           civil.day, civil.hour, civil.minute, civil.second, civil.nanosecond / 1000000,
	           offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

static void append_cell(struct buf *out, const struct scan *scan, struct str text) {
	render_csv_field(out, &scan->style, text.len > 0 ? text : STR("-"));
	buf_append_char(out, ',');
}

/* Line breaks and the like become blanks: one finding, one line. */
static void append_details(struct buf *out, const struct scan *scan, const struct finding *finding,
                           bool matched) {
	struct buf text = {0};
	/* A rule that only asks for a kind of events tells nothing of its own. */
	bool any = false;
	for (uint32_t i = 0; i < finding->fields_count; i++) {
		any = any || finding->fields[i].matched;
	}
	for (uint32_t i = 0; i < finding->fields_count; i++) {
		const struct matched_field *field = &finding->fields[i];
		if (any ? field->matched == matched : matched) {
			buf_append_str(&text, text.len > 0 ? STR(" \xc2\xa6 ") : STR(""));
			buf_append_str(&text, field->name);
			buf_append_str(&text, STR(": "));
			buf_append_str(&text, field->text);
		}
	}
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		text.ptr[i] = c < ' ' || c == 0x7f ? ' ' : text.ptr[i];
	}
	append_cell(out, scan, buf_str(&text));
	buf_deinit(&text);
}

void scan_append_csv_header(struct buf *out) {
	buf_append_str(out, STR("Timestamp,RuleTitle,Level,Computer,Channel,EventID,RecordID,Details,"
	                        "ExtraFieldInfo,RuleID\n"));
}

void scan_append_csv(struct buf *out, const struct scan *scan, const struct sigma_meta *meta,
                     const struct finding *finding) {
	bool windows = finding->channel.len > 0;
	struct buf number = {0};
	scan_append_time(out, scan, finding->time_ns);
	buf_append_char(out, ',');
	append_cell(out, scan, title_of(meta));
	append_cell(out, scan, short_level(meta->level));
	append_cell(out, scan, finding->host);
	append_cell(out, scan, windows ? short_channel(finding->channel) : finding->format);
	append_cell(out, scan, finding->event_id);
	buf_append_u64(&number, finding->record);
	append_cell(out, scan, windows ? finding->record_id : buf_str(&number));
	append_details(out, scan, finding, true);
	append_details(out, scan, finding, false);
	render_csv_field(out, &scan->style, meta->id.len > 0 ? meta->id : STR("-"));
	buf_append_char(out, '\n');
	buf_deinit(&number);
}
