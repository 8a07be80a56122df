/* For tests of the miner: lines in, "count template" lines out. Include tap.h before. */
#pragma once

#include <stdlib.h>

#include "base/buf.h"
#include "base/instant.h"
#include "query/miner_table.h"

enum { SAMPLE_SEED = 7 };

static inline void sample_add(struct miner *miner, struct str text) {
	struct miner_line line = {.text = {.text = text}, .example = text, .time_ns = INSTANT_MIN};
	struct miner_key key;
	miner_read(SAMPLE_SEED, &line.text, &key);
	miner_add(miner, &key, &line);
}

static inline const struct miner_pattern *sample_find(struct miner *miner, struct str text) {
	struct miner_text whole = {.text = text};
	struct miner_key key;
	miner_read(SAMPLE_SEED, &whole, &key);
	return miner_find(miner, &key, &whole);
}

/* Adds each line of text, which ends in LF. */
static inline void sample_add_lines(struct miner *miner, struct str text) {
	while (text.len > 0) {
		sample_add(miner, str_cut(&text, '\n'));
	}
}

/* Every pattern, in the order of first lines: "COUNT TEMPLATE". */
static inline void sample_append(const struct miner *miner, struct buf *out) {
	for (size_t i = 0; i < miner_count(miner); i++) {
		const struct miner_pattern *pattern = miner_get(miner, i);
		buf_printf(out, "%llu %.*s\n", (unsigned long long)pattern->count, STR_ARG(pattern->text));
	}
}

static inline void sample_check(const char *lines, const char *expected, const char *file,
                                int line) {
	CLEANUP(buf_deinit) struct buf out = {0};
	struct miner *miner = miner_new(SAMPLE_SEED);
	sample_add_lines(miner, str_from(lines));
	miner_end(miner);
	sample_append(miner, &out);
	tap_check_bytes(out.ptr, out.len, expected, file, line, lines);
	miner_free(miner);
}

#define CHECK_PATTERNS(lines, expected) sample_check((lines), (expected), __FILE__, __LINE__)
