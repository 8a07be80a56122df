/* Where inputs put what they read: printed by `parse`, kept by `ingest`, matched by `scan`.
 */
#pragma once

#include "event/batch.h"

/* What is known of a file before its records come. */
struct sink_file {
	struct str path;   /* as shown; members: "a.zip!/x.log" */
	struct str source; /* canonical source name */
	int64_t modified_ns;
	bool is_object;   /* a container, archive or compressed file: hash and bytes below */
	uint8_t hash[32]; /* SHA-256 of all bytes when hash_known */
	bool hash_known;
	uint64_t size; /* 0 when it is not known and no object */
	/* The object's bytes, mapped for the time of the call; NULL when they were not kept. */
	const char *bytes;
};

enum sink_verdict {
	SINK_TAKE,   /* read it from the start */
	SINK_RESUME, /* skip what was taken: out_resume */
	SINK_SKIP,   /* known already */
};

struct sink_resume {
	uint64_t position;      /* as batch->file_position */
	uint64_t records;       /* records of the file taken so far */
	uint8_t hash[32];       /* of the bytes before position */
	bool ended_inside_line; /* the last record taken had no final LF */
};

struct sink {
	void *ctx;
	/* Takes the batch over. */
	enum err (*put)(void *ctx, struct batch *batch);
	/* Asks before a file is read; *out_file is the number for batch_source.file. NULL: always
	 * SINK_TAKE with number UINT32_MAX. A SINK_RESUME whose prefix hash does not fit is answered
	 * by calling again with fresh set. ERR_EXISTS: the file has its place elsewhere and is not to
	 * be taken here; reading goes on with the next. When a file has been read to its end, its batch
	 * gets a batch_file_end. */
	enum err (*file_begin)(void *ctx, const struct sink_file *file, bool fresh, uint32_t *out_file,
	                       enum sink_verdict *out_verdict, struct sink_resume *out_resume);
	/* Whether a file of so many bytes may be known by its hash, so that its hash is needed before
	 * it is read; asked like file_begin. NULL: it may. */
	bool (*size_known)(void *ctx, uint64_t size);
	/* Something could not be read in whole or part; reading goes on. offset may be UINT64_MAX. */
	void (*problem)(void *ctx, struct str path, uint64_t offset, enum err err, struct str message);
	/* Bytes read so far, for progress; false stops with ERR_CANCELED. NULL is fine. */
	bool (*progress)(void *ctx, uint64_t bytes);
};
