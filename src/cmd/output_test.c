#include "cmd/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

/* The file of that name in the folder for tests, whose content is compared and removed. */
static bool holds(const char *path, const char *wanted) {
	char bytes[256] = {0};
	FILE *file = fopen(path, "rb");
	size_t len = file != NULL ? fread(bytes, 1, sizeof(bytes) - 1, file) : 0;
	if (file != NULL) {
		(void)fclose(file);
	}
	(void)unlink(path);
	return len == strlen(wanted) && memcmp(bytes, wanted, len) == 0;
}

TEST(a_file_gets_the_bytes_as_they_are) {
	char path[] = "/tmp/akashi-output-XXXXXX";
	struct output *output = NULL;
	struct diag diag = {0};
	int fd = mkstemp(path);
	CHECK(fd >= 0 && close(fd) == 0);
	CHECK(output_open(path, &output, &diag) == ERR_OK);
	CHECK(output_write(output, "a\033[1m\n", 6) == ERR_OK);
	CHECK(output_close(output, &diag) == ERR_OK);
	CHECK(output_append(path, &output, &diag) == ERR_OK);
	CHECK(output_write(output, "b", 1) == ERR_OK);
	CHECK(output_close(output, &diag) == ERR_OK);
	CHECK(holds(path, "a\033[1m\nb"));
}

TEST(what_was_not_written_to_its_end_is_said_to_be_not_whole) {
	char path[] = "/tmp/akashi-output-XXXXXX";
	struct output *output = NULL;
	struct diag diag = {0};
	int fd = mkstemp(path);
	CHECK(fd >= 0 && close(fd) == 0);
	CHECK(output_open(path, &output, &diag) == ERR_OK);
	CHECK(output_fail(output, ERR_NO_SPACE, &diag) == ERR_NO_SPACE);
	CHECK_STR(str_from(diag.message), "cannot write the output: no space left");
	CHECK(str_ends(str_from(diag.hint), STR(" is not whole")));
	CHECK(holds(path, ""));
}

TEST(a_file_that_cannot_be_opened_is_named) {
	struct output *output = NULL;
	struct diag diag = {0};
	CHECK(output_open("/nowhere/at/all", &output, &diag) == ERR_NOT_FOUND);
	CHECK_STR(str_from(diag.message), "cannot write /nowhere/at/all: No such file or directory");
}
