/* The machine that runs programs, and the rules by which elements become fields
 * (docs/formats/evtx.md).
 */
#include "ingest/evtx_event.h"

#include "base/endian.h"
#include "base/instant.h"

enum {
	NESTING_MAX = 16, /* templates and values within each other */
	STEP_COST = 8,    /* of the budget, above the bytes that are written */
};
#define AUDIT_FAILURE ((uint64_t)0x10000000000000)
#define AUDIT_SUCCESS ((uint64_t)0x20000000000000)

enum { ELEMENT_TEXT = EVTX_NAME_COUNT }; /* in place of the name of an attribute */

static const char fault_budget[] = "events of this chunk grow beyond the limit";
static const char fault_depth[] = "elements nested too deeply";
static const char fault_missing[] = "template asks for a value that the record does not have";
static const char fault_nested[] = "BinXML within an attribute";

static void set_fault(struct evtx_event *event, const char *fault, uint32_t at) {
	if (event->fault == NULL) {
		event->fault = fault;
		event->fault_at = at;
	}
}

void evtx_event_init(struct evtx_event *event, struct evtx_chunk *chunk) {
	*event = (struct evtx_event){.chunk = chunk};
	event->seen = calloc(FIELD_KNOWN_COUNT + LIMIT_NAMES_PER_BATCH, sizeof(*event->seen));
	ASSERT(event->seen != NULL);
}

void evtx_event_deinit(struct evtx_event *event) {
	free(event->seen);
	buf_deinit(&event->xml);
	buf_deinit(&event->found);
	buf_deinit(&event->scratch);
}

/* ---- what is found ---- */

static struct evtx_found *found_at(struct evtx_event *event, uint32_t i) {
	return (struct evtx_found *)(void *)event->found.ptr + i;
}

static void add_found(struct evtx_event *event, struct evtx_found found) {
	if (found.name == UINT32_MAX) {
		return;
	}
	uint32_t index = (uint32_t)(event->found.len / sizeof(found));
	struct evtx_seen *seen = &event->seen[found.name];
	found.first = seen->stamp != event->stamp;
	found.last = index;
	buf_append(&event->found, &found, sizeof(found));
	if (found.first) {
		*seen = (struct evtx_seen){event->stamp, index};
		return;
	}
	struct evtx_found *first = found_at(event, seen->index);
	found_at(event, first->last)->more = index + 1;
	first->last = index;
}

/* A piece of the XML from offset to its end here. */
struct piece {
	uint32_t offset, len;
	bool escaped;
};

static struct piece piece_here(const struct evtx_event *event, uint32_t offset, bool escaped) {
	return (struct piece){offset, (uint32_t)event->xml.len - offset, escaped};
}

static struct str piece_text(const struct evtx_event *event, struct piece piece) {
	return piece.len == 0 ? STR("") : str_make(event->xml.ptr + piece.offset, piece.len);
}

static bool is_decimal(struct str text) {
	for (size_t i = 0; i < text.len; i++) {
		if (!char_is_digit(text.ptr[i])) {
			return false;
		}
	}
	return text.len > 0 && (text.len == 1 || text.ptr[0] != '0');
}

