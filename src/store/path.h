/* Paths inside the store's folder, put together on the stack. The folder itself is at most
 * LIMIT_PATH long (store_open checks it) and names of ours are short, so that they always fit.
 */
#pragma once

#include <stdarg.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/macros.h"
#include "os/os.h"

struct store_path {
	char text[LIMIT_PATH + 256];
};

/* folder/name, or name alone when folder is NULL; returns path->text. */
static inline const char *path_in(struct store_path *path, const char *folder, const char *name) {
	int len = folder == NULL ? snprintf(path->text, sizeof(path->text), "%s", name)
	                         : snprintf(path->text, sizeof(path->text), "%s/%s", folder, name);
	ASSERT(len > 0 && (size_t)len < sizeof(path->text));
	return path->text;
}

/* Removes what need not be there; that it stays is harmless (the caller says why). */
static inline void path_remove(const struct os *os, const char *path) {
	enum err err = os->unlink(os->ctx, path);
	(void)err;
}
