/* For tests of patterns: one pattern, compiled alone, and a reader of times for its lines. */
#pragma once

#include "base/zone.h"
#include "ingest/pattern.h"

struct fixture {
	struct arena *arena;
	struct pattern_set set;
	struct pattern pattern;
	struct zone *zone;
	struct timestamp_reader time;
	struct diag diag;
};

static inline struct str no_piece(void *ctx, struct str name) {
	(void)ctx;
	return str_eq(name, STR("pair"))   ? STR("%{word:k}=%{word:v}")
	       : str_eq(name, STR("self")) ? STR("x%{@self}")
	                                   : STR("");
}

static inline enum err compile(struct fixture *f, const char *text) {
	*f = (struct fixture){.arena = arena_new(SIZE_MAX), .zone = zone_fixed(0)};
	f->set = (struct pattern_set){
	    .arena = f->arena,
	    .fields = ARENA_ARRAY(f->arena, PATTERN_FIELDS_MAX, struct pattern_field),
	    .piece = no_piece};
	timestamp_reader_set(&f->time, f->zone, 2026, (int64_t)1795341600 * INSTANT_SECOND);
	return pattern_compile(&f->set, STR("p"), str_from(text), &f->pattern, &f->diag);
}

static inline void done(struct fixture *f) {
	arena_free(f->arena);
	zone_free(f->zone);
}
