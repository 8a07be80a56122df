/* One file, member or stream taken from its first byte to its last: as lines, or as an object that
 * is kept whole and opened. Private to this folder.
 */
#pragma once

#include "ingest/pull.h"
#include "ingest/recognise.h"

/* The archive or compressed file that something is read from, and what it may still give: every
 * decoded byte counts against all archives around it. */
struct nest {
	struct nest *parent; /* NULL: a file of its own */
	uint32_t depth;
	uint64_t stored;  /* bytes of the archive */
	uint64_t decoded; /* bytes that came out of it */
	uint64_t members;
};

struct content {
	struct str path;
	int64_t modified_ns;
	struct nest *nest; /* NULL: not inside anything */
	struct pull pull;  /* from the first byte */
	bool fresh;        /* never ask whether some of it is known */
	bool hash_known;
	uint8_t hash[32];
	bool size_known; /* it was read to its end before */
	uint64_t size;
	struct str sample; /* for recognising; empty: the first bytes are looked at */
};

/* What the sink is asked about it. */
struct sink_file content_about(const struct reading *reading, const struct content *content,
                               bool is_object);
/* Reads the head, recognises, and takes it as what it is. */
MUST_USE enum err content_take(struct reading *reading, const struct content *content);
/* As lines. */
MUST_USE enum err content_take_lines(struct reading *reading, const struct content *content);
/* As an object: bytes are its whole content. content->pull is not used. */
MUST_USE enum err content_take_object(struct reading *reading, const struct content *content,
                                      struct str bytes);
/* As an object that is too large to hold: hash and size are known, its bytes come from pull. */
MUST_USE enum err content_take_large(struct reading *reading, const struct content *content,
                                     enum carrier carrier, struct str head);
