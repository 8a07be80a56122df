/* The store: sole owner of the data directory. One writer (lock), any number of readers. Segments
 * are the commit; the write-ahead log holds what has been acknowledged and is not yet in one.
 * docs/formats/store.md has the layout. The inside of a segment is hidden here and versioned.
 *
 * Writing is a pipeline in four steps, so that the middle can run on several threads:
 *   store_reserve (in order)  gives the batch its indices, stream numbers, salt seeds, file entry
 *   store_log     (in order)  optional: write-ahead log, durable on return = may be acknowledged
 *   store_encode  (any thread) columns, compression, leaf hashes, round trip compared
 *   store_append  (in order)  to the open segment; full segments are committed
 * and store_commit ends it: segment durable, tree extended, checkpoint signed, log emptied.
 */
#pragma once

#include "base/err.h"
#include "event/batch.h"
#include "event/column.h"
#include "event/row.h"
#include "event/sink.h"
#include "os/os.h"

struct store;
struct store_page; /* an encoded batch on its way to a segment */

struct store_piece { /* what became durable, for --ack */
	struct str path;
	uint64_t position; /* bytes of the file (containers: records) durable so far */
	struct str tree;
	uint64_t index; /* of the piece's last record */
};

/* All classes of a folder, with all of their trees, for reading: default comes first. */
enum { STORE_CLASSES_MAX = 64 };
#define STORE_AUDIT "audit" /* the class of who did what */
struct store_set {
	struct store *stores[STORE_CLASSES_MAX];
	size_t count;
};

struct store_options {
	const struct os *os;
	const char *path;
	/* For reading, a tree (store_classes); for writing, a class, of which the newest tree is
	 * opened: when what was signed of it is lost, a new one, with a notice. NULL: default. */
	const char *tree;
	/* A store that is open for writing at the same path: this one writes another class of it, under
	 * its lock, and is closed before it. A class that is new is made. */
	struct store *beside;
	uint64_t epoch_seals; /* seals of one epoch of a new class; 0: 86,400 */
	uint64_t epoch_count; /* epochs of its first manifest; 0: 400 */
	/* What is in force (JSON), for the ledger: a change is a config record. NULL: not said. */
	const char *settings;
	const char *build; /* the program and its version, for seal records; NULL: akashi */
	bool writable;     /* takes the lock; repairs after a crash */
	bool create;       /* make it when absent */
	bool add_class;    /* lists the class when the store has it not yet */
	bool take_again;   /* --again: file identity is ignored */
	/* Other classes, for reading: what was taken into one of them is known, too. NULL: none. */
	const struct store_set *others;
	uint64_t segment_bytes; /* raw bytes at which a segment is cut; 0 = default (64 MiB) */
	uint64_t
	    rewrite_bytes;  /* a last segment below this is rewritten with what follows; 0 = 32 MiB */
	uint64_t log_bytes; /* of a class's write-ahead log, at most; 0 = 2 GiB */
	/* Called once a piece is durable (in its segment, or in the log). NULL is fine. */
	void (*durable)(void *ctx, const struct store_piece *piece);
	/* Called for things found and mended at opening (torn tail cut, tree extended...). */
	void (*notice)(void *ctx, struct str message);
	void *ctx;
};

MUST_USE enum err store_open(const struct store_options *options, struct store **out_store,
                             struct diag *diag);
/* Closes without committing what is pending (that is lost unless logged). NULL is fine. */
void store_close(struct store *store);
void store_closep(struct store **store);

/* ---- writing: all in one thread but store_encode ----
 * Also: while nothing is logged, store_append may run in another thread than store_file_begin and
 * store_reserve (and then calls options.durable in it). Whatever else is called, nothing is under
 * way. */

/* As struct sink's file_begin. Objects' bytes are kept when given. */
MUST_USE enum err store_file_begin(struct store *store, const struct sink_file *file, bool fresh,
                                   uint32_t *out_file, enum sink_verdict *out_verdict,
                                   struct sink_resume *out_resume, struct diag *diag);
/* As struct sink's size_known; never when all is to be taken again. */
bool store_size_known(struct store *store, uint64_t size);
/* Also adds a row of the store's own for each batch_file_end (and, when the batch is parsed
 * already, its empty field row). */
MUST_USE enum err store_reserve(struct store *store, struct batch *batch);
/* Batches of a session are either all logged, in order, or none (or a commit stands between): the
 * log keeps the places that were promised to their records. ERR_UNSUPPORTED for container bodies. A
 * failed call may be repeated. ERR_LIMIT: the log is full (log_bytes), and nothing was written.
 * Each segment that store_append commits makes room; or the batch is appended without the log, as
 * the last one before a commit. */
