/* The real system behind struct os: POSIX calls with EINTR retried and short transfers made whole.
 */
#include "os/os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/limits.h"

/* Calls until it is not interrupted; yields the result. */
#define RETRY(call)                                    \
	({                                                 \
		__typeof__(call) retry_result_;                \
		do {                                           \
			retry_result_ = (call);                    \
		} while (retry_result_ < 0 && errno == EINTR); \
		retry_result_;                                 \
	})

static enum err last_error(void) {
	return err_from_errno(errno);
}

static int open_flags(unsigned flags) {
	int mode = O_CLOEXEC | O_NOCTTY;
	if ((flags & OS_WRITE) != 0) {
		mode |= (flags & OS_READ) != 0 ? O_RDWR : O_WRONLY;
	} else {
		mode |= O_RDONLY;
	}
	mode |= (flags & OS_CREATE) != 0 ? O_CREAT : 0;
	mode |= (flags & OS_EXCLUSIVE) != 0 ? O_EXCL : 0;
	mode |= (flags & OS_TRUNCATE) != 0 ? O_TRUNC : 0;
	mode |= (flags & OS_NO_FOLLOW) != 0 ? O_NOFOLLOW : 0;
	mode |= (flags & OS_NON_BLOCKING) != 0 ? O_NONBLOCK : 0;
	return mode;
}

static enum err real_open(void *ctx, const char *path, unsigned flags, int *out_fd) {
	(void)ctx;
	int fd = RETRY(open(path, open_flags(flags), 0600));
	if (fd < 0) {
		return last_error();
	}
	*out_fd = fd;
	return ERR_OK;
}

static enum err real_close(void *ctx, int fd) {
	(void)ctx;
	/* On Linux the descriptor is gone even when close is interrupted: never retried. */
	return close(fd) < 0 && errno != EINTR ? last_error() : ERR_OK;
}

static enum err real_read(void *ctx, int fd, void *buffer, size_t len, size_t *out_len) {
	(void)ctx;
	size_t done = 0;
	while (done < len) {
		ssize_t got = RETRY(read(fd, (char *)buffer + done, len - done));
		if (got < 0) {
			return last_error();
		}
		if (got == 0) {
			break;
		}
		done += (size_t)got;
	}
	*out_len = done;
	return ERR_OK;
}

static enum err real_pread(void *ctx, int fd, void *buffer, size_t len, uint64_t offset,
                           size_t *out_len) {
	(void)ctx;
	size_t done = 0;
	while (done < len) {
		ssize_t got = RETRY(pread(fd, (char *)buffer + done, len - done, (off_t)(offset + done)));
		if (got < 0) {
			return last_error();
		}
		if (got == 0) {
			break;
		}
		done += (size_t)got;
	}
	*out_len = done;
	return ERR_OK;
}

static enum err real_wait_read(void *ctx, int fd, int timeout_ms, bool *out_ready) {
	(void)ctx;
	struct pollfd waiting = {.fd = fd, .events = POLLIN};
	int ready = poll(&waiting, 1, timeout_ms);
	if (ready < 0 && errno != EINTR) {
		return last_error();
	}
	*out_ready = ready > 0; /* interrupted: the caller looks at its stop flag and comes back */
	return ERR_OK;
}

static enum err real_read_some(void *ctx, int fd, void *buffer, size_t len, size_t *out_len) {
	for (;;) {
		ssize_t got = RETRY(read(fd, buffer, len));
		if (got >= 0) {
			*out_len = (size_t)got;
			return ERR_OK;
		}
		if (errno != EAGAIN) {
			return last_error();
		}
		bool ready;
		TRY(real_wait_read(ctx, fd, -1, &ready));
	}
}

static enum err real_pwrite(void *ctx, int fd, const void *bytes, size_t len, uint64_t offset) {
	(void)ctx;
	size_t done = 0;
	while (done < len) {
		ssize_t put =
		    RETRY(pwrite(fd, (const char *)bytes + done, len - done, (off_t)(offset + done)));
		if (put <= 0) {
			return put == 0 ? ERR_IO : last_error();
		}
		done += (size_t)put;
	}
	return ERR_OK;
}

static enum err real_truncate(void *ctx, int fd, uint64_t size) {
	(void)ctx;
	return RETRY(ftruncate(fd, (off_t)size)) < 0 ? last_error() : ERR_OK;
}

static enum err real_sync_data(void *ctx, int fd) {
	(void)ctx;
	return RETRY(fdatasync(fd)) < 0 ? last_error() : ERR_OK;
}

