/* The write-ahead log from the store's side: batches into it before they are acknowledged, and out
 * of it again after a stop: all get their places at opening, so that new batches may be logged
 * behind them at once, and are decoded a second time when it is their turn to be encoded.
 */
#include <inttypes.h>

#include "store/frame.h"
#include "store/store_private.h"

/* ---- into the log ---- */

struct payloads {
	struct buf bytes;
	struct buf strs; /* struct str */
};

static void payloads_deinit(struct payloads *payloads) {
	buf_deinit(&payloads->bytes);
	buf_deinit(&payloads->strs);
}

/* What is logged must follow what is logged or committed without a gap: the places of its records
 * are a promise. */
static enum err make_payloads(const struct store *store, struct batch *const *batches, size_t count,
                              struct payloads *payloads, struct diag *diag) {
	uint64_t next = store->writer->logged_index;
	struct buf lengths CLEANUP(buf_deinit) = {0};
	for (size_t i = 0; i < count; i++) {
		if (batches[i]->first_index != next) {
			return diag_set(diag, ERR_INVALID,
			                "batches before this one are neither in the log nor committed");
		}
		next += reservation_rows(batch_reservation(batches[i]), batches[i]->count);
		size_t before = payloads->bytes.len;
		enum err err = frame_encode(batches[i], &store->files, &payloads->bytes);
		if (err != ERR_OK) {
			return diag_set(diag, err, "records of containers do not go through the log");
		}
		size_t len = payloads->bytes.len - before;
		buf_append(&lengths, &len, sizeof(len));
	}
	for (size_t i = 0, at = 0; i < count; i++) {
		size_t len;
		memcpy(&len, lengths.ptr + i * sizeof(len), sizeof(len));
		struct str payload = str_make(payloads->bytes.ptr + at, len);
		buf_append(&payloads->strs, &payload, sizeof(payload));
		at += len;
	}
	return ERR_OK;
}

enum err store_log_many(struct store *store, struct batch *const *batches, size_t count,
                        struct diag *diag) {
	struct store_writer *writer = store->writer;
	struct payloads payloads CLEANUP(payloads_deinit) = {0};
	uint64_t frame = 0;
	ASSERT(writer != NULL && count > 0);
	if (writer->broken != ERR_OK) {
		return diag_set(diag, writer->broken, "the store cannot be written any more: %s",
		                err_text(writer->broken));
	}
	TRY(make_payloads(store, batches, count, &payloads, diag));
	writer->log_dirty = true;
	TRY(log_write(&writer->log, (const struct str *)(void *)payloads.strs.ptr, count, &frame,
	              diag));
	bool cut = false;
	for (size_t i = 0; i < count; i++) {
		struct reservation *reservation = batch_reservation(batches[i]);
		reservation->log_frame = frame + i;
		writer->logged_index += reservation_rows(reservation, batches[i]->count);
		cut = cut || reservation->cut_after;
	}
	if (cut) { /* with the segment's commit this file can go */
		log_end_file(&writer->log);
	}
	report_acks(store, writer->logged_index);
	return ERR_OK;
}

enum err store_log(struct store *store, struct batch *batch, struct diag *diag) {
	return store_log_many(store, &batch, 1, diag);
}

/* ---- out of the log ---- */

static void adopt_files(struct store *store, const struct frame_files *files) {
	for (uint32_t i = 0; i < files->count; i++) {
		const struct segment_file *row = &files->rows[i];
		if (file_table_find(&store->files, row->file) == NULL) {
			const struct file_entry *known = loss_find_file(store, row->file, row->path);
			(void)(known == NULL ? file_table_add(&store->files, row)
			                     : loss_adopt_file(store, known));
		}
	}
}

