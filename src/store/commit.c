/* From encoded pages to a committed segment: pages go to `new.tmp`; the rename to the segment's
 * name, with the folder synced, is the commit. Then the pieces are reported, the tree is sealed,
 * and what the segment takes the place of is removed.
 */
#include <inttypes.h>

#include "store/ballast.h"
#include "store/seal_record.h"
#include "store/store_private.h"

static enum err break_off(struct store *store, enum err err) {
	struct store_writer *writer = store->writer;
	if (writer->open.writer != NULL) {
		segment_writer_abort(TAKE(writer->open.writer));
	}
	struct store_path path;
	path_remove(store->os, path_in(&path, store->segments, SEGMENT_NEW));
	writer->broken = err;
	return err;
}

/* ---- encoding (any thread) ---- */

/* A batch that brings no rows (a file that was looked at again). */
static struct store_page *empty_page(void) {
	struct store_page *page = calloc(1, sizeof(*page));
	ASSERT(page != NULL);
	page->progress_file = FILE_NONE;
	return page;
}

/* Raw bytes stay until their segment is written: not with room for twice as many. */
static void shrink(struct buf *buf) {
	if (buf->len > 0 && buf->cap > buf->len) {
		char *smaller = realloc(buf->ptr, buf->len);
		ASSERT(smaller != NULL);
		buf->ptr = smaller;
		buf->cap = buf->len;
	}
}

enum err store_encode(struct store *store, struct batch *batch, struct store_page **out_page,
                      struct diag *diag) {
	(void)store;
	struct reservation *reservation = batch_reservation(batch);
	struct store_page *page = NULL;
	enum err err = ERR_OK;
	if (batch->count == 0) {
		page = empty_page();
	} else {
		shrink(&batch->raw);
		err = page_encode(batch, &reservation->plan, &page, diag);
		if (err == ERR_OK) {
			page_take_raw(page, batch);
		}
	}
	if (err == ERR_OK) {
		page->seal = reservation->seal;
		page->log_frame = reservation->log_frame;
		*out_page = page;
	}
	batch_free(batch);
	return err;
}

void store_page_free(struct store_page *page) {
	page_free(page);
}

/* ---- appending ---- */

/* The last segment's sums go into the one that takes its place. */
static enum err take_over_last(struct store *store, struct diag *diag) {
	struct open_segment *open = &store->writer->open;
	struct segment *last = store->catalogue.entries[store->catalogue.count - 1].segment;
	const struct segment_footer *footer = segment_footer(last);
	TRY(segment_writer_copy(open->writer, last, diag));
	open->takes_over = true;
	open->first = footer->first_index;
	open->records = footer->records;
	open->bytes_raw = footer->bytes_raw;
	open->time_min_ns = footer->time_min_ns;
	open->time_max_ns = footer->time_max_ns;
	for (uint32_t i = 0; i < footer->streams_count; i++) {
		stream_table_find(&store->streams, footer->streams[i].stream)->open = footer->streams[i];
	}
	for (uint32_t i = 0; i < footer->files_count; i++) {
		file_table_find(&store->files, footer->files[i].file)->touched = true;
	}
	return ERR_OK;
}

static enum err begin_segment(struct store *store, struct diag *diag) {
	struct store_writer *writer = store->writer;
	struct open_segment *open = &writer->open;
	bool rewrites_last = writer->rewrites_last;
	writer->rewrites_last = false; /* behind a planned end the next one has seeds of its own */
	*open = (struct open_segment){.first = writer->appended_index};
	TRY(segment_writer_new(store->os, store->segments, SEGMENT_NEW, &open->writer, diag));
	return rewrites_last ? take_over_last(store, diag) : ERR_OK;
}

