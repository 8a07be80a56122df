/* Writing a segment: header, pages and blocks, then what closes it. Pages wait until their block is
 * full or the segment ends. The file counts only once segment_writer_finish has come back without
 * an error.
 */
#include <stdio.h>

#include "os/thread.h"
#include "store/block_rows.h"
#include "store/segment_table.h"
#include "store/view_private.h"

/* Layouts and cuts of a block in the making; only fields without any likeness come near it. */
enum { CUTS_MEMORY_MAX = 160 << 20 };
/* A segment is cut by the first page that brings it to 64 MiB, and the record of the seal follows:
 * they must not make a block of their own. */
#define BLOCK_BYTES_MOST (LIMIT_BLOCK_BYTES + LIMIT_BLOCK_BYTES / 16)
enum {
	THREADS_MAX = 4,
	THREAD_BYTES = 4 << 20, /* of texts and bodies, that are worth a thread */
};

struct pending { /* a page that is not written yet */
	struct segment_page entry;
	struct str bytes;
	struct buf kept; /* what bytes lie in, unless an older segment has them */
	struct block_rows *rows;
};

struct segment_writer {
	const struct os *os;
	int fd;
	char name[256];
	uint64_t offset; /* where the next byte goes */
	uint64_t next_index;
	struct segment_table table;
	uint32_t pages_cap, blocks_cap, seeds_cap;
	const struct segment *old; /* taken over, not yet written; NULL: none */
	struct pending *pending;
	uint32_t pending_count, pending_cap;
	uint64_t pending_rows, pending_bytes, pending_memory;
	struct block_draft *draft; /* of the first drafted of them */
	uint32_t drafted;
};

static enum err write_bytes(struct segment_writer *writer, struct str bytes, struct diag *diag) {
	enum err err =
	    writer->os->pwrite(writer->os->ctx, writer->fd, bytes.ptr, bytes.len, writer->offset);
	if (err != ERR_OK) {
		return diag_set(diag, err, "segment %s cannot be written: %s", writer->name, err_text(err));
	}
	writer->offset += bytes.len;
	return ERR_OK;
}

static enum err write_header(struct segment_writer *writer, struct diag *diag) {
	struct buf header = {0};
	segment_put_header(&header);
	enum err err = write_bytes(writer, buf_str(&header), diag);
	buf_deinit(&header);
	return err;
}

enum err segment_writer_new(const struct os *os, const char *folder, const char *name,
                            struct segment_writer **out_writer, struct diag *diag) {
	char path[LIMIT_PATH];
	int fd;
	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path)) {
		return diag_set(diag, ERR_LIMIT, "the path of segment %s is too long", name);
	}
	enum err err = os->open(os->ctx, path, OS_WRITE | OS_CREATE | OS_TRUNCATE | OS_NO_FOLLOW, &fd);
	if (err != ERR_OK) {
		return diag_set(diag, err, "segment %s cannot be created: %s", name, err_text(err));
	}
	struct segment_writer *writer = calloc(1, sizeof(*writer));
	ASSERT(writer != NULL);
	writer->os = os;
	writer->fd = fd;
	(void)snprintf(writer->name, sizeof(writer->name), "%s", name); /* may be cut: for people */
	err = write_header(writer, diag);
	if (err != ERR_OK) {
		segment_writer_abort(writer);
		return err;
	}
	*out_writer = writer;
	return ERR_OK;
}

static void clear_pending(struct segment_writer *writer) {
	for (uint32_t i = 0; i < writer->pending_count; i++) {
		block_rows_free(writer->pending[i].rows);
		buf_deinit(&writer->pending[i].kept);
	}
	block_draft_free(TAKE(writer->draft));
	writer->pending_count = writer->drafted = 0;
	writer->pending_rows = writer->pending_bytes = writer->pending_memory = 0;
}

static void free_writer(struct segment_writer *writer) {
	clear_pending(writer);
	free(writer->pending);
	free(writer->table.pages);
	free(writer->table.blocks);
	free(writer->table.seeds);
	free(writer);
}

void segment_writer_abort(struct segment_writer *writer) {
	if (writer != NULL) {
		(void)writer->os->close(writer->os->ctx, writer->fd); /* the file is given up anyway */
		free_writer(writer);
	}
}

