/* See microhttpd.h. */
#include "server/microhttpd.h"

#include <dlfcn.h>
#include <stddef.h>

bool microhttpd_load(struct microhttpd_calls *out_calls) {
	void *library = dlopen("libmicrohttpd.so.12", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (library == NULL) {
		return false;
	}
	bool all = true;
#define LOAD(name)                                                \
	out_calls->name = (__typeof__(&(name)))dlsym(library, #name); \
	all &= out_calls->name != NULL;
	MICROHTTPD_CALLS(LOAD)
#undef LOAD
	(void)dlclose(library); /* only counts */
	return all;
}
