/* main() for fuzz targets in a normal build: runs each file of the corpus folder once and prints
 * TAP. An empty input is always tried.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool replay(const char *path, int number, const char *name) {
	FILE *f = fopen(path, "rb");
	if (f == NULL) {
		printf("not ok %d - %s cannot be opened\n", number, name);
		return false;
	}
	fseek(f, 0, SEEK_END);
	long size = ftell(f);
	fseek(f, 0, SEEK_SET);
	uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
	size_t got = fread(data, 1, (size_t)size, f);
	fclose(f);
	(void)LLVMFuzzerTestOneInput(data, got);
	free(data);
	printf("ok %d - %s\n", number, name);
	return true;
}

/* Runs every file of a folder after number others; how many these are then. */
static int replay_folder(const char *folder, int number, bool *out_failed) {
	DIR *dir = opendir(folder);
	int first = number;
	struct dirent *entry;
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char path[4096];
		if (entry->d_name[0] != '.') {
			snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
			*out_failed |= !replay(path, ++number, entry->d_name);
		}
	}
	if (dir != NULL) {
		closedir(dir);
	}
	if (number == first) {
		printf("not ok %d - corpus %s is missing or empty\n", ++number, folder);
		*out_failed = true;
	}
	return number;
}

int main(int argc, char **argv) {
	int number = 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n");
	(void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	printf("ok %d - empty input\n", number);
	bool failed = false;
	for (int i = 1; i < argc; i++) {
		number = replay_folder(argv[i], number, &failed);
	}
	printf("1..%d\n", number);
	return failed;
}
