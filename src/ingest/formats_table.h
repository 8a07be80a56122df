/* The inside of struct formats, for the parser and the tests of this folder.
 */
#pragma once

#include "base/arena.h"
#include "base/map.h"
#include "ingest/formats.h"
#include "ingest/line.h"

enum { FORMATS_MAX = 1024 };

/* Numbers of formats, in the order in which they are tried. */
struct formats_list {
	uint16_t *numbers;
	uint32_t count;
};
/* The same, chained: by what they hang on. */
struct formats_link {
	uint16_t format;
	uint32_t next; /* index + 1; 0: the last */
};
struct formats_prefix {
	struct str prefix; /* of the names of programs */
	uint16_t format;
};

/* Which formats can take a text at all. */
struct formats_index {
	struct formats_list lines[256];    /* tried on lines that begin with this byte */
	struct formats_list messages[256]; /* on messages, whatever the program */
	struct formats_list nameless[256]; /* on messages of no program: those, and more */
	uint64_t message_first[4];         /* the bytes whose list is not empty, and '{' */
	struct map *programs;              /* names in small letters -> links + 1 */
	struct map *members;               /* the first that an object format needs -> links + 1 */
	struct formats_link *links;
	uint32_t links_count, links_cap;
	struct formats_prefix *prefixes;
	uint32_t prefixes_count;
};

struct formats {
	struct arena *arena;
	struct line_format list[FORMATS_MAX]; /* in the order in which they are tried */
	uint32_t count;
	uint32_t slots; /* of struct line */
	struct str names;
	struct formats_index index;
};

/* Made when all formats are in the list. */
void formats_index_build(struct formats *formats);
void formats_index_deinit(struct formats_index *index);
/* The first link of what hangs on a name, or 0. */
uint32_t formats_index_find(const struct map *map, struct str name);

/* Whether a name that --format or a source gives means this format: its name, or what stands in it
 * before a '-' ("syslog" means both syslog formats). */
bool formats_name_fits(struct str name, struct str format);