static void *grow(void *array, uint32_t *cap, uint32_t count, size_t size) {
	if (count < *cap) {
		return array;
	}
	*cap = *cap * 2 + 64;
	void *bigger = reallocarray(array, *cap, size);
	ASSERT(bigger != NULL);
	return bigger;
}

/* seeds: of the bundles from that of first_index on. A bundle may go on from the page before. */
static void add_seeds(struct segment_writer *writer, uint64_t first_index, const char *seeds,
                      uint32_t count) {
	struct segment_table *table = &writer->table;
	uint64_t start = table->footer.first_index / SALT_BUNDLE;
	for (uint32_t i = 0; i < count; i++) {
		const char *seed = seeds + (size_t)i * SALT_SEED_SIZE;
		uint64_t number = first_index / SALT_BUNDLE + i - start;
		ASSERT(number <= table->seeds_count);
		if (number < table->seeds_count) {
			ASSERT(memcmp(table->seeds[number], seed, SALT_SEED_SIZE) == 0);
			continue;
		}
		table->seeds =
		    grow(table->seeds, &writer->seeds_cap, table->seeds_count, sizeof(*table->seeds));
		memcpy(table->seeds[table->seeds_count++], seed, SALT_SEED_SIZE);
	}
}

/* ---- what is written ---- */

static enum err write_page(struct segment_writer *writer, const struct segment_page *page,
                           struct str bytes, struct diag *diag) {
	struct segment_table *table = &writer->table;
	TRY(write_bytes(writer, bytes, diag));
	ASSERT(table->pages_count < LIMIT_SEGMENT_PAGES);
	table->pages = grow(table->pages, &writer->pages_cap, table->pages_count, sizeof(*page));
	table->pages[table->pages_count++] = *page;
	return ERR_OK;
}

static enum err write_block(struct segment_writer *writer, const struct segment_block *block,
                            struct str bytes, struct diag *diag) {
	struct segment_table *table = &writer->table;
	TRY(write_bytes(writer, bytes, diag));
	table->blocks = grow(table->blocks, &writer->blocks_cap, table->blocks_count, sizeof(*block));
	table->blocks[table->blocks_count++] = *block;
	return ERR_OK;
}

static void draft_pending(struct segment_writer *writer) {
	if (writer->draft == NULL) {
		writer->draft = block_draft_new();
	}
	while (writer->drafted < writer->pending_count) {
		block_draft_add(writer->draft, &writer->pending[writer->drafted++].rows->cut);
	}
}

/* Some of the pages that wait, to be compared with what their block gives back. */
struct check {
	const struct pending *pages;
	uint32_t count;
	struct str bytes;    /* of the block, which has */
	uint32_t rows, kept; /* so many */
	uint32_t first, first_kept;
	struct lines_rows scratch;
	enum err err;
	struct diag diag;
};

/* Pages whose texts are put together at once, and the bytes of all of them, which are to stay near
 * the processor. */
enum { CHECK_PAGES = 4, CHECK_BYTES = 8 << 20 };

/* How many of the pages from one on are looked at together. */
static uint32_t pages_together(const struct check *check, uint32_t from) {
	uint64_t bytes = check->pages[from].rows->bytes;
	uint32_t count = 1;
	while (count < CHECK_PAGES && from + count < check->count &&
	       bytes + check->pages[from + count].rows->bytes <= CHECK_BYTES) {
		bytes += check->pages[from + count++].rows->bytes;
	}
	return count;
}

/* Looks at count pages, and goes on behind their rows. */
static enum err check_some(struct check *check, struct block *block, const struct pending *pages,
                           uint32_t count) {
	struct store_view *views[CHECK_PAGES];
	struct block_rows *rows[CHECK_PAGES];
	uint32_t made = 0;
	enum err err = ERR_OK;
	while (made < count && err == ERR_OK) {
		err = view_new(pages[made].bytes, NULL, 0, NULL, &views[made], &check->diag);
		if (err == ERR_OK) {
			view_block_lend(views[made], block, check->first, check->first_kept);
			check->first += pages[made].entry.rows;
			check->first_kept += pages[made].entry.kept;
			rows[made] = pages[made].rows;
			made++;
		}
	}
	if (err == ERR_OK) {
		err = block_rows_check(rows, views, count, &check->scratch, &check->diag);
	}
	for (uint32_t i = 0; i < made; i++) {
		store_view_free(views[i]);
	}
	return err;
}

