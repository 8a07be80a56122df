/* The machine that runs programs: it writes XML, and tells evtx_fields what it has written where.
 */
#include "ingest/evtx_event.h"

enum {
	NESTING_MAX = 16, /* templates and values within each other */
	STEP_COST = 8,    /* of the budget, above the bytes that are written */
};

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
	evtx_fields_init(&event->fields);
}

void evtx_event_deinit(struct evtx_event *event) {
	evtx_fields_deinit(&event->fields);
}

/* A piece of the XML from offset to its end here. */
static struct evtx_piece piece_here(const struct evtx_event *event, uint32_t offset, bool escaped) {
	return (struct evtx_piece){offset, (uint32_t)event->fields.xml.len - offset, escaped};
}

/* The text of an element without children. */
static void leaf(struct evtx_event *event, const struct evtx_frame *frame,
                 struct evtx_piece piece) {
	struct evtx_fields *fields = &event->fields;
	if (event->section == EVTX_SECTION_SYSTEM && event->depth == 3) {
		evtx_fields_system(fields, frame->name, EVTX_ELEMENT_TEXT, piece);
	} else if (event->section == EVTX_SECTION_RENDERING && event->depth == 3) {
		if (frame->name == EVTX_NAME_MESSAGE) {
			evtx_fields_message(fields, piece);
		}
	} else if (event->depth > 2 && (event->section == EVTX_SECTION_EVENT_DATA ||
	                                event->section == EVTX_SECTION_USER_DATA)) {
		evtx_fields_datum(fields, &(struct evtx_datum){.section = event->section,
		                                               .element = frame->element,
		                                               .literals = frame->program->literals,
		                                               .is_data = frame->name == EVTX_NAME_DATA,
		                                               .name = frame->data_name,
		                                               .value = piece});
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
	buf_append(&event->fields.xml, program->literals + op->literal, op->literal_len);
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
		event->section = evtx_section_of(op->name);
	}
	return true;
}

static void end_attribute(struct evtx_event *event, const struct evtx_op *op) {
	struct evtx_frame *frame = top(event);
	struct evtx_piece piece = piece_here(event, event->attribute, event->attribute_escaped);
	if (event->section == EVTX_SECTION_SYSTEM && event->depth == 3) {
		evtx_fields_system(&event->fields, frame->name, op->name, piece);
	} else if (op->name == EVTX_NAME_NAME) {
		frame->data_name = piece;
	}
}

static void end_element(struct evtx_event *event) {
	struct evtx_frame *frame = top(event);
	if (!frame->has_children) {
		struct evtx_piece piece = {0};
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
	size_t before = event->fields.xml.len;
	struct evtx_out out = {.xml = &event->fields.xml,
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
	return evtx_chunk_spend(event->chunk, event->fields.xml.len - before);
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
		event->attribute = (uint32_t)event->fields.xml.len;
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
		top(event)->text = (uint32_t)event->fields.xml.len;
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
		buf_append_char(&event->fields.xml, '\'');
		event->in_attribute = false;
	}
	while (event->depth > depth) {
		struct evtx_frame *frame = top(event);
		if (frame->in_head) {
			buf_append_str(&event->fields.xml, STR("/>"));
		} else {
			buf_append_str(&event->fields.xml, STR("</"));
			buf_append(&event->fields.xml, frame->program->literals + frame->element->name,
			           frame->element->name_len);
			buf_append_char(&event->fields.xml, '>');
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
	evtx_fields_begin(&event->fields, batch);
	event->depth = 0;
	event->nesting = 0;
	event->section = EVTX_SECTION_NONE;
	event->in_attribute = false;
	event->fault = NULL;
	event->fault_at = 0;
	render_fragment(event, at, end);
}
