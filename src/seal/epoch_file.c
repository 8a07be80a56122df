/* epoch.key on disk. A change is: epoch.key.next whole and durable; epoch.key overwritten with
 * zeros where it lies; epoch.key.next renamed over it. So at every moment a whole state is there
 * under one of the two names, and a reader takes epoch.key.next when there is one.
 */
#include "seal/epoch_file.h"

#include "base/limits.h"
#include "seal/secret.h"

static const char next_file[] = "epoch.key.next";

struct paths {
	char key[LIMIT_PATH];
	char next[LIMIT_PATH];
	char left[LIMIT_PATH]; /* by a write of next that was cut short */
};

static enum err paths_init(struct paths *paths, const char *folder) {
	int len = snprintf(paths->left, LIMIT_PATH, "%s/epoch.key.next.tmp", folder);
	if (len < 0 || (size_t)len >= LIMIT_PATH) {
		return ERR_LIMIT;
	}
	/* Shorter ones of the same folder, so they fit. */
	(void)snprintf(paths->key, LIMIT_PATH, "%s/epoch.key", folder);
	(void)snprintf(paths->next, LIMIT_PATH, "%s/epoch.key.next", folder);
	return ERR_OK;
}

/* ---- the text ---- */

void epoch_text_format(const struct epoch_keys *keys, struct buf *out) {
	struct verifier verifier = epoch_keys_verifier(keys);
	uint8_t digest[SHA256_SIZE];
	size_t start = out->len;
	(void)buf_reserve(out, LIMIT_KEY_NAME + 512);
	buf_append_str(out, STR("akashi-epoch-key 1\norigin "));
	buf_append_str(out, epoch_keys_origin(keys));
	buf_append_str(out, STR("\nepoch "));
	buf_append_u64(out, epoch_keys_epoch(keys));
	buf_append_str(out, STR("\nsecret "));
	buf_append_base64(out, epoch_keys_secret(keys), EPOCH_SECRET_SIZE);
	buf_append_str(out, STR("\npublic "));
	buf_append_base64(out, verifier.public_key, KEY_PUBLIC_SIZE);
	buf_append_char(out, '\n');
	sha256(out->ptr + start, out->len - start, digest);
	buf_append_str(out, STR("sha256 "));
	buf_append_hex(out, digest, sizeof(digest));
	buf_append_char(out, '\n');
}

/* The next line without its label, which is compared when the text is made again. */
static struct str take_value(struct str *rest, struct str label) {
	struct str line = str_cut(rest, '\n');
	return str_slice(line, label.len, line.len);
}

enum err epoch_text_parse(struct str text, struct epoch_keys **out_keys) {
	struct buf secret CLEANUP(secret_text_deinit) = secret_text_new();
	struct buf canonical CLEANUP(secret_text_deinit) = secret_text_new();
	struct epoch_keys *keys CLEANUP(epoch_keys_freep) = NULL;
	struct str rest = text;
	uint64_t epoch;
	(void)str_cut(&rest, '\n');
	struct str origin = take_value(&rest, STR("origin "));
	struct str number = take_value(&rest, STR("epoch "));
	struct str base64 = take_value(&rest, STR("secret "));
	if (!epoch_origin_valid(origin) || !str_to_u64(number, LIMIT_EPOCH, &epoch) ||
	    base64.len != (EPOCH_SECRET_SIZE + 2) / 3 * 4 ||
	    buf_append_base64_decoded(&secret, base64) != ERR_OK || secret.len != EPOCH_SECRET_SIZE) {
		return ERR_CORRUPT;
	}
	keys = epoch_keys_new(origin, epoch, (const uint8_t *)secret.ptr);
	epoch_text_format(keys, &canonical);
	secret_wipe_stack();
	if (!str_eq(buf_str(&canonical), text)) {
		return ERR_CORRUPT;
	}
	*out_keys = TAKE(keys);
	return ERR_OK;
}

/* ---- erasing ---- */

static enum err overwrite_open(const struct os *os, int fd) {
	struct os_stat st;
	struct buf zeros CLEANUP(buf_deinit) = {0};
	TRY(os->fstat(os->ctx, fd, &st));
	zeros.len = (size_t)MIN_OF(st.size, (uint64_t)LIMIT_NOTE_SIZE);
	memset(buf_reserve(&zeros, zeros.len), 0, zeros.len);
	TRY(os->pwrite(os->ctx, fd, zeros.ptr, zeros.len, 0));
	return os->sync_data(os->ctx, fd);
}

/* Zeros in place of the bytes of a file; a file that is not there holds none. */
static enum err overwrite(const struct os *os, const char *path, struct diag *diag) {
	int fd;
	enum err err = os->open(os->ctx, path, OS_WRITE | OS_NO_FOLLOW, &fd);
	if (err == ERR_NOT_FOUND) {
		return ERR_OK;
	}
	if (err == ERR_OK) {
		err = overwrite_open(os, fd);
		enum err close_err = os->close(os->ctx, fd);
		err = err != ERR_OK ? err : close_err;
	}
	return err == ERR_OK ? ERR_OK
	                     : diag_set(diag, err, "%s cannot be overwritten: %s", path, err_text(err));
}

/* What a write that was cut short left behind: a state that was never used, but will be. */
static enum err erase_left(const struct os *os, const struct paths *paths, struct diag *diag) {
	TRY(overwrite(os, paths->left, diag));
	enum err err = os->unlink(os->ctx, paths->left);
	return err == ERR_OK || err == ERR_NOT_FOUND
	           ? ERR_OK
	           : diag_set(diag, err, "%s cannot be removed: %s", paths->left, err_text(err));
}

