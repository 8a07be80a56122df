/* See many_hs.h. */
#include "expr/many_hs.h"

#include <dlfcn.h>
#include <stddef.h>

bool many_hs_load(struct many_hs *out_calls) {
	void *library = dlopen("libhs.so.5", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (library == NULL) {
		return false;
	}
	bool all = true;
#define LOAD(name)                                                \
	out_calls->name = (__typeof__(&(name)))dlsym(library, #name); \
	all &= out_calls->name != NULL;
	MANY_HS_CALLS(LOAD)
#undef LOAD
	(void)dlclose(library); /* only counts */
	return all && out_calls->hs_valid_platform() == HS_SUCCESS;
}
