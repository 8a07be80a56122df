/* The crash laboratory: lives of a store over a disk in memory, and the judge who looks at what a
 * cut left. The judge knows what was acknowledged and which checkpoints were seen, and nothing of
 * how the store works. Included by lab_test.c, lab_barriers.h and states_test.c only.
 */
#pragma once

#include "base/instant.h"
#include "os/os_fault.h"
#include "os/os_memory.h"
#include "os/os_record.h"
#include "store/store_sample.h"

#define LAB_PATH "/data"
enum { LAB_FILES = 4, LAB_LINES_MAX = 400 };

struct lab_ack {
	char path[32];
	uint64_t position, index;
};

struct lab_file { /* what a source holds when all has been taken */
	struct str path;
	struct buf text;
	bool is_object;
	uint32_t lines;
	uint32_t line_end[LAB_LINES_MAX]; /* bytes of the file up to and with line i */
};

struct lab {
	struct os_memory *memory;
	const struct os *os; /* over memory; with faults and records in between */
	struct lab_file files[LAB_FILES];
	struct buf acks;     /* struct lab_ack */
	struct buf note;     /* newest checkpoint that anybody could have read */
	bool promise_broken; /* a commit returned, and a cut found the log not empty, the tree
	                        unsealed, or what was set aside gone */
	bool whole;          /* a life takes each file to its end at once */
	uint64_t segment_bytes, rewrite_bytes, epoch_count;
	uint32_t rows_per_batch;
	struct diag diag;
	char why[700]; /* the judge's last finding */
};

static inline void lab_add_file(struct lab *lab, size_t i, struct str path, uint32_t lines) {
	struct lab_file *file = &lab->files[i];
	file->path = path;
	ASSERT(lines <= LAB_LINES_MAX);
	for (uint32_t line = 0; line < lines; line++) {
		sample_lines(&file->text, path.ptr, line, line + 1);
		file->line_end[file->lines++] = (uint32_t)file->text.len;
	}
}

/* lines: of each file. */
static inline void lab_init_with(struct lab *lab, uint64_t seed, const uint32_t lines[LAB_FILES]) {
	static const struct str names[LAB_FILES] = {STR_INIT("a.log"), STR_INIT("b.log"),
	                                            STR_INIT("c.log"), STR_INIT("d.evtx")};
	*lab = (struct lab){.memory = os_memory_new(seed),
	                    .segment_bytes = 9000,
	                    .rewrite_bytes = 6000,
	                    .epoch_count = 20,
	                    .rows_per_batch = 45};
	lab->os = os_memory_os(lab->memory);
	for (size_t i = 0; i < LAB_FILES; i++) {
		lab_add_file(lab, i, names[i], lines[i]);
	}
	lab->files[3].is_object = true;
}

static inline void lab_init(struct lab *lab, uint64_t seed) {
	lab_init_with(lab, seed, (const uint32_t[LAB_FILES]){300, 60, 25, 40});
}

static inline void lab_deinit(struct lab *lab) {
	os_memory_free(lab->memory);
	for (size_t i = 0; i < LAB_FILES; i++) {
		buf_deinit(&lab->files[i].text);
	}
	buf_deinit(&lab->acks);
	buf_deinit(&lab->note);
}

static inline void lab_acked(void *ctx, const struct store_piece *piece) {
	struct lab *lab = ctx;
	struct lab_ack ack = {.position = piece->position, .index = piece->index};
	(void)snprintf(ack.path, sizeof(ack.path), "%.*s", STR_ARG(piece->path));
	buf_append(&lab->acks, &ack, sizeof(ack));
}

static inline enum err lab_open(struct lab *lab, const struct os *os, struct store **out_store) {
	struct store_options options = {.os = os,
	                                .path = LAB_PATH,
	                                .writable = true,
	                                .create = true,
	                                .segment_bytes = lab->segment_bytes,
	                                .epoch_seals = 2,
	                                .epoch_count = lab->epoch_count,
	                                .rewrite_bytes = lab->rewrite_bytes,
	                                .durable = lab_acked,
	                                .ctx = lab};
	return store_open(&options, out_store, &lab->diag);
}

