#include "query/records.h"

enum err record_read(struct run *run, const struct query_page *page, uint32_t row,
                     struct row *out_row) {
	const struct query_source *source = run->source;
	bool text = run->output->texts_only && source->row_text != NULL;
	return (text ? source->row_text : source->row)(page->page, row, out_row);
}

struct row *record_copy(struct arena *arena, const struct row *row) {
	struct row *copy = ARENA_NEW(arena, struct row);
	struct row_field *fields = ARENA_ARRAY(arena, row->fields_count + 1, struct row_field);
	*copy = *row;
	copy->text = arena_str(arena, row->text);
	copy->body = arena_str(arena, row->body);
	copy->format = arena_str(arena, row->format);
	copy->path = arena_str(arena, row->path);
	copy->tree = arena_str(arena, row->tree);
	for (size_t i = 0; i < row->fields_count; i++) {
		fields[i].name = arena_str(arena, row->fields[i].name);
		fields[i].value.kind = row->fields[i].value.kind;
		fields[i].value.text = arena_str(arena, row->fields[i].value.text);
	}
	copy->fields = fields;
	return copy;
}

size_t record_bytes(const struct row *row) {
	size_t bytes = sizeof(*row) + row->text.len + row->body.len + row->format.len + row->path.len +
	               row->tree.len;
	for (size_t i = 0; i < row->fields_count; i++) {
		bytes += sizeof(*row->fields) + row->fields[i].name.len + row->fields[i].value.text.len;
	}
	return bytes;
}
