/* Reading template instances. A template has the same number in all chunks of a file (it begins its
 * GUID), so an intact definition can stand in for a damaged one; the instance then says so.
 */
#include "ingest/evtx_template.h"

#include "base/endian.h"
#include "base/limits.h"
#include "base/map.h"

enum {
	DEFINITION_HEADER = 24, /* next, GUID, size of the data */
	INSTANCE_HEADER = 10,   /* token, version, id, offset of the definition */
	TEMPLATES_MAX = 65536,  /* of one file, remembered for other chunks */
};

static const char fault_short[] = "BinXML ends within a template instance";
static const char fault_template[] = "template definition outside the chunk";
static const char fault_other_template[] = "template definition was overwritten";
static const char fault_values[] = "template values outside the record";
static const char fault_borrowed[] =
    "template definition is damaged: another one of the file was used";

void evtx_chunk_init(struct evtx_chunk *chunk, struct str file) {
	*chunk = (struct evtx_chunk){.file = file, .arena = arena_new(SIZE_MAX)};
	chunk->templates = map_new();
}

void evtx_chunk_deinit(struct evtx_chunk *chunk) {
	arena_free(chunk->arena);
	map_free(chunk->templates);
	buf_deinit(&chunk->ops);
	buf_deinit(&chunk->elements);
	buf_deinit(&chunk->literals);
	buf_deinit(&chunk->values);
}

void evtx_chunk_begin(struct evtx_chunk *chunk, size_t at, uint32_t size) {
	ASSERT(size <= EVTX_CHUNK_SIZE);
	ASSERT(at <= chunk->file.len);
	ASSERT(size <= chunk->file.len - at);
	chunk->bytes = chunk->file.ptr + at;
	chunk->size = size;
	chunk->budget = LIMIT_EVTX_CHUNK_TEXT;
	memset(chunk->programs, 0, sizeof(chunk->programs));
	chunk->borrowed = NULL;
	arena_reset(chunk->arena);
	buf_clear(&chunk->values);
}

const char *evtx_instance_layout(const struct evtx_chunk *chunk, uint32_t at, uint32_t end,
                                 struct evtx_layout *out) {
	if (end - at < INSTANCE_HEADER) {
		return fault_short;
	}
	out->template_id = le32_load(chunk->bytes + at + 2);
	out->definition = le32_load(chunk->bytes + at + 6);
	at += INSTANCE_HEADER;
	if (out->definition == at) {
		if (end - at < DEFINITION_HEADER) {
			return fault_short;
		}
		uint32_t size = le32_load(chunk->bytes + at + DEFINITION_HEADER - 4);
		at += DEFINITION_HEADER;
		if (size > end - at) {
			return fault_template;
		}
		at += size;
	}
	if (end - at < 4) {
		return fault_short;
	}
	out->count = le32_load(chunk->bytes + at);
	out->descriptors = at + 4;
	if (out->count > (end - out->descriptors) / EVTX_DESCRIPTOR_SIZE) {
		return fault_values;
	}
	out->values = out->descriptors + out->count * EVTX_DESCRIPTOR_SIZE;
	return NULL;
}

/* ---- definitions ---- */

static struct evtx_program *find_program(struct evtx_chunk *chunk, uint32_t definition) {
	struct evtx_program *program = chunk->programs[definition / 8 % EVTX_BUCKETS];
	while (program != NULL && program->definition != definition) {
		program = program->next;
	}
	return program;
}

/* Compiles the definition at an offset of the chunk; NULL when there is no room for one. */
static struct evtx_program *compile_definition(struct evtx_chunk *chunk, uint32_t definition) {
	if (definition > chunk->size || chunk->size - definition < DEFINITION_HEADER) {
		return NULL;
	}
	const char *header = chunk->bytes + definition;
	uint32_t at = definition + DEFINITION_HEADER;
	uint32_t size = le32_load(header + DEFINITION_HEADER - 4);
	struct evtx_program *program =
	    evtx_compile(chunk, at, at + MIN_OF(size, chunk->size - at), true);
	program->definition = definition;
	program->template_id = le32_load(header + 4); /* the id is the start of the GUID */
	return program;
}

static struct str id_key(const uint32_t *template_id) {
	return str_make((const char *)template_id, sizeof(*template_id));
}

/* Remembers where in the file a template is whole, for chunks in which it is not. */
static void remember(struct evtx_chunk *chunk, const struct evtx_program *program) {
	if (program->fault == NULL && map_count(chunk->templates) < TEMPLATES_MAX) {
		size_t at = (size_t)(chunk->bytes - chunk->file.ptr) + program->definition;
		(void)map_put(chunk->templates, id_key(&program->template_id),
		              (uint64_t)at << 16 | program->definition, NULL);
	}
}

