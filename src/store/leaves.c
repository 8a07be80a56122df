/* Leaves from stored rows. Bodies that lie in objects are copied, because an object keeps only one
 * block decoded; their total is that of one page.
 */
#include "store/leaves.h"

#include "store/store.h"

void leaf_reader_init(struct leaf_reader *reader, const struct os *os, const char *objects) {
	*reader = (struct leaf_reader){.os = os, .objects = objects};
}

void leaf_reader_deinit(struct leaf_reader *reader) {
	object_free(reader->object);
	buf_deinit(&reader->leaves);
	buf_deinit(&reader->bodies);
	buf_deinit(&reader->salts);
	buf_deinit(&reader->copies);
	*reader = (struct leaf_reader){0};
}

static enum err use_object(struct leaf_reader *reader, const uint8_t hash[32], struct diag *diag) {
	if (reader->object != NULL && memcmp(object_hash(reader->object), hash, 32) == 0) {
		return ERR_OK;
	}
	object_free(TAKE(reader->object));
	enum err err = object_open(reader->os, reader->objects, hash, &reader->object, diag);
	return err == ERR_NOT_FOUND ? ERR_CORRUPT : err; /* a row says that it is there */
}

static enum err read_body(struct leaf_reader *reader, struct store_view *view, uint32_t row,
                          struct str *out_body, bool *out_container, struct diag *diag) {
	struct view_body body;
	enum err err = store_view_body(view, row, &body);
	if (err != ERR_OK) {
		return diag_set(diag, err, "the bodies of the page are damaged");
	}
	*out_container = body.container;
	if (!body.container) {
		*out_body = body.bytes;
		return ERR_OK;
	}
	TRY(use_object(reader, body.object, diag));
	return object_slice(reader->object, body.offset, body.len, out_body, diag);
}

enum err leaf_reader_body(struct leaf_reader *reader, struct store_view *view, uint32_t row,
                          struct str *out_body, struct diag *diag) {
	bool container = false;
	return read_body(reader, view, row, out_body, &container, diag);
}

static enum err gather_row(struct leaf_reader *reader, struct store_view *view, uint32_t row,
                           struct diag *diag) {
	struct leaf leaf = {0};
	uint8_t salt[SALT_SIZE];
	struct str body;
	enum err err = store_view_leaf(view, row, &leaf, salt);
	if (err != ERR_OK) {
		return diag_set(diag, err, "the headers of the page are damaged");
	}
	bool container = false;
	TRY(read_body(reader, view, row, &body, &container, diag));
	struct leaf_body piece = {.bytes = container ? NULL : body.ptr, .len = body.len};
	if (container) {
		buf_append_str(&reader->copies, body);
	}
	buf_append(&reader->leaves, &leaf, sizeof(leaf));
	buf_append(&reader->bodies, &piece, sizeof(piece));
	buf_append(&reader->salts, salt, sizeof(salt));
	return ERR_OK;
}

/* Bodies without a pointer are those that were copied, one behind the other. */
static void point_at_copies(struct leaf_reader *reader, uint32_t rows) {
	struct leaf_body *bodies = (struct leaf_body *)(void *)reader->bodies.ptr;
	size_t at = 0;
	for (uint32_t i = 0; i < rows; i++) {
		if (bodies[i].bytes == NULL && bodies[i].len > 0) {
			bodies[i].bytes = reader->copies.ptr + at;
			at += bodies[i].len;
		} else if (bodies[i].bytes == NULL) {
			bodies[i].bytes = "";
		}
	}
}

enum err leaf_reader_hash(struct leaf_reader *reader, struct store_view *view, uint32_t from,
                          uint32_t to, uint8_t *out_hashes, struct diag *diag) {
	ASSERT(from <= to && to <= store_view_rows(view));
	buf_clear(&reader->leaves);
	buf_clear(&reader->bodies);
	buf_clear(&reader->salts);
	buf_clear(&reader->copies);
	for (uint32_t row = from; row < to; row++) {
		TRY(gather_row(reader, view, row, diag));
	}
	if (from < to) {
		point_at_copies(reader, to - from);
		leaf_hash_many((struct leaf *)(void *)reader->leaves.ptr,
		               (const struct leaf_body *)(void *)reader->bodies.ptr,
		               (const uint8_t *)reader->salts.ptr, to - from, out_hashes);
	}
	return ERR_OK;
}
