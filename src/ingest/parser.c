/* The parser: for each record its text, then the first format that takes it. One thread owns a
 * parser; what it remembers about names, shared bytes and sources is good for one batch.
 */
#include "base/utf8.h"
#include "codec/charset.h"
#include "ingest/columns.h"
#include "ingest/derive.h"
#include "ingest/evtx_fields.h"
#include "ingest/formats_table.h"
#include "ingest/likes.h"
#include "ingest/message.h"
#include "ingest/text_format.h"
#include "ingest/zones.h"

_Static_assert((int)CHARSET_ID_COUNT == (int)CHARSET_COUNT, "one numbering of character sets");

enum { NO_FORMAT = UINT16_MAX, TRY_ALL = UINT32_MAX };

/* What the lines of one source of the batch share. */
struct source_state {
	struct timestamp_reader time;
	uint32_t hint;   /* the source's own format, or TRY_ALL */
	uint32_t latest; /* the format that took the last line, or TRY_ALL */
	bool known;
	bool cut;             /* the last record goes on in the next one */
	uint32_t host_offset; /* of the source's host among the shared bytes, + 1; 0: not there yet */
	uint32_t address_offset; /* likewise of its address; UINT32_MAX: it has none */
	struct columns columns;
};

struct parser {
	const struct formats *formats;
	struct zones *zones;
	struct line_slot *slots; /* formats->slots */
	struct source_state *sources;
	uint32_t sources_count, sources_cap; /* those of the batch */
	uint16_t numbers[FORMATS_MAX + 1];   /* of formats in the batch; the last is "text" */
	struct buf text;
	struct buf scratch;
	struct evtx_fields *evtx; /* NULL: not made yet */
	struct arena *values;     /* of the current record */
	struct message_state messages;
	struct derive *derive;
	struct likes likes; /* of a batch that has a cut */
};

struct parser *parser_new(const struct os *os, const struct formats *formats) {
	struct parser *parser = calloc(1, sizeof(*parser));
	ASSERT(parser != NULL);
	parser->formats = formats;
	parser->zones = zones_new(os);
	parser->slots = calloc(formats->slots, sizeof(*parser->slots));
	ASSERT(parser->slots != NULL);
	parser->values = arena_new(SIZE_MAX);
	parser->derive = derive_new();
	return parser;
}

static void forget_sources(struct parser *parser) {
	for (uint32_t i = 0; i < parser->sources_count; i++) {
		columns_deinit(&parser->sources[i].columns);
	}
	parser->sources_count = 0;
}

void parser_free(struct parser *parser) {
	if (parser == NULL) {
		return;
	}
	forget_sources(parser);
	zones_free(parser->zones);
	buf_deinit(&parser->text);
	buf_deinit(&parser->scratch);
	if (parser->evtx != NULL) {
		evtx_fields_deinit(parser->evtx);
		free(parser->evtx);
	}
	likes_deinit(&parser->likes);
	message_state_deinit(&parser->messages);
	arena_free(parser->values);
	derive_free(parser->derive);
	free(parser->sources);
	free(parser->slots);
	free(parser);
}

/* ---- what belongs to a batch ---- */

static void forget_batch(struct parser *parser, const struct batch *batch) {
	forget_sources(parser);
	if (parser->sources_cap < batch->sources_count) {
		parser->sources_cap = batch->sources_count;
		free(parser->sources);
		parser->sources = calloc(parser->sources_cap, sizeof(*parser->sources));
		ASSERT(parser->sources != NULL);
	} else if (batch->sources_count > 0) {
		memset(parser->sources, 0, batch->sources_count * sizeof(*parser->sources));
	}
	parser->sources_count = batch->sources_count;
	memset(parser->slots, 0, parser->formats->slots * sizeof(*parser->slots));
	memset(parser->numbers, 0xff, sizeof(parser->numbers));
	likes_begin(&parser->likes);
	message_state_begin(&parser->messages);
	derive_begin(parser->derive);
}

static uint32_t find_hint(const struct formats *formats, struct str name) {
	for (uint32_t i = 0; i < formats->count; i++) {
		if (formats_name_fits(name, formats->list[i].name)) {
			return i;
		}
	}
	return TRY_ALL;
}

/* A clock that is read once a minute is exact enough for choosing a year. */
static int64_t reference_time(const struct batch_source *source,
                              const struct batch_record *record) {
	int64_t minute = 60 * INSTANT_SECOND;
	int64_t time = source->modified_ns != 0 ? source->modified_ns : record->received_ns;
	return source->modified_ns != 0 || time > INSTANT_MAX - minute ? time
	                                                               : time - time % minute + minute;
}

