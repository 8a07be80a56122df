/* What a file is, from its first bytes: never from its name. Private to this folder.
 */
#pragma once

#include "codec/decompress.h"
#include "ingest/reading.h"

enum carrier {
	CARRIER_LINES,
	CARRIER_COMPRESSED,
	CARRIER_TAR,
	CARRIER_ZIP,
	CARRIER_EVTX,
	CARRIER_JSON_ARRAY,
	CARRIER_UTF16,
	CARRIER_JOURNAL,
	CARRIER_UTMP,
	CARRIER_LASTLOG,
	CARRIER_EVENT_XML,
	CARRIER_CSV, /* with values that hold line feeds */
};

/* How many first bytes carrier_recognise wants, when there are so many. */
#define RECOGNISE_SIZE ((size_t)64 << 10)

/* "gzip archive" and the like, for messages. */
struct str carrier_name(enum carrier carrier);
/* Formats and character sets asked for by name go before what the content looks like. */
enum carrier carrier_recognise(const struct ingest_options *options, struct str head);
/* True when head is that of a tar archive: the magic, and a header that sums up. */
bool tar_recognise(struct str head);
/* Fills file->charset and file->format from a sample of a file of lines. */
void recognise_lines(const struct ingest_options *options, struct str sample,
                     struct reading_file *file);

/* A sample gathered while a file runs past: its first bytes, or, when those are plain ASCII, the
 * first stretch that is not. */
struct sampler {
	struct buf sample;
	bool plain; /* so far nothing but ASCII */
};
void sampler_push(struct sampler *sampler, struct str bytes);
/* More bytes would not change it. */
bool sampler_full(const struct sampler *sampler);
/* Empties it; it may be used again. */
void sampler_deinit(struct sampler *sampler);
