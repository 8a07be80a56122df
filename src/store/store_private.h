/* struct store and the pieces that the files of this folder share. Reading needs only the first
 * part; `writer` is there in a writable store and owned by the thread that writes.
 */
#pragma once

#include <pthread.h>

#include "codec/wire.h"
#include "store/catalogue.h"
#include "store/facts.h"
#include "store/files.h"
#include "store/ledger.h"
#include "store/log.h"
#include "store/path.h"
#include "store/reservation.h"
#include "store/sealing.h"
#include "store/store.h"
#include "store/streams.h"

#define OWN_SOURCE "akashi:store" /* the source of the store's own records */
#define OWN_FORMAT "akashi"
#define SEGMENT_BYTES_DEFAULT ((uint64_t)64 << 20)
#define REWRITE_BYTES_DEFAULT ((uint64_t)32 << 20)
#define LOG_BYTES_DEFAULT ((uint64_t)2 << 30)
#define SEGMENT_ROWS_MAX ((uint64_t)1 << 20) /* also cut here: bodies may be empty */

/* A new state of a file, true once the pages before end are in a segment. */
struct file_change {
	uint64_t end;
	uint32_t file;
	struct file_state state;
};
/* A piece to report once everything up to its index is durable. */
struct pending_ack {
	uint64_t index;
	uint32_t file;
	uint64_t position;
};

struct open_segment {
	struct segment_writer *writer; /* NULL: none is open */
	bool takes_over;               /* holds the pages of the last segment, and replaces it */
	uint64_t first;
	uint64_t records, bytes_raw;
	int64_t time_min_ns, time_max_ns;
};

struct store_writer {
	/* Batches are reserved in one thread while others are appended in another: guards what both
	 * touch (tables of files and streams, changes, acks, broken, the catalogue). Whoever appends
	 * gives it up while a block is made or a file is synced (writer_give). Before that of
	 * store_viewed. */
	pthread_mutex_t lock;
	enum err broken; /* after a failed write: everything is refused until opened again */
	int lock_fd;
	bool made; /* by this opening */
	struct sealing sealing;
	struct log_writer log;
	struct log_found found; /* frames to be replayed */
	size_t replayed;
	struct buf
	    kept; /* struct reservation of frames that do not say all of it; kept_done are used */
	size_t kept_done;
	bool log_dirty; /* log files are there */
	uint64_t incarnation;
	uint64_t next_index;                  /* of the next reservation */
	uint64_t appended_index;              /* one past the last appended page */
	uint64_t committed_index;             /* one past the last segment */
	uint64_t logged_index;                /* one past the last logged or committed */
	uint64_t log_frame;                   /* highest frame in appended pages */
	uint64_t planned_bytes, planned_rows; /* reserved for the segment in planning */
	bool rewrites_last; /* the next segment is planned as one that takes the place of the last */
	bool has_seed;
	uint8_t seed[SALT_SEED_SIZE]; /* of the bundle of next_index - 1 */
	struct buf changes;           /* struct file_change, in order; changes_done are applied */
	size_t changes_done;
	size_t changes_cut; /* changes before the last planned cut */
	struct buf acks;    /* struct pending_ack, in order; acks_done are reported */
	size_t acks_done;
	struct buf same;    /* struct batch_file_end: known files under new names, to be noted */
	struct buf waiting; /* records of the ledger: type as varint, body as wire string */
	struct clock_seen clock;
	bool has_settings;
	uint8_t settings[SHA256_SIZE];
	struct open_segment open;
	struct buf retired; /* struct segment *: replaced while open; freed with the store */
};

/* Segments of which single pages were viewed last: no others keep opened blocks for the next view,
 * so that views here and there in a large store cost no more memory than those of a small one. */
enum { STORE_VIEWED_MAX = 4 };
struct store_viewed {
	pthread_mutex_t lock; /* guards what follows; that of a segment's idle blocks comes behind */
	const struct segment *segments[STORE_VIEWED_MAX]; /* the last one first; NULL: fewer */
};

struct store_shown {
	struct buf sources, files, classes;
};

/* From the handle that found its tree lost to the one that goes on, while the store is opened. */
struct handover {
	int lock_fd; /* -1: the lock is not held yet */
	bool made;
	bool has_loss;
	char why[DIAG_TEXT_MAX]; /* then: what is lost */
};

struct store {
	const struct os *os;
	struct store_options options;
	struct arena *arena;
	struct str path;
	struct str class_name;     /* of the tree: with its number, after a loss */
	char origin[ORIGIN_MAX];   /* of the tree */
	struct store *before;      /* the tree that was lost before it; NULL: not opened, or none */
	bool is_before;            /* opened as such: files only as far as no gap is before */
	struct handover *handover; /* of a writer, while it is opened */
	char *folder, *segments, *tree, *keys, *key_folder, *log, *objects, *quarantine;
	struct facts facts;
	struct catalogue catalogue;
	bool no_segments; /* their folder is gone */
	struct file_table files;
	struct stream_table streams;
	struct store_writer *writer; /* NULL: read only */
	struct buf note;             /* latest checkpoint */
	uint64_t checkpoint_size;
	uint8_t checkpoint_root[SHA256_SIZE];
	struct store_viewed viewed;
	struct store_shown *shown; /* what store_sources and store_files give */
};

