/* Files that hold no records of their own: objects, the log, what was set aside; and every name
 * that does not belong into a store. What a stop leaves is no damage, but nothing is passed over:
 * bytes that no checksum speaks for are named as leftovers.
 */
#include <inttypes.h>

#include "store/ballast.h"
#include "store/frame.h"
#include "store/leftovers.h"
#include "store/log.h"
#include "store/path.h"
#include "store/verify.h"

struct walk {
	struct verifying *v;
	struct str folder; /* relative to the store, or empty */
	void (*file)(struct verifying *v, struct str folder, struct str name);
	bool (*subfolder)(struct verifying *v, struct str folder, struct str name);
};

static struct str join(struct verifying *v, struct str folder, struct str name) {
	return folder.len == 0 ? arena_str(v->arena, name)
	                       : arena_printf(v->arena, "%.*s/%.*s", STR_ARG(folder), STR_ARG(name));
}

static enum err each_name(void *ctx, struct str name, enum os_file_kind kind) {
	struct walk *walk = ctx;
	if (kind == OS_FILE_REGULAR) {
		walk->file(walk->v, walk->folder, name);
	} else if (kind != OS_FILE_FOLDER || !walk->subfolder(walk->v, walk->folder, name)) {
		verify_damage(walk->v, join(walk->v, walk->folder, name), "does not belong into a store");
	}
	return walk->v->canceled ? ERR_CANCELED : ERR_OK;
}

static void walk_folder(struct verifying *v, struct str folder,
                        void (*file)(struct verifying *, struct str, struct str),
                        bool (*subfolder)(struct verifying *, struct str, struct str)) {
	struct walk walk = {.v = v, .folder = folder, .file = file, .subfolder = subfolder};
	struct store_path path;
	const char *full =
	    folder.len == 0 ? v->path : path_in(&path, v->path, arena_cstr(v->arena, folder));
	enum err err = v->os->list(v->os->ctx, full, each_name, &walk);
	if (err != ERR_OK && !v->canceled) {
		verify_damage(v, folder, "cannot be listed: %s", err_text(err));
	}
}

static bool no_subfolder(struct verifying *v, struct str folder, struct str name) {
	(void)v;
	(void)folder;
	(void)name;
	return false;
}

static enum err count_name(void *ctx, struct str name, enum os_file_kind kind) {
	size_t *count = ctx;
	(void)name;
	(void)kind;
	(*count)++;
	return ERR_OK;
}

static bool is_one_of(struct str name, const struct str *names, size_t count) {
	for (size_t i = 0; i < count; i++) {
		if (str_eq(name, names[i])) {
			return true;
		}
	}
	return false;
}

static void foreign(struct verifying *v, struct str folder, struct str name) {
	struct str where = join(v, folder, name);
	if (is_leftover(where)) {
		verify_leftover(v, where, "is an unfinished file of a writer; the next one removes it");
	} else {
		verify_damage(v, where, "does not belong into a store");
	}
}

/* ---- objects ---- */

static enum err pace_bytes(void *ctx, const void *bytes, size_t len) {
	(void)bytes;
	return verify_pace(ctx, len);
}

static void check_object(struct verifying *v, struct str folder, struct str name) {
	uint8_t hash[OBJECT_HASH_SIZE];
	char proper[OBJECT_NAME_SIZE];
	struct object *object = NULL;
	struct store_path path;
	struct diag diag = {0};
	struct str where = join(v, folder, name);
	if (!object_name_parse(name, hash)) {
		foreign(v, folder, name);
		return;
	}
	object_name(hash, proper);
	if (!str_ends(where, str_from(proper))) {
		verify_damage(v, where, "lies in the wrong folder");
		return;
	}
	enum err err = object_open(v->os, path_in(&path, v->path, "objects"), hash, &object, &diag);
	if (err == ERR_OK) {
		err = object_stream(object, pace_bytes, v, &diag);
		object_free(object);
	}
	if (err == ERR_CANCELED) {
		v->canceled = true;
		return;
	}
	if (err != ERR_OK) {
		verify_damage(v, where, "%s", diag.message);
		return;
	}
	v->result.objects++;
	uint64_t *wanted = map_find(v->objects_wanted, str_slice(name, 0, 64));
	if (wanted != NULL) {
		*wanted = UINT64_MAX; /* found */
	}
}