static inline struct str lab_text(const struct lab *lab, size_t file, uint32_t lines) {
	const struct lab_file *found = &lab->files[file];
	lines = lab->whole ? found->lines : lines; /* a file that has grown does not shrink again */
	return str_slice(buf_str(&found->text), 0, found->line_end[lines - 1]);
}

/* ---- lives: each stops at the first error ---- */

static inline enum err lab_take(struct lab *lab, struct store *store, size_t file, uint32_t lines,
                                bool log) {
	struct taking taking = {
	    .store = store, .rows_per_batch = lab->rows_per_batch, .log = log, .ahead = log ? 2 : 0};
	enum err err = sample_take(&taking, lab->files[file].path, lab_text(lab, file, lines));
	lab->diag = err == ERR_OK ? lab->diag : taking.diag;
	return err;
}

static inline enum err lab_replay(struct lab *lab, struct store *store) {
	struct taking taking = {.store = store};
	enum err err = sample_replay(&taking, NULL);
	lab->diag = err == ERR_OK ? lab->diag : taking.diag;
	return err;
}

struct lab_aside {
	const struct os *now, *after;
	bool lost;
};

static inline enum err lab_look_aside(void *ctx, struct str name, enum os_file_kind kind) {
	struct lab_aside *aside = ctx;
	struct buf now CLEANUP(buf_deinit) = {0};
	struct buf after CLEANUP(buf_deinit) = {0};
	char path[LIMIT_PATH];
	(void)kind;
	(void)snprintf(path, sizeof(path), LAB_PATH "/quarantine/%.*s", STR_ARG(name));
	TRY(os_read_file(aside->now, path, SIZE_MAX, &now));
	aside->lost |= os_read_file(aside->after, path, SIZE_MAX, &after) != ERR_OK ||
	               !str_eq(buf_str(&now), buf_str(&after));
	return ERR_OK;
}

/* What was set aside is there after a cut, for where it lay it is no more. */
static inline bool lab_aside_kept(const struct os *now, const struct os *after) {
	struct lab_aside aside = {.now = now, .after = after};
	enum err err = now->list(now->ctx, LAB_PATH "/quarantine", lab_look_aside, &aside);
	return (err == ERR_OK || err == ERR_NOT_FOUND) && !aside.lost;
}

/* store_commit, and what it promises when it returns: all sealed, the log empty, durably. */
static inline enum err lab_commit(struct lab *lab, struct store *store) {
	TRY(store_commit(store, &lab->diag));
	struct os_memory *after CLEANUP(os_memory_freep) =
	    os_memory_crash(lab->memory, OS_CRASH_FORGET, 0);
	struct store_options options = {.os = os_memory_os(after), .path = LAB_PATH};
	struct store *reader CLEANUP(store_closep) = NULL;
	struct store_info info = {0};
	if (store_open(&options, &reader, NULL) == ERR_OK) {
		store_get_info(reader, &info);
	}
	lab->promise_broken |= !info.sealed || info.log_bytes != 0 ||
	                       !lab_aside_kept(os_memory_os(lab->memory), os_memory_os(after));
	return ERR_OK;
}

/* A few batches of one file under one sync, as a server does. */
static inline enum err lab_take_group(struct lab *lab, struct store *store, size_t file) {
	enum { BATCHES = 4 };
	struct batch *batches[BATCHES] = {0};
	struct str text = buf_str(&lab->files[file].text);
	struct sink_file info = {.path = lab->files[file].path, .source = lab->files[file].path};
	struct sink_resume resume;
	enum sink_verdict verdict;
	uint32_t number;
	uint64_t records = 0;
	size_t at = 0;
	TRY(store_file_begin(store, &info, false, &number, &verdict, &resume, &lab->diag));
	if (verdict != SINK_TAKE) {
		return ERR_OK; /* a second life */
	}
	enum err err = ERR_OK;
	for (uint32_t i = 0; i < BATCHES && err == ERR_OK; i++) {
		struct batch *batch = batches[i] = batch_new();
		struct batch_source source = {.name = info.path, .path = info.path, .file = number};
		(void)batch_add_source(batch, &source);
		while (at < text.len && (i == BATCHES - 1 || batch->count < 6)) {
			sample_add_line(batch, text, &at, ++records);
		}
		if (i < BATCHES - 1) {
			batch->progress_file = number;
			batch->progress_position = at;
			sha256(text.ptr, at, batch->progress_hash);
		} else {
			struct batch_file_end end = {.file = number, .size = text.len, .records = records};
			sha256(text.ptr, text.len, end.hash);
			batch_add_file_end(batch, &end);
		}
		err = store_reserve(store, batch);
	}
	if (err == ERR_OK) {
		err = store_log_many(store, batches, BATCHES, &lab->diag);
	}
	for (uint32_t i = 0; i < BATCHES; i++) {
		struct store_page *page = NULL;
		if (err != ERR_OK) {
			batch_free(batches[i]);
			continue;
		}
		sample_parse(batches[i]);
		err = store_encode(store, batches[i], &page, &lab->diag);
		err = err == ERR_OK ? store_append(store, page, &lab->diag) : err;
	}
	return err;
}