/* ---- open.c ---- */
void store_notice(const struct store *store, const char *format, ...) PRINTF_LIKE(2, 3);
/* Keeps bytes that are about to be overwritten or left out, under quarantine/what-<hash>.bin. */
MUST_USE enum err store_quarantine(struct store *store, struct str what, struct str bytes);
/* How a page of this store names files and streams; lives as long as the store. */
struct view_names store_names(struct store *store);
/* levels_leaves_f over the store's segments; ctx is a struct leaves_near: rows of its view, when
 * there is one, are not decoded again. */
struct leaves_near {
	struct store *store;
	struct store_view *view;
};
MUST_USE enum err store_leaves_near(void *ctx, uint64_t first, uint32_t count, uint8_t *out_hashes);
/* The same; ctx is the store. */
MUST_USE enum err store_leaves(void *ctx, uint64_t first, uint32_t count, uint8_t *out_hashes);
/* Reads the file checkpoint; none, or a wrong one, leaves the store without. Of a frozen tree the
 * last note of the journal that verifies stands in for it. */
void store_load_checkpoint(struct store *store);

/* The frozen tree before this one, read only, opened when first asked for; NULL: this is the first.
 */
MUST_USE enum err store_before(struct store *store, struct store **out_before, struct diag *diag);

/* ---- loss.c ---- */
/* Opens all trees of the class before this one. */
MUST_USE enum err loss_open_before(struct store *store, struct diag *diag);
/* Numbers of files, frames and incarnations go on from theirs. */
void loss_inherit(struct store *store);
/* A file of a tree before, by the number that the class has given it; NULL: unknown, or its
 * records are not all there. */
const struct file_entry *loss_find_file(const struct store *store, uint32_t number,
                                        struct str path);
/* It goes on in this tree, where its records that are there end. */
struct file_entry *loss_adopt_file(struct store *store, const struct file_entry *entry);
/* The log of this tree, then those of the trees before; paths holds them. */
struct log_folders loss_log_folders(const struct store *store, const char *paths[CLASSES_MAX]);
/* Empties all of them. */
MUST_USE enum err loss_clear_logs(struct store *store, struct diag *diag);
/* Whether the frame lies in the log of a tree before. */
bool loss_is_carried(const struct store *store, const struct log_frame *frame);
/* In a new tree that is the next of its class: commits its first record, which says what was lost.
 */
MUST_USE enum err loss_record(struct store *store, struct diag *diag);
/* The tree of store is lost: makes the next one, and hands over the lock. */
MUST_USE enum err loss_go_on(struct store *store, struct diag *diag);

/* ---- writer.c ---- */
/* Makes the folders of a tree and lists it in the file `store`, durably, when it is not yet. */
MUST_USE enum err writer_add_tree(struct store *store, struct facts *facts, struct str name,
                                  struct diag *diag);
/* Makes the store when asked to and absent, and takes the lock, or uses that of options.beside. */
MUST_USE enum err writer_lock(struct store *store, struct diag *diag);
MUST_USE enum err writer_open(struct store *store, struct diag *diag);
void writer_free(struct store *store);
/* True when the last segment is small enough to be written again with what follows. */
bool writer_takes_over(const struct store *store);

void writer_take(struct store_writer *writer); /* the lock */
void writer_give(struct store_writer *writer);

/* ---- reserve.c ---- */
/* Indices, streams, seeds, file states and the cut for a batch that has all its rows. */
MUST_USE enum err reserve_rows(struct store *store, struct batch *batch);
/* The same, but the segment is not cut behind it. */
MUST_USE enum err reserve_uncut(struct store *store, struct batch *batch);
/* The same for a batch that comes from the log with its plan; files are those of the frame.
 * *out_moved: the places are not those of the plan. */
MUST_USE enum err reserve_replayed(struct store *store, struct batch *batch, bool *out_moved);
/* Notes files of the batch whose records before it are lost. */
void reserve_find_holes(struct store *store, const struct batch *batch);
/* Appends a row of the store's own; with an empty field row when the batch is parsed. */
void add_own_row(const struct store *store, struct batch *batch, enum record_type type,
                 struct str body);
void report_acks(struct store *store, uint64_t durable_end);

/* ---- replay.c ---- */
/* Gives places to all batches that were found in the log, and to records of what it has lost. */
MUST_USE enum err replay_plan(struct store *store, struct diag *diag);
