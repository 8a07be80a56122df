/* The write-ahead log: frames that are durable before they are acknowledged. A frame has a number
 * that goes on over all files of the store's life; a segment's footer says up to which number it
 * has taken over. After any failed write or sync the file is never touched again: the frames go to
 * a new one. A file goes once segments hold all its frames. docs/formats/store.md has the bytes.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "os/os.h"

enum { LOG_HEADER_SIZE = 64, LOG_FRAME_HEADER_SIZE = 48, LOG_NAME_MAX = 48 };

/* ---- writing ---- */

/* A file of the log that is there. */
struct log_kept {
	char name[LOG_NAME_MAX];
	uint64_t size;       /* at most */
	uint64_t last_frame; /* the highest that it may hold; UINT64_MAX: it stays until log_clear */
};
struct log_writer {
	const struct os *os;
	const char *folder; /* borrowed */
	uint8_t store_uuid[16];
	uint8_t file_uuid[16];
	int fd;              /* -1: no file yet, or the last one is dead */
	uint64_t size;       /* bytes of the file that are durable */
	uint64_t next_frame; /* number of the next frame, from 1 */
	uint64_t bytes_max;  /* of all files together; 0: no limit */
	struct buf files;    /* struct log_kept; the open one is the last */
	bool unsynced;       /* files were removed, not yet durably */
	struct buf pending;
};
struct log_found;

void log_writer_init(struct log_writer *log, const struct os *os, const char *folder,
                     const uint8_t store_uuid[16], uint64_t next_frame);
void log_writer_deinit(struct log_writer *log);
/* The files that a stop has left count, too, and go with the others. */
void log_adopt(struct log_writer *log, const struct log_found *found);
/* Appends one frame for each payload and syncs once; durable on return. *out_first: number of the
 * first. After an error nothing of it counts, and the call may be repeated (a new file then).
 * ERR_LIMIT: the files would be larger than bytes_max; nothing was written. */
MUST_USE enum err log_write(struct log_writer *log, const struct str *payloads, size_t count,
                            uint64_t *out_first, struct diag *diag);
/* The next frame begins a new file, so that this one can be removed. */
void log_end_file(struct log_writer *log);
/* Removes each file with no frame behind `frame`, which segments hold durably. Not durable itself:
 * a file that comes back after a cut counts nothing. */
MUST_USE enum err log_remove_until(struct log_writer *log, uint64_t frame, struct diag *diag);
/* Bytes of all files that are there. */
uint64_t log_size(const struct log_writer *log);
/* Removes all log files of its folder, durably. The writer goes on with a new file. */
MUST_USE enum err log_clear(struct log_writer *log, struct diag *diag);

/* ---- recovery ---- */

struct log_frame {
	uint64_t number;
	uint32_t file; /* index into files */
	uint64_t offset;
	struct str payload; /* in the mapped file */
};
/* Bytes that are no valid frames. */
struct log_damage {
	uint32_t file;
	uint64_t offset, size;
	bool torn; /* the end of an unfinished write: no frame behind it, none is missing */
};
struct log_file {
	const char *folder; /* as log_find was given it */
	char name[LOG_NAME_MAX];
	uint64_t size;
	const char *bytes;   /* mapped; NULL when empty */
	uint64_t last_frame; /* as in struct log_kept; a damaged or torn file stays */
};
struct log_found {
	const struct os *os;
	struct log_file *files;
	size_t files_count;
	struct log_frame *frames; /* by number, each once, only those behind taken_over */
	size_t frames_count;
	struct log_damage *damages;
	size_t damages_count;
	uint64_t last_frame;     /* highest number seen, at least taken_over */
	uint64_t missing_frames; /* numbers in (taken_over, last_frame] that are nowhere */
};

/* Where a tree's log lies: its own folder first, then those of the trees that it goes on from (they
 * may be gone). Paths are borrowed, and outlive what was found. */
struct log_folders {
	const char *const *paths;
	size_t count;
};
/* Reads all log files of the folders. taken_over: the last frame that segments hold. Damage is
 * reported, not judged as an error; an error is one of reading. Free with log_found_deinit. */
MUST_USE enum err log_find(const struct os *os, struct log_folders folders,
                           const uint8_t store_uuid[16], uint64_t taken_over,
                           struct log_found *out_found, struct diag *diag);
void log_found_deinit(struct log_found *found);
/* Reads the bytes of one file into found as files[file] (for log_find and the fuzzer). The file's
 * UUID is its name, so that frames behind a damaged header are still had. */
void log_read_bytes(struct log_found *found, uint32_t file, struct str bytes,
                    const uint8_t file_uuid[16], const uint8_t store_uuid[16]);
/* Judges what log_read_bytes gathered: sorts, drops repeats and what is taken over, counts. */
void log_judge(struct log_found *found, uint64_t taken_over);