static bool object_folder(struct verifying *v, struct str folder, struct str name) {
	if (name.len != 2) {
		return false;
	}
	walk_folder(v, join(v, folder, name), check_object, no_subfolder);
	return true;
}

/* Those whose hash begins with the digits. */
static void check_wanted(struct verifying *v, struct str digits) {
	for (size_t i = 0; i < map_count(v->objects_wanted); i++) {
		uint64_t index = *map_value(v->objects_wanted, i);
		struct str hash = map_key(v->objects_wanted, i);
		if (index != UINT64_MAX && str_starts(hash, digits)) {
			struct str where =
			    arena_printf(v->arena, "objects/%.2s/%.*s.obj", hash.ptr, STR_ARG(hash));
			verify_damage_range(v, where, index, index + 1,
			                    "is missing or damaged; the record says that it is kept");
		}
	}
}

static void check_objects(struct verifying *v) {
	walk_folder(v, STR("objects"), foreign, object_folder);
	check_wanted(v, STR(""));
}

enum err verify_object_folder(struct verifying *v, unsigned first_byte) {
	struct str folder = arena_printf(v->arena, "objects/%02x", first_byte);
	struct store_path path;
	struct os_stat stat;
	if (v->os->stat(v->os->ctx, path_in(&path, v->path, arena_cstr(v->arena, folder)), true,
	                &stat) != ERR_NOT_FOUND) {
		walk_folder(v, folder, check_object, no_subfolder);
	}
	if (v->canceled) {
		return ERR_CANCELED;
	}
	check_wanted(v, str_slice(folder, 8, folder.len));
	return ERR_OK;
}

/* ---- the log ---- */

static void log_name(struct verifying *v, struct str folder, struct str name) {
	uint8_t uuid[UUID_SIZE];
	if (!str_ends(name, STR(".wal")) || !uuid_parse(str_slice(name, 0, name.len - 4), uuid)) {
		foreign(v, folder, name);
	}
}

static void check_frames(struct verifying *v, struct str where, const struct log_found *found) {
	for (size_t i = 0; i < found->frames_count; i++) {
		struct batch *batch CLEANUP(batch_freep) = NULL;
		struct frame_files files;
		if (frame_decode(found->frames[i].payload, &batch, &files) != ERR_OK) {
			verify_damage(v, where, "batch %" PRIu64 " cannot be understood",
			              found->frames[i].number);
		}
	}
}

/* Where a file of the log stands, from the store's folder on. */
static struct str log_where(struct verifying *v, const struct log_file *file) {
	return arena_printf(v->arena, "%s/%s", file->folder + strlen(v->path) + 1, file->name);
}

static void check_found(struct verifying *v, struct str where, const struct log_found *found) {
	for (size_t i = 0; i < found->damages_count; i++) {
		const struct log_damage *damage = &found->damages[i];
		struct str file = log_where(v, &found->files[damage->file]);
		if (!damage->torn) {
			verify_damage(v, file, "%" PRIu64 " bytes at %" PRIu64 " are damaged", damage->size,
			              damage->offset);
		} else if (damage->size > 0) {
			verify_leftover(v, file,
			                "the %" PRIu64 " bytes at %" PRIu64
			                " are the end of an unfinished write; the next writer sets them aside",
			                damage->size, damage->offset);
		}
	}
	if (found->missing_frames > 0) {
		verify_damage(v, where, "%" PRIu64 " acknowledged batches are lost", found->missing_frames);
	}
	check_frames(v, where, found);
}

/* What the log of a lost tree still holds goes into the newest tree of its class, so the logs of a
 * class are one. */
