/* The batch: up to LIMIT_BATCH_ROWS records that travel together from an input to the store.
 * First raw bytes and a record table (made by inputs, never changed afterwards), then a field
 * block (made by parsers). Everything inside refers by offset, so that a batch can be written to
 * the write-ahead log or handed to another process as it is. One thread owns a batch at a time.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "event/field.h"
#include "event/value.h"

/* Leaf types (docs/formats/leaf.md fixes the numbers for good). */
enum record_type {
	RECORD_DATA = 1,
	RECORD_CONN = 2,
	RECORD_LOSS = 3,
	RECORD_SEAL = 4,
	RECORD_ANCHOR = 5,
	RECORD_AUDIT = 6,
	RECORD_PRUNE = 7,
	RECORD_HOLD = 8,
	RECORD_REDACT = 9,
	RECORD_RECOVERY = 10,
	RECORD_KEY_EPOCH = 11,
	RECORD_CLOCK_STEP = 12,
	RECORD_CONFIG = 13,
	RECORD_EXPORT = 14,
	RECORD_CONTEXT = 15,
	RECORD_OBJECT = 16,
};

/* Leaf flags (docs/formats/leaf.md). */
enum record_flag {
	RECORD_NO_FINAL_LF = 1 << 0, /* no LF followed in the source */
	RECORD_CONTINUES = 1 << 1,   /* the next record of this source goes on with the same line */
	RECORD_OVERSIZE = 1 << 2,    /* cut by a size limit of ours */
	RECORD_FRAMING_ERROR = 1 << 3,
	RECORD_TRUNCATED = 1 << 4, /* cut by the sender */
	RECORD_REDACTABLE = 1 << 5,
};

/* How a record's event time came about, and whether its fields are whole. */
enum time_flag {
	TIME_NONE = 1 << 0,          /* no time of its own: receive time stands in */
	TIME_ZONE_ASSUMED = 1 << 1,  /* the text had no zone */
	TIME_YEAR_INFERRED = 1 << 2, /* the text had no year */
	TIME_DATE_ASSUMED = 1 << 3,  /* the text had no date */
	FIELDS_LEFT_OUT = 1 << 7,    /* not of the time: a limit left values out of the fields (the
	                                text has them) */
};

enum charset {
	CHARSET_UTF8 = 0, /* also ASCII and broken UTF-8 */
	CHARSET_SHIFT_JIS,
	CHARSET_EUC_JP,
	CHARSET_ISO_2022_JP,
	CHARSET_UTF16LE,
	CHARSET_UTF16BE,
	CHARSET_LATIN1,
	CHARSET_COUNT,
};

/* Where records come from: one open file, archive member, stream. Few per batch; borrowed strings
 * live in the batch's arena. */
struct batch_source {
	struct str name; /* canonical name of the source: stream id = SHA-256(name)[0..16) */
	struct str path; /* file.path as shown: "/var/log/auth.log", "a.zip!/x.log", "-" */
	struct str host; /* --host, or empty */
	struct str
	    format;      /* --format, or the one recognised for the whole file; empty: try each line */
	struct str zone; /* --tz, or empty = UTC */
	int32_t year;    /* --year, or 0 */
	int64_t modified_ns; /* mtime of the file, for years that are missing; 0 unknown */
	enum charset charset;
	uint32_t file;  /* the store's number of this file; UINT32_MAX outside a store */
	bool container; /* bodies are slices of the object at log_offset (and also in batch->raw, for
	                   hashing; the store does not keep them twice) */
	uint8_t object[32]; /* SHA-256 of the container */
};

/* One row of the record table. */
struct batch_record {
	uint64_t body_offset; /* in batch->raw, for containers too */
	uint32_t body_len;
	uint8_t type;        /* enum record_type */
	uint8_t flags;       /* enum record_flag */
	uint16_t source;     /* index into batch->sources */
	uint64_t log_offset; /* byte offset of the body in the (decoded) file = in the object */
	uint64_t number;     /* 1-based number in the file */
	int64_t received_ns; /* wall clock when read */
	int64_t monotonic_ns;
};

enum field_place { FIELD_IN_BLOCK, FIELD_IN_TEXT };

