/* See os_record.h. */
#include "os/os_record.h"

#include <stdlib.h>

#include "base/arena.h"

struct os_record {
	struct os_wrap *wrap;
	struct arena *arena; /* texts of the calls */
	struct os_call *calls;
	size_t count;
	void (*watch)(void *ctx, const struct os_call *call);
	void *ctx;
};

static struct os_verdict before_call(void *ctx, const struct os_call *call) {
	const struct os_record *record = ctx;
	if (record->watch != NULL) {
		record->watch(record->ctx, call);
	}
	return (struct os_verdict){.action = OS_PASS};
}

static const char *keep_text(struct arena *arena, const char *text) {
	return text == NULL ? NULL : arena_cstr(arena, str_from(text));
}

static void after_call(void *ctx, const struct os_call *call) {
	struct os_record *record = ctx;
	record->calls = reallocarray(record->calls, record->count + 1, sizeof(*record->calls));
	ASSERT(record->calls != NULL);
	struct os_call *kept = &record->calls[record->count++];
	*kept = *call;
	kept->path = keep_text(record->arena, call->path);
	kept->to = keep_text(record->arena, call->to);
}

struct os_record *os_record_new(const struct os *inner,
                                void (*watch)(void *ctx, const struct os_call *call), void *ctx) {
	struct os_record *record = calloc(1, sizeof(*record));
	ASSERT(record != NULL);
	record->arena = arena_new(SIZE_MAX);
	record->watch = watch;
	record->ctx = ctx;
	record->wrap = os_wrap_new(
	    inner, (struct os_wrap_hooks){.ctx = record, .before = before_call, .after = after_call});
	return record;
}

void os_record_free(struct os_record *record) {
	if (record != NULL) {
		os_wrap_free(record->wrap);
		arena_free(record->arena);
		free(record->calls);
		free(record);
	}
}

void os_record_freep(struct os_record **record) {
	os_record_free(*record);
	*record = NULL;
}

const struct os *os_record_os(struct os_record *record) {
	return os_wrap_os(record->wrap);
}

size_t os_record_count(const struct os_record *record) {
	return record->count;
}

const struct os_call *os_record_call(const struct os_record *record, size_t i) {
	ASSERT(i < record->count);
	return &record->calls[i];
}

size_t os_record_count_of(const struct os_record *record, uint32_t kinds) {
	size_t count = 0;
	for (size_t i = 0; i < record->count; i++) {
		count += (kinds & OS_CALL_BIT(record->calls[i].kind)) != 0;
	}
	return count;
}

void os_record_clear(struct os_record *record) {
	record->count = 0;
	arena_reset(record->arena);
}
