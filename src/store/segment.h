/* Segments, private to src/store: what batches look like on disk. A page says of one batch what is
 * small (types, times, where its records came from), a block has the texts, bodies and fields of
 * several pages; a segment is a file of them with a footer that holds everything a commit must say
 * (index range, streams, files and how far they were taken, salt seeds). docs/formats/segment.md
 * has the bytes. Segments of version 1, without blocks, are read but no longer written.
 *
 * file: header | page ... page | block | page ... page | block | footer | trailer
 * Every byte of the file is under a checksum that is checked when it is read.
 */
#pragma once

#include "event/batch.h"
#include "event/column.h"
#include "event/row.h"
#include "os/os.h"
#include "seal/leaf.h"

/* ---- what store_reserve decides for a batch (batch->store_private points to it) ---- */

struct page_stream { /* one per batch source */
	uint8_t id[STREAM_ID_SIZE];
	uint32_t stream;    /* the store's number of the stream */
	uint64_t first_seq; /* of this source's first record in the batch; then + 1 each */
};

struct page_plan {
	uint64_t first_index;
	uint64_t incarnation;
	struct page_stream *streams; /* batch->sources_count of them */
	/* Salt seeds of the bundles that [first_index, first_index + count) touches, in order. */
	uint8_t (*seeds)[SALT_SEED_SIZE];
	uint32_t seeds_count;
};

/* The place of the seal record that ends a segment; set by the store. */
struct seal_plan {
	bool is_there;
	uint64_t index, seq;
	uint32_t stream;
	uint8_t stream_id[STREAM_ID_SIZE];
	uint8_t seed[SALT_SEED_SIZE];
};

/* ---- encoding ---- */

struct page_stream_count {
	uint32_t stream;
	uint64_t first_seq, records;
	uint64_t bytes_raw;
	int64_t time_min_ns, time_max_ns;
};

struct page_file_count { /* what the page holds of one file */
	uint32_t file;
	uint64_t records; /* of type data */
};

struct store_page {
	uint64_t first_index;
	uint32_t rows;
	uint64_t bytes_raw;               /* sum of body lengths */
	uint64_t records;                 /* rows of type data */
	int64_t time_min_ns, time_max_ns; /* event time of data rows */
	uint32_t types;                   /* those that occur: page_type_bit */
	struct buf bytes;                 /* the encoded page, checksummed */
	struct block_rows *block_rows;    /* what goes into the block (store/block_rows.h) */
	struct buf hashes;                /* rows leaf hashes of 32 bytes, in order */
	struct page_stream_count *streams;
	uint32_t streams_count;
	struct page_file_count *files;
	uint32_t files_count;
	uint8_t (*seeds)[SALT_SEED_SIZE]; /* as in the plan */
	uint32_t seeds_count;
	/* Files that ended in the batch, and the one that goes on, from the batch. */
	struct batch_file_end *ends;
	uint32_t ends_count;
	uint32_t progress_file; /* UINT32_MAX: none */
	uint64_t progress_position;
	uint8_t progress_hash[32];
	bool progress_no_final_lf;
	struct seal_plan seal; /* set by the store: the segment ends behind this page with a seal */
	uint64_t log_frame; /* set by the store: the frame of the write-ahead log it came from, or 0 */
};

/* A type in a mask of types. Those that no record has (enum record_type) share one bit. */
static inline uint32_t page_type_bit(uint8_t type) {
	return (uint32_t)1 << (type < 32 ? type : 0);
}

/* Encodes a parsed batch (batch->parsed), makes leaves and their hashes, decodes the page again and
 * compares it with the batch (ERR_CORRUPT with diag when they differ: never to be ignored). The
 * batch stays the caller's, without its cut; as long as the page, or the block it goes into, is in
 * the making, its raw bytes must stay where they are: page_take_raw. Bodies of containers are
 * hashed but not kept (the object has them at log_offset); their text is. Thread-safe. */
