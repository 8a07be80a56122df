/* See containers.h. What is in none of a damaged container's records is still in its object; what
 * of it looks like lines becomes records too, so that it can be found.
 */
#include "ingest/containers.h"

#include "codec/charset.h"
#include "ingest/columns_csv.h"
#include "ingest/event_xml.h"
#include "ingest/evtx.h"
#include "ingest/json_scan.h"
#include "ingest/utmp.h"

struct container {
	struct reading *reading;
	struct reading_file file;
	struct str bytes;
	uint64_t skip; /* records that were taken in an earlier run */
};

/* One record: bytes[at, at + len). */
static enum err add_slice(struct container *container, size_t at, size_t len, uint8_t flags) {
	struct reading_file *file = &container->file;
	if (container->skip > 0) {
		container->skip--;
		file->records++;
		reading_note(container->reading, file, str_make(container->bytes.ptr + at, len),
		             file->records);
	} else {
		TRY(reading_room(container->reading, file));
		reading_add(container->reading, file, str_make(container->bytes.ptr + at, len), at, flags);
	}
	file->position = file->records;
	return ERR_OK;
}

/* In pieces that a batch can hold; step even, so that units of UTF-16 stay whole. */
static enum err add_pieces(struct container *container, size_t at, size_t len, size_t max,
                           uint8_t flags) {
	while (len > max) {
		TRY(add_slice(container, at, max, RECORD_CONTINUES));
		at += max;
		len -= max;
	}
	return add_slice(container, at, len, flags);
}

static enum err go_on(struct container *container) {
	reading_stamp(container->reading, &container->file);
	return reading_progress(container->reading, 0);
}

/* ---- JSON: arrays, and objects that span lines ---- */

/* The rest of a damaged array as lines. */
static enum err take_rest(struct container *container, size_t at) {
	struct str bytes = container->bytes;
	while (at < bytes.len) {
		size_t end = str_find_char(bytes, '\n', at);
		if (str_trim(str_slice(bytes, at, end)).len > 0) {
			TRY(add_pieces(container, at, end - at, LIMIT_LINE_SIZE,
			               end == bytes.len ? RECORD_NO_FINAL_LF : 0));
		}
		at = end + 1;
		TRY(go_on(container));
	}
	return ERR_OK;
}

static bool blank(struct str text) {
	return str_trim(text).len == 0;
}

static void tell(struct container *container, size_t at, const char *what) {
	reading_problem(container->reading, container->file.path, at, ERR_INVALID, "%s", what);
}

/* The elements of one array, or objects, from *at on; *out_well: it ended as it should. */
static enum err take_elements(struct container *container, enum json_holder holder, size_t *at,
                              bool *out_well) {
	struct str bytes = container->bytes;
	bool objects = holder == JSON_HOLDS_OBJECTS;
	*out_well = true;
	for (;;) {
		struct str element = STR("");
		size_t before = *at;
		enum json_element what = json_array_next(bytes, at, &element);
		size_t from = element.len > 0 ? (size_t)(element.ptr - bytes.ptr) : *at;
		if (objects && (what == JSON_ARRAY_END || (element.len > 0 && element.ptr[0] != '{'))) {
			what = JSON_ARRAY_INVALID;
			*at = before;
		}
		switch (what) {
		case JSON_ELEMENT:
			TRY(add_pieces(container, from, element.len, LIMIT_JSON_ELEMENT, 0));
			break;
		case JSON_ELEMENT_CUT:
			TRY(add_pieces(container, from, element.len, LIMIT_JSON_ELEMENT, RECORD_FRAMING_ERROR));
			tell(container, from,
			     objects ? "the file ends inside an object" : "the array ends inside an element");
			*at = bytes.len;
			return ERR_OK;
		case JSON_ARRAY_CUT:
			if (!objects) {
				tell(container, *at, "the array has no end");
			}
			*at = bytes.len;
			return ERR_OK;
		case JSON_ARRAY_END:
			return ERR_OK;
		case JSON_ARRAY_INVALID:
		default:
			tell(container, *at, "what stands here is no object: the rest is taken as lines");
			*out_well = false;
			return ERR_OK;
		}
		TRY(go_on(container));
	}
}

static enum err take_json(struct container *container) {
	struct str bytes = container->bytes;
	size_t at = 0;
	enum json_holder holder = json_holder_begin(bytes, &at);
	ASSERT(holder != JSON_HOLDS_NONE);
	for (;;) {
		bool well;
		TRY(take_elements(container, holder, &at, &well));
		if (!well) {
			return take_rest(container, at);
		}
		struct json_scan scan = {.text = bytes, .at = at};
		if (holder == JSON_HOLDS_RECORDS && json_take(&scan, '}')) {
			at = scan.at;
		}
		struct str rest = str_slice(bytes, at, bytes.len);
		size_t inner = 0;
		if (blank(rest)) {
			return ERR_OK;
		}
		holder = json_holder_begin(rest, &inner);
		if (holder == JSON_HOLDS_NONE) {
			tell(container, at, "other bytes follow the end of the array: taken as lines");
			return take_rest(container, at);
		}
		at += inner;
	}
}

