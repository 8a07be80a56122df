/* Field names as numbers. The well-known ECS names (fields.tbl) have fixed numbers FIELD_*; a batch
 * numbers the others itself, from FIELD_KNOWN_COUNT up.
 */
#pragma once

#include "base/str.h"
#include "event/fields.gen.h" /* enum field_known { FIELD_TIMESTAMP, ..., FIELD_KNOWN_COUNT } */

enum field_type {
	FIELD_TYPE_KEYWORD,
	FIELD_TYPE_TEXT,
	FIELD_TYPE_LONG,
	FIELD_TYPE_IP,
	FIELD_TYPE_DATE,
	FIELD_TYPE_BOOL,
	FIELD_TYPE_COUNT,
};

/* Name and type of a known field; number < FIELD_KNOWN_COUNT. */
struct str field_known_name(uint32_t number);
enum field_type field_known_type(uint32_t number);
/* The number of a known name, or UINT32_MAX. */
uint32_t field_known_find(struct str name);
