/* From pieces of XML to fields. Values of one field are chained by index, so that an event with
 * thousands of values under one name costs no more than its size.
 */
#include "ingest/evtx_fields.h"

#include "base/instant.h"
#include "ingest/evtx_value.h"

uint8_t evtx_section_of(uint8_t name) {
	switch (name) {
	case EVTX_NAME_SYSTEM:
		return EVTX_SECTION_SYSTEM;
	case EVTX_NAME_EVENT_DATA:
	case EVTX_NAME_PROCESSING_ERROR_DATA:
		return EVTX_SECTION_EVENT_DATA;
	case EVTX_NAME_USER_DATA:
		return EVTX_SECTION_USER_DATA;
	case EVTX_NAME_RENDERING_INFO:
		return EVTX_SECTION_RENDERING;
	default:
		return EVTX_SECTION_NONE;
	}
}

#define AUDIT_FAILURE ((uint64_t)0x10000000000000)
#define AUDIT_SUCCESS ((uint64_t)0x20000000000000)

enum { NUMBERS_MAX = FIELD_KNOWN_COUNT + LIMIT_NAMES_PER_BATCH };

void evtx_fields_init(struct evtx_fields *fields) {
	*fields = (struct evtx_fields){0};
	fields->seen = calloc(NUMBERS_MAX, sizeof(*fields->seen));
	ASSERT(fields->seen != NULL);
}

void evtx_fields_deinit(struct evtx_fields *fields) {
	free(fields->seen);
	buf_deinit(&fields->xml);
	buf_deinit(&fields->found);
	buf_deinit(&fields->scratch);
}

void evtx_fields_begin(struct evtx_fields *fields, struct batch *batch) {
	fields->batch = batch;
	buf_clear(&fields->xml);
	buf_clear(&fields->found);
	fields->time_ns = INSTANT_MIN;
	fields->has_record_id = false;
	if (++fields->stamp == 0) { /* went round: old stamps would look new */
		memset(fields->seen, 0, NUMBERS_MAX * sizeof(*fields->seen));
		fields->stamp = 1;
	}
}

/* ---- what is found ---- */

static struct evtx_found *found_at(struct evtx_fields *fields, uint32_t i) {
	return (struct evtx_found *)(void *)fields->found.ptr + i;
}

static void add_found(struct evtx_fields *fields, struct evtx_found found) {
	if (found.name == UINT32_MAX) {
		return;
	}
	uint32_t index = (uint32_t)(fields->found.len / sizeof(found));
	struct evtx_seen *seen = &fields->seen[found.name];
	found.first = seen->stamp != fields->stamp;
	found.last = index;
	buf_append(&fields->found, &found, sizeof(found));
	if (found.first) {
		*seen = (struct evtx_seen){fields->stamp, index};
		return;
	}
	struct evtx_found *first = found_at(fields, seen->index);
	found_at(fields, first->last)->more = index + 1;
	first->last = index;
}

static struct str piece_text(const struct evtx_fields *fields, struct evtx_piece piece) {
	return piece.len == 0 ? STR("") : str_make(fields->xml.ptr + piece.offset, piece.len);
}

static bool is_decimal(struct str text) {
	for (size_t i = 0; i < text.len; i++) {
		if (!char_is_digit(text.ptr[i])) {
			return false;
		}
	}
	return text.len > 0 && (text.len == 1 || text.ptr[0] != '0');
}

static void add_piece(struct evtx_fields *fields, uint32_t field, struct evtx_piece piece) {
	bool number = field < FIELD_KNOWN_COUNT && field_known_type(field) == FIELD_TYPE_LONG &&
	              is_decimal(piece_text(fields, piece));
	add_found(fields, (struct evtx_found){.name = field,
	                                      .piece = piece,
	                                      .kind = number ? VALUE_NUMBER : VALUE_STRING});
}

/* ---- System ---- */

