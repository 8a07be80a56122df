/* See event_xml.h. An event is read twice: once to see that it is well-formed, once to put its
 * fields, so that nothing is put of what is refused.
 */
#include "ingest/event_xml.h"

#include "ingest/evtx_fields.h"

/* ---- tokens ---- */

enum token_kind {
	TOKEN_TEXT,
	TOKEN_CDATA,
	TOKEN_START, /* value: the name */
	TOKEN_EMPTY, /* a start that is an end too */
	TOKEN_END,   /* value: the name */
	TOKEN_OTHER, /* a comment or processing instruction */
	TOKEN_STOP,  /* the end of the text */
	TOKEN_BAD,
};

struct token {
	enum token_kind kind;
	struct str value;      /* inside the text */
	struct str attributes; /* of a start */
};

static bool is_name_char(char c) {
	return char_is_alpha(c) || char_is_digit(c) || (c & 0x80) != 0 || strchr("_-.:", c) != NULL;
}

static size_t name_end(struct str text, size_t at) {
	while (at < text.len && text.ptr[at] != '\0' && is_name_char(text.ptr[at])) {
		at++;
	}
	return at;
}

static size_t skip_space(struct str text, size_t at) {
	while (at < text.len && char_is_space(text.ptr[at])) {
		at++;
	}
	return at;
}

static bool at_is(struct str text, size_t at, struct str what) {
	return str_eq(str_slice(text, at, at + what.len), what);
}

/* Behind the words that end something that began at at; text.len + 1: it does not end. */
static size_t end_of(struct str text, size_t at, struct str words) {
	size_t end = str_find(text, words, at);
	return end == SIZE_MAX ? text.len + 1 : end + words.len;
}

/* An attribute at *at; moves behind it. False at the end of the tag, or where none is. */
static bool next_attribute(struct str text, size_t *at, struct str *out_name,
                           struct str *out_value) {
	size_t from = skip_space(text, *at);
	size_t end = name_end(text, from);
	size_t equals = skip_space(text, end);
	if (end == from || equals >= text.len || text.ptr[equals] != '=') {
		return false;
	}
	size_t quote = skip_space(text, equals + 1);
	if (quote >= text.len || (text.ptr[quote] != '"' && text.ptr[quote] != '\'')) {
		return false;
	}
	size_t close = str_find_char(text, text.ptr[quote], quote + 1);
	if (close == text.len || str_find_char(str_slice(text, quote, close), '<', 0) < close - quote) {
		return false;
	}
	*out_name = str_slice(text, from, end);
	*out_value = str_slice(text, quote + 1, close);
	*at = close + 1;
	return true;
}

static struct token bad(void) {
	return (struct token){.kind = TOKEN_BAD};
}

static struct token read_tag(struct str text, size_t *at) {
	bool closing = at_is(text, *at, STR("</"));
	size_t from = *at + 1 + closing;
	size_t end = name_end(text, from);
	struct token token = {.kind = closing ? TOKEN_END : TOKEN_START,
	                      .value = str_slice(text, from, end)};
	struct str name;
	struct str value;
	size_t next = end;
	while (!closing && next_attribute(text, &next, &name, &value)) {
	}
	token.attributes = str_slice(text, end, next);
	next = skip_space(text, next);
	if (!closing && at_is(text, next, STR("/>"))) {
		token.kind = TOKEN_EMPTY;
		next++;
	}
	if (end == from || next >= text.len || text.ptr[next] != '>') {
		return bad();
	}
	*at = next + 1;
	return token;
}

static struct token next_token(struct str text, size_t *at) {
	size_t from = *at;
	struct token token = {.kind = TOKEN_STOP};
	if (from >= text.len) {
		return token;
	}
	if (text.ptr[from] != '<') {
		*at = str_find_char(text, '<', from);
		return (struct token){.kind = TOKEN_TEXT, .value = str_slice(text, from, *at)};
	}
	bool cdata = at_is(text, from, STR("<![CDATA["));
	bool comment = at_is(text, from, STR("<!--"));
	bool instruction = at_is(text, from, STR("<?"));
	if (!cdata && !comment && !instruction) {
		return at_is(text, from, STR("<!")) ? bad() : read_tag(text, at); /* no DOCTYPE */
	}
	size_t end = end_of(text, from, cdata ? STR("]]>") : comment ? STR("-->") : STR("?>"));
	if (end > text.len) {
		return bad();
	}
	*at = end;
	token.kind = cdata ? TOKEN_CDATA : TOKEN_OTHER;
	token.value = cdata ? str_slice(text, from + 9, end - 3) : STR("");
	return token;
}

