/* See os_wrap.h: one function per call of the table, all of one make. */
#include "os/os_wrap.h"

#include <stdlib.h>

#include "base/buf.h"

#define WRAP_MAGIC ((uint64_t)0x414b575241504f53)

struct os_wrap {
	uint64_t magic;
	struct os table;
	const struct os *inner;
	struct os_wrap_hooks hooks;
	uint64_t calls;
	char **paths; /* by descriptor; NULL where none is open */
	size_t paths_count;
};

static const char *const call_names[OS_CALL_COUNT] = {
    [OS_CALL_OPEN] = "open",
    [OS_CALL_CLOSE] = "close",
    [OS_CALL_READ] = "read",
    [OS_CALL_PREAD] = "pread",
    [OS_CALL_WAIT_READ] = "wait_read",
    [OS_CALL_PWRITE] = "pwrite",
    [OS_CALL_TRUNCATE] = "truncate",
    [OS_CALL_SYNC_DATA] = "sync_data",
    [OS_CALL_SYNC_FOLDER] = "sync_folder",
    [OS_CALL_STAT] = "stat",
    [OS_CALL_RENAME] = "rename",
    [OS_CALL_UNLINK] = "unlink",
    [OS_CALL_MAKE_FOLDER] = "make_folder",
    [OS_CALL_LIST] = "list",
    [OS_CALL_LOCK] = "lock",
    [OS_CALL_MAP] = "map",
    [OS_CALL_RANDOM] = "random",
};

const char *os_call_name(enum os_call_kind kind) {
	ASSERT(kind < OS_CALL_COUNT);
	return call_names[kind];
}

void os_call_format(const struct os_call *call, struct buf *out) {
	buf_printf(out, "%llu %s %s", (unsigned long long)call->number, os_call_name(call->kind),
	           call->path == NULL ? "-" : call->path);
	if (call->to != NULL) {
		buf_printf(out, " -> %s", call->to);
	}
	if (call->kind == OS_CALL_PWRITE || call->kind == OS_CALL_PREAD) {
		buf_printf(out, " [%llu + %zu]", (unsigned long long)call->offset, call->len);
	} else if (call->kind == OS_CALL_TRUNCATE) {
		buf_printf(out, " to %llu", (unsigned long long)call->offset);
	}
	if (call->err != ERR_OK) {
		buf_printf(out, ": %s", err_text(call->err));
	}
	buf_append_char(out, '\n');
}

static struct os_wrap *from_ctx(void *ctx) {
	struct os_wrap *wrap = ctx;
	ASSERT(wrap->magic == WRAP_MAGIC);
	return wrap;
}

/* ---- names of descriptors ---- */

static const char *path_of(const struct os_wrap *wrap, int fd) {
	return fd >= 0 && (size_t)fd < wrap->paths_count ? wrap->paths[fd] : NULL;
}

static void set_path(struct os_wrap *wrap, int fd, const char *path) {
	ASSERT(fd >= 0);
	if ((size_t)fd >= wrap->paths_count) {
		size_t count = (size_t)fd + 16;
		wrap->paths = reallocarray(wrap->paths, count, sizeof(*wrap->paths));
		ASSERT(wrap->paths != NULL);
		memset(wrap->paths + wrap->paths_count, 0,
		       (count - wrap->paths_count) * sizeof(*wrap->paths));
		wrap->paths_count = count;
	}
	free(wrap->paths[fd]);
	wrap->paths[fd] = path == NULL ? NULL : strdup(path);
	ASSERT(wrap->paths[fd] != NULL || path == NULL);
}

/* ---- before and after ---- */

static struct os_call begin(struct os_wrap *wrap, enum os_call_kind kind, const char *path,
                            int fd) {
	return (struct os_call){.kind = kind,
	                        .number = ++wrap->calls,
	                        .path = path != NULL ? path : path_of(wrap, fd),
	                        .fd = fd};
}

static struct os_verdict ask(const struct os_wrap *wrap, const struct os_call *call) {
	return wrap->hooks.before == NULL ? (struct os_verdict){.action = OS_PASS}
	                                  : wrap->hooks.before(wrap->hooks.ctx, call);
}