/* A container: kept as an object, its events are slices of it. */
static inline enum err lab_take_object(struct lab *lab, struct store *store, size_t file) {
	const struct lab_file *from = &lab->files[file];
	struct str text = buf_str(&from->text);
	struct sink_file info = {.path = from->path,
	                         .source = from->path,
	                         .is_object = true,
	                         .hash_known = true,
	                         .size = text.len,
	                         .bytes = text.ptr};
	struct sink_resume resume;
	enum sink_verdict verdict;
	uint32_t number;
	size_t at = 0;
	uint64_t records = 0;
	sha256(text.ptr, text.len, info.hash);
	TRY(store_file_begin(store, &info, false, &number, &verdict, &resume, &lab->diag));
	if (verdict == SINK_SKIP) {
		return ERR_OK;
	}
	records = verdict == SINK_RESUME ? resume.records : 0;
	at = records == 0 ? 0 : from->line_end[records - 1];
	struct batch *batch = batch_new();
	struct batch_source source = {
	    .name = info.path, .path = info.path, .file = number, .container = true};
	memcpy(source.object, info.hash, sizeof(source.object));
	(void)batch_add_source(batch, &source);
	while (at < text.len) {
		sample_add_line(batch, text, &at, ++records);
	}
	struct batch_file_end end = {.file = number, .size = text.len, .records = records};
	memcpy(end.hash, info.hash, sizeof(end.hash));
	batch_add_file_end(batch, &end);
	struct taking taking = {.store = store};
	enum err err = sample_hand_over(&taking, batch);
	lab->diag = err == ERR_OK ? lab->diag : taking.diag;
	return err;
}

/* Files and an object, twice: the second time one has grown, and small segments are rewritten. */
static inline enum err lab_life_files(struct lab *lab) {
	for (uint32_t session = 0; session < 2; session++) {
		struct store *store CLEANUP(store_closep) = NULL;
		TRY(lab_open(lab, lab->os, &store));
		TRY(lab_replay(lab, store));
		TRY(lab_take(lab, store, 0, session == 0 ? 230 : 300, false));
		TRY(lab_commit(lab, store));
		TRY(session == 0 ? lab_take_object(lab, store, 3) : lab_take(lab, store, 1, 60, false));
		TRY(lab_commit(lab, store));
	}
	return ERR_OK;
}

/* Streams: everything goes through the log; one session ends without a commit. */
static inline enum err lab_life_log(struct lab *lab) {
	for (uint32_t session = 0; session < 3; session++) {
		struct store *store CLEANUP(store_closep) = NULL;
		TRY(lab_open(lab, lab->os, &store));
		TRY(lab_replay(lab, store));
		if (session == 0) {
			TRY(lab_take_group(lab, store, 2));
			TRY(lab_commit(lab, store));
			TRY(lab_take(lab, store, 1, 30, true));
			continue; /* closed as a killed process would leave it */
		}
		TRY(lab_commit(lab, store));
		TRY(session == 1 ? lab_take(lab, store, 1, 60, true) : lab_take(lab, store, 0, 300, true));
		TRY(lab_commit(lab, store));
	}
	return ERR_OK;
}

/* ---- the judge ---- */

struct judging {
	struct lab *lab;
	const struct os *os;
	struct store *store;
	uint64_t next_index;
	uint32_t found[LAB_FILES]; /* records of each file so far */
	struct buf places;         /* per index: file * 1000 + number, or 0 */
};

static inline void lab_judging_deinit(struct judging *judging) {
	buf_deinit(&judging->places);
}

