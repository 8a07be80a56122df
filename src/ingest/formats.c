/* The table of formats: carriers in C first, then text formats as they were compiled, built in
 * before the user's. The order is the order of trying.
 */
#include "ingest/formats_table.h"

#include "base/buf.h"
#include "ingest/json_line.h"
#include "ingest/syslog.h"
#include "ingest/zones.h"

static const struct line_format carriers[] = {
    {STR_INIT("syslog-rfc5424"), STR_INIT("syslog with version and structured data (RFC 5424)"),
     syslog_take_5424, NULL},
    {STR_INIT("syslog-rfc3164"), STR_INIT("BSD syslog, with or without priority, host, year"),
     syslog_take_3164, NULL},
    {STR_INIT("json"), STR_INIT("one JSON object a line"), json_take_line, NULL},
};

/* Formats that --format may name and that are not made of lines; inputs read them. */
static const struct str others[] = {STR_INIT("text"), STR_INIT("evtx"), STR_INIT("json-array"),
                                    STR_INIT("journal")};

/* Lines of a sample that are looked at. */
enum { SAMPLE_LINES = 200 };

static void join_names(struct formats *formats) {
	struct buf names = {0};
	for (uint32_t i = 0; i < formats->count + ARRAY_LEN(others); i++) {
		struct str name = i < formats->count ? formats->list[i].name : others[i - formats->count];
		buf_append_str(&names, i > 0 ? STR(", ") : STR(""));
		buf_append_str(&names, name);
	}
	formats->names = arena_str(formats->arena, buf_str(&names));
	buf_deinit(&names);
}

enum err formats_new(const struct os *os, const char *user_folder, struct formats **out_formats,
                     struct diag *diag) {
	struct arena *arena = arena_new(SIZE_MAX);
	struct formats *formats = ARENA_NEW(arena, struct formats);
	(void)os;
	(void)user_folder;
	(void)diag;
	formats->arena = arena;
	formats->slots = SYSLOG_SLOTS;
	for (size_t i = 0; i < ARRAY_LEN(carriers); i++) {
		formats->list[formats->count++] = carriers[i];
	}
	join_names(formats);
	*out_formats = formats;
	return ERR_OK;
}

void formats_free(struct formats *formats) {
	if (formats != NULL) {
		arena_free(formats->arena);
	}
}

bool formats_name_fits(struct str name, struct str format) {
	return str_eq(name, format) || (name.len > 0 && name.len < format.len &&
	                                format.ptr[name.len] == '-' && str_starts(format, name));
}

bool formats_has(const struct formats *formats, struct str name) {
	for (uint32_t i = 0; i < formats->count; i++) {
		if (formats_name_fits(name, formats->list[i].name)) {
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		if (str_eq(name, others[i])) {
			return true;
		}
	}
	return false;
}

struct str formats_names(const struct formats *formats) {
	return formats->names;
}

/* The number of the format that takes a line, or count. */
static uint32_t format_of(const struct formats *formats, struct line *line) {
	uint32_t i = 0;
	while (i < formats->count && !formats->list[i].take(&formats->list[i], line)) {
		i++;
	}
	return i;
}

struct str formats_recognise(const struct formats *formats, struct str sample) {
	uint32_t votes[FORMATS_MAX + 1] = {0};
	uint32_t lines = 0;
	struct zone *utc = zone_fixed(0);
	struct timestamp_reader reader = {0};
	struct buf scratch = {0};
	timestamp_reader_set(&reader, utc, 2000, 0);
	while (sample.len > 0 && lines < SAMPLE_LINES) {
		bool whole = str_find_char(sample, '\n', 0) < sample.len;
		struct line line = {
		    .text = str_trim(str_cut(&sample, '\n')), .time = &reader, .scratch = &scratch};
		if (line.text.len > 0 && (whole || lines == 0)) { /* the last one may be cut */
			votes[format_of(formats, &line)]++;
			lines++;
		}
	}
	buf_deinit(&scratch);
	zone_free(utc);
	for (uint32_t i = 0; i < formats->count; i++) {
		if (votes[i] > lines / 2) {
			return formats->list[i].name;
		}
	}
	return STR("");
}