MUST_USE enum err page_encode(struct batch *batch, const struct page_plan *plan,
                              struct store_page **out_page, struct diag *diag);
/* Moves the raw bytes of the batch that page was made of into the page. */
void page_take_raw(struct store_page *page, struct batch *batch);
void page_free(struct store_page *page); /* NULL is fine */

/* ---- the footer ---- */

struct segment_stream {
	uint32_t stream;
	uint8_t id[STREAM_ID_SIZE];
	struct str name;
	uint64_t first_seq, records, bytes_raw;
	int64_t time_min_ns, time_max_ns;
};

struct segment_file { /* state of a file after this segment; a later segment's row wins */
	uint32_t file;
	uint32_t same_as; /* UINT32_MAX, or the number of the file with the same bytes */
	struct str path, source;
	bool is_object, done, no_final_lf;
	uint8_t hash[32]; /* done: of the whole file; else of the bytes before position */
	uint64_t position, size, records;
	int64_t modified_ns;
	uint64_t first_index; /* of its first record */
};

struct segment_footer {
	uint8_t store_uuid[16];
	struct str tree; /* "default" */
	uint64_t first_index, count;
	uint64_t records, bytes_raw;
	int64_t time_min_ns, time_max_ns;
	uint64_t incarnation;
	uint8_t log_uuid[16]; /* write-ahead log consumed up to log_frame */
	uint64_t log_frame;
	const struct segment_stream *streams;
	uint32_t streams_count;
	const struct segment_file *files;
	uint32_t files_count;
};

/* ---- writing ---- */

struct segment_writer;
struct segment;
/* Creates folder/name (truncating a leftover). */
MUST_USE enum err segment_writer_new(const struct os *os, const char *folder, const char *name,
                                     struct segment_writer **out_writer, struct diag *diag);
/* Puts the page behind the others. What it has for its block, and its bytes, are taken out of it;
 * the rest stays the caller's. Now and then writes what has come together, with its block, which is
 * decoded before and compared with every page (ERR_CORRUPT). */
MUST_USE enum err segment_writer_add(struct segment_writer *writer, struct store_page *page,
                                     struct diag *diag);
/* Takes over an older segment (segment_takes_over), in front of anything else: its pages and blocks
 * are written as they are, checksums checked, but for small blocks at its end, of whose rows and
 * the new ones one block is made. Salt seeds and page table rows go along, counts of the footer are
 * the caller's. The segment must stay until the writer is gone. */
MUST_USE enum err segment_writer_copy(struct segment_writer *writer, const struct segment *segment,
                                      struct diag *diag);
/* Writes what is left, page table, seeds and footer, then sync_data and close. After any error the
 * file is never to be trusted (unlink it). Frees the writer in every case. */
MUST_USE enum err segment_writer_finish(struct segment_writer *writer,
                                        const struct segment_footer *footer, uint64_t *out_bytes,
                                        struct diag *diag);
void segment_writer_abort(struct segment_writer *writer); /* NULL is fine */

/* ---- reading: thread-safe once open ---- */

/* Opens the file, and checks header, footer and page table (not the pages). ERR_CORRUPT names what.
 * late: it is mapped when more of it is asked for; until then a descriptor of it is held, unless
 * its number is above SEGMENT_LATE_FD_MAX. Who asks for little of many segments does less. */
enum { SEGMENT_LATE_FD_MAX = 255 };
MUST_USE enum err segment_open(const struct os *os, const char *folder, const char *name, bool late,
                               struct segment **out_segment, struct diag *diag);
void segment_free(struct segment *segment); /* NULL is fine; views must be gone */
const struct segment_footer *segment_footer(const struct segment *segment);
uint64_t segment_bytes(const struct segment *segment); /* size of the file */
uint32_t segment_pages(const struct segment *segment);
/* False: of a version that is no longer written, or its salt seeds are damaged; it cannot be taken
 * over into another. */
bool segment_takes_over(const struct segment *segment);

