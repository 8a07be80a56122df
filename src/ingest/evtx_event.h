/* One event: programs run over values, giving XML text, and beside it the fields as places in that
 * text. Afterwards both go into a row of a batch.
 */
#pragma once

#include "event/batch.h"
#include "ingest/evtx_template.h"
#include "ingest/evtx_value.h"

enum evtx_section {
	EVTX_SECTION_NONE,
	EVTX_SECTION_SYSTEM,
	EVTX_SECTION_EVENT_DATA, /* ProcessingErrorData too */
	EVTX_SECTION_USER_DATA,
	EVTX_SECTION_RENDERING,
};

/* An element that is open while programs run. */
struct evtx_frame {
	const struct evtx_program *program;
	struct evtx_element *element;
	uint8_t name; /* enum evtx_name */
	bool in_head; /* no ">" yet */
	bool has_children;
	bool escaped;                      /* its text */
	uint32_t text;                     /* behind ">" */
	uint32_t data_name, data_name_len; /* value of an attribute Name that came at run time */
	bool data_name_escaped;
};

/* A value found: a piece of the XML. */
struct evtx_found {
	uint32_t name; /* field number in the batch */
	uint32_t offset, len;
	uint32_t more; /* index + 1 of the next value of the same field, or 0 */
	uint32_t last; /* of the first value: index of the last one */
	uint8_t kind;  /* enum value_kind */
	bool escaped;
	bool first; /* of its field in this event */
};

/* Where a field number was last seen: in event number stamp, as found[index]. */
struct evtx_seen {
	uint32_t stamp;
	uint32_t index;
};

struct evtx_event {
	struct evtx_chunk *chunk;
	struct batch *batch; /* the row being made; numbers of names are its */
	struct buf xml;
	struct buf found;       /* struct evtx_found */
	struct buf scratch;     /* names, unescaped values, lists */
	struct evtx_seen *seen; /* one for each possible field number */
	uint32_t stamp;
	uint32_t depth;
	uint32_t nesting; /* templates and fragments within each other */
	uint8_t section;  /* enum evtx_section */
	bool in_attribute;
	bool attribute_escaped;
	uint32_t attribute; /* start of its value in xml */
	int64_t time_ns;    /* of TimeCreated; INSTANT_MIN: none found */
	bool has_record_id;
	const char *fault; /* the first one, or NULL */
	uint32_t fault_at; /* chunk offset */
	struct evtx_frame frames[LIMIT_XML_DEPTH];
};

void evtx_event_init(struct evtx_event *event, struct evtx_chunk *chunk);
void evtx_event_deinit(struct evtx_event *event);

/* Renders the BinXML at [at, end) of the chunk as one event: event->xml, and what was found. What
 * is damaged is left out, event->fault says so; the XML stays well-formed. */
void evtx_event_render(struct evtx_event *event, struct batch *batch, uint32_t at, uint32_t end);

/* Puts text, time and fields into the batch's current row (after fields_begin_row). */
void evtx_event_put(struct evtx_event *event);
