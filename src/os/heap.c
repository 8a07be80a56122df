/* The heap grows by brk: it is made to grow once, and what is new is marked. Without memory of its
 * own: what is not touched takes none.
 */
#include "os/heap.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	LARGE_PAGE = 2 << 20,
	SMALL_PAGES = 2 << 20, /* of the heap's first bytes: who needs no more takes no more */
	PAD = 128 << 10,       /* as malloc has it by default */
};

void heap_use_large_pages(size_t bytes) {
	(void)mallopt(M_TOP_PAD, (int)bytes); /* a refused value changes nothing */
	char *first = malloc(LARGE_PAGE);
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)first + SMALL_PAGES + page - 1) / page * page;
	uintptr_t end = (uintptr_t)sbrk(0);
	if (first != NULL && from < end && end - from <= bytes + 2 * (size_t)LARGE_PAGE) {
		(void)madvise((void *)from, end - from, MADV_HUGEPAGE); /* only faster */
	}
	free(first);
	(void)mallopt(M_TOP_PAD, PAD);
}

void heap_give_back(void) {
	(void)malloc_trim(0); /* whether there was anything does not matter */
}
