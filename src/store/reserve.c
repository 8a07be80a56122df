/* What a batch is given in order: indices of the tree, numbers and sequences of its streams, salt
 * seeds, the states its files will have, the rows of the store's own, and the place where the
 * segment is cut. Nothing here touches the disk.
 */
#include "base/utf8.h"
#include "store/seal_record.h"
#include "store/store_private.h"

/* ---- rows of the store's own ---- */

static uint16_t own_source(struct batch *batch) {
	for (uint16_t i = 0; i < batch->sources_count; i++) {
		if (batch->sources[i].file == FILE_NONE &&
		    str_eq(batch->sources[i].name, STR(OWN_SOURCE))) {
			return i;
		}
	}
	struct batch_source source = {
	    .name = STR(OWN_SOURCE), .format = STR(OWN_FORMAT), .file = FILE_NONE};
	return batch_add_source(batch, &source);
}

void add_own_row(const struct store *store, struct batch *batch, enum record_type type,
                 struct str body) {
	uint16_t source = own_source(batch);
	struct batch_record *record = batch_add_record(batch);
	record->type = (uint8_t)type;
	record->source = source;
	record->body_offset = batch->raw.len;
	record->body_len = (uint32_t)body.len;
	record->received_ns = store->os->wall_ns(store->os->ctx);
	record->monotonic_ns = store->os->monotonic_ns(store->os->ctx);
	buf_append_str(&batch->raw, body);
	if (batch->parsed) {
		(void)fields_begin_row(batch);
		fields_set_format(batch, STR(OWN_FORMAT));
		fields_end_row(batch);
	}
}

/* Paths may be any bytes; JSON may not. */
static void put_path(struct buf *body, struct str name, struct str path) {
	buf_append_json(body, name);
	buf_append_char(body, ':');
	buf_append_json(body, path);
	if (!utf8_valid(path)) {
		buf_printf(body, ",\"%.*s_base64\":\"", STR_ARG(name));
		buf_append_base64(body, path.ptr, path.len);
		buf_append_char(body, '"');
	}
}

static void describe_end(const struct store *store, const struct file_entry *entry,
                         const struct batch_file_end *end, struct buf *body) {
	buf_append_char(body, '{');
	put_path(body, STR("path"), entry->path);
	buf_append_str(body, STR(",\"source\":"));
	buf_append_json(body, entry->source);
	buf_append_str(body, STR(",\"sha256\":\""));
	buf_append_hex(body, end->hash, sizeof(end->hash));
	buf_append_str(body, STR("\",\"size\":"));
	buf_append_u64(body, end->size);
	buf_append_str(body, STR(",\"records\":"));
	buf_append_u64(body, end->records);
	if (entry->is_object) {
		buf_append_str(body, entry->keeps_bytes ? STR(",\"kept\":true") : STR(",\"kept\":false"));
	}
	const struct file_entry *same = file_table_find(&store->files, entry->same_as);
	if (entry->same_as != FILE_NONE && same != NULL) {
		buf_append_char(body, ',');
		put_path(body, STR("same_as"), same->path);
	}
	buf_append_char(body, '}');
}

/* The end says nothing new: the file was read again and had not changed. */
static bool known_end(const struct file_entry *entry, const struct batch_file_end *end) {
	return entry->live.done && entry->live.size == end->size &&
	       memcmp(entry->live.hash, end->hash, sizeof(end->hash)) == 0;
}

/* Known files under new names wait for a batch that has room. */
static void take_waiting(struct store *store, struct batch *batch) {
	struct buf *waiting = &store->writer->same;
	while (waiting->len > 0 && batch->count + batch->ends_count + 2 < LIMIT_BATCH_ROWS) {
		struct batch_file_end end;
		waiting->len -= sizeof(end);
		memcpy(&end, waiting->ptr + waiting->len, sizeof(end));
		batch_add_file_end(batch, &end);
	}
}