struct segment_page_info {
	uint64_t first_index;
	uint32_t rows;
	int64_t time_min_ns, time_max_ns;
	bool has_data; /* some row is of type data */
	bool all_data; /* surely every row is */
};
struct segment_page_info segment_page_info(const struct segment *segment, uint32_t page);
/* The salt seed of the bundle (index / SALT_BUNDLE) that holds index, which must lie in the
 * segment. ERR_CORRUPT: the seeds are damaged.
 */
MUST_USE enum err segment_seed(const struct segment *segment, uint64_t index,
                               uint8_t out_seed[SALT_SEED_SIZE]);
/* The page holding index; index must lie in the segment. */
uint32_t segment_page_of(const struct segment *segment, uint64_t index);
/* False when the page surely lacks one of the tokens (codec/token.h). Version 1: reads only the
 * filter; a damaged filter answers true. The filter has the tokens of all texts and of all values
 * of fields (of each element of a list), wherever they come from, so that a test of a field may use
 * it too; not those of built-in columns (file.path, akashi.*, log.offset, @timestamp). Pages of
 * version 2 have no filter: true. */
bool segment_page_may_have(const struct segment *segment, uint32_t page, const uint64_t *tokens,
                           size_t count);
/* False when surely no row of the page is of one of these types (page_type_bit). */
bool segment_page_may_have_types(const struct segment *segment, uint32_t page, uint32_t types);
/* Opened blocks are kept for the next view that needs them, at most SEGMENT_IDLE_BLOCKS of a
 * segment; here they are freed. */
enum { SEGMENT_IDLE_BLOCKS = 2 };
void segment_drop_blocks(const struct segment *segment);
void segment_drop_block(const struct segment *segment, uint32_t block);
/* Decodes the page's frame and checks its checksum; columns come on demand. The view is the
 * struct store_view of store.h; its functions are implemented in view.c. resolve_file names files
 * (file.path) and streams for display. Lives no longer than the segment. */
struct view_names {
	void *ctx;
	struct str (*file_path)(void *ctx, uint32_t file);
	struct str (*stream_name)(void *ctx, uint32_t stream);
};
struct store_view;
MUST_USE enum err segment_view(const struct segment *segment, uint32_t page,
                               const struct view_names *names, struct store_view **out_view,
                               struct diag *diag);
/* Body of a line-based row, or where it lies in its object. For proving and for whole files. */
struct view_body {
	uint8_t type, flags;
	bool container;
	uint8_t object[32];
	uint64_t offset;
	uint32_t len;
	struct str bytes; /* not for containers */
	uint32_t file;
};
MUST_USE enum err store_view_body(struct store_view *view, uint32_t row,
                                  struct view_body *out_body);
/* Rebuilds the leaf of a row but for commit (filled from the body by leaf_hash_many), and its salt.
 */
MUST_USE enum err store_view_leaf(struct store_view *view, uint32_t row, struct leaf *out_leaf,
                                  uint8_t out_salt[SALT_SIZE]);
/* Rebuilds the batch that the page was made from, parsed, with its plan (for parsing anew). The
 * plan lives in the batch's arena; what a batch says of its files is not in the page. The view must
 * be of a segment. ERR_UNSUPPORTED when rows lie in containers: only the object has their bodies.
 */
MUST_USE enum err store_view_to_batch(struct store_view *view, struct batch **out_batch,
                                      struct page_plan **out_plan, struct diag *diag);
/* Checks every byte of the file against its checksums: damage(ctx, what, first, end) for each.
 * ERR_OK also when there was damage. */
MUST_USE enum err segment_check(const struct segment *segment,
                                void (*damage)(void *ctx, struct str what, uint64_t index_from,
                                               uint64_t index_to),
                                void *ctx);
/* The part of that which is no page: header, footer, trailer. */
void segment_check_ends(const struct segment *segment,
                        void (*damage)(void *ctx, struct str what, uint64_t index_from,
                                       uint64_t index_to),
                        void *ctx);
