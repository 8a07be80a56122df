/* Files of the cache: rules-KEY, the first half of the key in hex. They are written under another
 * name and renamed, not synced: what a power cut leaves fails its checksum. A file or folder that
 * another user owns, or could have written, is not looked at.
 */
#include "cmd/rules_cache.h"

#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sha256.h"
#include "os/os.h"

#define PREFIX "rules-"
#define TEMPORARY ".tmp"
enum {
	NAME_BYTES = 16,                 /* of the key, in a file's name */
	FILES_MAX = 16,                  /* that are kept */
	FILE_BYTES_MAX = (int)256 << 20, /* more is neither written nor read */
	TEMPORARY_SECONDS = 3600,        /* older ones were left by a process that is gone */
	WRITABLE_BY_OTHERS = 0022,
};

/* ---- the key ---- */

struct builds {
	struct buf ids;   /* length and bytes of each */
	uint32_t unknown; /* without a build id */
};

/* The GNU build id in a segment of notes: name, length and bytes. */
static bool add_build_id(struct builds *builds, const char *at, size_t len) {
	while (len >= sizeof(ElfW(Nhdr))) {
		ElfW(Nhdr) note;
		memcpy(&note, at, sizeof(note));
		size_t name = ((size_t)note.n_namesz + 3) & ~(size_t)3;
		size_t body = ((size_t)note.n_descsz + 3) & ~(size_t)3;
		size_t all = sizeof(note) + name + body;
		if (name > len || body > len || all > len) {
			return false;
		}
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && note.n_descsz > 0 &&
		    memcmp(at + sizeof(note), "GNU", 4) == 0) {
			buf_append(&builds->ids, &note.n_descsz, sizeof(note.n_descsz));
			buf_append(&builds->ids, at + sizeof(note) + name, note.n_descsz);
			return true;
		}
		at += all;
		len -= all;
	}
	return false;
}

static int add_object(struct dl_phdr_info *info, size_t size, void *ctx) {
	struct builds *builds = ctx;
	bool found = false;
	(void)size; /* of info: the first members are always there */
	for (size_t i = 0; i < info->dlpi_phnum && !found; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];
		if (part->p_type == PT_NOTE) {
			union {
				uintptr_t number;
				const char *at;
			} notes = {.number = info->dlpi_addr + part->p_vaddr};
			found = add_build_id(builds, notes.at, part->p_memsz);
		}
	}
	builds->unknown += !found;
	return 0;
}

static void add_number(struct sha256 *sha, uint64_t number) {
	uint8_t bytes[8];
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (uint8_t)(number >> 8 * i);
	}
	sha256_update(sha, bytes, sizeof(bytes));
}

static void add_text(struct sha256 *sha, struct str text) {
	add_number(sha, text.len);
	sha256_update(sha, text.ptr, text.len);
}

bool rules_cache_key(const struct rules_text *texts, size_t texts_count, bool mapped,
                     uint8_t out_key[DETECTOR_KEY_SIZE]) {
	struct builds builds = {0};
	struct sha256 sha;
	_Static_assert((int)DETECTOR_KEY_SIZE == (int)SHA256_SIZE, "the key is a hash");
	(void)dl_iterate_phdr(add_object, &builds); /* what the callback returns */
	sha256_init(&sha);
	sha256_update(&sha, builds.ids.ptr, builds.ids.len);
	buf_deinit(&builds.ids);
	add_number(&sha, mapped);
	add_number(&sha, texts_count);
	for (size_t i = 0; i < texts_count; i++) {
		add_number(&sha, texts[i].part);
		add_text(&sha, texts[i].path);
		add_text(&sha, texts[i].text);
	}
	sha256_digest(&sha, out_key);
	return builds.unknown == 0;
}

/* ---- folder and files ---- */

/* Appends the folder that caches of all programs are in; false: the user has none. */
static bool append_base(struct buf *out) {
	const char *cache = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	if (cache != NULL && cache[0] == '/') { /* others are to be ignored, says the specification */
		buf_append_str(out, str_from(cache));
		return true;
	}
	if (home != NULL && home[0] == '/') {
		buf_printf(out, "%s/.cache", home);
		return true;
	}
	return false;
}

static const char *c_string(struct buf *path) {
	*buf_reserve(path, 1) = '\0';
	return path->ptr;
}

/* struct os does not tell who owns a file: nothing else here needs to know. */
static bool is_ours(const struct stat *st) {
	return st->st_uid == geteuid() && (st->st_mode & WRITABLE_BY_OTHERS) == 0;
}

/* True also when it is there, whatever it is. */
static bool make_folder(const char *path) {
	const struct os *os = os_real();
	enum err err = os->make_folder(os->ctx, path);
	return err == ERR_OK || err == ERR_EXISTS;
}

/* What cannot be removed stays, and only takes room. */
static void drop_file(const char *path) {
	const struct os *os = os_real();
	enum err err = os->unlink(os->ctx, path);
	(void)err;
}

/* Appends our folder when it is there, or could be made, and only we may write to it. */
static bool append_folder(struct buf *out, bool make) {
	struct stat st;
	if (!append_base(out)) {
		return false;
	}
	if (make && !make_folder(c_string(out))) {
		return false;
	}
	buf_append_str(out, STR("/akashi"));
	if (make && !make_folder(c_string(out))) {
		return false;
	}
	return lstat(c_string(out), &st) == 0 && S_ISDIR(st.st_mode) && is_ours(&st);
}