static enum err end(const struct os_wrap *wrap, struct os_call *call, enum err err) {
	call->err = err;
	if (wrap->hooks.after != NULL) {
		wrap->hooks.after(wrap->hooks.ctx, call);
	}
	return err;
}

/* Asks, runs the inner call when it may pass, and tells how it ended. */
#define PASS_ON(wrap, call, inner_call)                    \
	({                                                     \
		struct os_verdict verdict_ = ask((wrap), &(call)); \
		enum err result_ = ERR_OK;                         \
		if (verdict_.action == OS_PASS) {                  \
			result_ = (inner_call);                        \
		} else if (verdict_.action != OS_SKIP) {           \
			result_ = verdict_.err;                        \
		}                                                  \
		end((wrap), &(call), result_);                     \
	})

static enum err wrap_open(void *ctx, const char *path, unsigned flags, int *out_fd) {
	struct os_wrap *wrap = from_ctx(ctx);
	struct os_call call = begin(wrap, OS_CALL_OPEN, path, -1);
	call.flags = flags;
	struct os_verdict verdict = ask(wrap, &call);
	if (verdict.action != OS_PASS) {
		ASSERT(verdict.action != OS_SKIP); /* there would be no descriptor */
		return end(wrap, &call, verdict.err);
	}
	enum err err = wrap->inner->open(wrap->inner->ctx, path, flags, out_fd);
	if (err == ERR_OK) {
		set_path(wrap, *out_fd, path);
		call.fd = *out_fd;
	}
	return end(wrap, &call, err);
}

/* The descriptor is given back in any case: only the answer may be an error. */
static enum err wrap_close(void *ctx, int fd) {
	struct os_wrap *wrap = from_ctx(ctx);
	struct os_call call = begin(wrap, OS_CALL_CLOSE, NULL, fd);
	struct os_verdict verdict = ask(wrap, &call);
	enum err err = wrap->inner->close(wrap->inner->ctx, fd);
	err = end(wrap, &call, verdict.action == OS_FAIL ? verdict.err : err);
	set_path(wrap, fd, NULL);
	return err;
}

static enum err wrap_read(void *ctx, int fd, void *buffer, size_t len, size_t *out_len) {
	struct os_wrap *wrap = from_ctx(ctx);
	struct os_call call = begin(wrap, OS_CALL_READ, NULL, fd);
	call.len = len;
	struct os_verdict verdict = ask(wrap, &call);
	if (verdict.action == OS_FAIL) {
		return end(wrap, &call, verdict.err);
	}
	len = verdict.action == OS_SHORT ? len / 2 : len;
	return end(wrap, &call, wrap->inner->read(wrap->inner->ctx, fd, buffer, len, out_len));
}

static enum err wrap_read_some(void *ctx, int fd, void *buffer, size_t len, size_t *out_len) {
	struct os_wrap *wrap = from_ctx(ctx);
	struct os_call call = begin(wrap, OS_CALL_READ, NULL, fd);
	call.len = len;
	return PASS_ON(wrap, call, wrap->inner->read_some(wrap->inner->ctx, fd, buffer, len, out_len));
}

static enum err wrap_pread(void *ctx, int fd, void *buffer, size_t len, uint64_t offset,
                           size_t *out_len) {
	struct os_wrap *wrap = from_ctx(ctx);
	struct os_call call = begin(wrap, OS_CALL_PREAD, NULL, fd);
	call.len = len;
	call.offset = offset;
	struct os_verdict verdict = ask(wrap, &call);
	if (verdict.action == OS_FAIL) {
		return end(wrap, &call, verdict.err);
	}
	len = verdict.action == OS_SHORT ? len / 2 : len;
	return end(wrap, &call, wrap->inner->pread(wrap->inner->ctx, fd, buffer, len, offset, out_len));
}

