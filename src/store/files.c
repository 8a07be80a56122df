/* File identity: the same path with the same hash of everything taken so far is a file that has
 * grown; the same hash of a whole file is a file that is known, under whatever name (DESIGN 2).
 */
#include "store/files.h"

#include "base/map.h"

static struct str number_key(const uint32_t *number) {
	return str_make((const char *)number, sizeof(*number));
}

static struct str size_key(const uint64_t *size) {
	return str_make((const char *)size, sizeof(*size));
}

static struct str hash_key(const uint8_t hash[32]) {
	return str_make((const char *)hash, 32);
}

void file_table_init(struct file_table *table, struct arena *arena) {
	*table = (struct file_table){
	    .arena = arena,
	    .by_number = map_new(),
	    .by_path = map_new(),
	    .by_hash = map_new(),
	    .by_size = map_new(),
	};
}

void file_table_deinit(struct file_table *table) {
	map_free(table->by_number);
	map_free(table->by_path);
	map_free(table->by_hash);
	map_free(table->by_size);
	free(table->entries);
	*table = (struct file_table){0};
}

struct file_entry *file_table_find(const struct file_table *table, uint32_t number) {
	const uint64_t *at = map_find(table->by_number, number_key(&number));
	return at == NULL ? NULL : &table->entries[*at];
}

static struct file_state state_of(const struct segment_file *row) {
	struct file_state state = {.done = row->done,
	                           .no_final_lf = row->no_final_lf,
	                           .position = row->position,
	                           .size = row->size,
	                           .records = row->records,
	                           .first_index = row->first_index};
	memcpy(state.hash, row->hash, sizeof(state.hash));
	return state;
}

struct file_entry *file_table_add(struct file_table *table, const struct segment_file *row) {
	if (table->count == table->cap) {
		table->cap = table->cap * 2 + 16;
		table->entries = reallocarray(table->entries, table->cap, sizeof(*table->entries));
		ASSERT(table->entries != NULL);
	}
	struct file_entry *entry = &table->entries[table->count];
	*entry = (struct file_entry){.number = row->file,
	                             .same_as = row->same_as,
	                             .path = arena_str(table->arena, row->path),
	                             .source = arena_str(table->arena, row->source),
	                             .is_object = row->is_object,
	                             .modified_ns = row->modified_ns,
	                             .live = state_of(row),
	                             .kept = state_of(row)};
	(void)map_put(table->by_number, number_key(&entry->number), table->count, NULL);
	*map_put(table->by_path, entry->path, table->count, NULL) = table->count; /* the newest */
	table->next_number = MAX_OF(table->next_number, entry->number + 1);
	table->count++;
	return entry;
}

/* The done file with this hash. A file that has grown since no longer has the hash. */
static struct file_entry *find_done(const struct file_table *table, const uint8_t hash[32]) {
	const uint64_t *at = map_find(table->by_hash, hash_key(hash));
	struct file_entry *entry = at == NULL ? NULL : &table->entries[*at];
	return entry != NULL && entry->live.done && memcmp(entry->live.hash, hash, 32) == 0 ? entry
	                                                                                    : NULL;
}

void file_table_index_done(struct file_table *table, const struct file_entry *entry) {
	if (entry->live.done && entry->same_as == FILE_NONE &&
	    find_done(table, entry->live.hash) == NULL) {
		uint64_t position = (uint64_t)(entry - table->entries);
		*map_put(table->by_hash, hash_key(entry->live.hash), position, NULL) = position;
		(void)map_put(table->by_size, size_key(&entry->live.size), 0, NULL);
	}
}

bool file_table_has_size(const struct file_table *table, uint64_t size) {
	return map_find(table->by_size, size_key(&size)) != NULL;
}

void file_table_load(struct file_table *table, const struct segment_file *row) {
	struct file_entry *entry = file_table_find(table, row->file);
	if (entry == NULL) {
		entry = file_table_add(table, row);
	} else {
		entry->live = entry->kept = state_of(row);
		entry->modified_ns = row->modified_ns;
		entry->same_as = row->same_as;
	}
	file_table_index_done(table, entry);
}

static struct file_entry *find_path(const struct file_table *table, struct str path) {
	const uint64_t *at = map_find(table->by_path, path);
	return at == NULL ? NULL : &table->entries[*at];
}

enum sink_verdict file_table_judge(const struct file_table *table, const struct sink_file *file,
                                   bool fresh, struct file_entry **out_entry) {
	struct file_entry *known = file->hash_known ? find_done(table, file->hash) : NULL;
	*out_entry = known;
	if (known != NULL) {
		return SINK_SKIP;
	}
	struct file_entry *before = fresh ? NULL : find_path(table, file->path);
	if (before == NULL || before->is_object != file->is_object || before->same_as != FILE_NONE) {
		return SINK_TAKE;
	}
	if (file->is_object) { /* goes on only with the very same bytes */
		bool same = file->hash_known && memcmp(before->live.hash, file->hash, 32) == 0;
		*out_entry = same ? before : NULL;
		return same && before->live.position > 0 ? SINK_RESUME : SINK_TAKE;
	}
	*out_entry = before;
	return before->live.position > 0 ? SINK_RESUME : SINK_TAKE;
}

struct segment_file file_entry_row(const struct file_entry *entry) {
	struct segment_file row = {.file = entry->number,
	                           .same_as = entry->same_as,
	                           .path = entry->path,
	                           .source = entry->source,
	                           .is_object = entry->is_object,
	                           .done = entry->kept.done,
	                           .no_final_lf = entry->kept.no_final_lf,
	                           .position = entry->kept.position,
	                           .size = entry->kept.size,
	                           .records = entry->kept.records,
	                           .modified_ns = entry->modified_ns,
	                           .first_index = entry->kept.first_index};
	memcpy(row.hash, entry->kept.hash, sizeof(row.hash));
	return row;
}