/* What a frame does not say itself: new places, or that of a seal. */
static void keep_reservation(struct store *store, const struct batch *batch) {
	struct reservation kept = *batch_reservation(batch);
	struct page_plan *plan = &kept.plan;
	struct page_stream *streams =
	    ARENA_ARRAY(store->arena, batch->sources_count, struct page_stream);
	memcpy(streams, plan->streams, batch->sources_count * sizeof(*streams));
	plan->streams = streams;
	void *seeds = arena_array(store->arena, plan->seeds_count, SALT_SEED_SIZE);
	memcpy(seeds, plan->seeds, (size_t)plan->seeds_count * SALT_SEED_SIZE);
	plan->seeds = seeds;
	buf_append(&store->writer->kept, &kept, sizeof(kept));
}

/* What the log has lost is said where it lay, by a batch of its own among those that are replayed:
 * no segment takes over what is behind a loss without the record of it, and as long as none has,
 * the loss is found again, and gives those behind it the same places again. */
struct planning {
	struct store *store;
	struct log_frame *frames; /* of the log, and what is said between them: at most twice as many */
	size_t count;
	uint64_t next;      /* the number that should come next */
	struct batch *lost; /* records of losses since the last batch that is there; or NULL */
	uint64_t lost_last; /* then: number of the last frame that they speak of */
};

static void planning_deinit(struct planning *planning) {
	free(planning->frames);
	batch_free(planning->lost);
}

/* Written like a batch of the log, so that it is replayed as one. */
static enum err place_lost(struct planning *planning) {
	struct store *store = planning->store;
	struct batch *lost CLEANUP(batch_freep) = TAKE(planning->lost);
	struct buf payload CLEANUP(buf_deinit) = {0};
	TRY(reserve_uncut(store, lost));
	struct reservation *reservation = batch_reservation(lost);
	reservation->log_frame = planning->lost_last;
	reservation->plan.incarnation = 0; /* this session's, once those of the log are known */
	TRY(frame_encode(lost, &store->files, &payload));
	keep_reservation(store, lost);
	planning->frames[planning->count++] = (struct log_frame){
	    .number = planning->lost_last, .payload = arena_str(store->arena, buf_str(&payload))};
	return ERR_OK;
}

/* Before a batch that is there. One that still has the next place was promised it, and what is lost
 * before it had no records: then the record of the loss is not to take that place, and waits. */
static enum err settle_lost(struct planning *planning, const struct log_frame *frame,
                            const struct batch *behind) {
	struct store *store = planning->store;
	if (planning->lost == NULL) {
		return ERR_OK;
	}
	if (loss_is_carried(store, frame) ||
	    batch_reservation(behind)->plan.first_index != store->writer->next_index) {
		return place_lost(planning);
	}
	struct batch *lost CLEANUP(batch_freep) = TAKE(planning->lost);
	for (uint32_t i = 0; i < lost->count; i++) {
		ledger_note(store, RECORD_RECOVERY, batch_body(lost, i));
	}
	return ERR_OK;
}

static enum err note_lost(struct planning *planning, uint64_t last, struct str body) {
	if (planning->lost == NULL) {
		planning->lost = batch_new();
	}
	add_own_row(planning->store, planning->lost, RECORD_RECOVERY, body);
	planning->lost_last = last;
	return planning->lost->count < LIMIT_BATCH_ROWS ? ERR_OK : place_lost(planning);
}

static enum err note_missing(struct planning *planning, uint64_t number) {
	struct buf body CLEANUP(buf_deinit) = {0};
	uint64_t first = planning->next;
	planning->next = number + 1;
	if (number == first) {
		return ERR_OK;
	}
	buf_printf(&body, "{\"lost_log_frames\":%" PRIu64 ",\"last_log_frame\":%" PRIu64 "}",
	           number - first, number - 1);
	return note_lost(planning, number - 1, buf_str(&body));
}

/* Its checksum was right, so it was written like this: it is noted as lost, never dropped silently.
 */
static enum err note_unreadable(struct planning *planning, uint64_t number) {
	struct buf body CLEANUP(buf_deinit) = {0};
	store_notice(planning->store, "batch %" PRIu64 " of the log cannot be understood", number);
	buf_printf(&body, "{\"unreadable_log_frame\":%" PRIu64 "}", number);
	return note_lost(planning, number, buf_str(&body));
}

