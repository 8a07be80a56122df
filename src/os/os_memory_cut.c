/* What a power cut leaves: the durable state, and a choice among the operations after it. */
#include "os/os_memory_state.h"

#include <stdlib.h>

/* How the sectors of one file choose their moment. */
enum sector_choice { SECTORS_TOGETHER, SECTORS_NONE_OR_ALL, SECTORS_FREE, SECTOR_CHOICES };

static size_t choose_moment(enum sector_choice choice, size_t ops, size_t together,
                            uint64_t *random) {
	switch (choice) {
	case SECTORS_TOGETHER:
		return together;
	case SECTORS_NONE_OR_ALL:
		return memory_next_random(random) % 2 == 0 ? 0 : ops;
	case SECTORS_FREE:
	case SECTOR_CHOICES:
		break;
	}
	return memory_next_random(random) % (ops + 1);
}

void memory_take_sectors(const struct buf *from, const size_t *moments, size_t sectors, size_t now,
                         struct buf *to) {
	for (size_t s = 0; s < sectors; s++) {
		size_t start = s * MEMORY_SECTOR;
		if (moments[s] == now && start < from->len) {
			memcpy(to->ptr + start, from->ptr + start,
			       MIN_OF((size_t)MEMORY_SECTOR, from->len - start));
		}
	}
}

/* The file after a cut: each sector as it was after some number of the unsynced operations, the
 * size likewise. Where a size grew but the sector did not come, zeros or what the disk held. */
static void survive_file(const struct memory_object *object, uint64_t *random, struct buf *out) {
	struct buf replay CLEANUP(buf_deinit) = {0};
	size_t ops = object->ops_count;
	size_t longest = object->durable.len;
	memory_copy_bytes(&replay, &object->durable);
	for (size_t i = 0; i < ops; i++) {
		memory_apply_write(&object->ops[i], &replay);
		longest = MAX_OF(longest, replay.len);
	}
	size_t sectors = longest / MEMORY_SECTOR + 1;
	size_t *moments = calloc(sectors, sizeof(*moments));
	ASSERT(moments != NULL);
	enum sector_choice choice = (enum sector_choice)(memory_next_random(random) % SECTOR_CHOICES);
	size_t together = memory_next_random(random) % (ops + 1);
	size_t size_moment = choose_moment(choice, ops, together, random);
	int filler = memory_next_random(random) % 2 == 0 ? 0 : 0x6b;
	for (size_t s = 0; s < sectors; s++) {
		moments[s] = choose_moment(choice, ops, together, random);
	}
	memset(buf_reserve(out, longest + 1), choice == SECTORS_TOGETHER ? 0 : filler, longest);
	size_t size = object->durable.len;
	memory_copy_bytes(&replay, &object->durable);
	memory_take_sectors(&replay, moments, sectors, 0, out);
	for (size_t i = 0; i < ops; i++) {
		memory_apply_write(&object->ops[i], &replay);
		memory_take_sectors(&replay, moments, sectors, i + 1, out);
		size = i + 1 == size_moment ? replay.len : size;
	}
	out->len = size;
	free(moments);
}

/* ---- a choice that a mask makes ---- */

static void count_doubtful(const struct memory_object *object, size_t *out_doubtful,
                           size_t *out_others) {
	*out_doubtful = *out_others = 0;
	for (size_t i = 0; i < object->ops_count; i++) {
		*(object->ops[i].doubtful ? out_doubtful : out_others) += 1;
	}
}

unsigned os_memory_choices(const struct os_memory *memory) {
	unsigned choices = 0;
	for (size_t i = 0; i < memory->objects_count; i++) {
		size_t doubtful;
		size_t others;
		count_doubtful(&memory->objects[i], &doubtful, &others);
		choices += (unsigned)(doubtful > 0) + (unsigned)(others > 0);
	}
	for (size_t i = 0; i < memory->name_ops_count; i++) {
		choices += memory->name_ops[i].doubtful ? 0 : 1;
	}
	return choices;
}

static bool next_bit(uint64_t *mask) {
	bool bit = (*mask & 1) != 0;
	*mask >>= 1;
	return bit;
}

/* A write of which only the size came: zeros where there was nothing. */
static void apply_size(const struct memory_write *op, struct buf *bytes) {
	size_t end = (size_t)op->offset + op->bytes.len;
	if (bytes->len < end) {
		size_t more = end - bytes->len;
		memset(buf_reserve(bytes, more), 0, more);
		bytes->len = end;
	}
}