static void check_log(struct verifying *v) {
	struct log_found found;
	struct diag diag = {0};
	struct str where = verify_where(v, "log", NULL);
	const char *paths[CLASSES_MAX];
	struct log_folders folders = {.paths = paths};
	uint64_t taken_over = 0;
	for (uint64_t number = tree_number(v->tree->name); number > 0; number--) {
		char name[TREE_NAME_MAX + 1];
		tree_name(tree_class(v->tree->name), number, name);
		paths[folders.count++] =
		    arena_cstr(v->arena, arena_printf(v->arena, "%s/log/%s", v->path, name));
		for (size_t i = 0; i < v->trees_count; i++) {
			if (str_eq(v->trees[i].name, str_from(name))) {
				taken_over = MAX_OF(taken_over, catalogue_log_frame(&v->trees[i].catalogue));
			}
		}
	}
	if (log_find(v->os, folders, v->facts.uuid, taken_over, &found, &diag) != ERR_OK) {
		verify_damage(v, where, "%s", diag.message);
		return;
	}
	check_found(v, where, &found);
	log_found_deinit(&found);
}

/* ---- what was set aside carries its hash in its name ---- */

static void check_aside(struct verifying *v, struct str folder, struct str name) {
	struct buf bytes CLEANUP(buf_deinit) = {0};
	struct buf hex CLEANUP(buf_deinit) = {0};
	struct store_path path;
	uint8_t digest[SHA256_SIZE];
	struct str where = join(v, folder, name);
	if (str_ends(name, STR(".tmp"))) {
		foreign(v, folder, name); /* what it should hold is still where it was */
		return;
	}
	enum err err =
	    os_read_file(v->os, path_in(&path, v->path, arena_cstr(v->arena, where)), SIZE_MAX, &bytes);
	sha256(bytes.ptr, bytes.len, digest);
	buf_append_char(&hex, '-');
	buf_append_hex(&hex, digest, sizeof(digest));
	buf_append_str(&hex, STR(".bin"));
	if (err != ERR_OK || !str_ends(name, buf_str(&hex))) {
		verify_damage(v, where, "does not have the hash in its name");
	}
}

/* It holds no records; but no byte of a store is passed over. */
static void check_ballast(struct verifying *v) {
	struct buf bytes CLEANUP(buf_deinit) = {0};
	struct buf proper CLEANUP(buf_deinit) = {0};
	struct store_path path;
	ballast_format(&proper);
	enum err err = os_read_file(v->os, path_in(&path, v->path, "ballast"), BALLAST_SIZE, &bytes);
	if (err != ERR_OK || !str_eq(buf_str(&bytes), buf_str(&proper))) {
		verify_damage(v, STR("ballast"),
		              "is damaged; it holds no records, and may be removed: it is made again");
	}
}

/* ---- names ---- */

static void root_file(struct verifying *v, struct str folder, struct str name) {
	static const struct str names[] = {STR_INIT("store"), STR_INIT("lock")};
	if (str_eq(name, STR("ballast"))) {
		check_ballast(v);
	} else if (!is_one_of(name, names, ARRAY_LEN(names))) {
		foreign(v, folder, name);
	}
}

/* Names end in NUL. */
static bool is_superseded(const struct catalogue *catalogue, struct str name) {
	const struct buf *names = &catalogue->leftovers;
	for (size_t at = 0; at < names->len; at += strlen(names->ptr + at) + 1) {
		if (str_eq(name, str_from(names->ptr + at))) {
			return true;
		}
	}
	return false;
}

static void segment_file(struct verifying *v, struct str folder, struct str name) {
	uint64_t first;
	uint64_t end;
	if (!segment_name_parse(name, &first, &end)) {
		foreign(v, folder, name);
	} else if (is_superseded(&v->tree->catalogue, name)) {
		verify_leftover(v, join(v, folder, name), "lies inside another segment; %s",
		                verify_fate(v, "the next writer removes it"));
	}
}

static void tree_file(struct verifying *v, struct str folder, struct str name) {
	static const struct str names[] = {STR_INIT("checkpoint"), STR_INIT("checkpoints"),
	                                   STR_INIT("intent")};
	bool level =
	    name.len == 6 && str_starts(name, STR("level")) && name.ptr[5] >= '1' && name.ptr[5] <= '7';
	if (!level && !is_one_of(name, names, ARRAY_LEN(names))) {
		foreign(v, folder, name);
	}
}

