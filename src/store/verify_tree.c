/* Every leaf from its record, every node from its leaves, and every signed root from the nodes. One
 * page at a time, so that memory stays bounded. Where records are damaged, the stored level takes
 * the place of their hashes, so that one damage does not hide what is behind it.
 */
#include <inttypes.h>

#include "store/block_check.h"
#include "store/levels.h"
#include "store/path.h"
#include "store/segment_table.h"
#include "store/verify.h"
#include "store/verify_sums.h"

enum { BUNDLE = 256 };

struct growing {
	struct verifying *v;
	struct leaf_reader reader;
	uint64_t next; /* index of the next leaf */
	uint8_t leaves[BUNDLE][SHA256_SIZE];
	bool bundle_bad;                /* a leaf of the current bundle could not be made */
	uint8_t stack[64][SHA256_SIZE]; /* roots of the perfect subtrees of whole bundles */
	bool stack_bad;                 /* from here on no root can be made */
	unsigned top;
	int level_fds[TREE_LEVELS];
	struct map *streams; /* id -> next sequence number */
	bool lenient;        /* after damage: sequences begin anywhere */
	size_t roots_done;
	struct verify_sums sums; /* of the segment at hand, */
	bool sums_whole;         /* of which all rows so far were read */
};

/* ---- stored levels ---- */

static struct str level_where(struct verifying *v, unsigned level) {
	char name[LEVEL_NAME_SIZE];
	level_name(level, name);
	return verify_where(v, "tree", name);
}

static void open_levels(struct growing *g) {
	const struct os *os = g->v->os;
	for (unsigned level = 1; level < TREE_LEVELS; level++) {
		char name[LEVEL_NAME_SIZE];
		struct store_path folder;
		struct store_path path;
		struct os_stat stat = {0};
		level_name(level, name);
		(void)path_in(&folder, g->v->path, verify_where(g->v, "tree", NULL).ptr);
		g->level_fds[level] = -1;
		enum err err =
		    os->open(os->ctx, path_in(&path, folder.text, name), OS_READ, &g->level_fds[level]);
		uint64_t wanted = level_entries(g->v->tree->signed_size, level) * SHA256_SIZE;
		if (err == ERR_OK) {
			err = os->fstat(os->ctx, g->level_fds[level], &stat);
		} else {
			g->level_fds[level] = -1;
		}
		if (g->v->live && stat.size > wanted) {
			continue; /* a writer is going on */
		}
		/* More when sealing was interrupted, but not more than the records that are there. */
		uint64_t most =
		    level_entries(MAX_OF(g->v->tree->size, g->v->tree->signed_size), level) * SHA256_SIZE;
		if (stat.size > wanted && stat.size <= most) {
			verify_leftover(g->v, level_where(g->v, level),
			                "the %" PRIu64 " bytes at %" PRIu64 " are under no checkpoint; %s",
			                stat.size - wanted, wanted,
			                verify_fate(g->v, "the next writer writes them again"));
		} else if ((err != ERR_OK && err != ERR_NOT_FOUND) || stat.size != wanted) {
			verify_damage(g->v, level_where(g->v, level),
			              "has %" PRIu64 " bytes, the checkpoint asks for %" PRIu64, stat.size,
			              wanted);
		}
	}
}

static bool stored_node(struct growing *g, unsigned level, uint64_t entry,
                        uint8_t out_hash[SHA256_SIZE]) {
	const struct os *os = g->v->os;
	size_t got = 0;
	return entry < level_entries(g->v->tree->signed_size, level) && g->level_fds[level] >= 0 &&
	       os->pread(os->ctx, g->level_fds[level], out_hash, SHA256_SIZE, entry * SHA256_SIZE,
	                 &got) == ERR_OK &&
	       got == SHA256_SIZE;
}