static void sum_page(struct store *store, const struct store_page *page) {
	struct open_segment *open = &store->writer->open;
	if (page->records > 0) {
		bool first = open->records == 0;
		open->time_min_ns =
		    first ? page->time_min_ns : MIN_OF(open->time_min_ns, page->time_min_ns);
		open->time_max_ns =
		    first ? page->time_max_ns : MAX_OF(open->time_max_ns, page->time_max_ns);
	}
	open->records += page->records;
	open->bytes_raw += page->bytes_raw;
	for (uint32_t i = 0; i < page->streams_count; i++) {
		const struct page_stream_count *count = &page->streams[i];
		struct stream_entry *entry = stream_table_find(&store->streams, count->stream);
		stream_sum(&entry->total, count->first_seq, count->records, count->bytes_raw,
		           count->time_min_ns, count->time_max_ns);
		stream_sum(&entry->open, count->first_seq, count->records, count->bytes_raw,
		           count->time_min_ns, count->time_max_ns);
	}
}

static void apply_changes(struct store *store, uint64_t end) {
	struct store_writer *writer = store->writer;
	const struct file_change *changes = (const struct file_change *)(void *)writer->changes.ptr;
	size_t count = writer->changes.len / sizeof(*changes);
	while (writer->changes_done < count && changes[writer->changes_done].end <= end) {
		const struct file_change *change = &changes[writer->changes_done++];
		struct file_entry *entry = file_table_find(&store->files, change->file);
		entry->kept = change->state;
		entry->touched = true;
	}
	if (writer->changes_done == count) {
		buf_clear(&writer->changes);
		writer->changes_done = writer->changes_cut = 0;
	}
}

/* With the lock, as all that follows; it is given up while a block is made. */
static enum err append_page(struct store *store, struct store_page *page, struct diag *diag) {
	struct store_writer *writer = store->writer;
	ASSERT(page->first_index == writer->appended_index);
	if (writer->open.writer == NULL) {
		TRY(begin_segment(store, diag));
	}
	writer_give(writer);
	enum err err = segment_writer_add(writer->open.writer, page, diag);
	writer_take(writer);
	TRY(err);
	ASSERT(page->hashes.len == (size_t)page->rows * SHA256_SIZE);
	sealing_append(&writer->sealing, (const uint8_t *)page->hashes.ptr, page->rows);
	sum_page(store, page);
	writer->appended_index += page->rows;
	writer->log_frame = MAX_OF(writer->log_frame, page->log_frame);
	apply_changes(store, writer->appended_index);
	return ERR_OK;
}

/* ---- committing ---- */

struct footer_rows {
	struct buf streams, files;
};

static void footer_rows_deinit(struct footer_rows *rows) {
	buf_deinit(&rows->streams);
	buf_deinit(&rows->files);
}

static void gather_rows(struct store *store, struct footer_rows *rows) {
	for (size_t i = 0; i < store->streams.count; i++) {
		struct stream_entry *entry = &store->streams.entries[i];
		if (entry->open.records > 0) {
			struct segment_stream row = entry->open;
			row.stream = entry->number;
			row.name = entry->name;
			memcpy(row.id, entry->id, sizeof(row.id));
			buf_append(&rows->streams, &row, sizeof(row));
		}
		entry->open = (struct segment_stream){0};
	}
	for (size_t i = 0; i < store->files.count; i++) {
		struct file_entry *entry = &store->files.entries[i];
		if (entry->touched) {
			struct segment_file row = file_entry_row(entry);
			buf_append(&rows->files, &row, sizeof(row));
		}
		entry->touched = false;
	}
}

static enum err write_footer(struct store *store, struct diag *diag) {
	struct footer_rows rows CLEANUP(footer_rows_deinit) = {0};
	struct store_writer *writer = store->writer;
	struct open_segment *open = &writer->open;
	uint64_t bytes = 0;
	gather_rows(store, &rows);
	struct segment_footer footer = {
	    .tree = store->class_name,
	    .first_index = open->first,
	    .count = writer->appended_index - open->first,
	    .records = open->records,
	    .bytes_raw = open->bytes_raw,
	    .time_min_ns = open->time_min_ns,
	    .time_max_ns = open->time_max_ns,
	    .incarnation = writer->incarnation,
	    .log_frame = writer->log_frame,
	    .streams = (const struct segment_stream *)(void *)rows.streams.ptr,
	    .streams_count = (uint32_t)(rows.streams.len / sizeof(struct segment_stream)),
	    .files = (const struct segment_file *)(void *)rows.files.ptr,
	    .files_count = (uint32_t)(rows.files.len / sizeof(struct segment_file))};
	memcpy(footer.store_uuid, store->facts.uuid, sizeof(footer.store_uuid));
	writer_give(writer);
	enum err err = segment_writer_finish(TAKE(open->writer), &footer, &bytes, diag);
	writer_take(writer);
	return err;
}

