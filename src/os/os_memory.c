/* See os_memory.h. Every object (file or folder) has two states: as it looks now, and as the disk
 * has it; between them stand the operations that were not synced. A cut (os_memory_cut.c) is made
 * of the second state and a choice among the operations.
 */
#include "os/os_memory_state.h"

#include <stdlib.h>

#include "base/limits.h"

enum { FD_FIRST = 3 };

/* ---- small things ---- */

static void *grow(void *array, size_t count, size_t size) {
	void *grown = reallocarray(array, count + 1, size);
	ASSERT(grown != NULL);
	return grown;
}

static char *copy_text(const char *text) {
	char *copy = text == NULL ? NULL : strdup(text);
	ASSERT(copy != NULL || text == NULL);
	return copy;
}

/* splitmix64 */
uint64_t memory_next_random(uint64_t *state) {
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static struct os_memory *from_ctx(void *ctx) {
	struct os_memory *memory = ctx;
	ASSERT(memory->magic == MEMORY_MAGIC);
	return memory;
}

void memory_copy_bytes(struct buf *to, const struct buf *from) {
	buf_clear(to);
	buf_append(to, from->ptr, from->len);
}

/* ---- folders ---- */

static struct memory_entry *folder_find(const struct memory_folder *folder, const char *name) {
	for (size_t i = 0; i < folder->count; i++) {
		if (strcmp(folder->entries[i].name, name) == 0) {
			return &folder->entries[i];
		}
	}
	return NULL;
}

static void folder_put(struct memory_folder *folder, const char *name, uint32_t object) {
	struct memory_entry *entry = folder_find(folder, name);
	if (entry == NULL) {
		folder->entries = grow(folder->entries, folder->count, sizeof(*folder->entries));
		entry = &folder->entries[folder->count++];
		entry->name = copy_text(name);
	}
	entry->object = object;
}

/* Removes name when it stands for object. */
static void folder_remove(struct memory_folder *folder, const char *name, uint32_t object) {
	struct memory_entry *entry = folder_find(folder, name);
	if (entry != NULL && entry->object == object) {
		free(entry->name);
		size_t behind = folder->count - (size_t)(entry - folder->entries) - 1;
		memmove(entry, entry + 1, behind * sizeof(*entry));
		folder->count--;
	}
}

static void folder_deinit(struct memory_folder *folder) {
	for (size_t i = 0; i < folder->count; i++) {
		free(folder->entries[i].name);
	}
	free(folder->entries);
	*folder = (struct memory_folder){0};
}

void memory_copy_folder(struct memory_folder *to, const struct memory_folder *from) {
	folder_deinit(to);
	for (size_t i = 0; i < from->count; i++) {
		folder_put(to, from->entries[i].name, from->entries[i].object);
	}
}

/* ---- objects and paths ---- */

static uint32_t object_new(struct os_memory *memory, bool is_folder) {
	memory->objects = grow(memory->objects, memory->objects_count, sizeof(*memory->objects));
	memory->objects[memory->objects_count] = (struct memory_object){
	    .is_folder = is_folder, .locked_by = -1, .modified_ns = memory->wall_ns};
	return (uint32_t)memory->objects_count++;
}

static void ops_clear(struct memory_object *object) {
	for (size_t i = 0; i < object->ops_count; i++) {
		buf_deinit(&object->ops[i].bytes);
	}
	free(object->ops);
	object->ops = NULL;
	object->ops_count = 0;
}

static void object_deinit(struct memory_object *object) {
	buf_deinit(&object->now);
	buf_deinit(&object->durable);
	ops_clear(object);
	folder_deinit(&object->names_now);
	folder_deinit(&object->names_durable);
}

/* Finds the folder that holds the last part of path, and that part (empty for the root itself). */
static enum err find_parent(const struct os_memory *memory, const char *path, uint32_t *out_folder,
                            char out_name[LIMIT_PATH]) {
	uint32_t at = MEMORY_ROOT;
	struct str rest = str_from(path);
	out_name[0] = '\0';
	while (rest.len > 0) {
		struct str part = str_cut(&rest, '/');
		if (part.len == 0 || str_eq(part, STR("."))) {
			continue;
		}
		if (out_name[0] != '\0') {
			const struct memory_entry *entry =
			    folder_find(&memory->objects[at].names_now, out_name);
			if (entry == NULL || !memory->objects[entry->object].is_folder) {
				return ERR_NOT_FOUND;
			}
			at = entry->object;
		}
		if (part.len >= LIMIT_PATH) {
			return ERR_LIMIT;
		}
		memcpy(out_name, part.ptr, part.len);
		out_name[part.len] = '\0';
	}
	*out_folder = at;
	return ERR_OK;
}

static enum err find_object(const struct os_memory *memory, const char *path,
                            uint32_t *out_object) {
	char name[LIMIT_PATH];
	uint32_t folder;
	TRY(find_parent(memory, path, &folder, name));
	if (name[0] == '\0') {
		*out_object = folder;
		return ERR_OK;
	}
	const struct memory_entry *entry = folder_find(&memory->objects[folder].names_now, name);
	if (entry == NULL) {
		return ERR_NOT_FOUND;
	}
	*out_object = entry->object;
	return ERR_OK;
}

static struct memory_fd *descriptor_of(struct os_memory *memory, int fd) {
	ASSERT(fd >= FD_FIRST && (size_t)(fd - FD_FIRST) < memory->fds_count);
	struct memory_fd *descriptor = &memory->fds[fd - FD_FIRST];
	ASSERT(descriptor->used);
	return descriptor;
}

static struct memory_object *object_of(struct os_memory *memory, int fd) {
	return &memory->objects[descriptor_of(memory, fd)->object];
}

/* ---- operations that are not durable yet ---- */

void memory_apply_name(const struct memory_name *op, struct memory_object *objects, bool durable) {
	if (op->from_folder != MEMORY_NO_OBJECT) {
		struct memory_object *from = &objects[op->from_folder];
		folder_remove(durable ? &from->names_durable : &from->names_now, op->from, op->object);
	}
	if (op->to_folder != MEMORY_NO_OBJECT) {
		struct memory_object *to = &objects[op->to_folder];
		folder_put(durable ? &to->names_durable : &to->names_now, op->to, op->object);
	}
}

/* Does it now, and remembers it until it is synced. Takes nothing over. */
static void add_name_op(struct os_memory *memory, struct memory_name op) {
	op.from = copy_text(op.from);
	op.to = copy_text(op.to);
	op.from_synced = op.from_folder == MEMORY_NO_OBJECT;
	op.to_synced = op.to_folder == MEMORY_NO_OBJECT;
	op.order = memory->operations++;
	memory_apply_name(&op, memory->objects, false);
	memory->name_ops = grow(memory->name_ops, memory->name_ops_count, sizeof(op));
	memory->name_ops[memory->name_ops_count++] = op;
}

static void name_op_deinit(struct memory_name *op) {
	free(op->from);
	free(op->to);
}

void memory_apply_write(const struct memory_write *op, struct buf *bytes) {
	size_t end = (size_t)op->offset + op->bytes.len;
	if (bytes->len < end) {
		size_t more = end - bytes->len;
		memset(buf_reserve(bytes, more), 0, more);
		bytes->len = end;
	}
	if (op->is_truncate) {
		bytes->len = end;
	} else if (op->bytes.len > 0) {
		memcpy(bytes->ptr + op->offset, op->bytes.ptr, op->bytes.len);
	}
}

static void add_file_op(struct os_memory *memory, struct memory_object *object,
                        struct memory_write op) {
	op.order = memory->operations++;
	memory_apply_write(&op, &object->now);
	object->modified_ns = memory->wall_ns;
	object->ops = grow(object->ops, object->ops_count, sizeof(op));
	object->ops[object->ops_count++] = op;
}

static enum err memory_sync_data(void *ctx, int fd) {
	struct os_memory *memory = from_ctx(ctx);
	struct memory_object *object = object_of(memory, fd);
	bool fails = memory->fail_next_sync;
	if (memory->skip_next_sync) {
		memory->skip_next_sync = false;
		for (size_t i = 0; i < object->ops_count; i++) {
			object->ops[i].doubtful = true;
		}
		return ERR_OK;
	}
	memory->fail_next_sync = false;
	for (size_t i = 0; i < object->ops_count && !fails; i++) {
		memory_apply_write(&object->ops[i], &object->durable);
	}
	ops_clear(object);
	return fails ? ERR_IO : ERR_OK;
}

static void doubt_names(struct os_memory *memory, uint32_t folder) {
	for (size_t i = 0; i < memory->name_ops_count; i++) {
		struct memory_name *op = &memory->name_ops[i];
		op->doubtful |= (op->from_folder == folder && !op->from_synced) ||
		                (op->to_folder == folder && !op->to_synced);
	}
}

static enum err memory_sync_folder(void *ctx, const char *path) {
	struct os_memory *memory = from_ctx(ctx);
	uint32_t folder;
	size_t kept = 0;
	TRY(find_object(memory, path, &folder));
	if (!memory->objects[folder].is_folder) {
		return ERR_NOT_FOUND;
	}
	if (memory->skip_next_sync) {
		memory->skip_next_sync = false;
		doubt_names(memory, folder);
		return ERR_OK;
	}
	for (size_t i = 0; i < memory->name_ops_count; i++) {
		struct memory_name *op = &memory->name_ops[i];
		op->from_synced |= op->from_folder == folder;
		op->to_synced |= op->to_folder == folder;
		if (op->from_synced && op->to_synced) {
			memory_apply_name(op, memory->objects, true);
			name_op_deinit(op);
		} else {
			memory->name_ops[kept++] = *op;
		}
	}
	memory->name_ops_count = kept;
	return ERR_OK;
}

/* ---- the table ---- */

static int descriptor_new(struct os_memory *memory, uint32_t object, unsigned flags) {
	size_t i = 0;
	while (i < memory->fds_count && memory->fds[i].used) {
		i++;
	}
	if (i == memory->fds_count) {
		memory->fds = grow(memory->fds, memory->fds_count, sizeof(*memory->fds));
		memory->fds_count++;
	}
	memory->fds[i] = (struct memory_fd){.used = true, .object = object, .flags = flags};
	return (int)i + FD_FIRST;
}

static enum err open_missing(struct os_memory *memory, uint32_t folder, char *name, unsigned flags,
                             uint32_t *out_object) {
	if ((flags & OS_CREATE) == 0) {
		return ERR_NOT_FOUND;
	}
	uint32_t object = object_new(memory, false);
	add_name_op(memory, (struct memory_name){.object = object,
	                                         .from_folder = MEMORY_NO_OBJECT,
	                                         .to_folder = folder,
	                                         .to = name});
	*out_object = object;
	return ERR_OK;
}

static enum err memory_open(void *ctx, const char *path, unsigned flags, int *out_fd) {
	struct os_memory *memory = from_ctx(ctx);
	char name[LIMIT_PATH];
	uint32_t folder;
	uint32_t object = MEMORY_ROOT;
	TRY(find_parent(memory, path, &folder, name));
	const struct memory_entry *entry = folder_find(&memory->objects[folder].names_now, name);
	if (entry != NULL) {
		object = entry->object;
		if ((flags & OS_CREATE) != 0 && (flags & OS_EXCLUSIVE) != 0) {
			return ERR_EXISTS;
		}
	} else if (name[0] != '\0') {
		TRY(open_missing(memory, folder, name, flags, &object));
	}
	if (memory->objects[object].is_folder && (flags & (OS_WRITE | OS_CREATE)) != 0) {
		return ERR_IO; /* EISDIR */
	}
	if ((flags & OS_TRUNCATE) != 0 && memory->objects[object].now.len > 0) {
		add_file_op(memory, &memory->objects[object], (struct memory_write){.is_truncate = true});
	}
	*out_fd = descriptor_new(memory, object, flags);
	return ERR_OK;
}

static enum err memory_close(void *ctx, int fd) {
	struct os_memory *memory = from_ctx(ctx);
	struct memory_object *object = object_of(memory, fd);
	if (object->locked_by == fd) {
		object->locked_by = -1;
	}
	descriptor_of(memory, fd)->used = false;
	return ERR_OK;
}

static enum err memory_pread(void *ctx, int fd, void *buffer, size_t len, uint64_t offset,
                             size_t *out_len) {
	struct os_memory *memory = from_ctx(ctx);
	const struct memory_object *object = object_of(memory, fd);
	if (object->is_folder) {
		return ERR_IO;
	}
	size_t from = offset < object->now.len ? (size_t)offset : object->now.len;
	size_t got = MIN_OF(len, object->now.len - from);
	if (got > 0) {
		memcpy(buffer, object->now.ptr + from, got);
	}
	*out_len = got;
	return ERR_OK;
}

static enum err memory_read(void *ctx, int fd, void *buffer, size_t len, size_t *out_len) {
	struct memory_fd *descriptor = descriptor_of(from_ctx(ctx), fd);
	TRY(memory_pread(ctx, fd, buffer, len, descriptor->position, out_len));
	descriptor->position += *out_len;
	return ERR_OK;
}

static enum err memory_wait_read(void *ctx, int fd, int timeout_ms, bool *out_ready) {
	(void)descriptor_of(from_ctx(ctx), fd);
	(void)timeout_ms;
	*out_ready = true;
	return ERR_OK;
}

static enum err memory_pwrite(void *ctx, int fd, const void *bytes, size_t len, uint64_t offset) {
	struct os_memory *memory = from_ctx(ctx);
	struct memory_write op = {.offset = offset};
	ASSERT((descriptor_of(memory, fd)->flags & OS_WRITE) != 0);
	ASSERT(offset <= SIZE_MAX / 4 && len <= SIZE_MAX / 4);
	if (len > 0) {
		buf_append(&op.bytes, bytes, len);
		add_file_op(memory, object_of(memory, fd), op);
	}
	return ERR_OK;
}

static enum err memory_truncate(void *ctx, int fd, uint64_t size) {
	struct os_memory *memory = from_ctx(ctx);
	ASSERT((descriptor_of(memory, fd)->flags & OS_WRITE) != 0);
	ASSERT(size <= SIZE_MAX / 4);
	add_file_op(memory, object_of(memory, fd),
	            (struct memory_write){.is_truncate = true, .offset = size});
	return ERR_OK;
}

static void fill_stat(const struct os_memory *memory, uint32_t object, struct os_stat *out) {
	const struct memory_object *found = &memory->objects[object];
	*out = (struct os_stat){.kind = found->is_folder ? OS_FILE_FOLDER : OS_FILE_REGULAR,
	                        .size = found->now.len,
	                        .device = 1,
	                        .inode = object + 1,
	                        .modified_ns = found->modified_ns,
	                        .mode = found->is_folder ? 0700 : 0600};
}

static enum err memory_fstat(void *ctx, int fd, struct os_stat *out_stat) {
	struct os_memory *memory = from_ctx(ctx);
	fill_stat(memory, descriptor_of(memory, fd)->object, out_stat);
	return ERR_OK;
}

static enum err memory_stat(void *ctx, const char *path, bool follow, struct os_stat *out_stat) {
	struct os_memory *memory = from_ctx(ctx);
	uint32_t object;
	(void)follow; /* there are no links */
	TRY(find_object(memory, path, &object));
	fill_stat(memory, object, out_stat);
	return ERR_OK;
}

static enum err memory_rename(void *ctx, const char *from, const char *to) {
	struct os_memory *memory = from_ctx(ctx);
	char from_name[LIMIT_PATH];
	char to_name[LIMIT_PATH];
	uint32_t object;
	uint32_t from_folder;
	uint32_t to_folder;
	TRY(find_object(memory, from, &object));
	TRY(find_parent(memory, from, &from_folder, from_name));
	TRY(find_parent(memory, to, &to_folder, to_name));
	const struct memory_entry *there = folder_find(&memory->objects[to_folder].names_now, to_name);
	if (there != NULL && memory->objects[there->object].is_folder) {
		return ERR_EXISTS;
	}
	if (there == NULL || there->object != object) {
		add_name_op(memory, (struct memory_name){.object = object,
		                                         .from_folder = from_folder,
		                                         .from = from_name,
		                                         .to_folder = to_folder,
		                                         .to = to_name});
	}
	return ERR_OK;
}

static enum err memory_unlink(void *ctx, const char *path) {
	struct os_memory *memory = from_ctx(ctx);
	char name[LIMIT_PATH];
	uint32_t folder;
	uint32_t object;
	TRY(find_object(memory, path, &object));
	TRY(find_parent(memory, path, &folder, name));
	if (memory->objects[object].is_folder) {
		return ERR_IO; /* EISDIR */
	}
	add_name_op(memory, (struct memory_name){.object = object,
	                                         .from_folder = folder,
	                                         .from = name,
	                                         .to_folder = MEMORY_NO_OBJECT});
	return ERR_OK;
}

static enum err memory_make_folder(void *ctx, const char *path) {
	struct os_memory *memory = from_ctx(ctx);
	char name[LIMIT_PATH];
	uint32_t folder;
	TRY(find_parent(memory, path, &folder, name));
	if (name[0] == '\0' || folder_find(&memory->objects[folder].names_now, name) != NULL) {
		return ERR_EXISTS;
	}
	uint32_t object = object_new(memory, true);
	add_name_op(memory, (struct memory_name){.object = object,
	                                         .from_folder = MEMORY_NO_OBJECT,
	                                         .to_folder = folder,
	                                         .to = name});
	return ERR_OK;
}

static enum err memory_list(void *ctx, const char *path, os_list_f each, void *list_ctx) {
	struct os_memory *memory = from_ctx(ctx);
	struct memory_folder names = {0}; /* as they were: each may change the folder */
	uint32_t folder;
	enum err err = ERR_OK;
	TRY(find_object(memory, path, &folder));
	if (!memory->objects[folder].is_folder) {
		return ERR_NOT_FOUND;
	}
	memory_copy_folder(&names, &memory->objects[folder].names_now);
	for (size_t i = 0; i < names.count && err == ERR_OK; i++) {
		bool is_folder = memory->objects[names.entries[i].object].is_folder;
		err = each(list_ctx, str_from(names.entries[i].name),
		           is_folder ? OS_FILE_FOLDER : OS_FILE_REGULAR);
	}
	folder_deinit(&names);
	return err;
}

static enum err memory_lock(void *ctx, int fd) {
	struct memory_object *object = object_of(from_ctx(ctx), fd);
	if (object->locked_by >= 0 && object->locked_by != fd) {
		return ERR_LOCKED;
	}
	object->locked_by = fd;
	return ERR_OK;
}

/* A copy of exactly len bytes, so that ASan sees every step beyond. */
static enum err memory_map(void *ctx, int fd, size_t len, const char **out_bytes) {
	struct os_memory *memory = from_ctx(ctx);
	const struct memory_object *object = object_of(memory, fd);
	ASSERT(len > 0 && len <= object->now.len);
	char *bytes = malloc(len);
	ASSERT(bytes != NULL);
	memcpy(bytes, object->now.ptr, len);
	memory->maps++;
	*out_bytes = bytes;
	return ERR_OK;
}

static void memory_unmap(void *ctx, const char *bytes, size_t len) {
	struct os_memory *memory = from_ctx(ctx);
	(void)len;
	ASSERT(memory->maps > 0);
	memory->maps--;
	free((void *)(uintptr_t)bytes);
}

static void memory_forget(void *ctx, const char *bytes, size_t len) {
	(void)ctx;
	(void)bytes;
	(void)len;
}

static int64_t memory_wall_ns(void *ctx) {
	struct os_memory *memory = from_ctx(ctx);
	return memory->wall_ns += 1000;
}

static int64_t memory_monotonic_ns(void *ctx) {
	struct os_memory *memory = from_ctx(ctx);
	return memory->monotonic_ns += 1000;
}

/* Nobody waits: the clocks go on. */
static void memory_sleep(void *ctx, int64_t ns) {
	struct os_memory *memory = from_ctx(ctx);
	memory->wall_ns += ns;
	memory->monotonic_ns += ns;
}

static void memory_hide(void *ctx) {
	from_ctx(ctx)->hidden = true;
}

bool os_memory_hidden(const struct os_memory *memory) {
	return memory->hidden;
}

static enum err memory_random(void *ctx, void *bytes, size_t len) {
	struct os_memory *memory = from_ctx(ctx);
	uint8_t *out = bytes;
	for (size_t i = 0; i < len; i++) {
		out[i] = (uint8_t)memory_next_random(&memory->random_state);
	}
	return ERR_OK;
}

static const struct os memory_table = {
    .open = memory_open,
    .close = memory_close,
    .read = memory_read,
    .pread = memory_pread,
    .wait_read = memory_wait_read,
    .read_some = memory_read,
    .pwrite = memory_pwrite,
    .truncate = memory_truncate,
    .sync_data = memory_sync_data,
    .sync_folder = memory_sync_folder,
    .fstat = memory_fstat,
    .stat = memory_stat,
    .rename = memory_rename,
    .unlink = memory_unlink,
    .make_folder = memory_make_folder,
    .list = memory_list,
    .lock = memory_lock,
    .map = memory_map,
    .unmap = memory_unmap,
    .forget = memory_forget,
    .wall_ns = memory_wall_ns,
    .monotonic_ns = memory_monotonic_ns,
    .random = memory_random,
    .sleep = memory_sleep,
    .hide = memory_hide,
};

/* ---- making and freeing ---- */

struct os_memory *memory_empty(uint64_t seed) {
	struct os_memory *memory = calloc(1, sizeof(*memory));
	ASSERT(memory != NULL);
	memory->magic = MEMORY_MAGIC;
	memory->table = memory_table;
	memory->table.ctx = memory;
	memory->random_state = seed;
	memory->wall_ns = (int64_t)1795305600 * 1000000000; /* 2026-11-22T00:00:00Z */
	return memory;
}

struct os_memory *os_memory_new(uint64_t seed) {
	struct os_memory *memory = memory_empty(seed);
	ASSERT(object_new(memory, true) == MEMORY_ROOT);
	return memory;
}

void os_memory_free(struct os_memory *memory) {
	if (memory == NULL) {
		return;
	}
	ASSERT(memory->maps == 0);
	for (size_t i = 0; i < memory->objects_count; i++) {
		object_deinit(&memory->objects[i]);
	}
	for (size_t i = 0; i < memory->name_ops_count; i++) {
		name_op_deinit(&memory->name_ops[i]);
	}
	free(memory->objects);
	free(memory->name_ops);
	free(memory->fds);
	free(memory);
}

void os_memory_freep(struct os_memory **memory) {
	os_memory_free(*memory);
	*memory = NULL;
}

const struct os *os_memory_os(struct os_memory *memory) {
	return &memory->table;
}

/* ---- looking in from outside ---- */

size_t os_memory_pending(const struct os_memory *memory) {
	size_t pending = memory->name_ops_count;
	for (size_t i = 0; i < memory->objects_count; i++) {
		pending += memory->objects[i].ops_count;
	}
	return pending;
}

size_t os_memory_open_count(const struct os_memory *memory) {
	size_t count = memory->maps;
	for (size_t i = 0; i < memory->fds_count; i++) {
		count += memory->fds[i].used;
	}
	return count;
}

void os_memory_set_wall(struct os_memory *memory, int64_t wall_ns) {
	memory->wall_ns = wall_ns;
}

void os_memory_fail_next_sync(struct os_memory *memory) {
	memory->fail_next_sync = true;
}

void os_memory_skip_next_sync(struct os_memory *memory) {
	memory->skip_next_sync = true;
}

size_t os_memory_doubtful(const struct os_memory *memory) {
	size_t doubtful = 0;
	for (size_t i = 0; i < memory->name_ops_count; i++) {
		doubtful += memory->name_ops[i].doubtful;
	}
	for (size_t i = 0; i < memory->objects_count; i++) {
		for (size_t op = 0; op < memory->objects[i].ops_count; op++) {
			doubtful += memory->objects[i].ops[op].doubtful;
		}
	}
	return doubtful;
}

enum err os_memory_set(struct os_memory *memory, const char *path, struct str bytes) {
	uint32_t object;
	TRY(find_object(memory, path, &object));
	struct memory_object *file = &memory->objects[object];
	ASSERT(!file->is_folder);
	ops_clear(file);
	buf_clear(&file->now);
	buf_append_str(&file->now, bytes);
	memory_copy_bytes(&file->durable, &file->now);
	return ERR_OK;
}

static void each_in(const struct os_memory *memory, uint32_t folder, struct str path,
                    void (*each)(void *ctx, const char *path), void *ctx) {
	const struct memory_folder *names = &memory->objects[folder].names_now;
	for (size_t i = 0; i < names->count; i++) {
		char child[LIMIT_PATH];
		int len = snprintf(child, sizeof(child), "%.*s/%s", STR_ARG(path), names->entries[i].name);
		ASSERT(len > 0 && (size_t)len < sizeof(child));
		if (memory->objects[names->entries[i].object].is_folder) {
			each_in(memory, names->entries[i].object, str_from(child), each, ctx);
		} else {
			each(ctx, child);
		}
	}
}

void os_memory_each_file(const struct os_memory *memory, void (*each)(void *ctx, const char *path),
                         void *ctx) {
	each_in(memory, MEMORY_ROOT, STR(""), each, ctx);
}