static enum err wrap_wait_read(void *ctx, int fd, int timeout_ms, bool *out_ready) {
	struct os_wrap *wrap = from_ctx(ctx);
	struct os_call call = begin(wrap, OS_CALL_WAIT_READ, NULL, fd);
	return PASS_ON(wrap, call, wrap->inner->wait_read(wrap->inner->ctx, fd, timeout_ms, out_ready));
}

static enum err wrap_pwrite(void *ctx, int fd, const void *bytes, size_t len, uint64_t offset) {
	struct os_wrap *wrap = from_ctx(ctx);
	struct os_call call = begin(wrap, OS_CALL_PWRITE, NULL, fd);
	call.len = len;
	call.offset = offset;
	struct os_verdict verdict = ask(wrap, &call);
	if (verdict.action == OS_PASS) {
		return end(wrap, &call, wrap->inner->pwrite(wrap->inner->ctx, fd, bytes, len, offset));
	}
	if (verdict.action == OS_SHORT) {
		enum err ignored = wrap->inner->pwrite(wrap->inner->ctx, fd, bytes, len / 2, offset);
		(void)ignored; /* the call fails in any case */
	}
	return end(wrap, &call, verdict.action == OS_SKIP ? ERR_OK : verdict.err);
}

static enum err wrap_truncate(void *ctx, int fd, uint64_t size) {
	struct os_wrap *wrap = from_ctx(ctx);
	struct os_call call = begin(wrap, OS_CALL_TRUNCATE, NULL, fd);
	call.offset = size;
	return PASS_ON(wrap, call, wrap->inner->truncate(wrap->inner->ctx, fd, size));
}

static enum err wrap_sync_data(void *ctx, int fd) {
	struct os_wrap *wrap = from_ctx(ctx);
	struct os_call call = begin(wrap, OS_CALL_SYNC_DATA, NULL, fd);
	return PASS_ON(wrap, call, wrap->inner->sync_data(wrap->inner->ctx, fd));
}

static enum err wrap_sync_folder(void *ctx, const char *path) {
	struct os_wrap *wrap = from_ctx(ctx);
	struct os_call call = begin(wrap, OS_CALL_SYNC_FOLDER, path, -1);
	return PASS_ON(wrap, call, wrap->inner->sync_folder(wrap->inner->ctx, path));
}

static enum err wrap_fstat(void *ctx, int fd, struct os_stat *out_stat) {
	struct os_wrap *wrap = from_ctx(ctx);
	struct os_call call = begin(wrap, OS_CALL_STAT, NULL, fd);
	return PASS_ON(wrap, call, wrap->inner->fstat(wrap->inner->ctx, fd, out_stat));
}

static enum err wrap_stat(void *ctx, const char *path, bool follow, struct os_stat *out_stat) {
	struct os_wrap *wrap = from_ctx(ctx);
	struct os_call call = begin(wrap, OS_CALL_STAT, path, -1);
	return PASS_ON(wrap, call, wrap->inner->stat(wrap->inner->ctx, path, follow, out_stat));
}

static enum err wrap_rename(void *ctx, const char *from, const char *to) {
	struct os_wrap *wrap = from_ctx(ctx);
	struct os_call call = begin(wrap, OS_CALL_RENAME, from, -1);
	call.to = to;
	return PASS_ON(wrap, call, wrap->inner->rename(wrap->inner->ctx, from, to));
}

static enum err wrap_unlink(void *ctx, const char *path) {
	struct os_wrap *wrap = from_ctx(ctx);
	struct os_call call = begin(wrap, OS_CALL_UNLINK, path, -1);
	return PASS_ON(wrap, call, wrap->inner->unlink(wrap->inner->ctx, path));
}

static enum err wrap_make_folder(void *ctx, const char *path) {
	struct os_wrap *wrap = from_ctx(ctx);
	struct os_call call = begin(wrap, OS_CALL_MAKE_FOLDER, path, -1);
	return PASS_ON(wrap, call, wrap->inner->make_folder(wrap->inner->ctx, path));
}

