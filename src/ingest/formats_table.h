/* The inside of struct formats, for the parser and the tests of this folder.
 */
#pragma once

#include "base/arena.h"
#include "ingest/formats.h"
#include "ingest/line.h"

enum { FORMATS_MAX = 60 }; /* one batch can name 64 (struct field_block) */

struct formats {
	struct arena *arena;
	struct line_format list[FORMATS_MAX]; /* in the order in which they are tried */
	uint32_t count;
	uint32_t slots; /* of struct line */
	struct str names;
};

/* Whether a name that --format or a source gives means this format: its name, or what stands in it
 * before a '-' ("syslog" means both syslog formats). */
bool formats_name_fits(struct str name, struct str format);