MUST_USE enum err store_log(struct store *store, struct batch *batch, struct diag *diag);
/* Several reserved batches with one sync (group commit). */
MUST_USE enum err store_log_many(struct store *store, struct batch *const *batches, size_t count,
                                 struct diag *diag);
/* Takes the (parsed) batch over. Thread-safe. */
MUST_USE enum err store_encode(struct store *store, struct batch *batch,
                               struct store_page **out_page, struct diag *diag);
void store_page_free(struct store_page *page);
/* Takes the page over; pages in order of first_index. */
MUST_USE enum err store_append(struct store *store, struct store_page *page, struct diag *diag);
MUST_USE enum err store_commit(struct store *store, struct diag *diag);
/* A record of the store's own (enum record_type: conn, loss, anchor, audit, prune, hold, redact,
 * export), kept with the next batch or commit; body is JSON of at most LEDGER_BODY_MAX bytes.
 * ERR_INVALID for any other type. */
enum { LEDGER_BODY_MAX = 1 << 20 };
MUST_USE enum err store_note(struct store *store, uint8_t type, struct str body, struct diag *diag);
/* Records of who did what, durable and sealed on return, in the class STORE_AUDIT, which is made
 * when it is not there. Takes the store's lock for that moment only. ERR_LOCKED: another writer has
 * held it all the time. */
struct store_audit_options {
	const struct os *os;
	const char *path;
	const char *build;        /* as in store_options */
	int64_t wait_ns;          /* how long to wait for another writer; 0: not at all */
	bool (*go_on)(void *ctx); /* asked while waiting; false: ERR_CANCELED. NULL is fine */
	void *ctx;
};
struct store_audit_record {
	uint8_t type;    /* audit or export */
	struct str body; /* as store_note's */
};
MUST_USE enum err store_audit(const struct store_audit_options *options,
                              const struct store_audit_record *records, size_t count,
                              struct diag *diag);
/* Batches found in the log at opening: parse, encode, append each, then commit. NULL at the end.
 * New batches may be reserved and logged before that, and are appended behind them. */
MUST_USE enum err store_replay_next(struct store *store, struct batch **out_batch,
                                    struct diag *diag);
/* How many are still to come. */
uint64_t store_replay_left(const struct store *store);

/* ---- facts ---- */

struct store_source {
	struct str name;
	uint64_t records;
	uint64_t bytes_raw;
	int64_t time_min_ns, time_max_ns;
};
struct store_file {
	uint32_t number;
	struct str path, source;
	bool is_object, done;
	uint8_t hash[32];
	uint64_t size, records;
	int64_t modified_ns;
	uint64_t first_index;
	uint32_t same_as; /* UINT32_MAX, or the file with the same bytes under another name */
};
struct store_info {
	struct str uuid, origin, path;
	uint32_t format_version;
	uint64_t records;      /* of type data */
	uint64_t tree_size;    /* all leaves */
	uint64_t bytes_raw;    /* bodies */
	uint64_t bytes_stored; /* segments, trees, objects; without the fixed files */
	uint64_t segments;
	uint64_t objects;
	uint64_t log_bytes; /* write-ahead log not yet in segments */
	int64_t time_min_ns, time_max_ns;
	bool sealed;      /* a checkpoint covers the whole tree, and no leaf of it is missing */
	uint64_t missing; /* leaves before others, or under a checkpoint, that are in no segment */
	uint64_t checkpoint_size;
	uint8_t checkpoint_root[32];
};
/* Names of all classes of the folder, and of their later trees, in the order of their making; views
 * that live as long as the store, each with a NUL behind it. */
size_t store_classes(const struct store *store, const struct str **out_classes);
/* The class, or the tree of it, that this handle is of; a NUL follows. */
struct str store_class(const struct store *store);
/* After a loss a class goes on as a new tree: NAME.2, NAME.3 ...: the class of such a name, which
 * is a view into it. */
struct str store_class_of(struct str tree);
/* The tree was lost and is written no more: its class has gone on in a later one. */
bool store_is_frozen(const struct store *store);
/* True for what can name a class: small letters, digits, dashes. */
bool store_class_valid(struct str name);
void store_get_info(const struct store *store, struct store_info *out_info);
size_t store_sources(const struct store *store, const struct store_source **out_sources);
size_t store_files(const struct store *store, const struct store_file **out_files);
/* The one with this number among them, or NULL. */
const struct store_file *store_file_of(const struct store_file *files, size_t count,
                                       uint32_t number);
