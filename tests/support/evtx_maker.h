/* Makes Windows event logs for tests, token by token, from the published descriptions of the
 * format: valid files with right checksums, which tests then damage. Text is ASCII here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAKER_DEPTH = 128, MAKER_NAMES = 256, MAKER_CHUNK = 65536, MAKER_HEADER = 4096 };

struct evtx_maker {
	uint8_t *bytes;
	size_t len, cap;
	size_t chunk;      /* start of the open chunk */
	size_t record;     /* start of the last record */
	size_t definition; /* start of the open template definition */
	uint64_t first_id, last_id;
	uint16_t chunks;
	bool has_header;
	unsigned depth;
	struct {
		size_t size_at;       /* of the element */
		size_t attributes_at; /* size of its attribute list, or 0 */
	} open[MAKER_DEPTH];
	unsigned names_count;
	struct {
		char text[40];
		uint32_t offset;
	} names[MAKER_NAMES]; /* of the chunk */
};

struct maker_value {
	uint8_t type;
	uint16_t size;
	const void *bytes;
};
#define MAKER_VALUE(type_, literal) \
	((struct maker_value){.type = (type_), .size = sizeof(literal) - 1, .bytes = (literal)})
#define MAKER_NULL ((struct maker_value){0})

void maker_init(struct evtx_maker *maker);
void maker_deinit(struct evtx_maker *maker);

void maker_put(struct evtx_maker *maker, const void *bytes, size_t len);
void maker_u8(struct evtx_maker *maker, uint8_t value);
void maker_u16(struct evtx_maker *maker, uint16_t value);
void maker_u32(struct evtx_maker *maker, uint32_t value);
void maker_u64(struct evtx_maker *maker, uint64_t value);

/* The file's header; without it the file starts with its first chunk. */
void maker_file(struct evtx_maker *maker);
/* Fills the file's header in. */
void maker_finish(struct evtx_maker *maker, bool dirty);
/* Computes the checksum of the header and of the chunk at an offset anew. */
void maker_sign_file(struct evtx_maker *maker);
void maker_sign_chunk(struct evtx_maker *maker, size_t chunk);

void maker_begin_chunk(struct evtx_maker *maker);
/* whole: filled up to 64 KiB; else the file may end here. */
void maker_end_chunk(struct evtx_maker *maker, bool whole);
/* time: FILETIME. Returns the offset of the record in the file. */
size_t maker_begin_record(struct evtx_maker *maker, uint64_t id, uint64_t time);
void maker_end_record(struct evtx_maker *maker);

/* ---- BinXML ---- */
void maker_fragment(struct evtx_maker *maker);
void maker_eof(struct evtx_maker *maker);
/* dependency: the id that elements have within templates, or -1 for none. */
void maker_open(struct evtx_maker *maker, const char *name, int dependency, bool attributes);
void maker_attribute(struct evtx_maker *maker, const char *name);
void maker_close_start(struct evtx_maker *maker);
void maker_close_empty(struct evtx_maker *maker);
void maker_end(struct evtx_maker *maker);
void maker_text(struct evtx_maker *maker, const char *text);
void maker_cdata(struct evtx_maker *maker, const char *text);
void maker_char_ref(struct evtx_maker *maker, uint16_t code);
void maker_entity_ref(struct evtx_maker *maker, const char *name);
void maker_pi(struct evtx_maker *maker, const char *target, const char *data);
void maker_substitution(struct evtx_maker *maker, uint16_t index, uint8_t type, bool optional);
/* An instance with its definition in place: tokens of the definition, maker_end_definition,
 * maker_values. Returns the definition's offset in the chunk. */
uint32_t maker_define(struct evtx_maker *maker, uint32_t template_id);
void maker_end_definition(struct evtx_maker *maker);
/* An instance of a template that was defined before; maker_values follows. */
void maker_instance(struct evtx_maker *maker, uint32_t template_id, uint32_t definition);
void maker_values(struct evtx_maker *maker, const struct maker_value *values, size_t count);
