/* Streams by number and by name. */
#include "store/streams.h"

#include "base/map.h"

void stream_table_init(struct stream_table *table, struct arena *arena) {
	*table = (struct stream_table){.arena = arena, .by_number = map_new(), .by_name = map_new()};
}

void stream_table_deinit(struct stream_table *table) {
	map_free(table->by_number);
	map_free(table->by_name);
	free(table->entries);
	*table = (struct stream_table){0};
}

static struct str number_key(const uint32_t *number) {
	return str_make((const char *)number, sizeof(*number));
}

static struct stream_entry *at_slot(const struct stream_table *table, const uint64_t *slot) {
	return slot == NULL ? NULL : &table->entries[*slot];
}

struct stream_entry *stream_table_find(const struct stream_table *table, uint32_t number) {
	return at_slot(table, map_find(table->by_number, number_key(&number)));
}

struct stream_entry *stream_table_find_name(const struct stream_table *table, struct str name) {
	return at_slot(table, map_find(table->by_name, name));
}

struct stream_entry *stream_table_add(struct stream_table *table, uint32_t number,
                                      struct str name) {
	if (table->count == table->cap) {
		table->cap = table->cap * 2 + 16;
		table->entries = reallocarray(table->entries, table->cap, sizeof(*table->entries));
		ASSERT(table->entries != NULL);
	}
	struct stream_entry *entry = &table->entries[table->count];
	*entry = (struct stream_entry){.number = number, .name = arena_str(table->arena, name)};
	leaf_stream_id(entry->name.ptr, entry->name.len, entry->id);
	(void)map_put(table->by_number, number_key(&number), table->count, NULL);
	(void)map_put(table->by_name, name, table->count, NULL);
	table->next_number = MAX_OF(table->next_number, number + 1);
	table->count++;
	return entry;
}

void stream_sum(struct segment_stream *sum, uint64_t first_seq, uint64_t records,
                uint64_t bytes_raw, int64_t time_min_ns, int64_t time_max_ns) {
	if (records == 0) {
		return;
	}
	bool first = sum->records == 0;
	sum->first_seq = first ? first_seq : sum->first_seq;
	sum->time_min_ns = first ? time_min_ns : MIN_OF(sum->time_min_ns, time_min_ns);
	sum->time_max_ns = first ? time_max_ns : MAX_OF(sum->time_max_ns, time_max_ns);
	sum->records += records;
	sum->bytes_raw += bytes_raw;
}

void stream_table_load(struct stream_table *table, const struct segment_stream *row) {
	struct stream_entry *entry = stream_table_find(table, row->stream);
	if (entry == NULL) {
		entry = stream_table_add(table, row->stream, row->name);
	}
	entry->next_seq = MAX_OF(entry->next_seq, row->first_seq + row->records);
	stream_sum(&entry->total, row->first_seq, row->records, row->bytes_raw, row->time_min_ns,
	           row->time_max_ns);
}
