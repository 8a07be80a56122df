/* Every system call that durability or tests depend on, as a table of functions. The real one is
 * os_real(); doubles (os_memory.h, os_fault.h, os_record.h) stand in for it in tests. Nothing
 * above this folder calls the system for files, clocks or randomness in any other way.
 *
 * Paths are NUL-terminated UTF-8 or raw bytes. Descriptors belong to the table that made them.
 * Every function returns an enum err and leaves out_x untouched on failure. EINTR is retried
 * inside.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/macros.h"
#include "base/str.h"

enum os_open_flag {
	OS_READ = 1 << 0,
	OS_WRITE = 1 << 1,
	OS_CREATE = 1 << 2,    /* mode 0600 */
	OS_EXCLUSIVE = 1 << 3, /* with OS_CREATE: ERR_EXISTS when there */
	OS_TRUNCATE = 1 << 4,
	OS_NO_FOLLOW = 1 << 5,
	OS_NON_BLOCKING = 1 << 6, /* opening a FIFO must not hang */
};

enum os_file_kind { OS_FILE_REGULAR, OS_FILE_FOLDER, OS_FILE_LINK, OS_FILE_FIFO, OS_FILE_OTHER };

struct os_stat {
	enum os_file_kind kind;
	uint64_t size;
	uint64_t device;
	uint64_t inode;
	int64_t modified_ns;
	uint32_t mode;
};

/* Called for each entry of a folder except "." and ".."; a return other than ERR_OK stops. */
typedef enum err (*os_list_f)(void *list_ctx, struct str name, enum os_file_kind kind);

struct os {
	void *ctx;
	enum err (*open)(void *ctx, const char *path, unsigned flags, int *out_fd) MUST_USE;
	enum err (*close)(void *ctx, int fd);
	/* Short reads are made whole, except at the end of the file: *out_len < len says EOF. */
	enum err (*read)(void *ctx, int fd, void *buffer, size_t len, size_t *out_len) MUST_USE;
	enum err (*pread)(void *ctx, int fd, void *buffer, size_t len, uint64_t offset,
	                  size_t *out_len) MUST_USE;
	/* Waits until fd has bytes (or its end) to read, at most timeout_ms (-1: for ever). */
	enum err (*wait_read)(void *ctx, int fd, int timeout_ms, bool *out_ready) MUST_USE;
	/* Reads what is there: waits for the first byte only. *out_len 0: the end. For streams. */
	enum err (*read_some)(void *ctx, int fd, void *buffer, size_t len, size_t *out_len) MUST_USE;
	/* Writes everything or fails; on failure an unknown part was written. */
	enum err (*pwrite)(void *ctx, int fd, const void *bytes, size_t len, uint64_t offset) MUST_USE;
	enum err (*truncate)(void *ctx, int fd, uint64_t size) MUST_USE;
	enum err (*sync_data)(void *ctx, int fd) MUST_USE;             /* fdatasync */
	enum err (*sync_folder)(void *ctx, const char *path) MUST_USE; /* fsync of a directory */
	enum err (*fstat)(void *ctx, int fd, struct os_stat *out_stat) MUST_USE;
	/* follow: of what a symbolic link points to. */
	enum err (*stat)(void *ctx, const char *path, bool follow, struct os_stat *out_stat) MUST_USE;
	enum err (*rename)(void *ctx, const char *from, const char *to) MUST_USE;
	enum err (*unlink)(void *ctx, const char *path) MUST_USE;
	enum err (*make_folder)(void *ctx, const char *path) MUST_USE; /* mode 0700; ERR_EXISTS */
	enum err (*list)(void *ctx, const char *path, os_list_f each, void *list_ctx) MUST_USE;
	/* An exclusive advisory lock, held until close; ERR_LOCKED at once when another has it. */
	enum err (*lock)(void *ctx, int fd) MUST_USE;
	/* Read-only view of [0, len) of a file; len > 0. */
	enum err (*map)(void *ctx, int fd, size_t len, const char **out_bytes) MUST_USE;
	void (*unmap)(void *ctx, const char *bytes, size_t len);
	/* Gives back the memory that a piece of a view takes. It may be read as before, by whichever
	 * thread: the file is read again. */
	void (*forget)(void *ctx, const char *bytes, size_t len);
	int64_t (*wall_ns)(void *ctx);
	int64_t (*monotonic_ns)(void *ctx);
	enum err (*random)(void *ctx, void *bytes, size_t len) MUST_USE;
	/* Waits for ns; a signal may end it earlier. */
	void (*sleep)(void *ctx, int64_t ns);
	/* The process is about to hold signing keys: from now on it leaves no core, and whoever has no
	 * privilege cannot look into its memory. For good, and for the whole process; what the system
	 * refuses is passed over. */
	void (*hide)(void *ctx);
};

/* The real system. Static; never freed. */
const struct os *os_real(void);

/* ---- helpers over the table ---- */

/* Reads a whole file of at most max bytes into buf (appended). ERR_LIMIT above. */
struct buf;
MUST_USE enum err os_read_file(const struct os *os, const char *path, size_t max, struct buf *out);
/* Writes path durably and atomically: path.tmp, sync, rename, sync of the folder. */
MUST_USE enum err os_replace_file(const struct os *os, const char *folder, const char *name,
                                  struct str bytes);
/* make_folder for every missing part; syncs the parents of what it made. */
MUST_USE enum err os_make_folders(const struct os *os, const char *path);
