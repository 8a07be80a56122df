/* A sink for tests: keeps all records in memory and puts the files together again from their
 * bodies, so that tests can compare to the byte. Knows files as the store does, when asked to.
 */
#pragma once

#include "base/map.h"
#include "base/sha256.h"
#include "event/sink.h"

struct memory_file {
	struct str path; /* in the sink's arena */
	bool is_object;
	bool ended;
	bool line_open;   /* the last body had no LF: nothing is to be checked, for people who debug */
	struct buf bytes; /* put together from bodies; objects: as given at begin */
	struct sha256 sha;
	uint64_t records;
	uint64_t records_told; /* at its end */
	uint64_t size_told;
	uint8_t hash_told[32];
	uint8_t hash_begin[32];
	bool hash_begin_known;
	bool no_final_lf;
	struct buf texts; /* objects: bodies of its records, each with LF behind */
};

struct memory_sink {
	struct sink sink;
	struct arena *arena;
	struct memory_file **files;
	uint32_t count;
	uint32_t cap;
	struct buf problems; /* "path: message\n" */
	uint32_t problems_count;
	uint32_t batches;
	uint64_t records;
	bool knows;           /* answers SKIP and RESUME from what it holds */
	uint64_t stop_after;  /* progress calls until the user stops; 0: never */
	bool broken;          /* a rule of the interface was broken; see problems */
	uint64_t fail_put_at; /* this put (from 1) fails with ERR_NO_SPACE */
	void (*seen)(void *ctx, const struct batch *batch);
	void *seen_ctx;
};

void memory_sink_init(struct memory_sink *sink);
void memory_sink_deinit(struct memory_sink *sink);
/* The newest file with this path, or NULL. */
struct memory_file *memory_sink_file(const struct memory_sink *sink, const char *path);
