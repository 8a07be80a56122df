/* A block in the making: drafts of its lines, bodies and fields, then their parts. */
#include <stdlib.h>
#include <string.h>

#include "codec/checked.h"
#include "store/block.h"

struct block_draft {
	struct lines_draft *texts, *bodies;
	struct layouts_draft *fields;
};

void block_cut_deinit(struct block_cut *cut) {
	lines_cut_free(cut->texts);
	lines_cut_free(cut->bodies);
	layouts_cut_free(cut->fields);
	free(cut->times);
	free(cut->body_times);
	*cut = (struct block_cut){0};
}

size_t block_cut_bytes(const struct block_cut *cut) {
	return lines_cut_bytes(cut->texts) + (cut->bodies == NULL ? 0 : lines_cut_bytes(cut->bodies)) +
	       layouts_cut_bytes(cut->fields);
}

struct block_draft *block_draft_new(void) {
	struct block_draft *draft = calloc(1, sizeof(*draft));
	ASSERT(draft != NULL);
	draft->texts = lines_draft_new();
	draft->bodies = lines_draft_new();
	draft->fields = layouts_draft_new();
	return draft;
}

void block_draft_free(struct block_draft *draft) {
	if (draft != NULL) {
		lines_draft_free(draft->texts);
		lines_draft_free(draft->bodies);
		layouts_draft_free(draft->fields);
		free(draft);
	}
}

void block_draft_add(struct block_draft *draft, struct block_cut *cut) {
	lines_draft_add(draft->texts, TAKE(cut->texts), cut->times);
	if (cut->bodies != NULL) {
		lines_draft_add(draft->bodies, TAKE(cut->bodies), cut->body_times);
	}
	layouts_draft_add(draft->fields, TAKE(cut->fields), draft->texts);
	block_cut_deinit(cut);
}

uint32_t block_draft_rows(const struct block_draft *draft) {
	return lines_draft_rows(draft->texts);
}

static void add_parts(struct checked_writer *writer, struct buf *parts, size_t count) {
	for (size_t i = 0; i < count; i++) {
		checked_part(writer, buf_str(&parts[i]));
		buf_deinit(&parts[i]);
	}
}

void block_draft_put(struct block_draft *draft, uint32_t threads, struct buf *out) {
	struct checked_writer writer = {0};
	struct buf lines[LINES_PARTS] = {0};
	struct buf bodies[LINES_PARTS] = {0};
	struct buf layouts[LAYOUTS_PARTS] = {0};
	lines_draft_mine(draft->texts);
	layouts_draft_put(draft->fields, draft->texts, layouts);
	layouts_draft_free(TAKE(draft->fields)); /* much memory, no longer needed */
	lines_draft_put(draft->texts, lines, threads);
	add_parts(&writer, lines, LINES_PARTS);
	add_parts(&writer, layouts, LAYOUTS_PARTS);
	if (lines_draft_rows(draft->bodies) > 0) {
		lines_draft_mine(draft->bodies);
		lines_draft_put(draft->bodies, bodies, threads);
		add_parts(&writer, bodies, LINES_PARTS);
	}
	checked_put(&writer, out);
	checked_writer_deinit(&writer);
}
