/* What stands around the pages of a segment: header, footer (page table, salt seeds, streams,
 * files) and trailer. Private to segment*.c.
 */
#pragma once

#include "base/arena.h"
#include "store/segment.h"

enum { SEGMENT_HEADER_SIZE = 16, SEGMENT_TRAILER_SIZE = 32, SEGMENT_VERSION = 1 };
#define SEGMENT_MAGIC "AKASHSEG"
#define SEGMENT_END_MAGIC "AKASHEND"

struct segment_page { /* a row of the page table */
	uint64_t offset;  /* in the file; not stored: pages lie one behind the other */
	uint32_t len;
	uint64_t first_index; /* not stored either */
	uint32_t rows;
	bool has_data;
	int64_t time_min_ns, time_max_ns;
	uint32_t filter_offset; /* in the page */
	uint32_t filter_len;
	uint32_t filter_crc;
};

struct segment_table {
	struct segment_footer footer;
	struct segment_page *pages;
	uint32_t pages_count;
	uint8_t (*seeds)[SALT_SEED_SIZE]; /* of the bundles that [first_index, + count) touches */
	uint32_t seeds_count;
};

/* Number of bundles that count records from first touch; count > 0. */
uint64_t segment_bundles(uint64_t first_index, uint64_t count);

void segment_put_header(struct buf *out);
/* Appends footer and trailer; offset: where the footer begins in the file. */
void segment_put_end(struct buf *out, const struct segment_table *table, uint64_t offset);
/* Checks header, trailer and footer of a whole file and reads the table into arena; strings borrow
 * from the arena. ERR_CORRUPT, ERR_UNSUPPORTED (a newer version), ERR_LIMIT; diag says what. */
MUST_USE enum err segment_read_table(struct str file, struct arena *arena,
                                     struct segment_table *out_table, struct diag *diag);
/* Where the footer lies, trailer checked; for segment_check. */
MUST_USE enum err segment_read_trailer(struct str file, struct str *out_footer, uint32_t *out_crc,
                                       struct diag *diag);
bool segment_header_holds(struct str file);

/* Opens a segment that is in memory; bytes are borrowed. For tests and fuzzing. */
MUST_USE enum err segment_open_bytes(struct str bytes, const char *name,
                                     struct segment **out_segment, struct diag *diag);
const struct segment_table *segment_table(const struct segment *segment);
struct str segment_page_bytes(const struct segment *segment, uint32_t page);
/* ERR_CORRUPT, and what, when a byte of the page is not as it was written. */
MUST_USE enum err segment_page_check(const struct segment *segment, uint32_t page,
                                     struct diag *diag);
