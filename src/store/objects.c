/* Object files. Writing hashes exactly the bytes that it compresses (a copy of each block), so that
 * a source that changes meanwhile cannot be kept under a wrong name, and decodes each block again
 * before it counts.
 */
#include "store/objects.h"

#include "base/endian.h"
#include "base/hash.h"
#include "base/sha256.h"
#include "codec/compress.h"
#include "store/path.h"

#define OBJECT_MAGIC "AKOBJ001"

enum {
	AT_MAGIC = 0,
	AT_HASH = 8,
	AT_SIZE = 40,
	AT_BLOCKS = 48,
	AT_ZERO = 52,
	AT_TABLE_CRC = 56,
	AT_CRC = 60, /* over everything before it */
	HEADER_SIZE = 64,

	ROW_LENGTH = 0, /* stored bytes; as many as the block has: not compressed */
	ROW_CRC = 4,    /* of the stored bytes */
	ROW_SIZE = 8,
};
/* The number of blocks has to fit 32 bits. */
#define OBJECT_SIZE_MAX ((uint64_t)UINT32_MAX * OBJECT_BLOCK)

static uint32_t blocks_of(uint64_t size) {
	return (uint32_t)((size + OBJECT_BLOCK - 1) / OBJECT_BLOCK);
}

static size_t block_len(uint64_t size, uint32_t block) {
	return (size_t)MIN_OF(size - (uint64_t)block * OBJECT_BLOCK, (uint64_t)OBJECT_BLOCK);
}

void object_name(const uint8_t hash[OBJECT_HASH_SIZE], char out_name[OBJECT_NAME_SIZE]) {
	struct buf text CLEANUP(buf_deinit) = {0};
	buf_append_hex(&text, hash, 1);
	buf_append_char(&text, '/');
	buf_append_hex(&text, hash, OBJECT_HASH_SIZE);
	buf_append_str(&text, STR(".obj"));
	ASSERT(text.len == OBJECT_NAME_SIZE - 1);
	memcpy(out_name, text.ptr, text.len);
	out_name[text.len] = '\0';
}

