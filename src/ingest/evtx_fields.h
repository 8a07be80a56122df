/* What an event says, as fields: pieces of its XML are collected while it is rendered, and put into
 * the batch when it is whole (rules: docs/formats/evtx.md).
 */
#pragma once

#include "event/batch.h"
#include "ingest/evtx_program.h"

enum evtx_section {
	EVTX_SECTION_NONE,
	EVTX_SECTION_SYSTEM,
	EVTX_SECTION_EVENT_DATA, /* ProcessingErrorData too */
	EVTX_SECTION_USER_DATA,
	EVTX_SECTION_RENDERING,
};
/* The section that an element below Event begins (enum evtx_name), or EVTX_SECTION_NONE. */
uint8_t evtx_section_of(uint8_t name);

enum { EVTX_ELEMENT_TEXT = EVTX_NAME_COUNT }; /* in place of the name of an attribute */

/* A piece of the XML; escaped: with references in it. */
struct evtx_piece {
	uint32_t offset, len;
	bool escaped;
};

/* A value found. */
struct evtx_found {
	uint32_t name; /* field number in the batch */
	struct evtx_piece piece;
	uint32_t more; /* index + 1 of the next value of the same field, or 0 */
	uint32_t last; /* of the first value: index of the last one */
	uint8_t kind;  /* enum value_kind */
	bool first;    /* of its field in this event */
};

/* Where a field number was last seen: in event number stamp, as found[index]. */
struct evtx_seen {
	uint32_t stamp;
	uint32_t index;
};

struct evtx_fields {
	struct batch *batch;    /* the row being made; numbers of names are its */
	struct buf xml;         /* of the event; the renderer writes it */
	struct buf found;       /* struct evtx_found */
	struct buf scratch;     /* names, unescaped values */
	struct evtx_seen *seen; /* one for each possible field number */
	uint32_t stamp;
	int64_t time_ns; /* of TimeCreated; INSTANT_MIN: none found */
	bool has_record_id;
};

void evtx_fields_init(struct evtx_fields *fields);
void evtx_fields_deinit(struct evtx_fields *fields);
/* Forgets the event before; the next one belongs to batch. */
void evtx_fields_begin(struct evtx_fields *fields, struct batch *batch);

/* A value of System: of an attribute, or the text of an element (EVTX_ELEMENT_TEXT). */
void evtx_fields_system(struct evtx_fields *fields, uint8_t element, uint8_t attribute,
                        struct evtx_piece piece);
void evtx_fields_message(struct evtx_fields *fields, struct evtx_piece piece);

/* A value of event data or user data, under the name of its element, or under name when that has
 * any text. literals: of the element's program. */
struct evtx_datum {
	uint8_t section; /* enum evtx_section */
	struct evtx_element *element;
	const char *literals;
	bool is_data;           /* the element is <Data>: its attribute Name counts */
	struct evtx_piece name; /* of that attribute when it came at run time; len 0: none */
	struct evtx_piece value;
};
void evtx_fields_datum(struct evtx_fields *fields, const struct evtx_datum *datum);

/* Puts text, time and fields into the batch's current row (after fields_begin_row). */
void evtx_fields_put(struct evtx_fields *fields);
/* Time and fields alone: the row has its text, with which fields->xml begins. */
void evtx_fields_put_values(struct evtx_fields *fields);