static inline bool lab_say(struct lab *lab, const char *what, const char *more) {
	(void)snprintf(lab->why, sizeof(lab->why), "%s%s%s", what, more[0] == '\0' ? "" : ": ", more);
	return false;
}

static inline bool lab_judge_row(struct judging *judging, const struct row *row) {
	struct lab *lab = judging->lab;
	uint32_t place = 0;
	for (size_t i = 0; i < LAB_FILES && row->type == RECORD_DATA; i++) {
		const struct lab_file *file = &lab->files[i];
		uint32_t line = judging->found[i];
		if (!str_eq(file->path, row->path)) {
			continue;
		}
		if (line >= file->lines || row->number != line + 1) {
			return lab_say(lab, "a record comes twice or is missing", "");
		}
		size_t start = line == 0 ? 0 : file->line_end[line - 1];
		struct str expected = str_slice(buf_str(&file->text), start, file->line_end[line] - 1);
		if (!str_eq(row->text, expected) || row->log_offset != start ||
		    (!file->is_object && !str_eq(row->body, expected))) {
			return lab_say(lab, "a record is altered", "");
		}
		judging->found[i]++;
		place = (uint32_t)i * 1000 + judging->found[i];
	}
	buf_append(&judging->places, &place, sizeof(place));
	if (row->type == RECORD_DATA && place == 0) {
		return lab_say(lab, "a record is of no file", "");
	}
	return row->index == judging->next_index++ || lab_say(lab, "an index is left out", "");
}

static inline bool lab_judge_records(struct judging *judging) {
	struct store_scan_options options = {
	    .from_ns = INSTANT_MIN, .to_ns = INSTANT_MAX, .index_to = UINT64_MAX, .all_types = true};
	struct store_scan *scan = NULL;
	struct diag diag = {0};
	bool good = store_scan_new(judging->store, &options, &scan) == ERR_OK;
	while (good) {
		struct store_view *view = NULL;
		if (store_scan_next(scan, &view, &diag) != ERR_OK) {
			good = lab_say(judging->lab, "a page cannot be read", diag.message);
		}
		if (view == NULL) {
			break;
		}
		for (uint32_t i = 0; i < store_view_rows(view) && good; i++) {
			struct row row;
			good = store_view_row(view, i, &row) == ERR_OK && lab_judge_row(judging, &row);
		}
		store_view_free(view);
	}
	store_scan_free(scan);
	return good;
}

static inline bool lab_judge_ack(struct judging *judging, const struct lab_ack *ack) {
	struct lab *lab = judging->lab;
	const uint32_t *places = (const uint32_t *)(const void *)judging->places.ptr;
	if (ack->index >= judging->next_index) {
		return lab_say(lab, "an acknowledged record is lost", ack->path);
	}
	for (size_t i = 0; i < LAB_FILES; i++) {
		const struct lab_file *file = &lab->files[i];
		uint32_t lines = 0;
		if (!str_eq(file->path, str_from(ack->path)) || file->is_object) {
			continue;
		}
		while (lines < file->lines && file->line_end[lines] <= ack->position) {
			lines++;
		}
		if (judging->found[i] < lines) {
			return lab_say(lab, "acknowledged bytes are lost", ack->path);
		}
		uint32_t place = places[ack->index];
		if (place != 0 && place != i * 1000 + lines) {
			return lab_say(lab, "an acknowledged record has another index", ack->path);
		}
	}
	return true;
}

static inline bool lab_judge_objects(struct judging *judging) {
	for (size_t i = 0; i < LAB_FILES; i++) {
		const struct lab_file *file = &judging->lab->files[i];
		struct buf bytes CLEANUP(buf_deinit) = {0};
		uint8_t hash[SHA256_SIZE];
		if (!file->is_object || judging->found[i] == 0) {
			continue;
		}
		sha256(file->text.ptr, file->text.len, hash);
		if (store_read_object(judging->store, hash, sample_collect, &bytes, NULL) != ERR_OK ||
		    !str_eq(buf_str(&bytes), buf_str(&file->text))) {
			return lab_say(judging->lab, "an object is lost", "");
		}
	}
	return true;
}

