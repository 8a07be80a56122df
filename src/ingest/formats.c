/* The table of formats: the user's own first, then carriers in C, then the text formats compiled
 * with the program. The order is the order of trying.
 */
#include "ingest/formats.h"

#include "base/buf.h"
#include "ingest/columns.h"
#include "ingest/event_xml.h"
#include "ingest/formats_table.h"
#include "ingest/journal_export.h"
#include "ingest/json_line.h"
#include "ingest/syslog.h"
#include "ingest/text_format.h"
#include "ingest/utmp.h"

static const struct line_format carriers[] = {
    {STR_INIT("syslog-rfc5424"), STR_INIT("syslog with version and structured data (RFC 5424)"),
     syslog_take_5424, NULL, NULL, 0},
    {STR_INIT("syslog-rfc3164"), STR_INIT("BSD syslog, with or without priority, host, year"),
     syslog_take_3164, syslog_take_3164_like, NULL, 0},
    {STR_INIT("json"), STR_INIT("one JSON object a line"), json_take_line, json_take_like, NULL, 0},
    {STR_INIT("journal"), STR_INIT("an entry of the systemd journal (Journal Export Format)"),
     journal_take_entry, NULL, NULL, 0},
    {STR_INIT("zeek"), STR_INIT("Zeek's logs of columns, behind their #fields"), columns_take_zeek,
     NULL, NULL, 0},
    {STR_INIT("w3c"), STR_INIT("W3C extended log format, behind its #Fields: (IIS and others)"),
     columns_take_w3c, NULL, NULL, 0},
    {STR_INIT("utmp"), STR_INIT("an entry of utmp, wtmp or btmp"), utmp_take, NULL, NULL, 0},
    {STR_INIT("lastlog"), STR_INIT("an entry of lastlog"), lastlog_take, NULL, NULL, 0},
    {STR_INIT("evtx-xml"), STR_INIT("an event of Windows as XML"), event_xml_take, NULL, NULL, 0},
    {STR_INIT("csv"), STR_INIT("CSV behind a line of names"), columns_take_csv, NULL, NULL, 0},
};

/* BUILTIN_FORMATS and const unsigned char builtin_formats[], made from formats/ by format_pack. */
#include "ingest/formats_builtin.gen.inc"

/* Formats that --format may name and that are not made of lines; inputs read them. */
static const struct str others[] = {STR_INIT("text"), STR_INIT("evtx"), STR_INIT("json-array")};

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

static void add_format(struct formats *formats, struct line_format format) {
	ASSERT(formats->count < FORMATS_MAX);
	format.slots = formats->slots;
	formats->slots += format.text != NULL ? format.text->slots : 0;
	formats->list[formats->count++] = format;
}

static void add_text_format(struct formats *formats, const struct text_format *text) {
	add_format(formats, (struct line_format){.name = text->name,
	                                         .help = text->title,
	                                         .take = text_format_take,
	                                         .text = text});
}

static const struct text_format *unpack_builtin(struct arena *arena) {
	struct text_format *list = ARENA_ARRAY(arena, BUILTIN_FORMATS, struct text_format);
	struct str packed = str_make((const char *)builtin_formats, sizeof(builtin_formats));
	size_t at = 0;
	for (size_t i = 0; i < BUILTIN_FORMATS; i++) {
		text_format_unpack(arena, packed, &at, &list[i]);
	}
	ASSERT(at == packed.len);
	return list;
}

/* Those that ask more of an object go before those that ask less; the weak ones come last. */
static bool goes_before(const struct text_format *a, const struct text_format *b) {
	return a->weak != b->weak ? b->weak : a->needs_count > b->needs_count;
}

static void add_builtin(struct formats *formats, const struct text_format *builtin) {
	const struct text_format *sorted[BUILTIN_FORMATS];
	for (size_t i = 0; i < BUILTIN_FORMATS; i++) {
		size_t at = i;
		for (; at > 0 && goes_before(&builtin[i], sorted[at - 1]); at--) {
			sorted[at] = sorted[at - 1];
		}
		sorted[at] = &builtin[i];
	}
	for (size_t i = 0; i < BUILTIN_FORMATS; i++) {
		add_text_format(formats, sorted[i]);
	}
}

/* ---- a user's folder ---- */

enum { USER_FORMATS_MAX = 32, USER_FILE_MAX = 1 << 20 };

struct user_files {
	struct arena *arena;
	struct str names[USER_FORMATS_MAX];
	size_t count;
	bool too_many;
};

static enum err note_file(void *ctx, struct str name, enum os_file_kind kind) {
	struct user_files *files = ctx;
	(void)kind;
	if (!str_ends(name, STR(".yml")) && !str_ends(name, STR(".yaml"))) {
		return ERR_OK;
	}
	if (files->count == USER_FORMATS_MAX) {
		files->too_many = true;
		return ERR_LIMIT;
	}
	size_t i = files->count++;
	while (i > 0 && str_cmp(files->names[i - 1], name) > 0) {
		files->names[i] = files->names[i - 1];
		i--;
	}
	files->names[i] = arena_str(files->arena, name);
	return ERR_OK;
}

