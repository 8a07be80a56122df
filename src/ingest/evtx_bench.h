/* For tests of evtx_program.c and evtx_template.c: a chunk made by hand, as the compiler sees it.
 */
#pragma once

#include "evtx_maker.h"
#include "ingest/evtx_program.h"

/* A chunk in the making, and the compiler's view of it. */
struct bench {
	struct evtx_maker maker;
	struct evtx_chunk chunk;
	uint32_t at; /* where the BinXML starts */
};

static inline void bench_begin(struct bench *bench) {
	maker_init(&bench->maker);
	evtx_chunk_init(&bench->chunk, STR(""));
	maker_begin_chunk(&bench->maker);
	bench->at = (uint32_t)bench->maker.len;
}

static inline void bench_load(struct bench *bench) {
	evtx_chunk_deinit(&bench->chunk);
	evtx_chunk_init(&bench->chunk, str_make((const char *)bench->maker.bytes, bench->maker.len));
	evtx_chunk_begin(&bench->chunk, 0, (uint32_t)bench->maker.len);
}

static inline void bench_end(struct bench *bench) {
	maker_deinit(&bench->maker);
	evtx_chunk_deinit(&bench->chunk);
}