static void add_piece(struct evtx_event *event, uint32_t field, struct piece piece) {
	bool number = field < FIELD_KNOWN_COUNT && field_known_type(field) == FIELD_TYPE_LONG &&
	              is_decimal(piece_text(event, piece));
	add_found(event, (struct evtx_found){.name = field,
	                                     .offset = piece.offset,
	                                     .len = piece.len,
	                                     .kind = number ? VALUE_NUMBER : VALUE_STRING,
	                                     .escaped = piece.escaped});
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
    {EVTX_NAME_EVENT_ID, ELEMENT_TEXT, FIELD_WINLOG_EVENT_ID, FIELD_EVENT_CODE},
    {EVTX_NAME_VERSION, ELEMENT_TEXT, FIELD_WINLOG_VERSION, 0},
    {EVTX_NAME_LEVEL, ELEMENT_TEXT, FIELD_WINLOG_LEVEL, 0},
    {EVTX_NAME_TASK, ELEMENT_TEXT, FIELD_WINLOG_TASK, 0},
    {EVTX_NAME_OPCODE, ELEMENT_TEXT, FIELD_WINLOG_OPCODE, 0},
    {EVTX_NAME_KEYWORDS, ELEMENT_TEXT, FIELD_WINLOG_KEYWORDS, 0},
    {EVTX_NAME_EVENT_RECORD_ID, ELEMENT_TEXT, FIELD_WINLOG_RECORD_ID, 0},
    {EVTX_NAME_CORRELATION, EVTX_NAME_ACTIVITY_ID, FIELD_WINLOG_ACTIVITY_ID, 0},
    {EVTX_NAME_CORRELATION, EVTX_NAME_RELATED_ACTIVITY_ID, FIELD_WINLOG_RELATED_ACTIVITY_ID, 0},
    {EVTX_NAME_EXECUTION, EVTX_NAME_PROCESS_ID, FIELD_WINLOG_PROCESS_PID, 0},
    {EVTX_NAME_EXECUTION, EVTX_NAME_THREAD_ID, FIELD_WINLOG_PROCESS_THREAD_ID, 0},
    {EVTX_NAME_CHANNEL, ELEMENT_TEXT, FIELD_WINLOG_CHANNEL, 0},
    {EVTX_NAME_COMPUTER, ELEMENT_TEXT, FIELD_WINLOG_COMPUTER_NAME, FIELD_HOST_NAME},
    {EVTX_NAME_SECURITY, EVTX_NAME_USER_ID, FIELD_WINLOG_USER_IDENTIFIER, 0},
};

static void set_time(struct evtx_event *event, struct str text) {
	int64_t time_ns;
	bool has_zone;
	size_t used;
	if (instant_parse_iso(text, &time_ns, &has_zone, &used)) {
		event->time_ns = time_ns;
	}
}

static void system_value(struct evtx_event *event, uint8_t element, uint8_t attribute,
                         struct piece piece) {
	if (element == EVTX_NAME_TIME_CREATED && attribute == EVTX_NAME_SYSTEM_TIME) {
		set_time(event, piece_text(event, piece));
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(system_fields); i++) {
		const struct system_field *row = &system_fields[i];
		if (row->element != element || row->attribute != attribute || piece.len == 0) {
			continue;
		}
		add_piece(event, row->field, piece);
		if (row->also != 0) {
			add_piece(event, row->also, piece);
		}
		event->has_record_id |= row->field == FIELD_WINLOG_RECORD_ID;
		return;
	}
}

/* ---- event data ---- */

static const struct str section_prefix[] = {
    [EVTX_SECTION_EVENT_DATA] = STR_INIT("winlog.event_data."),
    [EVTX_SECTION_USER_DATA] = STR_INIT("winlog.user_data."),
};

/* The name under which an element's text is kept: <Data Name="x"> is x, others are their own. */
static struct str data_name(struct evtx_event *event, const struct evtx_frame *frame,
                            bool *out_escaped) {
	const struct evtx_element *element = frame->element;
	const char *literals = frame->program->literals;
	*out_escaped = false;
	if (frame->name == EVTX_NAME_DATA && element->data_name_len > 0) {
		*out_escaped = element->data_name_escaped;
		return str_make(literals + element->data_name, element->data_name_len);
	}
	if (frame->name == EVTX_NAME_DATA && frame->data_name_len > 0) {
		*out_escaped = frame->data_name_escaped;
		return str_make(event->xml.ptr + frame->data_name, frame->data_name_len);
	}
	return str_make(literals + element->name, element->name_len);
}

/* Whether the number that an element had last time still stands for this name: batches change. */
static bool field_is(const struct evtx_event *event, const struct evtx_element *element,
                     struct str prefix, struct str name) {
	if (element->field == UINT32_MAX || element->field_section != event->section ||
	    element->field >= FIELD_KNOWN_COUNT + event->batch->fields.names_count) {
		return false;
	}
	struct str full = fields_name_text(event->batch, element->field);
	return full.len == prefix.len + name.len && str_ends(full, name) && str_starts(full, prefix);
}