/* ---- UTF-16 ---- */

static size_t find_unit_lf(struct str bytes, size_t at, bool big) {
	for (; at + 1 < bytes.len; at += 2) {
		if (bytes.ptr[at + !big] == 0 && bytes.ptr[at + big] == '\n') {
			return at;
		}
	}
	return bytes.len;
}

static enum err take_utf16(struct container *container) {
	struct str bytes = container->bytes;
	bool big = container->file.charset == CHARSET_UTF16BE;
	struct str mark = big ? STR("\xfe\xff") : STR("\xff\xfe");
	size_t at = str_starts(bytes, mark) ? 2 : 0;
	reading_begin_lines(container->reading, &container->file, str_slice(bytes, at, RECOGNISE_SIZE));
	while (at < bytes.len) {
		size_t end = find_unit_lf(bytes, at, big);
		bool last = end == bytes.len;
		TRY(add_pieces(container, at, end - at, LIMIT_LINE_SIZE, last ? RECORD_NO_FINAL_LF : 0));
		at = end + 2;
		TRY(go_on(container));
	}
	return ERR_OK;
}

/* ---- Windows event logs ---- */

static void tell_evtx(void *ctx, uint64_t offset, struct str message) {
	struct container *container = ctx;
	reading_problem(container->reading, container->file.path, offset, ERR_INVALID, "%.*s",
	                STR_ARG(message));
}

static enum err take_evtx(struct container *container) {
	struct reading *reading = container->reading;
	struct reading_file *file = &container->file;
	CLEANUP(evtx_reader_freep)
	struct evtx_reader *reader = evtx_reader_new(container->bytes, tell_evtx, container);
	evtx_skip(reader, container->skip);
	file->parsed = true;
	for (;;) {
		TRY(reading_room(reading, file));
		struct evtx_stamp stamp = {file->batch_source, file->received_ns, file->monotonic_ns};
		if (!evtx_next(reader, reading->batch, &stamp)) {
			return ERR_OK;
		}
		reading->batch->parsed = true;
		file->records = evtx_records(reader);
		file->position = file->records;
		if (file->records % 256 == 0) {
			TRY(go_on(container));
		}
	}
}

/* ---- Windows events as XML ---- */

/* What stands between events is told only where it is more than the frame around them. */
static enum err take_gap(struct container *container, struct str gap) {
	struct buf text = {0};
	enum charset charset = container->file.charset;
	(void)charset_decode((enum charset_id)charset, gap, &text); /* what is bad tells something */
	bool frame = event_xml_is_frame(buf_str(&text));
	buf_deinit(&text);
	if (frame) {
		return ERR_OK;
	}
	size_t at = (size_t)(gap.ptr - container->bytes.ptr);
	reading_problem(container->reading, container->file.path, at, ERR_INVALID,
	                "other text stands between events");
	return add_pieces(container, at, gap.len, LIMIT_LINE_SIZE, RECORD_FRAMING_ERROR);
}

static enum err take_event_xml(struct container *container) {
	struct str bytes = container->bytes;
	enum units units = units_of(container->file.charset);
	size_t at = 0;
	struct str gap;
	struct str event;
	bool whole;
	while (event_xml_next(bytes, units, &at, &gap, &event, &whole)) {
		size_t from = (size_t)(event.ptr - bytes.ptr);
		TRY(take_gap(container, gap));
		if (!whole) {
			reading_problem(container->reading, container->file.path, from, ERR_INVALID,
			                "an event has no end");
		}
		TRY(add_pieces(container, from, event.len, LIMIT_JSON_ELEMENT,
		               whole ? 0 : RECORD_FRAMING_ERROR));
		TRY(go_on(container));
	}
	return gap.len > 0 ? take_gap(container, gap) : ERR_OK;
}

/* ---- CSV whose values hold line feeds ---- */

static enum err take_csv(struct container *container) {
	struct str bytes = container->bytes;
	enum units units = units_of(container->file.charset);
	bool wide = units != UNITS_BYTES;
	struct csv_cut cut = {.units = units, .at = wide ? 2 : 0};
	struct buf head = {0};
	struct csv_look look;
	cut.at = wide && unit_at(bytes, units, 0) != '\0' ? 0 : cut.at; /* a byte order mark */
	(void)charset_decode((enum charset_id)container->file.charset,
	                     str_slice(bytes, cut.at, RECOGNISE_SIZE), &head);
	csv_look_at(buf_str(&head), &look);
	buf_deinit(&head);
	cut.separator = look.separator;
	reading_stamp(container->reading, &container->file);
	struct str record;
	bool open;
	while (csv_next(bytes, &cut, &record, &open)) {
		size_t at = (size_t)(record.ptr - bytes.ptr);
		bool last = at + record.len == bytes.len;
		if (open) {
			reading_problem(container->reading, container->file.path, at, ERR_INVALID,
			                "a quotation mark is not closed: the rest is taken as lines");
		}
		TRY(add_pieces(container, at, record.len, LIMIT_JSON_ELEMENT,
		               last ? RECORD_NO_FINAL_LF : 0));
		TRY(go_on(container));
	}
	return ERR_OK;
}

