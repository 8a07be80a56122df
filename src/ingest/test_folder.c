/* See test_folder.h.
 */
#include "ingest/test_folder.h"

#include <ftw.h>
#include <sys/stat.h>

struct test_folder test_folder_new(void) {
	struct test_folder folder;
	const char *tmp = getenv("TMPDIR");
	int len = snprintf(folder.path, sizeof(folder.path), "%.40s/akashi-in-XXXXXX",
	                   tmp != NULL && strlen(tmp) <= 40 ? tmp : "/tmp");
	ASSERT(len > 0);
	ASSERT(mkdtemp(folder.path) != NULL);
	return folder;
}

const char *test_folder_path(const struct test_folder *folder, const char *name, char out[256]) {
	(void)snprintf(out, 256, "%s/%s", folder->path, name);
	return out;
}

void test_folder_write(const struct test_folder *folder, const char *name, struct str bytes) {
	char path[256];
	(void)test_folder_path(folder, name, path);
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0700); /* there already, or fopen below says it */
		*slash = '/';
	}
	FILE *f = fopen(path, "wb");
	ASSERT(f != NULL);
	ASSERT(bytes.len == 0 || fwrite(bytes.ptr, 1, bytes.len, f) == bytes.len);
	ASSERT(fclose(f) == 0);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw) {
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

void test_folder_remove(const struct test_folder *folder) {
	(void)nftw(folder->path, remove_one, 16, FTW_DEPTH | FTW_PHYS); /* best effort */
}
