/* The table of known ECS fields, generated from fields.tbl. */
#include "event/field.h"

struct known {
	struct str name;
	enum field_type type;
};

static const struct known known[] = {
#include "event/fields_table.gen.inc"
};

_Static_assert(ARRAY_LEN(known) == FIELD_KNOWN_COUNT, "both are generated from one table");

struct str field_known_name(uint32_t number) {
	ASSERT(number < FIELD_KNOWN_COUNT);
	return known[number].name;
}

enum field_type field_known_type(uint32_t number) {
	ASSERT(number < FIELD_KNOWN_COUNT);
	return known[number].type;
}

uint32_t field_known_find(struct str name) {
	for (uint32_t i = 0; i < FIELD_KNOWN_COUNT; i++) {
		if (str_eq(known[i].name, name)) {
			return i;
		}
	}
	return UINT32_MAX;
}
