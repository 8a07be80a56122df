/* The table of streams (one per source): numbers, gap-free sequences, totals. Rebuilt at opening
 * from the footers of the segments.
 */
#pragma once

#include "base/arena.h"
#include "store/segment.h"

struct stream_entry {
	uint32_t number;
	uint8_t id[STREAM_ID_SIZE];
	struct str name;
	uint64_t next_seq;           /* of the next reserved record */
	struct segment_stream total; /* all appended pages */
	struct segment_stream open;  /* those of the open segment; records 0: none */
};

struct stream_table {
	struct arena *arena; /* borrowed: strings */
	struct stream_entry *entries;
	size_t count, cap;
	uint32_t next_number;
	struct map *by_number, *by_name;
};

void stream_table_init(struct stream_table *table, struct arena *arena);
void stream_table_deinit(struct stream_table *table);
/* A footer's row adds to the totals. */
void stream_table_load(struct stream_table *table, const struct segment_stream *row);
struct stream_entry *stream_table_find(const struct stream_table *table, uint32_t number);
struct stream_entry *stream_table_find_name(const struct stream_table *table, struct str name);
/* A new stream with the given number; its id is made from the name. */
struct stream_entry *stream_table_add(struct stream_table *table, uint32_t number, struct str name);
/* Adds rows to a sum that has others already (or none). */
void stream_sum(struct segment_stream *sum, uint64_t first_seq, uint64_t records,
                uint64_t bytes_raw, int64_t time_min_ns, int64_t time_max_ns);