static uint32_t data_field(struct evtx_event *event, const struct evtx_frame *frame) {
	struct str prefix = section_prefix[event->section];
	struct evtx_element *element = frame->element;
	bool escaped;
	struct str name = data_name(event, frame, &escaped);
	if (!escaped && field_is(event, element, prefix, name)) {
		return element->field;
	}
	struct buf *full = &event->scratch;
	buf_clear(full);
	buf_append_str(full, prefix);
	if (escaped) {
		evtx_unescape(full, name);
	} else {
		buf_append_str(full, name);
	}
	element->field = fields_name(event->batch, buf_str(full));
	element->field_section = event->section;
	return element->field;
}

/* The text of an element without children. */
static void leaf(struct evtx_event *event, const struct evtx_frame *frame, struct piece piece) {
	if (event->section == EVTX_SECTION_SYSTEM && event->depth == 3) {
		system_value(event, frame->name, ELEMENT_TEXT, piece);
	} else if (event->section == EVTX_SECTION_RENDERING && event->depth == 3) {
		if (frame->name == EVTX_NAME_MESSAGE) {
			add_piece(event, FIELD_MESSAGE, piece);
		}
	} else if (event->depth > 2 && (event->section == EVTX_SECTION_EVENT_DATA ||
	                                event->section == EVTX_SECTION_USER_DATA)) {
		add_piece(event, data_field(event, frame), piece);
	}
}

