/* Linear probing over an index of entries kept in order of insertion; keys in one arena. */
#include "base/map.h"

#include "base/arena.h"
#include "base/hash.h"

struct entry {
	struct str key;
	uint64_t hash;
	uint64_t value;
};

struct map {
	struct arena *keys;
	struct entry *entries;
	size_t count;
	size_t entries_cap;
	uint32_t *slots;  /* entry number + 1; 0 empty */
	size_t slots_cap; /* a power of two */
};

enum { SLOTS_FIRST = 64 };

static void *grow(void *ptr, size_t count, size_t size) {
	void *bigger = reallocarray(ptr, count, size);
	ASSERT(bigger != NULL);
	return bigger;
}

struct map *map_new(void) {
	struct map *map = calloc(1, sizeof(*map));
	ASSERT(map != NULL);
	map->keys = arena_new(SIZE_MAX);
	map->slots_cap = SLOTS_FIRST;
	map->slots = calloc(map->slots_cap, sizeof(*map->slots));
	ASSERT(map->slots != NULL);
	return map;
}

void map_free(struct map *map) {
	if (map != NULL) {
		arena_free(map->keys);
		free(map->entries);
		free(map->slots);
		free(map);
	}
}

void map_freep(struct map **map) {
	map_free(*map);
	*map = NULL;
}

void map_clear(struct map *map) {
	arena_reset(map->keys);
	map->count = 0;
	memset(map->slots, 0, map->slots_cap * sizeof(*map->slots));
}

size_t map_count(const struct map *map) {
	return map->count;
}

size_t map_bytes(const struct map *map) {
	return arena_used(map->keys) + map->entries_cap * sizeof(struct entry) +
	       map->slots_cap * sizeof(uint32_t);
}

/* The slot that holds key, or the empty one where it belongs. */
static size_t find_slot(const struct map *map, struct str key, uint64_t hash) {
	size_t at = hash & (map->slots_cap - 1);
	while (map->slots[at] != 0) {
		const struct entry *entry = &map->entries[map->slots[at] - 1];
		if (entry->hash == hash && str_eq(entry->key, key)) {
			break;
		}
		at = (at + 1) & (map->slots_cap - 1);
	}
	return at;
}

static void rehash(struct map *map) {
	free(map->slots);
	map->slots_cap *= 2;
	map->slots = calloc(map->slots_cap, sizeof(*map->slots));
	ASSERT(map->slots != NULL);
	for (size_t i = 0; i < map->count; i++) {
		size_t at = map->entries[i].hash & (map->slots_cap - 1);
		while (map->slots[at] != 0) {
			at = (at + 1) & (map->slots_cap - 1);
		}
		map->slots[at] = (uint32_t)(i + 1);
	}
}

uint64_t *map_find(const struct map *map, struct str key) {
	size_t slot = find_slot(map, key, hash64(key.ptr, key.len));
	return map->slots[slot] == 0 ? NULL : &map->entries[map->slots[slot] - 1].value;
}

uint64_t map_hash(struct str key) {
	return hash64(key.ptr, key.len);
}

void map_expect(const struct map *map, uint64_t hash) {
	__builtin_prefetch(&map->slots[hash & (map->slots_cap - 1)]);
}

void map_expect_entry(const struct map *map, uint64_t hash) {
	uint32_t slot = map->slots[hash & (map->slots_cap - 1)];
	if (slot != 0) {
		__builtin_prefetch(&map->entries[slot - 1]);
	}
}

uint64_t map_key_hash(const struct map *map, size_t i) {
	ASSERT(i < map->count);
	return map->entries[i].hash;
}

uint64_t *map_put(struct map *map, struct str key, uint64_t value, bool *out_added) {
	return map_put_hashed(map, key, map_hash(key), value, out_added);
}

uint64_t *map_put_hashed(struct map *map, struct str key, uint64_t hash, uint64_t value,
                         bool *out_added) {
	size_t slot = find_slot(map, key, hash);
	bool added = map->slots[slot] == 0;
	if (out_added != NULL) {
		*out_added = added;
	}
	if (!added) {
		return &map->entries[map->slots[slot] - 1].value;
	}
	ASSERT(map->count < UINT32_MAX - 1);
	if (map->count == map->entries_cap) {
		map->entries_cap = MAX_OF(map->entries_cap * 2, (size_t)32);
		map->entries = grow(map->entries, map->entries_cap, sizeof(struct entry));
	}
	map->entries[map->count] = (struct entry){arena_str(map->keys, key), hash, value};
	map->slots[slot] = (uint32_t)++map->count;
	if (map->count * 2 > map->slots_cap) {
		rehash(map);
	}
	return &map->entries[map->count - 1].value;
}

struct str map_key(const struct map *map, size_t i) {
	ASSERT(i < map->count);
	return map->entries[i].key;
}

uint64_t *map_value(const struct map *map, size_t i) {
	ASSERT(i < map->count);
	return &map->entries[i].value;
}
