/* Vectorscan's functions, found when they are first needed: to load the library takes a
 * millisecond that programs without rules need not spend. Private to src/expr (many*.c).
 */
#pragma once

#include <hs/hs.h>
#include <stdbool.h>

#define MANY_HS_CALLS(ROW)       \
	ROW(hs_valid_platform)       \
	ROW(hs_populate_platform)    \
	ROW(hs_version)              \
	ROW(hs_compile_lit_multi)    \
	ROW(hs_free_compile_error)   \
	ROW(hs_free_database)        \
	ROW(hs_serialize_database)   \
	ROW(hs_deserialize_database) \
	ROW(hs_alloc_scratch)        \
	ROW(hs_free_scratch)         \
	ROW(hs_scan)

struct many_hs {
#define MANY_HS_MEMBER(name) __typeof__(&(name)) name;
	MANY_HS_CALLS(MANY_HS_MEMBER)
#undef MANY_HS_MEMBER
};

/* False when the library is not there or does not run on this processor. It stays loaded. */
bool many_hs_load(struct many_hs *out_calls);