static enum err check_pages(struct check *check) {
	struct block *block;
	enum err err = block_open(check->bytes, check->rows, check->kept, &block);
	if (err != ERR_OK) {
		return diag_set(&check->diag, err, "a block that was just made does not open");
	}
	for (uint32_t i = 0; err == ERR_OK && i < check->count;) {
		uint32_t count = pages_together(check, i);
		err = check_some(check, block, check->pages + i, count);
		i += count;
	}
	lines_rows_deinit(&check->scratch);
	block_free(block);
	return err;
}

static void run_check(void *arg) {
	struct check *check = arg;
	check->err = check_pages(check);
}

/* How many threads a block is worth: none is started for the few records of a small commit. */
static uint32_t threads_of(const struct segment_writer *writer) {
	uint32_t cpus = MIN_OF(thread_cpu_count(), (uint32_t)THREADS_MAX);
	return MAX_OF(1u, MIN_OF(cpus, (uint32_t)(writer->pending_bytes / THREAD_BYTES)));
}

/* Cuts the pages that wait into count pieces. */
static void share_pages(const struct segment_writer *writer, struct str bytes, struct check *checks,
                        uint32_t count) {
	uint32_t rows = 0;
	uint32_t kept = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t from = (uint32_t)((uint64_t)writer->pending_count * i / count);
		uint32_t to = (uint32_t)((uint64_t)writer->pending_count * (i + 1) / count);
		checks[i] = (struct check){.pages = writer->pending + from,
		                           .count = to - from,
		                           .bytes = bytes,
		                           .first = rows,
		                           .first_kept = kept};
		for (uint32_t page = from; page < to; page++) {
			rows += writer->pending[page].entry.rows;
			kept += writer->pending[page].entry.kept;
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		checks[i].rows = rows;
		checks[i].kept = kept;
	}
}

/* The block gives back what went into it. */
static enum err check_pending(const struct segment_writer *writer, struct str bytes,
                              struct diag *diag) {
	struct check checks[THREADS_MAX];
	struct thread *threads[THREADS_MAX] = {NULL};
	uint32_t count = threads_of(writer);
	share_pages(writer, bytes, checks, count);
	for (uint32_t i = 1; i < count; i++) {
		threads[i] = thread_start("akashi-check", run_check, &checks[i]);
	}
	for (uint32_t i = 0; i < count; i++) {
		if (threads[i] == NULL) {
			run_check(&checks[i]);
		}
	}
	for (uint32_t i = 0; i < count; i++) {
		thread_join(threads[i]);
	}
	for (uint32_t i = 0; i < count; i++) {
		if (checks[i].err != ERR_OK) {
			return diag_set(diag, checks[i].err, "%s", checks[i].diag.message);
		}
	}
	return ERR_OK;
}

static enum err write_pending(struct segment_writer *writer, struct str block_bytes,
                              struct diag *diag) {
	for (uint32_t i = 0; i < writer->pending_count; i++) {
		TRY(write_page(writer, &writer->pending[i].entry, writer->pending[i].bytes, diag));
	}
	struct segment_block block = {.pages = writer->pending_count,
	                              .len = (uint32_t)block_bytes.len,
	                              .bytes = writer->pending_bytes};
	return write_block(writer, &block, block_bytes, diag);
}

/* Makes the block of the pages that wait, and writes them and it. */
static enum err flush(struct segment_writer *writer, struct diag *diag) {
	CLEANUP(buf_deinit) struct buf bytes = {0};
	if (writer->pending_count == 0) {
		return ERR_OK;
	}
	draft_pending(writer);
	block_draft_put(writer->draft, threads_of(writer), &bytes);
	block_draft_free(TAKE(writer->draft));
	if (bytes.len > UINT32_MAX) {
		return diag_set(diag, ERR_LIMIT, "a block of segment %s is too large", writer->name);
	}
	TRY(check_pending(writer, buf_str(&bytes), diag));
	TRY(write_pending(writer, buf_str(&bytes), diag));
	clear_pending(writer);
	return ERR_OK;
}

/* ---- the older segment ---- */