/* The program of the definition at a chunk offset, compiled when it is first asked for. */
static struct evtx_program *template_program(struct evtx_chunk *chunk, uint32_t definition) {
	struct evtx_program *program = find_program(chunk, definition);
	if (program != NULL) {
		return program;
	}
	program = compile_definition(chunk, definition);
	if (program != NULL) {
		struct evtx_program **bucket = &chunk->programs[definition / 8 % EVTX_BUCKETS];
		program->next = *bucket;
		*bucket = program;
		remember(chunk, program);
	}
	return program;
}

/* Offsets of a template count in its own chunk: it cannot run here when it looks into the chunk
 * again, or asks for values that the instance does not have. */
static bool can_run_elsewhere(const struct evtx_program *program, uint32_t values_count) {
	for (uint32_t i = 0; i < program->ops_count; i++) {
		const struct evtx_op *op = &program->ops[i];
		if (op->kind == EVTX_OP_INSTANCE ||
		    (op->kind == EVTX_OP_VALUE && op->value >= values_count)) {
			return false;
		}
	}
	return true;
}

/* The program of a template as an earlier chunk defines it, or NULL. It is compiled with the
 * scratch and the arena of this chunk, and so lives as long as what was compiled here. */
static struct evtx_program *borrow_program(struct evtx_chunk *chunk, uint32_t template_id) {
	for (struct evtx_program *program = chunk->borrowed; program != NULL; program = program->next) {
		if (program->template_id == template_id) {
			return program;
		}
	}
	const uint64_t *found = map_find(chunk->templates, id_key(&template_id));
	if (found == NULL) {
		return NULL;
	}
	uint32_t definition = *found & 0xffff;
	size_t at = (size_t)(*found >> 16) - definition;
	struct evtx_chunk other = *chunk;
	other.bytes = chunk->file.ptr + at;
	other.size = (uint32_t)MIN_OF(chunk->file.len - at, (size_t)EVTX_CHUNK_SIZE);
	struct evtx_program *program = compile_definition(&other, definition);
	chunk->budget = other.budget;
	chunk->ops = other.ops;
	chunk->elements = other.elements;
	chunk->literals = other.literals;
	if (program != NULL) {
		program->next = chunk->borrowed;
		chunk->borrowed = program;
	}
	return program;
}

/* ---- instances ---- */

/* The program that an instance names, or one that stands in for it. */
static void choose_program(struct evtx_chunk *chunk, const struct evtx_layout *layout,
                           struct evtx_instance *out) {
	struct evtx_program *program = template_program(chunk, layout->definition);
	bool own = program != NULL && program->template_id == layout->template_id;
	if (own && program->fault == NULL) {
		out->program = program;
		return;
	}
	struct evtx_program *borrowed = borrow_program(chunk, layout->template_id);
	if (borrowed != NULL && borrowed->fault == NULL && can_run_elsewhere(borrowed, layout->count)) {
		out->program = borrowed;
		out->fault = fault_borrowed;
	} else if (own) {
		out->program = program; /* it tells its fault itself */
	} else {
		out->fault = program == NULL ? fault_template : fault_other_template;
	}
}

static void push_values(struct evtx_chunk *chunk, const struct evtx_layout *layout, uint32_t end,
                        struct evtx_instance *out) {
	uint32_t at = layout->values;
	for (uint32_t i = 0; i < layout->count; i++) {
		const char *descriptor = chunk->bytes + layout->descriptors + EVTX_DESCRIPTOR_SIZE * i;
		struct evtx_value value = {
		    .at = at, .size = le16_load(descriptor), .type = (uint8_t)descriptor[2]};
		if (value.size > end - at) {
			out->fault = fault_values;
			out->fault_at = at;
			value.size = (uint16_t)(end - at);
		}
		at += value.size;
		buf_append(&chunk->values, &value, sizeof(value));
	}
	out->count = layout->count;
	out->end = at;
}

void evtx_instance_read(struct evtx_chunk *chunk, uint32_t at, uint32_t end,
                        struct evtx_instance *out_instance) {
	ASSERT(at < end);
	ASSERT(end <= chunk->size);
	struct evtx_layout layout;
	struct evtx_instance instance = {
	    .first = (uint32_t)(chunk->values.len / sizeof(struct evtx_value)), .end = end};
	instance.fault = evtx_instance_layout(chunk, at, end, &layout);
	instance.fault_at = at;
	if (instance.fault == NULL) {
		choose_program(chunk, &layout, &instance);
	}
	if (instance.program != NULL) {
		push_values(chunk, &layout, end, &instance);
	}
	*out_instance = instance;
}
