/* Installing packs: a folder with a name of its own is filled and synced, gets the name of its
 * version, and only then the file that names the version is replaced. Whoever reads meanwhile reads
 * the one or the other whole.
 */
#include "base/buf.h"
#include "base/map.h"
#include "cmd/packs.h"
#include "os/os.h"

struct installer {
	const struct os *os;
	struct str root;     /* "FOLDER/new-..." */
	struct map *folders; /* that were made below it */
	struct buf path;     /* scratch, with NUL behind */
};

static const char *path_in(struct buf *path, struct str folder, struct str name) {
	buf_clear(path);
	buf_append_str(path, folder);
	if (name.len > 0) {
		buf_append_char(path, '/');
		buf_append_str(path, name);
	}
	*buf_reserve(path, 1) = '\0';
	return path->ptr;
}

enum err pack_current(const char *folder, char out_version[17]) {
	const struct os *os = os_real();
	CLEANUP(buf_deinit) struct buf path = {0};
	CLEANUP(buf_deinit) struct buf text = {0};
	struct os_stat st;
	out_version[0] = '\0';
	path_in(&path, str_from(folder), STR(PACK_CURRENT));
	if (os->stat(os->ctx, path.ptr, false, &st) != ERR_OK || st.kind != OS_FILE_REGULAR) {
		return ERR_OK;
	}
	TRY(os_read_file(os, path.ptr, 64, &text));
	struct str version = str_trim(buf_str(&text));
	if (!pack_is_version(version) && !str_eq(version, STR(PACK_NONE))) {
		return ERR_CORRUPT;
	}
	memcpy(out_version, version.ptr, version.len);
	out_version[version.len] = '\0';
	return ERR_OK;
}

/* Of "a/b/c.yml": a, and a/b. */
static enum err make_parents(struct installer *installer, struct str path) {
	for (size_t at = str_find_char(path, '/', 0); at < path.len;
	     at = str_find_char(path, '/', at + 1)) {
		struct str folder = str_slice(path, 0, at);
		bool added;
		(void)map_put(installer->folders, folder, 0, &added);
		if (added) {
			TRY(installer->os->make_folder(installer->os->ctx,
			                               path_in(&installer->path, installer->root, folder)));
		}
	}
	return ERR_OK;
}

static enum err write_file(struct installer *installer, struct str name, struct str text) {
	const struct os *os = installer->os;
	int fd;
	TRY(make_parents(installer, name));
	TRY(os->open(os->ctx, path_in(&installer->path, installer->root, name),
	             OS_WRITE | OS_CREATE | OS_EXCLUSIVE | OS_NO_FOLLOW, &fd));
	enum err err = os->pwrite(os->ctx, fd, text.ptr, text.len, 0);
	err = err == ERR_OK ? os->sync_data(os->ctx, fd) : err;
	enum err close_err = os->close(os->ctx, fd);
	return err != ERR_OK ? err : close_err;
}

static enum err sync_folders(struct installer *installer) {
	const struct os *os = installer->os;
	for (size_t i = 0; i < map_count(installer->folders); i++) {
		TRY(os->sync_folder(
		    os->ctx, path_in(&installer->path, installer->root, map_key(installer->folders, i))));
	}
	return os->sync_folder(os->ctx, path_in(&installer->path, installer->root, STR("")));
}

static enum err fill(struct installer *installer, const struct pack *pack, struct str manifest) {
	const struct os *os = installer->os;
	TRY(os->make_folder(os->ctx, path_in(&installer->path, installer->root, STR(""))));
	for (size_t i = 0; i < pack->count; i++) {
		TRY(write_file(installer, pack->files[i].path, pack->files[i].text));
	}
	TRY(write_file(installer, STR(PACK_MANIFEST), manifest));
	return sync_folders(installer);
}

/* The space of what did not come about; empty folders stay. */
static void take_back(struct installer *installer, const struct pack *pack) {
	const struct os *os = installer->os;
	enum err err = ERR_OK;
	for (size_t i = 0; i <= pack->count; i++) {
		struct str name = i < pack->count ? pack->files[i].path : STR(PACK_MANIFEST);
		err = os->unlink(os->ctx, path_in(&installer->path, installer->root, name));
	}
	(void)err; /* of what was not written yet; the error that led here is told */
}

static enum err write_version(const struct pack *pack, const char *folder, const char *target,
                              struct str manifest) {
	const struct os *os = os_real();
	CLEANUP(buf_deinit) struct buf root = {0};
	uint64_t number;
	TRY(os->random(os->ctx, &number, sizeof(number)));
	buf_printf(&root, "%s/new-%016llx", folder, (unsigned long long)number);
	struct installer installer = {.os = os, .root = buf_str(&root), .folders = map_new()};
	enum err err = fill(&installer, pack, manifest);
	if (err == ERR_OK) {
		err = os->rename(os->ctx, path_in(&installer.path, installer.root, STR("")), target);
	}
	if (err != ERR_OK) {
		take_back(&installer, pack);
	}
	map_free(installer.folders);
	buf_deinit(&installer.path);
	TRY(err);
	return os->sync_folder(os->ctx, folder);
}

/* A version that was there before must still be what its name says. */
static enum err check_version(const struct pack *pack, const char *target, struct diag *diag) {
	struct pack there = {0};
	enum err err = pack_read(&there, target, diag);
	err = err == ERR_OK ? pack_close(&there, diag) : err;
	if (err == ERR_OK && strcmp(there.hash, pack->hash) != 0) {
		err = diag_set(diag, ERR_CORRUPT, "%.200s was changed since it was written", target);
		diag_hint(diag, "move it away; then it is written anew");
	}
	pack_deinit(&there);
	return err;
}

enum err pack_install(const struct pack *pack, const char *folder, struct str manifest,
                      struct diag *diag) {
	const struct os *os = os_real();
	CLEANUP(buf_deinit) struct buf target = {0};
	CLEANUP(buf_deinit) struct buf current = {0};
	struct os_stat st;
	char version[17];
	TRY(os_make_folders(os, folder));
	TRY(pack_current(folder, version));
	if (version[0] == '\0') { /* so that nobody reads what is not whole */
		TRY(os_replace_file(os, folder, PACK_CURRENT, STR(PACK_NONE "\n")));
	}
	path_in(&target, str_from(folder), str_from(pack->version));
	if (os->stat(os->ctx, target.ptr, false, &st) == ERR_OK) {
		TRY(check_version(pack, target.ptr, diag));
	} else {
		TRY(write_version(pack, folder, target.ptr, manifest));
	}
	buf_printf(&current, "%s\n", pack->version);
	return os_replace_file(os, folder, PACK_CURRENT, buf_str(&current));
}
