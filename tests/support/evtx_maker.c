/* See evtx_maker.h. */
#include "evtx_maker.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void maker_init(struct evtx_maker *maker) {
	memset(maker, 0, sizeof(*maker));
}

void maker_deinit(struct evtx_maker *maker) {
	free(maker->bytes);
	memset(maker, 0, sizeof(*maker));
}

void maker_put(struct evtx_maker *maker, const void *bytes, size_t len) {
	if (maker->cap - maker->len < len) {
		maker->cap = (maker->cap + len) * 2 + 4096;
		void *bigger = realloc(maker->bytes, maker->cap);
		assert(bigger != NULL);
		maker->bytes = bigger;
	}
	if (bytes != NULL) {
		memcpy(maker->bytes + maker->len, bytes, len);
	} else {
		memset(maker->bytes + maker->len, 0, len);
	}
	maker->len += len;
}

static void put_number(struct evtx_maker *maker, uint64_t value, size_t size) {
	uint8_t bytes[8];
	for (size_t i = 0; i < size; i++) {
		bytes[i] = (uint8_t)(value >> (8 * i));
	}
	maker_put(maker, bytes, size);
}

void maker_u8(struct evtx_maker *maker, uint8_t value) {
	put_number(maker, value, 1);
}
void maker_u16(struct evtx_maker *maker, uint16_t value) {
	put_number(maker, value, 2);
}
void maker_u32(struct evtx_maker *maker, uint32_t value) {
	put_number(maker, value, 4);
}
void maker_u64(struct evtx_maker *maker, uint64_t value) {
	put_number(maker, value, 8);
}

static void set_number(struct evtx_maker *maker, size_t at, uint64_t value, size_t size) {
	for (size_t i = 0; i < size; i++) {
		maker->bytes[at + i] = (uint8_t)(value >> (8 * i));
	}
}

static uint32_t get_u32(const struct evtx_maker *maker, size_t at) {
	uint32_t value;
	memcpy(&value, maker->bytes + at, sizeof(value));
	return value;
}

static uint32_t checksum(uint32_t sum, const uint8_t *bytes, size_t len) {
	sum = ~sum;
	for (size_t i = 0; i < len; i++) {
		sum ^= bytes[i];
		for (int bit = 0; bit < 8; bit++) {
			sum = (sum >> 1) ^ ((sum & 1) != 0 ? 0xedb88320u : 0);
		}
	}
	return ~sum;
}

static uint32_t in_chunk(const struct evtx_maker *maker) {
	return (uint32_t)(maker->len - maker->chunk);
}

/* ---- file, chunks, records ---- */

void maker_file(struct evtx_maker *maker) {
	assert(maker->len == 0);
	maker_put(maker, "ElfFile\0", 8);
	maker_put(maker, NULL, MAKER_HEADER - 8);
	maker->has_header = true;
}

void maker_sign_file(struct evtx_maker *maker) {
	set_number(maker, 124, checksum(0, maker->bytes, 120), 4);
}

void maker_finish(struct evtx_maker *maker, bool dirty) {
	assert(maker->has_header);
	set_number(maker, 16, maker->chunks > 0 ? maker->chunks - 1u : 0, 8);
	set_number(maker, 24, maker->last_id + 1, 8);
	set_number(maker, 32, 128, 4);
	set_number(maker, 36, 1, 2);
	set_number(maker, 38, 3, 2);
	set_number(maker, 40, MAKER_HEADER, 2);
	set_number(maker, 42, maker->chunks, 2);
	set_number(maker, 120, dirty, 4);
	maker_sign_file(maker);
}

void maker_begin_chunk(struct evtx_maker *maker) {
	maker->chunk = maker->len;
	maker->names_count = 0;
	maker->first_id = 0;
	maker->chunks++;
	maker_put(maker, "ElfChnk\0", 8);
	maker_put(maker, NULL, 504);
}

void maker_sign_chunk(struct evtx_maker *maker, size_t chunk) {
	uint8_t *bytes = maker->bytes + chunk;
	size_t end = get_u32(maker, chunk + 48);
	set_number(maker, chunk + 52, checksum(0, bytes + 512, end - 512), 4);
	set_number(maker, chunk + 124, checksum(checksum(0, bytes, 120), bytes + 128, 384), 4);
}

void maker_end_chunk(struct evtx_maker *maker, bool whole) {
	uint32_t end = in_chunk(maker);
	assert(end <= MAKER_CHUNK);
	set_number(maker, maker->chunk + 8, maker->first_id, 8);
	set_number(maker, maker->chunk + 16, maker->last_id, 8);
	set_number(maker, maker->chunk + 24, maker->first_id, 8);
	set_number(maker, maker->chunk + 32, maker->last_id, 8);
	set_number(maker, maker->chunk + 40, 128, 4);
	set_number(maker, maker->chunk + 44, maker->record - maker->chunk, 4);
	set_number(maker, maker->chunk + 48, end, 4);
	maker_sign_chunk(maker, maker->chunk);
	if (whole) {
		maker_put(maker, NULL, MAKER_CHUNK - end);
	}
}

size_t maker_begin_record(struct evtx_maker *maker, uint64_t id, uint64_t time) {
	maker->record = maker->len;
	maker->first_id = maker->first_id == 0 ? id : maker->first_id;
	maker->last_id = id;
	maker_put(maker, "**\0\0", 4);
	maker_u32(maker, 0);
	maker_u64(maker, id);
	maker_u64(maker, time);
	return maker->record;
}

void maker_end_record(struct evtx_maker *maker) {
	while ((maker->len - maker->record) % 8 != 4) {
		maker_u8(maker, 0);
	}
	uint32_t size = (uint32_t)(maker->len + 4 - maker->record);
	maker_u32(maker, size);
	set_number(maker, maker->record + 4, size, 4);
}

