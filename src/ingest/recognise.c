/* See recognise.h.
 */
#include "ingest/recognise.h"

#include "codec/charset.h"
#include "ingest/columns_csv.h"
#include "ingest/event_xml.h"
#include "ingest/evtx.h"
#include "ingest/journal.h"
#include "ingest/json_scan.h"
#include "ingest/utmp.h"

struct str carrier_name(enum carrier carrier) {
	static const struct str names[] = {
	    [CARRIER_LINES] = STR_INIT("text"),
	    [CARRIER_COMPRESSED] = STR_INIT("compressed file"),
	    [CARRIER_TAR] = STR_INIT("tar archive"),
	    [CARRIER_ZIP] = STR_INIT("zip archive"),
	    [CARRIER_EVTX] = STR_INIT("Windows event log"),
	    [CARRIER_JSON_ARRAY] = STR_INIT("JSON array"),
	    [CARRIER_UTF16] = STR_INIT("UTF-16 text"),
	    [CARRIER_JOURNAL] = STR_INIT("journal file"),
	    [CARRIER_UTMP] = STR_INIT("login records (utmp)"),
	    [CARRIER_CSV] = STR_INIT("CSV"),
	    [CARRIER_EVENT_XML] = STR_INIT("document of Windows events"),
	    [CARRIER_LASTLOG] = STR_INIT("last logins (lastlog)"),
	};
	return names[carrier];
}

/* A field of octal digits, ended by NUL or blank (POSIX pax, ustar header). */
static bool read_octal(struct str field, uint32_t *out_value) {
	size_t at = 0;
	uint32_t value = 0;
	while (at < field.len && field.ptr[at] == ' ') {
		at++;
	}
	size_t first = at;
	for (; at < field.len && field.ptr[at] >= '0' && field.ptr[at] <= '7'; at++) {
		value = value * 8 + (uint32_t)(field.ptr[at] - '0');
	}
	*out_value = value;
	return at > first;
}

bool tar_recognise(struct str head) {
	enum { BLOCK = 512, SUM_AT = 148, SUM_LEN = 8, MAGIC_AT = 257 };
	uint32_t expected;
	uint32_t sum = 0;
	if (head.len < BLOCK || memcmp(head.ptr + MAGIC_AT, "ustar", 5) != 0 ||
	    !read_octal(str_slice(head, SUM_AT, SUM_AT + SUM_LEN), &expected)) {
		return false;
	}
	for (size_t i = 0; i < BLOCK; i++) {
		bool in_sum = i >= SUM_AT && i < SUM_AT + SUM_LEN;
		sum += in_sum ? ' ' : (uint8_t)head.ptr[i];
	}
	return sum == expected;
}

static bool zip_recognise(struct str head) {
	return str_starts(head, STR("PK\x03\x04")) || str_starts(head, STR("PK\x05\x06")) ||
	       str_starts(head, STR("PK\x07\x08"
	                            "PK\x03\x04"));
}

/* Objects in an array ("[{" also begins lines of text, so that a name or the end must follow), or
 * one after the other: the first must be whole, as far as can be seen. */
static bool json_holder_recognise(struct str head) {
	size_t at;
	enum json_holder holder = json_holder_begin(head, &at);
	if (holder == JSON_HOLDS_NONE) {
		return false;
	}
	struct json_scan scan = {.text = head, .at = at};
	struct str object;
	if (holder == JSON_HOLDS_OBJECTS) {
		return json_skip_value(&scan, 0, &object) ||
		       (scan.at == head.len && head.len >= RECOGNISE_SIZE);
	}
	return json_take(&scan, '{') && (json_peek(&scan) == JSON_STRING || json_take(&scan, '}'));
}

static enum charset_id charset_of(const struct ingest_options *options, struct str head) {
	enum charset_id charset;
	return options->charset.len > 0 && charset_by_name(options->charset, &charset)
	           ? charset
	           : charset_detect(head);
}

/* CSV, by its looks or because it is said so, that cannot be cut at its line feeds. */
static bool csv_recognise_multiline(const struct ingest_options *options, struct str head) {
	struct csv_look look;
	bool told = str_eq(options->format, STR("csv"));
	if (options->format.len > 0 && !told) {
		return false;
	}
	bool csv = csv_look_at(head, &look) || told;
	return csv && look.multiline;
}

