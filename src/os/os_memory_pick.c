/* A power cut whose outcome the caller picks, operation by operation and sector by sector, so that
 * all of them can be tried.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "os/os_memory_state.h"

/* ---- what can be picked ---- */

static int compare_order(const void *a, const void *b) {
	const struct os_unsynced *left = a;
	const struct os_unsynced *right = b;
	return (left->order > right->order) - (left->order < right->order);
}

static uint32_t sectors_of(const struct memory_write *op) {
	uint64_t end = op->offset + op->bytes.len;
	return op->is_truncate
	           ? 0
	           : (uint32_t)((end + MEMORY_SECTOR - 1) / MEMORY_SECTOR - op->offset / MEMORY_SECTOR);
}

size_t os_memory_unsynced(const struct os_memory *memory, struct os_unsynced *out, size_t max) {
	size_t count = os_memory_pending(memory);
	size_t at = 0;
	struct os_unsynced *all = calloc(count + 1, sizeof(*all));
	ASSERT(all != NULL);
	for (size_t i = 0; i < memory->objects_count; i++) {
		const struct memory_object *object = &memory->objects[i];
		for (size_t op = 0; op < object->ops_count; op++) {
			all[at++] = (struct os_unsynced){.order = object->ops[op].order,
			                                 .is_truncate = object->ops[op].is_truncate,
			                                 .sectors = sectors_of(&object->ops[op])};
		}
	}
	for (size_t i = 0; i < memory->name_ops_count; i++) {
		all[at++] = (struct os_unsynced){.order = memory->name_ops[i].order, .is_name = true};
	}
	qsort(all, count, sizeof(*all), compare_order);
	memcpy(out, all, MIN_OF(count, max) * sizeof(*out));
	free(all);
	return count;
}

/* ---- picking ---- */

struct picking {
	const struct os_unsynced *ops;
	const struct os_fate *fates;
	size_t count;
};

static struct os_fate fate_of(const struct picking *picking, uint64_t order) {
	struct os_unsynced key = {.order = order};
	const struct os_unsynced *found =
	    bsearch(&key, picking->ops, picking->count, sizeof(key), compare_order);
	ASSERT(found != NULL);
	return picking->fates[found - picking->ops];
}

/* The number (from 1) of the last operation of the file that came to each of its sectors, and to
 * its size. */
static size_t find_moments(const struct picking *picking, const struct memory_object *object,
                           size_t *moments, size_t sectors) {
	size_t size_moment = 0;
	for (size_t i = 0; i < object->ops_count; i++) {
		const struct memory_write *op = &object->ops[i];
		struct os_fate fate = fate_of(picking, op->order);
		size_t first = (size_t)op->offset / MEMORY_SECTOR;
		size_t count = op->is_truncate ? sectors - MIN_OF(first, sectors) : sectors_of(op);
		size_moment = fate.size ? i + 1 : size_moment;
		for (size_t s = 0; s < count; s++) {
			bool comes =
			    op->is_truncate ? fate.size : (fate.sectors >> MIN_OF(s, (size_t)63) & 1) != 0;
			moments[first + s] = comes ? i + 1 : moments[first + s];
		}
	}
	return size_moment;
}

static void pick_file(const struct picking *picking, const struct memory_object *object,
                      struct buf *out) {
	struct buf replay CLEANUP(buf_deinit) = {0};
	size_t longest = object->durable.len;
	memory_copy_bytes(&replay, &object->durable);
	for (size_t i = 0; i < object->ops_count; i++) {
		memory_apply_write(&object->ops[i], &replay);
		longest = MAX_OF(longest, replay.len);
	}
	size_t sectors = longest / MEMORY_SECTOR + 1;
	size_t *moments = calloc(sectors, sizeof(*moments));
	ASSERT(moments != NULL);
	size_t size_moment = find_moments(picking, object, moments, sectors);
	size_t size = object->durable.len;
	memset(buf_reserve(out, longest + 1), 0, longest);
	memory_copy_bytes(&replay, &object->durable);
	memory_take_sectors(&replay, moments, sectors, 0, out);
	for (size_t i = 0; i < object->ops_count; i++) {
		memory_apply_write(&object->ops[i], &replay);
		memory_take_sectors(&replay, moments, sectors, i + 1, out);
		size = i + 1 == size_moment ? replay.len : size;
	}
	out->len = size;
	free(moments);
}