/* ---- events ---- */

struct frame {
	struct str name;
	struct str data_name; /* of its attribute Name, as it stands */
	size_t text, text_end;
	bool has_text, has_children, made; /* made: text counts in the copy behind the XML */
};

struct reading_event {
	struct str text;
	struct evtx_fields *fields; /* NULL: only looked at */
	struct frame frames[LIMIT_XML_DEPTH];
	uint32_t depth;
	uint8_t section; /* enum evtx_section */
	bool has_system;
};

/* A piece of the event, whose text the fields have a copy of. */
static struct evtx_piece piece_of(const struct reading_event *event, struct str part) {
	if (part.len == 0) {
		return (struct evtx_piece){0};
	}
	return (struct evtx_piece){.offset = (uint32_t)(part.ptr - event->text.ptr),
	                           .len = (uint32_t)part.len,
	                           .escaped = str_find_char(part, '&', 0) < part.len};
}

static void take_attributes(struct reading_event *event, struct frame *frame,
                            struct str attributes) {
	struct str name;
	struct str value;
	size_t at = 0;
	while (next_attribute(attributes, &at, &name, &value)) {
		if (str_eq(name, STR("Name"))) {
			frame->data_name = value;
		}
		if (event->fields != NULL && event->section == EVTX_SECTION_SYSTEM && event->depth == 3) {
			evtx_fields_system(event->fields, evtx_name_find(frame->name), evtx_name_find(name),
			                   piece_of(event, value));
		}
	}
}

static bool begin_element(struct reading_event *event, const struct token *token) {
	if (event->depth == LIMIT_XML_DEPTH) {
		return false;
	}
	if (event->depth > 0) {
		event->frames[event->depth - 1].has_children = true;
	}
	struct frame *frame = &event->frames[event->depth++];
	*frame = (struct frame){.name = token->value};
	if (event->depth == 1 && !str_eq(token->value, STR("Event"))) {
		return false;
	}
	if (event->depth == 2) {
		event->section = evtx_section_of(evtx_name_find(token->value));
		event->has_system = event->has_system || event->section == EVTX_SECTION_SYSTEM;
	}
	take_attributes(event, frame, token->attributes);
	return true;
}

/* The text of an element that holds more than one stretch of it is put together behind the XML,
 * escaped as that is. */
static void add_made(struct reading_event *event, struct frame *frame, struct str part,
                     bool escape) {
	struct buf *xml = &event->fields->xml;
	if (!frame->made) {
		struct str before = str_slice(event->text, frame->text, frame->text_end);
		frame->made = true;
		frame->text = xml->len;
		buf_append_str(xml, before);
	}
	for (size_t i = 0; i < part.len; i++) {
		if (escape && part.ptr[i] == '&') {
			buf_append_str(xml, STR("&amp;"));
		} else {
			buf_append_char(xml, part.ptr[i]);
		}
	}
	frame->text_end = xml->len;
}

static void add_text(struct reading_event *event, const struct token *token) {
	struct frame *frame = &event->frames[event->depth - 1];
	bool cdata = token->kind == TOKEN_CDATA;
	if (event->fields == NULL || frame->has_children) {
		return;
	}
	if (frame->has_text || cdata) {
		if (!frame->has_text) {
			frame->text = frame->text_end = 0;
		}
		add_made(event, frame, token->value, cdata);
	} else {
		frame->text = (size_t)(token->value.ptr - event->text.ptr);
		frame->text_end = frame->text + token->value.len;
	}
	frame->has_text = true;
}

static struct evtx_piece text_of(const struct reading_event *event, const struct frame *frame) {
	if (!frame->has_text || frame->text == frame->text_end) {
		return (struct evtx_piece){0};
	}
	if (frame->made) {
		return (struct evtx_piece){.offset = (uint32_t)frame->text,
		                           .len = (uint32_t)(frame->text_end - frame->text),
		                           .escaped = true};
	}
	return piece_of(event, str_slice(event->text, frame->text, frame->text_end));
}

static void put_datum(struct reading_event *event, const struct frame *frame,
                      struct evtx_piece value) {
	struct evtx_element element = {.name = (uint32_t)(frame->name.ptr - event->text.ptr),
	                               .name_len = (uint32_t)frame->name.len,
	                               .field = UINT32_MAX};
	evtx_fields_datum(event->fields,
	                  &(struct evtx_datum){.section = event->section,
	                                       .element = &element,
	                                       .literals = event->text.ptr,
	                                       .is_data = evtx_name_find(frame->name) == EVTX_NAME_DATA,
	                                       .name = piece_of(event, frame->data_name),
	                                       .value = value});
}

