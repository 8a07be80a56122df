/* Open-addressing hash map from byte strings to uint64 values, insertion ordered.
 * Keys are copied into the map. Not thread-safe: a thread owns its map.
 */
#pragma once

#include "base/str.h"

struct map;

struct map *map_new(void);
void map_free(struct map *map); /* NULL is fine */
void map_freep(struct map **map);
void map_clear(struct map *map);
size_t map_count(const struct map *map);
size_t map_bytes(const struct map *map); /* memory held, for limits */

/* The value slot of key, or NULL. Valid until the next insertion. */
uint64_t *map_find(const struct map *map, struct str key);
/* The value slot of key, made with value when absent; *out_added (may be NULL) says so. */
uint64_t *map_put(struct map *map, struct str key, uint64_t value, bool *out_added);

/* For many keys, one after another: where they lie in memory is asked for before it is needed.
 * First map_expect, some keys later map_expect_entry, some later map_put_hashed; hash: map_hash of
 * the key. Nothing but time depends on the first two. */
uint64_t map_hash(struct str key);
void map_expect(const struct map *map, uint64_t hash);
void map_expect_entry(const struct map *map, uint64_t hash);
uint64_t *map_put_hashed(struct map *map, struct str key, uint64_t hash, uint64_t value,
                         bool *out_added);
/* The hash of key i, i < map_count(). */
uint64_t map_key_hash(const struct map *map, size_t i);

/* Entry i in order of insertion, i < map_count(). */
struct str map_key(const struct map *map, size_t i);
uint64_t *map_value(const struct map *map, size_t i);