/* Folders of a class that the file `store` does not list (yet), and that are empty. */
static bool unused_class(struct verifying *v, struct str where, struct str name) {
	size_t names = 0;
	struct store_path path;
	if (!tree_name_valid(name) ||
	    v->os->list(v->os->ctx, path_in(&path, v->path, arena_cstr(v->arena, where)), count_name,
	                &names) != ERR_OK ||
	    names > 0) {
		return false;
	}
	verify_leftover(v, where, "is the empty folder of a class that was not made to the end");
	return true;
}

/* One of segments/CLASS, tree/CLASS, log/CLASS. */
static bool class_folder(struct verifying *v, struct str folder, struct str name,
                         void (*file)(struct verifying *, struct str, struct str)) {
	for (size_t i = 0; i < v->trees_count; i++) {
		if (str_eq(v->trees[i].name, name)) {
			v->tree = &v->trees[i];
			walk_folder(v, join(v, folder, name), file, no_subfolder);
			return true;
		}
	}
	return unused_class(v, join(v, folder, name), name);
}

static bool class_segments(struct verifying *v, struct str folder, struct str name) {
	return class_folder(v, folder, name, segment_file);
}

static bool class_tree(struct verifying *v, struct str folder, struct str name) {
	return class_folder(v, folder, name, tree_file);
}

static bool class_log(struct verifying *v, struct str folder, struct str name) {
	return class_folder(v, folder, name, log_name);
}

/* keys/CLASS/ */
static void epoch_file(struct verifying *v, struct str folder, struct str name) {
	uint64_t number;
	struct str where = join(v, folder, name);
	if (str_eq(name, STR("epoch.key.tmp")) || str_eq(name, STR("epoch.key.next.tmp"))) {
		verify_leftover(v, where, "is an unfinished file of a writer; %s",
		                verify_fate(v, "the next one erases it"));
	} else if (!str_eq(name, STR("epoch.key")) && !str_eq(name, STR("epoch.key.next")) &&
	           !str_eq(name, STR("signed")) &&
	           !epochs_name_parse(name, &number)) { /* these: verify_epochs.c */
		foreign(v, folder, name);
	}
}

static bool class_keys(struct verifying *v, struct str folder, struct str name) {
	return class_folder(v, folder, name, epoch_file);
}

static void key_file(struct verifying *v, struct str folder, struct str name) {
	static const struct str names[] = {STR_INIT("identity.key"), STR_INIT("identity.vkey"),
	                                   STR_INIT("root.vkey")};
	if (!is_one_of(name, names, ARRAY_LEN(names))) {
		foreign(v, folder, name);
	}
}

static bool root_folder(struct verifying *v, struct str folder, struct str name) {
	(void)folder;
	if (str_eq(name, STR("keys"))) {
		walk_folder(v, name, key_file, class_keys);
	} else if (str_eq(name, STR("segments"))) {
		walk_folder(v, name, foreign, class_segments);
	} else if (str_eq(name, STR("tree"))) {
		walk_folder(v, name, foreign, class_tree);
	} else if (str_eq(name, STR("quarantine"))) {
		walk_folder(v, name, check_aside, no_subfolder);
	} else if (str_eq(name, STR("log"))) {
		walk_folder(v, name, foreign, class_log);
	} else if (!str_eq(name, STR("objects"))) {
		return false;
	}
	return true;
}

void verify_files(struct verifying *v) {
	walk_folder(v, STR(""), root_file, root_folder);
	check_objects(v);
	for (size_t i = 0; i < v->trees_count; i++) {
		v->tree = &v->trees[i];
		if (str_eq(v->tree->name, facts_newest(&v->facts, tree_class(v->tree->name)))) {
			check_log(v);
		}
		if (v->has_verifier) {
			verify_epoch_keys(v);
		}
	}
}