static void add_own_rows(struct store *store, struct batch *batch) {
	struct buf body CLEANUP(buf_deinit) = {0};
	take_waiting(store, batch);
	ledger_check_clock(store);
	ledger_take(store, batch);
	uint32_t kept = 0;
	for (uint32_t i = 0; i < batch->ends_count; i++) {
		struct batch_file_end end = batch->ends[i];
		const struct file_entry *entry = file_table_find(&store->files, end.file);
		if (entry == NULL || known_end(entry, &end)) {
			continue;
		}
		buf_clear(&body);
		describe_end(store, entry, &end, &body);
		add_own_row(store, batch, entry->is_object ? RECORD_OBJECT : RECORD_CONTEXT,
		            buf_str(&body));
		batch->ends[kept++] = end;
	}
	batch->ends_count = kept;
}

/* ---- states of files ---- */

/* What the batch has of one source. */
struct source_rows {
	uint32_t rows, first, last;
	bool no_final_lf;
};

static void count_rows(const struct batch *batch, struct source_rows *sources) {
	for (uint32_t row = 0; row < batch->count; row++) {
		const struct batch_record *record = &batch->records[row];
		struct source_rows *source = &sources[record->source];
		if (record->type != RECORD_DATA) {
			continue;
		}
		source->first = source->rows == 0 ? row : source->first;
		source->last = row;
		source->no_final_lf = (record->flags & RECORD_NO_FINAL_LF) != 0;
		source->rows++;
	}
}

/* Only the state at the segment's end is ever seen: a change of the same file before it is
 * replaced.
 */
static void note_change(struct store_writer *writer, const struct file_entry *entry, uint64_t end) {
	struct file_change change = {.end = end, .file = entry->number, .state = entry->live};
	struct file_change *changes = (struct file_change *)(void *)writer->changes.ptr;
	size_t count = writer->changes.len / sizeof(*changes);
	if (count > MAX_OF(writer->changes_done, writer->changes_cut) &&
	    changes[count - 1].file == entry->number) {
		changes[count - 1] = change;
		return;
	}
	buf_append(&writer->changes, &change, sizeof(change));
}

static void note_ack(struct store_writer *writer, uint32_t file, uint64_t index,
                     uint64_t position) {
	struct pending_ack ack = {.index = index, .file = file, .position = position};
	buf_append(&writer->acks, &ack, sizeof(ack));
}

static void note_rows(struct store *store, const struct batch *batch,
                      const struct source_rows *sources) {
	for (uint16_t i = 0; i < batch->sources_count; i++) {
		struct file_entry *entry = file_table_find(&store->files, batch->sources[i].file);
		if (entry == NULL || sources[i].rows == 0) {
			continue;
		}
		if (!entry->holed) {
			if (entry->live.first_index == UINT64_MAX) {
				entry->live.first_index = batch->first_index + sources[i].first;
			}
			entry->live.records += sources[i].rows;
			entry->live.no_final_lf = sources[i].no_final_lf;
		}
		note_change(store->writer, entry, batch->first_index + batch->count);
	}
}

/* The index of the file's last record in the batch, or of the batch. */
static uint64_t last_index(const struct batch *batch, const struct source_rows *sources,
                           uint32_t file) {
	uint64_t last = batch->first_index + batch->count - 1;
	for (uint16_t i = 0; i < batch->sources_count; i++) {
		if (batch->sources[i].file == file && sources[i].rows > 0) {
			last = batch->first_index + sources[i].last;
		}
	}
	return last;
}

static void note_ends(struct store *store, const struct batch *batch,
                      const struct source_rows *sources) {
	for (uint32_t i = 0; i < batch->ends_count; i++) {
		const struct batch_file_end *end = &batch->ends[i];
		struct file_entry *entry = file_table_find(&store->files, end->file);
		if (entry == NULL || entry->holed) {
			continue;
		}
		entry->live.done = true;
		entry->live.size = end->size;
		entry->live.position = entry->is_object ? entry->live.records : end->size;
		memcpy(entry->live.hash, end->hash, sizeof(end->hash));
		file_table_index_done(&store->files, entry);
		note_change(store->writer, entry, batch->first_index + batch->count);
		note_ack(store->writer, end->file, last_index(batch, sources, end->file), end->size);
	}
}

