/* Wraps any table and lets chosen calls go wrong, by count, so that a run can be repeated exactly.
 *
 * A rule counts the calls of its kinds (and path); at the nth it strikes, once or from then on.
 *   a full disk:       {.kinds = OS_CALL_BIT(OS_CALL_PWRITE), .nth = 3, .lasting = true,
 *                       .action = OS_FAULT_FAIL, .err = ERR_NO_SPACE}, ended by os_fault_release()
 *   a missing barrier: {.kinds = OS_CALL_BIT(OS_CALL_SYNC_DATA), .nth = 2, .action = OS_FAULT_SKIP}
 *   a crash:           {.kinds = OS_CALLS_CHANGING, .nth = 7, .action = OS_FAULT_CRASH}
 */
#pragma once

#include "os/os_wrap.h"

enum os_fault_action {
	OS_FAULT_FAIL,  /* returns err */
	OS_FAULT_SHORT, /* half of the bytes, then err (writes); half of them as if it were the end
	                   (reads) */
	OS_FAULT_SKIP,  /* says ERR_OK and does nothing: a barrier taken out */
	OS_FAULT_CRASH, /* this call and every later one fails with ERR_IO; nothing gets through but
	                   close, which only gives descriptors back */
};

struct os_fault_rule {
	uint32_t kinds;        /* mask of OS_CALL_BIT */
	const char *path_part; /* only where path (or to) has it; NULL: everywhere. Borrowed. */
	uint64_t nth;          /* 1: the first that matches; 0: never, only counted */
	bool lasting;          /* every match from the nth on, until released */
	enum os_fault_action action;
	enum err err; /* ERR_OK stands for ERR_IO */
};

struct os_fault;
enum { OS_FAULT_RULES = 8 };

struct os_fault *os_fault_new(const struct os *inner);
void os_fault_free(struct os_fault *fault); /* NULL is fine */
void os_fault_freep(struct os_fault **fault);
const struct os *os_fault_os(struct os_fault *fault);
/* Returns the rule's number. Of several that strike at one call the first decides. */
size_t os_fault_add(struct os_fault *fault, struct os_fault_rule rule);
/* Ends lasting rules (not a crash): the disk has room again. */
void os_fault_release(struct os_fault *fault);
/* Calls that matched the rule so far, and how often it struck. */
uint64_t os_fault_matches(const struct os_fault *fault, size_t rule);
uint64_t os_fault_strikes(const struct os_fault *fault, size_t rule);
