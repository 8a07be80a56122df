/* BinXML (MS-EVEN6 2.2.12) compiled: a template definition, or elements without a template, as a
 * row of operations that write XML when they are run over the values of an event
 * (evtx_event.h). A template is compiled once for the chunk that holds it.
 *
 * All positions are byte offsets from the start of the chunk, as in the format itself.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

enum { EVTX_CHUNK_SIZE = 65536 };

enum { EVTX_NO_VALUE = 0xffff };

/* Names that mean something to the reader. */
enum evtx_name {
	EVTX_NAME_OTHER,
	EVTX_NAME_SYSTEM,
	EVTX_NAME_EVENT_DATA,
	EVTX_NAME_USER_DATA,
	EVTX_NAME_PROCESSING_ERROR_DATA,
	EVTX_NAME_RENDERING_INFO,
	EVTX_NAME_DATA,
	EVTX_NAME_PROVIDER,
	EVTX_NAME_EVENT_ID,
	EVTX_NAME_VERSION,
	EVTX_NAME_LEVEL,
	EVTX_NAME_TASK,
	EVTX_NAME_OPCODE,
	EVTX_NAME_KEYWORDS,
	EVTX_NAME_TIME_CREATED,
	EVTX_NAME_EVENT_RECORD_ID,
	EVTX_NAME_CORRELATION,
	EVTX_NAME_EXECUTION,
	EVTX_NAME_CHANNEL,
	EVTX_NAME_COMPUTER,
	EVTX_NAME_SECURITY,
	EVTX_NAME_MESSAGE,
	/* attributes */
	EVTX_NAME_NAME,
	EVTX_NAME_GUID,
	EVTX_NAME_SYSTEM_TIME,
	EVTX_NAME_ACTIVITY_ID,
	EVTX_NAME_RELATED_ACTIVITY_ID,
	EVTX_NAME_PROCESS_ID,
	EVTX_NAME_THREAD_ID,
	EVTX_NAME_USER_ID,
	EVTX_NAME_COUNT,
};

/* enum evtx_name of an element or attribute; EVTX_NAME_OTHER for all that have no row. */
uint8_t evtx_name_find(struct str name);

enum evtx_op_kind {
	EVTX_OP_START,         /* "<Data": index is the element's */
	EVTX_OP_ATTRIBUTE,     /* " Name='": index is that of its end operation */
	EVTX_OP_ATTRIBUTE_END, /* "'" */
	EVTX_OP_CONTENT,       /* ">" */
	EVTX_OP_EMPTY,         /* "/>" ends the element */
	EVTX_OP_END,           /* "</Data>" ends the element */
	EVTX_OP_TEXT,
	EVTX_OP_VALUE,    /* no literal; value is the number of the substitution */
	EVTX_OP_INSTANCE, /* no literal; index is the offset of a template instance */
};

struct evtx_op {
	uint8_t kind; /* enum evtx_op_kind */
	uint8_t name; /* enum evtx_name of an element or attribute */
	bool escaped; /* the literal of a TEXT has references */
	bool in_attribute;
	uint16_t value; /* VALUE; ATTRIBUTE: without this value it is left out, or EVTX_NO_VALUE */
	uint32_t index;
	uint32_t literal; /* XML to append: offset and length in program->literals */
	uint32_t literal_len;
};

struct evtx_element {
	uint32_t name, name_len;           /* in program->literals */
	uint32_t data_name, data_name_len; /* its attribute Name, when that is a literal; escaped */
	bool data_name_escaped;
	uint16_t repeat_value; /* its content is this value alone: arrays repeat it */
	uint32_t end;          /* index of the operation that ends it */
	/* Last field that its text went to (UINT32_MAX: none yet), and the section then. */
	uint32_t field;
	uint8_t field_section;
};

struct evtx_program {
	uint32_t definition; /* chunk offset of the template's definition */
	uint32_t template_id;
	const struct evtx_op *ops;
	uint32_t ops_count;
	struct evtx_element *elements;
	const char *literals;
	const char *fault; /* what is wrong with it (a literal), or NULL; what is there may be run */
	uint32_t fault_at; /* chunk offset */
	struct evtx_program *next; /* in its bucket of the cache */
};

enum { EVTX_BUCKETS = 256 };

/* The chunk at work, with the programs of its templates. Budget: what may still be written or done
 * for this chunk, in bytes and operations; it keeps small input from making endless output. */
struct evtx_chunk {
	struct str file; /* all of it: bytes is a part */
	const char *bytes;
	uint32_t size; /* at most EVTX_CHUNK_SIZE */
	uint32_t budget;
	struct arena *arena;
	struct evtx_program *programs[EVTX_BUCKETS]; /* of templates, by the place of the definition */
	struct evtx_program *borrowed;               /* of templates of other chunks */
	struct map *templates;                       /* where in the file templates are whole */
	struct buf ops, elements, literals;          /* scratch of the compiler */
	struct buf values; /* struct evtx_value: a stack, newest instance last */
};

/* file is borrowed. */
void evtx_chunk_init(struct evtx_chunk *chunk, struct str file);
void evtx_chunk_deinit(struct evtx_chunk *chunk);
/* Goes to the chunk at an offset of the file; what was compiled is forgotten. */
void evtx_chunk_begin(struct evtx_chunk *chunk, size_t at, uint32_t size);
/* Takes cost from the budget; false when there is not enough (the budget is then 0). */
static inline bool evtx_chunk_spend(struct evtx_chunk *chunk, size_t cost) {
	if (chunk->budget < cost) {
		chunk->budget = 0;
		return false;
	}
	chunk->budget -= (uint32_t)cost;
	return true;
}

/* Compiles tokens at [at, end), up to an end-of-file token. dependency_ids: elements have them (in
 * template definitions). Lives until evtx_chunk_begin. */
struct evtx_program *evtx_compile(struct evtx_chunk *chunk, uint32_t at, uint32_t end,
                                  bool dependency_ids);