/* options.tree is ignored, writable is false. On failure nothing is open. */
MUST_USE enum err store_set_open(const struct store_options *options, struct store_set *out_set,
                                 struct diag *diag);
void store_set_close(struct store_set *set);
/* The sums; origin, checkpoint and root are those of the tree that the class of the first one is
 * written to now. sealed: all are. */
void store_set_info(const struct store_set *set, struct store_info *out_info);
/* Position of the newest tree of the first one's class; after a loss those before it are frozen. */
size_t store_set_newest(const struct store_set *set);
/* Position of a class, or count. */
size_t store_set_find(const struct store_set *set, struct str class_name);

/* ---- epoch keys (docs/formats/keys.md) ---- */

struct store_keys {
	struct str origin, root; /* root: name of its key; empty: none */
	uint64_t epoch;          /* of the next seal */
	uint64_t seals;          /* so far */
	uint64_t epoch_seals;    /* of one epoch */
	uint64_t manifests;      /* 0: none yet, then the rest is 0 */
	uint64_t listed_end;     /* one past the last epoch that is listed; there sealing stops */
	bool by_root;            /* the last manifest is the root's */
};
/* Strings live as long as the store. */
MUST_USE enum err store_read_keys(const struct store *store, struct store_keys *out_keys,
                                  struct diag *diag);
/* Of a store that is open for writing: the text for the root to sign: count epochs (0: 400) from
 * the present one on. */
MUST_USE enum err store_keys_request(const struct store *store, uint64_t count,
                                     struct buf *out_request, struct diag *diag);
/* Likewise: keeps a signed manifest, and commits a record that says so. root_vkey: the root's
 * verifier key, when the store does not know it yet; empty: it does, or has none and the manifest
 * is signed by the identity key. ERR_INVALID: not of this log, not signed by whom it should be, or
 * it leaves a gap. */
MUST_USE enum err store_keys_install(struct store *store, struct str note, struct str root_vkey,
                                     struct diag *diag);

/* Latest checkpoint note as text; empty before the first. */
struct str store_checkpoint(const struct store *store);

/* The bytes of an object, streamed. ERR_CORRUPT when they do not hash to it. */
typedef enum err (*store_write_f)(void *ctx, const void *bytes, size_t len);
MUST_USE enum err store_read_object(const struct store *store, const uint8_t hash[32],
                                    store_write_f write, void *ctx, struct diag *diag);
/* A source file back whole, compared with its hash. */
MUST_USE enum err store_read_file(struct store *store, uint32_t file, store_write_f write,
                                  void *ctx, struct diag *diag);

/* ---- scanning ---- */

struct expr;
struct store_block; /* store/columns.h */
/* What the matching records of a block come to, where that is known without them. */
struct store_reduction {
	/* Thread-safe. ERR_UNSUPPORTED and any other error: the records are shown. */
	enum err (*reduce)(void *ctx, struct store_block *block, void **out_result);
	void (*free)(void *ctx, void *result); /* of those that nobody took */
	void *ctx;
};
struct store_scan_options {
	int64_t from_ns, to_ns;        /* event time [from, to); INSTANT_MIN / INSTANT_MAX */
	uint64_t index_from, index_to; /* [from, to); 0 / UINT64_MAX */
	bool backward;                 /* pages from the newest index down */
	/* Token hashes that a page must have, each group: all of them (codec/token.h). A page is
	 * skipped when it lacks one of any required group. */
	const uint64_t *tokens;
	size_t tokens_count;
	/* What rows must match, or NULL; must outlive the scan. Views then have only rows that it may
	 * match, where that is known without reading them, and say of which it is sure
	 * (store_view_sure). */
	const struct expr *filter;
	uint32_t threads; /* that look ahead, besides the caller's */
	bool once; /* no row of it is asked for again soon, and others scan other rows meanwhile */
	/* NULL: none. Records of blocks that it was given are not shown. Only with a filter. */
	const struct store_reduction *reduction;
	/* Rows that surely match are counted (rows_sure) and not shown, on pages where nothing else
	 * need be looked at. */
	bool count_sure;
	bool all_types; /* also the store's own records (object, context, ...); default: data only */
	/* Instead of data only pages that may have a record of one of these types: bit 1 << type of
	 * enum record_type; 0: as above. Event times count for nothing then. */
	uint32_t types;
};
/* Borders of index ranges [i, i + 1) for scans at the same time, each of at least rows_min records
 * but for the last one; the first border is 0, the last one UINT64_MAX. What lies beside each other
 * in a block is in one range. *out_borders is the caller's to free; returns how many ranges. */