static void compare_node(struct growing *g, unsigned level, uint64_t entry,
                         const uint8_t hash[SHA256_SIZE]) {
	uint8_t stored[SHA256_SIZE];
	uint64_t span = (uint64_t)1 << (8 * level);
	if (!g->stack_bad && stored_node(g, level, entry, stored) &&
	    memcmp(stored, hash, SHA256_SIZE) != 0) {
		verify_damage_range(g->v, level_where(g->v, level), entry * span, (entry + 1) * span,
		                    "entry %" PRIu64 " does not fit the records below it", entry);
	}
}

/* ---- growing ---- */

/* Root of count leaves (RFC 6962 section 2.1), count > 0; leaves are used up. */
static void fold_leaves(uint8_t (*leaves)[SHA256_SIZE], uint32_t count,
                        uint8_t out_root[SHA256_SIZE]) {
	uint32_t split = 1;
	if (count == 1) {
		memcpy(out_root, leaves[0], SHA256_SIZE);
		return;
	}
	while (split * 2 < count) {
		split *= 2;
	}
	uint8_t left[SHA256_SIZE];
	uint8_t right[SHA256_SIZE];
	fold_leaves(leaves, split, left);
	fold_leaves(leaves + split, count - split, right);
	tree_node(left, right, out_root);
}

static void push_bundle(struct growing *g, uint64_t bundle, const uint8_t node[SHA256_SIZE]) {
	memcpy(g->stack[g->top++], node, SHA256_SIZE);
	unsigned height = 8;
	for (uint64_t left = bundle; (left & 1) == 1; left >>= 1) {
		g->top--;
		tree_node(g->stack[g->top - 1], g->stack[g->top], g->stack[g->top - 1]);
		height++;
		if (height % 8 == 0 && height / 8 < TREE_LEVELS) {
			compare_node(g, height / 8, bundle >> (height - 8), g->stack[g->top - 1]);
		}
	}
}

static void finish_bundle(struct growing *g) {
	uint64_t bundle = (g->next - 1) / BUNDLE;
	uint8_t node[SHA256_SIZE] = {0};
	if (!g->bundle_bad) {
		tree_fold(g->leaves[0], 8);
		memcpy(node, g->leaves[0], SHA256_SIZE);
		compare_node(g, 1, bundle, node);
	} else if (!stored_node(g, 1, bundle, node)) {
		g->stack_bad = true;
	}
	push_bundle(g, bundle, node);
	g->bundle_bad = false;
}

static void current_root(const struct growing *g, uint8_t out_root[SHA256_SIZE]) {
	uint32_t partial = (uint32_t)(g->next % BUNDLE);
	unsigned top = g->top;
	if (g->next == 0) {
		sha256("", 0, out_root);
		return;
	}
	if (partial > 0) {
		uint8_t copy[BUNDLE][SHA256_SIZE];
		memcpy(copy, g->leaves, (size_t)partial * SHA256_SIZE);
		fold_leaves(copy, partial, out_root);
	} else {
		memcpy(out_root, g->stack[--top], SHA256_SIZE);
	}
	while (top > 0) {
		tree_node(g->stack[--top], out_root, out_root);
	}
}

/* Compares with all roots that were signed at this size. */
static void check_roots(struct growing *g) {
	const struct verify_root *roots = (const struct verify_root *)(void *)g->v->tree->roots.ptr;
	size_t count = g->v->tree->roots.len / sizeof(*roots);
	for (; g->roots_done < count && roots[g->roots_done].size <= g->next; g->roots_done++) {
		const struct verify_root *root = &roots[g->roots_done];
		uint8_t made[SHA256_SIZE];
		bool outside = root->where.len == 0;
		if (g->stack_bad || (g->bundle_bad && g->next % BUNDLE != 0)) {
			g->v->result.against_held = g->v->result.against_held && !outside;
			continue; /* the damage is reported */
		}
		current_root(g, made);
		if (memcmp(made, root->root, SHA256_SIZE) != 0) {
			g->v->result.against_held = g->v->result.against_held && !outside;
			verify_damage_range(g->v, root->where, 0, root->size,
			                    outside ? "the store is not what the outside checkpoint signed"
			                            : "the records are not what the checkpoint signed");
		}
	}
}

