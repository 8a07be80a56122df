/* An open segment: a file and its table. Nothing changes after opening but the mapping, when it
 * comes late, and the list of blocks that wait to be used again, which have a lock, so that any
 * number of threads may read.
 */
#include "store/segment.h"

#include <pthread.h>
#include <stdio.h>

#include "codec/filter.h"
#include "codec/token.h"
#include "store/block.h"
#include "store/segment_table.h"
#include "store/view_private.h"

struct segment {
	const struct os *os; /* NULL: the bytes are somebody else's */
	uint64_t size;       /* of the file */
	char name[256];
	struct arena *arena; /* the table */
	struct segment_table table;
	struct segment_idle *idle; /* on its own, because whoever reads has a const segment */
};

enum { IDLE_BYTES_MAX = 16 << 20 }; /* a block that holds more is not kept */

/* Opened blocks that nobody uses, the last one that was used first; and what is known of the seeds.
 */
struct segment_idle {
	pthread_mutex_t lock;
	const char *bytes; /* of the file; NULL: it is not mapped yet, */
	int fd;            /* and open; else -1 */
	struct {
		uint32_t number;
		struct block *block;
	} blocks[SEGMENT_IDLE_BLOCKS];
	uint32_t count;
	bool *touched; /* of each block: some of its bytes may be in memory */
	enum { SEEDS_UNKNOWN, SEEDS_HOLD, SEEDS_DAMAGED } seeds;
};

static struct segment *segment_new(const char *name) {
	struct segment *segment = calloc(1, sizeof(*segment));
	ASSERT(segment != NULL);
	segment->arena = arena_new(LIMIT_VIEW_BYTES);
	segment->idle = calloc(1, sizeof(*segment->idle));
	ASSERT(segment->idle != NULL);
	ASSERT(pthread_mutex_init(&segment->idle->lock, NULL) == 0);
	segment->idle->fd = -1;
	(void)snprintf(segment->name, sizeof(segment->name), "%s", name); /* may be cut: for people */
	return segment;
}

/* Of the file nothing but its ends is read here. */
static enum err open_ends(const struct segment_ends *ends, const char *name,
                          struct segment **out_segment, struct diag *diag) {
	struct segment *segment = segment_new(name);
	struct segment_table *table = &segment->table;
	struct segment_trailer trailer;
	struct diag inner = {0};
	enum err err = segment_read_trailer(ends, &trailer, &inner);
	if (err == ERR_OK) {
		err = segment_read_table(ends, &trailer, segment->arena, table, &inner);
	}
	if (err != ERR_OK) {
		segment_free(segment);
		return diag_set(diag, err, "segment %s: %s", name, inner.message);
	}
	segment->idle->touched = calloc((size_t)table->blocks_count + 1, sizeof(bool));
	ASSERT(segment->idle->touched != NULL);
	segment->size = ends->size;
	*out_segment = segment;
	return ERR_OK;
}

enum err segment_open_bytes(struct str bytes, const char *name, struct segment **out_segment,
                            struct diag *diag) {
	struct segment_ends ends = segment_ends_of(bytes);
	TRY(open_ends(&ends, name, out_segment, diag));
	(*out_segment)->idle->bytes = bytes.ptr;
	return ERR_OK;
}

/* What is read to open a segment is not read through the mapping: each page of it would cost more
 * than a small read, and would stay. */
struct ends {
	struct segment_ends ends;
	char head[SEGMENT_HEADER_SIZE];
	struct buf tail;
};

static enum err read_at(const struct os *os, int fd, uint64_t offset, char *bytes, size_t len) {
	size_t got;
	TRY(os->pread(os->ctx, fd, bytes, len, offset, &got));
	return got == len ? ERR_OK : ERR_CORRUPT; /* it became shorter */
}

static enum err read_tail(const struct os *os, int fd, struct ends *ends, size_t len) {
	buf_clear(&ends->tail);
	char *bytes = buf_reserve(&ends->tail, len);
	TRY(read_at(os, fd, ends->ends.size - len, bytes, len));
	ends->tail.len = len;
	ends->ends.tail = buf_str(&ends->tail);
	return ERR_OK;
}

