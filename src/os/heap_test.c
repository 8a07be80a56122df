/* The heap after it was made to grow. */
#include "os/heap.h"

#include <malloc.h>
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

/* ASan has a heap of its own. */
TEST(so_much_of_it_is_marked_where_the_kernel_can) {
#if !defined(__SANITIZE_ADDRESS__)
	CHECK(mallopt(M_MMAP_THRESHOLD, BYTES) == 1);
	size_t before = marked_bytes();
	heap_use_large_pages(BYTES);
	size_t more = marked_bytes() - before;
	bool can = access("/sys/kernel/mm/transparent_hugepage/enabled", R_OK) == 0;
	CHECK(can ? more >= BYTES && more <= BYTES + (8 << 20) : more == 0);
#else
	CHECK_EQ(marked_bytes(), 0);
#endif
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