/* Of how many blocks, from the first on, no new one is made: a block is joined with what is behind
 * it when that weighs half as much or more, so that a record is encoded a few times at most while
 * the segment grows, and there are never many small blocks. */
static uint32_t blocks_kept(const struct segment_writer *writer) {
	const struct segment_table *table = segment_table(writer->old);
	uint64_t rows = writer->pending_rows;
	uint64_t bytes = writer->pending_bytes;
	uint32_t kept = table->blocks_count;
	while (kept > 0) {
		const struct segment_block *block = &table->blocks[kept - 1];
		bool light = 2 * block_weight(bytes, rows) >= block_weight(block->bytes, block->rows);
		if (!light || rows + block->rows > LIMIT_BLOCK_ROWS ||
		    bytes + block->bytes > LIMIT_BLOCK_BYTES) {
			break;
		}
		rows += block->rows;
		bytes += block->bytes;
		kept--;
	}
	return kept;
}

static enum err copy_block(struct segment_writer *writer, uint32_t number, struct diag *diag) {
	const struct segment_table *table = segment_table(writer->old);
	const struct segment_block *block = &table->blocks[number];
	for (uint32_t i = block->first_page; i < block->first_page + block->pages; i++) {
		TRY(segment_page_check(writer->old, i, diag));
		TRY(write_page(writer, &table->pages[i], segment_page_bytes(writer->old, i), diag));
	}
	TRY(segment_block_check(writer->old, number, diag));
	return write_block(writer, block, segment_block_bytes(writer->old, number), diag);
}

static void count_pending(struct segment_writer *writer, const struct pending *page) {
	writer->pending_rows += page->entry.rows;
	writer->pending_bytes += page->rows->bytes;
	writer->pending_memory += block_cut_bytes(&page->rows->cut);
}

static enum err read_again(const struct segment_writer *writer, uint32_t page,
                           struct pending *out_pending, struct diag *diag) {
	struct store_view *view;
	TRY(segment_page_check(writer->old, page, diag));
	TRY(segment_view(writer->old, page, NULL, &view, diag));
	*out_pending = (struct pending){.entry = segment_table(writer->old)->pages[page],
	                                .bytes = segment_page_bytes(writer->old, page)};
	enum err err = block_rows_from_view(view, &out_pending->rows);
	store_view_free(view);
	if (err != ERR_OK) {
		return diag_set(diag, err,
		                "records from %llu on of the segment before cannot be taken over",
		                (unsigned long long)out_pending->entry.first_index);
	}
	return ERR_OK;
}

/* Puts the pages from first on in front of those that wait. */
static enum err join_pages(struct segment_writer *writer, uint32_t first, struct diag *diag) {
	uint32_t count = segment_pages(writer->old) - first;
	uint32_t behind = writer->pending_count;
	if (count == 0) {
		return ERR_OK;
	}
	ASSERT(writer->drafted == 0);
	struct pending *all = calloc((size_t)count + behind, sizeof(*all));
	ASSERT(all != NULL);
	enum err err = ERR_OK;
	uint32_t done = 0;
	while (done < count && err == ERR_OK) {
		err = read_again(writer, first + done, &all[done], diag);
		done += err == ERR_OK;
	}
	if (err != ERR_OK) {
		while (done > 0) {
			block_rows_free(all[--done].rows);
		}
		free(all);
		return err;
	}
	for (uint32_t i = 0; i < count; i++) {
		count_pending(writer, &all[i]);
	}
	if (behind > 0) {
		memcpy(all + count, writer->pending, behind * sizeof(*all));
	}
	free(writer->pending);
	writer->pending = all;
	writer->pending_count = writer->pending_cap = count + behind;
	return ERR_OK;
}

static enum err write_old(struct segment_writer *writer, struct diag *diag) {
	if (writer->old == NULL) {
		return ERR_OK;
	}
	const struct segment_table *table = segment_table(writer->old);
	uint32_t kept = blocks_kept(writer);
	for (uint32_t i = 0; i < kept; i++) {
		TRY(copy_block(writer, i, diag));
	}
	TRY(join_pages(writer,
	               kept < table->blocks_count ? table->blocks[kept].first_page : table->pages_count,
	               diag));
	writer->old = NULL;
	return ERR_OK;
}

static enum err flush_all(struct segment_writer *writer, struct diag *diag) {
	TRY(write_old(writer, diag));
	return flush(writer, diag);
}