/* hash NULL: the leaf could not be made. */
static void feed(struct growing *g, const uint8_t *hash) {
	if (hash == NULL) {
		g->bundle_bad = true;
		g->lenient = true;
	} else {
		memcpy(g->leaves[g->next % BUNDLE], hash, SHA256_SIZE);
	}
	g->next++;
	if (g->next % BUNDLE == 0) {
		finish_bundle(g);
	}
	check_roots(g);
}

static void feed_missing(struct growing *g, uint64_t end) {
	map_clear(g->streams);
	while (g->next < end) {
		feed(g, NULL);
	}
}

/* ---- records ---- */

static void check_sequence(struct growing *g, const struct leaf *leaf, struct str where) {
	bool added = false;
	struct str key = str_make((const char *)leaf->stream_id, STREAM_ID_SIZE);
	uint64_t *next = map_put(g->streams, key, leaf->stream_seq, &added);
	bool right = added ? g->lenient || leaf->stream_seq == 0 : leaf->stream_seq == *next;
	if (!right) {
		verify_damage_range(g->v, where, g->next, g->next + 1,
		                    "its number in its stream is %" PRIu64 ", not %" PRIu64,
		                    leaf->stream_seq, added ? 0 : *next);
	}
	*next = leaf->stream_seq + 1;
}

/* Our own records say which objects are kept: "sha256":"...","kept":true. */
static void want_object(struct growing *g, struct store_view *view, uint32_t row) {
	struct view_body body;
	if (store_view_body(view, row, &body) != ERR_OK || body.container ||
	    str_find(body.bytes, STR("\"kept\":true"), 0) == (size_t)-1) {
		return;
	}
	size_t at = str_find(body.bytes, STR("\"sha256\":\""), 0);
	if (at != (size_t)-1) {
		(void)map_put(g->v->objects_wanted, str_slice(body.bytes, at + 10, at + 74), g->next, NULL);
	}
}

static void feed_row(struct growing *g, struct store_view *view, uint32_t row, uint32_t leaf_at,
                     const uint8_t *hash, struct str where) {
	const struct leaf *leaf = (const struct leaf *)(void *)g->reader.leaves.ptr + (size_t)leaf_at;
	check_sequence(g, leaf, where);
	if (leaf->type == RECORD_OBJECT) {
		want_object(g, view, row);
	}
	if (leaf->type == RECORD_SEAL) {
		struct view_body body;
		bool read = store_view_body(view, row, &body) == ERR_OK && !body.container;
		verify_seal(g->v, read ? body.bytes : STR(""), g->next, where);
	}
	if (g->next == 0 && tree_number(g->v->tree->name) > 1) {
		struct view_body body;
		bool read = leaf->type == RECORD_RECOVERY && store_view_body(view, row, &body) == ERR_OK &&
		            !body.container;
		verify_recovery(g->v, read ? body.bytes : STR(""), where);
	}
	g->v->result.records += leaf->type == RECORD_DATA;
	feed(g, hash);
}

/* Row by row, so that only what is damaged is named. */
static void feed_damaged(struct growing *g, struct store_view *view, uint32_t first,
                         struct str where) {
	uint64_t bad_from = UINT64_MAX;
	struct diag diag = {0};
	for (uint32_t row = first; row < store_view_rows(view); row++) {
		uint8_t hash[SHA256_SIZE];
		struct diag inner = {0};
		if (leaf_reader_hash(&g->reader, view, row, row + 1, hash, &inner) != ERR_OK) {
			diag = bad_from == UINT64_MAX ? inner : diag;
			bad_from = MIN_OF(bad_from, g->next);
			feed_missing(g, g->next + 1);
			continue;
		}
		if (bad_from != UINT64_MAX) {
			verify_damage_range(g->v, where, bad_from, g->next, "%s", diag.message);
			bad_from = UINT64_MAX;
		}
		feed_row(g, view, row, 0, hash, where);
	}
	if (bad_from != UINT64_MAX) {
		verify_damage_range(g->v, where, bad_from, g->next, "%s", diag.message);
	}
}