static enum err real_sync_folder(void *ctx, const char *path) {
	(void)ctx;
	int fd = RETRY(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (fd < 0) {
		return last_error();
	}
	enum err err = RETRY(fsync(fd)) < 0 ? last_error() : ERR_OK;
	(void)close(fd); /* nothing was written through it */
	return err;
}

static enum os_file_kind kind_of_mode(mode_t mode) {
	return S_ISREG(mode)    ? OS_FILE_REGULAR
	       : S_ISDIR(mode)  ? OS_FILE_FOLDER
	       : S_ISLNK(mode)  ? OS_FILE_LINK
	       : S_ISFIFO(mode) ? OS_FILE_FIFO
	                        : OS_FILE_OTHER;
}

static void fill_stat(const struct stat *st, struct os_stat *out) {
	*out = (struct os_stat){
	    .kind = kind_of_mode(st->st_mode),
	    .size = (uint64_t)st->st_size,
	    .device = (uint64_t)st->st_dev,
	    .inode = (uint64_t)st->st_ino,
	    .modified_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
	    .mode = (uint32_t)st->st_mode & 07777,
	};
}

static enum err real_fstat(void *ctx, int fd, struct os_stat *out_stat) {
	(void)ctx;
	struct stat st;
	if (fstat(fd, &st) < 0) {
		return last_error();
	}
	fill_stat(&st, out_stat);
	return ERR_OK;
}

static enum err real_stat(void *ctx, const char *path, bool follow, struct os_stat *out_stat) {
	(void)ctx;
	struct stat st;
	if (fstatat(AT_FDCWD, path, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0) {
		return last_error();
	}
	fill_stat(&st, out_stat);
	return ERR_OK;
}

static enum err real_rename(void *ctx, const char *from, const char *to) {
	(void)ctx;
	return rename(from, to) < 0 ? last_error() : ERR_OK;
}

static enum err real_unlink(void *ctx, const char *path) {
	(void)ctx;
	return unlink(path) < 0 ? last_error() : ERR_OK;
}

static enum err real_make_folder(void *ctx, const char *path) {
	(void)ctx;
	return mkdir(path, 0700) < 0 ? last_error() : ERR_OK;
}

static enum os_file_kind kind_of_entry(int folder, const struct dirent *entry) {
	struct stat st;
	switch (entry->d_type) {
	case DT_REG:
		return OS_FILE_REGULAR;
	case DT_DIR:
		return OS_FILE_FOLDER;
	case DT_LNK:
		return OS_FILE_LINK;
	case DT_FIFO:
		return OS_FILE_FIFO;
	case DT_UNKNOWN:
		return fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0
		           ? OS_FILE_OTHER
		           : kind_of_mode(st.st_mode);
	default:
		return OS_FILE_OTHER;
	}
}

static enum err real_list(void *ctx, const char *path, os_list_f each, void *list_ctx) {
	(void)ctx;
	DIR *dir = opendir(path);
	if (dir == NULL) {
		return last_error();
	}
	enum err err = ERR_OK;
	while (err == ERR_OK) {
		errno = 0;
		struct dirent *entry = readdir(dir);
		if (entry == NULL) {
			err = last_error();
			break;
		}
		struct str name = str_from(entry->d_name);
		if (!str_eq(name, STR(".")) && !str_eq(name, STR(".."))) {
			err = each(list_ctx, name, kind_of_entry(dirfd(dir), entry));
		}
	}
	(void)closedir(dir); /* read only */
	return err;
}

static enum err real_lock(void *ctx, int fd) {
	(void)ctx;
	if (RETRY(flock(fd, LOCK_EX | LOCK_NB)) < 0) {
		return errno == EWOULDBLOCK ? ERR_LOCKED : last_error();
	}
	return ERR_OK;
}

static enum err real_map(void *ctx, int fd, size_t len, const char **out_bytes) {
	(void)ctx;
	void *at = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED) {
		return last_error();
	}
	*out_bytes = at;
	return ERR_OK;
}

static void real_unmap(void *ctx, const char *bytes, size_t len) {
	(void)ctx;
	(void)munmap((void *)(uintptr_t)bytes, len); /* fails only for an address that is not ours */
}

static void real_forget(void *ctx, const char *bytes, size_t len) {
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)bytes + page - 1) / page * page;
	uintptr_t end = ((uintptr_t)bytes + len) / page * page;
	(void)ctx;
	if (from < end) {
		(void)madvise((void *)from, end - from, MADV_DONTNEED); /* only smaller */
	}
}

static int64_t read_clock(clockid_t clock) {
	struct timespec now;
	ASSERT(clock_gettime(clock, &now) == 0);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t real_wall_ns(void *ctx) {
	(void)ctx;
	return read_clock(CLOCK_REALTIME);
}

static int64_t real_monotonic_ns(void *ctx) {
	(void)ctx;
	return read_clock(CLOCK_MONOTONIC);
}

static enum err real_random(void *ctx, void *bytes, size_t len) {
	(void)ctx;
	size_t done = 0;
	while (done < len) {
		ssize_t got = RETRY(getrandom((char *)bytes + done, len - done, 0));
		if (got < 0) {
			return last_error();
		}
		done += (size_t)got;
	}
	return ERR_OK;
}

static void real_sleep(void *ctx, int64_t ns) {
	(void)ctx;
	struct timespec pause = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
	if (ns > 0) {
		(void)nanosleep(&pause, NULL); /* interrupted: the caller looks why */
	}
}

static void real_hide(void *ctx) {
	(void)ctx;
	/* The flag stops cores and ptrace; the limit holds should something set the flag again. */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)setrlimit(RLIMIT_CORE, &(struct rlimit){0});
}

