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
	struct store *store;
	uint32_t file;
	store_write_f write;
	void *ctx;
	struct sha256 sha;
	uint64_t bytes;
};

static enum err put(struct joining *joining, struct str bytes) {
	sha256_update(&joining->sha, bytes.ptr, bytes.len);
	joining->bytes += bytes.len;
	return bytes.len == 0 ? ERR_OK : joining->write(joining->ctx, bytes.ptr, bytes.len);
}

static enum err join_page(struct joining *joining, struct store_view *view) {
	for (uint32_t row = 0; row < store_view_rows(view); row++) {
		struct view_body body;
		TRY(store_view_body(view, row, &body));
		if (body.file != joining->file || body.type != RECORD_DATA) {
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

static enum err join_segment(struct joining *joining, const struct segment *segment,
                             uint64_t first_index, struct diag *diag) {
	struct view_names names = store_names(joining->store);
	for (uint32_t page = 0; page < segment_pages(segment); page++) {
		struct segment_page_info info = segment_page_info(segment, page);
		struct store_view *view;
		if (!info.has_data || info.first_index + info.rows <= first_index) {
			continue;
		}
		TRY(segment_view(segment, page, &names, &view, diag));
		enum err err = join_page(joining, view);
		store_view_free(view);
		if (err != ERR_OK) {
			return err == ERR_CORRUPT ? diag_set(diag, err, "records of the file are damaged")
			                          : err;
		}
	}
	return ERR_OK;
}

static enum err join_file(struct store *store, const struct file_entry *entry, store_write_f write,
                          void *ctx, struct diag *diag) {
	struct joining joining = {.store = store, .file = entry->number, .write = write, .ctx = ctx};
	uint8_t digest[SHA256_SIZE];
	sha256_init(&joining.sha);
	for (size_t i = 0; i < store->catalogue.count; i++) {
		const struct segment_entry *segment = &store->catalogue.entries[i];
		if (segment->segment == NULL) {
			return diag_set(diag, ERR_CORRUPT, "segment %s is damaged: %s", segment->name,
			                segment->damage);
		}
		if (names_file(segment->segment, entry->number)) {
			TRY(join_segment(&joining, segment->segment, entry->kept.first_index, diag));
		}
	}
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
