/* Bump allocation in chunks that double up to 1 MiB. Under ASan what is not handed out is poisoned.
 */
#include "base/arena.h"

#include <stdarg.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, len) ((void)(at), (void)(len))
#define ASAN_UNPOISON_MEMORY_REGION(at, len) ((void)(at), (void)(len))
#endif

enum { CHUNK_FIRST = 4096, CHUNK_MAX = 1 << 20, ALIGNMENT = 16 };

struct chunk {
	struct chunk *previous;
	size_t cap;
	size_t used;
	size_t pad;
	char bytes[];
};
_Static_assert(sizeof(struct chunk) % ALIGNMENT == 0, "chunk bytes are aligned");

struct arena {
	struct chunk *chunk;
	size_t cap_bytes;
	size_t total; /* bytes of all chunks */
	size_t used;
};

struct arena *arena_new(size_t cap_bytes) {
	struct arena *arena = calloc(1, sizeof(*arena));
	ASSERT(arena != NULL);
	arena->cap_bytes = cap_bytes;
	return arena;
}

static void free_chunks(struct chunk *chunk) {
	while (chunk != NULL) {
		struct chunk *previous = chunk->previous;
		ASAN_UNPOISON_MEMORY_REGION(chunk->bytes, chunk->cap);
		free(chunk);
		chunk = previous;
	}
}

void arena_free(struct arena *arena) {
	if (arena != NULL) {
		free_chunks(arena->chunk);
		free(arena);
	}
}

void arena_freep(struct arena **arena) {
	arena_free(*arena);
	*arena = NULL;
}

void arena_reset(struct arena *arena) {
	if (arena->chunk != NULL) {
		free_chunks(arena->chunk->previous);
		arena->chunk->previous = NULL;
		arena->chunk->used = 0;
		arena->total = arena->chunk->cap;
		ASAN_POISON_MEMORY_REGION(arena->chunk->bytes, arena->chunk->cap);
	}
	arena->used = 0;
}

size_t arena_used(const struct arena *arena) {
	return arena->used;
}

static bool add_chunk(struct arena *arena, size_t size) {
	size_t cap =
	    arena->chunk == NULL ? CHUNK_FIRST : MIN_OF(arena->chunk->cap * 2, (size_t)CHUNK_MAX);
	cap = MAX_OF(cap, size);
	if (cap > arena->cap_bytes || arena->total > arena->cap_bytes - cap) {
		cap = size; /* close to the cap: no more than needed */
		if (cap > arena->cap_bytes || arena->total > arena->cap_bytes - cap) {
			return false;
		}
	}
	struct chunk *chunk = malloc(sizeof(*chunk) + cap);
	ASSERT(chunk != NULL);
	*chunk = (struct chunk){.previous = arena->chunk, .cap = cap};
	ASAN_POISON_MEMORY_REGION(chunk->bytes, cap);
	arena->chunk = chunk;
	arena->total += cap;
	return true;
}

void *arena_try_alloc(struct arena *arena, size_t size) {
	if (size > SIZE_MAX / 2) {
		return NULL;
	}
	size_t taken = (MAX_OF(size, (size_t)1) + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (arena->chunk == NULL || arena->chunk->cap - arena->chunk->used < taken) {
		if (!add_chunk(arena, taken)) {
			return NULL;
		}
	}
	char *at = arena->chunk->bytes + arena->chunk->used;
	arena->chunk->used += taken;
	arena->used += taken;
	ASAN_UNPOISON_MEMORY_REGION(at, size); /* the rounding stays poisoned */
	return memset(at, 0, size);
}

void *arena_alloc(struct arena *arena, size_t size) {
	void *at = arena_try_alloc(arena, size);
	ASSERT(at != NULL);
	return at;
}

void *arena_array(struct arena *arena, size_t count, size_t size) {
	size_t total;
	ASSERT(!__builtin_mul_overflow(count, size, &total));
	return arena_alloc(arena, total);
}

struct str arena_str(struct arena *arena, struct str text) {
	if (text.len == 0) {
		return STR("");
	}
	char *copy = arena_alloc(arena, text.len);
	memcpy(copy, text.ptr, text.len);
	return str_make(copy, text.len);
}

char *arena_cstr(struct arena *arena, struct str text) {
	char *copy = arena_alloc(arena, text.len + 1);
	if (text.len > 0) {
		memcpy(copy, text.ptr, text.len);
	}
	return copy;
}

struct str arena_printf(struct arena *arena, const char *format, ...) {
	va_list args;
	va_start(args, format);
	va_list again;
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	ASSERT(len >= 0);
	char *text = arena_alloc(arena, (size_t)len + 1);
	(void)vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	return str_make(text, (size_t)len);
}