/* The commit itself. */
static enum err name_segment(struct store *store, char name[SEGMENT_NAME_SIZE], struct diag *diag) {
	struct store_path from;
	struct store_path to;
	const struct os *os = store->os;
	segment_name(store->writer->open.first, store->writer->appended_index, name);
	writer_give(store->writer);
	enum err err = os->rename(os->ctx, path_in(&from, store->segments, SEGMENT_NEW),
	                          path_in(&to, store->segments, name));
	if (err == ERR_OK) {
		err = os->sync_folder(os->ctx, store->segments);
	}
	writer_take(store->writer);
	return err == ERR_OK
	           ? ERR_OK
	           : diag_set(diag, err, "segment %s cannot be committed: %s", name, err_text(err));
}

static enum err put_in_place(struct store *store, const char *name, struct diag *diag) {
	struct store_writer *writer = store->writer;
	char old[SEGMENT_NAME_SIZE];
	struct segment *replaced = NULL;
	bool takes_over = writer->open.takes_over;
	if (takes_over) {
		memcpy(old, store->catalogue.entries[store->catalogue.count - 1].name, sizeof(old));
	}
	TRY(catalogue_add(&store->catalogue, store->os, store->segments, name, takes_over, &replaced,
	                  diag));
	if (takes_over) {
		struct store_path path;
		buf_append(&writer->retired, &replaced, sizeof(struct segment *));
		/* If it stays, or comes back after a crash, it counts nothing: it lies in the new one. */
		path_remove(store->os, path_in(&path, store->segments, old));
	}
	return ERR_OK;
}

/* The last row of the segment. */
static enum err append_seal(struct store *store, const struct seal_plan *plan, struct diag *diag) {
	struct store_page *page = NULL;
	TRY(seal_page_encode(store, plan, &page, diag));
	enum err err = append_page(store, page, diag);
	page_free(page);
	return err;
}

/* On a full disk the ballast gives way. */
static enum err seal(struct store *store, struct diag *diag) {
	struct sealing *sealing = &store->writer->sealing;
	struct diag inner = {0};
	writer_give(store->writer);
	enum err err = sealing_commit(sealing, &inner);
	if (err == ERR_NO_SPACE && ballast_release(store->os, store->folder)) {
		inner = (struct diag){0};
		err = sealing_commit(sealing, &inner);
	}
	writer_take(store->writer);
	if (err != ERR_OK && diag != NULL) {
		*diag = inner;
	}
	return err;
}

static enum err commit_segment(struct store *store, const struct seal_plan *plan,
                               struct diag *diag) {
	struct store_writer *writer = store->writer;
	char name[SEGMENT_NAME_SIZE];
	TRY(append_seal(store, plan, diag));
	TRY(write_footer(store, diag));
	TRY(name_segment(store, name, diag));
	TRY(put_in_place(store, name, diag));
	writer->committed_index = writer->appended_index;
	writer->logged_index = MAX_OF(writer->logged_index, writer->committed_index);
	report_acks(store, writer->committed_index);
	/* Its frames are in a segment; on a full disk this is room for the seal. */
	TRY(log_remove_until(&writer->log, writer->log_frame, diag));
	TRY(seal(store, diag));
	store_load_checkpoint(store);
	return ERR_OK;
}

