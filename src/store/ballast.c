/* A file of fixed bytes, made and removed. */
#include "store/ballast.h"

#include "base/endian.h"
#include "base/sha256.h"
#include "store/path.h"

static const char ballast_name[] = "ballast";
static const char ballast_temporary[] = "ballast.tmp";

/* The SHA-256 of "akashi ballast 1" and the number of the block, 4 bytes. */
void ballast_format(struct buf *out) {
	char text[] = "akashi ballast 1\0\0\0";
	for (uint32_t block = 0; block < BALLAST_SIZE / SHA256_SIZE; block++) {
		uint8_t digest[SHA256_SIZE];
		le32_store((uint8_t *)text + sizeof(text) - 4, block);
		sha256(text, sizeof(text), digest);
		buf_append(out, digest, sizeof(digest));
	}
}

/* Written and synced before it has its name: a file of that name is whole. */
static enum err write_file(const struct os *os, const char *path) {
	struct buf bytes CLEANUP(buf_deinit) = {0};
	int fd;
	ballast_format(&bytes);
	TRY(os->open(os->ctx, path, OS_WRITE | OS_CREATE | OS_TRUNCATE, &fd));
	enum err err = os->pwrite(os->ctx, fd, bytes.ptr, bytes.len, 0);
	if (err == ERR_OK) {
		err = os->sync_data(os->ctx, fd);
	}
	enum err closed = os->close(os->ctx, fd);
	return err == ERR_OK ? closed : err;
}

void ballast_make(const struct os *os, const char *folder) {
	struct store_path path;
	struct store_path temporary;
	struct os_stat stat;
	if (os->stat(os->ctx, path_in(&path, folder, ballast_name), false, &stat) != ERR_NOT_FOUND) {
		return;
	}
	enum err err = write_file(os, path_in(&temporary, folder, ballast_temporary));
	if (err == ERR_OK) {
		err = os->rename(os->ctx, temporary.text, path.text);
	}
	if (err != ERR_OK) {
		path_remove(os, temporary.text); /* the room is wanted for something else */
	}
}

bool ballast_release(const struct os *os, const char *folder) {
	struct store_path path;
	return os->unlink(os->ctx, path_in(&path, folder, ballast_name)) == ERR_OK;
}
