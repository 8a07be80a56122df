/* A list of texts. */
#pragma once

#include "base/arena.h"

/* Zero-initialise; everything lives in the arena that appends. */
struct texts {
	struct str *items;
	uint32_t count, cap;
};
/* The bytes of text are borrowed. */
void texts_append(struct texts *texts, struct arena *arena, struct str text);