static struct source_state *source_of(struct parser *parser, const struct batch *batch,
                                      const struct batch_record *record) {
	const struct batch_source *source = &batch->sources[record->source];
	struct source_state *state = &parser->sources[record->source];
	const struct zone *zone = state->time.zone;
	if (!state->known) {
		state->known = true;
		state->hint = find_hint(parser->formats, columns_format_name(source->format));
		columns_begin(&state->columns, source->format);
		state->latest = state->hint;
		zone = zones_get(parser->zones, source->zone, NULL);
		if (zone == NULL) { /* commands check --tz; a source from elsewhere may still be wrong */
			zone = zones_get(parser->zones, STR(""), NULL);
		}
	}
	timestamp_reader_set(&state->time, zone, source->year, reference_time(source, record));
	return state;
}

/* ---- one record ---- */

/* The body as UTF-8: itself when it is that already, else kept in the parser. */
static struct str decode(struct parser *parser, enum charset charset, struct str body) {
	if (charset == CHARSET_UTF8 && utf8_valid(body)) {
		return body;
	}
	buf_clear(&parser->text);
	if (charset == CHARSET_UTF8) {
		utf8_append_mended(&parser->text, body);
	} else {
		(void)charset_decode((enum charset_id)charset, body, &parser->text); /* mended too */
	}
	return buf_str(&parser->text);
}

/* pattern: one of the format's, or PATTERN_WHOLE: all of them. */
static bool try_format(struct parser *parser, struct line *line, uint32_t format,
                       uint16_t pattern) {
	const struct line_format *row = &parser->formats->list[format];
	const struct field_block *fields = &line->batch->fields;
	uint32_t before = fields->rows[fields->rows_done - 1].count;
	if (line->pieces != NULL) {
		line->pieces->sure = false;
		line->pieces->head = 0;
		line->pieces->count = 0;
	}
	if (pattern == PATTERN_WHOLE ? row->take(row, line)
	                             : text_format_take_by(row, line, line->text, pattern)) {
		return true;
	}
	const struct field_row *parsed = &fields->rows[fields->rows_done - 1];
	if (parsed->count != before || (parsed->time_flags & FIELDS_LEFT_OUT) != 0) {
		fields_reset_row(line->batch);
	}
	return false;
}

/* The source's own format, then all that can begin so, in order: the same line always goes the same
 * way. The number of "text" is formats->count. */
static uint32_t choose(struct parser *parser, struct line *line, struct source_state *state) {
	uint32_t none = parser->formats->count;
	if (state->hint != TRY_ALL && try_format(parser, line, state->hint, PATTERN_WHOLE)) {
		return state->hint;
	}
	if (line->text.len == 0) {
		return none;
	}
	struct formats_walk walk;
	const struct formats_candidate *next;
	formats_walk_lines(&walk, &parser->formats->index, line->text);
	while ((next = formats_walk_next(&walk)) != NULL) {
		if (next->format != state->hint && try_format(parser, line, next->format, next->pattern)) {
			state->latest = next->format;
			return next->format;
		}
	}
	return none;
}

static void set_format(struct parser *parser, struct batch *batch, struct field_row *row,
                       uint32_t format) {
	if (parser->numbers[format] == NO_FORMAT) {
		fields_set_format(batch, format < parser->formats->count
		                             ? parser->formats->list[format].name
		                             : STR("text"));
		parser->numbers[format] = row->format;
	}
	row->format = parser->numbers[format];
}

/* The host that was given for the source, for lines that name none. */
static void put_host(struct batch *batch, uint32_t row, struct source_state *state,
                     struct str host) {
	if (host.len == 0 || fields_get(batch, row, FIELD_HOST_NAME).kind != VALUE_NONE) {
		return;
	}
	if (state->host_offset == 0) {
		state->host_offset = fields_share(batch, host) + 1;
	}
	uint32_t offset = state->host_offset - 1;
	uint32_t len = (uint32_t)host.len;
	fields_put_shared(batch, FIELD_HOST_NAME, VALUE_STRING, offset, len);
	if (fields_get(batch, row, FIELD_HOST_HOSTNAME).kind == VALUE_NONE) {
		fields_put_shared(batch, FIELD_HOST_HOSTNAME, VALUE_STRING, offset, len);
	}
}

/* Of what came over the network: from where. */
static void put_address(struct batch *batch, struct source_state *state, struct str name) {
	if (state->address_offset == UINT32_MAX) {
		return;
	}
	struct str address = batch_source_address(name);
	if (state->address_offset == 0) {
		state->address_offset = address.len > 0 ? fields_share(batch, address) + 1 : UINT32_MAX;
	}
	if (address.len > 0) {
		fields_put_shared(batch, FIELD_LOG_SOURCE_ADDRESS, VALUE_STRING, state->address_offset - 1,
		                  (uint32_t)address.len);
	}
}

