/* Source files back whole: objects as they were kept, files of lines joined again from the bodies
 * of their records; compared with the hash that was taken when they were read.
 */
#include "base/sha256.h"
#include "store/objects.h"
#include "store/store_private.h"

enum err store_read_object(const struct store *store, const uint8_t hash[32], store_write_f write,
                           void *ctx, struct diag *diag) {
	struct object *object;
	TRY(object_open(store->os, store->objects, hash, &object, diag));
	enum err err = object_stream(object, write, ctx, diag);
	object_free(object);
	return err;
}

struct joining {
	store_write_f write;
	void *ctx;
	struct sha256 sha;
	uint64_t bytes;
};

/* What one tree has of the file: records from first_index on that lie before byte `limit` of it. */
struct part {
	struct store *store;
	uint32_t file;
	uint64_t first_index, limit;
};

static enum err put(struct joining *joining, struct str bytes) {
	sha256_update(&joining->sha, bytes.ptr, bytes.len);
	joining->bytes += bytes.len;
	return bytes.len == 0 ? ERR_OK : joining->write(joining->ctx, bytes.ptr, bytes.len);
}

static enum err join_page(struct joining *joining, const struct part *part,
                          struct store_view *view) {
	for (uint32_t row = 0; row < store_view_rows(view); row++) {
		struct view_body body;
		TRY(store_view_body(view, row, &body));
		if (body.file != part->file || body.type != RECORD_DATA || body.offset >= part->limit ||
		    store_view_first_index(view) + row < part->first_index) {
			continue;
		}
		TRY(put(joining, body.bytes));
		if ((body.flags & (RECORD_NO_FINAL_LF | RECORD_CONTINUES)) == 0) {
			TRY(put(joining, STR("\n")));
		}
	}
	return ERR_OK;
}

static bool names_file(const struct segment *segment, uint32_t file) {
	const struct segment_footer *footer = segment_footer(segment);
	for (uint32_t i = 0; i < footer->files_count; i++) {
		if (footer->files[i].file == file) {
			return true;
		}
	}
	return false;
}

static enum err join_segment(struct joining *joining, const struct part *part,
                             const struct segment *segment, struct diag *diag) {
	struct view_names names = store_names(part->store);
	for (uint32_t page = 0; page < segment_pages(segment); page++) {
		struct segment_page_info info = segment_page_info(segment, page);
		struct store_view *view;
		if (!info.has_data || info.first_index + info.rows <= part->first_index) {
			continue;
		}
		TRY(segment_view(segment, page, &names, &view, diag));
		enum err err = join_page(joining, part, view);
		store_view_free(view);
		if (err != ERR_OK) {
			return err == ERR_CORRUPT ? diag_set(diag, err, "records of the file are damaged")
			                          : err;
		}
	}
	return ERR_OK;
}

/* Segments that a lost tree has lost are passed over: the hash of the whole will tell. */
static enum err join_part(struct joining *joining, const struct part *part, struct diag *diag) {
	const struct catalogue *catalogue = &part->store->catalogue;
	for (size_t i = 0; i < catalogue->count; i++) {
		const struct segment_entry *segment = &catalogue->entries[i];
		if (segment->segment == NULL && !part->store->is_before) {
			return diag_set(diag, ERR_CORRUPT, "segment %s is damaged: %s", segment->name,
			                segment->damage);
		}
		if (segment->segment != NULL && names_file(segment->segment, part->file)) {
			TRY(join_segment(joining, part, segment->segment, diag));
		}
	}
	return ERR_OK;
}

/* The byte of the file at which this tree goes on; what is before it lies in the trees before. */
static enum err begins_at(struct store *store, const struct file_entry *entry, uint64_t *out_byte,
                          struct diag *diag) {
	uint64_t index = entry->kept.first_index;
	*out_byte = entry->kept.position;
	if (index == UINT64_MAX) {
		return ERR_OK;
	}
	struct store_view *view;
	struct view_body body;
	TRY(store_view_at(store, index, &view, diag));
	enum err err = store_view_body(view, (uint32_t)(index - store_view_first_index(view)), &body);
	store_view_free(view);
	*out_byte = err == ERR_OK ? body.offset : 0;
	return err == ERR_OK ? ERR_OK : diag_set(diag, err, "records of the file are damaged");
}

static const struct file_entry *find_before(struct store *before, const struct file_entry *entry) {
	const struct file_entry *found = file_table_find(&before->files, entry->number);
	return found != NULL && str_eq(found->path, entry->path) ? found : NULL;
}

/* The file up to `limit`, from this tree and those before it. */
static enum err join_trees(struct joining *joining, struct store *store,
                           const struct file_entry *entry, uint64_t limit, struct diag *diag) {
	struct part part = {.store = store, .file = entry->number, .limit = limit};
	struct store *before = NULL;
	TRY(store_before(store, &before, diag));
	if (before != NULL) {
		uint64_t begins = 0;
		TRY(begins_at(store, entry, &begins, diag));
		begins = MIN_OF(begins, limit);
		const struct file_entry *found = NULL;
		struct store *at = before;
		while (begins > 0 && at != NULL && (found = find_before(at, entry)) == NULL) {
			TRY(store_before(at, &at, diag));
		}
		if (found != NULL) {
			TRY(join_trees(joining, at, found, begins, diag));
		}
	}
	part.first_index = entry->kept.first_index;
	return part.first_index == UINT64_MAX ? ERR_OK : join_part(joining, &part, diag);
}

static enum err join_file(struct store *store, const struct file_entry *entry, store_write_f write,
                          void *ctx, struct diag *diag) {
	struct joining joining = {.write = write, .ctx = ctx};
	uint8_t digest[SHA256_SIZE];
	sha256_init(&joining.sha);
	TRY(join_trees(&joining, store, entry, UINT64_MAX, diag));
	sha256_digest(&joining.sha, digest);
	if (joining.bytes != entry->kept.position ||
	    memcmp(digest, entry->kept.hash, sizeof(digest)) != 0) {
		return diag_set(diag, ERR_CORRUPT, "'%.*s' does not have the hash it was taken with",
		                STR_ARG(entry->path));
	}
	return ERR_OK;
}

enum err store_read_file(struct store *store, uint32_t file, store_write_f write, void *ctx,
                         struct diag *diag) {
	const struct file_entry *entry = file_table_find(&store->files, file);
	if (entry != NULL && entry->same_as != FILE_NONE) {
		entry = file_table_find(&store->files, entry->same_as);
	}
	if (entry == NULL) {
		return diag_set(diag, ERR_NOT_FOUND, "there is no file %u", file);
	}
	return entry->is_object ? store_read_object(store, entry->kept.hash, write, ctx, diag)
	                        : join_file(store, entry, write, ctx, diag);
}
