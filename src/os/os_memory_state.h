/* The insides of os_memory, shared by os_memory.c (the table), os_memory_cut.c and
 * os_memory_pick.c (power cuts).
 * Nobody else includes this.
 */
#pragma once

#include "os/os_memory.h"

enum { MEMORY_SECTOR = 512, MEMORY_ROOT = 0 };
#define MEMORY_MAGIC ((uint64_t)0x414b4d454d4f5259)
#define MEMORY_NO_OBJECT UINT32_MAX

struct memory_entry { /* a name in a folder */
	char *name;
	uint32_t object;
};

struct memory_folder {
	struct memory_entry *entries;
	size_t count;
};

struct memory_write { /* a write, or a truncation when bytes are none */
	bool is_truncate;
	bool doubtful;   /* a sync of it was skipped */
	uint64_t order;  /* of its making, among all operations */
	uint64_t offset; /* of a write; the new size of a truncation */
	struct buf bytes;
};

struct memory_object {
	bool is_folder;
	struct buf now, durable; /* of a file */
	struct memory_write *ops;
	size_t ops_count;
	struct memory_folder names_now, names_durable; /* of a folder */
	int64_t modified_ns;
	int locked_by; /* descriptor, or -1 */
};

/* Takes name `from` away (when it is object's) and puts name `to` to object; either may be absent.
 */
struct memory_name {
	uint32_t object;
	uint32_t from_folder, to_folder; /* MEMORY_NO_OBJECT: absent */
	char *from, *to;
	bool from_synced, to_synced;
	bool doubtful; /* a sync of it was skipped */
	uint64_t order;
};

struct memory_fd {
	bool used;
	bool is_folder;
	uint32_t object;
	unsigned flags;
	uint64_t position;
};

struct os_memory {
	uint64_t magic;
	struct os table;
	struct memory_object *objects;
	size_t objects_count;
	struct memory_name *name_ops;
	size_t name_ops_count;
	struct memory_fd *fds;
	size_t fds_count;
	size_t maps;
	uint64_t random_state;
	uint64_t operations; /* made so far */
	int64_t wall_ns, monotonic_ns;
	bool hidden; /* the table was told to hide the process */
	bool fail_next_sync, skip_next_sync;
};

/* A file system without even a root. */
struct os_memory *memory_empty(uint64_t seed);
/* splitmix64 */
uint64_t memory_next_random(uint64_t *state);
/* Puts the sectors of from whose moment it is into out, which is long enough. */
void memory_take_sectors(const struct buf *from, const size_t *moments, size_t sectors, size_t now,
                         struct buf *to);
void memory_copy_bytes(struct buf *to, const struct buf *from);
void memory_copy_folder(struct memory_folder *to, const struct memory_folder *from);
/* Applies an operation to the file's bytes. */
void memory_apply_write(const struct memory_write *op, struct buf *bytes);
/* Applies an operation to the folders among objects, as they are now or on the disk. */
void memory_apply_name(const struct memory_name *op, struct memory_object *objects, bool durable);