static bool is_taken(const struct formats *formats, const struct text_format *builtin,
                     struct str name) {
	for (size_t i = 0; i < BUILTIN_FORMATS; i++) {
		if (str_eq(builtin[i].name, name)) {
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(carriers); i++) {
		if (str_eq(carriers[i].name, name)) {
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		if (str_eq(others[i], name)) {
			return true;
		}
	}
	for (uint32_t i = 0; i < formats->count; i++) {
		if (str_eq(formats->list[i].name, name)) {
			return true;
		}
	}
	return false;
}

static enum err read_user_format(const struct os *os, struct formats *formats,
                                 const struct text_format *builtin, struct str path,
                                 struct diag *diag) {
	struct buf yaml = {0};
	struct text_format *format = ARENA_NEW(formats->arena, struct text_format);
	enum err err = os_read_file(os, arena_cstr(formats->arena, path), USER_FILE_MAX, &yaml);
	if (err != ERR_OK) {
		err = diag_set(diag, err, "%.*s: %s", STR_ARG(path), err_text(err));
	} else {
		err = text_format_read(formats->arena, path, buf_str(&yaml), format, diag);
	}
	buf_deinit(&yaml);
	TRY(err);
	TRY(text_format_check(format, path, diag));
	if (is_taken(formats, builtin, format->name)) {
		err = diag_set(diag, ERR_EXISTS, "%.*s: there is a format '%.*s' already", STR_ARG(path),
		               STR_ARG(format->name));
		diag_hint(diag, "give yours another name; it is tried before those built in");
		return err;
	}
	add_text_format(formats, format);
	return ERR_OK;
}

static enum err read_user_folder(const struct os *os, struct formats *formats,
                                 const struct text_format *builtin, const char *folder,
                                 struct diag *diag) {
	struct user_files *files = ARENA_NEW(formats->arena, struct user_files);
	files->arena = formats->arena;
	enum err err = os->list(os->ctx, folder, note_file, files);
	if (files->too_many) {
		return diag_set(diag, ERR_LIMIT, "%s holds more than %d formats", folder, USER_FORMATS_MAX);
	}
	if (err != ERR_OK) {
		return diag_set(diag, err, "the folder of formats %s: %s", folder, err_text(err));
	}
	for (size_t i = 0; i < files->count; i++) {
		struct str path = arena_printf(formats->arena, "%s/%.*s", folder, STR_ARG(files->names[i]));
		TRY(read_user_format(os, formats, builtin, path, diag));
	}
	return ERR_OK;
}

enum err formats_new(const struct os *os, const char *user_folder, struct formats **out_formats,
                     struct diag *diag) {
	struct arena *arena = arena_new(SIZE_MAX);
	struct formats *formats = ARENA_NEW(arena, struct formats);
	formats->arena = arena;
	formats->slots = SYSLOG_SLOTS;
	const struct text_format *builtin = unpack_builtin(arena);
	/* Who writes a format knows the log better than we do: theirs come first. */
	enum err err =
	    user_folder == NULL ? ERR_OK : read_user_folder(os, formats, builtin, user_folder, diag);
	if (err != ERR_OK) {
		formats_free(formats);
		return err;
	}
	for (size_t i = 0; i < ARRAY_LEN(carriers); i++) {
		add_format(formats, carriers[i]);
	}
	add_builtin(formats, builtin);
	formats_index_build(formats);
	join_names(formats);
	*out_formats = formats;
	return ERR_OK;
}

struct formats *formats_new_carriers(void) {
	struct arena *arena = arena_new(SIZE_MAX);
	struct formats *formats = ARENA_NEW(arena, struct formats);
	formats->arena = arena;
	formats->slots = SYSLOG_SLOTS;
	for (size_t i = 0; i < ARRAY_LEN(carriers); i++) {
		add_format(formats, carriers[i]);
	}
	formats_index_build(formats);
	join_names(formats);
	return formats;
}

void formats_free(struct formats *formats) {
	if (formats != NULL) {
		formats_index_deinit(&formats->index);
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
	struct formats_walk walk;
	const struct formats_candidate *next;
	formats_walk_lines(&walk, &formats->index, line->text);
	while ((next = formats_walk_next(&walk)) != NULL) {
		const struct line_format *format = &formats->list[next->format];
		if (next->pattern == PATTERN_WHOLE
		        ? format->take(format, line)
		        : text_format_take_by(format, line, line->text, next->pattern)) {
			return next->format;
		}
	}
	return formats->count;
}

struct str formats_recognise(const struct formats *formats, struct str sample) {
	uint32_t votes[FORMATS_MAX + 1] = {0};
	uint32_t lines = 0;
	struct zone *utc = zone_fixed(0);
	struct timestamp_reader reader = {0};
	struct buf scratch = {0};
	struct columns columns = {0};
	timestamp_reader_set(&reader, utc, 2000, 0);
	while (sample.len > 0 && lines < SAMPLE_LINES) {
		bool whole = str_find_char(sample, '\n', 0) < sample.len;
		struct line line = {.text = str_trim(str_cut(&sample, '\n')),
		                    .time = &reader,
		                    .scratch = &scratch,
		                    .columns = &columns};
		if (line.text.len > 0 && (whole || lines == 0)) { /* the last one may be cut */
			votes[format_of(formats, &line)]++;
			lines++;
		}
	}
	buf_deinit(&scratch);
	columns_deinit(&columns);
	zone_free(utc);
	for (uint32_t i = 0; i < formats->count; i++) {
		if (votes[i] > lines / 2) {
			return formats->list[i].name;
		}
	}
	return STR("");
}
