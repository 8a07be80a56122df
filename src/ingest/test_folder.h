/* Folders of test files under TMPDIR: made, filled and removed by tests. */
#pragma once

#include "base/buf.h"

struct test_folder {
	char path[64];
};

struct test_folder test_folder_new(void);
/* Writes path/name, with the folders on the way. */
void test_folder_write(const struct test_folder *folder, const char *name, struct str bytes);
/* The full path of name; valid until the next call with the same buffer. */
const char *test_folder_path(const struct test_folder *folder, const char *name, char out[256]);
void test_folder_remove(const struct test_folder *folder);
