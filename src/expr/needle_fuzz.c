/* Any text searched for in any other: what stands before the first newline, in what stands behind
 * it. Each way of searching must end, read nothing beyond, and agree with the others where they
 * mean the same.
 */
#include "base/utf8.h"
#include "expr/alike.h"
#include "expr/glob.h"
#include "expr/wildcard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of its own, so that a byte read beyond it is a fault that ASan sees. */
static struct str exactly(struct str text) {
	char *copy = malloc(MAX_OF(text.len, (size_t)1));
	ASSERT(copy != NULL);
	memcpy(copy, text.ptr, text.len);
	return str_make(copy, text.len);
}

static bool has_part(struct arena *arena, struct str part, struct str text) {
	struct needle needle;
	struct needle_span span = {0};
	needle_init(&needle, arena, part, false, false);
	bool found = needle_find(&needle, text, 0, &span);
	ASSERT(!found || (span.from <= span.to && span.to <= text.len));
	ASSERT(!found || needle_equals(&needle, str_slice(text, span.from, span.to)));
	needle.avx2 = false;
	ASSERT(needle_find(&needle, text, 0, NULL) == found);
	return found;
}

static bool has_glob(struct arena *arena, struct str pattern, struct str text) {
	CLEANUP(glob_run_deinit) struct glob_run run = {0};
	struct glob glob;
	glob_init(&glob, arena, pattern);
	return glob_find(&glob, &run, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	CLEANUP(arena_freep) struct arena *arena = arena_new(SIZE_MAX);
	struct str rest = str_make((const char *)data, size);
	struct str cut = str_cut(&rest, '\n');
	struct str pattern = exactly(cut);
	struct str text = exactly(rest);
	struct wildcard wildcard;
	struct alike alike;
	bool part = has_part(arena, pattern, text);
	(void)has_glob(arena, pattern, text);
	wildcard_init(&wildcard, arena, pattern);
	(void)wildcard_match(&wildcard, text);
	alike_init(&alike, arena, pattern);
	(void)alike_find(&alike, text);
	if (!wildcard_is_pattern(pattern)) {
		struct str plain = wildcard_unescape(arena, pattern);
		struct str between = arena_printf(arena, "*%.*s*", STR_ARG(pattern));
		bool whole = memchr(pattern.ptr, '\0', pattern.len) == NULL; /* printf ends there */
		bool escape = pattern.len > 0 && pattern.ptr[pattern.len - 1] == '\\';
		ASSERT(!whole || escape || has_glob(arena, between, text) == has_part(arena, plain, text));
	}
	struct needle all;
	needle_init(&all, arena, text, false, false);
	ASSERT(needle_equals(&all, text));
	ASSERT(part || !str_eq(pattern, text));
	free((char *)(uintptr_t)pattern.ptr);
	free((char *)(uintptr_t)text.ptr);
	return 0;
}
