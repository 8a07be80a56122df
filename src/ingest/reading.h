/* What all inputs share: one call of ingest_* with its current batch, and the file that is being
 * taken. Private to this folder. Every function returns ERR_OK or an error that ends the whole
 * call (the sink failed, the user stopped); what a single file does wrong goes to
 * reading_problem and the rest goes on.
 */
#pragma once

#include "base/map.h"
#include "base/sha256.h"
#include "event/batch.h"
#include "ingest/formats.h"
#include "ingest/header.h"
#include "ingest/ingest.h"

struct reading {
	const struct ingest_options *options;
	const struct os *os;
	const struct sink *sink;
	struct ingest_totals *totals;
	struct batch *batch;            /* being filled; NULL when nothing waits */
	struct reading_file *open_file; /* the file whose records are being added; NULL between files */
	uint32_t batch_serial;          /* counts batches from 1 */
	size_t raw_len;                 /* bodies of the last full batch, in bytes */
	bool file_failed;               /* a problem was reported since the current file began */
	struct map *begun;              /* paths, hashes, sizes of files that the batch speaks of */
	struct map *journals;           /* folders of journal files that were read; NULL: none yet */
	struct header header;           /* of the file whose records are being added */
	struct buf format;              /* scratch */
	size_t bytes_held;              /* memory of containers read whole, at all levels of nesting */
};

/* One file, archive member or stream on its way into batches. */
struct reading_file {
	struct str path; /* borrowed for the file's time, as all strings here */
	struct str format;
	enum charset charset;
	int64_t modified_ns;
	bool is_object;
	bool container;     /* records are slices of the object */
	bool parsed;        /* rows come with their fields: they need a batch of their own */
	uint8_t object[32]; /* SHA-256 of the object */
	uint64_t object_size;

	/* Where the file is to be told as taken up to, when that is not the hash of its bytes (the
	 * journal: of a cursor). NULL: the hash. */
	const uint8_t *progress_hash;

	/* Filled by reading_file_begin and kept up to date by those who add records. */
	uint32_t number;     /* the store's */
	uint64_t position;   /* bytes taken (containers: records) */
	uint64_t records;    /* records taken */
	struct sha256 sha;   /* of the bytes before position; not used for objects */
	int64_t received_ns; /* stamped once per read: reading_stamp */
	int64_t monotonic_ns;
	uint32_t batch_serial; /* which batch knows this file as batch_source */
	uint16_t batch_source;
};

void reading_init(struct reading *reading, const struct ingest_options *options,
                  const struct sink *sink, struct ingest_totals *totals);
/* Hands the last batch on and frees what is left. err: how the work went; returned unless putting
 * fails first. */
MUST_USE enum err reading_finish(struct reading *reading, enum err err);

/* Reports something that could not be read. Never ends the call. */
void reading_problem(struct reading *reading, struct str path, uint64_t offset, enum err err,
                     const char *format, ...) PRINTF_LIKE(5, 6);
/* Counts bytes for progress; ERR_CANCELED when the user stopped. */
MUST_USE enum err reading_progress(struct reading *reading, uint64_t bytes);

/* Whether a file of so many bytes may have been taken before under any name: else nobody asks for
 * its hash before it is read. */
bool reading_size_known(const struct reading *reading, uint64_t size);
/* Asks the sink. hash and size are of the whole file, hash_known unless it is a stream or
 * reading_size_known denies its size; bytes only for objects (NULL: not kept). */
MUST_USE enum err reading_file_begin(struct reading *reading, struct reading_file *file,
                                     const struct sink_file *about, bool fresh,
                                     enum sink_verdict *out_verdict,
                                     struct sink_resume *out_resume);
/* Stamps the receive time of what is added next. */
void reading_stamp(const struct reading *reading, struct reading_file *file);
/* Makes sure that the current batch has room for one row of file. Before this is called, file's
 * position, records and sha must agree with the rows added: a full batch is handed on here. */
MUST_USE enum err reading_room(struct reading *reading, struct reading_file *file);
/* Looks at the first bytes of a file of lines: whether it is CSV. Also when it is read again from
 * its start, to go on where it was left. */
void reading_begin_lines(struct reading *reading, struct reading_file *file, struct str bytes);
/* Notes a line of a file's header; record: its number, from 1. reading_add does it for those that
 * it adds. */
void reading_note(struct reading *reading, const struct reading_file *file, struct str body,
                  uint64_t record);
/* Appends a row after reading_room: the body is copied.
 * file->records is counted here; position and sha are the caller's. */
void reading_add(struct reading *reading, struct reading_file *file, struct str body,
                 uint64_t log_offset, uint8_t flags);
/* The file's end: hash and size of all its bytes. */
MUST_USE enum err reading_file_end(struct reading *reading, struct reading_file *file,
                                   const uint8_t hash[32], uint64_t size);
/* The file is left before its end or after it, err as it went: after a stop what was read is handed
 * on, with the place to go on from. Returns err, or why that failed. */
MUST_USE enum err reading_leave(struct reading *reading, enum err err);
/* Hands the current batch on, if there is one. */
MUST_USE enum err reading_put(struct reading *reading);
