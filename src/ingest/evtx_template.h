/* Templates and their instances: which program an instance runs, and over which values. A template
 * that is damaged in this chunk is taken from an earlier one that has it whole.
 */
#pragma once

#include "ingest/evtx_program.h"

enum { EVTX_DESCRIPTOR_SIZE = 4 };

/* One value of a template instance. */
struct evtx_value {
	uint32_t at; /* chunk offset */
	uint16_t size;
	uint8_t type; /* enum evtx_type, EVTX_ARRAY */
};

/* Where the parts of an instance stand, by offsets in the chunk. */
struct evtx_layout {
	uint32_t template_id;
	uint32_t definition;
	uint32_t descriptors;
	uint32_t count;
	uint32_t values;
};

/* Reads the parts of the instance whose token is at at; NULL, or what is wrong. */
const char *evtx_instance_layout(const struct evtx_chunk *chunk, uint32_t at, uint32_t end,
                                 struct evtx_layout *out_layout);

struct evtx_instance {
	struct evtx_program *program; /* NULL: there is none, fault says why */
	uint32_t first;               /* index into chunk->values */
	uint32_t count;
	uint32_t end;      /* behind the last value */
	const char *fault; /* what is wrong, or NULL */
	uint32_t fault_at;
};

/* Reads the instance whose token is at at (at < end <= chunk->size), and pushes its values. The
 * caller pops them: chunk->values.len as it was before. */
void evtx_instance_read(struct evtx_chunk *chunk, uint32_t at, uint32_t end,
                        struct evtx_instance *out_instance);