/* One value of one record. */
struct field_entry {
	uint32_t name; /* known number, or FIELD_KNOWN_COUNT + index into block->names */
	uint8_t kind;  /* enum value_kind */
	uint8_t place; /* enum field_place: offset counts in block->bytes, or in the row's text */
	uint8_t room;  /* lists that grow: the base-2 logarithm of the bytes kept for it; 0: none */
	uint32_t offset;
	uint32_t len;
};

/* What parsers make of one record. */
struct field_row {
	uint32_t first; /* in block->entries */
	uint32_t count;
	int64_t time_ns;    /* event time (INSTANT_MIN while unknown) */
	uint8_t time_flags; /* enum time_flag */
	bool has_text;      /* text differs from the body: offset and length in block->bytes */
	uint16_t format;    /* index into block->formats */
	uint32_t text_offset;
	uint32_t text_len;
	/* Not FIELDS_OWN, only in a batch that has a cut: the row has no entries of its own, but those
	 * of that row before it, whose text is cut alike: values in the text lie at the same places of
	 * it, and all others are the same. With like_head only what stands before the last entry is cut
	 * alike; this is all the rest of the text. Row like has entries of its own or has like_head;
	 * with like_head it has entries of its own. */
	uint32_t like;
	bool like_head;
};
#define FIELDS_OWN UINT32_MAX

/* Where a list that was put stands in the row's text, as a JSON array. */
struct field_array {
	uint32_t entry; /* its number */
	uint32_t offset, len;
};

/* A file that has been read to its end (its records may have begun in an earlier batch; an empty
 * one has none). store_reserve adds a sealed row of its own to the batch for each: RECORD_OBJECT
 * for objects, RECORD_CONTEXT for files of lines, body = JSON with path, sha256, size, records.
 * Parsers leave rows alone whose type is not RECORD_DATA (format "akashi", text = body, no fields).
 */
struct batch_file_end {
	uint32_t file;
	uint8_t hash[32]; /* SHA-256 of all its (decoded) bytes */
	uint64_t size;
	uint64_t records;
};

/* The field block. A name comes at most once in a row; several values make one VALUE_LIST. */
struct field_block {
	struct field_row *rows; /* batch->count of them; rows_done are filled */
	uint32_t rows_done;
	uint32_t rows_cap;
	struct field_entry *entries;
	uint32_t entries_count;
	uint32_t entries_cap;
	uint32_t entries_like; /* those that rows which are like others do not have themselves */
	struct buf arrays;     /* struct field_array of lists, as far as it is known of them */
	struct buf bytes;
	struct str *names; /* beyond the known ones, at most LIMIT_NAMES_PER_BATCH */
	uint32_t names_count;
	uint32_t names_cap;
	struct str *formats; /* "syslog-rfc3164", "json", "evtx", "text", ... */
	uint32_t formats_count;
	uint32_t formats_cap;
	struct map *name_index;
};

struct batch {
	struct arena *arena; /* strings of sources and names */
	struct buf raw;      /* bodies */
	struct batch_record *records;
	uint32_t count;
	uint32_t cap;
	struct batch_source *sources;
	uint16_t sources_count;
	uint16_t sources_cap;
	bool parsed; /* fields is filled */
	struct field_block fields;
	/* NULL, or the texts of all rows, cut (codec/lines.h) by the parser; free_cut frees it. Texts
	 * that are not their body are still to be moved to where they stay. */
	struct lines_cut *cut;
	void (*free_cut)(struct lines_cut *cut);

	/* Files that end with this batch. A batch may hold many small files whole. */
	struct batch_file_end *ends;
	uint32_t ends_count;
	uint32_t ends_cap;

	/* Progress of the file that goes on after this batch (at most one), for resuming. */
	uint32_t progress_file;     /* UINT32_MAX: none */
	uint64_t progress_position; /* bytes of it taken so far; containers: records */
	uint8_t
	    progress_hash[32]; /* SHA-256 of its (decoded) bytes before position; containers: of all */

	/* Filled by the store when it takes the batch (store_reserve). */
	uint64_t first_index;
	void *store_private;
};

struct batch *batch_new(void);
void batch_free(struct batch *batch); /* NULL is fine */
void batch_freep(struct batch **batch);

/* Copies *source's strings; returns its index. Records of sources with the same name must not
 * alternate: they are numbered source by source. Aborts above 65,535 (cut batches before). */