size_t store_pieces(const struct store *store, uint64_t rows_min, uint64_t **out_borders);

struct store_scan;
struct store_view; /* one page, decoded column by column on demand */

MUST_USE enum err store_scan_new(struct store *store, const struct store_scan_options *options,
                                 struct store_scan **out_scan);
void store_scan_free(struct store_scan *scan);
/* The next page, or NULL at the end. The view lives until store_view_free. A damaged page gives
 * ERR_CORRUPT with its index range named in diag; calling again goes on with the next. */
MUST_USE enum err store_scan_next(struct store_scan *scan, struct store_view **out_view,
                                  struct diag *diag);
/* When that gave no view: the result of a reduction instead, the caller's, or NULL: the end.
 * Results come where the records would have come; first_index: of the first page that they are of.
 */
void *store_scan_take_reduced(struct store_scan *scan, uint64_t *out_first_index);
void store_view_free(struct store_view *view);
/* Event times of data records still to come lie in [*out_low_ns, *out_high_ns]; INSTANT_MAX and
 * INSTANT_MIN when nothing is. */
void store_scan_rest(struct store_scan *scan, int64_t *out_low_ns, int64_t *out_high_ns);
/* From here on pages without event times in [from_ns, to_ns) are left out, too. */
void store_scan_narrow(struct store_scan *scan, int64_t from_ns, int64_t to_ns);
/* Pages and bytes looked at and skipped so far, for --explain. */
struct store_scan_stats {
	uint64_t segments, pages, pages_skipped, rows, bytes_read;
	uint64_t rows_sure; /* counted and not shown */
};
struct store_scan_stats store_scan_get_stats(const struct store_scan *scan);

uint32_t store_view_rows(const struct store_view *view);
/* Bits of the rows that surely match the filter of the scan, as far as they are of type data; NULL:
 * nothing is known. */
const uint64_t *store_view_sure(const struct store_view *view);
/* True when every row is of type data. */
bool store_view_all_data(const struct store_view *view);
uint64_t store_view_first_index(const struct store_view *view);
/* Index of a row: a view may have only some rows of its page. */
uint64_t store_view_index(const struct store_view *view, uint32_t row);
/* Event times and row types, rows of them. */
MUST_USE enum err store_view_times(struct store_view *view, const int64_t **out_times);
MUST_USE enum err store_view_types(struct store_view *view, const uint8_t **out_types);
MUST_USE enum err store_view_texts(struct store_view *view, const struct str **out_texts);
/* Column of a field by name; COLUMN_CONST of VALUE_NONE when the page lacks it. Also the built-in
 * ones: file.path, akashi.format, akashi.record, log.offset, akashi.index, akashi.source,
 * event.original, @timestamp (RFC 3339). */
MUST_USE enum err store_view_column(struct store_view *view, struct str name,
                                    const struct column **out_column);
/* Names of all fields that occur in the page (not the built-in ones). */
size_t store_view_names(struct store_view *view, const struct str **out_names);
/* Everything about one row, all fields decoded. Lives as long as the view. */
MUST_USE enum err store_view_row(struct store_view *view, uint32_t row, struct row *out_row);
/* The same without its fields and without what says when and from where it came (received_ns,
 * number, log_offset): these are left empty. */
MUST_USE enum err store_view_row_text(struct store_view *view, uint32_t row, struct row *out_row);
/* Opens the page holding an index again (for results in time order). */
MUST_USE enum err store_view_at(struct store *store, uint64_t index, struct store_view **out_view,
                                struct diag *diag);

/* The page that holds the first of indices (ascending, count > 0), with those of its rows alone
 * that are among them where that is cheaper. */
MUST_USE enum err store_view_some(struct store *store, const uint64_t *indices, size_t count,
                                  struct store_view **out_view, struct diag *diag);

/* ---- proving ---- */