static void note_progress(struct store *store, const struct batch *batch,
                          const struct source_rows *sources) {
	struct file_entry *entry = file_table_find(&store->files, batch->progress_file);
	if (entry == NULL || entry->holed || batch->count == 0) {
		return;
	}
	entry->live.done = false;
	entry->live.position = batch->progress_position;
	entry->live.size = MAX_OF(entry->live.size, entry->is_object ? 0 : batch->progress_position);
	memcpy(entry->live.hash, batch->progress_hash, sizeof(batch->progress_hash));
	note_change(store->writer, entry, batch->first_index + batch->count);
	note_ack(store->writer, entry->number, last_index(batch, sources, entry->number),
	         batch->progress_position);
}

static void note_files(struct store *store, struct batch *batch) {
	struct source_rows *sources =
	    ARENA_ARRAY(batch->arena, batch->sources_count, struct source_rows);
	count_rows(batch, sources);
	note_rows(store, batch, sources);
	note_ends(store, batch, sources);
	note_progress(store, batch, sources);
}

void report_acks(struct store *store, uint64_t durable_end) {
	struct store_writer *writer = store->writer;
	const struct pending_ack *acks = (const struct pending_ack *)(void *)writer->acks.ptr;
	size_t count = writer->acks.len / sizeof(*acks);
	while (writer->acks_done < count && acks[writer->acks_done].index < durable_end) {
		const struct pending_ack *ack = &acks[writer->acks_done++];
		const struct file_entry *entry = file_table_find(&store->files, ack->file);
		if (store->options.durable != NULL && entry != NULL) {
			struct store_piece piece = {.path = entry->path,
			                            .position = ack->position,
			                            .tree = store->class_name,
			                            .index = ack->index};
			store->options.durable(store->options.ctx, &piece);
		}
	}
	if (writer->acks_done == count) {
		buf_clear(&writer->acks);
		writer->acks_done = 0;
	}
}

/* ---- indices, streams, seeds ---- */

static void plan_streams(struct store *store, struct batch *batch, struct page_plan *plan) {
	plan->streams = ARENA_ARRAY(batch->arena, batch->sources_count, struct page_stream);
	uint64_t *rows = ARENA_ARRAY(batch->arena, batch->sources_count, uint64_t);
	for (uint32_t row = 0; row < batch->count; row++) {
		rows[batch->records[row].source]++;
	}
	for (uint16_t i = 0; i < batch->sources_count; i++) {
		struct stream_entry *entry =
		    stream_table_find_name(&store->streams, batch->sources[i].name);
		if (entry == NULL) {
			entry = stream_table_add(&store->streams, store->streams.next_number,
			                         batch->sources[i].name);
		}
		plan->streams[i].stream = entry->number;
		plan->streams[i].first_seq = entry->next_seq;
		memcpy(plan->streams[i].id, entry->id, STREAM_ID_SIZE);
		entry->next_seq += rows[i];
	}
}

static enum err plan_seeds(struct store *store, struct batch *batch, struct page_plan *plan) {
	struct store_writer *writer = store->writer;
	uint64_t first = plan->first_index / SALT_BUNDLE;
	uint64_t last =
	    batch->count == 0 ? first : (plan->first_index + batch->count - 1) / SALT_BUNDLE;
	plan->seeds_count = batch->count == 0 ? 0 : (uint32_t)(last - first + 1);
	plan->seeds = arena_array(batch->arena, plan->seeds_count, SALT_SEED_SIZE);
	bool goes_on = writer->has_seed && plan->first_index % SALT_BUNDLE != 0;
	uint32_t fresh_from = goes_on && plan->seeds_count > 0 ? 1 : 0;
	if (fresh_from == 1) {
		memcpy(plan->seeds[0], writer->seed, SALT_SEED_SIZE);
	}
	return plan->seeds_count == fresh_from
	           ? ERR_OK
	           : store->os->random(store->os->ctx, plan->seeds[fresh_from],
	                               (size_t)(plan->seeds_count - fresh_from) * SALT_SEED_SIZE);
}

