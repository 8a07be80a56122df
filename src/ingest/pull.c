/* See pull.h.
 */
#include "ingest/pull.h"

#include "base/macros.h"

enum err pull_fill(const struct pull *pull, char *buffer, size_t len, size_t *out_len,
                   struct diag *diag) {
	*out_len = 0;
	while (*out_len < len) {
		size_t got;
		TRY(pull_read(pull, buffer + *out_len, len - *out_len, &got, diag));
		if (got == 0) {
			break;
		}
		*out_len += got;
	}
	return ERR_OK;
}

static enum err read_memory(void *ctx, char *buffer, size_t len, size_t *out_len,
                            struct diag *diag) {
	(void)diag;
	struct pull_memory *memory = ctx;
	size_t take = MIN_OF(len, memory->left.len);
	if (take > 0) {
		memcpy(buffer, memory->left.ptr, take);
	}
	memory->left = str_slice(memory->left, take, memory->left.len);
	*out_len = take;
	return ERR_OK;
}

static bool rewind_memory(void *ctx) {
	struct pull_memory *memory = ctx;
	memory->left = memory->all;
	return true;
}

struct pull pull_memory(struct pull_memory *memory, struct str bytes) {
	*memory = (struct pull_memory){.all = bytes, .left = bytes};
	return (struct pull){.ctx = memory, .read = read_memory, .rewind = rewind_memory};
}

static enum err read_file(void *ctx, char *buffer, size_t len, size_t *out_len, struct diag *diag) {
	enum { SMALL = 512 };
	struct pull_file *file = ctx;
	size_t want = (size_t)MIN_OF(len, file->end - file->position);
	if (want == 0) {
		*out_len = 0;
		return ERR_OK;
	}
	size_t got;
	enum err err = file->os->pread(file->os->ctx, file->fd, buffer, want, file->position, &got);
	if (err != ERR_OK && want > SMALL) {
		err = file->os->pread(file->os->ctx, file->fd, buffer, SMALL, file->position, &got);
	}
	if (err != ERR_OK) {
		return diag_set(diag, err, "cannot be read: %s", err_text(err));
	}
	file->position += got;
	*out_len = got;
	return ERR_OK;
}

static bool rewind_file(void *ctx) {
	struct pull_file *file = ctx;
	file->position = 0;
	return true;
}

struct pull pull_file(struct pull_file *file, const struct os *os, int fd, uint64_t end) {
	*file = (struct pull_file){.os = os, .fd = fd, .end = end};
	return (struct pull){.ctx = file, .read = read_file, .rewind = rewind_file};
}

static enum err read_ahead(void *ctx, char *buffer, size_t len, size_t *out_len,
                           struct diag *diag) {
	struct pull_ahead *ahead = ctx;
	if (ahead->head.len == 0) {
		return pull_read(ahead->rest, buffer, len, out_len, diag);
	}
	size_t take = MIN_OF(len, ahead->head.len);
	memcpy(buffer, ahead->head.ptr, take);
	ahead->head = str_slice(ahead->head, take, ahead->head.len);
	*out_len = take;
	return ERR_OK;
}

static bool rewind_ahead(void *ctx) {
	struct pull_ahead *ahead = ctx;
	ahead->head = STR(""); /* the rest gives it again */
	return pull_rewind(ahead->rest);
}

struct pull pull_ahead(struct pull_ahead *ahead, struct str head, const struct pull *rest) {
	*ahead = (struct pull_ahead){.head = head, .rest = rest};
	return (struct pull){
	    .ctx = ahead, .read = read_ahead, .rewind = rest->rewind != NULL ? rewind_ahead : NULL};
}

static enum err read_held(void *ctx, char *buffer, size_t len, size_t *out_len, struct diag *diag) {
	struct pull_held *held = ctx;
	if (held->left.len == 0) {
		return pull_read(held->rest, buffer, len, out_len, diag);
	}
	size_t take = MIN_OF(len, held->left.len);
	memcpy(buffer, held->left.ptr, take);
	held->left = str_slice(held->left, take, held->left.len);
	*out_len = take;
	return ERR_OK;
}

static bool rewind_held(void *ctx) {
	struct pull_held *held = ctx;
	held->left = held->all;
	return true;
}

struct pull pull_held(struct pull_held *held, struct str bytes, const struct pull *rest) {
	*held = (struct pull_held){.all = bytes, .left = bytes, .rest = rest};
	return (struct pull){.ctx = held, .read = read_held, .rewind = rewind_held};
}

/* More compressed bytes behind those that are left. A failure below counts as the end there, and
 * is told once everything before it is decoded. */
static void refill(struct pull_decoded *decoded) {
	if (decoded->left.len > 0) {
		memmove(decoded->input, decoded->left.ptr, decoded->left.len);
	}
	size_t got = 0;
	enum err err = pull_read(decoded->from, decoded->input + decoded->left.len,
	                         PULL_BLOCK - decoded->left.len, &got, &decoded->diag);
	decoded->from_failed = err;
	got = err == ERR_OK ? got : 0;
	decoded->from_ended = got == 0;
	decoded->left = str_make(decoded->input, decoded->left.len + got);
}

static enum err read_decoded(void *ctx, char *buffer, size_t len, size_t *out_len,
                             struct diag *diag) {
	struct pull_decoded *decoded = ctx;
	*out_len = 0;
	while (*out_len == 0 && !decoded->done && decoded->failed == ERR_OK) {
		struct diag why = {0};
		if (!decoded->from_ended && decoded->left.len < PULL_BLOCK / 2) {
			refill(decoded);
		}
		decoded->failed =
		    decompressor_run(decoded->decompressor, &decoded->left, decoded->from_ended, buffer,
		                     len, out_len, &decoded->done, &why);
		if (decoded->failed != ERR_OK && decoded->from_failed == ERR_OK) {
			decoded->diag = why;
		}
	}
	if (decoded->from_failed != ERR_OK && (decoded->done || decoded->failed != ERR_OK)) {
		decoded->failed = decoded->from_failed;
	}
	if (*out_len == 0 && decoded->failed != ERR_OK) {
		return diag_set(diag, decoded->failed, "%s", decoded->diag.message);
	}
	return ERR_OK;
}

static bool rewind_decoded(void *ctx) {
	struct pull_decoded *decoded = ctx;
	decompressor_free(decoded->decompressor);
	decoded->decompressor = decompressor_new(decoded->compression);
	decoded->left = STR("");
	decoded->from_ended = false;
	decoded->done = false;
	decoded->failed = ERR_OK;
	decoded->from_failed = ERR_OK;
	return pull_rewind(decoded->from);
}

struct pull pull_decoded(struct pull_decoded *decoded, enum compression compression,
                         const struct pull *from) {
	*decoded = (struct pull_decoded){
	    .from = from, .compression = compression, .decompressor = decompressor_new(compression)};
	decoded->input = malloc(PULL_BLOCK);
	ASSERT(decoded->input != NULL);
	return (struct pull){.ctx = decoded,
	                     .read = read_decoded,
	                     .rewind = from->rewind != NULL ? rewind_decoded : NULL};
}

void pull_decoded_deinit(struct pull_decoded *decoded) {
	decompressor_free(decoded->decompressor);
	free(decoded->input);
	*decoded = (struct pull_decoded){0};
}
