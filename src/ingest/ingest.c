/* The front of this room: ingest_path. Streams are in stream.c, the journal in journal.c.
 */
#include "ingest/ingest.h"

#include "ingest/file.h"
#include "ingest/reading.h"

enum err ingest_path(const struct ingest_options *options, const char *path,
                     const struct sink *sink, struct ingest_totals *totals) {
	struct reading reading;
	if (str_eq(str_from(path), STR("-"))) {
		return ingest_stream(options, 0, STR("-"), sink, totals);
	}
	reading_init(&reading, options, sink, totals);
	return reading_finish(&reading, walk_take(&reading, path));
}