static enum err read_ends(const struct os *os, int fd, struct ends *ends) {
	enum { TAIL = 8192 };
	struct segment_trailer trailer;
	size_t head = (size_t)MIN_OF(ends->ends.size, (uint64_t)SEGMENT_HEADER_SIZE);
	TRY(read_at(os, fd, 0, ends->head, head));
	ends->ends.head = str_make(ends->head, head);
	TRY(read_tail(os, fd, ends, (size_t)MIN_OF(ends->ends.size, (uint64_t)TAIL)));
	/* What is wrong with the trailer is told by who reads it next. */
	if (segment_read_trailer(&ends->ends, &trailer, NULL) == ERR_OK) {
		size_t needed = (size_t)trailer.footer_len + SEGMENT_TRAILER_SIZE;
		TRY(needed > ends->ends.tail.len ? read_tail(os, fd, ends, needed) : ERR_OK);
	}
	return ERR_OK;
}

static enum err read_file(const struct os *os, int fd, struct ends *ends) {
	struct os_stat stat;
	TRY(os->fstat(os->ctx, fd, &stat));
	if (stat.size == 0) {
		return ERR_CORRUPT; /* nothing to map, and no segment */
	}
	if (stat.size > LIMIT_SEGMENT_BYTES) {
		return ERR_LIMIT;
	}
	ends->ends.size = (uint64_t)stat.size;
	return read_ends(os, fd, ends);
}

/* The lock is held, or nobody else knows the segment yet. The descriptor is closed in every case.
 */
static enum err map_file(const struct segment *segment) {
	struct segment_idle *idle = segment->idle;
	const struct os *os = segment->os;
	if (idle->bytes != NULL) {
		return ERR_OK;
	}
	if (idle->fd < 0) {
		return ERR_IO; /* it could not be mapped before */
	}
	enum err err = os->map(os->ctx, idle->fd, (size_t)segment->size, &idle->bytes);
	(void)os->close(os->ctx, idle->fd); /* nothing was written; the mapping stays */
	idle->fd = -1;
	return err;
}

static enum err map(const struct segment *segment, struct str *out_bytes) {
	struct segment_idle *idle = segment->idle;
	ASSERT(pthread_mutex_lock(&idle->lock) == 0);
	enum err err = map_file(segment);
	*out_bytes = str_make(idle->bytes, (size_t)segment->size);
	ASSERT(pthread_mutex_unlock(&idle->lock) == 0);
	return err;
}

/* Reads the file; then it is known whether it is a segment. */
static enum err open_file(const struct os *os, int fd, const char *name, bool late,
                          struct segment **out_segment, struct diag *diag) {
	struct segment *segment = NULL;
	struct ends ends = {0};
	enum err err = read_file(os, fd, &ends);
	if (err != ERR_OK) {
		diag_set(diag, err, "segment %s cannot be read: %s", name, err_text(err));
	} else {
		err = open_ends(&ends.ends, name, &segment, diag);
	}
	buf_deinit(&ends.tail);
	if (err != ERR_OK) {
		(void)os->close(os->ctx, fd); /* nothing was written */
		return err;
	}
	segment->os = os;
	segment->idle->fd = fd;
	err = late && fd <= SEGMENT_LATE_FD_MAX ? ERR_OK : map_file(segment);
	if (err != ERR_OK) {
		segment_free(segment);
		return diag_set(diag, err, "segment %s cannot be read: %s", name, err_text(err));
	}
	*out_segment = segment;
	return ERR_OK;
}

enum err segment_open(const struct os *os, const char *folder, const char *name, bool late,
                      struct segment **out_segment, struct diag *diag) {
	char path[LIMIT_PATH];
	int fd;
	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path)) {
		return diag_set(diag, ERR_LIMIT, "the path of segment %s is too long", name);
	}
	enum err err = os->open(os->ctx, path, OS_READ | OS_NO_FOLLOW, &fd);
	return err == ERR_OK
	           ? open_file(os, fd, name, late, out_segment, diag)
	           : diag_set(diag, err, "segment %s cannot be read: %s", name, err_text(err));
}

