/* Sample lines of a system made into templates: fixed text with places for fresh values. Used by
 * gen_syslog.c only.
 */
#pragma once

#include "bench/gen.h"

/* What stands in a place. */
enum place {
	PLACE_NONE, /* only fixed text */
	PLACE_UUID,
	PLACE_PUBLIC, /* an address out there */
	PLACE_PRIVATE,
	PLACE_PORT,
	PLACE_USER,
	PLACE_NUMBER,
	PLACE_HEX,
};

/* Fixed text, then a value. */
struct piece {
	struct str text;
	enum place place;
	unsigned digits; /* of PLACE_NUMBER and PLACE_HEX */
};

struct line_template {
	struct str program;
	const struct piece *pieces;
	size_t count;
	int facility;        /* -1: mostly 3, else 16 */
	int severity;        /* -1: mostly 6, else 5 */
	bool fresh_process;  /* a new process for many of its lines */
	bool used;           /* written out at least once */
	uint32_t program_no; /* which of the programs, 0 .. program_count - 1 */
};

/* Which hosts a system runs on. */
enum role {
	ROLE_WEB,
	ROLE_LINUX,
	ROLE_HADOOP,
	ROLE_WINDOWS,
	ROLE_MAC,
	ROLE_HPC,
	ROLE_OPENSTACK,
	ROLE_COUNT
};

struct system {
	const char *name;
	double weight; /* its part of the lines */
	enum role role;
	struct line_template *lines;
	size_t count;
};

enum { SYSTEM_COUNT = 16 };

/* Fills the systems from gen->samples or gen->templates; returns how many different programs. */
uint32_t lines_read(struct generator *gen, struct system systems[SYSTEM_COUNT]);