static int hex_value(char c) {
	if (char_is_digit(c)) {
		return c - '0';
	}
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool object_name_parse(struct str name, uint8_t out_hash[OBJECT_HASH_SIZE]) {
	if (name.len != 2 * OBJECT_HASH_SIZE + 4 || !str_ends(name, STR(".obj"))) {
		return false;
	}
	for (size_t i = 0; i < OBJECT_HASH_SIZE; i++) {
		int high = hex_value(name.ptr[2 * i]);
		int low = hex_value(name.ptr[2 * i + 1]);
		if (high < 0 || low < 0) {
			return false;
		}
		out_hash[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* ---- writing ---- */

struct object_writer {
	const struct os *os;
	int fd;
	uint64_t offset;
	struct sha256 sha;
	struct buf copy, stored, again, table;
};

static void writer_deinit(struct object_writer *writer) {
	buf_deinit(&writer->copy);
	buf_deinit(&writer->stored);
	buf_deinit(&writer->again);
	buf_deinit(&writer->table);
}

static enum err write_block(struct object_writer *writer, struct str block) {
	const struct os *os = writer->os;
	buf_clear(&writer->copy);
	buf_append_str(&writer->copy, block);
	sha256_update(&writer->sha, writer->copy.ptr, writer->copy.len);
	buf_clear(&writer->stored);
	struct str stored = buf_str(&writer->copy);
	if (compress_append(&writer->stored, buf_str(&writer->copy), COMPRESS_BEST)) {
		stored = buf_str(&writer->stored);
		buf_clear(&writer->again);
		char *again = buf_reserve(&writer->again, block.len);
		TRY(compress_decode(stored, again, block.len));
		if (memcmp(again, writer->copy.ptr, block.len) != 0) {
			return ERR_CORRUPT;
		}
	}
	char row[ROW_SIZE];
	le32_store(row + ROW_LENGTH, (uint32_t)stored.len);
	le32_store(row + ROW_CRC, crc32c(0, stored.ptr, stored.len));
	buf_append(&writer->table, row, sizeof(row));
	TRY(os->pwrite(os->ctx, writer->fd, stored.ptr, stored.len, writer->offset));
	writer->offset += stored.len;
	return ERR_OK;
}

static enum err write_blocks(struct object_writer *writer, const uint8_t hash[OBJECT_HASH_SIZE],
                             struct str bytes) {
	uint32_t blocks = blocks_of(bytes.len);
	writer->offset = HEADER_SIZE + (uint64_t)blocks * ROW_SIZE;
	for (uint32_t i = 0; i < blocks; i++) {
		size_t from = (size_t)i * OBJECT_BLOCK;
		TRY(write_block(writer, str_slice(bytes, from, from + OBJECT_BLOCK)));
	}
	uint8_t digest[SHA256_SIZE];
	sha256_digest(&writer->sha, digest);
	return memcmp(digest, hash, sizeof(digest)) == 0 ? ERR_OK : ERR_CORRUPT;
}

static enum err write_head(struct object_writer *writer, const uint8_t hash[OBJECT_HASH_SIZE],
                           uint64_t size) {
	struct buf head CLEANUP(buf_deinit) = {0};
	char header[HEADER_SIZE] = {0};
	memcpy(header + AT_MAGIC, OBJECT_MAGIC, 8);
	memcpy(header + AT_HASH, hash, OBJECT_HASH_SIZE);
	le64_store(header + AT_SIZE, size);
	le32_store(header + AT_BLOCKS, blocks_of(size));
	le32_store(header + AT_TABLE_CRC, crc32c(0, writer->table.ptr, writer->table.len));
	le32_store(header + AT_CRC, crc32c(0, header, AT_CRC));
	buf_append(&head, header, sizeof(header));
	buf_append_str(&head, buf_str(&writer->table));
	return writer->os->pwrite(writer->os->ctx, writer->fd, head.ptr, head.len, 0);
}

static enum err write_file(const struct os *os, const char *path,
                           const uint8_t hash[OBJECT_HASH_SIZE], struct str bytes) {
	struct object_writer writer CLEANUP(writer_deinit) = {.os = os};
	sha256_init(&writer.sha);
	TRY(os->open(os->ctx, path, OS_WRITE | OS_CREATE | OS_TRUNCATE, &writer.fd));
	enum err err = write_blocks(&writer, hash, bytes);
	if (err == ERR_OK) {
		err = write_head(&writer, hash, bytes.len);
	}
	if (err == ERR_OK) {
		err = os->sync_data(os->ctx, writer.fd);
	}
	enum err closed = os->close(os->ctx, writer.fd);
	return err != ERR_OK ? err : closed;
}

static enum err make_subfolder(const struct os *os, const char *folder, const char *subfolder) {
	enum err err = os->make_folder(os->ctx, subfolder);
	/* Also when it was there: a crash may have come between making it and the sync. */
	return err == ERR_OK || err == ERR_EXISTS ? os->sync_folder(os->ctx, folder) : err;
}

static enum err write_named(const struct os *os, const char *folder, const char *name,
                            const uint8_t hash[OBJECT_HASH_SIZE], struct str bytes) {
	struct store_path path;
	struct store_path temporary;
	struct store_path subfolder;
	char part[4] = {name[0], name[1], '\0'};
	(void)path_in(&path, folder, name);
	(void)path_in(&temporary, folder, name);
	(void)path_in(&subfolder, folder, part);
	memcpy(temporary.text + strlen(temporary.text) - 3, "tmp", 3);
	TRY(make_subfolder(os, folder, subfolder.text));
	enum err err = write_file(os, temporary.text, hash, bytes);
	if (err == ERR_OK) {
		err = os->rename(os->ctx, temporary.text, path.text);
	}
	if (err != ERR_OK) {
		path_remove(os, temporary.text); /* the next opening removes it otherwise */
		return err;
	}
	return os->sync_folder(os->ctx, subfolder.text);
}

/* The object is there; its name may come from a process that was killed before the sync. */
static enum err sync_named(const struct os *os, const char *folder, const char *name) {
	struct store_path subfolder;
	char part[4] = {name[0], name[1], '\0'};
	TRY(os->sync_folder(os->ctx, path_in(&subfolder, folder, part)));
	return os->sync_folder(os->ctx, folder);
}

enum err object_write(const struct os *os, const char *folder, const uint8_t hash[OBJECT_HASH_SIZE],
                      struct str bytes, struct diag *diag) {
	char name[OBJECT_NAME_SIZE];
	struct store_path path;
	struct os_stat stat;
	object_name(hash, name);
	if (os->stat(os->ctx, path_in(&path, folder, name), false, &stat) == ERR_OK) {
		return sync_named(os, folder, name);
	}
	if (bytes.len > OBJECT_SIZE_MAX) {
		return diag_set(diag, ERR_LIMIT, "an object of %zu bytes is too large", bytes.len);
	}
	enum err err = write_named(os, folder, name, hash, bytes);
	if (err == ERR_CORRUPT) {
		return diag_set(diag, err, "the file changed while it was read");
	}
	return err == ERR_OK ? ERR_OK
	                     : diag_set(diag, err, "the object '%s' cannot be written: %s", path.text,
	                                err_text(err));
}

/* ---- reading ---- */

struct object {
	const struct os *os; /* NULL: bytes are borrowed */
	struct str file;
	uint8_t hash[OBJECT_HASH_SIZE];
	uint64_t size;
	uint32_t blocks;
	uint64_t *starts; /* of each block in the file, and the end */
	uint32_t current; /* block in decoded, or UINT32_MAX */
	struct buf decoded;
	struct buf joined; /* a slice over a block's border */
};

static enum err bad(struct diag *diag, const struct object *object, const char *what) {
	char name[OBJECT_NAME_SIZE];
	object_name(object->hash, name);
	return diag_set(diag, ERR_CORRUPT, "objects/%s: %s", name, what);
}

static enum err check_head(struct object *object, struct diag *diag) {
	struct str file = object->file;
	if (file.len < HEADER_SIZE || memcmp(file.ptr, OBJECT_MAGIC, 8) != 0 ||
	    le32_load(file.ptr + AT_CRC) != crc32c(0, file.ptr, AT_CRC) ||
	    le32_load(file.ptr + AT_ZERO) != 0) {
		return bad(diag, object, "the header is damaged");
	}
	if (memcmp(file.ptr + AT_HASH, object->hash, OBJECT_HASH_SIZE) != 0) {
		return bad(diag, object, "it is another object");
	}
	object->size = le64_load(file.ptr + AT_SIZE);
	object->blocks = le32_load(file.ptr + AT_BLOCKS);
	if (object->size > OBJECT_SIZE_MAX || object->blocks != blocks_of(object->size) ||
	    object->blocks > (file.len - HEADER_SIZE) / ROW_SIZE) {
		return bad(diag, object, "the header contradicts itself");
	}
	size_t table = (size_t)object->blocks * ROW_SIZE;
	if (le32_load(file.ptr + AT_TABLE_CRC) != crc32c(0, file.ptr + HEADER_SIZE, table)) {
		return bad(diag, object, "the table of blocks is damaged");
	}
	return ERR_OK;
}

static enum err read_table(struct object *object, struct diag *diag) {
	uint64_t at = HEADER_SIZE + (uint64_t)object->blocks * ROW_SIZE;
	object->starts = reallocarray(NULL, (size_t)object->blocks + 1, sizeof(*object->starts));
	ASSERT(object->starts != NULL);
	for (uint32_t i = 0; i < object->blocks; i++) {
		object->starts[i] = at;
		uint32_t len = le32_load(object->file.ptr + HEADER_SIZE + (size_t)i * ROW_SIZE);
		if (len > block_len(object->size, i)) {
			return bad(diag, object, "a block is longer than it can be");
		}
		at += len;
	}
	object->starts[object->blocks] = at;
	return at == object->file.len ? ERR_OK : bad(diag, object, "the file has a wrong length");
}

enum err object_from_bytes(struct str file, const uint8_t hash[OBJECT_HASH_SIZE],
                           struct object **out_object, struct diag *diag) {
	struct object *object = calloc(1, sizeof(*object));
	ASSERT(object != NULL);
	object->file = file;
	object->current = UINT32_MAX;
	memcpy(object->hash, hash, OBJECT_HASH_SIZE);
	enum err err = check_head(object, diag);
	if (err == ERR_OK) {
		err = read_table(object, diag);
	}
	if (err != ERR_OK) {
		object_free(object);
		return err;
	}
	*out_object = object;
	return ERR_OK;
}

static enum err map_file(const struct os *os, const char *path, struct str *out_file) {
	struct os_stat stat;
	int fd;
	const char *bytes = "";
	TRY(os->open(os->ctx, path, OS_READ, &fd));
	enum err err = os->fstat(os->ctx, fd, &stat);
	if (err == ERR_OK && stat.size > 0) {
		err = os->map(os->ctx, fd, stat.size, &bytes);
	}
	(void)os->close(os->ctx, fd); /* nothing was written */
	if (err == ERR_OK) {
		*out_file = str_make(bytes, stat.size);
	}
	return err;
}

enum err object_open(const struct os *os, const char *folder, const uint8_t hash[OBJECT_HASH_SIZE],
                     struct object **out_object, struct diag *diag) {
	char name[OBJECT_NAME_SIZE];
	struct store_path path;
	struct str file;
	object_name(hash, name);
	enum err err = map_file(os, path_in(&path, folder, name), &file);
	if (err != ERR_OK) {
		return diag_set(diag, err, "objects/%s cannot be read: %s", name, err_text(err));
	}
	err = object_from_bytes(file, hash, out_object, diag);
	if (err == ERR_OK) {
		(*out_object)->os = os;
	} else if (file.len > 0) {
		os->unmap(os->ctx, file.ptr, file.len);
	}
	return err;
}

void object_free(struct object *object) {
	if (object == NULL) {
		return;
	}
	if (object->os != NULL && object->file.len > 0) {
		object->os->unmap(object->os->ctx, object->file.ptr, object->file.len);
	}
	buf_deinit(&object->decoded);
	buf_deinit(&object->joined);
	free(object->starts);
	free(object);
}

const uint8_t *object_hash(const struct object *object) {
	return object->hash;
}

uint64_t object_size(const struct object *object) {
	return object->size;
}

uint64_t object_stored(const struct object *object) {
	return object->file.len;
}

static enum err load_block(struct object *object, uint32_t block, struct diag *diag) {
	if (object->current == block) {
		return ERR_OK;
	}
	size_t len = block_len(object->size, block);
	struct str stored = str_slice(object->file, object->starts[block], object->starts[block + 1]);
	const char *row = object->file.ptr + HEADER_SIZE + (size_t)block * ROW_SIZE;
	if (le32_load(row + ROW_CRC) != crc32c(0, stored.ptr, stored.len)) {
		return bad(diag, object, "a block fails its checksum");
	}
	object->current = UINT32_MAX;
	buf_clear(&object->decoded);
	if (stored.len == len) {
		buf_append_str(&object->decoded, stored);
	} else if (compress_decode(stored, buf_reserve(&object->decoded, len), len) == ERR_OK) {
		object->decoded.len = len;
	} else {
		return bad(diag, object, "a block cannot be decoded");
	}
	object->current = block;
	return ERR_OK;
}

enum err object_slice(struct object *object, uint64_t offset, uint64_t len, struct str *out_slice,
                      struct diag *diag) {
	if (offset > object->size || len > object->size - offset) {
		return bad(diag, object, "a record lies outside of it");
	}
	if (len == 0) {
		*out_slice = STR("");
		return ERR_OK;
	}
	uint32_t first = (uint32_t)(offset / OBJECT_BLOCK);
	uint32_t last = (uint32_t)((offset + len - 1) / OBJECT_BLOCK);
	buf_clear(&object->joined);
	for (uint32_t block = first; block <= last; block++) {
		TRY(load_block(object, block, diag));
		uint64_t start = (uint64_t)block * OBJECT_BLOCK;
		size_t from = block == first ? (size_t)(offset - start) : 0;
		struct str part =
		    str_slice(buf_str(&object->decoded), from, (size_t)(offset + len - start));
		if (first == last) {
			*out_slice = part;
			return ERR_OK;
		}
		buf_append_str(&object->joined, part);
	}
	*out_slice = buf_str(&object->joined);
	return ERR_OK;
}

enum err object_stream(struct object *object, object_write_f write, void *ctx, struct diag *diag) {
	struct sha256 sha;
	uint8_t digest[SHA256_SIZE];
	sha256_init(&sha);
	for (uint32_t block = 0; block < object->blocks; block++) {
		TRY(load_block(object, block, diag));
		sha256_update(&sha, object->decoded.ptr, object->decoded.len);
		TRY(write(ctx, object->decoded.ptr, object->decoded.len));
	}
	sha256_digest(&sha, digest);
	return memcmp(digest, object->hash, sizeof(digest)) == 0
	           ? ERR_OK
	           : bad(diag, object, "its bytes do not have the hash in its name");
}