static void choose_file(const struct memory_object *object, uint64_t *mask, struct buf *out) {
	size_t doubtful;
	size_t others;
	count_doubtful(object, &doubtful, &others);
	bool sizes = doubtful > 0 && next_bit(mask);
	bool writes = others > 0 && next_bit(mask);
	memory_copy_bytes(out, &object->durable);
	for (size_t i = 0; i < object->ops_count; i++) {
		const struct memory_write *op = &object->ops[i];
		if (op->doubtful && sizes) {
			apply_size(op, out);
		} else if (!op->doubtful && writes) {
			memory_apply_write(op, out);
		}
	}
}

static void choose_names(const struct os_memory *memory, uint64_t *mask,
                         struct memory_object *out) {
	for (size_t i = 0; i < memory->name_ops_count; i++) {
		const struct memory_name *op = &memory->name_ops[i];
		if (!op->doubtful && next_bit(mask)) {
			memory_apply_name(op, out, true);
		}
	}
}

/* A killed process: nothing is lost, and nothing becomes durable by it either. */
static void keep_object(const struct memory_object *object, struct memory_object *out) {
	memory_copy_bytes(&out->durable, &object->durable);
	memory_copy_bytes(&out->now, &object->now);
	memory_copy_folder(&out->names_durable, &object->names_durable);
	memory_copy_folder(&out->names_now, &object->names_now);
	out->ops_count = object->ops_count;
	out->ops = calloc(object->ops_count + 1, sizeof(*out->ops));
	ASSERT(out->ops != NULL);
	for (size_t i = 0; i < object->ops_count; i++) {
		out->ops[i] = object->ops[i];
		out->ops[i].bytes = (struct buf){0};
		memory_copy_bytes(&out->ops[i].bytes, &object->ops[i].bytes);
	}
}

static void cut_object(const struct memory_object *object, enum os_crash mode, uint64_t *random,
                       struct memory_object *out) {
	if (mode == OS_CRASH_SEEDED && object->ops_count > 0) {
		survive_file(object, random, &out->durable);
	} else if (mode == OS_CRASH_CHOSEN && object->ops_count > 0) {
		choose_file(object, random, &out->durable);
	} else {
		memory_copy_bytes(&out->durable, &object->durable);
	}
	memory_copy_bytes(&out->now, &out->durable);
	memory_copy_folder(&out->names_durable, &object->names_durable);
}

/* Names: either the journal's order held (a prefix of the operations), or any of them survived. */
static void survive_names(const struct os_memory *memory, uint64_t *random,
                          struct memory_object *out) {
	bool in_order = memory_next_random(random) % 2 == 0;
	size_t prefix = memory_next_random(random) % (memory->name_ops_count + 1);
	for (size_t i = 0; i < memory->name_ops_count; i++) {
		if (in_order ? i < prefix : memory_next_random(random) % 2 == 0) {
			memory_apply_name(&memory->name_ops[i], out, true);
		}
	}
}

static char *copy_text(const char *text) {
	char *copy = text == NULL ? NULL : strdup(text);
	ASSERT(copy != NULL || text == NULL);
	return copy;
}

static void keep_names(const struct os_memory *memory, struct os_memory *after) {
	after->name_ops = calloc(memory->name_ops_count + 1, sizeof(*after->name_ops));
	ASSERT(after->name_ops != NULL);
	after->name_ops_count = memory->name_ops_count;
	for (size_t i = 0; i < memory->name_ops_count; i++) {
		after->name_ops[i] = memory->name_ops[i];
		after->name_ops[i].from = copy_text(memory->name_ops[i].from);
		after->name_ops[i].to = copy_text(memory->name_ops[i].to);
	}
}

struct os_memory *os_memory_crash(const struct os_memory *memory, enum os_crash mode,
                                  uint64_t seed) {
	struct os_memory *after = memory_empty(memory->random_state ^ seed);
	uint64_t random = seed;
	after->wall_ns = memory->wall_ns + 1000000000;
	after->operations = memory->operations;
	after->objects_count = memory->objects_count;
	after->objects = calloc(memory->objects_count, sizeof(*after->objects));
	ASSERT(after->objects != NULL);
	for (size_t i = 0; i < memory->objects_count; i++) {
		const struct memory_object *object = &memory->objects[i];
		after->objects[i] = (struct memory_object){
		    .is_folder = object->is_folder, .locked_by = -1, .modified_ns = object->modified_ns};
		if (mode == OS_CRASH_KEEP) {
			keep_object(object, &after->objects[i]);
		} else {
			cut_object(object, mode, &random, &after->objects[i]);
		}
	}
	if (mode == OS_CRASH_KEEP) {
		keep_names(memory, after);
		return after;
	}
	if (mode == OS_CRASH_SEEDED) {
		survive_names(memory, &random, after->objects);
	} else if (mode == OS_CRASH_CHOSEN) {
		choose_names(memory, &random, after->objects);
	}
	for (size_t i = 0; i < after->objects_count; i++) {
		memory_copy_folder(&after->objects[i].names_now, &after->objects[i].names_durable);
	}
	return after;
}
