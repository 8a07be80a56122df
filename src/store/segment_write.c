/* Writing a segment: header, pages as they come, then what closes it. The file counts only once
 * segment_writer_finish has come back without an error.
 */
#include <stdio.h>

#include "store/page.h"
#include "store/segment_table.h"

struct segment_writer {
	const struct os *os;
	int fd;
	char name[256];
	uint64_t offset; /* where the next byte goes */
	uint64_t next_index;
	struct segment_table table;
	uint32_t pages_cap;
	uint32_t seeds_cap;
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

static void free_writer(struct segment_writer *writer) {
	free(writer->table.pages);
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
static void add_seeds(struct segment_writer *writer, uint64_t first_index,
                      uint8_t (*seeds)[SALT_SEED_SIZE], uint32_t count) {
	struct segment_table *table = &writer->table;
	uint64_t start = table->footer.first_index / SALT_BUNDLE;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t number = first_index / SALT_BUNDLE + i - start;
		ASSERT(number <= table->seeds_count);
		if (number < table->seeds_count) {
			ASSERT(memcmp(table->seeds[number], seeds[i], SALT_SEED_SIZE) == 0);
			continue;
		}
		table->seeds =
		    grow(table->seeds, &writer->seeds_cap, table->seeds_count, sizeof(*table->seeds));
		memcpy(table->seeds[table->seeds_count++], seeds[i], SALT_SEED_SIZE);
	}
}

static void add_page(struct segment_writer *writer, const struct segment_page *page) {
	struct segment_table *table = &writer->table;
	if (table->pages_count == 0) {
		table->footer.first_index = page->first_index;
		writer->next_index = page->first_index;
	}
	ASSERT(page->first_index == writer->next_index);
	ASSERT(table->pages_count < LIMIT_SEGMENT_PAGES);
	writer->next_index += page->rows;
	table->pages = grow(table->pages, &writer->pages_cap, table->pages_count, sizeof(*page));
	table->pages[table->pages_count++] = *page;
}

/* Where the filter lies is read from the page itself. */
static struct segment_page page_entry(const struct store_page *page) {
	struct arena *arena = arena_new(LIMIT_VIEW_BYTES);
	struct page_frame frame;
	ASSERT(page_frame_read(buf_str(&page->bytes), arena, &frame) == ERR_OK); /* we made it */
	struct segment_page entry = {.len = (uint32_t)page->bytes.len,
	                             .first_index = page->first_index,
	                             .rows = page->rows,
	                             .has_data = page->records > 0,
	                             .filter_offset = (uint32_t)frame.filter_offset,
	                             .filter_len = (uint32_t)frame.sections[SECTION_FILTER].bytes.len,
	                             .filter_crc = frame.sections[SECTION_FILTER].crc};
	if (entry.has_data) {
		entry.time_min_ns = page->time_min_ns;
		entry.time_max_ns = page->time_max_ns;
	}
	arena_free(arena);
	return entry;
}

enum err segment_writer_add(struct segment_writer *writer, const struct store_page *page,
                            struct diag *diag) {
	struct segment_page entry = page_entry(page);
	TRY(write_bytes(writer, buf_str(&page->bytes), diag));
	add_page(writer, &entry);
	add_seeds(writer, page->first_index, page->seeds, page->seeds_count);
	return ERR_OK;
}

enum err segment_writer_copy(struct segment_writer *writer, const struct segment *segment,
                             struct diag *diag) {
	const struct segment_table *table = segment_table(segment);
	ASSERT(writer->table.pages_count == 0);
	for (uint32_t i = 0; i < table->pages_count; i++) {
		TRY(segment_page_check(segment, i, diag));
		TRY(write_bytes(writer, segment_page_bytes(segment, i), diag));
		add_page(writer, &table->pages[i]);
	}
	add_seeds(writer, table->footer.first_index, table->seeds, table->seeds_count);
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
	ASSERT(writer->table.pages_count > 0);
	ASSERT(footer->first_index == writer->table.footer.first_index);
	ASSERT(footer->first_index + footer->count == writer->next_index);
	ASSERT(writer->table.seeds_count == segment_bundles(footer->first_index, footer->count));
	enum err err = write_end(writer, footer, diag);
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
