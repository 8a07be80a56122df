/* See file.h. A file or folder is known by device and inode: a loop ends, and a file under two
 * names is read once. The order of names makes the same folder give the same records in the same
 * order.
 */
#include "base/map.h"
#include "ingest/file.h"
#include "ingest/stream.h"

struct entry {
	struct str name;
	enum os_file_kind kind;
};

struct listing {
	struct arena *arena;
	struct entry *entries;
	size_t count, cap;
};

struct walk {
	struct reading *reading;
	struct map *seen; /* device and inode, 16 bytes */
	struct buf path;  /* NUL behind */
	uint32_t depth;
};

static bool first_time(struct walk *walk, const struct os_stat *st) {
	uint64_t identity[2] = {st->device, st->inode};
	bool added;
	(void)map_put(walk->seen, str_make((const char *)identity, sizeof(identity)), 0, &added);
	return added;
}

static const char *path_cstr(struct walk *walk) {
	*buf_reserve(&walk->path, 1) = '\0';
	return walk->path.ptr;
}

static enum err add_entry(void *ctx, struct str name, enum os_file_kind kind) {
	struct listing *listing = ctx;
	if (listing->count == listing->cap) {
		listing->cap = listing->cap * 2 + 64;
		listing->entries = reallocarray(listing->entries, listing->cap, sizeof(*listing->entries));
		ASSERT(listing->entries != NULL);
	}
	listing->entries[listing->count++] =
	    (struct entry){.name = arena_str(listing->arena, name), .kind = kind};
	return ERR_OK;
}

static int by_name(const void *a, const void *b) {
	return str_cmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static enum err walk_folder(struct walk *walk);

static bool is_own_folder(const struct reading *reading, const struct os_stat *st) {
	const struct os_stat *own = reading->options->own_folder;
	return own != NULL && st->device == own->device && st->inode == own->inode;
}

/* What path leads to, links followed. link: it was reached through one. */
static enum err walk_entry(struct walk *walk, bool link) {
	struct reading *reading = walk->reading;
	const char *path = path_cstr(walk);
	struct os_stat st;
	enum err err = reading->os->stat(reading->os->ctx, path, true, &st);
	if (err != ERR_OK) {
		reading_problem(reading, buf_str(&walk->path), UINT64_MAX, err, "%s: %s",
		                link ? "is a link that leads nowhere" : "cannot be looked at",
		                err_text(err));
		reading->totals->files_failed++;
		return ERR_OK;
	}
	if (st.kind == OS_FILE_FOLDER) {
		bool skip = link || is_own_folder(reading, &st) || !first_time(walk, &st);
		return skip ? ERR_OK : walk_folder(walk);
	}
	/* Sockets, FIFOs and devices inside a folder hold no log. */
	if (st.kind != OS_FILE_REGULAR || !first_time(walk, &st)) {
		return ERR_OK;
	}
	return file_take(reading, path);
}

static enum err walk_entries(struct walk *walk, const struct listing *listing) {
	size_t len = walk->path.len;
	for (size_t i = 0; i < listing->count; i++) {
		const struct entry *entry = &listing->entries[i];
		if (entry->kind == OS_FILE_OTHER || entry->kind == OS_FILE_FIFO) {
			continue;
		}
		if (len > 0 && walk->path.ptr[len - 1] != '/') {
			buf_append_char(&walk->path, '/');
		}
		buf_append_str(&walk->path, entry->name);
		enum err err = walk_entry(walk, entry->kind == OS_FILE_LINK);
		walk->path.len = len;
		TRY(err);
	}
	return ERR_OK;
}

static enum err walk_folder(struct walk *walk) {
	struct reading *reading = walk->reading;
	const struct os *os = reading->os;
	if (walk->depth >= LIMIT_FOLDER_DEPTH || walk->path.len >= LIMIT_PATH) {
		reading_problem(reading, buf_str(&walk->path), UINT64_MAX, ERR_LIMIT,
		                "lies deeper than %u folders: not read", LIMIT_FOLDER_DEPTH);
		reading->totals->files_failed++;
		return ERR_OK;
	}
	struct listing listing = {.arena = arena_new(SIZE_MAX)};
	enum err err = os->list(os->ctx, path_cstr(walk), add_entry, &listing);
	if (err != ERR_OK) {
		/* Reported; the names that could be had are read all the same. */
		reading_problem(reading, buf_str(&walk->path), UINT64_MAX, err,
		                "the folder cannot be read: %s", err_text(err));
		reading->totals->files_failed++;
	}
	if (listing.count > 0) {
		qsort(listing.entries, listing.count, sizeof(*listing.entries), by_name);
	}
	walk->depth++;
	err = walk_entries(walk, &listing);
	walk->depth--;
	free(listing.entries);
	arena_free(listing.arena);
	return err;
}

/* A FIFO that was named itself ("<(command)" of a shell). Without a writer it is empty. */
static enum err take_fifo(struct reading *reading, const char *path) {
	const struct os *os = reading->os;
	int fd;
	enum err err = os->open(os->ctx, path, OS_READ | OS_NON_BLOCKING, &fd);
	if (err != ERR_OK) {
		reading_problem(reading, str_from(path), UINT64_MAX, err, "cannot be opened: %s",
		                err_text(err));
		reading->totals->files_failed++;
		return ERR_OK;
	}
	err = stream_take(reading, fd, true, str_from(path));
	(void)os->close(os->ctx, fd); /* read only */
	return err;
}

enum err walk_take(struct reading *reading, const char *path) {
	struct walk walk = {.reading = reading, .seen = map_new()};
	struct os_stat st;
	enum err err = reading->os->stat(reading->os->ctx, path, true, &st);
	buf_append_str(&walk.path, str_from(path));
	if (err != ERR_OK) {
		reading_problem(reading, str_from(path), UINT64_MAX, err, "cannot be opened: %s",
		                err_text(err));
		reading->totals->files_failed++;
		err = ERR_OK;
	} else if (st.kind == OS_FILE_FOLDER && is_own_folder(reading, &st)) {
		reading_problem(reading, str_from(path), UINT64_MAX, ERR_UNSUPPORTED,
		                "is the store itself: not read");
	} else if (st.kind == OS_FILE_FOLDER || st.kind == OS_FILE_REGULAR) {
		err = walk_entry(&walk, false);
	} else if (st.kind == OS_FILE_FIFO) {
		err = take_fifo(reading, path);
	} else {
		err = file_take(reading, path); /* says that it is not a regular file */
	}
	map_free(walk.seen);
	buf_deinit(&walk.path);
	return err;
}
