/* The heap after it was made to grow. */
#include "os/heap.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

enum { BYTES = 16 << 20 };

/* Bytes of the parts of memory that are marked. */
static size_t marked_bytes(void) {
	FILE *maps = fopen("/proc/self/smaps", "re");
	char line[512];
	size_t size_kib = 0;
	size_t bytes = 0;
	while (maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
		(void)sscanf(line, "Size: %zu kB", &size_kib);
		if (strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " hg") != NULL) {
			bytes += size_kib << 10;
		}
	}
	if (maps != NULL) {
		(void)fclose(maps); /* was only read */
	}
	return bytes;
}

/* Whether malloc takes its memory from the heap: that of a sanitizer does not. */
static bool is_of_heap(void) {
	char *bytes = malloc(1000);
	uintptr_t end = (uintptr_t)sbrk(0);
	bool is = (uintptr_t)bytes < end && end - (uintptr_t)bytes < (uintptr_t)1 << 30;
	free(bytes);
	return is;
}

TEST(so_much_of_it_is_marked_where_the_kernel_can) {
	bool can = is_of_heap() && access("/sys/kernel/mm/transparent_hugepage/enabled", R_OK) == 0;
	CHECK(mallopt(M_MMAP_THRESHOLD, BYTES) == 1 || !can);
	size_t before = marked_bytes();
	heap_use_large_pages(BYTES);
	size_t more = marked_bytes() - before;
	CHECK(can ? more + (8 << 20) >= BYTES && more <= BYTES + (8 << 20) : more == 0);
}

TEST(memory_can_be_had_and_given_back_as_before) {
	enum { COUNT = 64, SIZE = 100000 };
	char *blocks[COUNT];
	heap_use_large_pages(BYTES);
	for (size_t i = 0; i < COUNT; i++) {
		blocks[i] = malloc(SIZE + i);
		REQUIRE(blocks[i] != NULL);
		memset(blocks[i], (int)i, SIZE + i);
	}
	for (size_t i = 0; i < COUNT; i++) {
		CHECK_EQ(blocks[i][0], (char)i);
		CHECK_EQ(blocks[i][SIZE + i - 1], (char)i);
		free(blocks[i]);
	}
}

/* Pages of the process that are in memory. */
static size_t resident_pages(void) {
	FILE *statm = fopen("/proc/self/statm", "re");
	char line[256];
	size_t resident = 0;
	if (statm != NULL && fgets(line, sizeof(line), statm) != NULL) {
		(void)sscanf(line, "%*u %zu", &resident); /* else 0 */
	}
	if (statm != NULL) {
		(void)fclose(statm); /* was only read */
	}
	return resident;
}

TEST(what_is_free_between_what_is_used_goes_back) {
	enum { COUNT = 200, SIZE = 100000, PAGE = 4096 };
	char *blocks[COUNT];
	for (size_t i = 0; i < COUNT; i++) {
		blocks[i] = malloc(SIZE);
		REQUIRE(blocks[i] != NULL);
		memset(blocks[i], (int)i, SIZE);
	}
	for (size_t i = 0; i < COUNT; i += 2) {
		free(blocks[i]);
	}
	size_t before = resident_pages();
	heap_give_back();
	size_t after = resident_pages();
	CHECK(!is_of_heap() || before - after >= COUNT / 2 * (SIZE / PAGE - 2) / 2);
	for (size_t i = 1; i < COUNT; i += 2) {
		CHECK_EQ(blocks[i][SIZE - 1], (char)i);
		free(blocks[i]);
	}
}