static enum err plan_frame(struct planning *planning, const struct log_frame *frame) {
	struct store *store = planning->store;
	struct batch *batch CLEANUP(batch_freep) = NULL;
	struct frame_files files;
	bool moved = false;
	TRY(note_missing(planning, frame->number));
	if (frame_decode(frame->payload, &batch, &files) != ERR_OK) {
		return note_unreadable(planning, frame->number);
	}
	TRY(settle_lost(planning, frame, batch));
	planning->frames[planning->count++] = *frame;
	batch_reservation(batch)->log_frame = frame->number;
	adopt_files(store, &files);
	if (loss_is_carried(store, frame)) {
		reserve_find_holes(store, batch);
	}
	TRY(reserve_replayed(store, batch, &moved));
	if (moved || batch_reservation(batch)->cut_after) {
		keep_reservation(store, batch);
	}
	return ERR_OK;
}

static enum err plan_frames(struct store *store) {
	struct log_found *found = &store->writer->found;
	struct planning planning CLEANUP(planning_deinit) = {
	    .store = store,
	    .frames = calloc(found->frames_count * 2 + 1, sizeof(struct log_frame)),
	    .next = store->writer->log_frame + 1};
	ASSERT(planning.frames != NULL);
	for (size_t i = 0; i < found->frames_count; i++) {
		TRY(plan_frame(&planning, &found->frames[i]));
	}
	if (planning.lost != NULL) {
		TRY(place_lost(&planning));
	}
	free(found->frames);
	found->frames = TAKE(planning.frames);
	found->frames_count = planning.count;
	return ERR_OK;
}

/* Of what is said of losses. */
static void set_incarnations(struct store_writer *writer) {
	struct reservation *kept = (struct reservation *)(void *)writer->kept.ptr;
	for (size_t i = 0; i < writer->kept.len / sizeof(*kept); i++) {
		if (kept[i].plan.incarnation == 0) {
			kept[i].plan.incarnation = writer->incarnation;
		}
	}
}

enum err replay_plan(struct store *store, struct diag *diag) {
	struct store_writer *writer = store->writer;
	enum err err = plan_frames(store);
	if (err != ERR_OK) {
		return diag_set(diag, err, "the log cannot be taken over: %s", err_text(err));
	}
	set_incarnations(writer);
	writer->logged_index = writer->next_index;
	writer->acks_done = 0; /* those of the log were reported when they were logged */
	buf_clear(&writer->acks);
	return ERR_OK;
}

static void give_places(struct store_writer *writer, const struct log_frame *frame,
                        struct batch *batch) {
	const struct reservation *kept = (const struct reservation *)(void *)writer->kept.ptr;
	struct reservation *reservation = batch_reservation(batch);
	reservation->log_frame = frame->number;
	if (writer->kept_done < writer->kept.len / sizeof(*kept) &&
	    kept[writer->kept_done].log_frame == frame->number) {
		*reservation = kept[writer->kept_done++];
	}
	batch->first_index = reservation->plan.first_index;
}

enum err store_replay_next(struct store *store, struct batch **out_batch, struct diag *diag) {
	struct store_writer *writer = store->writer;
	ASSERT(writer != NULL);
	if (writer->broken != ERR_OK) {
		return diag_set(diag, writer->broken, "the store cannot be written any more: %s",
		                err_text(writer->broken));
	}
	*out_batch = NULL;
	while (*out_batch == NULL && writer->replayed < writer->found.frames_count) {
		const struct log_frame *frame = &writer->found.frames[writer->replayed++];
		struct frame_files files;
		if (frame_decode(frame->payload, out_batch, &files) == ERR_OK) {
			give_places(writer, frame, *out_batch);
		}
	}
	return ERR_OK;
}

uint64_t store_replay_left(const struct store *store) {
	const struct store_writer *writer = store->writer;
	return writer->found.frames_count - writer->replayed;
}