/* What no format knows has at least a time, if one stands at its start: "2026-11-22 10:00:00 ...",
 * "[22/Nov/2026:10:00:00 +0900] ...", "1795341600.123 ...". A bare count is rather some number. */
static void put_leading_time(struct line *line) {
	struct str text = line->text;
	struct timestamp time;
	bool bracket = text.len > 0 && text.ptr[0] == '[';
	text = str_slice(text, bracket, text.len);
	size_t used = timestamp_any(line->time, text, &time);
	bool whole = used > 0 && (used == text.len || strchr(" \t],|;:", text.ptr[used]) != NULL);
	bool count = timestamp_epoch(text, &(struct timestamp){0}) == used &&
	             str_find_char(str_slice(text, 0, used), '.', 0) == used;
	if (whole && !count) {
		line_time(line, time);
	}
}

/* The format that is tried first, if it is the one that would take the line as it took others;
 * formats->count: none is. */
static uint32_t first_format(const struct parser *parser, const struct source_state *state) {
	bool surely =
	    state->latest != TRY_ALL && (state->hint == TRY_ALL || state->hint == state->latest);
	return surely ? state->latest : parser->formats->count;
}

/* The row is like one before it: true. */
static bool take_like(struct parser *parser, struct line *line, const struct source_state *state,
                      uint32_t row) {
	struct batch *batch = line->batch;
	const struct like_terms terms = {.cut = batch->cut,
	                                 .row = row,
	                                 .source = batch->records[row].source,
	                                 .format = first_format(parser, state)};
	if (terms.format == parser->formats->count) {
		return false;
	}
	bool head;
	uint32_t like =
	    likes_find(&parser->likes, &terms, line, &parser->formats->list[terms.format], &head);
	if (like == FIELDS_OWN) {
		return false;
	}
	fields_put_like(batch, like, head);
	batch->fields.rows[row].format = batch->fields.rows[like].format;
	return true;
}

/* Remembers the row for those that are like it. format: the one that took all of it, or
 * formats->count: others looked at its values, or none knows it. */
static void keep_like(struct parser *parser, struct line *line, uint32_t row, uint32_t format) {
	struct batch *batch = line->batch;
	const struct like_terms terms = {
	    .cut = batch->cut, .row = row, .source = batch->records[row].source, .format = format};
	if (format < parser->formats->count && likes_keep(&parser->likes, &terms, line)) {
		return;
	}
	uint32_t same = likes_same(&parser->likes, &terms, batch);
	if (same != FIELDS_OWN) {
		fields_drop_all(batch);
		fields_put_like(batch, same, false);
	}
}

/* All of a record, by the format that takes it. rest: it is the rest of a cut line, and no line of
 * its own. */
static void take_whole(struct parser *parser, struct line *line, struct source_state *state,
                       uint32_t row, bool rest) {
	struct batch *batch = line->batch;
	uint32_t count = parser->formats->count;
	uint32_t format = rest ? count : choose(parser, line, state);
	uint32_t outer = format;
	bool tried = false;
	if (format == count && !rest) {
		put_leading_time(line);
	} else if (format < count) {
		format = message_take(&parser->messages, parser->formats, line, format, &tried);
	}
	if (format < count && parser->formats->list[format].text != NULL) {
		derive_fields(parser->derive, batch, line->text.len > 0 && line->text.ptr[0] == '{');
	}
	set_format(parser, batch, &batch->fields.rows[row], format);
	const struct batch_source *source = &batch->sources[batch->records[row].source];
	put_host(batch, row, state, source->host);
	put_address(batch, state, source->name);
	if (line->pieces != NULL) {
		keep_like(parser, line, row, tried ? count : outer);
	}
}

static void parse_row(struct parser *parser, struct batch *batch, uint32_t row) {
	const struct batch_record *record = &batch->records[row];
	(void)fields_begin_row(batch);
	if (record->type != RECORD_DATA) {
		if (batch->cut != NULL) {
			lines_cut_add(batch->cut, batch_body(batch, row));
		}
		fields_set_format(batch, STR("akashi"));
		fields_end_row(batch);
		return;
	}
	struct source_state *state = source_of(parser, batch, record);
	struct str body = batch_body(batch, row);
	struct str text = decode(parser, batch->sources[record->source].charset, body);
	if (text.ptr != body.ptr) {
		fields_set_text(batch, text);
	}
	struct line_pieces pieces;
	struct line line = {.text = text,
	                    .batch = batch,
	                    .time = &state->time,
	                    .slots = parser->slots,
	                    .values = parser->values,
	                    .message_first = parser->formats->index.message_first,
	                    .scratch = &parser->scratch,
	                    .evtx = &parser->evtx,
	                    .columns = &state->columns};
	bool rest = state->cut;
	bool like = false;
	state->cut = (record->flags & RECORD_CONTINUES) != 0;
	columns_at(&state->columns, record->number);
	if (batch->cut != NULL) {
		line.pieces = &pieces;
		lines_cut_add(batch->cut, text);
		like = !rest && take_like(parser, &line, state, row);
	}
	if (!like) {
		take_whole(parser, &line, state, row, rest);
	}
	fields_end_row(batch);
	arena_reset(parser->values);
}

