/* Wraps any table and writes down every call: for seeing what a piece of code does to a disk, in
 * what order, and for trying a power cut at each of its steps.
 */
#pragma once

#include "os/os_wrap.h"

struct os_record;

/* watch (NULL is fine) is called before each call is made: the place to try a cut. */
struct os_record *os_record_new(const struct os *inner,
                                void (*watch)(void *ctx, const struct os_call *call), void *ctx);
void os_record_free(struct os_record *record); /* NULL is fine */
void os_record_freep(struct os_record **record);
const struct os *os_record_os(struct os_record *record);

/* Calls that were made, in order; their texts live as long as the record. */
size_t os_record_count(const struct os_record *record);
const struct os_call *os_record_call(const struct os_record *record, size_t i);
/* How many were of one of the kinds (a mask of OS_CALL_BIT). */
size_t os_record_count_of(const struct os_record *record, uint32_t kinds);
/* Forgets what was written down; numbers go on. */
void os_record_clear(struct os_record *record);
