/* The few macros that functions cannot replace: ownership, checks, must-use.
 * Everything includes this first; it includes nothing of ours.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_index, first) __attribute__((format(printf, format_index, first)))
#define NORETURN __attribute__((noreturn))
#define UNUSED __attribute__((unused))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

/* Runs fn(&variable) when the variable goes out of scope. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* Hands an owned pointer over: yields its value and leaves NULL behind. */
#define TAKE(p)                                \
	({                                         \
		__typeof__(&(p)) take_at_ = &(p);      \
		__typeof__(p) take_value_ = *take_at_; \
		*take_at_ = NULL;                      \
		take_value_;                           \
	})

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define MIN_OF(a, b) ((a) < (b) ? (a) : (b))
#define MAX_OF(a, b) ((a) > (b) ? (a) : (b))

/* Prints the place and aborts. Used by ASSERT; never returns. */
NORETURN void assert_failed(const char *file, int line, const char *condition);

/* A bug in this program, also checked in release builds; never for outside data. */
#define ASSERT(condition)                                  \
	do {                                                   \
		if (UNLIKELY(!(condition))) {                      \
			assert_failed(__FILE__, __LINE__, #condition); \
		}                                                  \
	} while (0)