const struct os *os_real(void) {
	static const struct os real = {
	    .open = real_open,
	    .close = real_close,
	    .read = real_read,
	    .pread = real_pread,
	    .wait_read = real_wait_read,
	    .read_some = real_read_some,
	    .pwrite = real_pwrite,
	    .truncate = real_truncate,
	    .sync_data = real_sync_data,
	    .sync_folder = real_sync_folder,
	    .fstat = real_fstat,
	    .stat = real_stat,
	    .rename = real_rename,
	    .unlink = real_unlink,
	    .make_folder = real_make_folder,
	    .list = real_list,
	    .lock = real_lock,
	    .map = real_map,
	    .unmap = real_unmap,
	    .forget = real_forget,
	    .wall_ns = real_wall_ns,
	    .monotonic_ns = real_monotonic_ns,
	    .random = real_random,
	    .sleep = real_sleep,
	    .hide = real_hide,
	};
	return &real;
}

static enum err read_open_file(const struct os *os, int fd, size_t max, struct buf *out) {
	enum { STEP = 64 << 10 };
	size_t before = out->len;
	for (;;) {
		size_t got;
		enum err err = os->read(os->ctx, fd, buf_reserve(out, STEP), STEP, &got);
		if (err == ERR_OK && out->len - before + got > max) {
			err = ERR_LIMIT;
		}
		if (err != ERR_OK) {
			out->len = before;
			return err;
		}
		out->len += got;
		if (got < STEP) {
			return ERR_OK;
		}
	}
}

enum err os_read_file(const struct os *os, const char *path, size_t max, struct buf *out) {
	int fd;
	TRY(os->open(os->ctx, path, OS_READ, &fd));
	enum err err = read_open_file(os, fd, max, out);
	(void)os->close(os->ctx, fd); /* read only */
	return err;
}

static enum err write_synced(const struct os *os, const char *path, struct str bytes) {
	int fd;
	TRY(os->open(os->ctx, path, OS_WRITE | OS_CREATE | OS_TRUNCATE, &fd));
	enum err err = os->pwrite(os->ctx, fd, bytes.ptr, bytes.len, 0);
	if (err == ERR_OK) {
		err = os->sync_data(os->ctx, fd);
	}
	enum err close_err = os->close(os->ctx, fd);
	return err != ERR_OK ? err : close_err;
}

enum err os_replace_file(const struct os *os, const char *folder, const char *name,
                         struct str bytes) {
	char path[LIMIT_PATH];
	char temporary[LIMIT_PATH];
	int len = snprintf(path, sizeof(path), "%s/%s", folder, name);
	int temporary_len = snprintf(temporary, sizeof(temporary), "%s/%s.tmp", folder, name);
	if (len < 0 || temporary_len < 0 || (size_t)temporary_len >= sizeof(temporary)) {
		return ERR_LIMIT;
	}
	TRY(write_synced(os, temporary, bytes));
	TRY(os->rename(os->ctx, temporary, path));
	return os->sync_folder(os->ctx, folder);
}

/* Makes path (whose parent exists) and syncs the parent. */
static enum err make_one_folder(const struct os *os, char *path, size_t len) {
	enum err err = os->make_folder(os->ctx, path);
	if (err != ERR_OK) {
		return err == ERR_EXISTS ? ERR_OK : err;
	}
	size_t parent = len;
	while (parent > 0 && path[parent - 1] != '/') {
		parent--;
	}
	if (parent == 0) {
		return os->sync_folder(os->ctx, ".");
	}
	char saved = path[parent];
	path[parent] = '\0';
	err = os->sync_folder(os->ctx, path);
	path[parent] = saved;
	return err;
}

enum err os_make_folders(const struct os *os, const char *path) {
	char copy[LIMIT_PATH];
	struct str text = str_from(path);
	struct os_stat st;
	while (text.len > 1 && text.ptr[text.len - 1] == '/') {
		text.len--;
	}
	if (text.len >= sizeof(copy)) {
		return ERR_LIMIT;
	}
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	for (size_t i = 1; i <= text.len; i++) {
		if (i < text.len && copy[i] != '/') {
			continue;
		}
		char saved = copy[i];
		copy[i] = '\0';
		enum err err = os->stat(os->ctx, copy, true, &st);
		if (err == ERR_NOT_FOUND) {
			err = make_one_folder(os, copy, i);
		} else if (err == ERR_OK && st.kind != OS_FILE_FOLDER) {
			err = ERR_EXISTS;
		}
		copy[i] = saved;
		TRY(err);
	}
	return ERR_OK;
}