/* The text of an element without children, as evtx_event.c tells it. */
static void put_leaf(struct reading_event *event, const struct frame *frame) {
	struct evtx_piece piece = text_of(event, frame);
	uint8_t name = evtx_name_find(frame->name);
	if (event->section == EVTX_SECTION_SYSTEM && event->depth == 3) {
		evtx_fields_system(event->fields, name, EVTX_ELEMENT_TEXT, piece);
	} else if (event->section == EVTX_SECTION_RENDERING && event->depth == 3 &&
	           name == EVTX_NAME_MESSAGE) {
		evtx_fields_message(event->fields, piece);
	} else if (event->depth > 2 && (event->section == EVTX_SECTION_EVENT_DATA ||
	                                event->section == EVTX_SECTION_USER_DATA)) {
		put_datum(event, frame, piece);
	}
}

static void end_element(struct reading_event *event) {
	const struct frame *frame = &event->frames[event->depth - 1];
	if (event->fields != NULL && !frame->has_children) {
		put_leaf(event, frame);
	}
	event->depth--;
	if (event->depth == 1) {
		event->section = EVTX_SECTION_NONE;
	}
}

/* One token; false when it has no place there. */
static bool take_token(struct reading_event *event, const struct token *token) {
	switch (token->kind) {
	case TOKEN_TEXT:
		if (event->depth == 0) {
			return str_trim(token->value).len == 0;
		}
		add_text(event, token);
		return true;
	case TOKEN_CDATA:
		if (event->depth > 0) {
			add_text(event, token);
		}
		return event->depth > 0;
	case TOKEN_START:
	case TOKEN_EMPTY:
		if (!begin_element(event, token)) {
			return false;
		}
		if (token->kind == TOKEN_EMPTY) {
			end_element(event);
		}
		return true;
	case TOKEN_END:
		if (event->depth == 0 || !str_eq(event->frames[event->depth - 1].name, token->value)) {
			return false;
		}
		end_element(event);
		return true;
	case TOKEN_OTHER:
		return true;
	case TOKEN_STOP:
	case TOKEN_BAD:
	default:
		return false;
	}
}

/* All of a text that is one event. False: *out_at is where it is none. */
static bool read_event(struct reading_event *event, size_t *out_at) {
	size_t at = str_starts(event->text, STR("\xef\xbb\xbf")) ? 3 : 0;
	bool ended = false;
	for (;;) {
		*out_at = at;
		struct token token = next_token(event->text, &at);
		if (token.kind == TOKEN_STOP) {
			return ended && event->depth == 0 && event->has_system;
		}
		bool element = token.kind == TOKEN_START || token.kind == TOKEN_EMPTY;
		if ((ended && element) || !take_token(event, &token)) {
			return false;
		}
		ended = ended || (event->depth == 0 && (token.kind == TOKEN_END || element));
	}
}

bool event_xml_take(const struct line_format *format, struct line *line) {
	(void)format;
	size_t first = str_starts(line->text, STR("\xef\xbb\xbf")) ? 3 : 0;
	first = skip_space(line->text, first);
	if (!at_is(line->text, first, STR("<Event")) && !at_is(line->text, first, STR("<?xml"))) {
		return line_refuse(line, first, "does not begin with <Event");
	}
	struct reading_event event = {.text = line->text};
	size_t at;
	if (!read_event(&event, &at)) {
		return line_refuse(line, at, "is no event of Windows in XML");
	}
	if (line->batch == NULL) {
		return true;
	}
	ASSERT(line->evtx != NULL);
	if (*line->evtx == NULL) {
		*line->evtx = calloc(1, sizeof(**line->evtx));
		ASSERT(*line->evtx != NULL);
		evtx_fields_init(*line->evtx);
	}
	event = (struct reading_event){.text = line->text, .fields = *line->evtx};
	evtx_fields_begin(event.fields, line->batch);
	buf_append_str(&event.fields->xml, line->text);
	bool again = read_event(&event, &at);
	ASSERT(again);
	evtx_fields_put_values(event.fields);
	return true;
}

/* ---- documents ---- */

static size_t find_unit(struct str bytes, enum units units, char c, size_t at) {
	if (units == UNITS_BYTES) {
		return str_find_char(bytes, c, at);
	}
	while (at + 1 < bytes.len && unit_at(bytes, units, at) != c) {
		at += 2;
	}
	return MIN_OF(at, bytes.len);
}

static bool units_are(struct str bytes, enum units units, size_t at, struct str what) {
	size_t width = units_width(units);
	for (size_t i = 0; i < what.len; i++) {
		if (unit_at(bytes, units, at + i * width) != what.ptr[i]) {
			return false;
		}
	}
	return true;
}