/* What is somebody else's stays. */
static void release_file(const struct segment *segment) {
	const struct os *os = segment->os;
	const struct segment_idle *idle = segment->idle;
	if (os != NULL && idle->bytes != NULL) {
		os->unmap(os->ctx, idle->bytes, (size_t)segment->size);
	} else if (os != NULL && idle->fd >= 0) {
		(void)os->close(os->ctx, idle->fd); /* nothing was written */
	}
}

void segment_free(struct segment *segment) {
	if (segment != NULL) {
		segment_drop_blocks(segment);
		release_file(segment);
		(void)pthread_mutex_destroy(&segment->idle->lock); /* nobody holds it */
		free(segment->idle->touched);
		free(segment->idle);
		arena_free(segment->arena);
		free(segment);
	}
}

const struct segment_footer *segment_footer(const struct segment *segment) {
	return &segment->table.footer;
}

const struct segment_table *segment_table(const struct segment *segment) {
	return &segment->table;
}

uint64_t segment_bytes(const struct segment *segment) {
	return segment->size;
}

uint32_t segment_pages(const struct segment *segment) {
	return segment->table.pages_count;
}

static const struct segment_page *page_at(const struct segment *segment, uint32_t page) {
	ASSERT(page < segment->table.pages_count);
	return &segment->table.pages[page];
}

struct segment_page_info segment_page_info(const struct segment *segment, uint32_t page) {
	const struct segment_page *entry = page_at(segment, page);
	return (struct segment_page_info){.first_index = entry->first_index,
	                                  .rows = entry->rows,
	                                  .time_min_ns = entry->time_min_ns,
	                                  .time_max_ns = entry->time_max_ns,
	                                  .has_data = entry->has_data,
	                                  .all_data = entry->types == page_type_bit(RECORD_DATA)};
}

static const char *seeds_in(const struct segment *segment, struct str bytes) {
	const struct segment_table *table = &segment->table;
	return table->seeds != NULL ? (const char *)table->seeds : bytes.ptr + table->seeds_offset;
}

/* They are compared once, by who first needs one: most readers need none. */
static enum err find_seeds(const struct segment *segment, const char **out_seeds) {
	struct segment_idle *idle = segment->idle;
	struct str bytes;
	TRY(map(segment, &bytes));
	const char *seeds = seeds_in(segment, bytes);
	ASSERT(pthread_mutex_lock(&idle->lock) == 0);
	if (idle->seeds == SEEDS_UNKNOWN) {
		idle->seeds = segment_seeds_hold(&segment->table, seeds) ? SEEDS_HOLD : SEEDS_DAMAGED;
	}
	bool hold = idle->seeds == SEEDS_HOLD;
	ASSERT(pthread_mutex_unlock(&idle->lock) == 0);
	*out_seeds = seeds;
	return hold ? ERR_OK : ERR_CORRUPT;
}

enum err segment_seed(const struct segment *segment, uint64_t index,
                      uint8_t out_seed[SALT_SEED_SIZE]) {
	uint64_t number = index / SALT_BUNDLE - segment->table.footer.first_index / SALT_BUNDLE;
	const char *seeds;
	ASSERT(number < segment->table.seeds_count);
	TRY(find_seeds(segment, &seeds));
	memcpy(out_seed, seeds + number * SALT_SEED_SIZE, SALT_SEED_SIZE);
	return ERR_OK;
}

uint32_t segment_page_of(const struct segment *segment, uint64_t index) {
	const struct segment_table *table = &segment->table;
	uint32_t low = 0;
	uint32_t high = table->pages_count;
	ASSERT(index - table->footer.first_index < table->footer.count);
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (table->pages[middle].first_index <= index) {
			low = middle;
		} else {
			high = middle;
		}
	}
	return low;
}

static enum err page_bytes(const struct segment *segment, uint32_t page, struct str *out_bytes) {
	const struct segment_page *entry = page_at(segment, page);
	struct str bytes;
	TRY(map(segment, &bytes));
	*out_bytes = str_slice(bytes, (size_t)entry->offset, (size_t)entry->offset + entry->len);
	return ERR_OK;
}

struct str segment_page_bytes(const struct segment *segment, uint32_t page) {
	struct str bytes;
	ASSERT(page_bytes(segment, page, &bytes) == ERR_OK);
	return bytes;
}