static void feed_page(struct growing *g, const struct segment *segment, uint32_t page,
                      bool reported, struct str where) {
	struct segment_page_info info = segment_page_info(segment, page);
	uint32_t first = (uint32_t)(MAX_OF(g->next, info.first_index) - info.first_index);
	struct store_view *view = NULL;
	struct diag diag = {0};
	struct view_names names = {0};
	uint8_t(*hashes)[SHA256_SIZE] = NULL;
	if (segment_view(segment, page, &names, &view, &diag) != ERR_OK) {
		if (!reported) {
			verify_damage_range(g->v, where, info.first_index, info.first_index + info.rows, "%s",
			                    diag.message);
		}
		g->sums_whole = false;
		feed_missing(g, info.first_index + info.rows);
		return;
	}
	hashes = reallocarray(NULL, (size_t)info.rows + 1, sizeof(*hashes));
	ASSERT(hashes != NULL);
	if (leaf_reader_hash(&g->reader, view, 0, info.rows, hashes[0], &diag) == ERR_OK) {
		for (uint32_t row = first; row < info.rows; row++) {
			feed_row(g, view, row, row, hashes[row], where);
		}
		if (verify_sums_page(&g->sums, view) != ERR_OK) {
			verify_damage_range(g->v, where, info.first_index, info.first_index + info.rows,
			                    "what the page says of the lengths of bodies is not so");
			g->sums_whole = false;
		}
	} else {
		g->sums_whole = false;
		feed_damaged(g, view, first, where);
	}
	free(hashes);
	store_view_free(view);
}

struct checking {
	struct verifying *v;
	struct str where;
	uint64_t damages;
	uint32_t blocks_done; /* the next one to be checked */
	bool block_damaged;   /* the one before it */
};

static void segment_damage(void *ctx, struct str what, uint64_t from, uint64_t to) {
	struct checking *checking = ctx;
	checking->damages++;
	verify_damage_range(checking->v, checking->where, from, to, "%.*s", STR_ARG(what));
}

/* Whether a page has nothing to be read: it lies in another segment too, which is reported, or
 * before the place where a scrub goes on. */
static bool passed_over(const struct growing *g, const struct segment_page_info *info) {
	bool holds_begin =
	    g->next == g->v->tree->from && info->first_index + info->rows > g->v->tree->from;
	return info->first_index < g->next && !holds_begin;
}

/* The block of a page, when that is the first one that is read of it: every byte. */
static enum err check_block(struct checking *checking, const struct segment *segment,
                            uint32_t page) {
	const struct segment_table *table = segment_table(segment);
	uint32_t number = table->pages[page].block;
	struct diag diag = {0};
	if (table->blocks_count == 0 || number < checking->blocks_done) {
		return ERR_OK;
	}
	const struct segment_block *block = &table->blocks[number];
	uint64_t first = table->pages[block->first_page].first_index;
	checking->blocks_done = number + 1;
	TRY(verify_pace(checking->v, block->len));
	checking->block_damaged = segment_block_check(segment, number, &diag) != ERR_OK;
	if (checking->block_damaged || segment_block_derived(segment, number, &diag) != ERR_OK) {
		segment_damage(checking, str_from(diag.message), first, first + block->rows);
	}
	return ERR_OK;
}

static enum err feed_pages(struct growing *g, const struct segment_entry *entry) {
	struct verifying *v = g->v;
	struct checking checking = {.v = v, .where = verify_where(v, "segments", entry->name)};
	segment_check_ends(entry->segment, segment_damage, &checking);
	bool ends_damaged = checking.damages > 0;
	v->segments_read++;
	for (uint32_t page = 0; page < segment_pages(entry->segment); page++) {
		struct segment_page_info info = segment_page_info(entry->segment, page);
		struct diag diag = {0};
		bool passed = passed_over(g, &info);
		g->sums_whole = g->sums_whole && !passed;
		if (passed && v->live) {
			continue;
		}
		TRY(check_block(&checking, entry->segment, page));
		TRY(verify_pace(v, segment_page_bytes(entry->segment, page).len));
		bool page_damaged = segment_page_check(entry->segment, page, &diag) != ERR_OK;
		bool damaged = page_damaged || checking.block_damaged;
		if (page_damaged) {
			segment_damage(&checking, str_from(diag.message), info.first_index,
			               info.first_index + info.rows);
		}
		if (!passed) {
			feed_page(g, entry->segment, page, damaged || ends_damaged, checking.where);
		}
		if (v->options->progress != NULL &&
		    !v->options->progress(v->options->ctx, v->done + g->next, v->result.tree_size)) {
			return ERR_CANCELED;
		}
	}
	return ERR_OK;
}

