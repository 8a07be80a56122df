/* Rules from files and folders. */
#include "base/limits.h"
#include "cmd/console.h"
#include "cmd/packs.h"
#include "cmd/rules.h"
#include "render/record.h"

struct reader {
	rules_take_f take;
	void *ctx;
	struct buf path; /* NUL behind */
	struct buf text;
	uint32_t depth;
	uint64_t files, failed;
};

struct name {
	struct str text;
	enum os_file_kind kind;
};

struct names {
	struct arena *arena;
	struct name *items;
	size_t count, cap;
};

static void complain(struct reader *reader, const char *what) {
	struct buf line = {0};
	render_safe(&line, buf_str(&reader->path));
	console_note("%.*s: %s", STR_ARG(buf_str(&line)), what);
	buf_deinit(&line);
	reader->failed++;
}

static enum err add_name(void *ctx, struct str name, enum os_file_kind kind) {
	struct names *names = ctx;
	if (names->count == names->cap) {
		names->cap = names->cap * 2 + 64;
		names->items = reallocarray(names->items, names->cap, sizeof(*names->items));
		ASSERT(names->items != NULL);
	}
	names->items[names->count++] = (struct name){arena_str(names->arena, name), kind};
	return ERR_OK;
}

static int by_name(const void *a, const void *b) {
	return str_cmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

static const char *path_of(struct reader *reader) {
	*buf_reserve(&reader->path, 1) = '\0';
	return reader->path.ptr;
}

/* The caller's wish is looked at while nothing comes. */
static enum err read_all(int fd, size_t max, struct buf *out) {
	enum { PIECE = 1 << 16, WAIT_MS = 200 };
	const struct os *os = os_real();
	for (size_t got = 1; got > 0;) {
		bool ready = false;
		while (!ready) {
			TRY(console_interrupted() ? ERR_CANCELED : ERR_OK);
			TRY(os->wait_read(os->ctx, fd, WAIT_MS, &ready));
		}
		TRY(os->read_some(os->ctx, fd, buf_reserve(out, PIECE), PIECE, &got));
		out->len += got;
		if (out->len > max) {
			return ERR_LIMIT;
		}
	}
	return ERR_OK;
}

enum err rules_read_text(const char *path, size_t max, struct buf *out) {
	const struct os *os = os_real();
	int fd;
	if (strcmp(path, "-") == 0) {
		return read_all(0, max, out);
	}
	TRY(os->open(os->ctx, path, OS_READ | OS_NON_BLOCKING, &fd));
	enum err err = read_all(fd, max, out);
	(void)os->close(os->ctx, fd); /* read only */
	return err;
}

static void read_file(struct reader *reader) {
	_Static_assert(LIMIT_RULES_FILE == (size_t)16 << 20, "the message says so");
	buf_clear(&reader->text);
	enum err err = rules_read_text(path_of(reader), LIMIT_RULES_FILE, &reader->text);
	if (err != ERR_OK) {
		complain(reader, err == ERR_LIMIT ? "larger than 16 MiB" : err_text(err));
	} else {
		reader->files++;
		reader->take(reader->ctx, buf_str(&reader->path), buf_str(&reader->text));
	}
}

static bool is_rule_file(struct str name) {
	return str_ends(name, STR(".yml")) || str_ends(name, STR(".yaml"));
}

static void read_folder(struct reader *reader);

/* Folders that links lead to are passed over, so that no circle is walked; so are devices, sockets
 * and FIFOs. */
static void read_entry(struct reader *reader, const struct name *name) {
	const struct os *os = os_real();
	struct os_stat st = {.kind = name->kind};
	bool is_rule = is_rule_file(name->text);
	if (name->kind == OS_FILE_FOLDER) {
		read_folder(reader);
	} else if (is_rule && name->kind == OS_FILE_LINK &&
	           os->stat(os->ctx, path_of(reader), true, &st) != ERR_OK) {
		complain(reader, "leads nowhere");
	} else if (is_rule && st.kind == OS_FILE_REGULAR) {
		read_file(reader);
	}
}

static void read_entries(struct reader *reader) {
	const struct os *os = os_real();
	struct names names = {.arena = arena_new(SIZE_MAX)};
	size_t len = reader->path.len;
	if (os->list(os->ctx, path_of(reader), add_name, &names) != ERR_OK) {
		complain(reader, "the folder cannot be read");
	}
	if (names.count > 0) {
		qsort(names.items, names.count, sizeof(*names.items), by_name);
	}
	for (size_t i = 0; i < names.count; i++) {
		if (len > 0 && reader->path.ptr[len - 1] != '/') {
			buf_append_char(&reader->path, '/');
		}
		buf_append_str(&reader->path, names.items[i].text);
		read_entry(reader, &names.items[i]);
		reader->path.len = len;
	}
	free(names.items);
	arena_free(names.arena);
}

/* Of a pack the version that holds, alone. */
static void read_folder(struct reader *reader) {
	size_t len = reader->path.len;
	char version[17];
	if (reader->depth == LIMIT_FOLDER_DEPTH) {
		complain(reader, "lies too deep: not read");
		return;
	}
	if (pack_current(path_of(reader), version) != ERR_OK) {
		complain(reader, "which version of the pack holds cannot be read");
		return;
	}
	if (strcmp(version, PACK_NONE) == 0) {
		return;
	}
	buf_printf(&reader->path, "%s%s", version[0] != '\0' ? "/" : "", version);
	reader->depth++;
	read_entries(reader);
	reader->depth--;
	reader->path.len = len;
}

void rules_read(rules_take_f take, void *ctx, const char *const *paths, size_t paths_count,
                uint64_t *out_files, uint64_t *out_failed) {
	const struct os *os = os_real();
	struct reader reader = {.take = take, .ctx = ctx};
	for (size_t i = 0; i < paths_count; i++) {
		struct os_stat st;
		buf_clear(&reader.path);
		buf_append_str(&reader.path, str_from(paths[i]));
		if (strcmp(paths[i], "-") == 0) {
			read_file(&reader);
		} else if (os->stat(os->ctx, paths[i], true, &st) != ERR_OK) {
			complain(&reader, "is not there, or cannot be looked at");
		} else if (st.kind == OS_FILE_FOLDER) {
			read_folder(&reader);
		} else {
			read_file(&reader);
		}
	}
	buf_deinit(&reader.path);
	buf_deinit(&reader.text);
	*out_files = reader.files;
	*out_failed = reader.failed;
}