/* The batch has its plan: everything behind it goes on from there. */
static enum err advance(struct store *store, struct batch *batch, struct reservation *reservation) {
	struct store_writer *writer = store->writer;
	const struct page_plan *plan = &reservation->plan;
	batch->first_index = plan->first_index;
	batch->store_private = reservation;
	writer->next_index = plan->first_index + batch->count;
	if (plan->seeds_count > 0) {
		memcpy(writer->seed, plan->seeds[plan->seeds_count - 1], SALT_SEED_SIZE);
		writer->has_seed = true;
	}
	for (uint32_t row = 0; row < batch->count; row++) {
		writer->planned_bytes += batch->records[row].body_len;
	}
	writer->planned_rows += batch->count;
	note_files(store, batch);
	if (reservation->cut_after) {
		writer->changes_cut = writer->changes.len / sizeof(struct file_change);
		TRY(seal_plan_make(store, &reservation->seal));
		writer->planned_bytes = writer->planned_rows = 0;
		writer->has_seed = false; /* the next segment has seeds of its own */
	}
	return ERR_OK;
}

/* A batch of the log is cut as it was when it was logged: what is behind it has its place so. */
static void plan_cut(const struct store *store, const struct batch *batch,
                     struct reservation *reservation) {
	const struct store_writer *writer = store->writer;
	uint64_t bytes = writer->planned_bytes;
	for (uint32_t row = 0; row < batch->count; row++) {
		bytes += batch->records[row].body_len;
	}
	reservation->cut_after =
	    batch->count > 0 && (bytes >= store->options.segment_bytes ||
	                         writer->planned_rows + batch->count + 1 >= SEGMENT_ROWS_MAX);
}

static enum err plan_next(struct store *store, struct batch *batch, struct page_plan *plan) {
	plan->first_index = store->writer->next_index;
	TRY(plan_seeds(store, batch, plan));
	plan_streams(store, batch, plan);
	return ERR_OK;
}

enum err reserve_rows(struct store *store, struct batch *batch) {
	struct reservation *reservation = ARENA_NEW(batch->arena, struct reservation);
	reservation->plan.incarnation = store->writer->incarnation;
	TRY(plan_next(store, batch, &reservation->plan));
	plan_cut(store, batch, reservation);
	return advance(store, batch, reservation);
}

enum err reserve_uncut(struct store *store, struct batch *batch) {
	struct reservation *reservation = ARENA_NEW(batch->arena, struct reservation);
	reservation->plan.incarnation = store->writer->incarnation;
	TRY(plan_next(store, batch, &reservation->plan));
	return advance(store, batch, reservation);
}

enum err store_reserve(struct store *store, struct batch *batch) {
	struct store_writer *writer = store->writer;
	ASSERT(writer != NULL && batch->store_private == NULL);
	writer_take(writer);
	enum err err = writer->broken;
	if (err == ERR_OK) {
		add_own_rows(store, batch);
		err = reserve_rows(store, batch);
	}
	writer_give(writer);
	return err;
}

/* ---- from the log ---- */

/* ahead: rows of earlier sources of the batch that belong to the same stream. */
static bool stream_fits(const struct store *store, struct str name,
                        const struct page_stream *planned, uint64_t ahead) {
	const struct stream_entry *by_name = stream_table_find_name(&store->streams, name);
	const struct stream_entry *by_number = stream_table_find(&store->streams, planned->stream);
	if (by_name != by_number) {
		return false;
	}
	uint8_t id[STREAM_ID_SIZE];
	leaf_stream_id(name.ptr, name.len, id);
	uint64_t next = ahead + (by_name == NULL ? 0 : by_name->next_seq);
	return memcmp(id, planned->id, sizeof(id)) == 0 && planned->first_seq == next;
}