static enum err feed_segment(struct growing *g, const struct segment_entry *entry) {
	const struct segment_footer *footer = segment_footer(entry->segment);
	verify_sums_begin(&g->sums, footer);
	g->sums_whole = true;
	enum err err = feed_pages(g, entry);
	const char *what = err == ERR_OK && g->sums_whole ? verify_sums_differ(&g->sums) : NULL;
	if (what != NULL) {
		verify_damage_range(g->v, verify_where(g->v, "segments", entry->name), footer->first_index,
		                    footer->first_index + footer->count,
		                    "%s in the footer does not fit the records", what);
	}
	verify_sums_deinit(&g->sums);
	return err;
}

/* Level 1 in place of the records before the place where a scrub goes on; the levels above are
 * compared with it as they are with records. */
static enum err feed_level(struct growing *g) {
	uint64_t from = g->v->tree->from;
	const struct verify_root *roots = (const struct verify_root *)(void *)g->v->tree->roots.ptr;
	size_t count = g->v->tree->roots.len / sizeof(*roots);
	ASSERT(from % BUNDLE == 0);
	while (g->next < from) {
		uint8_t node[SHA256_SIZE] = {0};
		TRY(verify_pace(g->v, SHA256_SIZE));
		g->stack_bad = !stored_node(g, 1, g->next / BUNDLE, node) || g->stack_bad;
		push_bundle(g, g->next / BUNDLE, node);
		g->next += BUNDLE;
	}
	while (g->roots_done < count && roots[g->roots_done].size < from) {
		g->roots_done++;
	}
	g->lenient = from > 0;
	return ERR_OK;
}

static enum err feed_all(struct growing *g) {
	TRY(feed_level(g));
	check_roots(g);
	for (size_t i = 0; i < g->v->tree->catalogue.count; i++) {
		const struct segment_entry *entry = &g->v->tree->catalogue.entries[i];
		if (entry->end <= g->v->tree->from) {
			continue;
		}
		if (entry->first > g->next) {
			feed_missing(g, entry->first);
		}
		if (entry->segment == NULL) {
			feed_missing(g, entry->end);
		} else {
			TRY(feed_segment(g, entry));
		}
	}
	return ERR_OK;
}

static int by_size(const void *a, const void *b) {
	const struct verify_root *x = a;
	const struct verify_root *y = b;
	return x->size < y->size ? -1 : x->size > y->size;
}

enum err verify_tree(struct verifying *v) {
	struct growing *g = calloc(1, sizeof(*g));
	struct store_path objects;
	ASSERT(g != NULL);
	g->v = v;
	g->streams = map_new();
	leaf_reader_init(&g->reader, v->os, path_in(&objects, v->path, "objects"));
	if (v->tree->roots.len > 0) {
		qsort(v->tree->roots.ptr, v->tree->roots.len / sizeof(struct verify_root),
		      sizeof(struct verify_root), by_size);
	}
	open_levels(g);
	enum err err = feed_all(g);
	v->tree->reached = g->next;
	if (err == ERR_OK && !g->stack_bad && !(g->bundle_bad && g->next % BUNDLE != 0)) {
		current_root(g, v->tree->root);
	}
	for (unsigned level = 1; level < TREE_LEVELS; level++) {
		if (g->level_fds[level] >= 0) {
			(void)v->os->close(v->os->ctx, g->level_fds[level]); /* only read */
		}
	}
	leaf_reader_deinit(&g->reader);
	map_free(g->streams);
	free(g);
	return err;
}