static size_t find_units(struct str bytes, enum units units, struct str what, size_t at) {
	size_t width = units_width(units);
	for (;;) {
		at = find_unit(bytes, units, what.ptr[0], at);
		if (at >= bytes.len || units_are(bytes, units, at, what)) {
			return at;
		}
		at += width;
	}
}

/* Whether the tag with this beginning ends its name there: <Event, and not <Events or <EventData.
 */
static bool is_tag(struct str bytes, enum units units, size_t at, struct str what) {
	size_t width = units_width(units);
	char after = unit_at(bytes, units, at + what.len * width);
	return units_are(bytes, units, at, what) && after != '\0' && !is_name_char(after);
}

/* Behind the event that begins at at; bytes.len when it has no end. */
static size_t event_end(struct str bytes, enum units units, size_t at, bool *out_whole) {
	size_t width = units_width(units);
	size_t from = at;
	*out_whole = true;
	for (;;) {
		at = find_unit(bytes, units, '<', MIN_OF(at + width, bytes.len));
		if (at >= bytes.len) {
			break;
		}
		if (units_are(bytes, units, at, STR("<![CDATA["))) {
			at = find_units(bytes, units, STR("]]>"), at);
		} else if (units_are(bytes, units, at, STR("<!--"))) {
			at = find_units(bytes, units, STR("-->"), at);
		} else if (is_tag(bytes, units, at, STR("</Event"))) {
			size_t end = find_unit(bytes, units, '>', at);
			*out_whole = end < bytes.len;
			return MIN_OF(end + width, bytes.len);
		} else if (is_tag(bytes, units, at, STR("<Event")) && at > from) {
			*out_whole = false; /* the next one begins */
			return at;
		}
	}
	*out_whole = false;
	return bytes.len;
}

bool event_xml_next(struct str bytes, enum units units, size_t *at, struct str *out_gap,
                    struct str *out_event, bool *out_whole) {
	size_t width = units_width(units);
	size_t first = *at;
	size_t from = first;
	for (;;) {
		from = find_unit(bytes, units, '<', from);
		if (from >= bytes.len || is_tag(bytes, units, from, STR("<Event"))) {
			break;
		}
		from += width;
	}
	*out_gap = str_slice(bytes, first, from);
	if (from >= bytes.len) {
		*at = bytes.len;
		return false;
	}
	*at = event_end(bytes, units, from, out_whole);
	*out_event = str_slice(bytes, from, *at);
	return true;
}

bool event_xml_is_frame(struct str gap) {
	size_t at = str_starts(gap, STR("\xef\xbb\xbf")) ? 3 : 0;
	for (;;) {
		struct token token = next_token(gap, &at);
		if (token.kind == TOKEN_STOP) {
			return true;
		}
		bool tells = (token.kind == TOKEN_TEXT && str_trim(token.value).len > 0) ||
		             token.kind == TOKEN_CDATA || token.kind == TOKEN_BAD;
		bool tag =
		    token.kind == TOKEN_START || token.kind == TOKEN_END || token.kind == TOKEN_EMPTY;
		if (tells || (tag && !str_eq(token.value, STR("Events")))) {
			return false;
		}
	}
}

bool event_xml_recognise(struct str head) {
	size_t at = str_starts(head, STR("\xef\xbb\xbf")) ? 3 : 0;
	at = skip_space(head, at);
	struct str rest = str_slice(head, at, head.len);
	bool declared = at_is(rest, 0, STR("<?xml"));
	if (!declared && !is_tag(rest, UNITS_BYTES, 0, STR("<Event")) &&
	    !is_tag(rest, UNITS_BYTES, 0, STR("<Events"))) {
		return false;
	}
	size_t next = 0;
	struct str gap;
	struct str event;
	bool whole;
	if (!event_xml_next(rest, UNITS_BYTES, &next, &gap, &event, &whole) ||
	    !event_xml_is_frame(gap)) {
		return false;
	}
	bool one_line = whole && str_find_char(event, '\n', 0) == event.len;
	struct str behind = str_slice(rest, next, str_find_char(rest, '\n', next));
	bool ends = next + behind.len < rest.len || next == rest.len;
	bool lines = gap.len == 0 && one_line && str_trim(behind).len == 0 && ends;
	/* A head that ends inside its first event: a long line, or a document. */
	bool cut = !whole && str_find_char(event, '\n', 0) == event.len;
	return str_find(event, STR("<System"), 0) != SIZE_MAX && !lines && !(cut && gap.len == 0);
}