static void append_name(struct buf *out, const uint8_t key[DETECTOR_KEY_SIZE]) {
	buf_append_str(out, STR("/" PREFIX));
	buf_append_hex(out, key, NAME_BYTES);
}

static bool read_file(const char *path, struct buf *out) {
	const struct os *os = os_real();
	struct stat st;
	size_t got = 0;
	int fd;
	if (os->open(os->ctx, path, OS_READ | OS_NO_FOLLOW | OS_NON_BLOCKING, &fd) != ERR_OK) {
		return false;
	}
	bool ok =
	    fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && is_ours(&st) && st.st_size <= FILE_BYTES_MAX;
	if (ok) {
		size_t size = (size_t)st.st_size;
		ok = os->read(os->ctx, fd, buf_reserve(out, size), size, &got) == ERR_OK && got == size;
		out->len = got;
		(void)futimens(fd, NULL); /* those used last are kept; else one more is made anew */
	}
	(void)os->close(os->ctx, fd); /* read only */
	return ok;
}

bool rules_cache_load(const uint8_t key[DETECTOR_KEY_SIZE], struct sigma_set **out_set,
                      struct detector **out_detector) {
	CLEANUP(buf_deinit) struct buf path = {0};
	CLEANUP(buf_deinit) struct buf bytes = {0};
	if (!append_folder(&path, false)) {
		return false;
	}
	append_name(&path, key);
	return read_file(c_string(&path), &bytes) &&
	       detector_load(buf_str(&bytes), key, out_set, out_detector) == ERR_OK;
}

/* ---- writing ---- */

static bool write_file(const char *path, struct str bytes) {
	const struct os *os = os_real();
	int fd;
	if (os->open(os->ctx, path, OS_WRITE | OS_CREATE | OS_EXCLUSIVE | OS_NO_FOLLOW, &fd) !=
	    ERR_OK) {
		return false;
	}
	bool ok = os->pwrite(os->ctx, fd, bytes.ptr, bytes.len, 0) == ERR_OK;
	return os->close(os->ctx, fd) == ERR_OK && ok;
}

struct file {
	struct str name;
	int64_t modified_ns;
};

struct folder {
	const struct os *os;
	struct arena *arena;
	struct str path;
	struct buf files; /* struct file */
};

static const char *path_in(const struct folder *folder, struct str name) {
	return arena_cstr(folder->arena, arena_printf(folder->arena, "%.*s/%.*s", STR_ARG(folder->path),
	                                              STR_ARG(name)));
}

static enum err add_file(void *ctx, struct str name, enum os_file_kind kind) {
	struct folder *folder = ctx;
	const struct os *os = folder->os;
	struct os_stat st;
	if (kind != OS_FILE_REGULAR || !str_starts(name, STR(PREFIX)) ||
	    os->stat(os->ctx, path_in(folder, name), false, &st) != ERR_OK) {
		return ERR_OK;
	}
	struct file file = {arena_str(folder->arena, name), st.modified_ns};
	if (!str_ends(name, STR(TEMPORARY))) {
		buf_append(&folder->files, &file, sizeof(file));
	} else if (os->wall_ns(os->ctx) - st.modified_ns > TEMPORARY_SECONDS * (int64_t)1000000000) {
		drop_file(path_in(folder, name));
	}
	return ERR_OK;
}

static int newest_first(const void *a, const void *b) {
	const struct file *x = a;
	const struct file *y = b;
	return x->modified_ns != y->modified_ns ? (x->modified_ns > y->modified_ns ? -1 : 1)
	                                        : str_cmp(x->name, y->name);
}

static void remove_oldest(struct str path) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct folder folder = {.os = os_real(), .arena = arena, .path = path};
	const char *name = arena_cstr(arena, path);
	enum err err = folder.os->list(folder.os->ctx, name, add_file, &folder);
	(void)err; /* what was seen is enough */
	struct file *files = (struct file *)(void *)folder.files.ptr;
	size_t count = folder.files.len / sizeof(*files);
	if (count > FILES_MAX) {
		qsort(files, count, sizeof(*files), newest_first);
	}
	for (size_t i = FILES_MAX; i < count; i++) {
		drop_file(path_in(&folder, files[i].name));
	}
	buf_deinit(&folder.files);
}

void rules_cache_save(const uint8_t key[DETECTOR_KEY_SIZE], const struct detector *detector) {
	CLEANUP(buf_deinit) struct buf path = {0};
	CLEANUP(buf_deinit) struct buf temporary = {0};
	CLEANUP(buf_deinit) struct buf bytes = {0};
	const struct os *os = os_real();
	uint8_t random[8];
	if (!append_folder(&path, true) || os->random(os->ctx, random, sizeof(random)) != ERR_OK) {
		return;
	}
	size_t folder_len = path.len;
	append_name(&path, key);
	buf_append_str(&temporary, buf_str(&path));
	buf_append_char(&temporary, '.');
	buf_append_hex(&temporary, random, sizeof(random));
	buf_append_str(&temporary, STR(TEMPORARY));
	detector_save(detector, key, &bytes);
	if (bytes.len > FILE_BYTES_MAX) {
		return;
	}
	if (!write_file(c_string(&temporary), buf_str(&bytes)) ||
	    os->rename(os->ctx, c_string(&temporary), c_string(&path)) != ERR_OK) {
		drop_file(c_string(&temporary));
		return;
	}
	remove_oldest(str_slice(buf_str(&path), 0, folder_len));
}