/* Fields of System by element and attribute, or the element's text. */
static const struct system_field {
	uint8_t element, attribute;
	uint32_t field;
	uint32_t also; /* an ECS field with the same value, or 0 (@timestamp, which is never it) */
} system_fields[] = {
    {EVTX_NAME_PROVIDER, EVTX_NAME_NAME, FIELD_WINLOG_PROVIDER_NAME, FIELD_EVENT_PROVIDER},
    {EVTX_NAME_PROVIDER, EVTX_NAME_GUID, FIELD_WINLOG_PROVIDER_GUID, 0},
    {EVTX_NAME_EVENT_ID, EVTX_ELEMENT_TEXT, FIELD_WINLOG_EVENT_ID, FIELD_EVENT_CODE},
    {EVTX_NAME_VERSION, EVTX_ELEMENT_TEXT, FIELD_WINLOG_VERSION, 0},
    {EVTX_NAME_LEVEL, EVTX_ELEMENT_TEXT, FIELD_WINLOG_LEVEL, 0},
    {EVTX_NAME_TASK, EVTX_ELEMENT_TEXT, FIELD_WINLOG_TASK, 0},
    {EVTX_NAME_OPCODE, EVTX_ELEMENT_TEXT, FIELD_WINLOG_OPCODE, 0},
    {EVTX_NAME_KEYWORDS, EVTX_ELEMENT_TEXT, FIELD_WINLOG_KEYWORDS, 0},
    {EVTX_NAME_EVENT_RECORD_ID, EVTX_ELEMENT_TEXT, FIELD_WINLOG_RECORD_ID, 0},
    {EVTX_NAME_CORRELATION, EVTX_NAME_ACTIVITY_ID, FIELD_WINLOG_ACTIVITY_ID, 0},
    {EVTX_NAME_CORRELATION, EVTX_NAME_RELATED_ACTIVITY_ID, FIELD_WINLOG_RELATED_ACTIVITY_ID, 0},
    {EVTX_NAME_EXECUTION, EVTX_NAME_PROCESS_ID, FIELD_WINLOG_PROCESS_PID, 0},
    {EVTX_NAME_EXECUTION, EVTX_NAME_THREAD_ID, FIELD_WINLOG_PROCESS_THREAD_ID, 0},
    {EVTX_NAME_CHANNEL, EVTX_ELEMENT_TEXT, FIELD_WINLOG_CHANNEL, 0},
    {EVTX_NAME_COMPUTER, EVTX_ELEMENT_TEXT, FIELD_WINLOG_COMPUTER_NAME, FIELD_HOST_NAME},
    {EVTX_NAME_SECURITY, EVTX_NAME_USER_ID, FIELD_WINLOG_USER_IDENTIFIER, 0},
};

static void set_time(struct evtx_fields *fields, struct str text) {
	int64_t time_ns;
	bool has_zone;
	size_t used;
	if (instant_parse_iso(text, &time_ns, &has_zone, &used)) {
		fields->time_ns = time_ns;
	}
}

void evtx_fields_system(struct evtx_fields *fields, uint8_t element, uint8_t attribute,
                        struct evtx_piece piece) {
	if (element == EVTX_NAME_TIME_CREATED && attribute == EVTX_NAME_SYSTEM_TIME) {
		set_time(fields, piece_text(fields, piece));
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(system_fields); i++) {
		const struct system_field *row = &system_fields[i];
		if (row->element != element || row->attribute != attribute || piece.len == 0) {
			continue;
		}
		add_piece(fields, row->field, piece);
		if (row->also != 0) {
			add_piece(fields, row->also, piece);
		}
		fields->has_record_id |= row->field == FIELD_WINLOG_RECORD_ID;
		return;
	}
}

/* ---- event data ---- */

static const struct str section_prefix[] = {
    [EVTX_SECTION_EVENT_DATA] = STR_INIT("winlog.event_data."),
    [EVTX_SECTION_USER_DATA] = STR_INIT("winlog.user_data."),
};

/* The name under which an element's text is kept: <Data Name="x"> is x, others are their own. */
static struct str datum_name(const struct evtx_fields *fields, const struct evtx_datum *datum,
                             bool *out_escaped) {
	const struct evtx_element *element = datum->element;
	*out_escaped = false;
	if (datum->is_data && element->data_name_len > 0) {
		*out_escaped = element->data_name_escaped;
		return str_make(datum->literals + element->data_name, element->data_name_len);
	}
	if (datum->is_data && datum->name.len > 0) {
		*out_escaped = datum->name.escaped;
		return piece_text(fields, datum->name);
	}
	return str_make(datum->literals + element->name, element->name_len);
}

/* Whether the number that an element had last time still stands for this name: batches change. */
static bool field_is(const struct evtx_fields *fields, const struct evtx_datum *datum,
                     struct str name) {
	const struct evtx_element *element = datum->element;
	struct str prefix = section_prefix[datum->section];
	if (element->field == UINT32_MAX || element->field_section != datum->section ||
	    element->field >= FIELD_KNOWN_COUNT + fields->batch->fields.names_count) {
		return false;
	}
	struct str full = fields_name_text(fields->batch, element->field);
	return full.len == prefix.len + name.len && str_ends(full, name) && str_starts(full, prefix);
}

