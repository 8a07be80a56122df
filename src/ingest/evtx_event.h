/* One event: programs run over values, giving XML text and, beside it, fields.
 */
#pragma once

#include "ingest/evtx_fields.h"
#include "ingest/evtx_template.h"
#include "ingest/evtx_value.h"

/* An element that is open while programs run. */
struct evtx_frame {
	const struct evtx_program *program;
	struct evtx_element *element;
	uint8_t name; /* enum evtx_name */
	bool in_head; /* no ">" yet */
	bool has_children;
	bool escaped;                /* its text */
	uint32_t text;               /* behind ">" */
	struct evtx_piece data_name; /* value of an attribute Name that came at run time */
};

struct evtx_event {
	struct evtx_chunk *chunk;
	struct evtx_fields fields;
	uint32_t depth;
	uint32_t nesting; /* templates and fragments within each other */
	uint8_t section;  /* enum evtx_section */
	bool in_attribute;
	bool attribute_escaped;
	uint32_t attribute; /* start of its value in the XML */
	const char *fault;  /* the first one, or NULL */
	uint32_t fault_at;  /* chunk offset */
	struct evtx_frame frames[LIMIT_XML_DEPTH];
};

void evtx_event_init(struct evtx_event *event, struct evtx_chunk *chunk);
void evtx_event_deinit(struct evtx_event *event);

/* Renders the BinXML at [at, end) of the chunk as one event into event->fields, for
 * evtx_fields_put. What is damaged is left out, event->fault says so; the XML stays well-formed. */
void evtx_event_render(struct evtx_event *event, struct batch *batch, uint32_t at, uint32_t end);
