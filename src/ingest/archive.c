/* See archive.h. */
#include "ingest/archive.h"

#include <dlfcn.h>
#include <stddef.h>

bool archive_load(struct archive_calls *out_calls) {
	void *library = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (library == NULL) {
		return false;
	}
	bool all = true;
#define LOAD(name)                                                \
	out_calls->name = (__typeof__(&(name)))dlsym(library, #name); \
	all &= out_calls->name != NULL;
	ARCHIVE_CALLS(LOAD)
#undef LOAD
	(void)dlclose(library); /* only counts */
	return all;
}
