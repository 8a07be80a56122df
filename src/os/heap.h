/* The heap of the process, for commands that live for a moment and fill much memory in it. */
#pragma once

#include <stddef.h>

/* Asks the kernel for large pages for the next `bytes` of the heap: clearing memory page by page,
 * as it is touched first, is a fifth of the time of a query that fills 50 MB. Before other threads
 * start, and with malloc's limit for pieces of their own (M_MMAP_THRESHOLD) above 2 MiB. Nothing
 * but time depends on it; where it cannot be had nothing changes. */
void heap_use_large_pages(size_t bytes);
/* Gives the kernel back what lies free between what is in use. What comes next may want pieces of
 * other sizes, which would not fit there: the heap would grow beside it. Takes milliseconds, and
 * what is used again is cleared again. */
void heap_give_back(void);