/* ---- BinXML ---- */

void maker_fragment(struct evtx_maker *maker) {
	maker_put(maker, "\x0f\x01\x01", 4);
}

void maker_eof(struct evtx_maker *maker) {
	maker_u8(maker, 0x00);
}

static void put_utf16(struct evtx_maker *maker, const char *text) {
	maker_u16(maker, (uint16_t)strlen(text));
	for (; *text != '\0'; text++) {
		maker_u16(maker, (uint8_t)*text);
	}
}

/* A name stands where it is first used in a chunk; later it is referred to. */
static void put_name(struct evtx_maker *maker, const char *name) {
	for (unsigned i = 0; i < maker->names_count; i++) {
		if (strcmp(maker->names[i].text, name) == 0) {
			maker_u32(maker, maker->names[i].offset);
			return;
		}
	}
	assert(maker->names_count < MAKER_NAMES);
	uint32_t offset = in_chunk(maker) + 4;
	(void)snprintf(maker->names[maker->names_count].text, sizeof(maker->names[0].text), "%s", name);
	maker->names[maker->names_count++].offset = offset;
	uint32_t hash = 0;
	for (const char *c = name; *c != '\0'; c++) {
		hash = hash * 65599 + (uint8_t)*c;
	}
	maker_u32(maker, offset);
	maker_u32(maker, 0);
	maker_u16(maker, (uint16_t)hash);
	put_utf16(maker, name);
	maker_u16(maker, 0);
}

void maker_open(struct evtx_maker *maker, const char *name, int dependency, bool attributes) {
	assert(maker->depth < MAKER_DEPTH);
	maker_u8(maker, attributes ? 0x41 : 0x01);
	if (dependency >= 0) {
		maker_u16(maker, (uint16_t)dependency);
	}
	maker->open[maker->depth].size_at = maker->len;
	maker_u32(maker, 0);
	put_name(maker, name);
	maker->open[maker->depth].attributes_at = attributes ? maker->len : 0;
	if (attributes) {
		maker_u32(maker, 0);
	}
	maker->depth++;
}

void maker_attribute(struct evtx_maker *maker, const char *name) {
	maker_u8(maker, 0x06);
	put_name(maker, name);
}

static void end_attributes(struct evtx_maker *maker) {
	size_t at = maker->open[maker->depth - 1].attributes_at;
	if (at != 0) {
		set_number(maker, at, maker->len - at - 4, 4);
	}
}

static void end_element(struct evtx_maker *maker) {
	assert(maker->depth > 0);
	size_t at = maker->open[--maker->depth].size_at;
	set_number(maker, at, maker->len - at - 4, 4);
}

void maker_close_start(struct evtx_maker *maker) {
	end_attributes(maker);
	maker_u8(maker, 0x02);
}

void maker_close_empty(struct evtx_maker *maker) {
	end_attributes(maker);
	maker_u8(maker, 0x03);
	end_element(maker);
}

void maker_end(struct evtx_maker *maker) {
	maker_u8(maker, 0x04);
	end_element(maker);
}

void maker_text(struct evtx_maker *maker, const char *text) {
	maker_u8(maker, 0x05);
	maker_u8(maker, 0x01);
	put_utf16(maker, text);
}

void maker_cdata(struct evtx_maker *maker, const char *text) {
	maker_u8(maker, 0x07);
	put_utf16(maker, text);
}

void maker_char_ref(struct evtx_maker *maker, uint16_t code) {
	maker_u8(maker, 0x08);
	maker_u16(maker, code);
}

void maker_entity_ref(struct evtx_maker *maker, const char *name) {
	maker_u8(maker, 0x09);
	put_name(maker, name);
}

void maker_pi(struct evtx_maker *maker, const char *target, const char *data) {
	maker_u8(maker, 0x0a);
	put_name(maker, target);
	maker_u8(maker, 0x0b);
	put_utf16(maker, data);
}

void maker_substitution(struct evtx_maker *maker, uint16_t index, uint8_t type, bool optional) {
	maker_u8(maker, optional ? 0x0e : 0x0d);
	maker_u16(maker, index);
	maker_u8(maker, type);
}

uint32_t maker_define(struct evtx_maker *maker, uint32_t template_id) {
	maker_u8(maker, 0x0c);
	maker_u8(maker, 0x01);
	maker_u32(maker, template_id);
	uint32_t definition = in_chunk(maker) + 4;
	maker_u32(maker, definition);
	maker->definition = maker->len;
	maker_u32(maker, 0);
	maker_u32(maker, template_id); /* a GUID starts with the id */
	maker_put(maker, "\xaa\xbb\xcc\xdd\xee\xff\x11\x22\x33\x44\x55\x66", 12);
	maker_u32(maker, 0);
	return definition;
}

void maker_end_definition(struct evtx_maker *maker) {
	set_number(maker, maker->definition + 20, maker->len - maker->definition - 24, 4);
}

void maker_instance(struct evtx_maker *maker, uint32_t template_id, uint32_t definition) {
	maker_u8(maker, 0x0c);
	maker_u8(maker, 0x01);
	maker_u32(maker, template_id);
	maker_u32(maker, definition);
}

void maker_values(struct evtx_maker *maker, const struct maker_value *values, size_t count) {
	maker_u32(maker, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		maker_u16(maker, values[i].size);
		maker_u8(maker, values[i].type);
		maker_u8(maker, 0);
	}
	for (size_t i = 0; i < count; i++) {
		if (values[i].size > 0) {
			maker_put(maker, values[i].bytes, values[i].size);
		}
	}
}