static uint64_t rows_ahead(const struct batch *batch, const struct page_plan *plan,
                           uint16_t source) {
	uint64_t rows = 0;
	for (uint32_t row = 0; row < batch->count; row++) {
		uint16_t other = batch->records[row].source;
		rows += other < source && plan->streams[other].stream == plan->streams[source].stream;
	}
	return rows;
}

/* Whether the places that were promised are still the next ones (nothing before them was lost). */
static bool plan_fits(struct store *store, const struct batch *batch,
                      const struct page_plan *plan) {
	struct store_writer *writer = store->writer;
	if (plan->first_index != writer->next_index) {
		return false;
	}
	for (uint16_t i = 0; i < batch->sources_count; i++) {
		uint64_t ahead = rows_ahead(batch, plan, i);
		if (!stream_fits(store, batch->sources[i].name, &plan->streams[i], ahead)) {
			return false;
		}
	}
	/* A bundle has one seed in a segment. */
	return !writer->has_seed || plan->seeds_count == 0 || plan->first_index % SALT_BUNDLE == 0 ||
	       memcmp(plan->seeds[0], writer->seed, SALT_SEED_SIZE) == 0;
}

static void adopt_streams(struct store *store, const struct batch *batch,
                          const struct page_plan *plan) {
	for (uint16_t i = 0; i < batch->sources_count; i++) {
		if (stream_table_find(&store->streams, plan->streams[i].stream) == NULL) {
			(void)stream_table_add(&store->streams, plan->streams[i].stream,
			                       batch->sources[i].name);
		}
	}
	for (uint32_t row = 0; row < batch->count; row++) {
		uint32_t number = plan->streams[batch->records[row].source].stream;
		stream_table_find(&store->streams, number)->next_seq++;
	}
}

/* Records of a file in the batch; *out_first: the lowest of their numbers in it. */
static uint64_t count_of_file(const struct batch *batch, uint32_t file, uint64_t *out_first) {
	uint64_t rows = 0;
	for (uint32_t row = 0; row < batch->count; row++) {
		const struct batch_record *record = &batch->records[row];
		if (record->type == RECORD_DATA && batch->sources[record->source].file == file) {
			*out_first = MIN_OF(*out_first, record->number);
			rows++;
		}
	}
	return rows;
}

/* A batch from the log of a lost tree may go on behind records of a file that are lost with it. It
 * is kept, but the file is read again from where its records end. */
void reserve_find_holes(struct store *store, const struct batch *batch) {
	for (uint16_t i = 0; i < batch->sources_count; i++) {
		struct file_entry *entry = file_table_find(&store->files, batch->sources[i].file);
		if (entry != NULL) {
			uint64_t first = UINT64_MAX;
			(void)count_of_file(batch, entry->number, &first);
			entry->holed |= first != UINT64_MAX && first != entry->live.records + 1;
		}
	}
	for (uint32_t i = 0; i < batch->ends_count; i++) {
		const struct batch_file_end *end = &batch->ends[i];
		struct file_entry *entry = file_table_find(&store->files, end->file);
		if (entry != NULL && entry->same_as == FILE_NONE) {
			uint64_t first = UINT64_MAX;
			uint64_t rows = count_of_file(batch, entry->number, &first);
			entry->holed |= entry->live.records + rows != end->records;
		}
	}
}

enum err reserve_replayed(struct store *store, struct batch *batch, bool *out_moved) {
	struct reservation *reservation = batch_reservation(batch);
	struct page_plan *plan = &reservation->plan;
	struct store_writer *writer = store->writer;
	writer->incarnation = MAX_OF(writer->incarnation, plan->incarnation + 1);
	*out_moved = !plan_fits(store, batch, plan);
	if (*out_moved) {
		store_notice(store, "batch %llu of the log gets new places: what was before it is lost",
		             (unsigned long long)reservation->log_frame);
		TRY(plan_next(store, batch, plan));
	} else {
		adopt_streams(store, batch, plan);
	}
	return advance(store, batch, reservation);
}
