/* Bump allocation for things that end together (a query, a batch, a command).
 * Reset and free poison under ASan. Not for outside sizes without a cap: arena_new takes the cap.
 */
#pragma once

#include "base/err.h"
#include "base/macros.h"
#include "base/str.h"

struct arena;

/* cap_bytes: the most that this arena may ever hold (SIZE_MAX: no cap; the system's memory). */
struct arena *arena_new(size_t cap_bytes);
void arena_free(struct arena *arena); /* NULL is fine */
void arena_freep(struct arena **arena);
/* Forgets everything; keeps one chunk. */
void arena_reset(struct arena *arena);
size_t arena_used(const struct arena *arena);

/* Zeroed memory aligned to 16. Aborts above the cap: sizes inside are ours. */
void *arena_alloc(struct arena *arena, size_t size);
/* As arena_alloc, but NULL above the cap: for sizes that outsiders choose (report ERR_LIMIT). */
MUST_USE void *arena_try_alloc(struct arena *arena, size_t size);
/* count * size, checked; aborts on overflow. */
void *arena_array(struct arena *arena, size_t count, size_t size);
struct str arena_str(struct arena *arena, struct str text); /* a copy */
char *arena_cstr(struct arena *arena, struct str text);     /* a copy with NUL behind */
struct str arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, count, type) ((type *)arena_array((arena), (count), sizeof(type)))
