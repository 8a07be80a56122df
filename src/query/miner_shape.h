/* Private to src/query: what the miner holds: shapes (kinds of lines as they were met) which
 * merging joins into others. Owned by struct miner; numbers are indexes of its array.
 */
#pragma once

#include "base/arena.h"
#include "query/miner.h"
#include "query/miner_scan.h"

enum {
	SHAPE_NONE = 0xffffffff, /* no number */
	SHAPE_RAWS = 3,          /* distinct lines from which on a shape's values do vary */
};

struct shape_facts {
	uint64_t count;
	int64_t first_ns, last_ns;
	uint64_t *hosts; /* bits by host number; owned */
	uint32_t host_words;
	uint32_t raws_count;
	uint64_t raws[SHAPE_RAWS]; /* hashes of distinct lines */
	struct str example;        /* in the miner's arena */
	uint64_t order;            /* number of its first line */
};

struct shape {
	uint64_t hash;              /* of the tokens as they are now */
	uint32_t into;              /* joined into this one; itself when live */
	uint32_t head;              /* of its mixed tokens; SHAPE_NONE: it has none */
	struct miner_token *tokens; /* live ones only */
	struct shape_facts *facts;  /* live ones only; owned */
	uint16_t count;             /* tokens */
	bool varies;                /* merging made it: where a value stands there were many words */
};

/* A place of a line where mixed tokens (eth0) were seen, and with which texts. */
enum { HEAD_TEXTS = 3 };
struct head_place {
	uint32_t position;
	uint32_t texts; /* above HEAD_TEXTS: it varies; also when two differ in digits alone */
	uint64_t changes[HEAD_TEXTS];
	uint32_t letters[HEAD_TEXTS];
	uint64_t lines[HEAD_TEXTS]; /* how many had each; counted when merging */
};
struct head {
	struct head_place places[MINER_MIXED_MAX];
	uint32_t places_count;
};

/* A table from hashes to numbers, open addressing. */
struct shape_index {
	struct {
		uint64_t hash;
		uint32_t number; /* SHAPE_NONE: free */
	} *slots;
	size_t mask; /* slots - 1; 0: none yet */
	size_t count;
};
uint32_t shape_index_get(const struct shape_index *index, uint64_t hash);
/* Puts or replaces. */
void shape_index_put(struct shape_index *index, uint64_t hash, uint32_t number);
void shape_index_deinit(struct shape_index *index);

struct miner {
	uint64_t seed;
	struct shape *shapes;
	size_t shapes_count, shapes_cap;
	size_t live;     /* shapes with tokens of their own */
	size_t merge_at; /* live shapes at which they are merged early */
	struct shape_index by_hash;
	struct head *heads;
	size_t heads_count, heads_cap;
	struct shape_index heads_by_hash;
	struct arena *tokens; /* of live shapes; made anew behind each merge */
	struct arena *kept;   /* names of hosts, examples, patterns */
	struct map *hosts;
	struct map *templates; /* text to number of its pattern */
	struct miner_pattern *patterns;
	uint32_t *pattern_of; /* by number of shape, of live ones */
	size_t patterns_count;
	uint64_t lines, left_out;
	bool hosts_full, merged, ended;
};

/* The live shape that number stands for now. */
uint32_t shape_root(struct miner *miner, uint32_t number);
/* Joins the live shape number into the live shape into. */
void shape_join(struct miner *miner, uint32_t number, uint32_t into);
/* Groups the live shapes (miner_merge.c). */
void miner_merge(struct miner *miner);

/* The template of tokens. */
void shape_append_template(const struct miner_token *tokens, size_t count, struct buf *out);