/* ---- from outside ---- */

static void begin(struct segment_writer *writer, uint64_t first_index) {
	if (writer->table.pages_count == 0 && writer->pending_count == 0 && writer->old == NULL) {
		writer->table.footer.first_index = first_index;
		writer->next_index = first_index;
	}
	ASSERT(first_index == writer->next_index);
}

static bool is_full(const struct segment_writer *writer, const struct block_rows *rows) {
	return writer->pending_count > 0 && (writer->pending_rows + rows->rows > LIMIT_BLOCK_ROWS ||
	                                     writer->pending_bytes + rows->bytes > BLOCK_BYTES_MOST ||
	                                     writer->pending_memory > CUTS_MEMORY_MAX);
}

enum err segment_writer_add(struct segment_writer *writer, struct store_page *page,
                            struct diag *diag) {
	ASSERT(page->block_rows != NULL);
	if (is_full(writer, page->block_rows)) {
		TRY(flush_all(writer, diag));
	}
	begin(writer, page->first_index);
	writer->pending =
	    grow(writer->pending, &writer->pending_cap, writer->pending_count, sizeof(struct pending));
	struct pending *pending = &writer->pending[writer->pending_count++];
	*pending = (struct pending){.entry = {.len = (uint32_t)page->bytes.len,
	                                      .first_index = page->first_index,
	                                      .rows = page->rows,
	                                      .types = page->types,
	                                      .kept = page->block_rows->kept},
	                            .bytes = buf_str(&page->bytes),
	                            .kept = page->bytes,
	                            .rows = TAKE(page->block_rows)};
	page->bytes = (struct buf){0};
	if (page->records > 0) {
		pending->entry.time_min_ns = page->time_min_ns;
		pending->entry.time_max_ns = page->time_max_ns;
	}
	count_pending(writer, pending);
	writer->next_index += page->rows;
	add_seeds(writer, page->first_index, (const char *)page->seeds, page->seeds_count);
	if (writer->old == NULL) {
		draft_pending(writer); /* else rows of the older segment may come before */
	}
	return ERR_OK;
}

enum err segment_writer_copy(struct segment_writer *writer, const struct segment *segment,
                             struct diag *diag) {
	const struct segment_table *table = segment_table(segment);
	(void)diag; /* what is damaged is found when it is copied */
	ASSERT(segment_takes_over(segment));
	ASSERT(writer->table.pages_count == 0 && writer->pending_count == 0);
	begin(writer, table->footer.first_index);
	writer->old = segment;
	writer->next_index += table->footer.count;
	add_seeds(writer, table->footer.first_index, segment_seeds(segment), table->seeds_count);
	return ERR_OK;
}

static enum err write_end(struct segment_writer *writer, const struct segment_footer *footer,
                          struct diag *diag) {
	const struct os *os = writer->os;
	struct buf end = {0};
	writer->table.footer = *footer;
	segment_put_end(&end, &writer->table, writer->offset);
	enum err err = write_bytes(writer, buf_str(&end), diag);
	buf_deinit(&end);
	TRY(err);
	err = os->sync_data(os->ctx, writer->fd);
	if (err != ERR_OK) {
		return diag_set(diag, err, "segment %s cannot be made durable: %s", writer->name,
		                err_text(err));
	}
	return ERR_OK;
}

enum err segment_writer_finish(struct segment_writer *writer, const struct segment_footer *footer,
                               uint64_t *out_bytes, struct diag *diag) {
	ASSERT(footer->first_index == writer->table.footer.first_index);
	ASSERT(footer->first_index + footer->count == writer->next_index);
	ASSERT(writer->table.seeds_count == segment_bundles(footer->first_index, footer->count));
	enum err err = flush_all(writer, diag);
	if (err == ERR_OK) {
		ASSERT(writer->table.pages_count > 0);
		err = write_end(writer, footer, diag);
	}
	if (err != ERR_OK) {
		segment_writer_abort(writer);
		return err;
	}
	err = writer->os->close(writer->os->ctx, writer->fd);
	if (err != ERR_OK) {
		err = diag_set(diag, err, "segment %s cannot be closed: %s", writer->name, err_text(err));
	} else {
		*out_bytes = writer->offset;
	}
	free_writer(writer);
	return err;
}
