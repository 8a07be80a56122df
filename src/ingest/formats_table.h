/* The inside of struct formats, for the parser and the tests of this folder.
 */
#pragma once

#include "base/arena.h"
#include "base/map.h"
#include "ingest/formats.h"
#include "ingest/line.h"
#include "ingest/pattern.h"

enum { FORMATS_MAX = 1024 };

/* One pattern of a format (or all of a format, PATTERN_WHOLE), and what a text must have to be
 * asked: one of some groups of three bytes, by their hash, or all of them. No groups: nothing is
 * known. */
struct formats_candidate {
	uint16_t format, pattern;
	uint32_t grams; /* the first in index->grams */
	uint8_t grams_count;
	bool all;
};
enum { PATTERN_WHOLE = UINT16_MAX, GRAMS = 4096 };

/* In the order in which they are tried. */
struct formats_list {
	struct formats_candidate *list;
	uint32_t count;
};
/* Formats chained by what they hang on. */
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
	/* By the first byte of a text; the last: of texts that begin with the name of a month or day.
	 */
	struct formats_list lines[257];
	struct formats_list messages[257]; /* without a program, by formats without one, or "none" */
	struct formats_list tagged[257];   /* of a program with a name, by formats without programs */
	struct formats_list *own;          /* of each format with programs: its patterns */
	uint64_t message_first[4];         /* the bytes whose list of tagged is not empty, and '{' */
	struct map *programs;              /* names in small letters -> links + 1 */
	struct map *members;               /* the first that an object format needs -> links + 1 */
	uint16_t *grams;                   /* of all candidates */
	uint32_t grams_count, grams_cap;
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

/* The carriers alone, for their tests: what they make of a line shows without what stands in it. */
struct formats *formats_new_carriers(void);

/* Made when all formats are in the list. */
void formats_index_build(struct formats *formats);
void formats_index_deinit(struct formats_index *index);
/* The groups of three bytes that a text has. */
struct formats_grams {
	uint64_t bits[GRAMS / 64];
};

/* Goes over those that can take a text (not empty), in order, by how it begins and what it has:
 * what a list by its first byte does not have, the one of names has. */
struct formats_walk {
	struct str text;
	const uint16_t *must; /* index->grams */
	const struct formats_list *lists[2];
	uint32_t at[2];
	bool has_grams;
	struct formats_grams grams; /* made when they are asked for first */
};
void formats_walk_lines(struct formats_walk *walk, const struct formats_index *index,
                        struct str text);
/* tagged: a program is known to have written it. Patterns that can begin with anything are not
 * asked then: they are for devices, whose lines name none. */
void formats_walk_messages(struct formats_walk *walk, const struct formats_index *index,
                           struct str text, bool tagged);
/* Whether the text, which was given to the walk, has what a candidate's texts must have. */
bool formats_walk_may(struct formats_walk *walk, const struct formats_candidate *candidate);
/* NULL at the end. */
const struct formats_candidate *formats_walk_next(struct formats_walk *walk);

/* The first link of what hangs on a name, or 0. */
uint32_t formats_index_find(const struct map *map, struct str name);

/* Whether a name that --format or a source gives means this format: its name, or what stands in it
 * before a '-' ("syslog" means both syslog formats). */
bool formats_name_fits(struct str name, struct str format);