/* Objects that no name leads to, nor could, are left empty. */
static bool *find_named(const struct os_memory *memory) {
	bool *named = calloc(memory->objects_count, sizeof(*named));
	ASSERT(named != NULL);
	for (size_t i = 0; i < memory->objects_count; i++) {
		const struct memory_folder *names = &memory->objects[i].names_durable;
		for (size_t entry = 0; entry < names->count; entry++) {
			named[names->entries[entry].object] = true;
		}
	}
	for (size_t i = 0; i < memory->name_ops_count; i++) {
		named[memory->name_ops[i].object] = true;
	}
	return named;
}

static void pick_object(const struct picking *picking, const struct memory_object *object,
                        struct memory_object *out) {
	if (object->ops_count > 0) {
		pick_file(picking, object, &out->durable);
	} else {
		memory_copy_bytes(&out->durable, &object->durable);
	}
	memory_copy_bytes(&out->now, &out->durable);
}

static void pick_names(const struct picking *picking, const struct os_memory *memory,
                       struct memory_object *out) {
	for (size_t i = 0; i < memory->name_ops_count; i++) { /* in the order of their making */
		if (fate_of(picking, memory->name_ops[i].order).size) {
			memory_apply_name(&memory->name_ops[i], out, true);
		}
	}
}

struct os_memory *os_memory_pick(const struct os_memory *memory, const struct os_unsynced *ops,
                                 const struct os_fate *fates, size_t count) {
	struct picking picking = {.ops = ops, .fates = fates, .count = count};
	struct os_memory *after = memory_empty(memory->random_state);
	bool *named = find_named(memory);
	ASSERT(count == os_memory_pending(memory));
	after->wall_ns = memory->wall_ns + 1000000000;
	after->operations = memory->operations;
	after->objects_count = memory->objects_count;
	after->objects = calloc(memory->objects_count, sizeof(*after->objects));
	ASSERT(after->objects != NULL);
	for (size_t i = 0; i < memory->objects_count; i++) {
		const struct memory_object *object = &memory->objects[i];
		after->objects[i] = (struct memory_object){
		    .is_folder = object->is_folder, .locked_by = -1, .modified_ns = object->modified_ns};
		if (object->is_folder) {
			memory_copy_folder(&after->objects[i].names_durable, &object->names_durable);
		} else if (named[i]) {
			pick_object(&picking, object, &after->objects[i]);
		}
	}
	free(named);
	pick_names(&picking, memory, after->objects);
	for (size_t i = 0; i < after->objects_count; i++) {
		memory_copy_folder(&after->objects[i].names_now, &after->objects[i].names_durable);
	}
	return after;
}

/* ---- telling states apart ---- */

/* A sum over the names of a folder, so that their order does not matter. */
static uint64_t digest_folder(const struct os_memory *memory, uint32_t folder, uint64_t seed) {
	const struct memory_folder *names = &memory->objects[folder].names_now;
	uint64_t sum = seed;
	for (size_t i = 0; i < names->count; i++) {
		const struct memory_object *object = &memory->objects[names->entries[i].object];
		const char *name = names->entries[i].name;
		uint64_t at = hash64_seeded(name, strlen(name), seed);
		sum += object->is_folder ? digest_folder(memory, names->entries[i].object, at ^ 1)
		                         : hash64_seeded(object->now.ptr, object->now.len, at);
	}
	return hash64_seeded(&sum, sizeof(sum), seed);
}

uint64_t os_memory_digest(const struct os_memory *memory) {
	return digest_folder(memory, MEMORY_ROOT, 0);
}