static enum err wrap_list(void *ctx, const char *path, os_list_f each, void *list_ctx) {
	struct os_wrap *wrap = from_ctx(ctx);
	struct os_call call = begin(wrap, OS_CALL_LIST, path, -1);
	return PASS_ON(wrap, call, wrap->inner->list(wrap->inner->ctx, path, each, list_ctx));
}

static enum err wrap_lock(void *ctx, int fd) {
	struct os_wrap *wrap = from_ctx(ctx);
	struct os_call call = begin(wrap, OS_CALL_LOCK, NULL, fd);
	return PASS_ON(wrap, call, wrap->inner->lock(wrap->inner->ctx, fd));
}

static enum err wrap_map(void *ctx, int fd, size_t len, const char **out_bytes) {
	struct os_wrap *wrap = from_ctx(ctx);
	struct os_call call = begin(wrap, OS_CALL_MAP, NULL, fd);
	call.len = len;
	return PASS_ON(wrap, call, wrap->inner->map(wrap->inner->ctx, fd, len, out_bytes));
}

static void wrap_unmap(void *ctx, const char *bytes, size_t len) {
	const struct os *inner = from_ctx(ctx)->inner;
	inner->unmap(inner->ctx, bytes, len);
}

static void wrap_forget(void *ctx, const char *bytes, size_t len) {
	const struct os *inner = from_ctx(ctx)->inner;
	inner->forget(inner->ctx, bytes, len);
}

static int64_t wrap_wall_ns(void *ctx) {
	const struct os *inner = from_ctx(ctx)->inner;
	return inner->wall_ns(inner->ctx);
}

static int64_t wrap_monotonic_ns(void *ctx) {
	const struct os *inner = from_ctx(ctx)->inner;
	return inner->monotonic_ns(inner->ctx);
}

static void wrap_sleep(void *ctx, int64_t ns) {
	const struct os *inner = from_ctx(ctx)->inner;
	inner->sleep(inner->ctx, ns);
}

static void wrap_hide(void *ctx) {
	const struct os *inner = from_ctx(ctx)->inner;
	inner->hide(inner->ctx);
}

static enum err wrap_random(void *ctx, void *bytes, size_t len) {
	struct os_wrap *wrap = from_ctx(ctx);
	struct os_call call = begin(wrap, OS_CALL_RANDOM, NULL, -1);
	call.len = len;
	return PASS_ON(wrap, call, wrap->inner->random(wrap->inner->ctx, bytes, len));
}

static const struct os wrap_table = {
    .open = wrap_open,
    .close = wrap_close,
    .read = wrap_read,
    .pread = wrap_pread,
    .wait_read = wrap_wait_read,
    .read_some = wrap_read_some,
    .pwrite = wrap_pwrite,
    .truncate = wrap_truncate,
    .sync_data = wrap_sync_data,
    .sync_folder = wrap_sync_folder,
    .fstat = wrap_fstat,
    .stat = wrap_stat,
    .rename = wrap_rename,
    .unlink = wrap_unlink,
    .make_folder = wrap_make_folder,
    .list = wrap_list,
    .lock = wrap_lock,
    .map = wrap_map,
    .unmap = wrap_unmap,
    .forget = wrap_forget,
    .wall_ns = wrap_wall_ns,
    .monotonic_ns = wrap_monotonic_ns,
    .random = wrap_random,
    .sleep = wrap_sleep,
    .hide = wrap_hide,
};

struct os_wrap *os_wrap_new(const struct os *inner, struct os_wrap_hooks hooks) {
	struct os_wrap *wrap = calloc(1, sizeof(*wrap));
	ASSERT(wrap != NULL);
	wrap->magic = WRAP_MAGIC;
	wrap->table = wrap_table;
	wrap->table.ctx = wrap;
	wrap->inner = inner;
	wrap->hooks = hooks;
	return wrap;
}

void os_wrap_free(struct os_wrap *wrap) {
	if (wrap != NULL) {
		for (size_t i = 0; i < wrap->paths_count; i++) {
			free(wrap->paths[i]);
		}
		free(wrap->paths);
		free(wrap);
	}
}

const struct os *os_wrap_os(struct os_wrap *wrap) {
	return &wrap->table;
}
