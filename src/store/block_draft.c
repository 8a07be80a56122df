/* A block in the making: drafts of its lines, bodies and fields, then their parts. */
#include <stdlib.h>
#include <string.h>

#include "codec/checked.h"
#include "os/thread.h"
#include "store/block_values.h"
#include "store/block_words.h"

struct block_draft {
	struct lines_draft *texts, *bodies;
	struct layouts_draft *fields;
	uint32_t own;
	bool own_fields;
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
	draft->own += cut->own;
	draft->own_fields |= cut->own_fields;
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

/* ---- lines by two threads ---- */

/* Columns go round: gathered in one thread, written in the other. */
struct sharing {
	struct lines_put *put;
	struct queue *empty, *full;
};

static void gather_all(void *arg) {
	struct sharing *sharing = arg;
	void *columns;
	while (queue_get(sharing->empty, &columns) == ERR_OK &&
	       lines_put_gather(sharing->put, columns)) {
		enum err err = queue_put(sharing->full, columns);
		ASSERT(err == ERR_OK); /* closed only here */
	}
	queue_close(sharing->full);
}

/* False: there is no other thread, and nothing is done. */
static bool put_shared(struct lines_put *put, struct lines_columns *const columns[2]) {
	struct sharing sharing = {put, queue_new(2), queue_new(2)};
	enum err err = queue_put(sharing.empty, columns[0]);
	err = err == ERR_OK ? queue_put(sharing.empty, columns[1]) : err;
	ASSERT(err == ERR_OK);
	struct thread *thread = thread_start("akashi-gather", gather_all, &sharing);
	void *gathered;
	while (thread != NULL && queue_get(sharing.full, &gathered) == ERR_OK) {
		lines_put_columns(put, gathered);
		err = queue_put(sharing.empty, gathered);
		ASSERT(err == ERR_OK);
	}
	thread_join(thread);
	queue_close(sharing.empty);
	while (queue_get(sharing.empty, &gathered) == ERR_OK) {
		/* freed by who made them */
	}
	queue_free(sharing.empty);
	queue_free(sharing.full);
	return thread != NULL;
}

static void put_lines(struct lines_draft *draft, uint32_t threads, struct buf parts[LINES_PARTS]) {
	if (threads > 1) {
		struct lines_put *put = lines_put_new(draft);
		struct lines_columns *columns[2] = {lines_columns_new(), lines_columns_new()};
		bool shared = put_shared(put, columns);
		while (!shared && lines_put_gather(put, columns[0])) {
			lines_put_columns(put, columns[0]);
		}
		lines_columns_free(columns[0]);
		lines_columns_free(columns[1]);
		lines_put_end(put, parts);
		return;
	}
	lines_draft_put(draft, parts);
}

/* ---- counts of values, words ---- */

/* Bytes behind which readers may read. */
static struct str with_slack(struct buf *part) {
	memset(buf_reserve(part, PACKED_SLACK), 0, PACKED_SLACK);
	return buf_str(part);
}

/* Told by what reads the block afterwards: the parts are opened for it. */
static void put_derived(const struct block_draft *draft, struct buf lines_parts[LINES_PARTS],
                        struct buf layouts_parts[LAYOUTS_PARTS], struct buf *out_values,
                        struct buf words[BLOCK_WORDS_PARTS]) {
	struct str of_lines[LINES_PARTS];
	struct str of_layouts[LAYOUTS_PARTS];
	struct lines *lines = NULL;
	struct layouts *layouts = NULL;
	struct block_values_facts facts = {.rows = lines_draft_rows(draft->texts),
	                                   .own = draft->own,
	                                   .own_fields = draft->own_fields,
	                                   .times = lines_draft_times(draft->texts)};
	size_t bytes = 0;
	for (size_t i = 0; i < LINES_PARTS; i++) {
		of_lines[i] = with_slack(&lines_parts[i]);
		bytes += of_lines[i].len;
	}
	for (size_t i = 0; i < LAYOUTS_PARTS; i++) {
		of_layouts[i] = with_slack(&layouts_parts[i]);
	}
	/* What does not open is seen when the block is compared. */
	if (lines_open(of_lines, NULL, facts.rows, &lines) == ERR_OK &&
	    layouts_open(of_layouts, lines, &layouts) == ERR_OK) {
		block_values_put(lines, layouts, &facts, out_values);
		block_words_put(lines, facts.rows, bytes, words);
	}
	layouts_free(layouts);
	lines_free(lines);
}

void block_draft_put(struct block_draft *draft, uint32_t threads, struct buf *out) {
	struct checked_writer writer = {0};
	struct buf lines[LINES_PARTS] = {0};
	struct buf bodies[LINES_PARTS] = {0};
	struct buf layouts[LAYOUTS_PARTS] = {0};
	struct buf values = {0};
	struct buf words[BLOCK_WORDS_PARTS] = {0};
	lines_draft_mine(draft->texts);
	layouts_draft_put(draft->fields, draft->texts, layouts);
	layouts_draft_free(TAKE(draft->fields)); /* much memory, no longer needed */
	put_lines(draft->texts, threads, lines);
	put_derived(draft, lines, layouts, &values, words);
	add_parts(&writer, words, BLOCK_WORDS_PARTS);
	add_parts(&writer, &values, 1);
	add_parts(&writer, lines, LINES_PARTS);
	add_parts(&writer, layouts, LAYOUTS_PARTS);
	if (lines_draft_rows(draft->bodies) > 0) {
		lines_draft_mine(draft->bodies);
		put_lines(draft->bodies, threads, bodies);
		add_parts(&writer, bodies, LINES_PARTS);
	}
	checked_put(&writer, out);
	checked_writer_deinit(&writer);
}