static uint32_t datum_field(struct evtx_fields *fields, const struct evtx_datum *datum) {
	struct evtx_element *element = datum->element;
	bool escaped;
	struct str name = datum_name(fields, datum, &escaped);
	if (!escaped && field_is(fields, datum, name)) {
		return element->field;
	}
	struct buf *full = &fields->scratch;
	buf_clear(full);
	buf_append_str(full, section_prefix[datum->section]);
	if (escaped) {
		evtx_unescape(full, name);
	} else {
		buf_append_str(full, name);
	}
	element->field = fields_name(fields->batch, buf_str(full));
	element->field_section = datum->section;
	return element->field;
}

void evtx_fields_datum(struct evtx_fields *fields, const struct evtx_datum *datum) {
	ASSERT(datum->section == EVTX_SECTION_EVENT_DATA || datum->section == EVTX_SECTION_USER_DATA);
	add_piece(fields, datum_field(fields, datum), datum->value);
}

void evtx_fields_message(struct evtx_fields *fields, struct evtx_piece piece) {
	add_piece(fields, FIELD_MESSAGE, piece);
}

/* ---- into the batch ---- */

static struct value found_value(struct evtx_fields *fields, const struct evtx_found *found) {
	struct str text = piece_text(fields, found->piece);
	if (found->piece.escaped) {
		size_t before = fields->scratch.len;
		evtx_unescape(&fields->scratch, text);
		text = str_slice(buf_str(&fields->scratch), before, fields->scratch.len);
	}
	return (struct value){(enum value_kind)found->kind, text};
}

static void put_list(struct evtx_fields *fields, const struct evtx_found *first) {
	struct buf list = {0};
	for (const struct evtx_found *found = first;;) {
		buf_clear(&fields->scratch);
		value_list_append(&list, found_value(fields, found));
		if (found->more == 0) {
			break;
		}
		found = found_at(fields, found->more - 1);
	}
	fields_put(fields->batch, first->name, (struct value){VALUE_LIST, buf_str(&list)});
	buf_deinit(&list);
}

static void put_level(struct evtx_fields *fields, struct str level) {
	static const struct str words[] = {
	    STR_INIT("information"), STR_INIT("critical"),    STR_INIT("error"),
	    STR_INIT("warning"),     STR_INIT("information"), STR_INIT("verbose"),
	};
	if (level.len == 1 && level.ptr[0] >= '0' && level.ptr[0] <= '5') {
		fields_put_str(fields->batch, FIELD_LOG_LEVEL, words[level.ptr[0] - '0']);
	}
}

/* Security events say in Keywords whether what was audited was done or refused. */
static void put_outcome(struct evtx_fields *fields, struct str keywords) {
	uint64_t bits = 0;
	for (size_t i = 2; i < keywords.len && i < 18; i++) {
		char c = char_lower(keywords.ptr[i]);
		bits = bits << 4 | (uint64_t)(char_is_digit(c) ? c - '0' : (c - 'a' + 10) & 15);
	}
	if (bits & AUDIT_FAILURE) {
		fields_put_str(fields->batch, FIELD_EVENT_OUTCOME, STR("failure"));
	} else if (bits & AUDIT_SUCCESS) {
		fields_put_str(fields->batch, FIELD_EVENT_OUTCOME, STR("success"));
	}
}

void evtx_fields_put(struct evtx_fields *fields) {
	fields_set_text(fields->batch, buf_str(&fields->xml));
	fields_set_format(fields->batch, STR("evtx"));
	evtx_fields_put_values(fields);
}

void evtx_fields_put_values(struct evtx_fields *fields) {
	struct batch *batch = fields->batch;
	uint32_t count = (uint32_t)(fields->found.len / sizeof(struct evtx_found));
	if (fields->time_ns != INSTANT_MIN) {
		fields_set_time(batch, fields->time_ns, 0);
	}
	fields_put_str(batch, FIELD_EVENT_KIND, STR("event"));
	for (uint32_t i = 0; i < count; i++) {
		const struct evtx_found *found = found_at(fields, i);
		if (!found->first) {
			continue;
		}
		if (found->more != 0) {
			put_list(fields, found);
		} else if (found->piece.escaped) {
			buf_clear(&fields->scratch);
			fields_put(batch, found->name, found_value(fields, found));
		} else {
			fields_put_span(batch, found->name, (enum value_kind)found->kind, found->piece.offset,
			                found->piece.len);
		}
		struct str text = piece_text(fields, found->piece);
		if (found->name == FIELD_WINLOG_LEVEL) {
			put_level(fields, text);
		} else if (found->name == FIELD_WINLOG_KEYWORDS) {
			put_outcome(fields, text);
		}
	}
}
