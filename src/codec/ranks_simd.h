/* Private to src/codec: counting classes of 4 bits, for ranks.h. */
#pragma once

#include <stddef.h>

/* Classes that are counted at once. */
enum { RANKS_SIMD_BYTES = 32, RANKS_SIMD_CLASSES = 64 };

/* How many of the two classes in each of steps * RANKS_SIMD_BYTES bytes are this one; steps is at
 * most 64. AVX2 where there is it, else word by word. */
size_t ranks_count_steps(const char *classes, size_t steps, unsigned class);
/* The portable way. */
size_t ranks_count_steps_portable(const char *classes, size_t steps, unsigned class);