bool segment_page_may_have(const struct segment *segment, uint32_t page, const uint64_t *tokens,
                           size_t count) {
	const struct segment_page *entry = page_at(segment, page);
	struct str bytes;
	if (count == 0 || entry->filter_len == 0 || page_bytes(segment, page, &bytes) != ERR_OK) {
		return true;
	}
	struct str filter =
	    str_slice(bytes, entry->filter_offset, (size_t)entry->filter_offset + entry->filter_len);
	if (!page_checksum_holds(filter, entry->filter_crc)) {
		return true;
	}
	for (size_t i = 0; i < count; i++) {
		if (!filter_may_have((const uint8_t *)filter.ptr, filter.len, tokens[i])) {
			return false;
		}
	}
	return true;
}

/* A page of version 1 has the tokens of the types of its rows in its filter. */
static bool filter_may_have_types(const struct segment *segment, uint32_t page, uint32_t types) {
	for (uint32_t left = types; left != 0; left &= left - 1) {
		uint64_t token = token_of_type((uint8_t)__builtin_ctz(left));
		if (segment_page_may_have(segment, page, &token, 1)) {
			return true;
		}
	}
	return false;
}

bool segment_page_may_have_types(const struct segment *segment, uint32_t page, uint32_t types) {
	const struct segment_page *entry = page_at(segment, page);
	if (segment->table.version == SEGMENT_VERSION_FIRST) {
		return filter_may_have_types(segment, page, types);
	}
	return (entry->types & types) != 0;
}

bool segment_takes_over(const struct segment *segment) {
	const char *seeds;
	return segment->table.version == SEGMENT_VERSION && find_seeds(segment, &seeds) == ERR_OK;
}

const char *segment_seeds(const struct segment *segment) {
	const char *seeds;
	ASSERT(find_seeds(segment, &seeds) == ERR_OK);
	return seeds;
}

static enum err damaged(const struct segment *segment, uint32_t page, enum err err,
                        struct diag *diag) {
	const struct segment_page *entry = page_at(segment, page);
	return diag_set(diag, err, "segment %s: the page of records %llu to %llu is damaged",
	                segment->name, (unsigned long long)entry->first_index,
	                (unsigned long long)(entry->first_index + entry->rows - 1));
}

enum err segment_view(const struct segment *segment, uint32_t page, const struct view_names *names,
                      struct store_view **out_view, struct diag *diag) {
	const struct segment_page *entry = page_at(segment, page);
	struct store_view *view;
	struct diag inner = {0};
	struct str bytes;
	enum err err = page_bytes(segment, page, &bytes);
	if (err != ERR_OK) {
		return diag_set(diag, err, "segment %s cannot be read: %s", segment->name, err_text(err));
	}
	err = view_new(bytes, segment, page, names, &view, &inner);
	if (err != ERR_OK) {
		return damaged(segment, page, err, diag);
	}
	if (store_view_first_index(view) != entry->first_index ||
	    store_view_rows(view) != entry->rows) {
		store_view_free(view);
		return damaged(segment, page, ERR_CORRUPT, diag);
	}
	*out_view = view;
	return ERR_OK;
}

/* Page and table must be of one mind. */
static bool agrees(const struct segment *segment, const struct page_frame *frame,
                   const struct segment_page *entry) {
	const struct page_part *filter = &frame->sections[0];
	bool first = frame->version == PAGE_VERSION_FIRST;
	return frame->first_index == entry->first_index && frame->rows == entry->rows &&
	       first == (segment->table.version == SEGMENT_VERSION_FIRST) &&
	       (!first || (frame->sections_offset == entry->filter_offset &&
	                   filter->bytes.len == entry->filter_len && filter->crc == entry->filter_crc));
}

enum err segment_page_check(const struct segment *segment, uint32_t page, struct diag *diag) {
	struct arena *arena = arena_new(LIMIT_VIEW_BYTES);
	struct page_frame frame = {0};
	struct str bytes;
	enum err err = page_bytes(segment, page, &bytes);
	err = err == ERR_OK ? page_frame_read(bytes, arena, &frame) : err;
	if (err == ERR_OK && !agrees(segment, &frame, page_at(segment, page))) {
		err = ERR_CORRUPT;
	}
	err = err == ERR_OK ? page_sections_check(&frame) : err;
	arena_free(arena);
	return err == ERR_OK ? ERR_OK : damaged(segment, page, err, diag);
}