struct store_damage {
	struct str where; /* file name relative to the store */
	struct str what;  /* one sentence */
	bool has_range;
	uint64_t index_from, index_to;
};
struct store_verify_options {
	struct str against; /* text of an outside checkpoint, or empty */
	void (*damage)(void *ctx, const struct store_damage *damage);
	/* Bytes that a stop left and no checksum speaks for; not damage. NULL is fine, as above. */
	void (*leftover)(void *ctx, const struct store_damage *leftover);
	bool (*progress)(void *ctx, uint64_t records_done, uint64_t records_all); /* false: cancel */
	void *ctx;
};
struct store_verify_result {
	bool intact;
	uint64_t damages, leftovers;
	uint64_t records, tree_size, checkpoints, segments, objects;
	uint64_t signed_size; /* leaves under a checkpoint; those behind it nobody has signed yet */
	uint8_t root[32];     /* of the tree that default is written to now */
	bool against_held;    /* the outside checkpoint is consistent with the store */
};
/* Checks every byte of every file but the lock, and names what cannot be checked. ERR_INVALID:
 * options.against is no checkpoint at all. ERR_OK also when
 * damaged: see result. Works on a store that store_open refuses: it takes the path. */
MUST_USE enum err store_verify(const struct os *os, const char *path,
                               const struct store_verify_options *options,
                               struct store_verify_result *out_result, struct diag *diag);

/* A scrub: what store_verify reads (records, levels, signed roots, journal, manifests, objects),
 * slowly, beside a writer, and in pieces: it goes on where the last one was interrupted. What it
 * leaves to store_verify: the secret keys, the log, what was set aside, names that do not belong.
 */
struct store_scrub_part {      /* a class, or the objects, which are shared by all */
	struct str tree;           /* empty: the objects */
	uint64_t from, to;         /* [from, to): leaves; of the objects: first bytes of their hashes */
	uint64_t size;             /* leaves that there are; of the objects 256 */
	uint64_t segments, bytes;  /* read */
	uint64_t records, objects; /* likewise */
	uint64_t damages;
	int64_t ns;
	struct str body; /* of the audit record that says all this */
};
struct store_scrub_options {
	const struct os *os;
	const char *path;
	uint64_t rate;    /* bytes read in a second; 0: as fast as it goes */
	int64_t piece_ns; /* a class that takes longer is told in pieces; 0: of ten minutes */
	void (*damage)(void *ctx, const struct store_damage *damage);
	/* Asked again and again, also while it waits; false: it ends. NULL is fine, as above. */
	bool (*go_on)(void *ctx, struct str tree, uint64_t done, uint64_t size);
	/* A part is through, or a piece of it, or it was interrupted. Who keeps body as a record of the
	 * class STORE_AUDIT lets the next scrub go on behind it. */
	void (*part)(void *ctx, const struct store_scrub_part *part);
	void *ctx;
};
/* ERR_CANCELED after go_on said so; ERR_LOCKED: a writer seals so often that no state of the store
 * could be held fast. ERR_OK also when damaged: *out_damages. Usable in a thread of its own. */
MUST_USE enum err store_scrub(const struct store_scrub_options *options, uint64_t *out_damages,
                              struct diag *diag);
/* What the audit records say of scrubs so far. */
struct store_scrub_seen {
	char tree[48];    /* empty: the objects */
	uint64_t next;    /* where the next scrub goes on */
	bool through;     /* in the round at hand nothing is left of it */
	bool whole;       /* it was scrubbed from its begin to its end once */
	int64_t whole_ns; /* when, last */
};
struct store_scrub_state {
	struct store_scrub_seen parts[STORE_CLASSES_MAX + 1];
	size_t count;
};
/* Nothing was recorded: count is 0. Damaged records are passed over. */
MUST_USE enum err store_scrub_read(const struct os *os, const char *path,
                                   struct store_scrub_state *out_state, struct diag *diag);
const struct store_scrub_seen *store_scrub_find(const struct store_scrub_state *state,
                                                struct str tree);

/* What `export --proof` writes for one record. */
struct store_proof {
	uint8_t entry[108];
	uint8_t salt[16];
	uint64_t index, size;
	struct str body, path, note, vkey; /* path: 32 bytes a hash; all in arena */
};
MUST_USE enum err store_prove(struct store *store, uint64_t index, struct arena *arena,
                              struct store_proof *out_proof, struct diag *diag);

/* What `export --consistency` writes: the tree of today goes on from the one that an older
 * checkpoint of it signed. */
struct store_consistency {
	uint64_t old_size, size;
	struct str path, note, vkey; /* path: 32 bytes a hash (RFC 9162 section 2.1.4); all in arena */
};
/* old_note is the text of that checkpoint. ERR_INVALID: it is none; ERR_NOT_FOUND: of another log,
 * or not signed by this one's key; ERR_CORRUPT: the store does not go on from it (it was rolled
 * back, or its history was rewritten). */
MUST_USE enum err store_prove_consistency(struct store *store, struct str old_note,
                                          struct arena *arena,
                                          struct store_consistency *out_consistency,
                                          struct diag *diag);
