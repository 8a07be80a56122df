/* A pack of rules from any bytes. The first byte says what the rest is: an archive, a folder, or
 * one file. Of a folder the rest is its entries, parted by bytes of 1: name, line feed, text; a
 * name that begins with '@' is a symbolic link to what its text names in the same folder. Whatever
 * it is: only names that are safe come out of it, each once, and nothing beyond the limits.
 */
#include "cmd/packs.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/sha256.h"
#include "cmd/inputs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ENTRIES_MAX = 64 };

static char folder[64]; /* of this process */

static void remove_folder(void) {
	char command[128];
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	bool gone = system(command) == 0;
	(void)gone; /* what stays in /tmp harms nobody */
}

/* Problems are told on standard error, thousands a second; the fuzzer has its own way out. */
static void begin(void) {
	if (folder[0] == '\0') {
		snprintf(folder, sizeof(folder), "/tmp/akashi-packs-fuzz-XXXXXX");
		ASSERT(mkdtemp(folder) != NULL);
		(void)atexit(remove_folder);
		FILE *nowhere = fopen("/dev/null", "w");
		ASSERT(nowhere != NULL);
		stderr = nowhere;
	}
}

static void write_file(const char *path, struct str bytes) {
	FILE *file = fopen(path, "wb");
	if (file != NULL) { /* some names cannot be */
		(void)fwrite(bytes.ptr, 1, bytes.len, file);
		(void)fclose(file);
	}
}

/* One entry below base; nothing is made outside of it. */
static void make_entry(const char *base, struct str name, struct str text) {
	char path[400];
	char target[200];
	snprintf(path, sizeof(path), "%s", base);
	while (name.len > 0) {
		struct str part = str_cut(&name, '/');
		size_t len = strlen(path);
		bool bad = part.len == 0 || part.len > 120 || str_eq(part, STR(".")) ||
		           str_eq(part, STR("..")) || str_find_char(part, '\0', 0) < part.len;
		if (bad || len + part.len + 2 > sizeof(path)) {
			return;
		}
		snprintf(path + len, sizeof(path) - len, "/%.*s", STR_ARG(part));
		if (name.len > 0) {
			(void)mkdir(path, 0700); /* it may be there */
		} else if (part.ptr[0] == '@') {
			bool inside = text.len > 0 && str_find_char(text, '/', 0) == text.len;
			snprintf(target, sizeof(target), "%.*s", (int)MIN_OF(text.len, (size_t)100), text.ptr);
			(void)(inside && symlink(target, path) == 0); /* there already: it stays */
		} else {
			write_file(path, text);
		}
	}
}

static void make_folder(const char *base, struct str entries) {
	(void)mkdir(base, 0700);
	for (unsigned i = 0; i < ENTRIES_MAX && entries.len > 0; i++) {
		struct str text = str_cut(&entries, 1);
		struct str name = str_cut(&text, '\n');
		make_entry(base, name, text);
	}
}

static void check(const struct pack *pack) {
	uint64_t bytes = 0;
	ASSERT(pack->count <= LIMIT_PACK_FILES && pack->bytes <= LIMIT_PACK_BYTES);
	ASSERT(pack_is_version(str_from(pack->version)) && strlen(pack->hash) == 64);
	for (size_t i = 0; i < pack->count; i++) {
		const struct pack_file *file = &pack->files[i];
		struct str path = file->path;
		uint8_t hash[SHA256_SIZE];
		ASSERT(i == 0 || str_cmp(file[-1].path, path) < 0);
		ASSERT(path.len > 0 && path.ptr[0] != '/' && path.ptr[path.len - 1] != '/');
		while (path.len > 0) {
			ASSERT(pack_safe_name(str_cut(&path, '/')));
		}
		sha256(file->text.ptr, file->text.len, hash);
		ASSERT(memcmp(hash, file->hash, sizeof(hash)) == 0);
		ASSERT(file->text.len <= LIMIT_RULES_FILE);
		bytes += file->text.len;
	}
	ASSERT(bytes <= pack->bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static const char *const names[] = {"p.zip", "p", "p.yml"};
	struct pack pack = {0};
	struct diag diag = {0};
	char path[100];
	if (size == 0) {
		return 0;
	}
	begin();
	snprintf(path, sizeof(path), "%s/%s", folder, names[data[0] % 3]);
	struct str rest = str_make((const char *)data + 1, size - 1);
	if (data[0] % 3 == 1) {
		make_folder(path, rest);
	} else {
		write_file(path, rest);
	}
	enum err err = pack_read(&pack, path, &diag);
	err = err == ERR_OK ? pack_close(&pack, &diag) : err;
	if (err == ERR_OK) {
		check(&pack);
	} else {
		ASSERT(diag.message[0] != '\0');
	}
	pack_deinit(&pack);
	if (data[0] % 3 == 1) {
		remove_folder();
		ASSERT(mkdir(folder, 0700) == 0);
	}
	return 0;
}