static inline void lab_hear_damage(void *ctx, const struct store_damage *damage) {
	struct lab *lab = ctx;
	char text[200];
	(void)snprintf(text, sizeof(text), "%.*s %.*s", STR_ARG(damage->where), STR_ARG(damage->what));
	(void)lab_say(lab, "not intact", text);
}

/* Intact, and no other history than the one whose checkpoint was seen. */
static inline bool lab_judge_proof(struct lab *lab, const struct os *os, struct str note) {
	struct store_verify_options options = {.against = note, .damage = lab_hear_damage, .ctx = lab};
	struct store_verify_result result = {0};
	struct diag diag = {0};
	(void)lab_say(lab, "not intact", "");
	if (store_verify(os, LAB_PATH, &options, &result, &diag) != ERR_OK) {
		return lab_say(lab, "cannot be verified", diag.message);
	}
	return result.intact &&
	       (note.len == 0 || result.against_held || lab_say(lab, "a checkpoint does not hold", ""));
}

static inline bool lab_judge_inside(struct judging *judging) {
	struct lab *lab = judging->lab;
	size_t count = lab->acks.len / sizeof(struct lab_ack); /* those from before the cut */
	struct store_info info;
	if (lab_replay(lab, judging->store) != ERR_OK ||
	    store_commit(judging->store, &lab->diag) != ERR_OK) {
		return lab_say(lab, "the log cannot be taken over", lab->diag.message);
	}
	if (!lab_judge_records(judging) || !lab_judge_objects(judging)) {
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (!lab_judge_ack(judging, &((const struct lab_ack *)(const void *)lab->acks.ptr)[i])) {
			return false;
		}
	}
	store_get_info(judging->store, &info);
	return (info.tree_size == judging->next_index && (info.sealed || info.tree_size == 0) &&
	        info.log_bytes == 0) ||
	       lab_say(lab, "not wholly sealed after recovery", "");
}

/* Recovers the store on memory over os (which may watch or fault) and judges it. False: lab->why.
 * Acknowledgements of the recovery itself are not kept. */
static inline bool lab_judge(struct lab *lab, struct os_memory *memory, const struct os *os) {
	struct judging judging CLEANUP(lab_judging_deinit) = {.lab = lab, .os = os};
	struct os_stat stat;
	size_t acks = lab->acks.len;
	const struct os *plain = os_memory_os(memory);
	bool there = plain->stat(plain->ctx, LAB_PATH "/store", true, &stat) == ERR_OK;
	if (there && !lab_judge_proof(lab, plain, buf_str(&lab->note))) {
		return false;
	}
	if (lab_open(lab, os, &judging.store) != ERR_OK) {
		return lab_say(lab, "cannot be opened", lab->diag.message);
	}
	bool good = lab_judge_inside(&judging);
	store_close(judging.store);
	lab->acks.len = acks;
	return good && lab_judge_proof(lab, plain, buf_str(&lab->note)) &&
	       (os_memory_open_count(memory) == 0 || lab_say(lab, "something was left open", ""));
}

/* Remembers the checkpoint that can be read right now. */
static inline void lab_see_checkpoint(struct lab *lab, struct os_memory *memory) {
	struct buf note CLEANUP(buf_deinit) = {0};
	if (os_read_file(os_memory_os(memory), LAB_PATH "/tree/default/checkpoint", 65536, &note) ==
	        ERR_OK &&
	    note.len > 0) {
		buf_clear(&lab->note);
		buf_append_str(&lab->note, buf_str(&note));
	}
}

/* Judges a recovery, and then what a cut at its end leaves: what it built on must be durable. */
static inline bool lab_judge_twice(struct lab *lab, struct os_memory *memory, const struct os *os) {
	struct buf note = {0};
	if (!lab_judge(lab, memory, os)) {
		return false;
	}
	buf_append_str(&note, buf_str(&lab->note));
	lab_see_checkpoint(lab, memory);
	struct os_memory *after CLEANUP(os_memory_freep) = os_memory_crash(memory, OS_CRASH_FORGET, 0);
	bool good = lab_judge(lab, after, os_memory_os(after));
	buf_deinit(&lab->note);
	lab->note = note;
	if (!good) {
		char why[512];
		(void)snprintf(why, sizeof(why), "%.500s", lab->why);
		(void)lab_say(lab, "after a recovery and one more cut", why);
	}
	return good;
}
