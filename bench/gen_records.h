/* Sample records of Zeek (JSON lines) made into templates. Used by gen_zeek.c only.
 */
#pragma once

#include "bench/gen.h"

/* What stands in a place of a record. */
enum field {
	FIELD_NONE,
	FIELD_TS,
	FIELD_LATER, /* a time a little after the record's */
	FIELD_UID,
	FIELD_ORIG_H,
	FIELD_ORIG_P,
	FIELD_RESP_H,
	FIELD_QUERY,
	FIELD_TRANS_ID,
	FIELD_RATIO,  /* a duration */
	FIELD_SERIAL, /* hex of the length of the sample's */
	FIELD_FUID,
	FIELD_FUIDS,   /* a list */
	FIELD_PACKETS, /* a size, not 0 unless the sample's is */
	FIELD_HEAVY,   /* a size */
};

/* Fixed text, then a value. */
struct record_piece {
	struct str text;
	enum field field;
	struct str raw; /* the sample's value as JSON */
	double number;  /* of FIELD_RATIO, FIELD_PACKETS, FIELD_HEAVY */
	uint32_t count; /* of FIELD_FUIDS: values in the list */
};

struct record_template {
	const struct record_piece *pieces;
	size_t count;
	bool used;
};

/* One kind of record, a `_path` of Zeek. */
struct path {
	struct str name;
	double weight;
	bool many_of_one; /* it belongs to no connection of its own */
	struct record_template *records;
	size_t count;
	uint32_t at; /* place in its sample */
};

enum { PATH_COUNT = 21, PATH_CONN = PATH_COUNT - 1 };

struct records {
	struct path paths[PATH_COUNT]; /* conn is the last */
	struct str *domains;           /* of the samples' queries, sorted; at most DOMAINS_MAX */
	uint32_t domain_count;
};

enum { DOMAINS_MAX = 8000 };

void records_read(struct generator *gen, struct records *records);