static uint8_t section_of(uint8_t name) {
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

/* ---- running ---- */

static void render_fragment(struct evtx_event *event, uint32_t at, uint32_t end);
static void run(struct evtx_event *event, const struct evtx_program *program,
                const struct evtx_instance *values, uint32_t from, uint32_t to);

static struct evtx_frame *top(struct evtx_event *event) {
	ASSERT(event->depth > 0);
	return &event->frames[event->depth - 1];
}

static struct evtx_value *value_at(struct evtx_event *event, const struct evtx_instance *values,
                                   uint16_t number) {
	if (number >= values->count) {
		return NULL;
	}
	return (struct evtx_value *)(void *)event->chunk->values.ptr + values->first + number;
}

static void append_literal(struct evtx_event *event, const struct evtx_program *program,
                           const struct evtx_op *op) {
	buf_append(&event->xml, program->literals + op->literal, op->literal_len);
}

static bool begin_element(struct evtx_event *event, const struct evtx_program *program,
                          const struct evtx_op *op) {
	if (event->depth == LIMIT_XML_DEPTH) {
		set_fault(event, fault_depth, program->definition);
		return false;
	}
	if (event->depth > 0) {
		top(event)->has_children = true;
	}
	struct evtx_frame *frame = &event->frames[event->depth++];
	*frame = (struct evtx_frame){.program = program,
	                             .element = &program->elements[op->index],
	                             .name = op->name,
	                             .in_head = true};
	if (event->depth == 2) {
		event->section = section_of(op->name);
	}
	return true;
}

static void end_attribute(struct evtx_event *event, const struct evtx_op *op) {
	struct evtx_frame *frame = top(event);
	struct piece piece = piece_here(event, event->attribute, event->attribute_escaped);
	if (event->section == EVTX_SECTION_SYSTEM && event->depth == 3) {
		system_value(event, frame->name, op->name, piece);
	} else if (op->name == EVTX_NAME_NAME) {
		frame->data_name = piece.offset;
		frame->data_name_len = piece.len;
		frame->data_name_escaped = piece.escaped;
	}
}

static void end_element(struct evtx_event *event) {
	struct evtx_frame *frame = top(event);
	if (!frame->has_children) {
		struct piece piece = {0};
		if (!frame->in_head) {
			piece = piece_here(event, frame->text, frame->escaped);
		}
		leaf(event, frame, piece);
	}
	event->depth--;
	if (event->depth == 1) {
		event->section = EVTX_SECTION_NONE;
	}
}

/* Items of an array in one place, where the element cannot be repeated. */
static void append_joined(struct evtx_out *out, uint8_t type, struct str array) {
	size_t at = 0;
	struct str item;
	for (bool first = true; evtx_array_next(type, array, &at, &item); first = false) {
		if (!first) {
			buf_append_str(out->xml, STR(", "));
		}
		evtx_append_value(out, type, item);
	}
}

static bool append_substitution(struct evtx_event *event, const struct evtx_op *op,
                                const struct evtx_instance *values) {
	const struct evtx_value *value = value_at(event, values, op->value);
	if (value == NULL) {
		set_fault(event, fault_missing, values->end);
		return true;
	}
	struct str bytes = str_make(event->chunk->bytes + value->at, value->size);
	if (value->type == EVTX_BINXML) {
		if (op->in_attribute) {
			set_fault(event, fault_nested, value->at);
		} else {
			render_fragment(event, value->at, value->at + value->size);
		}
		return true;
	}
	size_t before = event->xml.len;
	struct evtx_out out = {.xml = &event->xml,
	                       .place = op->in_attribute ? EVTX_IN_ATTRIBUTE : EVTX_IN_TEXT};
	if (value->type & EVTX_ARRAY) {
		append_joined(&out, value->type & 0x7f, bytes);
	} else {
		evtx_append_value(&out, value->type, bytes);
	}
	if (op->in_attribute) {
		event->attribute_escaped |= out.escaped;
	} else if (event->depth > 0) {
		top(event)->escaped |= out.escaped;
	}
	return evtx_chunk_spend(event->chunk, event->xml.len - before);
}

/* An element whose only content is an array comes once for each item. */
static bool run_repeated(struct evtx_event *event, const struct evtx_program *program,
                         const struct evtx_instance *values, uint32_t start) {
	const struct evtx_element *element = &program->elements[program->ops[start].index];
	const struct evtx_value *value = value_at(event, values, element->repeat_value);
	if (value == NULL || (value->type & EVTX_ARRAY) == 0 || value->size == 0) {
		return false;
	}
	struct evtx_value array = *value;
	uint8_t type = array.type & 0x7f;
	struct str bytes = str_make(event->chunk->bytes + array.at, array.size);
	struct str item;
	for (size_t at = 0; evtx_array_next(type, bytes, &at, &item);) {
		*value_at(event, values, element->repeat_value) =
		    (struct evtx_value){.at = (uint32_t)(item.ptr - event->chunk->bytes),
		                        .size = (uint16_t)item.len,
		                        .type = type};
		run(event, program, values, start, element->end + 1);
	}
	*value_at(event, values, element->repeat_value) = array;
	return true;
}

/* An attribute whose only, optional value is missing is left out. */
static bool attribute_is_left_out(struct evtx_event *event, const struct evtx_op *op,
                                  const struct evtx_instance *values) {
	if (op->value == EVTX_NO_VALUE) {
		return false;
	}
	const struct evtx_value *value = value_at(event, values, op->value);
	return value == NULL || value->type == EVTX_NULL || value->size == 0;
}

/* Instances push their values above those of the one that runs, and pop them. */
static void run_instance(struct evtx_event *event, uint32_t at, uint32_t end, uint32_t *out_end) {
	struct evtx_instance instance;
	size_t values_before = event->chunk->values.len;
	*out_end = end;
	if (event->nesting == NESTING_MAX) {
		set_fault(event, fault_depth, at);
		return;
	}
	event->nesting++;
	evtx_instance_read(event->chunk, at, end, &instance);
	if (instance.fault != NULL) {
		set_fault(event, instance.fault, instance.fault_at);
	}
	if (instance.program != NULL) {
		run(event, instance.program, &instance, 0, instance.program->ops_count);
		if (instance.program->fault != NULL) {
			set_fault(event, instance.program->fault, instance.program->fault_at);
		}
		*out_end = instance.end;
	}
	event->chunk->values.len = values_before;
	event->nesting--;
}

/* Runs one operation; false when a limit was met. *i is moved where operations are left out. */
static bool step(struct evtx_event *event, const struct evtx_program *program,
                 const struct evtx_instance *values, uint32_t *i) {
	const struct evtx_op *op = &program->ops[*i];
	uint32_t ignored;
	switch ((enum evtx_op_kind)op->kind) {
	case EVTX_OP_START:
		if (program->elements[op->index].repeat_value != EVTX_NO_VALUE &&
		    run_repeated(event, program, values, *i)) {
			*i = program->elements[op->index].end;
			return event->chunk->budget > 0;
		}
		if (!begin_element(event, program, op)) {
			return false;
		}
		append_literal(event, program, op);
		break;
	case EVTX_OP_ATTRIBUTE:
		if (attribute_is_left_out(event, op, values)) {
			*i = op->index;
			break;
		}
		append_literal(event, program, op);
		event->in_attribute = true;
		event->attribute = (uint32_t)event->xml.len;
		event->attribute_escaped = false;
		break;
	case EVTX_OP_ATTRIBUTE_END:
		end_attribute(event, op);
		event->in_attribute = false;
		append_literal(event, program, op);
		break;
	case EVTX_OP_CONTENT:
		append_literal(event, program, op);
		top(event)->in_head = false;
		top(event)->text = (uint32_t)event->xml.len;
		break;
	case EVTX_OP_EMPTY:
	case EVTX_OP_END:
		end_element(event);
		append_literal(event, program, op);
		break;
	case EVTX_OP_TEXT:
		append_literal(event, program, op);
		if (op->in_attribute) {
			event->attribute_escaped |= op->escaped;
		} else if (event->depth > 0) {
			top(event)->escaped |= op->escaped;
		}
		break;
	case EVTX_OP_VALUE:
		return append_substitution(event, op, values);
	case EVTX_OP_INSTANCE:
	default:
		run_instance(event, op->index, event->chunk->size, &ignored);
		break;
	}
	return true;
}

/* Closes what a limit left open above the given depth. */
static void unwind(struct evtx_event *event, uint32_t depth) {
	if (event->depth > depth && event->in_attribute) {
		buf_append_char(&event->xml, '\'');
		event->in_attribute = false;
	}
	while (event->depth > depth) {
		struct evtx_frame *frame = top(event);
		if (frame->in_head) {
			buf_append_str(&event->xml, STR("/>"));
		} else {
			buf_append_str(&event->xml, STR("</"));
			buf_append(&event->xml, frame->program->literals + frame->element->name,
			           frame->element->name_len);
			buf_append_char(&event->xml, '>');
		}
		event->depth--;
	}
	if (event->depth < 2) {
		event->section = EVTX_SECTION_NONE;
	}
}

static void run(struct evtx_event *event, const struct evtx_program *program,
                const struct evtx_instance *values, uint32_t from, uint32_t to) {
	uint32_t depth = event->depth;
	for (uint32_t i = from; i < to; i++) {
		if (!evtx_chunk_spend(event->chunk, STEP_COST + program->ops[i].literal_len) ||
		    !step(event, program, values, &i)) {
			if (event->chunk->budget == 0) {
				set_fault(event, fault_budget, program->definition);
			}
			break;
		}
	}
	unwind(event, depth);
}

/* A fragment: at most one header, then an instance of a template, or elements. */
static void render_fragment(struct evtx_event *event, uint32_t at, uint32_t end) {
	while (at < end && event->chunk->budget > 0) {
		uint8_t token = (uint8_t)event->chunk->bytes[at];
		if (token == 0x0f && end - at >= 4) {
			at += 4;
		} else if (token == 0x0c) {
			run_instance(event, at, end, &at);
		} else if (token == 0x00) {
			return;
		} else {
			break;
		}
		(void)evtx_chunk_spend(event->chunk, 1);
	}
	if (at >= end) {
		return;
	}
	if (event->nesting == NESTING_MAX || event->chunk->budget == 0) {
		set_fault(event, event->chunk->budget == 0 ? fault_budget : fault_depth, at);
		return;
	}
	event->nesting++;
	struct evtx_instance none = {.end = at};
	struct evtx_program *program = evtx_compile(event->chunk, at, end, false);
	run(event, program, &none, 0, program->ops_count);
	if (program->fault != NULL) {
		set_fault(event, program->fault, program->fault_at);
	}
	event->nesting--;
}

void evtx_event_render(struct evtx_event *event, struct batch *batch, uint32_t at, uint32_t end) {
	event->batch = batch;
	buf_clear(&event->xml);
	buf_clear(&event->found);
	event->stamp++;
	event->depth = 0;
	event->nesting = 0;
	event->section = EVTX_SECTION_NONE;
	event->time_ns = INSTANT_MIN;
	event->has_record_id = false;
	event->in_attribute = false;
	event->fault = NULL;
	event->fault_at = 0;
	if (event->stamp == 0) { /* went round: old stamps would look new */
		memset(event->seen, 0, (FIELD_KNOWN_COUNT + LIMIT_NAMES_PER_BATCH) * sizeof(*event->seen));
		event->stamp = 1;
	}
	render_fragment(event, at, end);
}

/* ---- into the batch ---- */

static struct value found_value(struct evtx_event *event, const struct evtx_found *found) {
	struct str text = str_make(event->xml.ptr + found->offset, found->len);
	if (found->len == 0) {
		text = STR("");
	} else if (found->escaped) {
		size_t before = event->scratch.len;
		evtx_unescape(&event->scratch, text);
		text = str_slice(buf_str(&event->scratch), before, event->scratch.len);
	}
	return (struct value){(enum value_kind)found->kind, text};
}

static void put_list(struct evtx_event *event, const struct evtx_found *first) {
	struct buf list = {0};
	for (const struct evtx_found *found = first;;) {
		buf_clear(&event->scratch);
		value_list_append(&list, found_value(event, found));
		if (found->more == 0) {
			break;
		}
		found = found_at(event, found->more - 1);
	}
	fields_put(event->batch, first->name, (struct value){VALUE_LIST, buf_str(&list)});
	buf_deinit(&list);
}

static void put_level(struct evtx_event *event, struct str level) {
	static const struct str words[] = {
	    STR_INIT("information"), STR_INIT("critical"),    STR_INIT("error"),
	    STR_INIT("warning"),     STR_INIT("information"), STR_INIT("verbose"),
	};
	if (level.len == 1 && level.ptr[0] >= '0' && level.ptr[0] <= '5') {
		fields_put_str(event->batch, FIELD_LOG_LEVEL, words[level.ptr[0] - '0']);
	}
}

/* Security events say in Keywords whether what was audited was done or refused. */
static void put_outcome(struct evtx_event *event, struct str keywords) {
	uint64_t bits = 0;
	for (size_t i = 2; i < keywords.len && i < 18; i++) {
		char c = char_lower(keywords.ptr[i]);
		bits = bits << 4 | (uint64_t)(char_is_digit(c) ? c - '0' : (c - 'a' + 10) & 15);
	}
	if (bits & AUDIT_FAILURE) {
		fields_put_str(event->batch, FIELD_EVENT_OUTCOME, STR("failure"));
	} else if (bits & AUDIT_SUCCESS) {
		fields_put_str(event->batch, FIELD_EVENT_OUTCOME, STR("success"));
	}
}

void evtx_event_put(struct evtx_event *event) {
	struct batch *batch = event->batch;
	uint32_t count = (uint32_t)(event->found.len / sizeof(struct evtx_found));
	fields_set_text(batch, buf_str(&event->xml));
	fields_set_format(batch, STR("evtx"));
	if (event->time_ns != INSTANT_MIN) {
		fields_set_time(batch, event->time_ns, 0);
	}
	fields_put_str(batch, FIELD_EVENT_KIND, STR("event"));
	for (uint32_t i = 0; i < count; i++) {
		const struct evtx_found *found = found_at(event, i);
		if (!found->first) {
			continue;
		}
		if (found->more != 0) {
			put_list(event, found);
		} else if (found->escaped) {
			buf_clear(&event->scratch);
			fields_put(batch, found->name, found_value(event, found));
		} else {
			fields_put_span(batch, found->name, (enum value_kind)found->kind, found->offset,
			                found->len);
		}
		struct str text = str_make(event->xml.ptr + found->offset, found->len);
		if (found->name == FIELD_WINLOG_LEVEL) {
			put_level(event, text);
		} else if (found->name == FIELD_WINLOG_KEYWORDS) {
			put_outcome(event, text);
		}
	}
}