/* epoch.key.next is durable: nothing but it may remain. A cut may undo the rename; then the next
 * opening does it again, and so it need not be synced. */
static enum err finish(const struct os *os, const struct paths *paths, struct diag *diag) {
	TRY(overwrite(os, paths->key, diag));
	enum err err = os->rename(os->ctx, paths->next, paths->key);
	return err == ERR_OK
	           ? ERR_OK
	           : diag_set(diag, err, "%s cannot be renamed: %s", paths->next, err_text(err));
}

/* ---- the file ---- */

enum err epoch_file_read(const struct os *os, const char *path, struct epoch_keys **out_keys,
                         struct diag *diag) {
	os->hide(os->ctx);
	struct buf text CLEANUP(secret_text_deinit) = {0};
	enum err err = secret_read_file(os, path, &text);
	if (err == ERR_OK) {
		err = epoch_text_parse(buf_str(&text), out_keys);
	}
	if (err == ERR_CORRUPT || err == ERR_LIMIT) {
		return diag_set(diag, ERR_CORRUPT, "%s is damaged", path);
	}
	return err == ERR_OK ? ERR_OK
	                     : diag_set(diag, err, "%s cannot be read: %s", path, err_text(err));
}

static enum err write_keys(const struct os *os, const char *folder, const char *name,
                           const struct epoch_keys *keys, struct diag *diag) {
	struct buf text CLEANUP(secret_text_deinit) = secret_text_new();
	epoch_text_format(keys, &text);
	secret_wipe_stack();
	enum err err = os_replace_file(os, folder, name, buf_str(&text));
	return err == ERR_OK
	           ? ERR_OK
	           : diag_set(diag, err, "%s/%s cannot be written: %s", folder, name, err_text(err));
}

static enum err sync_names(const struct os *os, const char *folder, struct diag *diag) {
	enum err err = os->sync_folder(os->ctx, folder);
	return err == ERR_OK ? ERR_OK
	                     : diag_set(diag, err, "%s cannot be synced: %s", folder, err_text(err));
}

static enum err check_absent(const struct os *os, const char *path, struct diag *diag) {
	struct os_stat st;
	enum err err = os->stat(os->ctx, path, false, &st);
	if (err == ERR_NOT_FOUND) {
		return ERR_OK;
	}
	return err == ERR_OK ? diag_set(diag, ERR_EXISTS, "%s is there already", path)
	                     : diag_set(diag, err, "%s cannot be looked at: %s", path, err_text(err));
}

static enum err random_keys(const struct os *os, struct str origin, uint64_t epoch,
                            struct epoch_keys **out_keys, struct diag *diag) {
	uint8_t *secret = secret_new(EPOCH_SECRET_SIZE);
	enum err err = os->random(os->ctx, secret, EPOCH_SECRET_SIZE);
	if (err == ERR_OK) {
		*out_keys = epoch_keys_new(origin, epoch, secret);
	} else {
		(void)diag_set(diag, err, "no random bytes for a key: %s", err_text(err));
	}
	secret_free(secret);
	return err;
}

enum err epoch_file_create(const struct os *os, const char *folder, struct str origin,
                           uint64_t epoch, struct epoch_keys **out_keys, struct diag *diag) {
	struct epoch_keys *keys CLEANUP(epoch_keys_freep) = NULL;
	struct paths paths;
	if (!epoch_origin_valid(origin) || epoch > LIMIT_EPOCH) {
		return diag_set(diag, ERR_INVALID, "\"%.*s\" cannot have a key for epoch %llu",
		                STR_ARG(origin), (unsigned long long)epoch);
	}
	TRY(paths_init(&paths, folder));
	os->hide(os->ctx);
	TRY(check_absent(os, paths.key, diag));
	TRY(check_absent(os, paths.next, diag));
	TRY(random_keys(os, origin, epoch, &keys, diag));
	TRY(write_keys(os, folder, "epoch.key", keys, diag));
	*out_keys = TAKE(keys);
	return ERR_OK;
}

enum err epoch_file_open(const struct os *os, const char *folder, struct epoch_keys **out_keys,
                         struct diag *diag) {
	struct epoch_keys *keys CLEANUP(epoch_keys_freep) = NULL;
	struct paths paths;
	TRY(paths_init(&paths, folder));
	enum err err = epoch_file_read(os, paths.next, &keys, diag);
	bool changing = err == ERR_OK;
	if (err == ERR_NOT_FOUND) {
		err = epoch_file_read(os, paths.key, &keys, diag);
	}
	TRY(err);
	/* A process that was killed may have left names that a power cut still takes away. */
	TRY(sync_names(os, folder, diag));
	if (changing) {
		TRY(finish(os, &paths, diag));
	}
	TRY(erase_left(os, &paths, diag));
	*out_keys = TAKE(keys);
	return ERR_OK;
}

enum err epoch_file_advance(const struct os *os, const char *folder, struct epoch_keys *keys,
                            uint64_t epoch, struct diag *diag) {
	struct epoch_keys *next CLEANUP(epoch_keys_freep) = NULL;
	struct paths paths;
	TRY(epoch_keys_reach(keys, epoch, diag));
	if (epoch == epoch_keys_epoch(keys)) {
		return ERR_OK;
	}
	TRY(paths_init(&paths, folder));
	next = epoch_keys_copy(keys);
	epoch_keys_go_on(next, epoch);
	TRY(write_keys(os, folder, next_file, next, diag));
	TRY(finish(os, &paths, diag));
	epoch_keys_go_on(keys, epoch);
	return ERR_OK;
}
