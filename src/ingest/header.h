/* Lines at the head of a source that say what the columns of the lines behind them are: of Zeek's
 * logs (#fields), of the W3C's extended log file format (#Fields:), and the first line of CSV. Who
 * reads a source keeps them, so that each batch can tell its parser what came before; the parser
 * keeps those that it meets itself. Private to src/ingest.
 */
#pragma once

#include "base/buf.h"
#include "base/limits.h"

enum header_kind { HEADER_NONE, HEADER_ZEEK, HEADER_W3C, HEADER_CSV };

enum header_word {
	HEADER_SEPARATOR,
	HEADER_SET_SEPARATOR,
	HEADER_EMPTY,
	HEADER_UNSET,
	HEADER_PATH,
	HEADER_FIELDS,
	HEADER_TYPES,
	HEADER_OPEN,
	HEADER_CLOSE,
	HEADER_W3C_FIELDS,
	HEADER_W3C_DATE,
	HEADER_W3C_SOFTWARE,
	HEADER_W3C_TIME_FORMAT,
	HEADER_W3C_OTHER,
	HEADER_CSV_NAMES,
};

struct header_line {
	enum header_kind kind;
	enum header_word word;
	struct str value; /* what stands behind the word, inside the text */
};

/* Zero-initialise; one thread owns it. At most LIMIT_HEADER_SIZE bytes are kept: of a word the
 * newest line, and none of a line that is too long. */
struct header {
	struct buf lines; /* as they stood, each with LF behind; the newest is last */
	uint32_t changes; /* counts what changed them */
};

void header_deinit(struct header *header);
void header_clear(struct header *header);
/* Goes on from what another one had kept. */
void header_start(struct header *header, struct str lines);
/* Whether a line is one of a header, behind those that are kept. A byte order mark may come first,
 * CR may follow. */
bool header_read(const struct header *header, struct str text, struct header_line *out_line);
/* Keeps it if so; false: it is none. */
bool header_note(struct header *header, struct str text);
/* Keeps the first line of CSV, alone; but nothing of "#TYPE ...", which PowerShell writes before
 * it. */
void header_note_csv(struct header *header, struct str text);
/* The next line that is kept, from *at on; false at the end. */
bool header_next(const struct header *header, size_t *at, struct header_line *out_line);
/* The separator of Zeek's lines; a tab while none was told. */
char header_separator(const struct header *header);
/* The text without byte order mark and without CR at its end. */
struct str header_trim(struct str text);