uint16_t batch_add_source(struct batch *batch, const struct batch_source *source);
/* The address of a source that sends over the network, which is named PROTOCOL+TRANSPORT://ADDRESS,
 * perhaps with /MORE; empty for others. A view into name. */
struct str batch_source_address(struct str name);
void batch_add_file_end(struct batch *batch, const struct batch_file_end *end);
/* Appends a row; returns it, zeroed, for the caller to fill. At most LIMIT_BATCH_ROWS rows. */
struct batch_record *batch_add_record(struct batch *batch);
/* True when the batch should be handed on. */
bool batch_full(const struct batch *batch);

/* Whoever takes the cut frees it. NULL: there is none. */
struct lines_cut *batch_take_cut(struct batch *batch);

/* The body, to the byte. */
struct str batch_body(const struct batch *batch, uint32_t row);
/* The text: what words match and event.original shows. The body itself unless a parser set another.
 */
struct str batch_text(const struct batch *batch, uint32_t row);

/* ---- filling the field block: begin_row, put..., end_row for each row in order ---- */

/* Makes batch->fields ready; batch->count is final. */
void fields_begin(struct batch *batch);
/* Starts the next row. */
struct field_row *fields_begin_row(struct batch *batch);
/* Sets the row's text when it is not the body. Before any fields_put_span. */
void fields_set_text(struct batch *batch, struct str text);
void fields_set_format(struct batch *batch, struct str format);
void fields_set_time(struct batch *batch, int64_t time_ns, uint8_t time_flags);
/* The number of a name (known or of this batch). UINT32_MAX above the limits: the current row, if
 * there is one, is marked FIELDS_LEFT_OUT. */
uint32_t fields_name(struct batch *batch, struct str name);
/* The number of a name that is known already, or UINT32_MAX: nothing is added or marked. */
uint32_t fields_find_name(const struct batch *batch, struct str name);
struct str fields_name_text(const struct batch *batch, uint32_t name);
/* Adds a value, copied (it must not point into the batch itself). A name that the row has already
 * turns into a VALUE_LIST. With name UINT32_MAX, and above LIMIT_FIELDS_PER_RECORD, the value is
 * left out and the row marked FIELDS_LEFT_OUT (the text has it). */
void fields_put(struct batch *batch, uint32_t name, struct value value);
static inline void fields_put_str(struct batch *batch, uint32_t name, struct str text) {
	fields_put(batch, name, value_string(text));
}
/* Adds text[offset, offset + len) of the row's text without copying. */
void fields_put_span(struct batch *batch, uint32_t name, enum value_kind kind, uint32_t offset,
                     uint32_t len);
/* As above with a piece that must lie inside the row's text. */
void fields_put_slice(struct batch *batch, uint32_t name, enum value_kind kind, struct str slice);
/* Keeps bytes that many rows of this batch share; the result is for fields_put_shared. */
uint32_t fields_share(struct batch *batch, struct str bytes);
/* Adds a value whose bytes fields_share has kept: [offset, offset + len) of the block. */
void fields_put_shared(struct batch *batch, uint32_t name, enum value_kind kind, uint32_t offset,
                       uint32_t len);
/* As fields_put of a list, which is the array text[offset, offset + len) of the row. */
void fields_put_array(struct batch *batch, uint32_t name, struct str list, uint32_t offset,
                      uint32_t len);
/* Instead of values: the current row, which has none, has those of row like (struct field_row). */
void fields_put_like(struct batch *batch, uint32_t like, bool head);
/* Marks the current row FIELDS_LEFT_OUT: its text has more than its fields. */
void fields_left_out(struct batch *batch);
/* Takes the value of name away from the first `among` values of the current row. False: none of
 * them has that name. */
bool fields_drop(struct batch *batch, uint32_t name, uint32_t among);
/* Forgets the values of the current row, and nothing else. */
void fields_drop_all(struct batch *batch);
/* Forgets the values, the mark and the time of the current row: a format has given it up. */
void fields_reset_row(struct batch *batch);
void fields_end_row(struct batch *batch);
/* The value of a row's entry. */
struct value fields_value(const struct batch *batch, uint32_t row, const struct field_entry *entry);
/* The value of name in row, or VALUE_NONE. */
struct value fields_get(const struct batch *batch, uint32_t row, uint32_t name);