/* ---- entries of one size ---- */

static bool all_zero(struct str bytes) {
	return bytes.len == 0 ||
	       (bytes.ptr[0] == 0 && memcmp(bytes.ptr, bytes.ptr + 1, bytes.len - 1) == 0);
}

/* The place of a user who never logged in holds nothing, and is no record. */
static enum err take_entries(struct container *container, size_t size, bool skip_empty) {
	struct str bytes = container->bytes;
	uint64_t entries = 0;
	for (size_t at = 0; at < bytes.len; at += size) {
		size_t len = MIN_OF(size, bytes.len - at);
		if (len < size) {
			reading_problem(container->reading, container->file.path, at, ERR_INVALID,
			                "ends inside an entry: %zu of %zu bytes", len, size);
		}
		if (!skip_empty || !all_zero(str_slice(bytes, at, at + len))) {
			TRY(add_slice(container, at, len, len < size ? RECORD_FRAMING_ERROR : 0));
		}
		if (++entries % 256 == 0) {
			TRY(go_on(container));
		}
	}
	return ERR_OK;
}

/* ---- all ---- */

static enum err take_records(struct container *container, enum carrier carrier) {
	reading_stamp(container->reading, &container->file);
	switch (carrier) {
	case CARRIER_EVTX:
		return take_evtx(container);
	case CARRIER_JSON_ARRAY:
		return take_json(container);
	case CARRIER_UTF16:
		return take_utf16(container);
	case CARRIER_CSV:
		return take_csv(container);
	case CARRIER_EVENT_XML:
		return take_event_xml(container);
	case CARRIER_UTMP:
		return take_entries(container, UTMP_SIZE, false);
	case CARRIER_LASTLOG:
		return take_entries(container, LASTLOG_SIZE, true);
	case CARRIER_LINES:
	case CARRIER_COMPRESSED:
	case CARRIER_TAR:
	case CARRIER_ZIP:
		ASSERT(false);
	case CARRIER_JOURNAL:
	default:
		/* Its library opens files of a disk, and only sound ones. */
		reading_problem(
		    container->reading, container->file.path, UINT64_MAX, ERR_UNSUPPORTED,
		    "is a journal file that cannot be opened (damaged, inside an archive, or no "
		    "library to read it with): kept whole, without its entries");
		return ERR_OK;
	}
}

static void describe(struct container *container, const struct content *content,
                     enum carrier carrier) {
	struct reading_file *file = &container->file;
	file->path = content->path;
	file->modified_ns = content->modified_ns;
	file->is_object = true;
	file->container = true;
	memcpy(file->object, content->hash, sizeof(file->object));
	if (carrier == CARRIER_UTF16 || carrier == CARRIER_EVENT_XML || carrier == CARRIER_CSV) {
		recognise_lines(container->reading->options, str_slice(container->bytes, 0, RECOGNISE_SIZE),
		                file);
		file->format = carrier == CARRIER_EVENT_XML ? STR("evtx-xml")
		               : carrier == CARRIER_CSV     ? STR("csv")
		                                            : file->format;
	} else {
		file->format = carrier == CARRIER_EVTX         ? STR("evtx")
		               : carrier == CARRIER_JSON_ARRAY ? STR("json")
		               : carrier == CARRIER_UTMP       ? STR("utmp")
		               : carrier == CARRIER_LASTLOG    ? STR("lastlog")
		                                               : STR("journal");
	}
}

enum err container_take(struct reading *reading, const struct content *content, struct str bytes,
                        enum carrier carrier) {
	struct container container = {.reading = reading, .bytes = bytes};
	struct sink_file asked = content_about(reading, content, true);
	enum sink_verdict verdict;
	struct sink_resume resume;
	describe(&container, content, carrier);
	asked.bytes = reading->options->keep_objects ? bytes.ptr : NULL;
	TRY(reading_file_begin(reading, &container.file, &asked, content->fresh, &verdict, &resume));
	if (verdict == SINK_SKIP) {
		reading->totals->files_known++;
		return ERR_OK;
	}
	container.skip = verdict == SINK_RESUME ? resume.position : 0;
	enum err err = take_records(&container, carrier);
	if (err == ERR_OK) {
		return reading_file_end(reading, &container.file, content->hash, content->size);
	}
	return reading_leave(reading, err);
}