/* ---- blocks ---- */

static enum err block_bytes_of(const struct segment *segment, uint32_t block,
                               struct str *out_bytes) {
	ASSERT(block < segment->table.blocks_count);
	const struct segment_block *entry = &segment->table.blocks[block];
	struct str bytes;
	TRY(map(segment, &bytes));
	*out_bytes = str_slice(bytes, (size_t)entry->offset, (size_t)entry->offset + entry->len);
	return ERR_OK;
}

struct str segment_block_bytes(const struct segment *segment, uint32_t block) {
	struct str bytes;
	ASSERT(block_bytes_of(segment, block, &bytes) == ERR_OK);
	return bytes;
}

enum err segment_block_front(const struct segment *segment, uint32_t block, struct buf *out) {
	struct segment_idle *idle = segment->idle;
	const struct segment_block *entry = &segment->table.blocks[block];
	size_t len = MIN_OF((size_t)entry->len, (size_t)SEGMENT_FRONT);
	enum err err = ERR_NOT_FOUND;
	ASSERT(pthread_mutex_lock(&idle->lock) == 0);
	if (idle->fd >= 0) {
		err = read_at(segment->os, idle->fd, entry->offset, buf_reserve(out, len), len);
		out->len += err == ERR_OK ? len : 0;
	}
	ASSERT(pthread_mutex_unlock(&idle->lock) == 0);
	return err;
}

enum err segment_block_check(const struct segment *segment, uint32_t block, struct diag *diag) {
	struct str bytes;
	if (block_bytes_of(segment, block, &bytes) == ERR_OK && block_holds(bytes)) {
		return ERR_OK;
	}
	const struct segment_block *entry = &segment->table.blocks[block];
	uint64_t first = segment->table.pages[entry->first_page].first_index;
	return diag_set(diag, ERR_CORRUPT, "segment %s: the block of records %llu to %llu is damaged",
	                segment->name, (unsigned long long)first,
	                (unsigned long long)(first + entry->rows - 1));
}

/* used: somebody will read in it. */
static struct block *take_idle(struct segment_idle *idle, uint32_t number, bool used) {
	struct block *block = NULL;
	ASSERT(pthread_mutex_lock(&idle->lock) == 0);
	idle->touched[number] |= used;
	for (uint32_t i = 0; i < idle->count && block == NULL; i++) {
		if (idle->blocks[i].number == number) {
			block = idle->blocks[i].block;
			idle->blocks[i] = idle->blocks[--idle->count];
		}
	}
	ASSERT(pthread_mutex_unlock(&idle->lock) == 0);
	return block;
}

enum err segment_take_block(const struct segment *segment, uint32_t page, struct block **out_block,
                            uint32_t *out_first, uint32_t *out_first_kept) {
	const struct segment_page *entry = page_at(segment, page);
	if (segment->table.version == SEGMENT_VERSION_FIRST) {
		return ERR_CORRUPT; /* a page of version 2 in a segment of version 1 */
	}
	const struct segment_block *at = &segment->table.blocks[entry->block];
	struct block *block = take_idle(segment->idle, entry->block, true);
	if (block == NULL) {
		struct str bytes;
		TRY(block_bytes_of(segment, entry->block, &bytes));
		TRY(block_open(bytes, at->rows, at->kept, &block));
	}
	*out_block = block;
	*out_first = entry->block_first;
	*out_first_kept = entry->block_kept;
	return ERR_OK;
}

void segment_give_block(const struct segment *segment, uint32_t page, struct block *block) {
	struct segment_idle *idle = segment->idle;
	struct block *out = block;
	ASSERT(pthread_mutex_lock(&idle->lock) == 0);
	idle->touched[page_at(segment, page)->block] = true; /* it may have been forgotten meanwhile */
	if (block_bytes(block) <= IDLE_BYTES_MAX) {
		if (idle->count == SEGMENT_IDLE_BLOCKS) {
			out = idle->blocks[--idle->count].block;
		} else {
			out = NULL;
		}
		memmove(&idle->blocks[1], &idle->blocks[0], idle->count * sizeof(idle->blocks[0]));
		idle->blocks[0].number = page_at(segment, page)->block;
		idle->blocks[0].block = block;
		idle->count++;
	}
	ASSERT(pthread_mutex_unlock(&idle->lock) == 0);
	block_free(out);
}

