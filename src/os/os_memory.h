/* A file system in memory that knows what a power cut would leave. A double of os_real() for tests.
 *
 * What is durable: bytes and size of a file after sync_data of it; names (created, renamed,
 * unlinked, made folders) after sync_folder of the folder that holds them; nothing else. A file
 * whose bytes are durable but whose name is not is lost. A rename between two folders is durable
 * when both were synced. Everything is deterministic: clock and randomness come from the seed.
 *
 * Misuse that the real system would punish later (a closed descriptor, a map beyond the end) is an
 * ASSERT here. One thread at a time.
 */
#pragma once

#include "base/buf.h"
#include "os/os.h"

struct os_memory;

struct os_memory *os_memory_new(uint64_t seed);
void os_memory_free(struct os_memory *memory); /* NULL is fine; maps must be gone */
void os_memory_freep(struct os_memory **memory);
/* The table; lives as long as the memory. Folder "/" is there; relative paths begin there too. */
const struct os *os_memory_os(struct os_memory *memory);

enum os_crash {
	OS_CRASH_FORGET, /* everything not synced is gone */
	OS_CRASH_KEEP,   /* the process was killed, the power stayed: everything is there, but what was
	                    not synced is not durable yet, and a later cut may still take it */
	OS_CRASH_SEEDED, /* of what was not synced, something survived: any sectors of 512 bytes, each
	                    as it was at some moment since the last sync, and any names */
	OS_CRASH_CHOSEN, /* of what was not synced, what the seed says as a mask: bit i for the i-th of
	                    os_memory_choices. What a skipped sync left doubtful does not survive. */
};

/* What is found after a stop at this moment, as a new file system with nothing open (and, but for
 * OS_CRASH_KEEP, nothing unsynced). The old one is left as it is, so that many can be tried. */
struct os_memory *os_memory_crash(const struct os_memory *memory, enum os_crash mode,
                                  uint64_t seed);

/* ---- every state that a cut may leave, one by one (os_memory_pick.c) ---- */

/* An unsynced operation: a write, a truncation or a name. */
struct os_unsynced {
	uint64_t order; /* of its making */
	bool is_name;
	bool is_truncate;
	uint32_t sectors; /* that a write touches */
};
/* What becomes of it. Of a name: it comes when size is set. A sector that comes is as it was after
 * this operation, with all earlier ones in it: a disk is given whole sectors. */
struct os_fate {
	bool size;        /* the size that the file had after it */
	uint64_t sectors; /* bit i: the i-th sector of a write (from the 64th on all are as bit 63) */
};
/* The unsynced operations in the order of their making, at most max; returns os_memory_pending. */
size_t os_memory_unsynced(const struct os_memory *memory, struct os_unsynced *out, size_t max);
/* What is found when each of ops, all that os_memory_unsynced gives, had its fate. As
 * os_memory_crash: a new file system, nothing open, nothing unsynced. */
struct os_memory *os_memory_pick(const struct os_memory *memory, const struct os_unsynced *ops,
                                 const struct os_fate *fates, size_t count);
/* A hash of all names and bytes as they look now: equal states have equal ones. */
uint64_t os_memory_digest(const struct os_memory *memory);

/* Number of unsynced operations. */
size_t os_memory_pending(const struct os_memory *memory);
/* Number of open descriptors and maps, to find leaks. */
size_t os_memory_open_count(const struct os_memory *memory);
/* Whether `hide` was called. */
bool os_memory_hidden(const struct os_memory *memory);
void os_memory_set_wall(struct os_memory *memory, int64_t wall_ns);
/* The next sync_data fails with ERR_IO, and as on Linux what it should have written is marked as
 * written: later syncs succeed without it. */
void os_memory_fail_next_sync(struct os_memory *memory);
/* The next sync_data or sync_folder says that all is well and does nothing: a barrier taken out.
 * What it would have made durable is doubtful until a later sync does that. */
void os_memory_skip_next_sync(struct os_memory *memory);
/* Number of doubtful operations: none left means that no cut can show that the sync was skipped. */
size_t os_memory_doubtful(const struct os_memory *memory);
/* Number of things about which OS_CRASH_CHOSEN has a choice: for each file, whether the sizes of
 * its doubtful writes come without their bytes, and whether the writes after them come; for each
 * unsynced name that is not doubtful, whether it comes. */
unsigned os_memory_choices(const struct os_memory *memory);
/* Changes the bytes of a file behind everybody's back, durably. ERR_NOT_FOUND. */
MUST_USE enum err os_memory_set(struct os_memory *memory, const char *path, struct str bytes);
/* Calls each(ctx, path) for every file, folders left out, in order of path parts as made. */
void os_memory_each_file(const struct os_memory *memory, void (*each)(void *ctx, const char *path),
                         void *ctx);
