/* Any bytes as lines of a log, mined, with an early merge in the middle. No line may be lost, each
 * must be found again, and a template mined alone is that of its line.
 */
#include "query/miner_shape.h"

#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEED = 11 };

/* A line that begins with '%' is a title without text. */
static struct miner_text text_of(struct str line) {
	struct miner_text title = {.title = line};
	return str_starts(line, STR("%")) ? title : (struct miner_text){.text = line};
}

static void add(struct miner *miner, struct str text) {
	struct miner_line line = {.text = text_of(text),
	                          .example = text,
	                          .time_ns = (int64_t)text.len,
	                          .host = str_slice(text, 0, 1)};
	struct miner_key key;
	miner_read(SEED, &line.text, &key);
	miner_add(miner, &key, &line);
}

static void check_found(struct miner *miner, struct str text) {
	struct miner_text whole = text_of(text);
	struct miner_key key;
	CLEANUP(buf_deinit) struct buf alone = {0};
	char id[17];
	miner_read(SEED, &whole, &key);
	const struct miner_pattern *pattern = miner_find(miner, &key, &whole);
	ASSERT(pattern != NULL && pattern->count > 0);
	miner_alone(&whole, &alone, id);
	ASSERT(strlen(id) == 16);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct str all = str_make((const char *)data, size);
	struct str rest = all;
	struct miner *miner = miner_new(SEED);
	uint64_t lines = 0;
	uint64_t sum = 0;
	bool merged = false;
	while (rest.len > 0) {
		add(miner, str_cut(&rest, '\n'));
		lines++;
		if (!merged && rest.len < size / 2) {
			miner_merge(miner);
			merged = true;
		}
	}
	miner_end(miner);
	for (size_t i = 0; i < miner_count(miner); i++) {
		const struct miner_pattern *pattern = miner_get(miner, i);
		ASSERT(pattern->count > 0 && pattern->first_ns <= pattern->last_ns);
		ASSERT(pattern->hosts <= pattern->count && strlen(pattern->id) == 16);
		sum += pattern->count;
	}
	ASSERT(sum == lines && miner_left_out(miner) == 0);
	for (rest = all; rest.len > 0;) {
		check_found(miner, str_cut(&rest, '\n'));
	}
	miner_free(miner);
	return 0;
}
