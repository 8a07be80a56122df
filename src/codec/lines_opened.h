/* Random lines, put into columns and opened again, for tests, which include tap.h before or by
 * lines_sample.h.
 */
#pragma once

#include "codec/lines_sample.h"

#include "codec/lines.h"
#include "codec/packed.h"

struct sample {
	struct buf bytes;
	size_t *ends;
	int64_t *times;
	uint32_t rows;
	struct buf parts[LINES_PARTS];
	struct lines *lines;
};

static inline void sample_deinit(struct sample *sample) {
	lines_free(sample->lines);
	for (size_t i = 0; i < LINES_PARTS; i++) {
		buf_deinit(&sample->parts[i]);
	}
	buf_deinit(&sample->bytes);
	free(sample->ends);
	free(sample->times);
}

static inline struct str text_at(const struct sample *sample, uint32_t row) {
	return str_slice(buf_str(&sample->bytes), row == 0 ? 0 : sample->ends[row - 1],
	                 sample->ends[row]);
}

/* line appends one line; deinit frees, also when the test has ended early. */
static inline void sample_init(struct sample *sample, uint32_t rows,
                               void (*line)(struct buf *out, int64_t time_ns)) {
	struct lines_draft *draft = lines_draft_new();
	struct lines_cut *cut = lines_cut_new();
	struct str parts[LINES_PARTS];
	sample->rows = rows;
	sample->ends = calloc(rows, sizeof(*sample->ends));
	sample->times = calloc(rows, sizeof(*sample->times));
	for (uint32_t i = 0; i < rows; i++) {
		sample->times[i] = (1763078400 + (int64_t)i) * INSTANT_SECOND;
		line(&sample->bytes, sample->times[i]);
		sample->ends[i] = sample->bytes.len;
	}
	for (uint32_t i = 0; i < rows; i++) {
		lines_cut_add(cut, text_at(sample, i));
	}
	lines_draft_add(draft, cut, sample->times);
	lines_draft_mine(draft);
	lines_draft_put(draft, sample->parts);
	lines_draft_free(draft);
	for (size_t i = 0; i < LINES_PARTS; i++) {
		memset(buf_reserve(&sample->parts[i], PACKED_SLACK), 0, PACKED_SLACK);
		parts[i] = buf_str(&sample->parts[i]);
	}
	REQUIRE(lines_open(parts, NULL, rows, &sample->lines) == ERR_OK);
}
