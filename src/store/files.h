/* The table of files: what was read, how far, and under which names. Rebuilt at opening from the
 * footers of the segments, where a later row wins. Each file has two states: `live` is what was
 * handed to the store so far, `kept` is what is in appended pages (and so goes into the footer).
 */
#pragma once

#include "base/arena.h"
#include "event/sink.h"
#include "store/segment.h"

#define FILE_NONE UINT32_MAX

struct file_state {
	bool done, no_final_lf;
	uint8_t hash[32];
	uint64_t position, size, records;
	uint64_t first_index; /* UINT64_MAX until it has a record */
};

struct file_entry {
	uint32_t number;
	uint32_t same_as; /* FILE_NONE, or the file with the same bytes */
	struct str path, source;
	bool is_object;
	bool keeps_bytes; /* the object's bytes are in the store (known since file_begin) */
	bool touched;     /* named by a page of the open segment */
	bool holed;       /* records before those at hand are lost: its state stays where it was */
	int64_t modified_ns;
	struct file_state live, kept;
};

struct file_table {
	struct arena *arena; /* borrowed: strings */
	struct file_entry *entries;
	size_t count, cap;
	uint32_t next_number;
	struct map *by_number, *by_path, *by_hash; /* to the position in entries */
	struct map *by_size;                       /* of what is in by_hash */
};

void file_table_init(struct file_table *table, struct arena *arena);
void file_table_deinit(struct file_table *table);
/* A footer's row: new file or new state. */
void file_table_load(struct file_table *table, const struct segment_file *row);
struct file_entry *file_table_find(const struct file_table *table, uint32_t number);
/* A new file with the next number (or the given one, for replaying the log); strings are copied. */
struct file_entry *file_table_add(struct file_table *table, const struct segment_file *row);
/* Makes a done file findable by its hash; the first one with the hash stays the one. */
void file_table_index_done(struct file_table *table, const struct file_entry *entry);
/* Whether a done file of so many bytes may be known by its hash. */
bool file_table_has_size(const struct file_table *table, uint64_t size);
/* The verdict for a file that is about to be read; never adds one. *out_entry: the entry that the
 * verdict is about, NULL for SINK_TAKE with a new number. */
enum sink_verdict file_table_judge(const struct file_table *table, const struct sink_file *file,
                                   bool fresh, struct file_entry **out_entry);
/* The kept state as a row of a footer. */
struct segment_file file_entry_row(const struct file_entry *entry);