/* A text of two bytes a character, or none. */
static bool utf16_recognise(const struct ingest_options *options, struct str head,
                            enum carrier *out_carrier) {
	enum charset_id charset = charset_of(options, head);
	struct buf text = {0};
	if (charset != CHARSET_ID_UTF16LE && charset != CHARSET_ID_UTF16BE) {
		return false;
	}
	(void)charset_decode(charset, head, &text); /* what is bad does not count */
	*out_carrier = event_xml_recognise(buf_str(&text))                ? CARRIER_EVENT_XML
	               : csv_recognise_multiline(options, buf_str(&text)) ? CARRIER_CSV
	                                                                  : CARRIER_UTF16;
	buf_deinit(&text);
	return true;
}

enum carrier carrier_recognise(const struct ingest_options *options, struct str head) {
	if (compression_detect(head) != COMPRESSION_NONE) {
		return CARRIER_COMPRESSED;
	}
	if (tar_recognise(head)) {
		return CARRIER_TAR;
	}
	if (zip_recognise(head)) {
		return CARRIER_ZIP;
	}
	char machine[JOURNAL_MACHINE];
	if (journal_recognise(head, machine)) {
		return CARRIER_JOURNAL;
	}
	if (evtx_recognise(head)) {
		return CARRIER_EVTX;
	}
	if (utmp_recognise(head)) {
		return CARRIER_UTMP;
	}
	if (lastlog_recognise(head)) {
		return CARRIER_LASTLOG;
	}
	enum carrier utf16;
	if (utf16_recognise(options, head, &utf16)) {
		return utf16;
	}
	if (event_xml_recognise(head)) {
		return CARRIER_EVENT_XML;
	}
	if (csv_recognise_multiline(options, head)) {
		return CARRIER_CSV;
	}
	bool json = options->format.len == 0 || str_eq(options->format, STR("json"));
	return json && json_holder_recognise(head) ? CARRIER_JSON_ARRAY : CARRIER_LINES;
}

void recognise_lines(const struct ingest_options *options, struct str sample,
                     struct reading_file *file) {
	enum charset_id charset = CHARSET_ID_UTF8;
	if (options->charset.len == 0 || !charset_by_name(options->charset, &charset)) {
		charset = charset_detect(sample);
	}
	file->charset = (enum charset)charset;
	if (str_eq(file->format, STR("csv"))) { /* a stream's beginning has said so */
		return;
	}
	file->format = options->format;
	if (file->format.len == 0 && options->formats != NULL) {
		struct buf text = {0};
		(void)charset_decode(charset, sample, &text); /* what is bad does not count */
		file->format = formats_recognise(options->formats, buf_str(&text));
		buf_deinit(&text);
	}
}

/* A byte that tells something about the character set; ESC begins the sequences of ISO-2022. */
static bool telling(char c) {
	return (c & 0x80) != 0 || c == 0x1b || c == 0;
}

/* The first telling byte, or the length. Stretches without one are passed over as a whole, in a
 * form that compilers make vectors of. */
static size_t find_telling(struct str bytes) {
	enum { STRETCH = 64 };
	size_t at = 0;
	for (; at + STRETCH <= bytes.len; at += STRETCH) {
		unsigned char any = 0;
		for (size_t i = 0; i < STRETCH; i++) {
			any |= (unsigned char)telling(bytes.ptr[at + i]);
		}
		if (any != 0) {
			break;
		}
	}
	while (at < bytes.len && !telling(bytes.ptr[at])) {
		at++;
	}
	return at;
}

void sampler_push(struct sampler *sampler, struct str bytes) {
	if (sampler->sample.len == 0 || sampler->plain) {
		size_t at = find_telling(bytes);
		if (at == bytes.len && sampler->sample.len > 0) {
			return;
		}
		sampler->plain = at == bytes.len;
		if (!sampler->plain && sampler->sample.len > 0) {
			while (at > 0 && bytes.ptr[at - 1] != '\n') {
				at--;
			}
			buf_clear(&sampler->sample);
			bytes = str_slice(bytes, at, bytes.len);
		}
	}
	size_t room = RECOGNISE_SIZE - MIN_OF(RECOGNISE_SIZE, sampler->sample.len);
	buf_append_str(&sampler->sample, str_slice(bytes, 0, room));
}

bool sampler_full(const struct sampler *sampler) {
	return sampler->sample.len >= RECOGNISE_SIZE && !sampler->plain;
}

void sampler_deinit(struct sampler *sampler) {
	buf_deinit(&sampler->sample);
	sampler->plain = false;
}
