/* What stands around the pages and blocks of a segment: header, footer (tables of pages and blocks,
 * salt seeds, streams, files) and trailer. Private to segment*.c and view_block.c.
 */
#pragma once

#include "base/arena.h"
#include "store/segment.h"

enum {
	SEGMENT_HEADER_SIZE = 16,
	SEGMENT_TRAILER_SIZE = 32,
	SEGMENT_VERSION_FIRST = 1,
	SEGMENT_VERSION = 2
};
#define SEGMENT_MAGIC "AKASHSEG"
#define SEGMENT_END_MAGIC "AKASHEND"

struct segment_page {     /* a row of the page table */
	uint64_t offset;      /* in the file; not stored: pages and blocks lie one behind the other */
	uint64_t first_index; /* not stored either */
	int64_t time_min_ns, time_max_ns;
	uint32_t len;
	uint32_t rows;
	bool has_data;
	/* Version 2. */
	uint32_t types;                   /* page_type_bit of all that occur */
	uint32_t kept;                    /* rows whose body is kept beside the text */
	uint32_t block;                   /* these are not stored: number of the block, */
	uint32_t block_first, block_kept; /* rows and kept bodies before this page in the block */
	/* Version 1. */
	uint32_t filter_offset; /* in the page */
	uint32_t filter_len;
	uint32_t filter_crc;
};

struct segment_block { /* behind the last of its pages */
	uint32_t pages;
	uint32_t len;
	uint64_t bytes; /* of texts and bodies, decoded */
	/* Not stored. */
	uint64_t offset;
	uint32_t first_page;
	uint32_t rows, kept;
};

struct segment_table {
	uint32_t version;
	struct segment_footer footer;
	struct segment_page *pages;
	uint32_t pages_count;
	struct segment_block *blocks; /* none in version 1 */
	uint32_t blocks_count;
	/* Of the bundles that [first_index, + count) touches. Read of version 2: NULL, and where they
	 * lie in the file, not yet compared with their checksum (segment_seeds_hold). */
	uint8_t (*seeds)[SALT_SEED_SIZE];
	uint32_t seeds_count;
	uint64_t seeds_offset;
	uint32_t seeds_crc;
};

/* Number of bundles that count records from first touch; count > 0. */
uint64_t segment_bundles(uint64_t first_index, uint64_t count);

void segment_put_header(struct buf *out);
/* Appends seeds, footer and trailer; offset: where the seeds begin in the file. */
void segment_put_end(struct buf *out, const struct segment_table *table, uint64_t offset);
/* What is read of a file to open it. */
struct segment_ends {
	uint64_t size;   /* of the file */
	struct str head; /* its first SEGMENT_HEADER_SIZE bytes, or all of a shorter one */
	struct str tail; /* its last bytes: footer and trailer, and what may be before them */
};
/* Of a whole file in memory, whose tail is all of it. */
static inline struct segment_ends segment_ends_of(struct str file) {
	size_t head = MIN_OF(file.len, (size_t)SEGMENT_HEADER_SIZE);
	return (struct segment_ends){file.len, str_slice(file, 0, head), file};
}
/* Where the footer lies, of which the tail may have a part only. */
struct segment_trailer {
	uint32_t version;
	uint64_t footer; /* offset in the file */
	uint32_t footer_len, footer_crc;
};
/* Of ends only size and the last bytes of tail are needed. ERR_CORRUPT, ERR_UNSUPPORTED (a newer
 * version); diag says what. */
MUST_USE enum err segment_read_trailer(const struct segment_ends *ends,
                                       struct segment_trailer *out_trailer, struct diag *diag);
/* Checks header and footer and reads the table into arena; strings borrow from the arena. The seeds
 * of version 2 are left to be found in the file. ERR_CORRUPT, ERR_LIMIT; diag says what. */
MUST_USE enum err segment_read_table(const struct segment_ends *ends,
                                     const struct segment_trailer *trailer, struct arena *arena,
                                     struct segment_table *out_table, struct diag *diag);
bool segment_footer_holds(const struct segment_ends *ends, const struct segment_trailer *trailer);
/* Whether the seeds, seeds_count of SALT_SEED_SIZE bytes, are as they were written. */
bool segment_seeds_hold(const struct segment_table *table, const char *seeds);
bool segment_header_holds(struct str head, uint32_t version);

/* Opens a segment that is in memory; bytes are borrowed. For tests and fuzzing. */
MUST_USE enum err segment_open_bytes(struct str bytes, const char *name,
                                     struct segment **out_segment, struct diag *diag);
const struct segment_table *segment_table(const struct segment *segment);
struct str segment_page_bytes(const struct segment *segment, uint32_t page);
struct str segment_block_bytes(const struct segment *segment, uint32_t block);
/* The first bytes of a block, at most SEGMENT_FRONT, which in most blocks are enough for what a
 * block says of itself. Appended to out, read from the file. ERR_NOT_FOUND: the file is mapped
 * already. */
enum { SEGMENT_FRONT = 20 << 10 };
MUST_USE enum err segment_block_front(const struct segment *segment, uint32_t block,
                                      struct buf *out);
/* Seeds of a segment that can be taken over: seeds_count of SALT_SEED_SIZE bytes. */
const char *segment_seeds(const struct segment *segment);
/* ERR_CORRUPT, and what, when a byte of the page is not as it was written. */
MUST_USE enum err segment_page_check(const struct segment *segment, uint32_t page,
                                     struct diag *diag);
/* The same of a block. */
MUST_USE enum err segment_block_check(const struct segment *segment, uint32_t block,
                                      struct diag *diag);

struct block;
/* The block of a page, opened, for one thread's use until it is given back; and the page's first
 * row and first kept body in it. ERR_CORRUPT. */
MUST_USE enum err segment_take_block(const struct segment *segment, uint32_t page,
                                     struct block **out_block, uint32_t *out_first,
                                     uint32_t *out_first_kept);
void segment_give_block(const struct segment *segment, uint32_t page, struct block *block);
/* The bytes of a block that was searched need not stay in memory; they can be read as before. */
void segment_forget_block(const struct segment *segment, uint32_t block);
