/* Temporary names are known one by one, so that a stranger's x.tmp is neither passed over by verify
 * nor removed by a writer.
 */
#include "store/leftovers.h"

#include "base/arena.h"
#include "seal/epochs.h"
#include "store/facts.h"
#include "store/objects.h"
#include "store/path.h"

/* The fixed ones; os_replace_file and the segment writer make them. */
static const struct str fixed[] = {STR_INIT("store.tmp"), STR_INIT("ballast.tmp"),
                                   STR_INIT("keys/identity.key.tmp"),
                                   STR_INIT("keys/identity.vkey.tmp")};

/* segments/CLASS/new.tmp, tree/CLASS/checkpoint.tmp, tree/CLASS/intent.tmp */
static bool is_of_class(struct str where) {
	struct str rest = where;
	struct str top = str_cut(&rest, '/');
	struct str class_name = str_cut(&rest, '/');
	bool segment = str_eq(top, STR("segments")) && str_eq(rest, STR("new.tmp"));
	bool tree = str_eq(top, STR("tree")) &&
	            (str_eq(rest, STR("checkpoint.tmp")) || str_eq(rest, STR("intent.tmp")));
	return (segment || tree) && tree_name_valid(class_name);
}

static bool all_hex(struct str text) {
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (!char_is_digit(c) && (c < 'a' || c > 'f')) {
			return false;
		}
	}
	return true;
}

/* keys/CLASS/epochs-000001.note.tmp, signed.tmp. Those of epoch.key hold a secret: whoever opens it
 * erases them. */
static bool is_of_keys(struct str where) {
	struct str rest = where;
	struct str top = str_cut(&rest, '/');
	struct str class_name = str_cut(&rest, '/');
	uint64_t number;
	return str_eq(top, STR("keys")) && tree_name_valid(class_name) &&
	       (str_eq(rest, STR("signed.tmp")) ||
	        (str_ends(rest, STR(".tmp")) &&
	         epochs_name_parse(str_slice(rest, 0, rest.len - 4), &number)));
}

/* objects/ab/HASH.tmp */
static bool is_object(struct str where) {
	enum { HEX = 2 * OBJECT_HASH_SIZE };
	struct str rest = where;
	struct str top = str_cut(&rest, '/');
	struct str part = str_cut(&rest, '/');
	return str_eq(top, STR("objects")) && part.len == 2 && rest.len == HEX + 4 &&
	       str_ends(rest, STR(".tmp")) && all_hex(str_slice(rest, 0, HEX)) &&
	       str_starts(rest, part);
}

/* quarantine/WHAT-HASH.bin.tmp */
static bool is_aside(struct str where) {
	static const struct str whats[] = {STR_INIT("checkpoint-"), STR_INIT("checkpoints-"),
	                                   STR_INIT("intent-"), STR_INIT("log-"), STR_INIT("wal-")};
	struct str rest = where;
	struct str top = str_cut(&rest, '/');
	for (size_t i = 0; i < ARRAY_LEN(whats) && str_eq(top, STR("quarantine")); i++) {
		struct str hash = str_slice(rest, whats[i].len, whats[i].len + 2 * OBJECT_HASH_SIZE);
		if (rest.len == whats[i].len + 2 * OBJECT_HASH_SIZE + 8 && str_starts(rest, whats[i]) &&
		    all_hex(hash) && str_ends(rest, STR(".bin.tmp"))) {
			return true;
		}
	}
	return false;
}

bool is_leftover(struct str where) {
	for (size_t i = 0; i < ARRAY_LEN(fixed); i++) {
		if (str_eq(where, fixed[i])) {
			return true;
		}
	}
	return is_of_class(where) || is_of_keys(where) || is_object(where) || is_aside(where);
}

/* ---- removing ---- */

struct sweep {
	const struct os *os;
	const char *folder; /* the store's */
	struct arena *arena;
	struct str at; /* below it, or empty */
	size_t removed;
};

static enum err sweep_folder(struct sweep *sweep, struct str at);

static bool has_folders(struct str at) {
	return str_eq(at, STR("objects")) || str_eq(at, STR("segments")) || str_eq(at, STR("tree")) ||
	       str_eq(at, STR("keys"));
}

static enum err sweep_name(void *ctx, struct str name, enum os_file_kind kind) {
	struct sweep *sweep = ctx;
	struct str where = sweep->at.len == 0 ? arena_str(sweep->arena, name)
	                                      : arena_printf(sweep->arena, "%.*s/%.*s",
	                                                     STR_ARG(sweep->at), STR_ARG(name));
	if (kind == OS_FILE_FOLDER && has_folders(sweep->at)) {
		return sweep_folder(sweep, where);
	}
	if (kind == OS_FILE_REGULAR && is_leftover(where)) {
		struct store_path path;
		enum err err = sweep->os->unlink(
		    sweep->os->ctx, path_in(&path, sweep->folder, arena_cstr(sweep->arena, where)));
		sweep->removed += err == ERR_OK;
	}
	return ERR_OK;
}

/* A folder that is not there, or cannot be listed, has nothing to be removed. */
static enum err sweep_folder(struct sweep *sweep, struct str at) {
	struct store_path path;
	struct sweep below = *sweep;
	below.at = at;
	const char *full =
	    at.len == 0 ? sweep->folder : path_in(&path, sweep->folder, arena_cstr(sweep->arena, at));
	enum err err = sweep->os->list(sweep->os->ctx, full, sweep_name, &below);
	(void)err; /* see above */
	sweep->removed = below.removed;
	return ERR_OK;
}

size_t leftovers_remove_class(const struct os *os, const char *folder, struct str class_name) {
	struct sweep sweep = {.os = os, .folder = folder, .arena = arena_new(SIZE_MAX)};
	struct str segments = arena_printf(sweep.arena, "segments/%.*s", STR_ARG(class_name));
	struct str tree = arena_printf(sweep.arena, "tree/%.*s", STR_ARG(class_name));
	struct str keys = arena_printf(sweep.arena, "keys/%.*s", STR_ARG(class_name));
	enum err err = sweep_folder(&sweep, segments);
	err = sweep_folder(&sweep, tree);
	err = sweep_folder(&sweep, keys);
	(void)err; /* always ERR_OK */
	arena_free(sweep.arena);
	return sweep.removed;
}

size_t leftovers_remove(const struct os *os, const char *folder) {
	static const struct str folders[] = {STR_INIT(""),         STR_INIT("keys"),
	                                     STR_INIT("segments"), STR_INIT("tree"),
	                                     STR_INIT("objects"),  STR_INIT("quarantine")};
	struct sweep sweep = {.os = os, .folder = folder, .arena = arena_new(SIZE_MAX)};
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		enum err err = sweep_folder(&sweep, folders[i]);
		(void)err; /* always ERR_OK */
	}
	arena_free(sweep.arena);
	return sweep.removed;
}
