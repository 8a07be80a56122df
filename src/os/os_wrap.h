/* Stands between a user and any table of calls: each call is described to one function, which lets
 * it pass, fails it, leaves it out, or cuts it short, and is told how it ended. os_record and
 * os_fault are made of it. unmap, forget, the clocks, sleep and hide pass untouched.
 */
#pragma once

#include "os/os.h"

enum os_call_kind {
	OS_CALL_OPEN,
	OS_CALL_CLOSE,
	OS_CALL_READ, /* and read_some */
	OS_CALL_PREAD,
	OS_CALL_WAIT_READ,
	OS_CALL_PWRITE,
	OS_CALL_TRUNCATE,
	OS_CALL_SYNC_DATA,
	OS_CALL_SYNC_FOLDER,
	OS_CALL_STAT, /* and fstat */
	OS_CALL_RENAME,
	OS_CALL_UNLINK,
	OS_CALL_MAKE_FOLDER,
	OS_CALL_LIST,
	OS_CALL_LOCK,
	OS_CALL_MAP,
	OS_CALL_RANDOM,
	OS_CALL_COUNT,
};
#define OS_CALL_BIT(kind) ((uint32_t)1 << (kind))
/* Calls that change what a disk holds, or make it durable; every other only looks. */
#define OS_CALLS_CHANGING                                                                      \
	(OS_CALL_BIT(OS_CALL_OPEN) | OS_CALL_BIT(OS_CALL_PWRITE) | OS_CALL_BIT(OS_CALL_TRUNCATE) | \
	 OS_CALL_BIT(OS_CALL_SYNC_DATA) | OS_CALL_BIT(OS_CALL_SYNC_FOLDER) |                       \
	 OS_CALL_BIT(OS_CALL_RENAME) | OS_CALL_BIT(OS_CALL_UNLINK) | OS_CALL_BIT(OS_CALL_MAKE_FOLDER))

struct os_call {
	enum os_call_kind kind;
	uint64_t number;  /* 1, 2, 3... over all calls of this table */
	const char *path; /* of the call, or the one that fd was opened with */
	const char *to;   /* of rename; else NULL */
	int fd;           /* -1 where there is none */
	unsigned flags;   /* of open */
	uint64_t offset;  /* of pread and pwrite; the new size of truncate */
	size_t len;
	enum err err; /* in `after`: how it ended */
};

struct os_verdict {
	enum {
		OS_PASS,
		OS_FAIL,  /* returns err; the inner table is not called */
		OS_SKIP,  /* returns ERR_OK; the inner table is not called: for syncs and the like */
		OS_SHORT, /* half of the bytes: a write then returns err, a read looks like the end */
	} action;
	enum err err;
};

struct os_wrap; /* from os_wrap_new; freed by os_wrap_free */

struct os_wrap_hooks {
	void *ctx;
	struct os_verdict (*before)(void *ctx, const struct os_call *call); /* NULL: all pass */
	void (*after)(void *ctx, const struct os_call *call);               /* NULL is fine */
};

struct os_wrap *os_wrap_new(const struct os *inner, struct os_wrap_hooks hooks);
void os_wrap_free(struct os_wrap *wrap); /* NULL is fine */
const struct os *os_wrap_os(struct os_wrap *wrap);
/* "pwrite", "sync_data"... */
const char *os_call_name(enum os_call_kind kind);
/* Appends one line about the call: number, name, path, and what else it has. */
struct buf;
void os_call_format(const struct os_call *call, struct buf *out);