enum err store_append(struct store *store, struct store_page *page, struct diag *diag) {
	struct store_writer *writer = store->writer;
	ASSERT(writer != NULL);
	writer_take(writer);
	enum err err = writer->broken;
	if (err != ERR_OK) {
		diag_set(diag, err, "the store cannot be written any more: %s", err_text(err));
	} else if (page->rows > 0) {
		err = append_page(store, page, diag);
		if (err == ERR_OK && page->seal.is_there) {
			err = commit_segment(store, &page->seal, diag);
		}
		if (err != ERR_OK) {
			break_off(store, err);
		}
	}
	writer_give(writer);
	page_free(page);
	return err;
}

/* Known files under new names, and losses, that no batch has taken along. */
static enum err commit_own_rows(struct store *store, struct diag *diag) {
	while (store->writer->same.len > 0 || ledger_waits(store)) {
		struct batch *batch = batch_new();
		struct store_page *page = NULL;
		fields_begin(batch);
		batch->parsed = true;
		enum err err = store_reserve(store, batch);
		if (err != ERR_OK) {
			batch_free(batch);
			return diag_set(diag, err, "the store's own records cannot be kept: %s", err_text(err));
		}
		TRY(store_encode(store, batch, &page, diag));
		TRY(store_append(store, page, diag));
	}
	return ERR_OK;
}

/* A damaged log file is kept aside before the log is emptied. */
static enum err keep_damaged_logs(struct store *store) {
	struct log_found *found = &store->writer->found;
	for (size_t i = 0; i < found->damages_count; i++) {
		const struct log_file *file = &found->files[found->damages[i].file];
		if (!found->damages[i].torn && file->size > 0) {
			TRY(store_quarantine(store, STR("wal"), str_make(file->bytes, file->size)));
		}
	}
	log_found_deinit(found);
	store->writer->replayed = 0;
	buf_clear(&store->writer->kept);
	store->writer->kept_done = 0;
	return ERR_OK;
}

static enum err empty_log(struct store *store, struct diag *diag) {
	struct store_writer *writer = store->writer;
	if (!writer->log_dirty) {
		return ERR_OK;
	}
	enum err err = keep_damaged_logs(store);
	if (err != ERR_OK) {
		return diag_set(diag, err, "a damaged log cannot be set aside: %s", err_text(err));
	}
	TRY(loss_clear_logs(store, diag));
	writer->log_dirty = false;
	return ERR_OK;
}

/* The next batch begins a new segment, or goes into the one that takes the place of the last. */
static void plan_next_segment(struct store *store) {
	struct store_writer *writer = store->writer;
	writer->planned_bytes = writer->planned_rows = 0;
	writer->rewrites_last = writer_takes_over(store);
	if (!writer->rewrites_last) {
		writer->has_seed = false;
		return;
	}
	const struct segment_footer *footer =
	    segment_footer(store->catalogue.entries[store->catalogue.count - 1].segment);
	writer->planned_bytes = footer->bytes_raw;
	writer->planned_rows = footer->count;
}

static enum err commit_all(struct store *store, struct diag *diag) {
	struct store_writer *writer = store->writer;
	if (writer->replayed != writer->found.frames_count ||
	    writer->next_index != writer->appended_index) {
		return diag_set(diag, ERR_INVALID, "a commit while batches are still on their way");
	}
	TRY(commit_own_rows(store, diag));
	if (writer->open.writer != NULL) {
		struct seal_plan plan;
		enum err err = seal_plan_make(store, &plan);
		if (err != ERR_OK) {
			return diag_set(diag, err, "no random bytes for a seal: %s", err_text(err));
		}
		writer_take(writer);
		err = commit_segment(store, &plan, diag);
		writer_give(writer);
		TRY(err);
		plan_next_segment(store);
	}
	return empty_log(store, diag);
}

enum err store_commit(struct store *store, struct diag *diag) {
	struct store_writer *writer = store->writer;
	ASSERT(writer != NULL);
	if (writer->broken != ERR_OK) {
		return diag_set(diag, writer->broken, "the store cannot be written any more: %s",
		                err_text(writer->broken));
	}
	enum err err = commit_all(store, diag);
	if (err == ERR_OK) {
		ballast_make(store->os, store->folder);
	}
	return err == ERR_OK || err == ERR_INVALID ? err : break_off(store, err);
}
