/* Reading: from paths, streams and the journal into batches for a sink. The order is: walk ->
 * open -> unpack (gzip, zstd, xz, bzip2, zip, tar; nested) -> recognise (character set, format,
 * container or lines) -> cut into records -> batch -> sink. Nothing is ever dropped because it did
 * not parse; what could not be read is reported through the sink and the rest goes on.
 */
#pragma once

#include "base/err.h"
#include "event/sink.h"
#include "os/os.h"

struct formats; /* ingest/formats.h */

struct ingest_options {
	const struct os *os;
	const struct formats *formats;
	struct str source;  /* --source, or empty: derived from the path */
	struct str host;    /* --host */
	struct str format;  /* --format */
	struct str zone;    /* --tz */
	int32_t year;       /* --year */
	struct str charset; /* --encoding, or empty: recognised */
	bool keep_objects;  /* give the bytes of containers and archives to the sink (default true) */
	/* A folder that is never read, wherever the walk meets it: the store that is written to, with
	 * its private key. NULL: none. */
	const struct os_stat *own_folder;
};

struct ingest_totals {
	uint64_t files, files_failed, files_known, bytes;
};

/* Reads a file or a folder (recursively, sorted by name, links to folders not followed, each folder
 * once). "-" is standard input. ERR_OK also when some files failed (they were reported). */
MUST_USE enum err ingest_path(const struct ingest_options *options, const char *path,
                              const struct sink *sink, struct ingest_totals *totals);
/* Reads a stream to its end (or for ever, when follow): batches are handed on after at most 200 ms.
 * shown: its name for file.path. */
MUST_USE enum err ingest_stream(const struct ingest_options *options, int fd, struct str shown,
                                const struct sink *sink, struct ingest_totals *totals);
/* Reads the systemd journal (this machine's, or the files under path), from where the store left
 * off; entries become records in Journal Export Format. ERR_UNSUPPORTED when there is none. */
MUST_USE enum err ingest_journal(const struct ingest_options *options, const char *path_or_null,
                                 const struct sink *sink, struct ingest_totals *totals);