void segment_forget_block(const struct segment *segment, uint32_t block) {
	struct segment_idle *idle = segment->idle;
	ASSERT(pthread_mutex_lock(&idle->lock) == 0);
	bool touched = idle->touched[block];
	idle->touched[block] = false;
	ASSERT(pthread_mutex_unlock(&idle->lock) == 0);
	if (segment->os != NULL && touched) {
		struct str bytes = segment_block_bytes(segment, block);
		segment->os->forget(segment->os->ctx, bytes.ptr, bytes.len);
	}
}

void segment_drop_blocks(const struct segment *segment) {
	struct segment_idle *idle = segment->idle;
	ASSERT(pthread_mutex_lock(&idle->lock) == 0);
	while (idle->count > 0) {
		block_free(idle->blocks[--idle->count].block);
	}
	ASSERT(pthread_mutex_unlock(&idle->lock) == 0);
}

void segment_drop_block(const struct segment *segment, uint32_t block) {
	block_free(take_idle(segment->idle, block, false));
}

/* ---- checking ---- */

static void report(const struct segment *segment, struct str what, uint64_t from, uint64_t to,
                   void (*damage)(void *ctx, struct str what, uint64_t index_from,
                                  uint64_t index_to),
                   void *ctx) {
	char text[sizeof(segment->name) + DIAG_TEXT_MAX];
	int len = snprintf(text, sizeof(text), "segment %s: %.*s", segment->name, STR_ARG(what));
	damage(ctx, str_make(text, (size_t)len), from, to);
}

void segment_check_ends(const struct segment *segment,
                        void (*damage)(void *ctx, struct str what, uint64_t index_from,
                                       uint64_t index_to),
                        void *ctx) {
	const struct segment_footer *facts = &segment->table.footer;
	uint64_t end = facts->first_index + facts->count;
	struct diag diag = {0};
	struct segment_trailer trailer;
	struct str bytes;
	if (map(segment, &bytes) != ERR_OK) {
		report(segment, STR("the file cannot be read"), facts->first_index, end, damage, ctx);
		return;
	}
	struct segment_ends ends = segment_ends_of(bytes);
	if (!segment_header_holds(bytes, segment->table.version)) {
		report(segment, STR("the header is damaged"), facts->first_index, end, damage, ctx);
	}
	if (!segment_seeds_hold(&segment->table, seeds_in(segment, bytes))) {
		report(segment, STR("the salt seeds are damaged"), facts->first_index, end, damage, ctx);
	}
	if (segment_read_trailer(&ends, &trailer, &diag) != ERR_OK) {
		report(segment, str_from(diag.message), facts->first_index, end, damage, ctx);
	} else if (!segment_footer_holds(&ends, &trailer)) {
		report(segment, STR("the footer is damaged"), facts->first_index, end, damage, ctx);
	}
}

enum err segment_check(const struct segment *segment,
                       void (*damage)(void *ctx, struct str what, uint64_t index_from,
                                      uint64_t index_to),
                       void *ctx) {
	struct diag diag = {0};
	segment_check_ends(segment, damage, ctx);
	for (uint32_t i = 0; i < segment->table.pages_count; i++) {
		const struct segment_page *page = &segment->table.pages[i];
		if (segment_page_check(segment, i, &diag) != ERR_OK) {
			damage(ctx, str_from(diag.message), page->first_index, page->first_index + page->rows);
		}
	}
	for (uint32_t i = 0; i < segment->table.blocks_count; i++) {
		const struct segment_block *block = &segment->table.blocks[i];
		uint64_t first = segment->table.pages[block->first_page].first_index;
		if (segment_block_check(segment, i, &diag) != ERR_OK) {
			damage(ctx, str_from(diag.message), first, first + block->rows);
		}
	}
	return ERR_OK;
}