void parser_run(struct parser *parser, struct batch *batch) {
	if (batch->parsed) {
		return;
	}
	forget_batch(parser, batch);
	fields_begin(batch);
	for (uint32_t row = 0; row < batch->count; row++) {
		parse_row(parser, batch, row);
	}
	batch->parsed = true;
}

void parser_run_cutting(struct parser *parser, struct batch *batch) {
	if (!batch->parsed && batch->cut == NULL) {
		batch->cut = lines_cut_new();
		lines_cut_expect(batch->cut, batch->count);
		batch->free_cut = lines_cut_free;
	}
	parser_run(parser, batch);
}

/* ---- why ---- */

static void explain_format(const struct line_format *format, struct line *line, struct buf *out) {
	buf_append_str(out, format->name);
	if (format->take(format, line)) {
		buf_append_str(out, STR(": takes it; "));
		buf_append_str(out, format->help);
	} else {
		buf_printf(out, ": no, %s (byte %zu", line->why, line->why_at + 1);
		buf_printf(out, "%s%s)", line->wanted != NULL ? ": " : "",
		           line->wanted != NULL ? line->wanted : "");
		line->wanted = NULL;
	}
	buf_append_char(out, '\n');
}

/* What the lines of the row's source before it say of its columns. */
static void columns_before(struct columns *columns, const struct batch *batch, uint32_t row) {
	uint16_t source = batch->records[row].source;
	columns_begin(columns, batch->sources[source].format);
	for (uint32_t i = 0; i < row; i++) {
		columns_at(columns, batch->records[i].number);
		if (batch->records[i].source == source && columns->first) {
			header_note_csv(&columns->header, batch_text(batch, i));
		} else if (batch->records[i].source == source) {
			(void)header_note(&columns->header, batch_text(batch, i));
		}
	}
	columns_at(columns, batch->records[row].number);
}

/* Of formats from YAML, of which there are many, only those that take the line, and of the others
 * the one that came farthest. */
static void explain_formats(const struct parser *parser, struct line *line, struct buf *out) {
	const struct line_format *closest = NULL;
	size_t closest_at = 0;
	uint32_t refused = 0;
	for (uint32_t i = 0; i < parser->formats->count; i++) {
		const struct line_format *format = &parser->formats->list[i];
		if (format->text == NULL || format->take(format, line)) {
			explain_format(format, line, out);
			continue;
		}
		refused++;
		if (closest == NULL || line->why_at > closest_at) {
			closest = format;
			closest_at = line->why_at;
		}
	}
	if (closest != NULL) {
		explain_format(closest, line, out);
	}
	if (refused > 1) {
		buf_printf(out, "%u other formats: no\n", refused - 1);
	}
}

/* The formats that stand inside the one that took the line. */
static void explain_inner(const struct batch *batch, uint32_t row, struct buf *out) {
	struct str format = batch->fields.formats[batch->fields.rows[row].format];
	buf_printf(out, "taken in the end by %.*s\n", STR_ARG(format));
}

void parser_explain(struct parser *parser, const struct batch *batch, uint32_t row,
                    struct buf *out) {
	const struct batch_record *record = &batch->records[row];
	const struct batch_source *source = &batch->sources[record->source];
	struct timestamp_reader reader = {0};
	const struct zone *zone = zones_get(parser->zones, source->zone, NULL);
	zone = zone != NULL ? zone : zones_get(parser->zones, STR(""), NULL);
	timestamp_reader_set(&reader, zone, source->year, reference_time(source, record));
	struct columns columns = {0};
	columns_before(&columns, batch, row);
	struct line line = {.text = decode(parser, source->charset, batch_body(batch, row)),
	                    .time = &reader,
	                    .scratch = &parser->scratch,
	                    .columns = &columns};
	if (source->format.len > 0) {
		struct str name = columns_format_name(source->format);
		buf_printf(out, "the source is read as %.*s first\n", STR_ARG(name));
	}
	explain_formats(parser, &line, out);
	columns_deinit(&columns);
	buf_append_str(out, STR("text: takes every line that nothing above takes\n"));
	explain_inner(batch, row, out);
}
